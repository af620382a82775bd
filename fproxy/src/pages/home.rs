//! The front page: how many are there, a box for a link, what was opened and what is on its way.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use roneo_client::handle::JobStatus;
use roneo_client::profile::Recent;
use roneo_keys::Uri;
use serde::Deserialize;

use super::boards::{FollowedLine, followed};
use super::content::see_other;
use super::job::JobView;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::failure::Failure;
use crate::link;
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::{Amount, Moment};

/// Transfers that the front page shows. The page of transfers has the rest.
const MAX_SHOWN: usize = 5;

/// Links opened lately that it shows.
const MAX_RECENT: usize = 12;

/// Boards that it shows.
const MAX_BOARDS: usize = 8;

/// What the box for a link sends.
#[derive(Deserialize)]
pub(crate) struct Asked {
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    /// Boards that are followed, at most [`MAX_BOARDS`]: first where most is unread.
    boards: Vec<FollowedLine>,
    recent: Vec<Visited>,
    /// Whether what is opened is remembered.
    remembers: bool,
    /// What has not ended, at most [`MAX_SHOWN`].
    jobs: Vec<JobView>,
}

/// A link that was opened.
struct Visited {
    /// The path that opens it.
    path: String,
    /// Its name, in a stranger's words.
    name: String,
    /// Media type, in a stranger's words.
    media_type: String,
    length: u64,
    at: u64,
}

pub(crate) async fn page(visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Result<Response, Trouble> {
    if let Ok(Query(Asked { link: Some(text) })) = asked {
        // The help says to add it where a browser does not find the host name of a site.
        let (text, query) = text.trim().strip_suffix("?path").map_or((&*text, ""), |link| (link, "?path"));
        let uri: Uri = text.parse().map_err(Failure::Link)?;
        return Ok(see_other(&format!("{}{query}", link::page_path(&uri))));
    }
    if !visit.preferences.first_run_done {
        return Ok(see_other("/welcome"));
    }
    let frame = visit.frame(Section::Home).await;
    let mut boards = followed(&visit, &frame).await.unwrap_or_default();
    boards.truncate(MAX_BOARDS);
    let recent = visit.console.profile.recent().await.unwrap_or_default();
    let recent = recent.into_iter().take(MAX_RECENT).map(Visited::of).collect();
    // Without the list the rest of the page is of use all the same, and says that the node is silent.
    let jobs = visit.console.ask(visit.console.node.jobs()).await.unwrap_or_default();
    let open = jobs.iter().filter(|job| !job.state.is_settled() && (job.queued || job.link.is_some()));
    let jobs = open.take(MAX_SHOWN).map(|job: &JobStatus| JobView::new(frame.w, job)).collect();
    Ok(answer(&Page { boards, recent, remembers: visit.preferences.recent, jobs, frame }))
}

/// Forgets what was opened.
pub(crate) async fn forget(State(console): State<Arc<Console>>, _: Posted) -> Result<Response, Trouble> {
    console.profile.clear_recent().await?;
    Ok(see_other("/"))
}

impl Visited {
    fn of(recent: Recent) -> Self {
        let Recent { link, title, media_type, length, at } = recent;
        Self { path: link::page_of(&link), name: title, media_type, length, at }
    }
}

impl Page {
    /// The board where most is unread, if anything is.
    fn loudest(&self) -> Option<&FollowedLine> {
        self.boards.first().filter(|board| board.unread > 0)
    }

    fn when(&self, visited: &Visited) -> String {
        self.frame.w.ago(&Moment::of_unix(visited.at), &self.frame.now)
    }

    /// How long ago, for the margin.
    fn elapsed(&self, visited: &Visited) -> Amount {
        self.frame.w.elapsed(self.frame.now.unix().saturating_sub(visited.at))
    }

    fn size(&self, visited: &Visited) -> String {
        self.frame.w.bytes(visited.length).to_string()
    }
}
