//! Who the user is: identities made, brought back by their words, and forgotten on this machine.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use roneo_client::social::{MAX_IDENTITIES, NewIdentity, SocialError, WordsIn};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::content::see_other;
use crate::console::{Console, Frame, Visit, answer};
use crate::posted::Posted;
use crate::social::Who;
use crate::trouble::Trouble;
use crate::words::Language;

/// Where the page's forms lead back to.
const HERE: &str = "/identities";

/// What was typed and not taken, and why.
#[derive(Default)]
struct Refused {
    name: String,
    words: Zeroizing<String>,
    /// The sentence beside the name of a new identity.
    new_why: String,
    /// The sentence beside the name of one that is to be brought back.
    name_why: String,
    /// The sentence beside its words.
    words_why: String,
}

#[derive(Template)]
#[template(path = "identities.html")]
struct Page {
    frame: Frame,
    refused: Refused,
}

/// The words of a new identity, this once.
#[derive(Template)]
#[template(path = "identity_words.html")]
struct WordsPage {
    frame: Frame,
    who: Who,
    words: Zeroizing<String>,
}

#[derive(Template)]
#[template(path = "identity_forget.html")]
struct ForgetPage {
    frame: Frame,
    who: Who,
}

/// Which identity is meant.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Meant {
    person: String,
}

pub(crate) async fn page(visit: Visit) -> Response {
    let frame = visit.frame(None).await;
    answer(&Page { frame, refused: Refused::default() })
}

/// Makes an identity. Its words are in the answer, and nowhere else.
pub(crate) async fn new(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    let name = posted.text("name").to_owned();
    let made = make(&visit, &name, None).await;
    match made {
        Ok((who, Some(words))) => {
            let frame = visit.frame(None).await;
            Ok(answer(&WordsPage { who, words, frame }))
        }
        Ok(_) => Ok(see_other(HERE)),
        Err(Trouble::Talk(error)) if is_of_name(&error) => {
            let refused = Refused { new_why: visit.w.talk_sentence(&error), name, ..Refused::default() };
            Ok(refusal(&visit, refused).await)
        }
        Err(other) => Err(other),
    }
}

/// Brings an identity back from its words.
pub(crate) async fn restore(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    let name = posted.text("name").to_owned();
    let words = Zeroizing::new(posted.text("words").to_owned());
    let error = match make(&visit, &name, Some(words.clone())).await {
        Ok(_) => return Ok(see_other(HERE)),
        Err(Trouble::Talk(error)) => error,
        Err(other) => return Err(other),
    };
    let why = visit.w.talk_sentence(&error);
    let mut refused = Refused { name, words, ..Refused::default() };
    match error {
        SocialError::Words(_) | SocialError::IdentityHere => refused.words_why = why,
        error if is_of_name(&error) => refused.name_why = why,
        error => return Err(error.into()),
    }
    Ok(refusal(&visit, refused).await)
}

pub(crate) async fn ask_forget(visit: Visit, Query(Meant { person }): Query<Meant>) -> Result<Response, Trouble> {
    let mut frame = visit.frame(None).await;
    let meant = frame.me.iter().position(|who| who.person == person);
    let who = frame.me.swap_remove(meant.ok_or(SocialError::NoSuchIdentity(person))?);
    Ok(answer(&ForgetPage { who, frame: visit.frame(None).await }))
}

pub(crate) async fn forget(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    console.social.forget_identity(posted.text("person").to_owned()).await?;
    Ok(see_other(HERE))
}

async fn make(
    visit: &Visit,
    name: &str,
    words: Option<Zeroizing<String>>,
) -> Result<(Who, Option<Zeroizing<String>>), Trouble> {
    let language = match visit.w {
        Language::French => WordsIn::Fr,
        Language::English => WordsIn::En,
    };
    let made = visit.console.social.new_identity(NewIdentity { name: name.to_owned(), language, words }).await?;
    Ok((Who::of_own(visit.w, &made.identity), made.words))
}

/// Whether another name would do.
fn is_of_name(error: &SocialError) -> bool {
    matches!(error, SocialError::Name(_) | SocialError::IdentityExists(_))
}

async fn refusal(visit: &Visit, refused: Refused) -> Response {
    let frame = visit.frame(None).await;
    let mut response = answer(&Page { frame, refused });
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

impl Page {
    fn has_room(&self) -> bool {
        self.frame.me.len() < MAX_IDENTITIES
    }
}
