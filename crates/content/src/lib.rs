//! What content becomes before it leaves the machine: sealed blocks, coded segments, one root.
//!
//! Content of any length up to [`MAX_CONTENT_LEN`] is laid out by a [`Plan`], which follows from the
//! length alone. What fits in the root stays there; one block more is stored as it is; anything
//! longer is cut into [segments](SegmentPlan), each sealed and erasure coded by [`encode_segment`]
//! into shards and a [`KeepList`] that names them. A [`Root`] is sealed over all of it;
//! its [`Block::locator`](roneo_keys::Block::locator) and [`ReadKey`](roneo_keys::ReadKey) make the link.
//!
//! Memory is one segment at a time (2 MB of content, 4 MiB of shards) however long the content is.
//! Encoding is deterministic: the same content, keys and parameters give the same bytes.
//!
//! Not for: fetching or placing blocks, choosing keys, or keeping anything. Nothing here reads a
//! clock, a disk or a source of randomness.
//!
//! Start from [`Plan`], [`encode_segment`] and [`decode_segment`], [`Root`]. The bytes are described
//! in `docs/formats/block.md` and `docs/formats/manifest.md`.
//!
//! ```
//! use roneo_content::{Body, ContentHasher, KeepList, Plan, ReedSolomon, Root, decode_segment, encode_segment};
//! use roneo_keys::{InsertKey, ReadKey};
//!
//! // Real keys are random and fresh for every insert.
//! let (read, insert) = (ReadKey::from_bytes([1; 32]), InsertKey::from_bytes([2; 32]));
//! let content = vec![b'r'; 100_000];
//! let codec = ReedSolomon::default();
//!
//! // Writing: segments first, the root over their keep lists last.
//! let plan = Plan::new(100_000)?;
//! let mut hasher = ContentHasher::default();
//! hasher.update(&content);
//! let segment = plan.segment(0).expect("100,000 bytes are one segment");
//! let coded = encode_segment(&codec, &insert, &segment, &content, 2)?;
//! let keep_lists = Body::Segments(vec![coded.keep_list.locator()]);
//! let root = Root::new("tract.txt".into(), "text/plain".into(), hasher.finish(), insert, keep_lists)?.seal(&read);
//!
//! // Reading: any k of the n shards are enough.
//! let root = Root::open(&root, &read)?;
//! let keep_list = KeepList::parse(&coded.keep_list)?;
//! let mut shards: Vec<_> = coded.shards.into_iter().map(|(_, block)| Some(block)).collect();
//! shards[..10].fill(None);
//! let segment = root.plan().segment(0).expect("the root says so");
//! let bytes = decode_segment(&codec, &root.insert_key(), &segment, &keep_list, &shards)?;
//! let mut check = ContentHasher::default();
//! check.update(&bytes);
//! check.verify(root.digest())?;
//! assert_eq!(bytes, content);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod cpu;
mod digest;
pub mod directory;
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod keep_list;
pub mod media_type;
mod plan;
pub mod record;
pub mod redundancy;
mod root;
mod seal;
mod segment;

pub use codec::{Codec, CodecError, ReedSolomon};
pub use cpu::{CpuError, check_cpu};
pub use digest::{ContentHasher, Digest, NotTheContent};
pub use index::{INDEX_CAPACITY, IndexError, index_blocks, listed_in, open_index, seal_index};
pub use keep_list::{KeepList, KeepListError};
pub use plan::{
    DATA_LEN, INLINE_BLOCK_LIMIT, INLINE_LEAF_LIMIT, Layout, MAX_CONTENT_LEN, MAX_DATA_SHARDS, MAX_SHARDS, Plan,
    SegmentPlan, TooLong,
};
pub use root::{Body, KeepPart, MAX_MEDIA_TYPE_LEN, MAX_NAME_LEN, Root, RootError, RootFault};
pub use segment::{
    EncodeError, EncodedSegment, SegmentError, decode_segment, encode_segment, open_data_block, rebuild_shards,
    seal_data_block,
};
