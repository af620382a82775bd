//! The front page: how many are there, a box for a link, what was opened and what is on its way.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use roneo_client::handle::JobStatus;
use roneo_keys::Uri;
use serde::Deserialize;

use super::content::see_other;
use super::job::JobView;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::failure::Failure;
use crate::link;
use crate::posted::Posted;
use crate::recent::Visited;
use crate::trouble::Trouble;
use crate::words::{Amount, Moment};

/// Transfers that the front page shows. The page of transfers has the rest.
const MAX_SHOWN: usize = 5;

/// What the box for a link sends.
#[derive(Deserialize)]
pub(crate) struct Asked {
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    recent: Vec<Visited>,
    /// What has not ended, at most [`MAX_SHOWN`].
    jobs: Vec<JobView>,
}

pub(crate) async fn page(visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Result<Response, Trouble> {
    if let Ok(Query(Asked { link: Some(text) })) = asked {
        let uri: Uri = text.parse().map_err(Failure::Link)?;
        return Ok(see_other(&link::page_path(&uri)));
    }
    let frame = visit.frame(Section::Home).await;
    // Without the list the rest of the page is of use all the same, and says that the node is silent.
    let jobs = visit.console.node.jobs().await.unwrap_or_default();
    let open = jobs.iter().filter(|job| !job.state.is_settled() && (job.queued || job.link.is_some()));
    let jobs = open.take(MAX_SHOWN).map(|job: &JobStatus| JobView::new(frame.w, job)).collect();
    Ok(answer(&Page { recent: visit.console.recent.list(), jobs, frame }))
}

/// Forgets what was opened.
pub(crate) async fn forget(State(console): State<Arc<Console>>, _: Posted) -> Response {
    console.recent.forget();
    see_other("/")
}

impl Page {
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
