//! Which words are in which texts, in memory alone.
//!
//! Texts are documents here: one for each wording of a post, numbered as they come. A word is known in its folded
//! form and, in French and English, by its stem; each has a list of the documents it is in.

mod postings;
mod query;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

pub(crate) use postings::DocSet;
use postings::Postings;
pub(crate) use query::{Clause, Query};
use words::{Forms, each_chunk};
pub(crate) use words::{Language, folded_words};

use crate::bounds::MAX_WORDS_INDEXED;

/// Chunks of text whose terms are remembered while many texts are taken in.
const CACHE_LEN: usize = 1 << 18;
/// Bytes of the longest of them, and the most terms that one of them has.
const CACHED_CHUNK_LEN: usize = 24;
const CACHED_TERMS: usize = 2;
/// Documents that are gone before the lists are cleared of them.
const PURGE_MIN: usize = 4_096;
/// The document of nothing.
const GONE: u32 = u32::MAX;

/// A chunk of text, and zeros behind it. Both halves of the cache lie where they are found: of 14 million look-ups
/// while 100,000 posts are taken in, each would else wait for memory three times.
type CachedChunk = [u8; CACHED_CHUNK_LEN];
/// Its terms, and [`GONE`] where there are fewer.
type CachedTerms = [u32; CACHED_TERMS];

/// The inverted index.
#[derive(Default)]
pub(crate) struct Search {
    terms: BTreeMap<Box<str>, u32>,
    lists: Vec<Postings>,
    /// The post behind each document.
    docs: Vec<u32>,
    gone: usize,
    postings_len: usize,
    /// The terms of one document, while it is taken in: each with whether it is elsewhere than in the title.
    found: Vec<(u32, bool)>,
    /// Terms of chunks of text, by language.
    cache: [HashMap<CachedChunk, CachedTerms>; 3],
}

impl Search {
    /// Takes a text in for a post, and says its number. None where there are no more numbers.
    pub(crate) fn add(&mut self, post: u32, title: &str, text: &str, language: &str) -> Option<u32> {
        let doc = u32::try_from(self.docs.len()).ok().filter(|doc| *doc != GONE)?;
        let language = Language::of(language);
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        let mut left = MAX_WORDS_INDEXED;
        for (part, elsewhere) in [(title, false), (text, true)] {
            each_chunk(part, |chunk| {
                left = left.saturating_sub(1);
                if left > 0 {
                    self.terms_of(chunk, language, |term| found.push((term, elsewhere)));
                }
                left > 0
            });
        }
        // Of two of one term that in the title comes first, and stays.
        found.sort_unstable();
        found.dedup_by_key(|(term, _)| *term);
        for (term, elsewhere) in &found {
            self.postings_len += self.lists[*term as usize].push(doc, !elsewhere);
        }
        self.found = found;
        self.docs.push(post);
        Some(doc)
    }

    /// Hands every term of a chunk to `each`.
    fn terms_of(&mut self, chunk: &str, language: Language, mut each: impl FnMut(u32)) {
        let key = cached_chunk(chunk);
        if let Some(terms) = key.and_then(|key| self.cache[language as usize].get(&key)) {
            terms.iter().copied().filter(|term| *term != GONE).for_each(each);
            return;
        }
        let mut cached: CachedTerms = [GONE; CACHED_TERMS];
        let mut count = 0;
        let mut found = |term: u32| {
            if let Some(place) = cached.get_mut(count) {
                *place = term;
            }
            count += 1;
            each(term);
        };
        words::each_word(chunk, |word| {
            if let Some(forms) = Forms::of(word, language) {
                found(self.term(&forms.folded));
                forms.stem.into_iter().for_each(|stem| found(self.term(&stem)));
            }
        });
        if let Some(key) = key.filter(|_| count <= CACHED_TERMS) {
            let cache = &mut self.cache[language as usize];
            if cache.len() >= CACHE_LEN {
                cache.clear();
            }
            cache.insert(key, cached);
        }
    }

    /// The number of a term, new or not.
    fn term(&mut self, text: &str) -> u32 {
        if let Some(term) = self.terms.get(text) {
            return *term;
        }
        let term = self.lists.len() as u32;
        self.lists.push(Postings::default());
        self.terms.insert(text.into(), term);
        term
    }

    /// Takes a text out.
    pub(crate) fn remove(&mut self, doc: u32) {
        if let Some(post) = self.docs.get_mut(doc as usize).filter(|post| **post != GONE) {
            *post = GONE;
            self.gone += 1;
        }
    }

    /// The post behind a document.
    pub(crate) fn post(&self, doc: u32) -> Option<u32> {
        self.docs.get(doc as usize).copied().filter(|post| *post != GONE)
    }

    /// Frees what is of use only while many texts are taken in.
    pub(crate) fn settle(&mut self) {
        self.cache = <[HashMap<_, _>; 3]>::default();
    }

    /// Different terms.
    pub(crate) fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// Bytes of all lists.
    pub(crate) fn postings_len(&self) -> usize {
        self.postings_len
    }

    /// Whether half of the documents are gone, so that it is worth to clear the lists of them.
    pub(crate) fn wants_purge(&self) -> bool {
        self.gone >= PURGE_MIN && self.gone * 2 >= self.docs.len()
    }

    /// Clears the lists of documents that are gone. Says for each document its new number, [`u32::MAX`] for those that
    /// are gone.
    pub(crate) fn purge(&mut self) -> Vec<u32> {
        let mut kept = Vec::with_capacity(self.docs.len() - self.gone);
        let numbers: Vec<u32> = self
            .docs
            .iter()
            .map(|post| {
                if *post == GONE {
                    return GONE;
                }
                kept.push(*post);
                (kept.len() - 1) as u32
            })
            .collect();
        let mut lists = Vec::new();
        self.terms.retain(|_, term| {
            let list = self.lists[*term as usize].renumbered(&numbers);
            *term = lists.len() as u32;
            let some = !list.is_empty();
            if some {
                lists.push(list);
            }
            some
        });
        self.postings_len = lists.iter().map(Postings::len).sum();
        (self.lists, self.docs, self.gone) = (lists, kept, 0);
        self.settle();
        numbers
    }

    /// Every document that answers a query, and those of them that do in their title.
    ///
    /// Of a phrase the words count here, wherever they stand: the texts have to be read for the rest.
    pub(crate) fn matching(&self, query: &Query) -> (DocSet, DocSet) {
        let mut all = DocSet::full(self.docs.len());
        let mut in_title = if query.wanted.is_empty() { DocSet::empty(self.docs.len()) } else { all.clone() };
        for clause in &query.wanted {
            let (anywhere, title) = self.holding(clause);
            all.intersect(&anywhere);
            in_title.intersect(&title);
        }
        for clause in &query.unwanted {
            // Of an unwanted phrase its words alone are no reason.
            if let Clause::Word { .. } = clause {
                all.subtract(&self.holding(clause).0);
            }
        }
        in_title.intersect(&all);
        (all, in_title)
    }

    /// The documents that hold a clause, and those that do in their title.
    fn holding(&self, clause: &Clause) -> (DocSet, DocSet) {
        let (mut anywhere, mut title) = (DocSet::empty(self.docs.len()), DocSet::empty(self.docs.len()));
        let mut add = |term: u32| self.lists[term as usize].add_to(&mut anywhere, &mut title);
        match clause {
            Clause::Word { folded, stems, prefix } => {
                if *prefix {
                    let from = (Bound::Included(folded.as_str()), Bound::Unbounded);
                    let from = self.terms.range::<str, (Bound<&str>, Bound<&str>)>(from);
                    from.take_while(|(text, _)| text.starts_with(folded.as_str())).for_each(|(_, term)| add(*term));
                } else {
                    self.terms.get(folded.as_str()).copied().into_iter().for_each(&mut add);
                }
                stems.iter().filter_map(|stem| self.terms.get(stem.as_str())).for_each(|term| add(*term));
            }
            Clause::Phrase(words) => {
                (anywhere, title) = (DocSet::full(self.docs.len()), DocSet::full(self.docs.len()));
                for word in words {
                    let word = Clause::Word { folded: word.clone(), stems: Vec::new(), prefix: false };
                    let (with, with_title) = self.holding(&word);
                    anywhere.intersect(&with);
                    title.intersect(&with_title);
                }
            }
        }
        (anywhere, title)
    }
}

/// A chunk as it is remembered, if it is.
fn cached_chunk(chunk: &str) -> Option<CachedChunk> {
    let mut key = [0; CACHED_CHUNK_LEN];
    key.get_mut(..chunk.len())?.copy_from_slice(chunk.as_bytes());
    (!chunk.contains('\0')).then_some(key)
}

#[cfg(test)]
mod tests;
