//! Which shards of one segment can be found.

use rand::seq::IteratorRandom;
use rand_chacha::ChaCha20Rng;
use roneo_content::KeepList;
use roneo_keys::{BLOCK_LEN, Block, Locator, SizeClass};
use roneo_overlay::{BlockAnswer, FirstAsk};

use super::Token;
use super::desk::Desk;

/// Shards of a segment that a check asks for, drawn at random. Where one of them is not found, it asks
/// for all.
pub const SAMPLE_SHARDS: usize = 8;

/// What becomes of the bytes of shards that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    Kept,
    Dropped,
}

/// Asks for shards of one segment, all or a sample.
pub(super) struct Survey {
    keep_list: KeepList,
    bytes: Bytes,
    shards: Vec<Shard>,
}

enum Shard {
    /// Not in the sample.
    Spared,
    Wanted,
    Asking,
    /// Found, after so many storers that lacked it.
    Found {
        without: usize,
        block: Option<Block>,
    },
    /// Storers answered that they do not have it.
    Missing,
    /// Nobody answered.
    Silent,
}

/// How many shards were asked for, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Surveyed {
    pub(super) asked: u8,
    /// Of those asked for: which are not on their way any more.
    pub(super) answered: u8,
    pub(super) found: u8,
    pub(super) silent: u8,
}

impl Survey {
    /// A survey of every shard, which keeps what it finds.
    pub(super) fn of_all(keep_list: KeepList, bytes: Bytes) -> Self {
        let shards = keep_list.shards().iter().map(|_| Shard::Wanted).collect();
        Self { keep_list, bytes, shards }
    }

    /// A survey of [`SAMPLE_SHARDS`], and of all where one of them is not found.
    pub(super) fn of_sample(keep_list: KeepList, rng: &mut ChaCha20Rng) -> Self {
        let drawn = (0..keep_list.shards().len()).sample(rng, SAMPLE_SHARDS);
        let mut shards: Vec<Shard> = keep_list.shards().iter().map(|_| Shard::Spared).collect();
        for shard in drawn {
            shards[shard] = Shard::Wanted;
        }
        Self { keep_list, bytes: Bytes::Dropped, shards }
    }

    pub(super) fn keep_list(&self) -> &KeepList {
        &self.keep_list
    }

    /// Asks for the next shard, if one is to be asked for.
    pub(super) fn ask(&mut self, desk: &mut Desk) -> Option<(Token, usize)> {
        let shard = self.shards.iter().position(|shard| matches!(shard, Shard::Wanted))?;
        let locator: Locator = *self.keep_list.shards().get(shard)?;
        // One storer at first: the second in order is asked where the first lacks it.
        let token = desk.get(locator, SizeClass::Block, FirstAsk::One);
        *self.shards.get_mut(shard)? = Shard::Asking;
        Some((token, shard))
    }

    /// Takes the answer to a request.
    pub(super) fn done(&mut self, desk: &Desk, shard: usize, answer: BlockAnswer) {
        let Some(place) = self.shards.get_mut(shard) else { return };
        let BlockAnswer { block, without, .. } = answer;
        // A maker can name a leaf in a keep list: that is no shard.
        *place = match block.filter(|block| block.class() == SizeClass::Block) {
            Some(block) => Shard::Found { without, block: Some(block).filter(|_| self.bytes == Bytes::Kept) },
            // Where no path can be built, nobody was asked.
            None if without == 0 && !desk.ready() => Shard::Wanted,
            None if without == 0 => Shard::Silent,
            None => Shard::Missing,
        };
        if matches!(place, Shard::Missing | Shard::Silent) {
            for spared in self.shards.iter_mut().filter(|shard| matches!(shard, Shard::Spared)) {
                *spared = Shard::Wanted;
            }
        }
    }

    /// Whether nothing is left to ask, and nothing on its way.
    pub(super) fn is_complete(&self) -> bool {
        !self.shards.iter().any(|shard| matches!(shard, Shard::Wanted | Shard::Asking))
    }

    pub(super) fn surveyed(&self) -> Surveyed {
        let mut surveyed = Surveyed::default();
        for shard in &self.shards {
            surveyed.asked += u8::from(!matches!(shard, Shard::Spared));
            let open = matches!(shard, Shard::Spared | Shard::Wanted | Shard::Asking);
            surveyed.answered += u8::from(!open);
            surveyed.found += u8::from(matches!(shard, Shard::Found { .. }));
            surveyed.silent += u8::from(matches!(shard, Shard::Silent));
        }
        surveyed
    }

    /// Ends it: each shard with the number of storers that lacked it, where it was found and kept.
    pub(super) fn finish(self) -> (KeepList, Vec<Option<(usize, Block)>>) {
        let found = |shard| match shard {
            Shard::Found { without, block } => block.map(|block| (without, block)),
            _ => None,
        };
        (self.keep_list, self.shards.into_iter().map(found).collect())
    }

    pub(super) fn held_bytes(&self) -> usize {
        let held = |shard: &&Shard| matches!(shard, Shard::Asking | Shard::Found { block: Some(_), .. });
        self.shards.iter().filter(held).count() * BLOCK_LEN
    }
}
