//! When a message arrives, if it does: distance, jitter, loss, narrow uplinks and partitions.

use std::collections::BTreeMap;
use std::time::Duration;

use roneo_keys::time::Mono;

use crate::random::{self, Purpose, fraction, word};
use crate::scenario::Scenario;
use crate::trace::FrameKind;
use crate::wires::WireId;

/// How much later a message comes that had to be sent twice: the usual shortest time-out of TCP.
pub const REPEAT: Duration = Duration::from_millis(200);
/// A packet that would wait longer than this for its sender's uplink is dropped there.
pub const MAX_BACKLOG: Duration = Duration::from_secs(2);
/// Bytes that every message costs beyond its own: headers of TCP and IP and of the link's cipher.
const OVERHEAD: usize = 70;

/// What passes between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// I want a link.
    Call,
    /// You have it.
    Accept,
    /// So it is open.
    Confirm,
    /// Nobody listens here.
    Refuse,
    /// The link is closed.
    Close,
    Frame(Vec<u8>),
}

impl Message {
    fn len(&self) -> usize {
        OVERHEAD + if let Self::Frame(frame) = self { frame.len() } else { 0 }
    }

    fn is_packet(&self) -> bool {
        matches!(self, Self::Frame(frame) if FrameKind::of(frame) == FrameKind::Packet)
    }
}

/// What becomes of a message handed to the network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    Arrives(Mono, Message),
    Lost,
    /// The network is parted between the two: it waits.
    Held,
}

/// The way from one node to another.
struct Lane {
    seed: [u8; 32],
    distance: Duration,
    sent: u64,
    /// When the last message arrives: none behind it arrives earlier.
    last: Mono,
    held: Vec<(WireId, Message)>,
}

/// The network between the nodes.
pub(crate) struct Carrier {
    seed: u64,
    latency: crate::scenario::Latency,
    loss: f64,
    uplink: Option<u64>,
    lanes: BTreeMap<(usize, usize), Lane>,
    /// Until when a node's uplink is busy.
    busy: BTreeMap<usize, Mono>,
    /// On which side of a partition a node is; those not named are on side 0.
    sides: BTreeMap<usize, usize>,
}

impl Carrier {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            seed: scenario.seed,
            latency: scenario.latency,
            loss: scenario.loss,
            uplink: scenario.uplink,
            lanes: BTreeMap::new(),
            busy: BTreeMap::new(),
            sides: BTreeMap::new(),
        }
    }

    /// Takes a message on its way.
    pub(crate) fn carry(&mut self, now: Mono, from: usize, to: usize, wire: WireId, message: Message) -> Carriage {
        let parted = self.parted(from, to);
        let Some(leaves) = self.leaves(now, from, &message) else { return Carriage::Lost };
        let (loss, jitter) = (self.loss, self.latency.jitter);
        let lane = self.lane(from, to);
        if parted {
            lane.held.push((wire, message));
            return Carriage::Held;
        }
        let draws = lane.sent * 2;
        lane.sent += 1;
        let mut arrives = leaves + lane.distance + jitter.mul_f64(fraction(word(&lane.seed, draws)));
        if loss > 0.0 && fraction(word(&lane.seed, draws + 1)) < loss {
            if message.is_packet() {
                return Carriage::Lost;
            }
            arrives = arrives + REPEAT;
        }
        lane.last = lane.last.max(arrives);
        Carriage::Arrives(lane.last, message)
    }

    /// When a message has left its sender's uplink; never, if that is a packet and would take too long.
    fn leaves(&mut self, now: Mono, from: usize, message: &Message) -> Option<Mono> {
        let Some(rate) = self.uplink else { return Some(now) };
        let begins = self.busy.get(&from).copied().unwrap_or(now).max(now);
        if message.is_packet() && begins.since(now) > MAX_BACKLOG {
            return None;
        }
        let leaves = begins + Duration::from_micros(message.len() as u64 * 1_000_000 / rate.max(1));
        self.busy.insert(from, leaves);
        Some(leaves)
    }

    fn lane(&mut self, from: usize, to: usize) -> &mut Lane {
        let (run, latency) = (self.seed, self.latency);
        self.lanes.entry((from, to)).or_insert_with(|| {
            let pair = [from.min(to) as u64, from.max(to) as u64];
            Lane {
                seed: random::seed(run, Purpose::Link, [from as u64, to as u64]),
                distance: latency.distance(&random::seed(run, Purpose::Distance, pair)),
                sent: 0,
                last: Mono(0),
                held: Vec::new(),
            }
        })
    }

    /// Whether a partition lies between two nodes.
    pub(crate) fn parted(&self, one: usize, other: usize) -> bool {
        let side = |node| self.sides.get(&node).copied().unwrap_or(0);
        side(one) != side(other)
    }

    /// Puts nodes on sides; nothing passes between two sides.
    pub(crate) fn part(&mut self, sides: BTreeMap<usize, usize>) {
        self.sides = sides;
    }

    /// Drops what waits between two nodes.
    pub(crate) fn drop_held(&mut self, one: usize, other: usize) {
        self.lane(one, other).held.clear();
        self.lane(other, one).held.clear();
    }

    /// Takes out what waits and need not any more, in the order in which it was sent on each lane.
    pub(crate) fn release(&mut self) -> Vec<(usize, usize, WireId, Message)> {
        let open: Vec<(usize, usize)> =
            self.lanes.keys().copied().filter(|(from, to)| !self.parted(*from, *to)).collect();
        let mut released = Vec::new();
        for (from, to) in open {
            let held = std::mem::take(&mut self.lane(from, to).held);
            released.extend(held.into_iter().map(|(wire, message)| (from, to, wire, message)));
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Latency;

    fn packet(len: usize) -> Message {
        Message::Frame(vec![1; len])
    }

    fn arrival(carriage: Carriage) -> Mono {
        match carriage {
            Carriage::Arrives(at, _) => at,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn frames_of_one_lane_keep_their_order_under_jitter_and_loss() {
        let scenario = Scenario { latency: Latency::WORLD, loss: 0.2, ..Scenario::new(2, 1) };
        let mut carrier = Carrier::new(&scenario);
        let gossip = || Message::Frame(vec![2; 100]);
        let arrivals: Vec<Mono> =
            (0..500).map(|at| arrival(carrier.carry(Mono(at * 1_000), 0, 1, WireId(1), gossip()))).collect();
        assert!(arrivals.is_sorted());
        assert!(arrivals.iter().enumerate().all(|(at, arrival)| arrival.0 >= at as u64 * 1_000 + 15_000));
    }

    #[test]
    fn a_share_of_packets_is_lost() {
        let scenario = Scenario { loss: 0.1, ..Scenario::new(2, 1) };
        let mut carrier = Carrier::new(&scenario);
        let lost = (0..5_000).filter(|_| carrier.carry(Mono(0), 0, 1, WireId(1), packet(9)) == Carriage::Lost).count();
        assert!((400..600).contains(&lost), "{lost}");
    }

    #[test]
    fn an_uplink_sends_one_after_another_and_drops_packets_that_pile_up() {
        let scenario = Scenario { uplink: Some(100_000), ..Scenario::new(3, 1) };
        let mut carrier = Carrier::new(&scenario);
        // 10,070 bytes each: a tenth of a second. The one that would begin after 2.01 s is dropped.
        let mut last = Mono(0);
        for sent in 0..20 {
            let at = arrival(carrier.carry(Mono(0), 0, 1 + sent % 2, WireId(1), packet(10_000)));
            assert!(at.0 >= (sent as u64 + 1) * 100_700, "{sent}: {at:?}");
            last = last.max(at);
        }
        assert_eq!(carrier.carry(Mono(0), 0, 1, WireId(1), packet(10_000)), Carriage::Lost);
        assert!(arrival(carrier.carry(Mono(0), 0, 1, WireId(1), Message::Close)) > last - Duration::from_millis(5));
        assert!(arrival(carrier.carry(Mono(0), 1, 0, WireId(1), packet(10_000))) < last);
    }

    #[test]
    fn what_is_sent_into_a_partition_waits_for_its_end() {
        let mut carrier = Carrier::new(&Scenario::new(3, 1));
        carrier.part(BTreeMap::from([(1, 1)]));
        assert_eq!(carrier.carry(Mono(0), 0, 1, WireId(7), packet(1)), Carriage::Held);
        assert_eq!(carrier.carry(Mono(0), 0, 1, WireId(7), Message::Close), Carriage::Held);
        arrival(carrier.carry(Mono(0), 0, 2, WireId(8), packet(1)));
        assert_eq!(carrier.release(), []);
        carrier.part(BTreeMap::new());
        assert_eq!(carrier.release(), [(0, 1, WireId(7), packet(1)), (0, 1, WireId(7), Message::Close)]);
        assert_eq!(carrier.release(), []);
    }
}
