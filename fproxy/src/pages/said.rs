//! What the user said: how far each of it has come, and what is not said yet.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::Uri as Target;
use axum::response::Response;
use roneo_client::social::{DraftRow, Posting, PostingState, SocialError};
use roneo_social::BoardId;

use super::content::see_other;
use super::transfers::{STILL, reloading};
use super::write::Letter;
use crate::console::{Console, Frame, Visit, answer};
use crate::posted::Posted;
use crate::social::{BoardCard, Said};
use crate::trouble::Trouble;
use crate::words::{Language, Moment};

/// Drafts that are read for the list, at most. The index has room for a few more.
const MAX_DRAFTS: usize = 40;

/// Something that was said.
struct SaidLine {
    path: String,
    /// Its title or the beginning of its text; where it has none, what it is.
    title: String,
    kind: &'static str,
    board: String,
    identity: String,
    said: Said,
    stamp: &'static str,
    /// The stroke of that stamp.
    stroke: &'static str,
}

/// Something that is not said yet.
struct DraftLine {
    /// Where it is written on.
    path: String,
    id: String,
    title: String,
    kind: &'static str,
    board: String,
    saved: Said,
}

/// A step of its way.
struct Step {
    title: &'static str,
    about: String,
    done: bool,
}

#[derive(Template)]
#[template(path = "said.html")]
struct ListPage {
    frame: Frame,
    drafts: Vec<DraftLine>,
    lines: Vec<SaidLine>,
}

#[derive(Template)]
#[template(path = "said_one.html")]
struct OnePage {
    frame: Frame,
    line: SaidLine,
    /// Where it is read: its own page of the thread, if it has one.
    read: Option<String>,
    steps: Vec<Step>,
    /// The share of the expected work that is done, in percent, while it is being made.
    work: Option<u32>,
    failed: bool,
    under_way: bool,
    reloads: bool,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let frame = visit.frame(None).await;
    let social = &visit.console.social;
    let postings = visit.console.talk(social.postings()).await?;
    let rows = visit.console.talk(social.drafts()).await?;
    let mut drafts = Vec::new();
    for row in rows.iter().take(MAX_DRAFTS) {
        // A draft of a program may be in a form of its own.
        let draft = visit.console.talk(social.draft(String::from(row.id.clone()))).await.ok();
        drafts.extend(draft.as_ref().and_then(Letter::of_draft).map(|letter| DraftLine::of(&frame, row, &letter)));
    }
    let lines = postings.iter().map(|posting| SaidLine::of(&frame, posting)).collect();
    Ok(answer(&ListPage { frame, drafts, lines }))
}

pub(crate) async fn one(visit: Visit, Path(id): Path<String>, target: Target) -> Result<Response, Trouble> {
    let frame = visit.frame(None).await;
    let postings = visit.console.talk(visit.console.social.postings()).await?;
    let posting = postings.iter().find(|posting| posting.id == id).ok_or(SocialError::NotHeard)?;
    let under_way = matches!(posting.state, PostingState::Signed | PostingState::Stored);
    let reloads = under_way && target.query() != Some(STILL);
    let has_place = matches!(&*posting.kind, "post" | "reply");
    let page = OnePage {
        line: SaidLine::of(&frame, posting),
        read: has_place.then(|| format!("/threads/{id}#p{id}")),
        steps: steps(&frame, posting),
        work: (posting.state == PostingState::Stored && posting.waits_until.is_none())
            .then(|| posting.work_percent.min(100)),
        failed: posting.state == PostingState::Failed,
        under_way,
        reloads,
        frame,
    };
    Ok(reloading(answer(&page), reloads))
}

/// Forgets a draft.
pub(crate) async fn drop(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    console.talk(console.social.save_draft(posted.text("draft").to_owned(), None)).await?;
    Ok(see_other("/said"))
}

/// Its way, step by step.
fn steps(frame: &Frame, posting: &Posting) -> Vec<Step> {
    let w = frame.w;
    let come = |state| posting.state != PostingState::Failed && posting.state >= state;
    let work = match (posting.state, posting.waits_until) {
        (PostingState::Stored, Some(until)) => w.said_waits(w.time(&Moment::of_unix(until))),
        (PostingState::Stored, None) => w.said_work(u64::from(posting.work_percent.min(100))),
        _ => w.said_work_text().to_owned(),
    };
    let announced =
        if posting.receipts > 0 { w.said_receipts(posting.receipts) } else { w.said_announced_text().to_owned() };
    vec![
        Step { title: w.said_signed(), about: w.said_signed_text().to_owned(), done: true },
        Step { title: w.said_stored(), about: w.said_stored_text().to_owned(), done: come(PostingState::Stored) },
        Step { title: w.said_worked(), about: work, done: come(PostingState::Announced) },
        Step { title: w.said_announced(), about: announced, done: come(PostingState::Announced) },
        Step {
            title: w.said_published(),
            about: w.said_published_text().to_owned(),
            done: come(PostingState::Published),
        },
    ]
}

/// A state in a word, with its stroke.
fn stamp(w: Language, state: PostingState) -> (&'static str, &'static str) {
    match state {
        PostingState::Signed | PostingState::Stored => (w.stamp_under_way(), "way"),
        PostingState::Announced => (w.said_announced(), ""),
        PostingState::Published => (w.said_published(), ""),
        PostingState::Failed => (w.stamp_failed(), "red"),
    }
}

/// What kind of thing was said, by the node's word for it.
fn kind_of(w: Language, kind: &str) -> &'static str {
    match kind {
        "post" => w.kind_thread(),
        "reply" => w.kind_answer(),
        "react" => w.kind_reaction(),
        "edit" => w.kind_edit(),
        "retract" => w.kind_retraction(),
        "correct" => w.kind_correction(),
        "label" => w.kind_label(),
        _ => w.kind_other(),
    }
}

fn board_line(w: Language, board: &str) -> String {
    BoardId::from_text(board).map(|board| BoardCard::of(w, &board).line()).unwrap_or_default()
}

impl SaidLine {
    fn of(frame: &Frame, posting: &Posting) -> Self {
        let w = frame.w;
        let (stamp, stroke) = stamp(w, posting.state);
        let kind = kind_of(w, &posting.kind);
        Self {
            path: format!("/said/{}", posting.id),
            title: if posting.title.is_empty() { kind.to_owned() } else { posting.title.clone() },
            kind,
            board: board_line(w, &posting.board),
            identity: posting.identity.clone(),
            said: Said::of(frame, posting.time),
            stamp,
            stroke,
        }
    }
}

impl DraftLine {
    fn of(frame: &Frame, row: &DraftRow, letter: &Letter) -> Self {
        let w = frame.w;
        let begins = [&letter.title, &letter.text, &letter.reason].into_iter().find(|field| !field.is_empty());
        let title = begins.and_then(|field| field.lines().find(|line| !line.starts_with('>') && !line.is_empty()));
        let kind = letter.kind.code();
        Self {
            path: if letter.target.is_empty() {
                format!("/write?kind={kind}&board={}", letter.board)
            } else {
                format!("/write?kind={kind}&post={}", letter.target)
            },
            id: String::from(row.id.clone()),
            title: title.unwrap_or(w.draft_untitled()).to_owned(),
            kind: kind_of(
                w,
                match kind {
                    "thread" => "post",
                    "answer" => "reply",
                    other => other,
                },
            ),
            board: board_line(w, &letter.board),
            saved: Said::of(frame, row.saved_at),
        }
    }
}
