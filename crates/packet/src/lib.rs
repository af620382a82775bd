//! Onion packets: how a request crosses three nodes without any of them knowing both its ends.
//!
//! A packet is Sphinx, version 260, under rules of our own: two exact lengths, four hops, replies by
//! single-use reply blocks, keys of a day, a memory of what came before. `docs/formats/packet.md`
//! has the offsets.
//!
//! Start from [`wrap`], which seals a request along a [`Route`]; [`make_surb`], which makes the
//! reply block to put into it; and [`KeyRing`], which opens what arrives and says what it is:
//! [`Unwrapped`], or [`Dropped`] in silence.
//!
//! Not for: choosing paths, what requests say, sending anything, or waiting out a delay. Nothing
//! here reads a clock. Randomness is handed in: the same packets follow from the same generator.
//!
//! ```
//! use rand::SeedableRng;
//! use roneo_keys::NodeId;
//! use roneo_keys::time::{Day, Wall};
//! use roneo_packet::{Class, Hop, KeyRing, Route, Unwrapped, wrap};
//!
//! # let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
//! let now = Wall(20_000 * 86_400);
//! let mut rings: Vec<_> = (0..4).map(|_| KeyRing::new(now.day(), &mut rng)).collect();
//! let hop = |at: usize| Hop { node: NodeId::from_bytes([at as u8; 32]), key: rings[at].publics().0 };
//! let route = Route::new([hop(0), hop(1), hop(2), hop(3)])?;
//!
//! let mut packet = wrap(Class::Small, &route, b"have you got this leaf?", &mut rng)?;
//! for ring in &mut rings {
//!     match ring.unwrap(now, packet)? {
//!         Unwrapped::Forward { packet: inner, .. } => packet = inner,
//!         Unwrapped::Request { payload, .. } => {
//!             assert_eq!(payload, b"have you got this leaf?");
//!             return Ok(());
//!         }
//!         Unwrapped::Reply { .. } => break,
//!     }
//! }
//! # unreachable!("the fourth node reads the request");
//! # #[allow(unreachable_code)]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod class;
mod dropped;
mod header;
mod key;
mod key_ring;
mod packet;
mod replay;
mod route;
mod surb;
mod unwrap;
#[cfg(test)]
mod vectors;

pub use class::{Class, DELAY_STEPS, DelayStep, HEADER_LEN, PAYLOAD_OVERHEAD, REQUEST_ROOM, RULE_VERSION};
pub use dropped::Dropped;
pub use key::{PacketPublic, PacketSecret, WeakKey};
pub use key_ring::{KeyRing, Rotation, YESTERDAY_KEPT};
pub use packet::{Packet, PayloadTooLong, wrap};
pub use replay::{MAX_REPLAY_TAGS, MIN_REPLAY_TAGS, ReplayFilter, ReplayLimits, ReplayPolicy};
pub use route::{Hop, PATH_LEN, Route, RouteError};
pub use surb::{ReplyKey, SURB_LEN, SealedReply, Surb, SurbError, SurbId, make_surb};
pub use unwrap::{Unwrapped, unwrap};
