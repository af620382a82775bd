//! What shows that a form came from one of our pages.

use std::fmt;

use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::defences::Check;

/// Seconds for which a form's token is new. It is taken in that hour and the next.
const TOKEN_PERIOD: u64 = 3_600;

/// Makes and checks the tokens of forms, for as long as the program runs.
///
/// A token is a keyed hash of the path that the form is sent to and of the hour, so one form's token is
/// of no use to another, and a page that was copied somewhere is soon of none.
#[derive(Clone)]
pub(crate) struct FormKey {
    secret: [u8; 32],
    check: Check,
}

impl FormKey {
    /// A key that nobody knows. Without randomness from the system there is none, and the program ends.
    pub(crate) fn random(check: Check) -> Self {
        let mut secret = [0; 32];
        UnwrapErr(SysRng).fill_bytes(&mut secret);
        Self { secret, check }
    }

    /// The key of 32 bytes.
    #[cfg(test)]
    const fn new(secret: [u8; 32]) -> Self {
        Self { secret, check: Check::Enforce }
    }

    /// The token for a form that is sent to `action`, a path.
    pub(crate) fn token(&self, action: &str, unix: u64) -> String {
        self.hash(action, unix / TOKEN_PERIOD).to_hex().to_string()
    }

    /// Whether `shown` is such a token and not too old, in a time that tells nothing about it.
    pub(crate) fn admits(&self, action: &str, shown: &str, unix: u64) -> bool {
        if self.check.is_off() {
            return true;
        }
        let hour = unix / TOKEN_PERIOD;
        let Ok(shown) = blake3::Hash::from_hex(shown) else { return false };
        [hour, hour.saturating_sub(1)].iter().any(|&hour| shown == self.hash(action, hour))
    }

    fn hash(&self, action: &str, hour: u64) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        // The hour has a fixed length, so no two pairs are the same bytes.
        hasher.update(b"roneo form token 1").update(&hour.to_le_bytes()).update(action.as_bytes());
        hasher.finalize()
    }
}

impl fmt::Debug for FormKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FormKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_action_one_session_and_two_hours() {
        let key = FormKey::new([7; 32]);
        let token = key.token("/insert", 7_200);
        for (action, unix, admitted) in [
            ("/insert", 7_200, true),
            ("/insert", 14_399, true),
            ("/insert", 14_400, false),
            ("/insert", 7_199, false),
            ("/display", 7_200, false),
            ("/insert/", 7_200, false),
        ] {
            assert_eq!(key.admits(action, &token, unix), admitted, "{action} at {unix}");
        }
        assert!(!FormKey::new([8; 32]).admits("/insert", &token, 7_200));
        for wrong in ["", "0", &token[1..], &token.replace(&token[..1], "g"), &format!("{token}0")] {
            assert!(!key.admits("/insert", wrong, 7_200), "{wrong}");
        }
    }
}
