//! Everything that a browser opens. `docs/guides/pages.md` says how a page is added.

mod content;
mod display;
mod home;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;

use crate::assets;
use crate::console::{Console, around};
use crate::trouble::Trouble;

/// Methods of a page that is only looked at.
const LOOK: &str = "GET, HEAD";

/// Methods of a page with a form.
const FORM: &str = "GET, HEAD, POST";

/// Every page. What is none is tried as a link.
pub(crate) fn routes(console: Arc<Console>) -> Router {
    let looks = Router::new()
        .route("/", get(home::page))
        .merge(assets::routes())
        .method_not_allowed_fallback(async || Trouble::Method(LOOK));
    let forms = Router::new()
        .route("/display", get(display::page).post(display::choose))
        .method_not_allowed_fallback(async || Trouble::Method(FORM));
    Router::new()
        .merge(looks)
        .merge(forms)
        .fallback(content::open)
        .layer(middleware::from_fn_with_state(Arc::clone(&console), around))
        .with_state(console)
}
