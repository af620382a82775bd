//! What a reader sets with one click: read, bookmarked, folded.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use roneo_client::social::Marks;

use super::content::see_other;
use super::display::back;
use crate::console::Console;
use crate::posted::Posted;
use crate::trouble::Trouble;

/// Sets the mark that the pressed button names.
pub(crate) async fn set(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let one = |field| Some(posted.text(field)).filter(|id| !id.is_empty()).map(str::to_owned);
    let list = |field| one(field).into_iter().collect();
    let marks = Marks {
        read: list("read"),
        unread: list("unread"),
        board_read: one("board_read"),
        bookmark: list("bookmark"),
        unbookmark: list("unbookmark"),
        mute: list("mute"),
        unmute: list("unmute"),
    };
    console.talk(console.social.mark(marks)).await?;
    Ok(see_other(back(posted.text("back"))))
}
