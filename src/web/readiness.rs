//! Whether the daemon itself is well: what `/health/ready` says.
//!
//! Asking the store is bounded in time, done once for all who ask in the same second,
//! and never by more than one at a time, so that a flood of questions is not a load.

use super::{Site, View};
use crate::domain::duration;
use crate::domain::timestamp::Timestamp;
use crate::vitals::{Reading, Role};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::Mutex;

/// A store that takes longer to say that it can be written cannot be relied on.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// So long an answer of the store holds.
const STORE_ANSWER_MS: i64 = 1_000;

/// Checks that start later than this are no longer spread as planned; it is half of
/// the shortest default re-check interval.
const LATENESS_MS_MAX: i64 = 5_000;

/// The most-checked monitor may miss two turns before its silence is called one.
const SILENT_INTERVALS: i64 = 3;

/// What is remembered between two questions.
pub(super) struct Readiness {
    /// When the pages came up, by the steady clock.
    started_ms: i64,
    /// When the store was asked last, by the steady clock, and why it cannot be written.
    asked: Mutex<Option<(i64, Option<String>)>>,
}

/// The answer.
#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<String>,
    /// What is not as it should be, though everup does its work: who restarts it or takes
    /// it out of service for that makes nothing better.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Whether this daemon watches, or shows what another does.
    role: &'static str,
    store_writable: bool,
    waiting_checks: usize,
    last_committed_at: Option<String>,
    last_finished_at: Option<String>,
    lateness_ms: i64,
    clock_trusted: bool,
}

impl Answer {
    /// Whether all is well.
    pub(super) fn is_ready(&self) -> bool {
        self.reasons.is_empty()
    }
}

impl Readiness {
    /// For pages that came up at `started_ms` of the steady clock.
    pub(super) fn new(started_ms: i64) -> Readiness {
        Readiness { started_ms, asked: Mutex::new(None) }
    }

    /// How the daemon is doing.
    pub(super) async fn answer(&self, site: &Site) -> Answer {
        let refusal = self.refusal(site).await;
        let view = site.view();
        let reading = site.app.vitals.read(view.now);
        let mut reasons = Vec::new();
        if let Some(why) = &refusal {
            reasons.push(format!("the store cannot be written: {why}"));
        }
        if let Some((since, why)) = &reading.store_refuses {
            reasons.push(format!("the store has refused checks since {since}: {why}"));
        }
        if reading.lateness_ms > LATENESS_MS_MAX {
            let late = duration::in_words(reading.lateness_ms);
            reasons.push(format!("checks start up to {late} late"));
        }
        reasons.extend(self.silence(site, &view, &reading));
        if let Some(why) = &reading.clock_trouble {
            reasons.push(format!("the clock cannot be trusted: {why}"));
        }
        let warnings = reading.source_trouble.iter().map(|(since, why)| {
            format!(
                "the maintenance table and everup have not been in step since {since}; the \
                 windows that are known stay in force: {why}"
            )
        });
        let warnings = warnings.collect();
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Answer {
            status: if reasons.is_empty() { "ready" } else { "not ready" },
            role: match reading.role {
                Role::Active => "active",
                Role::Standby => "standby",
            },
            store_writable: refusal.is_none() && reading.store_refuses.is_none(),
            waiting_checks: reading.waiting_checks,
            last_committed_at: instant(reading.last_committed_at),
            last_finished_at: instant(reading.last_finished_at),
            lateness_ms: reading.lateness_ms,
            clock_trusted: reading.clock_trouble.is_none(),
            reasons,
            warnings,
        }
    }

    /// Why the store cannot be written, if it cannot.
    async fn refusal(&self, site: &Site) -> Option<String> {
        let mut asked = self.asked.lock().await;
        let steady_ms = site.app.clock.steady_ms();
        if let Some((at_ms, refusal)) = &*asked
            && steady_ms - at_ms < STORE_ANSWER_MS
        {
            return refusal.clone();
        }
        let answer = tokio::time::timeout(STORE_TIMEOUT, site.app.store.writable()).await;
        let refusal = match answer {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {} s", STORE_TIMEOUT.as_secs())),
        };
        *asked = Some((steady_ms, refusal.clone()));
        refusal
    }

    /// Says so if no check has finished for longer than the most-checked monitor allows.
    fn silence(&self, site: &Site, view: &View, reading: &Reading) -> Option<String> {
        let allowed_ms = (view.snapshot.living(view.now))
            .filter(|history| !history.monitor.pauses().contains(view.now))
            .map(|history| history.monitor.parameters.current())
            .map(|parameters| SILENT_INTERVALS * parameters.interval_ms + parameters.timeout_ms)
            .min()?;
        let newest = || {
            let latest =
                view.snapshot.histories.iter().filter_map(|known| known.latest.as_ref());
            latest.map(|check| check.started_at).max()
        };
        let finished_at = match reading.role {
            Role::Active => reading.last_finished_at,
            // What another has kept: when that began.
            Role::Standby => newest(),
        };
        let silent_ms = match finished_at {
            Some(at) => view.now.since_ms(at),
            None => site.app.clock.steady_ms() - self.started_ms,
        };
        (silent_ms > allowed_ms)
            .then(|| format!("no check has finished for {}", duration::in_words(silent_ms)))
    }
}
