//! Group commit: many puts, one pair of syncs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use roneo_keys::{BLOCK_LEN, Block, Locator, SizeClass};

use crate::disk::{DiskError, NamedFile};
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
    reserved: Reserved,
}

/// What the index and the uses of slots do not say yet.
#[derive(Default)]
struct Reserved {
    locators: BTreeSet<Locator>,
    kept: [u32; 2],
}

/// A group whose values are written and on their way to the disk.
struct Flight {
    writings: Vec<Writing>,
    reserved: Reserved,
    syncing: Syncing,
}

/// The sync of a group's values, by class.
enum Syncing {
    Done(Synced),
    /// On a thread of its own.
    Beside(JoinHandle<Synced>),
}

type Synced = [Result<(), DiskError>; 2];

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
        self.reserved.locators.insert(pending.locator);
        if pending.place.part == Part::Kept {
            self.reserved.kept[shelf_of(pending.place.class)] += 1;
        }
        self.pending.push(pending);
    }
}

impl Syncing {
    fn wait(self) -> Synced {
        match self {
            Self::Done(synced) => synced,
            // Syncing is a call to the system for each class: there is no panic to be handed on.
            Self::Beside(thread) => thread.join().expect("syncing does not panic"),
        }
    }
}

type PutResult = Result<PutOutcome, PutError>;

/// What a group and the one ahead of it reserve.
fn reserved<'a>(group: &'a Group, ahead: &'a Option<Flight>) -> impl Iterator<Item = &'a Reserved> {
    std::iter::once(&group.reserved).chain(ahead.iter().map(|flight| &flight.reserved))
}

fn sync_each(files: &[Option<Arc<NamedFile>>; 2]) -> Synced {
    files.each_ref().map(|file| file.as_ref().map_or(Ok(()), |file| file.sync_data()))
}

/// Fails the writings `of` a kind whose class could not be synced.
fn fail_unsynced(writings: &mut [Writing], synced: Synced, of: impl Fn(&Writing) -> bool) {
    for (class, synced) in SizeClass::ALL.into_iter().zip(synced) {
        let Err(error) = synced else { continue };
        for writing in writings.iter_mut().filter(|writing| writing.pending.place.class == class) {
            if writing.state.is_ok() && of(writing) {
                writing.state = Err(error.clone());
            }
        }
    }
}

impl Store {
    /// Lets fewer puts share a pair of syncs than [`GROUP_PUTS_MAX`], which is also the most: answers come sooner, and
    /// the disk has more to do. At least one.
    pub fn set_group_puts(&mut self, most: usize) {
        self.group_puts = most.clamp(1, GROUP_PUTS_MAX);
    }

    /// Stores blocks, and answers for each, in the same order, once all are durable or known not to be.
    /// Otherwise as [`put_each`](Self::put_each).
    pub fn put_batch(&mut self, puts: Vec<Put>) -> Vec<PutResult> {
        let mut answers = vec![Ok(PutOutcome::AlreadyHere); puts.len()];
        self.put_each(puts, |number, answer| answers[number] = answer);
        answers
    }

    /// Stores blocks, and answers for each, by its place among `puts`, as soon as it is durable or known not to be.
    /// Each [`GROUP_PUTS_MAX`] share one sync of values and one of records; a group is sealed and written while the
    /// disk syncs the one before.
    ///
    /// A block of other content under a locator that is taken replaces what is there: of signed
    /// records the caller chooses which stands. What is kept stays kept.
    pub fn put_each(&mut self, puts: Vec<Put>, mut answer: impl FnMut(usize, PutResult)) {
        if let Err(error) = self.settle() {
            return (0..puts.len()).for_each(|number| answer(number, Err(error.clone().into())));
        }
        let (mut group, mut ahead) = (Group::default(), None);
        for (number, put) in puts.iter().enumerate() {
            if group.pending.len() >= self.group_puts {
                ahead = Some(self.send_off(&mut group, ahead, &mut answer));
            }
            if reserved(&group, &ahead).any(|reserved| reserved.locators.contains(&put.locator)) {
                self.finish(&mut group, &mut ahead, &mut answer);
            }
            let mut plan = self.plan(put, &group, &ahead);
            if matches!(plan, Err(PutError::Full(_))) && !(group.pending.is_empty() && ahead.is_none()) {
                // Slots reserved for a group cannot be moved; once it is committed they can.
                self.finish(&mut group, &mut ahead, &mut answer);
                plan = self.plan(put, &group, &ahead);
            }
            match plan {
                Ok(Plan::Write(place, content)) => {
                    group.push(Pending { number, locator: put.locator, place, content });
                }
                Ok(Plan::Done(outcome)) => answer(number, Ok(outcome)),
                Err(error) => answer(number, Err(error)),
            }
        }
        self.finish(&mut group, &mut ahead, &mut answer);
    }

    fn plan(&mut self, put: &Put, group: &Group, ahead: &Option<Flight>) -> Result<Plan, PutError> {
        let class = put.block.class();
        // Read whole, not looked up: what cannot be read must not be acknowledged.
        let present = self.present(&put.locator)?;
        let was_kept = present.as_ref().is_some_and(|present| present.entry.part == Part::Kept);
        let part = if was_kept { Part::Kept } else { put.part };
        let kept_here = was_kept && present.as_ref().is_some_and(|present| present.entry.class == class);
        if part == Part::Kept && !kept_here {
            let reserved: u32 = reserved(group, ahead).map(|reserved| reserved.kept[shelf_of(class)]).sum();
            let kept = self.shelf(class).occupancy.taken(Part::Kept) + reserved;
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

    /// Commits what was sent off, then the rest.
    fn finish(&mut self, group: &mut Group, ahead: &mut Option<Flight>, answer: &mut impl FnMut(usize, PutResult)) {
        if let Some(flight) = ahead.take() {
            self.land(flight, answer);
        }
        if !group.pending.is_empty() {
            let (writings, reserved) = self.write_values(group);
            // Nothing is left to be done meanwhile.
            let syncing = Syncing::Done(sync_each(&self.fresh_values(&writings)));
            self.land(Flight { writings, reserved, syncing }, answer);
        }
    }

    /// Writes the values of a group while those of the one ahead are synced, commits that one, and has these synced
    /// beside whatever comes.
    fn send_off(
        &mut self,
        group: &mut Group,
        ahead: Option<Flight>,
        answer: &mut impl FnMut(usize, PutResult),
    ) -> Flight {
        let (writings, reserved) = self.write_values(group);
        if let Some(flight) = ahead {
            self.land(flight, answer);
        }
        let files = self.fresh_values(&writings);
        let thread = std::thread::Builder::new().name("roneo-sync".to_owned());
        let syncing = match thread.spawn({
            let files = files.clone();
            move || sync_each(&files)
        }) {
            Ok(thread) => Syncing::Beside(thread),
            // A system without a thread to give has the caller wait.
            Err(_) => Syncing::Done(sync_each(&files)),
        };
        Flight { writings, reserved, syncing }
    }

    fn write_values(&mut self, group: &mut Group) -> (Vec<Writing>, Reserved) {
        let Group { pending, reserved } = std::mem::take(group);
        let mut writings: Vec<Writing> = pending.into_iter().map(|pending| self.begin(pending)).collect();
        let mut sealed = Vec::with_capacity(BLOCK_LEN);
        for writing in &mut writings {
            self.write_value(writing, &mut sealed);
        }
        (writings, reserved)
    }

    /// The files that fresh values of a group were written to.
    fn fresh_values(&self, writings: &[Writing]) -> [Option<Arc<NamedFile>>; 2] {
        SizeClass::ALL.map(|class| {
            let written =
                |writing: &Writing| writing.pending.place.class == class && writing.state.is_ok() && writing.is_fresh();
            writings.iter().any(written).then(|| self.shelf(class).values())
        })
    }

    /// Value, sync, record, sync: at every moment each slot is as before or whole. The index, which
    /// need not survive, is told while the disk syncs the records.
    fn land(&mut self, flight: Flight, answer: &mut impl FnMut(usize, PutResult)) {
        let Flight { mut writings, syncing, .. } = flight;
        fail_unsynced(&mut writings, syncing.wait(), Writing::is_fresh);
        for writing in &mut writings {
            self.write_record(writing);
        }
        self.sync_records_and_index(&mut writings);
        let (mut replaced, mut answers) = (false, Vec::with_capacity(writings.len()));
        for writing in writings {
            let outcome = match &writing.state {
                Ok(_) => {
                    replaced |= self.adopt(&writing);
                    Ok(if writing.is_fresh() { PutOutcome::Stored } else { PutOutcome::AlreadyHere })
                }
                Err(error) => {
                    self.abandon(&writing);
                    Err(error.clone().into())
                }
            };
            answers.push((writing.pending.number, outcome));
        }
        if replaced {
            // Were a replaced copy to outlive its replacement, an older record would come back. A
            // failure changes no answer: until the replacement goes, its later generation stands.
            let _ = self.sync_all_records();
        }
        answers.into_iter().for_each(|(number, outcome)| answer(number, outcome));
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
        let touched = SizeClass::ALL.map(|class| {
            let written = |writing: &Writing| writing.pending.place.class == class && writing.state.is_ok();
            writings.iter().any(written).then_some(class)
        });
        let shelves = &self.shelves;
        let sync = || touched.map(|class| class.map_or(Ok(()), |class| shelves[shelf_of(class)].records.sync()));
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
        fail_unsynced(writings, synced, |_| true);
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
