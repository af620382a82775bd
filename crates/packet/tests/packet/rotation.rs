use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::time::{Day, Wall};
use roneo_packet::{Class, Dropped, Hop, KeyRing, Packet, PacketPublic, PacketSecret, Rotation, Route, wrap};

use crate::path::{DAY, forwarded, hours, id};

/// One ring, and packets sealed to whichever of its keys a story wants.
struct Story {
    ring: KeyRing,
    rng: ChaCha20Rng,
}

impl Story {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Self { ring: KeyRing::new(DAY, &mut rng), rng }
    }

    fn sealed_to(&mut self, key: PacketPublic) -> Packet {
        let other = PacketSecret::from_bytes([9; 32]).public();
        let hop = |at: usize| Hop { node: id(at), key: if at == 0 { key } else { other } };
        let route = Route::new([hop(0), hop(1), hop(2), hop(3)]).expect("four nodes");
        wrap(Class::Small, &route, b"", &mut self.rng).expect("it fits")
    }

    fn advance(&mut self, now: Wall, expected: Rotation) {
        assert_eq!(self.ring.advance(now, &mut self.rng), expected, "{now:?}");
    }

    fn opens(&mut self, now: Wall, key: PacketPublic) {
        let packet = self.sealed_to(key);
        forwarded(self.ring.unwrap(now, packet), 1);
    }

    fn drops(&mut self, now: Wall, key: PacketPublic) {
        let packet = self.sealed_to(key);
        assert_eq!(self.ring.unwrap(now, packet).err(), Some(Dropped::Unreadable), "{now:?}");
    }
}

#[test]
fn keys_live_from_their_announcement_to_two_hours_after_their_day() {
    let mut story = Story::new();
    let (first, second) = story.ring.publics();
    assert_eq!(story.ring.next_change(), hours(24));
    story.advance(hours(12), Rotation::Unchanged);
    story.opens(hours(12), first);
    story.opens(hours(12), second);

    story.advance(hours(24), Rotation::NewKeys);
    let (today, third) = story.ring.publics();
    assert_eq!((story.ring.day(), today), (DAY.next(), second));
    assert_ne!(third, first);
    assert_eq!(story.ring.next_change(), hours(26));
    for key in [first, second, third] {
        story.opens(hours(24), key);
    }

    story.advance(Wall(hours(26).0 - 1), Rotation::Unchanged);
    story.opens(Wall(hours(26).0 - 1), first);
    // Even where nobody has advanced the ring yet.
    story.drops(hours(26), first);
    story.advance(hours(26), Rotation::Unchanged);
    assert_eq!(story.ring.next_change(), hours(48));
    story.drops(hours(25), first);
    story.opens(hours(26), second);
    story.opens(hours(26), third);
}

#[test]
fn what_a_key_opened_is_remembered_across_midnight_and_forgotten_with_the_key() {
    let mut story = Story::new();
    let (first, second) = story.ring.publics();
    let [before, early] = [first, second].map(|key| story.sealed_to(key));
    forwarded(story.ring.unwrap(hours(23), before.clone()), 1);
    forwarded(story.ring.unwrap(hours(23), early.clone()), 1);
    story.advance(hours(24), Rotation::NewKeys);
    for packet in [&before, &early] {
        assert_eq!(story.ring.unwrap(hours(25), packet.clone()).err(), Some(Dropped::Replayed));
    }
    assert_eq!(story.ring.remembered(), 2);

    story.advance(hours(26), Rotation::Unchanged);
    assert_eq!(story.ring.remembered(), 1);
    assert_eq!(story.ring.unwrap(hours(26), before).err(), Some(Dropped::Unreadable));
    assert_eq!(story.ring.unwrap(hours(26), early).err(), Some(Dropped::Replayed));
}

#[test]
fn a_node_that_slept_over_midnight_keeps_what_others_may_still_use() {
    let mut story = Story::new();
    let (first, second) = story.ring.publics();
    story.advance(hours(48 + 1), Rotation::NewKeys);
    assert_eq!(story.ring.day(), Day(DAY.0 + 2));
    story.opens(hours(48 + 1), second);
    story.drops(hours(48 + 1), first);
}

#[test]
fn a_clock_that_jumps_begins_the_ring_anew_and_one_that_wavers_does_not() {
    let yesterday = Wall(DAY.start().0 - 1);
    for (now, expected, day) in [
        (DAY.start(), Rotation::Unchanged, DAY),
        (yesterday, Rotation::Unchanged, DAY),
        (DAY.previous().start(), Rotation::Unchanged, DAY),
        (Wall(DAY.previous().start().0 - 1), Rotation::NewKeys, Day(DAY.0 - 2)),
        (hours(24 * 3), Rotation::NewKeys, Day(DAY.0 + 3)),
        (Wall(0), Rotation::NewKeys, Day(0)),
        (Wall(u64::MAX), Rotation::NewKeys, Day(u32::MAX)),
    ] {
        let mut story = Story::new();
        let before = story.ring.publics();
        story.advance(now, expected);
        assert_eq!(story.ring.day(), day, "{now:?}");
        assert_eq!(story.ring.publics() == before, expected == Rotation::Unchanged, "{now:?}");
        if expected == Rotation::NewKeys {
            story.drops(now, before.0);
            story.drops(now, before.1);
        }
    }
}

#[test]
fn at_the_last_day_of_the_calendar_the_ring_stands_still() {
    let mut story = Story::new();
    story.advance(Wall(u64::MAX), Rotation::NewKeys);
    story.advance(Wall(u64::MAX), Rotation::Unchanged);
    let (today, _) = story.ring.publics();
    story.opens(Wall(u64::MAX), today);
}
