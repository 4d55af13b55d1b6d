//! The maintenance of a period as JSON: what was announced, and what was seen beneath it.

use super::instant;
use crate::report::maintenance::{Beneath, Overran, Work};
use crate::store::window_form::WindowForm;
use serde::Serialize;

/// A window.
#[derive(Serialize)]
pub(super) struct Window<'a> {
    id: i64,
    status: &'static str,
    #[serde(flatten)]
    form: WindowForm,
    /// The time it takes or took, cut where it was ended early.
    from: String,
    to: String,
    notice_milliseconds: i64,
    /// Whether its time leaves the figures.
    excluded: bool,
    beneath: Vec<Seen<'a>>,
    /// How many monitors more it is about.
    more: usize,
}

/// What was seen of a monitor within it and the period.
#[derive(Serialize)]
struct Seen<'a> {
    id: &'a str,
    name: &'a str,
    /// What of the window was looked at; of one that was over before the period nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    milliseconds: Milliseconds,
    overrun: Option<Overrun>,
}

#[derive(Serialize)]
struct Milliseconds {
    up: i64,
    degraded: i64,
    down: i64,
    unknown: i64,
    excluded: i64,
}

#[derive(Serialize)]
struct Overrun {
    planned_milliseconds: i64,
    took_milliseconds: i64,
    counted_milliseconds: i64,
    ongoing: bool,
    /// Only where it did go on after the period.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    goes_on: bool,
}

impl Window<'_> {
    pub(super) fn of(work: &Work) -> Window<'_> {
        let window = &work.window;
        let span = window.span();
        Window {
            id: work.id.0,
            status: work.status.word(),
            form: WindowForm::of(window),
            from: instant(span.from),
            to: instant(span.to),
            notice_milliseconds: window.notice_ms(),
            excluded: window.excluded().is_some(),
            beneath: work.beneath.iter().map(seen).collect(),
            more: work.more,
        }
    }
}

fn seen(of: &Beneath) -> Seen<'_> {
    let Beneath { up_ms, degraded_ms, down_ms, unknown_ms, excluded_ms, .. } = *of;
    let overrun = |of: &Overran| Overrun {
        planned_milliseconds: of.planned_ms,
        took_milliseconds: of.took_ms,
        counted_milliseconds: of.counted_ms,
        ongoing: of.lasts,
        goes_on: of.goes_on,
    };
    Seen {
        id: &of.id,
        name: &of.name,
        from: of.part.map(|part| instant(part.from)),
        to: of.part.map(|part| instant(part.to)),
        milliseconds: Milliseconds {
            up: up_ms,
            degraded: degraded_ms,
            down: down_ms,
            unknown: unknown_ms,
            excluded: excluded_ms,
        },
        overrun: of.overran.as_ref().map(overrun),
    }
}
