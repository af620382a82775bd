//! How a link is opened over libp2p: one stream, in both directions, on an authenticated
//! connection.
//!
//! libp2p-stream does nearly this. It hands inbound streams over a channel of capacity one and
//! drops what does not fit, so of thirty nodes that start at once some would wait for links that
//! the other side has thrown away; and it dials by itself and picks any connection. Here each
//! opened stream is an event, and whoever dials says on which connection.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{PeerId, Stream, StreamProtocol};

use crate::peer_identity;

/// Link streams that a peer may open on one connection, ever. Two nodes need one; what is closed
/// in an orderly way may be opened again.
const STREAMS_PER_CONNECTION: u8 = 8;

/// Which side opened a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    /// This node.
    Us,
    /// The peer.
    Them,
}

/// What becomes of links.
#[derive(Debug)]
pub(crate) enum Event {
    /// A stream stands.
    Opened { peer: PeerId, opener: Opener, stream: Stream },
    /// The peer does not speak the protocol of this network, or did not answer in time.
    Refused { peer: PeerId },
}

/// Opens and accepts link streams.
pub(crate) struct Behaviour {
    protocol: StreamProtocol,
    /// At most one entry per stream that stands and one per call of [`Behaviour::open`], emptied
    /// whenever the swarm is polled.
    waiting: VecDeque<ToSwarm<Event, Open>>,
}

impl Behaviour {
    pub(crate) fn new(protocol: StreamProtocol) -> Self {
        Self { protocol, waiting: VecDeque::new() }
    }

    /// Opens a link on a connection that stands. Ends in one [`Event`], unless the connection
    /// closes first.
    pub(crate) fn open(&mut self, peer: PeerId, connection: ConnectionId) {
        self.waiting.push_back(ToSwarm::NotifyHandler {
            peer_id: peer,
            handler: NotifyHandler::One(connection),
            event: Open,
        });
    }

    fn handler(&self, peer: &PeerId) -> Result<Handler, ConnectionDenied> {
        // Refused here, no later code meets a peer without a node id.
        peer_identity::node_id(peer).ok_or_else(|| ConnectionDenied::new(NoNode))?;
        Ok(Handler { protocol: self.protocol.clone(), waiting: VecDeque::new(), inbound_left: STREAMS_PER_CONNECTION })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the peer's key is of a kind that no node has")]
struct NoNode;

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(&peer)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(&peer)
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        self.waiting.push_back(ToSwarm::GenerateEvent(match event {
            FromHandler::Opened(opener, stream) => Event::Opened { peer, opener, stream },
            FromHandler::Refused => Event::Refused { peer },
        }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // No waker: what fills the queue runs inside the swarm's own task.
        self.waiting.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// One connection's part. It keeps no connection alive: streams that stand do.
pub(crate) struct Handler {
    protocol: StreamProtocol,
    waiting: VecDeque<HandlerEvent>,
    inbound_left: u8,
}

type HandlerEvent = ConnectionHandlerEvent<ReadyUpgrade<StreamProtocol>, (), FromHandler>;

/// Tells a connection to open a link.
#[derive(Debug)]
pub(crate) struct Open;

/// What a connection reports.
#[derive(Debug)]
pub(crate) enum FromHandler {
    Opened(Opener, Stream),
    Refused,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Open;
    type ToBehaviour = FromHandler;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ())
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<HandlerEvent> {
        // No waker: the connection's task polls again after each call below.
        self.waiting.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    fn on_behaviour_event(&mut self, Open: Open) {
        let protocol = SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ());
        self.waiting.push_back(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol>) {
        let report = match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. }) => {
                let Some(left) = self.inbound_left.checked_sub(1) else { return };
                self.inbound_left = left;
                FromHandler::Opened(Opener::Them, stream)
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, .. }) => {
                FromHandler::Opened(Opener::Us, stream)
            }
            ConnectionEvent::DialUpgradeError(_) => FromHandler::Refused,
            _ => return,
        };
        self.waiting.push_back(ConnectionHandlerEvent::NotifyBehaviour(report));
    }
}
