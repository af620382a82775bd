//! The running node, asked over its API. `docs/api.md` describes the calls.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use roneo_client::backup::{Backup, NewBackup, Restored};
use roneo_client::handle::{JobId, JobKind, JobStatus, Peer, Priority, Status};
use roneo_client::profile::Setting;
use roneo_client::social::{
    BoardView, Found, Identity, MadeIdentity, Marks, NewIdentity, NewStatement, PersonChange, Posting, Search,
};
use roneo_fproxy::api::profile::NewValue;
use roneo_fproxy::api::social::{ListedBoard, NewCurators, NewFeed};
use roneo_fproxy::api::{
    ErrorBody, InvitationText, NewFetch, NewInsert, NewJob, NewPriority, NewPublication, NewUpkeep,
};
use roneo_fproxy::feeds::Feed;
use roneo_node::data_dir;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::failure::{Exit, Failure};

/// How long a node of this machine may take to accept.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// How long it may take to answer: it holds some answers back for 10 s, waiting for a change.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// How long a board may take to be read: two days of a busy one, some of whose storers are silent.
const BOARD_WAIT: Duration = Duration::from_secs(10 * 60);

/// Bytes of a JSON answer at most: every node of a full view, with room.
const MAX_ANSWER_LEN: usize = 16 << 20;

/// Bytes of content sent at once.
const PIECE_LEN: usize = 64 << 10;

type OutgoingBody = UnsyncBoxBody<Bytes, io::Error>;

/// The node that runs on a data directory. Cheap to clone: every call opens a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    authorization: Zeroizing<String>,
    data_dir: PathBuf,
}

impl Client {
    /// Finds the node by what it wrote into its directory.
    pub(crate) fn of(data_dir: &Path) -> Result<Self, Failure> {
        let unreadable = |error: data_dir::DataDirError| Failure::failed(error.to_string());
        let info = data_dir::read_run_info(data_dir).map_err(unreadable)?;
        let token = data_dir::read_api_token(data_dir).map_err(unreadable)?;
        let http = info.and_then(|info| info.http);
        let (Some(http), Some(token)) = (http, token) else { return Err(Failure::not_running(data_dir)) };
        let address = http.strip_prefix("http://").unwrap_or(&http).parse();
        Ok(Self {
            address: address.map_err(|_| Failure::not_running(data_dir))?,
            authorization: Zeroizing::new(format!("Bearer {token}")),
            data_dir: data_dir.to_owned(),
        })
    }

    pub(crate) async fn status(&self) -> Result<Status, Failure> {
        self.ask(Method::GET, "status", None).await
    }

    pub(crate) async fn peers(&self) -> Result<Vec<Peer>, Failure> {
        self.ask(Method::GET, "peers", None).await
    }

    pub(crate) async fn invite(&self) -> Result<String, Failure> {
        let answer: InvitationText = self.ask(Method::POST, "invite", None).await?;
        Ok(answer.invitation)
    }

    pub(crate) async fn join(&self, invitation: String) -> Result<(), Failure> {
        let body = serde_json::to_vec(&InvitationText { invitation });
        self.tell(Method::POST, "join", Some(encoded(body)?)).await
    }

    pub(crate) async fn insert(&self, insert: &NewInsert) -> Result<JobId, Failure> {
        let answer: NewJob = self.ask(Method::POST, "inserts", Some(encoded(serde_json::to_vec(insert))?)).await?;
        Ok(answer.job)
    }

    /// Begins a fetch; with `keep`, into the node's queue.
    pub(crate) async fn fetch(&self, uri: String, keep: bool) -> Result<JobId, Failure> {
        let body = encoded(serde_json::to_vec(&NewFetch { uri, keep }))?;
        let answer: NewJob = self.ask(Method::POST, "fetches", Some(body)).await?;
        Ok(answer.job)
    }

    pub(crate) async fn publish(&self, publication: &NewPublication) -> Result<JobId, Failure> {
        let body = encoded(serde_json::to_vec(publication))?;
        let answer: NewJob = self.ask(Method::POST, "publications", Some(body)).await?;
        Ok(answer.job)
    }

    /// Begins a check or a repair.
    pub(crate) async fn upkeep(&self, kind: JobKind, upkeep: &NewUpkeep) -> Result<JobId, Failure> {
        let body = encoded(serde_json::to_vec(upkeep))?;
        let answer: NewJob = self.ask(Method::POST, calls_of(kind), Some(body)).await?;
        Ok(answer.job)
    }

    /// Where a job stands, once it stands otherwise than in revision `seen`, or after 10 s.
    pub(crate) async fn job(&self, kind: JobKind, job: JobId, seen: Option<u64>) -> Result<JobStatus, Failure> {
        let query = seen.map_or(String::new(), |seen| format!("?seen={seen}"));
        self.ask(Method::GET, &format!("{}/{}{query}", calls_of(kind), job.0), None).await
    }

    /// Ends a job and forgets it.
    pub(crate) async fn end(&self, kind: JobKind, job: JobId) -> Result<(), Failure> {
        self.tell(Method::DELETE, &format!("{}/{}", calls_of(kind), job.0), None).await
    }

    /// Sends an insert's content, as fast as the node takes it.
    pub(crate) async fn send_content(
        &self,
        job: JobId,
        length: u64,
        content: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<(), Failure> {
        // The connection reports that a body broke off, and not why.
        let problem = Arc::new(OnceLock::new());
        let noted = Arc::clone(&problem);
        let pieces = stream::try_unfold((content.take(length), noted), async |(mut content, noted)| {
            let mut piece = Vec::with_capacity(PIECE_LEN);
            let read = content.read_buf(&mut piece).await;
            if let Err(error) = &read {
                // A source that knows more says it itself.
                let said = error.get_ref().and_then(|error| error.downcast_ref::<Failure>()).cloned();
                let _ =
                    noted.set(said.unwrap_or_else(|| Failure::failed(format!("the content cannot be read: {error}"))));
            } else if piece.is_empty() && content.limit() > 0 {
                let _ = noted.set(Failure::failed("the content became shorter while it was read: put it again"));
            }
            read?;
            Ok((!piece.is_empty()).then(|| (Frame::data(Bytes::from(piece)), (content, noted))))
        });
        let request = self
            .request(Method::PUT, &format!("inserts/{}/content", job.0))
            .header(header::CONTENT_LENGTH, length)
            .body(StreamBody::new(pieces).boxed_unsync());
        let sent = async { refuse_errors(self.send(request).await?).await.map(drop) }.await;
        match problem.get() {
            Some(failure) => Err(failure.clone()),
            None => sent,
        }
    }

    /// A fetch's content, from its first byte on.
    pub(crate) async fn content(&self, job: JobId) -> Result<Incoming, Failure> {
        let request = self.request(Method::GET, &format!("fetches/{}/content", job.0)).body(nothing());
        Ok(refuse_errors(self.send(request).await?).await?.into_body())
    }

    /// Every transfer of the node.
    pub(crate) async fn jobs(&self) -> Result<Vec<JobStatus>, Failure> {
        self.ask(Method::GET, "jobs", None).await
    }

    /// Where a job of any kind stands.
    pub(crate) async fn any_job(&self, job: JobId) -> Result<JobStatus, Failure> {
        self.ask(Method::GET, &format!("jobs/{}", job.0), None).await
    }

    /// Holds a job.
    pub(crate) async fn pause(&self, job: JobId) -> Result<(), Failure> {
        self.tell(Method::POST, &format!("jobs/{}/pause", job.0), None).await
    }

    /// Lets a job go on.
    pub(crate) async fn resume(&self, job: JobId) -> Result<(), Failure> {
        self.tell(Method::POST, &format!("jobs/{}/resume", job.0), None).await
    }

    /// Moves a job before or behind others.
    pub(crate) async fn prioritise(&self, job: JobId, priority: Priority) -> Result<(), Failure> {
        let body = encoded(serde_json::to_vec(&NewPriority { priority }))?;
        self.tell(Method::PUT, &format!("jobs/{}/priority", job.0), Some(body)).await
    }

    /// Ends a job of any kind and forgets it.
    pub(crate) async fn cancel(&self, job: JobId) -> Result<(), Failure> {
        self.tell(Method::DELETE, &format!("jobs/{}", job.0), None).await
    }

    /// Gives a setting a value.
    pub(crate) async fn set(&self, name: &str, value: &str) -> Result<Setting, Failure> {
        let body = encoded(serde_json::to_vec(&NewValue { value: value.to_owned() }))?;
        self.ask(Method::PUT, &format!("config/{name}"), Some(body)).await
    }

    /// Lets a setting have its default again.
    pub(crate) async fn unset(&self, name: &str) -> Result<Setting, Failure> {
        self.ask(Method::DELETE, &format!("config/{name}"), None).await
    }

    pub(crate) async fn identities(&self) -> Result<Vec<Identity>, Failure> {
        self.ask(Method::GET, "identities", None).await
    }

    pub(crate) async fn new_identity(&self, identity: &NewIdentity) -> Result<MadeIdentity, Failure> {
        self.ask(Method::POST, "identities", Some(encoded(serde_json::to_vec(identity))?)).await
    }

    /// Forgets an identity by its key.
    pub(crate) async fn forget_identity(&self, person: &str) -> Result<(), Failure> {
        self.tell(Method::DELETE, &format!("identities/{person}"), None).await
    }

    pub(crate) async fn boards(&self) -> Result<Vec<ListedBoard>, Failure> {
        self.ask(Method::GET, "boards", None).await
    }

    pub(crate) async fn backup(&self, new: &NewBackup) -> Result<Backup, Failure> {
        self.ask(Method::POST, "backups", Some(encoded(serde_json::to_vec(new))?)).await
    }

    pub(crate) async fn restore(&self, backup: &Backup) -> Result<Restored, Failure> {
        self.ask(Method::POST, "restores", Some(encoded(serde_json::to_vec(backup))?)).await
    }

    pub(crate) async fn say(&self, new: &NewStatement) -> Result<Posting, Failure> {
        self.ask(Method::POST, "statements", Some(encoded(serde_json::to_vec(new))?)).await
    }

    pub(crate) async fn postings(&self) -> Result<Vec<Posting>, Failure> {
        self.ask(Method::GET, "statements", None).await
    }

    /// What was said on a board, which the network is asked for.
    pub(crate) async fn read_board(&self, board: &str, hours: u64) -> Result<BoardView, Failure> {
        let call = format!("boards/{board}/posts?hours={hours}");
        let answer = self.answer_within(BOARD_WAIT, Method::GET, &call, None).await?;
        serde_json::from_slice(&answer).map_err(|_| not_understood())
    }

    /// What a call gives for which the network is asked, or told something.
    pub(crate) async fn ask_network<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        call: &str,
        body: Option<&B>,
    ) -> Result<T, Failure> {
        let body = body.map(|body| encoded(serde_json::to_vec(body))).transpose()?;
        let answer = self.answer_within(BOARD_WAIT, method, call, body).await?;
        serde_json::from_slice(&answer).map_err(|_| not_understood())
    }

    /// What a call gives that asks for nothing else.
    pub(crate) async fn get<T: DeserializeOwned>(&self, call: &str) -> Result<T, Failure> {
        self.ask(Method::GET, call, None).await
    }

    pub(crate) async fn follow_board(&self, board: &str, follow: bool) -> Result<(), Failure> {
        let method = if follow { Method::PUT } else { Method::DELETE };
        self.tell(method, &format!("boards/{board}/follow"), None).await
    }

    pub(crate) async fn change_person(&self, person: &str, change: &PersonChange) -> Result<(), Failure> {
        self.tell(Method::PUT, &format!("people/{person}"), Some(encoded(serde_json::to_vec(change))?)).await
    }

    pub(crate) async fn mark(&self, marks: &Marks) -> Result<(), Failure> {
        self.tell(Method::POST, "marks", Some(encoded(serde_json::to_vec(marks))?)).await
    }

    pub(crate) async fn set_curators(&self, new: &NewCurators) -> Result<(), Failure> {
        self.tell(Method::PUT, "curators", Some(encoded(serde_json::to_vec(new))?)).await
    }

    /// Where console and API answer.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn new_feed(&self, new: &NewFeed) -> Result<Feed, Failure> {
        self.ask(Method::POST, "feeds", Some(encoded(serde_json::to_vec(new))?)).await
    }

    pub(crate) async fn search(&self, search: &Search) -> Result<Found, Failure> {
        self.ask(Method::POST, "searches", Some(encoded(serde_json::to_vec(search))?)).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, call: &str, json: Option<Bytes>) -> Result<T, Failure> {
        let answer = self.answer(method, call, json).await?;
        serde_json::from_slice(&answer).map_err(|_| not_understood())
    }

    async fn tell(&self, method: Method, call: &str, json: Option<Bytes>) -> Result<(), Failure> {
        self.answer(method, call, json).await.map(drop)
    }

    async fn answer(&self, method: Method, call: &str, json: Option<Bytes>) -> Result<Bytes, Failure> {
        self.answer_within(ANSWER_WAIT, method, call, json).await
    }

    async fn answer_within(
        &self,
        patience: Duration,
        method: Method,
        call: &str,
        json: Option<Bytes>,
    ) -> Result<Bytes, Failure> {
        let request = self.request(method, call);
        let request = match json {
            Some(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::new(json).map_err(|never: Infallible| match never {}).boxed_unsync()),
            None => request.body(nothing()),
        };
        let whole = async { read_whole(refuse_errors(self.send(request).await?).await?).await };
        timeout(patience, whole)
            .await
            .map_err(|_| Failure::failed("the node does not answer: stop it, and start it again"))?
    }

    fn request(&self, method: Method, call: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1/{call}"))
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, self.authorization.as_str())
    }

    async fn send(
        &self,
        request: Result<Request<OutgoingBody>, hyper::http::Error>,
    ) -> Result<Response<Incoming>, Failure> {
        let request = request.map_err(|_| Failure::usage("this holds characters that cannot be sent"))?;
        let connecting = timeout(CONNECT_WAIT, TcpStream::connect(self.address));
        let Ok(Ok(stream)) = connecting.await else { return Err(Failure::not_running(&self.data_dir)) };
        // Latency only: a socket that refuses the option still works.
        let _ = stream.set_nodelay(true);
        let broken = |_| Failure::hung_up();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends when the answer's body was read or dropped; how it ended shows in that body.
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // Both ends read the same file, so another node or program has taken the address.
            return Err(Failure::not_running(&self.data_dir));
        }
        Ok(response)
    }
}

fn calls_of(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Insert => "inserts",
        JobKind::Fetch => "fetches",
        JobKind::Publish => "publications",
        JobKind::Check => "checks",
        JobKind::Repair => "repairs",
    }
}

fn nothing() -> OutgoingBody {
    Empty::new().map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn encoded(json: serde_json::Result<Vec<u8>>) -> Result<Bytes, Failure> {
    json.map(Bytes::from).map_err(|error| Failure::failed(format!("the request cannot be written: {error}")))
}

fn not_understood() -> Failure {
    Failure::new(Exit::Failed, "not-understood", "the node's answer is not understood: is it of the same version?")
}

async fn refuse_errors(response: Response<Incoming>) -> Result<Response<Incoming>, Failure> {
    if response.status().is_success() {
        return Ok(response);
    }
    let body = read_whole(response).await?;
    let error: ErrorBody = serde_json::from_slice(&body).map_err(|_| not_understood())?;
    Err(Failure::from_api(&error))
}

async fn read_whole(response: Response<Incoming>) -> Result<Bytes, Failure> {
    let body = Limited::new(response.into_body(), MAX_ANSWER_LEN).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|_| not_understood())
}
