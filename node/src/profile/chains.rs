//! Boards with stewards as they are known here: got to know by a link, followed through their changes by the seats of
//! their stewards, and, where the user is one, published in their own.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use roneo_client::board::MAX_KNOWN_BOARDS;
use roneo_client::handle::{AnnouncementRecord, HandleError, JobError};
use roneo_client::social::SocialError;
use roneo_keys::time::Wall;
use roneo_keys::{ConvergenceSecret, InsertUri, Uri};
use roneo_social::{
    BoardChain, BoardId, ChainLink, Descriptor, DescriptorId, MAX_LINK_LEN, MAX_SEAT_LEN, MAX_WALK, Pointer, Seat,
    StewardId, hour_of,
};
use tokio::time::{Instant, sleep, timeout};

use super::hear::fetched;
use super::say::retry;
use super::social::ASK_PATIENCE;
use super::stewards::Office;
use super::stored::{Boards, KnownBoard};
use super::{Profile, lock};

/// The media types of a link and of a seat.
const LINK_MEDIA_TYPE: &str = "application/vnd.roneo.board";
const SEAT_MEDIA_TYPE: &str = "application/vnd.roneo.seat";
/// Stewards whose seats a reader asks.
pub(super) const STEWARDS_ASKED: usize = 3;
/// How often is looked whether an hour has begun that needs a beacon.
const BEACON_LOOK: Duration = Duration::from_secs(20);

/// What the seats of a board's stewards said.
#[derive(Clone, Default)]
pub(super) struct Asked {
    /// When they were asked last.
    tried: Option<Instant>,
    /// When one answered, seconds since 1970.
    pub(super) at: Option<u64>,
    /// What they propose.
    pub(super) proposals: Vec<Descriptor>,
}

impl Profile {
    /// A board with stewards, if it is known.
    pub(super) fn known_board(&self, board: &BoardId) -> Option<KnownBoard> {
        self.0.read(|kept| kept.boards.value.known.iter().find(|known| known.chain.board == *board).cloned())
    }

    /// Changes what is kept of boards, on disk first.
    pub(super) async fn keep_boards<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Boards) -> Result<R, SocialError> + Send + 'static,
    ) -> Result<R, SocialError> {
        self.keep(|kept| &mut kept.boards, change).await
    }

    /// Stores a link of a chain. Storing the same again gives the same pointer.
    pub(super) async fn store_link(&self, link: &ChainLink) -> Result<Pointer, SocialError> {
        let id = link.descriptor.terms().id();
        let secret = blake3::derive_key("roneo board link convergence 1", id.as_bytes());
        self.store(LINK_MEDIA_TYPE, link.to_bytes(), ConvergenceSecret::from_bytes(secret)).await
    }

    /// Keeps a board that nothing was known of; one that is known stays as it is.
    pub(super) async fn keep_board(&self, first: Pointer, chain: BoardChain, own: bool) -> Result<(), SocialError> {
        let now = self.0.now();
        self.keep_boards(move |boards| {
            let board = chain.board().id();
            if boards.known.iter().any(|known| known.chain.board == board) {
                return Ok(());
            }
            if boards.known.len() >= MAX_KNOWN_BOARDS {
                return Err(SocialError::Full { what: "boards with stewards", most: MAX_KNOWN_BOARDS });
            }
            let chain = chain.into();
            boards.known.push(KnownBoard { first, chain, changed_at: now, proposal: None, seat_waits: own });
            Ok(())
        })
        .await?;
        self.0.stewards_changed.notify_one();
        Ok(())
    }

    /// Gets to know a board by where the link of its first descriptor lies.
    pub(super) async fn get_to_know(&self, first: Pointer) -> Result<BoardId, SocialError> {
        let link = self.link(&first).await?.ok_or(SocialError::NoBoard)?;
        let chain = BoardChain::found(link, first.clone()).map_err(|_| SocialError::NoBoard)?;
        let board = chain.board().id();
        self.keep_board(first, chain, false).await?;
        // Those who keep it may be away: then it is known as it was founded, and asked about again later.
        let _ = self.ask_stewards(&board, STEWARDS_ASKED).await;
        Ok(board)
    }

    /// A link of a chain, or nothing where something else lies there.
    async fn link(&self, at: &Pointer) -> Result<Option<ChainLink>, SocialError> {
        match fetched(&self.0.node, Uri::Chk(at.chk().clone()), MAX_LINK_LEN).await {
            Ok(bytes) => Ok(ChainLink::parse(&bytes).ok()),
            Err(HandleError::Job(JobError::Damaged { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A steward's seat, or nothing where there is none, or nobody answers.
    async fn seat(&self, steward: &StewardId) -> Option<Seat> {
        let link = steward.seat().ok()?;
        let bytes = fetched(&self.0.node, Uri::Usk(link), MAX_SEAT_LEN).await.ok()?;
        Seat::parse(&bytes).ok()
    }

    /// Asks so many stewards, drawn anew each time, what the newest state of a board is and what they propose. Says
    /// whether it changed.
    pub(super) async fn ask_stewards(&self, board: &BoardId, most: usize) -> Result<bool, SocialError> {
        let known = self.known_board(board).ok_or(SocialError::NotStewarded)?;
        let mut chain = BoardChain::from(known.chain);
        let mut stewards = chain.board().newest().terms().policy.keys.clone();
        stewards.shuffle(&mut *lock(&self.0.rng));
        stewards.truncate(most);
        let seats = futures_util::future::join_all(stewards.iter().map(|steward| self.seat(steward))).await;
        let seats: Vec<Seat> = seats.into_iter().flatten().collect();
        let mut changed = false;
        for seat in &seats {
            if seat.newest != *chain.at() {
                let links = self.walk_back(&chain, seat.newest.clone()).await;
                changed |= chain.follow(links);
            }
        }
        let answered = !seats.is_empty();
        let proposals = merged(seats.into_iter().filter_map(|seat| seat.proposal));
        {
            let mut asked = lock(&self.0.asked);
            let asked = asked.entry(*board).or_default();
            asked.tried = Some(Instant::now());
            if answered {
                (asked.at, asked.proposals) = (Some(self.0.now()), proposals);
            }
        }
        if changed {
            self.adopt_chain(chain).await?;
        }
        Ok(changed)
    }

    /// Whether a board has stewards, and they were not asked for so long.
    pub(super) fn is_time_to_ask(&self, board: &BoardId, again: Duration) -> bool {
        let tried = lock(&self.0.asked).get(board).and_then(|asked| asked.tried);
        tried.is_none_or(|tried| tried.elapsed() >= again) && self.known_board(board).is_some()
    }

    /// The links from `newest` back to where what is known here goes on, the oldest first. What cannot be fetched ends
    /// it: a seat can lead to anything.
    async fn walk_back(&self, chain: &BoardChain, newest: Pointer) -> Vec<(ChainLink, Pointer)> {
        let (mut links, mut at) = (Vec::new(), Some(newest));
        while let Some(here) = at.filter(|_| links.len() < MAX_WALK) {
            let Ok(Some(link)) = self.link(&here).await else { return Vec::new() };
            at = link.before.clone().filter(|_| chain.wants_before(&link));
            links.push((link, here));
        }
        links.reverse();
        links
    }

    /// Keeps a newer state of a board. A proposal for the one before is gone with it.
    pub(super) async fn adopt_chain(&self, chain: BoardChain) -> Result<(), SocialError> {
        let now = self.0.now();
        self.keep_boards(move |boards| {
            let own: BTreeSet<StewardId> = boards.offices.iter().map(|seed| Office::of(seed).steward.id()).collect();
            let board = chain.board().id();
            if let Some(known) = boards.known.iter_mut().find(|known| known.chain.board == board) {
                known.seat_waits |= keepers(&chain).any(|steward| own.contains(steward));
                (known.chain, known.changed_at, known.proposal) = (chain.into(), now, None);
            }
            Ok(())
        })
        .await?;
        self.0.stewards_changed.notify_one();
        self.0.boards_changed.notify_one();
        Ok(())
    }

    /// Publishes the user's seats where something in them changed, for as long as it is polled.
    pub(super) async fn keep_seats(&self) {
        let mut tries = 0;
        loop {
            let waiting: Vec<BoardId> = self.0.read(|kept| {
                let known = kept.boards.value.known.iter();
                known.filter(|known| known.seat_waits).map(|known| known.chain.board).collect()
            });
            let mut failed = false;
            for board in &waiting {
                match self.publish_seats(board).await {
                    Ok(()) => tries = 0,
                    Err(SocialError::Node(HandleError::Stopping)) => return,
                    // A full disk, a busy node, a network that is away: all of them pass.
                    Err(_) => failed = true,
                }
            }
            if failed {
                sleep(retry(&mut tries)).await;
            } else if waiting.is_empty() {
                self.0.stewards_changed.notified().await;
            }
        }
    }

    async fn publish_seats(&self, board: &BoardId) -> Result<(), SocialError> {
        let Some(known) = self.known_board(board) else { return Ok(()) };
        let offices = self.0.read(|kept| kept.boards.value.offices.iter().map(Office::of).collect::<Vec<_>>());
        let chain = BoardChain::from(known.chain.clone());
        // Who was a steward leads those on who have not heard of it.
        let keepers: BTreeSet<StewardId> = keepers(&chain).copied().collect();
        for office in offices.iter().filter(|office| keepers.contains(&office.steward.id())) {
            let content = Seat::new(known.chain.at.clone(), known.proposal.clone()).to_bytes();
            let secret = blake3::derive_key("roneo seat convergence 1", &content);
            let target = self.target(SEAT_MEDIA_TYPE, content, ConvergenceSecret::from_bytes(secret)).await?;
            let (pair, docname) = office.steward.seat();
            let job = self.0.node.publish(InsertUri::Usk { pair, docname, edition: 0 }, target).await?;
            self.settled(job).await?;
        }
        let board = *board;
        self.keep_boards(move |boards| {
            if let Some(now) = boards.known.iter_mut().find(|known| known.chain.board == board) {
                // Unless something was signed meanwhile.
                now.seat_waits = *now != known;
            }
            Ok(())
        })
        .await
    }

    /// Shows each hour's beacon of the boards whose chain of beacons is the user's, for as long as it is polled.
    pub(super) async fn show_beacons(&self) {
        let mut shown: BTreeSet<(BoardId, u32)> = BTreeSet::new();
        loop {
            let now = Wall(self.0.now());
            shown.retain(|(_, hour)| *hour >= hour_of(now));
            for record in self.beacons_due(now, &shown) {
                let announcing = timeout(ASK_PATIENCE, self.0.node.announce(record.1)).await;
                match announcing {
                    Ok(Ok(receipts)) if receipts > 0 => drop(shown.insert((record.0, hour_of(now)))),
                    Ok(Err(HandleError::Stopping)) => return,
                    // The next look tries again.
                    _ => {}
                }
            }
            tokio::select! {
                () = sleep(BEACON_LOOK) => {}
                () = self.0.beacons_changed.notified() => {}
            }
        }
    }

    /// Records of this hour with their beacons and nothing else.
    fn beacons_due(&self, now: Wall, shown: &BTreeSet<(BoardId, u32)>) -> Vec<(BoardId, AnnouncementRecord)> {
        self.0.read(|kept| {
            let Boards { offices, known, .. } = &kept.boards.value;
            let due = known.iter().filter(|known| !shown.contains(&(known.chain.board, hour_of(now))));
            let record = |known: &KnownBoard| {
                let (board, terms) = (known.chain.board, known.chain.newest.terms());
                let anchor = terms.beacon?;
                let secret = offices.iter().map(|seed| Office::of(seed).beacons(anchor.hour));
                let beacon = secret.into_iter().find(|secret| secret.anchor() == anchor)?.beacon(now)?;
                let mut record = AnnouncementRecord::under(&terms.roster(&board).ok()?, hour_of(now));
                record.learn(beacon).ok()?;
                Some((board, record))
            };
            due.filter_map(record).collect()
        })
    }
}

/// The stewards of a board's newest state and of the one before.
fn keepers(chain: &BoardChain) -> impl Iterator<Item = &StewardId> {
    let newest = &chain.board().newest().terms().policy.keys;
    let before = chain.before().map(|before| &before.terms().policy.keys);
    newest.iter().chain(before.into_iter().flatten())
}

/// What stewards propose, each proposal once, with all the signatures that were met.
pub(super) fn merged(proposals: impl IntoIterator<Item = Descriptor>) -> Vec<Descriptor> {
    let mut merged: Vec<(DescriptorId, Descriptor)> = Vec::new();
    for proposal in proposals {
        let id = proposal.terms().id();
        match merged.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => {
                let sigs = known.signatures().iter().chain(proposal.signatures()).cloned().collect();
                if let Ok(both) = Descriptor::new(known.terms().clone(), sigs) {
                    *known = both;
                }
            }
            None => merged.push((id, proposal)),
        }
    }
    merged.into_iter().map(|(_, proposal)| proposal).collect()
}
