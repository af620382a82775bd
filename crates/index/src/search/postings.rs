//! Lists of documents, and sets of them.

/// The documents that a term is in, ascending, each with whether it is in the title: differences, seven bits a byte.
#[derive(Default)]
pub(crate) struct Postings {
    bytes: Vec<u8>,
    last: u32,
}

impl Postings {
    /// Adds a document after all others, and says how many bytes that took.
    pub(crate) fn push(&mut self, doc: u32, in_title: bool) -> usize {
        let before = self.bytes.len();
        let mut rest = u64::from(doc - self.last) << 1 | u64::from(in_title);
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
        self.last = doc;
        self.bytes.len() - before
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn each(&self, mut found: impl FnMut(u32, bool)) {
        let (mut doc, mut value, mut shift) = (0_u32, 0_u64, 0);
        for byte in &self.bytes {
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                doc += (value >> 1) as u32;
                found(doc, value & 1 == 1);
                (value, shift) = (0, 0);
            }
        }
    }

    /// Adds the documents to two sets: all, and those with the term in their title.
    pub(crate) fn add_to(&self, anywhere: &mut DocSet, title: &mut DocSet) {
        self.each(|doc, in_title| {
            anywhere.insert(doc);
            if in_title {
                title.insert(doc);
            }
        });
    }

    /// The list with the documents' new numbers, without those that have [`u32::MAX`].
    pub(crate) fn renumbered(&self, numbers: &[u32]) -> Self {
        let mut list = Self::default();
        self.each(|doc, in_title| {
            if let Some(number) = numbers.get(doc as usize).filter(|number| **number != u32::MAX) {
                list.push(*number, in_title);
            }
        });
        list.bytes.shrink_to_fit();
        list
    }
}

/// A set of documents, one bit each.
#[derive(Clone)]
pub(crate) struct DocSet {
    words: Vec<u64>,
}

impl DocSet {
    /// None of so many documents.
    pub(crate) fn empty(docs: usize) -> Self {
        Self { words: vec![0; docs.div_ceil(64)] }
    }

    /// All of so many documents, and what is behind the last.
    pub(crate) fn full(docs: usize) -> Self {
        Self { words: vec![u64::MAX; docs.div_ceil(64)] }
    }

    fn insert(&mut self, doc: u32) {
        if let Some(word) = self.words.get_mut(doc as usize / 64) {
            *word |= 1 << (doc % 64);
        }
    }

    pub(crate) fn contains(&self, doc: u32) -> bool {
        self.words.get(doc as usize / 64).is_some_and(|word| word >> (doc % 64) & 1 == 1)
    }

    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Its documents, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().zip(0_u32..).flat_map(|(word, position)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                (bit < 64).then(|| {
                    word &= word - 1;
                    position * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_list_says_what_was_pushed(docs in proptest::collection::btree_map(0_u32..3_000_000, any::<bool>(), 0..50)) {
            let mut list = Postings::default();
            let len: usize = docs.iter().map(|(doc, in_title)| list.push(*doc, *in_title)).sum();
            prop_assert_eq!(len, list.len());
            let mut found = BTreeMap::new();
            list.each(|doc, in_title| {
                found.insert(doc, in_title);
            });
            prop_assert_eq!(found, docs);
        }

        #[test]
        fn a_set_says_what_was_put_in(
            docs in proptest::collection::btree_set(0_u32..500, 0..50),
            others in proptest::collection::btree_set(0_u32..500, 0..50),
        ) {
            let set = |docs: &std::collections::BTreeSet<u32>| {
                let mut set = DocSet::empty(500);
                docs.iter().for_each(|doc| set.insert(*doc));
                set
            };
            let (mut both, mut without) = (set(&docs), set(&docs));
            both.intersect(&set(&others));
            without.subtract(&set(&others));
            prop_assert_eq!(both.iter().collect::<Vec<_>>(), docs.intersection(&others).copied().collect::<Vec<_>>());
            prop_assert_eq!(without.iter().collect::<Vec<_>>(), docs.difference(&others).copied().collect::<Vec<_>>());
        }
    }
}
