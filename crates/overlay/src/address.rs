//! Where a node listens, and which subnet that is in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::wire::Reader;

/// How a node is spoken to at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// TCP, Noise, Yamux.
    Tcp,
}

/// A place to dial: transport, IP address and port. `Debug` shows the transport only.
///
/// One place has one value: an IPv4 address in IPv6 clothes is the IPv4 address, and the port is
/// never 0. Wire form: transport 1 (0 TCP), family 1 (4 or 6), address 4 or 16, port 2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    transport: Transport,
    socket: SocketAddr,
}

/// A /24 of IPv4 or a /48 of IPv6: roughly one site. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Net24(Prefix<3, 6>);

/// A /16 of IPv4 or a /32 of IPv6: roughly one provider. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Net16(Prefix<2, 4>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Prefix<const V4: usize, const V6: usize> {
    V4([u8; V4]),
    V6([u8; V6]),
}

impl Address {
    /// Longest wire form, that of IPv6.
    pub const MAX_LEN: usize = 20;

    /// A TCP address, unless its port is 0, which cannot be dialled.
    #[must_use]
    pub fn tcp(socket: SocketAddr) -> Option<Self> {
        // Built from address and port alone: a scope or flow label means nothing to a peer.
        let socket = SocketAddr::new(socket.ip().to_canonical(), socket.port());
        (socket.port() != 0).then_some(Self { transport: Transport::Tcp, socket })
    }

    /// How to speak there.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Where to dial. Not for logs.
    #[must_use]
    pub const fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Whether the whole internet routes this address: not loopback, private, link-local, shared
    /// (carrier NAT), documentation, benchmarking, multicast, reserved, nor one of the IPv6 ranges
    /// that stand for an IPv4 address (Teredo, 6to4, NAT64), which would step round the caps.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match self.socket.ip() {
            IpAddr::V4(ip) => is_public_v4(ip),
            IpAddr::V6(ip) => is_public_v6(ip),
        }
    }

    /// The /24 (v6: /48).
    #[must_use]
    pub fn net24(&self) -> Net24 {
        Net24(prefix(self.socket.ip()))
    }

    /// The /16 (v6: /32).
    #[must_use]
    pub fn net16(&self) -> Net16 {
        Net16(prefix(self.socket.ip()))
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let Transport::Tcp = self.transport;
        bytes.push(0);
        match self.socket.ip() {
            IpAddr::V4(ip) => {
                bytes.push(4);
                bytes.extend(ip.octets());
            }
            IpAddr::V6(ip) => {
                bytes.push(6);
                bytes.extend(ip.octets());
            }
        }
        bytes.extend(self.socket.port().to_le_bytes());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, AddressError> {
        if reader.u8().ok_or(AddressError::Cut)? != 0 {
            return Err(AddressError::Foreign);
        }
        let ip = match reader.u8().ok_or(AddressError::Cut)? {
            4 => IpAddr::from(reader.array::<4>().ok_or(AddressError::Cut)?),
            6 => IpAddr::from(reader.array::<16>().ok_or(AddressError::Cut)?),
            _ => return Err(AddressError::Foreign),
        };
        let port = reader.u16().ok_or(AddressError::Cut)?;
        let address = Self::tcp(SocketAddr::new(ip, port)).ok_or(AddressError::Foreign)?;
        // A mapped IPv4 address is a second spelling of one place.
        if address.socket.ip() == ip { Ok(address) } else { Err(AddressError::Foreign) }
    }
}

/// Why bytes are not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// They end before the address does.
    Cut,
    /// They say something that no Roneo of this version writes.
    Foreign,
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({:?}, …)", self.transport)
    }
}

impl fmt::Debug for Net24 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Net24(…)")
    }
}

impl fmt::Debug for Net16 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Net16(…)")
    }
}

fn prefix<const V4: usize, const V6: usize>(ip: IpAddr) -> Prefix<V4, V6> {
    match ip {
        IpAddr::V4(ip) => {
            let octets = ip.octets();
            Prefix::V4(std::array::from_fn(|index| octets[index]))
        }
        IpAddr::V6(ip) => {
            let octets = ip.octets();
            Prefix::V6(std::array::from_fn(|index| octets[index]))
        }
    }
}

/// The IANA special-purpose registry for IPv4, less what is globally reachable in it.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    const RESERVED: [(u32, u32); 15] = [
        (0x0000_0000, 8),  // this network
        (0x0a00_0000, 8),  // private
        (0x6440_0000, 10), // shared, carrier NAT
        (0x7f00_0000, 8),  // loopback
        (0xa9fe_0000, 16), // link-local
        (0xac10_0000, 12), // private
        (0xc000_0000, 24), // protocol assignments
        (0xc000_0200, 24), // documentation
        (0xc058_6300, 24), // 6to4 anycast, withdrawn
        (0xc0a8_0000, 16), // private
        (0xc612_0000, 15), // benchmarking
        (0xc633_6400, 24), // documentation
        (0xcb00_7100, 24), // documentation
        (0xe000_0000, 4),  // multicast
        (0xf000_0000, 4),  // reserved, broadcast
    ];
    let bits = ip.to_bits();
    !RESERVED.iter().any(|&(net, len)| (bits ^ net) >> (32 - len) == 0)
}

/// Global unicast is 2000::/3; inside it, what the IANA registry sets apart.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let global_unicast = first & 0xe000 == 0x2000;
    let protocol_assignments = first == 0x2001 && second < 0x0200; // Teredo and ORCHID among them
    let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    let six_to_four = first == 0x2002;
    global_unicast && !protocol_assignments && !documentation && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> Address {
        Address::tcp(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn what_the_internet_routes() {
        let public = ["1.1.1.1:1", "9.255.255.255:1", "100.63.0.1:1", "100.128.0.1:1", "172.15.0.1:1", "172.32.0.1:1"];
        let more = ["192.0.1.1:1", "198.17.0.1:1", "198.20.0.1:1", "223.255.255.255:1", "[2001:200::1]:1"];
        let v6 = ["[2600::1]:1", "[2a00:1450::1]:1", "[3ffe::1]:1", "[3fff:1000::1]:1"];
        for text in public.iter().chain(&more).chain(&v6) {
            assert!(address(text).is_public(), "{text}");
        }
        let v4 = ["0.0.0.0:1", "10.1.2.3:1", "100.64.0.1:1", "100.127.255.255:1", "127.0.0.1:1", "169.254.1.1:1"];
        let more = ["172.16.0.1:1", "172.31.9.9:1", "192.0.0.8:1", "192.0.2.1:1", "192.88.99.1:1", "192.168.1.1:1"];
        let rest =
            ["198.18.0.1:1", "198.19.0.1:1", "198.51.100.1:1", "203.0.113.1:1", "224.0.0.1:1", "255.255.255.255:1"];
        let v6 = ["[::]:1", "[::1]:1", "[::ffff:10.0.0.1]:1", "[64:ff9b::808:808]:1", "[100::1]:1", "[2001::1]:1"];
        let last = ["[2001:db8::1]:1", "[2002:a00:1::]:1", "[3fff::1]:1", "[fc00::1]:1", "[fe80::1]:1", "[ff02::1]:1"];
        for text in v4.iter().chain(&more).chain(&rest).chain(&v6).chain(&last) {
            assert!(!address(text).is_public(), "{text}");
        }
    }

    #[test]
    fn one_place_has_one_value() {
        assert_eq!(address("[::ffff:8.8.8.8]:70"), address("8.8.8.8:70"));
        assert_eq!(Address::tcp("8.8.8.8:0".parse().unwrap()), None);
        let scoped = std::net::SocketAddrV6::new(Ipv6Addr::LOCALHOST, 7, 3, 9);
        assert_eq!(Address::tcp(scoped.into()), Some(address("[::1]:7")));
    }

    #[test]
    fn subnets_are_prefixes() {
        let table = [
            ("1.2.3.4:1", "1.2.3.200:9", true, true),
            ("1.2.3.4:1", "1.2.4.4:1", false, true),
            ("1.2.3.4:1", "1.3.3.4:1", false, false),
            ("[2a00:1:2:3::1]:1", "[2a00:1:2:4::1]:1", true, true),
            ("[2a00:1:2:3::1]:1", "[2a00:1:3:3::1]:1", false, true),
            ("[2a00:1:2:3::1]:1", "[2a00:2:2:3::1]:1", false, false),
            ("42.0.1.0:1", "[2a00:100::]:1", false, false),
        ];
        for (left, right, same_24, same_16) in table {
            let (left, right) = (address(left), address(right));
            assert_eq!((left.net24() == right.net24(), left.net16() == right.net16()), (same_24, same_16));
        }
    }

    #[test]
    fn nothing_prints_an_address() {
        let shown = address("8.8.4.4:70");
        let shown = format!("{shown:?} {:?} {:?}", shown.net24(), shown.net16());
        assert_eq!(shown, "Address(Tcp, …) Net24(…) Net16(…)");
    }

    #[test]
    fn foreign_bytes_are_refused() {
        let mapped = [&[0, 6][..], &[0; 10], &[0xff, 0xff, 8, 8, 8, 8, 1, 0]].concat();
        let table: [(&[u8], AddressError); 7] = [
            (&[], AddressError::Cut),
            (&[0, 4, 1, 2, 3, 4, 1], AddressError::Cut),
            (&[0, 6, 1, 2, 3, 4, 1, 0], AddressError::Cut),
            (&[1, 4, 1, 2, 3, 4, 1, 0], AddressError::Foreign),
            (&[0, 5, 1, 2, 3, 4, 1, 0], AddressError::Foreign),
            (&[0, 4, 1, 2, 3, 4, 0, 0], AddressError::Foreign),
            (&mapped, AddressError::Foreign),
        ];
        for (bytes, expected) in table {
            assert_eq!(Address::read(&mut Reader::new(bytes)), Err(expected), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn read_after_write_is_identity(ip: IpAddr, port in 1u16..) {
            let address = Address::tcp(SocketAddr::new(ip, port)).unwrap();
            let mut bytes = Vec::new();
            address.write(&mut bytes);
            prop_assert!(bytes.len() <= Address::MAX_LEN);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(Address::read(&mut reader), Ok(address));
            prop_assert_eq!(reader.remaining(), 0);
        }
    }
}
