//! Idle padding among a handful of overlays: what leaves, what it looks like, what takes its place.

use roneo_overlay::Quanta;
use roneo_packet::Class;
use roneo_social::{RecordName, hour_of, open_board};

use super::*;

const PADDED: Rules = Rules::LOCAL;
const SMALL: usize = Class::Small.packet_len();
const BLOCK: usize = Class::Block.packet_len();

fn board_hour() -> RecordName {
    RecordName { tag: open_board("fr/logement", "fr").unwrap().tag(), hour: hour_of(START), shard: 0 }
}

impl Net {
    fn guard(&self, id: NodeId) -> NodeId {
        self.nodes[&id].overlay.guards().guards()[0].node
    }

    /// Lengths of the packets that passed from one node to another since they were last cleared.
    fn lengths(&self, from: NodeId, to: NodeId) -> Vec<usize> {
        let passed = self.packets.iter().filter(|(of, at, _)| (*of, *at) == (from, to));
        passed.map(|(_, _, packet)| packet.len()).collect()
    }

    /// Where a request of `id` went and came from again, by lengths: the packets of all links while nothing else was sent.
    fn shape(&self) -> Vec<usize> {
        self.packets.iter().map(|(_, _, packet)| packet.len()).collect()
    }

    fn overlay(&mut self, id: NodeId) -> &mut Overlay {
        &mut self.nodes.get_mut(&id).unwrap().overlay
    }

    /// Lets time pass until `id` has sent one more packet of its padding.
    fn next_padding(&mut self, id: NodeId) {
        let before = self.count(id, "padding_sent");
        while self.count(id, "padding_sent") == before {
            self.packets.clear();
            self.run(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_idle_client_says_something_every_five_seconds_and_is_answered() {
    let mut net = Net::ruled(8, PADDED);
    net.run(Duration::from_secs(60));
    let before: Vec<[u64; 2]> =
        net.ids.iter().map(|id| ["padding_sent", "dummies_answered"].map(|name| net.count(*id, name))).collect();
    net.run(Duration::from_secs(600));
    for (id, [sent, answered]) in net.ids.clone().into_iter().zip(before) {
        let sent = net.count(id, "padding_sent") - sent;
        // 120 turns on the mean; four standard deviations of 11.
        assert!((76..164).contains(&sent), "{sent}");
        assert_eq!(net.count(id, "dummies_answered") - answered, sent, "nothing is lost here");
        assert_eq!((net.count(id, "packets_sent"), net.count(id, "replies_unknown")), (0, 0));
        assert_eq!(net.count(id, "padding_replaced"), 0);
        assert!(net.nodes[&id].events.is_empty(), "nobody is told of it");
    }
}

#[test]
fn where_silence_may_be_seen_nothing_is_said() {
    let mut net = Net::of(8);
    net.packets.clear();
    net.run(Duration::from_secs(120));
    assert_eq!(net.packets.len(), 0);
}

#[test]
fn too_few_nodes_for_a_path_are_too_few_for_padding() {
    let mut net = Net::ruled(4, PADDED);
    net.run(Duration::from_secs(60));
    assert_eq!(net.packets.len(), 0);
}

/// To the line and at each hop a dummy is a read that finds nothing.
#[test]
fn a_dummy_looks_like_a_read() {
    let mut net = Net::ruled(8, PADDED);
    let id = net.ids[0];
    let mut shapes = BTreeSet::new();
    for _ in 0..20 {
        net.next_padding(id);
        let (guard, shape) = (net.guard(id), net.shape());
        if shape.len() == 8 && net.lengths(id, guard).len() == 1 {
            assert_eq!(net.lengths(id, guard), [SMALL]);
            assert_eq!(net.lengths(guard, id), [shape[7]]);
            shapes.insert(shape);
        }
    }
    // A read with one answer for each of the two size classes.
    let read = |class| {
        let mut net = Net::of(8);
        net.packets.clear();
        let id = net.ids[0];
        let locator = Locator::from_bytes([9; 32]);
        let now = net.now;
        net.overlay(id).search(now, locator, class, FirstAsk::One).unwrap();
        net.settle();
        net.shape()[..8].to_vec()
    };
    assert_eq!(shapes, [read(SizeClass::Leaf), read(SizeClass::Block)].into());
    assert_eq!(read(SizeClass::Block), [SMALL, SMALL, SMALL, SMALL, BLOCK, BLOCK, BLOCK, BLOCK]);
}

#[test]
fn some_answers_are_blocks_as_those_of_open_boards_are() {
    let mut net = Net::ruled(8, PADDED);
    let (id, guard) = (net.ids[0], net.guard(net.ids[0]));
    net.packets.clear();
    net.run(Duration::from_secs(600));
    // Of the guard's own padding, some ends here too, and none of it in the block class but answers.
    let (small, block): (Vec<usize>, Vec<usize>) =
        net.lengths(guard, id).into_iter().partition(|length| *length == SMALL);
    let share = block.len() as f64 / (small.len() + block.len()) as f64;
    assert!((0.1..0.42).contains(&share), "{share}");
}

#[test]
fn a_small_packet_of_ones_own_stands_in_for_one_of_the_padding() {
    let mut net = Net::ruled(8, PADDED);
    let id = net.ids[0];
    net.place(net.ids[1], &leaf(7), 3);
    let mut packets = 0;
    for _ in 0..8 {
        net.nodes.get_mut(&id).unwrap().events.clear();
        assert_eq!(net.search(id, leaf(7).locator(), FirstAsk::One), Ok(leaf(7)));
        packets += 1;
        assert_eq!(net.count(id, "packets_sent"), packets);
        net.run(Duration::from_secs(60));
        assert_eq!(net.count(id, "padding_replaced"), packets);
    }
    // 480 s and 15 before them: 99 turns, of which 8 were taken; four standard deviations of 10.
    let padding = net.count(id, "padding_sent");
    assert!((51..131).contains(&padding), "{padding}");
}

#[test]
fn a_long_fetch_is_not_followed_by_a_long_silence() {
    let mut net = Net::ruled(8, PADDED);
    let id = net.ids[0];
    let now = net.now;
    for byte in 0..100 {
        net.overlay(id).search(now, Locator::from_bytes([byte; 32]), SizeClass::Leaf, FirstAsk::Two).unwrap();
    }
    net.settle();
    let before = net.count(id, "padding_sent");
    net.run(Duration::from_secs(60));
    assert_eq!(net.count(id, "padding_replaced"), 4);
    assert!(net.count(id, "padding_sent") > before);
}

#[test]
fn who_can_wait_leaves_in_the_place_of_padding() {
    let mut net = Net::ruled(8, PADDED);
    let id = net.ids[0];
    let (name, locator) = (board_hour(), Locator::from_bytes([3; 32]));
    net.run(Duration::from_secs(30));
    let turns = |net: &Net| net.count(id, "padding_sent") + net.count(id, "padding_replaced");
    let before = (net.count(id, "padding_sent"), turns(&net));
    let now = net.now;
    let gathered = net.overlay(id).gather_in_turn(now, name, 1).unwrap();
    let searched = net.overlay(id).search_record_in_turn(now, locator, 1).unwrap();
    net.settle();
    assert_eq!(net.count(id, "packets_sent"), 0, "it is not its turn yet");
    while turns(&net) == before.1 {
        net.run(Duration::from_millis(50));
    }
    assert_eq!(net.count(id, "packets_sent"), 1);
    while turns(&net) == before.1 + 1 {
        net.run(Duration::from_millis(50));
    }
    assert_eq!((net.count(id, "packets_sent"), net.count(id, "padding_sent")), (2, before.0));
    let ended: BTreeSet<RequestId> = net.nodes[&id].events.iter().map(Event::request).collect();
    assert_eq!(ended, [gathered, searched].into());
    // Both have had their turns: the next is padding again.
    net.next_padding(id);
    assert_eq!(net.count(id, "padding_replaced"), 2);
}

#[test]
fn what_is_given_up_before_its_turn_takes_none() {
    let mut net = Net::ruled(8, PADDED);
    let id = net.ids[0];
    let now = net.now;
    let request = net.overlay(id).search_record_in_turn(now, Locator::from_bytes([3; 32]), 1).unwrap();
    net.overlay(id).cancel(request);
    net.next_padding(id);
    assert_eq!((net.count(id, "packets_sent"), net.count(id, "padding_replaced")), (0, 0));
}

#[test]
fn without_padding_nobody_waits_and_beyond_the_bound_neither() {
    let mut net = Net::of(8);
    let id = net.ids[0];
    let now = net.now;
    net.overlay(id).search_record_in_turn(now, Locator::from_bytes([3; 32]), 1).unwrap();
    assert_eq!(net.count(id, "packets_sent"), 1);
    let mut net = Net::ruled(8, PADDED);
    let now = net.now;
    for byte in 0..70 {
        net.overlay(id).search_record_in_turn(now, Locator::from_bytes([byte; 32]), 1).unwrap();
    }
    assert_eq!(net.count(id, "packets_sent"), 6);
}

/// Whoever can silence a guard wins a new draw by a request of the user at most, not by padding.
#[test]
fn padding_samples_no_guard() {
    let mut net = Net::ruled(10, PADDED);
    let id = net.ids[0];
    let guards: Vec<NodeId> = net.nodes[&id].overlay.guards().guards().iter().map(|guard| guard.node).collect();
    guards.iter().for_each(|guard| net.kill(*guard));
    let before = net.count(id, "padding_sent");
    net.run(Duration::from_secs(120));
    assert_eq!(net.count(id, "padding_sent"), before);
    assert_eq!(net.nodes[&id].overlay.guards().guards().len(), guards.len());
    net.search(id, Locator::from_bytes([3; 32]), FirstAsk::One).unwrap_err();
    assert!(net.nodes[&id].overlay.guards().guards().len() > guards.len(), "a request does");
    net.next_padding(id);
}

/// Nine blocks look like sixteen on the line.
#[test]
fn reads_are_rounded_up_by_dummies() {
    let mut net = Net::ruled(8, Rules { read_count: ReadCount::Rounded, ..SILENT });
    let (id, guard) = (net.ids[0], net.guard(net.ids[0]));
    let blocks: Vec<Block> = (0..9).map(|byte| Block::new(vec![byte; SizeClass::Block.byte_len()]).unwrap()).collect();
    for block in &blocks {
        net.place(net.ids[1], block, 7);
    }
    net.packets.clear();
    let (now, mut quanta) = (net.now, Quanta::new(ReadCount::Rounded));
    for block in &blocks {
        net.overlay(id).search(now, block.locator(), SizeClass::Block, FirstAsk::One).unwrap();
        quanta.read();
    }
    for _ in 0..quanta.round_up() {
        assert!(net.overlay(id).dummy_read(now, SizeClass::Block));
    }
    net.settle();
    let reserve = net.nodes[&id].overlay.guards().guards()[1].node;
    let sent = [guard, reserve].map(|guard| net.lengths(id, guard)).concat();
    let got = [guard, reserve].map(|guard| net.lengths(guard, id)).concat();
    // What ends at this node itself as a storer passes it once more each way.
    assert!(sent.iter().filter(|length| **length == SMALL).count() >= 16);
    assert!(got.iter().filter(|length| **length == BLOCK).count() >= 16);
    let count = |name| net.count(id, name);
    assert_eq!((count("packets_sent"), count("dummies_sent"), count("dummies_answered")), (9, 7, 7));
    assert_eq!(net.nodes[&id].events.len(), 9);
}

#[test]
fn two_equal_networks_pad_alike() {
    let sent = || {
        let mut net = Net::ruled(6, PADDED);
        net.run(Duration::from_secs(120));
        let ends = net.packets.iter().map(|(from, to, packet)| (*from, *to, packet.len()));
        ends.collect::<Vec<_>>()
    };
    let first = sent();
    assert!(first.len() > 100);
    assert_eq!(first, sent());
}
