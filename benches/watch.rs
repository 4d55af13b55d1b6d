//! What watching costs: a thousand monitors, each checked every 20 s over a new
//! connection, rows on disk. Beside it, in the same run, a bare HTTP client that makes
//! the same requests at the same pace and keeps nothing.
//!
//! `cargo bench --bench watch -- [MONITORS] [INTERVAL_S] [MINUTES]`
//!
//! Everything runs on loopback and ends by itself. Read on Linux from /proc: CPU time,
//! resident memory, bytes written.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 42\r\n\r\n\
      {\"status\":\"ok\",\"message\":\"Service online\"}\n";

#[derive(Clone, Copy)]
struct Load {
    monitors: u64,
    interval_s: u64,
    minutes: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let number =
        |n: usize, or: u64| arguments.get(n).and_then(|a| a.parse().ok()).unwrap_or(or);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if arguments.get(1).is_some_and(|a| a == "bare") {
        let load = Load {
            monitors: number(3, 1_000),
            interval_s: number(4, 20),
            minutes: number(5, 5),
        };
        runtime.block_on(bare(&arguments[2], load));
        return;
    }
    let load =
        Load { monitors: number(1, 1_000), interval_s: number(2, 20), minutes: number(3, 5) };
    runtime.block_on(compare(load));
}

/// The same requests without a monitor: a new client each time, spread over the interval.
async fn bare(url: &str, load: Load) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let started = Instant::now();
    let gap = Duration::from_secs(load.interval_s) / u32::try_from(load.monitors).unwrap();
    let mut n = 0_u32;
    while started.elapsed() < Duration::from_secs(load.minutes * 60) {
        tokio::time::sleep_until((started + gap * n).into()).await;
        n += 1;
        let url = url.to_owned();
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
            if let Ok(client) = client.build()
                && let Ok(answer) = client.get(url).send().await
            {
                let _ = answer.bytes().await;
            }
        });
    }
}

async fn compare(load: Load) {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", target.local_addr().unwrap());
    tokio::spawn(answer(target));
    let folder = tempfile::tempdir().unwrap();
    let mut everup = everup(folder.path(), &url, load);
    // It outlasts the measuring: who has ended has no numbers in /proc.
    let bare_load = [load.monitors, load.interval_s, load.minutes + 2].map(|n| n.to_string());
    let bare = Command::new(std::env::current_exe().unwrap())
        .args(["bare", &url])
        .args(bare_load)
        .stdout(Stdio::null())
        .spawn();
    let mut bare = bare.unwrap();
    // The first interval has the start in it; it is not measured.
    tokio::time::sleep(Duration::from_secs(load.interval_s)).await;
    let before = (Usage::of(&everup), Usage::of(&bare));
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(load.minutes * 60)).await;
    let elapsed_s = started.elapsed().as_secs_f64();
    let after = (Usage::of(&everup), Usage::of(&bare));
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let checks = elapsed_s * load.monitors as f64 / load.interval_s as f64;
    print("everup", &before.0, &after.0, checks);
    print("bare client", &before.1, &after.1, checks);
    stop(&mut everup);
    stop(&mut bare);
    schedule(folder.path(), load);
}

async fn answer(listener: TcpListener) {
    while let Ok((mut connection, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut request = [0; 2_048];
            if connection.read(&mut request).await.is_ok_and(|n| n > 0) {
                let _ = connection.write_all(ANSWER).await;
                // The client closes; waiting for it keeps TIME_WAIT on its side.
                let _ = connection.read(&mut request).await;
            }
        });
    }
}

fn everup(folder: &Path, url: &str, load: Load) -> Child {
    let mut config = format!(
        "[store]\nurl = \"sqlite://{}\"\n\
         [defaults]\ninterval = \"{}s\"\n",
        folder.join("everup.db").display(),
        load.interval_s
    );
    for n in 0..load.monitors {
        let _ = write!(
            config,
            "[[monitor]]\nid = \"m{n}\"\nname = \"Monitor {n}\"\nurl = \"{url}\"\n"
        );
    }
    fs::write(folder.join("config.toml"), config).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_everup"))
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn();
    child.unwrap()
}

struct Usage {
    cpu_s: f64,
    resident_kib: u64,
    written_bytes: u64,
}

impl Usage {
    /// As /proc has it: clock ticks are hundredths of a second on Linux.
    fn of(child: &Child) -> Usage {
        let read = |file| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
        let field = |text: &str, name: &str| -> u64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let stat = read("stat");
        let after_name = stat.rsplit(')').next().unwrap();
        let ticks: Vec<f64> = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|t| t.parse().unwrap())
            .collect();
        Usage {
            cpu_s: (ticks[0] + ticks[1]) / 100.0,
            resident_kib: field(&read("status"), "VmRSS:"),
            written_bytes: field(&read("io"), "write_bytes:"),
        }
    }
}

fn print(name: &str, before: &Usage, after: &Usage, checks: f64) {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let written = (after.written_bytes - before.written_bytes) as f64;
    println!(
        "{name:<12} {:.3} CPU-s a 1,000 checks, {:.1} MiB resident, {:.0} bytes written a check",
        (after.cpu_s - before.cpu_s) * 1_000.0 / checks,
        f64::from(u32::try_from(after.resident_kib).unwrap()) / 1_024.0,
        written / checks,
    );
}

fn stop(child: &mut Child) {
    let pid = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    let _ = child.wait();
}

/// How far checks were from their interval, and when the last monitor had its first.
fn schedule(folder: &Path, load: Load) {
    let export = Command::new(env!("CARGO_BIN_EXE_everup"))
        .arg("export")
        .current_dir(folder)
        .output()
        .unwrap();
    let mut starts: HashMap<String, Vec<i64>> = HashMap::new();
    for line in String::from_utf8(export.stdout).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        if record["kind"] != "check" {
            continue;
        }
        let at = record["started_at"].as_str().unwrap();
        let at = everup::domain::timestamp::Timestamp::parse_rfc3339(at).unwrap().0;
        starts
            .entry(record["monitor"].as_str().unwrap().to_owned())
            .or_default()
            .push(at);
    }
    let first = starts.values().map(|starts| starts[0]).min().unwrap();
    let last_first = starts.values().map(|starts| starts[0]).max().unwrap();
    let interval_ms = i64::try_from(load.interval_s).unwrap() * 1_000;
    // The first two are where a monitor finds its phase.
    let mut errors: Vec<i64> = (starts.values())
        .flat_map(|starts| {
            starts[1..].windows(2).map(|pair| (pair[1] - pair[0] - interval_ms).abs())
        })
        .collect();
    errors.sort_unstable();
    // Against the first instant of its phase, how far a monitor has drifted by the end.
    let drift = (starts.values())
        .map(|starts| {
            let (second, last) = (starts[1], starts[starts.len() - 1]);
            let into = (last - second).rem_euclid(interval_ms);
            into.min(interval_ms - into)
        })
        .max()
        .unwrap();
    println!(
        "{} monitors, the last first checked {} ms after the first; interval error p50 {} ms, \
         p99 {} ms, worst {} ms; drift at most {drift} ms",
        starts.len(),
        last_first - first,
        errors[errors.len() / 2],
        errors[errors.len() * 99 / 100],
        errors[errors.len() - 1],
    );
}
