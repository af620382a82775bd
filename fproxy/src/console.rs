//! What every page needs: the node, the form key, the choice of language and theme, and the frame around
//! a page's own text.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use roneo_client::handle::{HandleFuture, NodeHandle, Status};
use roneo_client::profile::{self, Preferences, ProfileHandle, Theme};
use roneo_client::social::{SocialFuture, SocialHandle};
use roneo_social::BoardId;
use tokio::time::timeout;

use crate::assets;
use crate::defences::Defences;
use crate::form_key::FormKey;
use crate::html::escape;
use crate::openings::Openings;
use crate::pages::Held;
use crate::posted::{TOKEN_FIELD, comes_from_here};
use crate::site::Sites;
use crate::social::{BoardCard, Who};
use crate::trouble::Trouble;
use crate::words::{Language, Markup, Moment};

/// How long a page waits for the node's own state, which asks nobody outside of the program.
const STATUS_WAIT: Duration = Duration::from_millis(500);

/// How long a page waits for conversations, which lie on this machine: right after a start they are still being opened.
const TALK_WAIT: Duration = Duration::from_secs(5);

/// How long a page waits for what the network is asked.
const ASK_WAIT: Duration = Duration::from_secs(45);

/// The policy of pages that we wrote, for a proxy on `port`: our style sheet and pictures, and forms that lead back
/// here. One with a link ends on the origin of the site that the link opens, and Chromium counts where a form is led
/// to as where it is sent.
fn page_policy(port: u16) -> String {
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http://*.localhost{}; \
         base-uri 'none'; frame-ancestors 'none'",
        port_in(port)
    )
}

/// A port as it stands in addresses, where browsers leave out the scheme's own.
pub(crate) fn port_in(port: u16) -> String {
    if port == 80 { String::new() } else { format!(":{port}") }
}

/// The state behind all pages.
pub(crate) struct Console {
    pub(crate) node: Arc<dyn NodeHandle>,
    pub(crate) profile: Arc<dyn ProfileHandle>,
    pub(crate) social: Arc<dyn SocialHandle>,
    pub(crate) forms: FormKey,
    pub(crate) openings: Arc<Openings>,
    /// What strangers made and somebody looks at.
    pub(crate) sites: Sites,
    /// The port that the proxy is bound to.
    pub(crate) port: u16,
    pub(crate) defences: Defences,
    pub(crate) backup: Held,
}

/// What stands in the contents of every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Boards,
    Search,
    People,
    Insert,
    Transfers,
    Keys,
    Bookmarks,
    Node,
    Settings,
    Help,
}

/// One look at the console.
pub(crate) struct Visit {
    pub(crate) console: Arc<Console>,
    pub(crate) w: Language,
    pub(crate) preferences: Preferences,
    /// Path and query that were looked at; the front page where something was sent instead.
    pub(crate) here: String,
    /// Whether it is only looked at.
    pub(crate) looks: bool,
}

/// What stands around a page's own text.
pub(crate) struct Frame {
    /// The words, in the visitor's language.
    pub(crate) w: Language,
    /// The present.
    pub(crate) now: Moment,
    /// The node, unless it does not answer.
    pub(crate) status: Option<Status>,
    /// As in `data-theme`; empty for the system's.
    pub(crate) theme: &'static str,
    section: Option<Section>,
    /// Bookmarks with an edition that was not seen yet.
    new_editions: usize,
    /// What is unread on the boards that are followed.
    pub(crate) unread: usize,
    /// The user's own identities.
    pub(crate) me: Vec<Who>,
    /// Path and query of this page.
    pub(crate) here: String,
    forms: FormKey,
}

/// One line of the contents.
pub(crate) struct Entry {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    /// What waits there; 0 says nothing.
    pub(crate) count: usize,
    pub(crate) current: bool,
}

impl Console {
    /// A board's head: as the program has it, or as its stewards have it where they are known.
    pub(crate) async fn card(&self, w: Language, board: &BoardId) -> BoardCard {
        let card = BoardCard::of(w, board);
        match self.talk(self.social.board_info(card.board.clone(), false)).await {
            Ok(info) => card.of_stewarded(info),
            Err(_) => card,
        }
    }

    /// The node's answer to what it can say by itself. A page does not wait for a node that is silent.
    pub(crate) async fn ask<T>(&self, question: HandleFuture<'_, T>) -> Result<T, Trouble> {
        match timeout(STATUS_WAIT, question).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Trouble::Silent),
        }
    }

    /// A question of a conversation for which the network is asked.
    pub(crate) async fn talk_far<T>(&self, question: SocialFuture<'_, T>) -> Result<T, Trouble> {
        match timeout(ASK_WAIT, question).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Trouble::Silent),
        }
    }

    /// What is known of conversations here. Nothing of it asks the network before it answers.
    pub(crate) async fn talk<T>(&self, question: SocialFuture<'_, T>) -> Result<T, Trouble> {
        match timeout(TALK_WAIT, question).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Trouble::Silent),
        }
    }
}

/// As in `data-theme`; empty for the system's.
pub(crate) const fn theme_code(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "",
        Theme::Light => "light",
        Theme::Dark => "dark",
        Theme::Contrast => "contrast",
    }
}

impl Section {
    const ALL: [Self; 11] = [
        Self::Home,
        Self::Boards,
        Self::People,
        Self::Search,
        Self::Transfers,
        Self::Insert,
        Self::Keys,
        Self::Bookmarks,
        Self::Node,
        Self::Settings,
        Self::Help,
    ];

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Boards => "/boards",
            Self::Search => "/search",
            Self::People => "/people",
            Self::Insert => "/insert",
            Self::Transfers => "/transfers",
            Self::Keys => "/keys",
            Self::Bookmarks => "/bookmarks",
            Self::Settings => "/settings",
            Self::Node => "/node",
            Self::Help => "/help",
        }
    }

    fn label(self, w: Language) -> &'static str {
        match self {
            Self::Home => w.nav_home(),
            Self::Boards => w.nav_boards(),
            Self::Search => w.nav_search(),
            Self::People => w.nav_people(),
            Self::Insert => w.nav_insert(),
            Self::Transfers => w.nav_transfers(),
            Self::Keys => w.nav_keys(),
            Self::Bookmarks => w.nav_bookmarks(),
            Self::Settings => w.nav_settings(),
            Self::Node => w.nav_node(),
            Self::Help => w.nav_help(),
        }
    }
}

impl Visit {
    pub(crate) async fn new(console: &Arc<Console>, method: &Method, headers: &HeaderMap, target: &Uri) -> Self {
        // Whatever is the matter with what is kept, pages can be shown.
        let preferences = console.profile.preferences().await.unwrap_or_default();
        let w = match preferences.language {
            profile::Language::Auto => Language::preferred(headers),
            profile::Language::Fr => Language::French,
            profile::Language::En => Language::English,
        };
        let looks = matches!(*method, Method::GET | Method::HEAD);
        let here = target.path_and_query().filter(|_| looks).map_or("/", |path| path.as_str()).to_owned();
        Self { console: Arc::clone(console), w, preferences, here, looks }
    }

    /// The frame of a page in a section, or in none.
    pub(crate) async fn frame(&self, section: impl Into<Option<Section>>) -> Frame {
        let status = self.console.ask(self.console.node.status()).await;
        let bookmarks = self.console.profile.bookmarks().await.unwrap_or_default();
        // Whatever is the matter with conversations, the page itself is of use without them.
        let social = &self.console.social;
        let me = self.console.talk(social.identities()).await.unwrap_or_default();
        let boards = self.console.talk(social.board_rows()).await.unwrap_or_default();
        Frame {
            w: self.w,
            now: Moment::now(),
            status: status.ok(),
            theme: theme_code(self.preferences.theme),
            section: section.into(),
            unread: boards.iter().map(|board| board.unread_posts).sum(),
            me: me.iter().map(|identity| Who::of_own(self.w, identity)).collect(),
            new_editions: bookmarks.iter().filter(|bookmark| bookmark.is_new()).count(),
            here: self.here.clone(),
            forms: self.console.forms.clone(),
        }
    }
}

impl FromRequestParts<Arc<Console>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Infallible> {
        Ok(Self::new(console, &parts.method, &parts.headers, &parts.uri).await)
    }
}

impl Frame {
    /// The hidden field that a form needs which is sent to `action`.
    pub(crate) fn token(&self, action: &str) -> Markup {
        Markup::made(format!(
            "<input type=\"hidden\" name=\"{TOKEN_FIELD}\" value=\"{}\">",
            escape(&self.forms.token(action, self.now.unix()))
        ))
    }

    /// The masthead's line on the network.
    pub(crate) fn network_line(&self) -> String {
        match &self.status {
            None => self.w.masthead_silent().to_owned(),
            Some(status) if status.nodes <= 1 => self.w.masthead_alone().to_owned(),
            Some(status) => self.w.masthead_network(status.nodes, status.jobs),
        }
    }

    /// The contents.
    pub(crate) fn sections(&self) -> impl Iterator<Item = Entry> + '_ {
        let jobs = self.status.as_ref().map_or(0, |status| status.jobs);
        Section::ALL.into_iter().map(move |section| Entry {
            path: section.path(),
            name: section.label(self.w),
            count: match section {
                Section::Transfers => jobs,
                Section::Bookmarks => self.new_editions,
                Section::Boards => self.unread,
                _ => 0,
            },
            current: self.section == Some(section),
        })
    }

    /// The other language, which the foot offers.
    pub(crate) const fn other_language(&self) -> Language {
        match self.w {
            Language::French => Language::English,
            Language::English => Language::French,
        }
    }

    pub(crate) fn style_path(&self) -> &'static str {
        &assets::STYLE.path
    }

    pub(crate) fn mark_path(&self) -> &'static str {
        &assets::MARK.path
    }

    /// Today's date.
    pub(crate) fn today(&self) -> String {
        self.w.date(&self.now)
    }
}

/// Marks an answer as a page that we wrote, which gets its headers in [`around`].
#[derive(Clone, Copy)]
struct Ours;

/// A page as an answer.
pub(crate) fn answer(page: &impl Template) -> Response {
    // Templates write into memory and call nothing that fails.
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    (Extension(Ours), Html(html)).into_response()
}

/// Stands before and after every page: forms that were made elsewhere stay outside, troubles become pages,
/// and what is ours is told apart from what strangers wrote.
pub(crate) async fn around(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let visit = Visit::new(&console, request.method(), request.headers(), request.uri()).await;
    let mut response = if visit.looks || comes_from_here(request.headers()) {
        next.run(request).await
    } else {
        Trouble::Elsewhere.into_response()
    };
    if let Some(trouble) = response.extensions_mut().remove::<Arc<Trouble>>() {
        response = trouble.page(&visit).await;
    }
    if response.extensions_mut().remove::<Ours>().is_some()
        && let Ok(policy) = HeaderValue::from_str(&page_policy(console.port))
    {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        let same_origin = HeaderValue::from_static("same-origin");
        // Under `no-referrer` browsers hide the origin of our own forms from us.
        headers.insert(header::REFERRER_POLICY, same_origin.clone());
        headers.insert(HeaderName::from_static("cross-origin-opener-policy"), same_origin);
    }
    response
}
