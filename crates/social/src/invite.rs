//! An invitation to a board, and a vouch in it: one line of text, for a letter or a square of dots. `docs/formats/board.md`.
//!
//! An introducer makes a guest's key, vouches for it, and hands both over. Whoever holds the line speaks on the board
//! at once, with any number of devices, and nobody but the introducer can know whom it was given to. So it is as secret
//! as a key: `Debug` shows nothing of it.

use std::fmt;
use std::str::FromStr;

use roneo_keys::base64;
use roneo_keys::time::Day;
use zeroize::Zeroizing;

use crate::body::BoardId;
use crate::identity::DeviceId;
use crate::octets::Octets;
use crate::pointer::Pointer;
use crate::vouch::{Admission, GuestSecret, IntroducerId, IntroducerSecret, Pass, PassKey};

/// What every invitation to a board begins with.
const PREFIX: &str = "roneo-board:";
/// Longest text that is looked at, white space included. The longest that can be written has 331.
pub const MAX_INVITATION_TEXT_LEN: usize = 2_048;
const VERSION: u8 = 0;
const CHECKSUM_LEN: usize = 4;

// Where the fields stand.
const HAS_POINTER_AT: usize = 1;
const BOARD_AT: usize = 2;
const INTRODUCER_AT: usize = BOARD_AT + BoardId::LEN;
const UNTIL_AT: usize = INTRODUCER_AT + IntroducerId::LEN;
const SIGNATURE_AT: usize = UNTIL_AT + 4;
const SEED_AT: usize = SIGNATURE_AT + 64;
const POINTER_AT: usize = SEED_AT + 32;

/// A board, and a guest's key with a pass for it.
#[derive(Clone)]
pub struct BoardInvitation {
    board: BoardId,
    pass: Pass,
    guest: GuestSecret,
    at: Option<Pointer>,
}

/// Why a text is no invitation to a board. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoardInvitationError {
    /// It does not begin as one.
    #[error("this is no invitation to a board: one begins with {PREFIX}")]
    NotAnInvitation,
    /// Its end is missing.
    #[error("the invitation is cut: copy the whole line, to its last character")]
    Cut,
    /// A character is wrong, or something is stuck to it.
    #[error("the invitation is damaged: copy it again, alone and unchanged, or ask for another")]
    Damaged,
    /// A layout of the future.
    #[error("the invitation was made by a newer Roneo: update to use it")]
    Newer,
    /// The introducer that it names did not sign it.
    #[error("nobody vouches in this invitation: ask whoever gave it to you for another")]
    NotVouched,
}

impl BoardInvitation {
    /// Invites somebody until the end of a day. `at` is where the first descriptor of the board lies, for whoever has
    /// nothing but this.
    #[must_use]
    pub fn new(
        board: BoardId,
        at: Option<Pointer>,
        introducer: &IntroducerSecret,
        until: Day,
        rng: &mut impl rand::CryptoRng,
    ) -> Self {
        let guest = GuestSecret::random(rng);
        let pass = introducer.vouch(guest.id(), Some(board.tag()), until);
        Self { board, pass, guest, at }
    }

    /// To which board.
    #[must_use]
    pub const fn board(&self) -> &BoardId {
        &self.board
    }

    /// Where its first descriptor lies, whose hash is the board's address.
    #[must_use]
    pub const fn at(&self) -> Option<&Pointer> {
        self.at.as_ref()
    }

    /// The introducer's word.
    #[must_use]
    pub const fn pass(&self) -> &Pass {
        &self.pass
    }

    /// The guest's key, to be kept for other devices and for the days until it ends.
    #[must_use]
    pub const fn guest(&self) -> &GuestSecret {
        &self.guest
    }

    /// Lets a device speak on the board.
    #[must_use]
    pub fn admit(&self, device: &DeviceId) -> Admission {
        self.guest.admit(self.pass, device)
    }

    /// The invitation as one line. Whoever calls this keeps it out of every log.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(POINTER_AT + Pointer::LEN + CHECKSUM_LEN));
        bytes.extend([VERSION, self.at.is_some().into()]);
        bytes.extend(self.board.as_bytes());
        bytes.extend(self.pass.key.by.as_bytes());
        bytes.extend(self.pass.until.to_le_bytes());
        bytes.extend(self.pass.key.sig.as_bytes());
        bytes.extend(*self.guest.expose_seed());
        bytes.extend(self.at.iter().flat_map(Pointer::to_bytes));
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(base64::encode(&bytes))))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, BoardInvitationError> {
        let Some((body, sum)) = bytes.split_last_chunk() else { return Err(BoardInvitationError::Cut) };
        let sound = checksum(body) == *sum;
        // The checksum ends every version, so that a newer one is told from a damaged one.
        let len = match body {
            [] | [VERSION] => return Err(BoardInvitationError::Cut),
            [VERSION, 0, ..] => POINTER_AT,
            [VERSION, 1, ..] => POINTER_AT + Pointer::LEN,
            [VERSION, ..] => return Err(BoardInvitationError::Damaged),
            _ if sound => return Err(BoardInvitationError::Newer),
            _ => return Err(BoardInvitationError::Damaged),
        };
        // Only the layout tells a cut line from a damaged one.
        match body.split_first_chunk() {
            Some((fixed, pointer)) if sound && body.len() == len => Self::read(fixed, pointer),
            _ if body.len() < len => Err(BoardInvitationError::Cut),
            _ => Err(BoardInvitationError::Damaged),
        }
    }

    fn read(fixed: &[u8; POINTER_AT], pointer: &[u8]) -> Result<Self, BoardInvitationError> {
        let at = match fixed[HAS_POINTER_AT] {
            0 => None,
            _ => Some(Pointer::from_bytes(pointer).ok_or(BoardInvitationError::Damaged)?),
        };
        let board = BoardId::from_bytes(array(fixed, BOARD_AT));
        let guest = GuestSecret::from_seed(&Zeroizing::new(array(fixed, SEED_AT)));
        let by = IntroducerId::from_bytes(array(fixed, INTRODUCER_AT));
        let key = PassKey { by, guest: guest.id(), sig: Octets(array(fixed, SIGNATURE_AT)) };
        let until = u32::from_le_bytes(array(fixed, UNTIL_AT));
        let pass = Pass { mark: Some(board.tag()), until, key };
        pass.verify().map_err(|_| BoardInvitationError::NotVouched)?;
        Ok(Self { board, pass, guest, at })
    }
}

impl FromStr for BoardInvitation {
    type Err = BoardInvitationError;

    /// Reads an invitation. White space is ignored wherever it stands: letters wrap long lines.
    fn from_str(text: &str) -> Result<Self, BoardInvitationError> {
        if text.len() > MAX_INVITATION_TEXT_LEN {
            return Err(match text.trim_start().starts_with(PREFIX) {
                true => BoardInvitationError::Damaged,
                false => BoardInvitationError::NotAnInvitation,
            });
        }
        let text: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
        let code = text.strip_prefix(PREFIX).ok_or(BoardInvitationError::NotAnInvitation)?;
        if !code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'-')) {
            return Err(BoardInvitationError::Damaged);
        }
        // Every character is one of the alphabet: a length that no value has, or bits beyond the
        // last byte, mean that characters are missing.
        let bytes = Zeroizing::new(base64::decode_vec(code).map_err(|_| BoardInvitationError::Cut)?);
        Self::from_bytes(&bytes)
    }
}

impl fmt::Debug for BoardInvitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BoardInvitation(…)")
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_LEN] {
    let [a, b, c, d, ..] = *blake3::hash(body).as_bytes();
    [a, b, c, d]
}

fn array<const N: usize>(bytes: &[u8; POINTER_AT], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has the length of the array")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::{Chk, Extra, Locator, ReadKey};

    const VECTOR: &str = "roneo-board:AAAHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB6CapfR6Z1mAL-lV~NwtKhSl\
        yZ0jvpf4ZBJ-~Tg0VaTwJ1EAAPbGH1l3F~GE11Hdw0p0OVgzgQwisT69qt1-9MY8HAkQfAUqTWz-~8QYzkzOMClvredKGzea5lby\
        KEr64dZ20AUGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBhaJ26I";

    fn invitation(at: Option<Pointer>) -> BoardInvitation {
        let introducer = IntroducerSecret::from_seed(&[1; 32]);
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        BoardInvitation::new(BoardId::from_bytes([7; 32]), at, &introducer, Day(21_000), &mut rng)
    }

    fn pointer() -> Pointer {
        let (root, key) = (Locator::from_bytes([4; 32]), ReadKey::from_bytes([2; 32]));
        Pointer::of(&Chk { root, key, extra: Extra::PUBLIC, name: String::new() })
    }

    fn bytes_of(invitation: &BoardInvitation) -> Vec<u8> {
        base64::decode_vec(invitation.to_text().strip_prefix(PREFIX).unwrap()).unwrap()
    }

    fn reading(bytes: &[u8]) -> Result<BoardInvitation, BoardInvitationError> {
        format!("{PREFIX}{}", base64::encode(bytes)).parse()
    }

    fn resealed(mut body: Vec<u8>, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        body.truncate(body.len() - CHECKSUM_LEN);
        change(&mut body);
        let sum = checksum(&body);
        body.extend(sum);
        body
    }

    #[test]
    fn whoever_holds_the_line_is_vouched_for() {
        for (at, len) in [(None, 239), (Some(pointer()), 331)] {
            let made = invitation(at.clone());
            let text = made.to_text();
            assert_eq!(text.len(), len);
            let read: BoardInvitation = format!(" {}\r\n {} ", &text[..40], &text[40..]).parse().unwrap();
            assert_eq!((read.board(), read.at(), read.pass()), (made.board(), at.as_ref(), made.pass()));
            assert_eq!(read.to_text(), text);
            let device = DeviceId::from_bytes([9; 32]);
            assert!(read.admit(&device).verify(&device).is_ok());
            assert_eq!(read.pass().until, 21_000);
            assert_eq!(format!("{read:?}"), "BoardInvitation(…)");
        }
    }

    /// Draft vector: the same text stands in `docs/formats/board.md`.
    #[test]
    fn vector() {
        let (board, guest) = (BoardId::from_bytes([7; 32]), GuestSecret::from_seed(&[6; 32]));
        let pass = IntroducerSecret::from_seed(&[0x22; 32]).vouch(guest.id(), Some(board.tag()), Day(20_775));
        let made = BoardInvitation { board, pass, guest, at: None };
        assert_eq!(*made.to_text(), VECTOR);
    }

    #[test]
    fn says_what_is_wrong_with_a_line() {
        use BoardInvitationError::{Cut, Damaged, Newer, NotAnInvitation, NotVouched};
        let judged = |text: &str| text.parse::<BoardInvitation>().unwrap_err();
        for made in [invitation(None), invitation(Some(pointer()))] {
            let (text, bytes) = (made.to_text(), bytes_of(&made));
            for end in PREFIX.len()..text.len() {
                assert_eq!(judged(&text[..end]), Cut, "{end}");
            }
            assert_eq!(judged(&text[1..]), NotAnInvitation);
            assert_eq!(judged(&text.replace(':', ":é")), Damaged);
            assert_eq!(judged(&format!("{}{}", *text, "A".repeat(2_048))), Damaged);
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 4;
                assert_eq!(reading(&changed).unwrap_err(), Damaged, "byte {at}");
            }
            let reads = |change: fn(&mut Vec<u8>)| reading(&resealed(bytes.clone(), change)).unwrap_err();
            assert_eq!(reads(|body| body[0] = 1), Newer);
            assert_eq!(reads(|body| body[UNTIL_AT] ^= 1), NotVouched);
            assert_eq!(reads(|body| body[BOARD_AT] ^= 1), NotVouched);
            assert_eq!(reads(|body| body[SEED_AT] ^= 1), NotVouched);
            assert_eq!(reads(|body| body.push(0)), Damaged);
            assert_eq!(reads(|body| body[HAS_POINTER_AT] = 2), Damaged);
        }
        assert_eq!(judged(&"x".repeat(3_000)), NotAnInvitation);
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in ".{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(text.parse::<BoardInvitation>().is_err());
            prop_assert!(reading(&bytes).is_err());
            prop_assert!(reading(&resealed([&[VERSION, 0], &bytes[..], &[0; 4]].concat(), |_| ())).is_err());
        }
    }
}
