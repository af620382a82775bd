mod directories;
mod fetches;
mod inserts;
mod limits;
mod names;
mod queue;
mod world;
