//! Stamps and prices: work that a busy storer asks for, so that who floods it pays and who reads now and then hardly does.
//!
//! A storer is free of charge below 3/4 of its load. From there on it asks a [`Price`] that doubles with each fortieth
//! more, and serves whoever brings a [`Stamp`] of at least that. What it cannot serve at all it says the highest price to,
//! which nobody pays. A stamp is an Equi-X proof, as those of announcements are ([`roneo_social::Solver`]), of the
//! challenge
//!
//! ```text
//! BLAKE3-derive("roneo stamp 1", locator ‖ size class ‖ day ‖ price)
//! ```
//!
//! so it is worth nothing for another block, another day or another price, and can be made for any storer of the block: a
//! writer's stamp goes with the copies. Each storer takes one stamp [`MAX_USES`] times, as often as an asker tries paths to
//! it. A reader has one made for each storer, from a nonce drawn by chance: a stamp shown to two storers would tell both
//! that they were asked by one.
//!
//! An answer that only names a price is as long as the block in whose place it comes, because the request fixed its length.
//! So words have a small part of the uplink, and under a flood most who bring no stamp hear nothing. Whoever pays takes
//! silence for that once: the second try brings a stamp of the lowest price, and words are kept for those.
//!
//! What the load is made of is what others ask of this node as a storer, and neither what its own user does nor what it
//! relays: a price tells the load to anybody who asks, and would let a user's line be watched from afar.

use std::collections::BTreeMap;

use roneo_keys::time::{Day, Mono};
use roneo_keys::{Locator, SizeClass};
use roneo_social::{Challenge, Effort, Proof};

use crate::storage_message::Stamp;

/// How often one storer takes one stamp: once for each path on which its asker tries.
pub const MAX_USES: u8 = 4;
/// Stamps that a storer remembers having taken. Beyond it those of the lowest price go first, then the oldest: to use
/// a stamp of price p without end, as many others of at least that price must be made each day.
pub const MAX_SPENT: usize = 16_384;

/// What a storer asks for: 0 for nothing, then each one more is twice the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Price(u8);

impl Price {
    /// No stamp is asked.
    pub const FREE: Self = Self(0);
    /// The lowest: 16 Equi-X solutions, 0.08 s on one core at 200 solutions in a second.
    pub const MIN: Self = Self(1);
    /// The highest that a node pays for its user unless it is told otherwise: 2,048 solutions, 10 s at that rate.
    pub const MAX_PAID: Self = Self(8);
    /// The highest that is asked: 8,192 solutions, 41 s at that rate. A storer without any room asks it of everybody.
    pub const MAX: Self = Self(10);

    /// The price of a byte; none above [`Price::MAX`].
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        if code <= Self::MAX.0 { Some(Self(code)) } else { None }
    }

    /// The byte that stands for it in messages.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The work: 2^(price + 3) expected solutions; none for [`Price::FREE`].
    #[must_use]
    pub const fn effort(self) -> Option<Effort> {
        if self.0 == 0 { None } else { Effort::new(1 << (self.0 + 3)) }
    }

    /// What a storer under this load asks: nothing below 750, then one more for each 25 thousandths.
    #[must_use]
    pub fn of_load(load: Load) -> Self {
        match load.0.checked_sub(Load::PRICED.0) {
            None => Self::FREE,
            Some(over) => Self(u8::try_from(1 + over / 25).unwrap_or(u8::MAX)).min(Self::MAX),
        }
    }
}

/// How much of what a storer can do is taken, in thousandths, from 0 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Load(u16);

impl Load {
    /// From here on stamps are asked for.
    pub const PRICED: Self = Self(750);
    /// There is no room.
    pub const FULL: Self = Self(1_000);

    /// `taken` of `room`, rounded down; full where there is no room.
    #[must_use]
    pub fn of(taken: u64, room: u64) -> Self {
        let thousandths = u128::from(taken) * 1_000 / u128::from(room.max(1));
        Self(u16::try_from(thousandths).unwrap_or(u16::MAX)).min(Self::FULL)
    }

    /// In thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

/// What a stamp for a block of that class, that day and that price is made for.
#[must_use]
pub fn challenge(locator: &Locator, class: SizeClass, day: Day, price: Price) -> Challenge {
    let mut hasher = blake3::Hasher::new_derive_key("roneo stamp 1");
    hasher.update(locator.as_bytes()).update(&[class.code()]).update(&day.0.to_le_bytes()).update(&[price.0]);
    Challenge::of_hash(*hasher.finalize().as_bytes())
}

impl Stamp {
    /// None: zeros, which are no proof of anything.
    pub const NONE: Self = Self([0; crate::storage_message::STAMP_LEN]);

    /// The highest price, from `least` upwards, that this stamp was made for; `None` if there is none. Each price costs two
    /// hashes, and a solution is looked at, 73 µs, only where the value is good enough: for a guess of price p that is one
    /// in 2^(p + 3).
    #[must_use]
    pub fn worth(&self, locator: &Locator, class: SizeClass, day: Day, least: Price) -> Option<Price> {
        if *self == Self::NONE {
            return None;
        }
        let proof = Proof::from_bytes(&self.0);
        let prices = (least.max(Price::MIN).0..=Price::MAX.0).rev().map(Price);
        prices.into_iter().find(|price| {
            let effort = price.effort().unwrap_or(Effort::MAX);
            proof.verify(&challenge(locator, class, day, *price), effort).is_ok()
        })
    }
}

impl From<Proof> for Stamp {
    fn from(proof: Proof) -> Self {
        Self(proof.to_bytes())
    }
}

/// The stamps that a storer has taken, for the days around today.
pub(crate) struct Spent {
    /// Keys the tags, so that nobody can make two stamps with one tag.
    key: [u8; 32],
    taken: BTreeMap<u64, Taken>,
    /// Tags by price and then by age: the first goes first.
    order: BTreeMap<(Price, u64), u64>,
    count: u64,
    today: Day,
}

struct Taken {
    uses: u8,
    place: (Price, u64),
    day: Day,
}

impl Spent {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, taken: BTreeMap::new(), order: BTreeMap::new(), count: 0, today: Day(0) }
    }

    /// Takes a stamp that is worth `price` on `day`; `false` if it was taken too often before.
    pub(crate) fn take(&mut self, today: Day, locator: &Locator, stamp: &Stamp, day: Day, price: Price) -> bool {
        if today != self.today {
            self.today = today;
            self.taken.retain(|_, taken| is_around(taken.day, today));
            let taken = &self.taken;
            self.order.retain(|_, tag| taken.contains_key(tag));
        }
        let tag = self.tag(locator, stamp, day);
        if let Some(taken) = self.taken.get_mut(&tag) {
            taken.uses = taken.uses.saturating_add(1);
            return taken.uses <= MAX_USES;
        }
        if self.taken.len() >= MAX_SPENT
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.taken.remove(&oldest);
        }
        let place = (price, self.count);
        self.count += 1;
        self.order.insert(place, tag);
        self.taken.insert(tag, Taken { uses: 1, place, day });
        debug_assert_eq!(self.order.get(&self.taken[&tag].place), Some(&tag));
        true
    }

    fn tag(&self, locator: &Locator, stamp: &Stamp, day: Day) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(locator.as_bytes()).update(&stamp.0).update(&day.0.to_le_bytes());
        let mut tag = [0; 8];
        tag.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(tag)
    }
}

/// Whether stamps of a day are taken: today's, and around midnight those of the days beside it.
pub(crate) fn is_around(day: Day, today: Day) -> bool {
    [today.previous(), today, today.next()].contains(&day)
}

/// A leaky bucket: what was spent, and how fast it is forgotten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    /// Bytes a second; `None` for any number.
    rate: Option<u64>,
    /// Bytes not yet sent, in millionths, so that microseconds divide without remainder.
    level: u64,
    at: Mono,
}

impl Meter {
    /// Bytes that are spent at once count as spent over so many seconds.
    const WINDOW_S: u64 = 4;
    const BYTE: u64 = 1_000_000;

    pub(crate) const fn new(rate: Option<u64>) -> Self {
        Self { rate, level: 0, at: Mono(0) }
    }

    pub(crate) fn load(&mut self, now: Mono) -> Load {
        let Some(rate) = self.rate else { return Load::default() };
        let elapsed = now.0.saturating_sub(self.at.0);
        self.level = self.level.saturating_sub(elapsed.saturating_mul(rate));
        self.at = now;
        Load::of(self.level, Self::room(rate))
    }

    /// Spends bytes; what is beyond the room is forgotten, so that nothing lasts longer than the window.
    pub(crate) fn spend(&mut self, now: Mono, bytes: usize) {
        let Some(rate) = self.rate else { return };
        self.load(now);
        let spent = (bytes as u64).saturating_mul(Self::BYTE);
        self.level = self.level.saturating_add(spent).min(Self::room(rate));
    }

    fn room(rate: u64) -> u64 {
        rate.max(1).saturating_mul(Self::WINDOW_S * Self::BYTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use roneo_social::Solver;

    const DAY: Day = Day(20_000);

    fn locator(byte: u8) -> Locator {
        Locator::from_bytes([byte; 32])
    }

    fn made(price: Price) -> Stamp {
        let challenge = challenge(&locator(7), SizeClass::Block, DAY, price);
        Solver::new(challenge, price.effort().unwrap(), 0).step(u32::MAX).unwrap().into()
    }

    /// Draft vector: also in `docs/formats/storage-message.md`.
    #[test]
    fn vector() {
        let bytes = [[0xab; 32].as_slice(), &[1, 0x20, 0x4e, 0, 0, 1]].concat();
        let expected = *blake3::Hasher::new_derive_key("roneo stamp 1").update(&bytes).finalize().as_bytes();
        assert_eq!(challenge(&locator(0xab), SizeClass::Block, DAY, Price::MIN).as_bytes(), &expected);
        let challenge = challenge(&locator(0xab), SizeClass::Block, DAY, Price::MIN);
        let proof = Solver::new(challenge, Price::MIN.effort().unwrap(), 0).step(u32::MAX).unwrap();
        let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(text(challenge.as_bytes()), "abf6c15250901cec74d86f6bda1c1436c7dcd4398e26b6b8dd7a97d5043f94e1");
        assert_eq!(text(&proof.to_bytes()), "0900000000000000051a4ed62a0f69f3965eafbccd7b4cf4");
        let stamp = Stamp::from(proof);
        assert_eq!(stamp.worth(&locator(0xab), SizeClass::Block, DAY, Price::FREE), Some(Price::MIN));
    }

    #[test]
    fn prices_follow_the_load() {
        let table = [
            (0, 0),
            (749, 0),
            (750, 1),
            (774, 1),
            (775, 2),
            (874, 5),
            (875, 6),
            (925, 8),
            (949, 8),
            (950, 9),
            (975, 10),
            (1_000, 10),
        ];
        for (thousandths, price) in table {
            assert_eq!(Price::of_load(Load::of(thousandths, 1_000)).code(), price, "{thousandths}");
        }
        assert_eq!(Load::of(u64::MAX, 3), Load::FULL);
        assert_eq!(Load::of(5, 0), Load::FULL);
        assert_eq!(Load::of(0, 0).thousandths(), 0);
    }

    #[test]
    fn each_price_is_twice_the_work() {
        assert_eq!(Price::FREE.effort(), None);
        let efforts: Vec<u32> = (1..=10).map(|code| Price::from_code(code).unwrap().effort().unwrap().get()).collect();
        assert_eq!(efforts[0], 16);
        assert!(efforts.windows(2).all(|pair| pair[1] == 2 * pair[0]));
        assert_eq!((Price::MAX_PAID.effort(), Price::from_code(11)), (Effort::new(2_048), None));
    }

    #[test]
    fn a_stamp_is_worth_its_price_for_its_block_and_day_and_nothing_else() {
        let price = Price(2);
        let stamp = made(price);
        let worth = |byte, class, day, least| stamp.worth(&locator(byte), class, day, least);
        assert_eq!(worth(7, SizeClass::Block, DAY, Price::MIN), Some(price));
        assert_eq!(worth(7, SizeClass::Block, DAY, Price::FREE), Some(price));
        assert_eq!(worth(7, SizeClass::Block, DAY, price), Some(price));
        assert_eq!(worth(7, SizeClass::Block, DAY, Price(3)), None);
        assert_eq!(worth(8, SizeClass::Block, DAY, Price::MIN), None);
        assert_eq!(worth(7, SizeClass::Leaf, DAY, Price::MIN), None);
        assert_eq!(worth(7, SizeClass::Block, DAY.next(), Price::MIN), None);
        assert_eq!(Stamp::NONE.worth(&locator(7), SizeClass::Block, DAY, Price::MIN), None);
    }

    #[test]
    fn a_stamp_is_taken_four_times_a_day_and_no_more() {
        let mut spent = Spent::new([1; 32]);
        let mut take =
            |today, at, stamp: u8, day| spent.take(today, &locator(at), &Stamp([stamp; 24]), day, Price::MIN);
        for _ in 0..MAX_USES {
            assert!(take(DAY, 7, 1, DAY));
        }
        assert!(!take(DAY, 7, 1, DAY));
        assert!(!take(DAY, 7, 1, DAY));
        // Around midnight the day that is over still counts.
        assert!(!take(DAY.next(), 7, 1, DAY));
        assert!(take(DAY, 7, 2, DAY) && take(DAY, 8, 1, DAY));
        // Two days later it is forgotten; then its day is not taken any more.
        assert!(take(DAY.next().next(), 7, 1, DAY));
    }

    #[test]
    fn the_cheapest_and_then_the_oldest_are_forgotten_first() {
        let mut spent = Spent::new([1; 32]);
        let stamp = |number: usize| {
            let mut bytes = [9; 24];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            Stamp(bytes)
        };
        let mut take = |number, price| spent.take(DAY, &locator(1), &stamp(number), DAY, Price(price));
        for _ in 0..MAX_USES {
            take(0, 2);
            take(1, 1);
            take(2, 1);
        }
        for number in 3..=MAX_SPENT {
            assert!(take(number, 2));
        }
        assert!(!take(0, 2) && !take(2, 1));
        assert!(take(1, 1), "forgotten");
        assert_eq!((spent.taken.len(), spent.order.len()), (MAX_SPENT, MAX_SPENT));
    }

    #[test]
    fn a_meter_forgets_at_its_rate() {
        let second = |at: u64| Mono(at * 1_000_000);
        let mut meter = Meter::new(Some(1_000));
        meter.spend(second(10), 3_000);
        assert_eq!(meter.load(second(10)), Load::of(750, 1_000));
        assert_eq!(meter.load(second(12)), Load::of(250, 1_000));
        meter.spend(second(12), 50_000);
        assert_eq!(meter.load(second(12)), Load::FULL);
        assert_eq!(meter.load(second(16)).thousandths(), 0);
        let mut free = Meter::new(None);
        free.spend(second(1), usize::MAX);
        assert_eq!(free.load(second(1)).thousandths(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes: [u8; 24], byte: u8, day: u32, least in 0u8..=10) {
            prop_assert_eq!(Stamp(bytes).worth(&locator(byte), SizeClass::Leaf, Day(day), Price(least)), None);
        }

        #[test]
        fn more_load_is_never_cheaper(one in 0u64..=1_000, other in 0u64..=1_000) {
            let price = |thousandths| Price::of_load(Load::of(thousandths, 1_000));
            prop_assert!(one > other || price(one) <= price(other));
        }

        #[test]
        fn a_meter_never_leaves_its_bounds(spends in proptest::collection::vec((0u64..10_000_000, 0usize..1 << 40), 0..50)) {
            let mut meter = Meter::new(Some(777));
            let mut now = Mono(0);
            for (pause, bytes) in spends {
                now = Mono(now.0 + pause);
                meter.spend(now, bytes);
                prop_assert!(meter.load(now) <= Load::FULL);
            }
            prop_assert_eq!(meter.load(Mono(now.0 + 4_000_001)).thousandths(), 0);
        }
    }
}
