//! Listening: followed boards are read from time to time, open ones often, and what is heard goes into the index.
//!
//! Times are random, so that nobody who sees one reading knows when the next comes, nor from a reading which boards
//! somebody reads. A board is open for a while after it was looked at.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt as _};
use roneo_client::handle::HandleError;
use roneo_client::social::{OPEN_FOR_S, SocialError};
use roneo_index::{Heard, Index, IndexError};
use roneo_keys::time::Wall;
use roneo_social::{BoardId, Body, Envelope, OutboxEntry, OutboxHead, OutboxId, PersonId, Pointer};
use tokio::time::{Instant, sleep_until};

use super::hear::{Met, Read, Reading};
use super::{Inner, Profile, lock};

/// How long to sleep at most while nothing is to be read.
const IDLE: Duration = Duration::from_secs(3_600);
/// Hours that are read of a board that was not read in this run.
const FIRST_HOURS: u64 = 24;
/// Hours that are read of one that was.
const NEXT_HOURS: u64 = 1;
/// People whose outboxes are looked into after one reading of a board.
const PEOPLE_AT_ONCE: usize = 4;
/// Between two looks into the outbox of somebody whose page is opened.
const ASKED_AGAIN: Duration = Duration::from_secs(5);
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
}

impl ReadingPace {
    /// As the design has it: 10 to 30 s, and in the background fewer than 12 readings an hour.
    pub(crate) fn usual() -> Self {
        Self {
            open: Duration::from_secs(10)..Duration::from_secs(30),
            followed: Duration::from_secs(5 * 60)..Duration::from_secs(9 * 60),
            person: Duration::from_secs(60),
        }
    }

    /// Among nodes of one machine or bench, where nobody is watched.
    pub(crate) fn local() -> Self {
        Self {
            open: Duration::from_millis(1_500)..Duration::from_secs(3),
            followed: Duration::from_secs(10)..Duration::from_secs(20),
            person: Duration::from_secs(4),
        }
    }

    fn draw(&self, open: bool, rng: &mut impl Rng) -> Duration {
        rng.random_range(if open { self.open.clone() } else { self.followed.clone() })
    }
}

/// What is known of a board besides what the index has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BoardState {
    /// When it was looked at.
    pub(super) looked: Option<Instant>,
    /// When it was heard, seconds since 1970.
    pub(super) heard_at: Option<u64>,
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
}

impl Inner {
    /// Does something with the index. Blocks.
    pub(super) fn index<R>(&self, act: impl FnOnce(&mut Index) -> Result<R, IndexError>) -> Result<R, SocialError> {
        self.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
        let mut index = lock(&self.index);
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
        // When each board was due last, so that one that is opened is read at once.
        let mut due: BTreeMap<BoardId, Instant> = BTreeMap::new();
        loop {
            let boards = self.boards_to_read().await;
            due.retain(|board, _| boards.contains_key(board));
            for (board, open) in &boards {
                let wait =
                    if self.was_heard(*board) { pace.draw(*open, &mut *lock(&self.0.rng)) } else { Duration::ZERO };
                let latest = Instant::now() + wait;
                let at = due.entry(*board).or_insert(latest);
                *at = (*at).min(latest);
            }
            let next = due.iter().min_by_key(|(_, at)| **at).map(|(board, at)| (*board, *at));
            let wake = next.map_or_else(|| Instant::now() + IDLE, |(_, at)| at);
            tokio::select! {
                () = sleep_until(wake) => {}
                () = self.0.boards_changed.notified() => continue,
            }
            if let Some((board, _)) = next {
                due.remove(&board);
                let open = boards.get(&board).copied().unwrap_or_default();
                due.insert(board, Instant::now() + pace.draw(open, &mut *lock(&self.0.rng)));
                // What goes wrong now goes right another time, or the node stops and this with it.
                let _ = self.listen_to(board, open, &pace).await;
            }
        }
    }

    /// Boards that are open or followed, and whether they are open.
    async fn boards_to_read(&self) -> BTreeMap<BoardId, bool> {
        let followed = self.index(|index, now| Ok(index.followed(now).boards)).await.unwrap_or_default();
        let mut boards: BTreeMap<BoardId, bool> = followed.into_iter().map(|(board, _)| (board, false)).collect();
        let known = lock(&self.0.boards);
        boards.extend(known.iter().filter(|(_, state)| Inner::is_open(state)).map(|(board, _)| (*board, true)));
        boards
    }

    fn was_heard(&self, board: BoardId) -> bool {
        lock(&self.0.boards).get(&board).is_some_and(|state| state.heard_at.is_some())
    }

    async fn listen_to(&self, board: BoardId, open: bool, pace: &ReadingPace) -> Result<(), SocialError> {
        let hours = if self.was_heard(board) { NEXT_HOURS } else { FIRST_HOURS };
        let Reading { hours_heard, missing, met, .. } = self.hear_board(board, hours).await?;
        if hours_heard == 0 {
            return Ok(());
        }
        self.know_authors(&met);
        let authors: Vec<PersonId> = met.iter().map(|met| met.envelope.author()).collect();
        self.take_in(board, met).await?;
        let state = BoardState { heard_at: Some(self.0.now()), missing, ..self.board_state(board) };
        lock(&self.0.boards).insert(board, state);
        if open { self.look_into_outboxes(board, authors, pace.person).await } else { Ok(()) }
    }

    pub(super) fn board_state(&self, board: BoardId) -> BoardState {
        lock(&self.0.boards).get(&board).copied().unwrap_or_default()
    }

    async fn take_in(&self, board: BoardId, met: Vec<Met>) -> Result<(), SocialError> {
        self.index(move |index, now| {
            for Met { at, effort, envelope } in met {
                let (at, effort) = (Some(at), effort.get());
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
            people.entry(met.envelope.author()).or_insert(Author { outbox, looked: None, serial: None });
        }
    }

    /// Looks into the outboxes of a board's authors, those not looked into for longest first: their names, and what they
    /// changed in what they said.
    async fn look_into_outboxes(
        &self,
        board: BoardId,
        authors: Vec<PersonId>,
        again: Duration,
    ) -> Result<(), SocialError> {
        let due: Vec<(PersonId, Author)> = {
            let people = lock(&self.0.people);
            let is_due = |author: &Author| author.looked.is_none_or(|at| at.elapsed() >= again);
            let known = authors.into_iter().filter_map(|person| people.get_key_value(&person));
            let mut due: BTreeMap<PersonId, Author> = known.map(|(person, author)| (*person, *author)).collect();
            due.retain(|_, author| is_due(author));
            let mut due: Vec<_> = due.into_iter().collect();
            due.sort_by_key(|(_, author)| author.looked);
            due.truncate(PEOPLE_AT_ONCE);
            due
        };
        let looks = due.into_iter().map(|(person, author)| self.look_into_outbox(person, author, Some(board)));
        for looked in futures_util::future::join_all(looks).await {
            looked?;
        }
        Ok(())
    }

    /// Looks into one outbox. Without a board all that was said counts.
    async fn look_into_outbox(
        &self,
        person: PersonId,
        author: Author,
        board: Option<BoardId>,
    ) -> Result<(), SocialError> {
        let looked = Some(Instant::now());
        lock(&self.0.people).insert(person, Author { looked, ..author });
        let Some(head) = self.newest_head(&person, &author.outbox).await? else { return Ok(()) };
        // Older than one that was met: somebody serves an old state. What was read stays read.
        if author.serial.is_some_and(|known| head.serial <= known) {
            return Ok(());
        }
        let complete = self.follow_head(person, &head, board).await?;
        if complete {
            lock(&self.0.people).insert(person, Author { looked, serial: Some(head.serial), ..author });
        }
        Ok(())
    }

    /// Takes in what a head leads to and is not here; whether all of it could be found.
    async fn follow_head(
        &self,
        person: PersonId,
        head: &OutboxHead,
        board: Option<BoardId>,
    ) -> Result<bool, SocialError> {
        let wanted = |entry: &&OutboxEntry| board.is_none_or(|board| entry.boards.contains(&board));
        let entries: Vec<OutboxEntry> = head.entries.iter().filter(wanted).cloned().collect();
        let missing = self.index(move |index, _| {
            let missing = entries.into_iter().filter(|entry| !index.has(&entry.id));
            Ok(missing.map(|entry| (entry.at, entry.boards)).take(ENTRIES_AT_ONCE).collect::<Vec<_>>())
        });
        let mut wanted: Vec<(Pointer, Vec<BoardId>)> = missing.await?;
        wanted.extend(head.profile.clone().map(|at| (at, Vec::new())));
        let mut complete = true;
        let mut found: Vec<(Arc<Envelope>, Pointer, Vec<BoardId>)> = Vec::new();
        for (at, boards) in wanted {
            match self.envelope(&at).await? {
                Read::Envelope(envelope) if envelope.author() == person => found.push((envelope, at, boards)),
                Read::Envelope(_) | Read::NoEnvelope => {}
                Read::NotFound => complete = false,
            }
        }
        self.index(move |index, now| {
            for (envelope, at, boards) in found {
                index.add(Heard { envelope: &envelope, at: Some(at), boards, effort: 0, heard_at: now.0 })?;
            }
            index.flush()
        })
        .await?;
        Ok(complete)
    }

    /// Looks into somebody's outbox soon, in a task of its own, unless that was done a moment ago.
    pub(super) fn look_into_soon(&self, person: PersonId) {
        let profile = self.clone();
        tokio::spawn(async move {
            let Some(author) = profile.author(person).await else { return };
            if author.looked.is_none_or(|at| at.elapsed() >= ASKED_AGAIN) {
                // Nobody waits for it; the next look tries again.
                let _ = profile.look_into_outbox(person, author, None).await;
            }
        });
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
        Some(Author { outbox: envelope.device().outbox, looked: None, serial: None })
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
