//! `/CHK@…`: the content itself, and what stands there until it comes.
//!
//! A program gets the bytes, or a status that says why not, however long that takes. A browser gets a page at
//! once, which turns into the content.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri as Target, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::{JobState, JobStatus};
use roneo_client::profile;
use roneo_keys::{Uri, UriError};

use super::LOOK;
use super::job::shortened;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::content::{Content, Patience, Reading};
use crate::failure::Failure;
use crate::openings::Look;
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::{Language, Moment};
use crate::{link, media};

/// The query that asks for the bytes of what is not shown by itself.
const SAVE: &str = "save";

/// The query of a page that does not reload itself.
const STILL: &str = "still";

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
    let takes = |status: &JobStatus| {
        let shown = media::is_shown(status.media_type.as_deref().unwrap_or_default());
        method == Method::GET && (shown || asked == SAVE)
    };
    let now = Moment::now().unix();
    let console = &visit.console;
    let look = console.openings.look(&console.node, opened.uri.clone(), now, &takes).await?;
    Ok(match look {
        Look::UnderWay { status, began } => under_way(&visit, &opened, &status, began, asked != STILL).await,
        Look::Arrived(status) => arrived(&visit, &opened, &status).await,
        Look::Content(content) => {
            // It is shown whether or not it can be remembered.
            let _ = console.profile.opened(opened.visited(&content)).await;
            bytes(*content, &opened.name)
        }
    })
}

/// Fetches a link into the queue, where it goes on without a reader.
pub(crate) async fn keep(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let uri: Uri = posted.text("link").parse().map_err(Failure::Link)?;
    console.openings.stop(&uri.to_text());
    let job = console.ask(console.node.download(uri)).await?;
    Ok(see_other(&format!("/transfers/{}", job.0)))
}

/// Stops waiting for a link.
pub(crate) async fn stop(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let uri: Uri = posted.text("link").parse().map_err(Failure::Link)?;
    console.openings.stop(&uri.to_text());
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

    /// Of a USK under the link of the edition that was found.
    fn visited(&self, content: &Content) -> profile::Visit {
        profile::Visit {
            link: content.status.uri.clone().unwrap_or_else(|| self.link.clone()),
            title: self.name(&content.status),
            media_type: content.status.media_type.clone().unwrap_or_default(),
            length: content.length,
        }
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

    /// Whether it is a page or a picture that may carry instructions.
    fn is_site(&self) -> bool {
        self.media_type == DIRECTORY
    }
}

/// The media type of directories. The reader of freesites takes over where one is opened.
const DIRECTORY: &str = "application/vnd.roneo.directory";
