//! Switches for experiments: what happens without one of the defences.

use roneo_packet::ReplayPolicy;

/// Whether the bytes of an answer must hash to the locator that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashCheck {
    /// Bytes that do not are no answer.
    #[default]
    Enforce,
    /// Whatever comes is taken.
    Off,
}

/// The defences of a node. Simulations and tests switch one off to see what it is worth; nothing on
/// the node's command line or in its configuration reaches this type.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defences {
    /// Drop packets seen before.
    pub replay: ReplayPolicy,
    /// Check answers against their locator.
    pub hash_check: HashCheck,
}
