//! A run of everup itself: from a start to a stop, or to where it was last known to live.
//!
//! It says why nobody looked. It is no part of any figure: time without a check is
//! unknown, whoever was at fault.

use super::span::{Span, Spans};
use super::timestamp::Timestamp;

/// One run of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// When it surely lived; it may have lived a little longer.
    pub alive_at: Timestamp,
    /// When it stopped in order; `None` while it runs, and where it was killed, crashed
    /// or lost power.
    pub ended_at: Option<Timestamp>,
    /// Of which everup.
    pub version: String,
}

impl Run {
    /// When it ended, as far as is known.
    #[must_use]
    pub fn known_end(&self) -> Timestamp {
        self.ended_at.unwrap_or(self.alive_at)
    }
}

/// When everup ran, of all its runs in their order. The newest one runs still unless it
/// has stopped.
#[must_use]
pub fn ran(runs: &[Run]) -> Spans {
    let newest = runs.len().saturating_sub(1);
    let span = |(index, run): (usize, &Run)| match run.ended_at {
        None if index == newest => Span::new(run.started_at, Timestamp::MAX),
        _ => Span::new(run.started_at, run.known_end()),
    };
    runs.iter().enumerate().map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_run_lasts_to_its_last_sign_and_only_the_newest_goes_on() {
        let run = |from, alive, end: Option<i64>| Run {
            started_at: Timestamp(from),
            alive_at: Timestamp(alive),
            ended_at: end.map(Timestamp),
            version: "1.0.0".to_owned(),
        };
        let span = |from, to| Span::new(Timestamp(from), Timestamp(to));
        let mut runs = vec![run(10, 20, None), run(30, 35, Some(40)), run(50, 50, None)];
        let lasting = Span::new(Timestamp(50), Timestamp::MAX);
        let expected: Spans = [span(10, 20), span(30, 40), lasting].into_iter().collect();
        assert_eq!(ran(&runs), expected);
        runs.pop();
        assert_eq!(ran(&runs), [span(10, 20), span(30, 40)].into_iter().collect());
        assert_eq!(ran(&[]), Spans::empty());
    }
}
