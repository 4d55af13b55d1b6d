//! A token as a store makes it, and how it looks after those that there are.

use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::domain::token::{Fingerprint, Scope, TokenName};

/// A token that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What it is to be called.
    pub name: TokenName,
    /// What it may do.
    pub scope: Scope,
    /// What is kept of its secret.
    pub fingerprint: Fingerprint,
    /// When it is made.
    pub made_at: Timestamp,
}

/// So many tokens live at most: all of them are read and compared for each request that
/// brings one, and nobody looks after more.
pub const LIVING_TOKENS_MAX: usize = 100;

/// The last use of a token is noted this often at most, in milliseconds: it is there to find
/// tokens that nobody needs, and a write for each request would cost more than the request.
pub const TOKEN_USE_MS: i64 = MINUTE_MS;
