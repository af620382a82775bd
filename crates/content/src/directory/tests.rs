use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn content(number: u8) -> ContentRef {
    ContentRef { root: Locator::from_bytes([number; 32]), key: ReadKey::from_bytes([number; 32]), extra: Extra::PUBLIC }
}

fn entry(path: &str, length: u64, place: Place) -> Entry {
    Entry { path: path.into(), media_type: "text/html".into(), length, blake3: [length as u8; 32], place }
}

fn site() -> Manifest {
    let containers =
        vec![Container { content: content(1), blake3: [1; 32] }, Container { content: content(2), blake3: [2; 32] }];
    let entries = vec![
        entry("tracts/été.html", 20, Place::Container(0)),
        entry("index.html", 10, Place::Container(0)),
        entry("film.webm", 1 << 30, Place::Alone(content(3))),
        entry("vide", 0, Place::Inline),
        entry("工会.html", 5, Place::Container(1)),
        entry("mot", 4, Place::Inline),
    ];
    Manifest::new(containers, entries, b"pain".to_vec()).unwrap()
}

#[test]
fn what_is_written_is_read_and_found() {
    let site = site();
    let bytes = site.to_bytes();
    assert_eq!(bytes.len(), site.encoded_len());
    assert_eq!(Manifest::from_bytes(&bytes), Ok(site.clone()));
    let found = site.find("tracts/été.html").unwrap();
    assert_eq!((site.offset(found), found.length), (10, 20));
    assert_eq!(site.inline(site.find("mot").unwrap()), Some(&b"pain"[..]));
    assert_eq!(site.inline(site.find("vide").unwrap()), Some(&b""[..]));
    assert_eq!(site.inline(found), None);
    assert_eq!(site.find("tracts"), None);
}

/// Draft vector: also in `docs/formats/directory.md`.
#[test]
fn vector() {
    let digest = blake3::hash(&site().to_bytes()).to_hex().to_string();
    assert_eq!((site().to_bytes().len(), digest.as_str()), VECTOR);
}

const VECTOR: (usize, &str) = (686, "4ac8d7e444fae8ae637b260dacf4943ac5c41d701e0a7f5b61b32ffe28ede806");

#[test]
fn every_cut_and_every_flip_is_noticed_or_means_another_directory() {
    let bytes = site().to_bytes();
    for length in 0..bytes.len() {
        assert!(Manifest::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        if let Ok(manifest) = Manifest::from_bytes(&flipped) {
            assert_eq!(manifest.to_bytes(), flipped, "byte {position}");
        }
    }
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let alone = |path: &str| entry(path, 1 << 20, Place::Alone(content(1)));
    let of = |entries: Vec<Entry>| Manifest::new(Vec::new(), entries, Vec::new()).map(drop);
    for path in ["", "/a", "a/", "a//b", "a/../b", ".", "a\u{202e}b", "a\nb", &"x".repeat(1_025)] {
        assert_eq!(of(vec![alone(path)]), Err(DirectoryError::Path(path.to_owned())), "{path:?}");
    }
    assert_eq!(of(vec![alone("a"), alone("a")]), Err(DirectoryError::Clash("a".to_owned())));
    assert_eq!(of(vec![alone("a"), alone("a.b"), alone("a/b")]), Err(DirectoryError::Clash("a".to_owned())));
    assert_eq!(of(vec![alone("a"), alone("a.b"), alone("ab/c")]), Ok(()));
    assert_eq!(of(vec![entry("a", 1, Place::Inline)]), Err(DirectoryError::Damaged));
    assert_eq!(of(vec![entry("a", 1, Place::Container(0))]), Err(DirectoryError::Damaged));
    let empty = Container { content: content(1), blake3: [1; 32] };
    assert_eq!(Manifest::new(vec![empty], Vec::new(), Vec::new()).map(drop), Err(DirectoryError::Damaged));
    let mut newer = site().to_bytes();
    newer[0] = 1;
    assert_eq!(Manifest::from_bytes(&newer), Err(DirectoryError::Newer));
}

#[test]
fn a_small_site_is_inline_and_a_large_file_alone() {
    let small = [("a.html", "text/html", 3_000), ("b.css", "text/css", 500)];
    assert_eq!(pack(&small), Ok(vec![Packed::Inline; 2]));
    let mixed = [("a.html", "text/html", 30_000), ("b.css", "text/css", 5_000), ("c", "", 65_537), ("d", "", 0)];
    let expected = [Packed::Container(0), Packed::Container(0), Packed::Alone, Packed::Inline];
    assert_eq!(pack(&mixed), Ok(expected.to_vec()));
}

/// What lies in each container, by path and length.
fn containers(files: &[(String, u64)]) -> BTreeSet<Vec<(String, u64)>> {
    let listed: Vec<_> = files.iter().map(|(path, length)| (path.as_str(), "text/html", *length)).collect();
    let mut containers = BTreeMap::<u16, Vec<(String, u64)>>::new();
    for (file, packed) in files.iter().zip(pack(&listed).unwrap()) {
        if let Packed::Container(number) = packed {
            containers.entry(number).or_default().push(file.clone());
        }
    }
    containers.into_values().collect()
}

#[test]
fn one_changed_file_of_three_hundred_changes_few_containers() {
    let files: Vec<_> = (0..300_u64).map(|i| (format!("pages/{i:03}.html"), 2_000 + i * 97 % 9_000)).collect();
    let before = containers(&files);
    assert!((5..40).contains(&before.len()), "{}", before.len());
    for changed in (0..300).step_by(13) {
        let mut files = files.clone();
        files[changed].1 += 5_000;
        let after = containers(&files);
        let new = after.difference(&before).count();
        assert!(new <= 2, "file {changed}: {new} containers");
    }
}

proptest! {
    #[test]
    fn packing_fills_containers_in_order(lengths in prop::collection::vec(0..100_000_u64, 0..200)) {
        let names: Vec<_> = (0..lengths.len()).map(|i| format!("{i:05}")).collect();
        let files: Vec<_> = names.iter().zip(&lengths).map(|(name, length)| (name.as_str(), "", *length)).collect();
        let packed = pack(&files).unwrap();
        prop_assert_eq!(packed.len(), files.len());
        let (mut filled, mut newest) = (BTreeMap::<u16, u64>::new(), 0);
        for (packed, length) in packed.iter().zip(&lengths) {
            if let Packed::Container(number) = packed {
                prop_assert!(*number == newest || *number == newest + 1 || filled.is_empty());
                newest = *number;
                *filled.entry(*number).or_default() += length;
            }
        }
        prop_assert!(filled.values().all(|length| (1..=MAX_CONTAINER_LEN).contains(length)));
        prop_assert!(filled.keys().copied().eq(0..filled.len() as u16));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), head: bool) {
        let bytes = if head { [&[0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &bytes[..]].concat() } else { bytes };
        crate::fuzzing::directory(&bytes);
    }
}
