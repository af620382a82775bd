//! An open index: the log, and what is known from it.

use std::path::Path;

use rand::CryptoRng;
use roneo_social::{EnvelopeId, PersonId};

use crate::bounds::{Limits, after_making_room};
use crate::disk::{Disk, FileDisk};
use crate::error::IndexError;
use crate::heard::{Added, Heard, Words, read_body};
use crate::log::{Damage, Log};
use crate::record::{Kept, Record, envelope_in};
use crate::seal::IndexKey;
use crate::segment::Place;
use crate::state::{Known, State};
use crate::view::Stats;

/// Ids in one record that says what is gone.
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// The index of one user. It is for one thread at a time: reading takes `&self`, all else `&mut self`.
pub struct Index {
    pub(crate) log: Log,
    pub(crate) state: State,
    limits: Limits,
    /// Whether something was dropped since the log was last written anew: it is to leave the disk.
    pub(crate) dropped: bool,
}

/// What was found when an index was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// Posts and replies.
    pub posts: usize,
    /// What stands beside them.
    pub beside: usize,
    /// Drafts.
    pub drafts: usize,
    /// Segments on disk.
    pub segments: usize,
    /// Bytes at the ends of segments that a crash had left unfinished, and that were cut.
    pub torn_len: u64,
    /// What is kept out because it is damaged: the disk is to be checked. It goes when the log is written anew.
    pub damaged: Vec<Damage>,
}

impl Index {
    /// Opens the index in a directory, which is made on first use, for a reader who is `own`: several persons, if they
    /// have several identities. `rng` is asked once, and has to be good.
    ///
    /// A torn end is cut and told; what is damaged is kept out and told.
    ///
    /// # Errors
    /// [`IndexError::Newer`] and [`IndexError::Key`], with nothing touched; [`IndexError::Disk`].
    pub fn open(
        directory: &Path,
        key: &IndexKey,
        own: &[PersonId],
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Opened), IndexError> {
        let disk = FileDisk::open(directory.to_owned());
        let disk = disk.map_err(|error| IndexError::disk("make", &directory.display().to_string(), error))?;
        Self::open_on(Box::new(disk), key, own, rng, Limits::default())
    }

    pub(crate) fn open_on(
        disk: Box<dyn Disk>,
        key: &IndexKey,
        own: &[PersonId],
        rng: &mut impl CryptoRng,
        limits: Limits,
    ) -> Result<(Self, Opened), IndexError> {
        let mut state = State::new(limits);
        state.set_own(own.iter().copied().collect());
        let mut visit = |place: Place, record: &[u8]| {
            Record::from_bytes(record).is_ok_and(|record| state.apply(record, place, words_of))
        };
        let (log, found) = Log::open(disk, key, rng, limits, &mut visit)?;
        let mut index = Self { log, state, limits, dropped: false };
        index.settle();
        index.state.search.settle();
        let opened = Opened {
            posts: index.state.posts.len(),
            beside: index.state.besides.len(),
            drafts: index.state.marks.drafts.len(),
            segments: found.segments,
            torn_len: found.torn_len,
            damaged: found.damaged,
        };
        Ok((index, opened))
    }

    /// Says who the reader is from now on: what they wrote counts as read and is not dropped for room. It is not kept.
    pub fn set_own(&mut self, own: &[PersonId]) {
        self.state.set_own(own.iter().copied().collect());
    }

    /// Takes in what was heard. It is written, and on disk after the next [`flush`](Self::flush).
    ///
    /// Heard again, only what is new of it counts: other boards, more effort, an earlier time, a pointer where there was
    /// none. Where room has to be made, threads go that were longest without activity.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn add(&mut self, heard: Heard<'_>) -> Result<Added, IndexError> {
        let Some(kept) = heard.kept() else { return Ok(Added::NotIndexed) };
        match self.state.known(&kept.id) {
            Some(Known::Aside(_)) => return Ok(Added::Known),
            Some(Known::Post(number)) => return self.add_again(number, kept),
            None => {}
        }
        if let Err(refused) = self.state.admit(&kept) {
            return Ok(refused);
        }
        let is_post = kept.facts.is_post();
        self.make_room(is_post)?;
        let full = if is_post {
            self.state.posts.len() >= self.limits.posts
        } else {
            self.state.besides.len() >= self.limits.beside
        };
        if full {
            return Ok(Added::Full);
        }
        // Making room may have moved what is too old.
        if let Err(refused) = self.state.admit(&kept) {
            return Ok(refused);
        }
        self.write(Record::Envelope { kept: Box::new(kept) })?;
        self.settle();
        Ok(Added::New)
    }

    fn add_again(&mut self, number: u32, kept: Kept) -> Result<Added, IndexError> {
        let post = &self.state.posts[number];
        let on = self.state.board_ids(post);
        let boards: Vec<_> = kept.boards.into_iter().filter(|board| !on.contains(board)).collect();
        // Where it lies is in the frame; that there is a pointer already is asked last.
        let mut at = kept.at.filter(|_| self.state.later_pointer(&kept.id).is_none());
        if at.is_some() && self.kept(post.place)?.at.is_some() {
            at = None;
        }
        if boards.is_empty() && kept.effort <= post.effort && kept.heard_at >= post.heard_at && at.is_none() {
            return Ok(Added::Known);
        }
        let (effort, heard_at) = (kept.effort, kept.heard_at);
        self.write(Record::Again { id: kept.id, boards, effort, heard_at, at })?;
        Ok(Added::Again)
    }

    /// Writes a record and makes its change.
    pub(crate) fn write(&mut self, record: Record) -> Result<(), IndexError> {
        let place = self.log.append(&record.to_bytes())?;
        self.state.apply(record, place, words_of);
        Ok(())
    }

    /// Makes everything durable that was written, and writes the log anew when most of it is of no more use, or
    /// something was dropped: that takes seconds when there is much. To be called from time to time.
    ///
    /// # Errors
    /// [`IndexError::Disk`]: what was written since the last call is then in doubt. [`IndexError::Stopped`].
    pub fn flush(&mut self) -> Result<(), IndexError> {
        self.log.sync()?;
        if self.wants_compaction() { self.compact() } else { Ok(()) }
    }

    fn wants_compaction(&self) -> bool {
        let (len, live) = (self.log.frames_len(), self.state.live_len());
        let mostly_dead = len >= self.limits.compact_min_len && live < len / 2;
        mostly_dead || self.dropped || self.log.segment_count() > self.limits.segments
    }

    /// Lets old threads go when there is no room for one post more, or old things from beside when there is none for
    /// one of those.
    fn make_room(&mut self, for_post: bool) -> Result<(), IndexError> {
        let Limits { posts, beside, live_len, .. } = self.limits;
        let mut gone = Vec::new();
        if (for_post && self.state.posts.len() >= posts) || self.state.kept_len() >= live_len {
            let len = live_len - live_len / 16;
            let (ids, horizon) = self.state.oldest(after_making_room(posts), len);
            if !ids.is_empty() {
                self.write(Record::Horizon { time: horizon })?;
            }
            gone = ids;
        }
        if !for_post && self.state.besides.len() >= beside {
            gone.extend(self.state.oldest_beside(after_making_room(beside)));
        }
        for ids in gone.chunks(FORGOTTEN_AT_ONCE) {
            self.write(Record::Forgotten { ids: ids.to_vec() })?;
            self.dropped = true;
        }
        if !gone.is_empty() {
            self.state.purge_if_worth();
        }
        Ok(())
    }

    /// Takes the later wordings of posts into the search, each with the title that it inherits. What cannot be read is
    /// not found.
    fn settle(&mut self) {
        for id in self.state.take_pending() {
            let Some(number) = self.state.post_number(&id) else { continue };
            let post = &self.state.posts[number];
            let edits: Vec<(u32, Place)> =
                self.state.edits(post).into_iter().map(|(number, aside)| (number, aside.place)).collect();
            let Ok(mut before) = self.words(post.place) else { continue };
            for (edit, place) in edits {
                let Ok(mut words) = self.words(place) else { continue };
                if words.title.is_empty() {
                    words.title = before.title;
                }
                self.state.reword(number, edit, &words);
                before = words;
            }
        }
    }

    /// Reads something kept back from the log.
    pub(crate) fn kept(&self, place: Place) -> Result<Kept, IndexError> {
        envelope_in(&self.log.read(place)?).map_err(|_| IndexError::Damaged)
    }

    /// Reads fields of the body of something kept.
    pub(crate) fn body<B: serde::de::DeserializeOwned>(&self, place: Place) -> Result<B, IndexError> {
        read_body(&self.kept(place)?.bytes).map_err(|_| IndexError::Damaged)
    }

    fn words(&self, place: Place) -> Result<Words, IndexError> {
        self.body(place)
    }

    /// The exact bytes of an envelope that is here, to pass on.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn envelope(&self, id: &EnvelopeId) -> Result<Option<Vec<u8>>, IndexError> {
        let place = match self.state.known(id) {
            Some(Known::Post(number)) => self.state.posts[number].place,
            Some(Known::Aside(number)) => match self.state.besides.find(number) {
                Some(aside) => aside.place,
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        Ok(Some(self.kept(place)?.bytes))
    }

    /// Whether something is here: it need not be fetched.
    #[must_use]
    pub fn has(&self, id: &EnvelopeId) -> bool {
        self.state.known(id).is_some()
    }

    /// How much there is.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Self { log, state, .. } = self;
        Stats {
            posts: state.posts.len(),
            beside: state.besides.len(),
            persons: state.people.len(),
            terms: state.search.term_count(),
            postings_len: state.search.postings_len(),
            unsearchable: state.unsearchable(),
            segments: log.segment_count(),
            log_len: log.frames_len(),
            live_len: state.live_len(),
        }
    }
}

/// The words of a post or reply that is kept.
fn words_of(kept: &Kept) -> Option<Words> {
    read_body(&kept.bytes).ok()
}
