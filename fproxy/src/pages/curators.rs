//! Curators: whose reports fold for this user, everywhere or on one board.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use roneo_client::social::{Curator, FollowedView, Named, SocialError};
use roneo_social::{BoardId, PersonId};
use serde::Deserialize;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::social::{BoardCard, Who};
use crate::trouble::Trouble;

/// Of which board.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    board: String,
}

/// Somebody whose reports fold.
struct CuratorLine {
    who: Who,
    /// Whether one report of theirs is enough.
    alone: bool,
}

/// Curators of one board, or of all.
struct Group {
    /// The board's address; empty for everywhere.
    board: String,
    title: String,
    lines: Vec<CuratorLine>,
}

#[derive(Template)]
#[template(path = "curators.html")]
struct Page {
    frame: Frame,
    groups: Vec<Group>,
    /// Where a curator can be added: everywhere, and the board that was asked for.
    places: Vec<(String, String)>,
    /// The board that was asked for, or nothing.
    board: String,
    /// People to choose from: those who are followed.
    people: Vec<Who>,
}

pub(crate) async fn page(visit: Visit, Query(Asked { board }): Query<Asked>) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Boards).await;
    let following = visit.console.talk(visit.console.social.followed()).await?;
    let w = frame.w;
    let mut groups = vec![Group::of(&frame, None, &following)];
    let named = following.curators.iter().filter_map(|(board, _)| *board);
    groups.extend(named.map(|board| Group::of(&frame, Some(board), &following)));
    let mut places = vec![(String::new(), w.curators_everywhere().to_owned())];
    places.extend(BoardId::from_text(&board).map(|id| (board.clone(), BoardCard::of(w, &id).line())));
    let people = following.persons.iter().map(|(named, _)| Who::of(w, named)).collect();
    Ok(answer(&Page { groups, places, board, people, frame }))
}

/// Adds a curator, or takes one away.
pub(crate) async fn change(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let board = Some(posted.text("board")).filter(|board| !board.is_empty());
    let board = board.map(|board| BoardId::from_text(board).ok_or(SocialError::Board)).transpose()?;
    let following = console.talk(console.social.followed()).await?;
    let person = |field| match posted.text(field) {
        "" => Ok(None),
        text => PersonId::from_text(text).map(Some).ok_or(SocialError::Id),
    };
    let (typed, chosen, removed) = (person("person")?, person("add")?, person("remove")?);
    let changed = removed.or(typed).or(chosen).ok_or(SocialError::Id)?;
    // Someone who is taken away on their own page is so wherever they are followed.
    let everywhere = removed.is_some() && posted.text("here").is_empty();
    let mut lists: Vec<(Option<BoardId>, Vec<Curator>)> = following.curators;
    if !lists.iter().any(|(of, _)| *of == board) {
        lists.push((board, Vec::new()));
    }
    for (of, mut curators) in lists {
        let before = curators.clone();
        if everywhere || of == board {
            curators.retain(|curator| curator.person != changed);
        }
        if removed.is_none() && of == board {
            curators.push(Curator { person: changed, alone: posted.text("alone") == "yes" });
        }
        if curators != before {
            console.talk(console.social.set_curators(of.map(|of| of.to_text()), curators)).await?;
        }
    }
    Ok(see_other("/curators"))
}

impl Group {
    fn of(frame: &Frame, board: Option<BoardId>, following: &FollowedView) -> Self {
        let w = frame.w;
        let of_board = following.curators.iter().filter(|(of, _)| *of == board).flat_map(|(_, curators)| curators);
        let known = |person: PersonId| {
            let named = following.persons.iter().map(|(named, _)| named).find(|named| named.person == person);
            named.cloned().unwrap_or(Named { person, petname: None, self_name: None, looks_like: None })
        };
        let line = |curator: &Curator| CuratorLine { who: Who::of(w, &known(curator.person)), alone: curator.alone };
        Self {
            board: board.as_ref().map(BoardId::to_text).unwrap_or_default(),
            title: board.map_or_else(|| w.curators_everywhere().to_owned(), |board| BoardCard::of(w, &board).line()),
            lines: of_board.map(line).collect(),
        }
    }
}
