//! Writing a signed name: looks what is there, writes, and sees it placed.

use roneo_content::record::{Record, RecordError, Sequence, Target, document_locator, seal_record, slot_locator};
use roneo_keys::time::{Day, Mono};
use roneo_keys::{InsertUri, KeyPair, Locator, RecordKind, Uri};
use roneo_overlay::NetworkState;

use super::desk::Desk;
use super::experiment::Redundancy;
use super::lookup::{Looked, Lookup};
use super::placing::{Placing, Verdict};
use super::{RecordAnswer, Token};
use crate::handle::{HandleError, JobError, JobState, JobStatus};
use crate::notice::{Note, Refusal};

/// Times that an edition is counted on because somebody else published one meanwhile.
pub const EDITION_TRIES: u32 = 3;

/// One name being written, or refreshed by somebody who can only read it.
pub(super) struct Publish {
    purpose: Purpose,
    redundancy: Redundancy,
    placing: Placing,
    /// What is being placed: the record that decides, and a slot's exact edition.
    records: Vec<Record>,
    tries: u32,
    stage: Stage,
    edition: Option<u64>,
    uri: Option<String>,
    note: Option<Note>,
    /// Refresh: it is not what this node once wrote under that name.
    lost: bool,
}

enum Purpose {
    Write(Box<Write>),
    Refresh,
}

struct Write {
    to: InsertUri,
    target: Target,
    today: Day,
}

enum Stage {
    Looking(Lookup),
    Placing,
    /// Placed. Of two who wrote at the same moment both may have found nothing and got every receipt,
    /// so whoever writes looks once more before anybody is told that it is stored.
    Confirming(Lookup),
    Weak,
    Stored,
    Failed(JobError),
}

impl Publish {
    /// # Errors
    /// [`HandleError::Refused`] for a target that no record holds.
    pub(super) fn write(
        to: InsertUri,
        target: Target,
        today: Day,
        redundancy: Redundancy,
    ) -> Result<Self, HandleError> {
        let refused = |error: &dyn std::fmt::Display| Refusal::Unwritable { reason: error.to_string() };
        let locator = match to.public() {
            Uri::Ssk(ssk) => document_locator(&ssk),
            Uri::Ksk(ksk) => document_locator(&ksk.to_ssk()),
            Uri::Usk(usk) => {
                // The longest name of an edition, so that none fails later for its length.
                usk.exact(u64::MAX).map_err(|error| refused(&error))?;
                slot_locator(&usk)
            }
            _ => return Err(Refusal::NoDocument.into()),
        };
        let purpose = Purpose::Write(Box::new(Write { to, target, today }));
        let publish = Self::new(purpose, Lookup::to_write(locator), redundancy);
        publish.seal(None).map_err(|error| refused(&error))?;
        Ok(publish)
    }

    /// # Errors
    /// [`HandleError::Refused`] for a link that no record lies behind.
    pub(super) fn refresh(uri: &Uri, redundancy: Redundancy) -> Result<Self, HandleError> {
        let locator = record_locator(uri).ok_or(Refusal::NoRecord)?;
        let mut publish = Self::new(Purpose::Refresh, Lookup::to_read(locator), redundancy);
        publish.uri = Some(uri.to_text());
        Ok(publish)
    }

    fn new(purpose: Purpose, lookup: Lookup, redundancy: Redundancy) -> Self {
        let (placing, stage) = (Placing::new(redundancy), Stage::Looking(lookup));
        Self {
            purpose,
            redundancy,
            placing,
            records: Vec::new(),
            tries: 0,
            stage,
            edition: None,
            uri: None,
            note: None,
            lost: false,
        }
    }

    pub(super) fn record_done(&mut self, desk: &mut Desk, token: Token, answer: RecordAnswer) {
        let (Stage::Looking(lookup) | Stage::Confirming(lookup)) = &mut self.stage else { return };
        if lookup.token() != Some(token) {
            return;
        }
        let found = match lookup.done(desk, answer) {
            Looked::Open => return,
            Looked::Found { record, .. } => Some(record),
            // Somebody's laggards are no reason not to write a newer one.
            Looked::Missing { outdated, .. } => outdated,
        };
        if matches!(self.stage, Stage::Confirming(_)) {
            return self.confirm(desk, found);
        }
        if let Err(error) = self.write_over(desk, found) {
            self.fail(desk, error);
        }
    }

    /// A storer keeps a better record than the one that was placed.
    pub(super) fn superseded(&mut self, desk: &mut Desk, token: Token, better: Record) {
        if self.placing.is_waiting_for(token) {
            self.give_way(desk, better);
        }
    }

    fn confirm(&mut self, desk: &mut Desk, found: Option<Record>) {
        // A newer edition is somebody's next one, and takes nothing away from this.
        let beats = |found: &Record, own: &Record| found.sequence() == own.sequence() && found.against(own).is_gt();
        match found.filter(|found| self.records.first().is_some_and(|own| beats(found, own))) {
            Some(better) => self.give_way(desk, better),
            None => self.stored(desk),
        }
    }

    fn give_way(&mut self, desk: &mut Desk, better: Record) {
        desk.seen.note(&better);
        self.placing.abandon(desk);
        self.placing = Placing::new(self.redundancy);
        self.tries += 1;
        let outcome =
            if self.tries < EDITION_TRIES { self.write_over(desk, Some(better)) } else { Err(JobError::NewerEdition) };
        if let Err(error) = outcome {
            self.fail(desk, error);
        }
    }

    pub(super) fn put_progress(&mut self, desk: &Desk, token: Token, receipts: u8) {
        self.placing.progress(desk, token, receipts);
    }

    pub(super) fn put_done(&mut self, desk: &mut Desk, token: Token, receipts: u8) {
        self.placing.done(desk, token, receipts);
    }

    pub(super) fn handle_timeout(&mut self, desk: &Desk) {
        self.placing.handle_timeout(desk.now);
        if let Stage::Looking(lookup) | Stage::Confirming(lookup) = &mut self.stage {
            lookup.handle_timeout(desk.now);
        }
    }

    pub(super) fn network_changed(&mut self, desk: &mut Desk, before: &NetworkState) {
        self.placing.network_changed(desk, before);
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        match &self.stage {
            Stage::Looking(lookup) | Stage::Confirming(lookup) => lookup.next_timeout(),
            Stage::Placing | Stage::Weak => self.placing.next_timeout(network),
            Stage::Stored | Stage::Failed(_) => None,
        }
    }

    pub(super) fn advance(&mut self, desk: &mut Desk) {
        if matches!(self.stage, Stage::Placing | Stage::Weak) {
            self.judge(desk);
            self.placing.advance(desk);
        }
        if let Stage::Looking(lookup) | Stage::Confirming(lookup) = &mut self.stage
            && desk.ready()
        {
            lookup.ask(desk);
        }
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        self.placing.abandon(desk);
        if let Stage::Looking(lookup) | Stage::Confirming(lookup) = &self.stage
            && let Some(token) = lookup.token()
        {
            desk.withdraw(token);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Stored | Stage::Failed(_))
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.placing.held_bytes()
    }

    pub(super) fn describe(&self, status: &mut JobStatus) {
        status.state = match self.stage {
            Stage::Looking(_) | Stage::Placing | Stage::Confirming(_) => JobState::Running,
            Stage::Weak => JobState::Weak,
            Stage::Stored => JobState::Stored,
            Stage::Failed(_) => JobState::Failed,
        };
        status.error = if let Stage::Failed(error) = &self.stage { Some(error.clone()) } else { None };
        status.done = status.done.max(self.placing.placed());
        let editions = matches!(&self.purpose, Purpose::Write(write) if write.to.kind() == RecordKind::Slot);
        status.total = if editions { 2 } else { 1 };
        status.edition = self.edition;
        status.uri.clone_from(&self.uri);
        let note = if self.lost { Some(Note::Overwritten) } else { self.note };
        status.remark(note.into_iter().collect());
    }

    /// Places what comes after `found`, which is the best record that anybody answered with.
    fn write_over(&mut self, desk: &mut Desk, found: Option<Record>) -> Result<(), JobError> {
        let records = match (&self.purpose, found) {
            (Purpose::Refresh, None) => return Err(JobError::RootNotFound { asked: 0 }),
            (Purpose::Refresh, Some(found)) => {
                self.edition = (found.kind() == RecordKind::Slot).then_some(found.sequence().edition);
                self.lost = desk.seen.is_lost(&found);
                vec![found]
            }
            (Purpose::Write(write), found) => {
                let records =
                    self.seal(found.as_ref()).map_err(|error| JobError::Damaged { reason: error.to_string() })?;
                let taken = |found: &Record| records.iter().all(|record| record.block() != found.block());
                if write.to.kind() == RecordKind::Document && found.as_ref().is_some_and(taken) {
                    return Err(JobError::NameTaken);
                }
                records
            }
        };
        if let Purpose::Write(write) = &self.purpose {
            let mut public = write.to.public();
            if let Uri::Usk(usk) = &mut public {
                usk.edition = records.iter().map(|record| record.sequence().edition).max().unwrap_or(usk.edition);
                self.edition = Some(usk.edition);
            }
            self.uri = Some(public.to_text());
        }
        for record in &records {
            self.placing.add_record(record);
        }
        self.stage = Stage::Placing;
        records.iter().for_each(|record| desk.seen.note(record));
        self.records = records;
        Ok(())
    }

    /// The records to write: a document; or an edition's slot, and the document that the edition also is.
    fn seal(&self, found: Option<&Record>) -> Result<Vec<Record>, RecordError> {
        let Purpose::Write(write) = &self.purpose else { return Ok(Vec::new()) };
        let Write { to, target, today } = &**write;
        let seal = |pair: &KeyPair, kind, docname: &_, sequence| {
            seal_record(pair, kind, docname, sequence, target).and_then(|block| Record::parse(&block))
        };
        let once = |pair: &KeyPair, docname: &_| seal(pair, RecordKind::Document, docname, Sequence::default());
        match to {
            InsertUri::Ssk { pair, docname } => Ok(vec![once(pair, docname)?]),
            InsertUri::Ksk(ksk) => Ok(vec![once(&KeyPair::of_word(ksk.word.as_str()), &ksk.word)?]),
            InsertUri::Usk { pair, docname, edition } => {
                // An edition's document that is another's is as taken as the slot's newest.
                let newest = match found {
                    Some(slot) if slot.kind() == RecordKind::Slot => Some(slot.sequence().edition),
                    Some(_) => self.edition,
                    None => None,
                };
                let edition = newest.map_or(0, |newest| newest.saturating_add(1)).max(*edition);
                // Another machine's clock may be ahead by a day; the new one has to come after it.
                let day = found.map_or(*today, |found| found.sequence().day.max(*today));
                let slot = seal(pair, RecordKind::Slot, docname, Sequence { day, edition })?;
                let exact = docname.edition(edition).map_err(|_| RecordError::TooLong)?;
                Ok(vec![slot, once(pair, &exact)?])
            }
            _ => Err(RecordError::Elsewhere),
        }
    }

    fn judge(&mut self, desk: &mut Desk) {
        match self.placing.verdict(desk.now, &desk.network) {
            Verdict::Open => {}
            Verdict::Stored => {
                self.note = self.placing.outlook(&desk.network);
                match (&self.purpose, &self.stage, self.records.first()) {
                    (Purpose::Write(_), Stage::Placing | Stage::Weak, Some(record)) => {
                        self.stage = Stage::Confirming(Lookup::to_write(record.locator()));
                    }
                    _ => self.stored(desk),
                }
            }
            Verdict::Weak => {
                self.placing.settle_as_weak();
                self.note = Some(Note::NameLacking);
                self.stage = Stage::Weak;
            }
            Verdict::Failed(shortfall) => {
                let (placed, needed) = (shortfall.placed, shortfall.needed);
                self.fail(desk, JobError::NotStored { segment: 0, segments: 0, placed, needed });
            }
        }
    }

    fn stored(&mut self, desk: &mut Desk) {
        if matches!(self.purpose, Purpose::Write(_)) {
            self.records.iter().for_each(|record| desk.seen.wrote(record));
        }
        self.records.clear();
        self.stage = Stage::Stored;
    }

    fn fail(&mut self, desk: &mut Desk, error: JobError) {
        self.placing.abandon(desk);
        self.stage = Stage::Failed(error);
    }
}

/// Where the record that a link leads to first lives; `None` where it leads to none.
pub(super) fn record_locator(uri: &Uri) -> Option<Locator> {
    match uri {
        Uri::Ssk(ssk) => Some(document_locator(ssk)),
        Uri::Usk(usk) => Some(slot_locator(usk)),
        Uri::Ksk(ksk) => Some(document_locator(&ksk.to_ssk())),
        _ => None,
    }
}
