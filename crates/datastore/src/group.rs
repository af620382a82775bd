//! Group commit: many puts, one pair of syncs.

use std::collections::BTreeSet;
use std::time::Duration;

use roneo_keys::{Block, Locator, SizeClass};

use crate::disk::DiskError;
use crate::format::Record;
use crate::index::IndexEntry;
use crate::occupancy::Use;
use crate::opening::shelf_of;
use crate::store::{Present, Store, nonce};

/// Longest time for which whoever drives a store gathers puts before it commits them.
pub const GROUP_COMMIT_MAX: Duration = Duration::from_millis(5);
/// Most puts that share a pair of syncs: 2 MiB of blocks.
pub const GROUP_PUTS_MAX: usize = 64;

/// On whose account a block is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// It may give way to any other block at any time.
    Cache,
    /// This node is responsible for it: it stays until it is demoted or removed.
    Kept,
}

impl Part {
    /// The byte that stands for this part in a record.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Cache => 0,
            Self::Kept => 1,
        }
    }

    /// The part a record's byte stands for.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Cache),
            1 => Some(Self::Kept),
            _ => None,
        }
    }
}

/// A block to be stored. That it belongs under its locator is for the caller to check.
#[derive(Debug, Clone)]
pub struct Put {
    /// Under which locator.
    pub locator: Locator,
    /// Which block.
    pub block: Block,
    /// On whose account.
    pub part: Part,
}

/// What a put came to. Whichever it is, the block is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The block is new here, or another that lay under its locator gave way to it.
    Stored,
    /// The same block was here. If it was cached and is now to be kept, it is kept.
    AlreadyHere,
}

/// Why a put failed. Nothing that had been acknowledged is affected.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PutError {
    /// Kept blocks fill their share of this size class, or the slots this block may lie in. Others
    /// have to store it.
    #[error("the store is full: its quota has no room for another {}", class_name(*.0))]
    Full(SizeClass),
    /// The disk failed. The block may be there after the next open, or not.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

fn class_name(class: SizeClass) -> &'static str {
    match class {
        SizeClass::Leaf => "leaf",
        SizeClass::Block => "block",
    }
}

/// Puts whose slots are reserved, before they are written.
#[derive(Default)]
struct Group {
    pending: Vec<Pending>,
    locators: BTreeSet<Locator>,
    kept: [u32; 2],
}

struct Pending {
    /// Among the puts of the batch.
    number: usize,
    locator: Locator,
    place: IndexEntry,
    content: Content,
}

enum Content {
    /// A value to be written, then its record.
    Fresh(Block),
    /// A value that is there: its record alone is written, now as kept.
    Promoted(Record),
}

/// A pending put as it is carried out.
struct Writing {
    pending: Pending,
    /// The record written or to be written, or what went wrong.
    state: Result<Record, DiskError>,
    /// Whether writing the record was begun.
    recorded: bool,
}

impl Writing {
    fn is_fresh(&self) -> bool {
        matches!(self.pending.content, Content::Fresh(_))
    }
}

enum Plan {
    Write(IndexEntry, Content),
    Done(PutOutcome),
}

impl Group {
    fn push(&mut self, pending: Pending) {
        self.locators.insert(pending.locator);
        if pending.place.part == Part::Kept {
            self.kept[shelf_of(pending.place.class)] += 1;
        }
        self.pending.push(pending);
    }
}

type PutResult = Result<PutOutcome, PutError>;

impl Store {
    /// Stores blocks, and answers for each, in the same order, once it is durable or known not to
    /// be. Each [`GROUP_PUTS_MAX`] share one sync of values and one of records.
    ///
    /// A block of other content under a locator that is taken replaces what is there: of signed
    /// records the caller chooses which stands. What is kept stays kept.
    pub fn put_batch(&mut self, puts: Vec<Put>) -> Vec<PutResult> {
        if let Err(error) = self.settle() {
            return puts.iter().map(|_| Err(error.clone().into())).collect();
        }
        // Every put below is answered: at once, or by the commit of the group it went into.
        let mut answers = vec![Ok(PutOutcome::AlreadyHere); puts.len()];
        let mut group = Group::default();
        for (number, put) in puts.iter().enumerate() {
            if group.pending.len() == GROUP_PUTS_MAX || group.locators.contains(&put.locator) {
                self.commit(&mut group, &mut answers);
            }
            let mut plan = self.plan(put, &group);
            if matches!(plan, Err(PutError::Full(_))) && !group.pending.is_empty() {
                // Slots reserved for the group cannot be moved; once it is committed they can.
                self.commit(&mut group, &mut answers);
                plan = self.plan(put, &group);
            }
            match plan {
                Ok(Plan::Write(place, content)) => {
                    group.push(Pending { number, locator: put.locator, place, content });
                }
                Ok(Plan::Done(outcome)) => answers[number] = Ok(outcome),
                Err(error) => answers[number] = Err(error),
            }
        }
        self.commit(&mut group, &mut answers);
        answers
    }

    fn plan(&mut self, put: &Put, group: &Group) -> Result<Plan, PutError> {
        let class = put.block.class();
        // Read whole, not looked up: what cannot be read must not be acknowledged.
        let present = self.present(&put.locator)?;
        let was_kept = present.as_ref().is_some_and(|present| present.entry.part == Part::Kept);
        let part = if was_kept { Part::Kept } else { put.part };
        let kept_here = was_kept && present.as_ref().is_some_and(|present| present.entry.class == class);
        if part == Part::Kept && !kept_here {
            let kept = self.shelf(class).occupancy.taken(Part::Kept) + group.kept[shelf_of(class)];
            if kept >= self.sizing.kept_slots(class) {
                return Err(PutError::Full(class));
            }
        }
        match present {
            Some(Present { entry, record, block }) if block == put.block => {
                self.shelf(class).occupancy.touch(entry.slot);
                if entry.part == part {
                    return Ok(Plan::Done(PutOutcome::AlreadyHere));
                }
                // Reserved, lest another put of the group evict it.
                self.shelf_mut(class).occupancy.set(entry.slot, Use::Reserved);
                Ok(Plan::Write(IndexEntry { part, ..entry }, Content::Promoted(record)))
            }
            _ => {
                let slot = self.reserve(class, &put.locator, part)?;
                Ok(Plan::Write(IndexEntry { class, part, slot }, Content::Fresh(put.block.clone())))
            }
        }
    }

    /// Value, sync, record, sync, then the index: at every moment each slot is as before or whole.
    fn commit(&mut self, group: &mut Group, answers: &mut [PutResult]) {
        let pending = std::mem::take(group).pending;
        let mut writings: Vec<Writing> = pending.into_iter().map(|pending| self.write_value(pending)).collect();
        self.sync(&mut writings, Writing::is_fresh, |shelf| shelf.sync_values());
        for writing in &mut writings {
            self.write_record(writing);
        }
        self.sync(&mut writings, |_| true, |shelf| shelf.records.sync());
        let mut replaced = false;
        for writing in writings {
            let answer = &mut answers[writing.pending.number];
            match &writing.state {
                Ok(_) => {
                    let fresh = writing.is_fresh();
                    *answer = Ok(if fresh { PutOutcome::Stored } else { PutOutcome::AlreadyHere });
                    replaced |= self.adopt(&writing.pending);
                }
                Err(error) => {
                    *answer = Err(error.clone().into());
                    self.abandon(&writing);
                }
            }
        }
        if replaced {
            // Were a replaced copy to outlive its replacement, an older record would come back. A
            // failure changes no answer: until the replacement goes, its later generation stands.
            let _ = self.sync_all_records();
        }
    }

    fn write_value(&mut self, pending: Pending) -> Writing {
        let place = pending.place;
        let state = match &pending.content {
            Content::Fresh(block) => {
                let value_nonce = nonce(&mut self.rng);
                let tag = self.shelf(place.class).write_value(&self.keyring, place.slot, block, &value_nonce);
                tag.map(|value_tag| Record {
                    class: place.class,
                    part: place.part,
                    generation: self.next_generation(),
                    locator: pending.locator,
                    value_nonce,
                    value_tag,
                })
            }
            Content::Promoted(record) => {
                Ok(Record { part: place.part, generation: self.next_generation(), ..record.clone() })
            }
        };
        Writing { pending, state, recorded: false }
    }

    fn write_record(&mut self, writing: &mut Writing) {
        let Ok(record) = &writing.state else { return };
        let place = writing.pending.place;
        writing.recorded = true;
        let nonce = nonce(&mut self.rng);
        if let Err(error) = self.shelf(place.class).records.write(&self.keyring, place.slot, record, nonce) {
            writing.state = Err(error);
        }
    }

    /// Syncs the files of those classes that have a writing `of` the kind in them.
    fn sync(
        &self,
        writings: &mut [Writing],
        of: impl Fn(&Writing) -> bool,
        sync: impl Fn(&crate::shelf::Shelf) -> Result<(), DiskError>,
    ) {
        for class in SizeClass::ALL {
            let mut touched: Vec<&mut Writing> = writings
                .iter_mut()
                .filter(|writing| writing.pending.place.class == class && writing.state.is_ok() && of(writing))
                .collect();
            if touched.is_empty() {
                continue;
            }
            if let Err(error) = sync(self.shelf(class)) {
                touched.iter_mut().for_each(|writing| writing.state = Err(error.clone()));
            }
        }
    }

    /// Enters a durable block, frees what it replaces, and says whether there was anything.
    fn adopt(&mut self, pending: &Pending) -> bool {
        // Asked anew: another put of the group may have moved or evicted what was there.
        let old = self.locate(&pending.locator).unwrap_or(None);
        self.enter(&pending.locator, old, pending.place);
        let elsewhere = old.filter(|old| (old.class, old.slot) != (pending.place.class, pending.place.slot));
        if let Some(old) = elsewhere {
            // Left alone where it cannot be cleared: the new copy's generation is the later.
            let _ = self.clear_of(&pending.locator, old);
        }
        elsewhere.is_some()
    }

    /// Gives back the slot of a put that failed.
    fn abandon(&mut self, writing: &Writing) {
        let place = writing.pending.place;
        match writing.pending.content {
            Content::Promoted(_) => {
                self.shelf_mut(place.class).occupancy.set(place.slot, Use::Taken(Part::Cache));
            }
            Content::Fresh(_) if writing.recorded => {
                // Left alone where it cannot be cleared; the put has failed already.
                let _ = self.clear(place);
            }
            // Its record is still the noise it was when the slot was free.
            Content::Fresh(_) => self.shelf_mut(place.class).occupancy.set(place.slot, Use::Free),
        }
    }
}
