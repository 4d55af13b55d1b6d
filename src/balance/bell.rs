//! Tells many connections at once that the balancer stops. A connection is looked at with each
//! of its messages, and asking a cancellation token each time costs a lock; this costs the
//! look at a flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// The bells of one thread's connections.
#[derive(Clone, Default)]
pub struct Bells(Arc<Hung>);

#[derive(Default)]
struct Hung {
    has_rung: AtomicBool,
    /// By the number of their bell; freed numbers are used again.
    wakers: Mutex<(Vec<Option<Waker>>, Vec<usize>)>,
}

/// The bell of one connection, for as long as it lives.
pub struct Bell {
    hung: Arc<Hung>,
    number: Option<usize>,
    was_heard: bool,
}

impl Bells {
    /// One more bell.
    #[must_use]
    pub fn hang(&self) -> Bell {
        Bell { hung: Arc::clone(&self.0), number: None, was_heard: false }
    }

    /// Rings all, those that are hung later too.
    pub fn ring(&self) {
        self.0.has_rung.store(true, Ordering::SeqCst);
        let mut wakers = self.0.lock();
        wakers.0.iter_mut().filter_map(Option::take).for_each(Waker::wake);
    }
}

impl Bell {
    /// Whether it rings; true once. The task that asks first is the one that is woken.
    pub fn rings(&mut self, cx: &Context<'_>) -> bool {
        if self.was_heard {
            return false;
        }
        if self.number.is_none() {
            let mut wakers = self.hung.lock();
            let waker = Some(cx.waker().clone());
            self.number = Some(match wakers.1.pop() {
                Some(number) => {
                    wakers.0[number] = waker;
                    number
                }
                None => {
                    wakers.0.push(waker);
                    wakers.0.len() - 1
                }
            });
        }
        self.was_heard = self.hung.has_rung.load(Ordering::SeqCst);
        self.was_heard
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut wakers = self.hung.lock();
            wakers.0[number] = None;
            wakers.1.push(number);
        }
    }
}

impl Hung {
    fn lock(&self) -> MutexGuard<'_, (Vec<Option<Waker>>, Vec<usize>)> {
        // Nothing panics while it is held.
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;

    async fn heard(mut bell: Bell) {
        poll_fn(|cx| if bell.rings(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    #[tokio::test]
    async fn all_bells_ring_once_also_those_that_are_hung_later() {
        let bells = Bells::default();
        let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(heard(bells.hang()))).collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        bells.ring();
        for task in waiting {
            task.await.unwrap();
        }
        heard(bells.hang()).await;
    }

    #[tokio::test]
    async fn the_numbers_of_gone_connections_are_used_again() {
        let bells = Bells::default();
        for _ in 0..100 {
            let mut bell = bells.hang();
            poll_fn(|cx| Poll::Ready(bell.rings(cx))).await;
        }
        assert_eq!(bells.0.lock().0.len(), 1);
    }
}
