//! Monitors that no file names: everup's own `/health`, and the URLs of a command line.

use super::mistake::{Mistake, Mistakes, Place};
use super::target::{Target, Use};
use super::text::Text;
use super::timing::Settled;
use crate::domain::monitor::{MonitorId, Parameters};
use crate::engine::settings::Watch;
use crate::probe;
use crate::store::registration::Registration;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::Url;

/// The id and the name of everup where it watches itself.
const ITSELF: &str = "everup";

/// Fits a table; what is longer says no more.
const NAME_CHARS_MAX: usize = 100;

/// everup's own `/health` at `listen`.
pub(super) fn watch(listen: SocketAddr, settled: Settled) -> Watch {
    let Settled { parameters, degraded_above, .. } = settled;
    let url = own_health(listen);
    // A slug of small letters is the letters themselves.
    #[expect(clippy::expect_used, reason = "a word of small letters is an id")]
    let id = MonitorId::slug(ITSELF).expect("a word of small letters is an id");
    let name = ITSELF.to_owned();
    let registration = Registration { id, name, url: url.to_string(), since: None, parameters };
    let http = probe::http::Settings::default();
    Watch {
        registration,
        probe: probe::Settings { url, degraded_above, http, secrets: vec![] },
    }
}

/// Lets a watch of everup's own `/health` look for it at `listen`.
pub(super) fn move_to(watch: &mut Watch, listen: SocketAddr) {
    watch.probe.url = own_health(listen);
    watch.registration.url = watch.probe.url.to_string();
}

/// Where everup reaches itself if it listens at `listen`.
fn own_health(listen: SocketAddr) -> Url {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    // Without the scope that an IPv6 address may have here, and never in a URL.
    let url = format!("http://{}/health", SocketAddr::new(ip, listen.port()));
    #[expect(clippy::expect_used, reason = "an address and a port make a URL")]
    Url::parse(&url).expect("an address and a port make a URL")
}

/// Monitors for URLs as a command line has them: named by their host and path, with the
/// built-in rules. Nothing is put in for `${NAME}`; that is the shell's here.
///
/// # Errors
/// What is wrong with each of them. Says nothing of users and passwords.
pub fn for_urls(urls: &[String]) -> Result<Vec<Watch>, Mistakes> {
    let mut mistakes = Vec::new();
    let mut watches = Vec::new();
    let mut ids = HashSet::new();
    for (index, url) in urls.iter().enumerate() {
        match Target::read(url, Use::Watch, |part| Ok(Text::literal(part))) {
            Ok(target) => watches.push(named(target, &mut ids)),
            Err(wrong) => {
                let place = Place::whole(&format!("URL {}", index + 1));
                let mistake = |message| Mistake { place: place.clone(), message };
                mistakes.extend(wrong.into_iter().map(mistake));
            }
        }
    }
    if mistakes.is_empty() { Ok(watches) } else { Err(Mistakes::new(mistakes)) }
}

fn named(target: Target, ids: &mut HashSet<MonitorId>) -> Watch {
    let name: String = target.name().chars().take(NAME_CHARS_MAX).collect();
    let id = free_id(&name, ids);
    let parameters = Parameters::default();
    Watch {
        registration: Registration { id, name, url: target.shown, since: None, parameters },
        probe: probe::Settings {
            url: target.url,
            degraded_above: None,
            http: probe::http::Settings::default(),
            secrets: target.secrets,
        },
    }
}

/// The id that a name suggests, with a number behind it if that one is taken.
fn free_id(name: &str, ids: &mut HashSet<MonitorId>) -> MonitorId {
    let slug = MonitorId::slug(name).map_or("monitor".to_owned(), |id| id.to_string());
    #[expect(clippy::expect_used, reason = "a slug is its own slug")]
    let mut id = MonitorId::slug(&slug).expect("a slug is its own slug");
    let mut number = 1;
    while !ids.insert(id.clone()) {
        number += 1;
        let end = format!("-{number}");
        // A slug is plain ASCII, so it can be cut anywhere.
        let kept = slug.len().min(MonitorId::CHARS_MAX - end.len());
        id = MonitorId::slug(&format!("{}{end}", &slug[..kept])).unwrap_or(id);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn urls(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[rstest]
    #[case("127.0.0.1:8000", "http://127.0.0.1:8000/health")]
    #[case("0.0.0.0:8080", "http://127.0.0.1:8080/health")]
    #[case("[::]:8080", "http://[::1]:8080/health")]
    #[case("[fe80::1%3]:80", "http://[fe80::1]/health")]
    fn everup_finds_itself(#[case] listen: &str, #[case] url: &str) {
        let watch = watch(listen.parse().unwrap(), Settled::default());
        assert_eq!(watch.registration.url, url);
        assert_eq!(watch.probe.url.as_str(), url);
        assert_eq!(watch.registration.id.as_str(), "everup");
    }

    #[test]
    fn urls_become_monitors_that_can_be_told_apart() {
        let watches = for_urls(&urls(&[
            "https://example.com/health",
            "http://127.0.0.1:9000/health/",
            "http://example.com/health",
            "http://[::]",
        ]))
        .unwrap();
        let told: Vec<(&str, &str)> = (watches.iter())
            .map(|watch| (watch.registration.id.as_str(), watch.registration.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("example-com-health", "example.com/health"),
                ("127-0-0-1-9000-health", "127.0.0.1:9000/health"),
                ("example-com-health-2", "example.com/health"),
                ("monitor", "[::]"),
            ]
        );
    }

    #[test]
    fn long_urls_that_begin_alike_have_ids_of_their_own() {
        let long = "a".repeat(200);
        let text = format!("https://example.com/{long}");
        let watches = for_urls(&vec![text; 12]).unwrap();
        let ids: HashSet<_> = watches.iter().map(|watch| &watch.registration.id).collect();
        assert_eq!(ids.len(), 12);
    }

    #[test]
    fn a_password_on_the_command_line_is_not_shown() {
        let watches = for_urls(&urls(&["https://user:hunter2@example.com/"])).unwrap();
        assert_eq!(watches[0].registration.url, "https://example.com/");
        assert_eq!(watches[0].probe.secrets, ["hunter2", "hunter2"]);
        assert_eq!(watches[0].probe.url.password(), Some("hunter2"));
    }

    #[test]
    fn a_token_on_the_command_line_is_not_shown() {
        let watches = for_urls(&urls(&["https://example.com/health?token=hunter2"])).unwrap();
        let shown = "https://example.com/health?token=[secret]";
        assert_eq!(watches[0].registration.url, shown);
        assert_eq!(watches[0].probe.secrets, ["hunter2"]);
        assert_eq!(watches[0].probe.url.query(), Some("token=hunter2"));
    }

    #[test]
    fn every_bad_url_is_told_with_its_number() {
        let bad = urls(&["example.com/health", "https://example.com", "ftp://example.com"]);
        assert_eq!(
            for_urls(&bad).unwrap_err().to_string(),
            "URL 1: \"example.com/health\" has no scheme; write \
             \"https://example.com/health\"\n\
             URL 3: \"ftp://example.com\" cannot be watched; write a URL that begins with \
             http:// or https://"
        );
    }
}
