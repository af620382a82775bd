use crate::OpenError;
use crate::disk::{Disk, DiskError, NamedFile};
use crate::format::{FormatError, SUPERBLOCK_LEN, Superblock};
use crate::seal::{Keyring, NONCE_LEN};

const NAME: &str = "super";
/// Where a new file is written before it takes the name: a file of that name is always whole.
const NEW_NAME: &str = "super.new";

/// The file of the two superblocks, and the one that stands.
pub(crate) struct SuperblockFile {
    file: NamedFile,
    pub(crate) standing: Superblock,
}

/// What is under the superblocks' name.
pub(crate) enum Found {
    /// At least one superblock of this key.
    Whole(SuperblockFile),
    /// Nothing: a store was never finished here, or somebody took the file away.
    Missing,
    /// Something that does not open with this key.
    Sealed,
}

impl SuperblockFile {
    pub(crate) fn find(disk: &dyn Disk, keyring: &Keyring) -> Result<Found, OpenError> {
        let Some(file) = NamedFile::open(disk, NAME)? else { return Ok(Found::Missing) };
        let copies = [read_copy(&file, keyring, 0), read_copy(&file, keyring, 1)];
        let mut standing: Option<Superblock> = None;
        let mut failures = Vec::new();
        for copy in copies {
            match copy {
                Ok(Some(Ok(superblock))) => {
                    if standing.as_ref().is_none_or(|other| other.sequence < superblock.sequence) {
                        standing = Some(superblock);
                    }
                }
                Ok(Some(Err(FormatError::Newer(version)))) => return Err(OpenError::Newer(version)),
                Ok(Some(Err(_)) | None) => {}
                Err(error) => failures.push(error),
            }
        }
        match (standing, failures.pop()) {
            (Some(standing), _) => Ok(Found::Whole(Self { file, standing })),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Ok(Found::Sealed),
        }
    }

    /// Makes the file, with `first` as the one that stands.
    pub(crate) fn create(
        disk: &dyn Disk,
        keyring: &Keyring,
        first: Superblock,
        nonces: [[u8; NONCE_LEN]; 2],
    ) -> Result<Self, DiskError> {
        let file = NamedFile::create(disk, NEW_NAME)?;
        let mut created = Self { file, standing: first.clone() };
        for nonce in nonces {
            created.write(keyring, first.clone(), nonce)?;
        }
        disk.rename(NEW_NAME, NAME).map_err(|source| DiskError::new("rename", NEW_NAME, source))?;
        Ok(created)
    }

    /// Makes `next`, under the next sequence, the superblock that stands, over the one that does
    /// not. Durable on return; until then the other stands.
    pub(crate) fn write(
        &mut self,
        keyring: &Keyring,
        next: Superblock,
        nonce: [u8; NONCE_LEN],
    ) -> Result<(), DiskError> {
        // A write that failed may have been done all the same: its sequence is used up.
        self.standing.sequence += 1;
        let next = Superblock { sequence: self.standing.sequence, ..next };
        let copy = next.sequence % 2;
        let sealed = keyring.superblock.wrap(nonce, &about(copy), &next.encode());
        self.file.write_at(&sealed, copy * SUPERBLOCK_LEN as u64)?;
        self.file.sync_data()?;
        self.standing = next;
        Ok(())
    }
}

/// One of the two copies: `None` where nothing opens.
fn read_copy(
    file: &NamedFile,
    keyring: &Keyring,
    copy: u64,
) -> Result<Option<Result<Superblock, FormatError>>, DiskError> {
    let mut bytes = vec![0; SUPERBLOCK_LEN];
    match file.read_at(&mut bytes, copy * SUPERBLOCK_LEN as u64) {
        Ok(()) => Ok(keyring.superblock.unwrap(&about(copy), &mut bytes).map(Superblock::decode)),
        Err(error) if error.source.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn about(copy: u64) -> [u8; 8] {
    copy.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Closing, PLAIN_SUPERBLOCK_LEN};
    use crate::{MemDisk, StoreKey};

    fn first() -> Superblock {
        Superblock {
            sequence: 0,
            closing: Closing::Open,
            kept_percent: 80,
            generation: 0,
            slots: [16, 16],
            filled: [0, 0],
            entries: 0,
            digest: 0,
        }
    }

    fn created(disk: &MemDisk, keyring: &Keyring) -> SuperblockFile {
        SuperblockFile::create(disk, keyring, first(), [[1; NONCE_LEN], [2; NONCE_LEN]]).unwrap()
    }

    #[test]
    fn the_later_superblock_stands() {
        let (disk, keyring) = (MemDisk::new(), Keyring::new(&StoreKey::from_bytes([1; 32])));
        let mut file = created(&disk, &keyring);
        for round in 3..7 {
            file.write(&keyring, Superblock { entries: round, ..first() }, [round as u8; NONCE_LEN]).unwrap();
            let Ok(Found::Whole(found)) = SuperblockFile::find(&disk, &keyring) else { panic!("not found") };
            assert_eq!((found.standing.sequence, found.standing.entries), (round, round));
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_a_sentence() {
        let (disk, keyring) = (MemDisk::new(), Keyring::new(&StoreKey::from_bytes([1; 32])));
        let file = created(&disk, &keyring);
        // A later program may lay out everything behind the version anew.
        let mut newer = [0xee; PLAIN_SUPERBLOCK_LEN];
        newer[..9].copy_from_slice(&first().encode()[..9]);
        newer[8] = 1;
        let sealed = keyring.superblock.wrap([9; NONCE_LEN], &about(1), &newer);
        file.file.write_at(&sealed, SUPERBLOCK_LEN as u64).unwrap();
        let Err(error) = SuperblockFile::find(&disk, &keyring) else { panic!("opened a newer format") };
        assert!(matches!(error, OpenError::Newer(1)));
        assert_eq!(error.to_string(), "the store was made by a newer Roneo (store format 1): update this one");
    }
}
