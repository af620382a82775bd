//! Everything that the user would miss, in one sealed file.

use serde::{Deserialize, Serialize};

use crate::social::{Secret, WordsIn};

/// Bytes of a backup, at most.
pub const MAX_BACKUP_LEN: usize = 8 << 20;

/// A backup to be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBackup {
    /// In which language its passphrase is given.
    #[serde(default)]
    pub language: WordsIn,
}

/// A backup: an [age](https://c2sp.org/age) file under a passphrase, as one was made or is to be restored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The file, in the base64 of links.
    #[serde(with = "base64_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub file: Vec<u8>,
    /// What opens it. Of one that was made it is shown this once, and kept nowhere.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub passphrase: Secret,
}

/// What a backup brought back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Restored {
    /// Identities.
    pub identities: usize,
    /// Keys of sites.
    pub keys: usize,
    /// Bookmarks.
    pub bookmarks: usize,
    /// How much was here already, and was left as it is.
    pub here_already: usize,
    /// How much there was no room for.
    pub left_out: usize,
}

// What opens everything.
hidden!(Backup);

mod base64_bytes {
    use roneo_keys::base64;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64::decode_vec(&text).map_err(|_| de::Error::custom("not in the base64 of links"))
    }
}
