//! People: those whom the user follows, and one page for anybody who was ever heard.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use roneo_client::social::{Paging, PersonChange, PersonView, SocialError};
use roneo_social::PersonId;
use serde::Deserialize;

use super::content::see_other;
use super::display::back;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::social::{PostLine, Said, Who};
use crate::trouble::Trouble;

/// Where a part of what somebody said begins.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    after: Option<String>,
}

/// Somebody who is followed.
struct FollowedPerson {
    who: Who,
    since: Said,
}

#[derive(Template)]
#[template(path = "people.html")]
struct ListPage {
    frame: Frame,
    people: Vec<FollowedPerson>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct OnePage {
    frame: Frame,
    who: Who,
    /// The user's own name for them, or what was typed for it.
    petname: String,
    followed: bool,
    muted: bool,
    /// Whether their reports fold for the user, on some board or everywhere.
    curates: bool,
    posts: Vec<PostLine>,
    next: Option<String>,
    /// Why the name was refused, or nothing.
    why: String,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::People).await;
    let following = visit.console.talk(visit.console.social.followed()).await?;
    let person =
        |(named, since): &(_, u64)| FollowedPerson { who: Who::of(frame.w, named), since: Said::of(&frame, *since) };
    let people = following.persons.iter().map(person).collect();
    Ok(answer(&ListPage { people, frame }))
}

/// Leads to somebody by their key.
pub(crate) async fn find(posted: Posted) -> Result<Response, Trouble> {
    let person = PersonId::from_text(posted.text("person")).ok_or(SocialError::Id)?;
    Ok(see_other(&format!("/people/{}", person.to_text())))
}

pub(crate) async fn one(
    visit: Visit,
    Path(person): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Ok(Query(Asked { after })) = asked else { return Err(Trouble::NoSuchPage) };
    show(&visit, person, after, None).await
}

/// Changes what somebody is to the user.
pub(crate) async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Trouble> {
    let person = posted.text("person").to_owned();
    let switch = |on, off| match (posted.text(on), posted.text(off)) {
        ("", "") => None,
        (on, _) => Some(!on.is_empty()),
    };
    let named = posted.text("named") == "yes";
    let change = PersonChange {
        followed: switch("follow", "unfollow"),
        muted: switch("mute", "unmute"),
        petname: named.then(|| posted.text("petname").to_owned()),
    };
    match console.talk(console.social.change_person(person.clone(), change)).await {
        Ok(()) => {
            let path = format!("/people/{person}");
            Ok(see_other(Some(posted.text("back")).filter(|path| !path.is_empty()).map_or(&path, back)))
        }
        Err(Trouble::Talk(error)) if named => {
            let refused = (posted.text("petname").to_owned(), visit.w.talk_sentence(&error));
            let mut page = show(&visit, person, None, Some(refused)).await?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(other) => Err(other),
    }
}

/// The page of somebody; with a name that was refused, and why.
async fn show(
    visit: &Visit,
    person: String,
    after: Option<String>,
    refused: Option<(String, String)>,
) -> Result<Response, Trouble> {
    let social = &visit.console.social;
    let paging = Paging { cursor: after, limit: None };
    let view = visit.console.talk(social.person(person.clone(), paging)).await?;
    let following = visit.console.talk(social.followed()).await?;
    let frame = visit.frame(Section::People).await;
    let PersonView { who, followed, muted, posts, next, .. } = view;
    let mut curators = following.curators.iter().flat_map(|(_, curators)| curators);
    let (petname, why) = refused.unwrap_or_else(|| (who.petname.clone().unwrap_or_default(), String::new()));
    Ok(answer(&OnePage {
        curates: curators.any(|curator| curator.person == who.person),
        who: Who::of(frame.w, &who),
        posts: posts.iter().enumerate().map(|(at, post)| PostLine::of(&frame, post, at + 1)).collect(),
        next: next.map(|next| format!("/people/{person}?after={next}")),
        petname,
        why,
        followed,
        muted,
        frame,
    }))
}

impl OnePage {
    /// Whether it is one of the user's own identities.
    fn own(&self) -> bool {
        self.frame.me.iter().any(|me| me.person == self.who.person)
    }
}
