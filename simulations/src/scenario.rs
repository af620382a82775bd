//! What a run is made of: how many nodes, how far apart, how good their links, how long they stay.

use std::time::Duration;

use rand::Rng;
use roneo_client::jobs::Redundancy;
use roneo_keys::NetworkKind;
use roneo_keys::time::Wall;
use roneo_overlay::{Defences, Rules};

use crate::random::{fraction, word};

/// Everything that a run hangs on. Two runs of equal scenarios are equal.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Nodes at the start. They join one after another, each by an invitation of an earlier one.
    pub nodes: usize,
    /// Where all randomness comes from, but the padding of packets.
    pub seed: u64,
    /// The network's rules.
    pub rules: Rules,
    /// Time from one node to another.
    pub latency: Latency,
    /// Chance that a frame is in trouble on its way. Links are streams that repeat what is lost, so a
    /// frame then comes [`REPEAT`](crate::REPEAT) later, with all behind it; but a frame that carries
    /// a packet is gone, as if a full queue had dropped it.
    pub loss: f64,
    /// Bytes per second that each node can send; `None` for any number.
    pub uplink: Option<u64>,
    /// Nodes that come and go.
    pub churn: Option<Churn>,
    /// Bytes of blocks that each node can keep.
    pub capacity: u64,
    /// What nodes defend themselves by.
    pub defences: Defences,
    /// How much of what writers store.
    pub redundancy: Redundancy,
    /// Whether nodes record what they see: see [`Network::take_records`](crate::Network::take_records).
    pub recording: bool,
    /// The calendar at the start.
    pub start: Wall,
    /// Time between two nodes' joining.
    pub join_every: Duration,
}

impl Scenario {
    /// A quiet local network: links of a few milliseconds that lose nothing, nodes that stay. Nobody pads: an hour of 200
    /// nodes would take five minutes for that alone. Who wants padding sets `rules.padding`.
    #[must_use]
    pub fn new(nodes: usize, seed: u64) -> Self {
        Self {
            nodes,
            seed,
            rules: Rules { padding: None, ..Rules::of(NetworkKind::Local) },
            latency: Latency::HOUSE,
            loss: 0.0,
            uplink: None,
            churn: None,
            capacity: 256 << 20,
            defences: Defences::default(),
            redundancy: Redundancy::default(),
            recording: false,
            start: Wall(1_800_000_000),
            join_every: Duration::from_millis(20),
        }
    }
}

/// How long a frame is under way from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The nearest two nodes.
    pub nearest: Duration,
    /// The farthest two. Each pair has its own distance between the two, for the whole run.
    pub farthest: Duration,
    /// Added to each frame: from nothing up to this.
    pub jitter: Duration,
}

impl Latency {
    /// One machine or one house.
    pub const HOUSE: Self = Self::millis(1, 4, 1);
    /// One continent.
    pub const CONTINENT: Self = Self::millis(8, 60, 10);
    /// All of the world, slow last miles included.
    pub const WORLD: Self = Self::millis(15, 180, 40);

    const fn millis(nearest: u64, farthest: u64, jitter: u64) -> Self {
        Self {
            nearest: Duration::from_millis(nearest),
            farthest: Duration::from_millis(farthest),
            jitter: Duration::from_millis(jitter),
        }
    }

    /// The distance of a pair whose randomness is `seed`.
    pub(crate) fn distance(&self, seed: &[u8; 32]) -> Duration {
        self.nearest + self.farthest.saturating_sub(self.nearest).mul_f64(fraction(word(seed, 0)))
    }
}

/// Nodes that come and go, each in turn there and away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// How long a node is there.
    pub there: Sessions,
    /// How long it is away.
    pub away: Sessions,
    /// The first this many nodes stay.
    pub staying: usize,
    /// Share of departures that nobody is told of: power cuts.
    pub unannounced: f64,
    /// When it begins, from the start of the run.
    pub after: Duration,
}

/// Lengths of time, by Weibull's distribution. Measured sessions of peers have shapes from 0.34 to
/// 0.62: many short ones, few very long ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sessions {
    /// 1 is exponential; below it, who has stayed long stays longer.
    pub shape: f64,
    /// The length that 63 % stay below.
    pub scale: Duration,
}

impl Sessions {
    /// Sessions of Kademlia peers seen by more than one crawl, as fitted in Eurecom's report
    /// RR-07-205: median 93 min.
    pub const KAD: Self = Self { shape: 0.61511, scale: Duration::from_secs(10_172) };

    /// One length.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Duration {
        // 1 - u lies above 0, so that the logarithm is finite.
        let quantile = (-(1.0 - fraction(rng.next_u64())).ln()).powf(1.0 / self.shape);
        // A draw of many scales would outlast any run and no Duration.
        self.scale.mul_f64(quantile.min(1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, seed, stream};

    #[test]
    fn distances_lie_within_their_bounds() {
        let distances = (0..1_000).map(|pair| Latency::WORLD.distance(&seed(1, Purpose::Distance, [pair, 0])));
        let (low, high) = distances.fold((Duration::MAX, Duration::ZERO), |(low, high), d| (low.min(d), high.max(d)));
        assert!(low >= Latency::WORLD.nearest && low < Duration::from_millis(25), "{low:?}");
        assert!(high <= Latency::WORLD.farthest && high > Duration::from_millis(170), "{high:?}");
    }

    #[test]
    fn sessions_have_the_published_median() {
        let mut rng = stream(1, Purpose::Churn, [0, 0]);
        let mut drawn: Vec<Duration> = (0..20_001).map(|_| Sessions::KAD.draw(&mut rng)).collect();
        drawn.sort_unstable();
        let median_min = drawn[10_000].as_secs_f64() / 60.0;
        assert!((median_min - 93.4).abs() < 3.0, "{median_min}");
    }
}
