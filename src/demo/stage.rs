//! The demonstration as a whole: set up, watched over, and taken down again.

use super::configuration::{self, Places};
use super::news::{News, Who};
use super::past;
use super::process::Process;
use super::services::Services;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Environment};
use crate::engine::settings::Watch;
use crate::store::contract::Store;
use crate::store::registration::{Others, Registration};
use crate::store::sqlite::Sqlite;
use crate::transfer::made_up;
use anyhow::{Context, bail};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// Where the instances and the balancer answer, where these are free.
const USUAL: [u16; 3] = [8000, 8001, 8080];
/// How often it is looked whether all processes live, and who watches.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a newcomer sees that one is gone before it is started again: three checks, so that
/// everup has seen it, too.
const AGAIN_AFTER: Duration = Duration::from_secs(12);

/// How long the months are waited for; it takes a second.
const CLOSES_WITHIN: Duration = Duration::from_secs(20);

/// What is to be set up.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The everup that the processes are.
    pub program: PathBuf,
    /// Where the balancer is to answer, if that was said; the instances answer on free ports
    /// then.
    pub listen: Option<SocketAddr>,
}

/// A demonstration that runs. Dropped, all of it ends, and not in order.
pub struct Stage {
    // The fields are dropped in this order: the folder goes last.
    processes: Vec<Process>,
    services: Services,
    store: Sqlite,
    places: Places,
    taken: Vec<u16>,
    news: VecDeque<News>,
    look: Interval,
    /// The process that was last seen to watch.
    watches: Option<u32>,
    folder: TempDir,
}

impl Stage {
    /// Makes the folder, the configuration, the past, and starts everything. It is ready to be
    /// looked at then.
    ///
    /// # Errors
    /// Where something cannot be made or started; nothing of it stays then.
    pub async fn set(wanted: &Wanted) -> anyhow::Result<Stage> {
        let folder = tempfile::Builder::new().prefix("everup-demo-").tempdir();
        let folder = folder.context("no folder can be made for the demonstration")?;
        if !can_be_written(folder.path()) {
            bail!(
                "the folder for temporary files has a name that cannot stand in a \
                 configuration; set TMPDIR to another one"
            );
        }
        let services = Services::start().await?;
        let (places, taken) = places(wanted.listen, services.address)?;
        let file = folder.path().join("config.toml");
        let database = folder.path().join("everup.db");
        std::fs::write(&file, configuration::text(&places, &database))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        let store = with_a_past(&file, &database).await?;
        let processes = processes(wanted, &places, folder.path(), &file);
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stage = Stage {
            processes,
            services,
            store,
            places,
            taken,
            news: VecDeque::new(),
            look,
            watches: None,
            folder,
        };
        // One after the other, so that the first one watches.
        for process in &mut stage.processes {
            process.start()?;
            process.until_it_answers().await?;
        }
        stage.until_months_are_closed().await;
        stage.watches = stage.who_watches().await.map(|(_, pid)| pid);
        stage.services.begin();
        Ok(stage)
    }

    /// Where everything answers.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The usual ports that others have taken.
    #[must_use]
    pub fn taken(&self) -> &[u16] {
        &self.taken
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Each process that runs: who it is, its number, and whether it is the one that watches.
    pub fn processes(&self) -> impl Iterator<Item = (Who, u32, bool)> {
        let running = self.processes.iter().filter_map(|of| Some((of.who, of.pid()?)));
        running.map(|(who, pid)| (who, pid, self.watches == Some(pid)))
    }

    /// Waits for what happens next. What is not asked for again is lost only where all ends.
    ///
    /// # Errors
    /// Where a process cannot be started again.
    pub async fn next(&mut self) -> anyhow::Result<News> {
        loop {
            if let Some(news) = self.news.pop_front() {
                return Ok(news);
            }
            tokio::select! {
                Some(told) = self.services.told() => self.news.push_back(told),
                _ = self.look.tick() => self.look_around().await?,
            }
        }
    }

    /// The one that watches closes the months that are over as soon as it has begun, so that
    /// their reports are there when somebody looks. Where that takes too long, they come later.
    async fn until_months_are_closed(&self) {
        let started = Instant::now();
        while started.elapsed() < CLOSES_WITHIN {
            if self
                .store
                .closed_months()
                .await
                .is_ok_and(|months| months.len() >= past::MONTHS)
            {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look_around(&mut self) -> anyhow::Result<()> {
        self.news.extend(self.services.changes());
        for process in &mut self.processes {
            if let Some((pid, how)) = process.has_ended() {
                process.may_be_tried_again()?;
                process.again_at = Some(Instant::now() + AGAIN_AFTER);
                self.news
                    .push_back(News::Died(process.who, pid, how, AGAIN_AFTER.as_secs()));
            }
            if process.again_at.is_some_and(|at| at <= Instant::now()) {
                process.start()?;
                self.news.extend(process.pid().map(|pid| News::Started(process.who, pid)));
            }
        }
        if let Some((who, pid)) = self.who_watches().await
            && self.watches != Some(pid)
        {
            self.watches = Some(pid);
            self.news.push_back(News::Watches(who, pid));
        }
        Ok(())
    }

    /// The instance that has the lease, as the database says; `None` where it has died and the
    /// other has not taken it yet, or where the database cannot be read right now.
    async fn who_watches(&self) -> Option<(Who, u32)> {
        let held = self.store.lease().await.ok()?.held;
        let mut running = self.processes.iter().filter_map(|of| Some((of.who, of.pid()?)));
        running.find(|(_, pid)| held.holder.starts_with(&format!("process {pid},")))
    }

    /// Ends everything, in order as far as possible, and removes the folder.
    ///
    /// # Errors
    /// Where the folder cannot be removed.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.processes.iter_mut().for_each(Process::ask_to_end);
        for process in &mut self.processes {
            process.until_it_has_ended().await;
        }
        self.store.close().await;
        let path = self.folder.path().to_owned();
        self.folder.close().with_context(|| format!("{} stays", path.display()))
    }
}

/// Whether the address of a store can name a file there, within a string of a configuration.
fn can_be_written(folder: &Path) -> bool {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '"' | '\\' | '$' | '?');
    folder.to_str().is_some_and(|path| path.chars().all(is_plain))
}

/// Where everything is to answer, and which of the usual ports are taken.
fn places(
    listen: Option<SocketAddr>,
    services: SocketAddr,
) -> anyhow::Result<(Places, Vec<u16>)> {
    let own = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut taken = Vec::new();
    // All are held until each is found, so that none is found twice.
    let mut held: Vec<TcpListener> = Vec::new();
    let mut free = |usual: SocketAddr, must_be: bool| -> anyhow::Result<SocketAddr> {
        let found = match TcpListener::bind(usual) {
            Ok(listener) => listener,
            Err(error) if must_be => {
                return Err(error).with_context(|| {
                    format!(
                        "cannot listen on {usual}; stop what does, or choose another address"
                    )
                });
            }
            Err(_) => {
                taken.push(usual.port());
                TcpListener::bind(own(0)).context("no port is free")?
            }
        };
        let address = found.local_addr().context("the listening address is unknown")?;
        held.push(found);
        Ok(address)
    };
    let [first, second, front] = match listen {
        None => USUAL.map(own),
        Some(listen) => [own(0), own(0), listen],
    };
    let balancer = free(front, listen.is_some())?;
    let instances = [free(first, false)?, free(second, false)?];
    taken.sort_unstable();
    Ok((Places { instances, balancer, services }, taken))
}

/// Makes the database, with a past of its services in it.
async fn with_a_past(file: &Path, database: &Path) -> anyhow::Result<Sqlite> {
    let now = SystemClock::default().now();
    let store = Sqlite::open(database).await?;
    store
        .register(past::since(now), &registrations(file)?, Others::Keep)
        .await?;
    let past = past::past(now).map_err(anyhow::Error::msg)?;
    made_up::import(&store, past, now)
        .await
        .context("the past could not be made up")?;
    Ok(store)
}

/// What has a past, by the rules that were in force then; those of the file come into force
/// with the daemon.
fn registrations(file: &Path) -> anyhow::Result<Vec<Registration>> {
    let config = config::load(file, &Environment::new([], ""));
    let config = config.map_err(|wrong| anyhow::anyhow!("{wrong}"))?;
    let registration = |watch: &Watch| {
        let parameters = past::parameters(&watch.registration.id)?;
        Some(Registration { parameters, ..watch.registration.clone() })
    };
    Ok(config.monitors.iter().filter_map(registration).collect())
}

/// The processes, the instances first. None is started.
fn processes(wanted: &Wanted, places: &Places, folder: &Path, file: &Path) -> Vec<Process> {
    let process = |who, arguments: &[&str], log| {
        let file = file.to_string_lossy();
        let arguments = [arguments, &["--config", &file]].concat();
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        Process::new(who, wanted.program.clone(), arguments, folder.to_owned(), log)
    };
    let [first, second] = places.instances;
    vec![
        process(Who::Instance(first), &["run", "--listen", &first.to_string()], "first.log"),
        process(
            Who::Instance(second),
            &["run", "--listen", &second.to_string()],
            "second.log",
        ),
        process(Who::Balancer(places.balancer), &["balance"], "balancer.log"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::foreign::Source;
    use crate::domain::month::Month;
    use crate::domain::period::Period;
    use crate::domain::span::Span;
    use crate::domain::timestamp::{MINUTE_MS, Timestamp};
    use crate::report::answer::answer;
    use crate::report::form::Form;
    use crate::report::settings::Settings;
    use crate::transfer::{read, write};
    use chrono_tz::Tz;

    const MARK: &str = "were made up by everup demo";

    #[rstest::rstest]
    #[case("/tmp/a folder/everup-demo-x", true)]
    #[case("/tmp/a\"b/everup-demo-x", false)]
    #[case("/tmp/${HOME}/everup-demo-x", false)]
    fn a_folder_that_no_configuration_can_name_is_refused(
        #[case] folder: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(can_be_written(Path::new(folder)), expected);
    }

    async fn made(folder: &Path) -> Sqlite {
        let services = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let (places, _) = places(None, services).unwrap();
        let file = folder.join("config.toml");
        let database = folder.join("everup.db");
        std::fs::write(&file, configuration::text(&places, &database)).unwrap();
        with_a_past(&file, &database).await.unwrap()
    }

    /// Every monitor of a store has its mark, from its first check to its last.
    async fn is_marked(store: &Sqlite) -> bool {
        let histories = store.load().await.unwrap().histories;
        assert_eq!(histories.len(), 4);
        let mut all = true;
        for history in histories {
            let extent = store.extent(history.key).await.unwrap().unwrap();
            let foreign = store.imports(history.key, Span::ALWAYS).await.unwrap();
            all &= foreign.checked_by(Source::Demo) == history.made_up;
            all &= history.made_up.within(extent).as_slice() == [extent];
        }
        all
    }

    /// Mutants: a store that does not read the mark; an export that leaves origins out.
    #[tokio::test]
    async fn every_monitor_is_marked_also_after_an_export_and_an_import() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = made(folder.path()).await;
        assert!(is_marked(&store).await);
        let now = SystemClock::default().now();
        let mut lines = Vec::new();
        let (span, form) = (Span::ALWAYS, write::Form::Lines);
        let selection = write::Selection { span, monitors: Vec::new(), form };
        write::export(&store, &selection, &mut lines).await.unwrap();
        let copy = Sqlite::open(&other.path().join("everup.db")).await.unwrap();
        let monitors = registrations(&folder.path().join("config.toml")).unwrap();
        copy.register(now, &monitors, Others::Keep).await.unwrap();
        read::import(&copy, &mut &lines[..], now, |_| ()).await.unwrap();
        assert!(is_marked(&copy).await);
        let month = Month::around(now, Tz::UTC).previous();
        let loaded = copy.load().await.unwrap();
        let period = Period::Month(month);
        let report =
            answer(&copy, &loaded.histories, period, now, &Settings::default(), None).await;
        let report = report.unwrap();
        assert_eq!(report.made_up.map(|made_up| made_up.span), Some(report.window));
        for form in Form::ALL {
            let printed = form.print(&report).unwrap();
            let (text, mark) = match form {
                Form::Json => (String::from_utf8(printed).unwrap(), r#""by":"everup-demo""#),
                Form::Pdf => (pdf_extract::extract_text_from_mem(&printed).unwrap(), MARK),
                _ => (String::from_utf8(printed).unwrap(), MARK),
            };
            assert!(text.contains(mark), "{form:?}: {text}");
        }
        let marked = |text: &str| text.starts_with("made up: ");
        let outages = report.monitors.iter().flat_map(|row| &row.figures.outages);
        assert!(outages.clone().count() > 3 && outages.clone().all(|of| marked(&of.reason)));
    }

    #[tokio::test]
    async fn up_to_now_nothing_is_missing_but_what_should_be() {
        let folder = tempfile::tempdir().unwrap();
        let store = made(folder.path()).await;
        let now = SystemClock::default().now();
        let loaded = store.load().await.unwrap();
        let (running, settings) = (Month::around(now, Tz::UTC), Settings::default());
        let period = Period::Month(running.previous());
        let report = answer(&store, &loaded.histories, period, now, &settings, None).await;
        for row in report.unwrap().monitors {
            // The first check of all, which comes within an interval, is three months ago.
            assert_eq!(row.figures.tally.unknown, 0, "{}", row.id);
            assert!(row.figures.tally.down > MINUTE_MS, "{}", row.id);
        }
        let newest = loaded.histories.iter().filter_map(|of| of.ledger.judge.last);
        let late = newest.filter(|last| now.since_ms(last.at) > last.reach_ms);
        assert_eq!(late.count(), 0);
        assert!(past::since(now) < Timestamp(now.0 - 89 * 86_400_000));
    }

    #[test]
    fn a_usual_port_that_is_taken_is_told_and_another_one_found() {
        // Where somebody else has it, it is taken, too.
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL[0]));
        let services = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let (places, taken) = places(None, services).unwrap();
        assert!(taken.contains(&USUAL[0]), "{taken:?}");
        let [first, second] = places.instances;
        let ports = [first.port(), second.port(), places.balancer.port()];
        assert!(!ports.contains(&USUAL[0]), "{ports:?}");
        assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
        drop(held);
    }
}
