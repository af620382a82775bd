//! What was opened lately: in memory alone, and forgotten when the program ends or its user says so.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Links that are remembered.
pub(crate) const MAX_RECENT: usize = 12;

/// The last links opened in a browser, latest first.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Visited>>);

/// One of them. Whoever holds the link can read the content.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Visited {
    pub(crate) link: String,
    /// The path that opens it.
    pub(crate) path: String,
    /// Its name, in a stranger's words; empty where it has none.
    pub(crate) name: String,
    /// Media type, in a stranger's words.
    pub(crate) media_type: String,
    /// Bytes.
    pub(crate) length: u64,
    /// When, in seconds since 1970.
    pub(crate) at: u64,
}

impl Recent {
    /// Remembers a visit, in the place of an earlier one to the same link.
    pub(crate) fn add(&self, visited: Visited) {
        let mut list = self.lock();
        list.retain(|known| known.link != visited.link);
        list.push_front(visited);
        list.truncate(MAX_RECENT);
    }

    /// Latest first.
    pub(crate) fn list(&self) -> Vec<Visited> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets all.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Visited>> {
        // A panic elsewhere leaves at worst one visit out or too many.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(link: &str, at: u64) -> Visited {
        let (link, path) = (link.to_owned(), format!("/{link}"));
        Visited { link, path, name: String::new(), media_type: String::new(), length: 1, at }
    }

    #[test]
    fn the_latest_stands_first_and_once() {
        let recent = Recent::default();
        for at in 0..20 {
            recent.add(visit(&at.to_string(), at));
        }
        recent.add(visit("15", 20));
        let list = recent.list();
        assert_eq!((list.len(), list[0].at, list[1].at), (MAX_RECENT, 20, 19));
        assert_eq!(list.iter().filter(|visited| visited.link == "15").count(), 1);
        recent.forget();
        assert!(recent.list().is_empty());
    }
}
