//! That checks of a closed month were made up, as it was sealed.

use super::instant;
use crate::domain::foreign::MadeUp;
use crate::domain::span::Span;
use serde::Deserialize;

/// Of which time. By whom is not read: there is only one who does that.
#[derive(Deserialize)]
pub(super) struct MadeUpForm {
    from: String,
    to: String,
}

impl MadeUpForm {
    /// # Errors
    /// A sentence that says what is no instant.
    pub(super) fn open(self) -> Result<MadeUp, String> {
        Ok(MadeUp { span: Span::new(instant(&self.from)?, instant(&self.to)?) })
    }
}
