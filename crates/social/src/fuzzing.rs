//! Doors for fuzz targets to what has no public one.

use roneo_keys::BLOCK_LEN;

use crate::announce::{AnnouncementRecord, RecordName, VOUCHED_LEN, VouchedAnnouncement};
use crate::body::{Body, MAX_DIGEST_PAGES};
use crate::cbor;
use crate::digest::{DigestState, Digested, catch_up};
use crate::effort::Effort;
use crate::envelope::MAX_ENVELOPE_LEN;
use crate::identity::PersonId;
use crate::roster::Roster;

/// Reads a body that nobody signed: the first byte chooses its type.
///
/// # Panics
/// When a body that was read is not the one that would be written.
pub fn body(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let kind = Body::KINDS[usize::from(*choice) % Body::KINDS.len()];
    let Ok(fields) = cbor::parse(bytes, MAX_ENVELOPE_LEN) else { return };
    let Ok(body) = Body::from_fields(kind, fields) else { return };
    if body.check().is_ok() {
        let written = cbor::to_bytes(&body);
        let fields = cbor::parse(&written, usize::MAX).expect("what was written");
        assert_eq!(Body::from_fields(kind, fields).as_ref(), Ok(&body));
    }
}

/// Reads a digest that nobody signed, and does with it what its digester and its readers would.
///
/// # Panics
/// When what follows from a digest within its bounds is beyond them.
pub fn digest(data: &[u8]) {
    let Ok(fields) = cbor::parse(data, MAX_ENVELOPE_LEN) else { return };
    let Ok(Body::Digest(read)) = Body::from_fields("digest", fields) else { return };
    if Body::from(read.clone()).check().is_err() {
        return;
    }
    let digester = PersonId::from_bytes([1; 32]);
    assert!(catch_up(&[(digester, &read), (digester, &read)], 0, 10).pages.len() <= 10);
    let mut digested = Digested::default();
    digested.add(digester, &read);
    assert_eq!(digested.leads().len(), read.entries.len());
    let mut state = DigestState::of(&read);
    let to = read.to.saturating_add(30);
    for _ in 0..=MAX_DIGEST_PAGES {
        let Some(page) = state.overflow(to) else { break };
        assert_eq!(Body::from(page.clone()).check(), Ok(()));
        let Some(at) = read.entries.first().map(|entry| entry.at.clone()) else { break };
        state.moved(&page, at);
    }
    if let Some(head) = state.head(to, None) {
        assert_eq!(Body::from(head).check(), Ok(()));
    }
}

/// Reads a record of a board with stewards, and its entries. It is given the name of the roster that stands in it, a
/// hash that no fuzzer finds.
///
/// # Panics
/// When what was read is not what would be written, or a record that is merged with itself or with nothing is another.
pub fn rostered(data: &[u8]) {
    const TAG_AT: usize = 12;
    const ROSTER_AT: usize = 44;
    const VOUCHED_AT: usize = 1_024;
    let mut block = data.to_vec();
    block.resize(BLOCK_LEN, 0);
    let Some((listed, _)) = block[ROSTER_AT..].split_first_chunk() else { return };
    let Ok(roster) = Roster::parse(listed) else { return };
    assert_eq!(roster.to_bytes(), *listed);
    block[TAG_AT..ROSTER_AT].copy_from_slice(roster.tag().as_bytes());
    let Some(name) = RecordName::claimed(&block) else { return };
    for bytes in block[VOUCHED_AT..].chunks_exact(VOUCHED_LEN) {
        if let Ok(entry) = VouchedAnnouncement::parse(bytes) {
            assert_eq!(entry.to_bytes()[..], *bytes);
            let _ = entry.verify(&name, &roster);
        }
    }
    if let Ok(read) = AnnouncementRecord::read(&block, name, Effort::MIN) {
        assert_eq!(AnnouncementRecord::read(&read.to_bytes(), name, Effort::MIN).as_ref(), Ok(&read));
    }
    if let Ok(record) = AnnouncementRecord::checked_before(&block, name) {
        assert_eq!(record.to_bytes(), block);
        let mut merged = AnnouncementRecord::empty(name);
        merged.merge(&record);
        merged.merge(&record.clone());
        merged.merge(&AnnouncementRecord::empty(name));
        assert_eq!(merged, record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Laid out as far as chance would not: what is behind that is any bytes.
        #[test]
        fn no_bytes_stop_a_reader_of_rostered_records(
            counts in (0u8..40, 0u8..50, 0u8..18),
            keys in proptest::collection::vec(any::<u8>(), 512),
            entries in proptest::collection::vec((any::<u8>(), any::<[u8; 32]>()), 0..78),
        ) {
            let mut block = vec![0; BLOCK_LEN];
            [block[1], block[2], block[10], block[76]] = [1, counts.0, counts.1, counts.2];
            block[5] = 1;
            let end = 116 + 32 * usize::from(counts.2.min(16));
            block[116..end].copy_from_slice(&keys[..end - 116]);
            for (number, (kind, bytes)) in entries.iter().enumerate() {
                let at = if number < 46 { 1_024 + number * VOUCHED_LEN } else { 24_576 + (number - 46) * 256 };
                block[at + 1] = if number < 46 { 2 } else { kind % 2 };
                block[at + 5] = 1;
                block[at + 8..at + 40].copy_from_slice(bytes);
            }
            rostered(&block);
            rostered(&keys);
        }
    }
}
