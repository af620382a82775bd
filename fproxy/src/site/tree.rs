//! Which file of a site a path names.

use roneo_content::directory::{Entry, Manifest, Place};
use roneo_keys::{Chk, Uri};

/// What a folder shows, the first that is there.
const INDEXES: [&str; 5] = ["index.html", "index.htm", "index.xhtml", "index.md", "index.txt"];

/// Types that are shown or explained beside those of text, pictures and recordings.
const PRESENTABLE: [&str; 3] = ["application/xhtml+xml", "application/json", "application/ogg"];

/// What is open: a directory, or one file.
pub(crate) enum Tree {
    Directory(Box<Manifest>),
    File(Single),
}

/// A file that is no part of a directory.
pub(crate) struct Single {
    path: String,
    media_type: String,
    length: u64,
}

/// What a path leads to.
pub(crate) enum Resolved {
    File(Found),
    /// A folder, whose path lacks its slash.
    Folder,
    /// A folder that shows nothing by itself.
    Listing,
    Missing,
}

/// A file of a site.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) media_type: String,
    pub(crate) length: u64,
    /// Its BLAKE3, where the directory says it.
    pub(crate) blake3: Option<[u8; 32]>,
    pub(crate) source: Source,
}

/// Where the bytes of a file are.
#[derive(Clone)]
pub(crate) enum Source {
    /// Here.
    Here(Vec<u8>),
    /// From `offset` on in content that files share.
    Part { content: Box<Uri>, offset: u64 },
    /// By itself, under the link of the site or one of its own.
    Alone(Option<Box<Uri>>),
}

/// Whether a single file of this type is opened rather than saved. What it really is, its bytes say later.
pub(crate) fn is_presentable(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (family, _) = essence.split_once('/').unwrap_or_default();
    matches!(family, "text" | "image" | "audio" | "video") || PRESENTABLE.contains(&&*essence)
}

impl Tree {
    /// One file. `path` may be a name in a stranger's words, or empty.
    pub(crate) fn file(path: String, media_type: String, length: u64) -> Self {
        let path = if path.is_empty() { "file".to_owned() } else { path };
        Self::File(Single { path, media_type, length })
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::File(_) => 0,
            Self::Directory(manifest) => {
                let entry = |entry: &Entry| {
                    let here = if entry.place == Place::Inline { entry.length } else { 0 };
                    size_of::<Entry>() + entry.path.len() + usize::try_from(here).unwrap_or(usize::MAX)
                };
                manifest.entries().iter().map(entry).fold(0, usize::saturating_add)
            }
        }
    }

    /// The path of the only file, where there is no directory.
    pub(crate) fn only(&self) -> Option<&str> {
        if let Self::File(single) = self { Some(&single.path) } else { None }
    }

    /// Paths and lengths of the files in a folder (a path that is empty or ends in a slash) and below it.
    pub(crate) fn list(&self, folder: &str) -> impl Iterator<Item = (&str, u64)> {
        let entries = match self {
            Self::Directory(manifest) => manifest.entries(),
            Self::File(_) => &[],
        };
        let start = entries.partition_point(|entry| entry.path.as_str() < folder);
        let inside = entries[start..].iter().take_while(move |entry| entry.path.starts_with(folder));
        inside.map(|entry| (entry.path.as_str(), entry.length))
    }

    /// What a path without a slash before it leads to.
    pub(crate) fn resolve(&self, path: &str) -> Resolved {
        let manifest = match self {
            Self::Directory(manifest) => manifest,
            Self::File(single) if path.is_empty() || path == single.path => {
                return Resolved::File(Found {
                    path: single.path.clone(),
                    media_type: single.media_type.clone(),
                    length: single.length,
                    blake3: None,
                    source: Source::Alone(None),
                });
            }
            Self::File(_) => return Resolved::Missing,
        };
        if let Some(entry) = manifest.find(path) {
            return Resolved::File(found(manifest, entry));
        }
        if path.is_empty() || path.ends_with('/') {
            let index = INDEXES.iter().find_map(|name| manifest.find(&format!("{path}{name}")));
            return match index {
                Some(entry) => Resolved::File(found(manifest, entry)),
                None if path.is_empty() || self.list(path).next().is_some() => Resolved::Listing,
                None => Resolved::Missing,
            };
        }
        if self.list(&format!("{path}/")).next().is_some() { Resolved::Folder } else { Resolved::Missing }
    }
}

fn found(manifest: &Manifest, entry: &Entry) -> Found {
    let link = |chk: Chk| Box::new(Uri::Chk(chk));
    let source = match &entry.place {
        Place::Inline => Source::Here(manifest.inline(entry).unwrap_or_default().to_vec()),
        Place::Container(number) => match manifest.containers().get(usize::from(*number)) {
            Some(container) => {
                Source::Part { content: link(container.content.to_chk()), offset: manifest.offset(entry) }
            }
            // No manifest is read in which an entry names a container that is not there.
            None => Source::Here(Vec::new()),
        },
        Place::Alone(content) => Source::Alone(Some(link(content.to_chk()))),
    };
    Found {
        path: entry.path.clone(),
        media_type: entry.media_type.clone(),
        length: entry.length,
        blake3: Some(entry.blake3),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(paths: &[&str]) -> Tree {
        let entry = |path: &&str| Entry {
            path: (*path).to_owned(),
            media_type: "text/html".to_owned(),
            length: 1,
            blake3: *blake3::hash(b"x").as_bytes(),
            place: Place::Inline,
        };
        let entries: Vec<Entry> = paths.iter().map(entry).collect();
        let inline = vec![b'x'; entries.len()];
        Tree::Directory(Box::new(Manifest::new(Vec::new(), entries, inline).unwrap()))
    }

    fn check(tree: &Tree, path: &str, expected: &str) {
        let found = match tree.resolve(path) {
            Resolved::File(found) => found.path,
            Resolved::Folder => "folder".to_owned(),
            Resolved::Listing => "listing".to_owned(),
            Resolved::Missing => "missing".to_owned(),
        };
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths_lead_to_files_folders_and_their_indexes() {
        let tree = directory(&["index.html", "a/index.htm", "a/b.html", "photos/1.png", "à/é.html", "x"]);
        for (path, expected) in [
            ("", "index.html"),
            ("index.html", "index.html"),
            ("a", "folder"),
            ("a/", "a/index.htm"),
            ("a/b.html", "a/b.html"),
            ("a/b.html/", "missing"),
            ("photos", "folder"),
            ("photos/", "listing"),
            ("à/é.html", "à/é.html"),
            ("x/", "missing"),
            ("../index.html", "missing"),
            ("/", "missing"),
            ("nowhere", "missing"),
            ("nowhere/", "missing"),
        ] {
            check(&tree, path, expected);
        }
        check(&directory(&["a.html"]), "", "listing");
        check(&directory(&[]), "", "listing");
        assert_eq!(tree.list("a/").map(|(path, _)| path).collect::<Vec<_>>(), ["a/b.html", "a/index.htm"]);
        assert_eq!(tree.list("").count(), 6);
    }

    #[test]
    fn one_file_is_all_there_is() {
        let tree = Tree::file("tract é.txt".to_owned(), "text/plain".to_owned(), 8);
        check(&tree, "", "tract é.txt");
        check(&tree, "tract é.txt", "tract é.txt");
        check(&tree, "other", "missing");
        for (media_type, opened) in
            [("text/html", true), ("Image/SVG+xml", true), ("application/pdf", false), ("", false)]
        {
            assert_eq!(is_presentable(media_type), opened, "{media_type}");
        }
    }
}
