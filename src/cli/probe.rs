//! `everup probe`: one check, and all that was seen.

use super::arguments::Place;
use super::source::{Source, configured};
use super::terminal;
use crate::config;
use crate::domain::check::{Phases, Verdict};
use crate::engine::settings::Watch;
use crate::probe::contract::Outcome;
use crate::probe::{self, shared::Shared};
use crate::report::latency::tenths_of_ms;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Neither the target's fault nor a success: we could not judge.
const CANNOT_JUDGE: u8 = 3;

pub(super) async fn probe(place: &Place, target: &str) -> anyhow::Result<ExitCode> {
    let watch = find(place, target)?;
    let timeout_ms = watch.registration.parameters.timeout_ms;
    let shared = Arc::new(Shared::new()?);
    let prober = probe::prober(watch.probe, &shared);
    let outcome = prober.probe(Duration::from_millis(timeout_ms.unsigned_abs())).await;
    terminal::print(&print(&watch.registration.url, &outcome))?;
    Ok(match outcome.verdict {
        Verdict::Ok | Verdict::Degraded => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::FAILURE,
        Verdict::Unknown => ExitCode::from(CANNOT_JUDGE),
    })
}

/// The configured monitor of this id, or else the URL by itself.
fn find(place: &Place, target: &str) -> anyhow::Result<Watch> {
    let by_itself = |target: &str| {
        let watches = config::for_urls(&[target.to_owned()]);
        let mut watches = watches.map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
        watches.pop().ok_or_else(|| anyhow::anyhow!("there is nothing to probe"))
    };
    if target.contains("://") {
        return by_itself(target);
    }
    let source = Source::new(place, &[])?;
    let watches = configured(place, &source)?.monitors;
    let ids: Vec<String> = watches.iter().map(|w| w.registration.id.to_string()).collect();
    match watches.into_iter().find(|watch| watch.registration.id.as_str() == target) {
        Some(watch) => Ok(watch),
        None => anyhow::bail!(
            "{target:?} is neither a URL nor a configured monitor ({}); \
             a URL is written like https://example.com/health",
            ids.join(", ")
        ),
    }
}

fn print(url: &str, outcome: &Outcome) -> String {
    let evidence = &outcome.evidence;
    let mut text = format!("{url}\n\n");
    let mut line = |name: &str, value: String| text += &format!("{name:<12} {value}\n");
    line("verdict", outcome.verdict.to_string());
    if !evidence.reason.is_empty() {
        line("reason", evidence.reason.clone());
    }
    if let Some(kind) = evidence.kind {
        line("kind", kind.to_string());
    }
    if let Some(status) = evidence.status {
        line("status", status.to_string());
    }
    if let Some(address) = &evidence.address {
        line("address", address.clone());
    }
    let Phases { dns_us, connect_us, tls_us, first_byte_us, total_us } = evidence.phases;
    let phases = [
        ("DNS", dns_us),
        ("connect", connect_us),
        ("TLS", tls_us),
        ("first byte", first_byte_us),
        ("total", total_us),
    ];
    for (name, us) in phases {
        if let Some(us) = us {
            line(name, format!("{:>8} ms", tenths_of_ms(us)));
        }
    }
    text
}
