//! What the reader set: bookmarks, mutes, drafts, whom they follow and what they call people.

use std::collections::BTreeMap;

use roneo_social::{BoardId, EnvelopeId, PersonId};
use serde::{Deserialize, Serialize};

use crate::bounds::{
    MAX_BOARD_SETTINGS, MAX_BOOKMARKS, MAX_DRAFT_ID_LEN, MAX_DRAFTS, MAX_FOLLOWED_BOARDS, MAX_FOLLOWED_PERSONS,
    MAX_MUTES, MAX_PETNAMES,
};
use crate::error::IndexError;
use crate::record::Record;
use crate::segment::{Place, frame_len};

/// Somebody whose labels count for this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Curator {
    /// Who.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub person: PersonId,
    /// Whether one label of theirs folds: so for the curators that a board names. Of others it takes two.
    pub alone: bool,
}

/// A name for a draft, of the caller's choice: 1 to [`MAX_DRAFT_ID_LEN`] small letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DraftId(String);

impl TryFrom<String> for DraftId {
    type Error = IndexError;

    fn try_from(text: String) -> Result<Self, IndexError> {
        Self::new(&text)
    }
}

impl From<DraftId> for String {
    fn from(id: DraftId) -> Self {
        id.0
    }
}

impl DraftId {
    /// Reads one.
    ///
    /// # Errors
    /// [`IndexError::DraftId`].
    pub fn new(text: &str) -> Result<Self, IndexError> {
        let fits = (1..=MAX_DRAFT_ID_LEN).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(IndexError::DraftId) }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A draft as it lies in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft {
    /// When it was saved, seconds since 1970.
    pub(crate) at: u64,
    /// Bytes of its text.
    pub(crate) len: u32,
    pub(crate) place: Place,
}

/// Everything that the reader set, but what they read.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) bookmarks: BTreeMap<EnvelopeId, u64>,
    pub(crate) muted_persons: BTreeMap<PersonId, u64>,
    pub(crate) muted_threads: BTreeMap<EnvelopeId, u64>,
    pub(crate) drafts: BTreeMap<DraftId, Draft>,
    pub(crate) boards: BTreeMap<BoardId, u64>,
    pub(crate) persons: BTreeMap<PersonId, u64>,
    pub(crate) petnames: BTreeMap<PersonId, String>,
    /// By board; those without one count everywhere.
    pub(crate) curators: BTreeMap<Option<BoardId>, Vec<Curator>>,
    /// Up to when boards are read.
    pub(crate) read_up_to: BTreeMap<BoardId, u64>,
}

/// Whether `map` has room for `key`.
fn room<K: Ord, V>(map: &BTreeMap<K, V>, key: &K, max: usize, what: &'static str) -> Result<(), IndexError> {
    if map.len() < max || map.contains_key(key) { Ok(()) } else { Err(IndexError::Full(what)) }
}

/// Sets or takes away.
fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

impl Marks {
    /// Whether a change is within the bounds. Taking something away always is.
    ///
    /// # Errors
    /// [`IndexError::Full`].
    pub(crate) fn admit(&self, change: &Record) -> Result<(), IndexError> {
        match change {
            Record::Bookmark { id, at: Some(_) } => room(&self.bookmarks, id, MAX_BOOKMARKS, "bookmarks"),
            Record::MutePerson { person, at: Some(_) } => {
                room(&self.muted_persons, person, MAX_MUTES - self.muted_threads.len(), "mutes")
            }
            Record::MuteThread { root, at: Some(_) } => {
                room(&self.muted_threads, root, MAX_MUTES - self.muted_persons.len(), "mutes")
            }
            Record::Draft { id, .. } => room(&self.drafts, &DraftId(id.clone()), MAX_DRAFTS, "drafts"),
            Record::FollowBoard { board, at: Some(_) } => {
                room(&self.boards, board, MAX_FOLLOWED_BOARDS, "boards followed")
            }
            Record::FollowPerson { person, at: Some(_) } => {
                room(&self.persons, person, MAX_FOLLOWED_PERSONS, "people followed")
            }
            Record::Petname { person, name: Some(_) } => room(&self.petnames, person, MAX_PETNAMES, "names"),
            Record::Curators { board, curators } if !curators.is_empty() => {
                room(&self.curators, board, MAX_BOARD_SETTINGS, "boards with curators")
            }
            Record::BoardRead { board, up_to: 1.. } => {
                room(&self.read_up_to, board, MAX_BOARD_SETTINGS, "boards marked as read")
            }
            _ => Ok(()),
        }
    }

    /// Makes a change that lies at `place`; others than those of the reader's settings do nothing here.
    pub(crate) fn apply(&mut self, change: Record, place: Place) {
        match change {
            Record::Bookmark { id, at } => set(&mut self.bookmarks, id, at),
            Record::MutePerson { person, at } => set(&mut self.muted_persons, person, at),
            Record::MuteThread { root, at } => set(&mut self.muted_threads, root, at),
            Record::Draft { id, at, text } => {
                self.drafts.insert(DraftId(id), Draft { at, len: text.len() as u32, place });
            }
            Record::NoDraft { id } => {
                self.drafts.remove(&DraftId(id));
            }
            Record::FollowBoard { board, at } => set(&mut self.boards, board, at),
            Record::FollowPerson { person, at } => set(&mut self.persons, person, at),
            Record::Petname { person, name } => set(&mut self.petnames, person, name),
            Record::Curators { board, curators } => {
                set(&mut self.curators, board, Some(curators).filter(|list| !list.is_empty()));
            }
            Record::BoardRead { board, up_to } => {
                set(&mut self.read_up_to, board, Some(up_to).filter(|time| *time > 0))
            }
            _ => {}
        }
    }

    /// The changes that lead from nothing to this, drafts excepted.
    pub(crate) fn changes(&self) -> Vec<Record> {
        let mut changes = Vec::new();
        changes.extend(self.bookmarks.iter().map(|(id, at)| Record::Bookmark { id: *id, at: Some(*at) }));
        changes.extend(self.muted_persons.iter().map(|(who, at)| Record::MutePerson { person: *who, at: Some(*at) }));
        changes.extend(self.muted_threads.iter().map(|(root, at)| Record::MuteThread { root: *root, at: Some(*at) }));
        changes.extend(self.boards.iter().map(|(board, at)| Record::FollowBoard { board: *board, at: Some(*at) }));
        changes.extend(self.persons.iter().map(|(who, at)| Record::FollowPerson { person: *who, at: Some(*at) }));
        let named = self.petnames.iter();
        changes.extend(named.map(|(who, name)| Record::Petname { person: *who, name: Some(name.clone()) }));
        let curated = self.curators.iter();
        changes.extend(curated.map(|(board, list)| Record::Curators { board: *board, curators: list.clone() }));
        let read = self.read_up_to.iter();
        changes.extend(read.map(|(board, up_to)| Record::BoardRead { board: *board, up_to: *up_to }));
        changes
    }

    /// Bytes of the log that all this takes, the frames of settings taken as of one length.
    pub(crate) fn live_len(&self) -> u64 {
        let drafts: u64 = self.drafts.values().map(|draft| u64::from(draft.place.len)).sum();
        let settings = self.bookmarks.len()
            + self.muted_persons.len()
            + self.muted_threads.len()
            + self.boards.len()
            + self.persons.len()
            + self.petnames.len()
            + self.curators.len()
            + self.read_up_to.len();
        drafts + (settings * frame_len(0)) as u64
    }

    /// Whether a curator's labels count on a board, and if so whether one is enough.
    pub(crate) fn curator(&self, board: Option<BoardId>, person: PersonId) -> Option<bool> {
        let everywhere = self.curators.get(&None);
        let here = board.and_then(|board| self.curators.get(&Some(board)));
        let lists = everywhere.into_iter().chain(here).flatten();
        lists.filter(|curator| curator.person == person).map(|curator| curator.alone).max()
    }
}
