//! Storers without a network: a put stands, and a get is found, by which nodes are up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use roneo_content::record::Record;
use roneo_content::{ContentHasher, Digest};
use roneo_keys::time::{Day, Mono};
use roneo_keys::{Block, Locator, SizeClass, Uri};
use roneo_overlay::{BlockAnswer, FirstAsk, NetworkState, Proof, ReadCount};

use crate::handle::{HandleError, InsertRequest, JobId, JobState, JobStatus};
use crate::jobs::{Action, Jobs, RecordAnswer, Token};

/// The day on which everything happens.
pub(super) const TODAY: Day = Day(20_000);
/// Storers that a search asks before it gives up.
const ASKED: usize = 8;

pub(super) struct Node {
    pub(super) up: bool,
    pub(super) blocks: BTreeMap<Locator, Block>,
}

/// What is on its way to the jobs.
enum Answer {
    Put { token: Token, locator: Locator, block: Block, copies: u8 },
    Get { token: Token, locator: Locator, first: FirstAsk },
    GetRecord { token: Token, locator: Locator, answers: usize },
    Taken(JobId),
}

/// How the consumers of fetches behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consumer {
    Takes,
    NeverTakes,
}

/// One node's jobs, and a world of storers that outlives them.
pub(super) struct World {
    pub(super) jobs: Jobs,
    pub(super) now: Mono,
    pub(super) nodes: Vec<Node>,
    pub(super) network: NetworkState,
    pub(super) latency: std::ops::Range<Duration>,
    /// Chance that a request fails as if nobody had answered.
    pub(super) loss: f64,
    /// Most copies that the world takes of anything but leaves.
    pub(super) most_copies: u8,
    /// Blocks whose gets are never answered.
    pub(super) stuck: BTreeSet<Locator>,
    pub(super) consumer: Consumer,
    pub(super) delivered: BTreeMap<JobId, Vec<u8>>,
    /// Jobs whose last chunk came.
    pub(super) ended: BTreeSet<JobId>,
    /// Every action, for reading.
    pub(super) transcript: Vec<String>,
    pub(super) most_held: usize,
    pub(super) most_puts: usize,
    pub(super) most_gets: usize,
    /// Reads of blocks that left, dummies included.
    pub(super) blocks_read: u64,
    /// What is kept of each job.
    pub(super) journals: BTreeMap<JobId, Vec<Vec<u8>>>,
    /// Blocks handed to puts so far, by locator.
    pub(super) puts_begun: Vec<Locator>,
    contents: BTreeMap<JobId, Vec<u8>>,
    answers: BTreeMap<(Mono, u64), Answer>,
    answer_count: u64,
    puts: BTreeSet<Token>,
    gets: BTreeSet<Token>,
    rng: ChaCha20Rng,
}

impl World {
    /// `nodes` storers, all up and known.
    pub(super) fn new(nodes: usize, seed: u64) -> Self {
        let network = NetworkState { known: nodes + 1, needed: 5, other_storers: nodes, read_count: ReadCount::Exact };
        let mut jobs = Jobs::new(ChaCha20Rng::seed_from_u64(seed));
        jobs.network(Mono(0), network);
        Self {
            jobs,
            now: Mono(0),
            nodes: (0..nodes).map(|_| Node { up: true, blocks: BTreeMap::new() }).collect(),
            network,
            latency: Duration::from_millis(20)..Duration::from_millis(400),
            loss: 0.0,
            most_copies: u8::MAX,
            stuck: BTreeSet::new(),
            consumer: Consumer::Takes,
            delivered: BTreeMap::new(),
            ended: BTreeSet::new(),
            transcript: Vec::new(),
            most_held: 0,
            most_puts: 0,
            most_gets: 0,
            blocks_read: 0,
            journals: BTreeMap::new(),
            puts_begun: Vec::new(),
            contents: BTreeMap::new(),
            answers: BTreeMap::new(),
            answer_count: 0,
            puts: BTreeSet::new(),
            gets: BTreeSet::new(),
            rng: ChaCha20Rng::seed_from_u64(seed ^ 0xfeed),
        }
    }

    /// The same node after a restart, which has forgotten what is not in its journals. They are cut to
    /// `entries` each.
    pub(super) fn restart(&mut self, entries: usize) {
        self.jobs = Jobs::new(ChaCha20Rng::seed_from_u64(self.now.0));
        self.answers.clear();
        self.puts.clear();
        self.gets.clear();
        self.puts_begun.clear();
        for (&job, journal) in &mut self.journals {
            journal.truncate(entries);
            let kept = self.delivered.get(&job).map_or(0, Vec::len) as u64;
            if !journal.is_empty() {
                self.jobs.resume(self.now, job, journal, kept).unwrap();
            }
        }
        self.jobs.network(self.now, self.network);
    }

    /// The same storers, seen by a node that has no jobs yet.
    pub(super) fn another_reader(mut self) -> Self {
        self.jobs = Jobs::new(ChaCha20Rng::seed_from_u64(99));
        self.jobs.network(self.now, self.network);
        self.answers.clear();
        self.puts.clear();
        self.gets.clear();
        self.journals.clear();
        self.contents.clear();
        (self.most_held, self.most_puts, self.most_gets) = (0, 0, 0);
        self.transcript.clear();
        self
    }

    pub(super) fn insert(&mut self, content: Vec<u8>) -> JobId {
        self.try_insert(content.len() as u64, content).unwrap()
    }

    pub(super) fn try_insert(&mut self, length: u64, content: Vec<u8>) -> Result<JobId, HandleError> {
        let (name, media_type) = ("tract.txt".to_owned(), "text/plain".to_owned());
        let request = InsertRequest { length, name, media_type, secret: None };
        self.insert_as(request, content)
    }

    pub(super) fn insert_as(&mut self, request: InsertRequest, content: Vec<u8>) -> Result<JobId, HandleError> {
        let job = self.jobs.insert(self.now, request)?;
        self.take_in(job, content);
        Ok(job)
    }

    /// Has the network round reads up or not, and counts them from 0.
    pub(super) fn count_reads(&mut self, read_count: ReadCount) {
        self.network.read_count = read_count;
        self.jobs.network(self.now, self.network);
        self.blocks_read = 0;
    }

    /// The content of an insert has come in whole.
    pub(super) fn take_in(&mut self, job: JobId, content: Vec<u8>) {
        self.jobs.received(self.now, job, Ok(digest(&content)));
        self.contents.insert(job, content);
    }

    pub(super) fn fetch(&mut self, uri: &str) -> JobId {
        let uri: Uri = uri.parse().unwrap();
        self.jobs.fetch(self.now, uri).unwrap()
    }

    pub(super) fn download(&mut self, uri: &str) -> JobId {
        self.jobs.download(self.now, uri.parse().unwrap()).unwrap()
    }

    /// Puts content in, and gives the link.
    pub(super) fn publish(&mut self, content: &[u8]) -> String {
        let job = self.insert(content.to_vec());
        let status = self.run(job);
        assert_eq!(status.state, JobState::Stored, "{status:?}");
        status.uri.unwrap()
    }

    /// Fetches until the end, and gives the content or the status.
    pub(super) fn read(&mut self, uri: &str) -> Result<Vec<u8>, Box<JobStatus>> {
        let job = self.fetch(uri);
        let status = self.run(job);
        if status.state == JobState::Fetched {
            assert!(self.ended.contains(&job));
            Ok(self.delivered.remove(&job).unwrap())
        } else {
            assert!(!self.ended.contains(&job), "no last chunk of what failed");
            Err(Box::new(status))
        }
    }

    pub(super) fn status(&self, job: JobId) -> JobStatus {
        self.jobs.status(job).unwrap()
    }

    pub(super) fn set_network(&mut self, known: usize, other_storers: usize) {
        self.network = NetworkState { known, other_storers, ..self.network };
        self.jobs.network(self.now, self.network);
    }

    /// Tells the jobs how many nodes are up.
    pub(super) fn notice(&mut self) {
        let up = self.nodes.iter().filter(|node| node.up).count();
        self.set_network(up + 1, up);
    }

    pub(super) fn kill(&mut self, nodes: std::ops::Range<usize>) {
        self.nodes[nodes].iter_mut().for_each(|node| node.up = false);
    }

    /// Takes a block from every node.
    pub(super) fn lose(&mut self, locator: &Locator) {
        self.nodes.iter_mut().for_each(|node| drop(node.blocks.remove(locator)));
    }

    /// Puts a block on every node.
    pub(super) fn plant(&mut self, block: &Block) {
        self.nodes.iter_mut().for_each(|node| drop(node.blocks.insert(block.locator(), block.clone())));
    }

    /// Distinct blocks on all nodes.
    pub(super) fn blocks(&self) -> BTreeMap<Locator, Block> {
        self.nodes.iter().flat_map(|node| node.blocks.clone()).collect()
    }

    /// Runs until a job is settled, an hour at most.
    pub(super) fn run(&mut self, job: JobId) -> JobStatus {
        let end = self.now + Duration::from_secs(3_600);
        self.drain();
        loop {
            let status = self.status(job);
            if status.state.is_settled() {
                return status;
            }
            if !self.step(end) {
                break;
            }
        }
        panic!("job still {:?} after an hour", self.status(job).state);
    }

    /// Runs for a time.
    pub(super) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Does what is next, unless it is after `end`.
    fn step(&mut self, end: Mono) -> bool {
        self.drain();
        let answer = self.answers.first_key_value().map(|(&(at, _), _)| at);
        let timeout = self.jobs.next_timeout();
        let Some(next) = answer.into_iter().chain(timeout).min().filter(|&next| next <= end) else { return false };
        assert!(next >= self.now || timeout != Some(next), "a timeout lies in the past: the owner would spin");
        self.now = self.now.max(next);
        if timeout == Some(next) {
            self.jobs.handle_timeout(self.now);
            assert!(self.jobs.next_timeout() > Some(self.now) || self.jobs.next_timeout().is_none());
        } else if let Some((_, answer)) = self.answers.pop_first() {
            self.answer(answer);
        }
        self.drain();
        true
    }

    fn drain(&mut self) {
        while let Some(action) = self.jobs.poll_action() {
            self.transcript.push(format!("{} {action:?}", self.now.0));
            self.act(action);
            self.most_held = self.most_held.max(self.jobs.held_bytes());
            self.most_puts = self.most_puts.max(self.puts.len());
            self.most_gets = self.most_gets.max(self.gets.len());
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Read { job, offset, len } => {
                let content = self.contents.get(&job).or_else(|| self.delivered.get(&job)).unwrap();
                let bytes = content[offset as usize..].iter().copied().take(len).collect::<Vec<_>>();
                self.jobs.content(self.now, job, Ok(bytes));
            }
            Action::Journal { job, entry, ends } => {
                let journal = self.journals.entry(job).or_default();
                if ends {
                    journal.clear();
                }
                journal.push(entry);
            }
            Action::Deliver { job, offset, bytes, last } => {
                assert!(!self.ended.contains(&job), "nothing comes after the last chunk");
                let delivered = self.delivered.entry(job).or_default();
                delivered.truncate(offset as usize);
                assert_eq!(delivered.len() as u64, offset, "no gap");
                delivered.extend(bytes);
                if last {
                    self.ended.insert(job);
                }
                if self.consumer == Consumer::Takes {
                    self.later(Answer::Taken(job));
                }
            }
            Action::Put { token, locator, block, proof, copies } => {
                match proof {
                    Proof::Hash => assert_eq!(block.locator(), locator),
                    Proof::Signed => drop(Record::check(&locator, &block, TODAY).unwrap()),
                    Proof::Announced => panic!("no job announces"),
                }
                assert!(self.puts.insert(token));
                self.puts_begun.push(locator);
                self.later(Answer::Put { token, locator, block, copies });
            }
            Action::GetRecord { token, locator, answers } => {
                assert!(self.gets.insert(token));
                self.later(Answer::GetRecord { token, locator, answers });
            }
            Action::Dummies(dummies) => self.blocks_read += dummies,
            Action::Get { token, locator, first, class } => {
                assert!(self.gets.insert(token));
                self.blocks_read += u64::from(class == SizeClass::Block);
                if !self.stuck.contains(&locator) {
                    self.later(Answer::Get { token, locator, first });
                }
            }
            Action::CancelRequest { token } => {
                assert!(self.puts.remove(&token) | self.gets.remove(&token), "cancelled what is under way");
                self.answers.retain(|_, answer| {
                    !matches!(answer, Answer::Put { token: of, .. } | Answer::Get { token: of, .. }
                        | Answer::GetRecord { token: of, .. } if *of == token)
                });
            }
            Action::Forget(job) => drop((self.journals.remove(&job), self.delivered.remove(&job))),
            Action::Changed(_) => {}
        }
    }

    fn later(&mut self, answer: Answer) {
        let latency = self.rng.random_range(self.latency.clone());
        self.answer_count += 1;
        self.answers.insert((self.now + latency, self.answer_count), answer);
    }

    fn answer(&mut self, answer: Answer) {
        let lost = self.rng.random_bool(self.loss);
        match answer {
            Answer::Put { token, locator, block, copies } => {
                self.puts.remove(&token);
                let copies = if block.class() == SizeClass::Leaf { copies } else { copies.min(self.most_copies) };
                let mut receipts = 0;
                let order = self.order(&locator);
                let better = order.iter().filter(|&&node| self.nodes[node].up).find_map(|&node| {
                    let (kept, came) = (self.record(node, &locator)?, Record::parse(&block).ok()?);
                    kept.against(&came).is_gt().then_some(kept)
                });
                if let Some(better) = better {
                    return self.jobs.superseded(self.now, token, better);
                }
                for node in order {
                    if !lost && self.nodes[node].up && receipts < copies {
                        self.nodes[node].blocks.insert(locator, block.clone());
                        receipts += 1;
                    }
                }
                self.jobs.put_done(self.now, token, receipts);
            }
            Answer::Get { token, locator, first } => {
                self.gets.remove(&token);
                let asked = if let FirstAsk::Every(storers) = first { usize::from(storers) } else { ASKED };
                let order: Vec<usize> = self.order(&locator).into_iter().take(asked).collect();
                let up = order.iter().filter(|&&node| !lost && self.nodes[node].up);
                let answers: Vec<Option<Block>> =
                    up.map(|&node| self.nodes[node].blocks.get(&locator).cloned()).collect();
                let first_holder = answers.iter().position(Option::is_some);
                let block = first_holder.and_then(|holder| answers[holder].clone());
                let holding = answers.iter().flatten().count();
                let answer = if let FirstAsk::Every(_) = first {
                    let (without, silent) = (answers.len() - holding, order.len() - answers.len());
                    BlockAnswer { block, holding, without, silent }
                } else {
                    let without = first_holder.unwrap_or(answers.len());
                    BlockAnswer { block, holding: usize::from(first_holder.is_some()), without, silent: 0 }
                };
                self.jobs.get_done(self.now, token, answer);
            }
            Answer::GetRecord { token, locator, answers } => {
                self.gets.remove(&token);
                let up = self.order(&locator).into_iter().filter(|&node| self.nodes[node].up);
                let asked: Vec<_> = up.take(if lost { 0 } else { answers }).collect();
                let found: Vec<_> = asked.iter().filter_map(|&node| self.record(node, &locator)).collect();
                let best = found.iter().cloned().reduce(|a, b| if a.against(&b).is_lt() { b } else { a });
                let agreeing = found.iter().filter(|record| Some(*record) == best.as_ref()).count();
                self.jobs.record_done(self.now, token, RecordAnswer { best, answered: asked.len(), agreeing });
            }
            Answer::Taken(job) => self.jobs.taken(self.now, job),
        }
    }

    fn record(&self, node: usize, locator: &Locator) -> Option<Record> {
        self.nodes[node].blocks.get(locator).and_then(|block| Record::check(locator, block, TODAY).ok())
    }

    /// The nodes in the order in which they hold a block.
    pub(super) fn order(&self, locator: &Locator) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_cached_key(|node| Locator::of(&[locator.as_bytes().as_slice(), &node.to_le_bytes()].concat()));
        order
    }
}

pub(super) fn digest(content: &[u8]) -> Digest {
    let mut hasher = ContentHasher::default();
    hasher.update(content);
    hasher.finish()
}

/// Content that compresses to nothing and differs everywhere.
pub(super) fn content(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rand::Rng::fill_bytes(&mut ChaCha20Rng::seed_from_u64(len as u64), &mut bytes);
    bytes
}
