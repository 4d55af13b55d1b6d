//! The banner on pages of somebody else, to look at: `cargo run --example banner`.

#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "it belongs to the tests, which use more of it"
)]
#[path = "../../tests/web/sample.rs"]
mod sample;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use everup::domain::timestamp::MINUTE_MS;
use everup::web;
use sample::{Event, Scene, Story};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const PAGES: [(&str, &str); 4] = [
    ("/", include_str!("index.html")),
    ("/dark", include_str!("dark.html")),
    ("/rtl", include_str!("rtl.html")),
    ("/place", include_str!("place.html")),
];

/// Where the pages say that everup is.
const WRITTEN: &str = "http://127.0.0.1:8000";

fn scenes() -> [(&'static str, Scene); 4] {
    let well = || [Story::new("API"), Story::new("Sign-in")];
    let down = |windows| {
        let story = Story::new("API").every_ms(MINUTE_MS).since(600);
        sample::scene(&[story.with(25, 30, Event::Fails("HTTP 502"))], windows)
    };
    let window =
        |from, minutes| sample::window(from, minutes, 5 * 1_440, "New disks.", &["api"]);
    [
        ("upcoming", sample::scene(&well(), vec![window(-26 * 60, 120)])),
        ("active", sample::scene(&well(), vec![window(10, 120)])),
        ("overrunning", down(vec![window(30, 20)])),
        ("outage", down(Vec::new())),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let stop = CancellationToken::new();
    for (name, scene) in scenes() {
        let everup = serve(web::router(scene.app), &stop).await?;
        let host = PAGES.into_iter().fold(Router::new(), |host, (path, text)| {
            let text = text.replace(WRITTEN, &everup);
            host.route(path, get(async move || Html(text.clone())))
        });
        let host = serve(host, &stop).await?;
        #[expect(clippy::print_stdout, reason = "this is what the program is for")]
        for (path, _) in PAGES {
            println!("{name}: {host}{path}");
        }
    }
    tokio::signal::ctrl_c().await?;
    stop.cancel();
    Ok(())
}

/// Serves on a free port; the origin.
async fn serve(router: Router, stop: &CancellationToken) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    tokio::spawn(web::serve(listener, router, stop.clone()));
    Ok(origin)
}
