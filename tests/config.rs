//! The configuration as its users meet it: files that are wrong and what is said of
//! them, files that are right and what they come to, and that no secret is ever told.

use everup::balance::settings::{
    Health, Sameness, Settings as BalancerSettings, Strategy as Choice, Timeouts,
};
use everup::config::{self, Config, Environment, Mistakes};
use everup::domain::group::Rule;
use everup::domain::monitor::MonitorId;
use everup::domain::timestamp::Timestamp;
use everup::engine::settings::Watch;
use everup::notify::Way;
use everup::report::settings::Contract;
use proptest::prelude::*;
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where none of the fixtures' instants lies in the future, but for those meant to.
const NOW: &str = "2026-11-23T10:00:00Z";

/// Part of every secret of the fixtures.
const SECRET: &str = "hunter2";

const DOTENV: &str = "API_TOKEN=hunter2-token\nUSER_PASSWORD='hunter2/@#%'\nEMPTY=\n\
                      HOST=internal.hunter2.example\nHASH=a#hunter2\nSPACE='hunter2 x'\n\
                      TWO_LINES=\"hunter2\ntwo\"\nUMLAUT=hünter-hunter2\nSOON=hunter2s\n\
                      SUPABASE_URL=https://abc.supabase.co\nSUPABASE_SERVICE_KEY=hunter2\n\
                      HOOK_TOKEN=hunter2-hook";

fn environment() -> Environment {
    Environment::new([], DOTENV)
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339(NOW).unwrap()
}

fn parse(text: &str) -> Result<Config, Mistakes> {
    config::parse(text, "config.toml", &environment())
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What stands behind `# word: ` in the first lines of a fixture.
fn header(text: &str, word: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix(&format!("# {word}: ")))
        .collect();
    lines.join("\n")
}

fn warnings(config: &Config) -> String {
    let lines: Vec<String> =
        config.warnings(now()).iter().map(|warning| warning.to_string()).collect();
    lines.join("\n")
}

#[test]
fn every_bad_file_is_told_all_its_mistakes_and_nothing_else() {
    let files = fixtures("bad");
    assert!(files.len() >= 75, "only {} files were found", files.len());
    let mut failed = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let expected = header(&text, "expect");
        let told = match parse(&text) {
            Ok(_) => "nothing is wrong".to_owned(),
            Err(mistakes) => mistakes.to_string(),
        };
        failed += &difference(&file, &expected, &told);
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn every_good_file_is_taken_and_told_what_is_surprising_in_it() {
    let files = fixtures("good");
    assert!(files.len() >= 8, "only {} files were found", files.len());
    let mut failed = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let expected = header(&text, "warning");
        let told = match parse(&text) {
            Ok(config) => warnings(&config),
            Err(mistakes) => mistakes.to_string(),
        };
        failed += &difference(&file, &expected, &told);
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// What to read where a fixture is told something else than it expects; else nothing.
fn difference(file: &Path, expected: &str, told: &str) -> String {
    if told == expected {
        return String::new();
    }
    let name = file.file_name().unwrap().to_string_lossy();
    format!("{name}\n--- expected\n{expected}\n--- told\n{told}\n\n")
}

#[test]
fn a_whole_file_becomes_the_settings_of_the_parts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/good");
    let config = config::load(&folder.join("whole.toml"), &environment()).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:9000".parse().unwrap());
    assert_eq!(config.store.path, Path::new("/var/lib/everup/everup.db"));
    assert_eq!(config.store.keep_checks_ms, 36_500 * 86_400_000);
    assert_eq!(config.report.zone, chrono_tz::Europe::Berlin);
    assert_eq!(config.report.contract.target.to_string(), "99.95");

    let [api, shop] = &config.monitors[..] else { panic!("two monitors were expected") };
    assert_eq!(api.registration.id.as_str(), "api");
    assert_eq!(api.registration.name, "Our API");
    assert_eq!(api.registration.url, "https://api.example.com/health?token=${API_TOKEN}");
    let since = Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap();
    assert_eq!(api.registration.since, Some(since));
    let parameters = api.registration.parameters;
    assert_eq!((parameters.interval_ms, parameters.timeout_ms), (20_000, 5_000));
    assert_eq!((parameters.failures, parameters.successes), (2, 4));
    assert_eq!(parameters.retry_interval_ms, 8_000);
    assert_eq!(api.probe.degraded_above, Some(Duration::from_millis(1_500)));
    let query = api.probe.url.query();
    assert_eq!(query, Some("token=hunter2-token"));
    assert_eq!(api.probe.url.password(), Some("hunter2%2F%40%23%25"));
    let http = &api.probe.http;
    assert_eq!(http.method, "POST");
    assert_eq!(http.headers["authorization"], "Bearer hunter2-token");
    assert!(http.headers["authorization"].is_sensitive());
    assert_eq!(http.headers["host"], "api.example.com");
    assert_eq!(http.body, "{\"price\": \"${HOST}\"}");
    assert_eq!(http.expect_status, [200..=204, 301..=301, 404..=404]);
    assert_eq!(http.expect_body_contains.as_deref(), Some("ok"));
    for secret in ["hunter2-token", "hunter2/@#%", "hunter2%2F%40%23%25"] {
        assert!(api.probe.secrets.iter().any(|known| known == secret), "{secret}");
    }

    assert_eq!(shop.registration.id.as_str(), "shop-eu");
    assert_eq!(shop.registration.name, "Shop (EU)");
    assert_eq!(shop.registration.since, Some(since));
    assert_eq!(shop.registration.parameters.interval_ms, 30_000);
    assert_eq!(shop.registration.parameters.failures, 5);
    assert_eq!(shop.probe.degraded_above, Some(Duration::from_secs(3)));
    assert_eq!(shop.probe.http.method, "GET");
    assert_eq!(shop.probe.http.expect_status, [200..=299]);
    assert!(shop.probe.secrets.is_empty());

    let report = &config.report;
    let contract = |watch: &Watch| report.contract(&watch.registration.id);
    let promised = |contract: Contract| (contract.target.to_string(), contract.allowance_ms);
    assert_eq!(promised(report.contract), ("99.95".to_owned(), Some(4 * 3_600_000)));
    assert_eq!(promised(contract(api)), ("99.5".to_owned(), Some(4 * 3_600_000)));
    assert_eq!(promised(contract(shop)), ("99.95".to_owned(), Some(0)));
    assert_eq!(report.decimals(), 3);
    let groups: Vec<_> = (report.groups.iter())
        .map(|settings| {
            let group = &settings.group;
            let members: Vec<_> = group.members.iter().map(MonitorId::as_str).collect();
            (group.id.as_str(), group.rule, members, settings.target.to_string())
        })
        .collect();
    let of = |text: &str| text.to_owned();
    assert_eq!(
        groups,
        [
            ("all", Rule::Any, vec!["api"], of("99.95")),
            ("shop", Rule::All, vec!["shop-eu"], of("99.999")),
        ]
    );
}

#[rstest]
#[case("1s", 500, 1_000)]
#[case("5s", 2_500, 5_000)]
#[case("15s", 7_500, 10_000)]
#[case("20s", 10_000, 10_000)]
#[case("1h", 10_000, 10_000)]
fn what_is_not_written_follows_the_interval(
    #[case] interval: &str,
    #[case] timeout_ms: i64,
    #[case] retry_interval_ms: i64,
) {
    let monitor = "[[monitor]]\nname = \"A\"\nurl = \"http://localhost/\"\n";
    let own = format!("{monitor}interval = \"{interval}\"");
    let inherited = format!("[defaults]\ninterval = \"{interval}\"\n{monitor}");
    for text in [own, inherited] {
        let parameters = parse(&text).unwrap().monitors[0].registration.parameters;
        assert_eq!(parameters.timeout_ms, timeout_ms);
        assert_eq!(parameters.retry_interval_ms, retry_interval_ms);
    }
}

#[test]
fn without_a_file_everup_watches_itself() {
    let config = config::default_for("0.0.0.0:8123".parse().unwrap());
    assert_eq!(config.server.listen, "0.0.0.0:8123".parse().unwrap());
    assert_eq!(config.store.path, Path::new("everup.db"));
    assert_eq!(config.report.contract.target.to_string(), "99.9");
    let [watch] = &config.monitors[..] else { panic!("one monitor was expected") };
    assert_eq!(watch.registration.id.as_str(), "everup");
    assert_eq!(watch.registration.url, "http://127.0.0.1:8123/health");
    assert!(config.warnings(now()).is_empty());
}

#[test]
fn a_file_without_monitors_watches_itself_by_its_defaults_wherever_it_listens() {
    let mut config = parse("[defaults]\ninterval = \"30s\"").unwrap();
    assert_eq!(config.monitors[0].registration.url, "http://127.0.0.1:8000/health");
    assert_eq!(config.monitors[0].registration.parameters.interval_ms, 30_000);
    config.listen_on("127.0.0.1:9999".parse().unwrap());
    assert_eq!(config.server.listen.port(), 9999);
    assert_eq!(config.monitors[0].registration.url, "http://127.0.0.1:9999/health");
    assert_eq!(config.monitors[0].probe.url.port(), Some(9999));
}

#[test]
fn a_monitor_that_was_written_stays_wherever_everup_listens() {
    let text = "[[monitor]]\nname = \"everup\"\nurl = \"http://127.0.0.1:8000/health\"";
    let mut config = parse(text).unwrap();
    config.listen_on("127.0.0.1:9999".parse().unwrap());
    assert_eq!(config.monitors[0].registration.url, "http://127.0.0.1:8000/health");

    let mut config = config::default_for("127.0.0.1:8000".parse().unwrap());
    config.watch_instead(config::for_urls(&["http://localhost:1/".to_owned()]).unwrap());
    config.listen_on("127.0.0.1:9999".parse().unwrap());
    assert_eq!(config.monitors[0].registration.url, "http://localhost:1/");
}

#[test]
fn a_beginning_in_the_future_is_surprising_only_until_it_has_come() {
    let text = "[[monitor]]\nname = \"A\"\nurl = \"http://localhost/\"\n\
                since = 2027-01-01T00:00:00+01:00";
    let config = parse(text).unwrap();
    let since = Timestamp::parse_rfc3339("2026-12-31T23:00:00Z").unwrap();
    assert_eq!(config.monitors[0].registration.since, Some(since));
    assert_eq!(config.warnings(since.plus_ms(-1)).len(), 1);
    assert_eq!(config.warnings(since).len(), 0);
}

#[test]
fn a_file_is_named_as_it_was_called_and_so_is_what_keeps_it_from_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    let name = path.display().to_string();
    let told = || config::load(&path, &environment()).unwrap_err().to_string();
    let missing =
        format!("{name}: there is no such file; begin with everup example > config.toml");
    assert_eq!(told(), missing);
    fs::write(&path, "\n[serve]").unwrap();
    assert!(told().starts_with(&format!("{name}:2: serve: ")), "{}", told());
    fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
    let bytes = format!("{name}:2: this line is not text in UTF-8; save the file as UTF-8");
    assert_eq!(told(), bytes);
    fs::write(&path, "#".repeat(config::FILE_BYTES_MAX + 1)).unwrap();
    assert_eq!(told(), format!("{name}: it is longer than 1048576 bytes"));
    assert!(config::load(folder.path(), &environment()).is_err());
}

#[test]
fn mistakes_of_the_environments_file_are_told_with_those_of_the_configuration() {
    let environment = Environment::new([], "A=1\nB hunter2\n");
    let mistakes = config::parse("x = 1", "config.toml", &environment).unwrap_err();
    let files: Vec<(&str, Option<usize>)> = mistakes
        .iter()
        .map(|mistake| (&*mistake.place.file, mistake.place.line))
        .collect();
    assert_eq!(files, [(".env", Some(2)), ("config.toml", Some(1))]);
    assert!(!mistakes.to_string().contains(SECRET));
}

#[test]
fn more_monitors_than_are_allowed_are_refused() {
    let monitor = |n: usize| format!("[[monitor]]\nname=\"m{n}\"\nurl=\"http://h.example\"\n");
    let most: String = (0..config::MONITORS_MAX).map(monitor).collect();
    assert_eq!(parse(&most).unwrap().monitors.len(), config::MONITORS_MAX);
    let more = most + &monitor(config::MONITORS_MAX);
    assert_eq!(
        parse(&more).unwrap_err().to_string(),
        "config.toml:30001: these are more than 10000 monitors"
    );
}

#[test]
fn a_file_from_windows_is_read_and_its_lines_are_counted() {
    let text = "\u{feff}[server]\r\n\r\nlisten = 1\r\n";
    let mistakes = parse(text).unwrap_err();
    let places: Vec<(Option<usize>, Option<usize>)> = mistakes
        .iter()
        .map(|mistake| (mistake.place.line, mistake.place.column))
        .collect();
    assert_eq!(places, [(Some(3), Some(10))]);
}

#[test]
fn what_stands_far_behind_in_a_line_is_told_with_its_line_only() {
    let text = format!("\nmonitor = [{}{{}}]", " ".repeat(5_000));
    let mistakes = parse(&text).unwrap_err();
    let places: Vec<(Option<usize>, Option<usize>)> = mistakes
        .iter()
        .map(|mistake| (mistake.place.line, mistake.place.column))
        .collect();
    assert_eq!(places, [(Some(2), None), (Some(2), None)]);
}

#[test]
fn the_example_is_right_as_it_is_and_with_everything_in_it_made_to_count() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml.example");
    let config = config::load(&path, &Environment::default()).unwrap();
    let told =
        format!("{}: no [[monitor]] is named, so everup watches only itself", path.display());
    assert_eq!(warnings(&config), told);
    assert_eq!(config.monitors.len(), 1);
    let itself = config::default_for(config.server.listen);
    assert_eq!(config.monitors[0].registration, itself.monitors[0].registration);

    let text = fs::read_to_string(&path).unwrap();
    let whole: String = (text.lines())
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = parse(&whole).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(warnings(&config), "");
    let [api, web_1, big] = &config.monitors[..] else { panic!("three were expected") };
    assert_eq!(api.registration.parameters.interval_ms, 20_000);
    let ids = [web_1, big].map(|watch| watch.registration.id.as_str());
    assert_eq!(ids, ["web-1", "big"]);
    let [web] = &config.balancers[..] else { panic!("one balancer was expected") };
    let settings = &web.settings;
    assert!(!web.apart && settings.fail_open);
    assert_eq!(settings.health, Health::default());
    assert_eq!(settings.timeouts, Timeouts::default());
    assert_eq!(settings.slow_start, BalancerSettings::SLOW_START);
    assert_eq!(api.probe.http.expect_body_contains.as_deref(), Some("ok"));
    assert_eq!(config.server, itself.server);
    assert_eq!(config.store, itself.store);
    let report = &config.report;
    assert_eq!(report.zone, itself.report.zone);
    assert_eq!(report.contract.target, itself.report.contract.target);
    assert_eq!(report.contract.allowance_ms, Some(4 * 3_600_000));
    let own = report.contract(&api.registration.id);
    assert_eq!(
        (own.target.to_string(), own.allowance_ms),
        ("99.95".into(), Some(7_200_000))
    );
    let [ops] = &config.alerts[..] else { panic!("one channel was expected") };
    assert_eq!(
        (ops.id.as_str(), &ops.monitors[..]),
        ("ops", &[api.registration.id.clone()][..])
    );
    let Way::Webhook(hook) = &ops.way;
    assert_eq!(hook.url.as_str(), "https://hooks.example.com/hunter2-hook");
    assert_eq!(hook.headers["authorization"], "Bearer hunter2-hook");
    assert!(hook.secrets.iter().all(|secret| secret == "hunter2-hook"), "{hook:?}");
    let [shop, _] = &report.groups[..] else { panic!("two groups were expected") };
    assert_eq!(shop.group.members, std::slice::from_ref(&api.registration.id));
    assert_eq!(shop.group.rule, Rule::default());
}

#[test]
fn no_secret_is_told_by_a_configuration_or_its_warnings() {
    let mut seen = 0;
    for file in fixtures("good") {
        let text = fs::read_to_string(&file).unwrap();
        // What is written out in a file is shown there anyway, and only there.
        let config = parse(&text).unwrap();
        seen += config.monitors.iter().map(|watch| watch.probe.secrets.len()).sum::<usize>();
        let told = format!("{config:?}\n{:?}\n{}", config.warnings(now()), warnings(&config));
        assert!(!told.contains(SECRET), "{}: {told}", file.display());
    }
    assert!(seen > 5, "only {seen} secrets were met");
}

#[test]
fn no_secret_is_told_by_a_mistake_wherever_its_variable_stands() {
    let keys = [
        ("server", "listen"),
        ("store", "url"),
        ("report", "time_zone"),
        ("report", "sla_percent"),
        ("defaults", "interval"),
        ("defaults", "degraded_above"),
        ("[monitor]", "id"),
        ("[monitor]", "name"),
        ("[monitor]", "url"),
        ("[monitor]", "since"),
        ("[monitor]", "timeout"),
        ("monitor.http", "method"),
        ("monitor.http", "headers.X-Check"),
        ("monitor.http", "body"),
        ("monitor.http", "expect_status"),
    ];
    let mut told_any = 0;
    for (table, key) in keys {
        for variable in ["API_TOKEN", "HASH", "SPACE", "TWO_LINES", "UMLAUT", "SOON"] {
            for around in ["$", "http://$", "http://u:$@h.example:x/", "sqlite://$?", "9$"] {
                let value = around.replace('$', &format!("${{{variable}}}"));
                let value = format!("\"{value}\"");
                let list = key == "expect_status";
                let value = if list { format!("[{value}]") } else { value };
                let monitor = if table == "monitor.http" {
                    "[[monitor]]\nname = \"A\"\nurl = \"http://h.example\"\n"
                } else {
                    ""
                };
                let text = format!("{monitor}[{table}]\n{key} = {value}\n");
                match parse(&text) {
                    Ok(config) => {
                        let warnings = config.warnings(now());
                        assert!(!format!("{warnings:?}").contains(SECRET), "{text}");
                    }
                    Err(mistakes) => {
                        told_any += 1;
                        let told = format!("{mistakes}\n{mistakes:?}");
                        assert!(!told.contains(SECRET), "{text}{told}");
                    }
                }
            }
        }
    }
    assert!(told_any > 300, "only {told_any} mistakes were met");
}

/// Pieces that a configuration is made of, put together by chance.
fn toml_like() -> impl Strategy<Value = String> {
    let pieces = [
        "[[monitor]]\n",
        "[monitor]\n",
        "[monitor.http]\n",
        "[defaults]\n",
        "[server]\n",
        "[store]\n",
        "[report]\n",
        "monitor",
        "http",
        "name",
        "id",
        "url",
        "since",
        "interval",
        "timeout",
        "failures",
        "retry_interval",
        "degraded_above",
        "headers",
        "expect_status",
        "listen",
        "time_zone",
        "sla_percent",
        " = ",
        "\n",
        "\"",
        "'''",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "\"60s\"",
        "\"99999999999999999999d\"",
        "\"0ms\"",
        "9223372036854775808",
        "-1",
        "0x3",
        "1e400",
        "nan",
        "true",
        "1979-05-27",
        "2026-11-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "\"${API_TOKEN}\"",
        "${",
        "$${",
        "}",
        "\"http://a@b:c@d/\"",
        "\"http://é.example\"",
        "\"\\u0000\"",
        "\"日本\"",
        "[\"200-299\"]",
        "\"200-\"",
        "#",
        "\r\n",
        "\u{feff}",
        "\u{202e}",
    ];
    let piece = proptest::sample::select(pieces.to_vec());
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A key of each table with a value of any kind, so that the readers are reached.
fn toml_with_any_value() -> impl Strategy<Value = String> {
    let place = proptest::sample::select(vec![
        "[server]\nlisten",
        "[store]\nurl",
        "[report]\ntime_zone",
        "[report]\nsla_percent",
        "[defaults]\ninterval",
        "[defaults]\nretry_interval",
        "[defaults]\nfailures",
        "[[monitor]]\nid",
        "[[monitor]]\nname",
        "[[monitor]]\nurl",
        "[[monitor]]\nsince",
        "[[monitor]]\ndegraded_above",
        "[[monitor]]\n[monitor.http]\nmethod",
        "[[monitor]]\n[monitor.http]\nheaders",
        "[[monitor]]\n[monitor.http]\nbody",
        "[[monitor]]\n[monitor.http]\nexpect_status",
        "[[monitor]]\nhttp",
        "monitor",
    ]);
    let text = prop_oneof![
        any::<String>().prop_map(|text| toml::Value::String(text).to_string()),
        "[0-9]{1,25}(ms|s|m|h|d| )?".prop_map(|text| format!("\"{text}\"")),
        "https?://[a-z@:/?#%$\\[\\]{}.0-9]{0,20}".prop_map(|text| format!("'{text}'")),
        "[0-9:.\\[\\]]{1,20}".prop_map(|text| format!("\"{text}\"")),
        "[0-9-]{1,9}".prop_map(|text| format!("[\"{text}\"]")),
        any::<i64>().prop_map(|number| number.to_string()),
        "[{][a-zA-Z-]{1,10} = \"[ -~&&[^\"\\\\]]{0,20}\"[}]",
    ];
    (place, text).prop_map(|(place, text)| format!("{place} = {text}\n"))
}

proptest! {
    #[test]
    fn whatever_is_read_is_taken_or_told_and_never_panics(
        text in prop_oneof![any::<String>(), toml_like(), toml_with_any_value()],
        dotenv in prop_oneof![Just(DOTENV.to_owned()), any::<String>()],
    ) {
        let environment = Environment::new([], &dotenv);
        let lines = text.split('\n').count();
        match config::parse(&text, "config.toml", &environment) {
            Ok(config) => prop_assert!(!config.monitors.is_empty()),
            Err(mistakes) => {
                prop_assert!(mistakes.iter().next().is_some());
                for mistake in mistakes.iter().filter(|mistake| &*mistake.place.file != ".env") {
                    prop_assert!(mistake.place.line.is_none_or(|line| line <= lines));
                }
            }
        }
    }

    #[test]
    fn whatever_urls_are_called_for_are_watched_or_told(
        urls in proptest::collection::vec(
            prop_oneof![any::<String>(), "https?://[a-z@:/?#.0-9]{0,20}"], 0..5),
    ) {
        match config::for_urls(&urls) {
            Ok(watches) => prop_assert_eq!(watches.len(), urls.len()),
            Err(mistakes) => prop_assert!(mistakes.iter().next().is_some()),
        }
    }
}

#[test]
fn a_balancer_becomes_its_settings_a_group_and_a_monitor_for_each_backend() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/good");
    let config = config::load(&folder.join("balancer.toml"), &environment()).unwrap();
    let [shop, everup] = &config.balancers[..] else { panic!("two balancers were expected") };
    assert!(!shop.apart && everup.apart);
    let settings = &shop.settings;
    assert_eq!((settings.id.as_str(), settings.name.as_str()), ("shop", "Shop"));
    assert_eq!(settings.listen, "0.0.0.0:8080".parse().unwrap());
    let backends: Vec<_> = (settings.backends.iter())
        .map(|backend| (backend.id.as_str(), backend.address.to_string(), backend.weight))
        .collect();
    let of = |text: &str| text.to_owned();
    assert_eq!(
        backends,
        [
            ("shop-1", of("http://127.0.0.1:9000"), 1),
            ("app", of("https://app.example.com"), 3),
            ("shop-3", of("unix:/run/app.sock"), 1),
        ]
    );
    let cookie = Sameness::Cookie("session".to_owned());
    assert_eq!(settings.strategy, Choice::Consistent(cookie));
    assert_eq!(settings.health.path, "/alive?deep=1");
    assert_eq!((settings.health.rise, settings.health.fall), (1, 5));
    let ms = Duration::from_millis;
    assert_eq!((settings.health.interval, settings.health.timeout), (ms(500), ms(1_000)));
    assert!(!settings.fail_open && settings.slow_start.is_zero());
    assert_eq!(settings.timeouts.connect, ms(500));
    assert_eq!(settings.timeouts.first_byte, ms(120_000));
    assert_eq!(settings.timeouts.idle, ms(600_000));
    assert_eq!(settings.timeouts.head, ms(30_000));
    assert_eq!(settings.timeouts.tunnel, ms(7_200_000));
    assert_eq!(settings.trusted.len(), 2);
    let tls = settings.tls.as_ref().unwrap();
    assert_eq!(
        (tls.certificate.as_path(), tls.key.as_path()),
        (Path::new("shop.pem"), Path::new("shop.key"))
    );

    let usual = &everup.settings;
    assert_eq!(usual.strategy, Choice::Random);
    assert_eq!(usual.health, Health::default());
    assert_eq!(usual.timeouts, Timeouts::default());
    assert_eq!(usual.slow_start, BalancerSettings::SLOW_START);
    assert!(usual.fail_open && usual.tls.is_none() && usual.trusted.is_empty());

    let monitors: Vec<_> = (config.monitors.iter())
        .map(|watch| {
            let registration = &watch.registration;
            let (id, name) = (registration.id.as_str(), registration.name.as_str());
            (id, name, registration.url.as_str(), registration.parameters.interval_ms)
        })
        .collect();
    assert_eq!(
        monitors,
        [
            ("shop-1", "Shop 1", "http://127.0.0.1:9000/alive?deep=1", 20_000),
            ("app", "The big one", "https://app.example.com/alive?deep=1", 20_000),
            ("shop-3", "Shop 3", "unix:/run/app.sock:/alive?deep=1", 20_000),
            ("everup-1", "everup 1", "http://127.0.0.1:8000/health", 30_000),
            ("everup-2", "everup 2", "http://127.0.0.1:8001/health", 30_000),
        ]
    );
    assert_eq!(config.monitors[0].probe.degraded_above, Some(Duration::from_secs(2)));
    let socket = config.monitors[2].probe.http.socket.as_deref();
    assert_eq!(socket, Some(Path::new("/run/app.sock")));
    assert!(config.monitors.iter().all(|watch| watch.probe.http.expects(302)));
    let groups: Vec<_> = (config.report.groups.iter())
        .map(|settings| {
            let group = &settings.group;
            (
                group.id.as_str(),
                group.rule,
                group.members.len(),
                settings.target.to_string(),
            )
        })
        .collect();
    let expected = [("shop", Rule::All, 3, of("99.95")), ("everup", Rule::All, 2, of("99.9"))];
    assert_eq!(groups, expected);
}
