//! The promises of the contract, one by one. A new database adds a line at the end.

use crate::files::{Database, File, at, everything, fail, key, ok, registration, span, strict};
use crate::recorder::Recorder;
use crate::requests::{
    a_backend_is_taken_out_once_and_let_back_and_it_is_noted_who_did,
    counts_move_to_another_store_once_summed_or_not, counts_that_are_summed_up_lose_no_request,
    runs_of_one_balancer_add_up_and_leave_the_time_between_uncounted,
    what_a_balancer_counted_is_added_once,
};
use everup::domain::agreement::{Act, Local};
use everup::domain::alert::{Alert, ChannelId, Kind as News, Told};
use everup::domain::announcement::{Action, Announcement, Deed, Occurrence, WindowId};
use everup::domain::calendar::Cut;
use everup::domain::check::{Check, Evidence, Kind, Verdict};
use everup::domain::exchange::{Body, Exchange};
use everup::domain::foreign::{Claim, Count, Foreign, Origin, Records, Source, Stretch};
use everup::domain::foreign_window::Terms;
use everup::domain::gap::{Gap, Why};
use everup::domain::judge::Entry;
use everup::domain::lease::Fence;
use everup::domain::ledger::Ledger;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::monitor::Key;
use everup::domain::monitor::{MonitorId, Parameters};
use everup::domain::month::Month;
use everup::domain::run::Run;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, Timestamp};
use everup::domain::token::{Fingerprint, Scope, Token, TokenId, TokenName};
use everup::store::baseline::{Baseline, Purged};
use everup::store::batch::{Alive, Batch, Committed, Exchanged};
use everup::store::closed::{
    ClosedLengths, ClosedMonth, ClosedRow, Correction, Instead, Subject,
};
use everup::store::contract::{Loaded, Store, StoreError, Tenant};
use everup::store::import::{Imported, Pause};
use everup::store::outbox::{AlertId, Outcome, Outgoing};
use everup::store::past::Past;
use everup::store::registration::{Others, Registration};
use everup::store::source::Settled;
use everup::store::token::{LIVING_TOKENS_MAX, NewToken};
use everup::store::window::{Changed, WindowPast};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A store that watches `ids` from second 0 on.
async fn watching(database: &dyn Database, ids: &[&str]) -> Arc<dyn Store> {
    let store = database.open().await;
    let registrations: Vec<Registration> = ids.iter().map(|id| registration(id)).collect();
    store.register(at(0), &registrations, Others::Remove).await.unwrap();
    store
}

fn ids(loaded: &Loaded) -> Vec<&str> {
    loaded.histories.iter().map(|history| history.monitor.id.as_str()).collect()
}

fn lives(loaded: &Loaded, id: &str) -> Spans {
    let key = key(loaded, id);
    loaded
        .histories
        .iter()
        .find(|history| history.key == key)
        .unwrap()
        .monitor
        .lives()
        .clone()
}

/// Imports checks of one monitor, and finishes.
async fn import(store: &dyn Store, key: Key, checks: &[Check]) -> Imported {
    let mut import = store.import().await.unwrap();
    import.checks(key, checks).await.unwrap();
    import.finish().await.unwrap()
}

/// Asserts that what is loaded is what the checks come to, and gives it.
async fn loaded_as_judged(store: &dyn Store) -> Loaded {
    let loaded = store.load().await.unwrap();
    for history in &loaded.histories {
        let checks = store.checks(history.key, Span::ALWAYS).await.unwrap();
        let seen = checks.iter().map(|c| (c.started_at, c.verdict, c.reason()));
        assert_eq!(history.ledger, Ledger::of(seen, &history.monitor));
        assert_eq!(history.latest.as_ref(), checks.last());
    }
    loaded
}

pub async fn a_new_store_is_empty(database: &dyn Database) {
    let store = database.open().await;
    let loaded = store.load().await.unwrap();
    assert!(loaded.histories.is_empty() && loaded.windows.is_empty());
    assert_eq!(store.checks(Key(1), Span::ALWAYS).await.unwrap(), []);
    assert_eq!(store.extent(Key(1)).await.unwrap(), None);
    assert_eq!(store.pauses(Key(1)).await.unwrap(), []);
    assert_eq!(store.pack(at(0)).await.unwrap(), 0);
    store.writable().await.unwrap();
}

pub async fn what_is_kept_is_there_after_a_crash(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    let checks = [ok(10), fail(70), fail(130), ok(190), ok(1_000)];
    for check in &checks {
        recorder.keep(&[("api", check.clone())], None).await;
    }
    let (api, web) = (recorder.key("api"), recorder.key("web"));
    let held = recorder.loaded.histories;
    drop(recorder.store);
    let store = database.open().await;
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap(), checks);
    assert_eq!(store.checks(web, Span::ALWAYS).await.unwrap(), []);
    let loaded = loaded_as_judged(&*store).await;
    assert_eq!(loaded.histories, held);
    assert_eq!(held[0].ledger.settled.outages.len(), 1);
}

pub async fn checks_are_given_from_the_start_of_a_span_to_just_before_its_end(
    database: &dyn Database,
) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    let day = DAY_MS / 1_000;
    let checks = [ok(0), ok(60), ok(day - 1), ok(day), ok(2 * day + 5)];
    for check in &checks {
        recorder.keep(&[("api", check.clone())], None).await;
    }
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    for (until, moved) in [(0, 0), (day - 1, 2), (day, 1)] {
        assert_eq!(store.pack(at(until)).await.unwrap(), moved);
        let within = async |from, to| store.checks(api, span(from, to)).await.unwrap();
        assert_eq!(within(60, day).await, checks[1..3]);
        assert_eq!(within(0, day + 1).await, checks[..4]);
        assert_eq!(within(day, 3 * day).await, checks[3..]);
        assert_eq!(within(60, 60).await, []);
        assert_eq!(within(day, 60).await, []);
        let just_after = Timestamp(checks[4].started_at.0 + 1);
        let extent = store.extent(api).await.unwrap();
        assert_eq!(extent, Some(Span::new(at(0), just_after)));
    }
}

pub async fn a_batch_that_is_committed_twice_is_kept_once(database: &dyn Database) {
    let recorder = Recorder::start(watching(database, &["api"]).await).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let checks = [("api", ok(10)), ("api", fail(70)), ("api", ok(130))];
    let batch = recorder.batch(&checks, Some(at(140)));
    assert_eq!(store.commit(&batch).await.unwrap(), Committed::Kept);
    let once = everything(&*store).await;
    assert_eq!(store.commit(&batch).await.unwrap(), Committed::Kept);
    assert_eq!(everything(&*store).await, once);
    store.pack(at(200)).await.unwrap();
    assert_eq!(store.commit(&batch).await.unwrap(), Committed::Kept);
    assert_eq!(everything(&*store).await, once);
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap().len(), 3);
}

pub async fn of_two_checks_of_one_instant_the_first_stays(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", ok(10))], None).await;
    recorder.keep(&[("api", fail(10))], None).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap(), [ok(10)]);
    store.pack(at(20)).await.unwrap();
    recorder.keep(&[("api", fail(10))], None).await;
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap(), [ok(10)]);
}

pub async fn a_batch_of_an_older_epoch_is_not_kept(database: &dyn Database) {
    let recorder = Recorder::start(watching(database, &["api"]).await).await;
    let store = &*recorder.store;
    let batch = recorder.batch(&[("api", ok(70))], Some(at(80)));
    import(store, recorder.key("api"), &[ok(10)]).await;
    let before = everything(store).await;
    assert_eq!(store.commit(&batch).await.unwrap(), Committed::Stale);
    assert_eq!(everything(store).await, before);
}

pub async fn another_process_that_imports_makes_a_batch_stale(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", ok(100))], None).await;
    let batch = recorder.batch(&[("api", fail(160))], None);
    let other = database.open().await;
    let api = recorder.key("api");
    assert_eq!(import(&*other, api, &[fail(40)]).await.checks, 1);
    assert_eq!(recorder.store.commit(&batch).await.unwrap(), Committed::Stale);
    recorder.keep(&[("api", fail(160))], None).await;
    let loaded = loaded_as_judged(&*other).await;
    assert_eq!(loaded.histories, recorder.loaded.histories);
    let kept = other.checks(api, Span::ALWAYS).await.unwrap();
    assert_eq!(kept, [fail(40), ok(100), fail(160)]);
}

pub async fn a_check_that_comes_after_a_later_checkpoint_is_judged(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    recorder.keep(&[("api", ok(10))], None).await;
    recorder.keep(&[("web", ok(500))], Some(at(500))).await;
    // Began long before the checkpoint, and takes nothing to settle.
    recorder.keep(&[("api", ok(70))], None).await;
    recorder.keep(&[("api", fail(400))], None).await;
    recorder.keep(&[("web", ok(560))], Some(at(560))).await;
    drop(recorder.store);
    let loaded = loaded_as_judged(&*database.open().await).await;
    assert_eq!(loaded.histories, recorder.loaded.histories);
    assert!(recorder.loaded.histories[0].ledger.judge.is_down());
}

pub async fn the_checks_of_a_removed_monitor_are_judged_to_the_last(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    recorder.keep(&[("api", ok(10))], Some(at(10))).await;
    recorder.keep(&[("api", ok(70))], None).await;
    recorder.keep(&[("api", fail(130))], None).await;
    let store = recorder.store.clone();
    store
        .register(at(200), &[registration("web")], Others::Remove)
        .await
        .unwrap();
    recorder.keep(&[("api", ok(190)), ("web", ok(210))], None).await;
    recorder.keep(&[("web", ok(270))], Some(at(900))).await;
    let loaded = loaded_as_judged(&*store).await;
    assert_eq!(ids(&loaded), ["web", "api"]);
    store.pack(at(1_000)).await.unwrap();
    loaded_as_judged(&*store).await;
}

pub async fn packing_changes_no_answer(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    let hour = 3_600;
    for (n, second) in (0..4 * hour).step_by(600).enumerate() {
        let check = if n % 5 == 0 { fail(second) } else { ok(second) };
        let unknown = Check { verdict: Verdict::Unknown, ..fail(second + 3) };
        let checkpoint = (n % 7 == 0).then(|| at(second));
        recorder.keep(&[("api", check), ("web", unknown)], checkpoint).await;
    }
    let store = recorder.store.clone();
    let before = everything(&*store).await;
    let mut moved = 0;
    for until in [0, 1, 30 * 60, hour, 2 * hour + 1, 10 * hour, 10 * hour] {
        moved += store.pack(at(until)).await.unwrap();
        assert_eq!(everything(&*store).await, before, "packed until {until}");
    }
    assert_eq!(moved, 48);
    recorder.keep(&[("api", ok(4 * hour)), ("web", ok(5))], None).await;
    loaded_as_judged(&*store).await;
    assert_eq!(store.checks(recorder.key("web"), span(3, 6)).await.unwrap().len(), 2);
}

/// Every answer that was had under an edition.
#[derive(Default)]
struct Editions(BTreeMap<(Key, usize, String), Vec<Check>>);

impl Editions {
    /// Asserts that no edition stands for another answer than before, and that two handles
    /// on one database have the same. Gives how many were new.
    async fn look(&mut self, stores: [&dyn Store; 2], keys: &[Key]) -> usize {
        let (known, day) = (self.0.len(), DAY_MS / 1_000);
        let spans = [Span::ALWAYS, span(0, 600), span(600, 7_200), span(day, 9 * day)];
        for key in keys {
            for (index, of) in spans.into_iter().enumerate() {
                let edition = stores[0].edition(*key, of).await.unwrap();
                assert_eq!(stores[1].edition(*key, of).await.unwrap(), edition);
                let checks = stores[0].checks(*key, of).await.unwrap();
                let had = self.0.entry((*key, index, edition)).or_insert(checks.clone());
                assert_eq!(*had, checks, "{of:?}");
            }
        }
        self.0.len() - known
    }
}

pub async fn an_edition_never_stands_for_two_answers(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    let (store, other) = (recorder.store.clone(), database.open().await);
    let keys = ["api", "web"].map(|id| recorder.key(id));
    let stores: [&dyn Store; 2] = [&*store, &*other];
    let mut editions = Editions::default();
    editions.look(stores, &keys).await;
    for check in [ok(10), ok(70), ok(700)] {
        recorder.keep(&[("api", check)], None).await;
        assert!(editions.look(stores, &keys).await > 0);
    }
    // A clock that went back.
    recorder.keep(&[("api", ok(650))], None).await;
    editions.look(stores, &keys).await;
    // Another process, of which no commit here knows.
    import(&*other, keys[0], &[fail(40)]).await;
    assert!(editions.look(stores, &keys).await > 0);
    // What is known already is no change.
    import(&*other, keys[0], &[fail(40)]).await;
    assert_eq!(editions.look(stores, &keys).await, 0);
    // Before where packs end.
    recorder.keep(&[("api", ok(660))], None).await;
    assert!(editions.look(stores, &keys).await > 0);
    recorder.keep(&[("api", ok(3_000)), ("web", ok(3_001))], None).await;
    for until in [2_900, 3_001, 9_000] {
        store.pack(at(until)).await.unwrap();
        editions.look(stores, &keys).await;
    }
    let settled = store.edition(keys[0], span(0, 600)).await.unwrap();
    let day = DAY_MS / 1_000;
    for second in [day, 2 * day] {
        recorder.keep(&[("api", ok(second)), ("web", ok(second))], None).await;
        editions.look(stores, &keys).await;
    }
    store.pack(at(3 * day)).await.unwrap();
    editions.look(stores, &keys).await;
    assert_eq!(store.edition(keys[0], span(0, 600)).await.unwrap(), settled);
    let first_day = BTreeMap::from([(keys[0], Spans::from(span(-day, day)))]);
    assert_eq!(store.purge(&first_day).await.unwrap().days, 1);
    assert!(editions.look(stores, &keys).await > 0);
}

pub async fn monitors_come_in_the_order_of_their_registration(database: &dyn Database) {
    let store = watching(database, &["c", "a", "b"]).await;
    assert_eq!(ids(&store.load().await.unwrap()), ["c", "a", "b"]);
    let some = [registration("b"), registration("c")];
    store.register(at(10), &some, Others::Remove).await.unwrap();
    assert_eq!(ids(&store.load().await.unwrap()), ["b", "c", "a"]);
    // Those that live stay where they are; a new one comes after them.
    let some = [registration("d"), registration("c"), registration("a")];
    store.register(at(20), &some, Others::Keep).await.unwrap();
    assert_eq!(ids(&store.load().await.unwrap()), ["b", "c", "d", "a"]);
}

pub async fn registering_the_same_again_changes_nothing(database: &dyn Database) {
    let store = watching(database, &["api", "web"]).await;
    let before = everything(&*store).await;
    let same = [registration("api"), registration("web")];
    store.register(at(60), &same, Others::Remove).await.unwrap();
    store.register(at(70), &same[1..], Others::Keep).await.unwrap();
    assert_eq!(everything(&*store).await, before);
}

pub async fn a_name_and_an_address_change_without_a_new_epoch(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let epoch = store.load().await.unwrap().epoch;
    let renamed = Registration {
        name: "The API".to_owned(),
        url: "https://new.example.com/".to_owned(),
        ..registration("api")
    };
    store.register(at(60), &[renamed], Others::Remove).await.unwrap();
    let loaded = store.load().await.unwrap();
    let monitor = &loaded.histories[0].monitor;
    assert_eq!((&*monitor.name, &*monitor.url), ("The API", "https://new.example.com/"));
    assert_eq!(loaded.epoch, epoch);
}

pub async fn changed_parameters_hold_from_then_on(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", fail(10)), ("api", ok(70))], None).await;
    let lenient = Parameters { failures: 2, ..strict() };
    let changed = Registration { parameters: lenient, ..registration("api") };
    let store = recorder.store.clone();
    let stale = recorder.batch(&[("api", fail(130))], None);
    store.register(at(100), &[changed], Others::Remove).await.unwrap();
    // A check that was judged by the old parameters must be judged again.
    assert_eq!(store.commit(&stale).await.unwrap(), Committed::Stale);
    recorder.keep(&[("api", fail(130)), ("api", ok(190))], None).await;
    let loaded = loaded_as_judged(&*store).await;
    let history = &loaded.histories[0];
    assert_eq!(history.monitor.parameters.at(at(99)), strict());
    assert_eq!(history.monitor.parameters.at(at(100)), lenient);
    assert_eq!(history.ledger.settled.outages.len(), 1);
    assert_eq!(history.ledger.settled.blips.len(), 1);
}

pub async fn parameters_that_change_before_judged_checks_judge_them_again(
    database: &dyn Database,
) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder
        .keep(&[("api", fail(10)), ("api", ok(70)), ("api", fail(130))], None)
        .await;
    let changed = |failures, second| {
        let parameters = Parameters { failures, ..strict() };
        (at(second), [Registration { parameters, ..registration("api") }])
    };
    let store = recorder.store.clone();
    let (now, lenient) = changed(3, 50);
    store.register(now, &lenient, Others::Remove).await.unwrap();
    let loaded = loaded_as_judged(&*store).await;
    assert!(!loaded.histories[0].ledger.judge.is_down());
    // The clock has gone back: the newest version is replaced.
    let (now, strict) = changed(1, 40);
    store.register(now, &strict, Others::Remove).await.unwrap();
    let loaded = loaded_as_judged(&*store).await;
    assert!(loaded.histories[0].ledger.judge.is_down());
}

pub async fn a_monitor_that_comes_back_begins_a_new_life(database: &dyn Database) {
    let store = watching(database, &["api", "web"]).await;
    let (api, web) = (registration("api"), registration("web"));
    let both = [api, web];
    store.register(at(100), &both[1..], Others::Remove).await.unwrap();
    let first = Spans::from(span(0, 100));
    assert_eq!(lives(&store.load().await.unwrap(), "api"), first);
    store.register(at(150), &both[1..], Others::Remove).await.unwrap();
    assert_eq!(lives(&store.load().await.unwrap(), "api"), first);
    store.register(at(200), &both, Others::Remove).await.unwrap();
    let second = Spans::from(Span::new(at(200), Timestamp::MAX));
    assert_eq!(lives(&store.load().await.unwrap(), "api"), first.union(&second));
    assert_eq!(
        lives(&store.load().await.unwrap(), "web"),
        Spans::from(Span::new(at(0), Timestamp::MAX))
    );
}

pub async fn a_clock_that_goes_back_ends_and_begins_no_life_in_the_past(
    database: &dyn Database,
) {
    let store = watching(database, &["api"]).await;
    store.register(at(-50), &[], Others::Remove).await.unwrap();
    assert!(lives(&store.load().await.unwrap(), "api").is_empty());
    store
        .register(at(-40), &[registration("api")], Others::Remove)
        .await
        .unwrap();
    let life = Spans::from(Span::new(at(0), Timestamp::MAX));
    assert_eq!(lives(&store.load().await.unwrap(), "api"), life);
}

pub async fn where_its_time_begins_is_judged_again(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder
        .keep(&[("api", fail(10)), ("api", fail(70)), ("api", ok(130))], None)
        .await;
    let store = recorder.store.clone();
    let since =
        |second: Option<i64>| [Registration { since: second.map(at), ..registration("api") }];
    let mut epoch = recorder.loaded.epoch;
    for (second, began, outage_from) in [
        (Some(-60), -60, Some(10)),
        (Some(70), 70, Some(70)),
        (Some(130), 130, None),
        (None, 0, Some(10)),
    ] {
        store.register(at(200), &since(second), Others::Remove).await.unwrap();
        let loaded = loaded_as_judged(&*store).await;
        let life = Spans::from(Span::new(at(began), Timestamp::MAX));
        assert_eq!(lives(&loaded, "api"), life, "since {second:?}");
        let outages = &loaded.histories[0].ledger.settled.outages;
        assert_eq!(outages.first().map(|outage| outage.from), outage_from.map(at));
        assert!(loaded.epoch > epoch, "since {second:?}");
        epoch = loaded.epoch;
    }
    // To say what holds anyhow changes nothing.
    store.register(at(200), &since(Some(0)), Others::Remove).await.unwrap();
    assert_eq!(store.load().await.unwrap().epoch, epoch);
}

pub async fn an_import_is_kept_as_if_it_had_been_watched(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    recorder.keep(&[("api", ok(0)), ("web", fail(5))], Some(at(5))).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let day = DAY_MS / 1_000;
    // In no order, with the one that is known, and one that comes twice.
    let mut import = store.import().await.unwrap();
    import
        .checks(api, &[ok(-60), fail(-day), ok(0), fail(-2 * day - 7)])
        .await
        .unwrap();
    import.checks(api, &[ok(-120), ok(-60)]).await.unwrap();
    let imported = import.finish().await.unwrap();
    assert_eq!(imported, Imported { checks: 4, known_checks: 2, ..Imported::default() });
    let kept = store.checks(api, Span::ALWAYS).await.unwrap();
    assert_eq!(kept, [fail(-2 * day - 7), fail(-day), ok(-120), ok(-60), ok(0)]);
    let loaded = loaded_as_judged(&*store).await;
    assert!(loaded.epoch > recorder.loaded.epoch);
    let life = Spans::from(Span::new(at(-2 * day - 7), Timestamp::MAX));
    assert_eq!(lives(&loaded, "api"), life);
    assert_eq!(lives(&loaded, "web"), Spans::from(Span::new(at(0), Timestamp::MAX)));
    recorder.keep(&[("api", fail(60)), ("web", ok(65))], None).await;
    loaded_as_judged(&*store).await;
}

pub async fn a_beginning_that_was_said_holds_against_earlier_checks(database: &dyn Database) {
    let store = database.open().await;
    let said = Registration { since: Some(at(-100)), ..registration("api") };
    store.register(at(0), &[said], Others::Remove).await.unwrap();
    let api = key(&store.load().await.unwrap(), "api");
    import(&*store, api, &[fail(-160), ok(-40)]).await;
    let loaded = loaded_as_judged(&*store).await;
    assert_eq!(lives(&loaded, "api"), Spans::from(Span::new(at(-100), Timestamp::MAX)));
    assert!(loaded.histories[0].ledger.settled.outages.is_empty());
    // Once it is no longer said, the earliest check counts.
    store.register(at(0), &[registration("api")], Others::Remove).await.unwrap();
    let loaded = loaded_as_judged(&*store).await;
    assert_eq!(lives(&loaded, "api"), Spans::from(Span::new(at(-160), Timestamp::MAX)));
}

pub async fn importing_the_same_twice_changes_nothing(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", ok(100))], Some(at(100))).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let pauses = [(300, None), (300, Some(400)), (310, Some(320))];
    let window = window(Some(at(1_100)));
    let called_off_later = MaintenanceWindow { cancelled_at: None, ..window.clone() };
    let mut before = String::new();
    for first in [true, false] {
        let mut import = store.import().await.unwrap();
        import.checks(api, &[fail(40), ok(100)]).await.unwrap();
        for (from, to) in pauses {
            import.pause(api, Pause { from: at(from), to: to.map(at) }).await.unwrap();
        }
        import.window(&called_off_later.clone().into()).await.unwrap();
        import.window(&window.clone().into()).await.unwrap();
        import.exchange(&said(api, 40, "x")).await.unwrap();
        import.exchange(&said(api, 40, "x")).await.unwrap();
        let imported = import.finish().await.unwrap();
        if first {
            before = everything(&*store).await;
            let all = Imported {
                checks: 1,
                known_checks: 1,
                pauses: 3,
                windows: 2,
                exchanges: 1,
                ..Imported::default()
            };
            assert_eq!(imported, all);
        } else {
            assert_eq!(imported, Imported { known_checks: 2, ..Imported::default() });
            assert_eq!(everything(&*store).await, before);
        }
    }
}

fn window(cancelled_at: Option<Timestamp>) -> MaintenanceWindow {
    MaintenanceWindow {
        announced_at: Timestamp(at(1_000).0 - MaintenanceWindow::NOTICE_MS),
        start: at(1_000),
        end: at(2_000),
        cancelled_at,
        message: "New disks".to_owned(),
        monitors: vec![MonitorId::new("api").unwrap()],
        emergency: false,
    }
}

pub async fn a_pause_takes_what_was_seen_in_it_out_of_the_past(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    let checks = [ok(0), fail(60), fail(120), ok(180)];
    for check in checks {
        recorder.keep(&[("api", check)], None).await;
    }
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let mut import = store.import().await.unwrap();
    let pause = Pause { from: at(50), to: Some(at(150)) };
    import.pause(api, pause).await.unwrap();
    assert_eq!(import.finish().await.unwrap().pauses, 1);
    let loaded = loaded_as_judged(&*store).await;
    assert!(loaded.epoch > recorder.loaded.epoch);
    assert!(loaded.histories[0].ledger.settled.outages.is_empty());
    assert_eq!(loaded.histories[0].monitor.pauses(), &Spans::from(span(50, 150)));
    assert_eq!(store.pauses(api).await.unwrap(), [pause]);
}

/// A window that was announced at second 10.
fn planned(start: i64, monitors: &[&str]) -> MaintenanceWindow {
    MaintenanceWindow {
        announced_at: at(10),
        start: at(start),
        end: at(start + 600),
        monitors: monitors.iter().map(|id| MonitorId::new(id).unwrap()).collect(),
        ..window(None)
    }
}

pub async fn an_announcement_is_kept_once_with_who_made_it(database: &dyn Database) {
    let store = watching(database, &["api", "web"]).await;
    let before = store.load().await.unwrap().epoch;
    assert_eq!(store.epoch().await.unwrap(), before);
    let window = planned(400_000, &["web", "api"]);
    let first = store.announce(&window, None, "ci").await.unwrap();
    assert!(first.is_new && first.epoch > before);
    assert_eq!(store.epoch().await.unwrap(), first.epoch);
    let kept = &first.announcement;
    assert_eq!((&kept.window, kept.revision, kept.changed_at), (&window, 1, at(10)));
    assert_eq!(kept.uid.len(), 32);
    // The same once more, later and with its monitors in another order.
    let again = MaintenanceWindow { announced_at: at(20), ..planned(400_000, &["api", "web"]) };
    let again = store.announce(&again, None, "someone").await.unwrap();
    assert_eq!((again.is_new, &again.announcement), (false, kept));
    assert_eq!(store.epoch().await.unwrap(), first.epoch);
    // What differs is another one.
    for other in [
        planned(400_001, &["web", "api"]),
        planned(400_000, &["api"]),
        planned(400_000, &[]),
        MaintenanceWindow { emergency: true, ..window.clone() },
        MaintenanceWindow { message: String::new(), ..window.clone() },
    ] {
        let other = store.announce(&other, None, "ci").await.unwrap();
        assert!(other.is_new && other.announcement.uid != kept.uid);
    }
    let windows = store.windows().await.unwrap();
    assert_eq!(windows.len(), 6);
    assert_eq!(windows, store.load().await.unwrap().windows);
    assert_eq!(store.window(kept.id).await.unwrap().as_ref(), Some(kept));
    assert_eq!(store.window(WindowId(99)).await.unwrap(), None);
    let deed = Deed {
        at: at(10),
        author: "ci".to_owned(),
        action: Action::Announced,
        before: None,
        after: window,
    };
    assert_eq!(store.deeds(kept.id).await.unwrap(), [deed]);
    let unknown = store.announce(&planned(1, &["shop"]), None, "ci").await.unwrap_err();
    assert_eq!(unknown.to_string(), "no monitor has the id shop");
    assert_eq!(store.windows().await.unwrap().len(), 6);
    // It is there after a crash.
    assert_eq!(database.open().await.windows().await.unwrap(), windows);
}

pub async fn a_change_is_made_to_what_was_seen_and_noted(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let kept = store.announce(&planned(400_000, &["api"]), None, "ci").await.unwrap();
    let kept = kept.announcement;
    let moved = Announcement { window: planned(500_000, &[]), ..kept.clone() };
    let change = || store.change_window(&moved, at(20), "anna", Action::Changed);
    let Changed::Done { announcement, epoch } = change().await.unwrap() else { panic!() };
    assert_eq!((announcement.revision, announcement.changed_at), (2, at(20)));
    assert_eq!((&announcement.window, &announcement.uid), (&moved.window, &kept.uid));
    assert_eq!(store.load().await.unwrap().epoch, epoch);
    // A call that failed may have happened.
    let again = change().await.unwrap();
    assert_eq!(again, Changed::Done { announcement: announcement.clone(), epoch });
    let late = Announcement { window: planned(600_000, &[]), ..kept.clone() };
    let late = store.change_window(&late, at(30), "berta", Action::Changed).await.unwrap();
    assert_eq!(late, Changed::Stale);
    let nobody = Announcement { id: WindowId(99), ..kept.clone() };
    let nobody = store
        .change_window(&nobody, at(30), "berta", Action::Changed)
        .await
        .unwrap();
    assert_eq!(nobody, Changed::Missing);
    assert_eq!(store.window(kept.id).await.unwrap().as_ref(), Some(&announcement));
    let deeds = store.deeds(kept.id).await.unwrap();
    assert_eq!(deeds.len(), 2);
    assert_eq!((deeds[1].author.as_str(), deeds[1].action), ("anna", Action::Changed));
    assert_eq!(deeds[1].before.as_ref(), Some(&kept.window));
    assert_eq!(deeds[1].after, moved.window);
}

pub async fn what_was_called_off_can_be_announced_anew(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let window = planned(400_000, &[]);
    let kept = store.announce(&window, None, "ci").await.unwrap().announcement;
    let off = MaintenanceWindow { cancelled_at: Some(at(20)), ..window.clone() };
    let off = Announcement { window: off, ..kept.clone() };
    let off = store.change_window(&off, at(20), "ci", Action::Cancelled).await.unwrap();
    assert!(matches!(off, Changed::Done { .. }));
    let anew = store.announce(&window, None, "ci").await.unwrap();
    assert!(anew.is_new && anew.announcement.id != kept.id);
}

pub async fn a_turn_of_a_rule_is_announced_once_even_if_it_was_moved_or_called_off(
    database: &dyn Database,
) {
    let store = watching(database, &["api"]).await;
    let turn = |at| Occurrence { rule: "weekly".to_owned(), at };
    let window = planned(400_000, &[]);
    let announce = async |window: &MaintenanceWindow, at| {
        store.announce(window, Some(&turn(at)), "weekly").await.unwrap()
    };
    let kept = announce(&window, at(400_000)).await.announcement;
    assert_eq!(kept.occurrence, Some(turn(at(400_000))));
    let moved = MaintenanceWindow { cancelled_at: Some(at(20)), ..planned(450_000, &[]) };
    let moved = Announcement { window: moved, ..kept.clone() };
    let done = store.change_window(&moved, at(20), "ci", Action::Changed).await.unwrap();
    assert!(matches!(done, Changed::Done { .. }));
    let again = announce(&window, at(400_000)).await;
    assert_eq!((again.is_new, again.announcement.id), (false, kept.id));
    assert!(announce(&window, at(400_001)).await.is_new);
    // One that nobody counts as a turn any more leaves room for another.
    let kept = store.window(kept.id).await.unwrap().unwrap();
    let free = Announcement { occurrence: None, ..kept };
    let done = store.change_window(&free, at(30), "ci", Action::Changed).await.unwrap();
    assert!(matches!(done, Changed::Done { .. }));
    assert!(announce(&window, at(400_000)).await.is_new);
}

pub async fn an_emergency_that_is_under_way_is_not_announced_again(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let emergency = MaintenanceWindow { emergency: true, ..planned(1_000, &[]) };
    let first = store.announce(&emergency, None, "ci").await.unwrap();
    // Sent again a second later, where it begins at once.
    let later = MaintenanceWindow { start: at(1_001), announced_at: at(1_001), ..emergency };
    let again = store.announce(&later, None, "ci").await.unwrap();
    assert_eq!((again.is_new, again.announcement), (false, first.announcement));
}

pub async fn a_window_moves_with_its_name_and_all_that_was_done_to_it(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let past = WindowPast {
        uid: Some("0123456789abcdef0123456789abcdef".to_owned()),
        ..planned(400_000, &["api"]).into()
    };
    let import = async |past: &WindowPast| {
        let mut import = store.import().await.unwrap();
        let added = import.window(past).await.map(|()| import.so_far().windows);
        import.finish().await.unwrap();
        added
    };
    assert_eq!(import(&past).await.unwrap(), 1);
    assert_eq!(import(&past).await.unwrap(), 0);
    let kept = store.windows().await.unwrap().pop().unwrap();
    assert_eq!(Some(&kept.uid), past.uid.as_ref());
    assert_eq!(store.deeds(kept.id).await.unwrap()[0].author, "import");
    // Another text without a new revision is a contradiction, with one it is what came after.
    let moved = WindowPast { window: planned(500_000, &[]), ..past.clone() };
    let sentence = conflict(import(&moved).await);
    for said in ["its start_time is ", "its end_time is ", "its monitors differ"] {
        assert!(sentence.contains(said), "{said}: {sentence}");
    }
    assert!(
        !sentence.contains("announced_at") && !sentence.contains("message"),
        "{sentence}"
    );
    let announced_at = past.window.announced_at;
    let window =
        MaintenanceWindow { announced_at: announced_at.plus_ms(-1), ..past.window.clone() };
    let earlier = WindowPast { window, ..past.clone() };
    let said = format!("its announced_at is {announced_at}, not {}", announced_at.plus_ms(-1));
    assert!(conflict(import(&earlier).await).ends_with(&said));
    let deed = |at, action| Deed {
        at,
        author: "ci".to_owned(),
        action,
        before: None,
        after: moved.window.clone(),
    };
    let deeds = vec![deed(at(10), Action::Announced), deed(at(20), Action::Changed)];
    let moved = WindowPast { revision: 2, changed_at: at(20), deeds, ..moved.clone() };
    assert_eq!(import(&moved).await.unwrap(), 1);
    assert_eq!(import(&moved).await.unwrap(), 0);
    assert_eq!(import(&past).await.unwrap(), 0, "what was before is known");
    let kept = store.windows().await.unwrap().pop().unwrap();
    assert_eq!((&kept.window, kept.revision), (&moved.window, 2));
    let noted = store.deeds(kept.id).await.unwrap();
    assert_eq!((noted.len(), &noted[1]), (2, &moved.deeds[1]));
    // What nobody says to have done was done by the import.
    let silent = WindowPast { revision: 3, window: planned(600_000, &[]), ..moved.clone() };
    assert_eq!(import(&silent).await.unwrap(), 1);
    let noted = store.deeds(kept.id).await.unwrap();
    assert_eq!((noted.len(), noted[2].author.as_str()), (3, "import"));
    assert_eq!((&noted[2].before, &noted[2].after), (&Some(moved.window), &silent.window));
}

/// What a row with the key `id` asks for, which says so from now on.
fn asks(id: &str, before: Option<&Terms>, terms: Option<&Terms>, acts: Vec<Act>) -> Local {
    let (before, terms) = (before.cloned(), terms.cloned());
    Local { foreign_id: id.to_owned(), before, terms, acts }
}

pub async fn what_a_row_asks_for_is_kept_whole_or_not_at_all(database: &dyn Database) {
    let store = watching(database, &["api", "web"]).await;
    let ours = store.announce(&planned(400_000, &["web"]), None, "ci").await.unwrap();
    let terms = Terms::new(at(500_000), at(500_600), "Theirs").unwrap();
    let announce = |like| Act::Announce { terms: terms.clone(), announced_at: at(5), like };
    let before = store.epoch().await.unwrap();
    let appears = asks("7", None, Some(&terms), vec![announce(Some(ours.announcement.id))]);
    // Called twice, it happens once.
    for changed in [true, false] {
        let settled = store.settle("supabase", std::slice::from_ref(&appears), at(20)).await;
        assert_eq!(settled.unwrap(), Settled::Done { changed });
    }
    assert_eq!(store.epoch().await.unwrap(), before + 1);
    let followed = store.followed("supabase").await.unwrap();
    let [known] = &followed.known[..] else { panic!("{followed:?}") };
    assert_eq!((known.foreign_id.as_str(), &known.terms), ("7", &terms));
    assert_eq!((known.windows.len(), followed.free.len()), (1, 1));
    assert_eq!(store.followed("another").await.unwrap().free.len(), 2);
    let kept = store.window(known.windows[0].id).await.unwrap().unwrap();
    assert_eq!((kept.window.announced_at, kept.changed_at), (at(5), at(20)));
    assert_eq!(kept.window.monitors, ours.announcement.window.monitors);
    assert_eq!(store.deeds(kept.id).await.unwrap()[0].author, "supabase");
    // A revision that is not the newest undoes all of it, other rows too.
    let cancel = |revision| vec![Act::Cancel { id: kept.id, revision }];
    let both = [
        asks("8", None, Some(&terms), vec![announce(None)]),
        asks("7", Some(&terms), None, cancel(2)),
    ];
    let stale = store.settle("supabase", &both, at(30)).await.unwrap();
    assert_eq!((stale, store.windows().await.unwrap().len()), (Settled::Stale, 2));
    // So does a row that was settled otherwise meanwhile.
    let other = Terms { message: "Else".to_owned(), ..terms.clone() };
    let other = asks("7", Some(&other), None, cancel(1));
    assert_eq!(store.settle("supabase", &[other], at(30)).await.unwrap(), Settled::Stale);
    let gone = asks("7", Some(&terms), None, cancel(1));
    let settled = store.settle("supabase", &[gone], at(30)).await.unwrap();
    assert_eq!(settled, Settled::Done { changed: true });
    let cancelled = store.window(kept.id).await.unwrap().unwrap();
    assert_eq!(cancelled.window.cancelled_at, Some(at(30)));
    // The window of a row that is gone never becomes a row again.
    let followed = store.followed("supabase").await.unwrap();
    assert_eq!((followed.known.len(), followed.free.len()), (0, 1));
    // A reading is noted without a new epoch, and never goes back.
    let epoch = store.epoch().await.unwrap();
    for (noted, expected) in [(40, 40), (35, 40), (50, 50)] {
        store.note_reading("supabase", at(noted)).await.unwrap();
        let read_at = store.followed("supabase").await.unwrap().read_at;
        assert_eq!(read_at, Some(at(expected)));
    }
    assert_eq!(store.epoch().await.unwrap(), epoch);
    // Since when everup runs is known with it.
    assert_eq!(store.followed("supabase").await.unwrap().ran_since, None);
    for began in [60, 70] {
        store.begin_run(at(began), "1.0.0").await.unwrap();
        let ran_since = store.followed("supabase").await.unwrap().ran_since;
        assert_eq!(ran_since, Some(at(60)));
    }
    // Whose table it is is noted; another project begins anew, and windows stay.
    for (project, is_another, read_at) in [
        ("https://a", false, Some(at(50))),
        ("https://a", false, Some(at(50))),
        ("https://b", true, None),
    ] {
        assert_eq!(store.adopt_project("supabase", project).await.unwrap(), is_another);
        let followed = store.followed("supabase").await.unwrap();
        assert_eq!((followed.project.as_deref(), followed.read_at), (Some(project), read_at));
        assert_eq!(followed.free.len(), if is_another { 2 } else { 1 });
    }
    assert_eq!(store.windows().await.unwrap().len(), 2);
    assert_eq!(store.epoch().await.unwrap(), epoch);
    assert_eq!(store.followed("another").await.unwrap().project, None);
    // It is there after a crash.
    let again = database.open().await.followed("supabase").await.unwrap();
    assert_eq!(again, store.followed("supabase").await.unwrap());
}

pub async fn maintenance_leaves_the_figure_of_the_monitors_it_is_about(
    database: &dyn Database,
) {
    let store = watching(database, &["api", "web"]).await;
    let epoch = store.load().await.unwrap().epoch;
    let early = MaintenanceWindow {
        start: at(900),
        announced_at: at(800),
        monitors: Vec::new(),
        ..window(None)
    };
    let mut import = store.import().await.unwrap();
    import.window(&window(Some(at(1_500))).into()).await.unwrap();
    import.window(&early.clone().into()).await.unwrap();
    assert_eq!(import.finish().await.unwrap().windows, 2);
    let loaded = store.load().await.unwrap();
    assert!(loaded.epoch > epoch);
    let said: Vec<_> = loaded.windows.into_iter().map(|kept| kept.window).collect();
    assert_eq!(said, [early, window(Some(at(1_500)))]);
    assert_eq!(loaded.histories[0].maintenance, Spans::from(span(1_000, 1_500)));
    assert!(loaded.histories[1].maintenance.is_empty());
}

fn count(from: i64, to: i64, up: u64) -> Count {
    Count { source: Source::UptimeKuma, span: span(from, to), up, down: 2 }
}

fn stretch(from: i64, to: i64, claim: Claim) -> Stretch {
    let reason = if claim == Claim::Down { "Connection Timeout" } else { "" };
    Stretch {
        source: Source::UptimeRobot,
        span: span(from, to),
        claim,
        reason: reason.to_owned(),
    }
}

fn origin(from: i64, to: i64, records: Records) -> Origin {
    Origin {
        source: Source::UptimeKuma,
        file: "kuma.db".to_owned(),
        imported_at: at(9_000),
        records,
        span: span(from, to),
        added: 5,
    }
}

pub async fn what_others_said_stands_beside_and_is_no_observed_time(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    recorder.keep(&[("api", ok(100))], None).await;
    let (store, api, web) = (recorder.store.clone(), recorder.key("api"), recorder.key("web"));
    let ledger = store.load().await.unwrap().histories[0].ledger.clone();
    let (up, down) = (stretch(-900, -500, Claim::Up), stretch(-500, -400, Claim::Down));
    let of_other = Count { source: Source::UptimeRobot, ..count(-600, -300, 9) };
    let mut import = store.import().await.unwrap();
    import.stretch(api, &up).await.unwrap();
    import.stretch(api, &down).await.unwrap();
    // Another source may speak of the same time, and another monitor have the same.
    for count in [count(-600, -300, 7), of_other, count(-300, 0, 8)] {
        import.count(api, &count).await.unwrap();
    }
    import.count(web, &count(-300, 0, 8)).await.unwrap();
    import.origin(api, &origin(-600, 0, Records::Counts)).await.unwrap();
    assert_eq!(import.so_far().stretches, 2);
    let imported = import.finish().await.unwrap();
    let all = Imported { counts: 4, stretches: 2, origins: 1, ..Imported::default() };
    assert_eq!(imported, all);

    let loaded = loaded_as_judged(&*store).await;
    assert!(loaded.epoch > recorder.loaded.epoch);
    assert_eq!(loaded.histories[0].ledger, ledger);
    // That time is the monitor's, and unknown.
    let life = |from| Spans::from(Span::new(at(from), Timestamp::MAX));
    assert_eq!(lives(&loaded, "api"), life(-900));
    assert_eq!(lives(&loaded, "web"), life(-300));

    let foreign = Foreign {
        origins: vec![origin(-600, 0, Records::Counts)],
        counts: vec![count(-600, -300, 7), of_other, count(-300, 0, 8)],
        stretches: vec![up, down.clone()],
    };
    assert_eq!(store.imports(api, Span::ALWAYS).await.unwrap(), foreign);
    // All that shares an instant with the span, uncut.
    let some = store.imports(api, span(-500, -300)).await.unwrap();
    assert_eq!(some.stretches, [down]);
    assert_eq!(some.counts, [count(-600, -300, 7), of_other]);
    assert_eq!(store.imports(api, span(-900, -900)).await.unwrap(), Foreign::default());
    assert_eq!(store.imports(api, span(0, 900)).await.unwrap(), Foreign::default());
    let all = store.all_imports(span(-300, 0)).await.unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), [&api, &web]);
    assert_eq!(all[&web].counts, [count(-300, 0, 8)]);
    assert_eq!(database.open().await.imports(api, Span::ALWAYS).await.unwrap(), foreign);
}

pub async fn what_others_said_is_added_once_and_never_contradicted(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let api = key(&store.load().await.unwrap(), "api");
    let mut before = String::new();
    for first in [true, false] {
        let mut import = store.import().await.unwrap();
        import.count(api, &count(0, 60, 1)).await.unwrap();
        import.stretch(api, &stretch(0, 60, Claim::Down)).await.unwrap();
        // The newest grows; the older answer is known then.
        import.stretch(api, &stretch(60, 90, Claim::Up)).await.unwrap();
        import.stretch(api, &stretch(60, 120, Claim::Up)).await.unwrap();
        import.origin(api, &origin(0, 60, Records::Checks)).await.unwrap();
        let imported = import.finish().await.unwrap();
        if first {
            before = everything(&*store).await;
            let all = Imported { counts: 1, stretches: 3, origins: 1, ..Imported::default() };
            assert_eq!(imported, all);
        } else {
            assert_eq!(imported, Imported::default());
            assert_eq!(everything(&*store).await, before);
        }
    }
    let kept = store.imports(api, Span::ALWAYS).await.unwrap();
    let stretches = [stretch(0, 60, Claim::Down), stretch(60, 120, Claim::Up)];
    assert_eq!(kept.stretches, stretches);

    let mut import = store.import().await.unwrap();
    assert_eq!(
        conflict(import.count(api, &count(0, 60, 2)).await),
        "api: the count of Uptime Kuma from 2026-11-01T00:00:00Z to 2026-11-01T00:01:00Z \
         contradicts the one that is kept from 2026-11-01T00:00:00Z to 2026-11-01T00:01:00Z"
    );
    for overlapping in [count(-5, 1, 1), count(59, 70, 1), count(20, 30, 1), count(-9, 99, 1)] {
        conflict(import.count(api, &overlapping).await);
    }
    let another_reason =
        Stretch { reason: "HTTP 502".to_owned(), ..stretch(0, 60, Claim::Down) };
    for contradicting in [
        stretch(0, 60, Claim::Up),
        another_reason,
        stretch(-5, 1, Claim::Down),
        stretch(0, 61, Claim::Down),
        stretch(61, 62, Claim::Up),
    ] {
        conflict(import.stretch(api, &contradicting).await);
    }
    assert!(import.count(Key(99), &count(0, 60, 1)).await.is_err());
    assert!(import.origin(Key(99), &origin(0, 60, Records::Checks)).await.is_err());
    import.count(api, &count(60, 90, 1)).await.unwrap();
    drop(import);
    assert_eq!(everything(&*store).await, before);
}

/// The sentence of a refusal as a contradiction.
fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Conflict(sentence)) => sentence,
        other => panic!("not a conflict: {other:?}"),
    }
}

pub async fn the_past_is_never_contradicted(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", ok(100))], None).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let mut import = store.import().await.unwrap();
    import.checks(api, &[fail(-DAY_MS / 500)]).await.unwrap();
    import.pause(api, Pause { from: at(300), to: Some(at(400)) }).await.unwrap();
    import.window(&window(Some(at(1_500))).into()).await.unwrap();
    import.finish().await.unwrap();
    let before = everything(&*store).await;

    let mut import = store.import().await.unwrap();
    import.checks(api, &[ok(700)]).await.unwrap();
    assert_eq!(
        conflict(import.checks(api, &[fail(100)]).await),
        "api: the check of 2026-11-01T00:01:40Z is kept as ok, and cannot become fail"
    );
    let slower = Check { latency_us: Some(20_001), ..ok(100) };
    assert_eq!(
        conflict(import.checks(api, &[slower]).await),
        "api: the check of 2026-11-01T00:01:40Z is kept with another latency or reason"
    );
    let longer = Pause { from: at(300), to: Some(at(500)) };
    assert_eq!(
        conflict(import.pause(api, longer).await),
        "api: the pause from 2026-11-01T00:05:00Z is kept with another end: 2026-11-01T00:06:40Z"
    );
    let later = window(Some(at(1_600)));
    assert_eq!(
        conflict(import.window(&later.into()).await),
        "the maintenance that begins at 2026-11-01T00:16:40Z was cancelled at \
         2026-11-01T00:25:00Z, not at 2026-11-01T00:26:40Z"
    );
    drop(import);
    assert_eq!(everything(&*store).await, before);
}

pub async fn an_import_of_an_unknown_monitor_is_refused(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let mut import = store.import().await.unwrap();
    let refused = import.checks(Key(99), &[ok(0)]).await.unwrap_err();
    assert_eq!(refused.to_string(), "no monitor has the key 99");
    assert!(import.pause(Key(99), Pause { from: at(0), to: None }).await.is_err());
    let elsewhere =
        MaintenanceWindow { monitors: vec![MonitorId::new("web").unwrap()], ..window(None) };
    let refused = import.window(&elsewhere.into()).await.unwrap_err();
    assert_eq!(refused.to_string(), "no monitor has the id web");
}

pub async fn an_import_that_is_dropped_leaves_nothing_behind(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    recorder.keep(&[("api", ok(100))], None).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let before = everything(&*store).await;
    let mut import = store.import().await.unwrap();
    import.checks(api, &[fail(40), fail(160)]).await.unwrap();
    import.pause(api, Pause { from: at(50), to: None }).await.unwrap();
    import.window(&window(None).into()).await.unwrap();
    drop(import);
    assert_eq!(everything(&*store).await, before);
    recorder.keep(&[("api", ok(160))], None).await;
    assert_eq!(everything(&*database.open().await).await, everything(&*store).await);
}

pub async fn an_import_holds_all_other_writers_off(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    let other = database.open().await;
    let batch = recorder.batch(&[("api", ok(100))], None);
    let import = other.import().await.unwrap();
    for store in [&recorder.store, &other] {
        assert!(matches!(store.commit(&batch).await, Err(StoreError::Busy)));
        assert!(matches!(store.writable().await, Err(StoreError::Busy)));
        // Readers go on.
        assert_eq!(store.load().await.unwrap().histories.len(), 1);
    }
    drop(import);
    recorder.keep(&[("api", ok(100))], None).await;
    other.writable().await.unwrap();
}

pub async fn strange_words_come_back_as_they_were(database: &dyn Database) {
    let store = database.open().await;
    let strange = "Ünïcode \"quoted\" \\ 'single' $1 ? 日本\u{1F600}";
    let named = Registration { name: strange.to_owned(), ..registration("api") };
    store.register(at(0), &[named], Others::Remove).await.unwrap();
    let mut recorder = Recorder::start(store.clone()).await;
    let mut check = fail(60);
    check.evidence.as_mut().unwrap().reason = strange.to_owned();
    recorder.keep(&[("api", check.clone()), ("api", ok(120))], None).await;
    let loaded = loaded_as_judged(&*store).await;
    assert_eq!(loaded.histories[0].monitor.name, strange);
    assert_eq!(&*loaded.histories[0].ledger.settled.outages[0].reason, strange);
    let kept = store.checks(recorder.key("api"), Span::ALWAYS).await.unwrap();
    assert_eq!(kept, [check, ok(120)]);
}

fn closed_month(month: &str, json: &str) -> ClosedMonth {
    let row =
        |subject, id: &str| ClosedRow { subject, id: id.to_owned(), json: json.to_owned() };
    let mut closed = ClosedMonth {
        month: Month::parse(month).unwrap(),
        closed_at: at(7),
        // Each begins in another zone than it ends, as after a change of the time zone.
        head: {
            let window = Month::parse(month).unwrap().window(chrono_tz::UTC);
            format!(
                "{{\"month\":\"{month}\",\"time_zone\":\"UTC\",\
                 \"from_time_zone\":\"Africa/Abidjan\",\"from\":\"{}\",\"to\":\"{}\",\
                 \"monitors\":[",
                window.from, window.to
            )
        },
        rows: vec![
            row(Subject::Monitor, "web"),
            row(Subject::Monitor, "api"),
            row(Subject::Group, "all"),
        ],
        sha256: String::new(),
    };
    closed.sha256 = closed.hash().unwrap();
    closed
}

pub async fn a_closed_month_is_kept_once_and_stays_as_it_was(database: &dyn Database) {
    let store = database.open().await;
    let october = closed_month("2026-10", r#"{"uptime":"99.95","milliseconds":{"up":7}}"#);
    let november = closed_month("2026-11", r#"{"uptime":"100.00"}"#);
    store.close_month(&november).await.unwrap();
    store.close_month(&october).await.unwrap();
    store.close_month(&october).await.unwrap();
    let cut = |month: Month| Cut {
        month,
        window: month.window(chrono_tz::UTC),
        begins_in: chrono_tz::Africa::Abidjan,
        ends_in: chrono_tz::UTC,
    };
    let cuts = [cut(october.month), cut(november.month)];
    assert_eq!(store.closed_months().await.unwrap(), cuts);
    assert_eq!(store.load().await.unwrap().closed, cuts);
    let other = closed_month("2026-10", r#"{"uptime":"99.96"}"#);
    let refused = conflict(store.close_month(&other).await);
    assert!(refused.contains("2026-10 is closed already"), "{refused}");
    // Nor one that was cut in another zone, so that time would be in no month, or in two.
    let mut december = closed_month("2026-12", "{}");
    december.head = december.head.replace("2026-12-01T00:00:00Z", "2026-12-01T05:00:00Z");
    december.sha256 = december.hash().unwrap();
    let refused = conflict(store.close_month(&december).await);
    let expected = "2026-11 ends at 2026-12-01T00:00:00Z and 2026-12 begins at \
                    2026-12-01T05:00:00Z";
    assert!(refused.contains(expected), "{refused}");
    // Nor one whose text is of another month.
    let mut named = closed_month("2026-12", "{}");
    named.month = Month::parse("2027-01").unwrap();
    let refused = conflict(store.close_month(&named).await);
    assert!(refused.contains("it is the report of 2026-12"), "{refused}");
    drop(store);
    let store = database.open().await;
    let kept = store.closed_month(october.month).await.unwrap().unwrap();
    assert_eq!(kept, october);
    assert!(kept.is_whole());
    let rows = store.closed_rows(Subject::Monitor, "api", 5).await.unwrap();
    let newest_first = [
        (november.month, r#"{"uptime":"100.00"}"#.to_owned()),
        (october.month, october.rows[1].json.clone()),
    ];
    assert_eq!(rows, newest_first);
    assert_eq!(store.closed_rows(Subject::Monitor, "api", 1).await.unwrap().len(), 1);
    assert!(store.closed_rows(Subject::Group, "api", 5).await.unwrap().is_empty());
    let never = Month::parse("2026-12").unwrap();
    assert_eq!(store.closed_month(never).await.unwrap(), None);
    let mut lengths = store.closed_lengths(october.month..=october.month, at(7)).await.unwrap();
    lengths.sort_by_key(|of| (of.subject, of.id.clone()));
    let ids: Vec<_> = lengths.iter().map(|of| (of.subject, of.id.as_str())).collect();
    let all = [(Subject::Monitor, "api"), (Subject::Monitor, "web"), (Subject::Group, "all")];
    assert_eq!(ids, all);
    let is_whole = |of: &ClosedLengths| of.month == october.month && of.json == r#"{"up":7}"#;
    assert!(lengths.iter().all(is_whole), "{lengths:?}");
    let before = store.closed_lengths(october.month..=november.month, at(6)).await.unwrap();
    assert_eq!(before, []);
}

pub async fn a_correction_is_kept_once_and_only_of_a_closed_month(database: &dyn Database) {
    let store = database.open().await;
    let row = format!("{{\"outages\":[{{\"began_at\":\"{}\"}}]}}", at(3));
    let october = closed_month("2026-10", &row);
    let correction = |reason: &str| Correction {
        month: october.month,
        monitor: "api".to_owned(),
        outage_began_at: at(3),
        instead: Instead::Unknown,
        author: "Ada".to_owned(),
        reason: reason.to_owned(),
        made_at: at(9),
    };
    let refused = conflict(store.correct(&correction("our network")).await);
    assert!(refused.contains("2026-10 is not closed"), "{refused}");
    store.close_month(&october).await.unwrap();
    for (other, expected) in [
        (
            Correction { monitor: "nobody".to_owned(), ..correction("x") },
            "no outage of nobody",
        ),
        (Correction { outage_began_at: at(4), ..correction("x") }, "no outage of api"),
        (
            Correction { made_at: at(6), ..correction("x") },
            "cannot be corrected before that",
        ),
    ] {
        let refused = conflict(store.correct(&other).await);
        assert!(refused.contains(expected), "{refused}");
    }
    store.correct(&correction("our network")).await.unwrap();
    store.correct(&correction("our network")).await.unwrap();
    let refused = conflict(store.correct(&correction("a whim")).await);
    assert!(refused.contains("corrected already, by Ada"), "{refused}");
    let all = store.corrections(None).await.unwrap();
    assert_eq!(all, [correction("our network")]);
    assert_eq!(store.corrections(Some(october.month)).await.unwrap(), all);
    let never = Month::parse("2026-12").unwrap();
    assert!(store.corrections(Some(never)).await.unwrap().is_empty());
}

/// What was said in a check.
fn said(key: Key, second: i64, text: &str) -> Exchanged {
    let body = Body { text: Some(text.to_owned()), bytes: 4, cut: false };
    let headers = vec![("server".to_owned(), "nginx".to_owned())];
    let exchange = Exchange { headers, body: Some(body), ..Exchange::default() };
    Exchanged { key, started_at: at(second), exchange: Box::new(exchange) }
}

/// What a monitor's checks said, by the second.
async fn everything_said(
    store: &dyn Store,
    key: Key,
    limit: usize,
) -> Vec<(Timestamp, String)> {
    let exchanges = store.exchanges(key, Span::ALWAYS, limit).await.unwrap();
    let text = |exchange: Exchange| exchange.body.unwrap().text.unwrap();
    exchanges.into_iter().map(|(at, exchange)| (at, text(exchange))).collect()
}

pub async fn what_was_said_is_kept_with_its_check_or_not_at_all(database: &dyn Database) {
    let recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let mut batch = recorder.batch(&[("api", fail(70)), ("api", fail(130))], None);
    batch.exchanges = vec![said(api, 130, "second"), said(api, 70, "first")];
    let stale = Batch { epoch: batch.epoch + 1, ..batch.clone() };
    assert_eq!(store.commit(&stale).await.unwrap(), Committed::Stale);
    assert_eq!(everything_said(&*store, api, 9).await, []);
    // Twice, as after a commit that failed and had happened.
    for _ in 0..2 {
        assert_eq!(store.commit(&batch).await.unwrap(), Committed::Kept);
    }
    batch.exchanges = vec![said(api, 70, "something else")];
    store.commit(&batch).await.unwrap();
    drop(store);
    let store = database.open().await;
    let all = [(at(70), "first".to_owned()), (at(130), "second".to_owned())];
    assert_eq!(everything_said(&*store, api, 9).await, all);
    assert_eq!(everything_said(&*store, api, 1).await, all[..1]);
    assert_eq!(everything_said(&*store, recorder.key("web"), 9).await, []);
    let within = store.exchanges(api, span(71, 131), 9).await.unwrap();
    assert_eq!(within, [(at(130), *said(api, 130, "second").exchange)]);
    assert_eq!(store.exchanges(api, span(71, 130), 9).await.unwrap(), []);
    // Packing the checks leaves it where it is.
    store.pack(at(1_000)).await.unwrap();
    assert_eq!(everything_said(&*store, api, 9).await, all);
}

pub async fn what_was_said_is_imported_once_and_never_contradicted(database: &dyn Database) {
    let recorder = Recorder::start(watching(database, &["api"]).await).await;
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    let mut import = store.import().await.unwrap();
    import.exchange(&said(api, 40, "said")).await.unwrap();
    assert_eq!(
        conflict(import.exchange(&said(api, 40, "denied")).await),
        "api: of the check of 2026-11-01T00:00:40Z something else is kept that was said"
    );
    assert_eq!(import.finish().await.unwrap().exchanges, 1);
    assert_eq!(everything_said(&*store, api, 9).await, [(at(40), "said".to_owned())]);
    let mut import = store.import().await.unwrap();
    let refused = import.exchange(&said(Key(99), 40, "x")).await.unwrap_err();
    assert_eq!(refused.to_string(), "no monitor has the key 99");
    let hostile = import.exchange(&said(api, 50, "\u{1b}[2J")).await.unwrap_err();
    assert!(hostile.to_string().contains("without control characters"), "{hostile}");
    import.exchange(&said(api, 60, "dropped")).await.unwrap();
    drop(import);
    assert_eq!(everything_said(&*store, api, 9).await.len(), 1);
}

pub async fn a_past_that_is_imported_holds_before_what_is_kept(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let patient = Parameters { failures: 9, ..Parameters::default() };
    let past = |id: &str, lives: [Span; 2]| Past {
        id: MonitorId::new(id).unwrap(),
        name: "Elsewhere".to_owned(),
        url: "https://elsewhere.example.com/".to_owned(),
        lives: lives.into_iter().collect(),
        parameters: vec![(at(-1_000), patient)],
    };
    let lasting = Span::new(at(-100), Timestamp::MAX);
    let mut import = store.import().await.unwrap();
    let kept = import.past(&past("api", [span(-1_000, -500), lasting])).await.unwrap();
    assert_eq!(kept, Some(key(&store.load().await.unwrap(), "api")));
    // Who is watched still must be configured; who was removed is made.
    assert_eq!(import.past(&past("web", [span(-9, -8), lasting])).await.unwrap(), None);
    let old = past("old", [span(-1_000, -500), span(-400, -300)]);
    assert!(import.past(&old).await.unwrap().is_some());
    assert_eq!(import.finish().await.unwrap().monitors, 2);
    let loaded = store.load().await.unwrap();
    assert_eq!(ids(&loaded), ["api", "old"]);
    let api = &loaded.histories[0].monitor;
    assert_eq!(lives(&loaded, "api"), [span(-1_000, -500), lasting].into_iter().collect());
    assert_eq!(lives(&loaded, "old"), old.lives);
    assert_eq!((api.name.as_str(), api.parameters.at(at(-1))), ("API", patient));
    assert_eq!(api.parameters.at(at(0)), strict());
    let mut again = store.import().await.unwrap();
    again.past(&past("api", [span(-1_000, -500), lasting])).await.unwrap();
    again.past(&old).await.unwrap();
    assert_eq!(again.finish().await.unwrap(), Imported::default());
}

/// Two days with an outage each, and a third day.
async fn three_days(database: &dyn Database) -> (Arc<dyn Store>, Key) {
    let mut recorder = Recorder::start(watching(database, &["api", "web"]).await).await;
    let day = DAY_MS / 1_000;
    for second in [0, day, 2 * day] {
        for check in [ok(second), fail(second + 60), ok(second + 120), ok(second + 4_000)] {
            recorder.keep(&[("api", check.clone()), ("web", check)], None).await;
        }
    }
    recorder.store.pack(at(3 * day)).await.unwrap();
    (recorder.store.clone(), recorder.key("api"))
}

pub async fn checks_that_are_let_go_leave_what_they_came_to(database: &dyn Database) {
    let (store, api) = three_days(database).await;
    let (day, before) = (DAY_MS / 1_000, store.load().await.unwrap());
    let until = |second| BTreeMap::from([(api, Spans::from(span(-day, second)))]);
    // The second day ends a second later.
    let purged = store.purge(&until(2 * day - 1)).await.unwrap();
    assert_eq!((purged.days, purged.checks, purged.doubtful.len()), (1, 4, 0));
    assert_eq!(store.kept_from().await.unwrap(), [(api, at(day))].into());
    assert_eq!(store.purge(&until(9 * day)).await.unwrap().days, 1, "the newest day stays");
    assert_eq!(store.purge(&until(9 * day)).await.unwrap(), Purged::default());
    let after = store.load().await.unwrap();
    assert_eq!((after.epoch, &after.histories), (before.epoch, &before.histories));
    let left = store.checks(api, Span::ALWAYS).await.unwrap();
    assert_eq!((left.len(), left[0].started_at), (4, at(2 * day)));
    assert_eq!(store.extent(api).await.unwrap().unwrap().from, at(2 * day));
    let digests = store.digests(api, Span::ALWAYS).await.unwrap();
    let told: Vec<_> = digests.iter().map(|digest| (digest.from, digest.checks)).collect();
    let hours = [(0, 3), (3_600, 1), (day, 3), (day + 3_600, 1)];
    assert_eq!(told, hours.map(|(second, checks)| (at(second), checks)));
    assert_eq!(store.digests(api, span(3_600, day)).await.unwrap(), digests[1..2]);
    assert_eq!(store.baseline(api).await.unwrap().unwrap().until, at(2 * day));
    let outages = |entries: &[Entry]| {
        entries.iter().filter(|entry| matches!(entry, Entry::Outage(_))).count()
    };
    assert_eq!(outages(&store.fixed(api).await.unwrap()), 2);
    let web = key(&after, "web");
    assert_eq!(store.checks(web, Span::ALWAYS).await.unwrap().len(), 12);
    assert_eq!(store.baseline(web).await.unwrap(), None);
    drop(store);
    assert_eq!(database.open().await.load().await.unwrap().histories, before.histories);
}

/// Mutants: a gap that is kept of the first day only, or twice after a crash; one that an
/// import takes where it cannot have been.
pub async fn checks_that_are_let_go_leave_what_they_said_of_gaps(database: &dyn Database) {
    let mut recorder = Recorder::start(watching(database, &["api"]).await).await;
    let day = DAY_MS / 1_000;
    let ours = |second, kind, reason: &str| Check {
        verdict: Verdict::Unknown,
        evidence: Some(Box::new(Evidence { kind: Some(kind), ..Evidence::because(reason) })),
        ..ok(second)
    };
    let network = |second| ours(second, Kind::OwnNetwork, "no route");
    let store = |second| ours(second, Kind::OwnStore, "the disk is full");
    let checks = [
        ok(0),
        network(60),
        network(120),
        ok(180),
        // Lost over midnight.
        store(day - 300),
        store(day + 300),
        ok(day + 360),
        // Late, but in time: it speaks from where the one before it ends.
        ok(2 * day - 50),
        network(2 * day + 20),
        ok(2 * day + 80),
        ok(3 * day),
    ];
    for check in checks {
        recorder.keep(&[("api", check)], None).await;
    }
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    store.pack(at(4 * day)).await.unwrap();
    assert_eq!(store.gaps(api, Span::ALWAYS).await.unwrap(), []);
    let until = |second| BTreeMap::from([(api, Spans::from(span(-day, second)))]);
    assert_eq!(store.purge(&until(day)).await.unwrap().days, 1);
    drop((store, recorder));
    let store = database.open().await;
    assert_eq!(store.purge(&until(9 * day)).await.unwrap().days, 2);
    let gap = |from, to, kind, checks, reason: &str| Gap {
        span: span(from, to),
        why: Why::Own(Some(kind)),
        checks,
        reason: Arc::from(reason),
    };
    let all = [
        gap(60, 180, Kind::OwnNetwork, 2, "no route"),
        gap(day - 300, day + 300, Kind::OwnStore, 1, "the disk is full"),
        gap(day + 300, day + 360, Kind::OwnStore, 1, "the disk is full"),
        gap(2 * day + 10, 2 * day + 20, Kind::OwnNetwork, 0, "no route"),
        gap(2 * day + 20, 2 * day + 80, Kind::OwnNetwork, 1, "no route"),
    ];
    assert_eq!(store.gaps(api, Span::ALWAYS).await.unwrap(), all);
    assert_eq!(store.gaps(api, span(day, day + 300)).await.unwrap(), all[1..2]);
    let explained_from = store.baseline(api).await.unwrap().unwrap().explained_from;
    assert_eq!(explained_from, Baseline::ALL_EXPLAINED);
    let mut import = store.import().await.unwrap();
    import.gap(api, &all[0]).await.unwrap();
    let other = gap(200, 300, Kind::OwnNetwork, 1, "no route");
    let refused = import.gap(api, &other).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
}

pub async fn a_closed_store_refuses(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    store.close().await;
    assert!(matches!(store.load().await, Err(StoreError::Refused(_))));
    assert!(matches!(store.writable().await, Err(StoreError::Refused(_))));
    assert_eq!(ids(&database.open().await.load().await.unwrap()), ["api"]);
}

pub async fn a_run_that_is_killed_lives_up_to_its_last_kept_sign(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    assert_eq!(store.runs().await.unwrap(), []);
    store.begin_run(at(5), "0.1.0").await.unwrap();
    store.begin_run(at(5), "0.1.0").await.unwrap();
    let recorder = Recorder::start(store).await;
    let sign = |second| Some(Alive { started_at: at(5), at: at(second) });
    let mut batch = recorder.batch(&[("api", ok(10))], None);
    for second in [11, 70, 40] {
        batch.alive = sign(second);
        assert_eq!(recorder.store.commit(&batch).await.unwrap(), Committed::Kept);
    }
    // What is not kept is no sign, nor is one of a run that never began.
    let stale = Batch { epoch: batch.epoch - 1, alive: sign(500), ..batch.clone() };
    assert_eq!(recorder.store.commit(&stale).await.unwrap(), Committed::Stale);
    let nobody = Some(Alive { started_at: at(6), at: at(600) });
    recorder.store.commit(&Batch { alive: nobody, ..batch }).await.unwrap();
    let before = everything(&*recorder.store).await;
    drop(recorder.store);
    let store = database.open().await;
    store.begin_run(at(900), "0.2.0").await.unwrap();
    let run = |from, alive, ended: Option<i64>, version: &str| Run {
        started_at: at(from),
        alive_at: at(alive),
        ended_at: ended.map(at),
        version: version.to_owned(),
    };
    let killed = run(5, 70, None, "0.1.0");
    let runs = [killed.clone(), run(900, 900, None, "0.2.0")];
    assert_eq!(store.runs().await.unwrap(), runs);
    for _ in 0..2 {
        store.end_run(at(900), at(1_000)).await.unwrap();
    }
    store.end_run(at(901), at(1_001)).await.unwrap();
    // A clock that has gone back since ends no run before it surely lived.
    store.begin_run(at(400), "0.2.0").await.unwrap();
    store.end_run(at(400), at(399)).await.unwrap();
    let ended = run(900, 900, Some(1_000), "0.2.0");
    assert_eq!(
        store.runs().await.unwrap(),
        [killed, ended, run(400, 400, Some(400), "0.2.0")]
    );
    assert_eq!(everything(&*store).await, before, "runs change no other answer");
}

pub async fn imported_runs_come_before_those_over_this_database(database: &dyn Database) {
    let store = database.open().await;
    let run = |from, alive, ended: Option<i64>| Run {
        started_at: at(from),
        alive_at: at(alive),
        ended_at: ended.map(at),
        version: "0.1.0".to_owned(),
    };
    let import = async |runs: &[Run]| {
        let mut import = store.import().await.unwrap();
        for run in runs {
            import.run(run).await.unwrap();
        }
        import.finish().await.unwrap().runs
    };
    store.begin_run(at(100), "0.1.0").await.unwrap();
    let own = run(100, 100, None);
    // One that went on over the other database is not the newest here.
    let elsewhere = [run(5, 70, Some(80)), run(200, 210, None)];
    assert_eq!(import(&elsewhere).await, 2);
    let all = [elsewhere[0].clone(), elsewhere[1].clone(), own.clone()];
    assert_eq!(store.runs().await.unwrap(), all);
    // The same once more is nothing new; a later export knows that it lasted longer, and an
    // earlier one does not shorten it.
    assert_eq!(import(&elsewhere).await, 0);
    assert_eq!(import(&[run(200, 300, Some(310))]).await, 1);
    assert_eq!(import(&[run(200, 250, None)]).await, 0);
    // Nor does it change one over this database.
    assert_eq!(import(&[run(100, 999, Some(999))]).await, 0);
    let all = [elsewhere[0].clone(), run(200, 300, Some(310)), own];
    assert_eq!(store.runs().await.unwrap(), all);
}

/// A token that is to be made in this second.
fn new_token(name: &str, first: u8, second: i64) -> NewToken {
    let mut bytes = [9; 32];
    bytes[0] = first;
    NewToken {
        name: TokenName::new(name).unwrap(),
        scope: Scope::Maintenance,
        fingerprint: Fingerprint::new(bytes),
        made_at: at(second),
    }
}

/// Names, last uses and ends of tokens, in seconds.
fn told(tokens: &[Token]) -> Vec<(&str, Option<i64>, Option<i64>)> {
    let second = |at: Timestamp| at.since_ms(crate::files::at(0)) / 1_000;
    let told =
        |token: &'_ Token| (token.last_used_at.map(second), token.revoked_at.map(second));
    tokens
        .iter()
        .map(|token| (token.name.as_str(), told(token).0, told(token).1))
        .collect()
}

pub async fn a_token_is_kept_until_it_is_revoked_and_its_name_is_free_then(
    database: &dyn Database,
) {
    let store = watching(database, &["api"]).await;
    let before = everything(&*store).await;
    assert_eq!(store.tokens().await.unwrap(), []);
    let ci = new_token("ci", 1, 10);
    for _ in 0..2 {
        store.make_token(&ci).await.unwrap();
    }
    store.make_token(&new_token("deploy", 2, 20)).await.unwrap();
    for other in [
        new_token("ci", 3, 10),
        new_token("ci", 1, 11),
        NewToken { scope: Scope::Admin, ..ci.clone() },
    ] {
        let sentence = conflict(store.make_token(&other).await);
        assert_eq!(
            sentence,
            "there is a token \"ci\" already, made at 2026-11-01T00:00:10Z; choose another \
             name, or revoke that one first: everup token revoke ci"
        );
    }
    // Another process sees the same, as it was made.
    let elsewhere = database.open().await;
    let living = elsewhere.living_tokens().await.unwrap();
    assert_eq!(told(&living), [("ci", None, None), ("deploy", None, None)]);
    assert_eq!(
        (&living[0].name, living[0].scope, living[0].fingerprint, living[0].made_at),
        (&ci.name, ci.scope, ci.fingerprint, ci.made_at)
    );
    assert!(elsewhere.revoke_token(&ci.name, at(30)).await.unwrap());
    assert!(!elsewhere.revoke_token(&ci.name, at(40)).await.unwrap());
    assert!(
        !store
            .revoke_token(&TokenName::new("nobody").unwrap(), at(40))
            .await
            .unwrap()
    );
    assert_eq!(told(&store.living_tokens().await.unwrap()), [("deploy", None, None)]);
    store.make_token(&new_token("ci", 4, 50)).await.unwrap();
    let all = store.tokens().await.unwrap();
    let expected = [("ci", None, Some(30)), ("deploy", None, None), ("ci", None, None)];
    assert_eq!(told(&all), expected);
    // A clock that went back ends no life before it began.
    store.revoke_token(&ci.name, at(5)).await.unwrap();
    assert_eq!(told(&store.tokens().await.unwrap())[2], ("ci", None, Some(50)));
    assert_eq!(everything(&*store).await, before, "tokens change no other answer");
}

pub async fn a_token_that_is_revoked_and_its_secret_never_live_again(database: &dyn Database) {
    let store = database.open().await;
    let ci = new_token("ci", 1, 10);
    store.make_token(&ci).await.unwrap();
    store.revoke_token(&ci.name, at(20)).await.unwrap();
    assert!(store.make_token(&ci).await.is_err());
    assert_eq!(store.living_tokens().await.unwrap(), []);
}

pub async fn the_use_of_a_token_is_noted_once_a_minute(database: &dyn Database) {
    let store = database.open().await;
    store.make_token(&new_token("ci", 1, 0)).await.unwrap();
    store.make_token(&new_token("deploy", 2, 0)).await.unwrap();
    let id = store.tokens().await.unwrap()[0].id;
    for (second, written) in
        [(100, true), (100, false), (159, false), (160, true), (150, false), (219, false)]
    {
        assert_eq!(store.note_token_use(id, at(second)).await.unwrap(), written, "{second}");
    }
    let minute_less = Timestamp(at(220).0 - 1);
    assert!(!store.note_token_use(id, minute_less).await.unwrap());
    assert!(store.note_token_use(id, at(220)).await.unwrap());
    assert!(!store.note_token_use(TokenId(id.0 + 99), at(220)).await.unwrap());
    let all = store.tokens().await.unwrap();
    assert_eq!(told(&all), [("ci", Some(220), None), ("deploy", None, None)]);
}

pub async fn the_first_token_is_only_made_where_there_never_was_one(database: &dyn Database) {
    let store = database.open().await;
    let (one, two) = (new_token("first", 1, 10), new_token("first", 2, 10));
    // Two daemons cannot be, but whoever comes second is told.
    let elsewhere = database.open().await;
    let made = tokio::join!(store.make_first_token(&one), elsewhere.make_first_token(&two));
    let made = (made.0.unwrap(), made.1.unwrap());
    assert!(made == (true, false) || made == (false, true), "{made:?}");
    let kept = if made.0 { one } else { two };
    assert!(store.make_first_token(&kept).await.unwrap(), "it is made already");
    assert_eq!(store.tokens().await.unwrap().len(), 1);
    store.revoke_token(&kept.name, at(20)).await.unwrap();
    assert!(!store.make_first_token(&new_token("first", 3, 30)).await.unwrap());
    assert_eq!(store.living_tokens().await.unwrap(), []);
}

pub async fn there_are_only_so_many_tokens(database: &dyn Database) {
    let store = database.open().await;
    for n in 0..u8::try_from(LIVING_TOKENS_MAX).unwrap() {
        store.make_token(&new_token(&format!("t{n}"), n, 0)).await.unwrap();
    }
    let sentence = conflict(store.make_token(&new_token("more", 255, 0)).await);
    assert!(sentence.starts_with("there are 100 tokens, which is as many as there may be"));
    store.revoke_token(&TokenName::new("t7").unwrap(), at(1)).await.unwrap();
    store.make_token(&new_token("more", 255, 0)).await.unwrap();
}

pub async fn two_who_make_a_token_of_one_name_at_once_are_told_apart(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    let made = tokio::join!(async { one.make_token(&new_token("ci", 1, 0)).await }, async {
        other.make_token(&new_token("ci", 2, 0)).await
    },);
    assert_eq!([made.0, made.1].iter().filter(|made| made.is_ok()).count(), 1);
    assert_eq!(one.living_tokens().await.unwrap().len(), 1);
}

fn channel(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn news(of: Key, kind: News, since: i64, channels: &[&str]) -> Outgoing {
    let alert = Alert {
        monitor: of,
        kind,
        since: at(since),
        until: (kind == News::Up).then_some(at(since + 60)),
        at: at(since + 30),
        reason: Arc::from("HTTP 502 \u{1F4A5} \"'"),
    };
    Outgoing { alert, channels: channels.iter().map(|id| channel(id)).collect() }
}

/// Commits these alerts alone.
async fn tell(store: &dyn Store, alerts: &[Outgoing]) -> Committed {
    let epoch = store.epoch().await.unwrap();
    let batch = Batch { epoch, alerts: alerts.to_vec(), ..Batch::default() };
    store.commit(&batch).await.unwrap()
}

async fn waiting(store: &dyn Store, of: &str) -> Vec<(AlertId, Alert)> {
    let waiting = store.waiting_alerts(&channel(of), 100).await.unwrap();
    waiting.into_iter().map(|waiting| (waiting.id, waiting.alert)).collect()
}

pub async fn what_is_to_be_told_is_kept_once_with_its_batch_or_not_at_all(
    database: &dyn Database,
) {
    let store = watching(database, &["api", "web"]).await;
    let loaded = store.load().await.unwrap();
    let (api, web) = (key(&loaded, "api"), key(&loaded, "web"));
    let down = news(api, News::Down, 10, &["ops", "boss"]);
    let other = news(web, News::Down, 10, &["ops"]);
    let up = news(api, News::Up, 10, &["ops", "boss"]);
    let stale =
        Batch { epoch: loaded.epoch - 1, alerts: vec![down.clone()], ..Batch::default() };
    assert_eq!(store.commit(&stale).await.unwrap(), Committed::Stale);
    assert_eq!(waiting(&*store, "ops").await, []);
    for _ in 0..2 {
        tell(&*store, &[down.clone(), other.clone()]).await;
        tell(&*store, std::slice::from_ref(&up)).await;
    }
    drop(store);
    let store = database.open().await;
    let told: Vec<Alert> =
        waiting(&*store, "ops").await.into_iter().map(|(_, alert)| alert).collect();
    assert_eq!(told, [down.alert.clone(), other.alert, up.alert.clone()]);
    let told = waiting(&*store, "boss").await;
    assert_eq!(told.len(), 2);
    assert!(told[0].0 < told[1].0);
    assert_eq!(store.waiting_alerts(&channel("ops"), 1).await.unwrap().len(), 1);
    assert_eq!(waiting(&*store, "nobody").await, []);
}

pub async fn what_became_of_an_alert_stays_whoever_says_otherwise(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let api = key(&store.load().await.unwrap(), "api");
    let ops = channel("ops");
    let alerts = [
        news(api, News::Down, 10, &["ops", "boss"]),
        news(api, News::Up, 10, &["ops"]),
        news(api, News::Down, 200, &["ops"]),
    ];
    tell(&*store, &alerts).await;
    assert!(store.told_alerts(&ops).await.unwrap().is_empty());
    let ids: Vec<AlertId> = waiting(&*store, "ops").await.iter().map(|(id, _)| *id).collect();
    for attempts in [1, 3, 2, 3] {
        store.note_attempts(&ops, ids[0], attempts, at(40)).await.unwrap();
    }
    assert_eq!(store.waiting_alerts(&ops, 9).await.unwrap()[0].attempts, 3);
    assert_eq!(store.waiting_alerts(&channel("boss"), 9).await.unwrap()[0].attempts, 0);
    let settle = async |ids: &[AlertId], outcome| {
        store.settle_alerts(&ops, ids, outcome, at(50)).await.unwrap();
    };
    let told = |kind, since| [(api, Told { kind, since: at(since) })].into_iter().collect();
    settle(&ids[..1], Outcome::Told).await;
    settle(&ids[..1], Outcome::Dropped).await;
    assert_eq!(store.told_alerts(&ops).await.unwrap(), told(News::Down, 10));
    settle(&ids[2..], Outcome::Dropped).await;
    assert_eq!(store.told_alerts(&ops).await.unwrap(), told(News::Down, 10));
    settle(&ids, Outcome::GivenUp).await;
    assert_eq!(store.told_alerts(&ops).await.unwrap(), told(News::Up, 10));
    assert_eq!(waiting(&*store, "ops").await, []);
    assert_eq!(waiting(&*store, "boss").await.len(), 1);
    tell(&*store, &alerts).await;
    assert_eq!(waiting(&*store, "ops").await, [], "a repeated commit tells nothing again");
}

pub async fn a_channel_that_is_left_has_nothing_waiting(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let api = key(&store.load().await.unwrap(), "api");
    tell(&*store, &[news(api, News::Down, 10, &["ops", "boss"])]).await;
    for _ in 0..2 {
        store.leave_channels(&[channel("boss")], at(20)).await.unwrap();
        assert_eq!(waiting(&*store, "ops").await, []);
        assert_eq!(waiting(&*store, "boss").await.len(), 1);
    }
    assert!(store.told_alerts(&channel("ops")).await.unwrap().is_empty());
    store.leave_channels(&[], at(20)).await.unwrap();
    assert_eq!(waiting(&*store, "boss").await, []);
}

pub async fn alerts_that_were_settled_long_ago_are_forgotten_but_not_what_was_told_last(
    database: &dyn Database,
) {
    let store = watching(database, &["api", "web"]).await;
    let loaded = store.load().await.unwrap();
    let (api, web) = (key(&loaded, "api"), key(&loaded, "web"));
    let alerts = [
        news(api, News::Down, 10, &["ops"]),
        news(api, News::Up, 10, &["ops", "boss"]),
        news(web, News::Down, 10, &["ops"]),
        news(api, News::Down, 300, &["ops"]),
    ];
    tell(&*store, &alerts).await;
    let ids: Vec<AlertId> = waiting(&*store, "ops").await.iter().map(|(id, _)| *id).collect();
    let ops = channel("ops");
    store.settle_alerts(&ops, &ids[..3], Outcome::Told, at(50)).await.unwrap();
    let told = store.told_alerts(&ops).await.unwrap();
    assert_eq!(store.forget_alerts(at(50)).await.unwrap(), 0);
    assert_eq!(store.forget_alerts(at(51)).await.unwrap(), 3);
    assert_eq!(store.forget_alerts(at(51)).await.unwrap(), 0);
    assert_eq!(store.told_alerts(&ops).await.unwrap(), told);
    assert_eq!(told.len(), 2);
    // What waits is never forgotten.
    assert_eq!(waiting(&*store, "ops").await.len(), 1);
    assert_eq!(waiting(&*store, "boss").await.len(), 1);
    store.settle_alerts(&ops, &ids[3..], Outcome::Told, at(400)).await.unwrap();
    assert_eq!(store.forget_alerts(at(401)).await.unwrap(), 1);
    assert_eq!(store.told_alerts(&ops).await.unwrap()[&api].since, at(300));
}

pub async fn a_channel_that_an_alert_is_not_for_knows_nothing_of_the_monitor_from_then_on(
    database: &dyn Database,
) {
    let store = watching(database, &["api", "web"]).await;
    let loaded = store.load().await.unwrap();
    let (api, web) = (key(&loaded, "api"), key(&loaded, "web"));
    let (ops, boss) = (channel("ops"), channel("boss"));
    let both: &[&str] = &["ops", "boss"];
    let downs = [news(api, News::Down, 10, both), news(web, News::Down, 10, both)];
    tell(&*store, &downs).await;
    let ids: Vec<AlertId> = waiting(&*store, "ops").await.iter().map(|(id, _)| *id).collect();
    store.settle_alerts(&ops, &ids, Outcome::Told, at(20)).await.unwrap();
    store
        .settle_alerts(&boss, &ids[1..], Outcome::GivenUp, at(20))
        .await
        .unwrap();
    // The end of one is for none of them, and that of the other for one.
    tell(&*store, &[news(api, News::Up, 10, &[]), news(web, News::Up, 10, &["boss"])]).await;
    assert!(store.told_alerts(&ops).await.unwrap().is_empty());
    let of_web = |kind, since| [(web, Told { kind, since: at(since) })].into_iter().collect();
    assert_eq!(store.told_alerts(&boss).await.unwrap(), of_web(News::Down, 10));
    // Nor does it learn what is older than that.
    store.settle_alerts(&boss, &ids[..1], Outcome::Told, at(100)).await.unwrap();
    assert_eq!(store.told_alerts(&boss).await.unwrap(), of_web(News::Down, 10));
    // From the next on it does again.
    tell(&*store, &[news(web, News::Down, 300, both)]).await;
    let (id, _) = waiting(&*store, "ops").await[0].clone();
    store.settle_alerts(&ops, &[id], Outcome::Told, at(400)).await.unwrap();
    assert_eq!(store.told_alerts(&ops).await.unwrap(), of_web(News::Down, 300));
    // What was for nobody goes as well.
    store.forget_alerts(at(1_000)).await.unwrap();
    assert_eq!(store.told_alerts(&ops).await.unwrap(), of_web(News::Down, 300));
}

fn tenant(name: &str) -> Tenant {
    Tenant { name: name.to_owned(), is_locked: true }
}

/// Takes the lease as it is now.
async fn taken(store: &dyn Store, name: &str) -> Fence {
    let seen = store.lease().await.unwrap();
    store
        .take_lease(&seen.held, &tenant(name), 10_000)
        .await
        .unwrap()
        .unwrap()
        .fence
}

fn is_fenced<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Fenced))
}

/// Mutants: a lease that is taken whoever has it by now; a fence that stays; a renewal that
/// does not look at the fence.
pub async fn a_lease_is_taken_from_where_it_was_seen_and_by_one_only(database: &dyn Database) {
    let (one, two) = (database.open().await, database.open().await);
    let seen = one.lease().await.unwrap();
    assert_eq!((seen.held.fence, seen.held.until_ms), (Fence(0), 0));
    let held = one.take_lease(&seen.held, &tenant("one"), 10_000).await.unwrap().unwrap();
    assert_eq!((held.fence, held.is_locked), (Fence(1), true));
    assert_eq!(two.take_lease(&seen.held, &tenant("two"), 10_000).await.unwrap(), None);
    let again = two.lease().await.unwrap();
    assert_eq!(again.held, held);
    let left_ms = held.until_ms - again.now_ms;
    assert!((5_000..=10_000).contains(&left_ms), "{left_ms}");
    one.renew_lease(held.fence, false, 60_000).await.unwrap();
    let renewed = two.lease().await.unwrap().held;
    assert!(renewed.until_ms > held.until_ms + 40_000 && !renewed.is_locked);
    // It was renewed meanwhile, so that it is not as it was seen.
    assert_eq!(two.take_lease(&again.held, &tenant("two"), 10_000).await.unwrap(), None);
    let second = two.take_lease(&renewed, &tenant("two"), 10_000).await.unwrap().unwrap();
    assert_eq!((second.fence, second.holder.as_str()), (Fence(2), "two"));
    assert!(is_fenced(one.renew_lease(held.fence, true, 10_000).await));
    one.give_up_lease(held.fence).await.unwrap();
    assert_eq!(two.lease().await.unwrap().held, second, "it is not theirs to give up");
    two.give_up_lease(second.fence).await.unwrap();
    let given_up = one.lease().await.unwrap().held;
    assert_eq!((given_up.until_ms, given_up.fence), (0, Fence(3)));
    assert!(is_fenced(two.under(second.fence).begin_run(at(0), "1").await));
}

/// Mutants: each verb that begins its transaction without asking for the fence.
pub async fn nothing_is_written_under_an_older_fence(database: &dyn Database) {
    let store = watching(database, &["api"]).await;
    let old = store.under(taken(&*store, "one").await);
    let mut recorder = Recorder::start(old.clone()).await;
    recorder.keep(&[("api", ok(10))], None).await;
    let batch = recorder.batch(&[("api", ok(70))], None);
    let key = recorder.key("api");
    old.begin_run(at(0), "1").await.unwrap();
    let new = store.under(taken(&*store, "two").await);
    let before = store.load().await.unwrap();
    assert!(is_fenced(old.commit(&batch).await));
    assert!(is_fenced(old.register(at(80), &[registration("web")], Others::Keep).await));
    assert!(is_fenced(old.begin_run(at(80), "1").await));
    assert!(is_fenced(old.end_run(at(0), at(80)).await));
    assert!(is_fenced(old.close_month(&closed_month("2026-10", "{}")).await));
    assert!(is_fenced(old.pack(at(7_200)).await));
    let ops = channel("ops");
    assert!(is_fenced(old.settle_alerts(&ops, &[], Outcome::Told, at(80)).await));
    assert!(is_fenced(old.note_attempts(&ops, AlertId(1), 1, at(80)).await));
    assert!(is_fenced(old.leave_channels(&[], at(80)).await));
    assert!(is_fenced(old.forget_alerts(at(80)).await));
    assert!(is_fenced(old.settle("supabase", &[], at(80)).await));
    assert!(is_fenced(old.adopt_project("supabase", "https://x").await));
    assert!(is_fenced(old.note_reading("supabase", at(80)).await));
    assert!(is_fenced(old.announce(&planned(400_000, &[]), None, "rule").await));
    assert!(is_fenced(old.writable().await));
    let after = store.load().await.unwrap();
    assert_eq!(after.histories, before.histories);
    assert_eq!(store.runs().await.unwrap()[0].ended_at, None);
    assert_eq!(store.checks(key, Span::ALWAYS).await.unwrap().len(), 1);
    // Whoever has taken over writes, and so does whoever is asked by a user.
    assert_eq!(new.commit(&batch).await.unwrap(), Committed::Kept);
    store.announce(&planned(400_000, &[]), None, "ada").await.unwrap();
    let (id, name) = (TokenId(1), TokenName::new("ci").unwrap());
    store.note_token_use(id, at(90)).await.unwrap();
    store.revoke_token(&name, at(90)).await.unwrap();
}

pub async fn nothing_is_packed_or_let_go_of_under_an_older_fence(database: &dyn Database) {
    let (store, api) = three_days(database).await;
    let old = store.under(taken(&*store, "one").await);
    let new = store.under(taken(&*store, "two").await);
    let spans = BTreeMap::from([(api, Spans::from(span(-DAY_MS / 1_000, DAY_MS / 250)))]);
    assert!(is_fenced(old.purge(&spans).await));
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap().len(), 12);
    let mut recorder = Recorder::start(store.clone()).await;
    recorder.keep(&[("api", ok(4 * DAY_MS / 1_000))], None).await;
    assert!(is_fenced(old.pack(at(5 * DAY_MS / 1_000)).await));
    assert_eq!(new.pack(at(5 * DAY_MS / 1_000)).await.unwrap(), 1);
    assert_eq!(new.purge(&spans).await.unwrap().days, 3);
}

pub async fn the_newest_checks_come_with_the_epoch_they_belong_to(database: &dyn Database) {
    let store = watching(database, &["api", "web"]).await;
    let mut recorder = Recorder::start(store.clone()).await;
    recorder
        .keep(&[("api", ok(10)), ("web", ok(12)), ("api", fail(70))], None)
        .await;
    let (api, web) = (recorder.key("api"), recorder.key("web"));
    let newest = store.newest(at(12)).await.unwrap();
    assert_eq!(newest.checks, [(web, ok(12)), (api, fail(70))]);
    assert_eq!(newest.epoch, store.epoch().await.unwrap());
    store.announce(&planned(400_000, &[]), None, "ada").await.unwrap();
    assert!(store.newest(at(999)).await.unwrap().epoch > newest.epoch);
}

/// Every promise above, for one kind of database.
macro_rules! hold {
    ($($database:ident: $new:expr => [$($promise:ident),+ $(,)?];)+) => {$(
        mod $database {
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    super::$promise(&$new).await;
                }
            )+
        }
    )+};
}

hold! {
    sqlite: File::new() => [
        a_new_store_is_empty,
        what_is_kept_is_there_after_a_crash,
        checks_are_given_from_the_start_of_a_span_to_just_before_its_end,
        a_batch_that_is_committed_twice_is_kept_once,
        of_two_checks_of_one_instant_the_first_stays,
        a_batch_of_an_older_epoch_is_not_kept,
        another_process_that_imports_makes_a_batch_stale,
        a_check_that_comes_after_a_later_checkpoint_is_judged,
        the_checks_of_a_removed_monitor_are_judged_to_the_last,
        packing_changes_no_answer,
        an_edition_never_stands_for_two_answers,
        monitors_come_in_the_order_of_their_registration,
        registering_the_same_again_changes_nothing,
        a_name_and_an_address_change_without_a_new_epoch,
        changed_parameters_hold_from_then_on,
        parameters_that_change_before_judged_checks_judge_them_again,
        a_monitor_that_comes_back_begins_a_new_life,
        a_clock_that_goes_back_ends_and_begins_no_life_in_the_past,
        where_its_time_begins_is_judged_again,
        an_import_is_kept_as_if_it_had_been_watched,
        a_beginning_that_was_said_holds_against_earlier_checks,
        importing_the_same_twice_changes_nothing,
        a_pause_takes_what_was_seen_in_it_out_of_the_past,
        an_announcement_is_kept_once_with_who_made_it,
        a_change_is_made_to_what_was_seen_and_noted,
        what_was_called_off_can_be_announced_anew,
        a_turn_of_a_rule_is_announced_once_even_if_it_was_moved_or_called_off,
        an_emergency_that_is_under_way_is_not_announced_again,
        a_window_moves_with_its_name_and_all_that_was_done_to_it,
        what_a_row_asks_for_is_kept_whole_or_not_at_all,
        maintenance_leaves_the_figure_of_the_monitors_it_is_about,
        what_others_said_stands_beside_and_is_no_observed_time,
        what_others_said_is_added_once_and_never_contradicted,
        the_past_is_never_contradicted,
        an_import_of_an_unknown_monitor_is_refused,
        an_import_that_is_dropped_leaves_nothing_behind,
        an_import_holds_all_other_writers_off,
        a_run_that_is_killed_lives_up_to_its_last_kept_sign,
        strange_words_come_back_as_they_were,
        a_closed_month_is_kept_once_and_stays_as_it_was,
        imported_runs_come_before_those_over_this_database,
        a_correction_is_kept_once_and_only_of_a_closed_month,
        what_was_said_is_kept_with_its_check_or_not_at_all,
        what_was_said_is_imported_once_and_never_contradicted,
        a_past_that_is_imported_holds_before_what_is_kept,
        checks_that_are_let_go_leave_what_they_came_to,
        checks_that_are_let_go_leave_what_they_said_of_gaps,
        a_token_is_kept_until_it_is_revoked_and_its_name_is_free_then,
        a_token_that_is_revoked_and_its_secret_never_live_again,
        the_use_of_a_token_is_noted_once_a_minute,
        the_first_token_is_only_made_where_there_never_was_one,
        there_are_only_so_many_tokens,
        two_who_make_a_token_of_one_name_at_once_are_told_apart,
        what_is_to_be_told_is_kept_once_with_its_batch_or_not_at_all,
        what_became_of_an_alert_stays_whoever_says_otherwise,
        a_channel_that_is_left_has_nothing_waiting,
        what_a_balancer_counted_is_added_once,
        runs_of_one_balancer_add_up_and_leave_the_time_between_uncounted,
        counts_that_are_summed_up_lose_no_request,
        counts_move_to_another_store_once_summed_or_not,
        a_backend_is_taken_out_once_and_let_back_and_it_is_noted_who_did,
        a_channel_that_an_alert_is_not_for_knows_nothing_of_the_monitor_from_then_on,
        alerts_that_were_settled_long_ago_are_forgotten_but_not_what_was_told_last,
        a_lease_is_taken_from_where_it_was_seen_and_by_one_only,
        nothing_is_written_under_an_older_fence,
        nothing_is_packed_or_let_go_of_under_an_older_fence,
        the_newest_checks_come_with_the_epoch_they_belong_to,
        a_closed_store_refuses,
    ];
}
