//! Which network a node belongs to, and where it listens unless told.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use rand::CryptoRng;
use roneo_keys::{NetworkId, NetworkKind};

/// What is known of the network before the node starts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wishes<'a> {
    /// What the data directory belongs to.
    pub(crate) kept: Option<NetworkId>,
    /// What the invitations lead to.
    pub(crate) invited: &'a [NetworkId],
    /// What the operator asked for.
    pub(crate) asked: Option<NetworkKind>,
    /// Where the operator asked to listen.
    pub(crate) listen: &'a [SocketAddr],
}

/// Wishes that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkConflict {
    /// The directory belongs elsewhere.
    #[error(
        "this data directory belongs to the network {kept}, and the invitation is to {invited}: join it from another --data-dir"
    )]
    Kept {
        /// The directory's.
        kept: NetworkId,
        /// The invitation's.
        invited: NetworkId,
    },
    /// Two invitations, two networks.
    #[error("the invitations are to two networks, {first} and {second}: a node joins one")]
    Invited {
        /// The first invitation's.
        first: NetworkId,
        /// Another one's.
        second: NetworkId,
    },
    /// `--network` says otherwise.
    #[error("the network is {network}, which --network contradicts: leave --network out, or choose another --data-dir")]
    Kind {
        /// The directory's or the invitation's.
        network: NetworkId,
    },
}

/// The network to be in: the kept one, the one invited to, or a new one. A kind that nobody named
/// is local where the operator listens on loopback alone, and else public.
///
/// # Errors
/// [`NetworkConflict`].
pub(crate) fn choose(wishes: Wishes<'_>, rng: &mut impl CryptoRng) -> Result<NetworkId, NetworkConflict> {
    let Wishes { kept, invited, asked, listen } = wishes;
    if let Some(first) = invited.first().copied() {
        if let Some(second) = invited.iter().copied().find(|other| *other != first) {
            return Err(NetworkConflict::Invited { first, second });
        }
        if let Some(kept) = kept.filter(|kept| *kept != first) {
            return Err(NetworkConflict::Kept { kept, invited: first });
        }
    }
    if let Some(network) = kept.or(invited.first().copied()) {
        return match asked {
            Some(kind) if kind != network.kind => Err(NetworkConflict::Kind { network }),
            _ => Ok(network),
        };
    }
    let only_loopback = !listen.is_empty() && listen.iter().all(|address| address.ip().is_loopback());
    match asked {
        Some(NetworkKind::Local) => Ok(found_local(rng)),
        None if only_loopback => Ok(found_local(rng)),
        _ => Ok(NetworkId::MAIN),
    }
}

/// Where a node listens that was not told.
pub(crate) fn default_listen(kind: NetworkKind) -> SocketAddr {
    match kind {
        NetworkKind::Local => (Ipv4Addr::LOCALHOST, 0).into(),
        NetworkKind::Public => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn found_local(rng: &mut impl CryptoRng) -> NetworkId {
    let mut tag = [0; 8];
    rng.fill_bytes(&mut tag);
    NetworkId { kind: NetworkKind::Local, tag }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    const A: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"network1" };
    const B: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"network2" };

    fn choose(wishes: Wishes<'_>) -> Result<NetworkId, NetworkConflict> {
        super::choose(wishes, &mut ChaCha20Rng::from_seed([3; 32]))
    }

    #[test]
    fn what_is_kept_or_invited_to_decides() {
        let none = Wishes::default();
        for wishes in [
            Wishes { kept: Some(A), ..none },
            Wishes { invited: &[A], ..none },
            Wishes { kept: Some(A), invited: &[A, A], asked: Some(NetworkKind::Local), ..none },
        ] {
            assert_eq!(choose(wishes), Ok(A), "{wishes:?}");
        }
        for (wishes, conflict) in [
            (Wishes { kept: Some(A), invited: &[B], ..none }, NetworkConflict::Kept { kept: A, invited: B }),
            (Wishes { invited: &[A, B], ..none }, NetworkConflict::Invited { first: A, second: B }),
            (Wishes { kept: Some(A), asked: Some(NetworkKind::Public), ..none }, NetworkConflict::Kind { network: A }),
        ] {
            assert_eq!(choose(wishes), Err(conflict), "{wishes:?}");
        }
    }

    #[test]
    fn a_network_of_ones_own_is_local_by_name_or_by_listening_on_loopback_alone() {
        let loopback = ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()];
        let mixed = [loopback[0], "0.0.0.0:0".parse().unwrap()];
        for (asked, listen, kind) in [
            (Some(NetworkKind::Local), &[][..], NetworkKind::Local),
            (None, &loopback[..], NetworkKind::Local),
            (None, &mixed[..], NetworkKind::Public),
            (None, &[][..], NetworkKind::Public),
            (Some(NetworkKind::Public), &loopback[..], NetworkKind::Public),
        ] {
            let network = choose(Wishes { asked, listen, ..Wishes::default() }).unwrap();
            assert_eq!(network.kind, kind, "{asked:?} {listen:?}");
            assert_eq!(network == NetworkId::MAIN, kind == NetworkKind::Public);
        }
    }
}
