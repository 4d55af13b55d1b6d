//! Style sheet, script and icons: built into the program, served under names that hold
//! their content's hash, so that a browser may keep them for ever.

use super::Site;
use super::error::Problem;
use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// One file.
pub(super) struct Asset {
    /// Its path, with its hash in it.
    pub(super) path: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// How every page looks.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("style", "css", CSS, include_bytes!("../../assets/style.css")));
/// What a page may do: show times in the viewer's zone, switch the theme.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("script", "js", JAVASCRIPT, include_bytes!("../../assets/script.js"))
});
/// The icon of a page whose news is good.
pub(super) static ICON_UP: LazyLock<Asset> =
    LazyLock::new(|| asset("up", "svg", SVG, include_bytes!("../../assets/up.svg")));
/// The icon of a page that says that something is slow or in doubt.
pub(super) static ICON_TROUBLE: LazyLock<Asset> =
    LazyLock::new(|| asset("trouble", "svg", SVG, include_bytes!("../../assets/trouble.svg")));
/// The icon of a page that says that something is down.
pub(super) static ICON_DOWN: LazyLock<Asset> =
    LazyLock::new(|| asset("down", "svg", SVG, include_bytes!("../../assets/down.svg")));
/// The icon of a page without news.
pub(super) static ICON_NEUTRAL: LazyLock<Asset> =
    LazyLock::new(|| asset("neutral", "svg", SVG, include_bytes!("../../assets/neutral.svg")));

static ALL: [&LazyLock<Asset>; 6] =
    [&STYLE, &SCRIPT, &ICON_UP, &ICON_TROUBLE, &ICON_DOWN, &ICON_NEUTRAL];

fn asset(name: &str, extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    let hash: String =
        Sha256::digest(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect();
    Asset { path: format!("/assets/{name}.{hash}.{extension}"), media_type, bytes }
}

/// `GET /assets/{name}`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| Problem::no_such_page())?;
    let is_asked_for = |asset: &&&LazyLock<Asset>| {
        asset.path.strip_prefix("/assets/").is_some_and(|path| path == name)
    };
    let asset = ALL.iter().find(is_asked_for).ok_or_else(Problem::no_such_page)?;
    let headers = [
        (CONTENT_TYPE, asset.media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.bytes).into_response())
}
