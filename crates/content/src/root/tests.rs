use proptest::prelude::*;
use roneo_keys::{Block, KeepKey, SizeClass};

use super::*;
use crate::plan::MAX_CONTENT_LEN;
use crate::{INDEX_CAPACITY, INLINE_BLOCK_LIMIT, INLINE_LEAF_LIMIT};

const SEGMENT: u64 = 63 * 32_752;

fn key() -> ReadKey {
    ReadKey::from_bytes([1; 32])
}

fn insert_key() -> InsertKey {
    InsertKey::from_bytes([2; 32])
}

fn locators(count: usize) -> Vec<Locator> {
    (0..count).map(|index| Locator::of(&index.to_le_bytes())).collect()
}

/// Content, and a good root over it where it is inline; over made-up blocks where it is not.
fn root_of(length: u64) -> Root {
    let plan = Plan::new(length).unwrap();
    let listed = locators(plan.listed_in_root());
    let mut hasher = ContentHasher::default();
    let body = match plan.layout() {
        Layout::Inline => {
            let content = vec![0x5a; length as usize];
            hasher.update(&content);
            Body::Inline(content)
        }
        Layout::Single => Body::Single(listed[0]),
        Layout::Segments => Body::Segments(listed),
        Layout::Indexed => Body::Indexed(listed),
    };
    let digest = Digest { length, ..hasher.finish() };
    Root::new("tract.txt".into(), "text/plain".into(), digest, insert_key(), body).unwrap()
}

/// A root sealed by a maker who changes the plaintexts of its parts first.
fn lie(length: u64, change: impl FnOnce(&mut [u8])) -> Result<Root, RootError> {
    let root = root_of(length);
    let mut bytes = vec![0; root.plan.root_class().byte_len()];
    let (keep, read) = bytes.split_at_mut(sealed_len(root.body.listed().len()));
    KeepPart::of(&root.plan, root.body.listed()).write(keep);
    read_part::write(&root, read);
    change(&mut bytes);
    seal_parts(&mut bytes, root.body.listed().len(), &key());
    Root::open(&Block::new(bytes).unwrap(), &key())
}

#[test]
fn roots_of_every_layout_come_back_in_the_smallest_size() {
    let leaf = INLINE_LEAF_LIMIT as u64;
    let block = INLINE_BLOCK_LIMIT as u64;
    let edges = [109 * SEGMENT, 109 * SEGMENT + 1, 1_005 * SEGMENT, 1_005 * SEGMENT + 1, MAX_CONTENT_LEN];
    for length in [0, 1, leaf - 1, leaf, leaf + 1, block, block + 1, 32_752, 32_753].into_iter().chain(edges) {
        let root = root_of(length);
        let sealed = root.seal(&key());
        assert_eq!(sealed.class(), root.plan().root_class(), "{length} bytes");
        assert!(Root::open(&sealed, &key()).unwrap() == root, "{length} bytes");
        let keep = KeepPart::open(&sealed, &key().keep_key()).unwrap();
        assert_eq!((keep.layout(), keep.segments()), (root.plan().layout(), root.plan().segments()));
        assert!(keep.listed() == root.body().listed());
    }
}

#[test]
fn names_and_types_of_any_allowed_length_come_back() {
    let longest = "é".repeat(127) + "e";
    for (name, media_type) in [("", ""), (longest.as_str(), &*"t".repeat(100)), ("a b.txt", "text/html; charset=utf-8")]
    {
        let whole = ContentHasher::default().finish();
        let root = Root::new(name.into(), media_type.into(), whole, insert_key(), Body::Inline(Vec::new())).unwrap();
        let root = Root::open(&root.seal(&key()), &key()).unwrap();
        assert_eq!((root.name(), root.media_type()), (name, media_type));
    }
}

#[test]
fn a_wrong_key_opens_nothing() {
    for length in [10, 32_500, 40_000] {
        let sealed = root_of(length).seal(&key());
        let wrong = ReadKey::from_bytes([9; 32]);
        assert_eq!(Root::open(&sealed, &wrong), Err(RootError::WrongKey));
        assert_eq!(KeepPart::open(&sealed, &wrong.keep_key()), Err(RootError::WrongKey));
        // The keep key is no read key.
        let keep_as_read = ReadKey::from_bytes(*key().keep_key().expose());
        assert_eq!(Root::open(&sealed, &keep_as_read), Err(RootError::WrongKey));
        assert_eq!(KeepPart::open(&sealed, &KeepKey::from_bytes(*key().expose())), Err(RootError::WrongKey));
    }
    for class in SizeClass::ALL {
        assert_eq!(Root::open(&Block::new(vec![0; class.byte_len()]).unwrap(), &key()), Err(RootError::WrongKey));
    }
}

#[test]
fn a_flipped_bit_anywhere_is_seen() {
    let sealed = root_of(40_000).seal(&key());
    for position in 0..sealed.bytes().len() {
        let mut bytes = sealed.bytes().to_vec();
        bytes[position] ^= 0x80;
        let expected = if position < 48 { RootError::WrongKey } else { RootFault::Damaged.into() };
        assert_eq!(Root::open(&Block::new(bytes).unwrap(), &key()), Err(expected), "byte {position}");
    }
}

#[test]
fn lies_are_refused() {
    let put =
        |at: usize, bytes: &'static [u8]| move |text: &mut [u8]| text[at..at + bytes.len()].copy_from_slice(bytes);
    type Lie = Box<dyn FnOnce(&mut [u8])>;
    let lies = |at, bytes| -> Lie { Box::new(put(at, bytes)) };
    let layout = || RootError::Lying(RootFault::Layout);
    // The read part begins at 48 in an inline root, at 96 + 32 (s - 1) where s locators are listed.
    let read = 96;
    let table: Vec<(&str, u64, Lie, RootError)> = vec![
        ("version of the keep part", 40_000, lies(0, &[1]), RootError::Newer),
        ("unknown kind", 40_000, lies(1, &[4]), RootError::Newer),
        ("unknown codec", 40_000, lies(2, &[2]), RootError::Newer),
        ("data in leaves", 40_000, lies(3, &[0]), RootError::Newer),
        ("unknown field of the keep part", 40_000, lies(31, &[1]), RootError::Newer),
        ("segments without a codec", 40_000, lies(2, &[0]), layout()),
        ("a codec without segments", 10, lies(2, &[1]), layout()),
        ("inline with segments", 10, lies(4, &[1]), layout()),
        ("single with segments", 32_500, lies(4, &[1]), layout()),
        ("no segments", 40_000, lies(4, &[0]), layout()),
        ("more segments than are listed", 40_000, lies(4, &[2]), layout()),
        // Lists that would run over the end of a leaf: one locator too many, and all a block can hold.
        ("110 segments in a leaf", 40_000, lies(4, &[110, 0, 0, 0, 0xc0, 0x0d]), layout()),
        ("1,005 segments in a leaf", 40_000, lies(4, &[0xed, 3, 0, 0, 0xa0, 0x7d]), layout()),
        ("1,006 segments in a block", 110 * SEGMENT, lies(4, &[0xee, 3, 0, 0, 0xc0, 0x7d]), layout()),
        // 2^21 segments are 2,051 index blocks.
        (
            "more index blocks than a block lists",
            110 * SEGMENT,
            lies(1, &[3, 1, 1, 0, 0, 32, 0, 96, 0, 1, 0]),
            layout(),
        ),
        ("4 billion segments", 40_000, lies(4, &[255; 4]), layout()),
        ("4 billion segments in index blocks", 40_000, lies(1, &[3, 1, 1, 255, 255, 255, 255]), layout()),
        ("few segments in an index block", 40_000, lies(1, &[3]), layout()),
        ("a list of another length", 40_000, lies(8, &[64]), layout()),
        ("a list of 4 GiB", 40_000, lies(8, &[255; 4]), layout()),
        ("single called inline", 32_500, lies(1, &[0]), layout()),
        ("version of the read part", 40_000, lies(read, &[1]), RootError::Newer),
        ("flags", 40_000, lies(read + 1, &[1]), RootError::Newer),
        ("unknown field of the read part", 40_000, lies(read + 511, &[1]), RootError::Newer),
        (
            "length 2^60",
            40_000,
            lies(read + 4, &[0, 0, 0, 0, 0, 0, 0, 16]),
            RootFault::TooLong(TooLong(1 << 60)).into(),
        ),
        ("length 2^64 - 1, inline", 10, lies(52, &[255; 8]), layout()),
        ("length 2^60, inline", 10, lies(52, &[0, 0, 0, 0, 0, 0, 0, 16]), layout()),
        ("inline longer than its root", 10, lies(52, &[0xc1, 0x0d]), layout()),
        ("inline shorter than it is", 10, lies(52, &[9]), RootFault::Damaged.into()),
        ("inline longer than it is", 10, lies(52, &[11]), RootFault::Digest.into()),
        ("length of a single block", 40_000, lies(read + 4, &[0xf0, 0x7f, 0]), layout()),
        ("length of two segments", 40_000, lies(read + 4, &[0, 0, 0x20]), layout()),
        ("another hash", 10, lies(60, &[0; 32]), RootFault::Digest.into()),
        ("something behind inline content", 10, lies(48 + 512 + 10, &[1]), RootFault::Damaged.into()),
        ("something behind the header", 40_000, lies(read + 512, &[1]), RootFault::Damaged.into()),
        ("a name that runs into the type", 40_000, lies(read + 2, &[10]), RootFault::MediaType.into()),
        ("a type that ends early", 40_000, lies(read + 3, &[9]), RootError::Newer),
        ("a name with a slash", 40_000, lies(read + 108, b"/"), RootFault::Name.into()),
        ("a name that is not UTF-8", 40_000, lies(read + 108, &[0xff]), RootFault::Name.into()),
        ("a name with NUL", 40_000, lies(read + 108, &[0]), RootFault::Name.into()),
        ("a type of two lines", 40_000, lies(read + 118, b"\n"), RootFault::MediaType.into()),
        ("a type that is too long", 40_000, lies(read + 3, &[101]), RootFault::MediaType.into()),
        (
            "one keep list twice",
            3 * SEGMENT,
            Box::new(|text| text.copy_within(48..80, 80)),
            RootFault::Duplicate.into(),
        ),
        ("an empty place", 3 * SEGMENT, Box::new(|text| text[80..112].fill(0)), RootFault::Duplicate.into()),
        ("too few keep lists for the index blocks", 1_006 * SEGMENT, lies(4, &[0xed, 3]), layout()),
        ("other keep lists than of this length", 1_006 * SEGMENT, lies(4, &[0xef, 3]), layout()),
    ];
    for (what, length, change, expected) in table {
        assert_eq!(lie(length, change), Err(expected), "{what}");
    }
    assert!(lie(40_000, |_| ()).is_ok() && lie(10, |_| ()).is_ok() && lie(1_006 * SEGMENT, |_| ()).is_ok());
}

#[test]
fn a_root_larger_than_it_needs_to_be_is_refused() {
    // An inline root and one with a list, each laid out well in a block where a leaf is enough.
    for length in [10, 40_000] {
        let root = root_of(length);
        let mut bytes = vec![0; SizeClass::Block.byte_len()];
        let (keep, read) = bytes.split_at_mut(sealed_len(root.body.listed().len()));
        KeepPart::of(&root.plan, root.body.listed()).write(keep);
        read_part::write(&root, read);
        seal_parts(&mut bytes, root.body.listed().len(), &key());
        let sealed = Block::new(bytes).unwrap();
        assert_eq!(Root::open(&sealed, &key()), Err(RootFault::Layout.into()), "{length} bytes");
        // Who holds the keep key alone sees it too, but for inline content, whose length is not told.
        assert_eq!(KeepPart::open(&sealed, &key().keep_key()).is_err(), length == 40_000);
    }
}

#[test]
fn writers_are_held_to_the_same_rules() {
    let make = |name: &str, media_type: &str, length, body| {
        let digest = Digest { length, ..ContentHasher::default().finish() };
        Root::new(name.into(), media_type.into(), digest, insert_key(), body).map(|_| ())
    };
    let single = || Body::Single(Locator::of(b"block"));
    assert_eq!(make("a", "b", 32_752, single()), Ok(()));
    for name in ["a/b", "..", ".", "a\\b", "a\0", "a\nb", "\u{202e}txt.exe", &"a".repeat(256)] {
        assert_eq!(make(name, "", 32_752, single()), Err(RootFault::Name), "{name:?}");
    }
    for media_type in ["text/plain\r\nX: y", "téxt", &"t".repeat(101)] {
        assert_eq!(make("", media_type, 32_752, single()), Err(RootFault::MediaType), "{media_type:?}");
    }
    assert_eq!(make("", "", 32_753, single()), Err(RootFault::Layout));
    assert_eq!(make("", "", 10, single()), Err(RootFault::Layout));
    assert_eq!(make("", "", 32_753, Body::Segments(locators(2))), Err(RootFault::Layout));
    assert_eq!(make("", "", 32_753, Body::Indexed(locators(1))), Err(RootFault::Layout));
    assert_eq!(make("", "", 2 * SEGMENT, Body::Segments(vec![locators(1)[0]; 2])), Err(RootFault::Duplicate));
    assert_eq!(make("", "", 1, Body::Inline(Vec::new())), Err(RootFault::Digest));
    assert_eq!(make("", "", 1 << 41, single()), Err(RootFault::TooLong(TooLong(1 << 41))));
    assert_eq!(INDEX_CAPACITY, 1_023);
}

#[test]
fn debug_shows_nothing_of_the_content() {
    for length in [10, 32_500, 40_000] {
        let text = format!("{:?} {:?}", root_of(length), root_of(length).body());
        assert!(!text.contains("tract") && !text.contains("90") && text.len() < 60, "{text}");
    }
}

proptest! {
    #[test]
    fn what_opens_is_what_would_be_written(
        length in prop_oneof![0..40u64, 3_400..3_600u64, 32_100..33_000u64, 33_000..8_000_000u64],
        // Most changes near the fields; a value of 0 or 1 often leaves a root that is good.
        changes in proptest::collection::vec((prop_oneof![0..260usize, 0..4_096usize], 0u8..3), 0..4),
    ) {
        let mut changed = Vec::new();
        let root = lie(length, |text| {
            changes.iter().for_each(|&(at, value)| text[at] = value);
            changed = text.to_vec();
        });
        if let Ok(root) = root {
            let mut written = vec![0; root.plan.root_class().byte_len()];
            let (keep, read) = written.split_at_mut(sealed_len(root.body.listed().len()));
            KeepPart::of(&root.plan, root.body.listed()).write(keep);
            read_part::write(&root, read);
            // The places of the tags are no part of what is written.
            let tags = [32..48, sealed_len(root.body.listed().len()) - 16..sealed_len(root.body.listed().len())];
            for tag in tags {
                written[tag.clone()].fill(0);
                changed[tag].fill(0);
            }
            let end = written.len() - 16;
            prop_assert!(written[..end] == changed[..end]);
        }
    }
}
