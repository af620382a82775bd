//! What was heard, for feed readers: Atom (RFC 4287) for each board, person and search, and one OPML list of those that
//! are followed.
//!
//! A feed reader sends no token in a header, so the address of each feed has one: a keyed hash of what the feed is of,
//! from the token of the API. Who has one address reads one feed, and learns no other. A feed shows what is here, asks
//! the network for nothing, and has no text that is folded for the user.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use roneo_client::social::{Hit, Named, Paging, PostView, Search, SocialError, SocialHandle, Tab, ThreadRow};
use roneo_keys::base64;
use roneo_social::{BoardId, WordLanguage, fingerprint, starter_boards};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::link::push_encoded;
use crate::token::ApiToken;

/// Bytes of a feed's token: guessed by nobody, and short enough to be copied.
const TOKEN_LEN: usize = 18;
/// Where all feeds are.
const PREFIX: &str = "/feeds";
const ATOM: &str = "application/atom+xml;charset=utf-8";
const OPML: &str = "text/x-opml;charset=utf-8";

/// What a feed is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Of {
    /// The threads of a board, the liveliest first.
    Board(String),
    /// What a person said.
    Person(String),
    /// What a search finds.
    Search(String),
    /// The list of feeds of all that is followed.
    Followed,
}

impl Of {
    fn read(kind: &str, what: String) -> Option<Self> {
        match kind {
            "boards" => Some(Self::Board(what)),
            "people" => Some(Self::Person(what)),
            "searches" => Some(Self::Search(what)),
            "followed" if what == "list" => Some(Self::Followed),
            _ => None,
        }
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Board(board) => ("boards", board),
            Self::Person(person) => ("people", person),
            Self::Search(words) => ("searches", words),
            Self::Followed => ("followed", "list"),
        }
    }
}

/// Makes and checks the tokens of feeds.
#[derive(Clone)]
pub(crate) struct FeedKey([u8; 32]);

impl FeedKey {
    /// The key that belongs to a token of the API: with a new one all addresses of feeds are new.
    pub(crate) fn of(token: &ApiToken) -> Self {
        Self(token.derive("roneo feeds 1"))
    }

    fn token(&self, of: &Of) -> String {
        let (kind, what) = of.parts();
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(kind.as_bytes()).update(&[0]).update(what.as_bytes());
        base64::encode(&hasher.finalize().as_bytes()[..TOKEN_LEN])
    }

    /// Whether `shown` is the token of a feed, in a time that tells nothing about it.
    fn admits(&self, of: &Of, shown: &str) -> bool {
        blake3::hash(self.token(of).as_bytes()) == blake3::hash(shown.as_bytes())
    }

    /// Where a feed is, below the address of the proxy.
    pub(crate) fn path(&self, of: &Of) -> String {
        let (kind, what) = of.parts();
        let mut path = format!("{PREFIX}/{}/{kind}/", self.token(of));
        push_encoded(&mut path, what, b"-~_.");
        path
    }
}

/// A feed, as `GET /feeds` of the API lists it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Feed {
    /// What it is of.
    pub title: String,
    /// Its path below the address of the proxy; whoever has it can read the feed.
    pub path: String,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Feed(…)")
    }
}

/// The feeds of what is followed, the list of them first.
///
/// # Errors
/// What the node says.
pub(crate) async fn listed(key: &FeedKey, social: &dyn SocialHandle) -> Result<Vec<Feed>, SocialError> {
    let followed = social.followed().await?;
    let mut feeds = vec![Feed { title: "Roneo".to_owned(), path: key.path(&Of::Followed) }];
    for (board, _) in &followed.boards {
        feeds.push(Feed { title: board_name(social, board).await, path: key.path(&Of::Board(board.to_text())) });
    }
    for (who, _) in &followed.persons {
        feeds.push(Feed { title: name(who), path: key.path(&Of::Person(who.person.to_text())) });
    }
    Ok(feeds)
}

struct Feeds {
    key: FeedKey,
    social: Arc<dyn SocialHandle>,
    /// The address of the proxy, without a path.
    origin: String,
}

/// The feeds of a proxy at that port.
pub(crate) fn routes(social: Arc<dyn SocialHandle>, token: &ApiToken, port: u16) -> Router {
    let feeds = Feeds { key: FeedKey::of(token), social, origin: format!("http://127.0.0.1:{port}") };
    Router::new().route("/feeds/{token}/{kind}/{what}", get(feed)).with_state(Arc::new(feeds))
}

async fn feed(
    State(feeds): State<Arc<Feeds>>,
    Path((token, kind, what)): Path<(String, String, String)>,
) -> Result<Response, StatusCode> {
    // A wrong token and a feed that there is not look alike.
    let of = Of::read(&kind, what).filter(|of| feeds.key.admits(of, &token)).ok_or(StatusCode::NOT_FOUND)?;
    let answered = match &of {
        Of::Board(board) => feeds.board(board).await,
        Of::Person(person) => feeds.person(person).await,
        Of::Search(words) => feeds.search(words).await,
        Of::Followed => return feeds.followed().await.map_err(|error| crate::failure::social_status(&error)),
    };
    let (title, entries) = answered.map_err(|error| crate::failure::social_status(&error))?;
    let updated = entries.iter().map(|entry| entry.updated.clone()).max().unwrap_or_else(|| rfc_3339(0));
    let (origin, path) = (&feeds.origin, feeds.key.path(&of));
    let page = Atom { title: &plain(&title), id: urn(&path), address: format!("{origin}{path}"), updated, entries };
    rendered(&page, ATOM)
}

fn rendered(page: &impl Template, media_type: &'static str) -> Result<Response, StatusCode> {
    let text = page.render().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

impl Feeds {
    async fn board(&self, board: &str) -> Result<(String, Vec<Entry>), SocialError> {
        let id = BoardId::from_text(board).ok_or(SocialError::Board)?;
        let list = self.social.threads(board.to_owned(), Tab::All, Paging::default()).await?;
        let open = list.threads.iter().filter(|row| row.fold.is_none() && !row.retracted);
        Ok((board_name(&*self.social, &id).await, open.filter_map(|row| self.of_thread(row)).collect()))
    }

    async fn person(&self, person: &str) -> Result<(String, Vec<Entry>), SocialError> {
        let view = self.social.person(person.to_owned(), Paging::default()).await?;
        let shown = view.posts.iter().filter(|post| post.fold.is_none());
        Ok((name(&view.who), shown.filter_map(|post| self.of_post(post)).collect()))
    }

    async fn search(&self, words: &str) -> Result<(String, Vec<Entry>), SocialError> {
        let found = self.social.search(Search { words: words.to_owned(), ..Search::default() }).await?;
        let shown = found.hits.iter().filter(|hit| hit.fold.is_none());
        Ok((words.to_owned(), shown.map(|hit| self.of_hit(hit)).collect()))
    }

    async fn followed(&self) -> Result<Response, SocialError> {
        let feeds = listed(&self.key, &*self.social).await?;
        let feeds = feeds.into_iter().skip(1);
        let outlines = feeds.map(|feed| (plain(&feed.title), format!("{}{}", self.origin, feed.path))).collect();
        Ok(rendered(&Opml { outlines }, OPML).unwrap_or_else(IntoResponse::into_response))
    }

    fn address(&self, post: &str) -> String {
        format!("{}/threads/{post}", self.origin)
    }

    fn of_thread(&self, row: &ThreadRow) -> Option<Entry> {
        // A thread whose beginning is not here yet has nothing to be called by.
        let (title, author) = row.title.as_ref().zip(row.author.as_ref())?;
        let id = row.root.to_text();
        Some(Entry {
            id: urn(&id),
            address: self.address(&id),
            title: plain(title),
            author: plain(&name(author)),
            published: rfc_3339(row.begun),
            updated: rfc_3339(row.last_activity.max(row.begun)),
            lang: String::new(),
            text: String::new(),
        })
    }

    fn of_post(&self, post: &PostView) -> Option<Entry> {
        // What was taken back is in no feed.
        let standing = post.standing.as_ref()?;
        let id = post.id.to_text();
        let title = if standing.title.is_empty() { beginning(&standing.text) } else { standing.title.clone() };
        Some(Entry {
            id: urn(&id),
            address: self.address(&id),
            title: plain(&title),
            author: plain(&name(&post.author)),
            published: rfc_3339(post.time),
            updated: rfc_3339(standing.time.max(post.time)),
            lang: standing.lang.clone(),
            text: plain(&standing.text),
        })
    }

    fn of_hit(&self, hit: &Hit) -> Entry {
        let id = hit.id.to_text();
        let title = if hit.title.is_empty() { beginning(&hit.excerpt) } else { hit.title.clone() };
        Entry {
            id: urn(&id),
            address: self.address(&id),
            title: plain(&title),
            author: plain(&name(&hit.author)),
            published: rfc_3339(hit.time),
            updated: rfc_3339(hit.time),
            lang: String::new(),
            text: plain(&hit.excerpt),
        }
    }
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Atom<'a> {
    title: &'a str,
    id: String,
    address: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    address: String,
    title: String,
    author: String,
    published: String,
    updated: String,
    lang: String,
    text: String,
}

#[derive(Template)]
#[template(path = "followed.xml")]
struct Opml {
    /// Names and addresses.
    outlines: Vec<(String, String)>,
}

/// The name of something that has no address in the world.
fn urn(what: &str) -> String {
    let hash = blake3::hash(what.as_bytes()).to_hex();
    let (a, rest) = hash[..32].split_at(8);
    format!("urn:uuid:{a}-{}-{}-{}-{}", &rest[..4], &rest[4..8], &rest[8..12], &rest[12..])
}

fn rfc_3339(time: u64) -> String {
    let moment = i64::try_from(time).ok().and_then(|time| Timestamp::from_second(time).ok());
    moment.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Text without the characters that XML 1.0 has no way to write.
fn plain(text: &str) -> String {
    let written = |letter: &char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(written).collect()
}

/// What stands for the title of something without one.
fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 80;
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    match line.char_indices().nth(CHARACTERS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

fn name(who: &Named) -> String {
    let words = fingerprint(who.person.as_bytes(), WordLanguage::French);
    who.shown().map_or_else(|| words.clone(), |name| format!("{name} · {words}"))
}

async fn board_name(social: &dyn SocialHandle, board: &BoardId) -> String {
    if let Some(starter) = starter_boards().iter().find(|starter| starter.id == *board) {
        return if starter.language == "fr" { starter.name.fr.clone() } else { starter.name.en.clone() };
    }
    let known = social.board_info(board.to_text(), false).await;
    known.map_or_else(|_| board.to_text(), |info| info.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> FeedKey {
        FeedKey::of(&ApiToken::new("c0ffee"))
    }

    #[test]
    fn each_feed_has_a_token_of_its_own() {
        let feeds = [
            Of::Board("a".to_owned()),
            Of::Board("b".to_owned()),
            Of::Person("a".to_owned()),
            Of::Search("a".to_owned()),
            Of::Followed,
        ];
        for of in &feeds {
            assert!(key().admits(of, &key().token(of)));
            let others = feeds.iter().filter(|other| *other != of);
            assert!(others.into_iter().all(|other| !key().admits(other, &key().token(of))));
            assert!(!FeedKey::of(&ApiToken::new("tea")).admits(of, &key().token(of)));
            let (kind, what) = of.parts();
            assert_eq!(Of::read(kind, what.to_owned()).as_ref(), Some(of));
        }
        assert_eq!(Of::read("followed", "b".to_owned()), None);
        assert_eq!(key().path(&Of::Search("loyer 2027/é".to_owned())).split('/').nth(4), Some("loyer%202027%2F%C3%A9"));
    }

    #[test]
    fn hostile_words_stay_words() {
        let hostile = "</title><script>\"'&\u{0}]]>";
        let entry = Entry {
            id: urn("a"),
            address: "http://127.0.0.1:1/threads/a".to_owned(),
            title: plain(hostile),
            author: plain(hostile),
            published: rfc_3339(1),
            updated: rfc_3339(2),
            lang: "fr".to_owned(),
            text: plain(hostile),
        };
        let (title, address, updated) = (&*plain(hostile), String::new(), rfc_3339(2));
        let text = Atom { title, id: urn("b"), address, updated, entries: vec![entry] }.render().unwrap();
        assert!(
            !text.contains("<script") && !text.contains('\u{0}') && text.contains("<entry xml:lang=\"fr\">"),
            "{text}"
        );
        let outlines = vec![(plain(hostile), "http://127.0.0.1:1/a".to_owned())];
        let list = Opml { outlines }.render().unwrap();
        assert!(!list.contains("<script") && list.matches('<').count() == 10, "{list}");
    }

    #[test]
    fn what_xml_cannot_write_is_left_out() {
        assert_eq!(plain("a\u{0}\u{8}\u{b}\u{1f}b\u{fffe}\tc\nd\u{1f600}"), "ab\tc\nd\u{1f600}");
        assert_eq!(rfc_3339(1_795_000_000), "2026-11-18T11:06:40Z");
        assert_eq!(rfc_3339(u64::MAX), "1970-01-01T00:00:00Z");
        assert_eq!(beginning("\n  \nIci aussi.\nEt là."), "Ici aussi.");
        assert_eq!(beginning(&"é".repeat(90)).chars().count(), 81);
        assert!(urn("a").starts_with("urn:uuid:") && urn("a").len() == 45 && urn("a") != urn("b"));
    }
}
