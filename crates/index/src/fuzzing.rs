//! Doors for fuzz targets to what has no public one.

use crate::disk::Bytes;
use crate::record::Record;
use crate::seal::{IndexKey, SALT_LEN, Seal};
use crate::segment::{Header, read_header, scan, seal_frame};

/// Reads any bytes as a segment, as the frames of one, and as a record.
///
/// # Panics
/// When a record that was read is not the one that would be written, or a frame does not hold what was sealed.
pub fn read_frames(bytes: &[u8]) {
    let key = IndexKey::from_bytes([7; 32]);
    let mut read = |_, record: &[u8]| {
        read_record(record);
        true
    };
    if let Ok(Header::Open(seal)) = read_header(&Bytes(bytes), &key, 1) {
        scan(&Bytes(bytes), &seal, 1, &mut read).expect("bytes in memory are always read");
    }
    let seal = Seal::new(&key, 1, &[7; SALT_LEN]);
    scan(&Bytes(bytes), &seal, 1, &mut read).expect("bytes in memory are always read");
    read_record(bytes);
    if let Some(record) = bytes.get(..bytes.len().min(1 << 10)) {
        let mut frame = seal_frame(&seal, 3, record);
        let opened = crate::segment::open_frame(&seal, 3, &mut frame);
        assert_eq!(opened, Some(record));
    }
}

fn read_record(bytes: &[u8]) {
    if let Ok(record) = Record::from_bytes(bytes) {
        // A pointer has one spelling, and every other field is its bytes.
        let written = record.to_bytes();
        assert_eq!(Record::from_bytes(&written), Ok(record));
    }
}
