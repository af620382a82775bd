//! The one task that owns the node's core.
//!
//! It takes every output of the core, waits for one input (a frame, an answer of the disk, a call,
//! a timer), feeds it, and begins again. It never waits for anything else: what others hand over
//! waits in their bounded queues, and what they cannot take at once is dropped or refused. So no
//! circle of tasks can wait for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, Caps, ContentSource, Effort, Extent, Gathered, HandleError, InsertRequest, JobId, JobKind,
    JobState, JobStatus, Peer, Priority, RecordName, Status, StoreStatus, Target,
};
use roneo_client::notice::{Refusal, Warning};
use roneo_client::{Core, Output};
use roneo_keys::time::Mono;
use roneo_keys::{InsertUri, NetworkKind, NodeId, Uri};
use roneo_overlay::{Address, Invitation, RequestId, Rules, SolveId, Stored};
use roneo_social::Proof;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::link::{LinkWriter, Sent};
use crate::queue::{self, KeepContent, QueueThread, Reader};
use crate::record::Recorder;
use crate::stamp_thread::{self, Solved, StampThread};
use crate::store_thread::{Answer, Ask, Figures, StoreThread};
use crate::traffic::Traffic;
use crate::transfers::{Reply, Taken, Transfers};
use crate::transport;

/// Calls that may wait for the driver.
pub(crate) const CALL_QUEUE: usize = 64;
/// Frames and other events of links that may wait for the driver; with packets, 8 MiB.
pub(crate) const EVENT_QUEUE: usize = 256;
/// Commands that may wait for the transport.
pub(crate) const TRANSPORT_QUEUE: usize = 1_024;
/// How long entries of journals are gathered before they are written. What is lost of them with the
/// node is done again.
const JOURNAL_EVERY: Duration = Duration::from_millis(500);
/// How often searches are told who is linked, and where.
const KNOW_EVERY: Duration = Duration::from_secs(5);

/// A call of the handle.
pub(crate) enum Call {
    Status(Reply<Status>),
    Peers(Reply<Vec<Peer>>),
    Invite(Reply<String>),
    Join(Invitation, Reply<()>),
    Insert(InsertRequest, Box<dyn ContentSource>, Reply<JobId>),
    Fetch(Uri, Reply<JobId>),
    Download(Uri, Reply<JobId>),
    Publish(Box<(InsertUri, Target)>, Reply<JobId>),
    Refresh(Uri, Reply<JobId>),
    Check(Uri, Extent, Reply<JobId>),
    Repair(Uri, Extent, Reply<JobId>),
    Job(JobId, Reply<JobStatus>),
    JobChange { job: JobId, seen: u64, reply: Reply<JobStatus> },
    Read(JobId, Reply<Option<Vec<u8>>>),
    ReadAt { job: JobId, offset: u64, reply: Reply<Option<Vec<u8>>> },
    Jobs(Reply<Vec<JobStatus>>),
    Pause(JobId, bool, Reply<()>),
    Prioritise(JobId, Priority, Reply<()>),
    Cancel(JobId, Reply<()>),
    Shutdown(Reply<()>),
    AnnouncementFloor(Reply<Effort>),
    Announce(Box<AnnouncementRecord>, Reply<u8>),
    Gather(RecordName, Reply<Gathered>),
}

/// What status says that never changes.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) network: roneo_keys::NetworkId,
    pub(crate) caps: Caps,
    pub(crate) warnings: Vec<Warning>,
}

/// What the driver stands between.
pub(crate) struct Ends {
    pub(crate) clock: Clock,
    pub(crate) calls: mpsc::Receiver<Call>,
    pub(crate) events: mpsc::Receiver<transport::Event>,
    pub(crate) transport: mpsc::Sender<transport::Command>,
    pub(crate) answers: mpsc::Receiver<Answer>,
    pub(crate) store: StoreThread,
    pub(crate) queue: QueueThread,
    pub(crate) queue_answers: mpsc::Receiver<queue::Answer>,
    /// Takes what the core asks to save; only the latest counts.
    pub(crate) saves: watch::Sender<Option<Arc<Vec<u8>>>>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) stamps: StampThread,
    pub(crate) stamps_made: mpsc::Receiver<Solved>,
    /// Resolves when the node is to stop.
    pub(crate) stop: oneshot::Receiver<()>,
}

/// What is left when the driver has stopped, to be closed by whoever started it.
pub(crate) struct Remains {
    pub(crate) store: StoreThread,
    pub(crate) queue: QueueThread,
    pub(crate) recorder: Option<Recorder>,
}

/// See the head of this module.
pub(crate) struct Driver {
    core: Core,
    clock: Clock,
    facts: Facts,
    transport: mpsc::Sender<transport::Command>,
    links: HashMap<NodeId, LinkWriter>,
    /// Where linked nodes listen, as the searches were told.
    known: BTreeMap<NodeId, Vec<Address>>,
    know_at: Mono,
    store: StoreThread,
    transfers: Transfers,
    /// Who waits for a request that belongs to no job.
    announcing: BTreeMap<RequestId, Reply<u8>>,
    gathering: BTreeMap<RequestId, Reply<Gathered>>,
    queue: QueueThread,
    /// What the queue had no room for: it is asked again before anything else is.
    late: VecDeque<queue::Ask>,
    /// Entries of journals on their way to the queue.
    journals: BTreeMap<JobId, Vec<Vec<u8>>>,
    journals_due: Option<Mono>,
    /// Jobs that have a journal.
    begun: BTreeSet<JobId>,
    saves: watch::Sender<Option<Arc<Vec<u8>>>>,
    recorder: Option<Recorder>,
    traffic: Arc<Traffic>,
    stamps: StampThread,
    losses: Losses,
}

/// What was dropped for want of room.
#[derive(Debug, Clone, Copy, Default)]
struct Losses {
    frames_queue_full: u64,
    frames_without_link: u64,
    store_busy: u64,
}

/// Whether the driver goes on.
enum Next {
    GoOn,
    Stop,
}

impl Driver {
    /// Drives `core` until it is told to stop, by [`Ends::stop`] or by a call.
    pub(crate) async fn run(core: Core, facts: Facts, ends: Ends) -> Remains {
        let Ends { clock, mut calls, mut events, transport, mut answers, store, queue, mut queue_answers, .. } = ends;
        let Ends { saves, recorder, traffic, stamps, mut stamps_made, mut stop, .. } = ends;
        let mut driver = Self {
            core,
            clock,
            facts,
            transport,
            links: HashMap::new(),
            known: BTreeMap::new(),
            know_at: Mono::default(),
            store,
            transfers: Transfers::default(),
            announcing: BTreeMap::new(),
            gathering: BTreeMap::new(),
            queue,
            late: VecDeque::new(),
            journals: BTreeMap::new(),
            journals_due: None,
            begun: BTreeSet::new(),
            saves,
            recorder,
            traffic,
            stamps,
            losses: Losses::default(),
        };
        driver.take_over_kept();
        loop {
            driver.drain();
            let wake = driver.wake_at();
            // In order of urgency: an answer frees what waits for it, a frame brings more work.
            let next = tokio::select! {
                biased;
                _ = &mut stop => Next::Stop,
                Some(call) = calls.recv() => driver.call(call),
                Some(answer) = answers.recv() => driver.answer(answer),
                Some(answer) = queue_answers.recv() => driver.queue_answer(answer),
                Some((solve, proof)) = stamps_made.recv() => driver.solved(solve, proof),
                () = sleep_until(wake) => driver.timeout(),
                event = events.recv() => event.map_or(Next::Stop, |event| driver.event(event)),
            };
            if matches!(next, Next::Stop) {
                driver.flush_journals();
                return driver.remains();
            }
        }
    }

    fn wake_at(&self) -> Instant {
        let due = [self.core.next_timeout(), self.journals_due].into_iter().flatten().min();
        let due = due.map_or(self.know_at, |due| due.min(self.know_at));
        self.clock.instant(due).unwrap_or_else(|| Instant::now() + KNOW_EVERY)
    }

    fn timeout(&mut self) -> Next {
        let now = self.clock.now();
        if self.core.next_timeout().is_some_and(|due| due <= now.mono) {
            self.core.handle_timeout(now);
        }
        if self.journals_due.is_some_and(|due| due <= now.mono) {
            self.flush_journals();
        }
        if self.know_at <= now.mono {
            self.know_at = now.mono + KNOW_EVERY;
            self.tell_searches();
        }
        Next::GoOn
    }

    fn event(&mut self, event: transport::Event) -> Next {
        let now = self.clock.now();
        match event {
            transport::Event::Frame(frame) => self.core.frame(now, frame.from, &frame.bytes),
            transport::Event::Up { peer, writer } => {
                // A link that was replaced goes on being the same link to the core.
                if self.links.insert(peer, writer).is_none() {
                    self.core.link_up(now, peer);
                }
            }
            transport::Event::Down { peer } => {
                if self.links.remove(&peer).is_some() {
                    self.core.link_down(now, peer);
                }
            }
            transport::Event::DialFailed { peer } => self.dial_failed(peer),
            transport::Event::Found { peer, addresses } => {
                let addresses: Vec<_> = addresses.into_iter().filter_map(Address::tcp).collect();
                if !addresses.is_empty() {
                    self.core.found(peer, addresses);
                }
            }
        }
        Next::GoOn
    }

    fn answer(&mut self, answer: Answer) -> Next {
        let now = self.clock.now();
        match answer {
            Answer::Stored { op, outcome } => self.core.stored(now, op, outcome),
            Answer::Loaded { op, block } => self.core.loaded(now, op, block),
        }
        Next::GoOn
    }

    fn solved(&mut self, solve: SolveId, proof: Option<Proof>) -> Next {
        self.core.solved(self.clock.now(), solve, proof);
        Next::GoOn
    }

    fn queue_answer(&mut self, answer: queue::Answer) -> Next {
        let now = self.clock.now();
        match answer {
            queue::Answer::Coming { job, bytes } => self.core.coming(now, job, bytes),
            queue::Answer::Received { job, content } => {
                self.transfers.received(job);
                self.core.received(now, job, content);
            }
            queue::Answer::Content { job, bytes } => self.core.content(now, job, bytes),
            queue::Answer::Written { job, readable, last } => {
                self.core.taken(now, job);
                for (offset, reply) in self.transfers.written(job, readable, last) {
                    self.read_at(job, offset, reply);
                }
            }
            queue::Answer::NotWritten { job, reason } => self.core.not_kept(now, job, reason),
        }
        Next::GoOn
    }

    /// What earlier runs left in the queue can be read at once.
    fn take_over_kept(&mut self) {
        for status in self.core.all_jobs() {
            self.begun.insert(status.job);
            if status.kind == JobKind::Fetch {
                let whole = status.length.filter(|_| status.state == JobState::Fetched);
                self.transfers.add_download(status.job, whole);
            }
        }
    }

    fn remains(mut self) -> Remains {
        while let Some(ask) = self.late.pop_front() {
            if self.queue.ask(ask).is_err() {
                tracing::warn!("the queue is not saved: the disk is too slow");
                break;
            }
        }
        Remains { store: self.store, queue: self.queue, recorder: self.recorder }
    }

    fn ask_queue(&mut self, ask: queue::Ask) {
        self.late.push_back(ask);
        self.ask_late();
    }

    fn ask_late(&mut self) {
        while let Some(ask) = self.late.pop_front() {
            if let Err(refused) = self.queue.ask(ask) {
                return self.late.push_front(refused);
            }
        }
    }

    /// Takes an entry on its way: at once where it is the first or the last of a job, else with others.
    fn journal(&mut self, job: JobId, entry: Vec<u8>, ends: bool) {
        if ends {
            self.journals.remove(&job);
            self.begun.insert(job);
            let fetched = self.core.job(job).is_some_and(|status| status.state == JobState::Fetched);
            let content = if fetched { KeepContent::Yes } else { KeepContent::No };
            return self.ask_queue(queue::Ask::End { job, entry, content });
        }
        self.journals.entry(job).or_default().push(entry);
        if self.begun.insert(job) {
            self.flush_journal(job);
        } else if self.journals_due.is_none() {
            self.journals_due = Some(self.clock.mono() + JOURNAL_EVERY);
        }
    }

    /// Leaves nothing of a job: it was ended, or is the oldest of too many that are over.
    fn forget(&mut self, job: JobId) {
        self.transfers.forget(job);
        self.transfers.changed(job, None);
        self.journals.remove(&job);
        self.begun.remove(&job);
        self.ask_queue(queue::Ask::Forget(job));
    }

    fn flush_journal(&mut self, job: JobId) {
        if let Some(entries) = self.journals.remove(&job) {
            self.ask_queue(queue::Ask::Keep { job, entries });
        }
    }

    fn flush_journals(&mut self) {
        self.journals_due = None;
        while let Some((job, entries)) = self.journals.pop_first() {
            self.ask_queue(queue::Ask::Keep { job, entries });
        }
    }

    fn read_at(&mut self, job: JobId, offset: u64, reply: Reply<Option<Vec<u8>>>) {
        let status = self.core.job(job);
        if let Some((len, reply)) = self.transfers.read_at(job, status.as_ref(), offset, reply) {
            self.ask_queue(queue::Ask::Read { job, offset, len, reader: Reader::Caller(reply) });
        }
    }

    /// Does whatever the core wants done. Nothing here waits.
    fn drain(&mut self) {
        self.ask_late();
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Send { to, frame } => self.send(to, frame),
                Output::Dial { peer, addresses } => self.dial(peer, &addresses),
                Output::HangUp { peer } => self.hang_up(peer),
                Output::Store { op, locator, block } => self.ask(Ask::Put { op, locator, block }),
                Output::Load { op, locator } => self.ask(Ask::Get { op, locator }),
                Output::Solve { solve, challenge, effort, nonce } => {
                    if !self.stamps.solve(stamp_thread::Ask { solve, challenge, effort, nonce }) {
                        self.core.solved(self.clock.now(), solve, None);
                    }
                }
                Output::Unsolve { solve } => self.stamps.unsolve(solve),
                Output::Save(bytes) => drop(self.saves.send_replace(Some(Arc::new(bytes)))),
                Output::Record(line) => {
                    if let Some(recorder) = &self.recorder {
                        recorder.line(self.clock.mono(), line);
                    }
                }
                Output::Read { job, offset, len } => {
                    self.ask_queue(queue::Ask::Read { job, offset, len, reader: Reader::Core });
                }
                Output::Journal { job, entry, ends } => self.journal(job, entry, ends),
                Output::Deliver { job, offset, bytes, last } => {
                    if self.transfers.is_download(job) {
                        // Which content this is stands in the journal before it does here.
                        self.flush_journal(job);
                        self.ask_queue(queue::Ask::Write { job, offset, bytes, last });
                    } else {
                        let taken = self.transfers.deliver(job, bytes, last);
                        self.taken(job, taken);
                    }
                }
                Output::Forget(job) => self.forget(job),
                Output::Announced { request, receipts } => {
                    if let Some(reply) = self.announcing.remove(&request) {
                        drop(reply.send(Ok(receipts)));
                    }
                }
                Output::Gathered { request, gathered } => {
                    if let Some(reply) = self.gathering.remove(&request) {
                        drop(reply.send(Ok(gathered)));
                    }
                }
                Output::Changed(job) => self.transfers.changed(job, self.core.job(job).as_ref()),
                _ => tracing::error!("the core asks for something that this version of the node does not do"),
            }
        }
    }

    fn send(&mut self, to: NodeId, frame: Vec<u8>) {
        match self.links.get(&to).map_or(Sent::Gone, |link| link.send(frame)) {
            Sent::Queued => {}
            Sent::Full => self.losses.frames_queue_full += 1,
            Sent::Gone => self.losses.frames_without_link += 1,
        }
    }

    fn dial(&mut self, peer: NodeId, addresses: &[Address]) {
        let addresses = addresses.iter().map(Address::socket).collect();
        if self.transport.try_send(transport::Command::Dial { peer, addresses }).is_err() {
            self.dial_failed(peer);
        }
    }

    fn dial_failed(&mut self, peer: NodeId) {
        // Meanwhile the peer may have dialled us.
        if !self.links.contains_key(&peer) {
            self.core.dial_failed(self.clock.now(), peer);
        }
    }

    fn hang_up(&mut self, peer: NodeId) {
        // Without a writer the link ends by itself, should the transport have no room for this.
        let _ = self.transport.try_send(transport::Command::HangUp { peer });
        if self.links.remove(&peer).is_some() {
            self.core.link_down(self.clock.now(), peer);
        }
    }

    fn ask(&mut self, ask: Ask) {
        let Err(refused) = self.store.ask(ask) else { return };
        self.losses.store_busy += 1;
        let now = self.clock.now();
        match refused {
            Ask::Put { op, .. } => self.core.stored(now, op, Stored::Failed),
            Ask::Get { op, .. } => self.core.loaded(now, op, None),
        }
    }

    fn taken(&mut self, job: JobId, taken: Taken) {
        if taken == Taken::Yes {
            self.core.taken(self.clock.now(), job);
        }
    }

    /// Tells the searches who is linked and where it listens, by its own signed word, where that
    /// changed.
    fn tell_searches(&mut self) {
        let overlay = self.core.overlay();
        let present: BTreeMap<_, _> = self.links.keys().map(|node| (*node, overlay.view().addresses(node))).collect();
        for (node, addresses) in &present {
            if addresses.is_empty() || self.known.get(node) == Some(addresses) {
                continue;
            }
            let addresses = addresses.iter().map(Address::socket).collect();
            match self.transport.try_send(transport::Command::Know { peer: *node, addresses }) {
                Ok(()) => {}
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => return,
            }
        }
        self.known = present;
    }

    fn call(&mut self, call: Call) -> Next {
        let now = self.clock.now();
        if matches!(call, Call::Announce(..) | Call::Gather(..)) {
            self.end_unwanted();
        }
        // Whoever stopped waiting for an answer does not miss it.
        match call {
            Call::Status(reply) => drop(reply.send(Ok(self.status()))),
            Call::Peers(reply) => drop(reply.send(Ok(self.core.peers(now)))),
            Call::Invite(reply) => drop(reply.send(Ok(self.core.invitation().to_text()))),
            Call::Join(invitation, reply) => drop(reply.send(self.join(&invitation))),
            Call::Insert(request, source, reply) => {
                let length = request.length;
                let begun = self.core.insert(now, request);
                if let Ok(job) = begun {
                    self.transfers.add_upload(job, self.queue.take_in(job, length, source));
                }
                drop(reply.send(begun));
            }
            Call::Download(uri, reply) => {
                let begun = self.core.download(now, uri);
                if let Ok(job) = begun {
                    self.transfers.add_download(job, None);
                }
                drop(reply.send(begun));
            }
            Call::Fetch(uri, reply) => {
                let begun = self.core.fetch(now, uri);
                if let Ok(job) = begun {
                    self.transfers.add_fetch(job);
                }
                drop(reply.send(begun));
            }
            Call::Publish(publication, reply) => {
                let (to, target) = *publication;
                drop(reply.send(self.core.publish(now, to, target)));
            }
            Call::Refresh(uri, reply) => drop(reply.send(self.core.refresh(now, &uri))),
            Call::Check(uri, extent, reply) => drop(reply.send(self.core.check(now, uri, extent))),
            Call::Repair(uri, extent, reply) => drop(reply.send(self.core.repair(now, uri, extent))),
            Call::Job(job, reply) => drop(reply.send(self.core.job(job).ok_or(HandleError::UnknownJob))),
            Call::JobChange { job, seen, reply } => self.transfers.watch(job, seen, self.core.job(job), reply),
            Call::Read(job, reply) => {
                let taken = self.transfers.read(job, self.core.job(job).as_ref(), reply);
                self.taken(job, taken);
            }
            Call::ReadAt { job, offset, reply } => self.read_at(job, offset, reply),
            Call::Jobs(reply) => drop(reply.send(Ok(self.core.all_jobs()))),
            Call::Pause(job, paused, reply) => drop(reply.send(self.core.pause(now, job, paused))),
            Call::Prioritise(job, priority, reply) => drop(reply.send(self.core.prioritise(now, job, priority))),
            Call::Cancel(job, reply) => {
                let known = self.core.job(job).map(drop).ok_or(HandleError::UnknownJob);
                self.core.cancel(now, job);
                drop(reply.send(known));
            }
            Call::AnnouncementFloor(reply) => {
                drop(reply.send(Ok(Rules::of(self.facts.network.kind).announcement_floor)));
            }
            Call::Announce(record, reply) => match self.core.announce(now, &record) {
                Ok(request) => drop(self.announcing.insert(request, reply)),
                Err(error) => drop(reply.send(Err(error))),
            },
            Call::Gather(name, reply) => match self.core.gather(now, name) {
                Ok(request) => drop(self.gathering.insert(request, reply)),
                Err(error) => drop(reply.send(Err(error))),
            },
            Call::Shutdown(reply) => {
                drop(reply.send(Ok(())));
                return Next::Stop;
            }
        }
        Next::GoOn
    }

    /// Ends requests for whom nobody waits any more.
    fn end_unwanted(&mut self) {
        let core = &mut self.core;
        self.announcing.retain(|request, reply| {
            let wanted = !reply.is_closed();
            if !wanted {
                core.cancel_direct(*request);
            }
            wanted
        });
        self.gathering.retain(|request, reply| {
            let wanted = !reply.is_closed();
            if !wanted {
                core.cancel_direct(*request);
            }
            wanted
        });
    }

    fn join(&mut self, invitation: &Invitation) -> Result<(), HandleError> {
        if invitation.network != self.facts.network {
            let (invited, here) = (invitation.network.to_string(), self.facts.network.to_string());
            return Err(Refusal::OtherNetwork { invited, here }.into());
        }
        self.core.join(invitation);
        Ok(())
    }

    fn status(&self) -> Status {
        let now = self.clock.now();
        let core = self.core.status(now);
        let figures = self.store.figures();
        let mut counters = core.counters;
        let Losses { frames_queue_full, frames_without_link, store_busy } = self.losses;
        for (name, count) in [
            ("dropped_link_queue_full", frames_queue_full),
            ("dropped_link_gone", frames_without_link),
            ("store_busy", store_busy),
            ("store_failures", figures.failures),
        ] {
            counters.insert(name.to_owned(), count);
        }
        let notices = self.warnings(core.nodes, &figures);
        Status {
            node: self.core.id().to_text(),
            network: self.facts.network.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            nodes: core.nodes,
            links: core.links,
            summary: if core.nodes <= 1 { "alone".to_owned() } else { format!("{} nodes", core.nodes) },
            uptime_s: now.mono.0 / 1_000_000,
            store: StoreStatus {
                quota_bytes: self.facts.caps.disk_bytes,
                kept_bytes: figures.kept_bytes,
                cached_bytes: figures.cached_bytes,
                damaged: figures.damaged,
            },
            counters,
            caps: self.facts.caps,
            traffic: self.traffic.measured(now),
            jobs: core.jobs,
            warnings: notices.iter().map(Warning::to_string).collect(),
            notices,
        }
    }

    fn warnings(&self, nodes: usize, figures: &Figures) -> Vec<Warning> {
        let mut warnings = self.facts.warnings.clone();
        if figures.failures > 0 {
            warnings.push(Warning::StoreDisk { failures: figures.failures });
        }
        if self.queue.failures() > 0 {
            warnings.push(Warning::QueueDisk { failures: self.queue.failures() });
        }
        if !self.store.is_running() {
            warnings.push(Warning::StoreStopped);
        }
        if self.facts.network.kind == NetworkKind::Public && nodes < SMALL_CROWD {
            warnings.push(Warning::SmallCrowd { nodes });
        }
        warnings
    }
}

/// Below so many nodes the console says that the network is small.
const SMALL_CROWD: usize = 200;
