//! One process of the demonstration: another everup, which never outlives this one.
//!
//! It has a pipe for its standard input, to which nothing is ever written. However this
//! process ends, the system closes the pipe, and whoever reads it ends, too
//! (`cli/together.rs`). It is in a process group of its own, so that a Ctrl-C on the terminal
//! reaches only us, and everything is ended in order.

use super::ENDS_WITH_STDIN;
use super::news::Who;
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A start that takes longer has failed: the first one closes three months.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// An end in order takes less than a second; what takes longer is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(8);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// One that ends by itself sooner has failed at its start, as where its port was taken meanwhile.
const START: Duration = Duration::from_secs(10);
/// So often in a row is what fails at its start tried again.
const FAILED_MAX: u32 = 5;
/// So much of the end of a log says why a process could not start.
const LOG_TAIL_BYTES: u64 = 1_000;

/// How one is started, and the child while it runs.
pub(super) struct Process {
    pub(super) who: Who,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    log: PathBuf,
    child: Option<Child>,
    started_at: Instant,
    /// How often in a row it has failed at its start.
    failed: u32,
    /// When it is to be started again.
    pub(super) again_at: Option<Instant>,
}

impl Process {
    /// Not started yet. It works in `folder`, and its log goes into the file of that name there.
    pub(super) fn new(
        who: Who,
        program: PathBuf,
        arguments: Vec<String>,
        folder: PathBuf,
        log: &str,
    ) -> Process {
        let log = folder.join(log);
        Process {
            who,
            program,
            arguments,
            folder,
            log,
            child: None,
            started_at: Instant::now(),
            failed: 0,
            again_at: None,
        }
    }

    /// Starts it.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("{} cannot be made", self.log.display()))?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env(ENDS_WITH_STDIN, "1")
            // What a service manager says to the demonstration is not for what it starts.
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("WATCHDOG_PID")
            .env_remove("LISTEN_PID")
            .env_remove("LISTEN_FDS")
            .env_remove("LISTEN_FDNAMES")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn();
        let who = self.who;
        self.child = Some(child.with_context(|| format!("{who} cannot be started"))?);
        self.started_at = Instant::now();
        self.again_at = None;
        Ok(())
    }

    /// Its number, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// Where it ends instead, with the end of its log, or takes too long.
    pub(super) async fn until_it_answers(&mut self) -> anyhow::Result<()> {
        let address = match self.who {
            Who::Instance(address) | Who::Balancer(address) => address,
        };
        let address = SocketAddr::new(reachable(address), address.port());
        let started = Instant::now();
        loop {
            if let Some((_, how)) = self.has_ended() {
                bail!("{} has ended at its start: {how}\n{}", self.who, self.end_of_log());
            }
            if TcpStream::connect(address).await.is_ok() {
                return Ok(());
            }
            if started.elapsed() > ANSWERS_WITHIN {
                bail!("{} does not answer\n{}", self.who, self.end_of_log());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether it has ended since this was last asked: its number, and how.
    pub(super) fn has_ended(&mut self) -> Option<(u32, String)> {
        let child = self.child.as_mut()?;
        // It is ours and nobody else waits for it, so that this cannot fail.
        let status = child.try_wait().ok().flatten()?;
        let pid = child.id();
        self.child = None;
        // Whoever is killed has not failed.
        let has_failed = status.signal().is_none() && self.started_at.elapsed() < START;
        self.failed = if has_failed { self.failed + 1 } else { 0 };
        Some((pid, how(status)))
    }

    /// Gives up on what fails at its start again and again.
    ///
    /// # Errors
    /// What its log ends with, where it does.
    pub(super) fn may_be_tried_again(&self) -> anyhow::Result<()> {
        if self.failed > FAILED_MAX {
            bail!("{} cannot be started again\n{}", self.who, self.end_of_log());
        }
        Ok(())
    }

    /// Asks it to end. One that stands still wakes first.
    pub(super) fn ask_to_end(&mut self) {
        self.again_at = None;
        let Some(child) = &mut self.child else { return };
        drop(child.stdin.take());
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
        // It has not been waited for, so that the number is still its own.
        let _ = kill_process(pid, Signal::TERM);
        let _ = kill_process(pid, Signal::CONT);
    }

    /// Waits until it has ended, and kills it where that takes too long.
    pub(super) async fn until_it_has_ended(&mut self) {
        let asked = Instant::now();
        while self.child.is_some() && self.has_ended().is_none() {
            if asked.elapsed() > ENDS_WITHIN {
                return self.kill();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Where it is gone already, that is what was wanted.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn end_of_log(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut log = File::open(&self.log)?;
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
            let mut end = Vec::new();
            log.take(LOG_TAIL_BYTES).read_to_end(&mut end)?;
            Ok(String::from_utf8_lossy(&end).trim().to_owned())
        };
        read().unwrap_or_default()
    }
}

impl Drop for Process {
    /// Where a demonstration fails half-way, nothing of it stays.
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where something that listens there is reached from this machine.
fn reachable(address: SocketAddr) -> std::net::IpAddr {
    match address {
        SocketAddr::V4(at) if at.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        at => at.ip(),
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "in order".to_owned(),
        (Some(code), _) => format!("with exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "nobody knows how".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &std::path::Path, script: &str) -> Process {
        let who = Who::Instance(SocketAddr::from(([127, 0, 0, 1], 9)));
        let arguments = ["-c", script].map(str::to_owned).to_vec();
        Process::new(who, "/bin/sh".into(), arguments, folder.to_owned(), "shell.log")
    }

    async fn until_it_ends(process: &mut Process) -> String {
        loop {
            if let Some((_, how)) = process.has_ended() {
                return how;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    #[tokio::test]
    async fn what_fails_at_its_start_is_given_up_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "echo the port is taken >&2; exit 3");
        for _ in 0..=FAILED_MAX {
            assert!(process.may_be_tried_again().is_ok());
            process.start().unwrap();
            assert_eq!(until_it_ends(&mut process).await, "with exit code 3");
        }
        let told = process.may_be_tried_again().unwrap_err().to_string();
        let log = "the port is taken\n".repeat(6);
        assert_eq!(told.split_once('\n').unwrap().1, log.trim_end());
    }

    #[tokio::test]
    async fn whoever_is_killed_is_started_as_often_as_that_happens() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "kill -9 $$");
        for _ in 0..=FAILED_MAX {
            process.start().unwrap();
            assert_eq!(until_it_ends(&mut process).await, "killed by signal 9");
            assert!(process.may_be_tried_again().is_ok());
        }
    }

    #[tokio::test]
    async fn one_that_stands_still_ends_when_it_is_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "kill -STOP $$; cat >/dev/null");
        process.start().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(process.has_ended(), None);
        let asked = Instant::now();
        process.ask_to_end();
        process.until_it_has_ended().await;
        assert!(process.pid().is_none() && asked.elapsed() < ENDS_WITHIN);
    }
}
