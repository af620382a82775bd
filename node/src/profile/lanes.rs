//! How something is announced on a board, and what an announcement weighs: by the kind of board and who vouches.

use roneo_client::handle::{AnnouncementRecord, Effort, RecordName};
use roneo_keys::time::{Day, Wall};
use roneo_social::{
    Admission, Announced, Announcement, AnnouncementError, BoardId, BoardKind, Body, DeviceId, DeviceSecret, Envelope,
    GuestSecret, MAX_PER_DEVICE, MAX_PER_GUEST, MAX_PER_NEWCOMER, Pass, PersonId, Roster, VOUCH_DAYS,
    VouchedAnnouncement,
};

use super::stewards::Office;
use super::stored::{Boards, KnownBoard};

/// Seconds for which what was announced under the roster before is read too: who has not heard of a change announces
/// there.
const OVERLAP_S: u64 = 2 * 86_400;
const HOUR_S: u64 = 3_600;

/// A record of one hour of a board, as a reader asks for it.
pub(super) struct HourRecord {
    pub(super) name: RecordName,
    /// Of a board with stewards: what a storer must show.
    roster: Option<Roster>,
}

/// What an announcement stands by; the heavier is fetched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Work.
    Worked(Effort),
    /// An introducer's word.
    Vouched,
}

impl Weight {
    /// The work in it, in solutions; 0 where somebody vouches.
    pub(super) const fn solutions(self) -> u32 {
        match self {
            Self::Worked(effort) => effort.get(),
            Self::Vouched => 0,
        }
    }
}

/// The records of one hour of a board: the one that its makers write to first, then that of the roster before, as long
/// as some may not have heard of the change.
pub(super) fn records_of(board: &BoardId, known: Option<&KnownBoard>, hour: u32) -> Vec<HourRecord> {
    let Some(known) = known else {
        return vec![HourRecord { name: RecordName { tag: board.tag(), hour, shard: 0 }, roster: None }];
    };
    let terms = known.chain.newest.terms();
    let changed = known.changed_at.max(terms.time);
    let before = known.chain.before.as_ref().filter(|_| u64::from(hour) * HOUR_S < changed + OVERLAP_S);
    let rosters = std::iter::once(terms).chain(before.map(|before| before.terms()));
    let mut records: Vec<HourRecord> = Vec::new();
    for roster in rosters.filter_map(|terms| terms.roster(board).ok()) {
        let name = roster.record(hour);
        if records.iter().all(|record| record.name != name) {
            records.push(HourRecord { name, roster: Some(roster) });
        }
    }
    records
}

/// The entries of a record that was gathered and that a reader fetches unasked, with what each weighs. A record of a board with stewards that does not
/// show the roster of its name is worth nothing.
pub(super) fn weighed<'a>(
    asked: &HourRecord,
    record: &'a AnnouncementRecord,
) -> impl Iterator<Item = (&'a Announcement, Weight)> {
    let counts = record.roster() == asked.roster.as_ref();
    let vouched: Vec<_> = record.vouched().map(VouchedAnnouncement::entry).collect();
    let (tag, beacon, count) = (asked.name.tag, record.beacon().copied(), vouched.len());
    let worked = move |entry: &Announcement| {
        let beacon = entry.beacon_hour().and_then(|hour| beacon?.earlier(hour));
        let effort = entry.effort(&tag, beacon.as_ref().map(|beacon| beacon.value.as_bytes()));
        Weight::Worked(if beacon.is_some() { effort.without_beacon() } else { effort })
    };
    let weighed = record.fetched().enumerate().map(move |(place, entry)| {
        // Those that stand by a vouch come first.
        (entry, if place < count { Weight::Vouched } else { worked(entry) })
    });
    weighed.filter(move |_| counts)
}

/// Whether something may be said on a board: where introducers alone begin, nobody else does.
pub(super) fn may_be_said(known: Option<&KnownBoard>, envelope: &Envelope) -> bool {
    let Some(terms) = known.map(|known| known.chain.newest.terms()) else { return true };
    let begins = matches!(envelope.body(), Body::Post(_));
    let introduces = || terms.introducers.iter().any(|introducer| introducer.person == envelope.author());
    terms.kind != BoardKind::Announcements || !begins || introduces()
}

/// By what one device of the user's announces on a board.
pub(super) enum Lane {
    /// On an open board, by work.
    Open,
    /// On one with stewards, by work.
    Newcomer(Roster),
    /// By an introducer's word.
    Vouched(Roster, Box<Admission>),
}

impl Lane {
    /// The lane for what `person` says on `device`.
    pub(super) fn of(boards: &Boards, board: &BoardId, person: &PersonId, device: &DeviceId, day: Day) -> Self {
        let known = boards.known.iter().find(|known| known.chain.board == *board);
        let roster = known.and_then(|known| known.chain.newest.terms().roster(board).ok());
        let Some((known, roster)) = known.zip(roster) else { return Self::Open };
        match guest_of(boards, known, person, day) {
            Some((guest, pass)) => Self::Vouched(roster, Box::new(guest.admit(pass, device))),
            None => Self::Newcomer(roster),
        }
    }

    /// The record of an hour to which it announces.
    pub(super) fn record(&self, board: &BoardId, hour: u32) -> RecordName {
        match self {
            Self::Open => RecordName { tag: board.tag(), hour, shard: 0 },
            Self::Newcomer(roster) | Self::Vouched(roster, _) => roster.record(hour),
        }
    }

    /// Entries of one device in a record, at most.
    pub(super) const fn most(&self) -> usize {
        match self {
            Self::Open => MAX_PER_DEVICE,
            Self::Newcomer(_) => MAX_PER_NEWCOMER,
            Self::Vouched(..) => MAX_PER_GUEST,
        }
    }
}

/// The key by which one of the user's identities is vouched for on a board with stewards, and the vouch that counts on
/// that day: by an invitation, or, for an introducer, who needs nobody else's word, their own.
pub(super) fn guest_of(
    boards: &Boards,
    known: &KnownBoard,
    person: &PersonId,
    day: Day,
) -> Option<(GuestSecret, Pass)> {
    let (board, introducers) = (known.chain.board, &known.chain.newest.terms().introducers);
    let held = boards.passes.iter().find(|held| {
        let counts = introducers.iter().any(|named| named.key == held.key.by) && day.0 <= held.until;
        counts && (held.board, held.person) == (board, *person)
    });
    if let Some(held) = held {
        let pass = Pass { mark: Some(board.tag()), until: held.until, key: held.key };
        return Some((GuestSecret::from_seed(&held.guest.0), pass));
    }
    boards.offices.iter().map(Office::of).find_map(|office| {
        let key = office.introducer.id();
        let named = introducers.iter().any(|named| named.key == key && named.person == *person);
        named.then(|| {
            let until = Day(day.0.saturating_add(VOUCH_DAYS));
            let pass = office.introducer.vouch(office.guest.id(), Some(board.tag()), until);
            (office.guest, pass)
        })
    })
}

/// A record with one entry that stands by a vouch.
///
/// # Errors
/// [`AnnouncementError::NotVouched`] where nobody would take it.
pub(super) fn vouched_record(
    (board, roster): (&BoardId, &Roster),
    hour: u32,
    device: &DeviceSecret,
    admission: &Admission,
    announced: &Announced,
) -> Result<AnnouncementRecord, AnnouncementError> {
    let entry = VouchedAnnouncement::new((board, roster), hour, device, admission, announced)?;
    let mut record = AnnouncementRecord::under(roster, hour);
    record.offer_vouched(entry)?;
    Ok(record)
}

/// The last second of a day, since 1970.
pub(super) const fn end_of(day: u32) -> Wall {
    Wall((day as u64 + 1) * 86_400 - 1)
}
