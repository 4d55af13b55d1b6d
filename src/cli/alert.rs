//! `everup alert test`: sends a message through a channel, and says what came back.

use super::arguments::{AlertWanted, Place};
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::config::nearest::did_you_mean;
use crate::notify::contract::Receipt;
use crate::notify::message::Message;
use crate::notify::{self, Settings};
use crate::probe::shared::Shared;
use anyhow::bail;
use std::process::ExitCode;

pub(super) async fn alert(place: &Place, wanted: AlertWanted) -> anyhow::Result<ExitCode> {
    let AlertWanted::Test { id } = wanted;
    let channels = configured(place, &Source::new(place, &[])?)?.alerts;
    let channels = find(channels, id.as_deref())?;
    let shared = Shared::new()?;
    let message = Message::test(SystemClock::default().now());
    let mut all_taken = true;
    for channel in channels {
        let notifier =
            notify::notifier(&channel.way, shared.tls()).map_err(anyhow::Error::msg)?;
        let receipt = notifier.tell(&message).await;
        all_taken &= matches!(receipt, Receipt::Taken(_));
        terminal::print(&format!("{}: {}\n", channel.id, said(&receipt)))?;
    }
    Ok(if all_taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The channel of this id, or all.
fn find(channels: Vec<Settings>, id: Option<&str>) -> anyhow::Result<Vec<Settings>> {
    if channels.is_empty() {
        bail!("no [[alert]] is configured; docs/alerts.md says how one is written");
    }
    let Some(id) = id else { return Ok(channels) };
    let ids: Vec<String> = channels.iter().map(|channel| channel.id.to_string()).collect();
    let found: Vec<Settings> =
        channels.into_iter().filter(|channel| channel.id.as_str() == id).collect();
    if found.is_empty() {
        let hint = did_you_mean(id, ids.iter().map(String::as_str));
        bail!("there is no [[alert]] with the id {id:?}{hint} (known: {})", ids.join(", "));
    }
    Ok(found)
}

fn said(receipt: &Receipt) -> String {
    match receipt {
        Receipt::Taken(answer) => format!("taken ({answer})"),
        Receipt::Later(why, wish) => {
            let wish = wish.map(|wish| format!("; it asks for {} s of rest", wish.as_secs()));
            let wish = wish.unwrap_or_default();
            format!("not taken, an alert would be tried again: {why}{wish}")
        }
        Receipt::Refused(why) => format!("refused, an alert would be given up: {why}"),
    }
}
