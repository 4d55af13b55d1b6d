//! What one thread has to carry requests with: its connections, its turns, its chance.
//! `forward` uses it.

use super::body::Outgoing;
use super::connection::Connector;
use super::headers::{self, Visit};
use super::idle::Idle;
use super::pick::{self, Candidate, Turns};
use super::pool::{Places, Pool};
use super::settings::{Network, Sameness, Settings, Strategy};
use fastrand::Rng;
use http::{HeaderValue, Request, header};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::task::TaskTracker;

/// What one thread needs to carry requests. Nothing in it is fought over.
pub struct Lane {
    /// What it is to do.
    pub settings: Arc<Settings>,
    /// The backends, which all threads share.
    pub pool: Arc<Pool>,
    pub(super) connector: Connector,
    /// By place in the pool.
    pub(super) idle: Vec<Idle>,
    /// What has become of upgraded connections, which are no visits any more.
    pub(super) tunnels: TaskTracker,
    dice: Mutex<Dice>,
}

/// What choosing takes.
#[derive(Default)]
struct Dice {
    turns: Turns,
    chance: Rng,
    /// Those to choose from; kept so that it need not be made for each request.
    candidates: Vec<Candidate>,
}

impl Lane {
    /// One more thread's.
    #[must_use]
    pub fn of(settings: Arc<Settings>, pool: Arc<Pool>, connector: Connector) -> Lane {
        let idle = pool.backends.iter().map(|_| Idle::default()).collect();
        Lane {
            settings,
            pool,
            connector,
            idle,
            tunnels: TaskTracker::new(),
            dice: Mutex::default(),
        }
    }

    /// Closes connections that were of no use for long.
    pub fn sweep(&self) {
        self.idle.iter().for_each(Idle::sweep);
    }

    /// A backend for a request, other than those in `tried`.
    pub(super) fn choose(
        &self,
        request: &Request<Outgoing>,
        visit: &Visit,
        tried: Places,
    ) -> Option<usize> {
        // Nothing panics while it is held.
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let Dice { turns, chance, candidates } = &mut *dice;
        self.pool.candidates(tried, candidates);
        match &self.settings.strategy {
            Strategy::Random => pick::by_chance(candidates, chance.u64(..)),
            Strategy::LeastRequests => {
                pick::lighter_of_two(candidates, [chance.u64(..), chance.u64(..)])
            }
            Strategy::RoundRobin => turns.next(candidates),
            Strategy::Consistent(sameness) => pick::always_same(
                candidates,
                key_of(sameness, request, visit, &self.settings.trusted),
            ),
        }
    }

    /// 128 bits that no other request has.
    pub(super) fn new_id(&self) -> HeaderValue {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = dice.chance.u128(..);
        drop(dice);
        let mut text = [0; 32];
        for (at, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[(bits >> (4 * at)) as usize & 15];
        }
        // Digits are what a header may have.
        HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

fn key_of(
    sameness: &Sameness,
    request: &Request<Outgoing>,
    visit: &Visit,
    trusted: &[Network],
) -> u64 {
    let by_address = || match origin(request.headers(), trusted).unwrap_or(visit.address()) {
        IpAddr::V4(address) => pick::key_of(&address.octets()),
        IpAddr::V6(address) => pick::key_of(&address.octets()),
    };
    let value = match sameness {
        Sameness::Address => None,
        Sameness::Header(name) => request.headers().get(name).map(HeaderValue::as_bytes),
        Sameness::Cookie(name) => cookie(request.headers(), name),
    };
    value.map_or_else(by_address, pick::key_of)
}

/// Who a request is from, as far as those say that are believed: of the addresses that it came by
/// the last one that is none of theirs.
fn origin(headers: &http::HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let line = headers.get(headers::FORWARDED_FOR)?.to_str().ok()?;
    let mut addresses = line.rsplit(',').map_while(|one| one.trim().parse::<IpAddr>().ok());
    addresses.find(|address| !trusted.iter().any(|network| network.contains(*address)))
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .find_map(|pair| {
            let (key, value) = pair.trim_ascii().split_at_checked(name.len())?;
            (key == name.as_bytes()).then_some(value)?.strip_prefix(b"=")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_from_the_last_address_that_is_not_believed_blindly() {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        let from = |line: &'static str| {
            let mut headers = http::HeaderMap::new();
            headers.insert(headers::FORWARDED_FOR, HeaderValue::from_static(line));
            origin(&headers, &trusted).map(|address| address.to_string())
        };
        assert_eq!(from("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(from("192.0.2.9, 192.0.2.7, 10.1.1.1").as_deref(), Some("192.0.2.7"));
        assert_eq!(from("10.2.2.2, 10.1.1.1"), None);
        assert_eq!(from("192.0.2.7, nobody, 10.1.1.1"), None);
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = http::HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("sid2=a; xsid=b;sid=c=d"));
        headers.append(header::COOKIE, HeaderValue::from_static("late=e"));
        assert_eq!(cookie(&headers, "sid"), Some(&b"c=d"[..]));
        assert_eq!(cookie(&headers, "late"), Some(&b"e"[..]));
        assert_eq!(cookie(&headers, "si"), None);
        assert_eq!(cookie(&headers, "none"), None);
    }
}
