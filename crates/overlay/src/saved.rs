//! What a node keeps across restarts to find its network again: guards and the nodes last known.
//!
//! `docs/formats/node-state.md`. Losing it costs the guards, which are then sampled anew.

use roneo_keys::NodeId;
use roneo_keys::time::Wall;

use crate::Address;
use crate::descriptor::MAX_ADDRESSES;
use crate::guard::{Guard, MAX_GUARDS};
use crate::wire::Reader;

/// Nodes kept to call again after a restart.
pub(crate) const MAX_KNOWN: usize = 32;
const VERSION: u8 = 0;

/// The state that [`Output::Save`](crate::Output) carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Guards, in order of preference.
    pub guards: Vec<Guard>,
    /// The nodes last known, with their addresses.
    pub known: Vec<(NodeId, Vec<Address>)>,
}

impl Saved {
    /// Version, then guards, then known nodes, then a 4-byte BLAKE3 of all before it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let guards = &self.guards[..self.guards.len().min(MAX_GUARDS)];
        bytes.push(guards.len() as u8);
        for guard in guards {
            bytes.extend(guard.node.as_bytes());
            bytes.extend(guard.heard.0.to_le_bytes());
        }
        let known = &self.known[..self.known.len().min(MAX_KNOWN)];
        bytes.push(known.len() as u8);
        for (node, addresses) in known {
            bytes.extend(node.as_bytes());
            let addresses = &addresses[..addresses.len().min(MAX_ADDRESSES)];
            bytes.push(addresses.len() as u8);
            addresses.iter().for_each(|address| address.write(&mut bytes));
        }
        let digest = blake3::hash(&bytes);
        bytes.extend(&digest.as_bytes()[..4]);
        bytes
    }

    /// Reads what [`Saved::to_bytes`] wrote; `None` for anything else, which is then as good as lost.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, digest) = bytes.split_last_chunk::<4>()?;
        if blake3::hash(body).as_bytes()[..4] != digest[..] {
            return None;
        }
        let mut reader = Reader::new(body);
        if reader.u8()? != VERSION {
            return None;
        }
        let mut saved = Self::default();
        for _ in 0..count(&mut reader, MAX_GUARDS)? {
            let node = NodeId::from_bytes(reader.array()?);
            saved.guards.push(Guard { node, heard: Wall(reader.u64()?) });
        }
        for _ in 0..count(&mut reader, MAX_KNOWN)? {
            let node = NodeId::from_bytes(reader.array()?);
            let addresses = (0..count(&mut reader, MAX_ADDRESSES)?)
                .map(|_| Address::read(&mut reader).ok())
                .collect::<Option<_>>()?;
            saved.known.push((node, addresses));
        }
        (reader.remaining() == 0).then_some(saved)
    }
}

/// A count that this program would write.
fn count(reader: &mut Reader<'_>, most: usize) -> Option<u8> {
    reader.u8().filter(|count| usize::from(*count) <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn round_trips_and_refuses_damage() {
        let saved = Saved {
            guards: vec![Guard { node: NodeId::from_bytes([1; 32]), heard: Wall(7) }],
            known: vec![(NodeId::from_bytes([2; 32]), vec![Address::tcp("127.0.0.1:4040".parse().unwrap()).unwrap()])],
        };
        let bytes = saved.to_bytes();
        assert_eq!(Saved::from_bytes(&bytes), Some(saved));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            assert_eq!(Saved::from_bytes(&damaged), None, "{position}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let digest = blake3::hash(&bytes);
            bytes.extend(&digest.as_bytes()[..4]);
            if let Some(saved) = Saved::from_bytes(&bytes) {
                prop_assert_eq!(Saved::from_bytes(&saved.to_bytes()), Some(saved));
            }
        }
    }
}
