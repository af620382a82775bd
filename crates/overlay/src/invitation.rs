//! The invitation: one line of text that lets a newcomer find the network.
//!
//! The layout stands in `docs/formats/invitation.md`. Whoever has an invitation knows addresses of
//! up to three nodes, so it is for people and never for logs; `Debug` shows no more than the network.

use std::fmt;
use std::str::FromStr;

use roneo_keys::{NetworkId, NodeId, base64};

use crate::address::{Address, AddressError};
use crate::descriptor::MAX_ADDRESSES;
use crate::wire::Reader;

/// What every invitation begins with.
pub const PREFIX: &str = "roneo-join:";
/// Most nodes that an invitation names.
pub const MAX_NODES: usize = 3;
/// Longest text that is looked at, white space included. The longest that can be written has 483.
pub const MAX_TEXT_LEN: usize = 2_048;

const VERSION: u8 = 0;
const CHECKSUM_LEN: usize = 4;

/// A network and some of its nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The network, whose kind decides the rules.
    pub network: NetworkId,
    /// Nodes that were up when the invitation was made, and where they listened: 1 to [`MAX_NODES`],
    /// each with at most [`MAX_ADDRESSES`] addresses. What is beyond these bounds is not written.
    pub nodes: Vec<(NodeId, Vec<Address>)>,
}

/// Why a text is not an invitation. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// It does not begin as one.
    #[error("this is not an invitation: an invitation begins with {PREFIX}; ask for one made by `roneo invite`")]
    NotAnInvitation,
    /// Its end is missing.
    #[error("the invitation is cut: copy the whole line, to its last character")]
    Cut,
    /// A character is wrong, or something is stuck to it.
    #[error("the invitation is damaged: copy it again, alone and unchanged, or ask for another")]
    Damaged,
    /// A layout of the future.
    #[error("the invitation was made by a newer Roneo: update to use it")]
    Newer,
}

impl Invitation {
    /// The invitation as one line, for whoever is invited.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", base64::encode(&self.to_bytes()))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let nodes = &self.nodes[..self.nodes.len().min(MAX_NODES)];
        let mut bytes = vec![VERSION];
        bytes.extend(self.network.to_bytes());
        bytes.push(nodes.len() as u8);
        for (node, addresses) in nodes {
            let addresses = &addresses[..addresses.len().min(MAX_ADDRESSES)];
            bytes.extend(node.as_bytes());
            bytes.push(addresses.len() as u8);
            addresses.iter().for_each(|address| address.write(&mut bytes));
        }
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, InvitationError> {
        let sound = bytes.split_last_chunk().is_some_and(|(body, sum)| checksum(body) == *sum);
        // The checksum ends every version, so that a newer one is told from a damaged one.
        match bytes.first() {
            None => return Err(InvitationError::Cut),
            Some(&VERSION) => {}
            Some(_) if sound => return Err(InvitationError::Newer),
            Some(_) => return Err(InvitationError::Damaged),
        }
        let mut reader = Reader::new(&bytes[1..]);
        // Read before the checksum is asked: only the layout tells a cut line from a damaged one.
        let parsed = Self::read(&mut reader);
        match parsed {
            Ok(invitation) if sound && reader.remaining() == CHECKSUM_LEN => Ok(invitation),
            Ok(_) if reader.remaining() < CHECKSUM_LEN => Err(InvitationError::Cut),
            Ok(_) => Err(InvitationError::Damaged),
            Err(error) => Err(error),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, InvitationError> {
        let network = reader.array().ok_or(InvitationError::Cut)?;
        let network = NetworkId::from_bytes(&network).ok_or(InvitationError::Damaged)?;
        let count = count(reader, MAX_NODES)?;
        if count == 0 {
            return Err(InvitationError::Damaged);
        }
        let nodes = (0..count).map(|_| read_node(reader)).collect::<Result<_, _>>()?;
        Ok(Self { network, nodes })
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    /// Reads an invitation. White space is ignored wherever it stands: letters wrap long lines.
    fn from_str(text: &str) -> Result<Self, InvitationError> {
        if text.len() > MAX_TEXT_LEN {
            return Err(match text.trim_start().starts_with(PREFIX) {
                true => InvitationError::Damaged,
                false => InvitationError::NotAnInvitation,
            });
        }
        let text: String = text.split_whitespace().collect();
        let code = text.strip_prefix(PREFIX).ok_or(InvitationError::NotAnInvitation)?;
        if !code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'-')) {
            return Err(InvitationError::Damaged);
        }
        // Every character is one of the alphabet: a length that no value has, or bits beyond the
        // last byte, mean that characters are missing.
        let bytes = base64::decode_vec(code).map_err(|_| InvitationError::Cut)?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Invitation({}, {} nodes)", self.network, self.nodes.len())
    }
}

fn read_node(reader: &mut Reader<'_>) -> Result<(NodeId, Vec<Address>), InvitationError> {
    let node = NodeId::from_bytes(reader.array().ok_or(InvitationError::Cut)?);
    let addresses = (0..count(reader, MAX_ADDRESSES)?).map(|_| Address::read(reader)).collect::<Result<_, _>>()?;
    Ok((node, addresses))
}

fn count(reader: &mut Reader<'_>, most: usize) -> Result<usize, InvitationError> {
    let count = usize::from(reader.u8().ok_or(InvitationError::Cut)?);
    if count > most { Err(InvitationError::Damaged) } else { Ok(count) }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_LEN] {
    let [a, b, c, d, ..] = *blake3::hash(body).as_bytes();
    [a, b, c, d]
}

impl From<AddressError> for InvitationError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Cut => Self::Cut,
            AddressError::Foreign => Self::Damaged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use roneo_keys::NetworkKind;

    const LOCAL: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"bench  1" };

    fn address(text: &str) -> Address {
        Address::tcp(text.parse().unwrap()).unwrap()
    }

    fn invitation() -> Invitation {
        let one = (NodeId::from_bytes([1; 32]), vec![address("127.0.0.1:4000")]);
        let other = (NodeId::from_bytes([2; 32]), vec![address("[2600::1]:80"), address("8.8.8.8:81")]);
        Invitation { network: LOCAL, nodes: vec![one, other] }
    }

    fn text_of(bytes: &[u8]) -> String {
        format!("{PREFIX}{}", base64::encode(bytes))
    }

    /// Draft vector: the same text stands in `docs/formats/invitation.md`.
    const VECTOR: &str = "roneo-join:AABiZW5jaCAgMQIBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEABH8AAAGgDwICAgICAgICAgICAgIC\
        AgICAgICAgICAgICAgICAgICAgAGJgAAAAAAAAAAAAAAAAAAAVAAAAQICAgIUQDNOiEh";

    #[test]
    fn vector() {
        assert_eq!(invitation().to_text(), VECTOR);
    }

    #[test]
    fn letters_may_wrap_it() {
        let text = invitation().to_text();
        let wrapped = format!("  {}\r\n {}\t{}\n", &text[..30], &text[30..60], &text[60..]);
        assert_eq!(wrapped.parse(), Ok(invitation()));
    }

    #[test]
    fn every_cut_is_called_a_cut() {
        let text = invitation().to_text();
        for len in PREFIX.len()..text.len() {
            assert_eq!(text[..len].parse::<Invitation>(), Err(InvitationError::Cut), "{len}");
        }
        for len in 0..PREFIX.len() {
            assert_eq!(text[..len].parse::<Invitation>(), Err(InvitationError::NotAnInvitation), "{len}");
        }
    }

    #[test]
    fn a_wrong_character_is_noticed() {
        let text = invitation().to_text();
        for position in PREFIX.len()..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[position] = if damaged[position] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert!(damaged.parse::<Invitation>().is_err(), "{position}");
        }
    }

    #[test]
    fn malformed_invitations_say_what_to_do() {
        let good = invitation().to_bytes();
        let body = &good[..good.len() - CHECKSUM_LEN];
        let sealed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = body.to_vec();
            change(&mut bytes);
            let sum = checksum(&bytes);
            text_of(&[&bytes[..], &sum].concat())
        };
        let table = [
            (String::new(), InvitationError::NotAnInvitation),
            ("CHK@abc".to_owned(), InvitationError::NotAnInvitation),
            ("a".repeat(MAX_TEXT_LEN + 1), InvitationError::NotAnInvitation),
            (PREFIX.to_owned() + &"a".repeat(MAX_TEXT_LEN), InvitationError::Damaged),
            (PREFIX.to_owned(), InvitationError::Cut),
            (invitation().to_text() + "AAAA", InvitationError::Damaged),
            (invitation().to_text() + "!", InvitationError::Damaged),
            (format!("{}é", &invitation().to_text()[..40]), InvitationError::Damaged),
            (sealed(&|bytes| bytes[0] = 1), InvitationError::Newer),
            (text_of(&[&[1], &good[1..]].concat()), InvitationError::Damaged),
            (sealed(&|bytes| bytes[1] = 9), InvitationError::Damaged),
            (sealed(&|bytes| bytes[10] = 0), InvitationError::Damaged),
            (sealed(&|bytes| bytes[10] = 4), InvitationError::Damaged),
            (sealed(&|bytes| bytes[10] = 3), InvitationError::Cut),
            (sealed(&|bytes| bytes[43] = 5), InvitationError::Damaged),
            (sealed(&|bytes| bytes[45] = 9), InvitationError::Damaged),
            (sealed(&|bytes| bytes.push(0)), InvitationError::Damaged),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Invitation>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn what_is_beyond_the_bounds_is_not_written() {
        let many = (0..9u8).map(|last| address(&format!("[2600::{last}]:1"))).collect::<Vec<_>>();
        let nodes = (0..5u8).map(|byte| (NodeId::from_bytes([byte; 32]), many.clone())).collect();
        let text = Invitation { network: LOCAL, nodes }.to_text();
        assert_eq!(text.len(), 483);
        let read: Invitation = text.parse().unwrap();
        assert_eq!(read.nodes.len(), MAX_NODES);
        assert!(read.nodes.iter().all(|(_, addresses)| addresses[..] == many[..MAX_ADDRESSES]));
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", invitation()), "Invitation(local-62656e6368202031, 2 nodes)");
    }

    proptest! {
        #[test]
        fn parse_after_print_is_identity(
            tag: [u8; 8],
            nodes in proptest::collection::vec(
                (any::<[u8; 32]>(), proptest::collection::vec((any::<std::net::IpAddr>(), 1u16..), 0..=MAX_ADDRESSES)),
                1..=MAX_NODES,
            ),
        ) {
            let address = |(ip, port): (std::net::IpAddr, u16)| Address::tcp((ip, port).into()).unwrap();
            let nodes = nodes.into_iter().map(|(id, addresses)| {
                (NodeId::from_bytes(id), addresses.into_iter().map(address).collect())
            });
            let invitation = Invitation { network: NetworkId { tag, ..LOCAL }, nodes: nodes.collect() };
            let text = invitation.to_text();
            prop_assert!(!text.contains(char::is_whitespace));
            prop_assert_eq!(text.parse(), Ok(invitation));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = text.parse::<Invitation>();
            let _ = format!("{PREFIX}{text}").parse::<Invitation>();
            let _ = text_of(&bytes).parse::<Invitation>();
        }
    }
}
