//! Which sockets a node listens on, and by which others reach it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use libp2p::futures::StreamExt as _;
use libp2p::swarm::{NetworkBehaviour, Swarm, SwarmEvent};
use tokio::time::timeout;

use crate::peer_identity;

/// How long listeners may take to name their addresses, after the first one has.
const ADDRESSES_PATIENCE: Duration = Duration::from_millis(200);
/// How long the first one may take.
const LISTEN_PATIENCE: Duration = Duration::from_secs(5);

/// Why a node cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Somebody else does.
    #[error("another program listens on {0}: choose another port with --listen, or port 0 for any")]
    InUse(SocketAddr),
    /// The system refuses.
    #[error("cannot listen on {address}: choose an address of this machine with --listen")]
    Refused {
        /// What was asked.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing to listen on came up.
    #[error("no listener came up within {} s: choose an address with --listen", LISTEN_PATIENCE.as_secs())]
    Silent,
}

/// What to listen on for `asked`: a port where it asks for any, `kept` first. Nothing is bound
/// when this returns, so a port can in principle be lost to another program in between; then
/// listening fails with a sentence.
///
/// # Errors
/// [`ListenError::InUse`] for an explicit port that is taken, [`ListenError::Refused`].
pub(crate) fn pick(asked: SocketAddr, kept: SocketAddr) -> Result<SocketAddr, ListenError> {
    match free(kept) {
        Ok(port) => Ok(SocketAddr::new(asked.ip(), port)),
        Err(_) if asked.port() == 0 && kept.port() != 0 => {
            let port = free(asked).map_err(|source| ListenError::Refused { address: asked, source })?;
            Ok(SocketAddr::new(asked.ip(), port))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(ListenError::InUse(asked)),
        // A machine without IPv6 still has the other half of a dual-stack listener.
        Err(_) if asked.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {
            let fourth = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), kept.port());
            let port = free(fourth).map_err(|source| ListenError::Refused { address: asked, source })?;
            Ok(SocketAddr::new(asked.ip(), port))
        }
        Err(source) => Err(ListenError::Refused { address: asked, source }),
    }
}

/// Listens on `picked` and returns the sockets by which the machine is reached there. `[::]` means
/// both families.
///
/// # Errors
/// [`ListenError`].
pub(crate) async fn listen<B: NetworkBehaviour>(
    swarm: &mut Swarm<B>,
    picked: &[SocketAddr],
) -> Result<Vec<SocketAddr>, ListenError> {
    for address in picked {
        let both = address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        // libp2p binds IPv6 sockets to IPv6 alone, which makes room for the other family.
        let fourth = both.then(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port()));
        let listened = [Some(*address), fourth]
            .into_iter()
            .flatten()
            .map(|socket| swarm.listen_on(peer_identity::multiaddr(socket)).map(drop).map_err(std::io::Error::other));
        let listened: Vec<_> = listened.collect();
        if listened.iter().all(Result::is_err) {
            let source = listened.into_iter().find_map(Result::err).unwrap_or_else(|| std::io::ErrorKind::Other.into());
            return Err(ListenError::Refused { address: *address, source });
        }
    }
    let named = picked.iter().all(|address| !address.ip().is_unspecified());
    let mut reachable: Vec<SocketAddr> = Vec::new();
    while !(named && reachable.len() == picked.len()) {
        let patience = if reachable.len() < picked.len() { LISTEN_PATIENCE } else { ADDRESSES_PATIENCE };
        match timeout(patience, swarm.select_next_some()).await {
            Ok(SwarmEvent::NewListenAddr { address, .. }) => {
                let new = peer_identity::socket(&address).filter(|socket| !reachable.contains(socket));
                reachable.extend(new);
            }
            Ok(_) => {}
            Err(_) if reachable.is_empty() => return Err(ListenError::Silent),
            Err(_) => break,
        }
    }
    Ok(reachable)
}

/// The port of `address`, or any free one where it says 0, if nobody listens there. libp2p lets
/// two nodes of one user share a port, and the system then deals connections out to both: this
/// socket does not, so it fails where a listener stands.
fn free(address: SocketAddr) -> std::io::Result<u16> {
    Ok(TcpListener::bind(address)?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    #[test]
    fn a_kept_port_is_taken_again_unless_somebody_else_has_it() {
        let first = pick(any(), any()).unwrap();
        assert_ne!(first.port(), 0);
        assert_eq!(pick(any(), first).unwrap(), first);
        let _somebody = TcpListener::bind(first).unwrap();
        let second = pick(any(), first).unwrap();
        assert_ne!(second.port(), first.port());
    }

    #[test]
    fn an_explicit_port_is_that_port_or_an_error() {
        let somebody = TcpListener::bind(any()).unwrap();
        let taken = somebody.local_addr().unwrap();
        assert!(matches!(pick(taken, taken), Err(ListenError::InUse(_))));
        drop(somebody);
        assert_eq!(pick(taken, taken).unwrap(), taken);
        let elsewhere: SocketAddr = "192.0.2.1:0".parse().unwrap();
        assert!(matches!(pick(elsewhere, elsewhere), Err(ListenError::Refused { .. })));
    }
}
