//! How fast a monitor of a closed month was, read back.

use crate::domain::latency::Percentiles;
use serde::Deserialize;

/// What its row says.
#[derive(Deserialize)]
pub(super) struct LatencyForm {
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

impl LatencyForm {
    /// All three ranks; `None` where nothing was measured.
    pub(super) fn open(&self) -> Option<Percentiles> {
        // Printed with one decimal; no part of the figure.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was made of 32 bits of microseconds, and saturates"
        )]
        let us = |ms: Option<f64>| ms.map(|ms| (ms * 1_000.0).round() as u32);
        Some(Percentiles {
            p50_us: us(self.p50)?,
            p95_us: us(self.p95)?,
            p99_us: us(self.p99)?,
        })
    }
}
