//! Announcements among a handful of overlays: many write one record, and storers merge what they are given.

use roneo_keys::{Chk, Extra, ReadKey};
use roneo_social::{
    Announced, Announcement, AnnouncementRecord, BoardId, DeviceSecret, Effort, PersonId, Pointer, RecordName, Solver,
    UnprovenAnnouncement, hour_of, open_board,
};

use super::*;

const COPIES: u8 = 3;

fn board() -> BoardId {
    open_board("fr/logement", "fr").unwrap()
}

fn name() -> RecordName {
    RecordName { tag: board().tag(), hour: hour_of(START), shard: 0 }
}

fn announcement(by: u8, effort: Effort) -> Announcement {
    let device = DeviceSecret::from_seed(&[by; 32]);
    let chk = Chk {
        root: Locator::from_bytes([by; 32]),
        key: ReadKey::from_bytes([2; 32]),
        extra: Extra::PUBLIC,
        name: String::new(),
    };
    let announced = Announced { at: Pointer::of(&chk), author: PersonId::from_bytes([by; 32]) };
    let unproven = UnprovenAnnouncement::new(&board(), name().hour, device.id(), &announced);
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
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.gather(self.now, name(), answers).unwrap();
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
