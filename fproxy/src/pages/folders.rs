//! A folder on its way: how far it is, and its link.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::Uri as Target;
use axum::response::Response;
use roneo_client::folder::{FolderId, FolderLink, FolderState, FolderStatus};
use roneo_client::handle::JobState;
use roneo_client::profile::ProfileError;

use super::content::see_other;
use super::insert::TakenOut;
use super::transfers::{STILL, reloading};
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::link;
use crate::posted::Posted;
use crate::trouble::{Trouble, kept_sentence};
use crate::words::Language;

/// A folder, in words.
pub(crate) struct FolderView {
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) words: String,
    /// What need not be sent, or nothing.
    pub(crate) saved: String,
    pub(crate) stamp: &'static str,
    /// The stroke of that stamp.
    pub(crate) stroke: &'static str,
    pub(crate) percent: u64,
    pub(crate) link: Option<String>,
    /// Where that link opens.
    pub(crate) link_path: Option<String>,
    pub(crate) open: bool,
}

#[derive(Template)]
#[template(path = "folder.html")]
struct Page {
    frame: Frame,
    folder: FolderView,
    taken_out: Vec<String>,
    reloads: bool,
}

pub(crate) async fn one(
    visit: Visit,
    Path(id): Path<String>,
    Query(out): Query<TakenOut>,
    target: Target,
) -> Result<Response, Trouble> {
    let id = number(&id)?;
    let folders = visit.console.profile.folders().await?;
    let status = folders.iter().find(|folder| folder.id == id).ok_or(ProfileError::NoSuchFolder)?;
    let frame = visit.frame(Section::Transfers).await;
    let folder = FolderView::new(frame.w, status);
    let reloads = folder.open && target.query() != Some(STILL);
    Ok(reloading(answer(&Page { folder, taken_out: out.sentences(frame.w), frame, reloads }), reloads))
}

/// Ends a folder, or forgets one that has ended.
pub(crate) async fn end(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    _: Posted,
) -> Result<Response, Trouble> {
    console.profile.end_folder(number(&id)?).await?;
    Ok(see_other("/transfers"))
}

fn number(id: &str) -> Result<FolderId, ProfileError> {
    id.parse().map(FolderId).map_err(|_| ProfileError::NoSuchFolder)
}

impl FolderView {
    pub(crate) fn new(w: Language, status: &FolderStatus) -> Self {
        let (stamp, stroke) = match &status.state {
            FolderState::Comparing | FolderState::Storing | FolderState::Publishing => (w.stamp_under_way(), "way"),
            FolderState::Done { state: JobState::Weak, .. } => (w.stamp_weak(), ""),
            FolderState::Done { .. } => (w.stamp_stored(), "conf"),
            FolderState::Failed(_) => (w.stamp_failed(), "red"),
        };
        let link = match &status.state {
            FolderState::Done { link: FolderLink(link), .. } => Some(link.clone()),
            _ => None,
        };
        let title = match &status.site {
            Some(site) => site.site.clone(),
            None if status.name.is_empty() => w.folder_unnamed().to_owned(),
            None => status.name.clone(),
        };
        Self {
            path: format!("/folders/{}", status.id.0),
            title,
            words: words(w, status),
            saved: if status.reused > 0 { w.folder_reused(w.bytes(status.reused).to_string()) } else { String::new() },
            stamp,
            stroke,
            percent: Language::percent(status.done, status.length.max(1)),
            link_path: link.as_deref().map(link::page_of),
            link,
            open: !status.state.is_settled(),
        }
    }

    /// Where a form is sent that ends it.
    pub(crate) fn end(&self) -> String {
        format!("{}/end", self.path)
    }
}

fn words(w: Language, status: &FolderStatus) -> String {
    let bytes = |bytes: u64| w.bytes(bytes).to_string();
    match &status.state {
        FolderState::Comparing => w.folder_comparing().to_owned(),
        FolderState::Storing => w.folder_storing(status.files, bytes(status.done), bytes(status.length)),
        FolderState::Publishing => w.folder_publishing().to_owned(),
        FolderState::Done { state: JobState::Weak, .. } => w.folder_weak(status.files, bytes(status.length)),
        FolderState::Done { .. } => w.folder_done(status.files, bytes(status.length)),
        FolderState::Failed(error) => kept_sentence(w, error),
    }
}
