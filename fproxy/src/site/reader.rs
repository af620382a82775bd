//! The reader: files of a site as answers, with a bar of ours above what is a page.
//!
//! The bar stands in the same document as the foreign page and cannot be covered or restyled by it: the page's styles
//! match inside of one element alone, which is contained, and the bar's names are none that a foreign page may use. What
//! the bar leads to are pages of the console.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{StreamExt, stream};
use roneo_client::handle::{JobId, JobStatus};
use roneo_client::profile;
use roneo_filter::{HEAD_LEN, Refusal, Report, Treatment, treatment};
use roneo_keys::Uri;

use super::contents::{Got, LONGEST, damaged};
use super::registry::Site;
use super::shown::{Made, SCOPE, Why, make};
use super::tree::{Found, Resolved, Source};
use crate::assets;
use crate::console::{Console, Visit, port_in, theme_code};
use crate::content::{PAGE_WAIT, Patience, Reading};
use crate::failure::Failure;
use crate::link::{decode, push_encoded};
use crate::media;
use crate::trouble::{failure_sentence, failure_title};
use crate::words::{Language, Markup};

/// The query that asks for a file as it was published.
const SAVE: &str = "save";

/// The query of a page that does not reload itself.
const STILL: &str = "still";

/// How long a page waits for its own file before it says how far that is.
const FIRST_LOOK: Duration = Duration::from_millis(400);

/// Seconds between two looks of a page that reloads itself.
const RELOAD: &str = "2";

/// Files that a list shows.
const MAX_LISTED: usize = 500;

/// Recordings from this length on are sent as they come; what is shorter is looked at first.
const STREAMED_LEN: u64 = 4 << 20;

/// Where the files of a site are for a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The console's origin.
    pub(crate) console: String,
    label: String,
    /// The port of the site's own origin; nothing where the files lie below a path of the console's.
    port: Option<u16>,
}

impl Place {
    /// Origin and path that every file is below, without a slash behind.
    pub(crate) fn root(&self) -> String {
        match self.port {
            Some(port) => format!("http://{}.localhost{}", self.label, port_in(port)),
            None => format!("{}/site/{}", self.console, self.label),
        }
    }

    /// What stands before the path of a file in an address of this origin.
    fn prefix(&self) -> String {
        if self.port.is_some() { String::new() } else { format!("/site/{}", self.label) }
    }

    /// The address of a file.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut address = format!("{}/", self.root());
        push_encoded(&mut address, path, b"-._~/");
        address
    }

    /// Pages are rebuilt and have no program in them; this is the second wall. With an origin of its own a page keeps
    /// it, or browsers would count its own pictures as foreign.
    fn policy(&self) -> String {
        let (own, sandbox) = match self.port {
            Some(_) => ("'self'".to_owned(), "sandbox allow-same-origin allow-downloads"),
            None => (format!("{}/", self.root()), "sandbox allow-downloads"),
        };
        format!(
            "default-src 'none'; img-src {own}; media-src {own}; style-src {own} 'unsafe-inline'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'; {sandbox}"
        )
    }
}

/// Where a browser finds a site: on an origin of its own if it looks such names up itself.
///
/// Browsers that send `Sec-Fetch-Site` do, but for those of Apple, which ask the system.
pub(crate) fn place_of(console: &Console, site: &Site, headers: &HeaderMap, by_path: bool) -> Place {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let asks_the_system = agent.contains("Safari/") && !agent.contains("Chrome/") && !agent.contains("Chromium/");
    let names = headers.contains_key("sec-fetch-site") && !asks_the_system && !by_path;
    let label = site.label.clone();
    if names {
        return Place { console: own_console(console), label, port: Some(console.port) };
    }
    // The gate has compared it with the names that this proxy goes by.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let here = host.map_or_else(|| own_console(console), |host| format!("http://{host}"));
    Place { console: here, label, port: None }
}

fn own_console(console: &Console) -> String {
    format!("http://127.0.0.1{}", port_in(console.port))
}

/// Answers under a site's own host name.
pub(crate) async fn at_host(console: &Arc<Console>, label: &str, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let Some(site) = console.sites.find(label) else { return closed(console, &parts).await };
    let place = Place { console: own_console(console), label: label.to_owned(), port: Some(console.port) };
    let path = parts.uri.path().to_owned();
    Reader::new(console, site, place, &parts).await.answer(&parts, &path).await
}

/// Answers below the path of the console that a site has.
pub(crate) async fn at_path(console: &Arc<Console>, label: &str, parts: &Parts) -> Response {
    let Some(site) = console.sites.find(label) else { return closed(console, parts).await };
    let place = place_of(console, &site, &parts.headers, true);
    let path = parts.uri.path().strip_prefix(&place.prefix()).unwrap_or_default().to_owned();
    Reader::new(console, site, place, parts).await.answer(parts, &path).await
}

/// What stands where a site was that is open no more. It says the same of every label.
async fn closed(console: &Arc<Console>, parts: &Parts) -> Response {
    let status = StatusCode::MISDIRECTED_REQUEST;
    if !Asked::of(parts).looks {
        return status.into_response();
    }
    let w = Visit::new(console, &parts.method, &parts.headers, &parts.uri).await.w;
    let page = ClosedPage { w, console: &own_console(console) };
    page.render().map_or_else(|_| status.into_response(), |html| (status, Html(html)).into_response())
}

/// How a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    /// As a page that somebody looks at, not as a part of one.
    looks: bool,
    /// By a browser that asks for parts of a page otherwise than for pages.
    tells: bool,
    wish: Wish,
}

/// What the query says, which only links of ours have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Nothing: to look at it.
    Look,
    /// To look at it without its reloading itself.
    LookStill,
    /// To have the file as it was published.
    Save,
}

impl Asked {
    fn of(parts: &Parts) -> Self {
        let headers = &parts.headers;
        let is_in = |name: &str, value: &str| {
            headers.get_all(name).iter().any(|found| found.to_str().is_ok_and(|found| found.contains(value)))
        };
        let tells = headers.contains_key("sec-fetch-dest");
        let looks = if tells { is_in("sec-fetch-dest", "document") } else { is_in("accept", "text/html") };
        let wish = match parts.uri.query() {
            Some(SAVE) => Wish::Save,
            Some(STILL) => Wish::LookStill,
            _ => Wish::Look,
        };
        Self { looks, tells, wish }
    }
}

/// One look at a site.
struct Reader {
    console: Arc<Console>,
    visit: Visit,
    site: Arc<Site>,
    place: Place,
}

/// What stands around everything that the reader shows.
struct Bar {
    w: Language,
    theme: &'static str,
    style: String,
    console: String,
    root: String,
    name: String,
    /// The beginning of its link.
    key: String,
    edition: Option<u64>,
    /// The newest edition known, if it is newer, and what opens it.
    newer: Option<(u64, String)>,
    mark: String,
    /// Of the file that is shown: how much was removed, and where that is said.
    removed: Option<(u64, String)>,
    save: Option<String>,
}

#[derive(Template)]
#[template(path = "site_page.html")]
struct ForeignPage<'a> {
    bar: Bar,
    title: &'a str,
    styles: Markup,
    root_attributes: Markup,
    body_attributes: Markup,
    body: Markup,
    scope: &'static str,
}

#[derive(Template)]
#[template(path = "site_text.html")]
struct TextPage<'a> {
    bar: Bar,
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "site_media.html")]
struct MediaPage<'a> {
    bar: Bar,
    title: &'a str,
    address: &'a str,
    kind: &'a str,
}

#[derive(Template)]
#[template(path = "site_notice.html")]
struct NoticePage<'a> {
    bar: Bar,
    title: &'a str,
    sentence: &'a str,
    progress: Option<JobStatus>,
    /// The path of this page, for one that reloads itself or does not.
    reload: Option<(bool, String)>,
    files: Vec<Listed>,
    more: u64,
    again: Option<String>,
}

/// A file in a list.
struct Listed {
    address: String,
    path: String,
    size: String,
}

#[derive(Template)]
#[template(path = "site_closed.html")]
struct ClosedPage<'a> {
    w: Language,
    console: &'a str,
}

impl Reader {
    async fn new(console: &Arc<Console>, site: Arc<Site>, place: Place, parts: &Parts) -> Self {
        let visit = Visit::new(console, &parts.method, &parts.headers, &parts.uri).await;
        Self { console: Arc::clone(console), visit, site, place }
    }

    async fn answer(&self, parts: &Parts, path: &str) -> Response {
        let mut response = self.respond(parts, path).await;
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&self.place.policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if self.place.port.is_none() {
            // Pages without an origin are foreign to their own pictures. Whoever asks knows the label.
            let anybody = HeaderValue::from_static("cross-origin");
            headers.insert(HeaderName::from_static("cross-origin-resource-policy"), anybody);
        }
        response
    }

    async fn respond(&self, parts: &Parts, path: &str) -> Response {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let allowed = [(header::ALLOW, "GET, HEAD")];
            return (StatusCode::METHOD_NOT_ALLOWED, allowed).into_response();
        }
        // No link of a site has a query: the filter drops them.
        if parts.uri.query() == Some(assets::SITE_STYLE.name()) {
            return assets::SITE_STYLE.response();
        }
        let asked = Asked::of(parts);
        let path = decode(path.strip_prefix('/').unwrap_or(path));
        let resolved = path.as_ref().map_or(Resolved::Missing, |path| self.site.tree.resolve(path));
        let path = path.unwrap_or_default();
        match resolved {
            Resolved::File(found) => match self.file(&found, asked).await {
                Ok(response) => response,
                Err(failure) if asked.looks => self.failed(&found, &failure).await,
                Err(failure) => failure.status().into_response(),
            },
            Resolved::Folder => {
                let address = self.place.address(&format!("{path}/"));
                (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
            }
            // Browsers ask every origin for it.
            Resolved::Missing if path == "favicon.ico" => StatusCode::NO_CONTENT.into_response(),
            _ if !asked.looks => StatusCode::NOT_FOUND.into_response(),
            Resolved::Listing => self.list(&path, StatusCode::OK).await,
            Resolved::Missing => self.list("", StatusCode::NOT_FOUND).await,
        }
    }

    async fn file(&self, found: &Found, asked: Asked) -> Result<Response, Failure> {
        if asked.wish == Wish::Save {
            return self.save(found).await;
        }
        if is_streamed(found) {
            return self.stream(found, asked).await;
        }
        let wait = if asked.looks { FIRST_LOOK } else { PAGE_WAIT };
        let bytes = match self.bytes(found, wait).await? {
            Here::Bytes(bytes) => bytes,
            Here::UnderWay(job) if asked.looks => return Ok(self.under_way(found, job, asked).await),
            Here::UnderWay(_) => return Err(Failure::Slow),
        };
        let defences = self.console.defences;
        let made =
            make(Some(&self.console.sites.contents), defences, &self.site, &self.place, found, bytes.clone()).await;
        Ok(self.show(found, made, bytes, asked).await)
    }

    /// The bytes of a file, compared with what its directory says of them.
    async fn bytes(&self, found: &Found, wait: Duration) -> Result<Here, Failure> {
        bytes_of(&self.console, &self.site, found, wait).await
    }

    async fn show(&self, found: &Found, made: Made, bytes: Bytes, asked: Asked) -> Response {
        let removed = made.report().total();
        let name = found.path.rsplit('/').next().unwrap_or_default();
        // A browser that asks for a picture of a page as it asks for a page gets the picture.
        let framed = asked.looks && asked.tells;
        match made {
            Made::Page(page) if asked.looks => {
                self.remember(found, &page.title).await;
                let title = if page.title.is_empty() { &self.site.name } else { &page.title };
                answer(&ForeignPage {
                    bar: self.bar(Some((found, removed))).await,
                    title,
                    styles: Markup::made(page.styles.clone()),
                    root_attributes: Markup::made(page.root_attributes.clone()),
                    body_attributes: Markup::made(page.body_attributes.clone()),
                    body: Markup::made(page.body.clone()),
                    scope: SCOPE,
                })
            }
            Made::Sheet(text, _) | Made::Text(text) if asked.looks => {
                answer(&TextPage { bar: self.bar(Some((found, removed))).await, title: name, text: &text })
            }
            Made::Picture { .. } if framed => self.player(found, removed, "image").await,
            Made::Recording(kind) if framed => self.player(found, removed, kind).await,
            Made::Refused(why) if asked.looks => {
                let w = self.visit.w;
                let mut response = self.notice(Some(found), w.site_refused_title(), why.sentence(w)).await;
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                response
            }
            Made::Sheet(text, _) => ([(header::CONTENT_TYPE, "text/css;charset=utf-8")], text).into_response(),
            Made::Text(text) => ([(header::CONTENT_TYPE, "text/plain;charset=utf-8")], text).into_response(),
            Made::Picture { media_type, bytes, .. } => ([(header::CONTENT_TYPE, media_type)], bytes).into_response(),
            Made::Recording(kind) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
            Made::Unfiltered => ([(header::CONTENT_TYPE, "text/html")], bytes).into_response(),
            Made::Page(_) | Made::Refused(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
        }
    }

    /// A page of ours around a picture or a recording.
    async fn player(&self, found: &Found, removed: u64, kind: &str) -> Response {
        let mut address = format!("{}/", self.place.prefix());
        push_encoded(&mut address, &found.path, b"-._~/");
        let title = found.path.rsplit('/').next().unwrap_or_default();
        let bar = self.bar(Some((found, removed))).await;
        answer(&MediaPage { bar, title, address: &address, kind: kind.split('/').next().unwrap_or_default() })
    }

    /// A recording as it comes. What it is, its first bytes say.
    async fn stream(&self, found: &Found, asked: Asked) -> Result<Response, Failure> {
        let kind = family(&found.media_type);
        let plays = matches!(kind, "audio" | "video");
        if asked.looks && plays && asked.tells {
            return Ok(self.player(found, 0, kind).await);
        }
        if !plays {
            return Ok(self.show(found, Made::Refused(Why::Long), Bytes::new(), asked).await);
        }
        let reading = Reading::begin(Arc::clone(&self.console.node), link_of(&self.site, found)).await?;
        let content = reading.content(Patience::Page).await?;
        let mut body = content.body.into_data_stream();
        let first = match body.next().await {
            Some(Ok(first)) => first,
            Some(Err(_)) | None => return Err(damaged("content of another length than its root says")),
        };
        match treatment(&first[..first.len().min(HEAD_LEN)], &found.media_type) {
            Treatment::Recording(media_type) => {
                let whole = Body::from_stream(stream::iter([Ok(first)]).chain(body));
                let headers = [
                    (header::CONTENT_TYPE, media_type.to_owned()),
                    (header::CONTENT_LENGTH, content.length.to_string()),
                ];
                Ok((headers, whole).into_response())
            }
            Treatment::Download(why) => Ok(self.show(found, Made::Refused(Why::Kind(why)), Bytes::new(), asked).await),
            _ => Ok(self.show(found, Made::Refused(Why::Kind(Refusal::Mismatch)), Bytes::new(), asked).await),
        }
    }

    /// A file as it was published, to be saved.
    async fn save(&self, found: &Found) -> Result<Response, Failure> {
        let (body, length) = match found.source {
            Source::Alone(_) => {
                let reading = Reading::begin(Arc::clone(&self.console.node), link_of(&self.site, found)).await?;
                let content = reading.content(Patience::Page).await?;
                (content.body, content.length)
            }
            Source::Here(_) | Source::Part { .. } => match self.bytes(found, PAGE_WAIT).await? {
                Here::Bytes(bytes) => (Body::from(bytes), found.length),
                Here::UnderWay(_) => return Err(Failure::Slow),
            },
        };
        // No type: nothing opens it by itself.
        let shown = media::presentation("", &found.path);
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Ok(disposition) = HeaderValue::from_str(&shown.disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        Ok(response)
    }

    async fn under_way(&self, found: &Found, job: Option<JobId>, asked: Asked) -> Response {
        let progress = match job {
            Some(job) => self.console.ask(self.console.node.job(job)).await.ok(),
            None => None,
        };
        let (w, reloads) = (self.visit.w, asked.wish != Wish::LookStill);
        let mut response = answer(&NoticePage {
            bar: self.bar(None).await,
            title: w.fetch_title(),
            sentence: w.fetch_lede(),
            progress,
            reload: Some((reloads, self.here(found))),
            files: Vec::new(),
            more: 0,
            again: None,
        });
        if reloads {
            response.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static(RELOAD));
        }
        response
    }

    async fn failed(&self, found: &Found, failure: &Failure) -> Response {
        let w = self.visit.w;
        let sentence = failure_sentence(w, failure);
        let mut response = answer(&NoticePage {
            bar: self.bar(None).await,
            title: failure_title(w, failure),
            sentence: &sentence,
            progress: None,
            reload: None,
            files: Vec::new(),
            more: 0,
            again: Some(self.here(found)),
        });
        *response.status_mut() = failure.status();
        response
    }

    async fn notice(&self, found: Option<&Found>, title: &str, sentence: &str) -> Response {
        answer(&NoticePage {
            bar: self.bar(found.map(|found| (found, 0))).await,
            title,
            sentence,
            progress: None,
            reload: None,
            files: Vec::new(),
            more: 0,
            again: None,
        })
    }

    /// What a folder has; or what there is, where a file is missing.
    async fn list(&self, folder: &str, status: StatusCode) -> Response {
        let w = self.visit.w;
        let listed = |path: &str, length: u64| Listed {
            address: self.path_of(path),
            path: path.to_owned(),
            size: w.bytes(length).to_string(),
        };
        let (files, more) = match self.site.tree.only() {
            Some(path) => (vec![Listed { address: self.path_of(path), path: path.to_owned(), size: String::new() }], 0),
            None => {
                let all = self.site.tree.list(folder);
                let files: Vec<Listed> = all.take(MAX_LISTED).map(|(path, length)| listed(path, length)).collect();
                (files, self.site.tree.list(folder).skip(MAX_LISTED).count() as u64)
            }
        };
        let found = status == StatusCode::OK;
        let mut response = answer(&NoticePage {
            bar: self.bar(None).await,
            title: if found { w.site_files_title() } else { w.site_missing_title() },
            sentence: if found { w.site_files() } else { w.site_missing() },
            progress: None,
            reload: None,
            files,
            more,
            again: None,
        });
        *response.status_mut() = status;
        response
    }

    /// The path of a file on the origin that it is shown under.
    fn path_of(&self, path: &str) -> String {
        let mut address = format!("{}/", self.place.prefix());
        push_encoded(&mut address, path, b"-._~/");
        address
    }

    fn here(&self, found: &Found) -> String {
        self.path_of(&found.path)
    }

    /// Keeps a site under the title of its first page among what was opened lately.
    async fn remember(&self, found: &Found, title: &str) {
        let first = match self.site.tree.resolve("") {
            Resolved::File(first) => first.path == found.path,
            _ => false,
        };
        if !first || title.is_empty() {
            return;
        }
        let visit = profile::Visit {
            link: self.site.uri.to_text(),
            title: title.to_owned(),
            media_type: found.media_type.clone(),
            length: found.length,
        };
        // It is shown whether or not it can be remembered.
        let _ = self.console.profile.opened(visit).await;
    }

    async fn bar(&self, shown: Option<(&Found, u64)>) -> Bar {
        let console = &self.place.console;
        let link = self.site.uri.to_text();
        let mut mark = format!("{console}/bookmarks?link=");
        push_encoded(&mut mark, &link, b"-._~");
        let newer = self.newer().await;
        let removed = shown.map(|(found, count)| {
            let mut path = format!("{console}/removed/{}/", self.site.label);
            push_encoded(&mut path, &found.path, b"-._~/");
            (count, path)
        });
        Bar {
            w: self.visit.w,
            theme: theme_code(self.visit.preferences.theme),
            style: format!("{}/?{}", self.place.prefix(), assets::SITE_STYLE.name()),
            console: console.clone(),
            root: format!("{}/", self.place.prefix()),
            name: self.site.name.clone(),
            key: key_of(&link),
            edition: self.site.edition(),
            newer: newer.map(|edition| (edition, format!("{console}{}", self.site.path_of_edition(edition)))),
            mark,
            removed,
            save: shown.map(|(found, _)| format!("{}?{SAVE}", self.here(found))),
        }
    }

    /// The newest edition that was opened, or that a bookmark knows of.
    async fn newer(&self) -> Option<u64> {
        let edition = self.site.edition()?;
        let bookmarks = self.console.profile.bookmarks().await.unwrap_or_default();
        let marked = bookmarks.iter().filter_map(|bookmark| {
            let same = bookmark.link.parse::<Uri>().ok().and_then(|link| self.site.edition_in(&link));
            same.and(bookmark.newest).filter(|&newest| newest > edition)
        });
        marked.chain(self.console.sites.newer(&self.site)).max()
    }
}

/// What was removed from the file of a path, if there is such a file; waiting for it so long.
pub(crate) async fn report(
    console: &Arc<Console>,
    site: &Arc<Site>,
    place: &Place,
    path: &str,
    wait: Duration,
) -> Result<Option<Report>, Failure> {
    let Resolved::File(found) = site.tree.resolve(path) else { return Ok(None) };
    if is_streamed(&found) {
        return Ok(Some(Report::default()));
    }
    match bytes_of(console, site, &found, wait).await? {
        Here::Bytes(bytes) => Ok(Some(make(None, console.defences, site, place, &found, bytes).await.report())),
        Here::UnderWay(_) => Err(Failure::Slow),
    }
}

/// What there is of a file.
enum Here {
    Bytes(Bytes),
    UnderWay(Option<JobId>),
}

/// The bytes of a file, compared with what its directory says of them.
async fn bytes_of(console: &Arc<Console>, site: &Site, found: &Found, wait: Duration) -> Result<Here, Failure> {
    let (link, start) = match &found.source {
        Source::Here(bytes) => return checked(found, Bytes::from(bytes.clone())).map(Here::Bytes),
        Source::Part { content, offset } => ((**content).clone(), *offset),
        Source::Alone(_) => (link_of(site, found), 0),
    };
    let whole = match console.sites.contents.get(&console.node, &link, wait).await? {
        Got::Here(bytes) => bytes,
        Got::UnderWay(job) => return Ok(Here::UnderWay(job)),
    };
    let range = usize::try_from(start).ok().zip(usize::try_from(found.length).ok());
    let range = range.and_then(|(start, length)| Some(start..start.checked_add(length)?));
    match range.filter(|range| range.end <= whole.len()) {
        Some(range) => checked(found, whole.slice(range)).map(Here::Bytes),
        None => Err(damaged("content shorter than its directory says")),
    }
}

fn checked(found: &Found, bytes: Bytes) -> Result<Bytes, Failure> {
    let good = found.blake3.is_none_or(|expected| *blake3::hash(&bytes).as_bytes() == expected);
    if good && bytes.len() as u64 == found.length {
        Ok(bytes)
    } else {
        Err(damaged("a file is not what its directory says"))
    }
}

/// The link to a file that is by itself.
fn link_of(site: &Site, found: &Found) -> Uri {
    match &found.source {
        Source::Alone(Some(link)) => (**link).clone(),
        _ => site.exact(),
    }
}

fn family(media_type: &str) -> &str {
    media_type.split('/').next().unwrap_or_default()
}

/// Whether a file is not held while it is sent.
fn is_streamed(found: &Found) -> bool {
    let recording = matches!(family(&found.media_type), "audio" | "video");
    let alone = matches!(found.source, Source::Alone(_));
    alone && (found.length > LONGEST || recording && found.length > STREAMED_LEN)
}

/// The beginning of a link and its end, by which people know it.
fn key_of(link: &str) -> String {
    link.split(',').next().unwrap_or_default().chars().take(12).chain(['…']).collect()
}

fn answer(page: &impl Template) -> Response {
    // Templates write into memory and call nothing that fails.
    page.render().map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |html| Html(html).into_response())
}

impl Why {
    fn sentence(self, w: Language) -> &'static str {
        match self {
            Self::Kind(Refusal::Mismatch) => w.site_refused_mismatch(),
            Self::Kind(Refusal::Drawing) => w.site_refused_drawing(),
            Self::Kind(Refusal::Document) => w.site_refused_document(),
            Self::Kind(Refusal::Archive) => w.site_refused_archive(),
            Self::Kind(Refusal::Program) => w.site_refused_program(),
            Self::Kind(_) => w.site_refused_unknown(),
            Self::Long => w.site_refused_long(),
            Self::LargePicture => w.site_refused_large(),
            Self::BrokenPicture => w.site_refused_broken(),
        }
    }
}

impl NoticePage<'_> {
    fn percent(&self) -> u64 {
        self.progress.as_ref().map_or(0, |status| Language::percent(status.done, status.total))
    }
}
