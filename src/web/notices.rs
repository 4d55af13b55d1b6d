//! Maintenance that is overrunning, under way or planned, in lines: on the status page and
//! on those of monitors and groups.

use super::View;
use super::message::Message;
use super::moment::Moment;
use super::sentence::Sentence;
use super::unbroken::unbroken;
use crate::domain::duration;
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use crate::domain::timestamp::MINUTE_MS;
use crate::report::banner::Stage;
use crate::report::maintenance;
use crate::report::notice::{self, Notice, Standing};
use askama::Template;

/// What is shorter would begin and end within one minute, or seem longer than it is.
const MOMENT_MS: i64 = 2 * MINUTE_MS;

/// Some notices.
#[derive(Template)]
#[template(path = "notices.html")]
pub(super) struct Notices<'a> {
    rows: Vec<Row<'a>>,
    /// How many windows more are planned.
    left_out: usize,
}

struct Row<'a> {
    kind: &'static str,
    /// Whether it has gone on for longer than it should.
    is_late: bool,
    /// What tells it apart where only the sections of a page are listed.
    label: String,
    from: Moment,
    to: Moment,
    length: String,
    about: String,
    message: Message<'a>,
    beneath: Sentence,
    /// Why its time counts, where it does.
    counting: Option<String>,
}

impl<'a> Notices<'a> {
    /// What visitors should know first, and what can wait.
    pub(super) fn of_all(view: &'a View, told: notice::Notices<'a>) -> [Notices<'a>; 2] {
        let (soon, later): (Vec<_>, Vec<_>) =
            told.notices.into_iter().partition(|notice| notice.is_soon(view.now));
        [Notices::of(view, soon, 0), Notices::of(view, later, told.left_out)]
    }

    /// What concerns any of these monitors, of which these live.
    pub(super) fn about(
        view: &'a View,
        monitors: &[MonitorId],
        living: &[Standing<'_>],
    ) -> Notices<'a> {
        let windows = &view.snapshot.windows;
        let told = notice::Notices::of(windows, Some(monitors), living, view.now);
        Notices::of(view, told.notices, told.left_out)
    }

    fn of(view: &'a View, notices: Vec<Notice<'a>>, left_out: usize) -> Notices<'a> {
        let rows = notices.into_iter().map(|notice| row(view, notice)).collect();
        Notices { rows, left_out }
    }
}

fn row<'a>(view: &'a View, notice: Notice<'a>) -> Row<'a> {
    let window = notice.window;
    let name =
        |id: &MonitorId| view.snapshot.find(id.as_str()).map(|of| of.monitor.name.as_str());
    let about = maintenance::about(window, name);
    let zone = view.settings.zone;
    let kind = match (notice.stage, window.emergency) {
        (Stage::Overrunning, _) => "Maintenance takes longer",
        (Stage::Active, false) => "Maintenance now",
        (Stage::Active, true) => "Emergency maintenance now",
        (Stage::Upcoming, false) => "Maintenance planned",
        (Stage::Upcoming, true) => "Emergency maintenance planned",
    };
    // Where it was ended early, that is its end.
    let span = window.span();
    let [from, to] = match span.length_ms() {
        ..MOMENT_MS => Moment::exact_range(span, zone),
        _ => Moment::short_range(span, view.now, zone),
    };
    Row {
        kind,
        is_late: notice.stage == Stage::Overrunning,
        label: format!("{kind}, from {}: {about}", from.text()),
        from,
        to,
        length: unbroken(&duration::in_words(Span::length_ms(span))),
        about,
        message: Message::of(&window.message),
        beneath: Sentence::of(notice.beneath, view.now, zone),
        counting: window.excluded().is_none().then(|| maintenance::counting(window)),
    }
}
