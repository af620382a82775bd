//! The queue: what comes in, what goes out, and one page for each transfer.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Uri as Target};
use axum::response::Response;
use roneo_client::handle::{HandleError, JobId, JobKind, JobState, JobStatus, Priority};

use super::content::{REFRESH, bytes, see_other};
use super::folders::FolderView;
use super::insert::TakenOut;
use super::job::JobView;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::content::{Patience, Reading};
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Moment;

/// Seconds between two looks of a page that reloads itself.
const RELOAD: u64 = 5;

/// The query of a page that does not.
pub(super) const STILL: &str = "still";

#[derive(Template)]
#[template(path = "transfers.html")]
struct ListPage {
    frame: Frame,
    incoming: Vec<JobView>,
    outgoing: Vec<JobView>,
    names: Vec<JobView>,
    upkeep: Vec<JobView>,
    folders: Vec<FolderView>,
    /// What was taken out of files just put in.
    taken_out: Vec<String>,
    /// Bytes per second, all together.
    rate_in: u64,
    rate_out: u64,
    reloads: bool,
    /// Whether all that is under way goes on after a restart.
    safe: bool,
}

#[derive(Template)]
#[template(path = "transfer.html")]
struct JobPage {
    frame: Frame,
    job: JobView,
    kind: JobKind,
    began: Option<Moment>,
    size: String,
    media_type: String,
    /// What was taken out of it, where it was just put in.
    taken_out: Vec<String>,
    reloads: bool,
}

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage {
    frame: Frame,
    job: JobView,
    kind: JobKind,
}

pub(crate) async fn list(visit: Visit, target: Target, Query(out): Query<TakenOut>) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Transfers).await;
    let mut jobs = visit.console.ask(visit.console.node.jobs()).await?;
    let folders = visit.console.profile.folders().await?;
    // Inserts of a folder are told of with it.
    jobs.retain(|job| !folders.iter().any(|folder| folder.jobs.contains(&job.job)));
    jobs.sort_by_key(|job| (job.state.is_settled(), job.priority, job.job));
    let of_kind = |kind: JobKind| {
        jobs.iter().filter(|job| job.kind == kind).map(|job| JobView::new(frame.w, job)).collect::<Vec<_>>()
    };
    let rate = |kind: JobKind| jobs.iter().filter(|job| job.kind == kind).map(|job| job.rate).sum();
    let open = jobs.iter().any(|job| !job.state.is_settled() && job.state != JobState::Paused)
        || folders.iter().any(|folder| !folder.state.is_settled());
    // What is read is asked for again when it is opened again.
    let unkept = |job: &JobStatus| {
        let lasts = job.kind == JobKind::Fetch || job.queued && job.state != JobState::Receiving;
        !job.state.is_settled() && !lasts
    };
    let page = ListPage {
        safe: !jobs.iter().any(unkept) && folders.iter().all(|folder| folder.state.is_settled()),
        incoming: of_kind(JobKind::Fetch),
        outgoing: of_kind(JobKind::Insert),
        names: of_kind(JobKind::Publish),
        upkeep: [JobKind::Check, JobKind::Repair].into_iter().flat_map(of_kind).collect(),
        folders: folders.iter().rev().map(|folder| FolderView::new(frame.w, folder)).collect(),
        taken_out: out.sentences(frame.w),
        rate_in: rate(JobKind::Fetch),
        rate_out: rate(JobKind::Insert),
        reloads: open && target.query() != Some(STILL),
        frame,
    };
    Ok(reloading(answer(&page), page.reloads))
}

pub(crate) async fn one(
    visit: Visit,
    target: Target,
    Path(job): Path<String>,
    Query(out): Query<TakenOut>,
) -> Result<Response, Trouble> {
    let status = known(&visit.console, &job).await?;
    let frame = visit.frame(Section::Transfers).await;
    let job = JobView::new(frame.w, &status);
    let page = JobPage {
        kind: status.kind,
        began: (status.created > 0).then(|| Moment::of_unix(status.created)),
        size: status.length.map_or_else(String::new, |length| frame.w.bytes(length).to_string()),
        media_type: status.media_type.clone().unwrap_or_default(),
        taken_out: out.sentences(frame.w),
        reloads: job.is_open() && job.state != JobState::Paused && target.query() != Some(STILL),
        job,
        frame,
    };
    Ok(reloading(answer(&page), page.reloads))
}

/// The content of a download that is here.
pub(crate) async fn content(State(console): State<Arc<Console>>, Path(job): Path<String>) -> Result<Response, Trouble> {
    let status = known(&console, &job).await?;
    if status.state != JobState::Fetched || !status.queued {
        return Ok(see_other(&format!("/transfers/{}", status.job.0)));
    }
    let reading = Reading::of_download(Arc::clone(&console.node), status.job, 0);
    Ok(bytes(reading.content(Patience::Page).await?, ""))
}

pub(crate) async fn pause(
    State(console): State<Arc<Console>>,
    Path(job): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    console.ask(console.node.pause(id(&job)?, true)).await?;
    Ok(see_other("/transfers"))
}

pub(crate) async fn resume(
    State(console): State<Arc<Console>>,
    Path(job): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    console.ask(console.node.pause(id(&job)?, false)).await?;
    Ok(see_other("/transfers"))
}

pub(crate) async fn sooner(
    State(console): State<Arc<Console>>,
    Path(job): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    step(&console, &job, |priority| priority.saturating_sub(1)).await
}

pub(crate) async fn later(
    State(console): State<Arc<Console>>,
    Path(job): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    step(&console, &job, |priority| priority + 1).await
}

/// Asks whether to remove a transfer, since that cannot be undone.
pub(crate) async fn ask_remove(visit: Visit, Path(job): Path<String>) -> Result<Response, Trouble> {
    let status = known(&visit.console, &job).await?;
    let frame = visit.frame(Section::Transfers).await;
    Ok(answer(&RemovePage { job: JobView::new(frame.w, &status), kind: status.kind, frame }))
}

pub(crate) async fn remove(
    State(console): State<Arc<Console>>,
    Path(job): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    console.ask(console.node.cancel(id(&job)?)).await?;
    Ok(see_other("/transfers"))
}

/// Moves a transfer by one place among the priorities; beyond the first and the last there is none.
async fn step(console: &Console, job: &str, to: impl Fn(u8) -> u8) -> Result<Response, Trouble> {
    let status = known(console, job).await?;
    let priority = Priority::try_from(to(status.priority.get())).unwrap_or(status.priority);
    console.ask(console.node.prioritise(status.job, priority)).await?;
    Ok(see_other("/transfers"))
}

async fn known(console: &Console, job: &str) -> Result<JobStatus, Trouble> {
    console.ask(console.node.job(id(job)?)).await
}

fn id(job: &str) -> Result<JobId, HandleError> {
    job.parse().map(JobId).map_err(|_| HandleError::UnknownJob)
}

/// An answer that the browser asks for again by itself, if it `reloads`.
pub(super) fn reloading(mut response: Response, reloads: bool) -> Response {
    if reloads {
        response.headers_mut().insert(REFRESH, HeaderValue::from(RELOAD));
    }
    response
}

impl ListPage {
    fn lede(&self) -> String {
        let (w, count) = (self.frame.w, self.count());
        let rate = |rate: u64| w.bytes(rate).to_string();
        let off = if self.safe { w.transfers_safe() } else { w.transfers_unsafe() };
        format!("{} {off}", w.transfers_lede(count, rate(self.rate_in), rate(self.rate_out)))
    }

    fn count(&self) -> usize {
        let jobs = [&self.incoming, &self.outgoing, &self.names, &self.upkeep];
        jobs.into_iter().map(Vec::len).sum::<usize>() + self.folders.len()
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

impl JobPage {
    fn began(&self) -> String {
        self.began.as_ref().map_or_else(String::new, |began| self.frame.w.ago(began, &self.frame.now))
    }

    fn began_machine(&self) -> String {
        self.began.as_ref().map_or_else(String::new, Moment::machine)
    }

    fn is_insert(&self) -> bool {
        self.kind == JobKind::Insert
    }
}

impl RemovePage {
    /// What is lost, and what is not.
    fn consequence(&self) -> &'static str {
        let w = self.frame.w;
        match (self.kind, self.job.state) {
            (JobKind::Fetch, JobState::Fetched) => w.remove_fetched(),
            (JobKind::Fetch, _) => w.remove_fetching(),
            (_, JobState::Stored | JobState::Failed) => w.remove_ended(),
            (_, _) => w.remove_storing(),
        }
    }
}
