//! The maintenance of a closed month, read back. What follows from a window is computed
//! again; what was seen beneath it is taken as it is, and `verify` holds it against the
//! figures.

use super::instant;
use crate::domain::announcement::{Status, WindowId};
use crate::domain::span::Span;
use crate::report::maintenance::{Beneath, Overran, Work};
use crate::store::window_form::WindowForm;
use serde::Deserialize;

/// A window.
#[derive(Deserialize)]
pub(super) struct Window {
    id: i64,
    status: String,
    #[serde(flatten)]
    form: WindowForm,
    beneath: Vec<Seen>,
    more: usize,
}

#[derive(Deserialize)]
struct Seen {
    id: String,
    name: String,
    /// A month that was closed before this was kept has none.
    from: Option<String>,
    to: Option<String>,
    milliseconds: Milliseconds,
    /// Always there, if only as null.
    #[serde(deserialize_with = "Option::deserialize")]
    overrun: Option<Overrun>,
}

#[derive(Deserialize)]
struct Milliseconds {
    up: i64,
    degraded: i64,
    down: i64,
    unknown: i64,
    excluded: i64,
}

#[derive(Deserialize)]
struct Overrun {
    planned_milliseconds: i64,
    took_milliseconds: i64,
    counted_milliseconds: i64,
    ongoing: bool,
    #[serde(default)]
    goes_on: bool,
}

impl Window {
    /// The window that it says.
    pub(super) fn open(self) -> Result<Work, String> {
        let wrong = |wrong: String| format!("window {}: {wrong}", self.id);
        let status = Status::from_word(&self.status)
            .ok_or_else(|| wrong(format!("{:?} is no status", self.status)))?;
        Ok(Work {
            id: WindowId(self.id),
            status,
            window: self.form.read().map_err(wrong)?,
            beneath: (self.beneath.into_iter())
                .map(Seen::open)
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
            more: self.more,
        })
    }
}

impl Seen {
    fn open(self) -> Result<Beneath, String> {
        let Milliseconds { up, degraded, down, unknown, excluded } = self.milliseconds;
        let overrun = |of: Overrun| Overran {
            planned_ms: of.planned_milliseconds,
            took_ms: of.took_milliseconds,
            counted_ms: of.counted_milliseconds,
            lasts: of.ongoing,
            goes_on: of.goes_on,
        };
        let part = match self.from.zip(self.to) {
            Some((from, to)) => Some(Span::new(instant(&from)?, instant(&to)?)),
            None => None,
        };
        Ok(Beneath {
            id: self.id,
            name: self.name,
            up_ms: up,
            degraded_ms: degraded,
            down_ms: down,
            unknown_ms: unknown,
            excluded_ms: excluded,
            part,
            overran: self.overrun.map(overrun),
        })
    }
}
