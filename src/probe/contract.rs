//! What a probe must answer, and what it must not do.
//!
//! A probe looks at one target once. It **returns a value, never an error**: whatever
//! goes wrong is either the target's fault (`fail`, with evidence) or ours (`unknown`,
//! with the reason). It gets its deadline from outside and keeps it over everything it
//! does: names, connection, security, headers and body. It opens a fresh connection
//! each time, because a kept-alive one hides a dead front door. It caps what it reads.
//! It knows neither store nor clock, and remembers nothing from one look to the next.

use crate::domain::check::{Evidence, Verdict};
use crate::domain::exchange::Exchange;
use async_trait::async_trait;
use std::time::Duration;

/// What one look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it says of the target.
    pub verdict: Verdict,
    /// From the start to the whole answer, in microseconds; `None` where none came.
    pub latency_us: Option<u32>,
    /// What was seen, with the phases also for `ok`. The reason is empty for `ok`.
    pub evidence: Evidence,
    /// What was said, where it failed and anything was; secrets are already hidden.
    pub exchange: Option<Box<Exchange>>,
}

/// One target, ready to be looked at.
#[async_trait]
pub trait Prober: Send + Sync {
    /// Looks once. Ends no later than a few milliseconds after `timeout`.
    async fn probe(&self, timeout: Duration) -> Outcome;
}
