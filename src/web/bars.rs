//! The bars of days or months as SVG: a picture of a monitor's days, and one of its weeks for
//! where days would be hairlines; at most one path a class.
//!
//! Pure geometry. A day (or a week) is a column; its classes share the height by their time, and
//! whatever happened is seen: an outage of a minute has a mark that stands out above
//! the line of good days, and the classes of a day are kept apart by a line of paper, so
//! that a bar reads without colour. Days of one kind are drawn as one stretch, so a quiet
//! quarter is a single rectangle.

use super::moment;
use crate::domain::duration;
use crate::domain::uptime::Tally;
use crate::report::past::MonthSum;
use crate::report::status::Day;
use askama::Template;
use std::fmt::Write;

/// How a picture is divided.
struct Grid {
    /// The class that says how wide a page must be for it.
    by: &'static str,
    /// What a column is called, one and several.
    columns: [&'static str; 2],
    /// How many days a column has, where all have the same number.
    days: usize,
    /// A column's width, with the gap to the next.
    width: usize,
    /// The gap after a stretch; those within it are laid over the picture by a pattern.
    gap: usize,
}

const DAYS: Grid = Grid { by: "by-day", columns: ["day", "days"], days: 1, width: 3, gap: 1 };
const WEEKS: Grid =
    Grid { by: "by-week", columns: ["week", "weeks"], days: 7, width: 12, gap: 2 };
const MONTHS: Grid =
    Grid { by: "by-month", columns: ["month", "months"], days: 0, width: 8, gap: 2 };

/// The height of a picture: what a day that was down all through has.
pub(super) const HEIGHT: i64 = 28;
/// The height of a day without downtime. What is above it is for outages alone.
const BODY: i64 = 18;
/// The least height of an outage: what stands out, and a little of the body, so that
/// both are seen as one mark. From there it grows with its time.
const OUTAGE_MIN: i64 = HEIGHT - BODY + 2;
/// The least height of anything else that happened.
const MARK_MIN: i64 = 5;
/// What is left to everything else on a day that was nearly all downtime.
const LEAST: i64 = 3;
/// The paper between two classes of a day: no two colours need to be told apart where
/// they touch.
const SEAM: i64 = 1;
/// The height of a paused day: a line that lies low.
const PAUSED: i64 = 4;

/// A stretch of columns of one class and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rect {
    class: &'static str,
    column: usize,
    columns: usize,
    top: i64,
    height: i64,
}

/// All rectangles of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    class: &'static str,
    data: String,
}

/// The bars of one monitor.
#[derive(Clone, Debug, Template)]
#[template(path = "bars.svg")]
pub(super) struct Bars {
    by: &'static str,
    paths: Vec<Path>,
    label: String,
    width: usize,
    height: i64,
}

impl Bars {
    /// The bars of some days, oldest first.
    pub(super) fn days(days: &[Day]) -> Bars {
        Bars::of_days(days, &DAYS)
    }

    /// The same days by weeks, of which the newest ends with the last day and the oldest
    /// has what is left.
    pub(super) fn weeks(days: &[Day]) -> Bars {
        Bars::of_days(days, &WEEKS)
    }

    /// The bars of some months, oldest first.
    pub(super) fn of_months(months: &[MonthSum]) -> Bars {
        let tallies: Vec<Tally> = months.iter().map(|sum| sum.tally).collect();
        let ends = months.first().zip(months.last());
        let ends = ends.map(|(first, last)| [first.month.name(), last.month.name()]);
        Bars::draw(&tallies, ends, &MONTHS)
    }

    fn of_days(days: &[Day], grid: &Grid) -> Bars {
        let mut tallies: Vec<Tally> = (days.rchunks(grid.days))
            .map(|days| days.iter().map(|day| &day.tally).sum())
            .collect();
        tallies.reverse();
        Bars::draw(&tallies, ends(days), grid)
    }

    fn draw(tallies: &[Tally], ends: Option<[String; 2]>, grid: &Grid) -> Bars {
        let mut rects: Vec<Rect> = Vec::new();
        for (index, tally) in tallies.iter().enumerate() {
            for (class, top, height) in column(tally) {
                let goes_on = |rect: &&mut Rect| {
                    (rect.class, rect.top, rect.height) == (class, top, height)
                        && rect.column + rect.columns == index
                };
                match rects.iter_mut().rev().take(CLASSES.len()).find(goes_on) {
                    Some(rect) => rect.columns += 1,
                    None => {
                        rects.push(Rect { class, column: index, columns: 1, top, height });
                    }
                }
            }
        }
        let path = |class: &'static str| {
            let mut data = String::new();
            for rect in rects.iter().filter(|rect| rect.class == class) {
                let left = rect.column * grid.width;
                let width = rect.columns * grid.width - grid.gap;
                // Writing to a string cannot fail.
                let _ = write!(data, "M{left} {}h{width}v{}h-{width}z", rect.top, rect.height);
            }
            (!data.is_empty()).then_some(Path { class, data })
        };
        Bars {
            paths: CLASSES.into_iter().filter_map(path).collect(),
            label: in_words(tallies, ends, grid),
            by: grid.by,
            width: tallies.len() * grid.width,
            height: HEIGHT,
        }
    }
}

/// The classes that are drawn, from the top of a column to its foot.
pub(super) const CLASSES: [&str; 6] =
    ["down", "unknown", "maintenance", "degraded", "up", "paused"];

/// A part of a day: its class, its top and its height.
pub(super) type Part = (&'static str, i64, i64);

/// What one day looks like: its parts, from top to foot.
pub(super) fn column(tally: &Tally) -> impl Iterator<Item = Part> + use<> {
    parts(tally).into_iter().flatten()
}

/// An array and no list: a page has tens of thousands of days.
fn parts(tally: &Tally) -> [Option<Part>; CLASSES.len()] {
    let mut parts = [None; CLASSES.len()];
    let lived = tally.window() - tally.outside;
    if lived <= 0 {
        return parts;
    }
    if tally.paused == lived {
        parts[0] = Some(("paused", HEIGHT - PAUSED, PAUSED));
        return parts;
    }
    // A month has less than 10^10 milliseconds, so the product is far from overflowing.
    let share = |ms: i64, height: i64| ms * height / lived;
    let body = [
        ("unknown", tally.unknown),
        ("maintenance", tally.maintenance),
        ("degraded", tally.degraded),
        ("up", tally.up),
        ("paused", tally.paused),
    ];
    let mut kinds = body.iter().filter(|(_, ms)| *ms > 0).count() as i64;
    let mut top = HEIGHT - BODY;
    if tally.down > 0 {
        let height = OUTAGE_MIN + share(tally.down, HEIGHT - OUTAGE_MIN);
        let height = height.min(HEIGHT - kinds * LEAST);
        parts[0] = Some(("down", 0, height));
        top = height;
    }
    for (part, (class, ms)) in parts[1..].iter_mut().zip(body).filter(|(_, (_, ms))| *ms > 0) {
        let room = HEIGHT - top;
        let least = MARK_MIN.min(room / kinds);
        kinds -= 1;
        let height = match kinds {
            0 => room,
            others => share(ms, BODY).clamp(least, room - others * least),
        };
        *part = Some((class, top, height));
        top += height;
    }
    for (_, top, height) in parts.iter_mut().flatten().skip(1) {
        *top += SEAM;
        *height -= SEAM;
    }
    parts
}

/// How long something was.
type Length = fn(&Tally) -> i64;

/// A picture of days in words.
pub(super) fn label(days: &[Day]) -> String {
    let tallies: Vec<Tally> = days.iter().map(|day| day.tally).collect();
    in_words(&tallies, ends(days), &DAYS)
}

/// The first and the last of some days.
fn ends(days: &[Day]) -> Option<[String; 2]> {
    let (first, last) = days.first().zip(days.last())?;
    Some([moment::day(first.date), moment::day(last.date)])
}

/// The picture in words: `90 days from 27 Aug to 24 Nov: 2 days with downtime (34 min),
/// 3 days not fully checked (5 h 10 min)`.
fn in_words(tallies: &[Tally], ends: Option<[String; 2]>, grid: &Grid) -> String {
    let Some([first, last]) = ends else { return String::new() };
    let [_, several] = grid.columns;
    let facts = facts(tallies, grid.columns);
    format!("{} {several} from {first} to {last}: {facts}", tallies.len())
}

/// What happened in some columns, which are called so.
fn facts(tallies: &[Tally], [one, several]: [&str; 2]) -> String {
    let all = tallies.len();
    let mut sums = [(0_usize, 0_i64); KINDS.len()];
    let mut lived = 0;
    for tally in tallies {
        lived += usize::from(tally.window() > tally.outside);
        for ((count, sum), (ms, _)) in sums.iter_mut().zip(KINDS) {
            *count += usize::from(ms(tally) > 0);
            *sum += ms(tally);
        }
    }
    let mut facts = Vec::new();
    for ((count, sum), (_, words)) in sums.into_iter().zip(KINDS) {
        if count > 0 {
            let columns = if count == 1 { one } else { several };
            let length = duration::in_words(sum);
            facts.push(format!("{count} {columns} {words} ({length})"));
        }
    }
    if lived == 0 {
        facts.push("nothing was watched yet".to_owned());
    } else if lived < all {
        facts.push(format!("watched on {lived} of them"));
    }
    if facts.is_empty() {
        facts.push("up all the time".to_owned());
    }
    facts.join(", ")
}

/// What is told of, and how.
const KINDS: [(Length, &str); 5] = [
    (|tally| tally.down, "with downtime"),
    (|tally| tally.degraded, "slow at times"),
    (|tally| tally.maintenance, "with maintenance"),
    (|tally| tally.unknown, "not fully checked"),
    (|tally| tally.paused, "paused"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;
    use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
    use chrono::{Days, NaiveDate};
    use rstest::rstest;

    const WELL: Tally = Tally {
        up: DAY_MS,
        outside: 0,
        paused: 0,
        maintenance: 0,
        degraded: 0,
        down: 0,
        unknown: 0,
    };

    fn days(tallies: Vec<Tally>) -> Vec<Day> {
        let first = NaiveDate::from_ymd_opt(2026, 8, 27).unwrap();
        (tallies.into_iter().enumerate())
            .map(|(index, tally)| Day {
                date: first + Days::new(index as u64),
                span: Span::new(Timestamp(0), Timestamp(DAY_MS)),
                tally,
            })
            .collect()
    }

    fn data(bars: &Bars) -> Vec<(&str, &str)> {
        bars.paths.iter().map(|path| (path.class, path.data.as_str())).collect()
    }

    #[test]
    fn a_quiet_quarter_is_one_rectangle() {
        let bars = Bars::days(&days(vec![WELL; 90]));
        assert_eq!(data(&bars), [("up", "M0 10h269v18h-269z")]);
        assert_eq!(bars.label, "90 days from 27 Aug to 24 Nov: up all the time");
        let bars = Bars::weeks(&days(vec![WELL; 90]));
        assert_eq!(data(&bars), [("up", "M0 10h154v18h-154z")]);
        assert_eq!(bars.label, "13 weeks from 27 Aug to 24 Nov: up all the time");
    }

    #[test]
    fn a_week_is_the_sum_of_its_days_and_the_newest_ends_with_the_last() {
        let mut tallies = vec![WELL; 15];
        for day in [7, 8] {
            tallies[day] = Tally { down: DAY_MS, up: 0, ..WELL };
        }
        let bars = Bars::weeks(&days(tallies));
        // The first week has one day, the second one and the third one of downtime.
        let up = "M0 10h10v18h-10zM12 15h22v13h-22z";
        assert_eq!(data(&bars), [("down", "M12 0h22v14h-22z"), ("up", up)]);
        assert_eq!(bars.label, "3 weeks from 27 Aug to 10 Sep: 2 weeks with downtime (2 d)");
    }

    #[test]
    fn a_minute_of_downtime_stands_out_above_the_good_days() {
        let mut tallies = vec![WELL; 3];
        tallies[1] = Tally { down: MINUTE_MS, up: DAY_MS - MINUTE_MS, ..WELL };
        let bars = Bars::days(&days(tallies));
        let up = "M0 10h2v18h-2zM3 13h2v15h-2zM6 10h2v18h-2z";
        assert_eq!(data(&bars), [("down", "M3 0h2v12h-2z"), ("up", up)]);
        assert!(bars.label.ends_with(": 1 day with downtime (1 min)"), "{}", bars.label);
    }

    #[rstest]
    #[case(Tally { down: DAY_MS, up: 0, ..WELL }, &[("down", 0, 28)])]
    #[case(Tally { down: DAY_MS / 2, up: DAY_MS / 2, ..WELL }, &[("down", 0, 20), ("up", 21, 7)])]
    #[case(Tally { down: DAY_MS / 16, up: DAY_MS / 16 * 15, ..WELL }, &[("down", 0, 13), ("up", 14, 14)])]
    #[case(Tally { unknown: DAY_MS, up: 0, ..WELL }, &[("unknown", 10, 18)])]
    #[case(Tally { unknown: 1, up: DAY_MS - 1, ..WELL }, &[("unknown", 10, 5), ("up", 16, 12)])]
    #[case(Tally { outside: DAY_MS, up: 0, ..WELL }, &[])]
    #[case(Tally { outside: DAY_MS - 5, up: 5, ..WELL }, &[("up", 10, 18)])]
    #[case(Tally { paused: DAY_MS, up: 0, ..WELL }, &[("paused", 24, 4)])]
    fn classes_share_a_day_by_their_time(
        #[case] tally: Tally,
        #[case] parts: &[(&'static str, i64, i64)],
    ) {
        assert_eq!(column(&tally).collect::<Vec<_>>(), parts);
    }

    #[test]
    fn a_column_is_whole_but_for_its_seams_whatever_happened_in_it() {
        for kinds in 1..64_i64 {
            let ms = |bit: u32, much: i64| if kinds >> bit & 1 == 1 { much } else { 0 };
            for (much, little) in [(9, 9), (1, DAY_MS), (DAY_MS, 1)] {
                let tally = Tally {
                    outside: 0,
                    up: ms(0, much),
                    degraded: ms(1, little),
                    down: ms(2, much),
                    unknown: ms(3, little),
                    maintenance: ms(4, much),
                    paused: ms(5, little),
                };
                let parts: Vec<Part> = column(&tally).collect();
                let foot = parts.iter().fold(parts[0].1, |top, part| {
                    assert_eq!(part.1, top, "{tally:?}");
                    assert!(part.2 > 1, "{tally:?}");
                    top + part.2 + SEAM
                });
                assert_eq!(foot, HEIGHT + SEAM, "{tally:?}");
                assert_eq!(parts.len(), kinds.count_ones() as usize, "{tally:?}");
            }
        }
    }
}
