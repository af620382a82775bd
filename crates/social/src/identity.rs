//! Who speaks: a master key behind 24 words, and the keys of devices that it signs.
//!
//! The words stay on paper. From them come the **master key**, which names the person and signs devices, and the
//! **recovery key**, whose hash stands in the first profile: whoever steals a machine finds the first at most, and
//! cannot show the second. Two identities have nothing in common but the machine.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use roneo_keys::time::Day;
use roneo_keys::{Docname, Extra, KeyPair, PublicKey, ReadKey, SigningSecret, Usk};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::octets::{Octets, octets};
use crate::words::Words;

octets! {
    /// A person, or who passes for one: the public half of a master key.
    PersonId, 32
}
octets! {
    /// The public half of a device's key.
    DeviceId, 32
}
octets! {
    /// The public key of a person's outbox.
    OutboxId, 32
}
octets! {
    /// What a profile says of the recovery key: its hash.
    RecoveryCommitment, 32
}

octets! {
    /// The public half of a recovery key. It is shown once, in a succession.
    RecoveryId, 32
}

impl RecoveryId {
    /// What a profile says of it.
    #[must_use]
    pub fn commitment(&self) -> RecoveryCommitment {
        RecoveryCommitment::from_bytes(blake3::derive_key("roneo recovery commitment 1", self.as_bytes()))
    }
}

/// An ed25519 signature.
pub type Signature = Octets<64>;

/// Days for which a device's key is signed at once.
pub const DEVICE_DAYS: u32 = 90;
/// The name of every outbox's document.
pub const OUTBOX_NAME: &str = "outbox";

/// What a device may sign, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(u8);

impl Scopes {
    /// Posts and all that stands beside them.
    pub const POST: Self = Self(1);
    /// Labels, vouches and digests.
    pub const CURATE: Self = Self(2);
    /// Everything that there is today.
    pub const ALL: Self = Self(3);

    /// Whether all of `wanted` is in these.
    #[must_use]
    pub const fn allow(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// A master key's word that a device speaks for it. Stands in everything that the device signs, so that nothing else
/// is needed to check it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceCertificate {
    /// Which device.
    pub device: DeviceId,
    /// Where the person's outbox lies.
    pub outbox: OutboxId,
    /// The last day on which it may sign, days since 1970.
    pub until: u32,
    /// What it may sign.
    pub scopes: Scopes,
    /// The master key's signature.
    pub sig: Signature,
}

impl DeviceCertificate {
    /// Whether `person` signed it.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn verify(&self, person: &PersonId) -> Result<(), NotSigned> {
        verify(person.as_bytes(), &self.digest(person), &self.sig)
    }

    /// BLAKE3 under `roneo device 1` of person, device, outbox, last day (4 bytes, little-endian) and scopes.
    fn digest(&self, person: &PersonId) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("roneo device 1");
        hasher.update(person.as_bytes()).update(self.device.as_bytes()).update(self.outbox.as_bytes());
        hasher.update(&self.until.to_le_bytes()).update(&[self.scopes.0]);
        *hasher.finalize().as_bytes()
    }
}

/// The named key did not sign this, or is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct NotSigned;

/// Checks a signature strictly: small-order keys and malleable forms fail.
pub(crate) fn verify(key: &[u8; 32], message: &[u8; 32], signature: &Signature) -> Result<(), NotSigned> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| NotSigned)?;
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    key.verify_strict(message, &signature).map_err(|_| NotSigned)
}

/// A master key: names a person, signs devices and writes the outbox. Zeroized on drop, never printed.
#[derive(Clone)]
pub struct MasterSecret(SigningKey);

impl MasterSecret {
    /// The master key behind 24 words.
    #[must_use]
    pub fn of_words(words: &Words) -> Self {
        Self::from_seed(&derive("roneo master key 1", words.expose()))
    }

    /// One that was kept sealed on a machine.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The secret seed. Whoever calls this keeps it out of every log.
    #[must_use]
    pub fn expose_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Who it names.
    #[must_use]
    pub fn person(&self) -> PersonId {
        PersonId::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// What signs the outbox's record. Every device of a person has it: a device that is lost is answered by a
    /// succession, not by a revocation alone.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        let secret = SigningSecret::from_seed(*derive("roneo outbox key 1", &self.expose_seed()));
        let id = OutboxId::from_bytes(*secret.public().as_bytes());
        Outbox(KeyPair { secret, key: id.read_key() })
    }

    /// Signs a device's key, good from now until [`DEVICE_DAYS`] after `today`.
    #[must_use]
    pub fn certify(&self, device: DeviceId, scopes: Scopes, today: Day) -> DeviceCertificate {
        let until = today.0.saturating_add(DEVICE_DAYS);
        let unsigned = DeviceCertificate { device, outbox: self.outbox().id(), until, scopes, sig: Octets([0; 64]) };
        let sig = Octets(self.0.sign(&unsigned.digest(&self.person())).to_bytes());
        DeviceCertificate { sig, ..unsigned }
    }
}

/// The key pair of a person's outbox, for publishing it as a USK.
pub struct Outbox(KeyPair);

impl Outbox {
    /// The public key that stands in certificates.
    #[must_use]
    pub fn id(&self) -> OutboxId {
        OutboxId::from_bytes(*self.0.secret.public().as_bytes())
    }

    /// The pair.
    #[must_use]
    pub fn pair(&self) -> &KeyPair {
        &self.0
    }
}

impl OutboxId {
    /// What opens the outbox: whoever read one post of a person may follow them.
    #[must_use]
    pub fn read_key(&self) -> ReadKey {
        ReadKey::from_bytes(blake3::derive_key("roneo outbox read key 1", self.as_bytes()))
    }

    /// The link to the newest head of the outbox.
    ///
    /// # Errors
    /// [`NotSigned`], when this is no public key.
    pub fn link(&self) -> Result<Usk, NotSigned> {
        let public = PublicKey::from_bytes(*self.as_bytes()).map_err(|_| NotSigned)?;
        let docname: Docname = OUTBOX_NAME.parse().expect("a constant name is a name");
        Ok(Usk { public, key: self.read_key(), docname, edition: 0, path: String::new(), extra: Extra::RECORD })
    }
}

/// A recovery key: stays with the words. It signs a succession when the master key is lost or stolen.
pub struct RecoverySecret(SigningKey);

impl RecoverySecret {
    /// The recovery key behind 24 words.
    #[must_use]
    pub fn of_words(words: &Words) -> Self {
        Self(SigningKey::from_bytes(&derive("roneo recovery key 1", words.expose())))
    }

    /// What the first profile says of it, so that nobody can come up with another later.
    #[must_use]
    pub fn commitment(&self) -> RecoveryCommitment {
        self.id().commitment()
    }

    /// What opens the commitment. Whoever shows it outside a succession gives it away.
    #[must_use]
    pub fn id(&self) -> RecoveryId {
        RecoveryId::from_bytes(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, digest: &[u8; 32]) -> Signature {
        Octets(self.0.sign(digest).to_bytes())
    }
}

/// Declares a key that signs for somebody: made at random on one machine, kept there sealed, never shown.
macro_rules! signing_secret {
    ($(#[$doc:meta])* $name:ident, $id:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(ed25519_dalek::SigningKey);

        impl $name {
            /// A fresh key.
            #[must_use]
            pub fn random(rng: &mut impl rand::CryptoRng) -> Self {
                let mut seed = zeroize::Zeroizing::new([0; 32]);
                rng.fill_bytes(&mut *seed);
                Self::from_seed(&seed)
            }

            /// One that was kept sealed on a machine.
            #[must_use]
            pub fn from_seed(seed: &[u8; 32]) -> Self {
                Self(ed25519_dalek::SigningKey::from_bytes(seed))
            }

            /// The secret seed. Whoever calls this keeps it out of every log.
            #[must_use]
            pub fn expose_seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
                zeroize::Zeroizing::new(self.0.to_bytes())
            }

            /// The public half.
            #[must_use]
            pub fn id(&self) -> $id {
                $id::from_bytes(self.0.verifying_key().to_bytes())
            }

            pub(crate) fn sign(&self, digest: &[u8; 32]) -> $crate::identity::Signature {
                $crate::octets::Octets(ed25519_dalek::Signer::sign(&self.0, digest).to_bytes())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(crate) use signing_secret;

signing_secret! {
    /// A device's key: signs posts. Zeroized on drop, never printed.
    DeviceSecret, DeviceId
}

macro_rules! never_shown {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
never_shown!(MasterSecret, Outbox, RecoverySecret);

fn derive(context: &str, secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(blake3::derive_key(context, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(number: u8) -> MasterSecret {
        MasterSecret::of_words(&Words::from_entropy([number; 32]))
    }

    #[test]
    fn a_device_speaks_for_the_person_who_signed_it_and_no_other() {
        let device = DeviceSecret::from_seed(&[3; 32]);
        let certificate = master(1).certify(device.id(), Scopes::ALL, Day(20_000));
        assert_eq!(certificate.until, 20_090);
        assert!(certificate.verify(&master(1).person()).is_ok());
        assert!(certificate.verify(&master(2).person()).is_err());
        let changes: [fn(&mut DeviceCertificate); 4] = [
            |certificate| certificate.until += 1,
            |certificate| certificate.scopes = Scopes::POST,
            |certificate| certificate.device = DeviceId::from_bytes([9; 32]),
            |certificate| certificate.outbox = OutboxId::from_bytes([9; 32]),
        ];
        for change in changes {
            let mut changed = certificate.clone();
            change(&mut changed);
            assert!(changed.verify(&master(1).person()).is_err());
        }
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(verify(&neutral, &[7; 32], &Octets(signature)).is_err());
    }

    #[test]
    fn what_comes_from_the_words_is_the_same_everywhere_and_all_different() {
        let words = Words::from_entropy([1; 32]);
        let recovery = RecoverySecret::of_words(&words).commitment();
        assert_eq!(recovery, RecoverySecret::of_words(&words).commitment());
        let (person, outbox) = (master(1).person(), master(1).outbox().id());
        assert_ne!(person.as_bytes(), outbox.as_bytes());
        assert_ne!(person.as_bytes(), recovery.as_bytes());
        assert_ne!(outbox, master(2).outbox().id());
    }

    #[test]
    fn secrets_are_not_printed() {
        let shown = format!("{:?} {:?}", master(1), DeviceSecret::from_seed(&[0x41; 32]));
        assert_eq!(shown, "MasterSecret(…) DeviceSecret(…)");
    }
}
