use std::fmt;
use std::time::Duration;

use rand::CryptoRng;
use roneo_keys::time::{Day, Wall};

use crate::dropped::Dropped;
use crate::key::{PacketPublic, PacketSecret};
use crate::packet::Packet;
use crate::replay::{ReplayFilter, ReplayLimits};
use crate::unwrap::{Sealed, Unwrapped};

/// How long after midnight yesterday's key still opens packets: an hour for the longest-lived reply
/// blocks, an hour for clocks that disagree.
pub const YESTERDAY_KEPT: Duration = Duration::from_secs(2 * 3_600);

/// Whether the keys to announce are others than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Rotation {
    /// They are the same.
    Unchanged,
    /// They changed: a new descriptor must go out.
    NewKeys,
}

/// A node's packet keys: one for each day, each with the memory of the packets it opened.
///
/// Keys are fresh at every start and never touch the disk. That is why the memory of packets needs
/// no disk either: what was recorded before a restart is sealed to a key that is gone, and ends as
/// [`Dropped::Unreadable`].
pub struct KeyRing {
    day: Day,
    limits: ReplayLimits,
    yesterday: Option<DayKey>,
    today: DayKey,
    tomorrow: DayKey,
}

struct DayKey {
    secret: PacketSecret,
    public: PacketPublic,
    replay: ReplayFilter,
}

impl DayKey {
    fn random(limits: ReplayLimits, rng: &mut impl CryptoRng) -> Self {
        let secret = PacketSecret::random(rng);
        Self { public: secret.public(), secret, replay: ReplayFilter::with_limits(limits, rng) }
    }
}

impl KeyRing {
    /// Fresh keys for `day` and the day after, with the largest replay filter.
    #[must_use]
    pub fn new(day: Day, rng: &mut impl CryptoRng) -> Self {
        Self::with_replay(day, ReplayLimits::default(), rng)
    }

    /// Fresh keys for `day` and the day after; each remembers packets within `limits`.
    #[must_use]
    pub fn with_replay(day: Day, limits: ReplayLimits, rng: &mut impl CryptoRng) -> Self {
        let today = DayKey::random(limits, rng);
        let tomorrow = DayKey::random(limits, rng);
        Self { day, limits, yesterday: None, today, tomorrow }
    }

    /// The day for which the first of [`publics`](Self::publics) stands.
    #[must_use]
    pub const fn day(&self) -> Day {
        self.day
    }

    /// Today's and tomorrow's key, for the descriptor.
    #[must_use]
    pub const fn publics(&self) -> (PacketPublic, PacketPublic) {
        (self.today.public, self.tomorrow.public)
    }

    /// Brings the ring to the day of `now`: at midnight tomorrow's key becomes today's and a new one
    /// is drawn; two hours later yesterday's is wiped together with its memory of packets.
    ///
    /// A clock set back by up to a day changes nothing, so that a wavering clock at midnight does not
    /// burn keys. Set back further, or forward by more than two days, the ring begins anew.
    pub fn advance(&mut self, now: Wall, rng: &mut impl CryptoRng) -> Rotation {
        let today = now.day();
        let rotation = if today == self.day || today.next() == self.day {
            Rotation::Unchanged
        } else if today == self.day.next() || today == self.day.next().next() {
            while self.day < today {
                self.turn(rng);
            }
            Rotation::NewKeys
        } else {
            *self = Self::with_replay(today, self.limits, rng);
            Rotation::NewKeys
        };
        if now >= self.yesterday_ends() {
            self.yesterday = None;
        }
        rotation
    }

    /// When [`advance`](Self::advance) has something to do next.
    #[must_use]
    pub fn next_change(&self) -> Wall {
        if self.yesterday.is_some() { self.yesterday_ends() } else { self.day.next().start() }
    }

    /// Opens this node's layer of a packet, whichever of the keys it was sealed to: today's first,
    /// then tomorrow's, which counts from its announcement on, then yesterday's for two hours.
    ///
    /// A packet is remembered only once its MAC is good, so nobody fills the filter with noise.
    ///
    /// # Errors
    /// Any [`Dropped`] but [`Dropped::WrongLength`]: to be counted, and answered with silence.
    pub fn unwrap(&mut self, now: Wall, packet: Packet) -> Result<Unwrapped, Dropped> {
        let sealed = Sealed::parse(&packet)?;
        drop(packet);
        let yesterday_ends = self.yesterday_ends();
        let yesterday = self.yesterday.as_mut().filter(|_| now < yesterday_ends);
        for key in [&mut self.today, &mut self.tomorrow].into_iter().chain(yesterday) {
            if let Some(shared) = sealed.shared_with(&key.secret) {
                key.replay.admit(shared.replay_tag())?;
                return sealed.open(&shared);
            }
        }
        Err(Dropped::Unreadable)
    }

    /// Packets remembered under all keys.
    #[must_use]
    pub fn remembered(&self) -> usize {
        [&self.today, &self.tomorrow].into_iter().chain(&self.yesterday).map(|key| key.replay.len()).sum()
    }

    fn turn(&mut self, rng: &mut impl CryptoRng) {
        let fresh = DayKey::random(self.limits, rng);
        let today = std::mem::replace(&mut self.tomorrow, fresh);
        self.yesterday = Some(std::mem::replace(&mut self.today, today));
        self.day = self.day.next();
    }

    fn yesterday_ends(&self) -> Wall {
        Wall(self.day.start().0 + YESTERDAY_KEPT.as_secs())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyRing").field("day", &self.day).finish_non_exhaustive()
    }
}
