//! The proxy's router, called as a service before a node that answers from a script.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod api;
mod boards;
mod controls;
mod description;
mod fake;
mod fake_boards;
mod fake_profile;
mod forms;
mod inserts;
mod kept;
mod markup;
mod openings;
mod pages;
mod profile;
mod scenes;
mod siege;
mod sites;
mod social;
mod socket;
#[path = "../../examples/pages/stage.rs"]
mod stage;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use fake::{FakeNode, Network, State};
use fake_profile::FakeProfile;
use http_body_util::BodyExt;
use roneo_client::handle::NodeHandle;
use roneo_fproxy::{ApiToken, Defences, Settings, router};
use tower::ServiceExt;

pub(crate) const TOKEN: &str = "test-token";
pub(crate) const HOST: &str = "127.0.0.1:8888";

/// A link with valid fields.
pub(crate) fn link() -> String {
    format!("CHK@{0},{0},AAAAAQA", "A".repeat(43))
}

/// What one request got.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or that it broke off.
    pub(crate) body: Result<Bytes, String>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.body.as_ref().expect("a whole body")).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).unwrap()
    }

    /// Every answer carries these, whatever it says.
    pub(crate) fn assert_sealed(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("x-dns-prefetch-control", "off"),
        ] {
            assert_eq!(self.header(name), value, "{name} on {}", self.status);
        }
        let policy = self.header("content-security-policy");
        // Our own pages are told apart by their style sheet; they must learn the origin of their forms.
        let own = policy.contains("style-src 'self';");
        assert_eq!(self.header("referrer-policy"), if own { "same-origin" } else { "no-referrer" });
        assert!(own != policy.contains("sandbox"), "{policy}");
        // A site below a path has no origin that its own pictures could share.
        let below_a_path = policy.contains("/site/");
        let shared_with = if below_a_path { "cross-origin" } else { "same-origin" };
        assert_eq!(self.header("cross-origin-resource-policy"), shared_with);
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{part} is not in {policy}");
        }
        assert!(!policy.contains("script") && !policy.contains("unsafe-eval"), "{policy}");
        let of_site = policy.contains("img-src") && !own;
        assert_eq!(policy.contains("unsafe-inline"), of_site, "styles of a site are rebuilt, and where it says them");
        let elsewhere = policy.replace(HOST, "").replace("http://*.localhost:8888", "");
        assert!(!elsewhere.contains("//") || below_a_path, "{policy}");
        assert!(!self.headers.contains_key("set-cookie"));
        assert!(!self.headers.contains_key("access-control-allow-origin"));
    }
}

/// A browser's request for a page.
pub(crate) fn browsing(path: &str, language: &str) -> axum::http::request::Builder {
    Request::get(path)
        .header("host", HOST)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("accept-language", language)
}

pub(crate) struct Proxy {
    router: Router,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Proxy {
    pub(crate) fn before(network: Network) -> Self {
        Self::with(network, FakeProfile::default())
    }

    pub(crate) fn with(network: Network, profile: FakeProfile) -> Self {
        let (node, state) = FakeNode::new(network);
        let settings = Settings::new(8888, ApiToken::new(TOKEN));
        let profile = Arc::new(profile);
        Self { router: router(node, Arc::clone(&profile) as _, profile, &settings), state }
    }

    /// With one of its defences left out: answers come by [`Proxy::unsealed`].
    pub(crate) fn without(network: Network, defences: Defences) -> Self {
        let (node, state) = FakeNode::new(network);
        let settings = Settings { defences, ..Settings::new(8888, ApiToken::new(TOKEN)) };
        let profile = Arc::new(FakeProfile::default());
        Self { router: router(node, Arc::clone(&profile) as _, profile, &settings), state }
    }

    /// Before any node, beside what its user keeps. Its state is not that of the scripted one.
    pub(crate) fn of(node: impl NodeHandle, shelf: stage::Shelf) -> Self {
        let settings = Settings::new(8888, ApiToken::new(TOKEN));
        let profile = Arc::new(FakeProfile::of(shelf));
        Self { router: router(Arc::new(node), Arc::clone(&profile) as _, profile, &settings), state: Arc::default() }
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.unsealed(request).await;
        answer.assert_sealed();
        answer
    }

    /// An answer that need not be sealed.
    pub(crate) async fn unsealed(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).map_err(|error| error.to_string());
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A page, as a browser's address bar asks for it.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("host", HOST).body(Body::empty()).unwrap()).await
    }

    /// A page, as a browser of that language asks for it: it can show HTML.
    pub(crate) async fn browse(&self, path: &str, language: &str) -> Answer {
        self.send(browsing(path, language).body(Body::empty()).unwrap()).await
    }

    /// What a program gets in a language.
    pub(crate) async fn read(&self, path: &str, language: &str) -> Answer {
        let request = Request::get(path).header("host", HOST).header("accept-language", language);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// An API call with the token.
    pub(crate) async fn call(&self, method: &str, path: &str, json: Option<serde_json::Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", HOST)
            .header("authorization", format!("Bearer {TOKEN}"));
        let request = match json {
            Some(json) => request.header("content-type", "application/json").body(Body::from(json.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }
}
