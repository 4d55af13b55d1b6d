//! An everup that follows a table, with a clock that is turned by hand.

use crate::support::postgrest::{KEY, Postgrest};
use everup::board::Board;
use everup::clock::{Clock, ManualClock};
use everup::domain::announcement::{Announcement, Status};
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, Timestamp};
use everup::engine::follow::{Follower, Parts};
use everup::engine::lease::Grip;
use everup::store::contract::Store;
use everup::store::sqlite::Sqlite;
use everup::supabase::settings::Settings;
use everup::supabase::table::Table;
use everup::vitals::Vitals;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

/// 2026-11-10T12:00:00Z.
pub const START: Timestamp = Timestamp(1_794_312_000_000);

/// So many hours after the start.
pub fn at(hours: i64) -> Timestamp {
    START.plus_ms(hours * HOUR_MS)
}

pub fn table(supabase: &Postgrest) -> Table {
    Table::new(Settings::new(&supabase.url(), KEY).unwrap()).unwrap()
}

/// What a front end would insert.
pub fn row(start: i64, end: i64, message: &str) -> Value {
    json!({
        "start_time": at(start).to_string(),
        "end_time": at(end).to_string(),
        "message": message,
    })
}

pub struct World {
    pub supabase: Arc<Postgrest>,
    pub store: Arc<Sqlite>,
    pub clock: Arc<ManualClock>,
    pub vitals: Arc<Vitals>,
    pub follower: Follower,
    _folder: TempDir,
}

impl World {
    pub async fn new() -> World {
        World::over(Arc::new(Postgrest::start().await)).await
    }

    pub async fn over(supabase: Arc<Postgrest>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("everup.db")).await.unwrap());
        let clock = Arc::new(ManualClock::new(START));
        let vitals = Arc::new(Vitals::default());
        supabase.database().now_ms = START.0;
        let mut world = World {
            follower: follower(&store, &clock, &vitals),
            supabase,
            store,
            clock,
            vitals,
            _folder: folder,
        };
        world.restart();
        world
    }

    /// The follower forgets all that it has not noted.
    pub fn restart(&mut self) {
        self.follower = follower(&self.store, &self.clock, &self.vitals);
        self.follower.follow(Some(table(&self.supabase)));
    }

    pub fn pass(&self, ms: i64) {
        self.clock.advance_ms(ms);
        self.supabase.database().now_ms = self.clock.now().0;
    }

    /// A look that must go well.
    pub async fn look(&self) {
        assert!(self.follower.round().await, "{:?}", self.vitals.read(START).source_trouble);
    }

    /// A minute passes, and then a look.
    pub async fn next(&self) {
        self.pass(MINUTE_MS);
        self.look().await;
    }

    pub async fn windows(&self) -> Vec<Announcement> {
        self.store.windows().await.unwrap()
    }

    /// The one window that there is.
    pub async fn window(&self) -> Announcement {
        let windows = self.windows().await;
        assert_eq!(windows.len(), 1, "{windows:?}");
        windows.into_iter().next().unwrap()
    }

    pub async fn status(&self) -> Status {
        self.window().await.window.status(self.clock.now())
    }

    /// Announces a window here.
    pub async fn announce(&self, start: i64, end: i64, message: &str) -> Announcement {
        let window = MaintenanceWindow {
            announced_at: self.clock.now(),
            start: at(start),
            end: at(end),
            cancelled_at: None,
            message: message.to_owned(),
            monitors: Vec::new(),
            emergency: false,
        };
        self.store.announce(&window, None, "ci").await.unwrap().announcement
    }

    /// What the table says: start and end in hours after the start, and the message.
    pub fn rows(&self) -> Vec<(i64, i64, String)> {
        let hours = |value: &Value| (value.as_i64().unwrap() / 1_000 - START.0) / HOUR_MS;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.supabase
            .rows()
            .iter()
            .map(|r| (hours(&r["start_time"]), hours(&r["end_time"]), text(&r["message"])))
            .collect()
    }
}

fn follower(store: &Arc<Sqlite>, clock: &Arc<ManualClock>, vitals: &Arc<Vitals>) -> Follower {
    Follower::new(Parts {
        clock: clock.clone(),
        store: store.clone(),
        board: Arc::new(Board::default()),
        vitals: vitals.clone(),
        grip: Grip::firm(),
    })
}
