//! What a digester kept of a board, so that an absence costs a reader a fetch a day. `docs/formats/digest.md`.
//!
//! Anybody may publish digests; a board's descriptor proposes whose are read, and a reader chooses. A digest proves
//! nothing: it says which envelopes were announced, and each of them proves itself. Whoever lies in one can leave out
//! and can lead astray, and readers take the digests of several, and the hours' records, together.
//!
//! Start from [`DigestState`], which a digester keeps, and [`Digested`], which a reader does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use roneo_keys::time::Wall;
use roneo_keys::{Docname, Extra, KeyPair, PublicKey, ReadKey, SigningSecret, Usk};

use crate::announce::hour_of;
use crate::body::{
    AuthorEntry, BoardId, Body, Digest, DigestEntry, DigestPage, MAX_DIGEST_AUTHORS, MAX_DIGEST_ENTRIES,
    MAX_DIGEST_HOURS, MAX_DIGEST_PAGES, Unknown,
};
use crate::envelope::{Envelope, EnvelopeId, MAX_AHEAD_S};
use crate::identity::{MasterSecret, NotSigned, PersonId};
use crate::pointer::Pointer;
use crate::roster::Beacon;

/// Entries that a digester keeps of one day of a board: four pages.
pub const MAX_DIGEST_DAY: usize = 4 * MAX_DIGEST_ENTRIES;
/// Entries among which a digester chooses those of one day: all that 24 full records of an open board hold.
pub const MAX_DAY_OFFERED: usize = 24 * crate::announce::MAX_ANNOUNCEMENTS;
/// Entries that a reader remembers of each digester of a board, the newest.
pub const MAX_DIGESTED: usize = 4_096;
/// Requests that the newest digest of a board costs: the record of its name, and the block that this leads to. A short
/// one stands in the record and costs one.
pub const DIGEST_HEAD_FETCHES: usize = 2;
/// Requests that one page costs.
pub const DIGEST_PAGE_FETCHES: usize = 1;

const HOURS: u32 = 24;

/// The name under which a digester publishes the digests of a board: `digest-` and the board's address.
fn docname(board: &BoardId) -> Docname {
    format!("digest-{}", board.to_text()).parse().expect("50 characters of base64 are a name")
}

/// BLAKE3 under `roneo digest read key 1` of digester and board.
fn read_key(digester: &PersonId, board: &BoardId) -> ReadKey {
    let mut hasher = blake3::Hasher::new_derive_key("roneo digest read key 1");
    hasher.update(digester.as_bytes()).update(board.as_bytes());
    ReadKey::from_bytes(*hasher.finalize().as_bytes())
}

/// The link to the newest digest that a person publishes of a board. It follows from both alone: who is named as a
/// digester is found without having been met before.
///
/// # Errors
/// [`NotSigned`], when the person's id is no public key.
pub fn digest_link(digester: &PersonId, board: &BoardId) -> Result<Usk, NotSigned> {
    let public = PublicKey::from_bytes(*digester.as_bytes()).map_err(|_| NotSigned)?;
    let (key, docname) = (read_key(digester, board), docname(board));
    Ok(Usk { public, key, docname, edition: 0, path: String::new(), extra: Extra::RECORD })
}

impl MasterSecret {
    /// The key pair under which this person publishes digests of a board, as a USK of the name in
    /// [`digest_link`]. Storers see a blinded key, by which they learn neither person nor board.
    #[must_use]
    pub fn digest_pair(&self, board: &BoardId) -> KeyPair {
        KeyPair { secret: SigningSecret::from_seed(*self.expose_seed()), key: read_key(&self.person(), board) }
    }
}

impl DigestEntry {
    /// Whether an envelope that was found where this entry leads is what the entry says, and is said on the board.
    #[must_use]
    pub fn is_of(&self, envelope: &Envelope, board: &BoardId) -> bool {
        let (here, root) = match envelope.body() {
            Body::Post(post) => (post.boards.contains(board), None),
            Body::Reply(reply) => (reply.boards.contains(board), Some(reply.root)),
            Body::Correction(correction) => (correction.boards.contains(board), None),
            Body::Label(label) => (label.board.is_none_or(|named| named == *board), None),
            Body::Reaction(_) | Body::Edit(_) | Body::Retraction(_) => (true, None),
            _ => return false,
        };
        here && envelope.id() == self.id && envelope.author() == self.author && root == self.root
    }
}

/// The digests of one board as their digester has them.
///
/// Hand it what was announced, hour by hour; then store each page that [`overflow`](Self::overflow) asks for, say where
/// with [`moved`](Self::moved), and publish the [`head`](Self::head). A day's entries leave the head after the day only.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestState {
    board: BoardId,
    /// By day; none before the first that is not in a page.
    days: BTreeMap<u32, Day>,
    /// Hours before this one are in pages.
    from: u32,
    pages: Vec<DigestPage>,
    latest: BTreeMap<PersonId, u64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Day {
    offered: BTreeMap<EnvelopeId, DigestEntry>,
    /// How many were not kept, of those that the digester did not even offer.
    dropped: u32,
    /// How many of its entries are in pages.
    paged: usize,
}

impl Day {
    /// What is kept, the best first: entries for whom somebody vouches before those that stand by work, in each
    /// everybody's first before anybody's second, then more work, then the earlier.
    fn kept(&self) -> Vec<&DigestEntry> {
        let mut all: Vec<&DigestEntry> = self.offered.values().collect();
        all.sort_by_key(|entry| (entry.effort != 0, Reverse(entry.effort), entry.hour, entry.id));
        let mut turns: BTreeMap<(bool, PersonId), usize> = BTreeMap::new();
        let mut ranked: Vec<(bool, usize, &DigestEntry)> = all
            .into_iter()
            .map(|entry| {
                let turn = turns.entry((entry.effort != 0, entry.author)).or_default();
                *turn += 1;
                (entry.effort != 0, *turn, entry)
            })
            .collect();
        // Stable: by work within a turn.
        ranked.sort_by_key(|(worked, turn, _)| (*worked, *turn));
        ranked.into_iter().take(MAX_DIGEST_DAY).map(|(.., entry)| entry).collect()
    }

    fn dropped(&self) -> u32 {
        let beyond = self.offered.len().saturating_sub(MAX_DIGEST_DAY);
        self.dropped.saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX))
    }
}

impl DigestState {
    /// Digests of a board, from an hour on.
    #[must_use]
    pub const fn new(board: BoardId, from: u32) -> Self {
        Self { board, days: BTreeMap::new(), from, pages: Vec::new(), latest: BTreeMap::new() }
    }

    /// Goes on where a published digest ended. Of a day that had more than fits the rest is to be offered again.
    #[must_use]
    pub fn of(head: &Digest) -> Self {
        let mut state = Self::new(head.board, head.from);
        state.pages = head.pages.clone();
        head.latest.iter().for_each(|entry| state.set_latest(entry.author, entry.edition));
        for entry in &head.entries {
            state.offer(entry.clone());
        }
        if let Some(day) = state.days.values_mut().next() {
            day.dropped = head.dropped;
        }
        state
    }

    /// Takes something that was announced, and says whether there was room. What is known already, is of hours that are
    /// in pages, or is more than [`MAX_DAY_OFFERED`] is not taken.
    pub fn offer(&mut self, entry: DigestEntry) -> bool {
        if entry.hour < self.from || self.days.get(&(entry.hour / HOURS)).is_some_and(|day| day.paged > 0) {
            return false;
        }
        // What is announced again in another hour is known.
        if self.days.values().any(|day| day.offered.contains_key(&entry.id)) {
            return false;
        }
        let day = self.days.entry(entry.hour / HOURS).or_default();
        if day.offered.len() >= MAX_DAY_OFFERED {
            return false;
        }
        day.offered.insert(entry.id, entry);
        true
    }

    /// Says that something of an hour was left out, which readers are told as a number.
    pub fn leave_out(&mut self, hour: u32) {
        if hour >= self.from {
            let day = self.days.entry(hour / HOURS).or_default();
            day.dropped = day.dropped.saturating_add(1);
        }
    }

    /// Says which edition of somebody's outbox is the newest.
    pub fn set_latest(&mut self, author: PersonId, edition: u64) {
        let known = self.latest.entry(author).or_default();
        *known = edition.max(*known);
    }

    /// What has to be stored as a page before the next head, once the hours up to `to` hold more than a head: the oldest
    /// days that have ended, as many as fit, or the next part of one that does not.
    #[must_use]
    pub fn overflow(&self, to: u32) -> Option<Digest> {
        let held: usize = self.days.values().map(|day| day.kept().len() - day.paged).sum();
        let long = to.saturating_sub(self.from) > MAX_DIGEST_HOURS;
        if held <= MAX_DIGEST_ENTRIES && !long && self.days.values().all(|day| day.paged == 0) {
            return None;
        }
        let ended = |day: &u32| (*day + 1).saturating_mul(HOURS) < to;
        let (first, oldest) = self.days.first_key_value().filter(|(day, _)| ended(day))?;
        let kept = oldest.kept();
        if kept.len() > MAX_DIGEST_ENTRIES {
            let part = kept.iter().skip(oldest.paged).take(MAX_DIGEST_ENTRIES).map(|entry| (*entry).clone());
            let dropped = if oldest.paged == 0 { oldest.dropped() } else { 0 };
            return Some(self.page((*first, *first), part.collect(), dropped));
        }
        let (mut entries, mut dropped, mut last) = (Vec::new(), 0u32, *first);
        for (day, held) in self.days.iter().take_while(|(day, _)| ended(day)) {
            let kept = held.kept();
            let span = (*day + 1 - first).saturating_mul(HOURS);
            if entries.len() + kept.len() > MAX_DIGEST_ENTRIES || span > MAX_DIGEST_HOURS {
                break;
            }
            entries.extend(kept.into_iter().cloned());
            (dropped, last) = (dropped.saturating_add(held.dropped()), *day);
        }
        Some(self.page((*first, last), entries, dropped))
    }

    fn page(&self, (first, last): (u32, u32), entries: Vec<DigestEntry>, dropped: u32) -> Digest {
        let (from, to) = ((first * HOURS).max(self.from), (last + 1) * HOURS);
        self.digest(from, to, entries, dropped)
    }

    fn digest(&self, from: u32, to: u32, mut entries: Vec<DigestEntry>, dropped: u32) -> Digest {
        entries.sort_by_key(|entry| (Reverse(entry.hour), Reverse(entry.time), entry.id));
        let (board, latest, pages, unknown) = (self.board, Vec::new(), Vec::new(), Unknown::new());
        Digest { board, from, to, entries, dropped, beacon: None, latest, pages, unknown }
    }

    /// Says where a page lies that was asked for. Beyond [`MAX_DIGEST_PAGES`] the oldest is no longer led to.
    pub fn moved(&mut self, page: &Digest, at: Pointer) {
        let reference = DigestPage { from: page.from, to: page.to, at, unknown: Unknown::new() };
        // Behind the pages of the same hours, which hold what is better.
        let place = self.pages.iter().take_while(|known| known.from == page.from && known.to == page.to).count();
        self.pages.insert(place, reference);
        self.pages.truncate(MAX_DIGEST_PAGES);
        let day = page.from / HOURS;
        if let Some(held) = self.days.get_mut(&day)
            && held.kept().len() > held.paged + page.entries.len()
        {
            held.paged += page.entries.len();
            return;
        }
        self.days.retain(|day, _| (*day).saturating_mul(HOURS) >= page.to);
        self.from = self.from.max(page.to);
    }

    /// The digest to be published at an hour, `to`, which is the one after the last that was read whole; `None` while
    /// there is an [`overflow`](Self::overflow), and before the first hour. Of a day with more than fits it has the best
    /// until the day ends.
    #[must_use]
    pub fn head(&self, to: u32, beacon: Option<Beacon>) -> Option<Digest> {
        if to <= self.from || self.overflow(to).is_some() {
            return None;
        }
        let from = self.from.max(to.saturating_sub(MAX_DIGEST_HOURS));
        let days = self.days.range(from / HOURS..);
        // The newest day first, should there be too many: an older one then goes into a page within the hour.
        let kept = days.rev().flat_map(|(_, day)| day.kept()).filter(|entry| (from..to).contains(&entry.hour));
        let entries: Vec<DigestEntry> = kept.take(MAX_DIGEST_ENTRIES).cloned().collect();
        let dropped = self.days.values().fold(0, |sum: u32, day| sum.saturating_add(day.dropped()));
        let authors: BTreeSet<PersonId> = entries.iter().map(|entry| entry.author).collect();
        let latest = self.latest.iter().filter(|(author, _)| authors.contains(author)).take(MAX_DIGEST_AUTHORS);
        let latest =
            latest.map(|(author, edition)| AuthorEntry { author: *author, edition: *edition, unknown: Unknown::new() });
        let (latest, pages) = (latest.collect(), self.pages.clone());
        Some(Digest { beacon, latest, pages, ..self.digest(from, to, entries, dropped) })
    }
}

/// What a digest means for who reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DigestMet<'a> {
    /// It goes further than any before.
    Newer(&'a Digest),
    /// It is no further than one that was met. What was read stays read.
    Known,
    /// Somebody else signed it, or it is of another board, of hours to come, or no digest.
    Foreign,
}

/// The newest digest of one digester of one board, as a reader follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestFollowed {
    digester: PersonId,
    board: BoardId,
    to: Option<u32>,
}

impl DigestFollowed {
    /// Follows a digester. `to` is the hour up to which the last one met went, from where read state is kept.
    #[must_use]
    pub const fn new(digester: PersonId, board: BoardId, to: Option<u32>) -> Self {
        Self { digester, board, to }
    }

    /// Takes an envelope that was found under [`digest_link`]. An hour that had not ended when the envelope says that it
    /// was signed cannot be in it, and what is dated ahead is to [wait](Envelope::is_ahead) before it comes here: so no
    /// digest keeps its readers from the records of hours to come.
    pub fn meet<'a>(&mut self, envelope: &'a Envelope) -> DigestMet<'a> {
        let Body::Digest(digest) = envelope.body() else { return DigestMet::Foreign };
        let signed = hour_of(Wall(envelope.time().0.saturating_add(MAX_AHEAD_S)));
        let own = envelope.author() == self.digester && digest.board == self.board;
        if !own || digest.to > signed {
            return DigestMet::Foreign;
        }
        if self.to.is_some_and(|known| digest.to < known) {
            return DigestMet::Known;
        }
        // Of the same hours there may be a better one: what was missed, found later.
        self.to = Some(digest.to);
        DigestMet::Newer(digest)
    }

    /// A page, if an envelope that was found where a digest of this digester leads is that page.
    #[must_use]
    pub fn page<'a>(&self, reference: &DigestPage, envelope: &'a Envelope) -> Option<&'a Digest> {
        let Body::Digest(page) = envelope.body() else { return None };
        let own = envelope.author() == self.digester && page.board == self.board && page.pages.is_empty();
        (own && (page.from, page.to) == (reference.from, reference.to)).then_some(page)
    }

    /// The hour up to which it goes: from there on a reader reads the records of the hours.
    #[must_use]
    pub const fn to(&self) -> Option<u32> {
        self.to
    }
}

/// A page that a reader who was away wants.
#[derive(Debug, Clone, PartialEq)]
pub struct PageWanted {
    /// Of which board.
    pub board: BoardId,
    /// Whose.
    pub digester: PersonId,
    /// Which.
    pub page: DigestPage,
}

/// What a reader who was away fetches, in this order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatchUp {
    /// The pages.
    pub pages: Vec<PageWanted>,
    /// Pages for which there was no budget: they are fetched when somebody looks.
    pub left: usize,
}

/// Chooses pages by the newest digests of all boards that a reader follows, for hours from `since` on, at a cost of at
/// most `budget` requests.
///
/// The first page of every day of every board comes before the second of any, those of a board's first digester before
/// those of its others, the newest days first. So no digester and no busy board has more than its turn, whatever they say.
#[must_use]
pub fn catch_up(heads: &[(PersonId, &Digest)], since: u32, budget: usize) -> CatchUp {
    let mut digesters: BTreeMap<BoardId, usize> = BTreeMap::new();
    let mut wanted = Vec::new();
    for (digester, head) in heads {
        let number = digesters.entry(head.board).or_default();
        let mut parts: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for page in head.pages.iter().filter(|page| page.to > since) {
            let part = parts.entry((page.from, page.to)).or_default();
            let rank = (*part, *number, Reverse(page.to), head.board, *digester);
            *part += 1;
            wanted.push((rank, PageWanted { board: head.board, digester: *digester, page: page.clone() }));
        }
        *number += 1;
    }
    wanted.sort_by_key(|(rank, _)| *rank);
    let room = budget / DIGEST_PAGE_FETCHES;
    let left = wanted.len().saturating_sub(room);
    CatchUp { pages: wanted.into_iter().take(room).map(|(_, page)| page).collect(), left }
}

/// By what the entries of one digester are kept in order: newest first.
type Place = (Reverse<u32>, EnvelopeId, Pointer);

/// Something that digesters lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead<'a> {
    /// Who says so.
    pub digester: PersonId,
    /// What.
    pub entry: &'a DigestEntry,
}

/// What several digesters say of a board, together. Merging is a union: whatever order digests are met in, the same
/// comes of it. No digester displaces what another says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Digested {
    by: BTreeMap<PersonId, BTreeMap<Place, DigestEntry>>,
    latest: BTreeMap<PersonId, u64>,
}

impl Digested {
    /// Takes a digest or a page that [`DigestFollowed`] found to be one. Of each digester the newest
    /// [`MAX_DIGESTED`] entries are remembered.
    pub fn add(&mut self, digester: PersonId, digest: &Digest) {
        let entries = self.by.entry(digester).or_default();
        for entry in &digest.entries {
            entries.entry((Reverse(entry.hour), entry.id, entry.at.clone())).or_insert_with(|| entry.clone());
        }
        while entries.len() > MAX_DIGESTED {
            entries.pop_last();
        }
        for entry in &digest.latest {
            let known = self.latest.entry(entry.author).or_default();
            *known = entry.edition.max(*known);
        }
    }

    /// Forgets what a digester said, for a reader whom it led astray.
    pub fn forget(&mut self, digester: &PersonId) {
        self.by.remove(digester);
    }

    /// What to look for, in this order: digesters take turns, each with its newest, so that none fills a reader's budget
    /// with junk. What two of them lead to alike comes once; where they lead to two places, both come.
    #[must_use]
    pub fn leads(&self) -> Vec<Lead<'_>> {
        let mut queues: Vec<_> = self.by.iter().map(|(digester, entries)| (digester, entries.values())).collect();
        let (mut leads, mut seen) = (Vec::new(), BTreeSet::new());
        while !queues.is_empty() {
            queues.retain_mut(|(digester, entries)| {
                let next = entries.find(|entry| seen.insert((entry.id, entry.at.clone())));
                next.is_some_and(|entry| {
                    leads.push(Lead { digester: **digester, entry });
                    true
                })
            });
        }
        leads
    }

    /// The newest edition of somebody's outbox that a digester claims: a reason to look once, no more.
    #[must_use]
    pub fn latest(&self, author: &PersonId) -> Option<u64> {
        self.latest.get(author).copied()
    }
}

#[cfg(test)]
mod tests;
