#![no_main]
//! No bytes stop a storer or a reader of announcements, and what a record keeps is what it writes.

use libfuzzer_sys::fuzz_target;
use roneo_social::{Announcement, AnnouncementRecord, BoardId, Effort, RecordName};

fuzz_target!(|data: &[u8]| {
    if let Ok(entry) = Announcement::parse(data) {
        assert_eq!(entry.as_bytes(), data);
        let _ = entry.open(&BoardId::from_bytes([7; 32]));
    }
    // A whole record is longer than a fuzzer likes: what it gives is filled up with zeros.
    let mut block = data.to_vec();
    block.resize(roneo_keys::BLOCK_LEN, 0);
    let Some(name) = RecordName::claimed(&block) else { return };
    let _ = AnnouncementRecord::read(&block, name, Effort::MIN);
    if let Ok(record) = AnnouncementRecord::checked_before(&block, name) {
        let again = AnnouncementRecord::checked_before(&record.to_bytes(), name);
        assert_eq!(again.as_ref(), Ok(&record));
    }
});
