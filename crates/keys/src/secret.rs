use std::fmt;

use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A fresh key.
            #[must_use]
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                let mut bytes = [0; 32];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// A key read from a format.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The secret bytes. Whoever calls this keeps them out of every log.
            #[must_use]
            pub const fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret_key! {
    /// Opens a root and everything below it: the second field of a CHK. Fresh for every insert.
    ReadKey
}
secret_key! {
    /// Lets its holder check and repair an insert that they cannot read. Derived from the
    /// [`ReadKey`], never the other way round.
    KeepKey
}
secret_key! {
    /// Makes the keys of inserts follow from their content, so that the same content inserted twice by
    /// its holder is stored once. Whoever has it, and only they, can tell by the link whether a
    /// content was inserted under it.
    ConvergenceSecret
}
secret_key! {
    /// Seals the data blocks of one insert, each under a key of its own. Fresh for every insert.
    InsertKey
}

impl ConvergenceSecret {
    /// The secret that a text of its user's choice stands for. Whoever guesses the text has it too.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(blake3::derive_key("roneo convergence secret 1", text.as_bytes()))
    }

    /// The keys for content of this BLAKE3 hash under this name and media type, which the root says
    /// too: each key seals one text only.
    #[must_use]
    pub fn keys(&self, blake3: &[u8; 32], name: &str, media_type: &str) -> (ReadKey, InsertKey) {
        let mut hasher = blake3::Hasher::new_keyed(&blake3::derive_key("roneo convergent keys 1", &self.0));
        hasher.update(blake3);
        for text in [name, media_type] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        let (mut read, mut insert) = ([0; 32], [0; 32]);
        let mut reader = hasher.finalize_xof();
        reader.fill(&mut read);
        reader.fill(&mut insert);
        (ReadKey(read), InsertKey(insert))
    }
}

impl ReadKey {
    /// The key that opens the keep part of the same root.
    #[must_use]
    pub fn keep_key(&self) -> KeepKey {
        KeepKey(blake3::derive_key("roneo keep key 1", &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", ReadKey::from_bytes([0x41; 32]));
        assert_eq!(shown, "ReadKey(…)");
    }

    #[test]
    fn keep_key_is_derived() {
        let key = ReadKey::from_bytes([1; 32]);
        assert_eq!(key.keep_key(), key.keep_key());
        assert_ne!(key.keep_key().expose(), key.expose());
        assert_ne!(key.keep_key(), ReadKey::from_bytes([2; 32]).keep_key());
    }
}
