//! Everything that people sign: who, when, which device, and a body. `docs/formats/envelope.md`.

use ciborium::Value;
use roneo_keys::time::{Day, Wall};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::body::{Body, Unknown};
use crate::cbor::{self, FormatError};
use crate::identity::{DeviceCertificate, DeviceSecret, PersonId, Signature, verify};
use crate::octets::octets;

octets! {
    /// The hash of an envelope without its signature: what is signed, and what others refer to.
    EnvelopeId, 32
}

/// The version that this program writes, and the newest that it reads.
pub const ENVELOPE_VERSION: u8 = 0;
/// Bytes of an envelope, at most: it is inline in a root of one block.
pub const MAX_ENVELOPE_LEN: usize = 32_000;
/// Seconds by which a clock may be ahead. What is dated later waits until then.
pub const MAX_AHEAD_S: u64 = 600;

/// Why an envelope is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is none.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The person did not sign the device, or the device did not sign this.
    #[error("it is not signed by who it says")]
    Unsigned,
    /// The device was not allowed to sign on that day, or not such a thing.
    #[error("the device that signed it may not: its certificate has ended or is for other things")]
    NotAllowed,
}

/// Something that somebody said, signed. Whoever holds one has checked it: [`Envelope::open`] and [`Envelope::seal`]
/// are the only ways to come by one.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    unsigned: Unsigned,
    sig: Signature,
    id: EnvelopeId,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Unsigned {
    v: u8,
    #[serde(rename = "type")]
    kind: String,
    author: PersonId,
    device: DeviceCertificate,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<EnvelopeId>,
    time: u64,
    body: Body,
    #[serde(flatten)]
    unknown: Unknown,
}

/// An envelope as it lies, its body still unread.
#[derive(Deserialize)]
struct Lying<B> {
    v: u8,
    #[serde(rename = "type")]
    kind: String,
    author: PersonId,
    device: DeviceCertificate,
    seq: u64,
    #[serde(default)]
    prev: Option<EnvelopeId>,
    time: u64,
    body: B,
    sig: Signature,
    #[serde(flatten)]
    unknown: Unknown,
}

/// How a whole envelope lies.
#[derive(Serialize)]
struct Signed<'a> {
    #[serde(flatten)]
    unsigned: &'a Unsigned,
    sig: &'a Signature,
}

/// Who signs, and where in their order: each device counts its own envelopes.
pub struct Signer<'a> {
    /// Which device.
    pub device: &'a DeviceSecret,
    /// What it is allowed.
    pub certificate: &'a DeviceCertificate,
    /// For whom it speaks.
    pub person: PersonId,
    /// How many it signed before.
    pub seq: u64,
    /// The last of those.
    pub prev: Option<EnvelopeId>,
}

impl Envelope {
    /// Signs a body.
    ///
    /// # Errors
    /// [`EnvelopeError::Format`] for a body beyond its bounds or an envelope beyond [`MAX_ENVELOPE_LEN`];
    /// [`EnvelopeError::NotAllowed`] and [`EnvelopeError::Unsigned`] for a certificate that does not fit.
    pub fn seal(signer: &Signer<'_>, now: Wall, body: impl Into<Body>) -> Result<Self, EnvelopeError> {
        let body = body.into();
        let unsigned = Unsigned {
            v: ENVELOPE_VERSION,
            kind: body.kind().to_owned(),
            author: signer.person,
            device: signer.certificate.clone(),
            seq: signer.seq,
            prev: signer.prev,
            time: now.0,
            body,
            unknown: Unknown::new(),
        };
        let id = unsigned.id();
        let envelope = Self { sig: signer.device.sign(id.as_bytes()), unsigned, id };
        envelope.check()?;
        // What could not be read again is not made.
        Self::open(&envelope.to_bytes())
    }

    /// Reads and checks an envelope: layout, bounds, both signatures, and whether the device was allowed.
    ///
    /// Not checked, for it takes more than the envelope: that the person has not taken the device back, that its time
    /// is [not ahead](Self::is_ahead), and that what it refers to exists.
    ///
    /// # Errors
    /// [`EnvelopeError`], by the first thing that is wrong; the signatures come last.
    pub fn open(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let value = cbor::parse(bytes, MAX_ENVELOPE_LEN)?;
        if cbor::version(Some(&value)) > ENVELOPE_VERSION.into() {
            return Err(FormatError::Newer.into());
        }
        let lying: Lying<Value> = value.deserialized().map_err(|_| FormatError::Malformed)?;
        let body = Body::from_fields(&lying.kind, lying.body.clone())?;
        let envelope = lying.envelope(body);
        // One spelling, of known fields and of others.
        if envelope.to_bytes() != bytes {
            return Err(FormatError::Malformed.into());
        }
        envelope.check()?;
        Ok(envelope)
    }

    /// Its bytes, deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(&self.signed())
    }

    /// Its JSON twin, as the API shows it. Of fields and types that this version does not know, byte strings become
    /// lists of numbers.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn to_json<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.signed().serialize(serializer)
    }

    /// Reads and checks a JSON twin.
    ///
    /// # Errors
    /// Those of the deserializer; also, in words, every [`EnvelopeError`].
    pub fn from_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lying = Lying::<Buffered>::deserialize(deserializer)?;
        let body = lying.body.body(&lying.kind).map_err(D::Error::custom)?;
        // What JSON can say and the format cannot, such as a fraction, ends here.
        Self::open(&lying.envelope(body).to_bytes()).map_err(D::Error::custom)
    }

    /// What others refer to.
    #[must_use]
    pub fn id(&self) -> EnvelopeId {
        self.id
    }

    /// Who said it.
    #[must_use]
    pub fn author(&self) -> PersonId {
        self.unsigned.author
    }

    /// Which device signed it, and where the author's outbox is.
    #[must_use]
    pub fn device(&self) -> &DeviceCertificate {
        &self.unsigned.device
    }

    /// How many the device had signed before, and the last of them.
    #[must_use]
    pub fn place(&self) -> (u64, Option<EnvelopeId>) {
        (self.unsigned.seq, self.unsigned.prev)
    }

    /// When it says that it was signed.
    #[must_use]
    pub fn time(&self) -> Wall {
        Wall(self.unsigned.time)
    }

    /// Whether it is dated more than [`MAX_AHEAD_S`] after `now`: then it is to wait.
    #[must_use]
    pub fn is_ahead(&self, now: Wall) -> bool {
        self.unsigned.time > now.0.saturating_add(MAX_AHEAD_S)
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.unsigned.body
    }

    fn signed(&self) -> Signed<'_> {
        Signed { unsigned: &self.unsigned, sig: &self.sig }
    }

    /// Everything but the spelling.
    fn check(&self) -> Result<(), EnvelopeError> {
        let Unsigned { body, device, author, time, .. } = &self.unsigned;
        body.check()?;
        // The first of a device has none before it, every other has one.
        if (self.unsigned.seq == 0) != self.unsigned.prev.is_none() {
            return Err(FormatError::Field("prev").into());
        }
        if !device.scopes.allow(body.scope()) || Wall(*time).day() > Day(device.until) {
            return Err(EnvelopeError::NotAllowed);
        }
        device.verify(author).map_err(|_| EnvelopeError::Unsigned)?;
        verify(device.device.as_bytes(), self.id.as_bytes(), &self.sig).map_err(|_| EnvelopeError::Unsigned)
    }
}

impl Unsigned {
    /// BLAKE3 under `roneo envelope 1` of the envelope without its signature.
    fn id(&self) -> EnvelopeId {
        EnvelopeId::from_bytes(blake3::derive_key("roneo envelope 1", &cbor::to_bytes(self)))
    }
}

impl<B> Lying<B> {
    fn envelope(self, body: Body) -> Envelope {
        let Self { v, kind, author, device, seq, prev, time, body: _, sig, unknown } = self;
        let unsigned = Unsigned { v, kind, author, device, seq, prev, time, body, unknown };
        Envelope { id: unsigned.id(), unsigned, sig }
    }
}

/// A body in JSON that waits for its type, which may stand behind it.
struct Buffered(Value);

impl<'de> Deserialize<'de> for Buffered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

impl Buffered {
    fn body(&self, kind: &str) -> Result<Body, FormatError> {
        Body::from_fields(kind, self.0.clone())
    }
}

#[cfg(test)]
mod tests;
