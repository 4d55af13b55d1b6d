//! Stretches of time as a table, and the words and marks of their classes.

use crate::domain::class::Class;
use crate::domain::span::Span;
use crate::report::explain::words::grouped;
use crate::web::moment::Moment;
use askama::Template;
use chrono_tz::Tz;

/// More than anyone adds up by hand; the JSON has all.
const ROWS_MAX: usize = 2_000;

/// Stretches of time as a table.
#[derive(Template)]
#[template(path = "explain_rows.html")]
pub(super) struct Rows {
    caption: &'static str,
    rows: Vec<Row>,
    count: usize,
}

struct Row {
    from: Moment,
    to: Moment,
    ms: String,
    mark: &'static str,
    what: String,
}

impl Rows {
    /// A table of these stretches, each with what it counts as and how that is said.
    pub(super) fn of(
        caption: &'static str,
        stretches: impl ExactSizeIterator<Item = (Span, Class, String)>,
        zone: Tz,
    ) -> Rows {
        let count = stretches.len();
        let row = |(span, class, what): (Span, Class, String)| Row {
            from: Moment::to_the_ms(span.from, zone),
            to: Moment::to_the_ms(span.to, zone),
            ms: grouped(span.length_ms()),
            mark: words(class).0,
            what,
        };
        Rows { caption, rows: stretches.take(ROWS_MAX).map(row).collect(), count }
    }
}

/// The mark of a class, and a word for people.
pub(super) fn words(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Outside => ("pending", "outside"),
        Class::Paused => ("paused", "paused"),
        Class::Maintenance => ("maintenance", "maintenance"),
        Class::Down => ("down", "down"),
        Class::Degraded => ("degraded", "slow"),
        Class::Up => ("up", "up"),
        Class::Unknown => ("unknown", "not checked"),
    }
}
