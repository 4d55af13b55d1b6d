//! Three whole months, and the running one up to now, that never were. Pure: the same instant
//! gives the same past, check by check; what is to have happened is in `story`.

use super::story::{Episode, OFF, SERVICES, Service, TO_COME, Trouble, WORKS};
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{MonitorId, Parameters};
use crate::domain::month::Month;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use crate::transfer::made_up::Past;
use chrono_tz::Tz;

/// So many whole months lie before the running one.
pub(super) const MONTHS: usize = 3;
/// What happened is over for so long when the demonstration begins, so that all is well then.
const OVER_FOR_MS: i64 = HOUR_MS;
/// Of so many checks one fails that no other check confirms.
const BLIP_IN: u64 = 25_000;
/// Of so many answers one takes three times as long.
const LATE_IN: u64 = 60;
/// How much longer an answer takes in each hour of the day, in thousandths.
const RHYTHM: [i64; 24] = [
    1_020, 1_000, 1_000, 1_000, 1_010, 1_030, 1_080, 1_170, 1_290, 1_380, 1_430, 1_450, 1_410,
    1_440, 1_470, 1_460, 1_420, 1_390, 1_430, 1_500, 1_470, 1_330, 1_180, 1_080,
];

/// When it begins: three months before the running one, in UTC.
#[must_use]
pub fn since(now: Timestamp) -> Timestamp {
    window(now, MONTHS).from
}

/// By which rules the checks of a service are judged; the running ones have others.
#[must_use]
pub fn parameters(id: &MonitorId) -> Option<Parameters> {
    let service = SERVICES.iter().find(|service| service.id == id.as_str())?;
    Some(Parameters { interval_ms: service.interval_s * SECOND_MS, ..Parameters::default() })
}

/// All of it up to `now`.
///
/// # Errors
/// Where a service has no id that a monitor may have, which a test rules out.
pub fn past(now: Timestamp) -> Result<Past<Checks>, String> {
    let off = || OFF.iter().filter_map(|(off, _)| span(off, now));
    let checks = |service: &'static Service| {
        Ok((MonitorId::new(service.id)?, Checks::new(service, off().collect(), now)))
    };
    Ok(Past {
        runs: runs(now),
        windows: windows(now)?,
        checks: SERVICES.iter().map(checks).collect::<Result<_, String>>()?,
    })
}

/// The month so many before that of `now`.
fn window(now: Timestamp, months_ago: usize) -> Span {
    let running = Month::around(now, Tz::UTC);
    let months = std::iter::successors(Some(running), |month| Some(month.previous()));
    months.into_iter().nth(months_ago).unwrap_or(running).window(Tz::UTC)
}

/// When it was; `None` where that is not over yet.
fn span(episode: &Episode, now: Timestamp) -> Option<Span> {
    let Episode { months_ago, day, at: (hour, minute), minutes, .. } = episode;
    let day = window(now, *months_ago).from.plus_ms((day - 1) * DAY_MS);
    let from = day.plus_ms(hour * HOUR_MS + minute * MINUTE_MS);
    let span = Span::new(from, from.plus_ms(minutes * MINUTE_MS));
    (span.to <= now.plus_ms(-OVER_FOR_MS)).then_some(span)
}

/// everup ran, but for when it was off.
fn runs(now: Timestamp) -> Vec<Run> {
    let run = |from: Timestamp, to: Timestamp, in_order: bool| Run {
        started_at: from,
        alive_at: to,
        ended_at: in_order.then_some(to),
        version: "made up".to_owned(),
    };
    let mut runs = Vec::new();
    let mut from = since(now);
    for (off, in_order) in &OFF {
        let Some(span) = span(off, now) else { continue };
        runs.push(run(from, span.from, *in_order));
        from = span.to;
    }
    runs.push(run(from, now, true));
    runs
}

fn windows(now: Timestamp) -> Result<Vec<MaintenanceWindow>, String> {
    let window = |span: Span, notice_ms: i64, services: &[&str], message: &str| {
        Ok(MaintenanceWindow {
            announced_at: span.from.plus_ms(-notice_ms),
            start: span.from,
            end: span.to,
            cancelled_at: None,
            message: message.to_owned(),
            monitors: services.iter().map(|id| MonitorId::new(id)).collect::<Result<_, _>>()?,
            emergency: false,
        })
    };
    let were = WORKS.iter().filter_map(|(work, hours, services, message)| {
        Some(window(span(work, now)?, hours * HOUR_MS, services, message))
    });
    let (days, hour, message) = TO_COME;
    let today = now.plus_ms(-now.0.rem_euclid(DAY_MS));
    let from = today.plus_ms(days * DAY_MS + hour * HOUR_MS);
    let all: Vec<&str> = SERVICES.iter().map(|service| service.id).collect();
    let to_come = Span::new(from, from.plus_ms(HOUR_MS));
    // Announced a day ago: more than 48 hours ahead.
    let notice_ms = from.since_ms(now) + DAY_MS;
    were.chain([window(to_come, notice_ms, &all, message)]).collect()
}

/// The checks of one service, one by one.
pub struct Checks {
    service: &'static Service,
    seed: u64,
    troubles: Vec<(Span, Trouble)>,
    off: Spans,
    next: Timestamp,
    until: Timestamp,
    /// How many have failed in a row.
    failed: u32,
}

impl Checks {
    fn new(service: &'static Service, off: Spans, now: Timestamp) -> Checks {
        let seed = service.id.bytes().fold(0, |seed, byte| drawn(seed, i64::from(byte)));
        let spans = service.past.iter().filter_map(|of| Some((span(of, now)?, of.what)));
        let mut checks = Checks {
            service,
            seed,
            troubles: spans.collect(),
            off,
            next: since(now),
            until: now,
            failed: 0,
        };
        checks.next = checks.turn_after(checks.next);
        checks
    }

    /// The first turn after an instant: they are an interval apart, each service has its own.
    fn turn_after(&self, at: Timestamp) -> Timestamp {
        let interval_ms = self.service.interval_s * SECOND_MS;
        let phase_ms = (self.seed % interval_ms.unsigned_abs()).cast_signed();
        at.plus_ms(interval_ms - (at.0 - phase_ms).rem_euclid(interval_ms))
    }

    fn look(&self, at: Timestamp) -> Check {
        let luck = drawn(self.seed, at.0);
        let quick_us = self.quick_us(at, luck);
        let trouble = self.troubles.iter().find(|(span, _)| span.contains(at));
        let trouble = trouble.map(|(_, trouble)| *trouble);
        let blip = Trouble::Down(Kind::Connect, None, "the connection was reset");
        match trouble.or((luck.is_multiple_of(BLIP_IN)).then_some(blip)) {
            None => Check {
                started_at: at,
                verdict: Verdict::Ok,
                latency_us: Some(quick_us),
                evidence: None,
            },
            Some(Trouble::Slow) => {
                let latency_us = 1_200_000 + quick_us * 4;
                let took_ms = latency_us / 1_000;
                let reason = format!("answered in {took_ms} ms, more than 1 s");
                with(Verdict::Degraded, at, Some(latency_us), (Kind::Slow, Some(200)), &reason)
            }
            Some(Trouble::Down(kind, status, reason)) => {
                let latency_us = status.map(|_| quick_us);
                with(Verdict::Fail, at, latency_us, (kind, status), reason)
            }
        }
    }

    /// How long an answer takes in that hour, more or less.
    fn quick_us(&self, at: Timestamp, luck: u64) -> u32 {
        let minute = at.0.rem_euclid(DAY_MS) / MINUTE_MS;
        let hour = usize::try_from(minute / 60).unwrap_or(0);
        let (this, next) = (RHYTHM[hour % 24], RHYTHM[(hour + 1) % 24]);
        let thousandths = this + (next - this) * (minute % 60) / 60;
        let usual_us = i64::from(self.service.latency_us) * thousandths / 1_000;
        let spread = (luck >> 20) % 300;
        let late = if (luck >> 40).is_multiple_of(LATE_IN) { 3 } else { 1 };
        let us = usual_us.unsigned_abs() * (850 + spread) / 1_000 * late;
        u32::try_from(us).unwrap_or(u32::MAX)
    }
}

impl Iterator for Checks {
    type Item = Check;

    fn next(&mut self) -> Option<Check> {
        let mut at = self.next;
        if let Some(off) = self.off.first_ending_after(at).filter(|off| off.contains(at)) {
            at = self.turn_after(off.to);
            self.failed = 0;
        }
        if at > self.until {
            return None;
        }
        let check = self.look(at);
        self.failed = if check.verdict == Verdict::Fail { self.failed + 1 } else { 0 };
        let rules = Parameters::default();
        // What is not decided yet is looked at again, as everup does.
        self.next = match self.failed {
            failed if failed > 0 && failed < rules.failures => {
                at.plus_ms(rules.retry_interval_ms)
            }
            _ => self.turn_after(at),
        };
        Some(check)
    }
}

fn with(
    verdict: Verdict,
    started_at: Timestamp,
    latency_us: Option<u32>,
    (kind, status): (Kind, Option<u16>),
    reason: &str,
) -> Check {
    let evidence = Evidence { kind: Some(kind), status, ..Evidence::because(reason) };
    Check { started_at, verdict, latency_us, evidence: Some(Box::new(evidence)) }
}

/// A number that looks drawn by chance and is always the same (SplitMix64).
fn drawn(seed: u64, at: i64) -> u64 {
    let mut mixed = (seed ^ at.cast_unsigned()).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// 2026-11-29T17:20:00Z, when all that may have happened has.
    const NOW: Timestamp = Timestamp(1_795_972_800_000);

    fn checks(now: Timestamp) -> Vec<(MonitorId, Vec<Check>)> {
        let past = past(now).unwrap();
        past.checks.into_iter().map(|(id, checks)| (id, checks.collect())).collect()
    }

    #[rstest]
    #[case("2026-11-29T17:20:00Z", "2026-08-01T00:00:00Z")]
    #[case("2026-12-01T00:00:00Z", "2026-09-01T00:00:00Z")]
    #[case("2027-03-01T00:00:07Z", "2026-12-01T00:00:00Z")]
    #[case("2028-02-29T23:59:59Z", "2027-11-01T00:00:00Z")]
    fn it_begins_three_whole_months_before(#[case] now: &str, #[case] begins: &str) {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        let begins = Timestamp::parse_rfc3339(begins).unwrap();
        assert_eq!(since(now), begins);
        for (id, checks) in checks(now) {
            let interval_ms = parameters(&id).unwrap().interval_ms;
            let (first, last) = (checks[0].started_at, checks[checks.len() - 1].started_at);
            assert!(first >= begins && first.since_ms(begins) <= interval_ms, "{id}: {first}");
            assert!(last <= now && now.since_ms(last) < interval_ms, "{id}: {last}");
        }
    }

    #[test]
    fn the_same_instant_has_the_same_past_and_no_two_services_are_alike() {
        let (once, again) = (checks(NOW), checks(NOW));
        assert_eq!(once, again);
        assert_eq!(once.len(), SERVICES.len());
        let shape = |checks: &[Check]| -> Vec<(i64, Option<u32>)> {
            checks.iter().take(500).map(|c| (c.started_at.0, c.latency_us)).collect()
        };
        let shapes: Vec<_> = once.iter().map(|(_, checks)| shape(checks)).collect();
        for (n, one) in shapes.iter().enumerate() {
            assert!(!shapes[..n].contains(one), "{n}");
        }
        // A day later, what was is the same.
        let later = checks(NOW.plus_ms(DAY_MS));
        for ((_, before), (_, after)) in once.iter().zip(&later) {
            assert_eq!(before[..], after[..before.len()]);
        }
    }

    #[test]
    fn it_has_outages_blips_slow_hours_and_a_hole() {
        let off = span(&OFF[0].0, NOW).unwrap();
        for (id, checks) in checks(NOW) {
            let mut at = Timestamp::MIN;
            for check in &checks {
                assert!(check.started_at > at, "{id}: not in order at {at}");
                at = check.started_at;
                assert!(!off.contains(at), "{id}: everup was off at {at}");
                assert_eq!(check.evidence.is_some(), check.verdict != Verdict::Ok);
            }
            let failed = checks.iter().filter(|check| check.verdict == Verdict::Fail).count();
            let share = failed * 100 / checks.len();
            assert!(failed > 4 && share < 1, "{id}: {failed} of {}", checks.len());
        }
        let search = &checks(NOW)[2].1;
        assert!(search.iter().any(|check| check.verdict == Verdict::Degraded));
    }

    #[test]
    fn answers_take_longer_by_day_than_by_night() {
        let of_hour = |hour: i64| -> u64 {
            let checks = &checks(NOW)[0].1;
            let of_hour = checks.iter().filter(|check| {
                check.started_at.0.rem_euclid(DAY_MS) / HOUR_MS == hour
                    && check.verdict == Verdict::Ok
            });
            let us: Vec<u64> = of_hour.filter_map(|c| c.latency_us).map(u64::from).collect();
            us.iter().sum::<u64>() / us.len() as u64
        };
        let (night, evening) = (of_hour(3), of_hour(19));
        assert!(evening * 10 > night * 13, "{night} and {evening}");
    }

    #[test]
    fn one_window_leaves_the_figure_and_one_does_not() {
        let windows = windows(NOW).unwrap();
        let left = |window: &&MaintenanceWindow| window.excluded().is_some();
        assert_eq!(windows.len(), 4);
        assert_eq!(windows.iter().filter(left).count(), 3);
        assert!(windows[3].start > NOW && windows[3].announced_at < NOW);
    }
}
