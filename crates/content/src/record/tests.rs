use proptest::prelude::*;
use roneo_keys::{Blinding, SigningSecret, Uri};

use super::*;

const TODAY: Day = Day(20_000);

fn pair(seed: u8) -> KeyPair {
    KeyPair { secret: SigningSecret::from_seed([seed; 32]), key: ReadKey::from_bytes([seed; 32]) }
}

fn docname() -> Docname {
    "tract".parse().unwrap()
}

fn inline(content: &[u8]) -> Target {
    Target::Inline { media_type: "text/plain".to_owned(), content: content.to_vec() }
}

fn slot(edition: u64, content: &[u8]) -> Block {
    let sequence = Sequence { day: TODAY, edition };
    seal_record(&pair(7), RecordKind::Slot, &docname(), sequence, &inline(content)).unwrap()
}

fn document(content: &[u8]) -> Block {
    seal_record(&pair(7), RecordKind::Document, &docname(), Sequence::default(), &inline(content)).unwrap()
}

fn links() -> (Ssk, Usk) {
    let KeyPair { secret, key } = pair(7);
    let ssk = Ssk { public: secret.public(), key, extra: Extra::RECORD, docname: docname(), path: String::new() };
    let Ssk { public, key, extra, docname, path } = ssk.clone();
    (ssk, Usk { public, key, extra, docname, edition: 0, path })
}

/// Draft vectors: also in `docs/formats/record.md`.
#[test]
fn vectors() {
    let (ssk, usk) = links();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found = [
        hex(document_locator(&ssk).as_bytes()),
        hex(slot_locator(&usk).as_bytes()),
        hex(Locator::of(document(b"pain").bytes()).as_bytes()),
        hex(Locator::of(slot(3, b"pain").bytes()).as_bytes()),
    ];
    assert_eq!(found, VECTORS);
}

const VECTORS: [&str; 4] = [
    "44d73051317d8e366606c4bcb2415ea66ed21b49a7e12ca9e3d8b6f4b7bd983d",
    "d5dba6f5c4a1ddd38dcea4c716beff047e458fe831449408275f15dd57c52df2",
    "417fa41869e52726f0e30eeeb11ce32298edfe271d257b7b09a5e9e1f96f06d9",
    "a18e6950ad47616f1c219637312bddfd87ad77d9e5eda9abd3c4e3ab54133368",
];

#[test]
fn what_the_owner_signed_is_what_a_reader_opens() {
    let (ssk, usk) = links();
    let record = Record::check(&slot_locator(&usk), &slot(3, b"pain"), TODAY).unwrap();
    assert_eq!(record.sequence(), Sequence { day: TODAY, edition: 3 });
    assert_eq!(record.open(&usk.key, &usk.docname), Ok(inline(b"pain")));
    let record = Record::check(&document_locator(&ssk), &document(b"roses"), TODAY).unwrap();
    assert_eq!(record.open(&ssk.key, &ssk.docname), Ok(inline(b"roses")));
    assert_eq!(record.open(&ReadKey::from_bytes([8; 32]), &ssk.docname), Err(RecordError::NotOpened));
    assert_eq!(record.open(&ssk.key, &"autre".parse().unwrap()), Err(RecordError::NotOpened));
}

#[test]
fn a_target_elsewhere_comes_back() {
    let text = "CHK@AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,AAAAAQA/x";
    let Ok(Uri::Chk(chk)) = text.parse() else { panic!("a link") };
    let block =
        seal_record(&pair(7), RecordKind::Document, &docname(), Sequence::default(), &Target::of(&chk)).unwrap();
    let opened = Record::parse(&block).unwrap().open(&pair(7).key, &docname());
    assert_eq!(opened, Ok(Target::of(&chk)));
}

#[test]
fn the_inline_limit_is_exact() {
    let fits = vec![5; INLINE_RECORD_LIMIT - "text/plain".len()];
    assert_eq!(INLINE_RECORD_LIMIT, 3_912);
    assert!(Record::parse(&document(&fits)).is_ok());
    let target = inline(&[fits, vec![5]].concat());
    let sealed = seal_record(&pair(7), RecordKind::Document, &docname(), Sequence::default(), &target);
    assert_eq!(sealed.unwrap_err(), RecordError::TooLong);
}

#[test]
fn every_byte_that_is_changed_is_noticed() {
    let (_, usk) = links();
    let good = slot(3, b"pain");
    let locator = slot_locator(&usk);
    for position in (0..LEAF_LEN).step_by(7).chain(0..200) {
        let mut bytes = good.bytes().to_vec();
        bytes[position] ^= 4;
        assert!(Record::check(&locator, &Block::new(bytes).unwrap(), TODAY).is_err(), "byte {position}");
    }
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let (ssk, usk) = links();
    let (slot_at, document_at) = (slot_locator(&usk), document_locator(&ssk));
    let dated =
        |day| seal_record(&pair(7), RecordKind::Slot, &docname(), Sequence { day, edition: 1 }, &inline(b"x")).unwrap();
    let other = seal_record(&pair(8), RecordKind::Slot, &docname(), Sequence::default(), &inline(b"x")).unwrap();
    let table = [
        ("today", Record::check(&slot_at, &dated(TODAY), TODAY), Ok(())),
        ("tomorrow", Record::check(&slot_at, &dated(TODAY.next()), TODAY), Ok(())),
        ("the day after", Record::check(&slot_at, &dated(TODAY.next().next()), TODAY), Err(RecordError::Sequence)),
        ("another's", Record::check(&slot_at, &other, TODAY), Err(RecordError::Elsewhere)),
        ("a slot for a document", Record::check(&document_at, &dated(TODAY), TODAY), Err(RecordError::Elsewhere)),
    ];
    for (what, found, expected) in table {
        assert_eq!(found.map(drop), expected, "{what}");
    }
    let sequenced =
        seal_record(&pair(7), RecordKind::Document, &docname(), Sequence { day: TODAY, edition: 1 }, &inline(b""));
    assert_eq!(sequenced, Err(RecordError::Sequence));
    let endless = Sequence { day: TODAY, edition: u64::MAX };
    assert!(seal_record(&pair(7), RecordKind::Slot, &docname(), endless, &inline(b"")).is_err());
    assert_eq!(Record::parse(&Block::new(vec![0; 32_768]).unwrap()), Err(RecordError::Malformed));
}

#[test]
fn k_of_n_sign_and_fewer_do_not() {
    let secrets: Vec<_> = (1..=5).map(|seed| SigningSecret::from_seed([seed; 32])).collect();
    let publics: Vec<_> = secrets.iter().map(SigningSecret::public).collect();
    let blinding = Blinding::new(RecordKind::Slot, &publics, &docname());
    let mut keys: Vec<_> = publics.iter().map(|key| key.blind_by(&blinding)).collect();
    keys.sort_unstable();
    let signers = |which: &[usize]| which.iter().map(|&i| secrets[i].blind_by(&blinding)).collect::<Vec<_>>();
    let read_key = ReadKey::from_bytes([9; 32]);
    let sequence = Sequence { day: TODAY, edition: 1 };
    let sealing = Sealing { kind: RecordKind::Slot, keys: &keys, sequence, read_key: &read_key, docname: &docname() };
    let two = Record::parse(&sealing.seal(&inline(b"x"), &signers(&[4, 1])).unwrap()).unwrap();
    assert_eq!(two.verify(), Ok(()));
    assert_eq!(two.open(&read_key, &docname()), Ok(inline(b"x")));
    // Another pair of the five has the same locator, another number of them another.
    let pair = Record::parse(&sealing.seal(&inline(b"y"), &signers(&[0, 2])).unwrap()).unwrap();
    let three = Record::parse(&sealing.seal(&inline(b"z"), &signers(&[0, 2, 3])).unwrap()).unwrap();
    assert_eq!(two.locator(), pair.locator());
    assert_ne!(two.locator(), three.locator());
    // Claiming a signer who did not sign.
    let mut bytes = two.block().bytes().to_vec();
    bytes[16] = bytes[16].rotate_left(1);
    if let Ok(claimed) = Record::parse(&Block::new(bytes).unwrap()) {
        assert_eq!(claimed.verify(), Err(RecordError::Unsigned));
    }
    let stranger = SigningSecret::from_seed([77; 32]).blind_by(&blinding);
    assert_eq!(sealing.seal(&inline(b"x"), &[stranger]), Err(RecordError::Unsigned));
    assert_eq!(sealing.seal(&inline(b"x"), &[]), Err(RecordError::Unsigned));
    assert!(sealing.seal(&inline(b"x"), &signers(&[1, 1])).is_err());
}

#[test]
fn one_edition_made_twice_shares_no_key_stream() {
    let (a, b) = (slot(3, b"pain"), slot(3, b"rose"));
    let text = text_at(1, 1)..LEAF_LEN;
    let same = a.bytes()[text.clone()].iter().zip(&b.bytes()[text]).filter(|(a, b)| a == b).count();
    // Where plaintexts agree (nearly everywhere) ciphertexts agree by chance alone: 1 in 256.
    assert!(same < 60, "{same}");
    assert_eq!(slot(3, b"pain"), slot(3, b"pain"));
}

fn merged(a: &Record, b: &Record) -> Record {
    if a.against(b) == Ordering::Less { b.clone() } else { a.clone() }
}

proptest! {
    #[test]
    fn merging_is_a_semilattice(editions in prop::array::uniform3((0..3_u64, any::<u8>())), once: bool) {
        let [a, b, c] = editions.map(|(edition, content)| {
            Record::parse(&if once { document(&[content]) } else { slot(edition, &[content]) }).unwrap()
        });
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a.clone());
        if !once {
            prop_assert!(merged(&a, &b).sequence() == a.sequence().max(b.sequence()));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), header in any::<bool>()) {
        crate::fuzzing::record(&if header { [vec![0, 1, 1, 1], bytes].concat() } else { bytes });
    }
}
