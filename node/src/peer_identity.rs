//! Between our names and libp2p's: keys, peers, addresses.
//!
//! A node's libp2p identity *is* its node key. So whoever completes a handshake as a peer has
//! proved to be the node of that key, and no second proof is needed on the link.

use std::net::{IpAddr, SocketAddr};

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use libp2p::multiaddr::{Multiaddr, Protocol};
use roneo_keys::{NodeId, NodeSecret};
use zeroize::Zeroizing;

/// Multihash code of a peer id that holds its public key whole, as every ed25519 one does.
const IDENTITY_HASH: u64 = 0;

/// The libp2p identity of a node key.
pub(crate) fn keypair(secret: &NodeSecret) -> Keypair {
    let mut seed = Zeroizing::new(secret.expose_seed());
    let secret = ed25519::SecretKey::try_from_bytes(&mut *seed).expect("every 32 bytes are an ed25519 seed");
    ed25519::Keypair::from(secret).into()
}

/// A node as libp2p names it; `None` for bytes that are no point of the curve.
pub(crate) fn peer_id(node: &NodeId) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(node.as_bytes()).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// A peer as we name it; `None` for one with another kind of key, which no node has.
pub(crate) fn node_id(peer: &PeerId) -> Option<NodeId> {
    let hash = peer.as_ref();
    if hash.code() != IDENTITY_HASH {
        return None;
    }
    let key = PublicKey::try_decode_protobuf(hash.digest()).ok()?.try_into_ed25519().ok()?;
    Some(NodeId::from_bytes(key.to_bytes()))
}

/// A TCP socket as libp2p writes it.
pub(crate) fn multiaddr(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port()))
}

/// The TCP socket that an address names, whatever peer stands behind it; `None` for names and for
/// other transports.
pub(crate) fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else { return None };
    match parts.next() {
        None | Some(Protocol::P2p(_)) => Some(SocketAddr::new(ip, port)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_the_same_node_to_libp2p() {
        for seed in 0..16 {
            let secret = NodeSecret::from_seed([seed; 32]);
            let peer = keypair(&secret).public().to_peer_id();
            assert_eq!(node_id(&peer), Some(secret.id()));
            assert_eq!(peer_id(&secret.id()), Some(peer));
        }
    }

    #[test]
    fn what_is_no_node_has_no_name() {
        assert_eq!(node_id(&PeerId::random()), None);
        assert_eq!(peer_id(&NodeId::from_bytes([2; 32])), None);
    }

    #[test]
    fn addresses_round_trip_and_others_are_left_alone() {
        for text in ["127.0.0.1:4000", "[2001:db8::1]:1"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(socket(&multiaddr(address)), Some(address));
            let peer = peer_id(&NodeSecret::from_seed([1; 32]).id()).unwrap();
            assert_eq!(socket(&multiaddr(address).with(Protocol::P2p(peer))), Some(address));
        }
        for text in
            ["/dns4/example.org/tcp/80", "/ip4/127.0.0.1/udp/9/quic-v1", "/ip4/127.0.0.1/tcp/80/ws", "/ip4/1.2.3.4"]
        {
            assert_eq!(socket(&text.parse().unwrap()), None, "{text}");
        }
    }
}
