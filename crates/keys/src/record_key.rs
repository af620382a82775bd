use std::fmt;
use std::str::FromStr;

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY, traits::IsIdentity};
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rand::CryptoRng;
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use crate::node::{BadSignature, Signature};
use crate::{ConvergenceSecret, ReadKey, UriError};

/// Signers that a record can have, at most.
pub const MAX_SIGNERS: usize = 16;
/// Longest name of a document, in bytes.
pub const MAX_DOCNAME_LEN: usize = 200;

/// How the records of one name give way to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Written once: what an SSK or KSK names. Of two, the one with the lower hash stays.
    Document,
    /// The newest edition of a document: what a USK names. The highest sequence stays.
    Slot,
}

impl RecordKind {
    /// The byte that stands for this kind in every format.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Document => 0,
            Self::Slot => 1,
        }
    }

    /// The kind a format's byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Document),
            1 => Some(Self::Slot),
            _ => None,
        }
    }
}

/// The name of a signed document: 1 to [`MAX_DOCNAME_LEN`] bytes without slashes or control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Docname(String);

impl Docname {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which one edition of this document stands for itself: `name-3`.
    ///
    /// # Errors
    /// [`UriError::Docname`], when the number makes the name too long.
    pub fn edition(&self, edition: u64) -> Result<Self, UriError> {
        format!("{}-{edition}", self.0).parse()
    }
}

impl FromStr for Docname {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let fits = (1..=MAX_DOCNAME_LEN).contains(&text.len());
        // The same as a path component, which it is when a browser shows it.
        let plain = !text.chars().any(|c| c.is_control() || c == '/') && text != "." && text != "..";
        if fits && plain { Ok(Self(text.to_owned())) } else { Err(UriError::Docname) }
    }
}

impl fmt::Debug for Docname {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Docname(…)")
    }
}

/// A key that is not a point of the prime-order group: made to be forged with, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a public key that documents can be signed under")]
pub struct BadPublicKey;

/// The public key of whoever publishes documents: the first field of an SSK or USK.
///
/// Always a canonical point of the prime-order group other than its identity, which blinding needs.
/// `Debug` shows nothing: with the other fields of a link it names what somebody reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key read from a format.
    ///
    /// # Errors
    /// [`BadPublicKey`] for anything that is not the canonical form of such a point.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, BadPublicKey> {
        let key = Self(bytes);
        point(&bytes).filter(|point| point.is_torsion_free() && !point.is_identity()).map(|_| key).ok_or(BadPublicKey)
    }

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What this key of an ordinary, singly signed document is to storers.
    #[must_use]
    pub fn blind(&self, kind: RecordKind, docname: &Docname) -> BlindedPublic {
        self.blind_by(&Blinding::new(kind, &[*self], docname))
    }

    /// What this key is to storers under a blinding that its document's keys share.
    #[must_use]
    pub fn blind_by(&self, blinding: &Blinding) -> BlindedPublic {
        let point = point(&self.0).expect("a public key is a point");
        BlindedPublic((point * blinding.0).compress().to_bytes())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PublicKey(…)")
    }
}

fn point(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*bytes).decompress()?;
    // Decompression takes some encodings that it would not write.
    (point.compress().as_bytes() == bytes).then_some(point)
}

/// The factor that turns the keys of one document into others, which nobody without its link can
/// connect with them: h of DESIGN's blinding, made from all keys of the document and its name.
///
/// Known idea: hierarchical key derivation as in Tor's rend-spec-v3, appendix A.2.
pub struct Blinding(Scalar);

impl Blinding {
    /// The factor for a document signed by holders of `keys`, at most [`MAX_SIGNERS`], in any order.
    ///
    /// # Panics
    /// With more keys than that.
    #[must_use]
    pub fn new(kind: RecordKind, keys: &[PublicKey], docname: &Docname) -> Self {
        assert!(keys.len() <= MAX_SIGNERS, "a document has at most {MAX_SIGNERS} signers");
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        let mut hasher = blake3::Hasher::new_derive_key("roneo blind 1");
        hasher.update(&[kind.code(), sorted.len() as u8]);
        for key in &sorted {
            hasher.update(&key.0);
        }
        let mut wide = Zeroizing::new([0; 64]);
        hasher.update(docname.as_str().as_bytes()).finalize_xof().fill(wide.as_mut());
        Self(Scalar::from_bytes_mod_order_wide(&wide))
    }
}

impl Drop for Blinding {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One signer of one document, as storers see it: an ed25519 key like any other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindedPublic([u8; 32]);

impl BlindedPublic {
    /// Bytes of a key.
    pub const LEN: usize = 32;

    /// A key read from a format. Whether it is one shows at the first verification.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature with `verify_strict`: small-order keys and malleable forms fail.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for BlindedPublic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BlindedPublic(…)")
    }
}

/// What signs documents: the first field of a private SSK or USK. Zeroized on drop, never printed.
#[derive(Clone)]
pub struct SigningSecret(SigningKey);

impl SigningSecret {
    /// A fresh secret.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(*seed)
    }

    /// The secret of a 32-byte seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The seed. Whoever calls this keeps it out of every log.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key that goes into links.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs as the key that an ordinary, singly signed document has for storers.
    #[must_use]
    pub fn blind(&self, kind: RecordKind, docname: &Docname) -> BlindedSecret {
        self.blind_by(&Blinding::new(kind, &[self.public()], docname))
    }

    /// Signs as this key blinded with the others of its document.
    #[must_use]
    pub fn blind_by(&self, blinding: &Blinding) -> BlindedSecret {
        let secret = ExpandedSecretKey::from(&self.0.to_bytes());
        let hash_prefix = nonce_prefix(&secret.hash_prefix, &blinding.0);
        let public = self.public().blind_by(blinding);
        BlindedSecret { secret: ExpandedSecretKey { scalar: secret.scalar * blinding.0, hash_prefix }, public }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

/// The secret part of a nonce must be of its own for each blinded key: under one prefix, two keys
/// that sign the same message would use one nonce, and give themselves away.
fn nonce_prefix(prefix: &[u8; 32], blinding: &Scalar) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("roneo blind nonce 1");
    hasher.update(prefix).update(blinding.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Signs one document as storers see its signer.
pub struct BlindedSecret {
    secret: ExpandedSecretKey,
    public: BlindedPublic,
}

impl BlindedSecret {
    /// The key that verifies.
    #[must_use]
    pub fn public(&self) -> BlindedPublic {
        self.public
    }

    /// An ed25519 signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let key = VerifyingKey::from_bytes(&self.public.0).expect("a blinded key is a point");
        raw_sign::<Sha512>(&self.secret, message, &key).to_bytes()
    }
}

impl fmt::Debug for BlindedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BlindedSecret(…)")
    }
}

/// Everything needed to publish: what signs, and what readers open with.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// Signs.
    pub secret: SigningSecret,
    /// Opens; part of the public link.
    pub key: ReadKey,
}

impl KeyPair {
    /// A fresh pair.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self { secret: SigningSecret::random(rng), key: ReadKey::random(rng) }
    }

    /// The pair that everybody derives who knows the word of a KSK.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        Self {
            secret: SigningSecret::from_seed(blake3::derive_key("roneo ksk secret 1", word.as_bytes())),
            key: ReadKey::from_bytes(blake3::derive_key("roneo ksk read 1", word.as_bytes())),
        }
    }

    /// What the editions of one document of this pair are inserted under, so that they share what has
    /// not changed. It follows from the private key: whoever can publish has it, on whatever machine, and
    /// nobody else.
    #[must_use]
    pub fn convergence(&self, docname: &Docname) -> ConvergenceSecret {
        let mut hasher = blake3::Hasher::new_derive_key("roneo site convergence 1");
        hasher.update(&*self.secret.expose()).update(docname.as_str().as_bytes());
        ConvergenceSecret::from_bytes(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn docname(text: &str) -> Docname {
        text.parse().unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn each_document_of_each_key_converges_by_itself() {
        let (one, other) = (KeyPair::of_word("one"), KeyPair::of_word("other"));
        let secret = one.convergence(&docname("site"));
        assert!(secret == KeyPair::of_word("one").convergence(&docname("site")));
        assert!(secret != one.convergence(&docname("sites")) && secret != other.convergence(&docname("site")));
        assert!(secret.expose() != &*one.secret.expose());
    }

    /// Draft vectors: also in `docs/formats/block.md`, and made a second time by `tests/blind.py`.
    #[test]
    fn vectors_of_convergence() {
        let pair = KeyPair { secret: SigningSecret::from_seed([7; 32]), key: ReadKey::from_bytes([0; 32]) };
        let secret = pair.convergence(&docname("tract"));
        let (read, insert) = secret.keys(&[2; 32], "tract.txt", "text/plain");
        let text = ConvergenceSecret::of_text("pain");
        let found = [secret.expose(), read.expose(), insert.expose(), text.expose()].map(|bytes| hex(bytes));
        assert_eq!(found, CONVERGENCE);
    }

    const CONVERGENCE: [&str; 4] = [
        "92891e71a6827014f54a33ad3db6bd0b3bd3748e2b1dc0255971b3ffc6ee6481",
        "4f063452c8226d477404abac66d5bcdff2c93aa20e2f8f8628600533f4f2decd",
        "abe784b573732aa07fd556fd211937cae296529ce514b878aada57898a9e7ad6",
        "1f5d4debd46cfab5cbaa2563e2bedce35874523d831f7bf741dd907fe27755a7",
    ];

    /// Draft vectors: also in `docs/formats/record.md`, and made a second time by `tests/blind.py`,
    /// which shares no code with this crate.
    #[test]
    fn vectors() {
        let secret = SigningSecret::from_seed([7; 32]);
        assert_eq!(hex(&secret.public().0), "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
        let table = [
            (RecordKind::Document, "tract", BLINDED_DOCUMENT, SIGNED_DOCUMENT),
            (RecordKind::Slot, "tract", BLINDED_SLOT, SIGNED_SLOT),
        ];
        for (kind, name, public, signature) in table {
            let blinded = secret.blind(kind, &docname(name));
            assert_eq!(hex(blinded.public().as_bytes()), public, "{kind:?}");
            assert_eq!(hex(&blinded.sign(b"greve generale")), signature, "{kind:?}");
        }
        let pair = KeyPair::of_word("pain");
        assert_eq!(hex(&pair.secret.public().0), KSK_PUBLIC);
        assert_eq!(hex(pair.key.expose()), KSK_READ);
    }

    const BLINDED_DOCUMENT: &str = "37eb95ea3f8c7ede75b40675bd0bd70d3c05d70a9a267526c249595aab0e012d";
    const SIGNED_DOCUMENT: &str = "c896224c6908809919c7a9f63f69cc8c6298c4ad97c9bbdd505bfaeb76e8d1665c5c278e2936b16b11aa15f48a9a1d7553e072acf6eb29c850c56c7a5c4ed20f";
    const BLINDED_SLOT: &str = "b33956dd99792fdfd0e1213496131641d103da1169091d8f0a6024662e8d02b4";
    const SIGNED_SLOT: &str = "4de9b9a2c9e8b1a5cadd110fc8cfe0b6fec459e685a937906723963ec23c28936dfdc24747afbd943f9e79c434b91e248f7e277e8f8e6f1f6d9faaf748661902";
    const KSK_PUBLIC: &str = "99058c177912b06a59cb3c1f74e1f49656d699189912709a5233a382dee75754";
    const KSK_READ: &str = "dd9e8d1831e4738ec5b72530e6c6b4da7aa1be9df39b0cb0aff84e0b59d45fb8";

    #[test]
    fn keys_outside_the_prime_order_group_are_refused() {
        let good = SigningSecret::from_seed([1; 32]).public();
        assert_eq!(PublicKey::from_bytes(*good.as_bytes()), Ok(good));
        let mut identity = [0; 32];
        identity[0] = 1;
        // The point of order 2, and a point with torsion: a good one plus that.
        let mut order_two = [0xff; 32];
        (order_two[0], order_two[31]) = (0xec, 0x7f);
        let torsion = point(&good.0).unwrap() + point(&order_two).unwrap();
        // y = p + 1 stands for the identity, not canonically.
        let mut not_canonical = [0xff; 32];
        (not_canonical[0], not_canonical[31]) = (0xee, 0x7f);
        for bytes in [identity, order_two, torsion.compress().to_bytes(), not_canonical, [0x55; 32].map(|b| b ^ 0xff)] {
            let on_curve = point(&bytes).is_some_and(|point| point.is_torsion_free() && !point.is_identity());
            assert!(!on_curve, "a bad example");
            assert_eq!(PublicKey::from_bytes(bytes), Err(BadPublicKey));
        }
    }

    #[test]
    fn names_that_no_link_holds_are_refused() {
        for name in ["", "a/b", "a\nb", ".", "..", &"x".repeat(MAX_DOCNAME_LEN + 1)] {
            assert_eq!(name.parse::<Docname>(), Err(UriError::Docname), "{name:?}");
        }
        assert_eq!(docname("tract").edition(12).unwrap().as_str(), "tract-12");
        assert!(docname(&"x".repeat(MAX_DOCNAME_LEN)).edition(1).is_err());
    }

    #[test]
    fn nothing_is_shown() {
        let pair = KeyPair::of_word("pain");
        let blinded = pair.secret.blind(RecordKind::Slot, &docname("tract"));
        let shown = format!("{pair:?} {:?} {blinded:?} {:?}", pair.secret.public(), blinded.public());
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }

    proptest! {
        #[test]
        fn blinded_signatures_verify_and_only_there(seed: [u8; 32], other: [u8; 32], name in "[a-z]{1,9}", message: Vec<u8>) {
            let (secret, name) = (SigningSecret::from_seed(seed), docname(&name));
            let blinded = secret.blind(RecordKind::Slot, &name);
            let signature = blinded.sign(&message);
            // The reader's way, from public parts alone.
            let public = PublicKey::from_bytes(*secret.public().as_bytes()).unwrap().blind(RecordKind::Slot, &name);
            prop_assert_eq!(public, blinded.public());
            prop_assert!(public.verify(&message, &signature).is_ok());
            prop_assert!(secret.public().blind(RecordKind::Document, &name).verify(&message, &signature).is_err());
            prop_assert!(secret.public().blind(RecordKind::Slot, &docname("Z")).verify(&message, &signature).is_err());
            prop_assume!(other != seed);
            let stranger = SigningSecret::from_seed(other).public().blind(RecordKind::Slot, &name);
            prop_assert!(stranger.verify(&message, &signature).is_err());
        }

        #[test]
        fn the_order_of_signers_does_not_matter(seeds in prop::collection::vec(any::<[u8; 32]>(), 1..=MAX_SIGNERS)) {
            let keys: Vec<_> = seeds.iter().map(|seed| SigningSecret::from_seed(*seed).public()).collect();
            let turned: Vec<_> = keys.iter().rev().copied().collect();
            let name = docname("tract");
            let blind = |keys: &[PublicKey]| keys[0].blind_by(&Blinding::new(RecordKind::Slot, keys, &name));
            prop_assert_eq!(blind(&keys), keys[0].blind_by(&Blinding::new(RecordKind::Slot, &turned, &name)));
        }

        #[test]
        fn reading_a_key_never_panics(bytes: [u8; 32]) {
            if let Ok(key) = PublicKey::from_bytes(bytes) {
                prop_assert_eq!(key.as_bytes(), &bytes);
            }
        }
    }
}
