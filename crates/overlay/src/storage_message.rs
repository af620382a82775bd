//! What a request and its answer say once their onion is open: `docs/formats/storage-message.md`.

use roneo_content::record::{Record, RecordError};
use roneo_keys::time::{Day, Wall};
use roneo_keys::{Block, Locator, NodeId, NodeSecret, SIGNATURE_LEN, Signature, SizeClass};
use roneo_social::{AnnouncementRecord, Effort, RecordName, SHARDS};

/// The layout that this program writes.
pub const VERSION: u8 = 0;
/// Bytes of a stamp: proof of work that a busy storer may ask for.
pub const STAMP_LEN: usize = 24;
/// Bytes of a reply block inside a request.
pub const SURB_LEN: usize = roneo_packet::SURB_LEN;
/// Bytes of a request before its block.
pub const REQUEST_HEADER_LEN: usize = 8 + STAMP_LEN + Locator::LEN + SURB_LEN;
/// Bytes of an answer before its body.
pub const ANSWER_HEADER_LEN: usize = 8 + SIGNATURE_LEN;
/// Bytes of one signed receipt: rank and signature.
pub const RECEIPT_LEN: usize = 1 + SIGNATURE_LEN;
/// Announcements that one request brings, at most: each costs its storer up to 125 us.
pub const MAX_ANNOUNCED: usize = 4;
/// Copies that can be asked for, and receipts that one answer holds.
pub const MAX_COPIES: u8 = 30;

// The byte budget: what must fit, fits.
const _: () = {
    use roneo_packet::Class;
    assert!(REQUEST_HEADER_LEN + SizeClass::Leaf.byte_len() <= Class::Small.payload_len());
    assert!(REQUEST_HEADER_LEN + SizeClass::Block.byte_len() <= Class::Block.payload_len());
    assert!(ANSWER_HEADER_LEN + MAX_COPIES as usize * RECEIPT_LEN <= Class::Small.payload_len());
    assert!(ANSWER_HEADER_LEN + SizeClass::Block.byte_len() <= Class::Block.payload_len());
};

/// Bytes that are not a message of this version. Dropped in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a storage message of this version")]
pub struct Malformed;

/// A stamp's bytes: see [`stamp`](crate::stamp). Zeros are none; a storer that asks for none looks at none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp(pub [u8; STAMP_LEN]);

/// How a block shows that it belongs under its locator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It hashes to the locator, and never changes.
    Hash,
    /// It is a record that its owners signed, and gives way to a better one.
    Signed,
    /// It is a record of announcements, each of which proves itself, and is merged with what is kept.
    Announced,
}

impl Proof {
    /// The byte that stands for this proof between storers.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Hash => 0,
            Self::Signed => 1,
            Self::Announced => 2,
        }
    }

    /// The proof a byte stands for.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Hash),
            1 => Some(Self::Signed),
            2 => Some(Self::Announced),
            _ => None,
        }
    }

    /// The size of what can be proven so; `None` for either.
    pub(crate) const fn class(self) -> Option<SizeClass> {
        match self {
            Self::Hash => None,
            Self::Signed => Some(SizeClass::Leaf),
            Self::Announced => Some(SizeClass::Block),
        }
    }

    /// Where a block says it belongs; whether that is true, [`Proof::holds`] says.
    pub(crate) fn locator(self, block: &Block) -> Option<Locator> {
        match self {
            Self::Hash => Some(block.locator()),
            Self::Signed => Record::parse(block).ok().map(|record| record.locator()),
            Self::Announced => RecordName::claimed(block.bytes()).map(|name| name.locator()),
        }
    }

    /// Whether a block belongs under a locator. `floor` is the work that an announcement needs.
    pub(crate) fn holds(self, locator: &Locator, block: &Block, now: Wall, floor: Effort) -> bool {
        match self {
            Self::Hash => block.locator() == *locator,
            Self::Signed => Record::check(locator, block, now.day()).is_ok(),
            Self::Announced => {
                let name = RecordName::claimed(block.bytes()).filter(|name| name.locator() == *locator);
                name.is_some_and(|name| {
                    name.shard < SHARDS && name.takes_entries(now) && are_announcements(block, name, floor)
                })
            }
        }
    }
}

/// Whether a block holds a few announcements and nothing else.
fn are_announcements(block: &Block, name: RecordName, floor: Effort) -> bool {
    let Ok(claimed) = AnnouncementRecord::checked_before(block.bytes(), name) else { return false };
    (1..=MAX_ANNOUNCED).contains(&claimed.entries().len())
        && AnnouncementRecord::read(block.bytes(), name, floor).is_ok_and(|valid| valid == claimed)
}

/// Of two blocks that are records of one name, whether the first is the better one.
pub(crate) fn is_better(block: &Block, than: &Block) -> Result<bool, RecordError> {
    Ok(Record::parse(block)?.against(&Record::parse(than)?).is_gt())
}

/// What a user asks of a storer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Give me this block.
    Get,
    /// Keep this block, and see that `copies` of it stand in all.
    Put {
        /// The block.
        block: Block,
        /// How it shows that it belongs under the request's locator.
        proof: Proof,
        /// Copies asked for, 1 to [`MAX_COPIES`], this storer's own included.
        copies: u8,
    },
}

/// A request as it arrives at its storer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub ask: Ask,
    /// Of which block.
    pub locator: Locator,
    /// Which size; decides the length of the answer to a [`Ask::Get`].
    pub class: SizeClass,
    /// The day, for receipts.
    pub day: Day,
    /// Proof of work.
    pub stamp: Stamp,
    /// The reply block's bytes.
    pub surb: [u8; SURB_LEN],
}

impl Request {
    /// Offsets: version 0, kind 1, size class 2, copies 3, day 4, stamp 8, locator 32, reply block 64,
    /// block 460.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, copies, body) = match &self.ask {
            Ask::Get => (0, 0, &[][..]),
            Ask::Put { block, proof: Proof::Hash, copies } => (1, *copies, block.bytes()),
            Ask::Put { block, proof: Proof::Signed, copies } => (2, *copies, block.bytes()),
            Ask::Put { block, proof: Proof::Announced, copies } => (3, *copies, block.bytes()),
        };
        let mut bytes = Vec::with_capacity(REQUEST_HEADER_LEN + body.len());
        bytes.extend([VERSION, kind, self.class.code(), copies]);
        bytes.extend(self.day.0.to_le_bytes());
        bytes.extend(self.stamp.0);
        bytes.extend(self.locator.as_bytes());
        bytes.extend(self.surb);
        bytes.extend(body);
        bytes
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`Malformed`] for anything that [`Request::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let [version, kind, class, copies] = reader.array()?;
        let class = SizeClass::from_code(class).ok_or(Malformed)?;
        let day = Day(u32::from_le_bytes(reader.array()?));
        let stamp = Stamp(reader.array()?);
        let locator = Locator::from_bytes(reader.array()?);
        let surb = reader.array()?;
        let ask = match (kind, copies, reader.0.len()) {
            (0, 0, 0) => Ask::Get,
            (1..=3, 1..=MAX_COPIES, len) if len == class.byte_len() => {
                let proof = Proof::from_code(kind - 1).ok_or(Malformed)?;
                if proof.class().is_some_and(|needed| needed != class) {
                    return Err(Malformed);
                }
                Ask::Put { block: Block::new(reader.0).map_err(|_| Malformed)?, proof, copies }
            }
            _ => return Err(Malformed),
        };
        if version != VERSION {
            return Err(Malformed);
        }
        Ok(Self { ask, locator, class, day, stamp, surb })
    }
}

/// One storer's word that it keeps a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The signer's place in the order of the locator's storers, as it sees it, from 0.
    pub rank: u8,
    /// Its signature over [`receipt_digest`].
    pub signature: Signature,
}

/// What a receipt signs: BLAKE3 under the context `roneo receipt 1` of locator, BLAKE3 of the stored
/// bytes, size class, day. Of an immutable block the first two are the same; of a record they are not,
/// and a receipt for one edition is none for the next.
#[must_use]
pub fn receipt_digest(locator: &Locator, block: &Block, day: Day) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("roneo receipt 1");
    hasher.update(locator.as_bytes()).update(block.locator().as_bytes());
    hasher.update(&[block.class().code()]).update(&day.0.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// What a storer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The block. It proves itself, by hash or signatures.
    Found(Block),
    /// Not stored: this better record of the same name is kept here. It proves itself by its signatures.
    Held(Block),
    /// This storer keeps copies: its own receipt first, then those of the storers after it.
    Receipts(Vec<Receipt>),
    /// This storer does not have the block.
    NotFound(Signature),
    /// This storer's disk is full.
    Full(Signature),
    /// This storer wants a stamp of this price first.
    Price(u8, Signature),
    /// This storer is not among those that keep this block, or the block does not hash to the locator.
    Refused(Signature),
}

const FOUND: u8 = 0;
const RECEIPTS: u8 = 1;
const NOT_FOUND: u8 = 2;
const FULL: u8 = 3;
const PRICE: u8 = 4;
const REFUSED: u8 = 5;
const HELD: u8 = 6;

/// The kinds of answer that carry nothing but a signed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// See [`Answer::NotFound`].
    NotFound,
    /// See [`Answer::Full`].
    Full,
    /// See [`Answer::Price`].
    Price(u8),
    /// See [`Answer::Refused`].
    Refused,
}

impl Word {
    fn codes(self) -> [u8; 2] {
        match self {
            Self::NotFound => [NOT_FOUND, 0],
            Self::Full => [FULL, 0],
            Self::Price(price) => [PRICE, price],
            Self::Refused => [REFUSED, 0],
        }
    }

    /// The answer that gives this word about a request, signed.
    #[must_use]
    pub fn sign(self, secret: &NodeSecret, locator: &Locator, day: Day) -> Answer {
        let signature = secret.sign(&self.digest(locator, day));
        match self {
            Self::NotFound => Answer::NotFound(signature),
            Self::Full => Answer::Full(signature),
            Self::Price(price) => Answer::Price(price, signature),
            Self::Refused => Answer::Refused(signature),
        }
    }

    fn digest(self, locator: &Locator, day: Day) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("roneo answer 1");
        hasher.update(&self.codes()).update(locator.as_bytes()).update(&day.0.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl Answer {
    /// Offsets: version 0, kind 1, receipts or price 2, zero 3, zero 4, signature 8, body 72.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (codes, signature) = match self {
            Self::Found(_) => ([FOUND, 0], [0; SIGNATURE_LEN]),
            Self::Held(_) => ([HELD, 0], [0; SIGNATURE_LEN]),
            // At most MAX_COPIES receipts are ever gathered.
            Self::Receipts(receipts) => ([RECEIPTS, receipts.len() as u8], [0; SIGNATURE_LEN]),
            Self::NotFound(signature) => (Word::NotFound.codes(), *signature),
            Self::Full(signature) => (Word::Full.codes(), *signature),
            Self::Price(price, signature) => (Word::Price(*price).codes(), *signature),
            Self::Refused(signature) => (Word::Refused.codes(), *signature),
        };
        let mut bytes = vec![VERSION, codes[0], codes[1], 0, 0, 0, 0, 0];
        bytes.extend(signature);
        match self {
            Self::Found(block) | Self::Held(block) => bytes.extend(block.bytes()),
            Self::Receipts(receipts) => {
                for receipt in receipts {
                    bytes.push(receipt.rank);
                    bytes.extend(receipt.signature);
                }
            }
            _ => {}
        }
        bytes
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`Malformed`] for anything that [`Answer::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let [version, kind, count, zeros @ ..]: [u8; 8] = reader.array()?;
        let signature: Signature = reader.array()?;
        if version != VERSION || zeros != [0; 5] {
            return Err(Malformed);
        }
        let unsigned = signature == [0; SIGNATURE_LEN];
        match (kind, count, reader.0.len()) {
            (FOUND, 0, _) if unsigned => Block::new(reader.0).map(Self::Found).map_err(|_| Malformed),
            (HELD, 0, len) if unsigned && len == SizeClass::Leaf.byte_len() => {
                Block::new(reader.0).map(Self::Held).map_err(|_| Malformed)
            }
            (RECEIPTS, 1..=MAX_COPIES, len) if unsigned && len == usize::from(count) * RECEIPT_LEN => {
                (0..count).map(|_| reader.receipt()).collect::<Result<_, _>>().map(Self::Receipts)
            }
            (NOT_FOUND, 0, 0) => Ok(Self::NotFound(signature)),
            (FULL, 0, 0) => Ok(Self::Full(signature)),
            (PRICE, price, 0) => Ok(Self::Price(price, signature)),
            (REFUSED, 0, 0) => Ok(Self::Refused(signature)),
            _ => Err(Malformed),
        }
    }

    /// Whether a signed word is that of `storer` about this request. Answers that prove themselves
    /// by hash, signatures or receipts are `true` here and checked where they are used.
    #[must_use]
    pub fn is_from(&self, storer: &NodeId, locator: &Locator, day: Day) -> bool {
        let (word, signature) = match self {
            Self::Found(_) | Self::Held(_) | Self::Receipts(_) => return true,
            Self::NotFound(signature) => (Word::NotFound, signature),
            Self::Full(signature) => (Word::Full, signature),
            Self::Price(price, signature) => (Word::Price(*price), signature),
            Self::Refused(signature) => (Word::Refused, signature),
        };
        storer.verify(&word.digest(locator, day), signature).is_ok()
    }
}

/// Takes fixed-size pieces off the front of a message.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    fn receipt(&mut self) -> Result<Receipt, Malformed> {
        let [rank] = self.array()?;
        Ok(Receipt { rank, signature: self.array()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(ask: Ask) -> Request {
        let class = match &ask {
            Ask::Get => SizeClass::Block,
            Ask::Put { block, .. } => block.class(),
        };
        Request {
            ask,
            locator: Locator::from_bytes([7; 32]),
            class,
            day: Day(20_000),
            stamp: Stamp::default(),
            surb: [9; SURB_LEN],
        }
    }

    fn leaf() -> Block {
        Block::new(vec![5; SizeClass::Leaf.byte_len()]).unwrap()
    }

    #[test]
    fn requests_round_trip() {
        let put = |proof| Ask::Put { block: leaf(), proof, copies: 30 };
        for ask in [Ask::Get, put(Proof::Hash), put(Proof::Signed)] {
            let request = request(ask);
            assert_eq!(Request::from_bytes(&request.to_bytes()), Ok(request));
        }
    }

    #[test]
    fn requests_that_break_a_rule_are_malformed() {
        let get = request(Ask::Get).to_bytes();
        let put = request(Ask::Put { block: leaf(), proof: Proof::Hash, copies: 3 }).to_bytes();
        let block = Block::new(vec![5; SizeClass::Block.byte_len()]).unwrap();
        let large = request(Ask::Put { block, proof: Proof::Hash, copies: 3 }).to_bytes();
        let with = |bytes: &[u8], offset: usize, value: u8| {
            let mut bytes = bytes.to_vec();
            bytes[offset] = value;
            bytes
        };
        let table = [
            ("version", with(&get, 0, 1)),
            ("kind", with(&get, 1, 4)),
            ("announcements that are no block", with(&put, 1, 3)),
            ("a record that is no leaf", with(&large, 1, 2)),
            ("class", with(&get, 2, 9)),
            ("copies of a get", with(&get, 3, 1)),
            ("no copies of a put", with(&put, 3, 0)),
            ("too many copies", with(&put, 3, MAX_COPIES + 1)),
            ("block of another class", with(&put, 2, SizeClass::Block.code())),
            ("cut", put[..put.len() - 1].to_vec()),
            ("cut in the header", get[..100].to_vec()),
            ("a get with a body", [get.clone(), vec![0]].concat()),
        ];
        for (what, bytes) in table {
            assert_eq!(Request::from_bytes(&bytes), Err(Malformed), "{what}");
        }
    }

    #[test]
    fn answers_round_trip_and_words_are_signed() {
        let secret = NodeSecret::from_seed([1; 32]);
        let (locator, day) = (Locator::from_bytes([7; 32]), Day(20_000));
        let receipt = Receipt { rank: 2, signature: secret.sign(&receipt_digest(&locator, &leaf(), day)) };
        let words = [Word::NotFound, Word::Full, Word::Price(12), Word::Refused];
        let answers = words.map(|word| word.sign(&secret, &locator, day)).into_iter().chain([
            Answer::Found(leaf()),
            Answer::Held(leaf()),
            Answer::Receipts(vec![receipt; 30]),
        ]);
        for answer in answers {
            assert_eq!(Answer::from_bytes(&answer.to_bytes()).as_ref(), Ok(&answer));
            assert!(answer.is_from(&secret.id(), &locator, day));
            let proves_itself = matches!(answer, Answer::Found(_) | Answer::Held(_) | Answer::Receipts(_));
            assert_eq!(answer.is_from(&NodeSecret::from_seed([2; 32]).id(), &locator, day), proves_itself);
            assert_eq!(answer.is_from(&secret.id(), &locator, day.next()), proves_itself);
        }
    }

    /// Draft vector: also in `docs/formats/storage-message.md`.
    #[test]
    fn receipt_vector() {
        let digest = receipt_digest(&Locator::from_bytes([0xab; 32]), &leaf(), Day(20_000));
        let value = blake3::hash(&[5; 4_096]);
        assert_eq!(
            digest[..],
            *blake3::Hasher::new_derive_key("roneo receipt 1")
                .update(&[[0xab; 32].as_slice(), value.as_bytes(), &[0, 0x20, 0x4e, 0, 0]].concat())
                .finalize()
                .as_bytes()
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            if let Ok(request) = Request::from_bytes(&bytes) {
                prop_assert_eq!(request.to_bytes(), bytes.clone());
            }
            if let Ok(answer) = Answer::from_bytes(&bytes) {
                prop_assert_eq!(answer.to_bytes(), bytes);
            }
        }
    }
}
