//! Maintenance that comes again and again: when its turns begin.
//!
//! A rule speaks of local time, as people do. Each local time that it names is settled as
//! months are: at the first instant whose local time is that or later. So a turn that falls
//! into the hour that clocks skip begins when they have skipped it, one that falls into the
//! hour that comes twice begins at the first of the two, and turns that come to begin at the
//! same instant are one. How long a turn lasts is elapsed time.

use super::maintenance::MaintenanceWindow;
use super::monitor::MonitorId;
use super::month::first_at;
use super::timestamp::{DAY_MS, HOUR_MS, Timestamp};
use chrono::{Days, NaiveDateTime};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// What comes more often is no maintenance.
pub const APART_MS_MIN: i64 = HOUR_MS;

/// Turns are looked for so far ahead: one that comes every year is announced some weeks
/// before the one before it.
pub const AHEAD_MS_MAX: i64 = 400 * DAY_MS;

/// How many turns in a row are looked at to see how far apart they are: a year of days.
const LOOKED_AT: usize = 366;

/// When it begins, in local time: the five fields of cron.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    text: String,
}

/// Two schedules are the same if they are written alike.
impl PartialEq for Schedule {
    fn eq(&self, other: &Schedule) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

impl Schedule {
    /// Reads the five fields: minute, hour, day of the month, month, day of the week.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        let fields = text.split_whitespace().count();
        if fields != 5 && !text.trim_start().starts_with('@') {
            return Err(format!(
                "it has {fields} fields instead of five (minute, hour, day of the month, month, \
                 day of the week)"
            ));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text).map_err(|error| {
            let told = error.to_string();
            let told = told.rsplit(": ").next().unwrap_or(&told).trim_end_matches('.');
            let mut letters = told.chars();
            let first = letters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(letters).collect::<String>()
        })?;
        Ok(Schedule { cron, text: text.trim().to_owned() })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The next local time that it names, after `local` or at it.
    fn next(&self, local: NaiveDateTime, inclusive: bool) -> Option<NaiveDateTime> {
        self.cron.find_next_occurrence(&local, inclusive).ok()
    }
}

/// A rule by which maintenance comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// What it is called.
    pub id: MonitorId,
    /// When its turns begin.
    pub schedule: Schedule,
    /// How long each lasts, in milliseconds.
    pub duration_ms: i64,
    /// Whose local time it speaks of.
    pub zone: Tz,
    /// What users are told.
    pub message: String,
    /// The monitors that it is about; empty: all.
    pub monitors: Vec<MonitorId>,
}

impl Recurrence {
    /// When its turns begin, from `from` on, in order.
    pub fn turns(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        // Clocks are never put by a day or more, but for the zones that changed their date.
        let local = from.to_utc().with_timezone(&self.zone).naive_local();
        let mut next = local
            .checked_sub_days(Days::new(2))
            .and_then(|local| self.schedule.next(local, true));
        let mut newest = from.plus_ms(-1);
        std::iter::from_fn(move || {
            loop {
                let local = next?;
                next = self.schedule.next(local, false);
                let at = first_at(local, self.zone);
                if at > newest {
                    newest = at;
                    return Some(at);
                }
            }
        })
    }

    /// Whether a turn begins just then.
    #[must_use]
    pub fn has_turn(&self, at: Timestamp) -> bool {
        self.turns(at).next() == Some(at)
    }

    /// The window of a turn, as it is announced at `now`.
    #[must_use]
    pub fn window(&self, at: Timestamp, now: Timestamp) -> MaintenanceWindow {
        MaintenanceWindow {
            announced_at: now,
            start: at,
            end: at.plus_ms(self.duration_ms),
            cancelled_at: None,
            message: self.message.clone(),
            monitors: self.monitors.clone(),
            emergency: false,
        }
    }

    /// How far apart two turns in a row are at least, from `from` on, in milliseconds, among
    /// those of a year or so; `None` where there are not two.
    #[must_use]
    pub fn apart_ms(&self, from: Timestamp) -> Option<i64> {
        let turns: Vec<Timestamp> = self.turns(from).take(LOOKED_AT).collect();
        turns.windows(2).map(|pair| pair[1].since_ms(pair[0])).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Asia, Australia, Europe};
    use rstest::rstest;

    fn rule(schedule: &str, zone: Tz) -> Recurrence {
        Recurrence {
            id: MonitorId::new("weekly").unwrap(),
            schedule: Schedule::parse(schedule).unwrap(),
            duration_ms: 2 * HOUR_MS,
            zone,
            message: String::new(),
            monitors: Vec::new(),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[rstest]
    // Sunday nights of Madrid: +01:00, over the change of 2026-03-29, then +02:00.
    #[case("0 2 * * SUN", Europe::Madrid, "2026-03-20T00:00:00Z",
        &["2026-03-22T01:00:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:00:00Z"])]
    // 02:30 is skipped on that day: it begins when the clocks have been put.
    #[case("30 2 * * *", Europe::Berlin, "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])]
    // Two in the skipped hour are one.
    #[case("15,45 2 * * *", Europe::Berlin, "2026-03-29T00:00:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z", "2026-03-30T00:45:00Z"])]
    // 02:30 comes twice on 2026-10-25: the first of the two.
    #[case("30 2 * * *", Europe::Berlin, "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])]
    // Asked between the two, it is over.
    #[case("30 2 * * *", Europe::Berlin, "2026-10-25T00:30:00.001Z",
        &["2026-10-26T01:30:00Z"])]
    // Every hour: the hour that comes twice is one turn, and so is the one that is skipped.
    #[case("0 * * * *", Europe::Berlin, "2026-10-25T00:00:00Z",
        &["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"])]
    // Clocks that are put at midnight, and by half an hour.
    #[case("0 0 * * *", America::Asuncion, "2023-09-30T12:00:00Z",
        &["2023-10-01T04:00:00Z", "2023-10-02T03:00:00Z"])]
    #[case("15 2 * * *", Australia::Lord_Howe, "2026-10-03T00:00:00Z",
        &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"])]
    #[case("0 12 L * *", Asia::Kolkata, "2026-02-01T00:00:00Z",
        &["2026-02-28T06:30:00Z", "2026-03-31T06:30:00Z"])]
    #[case("@daily", chrono_tz::UTC, "2026-02-01T00:00:00Z",
        &["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"])]
    fn turns_begin_at_the_first_instant_of_their_local_time(
        #[case] schedule: &str,
        #[case] zone: Tz,
        #[case] from: &str,
        #[case] expected: &[&str],
    ) {
        let rule = rule(schedule, zone);
        let turns: Vec<String> =
            rule.turns(at(from)).take(expected.len()).map(|at| at.to_string()).collect();
        assert_eq!(turns, expected);
        assert!(rule.has_turn(at(expected[0])));
        assert!(!rule.has_turn(at(expected[0]).plus_ms(1)));
    }

    #[test]
    fn what_is_no_schedule_is_told() {
        let wrong = |text| Schedule::parse(text).unwrap_err();
        assert!(wrong("0 2 * *").starts_with("it has 4 fields instead of five (minute, hour"));
        assert!(wrong("0 0 2 * * SUN").starts_with("it has 6 fields"));
        for text in ["61 2 * * *", "0 2 * * FOO", "a b c d e", "0 2 32 * *"] {
            assert!(!wrong(text).is_empty(), "{text}");
        }
        // It is written well, and never comes.
        let never = rule("0 0 30 2 *", chrono_tz::UTC);
        assert_eq!(never.turns(at("2026-01-01T00:00:00Z")).next(), None);
    }

    #[test]
    fn turns_are_as_far_apart_as_the_nearest_two() {
        let from = at("2026-01-01T00:00:00Z");
        assert_eq!(rule("0 2 * * SUN", Europe::Madrid).apart_ms(from), Some(167 * HOUR_MS));
        assert_eq!(rule("0 2 * * *", chrono_tz::UTC).apart_ms(from), Some(DAY_MS));
        assert_eq!(rule("*/5 * * * *", chrono_tz::UTC).apart_ms(from), Some(300_000));
        assert_eq!(rule("0 0 30 2 *", chrono_tz::UTC).apart_ms(from), None);
    }
}
