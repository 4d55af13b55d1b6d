//! The connections of visitors on one thread: each is told when the balancer stops, and when
//! it has been of no use for too long.
//!
//! A connection is looked at with each of its messages. Asking a cancellation token each time
//! costs a lock, and a timer costs two; this costs the look at a number. It also holds for a
//! visitor who never says anything, from whom no library waits for a head.
//! `crew` lets them in and ticks, `serve` listens to what they are told.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

/// How often [`Visitors::tick`] is to be called.
pub const TICK: Duration = Duration::from_secs(1);

/// So many ticks later one is cut off that was told to leave and has not.
const LEAVE_TICKS: u32 = 2;

/// All on one thread.
#[derive(Clone)]
pub struct Visitors(Arc<Book>);

struct Book {
    /// How many ticks a connection may have nothing under way, be it that the head of its
    /// next request takes so long or that none comes.
    idle_ticks_max: u32,
    now: AtomicU32,
    has_rung: AtomicBool,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_number: Vec<Option<(Waker, Arc<Presence>)>>,
    /// Numbers that are used again.
    free: Vec<usize>,
}

/// One connection, for as long as it lives.
pub struct Visitor {
    presence: Arc<Presence>,
    number: Option<usize>,
    heard: u8,
}

/// What a connection has under way, known to whoever has a part in that.
pub struct Presence {
    book: Arc<Book>,
    under_way: AtomicUsize,
    has_asked: AtomicBool,
    /// Since which tick nothing is.
    idle_since: AtomicU32,
    told: AtomicU8,
}

/// Something under way, for as long as it lives.
pub struct Turn(Arc<Presence>);

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// To take no more requests, and to end once what is under way is done.
    Leave,
    /// To end at once.
    Cut,
}

const LEAVE: u8 = 1;
const CUT: u8 = 2;

impl Visitors {
    /// Nobody yet; each may have nothing under way for so long.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Visitors {
        let ticks = patience.as_millis().div_ceil(TICK.as_millis());
        Visitors(Arc::new(Book {
            idle_ticks_max: u32::try_from(ticks).unwrap_or(u32::MAX / 2),
            now: AtomicU32::new(0),
            has_rung: AtomicBool::new(false),
            entries: Mutex::default(),
        }))
    }

    /// One more connection.
    #[must_use]
    pub fn enter(&self) -> Visitor {
        let book = Arc::clone(&self.0);
        let idle_since = AtomicU32::new(book.now.load(Ordering::Relaxed));
        let presence = Arc::new(Presence {
            book,
            under_way: AtomicUsize::new(0),
            has_asked: AtomicBool::new(false),
            idle_since,
            told: AtomicU8::new(0),
        });
        Visitor { presence, number: None, heard: 0 }
    }

    /// Tells all to leave, those that come later too.
    pub fn ring(&self) {
        self.0.has_rung.store(true, Ordering::SeqCst);
        self.0.lock().tell_each(|_| LEAVE);
    }

    /// Another [`TICK`] has passed: tells those to leave, or cuts them off, that have had
    /// nothing under way for too long.
    pub fn tick(&self) {
        let now = self.0.now.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let max = self.0.idle_ticks_max;
        self.0.lock().tell_each(|presence| match presence.idle_ticks(now) {
            Some(idle) if idle >= max + LEAVE_TICKS => CUT,
            Some(idle) if idle >= max => LEAVE,
            _ => 0,
        });
    }
}

impl Entries {
    fn tell_each(&self, what: impl Fn(&Presence) -> u8) {
        for (waker, presence) in self.by_number.iter().flatten() {
            let what = what(presence);
            if presence.told.fetch_max(what, Ordering::SeqCst) < what {
                waker.wake_by_ref();
            }
        }
    }
}

impl Book {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics while it is held.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor {
    /// What is to be told of what is under way.
    #[must_use]
    pub fn presence(&self) -> Arc<Presence> {
        Arc::clone(&self.presence)
    }

    /// What it is told, each once. The task that asks first is the one that is woken.
    pub fn called(&mut self, cx: &Context<'_>) -> Option<Call> {
        if self.number.is_none() {
            self.number = Some(self.write_down(cx.waker().clone()));
        }
        let told = self.presence.told.load(Ordering::SeqCst);
        if told <= self.heard {
            return None;
        }
        self.heard = told;
        Some(if told == CUT { Call::Cut } else { Call::Leave })
    }

    fn write_down(&self, waker: Waker) -> usize {
        let book = &self.presence.book;
        let mut entries = book.lock();
        if book.has_rung.load(Ordering::SeqCst) {
            self.presence.told.fetch_max(LEAVE, Ordering::SeqCst);
        }
        let entry = Some((waker, self.presence()));
        if let Some(number) = entries.free.pop() {
            entries.by_number[number] = entry;
            return number;
        }
        entries.by_number.push(entry);
        entries.by_number.len() - 1
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut entries = self.presence.book.lock();
            entries.by_number[number] = None;
            entries.free.push(number);
        }
    }
}

impl Presence {
    /// Something begins; it is under way until what is given is let go.
    #[must_use]
    pub fn turn(self: &Arc<Self>) -> Turn {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.has_asked.store(true, Ordering::Relaxed);
        Turn(Arc::clone(self))
    }

    /// Whether anything ever began.
    #[must_use]
    pub fn has_asked(&self) -> bool {
        self.has_asked.load(Ordering::Relaxed)
    }

    fn idle_ticks(&self, now: u32) -> Option<u32> {
        let is_idle = self.under_way.load(Ordering::Relaxed) == 0;
        is_idle.then(|| now.wrapping_sub(self.idle_since.load(Ordering::Relaxed)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = self.0.book.now.load(Ordering::Relaxed);
        self.0.idle_since.store(now, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;

    const IDLE_TICKS: u32 = 10;

    async fn told(mut visitor: Visitor) -> Call {
        poll_fn(|cx| visitor.called(cx).map_or(Poll::Pending, Poll::Ready)).await
    }

    fn now(visitor: &mut Visitor) -> Option<Call> {
        visitor.called(&Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn all_are_told_to_leave_once_also_those_that_come_later() {
        let visitors = Visitors::with_patience(Duration::from_millis(9_500));
        let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(told(visitors.enter()))).collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        visitors.ring();
        for task in waiting {
            assert_eq!(task.await.unwrap(), Call::Leave);
        }
        let mut late = visitors.enter();
        assert_eq!(now(&mut late), Some(Call::Leave));
        assert_eq!(now(&mut late), None);
    }

    #[tokio::test]
    async fn who_never_says_anything_is_told_to_leave_and_then_cut_off() {
        let visitors = Visitors::with_patience(Duration::from_millis(9_500));
        let waiting = tokio::spawn(told(visitors.enter()));
        let mut silent = visitors.enter();
        assert_eq!(now(&mut silent), None);
        tokio::task::yield_now().await;
        (1..IDLE_TICKS).for_each(|_| visitors.tick());
        assert_eq!(now(&mut silent), None);
        visitors.tick();
        assert_eq!(waiting.await.unwrap(), Call::Leave, "it is woken");
        assert_eq!(now(&mut silent), Some(Call::Leave));
        (1..LEAVE_TICKS).for_each(|_| visitors.tick());
        assert_eq!(now(&mut silent), None);
        visitors.tick();
        assert_eq!(now(&mut silent), Some(Call::Cut));
    }

    #[test]
    fn a_request_under_way_may_take_its_time_and_what_follows_it_begins_anew() {
        let visitors = Visitors::with_patience(Duration::from_millis(9_500));
        let mut busy = visitors.enter();
        assert_eq!(now(&mut busy), None);
        let (one, two) = (busy.presence().turn(), busy.presence().turn());
        (0..2 * IDLE_TICKS).for_each(|_| visitors.tick());
        drop(one);
        (0..2 * IDLE_TICKS).for_each(|_| visitors.tick());
        assert_eq!(now(&mut busy), None);
        drop(two);
        (1..IDLE_TICKS).for_each(|_| visitors.tick());
        assert_eq!(now(&mut busy), None);
        visitors.tick();
        assert_eq!(now(&mut busy), Some(Call::Leave));
    }

    #[test]
    fn the_numbers_of_gone_connections_are_used_again() {
        let visitors = Visitors::with_patience(Duration::from_millis(9_500));
        for _ in 0..100 {
            assert_eq!(now(&mut visitors.enter()), None);
        }
        assert_eq!(visitors.0.lock().by_number.len(), 1);
    }
}
