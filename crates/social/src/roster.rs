//! Whose vouches a board takes, and the beacon of its hours, in a form that storers can check who know nothing of the
//! board. `docs/formats/announcement.md`.
//!
//! A roster is named by its hash, and the records of a board are named by its roster. So it needs no signature, no
//! serial and no merging: a record has the one roster of its name or none. When stewards change who introduces, the
//! records that follow have other names, and what stewards of the past sign is heard by nobody.
//!
//! A beacon is a value that nobody but its maker knows before its hour, so that no work is done ahead. Beacons are a
//! hash chain: the roster has its end, and each hour shows the value before. There is one for each hour and no more,
//! whoever lies, so two records never differ about it.

use roneo_keys::time::Wall;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::announce::{BoardTag, RecordName, hour_of};
use crate::board::MAX_OFFICERS;
use crate::body::BoardId;
use crate::cbor::FormatError;
use crate::identity::PersonId;
use crate::octets::octets;
use crate::text;
use crate::vouch::IntroducerId;

octets! {
    /// What a beacon shows.
    BeaconValue, 32
}

/// Hours that one anchor serves: 170 days. Without a new one a board has no beacon, and asks for more work.
pub const BEACON_HOURS: u32 = 4_096;
/// Hours for which a beacon is fresh: its own and the two that follow.
pub const BEACON_FRESH_HOURS: u32 = 3;

// Where the fields of a roster stand.
const ANCHOR_AT: usize = BoardTag::LEN + 4;
const INTRODUCERS_AT: usize = ANCHOR_AT + 4 + BeaconValue::LEN;

/// Somebody whose vouches count on a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Introducer {
    /// Who, for readers.
    pub person: PersonId,
    /// Their key for this board, for storers.
    pub key: IntroducerId,
}

/// Where the beacons of a board end: what the first of them leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Its hour, since 1970. The first beacon is of the next.
    pub hour: u32,
    /// The hash of that beacon.
    pub value: BeaconValue,
}

impl Anchor {
    /// Whether a beacon belongs to this chain. Costs a hash for each hour since the anchor's, 4,096 at most.
    #[must_use]
    pub fn holds(&self, beacon: &Beacon) -> bool {
        let hours = beacon.hour.checked_sub(self.hour);
        hours.is_some_and(|hours| (1..=BEACON_HOURS).contains(&hours))
            && beacon.earlier(self.hour).is_some_and(|end| end.value == self.value)
    }

    pub(crate) fn check(&self) -> Result<(), FormatError> {
        text::within("beacon", self.hour > 0)
    }
}

/// The beacon of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    /// Which hour, since 1970.
    pub hour: u32,
    /// What work is bound to.
    pub value: BeaconValue,
}

impl Beacon {
    /// The beacon of an hour that is not later: whoever has one has all that came before it.
    #[must_use]
    pub fn earlier(&self, hour: u32) -> Option<Self> {
        let hours = self.hour.checked_sub(hour)?;
        let value = (0..hours).fold(self.value, |value, _| before(&value));
        Some(Self { hour, value })
    }

    /// Whether it is fresh in a record of that hour.
    #[must_use]
    pub const fn is_fresh(&self, hour: u32) -> bool {
        self.hour <= hour && hour - self.hour < BEACON_FRESH_HOURS
    }
}

/// BLAKE3 under `roneo beacon 1`: what the hour before shows.
fn before(value: &BeaconValue) -> BeaconValue {
    BeaconValue::from_bytes(blake3::derive_key("roneo beacon 1", value.as_bytes()))
}

/// What a board's beacons come from: random, and kept by one digester. Zeroized on drop, never printed.
#[derive(Clone)]
pub struct BeaconSecret {
    seed: Zeroizing<[u8; 32]>,
    anchored: u32,
}

impl BeaconSecret {
    /// Beacons for the [`BEACON_HOURS`] after an hour.
    #[must_use]
    pub fn new(seed: &[u8; 32], anchored: u32) -> Self {
        Self { seed: Zeroizing::new(*seed), anchored }
    }

    /// What stewards put into the board's terms.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor { hour: self.anchored, value: self.back_from_last(BEACON_HOURS) }
    }

    /// The beacon of this hour; none before the first and after the last. Asked by the time, so that nothing is shown
    /// before its hour.
    #[must_use]
    pub fn beacon(&self, now: Wall) -> Option<Beacon> {
        let hour = hour_of(now);
        let hours = hour.checked_sub(self.anchored).filter(|hours| (1..=BEACON_HOURS).contains(hours))?;
        Some(Beacon { hour, value: self.back_from_last(BEACON_HOURS - hours) })
    }

    fn back_from_last(&self, hours: u32) -> BeaconValue {
        (0..hours).fold(BeaconValue::from_bytes(*self.seed), |value, _| before(&value))
    }
}

impl std::fmt::Debug for BeaconSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BeaconSecret(…)")
    }
}

/// Whose vouches a board takes, and where its beacons end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    mark: BoardTag,
    introducers: Vec<IntroducerId>,
    anchor: Option<Anchor>,
}

impl Roster {
    /// Bytes of a roster.
    pub const LEN: usize = INTRODUCERS_AT + MAX_OFFICERS * IntroducerId::LEN;

    /// The roster of a board; that of a board with stewards stands in its terms:
    /// [`Board::roster`](crate::Board::roster).
    ///
    /// # Errors
    /// [`FormatError::Field`] for more introducers than [`MAX_OFFICERS`] or one twice, or an anchor without an hour.
    pub fn new(board: &BoardId, introducers: Vec<IntroducerId>, anchor: Option<Anchor>) -> Result<Self, FormatError> {
        text::set("introducers", &introducers, MAX_OFFICERS)?;
        anchor.iter().try_for_each(Anchor::check)?;
        Ok(Self { mark: board.tag(), introducers, anchor })
    }

    /// The name of the board's records under this roster: its hash.
    #[must_use]
    pub fn tag(&self) -> BoardTag {
        BoardTag::from_bytes(blake3::derive_key("roneo roster 1", &self.to_bytes()))
    }

    /// The board's record of an hour under this roster.
    #[must_use]
    pub fn record(&self, hour: u32) -> RecordName {
        RecordName { tag: self.tag(), hour, shard: 0 }
    }

    /// What stands for the board before those who store its records, whatever its roster.
    #[must_use]
    pub const fn mark(&self) -> &BoardTag {
        &self.mark
    }

    /// Whose vouches count. Entries name them by their place.
    #[must_use]
    pub fn introducers(&self) -> &[IntroducerId] {
        &self.introducers
    }

    /// Where the board's beacons end.
    #[must_use]
    pub const fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_ref()
    }

    /// Offsets: mark 0, number of introducers 32, zeros 33, anchor's hour 36 and value 40, introducers 72. What is not
    /// there is zeros.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..BoardTag::LEN].copy_from_slice(self.mark.as_bytes());
        bytes[BoardTag::LEN] = self.introducers.len() as u8;
        if let Some(Anchor { hour, value }) = &self.anchor {
            bytes[ANCHOR_AT..ANCHOR_AT + 4].copy_from_slice(&hour.to_le_bytes());
            bytes[ANCHOR_AT + 4..INTRODUCERS_AT].copy_from_slice(value.as_bytes());
        }
        for (place, introducer) in bytes[INTRODUCERS_AT..].chunks_exact_mut(IntroducerId::LEN).zip(&self.introducers) {
            place.copy_from_slice(introducer.as_bytes());
        }
        bytes
    }

    /// Reads a roster.
    ///
    /// # Errors
    /// [`FormatError`] for anything that [`to_bytes`](Self::to_bytes) does not write.
    pub fn parse(bytes: &[u8; Self::LEN]) -> Result<Self, FormatError> {
        let (fixed, keys) = bytes.split_at(INTRODUCERS_AT);
        let keys = keys.as_chunks().0.iter().take(usize::from(fixed[BoardTag::LEN]));
        let introducers: Vec<IntroducerId> = keys.map(|key| IntroducerId::from_bytes(*key)).collect();
        text::set("introducers", &introducers, MAX_OFFICERS)?;
        let (mark, rest) = fixed.split_first_chunk().ok_or(FormatError::Malformed)?;
        let (hour, value) = rest[4..].split_first_chunk().ok_or(FormatError::Malformed)?;
        let (hour, value) = (u32::from_le_bytes(*hour), value.try_into().map_err(|_| FormatError::Malformed)?);
        let anchor = (hour > 0).then_some(Anchor { hour, value: BeaconValue::from_bytes(value) });
        let roster = Self { mark: BoardTag::from_bytes(*mark), introducers, anchor };
        // A number beyond the places, or something where nothing is to be.
        if roster.to_bytes() == *bytes { Ok(roster) } else { Err(FormatError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vouch::IntroducerSecret;
    use proptest::prelude::*;

    const HOUR: u32 = 498_600;

    fn at(hour: u32) -> Wall {
        Wall(u64::from(hour) * 3_600)
    }

    fn secret() -> BeaconSecret {
        BeaconSecret::new(&[5; 32], HOUR)
    }

    fn introducer(number: u8) -> IntroducerId {
        IntroducerSecret::from_seed(&[number; 32]).id()
    }

    fn board() -> BoardId {
        BoardId::from_bytes([7; 32])
    }

    #[test]
    fn each_hour_has_one_beacon_and_leads_to_those_before() {
        let anchor = secret().anchor();
        let beacon = |hour| secret().beacon(at(hour));
        for hour in [HOUR + 1, HOUR + 2, HOUR + 1_000, HOUR + BEACON_HOURS] {
            let found = beacon(hour).unwrap();
            assert!(anchor.holds(&found) && found.hour == hour);
            assert_eq!(found.earlier(hour - 1).filter(|earlier| earlier.hour > HOUR), beacon(hour - 1));
            assert_eq!((found.earlier(hour), found.earlier(hour + 1)), (Some(found), None));
            assert!(!anchor.holds(&Beacon { hour: hour - 1, ..found }));
            assert!(!anchor.holds(&Beacon { value: BeaconValue::from_bytes([1; 32]), ..found }));
        }
        assert!(beacon(HOUR).is_none() && beacon(HOUR + BEACON_HOURS + 1).is_none());
        // What is published beforehand is no beacon.
        assert!(!anchor.holds(&Beacon { hour: anchor.hour, value: anchor.value }));
        assert!(!anchor.holds(&Beacon { hour: 0, value: anchor.value }));
        assert_ne!(BeaconSecret::new(&[6; 32], HOUR).anchor(), anchor);
    }

    #[test]
    fn a_beacon_is_fresh_for_three_hours() {
        let beacon = secret().beacon(at(HOUR + 9)).unwrap();
        let fresh = (HOUR..HOUR + 20).filter(|hour| beacon.is_fresh(*hour)).collect::<Vec<_>>();
        assert_eq!(fresh, [HOUR + 9, HOUR + 10, HOUR + 11]);
    }

    #[test]
    fn another_board_introducer_order_or_anchor_is_another_name() {
        let (one, other) = (introducer(1), introducer(2));
        let anchor = Some(secret().anchor());
        let tag =
            |board: &BoardId, keys: &[IntroducerId], anchor| Roster::new(board, keys.to_vec(), anchor).unwrap().tag();
        let elsewhere = BoardId::from_bytes([8; 32]);
        let later = Anchor { hour: HOUR + 1, ..secret().anchor() };
        let names = [
            tag(&board(), &[one, other], anchor),
            tag(&elsewhere, &[one, other], anchor),
            tag(&board(), &[other, one], anchor),
            tag(&board(), &[one], anchor),
            tag(&board(), &[one, other], None),
            tag(&board(), &[one, other], Some(later)),
        ];
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
        assert!(!names.contains(&board().tag()), "an open board has another");
    }

    #[test]
    fn rosters_have_bounds() {
        let keys: Vec<IntroducerId> = (0..17).map(introducer).collect();
        assert!(Roster::new(&board(), keys[..16].to_vec(), None).is_ok());
        let field = |field| Err(FormatError::Field(field));
        assert_eq!(Roster::new(&board(), keys, None), field("introducers"));
        assert_eq!(Roster::new(&board(), vec![introducer(1); 2], None), field("introducers"));
        let never = Anchor { hour: 0, ..secret().anchor() };
        assert_eq!(Roster::new(&board(), Vec::new(), Some(never)), field("beacon"));
        assert_eq!(format!("{:?}", secret()), "BeaconSecret(…)");
    }

    proptest! {
        #[test]
        fn a_roster_has_one_spelling(count in 0u8..=16, anchored: bool, at in 0..Roster::LEN, to: u8) {
            let anchor = anchored.then(|| secret().anchor());
            let roster = Roster::new(&board(), (0..count).map(introducer).collect(), anchor).unwrap();
            let mut bytes = roster.to_bytes();
            prop_assert_eq!(Roster::parse(&bytes), Ok(roster));
            bytes[at] = to;
            if let Ok(read) = Roster::parse(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
