//! Inserts and fetches over the overlay, and the handle that programs drive a node by.

pub mod handle;
