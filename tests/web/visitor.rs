//! Someone who asks.

use crate::sample::Scene;
use axum::Router;
use axum::body::Body;
use everup::web;
use everup::web::peer::Peer;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tower::ServiceExt;

pub(crate) struct Visitor {
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Visitor {
    pub(crate) fn of(scene: &Scene) -> Visitor {
        Visitor { router: web::router(scene.app.clone()) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("accept", "text/html,*/*;q=0.8")]).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.ask_from(None, method, path, headers).await
    }

    /// Asks from somewhere.
    pub(crate) async fn ask_from(
        &self,
        peer: Option<Peer>,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        self.send(request).await
    }

    /// Asks with a header that need not be text.
    pub(crate) async fn with_header(
        &self,
        path: &str,
        name: &'static str,
        value: HeaderValue,
    ) -> Answer {
        let request = Request::builder().uri(path).header(name, value);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }
}

impl Answer {
    /// A header's text; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// The body, without what changes with every version: the hashes in the names of
    /// assets and of closed months, and the version itself.
    pub(crate) fn stable(&self) -> String {
        let mut parts = self.body.split("/assets/");
        let mut stable = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('.').unwrap();
            let (_, rest) = rest.split_once('.').unwrap();
            stable += &format!("/assets/{name}.[hash].{rest}");
        }
        let mut parts = stable.split("<code class=\"hash\">");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (_, rest) = part.split_once('<').unwrap();
            whole += &format!("<code class=\"hash\">[sha256]<{rest}");
        }
        whole.replace(&format!("everup {}", env!("CARGO_PKG_VERSION")), "everup [version]")
    }

    /// What a reader has of the first element that begins with `tag`, without the tags in
    /// it; empty where there is none.
    pub(crate) fn text_after(&self, tag: &str) -> String {
        let name = tag.trim_start_matches('<').split([' ', '>']).next().unwrap_or_default();
        let inner = self.body.split(tag).nth(1).unwrap_or_default();
        let inner = inner.split(&format!("</{name}>")).next().unwrap_or_default();
        let parts = inner.split('<');
        parts
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
            .collect()
    }

    /// The values of an attribute, wherever it stands.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        let before = format!(" {name}=\"");
        let values = self.body.split(&before).skip(1);
        values
            .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"))
            .collect()
    }
}
