//! Which sites are open, and under which labels.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use roneo_keys::{Uri, Usk};

use super::{Contents, Tree};
use crate::link;

/// Sites open at once. One more closes the one that was looked at longest ago.
pub(crate) const MAX_OPEN: usize = 64;

/// Bytes of their lists of files, in all. The last one opened stays whatever its length.
const MAX_TREES_LEN: usize = 64 << 20;

/// Characters of a label: 130 bits.
const LABEL_LEN: usize = 26;

/// RFC 4648's alphabet, in lower case as host names are compared.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What is open.
pub(crate) struct Sites {
    secret: [u8; 32],
    /// The one looked at last is the last.
    open: Mutex<VecDeque<Arc<Site>>>,
    /// What was fetched of them.
    pub(crate) contents: Arc<Contents>,
}

/// Something that is open. It stays as it was found: another edition is another site.
pub(crate) struct Site {
    /// The first part of its host name.
    pub(crate) label: String,
    /// The link to exactly this, without the path of a file.
    pub(crate) uri: Uri,
    /// What it is called, in a stranger's words.
    pub(crate) name: String,
    /// Its files.
    pub(crate) tree: Tree,
}

/// Whether a text can be a label.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() == LABEL_LEN && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

impl Sites {
    /// None open, with labels that nobody can know. Without randomness from the system the program ends.
    pub(crate) fn new() -> Self {
        let mut secret = [0; 32];
        UnwrapErr(SysRng).fill_bytes(&mut secret);
        Self { secret, open: Mutex::default(), contents: Arc::new(Contents::new()) }
    }

    /// Opens a site, or finds it open.
    pub(crate) fn open(&self, uri: Uri, name: String, tree: Tree) -> Arc<Site> {
        let label = self.label(&uri);
        if let Some(site) = self.find(&label) {
            return site;
        }
        let site = Arc::new(Site { label, uri, name, tree });
        let mut open = self.lock();
        open.push_back(Arc::clone(&site));
        let length = |open: &VecDeque<Arc<Site>>| open.iter().map(|site| site.tree.held_bytes()).sum::<usize>();
        while open.len() > MAX_OPEN || open.len() > 1 && length(&open) > MAX_TREES_LEN {
            open.pop_front();
        }
        site
    }

    /// The site of a label. It counts as looked at.
    pub(crate) fn find(&self, label: &str) -> Option<Arc<Site>> {
        let mut open = self.lock();
        let place = open.iter().position(|site| site.label == label)?;
        let site = open.remove(place)?;
        open.push_back(Arc::clone(&site));
        Some(site)
    }

    /// Whether a site of that label is open.
    pub(crate) fn is_open(&self, label: &str) -> bool {
        self.lock().iter().any(|site| site.label == label)
    }

    /// The newest edition of the same site that was opened, if it is newer.
    pub(crate) fn newer(&self, site: &Site) -> Option<u64> {
        let open = self.lock();
        let editions = open.iter().filter_map(|other| site.newer_in(&other.uri));
        editions.max()
    }

    fn label(&self, uri: &Uri) -> String {
        let hash = blake3::keyed_hash(&self.secret, uri.to_text().as_bytes());
        let mut bits = hash.as_bytes().iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let mut sign = || (0..5).fold(0, |sign, _| sign << 1 | bits.next().unwrap_or_default());
        (0..LABEL_LEN).map(|_| char::from(ALPHABET[usize::from(sign())])).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Site>>> {
        // A panic elsewhere leaves the queue whole: every change to it is a single call.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    /// Its edition, if it has editions.
    pub(crate) fn edition(&self) -> Option<u64> {
        if let Uri::Usk(usk) = &self.uri { Some(usk.edition) } else { None }
    }

    /// The link that fetches exactly this: a USK would lead to the newest edition.
    pub(crate) fn exact(&self) -> Uri {
        let exact = if let Uri::Usk(usk) = &self.uri { usk.exact(usk.edition).ok() } else { None };
        exact.map_or_else(|| self.uri.clone(), Uri::Ssk)
    }

    /// The edition in a link to the same site.
    pub(crate) fn edition_in(&self, link: &Uri) -> Option<u64> {
        let (Uri::Usk(own), Uri::Usk(other)) = (&self.uri, link) else { return None };
        let there = Usk { edition: own.edition, path: own.path.clone(), ..other.clone() };
        (there == *own).then_some(other.edition)
    }

    /// The same, if it is newer than this.
    pub(crate) fn newer_in(&self, link: &Uri) -> Option<u64> {
        self.edition_in(link).filter(|&edition| Some(edition) > self.edition())
    }

    /// The path on the console that opens another edition of it.
    pub(crate) fn path_of_edition(&self, edition: u64) -> String {
        match &self.uri {
            Uri::Usk(usk) => link::page_path(&Uri::Usk(Usk { edition, ..usk.clone() })),
            other => link::page_path(other),
        }
    }

    /// Whether a link names this very thing, whatever stands behind it.
    pub(crate) fn is_named_by(&self, link: &Uri) -> bool {
        match (self.edition(), self.edition_in(link)) {
            (Some(own), Some(asked)) => asked <= own,
            _ => link.clone().with_path("") == self.uri,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usk(edition: u64, path: &str) -> Uri {
        let word: roneo_keys::Docname = "journal".parse().unwrap();
        let ssk = roneo_keys::Ksk { word, path: path.to_owned() }.to_ssk();
        let roneo_keys::Ssk { public, key, extra, docname, path } = ssk;
        Uri::Usk(Usk { public, key, extra, docname, edition, path })
    }

    fn file() -> Tree {
        Tree::file("a.txt".to_owned(), "text/plain".to_owned(), 3)
    }

    #[test]
    fn labels_are_of_one_run_and_one_link() {
        let (sites, others) = (Sites::new(), Sites::new());
        let label = |sites: &Sites, edition| sites.open(usk(edition, ""), String::new(), file()).label.clone();
        let first = label(&sites, 4);
        assert!(is_label(&first), "{first}");
        assert_eq!(first, label(&sites, 4));
        assert_ne!(first, label(&sites, 5));
        assert_ne!(first, label(&others, 4));
        for other in
            ["", "localhost", "k7qvnm3tak7qvnm3tak7qvnm3", "K7QVNM3TAK7QVNM3TAK7QVNM3T", "k7qvnm3tak7qvnm3tak7qvnm31"]
        {
            assert!(!is_label(other), "{other}");
        }
    }

    #[test]
    fn the_site_looked_at_longest_ago_is_closed_first() {
        let sites = Sites::new();
        let labels: Vec<String> = (0..MAX_OPEN as u64)
            .map(|edition| sites.open(usk(edition, ""), String::new(), file()).label.clone())
            .collect();
        assert!(sites.find(&labels[0]).is_some());
        sites.open(usk(1_000, ""), String::new(), file());
        assert!(sites.is_open(&labels[0]) && !sites.is_open(&labels[1]) && sites.is_open(&labels[2]));
    }

    #[test]
    fn a_newer_edition_is_known_once_it_was_seen() {
        let sites = Sites::new();
        let site = sites.open(usk(4, ""), String::new(), file());
        assert_eq!(sites.newer(&site), None);
        sites.open(usk(6, ""), String::new(), file());
        assert_eq!(sites.newer(&site), Some(6));
        for (link, named) in [(usk(4, "a/b"), true), (usk(0, ""), true), (usk(5, "a"), false)] {
            assert_eq!(site.is_named_by(&link), named);
        }
    }
}
