//! What the deliverer works on: what waits in each channel, what was told there last, what
//! is under way and what is to be tried again when. Nothing here waits or touches the store.

use super::scene::Scene;
use crate::domain::alert::{Alert, ChannelId, Decision, Ground, Kind, Sight, Told, decide};
use crate::domain::duration;
use crate::domain::monitor::{Key, Monitor, MonitorId};
use crate::domain::timestamp::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::notify::contract::Receipt;
use crate::notify::message::{Message, SinceThen};
use crate::store::outbox::{AlertId, Outcome, Waiting};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

/// Messages under way in one channel at a time: a receiver that is slow is not helped by
/// more, and one that is quick needs no more.
const AT_ONCE: usize = 4;
/// A receiver that is being restarted takes some seconds.
const BACK_OFF_MS_MIN: i64 = 5 * SECOND_MS;
/// One that is down for hours is missed for no longer than this once it is back. Nor does
/// any receiver get to silence alerts for longer.
const BACK_OFF_MS_MAX: i64 = 15 * MINUTE_MS;
/// So often a message is tried: for a day, since with [`BACK_OFF_MS_MIN`] doubled each time
/// up to [`BACK_OFF_MS_MAX`] the last try is 23 h 51 min after the first.
const ATTEMPTS_MAX: u32 = 103;

/// What is to be noted in the store.
pub(super) enum Note {
    /// It was tried so often.
    Tried { channel: ChannelId, id: AlertId, attempts: u32, at: Timestamp },
    /// It is told, dropped or given up.
    Settled { channel: ChannelId, ids: Vec<AlertId>, outcome: Outcome, at: Timestamp },
}

/// What was decided.
pub(super) enum Next {
    /// Some are not to be told any more.
    Dropped,
    /// To tell this of the monitor, which counts as under way.
    Tell(Key, AlertId, Box<Message>),
}

/// What waits to be told of one monitor in one channel.
#[derive(Default)]
pub(super) struct Line {
    /// In order.
    pub(super) waiting: Vec<Waiting>,
    told: Option<Told>,
    /// Whether the message of one is under way.
    flying: bool,
    /// When to look at it again, by the wall clock.
    look_at: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct Desk {
    channels: BTreeMap<ChannelId, Channel>,
    /// What the store does not know yet, in order.
    pub(super) notes: VecDeque<Note>,
}

#[derive(Default)]
struct Channel {
    lines: BTreeMap<Key, Line>,
    /// When what failed is tried again, by the steady clock.
    due_ms: HashMap<AlertId, i64>,
    /// Since when it takes nothing.
    failing_since: Option<Timestamp>,
}

/// A channel, what waits for it, and what it told last.
pub(super) type Read = (ChannelId, Vec<Waiting>, HashMap<Key, Told>);

impl Line {
    /// The beginning of the outage that was told and has not been told to have ended.
    pub(super) fn down_since(&self) -> Option<Timestamp> {
        self.told.filter(|told| told.kind == Kind::Down).map(|told| told.since)
    }

    /// Whether it was tried to tell what waits first.
    fn is_tried(&self) -> bool {
        self.waiting.first().is_some_and(|waiting| waiting.attempts > 0)
    }

    /// What to do now about what waits of this monitor.
    fn decide(&self, monitor: &Monitor, sight: Sight, scene: &Scene) -> Decision {
        let waiting: Vec<Alert> =
            self.waiting.iter().map(|waiting| waiting.alert.clone()).collect();
        let windows = scene.maintenance_of(&monitor.id);
        let (lives, now) = (monitor.lives(), scene.now);
        let ground = Ground { windows: &windows, lives, sight, now };
        decide(self.told, &waiting, self.is_tried(), &ground)
    }

    /// Takes away what waits no more, and from now on counts as told.
    fn settle(&mut self, id: AlertId) {
        let Some(place) = self.waiting.iter().position(|waiting| waiting.id == id) else {
            return;
        };
        let Waiting { alert, .. } = self.waiting.remove(place);
        self.told = Some(Told { kind: alert.kind, since: alert.since });
    }
}

impl Channel {
    /// How many messages are under way.
    fn flying(&self) -> usize {
        self.lines.values().filter(|line| line.flying).count()
    }
}

impl Desk {
    /// Puts what the store has on the desk. What is under way, and when to try again, stays.
    pub(super) fn lay_out(&mut self, read: Vec<Read>) {
        let mut before = std::mem::take(&mut self.channels);
        for (id, waiting, told) in read {
            let mut channel = before.remove(&id).unwrap_or_default();
            let flying: Vec<Key> = (channel.lines.iter())
                .filter(|(_, line)| line.flying)
                .map(|(key, _)| *key)
                .collect();
            channel.lines.clear();
            channel
                .due_ms
                .retain(|alert, _| waiting.iter().any(|known| known.id == *alert));
            for waiting in waiting {
                let key = waiting.alert.monitor;
                let line = channel.lines.entry(key).or_default();
                line.told = told.get(&key).copied();
                line.waiting.push(waiting);
            }
            for key in flying {
                channel.lines.entry(key).or_default().flying = true;
            }
            self.channels.insert(id, channel);
        }
    }

    /// The instant at which something may be due that is not now.
    pub(super) fn look_again_at(&self) -> Option<Timestamp> {
        // One that has its hands full looks again when a message lands.
        let free = self.channels.values().filter(|channel| channel.flying() < AT_ONCE);
        let lines = free.flat_map(|channel| channel.lines.values());
        lines.filter(|line| !line.flying).filter_map(|line| line.look_at).min()
    }

    /// Whether anything waits.
    pub(super) fn is_empty(&self) -> bool {
        let mut lines = self.channels.values().flat_map(|channel| channel.lines.values());
        lines.all(|line| line.waiting.is_empty())
    }

    /// When the alerts were decided that wait.
    pub(super) fn instants(&self) -> impl Iterator<Item = Timestamp> {
        let lines = self.channels.values().flat_map(|channel| channel.lines.values());
        lines.flat_map(|line| &line.waiting).map(|waiting| waiting.alert.at)
    }

    /// The next thing to do in a channel, which `is_for` some monitors; `None` where nothing
    /// is to be done now.
    pub(super) fn next(
        &mut self,
        id: &ChannelId,
        is_for: impl Fn(&MonitorId) -> bool,
        scene: &Scene,
    ) -> Option<Next> {
        let Scene { now, steady_ms, .. } = *scene;
        let channel = self.channels.get_mut(id)?;
        if channel.flying() >= AT_ONCE {
            return None;
        }
        for (key, line) in &mut channel.lines {
            if line.flying {
                continue;
            }
            line.look_at = None;
            let Some(monitor) = scene.monitor(*key) else { continue };
            let Some(last) = line.waiting.last() else { continue };
            let sight = scene.sight_of(*key, last.alert.at);
            let decision = match is_for(&monitor.id) {
                true => line.decide(monitor, sight, scene),
                // The channel is not told of this monitor any more.
                false => Decision::Drop(0..line.waiting.len()),
            };
            let held_until = match decision {
                Decision::Nothing => continue,
                Decision::Drop(never) => {
                    let dropped = line.waiting.drain(never);
                    let ids = dropped.map(|waiting| waiting.id).collect();
                    self.note_settled(id, ids, Outcome::Dropped, now);
                    return Some(Next::Dropped);
                }
                Decision::GiveUp => {
                    let first = line.waiting.first().map(|waiting| waiting.id);
                    let ids: Vec<AlertId> = first.into_iter().collect();
                    ids.iter().for_each(|id| line.settle(*id));
                    self.note_settled(id, ids, Outcome::GivenUp, now);
                    return Some(Next::Dropped);
                }
                Decision::Hold(until) => {
                    line.look_at = Some(until);
                    continue;
                }
                Decision::Tell { held_until } => held_until,
            };
            let [waiting, behind @ ..] = &line.waiting[..] else { continue };
            let due_ms = channel.due_ms.get(&waiting.id);
            let wait_ms = due_ms.map_or(0, |due_ms| due_ms - steady_ms);
            if wait_ms > 0 {
                line.look_at = Some(now.plus_ms(wait_ms));
                continue;
            }
            let since_then = match (behind.first(), sight) {
                (Some(next), _) => SinceThen::Over(&next.alert),
                (None, Sight::Stale) => SinceThen::Unknown,
                (None, _) => SinceThen::Same,
            };
            let (alert, since) = (&waiting.alert, line.down_since());
            let message = Message::of(alert, since_then, monitor, since, held_until);
            let id = waiting.id;
            line.flying = true;
            return Some(Next::Tell(*key, id, Box::new(message)));
        }
        None
    }

    /// Notes what became of a message.
    pub(super) fn land(
        &mut self,
        id: &ChannelId,
        monitor: Key,
        alert: AlertId,
        receipt: Receipt,
        now: Timestamp,
        steady_ms: i64,
    ) {
        let outcome = match receipt {
            Receipt::Taken(_) => Some(Outcome::Told),
            Receipt::Refused(why) => {
                tracing::warn!(
                    "the alert channel \"{id}\" refuses an alert, which is given up: {why}"
                );
                Some(Outcome::GivenUp)
            }
            Receipt::Later(why, wish) => {
                self.note_failure(id, monitor, alert, &why, wish, now, steady_ms)
            }
        };
        let channel = self.channels.entry(id.clone()).or_default();
        let line = channel.lines.entry(monitor).or_default();
        line.flying = false;
        let Some(outcome) = outcome else { return };
        channel.due_ms.remove(&alert);
        line.settle(alert);
        if outcome == Outcome::Told
            && let Some(since) = channel.failing_since.take()
        {
            let length = duration::in_words(now.since_ms(since));
            tracing::warn!("the alert channel \"{id}\" takes alerts again, after {length}");
            // Whoever has taken one takes the others too.
            channel.due_ms.clear();
        }
        self.note_settled(id, vec![alert], outcome, now);
    }

    /// Notes that a message was given up half way.
    pub(super) fn turn_back(&mut self, id: &ChannelId, monitor: Key) {
        let channel = self.channels.entry(id.clone()).or_default();
        channel.lines.entry(monitor).or_default().flying = false;
    }

    /// Notes what became of alerts: in one write with what is noted likewise, because many
    /// monitors come out of maintenance together.
    fn note_settled(
        &mut self,
        id: &ChannelId,
        new: Vec<AlertId>,
        became: Outcome,
        at: Timestamp,
    ) {
        if let Some(Note::Settled { channel, ids, outcome, .. }) = self.notes.back_mut()
            && (&*channel, *outcome) == (id, became)
        {
            ids.extend(new);
            return;
        }
        let channel = id.clone();
        self.notes
            .push_back(Note::Settled { channel, ids: new, outcome: became, at });
    }

    /// Plans another try; gives an outcome where there is none.
    #[expect(clippy::too_many_arguments, reason = "both clocks, and what failed and why")]
    fn note_failure(
        &mut self,
        id: &ChannelId,
        monitor: Key,
        alert: AlertId,
        why: &str,
        wish: Option<Duration>,
        now: Timestamp,
        steady_ms: i64,
    ) -> Option<Outcome> {
        let channel = self.channels.get_mut(id)?;
        let line = channel.lines.get_mut(&monitor)?;
        let waiting = line.waiting.iter_mut().find(|waiting| waiting.id == alert)?;
        waiting.attempts += 1;
        let attempts = waiting.attempts;
        if attempts >= ATTEMPTS_MAX {
            tracing::warn!(
                "an alert is given up that the channel \"{id}\" has not taken in \
                 {attempts} tries: {why}"
            );
            return Some(Outcome::GivenUp);
        }
        if channel.failing_since.is_none() {
            tracing::warn!(
                "the alert channel \"{id}\" takes no alerts; they wait and are tried again: \
                 {why}"
            );
            channel.failing_since = Some(now);
        }
        channel.due_ms.insert(alert, steady_ms + back_off_ms(attempts, wish));
        self.notes
            .push_back(Note::Tried { channel: id.clone(), id: alert, attempts, at: now });
        None
    }
}

/// How long to wait before the next try, after so many.
fn back_off_ms(attempts: u32, wish: Option<Duration>) -> i64 {
    let doubled = attempts.saturating_sub(1).min(16);
    let wish_ms = wish.map_or(0, |wish| i64::try_from(wish.as_millis()).unwrap_or(i64::MAX));
    (BACK_OFF_MS_MIN << doubled).max(wish_ms).min(BACK_OFF_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Snapshot;
    use crate::clock::{Clock, ManualClock};
    use crate::domain::history::History;
    use crate::domain::ledger::Ledger;
    use crate::domain::monitor::{MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::{Span, Spans};
    use crate::domain::timestamp::HOUR_MS;
    use crate::engine::deliver::scene::Beginning;
    use std::sync::Arc;

    #[test]
    fn a_message_is_tried_for_a_day_ever_more_seldom() {
        assert_eq!(back_off_ms(1, None), 5_000);
        assert_eq!(back_off_ms(2, None), 10_000);
        assert_eq!(back_off_ms(8, None), 640_000);
        assert_eq!(back_off_ms(9, None), 900_000);
        assert_eq!(back_off_ms(u32::MAX, None), 900_000);
        let whole_ms: i64 = (1..ATTEMPTS_MAX).map(|attempts| back_off_ms(attempts, None)).sum();
        assert!((23 * HOUR_MS..=24 * HOUR_MS).contains(&whole_ms), "{whole_ms}");
    }

    #[test]
    fn a_receiver_is_left_alone_as_it_wishes_within_limits() {
        let wish = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(back_off_ms(1, wish(60)), 60_000);
        assert_eq!(back_off_ms(5, wish(1)), 80_000, "no sooner than by itself");
        assert_eq!(back_off_ms(1, wish(u64::MAX)), 900_000);
    }

    fn ops() -> ChannelId {
        ChannelId::new("ops").unwrap()
    }

    /// A board with so many monitors, and an alert of each that waits.
    fn waiting(monitors: i64) -> (Snapshot, Desk) {
        let history = |key: i64| {
            let id = MonitorId::new(&format!("m{key}")).unwrap();
            let parameters = ParameterHistory::new(Parameters::default());
            let (name, url) = (id.to_string(), String::new());
            let (lives, pauses) = (Spans::from(Span::ALWAYS), Spans::empty());
            let monitor = Monitor::new(id, name, url, parameters, lives, pauses);
            Arc::new(History {
                key: Key(key),
                monitor: monitor.into(),
                maintenance: Spans::empty(),
                ledger: Ledger::default(),
                latest: None,
                under_way: None,
                made_up: Spans::empty(),
                unbooked: None,
            })
        };
        let alert = |key: i64| Alert {
            monitor: Key(key),
            kind: Kind::Down,
            since: Timestamp(0),
            until: None,
            at: Timestamp(0),
            reason: Arc::from("it broke"),
        };
        let waiting = |key: i64| Waiting { id: AlertId(key), alert: alert(key), attempts: 0 };
        let snapshot =
            Snapshot { histories: (0..monitors).map(history).collect(), ..Snapshot::default() };
        let mut desk = Desk::default();
        desk.lay_out(vec![(ops(), (0..monitors).map(waiting).collect(), HashMap::new())]);
        (snapshot, desk)
    }

    /// The keys of what is sent, one after the other, until nothing is.
    fn sent(desk: &mut Desk, snapshot: &Snapshot, clock: &ManualClock) -> Vec<i64> {
        let instants: Vec<Timestamp> = desk.instants().collect();
        let long_ago = Beginning::default();
        let scene = Scene::new(snapshot, &long_ago, clock, instants.into_iter());
        let next = std::iter::from_fn(|| desk.next(&ops(), |_| true, &scene));
        next.map(|next| match next {
            Next::Tell(key, ..) => key.0,
            Next::Dropped => panic!("nothing is held"),
        })
        .collect()
    }

    fn land(desk: &mut Desk, key: i64, receipt: Receipt, clock: &ManualClock) {
        let (now, steady_ms) = (clock.now(), clock.steady_ms());
        desk.land(&ops(), Key(key), AlertId(key), receipt, now, steady_ms);
    }

    fn later() -> Receipt {
        Receipt::Later("HTTP 503".to_owned(), None)
    }

    #[test]
    fn a_message_that_is_never_taken_is_given_up_after_its_last_try() {
        let (snapshot, mut desk) = waiting(1);
        let clock = ManualClock::new(Timestamp(1_000));
        let mut tries = 0;
        while sent(&mut desk, &snapshot, &clock) == [0] {
            tries += 1;
            land(&mut desk, 0, later(), &clock);
            assert!(sent(&mut desk, &snapshot, &clock).is_empty(), "it has to wait");
            // Whatever the wall clock does meanwhile.
            clock.jump_ms(-HOUR_MS);
            clock.advance_ms(BACK_OFF_MS_MAX);
        }
        assert_eq!(tries, ATTEMPTS_MAX);
        assert!(desk.is_empty());
        assert!(matches!(
            desk.notes.back(),
            Some(Note::Settled { outcome: Outcome::GivenUp, .. })
        ));
        let noted = |note: &&Note| matches!(note, Note::Tried { .. });
        assert_eq!(desk.notes.iter().filter(noted).count(), tries as usize - 1);
    }

    #[test]
    fn whoever_has_taken_one_message_is_sent_the_others_at_once() {
        let (snapshot, mut desk) = waiting(2);
        let clock = ManualClock::new(Timestamp(1_000));
        assert_eq!(sent(&mut desk, &snapshot, &clock), [0, 1]);
        land(&mut desk, 0, later(), &clock);
        clock.advance_ms(BACK_OFF_MS_MIN - 1);
        land(&mut desk, 1, later(), &clock);
        clock.advance_ms(1);
        assert_eq!(sent(&mut desk, &snapshot, &clock), [0], "the other has to wait");
        let at = clock.now().plus_ms(BACK_OFF_MS_MIN - 1);
        assert_eq!(desk.look_again_at(), Some(at));
        land(&mut desk, 0, Receipt::Taken(String::new()), &clock);
        assert_eq!(sent(&mut desk, &snapshot, &clock), [1]);
    }

    #[test]
    fn only_a_few_messages_of_a_channel_are_under_way() {
        let (snapshot, mut desk) = waiting(10);
        let clock = ManualClock::new(Timestamp(1_000));
        assert_eq!(sent(&mut desk, &snapshot, &clock), [0, 1, 2, 3]);
        assert_eq!(desk.look_again_at(), None, "a message that lands is waited for");
        land(&mut desk, 2, Receipt::Refused("HTTP 404".to_owned()), &clock);
        assert_eq!(sent(&mut desk, &snapshot, &clock), [4]);
        // What is under way stays so when everything is read again.
        let read: Vec<Waiting> = desk.channels[&ops()]
            .lines
            .values()
            .flat_map(|line| line.waiting.clone())
            .collect();
        desk.lay_out(vec![(ops(), read, HashMap::new())]);
        assert!(sent(&mut desk, &snapshot, &clock).is_empty());
    }
}
