use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_content::Digest;
use roneo_content::record::{Record, Target};
use roneo_keys::time::{Mono, Now};
use roneo_keys::{Block, InsertUri, Locator, NodeId, NodeSecret, SizeClass, Uri};
use roneo_overlay::{
    Address, BlockAnswer, Event, Invitation, NetworkState, Overlay, OverlayConfig, Price, Proof, RecordLine, RequestId,
    Saved, SolveId, StoreOp, Stored,
};
use roneo_social::{AnnouncementRecord, Challenge, Effort, Proof as Work, RecordName};

use crate::handle::{Gathered, HandleError, InsertRequest, JobId, JobStatus, Peer, Priority};
use crate::jobs::{Action, HealCounts, Jobs, RecordAnswer, Redundancy, Token};
use crate::journal::EntryError;
use crate::report::Extent;

/// Storers on which an announcement is placed.
pub const ANNOUNCEMENT_COPIES: u8 = 3;
/// Storers whose answers a reader of announcements merges.
pub const ANNOUNCEMENT_ANSWERS: usize = 3;
/// Requests that belong to no job, at most.
pub const MAX_DIRECT: usize = 64;
/// How often the jobs are told how many nodes and storers there are.
const NETWORK_EVERY: Duration = Duration::from_millis(250);

/// What the owner of a [`Core`] is to do or to know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Send a frame on the open link to a node; drop it if the link is gone or its queue is full.
    Send {
        /// To whom.
        to: NodeId,
        /// At most [`roneo_overlay::MAX_FRAME_LEN`] bytes.
        frame: Vec<u8>,
    },
    /// Open a link. Answered by [`Core::link_up`] or [`Core::dial_failed`].
    Dial {
        /// To whom.
        peer: NodeId,
        /// Where it says it listens, to be tried in order.
        addresses: Vec<Address>,
    },
    /// Close a link. Answered by [`Core::link_down`].
    HangUp {
        /// To whom.
        peer: NodeId,
    },
    /// Keep a block durably. Answered by [`Core::stored`].
    Store {
        /// Repeated in the answer.
        op: StoreOp,
        /// The key.
        locator: Locator,
        /// The value.
        block: Block,
    },
    /// Look a block up. Answered by [`Core::loaded`].
    Load {
        /// Repeated in the answer.
        op: StoreOp,
        /// The key.
        locator: Locator,
    },
    /// Make a stamp, away from whatever feeds this core: see [`roneo_overlay::Output::Solve`]. Answered by [`Core::solved`];
    /// only said after [`Core::set_max_price`].
    Solve {
        /// Repeated in the answer.
        solve: SolveId,
        /// What to work on.
        challenge: Challenge,
        /// How much.
        effort: Effort,
        /// Where to begin.
        nonce: u64,
    },
    /// Stop making a stamp.
    Unsolve {
        /// Which.
        solve: SolveId,
    },
    /// Keep these bytes across restarts, written atomically. Handed to [`Core::new`] at the next.
    Save(Vec<u8>),
    /// One line for the recording that was asked for.
    Record(RecordLine),
    /// Hand over `len` bytes of an insert's content, or of what was delivered of a download. Answered
    /// by [`Core::content`].
    Read {
        /// Which job.
        job: JobId,
        /// Where they begin.
        offset: u64,
        /// Bytes wanted.
        len: usize,
    },
    /// The next bytes of a fetch, in order. Answered by [`Core::taken`] once they are used.
    Deliver {
        /// Which fetch.
        job: JobId,
        /// Where they begin in the content.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether they are the last: then the hash of the whole was checked.
        last: bool,
    },
    /// Keep this entry of a job's journal. All of them, in order, are handed to [`Core::resume`] at the
    /// next start.
    Journal {
        /// Which job.
        job: JobId,
        /// The entry. It holds keys.
        entry: Vec<u8>,
        /// Whether it stands for all before it: see [`Action::Journal`].
        ends: bool,
    },
    /// A job is forgotten: see [`Action::Forget`].
    Forget(JobId),
    /// A job's [`JobStatus`] changed.
    Changed(JobId),
    /// What [`Core::announce`] came to.
    Announced {
        /// Which.
        request: RequestId,
        /// Storers that signed for it.
        receipts: u8,
    },
    /// What [`Core::gather`] came to.
    Gathered {
        /// Which.
        request: RequestId,
        /// What was found.
        gathered: Gathered,
    },
}

/// How a node and its network are, as far as its core knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreStatus {
    /// Nodes present in the view, this one included.
    pub nodes: usize,
    /// Open links.
    pub links: usize,
    /// Inserts and fetches that have not ended.
    pub jobs: usize,
    /// Every counter by name.
    pub counters: BTreeMap<String, u64>,
}

/// A whole node without its sockets, disk and clock: an overlay and the jobs of its user.
///
/// Feed one input with the present `now`, take outputs from [`Core::poll_output`] until there is
/// none, then sleep until [`Core::next_timeout`] or the next input. The daemon and the simulator
/// drive this same type.
pub struct Core {
    overlay: Overlay,
    jobs: Jobs,
    requests: BTreeMap<RequestId, Token>,
    tokens: BTreeMap<Token, RequestId>,
    /// Requests that belong to no job.
    direct: BTreeSet<RequestId>,
    network: NetworkState,
    network_due: Mono,
    outputs: VecDeque<Output>,
}

impl Core {
    /// A node as it starts. `saved` is what [`Output::Save`] last carried, or nothing; `seed` is 32
    /// bytes of randomness that nobody else knows, but in a simulation.
    #[must_use]
    pub fn new(config: OverlayConfig, secret: NodeSecret, saved: Option<&[u8]>, seed: [u8; 32], now: Now) -> Self {
        let saved = saved.and_then(Saved::from_bytes).unwrap_or_default();
        let mut jobs = Jobs::new(ChaCha20Rng::from_seed(blake3::derive_key("roneo client jobs 1", &seed)));
        jobs.set_epoch(now.wall.0.saturating_sub(now.mono.0 / 1_000_000));
        let overlay_seed = blake3::derive_key("roneo client overlay 1", &seed);
        let mut core = Self {
            overlay: Overlay::new(config, secret, saved, overlay_seed, now),
            jobs,
            requests: BTreeMap::new(),
            tokens: BTreeMap::new(),
            direct: BTreeSet::new(),
            network: NetworkState::default(),
            network_due: now.mono,
            outputs: VecDeque::new(),
        };
        core.pump(now);
        core
    }

    /// This node's id.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.overlay.id()
    }

    /// See [`Overlay::link_up`].
    pub fn link_up(&mut self, now: Now, peer: NodeId) {
        self.overlay.link_up(now, peer);
        self.pump(now);
    }

    /// See [`Overlay::link_down`].
    pub fn link_down(&mut self, now: Now, peer: NodeId) {
        self.overlay.link_down(now, peer);
        self.pump(now);
    }

    /// See [`Overlay::dial_failed`].
    pub fn dial_failed(&mut self, now: Now, peer: NodeId) {
        self.overlay.dial_failed(now, peer);
        self.pump(now);
    }

    /// See [`Overlay::frame`].
    pub fn frame(&mut self, now: Now, from: NodeId, bytes: &[u8]) {
        self.overlay.frame(now, from, bytes);
        self.pump(now);
    }

    /// The shell's peer discovery found a node worth calling.
    pub fn found(&mut self, peer: NodeId, addresses: Vec<Address>) {
        self.overlay.found(peer, addresses);
    }

    /// The datastore's answer to [`Output::Store`].
    pub fn stored(&mut self, now: Now, op: StoreOp, outcome: Stored) {
        self.overlay.stored(now, op, outcome);
        self.pump(now);
    }

    /// The datastore's answer to [`Output::Load`].
    pub fn loaded(&mut self, now: Now, op: StoreOp, block: Option<Block>) {
        self.overlay.loaded(now, op, block);
        self.pump(now);
    }

    /// The highest price of storers that is paid: see [`Overlay::set_max_price`].
    pub fn set_max_price(&mut self, price: Price) {
        self.overlay.set_max_price(price);
    }

    /// The stamp that [`Output::Solve`] asked for, or that it is not going to be made.
    pub fn solved(&mut self, now: Now, solve: SolveId, proof: Option<Work>) {
        self.overlay.solved(now, solve, proof);
        self.pump(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.overlay.handle_timeout(now);
        if self.jobs.next_timeout().is_some_and(|at| at <= now.mono) {
            self.jobs.handle_timeout(now.mono);
        }
        self.pump(now);
    }

    /// When there is next something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        [self.overlay.next_timeout(), self.jobs.next_timeout()].into_iter().flatten().min()
    }

    /// The next thing to do for the owner, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Begins an insert; once its content has come in, [`Core::received`] says so.
    ///
    /// # Errors
    /// [`HandleError::Busy`] at the bound on jobs, [`HandleError::Refused`] for a request out of limits.
    pub fn insert(&mut self, now: Now, request: InsertRequest) -> Result<JobId, HandleError> {
        // How many copies are asked for depends on the storers there are at this moment.
        self.network_due = now.mono;
        self.look_at_network(now);
        let job = self.jobs.insert(now.mono, request)?;
        self.pump(now);
        Ok(job)
    }

    /// See [`Jobs::coming`].
    pub fn coming(&mut self, now: Now, job: JobId, bytes: u64) {
        self.jobs.coming(now.mono, job, bytes);
        self.pump(now);
    }

    /// See [`Jobs::received`].
    pub fn received(&mut self, now: Now, job: JobId, content: Result<Digest, String>) {
        self.jobs.received(now.mono, job, content);
        self.pump(now);
    }

    /// Places announcements on [`ANNOUNCEMENT_COPIES`] storers. Ends in [`Output::Announced`], which a network without
    /// paths may keep waiting for ever.
    ///
    /// # Errors
    /// [`HandleError::Busy`] at the bound on such requests.
    pub fn announce(&mut self, now: Now, record: &AnnouncementRecord) -> Result<RequestId, HandleError> {
        self.check_direct()?;
        let request = self.overlay.place_announcements(now, record, ANNOUNCEMENT_COPIES);
        self.begun(now, request)
    }

    /// Gathers the announcements of one hour of a board from [`ANNOUNCEMENT_ANSWERS`] storers. Ends in
    /// [`Output::Gathered`].
    ///
    /// # Errors
    /// As [`announce`](Self::announce).
    pub fn gather(&mut self, now: Now, name: RecordName) -> Result<RequestId, HandleError> {
        self.check_direct()?;
        let request = self.overlay.gather(now, name, ANNOUNCEMENT_ANSWERS);
        self.begun(now, request)
    }

    /// Ends what [`announce`](Self::announce) or [`gather`](Self::gather) began, for somebody who no longer waits.
    pub fn cancel_direct(&mut self, request: RequestId) {
        if self.direct.remove(&request) {
            self.overlay.cancel(request);
        }
    }

    fn check_direct(&self) -> Result<(), HandleError> {
        if self.direct.len() < MAX_DIRECT {
            Ok(())
        } else {
            Err(HandleError::Busy("too much is asked of boards at once"))
        }
    }

    fn begun(
        &mut self,
        now: Now,
        request: Result<RequestId, roneo_overlay::TooManyRequests>,
    ) -> Result<RequestId, HandleError> {
        let request = request.map_err(|_| HandleError::Busy("too many requests are under way"))?;
        self.direct.insert(request);
        self.pump(now);
        Ok(request)
    }

    /// Has new jobs be numbered higher than this.
    pub fn reserve_jobs(&mut self, highest: Option<JobId>) {
        self.jobs.reserve(highest);
    }

    /// See [`Jobs::resume`].
    ///
    /// # Errors
    /// [`EntryError`] where the entries are not those of a job.
    pub fn resume(&mut self, now: Now, job: JobId, entries: &[Vec<u8>], kept: u64) -> Result<(), EntryError> {
        self.jobs.resume(now.mono, job, entries, kept)?;
        self.pump(now);
        Ok(())
    }

    /// See [`Jobs::download`].
    ///
    /// # Errors
    /// As [`Core::fetch`].
    pub fn download(&mut self, now: Now, uri: Uri) -> Result<JobId, HandleError> {
        let job = self.jobs.download(now.mono, uri)?;
        self.pump(now);
        Ok(job)
    }

    /// See [`Jobs::pause`].
    ///
    /// # Errors
    /// See there.
    pub fn pause(&mut self, now: Now, job: JobId, paused: bool) -> Result<(), HandleError> {
        self.jobs.pause(now.mono, job, paused)?;
        self.pump(now);
        Ok(())
    }

    /// See [`Jobs::prioritise`].
    ///
    /// # Errors
    /// See there.
    pub fn prioritise(&mut self, now: Now, job: JobId, priority: Priority) -> Result<(), HandleError> {
        self.jobs.prioritise(now.mono, job, priority)?;
        self.pump(now);
        Ok(())
    }

    /// Begins a fetch; its content comes by [`Output::Deliver`].
    ///
    /// # Errors
    /// [`HandleError::Busy`] at the bound on jobs.
    pub fn fetch(&mut self, now: Now, uri: Uri) -> Result<JobId, HandleError> {
        let job = self.jobs.fetch(now.mono, uri)?;
        self.pump(now);
        Ok(job)
    }

    /// Begins to write a signed name.
    ///
    /// # Errors
    /// See [`Jobs::publish`].
    pub fn publish(&mut self, now: Now, to: InsertUri, target: Target) -> Result<JobId, HandleError> {
        let job = self.jobs.publish(now.mono, now.wall.day(), to, target)?;
        self.pump(now);
        Ok(job)
    }

    /// Begins to place the record behind a link again.
    ///
    /// # Errors
    /// See [`Jobs::refresh`].
    pub fn refresh(&mut self, now: Now, uri: &Uri) -> Result<JobId, HandleError> {
        let job = self.jobs.refresh(now.mono, uri)?;
        self.pump(now);
        Ok(job)
    }

    /// See [`Jobs::check`].
    ///
    /// # Errors
    /// See there.
    pub fn check(&mut self, now: Now, uri: Uri, extent: Extent) -> Result<JobId, HandleError> {
        let job = self.jobs.check(now.mono, uri, extent)?;
        self.pump(now);
        Ok(job)
    }

    /// See [`Jobs::repair`].
    ///
    /// # Errors
    /// See there.
    pub fn repair(&mut self, now: Now, uri: Uri, extent: Extent) -> Result<JobId, HandleError> {
        let job = self.jobs.repair(now.mono, uri, extent)?;
        self.pump(now);
        Ok(job)
    }

    /// Ends a job and forgets it.
    pub fn cancel(&mut self, now: Now, job: JobId) {
        self.jobs.cancel(job);
        self.pump(now);
    }

    /// The answer to [`Output::Read`]: content, or why there is none.
    pub fn content(&mut self, now: Now, job: JobId, content: Result<Vec<u8>, String>) {
        self.jobs.content(now.mono, job, content);
        self.pump(now);
    }

    /// See [`Jobs::not_kept`].
    pub fn not_kept(&mut self, now: Now, job: JobId, reason: String) {
        self.jobs.not_kept(now.mono, job, reason);
        self.pump(now);
    }

    /// The bytes of one [`Output::Deliver`] are used.
    pub fn taken(&mut self, now: Now, job: JobId) {
        self.jobs.taken(now.mono, job);
        self.pump(now);
    }

    /// Where a job stands.
    #[must_use]
    pub fn job(&self, job: JobId) -> Option<JobStatus> {
        self.jobs.status(job)
    }

    /// Where every job stands.
    #[must_use]
    pub fn all_jobs(&self) -> Vec<JobStatus> {
        self.jobs.all()
    }

    /// See [`Overlay::invitation`].
    #[must_use]
    pub fn invitation(&self) -> Invitation {
        self.overlay.invitation()
    }

    /// Follows an invitation, which must be to this node's network: the owner checks.
    pub fn join(&mut self, invitation: &Invitation) {
        self.overlay.join(invitation);
    }

    /// How the node is.
    #[must_use]
    pub fn status(&self, now: Now) -> CoreStatus {
        let HealCounts { placed, failed, dropped } = self.jobs.heal_counts();
        let mut counters = self.overlay.counters().by_name();
        counters.extend([("heals_placed", placed), ("heals_failed", failed), ("heals_dropped", dropped)]);
        CoreStatus {
            nodes: self.overlay.nodes_present(now),
            links: self.overlay.links().count(),
            jobs: self.jobs.unfinished(),
            counters: counters.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }

    /// Every node in the view, this one first.
    #[must_use]
    pub fn peers(&self, now: Now) -> Vec<Peer> {
        let me = Peer { node: self.id().to_text(), me: true, linked: false, heard_s: Some(0), set_aside: false };
        let others = self.overlay.view().present(now).map(|entry| Peer {
            node: entry.id().to_text(),
            me: false,
            linked: self.overlay.links().is_up(&entry.id()),
            heard_s: entry.last_heard().map(|heard| now.mono.since(heard).as_secs()),
            set_aside: entry.is_set_aside(now),
        });
        std::iter::once(me).chain(others).collect()
    }

    /// See [`Jobs::set_redundancy`].
    pub fn set_redundancy(&mut self, redundancy: Redundancy) {
        self.jobs.set_redundancy(redundancy);
    }

    /// The overlay, for experiments.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Carries events up, actions down and outputs out until nothing moves.
    fn pump(&mut self, now: Now) {
        self.look_at_network(now);
        loop {
            let mut moved = false;
            while let Some(output) = self.overlay.poll_output() {
                moved = true;
                self.overlay_output(now, output);
            }
            while let Some(action) = self.jobs.poll_action() {
                moved = true;
                self.job_action(now, action);
            }
            if !moved {
                return;
            }
        }
    }

    /// Counting storers walks the view: done a few times a second, not with every frame.
    fn look_at_network(&mut self, now: Now) {
        if now.mono < self.network_due {
            return;
        }
        self.network_due = now.mono + NETWORK_EVERY;
        let network = self.overlay.network_state(now);
        if network != self.network {
            self.network = network;
            self.jobs.network(now.mono, network);
        }
    }

    fn overlay_output(&mut self, now: Now, output: roneo_overlay::Output) {
        use roneo_overlay::Output as Overlay;
        let output = match output {
            Overlay::Event(event) => return self.event(now, event),
            Overlay::Send { to, frame } => Output::Send { to, frame },
            Overlay::Dial { peer, addresses } => Output::Dial { peer, addresses },
            Overlay::HangUp { peer } => Output::HangUp { peer },
            Overlay::Store { op, locator, block } => Output::Store { op, locator, block },
            Overlay::Load { op, locator } => Output::Load { op, locator },
            Overlay::Solve { solve, challenge, effort, nonce } => Output::Solve { solve, challenge, effort, nonce },
            Overlay::Unsolve { solve } => Output::Unsolve { solve },
            Overlay::Save(bytes) => Output::Save(bytes),
            Overlay::Record(line) => Output::Record(line),
            _ => return,
        };
        self.outputs.push_back(output);
    }

    fn event(&mut self, now: Now, event: Event) {
        match event {
            Event::Placing { request, receipts } => {
                if let Some(token) = self.requests.get(&request) {
                    self.jobs.put_progress(now.mono, *token, receipts);
                }
            }
            Event::Placed { request, receipts } if self.direct.remove(&request) => {
                self.outputs.push_back(Output::Announced { request, receipts });
            }
            Event::Gathered { request, record, answered } => {
                self.direct.remove(&request);
                self.outputs.push_back(Output::Gathered { request, gathered: Gathered { record, answered } });
            }
            Event::Placed { request, receipts } => {
                if let Some(token) = self.forget(request) {
                    self.jobs.put_done(now.mono, token, receipts);
                }
            }
            Event::Superseded { request, record } => {
                if let Some(token) = self.forget(request) {
                    self.jobs.superseded(now.mono, token, record);
                }
            }
            Event::RecordSearched { request, best, answered, agreeing } => {
                if let Some(token) = self.forget(request) {
                    self.jobs.record_done(now.mono, token, RecordAnswer { best, answered, agreeing });
                }
            }
            Event::Searched { request, answer } => {
                if let Some(token) = self.forget(request) {
                    self.jobs.get_done(now.mono, token, answer);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, request: RequestId) -> Option<Token> {
        let token = self.requests.remove(&request)?;
        self.tokens.remove(&token);
        Some(token)
    }

    fn job_action(&mut self, now: Now, action: Action) {
        match action {
            Action::Read { job, offset, len } => self.outputs.push_back(Output::Read { job, offset, len }),
            Action::Journal { job, entry, ends } => self.outputs.push_back(Output::Journal { job, entry, ends }),
            Action::Deliver { job, offset, bytes, last } => {
                self.outputs.push_back(Output::Deliver { job, offset, bytes, last });
            }
            Action::Forget(job) => self.outputs.push_back(Output::Forget(job)),
            Action::Changed(job) => self.outputs.push_back(Output::Changed(job)),
            Action::Put { token, block, proof, copies, .. } => {
                let begun = match proof {
                    Proof::Hash => self.overlay.place(now, block, copies).ok(),
                    Proof::Signed => {
                        let record = Record::parse(&block).ok();
                        record.and_then(|record| self.overlay.place_record(now, &record, copies).ok())
                    }
                    // No job places any: they are placed by their name.
                    Proof::Announced => None,
                };
                match begun {
                    Some(request) => self.remember(token, request),
                    None => self.jobs.put_done(now.mono, token, 0),
                }
            }
            Action::GetRecord { token, locator, answers } => match self.overlay.search_record(now, locator, answers) {
                Ok(request) => self.remember(token, request),
                Err(_) => self.jobs.record_done(now.mono, token, RecordAnswer::default()),
            },
            Action::Get { token, locator, class, first } => match self.overlay.search(now, locator, class, first) {
                Ok(request) => self.remember(token, request),
                Err(_) => self.jobs.get_done(now.mono, token, BlockAnswer::default()),
            },
            // Where one cannot leave, a real read could not either.
            Action::Dummies(count) => {
                for _ in 0..count {
                    self.overlay.dummy_read(now, SizeClass::Block);
                }
            }
            Action::CancelRequest { token } => {
                if let Some(request) = self.tokens.remove(&token) {
                    self.requests.remove(&request);
                    self.overlay.cancel(request);
                }
            }
        }
    }

    fn remember(&mut self, token: Token, request: RequestId) {
        self.requests.insert(request, token);
        self.tokens.insert(token, request);
    }
}
