//! Group commit: many puts, one pair of syncs.

use std::collections::BTreeSet;
use std::time::Duration;

use roneo_keys::{BLOCK_LEN, Block, Locator, SizeClass};

use crate::disk::DiskError;
use crate::format::Record;
use crate::index::{IndexEntry, IndexKey};
use crate::occupancy::Use;
use crate::opening::shelf_of;
use crate::seal::TAG_LEN;
use crate::store::{Present, Store, nonce};

/// Longest time for which whoever drives a store gathers puts before it commits them.
pub const GROUP_COMMIT_MAX: Duration = Duration::from_millis(5);
/// Most puts that share a pair of syncs: 8 MiB of blocks. A node gathers so many while the group before is
/// on its way to the disk; the more there are, the less the syncs weigh.
pub const GROUP_PUTS_MAX: usize = 256;
/// Fewest puts of a group for which it pays to tell the index on a thread of its own, some 30 us.
const SPREAD_MIN: usize = 8;

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
    /// What the index held before it was told of this put; `None` until then.
    before: Option<Option<IndexEntry>>,
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

    /// Value, sync, record, sync: at every moment each slot is as before or whole. The index, which
    /// need not survive, is told while the disk syncs the records.
    fn commit(&mut self, group: &mut Group, answers: &mut [PutResult]) {
        let pending = std::mem::take(group).pending;
        let mut writings: Vec<Writing> = pending.into_iter().map(|pending| self.begin(pending)).collect();
        let mut sealed = Vec::with_capacity(BLOCK_LEN);
        for writing in &mut writings {
            self.write_value(writing, &mut sealed);
        }
        self.sync(&mut writings, Writing::is_fresh, |shelf| shelf.sync_values());
        for writing in &mut writings {
            self.write_record(writing);
        }
        self.sync_records_and_index(&mut writings);
        let mut replaced = false;
        for writing in writings {
            let answer = &mut answers[writing.pending.number];
            match &writing.state {
                Ok(_) => {
                    let fresh = writing.is_fresh();
                    *answer = Ok(if fresh { PutOutcome::Stored } else { PutOutcome::AlreadyHere });
                    replaced |= self.adopt(&writing);
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

    fn begin(&mut self, pending: Pending) -> Writing {
        let (class, part) = (pending.place.class, pending.place.part);
        let record = match &pending.content {
            Content::Fresh(_) => Record {
                class,
                part,
                generation: self.next_generation(),
                locator: pending.locator,
                value_nonce: nonce(&mut self.rng),
                value_tag: [0; TAG_LEN],
            },
            Content::Promoted(record) => Record { part, generation: self.next_generation(), ..record.clone() },
        };
        Writing { pending, state: Ok(record), recorded: false, before: None }
    }

    /// Writes a fresh value, sealed in the same few pages again and again, and notes its tag.
    fn write_value(&self, writing: &mut Writing, sealed: &mut Vec<u8>) {
        let (Content::Fresh(block), Ok(record)) = (&writing.pending.content, &mut writing.state) else { return };
        let place = writing.pending.place;
        sealed.clear();
        sealed.extend_from_slice(block.bytes());
        match self.shelf(place.class).write_value(&self.keyring, place.slot, sealed, &record.value_nonce) {
            Ok(tag) => record.value_tag = tag,
            Err(error) => writing.state = Err(error),
        }
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

    /// Syncs the records, and meanwhile tells the index of every put that got so far.
    fn sync_records_and_index(&mut self, writings: &mut [Writing]) {
        let classes = SizeClass::ALL.map(|class| {
            let written = |writing: &Writing| writing.pending.place.class == class && writing.state.is_ok();
            (class, writings.iter().any(written))
        });
        let shelves = &self.shelves;
        let sync =
            || classes.map(|(class, touched)| if touched { shelves[shelf_of(class)].records.sync() } else { Ok(()) });
        let (keyring, catalogue) = (&self.keyring, &mut self.catalogue);
        let mut tell = |writings: &mut [Writing]| {
            for writing in writings.iter_mut().filter(|writing| writing.state.is_ok()) {
                let key = IndexKey(keyring.name(&writing.pending.locator));
                // Asked anew: another put of the group may have moved or evicted what was there.
                let Ok(before) = catalogue.find(&key) else { return };
                catalogue.set(keyring, &key, before, Some(writing.pending.place));
                writing.before = Some(before);
            }
        };
        let synced = if writings.len() < SPREAD_MIN {
            let synced = sync();
            tell(writings);
            synced
        } else {
            std::thread::scope(|scope| {
                let told = scope.spawn(|| tell(writings));
                let synced = sync();
                // The index catches the panics of its own library: there is none to be handed on.
                told.join().expect("telling the index does not panic");
                synced
            })
        };
        for ((class, _), outcome) in classes.into_iter().zip(synced) {
            let Err(error) = outcome else { continue };
            for writing in writings.iter_mut().filter(|writing| writing.pending.place.class == class) {
                if writing.state.is_ok() {
                    writing.state = Err(error.clone());
                }
            }
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

    /// Frees what a durable block replaces, and says whether there was anything.
    fn adopt(&mut self, writing: &Writing) -> bool {
        let Pending { locator, place, .. } = &writing.pending;
        // An index that failed was not told; then the slots know.
        let old = writing.before.unwrap_or_else(|| self.locate(locator).unwrap_or(None));
        self.shelf_mut(place.class).occupancy.set(place.slot, Use::Taken(place.part));
        let elsewhere = old.filter(|old| (old.class, old.slot) != (place.class, place.slot));
        if let Some(old) = elsewhere {
            // Left alone where it cannot be cleared: the new copy's generation is the later.
            let _ = self.clear_of(locator, old);
        }
        elsewhere.is_some()
    }

    /// Gives back the slot of a put that failed.
    fn abandon(&mut self, writing: &Writing) {
        let place = writing.pending.place;
        if let Some(before) = writing.before {
            let key = self.key_of(&writing.pending.locator);
            self.catalogue.set(&self.keyring, &key, Some(place), before);
        }
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
