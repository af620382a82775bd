//! Which four slots a locator may lie in, and how kept blocks make room for one more.

use std::collections::HashSet;

/// Slots that a locator may lie in.
pub(crate) const CANDIDATES: usize = 4;
/// Most kept blocks that are moved for one more.
pub(crate) const MOVES_MAX: usize = 64;
/// Most slots looked at for a way to move blocks; each costs a read of 128 bytes. A breadth-first
/// search of this size goes on finding ways until about 97 percent are taken, seven moves deep at
/// most; the random walk that cuckoo tables often use would write tens of blocks where this reads
/// records.
pub(crate) const SEARCH_MAX: usize = 1_024;

/// The slots that a locator may lie in, all different, in order of preference.
pub(crate) type Candidates = [u32; CANDIDATES];

/// Draws the candidates among `slots` slots, at least four, from 64 keyed bytes.
pub(crate) fn candidates(bytes: &[u8; 64], slots: u32) -> Candidates {
    let mut chosen = [0; CANDIDATES];
    let (words, _) = bytes.as_chunks::<8>();
    let mut words = words.iter();
    for taken in 0..CANDIDATES {
        let mut slot = words.next().map_or(0, |word| reduce(u64::from_le_bytes(*word), slots));
        // In a store of more than a few slots two draws hardly ever meet.
        while chosen[..taken].contains(&slot) {
            slot = (slot + 1) % slots;
        }
        chosen[taken] = slot;
    }
    chosen
}

/// Maps a uniform word to a uniform number below `slots`.
fn reduce(word: u64, slots: u32) -> u32 {
    // The product of a u64 and a u32, less its low 64 bits, is below the u32.
    ((u128::from(word) * u128::from(slots)) >> 64) as u32
}

/// What a search sees in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It can be taken.
    Open,
    /// It cannot be taken, nor what lies in it be moved.
    Closed,
    /// A kept block lies in it that could also lie in these.
    Kept(Candidates),
}

/// Finds the shortest way to free one of the slots `from`: the first slot of the route is one of
/// them, the last is open, and the block in each but the last can move to the next.
pub(crate) fn find_route(from: Candidates, mut look: impl FnMut(u32) -> Seen) -> Option<Vec<u32>> {
    struct Step {
        slot: u32,
        before: Option<usize>,
        moves: usize,
    }
    let mut met = HashSet::from(from);
    let mut steps: Vec<Step> = from.iter().map(|&slot| Step { slot, before: None, moves: 0 }).collect();
    let mut next = 0;
    while next < steps.len() {
        match look(steps[next].slot) {
            Seen::Closed => {}
            Seen::Open => {
                let mut route: Vec<u32> =
                    std::iter::successors(Some(&steps[next]), |step| step.before.map(|before| &steps[before]))
                        .map(|step| step.slot)
                        .collect();
                route.reverse();
                return Some(route);
            }
            Seen::Kept(others) => {
                let moves = steps[next].moves + 1;
                let room = if moves <= MOVES_MAX { SEARCH_MAX.saturating_sub(steps.len()) } else { 0 };
                let fresh = others.into_iter().filter(|&slot| met.insert(slot)).take(room);
                steps.extend(fresh.map(|slot| Step { slot, before: Some(next), moves }));
            }
        }
        next += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_shortest_route_wins() {
        let look = |slot| match slot {
            0 => Seen::Kept([0, 4, 5, 6]),
            5 => Seen::Kept([5, 1, 7, 8]),
            8 => Seen::Open,
            4 | 6 => Seen::Closed,
            _ => Seen::Kept([0, 1, 2, 3]),
        };
        assert_eq!(find_route([0, 1, 2, 3], look), Some(vec![0, 5, 8]));
        assert_eq!(find_route([1, 2, 3, 8], look), Some(vec![8]));
        assert_eq!(find_route([1, 2, 3, 9], |_| Seen::Closed), None);
    }

    #[test]
    fn a_search_ends() {
        let mut looks = 0;
        let endless = |slot: u32| {
            looks += 1;
            Seen::Kept([4, 5, 6, 7].map(|other| slot * 4 + other))
        };
        assert_eq!(find_route([0, 1, 2, 3], endless), None);
        assert_eq!(looks, SEARCH_MAX);
    }

    /// The figure that the design rests on, without disks: see the store's tests for the same with.
    #[test]
    fn slots_fill_beyond_95_percent() {
        let (slots, mut rng) = (20_000u32, ChaCha8Rng::seed_from_u64(1));
        let mut table: Vec<Option<Candidates>> = vec![None; slots as usize];
        let mut taken = 0;
        loop {
            let mut bytes = [0; 64];
            rng.fill(&mut bytes);
            let new = candidates(&bytes, slots);
            let look = |slot: u32| table[slot as usize].map_or(Seen::Open, Seen::Kept);
            let Some(route) = find_route(new, look) else { break };
            assert!(route.len() <= 9, "{} moves", route.len() - 1);
            for pair in route.windows(2).rev() {
                table[pair[1] as usize] = table[pair[0] as usize];
            }
            table[route[0] as usize] = Some(new);
            taken += 1;
        }
        assert!(taken > slots / 100 * 95, "{taken} of {slots}");
    }

    proptest! {
        #[test]
        fn candidates_differ_and_exist(bytes: [u8; 64], slots in 4u32..) {
            let mut chosen = candidates(&bytes, slots);
            chosen.sort_unstable();
            prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(chosen[CANDIDATES - 1] < slots);
        }
    }
}
