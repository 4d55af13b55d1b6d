//! What the demonstration is about, as one table: the services of a shop that does not exist,
//! what is to have happened to them, and what happens to them while it runs.
//!
//! `configuration` names the services, `past` makes checks of what happened, and `services`
//! plays what happens. All of it is told in UTC.

use crate::domain::check::Kind;

/// A service of the shop.
pub(super) struct Service {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// How often it is to have been checked, in seconds.
    pub(super) interval_s: i64,
    /// How long an answer takes in a quiet hour, in microseconds.
    pub(super) latency_us: u32,
    pub(super) past: &'static [Episode],
    /// What it does again and again while the demonstration runs.
    pub(super) acts: &'static [Act],
}

/// Something that is to have happened: it must be over within its day.
pub(super) struct Episode {
    /// In which month: 0 is the running one, 1 the one before.
    pub(super) months_ago: usize,
    /// On which day of it, from 1 to 28.
    pub(super) day: i64,
    /// At which hour and minute.
    pub(super) at: (i64, i64),
    pub(super) minutes: i64,
    pub(super) what: Trouble,
}

/// How a service was meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Down: the kind of failure, its status, and its reason.
    Down(Kind, Option<u16>, &'static str),
    /// Answered rightly, too late.
    Slow,
}

/// What a service does for a while in each round of the demonstration.
pub(super) struct Act {
    /// From which second of the round on.
    pub(super) from_s: u64,
    pub(super) to_s: u64,
    pub(super) manner: Manner,
}

/// How a service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Rightly.
    Well,
    /// With 503.
    Fails,
    /// Rightly, after [`SLOW_MS`].
    Slow,
}

/// How long a round is: a newcomer has seen all of it within two minutes.
pub(super) const ROUND_S: u64 = 180;
/// When in a round a service begins to fail.
pub const FAILS_AFTER_S: u64 = 15;
/// When in a round another one begins to be slow.
pub const SLOW_AFTER_S: u64 = 70;
/// How long each of them does: several checks, and no longer than it takes to look.
pub(super) const FOR_S: u64 = 30;
/// How long a slow answer takes.
pub(super) const SLOW_MS: u64 = 900;
/// From when on an answer is called slow; the configuration says so.
pub(super) const SLOW_ABOVE_MS: u64 = 400;

const NOTHING: &[Act] = &[];

/// All services, in the order of the page.
pub(super) const SERVICES: [Service; 4] = [
    Service {
        id: "checkout",
        name: "Checkout",
        interval_s: 60,
        latency_us: 118_000,
        past: &[
            down(3, 9, (14, 12), 7, (Kind::Status, Some(502)), "HTTP 502 from 192.0.2.10"),
            down(2, 12, (1, 15), 187, (Kind::Tls, None), "the certificate has expired"),
            down(1, 5, (11, 3), 4, REFUSED, "connection refused by 192.0.2.10:443"),
            down(1, 18, (2, 4), 71, (Kind::Status, Some(503)), "HTTP 503 from 192.0.2.10"),
            slow(1, 22, (15, 30), 150),
            down(0, 3, (9, 26), 6, (Kind::Status, Some(502)), "HTTP 502 from 192.0.2.10"),
        ],
        acts: &[act(FAILS_AFTER_S, Manner::Fails)],
    },
    Service {
        id: "catalogue",
        name: "Catalogue",
        interval_s: 120,
        latency_us: 64_000,
        past: &[
            down(3, 20, (16, 31), 9, (Kind::Status, Some(500)), "HTTP 500 from 192.0.2.11"),
            down(1, 14, (20, 5), 12, (Kind::Body, None), "the body does not contain \"ok\""),
            down(1, 18, (2, 10), 58, REFUSED, "connection refused by 192.0.2.11:443"),
            down(0, 7, (18, 44), 13, (Kind::Status, Some(503)), "HTTP 503 from 192.0.2.11"),
        ],
        acts: NOTHING,
    },
    Service {
        id: "search",
        name: "Search",
        interval_s: 120,
        latency_us: 182_000,
        past: &[
            slow(3, 3, (10, 0), 305),
            down(
                2,
                6,
                (22, 0),
                34,
                NO_ANSWER,
                "no answer within 10 s: waiting for the answer",
            ),
            down(2, 25, (7, 48), 8, REFUSED, "connection refused by 192.0.2.12:443"),
            down(
                1,
                9,
                (16, 20),
                22,
                NO_ANSWER,
                "no answer within 10 s: waiting for the answer",
            ),
            slow(0, 10, (13, 15), 96),
        ],
        acts: &[act(SLOW_AFTER_S, Manner::Slow)],
    },
    Service {
        id: "handbook",
        name: "Handbook",
        interval_s: 300,
        latency_us: 31_000,
        past: &[down(1, 27, (5, 10), 20, (Kind::Dns, None), "the name has no address")],
        acts: NOTHING,
    },
];

/// When everup itself is to have been off, so that nobody knows: killed, and stopped in order.
pub(super) const OFF: [(Episode, bool); 2] =
    [(slow(2, 28, (18, 10), 220), false), (slow(0, 2, (4, 0), 50), true)];

/// Maintenance that is to have been: the hours of notice, the services, and the message.
pub(super) const WORKS: [(Episode, i64, &[&str], &str); 3] = [
    (
        slow(1, 18, (2, 0), 120),
        72,
        &["checkout", "catalogue"],
        "The database is moved",
    ),
    (slow(2, 6, (21, 55), 45), 5, &["search"], "The index is built anew"),
    (slow(0, 8, (1, 30), 40), 96, &["search"], "The index is moved"),
];

/// Maintenance that is to come: in how many days, and at which hour.
pub(super) const TO_COME: (i64, i64, &str) = (3, 2, "New hardware for the shop");

const REFUSED: (Kind, Option<u16>) = (Kind::Connect, None);
const NO_ANSWER: (Kind, Option<u16>) = (Kind::Timeout, None);

const fn down(
    months_ago: usize,
    day: i64,
    at: (i64, i64),
    minutes: i64,
    (kind, status): (Kind, Option<u16>),
    reason: &'static str,
) -> Episode {
    Episode { months_ago, day, at, minutes, what: Trouble::Down(kind, status, reason) }
}

const fn act(from_s: u64, manner: Manner) -> Act {
    Act { from_s, to_s: from_s + FOR_S, manner }
}

const fn slow(months_ago: usize, day: i64, at: (i64, i64), minutes: i64) -> Episode {
    Episode { months_ago, day, at, minutes, what: Trouble::Slow }
}

impl Service {
    /// How it answers so many seconds after the demonstration has begun.
    pub(super) fn manner(&self, elapsed_s: u64) -> Manner {
        let at_s = elapsed_s % ROUND_S;
        let act = self.acts.iter().find(|act| act.from_s <= at_s && at_s < act.to_s);
        act.map_or(Manner::Well, |act| act.manner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::month::Month;
    use chrono_tz::Tz;

    #[test]
    fn every_episode_is_over_within_its_day_in_every_month() {
        let of_services = SERVICES.iter().flat_map(|service| service.past);
        let others = OFF.iter().map(|(off, _)| off).chain(WORKS.iter().map(|work| &work.0));
        let mut seen = 0;
        for Episode { months_ago, day, at, minutes, .. } in of_services.chain(others) {
            assert!(*months_ago <= 3 && (1..=28).contains(day), "{months_ago} {day}");
            assert!(*minutes > 0 && at.0 * 60 + at.1 + minutes < 24 * 60, "{day} {at:?}");
            seen += 1;
        }
        assert!(seen > 15);
        assert_eq!(
            Month::parse("2026-02").unwrap().window(Tz::UTC).length_ms(),
            28 * 86_400_000
        );
    }

    #[test]
    fn within_the_first_minutes_one_fails_and_is_well_again_and_one_is_slow() {
        let manners = |id: &str| -> Vec<Manner> {
            let service = SERVICES.iter().find(|service| service.id == id).unwrap();
            let mut manners: Vec<Manner> = (0..120).map(|s| service.manner(s)).collect();
            manners.dedup();
            manners
        };
        assert_eq!(manners("checkout"), [Manner::Well, Manner::Fails, Manner::Well]);
        assert_eq!(manners("search"), [Manner::Well, Manner::Slow, Manner::Well]);
        assert_eq!(manners("catalogue"), [Manner::Well]);
    }
}
