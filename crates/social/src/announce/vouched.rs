//! Entries for whose authors somebody vouches: the vouch in the place of work.

use roneo_keys::time::Wall;

use super::{
    ANNOUNCEMENT_LEN, Announced, Announcement, AnnouncementError, BY_VOUCH, BoardTag, HOUR_S, PROOF_AT, RecordName,
    SALT_AT, SIGNATURE_AT, UnprovenAnnouncement, array,
};
use crate::body::BoardId;
use crate::cbor::FormatError;
use crate::identity::{DeviceSecret, Signature, verify};
use crate::octets::Octets;
use crate::roster::Roster;
use crate::vouch::{Admission, GuestId, Pass, PassKey};

/// Bytes of an entry that stands by a vouch.
pub const VOUCHED_LEN: usize = 512;

// Where the fields of an admission stand, behind the entry itself.
const INTRODUCER_AT: usize = 0;
const BOUND_AT: usize = 1;
const UNTIL_AT: usize = 4;
const GUEST_AT: usize = UNTIL_AT + 4;
const PASS_SIG_AT: usize = GUEST_AT + GuestId::LEN;
const DEVICE_SIG_AT: usize = PASS_SIG_AT + 64;
const ADMISSION_END: usize = DEVICE_SIG_AT + 64;
const ADMISSION_LEN: usize = VOUCHED_LEN - ANNOUNCEMENT_LEN;

const _: () = assert!(ADMISSION_END <= ADMISSION_LEN);

/// An entry of the vouched lane as it lies in a record: laid out, and not necessarily valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchedAnnouncement {
    entry: Announcement,
    admission: [u8; ADMISSION_LEN],
}

impl VouchedAnnouncement {
    /// Announces something that is stored, on a board whose roster has the introducer of `admission`.
    ///
    /// # Errors
    /// [`AnnouncementError::NotVouched`] where nobody would take it: another introducer or board, a day that is over,
    /// or another device.
    pub fn new(
        (board, roster): (&BoardId, &Roster),
        hour: u32,
        device: &DeviceSecret,
        admission: &Admission,
        announced: &Announced,
    ) -> Result<Self, AnnouncementError> {
        let unsigned =
            UnprovenAnnouncement::begin(board, roster.tag(), [BY_VOUCH, 0], hour, device.id(), announced).bytes;
        let Pass { mark, until, key: PassKey { by, guest, sig } } = &admission.pass;
        let place = roster.introducers().iter().position(|known| known == by);
        let place = place.and_then(|place| u8::try_from(place).ok()).ok_or(AnnouncementError::NotVouched)?;
        let mut bytes = [0; ADMISSION_LEN];
        [bytes[INTRODUCER_AT], bytes[BOUND_AT]] = [place, mark.is_some().into()];
        bytes[UNTIL_AT..GUEST_AT].copy_from_slice(&until.to_le_bytes());
        bytes[GUEST_AT..PASS_SIG_AT].copy_from_slice(guest.as_bytes());
        bytes[PASS_SIG_AT..DEVICE_SIG_AT].copy_from_slice(sig.as_bytes());
        bytes[DEVICE_SIG_AT..ADMISSION_END].copy_from_slice(admission.sig.as_bytes());
        let mut made = Self { entry: Announcement(unsigned), admission: bytes };
        let signature = device.sign(&made.digest(&roster.tag()));
        made.entry.0[SIGNATURE_AT..].copy_from_slice(signature.as_bytes());
        // What nobody would take is not made.
        made.verify(&roster.record(hour), roster)?;
        Ok(made)
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] for another length or layout, [`FormatError::Newer`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; VOUCHED_LEN] = bytes.try_into().map_err(|_| FormatError::Malformed)?;
        let entry = Announcement::laid_out(array(bytes, 0))?;
        let admission: [u8; ADMISSION_LEN] = array(bytes, ANNOUNCEMENT_LEN);
        let zeros = |part: &[u8]| part.iter().all(|byte| *byte == 0);
        let laid_out = entry.kind() == BY_VOUCH
            && zeros(&entry.0[PROOF_AT..SALT_AT])
            && admission[BOUND_AT] <= 1
            && zeros(&admission[BOUND_AT + 1..UNTIL_AT])
            && zeros(&admission[ADMISSION_END..]);
        if laid_out { Ok(Self { entry, admission }) } else { Err(FormatError::Malformed) }
    }

    /// Its bytes: the entry, then place of the introducer 256, whether the pass is for this board alone 257, last day
    /// 260, guest 264, signature of the introducer 296, of the guest 360, zeros 424.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; VOUCHED_LEN] {
        let mut bytes = [0; VOUCHED_LEN];
        bytes[..ANNOUNCEMENT_LEN].copy_from_slice(self.entry.as_bytes());
        bytes[ANNOUNCEMENT_LEN..].copy_from_slice(&self.admission);
        bytes
    }

    /// What it has in common with entries that stand by their work.
    #[must_use]
    pub const fn entry(&self) -> &Announcement {
        &self.entry
    }

    /// Who is vouched for, as storers see it.
    #[must_use]
    pub fn guest(&self) -> GuestId {
        GuestId::from_bytes(array(&self.admission, GUEST_AT))
    }

    /// By whom: a place in the roster.
    #[must_use]
    pub const fn introducer(&self) -> u8 {
        self.admission[INTRODUCER_AT]
    }

    /// The vouch for it, as it is on a board of that roster; none where the roster has no such introducer.
    #[must_use]
    pub fn admission(&self, roster: &Roster) -> Option<Admission> {
        let by = *roster.introducers().get(usize::from(self.introducer()))?;
        let sig = |at| -> Signature { Octets(array(&self.admission, at)) };
        let key = PassKey { by, guest: self.guest(), sig: sig(PASS_SIG_AT) };
        let mark = (self.admission[BOUND_AT] == 1).then_some(*roster.mark());
        let until = u32::from_le_bytes(array(&self.admission, UNTIL_AT));
        Some(Admission { pass: Pass { mark, until, key }, sig: sig(DEVICE_SIG_AT) })
    }

    /// All that a storer asks before it takes an entry, and a reader before it counts one: the cheap first, then three
    /// signatures (50 us each).
    ///
    /// # Errors
    /// [`AnnouncementError`], by the first thing that is wrong.
    pub fn verify(&self, name: &RecordName, roster: &Roster) -> Result<(), AnnouncementError> {
        if self.entry.hour() != name.hour {
            return Err(AnnouncementError::Hour);
        }
        let day = Wall(u64::from(name.hour) * HOUR_S).day();
        let admission = self.admission(roster).filter(|admission| admission.pass.counts_on(day));
        let admission = admission.ok_or(AnnouncementError::NotVouched)?;
        let device = self.entry.device();
        let signature = Octets(array(&self.entry.0, SIGNATURE_AT));
        verify(device.as_bytes(), &self.digest(&name.tag), &signature).map_err(|_| AnnouncementError::Unsigned)?;
        admission.verify(&device).map_err(|_| AnnouncementError::NotVouched)
    }

    /// BLAKE3 under `roneo vouched announcement 1` of the tag and all of an entry but its device's signature.
    fn digest(&self, tag: &BoardTag) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("roneo vouched announcement 1");
        hasher.update(tag.as_bytes()).update(&self.entry.0[..SIGNATURE_AT]).update(&self.admission);
        *hasher.finalize().as_bytes()
    }
}
