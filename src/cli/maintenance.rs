//! `everup maintenance`: announces, lists, changes and calls off maintenance. Straight in
//! the database, by the same rules as the API; a daemon that runs on it follows within a
//! second.

use super::arguments::{MaintenanceWanted, Place, PlanWanted, WindowsForm};
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::announcement::{Announcement, Deed, Status, WindowId};
use crate::domain::change::Change;
use crate::domain::check::Evidence;
use crate::domain::duration;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::month::{local_end, local_time};
use crate::domain::notice::Plan;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::planning::{Done, NotDone, Planner};
use crate::report::text::STYLE;
use crate::store::contract::Store;
use crate::store::sqlite::Sqlite;
use crate::web::window_record::WindowRecord;
use anyhow::bail;
use chrono_tz::Tz;
use comfy_table::{ContentArrangement, Table};
use std::process::ExitCode;

/// What fits beside the rest in a list.
const MESSAGE_CHARS: usize = 40;

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

/// How an instant is written.
const INSTANT: &str = "%Y-%m-%d %H:%M:%S %:z";

/// Who did it, where the system does not say who sits here.
const NOBODY: &str = "command line";

pub(super) async fn maintenance(
    place: &Place,
    wanted: MaintenanceWanted,
) -> anyhow::Result<ExitCode> {
    let config = configured(place, &Source::new(place, &[])?)?;
    // One for a new window would be another than the daemon's wherever a path is mistyped.
    let store = Sqlite::open_existing(&config.store.path).await?;
    let said = command(&config, &store, wanted).await;
    store.close().await;
    terminal::print(&said?)?;
    Ok(ExitCode::SUCCESS)
}

/// Does what is wanted, and gives what is to be said.
async fn command(
    config: &Config,
    store: &Sqlite,
    wanted: MaintenanceWanted,
) -> anyhow::Result<String> {
    let zone = config.report.zone;
    let now = SystemClock::default().now();
    Ok(match wanted {
        MaintenanceWanted::Add(plan) => add(config, store, now, plan).await?,
        MaintenanceWanted::List { all, format } => {
            let mut windows = store.windows().await?;
            if !all {
                let open = |status| matches!(status, Status::Upcoming | Status::Active);
                windows.retain(|kept| open(kept.window.status(now)));
            }
            match format {
                WindowsForm::Table => table(&windows, all, now, zone),
                WindowsForm::Json => lines(&windows, now),
            }
        }
        MaintenanceWanted::Show { id } => {
            let id = WindowId(id);
            let Some(kept) = store.window(id).await? else { return Err(no_window(id)) };
            told(&kept, now, zone) + &done(&store.deeds(id).await?, zone)
        }
        MaintenanceWanted::Change {
            id,
            start,
            end,
            message,
            monitor,
            all_monitors,
            author,
        } => {
            let monitors = (all_monitors || !monitor.is_empty()).then_some(monitor);
            let change = Change { start, end, message, monitors };
            let author = named(author)?;
            let seat = Seat::take(config, store, now, &author).await?;
            let changed = seat.planner().change(WindowId(id), None, &change).await;
            told(&changed.map_err(explained)?.announcement, now, zone)
        }
        MaintenanceWanted::Cancel { id, author } => {
            let author = named(author)?;
            let seat = Seat::take(config, store, now, &author).await?;
            let cancelled = seat.planner().cancel(WindowId(id), None).await;
            called_off(store, WindowId(id), cancelled, now, zone).await?
        }
        MaintenanceWanted::End { id, author } => {
            let author = named(author)?;
            let seat = Seat::take(config, store, now, &author).await?;
            let ended = seat.planner().end(WindowId(id), None).await;
            called_off(store, WindowId(id), ended, now, zone).await?
        }
    })
}

/// What is said of a window that was called off, now or, by whoever asks again, before.
async fn called_off(
    store: &Sqlite,
    id: WindowId,
    done: Result<Done, NotDone>,
    now: Timestamp,
    zone: Tz,
) -> anyhow::Result<String> {
    let refused = match done {
        Ok(done) => return Ok(told(&done.announcement, now, zone)),
        Err(refused @ NotDone::Refused(_)) => refused,
        Err(other) => return Err(explained(other)),
    };
    let kept = store.window(id).await?;
    match kept.filter(|kept| kept.window.cancelled_at.is_some()) {
        Some(kept) => {
            let known = "This was called off already, and nothing was changed.\n";
            Ok(known.to_owned() + &told(&kept, now, zone))
        }
        None => Err(refused.into()),
    }
}

async fn add(
    config: &Config,
    store: &Sqlite,
    now: Timestamp,
    wanted: PlanWanted,
) -> anyhow::Result<String> {
    let PlanWanted { start, end, lasting, message, monitor, emergency, author } = wanted;
    let begins = start.unwrap_or(now);
    let end = match (end, lasting) {
        (Some(end), _) => end,
        (None, Some(ms)) => begins.plus_ms(ms),
        (None, None) => bail!("say when it ends, with --end or --for"),
    };
    let plan = Plan {
        // One that lasts for so long from now on begins now, and not a moment later.
        start: start.or(emergency.then_some(now)),
        end,
        message,
        monitors: monitor,
        emergency,
    };
    let author = named(author)?;
    let seat = Seat::take(config, store, now, &author).await?;
    let announced = seat.planner().announce(plan).await.map_err(explained)?;
    let known = match announced.is_new {
        true => "",
        false => "This is announced already, and nothing was changed.\n",
    };
    Ok(known.to_owned() + &told(&announced.announcement, now, config.report.zone))
}

/// Where someone sits who changes maintenance.
struct Seat<'a> {
    config: &'a Config,
    store: &'a Sqlite,
    monitors: Vec<MonitorId>,
    now: Timestamp,
    author: &'a str,
}

impl<'a> Seat<'a> {
    async fn take(
        config: &'a Config,
        store: &'a Sqlite,
        now: Timestamp,
        author: &'a str,
    ) -> anyhow::Result<Seat<'a>> {
        let histories = store.load().await?.histories;
        let living = histories.iter().filter(|history| history.monitor.lives().contains(now));
        let monitors = living.map(|history| history.monitor.id.clone()).collect();
        Ok(Seat { config, store, monitors, now, author })
    }

    fn planner(&self) -> Planner<'_> {
        Planner {
            store: self.store,
            settings: &self.config.planning,
            monitors: &self.monitors,
            now: self.now,
            author: self.author,
        }
    }
}

/// Who does it.
fn named(author: Option<String>) -> anyhow::Result<String> {
    let author = author.unwrap_or_default();
    let clean = Evidence::clean(&author);
    if clean != author.trim() {
        bail!(
            "--author is longer than {} characters or has control characters",
            Evidence::REASON_CHARS_MAX
        );
    }
    Ok(if clean.is_empty() { NOBODY.to_owned() } else { clean })
}

fn no_window(id: WindowId) -> anyhow::Error {
    anyhow::anyhow!("{}\neverup maintenance list --all names those that there are", {
        NotDone::NoWindow(id)
    })
}

/// Why nothing was done, and what to do.
fn explained(not_done: NotDone) -> anyhow::Error {
    match not_done {
        NotDone::NoWindow(id) => no_window(id),
        other => other.into(),
    }
}

/// Windows, a line each.
fn table(windows: &[Announcement], all: bool, now: Timestamp, zone: Tz) -> String {
    if windows.is_empty() {
        let more = match all {
            true => "No maintenance was ever announced.",
            false => "No maintenance is under way or announced; --all lists what is over, too.",
        };
        return format!("{more} To announce some: everup maintenance add --help\n");
    }
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["Id", "State", "From", "To", "Monitors", "Figure", "Message"]);
    for kept in windows {
        let window = &kept.window;
        // What was called off beforehand keeps the time that it would have taken.
        let (until, figure) = match window.status(now) {
            Status::Cancelled => (window.end, NOTHING),
            _ if window.excluded().is_some() => (window.span().to, "leaves"),
            _ => (window.span().to, "counts"),
        };
        table.add_row([
            kept.id.to_string(),
            window.status(now).word().to_owned(),
            instant(window.start, zone),
            end(Span::new(window.start, until), zone),
            about(window),
            figure.to_owned(),
            first_words(&window.message),
        ]);
    }
    format!("{table}\n")
}

/// Windows as the API has them, a line each.
fn lines(windows: &[Announcement], now: Timestamp) -> String {
    // Texts and numbers cannot fail to be serialised.
    let line = |kept| serde_json::to_string(&WindowRecord::of(kept, now)).unwrap_or_default();
    windows.iter().map(|kept| line(kept) + "\n").collect()
}

/// One window in whole.
fn told(kept: &Announcement, now: Timestamp, zone: Tz) -> String {
    let window = &kept.window;
    let instant = |at| instant(at, zone);
    let mut told = format!(
        "maintenance {}: {}\n  from       {}\n  to         {}\n  monitors   {}\n",
        kept.id,
        window.status(now).word(),
        instant(window.start),
        end(Span::new(window.start, window.end), zone),
        about(window),
    );
    if let Some(at) = window.cancelled_at.filter(|at| *at < window.end) {
        let what = if at > window.start { "ended" } else { "called off" };
        told += &format!("  {what:<11}{}\n", instant(at));
    }
    told += &format!("  announced  {}{}\n", instant(window.announced_at), notice(window));
    told += &format!("  figure     {}\n", effect(window));
    if let Some(turn) = &kept.occurrence {
        told += &format!("  recurring  {}, the turn of {}\n", turn.rule, instant(turn.at));
    }
    for line in window.message.lines() {
        told += &format!("  message    {line}\n");
    }
    told
}

/// How long before its start it was announced.
fn notice(window: &MaintenanceWindow) -> String {
    match window.notice_ms() {
        ms if ms < 0 => ", after it had begun".to_owned(),
        ms => format!(", {} ahead", duration::at_least_in_words(ms)),
    }
}

/// What it does to the uptime figure.
fn effect(window: &MaintenanceWindow) -> &'static str {
    match window.excluded() {
        Some(_) => "its time leaves the uptime figure",
        None if window.span().is_empty() => "it never takes place",
        None if window.emergency => "an emergency: its time counts in the uptime figure",
        None => "announced less than 48 h ahead: its time counts in the uptime figure",
    }
}

/// What was done to it.
fn done(deeds: &[Deed], zone: Tz) -> String {
    let mut done = String::new();
    for deed in deeds {
        done += &format!(
            "  {} {} by {}{}\n",
            instant(deed.at, zone),
            deed.action.word(),
            deed.author,
            difference(deed, zone)
        );
    }
    done
}

/// What a deed made different.
fn difference(deed: &Deed, zone: Tz) -> String {
    let Some(before) = &deed.before else { return String::new() };
    let after = &deed.after;
    let mut parts = Vec::new();
    for (name, was, is) in [("from", before.start, after.start), ("to", before.end, after.end)]
    {
        if was != is {
            parts.push(format!("{name} {} → {}", instant(was, zone), instant(is, zone)));
        }
    }
    if before.monitors != after.monitors {
        parts.push(format!("monitors {} → {}", about(before), about(after)));
    }
    if before.message != after.message {
        parts.push(format!(
            "message \"{}\" → \"{}\"",
            first_words(&before.message),
            first_words(&after.message)
        ));
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn about(window: &MaintenanceWindow) -> String {
    match &window.monitors[..] {
        [] => "all".to_owned(),
        some => some.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn instant(at: Timestamp, zone: Tz) -> String {
    local_time(at, zone, INSTANT)
}

/// An end that stands after its start: without its day where that is the same.
fn end(span: Span, zone: Tz) -> String {
    local_end(span, zone, INSTANT)
}

/// How a message begins.
fn first_words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(MESSAGE_CHARS).collect();
    let is_whole = cut.len() == message.len();
    if is_whole { cut } else { format!("{}…", cut.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    /// Window 1, announced in time.
    fn kept(start: &str, end: &str) -> Announcement {
        let window = MaintenanceWindow {
            announced_at: at("2026-11-24T10:54:07Z"),
            start: at(start),
            end: at(end),
            cancelled_at: None,
            message: String::new(),
            monitors: Vec::new(),
            emergency: false,
        };
        Announcement {
            id: WindowId(1),
            uid: "1".repeat(32),
            revision: 1,
            changed_at: window.announced_at,
            occurrence: None,
            window,
        }
    }

    /// The cells of the only row.
    fn listed(kept: Announcement, zone: Tz) -> Vec<String> {
        let now = kept.window.announced_at;
        let listed = table(&[kept], true, now, zone);
        let row = listed.lines().last().unwrap();
        let cells = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells.map(str::to_owned).collect()
    }

    #[rstest]
    #[case::of_one_day("2026-12-02T03:00:00Z", "04:00:00 +01:00")]
    #[case::over_midnight("2026-12-02T23:00:00Z", "2026-12-03 00:00:00 +01:00")]
    fn a_window_of_one_day_says_it_once(#[case] end: &str, #[case] words: &str) {
        let kept = kept("2026-12-02T01:00:00Z", end);
        let (zone, now) = (chrono_tz::Europe::Berlin, kept.window.announced_at);
        let start = "2026-12-02 02:00:00 +01:00";
        let shown = told(&kept, now, zone);
        assert!(
            shown.contains(&format!("from       {start}\n  to         {words}\n")),
            "{shown}"
        );
        assert_eq!(listed(kept, zone)[2..4], [start, words]);
    }

    #[test]
    fn in_the_hour_that_comes_twice_the_offset_is_said_once() {
        let kept = kept("2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z");
        let zone = chrono_tz::Europe::Berlin;
        let shown = told(&kept, kept.window.announced_at, zone);
        assert!(shown.contains("from       2027-10-31 02:30:00 +02:00\n"), "{shown}");
        assert!(shown.contains("to         02:30:00 +01:00\n"), "{shown}");
        assert_eq!(listed(kept, zone)[2..4], ["2027-10-31 02:30:00 +02:00", "02:30:00 +01:00"]);
    }

    #[test]
    fn what_was_called_off_beforehand_is_listed_with_the_end_that_it_would_have_had() {
        let mut off = kept("2026-12-02T01:00:00Z", "2026-12-02T03:00:00Z");
        off.window.cancelled_at = Some(off.window.announced_at);
        let cells = listed(off, chrono_tz::Europe::Berlin);
        assert_eq!(cells[1], "cancelled");
        assert_eq!(cells[3..6], ["04:00:00 +01:00", "all", "–"]);
    }
}
