//! Signed records among a handful of overlays: the better one stays, whoever comes first.

use roneo_content::record::{Record, Sequence, Target, seal_record};
use roneo_keys::{Docname, KeyPair, RecordKind};

use super::*;

const COPIES: u8 = 16;

fn seal(kind: RecordKind, edition: u64, content: &str) -> Record {
    let docname: Docname = "tract".parse().unwrap();
    let day = START.day();
    let sequence = if kind == RecordKind::Slot { Sequence { day, edition } } else { Sequence::default() };
    let target = Target::Inline { media_type: "text/plain".into(), content: content.into() };
    let block = seal_record(&KeyPair::of_word("pain"), kind, &docname, sequence, &target).unwrap();
    Record::parse(&block).unwrap()
}

fn slot(edition: u64) -> Record {
    seal(RecordKind::Slot, edition, "pain")
}

impl Net {
    /// Receipts, or the better record that somebody held.
    fn place_record(&mut self, id: NodeId, record: &Record) -> Result<u8, Record> {
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.place_record(self.now, record, COPIES).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::Placed { request: ended, receipts } if *ended == request => Some(Ok(*receipts)),
            Event::Superseded { request: ended, record } if *ended == request => Some(Err(record.clone())),
            _ => None,
        })
    }

    /// The best record, who answered, who agreed.
    fn search_record(&mut self, id: NodeId, locator: Locator, answers: usize) -> (Option<Record>, usize, usize) {
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.search_record(self.now, locator, answers).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::RecordSearched { request: ended, best, answered, agreeing } if *ended == request => {
                Some((best.clone(), *answered, *agreeing))
            }
            _ => None,
        })
    }

    fn kept(&self, locator: &Locator) -> Vec<&Block> {
        self.nodes.values().filter_map(|node| node.disk.get(locator)).collect()
    }

    /// Its storers in the order in which they are asked.
    fn storers(&self, locator: &Locator) -> Vec<NodeId> {
        let mut storers: Vec<_> =
            self.ids.iter().copied().filter(|id| self.nodes[id].disk.contains_key(locator)).collect();
        storers.sort_by_key(|id| *blake3_of(locator, id).as_bytes());
        storers
    }
}

/// The order of storers, by the words of the format page: BLAKE3 of locator and node key.
fn blake3_of(locator: &Locator, id: &NodeId) -> Locator {
    Locator::of(&[locator.as_bytes().as_slice(), id.as_bytes().as_slice()].concat())
}

#[test]
fn a_new_edition_takes_the_place_of_the_old_everywhere() {
    let mut net = Net::of(20);
    let (writer, reader) = (net.ids[1], net.ids[7]);
    let locator = slot(1).locator();
    assert_eq!(net.search_record(reader, locator, 3), (None, 3, 0));
    assert_eq!(net.place_record(writer, &slot(1)), Ok(COPIES));
    assert_eq!(net.search_record(reader, locator, 3), (Some(slot(1)), 3, 3));
    assert_eq!(net.place_record(writer, &slot(2)), Ok(COPIES));
    assert_eq!(net.search_record(reader, locator, 5), (Some(slot(2)), 5, 5));
    assert!(net.kept(&locator).iter().all(|block| *block == slot(2).block()));
}

#[test]
fn an_old_edition_is_refused_with_the_new_one_and_anybody_may_refresh() {
    let mut net = Net::of(20);
    let (writer, stranger) = (net.ids[1], net.ids[7]);
    let locator = slot(1).locator();
    assert_eq!(net.place_record(writer, &slot(2)), Ok(COPIES));
    assert_eq!(net.place_record(stranger, &slot(1)), Err(slot(2)));
    assert!(net.kept(&locator).iter().all(|block| *block == slot(2).block()));
    // The same bytes from somebody without the key are a refresh.
    let lost = net.storers(&locator)[3];
    net.nodes.get_mut(&lost).unwrap().disk.remove(&locator);
    assert_eq!(net.place_record(stranger, &slot(2)), Ok(COPIES));
    assert_eq!(net.nodes[&lost].disk.get(&locator), Some(slot(2).block()));
}

#[test]
fn a_storer_that_only_met_the_new_edition_later_tells_the_first() {
    let mut net = Net::of(20);
    let writer = net.ids[1];
    let locator = slot(1).locator();
    assert_eq!(net.place_record(writer, &slot(3)), Ok(COPIES));
    // All but one forget: as if the others had been cut off while edition 3 was written.
    let last = net.storers(&locator).pop().unwrap();
    for (id, node) in &mut net.nodes {
        if *id != last {
            node.disk.insert(locator, slot(1).into_block());
        }
    }
    assert_eq!(net.place_record(writer, &slot(2)), Err(slot(3)));
    let first = net.storers(&locator)[0];
    assert_eq!(net.nodes[&first].disk[&locator], *slot(3).block());
}

#[test]
fn one_liar_and_one_laggard_do_not_roll_a_reader_back() {
    let mut net = Net::of(20);
    let (writer, reader) = (net.ids[1], net.ids[7]);
    let locator = slot(1).locator();
    assert_eq!(net.place_record(writer, &slot(5)), Ok(COPIES));
    let storers = net.storers(&locator);
    // The first to be asked serves what nobody signed, the second what is old.
    net.nodes.get_mut(&storers[0]).unwrap().lies = true;
    net.nodes.get_mut(&storers[1]).unwrap().frozen = Some(slot(1).into_block());
    let (best, answered, agreeing) = net.search_record(reader, locator, 3);
    assert_eq!((best, answered), (Some(slot(5)), 3));
    assert!(agreeing >= 2, "{agreeing}");
}

#[test]
fn two_documents_written_at_one_moment_end_as_one() {
    let mut net = Net::of(20);
    let (one, other) = (net.ids[1], net.ids[7]);
    let pain = seal(RecordKind::Document, 0, "pain");
    let rose = seal(RecordKind::Document, 0, "rose");
    let locator = pain.locator();
    let (winner, loser) = if pain.against(&rose).is_gt() { (&pain, &rose) } else { (&rose, &pain) };
    let now = net.now;
    for (id, record) in [(one, loser), (other, winner)] {
        net.nodes.get_mut(&id).unwrap().overlay.place_record(now, record, COPIES).unwrap();
    }
    net.settle();
    net.run(Duration::from_secs(20));
    let kept = net.kept(&locator);
    assert!(kept.len() >= usize::from(COPIES));
    assert!(kept.iter().all(|block| *block == winner.block()));
    // Who lost learns of it at the latest when it looks again.
    assert_eq!(net.place_record(one, loser), Err(winner.clone()));
}

#[test]
fn what_nobody_signed_is_not_kept() {
    let mut net = Net::of(12);
    let writer = net.ids[1];
    let mut bytes = slot(1).block().bytes().to_vec();
    bytes[8] = 9; // the edition
    let forged = Record::parse(&Block::new(bytes).unwrap()).unwrap();
    assert_eq!(forged.locator(), slot(1).locator());
    assert_eq!(net.place_record(writer, &forged), Ok(0));
    assert_eq!(net.holders(&forged.locator()), 0);
    let dated = seal_record(
        &KeyPair::of_word("pain"),
        RecordKind::Slot,
        &"tract".parse().unwrap(),
        Sequence { day: START.day().next().next(), edition: 1 },
        &Target::Inline { media_type: String::new(), content: Vec::new() },
    );
    let dated = Record::parse(&dated.unwrap()).unwrap();
    assert_eq!(net.place_record(writer, &dated), Ok(0));
}
