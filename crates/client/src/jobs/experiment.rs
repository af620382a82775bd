use roneo_content::SegmentPlan;
use roneo_content::redundancy::{self, Kind};

/// How many copies of something are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Copies {
    /// As many as [`redundancy::copies`] says.
    #[default]
    Full,
    /// One.
    One,
}

/// Whether segments are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parity {
    /// They are.
    #[default]
    Full,
    /// They are only cut: each data shard must be found.
    Off,
}

/// How much of everything inserts make. Simulations and tests take some of it away to see what it is
/// worth; nothing on the node's command line or in its configuration reaches this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redundancy {
    /// Shards beyond those that content is cut into.
    pub parity: Parity,
    /// Copies of shards.
    pub shards: Copies,
    /// Copies of roots, keep lists and all else that is not coded.
    pub uncoded: Copies,
}

impl Redundancy {
    pub(super) fn copies(self, kind: Kind, storers: usize) -> u8 {
        let copies = match kind {
            Kind::Shard => self.shards,
            Kind::Uncoded | Kind::Record => self.uncoded,
        };
        match copies {
            Copies::Full => redundancy::copies(kind, storers),
            Copies::One => 1,
        }
    }

    pub(super) fn segment(self, plan: SegmentPlan) -> SegmentPlan {
        match self.parity {
            Parity::Full => plan,
            Parity::Off => SegmentPlan { n: plan.k, ..plan },
        }
    }
}
