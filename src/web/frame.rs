//! What every page has around its content: title, icon, navigation, footer.

use super::View;
use super::asset::{Asset, ICON_DOWN, ICON_NEUTRAL, ICON_TROUBLE, ICON_UP, SCRIPT, STYLE};
use super::error::Problem;
use super::moment::Moment;
use crate::domain::foreign::MadeUp;
use crate::domain::month::Month;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::imported::warning;
use crate::report::status::State;
use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// The frame of one page.
pub(super) struct Frame {
    /// The window's title.
    pub(super) title: String,
    /// The path of the icon.
    pub(super) icon: &'static str,
    /// The path of the style sheet.
    pub(super) style: &'static str,
    /// The path of the script.
    pub(super) script: &'static str,
    /// The address of the navigation under which the page is found, if there is one.
    pub(super) here: &'static str,
    /// After how many seconds a page that stays open is loaded again.
    pub(super) refresh_s: Option<u32>,
    /// That some of what the database holds was made up, a sentence without its full stop.
    pub(super) made_up: Option<String>,
    /// What the page knows of the time; an error page knows nothing.
    pub(super) as_of: Option<AsOf>,
    /// Of everup.
    pub(super) version: &'static str,
}

/// When a page was made.
pub(super) struct AsOf {
    /// The instant.
    pub(super) at: Moment,
    /// The zone of the report.
    pub(super) zone: &'static str,
    /// The running month, whose report is linked.
    pub(super) month: Month,
    /// Whether all times of the page stay in the report's zone, whoever reads it.
    pub(super) fixed: bool,
}

impl Frame {
    /// The frame of a page that shows monitors as they are.
    pub(super) fn of(view: &View, title: String, state: State) -> Frame {
        let zone = view.settings.zone;
        let as_of = AsOf {
            at: Moment::exact(view.now, zone),
            zone: zone.name(),
            month: view.settings.calendar().around(view.now),
            fixed: false,
        };
        Frame { icon: &icon(state).path, as_of: Some(as_of), ..Frame::warning(view, title) }
    }

    /// The frame of a report, which reads the same for everyone: all its times are in the
    /// report's zone.
    pub(super) fn fixed(view: &View, title: String, as_of: Timestamp, zone: Tz) -> Frame {
        let as_of = AsOf {
            at: Moment::fixed(as_of, zone),
            zone: zone.name(),
            month: view.settings.calendar().around(view.now),
            fixed: true,
        };
        Frame { here: "/report", as_of: Some(as_of), ..Frame::warning(view, title) }
    }

    /// A frame that says, where it is so, that not all that is kept was ever seen: in the
    /// window's title, too.
    fn warning(view: &View, title: String) -> Frame {
        let times = view.snapshot.histories.iter().map(|history| &history.made_up);
        match MadeUp::within(times, Span::ALWAYS) {
            None => Frame::plain(&title),
            Some(made_up) => Frame {
                made_up: Some(warning(made_up, view.settings.zone)),
                ..Frame::plain(&format!("Demonstration: {title}"))
            },
        }
    }

    /// The frame of a page that knows nothing of any monitor.
    pub(super) fn plain(title: &str) -> Frame {
        Frame {
            title: title.to_owned(),
            icon: &ICON_NEUTRAL.path,
            style: &STYLE.path,
            script: &SCRIPT.path,
            here: "",
            refresh_s: None,
            made_up: None,
            as_of: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn icon(state: State) -> &'static Asset {
    match state {
        State::Up => &ICON_UP,
        State::Down => &ICON_DOWN,
        State::Failing | State::Degraded | State::Unknown => &ICON_TROUBLE,
        State::Maintenance | State::Pending | State::Paused => &ICON_NEUTRAL,
    }
}

/// The name of a state's mark, its colour and its place in the style sheet.
pub(super) fn mark(state: State) -> &'static str {
    match state {
        State::Down => "down",
        State::Failing => "failing",
        State::Degraded => "degraded",
        State::Unknown => "unknown",
        State::Maintenance => "maintenance",
        State::Pending => "pending",
        State::Paused => "paused",
        State::Up => "up",
    }
}

/// A page as an answer. It is of this moment, so nobody may keep it without asking.
pub(super) fn answer(page: &impl Template) -> Result<Response, Problem> {
    let html = page.render().map_err(Problem::ours)?;
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, html).into_response())
}
