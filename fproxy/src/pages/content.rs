//! `/CHK@…`: the content itself, and what stands there until it comes.
//!
//! A program gets the bytes, or a status that says why not, however long that takes. A browser gets a page at
//! once, which leads to the reader when the content is here.

use std::sync::Arc;

use askama::Template;
use axum::body::to_bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri as Target, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::{HandleError, JobError, JobState, JobStatus};
use roneo_client::profile;
use roneo_content::directory::{self, DirectoryError, Manifest};
use roneo_keys::{Uri, UriError};
use tokio::time::timeout;

use super::LOOK;
use super::job::shortened;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::content::{Content, PAGE_WAIT, Patience, Reading};
use crate::failure::Failure;
use crate::openings::Look;
use crate::posted::Posted;
use crate::site::{self, Site, Tree};
use crate::trouble::Trouble;
use crate::words::{Language, Moment};
use crate::{link, media};

/// The query that asks for the bytes of what is not shown by itself.
const SAVE: &str = "save";

/// The query of a page that does not reload itself.
const STILL: &str = "still";

/// The query of a site that is to be shown below a path, for a browser that does not find its host name.
const BY_PATH: &str = "path";

/// Seconds between two looks of a page that reloads itself, at first and after [`SOON`].
const RELOAD: (u64, u64) = (2, 5);

/// Seconds for which something may come at any moment.
const SOON: u64 = 20;

/// How a page asks to be loaded again. It can be switched off (WCAG 2.2.1).
pub(super) const REFRESH: HeaderName = HeaderName::from_static("refresh");

#[derive(Template)]
#[template(path = "fetch.html")]
struct FetchPage<'a> {
    frame: Frame,
    link: &'a str,
    path: &'a str,
    name: &'a str,
    status: &'a JobStatus,
    began: Moment,
    /// Whether it reloads itself.
    reloads: bool,
}

#[derive(Template)]
#[template(path = "arrived.html")]
struct ArrivedPage<'a> {
    frame: Frame,
    link: &'a str,
    path: &'a str,
    name: &'a str,
    media_type: &'a str,
    length: u64,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    link: &'a str,
    path: &'a str,
}

/// A link that somebody opens.
struct Opened {
    uri: Uri,
    link: String,
    path: String,
    /// The name that the link itself gives.
    name: String,
}

/// Opens the link that a path spells.
pub(crate) async fn open(
    visit: Visit,
    method: Method,
    headers: HeaderMap,
    target: Target,
) -> Result<Response, Trouble> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Trouble::Method(LOOK));
    }
    let opened = Opened::read(&target)?;
    if !is_browser(&headers) {
        let content = Reading::begin(Arc::clone(&visit.console.node), opened.uri).await?;
        return Ok(bytes(content.content(Patience::Page).await?, &opened.name));
    }
    if !was_led_here_by_us(&headers) {
        let frame = visit.frame(Section::Home).await;
        return Ok(answer(&ConfirmPage { frame, link: &opened.link, path: &opened.path }));
    }
    let asked = target.query().unwrap_or_default();
    let takes = |status: &JobStatus| method == Method::GET && (asked == SAVE || is_taken(status));
    let now = Moment::now().unix();
    let console = &visit.console;
    // What is to be saved is a file; what is to be looked at may be one of a site, which is opened whole.
    let whole = if asked == SAVE { opened.uri.clone() } else { opened.uri.clone().with_path("") };
    let look = console.openings.look(&console.node, whole, now, &takes).await?;
    let by_path = asked == BY_PATH;
    Ok(match look {
        Look::UnderWay { status, began } => under_way(&visit, &opened, &status, began, asked != STILL).await,
        Look::Content(content) if asked == SAVE => bytes(*content, &opened.name),
        Look::Content(content) => {
            let site = show(&visit, &opened, *content).await?;
            to_site(console, &opened, &site, &headers, by_path)
        }
        Look::Arrived(status) if method == Method::GET && is_site(&status) => {
            // A recording, or something longer than what is held: it is asked for again by whoever plays or saves it.
            let tree = opened.tree(&status);
            let site = console.sites.open(opened.exact(&status), opened.site_name(&status), tree);
            let _ = console.profile.opened(opened.visited(&status)).await;
            console.openings.stop(&opened.uri.clone().with_path("").to_text());
            to_site(console, &opened, &site, &headers, by_path)
        }
        Look::Arrived(status) => arrived(&visit, &opened, &status).await,
    })
}

/// Whether content is shown by the reader.
fn is_site(status: &JobStatus) -> bool {
    let media_type = status.media_type.as_deref().unwrap_or_default();
    media_type == directory::MEDIA_TYPE || site::is_presentable(media_type)
}

/// Whether all of it is taken at once: a directory's manifest, or a file that is looked at before it is sent.
fn is_taken(status: &JobStatus) -> bool {
    let media_type = status.media_type.as_deref().unwrap_or_default();
    let recording = media_type.starts_with("audio/") || media_type.starts_with("video/");
    let held = status.length.is_some_and(|length| length <= site::LONGEST);
    media_type == directory::MEDIA_TYPE || site::is_presentable(media_type) && held && !recording
}

/// Opens what has come.
async fn show(visit: &Visit, opened: &Opened, content: Content) -> Result<Arc<Site>, Trouble> {
    let console = &visit.console;
    let status = content.status.clone();
    let (uri, name) = (opened.exact(&status), opened.site_name(&status));
    // It is shown whether or not it can be remembered.
    let visited = opened.visited(&status);
    let site = if status.media_type.as_deref() == Some(directory::MEDIA_TYPE) {
        let manifest = timeout(PAGE_WAIT, to_bytes(content.body, directory::MAX_MANIFEST_LEN)).await;
        let manifest = manifest.map_err(|_| Failure::Slow)?.map_err(|_| site::damaged("its list of files is cut"))?;
        let manifest = Manifest::from_bytes(&manifest).map_err(|error| match error {
            DirectoryError::Newer => Failure::Node(HandleError::Job(JobError::Newer)),
            _ => site::damaged("its list of files is not one that can be read"),
        })?;
        console.sites.open(uri, name, Tree::Directory(Box::new(manifest)))
    } else if opened.is_file() {
        let site = console.sites.open(uri, name, opened.tree(&status));
        console.sites.contents.adopt(&console.node, &site.exact(), content)?;
        site
    } else {
        return Err(Failure::Node(HandleError::Job(JobError::NoSuchPath)).into());
    };
    let _ = console.profile.opened(visited).await;
    Ok(site)
}

/// Leads a browser to a file of a site.
fn to_site(console: &Console, opened: &Opened, site: &Site, headers: &HeaderMap, by_path: bool) -> Response {
    let place = site::place_of(console, site, headers, by_path);
    see_other(&place.address(site.tree.only().unwrap_or_else(|| opened.uri.path())))
}

/// Fetches a link into the queue, where it goes on without a reader.
pub(crate) async fn keep(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let uri: Uri = posted.text("link").parse().map_err(Failure::Link)?;
    console.openings.stop(&uri.clone().with_path("").to_text());
    let job = console.ask(console.node.download(uri)).await?;
    Ok(see_other(&format!("/transfers/{}", job.0)))
}

/// Stops waiting for a link.
pub(crate) async fn stop(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let uri: Uri = posted.text("link").parse().map_err(Failure::Link)?;
    console.openings.stop(&uri.with_path("").to_text());
    Ok(see_other("/"))
}

impl Opened {
    fn read(target: &Target) -> Result<Self, Trouble> {
        let uri = match link::decode(target.path()).unwrap_or_default().trim_start_matches('/').parse::<Uri>() {
            Ok(uri) => uri,
            Err(UriError::NotAUri) => return Err(Trouble::NoSuchPage),
            Err(error) => return Err(Failure::Link(error).into()),
        };
        let name = match &uri {
            Uri::Chk(chk) => chk.name.clone(),
            // A key with no content of its own has no page.
            Uri::Keep(_) => return Err(Trouble::NoSuchPage),
            uri => uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
        };
        Ok(Self { link: uri.to_text(), path: link::page_path(&uri), name, uri })
    }

    /// The best name for content: its own, that of the link, the beginning of the link.
    fn name(&self, status: &JobStatus) -> String {
        let own = status.name.clone().filter(|name| !name.is_empty());
        let named = media::clean(&own.unwrap_or_else(|| self.name.clone()));
        if named.is_empty() { shortened(&self.link) } else { named }
    }

    /// What a site is called: as its maker called the document, or else as content is.
    fn site_name(&self, status: &JobStatus) -> String {
        let named = match &self.uri {
            Uri::Ssk(ssk) => ssk.docname.as_str(),
            Uri::Usk(usk) => usk.docname.as_str(),
            Uri::Ksk(ksk) => ksk.word.as_str(),
            _ => return self.name(status),
        };
        media::clean(named)
    }

    /// Of a USK under the link of the edition that was found.
    fn visited(&self, status: &JobStatus) -> profile::Visit {
        profile::Visit {
            link: status.uri.clone().unwrap_or_else(|| self.link.clone()),
            title: self.site_name(status),
            media_type: status.media_type.clone().unwrap_or_default(),
            length: status.length.unwrap_or_default(),
        }
    }

    /// The link to what was found, without the path of a file; of a USK to the edition.
    fn exact(&self, status: &JobStatus) -> Uri {
        let found = status.uri.as_ref().and_then(|link| link.parse::<Uri>().ok());
        found.unwrap_or_else(|| self.uri.clone()).with_path("")
    }

    /// What is opened, where it is one file.
    fn tree(&self, status: &JobStatus) -> Tree {
        let own = status.name.as_deref().filter(|name| !name.is_empty());
        let path = media::clean(own.unwrap_or(&self.name));
        Tree::file(path, status.media_type.clone().unwrap_or_default(), status.length.unwrap_or_default())
    }

    /// Whether the link can be one to a single file: behind a CHK stands no more than a name.
    fn is_file(&self) -> bool {
        matches!(self.uri, Uri::Chk(_)) || self.uri.path().is_empty()
    }
}

/// Whether who asks shows pages: what it accepts says so. Programs say nothing, or anything.
fn is_browser(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
}

/// Whether the way here did not begin on a foreign page: one that leads its visitors to a link made for each
/// would learn from the storers which of them run Roneo.
fn was_led_here_by_us(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin" || site == "none")
}

async fn under_way(visit: &Visit, opened: &Opened, status: &JobStatus, began: u64, reloads: bool) -> Response {
    let frame = visit.frame(Section::Home).await;
    let elapsed = frame.now.unix().saturating_sub(began);
    let mut response = answer(&FetchPage {
        frame,
        link: &opened.link,
        path: &opened.path,
        name: &opened.name(status),
        status,
        began: Moment::of_unix(began),
        reloads,
    });
    if reloads {
        let seconds = if elapsed < SOON { RELOAD.0 } else { RELOAD.1 };
        response.headers_mut().insert(REFRESH, HeaderValue::from(seconds));
    }
    response
}

async fn arrived(visit: &Visit, opened: &Opened, status: &JobStatus) -> Response {
    answer(&ArrivedPage {
        frame: visit.frame(Section::Home).await,
        link: &opened.link,
        path: &opened.path,
        name: &opened.name(status),
        media_type: status.media_type.as_deref().unwrap_or_default(),
        length: status.length.unwrap_or_default(),
    })
}

/// Content as a body: shown if its type is harmless, saved if not.
pub(super) fn bytes(content: Content, link_name: &str) -> Response {
    let name = content.status.name.filter(|name| !name.is_empty()).unwrap_or_else(|| link_name.to_owned());
    let shown = media::presentation(content.status.media_type.as_deref().unwrap_or_default(), &name);
    let mut response = Response::new(content.body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.length));
    if let Ok(disposition) = HeaderValue::from_str(&shown.disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Leads a browser on after a form.
pub(super) fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}

impl FetchPage<'_> {
    /// What the search waits for, once its plan is not known yet.
    fn search(&self) -> String {
        let w = self.frame.w;
        match &self.status.waiting {
            Some(waiting) if self.status.state == JobState::Waiting => w.few_nodes(waiting.needed, waiting.known),
            _ => w.fetch_looking().to_owned(),
        }
    }

    /// What was found: how long, of how many pieces.
    fn plan(&self) -> Option<String> {
        let (w, length) = (self.frame.w, self.status.length?);
        Some(w.fetch_plan(w.bytes(length).to_string(), self.status.total))
    }

    fn left(&self) -> String {
        let w = self.frame.w;
        self.status.left_s.map_or_else(String::new, |left| w.fetch_left(w.duration(left)))
    }

    fn percent(&self) -> u64 {
        Language::percent(self.status.done, self.status.total)
    }
}

impl ArrivedPage<'_> {
    fn size(&self) -> String {
        self.frame.w.bytes(self.length).to_string()
    }
}
