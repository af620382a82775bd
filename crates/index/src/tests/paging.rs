//! Pages neither repeat nor skip, whatever comes while somebody turns them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roneo_keys::time::Wall;
use roneo_social::{Envelope, EnvelopeId};

use super::world::{NOW, Reader, at, board, person};
use crate::{IndexError, Paging, SearchIn, Tab};

/// A list of the index, by page.
#[derive(Debug, Clone, Copy)]
enum List {
    Threads,
    Thread,
    Person,
    Search,
    Phrase,
}

const LISTS: [List; 5] = [List::Threads, List::Thread, List::Person, List::Search, List::Phrase];

fn page(reader: &Reader, list: List, root: EnvelopeId, paging: &Paging) -> (Vec<EnvelopeId>, Option<String>) {
    let index = &reader.index;
    let within = SearchIn::default();
    match list {
        List::Threads => {
            let page = index.threads(board(1), Tab::All, paging, NOW).unwrap();
            (page.entries.iter().map(|row| row.root).collect(), page.next)
        }
        List::Thread => {
            let page = index.thread(&root, paging, NOW).unwrap().unwrap().posts;
            (page.entries.iter().map(|placed| placed.post.id).collect(), page.next)
        }
        List::Person => {
            let page = index.by_person(person('a').id, paging, NOW).unwrap();
            (page.entries.iter().map(|post| post.id).collect(), page.next)
        }
        List::Search | List::Phrase => {
            let query = if matches!(list, List::Search) { "mot " } else { "\"un mot\"" };
            let page = index.search(query, &within, paging, NOW).unwrap();
            (page.entries.iter().map(|hit| hit.id).collect(), page.next)
        }
    }
}

fn all(reader: &Reader, list: List, root: EnvelopeId) -> Vec<EnvelopeId> {
    let mut ids = Vec::new();
    let mut paging = Paging { cursor: None, limit: Some(100) };
    loop {
        let (found, next) = page(reader, list, root, &paging);
        ids.extend(found);
        match next {
            Some(next) => paging.cursor = Some(next),
            None => return ids,
        }
    }
}

/// Posts and replies by `a` and `b` at times of no order, some of them ahead, some replies before their parents.
fn said(choices: &[(u8, u8, u16)]) -> Vec<Envelope> {
    let [ada, ben] = ['a', 'b'].map(person);
    let root = ada.post(at(0), &[1], "Racine", "un mot").id();
    let mut threads = vec![(root, vec![root])];
    let mut envelopes = Vec::new();
    for (number, (kind, which, time)) in choices.iter().enumerate() {
        let who = if which % 2 == 0 { &ada } else { &ben };
        let time = at(u64::from(*time));
        let count = threads.len();
        let (thread, posts) = &mut threads[usize::from(*which) % count];
        let envelope = match kind % 6 {
            0 | 1 => who.post(time, &[1], &format!("Titre {number}"), "un mot"),
            2 => who.edit(time, posts[usize::from(*which) % posts.len()], "Mot", "un mot changé"),
            3 => who.post(NOW.0 + 5_000, &[1], &format!("Titre {number}"), "un mot"),
            _ => {
                let reply = who.reply(time, &[1], *thread, posts[usize::from(*which) % posts.len()], "un mot");
                posts.push(reply.id());
                reply
            }
        };
        if kind % 6 < 2 {
            threads.push((envelope.id(), vec![envelope.id()]));
        }
        envelopes.push(envelope);
    }
    envelopes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn pages_neither_repeat_nor_skip(
        choices in proptest::collection::vec((any::<u8>(), any::<u8>(), 0_u16..2_000), 10..60),
        order in any::<prop::sample::Index>(),
        known in 5_usize..40,
        limit in 1_usize..6,
        between in 0_usize..4,
    ) {
        let mut envelopes = said(&choices);
        let turn = order.index(envelopes.len());
        envelopes.rotate_left(turn);
        for list in LISTS {
            let mut reader = Reader::new();
            let root = reader.hears(&person('a').post(at(0), &[1], "Racine", "un mot"));
            let mut coming = envelopes.iter();
            for envelope in coming.by_ref().take(known) {
                reader.add(envelope);
            }
            let before = all(&reader, list, root);
            let mut turned = Vec::new();
            let mut paging = Paging { cursor: None, limit: Some(limit) };
            loop {
                let (found, next) = page(&reader, list, root, &paging);
                prop_assert!(found.len() <= limit);
                turned.extend(found);
                let Some(next) = next else { break };
                paging.cursor = Some(next);
                for envelope in coming.by_ref().take(between) {
                    reader.add(envelope);
                }
            }
            let distinct: BTreeSet<_> = turned.iter().collect();
            prop_assert_eq!(distinct.len(), turned.len(), "{:?} repeats", list);
            // One state of the list, that of its beginning, in its order.
            prop_assert!(turned == before, "{:?}: {} of {}", list, turned.len(), before.len());
        }
    }
}

#[test]
fn a_list_goes_on_from_where_it_is_and_from_nowhere_else() {
    let mut reader = Reader::new();
    let ada = person('a');
    let root = reader.hears(&ada.post(at(0), &[1], "Un", "un"));
    for number in 1..4 {
        reader.hears(&ada.post(at(number), &[1], "Titre", "un"));
        reader.hears(&ada.reply(at(number), &[1], root, root, "un"));
    }
    let paging = Paging { cursor: None, limit: Some(1) };
    let cursor = reader.index.threads(board(1), Tab::All, &paging, NOW).unwrap().next;
    let wrong = Paging { cursor, limit: Some(1) };
    assert!(matches!(reader.index.thread(&root, &wrong, NOW), Err(IndexError::Cursor)));
    assert!(matches!(reader.index.by_person(ada.id, &wrong, NOW), Err(IndexError::Cursor)));
    for text in ["", "?", "AAAA", &"A".repeat(500)] {
        let wrong = Paging { cursor: Some(text.to_owned()), limit: None };
        assert!(matches!(reader.index.threads(board(1), Tab::All, &wrong, NOW), Err(IndexError::Cursor)), "{text}");
    }
    // A cursor outlives the session.
    let first = reader.index.threads(board(1), Tab::All, &paging, NOW).unwrap();
    let (index, _) = super::world::open_on(&reader.disk, crate::bounds::Limits::default()).unwrap();
    let rest = Paging { cursor: first.next, limit: Some(100) };
    assert_eq!(index.threads(board(1), Tab::All, &rest, NOW).unwrap().entries.len(), 3);
    // Later the list may have got longer.
    let later = index.threads(board(1), Tab::All, &Paging::default(), Wall(NOW.0 + 1)).unwrap();
    assert_eq!((later.entries.len(), later.next), (4, None));
}
