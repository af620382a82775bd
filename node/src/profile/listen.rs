//! Listening: followed boards are read from time to time, open ones often, and what is heard goes into the index.
//!
//! Times are random, so that nobody who sees one reading knows when the next comes, nor from a reading which boards
//! somebody reads. A board is open for a while after it was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt as _};
use roneo_client::handle::HandleError;
use roneo_client::social::{OPEN_FOR_S, SocialError};
use roneo_index::{Heard, Index, IndexError};
use roneo_keys::time::Wall;
use roneo_social::{BoardId, Body, Envelope, GRACE_S, OutboxId, PersonId, Pointer, hour_of};
use tokio::time::{Instant, sleep_until, timeout};

use super::chains::STEWARDS_ASKED;
use super::hear::{FETCHES, Met, Read, Reading};
use super::social::ASK_PATIENCE;
use super::{Inner, Profile, lock};

/// How long to sleep at most while nothing is to be read.
const IDLE: Duration = Duration::from_secs(3_600);
/// Hours that are read of a board that was not read in this run, and the most that are read of any.
const FIRST_HOURS: u64 = 24;
/// Seconds for which the hours of what was announced and not found are read again.
const MISSING_FOR_S: u64 = 3_600;
/// People whose outboxes are looked into after one reading of a board.
const PEOPLE_AT_ONCE: usize = 4;
/// Looks into outboxes that may go on at one time.
pub(super) const LOOKS: usize = 8;
/// How often the time between two looks is doubled, at most.
const MAX_DOUBLINGS: u32 = 6;
/// By how much longer a person of a board that is not open waits.
const PEOPLE_IN_BACKGROUND: u32 = 10;
/// Between two looks into the outbox of somebody whose page is opened.
pub(super) const ASKED_AGAIN: Duration = Duration::from_secs(5);
/// What is fetched from one outbox at one look, the newest.
const ENTRIES_AT_ONCE: usize = 16;
/// People of whom is remembered where their outbox lies and when it was looked into; beyond, all are forgotten.
const MAX_PEOPLE: usize = 4_000;
/// Boards that count as open, at most: those looked at last.
const MAX_OPEN: usize = 16;

/// How often boards are read.
#[derive(Debug, Clone)]
pub(crate) struct ReadingPace {
    /// Between two readings of an open board.
    pub(crate) open: Range<Duration>,
    /// Between two readings of one that is followed.
    pub(crate) followed: Range<Duration>,
    /// Between two looks into the outbox of one person, at least, where their board is open.
    pub(crate) person: Duration,
    /// Between two looks into the outbox of one who is followed.
    pub(crate) followed_person: Range<Duration>,
    /// Between two looks into the seats of a board's stewards, at least.
    pub(crate) stewards: Duration,
}

impl ReadingPace {
    /// As the design has it: 10 to 30 s, and in the background fewer than 12 readings an hour.
    pub(crate) fn usual() -> Self {
        Self {
            open: Duration::from_secs(10)..Duration::from_secs(30),
            followed: Duration::from_secs(5 * 60)..Duration::from_secs(9 * 60),
            person: Duration::from_secs(60),
            followed_person: Duration::from_secs(25 * 60)..Duration::from_secs(45 * 60),
            stewards: Duration::from_secs(60 * 60),
        }
    }

    /// Where nobody is watched, as among the nodes of one machine or bench.
    pub(crate) fn often() -> Self {
        Self {
            open: Duration::from_millis(1_500)..Duration::from_secs(3),
            followed: Duration::from_secs(10)..Duration::from_secs(20),
            person: Duration::from_secs(4),
            followed_person: Duration::from_secs(10)..Duration::from_secs(20),
            stewards: Duration::from_secs(8),
        }
    }

    fn draw(&self, source: Source, open: bool, rng: &mut impl Rng) -> Duration {
        rng.random_range(match source {
            Source::Board(_) if open => self.open.clone(),
            Source::Board(_) => self.followed.clone(),
            Source::Person(_) => self.followed_person.clone(),
        })
    }
}

/// What is known of a board besides what the index has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BoardState {
    /// When it was looked at.
    pub(super) looked: Option<Instant>,
    /// When it was heard, seconds since 1970.
    pub(super) heard_at: Option<u64>,
    /// Up to when it need not be read again.
    pub(super) whole_at: Option<u64>,
    /// What was announced and not found then.
    pub(super) missing: usize,
}

/// What is known of a person besides what the index has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    outbox: OutboxId,
    looked: Option<Instant>,
    /// Of the newest head met.
    serial: Option<u64>,
    /// Looks, one after the other, that did not find everything.
    misses: u32,
}

impl Author {
    /// Whether it is time to look again: after `again`, and twice as long for each look that missed something.
    fn is_due(&self, again: Duration) -> bool {
        self.looked.is_none_or(|at| at.elapsed() >= again * (1 << self.misses.min(MAX_DOUBLINGS)))
    }
}

/// What is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A board: its announcements.
    Board(BoardId),
    /// A person who is followed: their outbox.
    Person(PersonId),
}

/// Hours to be read of a board that was read whole at `whole_at`, the current one counted. The record of an hour takes
/// entries for a while after its end.
fn hours_since(whole_at: Option<u64>, now: Wall) -> u64 {
    let Some(whole_at) = whole_at else { return FIRST_HOURS };
    let since = hour_of(now).saturating_sub(hour_of(Wall(whole_at.saturating_sub(GRACE_S))));
    (u64::from(since) + 1).min(FIRST_HOURS)
}

/// Up to when a board need not be read again, once every hour that was asked for was heard. What was missing is looked
/// for a while longer, and not for ever: anybody can announce what is nowhere.
fn whole_since(before: Option<u64>, now: Wall, missing: usize) -> Option<u64> {
    let whole = if missing == 0 { now.0 } else { now.0.saturating_sub(MISSING_FOR_S) };
    before.max(Some(whole))
}

impl Inner {
    /// Does something with the index. Blocks.
    pub(super) fn index<R>(&self, act: impl FnOnce(&mut Index) -> Result<R, IndexError>) -> Result<R, SocialError> {
        let mut index = lock(&self.index);
        // Under the lock, so that nothing is written once the directory is given up.
        self.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
        match &mut *index {
            Ok(index) => act(index).map_err(index_error),
            Err(reason) => Err(SocialError::Disk(reason.clone())),
        }
    }

    fn is_open(state: &BoardState) -> bool {
        state.looked.is_some_and(|at| at.elapsed() < Duration::from_secs(OPEN_FOR_S))
    }
}

pub(super) fn index_error(error: IndexError) -> SocialError {
    match error {
        IndexError::Disk { .. } | IndexError::Stopped | IndexError::Damaged => SocialError::Disk(error.to_string()),
        IndexError::Newer => SocialError::Newer,
        IndexError::Name(error) => SocialError::Name(error),
        other => SocialError::Index(other.to_string()),
    }
}

impl Profile {
    /// Does something with the index, where waiting for the disk is allowed.
    pub(super) async fn index<R: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Index, Wall) -> Result<R, IndexError> + Send + 'static,
    ) -> Result<R, SocialError> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let now = Wall(inner.now());
            inner.index(|index| act(index, now))
        });
        done.await.unwrap_or_else(|_| Err(SocialError::Disk("this broke off: please report it".to_owned())))
    }

    /// Says that a board is being looked at.
    pub(super) fn look_at(&self, board: BoardId) {
        let mut boards = lock(&self.0.boards);
        let state = boards.entry(board).or_default();
        let opens = !Inner::is_open(state);
        state.looked = Some(Instant::now());
        if boards.values().filter(|state| Inner::is_open(state)).count() > MAX_OPEN {
            let oldest = boards.values_mut().filter(|state| Inner::is_open(state)).min_by_key(|state| state.looked);
            if let Some(oldest) = oldest {
                oldest.looked = None;
            }
        }
        if opens {
            self.0.boards_changed.notify_one();
        }
    }

    /// Listens for as long as it is polled.
    pub(super) async fn listen(&self, pace: ReadingPace) {
        let mut due: BTreeMap<Source, Instant> = BTreeMap::new();
        loop {
            let sources = self.sources().await;
            due.retain(|source, _| sources.contains_key(source));
            for (source, open) in &sources {
                let drawn = Instant::now() + pace.draw(*source, *open, &mut *lock(&self.0.rng));
                let first = if self.is_stale(*source, &pace) { Instant::now() } else { drawn };
                due.entry(*source).and_modify(|at| *at = (*at).min(drawn)).or_insert(first);
            }
            let next = due.iter().min_by_key(|(_, at)| **at).map(|(source, at)| (*source, *at));
            let wake = next.map_or_else(|| Instant::now() + IDLE, |(_, at)| at);
            tokio::select! {
                () = sleep_until(wake) => {}
                () = self.0.boards_changed.notified() => continue,
            }
            let Some((source, _)) = next else { continue };
            let open = sources.get(&source).copied().unwrap_or_default();
            due.insert(source, Instant::now() + pace.draw(source, open, &mut *lock(&self.0.rng)));
            match source {
                // What goes wrong now goes right another time, or the node stops and this with it.
                Source::Board(board) => drop(self.listen_to(board, open, &pace).await),
                Source::Person(person) => self.look_into_soon(person, pace.person),
            }
        }
    }

    /// What is open or followed, and whether it is open.
    async fn sources(&self) -> BTreeMap<Source, bool> {
        let followed = self.index(|index, now| Ok(index.followed(now))).await;
        let mut sources = BTreeMap::new();
        if let Ok(followed) = followed {
            sources.extend(followed.boards.iter().map(|(board, _)| (Source::Board(*board), false)));
            sources.extend(followed.persons.iter().map(|(who, _)| (Source::Person(who.person), false)));
        }
        sources.extend(self.open_boards().into_iter().map(|board| (Source::Board(board), true)));
        sources
    }

    fn open_boards(&self) -> BTreeSet<BoardId> {
        let known = lock(&self.0.boards);
        known.iter().filter(|(_, state)| Inner::is_open(state)).map(|(board, _)| *board).collect()
    }

    /// Whether a board that was not to be read until now is to be read at once.
    fn is_stale(&self, source: Source, pace: &ReadingPace) -> bool {
        let Source::Board(board) = source else { return false };
        let heard = self.board_state(board).heard_at;
        heard.is_none_or(|at| self.0.now().saturating_sub(at) > pace.open.end.as_secs())
    }

    async fn listen_to(&self, board: BoardId, open: bool, pace: &ReadingPace) -> Result<(), SocialError> {
        if self.is_time_to_ask(&board, pace.stewards) {
            // Where nobody answers, the board is read as it was known.
            let _ = self.ask_stewards(&board, STEWARDS_ASKED).await;
        }
        let now = Wall(self.0.now());
        let hours = hours_since(self.board_state(board).whole_at, now);
        let Reading { hours_asked, hours_heard, missing, met, .. } = self.hear_board(board, hours).await?;
        if hours_heard == 0 {
            return Ok(());
        }
        self.know_authors(&met);
        let authors: BTreeSet<PersonId> = met.iter().map(|met| met.envelope.author()).collect();
        self.take_in(board, met).await?;
        {
            let mut boards = lock(&self.0.boards);
            let state = boards.entry(board).or_default();
            (state.heard_at, state.missing) = (Some(now.0), missing);
            if hours_heard == hours_asked {
                state.whole_at = whole_since(state.whole_at, now, missing);
            }
        }
        let again = if open { pace.person } else { pace.person * PEOPLE_IN_BACKGROUND };
        self.look_into_outboxes(&authors, again);
        Ok(())
    }

    pub(super) fn board_state(&self, board: BoardId) -> BoardState {
        lock(&self.0.boards).get(&board).copied().unwrap_or_default()
    }

    async fn take_in(&self, board: BoardId, met: Vec<Met>) -> Result<(), SocialError> {
        self.index(move |index, now| {
            for Met { at, weight, envelope } in met.into_iter().filter(|met| !met.envelope.is_ahead(now)) {
                let (at, effort) = (Some(at), weight.solutions());
                index.add(Heard { envelope: &envelope, at, boards: vec![board], effort, heard_at: now.0 })?;
            }
            index.flush()
        })
        .await
    }

    fn know_authors(&self, met: &[Met]) {
        let mut people = lock(&self.0.people);
        for met in met {
            if people.len() >= MAX_PEOPLE {
                people.clear();
            }
            let outbox = met.envelope.device().outbox;
            people.entry(met.envelope.author()).or_insert(Author { outbox, looked: None, serial: None, misses: 0 });
        }
    }

    /// Looks into the outboxes of a board's authors, those not looked into for longest first: their names, and what they
    /// changed in what they said.
    fn look_into_outboxes(&self, authors: &BTreeSet<PersonId>, again: Duration) {
        let mut due: Vec<(Option<Instant>, PersonId)> = {
            let people = lock(&self.0.people);
            let known = authors.iter().filter_map(|person| people.get_key_value(person));
            known.filter(|(_, author)| author.is_due(again)).map(|(person, author)| (author.looked, *person)).collect()
        };
        due.sort_unstable();
        due.into_iter().take(PEOPLE_AT_ONCE).for_each(|(_, person)| self.look_into_soon(person, again));
    }

    /// Looks into somebody's outbox in a task of its own, unless that was done lately or [`LOOKS`] go on. What a
    /// hostile outbox costs is one of these for [`ASK_PATIENCE`], and less often each time.
    pub(super) fn look_into_soon(&self, person: PersonId, again: Duration) {
        let Ok(permit) = Arc::clone(&self.0.looks).try_acquire_owned() else { return };
        let profile = self.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let Some(mut author) = profile.author(person).await.filter(|author| author.is_due(again)) else { return };
            author.looked = Some(Instant::now());
            lock(&profile.0.people).insert(person, author);
            let looked = timeout(ASK_PATIENCE, profile.look_into_outbox(person, &author)).await;
            match looked {
                Ok(Ok(Some(serial))) => (author.serial, author.misses) = (Some(serial), 0),
                _ => author.misses = author.misses.saturating_add(1),
            }
            lock(&profile.0.people).insert(person, author);
        });
    }

    /// Takes in what an outbox leads to and is not here. Gives the serial of its head, or nothing where something could
    /// not be found.
    async fn look_into_outbox(&self, person: PersonId, author: &Author) -> Result<Option<u64>, SocialError> {
        let Some(head) = self.newest_head(&person, &author.outbox).await? else { return Ok(None) };
        // Older than one that was met: somebody serves an old state. What was read stays read.
        if author.serial.is_some_and(|known| head.serial < known) {
            return Ok(author.serial);
        }
        let open = self.open_boards();
        let (entries, profile) = (head.entries, head.profile);
        let wanted = self.index(move |index, now| {
            // Only where the reader looks: an author does not choose what else this node reads.
            let followed = index.followed(now);
            let here = |board: &BoardId| open.contains(board) || followed.boards.iter().any(|(of, _)| of == board);
            let whole = followed.persons.iter().any(|(who, _)| who.person == person);
            let missing = entries.into_iter().filter(|entry| !index.has(&entry.id)).filter_map(|entry| {
                let boards: Vec<BoardId> = entry.boards.into_iter().filter(here).collect();
                (whole || !boards.is_empty()).then_some((entry.at, boards))
            });
            Ok(missing.take(ENTRIES_AT_ONCE).collect::<Vec<(Pointer, Vec<BoardId>)>>())
        });
        let mut wanted = wanted.await?;
        wanted.extend(profile.map(|at| (at, Vec::new())));
        let (mut complete, mut found) = (true, Vec::new());
        for some in wanted.chunks(FETCHES) {
            let read = futures_util::future::join_all(some.iter().map(|(at, _)| self.envelope(at))).await;
            for ((at, boards), read) in some.iter().zip(read) {
                match read? {
                    Read::Envelope(envelope) if envelope.author() == person => {
                        found.push((envelope, at.clone(), boards.clone()));
                    }
                    Read::Envelope(_) | Read::NoEnvelope => {}
                    Read::NotFound => complete = false,
                }
            }
        }
        self.index(move |index, now| {
            for (envelope, at, boards) in found.into_iter().filter(|(envelope, ..)| !envelope.is_ahead(now)) {
                index.add(Heard { envelope: &envelope, at: Some(at), boards, effort: 0, heard_at: now.0 })?;
            }
            index.flush()
        })
        .await?;
        Ok(complete.then_some(head.serial))
    }

    /// Where somebody's outbox lies: from what was heard in this run, or in an earlier one.
    async fn author(&self, person: PersonId) -> Option<Author> {
        if let Some(author) = lock(&self.0.people).get(&person) {
            return Some(*author);
        }
        let bytes = self.index(move |index, now| {
            let newest = roneo_index::Paging { cursor: None, limit: Some(1) };
            let page = index.by_person(person, &newest, now)?;
            page.entries.first().map_or(Ok(None), |post| index.envelope(&post.id))
        });
        let envelope = Envelope::open(&bytes.await.ok()??).ok()?;
        Some(Author { outbox: envelope.device().outbox, looked: None, serial: None, misses: 0 })
    }

    /// Shows what the user said at once, before it is stored anywhere.
    pub(super) async fn show_own(&self, envelope: Vec<u8>, board: BoardId) -> Result<(), SocialError> {
        let Ok(envelope) = Envelope::open(&envelope) else { return Ok(()) };
        if matches!(envelope.body(), Body::OutboxHead(_) | Body::OutboxPage(_)) {
            return Ok(());
        }
        self.index(move |index, now| {
            index.add(Heard { envelope: &envelope, at: None, boards: vec![board], effort: 0, heard_at: now.0 })?;
            index.flush()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 500_000 * 3_600;

    #[test]
    fn every_hour_is_read_once_more_after_it_takes_no_more_entries() {
        let minutes = |minutes: u64| HOUR + minutes * 60;
        let hours = |whole, now| hours_since(Some(minutes(whole)), Wall(minutes(now)));
        assert_eq!(hours_since(None, Wall(HOUR)), FIRST_HOURS);
        // Within the hour, but not in its first ten minutes, the one before is complete.
        assert_eq!((hours(30, 31), hours(11, 12)), (1, 1));
        assert_eq!((hours(5, 6), hours(55, 61), hours(65, 71)), (2, 2, 2));
        assert_eq!(hours(75, 76), 1);
        assert_eq!((hours(30, 30 + 5 * 60), hours(30, 30 + 90 * 60)), (6, FIRST_HOURS));
    }

    #[test]
    fn what_is_nowhere_does_not_have_a_day_read_again_and_again() {
        let (first, later) = (Wall(HOUR + 1_800), Wall(HOUR + 1_830));
        assert_eq!(whole_since(None, first, 0), Some(first.0));
        let junk = whole_since(None, first, 3);
        assert_eq!(hours_since(junk, later), 2);
        assert_eq!(whole_since(Some(later.0), later, 3), Some(later.0), "what was whole stays so");
    }

    #[test]
    fn whoever_leads_to_nothing_is_looked_into_less_and_less() {
        let outbox = OutboxId::from_bytes([1; 32]);
        let looked = Instant::now().checked_sub(Duration::from_secs(300));
        let due = |misses, again| Author { outbox, looked, serial: None, misses }.is_due(Duration::from_secs(again));
        assert!(due(0, 60) && due(2, 60) && !due(3, 60));
        assert!(due(u32::MAX, 4) && !due(u32::MAX, 5));
        assert!(Author { outbox, looked: None, serial: None, misses: 9 }.is_due(Duration::from_secs(9_000)));
    }
}
