//! Announcements among a handful of overlays: many write one record, and storers merge what they are given.

use roneo_keys::time::Day;
use roneo_keys::{Chk, Extra, ReadKey};
use roneo_social::{
    Announced, Announcement, AnnouncementRecord, BoardId, DeviceSecret, Effort, GuestSecret, IntroducerSecret,
    PersonId, Pointer, RecordName, Roster, Solver, UnprovenAnnouncement, VouchedAnnouncement, hour_of, open_board,
};

use super::*;

const COPIES: u8 = 3;

fn board() -> BoardId {
    open_board("fr/logement", "fr").unwrap()
}

fn name() -> RecordName {
    RecordName { tag: board().tag(), hour: hour_of(START), shard: 0 }
}

fn announced(by: u8) -> Announced {
    let chk = Chk {
        root: Locator::from_bytes([by; 32]),
        key: ReadKey::from_bytes([2; 32]),
        extra: Extra::PUBLIC,
        name: String::new(),
    };
    Announced { at: Pointer::of(&chk), author: PersonId::from_bytes([by; 32]) }
}

fn announcement(by: u8, effort: Effort) -> Announcement {
    let device = DeviceSecret::from_seed(&[by; 32]);
    let unproven = UnprovenAnnouncement::new(&board(), name().hour, device.id(), &announced(by));
    let mut solver = Solver::new(unproven.challenge(None), effort, 0);
    let proof = (0..10_000).find_map(|_| solver.step(1)).expect("little work");
    unproven.prove(&proof, &device)
}

/// A record of some announcements, each with the work that a local network asks.
fn record_of(by: impl IntoIterator<Item = u8>) -> AnnouncementRecord {
    let mut record = AnnouncementRecord::empty(name());
    for by in by {
        assert_eq!(record.offer(announcement(by, Effort::TRIAL), Effort::TRIAL), Ok(true));
    }
    record
}

impl Net {
    fn announce(&mut self, id: NodeId, record: &AnnouncementRecord) -> u8 {
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.place_announcements(self.now, record, COPIES).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::Placed { request: ended, receipts } if *ended == request => Some(*receipts),
            _ => None,
        })
    }

    fn gather(&mut self, id: NodeId, answers: usize) -> (AnnouncementRecord, usize) {
        self.gather_under(id, name(), answers)
    }

    fn gather_under(&mut self, id: NodeId, name: RecordName, answers: usize) -> (AnnouncementRecord, usize) {
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.gather(self.now, name, answers).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::Gathered { request: ended, record, answered } if *ended == request => {
                Some((record.clone(), *answered))
            }
            _ => None,
        })
    }

    fn announced_at(&self) -> Vec<NodeId> {
        let locator = name().locator();
        self.ids.iter().copied().filter(|id| self.nodes[id].disk.contains_key(&locator)).collect()
    }
}

#[test]
fn strangers_who_announce_on_one_board_are_all_heard() {
    let mut net = Net::of(20);
    let reader = net.ids[7];
    assert_eq!(net.gather(reader, 2), (AnnouncementRecord::empty(name()), 2));
    for (writer, by) in [(1, 1), (4, 2), (9, 3)] {
        assert_eq!(net.announce(net.ids[writer], &record_of([by])), COPIES);
    }
    let (record, answered) = net.gather(reader, 2);
    assert_eq!((&record, answered), (&record_of(1..=3), 2));
    let authors: Vec<_> = record.entries().map(|entry| entry.open(&board()).unwrap().author).collect();
    assert_eq!(authors.len(), 3);
    // The same thing said again changes nothing, and is not refused.
    assert_eq!(net.announce(net.ids[4], &record_of([2])), COPIES);
    assert_eq!(net.announced_at().len(), usize::from(COPIES));
    let kept: BTreeSet<Vec<u8>> =
        net.announced_at().iter().map(|id| net.nodes[id].disk[&name().locator()].bytes().to_vec()).collect();
    assert_eq!(kept, BTreeSet::from([record_of(1..=3).to_bytes()]));
}

/// Each of two storers leaves one out, the third has nothing but what it invented: together they give all.
#[test]
fn who_stores_cannot_silence_anybody_alone_nor_invent() {
    let mut net = Net::of(20);
    assert_eq!(net.announce(net.ids[1], &record_of([1, 2])), COPIES);
    let holders = net.announced_at();
    for (holder, by) in [(holders[0], 1), (holders[1], 2)] {
        let part = Block::new(record_of([by]).to_bytes()).unwrap();
        net.nodes.get_mut(&holder).unwrap().disk.insert(name().locator(), part);
    }
    let mut invented = AnnouncementRecord::empty(name());
    invented.offer(announcement(9, Effort::MIN), Effort::MIN).unwrap();
    // Less work than this network asks: as long as nobody checks, it could be there.
    let lie = Block::new(invented.to_bytes()).unwrap();
    let cheap = invented.entries().all(|entry| entry.effort(&name().tag, None) < Effort::TRIAL);
    assert!(cheap, "choose another seed");
    net.nodes.get_mut(&holders[2]).unwrap().disk.insert(name().locator(), lie);
    let (record, answered) = net.gather(net.ids[7], 3);
    assert_eq!((record, answered), (record_of([1, 2]), 3));
}

/// Storers that know nothing of a board with stewards take what its introducers vouch for, without work, and drop what
/// somebody else put under its name.
#[test]
fn on_a_board_with_stewards_who_is_vouched_for_needs_no_work() {
    let mut net = Net::of(20);
    let (introducer, hour) = (IntroducerSecret::from_seed(&[4; 32]), name().hour);
    let roster = Roster::new(&board(), vec![introducer.id()], None).unwrap();
    let vouched = |by: u8| {
        let (guest, device) = (GuestSecret::from_seed(&[by; 32]), DeviceSecret::from_seed(&[by; 32]));
        let admission = guest.admit(introducer.vouch(guest.id(), None, Day(hour / 24)), &device.id());
        let entry = VouchedAnnouncement::new((&board(), &roster), hour, &device, &admission, &announced(by));
        let mut record = AnnouncementRecord::under(&roster, hour);
        record.offer_vouched(entry.unwrap()).unwrap();
        record
    };
    let device = DeviceSecret::from_seed(&[9; 32]);
    let unproven = UnprovenAnnouncement::newcomer((&board(), &roster), hour, device.id(), &announced(9), None).unwrap();
    let mut solver = Solver::new(unproven.challenge(None), Effort::TRIAL, 0);
    let proof = (0..10_000).find_map(|_| solver.step(1)).expect("little work");
    let newcomer = unproven.prove(&proof, &device);
    let mut squatter = AnnouncementRecord::empty(roster.record(hour));
    squatter.offer(newcomer.clone(), Effort::TRIAL).unwrap();
    assert_eq!(net.announce(net.ids[2], &squatter), COPIES, "nobody knows better yet");

    for (writer, by) in [(1, 1), (4, 2)] {
        assert_eq!(net.announce(net.ids[writer], &vouched(by)), COPIES);
    }
    let mut expected = vouched(1);
    expected.merge(&vouched(2));
    let (record, answered) = net.gather_under(net.ids[7], roster.record(hour), 2);
    assert_eq!((&record, answered), (&expected, 2));
    // Said again it goes to storers that were not asked so far, and is worth nothing beside what has a roster.
    net.announce(net.ids[2], &squatter);
    assert_eq!(net.gather_under(net.ids[7], roster.record(hour), 5).0, expected);
    let mut newcomers = AnnouncementRecord::under(&roster, hour);
    newcomers.offer(newcomer, Effort::TRIAL).unwrap();
    assert_eq!(net.announce(net.ids[2], &newcomers), COPIES);
    expected.merge(&newcomers);
    assert_eq!(net.gather_under(net.ids[7], roster.record(hour), 2).0, expected);
    let mut strangers = AnnouncementRecord::under(&Roster::new(&board(), Vec::new(), None).unwrap(), hour);
    strangers.merge(&record);
    assert_eq!(strangers.entries().len(), 0, "another roster is another record");
}

#[test]
fn what_is_not_valid_is_kept_by_nobody() {
    let mut net = Net::of(20);
    let writer = net.ids[1];
    let mut cheap = AnnouncementRecord::empty(name());
    cheap.offer(announcement(9, Effort::MIN), Effort::MIN).unwrap();
    assert_eq!(net.announce(writer, &cheap), 0, "too little work");
    assert_eq!(net.announce(writer, &AnnouncementRecord::empty(name())), 0, "nothing");
    assert_eq!(net.announce(writer, &record_of(1..=5)), 0, "too many at once");
    assert!(net.announced_at().is_empty());
    // An hour later the record takes nothing more.
    let late = record_of([1]);
    net.now.wall.0 = (u64::from(name().hour) + 1) * 3_600 + roneo_social::GRACE_S;
    assert_eq!(net.announce(writer, &late), 0, "too late");
    assert!(net.announced_at().is_empty());
}
