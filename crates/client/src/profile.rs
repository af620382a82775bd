//! [`ProfileHandle`]: what the user of a node keeps on this machine: keys, sites, bookmarks, the sites
//! opened lately, settings.
//!
//! It stands beside [`NodeHandle`](crate::handle::NodeHandle): that one reaches the network, this one
//! the data directory. Pages, the command line (through the API) and other programs know no more of
//! either. The node's library implements both.

use std::future::Future;
use std::pin::Pin;

use roneo_keys::InsertUri;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::backup::{Backup, NewBackup, Restored};
use crate::folder::{FileFault, FolderId, FolderStatus, NewFolder};
use crate::handle::{HandleError, JobId, Target};
use crate::notice::Wanted;

/// A future that a trait object can return.
pub type ProfileFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProfileError>> + Send + 'a>>;

/// Bookmarks at most.
pub const MAX_BOOKMARKS: usize = 500;
/// Sites opened lately that are remembered, at most.
pub const MAX_RECENT: usize = 50;
/// Sites published from here that are remembered, at most.
pub const MAX_SITES: usize = 200;
/// Editions remembered of each, at most: the newest ones.
pub const MAX_EDITIONS: usize = 100;
/// Editions that wait for their content to be stored, at most.
pub const MAX_PENDING: usize = 32;
/// Bytes of a bookmark's title at most; what is longer is cut at a character.
pub const MAX_TITLE_LEN: usize = 200;

/// What the user keeps. Every method may be called at any time, from any task.
///
/// Dropping a returned future abandons the answer; what was to be written may be written or not, but
/// never in part.
pub trait ProfileHandle: Send + Sync + 'static {
    /// The keys kept here, by name.
    fn keys(&self) -> ProfileFuture<'_, Vec<Key>>;

    /// Makes a key.
    fn new_key(&self, name: String) -> ProfileFuture<'_, Key>;

    /// The text of a key's file: whoever has it publishes as its owner.
    fn export_key(&self, name: String) -> ProfileFuture<'_, Zeroizing<String>>;

    /// Takes a key that was exported, under the name it has or another.
    fn import_key(&self, text: Zeroizing<String>, name: Option<String>) -> ProfileFuture<'_, Key>;

    /// Deletes a key, and what is remembered of its sites. Nobody can publish under it any more, unless
    /// it was exported.
    fn delete_key(&self, name: String) -> ProfileFuture<'_, ()>;

    /// The sites published from here, by key and name.
    fn sites(&self) -> ProfileFuture<'_, Vec<Site>>;

    /// Publishes the next edition of a site, or its first. Gives the job that writes it, or that of the
    /// insert which it waits for: it is then written once that is stored, also after a restart.
    fn publish(&self, edition: NewEdition) -> ProfileFuture<'_, JobId>;

    /// Says that a publication was begun with a private link. Where its key is kept here, the edition is
    /// remembered once it is stored; other links are ignored.
    fn note_publication(&self, to: InsertUri, job: JobId) -> ProfileFuture<'_, ()>;

    /// Begins to insert a folder, and to publish it where it has a site: then only what the edition before does
    /// not have is sent. It ends with the node; handed over again, it goes on from where it was.
    fn put_folder(&self, folder: NewFolder) -> ProfileFuture<'_, FolderId>;

    /// The folders of this run, by number.
    fn folders(&self) -> ProfileFuture<'_, Vec<FolderStatus>>;

    /// Ends a folder and forgets it. What was stored of it stays stored.
    fn end_folder(&self, folder: FolderId) -> ProfileFuture<'_, ()>;

    /// The bookmarks, in the user's order.
    fn bookmarks(&self) -> ProfileFuture<'_, Vec<Bookmark>>;

    /// Keeps a bookmark, last in order. One for the same site that is there already is given again.
    fn add_bookmark(&self, bookmark: NewBookmark) -> ProfileFuture<'_, Bookmark>;

    /// Changes title or place of a bookmark.
    fn change_bookmark(&self, bookmark: BookmarkId, change: BookmarkChange) -> ProfileFuture<'_, Bookmark>;

    /// Forgets a bookmark.
    fn delete_bookmark(&self, bookmark: BookmarkId) -> ProfileFuture<'_, ()>;

    /// Asks the network now whether there is a newer edition, and waits for the answer.
    fn check_bookmark(&self, bookmark: BookmarkId) -> ProfileFuture<'_, Bookmark>;

    /// Says that a page was opened: it is remembered as opened lately, where that is not turned off, and
    /// a bookmark of its site has been seen up to its edition.
    fn opened(&self, visit: Visit) -> ProfileFuture<'_, ()>;

    /// What was opened lately, the latest first; nothing where that is turned off.
    fn recent(&self) -> ProfileFuture<'_, Vec<Recent>>;

    /// Forgets what was opened lately.
    fn clear_recent(&self) -> ProfileFuture<'_, ()>;

    /// Everything that the user would miss, sealed under a passphrase that is drawn for it.
    fn backup(&self, new: NewBackup) -> ProfileFuture<'_, Backup>;

    /// Brings back what a backup holds and is not here. Nothing that is here is changed.
    fn restore(&self, backup: Backup) -> ProfileFuture<'_, Restored>;

    /// Every setting with its value.
    fn settings(&self) -> ProfileFuture<'_, Vec<Setting>>;

    /// The settings that every page needs.
    fn preferences(&self) -> ProfileFuture<'_, Preferences>;

    /// Gives a setting a value, written as [`Setting::value`] has it.
    fn set(&self, name: String, value: String) -> ProfileFuture<'_, Setting>;

    /// Lets a setting have its default again.
    fn unset(&self, name: String) -> ProfileFuture<'_, Setting>;
}

/// Why what the user keeps was not read or changed. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The name cannot be one.
    #[error("`{0}` cannot be a name here: use 1 to 64 letters, digits, - and _")]
    Name(String),
    /// There is no such key.
    #[error("there is no key `{0}`: `roneo keys list` names those there are, `roneo keys new {0}` makes it")]
    NoSuchKey(String),
    /// There is a key of that name.
    #[error("there is a key `{0}` already: choose another name")]
    KeyExists(String),
    /// The key's file is not whole.
    #[error("the file of key `{0}` is damaged: put back a copy made by `roneo keys export`")]
    KeyDamaged(String),
    /// Others on this machine may read the key's file.
    #[error(
        "others on this machine can read the file of key `{0}`: make it private with `chmod 600`; if somebody may have copied \
         it, publish under a new key and tell your readers"
    )]
    KeyExposed(String),
    /// The text is no key.
    #[error("this is no key, or not all of it: give the whole file that `roneo keys export` wrote")]
    NotAKey,
    /// The link cannot be read, or has nothing that a page could show.
    #[error("this is no link to a page: copy it again, whole")]
    Link,
    /// There is no such bookmark.
    #[error("there is no such bookmark: it may have been removed meanwhile")]
    NoSuchBookmark,
    /// The bookmark's link names the same content for ever.
    #[error("this link always names the same content: only USK@ links have editions")]
    NoEditions,
    /// A named bound is reached.
    #[error("there are {most} {what} already: remove some first")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// Files that cannot be published, and why: nothing was sent.
    #[error("{} files cannot be published, and nothing was sent: see to them first", .0.len())]
    Files(Vec<(String, FileFault)>),
    /// There is no such folder.
    #[error("there is no such folder: the node may have been restarted since; send it again")]
    NoSuchFolder,
    /// There is no such setting.
    #[error("there is no setting `{0}`: `roneo config list` names them all")]
    NoSuchSetting(String),
    /// A setting cannot have this value.
    #[error("`{name}` cannot be that: {wanted}")]
    Value {
        /// Which setting.
        name: String,
        /// What it may be.
        wanted: Wanted,
    },
    /// The configuration as it stands cannot be read, so it is not changed either.
    #[error("{reason}: correct this line first")]
    Config {
        /// The line of `config.toml` that is wrong, counted from 1, where it is one.
        line: Option<usize>,
        /// What is wrong with it, in English.
        reason: String,
    },
    /// No backup, or damaged.
    #[error("this is no backup, or not all of it: give the whole file that `roneo backup` wrote")]
    NoBackup,
    /// The passphrase does not open the backup.
    #[error("the passphrase does not open this backup: type its eight words again")]
    Passphrase,
    /// A newer Roneo wrote this.
    #[error("what is kept here was written by a newer Roneo: update to change it")]
    Newer,
    /// The disk or the system refused.
    #[error("{0}")]
    Disk(String),
    /// The node did.
    #[error(transparent)]
    Node(#[from] HandleError),
}

impl ProfileError {
    /// A word for programs, in kebab case. A word once used keeps its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "bad-name",
            Self::NoSuchKey(_) => "no-such-key",
            Self::KeyExists(_) => "key-exists",
            Self::KeyDamaged(_) => "key-damaged",
            Self::KeyExposed(_) => "key-exposed",
            Self::NotAKey => "not-a-key",
            Self::Link => "bad-link",
            Self::NoSuchBookmark => "no-such-bookmark",
            Self::NoEditions => "no-editions",
            Self::Full { .. } => "full",
            Self::Files(_) => "unpublishable",
            Self::NoSuchFolder => "no-such-folder",
            Self::NoSuchSetting(_) => "no-such-setting",
            Self::Value { .. } => "bad-value",
            Self::Config { .. } => "bad-config",
            Self::NoBackup => "no-backup",
            Self::Passphrase => "bad-passphrase",
            Self::Newer => "newer",
            Self::Disk(_) => "disk",
            Self::Node(_) => "node",
        }
    }
}

/// A key as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// What its owner calls it.
    pub name: String,
    /// Whether its file can be read. One that cannot has no sites.
    pub sound: bool,
}

/// A site that was published from here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// The name of its key.
    pub key: String,
    /// Its own name, which stands in its link.
    pub name: String,
    /// The public link, with the newest edition published from here.
    pub link: String,
    /// Editions published from here, the newest first.
    pub editions: Vec<Edition>,
    /// Whether an edition waits for its content to be stored.
    pub pending: Option<JobId>,
}

/// One edition of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Edition {
    /// Its number.
    pub number: u64,
    /// When it was stored, in seconds since 1970.
    pub at: u64,
}

/// An edition to be published.
#[derive(Clone)]
pub struct NewEdition {
    /// The name of the key.
    pub key: String,
    /// The site's name.
    pub site: String,
    /// What the edition is.
    pub content: EditionContent,
}

/// Where an edition's content is.
#[derive(Clone)]
pub enum EditionContent {
    /// In an insert that was begun; the edition is published once that is stored.
    Insert(JobId),
    /// There already.
    Target(Target),
}

/// Names a bookmark for as long as it is kept; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct BookmarkId(pub u64);

/// A bookmark.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bookmark {
    /// Names it.
    pub id: BookmarkId,
    /// The link; of a USK with the edition seen last, behind which opening it finds the newest.
    pub link: String,
    /// What the user calls it.
    pub title: String,
    /// Of a USK: the edition that the user saw last.
    pub seen: Option<u64>,
    /// Of a USK: the newest edition known.
    pub newest: Option<u64>,
    /// When the network was last asked and answered, in seconds since 1970.
    pub checked: Option<u64>,
}

impl Bookmark {
    /// Whether there is an edition that the user has not seen.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.newest > self.seen
    }
}

/// A bookmark to be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBookmark {
    /// The link.
    pub link: String,
    /// What to call it; empty for the name in the link.
    #[serde(default)]
    pub title: String,
}

/// What is to change about a bookmark.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct BookmarkChange {
    /// Another title.
    pub title: Option<String>,
    /// Another place in order, from 0; beyond the end is last.
    pub place: Option<usize>,
}

/// A page that was opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its link; of a USK with the edition that was shown.
    pub link: String,
    /// What the page calls itself, or empty.
    pub title: String,
    /// Its media type, in a stranger's words; or empty.
    pub media_type: String,
    /// Its length in bytes.
    pub length: u64,
}

/// A page that was opened lately.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recent {
    /// Its link.
    pub link: String,
    /// What it calls itself, or the name in the link.
    pub title: String,
    /// Its media type, in a stranger's words; or empty.
    pub media_type: String,
    /// Its length in bytes.
    pub length: u64,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    /// Its name, such as `disk.quota`.
    pub name: String,
    /// What it may be.
    pub kind: SettingKind,
    /// What it is set to; `None` where it is not set.
    pub value: Option<String>,
    /// What it is where it is not set, in words.
    pub default: String,
    /// What it is about, in words.
    pub meaning: String,
    /// When a change is heeded.
    pub effect: Effect,
}

/// What a setting may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// One of these words.
    Choice(Vec<String>),
    /// `true` or `false`.
    Switch,
    /// A number of bytes, such as `10 GiB`.
    Size,
    /// An address of this machine, such as `127.0.0.1:8888`.
    Address,
    /// Addresses with white space between them.
    Addresses,
    /// Invitations with white space between them.
    Invitations,
}

/// When a change of a setting is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// At once.
    AtOnce,
    /// When the node is next started.
    NextStart,
    /// When a store is made: at the first start, or the next one on an empty store.
    NewStore,
}

/// What every page needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// The language of pages.
    pub language: Language,
    /// The colours of pages.
    pub theme: Theme,
    /// Whether what was opened lately is remembered.
    pub recent: bool,
    /// Whether bookmarks are looked after.
    pub bookmark_checks: bool,
    /// Whether the user has gone through the first screens.
    pub first_run_done: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::Auto,
            theme: Theme::Auto,
            recent: true,
            bookmark_checks: true,
            first_run_done: false,
        }
    }
}

/// The language of pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// As the browser asks.
    #[default]
    Auto,
    /// French.
    Fr,
    /// English.
    En,
}

/// The colours of pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the browser asks.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// Black and white, heavy lines.
    Contrast,
}

// Links, titles and names say what somebody reads or publishes.
hidden!(Site NewEdition Bookmark NewBookmark BookmarkChange Visit Recent);

/// `title`, cut at a character where it is longer than [`MAX_TITLE_LEN`], without white space around
/// it and without control characters.
#[must_use]
pub fn tidy_title(title: &str) -> String {
    let plain: String = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let plain = plain.trim();
    plain[..plain.floor_char_boundary(MAX_TITLE_LEN)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bookmark(seen: Option<u64>, newest: Option<u64>) -> Bookmark {
        Bookmark { id: BookmarkId(1), link: "USK@secret".into(), title: "tenants".into(), seen, newest, checked: None }
    }

    #[test]
    fn a_bookmark_is_new_while_an_edition_is_unseen() {
        for (seen, newest, new) in
            [(None, None, false), (Some(3), Some(3), false), (Some(3), Some(4), true), (None, Some(0), true)]
        {
            assert_eq!(bookmark(seen, newest).is_new(), new, "{seen:?} {newest:?}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_what_somebody_reads() {
        let shown = format!("{:?}", bookmark(None, None));
        assert!(!shown.contains("USK@") && !shown.contains("tenants"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_tidy_title_is_short_plain_and_stays(title in "\\PC{0,120}|[\\x00-\\x20a-zé]{0,300}") {
            let tidy = tidy_title(&title);
            prop_assert!(tidy.len() <= MAX_TITLE_LEN && !tidy.chars().any(char::is_control));
            prop_assert_eq!(tidy_title(&tidy), tidy);
        }
    }
}
