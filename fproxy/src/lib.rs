//! The proxy on localhost: what a browser sees of Roneo, and the API that programs drive it by.
//!
//! [`router`] turns any [`NodeHandle`], [`ProfileHandle`] and [`SocialHandle`] into an HTTP service, and [`serve`] puts it on a
//! socket.
//! Every answer, refusals included, passes one gate that checks where the request comes from and
//! seals the answer with the same headers.
//!
//! Not for: running a node, the network, files. This crate knows a node by its handle alone and is
//! tested without one.
//!
//! Start from [`Settings`], [`router`] and [`api`], whose types a client shares.
//!
//! ```
//! use std::sync::Arc;
//! use roneo_fproxy::{ApiToken, Settings, router};
//!
//! fn pages(
//!     node: Arc<dyn roneo_client::handle::NodeHandle>,
//!     profile: Arc<dyn roneo_client::profile::ProfileHandle>,
//!     social: Arc<dyn roneo_client::social::SocialHandle>,
//! ) -> axum::Router {
//!     router(node, profile, social, &Settings::new(8888, ApiToken::new("from D/api.token")))
//! }
//! ```

pub mod api;
mod api_error;
mod assets;
mod calls;
mod cleaning;
mod console;
mod content;
mod defences;
mod failure;
pub mod feeds;
mod form_key;
mod gate;
mod html;
mod job_guard;
mod link;
mod loopback;
mod media;
mod openings;
mod pages;
mod posted;
mod server;
mod site;
mod social;
mod spool;
mod token;
mod trouble;
mod unpack;
mod upload;
mod words;

use std::sync::Arc;

use axum::Router;
use console::Console;
use form_key::FormKey;
use roneo_client::handle::NodeHandle;
use roneo_client::profile::ProfileHandle;
use roneo_client::social::SocialHandle;
use site::Sites;

pub use defences::{Check, Defences};
pub use link::page_path;
pub use loopback::Loopback;
pub use pages::knows_setting;
pub use server::{HEADER_WAIT, MAX_CONNECTIONS, SHUTDOWN_GRACE, serve};
pub use token::ApiToken;
#[doc(hidden)]
pub use unpack::unpacked_names;

/// What the proxy must know besides its node.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The port that it is bound to. A request must name this machine and this port as its host.
    pub port: u16,
    /// What a program must show to use the API.
    pub api_token: ApiToken,
    /// All of them, but in experiments.
    pub defences: Defences,
}

impl Settings {
    /// Those of a proxy bound to `port`, with every defence.
    #[must_use]
    pub fn new(port: u16, api_token: ApiToken) -> Self {
        Self { port, api_token, defences: Defences::default() }
    }
}

/// The whole proxy: `/api/v1` for programs, everything else for browsers, and each site under a host name of its own.
pub fn router(
    node: Arc<dyn NodeHandle>,
    profile: Arc<dyn ProfileHandle>,
    social: Arc<dyn SocialHandle>,
    settings: &Settings,
) -> Router {
    let console = Arc::new(Console {
        node: Arc::clone(&node),
        profile: Arc::clone(&profile),
        social: Arc::clone(&social),
        forms: FormKey::random(settings.defences.token),
        openings: Arc::default(),
        sites: Sites::new(),
        port: settings.port,
        defences: settings.defences,
        backup: Default::default(),
    });
    let gate = gate::Gate::new(Arc::clone(&console));
    Router::new()
        .merge(feeds::routes(Arc::clone(&social), &settings.api_token, settings.port))
        .nest("/api/v1", api::routes(Arc::clone(&node), profile, social, settings.api_token.clone()))
        .merge(pages::routes(console))
        .layer(axum::middleware::from_fn_with_state(Arc::new(gate), gate::pass))
}
