//! `/api/v1`: a node's handle over HTTP and JSON. `docs/api.md` is its reference.
//!
//! The types here are what a client sends and receives, besides [`roneo_client::handle::Status`],
//! [`roneo_client::handle::Peer`] and [`roneo_client::handle::JobStatus`].

pub mod boards;
pub mod profile;
pub mod social;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use roneo_client::handle::{
    Extent, HandleError, InsertRequest, JobError, JobId, JobKind, JobState, JobStatus, NodeHandle, Peer, Priority,
    Status, Target,
};
use roneo_client::notice::Refusal;
use roneo_client::profile::ProfileHandle;
use roneo_client::social::SocialHandle;
use roneo_keys::{ConvergenceSecret, InsertUri, Uri, base64};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::ApiToken;
use crate::api_error::ApiError;
use crate::calls::{self, Call};
use crate::content::{Patience, Readers, Reading};
use crate::failure::{self, Failure};
use crate::feeds::FeedKey;
use crate::job_guard::JobGuard;
use crate::upload::{self, UploadError, Uploads};

/// Bytes of a JSON request, at most: the longest text of a post, every byte of it escaped.
pub const JSON_LEN: usize = 192 * 1024;

/// Body of `POST /inserts`. `Debug` shows neither name nor secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInsert {
    /// File name, or empty.
    #[serde(default)]
    pub name: String,
    /// Media type, or empty.
    #[serde(default)]
    pub media_type: String,
    /// Bytes of content that will follow.
    pub length: u64,
    /// 32 bytes in the base64 of links, or nothing: the keys then follow from it and the content, so that
    /// the same content gives the same link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewInsert {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewInsert {{ length: {}, … }}", self.length)
    }
}

/// Body of `PUT /jobs/{job}/priority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriority {
    /// 0, first, to 6, last.
    pub priority: Priority,
}

/// Body of `POST /fetches`. `Debug` does not show the link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFetch {
    /// The link.
    pub uri: String,
    /// Whether to fetch into the queue, where it goes on without a reader and after a restart. One that
    /// is there already is given again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

impl std::fmt::Debug for NewFetch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewFetch { uri: … }")
    }
}

/// Body of `POST /publications`. `Debug` shows neither key nor content.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPublication {
    /// What is written: a private SSK or USK, or a KSK.
    pub to: String,
    /// What it is to lead to.
    pub target: NewTarget,
}

/// What a signed name is to lead to.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NewTarget {
    /// Content that was inserted: its CHK.
    Uri(String),
    /// The content itself, with its media type at most 3,912 bytes.
    Inline {
        /// Media type, or empty.
        media_type: String,
        /// The bytes, in the base64 of links.
        content: String,
    },
}

impl std::fmt::Debug for NewPublication {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewPublication { … }")
    }
}

/// Body of `POST /checks` and `POST /repairs`. `Debug` does not show the link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpkeep {
    /// A link, of which the KEEP link is enough.
    pub uri: String,
    /// Check: whether to ask for every piece, and not for a sample. Repair: whether to place every piece
    /// again, and not what is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full: bool,
}

impl std::fmt::Debug for NewUpkeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewUpkeep {{ full: {}, … }}", self.full)
    }
}

impl NewUpkeep {
    fn parse(&self) -> Result<(Uri, Extent), Failure> {
        let extent = if self.full { Extent::Full } else { Extent::Usual };
        Ok((self.uri.parse().map_err(Failure::Link)?, extent))
    }
}

/// Body of `POST /refreshes`. `Debug` does not show the link.
pub type NewRefresh = NewFetch;

/// Answer to `POST /inserts` and `POST /fetches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewJob {
    /// Names the job in further calls.
    pub job: JobId,
}

/// Answer to `POST /invite`, body of `POST /join`. `Debug` does not show the invitation, which
/// holds addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationText {
    /// The invitation, on one line.
    pub invitation: String,
}

impl std::fmt::Debug for InvitationText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("InvitationText { … }")
    }
}

/// Body of every answer with a status of 400 or above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// One sentence: what happened and what to do.
    pub error: String,
    /// A word for programs, in kebab case. A word once used keeps its meaning.
    pub code: String,
}

/// The word that stands for a failed job in [`ErrorBody::code`].
#[must_use]
pub fn job_code(error: &JobError) -> &'static str {
    failure::job_code(error)
}

/// What every call needs.
#[derive(Clone)]
struct Api {
    node: Arc<dyn NodeHandle>,
    /// In OpenAPI.
    description: Arc<Value>,
    profile: Arc<dyn ProfileHandle>,
    social: Arc<dyn SocialHandle>,
    feeds: FeedKey,
    uploads: Arc<Uploads>,
    readers: Readers,
}

/// `?offset=BYTES`
#[derive(Debug, Deserialize)]
struct Offset {
    offset: Option<u64>,
}

/// `?seen=REVISION`
#[derive(Debug, Deserialize)]
struct Seen {
    seen: Option<u64>,
}

/// Every call, behind the token.
pub(crate) fn routes(
    node: Arc<dyn NodeHandle>,
    profile: Arc<dyn ProfileHandle>,
    social: Arc<dyn SocialHandle>,
    token: ApiToken,
) -> Router {
    let (router, description) = calls::served(calls());
    let description = description.into();
    let feeds = FeedKey::of(&token);
    let api = Api { node, profile, social, description, feeds, uploads: Arc::default(), readers: Readers::default() };
    router
        .fallback(async || ApiError::no_such_call())
        .method_not_allowed_fallback(async || ApiError::method())
        .layer(DefaultBodyLimit::max(JSON_LEN))
        .layer(middleware::from_fn_with_state(token, admit))
        .with_state(api)
}

/// The whole API: a call that is added here is served and described.
fn calls() -> Vec<Call<Api>> {
    let mut calls = vec![
        Call::get("/openapi.json", openapi, "This description.").gives_json(),
        Call::get("/status", status, "How the node and its network are.").gives::<Status>(StatusCode::OK),
        Call::get("/peers", peers, "Every node in the view, this one first.").gives_list::<Peer>(),
        Call::post("/invite", invite, "An invitation to this node's network.").gives::<InvitationText>(StatusCode::OK),
        Call::post("/join", join, "Follows an invitation; joining goes on by itself.")
            .takes::<InvitationText>()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::post("/shutdown", shutdown, "Stops the node in order.").gives_nothing(StatusCode::ACCEPTED),
        Call::post("/inserts", new_insert, "Begins an insert, whose content is sent next.")
            .takes::<NewInsert>()
            .gives::<NewJob>(StatusCode::CREATED),
        Call::put("/inserts/{job}/content", take_content, "Hands over the content, exactly as long as announced.")
            .takes_bytes()
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::post("/publications", new_publication, "Begins to write a signed name.")
            .takes::<NewPublication>()
            .gives::<NewJob>(StatusCode::CREATED),
        Call::post("/refreshes", new_refresh, "Begins to place the record behind a link again.")
            .takes::<NewRefresh>()
            .gives::<NewJob>(StatusCode::CREATED),
        Call::post("/checks", new_check, "Begins to look how what a link names is kept; a KEEP link is enough.")
            .takes::<NewUpkeep>()
            .gives::<NewJob>(StatusCode::CREATED),
        Call::post("/repairs", new_repair, "Begins to make again and place what is missing; a KEEP link is enough.")
            .takes::<NewUpkeep>()
            .gives::<NewJob>(StatusCode::CREATED),
        Call::post("/fetches", new_fetch, "Begins a fetch.").takes::<NewFetch>().gives::<NewJob>(StatusCode::CREATED),
        Call::get("/fetches/{job}/content", give_content, "The content; of a fetch that is not kept, once.")
            .asks("offset", "Bytes to leave out, of a fetch that is kept.")
            .gives_bytes(),
        Call::get("/jobs", jobs, "Every job that is known.").gives_list::<JobStatus>(),
        Call::get("/jobs/{job}", any_job, "Where a job stands.").gives::<JobStatus>(StatusCode::OK),
        Call::delete("/jobs/{job}", end_any_job, "Ends and forgets a job; what an insert stored stays stored.")
            .gives_nothing(StatusCode::NO_CONTENT),
        Call::post("/jobs/{job}/pause", pause, "Holds a queued job.").gives_nothing(StatusCode::NO_CONTENT),
        Call::post("/jobs/{job}/resume", resume, "Lets a held job go on.").gives_nothing(StatusCode::NO_CONTENT),
        Call::put("/jobs/{job}/priority", prioritise, "Moves a queued job before or behind others.")
            .takes::<NewPriority>()
            .gives_nothing(StatusCode::NO_CONTENT),
    ];
    for (path, kind) in [
        ("/inserts/{job}", JobKind::Insert),
        ("/fetches/{job}", JobKind::Fetch),
        ("/publications/{job}", JobKind::Publish),
        ("/checks/{job}", JobKind::Check),
        ("/repairs/{job}", JobKind::Repair),
    ] {
        calls.extend(job_calls(path, kind));
    }
    calls.extend(profile::calls());
    calls.extend(social::calls());
    calls.extend(boards::calls());
    calls
}

/// Jobs of all kinds are asked about and ended alike.
fn job_calls(path: &'static str, kind: JobKind) -> [Call<Api>; 2] {
    let ask = move |State(api): State<Api>, job: Path<String>, seen: Result<Query<Seen>, QueryRejection>| async move {
        api.job_status(kind, &job, seen).await.map(Json)
    };
    let end = move |State(api): State<Api>, job: Path<String>| async move { api.end_job(kind, &job).await };
    [
        Call::get(path, ask, "Where it stands.")
            .asks("seen", "The revision seen: waits up to 10 s while it is still that.")
            .gives::<JobStatus>(StatusCode::OK),
        Call::delete(path, end, "Ends and forgets it; what was stored stays stored.")
            .gives_nothing(StatusCode::NO_CONTENT),
    ]
}

async fn admit(State(token): State<ApiToken>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match shown.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(shown) if token.admits(shown) => next.run(request).await,
        _ => ApiError::unauthorized().into_response(),
    }
}

async fn openapi(State(api): State<Api>) -> Response {
    Json(&*api.description).into_response()
}

async fn status(State(api): State<Api>) -> Result<Json<Status>, ApiError> {
    Ok(Json(api.node.status().await?))
}

async fn peers(State(api): State<Api>) -> Result<Json<Vec<Peer>>, ApiError> {
    Ok(Json(api.node.peers().await?))
}

async fn invite(State(api): State<Api>) -> Result<Json<InvitationText>, ApiError> {
    Ok(Json(InvitationText { invitation: api.node.invite().await? }))
}

async fn join(State(api): State<Api>, Sent(body): Sent<InvitationText>) -> Result<StatusCode, ApiError> {
    api.node.join(body.invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shutdown(State(api): State<Api>) -> Result<StatusCode, ApiError> {
    api.node.shutdown().await?;
    Ok(StatusCode::ACCEPTED)
}

async fn jobs(State(api): State<Api>) -> Result<Json<Vec<JobStatus>>, ApiError> {
    Ok(Json(api.node.jobs().await?))
}

async fn any_job(State(api): State<Api>, Path(job): Path<String>) -> Result<Json<JobStatus>, ApiError> {
    Ok(Json(api.node.job(job_id(&job)?).await?))
}

async fn end_any_job(State(api): State<Api>, Path(job): Path<String>) -> Result<StatusCode, ApiError> {
    api.end(job_id(&job)?).await
}

async fn pause(State(api): State<Api>, Path(job): Path<String>) -> Result<StatusCode, ApiError> {
    api.node.pause(job_id(&job)?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn resume(State(api): State<Api>, Path(job): Path<String>) -> Result<StatusCode, ApiError> {
    api.node.pause(job_id(&job)?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn prioritise(
    State(api): State<Api>,
    Path(job): Path<String>,
    Sent(body): Sent<NewPriority>,
) -> Result<StatusCode, ApiError> {
    api.node.prioritise(job_id(&job)?, body.priority).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn new_insert(State(api): State<Api>, Sent(body): Sent<NewInsert>) -> Result<impl IntoResponse, ApiError> {
    let (upload, source) = upload::channel(body.length);
    let secret = body.secret.as_deref().map(convergence_secret).transpose()?;
    let request = InsertRequest { length: body.length, name: body.name, media_type: body.media_type, secret };
    let job = api.node.insert(request, Box::new(source)).await?;
    if !api.uploads.expect(job, upload) {
        api.node.cancel(job).await?;
        return Err(HandleError::Busy("too many inserts wait for their content").into());
    }
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn take_content(
    State(api): State<Api>,
    Path(job): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let job = api.known(JobKind::Insert, &job).await?.job;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let upload = api
        .uploads
        .take(job, announced)
        .ok_or_else(|| ApiError::taken("the content of this insert has come already: begin a new insert"))??;
    let guard = JobGuard::new(Arc::clone(&api.node), job);
    let received = upload.receive(body).await;
    if matches!(received, Err(UploadError::NotWanted)) {
        guard.release();
        received?;
        return Ok(StatusCode::NO_CONTENT);
    }
    received?;
    // From here on nobody is needed: the content is on the node's disk.
    api.until_received(job).await?;
    guard.release();
    Ok(StatusCode::NO_CONTENT)
}

async fn new_fetch(State(api): State<Api>, Sent(body): Sent<NewFetch>) -> Result<impl IntoResponse, ApiError> {
    let uri: Uri = body.uri.parse().map_err(Failure::Link)?;
    let job = if body.keep { api.node.download(uri).await? } else { api.node.fetch(uri).await? };
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn new_publication(
    State(api): State<Api>,
    Sent(body): Sent<NewPublication>,
) -> Result<impl IntoResponse, ApiError> {
    let to: InsertUri = body.to.parse().map_err(Failure::Link)?;
    let job = api.node.publish(to.clone(), target(body.target)?).await?;
    api.profile.note_publication(to, job).await?;
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

/// What a signed name is to lead to.
fn target(target: NewTarget) -> Result<Target, ApiError> {
    match target {
        NewTarget::Uri(uri) => match uri.parse().map_err(Failure::Link)? {
            Uri::Chk(chk) => Ok(Target::of(&chk)),
            _ => Err(HandleError::Refused(Refusal::NoTarget).into()),
        },
        NewTarget::Inline { media_type, content } => {
            let content = base64::decode_vec(&content).map_err(|error| {
                ApiError::bad_request(StatusCode::BAD_REQUEST, &format!("the content is not in base64: {error}"))
            })?;
            Ok(Target::Inline { media_type, content })
        }
    }
}

async fn new_refresh(State(api): State<Api>, Sent(body): Sent<NewRefresh>) -> Result<impl IntoResponse, ApiError> {
    let uri: Uri = body.uri.parse().map_err(Failure::Link)?;
    let job = api.node.refresh(uri).await?;
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn new_check(State(api): State<Api>, Sent(body): Sent<NewUpkeep>) -> Result<impl IntoResponse, ApiError> {
    let (uri, extent) = body.parse()?;
    let job = api.node.check(uri, extent).await?;
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn new_repair(State(api): State<Api>, Sent(body): Sent<NewUpkeep>) -> Result<impl IntoResponse, ApiError> {
    let (uri, extent) = body.parse()?;
    let job = api.node.repair(uri, extent).await?;
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn give_content(
    State(api): State<Api>,
    Path(job): Path<String>,
    offset: Result<Query<Offset>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Offset { offset }) = offset.map_err(|error| ApiError::bad_request(error.status(), &error.body_text()))?;
    let status = api.known(JobKind::Fetch, &job).await?;
    let reading = if status.queued {
        Reading::of_download(Arc::clone(&api.node), status.job, offset.unwrap_or_default())
    } else if offset.is_some_and(|offset| offset > 0) {
        return Err(HandleError::Refused(Refusal::NoOffset).into());
    } else {
        let claim = api.readers.claim(status.job).ok_or_else(|| {
            ApiError::taken("the content of this fetch is being read, and comes only once: begin a new fetch")
        })?;
        Reading::of(Arc::clone(&api.node), claim)
    };
    let content = reading.content(Patience::Caller).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, content.length.to_string()),
    ];
    Ok((headers, content.body).into_response())
}

impl Api {
    async fn job_status(
        &self,
        kind: JobKind,
        job: &str,
        seen: Result<Query<Seen>, QueryRejection>,
    ) -> Result<JobStatus, ApiError> {
        let Query(Seen { seen }) = seen.map_err(|error| ApiError::bad_request(error.status(), &error.body_text()))?;
        let status = self.known(kind, job).await?;
        match seen {
            Some(seen) if seen == status.revision => Ok(self.node.job_change(status.job, seen).await?),
            _ => Ok(status),
        }
    }

    async fn end_job(&self, kind: JobKind, job: &str) -> Result<StatusCode, ApiError> {
        let job = self.known(kind, job).await?.job;
        self.end(job).await
    }

    async fn end(&self, job: JobId) -> Result<StatusCode, ApiError> {
        self.uploads.forget(job);
        self.node.cancel(job).await?;
        Ok(StatusCode::NO_CONTENT)
    }

    /// Waits until the content of an insert is on disk.
    async fn until_received(&self, job: JobId) -> Result<(), ApiError> {
        let mut status = self.node.job(job).await?;
        while status.state == JobState::Receiving {
            status = self.node.job_change(job, status.revision).await?;
        }
        match status.error {
            Some(error @ JobError::Source { .. }) => Err(HandleError::Job(error).into()),
            _ => Ok(()),
        }
    }

    /// The job that a path names, if it is of that kind.
    async fn known(&self, kind: JobKind, job: &str) -> Result<JobStatus, ApiError> {
        let status = self.node.job(job_id(job)?).await?;
        if status.kind == kind { Ok(status) } else { Err(HandleError::UnknownJob.into()) }
    }
}

fn job_id(text: &str) -> Result<JobId, HandleError> {
    text.parse().map(JobId).map_err(|_| HandleError::UnknownJob)
}

fn convergence_secret(text: &str) -> Result<ConvergenceSecret, ApiError> {
    let bytes = base64::decode_vec(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(ConvergenceSecret::from_bytes).ok_or_else(|| {
        ApiError::bad_request(StatusCode::BAD_REQUEST, "a secret is 32 bytes in the base64 of links, 43 characters")
    })
}

/// A JSON body, refused in the API's own form.
struct Sent<T>(T);

impl<T, S> FromRequest<S> for Sent<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(error) => Err(ApiError::bad_request(error.status(), &error.body_text())),
        }
    }
}
