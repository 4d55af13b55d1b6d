//! The promises of the contract about balancers: their counts, and who is taken out.

use crate::files::{Database, File, at, span};
use everup::domain::monitor::MonitorId;
use everup::domain::requests::Requests;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, Timestamp};
use everup::store::contract::Store;
use everup::store::requests::{Counted, DrainAction, Kept, Place, Sum, SumOf};

fn id(text: &str) -> MonitorId {
    MonitorId::new(text).unwrap()
}

fn answered(count: u64) -> Requests {
    Requests { answered: count, ..Requests::default() }
}

/// What the run of `shop` that began in second `run` has counted from one second to another.
fn counted(run: i64, from: i64, to: i64, total: Requests) -> Counted {
    Counted {
        balancer: id("shop"),
        run: at(run),
        from: at(from),
        to: at(to),
        total,
        backends: vec![(id("shop-1"), total), (id("shop-2"), Requests::default())],
    }
}

async fn kept(store: &dyn Store, span: Span) -> Kept {
    store.requests(span).await.unwrap().remove(&id("shop")).unwrap_or_default()
}

pub async fn what_a_balancer_counted_is_added_once(database: &dyn Database) {
    let store = database.open().await;
    assert!(store.requests(Span::ALWAYS).await.unwrap().is_empty());
    let epoch = store.epoch().await.unwrap();
    let all = Requests {
        answered: 1,
        server_errors: 2,
        failed: 3,
        cut: 4,
        abandoned: 5,
        refused: 6,
        repeated: 7,
    };
    let first = counted(10, 10, 60, all);
    // A call that failed may have happened.
    store.count_requests(&first).await.unwrap();
    store.count_requests(&first).await.unwrap();
    let found = kept(&*store, Span::ALWAYS).await;
    assert_eq!(found.total, all);
    assert_eq!(found.backends.into_iter().collect::<Vec<_>>(), [(id("shop-1"), all)]);
    assert_eq!(found.counted, Spans::from(span(10, 60)));
    let second = counted(10, 60, 120, answered(10));
    store.count_requests(&second).await.unwrap();
    store.count_requests(&second).await.unwrap();
    store.count_requests(&first).await.unwrap();
    let found = kept(&*store, Span::ALWAYS).await;
    assert_eq!(found.total, all.plus(&answered(10)));
    assert_eq!(found.counted, Spans::from(span(10, 120)));
    // What leaves out a part is not taken.
    store.count_requests(&counted(10, 180, 240, answered(10))).await.unwrap();
    assert_eq!(kept(&*store, Span::ALWAYS).await, found);
    assert_eq!(store.epoch().await.unwrap(), epoch);
}

pub async fn runs_of_one_balancer_add_up_and_leave_the_time_between_uncounted(
    database: &dyn Database,
) {
    let store = database.open().await;
    store.count_requests(&counted(0, 0, 30, answered(1))).await.unwrap();
    store.count_requests(&counted(40, 40, 60, answered(10))).await.unwrap();
    store.count_requests(&counted(40, 60, 90, answered(100))).await.unwrap();
    let other = Counted { balancer: id("api"), ..counted(0, 0, 60, answered(1_000)) };
    store.count_requests(&other).await.unwrap();
    drop(store);
    let store = database.open().await;
    let minute = kept(&*store, span(0, 60)).await;
    assert_eq!(minute.total, answered(11));
    assert_eq!(minute.counted.as_slice(), [span(0, 30), span(40, 60)]);
    let all = kept(&*store, Span::ALWAYS).await;
    assert_eq!(all.total, answered(111));
    assert_eq!(all.counted.as_slice(), [span(0, 30), span(40, 90)]);
    assert_eq!(kept(&*store, span(60, 120)).await.total, answered(100));
    let all = store.requests(Span::ALWAYS).await.unwrap();
    assert_eq!(all[&id("api")].total, answered(1_000));
}

pub async fn counts_that_are_summed_up_lose_no_request(database: &dyn Database) {
    let store = database.open().await;
    let day = DAY_MS / 1_000;
    let mut from = 0;
    for n in 0..5 {
        let to = 60 + n * (day / 2);
        store.count_requests(&counted(0, from, to, answered(1 << n))).await.unwrap();
        from = to;
    }
    // 1 in the first minute, 2 in the second; then one each half day.
    let before = kept(&*store, Span::ALWAYS).await;
    assert_eq!(before.total, answered(31));
    assert_eq!(store.sum_requests(at(day - 1)).await.unwrap(), 0);
    // Each minute with requests is a row of the whole and one of the backend.
    assert_eq!(store.sum_requests(at(day + 3_600)).await.unwrap(), 6);
    assert_eq!(store.sum_requests(at(day + 3_600)).await.unwrap(), 0);
    assert_eq!(kept(&*store, Span::ALWAYS).await, before);
    // By quarters of an hour, and a backend by days.
    assert_eq!(kept(&*store, span(0, 900)).await.total, answered(3));
    assert_eq!(kept(&*store, span(900, day / 2)).await.total, answered(0));
    let half = kept(&*store, span(day / 2, day)).await;
    assert_eq!((half.total, half.backends.len()), (answered(4), 0));
    let first_day = kept(&*store, span(0, day)).await;
    assert_eq!(first_day.backends[&id("shop-1")], answered(7));
    // What comes late is added.
    store.count_requests(&counted(5, 5, 50, answered(100))).await.unwrap();
    assert_eq!(store.sum_requests(at(2 * day)).await.unwrap(), 6);
    assert_eq!(kept(&*store, Span::ALWAYS).await.total, answered(131));
    assert_eq!(kept(&*store, span(0, 900)).await.total, answered(103));
}

/// What a store has, taken over by another.
async fn move_to(store: &dyn Store, from: &dyn Store) -> u64 {
    let mut import = store.import().await.unwrap();
    for run in from.counted_runs(Span::ALWAYS).await.unwrap() {
        import.counted_run(&run).await.unwrap();
    }
    for sum in from.sums(Span::ALWAYS).await.unwrap() {
        import.sum(&sum).await.unwrap();
    }
    import.finish().await.unwrap().sums
}

pub async fn counts_move_to_another_store_once_summed_or_not(database: &dyn Database) {
    let elsewhere = File::new();
    let (store, other) = (database.open().await, elsewhere.open().await);
    let day = DAY_MS / 1_000;
    store.count_requests(&counted(0, 0, 60, answered(1))).await.unwrap();
    store.count_requests(&counted(0, 60, day, answered(2))).await.unwrap();
    assert_eq!(move_to(&*other, &*store).await, 5, "a run, two minutes, of a backend too");
    assert_eq!(move_to(&*other, &*store).await, 0);
    assert_eq!(kept(&*other, Span::ALWAYS).await, kept(&*store, Span::ALWAYS).await);
    // What has grown since is what it has grown to.
    let epoch = other.epoch().await.unwrap();
    store.count_requests(&counted(5, 5, 50, answered(100))).await.unwrap();
    store.count_requests(&counted(0, day, day + 60, answered(4))).await.unwrap();
    assert_eq!(move_to(&*other, &*store).await, 6);
    assert_eq!(other.epoch().await.unwrap(), epoch + 1);
    let all = kept(&*store, Span::ALWAYS).await;
    assert_eq!(all.total, answered(107));
    assert_eq!(kept(&*other, Span::ALWAYS).await, all);
    let rows = |sums: Vec<Sum>| sums.iter().map(|sum| (sum.of, sum.from)).collect::<Vec<_>>();
    let minutes = store.sums(Span::ALWAYS).await.unwrap();
    assert!(minutes.iter().all(|sum| sum.of == SumOf::Minute), "{:?}", rows(minutes));
    // Where the one has summed and the other not, either way.
    store.sum_requests(at(day)).await.unwrap();
    assert!(
        store
            .sums(Span::ALWAYS)
            .await
            .unwrap()
            .iter()
            .any(|sum| sum.of == SumOf::Day)
    );
    assert_eq!(move_to(&*store, &*other).await, 0);
    assert_eq!(kept(&*store, Span::ALWAYS).await, all);
    move_to(&*other, &*store).await;
    assert_eq!(kept(&*other, Span::ALWAYS).await, all);
    assert_eq!(
        other.sums(Span::ALWAYS).await.unwrap(),
        store.sums(Span::ALWAYS).await.unwrap()
    );
    assert_eq!(move_to(&*other, &*store).await, 0);
}

pub async fn a_backend_is_taken_out_once_and_let_back_and_it_is_noted_who_did(
    database: &dyn Database,
) {
    let store = database.open().await;
    let epoch = store.epoch().await.unwrap();
    let place = Place { balancer: id("shop"), backend: id("shop-1") };
    let set = async |action, second: i64, author: &str| {
        store.set_drain(&place, action, at(second), author).await.unwrap()
    };
    assert!(!set(DrainAction::Undrained, 1, "ci").await);
    assert_eq!(store.epoch().await.unwrap(), epoch);
    assert!(set(DrainAction::Drained, 2, "ci").await);
    assert!(!set(DrainAction::Drained, 3, "boss").await);
    assert_eq!(store.epoch().await.unwrap(), epoch + 1);
    let drained = database.open().await.drains().await.unwrap();
    let [one] = &drained[..] else { panic!("{drained:?}") };
    assert_eq!((&one.place, one.at, one.author.as_str()), (&place, at(2), "ci"));
    assert!(set(DrainAction::Undrained, 4, "boss").await);
    assert_eq!(store.drains().await.unwrap(), []);
    assert_eq!(store.epoch().await.unwrap(), epoch + 2);
    let deeds = async |balancer: &str, most| {
        let deeds = store.drain_deeds(&id(balancer), most).await.unwrap();
        let said = |deed: &everup::store::requests::DrainDeed| {
            (deed.backend.to_string(), deed.at, deed.author.clone(), deed.action.word())
        };
        deeds.iter().map(said).collect::<Vec<_>>()
    };
    let deed = |second: i64, author: &str, word| -> (String, Timestamp, String, &str) {
        ("shop-1".to_owned(), at(second), author.to_owned(), word)
    };
    assert_eq!(
        deeds("shop", 9).await,
        [deed(4, "boss", "undrained"), deed(2, "ci", "drained")]
    );
    assert_eq!(deeds("shop", 1).await, [deed(4, "boss", "undrained")]);
    assert_eq!(deeds("api", 9).await, []);
}
