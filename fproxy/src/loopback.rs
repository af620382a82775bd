//! Both addresses by which this machine reaches itself, at one port.
//!
//! Browsers look up names below `localhost` as `::1` first. Whoever else listens there, a program of another user for
//! one, would see which files of a site are asked for, and could answer in our place. So that address is ours too.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Ports that are tried where any will do. That somebody has one of a pair alone is rare.
const TRIES: usize = 8;

/// Listens on this machine alone.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    asked: TcpListener,
    /// Nothing on a machine without the other family.
    other: Option<TcpListener>,
}

/// Connections that may wait to be taken. With fewer than somebody may open at once the system drops the beginning of
/// the next, and whoever asks waits a second for its repetition.
const BACKLOG: u32 = 1_024;

/// What [`TcpListener::bind`] does, with a longer queue.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port is free as soon as nobody listens there. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Loopback {
    /// Listens at the port of `address`, or any free one where it says 0, in both families.
    ///
    /// # Errors
    /// Those of binding: [`ErrorKind::AddrInUse`] also where somebody has the port in the other family alone, and
    /// [`ErrorKind::InvalidInput`] for an address that others could reach.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            match Self::bind_once(address).await {
                Err(error) if error.kind() == ErrorKind::AddrInUse && tries > 0 => {}
                bound => return bound,
            }
        }
    }

    /// The address that was asked for, with the port that was picked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn bind_once(address: SocketAddr) -> io::Result<Self> {
        let asked = listen(address)?;
        let address = asked.local_addr()?;
        let ip = match address.ip() {
            IpAddr::V4(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let other = match listen(SocketAddr::new(ip, address.port())) {
            Ok(listener) => Some(listener),
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                return Err(error);
            }
            // The machine does not have that family, so nobody listens there.
            Err(_) => None,
        };
        Ok(Self { address, asked, other })
    }

    /// The next connection. Cancelling loses none.
    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        let other = async {
            match &self.other {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let (stream, _) = tokio::select! {
            accepted = self.asked.accept() => accepted?,
            accepted = other => accepted?,
        };
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().unwrap(), 0)
    }

    #[tokio::test]
    async fn both_families_are_ours_or_neither() {
        let here = Loopback::bind(any("127.0.0.1")).await.unwrap();
        assert!(here.address().ip().is_ipv4() && here.address().port() != 0);
        for ip in ["127.0.0.1", "::1"] {
            let address = SocketAddr::new(ip.parse().unwrap(), here.address().port());
            if TcpListener::bind(any(ip)).await.is_err() {
                continue;
            }
            let (reached, accepted) = tokio::join!(TcpStream::connect(address), here.accept());
            assert_eq!(reached.unwrap().local_addr().unwrap(), accepted.unwrap().peer_addr().unwrap());
            assert_eq!(Loopback::bind(address).await.unwrap_err().kind(), ErrorKind::AddrInUse);
        }
    }

    #[tokio::test]
    async fn somebody_in_the_other_family_is_noticed() {
        let Ok(somebody) = TcpListener::bind(any("::1")).await else { return };
        let port = somebody.local_addr().unwrap().port();
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        assert_eq!(Loopback::bind(address).await.unwrap_err().kind(), ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn others_never_reach_it() {
        for ip in ["0.0.0.0", "::", "192.0.2.1"] {
            assert_eq!(Loopback::bind(any(ip)).await.unwrap_err().kind(), ErrorKind::InvalidInput, "{ip}");
        }
    }
}
