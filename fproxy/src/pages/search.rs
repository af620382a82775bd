//! A search in what was heard on this machine.
//!
//! It is sent as a form and not in the address, so that what somebody searched for is in no history of a browser.

use askama::Template;
use axum::response::Response;
use roneo_client::social::{Found, Hit, Search};
use roneo_social::starter_boards;

use crate::console::{Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::social::{BoardCard, Said, Who, fold_sentence};
use crate::trouble::Trouble;

/// A post that was found.
struct HitLine {
    path: String,
    /// Its title; empty for an answer. In a stranger's words, as is the excerpt.
    title: String,
    who: Who,
    said: Said,
    boards: String,
    excerpt: String,
    /// Why it is folded, or nothing.
    fold: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    frame: Frame,
    words: String,
    board: String,
    /// Boards to search on.
    boards: Vec<BoardCard>,
    hits: Vec<HitLine>,
    next: Option<String>,
    asked: bool,
    /// Why it was not searched, or nothing.
    why: String,
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    show(&visit, String::new(), String::new(), None, String::new()).await
}

pub(crate) async fn search(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    let (words, board) = (posted.text("words").to_owned(), posted.text("board").to_owned());
    let text = |name| Some(posted.text(name).to_owned()).filter(|text| !text.is_empty());
    let search = Search { words: words.clone(), board: text("board"), after: text("after"), ..Search::default() };
    match visit.console.talk(visit.console.social.search(search)).await {
        Ok(found) => show(&visit, words, board, Some(found), String::new()).await,
        Err(Trouble::Talk(_)) => {
            let why = visit.w.search_refused().to_owned();
            show(&visit, words, board, None, why).await
        }
        Err(other) => Err(other),
    }
}

async fn show(
    visit: &Visit,
    words: String,
    board: String,
    found: Option<Found>,
    why: String,
) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Search).await;
    let boards = starter_boards().iter().map(|starter| BoardCard::of_starter(frame.w, starter)).collect();
    let asked = found.is_some();
    let Found { hits, next } = found.unwrap_or(Found { hits: Vec::new(), next: None });
    let hits = hits.iter().map(|hit| HitLine::of(&frame, hit)).collect();
    Ok(answer(&Page { words, board, boards, hits, next, asked, why, frame }))
}

impl HitLine {
    fn of(frame: &Frame, hit: &Hit) -> Self {
        let w = frame.w;
        let id = hit.id.to_text();
        let boards: Vec<String> = hit.boards.iter().map(|board| BoardCard::of(w, board).line()).collect();
        Self {
            path: format!("/threads/{id}#p{id}"),
            title: hit.title.clone(),
            who: Who::of(w, &hit.author),
            said: Said::of(frame, hit.time),
            boards: boards.join(", "),
            excerpt: hit.excerpt.clone(),
            fold: hit.fold.as_ref().map(|fold| fold_sentence(w, fold)).unwrap_or_default(),
        }
    }
}
