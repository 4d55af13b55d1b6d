//! Announces the turns of recurring windows, each as a window of its own, and calls off
//! those that no rule has any more.
//!
//! A turn is announced while there is notice enough for its time to leave the figure, or
//! not at all. What an administrator did to one stays: a turn that was moved or called off
//! is not announced again, and not changed by its rule.

use super::{NotDone, Planner, received};
use crate::domain::announcement::{Action, Announcement, Occurrence, Status};
use crate::domain::change::Change;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::notice::Received;
use crate::domain::recurrence::{AHEAD_MS_MAX, Recurrence};
use crate::domain::timestamp::Timestamp;
use crate::store::window::Changed;

/// So many turns of a rule stand announced at a time: two months of weeks.
const TURNS_AHEAD: usize = 8;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptUp {
    /// How many turns were announced.
    pub announced: usize,
    /// How many were changed as their rule was.
    pub changed: usize,
    /// How many were called off because no rule has them any more.
    pub called_off: usize,
}

impl KeptUp {
    /// Whether anything was done.
    #[must_use]
    pub fn is_something(self) -> bool {
        self != KeptUp::default()
    }
}

/// Who does what a rule says.
fn author(rule: &str) -> String {
    format!("recurring: {rule}")
}

impl Planner<'_> {
    /// Lets what stands announced be what `rules` say.
    ///
    /// # Errors
    /// [`NotDone::Store`]; what was done by then stays, and is not done again.
    pub async fn keep_up(&self, rules: &[Recurrence]) -> Result<KeptUp, NotDone> {
        let received = received(self.store, self.now).await?;
        let now = received.now;
        let mut kept_up = KeptUp::default();
        let windows = self.store.windows().await?;
        let turns = windows.iter().filter_map(|kept| Some((kept, kept.occurrence.as_ref()?)));
        for (kept, turn) in turns {
            if kept.window.status(now) == Status::Upcoming {
                self.follow(kept, turn, rules, received, &mut kept_up).await?;
            }
        }
        let notice_ms = self.settings.notice_ms.max(MaintenanceWindow::NOTICE_MS);
        for rule in rules {
            let known = |at: Timestamp| {
                let turn = |turn: &Occurrence| turn.rule == rule.id.as_str() && turn.at == at;
                windows.iter().any(|kept| kept.occurrence.as_ref().is_some_and(turn))
            };
            let turns = rule
                .turns(received.notice_from.plus_ms(notice_ms))
                .take_while(|at| at.since_ms(now) <= AHEAD_MS_MAX)
                .take(TURNS_AHEAD);
            for at in turns.filter(|at| !known(*at)) {
                let turn = Occurrence { rule: rule.id.to_string(), at };
                let window = rule.window(at, received.notice_from);
                let author = author(rule.id.as_str());
                let announced = self.store.announce(&window, Some(&turn), &author).await?;
                kept_up.announced += usize::from(announced.is_new);
            }
        }
        Ok(kept_up)
    }

    /// Lets a turn that stands announced be what its rule says now.
    async fn follow(
        &self,
        kept: &Announcement,
        turn: &Occurrence,
        rules: &[Recurrence],
        received: Received,
        kept_up: &mut KeptUp,
    ) -> Result<(), NotDone> {
        let now = received.now;
        let rule = rules.iter().find(|rule| rule.id.as_str() == turn.rule);
        let Some(rule) = rule.filter(|rule| rule.has_turn(turn.at)) else {
            let Ok((window, action)) = kept.cancel(now) else { return Ok(()) };
            if !self.is_as_announced(kept, turn).await? {
                return Ok(());
            }
            // Should the rule come back, so does the turn.
            let new = Announcement { window, occurrence: None, ..kept.clone() };
            kept_up.called_off += usize::from(self.by_rule(new, turn, now, action).await?);
            return Ok(());
        };
        let said = rule.window(turn.at, kept.window.announced_at);
        if said == kept.window || !self.is_as_announced(kept, turn).await? {
            return Ok(());
        }
        let change = Change {
            start: Some(said.start),
            end: Some(said.end),
            message: Some(said.message),
            monitors: Some(said.monitors),
        };
        let notice_ms = self.settings.notice_ms.max(MaintenanceWindow::NOTICE_MS);
        // Where there is no notice left for it, users keep what they were told.
        let Ok(window) = kept.change(change, received, notice_ms) else { return Ok(()) };
        if window == kept.window {
            return Ok(());
        }
        let new = Announcement { window, ..kept.clone() };
        kept_up.changed += usize::from(self.by_rule(new, turn, now, Action::Changed).await?);
        Ok(())
    }

    /// Whether nobody but its rule has touched a turn.
    async fn is_as_announced(
        &self,
        kept: &Announcement,
        turn: &Occurrence,
    ) -> Result<bool, NotDone> {
        let author = author(&turn.rule);
        let deeds = self.store.deeds(kept.id).await?;
        Ok(deeds.iter().all(|deed| deed.author == author))
    }

    /// Keeps what a rule does to a turn. Gives whether it was done; where someone else was
    /// faster, there is a next time.
    async fn by_rule(
        &self,
        new: Announcement,
        turn: &Occurrence,
        now: Timestamp,
        action: Action,
    ) -> Result<bool, NotDone> {
        let author = author(&turn.rule);
        let changed = self.store.change_window(&new, now, &author, action).await?;
        Ok(matches!(changed, Changed::Done { .. }))
    }
}
