//! Stories of whole indexes, on a disk in memory that can fail.

mod bounds;
mod durability;
mod marks;
mod order;
mod paging;
mod rules;
mod searching;
mod world;
