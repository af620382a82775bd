use super::*;

fn found(search: &Search, query: &str) -> Vec<u32> {
    let query = Query::read(query).unwrap();
    search.matching(&query).0.iter().filter_map(|doc| search.post(doc)).collect()
}

#[test]
fn purging_changes_nothing_but_the_numbers() {
    let mut search = Search::default();
    let mut docs = Vec::new();
    let count = 2 * PURGE_MIN as u32 + 100;
    for post in 0..count {
        docs.push(search.add(post, &format!("titre {}", post % 7), &format!("texte {}", post % 11), "fr").unwrap());
    }
    assert!(!search.wants_purge());
    for post in (0..count).filter(|post| post % 3 != 0) {
        search.remove(docs[post as usize]);
        search.remove(docs[post as usize]);
    }
    let query = "titre 3 texte 5 ";
    let before = found(&search, query);
    assert!(before.len() > 20);
    let len = search.postings_len();
    assert!(search.wants_purge());
    let numbers = search.purge();
    assert_eq!(found(&search, query), before);
    assert!(search.postings_len() < len / 2);
    for post in 0..count {
        let number = numbers[docs[post as usize] as usize];
        assert_eq!(search.post(number), (post % 3 == 0).then_some(post));
    }
    // What comes after is found with the rest.
    search.add(count, "titre 3", "texte 5", "fr").unwrap();
    assert_eq!(found(&search, query).last(), Some(&count));
}

#[test]
fn a_word_in_a_title_is_told_from_one_in_a_text() {
    let mut search = Search::default();
    for (post, title, text) in [(0, "grève", "grève et loyer"), (1, "loyer", "grève"), (2, "", "rien")] {
        search.add(post, title, text, "fr").unwrap();
    }
    let in_title = |query: &str| {
        let (_, title) = search.matching(&Query::read(query).unwrap());
        title.iter().filter_map(|doc| search.post(doc)).collect::<Vec<_>>()
    };
    assert_eq!(in_title("grève "), [0]);
    assert_eq!(in_title("loyers "), [1]);
    assert_eq!(in_title("grève loyer "), [0_u32; 0]);
    assert_eq!(in_title(""), [0_u32; 0]);
    assert_eq!(found(&search, "grève loyer "), [0, 1]);
}

#[test]
fn the_words_of_a_text_are_bounded() {
    let mut search = Search::default();
    let text: String = (0..MAX_WORDS_INDEXED + 100).map(|number| format!("w{number} ")).collect();
    search.add(0, "", &text, "fr").unwrap();
    assert_eq!(found(&search, "w5 "), [0]);
    assert_eq!(found(&search, &format!("w{} ", MAX_WORDS_INDEXED + 50)), [0_u32; 0]);
}
