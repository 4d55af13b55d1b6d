//! Maintenance that is under way or planned, in lines: on the status page and on a
//! monitor's.

use super::View;
use super::moment::Moment;
use crate::domain::monitor::MonitorId;
use crate::report::notice::{Notice, notices};
use askama::Template;

/// Some notices.
#[derive(Template)]
#[template(path = "notices.html")]
pub(super) struct Notices<'a> {
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    kind: &'static str,
    /// What tells it apart where only the sections of a page are listed.
    label: String,
    from: Moment,
    to: Moment,
    about: String,
    message: &'a str,
    excluded: bool,
}

impl<'a> Notices<'a> {
    /// What visitors should know first, and what can wait.
    pub(super) fn of_all(view: &'a View) -> [Notices<'a>; 2] {
        let notices = notices(&view.snapshot.windows, None, view.now);
        let (soon, later): (Vec<_>, Vec<_>) =
            notices.into_iter().partition(|notice| notice.is_soon(view.now));
        [soon, later].map(|notices| Notices::of(view, notices))
    }

    /// What concerns one monitor.
    pub(super) fn about(view: &'a View, monitor: &MonitorId) -> Notices<'a> {
        Notices::of(view, notices(&view.snapshot.windows, Some(monitor), view.now))
    }

    fn of(view: &View, notices: Vec<Notice<'a>>) -> Notices<'a> {
        Notices { rows: notices.into_iter().map(|notice| row(view, notice)).collect() }
    }
}

fn row<'a>(view: &View, notice: Notice<'a>) -> Row<'a> {
    let name = |id: &&str| match view.snapshot.find(id) {
        Some(history) => history.monitor.name.clone(),
        None => (*id).to_owned(),
    };
    let about = match &notice.monitors[..] {
        [] => "all monitors".to_owned(),
        some => some.iter().map(name).collect::<Vec<_>>().join(", "),
    };
    let moment = |at| Moment::short(at, view.now, view.settings.zone);
    let kind = if notice.active { "Maintenance now" } else { "Maintenance planned" };
    let from = moment(notice.span.from);
    Row {
        kind,
        label: format!("{kind}, from {}: {about}", from.text()),
        from,
        to: moment(notice.span.to),
        about,
        message: notice.message,
        excluded: notice.excluded,
    }
}
