//! Conversations, over HTTP and JSON: identities, posts, boards.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use roneo_client::social::{
    BoardRow, BoardView, Curator, Draft, DraftRow, FollowedView, Found, Identity, InBothLanguages, MAX_HOURS,
    MadeIdentity, Marks, NewIdentity, NewStatement, Paging, PersonChange, PersonView, Posting, Search, Tab, ThreadList,
    ThreadView, USUAL_HOURS,
};
use roneo_social::{Scope, starter_boards};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, Sent};
use crate::api_error::ApiError;
use crate::calls::Call;
use crate::feeds::{self, Feed, Of};

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

/// Tabs of a board, by the names that the API has for them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AskedTab {
    #[default]
    All,
    Unread,
    Newcomers,
    Folded,
}

/// `?tab=TAB&after=CURSOR`
#[derive(Debug, Deserialize)]
struct PartOfBoard {
    #[serde(default)]
    tab: AskedTab,
    after: Option<String>,
}

/// `?after=CURSOR`
#[derive(Debug, Deserialize)]
struct Part {
    after: Option<String>,
}

/// Body of `PUT /curators`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCurators {
    /// On which board; everywhere where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Whose labels count from now on.
    pub curators: Vec<Curator>,
}

/// Body of `POST /feeds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewFeed {
    /// The threads of a board, by its address.
    Board(String),
    /// What a person said, by their key.
    Person(String),
    /// What a search finds, by its words.
    Search(String),
}

impl From<NewFeed> for Of {
    fn from(new: NewFeed) -> Self {
        match new {
            NewFeed::Board(board) => Self::Board(board),
            NewFeed::Person(person) => Self::Person(person),
            NewFeed::Search(words) => Self::Search(words),
        }
    }
}

pub(super) fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    query.map(|Query(asked)| asked).map_err(|error| ApiError::bad_request(error.status(), &error.body_text()))
}

fn paging(after: Option<String>) -> Paging {
    Paging { cursor: after, limit: None }
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
        Call::put("/boards/{board}/follow", follow_board, "Follows a board: it is read from time to time.")
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::delete("/boards/{board}/follow", unfollow_board, "No longer follows a board.")
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::get("/boards/{board}/threads", threads, "What was heard on a board; it counts as open for two minutes.")
            .asks_text("tab", "`all`, `unread`, `newcomers` or `folded`.")
            .asks_text("after", "The `next` of the part before.")
            .gives::<ThreadList>(StatusCode::OK),
        Call::get("/threads/{post}", thread, "A thread as far as it was heard, by any of its posts.")
            .asks_text("after", "The `next` of the part before.")
            .gives::<ThreadView>(StatusCode::OK),
        Call::get("/followed", followed, "The boards, people and curators that the user follows.")
            .gives::<FollowedView>(StatusCode::OK),
        Call::get("/followed/boards", board_rows, "The boards that the user follows, with what is unread.")
            .gives_list::<BoardRow>(),
        Call::get("/feeds", feeds, "Atom feeds of what is followed, the OPML list of them first.").gives_list::<Feed>(),
        Call::post("/feeds", new_feed, "The Atom feed of a board, a person or a search.")
            .takes::<NewFeed>()
            .gives::<Feed>(StatusCode::OK),
        Call::get("/people/{person}", person, "Somebody, with what they said.")
            .asks_text("after", "The `next` of the part before.")
            .gives::<PersonView>(StatusCode::OK),
        Call::put("/people/{person}", change_person, "Changes what somebody is to the user.")
            .takes::<PersonChange>()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::post("/searches", search, "Searches what was heard.").takes::<Search>().gives::<Found>(StatusCode::OK),
        Call::post("/marks", mark, "Marks posts, threads and boards.")
            .takes::<Marks>()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::put("/curators", set_curators, "Says whose labels count on a board, or everywhere.")
            .takes::<NewCurators>()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::get("/drafts", drafts, "What is not said yet, the latest first.").gives_list::<DraftRow>(),
        Call::get("/drafts/{id}", draft, "A draft.").gives::<Draft>(StatusCode::OK),
        Call::put("/drafts/{id}", save_draft, "Keeps a draft; it is on disk when this answers.")
            .takes::<Draft>()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::delete("/drafts/{id}", drop_draft, "Forgets a draft.").gives_nothing(StatusCode::NO_CONTENT),
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
    let Hours { hours } = asked(hours)?;
    Ok(Json(api.social.read_board(board, hours.unwrap_or(USUAL_HOURS).min(MAX_HOURS)).await?))
}

async fn postings(State(api): State<Api>) -> Result<Json<Vec<Posting>>, ApiError> {
    Ok(Json(api.social.postings().await?))
}

async fn say(State(api): State<Api>, Sent(body): Sent<NewStatement>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.social.say(body).await?)))
}

async fn follow_board(State(api): State<Api>, Path(board): Path<String>) -> Result<StatusCode, ApiError> {
    api.social.follow_board(board, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unfollow_board(State(api): State<Api>, Path(board): Path<String>) -> Result<StatusCode, ApiError> {
    api.social.follow_board(board, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn threads(
    State(api): State<Api>,
    Path(board): Path<String>,
    part: Result<Query<PartOfBoard>, QueryRejection>,
) -> Result<Json<ThreadList>, ApiError> {
    let PartOfBoard { tab, after } = asked(part)?;
    let tab = match tab {
        AskedTab::All => Tab::All,
        AskedTab::Unread => Tab::Unread,
        AskedTab::Newcomers => Tab::Newcomers { min_effort: 0 },
        AskedTab::Folded => Tab::Folded,
    };
    Ok(Json(api.social.threads(board, tab, paging(after)).await?))
}

async fn thread(
    State(api): State<Api>,
    Path(post): Path<String>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<ThreadView>, ApiError> {
    Ok(Json(api.social.thread(post, paging(asked(part)?.after)).await?))
}

async fn followed(State(api): State<Api>) -> Result<Json<FollowedView>, ApiError> {
    Ok(Json(api.social.followed().await?))
}

async fn board_rows(State(api): State<Api>) -> Result<Json<Vec<BoardRow>>, ApiError> {
    Ok(Json(api.social.board_rows().await?))
}

async fn feeds(State(api): State<Api>) -> Result<Json<Vec<Feed>>, ApiError> {
    Ok(Json(feeds::listed(&api.feeds, &*api.social).await?))
}

async fn new_feed(State(api): State<Api>, Sent(new): Sent<NewFeed>) -> Json<Feed> {
    let (NewFeed::Board(title) | NewFeed::Person(title) | NewFeed::Search(title)) = &new;
    let title = title.clone();
    Json(Feed { path: api.feeds.path(&new.into()), title })
}

async fn person(
    State(api): State<Api>,
    Path(person): Path<String>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<PersonView>, ApiError> {
    Ok(Json(api.social.person(person, paging(asked(part)?.after)).await?))
}

async fn change_person(
    State(api): State<Api>,
    Path(person): Path<String>,
    Sent(change): Sent<PersonChange>,
) -> Result<StatusCode, ApiError> {
    api.social.change_person(person, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn search(State(api): State<Api>, Sent(search): Sent<Search>) -> Result<Json<Found>, ApiError> {
    Ok(Json(api.social.search(search).await?))
}

async fn mark(State(api): State<Api>, Sent(marks): Sent<Marks>) -> Result<StatusCode, ApiError> {
    api.social.mark(marks).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_curators(State(api): State<Api>, Sent(new): Sent<NewCurators>) -> Result<StatusCode, ApiError> {
    api.social.set_curators(new.board, new.curators).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drafts(State(api): State<Api>) -> Result<Json<Vec<DraftRow>>, ApiError> {
    Ok(Json(api.social.drafts().await?))
}

async fn draft(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<Draft>, ApiError> {
    Ok(Json(api.social.draft(id).await?))
}

async fn save_draft(
    State(api): State<Api>,
    Path(id): Path<String>,
    Sent(draft): Sent<Draft>,
) -> Result<StatusCode, ApiError> {
    api.social.save_draft(id, Some(draft)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drop_draft(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    api.social.save_draft(id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
