//! The runs of everup, as lines: the part of [`super::line`] that is about them. They say why
//! nobody looked.

use super::field::{Instant, clean};
use super::line::Record;
use crate::domain::run::Run;
use serde::{Deserialize, Serialize};

/// [`Run`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunLine {
    started_at: Instant,
    alive_at: Instant,
    ended_at: Option<Instant>,
    version: String,
}

impl RunLine {
    pub(super) fn of(run: &Run) -> RunLine {
        RunLine {
            started_at: Instant(run.started_at),
            alive_at: Instant(run.alive_at),
            ended_at: run.ended_at.map(Instant),
            version: run.version.clone(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let run = Run {
            started_at: self.started_at.0,
            alive_at: self.alive_at.0,
            ended_at: self.ended_at.map(|at| at.0),
            version: clean(self.version, "a version")?,
        };
        if run.alive_at < run.started_at || run.known_end() < run.alive_at {
            return Err(
                "a run must end no earlier than it lived, and live no earlier than it \
                        started"
                    .to_owned(),
            );
        }
        Ok(Record::Run(run))
    }
}
