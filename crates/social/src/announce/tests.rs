use proptest::prelude::*;
use roneo_keys::{BLOCK_LEN, Chk, Extra, ReadKey};

use super::*;
use crate::board::open_board;
use crate::effort::Solver;

mod rostered;

/// So little that a test has it at once.
const FLOOR: Effort = Effort::MIN;
const HOUR: u32 = 498_600;

fn board() -> BoardId {
    open_board("fr/logement", "fr").unwrap()
}

fn name() -> RecordName {
    RecordName { tag: board().tag(), hour: HOUR, shard: 0 }
}

fn announced(number: u16) -> Announced {
    let mut root = [0; 32];
    root[..2].copy_from_slice(&number.to_le_bytes());
    let chk = Chk {
        root: Locator::from_bytes(root),
        key: ReadKey::from_bytes([2; 32]),
        extra: Extra::PUBLIC,
        name: String::new(),
    };
    Announced { at: Pointer::of(&chk), author: PersonId::from_bytes([3; 32]) }
}

fn device(number: u8) -> DeviceSecret {
    DeviceSecret::from_seed(&[number; 32])
}

/// With real work in it, of at least `effort`.
fn proven(by: u8, number: u16, effort: Effort) -> Announcement {
    let device = device(by);
    let unproven = UnprovenAnnouncement::new(&board(), HOUR, device.id(), &announced(number));
    let mut solver = Solver::new(unproven.challenge(None), effort, 0);
    let proof = (0..10_000).find_map(|_| solver.step(1)).expect("little work");
    unproven.prove(&proof, &device)
}

/// Signed, with a nonce and no work behind it: for what happens after the check.
fn pretended(by: u8, number: u16) -> Announcement {
    let device = device(by);
    let unproven = UnprovenAnnouncement::new(&board(), HOUR, device.id(), &announced(number));
    unproven.prove(&Proof::from_bytes(&[number as u8; Proof::LEN]), &device)
}

fn taking(entries: impl IntoIterator<Item = Announcement>) -> AnnouncementRecord {
    let mut record = AnnouncementRecord::empty(name());
    for entry in entries {
        record.keep(entry);
    }
    record
}

#[test]
fn who_has_the_address_reads_what_was_announced_and_no_other() {
    let entry = proven(1, 7, FLOOR);
    assert_eq!(entry.open(&board()), Ok(announced(7)));
    assert_eq!(entry.open(&open_board("fr/logement", "en").unwrap()), Err(FormatError::Malformed));
    assert_eq!((entry.hour(), entry.device()), (HOUR, device(1).id()));
    let shown = entry.as_bytes();
    for secret in [board().as_bytes(), &[3; 32], &[2; 32]] {
        assert!(!shown.windows(32).any(|window| window == secret));
    }
}

#[test]
fn two_texts_of_one_device_and_hour_share_no_key_stream() {
    let (one, other) = (pretended(1, 1), pretended(1, 2));
    let differ = |range: std::ops::Range<usize>| one.as_bytes()[range.clone()] != other.as_bytes()[range];
    assert!(differ(SALT_AT..SEALED_AT));
    // Both plain texts have the same key and author, bytes 32 to 101.
    assert!(differ(SEALED_AT + 32..SEALED_AT + 101));
}

#[test]
fn an_entry_holds_for_its_board_hour_and_work() {
    let entry = proven(1, 7, Effort::new(8).unwrap());
    let other = RecordName { tag: open_board("fr/logement", "en").unwrap().tag(), ..name() };
    assert_eq!(entry.verify(&name(), Effort::new(8).unwrap(), None), Ok(()));
    assert_eq!(entry.verify(&RecordName { hour: HOUR + 1, ..name() }, FLOOR, None), Err(AnnouncementError::Hour));
    assert!(entry.verify(&other, FLOOR, None).is_err());
    assert!(entry.verify(&name(), FLOOR, Some(&[1; 32])).is_err());
    let much = AnnouncementError::Effort(EffortError::TooLittle);
    assert_eq!(entry.verify(&name(), Effort::MAX, None), Err(much));
    assert!(pretended(1, 7).verify(&name(), FLOOR, None).is_err(), "a nonce is no work");
    for at in 0..ANNOUNCEMENT_LEN {
        let mut changed = *entry.as_bytes();
        changed[at] ^= 1;
        let accepted = Announcement::parse(&changed).is_ok_and(|entry| entry.verify(&name(), FLOOR, None).is_ok());
        assert!(!accepted, "byte {at}");
    }
}

#[test]
fn a_record_reads_as_it_was_written_and_what_is_not_valid_is_left_out() {
    let mut record = AnnouncementRecord::empty(name());
    let entries: Vec<Announcement> = (0..5).map(|number| proven(number as u8 + 1, number, FLOOR)).collect();
    for entry in &entries {
        assert_eq!(record.offer(entry.clone(), FLOOR), Ok(true));
        assert_eq!(record.offer(entry.clone(), FLOOR), Ok(false), "it is there");
    }
    let bytes = record.to_bytes();
    assert_eq!(bytes.len(), BLOCK_LEN);
    assert_eq!(AnnouncementRecord::read(&bytes, name(), FLOOR).unwrap(), record);

    let mut forged = record.clone();
    let invented = pretended(9, 9);
    forged.keep(invented);
    assert_eq!(AnnouncementRecord::read(&forged.to_bytes(), name(), FLOOR).unwrap(), record);

    assert!(AnnouncementRecord::read(&bytes, RecordName { shard: 1, ..name() }, FLOOR).is_err());
    assert!(AnnouncementRecord::read(&bytes[1..], name(), FLOOR).is_err());
    let mut later = bytes.clone();
    later[0] = 1;
    assert_eq!(AnnouncementRecord::read(&later, name(), FLOOR), Err(FormatError::Newer));
    let mut behind = bytes.clone();
    behind[BLOCK_LEN - 1] = 1;
    let mut turned = bytes.clone();
    turned[RECORD_HEADER_LEN..].rotate_left(ANNOUNCEMENT_LEN);
    for (what, odd) in [("something behind the entries", behind), ("another order", turned)] {
        assert_eq!(AnnouncementRecord::checked_before(&odd, name()), Err(FormatError::Malformed), "{what}");
    }
    let mut counted = bytes;
    counted[2..4].copy_from_slice(&500u16.to_le_bytes());
    assert_eq!(AnnouncementRecord::read(&counted, name(), FLOOR), Err(FormatError::Malformed));
}

#[test]
fn one_device_cannot_fill_a_record_and_a_flood_has_a_price() {
    let flood = |by: u8| (0..200).map(move |number| pretended(by, number));
    assert_eq!(taking(flood(1)).entries().len(), MAX_PER_DEVICE);
    let full = taking((0..250).map(|by| pretended(by, 1)));
    assert_eq!(full.entries().len(), MAX_ANNOUNCEMENTS);
    let least = full.entries().last().unwrap().effort(&name().tag, None);
    assert_eq!(full.going_rate(), Some(least));
    assert!(full.entries().all(|entry| entry.effort(&name().tag, None) >= least));
    assert_eq!(taking(flood(1)).going_rate(), None);
}

/// A signer chooses what makes two signatures under one text differ; here another proof does.
#[test]
fn the_same_said_twice_has_one_place() {
    let device = device(1);
    let unproven = UnprovenAnnouncement::new(&board(), HOUR, device.id(), &announced(1));
    let twice = |number: u8| unproven.clone().prove(&Proof::from_bytes(&[number; Proof::LEN]), &device);
    let record = taking((0..9).map(twice));
    assert_eq!(record.entries().len(), 1);
    let best = (0..9).map(|number| twice(number).effort(&name().tag, None)).max();
    assert_eq!(record.entries().next().map(|entry| entry.effort(&name().tag, None)), best);
    assert_eq!(record, taking((0..9).rev().map(twice)));
}

/// However valid entries come, what stays is the same as if all were put together.
#[test]
fn offers_end_as_a_merge_does() {
    let entries: Vec<Announcement> = (0..7).map(|number| proven(1, number, FLOOR)).collect();
    let mut offered = AnnouncementRecord::empty(name());
    for entry in entries.iter().rev().chain(&entries) {
        offered.offer(entry.clone(), FLOOR).unwrap();
    }
    assert_eq!(offered, taking(entries));
    assert_eq!(offered.entries().len(), MAX_PER_DEVICE);
}

#[test]
fn a_record_takes_entries_around_its_hour() {
    let start = u64::from(HOUR) * 3_600;
    let table =
        [(start - 601, false), (start - 600, true), (start, true), (start + 4_199, true), (start + 4_200, false)];
    for (time, takes) in table {
        assert_eq!(name().takes_entries(Wall(time)), takes, "{time}");
    }
    assert_eq!(hour_of(Wall(start + 3_599)), HOUR);
    let last = RecordName { hour: u32::MAX, ..name() };
    assert!(!last.takes_entries(Wall(0)) && last.takes_entries(Wall(u64::from(u32::MAX) * 3_600)));
}

#[test]
fn records_of_one_board_lie_apart() {
    let names = [name(), RecordName { hour: HOUR + 1, ..name() }, RecordName { shard: 1, ..name() }];
    let locators: std::collections::BTreeSet<Locator> = names.iter().map(RecordName::locator).collect();
    assert_eq!(locators.len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn merging_is_a_semilattice(seeds in proptest::collection::vec((0u8..60, 0u16..7), 0..300), cuts: (u8, u8)) {
        let entries: Vec<Announcement> = seeds.iter().map(|&(by, number)| pretended(by, number)).collect();
        let (first, second) = (usize::from(cuts.0) % (entries.len() + 1), usize::from(cuts.1) % (entries.len() + 1));
        let (low, high) = (first.min(second), first.max(second));
        let parts = [&entries[..high], &entries[low..], &entries[..low]].map(|part| taking(part.iter().cloned()));
        let merged = |order: [usize; 4]| {
            let mut all = AnnouncementRecord::empty(name());
            order.iter().for_each(|part| all.merge(&parts[*part]));
            all
        };
        let whole = taking(entries.iter().rev().cloned());
        prop_assert_eq!(&merged([0, 1, 2, 0]), &whole);
        prop_assert_eq!(merged([2, 1, 0, 1]).to_bytes(), whole.to_bytes());
        let mut left = parts[0].clone();
        left.merge(&parts[1]);
        let mut right = parts[1].clone();
        right.merge(&parts[0]);
        prop_assert_eq!(left, right);
    }

    #[test]
    fn no_bytes_stop_it(bytes in proptest::collection::vec(any::<u8>(), ANNOUNCEMENT_LEN)) {
        let mut bytes = bytes;
        bytes[..4].fill(0);
        let entry = Announcement::parse(&bytes);
        prop_assert!(entry.is_ok());
        if let Ok(entry) = entry {
            prop_assert!(entry.verify(&name(), Effort::MIN, None).is_err());
            prop_assert!(entry.open(&board()).is_err());
        }
    }
}
