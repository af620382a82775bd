//! A thread: what was said, in its place, with what stands beside it; and answers, written where they will stand.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use roneo_client::social::{Paging, PostView, ThreadView};
use roneo_social::ReactionWord;
use serde::Deserialize;

use super::write::{Kind, Letter};
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::social::{BoardCard, PostLine, Said, placed, quoted};
use crate::trouble::Trouble;
use crate::words::{Language, Markup};

/// Parts of a thread that are looked through for one of its posts, at most. At 25 posts each these are more than a
/// thread of any use has.
const MAX_PARTS: usize = 400;

/// What of a thread is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Where the part begins; without it, with the part that has the post.
    after: Option<String>,
    /// The number of its first post, counted from 1.
    from: Option<usize>,
    /// Whether the post is to be answered here.
    answer: Option<String>,
    /// Whether it is to be answered and quoted.
    quote: Option<String>,
    /// Whether everything that can be done with it is to be shown.
    more: Option<String>,
}

/// A part of a thread.
pub(super) struct Part {
    pub(super) view: ThreadView,
    /// The number of its first post, counted from 1.
    pub(super) first: usize,
}

/// What is opened below one of the posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Answer,
    More,
}

#[derive(Template)]
#[template(path = "thread.html")]
struct Page {
    frame: Frame,
    card: BoardCard,
    /// In a stranger's words; empty where its beginning is not here.
    title: String,
    retracted: bool,
    /// Its beginning.
    root: String,
    /// This part of it, for forms to lead back to.
    here: String,
    posts: Vec<PostLine>,
    end: Markup,
    count: usize,
    unread: usize,
    begun: Said,
    /// The first that is unread here.
    first_unread: Option<String>,
    next: Option<String>,
    /// The post below which something is opened.
    opened: Option<(String, Opened)>,
    /// The answer that is being written: to the opened post, else to the beginning.
    letter: Letter,
    muted: bool,
}

pub(crate) async fn page(
    visit: Visit,
    Path(post): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Ok(Query(asked)) = asked else { return Err(Trouble::NoSuchPage) };
    let Part { view, first } = match asked.after {
        Some(after) => {
            let paging = Paging { cursor: Some(after), limit: None };
            let view = visit.console.talk(visit.console.social.thread(post.clone(), paging)).await?;
            Part { view, first: asked.from.unwrap_or(1).max(1) }
        }
        None => part_with(&visit.console, &post).await?,
    };
    let opened = match (asked.answer.or(asked.quote.clone()), asked.more) {
        (Some(_), _) => Some(Opened::Answer),
        (None, Some(_)) => Some(Opened::More),
        (None, None) => None,
    };
    let frame = visit.frame(Section::Boards).await;
    let board = view.row.boards.first().copied();
    let Some(board) = board.or_else(|| view.posts.entries.first()?.post.boards.first().copied()) else {
        return Err(Trouble::NoSuchPage);
    };
    let card = visit.console.card(frame.w, &board).await;
    let root = view.row.root.to_text();
    let target = view.posts.entries.iter().map(|placed| &placed.post).find(|known| known.id.to_text() == post);
    let mut letter = Letter { board: card.board.clone(), lang: card.lang.clone(), ..Letter::new(Kind::Answer) };
    letter.root.clone_from(&root);
    letter.target = target.filter(|_| opened == Some(Opened::Answer)).map_or(root.clone(), |_| post.clone());
    letter.settle(&visit).await;
    if letter.text.is_empty() && asked.quote.is_some() {
        letter.text = target.and_then(|post| post.standing.as_ref()).map(|text| quoted(&text.text)).unwrap_or_default();
    }
    let (posts, end) = placed(&frame, &view.posts.entries, first);
    let unread = |post: &&PostView| !post.read && post.fold.is_none();
    let first_unread = view.posts.entries.iter().map(|placed| &placed.post).find(unread).map(|post| post.id.to_text());
    let next = view.posts.next.map(|next| format!("/threads/{root}?after={next}&from={}", first + posts.len()));
    Ok(answer(&Page {
        title: view.row.title.unwrap_or_default(),
        retracted: view.row.retracted,
        here: format!("/threads/{post}"),
        count: view.row.replies + usize::from(view.row.author.is_some()),
        unread: view.row.unread,
        begun: Said::of(&frame, view.row.begun),
        muted: matches!(view.row.fold, Some(roneo_client::social::Fold::MutedThread)),
        opened: opened.map(|opened| (post, opened)),
        root,
        card,
        posts,
        end,
        first_unread,
        next,
        letter,
        frame,
    }))
}

/// The part of a thread that has a post: its beginning, or another one.
pub(super) async fn part_with(console: &Console, post: &str) -> Result<Part, Trouble> {
    let mut paging = Paging::default();
    let mut first = 1;
    for _ in 0..MAX_PARTS {
        let view = console.talk(console.social.thread(post.to_owned(), paging)).await?;
        let is_here = view.posts.entries.iter().any(|placed| placed.post.id.to_text() == post);
        match &view.posts.next {
            Some(next) if !is_here && view.row.root.to_text() != post => {
                first += view.posts.entries.len();
                paging = Paging { cursor: Some(next.clone()), limit: None };
            }
            _ => return Ok(Part { view, first }),
        }
    }
    Err(roneo_client::social::SocialError::NotHeard.into())
}

impl Page {
    fn headline(&self) -> &str {
        let w = self.frame.w;
        match (&*self.title, self.retracted) {
            (_, true) => w.thread_retracted(),
            ("", false) => w.thread_beginless(),
            (title, false) => title,
        }
    }

    fn answers(&self, post: &PostLine) -> bool {
        self.opens(post, Opened::Answer)
    }

    fn shows_more(&self, post: &PostLine) -> bool {
        self.opens(post, Opened::More)
    }

    fn opens(&self, post: &PostLine, what: Opened) -> bool {
        self.opened.as_ref().is_some_and(|(id, opened)| *id == post.id && *opened == what)
    }

    /// Whether the answer to the beginning is written at the end of the page: so where nothing else is opened.
    fn answers_below(&self) -> bool {
        self.opened.is_none()
    }

    fn is_first_unread(&self, post: &PostLine) -> bool {
        self.first_unread.as_ref() == Some(&post.id)
    }

    /// The words of a reaction, with their code.
    fn reactions(&self) -> [(&'static str, &'static str); 6] {
        reactions(self.frame.w)
    }
}

/// Every reaction there is: its code in forms, and its word.
pub(super) fn reactions(w: Language) -> [(&'static str, &'static str); 6] {
    REACTIONS.map(|(code, word)| (code, w.reaction(word)))
}

/// Reactions by their code in forms, in the order in which they are offered.
pub(super) const REACTIONS: [(&str, ReactionWord); 6] = [
    ("agree", ReactionWord::Agree),
    ("thanks", ReactionWord::Thanks),
    ("solidarity", ReactionWord::Solidarity),
    ("important", ReactionWord::Important),
    ("question", ReactionWord::Question),
    ("disagree", ReactionWord::Disagree),
];
