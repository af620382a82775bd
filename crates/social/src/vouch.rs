//! An introducer's word that somebody is a person, in the form that storers check. `docs/formats/announcement.md`.
//!
//! An introducer signs a **pass** for a **guest**: a key that its holder keeps for a board, or that the introducer makes
//! and hands over in an invitation. The guest's key then signs devices. So two signatures lead from a roster to a
//! device, a guest has as many devices as it likes and is counted once, and a storer sees no person.

use roneo_keys::time::Day;
use serde::{Deserialize, Serialize};

use crate::announce::BoardTag;
use crate::identity::{DeviceId, NotSigned, Signature, signing_secret, verify};
use crate::octets::octets;

octets! {
    /// The public half of an introducer's key for one board. An introducer has a key for each, so that storers cannot
    /// tell that two boards are introduced to by one person.
    IntroducerId, 32
}
octets! {
    /// The public half of a guest's key: who is vouched for, as storers see it.
    GuestId, 32
}

/// Days for which a vouch is usually given.
pub const VOUCH_DAYS: u32 = 180;

/// An introducer's signature for a guest's key, as it stands in a vouch: the board and the last day are those of the
/// vouch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassKey {
    /// Which introducer.
    pub by: IntroducerId,
    /// Whose key.
    pub guest: GuestId,
    /// The introducer's signature.
    pub sig: Signature,
}

/// An introducer's word for a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pass {
    /// The mark of the board on which it counts; none for every board that takes this introducer.
    pub mark: Option<BoardTag>,
    /// The last day, days since 1970.
    pub until: u32,
    /// Who vouches for whom.
    pub key: PassKey,
}

impl Pass {
    /// Whether the introducer signed it.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn verify(&self) -> Result<(), NotSigned> {
        let digest = digest(self.mark.as_ref(), self.until, &self.key.guest);
        verify(self.key.by.as_bytes(), &digest, &self.key.sig)
    }

    /// Whether it counts on that day.
    #[must_use]
    pub const fn counts_on(&self, day: Day) -> bool {
        day.0 <= self.until
    }
}

/// BLAKE3 under `roneo vouch 1` of a byte 1 and the mark, or a byte 0 alone; the last day (4 bytes, little-endian) and
/// the guest's key.
fn digest(mark: Option<&BoardTag>, until: u32, guest: &GuestId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("roneo vouch 1");
    match mark {
        Some(mark) => hasher.update(&[1]).update(mark.as_bytes()),
        None => hasher.update(&[0]),
    };
    *hasher.update(&until.to_le_bytes()).update(guest.as_bytes()).finalize().as_bytes()
}

/// A pass and the guest's word for a device: all by which a storer takes what the device announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Admission {
    /// The introducer's word for the guest.
    pub pass: Pass,
    /// The guest's signature for the device.
    pub sig: Signature,
}

impl Admission {
    /// Whether both signed, and for that device.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn verify(&self, device: &DeviceId) -> Result<(), NotSigned> {
        let guest = &self.pass.key.guest;
        verify(guest.as_bytes(), &device_digest(guest, device), &self.sig)?;
        self.pass.verify()
    }
}

/// BLAKE3 under `roneo guest device 1` of guest and device.
fn device_digest(guest: &GuestId, device: &DeviceId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("roneo guest device 1");
    *hasher.update(guest.as_bytes()).update(device.as_bytes()).finalize().as_bytes()
}

signing_secret! {
    /// An introducer's key for one board. Zeroized on drop, never printed.
    IntroducerSecret, IntroducerId
}
signing_secret! {
    /// A guest's key. Zeroized on drop, never printed.
    GuestSecret, GuestId
}

impl IntroducerSecret {
    /// Vouches for a guest until the end of a day: on the board of that mark, or on all that take this introducer.
    #[must_use]
    pub fn vouch(&self, guest: GuestId, mark: Option<BoardTag>, until: Day) -> Pass {
        let sig = self.sign(&digest(mark.as_ref(), until.0, &guest));
        Pass { mark, until: until.0, key: PassKey { by: self.id(), guest, sig } }
    }
}

impl GuestSecret {
    /// Lets a device speak for whoever holds this key and its pass.
    #[must_use]
    pub fn admit(&self, pass: Pass, device: &DeviceId) -> Admission {
        Admission { pass, sig: self.sign(&device_digest(&self.id(), device)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNTIL: Day = Day(21_000);

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 32])
    }

    fn admission(mark: Option<BoardTag>) -> Admission {
        let guest = GuestSecret::from_seed(&[2; 32]);
        let pass = IntroducerSecret::from_seed(&[1; 32]).vouch(guest.id(), mark, UNTIL);
        guest.admit(pass, &device(3))
    }

    #[test]
    fn two_signatures_lead_to_one_device() {
        let mark = BoardTag::from_bytes([9; 32]);
        for mark in [None, Some(mark)] {
            let admission = admission(mark);
            assert!(admission.verify(&device(3)).is_ok() && admission.verify(&device(4)).is_err());
        }
        let other = GuestSecret::from_seed(&[8; 32]);
        let changes: [fn(&mut Admission); 6] = [
            |admission| admission.pass.until += 1,
            |admission| admission.pass.mark = None,
            |admission| admission.pass.mark = Some(BoardTag::from_bytes([8; 32])),
            |admission| admission.pass.key.by = IntroducerId::from_bytes([8; 32]),
            |admission| admission.pass.key.sig.0[0] ^= 1,
            |admission| admission.sig.0[0] ^= 1,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = admission(Some(mark));
            change(&mut changed);
            assert!(changed.verify(&device(3)).is_err(), "{number}");
        }
        // A pass is worth nothing to who does not hold the guest's key.
        assert!(other.admit(admission(None).pass, &device(3)).verify(&device(3)).is_err());
    }

    #[test]
    fn a_pass_counts_to_the_end_of_its_last_day() {
        let pass = admission(None).pass;
        assert!(pass.counts_on(UNTIL) && pass.counts_on(Day(0)) && !pass.counts_on(UNTIL.next()));
    }
}
