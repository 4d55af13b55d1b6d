//! The one deadline of a look, over everything it does.
//!
//! Every prober makes one at its start and hands it to whatever may wait.

use super::fault::Fault;
use crate::domain::check::Kind;
use std::time::Duration;
use tokio::time::Instant;

/// When a look must have ended.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// A deadline this far beyond any timeout is none; it only keeps the sum in range.
    const ALLOWED_MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// The deadline of a look that starts now.
    #[must_use]
    pub fn after(allowed: Duration) -> Deadline {
        Deadline { at: Instant::now() + allowed.min(Self::ALLOWED_MAX), allowed }
    }

    /// The instant itself.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// What is left of it; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// The fault of a target that let the deadline pass while we were `doing` something,
    /// like `reading the body`.
    #[must_use]
    pub fn passed(&self, doing: &str) -> Fault {
        let allowed = in_words(self.allowed);
        Fault::theirs(Kind::Timeout, format!("no answer within {allowed}: {doing}"))
    }
}

/// A duration as people write it, rounded up to the millisecond: `250 ms`, `10 s`, `2.5 s`.
#[must_use]
pub fn in_words(duration: Duration) -> String {
    let ms = duration.as_micros().div_ceil(1_000);
    if ms < 1_000 {
        return format!("{ms} ms");
    }
    let decimals = format!("{:03}", ms % 1_000);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals} s", ms / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0 ms")]
    #[case(1, "1 ms")]
    #[case(250_000, "250 ms")]
    #[case(999_001, "1 s")]
    #[case(2_000_001, "2.001 s")]
    #[case(2_500_000, "2.5 s")]
    #[case(10_000_000, "10 s")]
    fn a_duration_reads_as_people_write_it(#[case] us: u64, #[case] words: &str) {
        assert_eq!(in_words(Duration::from_micros(us)), words);
    }

    #[tokio::test]
    async fn an_absurd_timeout_is_no_overflow() {
        assert!(Deadline::after(Duration::MAX).left() > Duration::from_secs(3600));
    }
}
