//! Recurring maintenance, by the calendar: its turns are announced in time, whether anybody
//! looks or not. What is to be done is `planning`'s to say.

use super::housekeeping::Tools;
use crate::planning::{NotDone, Planner};

/// Lets what stands announced be what the rules of the configuration say. A failure is tried
/// again the next time; there are days until then.
pub async fn keep_up(tools: &Tools) {
    if !tools.know_the_time() {
        return;
    }
    match try_to_keep_up(tools).await {
        Ok(()) => {}
        Err(error) => tracing::warn!("recurring maintenance could not be announced: {error}"),
    }
}

async fn try_to_keep_up(tools: &Tools) -> Result<(), NotDone> {
    let settings = tools.planning.load_full();
    let planner = Planner {
        store: &*tools.store,
        settings: &settings,
        // The rules name monitors of the same configuration.
        monitors: &[],
        now: tools.clock.now(),
        author: "",
    };
    let kept_up = planner.keep_up(&settings.rules).await?;
    if kept_up.is_something() {
        tools.board.ask_again();
        tracing::info!(
            announced = kept_up.announced,
            changed = kept_up.changed,
            called_off = kept_up.called_off,
            "recurring maintenance"
        );
    }
    Ok(())
}
