//! A day of one board with stewards under a flood: who is still heard, how late, and what it costs to read.
//!
//! Storers are copies of the record type that nodes have, entries are signed and checked as there; only the work is
//! modelled: a proof says how many solutions it cost, drawn from the rate that a core was measured at, and a judge
//! believes it. Such a record is a type of its own, so that no node can be handed one.
//!
//! There are 200 users. Most are known, which to storers means that somebody vouches for them; some come with an
//! invitation during the day; some have nothing but their machine and bid whatever it costs that readers fetch them unasked. The attacker
//! does all the work for an hour before it opens, which the freshness of a beacon allows, and holds one invitation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rand::Rng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::time::{Day, Wall};
use roneo_keys::{Chk, Extra, Locator, ReadKey};
use roneo_social::{
    Admission, Announced, Announcement, Beacon, BeaconSecret, BoardId, Challenge, DeviceSecret, Effort, EffortError,
    GRACE_S, GuestSecret, IntroducerSecret, Judge, MAX_FETCHED_LATER, MAX_NEWCOMERS, MAX_VOUCHED, PersonId, Pointer,
    Proof, RecordOf, Roster, UnprovenAnnouncement, VOUCH_DAYS, VouchedAnnouncement,
};

use crate::random::{Purpose, fraction, stream};

/// Solutions that a core finds in a second: between the 178 and 223 that were measured.
pub const RATE: f64 = 200.0;
/// The same of a telephone.
const PHONE_RATE: f64 = 50.0;
/// What public networks ask without a beacon.
const FLOOR: Effort = Effort::REPLY.without_beacon();
const HOUR_S: u64 = 3_600;
/// The first hour of a run.
const FIRST: u32 = 500_000;
const STORERS: usize = 3;
const INTRODUCERS: u8 = 8;
/// Users for whom somebody vouches, who come with an invitation, and the others: 200.
const KNOWN: u8 = 150;
const INVITED: u8 = 20;
const NEWCOMERS: u8 = 30;
/// What each writes.
const POSTS: usize = 2;
/// Users whose reading is followed; what they write is written by all.
const READERS: u64 = 50;
/// Seconds between two looks at a board in the background.
const LOOK_S: u64 = 300;
/// Seconds from a finished entry to its arrival at a storer: this and up to the second.
const ARRIVAL_S: (u64, u64) = (10, 40);
/// Entries that the holder of one invitation pours into each hour.
const POURED: u32 = 200;
/// Bytes on a reader's line for a record and for an envelope: a request of the small class, and an answer of the class of
/// a block or a leaf (`docs/formats/packet.md`).
const RECORD_COST: u64 = 5_120 + 34_304;
const ENVELOPE_COST: u64 = 5_120 + 5_120;
/// Boards that a reader follows.
const BOARDS: u64 = 20;

// Streams of randomness: an attack leaves every draw of the users as it was.
const HABITS: u64 = 0;
const STORER: u64 = 1;
const LUCK: u64 = 2;
const ATTACK: u64 = 3;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// Where all randomness comes from.
    pub seed: u64,
    /// Length of the run.
    pub hours: u32,
    /// Who writes without anything to say.
    pub attack: Option<Attack>,
    /// Whether storers hold anybody to a share.
    pub caps: Caps,
}

/// An attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attack {
    /// Cores that do nothing else.
    pub cores: u32,
    /// When it brings what they found.
    pub brings: Brings,
}

/// When an attacker brings its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings {
    /// All when an hour opens.
    AtOnce,
    /// The worst first and better ones all through the hour, so that each is among the best when it comes.
    Rising,
}

/// Which records storers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caps {
    /// Those of every node.
    Nested,
    /// As a control: two lanes of the same lengths, in which nobody is held to a share.
    None,
}

/// Who wrote something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Author {
    Known(u8),
    Invited(u8),
    Newcomer(u8),
    Attacker,
}

/// What became of what a group wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// Things written.
    pub posts: usize,
    /// Share of readers, over all of them, who saw it within an hour.
    pub within_hour: f64,
    /// The same, ever.
    pub ever: f64,
    /// Of those who saw it, the median time from writing to sight.
    pub median_s: u64,
}

/// What a run ended with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Users for whom somebody vouches from the start.
    pub known: Heard,
    /// Users who come with an invitation.
    pub invited: Heard,
    /// Users for whom nobody vouches.
    pub newcomers: Heard,
    /// What came from the attacker; nobody else is asked how late.
    pub attacker: Heard,
    /// Bytes an hour on the line of a reader of this board alone.
    pub board_traffic: u64,
    /// The same of a reader of 20 boards, the others of which are as this one without an attacker.
    pub reader_traffic: u64,
    /// The highest going rate of an hour that newcomers met, in solutions under a beacon.
    pub going_rate: u32,
}

/// Believes what a proof says that it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Modelled;

impl Modelled {
    fn proof(effort: Effort) -> Proof {
        let mut bytes = [0; Proof::LEN];
        bytes[..4].copy_from_slice(&effort.get().to_le_bytes());
        Proof::from_bytes(&bytes)
    }
}

impl Judge for Modelled {
    fn effort(proof: &Proof, _: &Challenge) -> Effort {
        let [a, b, c, d, ..] = proof.to_bytes();
        Effort::new(u32::from_le_bytes([a, b, c, d])).unwrap_or(Effort::MIN)
    }

    fn verify(proof: &Proof, challenge: &Challenge, asked: Effort) -> Result<(), EffortError> {
        if Self::effort(proof, challenge) < asked { Err(EffortError::TooLittle) } else { Ok(()) }
    }
}

/// An entry on its way.
#[derive(Debug, Clone)]
enum Entry {
    Vouched(Box<VouchedAnnouncement>),
    Worked(Box<Announcement>, Effort),
}

/// What a storer keeps of an hour.
#[derive(Debug, Clone)]
enum Kept {
    Capped(RecordOf<Modelled>),
    Uncapped(Uncapped),
}

/// An hour as one storer has it, and what a reader finds there.
#[derive(Debug, Clone)]
struct Copied {
    kept: Kept,
    /// Each with whether it stands by work.
    shown: Vec<(usize, bool)>,
}

impl Copied {
    fn take(&mut self, board: &Board, entry: &Entry) {
        if self.kept.take(entry) {
            self.shown = self.kept.posts(&board.id);
        }
    }
}

/// A control: the best by hash, and by work.
#[derive(Debug, Clone, Default)]
struct Uncapped {
    vouched: BTreeMap<[u8; 32], Announcement>,
    worked: BTreeMap<(Reverse<Effort>, [u8; 32]), Announcement>,
}

impl Kept {
    fn empty(board: &Board, hour: u32, caps: Caps) -> Self {
        match caps {
            Caps::Nested => {
                let mut record = RecordOf::under(&board.roster, hour);
                record.learn(board.beacon(hour)).expect("a fresh beacon");
                Self::Capped(record)
            }
            Caps::None => Self::Uncapped(Uncapped::default()),
        }
    }

    /// Says whether it kept it.
    fn take(&mut self, entry: &Entry) -> bool {
        match (self, entry) {
            (Self::Capped(record), Entry::Vouched(entry)) => {
                record.offer_vouched((**entry).clone()).expect("who is vouched for")
            }
            (Self::Capped(record), Entry::Worked(entry, _)) => {
                record.offer((**entry).clone(), FLOOR).expect("enough work for the floor")
            }
            (Self::Uncapped(all), Entry::Vouched(entry)) => {
                let hash = *blake3::hash(&entry.to_bytes()).as_bytes();
                all.vouched.insert(hash, entry.entry().clone());
                if all.vouched.len() > MAX_VOUCHED {
                    all.vouched.pop_last();
                }
                all.vouched.contains_key(&hash)
            }
            (Self::Uncapped(all), Entry::Worked(entry, effort)) => {
                let rank = (Reverse(*effort), *blake3::hash(entry.as_bytes()).as_bytes());
                all.worked.insert(rank, (**entry).clone());
                if all.worked.len() > MAX_NEWCOMERS {
                    all.worked.pop_last();
                }
                all.worked.contains_key(&rank)
            }
        }
    }

    /// What readers fetch unasked.
    fn posts(&self, board: &BoardId) -> Vec<(usize, bool)> {
        let post = |entry: &Announcement| post_at(&entry.open(board).expect("sealed for this board").at);
        match self {
            Self::Capped(record) => {
                let vouched = record.vouched().count();
                record.fetched().map(post).enumerate().map(|(place, post)| (post, place >= vouched)).collect()
            }
            Self::Uncapped(all) => {
                let vouched = all.vouched.values().map(|entry| (post(entry), false));
                vouched.chain(all.worked.values().map(|entry| (post(entry), true))).collect()
            }
        }
    }

    /// What a newcomer must do under a beacon for readers to fetch what they said.
    fn asked(&self) -> Effort {
        let going = match self {
            Self::Capped(record) => record.fetched_rate(),
            Self::Uncapped(all) if all.worked.len() < MAX_NEWCOMERS => None,
            Self::Uncapped(all) => all.worked.last_key_value().map(|((Reverse(least), _), _)| least.without_beacon()),
        };
        going.map_or(FLOOR, Effort::above).max(FLOOR).with_beacon()
    }
}

/// The board, and all keys.
struct Board {
    id: BoardId,
    roster: Roster,
    last: Beacon,
    /// Of each who is vouched for, the attacker last.
    admitted: Vec<(DeviceSecret, Admission)>,
}

impl Board {
    fn new(hours: u32) -> Self {
        let id = BoardId::from_bytes([7; 32]);
        let secret = BeaconSecret::new(&[5; 32], FIRST - 10);
        let introducers = (0..INTRODUCERS).map(|number| introducer(number).id()).collect();
        let roster = Roster::new(&id, introducers, Some(secret.anchor())).expect("few introducers");
        let last = secret.beacon(Wall(u64::from(FIRST + hours) * HOUR_S)).expect("within the anchor's hours");
        let until = Day(FIRST / 24 + VOUCH_DAYS);
        let admitted = (0..=KNOWN + INVITED).map(|number| {
            let (device, guest) = (device(u16::from(number)), GuestSecret::from_seed(&[number; 32]));
            let pass = introducer(number % INTRODUCERS).vouch(guest.id(), Some(*roster.mark()), until);
            let admission = guest.admit(pass, &device.id());
            (device, admission)
        });
        Self { admitted: admitted.collect(), id, roster, last }
    }

    /// The one that is shown when the hour before begins: whoever works ahead has it, and so has everybody.
    fn beacon(&self, hour: u32) -> Beacon {
        self.last.earlier(hour - 1).expect("of the run")
    }

    fn vouched(&self, number: u8, hour: u32, post: usize) -> Entry {
        let (device, admission) = &self.admitted[usize::from(number)];
        let made = VouchedAnnouncement::new((&self.id, &self.roster), hour, device, admission, &announced(post));
        Entry::Vouched(Box::new(made.expect("who is vouched for")))
    }

    fn worked(&self, by: u16, hour: u32, post: usize, effort: Effort) -> Entry {
        let (device, beacon) = (device(by), self.beacon(hour));
        let begun = UnprovenAnnouncement::newcomer(
            (&self.id, &self.roster),
            hour,
            device.id(),
            &announced(post),
            Some(&beacon),
        );
        let entry = begun.expect("a fresh beacon").prove(&Modelled::proof(effort), &device);
        Entry::Worked(Box::new(entry), effort)
    }
}

fn introducer(number: u8) -> IntroducerSecret {
    IntroducerSecret::from_seed(&[number; 32])
}

fn device(number: u16) -> DeviceSecret {
    let mut seed = [1; 32];
    seed[..2].copy_from_slice(&number.to_le_bytes());
    DeviceSecret::from_seed(&seed)
}

fn announced(post: usize) -> Announced {
    let mut root = [0; 32];
    root[..8].copy_from_slice(&(post as u64).to_le_bytes());
    let (root, key) = (Locator::from_bytes(root), ReadKey::from_bytes([2; 32]));
    let at = Pointer::of(&Chk { root, key, extra: Extra::PUBLIC, name: String::new() });
    Announced { at, author: PersonId::from_bytes([3; 32]) }
}

fn post_at(at: &Pointer) -> usize {
    let [a, b, c, d, ..] = *at.chk().root.as_bytes();
    u32::from_le_bytes([a, b, c, d]) as usize
}

/// Something that was written.
struct Post {
    author: Author,
    written: u64,
    /// How lucky its author is with work and ways.
    rng: ChaCha20Rng,
    /// Seconds after that at which readers saw it.
    seen: BTreeMap<u64, u64>,
}

/// What happens, in its order.
#[derive(Debug)]
enum Event {
    Write(usize),
    /// A newcomer has a proof of this effort for an hour.
    Proven(usize, u32, Effort),
    Arrive(usize, u32, Box<Entry>),
    /// A newcomer looks whether it has a place.
    Look(usize, u32),
    Open(u32),
    Poll(u64),
}

/// One thing to come: its second, then in the order in which they were thought of.
struct Due(Reverse<(u64, u64)>, Event);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

struct Run {
    flood: Flood,
    board: Board,
    /// When somebody writes, or reads.
    habits: ChaCha20Rng,
    /// Which storer each reader asks.
    readers: Vec<ChaCha20Rng>,
    due: BinaryHeap<Due>,
    thought: u64,
    posts: Vec<Post>,
    /// By hour, as each storer has it.
    kept: BTreeMap<u32, [Copied; STORERS]>,
    records_read: u64,
    envelopes_read: u64,
    going_rate: Effort,
    /// Readers who have read an hour before.
    begun: BTreeSet<(u64, u32)>,
}

impl Flood {
    /// Runs it.
    ///
    /// # Panics
    /// When production code refuses what it made itself.
    #[must_use]
    pub fn run(self) -> Outcome {
        let mut run = self.begin();
        run.plan();
        while let Some(Due(Reverse((now, _)), event)) = run.due.pop() {
            run.happen(now, event);
        }
        run.outcome()
    }

    fn begin(self) -> Run {
        Run {
            flood: self,
            board: Board::new(self.hours),
            habits: stream(self.seed, Purpose::Flood, [HABITS, 0]),
            readers: (0..READERS).map(|reader| stream(self.seed, Purpose::Flood, [STORER, reader])).collect(),
            due: BinaryHeap::new(),
            thought: 0,
            posts: Vec::new(),
            kept: BTreeMap::new(),
            records_read: 0,
            envelopes_read: 0,
            going_rate: Effort::MIN,
            begun: BTreeSet::new(),
        }
    }
}

impl Run {
    fn span(&self) -> u64 {
        u64::from(self.flood.hours) * HOUR_S
    }

    fn at(&mut self, second: u64, event: Event) {
        self.thought += 1;
        self.due.push(Due(Reverse((second, self.thought)), event));
    }

    /// All that does not hang on what happens: who writes when, who reads when.
    fn plan(&mut self) {
        let span = self.span();
        let known = (0..KNOWN).map(Author::Known);
        let authors = known.chain((0..INVITED).map(Author::Invited)).chain((0..NEWCOMERS).map(Author::Newcomer));
        for author in authors {
            // Whoever is invited comes at some time of the day and writes from then on.
            let invited = matches!(author, Author::Invited(_));
            let from = if invited { below(&mut self.habits, span - HOUR_S) } else { 0 };
            for _ in 0..POSTS {
                let written = from + below(&mut self.habits, span - from);
                let post = self.write(author, written);
                self.at(written, Event::Write(post));
            }
        }
        for reader in 0..READERS {
            let phase = below(&mut self.habits, LOOK_S);
            (0..(span + 2 * HOUR_S) / LOOK_S).for_each(|look| self.at(phase + look * LOOK_S, Event::Poll(reader)));
        }
        if self.flood.attack.is_some() {
            (0..self.flood.hours).for_each(|hour| {
                self.at((u64::from(hour) * HOUR_S).saturating_sub(GRACE_S), Event::Open(FIRST + hour));
            });
        }
    }

    fn write(&mut self, author: Author, written: u64) -> usize {
        let rng = stream(self.flood.seed, Purpose::Flood, [LUCK, self.posts.len() as u64]);
        self.posts.push(Post { author, written, rng, seen: BTreeMap::new() });
        self.posts.len() - 1
    }

    fn happen(&mut self, now: u64, event: Event) {
        let hour = FIRST + (now / HOUR_S) as u32;
        match event {
            Event::Write(post) => match self.posts[post].author {
                Author::Known(number) => self.bring(now, hour, post, self.board.vouched(number, hour, post)),
                Author::Invited(number) => self.bring(now, hour, post, self.board.vouched(KNOWN + number, hour, post)),
                Author::Newcomer(_) => self.bid(now, hour, post),
                Author::Attacker => {}
            },
            Event::Proven(post, of, effort) => self.proven(now, (hour, of), post, effort),
            Event::Arrive(storer, hour, entry) => {
                let (copies, board) = self.copies(hour);
                copies[storer].take(board, &entry);
            }
            Event::Look(post, of) => {
                if !self.copies(of).0.iter().any(|copy| copy.shown.contains(&(post, true))) {
                    self.bid(now, of.max(hour), post);
                }
            }
            Event::Open(hour) => self.flood_hour(now, hour),
            Event::Poll(reader) => self.poll(now, hour, reader),
        }
    }

    fn copies(&mut self, hour: u32) -> (&mut [Copied; STORERS], &Board) {
        let (board, caps) = (&self.board, self.flood.caps);
        let empty = || Copied { kept: Kept::empty(board, hour, caps), shown: Vec::new() };
        (self.kept.entry(hour).or_insert_with(|| std::array::from_fn(|_| empty())), board)
    }

    /// What a newcomer must do to have a place at every storer.
    fn asked(&mut self, hour: u32) -> Effort {
        self.copies(hour).0.iter().map(|copy| copy.kept.asked()).max().unwrap_or(FLOOR)
    }

    /// To each storer, by ways of their own.
    fn bring(&mut self, now: u64, hour: u32, post: usize, entry: Entry) {
        for storer in 0..STORERS {
            let arrives = now + ARRIVAL_S.0 + below(&mut self.posts[post].rng, ARRIVAL_S.1 - ARRIVAL_S.0);
            self.at(arrives, Event::Arrive(storer, hour, Box::new(entry.clone())));
        }
    }

    /// A newcomer reads what being read costs and begins to work for that.
    fn bid(&mut self, now: u64, hour: u32, post: usize) {
        if now > self.posts[post].written + HOUR_S {
            return;
        }
        let asked = self.asked(hour);
        self.going_rate = self.going_rate.max(asked);
        let Author::Newcomer(number) = self.posts[post].author else { return };
        let rate = if number % 2 == 0 { RATE } else { PHONE_RATE };
        let rng = &mut self.posts[post].rng;
        let solutions = f64::from(asked.get()) * exponential(rng);
        // One in E fulfils E, so the one that was found fulfils more by the same law.
        let effort = f64::from(asked.get()) / (1.0 - fraction(rng.next_u64()));
        let effort = Effort::new(effort as u32).unwrap_or(Effort::MAX);
        self.at(now + (solutions / rate) as u64, Event::Proven(post, hour, effort));
    }

    fn proven(&mut self, now: u64, (hour, of): (u32, u32), post: usize, effort: Effort) {
        let closes = u64::from(of - FIRST + 1) * HOUR_S + GRACE_S;
        if now + ARRIVAL_S.1 >= closes {
            // Too late for that hour: from the hour's end on it would have begun another.
            return self.bid(now, hour, post);
        }
        if effort < self.asked(of) {
            return self.bid(now, of, post);
        }
        let Author::Newcomer(number) = self.posts[post].author else { return };
        let entry = self.board.worked(0x1000 + u16::from(number), of, post, effort);
        self.bring(now, of, post, entry);
        self.at(now + ARRIVAL_S.1, Event::Look(post, of));
    }

    /// The best of all that the attacker's cores found in the hour before, and what one invitation lets in.
    fn flood_hour(&mut self, now: u64, hour: u32) {
        let Some(Attack { cores, brings }) = self.flood.attack else { return };
        let solutions = f64::from(cores) * RATE * HOUR_S as f64;
        let (mut rng, mut sum) = (stream(self.flood.seed, Purpose::Flood, [ATTACK, hour.into()]), 0.0);
        for place in 0..2 * MAX_NEWCOMERS as u16 {
            // Of so many values the lowest, the next, and so on.
            sum += exponential(&mut rng);
            let effort = Effort::new((solutions / sum) as u32).unwrap_or(Effort::MAX);
            if effort >= FLOOR.with_beacon() {
                let post = self.write(Author::Attacker, now);
                // Two a device, which is what a device may have.
                let entry = self.board.worked(0x2000 + place / 2, hour, post, effort);
                match brings {
                    Brings::AtOnce => self.deliver(hour, &entry),
                    Brings::Rising => {
                        let after = (HOUR_S + GRACE_S) * u64::from(63 - place) / 64;
                        (0..STORERS).for_each(|storer| {
                            self.at(now + after, Event::Arrive(storer, hour, Box::new(entry.clone())));
                        });
                    }
                }
            }
        }
        for _ in 0..POURED {
            let post = self.write(Author::Attacker, now);
            let entry = self.board.vouched(KNOWN + INVITED, hour, post);
            self.deliver(hour, &entry);
        }
    }

    /// At once, everywhere.
    fn deliver(&mut self, hour: u32, entry: &Entry) {
        let (copies, board) = self.copies(hour);
        copies.iter_mut().for_each(|copy| copy.take(board, entry));
    }

    /// One storer for the hour that is; once an hour all of them for the one that has closed.
    fn poll(&mut self, now: u64, hour: u32, reader: u64) {
        let storer = below(&mut self.readers[reader as usize], STORERS as u64) as usize;
        self.read(now, reader, hour, &[storer]);
        let into = now % HOUR_S;
        if (GRACE_S..GRACE_S + LOOK_S).contains(&into) && hour > FIRST {
            self.read(now, reader, hour - 1, &[0, 1, 2]);
        }
    }

    fn read(&mut self, now: u64, reader: u64, hour: u32, storers: &[usize]) {
        self.records_read += storers.len() as u64;
        let (copies, _) = self.copies(hour);
        let shown: Vec<(usize, bool)> = storers.iter().flat_map(|storer| copies[*storer].shown.clone()).collect();
        // Of newcomers at most a few at one reading that were not there at the first.
        let again = self.flood.caps == Caps::Nested && !self.begun.insert((reader, hour));
        let mut later = if again { MAX_FETCHED_LATER } else { usize::MAX };
        for (post, worked) in shown {
            let Post { written, seen, .. } = &mut self.posts[post];
            if worked && !seen.contains_key(&reader) {
                if later == 0 {
                    continue;
                }
                later -= 1;
            }
            if let std::collections::btree_map::Entry::Vacant(first) = seen.entry(reader) {
                first.insert(now.saturating_sub(*written));
                self.envelopes_read += 1;
            }
        }
    }

    fn outcome(&self) -> Outcome {
        // All readers look on for two hours after the last hour of writing.
        let hours = READERS * u64::from(self.flood.hours + 2);
        let attacker = |author: Author| author == Author::Attacker;
        let spent = |envelopes: u64| (self.records_read * RECORD_COST + envelopes * ENVELOPE_COST) / hours;
        let of_attacker = self.posts.iter().filter(|post| attacker(post.author));
        let quiet = self.envelopes_read - of_attacker.map(|post| post.seen.len() as u64).sum::<u64>();
        Outcome {
            known: self.heard(|author| matches!(author, Author::Known(_))),
            invited: self.heard(|author| matches!(author, Author::Invited(_))),
            newcomers: self.heard(|author| matches!(author, Author::Newcomer(_))),
            attacker: self.heard(attacker),
            board_traffic: spent(self.envelopes_read),
            reader_traffic: spent(self.envelopes_read) + (BOARDS - 1) * spent(quiet),
            going_rate: self.going_rate.get(),
        }
    }

    fn heard(&self, group: impl Fn(Author) -> bool) -> Heard {
        let posts: Vec<&Post> = self.posts.iter().filter(|post| group(post.author)).collect();
        let mut delays: Vec<u64> = posts.iter().flat_map(|post| post.seen.values().copied()).collect();
        delays.sort_unstable();
        let of_all = |count: usize| count as f64 / (posts.len() as u64 * READERS).max(1) as f64;
        Heard {
            posts: posts.len(),
            within_hour: of_all(delays.iter().filter(|delay| **delay <= HOUR_S).count()),
            ever: of_all(delays.len()),
            median_s: delays.get(delays.len() / 2).copied().unwrap_or_default(),
        }
    }
}

fn below(rng: &mut impl Rng, end: u64) -> u64 {
    (fraction(rng.next_u64()) * end as f64) as u64
}

/// Mean 1.
fn exponential(rng: &mut impl Rng) -> f64 {
    -(1.0 - fraction(rng.next_u64())).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_social::MAX_FETCHED_NEWCOMERS;

    /// The last place among those that are read costs what the cores did for it, by the rules of the real record.
    #[test]
    fn an_attackers_work_is_what_its_cores_can_do() {
        let flood =
            Flood { seed: 3, hours: 24, attack: Some(Attack { cores: 4, brings: Brings::AtOnce }), caps: Caps::Nested };
        let mut run = flood.begin();
        let mut mean = 0.0;
        for hour in FIRST..FIRST + 24 {
            run.flood_hour(0, hour);
            mean += f64::from(run.asked(hour).get()) / 24.0;
        }
        // The mean of n over the tenth of n uniform values is n / 9, and four standard errors of 24 of them are 29 %.
        let share = 4.0 * RATE * 3_600.0 / (MAX_FETCHED_NEWCOMERS - 1) as f64;
        assert!((share * 0.71..share * 1.29).contains(&mean), "{mean} and not {share}");
    }

    #[test]
    fn a_proof_is_believed_and_too_little_is_too_little() {
        let challenge = Challenge::of_announcement(&[1; 32], &[2; 32], 3, None, &[4; 32]);
        let proof = Modelled::proof(Effort::THREAD);
        assert_eq!(Modelled::effort(&proof, &challenge), Effort::THREAD);
        assert_eq!(Modelled::verify(&proof, &challenge, Effort::THREAD), Ok(()));
        assert_eq!(Modelled::verify(&proof, &challenge, Effort::CARD), Err(EffortError::TooLittle));
        assert!(proof.verify(&challenge, Effort::THREAD).is_err(), "no node believes it");
    }
}
