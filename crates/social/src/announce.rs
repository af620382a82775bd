//! How strangers are heard: records that many write, one for each hour of a board. `docs/formats/announcement.md`.
//!
//! A reader of a board fetches a few records and meets everybody who announced there, known or not. Whoever stores a
//! record checks each entry by itself and keeps the best of them: an entry has a proof of work, and when a record is
//! full more work displaces less. So a flood costs its maker work, and a reader no more than a full record.
//!
//! A storer sees a **tag** in the place of a board and a device in the place of a person. What is announced it sees
//! only if it has the board's address; of open boards anybody may.
//!
//! Merging is a semilattice: associative, commutative, idempotent. In whatever order entries reach storers, those that were
//! given the same ones end with the same bytes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use roneo_keys::time::Wall;
use roneo_keys::{BLOCK_LEN, Locator};

use crate::body::BoardId;
use crate::cbor::FormatError;
use crate::effort::{Challenge, Effort, EffortError, Proof};
use crate::identity::{DeviceId, DeviceSecret, PersonId, verify};
use crate::octets::{Octets, octets};
use crate::pointer::Pointer;

octets! {
    /// What stands for a board before those who store its announcements: a hash of its address.
    BoardTag, 32
}

/// The version that this program writes, and the only one that a storer takes.
pub const ANNOUNCEMENT_VERSION: u8 = 0;
/// Bytes of an entry.
pub const ANNOUNCEMENT_LEN: usize = 256;
/// Bytes before the entries of a record.
const RECORD_HEADER_LEN: usize = 1_024;
/// Entries of a record.
pub const MAX_ANNOUNCEMENTS: usize = (BLOCK_LEN - RECORD_HEADER_LEN) / ANNOUNCEMENT_LEN;
/// Entries of one device in a record. On an open board nobody is vouched for, so this is what the plan gives to those
/// who are: more would let one device fill a quiet board, fewer end a conversation after two sentences.
pub const MAX_PER_DEVICE: usize = 4;
/// Records of one hour of a board so far. An entry does not say in which it belongs, so storers take none for others.
pub const SHARDS: u16 = 1;
/// Seconds before and after its hour in which a record takes entries from their makers.
pub const GRACE_S: u64 = 600;
const HOUR_S: u64 = 3_600;

const _: () = assert!(MAX_ANNOUNCEMENTS == 124);

// Where the fields of an entry stand.
const HOUR_AT: usize = 4;
const DEVICE_AT: usize = 8;
const PROOF_AT: usize = DEVICE_AT + DeviceId::LEN;
const SALT_AT: usize = PROOF_AT + Proof::LEN;
const SEALED_AT: usize = SALT_AT + 8;
const SEALED_TAG_AT: usize = SIGNATURE_AT - 16;
const SIGNATURE_AT: usize = ANNOUNCEMENT_LEN - 64;
/// Bytes of what is sealed: a pointer, a person, and zeros.
const PLAIN_LEN: usize = SEALED_TAG_AT - SEALED_AT;

const _: () = assert!(PLAIN_LEN == 104 && Pointer::LEN + PersonId::LEN <= PLAIN_LEN);

impl BoardId {
    /// What stands for the board before storers.
    #[must_use]
    pub fn tag(&self) -> BoardTag {
        BoardTag::from_bytes(blake3::derive_key("roneo board tag 1", self.as_bytes()))
    }

    fn sealing_key(&self) -> [u8; 32] {
        blake3::derive_key("roneo announcement key 1", self.as_bytes())
    }
}

/// Which record: of a board, an hour, and one of several where a board is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName {
    /// Of which board.
    pub tag: BoardTag,
    /// Hours since 1970.
    pub hour: u32,
    /// Which of several; below [`SHARDS`].
    pub shard: u16,
}

impl RecordName {
    /// Where it is stored: BLAKE3 under `roneo announcements 1` of tag, hour and shard.
    #[must_use]
    pub fn locator(&self) -> Locator {
        let mut hasher = blake3::Hasher::new_derive_key("roneo announcements 1");
        hasher.update(self.tag.as_bytes()).update(&self.hour.to_le_bytes()).update(&self.shard.to_le_bytes());
        Locator::from_bytes(*hasher.finalize().as_bytes())
    }

    /// The name that a record gives itself; whether it is one, [`AnnouncementRecord::read`] says.
    #[must_use]
    pub fn claimed(record: &[u8]) -> Option<Self> {
        let header = record.get(..RECORD_HEADER_LEN)?;
        Some(Self {
            tag: BoardTag::from_bytes(array(header, 12)),
            hour: u32::from_le_bytes(array(header, 4)),
            shard: u16::from_le_bytes(array(header, 8)),
        })
    }

    /// Whether makers may still, or already, announce in it.
    #[must_use]
    pub fn takes_entries(&self, now: Wall) -> bool {
        let start = u64::from(self.hour) * HOUR_S;
        (start.saturating_sub(GRACE_S)..start + HOUR_S + GRACE_S).contains(&now.0)
    }
}

/// The hour of a time.
#[must_use]
pub fn hour_of(time: Wall) -> u32 {
    u32::try_from(time.0 / HOUR_S).unwrap_or(u32::MAX)
}

/// What an announcement leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Where the envelope lies.
    pub at: Pointer,
    /// Who says that they wrote it. The envelope proves it, or shows that it was a lie.
    pub author: PersonId,
}

/// Why a storer does not take an entry, or a reader does not count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnnouncementError {
    /// It is none.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It belongs to another hour.
    #[error("it is of another hour")]
    Hour,
    /// Too little work, or none.
    #[error(transparent)]
    Effort(#[from] EffortError),
    /// Its device did not sign it for this board.
    #[error("its device did not sign it for this board")]
    Unsigned,
}

/// An entry without its proof of work.
#[derive(Clone)]
pub struct UnprovenAnnouncement {
    bytes: [u8; ANNOUNCEMENT_LEN],
    tag: BoardTag,
}

impl UnprovenAnnouncement {
    /// Begins an announcement of something that is stored.
    #[must_use]
    pub fn new(board: &BoardId, hour: u32, device: DeviceId, announced: &Announced) -> Self {
        let mut bytes = [0; ANNOUNCEMENT_LEN];
        bytes[0] = ANNOUNCEMENT_VERSION;
        bytes[HOUR_AT..DEVICE_AT].copy_from_slice(&hour.to_le_bytes());
        bytes[DEVICE_AT..PROOF_AT].copy_from_slice(device.as_bytes());
        let plain = &mut bytes[SEALED_AT..SEALED_TAG_AT];
        plain[..Pointer::LEN].copy_from_slice(&announced.at.to_bytes());
        plain[Pointer::LEN..][..PersonId::LEN].copy_from_slice(announced.author.as_bytes());
        // From what is sealed, so that two texts of one device and hour never share a key stream.
        let salt: [u8; 8] = first_bytes(&blake3::keyed_hash(&board.sealing_key(), &bytes));
        bytes[SALT_AT..SEALED_AT].copy_from_slice(&salt);
        let cipher = cipher(board, &bytes);
        let sealed = bytes[SEALED_AT..SEALED_TAG_AT].as_mut();
        let seal = cipher.encrypt_inout_detached(&Nonce::default(), &[], sealed.into());
        let seal = seal.expect("an entry is far shorter than the cipher's 256 GiB");
        bytes[SEALED_TAG_AT..SIGNATURE_AT].copy_from_slice(&seal);
        Self { bytes, tag: board.tag() }
    }

    /// What the proof must be of.
    #[must_use]
    pub fn challenge(&self, beacon: Option<&[u8; 32]>) -> Challenge {
        challenge(&self.bytes, &self.tag, beacon)
    }

    /// Adds the proof and signs.
    #[must_use]
    pub fn prove(mut self, proof: &Proof, device: &DeviceSecret) -> Announcement {
        self.bytes[PROOF_AT..SALT_AT].copy_from_slice(&proof.to_bytes());
        let signature = device.sign(&digest(&self.bytes, &self.tag));
        self.bytes[SIGNATURE_AT..].copy_from_slice(signature.as_bytes());
        Announcement(self.bytes)
    }
}

/// An entry as it lies in a record: laid out, and not necessarily valid.
#[derive(Clone, PartialEq, Eq)]
pub struct Announcement([u8; ANNOUNCEMENT_LEN]);

impl std::fmt::Debug for Announcement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Announcement(…)")
    }
}

impl Announcement {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] for another length or layout, [`FormatError::Newer`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: [u8; ANNOUNCEMENT_LEN] = bytes.try_into().map_err(|_| FormatError::Malformed)?;
        match bytes {
            [version, ..] if version > ANNOUNCEMENT_VERSION => Err(FormatError::Newer),
            [_, 0, 0, 0, ..] => Ok(Self(bytes)),
            _ => Err(FormatError::Malformed),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ANNOUNCEMENT_LEN] {
        &self.0
    }

    /// Its hour.
    #[must_use]
    pub fn hour(&self) -> u32 {
        u32::from_le_bytes(array(&self.0, HOUR_AT))
    }

    /// Which device made it.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::from_bytes(array(&self.0, DEVICE_AT))
    }

    /// The work in it, as far as its hash says; [`verify`](Self::verify) says whether it was done.
    #[must_use]
    pub fn effort(&self, tag: &BoardTag, beacon: Option<&[u8; 32]>) -> Effort {
        self.proof().effort(&challenge(&self.0, tag, beacon))
    }

    /// All that a storer asks before it takes an entry, and a reader before it counts one: the cheap first, then the
    /// signature (50 us), then the work (75 us).
    ///
    /// # Errors
    /// [`AnnouncementError`], by the first thing that is wrong.
    pub fn verify(&self, name: &RecordName, floor: Effort, beacon: Option<&[u8; 32]>) -> Result<(), AnnouncementError> {
        if self.hour() != name.hour {
            return Err(AnnouncementError::Hour);
        }
        let challenge = challenge(&self.0, &name.tag, beacon);
        if self.proof().effort(&challenge) < floor {
            return Err(EffortError::TooLittle.into());
        }
        let signature = Octets(array(&self.0, SIGNATURE_AT));
        verify(self.device().as_bytes(), &digest(&self.0, &name.tag), &signature)
            .map_err(|_| AnnouncementError::Unsigned)?;
        Ok(self.proof().verify(&challenge, floor)?)
    }

    /// What it leads to.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] under another board's address, or for what is no announcement inside.
    pub fn open(&self, board: &BoardId) -> Result<Announced, FormatError> {
        let mut plain: [u8; PLAIN_LEN] = array(&self.0, SEALED_AT);
        let tag = Tag::from(array::<16>(&self.0, SEALED_TAG_AT));
        let opened = cipher(board, &self.0).decrypt_inout_detached(&Nonce::default(), &[], plain.as_mut().into(), &tag);
        opened.map_err(|_| FormatError::Malformed)?;
        let (at, rest) = plain.split_at(Pointer::LEN);
        let (author, unused) = rest.split_at(PersonId::LEN);
        if unused.iter().any(|&byte| byte != 0) {
            return Err(FormatError::Malformed);
        }
        let at = Pointer::from_bytes(at).ok_or(FormatError::Malformed)?;
        Ok(Announced { at, author: PersonId::from_bytes(array(author, 0)) })
    }

    fn proof(&self) -> Proof {
        Proof::from_bytes(&array(&self.0, PROOF_AT))
    }
}

/// The work is bound to the device, the board, the hour and what is announced.
fn challenge(bytes: &[u8; ANNOUNCEMENT_LEN], tag: &BoardTag, beacon: Option<&[u8; 32]>) -> Challenge {
    let body = blake3::hash(&bytes[SALT_AT..SIGNATURE_AT]);
    let hour = u32::from_le_bytes(array(bytes, HOUR_AT));
    Challenge::of_announcement(&array(bytes, DEVICE_AT), tag.as_bytes(), hour, beacon, body.as_bytes())
}

/// BLAKE3 under `roneo announcement 1` of the tag and all of an entry but its signature.
fn digest(bytes: &[u8; ANNOUNCEMENT_LEN], tag: &BoardTag) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("roneo announcement 1");
    *hasher.update(tag.as_bytes()).update(&bytes[..SIGNATURE_AT]).finalize().as_bytes()
}

/// One key for each device, hour and salt.
fn cipher(board: &BoardId, bytes: &[u8; ANNOUNCEMENT_LEN]) -> ChaCha20Poly1305 {
    let mut hasher = blake3::Hasher::new_keyed(&board.sealing_key());
    hasher.update(&bytes[HOUR_AT..PROOF_AT]).update(&bytes[SALT_AT..SEALED_AT]);
    ChaCha20Poly1305::new(hasher.finalize().as_bytes().into())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has the length of the array")
}

fn first_bytes(hash: &blake3::Hash) -> [u8; 8] {
    array(hash.as_bytes(), 0)
}

/// How an entry stands among others: more work first, then the lower hash. No two entries are equal in it.
type Rank = (Reverse<Effort>, [u8; 32]);

/// The best entries of one hour of a board, each of them valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementRecord {
    name: RecordName,
    entries: BTreeMap<Rank, Announcement>,
}

impl AnnouncementRecord {
    /// A record without entries.
    #[must_use]
    pub const fn empty(name: RecordName) -> Self {
        Self { name, entries: BTreeMap::new() }
    }

    /// Reads a record that a storer gave, and leaves out what is not valid in it: a storer can omit and cannot
    /// invent.
    ///
    /// Costs up to 16 ms for a full record.
    ///
    /// # Errors
    /// [`FormatError`], when it is no record of that name.
    pub fn read(bytes: &[u8], name: RecordName, floor: Effort) -> Result<Self, FormatError> {
        let mut record = Self::empty(name);
        for entry in entries(bytes, &name)? {
            if let Ok(entry) = Announcement::parse(entry) {
                // One that is not valid is as if it were not there.
                let _ = record.offer(entry, floor);
            }
        }
        Ok(record)
    }

    /// Reads a record whose entries were checked when it was written.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn checked_before(bytes: &[u8], name: RecordName) -> Result<Self, FormatError> {
        let mut record = Self::empty(name);
        for entry in entries(bytes, &name)? {
            let entry = Announcement::parse(entry)?;
            record.keep(record.rank(&entry), entry);
        }
        // In its order, none twice, and nothing behind them.
        if record.to_bytes() == bytes { Ok(record) } else { Err(FormatError::Malformed) }
    }

    /// Takes an entry if it is valid and good enough, and says whether it did.
    ///
    /// Asks first whether it would stay, so that what is outbid costs a hash.
    ///
    /// # Errors
    /// [`AnnouncementError`] for one that is not valid.
    pub fn offer(&mut self, entry: Announcement, floor: Effort) -> Result<bool, AnnouncementError> {
        let rank = self.rank(&entry);
        if self.entries.contains_key(&rank) || !self.would_stay(&rank, &entry) {
            return Ok(false);
        }
        // Open boards have no digester whose head could be a beacon.
        entry.verify(&self.name, floor, None)?;
        self.keep(rank, entry);
        Ok(true)
    }

    /// Takes over what another copy of the same record has. Both are valid already.
    pub fn merge(&mut self, other: &Self) {
        if other.name == self.name {
            for (rank, entry) in &other.entries {
                self.keep(*rank, entry.clone());
            }
        }
    }

    /// The record as it is stored, one block.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BLOCK_LEN);
        bytes.extend_from_slice(&header_of(&self.name, self.entries.len()));
        for entry in self.entries.values() {
            bytes.extend_from_slice(entry.as_bytes());
        }
        bytes.resize(BLOCK_LEN, 0);
        bytes
    }

    /// Whether it has all that another has.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.name == other.name && other.entries.keys().all(|rank| self.entries.contains_key(rank))
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &RecordName {
        &self.name
    }

    /// Its entries, the most work first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Announcement> {
        self.entries.values()
    }

    /// The work that a further entry needs to be taken: the going rate. `None` while there is room.
    #[must_use]
    pub fn going_rate(&self) -> Option<Effort> {
        let ((Reverse(least), _), _) = self.entries.last_key_value()?;
        (self.entries.len() >= MAX_ANNOUNCEMENTS).then_some(*least)
    }

    fn rank(&self, entry: &Announcement) -> Rank {
        (Reverse(entry.effort(&self.name.tag, None)), *blake3::hash(entry.as_bytes()).as_bytes())
    }

    fn would_stay(&self, rank: &Rank, entry: &Announcement) -> bool {
        let better = |other: &&Rank| *other < rank;
        if self.twin(entry).is_some_and(|known| known < *rank) {
            return false;
        }
        let own = self.entries.iter().filter(|(_, known)| known.device() == entry.device());
        let all = self.entries.len() < MAX_ANNOUNCEMENTS
            || self.entries.last_key_value().is_some_and(|(worst, _)| rank < worst);
        all && own.map(|(rank, _)| rank).filter(better).count() < MAX_PER_DEVICE
    }

    /// Where an entry stands that announces the same: another signature under one proof makes no second one.
    fn twin(&self, entry: &Announcement) -> Option<Rank> {
        let said = |entry: &Announcement| (entry.device(), array::<{ SIGNATURE_AT - SALT_AT }>(&entry.0, SALT_AT));
        self.entries.iter().find(|(_, known)| said(known) == said(entry)).map(|(rank, _)| *rank)
    }

    /// Puts an entry in and takes out what is then too much: of what it announces, of its device, then of all.
    fn keep(&mut self, rank: Rank, entry: Announcement) {
        let device = entry.device();
        match self.twin(&entry) {
            Some(better) if better <= rank => return,
            Some(worse) => drop(self.entries.remove(&worse)),
            None => {}
        }
        self.entries.insert(rank, entry);
        let own: Vec<Rank> =
            self.entries.iter().filter(|(_, known)| known.device() == device).map(|(rank, _)| *rank).collect();
        for rank in own.iter().skip(MAX_PER_DEVICE) {
            self.entries.remove(rank);
        }
        while self.entries.len() > MAX_ANNOUNCEMENTS {
            self.entries.pop_last();
        }
    }
}

/// The entries of a record of that name, as they lie.
fn entries<'a>(bytes: &'a [u8], name: &RecordName) -> Result<impl Iterator<Item = &'a [u8]>, FormatError> {
    let (header, entries) = bytes.split_at_checked(RECORD_HEADER_LEN).ok_or(FormatError::Malformed)?;
    if bytes.len() != BLOCK_LEN {
        return Err(FormatError::Malformed);
    }
    if header[0] > ANNOUNCEMENT_VERSION {
        return Err(FormatError::Newer);
    }
    let count = usize::from(u16::from_le_bytes(array(header, 2)));
    if count > MAX_ANNOUNCEMENTS || header != header_of(name, count) {
        return Err(FormatError::Malformed);
    }
    Ok(entries.chunks_exact(ANNOUNCEMENT_LEN).take(count))
}

/// Version, a zero, count, hour, shard, two zeros, tag, zeros.
fn header_of(name: &RecordName, count: usize) -> [u8; RECORD_HEADER_LEN] {
    let mut header = [0; RECORD_HEADER_LEN];
    header[0] = ANNOUNCEMENT_VERSION;
    header[2..4].copy_from_slice(&(count as u16).to_le_bytes());
    header[4..8].copy_from_slice(&name.hour.to_le_bytes());
    header[8..10].copy_from_slice(&name.shard.to_le_bytes());
    header[12..44].copy_from_slice(name.tag.as_bytes());
    header
}

#[cfg(test)]
mod tests;
