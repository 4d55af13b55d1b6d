//! The store in one SQLite file.
//!
//! One connection writes, a few read; each verb is a file below. The newest checks are
//! rows in order of time, which are cheap to append; all others are packed, one blob a
//! monitor and day, which is cheap to keep and to read. Every reader asks both.
//! Nothing here looks at a clock, and nothing judges but by the domain's judge.

mod announce;
mod baseline;
mod closed;
mod commit;
mod days;
mod deeds;
mod drains;
mod edition;
mod error;
mod exchanges;
mod file;
mod foreign;
mod gaps;
mod hot;
mod import;
mod lease;
mod ledger;
mod load;
mod maintenance;
mod meta;
mod monitors;
mod open;
mod outbox;
mod packing;
mod past;
mod purge;
mod read;
mod register;
mod requests;
mod runs;
mod sources;
mod token;
mod write;

use crate::domain::agreement::Local;
use crate::domain::alert::{ChannelId, Told};
use crate::domain::announcement::{Action, Announcement, Deed, Occurrence, WindowId};
use crate::domain::calendar::Cut;
use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::exchange::Exchange;
use crate::domain::foreign::Foreign;
use crate::domain::gap::Gap;
use crate::domain::judge::Entry;
use crate::domain::lease::{Fence, Held, Seen};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Key, MonitorId};
use crate::domain::month::Month;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenId, TokenName};
use crate::store::baseline::{Baseline, Purged};
use crate::store::batch::{Batch, Committed};
use crate::store::closed::{ClosedLengths, ClosedMonth, Correction, Subject};
use crate::store::contract::{Loaded, Newest, Store, StoreError, Tenant};
use crate::store::import::{Import, Pause};
use crate::store::outbox::{AlertId, Outcome, Waiting};
use crate::store::registration::{Others, Registration};
use crate::store::requests::{
    Counted, CountedRun, DrainAction, DrainDeed, Drained, Kept, Place, Sum,
};
use crate::store::source::{Followed, Settled};
use crate::store::token::NewToken;
use crate::store::window::{Announced, Changed};
use async_trait::async_trait;
use file::File;
use meta::Meta;
use sqlx::SqlitePool;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use write::{Write, Writer};

/// A store in one SQLite file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    /// A few connections, which cannot write.
    readers: SqlitePool,
    /// What they are connected to.
    file: File,
}

impl Sqlite {
    async fn write(&self) -> Result<Write, StoreError> {
        self.file.is_in_place()?;
        self.writer.begin().await
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn register(
        &self,
        now: Timestamp,
        registrations: &[Registration],
        others: Others,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        register::register(write, now, registrations, others).await
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        let mut read = self.readers.begin().await?;
        load::load(&mut read).await
    }

    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        let write = self.write().await?;
        commit::commit(write, batch).await
    }

    async fn checks(&self, key: Key, span: Span) -> Result<Vec<Check>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::checks(&mut read, key, span).await
    }

    async fn edition(&self, key: Key, span: Span) -> Result<String, StoreError> {
        let mut read = self.readers.begin().await?;
        edition::read(&mut read, key, span).await
    }

    async fn recent(
        &self,
        each: &mut (dyn for<'c> FnMut(Key, &'c Check) + Send),
    ) -> Result<Timestamp, StoreError> {
        let mut read = self.readers.begin().await?;
        read::recent(&mut read, each).await
    }

    async fn newest(&self, from: Timestamp) -> Result<Newest, StoreError> {
        let mut read = self.readers.begin().await?;
        let Meta { epoch, .. } = Meta::read(&mut read).await?;
        let mut checks = Vec::new();
        let each = &mut |key: Key, check: &Check| checks.push((key, check.clone()));
        hot::for_each_from(&mut read, from, each).await?;
        Ok(Newest { epoch, checks })
    }

    async fn exchanges(
        &self,
        key: Key,
        span: Span,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Exchange)>, StoreError> {
        let mut read = self.readers.begin().await?;
        exchanges::read(&mut read, key, span, limit).await
    }

    async fn extent(&self, key: Key) -> Result<Option<Span>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::extent(&mut read, key).await
    }

    async fn pauses(&self, key: Key) -> Result<Vec<Pause>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::pauses(&mut read, key).await
    }

    async fn epoch(&self) -> Result<i64, StoreError> {
        Ok(Meta::read(&mut *self.readers.acquire().await?).await?.epoch)
    }

    async fn announce(
        &self,
        window: &MaintenanceWindow,
        occurrence: Option<&Occurrence>,
        author: &str,
    ) -> Result<Announced, StoreError> {
        announce::announce(self.write().await?, window, occurrence, author).await
    }

    async fn change_window(
        &self,
        changed: &Announcement,
        at: Timestamp,
        author: &str,
        action: Action,
    ) -> Result<Changed, StoreError> {
        announce::change(self.write().await?, changed, at, author, action).await
    }

    async fn window(&self, id: WindowId) -> Result<Option<Announcement>, StoreError> {
        maintenance::read(&mut *self.readers.begin().await?, id).await
    }

    async fn windows(&self) -> Result<Vec<Announcement>, StoreError> {
        maintenance::read_all(&mut *self.readers.begin().await?).await
    }

    async fn deeds(&self, id: WindowId) -> Result<Vec<Deed>, StoreError> {
        deeds::read(&mut *self.readers.acquire().await?, id).await
    }

    async fn followed(&self, source: &str) -> Result<Followed, StoreError> {
        sources::read(&mut *self.readers.begin().await?, source).await
    }

    async fn settle(
        &self,
        source: &str,
        locals: &[Local],
        at: Timestamp,
    ) -> Result<Settled, StoreError> {
        sources::settle(self.write().await?, source, locals, at).await
    }

    async fn adopt_project(&self, source: &str, project: &str) -> Result<bool, StoreError> {
        sources::adopt_project(self.write().await?, source, project).await
    }

    async fn note_reading(&self, source: &str, read_at: Timestamp) -> Result<(), StoreError> {
        sources::note_reading(self.write().await?, source, read_at).await
    }

    async fn begin_run(&self, started_at: Timestamp, version: &str) -> Result<(), StoreError> {
        runs::begin(self.writer.begin().await?, started_at, version).await
    }

    async fn end_run(
        &self,
        started_at: Timestamp,
        ended_at: Timestamp,
    ) -> Result<(), StoreError> {
        runs::end(self.writer.begin().await?, started_at, ended_at).await
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        let mut read = self.readers.begin().await?;
        runs::read_all(&mut read).await
    }

    async fn close_month(&self, closed: &ClosedMonth) -> Result<(), StoreError> {
        closed::close(self.writer.begin().await?, closed).await
    }

    async fn closed_months(&self) -> Result<Vec<Cut>, StoreError> {
        closed::months(&mut *self.readers.acquire().await?).await
    }

    async fn closed_month(&self, month: Month) -> Result<Option<ClosedMonth>, StoreError> {
        closed::read(&mut *self.readers.begin().await?, month).await
    }

    async fn closed_rows(
        &self,
        subject: Subject,
        id: &str,
        most: u32,
    ) -> Result<Vec<(Month, String)>, StoreError> {
        closed::rows_of(&mut *self.readers.acquire().await?, subject, id, most).await
    }

    async fn closed_lengths(
        &self,
        months: RangeInclusive<Month>,
        closed_by: Timestamp,
    ) -> Result<Vec<ClosedLengths>, StoreError> {
        closed::lengths(&mut *self.readers.acquire().await?, months, closed_by).await
    }

    async fn correct(&self, correction: &Correction) -> Result<(), StoreError> {
        closed::correct(self.writer.begin().await?, correction).await
    }

    async fn corrections(&self, month: Option<Month>) -> Result<Vec<Correction>, StoreError> {
        closed::corrections(&mut *self.readers.acquire().await?, month).await
    }

    async fn imports(&self, key: Key, span: Span) -> Result<Foreign, StoreError> {
        let mut read = self.readers.begin().await?;
        let mut found = foreign::read(&mut read, Some(key), span).await?;
        Ok(found.remove(&key).unwrap_or_default())
    }

    async fn all_imports(&self, span: Span) -> Result<BTreeMap<Key, Foreign>, StoreError> {
        let mut read = self.readers.begin().await?;
        foreign::read(&mut read, None, span).await
    }

    async fn import(&self) -> Result<Box<dyn Import>, StoreError> {
        let write = self.write().await?;
        Ok(Box::new(import::SqliteImport::begin(write).await?))
    }

    async fn pack(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.file.is_in_place()?;
        packing::pack(&self.writer, &self.readers, before).await
    }

    async fn purge(&self, spans: &BTreeMap<Key, Spans>) -> Result<Purged, StoreError> {
        self.file.is_in_place()?;
        purge::purge(&self.writer, &self.readers, spans).await
    }

    async fn kept_from(&self) -> Result<HashMap<Key, Timestamp>, StoreError> {
        baseline::kept_from(&mut *self.readers.acquire().await?).await
    }

    async fn baseline(&self, key: Key) -> Result<Option<Baseline>, StoreError> {
        baseline::read(&mut *self.readers.acquire().await?, key).await
    }

    async fn fixed(&self, key: Key) -> Result<Vec<Entry>, StoreError> {
        baseline::entries(&mut *self.readers.acquire().await?, key).await
    }

    async fn digests(&self, key: Key, span: Span) -> Result<Vec<Digest>, StoreError> {
        baseline::digests(&mut *self.readers.acquire().await?, key, span).await
    }

    async fn gaps(&self, key: Key, span: Span) -> Result<Vec<Gap>, StoreError> {
        gaps::read(&mut *self.readers.acquire().await?, key, span).await
    }

    async fn make_token(&self, new: &NewToken) -> Result<(), StoreError> {
        token::make(self.write().await?, new).await
    }

    async fn make_first_token(&self, new: &NewToken) -> Result<bool, StoreError> {
        token::make_first(self.write().await?, new).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        token::read_all(&mut *self.readers.acquire().await?).await
    }

    async fn living_tokens(&self) -> Result<Vec<Token>, StoreError> {
        token::read_living(&mut *self.readers.acquire().await?).await
    }

    async fn revoke_token(&self, name: &TokenName, at: Timestamp) -> Result<bool, StoreError> {
        token::revoke(self.write().await?, name, at).await
    }

    async fn note_token_use(&self, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
        token::note_use(self.write().await?, id, at).await
    }

    async fn waiting_alerts(
        &self,
        channel: &ChannelId,
        most: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        outbox::waiting(&mut *self.readers.acquire().await?, channel, most).await
    }

    async fn told_alerts(&self, channel: &ChannelId) -> Result<HashMap<Key, Told>, StoreError> {
        outbox::told(&mut *self.readers.acquire().await?, channel).await
    }

    async fn note_attempts(
        &self,
        channel: &ChannelId,
        id: AlertId,
        attempts: u32,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        outbox::tried(self.write().await?, channel, id, attempts, at).await
    }

    async fn settle_alerts(
        &self,
        channel: &ChannelId,
        ids: &[AlertId],
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        outbox::settle(self.write().await?, channel, ids, outcome, at).await
    }

    async fn leave_channels(
        &self,
        channels: &[ChannelId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        outbox::leave(self.write().await?, channels, at).await
    }

    async fn forget_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        outbox::forget(self.write().await?, before).await
    }

    async fn count_requests(&self, counted: &Counted) -> Result<(), StoreError> {
        requests::add(self.write().await?, counted).await
    }

    async fn requests(&self, span: Span) -> Result<BTreeMap<MonitorId, Kept>, StoreError> {
        requests::read(&mut *self.readers.begin().await?, span).await
    }

    async fn counted_runs(&self, span: Span) -> Result<Vec<CountedRun>, StoreError> {
        requests::runs(&mut *self.readers.begin().await?, span).await
    }

    async fn sums(&self, span: Span) -> Result<Vec<Sum>, StoreError> {
        requests::sums(&mut *self.readers.begin().await?, span).await
    }

    async fn sum_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.file.is_in_place()?;
        requests::sum_up(&self.writer, before).await
    }

    async fn set_drain(
        &self,
        place: &Place,
        action: DrainAction,
        at: Timestamp,
        author: &str,
    ) -> Result<bool, StoreError> {
        drains::set(self.write().await?, place, action, at, author).await
    }

    async fn drains(&self) -> Result<Vec<Drained>, StoreError> {
        drains::read_all(&mut *self.readers.acquire().await?).await
    }

    async fn drain_deeds(
        &self,
        balancer: &MonitorId,
        most: u32,
    ) -> Result<Vec<DrainDeed>, StoreError> {
        drains::deeds(&mut *self.readers.acquire().await?, balancer, most).await
    }

    async fn lease(&self) -> Result<Seen, StoreError> {
        lease::read(&mut *self.readers.acquire().await?).await
    }

    async fn take_lease(
        &self,
        seen: &Held,
        tenant: &Tenant,
        length_ms: i64,
    ) -> Result<Option<Held>, StoreError> {
        lease::take(self.write().await?, seen, tenant, length_ms).await
    }

    async fn renew_lease(
        &self,
        fence: Fence,
        is_locked: bool,
        length_ms: i64,
    ) -> Result<(), StoreError> {
        lease::renew(self.write().await?, fence, is_locked, length_ms).await
    }

    async fn give_up_lease(&self, fence: Fence) -> Result<(), StoreError> {
        lease::give_up(self.write().await?, fence).await
    }

    fn under(&self, fence: Fence) -> Arc<dyn Store> {
        let writer = Writer { fence: Some(fence), ..self.writer.clone() };
        Arc::new(Sqlite { writer, ..self.clone() })
    }

    async fn writable(&self) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query("UPDATE meta SET epoch = epoch")
            .execute(write.connection())
            .await?;
        write.roll_back().await
    }

    async fn close(&self) {
        // The last connection to close empties the write-ahead log, so it must be one
        // that can write.
        self.readers.close().await;
        self.writer.pool.close().await;
    }
}
