//! A store is cut, filled, frozen, flipped and killed; what it acknowledged is there.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

mod common;
mod damage;
mod faults;
mod index_loss;
mod kill;
mod model;
mod noise;
mod power_cuts;
mod room;
