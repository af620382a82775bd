use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_content::record::Record;
use roneo_keys::time::{Mono, Now};
use roneo_keys::{Block, Locator, NetworkId, NodeId, NodeSecret, SizeClass};
use roneo_packet::{Dropped, KeyRing, Packet, ReplayFilter, ReplayLimits, Rotation, Unwrapped};
use roneo_social::{AnnouncementRecord, Proof, RecordName};

use crate::counters::Counters;
use crate::dummy::Dummies;
use crate::environment::{Environment, Output, RecordRole, SolveId, StoreOp, Stored};
use crate::frame::Frame;
use crate::guard::GuardSet;
use crate::links::Links;
use crate::membership::Membership;
use crate::neighbours::{self, Week};
use crate::padding::Padding;
use crate::path::{NODES_NEEDED, Standard};
use crate::quanta::ReadCount;
use crate::requester::{FirstAsk, RequestId, Requester, TooManyRequests};
use crate::saved::{MAX_KNOWN, Saved};
use crate::share::Shares;
use crate::stamp::{Load, Price};
use crate::storer::Storer;
use crate::timers::{Timer, Timers};
use crate::toll::Toll;
use crate::view::View;
use crate::{Address, Defences, Invitation, Rules};

/// Upkeep of links, keys, pulses and guards happens this often.
const TICK: Duration = Duration::from_secs(1);
/// A link to a node that is neither neighbour nor guard is closed after this long without use.
const IDLE_LINK: Duration = Duration::from_secs(120);
/// Known nodes are saved this often.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// What an [`Overlay`] is made with.
#[derive(Debug, Clone)]
pub struct OverlayConfig {
    /// The network.
    pub network: NetworkId,
    /// Its rules: [`Rules::of`] its kind, or the same with single fields changed for a bench.
    pub rules: Rules,
    /// Where this node listens, as others can reach it.
    pub addresses: Vec<Address>,
    /// Bytes per second that this node lends, one way; sizes the replay filter. `None`: unlimited.
    pub uplink: Option<u64>,
    /// All on, but in experiments.
    pub defences: Defences,
    /// Whether [`Output::Record`] is wanted.
    pub recording: bool,
}

/// How many nodes there are for a request to travel through and to be kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetworkState {
    /// Nodes usable in a path, this one included.
    pub known: usize,
    /// Nodes that a path needs, this one included.
    pub needed: usize,
    /// Storers other than this node that can be asked now.
    pub other_storers: usize,
    /// Whether the number of reads that leave for an object may be seen: see [`Quanta`](crate::Quanta).
    pub read_count: ReadCount,
}

/// One node of the network: its view, its guards, what it stores for others and what it asks.
///
/// The contract of every method that takes `now`: feed one input, then take outputs from
/// [`Overlay::poll_output`] until there is none, then ask [`Overlay::next_timeout`] when to call
/// [`Overlay::handle_timeout`]. `now` never goes backwards.
pub struct Overlay {
    env: Environment,
    membership: Membership,
    storer: Storer,
    requester: Requester,
    shares: Shares,
    padding: Padding,
    dummies: Dummies,
    saved_at: Mono,
}

impl Overlay {
    /// A node that knows nobody but those in `saved`. Its packet keys are fresh: what was sealed for
    /// it before a restart, it cannot open.
    #[must_use]
    pub fn new(config: OverlayConfig, secret: NodeSecret, saved: Saved, seed: [u8; 32], now: Now) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let me = secret.id();
        let capacity = config.uplink.map_or(roneo_packet::MAX_REPLAY_TAGS, ReplayFilter::capacity_for);
        let limits = ReplayLimits { capacity, policy: config.defences.replay };
        let keys = KeyRing::with_replay(now.wall.day(), limits, &mut rng);
        let mut env = Environment {
            me,
            secret,
            rules: config.rules,
            defences: config.defences,
            recording: config.recording,
            view: View::new(config.rules, config.network, me),
            guards: GuardSet::restore(saved.guards),
            guards_changed: false,
            serving_guard: None,
            links: Links::default(),
            keys,
            counters: Counters::default(),
            timers: Timers::default(),
            small_sent: 0,
            policy: Box::new(Standard),
            rng,
            outputs: std::collections::VecDeque::new(),
            next_op: 0,
        };
        let mut membership = Membership::new(&mut env, now, config.network, config.addresses);
        membership.call(saved.known);
        env.timers.set(now.mono, Timer::Tick);
        env.timers.set(now.mono + env.rules.gossip_every, Timer::Gossip);
        let padding = Padding::new(&mut env, now);
        let spent_key = blake3::derive_key("roneo overlay spent stamps 1", &seed);
        let storer = Storer::new(Toll::new(&env.rules, config.uplink, spent_key));
        Self {
            env,
            membership,
            storer,
            requester: Requester::default(),
            shares: Shares::new(config.rules.guard_client_rate),
            padding,
            dummies: Dummies::default(),
            saved_at: now.mono,
        }
    }

    /// This node's id.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.env.me
    }

    /// A link opened. Both sides say who they are by their first frame.
    pub fn link_up(&mut self, now: Now, peer: NodeId) {
        if peer == self.env.me || self.env.links.count() >= crate::links::MAX_LINKS {
            self.env.outputs.push_back(Output::HangUp { peer });
            return;
        }
        let waited = self.env.links.up(now.mono, peer);
        self.env.view.restore(&peer);
        self.env.view.heard(now, &peer);
        self.env.guards.heard(&peer, now.wall);
        self.membership.greet(&mut self.env, now, peer);
        if self.env.guards.contains(&peer) {
            self.env.send(now.mono, peer, &Frame::GuardClient);
        }
        self.env.outputs.extend(waited.into_iter().map(|frame| Output::Send { to: peer, frame }));
    }

    /// A link closed.
    pub fn link_down(&mut self, now: Now, peer: NodeId) {
        if self.env.links.down(now.mono, &peer) {
            self.env.view.set_aside(now, &peer);
            self.shares.forget(&peer);
            self.membership.forget(&peer);
            self.storer.link_down(&mut self.env, now, peer);
            self.requester.link_down(&mut self.env, now, peer);
        }
    }

    /// A link could not be opened.
    pub fn dial_failed(&mut self, now: Now, peer: NodeId) {
        self.env.links.down(now.mono, &peer);
        self.env.view.set_aside(now, &peer);
        self.storer.link_down(&mut self.env, now, peer);
    }

    /// The shell's peer discovery found somebody.
    pub fn found(&mut self, peer: NodeId, addresses: Vec<Address>) {
        self.membership.met(peer, addresses);
    }

    /// Follows an invitation: its nodes are called until one answers.
    pub fn join(&mut self, invitation: &Invitation) {
        self.membership.call(invitation.nodes.iter().cloned());
    }

    /// An invitation that names this node and up to two others that it has links to.
    #[must_use]
    pub fn invitation(&self) -> Invitation {
        self.membership.invitation(&self.env)
    }

    /// A frame arrived on the link to `from`. What does not parse is counted and dropped.
    pub fn frame(&mut self, now: Now, from: NodeId, bytes: &[u8]) {
        let Ok(frame) = Frame::from_bytes(bytes) else {
            self.env.counters.frames_malformed += 1;
            return;
        };
        self.env.view.heard(now, &from);
        match frame {
            Frame::Packet(bytes) => self.packet(now, from, bytes),
            Frame::Hello(descriptor) => self.membership.hello(&mut self.env, now, from, &descriptor),
            Frame::Gossip(message) => self.membership.gossip(&mut self.env, now, from, &message),
            Frame::GuardClient => self.shares.register(from),
            Frame::Handover(handover) => self.storer.handover(&mut self.env, now, from, handover),
            Frame::HandoverAnswer { number, outcome } => {
                self.storer.handover_answer(&mut self.env, now, from, number, outcome);
            }
        }
    }

    fn packet(&mut self, now: Now, from: NodeId, bytes: Vec<u8>) {
        if !self.shares.take(now.mono, &from) {
            self.env.counters.dropped_over_share += 1;
            return;
        }
        let length = bytes.len();
        let env = &mut self.env;
        let opened = Packet::from_bytes(bytes).and_then(|packet| env.keys.unwrap(now.wall, packet));
        match opened {
            Err(reason) => count_dropped(&mut env.counters, reason),
            Ok(Unwrapped::Forward { next, packet, .. }) => {
                env.counters.packets_forwarded += 1;
                let ends_here = self.shares.is_client(&from) || self.shares.is_client(&next);
                let role = if ends_here { RecordRole::Guard } else { RecordRole::Relay };
                env.record(role, "packet", from, Some(next), length, packet.bytes());
                env.send(now.mono, next, &Frame::Packet(packet.into_bytes()));
            }
            Ok(Unwrapped::Request { payload, .. }) => self.storer.request(env, now, from, length, &payload),
            Ok(Unwrapped::Reply { id, .. }) if self.dummies.answered(&id) => env.counters.dummies_answered += 1,
            Ok(Unwrapped::Reply { id, sealed, .. }) => self.requester.reply(env, now, from, length, id, sealed),
        }
    }

    /// The datastore's answer to [`Output::Store`].
    pub fn stored(&mut self, now: Now, op: StoreOp, outcome: Stored) {
        self.storer.stored(&mut self.env, now, op, outcome);
    }

    /// The datastore's answer to [`Output::Load`].
    pub fn loaded(&mut self, now: Now, op: StoreOp, block: Option<Block>) {
        self.storer.loaded(&mut self.env, now, op, block);
    }

    /// Places a block until `copies` (at most 30) distinct storers have signed for it. Ends in
    /// [`Event::Placed`](crate::Event).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn place(&mut self, now: Now, block: Block, copies: u8) -> Result<RequestId, TooManyRequests> {
        self.requester.place(&mut self.env, now, block, copies)
    }

    /// Places a record until `copies` (at most 30) distinct storers have signed for it. Ends in
    /// [`Event::Placed`](crate::Event), or in [`Event::Superseded`](crate::Event) where a storer keeps a
    /// better one.
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn place_record(&mut self, now: Now, record: &Record, copies: u8) -> Result<RequestId, TooManyRequests> {
        self.requester.place_record(&mut self.env, now, record, copies)
    }

    /// Searches for the best record of a name until `answers` (at most 8) storers have answered. Ends in
    /// [`Event::RecordSearched`](crate::Event).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn search_record(&mut self, now: Now, locator: Locator, answers: usize) -> Result<RequestId, TooManyRequests> {
        self.requester.search_record(&mut self.env, now, locator, answers)
    }

    /// Places announcements, at most [`MAX_ANNOUNCED`](crate::storage_message::MAX_ANNOUNCED) of one hour of a board, until `copies` (at
    /// most 30) distinct storers have signed that they have them. Ends in [`Event::Placed`](crate::Event).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn place_announcements(
        &mut self,
        now: Now,
        record: &AnnouncementRecord,
        copies: u8,
    ) -> Result<RequestId, TooManyRequests> {
        self.requester.place_announcements(&mut self.env, now, record, copies)
    }

    /// Gathers the announcements of one hour of a board from `answers` (at most 8) storers: one that leaves some out
    /// is made up for by another, and none can invent any. Ends in [`Event::Gathered`](crate::Event).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn gather(&mut self, now: Now, name: RecordName, answers: usize) -> Result<RequestId, TooManyRequests> {
        self.requester.gather(&mut self.env, now, name, answers)
    }

    /// As [`search_record`](Self::search_record), for whoever can wait: the first request leaves in the place of a packet
    /// of the padding, so that nobody sees it leave. Without padding it leaves at once.
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn search_record_in_turn(
        &mut self,
        now: Now,
        locator: Locator,
        answers: usize,
    ) -> Result<RequestId, TooManyRequests> {
        let request = self.requester.search_record_later(&self.env, now, locator, answers)?;
        self.padding.wait(&mut self.env, now, &mut self.requester, request);
        Ok(request)
    }

    /// As [`gather`](Self::gather), for whoever can wait: see [`search_record_in_turn`](Self::search_record_in_turn).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn gather_in_turn(&mut self, now: Now, name: RecordName, answers: usize) -> Result<RequestId, TooManyRequests> {
        let request = self.requester.gather_later(&self.env, now, name, answers)?;
        self.padding.wait(&mut self.env, now, &mut self.requester, request);
        Ok(request)
    }

    /// Searches for a block. Ends in [`Event::Searched`](crate::Event).
    ///
    /// # Errors
    /// [`TooManyRequests`].
    pub fn search(
        &mut self,
        now: Now,
        locator: Locator,
        class: SizeClass,
        first: FirstAsk,
    ) -> Result<RequestId, TooManyRequests> {
        self.requester.search(&mut self.env, now, locator, class, first)
    }

    /// Sends one dummy read whose answer is as long as one with a block of `class`: for whoever has counted with
    /// [`Quanta`](crate::Quanta) how many are due. No event follows. `false` where a real request could not leave now either.
    pub fn dummy_read(&mut self, now: Now, class: SizeClass) -> bool {
        let sent = self.dummies.read(&mut self.env, now, class);
        self.env.counters.dummies_sent += u64::from(sent);
        sent
    }

    /// Gives a request up. No event follows.
    pub fn cancel(&mut self, request: RequestId) {
        self.requester.cancel(&mut self.env, request);
    }

    /// The highest price that is paid for this node's requests. [`Price::FREE`] at first: who owns the overlay says by this
    /// that it makes stamps when [`Output::Solve`] asks for them. A storer that asks for more is passed over.
    pub fn set_max_price(&mut self, price: Price) {
        self.requester.set_max_price(price);
    }

    /// The stamp that [`Output::Solve`] asked for; `None` where it is not going to be made. Its request goes on.
    pub fn solved(&mut self, now: Now, solve: SolveId, proof: Option<Proof>) {
        self.requester.solved(&mut self.env, now, solve, proof);
    }

    /// How much of what this node can do as a storer is taken.
    pub fn load(&mut self, now: Now) -> Load {
        self.storer.load_at(now.mono)
    }

    /// Does what is due. Call when [`Overlay::next_timeout`] has come; calling earlier does no harm.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.env.timers.due(now.mono) {
            match timer {
                Timer::Tick => self.tick(now),
                Timer::Gossip => {
                    self.membership.round(&mut self.env, now);
                    let pause = self.env.jittered(self.env.rules.gossip_every);
                    self.env.timers.set(now.mono + pause, Timer::Gossip);
                }
                Timer::Attempt(id) => self.requester.overdue(&mut self.env, now, id),
                Timer::Request(id) => self.requester.advance(&mut self.env, now, id),
                Timer::Handover(number) => self.storer.handover_overdue(&mut self.env, now, number),
                Timer::Solve(solve) => self.requester.solving_overdue(&mut self.env, now, solve),
                Timer::Padding => self.padding.turn(&mut self.env, now, &mut self.requester, &mut self.dummies),
            }
        }
    }

    /// When there is next something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        self.env.timers.next()
    }

    /// The next thing to do for the owner, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.env.outputs.pop_front()
    }

    /// Nodes and storers that requests can count on now.
    #[must_use]
    pub fn network_state(&self, now: Now) -> NetworkState {
        let storers = self.env.view.storers(now);
        NetworkState {
            known: self.env.nodes_usable(now),
            needed: NODES_NEEDED,
            other_storers: storers.iter().filter(|storer| self.env.view.is_fresh(now, &storer.id())).count(),
            read_count: self.env.rules.read_count,
        }
    }

    /// Nodes present in the view, this one included.
    #[must_use]
    pub fn nodes_present(&self, now: Now) -> usize {
        self.env.view.len_present(now) + 1
    }

    /// The view, for status and experiments.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.env.view
    }

    /// The links, for status and experiments.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.env.links
    }

    /// The guards, for status and experiments.
    #[must_use]
    pub fn guards(&self) -> &GuardSet {
        &self.env.guards
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.env.counters
    }

    /// Requests under way.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requester.count()
    }

    fn tick(&mut self, now: Now) {
        let env = &mut self.env;
        env.timers.set(now.mono + TICK, Timer::Tick);
        if env.keys.advance(now.wall, &mut env.rng) == Rotation::NewKeys {
            self.membership.renew(env, now);
        }
        env.counters.dropped_unreachable += env.links.expire(now.mono);
        env.view.expire(now);
        self.membership.upkeep(env, now);
        let open: Vec<NodeId> = env.links.open().collect();
        for peer in &open {
            env.guards.heard(peer, now.wall);
        }
        if env.guards.forget_dormant(now.wall, env.rules.guard_dormant) {
            env.guards_changed = true;
        }
        while env.ready(now) && env.guards.wants_sample() && env.sample_guard(now) {}
        self.close_idle_links(now);
        self.save(now);
    }

    fn close_idle_links(&mut self, now: Now) {
        let (nodes, week) = (self.nodes_present(now), Week::of(now.wall.day()));
        let env = &mut self.env;
        for peer in env.links.unused(now.mono, IDLE_LINK) {
            let needed = neighbours::are_neighbours(&env.me, &peer, week, nodes)
                || env.guards.contains(&peer)
                || self.shares.is_client(&peer);
            if !needed {
                env.outputs.push_back(Output::HangUp { peer });
            }
        }
    }

    fn save(&mut self, now: Now) {
        if !self.env.guards_changed && now.mono.since(self.saved_at) < SAVE_EVERY {
            return;
        }
        (self.env.guards_changed, self.saved_at) = (false, now.mono);
        let open = self.env.links.open().map(|peer| (peer, self.env.addresses(&peer)));
        let known = open.filter(|(_, addresses)| !addresses.is_empty()).take(MAX_KNOWN).collect();
        let saved = Saved { guards: self.env.guards.guards().to_vec(), known };
        self.env.outputs.push_back(Output::Save(saved.to_bytes()));
    }
}

fn count_dropped(counters: &mut Counters, reason: Dropped) {
    match reason {
        Dropped::Replayed => counters.dropped_replayed += 1,
        Dropped::ReplayFilterFull => counters.dropped_filter_full += 1,
        Dropped::Unreadable | Dropped::Corrupt => counters.dropped_unreadable += 1,
        _ => counters.dropped_malformed += 1,
    }
}
