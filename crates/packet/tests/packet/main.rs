//! Packets as nodes meet them: built, passed on, answered, recorded, changed, forged.

mod end_to_end;
mod forgery;
mod laws;
mod path;
mod replay;
mod rotation;
mod tampering;
