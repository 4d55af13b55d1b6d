//! Serves every page with made-up histories, to look at while designing:
//! `cargo run --example gallery`. Each scene has its own address.

#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "it belongs to the tests, which use more of it"
)]
#[path = "../tests/web/sample.rs"]
mod sample;

use everup::web;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let scenes = [
        ("unborn", sample::unborn()),
        ("well", sample::well()),
        ("down", sample::down()),
        ("mixture", sample::mixture()),
        ("outage", sample::outage()),
        ("grouped", sample::grouped()),
        ("imported", sample::imported()),
        ("explained", sample::explained()),
        ("closed", sample::closed()),
        ("maintained", sample::maintained()),
        ("overrunning", sample::overrunning()),
        ("emergency", sample::emergency()),
        ("nightly", sample::nightly()),
        ("wordy", sample::wordy()),
        ("many", sample::many(300)),
        ("nothing", sample::scene(&[], Vec::new())),
    ];
    let mut first_port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok());
    let stop = CancellationToken::new();
    for (name, scene) in scenes {
        let port = first_port.unwrap_or(0);
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        first_port = first_port.map(|port| port + 1);
        #[expect(clippy::print_stdout, reason = "this is what the program is for")]
        {
            println!("{name}: http://{}/", listener.local_addr()?);
        }
        tokio::spawn(web::serve(listener, web::router(scene.app), stop.clone()));
    }
    tokio::signal::ctrl_c().await?;
    stop.cancel();
    Ok(())
}
