//! Seeded networks of production nodes: hundreds of them on one thread, on a clock of their own.
//!
//! Each node is a [`roneo_client::Core`], the type that the daemon drives; what is simulated is the
//! machine under it and the network between. Links have distance, jitter, loss, narrow uplinks and
//! partitions; nodes are killed, lose power, come back, or lie. A run hangs on its [`Scenario`] alone:
//! equal scenarios have equal [traces](TraceHash). Only the bytes of packets differ from run to run,
//! because `sphinx-packet` pads from the system's randomness, and nothing hangs on these bytes.
//!
//! Start from [`Scenario`] and [`Network`]. A [`Flood`] is no network: it is a day of one board, with the records that
//! its storers would have.
//!
//! Not for: sockets, files and the cost of CPU (`roneo-tests` starts real processes); what the disk
//! does to blocks (`roneo-datastore` has its own fault disk).
//!
//! ```
//! use std::time::Duration;
//! use roneo_client::handle::JobState;
//! use roneo_simulations::{Network, Scenario};
//!
//! let mut net = Network::new(Scenario::new(8, 42));
//! net.settle(Duration::from_secs(60))?;
//!
//! let put = net.publish(0, *b"no press to seize", Duration::from_secs(60));
//! assert_eq!(put.state, JobState::Stored);
//!
//! net.kill(0);
//! let uri = put.uri.expect("whatever is stored has a link");
//! assert_eq!(net.read(5, &uri, Duration::from_secs(60)).unwrap(), b"no press to seize");
//! # Ok::<(), roneo_simulations::TimedOut>(())
//! ```

mod carrier;
mod engine;
mod flood;
mod member;
mod network;
mod random;
mod scenario;
mod schedule;
mod shelf;
mod trace;
mod wires;

pub use carrier::{MAX_BACKLOG, REPEAT};
pub use engine::{CALL_PATIENCE, KEEP_ALIVE, LOAD_TIME, STORE_TIME};
pub use flood::{Attack, Brings, Caps, Flood, Heard, Outcome, RATE};
pub use member::{Behaviour, NETWORK, Tapped};
pub use network::{Asked, Job, Network, TimedOut};
pub use random::content;
pub use scenario::{Churn, Latency, Scenario, Sessions};
pub use shelf::Shelf;
pub use trace::{FrameKind, TraceHash, Traffic};
