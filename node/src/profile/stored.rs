//! What the files of a profile say once they are opened: JSON, within bounds.
//!
//! This file uses nothing of the crate around it, so that a fuzzer can be built from it alone.

use std::collections::BTreeSet;

use roneo_social::{
    BoardId, Descriptor, DeviceCertificate, EnvelopeId, KeptChain, MasterSecret, OutboxEntry, OutboxHead, OutboxState,
    PassKey, PersonId, Pointer, Profile, Unknown,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Bytes of a text at most: 500 bookmarks with the longest links and titles have two thirds of it.
pub const MAX_TEXT_LEN: usize = 2 << 20;
/// A text is filled with spaces to a multiple of so many bytes, so that a file's length does not count
/// what is in it.
pub const PAD_TO: usize = 4_096;

const MAX_BOOKMARKS: usize = 500;
const MAX_RECENT: usize = 50;
const MAX_SITES: usize = 200;
const MAX_EDITIONS: usize = 100;
const MAX_PENDING: usize = 32;
const MAX_LINK_LEN: usize = 2_048;
const MAX_TITLE_LEN: usize = 200;
const MAX_MEDIA_TYPE_LEN: usize = 100;
const MAX_PEOPLE: usize = 32;
const MAX_OFFICES: usize = 64;
const MAX_PASSES: usize = 256;
const MAX_KNOWN: usize = 64;
const MAX_SAID: usize = 216;
/// Characters of an envelope in base64.
const MAX_ENVELOPE: usize = 42_667;
const MAX_SAID_TITLE: usize = 600;
/// Bytes of the names of identities.
const MAX_NAME: usize = 160;
/// Bytes of the names of keys and sites.
const MAX_NAME_LEN: usize = 128;

/// What one file holds.
pub trait Stored: Serialize + for<'a> Deserialize<'a> + Default + Clone {
    /// Names the file, and stands in its header.
    const NAME: &'static str;

    /// Whether everything in it is within its bounds.
    fn is_sound(&self) -> bool;
}

/// The bookmarks, in the user's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmarks {
    /// The number of the next one; no number is given twice.
    pub next: u64,
    /// All of them.
    pub list: Vec<Bookmark>,
}

/// One bookmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Its number.
    pub id: u64,
    /// Its link.
    pub link: String,
    /// What the user calls it.
    pub title: String,
    /// The edition that the user saw last.
    pub seen: Option<u64>,
    /// The newest edition known.
    pub newest: Option<u64>,
    /// When the network last answered, in seconds since 1970.
    pub checked: Option<u64>,
}

/// What was opened lately, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recents {
    /// All of it.
    pub list: Vec<Recent>,
}

/// A page that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Its link.
    pub link: String,
    /// What it calls itself.
    pub title: String,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub length: u64,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// What was published from here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sites {
    /// By key and name.
    pub list: Vec<Site>,
    /// Editions that wait for their content.
    pub pending: Vec<Pending>,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The name of its key.
    pub key: String,
    /// Its own.
    pub name: String,
    /// The newest first.
    pub editions: Vec<Edition>,
}

/// An edition that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Its number.
    pub number: u64,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// An edition that is published once an insert is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The name of the key.
    pub key: String,
    /// The site's name.
    pub site: String,
    /// The insert's number in the queue.
    pub insert: u64,
}

/// Who the user is, and what they said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Social {
    /// The user's identities.
    pub people: Vec<OwnPerson>,
    /// What was said, oldest first.
    pub said: Vec<Said>,
}

/// An identity of the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnPerson {
    /// What it is called.
    pub name: String,
    /// The seed of its master key.
    pub master: Seed,
    /// The seed of this machine's key for it.
    pub device: Seed,
    /// The master key's word for this machine.
    pub certificate: DeviceCertificate,
    /// Envelopes that this machine has signed for it.
    pub seq: u64,
    /// The last of them.
    pub prev: Option<EnvelopeId>,
    /// Who it says that it is. An identity of an earlier version says nothing.
    #[serde(default)]
    pub profile: Option<OwnProfile>,
    /// What it said, as it is to be published.
    #[serde(default)]
    pub outbox: OwnOutbox,
}

/// What an identity says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnProfile {
    /// What it says.
    pub profile: Profile,
    /// Where that lies, once it is stored.
    pub at: Option<Pointer>,
}

/// The outbox of an identity, as this machine knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnOutbox {
    /// What was published or met last, and what was said here since.
    pub head: Option<OutboxHead>,
    /// Whether something in it is not published yet.
    pub waits: bool,
}

impl OwnPerson {
    /// Whom it is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        MasterSecret::from_seed(&self.master.0).person()
    }
}

impl OwnOutbox {
    /// Adds something that was said and is stored, to be published.
    pub fn add(&mut self, said: &Said) {
        let Some(at) = said.at.clone() else { return };
        let mut state = self.head.as_ref().map(OutboxState::of).unwrap_or_default();
        state.add(OutboxEntry {
            kind: said.kind.clone(),
            id: said.id,
            at,
            time: said.time,
            boards: vec![said.board],
            unknown: Unknown::new(),
        });
        self.head = Some(state.to_head());
        self.waits = true;
    }
}

/// 32 secret bytes, wiped when they are no longer used, and in JSON as numbers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seed(…)")
    }
}

/// Something that the user said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Its id.
    pub id: EnvelopeId,
    /// The type of its body.
    #[serde(default = "post")]
    pub kind: String,
    /// The name of the identity that said it.
    pub identity: String,
    /// That identity's key.
    pub person: PersonId,
    /// On which board.
    pub board: BoardId,
    /// Its title, or how it begins.
    pub title: String,
    /// When it was signed, in seconds since 1970.
    pub time: u64,
    /// Before which nothing of it leaves, in seconds since 1970.
    #[serde(default)]
    pub not_before: u64,
    /// How far it has come.
    pub state: SaidState,
    /// Its bytes in the base64 of links, until it is announced.
    pub envelope: String,
    /// Where it lies, once it is stored.
    pub at: Option<Pointer>,
    /// Storers that have its announcement.
    pub receipts: u8,
    /// The hour in whose record it is announced, hours since 1970.
    #[serde(default)]
    pub hour: Option<u32>,
    /// Why it was given up.
    pub error: Option<String>,
}

/// What an earlier version said were posts and answers to them.
fn post() -> String {
    "post".to_owned()
}

/// How far something that was said has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaidState {
    /// Signed.
    Signed,
    /// Stored.
    Stored,
    /// Announced.
    Announced,
    /// In its author's outbox alone.
    Published,
    /// Given up.
    Failed,
}

impl SaidState {
    /// Whether there is something left to do.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Signed | Self::Stored)
    }
}

/// Boards with stewards.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Boards {
    /// What the user's keys for offices come from: one for each board, so that nobody can tell that two are one
    /// person's.
    pub offices: Vec<Seed>,
    /// Invitations that were taken up.
    pub passes: Vec<HeldPass>,
    /// Boards that are known.
    pub known: Vec<KnownBoard>,
}

/// An invitation that was taken up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldPass {
    /// To which board.
    pub board: BoardId,
    /// For which of the user's identities.
    pub person: PersonId,
    /// The guest's key.
    pub guest: Seed,
    /// Its last day, days since 1970.
    pub until: u32,
    /// Who vouches.
    pub key: PassKey,
}

/// A board with stewards that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownBoard {
    /// Where the link of its first descriptor lies.
    pub first: Pointer,
    /// Its state.
    pub chain: KeptChain,
    /// When it was last seen to change, seconds since 1970.
    pub changed_at: u64,
    /// What the user, a steward, proposes or has signed.
    pub proposal: Option<Descriptor>,
    /// Whether the user's seat is to be published.
    pub seat_waits: bool,
}

impl Stored for Boards {
    const NAME: &'static str = "boards";

    fn is_sound(&self) -> bool {
        let boards: BTreeSet<BoardId> = self.known.iter().map(|known| known.chain.board).collect();
        self.offices.len() <= MAX_OFFICES
            && self.passes.len() <= MAX_PASSES
            && self.known.len() <= MAX_KNOWN
            && boards.len() == self.known.len()
    }
}

impl Stored for Social {
    const NAME: &'static str = "social";

    fn is_sound(&self) -> bool {
        let names: BTreeSet<&str> = self.people.iter().map(|person| person.name.as_str()).collect();
        let short = |said: &Said| {
            said.envelope.len() <= MAX_ENVELOPE
                && said.title.len() <= MAX_SAID_TITLE
                && said.identity.len() <= MAX_NAME
                && said.kind.len() <= MAX_NAME
        };
        self.people.len() <= MAX_PEOPLE
            && names.len() == self.people.len()
            && names.iter().all(|name| name.len() <= MAX_NAME)
            && self.said.len() <= MAX_SAID
            && self.said.iter().all(short)
    }
}

impl Stored for Bookmarks {
    const NAME: &'static str = "bookmarks";

    fn is_sound(&self) -> bool {
        let numbers: BTreeSet<u64> = self.list.iter().map(|bookmark| bookmark.id).collect();
        let short = |bookmark: &Bookmark| bookmark.link.len() <= MAX_LINK_LEN && bookmark.title.len() <= MAX_TITLE_LEN;
        self.list.len() <= MAX_BOOKMARKS
            && numbers.len() == self.list.len()
            && numbers.last().is_none_or(|last| *last < self.next)
            && self.list.iter().all(short)
    }
}

impl Stored for Recents {
    const NAME: &'static str = "recent";

    fn is_sound(&self) -> bool {
        let short = |recent: &Recent| {
            recent.link.len() <= MAX_LINK_LEN
                && recent.title.len() <= MAX_TITLE_LEN
                && recent.media_type.len() <= MAX_MEDIA_TYPE_LEN
        };
        self.list.len() <= MAX_RECENT && self.list.iter().all(short)
    }
}

impl Stored for Sites {
    const NAME: &'static str = "sites";

    fn is_sound(&self) -> bool {
        let names = |key: &str, site: &str| key.len() <= MAX_NAME_LEN && site.len() <= MAX_NAME_LEN;
        self.list.len() <= MAX_SITES
            && self.pending.len() <= MAX_PENDING
            && self.list.iter().all(|site| names(&site.key, &site.name) && site.editions.len() <= MAX_EDITIONS)
            && self.pending.iter().all(|pending| names(&pending.key, &pending.site))
    }
}

/// The text of a file; `None` for what is not within its bounds.
#[must_use]
pub fn encode<T: Stored>(value: &T) -> Option<Vec<u8>> {
    let mut text = value.is_sound().then(|| serde_json::to_vec(value).ok())??;
    text.resize(text.len().next_multiple_of(PAD_TO), b' ');
    (text.len() <= MAX_TEXT_LEN).then_some(text)
}

/// What a text says; `None` for one that [`encode`] never gives. What a later version adds is ignored.
#[must_use]
pub fn decode<T: Stored>(text: &[u8]) -> Option<T> {
    if text.len() > MAX_TEXT_LEN {
        return None;
    }
    serde_json::from_slice(text).ok().filter(T::is_sound)
}
