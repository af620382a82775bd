//! Links to other nodes over libp2p: listening, dialling, and finding first peers.
//!
//! One task owns the swarm. It is told whom to dial and hang up on, and reports links, frames and
//! peers found; what to say on a link is not its business. Between two nodes stands one link: where
//! both dialled at once, both keep the same one of the two.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, global_only};
use libp2p::core::upgrade::Version;
use libp2p::futures::StreamExt as _;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, NetworkBehaviour, Swarm, SwarmEvent};
use libp2p::{PeerId, StreamProtocol, Transport as _, kad, noise, tcp, yamux};
use roneo_keys::{NetworkId, NetworkKind, NodeId, NodeSecret};
use roneo_overlay::neighbours::LINKS;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::link::{self, Arrived, LinkEnd, LinkWriter, Shared};
use crate::link_protocol::{self, Opener};
use crate::listening::{self, ListenError};
use crate::peer_identity;

/// Version of the link protocol, the last part of its name.
pub(crate) const LINK_VERSION: u32 = 0;

/// Dials under way.
const DIALS: usize = 128;
/// Connections of one peer: a link, one that replaces it, and room for a race.
const CONNECTIONS_PER_PEER: u32 = 4;
/// Handshakes that strangers may have under way.
const HANDSHAKES: u32 = 128;
/// Streams of one connection: links, searches, and room. Each may make the other side hold 256 KiB.
const STREAMS: usize = 32;
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// A connection without a link is closed after this: it served a search.
const IDLE: Duration = Duration::from_secs(10);
/// Two links that came up within this time were dialled at once; otherwise the newer one replaces
/// an older one that is dead without knowing it.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long a replaced link is kept open for sending, so that the peer sees the new one first and
/// the pair is never without.
const OVERLAP: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(250);
/// How long links may take to send what is queued when the node stops.
const STOP_PATIENCE: Duration = Duration::from_millis(500);

/// First search for peers after the first one is known.
const FIRST_SEARCH: Duration = Duration::from_secs(2);
/// Between searches for peers.
const SEARCH_EVERY: Duration = Duration::from_secs(300);
const SEARCH_PATIENCE: Duration = Duration::from_secs(30);
/// Addresses of one peer that are looked at.
const ADDRESSES_PER_PEER: usize = 4;

/// What a transport needs.
pub(crate) struct Settings<'a> {
    pub(crate) network: NetworkId,
    pub(crate) secret: &'a NodeSecret,
    /// Where to listen. Port 0 takes the kept one or any; see [`listening`].
    pub(crate) listen: &'a [SocketAddr],
    pub(crate) shared: Shared,
}

/// What the transport is told.
pub(crate) enum Command {
    /// Link up with a node. Ends in [`Event::Up`] or [`Event::DialFailed`].
    Dial { peer: NodeId, addresses: Vec<SocketAddr> },
    /// End the link to a node. Ends in [`Event::Down`] if there was one.
    HangUp { peer: NodeId },
    /// Let searches, our own and other nodes', pass through a linked node that listens there.
    Know { peer: NodeId, addresses: Vec<SocketAddr> },
}

/// What the transport reports.
pub(crate) enum Event {
    /// A link stands; or it was replaced, or stood already, and this is the writer to use from now on.
    Up { peer: NodeId, writer: LinkWriter },
    /// The link ended.
    Down { peer: NodeId },
    /// A dial led to no link.
    DialFailed { peer: NodeId },
    /// A frame arrived.
    Frame(Arrived),
    /// A search met a node.
    Found { peer: NodeId, addresses: Vec<SocketAddr> },
}

impl From<Arrived> for Event {
    fn from(arrived: Arrived) -> Self {
        Self::Frame(arrived)
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    limits: connection_limits::Behaviour,
    links: link_protocol::Behaviour,
    search: kad::Behaviour<kad::store::MemoryStore>,
}

/// A swarm that listens.
pub(crate) struct Transport {
    swarm: Swarm<Behaviour>,
    me: NodeId,
    shared: Arc<Shared>,
    connections: HashMap<PeerId, Vec<ConnectionId>>,
    /// Dialled, and not yet linked.
    wanted: HashMap<PeerId, Wanted>,
    /// A `BTreeMap` so that nothing depends on the order of a hash.
    links: BTreeMap<NodeId, Link>,
    /// Links that were replaced, oldest first, and until when they can still be sent on.
    replaced: VecDeque<(Instant, NodeId, Link)>,
    tasks: JoinSet<(NodeId, u64, LinkEnd)>,
    next_link: u64,
    search: Option<kad::QueryId>,
    search_at: Option<Instant>,
}

/// A dial under way.
struct Wanted {
    node: NodeId,
    /// Where a link was asked for. One stream at a time: of two opened by the same side on two
    /// connections, the sides might not see the same one last.
    on: Option<ConnectionId>,
}

struct Link {
    number: u64,
    opener: Opener,
    since: Instant,
    writer: LinkWriter,
}

impl Transport {
    /// Listens. Returns the sockets by which others reach this node.
    pub(crate) async fn bind(settings: Settings<'_>) -> Result<(Self, Vec<SocketAddr>), ListenError> {
        let mut swarm = swarm(settings.network, settings.secret);
        let reachable = listening::listen(&mut swarm, settings.listen).await?;
        let transport = Self {
            swarm,
            me: settings.secret.id(),
            shared: Arc::new(settings.shared),
            connections: HashMap::new(),
            wanted: HashMap::new(),
            links: BTreeMap::new(),
            replaced: VecDeque::new(),
            tasks: JoinSet::new(),
            next_link: 0,
            search: None,
            search_at: None,
        };
        Ok((transport, reachable))
    }

    /// Serves until the sender of `commands` is dropped. Whoever receives `events` must never wait
    /// for room in `commands`: this task waits for room in `events`.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>, events: mpsc::Sender<Event>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Dial { peer, addresses }) => self.dial(peer, &addresses),
                    Some(Command::HangUp { peer }) => self.hang_up(peer),
                    Some(Command::Know { peer, addresses }) => {
                        self.know(&peer, &addresses);
                        None
                    }
                    None => break,
                },
                event = self.swarm.select_next_some() => match event {
                    SwarmEvent::Behaviour(BehaviourEvent::Search(event)) => {
                        if self.searched(event, &events).await.is_err() {
                            break;
                        }
                        None
                    }
                    SwarmEvent::Behaviour(BehaviourEvent::Links(event)) => self.link_event(event, &events),
                    event => self.swarm_event(event),
                },
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok((peer, number, end)) => self.ended(peer, number, &end),
                    Err(panic) => {
                        tracing::error!(%panic, "a link's task failed");
                        None
                    }
                },
                now = tick.tick() => {
                    self.tick(now);
                    None
                }
            };
            if let Some(event) = event
                && events.send(event).await.is_err()
            {
                break;
            }
        }
        self.stop().await;
    }

    fn dial(&mut self, node: NodeId, addresses: &[SocketAddr]) -> Option<Event> {
        // Said again: whoever dials has not heard, or has forgotten.
        if let Some(link) = self.links.get(&node) {
            return Some(Event::Up { peer: node, writer: link.writer.clone() });
        }
        let failed = Some(Event::DialFailed { peer: node });
        let Some(peer) = peer_identity::peer_id(&node) else { return failed };
        if self.wanted.contains_key(&peer) {
            return None;
        }
        if self.wanted.len() >= DIALS {
            return failed;
        }
        // A search may have left a connection open.
        if let Some(connection) = self.connections.get(&peer).and_then(|connections| connections.first()) {
            self.swarm.behaviour_mut().links.open(peer, *connection);
            self.wanted.insert(peer, Wanted { node, on: Some(*connection) });
            return None;
        }
        let addresses = addresses.iter().take(ADDRESSES_PER_PEER).map(|socket| peer_identity::multiaddr(*socket));
        let options = DialOpts::peer_id(peer)
            .condition(PeerCondition::NotDialing)
            // From the listening port, two nodes that dial each other at one moment would end up
            // with one connection of which each believes that it dialled.
            .allocate_new_port()
            .addresses(addresses.collect());
        match self.swarm.dial(options.build()) {
            // A search is dialling it: a link is opened as soon as it is through.
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => {
                self.wanted.insert(peer, Wanted { node, on: None });
                None
            }
            Err(_) => failed,
        }
    }

    fn hang_up(&mut self, node: NodeId) -> Option<Event> {
        if let Some(peer) = peer_identity::peer_id(&node) {
            self.wanted.remove(&peer);
            // Forgotten before they are closed, lest the next dial open a link on one of them.
            self.connections.remove(&peer);
            // An error says that there was no connection: so much the better.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        self.replaced.retain(|(_, of, _)| *of != node);
        self.links.remove(&node).map(|_| Event::Down { peer: node })
    }

    /// Nothing enters the table of searches but by this.
    fn know(&mut self, node: &NodeId, addresses: &[SocketAddr]) {
        let Some(peer) = peer_identity::peer_id(node) else { return };
        let search = &mut self.swarm.behaviour_mut().search;
        search.remove_peer(&peer);
        for address in addresses.iter().take(ADDRESSES_PER_PEER) {
            search.add_address(&peer, peer_identity::multiaddr(*address));
        }
        self.search_at.get_or_insert_with(|| Instant::now() + FIRST_SEARCH);
    }

    fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) -> Option<Event> {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } => {
                self.connections.entry(peer_id).or_default().push(connection_id);
                if let Some(wanted @ Wanted { on: None, .. }) = self.wanted.get_mut(&peer_id) {
                    wanted.on = Some(connection_id);
                    self.swarm.behaviour_mut().links.open(peer_id, connection_id);
                }
                None
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                if let Some(connections) = self.connections.get_mut(&peer_id) {
                    connections.retain(|connection| *connection != connection_id);
                    if connections.is_empty() {
                        self.connections.remove(&peer_id);
                    }
                }
                let asked_there = |wanted: &Wanted| wanted.on == Some(connection_id);
                if self.wanted.get(&peer_id).is_some_and(asked_there) { self.not_linked(&peer_id) } else { None }
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), .. }
                if !self.connections.contains_key(&peer) =>
            {
                self.not_linked(&peer)
            }
            SwarmEvent::ListenerClosed { .. } => {
                tracing::warn!("a listener closed: other nodes may not reach this one; restart it");
                None
            }
            _ => None,
        }
    }

    fn link_event(&mut self, event: link_protocol::Event, events: &mpsc::Sender<Event>) -> Option<Event> {
        match event {
            link_protocol::Event::Opened { peer, opener, stream } => {
                let node = peer_identity::node_id(&peer)?;
                self.wanted.remove(&peer);
                if self.links.len() >= LINKS && !self.links.contains_key(&node) {
                    return (opener == Opener::Us).then_some(Event::DialFailed { peer: node });
                }
                let (writer, queue) = LinkWriter::new(&self.shared);
                let number = self.next_link;
                self.next_link += 1;
                let carrying = link::run(stream, node, queue, events.clone(), Arc::clone(&self.shared));
                self.tasks.spawn(async move { (node, number, carrying.await) });
                self.place(node, Link { number, opener, since: Instant::now(), writer })
            }
            link_protocol::Event::Refused { peer } => self.not_linked(&peer),
        }
    }

    /// Makes a new link the one in use, unless the present one is to stay.
    fn place(&mut self, node: NodeId, new: Link) -> Option<Event> {
        let up = Event::Up { peer: node, writer: new.writer.clone() };
        let unused = match self.links.entry(node) {
            Entry::Vacant(place) => {
                place.insert(new);
                return Some(up);
            }
            Entry::Occupied(present) if !replaces(self.me, node, present.get(), &new) => {
                self.replaced.push_back((Instant::now() + OVERLAP, node, new));
                return None;
            }
            Entry::Occupied(mut present) => present.insert(new),
        };
        self.replaced.push_back((Instant::now() + OVERLAP, node, unused));
        Some(up)
    }

    fn ended(&mut self, node: NodeId, number: u64, end: &LinkEnd) -> Option<Event> {
        tracing::debug!(%end, "a link ended");
        self.replaced.retain(|(_, _, link)| link.number != number);
        if matches!(end, LinkEnd::TooLong | LinkEnd::Stalled)
            && let Some(peer) = peer_identity::peer_id(&node)
        {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        if self.links.get(&node).is_none_or(|link| link.number != number) {
            return None;
        }
        self.links.remove(&node);
        // The other side chose the other one of two, or this one broke: one that still stands will do.
        let Some(standing) = self.replaced.iter().rposition(|(_, of, _)| *of == node) else {
            return Some(Event::Down { peer: node });
        };
        let (_, _, link) = self.replaced.remove(standing)?;
        let writer = link.writer.clone();
        self.links.insert(node, link);
        Some(Event::Up { peer: node, writer })
    }

    fn not_linked(&mut self, peer: &PeerId) -> Option<Event> {
        let Wanted { node, .. } = self.wanted.remove(peer)?;
        (!self.links.contains_key(&node)).then_some(Event::DialFailed { peer: node })
    }

    async fn searched(&mut self, event: kad::Event, events: &mpsc::Sender<Event>) -> Result<(), Stopped> {
        let kad::Event::OutboundQueryProgressed { id, result: kad::QueryResult::GetClosestPeers(result), step, .. } =
            event
        else {
            return Ok(());
        };
        if step.last && self.search == Some(id) {
            self.search = None;
        }
        let met = match result {
            Ok(found) => found.peers,
            Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
        };
        for info in met {
            let addresses: Vec<_> =
                info.addrs.iter().filter_map(peer_identity::socket).take(ADDRESSES_PER_PEER).collect();
            let Some(node) = peer_identity::node_id(&info.peer_id) else { continue };
            if addresses.is_empty() || node == self.me || self.links.contains_key(&node) {
                continue;
            }
            events.send(Event::Found { peer: node, addresses }).await.map_err(|_| Stopped)?;
        }
        Ok(())
    }

    fn tick(&mut self, now: Instant) {
        while self.replaced.front().is_some_and(|(until, ..)| *until <= now) {
            self.replaced.pop_front();
        }
        if self.search.is_none() && self.search_at.is_some_and(|at| at <= now) {
            // A random key: where this node looks says nothing of what it wants.
            self.search = Some(self.swarm.behaviour_mut().search.get_closest_peers(PeerId::random()));
            self.search_at = Some(now + SEARCH_EVERY);
        }
    }

    async fn stop(mut self) {
        self.links.clear();
        self.replaced.clear();
        // The swarm goes on carrying bytes while the links send their last.
        let sent = async {
            while !self.tasks.is_empty() {
                tokio::select! {
                    _ = self.tasks.join_next() => {}
                    _ = self.swarm.select_next_some() => {}
                }
            }
        };
        // Those that are not done are dropped with the swarm.
        let _ = timeout(STOP_PATIENCE, sent).await;
    }
}

/// Nobody receives events any more.
struct Stopped;

/// Whether a new link to `node` replaces the present one. Of two links dialled at once each side
/// must choose the same: the one opened by the smaller key.
fn replaces(me: NodeId, node: NodeId, present: &Link, new: &Link) -> bool {
    let at_once = new.since.duration_since(present.since) < AT_ONCE;
    if !at_once || present.opener == new.opener {
        return true;
    }
    match new.opener {
        Opener::Us => me < node,
        Opener::Them => node < me,
    }
}

fn swarm(network: NetworkId, secret: &NodeSecret) -> Swarm<Behaviour> {
    let keypair = peer_identity::keypair(secret);
    let me = keypair.public().to_peer_id();
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(HANDSHAKES))
        .with_max_pending_outgoing(Some(HANDSHAKES))
        .with_max_established(u32::try_from(LINKS).ok())
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER));
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        links: link_protocol::Behaviour::new(protocol(network, &LINK_VERSION.to_string())),
        search: search(network, me),
    };
    let config = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE);
    Swarm::new(tcp_noise_yamux(network.kind, &keypair), behaviour, me, config)
}

fn search(network: NetworkId, me: PeerId) -> kad::Behaviour<kad::store::MemoryStore> {
    let mut config = kad::Config::new(protocol(network, &format!("kad/{LINK_VERSION}")));
    config
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        // Nobody's records are wanted: what others put is handed to us, and dropped.
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_record_ttl(None)
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None)
        .set_caching(kad::Caching::Disabled)
        .set_periodic_bootstrap_interval(None)
        .set_query_timeout(SEARCH_PATIENCE)
        .disjoint_query_paths(true);
    let store = kad::store::MemoryStore::with_config(
        me,
        kad::store::MemoryStoreConfig { max_records: 0, max_provided_keys: 0, ..Default::default() },
    );
    let mut search = kad::Behaviour::with_config(me, store, config);
    search.set_mode(Some(kad::Mode::Server));
    search
}

fn protocol(network: NetworkId, rest: &str) -> StreamProtocol {
    StreamProtocol::try_from_owned(format!("/roneo/{network}/{rest}")).expect("it begins with a slash")
}

fn tcp_noise_yamux(kind: NetworkKind, keypair: &libp2p::identity::Keypair) -> Boxed<(PeerId, StreamMuxerBox)> {
    let noise = noise::Config::new(keypair).expect("signing with a key in memory does not fail");
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS);
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true));
    match kind {
        NetworkKind::Local => tcp
            .upgrade(Version::V1Lazy)
            .authenticate(noise)
            .multiplex(yamux)
            .timeout(HANDSHAKE_PATIENCE)
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed(),
        // A search dials what strangers answer: on a public network that must never become a probe
        // of the operator's own home.
        NetworkKind::Public => global_only::Transport::new(tcp)
            .upgrade(Version::V1Lazy)
            .authenticate(noise)
            .multiplex(yamux)
            .timeout(HANDSHAKE_PATIENCE)
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed(),
    }
}

#[cfg(test)]
mod tests;
