//! The sealed log: every segment of it, of which the newest is written to.
//!
//! Whatever is opened is only ever read again: what is written goes into a segment begun since, under a salt of its
//! own. So no key ever meets one nonce twice, whatever a crash took back or a backup brought back.

use std::collections::BTreeMap;

use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::bounds::Limits;
use crate::disk::{Disk, DiskFile};
use crate::error::IndexError;
use crate::record::Record;
use crate::seal::{IndexKey, SALT_LEN, Seal};
use crate::segment::{
    Ending, HEADER_LEN, Header, Place, frame_len, new_header, open_frame, read_header, scan, seal_frame,
};

/// With what the name of a segment begins; 8 digits follow.
const PREFIX: &str = "log-";
/// The last segment that has a name.
const LAST_NUMBER: u32 = 99_999_999;
/// What follows in the name of a segment that is being written and not yet one of the log's.
const UNFINISHED: &str = ".tmp";

/// A part of the log that is not read: something in it was changed after it was written, or the disk failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// In which segment.
    pub segment: u32,
    /// From which byte on.
    pub offset: u64,
    /// How many bytes are kept out: the rest of the segment.
    pub len: u64,
}

/// What was found when a log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) segments: usize,
    pub(crate) torn_len: u64,
    pub(crate) damaged: Vec<Damage>,
}

/// An open segment.
struct Segment {
    file: Box<dyn DiskFile>,
    seal: Seal,
    frames: u32,
    len: u64,
}

/// All segments.
pub(crate) struct Log {
    disk: Box<dyn Disk>,
    key: IndexKey,
    limits: Limits,
    /// Begins the salts of this session.
    seed: Zeroizing<[u8; 32]>,
    salts: u64,
    segments: BTreeMap<u32, Segment>,
    /// The segment that is written to, once there is one.
    active: Option<u32>,
    next: u32,
    /// Whether something was written since the last sync.
    unsynced: bool,
    stopped: bool,
}

/// A log that is written anew: one segment in the place of all.
pub(crate) struct Rewrite {
    number: u32,
    segment: Segment,
}

fn name(number: u32) -> String {
    format!("{PREFIX}{number:08}")
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix(PREFIX)?;
    let number = digits.parse().ok().filter(|number| *number <= LAST_NUMBER)?;
    (self::name(number) == name).then_some(number)
}

impl Log {
    /// Opens every segment and hands each record to `visit` in the order in which they were written. What `visit`
    /// refuses counts as damaged.
    ///
    /// # Errors
    /// [`IndexError::Newer`] and [`IndexError::Key`], before anything is touched; [`IndexError::Disk`].
    pub(crate) fn open(
        disk: Box<dyn Disk>,
        key: &IndexKey,
        rng: &mut impl CryptoRng,
        limits: Limits,
        visit: &mut dyn FnMut(Place, &[u8]) -> bool,
    ) -> Result<(Self, Found), IndexError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        let names = disk.names().map_err(|error| IndexError::disk("list", "files", error))?;
        let mut log = Self {
            disk,
            key: key.clone(),
            limits,
            seed,
            salts: 0,
            segments: BTreeMap::new(),
            active: None,
            next: 1,
            unsynced: false,
            stopped: false,
        };
        let mut found = Found::default();
        let blank = log.read_headers(&names, &mut found)?;
        let unfinished = names.iter().filter(|name| name.starts_with(PREFIX) && name.ends_with(UNFINISHED));
        blank.iter().chain(unfinished).try_for_each(|name| log.remove(name))?;
        let base = log.remove_superseded()?;
        found.damaged.retain(|damage| damage.segment >= base);
        log.read_through(&mut found, visit)?;
        found.segments = log.segments.len();
        Ok((log, found))
    }

    /// Opens every segment; what is to be removed of them is handed back, since nothing is touched before all are seen.
    fn read_headers(&mut self, names: &[String], found: &mut Found) -> Result<Vec<String>, IndexError> {
        let mut blank = Vec::new();
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| number(name)).collect();
        numbers.sort_unstable();
        for number in numbers {
            let file_name = name(number);
            let file = self.disk.open(&file_name).map_err(|error| IndexError::disk("open", &file_name, error))?;
            let read = |error| IndexError::disk("read", &file_name, error);
            match read_header(&*file, &self.key, number).map_err(read)? {
                Header::Newer => return Err(IndexError::Newer),
                Header::Blank => blank.push(file_name),
                Header::Open(seal) => {
                    self.segments.insert(number, Segment { file, seal: *seal, frames: 0, len: HEADER_LEN as u64 });
                }
                Header::Closed => {
                    let len = file.byte_len().map_err(read)?;
                    found.damaged.push(Damage { segment: number, offset: 0, len });
                }
            }
            self.next = number + 1;
        }
        if self.segments.is_empty() && !found.damaged.is_empty() { Err(IndexError::Key) } else { Ok(blank) }
    }

    fn remove(&self, name: &str) -> Result<(), IndexError> {
        self.disk.remove(name).map_err(|error| IndexError::disk("remove", name, error))
    }

    /// Removes the segments before the newest that stands for all before it.
    fn remove_superseded(&mut self) -> Result<u32, IndexError> {
        let mut base = 0;
        for (number, segment) in &self.segments {
            let first = Place {
                segment: *number,
                frame: 0,
                offset: HEADER_LEN as u64,
                len: frame_len(Record::Base.to_bytes().len()) as u32,
            };
            let mut bytes = vec![0; first.len as usize];
            let read = segment.file.read_at(&mut bytes, first.offset).is_ok();
            let record = if read { open_frame(&segment.seal, 0, &mut bytes) } else { None };
            if record.map(Record::from_bytes) == Some(Ok(Record::Base)) {
                base = *number;
            }
        }
        self.remove_before(base)?;
        Ok(base)
    }

    /// Removes every segment before `number`, the damaged ones too: who drops something means that it goes.
    fn remove_before(&mut self, number: u32) -> Result<(), IndexError> {
        self.segments = self.segments.split_off(&number);
        let names = self.disk.names().map_err(|error| IndexError::disk("list", "files", error))?;
        let mut removed = false;
        for name in names.iter().filter(|name| self::number(name).is_some_and(|other| other < number)) {
            self.remove(name)?;
            removed = true;
        }
        if removed { self.sync_names() } else { Ok(()) }
    }

    fn read_through(
        &mut self,
        found: &mut Found,
        visit: &mut dyn FnMut(Place, &[u8]) -> bool,
    ) -> Result<(), IndexError> {
        for (number, segment) in &mut self.segments {
            let file_name = name(*number);
            let read = |error| IndexError::disk("read", &file_name, error);
            let scanned = scan(&*segment.file, &segment.seal, *number, visit).map_err(read)?;
            let rest = segment.file.byte_len().map_err(read)? - scanned.len;
            (segment.frames, segment.len) = (scanned.frames, scanned.len);
            match scanned.ending {
                Ending::Whole => {}
                Ending::Torn => {
                    found.torn_len += rest;
                    segment.file.cut(scanned.len).map_err(|error| IndexError::disk("cut", &file_name, error))?;
                }
                Ending::Damaged => {
                    found.damaged.push(Damage { segment: *number, offset: scanned.len, len: rest });
                }
            }
        }
        Ok(())
    }

    /// Bytes of all frames.
    pub(crate) fn frames_len(&self) -> u64 {
        self.segments.values().map(|segment| segment.len - HEADER_LEN as u64).sum()
    }

    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Writes a record behind the last. It is durable after [`sync`](Self::sync).
    ///
    /// # Errors
    /// [`IndexError::Disk`], with the log as it was; [`IndexError::Stopped`].
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<Place, IndexError> {
        if self.stopped {
            return Err(IndexError::Stopped);
        }
        let number = self.writable()?;
        let segment = self.segments.get_mut(&number).expect("the active segment is one of them");
        let place = segment.append(number, record);
        match place {
            Ok(_) => self.unsynced = true,
            Err(_) => {
                // What the failed write left stays cut off, and its nonce is not used again.
                self.stopped = segment.file.cut(segment.len).is_err();
                self.sync_active()?;
                self.active = None;
            }
        }
        place
    }

    /// The segment to write to, begun where there is none that has room.
    fn writable(&mut self) -> Result<u32, IndexError> {
        let room =
            |number: &u32| self.segments.get(number).is_some_and(|segment| segment.len < self.limits.segment_len);
        if let Some(number) = self.active.filter(room) {
            return Ok(number);
        }
        self.sync_active()?;
        let rewrite = self.begin(false)?;
        self.next = rewrite.number + 1;
        self.segments.insert(rewrite.number, rewrite.segment);
        self.active = Some(rewrite.number);
        Ok(rewrite.number)
    }

    /// A new segment: one of the log's at once, or `unfinished`.
    fn begin(&mut self, unfinished: bool) -> Result<Rewrite, IndexError> {
        let number = self.next;
        if number > LAST_NUMBER {
            return Err(IndexError::Full("segments"));
        }
        let mut file_name = name(number);
        if unfinished {
            file_name.push_str(UNFINISHED);
        }
        let salt = self.salt();
        let (header, seal) = new_header(&self.key, number, &salt);
        let file = self.disk.create(&file_name).map_err(|error| IndexError::disk("create", &file_name, error))?;
        if !unfinished {
            self.sync_names()?;
        }
        file.write_at(&header, 0).map_err(|error| IndexError::disk("write", &file_name, error))?;
        Ok(Rewrite { number, segment: Segment { file, seal, frames: 0, len: HEADER_LEN as u64 } })
    }

    fn salt(&mut self) -> [u8; SALT_LEN] {
        self.salts += 1;
        *blake3::keyed_hash(&self.seed, &self.salts.to_le_bytes()).as_bytes()
    }

    /// Returns once everything appended is durable.
    ///
    /// # Errors
    /// [`IndexError::Disk`]; what was appended is then in doubt, and the log takes nothing more.
    pub(crate) fn sync(&mut self) -> Result<(), IndexError> {
        if self.stopped {
            return Err(IndexError::Stopped);
        }
        self.sync_active()
    }

    fn sync_active(&mut self) -> Result<(), IndexError> {
        let Some(number) = self.active.filter(|_| self.unsynced) else { return Ok(()) };
        let segment = &self.segments[&number];
        let synced = segment.file.sync();
        self.stopped |= synced.is_err();
        synced.map_err(|error| IndexError::disk("sync", &name(number), error))?;
        self.unsynced = false;
        Ok(())
    }

    fn sync_names(&self) -> Result<(), IndexError> {
        self.disk.sync_names().map_err(|error| IndexError::disk("sync", "names", error))
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// [`IndexError::Disk`]; [`IndexError::Damaged`], when it is no longer what was written.
    pub(crate) fn read(&self, place: Place) -> Result<Vec<u8>, IndexError> {
        let segment = self.segments.get(&place.segment).ok_or(IndexError::Damaged)?;
        let mut bytes = vec![0; place.len as usize];
        let read = |error| IndexError::disk("read", &name(place.segment), error);
        segment.file.read_at(&mut bytes, place.offset).map_err(read)?;
        let record = open_frame(&segment.seal, place.frame, &mut bytes).ok_or(IndexError::Damaged)?;
        Ok(record.to_vec())
    }

    /// Begins to write everything anew. Nothing changes before [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub(crate) fn rewrite(&mut self) -> Result<Rewrite, IndexError> {
        if self.stopped {
            return Err(IndexError::Stopped);
        }
        let mut rewrite = self.begin(true)?;
        rewrite.append(&Record::Base.to_bytes())?;
        Ok(rewrite)
    }

    /// Gives up a rewriting. What cannot be removed now is removed by the next opening.
    pub(crate) fn abandon(&self, rewrite: &Rewrite) {
        let _ = self.disk.remove(&format!("{}{UNFINISHED}", name(rewrite.number)));
    }

    /// Puts what was written anew in the place of everything before. It is durable on return.
    ///
    /// # Errors
    /// [`IndexError::Disk`]; unless it was the sync of the new segment that failed, the log then takes nothing more.
    pub(crate) fn finish(&mut self, rewrite: Rewrite) -> Result<Finished, IndexError> {
        let Rewrite { number, segment } = rewrite;
        let (new, finished) = (format!("{}{UNFINISHED}", name(number)), name(number));
        segment.file.sync().map_err(|error| IndexError::disk("sync", &new, error))?;
        // From here on the new segment may be what the next opening finds: nothing more goes into an older one.
        let renamed = self.disk.rename(&new, &finished);
        self.stopped |= renamed.is_err();
        renamed.map_err(|error| IndexError::disk("rename", &new, error))?;
        self.segments.insert(number, segment);
        (self.active, self.next, self.unsynced) = (Some(number), number + 1, false);
        let named = self.sync_names();
        self.stopped |= named.is_err();
        named?;
        Ok(Finished { number })
    }

    /// Removes what a rewriting took the place of.
    ///
    /// # Errors
    /// [`IndexError::Disk`]; the next opening tries again.
    pub(crate) fn remove_old(&mut self, finished: Finished) -> Result<(), IndexError> {
        self.remove_before(finished.number)
    }
}

/// A log was written anew, and what it took the place of is still there.
#[must_use]
pub(crate) struct Finished {
    number: u32,
}

impl Rewrite {
    /// Writes a record behind the last.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<Place, IndexError> {
        self.segment.append(self.number, record)
    }
}

impl Segment {
    fn append(&mut self, number: u32, record: &[u8]) -> Result<Place, IndexError> {
        let bytes = seal_frame(&self.seal, self.frames, record);
        self.file.write_at(&bytes, self.len).map_err(|error| IndexError::disk("write", &name(number), error))?;
        let place = Place { segment: number, frame: self.frames, offset: self.len, len: bytes.len() as u32 };
        self.frames += 1;
        self.len += bytes.len() as u64;
        Ok(place)
    }
}
