//! Heal on read: what a fetch found missing comes back, and nothing else is placed.

use std::collections::BTreeSet;
use std::time::Duration;

use roneo_keys::Locator;

use super::fetches::take_apart;
use super::world::{World, content};
use crate::jobs::{HEAL_COPIES, HEAL_DELAY_S, HEALS_AT_ONCE, HealCounts, MAX_HEALS};

/// Long enough for everything that waits to be healed.
const HEALED: Duration = Duration::from_secs(*HEAL_DELAY_S.end() + 60);

/// Copies of a block, and whether somebody who is not one of its first `copies` holders has it.
fn copies(world: &World, locator: &Locator) -> usize {
    world.nodes.iter().filter(|node| node.blocks.contains_key(locator)).count()
}

#[test]
fn shards_found_missing_come_back_and_no_others_are_placed() {
    let mut world = World::new(20, 1);
    let bytes = content(3_000_000);
    let uri = world.publish(&bytes);
    let segments = take_apart(&world, &uri).segments;
    // Data shards of one segment and parity of the other: only the first are asked for.
    let lost: BTreeSet<Locator> = segments[0].shards()[3..12].iter().copied().collect();
    let unseen = segments[1].shards()[segments[1].shards().len() - 1];
    lost.iter().chain([&unseen]).for_each(|shard| world.lose(shard));

    let mut world = world.another_reader();
    world.puts_begun.clear();
    assert!(world.read(&uri).unwrap() == bytes);
    let read_at = world.now;
    assert_eq!(world.puts_begun, [], "a fetch is no insert");
    world.run_for(Duration::from_secs(*HEAL_DELAY_S.start()));
    assert_eq!(world.puts_begun, [], "nothing follows a read at once");
    world.run_for(HEALED);
    assert_eq!(world.puts_begun.iter().copied().collect::<BTreeSet<_>>(), lost);
    assert_eq!(world.puts_begun.len(), lost.len(), "each once");
    assert!(world.most_puts <= HEALS_AT_ONCE);
    for shard in &lost {
        assert_eq!(copies(&world, shard), 3, "as many as the keep list asks");
    }
    assert_eq!(copies(&world, &unseen), 0);
    assert_eq!(world.jobs.heal_counts(), HealCounts { placed: 9, ..HealCounts::default() });
    assert_eq!((world.jobs.held_bytes(), world.jobs.next_timeout()), (0, None));
    // They do not leave together.
    let puts = world.transcript.iter().filter(|line| line.contains("Put("));
    let moments: BTreeSet<u64> = puts.map(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap()).collect();
    assert!(moments.len() >= 8 && moments.first().unwrap() >= &(read_at.0 + 60_000_000 - 1_000_000), "{moments:?}");
    // The next reader has nothing to heal.
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(HEALED);
    assert_eq!(world.jobs.heal_counts().placed, 9);
}

#[test]
fn a_shard_with_one_copy_left_is_copied() {
    let mut world = World::new(20, 7);
    let bytes = content(100_000);
    let uri = world.publish(&bytes);
    let [worn, fair, ..] = take_apart(&world, &uri).segments[0].shards()[..] else { unreachable!() };
    for (shard, lacking) in [(worn, 2), (fair, 1)] {
        for node in world.order(&shard).into_iter().take(lacking) {
            world.nodes[node].blocks.remove(&shard);
        }
    }
    let mut world = world.another_reader();
    world.puts_begun.clear();
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(HEALED);
    assert_eq!(world.puts_begun, [worn]);
    assert_eq!((copies(&world, &worn), copies(&world, &fair)), (3, 2));
}

#[test]
fn what_is_whole_is_left_alone() {
    let mut world = World::new(20, 2);
    for length in [100, 32_500, 100_000, 3_000_000] {
        let bytes = content(length);
        let uri = world.publish(&bytes);
        world.puts_begun.clear();
        assert!(world.read(&uri).unwrap() == bytes);
        world.run_for(HEALED);
        assert_eq!(world.puts_begun, []);
    }
    assert_eq!(world.jobs.heal_counts(), HealCounts::default());
}

#[test]
fn silence_is_no_sign_that_something_is_gone() {
    let mut world = World::new(20, 3);
    let bytes = content(400_000);
    let uri = world.publish(&bytes);
    let mut world = world.another_reader();
    world.puts_begun.clear();
    // Four of five requests are lost on their way, as where storers are silent: other shards stand in.
    world.loss = 0.8;
    for _ in 0..20 {
        world.read(&uri).ok();
    }
    world.loss = 0.0;
    world.run_for(HEALED);
    assert_eq!((world.puts_begun.len(), world.jobs.heal_counts()), (0, HealCounts::default()));
}

#[test]
fn what_waits_to_be_healed_is_bounded_and_the_rest_is_counted() {
    let mut world = World::new(20, 4);
    let bytes = content(9_000_000);
    let uri = world.publish(&bytes);
    let mut lost = 0;
    for segment in take_apart(&world, &uri).segments {
        let data = &segment.shards()[..usize::from(segment.k() - 1)];
        data.iter().for_each(|shard| world.lose(shard));
        lost += data.len();
    }
    assert!(lost > MAX_HEALS);
    let mut world = world.another_reader();
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(Duration::from_secs(5));
    assert!(world.jobs.held_bytes() <= MAX_HEALS * 32_768);
    let dropped = world.jobs.heal_counts().dropped;
    assert_eq!(dropped as usize, lost - MAX_HEALS);
    world.run_for(HEALED);
    assert_eq!(world.jobs.heal_counts(), HealCounts { placed: MAX_HEALS as u64, failed: 0, dropped });
}

#[test]
fn a_root_and_a_keep_list_that_their_first_storers_lack_are_copied_to_them() {
    let mut world = World::new(40, 5);
    let bytes = content(100_000);
    let uri = world.publish(&bytes);
    let apart = take_apart(&world, &uri);
    for (leaf, lacking) in [(apart.root, 5), (apart.keep_lists[0], 3)] {
        for node in world.order(&leaf).into_iter().take(lacking) {
            world.nodes[node].blocks.remove(&leaf);
        }
    }
    let mut world = world.another_reader();
    world.puts_begun.clear();
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(HEALED);
    assert_eq!(world.puts_begun.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&apart.root, &apart.keep_lists[0]]));
    assert_eq!(copies(&world, &apart.root), 30);
    // One storer that lacks it is enough; so is what others further down lack not seen.
    let first = world.order(&apart.root)[0];
    let ninth = world.order(&apart.root)[8];
    world.nodes[first].blocks.remove(&apart.root);
    world.nodes[ninth].blocks.remove(&apart.root);
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(HEALED);
    assert_eq!(copies(&world, &apart.root), 29);
}

#[test]
fn what_the_first_eight_have_lost_is_found_and_given_back_to_them() {
    let mut world = World::new(40, 8);
    let bytes = content(100_000);
    let uri = world.publish(&bytes);
    let root = take_apart(&world, &uri).root;
    for node in world.order(&root).into_iter().take(25) {
        world.nodes[node].blocks.remove(&root);
    }
    let mut world = world.another_reader();
    assert!(world.read(&uri).unwrap() == bytes);
    world.run_for(HEALED);
    assert_eq!(copies(&world, &root), usize::from(HEAL_COPIES) + 5);
    let first = world.order(&root)[0];
    assert!(world.nodes[first].blocks.contains_key(&root));
}

#[test]
fn healing_waits_for_a_network_and_forgets_what_nobody_takes() {
    let mut world = World::new(12, 6);
    let bytes = content(100_000);
    let uri = world.publish(&bytes);
    let shard = take_apart(&world, &uri).segments[0].shards()[0];
    world.lose(&shard);
    let mut world = world.another_reader();
    world.puts_begun.clear();
    assert!(world.read(&uri).unwrap() == bytes);
    world.set_network(2, 1);
    world.run_for(HEALED);
    assert_eq!(world.puts_begun, []);
    world.loss = 1.0;
    world.notice();
    world.run_for(HEALED);
    assert_eq!(world.jobs.heal_counts(), HealCounts { failed: 1, ..HealCounts::default() });
    assert_eq!((world.jobs.held_bytes(), world.jobs.next_timeout()), (0, None));
}
