mod fetches;
mod inserts;
mod limits;
mod world;
