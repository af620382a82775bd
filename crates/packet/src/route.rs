use std::fmt;

use roneo_keys::NodeId;

use crate::key::PacketPublic;

/// Hops of every path: guard, relay, relay, and the storer or, on the way back, the asker itself.
pub const PATH_LEN: usize = 4;

/// One node of a path, with the key it announced for the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Whom the previous hop hands the packet to.
    pub node: NodeId,
    /// The key of this hop's layer.
    pub key: PacketPublic,
}

/// Four nodes that a path cannot be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// A node stands on the path twice, and would see two of its steps. Choose another.
    #[error("a path visits no node twice; choose another relay")]
    NodeTwice,
}

/// Four hops, all different, in the order in which the packet meets them. The first is the guard;
/// the last is the storer, or on a reply's way the maker of the reply block.
#[derive(Clone, PartialEq, Eq)]
pub struct Route([Hop; PATH_LEN]);

impl Route {
    /// A path over these hops.
    ///
    /// # Errors
    /// [`RouteError::NodeTwice`].
    pub fn new(hops: [Hop; PATH_LEN]) -> Result<Self, RouteError> {
        for (index, hop) in hops.iter().enumerate() {
            if hops[..index].iter().any(|earlier| earlier.node == hop.node) {
                return Err(RouteError::NodeTwice);
            }
        }
        Ok(Self(hops))
    }

    /// The hops in order.
    #[must_use]
    pub const fn hops(&self) -> &[Hop; PATH_LEN] {
        &self.0
    }

    /// Whom to hand the packet to.
    #[must_use]
    pub const fn first_hop(&self) -> NodeId {
        self.0[0].node
    }

    /// Who reads the packet.
    #[must_use]
    pub const fn last_hop(&self) -> NodeId {
        self.0[PATH_LEN - 1].node
    }

    #[cfg(test)]
    pub(crate) fn to_sphinx(&self) -> Vec<sphinx_packet::route::Node> {
        use sphinx_packet::route::{Node, NodeAddressBytes};

        self.0
            .iter()
            .map(|hop| Node::new(NodeAddressBytes::from_bytes(*hop.node.as_bytes()), hop.key.inner()))
            .collect()
    }
}

impl fmt::Debug for Route {
    /// A path in a log links its two ends, so none is shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Route(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PacketSecret;

    fn hop(number: u8) -> Hop {
        Hop { node: NodeId::from_bytes([number; 32]), key: PacketSecret::from_bytes([9; 32]).public() }
    }

    #[test]
    fn a_path_visits_no_node_twice() {
        let route = Route::new([hop(1), hop(2), hop(3), hop(4)]).unwrap();
        assert_eq!((route.first_hop(), route.last_hop()), (hop(1).node, hop(4).node));
        for twice in [[1, 1, 2, 3], [1, 2, 1, 3], [1, 2, 3, 1], [2, 1, 1, 3], [2, 1, 3, 1], [2, 3, 1, 1]] {
            assert_eq!(Route::new(twice.map(hop)), Err(RouteError::NodeTwice), "{twice:?}");
        }
    }
}
