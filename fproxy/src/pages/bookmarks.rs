//! Bookmarks with their marks.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use roneo_client::profile::{Bookmark, BookmarkChange, BookmarkId, NewBookmark, ProfileError};
use serde::Deserialize;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::link;
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Moment;

/// Where the page's forms lead back to.
const HERE: &str = "/bookmarks";

/// A link to be filled into the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    link: String,
}

struct Line {
    id: u64,
    /// The newest edition known, or nothing.
    figure: String,
    title: String,
    path: String,
    about: String,
    place: usize,
    new: bool,
    checkable: bool,
}

#[derive(Template)]
#[template(path = "bookmarks.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    wanted: String,
}

pub(crate) async fn page(visit: Visit, Query(Wanted { link }): Query<Wanted>) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Bookmarks).await;
    let profile = &visit.console.profile;
    let bookmarks = profile.bookmarks().await?;
    let lines = bookmarks.into_iter().enumerate().map(|(at, bookmark)| Line::of(&frame, at, bookmark)).collect();
    Ok(answer(&Page { lines, wanted: link, frame }))
}

pub(crate) async fn add(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let (link, title) = (posted.text("link").to_owned(), posted.text("title").to_owned());
    console.profile.add_bookmark(NewBookmark { link, title }).await?;
    Ok(see_other(HERE))
}

pub(crate) async fn change(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let place: Option<usize> = posted.text("place").parse().ok();
    let change = BookmarkChange {
        title: Some(posted.text("title").to_owned()),
        // People count from 1.
        place: place.map(|place| place.saturating_sub(1)),
    };
    console.profile.change_bookmark(id(&posted)?, change).await?;
    Ok(see_other(HERE))
}

pub(crate) async fn remove(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    console.profile.delete_bookmark(id(&posted)?).await?;
    Ok(see_other(HERE))
}

/// Begins a check: the page does not wait for the network, and shows what came of it when it is next
/// looked at.
pub(crate) async fn check(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let id = id(&posted)?;
    let profile = Arc::clone(&console.profile);
    tokio::spawn(async move { profile.check_bookmark(id).await.is_ok() });
    Ok(see_other(HERE))
}

fn id(posted: &Posted) -> Result<BookmarkId, Trouble> {
    posted.text("id").parse().map(BookmarkId).map_err(|_| ProfileError::NoSuchBookmark.into())
}

impl Line {
    fn of(frame: &Frame, at: usize, bookmark: Bookmark) -> Self {
        let w = frame.w;
        let about = match (bookmark.seen, bookmark.newest, bookmark.checked) {
            (_, None, _) => w.bookmarks_fixed().to_owned(),
            (Some(seen), _, Some(checked)) => w.bookmarks_seen_checked(seen, ago(frame, checked)),
            (Some(seen), _, None) => w.bookmarks_seen(seen),
            (None, Some(_), _) => w.bookmarks_unseen().to_owned(),
        };
        Self {
            id: bookmark.id.0,
            figure: bookmark.newest.map(|newest| w.number(newest).to_string()).unwrap_or_default(),
            path: link::page_of(&bookmark.link),
            about,
            place: at + 1,
            new: bookmark.is_new(),
            checkable: bookmark.newest.is_some(),
            title: bookmark.title,
        }
    }
}

fn ago(frame: &Frame, unix: u64) -> String {
    frame.w.ago(&Moment::of_unix(unix), &frame.now)
}
