//! Everything that a browser opens. `docs/guides/pages.md` says how a page is added.

mod backup;
mod board;
mod boards;
mod bookmarks;
mod content;
mod curators;
mod display;
mod folders;
mod help;
mod home;
mod identities;
mod insert;
mod job;
mod keys;
mod leave;
mod marks;
mod node;
mod people;
mod removed;
mod said;
mod search;
mod settings;
mod site;
mod thread;
mod transfers;
mod welcome;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use crate::assets;
use crate::console::{Console, around};
use crate::trouble::Trouble;

pub(crate) use backup::Held;
pub use settings::knows_setting;

/// Methods of a page that is only looked at.
const LOOK: &str = "GET, HEAD";

/// Methods of a page with a form.
const FORM: &str = "GET, HEAD, POST";

/// Methods of what only a form is sent to.
const SEND: &str = "POST";

/// Every page. What is none is tried as a link.
pub(crate) fn routes(console: Arc<Console>) -> Router {
    let looks = Router::new()
        .route("/", get(home::page))
        .route("/boards", get(boards::page))
        .route("/boards/{board}", get(board::page))
        .route("/threads/{post}", get(thread::page))
        .route("/people/{person}", get(people::one))
        .route("/said", get(said::list))
        .route("/said/{post}", get(said::one))
        .route("/transfers", get(transfers::list))
        .route("/transfers/{job}", get(transfers::one))
        .route("/transfers/{job}/content", get(transfers::content))
        .route("/folders/{folder}", get(folders::one))
        .route("/node", get(node::page))
        .route("/site/{label}/", get(site::file))
        .route("/site/{label}/{*path}", get(site::file))
        .route("/removed/{label}/{*path}", get(removed::page))
        .route("/leave", get(leave::page))
        .route("/help", get(help::list))
        .route("/help/{topic}", get(help::topic))
        .merge(assets::routes())
        .method_not_allowed_fallback(async || Trouble::Method(LOOK));
    let forms = Router::new()
        .route("/display", get(display::page).post(display::choose))
        .route("/insert", get(insert::page).post(insert::send))
        .route("/transfers/{job}/remove", get(transfers::ask_remove).post(transfers::remove))
        .route("/settings", get(settings::page).post(settings::keep))
        .route("/bookmarks", get(bookmarks::page).post(bookmarks::add))
        .route("/identities", get(identities::page).post(identities::new))
        .route("/identities/forget", get(identities::ask_forget).post(identities::forget))
        .route("/people", get(people::list).post(people::find))
        .route("/curators", get(curators::page).post(curators::change))
        .route("/search", get(search::page).post(search::search))
        .route("/backup", get(backup::page).post(backup::make))
        .route("/write", get(write::page).post(write::send))
        .route("/keys", get(keys::page).post(keys::new))
        .route("/keys/delete", get(keys::ask_delete).post(keys::delete))
        .route("/welcome", get(welcome::display).post(welcome::choose_display))
        .route("/welcome/disk", get(welcome::disk).post(welcome::choose_disk))
        .route("/welcome/join", get(welcome::join).post(welcome::follow))
        .method_not_allowed_fallback(async || Trouble::Method(FORM));
    let sends = Router::new()
        .route("/forget", post(home::forget))
        .route("/boards/follow", post(boards::follow))
        .route("/boards/open", post(boards::open))
        .route("/identities/restore", post(identities::restore))
        .route("/backup/file", post(backup::file))
        .route("/backup/restore", post(backup::restore))
        .route("/marks", post(marks::set))
        .route("/people/change", post(people::change))
        .route("/react", post(write::react))
        .route("/said/drop", post(said::drop))
        .route("/keep", post(content::keep))
        .route("/stop", post(content::stop))
        .route("/node/invite", post(node::invite))
        .route("/node/join", post(node::join))
        .route("/transfers/{job}/pause", post(transfers::pause))
        .route("/transfers/{job}/resume", post(transfers::resume))
        .route("/transfers/{job}/sooner", post(transfers::sooner))
        .route("/transfers/{job}/later", post(transfers::later))
        .route("/folders/{folder}/end", post(folders::end))
        .route("/bookmarks/change", post(bookmarks::change))
        .route("/bookmarks/check", post(bookmarks::check))
        .route("/bookmarks/remove", post(bookmarks::remove))
        .route("/keys/import", post(keys::import))
        .route("/keys/export", post(keys::export))
        .route("/keys/publish", post(keys::publish))
        .route("/welcome/picture", post(welcome::follow_file))
        .route("/welcome/alone", post(welcome::alone))
        .method_not_allowed_fallback(async || Trouble::Method(SEND));
    Router::new()
        .merge(looks)
        .merge(forms)
        .merge(sends)
        .fallback(content::open)
        .layer(middleware::from_fn_with_state(Arc::clone(&console), around))
        .with_state(console)
}
