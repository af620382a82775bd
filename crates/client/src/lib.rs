//! Inserts and fetches over the overlay, and the handle that programs drive a node by.
//!
//! [`Core`] is a whole node without its sockets, disk and clock: an overlay and the [`jobs`] of its
//! user. The daemon and the simulator drive this same type. [`handle::NodeHandle`] is what everybody
//! above the daemon knows of it, and [`profile::ProfileHandle`] of what its user keeps beside it.
//!
//! Not for: sockets, files and clocks (`roneo-node`), pages (`roneo-fproxy`), how content becomes
//! blocks (`roneo-content`) or how blocks travel (`roneo-overlay`).
//!
//! ```
//! use roneo_client::Core;
//! use roneo_client::handle::{InsertRequest, JobState};
//! use roneo_content::ContentHasher;
//! use roneo_keys::time::{Mono, Now, Wall};
//! use roneo_keys::{NetworkId, NetworkKind, NodeSecret};
//! use roneo_overlay::{Defences, OverlayConfig, Rules};
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
//! let mut core = Core::new(config, NodeSecret::from_seed([1; 32]), None, [2; 32], now);
//! let mut hasher = ContentHasher::default();
//! hasher.update(b"bread");
//! let request =
//!     InsertRequest { length: 5, name: "tract.txt".to_owned(), media_type: "text/plain".to_owned(), secret: None };
//! let job = core.insert(now, request)?;
//! core.received(now, job, Ok(hasher.finish()));
//! // A node that knows nobody builds no path: the insert waits for four others.
//! let status = core.job(job).expect("it was just begun");
//! assert_eq!((status.state, status.waiting.map(|waiting| waiting.needed)), (JobState::Waiting, Some(5)));
//! # Ok::<(), roneo_client::handle::HandleError>(())
//! ```

/// A `Debug` that shows what a type is called and nothing of what is in it, which may say what somebody reads, keeps or
/// publishes.
macro_rules! hidden {
    ($($type:ident)*) => { $(
        impl std::fmt::Debug for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($type), " { … }"))
            }
        }
    )* };
}

pub mod backup;
pub mod board;
mod core;
pub mod folder;
pub mod handle;
pub mod jobs;
pub mod journal;
pub mod notice;
pub mod profile;
pub mod report;
pub mod social;

pub use core::{ANNOUNCEMENT_ANSWERS, ANNOUNCEMENT_COPIES, Core, CoreStatus, MAX_DIRECT, Output};
