//! One segment on its way in: any k of its n shards.

use std::collections::BTreeSet;
use std::time::Duration;

use roneo_content::{KeepList, SegmentPlan};
use roneo_keys::time::Mono;
use roneo_keys::{BLOCK_LEN, Block, Locator, SizeClass};
use roneo_overlay::{BlockAnswer, FirstAsk};

use super::Token;
use super::desk::Desk;
use super::search::{FETCH_RETRY, FETCH_ROUNDS};

/// How long a segment may go without a shard coming in before more are asked for than are needed.
pub const HEDGE: Duration = Duration::from_secs(4);
/// Shards asked for beyond the need each time that happens.
pub const HEDGE_SHARDS: usize = 8;

/// Collects k shards of one segment: first the data shards, and for each that is not found another.
pub(super) struct Gathering {
    plan: SegmentPlan,
    keep_list: KeepList,
    shards: Vec<Shard>,
    rounds: u32,
    /// Shards to ask for beyond what is needed.
    extra: usize,
    /// When a shard last came in, or more were asked for, or the first was.
    moved: Mono,
    resting_until: Option<Mono>,
    /// Shards that as many storers as should keep copies answered not to have.
    absent: BTreeSet<usize>,
    /// Shards here of which one copy is left at most, by the answers of the other keepers.
    worn: BTreeSet<usize>,
}

enum Shard {
    Untried,
    Asking(Token),
    Missing,
    Here(Block),
}

/// What a gathering came to.
pub(super) struct Gathered {
    pub(super) plan: SegmentPlan,
    pub(super) keep_list: KeepList,
    /// The shards that came, in their places.
    pub(super) shards: Vec<Option<Block>>,
    /// Requests that are of no more use.
    pub(super) unneeded: Vec<Token>,
    /// Shards to be made again: storers said that they have none.
    pub(super) absent: Vec<usize>,
    /// Shards to be copied: all keepers but one said that they have none.
    pub(super) worn: BTreeSet<usize>,
}

/// Too few shards could be found in all rounds.
pub(super) struct TooFew {
    pub(super) found: u32,
    pub(super) needed: u32,
}

impl Gathering {
    pub(super) fn new(plan: SegmentPlan, keep_list: KeepList, now: Mono) -> Self {
        let shards = keep_list.shards().iter().map(|_| Shard::Untried).collect();
        let (absent, worn) = (BTreeSet::new(), BTreeSet::new());
        Self { plan, keep_list, shards, rounds: 0, extra: 0, moved: now, resting_until: None, absent, worn }
    }

    /// The next shard to ask for, if more are needed than are here or on their way.
    pub(super) fn next_wanted(&self) -> Option<usize> {
        let hoped_for = self.count(|shard| matches!(shard, Shard::Asking(_) | Shard::Here(_)));
        if hoped_for >= self.needed() + self.extra {
            return None;
        }
        self.shards.iter().position(|shard| matches!(shard, Shard::Untried))
    }

    /// Whether more shards are being asked for than are needed.
    pub(super) fn is_hedging(&self) -> bool {
        self.extra > 0
    }

    /// Asks for a shard of [`Gathering::next_wanted`].
    pub(super) fn ask(&mut self, desk: &mut Desk, shard: usize) -> Option<Token> {
        let locator: Locator = *self.keep_list.shards().get(shard)?;
        // One storer at first: another shard does as well as another copy of this one.
        let token = desk.get(locator, SizeClass::Block, FirstAsk::One);
        if self.tokens().next().is_none() {
            self.moved = desk.now;
        }
        *self.shards.get_mut(shard)? = Shard::Asking(token);
        Some(token)
    }

    /// Takes the answer to a request for a shard.
    pub(super) fn done(&mut self, desk: &Desk, shard: usize, answer: BlockAnswer) -> Result<(), TooFew> {
        let Some(place) = self.shards.get_mut(shard) else { return Ok(()) };
        let keepers = usize::from(self.keep_list.copies()).min(desk.network.other_storers).max(1);
        match answer.block.filter(|block| block.class() == SizeClass::Block) {
            Some(block) => {
                *place = Shard::Here(block);
                self.moved = desk.now;
                self.absent.remove(&shard);
                if keepers > 1 && answer.without + 1 >= keepers {
                    self.worn.insert(shard);
                }
            }
            None => {
                *place = Shard::Missing;
                // Silence says nothing, and one storer alone cannot say that a shard is gone.
                if answer.without >= keepers {
                    self.absent.insert(shard);
                }
            }
        }
        self.end_round(desk)
    }

    /// Whether enough shards are here to decode.
    pub(super) fn is_complete(&self) -> bool {
        self.here() >= self.needed()
    }

    /// Ends the gathering.
    pub(super) fn finish(self) -> Gathered {
        let unneeded = self.tokens().collect();
        let block = |shard| if let Shard::Here(block) = shard { Some(block) } else { None };
        let shards = self.shards.into_iter().map(block).collect();
        let absent = self.absent.into_iter().collect();
        Gathered { plan: self.plan, keep_list: self.keep_list, shards, unneeded, absent, worn: self.worn }
    }

    /// Requests under way.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.shards.iter().filter_map(|shard| if let Shard::Asking(token) = shard { Some(*token) } else { None })
    }

    pub(super) fn handle_timeout(&mut self, now: Mono) {
        if self.resting_until.is_some_and(|until| until <= now) {
            self.resting_until = None;
            self.moved = now;
            for shard in &mut self.shards {
                if matches!(shard, Shard::Missing) {
                    *shard = Shard::Untried;
                }
            }
        }
        if self.hedge_at().is_some_and(|at| at <= now) {
            self.extra = (self.extra + HEDGE_SHARDS).min(self.shards.len());
            self.moved = now;
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        self.resting_until.or_else(|| self.hedge_at())
    }

    /// Shards of use that are here: k at most.
    pub(super) fn here(&self) -> usize {
        self.count(|shard| matches!(shard, Shard::Here(_))).min(self.needed())
    }

    pub(super) fn held_bytes(&self) -> usize {
        // What is on its way counts: it comes without being asked again.
        self.count(|shard| matches!(shard, Shard::Here(_) | Shard::Asking(_))) * BLOCK_LEN
    }

    fn needed(&self) -> usize {
        self.plan.k.into()
    }

    fn count(&self, of: impl Fn(&Shard) -> bool) -> usize {
        self.shards.iter().filter(|shard| of(shard)).count()
    }

    /// When more is asked for if nothing comes: only while something is waited for and something is left to ask.
    fn hedge_at(&self) -> Option<Mono> {
        let waiting = self.shards.iter().any(|shard| matches!(shard, Shard::Asking(_)));
        let left = self.shards.iter().any(|shard| matches!(shard, Shard::Untried));
        (waiting && left && !self.is_complete()).then(|| self.moved + HEDGE)
    }

    /// A round is over when every shard was tried and none is on its way.
    fn end_round(&mut self, desk: &Desk) -> Result<(), TooFew> {
        let open = self.shards.iter().any(|shard| matches!(shard, Shard::Untried | Shard::Asking(_)));
        if open || self.is_complete() {
            return Ok(());
        }
        // Where no path can be built, nobody was asked.
        self.rounds += u32::from(desk.ready());
        if self.rounds >= FETCH_ROUNDS {
            return Err(TooFew { found: self.here() as u32, needed: self.plan.k.into() });
        }
        self.resting_until = Some(desk.now + FETCH_RETRY);
        Ok(())
    }
}
