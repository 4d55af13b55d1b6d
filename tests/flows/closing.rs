//! Months that are over: closed by themselves, kept for ever, corrected in the open.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock as _;
use everup::domain::month::Month;
use everup::domain::outage::OutageId;
use everup::domain::period::Period;
use everup::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use everup::report::answer::answer;
use everup::report::latency::Remembered;
use everup::report::settings::Settings;
use everup::report::verify::verify;
use everup::store::closed::{Correction, Instead};
use everup::store::contract::Store;
use everup::store::sqlite::Sqlite;
use everup::transfer::{read, write};
use serde_json::Value;

const NOVEMBER: &str = "/report/2026-11.json";

/// A group of two, one of which fails for a while on 10 November; then everup is off until
/// 1 December.
pub async fn november_is_over(targets: &[Target; 2]) -> (TestApp, String) {
    let config = format!(
        "[[group]]\nid = \"shop\"\nname = \"Shop\"\n{}group = \"shop\"\n{}group = \"shop\"\n",
        one("api", targets[0].url().as_str()),
        one("web", targets[1].url().as_str()),
    );
    let mut app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    targets[0].answer(Behaviour::status(502));
    app.pass_ms(5 * MINUTE_MS).await;
    targets[0].answer(Behaviour::ok());
    app.pass_ms(5 * MINUTE_MS).await;
    assert!(!app.page(NOVEMBER).await.contains("\"closing\""));
    app.restart_after(21 * DAY_MS).await;
    let closed = app.until_it_says(NOVEMBER, "\"closing\"").await;
    (app, closed)
}

pub async fn targets() -> [Target; 2] {
    [Target::start().await, Target::start().await]
}

fn row<'a>(report: &'a Value, list: &str, id: &str) -> &'a Value {
    let rows = report[list].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap()
}

fn ms(lengths: &Value, class: &str) -> i64 {
    lengths[class].as_i64().unwrap()
}

#[tokio::test]
async fn a_month_closes_by_itself_and_its_report_stays_the_same_bytes() {
    let targets = targets().await;
    let (mut app, closed) = november_is_over(&targets).await;
    let report: Value = serde_json::from_str(&closed).unwrap();
    assert_eq!(report["closed"], true);
    assert_eq!(report["closing"]["program"], concat!("everup ", env!("CARGO_PKG_VERSION")));
    assert_eq!(row(&report, "monitors", "api")["outages"].as_array().unwrap().len(), 1);
    assert_eq!(row(&report, "groups", "shop")["outages"].as_array().unwrap().len(), 1);
    let parameters = &row(&report, "monitors", "api")["parameters"][0];
    assert_eq!(parameters["interval_ms"], 60_000);
    let page = app.text("/report/2026-11").await;
    assert!(page.contains("its JSON stays the same for ever"), "{page}");
    // Another name, another target, other members, another zone: nothing of it is his.
    let other = format!(
        "[report]\ntime_zone = \"Asia/Tokyo\"\nsla_percent = \"50\"\n{}",
        one("api", targets[0].url().as_str()).replace("API", "Our API"),
    );
    app.change(&other).await;
    assert_eq!(app.page(NOVEMBER).await, closed);
    // Neither does an import into it change it.
    let at = START.plus_ms(-DAY_MS);
    let line = format!(
        "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{},\"verdict\":\"fail\"}}\n",
        at.0
    );
    let imported = app.import(&line).await.unwrap();
    assert_eq!((imported.checks, imported.closed_checks), (1, 1));
    app.pass_ms(2 * MINUTE_MS).await;
    app.restart_after(MINUTE_MS).await;
    assert_eq!(app.page(NOVEMBER).await, closed);
    // Beside other months it stands as it was closed, too.
    let store = app.store().await;
    let histories = store.load().await.unwrap().histories;
    let december = Period::parse("2026-12").unwrap();
    let settings = Settings::default();
    let remembered = &mut Remembered::default();
    let now = app.clock.now();
    let beside = answer(&store, &histories, december, now, &settings, Some(remembered));
    let beside = beside.await.unwrap();
    let (november, _) = beside.months[beside.months.len() - 2];
    assert_eq!(november.to_string(), "2026-11");
    let sums = &beside.monitors.iter().find(|row| row.id == "api").unwrap().months;
    let sum = sums.iter().find(|sum| sum.month == november).unwrap();
    let lengths = &row(&report, "monitors", "api")["milliseconds"];
    assert_eq!(
        (sum.tally.up, sum.tally.unknown),
        (ms(lengths, "up"), ms(lengths, "unknown"))
    );
    store.close().await;
    // What another monitor said of it stands on its page, and is no part of it.
    let stretch = "{\"kind\":\"stretch\",\"monitor\":\"api\",\"source\":\"uptimerobot\",\
         \"from\":\"2026-11-01T00:00:00Z\",\"to\":\"2026-11-02T00:00:00Z\",\"claim\":\"down\"}\n";
    assert_eq!(app.import(stretch).await.unwrap().stretches, 1);
    app.restart_after(MINUTE_MS).await;
    assert_eq!(app.page(NOVEMBER).await, closed);
    let page = app.text("/report/2026-11").await;
    assert!(page.contains("UptimeRobot says 0.00 % uptime"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_closed_month_moves_to_another_database_as_it_is() {
    let targets = targets().await;
    let (app, closed) = november_is_over(&targets).await;
    let store = app.store().await;
    let registered: Vec<_> = store.load().await.unwrap().histories;
    let selection = write::Selection {
        span: everup::domain::span::Span::ALWAYS,
        monitors: Vec::new(),
        form: write::Form::Lines,
    };
    let mut lines = Vec::new();
    write::export(&store, &selection, &mut lines).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let registrations: Vec<_> = (registered.iter())
        .map(|history| everup::store::registration::Registration {
            id: history.monitor.id.clone(),
            name: history.monitor.name.clone(),
            url: history.monitor.url.clone(),
            since: None,
            parameters: history.monitor.parameters.current(),
        })
        .collect();
    other
        .register(START, &registrations, everup::store::registration::Others::Keep)
        .await
        .unwrap();
    let imported = read::import(&other, &mut &lines[..], Timestamp::MAX, |_| {}).await.unwrap();
    assert_eq!(imported.closed, 1);
    let november = Month::parse("2026-11").unwrap();
    assert_eq!(other.closed_month(november).await.unwrap().unwrap().text(), closed);
    // A row that was touched on the way is refused.
    let text = String::from_utf8(lines).unwrap().replace("HTTP 502", "HTTP 503");
    let error = read::import(&other, &mut text.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("do not have this sha256"), "{error}");
    app.stop().await;
}

#[tokio::test]
async fn a_report_file_is_verified_without_anything_else_and_every_change_is_found() {
    let targets = targets().await;
    let (app, closed) = november_is_over(&targets).await;
    app.stop().await;
    let verified = verify(&closed).unwrap();
    assert_eq!(verified.report.monitors.len(), 2);
    let down = row(&serde_json::from_str(&closed).unwrap(), "monitors", "api")["milliseconds"]
        ["down"]
        .as_i64()
        .unwrap();
    let changes = [
        ("HTTP 502".to_owned(), "HTTP 503"),
        (format!("\"down\":{down}"), "\"down\":0"),
        ("\"verdict\":\"missed\"".to_owned(), "\"verdict\":\"met\""),
        ("\"rule\":\"any\"".to_owned(), "\"rule\":\"all\""),
        ("\"unknown\"]".to_owned(), "\"up\"]"),
        ("\"blips\":0".to_owned(), "\"blips\":1"),
    ];
    for (told, instead) in changes {
        assert!(closed.contains(&told), "{told} is not in it");
        let changed = closed.replacen(&told, instead, 1);
        assert!(verify(&changed).is_err(), "{instead} was not found");
    }
    // Whoever makes the hash right again still has the figures against him.
    let mut forged: Value = serde_json::from_str(&closed).unwrap();
    for monitor in forged["monitors"].as_array_mut().unwrap() {
        monitor["uptime_percent"] = "100.00".into();
    }
    forged.as_object_mut().unwrap().remove("sha256");
    forged["sha256"] = everup::store::canonical::sha256(&forged).into();
    let problems = verify(&forged.to_string()).unwrap_err();
    assert!(problems[0].contains("uptime_percent says \"100.00\""), "{problems:?}");
    let hashed = |mut forged: Value| {
        forged.as_object_mut().unwrap().remove("sha256");
        forged["sha256"] = everup::store::canonical::sha256(&forged).into();
        verify(&forged.to_string()).unwrap_err().join("\n")
    };
    let mut forged: Value = serde_json::from_str(&closed).unwrap();
    forged["monitors"][0]["outages"] = Value::Array(Vec::new());
    let problems = hashed(forged);
    assert!(
        problems.contains("the outages of the monitor api come to 0 ms"),
        "{problems}"
    );
    let mut forged: Value = serde_json::from_str(&closed).unwrap();
    let twice = forged["monitors"][0].clone();
    forged["monitors"].as_array_mut().unwrap().push(twice);
    let problems = hashed(forged);
    assert!(problems.contains("the monitor api is in it twice"), "{problems}");
    let doubled = closed.replacen("\"closed\":true", "\"closed\":false,\"closed\":true", 1);
    let problems = verify(&doubled).unwrap_err();
    assert!(problems[0].contains("\"closed\" is named twice"), "{problems:?}");
    let broken_off = &closed[..closed.len() / 2];
    assert!(verify(broken_off).unwrap_err()[0].contains("broken off"));
    let running = verify("{\"schema\":\"everup.report/1\"}").unwrap_err();
    assert!(running[0].contains("not of a closed month"), "{running:?}");
}

#[tokio::test]
async fn a_correction_stands_beside_what_was_measured() {
    let targets = targets().await;
    let (app, closed) = november_is_over(&targets).await;
    let report: Value = serde_json::from_str(&closed).unwrap();
    let api = row(&report, "monitors", "api");
    let began_at = api["outages"][0]["began_at"].as_str().unwrap();
    let store = app.store().await;
    let correction = Correction {
        month: Month::parse("2026-11").unwrap(),
        monitor: "api".to_owned(),
        outage_began_at: Timestamp::parse_rfc3339(began_at).unwrap(),
        instead: Instead::Unknown,
        author: "Ada".to_owned(),
        reason: "our own network was down".to_owned(),
        made_at: START.plus_ms(30 * DAY_MS),
    };
    assert_eq!(app.get("/report/2026-11.adjusted.json").await.0, 404);
    store.correct(&correction).await.unwrap();
    store.close().await;
    // A report is shared for a few seconds.
    app.clock.advance_ms(6_000);
    let adjusted: Value =
        serde_json::from_str(&app.page("/report/2026-11.adjusted.json").await).unwrap();
    assert_eq!(adjusted["restates"]["sha256"], report["sha256"]);
    assert_eq!(adjusted["restates"]["corrections"][0]["author"], "Ada");
    let name = OutageId {
        monitor: everup::domain::monitor::MonitorId::new("api").unwrap(),
        from: correction.outage_began_at,
    };
    assert_eq!(adjusted["restates"]["corrections"][0]["outage"], name.to_string());
    let after = row(&adjusted, "monitors", "api");
    let ms = |row: &Value, class: &str| row["milliseconds"][class].as_i64().unwrap();
    assert_eq!((ms(after, "down"), after["uptime_percent"].as_str()), (0, Some("100.00")));
    assert_eq!(ms(after, "unknown"), ms(api, "unknown") + ms(api, "down"));
    // The group follows its members.
    assert_eq!(ms(row(&adjusted, "groups", "shop"), "down"), 0);
    assert_eq!(app.page(NOVEMBER).await, closed);
    verifies_as_corrected(&adjusted, &report);
    let page = app.text("/report/2026-11").await;
    assert!(page.contains("Corrected afterwards"), "{page}");
    assert!(page.contains("our own network was down"), "{page}");
    for path in [format!("/outages/{name}"), "/monitors/api".to_owned()] {
        let page = app.text(&path).await;
        assert!(page.to_lowercase().contains("corrected in"), "{path}: {page}");
    }
    let group = app.text("/groups/shop").await;
    assert!(group.contains("adjusted 100.00"), "{group}");
    let year: Value = serde_json::from_str(&app.page("/report/2026.json").await).unwrap();
    assert_eq!(year["corrected_months"][0]["adjusted"], "/report/2026-11.adjusted.json");
    let text = app.page("/report/2026-11.txt").await;
    assert!(text.contains("measured") && text.contains("says Ada"), "{text}");
    app.stop().await;
}

#[tokio::test]
async fn months_tile_after_the_time_zone_was_changed() {
    const DECEMBER: &str = "/report/2026-12.json";
    let targets = targets().await;
    let (mut app, november) = november_is_over(&targets).await;
    // Its midnights are nine hours earlier than those that November was cut by.
    let config = |zone: &str| {
        let api = one("api", targets[0].url().as_str());
        format!("[report]\ntime_zone = \"{zone}\"\n{api}")
    };
    app.change(&config("Asia/Tokyo")).await;
    app.pass_ms(3 * MINUTE_MS).await;
    let page = app.text("/report/2026-12").await;
    let seam = "November 2026 ends and December 2026 begins as in UTC, the time zone of the \
                report when one of them was closed.";
    assert!(page.contains(seam), "{page}");
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let running = json(&app.page(DECEMBER).await);
    assert_eq!(running["from"], "2026-12-01T00:00:00Z");
    assert_eq!(running["to"], "2026-12-31T15:00:00Z");
    assert_eq!(running["from_time_zone"], "UTC");
    assert_eq!(running["to_time_zone"], Value::Null);
    // The quarter is the sum of its months, among them the closed one as it is.
    let length = |report: &Value, class: &str| {
        ms(&row(report, "monitors", "api")["milliseconds"], class)
    };
    let quarter = json(&app.page("/report/2026-Q4.json").await);
    let over = json(&november);
    for class in ["up", "down", "unknown"] {
        let of_months = length(&over, class) + length(&running, class);
        assert_eq!(length(&quarter, class), of_months, "{class}");
    }
    let explained = app.page("/api/v1/monitors/api/explain?month=2026-12").await;
    assert_eq!(json(&explained)["from"], "2026-12-01T00:00:00Z");
    // It closes as it was cut, and says so to whoever verifies it.
    app.restart_after(31 * DAY_MS).await;
    let closed = app.until_it_says(DECEMBER, "\"closing\"").await;
    assert_eq!(json(&closed)["from_time_zone"], "UTC");
    assert_eq!(json(&closed)["from"], running["from"]);
    verify(&closed).unwrap();
    let other = verify(&closed.replace("\"from_time_zone\":\"UTC\",", "")).unwrap_err();
    assert!(other.iter().any(|problem| problem.contains("does not begin")), "{other:?}");
    // And so on, over the next change.
    app.change(&config("America/New_York")).await;
    app.restart_after(MINUTE_MS).await;
    let january = json(&app.page("/report/2027-01.json").await);
    assert_eq!(january["from"], "2026-12-31T15:00:00Z");
    assert_eq!(january["from_time_zone"], "Asia/Tokyo");
    assert_eq!(app.page(NOVEMBER).await, november);
    assert_eq!(app.page(DECEMBER).await, closed);
    app.stop().await;
}

/// An adjusted report is verified by itself, with the one that it restates in it, and every
/// change is found.
fn verifies_as_corrected(adjusted: &Value, measured: &Value) {
    let verified = verify(&adjusted.to_string()).unwrap();
    let restatement = verified.report.restatement.unwrap();
    assert_eq!(restatement.corrections[0].author, "Ada");
    assert_eq!(
        measured["sha256"].as_str().unwrap(),
        verified.report.closing.unwrap().sha256
    );
    let problem = |change: &dyn Fn(&mut Value)| {
        let mut changed = adjusted.clone();
        change(&mut changed);
        verify(&changed.to_string()).unwrap_err().remove(0)
    };
    for (path, instead, words) in [
        (
            "/monitors/1/uptime_percent",
            "12.34",
            "/monitors/1/uptime_percent says \"12.34\"",
        ),
        (
            "/monitors/0/milliseconds/down",
            "ours",
            "/monitors/0/milliseconds/down says \"ours\"",
        ),
        ("/restates/sha256", "ab", "/restates/sha256 says \"ab\", but it comes to"),
        ("/restates/corrections/0/instead", "up", "but it comes to"),
        ("/restates/corrections/0/outage", "api", "no name of an outage"),
        (
            "/restates/report/monitors/0/url",
            "x",
            "the report that it restates: its sha256 is",
        ),
    ] {
        let found = problem(&|report| *report.pointer_mut(path).unwrap() = instead.into());
        assert!(found.contains(words), "{path}: {found}");
    }
    let nothing = problem(&|report| report["restates"]["corrections"] = Value::Array(vec![]));
    assert!(nothing.contains("without correcting anything"), "{nothing}");
    let more = problem(&|report| report["monitors"][0]["imported"] = "more".into());
    assert!(more.contains("/monitors/0/imported says"), "{more}");
    let alone = problem(&|report| {
        report["restates"].as_object_mut().unwrap().remove("report");
    });
    assert!(alone.contains(measured["sha256"].as_str().unwrap()), "{alone}");
    assert!(alone.starts_with("it is an adjusted report"), "{alone}");
    // As it is typed.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), adjusted.to_string()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_everup"));
    let output = command.arg("verify").arg(file.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let sha256 = measured["sha256"].as_str().unwrap();
    for words in [
        " is sound: November 2026 as corrected, 2 monitors and 1 group, computed again\n",
        "it restates the report closed 2026-12-01T",
        &format!(", sha256 {sha256}\n- the outage of api from 2026-11-10T"),
        " counts as unknown, said Ada on 2026-12-10T12:00:00Z: our own network was down\n",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
