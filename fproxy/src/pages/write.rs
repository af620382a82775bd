//! Writing: a thread, an answer, another wording, a correction, a label. It is read through before it goes.

mod letter;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use roneo_client::social::{NewStatement, PostView, SocialError, Statement};
use roneo_social::BoardId;
use serde::Deserialize;

use super::content::see_other;
use super::thread::{REACTIONS, part_with};
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::social::{BoardCard, PostLine, html_of};
use crate::trouble::Trouble;
use crate::words::{Markup, Moment};

use letter::{Fault, Faults, LABELS};
pub(super) use letter::{Kind, Letter};

/// What is to be written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    kind: Kind,
    /// On which board, for a thread.
    board: String,
    /// About which post, for all else.
    post: String,
}

#[derive(Template)]
#[template(path = "write.html")]
struct Page {
    frame: Frame,
    card: BoardCard,
    letter: Letter,
    /// The post that it is about.
    target: Option<PostLine>,
    faults: Faults,
    /// Why it was not taken, in a sentence; empty where the fields say so.
    refused: String,
    /// What readers will see.
    preview: Option<Markup>,
    /// When the draft was kept, if that was just now.
    kept: Option<String>,
}

/// What a page shows besides the letter.
#[derive(Default)]
struct Besides {
    faults: Faults,
    refused: String,
    preview: bool,
    kept: bool,
}

pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    // About a post and not said how: an answer to it.
    let kind = if asked.kind == Kind::Thread && !asked.post.is_empty() { Kind::Answer } else { asked.kind };
    let mut letter = Letter { board: asked.board, target: asked.post, ..Letter::new(kind) };
    let target = target(&visit, &letter).await?;
    if let Some(post) = &target {
        letter.root = post.root.to_text();
        letter.board = post.boards.first().map(BoardId::to_text).unwrap_or_default();
        if let (Kind::Edit, Some(standing)) = (letter.kind, &post.standing) {
            (letter.title, letter.text) = (standing.title.clone(), standing.text.clone());
            letter.lang.clone_from(&standing.lang);
        }
    }
    letter.settle(&visit).await;
    show(&visit, letter, target, Besides::default()).await
}

/// Keeps what was typed, then shows it as readers will see it, or sends it.
pub(crate) async fn send(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    let letter = Letter::of(&posted).ok_or(Trouble::Form)?;
    let target = target(&visit, &letter).await?;
    let social = &visit.console.social;
    let draft = (!letter.is_blank()).then(|| letter.to_draft());
    let has_draft = draft.is_some();
    // Without room for drafts the form itself still has all that was typed.
    let kept = visit.console.talk(social.save_draft(letter.draft_id(), draft)).await.is_ok() && has_draft;
    let wish = posted.text("do");
    let faults = if wish == "keep" { Faults::new() } else { letter.faults() };
    if wish != "send" || !faults.is_empty() {
        let preview = wish != "keep" && faults.is_empty();
        let besides = Besides { faults, preview, kept, ..Besides::default() };
        return show(&visit, letter, target, besides).await;
    }
    let statement = letter.statement().ok_or(Trouble::Form)?;
    match visit.console.talk(social.say(statement)).await {
        Ok(posting) => {
            // It is said: a draft that stays is a nuisance, not a loss.
            let _ = visit.console.talk(social.save_draft(letter.draft_id(), None)).await;
            Ok(see_other(&format!("/said/{}", posting.id)))
        }
        Err(Trouble::Talk(error)) => {
            let besides = Besides { refused: visit.w.talk_sentence(&error), kept, ..Besides::default() };
            show(&visit, letter, target, besides).await
        }
        Err(other) => Err(other),
    }
}

/// Says a word to a post.
pub(crate) async fn react(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let code = posted.text("word");
    let word = REACTIONS.iter().find(|(known, _)| *known == code).ok_or(Trouble::Form)?.1;
    let target = posted.text("target").to_owned();
    let statement = NewStatement {
        identity: posted.text("identity").to_owned(),
        board: posted.text("board").to_owned(),
        statement: Statement::React { target, word },
        now: false,
    };
    console.talk(console.social.say(statement)).await?;
    Ok(see_other(super::display::back(posted.text("back"))))
}

/// The post that a letter is about; none for a thread.
async fn target(visit: &Visit, letter: &Letter) -> Result<Option<PostView>, Trouble> {
    if letter.kind == Kind::Thread {
        return Ok(None);
    }
    let part = part_with(&visit.console, &letter.target).await?;
    let mut posts = part.view.posts.entries.into_iter().map(|placed| placed.post);
    let post = posts.find(|post| post.id.to_text() == letter.target).ok_or(SocialError::NotHeard)?;
    match letter.kind {
        Kind::Edit | Kind::Retract if !post.own => Err(SocialError::NotYours.into()),
        _ => Ok(Some(post)),
    }
}

async fn show(visit: &Visit, letter: Letter, target: Option<PostView>, besides: Besides) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Boards).await;
    let board = BoardId::from_text(&letter.board).ok_or(SocialError::Board)?;
    let wrong = !besides.faults.is_empty() || !besides.refused.is_empty();
    let mut response = answer(&Page {
        card: visit.console.card(frame.w, &board).await,
        target: target.map(|post| PostLine::of(&frame, &post, 0)),
        preview: besides.preview.then(|| html_of(&letter.text)),
        kept: besides.kept.then(|| frame.w.time(&Moment::now())),
        faults: besides.faults,
        refused: besides.refused,
        letter,
        frame,
    });
    if wrong {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

impl Page {
    fn headline(&self) -> &'static str {
        let w = self.frame.w;
        match self.letter.kind {
            Kind::Thread => w.write_thread(),
            Kind::Answer => w.post_answer(),
            Kind::Edit => w.write_edit(),
            Kind::Retract => w.write_retract(),
            Kind::Correct => w.write_correct(),
            Kind::Label => w.write_label(),
        }
    }

    /// What it does, and what it does not do; empty for what needs no word.
    fn meaning(&self) -> &'static str {
        let w = self.frame.w;
        match self.letter.kind {
            Kind::Thread | Kind::Answer => "",
            Kind::Edit => w.write_edit_text(),
            Kind::Retract => w.write_retract_text(),
            Kind::Correct => w.write_correct_text(),
            Kind::Label => w.write_label_text(),
        }
    }

    fn is_thread(&self) -> bool {
        self.letter.kind == Kind::Thread
    }

    fn is_label(&self) -> bool {
        self.letter.kind == Kind::Label
    }

    fn is_correction(&self) -> bool {
        self.letter.kind == Kind::Correct
    }

    fn has_title(&self) -> bool {
        self.is_thread() || (self.letter.kind == Kind::Edit && self.target.as_ref().is_some_and(PostLine::begins))
    }

    /// What is wrong with a field, in a sentence; empty where nothing is.
    fn why(&self, field: &str) -> String {
        let w = self.frame.w;
        match self.faults.get(field) {
            None => String::new(),
            Some(Fault::TooLong(over)) if field == "sources" => w.write_sources_too_long(*over),
            Some(Fault::TooLong(over)) => w.write_too_long(*over),
            Some(_) => match field {
                "title" => w.write_title_missing(),
                "text" => w.write_text_missing(),
                "reason" => w.write_reason_missing(),
                "tag" => w.write_tag_missing(),
                _ => w.write_nobody(),
            }
            .to_owned(),
        }
    }

    /// The fields that are wrong, with their ids, in the order of the page.
    fn wrong_fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("identity", "as"),
            ("title", "title"),
            ("text", "message"),
            ("tag", "tag"),
            ("sources", "sources"),
            ("reason", "reason"),
        ];
        let wrong = fields.into_iter().map(|(field, id)| (id, self.why(field)));
        wrong.filter(|(_, why)| !why.is_empty()).collect()
    }

    /// Every label to choose from: its code, its word.
    fn labels(&self) -> [(&'static str, &'static str); 9] {
        LABELS.map(|(code, tag)| (code, self.frame.w.label_tag(tag)))
    }

    /// Characters that the title may still have.
    fn title_left(&self) -> usize {
        roneo_social::MAX_TITLE.saturating_sub(self.letter.title.chars().count())
    }
}
