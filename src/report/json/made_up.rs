//! That checks of a report were made up, as JSON.

use crate::domain::foreign::{MadeUp, Source};
use serde::Serialize;

/// Of which time, and by whom.
#[derive(Serialize)]
pub(in crate::report) struct MadeUpForm {
    by: &'static str,
    from: String,
    to: String,
}

impl MadeUpForm {
    pub(in crate::report) fn of(MadeUp { span }: MadeUp) -> MadeUpForm {
        let (from, to) = (span.from.to_string(), span.to.to_string());
        MadeUpForm { by: Source::Demo.word(), from, to }
    }
}
