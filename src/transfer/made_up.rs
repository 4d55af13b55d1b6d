//! A past that nobody has seen, for a demonstration, on the way that every history takes into
//! the store. Its origin goes with it and is told wherever its figures are, also after an
//! export and an import; `demo` makes it, and nothing else may.

use super::taking::{Reading, Taking};
use crate::domain::check::Check;
use crate::domain::foreign::{Foreign, Source};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::run::Run;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use crate::store::import::Imported;

/// The name under which it is remembered where it came from.
pub const FILE: &str = "everup demo";

/// What the reason of every check begins with that is not plainly right: it stands in lists of
/// outages, which say nothing else of where a check came from.
const MARK: &str = "made up: ";

/// A past of some monitors.
pub struct Past<C> {
    /// When everup is to have run.
    pub runs: Vec<Run>,
    /// The maintenance that is to have been announced.
    pub windows: Vec<MaintenanceWindow>,
    /// The checks of each monitor, in order of time. They are asked for one by one.
    pub checks: Vec<(MonitorId, C)>,
}

/// Brings it into the store, all or nothing. Its monitors must be registered, with the rules by
/// which it is to be judged.
///
/// # Errors
/// Where a monitor is not registered, or the store refuses; then nothing of it is kept.
pub async fn import<C: Iterator<Item = Check> + Send>(
    store: &dyn Store,
    past: Past<C>,
    now: Timestamp,
) -> Result<Imported, StoreError> {
    let histories = store.load().await?.histories;
    let reading = Reading { file: FILE.to_owned(), now };
    let mut taking = Taking::begin(store, Source::Demo, &reading).await?;
    for run in &past.runs {
        taking.run(run).await?;
    }
    for window in past.windows {
        let message = format!("{} (made up)", window.message);
        taking.window(&MaintenanceWindow { message, ..window }.into()).await?;
    }
    for (id, checks) in past.checks {
        let history = histories.iter().find(|history| history.monitor.id == id);
        let history =
            history.ok_or_else(|| StoreError::Refused(format!("there is no monitor {id}")))?;
        let mut taken = taking.checks(history, &Foreign::default());
        for check in checks {
            taken.add(marked(check)).await?;
        }
        taken.finish().await?;
    }
    Ok(taking.finish().await?.imported)
}

fn marked(mut check: Check) -> Check {
    if let Some(evidence) = &mut check.evidence {
        evidence.reason.insert_str(0, MARK);
    }
    check
}
