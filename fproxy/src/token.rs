use std::fmt;

/// What a program must show to use the API: whoever can read the node's data directory.
///
/// Kept as a hash, so that neither a log nor a memory dump of the proxy shows it.
#[derive(Clone)]
pub struct ApiToken(blake3::Hash);

impl ApiToken {
    /// The token in `text`, with white space around it ignored.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(blake3::hash(text.trim().as_bytes()))
    }

    /// Whether `shown` is the token, in a time that tells nothing about it: hashes compare in
    /// constant time, and their length is that of no token.
    pub(crate) fn admits(&self, shown: &str) -> bool {
        self.0 == blake3::hash(shown.as_bytes())
    }
}

impl ApiToken {
    /// A key that belongs to this token.
    pub(crate) fn derive(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, self.0.as_bytes())
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_admitted() {
        let token = ApiToken::new("c0ffee\n");
        assert!(token.admits("c0ffee"));
        for wrong in ["", "c0ffe", "c0ffee0", "C0FFEE", "c0ffee\n"] {
            assert!(!token.admits(wrong), "{wrong:?}");
        }
        assert_eq!(format!("{token:?}"), "ApiToken(…)");
    }
}
