//! Records of boards with stewards: two lanes, a roster, beacons.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use roneo_keys::time::Day;

use super::*;
use crate::roster::{Anchor, BeaconSecret};
use crate::vouch::{Admission, GuestSecret, IntroducerSecret};

const OPEN_VECTORS: [&str; 5] = [
    "sXbmMytELH1H6SfUrr1IZdzzwR-e8xgXKIEUmrjznlY",
    "iZJyPS99U-vfmIBQ67mHk5LLNUqgwFgwc9OQTjGaoWY",
    "404ecf33419de34bd9966bffa7f4a600c1d578876ea079e7dc48ea64231d0951",
    "2f6f85da7844a36975d3d94e1537975e5ce0423c28e0eee8b0f5c2aa3fcd5c08",
    "38ce6163b72b36ecb26ab2e8e025d1d6b8cdb38fe26197945a56c87ab43cd6a0",
];
const STEWARDED_VECTORS: [&str; 11] = [
    "SLHPWLpO9hphGZHER57m2AuFuHfZEvqey-~yuvlohq0",
    "Z5FU1p3npNRklub-XW3WHF6KAECcIf2ha2M7kGXtf6o",
    "2lhfX9NazGI2fNUlWCzyCrLpjf6km8ViEUWoJC~1L5w",
    "s~aAVvFiMe-wid-M8s0Y79qSlDtJznyBvzrw4HujuoQ",
    "dzdJ5MoPLyaOMgBrZV~cJiPZaTErqMZSEbCIfcaOkjo",
    "9sYfWXcX4YTXUd3DSnQ5WDOBDCKxPr2q3X-0xjwcCRB8BSpNbP-7xBjOTM4wKW~t50obN5rmVvIoSvrh1nbQBQ",
    "4KoTHDZAlMiQZY7g855Twc3vS5314hZSD0Yc-pxl1942AQxI15L0YT4rED30u0Qx2jEb4GBhlUpSZ4zWnPadBQ",
    "db9659f0b8ddbd27eaa57b09c4e2c2205289ca62a942249439818d80df0a26a2",
    "43389515c70499bfd39fd23e3f128d705aa7f21e082fec777c63466f66be4b51",
    "c05cb6ad368436f17495323da52a94846d1f75d4f2926ee932d5aa26f14f839d",
    "712682dbc4353c24304f0eaa3abed053cc7e3dfba05ef8c16d804de41ea93faa",
];

/// The day of [`HOUR`].
const DAY: Day = Day(HOUR / 24);

fn introducer(number: u8) -> IntroducerSecret {
    IntroducerSecret::from_seed(&[number; 32])
}

fn beacons() -> BeaconSecret {
    BeaconSecret::new(&[5; 32], HOUR - 10)
}

fn beacon(hour: u32) -> Beacon {
    static LAST: LazyLock<Beacon> = LazyLock::new(|| beacons().beacon(Wall(u64::from(HOUR + 9) * HOUR_S)).unwrap());
    LAST.earlier(hour).unwrap()
}

fn roster_of(introducers: impl IntoIterator<Item = u8>, anchor: Option<Anchor>) -> Roster {
    let keys = introducers.into_iter().map(|number| introducer(number).id()).collect();
    Roster::new(&board(), keys, anchor).unwrap()
}

/// Introducers 0 to 5, and beacons.
fn roster() -> Roster {
    static ROSTER: LazyLock<Roster> = LazyLock::new(|| roster_of(0..6, Some(beacons().anchor())));
    ROSTER.clone()
}

fn guest(number: u8) -> GuestSecret {
    GuestSecret::from_seed(&[0x80 | number; 32])
}

fn admission(by: u8, of: u8, until: Day) -> Admission {
    let guest = guest(of);
    let pass = introducer(by).vouch(guest.id(), Some(board().tag()), until);
    guest.admit(pass, &device(of).id())
}

fn vouched_under(roster: &Roster, by: u8, of: u8, number: u16) -> VouchedAnnouncement {
    let admission = admission(by, of, DAY);
    VouchedAnnouncement::new((&board(), roster), HOUR, &device(of), &admission, &announced(number)).unwrap()
}

fn vouched(by: u8, of: u8, number: u16) -> VouchedAnnouncement {
    vouched_under(&roster(), by, of, number)
}

fn newcomer(by: u8, number: u16, beacon: Option<&Beacon>) -> UnprovenAnnouncement {
    UnprovenAnnouncement::newcomer((&board(), &roster()), HOUR, device(by).id(), &announced(number), beacon).unwrap()
}

fn worked(by: u8, number: u16, beacon: Option<&Beacon>, effort: Effort) -> Announcement {
    let unproven = newcomer(by, number, beacon);
    let mut solver = Solver::new(unproven.challenge(beacon.map(|beacon| beacon.value.as_bytes())), effort, 0);
    let proof = (0..10_000).find_map(|_| solver.step(1)).expect("little work");
    unproven.prove(&proof, &device(by))
}

/// Signed, with a nonce and no work behind it: for what happens after the check.
fn idle(by: u8, number: u16, beacon: Option<&Beacon>) -> Announcement {
    newcomer(by, number, beacon).prove(&Proof::from_bytes(&[number as u8; Proof::LEN]), &device(by))
}

fn empty() -> AnnouncementRecord {
    AnnouncementRecord::under(&roster(), HOUR)
}

fn lane(record: &AnnouncementRecord) -> Vec<(u8, u8, u16)> {
    let number = |entry: &Announcement| {
        let root = *entry.open(&board()).unwrap().at.chk().root.as_bytes();
        u16::from_le_bytes([root[0], root[1]])
    };
    let of = |entry: &VouchedAnnouncement| (0..0x80).find(|of| guest(*of).id() == entry.guest()).unwrap();
    record.vouched().map(|entry| (entry.introducer(), of(entry), number(entry.entry()))).collect()
}

#[test]
fn a_vouched_entry_needs_no_work_and_is_read_like_any_other() {
    let mut record = empty();
    assert_eq!(record.offer_vouched(vouched(2, 1, 7)), Ok(true));
    assert_eq!(record.offer_vouched(vouched(2, 1, 7)), Ok(false), "it is there");
    let entry = record.entries().next().unwrap();
    assert_eq!(entry.open(&board()), Ok(announced(7)));
    assert_eq!((entry.device(), record.entries().len()), (device(1).id(), 1));
    let known = record.vouched().next().unwrap();
    assert_eq!((known.guest(), known.admission(&roster())), (guest(1).id(), Some(admission(2, 1, DAY))));
    let bytes = record.to_bytes();
    assert_eq!(AnnouncementRecord::read(&bytes, *record.name(), Effort::MAX).unwrap(), record);
    // What storers see has neither the board's address nor the person.
    for secret in [board().as_bytes(), &[3; 32]] {
        assert!(!bytes.windows(32).any(|window| window == secret));
    }
}

#[test]
fn a_vouch_holds_for_its_board_device_introducer_and_days() {
    let make = |roster: &Roster, hour, by: u8, admission: &Admission| {
        VouchedAnnouncement::new((&board(), roster), hour, &device(by), admission, &announced(7)).map(|_| ())
    };
    let (roster, refused) = (roster(), Err(AnnouncementError::NotVouched));
    assert_eq!(make(&roster, HOUR, 1, &admission(2, 1, DAY)), Ok(()));
    assert_eq!(make(&roster, (DAY.0 + 1) * 24 - 1, 1, &admission(2, 1, DAY)), Ok(()), "the last hour of its last day");
    assert_eq!(make(&roster, (DAY.0 + 1) * 24, 1, &admission(2, 1, DAY)), refused, "a day later");
    assert_eq!(make(&roster, HOUR, 3, &admission(2, 1, DAY)), refused, "another device");
    assert_eq!(make(&roster, HOUR, 1, &admission(9, 1, DAY)), refused, "who may not introduce");
    let elsewhere =
        guest(1).admit(introducer(2).vouch(guest(1).id(), Some(BoardTag::from_bytes([1; 32])), DAY), &device(1).id());
    assert_eq!(make(&roster, HOUR, 1, &elsewhere), refused, "another board");
    let everywhere = guest(1).admit(introducer(2).vouch(guest(1).id(), None, DAY), &device(1).id());
    assert_eq!(make(&roster, HOUR, 1, &everywhere), Ok(()));
}

#[test]
fn no_byte_of_a_vouched_entry_can_be_changed() {
    let (entry, name) = (vouched(2, 1, 7), roster().record(HOUR));
    assert_eq!(entry.verify(&name, &roster()), Ok(()));
    assert_eq!(entry.verify(&RecordName { hour: HOUR + 1, ..name }, &roster()), Err(AnnouncementError::Hour));
    for at in 0..VOUCHED_LEN {
        let mut changed = entry.to_bytes();
        changed[at] ^= 1;
        let accepted = VouchedAnnouncement::parse(&changed).is_ok_and(|entry| entry.verify(&name, &roster()).is_ok());
        assert!(!accepted, "byte {at}");
    }
    // Neither lane takes what belongs into the other.
    assert!(Announcement::parse(entry.entry().as_bytes()).is_err());
    let mut idle = [0; VOUCHED_LEN];
    idle[..ANNOUNCEMENT_LEN].copy_from_slice(self::idle(1, 7, None).as_bytes());
    assert!(VouchedAnnouncement::parse(&idle).is_err());
    assert!(entry.entry().verify(&name, Effort::MIN, None).is_err());
}

#[test]
fn work_counts_four_times_under_a_fresh_beacon() {
    let (now, floor) = (beacon(HOUR), Effort::new(16).unwrap());
    let least = |record: &AnnouncementRecord| record.worked_ranks().into_iter().next();
    let bound = worked(1, 1, Some(&now), floor.with_beacon());
    let mut record = empty();
    assert_eq!(record.offer(bound.clone(), floor), Err(AnnouncementError::Beacon), "nobody knows it yet");
    assert_eq!(record.learn(now), Ok(true));
    assert_eq!(record.offer(bound.clone(), floor), Ok(true));
    let done = bound.effort(&record.name().tag, Some(now.value.as_bytes()));
    assert_eq!(least(&record), Some(done.without_beacon()));
    // The same work without a beacon is too little, and four times as much is not.
    let cheap = (0..50).map(|number| worked(2, number, None, floor.with_beacon()));
    let cheap = cheap.into_iter().find(|entry| entry.effort(&record.name().tag, None) < floor).unwrap();
    assert_eq!(record.offer(cheap, floor), Err(EffortError::TooLittle.into()));
    assert_eq!(record.offer(worked(2, 99, None, floor), floor), Ok(true));
    assert_eq!(AnnouncementRecord::read(&record.to_bytes(), *record.name(), floor).unwrap(), record);
    // On an open board there is none.
    let mut open = AnnouncementRecord::empty(name());
    assert_eq!(open.offer(bound, floor), Err(AnnouncementError::Beacon));
    assert!(open.learn(now).is_err());
}

#[test]
fn a_beacon_serves_its_hour_and_the_two_that_follow() {
    let floor = Effort::MIN;
    for age in 0..3 {
        let bound = worked(1, age as u16, Some(&beacon(HOUR - age)), floor);
        let mut record = empty();
        record.learn(beacon(HOUR)).unwrap();
        assert_eq!(record.offer(bound.clone(), floor), Ok(true), "{age} hours old");
        // Whoever knows an older one alone cannot judge it.
        let mut behind = empty();
        assert_eq!(behind.learn(beacon(HOUR - age)), Ok(true));
        assert_eq!(behind.offer(bound, floor), Ok(true));
        behind.merge(&record);
        assert_eq!((&behind, behind.beacon()), (&record, Some(&beacon(HOUR))));
    }
    let stale = UnprovenAnnouncement::newcomer(
        (&board(), &roster()),
        HOUR,
        device(1).id(),
        &announced(1),
        Some(&beacon(HOUR - 3)),
    );
    assert!(stale.is_err_and(|error| error == AnnouncementError::Beacon));
    let mut record = empty();
    let false_one = Beacon { value: beacon(HOUR - 1).value, hour: HOUR };
    for wrong in [beacon(HOUR - 3), beacon(HOUR + 1), false_one] {
        assert_eq!(record.learn(wrong), Err(NoBeacon));
    }
    assert_eq!(record.learn(beacon(HOUR)), Ok(true));
    assert_eq!(record.learn(beacon(HOUR)), Ok(false));
    assert_eq!(record.learn(beacon(HOUR - 1)), Ok(false), "it follows from what is known");
    assert_eq!(record.beacon(), Some(&beacon(HOUR)));
}

#[test]
fn a_record_is_read_as_it_was_written_and_nothing_is_invented() {
    let mut record = empty();
    record.learn(beacon(HOUR)).unwrap();
    for of in 0..5 {
        record.offer_vouched(vouched(of, of, 1)).unwrap();
        record.offer(worked(0x10 + of, 2, Some(&beacon(HOUR)), Effort::MIN), Effort::MIN).unwrap();
    }
    let (bytes, name) = (record.to_bytes(), *record.name());
    assert_eq!(bytes.len(), BLOCK_LEN);
    assert_eq!(AnnouncementRecord::read(&bytes, name, Effort::MIN).unwrap(), record);
    assert_eq!(AnnouncementRecord::checked_before(&bytes, name).unwrap(), record);
    assert_eq!(RecordName::claimed(&bytes), Some(name));

    // A storer that is not an introducer, in the name of one, and work that was not done.
    let mut forged = record.clone();
    let mut unsigned = vouched(1, 1, 9).to_bytes();
    unsigned[300] ^= 1;
    forged.keep_vouched(VouchedAnnouncement::parse(&unsigned).unwrap());
    forged.keep(idle(9, 9, Some(&beacon(HOUR))));
    assert_ne!(forged, record);
    assert_eq!(AnnouncementRecord::read(&forged.to_bytes(), name, Effort::MIN).unwrap(), record);
    // Another roster is another name.
    let mut other = bytes.clone();
    let tag = roster_of(0..5, None).tag();
    other[12..44].copy_from_slice(tag.as_bytes());
    assert_eq!(AnnouncementRecord::read(&other, RecordName { tag, ..name }, Effort::MIN), Err(FormatError::Malformed));
    let change = |at: usize, to: u8| {
        let mut changed = bytes.clone();
        changed[at] = to;
        AnnouncementRecord::checked_before(&changed, name)
    };
    let refused = [
        (1, 2, "another kind"),
        (1, 0, "an open board"),
        (10, 47, "more than there is room for"),
        (2, 33, "more newcomers than there is room for"),
        (78, 1, "something behind the number of introducers"),
        (628, 0, "a beacon of another hour"),
        (700, 1, "something behind the beacon"),
        (1_024 + 5 * VOUCHED_LEN, 1, "something behind the vouched"),
        (BLOCK_LEN - 1, 1, "something behind the newcomers"),
    ];
    for (at, to, what) in refused {
        assert_eq!(change(at, to), Err(FormatError::Malformed), "{what}");
    }
    assert_eq!(change(0, 1), Err(FormatError::Newer));
    // A beacon that a storer invented is as if it were not there, and so is what is bound to it.
    let mut invented = bytes.clone();
    invented[640] ^= 1;
    let read = AnnouncementRecord::read(&invented, name, Effort::MIN).unwrap();
    assert_eq!((read.beacon(), read.vouched().count(), read.entries().len()), (None, 5, 5));
}

/// What lies under the name of a board with stewards and shows no roster was put there by somebody else.
#[test]
fn a_roster_drives_out_what_has_none() {
    let name = roster().record(HOUR);
    let mut squatted = AnnouncementRecord::empty(name);
    (0..200).for_each(|by| squatted.keep(idle(by, 1, None)));
    assert_eq!(squatted.entries().len(), MAX_ANNOUNCEMENTS);
    let mut record = empty();
    record.offer_vouched(vouched(1, 1, 1)).unwrap();
    for order in [[&squatted, &record], [&record, &squatted]] {
        let mut merged = AnnouncementRecord::empty(name);
        order.iter().for_each(|part| merged.merge(part));
        assert_eq!(merged, record);
    }
    assert!(!squatted.covers(&record) && !record.covers(&squatted));
}

#[test]
fn when_an_introducer_is_struck_off_what_they_vouched_for_is_heard_no_more() {
    let (old, new) = (roster(), roster_of((0..6).filter(|number| *number != 2), Some(beacons().anchor())));
    assert_ne!(old.record(HOUR).locator(), new.record(HOUR).locator());
    let mut before = AnnouncementRecord::under(&old, HOUR);
    before.offer_vouched(vouched(1, 1, 1)).unwrap();
    before.offer_vouched(vouched(2, 2, 2)).unwrap();
    let mut after = AnnouncementRecord::under(&new, HOUR);
    after.merge(&before);
    assert_eq!(after, AnnouncementRecord::under(&new, HOUR), "it is another record");
    for entry in before.vouched() {
        assert!(after.clone().offer_vouched(entry.clone()).is_err(), "signed for another");
    }
    // The vouches of those who stay are as good as before: of their authors, nothing else is asked.
    assert_eq!(after.offer_vouched(vouched_under(&new, 1, 1, 1)), Ok(true));
    let struck = admission(2, 2, DAY);
    let refused = VouchedAnnouncement::new((&board(), &new), HOUR, &device(2), &struck, &announced(2));
    assert_eq!(refused, Err(AnnouncementError::NotVouched));
}

#[test]
fn caps_are_nested() {
    let mut record = empty();
    (0..9).for_each(|number| record.keep_vouched(vouched(0, 0, number)));
    assert_eq!(record.vouched().count(), MAX_PER_GUEST);
    for of in 0..20 {
        (0..2).for_each(|number| record.keep_vouched(vouched(1, of, number)));
    }
    let kept = lane(&record);
    let by_one: Vec<_> = kept.iter().filter(|(by, ..)| *by == 1).collect();
    assert_eq!(by_one.len(), MAX_PER_INTRODUCER);
    let guests: BTreeSet<u8> = by_one.iter().map(|(_, of, _)| *of).collect();
    assert_eq!(guests.len(), MAX_PER_INTRODUCER, "each guest's first before any second");
    for by in 2..6 {
        (0..20).for_each(|of| record.keep_vouched(vouched(by, of, 3)));
    }
    assert_eq!(record.vouched().count(), MAX_VOUCHED);
    let mut introduced = BTreeMap::<u8, usize>::new();
    lane(&record).iter().for_each(|(by, ..)| *introduced.entry(*by).or_default() += 1);
    assert!(introduced.values().all(|count| *count <= MAX_PER_INTRODUCER));

    // Nothing that newcomers do takes a place of those.
    let before = lane(&record);
    (0..120).for_each(|by| (0..3).for_each(|number| record.keep(idle(by, number, None))));
    assert_eq!(lane(&record), before);
    assert_eq!(record.entries().len(), MAX_VOUCHED + MAX_NEWCOMERS);
    let mut of_device = BTreeMap::<DeviceId, usize>::new();
    record.entries().skip(MAX_VOUCHED).for_each(|entry| *of_device.entry(entry.device()).or_default() += 1);
    assert!(of_device.values().all(|count| *count <= MAX_PER_NEWCOMER));
    assert_eq!(record.going_rate(), record.worked_ranks().into_iter().last());
    assert_eq!(AnnouncementRecord::checked_before(&record.to_bytes(), *record.name()).as_ref(), Ok(&record));
}

/// Of newcomers readers fetch the best unasked, and that is what newcomers bid for.
#[test]
fn of_newcomers_the_best_are_fetched_and_of_the_vouched_all() {
    let mut record = empty();
    (0..12).for_each(|of| record.keep_vouched(vouched(1, of, 1)));
    for by in 0..MAX_FETCHED_NEWCOMERS as u8 - 1 {
        record.keep(idle(0x20 + by, u16::from(by), None));
    }
    assert_eq!((record.fetched().count(), record.fetched_rate()), (12 + MAX_FETCHED_NEWCOMERS - 1, None));
    (100..130).for_each(|by| record.keep(idle(by, u16::from(by), None)));
    let ranks = record.worked_ranks();
    assert_eq!((ranks.len(), record.going_rate()), (MAX_NEWCOMERS, ranks.last().copied()));
    assert_eq!(record.fetched_rate(), Some(ranks[MAX_FETCHED_NEWCOMERS - 1]));
    assert!(record.fetched_rate() >= record.going_rate());
    let fetched: Vec<_> = record.fetched().collect();
    assert_eq!(fetched, record.entries().take(12 + MAX_FETCHED_NEWCOMERS).collect::<Vec<_>>());
    let open: Vec<Announcement> = (0..60).map(|by| super::pretended(by, 1)).collect();
    let open = super::taking(open);
    assert_eq!((open.fetched().count(), open.fetched_rate()), (60, None), "on an open board all are read");
}

#[test]
fn who_meets_a_copy_without_their_words_brings_them_again() {
    let (mut own, mut there) = (empty(), empty());
    own.keep_vouched(vouched(1, 1, 1));
    own.keep(idle(0x20, 1, None));
    there.keep_vouched(vouched(2, 2, 2));
    assert_eq!(own.lacking_in(&there).as_ref(), Some(&own));
    there.keep(idle(0x20, 1, None));
    let lacking = own.lacking_in(&there).unwrap();
    assert_eq!((lane(&lacking), lacking.worked_ranks().len()), (vec![(1, 1, 1)], 0));
    there.merge(&lacking);
    assert_eq!(own.lacking_in(&there), None);
    // What would have no place is not brought, nor anything to another hour.
    let mut full = empty();
    (0..4).for_each(|number| full.keep_vouched(vouched(1, 1, 10 + number)));
    (0..4).for_each(|number| own.keep_vouched(vouched(1, 1, 20 + number)));
    let mut both = full.clone();
    both.merge(&own);
    let new = lane(&both).iter().filter(|entry| !lane(&full).contains(entry)).count();
    assert_eq!(own.lacking_in(&full).map_or(0, |lacking| lacking.vouched().count()), new);
    assert_eq!(own.lacking_in(&AnnouncementRecord::under(&roster(), HOUR + 1)), None);
}

#[test]
fn the_same_said_under_two_signatures_has_one_place() {
    let once = vouched(1, 1, 1);
    // Another last day in the pass: everything else is the same.
    let later = admission(1, 1, DAY.next());
    let again = VouchedAnnouncement::new((&board(), &roster()), HOUR, &device(1), &later, &announced(1)).unwrap();
    assert_ne!(once, again);
    let taking = |entries: [&VouchedAnnouncement; 2]| {
        let mut record = empty();
        entries.into_iter().for_each(|entry| record.keep_vouched(entry.clone()));
        record
    };
    assert_eq!(taking([&once, &again]), taking([&again, &once]));
    assert_eq!(taking([&once, &again]).vouched().count(), 1);
}

/// Draft vectors: the same values stand in `docs/formats/announcement.md`.
#[test]
fn vectors() {
    let hex = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let proof = Proof::from_bytes(&[9; Proof::LEN]);
    let open = UnprovenAnnouncement::new(&super::board(), HOUR, device(1).id(), &announced(7));
    let challenge = blake3::Hash::from_bytes(*open.challenge(None).as_bytes()).to_hex().to_string();
    let open = open.prove(&proof, &device(1));
    let mut record = AnnouncementRecord::empty(name());
    record.keep(open.clone());
    let found = [
        name().tag.to_text(),
        BoardTag::from_bytes(*name().locator().as_bytes()).to_text(),
        challenge,
        hex(open.as_bytes()),
        hex(&record.to_bytes()),
    ];
    assert_eq!(found, OPEN_VECTORS);

    let board = BoardId::from_bytes([7; 32]);
    let introducers = vec![introducer(0x21).id(), introducer(0x22).id()];
    let roster = Roster::new(&board, introducers, Some(beacons().anchor())).unwrap();
    let guest = GuestSecret::from_seed(&[6; 32]);
    let pass = introducer(0x22).vouch(guest.id(), Some(board.tag()), DAY);
    let admission = guest.admit(pass, &device(1).id());
    let vouched = VouchedAnnouncement::new((&board, &roster), HOUR, &device(1), &admission, &announced(7)).unwrap();
    let bound = beacon(HOUR - 1);
    let newcomer =
        UnprovenAnnouncement::newcomer((&board, &roster), HOUR, device(2).id(), &announced(8), Some(&bound)).unwrap();
    let challenge = newcomer.challenge(Some(bound.value.as_bytes()));
    let challenge = blake3::Hash::from_bytes(*challenge.as_bytes()).to_hex().to_string();
    let newcomer = newcomer.prove(&proof, &device(2));
    let mut record = AnnouncementRecord::under(&roster, HOUR);
    record.learn(beacon(HOUR)).unwrap();
    record.keep_vouched(vouched.clone());
    record.keep(newcomer.clone());
    let found = [
        board.tag().to_text(),
        beacons().anchor().value.to_text(),
        beacon(HOUR).value.to_text(),
        roster.tag().to_text(),
        BoardTag::from_bytes(*record.name().locator().as_bytes()).to_text(),
        roneo_keys::base64::encode(pass.key.sig.as_bytes()),
        roneo_keys::base64::encode(admission.sig.as_bytes()),
        hex(&vouched.to_bytes()),
        challenge,
        hex(newcomer.as_bytes()),
        hex(&record.to_bytes()),
    ];
    assert_eq!(found, STEWARDED_VECTORS);
}

/// What comes to storers: entries of both lanes, beacons, and records without a roster.
#[derive(Debug, Clone)]
enum Piece {
    Vouched(u8, u8, u16),
    Idle(u8, u16, Option<u32>),
    Beacon(u32),
    Squatter(u8),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        12 => (0u8..6, 0u8..24, 0u16..6).prop_map(|(by, of, number)| Piece::Vouched(by, of, number)),
        8 => (0u8..40, 0u16..4, proptest::option::of(0u32..3)).prop_map(|(by, number, age)| Piece::Idle(by, number, age)),
        1 => (0u32..3).prop_map(Piece::Beacon),
        1 => (0u8..9).prop_map(Piece::Squatter),
    ]
}

/// A record of one piece, as a writer brings it.
fn brought(piece: &Piece) -> AnnouncementRecord {
    let mut record = empty();
    match *piece {
        Piece::Vouched(by, of, number) => record.keep_vouched(vouched(by, of, number)),
        Piece::Idle(by, number, None) => record.keep(idle(by, number, None)),
        Piece::Idle(by, number, Some(age)) => {
            record.learn(beacon(HOUR - age)).unwrap();
            record.keep(idle(by, number, Some(&beacon(HOUR - age))));
        }
        Piece::Beacon(age) => drop(record.learn(beacon(HOUR - age))),
        Piece::Squatter(by) => {
            record = AnnouncementRecord::empty(*record.name());
            record.keep(idle(by, 1, None));
        }
    }
    record
}

fn merged<'a>(records: impl IntoIterator<Item = &'a AnnouncementRecord>) -> AnnouncementRecord {
    let mut all = AnnouncementRecord::empty(roster().record(HOUR));
    records.into_iter().for_each(|record| all.merge(record));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Associative, commutative, idempotent, over both lanes, beacons and squatters: however the pieces are shuffled and
    /// bracketed, the bytes are the same.
    #[test]
    fn merging_two_lanes_is_a_semilattice(
        pieces in proptest::collection::vec(piece(), 0..160),
        order in any::<proptest::sample::Index>(),
        cuts: (proptest::sample::Index, proptest::sample::Index),
    ) {
        let records: Vec<AnnouncementRecord> = pieces.iter().map(brought).collect();
        let whole = merged(&records);
        let (one, other) = records.split_at(order.index(records.len() + 1));
        let (one, other) = (merged(one), merged(other));
        let mut completed = other.clone();
        if let Some(lacking) = one.lacking_in(&other) {
            prop_assert!(!other.covers(&lacking));
            completed.merge(&lacking);
        }
        let entries = |record: &AnnouncementRecord| record.entries().cloned().collect::<Vec<_>>();
        prop_assert_eq!(entries(&completed), entries(&whole));
        let mut shuffled: Vec<&AnnouncementRecord> = records.iter().rev().collect();
        if !shuffled.is_empty() {
            let by = order.index(shuffled.len());
            shuffled.rotate_left(by);
        }
        prop_assert_eq!(merged(shuffled).to_bytes(), whole.to_bytes());
        let (one, other) = (cuts.0.index(records.len() + 1), cuts.1.index(records.len() + 1));
        let (low, high) = (one.min(other), one.max(other));
        let parts = [&records[..high], &records[low..], &records[..low]].map(merged);
        let left = merged([&merged([&parts[0], &parts[1]]), &parts[2]]);
        let right = merged([&parts[0], &merged([&parts[1], &parts[2]])]);
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(&left, &whole);
        prop_assert_eq!(merged([&whole, &whole]), whole.clone());
        for part in &parts {
            prop_assert_eq!(merged([&whole, part]), whole.clone());
        }
        if whole.roster().is_some() {
            prop_assert_eq!(AnnouncementRecord::checked_before(&whole.to_bytes(), *whole.name()), Ok(whole));
        }
    }

    /// Under rosters of which one strikes off introducers of the other, what lies under each is a function of what was
    /// brought to it, whichever came first.
    #[test]
    fn rosters_never_mix(
        entries in proptest::collection::vec((0u8..6, 0u8..12, 0u16..4, any::<bool>()), 0..60),
        struck in 0u8..6,
    ) {
        let rosters = [roster(), roster_of((0..6).filter(|number| *number != struck), Some(beacons().anchor()))];
        let taken = |order: &mut dyn Iterator<Item = &(u8, u8, u16, bool)>| {
            let mut records = rosters.clone().map(|roster| AnnouncementRecord::under(&roster, HOUR));
            for &(by, of, number, late) in order {
                let place = usize::from(late);
                if !late || by != struck {
                    records[place].keep_vouched(vouched_under(&rosters[place], by, of, number));
                }
                let [one, other] = &mut records;
                one.merge(other);
                other.merge(one);
            }
            records
        };
        let ended = taken(&mut entries.iter());
        prop_assert_eq!(&taken(&mut entries.iter().rev()), &ended);
        let gone = introducer(struck).id();
        let by = ended[1].vouched().filter_map(|entry| entry.admission(&rosters[1]));
        prop_assert!(by.map(|admission| admission.pass.key.by).all(|by| by != gone));
        for (record, roster) in ended.iter().zip(&rosters) {
            prop_assert!(record.vouched().all(|entry| entry.verify(record.name(), roster).is_ok()));
        }
    }

    #[test]
    fn no_bytes_stop_a_vouched_entry(bytes in proptest::collection::vec(any::<u8>(), VOUCHED_LEN)) {
        let mut bytes = bytes;
        bytes[..4].copy_from_slice(&[ANNOUNCEMENT_VERSION, BY_VOUCH, 0, 0]);
        bytes[PROOF_AT..SALT_AT].fill(0);
        bytes[ANNOUNCEMENT_LEN + 1..ANNOUNCEMENT_LEN + 4].fill(0);
        bytes[424..].fill(0);
        let entry = VouchedAnnouncement::parse(&bytes);
        prop_assert!(entry.as_ref().is_ok_and(|entry| entry.to_bytes()[..] == bytes));
        if let Ok(entry) = entry {
            prop_assert!(entry.verify(&roster().record(entry.entry().hour()), &roster()).is_err());
        }
    }
}
