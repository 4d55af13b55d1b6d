//! `everup demo`: everything at work, with one command, and nothing of it left behind.

use super::arguments::Place;
use super::progress::Progress;
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::demo::news::{News, Who};
use crate::demo::past;
use crate::demo::stage::{Stage, Wanted};
use crate::demo::{FAILS_AFTER_S, SLOW_AFTER_S};
use crate::domain::month::Month;
use crate::domain::timestamp::Timestamp;
use anyhow::{Context, bail};
use chrono_tz::Tz;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// What its help says besides.
pub(super) const AFTER_HELP: &str = "\
It answers on the ports 8000, 8001 and 8080 of 127.0.0.1, or on others where these are taken.
With --listen the balancer answers there, and the instances on free ports.";

pub(super) async fn demo(place: &Place) -> anyhow::Result<ExitCode> {
    if place.config.is_some() || place.store.is_some() {
        bail!(
            "everup demo makes a configuration and a database of its own; leave out --config \
             and --store"
        );
    }
    let program = std::env::current_exe().context("this program does not find itself")?;
    // Before anything is there that has to be taken down.
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut asked_to_end = async || {
        tokio::select! {
            _ = stop.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    };
    let clock = SystemClock::default();
    let wanted = Wanted { program, listen: place.listen };
    let progress = Progress::waiting("making up three months");
    let mut stage = tokio::select! {
        stage = Stage::set(&wanted) => stage?,
        () = asked_to_end() => return Ok(ExitCode::SUCCESS),
    };
    drop(progress);
    say(&greeting(&stage, clock.now()));
    let ended = loop {
        tokio::select! {
            news = stage.next() => match news {
                Ok(news) => say(&line(clock.now(), &news)),
                Err(error) => break Err(error),
            },
            () = asked_to_end() => break Ok(()),
        }
    };
    say("\nEnding all of it.\n");
    stage.end().await?;
    ended?;
    say("It is gone, with its folder.\n");
    Ok(ExitCode::SUCCESS)
}

/// Prints it. A terminal that is gone keeps nothing from being taken down in order.
fn say(text: &str) {
    if let Err(error) = terminal::print(text) {
        tracing::debug!("nobody reads any more: {error}");
    }
}

/// `17:20:05  Checkout answers with 503 from now on, for 40 s`, in the zone of this machine.
fn line(at: Timestamp, news: &News) -> String {
    let sentence = news.to_string();
    let mut letters = sentence.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let at = at.to_utc().with_timezone(&chrono::Local).format("%H:%M:%S");
    // What everup tells begins with its name, which has no capital.
    match news {
        News::Told(_) => format!("{at}  {sentence}\n"),
        _ => format!("{at}  {first}{}\n", letters.as_str()),
    }
}

/// Where to look, and what to try.
fn greeting(stage: &Stage, now: Timestamp) -> String {
    let places = stage.places();
    let mut text = format!("everup {}, a demonstration\n\n", env!("CARGO_PKG_VERSION"));
    text += &format!(
        "  {:<9} http://{}/  through the balancer; begin here\n",
        "page", places.balancer
    );
    let mut watching = None;
    for (who, pid, watches) in stage.processes() {
        text += &match who {
            Who::Instance(address) => {
                let role = if watches { "watches" } else { "stands by" };
                format!("  {:<9} http://{address}/  process {pid}, {role}\n", "instance")
            }
            Who::Balancer(_) => format!("  {:<9} process {pid}\n", "balancer"),
        };
        watching = watching.or(watches.then_some(pid));
    }
    let folder = stage.folder().display();
    text += &format!("  {:<9} {folder}  config.toml, the database, logs\n", "files");
    text += &taken(stage.taken());
    let last_month = Month::around(now, Tz::UTC).previous();
    let (since, today) = (past::since(now).to_utc(), now.to_utc());
    text += &format!(
        "\nWhat the pages show from {} to today, {}, was made up; each of them says so.\n\n\
         Try, in another terminal:\n",
        since.format("%-d %B %Y"),
        today.format("%-d %B"),
    );
    if let Some(pid) = watching {
        text += &format!(
            "  kill -9 {pid}\n      ends the one that watches: the other goes on, and \
             no page is missing\n"
        );
    }
    text += &format!(
        "  everup report --month {last_month} --config {folder}/config.toml\n      \
         the report of a closed month; on the page it is under \"Monthly report\"\n  \
         everup maintenance add --emergency --for 10m --message Updates --config \
         {folder}/config.toml\n      \
         maintenance from now on, which counts, because nobody knew of it\n\n\
         Checkout fails in {FAILS_AFTER_S} s, and Search is slow in {SLOW_AFTER_S} s. Ctrl-C ends \
         all of it and removes the files.\n\n"
    );
    text
}

/// What is said of ports that others have.
fn taken(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    match &ports[..] {
        [] => String::new(),
        [one] => format!("\nPort {one} is taken, so another one was chosen.\n"),
        some => format!("\nThe ports {} are taken, so others were chosen.\n", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_are_taken_are_told() {
        assert_eq!(taken(&[]), "");
        assert_eq!(taken(&[8000]), "\nPort 8000 is taken, so another one was chosen.\n");
        let two = "\nThe ports 8000, 8080 are taken, so others were chosen.\n";
        assert_eq!(taken(&[8000, 8080]), two);
    }

    #[test]
    fn a_line_begins_with_a_capital_but_where_everup_speaks() {
        let address = "127.0.0.1:8000".parse().unwrap();
        let line = |news| line(Timestamp(0), &news).split_once("  ").unwrap().1.to_owned();
        let watches = line(News::Watches(Who::Instance(address), 7));
        assert_eq!(watches, "The instance on port 8000 (process 7) watches now\n");
        assert_eq!(line(News::Told("x is down".to_owned())), "everup tells: x is down\n");
    }
}
