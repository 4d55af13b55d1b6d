//! The threads that carry requests: each has its connections, its pools and its timers to
//! itself, so that nothing is handed from one to another while a request is on its way.

use super::idle::SWEEP_EVERY;
use super::lane::Lane;
use super::serve::{self, Arrival};
use super::visitors::{TICK, Visitors};
use crate::vitals::rounds::{Round, Rounds};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// More threads than this share too little to be worth their connections to each backend.
pub const THREADS_MAX: usize = 16;

/// Each thread looks at its lines every few seconds, and waits for nobody; it is stuck after
/// this.
const SWEEPS_WITHIN: Duration = Duration::from_secs(30);

/// Some threads.
pub struct Crew {
    members: Vec<Member>,
}

struct Member {
    arrivals: mpsc::UnboundedSender<Arrival>,
    visitors: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

/// One more visitor with a thread, for as long as it lives.
pub struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(visitors: &Arc<AtomicUsize>) -> Seat {
        visitors.fetch_add(1, Ordering::Relaxed);
        Seat(Arc::clone(visitors))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Crew {
    /// As many threads as there are lanes. Once `stop` is cancelled they let their visitors go,
    /// and end when the crew is joined and the last one has gone, or `cut` is cancelled.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(
        lanes: Vec<Arc<Lane>>,
        rounds: &Rounds,
        stop: &CancellationToken,
        cut: &CancellationToken,
    ) -> io::Result<Crew> {
        let start = |lane: Arc<Lane>| {
            let (arrivals, arriving) = mpsc::unbounded_channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (stop, cut) = (stop.clone(), cut.clone());
            let round = rounds.enter("carrying requests", SWEEPS_WITHIN);
            let thread = std::thread::Builder::new()
                .name("balance".to_owned())
                .spawn(move || runtime.block_on(work(lane, arriving, round, stop, cut)))?;
            Ok(Member { arrivals, visitors: Arc::default(), thread })
        };
        Ok(Crew { members: lanes.into_iter().map(start).collect::<io::Result<_>>()? })
    }

    /// Gives a visitor to the thread that has the fewest.
    pub fn welcome(&self, arrival: impl FnOnce(Seat) -> Arrival) {
        let fewest = |member: &&Member| member.visitors.load(Ordering::Relaxed);
        let Some(member) = self.members.iter().min_by_key(fewest) else { return };
        // A thread that has ended takes none; the visitor sees the connection close.
        let _ = member.arrivals.send(arrival(Seat::take(&member.visitors)));
    }

    /// Waits for the threads to end.
    pub async fn join(self) {
        let threads = self.members.into_iter().map(|member| member.thread);
        // All of them take no more visitors from here on.
        let threads: Vec<JoinHandle<()>> = threads.collect();
        let join = move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a thread of the balancer has panicked");
                }
            }
        };
        if tokio::task::spawn_blocking(join).await.is_err() {
            tracing::error!("the threads of the balancer could not be waited for");
        }
    }
}

/// What one thread does.
async fn work(
    lane: Arc<Lane>,
    mut arriving: mpsc::UnboundedReceiver<Arrival>,
    round: Round,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    let visits = TaskTracker::new();
    let visitors = Visitors::with_patience(lane.settings.timeouts.head);
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    let mut tick = tokio::time::interval(TICK);
    loop {
        let arrival = tokio::select! {
            arrival = arriving.recv() => arrival,
            _ = sweep.tick() => {
                round.turn();
                lane.sweep();
                continue;
            }
            _ = tick.tick() => {
                visitors.tick();
                continue;
            }
            () = stop.cancelled() => None,
        };
        let Some(arrival) = arrival else { break };
        visits.spawn(serve::visit(Arc::clone(&lane), arrival, visitors.clone()));
    }
    // From here on it waits for visitors, not longer than whoever stops it lets it.
    drop(round);
    visitors.ring();
    // Those that were welcomed before it was known that no more are.
    while let Some(arrival) = arriving.recv().await {
        visits.spawn(serve::visit(Arc::clone(&lane), arrival, visitors.clone()));
    }
    visits.close();
    // What is left when this returns ends with the runtime.
    cut.run_until_cancelled(async {
        visits.wait().await;
        lane.tunnels.close();
        lane.tunnels.wait().await;
    })
    .await;
}
