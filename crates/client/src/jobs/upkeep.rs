//! A check or a repair: what is kept of an insert, seen by whoever can keep it alive without reading it.
//!
//! Both walk the same way: a name's record if there is one, the root, index blocks, keep lists, shards.
//! A check counts and forgets; a repair makes missing shards again from ciphertext and places them.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use roneo_content::record::{Record, RecordError, Target as Named};
use roneo_content::redundancy::{self, Kind};
use roneo_content::{
    INDEX_CAPACITY, KeepList, KeepListError, KeepPart, Layout, MAX_SHARDS, RootError, open_index, rebuild_shards,
};
use roneo_keys::time::Mono;
use roneo_keys::{BLOCK_LEN, Block, Docname, KeepCap, KeepKey, Locator, ReadKey, SizeClass, Uri};
use roneo_overlay::{BlockAnswer, NetworkState};

use super::desk::{Desk, Room};
use super::experiment::Redundancy;
use super::lookup::{Looked, Lookup};
use super::placing::{Placing, Verdict};
use super::publish::record_locator;
use super::search::{Found, Search, Tally};
use super::survey::{Bytes, Survey, Surveyed};
use super::{RecordAnswer, Token};
use crate::handle::{HandleError, JobError, JobState, JobStatus};
use crate::journal::PartId;
use crate::notice::{Note, Refusal};
use crate::report::{CopiesFound, Extent, Report, SegmentFound};

/// Segments of one check or repair that are looked at at one time.
pub const SEGMENTS_AT_ONCE: usize = 2;
/// Requests of one check or repair at one time, puts not counted.
pub const UPKEEP_WINDOW: usize = 32;
/// Bytes of blocks being placed beyond which a repair looks at no further segment: two segments' whole.
pub const REPAIR_BYTES: usize = 2 * MAX_SHARDS as usize * BLOCK_LEN;
/// Nodes at which a check looks for copies of what is not coded: as many as a reader asks.
pub const COPIES_SAMPLE: u8 = 8;

pub(super) struct Upkeep {
    purpose: Purpose,
    extent: Extent,
    rng: ChaCha20Rng,
    targets: BTreeMap<Token, Target>,
    stage: Stage,
    /// What is kept, once that is known.
    keep: Option<KeepCap>,
    /// Of a name with editions: which was found.
    edition: Option<u64>,
    progress: Progress,
    error: Option<JobError>,
}

enum Purpose {
    Check(Box<Report>),
    Repair(Box<Mending>),
}

/// What a repair has done so far.
struct Mending {
    placing: Placing,
    /// Shards that were made again.
    remade: u64,
    /// Shards that were found and are placed again.
    recopied: u64,
    /// Segments and other blocks that still lack copies.
    weak: usize,
}

enum Stage {
    Record(Box<Name>, Lookup),
    Root(Search),
    Body(Box<Walk>),
    Over,
}

/// A signed name on the way to what is kept.
struct Name {
    docname: Docname,
    key: ReadKey,
    /// Of a slot: the oldest edition that will do.
    oldest: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Root,
    Single,
    Index,
    KeepList(u32),
    Shard { segment: u32, shard: usize },
}

/// The way through what a root lists, segment by segment.
struct Walk {
    key: KeepKey,
    layout: Layout,
    segments: u32,
    /// What the root lists.
    listed: Vec<Locator>,
    single: Option<Search>,
    /// The index block for segment `next`.
    index: Option<(u64, Index)>,
    next: u32,
    parts: BTreeMap<u32, Part>,
}

enum Index {
    Search(Search),
    Listed(Vec<Locator>),
    /// It was not found, or is damaged.
    Gone,
}

// Few, in a map of two.
#[allow(clippy::large_enum_variant)]
enum Part {
    Listing(Search),
    Surveying(Tally, Survey),
}

/// Blocks looked at, as far as they are counted: each segment counts as the first one does.
#[derive(Default)]
struct Progress {
    done: u64,
    /// In all, what belongs to no segment.
    fixed: u64,
    total: u64,
    per_segment: u64,
}

impl Upkeep {
    /// # Errors
    /// [`HandleError::Refused`] for a link that names nothing that is kept.
    pub(super) fn check(uri: Uri, extent: Extent, rng: ChaCha20Rng) -> Result<Self, HandleError> {
        Self::new(uri, Purpose::Check(Box::new(Report::new())), extent, rng)
    }

    /// # Errors
    /// As [`Upkeep::check`].
    pub(super) fn repair(
        uri: Uri,
        extent: Extent,
        redundancy: Redundancy,
        rng: ChaCha20Rng,
    ) -> Result<Self, HandleError> {
        let mending = Mending { placing: Placing::new(redundancy), remade: 0, recopied: 0, weak: 0 };
        Self::new(uri, Purpose::Repair(Box::new(mending)), extent, rng)
    }

    fn new(uri: Uri, purpose: Purpose, extent: Extent, rng: ChaCha20Rng) -> Result<Self, HandleError> {
        let locator = record_locator(&uri);
        let name = |docname, key, oldest| Box::new(Name { docname, key, oldest });
        let (progress, targets) = (Progress::default(), BTreeMap::new());
        let (stage, keep, edition, error) = (Stage::Over, None, None, None);
        let mut upkeep = Self { purpose, extent, rng, targets, stage, keep, edition, progress, error };
        let name = match uri {
            Uri::Keep(cap) => return Ok(upkeep.at(cap)),
            Uri::Chk(chk) => return Ok(upkeep.at(chk.keep_cap())),
            Uri::Ssk(ssk) => name(ssk.docname, ssk.key, None),
            Uri::Ksk(ksk) => name(ksk.word.clone(), ksk.to_ssk().key, None),
            Uri::Usk(usk) => name(usk.docname, usk.key, Some(usk.edition)),
            _ => return Err(not_kept()),
        };
        upkeep.stage = Stage::Record(name, Lookup::to_read(locator.ok_or_else(not_kept)?));
        Ok(upkeep)
    }

    /// The same, on its way to the root.
    fn at(mut self, cap: KeepCap) -> Self {
        self.look_for_root(cap);
        self
    }

    fn look_for_root(&mut self, cap: KeepCap) {
        self.stage = Stage::Root(self.search(cap.root, cap.extra.root));
        self.keep = Some(cap);
    }

    /// A search for a block that is not coded. A check counts its copies, at as many storers as it is to.
    fn search(&self, locator: Locator, class: SizeClass) -> Search {
        match (&self.purpose, self.extent) {
            (Purpose::Repair(_), Extent::Usual) => Search::new(locator, class),
            (Purpose::Check(_), Extent::Usual) => Search::counting(locator, class, COPIES_SAMPLE),
            // A repair then also finds what only storers far down the order still have.
            (_, Extent::Full) => Search::counting(locator, class, redundancy::copies(Kind::Uncoded, 0)),
        }
    }

    pub(super) fn record_done(&mut self, desk: &mut Desk, token: Token, answer: RecordAnswer) {
        let Stage::Record(_, lookup) = &mut self.stage else { return };
        if lookup.token() != Some(token) {
            return;
        }
        let (asked, RecordAnswer { answered, agreeing, .. }) = (lookup.asked(), answer.clone());
        let taken = match lookup.done(desk, answer) {
            Looked::Open => return,
            Looked::Found { record, .. } => {
                let silent = asked.min(desk.network.other_storers).saturating_sub(answered);
                self.take_record(&record, CopiesFound::new(agreeing, answered.saturating_sub(agreeing), silent))
            }
            Looked::Missing { answered, outdated: None } => Err(JobError::RootNotFound { asked: answered }),
            Looked::Missing { outdated: Some(outdated), .. } => {
                Err(JobError::OnlyOlder { found: outdated.sequence().edition })
            }
        };
        if let Err(error) = taken {
            self.fail(desk, error);
        }
    }

    pub(super) fn get_done(&mut self, desk: &mut Desk, token: Token, answer: BlockAnswer) {
        let Some(target) = self.targets.remove(&token) else { return };
        let taken = match target {
            Target::Root => self.take_root(desk, answer),
            Target::Single => self.take_single(desk, answer),
            Target::Index => self.take_index(desk, answer),
            Target::KeepList(segment) => self.take_keep_list(desk, segment, answer),
            Target::Shard { segment, shard } => self.take_shard(desk, segment, shard, answer),
        };
        if let Err(error) = taken {
            self.fail(desk, error);
        }
    }

    pub(super) fn put_progress(&mut self, desk: &Desk, token: Token, receipts: u8) {
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.progress(desk, token, receipts);
        }
    }

    pub(super) fn put_done(&mut self, desk: &mut Desk, token: Token, receipts: u8) {
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.done(desk, token, receipts);
        }
    }

    pub(super) fn network_changed(&mut self, desk: &mut Desk, before: &NetworkState) {
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.network_changed(desk, before);
        }
    }

    pub(super) fn handle_timeout(&mut self, desk: &Desk) {
        match &mut self.stage {
            Stage::Record(_, lookup) => lookup.handle_timeout(desk.now),
            Stage::Root(search) => search.handle_timeout(desk.now),
            Stage::Body(walk) => walk.searches().for_each(|search| search.handle_timeout(desk.now)),
            Stage::Over => {}
        }
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.handle_timeout(desk.now);
        }
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        let looking = match &self.stage {
            Stage::Record(_, lookup) => lookup.next_timeout(),
            Stage::Root(search) => search.next_timeout(),
            Stage::Body(walk) => walk.next_timeout(),
            Stage::Over => return None,
        };
        let placing = match &self.purpose {
            Purpose::Repair(mending) => mending.placing.next_timeout(network),
            Purpose::Check(_) => None,
        };
        looking.into_iter().chain(placing).min()
    }

    /// Goes on as far as memory, window and network allow.
    pub(super) fn advance(&mut self, desk: &mut Desk) {
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.weak += mending.placing.let_go_weak(desk);
        }
        if desk.ready() {
            self.look(desk);
        }
        self.conclude(desk);
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.advance(desk);
        }
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        let lookup = if let Stage::Record(_, lookup) = &self.stage { lookup.token() } else { None };
        for token in std::mem::take(&mut self.targets).into_keys().chain(lookup) {
            desk.withdraw(token);
        }
        if let Purpose::Repair(mending) = &mut self.purpose {
            mending.placing.abandon(desk);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    pub(super) fn held_bytes(&self) -> usize {
        let here = if let Stage::Body(walk) = &self.stage { walk.held_bytes() } else { 0 };
        let placed = if let Purpose::Repair(mending) = &self.purpose { mending.placing.held_bytes() } else { 0 };
        here + placed
    }

    pub(super) fn describe(&self, status: &mut JobStatus) {
        let over = self.is_over();
        status.state = match &self.purpose {
            _ if !over => JobState::Running,
            _ if self.error.is_some() => JobState::Failed,
            Purpose::Check(_) => JobState::Checked,
            Purpose::Repair(mending) if mending.weak > 0 => JobState::Weak,
            Purpose::Repair(_) => JobState::Stored,
        };
        status.error = self.error.clone().filter(|_| over);
        status.edition = self.edition;
        status.keep = self.keep.clone().map(|cap| Uri::Keep(cap).to_text());
        let done = if let Stage::Body(walk) = &self.stage { walk.done(&self.progress) } else { 0 };
        status.total = self.progress.total;
        status.done = status.done.max((self.progress.done + done).min(status.total));
        if !over || status.error.is_some() || status.report.is_some() {
            return;
        }
        status.done = status.total;
        match &self.purpose {
            Purpose::Check(report) => status.report = Some(report.clone()),
            Purpose::Repair(mending) => status.remark(mending.notes()),
        }
    }

    fn fail(&mut self, desk: &mut Desk, error: JobError) {
        self.abandon(desk);
        self.error = Some(error);
        self.stage = Stage::Over;
    }

    /// Asks for what is next.
    fn look(&mut self, desk: &mut Desk) {
        match &mut self.stage {
            Stage::Record(_, lookup) => drop(lookup.ask(desk)),
            Stage::Root(search) => {
                self.targets.extend(search.ask(desk).map(|token| (token, Target::Root)));
            }
            Stage::Body(_) => {
                self.begin_parts(desk);
                if let Stage::Body(walk) = &mut self.stage {
                    walk.ask(desk, &mut self.targets);
                }
            }
            Stage::Over => {}
        }
    }

    /// Begins to look at segments, as far ahead as memory allows.
    fn begin_parts(&mut self, desk: &Desk) {
        let at_once = if desk.room == Room::Ample { SEGMENTS_AT_ONCE } else { 1 };
        loop {
            if matches!(&self.purpose, Purpose::Repair(mending) if mending.placing.held_bytes() >= REPAIR_BYTES) {
                return;
            }
            let Stage::Body(walk) = &self.stage else { return };
            if walk.parts.len() >= at_once || walk.next >= walk.segments {
                return;
            }
            let (segment, index) = (walk.next, index_of(walk.next));
            let keep_list = match (walk.layout, &walk.index) {
                (Layout::Segments, _) => walk.listed.get(segment as usize).copied(),
                (_, Some((listed, Index::Listed(keep_lists)))) if *listed == index => {
                    keep_lists.get(segment as usize % INDEX_CAPACITY).copied()
                }
                (_, Some((listed, Index::Gone))) if *listed == index => None,
                (_, Some((listed, Index::Search(_)))) if *listed == index => return,
                _ => {
                    let Some(&block) = usize::try_from(index).ok().and_then(|index| walk.listed.get(index)) else {
                        return;
                    };
                    let search = self.search(block, SizeClass::Block);
                    if let Stage::Body(walk) = &mut self.stage {
                        walk.index = Some((index, Index::Search(search)));
                    }
                    return;
                }
            };
            let search = keep_list.map(|keep_list| self.search(keep_list, SizeClass::Leaf));
            if let Stage::Body(walk) = &mut self.stage {
                walk.next += 1;
                if let Some(search) = search {
                    walk.parts.insert(segment, Part::Listing(search));
                    continue;
                }
            }
            self.without_list(segment, Tally::default());
        }
    }

    /// Ends when all was looked at, and what is to be placed is.
    fn conclude(&mut self, desk: &mut Desk) {
        let looked = match &self.stage {
            Stage::Body(walk) => walk.is_over(),
            Stage::Over => return,
            Stage::Record(..) | Stage::Root(_) => false,
        };
        let ended = match &mut self.purpose {
            Purpose::Check(report) if looked => {
                report.conclude();
                Ok(())
            }
            Purpose::Check(_) => return,
            Purpose::Repair(mending) => match mending.placing.verdict(desk.now, &desk.network) {
                Verdict::Failed(shortfall) => Err(JobError::NotStored {
                    segment: shortfall.segment.map_or(0, |index| index + 1),
                    segments: self.segments(),
                    placed: shortfall.placed,
                    needed: shortfall.needed,
                }),
                Verdict::Stored if looked => Ok(()),
                Verdict::Stored | Verdict::Open | Verdict::Weak => return,
            },
        };
        match ended {
            Ok(()) => self.stage = Stage::Over,
            Err(error) => self.fail(desk, error),
        }
    }

    fn segments(&self) -> u32 {
        if let Stage::Body(walk) = &self.stage { walk.segments } else { 0 }
    }

    /// A storer keeps a better record than the one that was placed again: that is as good as a copy.
    pub(super) fn superseded(&mut self, desk: &mut Desk, token: Token, better: &Record) {
        desk.seen.note(better);
        self.put_done(desk, token, redundancy::MAX_COPIES);
    }

    fn take_record(&mut self, record: &Record, found: CopiesFound) -> Result<(), JobError> {
        let Stage::Record(name, _) = &self.stage else { return Ok(()) };
        let edition = name.oldest.map(|_| record.sequence().edition);
        if let (Some(wanted), Some(newest)) = (name.oldest, edition)
            && newest < wanted
        {
            return Err(JobError::EditionNotFound { edition: wanted, newest: Some(newest) });
        }
        let target = record.open(&name.key, &name.docname).map_err(|error| match error {
            RecordError::Newer => JobError::Newer,
            other => damaged(other),
        })?;
        self.edition = edition;
        match &mut self.purpose {
            Purpose::Check(report) => {
                report.note(found.condition);
                report.record = Some(found);
            }
            Purpose::Repair(mending) => mending.placing.add_record(record),
        }
        self.progress.looked_at_one();
        match target {
            // The record is all there is.
            Named::Inline { .. } => {
                self.progress.total = self.progress.done;
                self.stage = Stage::Body(Box::new(Walk::of_nothing()));
            }
            Named::Content { root, key, extra } => self.look_for_root(KeepCap { root, key: key.keep_key(), extra }),
        }
        Ok(())
    }

    fn take_root(&mut self, desk: &mut Desk, answer: BlockAnswer) -> Result<(), JobError> {
        let (Stage::Root(search), Some(cap)) = (&mut self.stage, &self.keep) else { return Ok(()) };
        match search.done(desk, answer) {
            Found::Open => {}
            Found::Missing(tally) => {
                self.stage = Stage::Body(Box::new(Walk::of_nothing()));
                match &mut self.purpose {
                    Purpose::Check(report) => report.root = Some(report.noted(tally)),
                    Purpose::Repair(_) => return Err(JobError::RootNotFound { asked: tally.without }),
                }
            }
            Found::Block(block, tally) => {
                let part = KeepPart::open(&block, &cap.key).map_err(|error| match error {
                    RootError::Newer => JobError::Newer,
                    other => damaged(other),
                })?;
                let mut walk = Walk::new(&part, cap.key.clone());
                if let (Layout::Single, Some(&single)) = (part.layout(), part.listed().first()) {
                    walk.single = Some(self.search(single, SizeClass::Block));
                }
                self.progress.begin(&part);
                self.stage = Stage::Body(Box::new(walk));
                match &mut self.purpose {
                    Purpose::Check(report) => report.root = Some(report.noted(tally)),
                    Purpose::Repair(mending) => mending.placing.add_uncoded(desk, PartId::Root, block, 0),
                }
            }
        }
        Ok(())
    }

    fn take_single(&mut self, desk: &mut Desk, answer: BlockAnswer) -> Result<(), JobError> {
        let Stage::Body(walk) = &mut self.stage else { return Ok(()) };
        let Some(search) = &mut walk.single else { return Ok(()) };
        let (found, tally) = match search.done(desk, answer) {
            Found::Open => return Ok(()),
            Found::Missing(tally) => (None, tally),
            Found::Block(block, tally) => (Some(block), tally),
        };
        walk.single = None;
        self.progress.looked_at_one();
        match (&mut self.purpose, found) {
            (Purpose::Check(report), _) => report.single = Some(report.noted(tally)),
            (Purpose::Repair(mending), Some(block)) => mending.placing.add_uncoded(desk, PartId::Single, block, 0),
            (Purpose::Repair(_), None) => return Err(missing(0, 1, 0, 1)),
        }
        Ok(())
    }

    fn take_index(&mut self, desk: &mut Desk, answer: BlockAnswer) -> Result<(), JobError> {
        let Stage::Body(walk) = &mut self.stage else { return Ok(()) };
        let Some((number, Index::Search(search))) = &mut walk.index else { return Ok(()) };
        let number = *number;
        let (found, tally) = match search.done(desk, answer) {
            Found::Open => return Ok(()),
            Found::Missing(tally) => (None, tally),
            Found::Block(block, tally) => (Some(block), tally),
        };
        let listed = found.as_ref().map(|block| open_index(&walk.key, number, block, walk.segments));
        let index = listed.transpose().map_err(damaged)?.map_or(Index::Gone, Index::Listed);
        walk.index = Some((number, index));
        self.progress.looked_at_one();
        match (&mut self.purpose, found) {
            (Purpose::Check(report), _) => {
                let copies = report.noted(tally);
                report.index_blocks.push(copies);
            }
            (Purpose::Repair(mending), Some(block)) => {
                let part = PartId::Index(u32::try_from(number).unwrap_or(u32::MAX));
                mending.placing.add_uncoded(desk, part, block, 0);
            }
            // Its segments say so.
            (Purpose::Repair(_), None) => {}
        }
        Ok(())
    }

    fn take_keep_list(&mut self, desk: &Desk, segment: u32, answer: BlockAnswer) -> Result<(), JobError> {
        let Stage::Body(walk) = &mut self.stage else { return Ok(()) };
        let Some(Part::Listing(search)) = walk.parts.get_mut(&segment) else { return Ok(()) };
        match search.done(desk, answer) {
            Found::Open => {}
            Found::Missing(tally) => {
                walk.parts.remove(&segment);
                self.without_list(segment, tally);
            }
            Found::Block(block, tally) => {
                let keep_list = KeepList::parse(&block).map_err(|error| match error {
                    KeepListError::Newer => JobError::Newer,
                    other => damaged(other),
                })?;
                let survey = match (&self.purpose, self.extent) {
                    (Purpose::Repair(_), _) => Survey::of_all(keep_list, Bytes::Kept),
                    (Purpose::Check(_), Extent::Full) => Survey::of_all(keep_list, Bytes::Dropped),
                    (Purpose::Check(_), Extent::Usual) => Survey::of_sample(keep_list, &mut self.rng),
                };
                self.progress.first_list(walk.segments, &survey);
                walk.parts.insert(segment, Part::Surveying(tally, survey));
            }
        }
        Ok(())
    }

    fn take_shard(&mut self, desk: &mut Desk, segment: u32, shard: usize, answer: BlockAnswer) -> Result<(), JobError> {
        let Stage::Body(walk) = &mut self.stage else { return Ok(()) };
        let Some(Part::Surveying(_, survey)) = walk.parts.get_mut(&segment) else { return Ok(()) };
        survey.done(desk, shard, answer);
        if !survey.is_complete() {
            return Ok(());
        }
        let Some(Part::Surveying(tally, survey)) = walk.parts.remove(&segment) else { return Ok(()) };
        if let Purpose::Check(report) = &mut self.purpose {
            report.add_segment(segment_found(segment, tally, Some(&survey)).judged(desk.network.other_storers));
            return Ok(());
        }
        self.mend(desk, segment, survey)
    }

    /// Makes again and places what a segment lacks.
    fn mend(&mut self, desk: &mut Desk, segment: u32, survey: Survey) -> Result<(), JobError> {
        let segments = self.segments();
        let (keep_list, found) = survey.finish();
        let lost: Vec<usize> = (0..found.len()).filter(|&shard| found[shard].is_none()).collect();
        let here = found.len() - lost.len();
        if here < usize::from(keep_list.k()) {
            self.note_error(missing(segment, segments, here as u32, keep_list.k().into()));
            return Ok(());
        }
        let lacking: Vec<bool> =
            found.iter().map(|shard| shard.as_ref().is_some_and(|(without, _)| *without > 0)).collect();
        let mut shards: Vec<Option<Block>> = found.into_iter().map(|shard| shard.map(|(_, block)| block)).collect();
        let rebuilt = rebuild_shards(desk.codec, &keep_list, &shards, &lost)
            .map_err(|error| damaged(format!("segment {} of {segments}: {error}", segment + 1)))?;
        let Purpose::Repair(mending) = &mut self.purpose else { return Ok(()) };
        for (shard, lacks) in shards.iter_mut().zip(lacking) {
            if lacks || self.extent == Extent::Full {
                mending.recopied += u64::from(shard.is_some());
            } else {
                *shard = None;
            }
        }
        mending.remade += rebuilt.len() as u64;
        for (place, block) in rebuilt {
            shards[place] = Some(block);
        }
        mending.placing.add_repaired(segment, &keep_list, shards);
        Ok(())
    }

    /// Takes notice of a segment whose keep list cannot be had.
    fn without_list(&mut self, segment: u32, tally: Tally) {
        let segments = self.segments();
        match &mut self.purpose {
            Purpose::Check(report) => report.add_segment(segment_found(segment, tally, None).judged(0)),
            Purpose::Repair(_) => self.note_error(missing(segment, segments, 0, 1)),
        }
    }

    /// Keeps the first thing that went wrong, to fail of it once all else is done.
    fn note_error(&mut self, error: JobError) {
        self.error.get_or_insert(error);
    }
}

impl Mending {
    fn notes(&self) -> Vec<Note> {
        let done = Note::Mended { remade: self.remade, recopied: self.recopied };
        let lacking = (self.weak > 0).then_some(Note::PartsLacking { parts: self.weak as u64 });
        [done].into_iter().chain(lacking).collect()
    }
}

impl Report {
    /// Takes notice of a block of which so many copies were found.
    fn noted(&mut self, tally: Tally) -> CopiesFound {
        let found = CopiesFound::new(tally.holding, tally.without, tally.silent);
        self.note(found.condition);
        found
    }
}

impl Walk {
    fn new(part: &KeepPart, key: KeepKey) -> Self {
        Self {
            key,
            layout: part.layout(),
            segments: part.segments(),
            listed: part.listed().to_vec(),
            single: None,
            index: None,
            next: 0,
            parts: BTreeMap::new(),
        }
    }

    /// Nothing to look at below a record or a root.
    fn of_nothing() -> Self {
        Self {
            key: KeepKey::from_bytes([0; 32]),
            layout: Layout::Inline,
            segments: 0,
            listed: Vec::new(),
            single: None,
            index: None,
            next: 0,
            parts: BTreeMap::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.single.is_none() && self.parts.is_empty() && self.next >= self.segments
    }

    /// Asks for as much as the window allows: lists before shards, earlier segments before later ones.
    fn ask(&mut self, desk: &mut Desk, targets: &mut BTreeMap<Token, Target>) {
        if let Some(search) = &mut self.single {
            targets.extend(search.ask(desk).map(|token| (token, Target::Single)));
        }
        if let Some((_, Index::Search(search))) = &mut self.index {
            targets.extend(search.ask(desk).map(|token| (token, Target::Index)));
        }
        for (&segment, part) in &mut self.parts {
            if let Part::Listing(search) = part {
                targets.extend(search.ask(desk).map(|token| (token, Target::KeepList(segment))));
            }
        }
        for (&segment, part) in &mut self.parts {
            let Part::Surveying(_, survey) = part else { continue };
            while targets.len() < desk.window(UPKEEP_WINDOW) {
                let Some((token, shard)) = survey.ask(desk) else { break };
                targets.insert(token, Target::Shard { segment, shard });
            }
        }
    }

    fn searches(&mut self) -> impl Iterator<Item = &mut Search> {
        let index = match &mut self.index {
            Some((_, Index::Search(search))) => Some(search),
            _ => None,
        };
        let lists = self.parts.values_mut();
        let lists = lists.filter_map(|part| if let Part::Listing(search) = part { Some(search) } else { None });
        self.single.iter_mut().chain(index).chain(lists)
    }

    fn next_timeout(&self) -> Option<Mono> {
        let index = match &self.index {
            Some((_, Index::Search(search))) => Some(search),
            _ => None,
        };
        let lists = self.parts.values();
        let lists = lists.filter_map(|part| if let Part::Listing(search) = part { Some(search) } else { None });
        self.single.iter().chain(index).chain(lists).filter_map(Search::next_timeout).min()
    }

    /// Pieces of segments that were looked at.
    fn done(&self, progress: &Progress) -> u64 {
        let under_way = self.parts.values().map(|part| match part {
            Part::Listing(_) => 0,
            Part::Surveying(_, survey) => (1 + u64::from(survey.surveyed().answered)).min(progress.per_segment),
        });
        let whole = u64::from(self.next) - self.parts.len() as u64;
        whole * progress.per_segment + under_way.sum::<u64>()
    }

    fn held_bytes(&self) -> usize {
        let surveys = self.parts.values();
        surveys.map(|part| if let Part::Surveying(_, survey) = part { survey.held_bytes() } else { 0 }).sum()
    }
}

impl Progress {
    fn begin(&mut self, part: &KeepPart) {
        let index_blocks = if part.layout() == Layout::Indexed { part.listed().len() as u64 } else { 0 };
        let single = u64::from(part.layout() == Layout::Single);
        self.done += 1;
        self.fixed = self.done + index_blocks + single;
        // With segments, the first keep list says how many pieces there are.
        self.total = if part.segments() == 0 { self.fixed } else { 0 };
    }

    fn first_list(&mut self, segments: u32, survey: &Survey) {
        if self.per_segment == 0 {
            self.per_segment = 1 + u64::from(survey.surveyed().asked);
            self.total = self.fixed + u64::from(segments) * self.per_segment;
        }
    }

    fn looked_at_one(&mut self) {
        self.done += 1;
    }
}

fn segment_found(segment: u32, tally: Tally, survey: Option<&Survey>) -> SegmentFound {
    let keep_list = CopiesFound::new(tally.holding, tally.without, tally.silent);
    let (k, n, copies) = survey
        .map_or((0, 0, 0), |survey| (survey.keep_list().k(), survey.keep_list().n(), survey.keep_list().copies()));
    let Surveyed { asked, found, silent, .. } = survey.map(Survey::surveyed).unwrap_or_default();
    let condition = keep_list.condition;
    SegmentFound { segment: segment + 1, k, n, copies, asked, found, silent, at_least: 0, keep_list, condition }
}

/// The index block that names the keep list of a segment.
const fn index_of(segment: u32) -> u64 {
    segment as u64 / INDEX_CAPACITY as u64
}

fn missing(segment: u32, segments: u32, found: u32, needed: u32) -> JobError {
    JobError::SegmentMissing { segment: segment + 1, segments, found, needed }
}

fn damaged(error: impl std::fmt::Display) -> JobError {
    JobError::Damaged { reason: error.to_string() }
}

fn not_kept() -> HandleError {
    Refusal::NothingKept.into()
}
