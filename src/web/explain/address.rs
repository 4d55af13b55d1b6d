//! The addresses of explanations: every percentage on a page is a link to one.

use crate::domain::period::Period;
use chrono::NaiveDate;

/// Of a monitor's figures in a period.
pub(in crate::web) fn of_monitor(id: &str, period: Period) -> String {
    of(&format!("/monitors/{id}"), period)
}

/// Of a group's figures in a period.
pub(in crate::web) fn of_group(id: &str, period: Period) -> String {
    of(&format!("/groups/{id}"), period)
}

/// Of the figures of whoever has the page `home`, in a period.
pub(in crate::web) fn of(home: &str, period: Period) -> String {
    match period {
        Period::Range(span) => format!("{home}/explain?from={}&to={}", span.from, span.to),
        calendar => format!("{home}/explain?month={calendar}"),
    }
}

/// Of the uptime on a day of whoever has the page `home`.
pub(in crate::web) fn of_day(home: &str, day: NaiveDate) -> String {
    format!("{home}/explain?day={day}")
}

/// The same explanation for programs.
pub(super) fn as_json(address: &str) -> String {
    format!("/api/v1{address}")
}
