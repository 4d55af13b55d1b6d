//! The addresses of explanations: every percentage on a page is a link to one.

use crate::domain::period::Period;
use chrono::NaiveDate;

/// Of a monitor's figures in a period.
pub(in crate::web) fn of_monitor(id: &str, period: Period) -> String {
    format!("/monitors/{id}/explain?{}", asked(period))
}

/// Of a group's figures in a period.
pub(in crate::web) fn of_group(id: &str, period: Period) -> String {
    format!("/groups/{id}/explain?{}", asked(period))
}

/// Of a monitor's uptime on a day.
pub(in crate::web) fn of_day(id: &str, day: NaiveDate) -> String {
    format!("/monitors/{id}/explain?day={day}")
}

/// The same explanation for programs.
pub(super) fn as_json(address: &str) -> String {
    format!("/api/v1{address}")
}

fn asked(period: Period) -> String {
    match period {
        Period::Range(span) => format!("from={}&to={}", span.from, span.to),
        calendar => format!("month={calendar}"),
    }
}
