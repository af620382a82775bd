//! The overlay: who is in the network, where a block belongs, and the storage protocol that brings
//! it there, as machines without I/O.
//!
//! Everything here is handed bytes, a time and a random stream, and hands back what to send, keep
//! and wake for; the daemon and the simulator drive the very same types. Not for: sealing packets
//! (`roneo-packet`), keeping blocks on a disk (`roneo-datastore`), or files and splitfiles
//! (`roneo-content`, `roneo-client`).
//!
//! Start from [`Rules`], which holds every number that differs between networks, and [`View`], which
//! holds every node that is known:
//!
//! ```
//! use roneo_keys::time::{Mono, Now, Wall};
//! use roneo_keys::{Locator, NetworkId, NetworkKind, NodeId};
//! use roneo_overlay::{Rules, View, placement};
//!
//! let network = NetworkId { kind: NetworkKind::Local, tag: *b"doc-test" };
//! let rules = Rules::of(network.kind);
//! let view = View::new(rules, network, NodeId::from_bytes([1; 32]));
//!
//! let now = Now { mono: Mono(0), wall: Wall(1_800_000_000) };
//! let storers = view.storers(now);
//! let holders = placement::order(&Locator::of(b"a block"), &storers, rules.diversity);
//! assert!(holders.is_empty(), "nobody is known yet");
//! ```

pub mod address;
pub mod caps;
pub mod descriptor;
pub mod invitation;
pub mod neighbours;
pub mod placement;
pub mod pulse;
pub mod roles;
pub mod rules;
pub mod view;
mod wire;

pub use address::{Address, Net16, Net24, Transport};
pub use descriptor::{Descriptor, DescriptorError, DescriptorFields, DescriptorId, Protocols, Reach, Witness};
pub use invitation::{Invitation, InvitationError};
pub use pulse::{Pulse, PulseBudget, PulseChain, PulseCommitment};
pub use rules::{Diversity, Rules};
pub use view::{Admission, Entry, PulseOutcome, View};
