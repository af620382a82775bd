//! One board: its threads, by tab.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::HeaderValue;
use axum::response::Response;
use roneo_client::social::{FollowedView, Named, Paging, SocialError, Tab, ThreadList, ThreadRow};
use roneo_social::BoardId;
use serde::Deserialize;

use super::content::REFRESH;
use crate::console::{Frame, Section, Visit, answer};
use crate::social::{BoardCard, Said, Who, fold_sentence};
use crate::trouble::Trouble;
use crate::words::{Language, Moment};

/// Seconds between two looks of a board that reloads itself. It is read from the network about as often.
const RELOAD: u64 = 20;

/// What of a board is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    tab: Chosen,
    /// Where the part begins: the `next` of the part before.
    after: Option<String>,
    /// The number of the part, counted from 1.
    page: Option<u32>,
    /// Whether it reloads itself.
    live: Option<String>,
}

/// A tab by its name in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    #[default]
    All,
    Unread,
    Newcomers,
    Folded,
}

/// A thread as the list has it.
struct ThreadLine {
    path: String,
    /// Its title, in a stranger's words; empty where its beginning is not here.
    title: String,
    author: Option<Who>,
    begun: Said,
    last: Said,
    replies: usize,
    unread: usize,
    warning: String,
    retracted: bool,
    bookmarked: bool,
    /// Why it is folded, or nothing.
    fold: String,
}

#[derive(Template)]
#[template(path = "board.html")]
struct Page {
    frame: Frame,
    card: BoardCard,
    tab: Chosen,
    followed: bool,
    /// Unread posts, where it is followed.
    unread: usize,
    threads: Vec<ThreadLine>,
    /// Of the tab that has all: those that are folded, the reasons alone.
    folded: Vec<String>,
    /// Where the list goes on.
    next: Option<String>,
    page: u32,
    /// Up to when it was heard; none since the node was started.
    heard: Option<String>,
    /// What was announced and not found.
    missing: usize,
    curators: Vec<Who>,
    live: bool,
}

pub(crate) async fn page(
    visit: Visit,
    Path(board): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Ok(Query(asked)) = asked else { return Err(Trouble::NoSuchPage) };
    let id = BoardId::from_text(&board).ok_or(SocialError::Board)?;
    let console = &visit.console;
    let paging = Paging { cursor: asked.after, limit: None };
    let list = console.talk(console.social.threads(board, asked.tab.tab(), paging)).await?;
    let frame = visit.frame(Section::Boards).await;
    let rows = console.talk(console.social.board_rows()).await?;
    let row = rows.iter().find(|row| row.board == id);
    let following = console.talk(console.social.followed()).await?;
    let w = frame.w;
    let ThreadList { threads, next, heard_at, missing } = list;
    let (folded, threads): (Vec<_>, Vec<_>) =
        threads.into_iter().partition(|thread| asked.tab == Chosen::All && thread.fold.is_some());
    let card = console.card(w, &id).await;
    let page = asked.page.unwrap_or(1).max(1);
    let next =
        next.map(|next| format!("{}?tab={}&after={next}&page={}", card.path, asked.tab.code(), page.saturating_add(1)));
    let live = asked.live.is_some();
    let mut response = answer(&Page {
        tab: asked.tab,
        followed: row.is_some(),
        unread: row.map_or(0, |row| row.unread_posts),
        threads: threads.iter().map(|thread| ThreadLine::of(&frame, thread)).collect(),
        folded: folded.iter().filter_map(|thread| thread.fold.as_ref()).map(|fold| fold_sentence(w, fold)).collect(),
        next,
        page,
        heard: heard_at.map(|at| w.time(&Moment::of_unix(at))),
        missing,
        curators: curators(w, &id, &following),
        live,
        card,
        frame,
    });
    if live {
        response.headers_mut().insert(REFRESH, HeaderValue::from(RELOAD));
    }
    Ok(response)
}

/// Whose labels count on a board.
fn curators(w: Language, board: &BoardId, following: &FollowedView) -> Vec<Who> {
    let here = following.curators.iter().filter(|(of, _)| of.is_none_or(|of| of == *board));
    let mut people: Vec<_> = here.flat_map(|(_, curators)| curators).map(|curator| curator.person).collect();
    people.sort_unstable();
    people.dedup();
    let named = |person| {
        let known = following.persons.iter().map(|(named, _)| named).find(|named| named.person == person);
        known.cloned().unwrap_or(Named { person, petname: None, self_name: None, looks_like: None })
    };
    people.into_iter().map(|person| Who::of(w, &named(person))).collect()
}

impl Chosen {
    const ALL: [Self; 4] = [Self::All, Self::Unread, Self::Newcomers, Self::Folded];

    const fn tab(self) -> Tab {
        match self {
            Self::All => Tab::All,
            Self::Unread => Tab::Unread,
            Self::Newcomers => Tab::Newcomers { min_effort: 0 },
            Self::Folded => Tab::Folded,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Unread => "unread",
            Self::Newcomers => "newcomers",
            Self::Folded => "folded",
        }
    }

    fn label(self, w: Language) -> &'static str {
        match self {
            Self::All => w.tab_all(),
            Self::Unread => w.tab_unread(),
            Self::Newcomers => w.tab_newcomers(),
            Self::Folded => w.tab_folded(),
        }
    }

    /// What stands where a tab is empty, and what to do then.
    fn emptiness(self, w: Language) -> [&'static str; 2] {
        match self {
            Self::All => [w.board_empty(), w.board_empty_text()],
            Self::Unread => [w.board_all_read(), w.board_all_read_text()],
            Self::Newcomers => [w.board_no_newcomers(), w.board_no_newcomers_text()],
            Self::Folded => [w.board_none_folded(), w.board_none_folded_text()],
        }
    }
}

impl Page {
    fn tabs(&self) -> [Chosen; 4] {
        Chosen::ALL
    }

    fn label(&self, tab: &Chosen) -> &'static str {
        tab.label(self.frame.w)
    }

    /// What stands where the tab is empty, and what to do then.
    fn emptiness(&self) -> [&'static str; 2] {
        self.tab.emptiness(self.frame.w)
    }

    /// Where the page is that does not reload itself, or does.
    fn other_way(&self) -> String {
        let live = if self.live { "" } else { "&live" };
        format!("{}?tab={}{live}", self.card.path, self.tab.code())
    }
}

impl ThreadLine {
    fn of(frame: &Frame, row: &ThreadRow) -> Self {
        let w = frame.w;
        Self {
            path: format!("/threads/{}", row.root.to_text()),
            title: row.title.clone().unwrap_or_default(),
            author: row.author.as_ref().map(|author| Who::of(w, author)),
            begun: Said::of(frame, row.begun),
            last: Said::of(frame, row.last_activity),
            replies: row.replies,
            unread: row.unread,
            warning: row.warning.clone(),
            retracted: row.retracted,
            bookmarked: row.bookmarked,
            fold: row.fold.as_ref().map(|fold| fold_sentence(w, fold)).unwrap_or_default(),
        }
    }
}
