//! A journal as bytes: a header, then sealed records of entries, each numbered.

use rand::CryptoRng;
use roneo_client::handle::JobId;

use super::batch::{self, Next};
use super::seal::{FileKey, HEADER_LEN, Header, Kind, NONCE_LEN, NoHeader, QueueKey, SALT_LEN, SEAL_LEN};

/// What must be known of a journal to go on writing it.
pub(super) struct Journal {
    key: FileKey,
    records: u64,
    /// Where the next record goes: everything before is durable.
    pub(super) end: u64,
    /// Whether a write failed, so that there may be bytes beyond `end`.
    pub(super) torn: bool,
}

/// What a journal's file says.
pub(super) struct Reading {
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) journal: Journal,
    pub(super) tail: Tail,
}

/// How a file ends behind its last good record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// There.
    Clean,
    /// In a record that was not written to its end, as after a power cut.
    Torn,
    /// In something that was never written so.
    Damaged,
}

/// Records that are ready to be written.
pub(super) struct Records {
    pub(super) bytes: Vec<u8>,
    count: u64,
}

impl Journal {
    /// A whole new file of these entries, and how to go on with it once it is on disk.
    pub(super) fn create(key: &QueueKey, job: JobId, entries: &[Vec<u8>], rng: &mut impl CryptoRng) -> (Vec<u8>, Self) {
        let mut salt = [0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        let header = Header::new(Kind::Journal, job, salt);
        let mut journal = Self { key: key.file(&header), records: 0, end: HEADER_LEN as u64, torn: false };
        let records = journal.seal(entries, rng);
        let bytes = [header.as_bytes(), &records.bytes[..]].concat();
        journal.advance(&records);
        (bytes, journal)
    }

    /// The records that come next.
    pub(super) fn seal(&self, entries: &[Vec<u8>], rng: &mut impl CryptoRng) -> Records {
        let mut records = Records { bytes: Vec::new(), count: 0 };
        for text in batch::encode(entries) {
            let mut nonce = [0; NONCE_LEN];
            rng.fill_bytes(&mut nonce);
            let length = u32::try_from(text.len() + SEAL_LEN).expect("a batch is shorter than 4 GiB");
            records.bytes.extend(length.to_le_bytes());
            self.key.seal(self.records + records.count, nonce, &text, &mut records.bytes);
            records.count += 1;
        }
        records
    }

    /// Says that they are on disk.
    pub(super) fn advance(&mut self, records: &Records) {
        self.records += records.count;
        self.end += records.bytes.len() as u64;
    }
}

/// Reads a journal's file: as many records as are whole, from the first on.
pub(super) fn read(key: &QueueKey, job: JobId, file: &[u8]) -> Result<Reading, NoHeader> {
    let header = Header::parse(Kind::Journal, job, file)?;
    let mut journal = Journal { key: key.file(&header), records: 0, end: HEADER_LEN as u64, torn: false };
    let mut entries = Vec::new();
    let mut rest = &file[HEADER_LEN..];
    let tail = loop {
        let (piece, after) = match batch::next(rest, SEAL_LEN) {
            Next::Record(piece, after) => (piece, after),
            Next::End => break Tail::Clean,
            Next::Torn => break Tail::Torn,
            Next::Damaged => break Tail::Damaged,
        };
        let mut piece = piece.to_vec();
        let Some(batch) = journal.key.open(journal.records, &mut piece).and_then(batch::decode) else {
            // Of the last record, length and bytes may have reached the disk in any order.
            break if after.is_empty() { Tail::Torn } else { Tail::Damaged };
        };
        entries.extend(batch);
        journal.records += 1;
        journal.end += (rest.len() - after.len()) as u64;
        rest = after;
    };
    journal.torn = tail != Tail::Clean;
    Ok(Reading { entries, journal, tail })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue_dir::batch::{MAX_BATCH_LEN, MAX_ENTRY_LEN};
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::NodeSecret;

    const JOB: JobId = JobId(0x0102_0304_0506_0708);

    fn key() -> QueueKey {
        QueueKey::of(&NodeSecret::from_seed([1; 32]))
    }

    /// A file of these batches, and where each ends in it.
    fn file(batches: &[Vec<Vec<u8>>]) -> (Vec<u8>, Vec<usize>) {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let (mut bytes, mut journal) = Journal::create(&key(), JOB, &[], &mut rng);
        let mut ends = vec![bytes.len()];
        for batch in batches {
            let records = journal.seal(batch, &mut rng);
            journal.advance(&records);
            bytes.extend(records.bytes);
            ends.push(bytes.len());
        }
        assert_eq!(journal.end, bytes.len() as u64);
        (bytes, ends)
    }

    fn batches() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
        let entry = prop::collection::vec(any::<u8>(), 0..40);
        prop::collection::vec(prop::collection::vec(entry, 1..5), 0..6)
    }

    #[test]
    fn entries_of_any_size_come_back_in_order() {
        let large = vec![7; MAX_ENTRY_LEN];
        let many: Vec<Vec<u8>> = (0..70_000_u32).map(|number| number.to_le_bytes().to_vec()).collect();
        let cases = [vec![], vec![vec![]], vec![large; MAX_BATCH_LEN / MAX_ENTRY_LEN + 3], many];
        for entries in cases {
            let (bytes, _) = file(std::slice::from_ref(&entries));
            let reading = read(&key(), JOB, &bytes).ok().unwrap();
            assert!(reading.entries == entries);
            assert_eq!((reading.tail, reading.journal.end), (Tail::Clean, bytes.len() as u64));
        }
    }

    #[test]
    fn records_do_not_open_in_another_place() {
        let (bytes, ends) = file(&[vec![b"one".to_vec()], vec![b"two".to_vec()], vec![b"six".to_vec()]]);
        let record = |index: usize| &bytes[ends[index]..ends[index + 1]];
        let swapped = [&bytes[..ends[0]], record(1), record(0), record(2)].concat();
        let skipped = [&bytes[..ends[1]], record(2), record(2)].concat();
        for (file, entries) in [(swapped, vec![]), (skipped, vec![b"one".to_vec()])] {
            let reading = read(&key(), JOB, &file).ok().unwrap();
            assert_eq!((reading.entries, reading.tail), (entries, Tail::Damaged));
        }
    }

    #[test]
    fn what_grew_without_its_bytes_is_torn() {
        let (bytes, ends) = file(&[vec![b"one".to_vec()], vec![b"two".to_vec()]]);
        let mut grown = bytes.clone();
        grown.extend([0; 4_096]);
        let mut hollow = bytes;
        hollow[ends[1] + 4..].fill(0);
        for (file, entries) in [(grown, 2), (hollow, 1)] {
            let reading = read(&key(), JOB, &file).ok().unwrap();
            assert_eq!((reading.entries.len(), reading.tail), (entries, Tail::Torn));
            assert_eq!(reading.journal.end, ends[entries] as u64);
        }
    }

    /// The vector of `docs/formats/queue.md`: a file of version 0 that every later version reads.
    #[test]
    fn the_vector_reads_as_documented() {
        let header = Header::new(Kind::Journal, JOB, std::array::from_fn(|index| index as u8));
        let key_of_file = key().file(&header);
        let mut file = header.as_bytes().to_vec();
        for (number, entries) in [vec![b"begun".to_vec(), b"".to_vec()], vec![b"done".to_vec()]].iter().enumerate() {
            let text = batch::encode(entries).remove(0);
            file.extend(((text.len() + SEAL_LEN) as u32).to_le_bytes());
            key_of_file.seal(number as u64, [0x40 + number as u8; NONCE_LEN], &text, &mut file);
        }
        let hex: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, VECTOR);
        let reading = read(&key(), JOB, &file).ok().unwrap();
        assert_eq!(reading.entries, [&b"begun"[..], b"", b"done"]);
    }

    const VECTOR: &str = "\
        726f6e656f2d716a000000000807060504030201000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
        33000000404040404040404040404040404040404040404040404040139cf2fb7521bce3e605343afddf01979d7783bb116d4f0b116c52\
        3000000041414141414141414141414141414141414141414141414122ade894d8b7cccafe6b96f90a33485317733b7feda1daa8";

    proptest! {
        #[test]
        fn a_file_cut_anywhere_is_a_prefix_of_its_batches(batches in batches(), cut in any::<prop::sample::Index>()) {
            let (bytes, ends) = file(&batches);
            let cut = cut.index(bytes.len() + 1);
            match read(&key(), JOB, &bytes[..cut]) {
                Err(error) => prop_assert!(cut < HEADER_LEN && error == NoHeader::Damaged),
                Ok(reading) => {
                    let whole = ends.iter().filter(|&&end| end <= cut).count() - 1;
                    prop_assert_eq!(reading.entries, batches[..whole].concat());
                    prop_assert_eq!(reading.journal.end, ends[whole] as u64);
                    let clean = ends.contains(&cut);
                    prop_assert_eq!(reading.tail, if clean { Tail::Clean } else { Tail::Torn });
                }
            }
        }

        #[test]
        fn a_changed_byte_never_makes_an_entry(
            batches in batches().prop_filter("a record", |batches| !batches.is_empty()),
            at in any::<prop::sample::Index>(),
            change in 1_u8..,
        ) {
            let (mut bytes, ends) = file(&batches);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            if let Ok(reading) = read(&key(), JOB, &bytes) {
                let before = ends.iter().filter(|&&end| end <= at).count().saturating_sub(1);
                prop_assert_eq!(reading.entries, batches[..before].concat());
                prop_assert!(reading.tail != Tail::Clean);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), headed: bool) {
            let mut all = if headed { file(&[]).0 } else { Vec::new() };
            all.extend(&bytes);
            if let Ok(reading) = read(&key(), JOB, &all) {
                prop_assert!(reading.entries.is_empty());
            }
            if let Some(entries) = batch::decode(&bytes) {
                prop_assert_eq!(entries.is_empty(), bytes == [0, 0]);
            }
        }
    }
}
