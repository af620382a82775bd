//! What an insert on a small network may be told: how much of the network may vanish before content
//! is lost.

use roneo_content::redundancy::MAX_COPIES;

use crate::notice::{Loss, Note};

/// The chance that some part of an insert is lost when half of the nodes that keep it vanish at
/// once, added up over its parts.
///
/// Holders are drawn by hash for each block by itself, so against losses that do not look at the
/// content, blocks die independently even on a network of five nodes. (Losses that do look are
/// another matter: somebody who chooses which nodes to take needs fewer.) A block with r copies dies
/// with the chance that all r of its holders are among those lost; adding chances up can only
/// overstate them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Outlook {
    loss: f64,
}

impl Outlook {
    /// Counts a segment in, whose shards have `receipts` copies on a network of `nodes` storers.
    pub(super) fn add_segment(&mut self, k: u8, receipts: &[u8], nodes: usize) {
        self.loss += segment_loss(k, receipts, nodes);
    }

    /// Counts a block in that no code protects.
    pub(super) fn add_uncoded(&mut self, receipts: u8, nodes: usize) {
        self.loss += block_loss(receipts, nodes);
    }

    /// Counts everything in that another outlook counted.
    pub(super) fn add(&mut self, other: Self) {
        self.loss += other.loss;
    }

    /// What to say of it; nothing on a network where nothing is short of storers.
    pub(super) fn note(&self, nodes: usize) -> Option<Note> {
        let short = nodes > 0 && nodes < usize::from(MAX_COPIES);
        short.then(|| Note::Outlook { nodes, gone: half(nodes), loss: chance_of_loss(self.loss) })
    }
}

/// Half of the nodes, rounded up: the outlook is never better than it says.
const fn half(nodes: usize) -> usize {
    nodes.div_ceil(2)
}

fn chance_of_loss(loss: f64) -> Loss {
    if loss < 1e-6 {
        Loss::Rare
    } else if loss > 0.5 {
        Loss::Likely
    } else {
        // Rounded down to two digits: 1 in 1,234 becomes 1 in 1,200.
        let one_in = (1.0 / loss) as u64;
        let unit = 10u64.pow(one_in.ilog10().saturating_sub(1));
        Loss::Once { of: one_in / unit * unit }
    }
}

/// The chance that all `receipts` holders are among the half lost of `nodes`.
fn block_loss(receipts: u8, nodes: usize) -> f64 {
    // Holders that left the view since are still holders, for all that is known.
    let nodes = nodes.max(receipts.into());
    let gone = half(nodes);
    (0..usize::from(receipts)).map(|holder| gone.saturating_sub(holder) as f64 / (nodes - holder) as f64).product()
}

/// The chance that fewer than `k` shards survive.
fn segment_loss(k: u8, receipts: &[u8], nodes: usize) -> f64 {
    // alive[j]: chance that exactly j of the shards so far survive, for j < k.
    let mut alive = vec![0.0; usize::from(k)];
    if let Some(none) = alive.first_mut() {
        *none = 1.0;
    }
    for &receipts in receipts {
        let dies = block_loss(receipts, nodes);
        for count in (0..alive.len()).rev() {
            let one_fewer = if count == 0 { 0.0 } else { alive[count - 1] };
            alive[count] = alive[count] * dies + one_fewer * (1.0 - dies);
        }
    }
    alive.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_dies_with_all_its_holders() {
        // receipts, nodes, chance: counted by hand as subsets.
        let table =
            [(0, 10, 1.0), (1, 10, 0.5), (2, 4, 1.0 / 6.0), (3, 4, 0.0), (2, 5, 3.0 / 10.0), (1, 1, 1.0), (4, 3, 0.0)];
        for (receipts, nodes, expected) in table {
            let found = block_loss(receipts, nodes);
            assert!((found - expected).abs() < 1e-12, "{receipts} of {nodes}: {found}");
        }
    }

    #[test]
    fn a_segment_dies_as_counting_says() {
        // Two of two shards needed, each on 1 of 2 nodes, one of which goes: 3/4 lose one or both.
        assert!((segment_loss(2, &[1, 1], 2) - 0.75).abs() < 1e-12);
        // Three of four copies everywhere: the lost half never holds all three.
        assert_eq!(segment_loss(2, &[3; 18], 4), 0.0);
        // Two copies on 24 nodes are better than independent halves, and not by much.
        let (found, bound) = (segment_loss(63, &[2; 126], 24), roneo_content::redundancy::segment_loss(63, &[2; 126]));
        assert!(found < bound && found > bound / 100.0, "{found:e} against {bound:e}");
    }

    #[test]
    fn remarks_are_honest_and_round_down() {
        let note = |loss, nodes| Outlook { loss }.note(nodes);
        let said = |nodes, gone, loss| Some(Note::Outlook { nodes, gone, loss });
        for (loss, nodes, expected) in [
            (0.0, 11, said(11, 6, Loss::Rare)),
            (8.1e-4, 4, said(4, 2, Loss::Once { of: 1_200 })),
            (1.1e-6, 4, said(4, 2, Loss::Once { of: 900_000 })),
            (0.3, 4, said(4, 2, Loss::Once { of: 3 })),
            (0.0, 2, said(2, 1, Loss::Rare)),
            (1.0, 1, said(1, 1, Loss::Likely)),
            (0.0, 30, None),
            (0.0, 0, None),
        ] {
            assert_eq!(note(loss, nodes), expected, "{loss} of {nodes}");
        }
    }
}
