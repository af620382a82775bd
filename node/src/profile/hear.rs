//! What others said: announced on boards, and led to from their outboxes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use roneo_client::handle::{Gathered, HandleError, JobError, NodeHandle, RecordName};
use roneo_client::social::{Answers, BoardPost, BoardView, SocialError};
use roneo_keys::Uri;
use roneo_keys::time::Wall;
use roneo_social::{BoardId, Body, DeviceId, Envelope, GRACE_S, MAX_ENVELOPE_LEN, PersonId, Pointer, hour_of};
use tokio::time::{Instant, timeout};

use super::lanes::{self, Weight};
use super::social::{ASK_PATIENCE, fingerprints};
use super::{Profile, lock};

/// How long a board is read; what is not there by then is told as missing.
const READ_PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of texts that one reading gives, about.
const MAX_VIEW_LEN: usize = 4 << 20;
/// Envelopes that were read and are kept in memory, at most: 16 MB, were each the longest.
const MAX_READ: usize = 512;
/// Posts fetched at one time.
pub(super) const FETCHES: usize = 8;
/// How long what was not found is not asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(20);
/// What was not found and is remembered, at most.
const MAX_NOT_FOUND: usize = 4_096;

/// What was read lately, by where it lies.
pub(super) type ReadLately = BTreeMap<Pointer, Read>;

/// What a pointer led to.
#[derive(Clone)]
pub(super) enum Read {
    /// Something that somebody said.
    Envelope(Arc<Envelope>),
    /// Something else.
    NoEnvelope,
    /// Nothing, so far.
    NotFound,
}

/// The hours that are read, the newest first: so many with that of `now`, and the next where its record takes entries
/// already.
fn hours_read(now: Wall, hours: u64) -> Vec<u32> {
    let (now, next) = (hour_of(now), hour_of(Wall(now.0.saturating_add(GRACE_S))));
    let oldest = now.saturating_sub(u32::try_from(hours.saturating_sub(1)).unwrap_or(u32::MAX));
    (oldest..=next).rev().collect()
}

/// Where the announcements that lead to `at` begin.
fn all_of(at: &Pointer) -> std::ops::RangeFrom<(Pointer, PersonId, DeviceId)> {
    (at.clone(), PersonId::from_bytes([0; 32]), DeviceId::from_bytes([0; 32]))..
}

/// Something that was announced on a board, and is as it was announced.
pub(super) struct Met {
    /// Where it lies.
    pub(super) at: Pointer,
    /// What it stands by.
    pub(super) weight: Weight,
    /// What it is.
    pub(super) envelope: Arc<Envelope>,
}

/// What one reading of a board found.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) hours_asked: u64,
    pub(super) hours_heard: u64,
    /// Announced, and not found yet.
    pub(super) missing: usize,
    /// Announcements that lead to something else than they say.
    pub(super) lies: usize,
    pub(super) met: Vec<Met>,
}

/// Announcements by all that they say: a false one about a post stands beside the true one, never before it.
type Announcements = BTreeMap<(Pointer, PersonId, DeviceId), Weight>;

impl Profile {
    /// Gathers the hours of a board, then fetches what is announced and was not read lately.
    pub(super) async fn hear_board(&self, board: BoardId, hours: u64) -> Result<Reading, SocialError> {
        let mut reading = Reading::default();
        let known = self.known_board(&board);
        let records = hours_read(Wall(self.0.now()), hours)
            .into_iter()
            .map(|hour| lanes::records_of(&board, known.as_ref(), hour));
        let announced = self.gather_hours(board, records.collect(), &mut reading).await?;
        // What weighs most first, so that what nobody stands for takes the place of nothing.
        let mut best: BTreeMap<&Pointer, Weight> = BTreeMap::new();
        for ((at, ..), weight) in &announced {
            let known = best.entry(at).or_insert(*weight);
            *known = (*known).max(*weight);
        }
        let mut pointers: Vec<&Pointer> = best.keys().copied().collect();
        pointers.sort_by_key(|at| std::cmp::Reverse(best[at]));
        let (deadline, mut read_len, mut seen) = (Instant::now() + READ_PATIENCE, 0, BTreeSet::new());
        for (number, some) in pointers.chunks(FETCHES).enumerate() {
            // What a flood makes too much is told as missing, and what is read already is kept.
            if Instant::now() >= deadline || read_len >= MAX_VIEW_LEN {
                reading.missing += pointers.len() - number * FETCHES;
                break;
            }
            let read = futures_util::future::join_all(some.iter().map(|at| self.envelope(at))).await;
            for (at, read) in some.iter().zip(read) {
                let read = read?;
                for ((_, author, device), weight) in announced.range(all_of(at)).take_while(|((of, ..), _)| of == *at) {
                    match &read {
                        Read::NotFound => reading.missing += 1,
                        Read::Envelope(envelope) if is_as_announced(envelope, author, device, &board) => {
                            if lanes::may_be_said(known.as_ref(), envelope) && seen.insert(envelope.id()) {
                                read_len += envelope.to_bytes().len();
                                let (at, envelope) = ((*at).clone(), Arc::clone(envelope));
                                reading.met.push(Met { at, weight: *weight, envelope });
                            }
                        }
                        Read::Envelope(_) | Read::NoEnvelope => reading.lies += 1,
                    }
                }
            }
        }
        Ok(reading)
    }

    /// Gathers records, those of one hour together, the first of which says whether it was heard.
    async fn gather_hours(
        &self,
        board: BoardId,
        hours: Vec<Vec<lanes::HourRecord>>,
        reading: &mut Reading,
    ) -> Result<Announcements, SocialError> {
        let mut announced = Announcements::new();
        reading.hours_asked = hours.len() as u64;
        let firsts = |records: Vec<lanes::HourRecord>| records.into_iter().enumerate();
        let records: Vec<(usize, lanes::HourRecord)> = hours.into_iter().flat_map(firsts).collect();
        for some in records.chunks(FETCHES) {
            let gathering = some.iter().map(|(_, record)| self.gather_hour(record.name));
            let gathered = futures_util::future::join_all(gathering).await;
            for ((place, asked), gathered) in some.iter().zip(gathered) {
                let Some(gathered) = gathered? else { continue };
                reading.hours_heard += u64::from(*place == 0 && gathered.answered > 0);
                for (entry, weight) in lanes::weighed(asked, &gathered.record) {
                    let Ok(what) = entry.open(&board) else {
                        reading.lies += 1;
                        continue;
                    };
                    let best = announced.entry((what.at, what.author, entry.device())).or_insert(weight);
                    *best = weight.max(*best);
                }
            }
        }
        Ok(announced)
    }

    /// What was said on a board in the last hours.
    pub(super) async fn view_board(&self, board: BoardId, hours: u64) -> Result<BoardView, SocialError> {
        let reading = self.hear_board(board, hours).await?;
        let now = Wall(self.0.now());
        let (early, met): (Vec<Met>, Vec<Met>) = reading.met.into_iter().partition(|met| met.envelope.is_ahead(now));
        let mut posts: Vec<BoardPost> = met.iter().filter_map(|met| board_post(&met.envelope, met.weight)).collect();
        posts.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        Ok(BoardView {
            posts,
            hours_heard: reading.hours_heard,
            hours_asked: reading.hours_asked,
            missing: reading.missing,
            lies: reading.lies,
            early: early.len(),
        })
    }

    /// One hour of a board; nothing where nobody could be asked in time.
    pub(super) async fn gather_hour(&self, name: RecordName) -> Result<Option<Gathered>, SocialError> {
        match timeout(ASK_PATIENCE, self.0.node.gather(name)).await {
            Ok(Ok(gathered)) => Ok(Some(gathered)),
            Ok(Err(HandleError::Stopping)) => Err(HandleError::Stopping.into()),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    /// An envelope, from what was read lately or from the network.
    pub(super) async fn envelope(&self, at: &Pointer) -> Result<Read, SocialError> {
        if let Some(known) = lock(&self.0.read_lately).get(at) {
            return Ok(known.clone());
        }
        if lock(&self.0.not_found).get(at).is_some_and(|asked| asked.elapsed() < ASK_AGAIN) {
            return Ok(Read::NotFound);
        }
        // In a task of its own: whoever reads may go away, and the fetch is ended all the same.
        let (node, uri) = (Arc::clone(&self.0.node), Uri::Chk(at.chk().clone()));
        let fetched = tokio::spawn(async move { fetched(&node, uri, MAX_ENVELOPE_LEN).await }).await;
        let read = match fetched.unwrap_or(Err(HandleError::Stopping)) {
            Ok(bytes) => match Envelope::open(&bytes) {
                Ok(envelope) => Read::Envelope(Arc::new(envelope)),
                Err(_) => Read::NoEnvelope,
            },
            Err(HandleError::Job(JobError::Damaged { .. })) => Read::NoEnvelope,
            Err(HandleError::Stopping) => return Err(HandleError::Stopping.into()),
            Err(_) => {
                let mut not_found = lock(&self.0.not_found);
                if not_found.len() >= MAX_NOT_FOUND {
                    not_found.clear();
                }
                not_found.insert(at.clone(), Instant::now());
                return Ok(Read::NotFound);
            }
        };
        let mut lately = lock(&self.0.read_lately);
        if lately.len() >= MAX_READ {
            // All at once: what is still on the boards that are read comes back with the next reading.
            lately.clear();
        }
        lately.insert(at.clone(), read.clone());
        Ok(read)
    }
}

/// The content behind a link, if it is of so many bytes at most.
pub(super) async fn fetched(node: &Arc<dyn NodeHandle>, uri: Uri, most: usize) -> Result<Vec<u8>, HandleError> {
    let job = node.fetch(uri).await?;
    let read = timeout(ASK_PATIENCE, async {
        let mut bytes = Vec::new();
        while let Some(more) = node.read(job).await? {
            bytes.extend(more);
            if bytes.len() > most {
                return Err(JobError::Damaged { reason: "it is longer than any such thing may be".to_owned() }.into());
            }
        }
        Ok(bytes)
    });
    let read = read.await.unwrap_or(Err(HandleError::Busy("nobody answers")));
    let _ = node.cancel(job).await;
    read
}

/// Whether an envelope is what its announcement said: of that author and device, for that board if it names any, and
/// something that is said on boards.
fn is_as_announced(envelope: &Envelope, author: &PersonId, device: &DeviceId, board: &BoardId) -> bool {
    let for_board = match envelope.body() {
        Body::Post(post) => post.boards.contains(board),
        Body::Reply(reply) => reply.boards.contains(board),
        Body::Correction(correction) => correction.boards.contains(board),
        Body::Label(label) => label.board.is_none_or(|named| named == *board),
        Body::Reaction(_) | Body::Edit(_) | Body::Retraction(_) => true,
        _ => false,
    };
    envelope.author() == *author && envelope.device().device == *device && for_board
}

fn board_post(envelope: &Envelope, weight: Weight) -> Option<BoardPost> {
    let (title, text, lang, answers) = match envelope.body() {
        Body::Post(post) => (post.title.clone(), &post.text, &post.lang, None),
        Body::Reply(reply) => {
            let answers = Answers { root: reply.root.to_text(), parent: reply.parent.to_text() };
            (String::new(), &reply.text, &reply.lang, Some(answers))
        }
        _ => return None,
    };
    Some(BoardPost {
        id: envelope.id().to_text(),
        author: envelope.author().to_text(),
        fingerprint: fingerprints(&envelope.author()),
        time: envelope.time().0,
        title,
        text: text.clone(),
        lang: lang.clone(),
        answers,
        effort: weight.solutions(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_begins_is_read_beside_those_asked_for() {
        assert_eq!(hours_read(Wall(498_600 * 3_600 + 1_800), 1), [498_600]);
        assert_eq!(hours_read(Wall(498_600 * 3_600 + 1_800), 3), [498_600, 498_599, 498_598]);
        let late = Wall(498_600 * 3_600 + 3_000);
        assert_eq!(hours_read(late, 1), [498_601, 498_600]);
        assert_eq!(hours_read(Wall(10), 48), [0]);
    }
}
