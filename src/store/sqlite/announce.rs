//! What is done to maintenance windows: announced, changed, called off, imported. Each
//! leaves a deed in the same transaction, and a new epoch, because what leaves the figure
//! is other.

use super::write::Write;
use super::{deeds, maintenance, meta};
use crate::domain::announcement::{Action, Announcement, Deed, Occurrence, WindowId};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::window::{Announced, Changed, WindowPast};
use crate::store::window_form::WindowForm;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

/// How many of the bytes of a hash name a window.
const UID_BYTES: usize = 16;

/// Announces a window, or finds it announced.
pub(super) async fn announce(
    mut write: Write,
    window: &MaintenanceWindow,
    occurrence: Option<&Occurrence>,
    author: &str,
) -> Result<Announced, StoreError> {
    let connection = write.connection();
    let known = match occurrence {
        Some(occurrence) => maintenance::read_occurrence(connection, occurrence).await?,
        None => {
            let like = maintenance::read_like(connection, window).await?;
            like.into_iter().find(|kept| kept.window.cancelled_at.is_none())
        }
    };
    if let Some(announcement) = known {
        let epoch = meta::Meta::read(connection).await?.epoch;
        write.roll_back().await?;
        return Ok(Announced { announcement, is_new: false, epoch });
    }
    let new = Announcement {
        id: WindowId(0),
        uid: new_uid(connection, window).await?,
        revision: 1,
        changed_at: window.announced_at,
        occurrence: occurrence.cloned(),
        window: window.clone(),
    };
    let announcement = maintenance::insert(connection, &new).await?;
    let deed = Deed {
        at: window.announced_at,
        author: author.to_owned(),
        action: Action::Announced,
        before: None,
        after: window.clone(),
    };
    deeds::add(connection, announcement.id, &deed).await?;
    let epoch = next_epoch(connection).await?;
    write.commit().await?;
    Ok(Announced { announcement, is_new: true, epoch })
}

/// Changes a window that is still as it was when the change was made up.
pub(super) async fn change(
    mut write: Write,
    changed: &Announcement,
    at: Timestamp,
    author: &str,
    action: Action,
) -> Result<Changed, StoreError> {
    let connection = write.connection();
    let Some(kept) = maintenance::read(connection, changed.id).await? else {
        write.roll_back().await?;
        return Ok(Changed::Missing);
    };
    let new = Announcement {
        uid: kept.uid.clone(),
        revision: kept.revision + 1,
        changed_at: at,
        ..changed.clone()
    };
    // A call that failed may have happened.
    let is_done = kept.revision == changed.revision + 1
        && (&kept.window, &kept.occurrence) == (&changed.window, &changed.occurrence);
    if is_done || kept.revision != changed.revision {
        let epoch = meta::Meta::read(connection).await?.epoch;
        write.roll_back().await?;
        return Ok(match is_done {
            true => Changed::Done { announcement: kept, epoch },
            false => Changed::Stale,
        });
    }
    maintenance::update(connection, &new).await?;
    let deed = Deed {
        at,
        author: author.to_owned(),
        action,
        before: Some(kept.window),
        after: new.window.clone(),
    };
    deeds::add(connection, new.id, &deed).await?;
    let epoch = next_epoch(connection).await?;
    write.commit().await?;
    Ok(Changed::Done { announcement: new, epoch })
}

/// Adds a window that was kept elsewhere, or what has become of it since; gives whether that
/// was anything new.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    past: &WindowPast,
) -> Result<bool, StoreError> {
    let by_name = match &past.uid {
        Some(uid) => maintenance::read_uid(connection, uid).await?,
        None => None,
    };
    if let Some(kept) = by_name {
        return catch_up(connection, &kept, past).await;
    }
    let like = maintenance::read_like(connection, &past.window).await?;
    let same = |kept: &&Announcement| {
        let (a, b) = (&kept.window, &past.window);
        (a.announced_at, a.start) == (b.announced_at, b.start)
    };
    match like.iter().find(same) {
        Some(kept) => call_off(connection, kept, past).await,
        None => {
            let new = Announcement { id: WindowId(0), ..following(connection, past).await? };
            let new = maintenance::insert(connection, &new).await?;
            add_deeds(connection, new.id, 0, None, past).await?;
            Ok(true)
        }
    }
}

/// A window that is known by its name: what was done to it since is taken over.
async fn catch_up(
    connection: &mut SqliteConnection,
    kept: &Announcement,
    past: &WindowPast,
) -> Result<bool, StoreError> {
    let is_same = (&kept.window, &kept.occurrence) == (&past.window, &past.occurrence);
    if past.revision < kept.revision || (past.revision == kept.revision && is_same) {
        return Ok(false);
    }
    if past.revision == kept.revision {
        return Err(StoreError::Conflict(format!(
            "the maintenance that begins at {} is kept otherwise: {}",
            past.window.start,
            differences(kept, past).join(", ")
        )));
    }
    let known = deeds::read(connection, kept.id).await?.len();
    let new = Announcement { id: kept.id, ..following(connection, past).await? };
    maintenance::update(connection, &new).await?;
    add_deeds(connection, kept.id, known, Some(&kept.window), past).await?;
    Ok(true)
}

/// In what a window that is kept differs from one that is given, by the names of the members.
fn differences(kept: &Announcement, given: &WindowPast) -> Vec<String> {
    let (ours, theirs) = (&kept.window, &given.window);
    let at = |at: Option<Timestamp>| at.map_or("null".to_owned(), |at| at.to_string());
    let instants = [
        ("announced_at", Some(ours.announced_at), Some(theirs.announced_at)),
        ("start_time", Some(ours.start), Some(theirs.start)),
        ("end_time", Some(ours.end), Some(theirs.end)),
        ("cancelled_at", ours.cancelled_at, theirs.cancelled_at),
    ];
    let instants = (instants.into_iter())
        .filter(|(_, kept, given)| kept != given)
        .map(|(name, kept, given)| format!("its {name} is {}, not {}", at(kept), at(given)));
    let others = [
        ("its message differs", ours.message != theirs.message),
        ("its monitors differ", ours.monitors != theirs.monitors),
        ("only one of them is an emergency", ours.emergency != theirs.emergency),
        (
            "it is another turn, or of another rule",
            kept.occurrence != given.occurrence,
        ),
    ];
    let others = (others.into_iter())
        .filter(|(_, differs)| *differs)
        .map(|(words, _)| words.to_owned());
    instants.chain(others).collect()
}

/// A window that is known by what it says: it may have been called off since.
async fn call_off(
    connection: &mut SqliteConnection,
    kept: &Announcement,
    past: &WindowPast,
) -> Result<bool, StoreError> {
    match (kept.window.cancelled_at, past.window.cancelled_at) {
        // Nothing new, or from before the cancellation.
        (_, None) => Ok(false),
        (Some(kept), Some(given)) if kept == given => Ok(false),
        (None, Some(cancelled_at)) => {
            let window =
                MaintenanceWindow { cancelled_at: Some(cancelled_at), ..kept.window.clone() };
            let revision = kept.revision + 1;
            let new = Announcement {
                revision,
                changed_at: cancelled_at,
                window: window.clone(),
                ..kept.clone()
            };
            maintenance::update(connection, &new).await?;
            let action = match cancelled_at <= window.start {
                true => Action::Cancelled,
                false => Action::Ended,
            };
            let (before, after) = (Some(kept.window.clone()), window);
            let author = IMPORT.to_owned();
            let deed = Deed { at: cancelled_at, author, action, before, after };
            deeds::add(connection, kept.id, &deed).await?;
            Ok(true)
        }
        (Some(at), Some(given)) => Err(StoreError::Conflict(format!(
            "the maintenance that begins at {} was cancelled at {at}, not at {given}",
            past.window.start
        ))),
    }
}

/// Who announced what comes without its deeds.
const IMPORT: &str = "import";

/// What is kept of an imported window. A turn of a rule that was announced here too stays
/// with the window that is here.
async fn following(
    connection: &mut SqliteConnection,
    past: &WindowPast,
) -> Result<Announcement, StoreError> {
    let uid = match &past.uid {
        Some(uid) => uid.clone(),
        None => new_uid(connection, &past.window).await?,
    };
    let mut occurrence = past.occurrence.clone();
    if let Some(given) = &past.occurrence
        && let Some(kept) = maintenance::read_occurrence(connection, given).await?
        && Some(&kept.uid) != past.uid.as_ref()
    {
        occurrence = None;
    }
    Ok(Announcement {
        id: WindowId(0),
        uid,
        revision: past.revision,
        changed_at: past.changed_at,
        occurrence,
        window: past.window.clone(),
    })
}

/// Notes the deeds of an imported window that are not `known` yet.
async fn add_deeds(
    connection: &mut SqliteConnection,
    id: WindowId,
    known: usize,
    before: Option<&MaintenanceWindow>,
    past: &WindowPast,
) -> Result<(), StoreError> {
    for deed in past.deeds.iter().skip(known) {
        deeds::add(connection, id, deed).await?;
    }
    // What comes without its deeds, or with none that say this, was done by the import.
    let said = past.deeds.iter().skip(known).next_back().map(|deed| &deed.after);
    if said != Some(&past.window) {
        let deed = Deed {
            at: past.changed_at,
            author: IMPORT.to_owned(),
            action: if before.is_some() { Action::Changed } else { Action::Announced },
            before: before.cloned(),
            after: past.window.clone(),
        };
        deeds::add(connection, id, &deed).await?;
    }
    Ok(())
}

/// A name that no other window has: made of what it says and which row it will be.
pub(super) async fn new_uid(
    connection: &mut SqliteConnection,
    window: &MaintenanceWindow,
) -> Result<String, StoreError> {
    let next: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM maintenance")
        .fetch_one(connection)
        .await?;
    let said = format!("{next} {}", WindowForm::of(window).print());
    let hash = Sha256::digest(said.as_bytes());
    Ok(hash.iter().take(UID_BYTES).map(|byte| format!("{byte:02x}")).collect())
}

async fn next_epoch(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    meta::next_epoch(connection).await?;
    Ok(meta::Meta::read(connection).await?.epoch)
}
