//! What the fuzz targets and the property tests feed arbitrary bytes to. Not part of the interface.
//!
//! Sealed formats are fed from behind their seals: random bytes would stop at the first tag. Each
//! function panics where a law is broken: what a decoder accepts is exactly what an encoder writes.

use roneo_keys::time::Day;
use roneo_keys::{Block, KeepKey, ReadKey, SizeClass};

use crate::directory::Manifest;
use crate::index::{listed_in, open_index, seal_index};
use crate::keep_list::KeepList;
use crate::record::{self, Record};
use crate::root::{KeepPart, Root, seal_parts, sealed_len};

/// A root: as ciphertext, and as the plaintexts of parts that some maker sealed.
///
/// The first three bytes choose the size class and how many locators the maker makes room for.
///
/// # Panics
/// When a root that opens is not the one that sealing it again gives.
pub fn root(data: &[u8]) {
    let (&[class, low, high], text) = data.split_first_chunk().unwrap_or((&[0; 3], data));
    let class = if class % 2 == 0 { SizeClass::Leaf } else { SizeClass::Block };
    let mut bytes = padded(text, class);
    let key = ReadKey::from_bytes([1; 32]);
    open_root(&block(bytes.clone()), &key);
    // The read part begins behind the list and needs room for its tag.
    let room = (class.byte_len() - sealed_len(1)) / 32;
    seal_parts(&mut bytes, usize::from(u16::from_le_bytes([low, high])) % room, &key);
    open_root(&block(bytes), &key);
}

fn open_root(sealed: &Block, key: &ReadKey) {
    let keep = KeepPart::open(sealed, &key.keep_key());
    if let Ok(root) = Root::open(sealed, key) {
        assert!(root.seal(key) == *sealed, "a root that opens is the one that is written");
        let keep = keep.expect("whoever can read can keep");
        assert_eq!((keep.layout(), keep.segments()), (root.plan().layout(), root.plan().segments()));
    }
}

/// A keep list.
///
/// # Panics
/// When a list that parses is not the one that is written.
pub fn keep_list(data: &[u8]) {
    let leaf = block(padded(data, SizeClass::Leaf));
    if let Ok(list) = KeepList::parse(&leaf) {
        assert!(list.to_block() == leaf, "a list that parses is the one that is written");
    }
}

/// A record: as a leaf of arbitrary bytes, and as a text that an owner sealed.
///
/// # Panics
/// When a record has no place, or a text that opens is not the one that is written.
pub fn record(data: &[u8]) {
    let leaf = block(padded(data, SizeClass::Leaf));
    if let Ok(record) = Record::parse(&leaf) {
        assert!(record.clone().into_block() == leaf && record.against(&record).is_eq());
        let here = record.locator();
        assert!(Record::check(&here, &leaf, Day(0)).is_err(), "nobody signed it");
    }
    let mut text = data.to_vec();
    text.resize(record::text_room(1, 1), 0);
    if let Ok(target) = record::parse_text(&text) {
        let mut again = vec![0; text.len()];
        record::write_text(&mut again, &target).expect("what was read can be written");
        assert!(again == text, "a text that opens is the one that is written");
    }
}

/// A directory's manifest.
///
/// # Panics
/// When a manifest that parses is not the one that is written.
pub fn directory(data: &[u8]) {
    if let Ok(manifest) = Manifest::from_bytes(data) {
        assert!(manifest.to_bytes() == data, "a manifest that parses is the one that is written");
        for entry in manifest.entries() {
            assert!(manifest.find(&entry.path) == Some(entry));
        }
    }
}

/// An index block: as ciphertext, and as a list that some maker sealed, of 1,030 segments in all.
///
/// # Panics
/// When an index block that opens is not the one that is written.
pub fn index(data: &[u8]) {
    let (key, segments) = (KeepKey::from_bytes([1; 32]), 1_030);
    let sealed = block(padded(data, SizeClass::Block));
    assert!(open_index(&key, 0, &sealed, segments).is_err(), "arbitrary bytes have no tag");
    let sealed = crate::index::seal_bytes(&key, 1, sealed.bytes().to_vec());
    if let Ok(listed) = open_index(&key, 1, &sealed, segments) {
        assert_eq!(listed.len(), listed_in(segments, 1).len());
        assert!(seal_index(&key, 1, &listed).is_ok_and(|again| again == sealed));
    }
}

fn padded(data: &[u8], class: SizeClass) -> Vec<u8> {
    let mut bytes = data.to_vec();
    bytes.resize(class.byte_len(), 0);
    bytes
}

fn block(bytes: Vec<u8>) -> Block {
    Block::new(bytes).expect("padded to a size class")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use roneo_keys::LEAF_LEN;

    /// Mostly zeros, as formats are, with small numbers at their front where the fields are.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let small = proptest::collection::vec(0u8..4, 0..80);
        (small, proptest::collection::vec(any::<u8>(), 0..LEAF_LEN)).prop_map(|(front, back)| [front, back].concat())
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(data in bytes()) {
            root(&data);
            keep_list(&data);
            index(&data);
        }

        #[test]
        fn a_good_header_over_arbitrary_parts_never_panics(
            kind in 0u8..5, segments in 0u32..3, read_fields in proptest::collection::vec(any::<u8>(), 600),
        ) {
            let listed = match kind { 1 => 1, 2 => segments, _ => 0 };
            let mut text = vec![0, listed as u8, 0, 0, kind, u8::from(kind > 1), 1];
            text.extend(if kind == 1 { 0 } else { segments }.to_le_bytes());
            text.extend((listed * 32).to_le_bytes());
            text.resize(3 + sealed_len(listed as usize), 0);
            let read_from = text.len();
            text.extend(read_fields);
            text[read_from..read_from + 2].fill(0);
            root(&text);
        }
    }
}
