//! Anti-entropy: how two views come to hold the same descriptors.
//!
//! One side opens a *round* with a digest of what it has; set reconciliation (negentropy) narrows
//! the difference down in a few exchanges, at a cost that grows with the difference and not with
//! the view. Then each side gets what it lacks: the opener pushes what only it has and asks for the
//! rest. Fresh news does not wait for a round; see [`Message::Descriptors`].
//!
//! A view offers only nodes that are present. One that is gone may still be held, and must not be
//! handed to others as if it were alive.
//!
//! Nothing here changes a view: what was learnt is handed back, to be parsed, admitted and passed on.

mod message;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use roneo_keys::NodeId;
use roneo_keys::time::{Mono, Now};

use crate::descriptor::{Descriptor, DescriptorId};
use crate::pulse::Pulse;
use crate::view::{Entry, View};

pub use message::{MAX_DESCRIPTORS, MAX_DIGEST_LEN, MAX_MESSAGE_LEN, MAX_PULSES, MalformedMessage, Message};

/// Exchanges of one round, after which it ends whatever the other side says.
pub const MAX_EXCHANGES: u8 = 32;
/// Descriptors that one round asks for. What is beyond them comes with the next.
pub const MAX_WANTED: usize = 8_192;
/// Descriptors that one exchange pushes. A peer that claims to have nothing cannot make us send it
/// the whole view for a few bytes; one that truly has nothing asks for it in a round of its own.
pub const MAX_PUSHED: usize = 600;
/// Rounds that this node has open at once, one per peer. The oldest makes room.
pub const MAX_ROUNDS: usize = 16;
/// A round without an answer for this long is over.
pub const ROUND_PATIENCE: Duration = Duration::from_secs(30);
/// Digests of one peer that are answered within [`DIGEST_WINDOW`]: each costs a pass over the view.
pub const DIGESTS_PER_WINDOW: u16 = 64;
/// See [`DIGESTS_PER_WINDOW`].
pub const DIGEST_WINDOW: Duration = Duration::from_secs(10);
/// What is offered is collected anew after this long, for presence ends by the mere passing of time.
const OFFER_AGE: Duration = Duration::from_secs(1);
/// Peers whose digests are counted; the one counted longest ago makes room.
const MAX_METERED: usize = crate::neighbours::LINKS;

/// What came of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handled {
    /// What to answer to the peer, in order.
    pub replies: Vec<Message>,
    /// Descriptors that this view does not hold, unparsed. Whoever parses one and finds it false
    /// knows which peer to blame.
    pub descriptors: Vec<Vec<u8>>,
    /// Pulses, unchecked, in the order in which they came.
    pub pulses: Vec<Pulse>,
    /// Whether the peer sent what no honest node sends.
    pub misbehaved: bool,
}

/// The rounds of this node.
#[derive(Debug, Default)]
pub struct Gossip {
    rounds: BTreeMap<NodeId, Round>,
    meters: BTreeMap<NodeId, Meter>,
    opened: u32,
    offer: Option<Offer>,
}

/// What is reconciled, kept while it holds: a round takes several passes over it, and to collect and
/// sort 20,000 descriptors takes longer than all of them.
#[derive(Debug)]
struct Offer {
    made: Mono,
    revision: u64,
    own: DescriptorId,
    items: NegentropyStorageVector,
}

#[derive(Debug)]
struct Round {
    number: u32,
    exchanges: u8,
    heard: Mono,
    wanted: VecDeque<DescriptorId>,
    /// Whether a [`Message::Want`] is out.
    waiting: bool,
}

#[derive(Debug)]
struct Meter {
    since: Mono,
    digests: u16,
}

impl Gossip {
    /// Opens a round with a peer, in the place of one that is under way with it. `own` is this
    /// node's descriptor, which it offers like any other.
    pub fn start_round(&mut self, view: &View, own: &Descriptor, peer: NodeId, now: Now) -> Message {
        self.rounds.retain(|_, round| now.mono.since(round.heard) <= ROUND_PATIENCE);
        self.rounds.remove(&peer);
        if self.rounds.len() >= MAX_ROUNDS {
            let oldest = self.rounds.iter().min_by_key(|(peer, round)| (round.heard, **peer)).map(|(peer, _)| *peer);
            oldest.and_then(|oldest| self.rounds.remove(&oldest));
        }
        self.opened = self.opened.wrapping_add(1);
        let number = self.opened;
        let round = Round { number, exchanges: 0, heard: now.mono, wanted: VecDeque::new(), waiting: false };
        self.rounds.insert(peer, round);
        let frame = reconciler(self.offer(view, own, now)).initiate().expect("a sealed storage and a first frame");
        Message::Digest { round: number, frame }
    }

    /// Handles a message of `from`. The work is bounded by its length and, for digests, by
    /// [`DIGESTS_PER_WINDOW`].
    pub fn handle(&mut self, view: &View, own: &Descriptor, now: Now, from: NodeId, message: Message) -> Handled {
        match message {
            Message::Digest { round, frame } => self.answer(view, own, now, from, round, &frame),
            Message::DigestAnswer { round, frame } => self.narrow(view, own, now, from, round, &frame),
            Message::Want(ids) => Handled { replies: supply(view, own, &ids), ..Handled::default() },
            Message::Descriptors(mut descriptors) => {
                let replies = self.next_want(view, now, &from).into_iter().collect();
                descriptors.retain(|bytes| !view.holds(&DescriptorId(*blake3::hash(bytes).as_bytes())));
                Handled { replies, descriptors, ..Handled::default() }
            }
            Message::Pulses(pulses) => Handled { pulses, ..Handled::default() },
        }
    }

    /// Forgets a peer whose link closed.
    pub fn forget(&mut self, peer: &NodeId) {
        self.rounds.remove(peer);
        self.meters.remove(peer);
    }

    fn answer(&mut self, view: &View, own: &Descriptor, now: Now, from: NodeId, round: u32, frame: &[u8]) -> Handled {
        if !self.meter(now.mono, from) {
            return Handled::default();
        }
        match reconciler(self.offer(view, own, now)).reconcile(frame) {
            Ok(frame) => Handled { replies: vec![Message::DigestAnswer { round, frame }], ..Handled::default() },
            Err(_) => Handled { misbehaved: true, ..Handled::default() },
        }
    }

    fn narrow(&mut self, view: &View, own: &Descriptor, now: Now, from: NodeId, number: u32, frame: &[u8]) -> Handled {
        if self.rounds.get(&from).is_none_or(|round| round.number != number) {
            // An answer to a round that is over.
            return Handled::default();
        }
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let mut reconciler = reconciler(self.offer(view, own, now));
        reconciler.set_initiator();
        let next = reconciler.reconcile_with_ids(frame, &mut have, &mut need);
        let (Ok(next), Some(round)) = (next, self.rounds.get_mut(&from)) else {
            self.rounds.remove(&from);
            return Handled { misbehaved: true, ..Handled::default() };
        };
        round.heard = now.mono;
        round.exchanges += 1;
        // The reconciler collects what it needs in a hash set: sorted, so that a seeded network
        // does the same thing twice.
        need.sort_unstable();
        let need = need.into_iter().map(|id| DescriptorId(id.to_bytes())).filter(|id| !view.holds(id));
        round.wanted.extend(need.take(MAX_WANTED.saturating_sub(round.wanted.len())));
        let have: Vec<DescriptorId> = have.into_iter().take(MAX_PUSHED).map(|id| DescriptorId(id.to_bytes())).collect();
        let mut replies: Vec<Message> = have.chunks(MAX_DESCRIPTORS).flat_map(|ids| supply(view, own, ids)).collect();
        if let Some(frame) = next.filter(|_| round.exchanges < MAX_EXCHANGES) {
            replies.push(Message::Digest { round: number, frame });
        }
        if !round.waiting {
            replies.extend(self.next_want(view, now, &from));
        }
        Handled { replies, ..Handled::default() }
    }

    /// Asks for the next descriptors of a round, if any are still wanted.
    fn next_want(&mut self, view: &View, now: Now, peer: &NodeId) -> Option<Message> {
        let round = self.rounds.get_mut(peer)?;
        let mut ids = Vec::with_capacity(MAX_DESCRIPTORS);
        while ids.len() < MAX_DESCRIPTORS {
            let Some(id) = round.wanted.pop_front() else { break };
            // Others may have brought it meanwhile.
            if !view.holds(&id) {
                ids.push(id);
            }
        }
        round.waiting = !ids.is_empty();
        if !ids.is_empty() {
            round.heard = now.mono;
        }
        (!ids.is_empty()).then_some(Message::Want(ids))
    }

    fn offer(&mut self, view: &View, own: &Descriptor, now: Now) -> &NegentropyStorageVector {
        let (revision, own_id) = (view.revision(), own.id());
        let holds = |offer: &Offer| {
            offer.revision == revision && offer.own == own_id && now.mono.since(offer.made) <= OFFER_AGE
        };
        let kept = self.offer.take().filter(holds);
        let make = || Offer { made: now.mono, revision, own: own_id, items: collect(view, own, now) };
        &self.offer.insert(kept.unwrap_or_else(make)).items
    }

    /// Counts a digest of a peer; `false` where it has sent too many of late.
    fn meter(&mut self, now: Mono, peer: NodeId) -> bool {
        if self.meters.len() >= MAX_METERED && !self.meters.contains_key(&peer) {
            let oldest = self.meters.iter().min_by_key(|(peer, meter)| (meter.since, **peer)).map(|(peer, _)| *peer);
            oldest.and_then(|oldest| self.meters.remove(&oldest));
        }
        let meter = self.meters.entry(peer).or_insert(Meter { since: now, digests: 0 });
        if now.since(meter.since) >= DIGEST_WINDOW {
            *meter = Meter { since: now, digests: 0 };
        }
        meter.digests = meter.digests.saturating_add(1);
        meter.digests <= DIGESTS_PER_WINDOW
    }
}

/// The set that is reconciled: present nodes and this one, by day and id. By day, because what
/// differs is mostly the news of today, which then stands in one range.
fn collect(view: &View, own: &Descriptor, now: Now) -> NegentropyStorageVector {
    let mut items = NegentropyStorageVector::new();
    for descriptor in view.present(now).map(Entry::descriptor).chain([own]) {
        let id = Id::from_byte_array(descriptor.id().0);
        items.insert(u64::from(descriptor.fields().day.0), id).expect("a storage that is not sealed yet");
    }
    items.seal().expect("a storage that is not sealed yet");
    items
}

fn reconciler(offered: &NegentropyStorageVector) -> Negentropy<'_, NegentropyStorageVector> {
    Negentropy::borrowed(offered, MAX_DIGEST_LEN as u64).expect("a frame limit above 4,096")
}

/// The descriptors asked for that are held, and the latest pulses of their nodes: without these the
/// receiver would not know that the nodes are alive.
fn supply(view: &View, own: &Descriptor, ids: &[DescriptorId]) -> Vec<Message> {
    let mut descriptors = Vec::with_capacity(ids.len());
    let mut pulses = Vec::with_capacity(ids.len());
    for id in ids.iter().take(MAX_DESCRIPTORS) {
        if *id == own.id() {
            descriptors.push(own.bytes().to_vec());
        } else if let Some(entry) = view.by_descriptor(id) {
            descriptors.push(entry.descriptor().bytes().to_vec());
            pulses.extend(entry.pulse());
        }
    }
    let descriptors = (!descriptors.is_empty()).then_some(Message::Descriptors(descriptors));
    let pulses = (!pulses.is_empty()).then_some(Message::Pulses(pulses));
    descriptors.into_iter().chain(pulses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pulse::PulseBudget;
    use crate::rules::Rules;
    use crate::testing::{LOCAL, TestNode, now};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    /// One node with its view and its side of the gossip.
    struct Peer {
        node: TestNode,
        own: Descriptor,
        view: View,
        gossip: Gossip,
    }

    impl Peer {
        fn new(number: u32) -> Self {
            let node = TestNode::local(number);
            let (own, view) = (node.descriptor(), View::new(Rules::LOCAL, LOCAL, node.id()));
            Self { node, own, view, gossip: Gossip::default() }
        }

        fn knows(&mut self, descriptor: &Descriptor) {
            self.view.insert(now(0), descriptor.clone()).unwrap();
            self.view.heard(now(0), &descriptor.node());
        }

        /// Handles a message as a shell would, and returns the replies.
        fn takes(&mut self, from: NodeId, message: Message) -> Vec<Message> {
            let message = Message::from_bytes(&message.to_bytes()).unwrap();
            let handled = self.gossip.handle(&self.view, &self.own, now(0), from, message);
            assert!(!handled.misbehaved);
            for bytes in &handled.descriptors {
                let descriptor = Descriptor::parse(bytes).unwrap();
                let node = descriptor.node();
                self.view.insert(now(0), descriptor).unwrap();
                // In place of a pulse.
                self.view.heard(now(0), &node);
            }
            for pulse in handled.pulses {
                self.view.pulse(now(0), pulse, &mut PulseBudget::for_message());
            }
            handled.replies
        }

        fn known(&self) -> BTreeSet<NodeId> {
            self.view.present(now(0)).map(Entry::id).chain([self.node.id()]).collect()
        }
    }

    /// One round that `a` opens; returns messages and bytes exchanged.
    fn round(a: &mut Peer, b: &mut Peer) -> (usize, usize) {
        let (a_id, b_id) = (a.node.id(), b.node.id());
        let mut to_b = VecDeque::from([a.gossip.start_round(&a.view, &a.own, b_id, now(0))]);
        let mut to_a = VecDeque::new();
        let (mut messages, mut bytes) = (0, 0);
        while let Some((message, for_b)) =
            to_b.pop_front().map(|message| (message, true)).or_else(|| to_a.pop_front().map(|message| (message, false)))
        {
            messages += 1;
            bytes += message.to_bytes().len();
            assert!(message.to_bytes().len() <= MAX_MESSAGE_LEN);
            assert!(messages < 2_000, "a round ends");
            if for_b {
                to_a.extend(b.takes(a_id, message));
            } else {
                to_b.extend(a.takes(b_id, message));
            }
        }
        (messages, bytes)
    }

    fn descriptors(numbers: impl IntoIterator<Item = u32>) -> Vec<Descriptor> {
        // Signed once: the laws below want thousands.
        static POOL: LazyLock<Vec<Descriptor>> = LazyLock::new(|| {
            let rules = Rules { pulse_chain: 2, ..Rules::LOCAL };
            (0..1_000).map(|number| TestNode::new(number, LOCAL, &rules, now(0)).descriptor()).collect()
        });
        numbers.into_iter().map(|number| POOL[number as usize].clone()).collect()
    }

    #[test]
    fn a_newcomer_learns_of_everybody_in_one_round() {
        let (mut newcomer, mut old) = (Peer::new(0), Peer::new(1));
        let others = descriptors(2..500);
        others.iter().for_each(|descriptor| old.knows(descriptor));
        round(&mut newcomer, &mut old);
        assert_eq!(newcomer.known().len(), 500);
        assert_eq!(newcomer.known(), old.known());
    }

    #[test]
    fn the_cost_of_a_round_is_that_of_the_difference() {
        let (mut a, mut b) = (Peer::new(0), Peer::new(1));
        let others = descriptors(2..1_000);
        others.iter().for_each(|descriptor| [&mut a, &mut b].into_iter().for_each(|peer| peer.knows(descriptor)));
        round(&mut a, &mut b);
        let (messages, bytes) = round(&mut a, &mut b);
        assert_eq!(messages, 2, "equal views say so at once");
        assert!(bytes < 1_000, "{bytes}");
        let news = TestNode::local(5_000).descriptor();
        b.knows(&news);
        let (_, bytes) = round(&mut a, &mut b);
        assert!(a.view.holds(&news.id()) && bytes < 8_000, "{bytes}");
    }

    #[test]
    fn pulses_travel_with_descriptors() {
        let (mut a, mut b) = (Peer::new(0), Peer::new(1));
        let node = TestNode::local(2);
        b.view.insert(now(0), node.descriptor()).unwrap();
        b.view.pulse(now(0), node.pulse(now(0)), &mut PulseBudget::for_message());
        let want = Message::Want(vec![node.descriptor().id()]);
        let expected =
            [Message::Descriptors(vec![node.descriptor().bytes().to_vec()]), Message::Pulses(vec![node.pulse(now(0))])];
        assert_eq!(b.takes(a.node.id(), want), expected);
        round(&mut a, &mut b);
        assert_eq!(a.view.get(&node.id()).unwrap().pulse(), Some(node.pulse(now(0))));
    }

    #[test]
    fn the_gone_are_not_offered() {
        let (mut a, mut b) = (Peer::new(0), Peer::new(1));
        let silent = TestNode::local(2).descriptor();
        b.view.insert(now(0), silent.clone()).unwrap();
        round(&mut a, &mut b);
        round(&mut b, &mut a);
        assert!(!a.view.holds(&silent.id()));
    }

    #[test]
    fn an_answer_to_no_round_of_ours_is_ignored() {
        let (mut a, b) = (Peer::new(0), Peer::new(1));
        let frame = vec![0x61];
        let answer = Message::DigestAnswer { round: 7, frame };
        assert_eq!(a.takes(b.node.id(), answer), []);
    }

    #[test]
    fn a_peer_that_claims_to_have_nothing_does_not_get_everything_pushed() {
        let (mut a, b) = (Peer::new(0), Peer::new(1));
        descriptors(2..MAX_PUSHED as u32 + 102).iter().for_each(|descriptor| a.knows(descriptor));
        let Message::Digest { round, .. } = a.gossip.start_round(&a.view, &a.own, b.node.id(), now(0)) else {
            unreachable!()
        };
        // Version, infinite bound, id list of none.
        let replies = a.takes(b.node.id(), Message::DigestAnswer { round, frame: vec![0x61, 0, 0, 2, 0] });
        let pushed: usize = replies
            .iter()
            .map(|reply| if let Message::Descriptors(descriptors) = reply { descriptors.len() } else { 0 })
            .sum();
        assert_eq!(pushed, MAX_PUSHED);
    }

    #[test]
    fn digests_of_one_peer_are_rationed() {
        let (mut a, b) = (Peer::new(0), Peer::new(1));
        let digest = Message::Digest { round: 1, frame: vec![0x61] };
        let from = b.node.id();
        let mut answers = |at| a.gossip.handle(&a.view, &a.own, now(at), from, digest.clone()).replies.len();
        assert_eq!((0..100).map(|_| answers(0)).sum::<usize>(), usize::from(DIGESTS_PER_WINDOW));
        assert_eq!(answers(10), 1);
        for number in 0..2 * MAX_METERED as u32 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&number.to_le_bytes());
            a.gossip.handle(&a.view, &a.own, now(11), NodeId::from_bytes(id), digest.clone());
        }
        assert_eq!(a.gossip.meters.len(), MAX_METERED);
    }

    #[test]
    fn rounds_are_bounded_and_run_out() {
        let mut a = Peer::new(0);
        let peer = |number: u8| NodeId::from_bytes([number; 32]);
        for number in 0..100 {
            a.gossip.start_round(&a.view, &a.own, peer(number), now(u64::from(number / 20)));
        }
        assert_eq!(a.gossip.rounds.len(), MAX_ROUNDS);
        a.gossip.start_round(&a.view, &a.own, peer(99), now(60));
        assert_eq!(a.gossip.rounds.len(), 1);
        a.gossip.forget(&peer(99));
        assert!(a.gossip.rounds.is_empty());
    }

    #[test]
    fn a_round_ends_whatever_the_other_side_says() {
        let (mut a, b) = (Peer::new(0), Peer::new(1));
        descriptors(2..100).iter().for_each(|descriptor| a.knows(descriptor));
        let Message::Digest { round, .. } = a.gossip.start_round(&a.view, &a.own, b.node.id(), now(0)) else {
            unreachable!()
        };
        // A wrong fingerprint of everything, for ever.
        let frame = [&[0x61, 0, 0, 1][..], &[9; 16]].concat();
        let replies = (0..100)
            .filter(|_| !a.takes(b.node.id(), Message::DigestAnswer { round, frame: frame.clone() }).is_empty());
        assert_eq!(replies.count(), usize::from(MAX_EXCHANGES) - 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// The law of this module: whatever two views begin with, a round makes them one.
        #[test]
        fn any_two_views_converge(
            shared in proptest::collection::btree_set(2u32..400, 0..120),
            only_a in proptest::collection::btree_set(400u32..600, 0..90),
            only_b in proptest::collection::btree_set(600u32..800, 0..90),
            newer in proptest::collection::btree_set(2u32..400, 0..20),
        ) {
            let (mut a, mut b) = (Peer::new(0), Peer::new(1));
            descriptors(shared.iter().chain(&only_a).copied()).iter().for_each(|descriptor| a.knows(descriptor));
            descriptors(shared.iter().chain(&only_b).copied()).iter().for_each(|descriptor| b.knows(descriptor));
            for number in newer.intersection(&shared) {
                let mut node = TestNode::local(*number);
                node.fields.serial += 1;
                b.knows(&node.descriptor());
            }
            round(&mut a, &mut b);
            prop_assert_eq!(a.known(), b.known());
            let ids = |peer: &Peer| -> BTreeSet<DescriptorId> {
                peer.view.present(now(0)).map(|entry| entry.descriptor().id()).chain([peer.own.id()]).collect()
            };
            prop_assert_eq!(ids(&a), ids(&b));
        }
    }

    proptest! {
        /// A frame goes straight into the reconciler: nothing in it may stop the node.
        #[test]
        fn arbitrary_frames_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), ours: bool) {
            let (mut a, b) = (Peer::new(0), Peer::new(1));
            descriptors(2..40).iter().for_each(|descriptor| a.knows(descriptor));
            let frame = [&[0x61], &bytes[..]].concat();
            let Message::Digest { round, .. } = a.gossip.start_round(&a.view, &a.own, b.node.id(), now(0)) else {
                unreachable!()
            };
            let message = if ours { Message::DigestAnswer { round, frame } } else { Message::Digest { round, frame } };
            let handled = a.gossip.handle(&a.view, &a.own, now(0), b.node.id(), message);
            prop_assert!(handled.replies.iter().all(|reply| reply.to_bytes().len() <= MAX_MESSAGE_LEN));
        }
    }
}
