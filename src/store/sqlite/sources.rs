//! Windows that follow somebody else's table: which rows they stand for, and what rows ask
//! of them, each with a deed in the same transaction.

use super::write::Write;
use super::{announce, deeds, maintenance, meta};
use crate::domain::agreement::{Act, Known, Local, Ours};
use crate::domain::announcement::{Action, Announcement, Deed, WindowId};
use crate::domain::foreign_window::Terms;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::source::{Followed, Settled};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

/// What is known of the table `source`.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    source: &str,
) -> Result<Followed, StoreError> {
    let read_at: Option<i64> =
        sqlx::query_scalar("SELECT read_at FROM maintenance_source_reading WHERE source = $1")
            .bind(source)
            .fetch_optional(&mut *connection)
            .await?;
    let project = project(connection, source).await?;
    let ran_since: Option<i64> = sqlx::query_scalar("SELECT min(began_at) FROM run")
        .fetch_one(&mut *connection)
        .await?;
    let rows: Vec<(String, i64, i64, String)> = sqlx::query_as(
        "SELECT foreign_id, began_at, ended_at, message FROM maintenance_source
         WHERE source = $1",
    )
    .bind(source)
    .fetch_all(&mut *connection)
    .await?;
    let links: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT maintenance, foreign_id, revision FROM maintenance_source_window
         WHERE source = $1",
    )
    .bind(source)
    .fetch_all(&mut *connection)
    .await?;
    let mut links: HashMap<i64, (String, i64)> =
        links.into_iter().map(|(id, row, revision)| (id, (row, revision))).collect();
    let mut windows: BTreeMap<String, Vec<Ours>> = BTreeMap::new();
    let mut free = Vec::new();
    for announcement in maintenance::read_all(connection).await? {
        match links.remove(&announcement.id.0) {
            Some((row, revision)) => {
                windows.entry(row).or_default().push(ours(announcement, revision));
            }
            None => {
                let revision = announcement.revision;
                free.push(ours(announcement, revision));
            }
        }
    }
    let known = |(foreign_id, start, end, message): (String, i64, i64, String)| Known {
        windows: windows.remove(&foreign_id).unwrap_or_default(),
        foreign_id,
        terms: Terms { start: Timestamp(start), end: Timestamp(end), message },
    };
    let known = rows.into_iter().map(known).collect();
    let [read_at, ran_since] = [read_at, ran_since].map(|at| at.map(Timestamp));
    Ok(Followed { project, read_at, ran_since, known, free })
}

fn ours(announcement: Announcement, agreed_revision: i64) -> Ours {
    let Announcement { id, revision, window, .. } = announcement;
    let MaintenanceWindow { start, end, message, announced_at, cancelled_at, .. } = window;
    let terms = Terms { start, end, message };
    Ours { id, revision, agreed_revision, terms, announced_at, cancelled_at }
}

/// Carries out what rows ask for, all of it or nothing.
pub(super) async fn settle(
    mut write: Write,
    source: &str,
    locals: &[Local],
    at: Timestamp,
) -> Result<Settled, StoreError> {
    let mut changed = false;
    for local in locals {
        let mut row = Row { connection: write.connection(), source, local, at };
        match row.settle().await? {
            Settled::Done { changed: more } => changed |= more,
            Settled::Stale => {
                write.roll_back().await?;
                return Ok(Settled::Stale);
            }
        }
    }
    if changed {
        meta::next_epoch(write.connection()).await?;
    }
    write.commit().await?;
    Ok(Settled::Done { changed })
}

async fn project(
    connection: &mut SqliteConnection,
    source: &str,
) -> Result<Option<String>, StoreError> {
    let project =
        sqlx::query_scalar("SELECT project FROM maintenance_source_project WHERE source = $1")
            .bind(source)
            .fetch_optional(connection)
            .await?;
    Ok(project)
}

/// Notes whose table it is, and forgets what was agreed on with another project.
pub(super) async fn adopt_project(
    mut write: Write,
    source: &str,
    wanted: &str,
) -> Result<bool, StoreError> {
    let before = project(write.connection(), source).await?;
    let is_another = before.is_some_and(|before| before != wanted);
    if is_another {
        for forget in [
            "DELETE FROM maintenance_source WHERE source = $1",
            "DELETE FROM maintenance_source_window WHERE source = $1",
            "DELETE FROM maintenance_source_reading WHERE source = $1",
        ] {
            sqlx::query(forget).bind(source).execute(write.connection()).await?;
        }
    }
    sqlx::query(
        "INSERT INTO maintenance_source_project (source, project) VALUES ($1, $2)
         ON CONFLICT (source) DO UPDATE SET project = excluded.project",
    )
    .bind(source)
    .bind(wanted)
    .execute(write.connection())
    .await?;
    write.commit().await?;
    Ok(is_another)
}

/// Notes when the whole table was read.
pub(super) async fn note_reading(
    mut write: Write,
    source: &str,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO maintenance_source_reading (source, read_at) VALUES ($1, $2)
         ON CONFLICT (source) DO UPDATE SET read_at = excluded.read_at
         WHERE excluded.read_at > maintenance_source_reading.read_at",
    )
    .bind(source)
    .bind(read_at.0)
    .execute(write.connection())
    .await?;
    write.commit().await
}

/// One row, being settled.
struct Row<'a> {
    connection: &'a mut SqliteConnection,
    source: &'a str,
    local: &'a Local,
    at: Timestamp,
}

/// What became of one act.
enum Acted {
    Changed,
    Unchanged,
    Stale,
}

impl Row<'_> {
    async fn settle(&mut self) -> Result<Settled, StoreError> {
        let kept = self.agreed().await?;
        if kept != self.local.before {
            // A call that failed may have happened.
            return Ok(match kept == self.local.terms {
                true => Settled::Done { changed: false },
                false => Settled::Stale,
            });
        }
        let mut changed = false;
        for act in &self.local.acts {
            match self.act(act).await? {
                Acted::Changed => changed = true,
                Acted::Unchanged => {}
                Acted::Stale => return Ok(Settled::Stale),
            }
        }
        self.agree().await?;
        Ok(Settled::Done { changed })
    }

    /// What was agreed so far.
    async fn agreed(&mut self) -> Result<Option<Terms>, StoreError> {
        let row: Option<(i64, i64, String)> = sqlx::query_as(
            "SELECT began_at, ended_at, message FROM maintenance_source
             WHERE source = $1 AND foreign_id = $2",
        )
        .bind(self.source)
        .bind(&self.local.foreign_id)
        .fetch_optional(&mut *self.connection)
        .await?;
        Ok(row.map(|(start, end, message)| Terms {
            start: Timestamp(start),
            end: Timestamp(end),
            message,
        }))
    }

    /// Notes what is agreed from now on.
    async fn agree(&mut self) -> Result<(), StoreError> {
        let delete = "DELETE FROM maintenance_source WHERE source = $1 AND foreign_id = $2";
        sqlx::query(delete)
            .bind(self.source)
            .bind(&self.local.foreign_id)
            .execute(&mut *self.connection)
            .await?;
        if let Some(terms) = &self.local.terms {
            sqlx::query(
                "INSERT INTO maintenance_source
                     (source, foreign_id, began_at, ended_at, message)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(self.source)
            .bind(&self.local.foreign_id)
            .bind(terms.start.0)
            .bind(terms.end.0)
            .bind(&terms.message)
            .execute(&mut *self.connection)
            .await?;
        }
        Ok(())
    }

    async fn act(&mut self, act: &Act) -> Result<Acted, StoreError> {
        match act {
            Act::Announce { terms, announced_at, like } => {
                self.announce(terms, *announced_at, *like).await
            }
            Act::Change { id, revision, terms, announced_at } => {
                let changed = |window: &MaintenanceWindow| {
                    let window = MaintenanceWindow {
                        announced_at: *announced_at,
                        start: terms.start,
                        end: terms.end,
                        message: terms.message.clone(),
                        ..window.clone()
                    };
                    Some((window, Action::Changed))
                };
                self.change(*id, *revision, changed).await
            }
            Act::Cancel { id, revision } => {
                let at = self.at;
                let cancelled = |window: &MaintenanceWindow| {
                    // What is over by now stays as it is.
                    (window.span().to > at && window.cancelled_at.is_none()).then(|| {
                        let action = match at <= window.start {
                            true => Action::Cancelled,
                            false => Action::Ended,
                        };
                        (MaintenanceWindow { cancelled_at: Some(at), ..window.clone() }, action)
                    })
                };
                self.change(*id, *revision, cancelled).await
            }
            Act::Link { id, revision } => {
                self.link(*id, *revision).await?;
                Ok(Acted::Unchanged)
            }
        }
    }

    async fn announce(
        &mut self,
        terms: &Terms,
        announced_at: Timestamp,
        like: Option<WindowId>,
    ) -> Result<Acted, StoreError> {
        let like = match like {
            Some(id) => maintenance::read(self.connection, id).await?,
            None => None,
        };
        let like = like.map(|like| like.window);
        let window = MaintenanceWindow {
            announced_at,
            start: terms.start,
            end: terms.end,
            cancelled_at: None,
            message: terms.message.clone(),
            emergency: like.as_ref().is_some_and(|like| like.emergency),
            monitors: like.map(|like| like.monitors).unwrap_or_default(),
        };
        let new = Announcement {
            id: WindowId(0),
            uid: announce::new_uid(self.connection, &window).await?,
            revision: 1,
            changed_at: self.at,
            occurrence: None,
            window: window.clone(),
        };
        let kept = maintenance::insert(self.connection, &new).await?;
        self.note(kept.id, Action::Announced, None, window).await?;
        self.link(kept.id, kept.revision).await?;
        Ok(Acted::Changed)
    }

    async fn change(
        &mut self,
        id: WindowId,
        revision: i64,
        how: impl FnOnce(&MaintenanceWindow) -> Option<(MaintenanceWindow, Action)>,
    ) -> Result<Acted, StoreError> {
        let kept = maintenance::read(self.connection, id).await?;
        let Some(kept) = kept.filter(|kept| kept.revision == revision) else {
            return Ok(Acted::Stale);
        };
        let Some((window, action)) = how(&kept.window).filter(|(new, _)| *new != kept.window)
        else {
            self.link(id, revision).await?;
            return Ok(Acted::Unchanged);
        };
        let new = Announcement {
            revision: revision + 1,
            changed_at: self.at,
            window: window.clone(),
            ..kept.clone()
        };
        maintenance::update(self.connection, &new).await?;
        self.note(new.id, action, Some(kept.window), window).await?;
        self.link(id, new.revision).await?;
        Ok(Acted::Changed)
    }

    async fn note(
        &mut self,
        id: WindowId,
        action: Action,
        before: Option<MaintenanceWindow>,
        after: MaintenanceWindow,
    ) -> Result<(), StoreError> {
        let author = self.source.to_owned();
        let deed = Deed { at: self.at, author, action, before, after };
        deeds::add(self.connection, id, &deed).await
    }

    async fn link(&mut self, id: WindowId, revision: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO maintenance_source_window (maintenance, source, foreign_id, revision)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (maintenance) DO UPDATE SET source = excluded.source,
                 foreign_id = excluded.foreign_id, revision = excluded.revision",
        )
        .bind(id.0)
        .bind(self.source)
        .bind(&self.local.foreign_id)
        .bind(revision)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}
