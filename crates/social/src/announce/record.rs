//! The best entries of one hour of a board, and how copies of them merge.

use std::cmp::Reverse;
use std::marker::PhantomData;

use roneo_keys::BLOCK_LEN;

use super::lanes::{MAX_ANNOUNCEMENTS, MAX_NEWCOMERS, MAX_VOUCHED, Rank, Room, VouchedLane, WorkLane};
use super::vouched::{VOUCHED_LEN, VouchedAnnouncement};
use super::{
    ANNOUNCEMENT_LEN, ANNOUNCEMENT_VERSION, Announcement, AnnouncementError, RECORD_HEADER_LEN, RecordName, array,
    challenge,
};
use crate::cbor::FormatError;
use crate::effort::{Effort, Judge, Solved};
use crate::roster::{Beacon, BeaconValue, Roster};

/// The best entries of one hour of a board, each of them valid.
pub type AnnouncementRecord = RecordOf<Solved>;

/// A record whose entries' work a judge has judged: see [`AnnouncementRecord`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOf<J: Judge> {
    name: RecordName,
    kept: Kept,
    worked: WorkLane,
    judge: PhantomData<J>,
}

/// What a record has besides entries that stand by work.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// Nothing: of an open board, or of one with stewards of whose roster nothing is known yet.
    Open,
    Stewarded {
        roster: Roster,
        beacon: Option<Beacon>,
        vouched: VouchedLane,
    },
}

/// Why a beacon is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no beacon of this board that is fresh in this hour")]
pub struct NoBeacon;

impl<J: Judge> RecordOf<J> {
    /// A record without entries.
    #[must_use]
    pub const fn empty(name: RecordName) -> Self {
        Self { name, kept: Kept::Open, worked: WorkLane::new(Room::OPEN), judge: PhantomData }
    }

    /// A record without entries, of an hour of a board with stewards. A reader begins with it, and so takes nothing from
    /// storers that show no roster.
    #[must_use]
    pub fn under(roster: &Roster, hour: u32) -> Self {
        let kept = Kept::Stewarded { roster: roster.clone(), beacon: None, vouched: VouchedLane::default() };
        Self { name: roster.record(hour), kept, worked: WorkLane::new(Room::NEWCOMERS), judge: PhantomData }
    }

    /// Reads a record that a storer gave, and leaves out what is not valid in it: a storer can omit and cannot
    /// invent.
    ///
    /// Costs up to 16 ms for a full record.
    ///
    /// # Errors
    /// [`FormatError`], when it is no record of that name.
    pub fn read(bytes: &[u8], name: RecordName, floor: Effort) -> Result<Self, FormatError> {
        let lying = Lying::read(bytes, name)?;
        let mut record = lying.without_entries();
        // What is not valid is as if it were not there.
        let _ = lying.header.beacon().map(|beacon| record.learn(beacon));
        for entry in lying.vouched() {
            if let Ok(entry) = VouchedAnnouncement::parse(entry) {
                let _ = record.offer_vouched(entry);
            }
        }
        for entry in lying.worked() {
            if let Ok(entry) = Announcement::parse(entry) {
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
        let lying = Lying::read(bytes, name)?;
        let mut record = lying.without_entries();
        let malformed = |_| FormatError::Malformed;
        if let Kept::Stewarded { beacon, vouched, .. } = &mut record.kept {
            *beacon = lying.header.beacon();
            vouched.keep(lying.vouched().map(VouchedAnnouncement::parse).collect::<Result<Vec<_>, _>>()?);
        }
        for entry in lying.worked() {
            let entry = Announcement::parse(entry)?;
            record.worked.keep(record.rank(&entry).map_err(malformed)?, entry);
        }
        // In its order, none twice, and nothing behind them.
        if record.to_bytes() == bytes { Ok(record) } else { Err(FormatError::Malformed) }
    }

    /// Takes an entry that stands by its work if it is valid and good enough, and says whether it did.
    ///
    /// Asks first whether it would stay, so that what is outbid costs a hash. `floor` is what is asked without a
    /// beacon.
    ///
    /// # Errors
    /// [`AnnouncementError`] for one that is not valid.
    pub fn offer(&mut self, entry: Announcement, floor: Effort) -> Result<bool, AnnouncementError> {
        let rank = self.rank(&entry)?;
        if self.worked.entries().contains_key(&rank) || !self.worked.would_stay(&rank, &entry) {
            return Ok(false);
        }
        match self.beacon_of(&entry)? {
            Some(value) => entry.verify_by::<J>(&self.name, floor.with_beacon(), Some(value.as_bytes()))?,
            None => entry.verify_by::<J>(&self.name, floor, None)?,
        }
        self.worked.keep(rank, entry);
        Ok(true)
    }

    /// Takes an entry that stands by a vouch if it is valid and there is room, and says whether it did.
    ///
    /// # Errors
    /// [`AnnouncementError`] for one that is not valid, as none is where there is no roster.
    pub fn offer_vouched(&mut self, entry: VouchedAnnouncement) -> Result<bool, AnnouncementError> {
        let Kept::Stewarded { roster, vouched, .. } = &mut self.kept else {
            return Err(AnnouncementError::NotVouched);
        };
        if vouched.has(&entry) || !vouched.would_stay(&entry) {
            return Ok(false);
        }
        entry.verify(&self.name, roster)?;
        vouched.keep([entry]);
        Ok(true)
    }

    /// Takes a beacon, and says whether it is newer than what was known.
    ///
    /// # Errors
    /// [`NoBeacon`] for one that is not of this board, or not fresh in this hour.
    pub fn learn(&mut self, met: Beacon) -> Result<bool, NoBeacon> {
        let Kept::Stewarded { roster, beacon, .. } = &mut self.kept else { return Err(NoBeacon) };
        let anchor = roster.anchor().filter(|_| met.is_fresh(self.name.hour)).ok_or(NoBeacon)?;
        if *beacon == Some(met) {
            return Ok(false);
        }
        if !anchor.holds(&met) {
            return Err(NoBeacon);
        }
        let newer = beacon.is_none_or(|known| known.hour < met.hour);
        *beacon = beacon.filter(|_| !newer).or(Some(met));
        Ok(newer)
    }

    /// Takes over what another copy of the same record has. Both are valid already.
    ///
    /// A roster proves that the name is one of a board with stewards, so what lay there without one is dropped.
    pub fn merge(&mut self, other: &Self) {
        if other.name != self.name {
            return;
        }
        match (&mut self.kept, &other.kept) {
            (Kept::Open, Kept::Stewarded { .. }) => *self = other.clone(),
            (Kept::Stewarded { .. }, Kept::Open) => {}
            (Kept::Open, Kept::Open) => self.worked.merge(&other.worked),
            (
                Kept::Stewarded { beacon, vouched, .. },
                Kept::Stewarded { beacon: their_beacon, vouched: theirs, .. },
            ) => {
                *beacon = newer(*beacon, *their_beacon);
                vouched.merge(theirs);
                self.worked.merge(&other.worked);
            }
        }
    }

    /// The record as it is stored, one block.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BLOCK_LEN);
        bytes.extend_from_slice(&self.header().to_bytes());
        if let Kept::Stewarded { vouched, .. } = &self.kept {
            vouched.entries().for_each(|entry| bytes.extend_from_slice(&entry.to_bytes()));
            bytes.resize(NEWCOMERS_AT, 0);
        }
        for entry in self.worked.entries().values() {
            bytes.extend_from_slice(entry.as_bytes());
        }
        bytes.resize(BLOCK_LEN, 0);
        bytes
    }

    /// Whether it has all that another has.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let rest = match (&self.kept, &other.kept) {
            (Kept::Open, Kept::Open) => true,
            (
                Kept::Stewarded { beacon, vouched, .. },
                Kept::Stewarded { beacon: their_beacon, vouched: theirs, .. },
            ) => newer(*beacon, *their_beacon) == *beacon && vouched.covers(theirs),
            _ => false,
        };
        rest && self.name == other.name && self.worked.covers(&other.worked)
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &RecordName {
        &self.name
    }

    /// Whose vouches count here; none on an open board, and none where nobody who stores it has shown a roster.
    #[must_use]
    pub const fn roster(&self) -> Option<&Roster> {
        match &self.kept {
            Kept::Open => None,
            Kept::Stewarded { roster, .. } => Some(roster),
        }
    }

    /// The newest beacon that is known here.
    #[must_use]
    pub const fn beacon(&self) -> Option<&Beacon> {
        match &self.kept {
            Kept::Open => None,
            Kept::Stewarded { beacon, .. } => beacon.as_ref(),
        }
    }

    /// All of its entries: those that stand by a vouch, then by work, the most work first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Announcement> {
        let vouched = self.vouched().map(VouchedAnnouncement::entry);
        vouched.chain(self.worked.entries().values()).collect::<Vec<_>>().into_iter()
    }

    /// Those that stand by a vouch, the first of each guest before any second.
    pub fn vouched(&self) -> impl Iterator<Item = &VouchedAnnouncement> {
        let lane = match &self.kept {
            Kept::Open => None,
            Kept::Stewarded { vouched, .. } => Some(vouched.entries()),
        };
        lane.into_iter().flatten()
    }

    /// The work that a further entry needs to be taken: the going rate, as of work without a beacon. `None` while
    /// there is room.
    #[must_use]
    pub fn going_rate(&self) -> Option<Effort> {
        self.worked.going_rate()
    }

    /// What a reader fetches unasked: all entries that stand by a vouch, and of those by work the best
    /// [`MAX_FETCHED_NEWCOMERS`](super::MAX_FETCHED_NEWCOMERS); on an open board all. Of the latter a reader fetches at one
    /// reading no more than [`MAX_FETCHED_LATER`](super::MAX_FETCHED_LATER) that it had not met when it first read this
    /// hour, the best first.
    pub fn fetched(&self) -> impl Iterator<Item = &Announcement> {
        self.vouched().map(VouchedAnnouncement::entry).chain(self.worked.fetched())
    }

    /// The work that a further entry needs for readers to fetch it unasked, as of work without a beacon: what newcomers
    /// bid for. `None` while there is room.
    #[must_use]
    pub fn fetched_rate(&self) -> Option<Effort> {
        self.worked.fetched_rate()
    }

    /// What this copy has, another lacks, and would take. Who announced something and meets a copy without it, as after the
    /// network was in two parts, brings this again as long as the record [takes entries](RecordName::takes_entries).
    #[must_use]
    pub fn lacking_in(&self, other: &Self) -> Option<Self> {
        if self.name != other.name || other.covers(self) {
            return None;
        }
        let mut whole = other.clone();
        whole.merge(self);
        let mut lacking = self.clone();
        lacking.worked = self.worked.emptied();
        let would_take =
            |rank: &&Rank| whole.worked.entries().contains_key(*rank) && !other.worked.entries().contains_key(*rank);
        for rank in self.worked.entries().keys().filter(would_take) {
            if let Some(entry) = self.worked.entries().get(rank) {
                lacking.worked.keep(*rank, entry.clone());
            }
        }
        if let (Kept::Stewarded { vouched, .. }, Kept::Stewarded { vouched: all, .. }) =
            (&mut lacking.kept, &whole.kept)
        {
            let theirs: Vec<&VouchedAnnouncement> = other.vouched().collect();
            let own = self.vouched().filter(|entry| all.has(entry) && !theirs.contains(entry)).cloned();
            let mut lane = VouchedLane::default();
            lane.keep(own);
            *vouched = lane;
        }
        let some = lacking.entries().len() > 0;
        some.then_some(lacking)
    }

    /// Puts in an entry of which it is known that it is valid.
    #[cfg(test)]
    pub(super) fn keep(&mut self, entry: Announcement) {
        let rank = self.rank(&entry).expect("a known beacon");
        self.worked.keep(rank, entry);
    }

    /// The efforts by which entries stand, the most first.
    #[cfg(test)]
    pub(super) fn worked_ranks(&self) -> Vec<Effort> {
        self.worked.entries().keys().map(|(Reverse(effort), _)| *effort).collect()
    }

    /// As [`keep`](Self::keep).
    #[cfg(test)]
    pub(super) fn keep_vouched(&mut self, entry: VouchedAnnouncement) {
        if let Kept::Stewarded { vouched, .. } = &mut self.kept {
            vouched.keep([entry]);
        }
    }

    /// How an entry stands here. Work under a beacon counts as much as four times that without.
    fn rank(&self, entry: &Announcement) -> Result<Rank, AnnouncementError> {
        let beacon = self.beacon_of(entry)?;
        let challenge = challenge(entry.as_bytes(), &self.name.tag, beacon.as_ref().map(BeaconValue::as_bytes));
        let effort = J::effort(&entry.proof(), &challenge);
        let counted = if beacon.is_some() { effort.without_beacon() } else { effort };
        Ok((Reverse(counted), *blake3::hash(entry.as_bytes()).as_bytes()))
    }

    /// To which beacon its work is bound.
    fn beacon_of(&self, entry: &Announcement) -> Result<Option<BeaconValue>, AnnouncementError> {
        let Some(hour) = entry.beacon_hour() else { return Ok(None) };
        if entry.hour() != self.name.hour {
            return Err(AnnouncementError::Hour);
        }
        // Both are fresh in this hour, so that at most two hashes lie between them.
        let beacon = self.beacon().and_then(|known| known.earlier(hour)).ok_or(AnnouncementError::Beacon)?;
        Ok(Some(beacon.value))
    }

    fn header(&self) -> Header {
        let (name, worked) = (self.name, self.worked.entries().len());
        match &self.kept {
            Kept::Open => Header { name, kind: Kind::Open, worked },
            Kept::Stewarded { roster, beacon, vouched } => {
                let (roster, beacon, vouched) = (roster.clone(), *beacon, vouched.entries().len());
                Header { name, kind: Kind::Stewarded { roster, beacon, vouched }, worked }
            }
        }
    }
}

/// Of two beacons of one chain the later.
fn newer(one: Option<Beacon>, other: Option<Beacon>) -> Option<Beacon> {
    one.into_iter().chain(other).max_by_key(|beacon| beacon.hour)
}

// Where the fields of a header stand.
const WORKED_AT: usize = 2;
const NAME_HOUR_AT: usize = 4;
const SHARD_AT: usize = 8;
const VOUCHED_AT: usize = 10;
const TAG_AT: usize = 12;
const ROSTER_AT: usize = 44;
const BEACON_AT: usize = ROSTER_AT + Roster::LEN;
const BEACON_END: usize = BEACON_AT + 4 + BeaconValue::LEN;
/// Where newcomers stand in a record of a board with stewards.
const NEWCOMERS_AT: usize = RECORD_HEADER_LEN + MAX_VOUCHED * VOUCHED_LEN;
/// The second byte of a record that has a roster.
const STEWARDED: u8 = 1;

const _: () = assert!(BEACON_END <= RECORD_HEADER_LEN);

/// What stands before the entries of a record.
#[derive(PartialEq)]
struct Header {
    name: RecordName,
    kind: Kind,
    worked: usize,
}

#[derive(PartialEq)]
enum Kind {
    Open,
    Stewarded { roster: Roster, beacon: Option<Beacon>, vouched: usize },
}

impl Header {
    fn to_bytes(&self) -> [u8; RECORD_HEADER_LEN] {
        let mut header = [0; RECORD_HEADER_LEN];
        header[0] = ANNOUNCEMENT_VERSION;
        header[WORKED_AT..NAME_HOUR_AT].copy_from_slice(&(self.worked as u16).to_le_bytes());
        header[NAME_HOUR_AT..SHARD_AT].copy_from_slice(&self.name.hour.to_le_bytes());
        header[SHARD_AT..VOUCHED_AT].copy_from_slice(&self.name.shard.to_le_bytes());
        header[TAG_AT..ROSTER_AT].copy_from_slice(self.name.tag.as_bytes());
        if let Kind::Stewarded { roster, beacon, vouched } = &self.kind {
            header[1] = STEWARDED;
            header[VOUCHED_AT..TAG_AT].copy_from_slice(&(*vouched as u16).to_le_bytes());
            header[ROSTER_AT..BEACON_AT].copy_from_slice(&roster.to_bytes());
            if let Some(Beacon { hour, value }) = beacon {
                header[BEACON_AT..BEACON_AT + 4].copy_from_slice(&hour.to_le_bytes());
                header[BEACON_AT + 4..BEACON_END].copy_from_slice(value.as_bytes());
            }
        }
        header
    }

    fn parse(bytes: &[u8; RECORD_HEADER_LEN], name: RecordName) -> Result<Self, FormatError> {
        let u16_at = |at| usize::from(u16::from_le_bytes(array(bytes, at)));
        let kind = match bytes[1] {
            0 => Kind::Open,
            STEWARDED => {
                let roster = Roster::parse(&array(bytes, ROSTER_AT))?;
                // No beacon is of hour 0, for an anchor is earlier than its first.
                let hour = u32::from_le_bytes(array(bytes, BEACON_AT));
                let value = BeaconValue::from_bytes(array(bytes, BEACON_AT + 4));
                let beacon = (hour > 0).then_some(Beacon { hour, value });
                Kind::Stewarded { roster, beacon, vouched: u16_at(VOUCHED_AT) }
            }
            _ => return Err(FormatError::Malformed),
        };
        let header = Self { name, kind, worked: u16_at(WORKED_AT) };
        let fits = match &header.kind {
            Kind::Open => header.worked <= MAX_ANNOUNCEMENTS,
            Kind::Stewarded { roster, beacon, vouched } => {
                header.worked <= MAX_NEWCOMERS
                    && *vouched <= MAX_VOUCHED
                    && beacon.is_none_or(|beacon| roster.anchor().is_some() && beacon.is_fresh(name.hour))
                    && roster.tag() == name.tag
            }
        };
        // Of that name, and nothing where nothing is to be.
        if fits && header.to_bytes() == *bytes { Ok(header) } else { Err(FormatError::Malformed) }
    }

    fn beacon(&self) -> Option<Beacon> {
        match &self.kind {
            Kind::Open => None,
            Kind::Stewarded { beacon, .. } => *beacon,
        }
    }
}

/// A record of some name as it lies.
struct Lying<'a> {
    header: Header,
    entries: &'a [u8],
}

impl<'a> Lying<'a> {
    fn read(bytes: &'a [u8], name: RecordName) -> Result<Self, FormatError> {
        let (header, entries) = bytes.split_first_chunk().ok_or(FormatError::Malformed)?;
        if bytes.len() != BLOCK_LEN {
            return Err(FormatError::Malformed);
        }
        if header[0] > ANNOUNCEMENT_VERSION {
            return Err(FormatError::Newer);
        }
        Ok(Self { header: Header::parse(header, name)?, entries })
    }

    fn without_entries<J: Judge>(&self) -> RecordOf<J> {
        match &self.header.kind {
            Kind::Open => RecordOf::empty(self.header.name),
            Kind::Stewarded { roster, .. } => {
                RecordOf { name: self.header.name, ..RecordOf::under(roster, self.header.name.hour) }
            }
        }
    }

    fn vouched(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let count = match &self.header.kind {
            Kind::Open => 0,
            Kind::Stewarded { vouched, .. } => *vouched,
        };
        self.entries.chunks_exact(VOUCHED_LEN).take(count)
    }

    fn worked(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let before = match &self.header.kind {
            Kind::Open => 0,
            Kind::Stewarded { .. } => NEWCOMERS_AT - RECORD_HEADER_LEN,
        };
        self.entries.get(before..).unwrap_or_default().chunks_exact(ANNOUNCEMENT_LEN).take(self.header.worked)
    }
}
