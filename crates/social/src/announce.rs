//! How strangers are heard: records that many write, one for each hour of a board. `docs/formats/announcement.md`.
//!
//! A reader of a board fetches a few records and meets everybody who announced there, known or not. Whoever stores a
//! record checks each entry by itself and keeps the best of them: an entry has a proof of work, and when a record is
//! full more work displaces less. So a flood costs its maker work, and a reader no more than a full record.
//!
//! On a board with stewards there are two lanes. Entries for whom an introducer vouches stand in one and need no work;
//! newcomers stand in the other, and no flood of theirs takes a place of the first. Its record has a [`Roster`], which
//! says whose vouches count and by which beacon work is known to be fresh.
//!
//! A storer sees a **tag** in the place of a board and a device in the place of a person. What is announced it sees
//! only if it has the board's address; of open boards anybody may.
//!
//! Merging is a semilattice: associative, commutative, idempotent. In whatever order entries reach storers, those that were
//! given the same ones end with the same bytes.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use roneo_keys::Locator;
use roneo_keys::time::Wall;

use crate::body::BoardId;
use crate::cbor::FormatError;
use crate::effort::{Challenge, Effort, EffortError, Judge, Proof, Solved};
use crate::identity::{DeviceId, DeviceSecret, PersonId, verify};
use crate::octets::{Octets, octets};
use crate::pointer::Pointer;
use crate::roster::{BEACON_FRESH_HOURS, Beacon, Roster};

mod lanes;
mod record;
mod vouched;

pub use lanes::{
    MAX_ANNOUNCEMENTS, MAX_FETCHED_LATER, MAX_FETCHED_NEWCOMERS, MAX_NEWCOMERS, MAX_PER_DEVICE, MAX_PER_GUEST,
    MAX_PER_INTRODUCER, MAX_PER_NEWCOMER, MAX_VOUCHED,
};
pub use record::{AnnouncementRecord, NoBeacon, RecordOf};
pub use vouched::{VOUCHED_LEN, VouchedAnnouncement};

octets! {
    /// What stands for a board before those who store its announcements: of an open one a hash of its address, of one
    /// with stewards the hash of its [`Roster`].
    BoardTag, 32
}

/// The version that this program writes, and the only one that a storer takes.
pub const ANNOUNCEMENT_VERSION: u8 = 0;
/// Bytes of an entry.
pub const ANNOUNCEMENT_LEN: usize = 256;
/// Bytes before the entries of a record.
const RECORD_HEADER_LEN: usize = 1_024;
/// Records of one hour of a board so far. An entry does not say in which it belongs, so storers take none for others.
pub const SHARDS: u16 = 1;
/// Seconds before and after its hour in which a record takes entries from their makers.
pub const GRACE_S: u64 = 600;
const HOUR_S: u64 = 3_600;

// Where the fields of an entry stand.
const KIND_AT: usize = 1;
const AGE_AT: usize = 2;
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

// By what an entry stands, in its second byte.
const BY_WORK: u8 = 0;
const BY_FRESH_WORK: u8 = 1;
const BY_VOUCH: u8 = 2;

impl BoardId {
    /// What stands for an open board before storers; of a board with stewards its mark, which its records have in
    /// their roster.
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
    /// Its work is bound to a beacon that is not the board's, or not fresh, or not known; or to none and should be.
    #[error("its work is not bound to a fresh beacon of this board")]
    Beacon,
    /// Nobody whom the board lets introduce vouches for its device, or no longer.
    #[error("nobody who may introduce on this board vouches for it, or no longer")]
    NotVouched,
}

/// An entry without its proof of work.
#[derive(Clone)]
pub struct UnprovenAnnouncement {
    bytes: [u8; ANNOUNCEMENT_LEN],
    tag: BoardTag,
}

impl UnprovenAnnouncement {
    /// Begins an announcement, on an open board, of something that is stored.
    #[must_use]
    pub fn new(board: &BoardId, hour: u32, device: DeviceId, announced: &Announced) -> Self {
        Self::begin(board, board.tag(), [BY_WORK, 0], hour, device, announced)
    }

    /// Begins an announcement of somebody for whom nobody vouches, on a board with stewards. Under a beacon a quarter
    /// of the work does.
    ///
    /// # Errors
    /// [`AnnouncementError::Beacon`] for one that is not fresh in that hour.
    pub fn newcomer(
        (board, roster): (&BoardId, &Roster),
        hour: u32,
        device: DeviceId,
        announced: &Announced,
        beacon: Option<&Beacon>,
    ) -> Result<Self, AnnouncementError> {
        let kind = match beacon {
            None => [BY_WORK, 0],
            Some(beacon) => {
                let age = hour.checked_sub(beacon.hour).filter(|age| *age < BEACON_FRESH_HOURS);
                [BY_FRESH_WORK, age.ok_or(AnnouncementError::Beacon)? as u8]
            }
        };
        Ok(Self::begin(board, roster.tag(), kind, hour, device, announced))
    }

    fn begin(
        board: &BoardId,
        tag: BoardTag,
        kind: [u8; 2],
        hour: u32,
        device: DeviceId,
        announced: &Announced,
    ) -> Self {
        let mut bytes = [0; ANNOUNCEMENT_LEN];
        bytes[0] = ANNOUNCEMENT_VERSION;
        [bytes[KIND_AT], bytes[AGE_AT]] = kind;
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
        Self { bytes, tag }
    }

    /// What the proof must be of; with the value of the beacon under which it was begun.
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
        let entry = Self::laid_out(bytes)?;
        if entry.kind() == BY_VOUCH { Err(FormatError::Malformed) } else { Ok(entry) }
    }

    /// Reads an entry of either lane.
    fn laid_out(bytes: [u8; ANNOUNCEMENT_LEN]) -> Result<Self, FormatError> {
        match bytes {
            [version, ..] if version > ANNOUNCEMENT_VERSION => Err(FormatError::Newer),
            [_, BY_WORK | BY_VOUCH, 0, 0, ..] => Ok(Self(bytes)),
            [_, BY_FRESH_WORK, age, 0, ..] if u32::from(age) < BEACON_FRESH_HOURS => Ok(Self(bytes)),
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

    /// The hour of the beacon to which its work is bound.
    #[must_use]
    pub fn beacon_hour(&self) -> Option<u32> {
        (self.kind() == BY_FRESH_WORK).then(|| self.hour().saturating_sub(self.0[AGE_AT].into()))
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
        self.verify_by::<Solved>(name, floor, beacon)
    }

    fn verify_by<J: Judge>(
        &self,
        name: &RecordName,
        floor: Effort,
        beacon: Option<&[u8; 32]>,
    ) -> Result<(), AnnouncementError> {
        if self.hour() != name.hour {
            return Err(AnnouncementError::Hour);
        }
        if self.kind() != if beacon.is_some() { BY_FRESH_WORK } else { BY_WORK } {
            return Err(AnnouncementError::Beacon);
        }
        let challenge = challenge(&self.0, &name.tag, beacon);
        if J::effort(&self.proof(), &challenge) < floor {
            return Err(EffortError::TooLittle.into());
        }
        let signature = Octets(array(&self.0, SIGNATURE_AT));
        verify(self.device().as_bytes(), &digest(&self.0, &name.tag), &signature)
            .map_err(|_| AnnouncementError::Unsigned)?;
        Ok(J::verify(&self.proof(), &challenge, floor)?)
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

    fn kind(&self) -> u8 {
        self.0[KIND_AT]
    }

    /// All that is announced by it, sealed: two entries of one device that have this in common say the same.
    fn said(&self) -> [u8; SIGNATURE_AT - SALT_AT] {
        array(&self.0, SALT_AT)
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

#[cfg(test)]
mod tests;
