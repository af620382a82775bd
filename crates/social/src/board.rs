//! What a board is: its address, its terms, and who may change them. `docs/formats/board.md`.
//!
//! An **open** board is a path and a language: nobody has its key, for it has none. A board with **stewards** is a
//! chain of **descriptors**: the first says who they are and how many must sign (k of n), each later one is signed
//! under the one before it. Nothing that is written on a board depends on its descriptors: authors keep their words.

use std::collections::BTreeSet;

use roneo_keys::time::Wall;
use serde::{Deserialize, Serialize};

use crate::body::{BoardId, MAX_LANGUAGES, Unknown};
use crate::cbor::{self, FormatError};
use crate::fork::Fork;
use crate::identity::{PersonId, Signature, signing_secret, verify};
use crate::octets::octets;
use crate::roster::{Anchor, Introducer, Roster};
use crate::text;

octets! {
    /// The public half of a steward's key for one board. A steward has a key for each, so that nobody can tell that two
    /// boards are kept by one person.
    StewardId, 32
}
octets! {
    /// The hash of a descriptor's terms: what its stewards sign.
    DescriptorId, 32
}

/// The version that this program writes, and the newest that it reads.
pub const DESCRIPTOR_VERSION: u8 = 0;
/// Bytes of a descriptor, at most.
pub const MAX_DESCRIPTOR_LEN: usize = 32_000;
/// Stewards of one board.
pub const MAX_STEWARDS: usize = 16;
/// Introducers, and curators that a board proposes.
pub const MAX_OFFICERS: usize = 16;
/// Digesters that a board proposes.
pub const MAX_DIGESTERS: usize = 8;
/// Characters of a board's name.
pub const MAX_BOARD_NAME: usize = 60;
/// Characters of what a board says of itself.
pub const MAX_ABOUT: usize = 500;
/// Bytes of its rules.
pub const MAX_RULES_LEN: usize = 4_000;
/// Seconds for which one announcement record is written to: an hour, ten minutes to a day.
pub const EPOCH_S: std::ops::RangeInclusive<u32> = 600..=86_400;

/// The address of an open board: BLAKE3 under `roneo open board 1` of path, a zero byte, language in lower case.
///
/// # Errors
/// [`FormatError::Field`] for a path or a language that is none.
pub fn open_board(path: &str, language: &str) -> Result<BoardId, FormatError> {
    text::path("path", path)?;
    text::language("lang", language)?;
    let mut hasher = blake3::Hasher::new_derive_key("roneo open board 1");
    hasher.update(path.as_bytes()).update(&[0]).update(language.to_ascii_lowercase().as_bytes());
    Ok(BoardId::from_bytes(*hasher.finalize().as_bytes()))
}

/// How far a board reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A town, a workplace, a street.
    Local,
    /// A country.
    National,
    /// Every country.
    International,
}

/// Who may write on a board with stewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoardKind {
    /// Everybody: who is vouched for at once, newcomers by proof of work.
    Stewarded,
    /// Introducers alone; the others answer.
    Announcements,
}

/// How many of whom must sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How many.
    pub k: u8,
    /// Of whom, ascending.
    pub keys: Vec<StewardId>,
}

impl Policy {
    fn check(&self) -> Result<(), FormatError> {
        let ascending = self.keys.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = (1..=MAX_STEWARDS).contains(&self.keys.len());
        text::within("policy", fits && ascending && (1..=self.keys.len()).contains(&usize::from(self.k)))
    }
}

/// What a descriptor says, before it is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Format version.
    pub v: u8,
    /// Who may write.
    pub kind: BoardKind,
    /// Which board; none in its first descriptor, whose hash is the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<BoardId>,
    /// 0 in the first, one more in each.
    pub serial: u64,
    /// The descriptor before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<DescriptorId>,
    /// When it was proposed, seconds since 1970.
    pub time: u64,
    /// What people call it.
    pub name: String,
    /// What belongs there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Where it stands in a directory.
    pub path: String,
    /// How far it reaches.
    pub scope: Scope,
    /// Where (ISO 3166).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Its languages, the first preferred.
    pub langs: Vec<String>,
    /// Its rules; Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rules: String,
    /// Who may change all this.
    pub policy: Policy,
    /// Whose vouches count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introducers: Vec<Introducer>,
    /// Whose labels count, until a reader says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curators: Vec<PersonId>,
    /// Whose digests are read, until a reader says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digesters: Vec<PersonId>,
    /// Seconds of one announcement record.
    pub epoch: u32,
    /// Where the beacons of its hours end; without it newcomers need more work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<Anchor>,
    /// The board of which this one is a fork: its stewards' word, to which the other's say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<Fork>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Terms {
    /// BLAKE3 under `roneo board descriptor 1` of the terms.
    #[must_use]
    pub fn id(&self) -> DescriptorId {
        DescriptorId::from_bytes(blake3::derive_key("roneo board descriptor 1", &cbor::to_bytes(self)))
    }

    /// The terms with which those that follow begin: everything as it is, one serial later.
    #[must_use]
    pub fn successor(&self, board: BoardId, now: Wall) -> Self {
        let serial = self.serial.saturating_add(1);
        Self { board: Some(board), serial, prev: Some(self.id()), time: now.0, ..self.clone() }
    }

    /// Whose vouches storers take while these terms stand, and where the beacons end: the name of the board's records.
    ///
    /// # Errors
    /// [`FormatError::Field`] for introducers or a beacon beyond their bounds.
    pub fn roster(&self, board: &BoardId) -> Result<Roster, FormatError> {
        let introducers = self.introducers.iter().map(|introducer| introducer.key).collect();
        Roster::new(board, introducers, self.beacon)
    }

    fn check(&self) -> Result<(), FormatError> {
        if self.v > DESCRIPTOR_VERSION {
            return Err(FormatError::Newer);
        }
        let first = self.serial == 0;
        text::within("board", self.board.is_none() == first)?;
        text::within("prev", self.prev.is_none() == first)?;
        text::line("name", &self.name, MAX_BOARD_NAME)?;
        text::within("about", self.about.chars().count() <= MAX_ABOUT)?;
        text::lines("about", &self.about, 4 * MAX_ABOUT)?;
        text::path("path", &self.path)?;
        text::place("place", &self.place)?;
        text::within("langs", !self.langs.is_empty())?;
        text::list("langs", &self.langs, MAX_LANGUAGES, |tag| text::language("langs", tag))?;
        text::lines("rules", &self.rules, MAX_RULES_LEN)?;
        self.policy.check()?;
        let introducers: Vec<_> = self.introducers.iter().map(|introducer| introducer.key).collect();
        text::set("introducers", &introducers, MAX_OFFICERS)?;
        self.beacon.iter().try_for_each(Anchor::check)?;
        text::set("curators", &self.curators, MAX_OFFICERS)?;
        text::set("digesters", &self.digesters, MAX_DIGESTERS)?;
        text::within("epoch", EPOCH_S.contains(&self.epoch))
    }
}

/// One steward's signature under some terms. They travel apart until there are enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosignature {
    /// Who.
    pub by: StewardId,
    /// Over the terms' id.
    pub sig: Signature,
}

signing_secret! {
    /// A steward's key for one board. Zeroized on drop, never printed.
    StewardSecret, StewardId
}

impl StewardSecret {
    /// Signs terms. A steward shows them to a person first: what is signed binds the board.
    #[must_use]
    pub fn cosign(&self, terms: &Terms) -> Cosignature {
        Cosignature { by: self.id(), sig: self.sign(terms.id().as_bytes()) }
    }
}

/// Terms and the signatures under them, well laid out. Whether they count, [`Board`] says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Descriptor {
    terms: Terms,
    sigs: Vec<Cosignature>,
}

/// A descriptor as somebody wrote it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    terms: Terms,
    sigs: Vec<Cosignature>,
}

impl TryFrom<Written> for Descriptor {
    type Error = FormatError;

    fn try_from(Written { terms, sigs }: Written) -> Result<Self, FormatError> {
        let descriptor = Self { terms, sigs };
        descriptor.check()?;
        Ok(descriptor)
    }
}

impl Descriptor {
    /// Puts signatures under terms; those of one steward count once.
    ///
    /// # Errors
    /// [`FormatError`] for terms beyond their bounds.
    pub fn new(terms: Terms, mut sigs: Vec<Cosignature>) -> Result<Self, FormatError> {
        sigs.sort_by_key(|cosignature| cosignature.by);
        sigs.dedup_by_key(|cosignature| cosignature.by);
        let descriptor = Self { terms, sigs };
        descriptor.check()?;
        // What could not be read again is not made.
        Self::parse(&descriptor.to_bytes())
    }

    /// Reads a descriptor.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let value = cbor::parse(bytes, MAX_DESCRIPTOR_LEN)?;
        if cbor::version(cbor::field(&value, "terms")) > DESCRIPTOR_VERSION.into() {
            return Err(FormatError::Newer);
        }
        let read: Written = value.deserialized().map_err(|_| FormatError::Malformed)?;
        let descriptor = Self::try_from(read)?;
        if descriptor.to_bytes() == bytes { Ok(descriptor) } else { Err(FormatError::Malformed) }
    }

    /// Its bytes, deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    fn check(&self) -> Result<(), FormatError> {
        self.terms.check()?;
        let ascending = self.sigs.windows(2).all(|pair| pair[0].by < pair[1].by);
        text::within("sigs", ascending && self.sigs.len() <= MAX_STEWARDS)
    }

    /// Its signatures.
    #[must_use]
    pub fn signatures(&self) -> &[Cosignature] {
        &self.sigs
    }

    /// Those of a policy's stewards who signed; a wrong signature counts for nothing, and accuses nobody.
    #[must_use]
    pub fn signers(&self, policy: &Policy) -> BTreeSet<StewardId> {
        let id = self.terms.id();
        let counts = |cosignature: &&Cosignature| {
            policy.keys.contains(&cosignature.by)
                && verify(cosignature.by.as_bytes(), id.as_bytes(), &cosignature.sig).is_ok()
        };
        self.sigs.iter().filter(counts).map(|cosignature| cosignature.by).collect()
    }
}

/// Why a descriptor does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// It is not the first of a board.
    #[error("it is a change to a board, and the board itself is not here")]
    NotFirst,
    /// It changes another board, or another state of this one.
    #[error("it changes another state of the board: fetch the board again")]
    Elsewhere,
    /// Not enough stewards signed.
    #[error("{have} of {needed} stewards signed it")]
    Unsigned {
        /// How many did.
        have: usize,
        /// How many must.
        needed: usize,
    },
}

/// A board with stewards in one state: its newest descriptor, found by a chain from its first.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    id: BoardId,
    newest: Descriptor,
}

/// What became of a descriptor that was met.
#[derive(Debug, Clone, PartialEq)]
pub enum Met {
    /// It is the newest now.
    Newer,
    /// It was known.
    Known,
    /// Two futures were signed for one state. Everybody keeps the one with the lower hash; who signed both broke
    /// their word, and it shows.
    Diverged {
        /// Those who did.
        by: Vec<StewardId>,
    },
}

impl Board {
    /// A board from its first descriptor.
    ///
    /// # Errors
    /// [`BoardError::NotFirst`]; [`BoardError::Unsigned`] when its own stewards did not sign.
    pub fn found(first: Descriptor) -> Result<Self, BoardError> {
        if first.terms.serial != 0 {
            return Err(BoardError::NotFirst);
        }
        signed_under(&first, &first.terms.policy)?;
        Ok(Self { id: BoardId::from_bytes(*first.terms.id().as_bytes()), newest: first })
    }

    /// A board in a state that was found valid before, and kept where nobody else writes.
    pub(crate) const fn known(id: BoardId, newest: Descriptor) -> Self {
        Self { id, newest }
    }

    /// Takes another descriptor into account.
    ///
    /// The state before the newest is not kept, so a rival of the newest is judged by what both name as the state
    /// before them, and by the signatures under the policy that `before` gives.
    ///
    /// # Errors
    /// [`BoardError::Elsewhere`] for one that neither follows the newest nor stands beside it;
    /// [`BoardError::Unsigned`].
    pub fn meet(&mut self, met: Descriptor, before: Option<&Descriptor>) -> Result<Met, BoardError> {
        let (newest, terms) = (&self.newest.terms, &met.terms);
        if *terms == *newest {
            return Ok(Met::Known);
        }
        if terms.board == Some(self.id)
            && terms.prev == Some(newest.id())
            && newest.serial.checked_add(1) == Some(terms.serial)
        {
            signed_under(&met, &newest.policy)?;
            self.newest = met;
            return Ok(Met::Newer);
        }
        let beside = terms.board == newest.board && terms.prev == newest.prev && terms.serial == newest.serial;
        let before = before.filter(|before| beside && newest.prev == Some(before.terms.id()));
        let before = before.ok_or(BoardError::Elsewhere)?;
        signed_under(&met, &before.terms.policy)?;
        let policy = &before.terms.policy;
        let both = met.signers(policy).intersection(&self.newest.signers(policy)).copied().collect();
        if terms.id() < newest.id() {
            self.newest = met;
        }
        Ok(Met::Diverged { by: both })
    }

    /// Its address.
    #[must_use]
    pub fn id(&self) -> BoardId {
        self.id
    }

    /// What its records are named by: see [`Terms::roster`].
    #[must_use]
    pub fn roster(&self) -> Roster {
        self.newest.terms.roster(&self.id).expect("the terms of a descriptor are within their bounds")
    }

    /// Its newest descriptor.
    #[must_use]
    pub fn newest(&self) -> &Descriptor {
        &self.newest
    }
}

fn signed_under(descriptor: &Descriptor, policy: &Policy) -> Result<(), BoardError> {
    let (have, needed) = (descriptor.signers(policy).len(), usize::from(policy.k));
    if have >= needed { Ok(()) } else { Err(BoardError::Unsigned { have, needed }) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::octets::Octets;
    use crate::roster::BeaconValue;
    use crate::vouch::IntroducerSecret;

    pub(crate) fn steward(number: u8) -> StewardSecret {
        StewardSecret::from_seed(&[number; 32])
    }

    fn policy(k: u8, numbers: &[u8]) -> Policy {
        let mut keys: Vec<StewardId> = numbers.iter().map(|number| steward(*number).id()).collect();
        keys.sort();
        Policy { k, keys }
    }

    pub(crate) fn terms() -> Terms {
        Terms {
            v: DESCRIPTOR_VERSION,
            kind: BoardKind::Stewarded,
            board: None,
            serial: 0,
            prev: None,
            time: 1_795_000_000,
            name: "Logement Toulouse".to_owned(),
            about: "Locataires et mal-logé·es.".to_owned(),
            path: "fr/31/toulouse/logement".to_owned(),
            scope: Scope::Local,
            place: "FR-31".to_owned(),
            langs: vec!["fr".to_owned()],
            rules: "On ne publie pas d’adresse privée.".to_owned(),
            policy: policy(2, &[1, 2, 3]),
            introducers: Vec::new(),
            curators: Vec::new(),
            digesters: Vec::new(),
            epoch: 3_600,
            beacon: None,
            fork: None,
            unknown: Unknown::new(),
        }
    }

    pub(crate) fn signed(terms: &Terms, numbers: &[u8]) -> Descriptor {
        let sigs = numbers.iter().map(|number| steward(*number).cosign(terms)).collect();
        Descriptor::new(terms.clone(), sigs).unwrap()
    }

    fn board() -> Board {
        Board::found(signed(&terms(), &[1, 2])).unwrap()
    }

    fn change(board: &Board, name: &str) -> Terms {
        let next = board.newest().terms().successor(board.id(), Wall(1_795_000_100));
        Terms { name: name.to_owned(), ..next }
    }

    #[test]
    fn open_boards_have_the_same_address_everywhere_and_one_for_each_language() {
        let french = open_board("fr/logement", "fr").unwrap();
        assert_eq!(french, open_board("fr/logement", "fr").unwrap());
        assert_ne!(french, open_board("fr/logement", "en").unwrap());
        assert_eq!(open_board("int/test", "pt-BR").unwrap(), open_board("int/test", "pt-br").unwrap());
        assert_eq!(french.to_text(), "TgtgTqnWjGij7sJUa-lhBUuK4vHfc7DfLKg8mGwKq6k");
        assert!(open_board("FR/logement", "fr").is_err() && open_board("fr/logement", "").is_err());
    }

    #[test]
    fn a_board_needs_as_many_stewards_as_it_says() {
        let unsigned = |have| Err(BoardError::Unsigned { have, needed: 2 });
        assert_eq!(Board::found(signed(&terms(), &[1])), unsigned(1));
        // Twice the same one, and one who is none.
        assert_eq!(Board::found(signed(&terms(), &[1, 1, 9])), unsigned(1));
        let mut forged = signed(&terms(), &[1, 2]);
        forged.sigs[0].sig = Octets([7; 64]);
        assert_eq!(Board::found(forged), unsigned(1));
        assert!(Board::found(signed(&terms(), &[3, 1])).is_ok());
    }

    #[test]
    fn two_stewards_change_a_board_and_one_does_not() {
        let mut board = board();
        let (id, next) = (board.id(), change(&board, "Logement"));
        assert_eq!(board.meet(signed(&next, &[3]), None), Err(BoardError::Unsigned { have: 1, needed: 2 }));
        assert_eq!(board.meet(signed(&next, &[3, 2]), None), Ok(Met::Newer));
        assert_eq!(board.meet(signed(&next, &[3, 2]), None), Ok(Met::Known));
        assert_eq!((board.id(), board.newest().terms().name.as_str()), (id, "Logement"));
    }

    #[test]
    fn new_stewards_are_signed_in_by_the_old_and_then_they_count() {
        let mut board = board();
        let handed = Terms { policy: policy(1, &[8]), ..change(&board, "Logement") };
        assert!(board.meet(signed(&handed, &[8]), None).is_err());
        board.meet(signed(&handed, &[1, 2]), None).unwrap();
        let next = change(&board, "Toit");
        assert!(board.meet(signed(&next, &[1, 2, 3]), None).is_err());
        assert_eq!(board.meet(signed(&next, &[8]), None), Ok(Met::Newer));
    }

    #[test]
    fn two_futures_end_in_one_and_name_who_signed_both() {
        let first = board();
        let (one, other) = (signed(&change(&first, "A"), &[1, 2]), signed(&change(&first, "B"), &[2, 3]));
        let meet = |futures: [&Descriptor; 2]| {
            let mut board = first.clone();
            assert_eq!(board.meet(futures[0].clone(), None), Ok(Met::Newer));
            let met = board.meet(futures[1].clone(), Some(first.newest())).unwrap();
            assert_eq!(met, Met::Diverged { by: vec![steward(2).id()] });
            board.newest().clone()
        };
        assert_eq!(meet([&one, &other]), meet([&other, &one]));
        // Who did not sign is not accused by what somebody else wrote under it.
        let mut forged = other.clone();
        forged.sigs.push(Cosignature { by: steward(1).id(), sig: Octets([7; 64]) });
        forged.sigs.sort_by_key(|cosignature| cosignature.by);
        let mut board = first.clone();
        board.meet(one.clone(), None).unwrap();
        assert_eq!(board.meet(forged, Some(first.newest())), Ok(Met::Diverged { by: vec![steward(2).id()] }));
        // What does not stand beside the newest is not judged.
        let mut board = first.clone();
        board.meet(one, None).unwrap();
        assert_eq!(board.meet(other, None), Err(BoardError::Elsewhere));
    }

    #[test]
    fn a_descriptor_reads_as_it_was_written_in_both_spellings() {
        let descriptor = signed(&terms(), &[1, 2]);
        assert_eq!(Descriptor::parse(&descriptor.to_bytes()).unwrap(), descriptor);
        let twin = serde_json::to_value(&descriptor).unwrap();
        assert_eq!(serde_json::from_value::<Descriptor>(twin).unwrap(), descriptor);
        let mut twice = serde_json::to_value(signed(&terms(), &[1])).unwrap();
        twice["sigs"] = serde_json::json!([twice["sigs"][0], twice["sigs"][0]]);
        assert!(serde_json::from_value::<Descriptor>(twice).is_err(), "one signature is not two");
        let mut bytes = descriptor.to_bytes();
        bytes.push(0);
        assert!(Descriptor::parse(&bytes).is_err());
    }

    /// Draft vectors: the same values stand in `docs/formats/board.md`.
    #[test]
    fn vectors() {
        assert_eq!(board().id().to_text(), "PwzjdNRrFFMiuf-tbCTcynesUJI-rkj1qj8SHTkJsFA");
        let bytes = signed(&terms(), &[1, 2]).to_bytes();
        let hash = "4f117091c8b1f2760c1e4a4ba210e8289ac269ef17b9671028e0ae80629ceae9";
        assert_eq!((bytes.len(), blake3::hash(&bytes).to_hex().as_str()), (561, hash));
    }

    #[test]
    fn who_introduces_names_the_records_and_nothing_else_does() {
        let introducer = |number: u8| Introducer {
            person: PersonId::from_bytes([number; 32]),
            key: IntroducerSecret::from_seed(&[number; 32]).id(),
        };
        let mut board = board();
        let roster = board.roster();
        assert_eq!((roster.mark(), roster.introducers()), (&board.id().tag(), &[][..]));
        let renamed = change(&board, "Logement");
        board.meet(signed(&renamed, &[1, 2]), None).unwrap();
        assert_eq!(board.roster(), roster);
        let joined = Terms { introducers: vec![introducer(4), introducer(5)], ..change(&board, "Logement") };
        board.meet(signed(&joined, &[1, 2]), None).unwrap();
        assert_eq!(board.roster().introducers(), [introducer(4).key, introducer(5).key]);
        assert_ne!(board.roster().tag(), roster.tag());
        assert_eq!(board.roster().mark(), roster.mark(), "vouches outlive a change");
        let twin = serde_json::to_value(board.newest()).unwrap();
        assert_eq!(serde_json::from_value::<Descriptor>(twin).as_ref().ok(), Some(board.newest()));
        // One key under two names would vouch twice.
        let twice = Introducer { person: PersonId::from_bytes([9; 32]), ..introducer(4) };
        let twice = Terms { introducers: vec![introducer(4), twice], ..change(&board, "Logement") };
        assert_eq!(Descriptor::new(twice, Vec::new()), Err(FormatError::Field("introducers")));
    }

    #[test]
    fn terms_are_bounded_by_name() {
        type Change = (&'static str, fn(&mut Terms));
        let changes: [Change; 10] = [
            ("beacon", |terms| terms.beacon = Some(Anchor { hour: 0, value: BeaconValue::from_bytes([1; 32]) })),
            ("name", |terms| terms.name = String::new()),
            ("path", |terms| terms.path = "fr//31".to_owned()),
            ("langs", |terms| terms.langs.clear()),
            ("epoch", |terms| terms.epoch = 10),
            ("policy", |terms| terms.policy.k = 4),
            ("policy", |terms| terms.policy.k = 0),
            ("policy", |terms| terms.policy.keys.reverse()),
            ("board", |terms| terms.board = Some(BoardId::from_bytes([1; 32]))),
            ("prev", |terms| terms.prev = Some(DescriptorId::from_bytes([1; 32]))),
        ];
        for (field, change) in changes {
            let mut changed = terms();
            change(&mut changed);
            assert_eq!(Descriptor::new(changed, Vec::new()), Err(FormatError::Field(field)));
        }
        let later = Terms { v: 1, ..terms() };
        assert_eq!(Descriptor::new(later, Vec::new()), Err(FormatError::Newer));
    }
}
