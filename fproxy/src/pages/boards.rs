//! Boards: those that are followed, with what is unread on each, and those that come with the program.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use roneo_client::board::Join;
use roneo_client::social::{BoardRow, Secret, SocialError};
use roneo_social::{BoardId, Theme, open_board, starter_boards};

use super::content::see_other;
use super::display::back;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::social::BoardCard;
use crate::trouble::Trouble;
use crate::words::Moment;

/// A board that is followed.
pub(super) struct FollowedLine {
    pub(super) card: BoardCard,
    /// Posts.
    pub(super) unread: usize,
    /// What is unread, and when the newest was said.
    pub(super) about: String,
}

/// A place in the directory.
struct Place {
    name: String,
    themes: Vec<Themed>,
}

/// Boards of one place on one matter.
struct Themed {
    theme: Theme,
    name: &'static str,
    boards: Vec<BoardCard>,
}

#[derive(Template)]
#[template(path = "boards.html")]
struct Page {
    frame: Frame,
    followed: Vec<FollowedLine>,
    directory: Vec<Place>,
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Boards).await;
    let followed = followed(&visit, &frame).await?;
    let directory = directory(&frame, &followed);
    Ok(answer(&Page { followed, directory, frame }))
}

/// Follows a board or no longer, as the button says that was pressed.
pub(crate) async fn follow(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let (board, follow) = match (posted.text("follow"), posted.text("unfollow")) {
        ("", board) => (board, false),
        (board, _) => (board, true),
    };
    console.talk(console.social.follow_board(board.to_owned(), follow)).await?;
    Ok(see_other(back(posted.text("back"))))
}

/// Leads to a board by an invitation, which is taken up, by its link or its address, or by the path of an open one, which
/// need not exist anywhere to be written on.
pub(crate) async fn open(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    let typed = posted.text("board").trim();
    let social = &visit.console.social;
    if typed.starts_with("CHK@") {
        let info = visit.console.talk_far(social.meet_board(typed.to_owned())).await?;
        return Ok(see_other(&format!("/boards/{}", info.board)));
    }
    if typed.starts_with("roneo-board:") {
        let identity = match posted.text("identity") {
            "" => visit.console.talk(social.identities()).await?.into_iter().next().map(|own| own.name),
            name => Some(name.to_owned()),
        };
        let identity = identity.ok_or(SocialError::NoSuchIdentity(String::new()))?;
        let join = Join { invitation: Secret::new(typed.to_owned()), identity };
        let info = visit.console.talk_far(social.join(join)).await?;
        return Ok(see_other(&format!("/boards/{}", info.board)));
    }
    let typed = typed.trim_matches('/');
    let board = BoardId::from_text(typed).or_else(|| open_board(typed, visit.w.code()).ok());
    let board = board.ok_or(SocialError::Board)?;
    Ok(see_other(&format!("/boards/{}", board.to_text())))
}

/// The boards that are followed: where most is unread, then where somebody spoke last.
pub(super) async fn followed(visit: &Visit, frame: &Frame) -> Result<Vec<FollowedLine>, Trouble> {
    let mut rows = visit.console.talk(visit.console.social.board_rows()).await?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.unread_posts, row.newest)));
    Ok(rows.iter().map(|row| FollowedLine::of(frame, row)).collect())
}

impl FollowedLine {
    fn of(frame: &Frame, row: &BoardRow) -> Self {
        let w = frame.w;
        let newest = row.newest.map(|newest| w.ago(&Moment::of_unix(newest), &frame.now));
        let about = match (row.unread_posts, newest) {
            (_, None) => w.boards_silent().to_owned(),
            (0, Some(newest)) => w.boards_all_read(newest),
            (_, Some(newest)) => w.boards_unread_in(row.unread_threads, newest),
        };
        Self { card: BoardCard::of(w, &row.board), unread: row.unread_posts, about }
    }
}

/// The boards that come with the program and are not followed yet: by place, then by theme, both in the order in which the
/// program has them.
fn directory(frame: &Frame, followed: &[FollowedLine]) -> Vec<Place> {
    let w = frame.w;
    let mut places: Vec<Place> = Vec::new();
    for starter in starter_boards() {
        let card = BoardCard::of_starter(w, starter);
        if followed.iter().any(|line| line.card.board == card.board) {
            continue;
        }
        let local = starter.theme == Theme::City;
        let name = if local { w.place_towns().to_owned() } else { w.place(&starter.place) };
        let at = places.iter().position(|place| place.name == name).unwrap_or_else(|| {
            places.push(Place { name, themes: Vec::new() });
            places.len() - 1
        });
        let themes = &mut places[at].themes;
        match themes.iter_mut().find(|themed| themed.theme == starter.theme) {
            Some(themed) => themed.boards.push(card),
            None => themes.push(Themed { theme: starter.theme, name: w.theme(starter.theme), boards: vec![card] }),
        }
    }
    places
}
