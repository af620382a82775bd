//! The Roneo daemon as a library: tokio, libp2p and files around the machines below it.
//!
//! Start from [`Node::start`] with [`NodeOptions`]. A [`RunningNode`] is driven by the
//! [`NodeHandle`](roneo_client::handle::NodeHandle) that [`RunningNode::handle`] gives: the proxy
//! and every other program know no more of it. What its user keeps is behind [`RunningNode::profile`].
//!
//! One task, the driver, owns the node's core. Around it stand the transport, which owns the
//! libp2p swarm; a thread that owns the datastore; and small tasks for links and content. They are
//! joined by bounded queues, and the driver waits for none of them.
//!
//! Not for: deciding anything about paths, storers or content, which the core does; pages and the
//! API, which stand in `fproxy`; the command line, which is the binary `roneo` beside this.
//!
//! ```no_run
//! use roneo_keys::NetworkKind;
//! use roneo_node::{Node, NodeOptions};
//!
//! # async fn run() -> Result<(), roneo_node::StartError> {
//! let mut options = NodeOptions::new("/tmp/roneo");
//! options.network = Some(NetworkKind::Local);
//! let node = Node::start(options).await?;
//! println!("{}", node.info().node);
//! node.shutdown().await;
//! # Ok(())
//! # }
//! ```

pub mod byte_size;
mod clock;
pub mod config;
pub mod data_dir;
pub mod directory_insert;
mod driver;
pub mod key_store;
mod link;
mod link_protocol;
pub mod listening;
pub mod log;
pub mod network_choice;
mod node;
mod node_handle;
mod peer_identity;
pub mod platform;
pub mod profile;
mod queue;
pub mod queue_dir;
mod rate;
mod record;
pub mod service;
mod stamp_thread;
mod store_thread;
mod traffic;
mod transfers;
mod transport;
pub mod unfinished;

pub use node::{Node, NodeOptions, RunningNode, StartError};
pub use record::RecordError;
pub use store_thread::StoreError;
