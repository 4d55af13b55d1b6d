//! What the pages of a monitor and of a group have in common: its days, one month in
//! pictures, its months, its outages.

use super::View;
use super::bars::Bars;
use super::days::Days;
use super::error::Problem;
use super::explain::address;
use super::figure::{self, Figure, length};
use super::moment;
use super::outages::Outages;
use super::restatement;
use super::views::Views;
use crate::domain::month::{Month, days_of};
use crate::domain::period::Period;
use crate::report::figures::Figures;
use crate::report::months::months;
use crate::report::past::Past;
use crate::report::period::NoReport;
use crate::report::restated;
use crate::report::status::Day;
use crate::report::story::Story;
use crate::store::closed::Subject as Closed;
use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use chrono_tz::Tz;
use serde::Deserialize;

/// The sections.
#[derive(Template)]
#[template(path = "story.html")]
pub(super) struct Sections<'a> {
    /// The address of the page, and its place in a report.
    address: String,
    place: String,
    /// By days and by weeks.
    bars: [Bars; 2],
    first_day: String,
    last_day: String,
    days: Days,
    /// The month that is shown in pictures, and its neighbours.
    month: Month,
    previous: Option<Month>,
    next: Option<Month>,
    views: Option<Views>,
    months: Vec<Row>,
    months_left_out: usize,
    outages: Option<Outages<'a>>,
    outages_shown: usize,
    outages_count: usize,
    outages_excused: usize,
}

struct Row {
    month: Month,
    figure: Figure,
    /// Since or until which day, where that lies within the month.
    life: Vec<(&'static str, String)>,
    /// What corrections make of the figure, where it was corrected.
    adjusted: Option<String>,
    /// Whether it is closed, without a row of this one.
    is_late: bool,
    downtime: String,
    outages: usize,
}

/// Whose story it is.
pub(super) struct Subject<'a> {
    /// What its address begins with, `/monitors` or `/groups`.
    pub(super) folder: &'static str,
    /// What its place in a report begins with, `m` or `g`.
    pub(super) kind: char,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

/// The month that is to be shown in pictures.
#[derive(Deserialize)]
pub(super) struct AskedMonth {
    month: Option<String>,
}

/// The month that was asked for, by default the running one.
pub(super) fn month(
    asked: Result<Query<AskedMonth>, QueryRejection>,
    view: &View,
) -> Result<Month, Problem> {
    let calendar = view.settings.calendar();
    let Some(text) = asked.ok().and_then(|Query(asked)| asked.month) else {
        return Ok(calendar.around(view.now));
    };
    let month = Month::parse(&text).map_err(|why| Problem::bad_period(&why))?;
    let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
    let months = months(histories, view.now, &calendar).ok_or(NoReport::NoMonitor)?;
    months.admit(Period::Month(month), &calendar)?;
    Ok(month)
}

impl<'a> Sections<'a> {
    /// The story of a past, with pictures of `month`.
    pub(super) fn of(
        view: &View,
        subject: &Subject<'_>,
        past: &Past,
        story: &'a Story,
        month: Month,
    ) -> Sections<'a> {
        let (zone, decimals) = (view.settings.zone, view.settings.decimals());
        let day = |day: Option<&Day>| day.map(|day| moment::day(day.date)).unwrap_or_default();
        let caption = format!("Outages of {}", subject.name);
        let neighbour =
            |month: Month| story.months.iter().any(|of| of.0 == month).then_some(month);
        // A month that was closed is drawn as it was closed.
        let kept = story.months.iter().find(|of| of.0 == month);
        let timeline = kept.map_or_else(
            || past.timeline.within(view.settings.calendar().month(month)),
            |(_, figures)| figures.timeline.clone(),
        );
        let dates = days_of(timeline.window(), zone);
        let home = format!("{}/{}", subject.folder, subject.id);
        let of = if subject.kind == 'g' { Closed::Group } else { Closed::Monitor };
        let row = |month: &(Month, Figures)| {
            let adjusted = restated::adjusted(&story.corrected, month.0, of, subject.id);
            let adjusted = adjusted.map(|of| restatement::uptime(of, decimals));
            let is_late = story.closed_without.contains(&month.0);
            Row { adjusted, is_late, ..row(month, &home, zone, decimals) }
        };
        Sections {
            place: format!("{}-{}", subject.kind, subject.id),
            bars: Bars::of_days(&story.days),
            first_day: day(story.days.first()),
            last_day: day(story.days.last()),
            days: Days::all(&story.days, &home, decimals),
            month,
            previous: neighbour(month.previous()),
            next: neighbour(month.next()),
            views: Views::of(&home, &timeline, month.name(), &dates, zone, decimals),
            months: story.months.iter().map(row).collect(),
            months_left_out: story.months_count - story.months.len(),
            outages: (!story.outages.is_empty()).then(|| Outages::live(story, view, caption)),
            outages_shown: story.outages.len(),
            outages_count: story.outages_count,
            outages_excused: story.outages_excused,
            address: home,
        }
    }
}

fn row((month, figures): &(Month, Figures), home: &str, zone: Tz, decimals: u32) -> Row {
    Row {
        month: *month,
        figure: Figure::of(figures, decimals)
            .explained(address::of(home, Period::Month(*month))),
        life: figure::life(figures, |at| moment::day_of(at, zone)),
        adjusted: None,
        is_late: false,
        downtime: length(figures.tally.down),
        outages: figures.outages.len(),
    }
}
