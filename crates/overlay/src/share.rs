//! A guard's fairness: each registered client gets a share of packets per second and no more.

use std::collections::BTreeMap;

use roneo_keys::NodeId;
use roneo_keys::time::Mono;

/// Clients that one guard serves; beyond it registrations are ignored and their packets pass as any
/// neighbour's.
pub(crate) const MAX_CLIENTS: usize = 64;
/// Packets that a client may send at once after a pause, in seconds of its share.
const BURST_S: u64 = 8;
/// Tokens are counted in millionths of a packet, so that microseconds divide without remainder.
const PACKET: u64 = 1_000_000;

#[derive(Debug)]
struct Bucket {
    tokens: u64,
    filled: Mono,
}

/// The buckets of a guard's clients.
#[derive(Debug)]
pub(crate) struct Shares {
    per_second: Option<u32>,
    clients: BTreeMap<NodeId, Bucket>,
}

impl Shares {
    /// `per_second` packets for each client; `None` for no limit.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self { per_second, clients: BTreeMap::new() }
    }

    pub(crate) fn register(&mut self, client: NodeId) {
        if self.clients.len() < MAX_CLIENTS {
            let full = u64::from(self.per_second.unwrap_or(0)) * BURST_S * PACKET;
            self.clients.entry(client).or_insert(Bucket { tokens: full, filled: Mono(0) });
        }
    }

    pub(crate) fn forget(&mut self, client: &NodeId) {
        self.clients.remove(client);
    }

    pub(crate) fn is_client(&self, node: &NodeId) -> bool {
        self.clients.contains_key(node)
    }

    /// Whether a packet from `node` is within its share; nodes that are no clients have none.
    pub(crate) fn take(&mut self, now: Mono, node: &NodeId) -> bool {
        let (Some(rate), Some(bucket)) = (self.per_second, self.clients.get_mut(node)) else { return true };
        let elapsed = now.0.saturating_sub(bucket.filled.0);
        let full = u64::from(rate) * BURST_S * PACKET;
        bucket.tokens = bucket.tokens.saturating_add(elapsed.saturating_mul(u64::from(rate))).min(full);
        bucket.filled = now;
        let allowed = bucket.tokens >= PACKET;
        bucket.tokens -= if allowed { PACKET } else { 0 };
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_its_share_and_a_burst() {
        let (client, stranger) = (NodeId::from_bytes([1; 32]), NodeId::from_bytes([2; 32]));
        let mut shares = Shares::new(Some(8));
        shares.register(client);
        let taken = |shares: &mut Shares, at| (0..200).filter(|_| shares.take(Mono(at), &client)).count();
        assert_eq!(taken(&mut shares, 1), 64, "8 s of 8 packets");
        assert_eq!(taken(&mut shares, 1_000_001), 8);
        assert_eq!(taken(&mut shares, 1_000_001), 0);
        assert!(shares.take(Mono(1_000_001), &stranger));
        assert!(Shares::new(None).take(Mono(0), &client));
    }
}
