//! Conversations, over HTTP and JSON: identities, posts, boards.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use roneo_client::social::{
    BoardView, Identity, InBothLanguages, MAX_HOURS, MadeIdentity, NewIdentity, NewStatement, Posting, USUAL_HOURS,
};
use roneo_social::{Scope, starter_boards};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, Sent};
use crate::api_error::ApiError;
use crate::calls::Call;

/// A board that is known here, as `GET /boards` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListedBoard {
    /// Its address, in the base64 of links.
    pub board: String,
    /// Where it stands in a directory.
    pub path: String,
    /// The language that makes its address.
    pub language: String,
    /// How far it reaches: `local`, `national` or `international`.
    pub scope: String,
    /// Where (ISO 3166), or empty.
    pub place: String,
    /// What it is called.
    pub name: InBothLanguages,
    /// What belongs there.
    pub about: InBothLanguages,
}

/// `?hours=NUMBER`
#[derive(Debug, Deserialize)]
struct Hours {
    hours: Option<u64>,
}

pub(super) fn calls() -> Vec<Call<Api>> {
    let created = StatusCode::CREATED;
    vec![
        Call::get("/identities", identities, "The user's own identities.").gives_list::<Identity>(),
        Call::post("/identities", new_identity, "Makes an identity, or brings one back from its 24 words.")
            .takes::<NewIdentity>()
            .gives::<MadeIdentity>(created),
        Call::delete("/identities/{person}", forget_identity, "Forgets an identity here; its words bring it back.")
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::get("/boards", boards, "The boards that come with the program.").gives_list::<ListedBoard>(),
        Call::get("/boards/{board}/posts", read_board, "What was said on a board lately; asks the network.")
            .asks("hours", "Of how many hours: 24 unless it is said, at most 48.")
            .gives::<BoardView>(StatusCode::OK),
        Call::get("/statements", postings, "What the user said, newest first.").gives_list::<Posting>(),
        Call::post("/statements", say, "Signs something; storing, announcing and publishing go on by themselves.")
            .takes::<NewStatement>()
            .gives::<Posting>(created),
    ]
}

async fn identities(State(api): State<Api>) -> Result<Json<Vec<Identity>>, ApiError> {
    Ok(Json(api.social.identities().await?))
}

async fn new_identity(State(api): State<Api>, Sent(body): Sent<NewIdentity>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.new_identity(body).await?)))
}

async fn forget_identity(State(api): State<Api>, Path(person): Path<String>) -> Result<StatusCode, ApiError> {
    api.social.forget_identity(person).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn boards() -> Json<Vec<ListedBoard>> {
    let listed = starter_boards().iter().map(|board| ListedBoard {
        board: board.id.to_text(),
        path: board.path.clone(),
        language: board.language.clone(),
        scope: match board.scope {
            Scope::Local => "local",
            Scope::National => "national",
            Scope::International => "international",
        }
        .to_owned(),
        place: board.place.clone(),
        name: InBothLanguages { fr: board.name.fr.clone(), en: board.name.en.clone() },
        about: InBothLanguages { fr: board.about.fr.clone(), en: board.about.en.clone() },
    });
    Json(listed.collect())
}

async fn read_board(
    State(api): State<Api>,
    Path(board): Path<String>,
    hours: Result<Query<Hours>, QueryRejection>,
) -> Result<Json<BoardView>, ApiError> {
    let Query(Hours { hours }) = hours.map_err(|error| ApiError::bad_request(error.status(), &error.body_text()))?;
    Ok(Json(api.social.read_board(board, hours.unwrap_or(USUAL_HOURS).min(MAX_HOURS)).await?))
}

async fn postings(State(api): State<Api>) -> Result<Json<Vec<Posting>>, ApiError> {
    Ok(Json(api.social.postings().await?))
}

async fn say(State(api): State<Api>, Sent(body): Sent<NewStatement>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.say(body).await?)))
}
