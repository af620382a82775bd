//! Which entries stay where there is no room for all. Each lane is a function of the set of entries that it was given,
//! whatever their order and however often: the best of nested groups, where what was left out once is never missed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use roneo_keys::BLOCK_LEN;

use super::vouched::{VOUCHED_LEN, VouchedAnnouncement};
use super::{ANNOUNCEMENT_LEN, Announcement, RECORD_HEADER_LEN};
use crate::effort::Effort;

/// Entries of a record of an open board.
pub const MAX_ANNOUNCEMENTS: usize = (BLOCK_LEN - RECORD_HEADER_LEN) / ANNOUNCEMENT_LEN;
/// Entries of one device in a record of an open board. There nobody is vouched for, so this is what the plan gives to
/// those who are: more would let one device fill a quiet board, fewer end a conversation after two sentences.
pub const MAX_PER_DEVICE: usize = 4;
/// Entries in a record of a board with stewards that stand by a vouch.
pub const MAX_VOUCHED: usize = 46;
/// Of these, entries for which one introducer vouches.
pub const MAX_PER_INTRODUCER: usize = 12;
/// Of these, entries of one guest.
pub const MAX_PER_GUEST: usize = 4;
/// Entries in a record of a board with stewards that stand by work.
pub const MAX_NEWCOMERS: usize = 32;
/// Of these, entries of one device.
pub const MAX_PER_NEWCOMER: usize = 2;
/// Of these, entries that a reader fetches unasked: the best. Of the others it shows that they are there, with author and
/// work, and fetches those that somebody opens. So a flood of the lane costs a reader of this board alone less than a
/// fifth more, where fetching all 32 cost 45 %.
pub const MAX_FETCHED_NEWCOMERS: usize = 10;
/// Of newcomers' entries that come into the best of an hour later, those that a reader fetches at one reading. Else who
/// brings better and better entries would have each of them fetched.
pub const MAX_FETCHED_LATER: usize = 2;

const _: () = assert!(MAX_ANNOUNCEMENTS == 124);
const _: () = assert!(
    RECORD_HEADER_LEN + MAX_VOUCHED * VOUCHED_LEN + MAX_NEWCOMERS * ANNOUNCEMENT_LEN == BLOCK_LEN,
    "both lanes fill a block"
);

/// How an entry stands among others: more work first, then the lower hash. No two entries are equal in it.
pub(super) type Rank = (Reverse<Effort>, [u8; 32]);

/// How many entries a lane has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) entries: usize,
    pub(super) of_device: usize,
    /// How many of them readers fetch unasked.
    pub(super) fetched: usize,
}

impl Room {
    /// Where nobody is vouched for all are newcomers, and all are read.
    pub(super) const OPEN: Self =
        Self { entries: MAX_ANNOUNCEMENTS, of_device: MAX_PER_DEVICE, fetched: MAX_ANNOUNCEMENTS };
    pub(super) const NEWCOMERS: Self =
        Self { entries: MAX_NEWCOMERS, of_device: MAX_PER_NEWCOMER, fetched: MAX_FETCHED_NEWCOMERS };
}

/// Entries that stand by work: the best of what announces the same, then of each device, then of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkLane {
    room: Room,
    entries: BTreeMap<Rank, Announcement>,
}

impl WorkLane {
    pub(super) const fn new(room: Room) -> Self {
        Self { room, entries: BTreeMap::new() }
    }

    pub(super) fn entries(&self) -> &BTreeMap<Rank, Announcement> {
        &self.entries
    }

    /// The work of the last entry, once there is no room for more.
    pub(super) fn going_rate(&self) -> Option<Effort> {
        let ((Reverse(least), _), _) = self.entries.last_key_value()?;
        (self.entries.len() >= self.room.entries).then_some(*least)
    }

    /// The work of the last entry that readers fetch unasked, once there are no more of these.
    pub(super) fn fetched_rate(&self) -> Option<Effort> {
        let (Reverse(least), _) = self.entries.keys().nth(self.room.fetched.checked_sub(1)?)?;
        Some(*least)
    }

    /// Entries that readers fetch unasked.
    pub(super) fn fetched(&self) -> impl Iterator<Item = &Announcement> {
        self.entries.values().take(self.room.fetched)
    }

    /// Nothing, with the same room.
    pub(super) const fn emptied(&self) -> Self {
        Self::new(self.room)
    }

    pub(super) fn would_stay(&self, rank: &Rank, entry: &Announcement) -> bool {
        let better = |other: &&Rank| *other < rank;
        if self.twin(entry).is_some_and(|known| known < *rank) {
            return false;
        }
        let own = self.entries.iter().filter(|(_, known)| known.device() == entry.device());
        let all = self.entries.len() < self.room.entries
            || self.entries.last_key_value().is_some_and(|(worst, _)| rank < worst);
        all && own.map(|(rank, _)| rank).filter(better).count() < self.room.of_device
    }

    /// Where an entry stands that announces the same: another signature under one proof makes no second one.
    fn twin(&self, entry: &Announcement) -> Option<Rank> {
        let said = |entry: &Announcement| (entry.device(), entry.said());
        self.entries.iter().find(|(_, known)| said(known) == said(entry)).map(|(rank, _)| *rank)
    }

    /// Puts an entry in and takes out what is then too much: of what it announces, of its device, then of all.
    pub(super) fn keep(&mut self, rank: Rank, entry: Announcement) {
        let device = entry.device();
        match self.twin(&entry) {
            Some(better) if better <= rank => return,
            Some(worse) => drop(self.entries.remove(&worse)),
            None => {}
        }
        self.entries.insert(rank, entry);
        let own: Vec<Rank> =
            self.entries.iter().filter(|(_, known)| known.device() == device).map(|(rank, _)| *rank).collect();
        for rank in own.iter().skip(self.room.of_device) {
            self.entries.remove(rank);
        }
        while self.entries.len() > self.room.entries {
            self.entries.pop_last();
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (rank, entry) in &other.entries {
            self.keep(*rank, entry.clone());
        }
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        other.entries.keys().all(|rank| self.entries.contains_key(rank))
    }
}

/// Entries that stand by a vouch. Nothing that their authors claim makes one better than another, so the first of each
/// guest stand before the second of any: who grinds hashes wins nothing but an order among their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct VouchedLane {
    entries: Vec<Hashed>,
}

/// An entry and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hashed {
    hash: [u8; 32],
    entry: VouchedAnnouncement,
}

impl Hashed {
    fn new(entry: VouchedAnnouncement) -> Self {
        Self { hash: *blake3::hash(&entry.to_bytes()).as_bytes(), entry }
    }
}

impl VouchedLane {
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = &VouchedAnnouncement> {
        self.entries.iter().map(|hashed| &hashed.entry)
    }

    pub(super) fn has(&self, entry: &VouchedAnnouncement) -> bool {
        self.entries().any(|known| known == entry)
    }

    pub(super) fn would_stay(&self, entry: &VouchedAnnouncement) -> bool {
        let mut with = self.clone();
        with.keep([entry.clone()]);
        with.has(entry)
    }

    /// Puts entries in and takes out what is then too much: of what announces the same, of a guest, of an introducer,
    /// then of all. A guest of two introducers is two: each speaks for their own.
    pub(super) fn keep(&mut self, entries: impl IntoIterator<Item = VouchedAnnouncement>) {
        self.entries.extend(entries.into_iter().map(Hashed::new));
        self.entries.sort_unstable_by_key(|hashed| hashed.hash);
        let mut said = BTreeSet::new();
        let mut turns = BTreeMap::new();
        let mut ranked: Vec<(usize, Hashed)> = Vec::with_capacity(self.entries.len());
        for hashed in self.entries.drain(..) {
            let guest = (hashed.entry.introducer(), hashed.entry.guest());
            let entry = hashed.entry.entry();
            let turn: &mut usize = turns.entry(guest).or_default();
            if *turn < MAX_PER_GUEST && said.insert((guest, entry.device(), entry.said())) {
                ranked.push((*turn, hashed));
                *turn += 1;
            }
        }
        // Stable: by hash within a turn.
        ranked.sort_by_key(|(turn, _)| *turn);
        let mut introduced = BTreeMap::new();
        ranked.retain(|(_, hashed)| {
            let count: &mut usize = introduced.entry(hashed.entry.introducer()).or_default();
            *count += 1;
            *count <= MAX_PER_INTRODUCER
        });
        self.entries.extend(ranked.into_iter().take(MAX_VOUCHED).map(|(_, hashed)| hashed));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.keep(other.entries().cloned());
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        other.entries.iter().all(|theirs| self.entries.iter().any(|known| known.hash == theirs.hash))
    }
}
