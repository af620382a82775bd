//! Heal on read: what a fetch found missing is placed again, later and by and by.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use roneo_keys::time::Mono;
use roneo_keys::{Block, Locator, SizeClass};
use roneo_overlay::{NetworkState, Proof};

use super::desk::{Requests, ready};
use super::{Action, Token};
use crate::handle::JobId;

/// Blocks that wait to be placed again, at most: 4 MiB. Beyond, what is found missing is let go.
pub const MAX_HEALS: usize = 128;
/// Of those, placed at one time.
pub const HEALS_AT_ONCE: usize = 2;
/// How long after it was found missing a block is placed again, in seconds; drawn for each by itself.
/// So neither do several blocks of one fetch leave together, nor any right behind it.
pub const HEAL_DELAY_S: RangeInclusive<u64> = 60..=600;
/// Copies that a healing reader places of a root, keep list or other block that is not coded, where a
/// storer answered that it lacks it: at as many storers as a reader asks before it gives up. The further
/// copies are for nodes to come, and whoever inserts or repairs makes them.
///
/// One such answer is enough. Waiting for more would find most of the eight empty before anything is
/// healed; and a storer that denies what it has makes readers send a block where it would have been one.
pub const HEAL_COPIES: u8 = 8;

/// Stands for a job in requests that no job waits for. The first job is number 1.
const NOBODY: JobId = JobId(0);

/// Blocks that fetches found missing, until they are placed again. In memory alone: a restart forgets them.
pub(super) struct Healing {
    rng: ChaCha20Rng,
    waiting: BTreeMap<(Mono, u64), Heal>,
    /// Locators of those that wait or are being placed: several fetches may miss one block.
    locators: BTreeSet<Locator>,
    in_flight: BTreeMap<Token, Locator>,
    added: u64,
    pub(super) counts: HealCounts,
}

struct Heal {
    block: Block,
    copies: u8,
}

/// What healing has done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HealCounts {
    /// Blocks placed again on at least one storer.
    pub placed: u64,
    /// Blocks that no storer took.
    pub failed: u64,
    /// Blocks let go because [`MAX_HEALS`] were waiting.
    pub dropped: u64,
}

impl Healing {
    pub(super) fn new(rng: ChaCha20Rng) -> Self {
        Self {
            rng,
            waiting: BTreeMap::new(),
            locators: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            added: 0,
            counts: HealCounts::default(),
        }
    }

    /// Blocks that there is room for.
    pub(super) fn room(&self) -> usize {
        MAX_HEALS - self.locators.len()
    }

    /// Counts blocks that there was no room for.
    pub(super) fn let_go(&mut self, blocks: usize) {
        self.counts.dropped += blocks as u64;
    }

    pub(super) fn add(&mut self, now: Mono, block: Block, copies: u8) {
        if self.locators.contains(&block.locator()) {
            return;
        }
        if self.room() == 0 {
            return self.let_go(1);
        }
        self.locators.insert(block.locator());
        self.added += 1;
        let due = now + Duration::from_secs(self.rng.random_range(HEAL_DELAY_S));
        self.waiting.insert((due, self.added), Heal { block, copies });
    }

    /// Places what is due, as far as network and bounds allow.
    pub(super) fn advance(
        &mut self,
        now: Mono,
        network: &NetworkState,
        requests: &mut Requests,
        actions: &mut VecDeque<Action>,
    ) {
        while self.next_timeout(network).is_some_and(|due| due <= now) {
            let Some((_, Heal { block, copies })) = self.waiting.pop_first() else { return };
            let (token, locator) = (requests.begin(NOBODY), block.locator());
            let copies = u8::try_from(network.other_storers).unwrap_or(u8::MAX).clamp(1, copies);
            actions.push_back(Action::Put { token, locator, block, proof: Proof::Hash, copies });
            self.in_flight.insert(token, locator);
        }
    }

    /// Takes the end of a put, if it is one of these.
    pub(super) fn put_done(&mut self, token: Token, receipts: u8) -> bool {
        let Some(locator) = self.in_flight.remove(&token) else { return false };
        self.locators.remove(&locator);
        // What could not be placed is found missing again by the next reader.
        let count = if receipts > 0 { &mut self.counts.placed } else { &mut self.counts.failed };
        *count += 1;
        true
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        let may = ready(network) && self.in_flight.len() < HEALS_AT_ONCE;
        self.waiting.first_key_value().map(|(&(due, _), _)| due).filter(|_| may)
    }

    pub(super) fn held_bytes(&self) -> usize {
        // What is being placed is held by whoever places it.
        let waiting: usize = self.waiting.values().map(|heal| heal.block.bytes().len()).sum();
        waiting + self.in_flight.len() * SizeClass::Block.byte_len()
    }
}
