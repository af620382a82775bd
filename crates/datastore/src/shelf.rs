use std::sync::Arc;

use roneo_keys::{Block, Locator, SizeClass};

use crate::disk::{Disk, DiskError, NamedFile};
use crate::format::{RECORD_LEN, Record};
use crate::occupancy::Occupancy;
use crate::placement::{Candidates, candidates};
use crate::seal::{Keyring, NONCE_LEN, TAG_LEN};

/// Records read at once by a scan: 256 KiB.
pub(crate) const SCAN_RECORDS: u32 = 2_048;

/// What is written over a record to free its slot, or before the slot's first use.
pub(crate) type Noise = [u8; RECORD_LEN];

/// The slots of one size class: a file of records, a file of values, and what is known of both.
///
/// Records lie apart from values so that a scan reads 128 bytes per slot, one after the other,
/// instead of 33 KB.
pub(crate) struct Shelf {
    class: SizeClass,
    pub(crate) records: Records,
    values: Arc<NamedFile>,
    pub(crate) occupancy: Occupancy,
}

impl Shelf {
    /// Opens the two files, made or lengthened to `slots` slots where they are not that long.
    pub(crate) fn open(disk: &dyn Disk, class: SizeClass, slots: u32) -> Result<Self, DiskError> {
        let (records, values) = names(class);
        let records = Records { class, slots, file: NamedFile::open_or_create(disk, records)? };
        let values = Arc::new(NamedFile::open_or_create(disk, values)?);
        records.file.allocate(u64::from(slots) * RECORD_LEN as u64)?;
        values.allocate(u64::from(slots) * class.byte_len() as u64)?;
        records.sync()?;
        values.sync_data()?;
        Ok(Self { class, records, values, occupancy: Occupancy::new(slots) })
    }

    pub(crate) fn slots(&self) -> u32 {
        self.records.slots
    }

    pub(crate) fn candidates(&self, keyring: &Keyring, locator: &Locator) -> Candidates {
        candidates(&keyring.placement(self.class, locator), self.slots())
    }

    /// The value that `record` describes; `None` where `slot` does not hold it.
    pub(crate) fn value(&self, keyring: &Keyring, slot: u32, record: &Record) -> Result<Option<Block>, DiskError> {
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, self.class.byte_len()).collect();
        let place = Arc::get_mut(&mut bytes).expect("nobody else has it yet");
        self.values.read_at(place, self.value_offset(slot))?;
        if !keyring.value.open(&record.value_nonce, &about(self.class, slot), place, &record.value_tag) {
            return Ok(None);
        }
        Ok(Block::new(bytes).ok())
    }

    /// Seals the value in `bytes` for `slot`, writes it there and answers its tag. Durable after
    /// [`sync_values`](Self::sync_values).
    pub(crate) fn write_value(
        &self,
        keyring: &Keyring,
        slot: u32,
        bytes: &mut [u8],
        nonce: &[u8; NONCE_LEN],
    ) -> Result<[u8; TAG_LEN], DiskError> {
        let tag = keyring.value.seal(nonce, &about(self.class, slot), bytes);
        self.values.write_at(bytes, self.value_offset(slot))?;
        Ok(tag)
    }

    /// Writes noise, as many bytes as a value has, over the value of `slot`.
    pub(crate) fn write_noise_value(&self, slot: u32, noise: &[u8]) -> Result<(), DiskError> {
        self.values.write_at(noise, self.value_offset(slot))
    }

    /// The file of the values, to be synced from another thread.
    pub(crate) fn values(&self) -> Arc<NamedFile> {
        Arc::clone(&self.values)
    }

    pub(crate) fn sync_values(&self) -> Result<(), DiskError> {
        self.values.sync_data()
    }

    fn value_offset(&self, slot: u32) -> u64 {
        u64::from(slot) * self.class.byte_len() as u64
    }
}

/// The file that says what each slot of a class holds.
pub(crate) struct Records {
    class: SizeClass,
    slots: u32,
    file: NamedFile,
}

/// What a scan finds in a slot that is not free.
pub(crate) enum Scanned {
    Record(Record),
    /// The disk does not give the record back.
    Unreadable,
}

impl Records {
    /// The file of `class` as it lies there, which need not be one of this key.
    pub(crate) fn find(disk: &dyn Disk, class: SizeClass) -> Result<Option<Self>, DiskError> {
        let Some(file) = NamedFile::open(disk, names(class).0)? else { return Ok(None) };
        let slots = u32::try_from(file.byte_len()? / RECORD_LEN as u64).unwrap_or(u32::MAX);
        Ok(Some(Self { class, slots, file }))
    }

    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    /// The record of `slot`; `None` where nothing of this store's opens.
    pub(crate) fn read(&self, keyring: &Keyring, slot: u32) -> Result<Option<Record>, DiskError> {
        let mut bytes = [0; RECORD_LEN];
        self.file.read_at(&mut bytes, offset(slot))?;
        Ok(self.open(keyring, slot, &mut bytes))
    }

    fn open(&self, keyring: &Keyring, slot: u32, bytes: &mut [u8]) -> Option<Record> {
        let plain = keyring.record.unwrap(&about(self.class, slot), bytes)?;
        Record::decode(plain).ok().filter(|record| record.class == self.class)
    }

    /// Writes the record of `slot`. Durable after [`sync`](Self::sync).
    pub(crate) fn write(
        &self,
        keyring: &Keyring,
        slot: u32,
        record: &Record,
        nonce: [u8; NONCE_LEN],
    ) -> Result<(), DiskError> {
        let sealed = keyring.record.wrap(nonce, &about(self.class, slot), &record.encode());
        self.file.write_at(&sealed, offset(slot))
    }

    /// Writes noise over the record of `slot`: what the slot held is gone with the nonce it needs.
    pub(crate) fn write_noise(&self, slot: u32, noise: &Noise) -> Result<(), DiskError> {
        self.file.write_at(noise, offset(slot))
    }

    pub(crate) fn sync(&self) -> Result<(), DiskError> {
        self.file.sync_data()
    }

    /// Numbers of the slots at which scans begin.
    pub(crate) fn scan_starts(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.slots).step_by(SCAN_RECORDS as usize)
    }

    /// Reads the records of [`SCAN_RECORDS`] slots from `first` on, fewer at the end.
    ///
    /// Where the disk does not give them all back they are read one by one; it is an error only
    /// when it gives back none, since a disk that is away must not look like an empty store.
    pub(crate) fn scan(&self, keyring: &Keyring, first: u32) -> Result<Vec<(u32, Scanned)>, DiskError> {
        let slots = first..self.slots.min(first.saturating_add(SCAN_RECORDS));
        let mut bytes = vec![0; slots.len() * RECORD_LEN];
        if self.file.read_at(&mut bytes, offset(first)).is_err() {
            return self.scan_singly(keyring, slots);
        }
        let mut found = Vec::new();
        for (slot, bytes) in slots.zip(bytes.chunks_exact_mut(RECORD_LEN)) {
            // A slot that was never used nor filled costs no cipher.
            if bytes.iter().any(|&byte| byte != 0) {
                found.extend(self.open(keyring, slot, bytes).map(|record| (slot, Scanned::Record(record))));
            }
        }
        Ok(found)
    }

    fn scan_singly(&self, keyring: &Keyring, slots: std::ops::Range<u32>) -> Result<Vec<(u32, Scanned)>, DiskError> {
        let (mut found, mut unreadable, count) = (Vec::new(), 0, slots.len());
        for slot in slots {
            match self.read(keyring, slot) {
                Ok(record) => found.extend(record.map(|record| (slot, Scanned::Record(record)))),
                Err(error) => {
                    unreadable += 1;
                    if unreadable == count {
                        return Err(error);
                    }
                    found.push((slot, Scanned::Unreadable));
                }
            }
        }
        Ok(found)
    }
}

/// What binds a seal to its place, so that a slot copied to another is noise there.
fn about(class: SizeClass, slot: u32) -> [u8; 5] {
    let mut about = [class.code(); 5];
    about[1..].copy_from_slice(&slot.to_le_bytes());
    about
}

fn offset(slot: u32) -> u64 {
    u64::from(slot) * RECORD_LEN as u64
}

fn names(class: SizeClass) -> (&'static str, &'static str) {
    match class {
        SizeClass::Leaf => ("leaf.records", "leaf.values"),
        SizeClass::Block => ("block.records", "block.values"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemDisk, Part, StoreKey};

    /// Draft vectors: the same values stand in `docs/formats/slot-file.md`.
    #[test]
    fn sealed_vectors() {
        let (disk, keyring) = (MemDisk::new(), Keyring::new(&StoreKey::from_bytes([1; 32])));
        let shelf = Shelf::open(&disk, SizeClass::Leaf, 1_000).unwrap();
        let locator = Locator::from_bytes([0xaa; 32]);
        let block = Block::new(vec![7; 4_096]).unwrap();
        let value_nonce = [0xbb; NONCE_LEN];
        let mut bytes = block.bytes().to_vec();
        let value_tag = shelf.write_value(&keyring, 5, &mut bytes, &value_nonce).unwrap();
        let record =
            Record { class: SizeClass::Leaf, part: Part::Kept, generation: 9, locator, value_nonce, value_tag };
        shelf.records.write(&keyring, 5, &record, [0x24; NONCE_LEN]).unwrap();

        let bytes = |name: &str, offset, len| {
            let mut bytes = vec![0; len];
            disk.open(name).unwrap().unwrap().read_at(&mut bytes, offset).unwrap();
            bytes
        };
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex()[..16].to_owned();
        let seen = (hash(&bytes("leaf.values", 5 * 4_096, 4_096)), hash(&bytes("leaf.records", 5 * 128, 128)));
        assert_eq!(seen, ("a375b07f8e788ac8".to_owned(), "4736e204a9df095b".to_owned()));
        assert_eq!(shelf.candidates(&keyring, &locator), [791, 251, 580, 4]);
        let name = [206, 234, 179, 15, 100, 231, 221, 140, 80, 169, 13, 232, 74, 63, 140, 162];
        assert_eq!(keyring.name(&locator), name);
        assert!(shelf.value(&keyring, 5, &record).unwrap() == Some(block));
    }
}
