//! Keys, and the sites published under them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::{HandleError, JobId, JobKind, JobStatus, Target};
use roneo_client::profile::{EditionContent, NewEdition, ProfileError, Site};
use roneo_keys::Uri;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::failure::Failure;
use crate::link::{self, push_encoded};
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Moment;

/// Where the page's forms lead back to.
const HERE: &str = "/keys";

/// Which key is meant.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    name: String,
}

struct KeyRow {
    name: String,
    sound: bool,
    sites: Vec<SiteLine>,
}

struct SiteLine {
    name: String,
    path: String,
    link: String,
    about: String,
    /// Where its next edition is put in.
    update: String,
    pending: bool,
}

/// An insert that an edition can be made of.
struct Insert {
    job: u64,
    name: String,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    frame: Frame,
    keys: Vec<KeyRow>,
    /// The first key that can be published under, or nothing.
    first: String,
    inserts: Vec<Insert>,
}

#[derive(Template)]
#[template(path = "key_delete.html")]
struct DeletePage {
    frame: Frame,
    name: String,
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Keys).await;
    let Console { profile, node, .. } = &*visit.console;
    let (keys, sites) = (profile.keys().await?, profile.sites().await?);
    let keys = keys.into_iter().map(|key| KeyRow {
        sites: sites.iter().filter(|site| site.key == key.name).map(|site| SiteLine::of(&frame, site)).collect(),
        name: key.name,
        sound: key.sound,
    });
    let keys: Vec<KeyRow> = keys.collect();
    let first = keys.iter().find(|key| key.sound).map(|key| key.name.clone()).unwrap_or_default();
    let inserts = visit
        .console
        .ask(node.jobs())
        .await?
        .into_iter()
        .filter(|job| job.kind == JobKind::Insert && job.error.is_none());
    let inserts = inserts.map(Insert::of).collect();
    Ok(answer(&Page { keys, first, inserts, frame }))
}

pub(crate) async fn new(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    console.profile.new_key(posted.text("name").to_owned()).await?;
    Ok(see_other(HERE))
}

pub(crate) async fn import(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let text = Zeroizing::new(posted.text("text").to_owned());
    let name = Some(posted.text("name")).filter(|name| !name.is_empty()).map(str::to_owned);
    console.profile.import_key(text, name).await?;
    Ok(see_other(HERE))
}

/// The key's file, to be kept elsewhere.
pub(crate) async fn export(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let name = posted.text("name").to_owned();
    let text = console.profile.export_key(name.clone()).await?;
    let mut response = text.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // The names of keys are letters, digits, - and _.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.key\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

pub(crate) async fn ask_delete(visit: Visit, Query(Named { name }): Query<Named>) -> Result<Response, Trouble> {
    if !visit.console.profile.keys().await?.iter().any(|key| key.name == name) {
        return Err(ProfileError::NoSuchKey(name).into());
    }
    Ok(answer(&DeletePage { frame: visit.frame(Section::Keys).await, name }))
}

pub(crate) async fn delete(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    console.profile.delete_key(posted.text("name").to_owned()).await?;
    Ok(see_other(HERE))
}

/// Publishes an edition: of an insert that is in the queue, or of what a link names.
pub(crate) async fn publish(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let content = match (posted.text("insert"), posted.text("content")) {
        ("", "") => return Err(Trouble::Form),
        ("", text) => match text.parse().map_err(Failure::Link)? {
            Uri::Chk(chk) => EditionContent::Target(Target::of(&chk)),
            _ => return Err(ProfileError::Link.into()),
        },
        (job, _) => EditionContent::Insert(JobId(job.parse().map_err(|_| HandleError::UnknownJob)?)),
    };
    let (key, site) = (posted.text("key").to_owned(), posted.text("site").to_owned());
    console.profile.publish(NewEdition { key, site, content }).await?;
    Ok(see_other(HERE))
}

impl SiteLine {
    fn of(frame: &Frame, site: &Site) -> Self {
        let about = site.editions.first().map_or_else(
            || frame.w.keys_no_edition().to_owned(),
            |newest| frame.w.keys_edition(newest.number, frame.w.ago(&Moment::of_unix(newest.at), &frame.now)),
        );
        Self {
            name: site.name.clone(),
            path: link::page_of(&site.link),
            link: site.link.clone(),
            about,
            update: update_of(site),
            pending: site.pending.is_some(),
        }
    }
}

/// The page where a folder is chosen for a site's next edition.
fn update_of(site: &Site) -> String {
    let mut path = format!("/insert?key={}&site=", site.key);
    push_encoded(&mut path, &site.name, b"-._~");
    path
}

impl Insert {
    fn of(job: JobStatus) -> Self {
        let name = job.name.filter(|name| !name.is_empty());
        Self { job: job.job.0, name: name.unwrap_or_else(|| format!("{}", job.job.0)) }
    }
}
