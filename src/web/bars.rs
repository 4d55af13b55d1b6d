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
use crate::report::column::{self, CLASSES, HEIGHT};
use crate::report::past::MonthSum;
use crate::report::status::Day;
use askama::Template;
use std::ops::Range;

/// How a picture is divided.
struct Grid {
    /// The class that says how wide a page must be for it.
    by: &'static str,
    /// What a column is called, one and several.
    columns: [&'static str; 2],
    /// A column's width, with the gap to the next.
    width: usize,
    /// The gap after a stretch; those within it are laid over the picture by a pattern.
    gap: usize,
}

const DAYS: Grid = Grid { by: "by-day", columns: ["day", "days"], width: 3, gap: 1 };
const WEEKS: Grid = Grid { by: "by-week", columns: ["week", "weeks"], width: 12, gap: 2 };
const MONTHS: Grid = Grid { by: "by-month", columns: ["month", "months"], width: 8, gap: 2 };

const DAYS_A_WEEK: usize = 7;

/// All that is drawn of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    class: &'static str,
    data: String,
}

/// A path while it is drawn: one outline a stretch of columns that stand on one foot. The
/// gaps between them are laid over the picture, so an outline runs on across them.
#[derive(Default)]
struct Pen {
    data: String,
    open: Option<Outline>,
}

/// An outline whose right end is not known yet.
struct Outline {
    /// The column it begins with, and the one after its last.
    columns: Range<usize>,
    /// Where its last step began.
    step: usize,
    top: i64,
    foot: i64,
}

impl Pen {
    /// Draws one column on.
    fn draw(&mut self, column: usize, top: i64, foot: i64, grid: &Grid) {
        match &mut self.open {
            Some(open) if open.columns.end == column && open.foot == foot => {
                open.columns.end += 1;
                if open.top != top {
                    let run = ((column - open.step) * grid.width) as i64;
                    put(&mut self.data, [("h", run), ("v", top - open.top)]);
                    (open.step, open.top) = (column, top);
                }
            }
            _ => {
                self.lift(grid);
                put(&mut self.data, [("M", (column * grid.width) as i64), (" ", top)]);
                let columns = column..column + 1;
                self.open = Some(Outline { columns, step: column, top, foot });
            }
        }
    }

    /// Closes the outline.
    fn lift(&mut self, grid: &Grid) {
        if let Some(Outline { columns, step, foot, .. }) = self.open.take() {
            let run = ((columns.end - step) * grid.width - grid.gap) as i64;
            let left = (columns.start * grid.width) as i64;
            put(&mut self.data, [("h", run), ("V", foot), ("H", left)]);
            self.data.push('z');
        }
    }

    fn lifted(mut self, grid: &Grid) -> String {
        self.lift(grid);
        self.data
    }
}

/// Writes some commands of a path. A page has thousands, so the numbers do not go through
/// the machinery of `format!`.
fn put<const N: usize>(data: &mut String, commands: [(&str, i64); N]) {
    let mut digits = itoa::Buffer::new();
    for (command, number) in commands {
        data.push_str(command);
        data.push_str(digits.format(number));
    }
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
    /// The bars of some days, oldest first, and those of the same days by weeks, of which
    /// the newest ends with the last day and the oldest has what is left.
    pub(super) fn of_days(days: &[Day]) -> [Bars; 2] {
        let mut weeks: Vec<Tally> = (days.rchunks(DAYS_A_WEEK))
            .map(|week| week.iter().map(|day| &day.tally).sum())
            .collect();
        weeks.reverse();
        let ends = ends(days);
        let days = days.iter().map(|day| &day.tally);
        [
            Bars::draw(days, ends.as_ref(), &DAYS),
            Bars::draw(weeks.iter(), ends.as_ref(), &WEEKS),
        ]
    }

    /// The bars of some months, oldest first.
    pub(super) fn of_months(months: &[MonthSum]) -> Bars {
        let ends = months.first().zip(months.last());
        let ends = ends.map(|(first, last)| [first.month.name(), last.month.name()]);
        Bars::draw(months.iter().map(|sum| &sum.tally), ends.as_ref(), &MONTHS)
    }

    fn draw<'a>(
        tallies: impl ExactSizeIterator<Item = &'a Tally> + Clone,
        ends: Option<&[String; 2]>,
        grid: &Grid,
    ) -> Bars {
        let mut pens: [Pen; CLASSES.len()] = Default::default();
        for (index, tally) in tallies.clone().enumerate() {
            column::draw(tally, |class, top, height| {
                pens[class].draw(index, top, top + height, grid);
            });
        }
        let paths = (CLASSES.into_iter().zip(pens))
            .map(|(class, pen)| Path { class, data: pen.lifted(grid) })
            .filter(|path| !path.data.is_empty());
        Bars {
            paths: paths.collect(),
            width: tallies.len() * grid.width,
            label: in_words(tallies, ends, grid),
            by: grid.by,
            height: HEIGHT,
        }
    }
}

/// A picture of days in words.
pub(super) fn label(days: &[Day]) -> String {
    in_words(days.iter().map(|day| &day.tally), ends(days).as_ref(), &DAYS)
}

/// The first and the last of some days.
fn ends(days: &[Day]) -> Option<[String; 2]> {
    let (first, last) = days.first().zip(days.last())?;
    Some([moment::day(first.date), moment::day(last.date)])
}

/// The picture in words: `90 days from 27 Aug to 24 Nov: 2 days with downtime (34 min),
/// 3 days not fully checked (5 h 10 min)`.
fn in_words<'a>(
    tallies: impl ExactSizeIterator<Item = &'a Tally>,
    ends: Option<&[String; 2]>,
    grid: &Grid,
) -> String {
    let Some([first, last]) = ends else { return String::new() };
    let [_, several] = grid.columns;
    let all = tallies.len();
    let facts = facts(tallies, grid.columns);
    format!("{all} {several} from {first} to {last}: {facts}")
}

/// What happened in some columns, which are called so.
fn facts<'a>(
    tallies: impl ExactSizeIterator<Item = &'a Tally>,
    [one, several]: [&str; 2],
) -> String {
    let all = tallies.len();
    let mut sums = [(0_usize, 0_i64); KINDS.len()];
    let mut lived = 0;
    for tally in tallies {
        lived += usize::from(tally.window() > tally.outside);
        for ((count, sum), ms) in sums.iter_mut().zip(kinds(tally)) {
            *count += usize::from(ms > 0);
            *sum += ms;
        }
    }
    let mut facts = Vec::new();
    for ((count, sum), words) in sums.into_iter().zip(KINDS) {
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

/// What is told of.
const KINDS: [&str; 5] =
    ["with downtime", "slow at times", "with maintenance", "not fully checked", "paused"];

/// How long each of it was.
fn kinds(tally: &Tally) -> [i64; KINDS.len()] {
    [tally.down, tally.degraded, tally.maintenance, tally.unknown, tally.paused]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;
    use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
    use chrono::{Days, NaiveDate};

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
        let [by_day, by_week] = Bars::of_days(&days(vec![WELL; 90]));
        assert_eq!(data(&by_day), [("up", "M0 10h269V28H0z")]);
        assert_eq!(by_day.label, "90 days from 27 Aug to 24 Nov: up all the time");
        assert_eq!(data(&by_week), [("up", "M0 10h154V28H0z")]);
        assert_eq!(by_week.label, "13 weeks from 27 Aug to 24 Nov: up all the time");
    }

    #[test]
    fn a_week_is_the_sum_of_its_days_and_the_newest_ends_with_the_last() {
        let mut tallies = vec![WELL; 15];
        for day in [7, 8] {
            tallies[day] = Tally { down: DAY_MS, up: 0, ..WELL };
        }
        let [_, bars] = Bars::of_days(&days(tallies));
        // The first week has one day, the second one and the third one of downtime.
        assert_eq!(data(&bars), [("down", "M12 0h22V14H12z"), ("up", "M0 10h12v5h22V28H0z")]);
        assert_eq!(bars.label, "3 weeks from 27 Aug to 10 Sep: 2 weeks with downtime (2 d)");
    }

    #[test]
    fn a_minute_of_downtime_stands_out_above_the_good_days() {
        let mut tallies = vec![WELL; 3];
        tallies[1] = Tally { down: MINUTE_MS, up: DAY_MS - MINUTE_MS, ..WELL };
        let [bars, _] = Bars::of_days(&days(tallies));
        let up = "M0 10h3v3h3v-3h2V28H0z";
        assert_eq!(data(&bars), [("down", "M3 0h2V12H3z"), ("up", up)]);
        assert!(bars.label.ends_with(": 1 day with downtime (1 min)"), "{}", bars.label);
    }

    #[test]
    fn an_outline_ends_where_its_class_does_and_where_the_foot_is_another() {
        let unknown = Tally { unknown: DAY_MS, up: 0, ..WELL };
        let above = Tally { unknown: DAY_MS / 2, up: DAY_MS / 2, ..WELL };
        let outside = Tally { outside: DAY_MS, up: 0, ..WELL };
        let [bars, _] = Bars::of_days(&days(vec![unknown, above, outside, above, WELL]));
        assert_eq!(
            data(&bars),
            [
                ("unknown", "M0 10h2V28H0zM3 10h2V19H3zM9 10h2V19H9z"),
                ("up", "M3 20h2V28H3zM9 20h3v-10h2V28H9z"),
            ]
        );
    }
}
