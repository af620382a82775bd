use std::time::Duration;

use roneo_keys::NodeId;
use roneo_keys::time::{Mono, Now, Wall};

use crate::address::{Address, Net16};
use crate::descriptor::Descriptor;
use crate::pulse::{Pulse, PulseId, PulseTracker};
use crate::rules::Rules;

const HOUR_S: u64 = 3_600;

/// A node of the view.
#[derive(Debug, Clone)]
pub struct Entry {
    /// BLAKE3 of the node's key, hashed once: placement asks for it at every order.
    location: [u8; 32],
    pub(super) descriptor: Descriptor,
    pub(super) tracker: PulseTracker,
    first_seen: Now,
    pub(super) last_heard: Option<Mono>,
    heard_hours: u64,
    last_hour: Option<u64>,
    pub(super) set_aside_until: Option<Mono>,
    pub(super) silent_paths: u8,
    pub(super) last_silence: Mono,
}

impl Entry {
    pub(super) fn new(now: Now, descriptor: Descriptor, rules: &Rules) -> Self {
        let tracker = PulseTracker::new(descriptor.fields().pulse, rules.pulse_every);
        Self {
            location: descriptor.node().location(),
            descriptor,
            tracker,
            first_seen: now,
            last_heard: None,
            heard_hours: 0,
            last_hour: None,
            set_aside_until: None,
            silent_paths: 0,
            last_silence: Mono(0),
        }
    }

    /// The node.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.descriptor.node()
    }

    /// Its descriptor.
    #[must_use]
    pub const fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(super) const fn location(&self) -> [u8; 32] {
        self.location
    }

    /// When it was last known to be alive.
    #[must_use]
    pub const fn last_heard(&self) -> Option<Mono> {
        self.last_heard
    }

    /// When this node first saw it.
    #[must_use]
    pub const fn first_seen(&self) -> Now {
        self.first_seen
    }

    /// Until when it is passed over, where it is set aside. May lie in the past.
    #[must_use]
    pub const fn set_aside_until(&self) -> Option<Mono> {
        self.set_aside_until
    }

    /// Whether it is passed over now.
    #[must_use]
    pub fn is_set_aside(&self, now: Now) -> bool {
        self.set_aside_until.is_some_and(|until| now.mono < until)
    }

    /// Its latest pulse, to be handed to whoever learns of the node.
    #[must_use]
    pub fn pulse(&self) -> Option<Pulse> {
        self.tracker.latest().map(|preimage| Pulse { id: PulseId::of(&self.id()), preimage })
    }

    /// The /16 (v6: /32) of its first address; `None` for a hosted node.
    #[must_use]
    pub fn net16(&self) -> Option<Net16> {
        self.descriptor.fields().reach.addresses().first().map(Address::net16)
    }

    pub(super) fn heard_within(&self, now: Now, limit: Duration) -> bool {
        self.last_heard.is_some_and(|heard| now.mono.since(heard) <= limit)
    }

    /// Notes that the node was alive `age` before now.
    pub(super) fn alive(&mut self, now: Now, age: Duration) {
        // Checked: on a clock that started later than that, the moment has no value.
        let moment = u64::try_from(age.as_micros()).ok().and_then(|age| now.mono.0.checked_sub(age)).map(Mono);
        self.last_heard = self.last_heard.max(moment);
        let hour = now.wall.0.saturating_sub(age.as_secs()) / HOUR_S;
        if self.last_hour.is_none_or(|last| hour > last) {
            self.last_hour = Some(hour);
            self.heard_hours += 1;
        }
    }

    pub(super) fn set_aside(&mut self, now: Now, time: Duration) {
        self.set_aside_until = Some(now.mono + time);
        self.silent_paths = 0;
    }

    pub(super) fn age(&self, at: Wall) -> Duration {
        Duration::from_secs(at.0.saturating_sub(self.first_seen.wall.0))
    }

    /// Share of the hours since it was first seen in which it was heard.
    pub(super) fn presence(&self, at: Wall) -> f64 {
        let hours = (at.0 / HOUR_S).saturating_sub(self.first_seen.wall.0 / HOUR_S) + 1;
        (self.heard_hours as f64 / hours as f64).min(1.0)
    }

    /// When its silence began: when it was last heard, or else first seen.
    pub(super) fn silent_since(&self) -> Mono {
        self.last_heard.unwrap_or(self.first_seen.mono)
    }
}
