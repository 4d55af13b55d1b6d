//! everup on one origin, the page of somebody else on another.

use crate::sample::{self, NOW, Scene};
use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use everup::board::Snapshot;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::Timestamp;
use everup::web;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The pages of `examples/banner`, as somebody may put them on a server.
const PAGES: [(&str, &str); 4] = [
    ("/", include_str!("../../examples/banner/index.html")),
    ("/dark", include_str!("../../examples/banner/dark.html")),
    ("/rtl", include_str!("../../examples/banner/rtl.html")),
    ("/place", include_str!("../../examples/banner/place.html")),
];

/// Where those pages say that everup is.
const WRITTEN: &str = "http://127.0.0.1:8000";

pub(crate) struct Stage {
    scene: Scene,
    /// The origin of the page of somebody else.
    pub(crate) host: String,
    /// The origin of everup.
    pub(crate) everup: String,
    stop: CancellationToken,
    _runtime: Runtime,
}

impl Stage {
    /// A scene whose clock runs, and the pages of the examples.
    pub(crate) fn of(scene: Scene) -> Stage {
        Stage::with(scene, &[])
    }

    /// The same with pages of a test's own, in which `EVERUP` stands for its origin.
    pub(crate) fn with(scene: Scene, pages: &[(&str, &str)]) -> Stage {
        let runtime = Runtime::new().unwrap();
        let stop = CancellationToken::new();
        let serve = |router: Router| {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
            let origin = format!("http://{}", listener.local_addr().unwrap());
            runtime.spawn(web::serve(listener, router, stop.clone()));
            origin
        };
        let everup = serve(web::router(scene.app.clone()));
        let named = |(path, text): &(&str, &str)| {
            let text = text.replace(WRITTEN, &everup).replace("EVERUP", &everup);
            ((*path).to_owned(), text)
        };
        let pages: BTreeMap<String, String> = PAGES.iter().chain(pages).map(named).collect();
        let host = serve(Router::new().fallback(async move |uri: Uri| page(&pages, &uri)));
        let clock = Arc::clone(&scene.clock);
        let ended = stop.clone();
        std::thread::spawn(move || {
            let (began, mut passed) = (Instant::now(), 0);
            while !ended.is_cancelled() {
                std::thread::sleep(Duration::from_millis(5));
                let now = i64::try_from(began.elapsed().as_millis()).unwrap();
                clock.advance_ms(now - passed);
                passed = now;
            }
        });
        Stage { scene, host, everup, stop, _runtime: runtime }
    }

    /// From now on there are these windows.
    pub(crate) fn announce(&self, windows: Vec<MaintenanceWindow>) {
        let before = Snapshot::clone(&self.scene.app.board.read());
        let windows = (1..).zip(windows).map(sample::announced).collect();
        self.scene.app.board.publish(Snapshot { windows, ..before });
    }

    /// What time it is for everup.
    pub(crate) fn now(&self) -> Timestamp {
        use everup::clock::Clock;
        self.scene.clock.now()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn page(pages: &BTreeMap<String, String>, uri: &Uri) -> Response {
    match pages.get(uri.path()) {
        Some(text) => ([(header::CONTENT_TYPE, "text/html")], text.clone()).into_response(),
        // The icon, which a browser asks for by itself.
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// A window from so many seconds after the beginning to so many, announced in time.
pub(crate) fn window(from_s: i64, to_s: i64, message: &str) -> MaintenanceWindow {
    MaintenanceWindow {
        start: NOW.plus_ms(from_s * 1_000),
        end: NOW.plus_ms(to_s * 1_000),
        ..sample::window(0, 1, 5 * 24 * 60, message, &["api"])
    }
}
