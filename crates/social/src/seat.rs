//! Where the descriptors of a board lie, and how its newest is found. `docs/formats/board.md`.
//!
//! Descriptors are links of a chain: each is stored with a pointer to the one before it. Each steward has a **seat**, a
//! record under their own key for the board, that leads to the newest link they know, and to what they propose. One
//! seat that is up to date is enough: what it leads to counts by its signatures, not by where it was found. So a
//! steward who is gone, or lies, delays nobody who asks another.

use roneo_keys::{Docname, Extra, KeyPair, PublicKey, ReadKey, SigningSecret, Usk};
use serde::{Deserialize, Serialize};

use crate::board::{Board, BoardError, Descriptor, MAX_DESCRIPTOR_LEN, Met, StewardId, StewardSecret};
use crate::cbor::{self, FormatError};
use crate::identity::NotSigned;
use crate::pointer::Pointer;

/// Bytes of a link, at most.
pub const MAX_LINK_LEN: usize = MAX_DESCRIPTOR_LEN + 128;
/// Bytes of a seat, at most.
pub const MAX_SEAT_LEN: usize = MAX_DESCRIPTOR_LEN + 128;
/// Links that a reader walks back, at most. A board changes a few times a year.
pub const MAX_WALK: usize = 128;
/// The name of every seat's document.
const SEAT_NAME: &str = "board";
const VERSION: u8 = 0;

/// One descriptor, and where the one before it lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainLink {
    v: u8,
    /// What the board is from here on.
    pub descriptor: Descriptor,
    /// The link before; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Pointer>,
}

/// What one steward publishes of a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    v: u8,
    /// The link of the newest descriptor that they know.
    pub newest: Pointer,
    /// What they would have it be, with the signatures that they have; it stands once there are enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Descriptor>,
}

impl ChainLink {
    /// A link behind another.
    #[must_use]
    pub const fn new(descriptor: Descriptor, before: Option<Pointer>) -> Self {
        Self { v: VERSION, descriptor, before }
    }

    /// Its bytes, deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let link: Self = read(bytes, MAX_LINK_LEN)?;
        let first = link.descriptor.terms().serial == 0;
        if link.before.is_none() == first { Ok(link) } else { Err(FormatError::Field("before")) }
    }
}

impl Seat {
    /// A seat that leads to `newest`.
    #[must_use]
    pub const fn new(newest: Pointer, proposal: Option<Descriptor>) -> Self {
        Self { v: VERSION, newest, proposal }
    }

    /// Its bytes, deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a seat.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        read(bytes, MAX_SEAT_LEN)
    }
}

/// Reads what has one spelling.
fn read<T: Serialize + for<'de> Deserialize<'de>>(bytes: &[u8], most: usize) -> Result<T, FormatError> {
    let value = cbor::parse(bytes, most)?;
    if cbor::version(Some(&value)) > VERSION.into() {
        return Err(FormatError::Newer);
    }
    let read: T = value.deserialized().map_err(|_| FormatError::Malformed)?;
    if cbor::to_bytes(&read) == bytes { Ok(read) } else { Err(FormatError::Malformed) }
}

impl StewardId {
    /// The link to this steward's seat: whoever has a descriptor may ask those who keep the board.
    ///
    /// # Errors
    /// [`NotSigned`], when this is no public key.
    pub fn seat(&self) -> Result<Usk, NotSigned> {
        let public = PublicKey::from_bytes(*self.as_bytes()).map_err(|_| NotSigned)?;
        Ok(Usk {
            public,
            key: self.seat_key(),
            docname: seat_name(),
            edition: 0,
            path: String::new(),
            extra: Extra::RECORD,
        })
    }

    fn seat_key(&self) -> ReadKey {
        ReadKey::from_bytes(blake3::derive_key("roneo seat read key 1", self.as_bytes()))
    }
}

impl StewardSecret {
    /// The pair that publishes this steward's seat, and its document.
    #[must_use]
    pub fn seat(&self) -> (KeyPair, Docname) {
        let secret = SigningSecret::from_seed(*self.expose_seed());
        (KeyPair { secret, key: self.id().seat_key() }, seat_name())
    }
}

fn seat_name() -> Docname {
    SEAT_NAME.parse().expect("a constant name is a name")
}

/// A board that is followed through its changes, with where its newest link lies.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardChain {
    board: Board,
    at: Pointer,
    before: Option<Descriptor>,
    diverged: Vec<StewardId>,
}

impl BoardChain {
    /// A board from the link of its first descriptor.
    ///
    /// # Errors
    /// [`BoardError`], as [`Board::found`].
    pub fn found(first: ChainLink, at: Pointer) -> Result<Self, BoardError> {
        Ok(Self { board: Board::found(first.descriptor)?, at, before: None, diverged: Vec::new() })
    }

    /// The board in its newest state.
    #[must_use]
    pub const fn board(&self) -> &Board {
        &self.board
    }

    /// Where the link of that state lies.
    #[must_use]
    pub const fn at(&self) -> &Pointer {
        &self.at
    }

    /// The descriptor before the newest, where there is one.
    #[must_use]
    pub const fn before(&self) -> Option<&Descriptor> {
        self.before.as_ref()
    }

    /// Stewards who signed two futures for one state.
    #[must_use]
    pub fn diverged(&self) -> &[StewardId] {
        &self.diverged
    }

    /// Whether a walk back that has met this link needs the one before it: not when it follows what is known here, or
    /// is as old. One that follows a rival of what is known needs that rival.
    #[must_use]
    pub fn wants_before(&self, link: &ChainLink) -> bool {
        let (newest, terms) = (self.board.newest().terms(), link.descriptor.terms());
        terms.serial > newest.serial && terms.prev != Some(newest.id())
    }

    /// Takes over links that were met walking back from a seat, the oldest first, and says whether the board changed.
    /// What does not follow, or is not signed, ends it: a seat can lead to anything.
    pub fn follow(&mut self, links: impl IntoIterator<Item = (ChainLink, Pointer)>) -> bool {
        let mut changed = false;
        for (link, at) in links {
            let newest = self.board.newest().clone();
            let Ok(met) = self.board.meet(link.descriptor, self.before.as_ref()) else { break };
            let stands = *self.board.newest() != newest;
            match met {
                Met::Newer => self.before = Some(newest),
                Met::Known => {}
                Met::Diverged { by } => {
                    let known = std::mem::take(&mut self.diverged);
                    self.diverged = known.into_iter().chain(by).collect();
                    self.diverged.sort_unstable();
                    self.diverged.dedup();
                }
            }
            if stands {
                self.at = at;
                changed = true;
            }
        }
        changed
    }
}

/// What a program keeps of a chain that it has checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptChain {
    /// The board.
    pub board: crate::body::BoardId,
    /// Its newest descriptor.
    pub newest: Descriptor,
    /// The link of that.
    pub at: Pointer,
    /// The descriptor before it.
    pub before: Option<Descriptor>,
    /// Stewards who signed two futures.
    pub diverged: Vec<StewardId>,
}

impl From<BoardChain> for KeptChain {
    fn from(BoardChain { board, at, before, diverged }: BoardChain) -> Self {
        Self { board: board.id(), newest: board.newest().clone(), at, before, diverged }
    }
}

impl From<KeptChain> for BoardChain {
    fn from(KeptChain { board, newest, at, before, diverged }: KeptChain) -> Self {
        Self { board: Board::known(board, newest), at, before, diverged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{signed, steward, terms};
    use proptest::prelude::*;
    use roneo_keys::time::Wall;
    use roneo_keys::{Chk, Locator};

    fn at(number: u8) -> Pointer {
        let (root, key) = (Locator::from_bytes([number; 32]), ReadKey::from_bytes([number; 32]));
        Pointer::of(&Chk {
            root,
            key,
            extra: Extra::from_bytes(Extra::RECORD.to_bytes()).unwrap(),
            name: String::new(),
        })
    }

    /// A chain of `count` links signed by enough, and one pointer for each.
    fn links(count: u8) -> Vec<(ChainLink, Pointer)> {
        let mut links: Vec<(ChainLink, Pointer)> = Vec::new();
        let mut now = terms();
        let board = crate::body::BoardId::from_bytes(*now.id().as_bytes());
        for number in 0..count {
            let before = links.last().map(|(_, at)| at.clone());
            links.push((ChainLink::new(signed(&now, &[1, 2]), before), at(number)));
            now = now.successor(board, Wall(now.time + 60));
        }
        links
    }

    fn first(links: &[(ChainLink, Pointer)]) -> BoardChain {
        BoardChain::found(links[0].0.clone(), links[0].1.clone()).unwrap()
    }

    #[test]
    fn one_seat_that_is_up_to_date_leads_to_the_newest() {
        let links = links(5);
        let mut chain = first(&links);
        assert!(chain.wants_before(&links[4].0) && chain.wants_before(&links[2].0));
        assert!(!chain.wants_before(&links[1].0) && !chain.wants_before(&links[0].0));
        assert!(chain.follow(links[1..].iter().cloned()));
        assert_eq!((chain.board().newest().terms().serial, chain.at()), (4, &links[4].1));
        assert_eq!(chain.before(), Some(&links[3].0.descriptor));
        assert!(!chain.follow([links[4].clone()]), "known");
        // A link that follows a rival needs it.
        let mut stray = first(&links);
        stray.follow([links[1].clone()]);
        assert!(!stray.wants_before(&links[2].0));
        let beside = links[1].0.descriptor.terms().successor(chain.board().id(), Wall(5));
        assert!(!first(&links).wants_before(&ChainLink::new(signed(links[1].0.descriptor.terms(), &[1]), None)));
        assert_eq!(beside.serial, 2);
        // What is old, or does not follow, changes nothing.
        assert!(!chain.follow([links[1].clone()]) && !chain.follow([links[0].clone()]));
        let kept = KeptChain::from(chain.clone());
        let read: KeptChain = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(BoardChain::from(read), chain);
    }

    #[test]
    fn what_too_few_signed_ends_a_walk() {
        let links = links(4);
        let mut chain = first(&links);
        let forged = ChainLink::new(signed(links[2].0.descriptor.terms(), &[1]), links[2].0.before.clone());
        assert!(chain.follow([links[1].clone(), (forged, at(9)), links[3].clone()]));
        assert_eq!(chain.at(), &links[1].1);
    }

    #[test]
    fn two_futures_end_in_one_and_name_who_signed_both() {
        let links = links(2);
        let mut rival = links[1].0.descriptor.terms().clone();
        rival.name = "Autre".to_owned();
        let rival = (ChainLink::new(signed(&rival, &[2, 3]), links[1].0.before.clone()), at(7));
        let (mut one, mut other) = (first(&links), first(&links));
        one.follow([links[1].clone()]);
        one.follow([rival.clone()]);
        other.follow([rival]);
        other.follow([links[1].clone()]);
        assert_eq!(one, other);
        assert_eq!(one.diverged(), [steward(2).id()]);
    }

    #[test]
    fn a_seat_lies_under_its_stewards_key() {
        let steward = steward(3);
        let ((pair, docname), link) = (steward.seat(), steward.id().seat().unwrap());
        assert_eq!(pair.secret.public().as_bytes(), steward.id().as_bytes());
        assert_eq!((docname, pair.key.expose()), (link.docname, link.key.expose()));
        assert!(StewardId::from_bytes([2; 32]).seat().is_err());
    }

    #[test]
    fn links_and_seats_have_one_spelling() {
        let links = links(2);
        for (link, _) in &links {
            assert_eq!(ChainLink::parse(&link.to_bytes()).as_ref(), Ok(link));
        }
        let without = ChainLink::new(links[1].0.descriptor.clone(), None);
        assert_eq!(ChainLink::parse(&without.to_bytes()), Err(FormatError::Field("before")));
        for proposal in [None, Some(links[1].0.descriptor.clone())] {
            let seat = Seat::new(at(1), proposal);
            assert_eq!(Seat::parse(&seat.to_bytes()).as_ref(), Ok(&seat));
            let newer = Seat { v: 1, ..seat };
            assert_eq!(Seat::parse(&newer.to_bytes()), Err(FormatError::Newer));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(link) = ChainLink::parse(&bytes) {
                prop_assert_eq!(link.to_bytes(), bytes.clone());
            }
            if let Ok(seat) = Seat::parse(&bytes) {
                prop_assert_eq!(seat.to_bytes(), bytes);
            }
        }
    }
}
