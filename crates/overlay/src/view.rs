//! The view: every node of the network that this node knows of, and what it has seen of each.
//!
//! Relays are chosen and storers computed from here alone, so that no lookup tells anybody what is
//! looked for. A node is *present* while it has been heard, by a pulse that was due or by a frame on
//! a link, within [`Rules::gone_after`]; *fresh*, so that paths may use it, while it has been heard
//! within [`Rules::path_fresh`] and is not set aside. A node that was never heard is neither: a
//! descriptor alone shows that its node lived some day, and views would hand it round for ever.

mod entry;
mod roster;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use roneo_keys::time::{Day, Now};
use roneo_keys::{NetworkId, NodeId};
use roneo_packet::PacketPublic;

use crate::address::{Address, Net16};
use crate::descriptor::{Descriptor, DescriptorError, DescriptorId};
use crate::pulse::{Pulse, PulseBudget, PulseId, PulseTracker, PulseVerdict};
use crate::rules::{Diversity, Rules};

pub use entry::Entry;
use roster::Roster;

/// Most nodes of a view. Beyond it a network is seen by region, which is not built yet.
pub const MAX_NODES: usize = 20_000;

/// Silent paths through a node, within [`Rules::set_aside`] of each other, that set it aside.
pub const SILENT_PATHS: u8 = 2;

/// Nodes whose pulses share an id, beyond which the rest are not tried: an id of 8 bytes can be
/// hit on purpose, and must not become a way to make everybody hash.
const PULSE_ID_TWINS: usize = 4;

/// What became of a descriptor that passed every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Of a node that was not in the view.
    New,
    /// It took the place of an older one.
    Newer,
    /// The very same was there.
    Known,
    /// A later one is there.
    Older,
    /// Of this node itself, and later than what it has signed last: left over from an earlier life.
    /// Whoever runs the view signs a new one with a serial above this.
    Mine {
        /// The serial in circulation.
        serial: u64,
    },
}

/// What became of a pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PulseOutcome {
    /// It shows this node alive at a later moment than was known: to be passed on.
    Fresh(NodeId),
    /// The latest known of its node.
    Known,
    /// Of no node in the view.
    Unknown,
    /// No element that its node may have revealed by now, or older than the latest known.
    Invalid,
    /// The message it came in had spent its budget.
    Unchecked,
}

/// The full set of signed descriptors and what this node has seen of their nodes.
#[derive(Debug)]
pub struct View {
    rules: Rules,
    network: NetworkId,
    me: NodeId,
    own: Option<Entry>,
    entries: BTreeMap<NodeId, Entry>,
    pulse_ids: BTreeSet<(PulseId, NodeId)>,
    descriptor_ids: BTreeMap<DescriptorId, NodeId>,
    roster: Option<Roster>,
    revision: u64,
}

impl View {
    /// An empty view of `network`, held by `me`.
    #[must_use]
    pub const fn new(rules: Rules, network: NetworkId, me: NodeId) -> Self {
        Self {
            rules,
            network,
            me,
            own: None,
            entries: BTreeMap::new(),
            pulse_ids: BTreeSet::new(),
            descriptor_ids: BTreeMap::new(),
            roster: None,
            revision: 0,
        }
    }

    /// Takes this node's own descriptor, which makes it one of the storers that
    /// [`storers`](Self::storers) names, on the same terms as any other.
    pub fn set_own(&mut self, now: Now, descriptor: Descriptor) {
        match &mut self.own {
            Some(own) => own.descriptor = descriptor,
            None => self.own = Some(Entry::new(now, descriptor, &self.rules)),
        }
    }

    /// This node's own descriptor.
    #[must_use]
    pub fn own(&self) -> Option<&Descriptor> {
        self.own.as_ref().map(Entry::descriptor)
    }

    /// Admits a descriptor that may enter a view of this network now.
    ///
    /// # Errors
    /// Those of [`Descriptor::check`], and [`DescriptorError::ViewFull`].
    pub fn insert(&mut self, now: Now, descriptor: Descriptor) -> Result<Admission, DescriptorError> {
        let node = descriptor.node();
        if self.holds(&descriptor.id()) {
            return Ok(Admission::Known);
        }
        // Before the check of witnesses, which costs more.
        if self.entries.get(&node).is_some_and(|entry| !descriptor.supersedes(&entry.descriptor)) {
            return Ok(Admission::Older);
        }
        descriptor.check(&self.rules, self.network, now.wall)?;
        if node == self.me {
            let latest = self.own().map_or(0, Descriptor::serial);
            let serial = descriptor.serial();
            return Ok(if serial > latest { Admission::Mine { serial } } else { Admission::Known });
        }
        let admission = if self.entries.contains_key(&node) { Admission::Newer } else { Admission::New };
        if admission == Admission::New {
            self.make_room()?;
        }
        self.put(now, node, descriptor);
        Ok(admission)
    }

    fn put(&mut self, now: Now, node: NodeId, descriptor: Descriptor) {
        self.revision += 1;
        self.descriptor_ids.insert(descriptor.id(), node);
        match self.entries.get_mut(&node) {
            Some(entry) => {
                self.descriptor_ids.remove(&entry.descriptor.id());
                let pulse = descriptor.fields().pulse;
                if *entry.tracker.commitment() != pulse {
                    entry.tracker = PulseTracker::new(pulse, self.rules.pulse_every);
                }
                entry.descriptor = descriptor;
            }
            None => {
                self.pulse_ids.insert((PulseId::of(&node), node));
                self.entries.insert(node, Entry::new(now, descriptor, &self.rules));
            }
        }
    }

    /// Room for one more: in a full view the node goes that was never heard and came first.
    fn make_room(&mut self) -> Result<(), DescriptorError> {
        if self.entries.len() < MAX_NODES {
            return Ok(());
        }
        let never_heard = self.entries.values().filter(|entry| entry.last_heard.is_none());
        let oldest = never_heard.min_by_key(|entry| (entry.first_seen().mono, entry.id())).map(Entry::id);
        self.remove(&oldest.ok_or(DescriptorError::ViewFull)?);
        Ok(())
    }

    fn remove(&mut self, node: &NodeId) {
        if let Some(entry) = self.entries.remove(node) {
            self.revision += 1;
            self.descriptor_ids.remove(&entry.descriptor.id());
            self.pulse_ids.remove(&(PulseId::of(node), *node));
        }
    }

    /// Takes a pulse, at the expense of the budget of the message that it came in.
    pub fn pulse(&mut self, now: Now, pulse: Pulse, budget: &mut PulseBudget) -> PulseOutcome {
        let twins = (pulse.id, NodeId::from_bytes([0; 32]))..=(pulse.id, NodeId::from_bytes([0xff; 32]));
        let mut outcome = PulseOutcome::Unknown;
        for (_, node) in self.pulse_ids.range(twins).take(PULSE_ID_TWINS) {
            let Some(entry) = self.entries.get_mut(node) else { continue };
            outcome = match entry.tracker.verify(now.wall, self.rules.pulse_tolerance, &pulse.preimage, budget) {
                PulseVerdict::Fresh { due } => {
                    self.revision += u64::from(entry.last_heard.is_none());
                    entry.alive(now, Duration::from_secs(now.wall.0.saturating_sub(due.0)));
                    return PulseOutcome::Fresh(*node);
                }
                PulseVerdict::Known => return PulseOutcome::Known,
                PulseVerdict::Invalid => PulseOutcome::Invalid,
                PulseVerdict::Unchecked => PulseOutcome::Unchecked,
            };
        }
        outcome
    }

    /// Notes that a frame came from a node over a link: it is alive, and no longer set aside.
    pub fn heard(&mut self, now: Now, node: &NodeId) {
        if let Some(entry) = self.entries.get_mut(node) {
            self.revision += u64::from(entry.last_heard.is_none());
            entry.alive(now, Duration::ZERO);
            (entry.set_aside_until, entry.silent_paths) = (None, 0);
        }
    }

    /// Passes a node over for [`Rules::set_aside`]: its link closed or could not be opened.
    pub fn set_aside(&mut self, now: Now, node: &NodeId) {
        if let Some(entry) = self.entries.get_mut(node) {
            entry.set_aside(now, self.rules.set_aside);
        }
    }

    /// Takes [`set_aside`](Self::set_aside) back: its link is open again.
    pub fn restore(&mut self, node: &NodeId) {
        if let Some(entry) = self.entries.get_mut(node) {
            (entry.set_aside_until, entry.silent_paths) = (None, 0);
        }
    }

    /// Notes that a path through a node brought no answer. [`SILENT_PATHS`] of them, within
    /// [`Rules::set_aside`] and with no frame from the node between them, set it aside.
    pub fn silent_path(&mut self, now: Now, node: &NodeId) {
        let Some(entry) = self.entries.get_mut(node) else { return };
        if now.mono.since(entry.last_silence) > self.rules.set_aside {
            entry.silent_paths = 0;
        }
        entry.silent_paths += 1;
        entry.last_silence = now.mono;
        if entry.silent_paths >= SILENT_PATHS {
            entry.set_aside(now, self.rules.set_aside);
        }
    }

    /// Forgets who has been gone for as long as it takes to be gone, and looks again at who holds
    /// which role. To be called every second or so.
    ///
    /// A node that has just gone is held that much longer, so that others, who heard it a little
    /// later, cannot tell us about it as if it were new.
    pub fn expire(&mut self, now: Now) {
        let limit = self.rules.gone_after * 2;
        let gone = self.entries.values().filter(|entry| now.mono.since(entry.silent_since()) > limit);
        let gone: Vec<NodeId> = gone.map(Entry::id).collect();
        gone.iter().for_each(|node| self.remove(node));
        self.call_roster(now);
    }

    /// Changes with every descriptor that comes or goes and every node heard for the first time: as
    /// long as it stays the same, only the passing of time changes who is present.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// A node, present or not.
    #[must_use]
    pub fn get(&self, node: &NodeId) -> Option<&Entry> {
        self.entries.get(node)
    }

    /// Whether this very descriptor is held.
    #[must_use]
    pub fn holds(&self, descriptor: &DescriptorId) -> bool {
        self.descriptor_ids.contains_key(descriptor)
    }

    /// The node with this very descriptor.
    #[must_use]
    pub fn by_descriptor(&self, descriptor: &DescriptorId) -> Option<&Entry> {
        self.descriptor_ids.get(descriptor).and_then(|node| self.entries.get(node))
    }

    /// Nodes heard within [`Rules::gone_after`], by id; never this node itself.
    pub fn present(&self, now: Now) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(move |entry| entry.heard_within(now, self.rules.gone_after))
    }

    /// Nodes worth a call: those [present](Self::present), and those learned of lately and not heard yet.
    pub fn callable(&self, now: Now) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(move |entry| now.mono.since(entry.silent_since()) <= self.rules.gone_after)
    }

    /// How many other nodes are [present](Self::present).
    #[must_use]
    pub fn len_present(&self, now: Now) -> usize {
        self.present(now).count()
    }

    /// Nodes that paths may use now, by id; never this node itself.
    pub fn fresh(&self, now: Now) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(move |entry| self.usable(now, entry))
    }

    /// Whether paths may use a node now.
    #[must_use]
    pub fn is_fresh(&self, now: Now, node: &NodeId) -> bool {
        self.get(node).is_some_and(|entry| self.usable(now, entry))
    }

    fn usable(&self, now: Now, entry: &Entry) -> bool {
        entry.heard_within(now, self.rules.path_fresh) && !entry.is_set_aside(now)
    }

    /// The addresses of a node; none where it is unknown or hosted.
    #[must_use]
    pub fn addresses(&self, node: &NodeId) -> Vec<Address> {
        self.get(node).map(|entry| entry.descriptor.fields().reach.addresses().to_vec()).unwrap_or_default()
    }

    /// The /16 of a node, where diversity counts and it is known. Two nodes of one do not stand in
    /// one path.
    #[must_use]
    pub fn net16(&self, node: &NodeId) -> Option<Net16> {
        match self.rules.diversity {
            Diversity::Relaxed => None,
            Diversity::Strict => self.get(node).and_then(Entry::net16),
        }
    }

    /// The key that a node opens packets of `day` with: see [`Descriptor::packet_key`].
    #[must_use]
    pub fn packet_key(&self, node: &NodeId, day: Day) -> Option<PacketPublic> {
        self.get(node).and_then(|entry| entry.descriptor.packet_key(day))
    }
}

#[cfg(test)]
mod tests;
