//! The network as one node lives it: whom it sees, whom it trusts with its packets, who keeps what,
//! and how blocks are placed and found.
//!
//! A sans-I/O machine: [`Overlay`] is handed frames, a time and randomness, and hands back frames to
//! send, blocks to store and answers for its user. The daemon drives it over libp2p, the simulator
//! over a virtual clock; nothing in here names a socket, a file or a clock.
//!
//! Start from [`Overlay`] for the machine, [`View`] for what a node knows of the others, and
//! [`storage_message`] for what a user and a storer say to each other.
//!
//! Not for: cutting content into blocks and deciding which of them make a file whole
//! (`roneo-content`, `roneo-client`), sealing packets (`roneo-packet`), keeping blocks on a disk
//! (`roneo-datastore`).
//!
//! ```
//! use roneo_keys::time::{Mono, Now, Wall};
//! use roneo_keys::{NetworkId, NetworkKind, NodeSecret};
//! use roneo_overlay::{Defences, Overlay, OverlayConfig, Rules, Saved};
//!
//! let network = NetworkId { kind: NetworkKind::Local, tag: [7; 8] };
//! let config = OverlayConfig {
//!     network,
//!     rules: Rules::of(network.kind),
//!     addresses: Vec::new(),
//!     uplink: None,
//!     defences: Defences::default(),
//!     recording: false,
//! };
//! let now = Now { mono: Mono(0), wall: Wall(1_700_000_000) };
//! let mut overlay = Overlay::new(config, NodeSecret::from_seed([1; 32]), Saved::default(), [2; 32], now);
//! overlay.handle_timeout(now);
//! while let Some(output) = overlay.poll_output() {
//!     // Send, store, dial: whatever it says. A node that knows nobody says little.
//!     drop(output);
//! }
//! assert_eq!(overlay.network_state(now).known, 1);
//! ```

pub mod address;
pub mod caps;
pub mod counters;
mod defences;
pub mod descriptor;
mod dummy;
mod environment;
pub mod frame;
pub mod gossip;
pub mod guard;
pub mod invitation;
pub mod links;
mod membership;
pub mod neighbours;
mod overlay;
mod padding;
pub mod path;
pub mod placement;
pub mod pulse;
pub mod quanta;
mod requester;
pub mod roles;
pub mod round_trip;
pub mod rules;
mod saved;
mod share;
pub mod stamp;
pub mod storage_message;
mod storer;
#[cfg(test)]
mod testing;
mod timers;
mod toll;
pub mod view;
mod wire;

pub use address::Address;
pub use counters::Counters;
pub use defences::{Defences, HashCheck};
pub use descriptor::Descriptor;
pub use environment::{Output, RecordLine, RecordRole, SolveId, StoreOp, Stored};
pub use frame::{Frame, MAX_FRAME_LEN};
pub use invitation::Invitation;
pub use overlay::{NetworkState, Overlay, OverlayConfig};
pub use quanta::{Quanta, ReadCount};
pub use requester::{BlockAnswer, Event, FirstAsk, MAX_REQUESTS, MAX_SOLVES, RequestId, TooManyRequests};
pub use roneo_packet::ReplayPolicy;
pub use rules::{Prices, Rules};
pub use saved::Saved;
pub use stamp::{Load, Price};
pub use storage_message::Proof;
pub use view::View;
