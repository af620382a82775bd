//! [`Assembly`]: which inserts make a directory, and from their links its manifest.

use std::collections::{BTreeMap, BTreeSet};

use roneo_keys::{Extra, Locator, ReadKey};

use super::{
    Container, ContentRef, DirectoryError, Entry, MIN_CONTAINER_LEN, Manifest, Packed, Place, SMALL_FILE_LEN, is_small,
    pack, pack_containers,
};

/// Bytes that files to be packed anew may have together with small containers that are opened for them:
/// no more than fill two containers.
const OPENING_LEN: u64 = 2 * MIN_CONTAINER_LEN;

/// One file that a directory is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As [`Entry::path`].
    pub path: String,
    /// As [`Entry::media_type`].
    pub media_type: String,
    /// Bytes.
    pub length: u64,
    /// BLAKE3 of its bytes.
    pub blake3: [u8; 32],
}

/// What one insert of a directory holds: the files of a container, or a file that is alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    files: Vec<usize>,
    length: u64,
    container: Option<u16>,
}

impl Parcel {
    /// Which of [`Assembly::files`], in the order in which their bytes are to be inserted, one behind the
    /// other. Of a file that is alone all of the same bytes are named: the first is inserted for them.
    #[must_use]
    pub fn files(&self) -> &[usize] {
        &self.files
    }

    /// Bytes to insert.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether it is a container, of at most [`MAX_CONTAINER_LEN`](super::MAX_CONTAINER_LEN) bytes.
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.container.is_some()
    }
}

/// What needs no insert because the edition before has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reused {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// A directory on its way to being stored: which inserts are to be made, in any order, and from what they
/// came to, its [`Manifest`].
///
/// Whoever drives it reads files and makes inserts; nothing here does. The same files and the same
/// edition before them, in whatever order, give the same parcels and the same manifest.
///
/// With the manifest of the edition before, a container whose files are all still there is used again,
/// and so is a file that is alone, under whatever path. The files of other containers are packed anew by
/// themselves, so one changed file is at most two containers however the site grew. Small containers
/// are opened again when there is something to put beside their files: they do not pile up.
///
/// ```
/// use roneo_content::directory::{Assembly, ContentRef, File};
/// use roneo_keys::{Extra, Locator, ReadKey};
///
/// let page = |path: &str, length| {
///     let media_type = "text/html".to_owned();
///     File { path: path.to_owned(), media_type, length, blake3: [length as u8; 32] }
/// };
/// // Two pages that share a container, a film by itself.
/// let files = vec![page("index.html", 30_000), page("tract.html", 20_000), page("film.webm", 90_000)];
/// let mut assembly = Assembly::new(files, None)?;
/// let lengths: Vec<u64> = assembly.parcels().iter().map(|parcel| parcel.length()).collect();
/// assert_eq!(lengths, [50_000, 90_000]);
/// for parcel in 0..2 {
///     let key = ReadKey::from_bytes([1; 32]); // in truth: what the insert's link says
///     let link = ContentRef { root: Locator::from_bytes([parcel as u8; 32]), key, extra: Extra::PUBLIC };
///     assembly.stored(parcel, link, [9; 32]);
/// }
/// assert_eq!(assembly.finish(Vec::new())?.entries().len(), 3);
/// # Ok::<(), roneo_content::directory::DirectoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Assembly {
    files: Vec<File>,
    parcels: Vec<Parcel>,
    /// Parcels not stored yet.
    open: BTreeSet<usize>,
    /// Where each file is. The links of open parcels are yet to be filled in.
    places: Vec<Place>,
    containers: Vec<Container>,
    reused: Reused,
}

impl Assembly {
    /// Plans the inserts of a directory of `files`, in any order, where `previous` is stored already.
    ///
    /// # Errors
    /// [`DirectoryError::Path`], [`DirectoryError::Clash`] and [`DirectoryError::TooLarge`], as for the
    /// manifest that it will have: nothing needs to be sent to learn that it cannot be.
    pub fn new(mut files: Vec<File>, previous: Option<&Manifest>) -> Result<Self, DirectoryError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut assembly = Self {
            places: vec![Place::Inline; files.len()],
            files,
            parcels: Vec::new(),
            open: BTreeSet::new(),
            containers: Vec::new(),
            reused: Reused::default(),
        };
        if !assembly.fits_inline()? {
            assembly.place_alone(previous);
            assembly.place_in_containers(previous)?;
        }
        assembly.open = (0..assembly.parcels.len()).collect();
        assembly.check()?;
        Ok(assembly)
    }

    /// Every file, in the order of their paths.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What is to be inserted.
    #[must_use]
    pub fn parcels(&self) -> &[Parcel] {
        &self.parcels
    }

    /// Which of [`Assembly::files`] have their bytes in the manifest, in the order in which
    /// [`Assembly::finish`] wants them.
    pub fn inline(&self) -> impl Iterator<Item = usize> + '_ {
        let places = self.places.iter().enumerate();
        places.filter(|(_, place)| **place == Place::Inline).map(|(file, _)| file)
    }

    /// What the edition before has already.
    #[must_use]
    pub fn reused(&self) -> Reused {
        self.reused
    }

    /// Notes that a parcel is stored, under which link, and the BLAKE3 of its bytes.
    ///
    /// # Panics
    /// If there is no such parcel.
    pub fn stored(&mut self, parcel: usize, content: ContentRef, blake3: [u8; 32]) {
        self.open.remove(&parcel);
        let Parcel { files, container, .. } = &self.parcels[parcel];
        match container {
            Some(number) => self.containers[usize::from(*number)] = Container { content, blake3 },
            None => files.iter().for_each(|&file| self.places[file] = Place::Alone(content.clone())),
        }
    }

    /// The manifest, once every parcel is stored; `inline` has the bytes of the [inline](Self::inline)
    /// files, one behind the other.
    ///
    /// # Errors
    /// [`DirectoryError::Damaged`] where inline bytes are more or fewer than their files have;
    /// [`DirectoryError::TooLarge`] only as [`Assembly::new`] would have said.
    ///
    /// # Panics
    /// If a parcel is not stored: a manifest that leads nowhere must not come to be.
    pub fn finish(self, inline: Vec<u8>) -> Result<Manifest, DirectoryError> {
        assert!(self.open.is_empty(), "{} parcels are not stored", self.open.len());
        Manifest::new(self.containers.clone(), self.entries(), inline)
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |(file, place): (&File, &Place)| Entry {
            path: file.path.clone(),
            media_type: file.media_type.clone(),
            length: file.length,
            blake3: file.blake3,
            place: place.clone(),
        };
        self.files.iter().zip(&self.places).map(entry).collect()
    }

    /// Makes the manifest as it will be, but for the links: what is wrong with it is wrong now.
    fn check(&self) -> Result<(), DirectoryError> {
        let inline = self.inline().map(|file| self.files[file].length).sum::<u64>();
        let inline = usize::try_from(inline).map_err(|_| DirectoryError::TooLarge)?;
        Manifest::new(self.containers.clone(), self.entries(), vec![0; inline]).map(drop)
    }

    fn fits_inline(&self) -> Result<bool, DirectoryError> {
        let listed = self.files.iter().map(|file| (file.path.as_str(), file.media_type.as_str(), file.length));
        Ok(pack(&listed.collect::<Vec<_>>())?.iter().all(|packed| *packed == Packed::Inline))
    }

    /// Large files: those of the same bytes are one insert, or none.
    fn place_alone(&mut self, previous: Option<&Manifest>) {
        let entries = previous.into_iter().flat_map(Manifest::entries);
        let stored: BTreeMap<_, _> = entries
            .filter_map(|entry| match &entry.place {
                Place::Alone(content) => Some(((entry.length, entry.blake3), content)),
                Place::Inline | Place::Container(_) => None,
            })
            .collect();
        let mut begun = BTreeMap::new();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.length > SMALL_FILE_LEN) {
            let bytes = (file.length, file.blake3);
            if let Some(content) = stored.get(&bytes) {
                self.places[number] = Place::Alone((*content).clone());
                self.reused.count(file);
                continue;
            }
            self.places[number] = Place::Alone(nowhere());
            let parcel = *begun.entry(bytes).or_insert_with(|| {
                self.parcels.push(Parcel { files: Vec::new(), length: file.length, container: None });
                self.parcels.len() - 1
            });
            self.parcels[parcel].files.push(number);
        }
    }

    /// Small files: in containers that are stored, or in new ones.
    fn place_in_containers(&mut self, previous: Option<&Manifest>) -> Result<(), DirectoryError> {
        let small: Vec<usize> = (0..self.files.len()).filter(|&file| is_small(self.files[file].length)).collect();
        let mut kept = previous.map_or_else(Vec::new, |previous| self.unchanged(previous));
        let mut left = without(&small, &kept);
        self.open_small(&mut kept, &left);
        left = without(&small, &kept);
        for Unchanged { container, files, .. } in kept {
            for file in files {
                self.places[file] = Place::Container(self.containers.len() as u16);
                self.reused.count(&self.files[file]);
            }
            self.containers.push(container);
        }
        let first = self.containers.len();
        let first_parcel = self.parcels.len();
        // Whatever is left: what is not inline as a whole has only its empty files inline.
        let listed = left.iter().map(|&file| (self.files[file].path.as_str(), self.files[file].length));
        for (&file, packed) in left.iter().zip(pack_containers(listed)?) {
            let number = u16::try_from(first + usize::from(packed)).map_err(|_| DirectoryError::TooLarge)?;
            if usize::from(number) == self.containers.len() {
                self.containers.push(Container { content: nowhere(), blake3: [0; 32] });
                self.parcels.push(Parcel { files: Vec::new(), length: 0, container: Some(number) });
            }
            self.places[file] = Place::Container(number);
            let parcel = &mut self.parcels[first_parcel + usize::from(packed)];
            parcel.files.push(file);
            parcel.length += self.files[file].length;
        }
        // Containers first: the pages of a site are stored before its films.
        self.parcels.rotate_left(first_parcel);
        Ok(())
    }

    /// The containers of an edition whose files are all still there, in the order of their numbers.
    fn unchanged(&self, previous: &Manifest) -> Vec<Unchanged> {
        let mut kept: Vec<_> = previous.containers().iter().cloned().map(Unchanged::of).map(Some).collect();
        for entry in previous.entries() {
            let Place::Container(number) = entry.place else { continue };
            let Some(slot) = kept.get_mut(usize::from(number)) else { continue };
            let same = |&file: &usize| {
                let file = &self.files[file];
                (file.length, file.blake3) == (entry.length, entry.blake3) && is_small(file.length)
            };
            match (self.find(&entry.path).filter(same), slot.as_mut()) {
                (Some(file), Some(unchanged)) => {
                    unchanged.files.push(file);
                    unchanged.length += entry.length;
                }
                _ => *slot = None,
            }
        }
        kept.into_iter().flatten().filter(|unchanged| !unchanged.files.is_empty()).collect()
    }

    fn find(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }

    /// Gives up small containers, the smallest first, whose files can lie beside those that are packed
    /// anyway.
    fn open_small(&self, kept: &mut Vec<Unchanged>, left: &[usize]) {
        let mut length: u64 = left.iter().map(|&file| self.files[file].length).sum();
        if length == 0 {
            return;
        }
        let mut small: Vec<(u64, usize)> = kept.iter().map(|kept| (kept.length, kept.files[0])).collect();
        small.retain(|(length, _)| *length < MIN_CONTAINER_LEN);
        small.sort_unstable();
        for (more, first) in small {
            length += more;
            if length > OPENING_LEN {
                return;
            }
            kept.retain(|kept| kept.files[0] != first);
        }
    }
}

/// A container of the edition before.
struct Unchanged {
    container: Container,
    files: Vec<usize>,
    length: u64,
}

impl Unchanged {
    fn of(container: Container) -> Self {
        Self { container, files: Vec::new(), length: 0 }
    }
}

impl Reused {
    fn count(&mut self, file: &File) {
        self.files += 1;
        self.bytes += file.length;
    }
}

fn without(all: &[usize], kept: &[Unchanged]) -> Vec<usize> {
    let kept: BTreeSet<usize> = kept.iter().flat_map(|kept| &kept.files).copied().collect();
    all.iter().copied().filter(|file| !kept.contains(file)).collect()
}

/// Holds the place of a link that is not known yet.
fn nowhere() -> ContentRef {
    ContentRef { root: Locator::from_bytes([0; 32]), key: ReadKey::from_bytes([0; 32]), extra: Extra::PUBLIC }
}

#[cfg(test)]
mod tests;
