use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use roneo_client::handle::{Extent, Gathered, HandleError, InsertRequest, JobId, JobState, JobStatus, Target};
use roneo_client::notice::Refusal;
use roneo_client::{Core, CoreStatus};
use roneo_content::ContentHasher;
use roneo_keys::time::{Mono, Now};
use roneo_keys::{InsertUri, Locator, NodeId, Uri};
use roneo_overlay::{Invitation, Overlay, RecordLine, RequestId};
use roneo_social::{AnnouncementRecord, RecordName};

use crate::carrier::Carrier;
use crate::engine::{Event, KEEP_ALIVE};
use crate::member::{Behaviour, Member, Power, Tapped};
use crate::random::{self, Purpose, fraction};
use crate::scenario::{Scenario, Sessions};
use crate::schedule::Schedule;
use crate::shelf::Shelf;
use crate::trace::{Trace, TraceHash, Traffic};
use crate::wires::Wires;

/// The monotonic clock at the start: not nought, since no machine's is.
pub(crate) const ORIGIN: Mono = Mono(1_000_000);
/// How often a condition that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One job of one node's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Number of the node.
    pub node: usize,
    life: u32,
    id: JobId,
}

/// Something that one node's user asked for and that is no job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Number of the node.
    pub node: usize,
    life: u32,
    request: RequestId,
}

/// What was waited for did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not come about in {limit:?} of simulated time")]
pub struct TimedOut {
    /// What was waited for.
    pub what: &'static str,
    /// How long.
    pub limit: Duration,
}

/// Nodes of production code on one thread, on a clock of their own.
///
/// Nodes are numbered from 0 in the order in which they joined. Nothing happens but in
/// [`run_for`](Self::run_for), [`run_until`](Self::run_until) and what is built on them.
///
/// Dropped while its thread panics, it prints seed, time and trace hash, which is all that is needed
/// to see the same again.
pub struct Network {
    pub(crate) scenario: Scenario,
    pub(crate) mono: Mono,
    pub(crate) schedule: Schedule<Event>,
    pub(crate) members: Vec<Member>,
    pub(crate) numbers: BTreeMap<NodeId, usize>,
    pub(crate) wires: Wires,
    pub(crate) carrier: Carrier,
    /// Partitions made and healed so far.
    pub(crate) partings: u64,
    pub(crate) traffic: Traffic,
    pub(crate) trace: Trace,
    pub(crate) events: u64,
    join_rng: ChaCha20Rng,
    churn_rng: ChaCha20Rng,
    choice_rng: ChaCha20Rng,
}

impl Network {
    /// A network whose nodes are about to join, one after another.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        let (seed, nodes) = (scenario.seed, scenario.nodes);
        let mut network = Self {
            mono: ORIGIN,
            schedule: Schedule::default(),
            members: Vec::new(),
            numbers: BTreeMap::new(),
            wires: Wires::default(),
            carrier: Carrier::new(&scenario),
            partings: 0,
            traffic: Traffic::default(),
            trace: Trace::default(),
            events: 0,
            join_rng: random::stream(seed, Purpose::Join, [0, 0]),
            churn_rng: random::stream(seed, Purpose::Churn, [0, 0]),
            choice_rng: random::stream(seed, Purpose::Choice, [0, 0]),
            scenario,
        };
        for place in 0..nodes {
            network.add_after(network.scenario.join_every * place as u32);
        }
        network
    }

    /// One more node, which joins now. Returns its number.
    pub fn add(&mut self) -> usize {
        self.add_after(Duration::ZERO)
    }

    fn add_after(&mut self, pause: Duration) -> usize {
        let node = self.members.len();
        let member = Member::new(node, &self.scenario);
        self.numbers.insert(member.id, node);
        self.schedule.plan(self.mono + pause, Event::Join { node });
        if let Some(churn) = self.scenario.churn.filter(|_| member.churns) {
            let first = churn.after + self.churn_length(churn.there);
            self.schedule.plan(self.mono + first, Event::Turn { node });
        }
        self.members.push(member);
        node
    }

    pub(crate) fn invitation_for(&mut self, node: usize) -> Option<Invitation> {
        let running: Vec<usize> = self.running().filter(|other| *other != node).collect();
        if running.is_empty() {
            return None;
        }
        let host = running[self.join_rng.random_range(0..running.len())];
        self.members[host].core.as_ref().map(Core::invitation)
    }

    pub(crate) fn churn_length(&mut self, sessions: Sessions) -> Duration {
        sessions.draw(&mut self.churn_rng)
    }

    pub(crate) fn churn_fraction(&mut self) -> f64 {
        fraction(self.churn_rng.random())
    }
}

/// Time.
impl Network {
    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) {
        self.run_to(self.mono + time);
    }

    /// Lets time pass until `done`, and says how much that was.
    ///
    /// # Errors
    /// [`TimedOut`] after `limit`.
    pub fn run_until(
        &mut self,
        what: &'static str,
        limit: Duration,
        mut done: impl FnMut(&Self) -> bool,
    ) -> Result<Duration, TimedOut> {
        let begin = self.mono;
        while !done(self) {
            if self.mono.since(begin) >= limit {
                return Err(TimedOut { what, limit });
            }
            self.run_to((self.mono + LOOK_EVERY).min(begin + limit));
        }
        Ok(self.mono.since(begin))
    }

    /// Lets time pass until each running node can use all others that run, and a second more, so that
    /// its jobs, which look at the network a few times a second, know it too.
    ///
    /// # Errors
    /// [`TimedOut`] after `limit`.
    pub fn settle(&mut self, limit: Duration) -> Result<Duration, TimedOut> {
        let took = self.run_until("a network that everybody sees whole", limit, |net| {
            let running = net.running().count();
            net.members.iter().all(|member| member.life > 0) && net.running().all(|node| net.known(node) == running)
        })?;
        self.run_for(Duration::from_secs(1));
        Ok(took)
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.mono.since(ORIGIN)
    }
}

/// The nodes' users.
impl Network {
    /// Begins an insert.
    ///
    /// # Errors
    /// [`HandleError`], as the node's handle would give it; [`HandleError::Stopping`] where it does
    /// not run.
    pub fn insert(&mut self, node: usize, content: impl Into<Arc<[u8]>>) -> Result<Job, HandleError> {
        let bytes = content.into();
        let (name, media_type) = (String::new(), String::new());
        let request = InsertRequest { length: bytes.len() as u64, name, media_type, secret: None };
        let mut hasher = ContentHasher::default();
        hasher.update(&bytes);
        let now = self.now();
        let core = self.members[node].core.as_mut().ok_or(HandleError::Stopping)?;
        let id = core.insert(now, request)?;
        core.received(now, id, Ok(hasher.finish()));
        self.members[node].contents.insert(id, bytes);
        self.drain(node);
        Ok(Job { node, life: self.members[node].life, id })
    }

    /// Begins a fetch.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert); [`HandleError::Refused`] for a text that is no link.
    pub fn fetch(&mut self, node: usize, uri: &str) -> Result<Job, HandleError> {
        let uri: Uri = uri.parse().map_err(Refusal::Link)?;
        self.begin(node, |core, now| core.fetch(now, uri))
    }

    /// Begins a check.
    ///
    /// # Errors
    /// As for [`fetch`](Self::fetch).
    pub fn check(&mut self, node: usize, uri: &str, extent: Extent) -> Result<Job, HandleError> {
        let uri: Uri = uri.parse().map_err(Refusal::Link)?;
        self.begin(node, |core, now| core.check(now, uri, extent))
    }

    /// Begins a repair.
    ///
    /// # Errors
    /// As for [`fetch`](Self::fetch).
    pub fn repair(&mut self, node: usize, uri: &str, extent: Extent) -> Result<Job, HandleError> {
        let uri: Uri = uri.parse().map_err(Refusal::Link)?;
        self.begin(node, |core, now| core.repair(now, uri, extent))
    }

    /// Begins to write a signed name.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert).
    pub fn write(&mut self, node: usize, to: InsertUri, target: Target) -> Result<Job, HandleError> {
        self.begin(node, |core, now| core.publish(now, to, target))
    }

    /// Begins to place the record behind a link again.
    ///
    /// # Errors
    /// As for [`fetch`](Self::fetch).
    pub fn refresh(&mut self, node: usize, uri: &str) -> Result<Job, HandleError> {
        let uri: Uri = uri.parse().map_err(Refusal::Link)?;
        self.begin(node, |core, now| core.refresh(now, &uri))
    }

    fn begin(
        &mut self,
        node: usize,
        begin: impl FnOnce(&mut Core, Now) -> Result<JobId, HandleError>,
    ) -> Result<Job, HandleError> {
        let now = self.now();
        let core = self.members[node].core.as_mut().ok_or(HandleError::Stopping)?;
        let id = begin(core, now)?;
        self.drain(node);
        Ok(Job { node, life: self.members[node].life, id })
    }

    /// Begins to place announcements.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert).
    pub fn announce(&mut self, node: usize, record: &AnnouncementRecord) -> Result<Asked, HandleError> {
        self.ask(node, |core, now| core.announce(now, record))
    }

    /// Begins to gather the announcements of one hour of a board.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert).
    pub fn gather(&mut self, node: usize, name: RecordName) -> Result<Asked, HandleError> {
        self.ask(node, |core, now| core.gather(now, name))
    }

    fn ask(
        &mut self,
        node: usize,
        ask: impl FnOnce(&mut Core, Now) -> Result<RequestId, HandleError>,
    ) -> Result<Asked, HandleError> {
        let now = self.now();
        let core = self.members[node].core.as_mut().ok_or(HandleError::Stopping)?;
        let request = ask(core, now)?;
        self.drain(node);
        Ok(Asked { node, life: self.members[node].life, request })
    }

    /// How many storers signed for what was announced, once that has ended. Says it once.
    pub fn take_receipts(&mut self, asked: Asked) -> Option<u8> {
        let member = &mut self.members[asked.node];
        if member.life == asked.life { member.announced.remove(&asked.request) } else { None }
    }

    /// What was gathered and when it had come, once it has. Hands it out once.
    pub fn take_gathered(&mut self, asked: Asked) -> Option<(Mono, Gathered)> {
        let member = &mut self.members[asked.node];
        if member.life == asked.life { member.gathered.remove(&asked.request) } else { None }
    }

    /// Where a job stands; nothing where its node has been stopped since.
    #[must_use]
    pub fn status(&self, job: Job) -> Option<JobStatus> {
        let member = &self.members[job.node];
        member.core.as_ref().filter(|_| member.life == job.life)?.job(job.id)
    }

    /// Lets time pass until a job is settled: stored, weak, fetched or failed. After `limit` its
    /// status is what it then is; nothing where its node was stopped.
    pub fn finish(&mut self, job: Job, limit: Duration) -> Option<JobStatus> {
        let settled = |status: &JobStatus| !matches!(status.state, JobState::Waiting | JobState::Running);
        let ended = self.run_until("the end of a job", limit, |net| net.status(job).is_none_or(|it| settled(&it)));
        // The status says whether the limit was reached.
        ended.ok();
        self.status(job)
    }

    /// What a fetch has brought so far; all of it once it is fetched. Hands it out once.
    pub fn take_content(&mut self, job: Job) -> Vec<u8> {
        self.members[job.node].fetched.remove(&job.id).unwrap_or_default()
    }

    /// Ends a job and what is known of it, as a person does who has what was asked for: else 256 would be remembered.
    pub fn forget(&mut self, job: Job) {
        let now = self.now();
        let member = &mut self.members[job.node];
        if member.life == job.life {
            member.fetched.remove(&job.id);
            member.core.iter_mut().for_each(|core| core.cancel(now, job.id));
            self.drain(job.node);
        }
    }

    /// Inserts and waits for the end of it.
    ///
    /// # Panics
    /// Where the insert cannot begin, or its node is stopped.
    pub fn publish(&mut self, node: usize, content: impl Into<Arc<[u8]>>, limit: Duration) -> JobStatus {
        let job = self.insert(node, content).expect("a running node with room for a job");
        self.finish(job, limit).expect("the node runs on")
    }

    /// Fetches and waits for the end of it.
    ///
    /// # Errors
    /// The status of a fetch that did not come to its end.
    ///
    /// # Panics
    /// Where the fetch cannot begin, or its node is stopped.
    pub fn read(&mut self, node: usize, uri: &str, limit: Duration) -> Result<Vec<u8>, Box<JobStatus>> {
        let job = self.fetch(node, uri).expect("a link, and a running node with room for a job");
        let status = self.finish(job, limit).expect("the node runs on");
        let content = self.take_content(job);
        self.forget(job);
        if status.state == JobState::Fetched { Ok(content) } else { Err(Box::new(status)) }
    }
}

/// Misfortune.
impl Network {
    /// Draws this many nodes that run, none of them among `spared`; all there are, if these are fewer.
    pub fn choose(&mut self, count: usize, spared: &[usize]) -> Vec<usize> {
        let mut among: Vec<usize> = self.running().filter(|node| !spared.contains(node)).collect();
        let count = count.min(among.len());
        for place in 0..count {
            let other = self.choice_rng.random_range(place..among.len());
            among.swap(place, other);
        }
        among.truncate(count);
        among
    }

    /// Ends a node as a kill does: its machine stays up, resets its links and refuses calls.
    pub fn kill(&mut self, node: usize) {
        self.members[node].churns = false;
        self.stop(node, Power::Stopped);
    }

    /// Cuts a node's power: nobody is told, and calls to it hear nothing.
    pub fn cut_power(&mut self, node: usize) {
        self.members[node].churns = false;
        self.stop(node, Power::Off);
    }

    /// Starts a node again on what its disk has. One that runs goes on running.
    pub fn restart(&mut self, node: usize) {
        if self.members[node].power != Power::Running {
            self.start(node);
        }
    }

    /// Ends all churn; nodes that are away stay away.
    pub fn end_churn(&mut self) {
        self.members.iter_mut().for_each(|member| member.churns = false);
    }

    /// Empties a node's disk.
    pub fn lose_disk(&mut self, node: usize) {
        self.members[node].shelf.clear();
    }

    /// Parts the network: the nodes of each group hear only each other, and those of no group too.
    /// What is said across is held back, and links across close when their keep-alive runs out.
    pub fn partition(&mut self, groups: &[Vec<usize>]) {
        let sides = groups.iter().zip(1..).flat_map(|(group, side)| group.iter().map(move |node| (*node, side)));
        self.part(sides.collect());
    }

    /// Ends the partition.
    pub fn heal(&mut self) {
        self.part(BTreeMap::new());
    }

    fn part(&mut self, sides: BTreeMap<usize, usize>) {
        self.partings += 1;
        self.carrier.part(sides);
        for (from, to, wire, message) in self.carrier.release() {
            self.send(wire, from, to, message);
        }
        for (wire, one, other) in self.wires.all() {
            if self.carrier.parted(one, other) {
                let event = Event::Cut { wire, one, other, parting: self.partings };
                self.schedule.plan(self.mono + KEEP_ALIVE, event);
            }
        }
    }

    /// Has a node treat others otherwise from now on.
    pub fn behave(&mut self, node: usize, behaviour: Behaviour) {
        self.members[node].behaviour = behaviour;
    }

    /// Puts a frame on the link from one node to another, as if the first had sent it. `false` if it
    /// has no such link.
    pub fn inject(&mut self, from: usize, to: usize, frame: Vec<u8>) -> bool {
        self.send_frame(from, to, frame)
    }
}

/// Observation.
impl Network {
    /// Begins to write down each frame that a node sends or receives.
    pub fn tap(&mut self, node: usize) {
        self.members[node].tap.get_or_insert_default();
    }

    /// What was written down since the last call.
    pub fn take_tapped(&mut self, node: usize) -> Vec<Tapped> {
        self.members[node].tap.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What a node recorded since the last call, in a scenario with recording.
    pub fn take_records(&mut self, node: usize) -> Vec<RecordLine> {
        std::mem::take(&mut self.members[node].records)
    }

    /// Numbers of the nodes that run.
    pub fn running(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().filter(|member| member.core.is_some()).map(|member| member.number)
    }

    /// Nodes so far, running or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no nodes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A node's id.
    #[must_use]
    pub fn id(&self, node: usize) -> NodeId {
        self.members[node].id
    }

    /// The number of the node with an id.
    #[must_use]
    pub fn number(&self, id: &NodeId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// A running node's overlay.
    #[must_use]
    pub fn overlay(&self, node: usize) -> Option<&Overlay> {
        self.members[node].core.as_ref().map(Core::overlay)
    }

    /// How a running node is.
    #[must_use]
    pub fn core_status(&self, node: usize) -> Option<CoreStatus> {
        let now = self.now();
        self.members[node].core.as_ref().map(|core| core.status(now))
    }

    /// Nodes that a node can use in a path now, itself included; 0 where it does not run.
    #[must_use]
    pub fn known(&self, node: usize) -> usize {
        self.overlay(node).map_or(0, |overlay| overlay.network_state(self.now()).known)
    }

    /// One of a running node's counters since its start; 0 where it does not run.
    #[must_use]
    pub fn counter(&self, node: usize, name: &str) -> u64 {
        self.overlay(node).and_then(|overlay| overlay.counters().by_name().get(name).copied()).unwrap_or(0)
    }

    /// One counter of all running nodes together.
    #[must_use]
    pub fn counter_of_all(&self, name: &str) -> u64 {
        self.running().map(|node| self.counter(node, name)).sum()
    }

    /// The numbers of a running node's guards, in order of preference.
    #[must_use]
    pub fn guards(&self, node: usize) -> Vec<usize> {
        let guards = self.overlay(node).map_or(&[][..], |overlay| overlay.guards().guards());
        guards.iter().filter_map(|guard| self.number(&guard.node)).collect()
    }

    /// What a node keeps for others.
    #[must_use]
    pub fn shelf(&self, node: usize) -> &Shelf {
        &self.members[node].shelf
    }

    /// Bytes of blocks on all disks together, those of stopped nodes included.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.members.iter().map(|member| member.shelf.bytes()).sum()
    }

    /// Every locator on any disk.
    #[must_use]
    pub fn locators(&self) -> BTreeSet<Locator> {
        self.members.iter().flat_map(|member| member.shelf.locators().copied()).collect()
    }

    /// The nodes on whose disk a block is.
    #[must_use]
    pub fn holders(&self, locator: &Locator) -> Vec<usize> {
        let holds = |member: &&Member| member.shelf.get(locator).is_some();
        self.members.iter().filter(holds).map(|member| member.number).collect()
    }

    /// How much was sent.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Events taken so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The hash over all that happened so far.
    #[must_use]
    pub fn trace(&self) -> TraceHash {
        self.trace.hash()
    }

    /// The moment by both clocks.
    #[must_use]
    pub fn moment(&self) -> Now {
        self.now()
    }

    /// The seed and all else that this network was made from.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (seed, nodes, trace) = (self.scenario.seed, self.members.len(), self.trace());
            eprintln!("network of {nodes} nodes, seed {seed}, trace {trace} at {:?}", self.elapsed());
        }
    }
}
