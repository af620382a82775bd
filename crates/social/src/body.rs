//! What is said, by type: the fields of each, and their bounds.
//!
//! Every bound is checked when a body is read and when one is made; fields that this version does not know are kept,
//! so that a body can be passed on whole.

use std::collections::BTreeMap;

use ciborium::Value;
use serde::{Deserialize, Serialize};

use crate::board::{MAX_ABOUT, MAX_BOARD_NAME, Scope, open_board};
use crate::cbor::FormatError;
use crate::envelope::EnvelopeId;
use crate::identity::{DeviceId, PersonId, RecoveryCommitment, RecoveryId, Scopes, Signature};
use crate::names::clean_name;
use crate::octets::octets;
use crate::pointer::Pointer;
use crate::roster::Beacon;
use crate::text;
use crate::vouch::{Pass, PassKey};

octets! {
    /// A board: of an open one the hash of its path and language, of one with stewards the hash of its first
    /// descriptor.
    BoardId, 32
}

/// Characters of a title, at most.
pub const MAX_TITLE: usize = 140;
/// Bytes of a text, at most.
pub const MAX_TEXT_LEN: usize = 30_000;
/// Boards that one post may go to.
pub const MAX_BOARDS: usize = 3;
/// Files beside one post.
pub const MAX_ATTACHMENTS: usize = 8;
/// Characters of what stands in the place of a picture that is not seen.
pub const MAX_ALT: usize = 1_000;
/// Characters of a reason or a warning.
pub const MAX_REASON: usize = 500;
/// Characters of what a person says of themselves.
pub const MAX_BIO: usize = 500;
/// Languages that a person or a board names.
pub const MAX_LANGUAGES: usize = 8;
/// Entries in the head of an outbox, the newest.
pub const MAX_HEAD_ENTRIES: usize = 60;
/// Entries in a page of an outbox.
pub const MAX_PAGE_ENTRIES: usize = 120;
/// Pages that a head leads to: ten years of one a month.
pub const MAX_PAGES: usize = 120;
/// Entries of a digest, or of a page of one.
pub const MAX_DIGEST_ENTRIES: usize = 100;
/// Authors of whom a digest says what their newest is.
pub const MAX_DIGEST_AUTHORS: usize = 40;
/// Pages that a digest leads to.
pub const MAX_DIGEST_PAGES: usize = 40;
/// Hours of one digest or page: 31 days.
pub const MAX_DIGEST_HOURS: u32 = 744;
/// Devices that a profile takes back.
pub const MAX_REVOKED: usize = 64;
/// Sources of a correction.
pub const MAX_SOURCES: usize = 8;

/// Fields that this version does not know.
pub type Unknown = BTreeMap<String, Value>;

/// A kind of body.
pub(crate) trait Typed: Serialize + serde::de::DeserializeOwned {
    /// What a device must be allowed for it.
    const SCOPE: Scopes = Scopes::POST;

    /// Checks every bound.
    fn check(&self) -> Result<(), FormatError>;
}

/// A file beside a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it lies.
    pub at: Pointer,
    /// Its media type; printable ASCII.
    pub media: String,
    /// Its length in bytes.
    pub len: u64,
    /// What it shows, for those who do not see it; a picture has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
    #[serde(flatten)]
    #[doc = "Fields that this version does not know."]
    pub unknown: Unknown,
}

impl Attachment {
    fn check(&self) -> Result<(), FormatError> {
        let media = (1..=60).contains(&self.media.len()) && self.media.bytes().all(|byte| byte.is_ascii_graphic());
        text::within("media", media)?;
        text::optional_line("alt", &self.alt, MAX_ALT)?;
        text::within("alt", !self.media.starts_with("image/") || !self.alt.trim().is_empty())
    }
}

fn attachments(list: &[Attachment]) -> Result<(), FormatError> {
    text::list("files", list, MAX_ATTACHMENTS, Attachment::check)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares the bodies: their structs, each with room for unknown fields, and the enum over them.
macro_rules! bodies {
    ($(
        $(#[$doc:meta])*
        $tag:literal $name:ident { $( $(#[$field_doc:meta])* $field:ident: $type:ty ),* $(,)? }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: $type, )*
                /// Fields that this version does not know.
                #[serde(flatten)]
                pub unknown: Unknown,
            }
        )*

        /// What an envelope carries.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Body {
            $( $(#[$doc])* $name($name), )*
            /// Of a type that this version does not know: kept and passed on, not shown.
            Other {
                /// Its type.
                kind: String,
                /// Its fields.
                fields: Value,
            },
        }

        impl Body {
            /// The types of this version.
            pub const KINDS: &'static [&'static str] = &[$($tag),*];

            /// The type, as it stands in the format.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $( Self::$name(_) => $tag, )*
                    Self::Other { kind, .. } => kind,
                }
            }

            /// What a device must be allowed for it.
            #[must_use]
            pub fn scope(&self) -> Scopes {
                match self {
                    $( Self::$name(_) => <$name as Typed>::SCOPE, )*
                    Self::Other { .. } => Scopes::ALL,
                }
            }

            pub(crate) fn check(&self) -> Result<(), FormatError> {
                match self {
                    $( Self::$name(body) => body.check(), )*
                    Self::Other { kind, fields } => {
                        text::within("type", is_kind(kind))?;
                        text::within("body", fields.is_map())
                    }
                }
            }

            pub(crate) fn from_fields(kind: &str, fields: Value) -> Result<Self, FormatError> {
                match kind {
                    $( $tag => fields.deserialized().map(Self::$name).map_err(|_| FormatError::Malformed), )*
                    _ => Ok(Self::Other { kind: kind.to_owned(), fields }),
                }
            }

        }

        impl Serialize for Body {
            /// The fields alone; the type stands beside them.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$name(body) => body.serialize(serializer), )*
                    Self::Other { fields, .. } => fields.serialize(serializer),
                }
            }
        }

        $( impl From<$name> for Body {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        } )*
    };
}

/// The shape of a type's name, known or not.
fn is_kind(kind: &str) -> bool {
    (1..=16).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_lowercase())
}

bodies! {
    /// Who somebody says that they are. The highest serial stands.
    "profile" Profile {
        /// Which of the profiles of this person is the newer.
        serial: u64,
        /// The self-chosen name, as [`clean_name`] leaves it.
        name: String,
        /// A few lines about them.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        bio: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        avatar: Option<Pointer>,
        /// What they read and write, the first preferred.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        langs: Vec<String>,
        /// Where they are (ISO 3166), as coarse as they wish.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        place: String,
        /// The hash of the recovery key. It never changes.
        recovery: RecoveryCommitment,
        /// Devices that no longer speak for them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        revoked: Vec<DeviceId>,
    }

    /// A person's word that another took their place, opened with the recovery key: said by the new one. See
    /// [`Standing`](crate::Standing).
    "succeed" Succession {
        /// Whose place is taken.
        of: PersonId,
        /// Who takes it: the author.
        to: PersonId,
        /// Since when the old keys are not to be believed, seconds since 1970.
        since: u64,
        /// The recovery key whose hash stands in the profile of `of`.
        key: RecoveryId,
        /// The recovery commitment of `to`.
        recovery: RecoveryCommitment,
        /// The recovery key's signature.
        sig: Signature,
    }

    /// The newest of what a person said, and where the rest is: one fetch shows what they did.
    "outbox" OutboxHead {
        /// Which of the heads is the newer.
        serial: u64,
        /// The newest profile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<Pointer>,
        /// The serial of that profile.
        #[serde(default, skip_serializing_if = "is_default")]
        profile_serial: u64,
        /// The newest entries, newest first.
        entries: Vec<OutboxEntry>,
        /// What no longer fits into the head, newest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pages: Vec<PageEntry>,
    }

    /// Older entries of an outbox. It is written once.
    "page" OutboxPage {
        /// The month of its entries, as 202611.
        month: u32,
        /// Newest first.
        entries: Vec<OutboxEntry>,
    }

    /// The beginning of a thread.
    "post" Post {
        /// The boards it goes to.
        boards: Vec<BoardId>,
        /// One line.
        title: String,
        /// Markdown.
        text: String,
        /// The language of both.
        lang: String,
        /// Files beside it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Attachment>,
        /// What readers are warned of before they open it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        warning: String,
    }

    /// An answer in a thread.
    "reply" Reply {
        /// The boards it goes to: some or all of those of its thread.
        boards: Vec<BoardId>,
        /// The post that began the thread.
        root: EnvelopeId,
        /// What it answers: the root or another reply.
        parent: EnvelopeId,
        /// Markdown.
        text: String,
        /// Its language.
        lang: String,
        /// Files beside it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Attachment>,
        /// What readers are warned of before they open it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        warning: String,
    }

    /// A word from a short list. Readers see counts, not who.
    "react" Reaction {
        /// To what.
        target: EnvelopeId,
        /// Which. One of a person stands for each target: the newest.
        word: ReactionWord,
    }

    /// Another wording of something of one's own. Readers see both.
    "edit" Edit {
        /// Of what.
        target: EnvelopeId,
        /// The new title; where it is empty the old one stays, and a reply has none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// The new text.
        text: String,
        /// Its language.
        lang: String,
        /// Files beside it from now on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Attachment>,
        /// What readers are warned of from now on.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        warning: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    }

    /// The wish that something of one's own is no longer shown. Copies may remain, and pages say so.
    "retract" Retraction {
        /// What.
        target: EnvelopeId,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    }

    /// What somebody else says is wrong in something, shown beside it; also the right of reply.
    "correct" Correction {
        /// In what.
        target: EnvelopeId,
        /// The boards it goes to.
        boards: Vec<BoardId>,
        /// Markdown.
        text: String,
        /// Its language.
        lang: String,
        /// Where it can be checked: links, or references to documents.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
    }

    /// A curator's word on a post or a person. Readers choose whose labels count, and fold what is labelled.
    "label" Label {
        /// On what.
        target: LabelTarget,
        /// Which word.
        tag: LabelTag,
        /// On one board only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        board: Option<BoardId>,
        /// Why, in a sentence that readers see.
        reason: String,
        /// When it ends, seconds since 1970; 0 for never.
        #[serde(default, skip_serializing_if = "is_default")]
        until: u64,
        /// The label of the same curator that this one takes back; then there is no other meaning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retracts: Option<EnvelopeId>,
    }

    /// An introducer's word that somebody is a person, so that they need no proof of work.
    "vouch" Vouch {
        /// Who is vouched for.
        invitee: PersonId,
        /// On which board; on every board that accepts this introducer where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        board: Option<BoardId>,
        /// The last day, days since 1970.
        until: u32,
        /// The same in the form that storers check, for a key of the invitee's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass: Option<PassKey>,
    }

    /// A board, listed on a board that is a directory: see [`Directories`](crate::Directories).
    "card" Card {
        /// The directories it goes to.
        boards: Vec<BoardId>,
        /// The board that it lists.
        board: BoardId,
        /// The first descriptor of that board; none of an open one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Pointer>,
        /// Where it stands in the directory. Of an open board the path that makes its address.
        path: String,
        /// How far it reaches.
        scope: Scope,
        /// Where (ISO 3166).
        #[serde(default, skip_serializing_if = "String::is_empty")]
        place: String,
        /// Its languages, the first preferred. Of an open board the first makes its address.
        langs: Vec<String>,
        /// What it is called.
        name: String,
        /// What belongs there.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        about: String,
    }

    /// What one digester kept of a board in some hours, so that an absence costs a fetch a day: see
    /// [`DigestState`](crate::DigestState), which makes them.
    "digest" Digest {
        /// Of which board.
        board: BoardId,
        /// The first hour, hours since 1970.
        from: u32,
        /// The hour after the last.
        to: u32,
        /// What was kept, newest first.
        entries: Vec<DigestEntry>,
        /// How many were not.
        dropped: u32,
        /// The newest beacon of the board, from whoever keeps its secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beacon: Option<Beacon>,
        /// Of active authors, which head of their outbox is the newest.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        latest: Vec<AuthorEntry>,
        /// Hours before, and what was kept of these hours and does not stand here; newest first. A page has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pages: Vec<DigestPage>,
    }
}

/// One thing that a person said, in their outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Its type.
    pub kind: String,
    /// Its id, so that a reader who has it need not fetch it.
    pub id: EnvelopeId,
    /// Where it lies.
    pub at: Pointer,
    /// When it was signed, seconds since 1970.
    pub time: u64,
    /// To which boards it went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<BoardId>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl OutboxEntry {
    fn check(&self) -> Result<(), FormatError> {
        text::within("kind", is_kind(&self.kind))?;
        text::set("boards", &self.boards, MAX_BOARDS)
    }
}

/// Where older entries are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageEntry {
    /// Their month, as 202611.
    pub month: u32,
    /// The page.
    pub at: Pointer,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// One thing on a board, in a digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigestEntry {
    /// Its id.
    pub id: EnvelopeId,
    /// Who said it.
    pub author: PersonId,
    /// Where it lies.
    pub at: Pointer,
    /// The post that began its thread, unless it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<EnvelopeId>,
    /// When it was signed, seconds since 1970: its author's word.
    pub time: u64,
    /// In which hour it was announced, since 1970: the digester's word.
    pub hour: u32,
    /// The work by which it stood, in solutions as of work without a beacon; 0 where somebody vouched. The digester's
    /// word, which nobody can check later: it orders and proves nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub effort: u32,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Where a digest of earlier hours lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigestPage {
    /// Its first hour, since 1970.
    pub from: u32,
    /// The hour after its last.
    pub to: u32,
    /// The page. Of several of the same hours the best stand in the first.
    pub at: Pointer,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What a digest says of an author.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorEntry {
    /// Who.
    pub author: PersonId,
    /// The newest edition of their outbox.
    pub edition: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The words of a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReactionWord {
    /// I agree.
    Agree,
    /// I do not.
    Disagree,
    /// Thank you.
    Thanks,
    /// This matters.
    Important,
    /// I do not understand, or would like to know more.
    Question,
    /// I stand with you.
    Solidarity,
}

/// What a label is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelTarget {
    /// One thing that was said.
    Post(EnvelopeId),
    /// Everything that somebody says.
    Person(PersonId),
}

/// The words of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelTag {
    /// The same thing many times, or for sale.
    Spam,
    /// Belongs elsewhere.
    Offtopic,
    /// Gives away who or where somebody is.
    Doxxing,
    /// Against people for what they are.
    Hate,
    /// Calls for violence, or threatens.
    Violence,
    /// Against the law where the curator is.
    Illegal,
    /// Takes money or secrets by a lie.
    Scam,
    /// Not for every eye.
    Sensitive,
    /// Was said already.
    Duplicate,
}

impl Typed for Profile {
    fn check(&self) -> Result<(), FormatError> {
        text::within("name", clean_name(&self.name).is_ok_and(|clean| clean == self.name))?;
        text::within("bio", self.bio.chars().count() <= MAX_BIO)?;
        text::lines("bio", &self.bio, 4 * MAX_BIO)?;
        text::list("langs", &self.langs, MAX_LANGUAGES, |tag| text::language("langs", tag))?;
        text::place("place", &self.place)?;
        text::set("revoked", &self.revoked, MAX_REVOKED)
    }
}

impl Typed for Succession {
    fn check(&self) -> Result<(), FormatError> {
        text::within("to", self.to != self.of)?;
        text::within("sig", self.is_signed())
    }
}

impl Typed for OutboxHead {
    fn check(&self) -> Result<(), FormatError> {
        text::list("entries", &self.entries, MAX_HEAD_ENTRIES, OutboxEntry::check)?;
        text::list("pages", &self.pages, MAX_PAGES, |page| text::within("pages", is_month(page.month)))
    }
}

impl Typed for OutboxPage {
    fn check(&self) -> Result<(), FormatError> {
        text::within("month", is_month(self.month))?;
        text::list("entries", &self.entries, MAX_PAGE_ENTRIES, OutboxEntry::check)
    }
}

fn is_month(month: u32) -> bool {
    (197_001..=999_912).contains(&month) && (1..=12).contains(&(month % 100))
}

fn boards(boards: &[BoardId]) -> Result<(), FormatError> {
    text::within("boards", !boards.is_empty())?;
    text::set("boards", boards, MAX_BOARDS)
}

fn some_lines(field: &'static str, lines: &str) -> Result<(), FormatError> {
    text::lines(field, lines, MAX_TEXT_LEN)?;
    text::within(field, !lines.trim().is_empty())
}

impl Typed for Post {
    fn check(&self) -> Result<(), FormatError> {
        boards(&self.boards)?;
        text::line("title", &self.title, MAX_TITLE)?;
        // A title may say all.
        text::lines("text", &self.text, MAX_TEXT_LEN)?;
        text::language("lang", &self.lang)?;
        attachments(&self.files)?;
        text::optional_line("warning", &self.warning, MAX_TITLE)
    }
}

impl Typed for Reply {
    fn check(&self) -> Result<(), FormatError> {
        boards(&self.boards)?;
        some_lines("text", &self.text)?;
        text::language("lang", &self.lang)?;
        attachments(&self.files)?;
        text::optional_line("warning", &self.warning, MAX_TITLE)
    }
}

impl Typed for Reaction {
    fn check(&self) -> Result<(), FormatError> {
        Ok(())
    }
}

impl Typed for Edit {
    fn check(&self) -> Result<(), FormatError> {
        text::optional_line("title", &self.title, MAX_TITLE)?;
        text::lines("text", &self.text, MAX_TEXT_LEN)?;
        text::within("text", !self.title.is_empty() || !self.text.trim().is_empty())?;
        text::language("lang", &self.lang)?;
        attachments(&self.files)?;
        text::optional_line("warning", &self.warning, MAX_TITLE)?;
        text::optional_line("reason", &self.reason, MAX_REASON)
    }
}

impl Typed for Retraction {
    fn check(&self) -> Result<(), FormatError> {
        text::optional_line("reason", &self.reason, MAX_REASON)
    }
}

impl Typed for Correction {
    fn check(&self) -> Result<(), FormatError> {
        boards(&self.boards)?;
        some_lines("text", &self.text)?;
        text::language("lang", &self.lang)?;
        text::list("sources", &self.sources, MAX_SOURCES, |source| text::line("sources", source, MAX_REASON))
    }
}

impl Typed for Label {
    const SCOPE: Scopes = Scopes::CURATE;

    fn check(&self) -> Result<(), FormatError> {
        text::line("reason", &self.reason, MAX_REASON)
    }
}

impl Typed for Vouch {
    const SCOPE: Scopes = Scopes::CURATE;

    fn check(&self) -> Result<(), FormatError> {
        text::within("pass", self.pass().is_none_or(|pass| pass.verify().is_ok()))
    }
}

impl Vouch {
    /// The vouch as storers check it: of the same board and until the same day.
    #[must_use]
    pub fn pass(&self) -> Option<Pass> {
        let mark = self.board.map(|board| board.tag());
        self.pass.map(|key| Pass { mark, until: self.until, key })
    }
}

impl Typed for Card {
    fn check(&self) -> Result<(), FormatError> {
        boards(&self.boards)?;
        text::path("path", &self.path)?;
        text::place("place", &self.place)?;
        text::within("langs", !self.langs.is_empty())?;
        text::list("langs", &self.langs, MAX_LANGUAGES, |tag| text::language("langs", tag))?;
        text::line("name", &self.name, MAX_BOARD_NAME)?;
        text::within("about", self.about.chars().count() <= MAX_ABOUT)?;
        text::lines("about", &self.about, 4 * MAX_ABOUT)?;
        // What has no descriptor is open, and its address follows from what the card says.
        let open = || self.langs.first().and_then(|lang| open_board(&self.path, lang).ok());
        text::within("board", self.at.is_some() || open() == Some(self.board))
    }
}

impl Typed for Digest {
    const SCOPE: Scopes = Scopes::CURATE;

    fn check(&self) -> Result<(), FormatError> {
        text::within("to", is_span(self.from, self.to))?;
        text::list("entries", &self.entries, MAX_DIGEST_ENTRIES, |entry| {
            text::within("entries", (self.from..self.to).contains(&entry.hour))
        })?;
        let ids: Vec<EnvelopeId> = self.entries.iter().map(|entry| entry.id).collect();
        text::set("entries", &ids, MAX_DIGEST_ENTRIES)?;
        let authors: Vec<PersonId> = self.latest.iter().map(|entry| entry.author).collect();
        text::set("latest", &authors, MAX_DIGEST_AUTHORS)?;
        text::list("pages", &self.pages, MAX_DIGEST_PAGES, |page| {
            text::within("pages", is_span(page.from, page.to) && page.to <= self.to)
        })
    }
}

fn is_span(from: u32, to: u32) -> bool {
    to.checked_sub(from).is_some_and(|hours| (1..=MAX_DIGEST_HOURS).contains(&hours))
}
