//! Boards with stewards, over HTTP and JSON.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use roneo_client::board::{BoardInfo, INVITED_DAYS, Invited, Join, NewBoard, OfficeKey, TermsChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::social::asked;
use super::{Api, Sent};
use crate::api_error::ApiError;
use crate::calls::Call;

/// Body of `POST /boards/meetings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// The link of a board's first descriptor.
    pub link: String,
}

/// Body of `POST /boards/keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOfficeKey {
    /// The name of the user's identity that would introduce others.
    pub identity: String,
}

/// Body of `POST /boards/{board}/invitations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// For how many days, at most 180.
    #[serde(default = "usual_days")]
    pub days: u32,
}

fn usual_days() -> u32 {
    INVITED_DAYS
}

/// `?ask=BOOLEAN`
#[derive(Debug, Deserialize)]
struct Ask {
    #[serde(default)]
    ask: bool,
}

pub(super) fn calls() -> Vec<Call<Api>> {
    let (created, ok) = (StatusCode::CREATED, StatusCode::OK);
    vec![
        Call::post("/boards", found, "Founds a board with the user as its one steward.")
            .takes::<NewBoard>()
            .gives::<BoardInfo>(created),
        Call::post("/boards/meetings", meet, "Gets to know a board with stewards by its link; asks the network.")
            .takes::<Meeting>()
            .gives::<BoardInfo>(ok),
        Call::post("/boards/keys", office_key, "Makes the user's keys for an office on a board.")
            .takes::<NewOfficeKey>()
            .gives::<OfficeKey>(created),
        Call::post("/boards/joinings", join, "Takes up an invitation; asks the network.")
            .takes::<Join>()
            .gives::<BoardInfo>(ok),
        Call::get("/boards/{board}", info, "What a board with stewards says of itself, and what is proposed.")
            .asks_text("ask", "`true`: its stewards are asked first.")
            .gives::<BoardInfo>(ok),
        Call::post("/boards/{board}/proposals", propose, "Proposes a change of a board's terms.")
            .takes::<TermsChange>()
            .gives::<BoardInfo>(created),
        Call::put("/boards/{board}/proposals/{proposal}/signature", sign, "Signs what another steward proposes.")
            .gives::<BoardInfo>(ok),
        Call::post("/boards/{board}/invitations", invite, "Vouches for a guest, who speaks on the board at once.")
            .takes::<NewInvitation>()
            .gives::<Invited>(created),
    ]
}

async fn found(State(api): State<Api>, Sent(new): Sent<NewBoard>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.found_board(new).await?)))
}

async fn meet(State(api): State<Api>, Sent(meeting): Sent<Meeting>) -> Result<Json<BoardInfo>, ApiError> {
    Ok(Json(api.social.meet_board(meeting.link).await?))
}

async fn office_key(State(api): State<Api>, Sent(new): Sent<NewOfficeKey>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.office_key(new.identity).await?)))
}

async fn join(State(api): State<Api>, Sent(join): Sent<Join>) -> Result<Json<BoardInfo>, ApiError> {
    Ok(Json(api.social.join(join).await?))
}

async fn info(
    State(api): State<Api>,
    Path(board): Path<String>,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Result<Json<BoardInfo>, ApiError> {
    Ok(Json(api.social.board_info(board, asked(ask)?.ask).await?))
}

async fn propose(
    State(api): State<Api>,
    Path(board): Path<String>,
    Sent(change): Sent<TermsChange>,
) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.propose(board, change).await?)))
}

async fn sign(
    State(api): State<Api>,
    Path((board, proposal)): Path<(String, String)>,
) -> Result<Json<BoardInfo>, ApiError> {
    Ok(Json(api.social.sign_proposal(board, proposal).await?))
}

async fn invite(
    State(api): State<Api>,
    Path(board): Path<String>,
    Sent(new): Sent<NewInvitation>,
) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.invite(board, new.days).await?)))
}
