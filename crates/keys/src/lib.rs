//! The vocabulary of Roneo: what a thing is called on the network, and the keys that open it.
//!
//! Every other crate speaks in these types. Start from [`Uri`], which a person holds, [`Locator`],
//! which a storer sees, and [`Block`], which a storer keeps.
//!
//! Not for: encoding content ([`roneo-content`]), putting anything on a wire or a disk, or reading
//! a clock: [`time`] has types for two kinds of time and no way to ask what time it is.
//!
//! ```
//! use roneo_keys::{Block, Locator, SizeClass};
//!
//! let block = Block::new(vec![7; SizeClass::Leaf.byte_len()]).expect("4,096 bytes are a leaf");
//! assert_eq!(block.locator(), Locator::of(block.bytes()));
//! ```
//!
//! [`roneo-content`]: ../roneo_content/index.html

pub mod base64;
mod block;
mod extra;
mod locator;
mod network;
mod node;
mod record_key;
mod redact;
mod secret;
pub mod time;
mod uri;

pub use block::{AEAD_TAG_LEN, BLOCK_LEN, Block, LEAF_LEN, SizeClass, WrongLength};
pub use extra::{Cipher, CodecId, Extra, ExtraError, FORMAT_VERSION, Role};
pub use locator::Locator;
pub use network::{NetworkId, NetworkKind};
pub use node::{BadSignature, NodeId, NodeSecret, SIGNATURE_LEN, Signature};
pub use record_key::{
    BadPublicKey, BlindedPublic, BlindedSecret, Blinding, Docname, KeyPair, MAX_DOCNAME_LEN, MAX_SIGNERS, PublicKey,
    RecordKind, SigningSecret,
};
pub use redact::Redacted;
pub use secret::{ConvergenceSecret, InsertKey, KeepKey, ReadKey};
pub use uri::{Chk, InsertUri, KeepCap, Ksk, MAX_URI_LEN, Ssk, Uri, UriError, Usk};
