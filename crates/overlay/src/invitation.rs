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
#[non_exhaustive]
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
        match base64::decode_vec(code) {
            Ok(bytes) => Self::from_bytes(&bytes),
            Err(base64::Base64Error::Character(_)) => Err(InvitationError::Damaged),
            // A length that no value has, or bits beyond the last byte: characters are missing.
            Err(_) => Err(InvitationError::Cut),
        }
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
