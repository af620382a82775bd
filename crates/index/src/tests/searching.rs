//! What is found, and where it stands.

use super::world::{NOW, Reader, at, board, person};
use crate::{Added, IndexError, Paging, SearchIn};

fn library() -> Reader {
    let mut reader = Reader::new();
    let [ada, ben] = ['a', 'b'].map(person);
    for (time, title, text) in [
        (10, "Les chevaux du maire", "L’école d'été accueille un cheval et des Œuvres."),
        (20, "Grève générale", "Réunion à l'hôpital : le chauffage est coupé depuis lundi."),
        (30, "Réunion", "On parle de la grève, du chauffage et des loyers."),
        (40, "Trocs", "Vélo contre radiateur. Aujourd'hui peut-être."),
    ] {
        reader.hears(&ada.post(at(time), &[1], title, text));
    }
    for (time, title, text) in [
        (50, "Rent strike", "The tenants' demonstrations begin tomorrow; Naïve questions welcome."),
        (60, "Council", "A demonstration of the boiler, and what it demonstrates."),
    ] {
        reader.hears(&ben.post_in("en", at(time), &[2], title, text));
    }
    let titles = SearchIn::default();
    assert_eq!(reader.find_in("", &titles).len(), 6);
    reader
}

#[test]
fn french_and_english_are_found() {
    let reader = library();
    for (query, expected) in [
        // Accents, capitals and ligatures.
        ("greve ", &["Grève générale", "Réunion"][..]),
        ("GRÈVE ", &["Grève générale", "Réunion"]),
        ("oeuvres ", &["Les chevaux du maire"]),
        ("naive ", &["Rent strike"]),
        // Elisions.
        ("hopital ", &["Grève générale"]),
        ("l'hôpital ", &["Grève générale"]),
        ("été ", &["Les chevaux du maire"]),
        ("tenants ", &["Rent strike"]),
        // Stems of French and of English.
        ("cheval ", &["Les chevaux du maire"]),
        ("loyer ", &["Réunion"]),
        ("demonstrating ", &["Council", "Rent strike"]),
        // All the words.
        ("chauffage reunion ", &["Réunion", "Grève générale"]),
        ("chauffage cheval ", &[]),
        // Unfinished words, and beginnings.
        ("radia", &["Trocs"]),
        ("radia ", &[]),
        ("radia* ", &["Trocs"]),
        ("chauf* lundi ", &["Grève générale"]),
        // Phrases, as they stand.
        ("\"du chauffage\"", &["Réunion"]),
        ("\"chauffage du\"", &[]),
        ("\"chauffage et des loyers\"", &["Réunion"]),
        ("\"loyer\"", &[]),
        // What is not wanted.
        ("chauffage -lundi ", &["Réunion"]),
        ("chauffage -\"du chauffage\" ", &["Grève générale"]),
        ("chauffage -\"chauffage du\" ", &["Réunion", "Grève générale"]),
        ("-chauffage -the -demonstration", &["Trocs", "Les chevaux du maire"]),
        ("peut-être ", &["Trocs"]),
        ("rien", &[]),
    ] {
        assert_eq!(reader.find(query), expected, "{query}");
    }
}

#[test]
fn titles_come_first_and_then_the_newest() {
    let reader = library();
    // In the title of the older one, in the text of the newer.
    assert_eq!(reader.find("greve "), ["Grève générale", "Réunion"]);
    assert_eq!(reader.find("reunion "), ["Réunion", "Grève générale"]);
    assert_eq!(reader.find("chauffage "), ["Réunion", "Grève générale"]);
    let page = reader.index.search("grève ", &SearchIn::default(), &Paging::default(), NOW).unwrap();
    assert_eq!(page.entries.iter().map(|hit| hit.in_title).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_search_has_borders() {
    let reader = library();
    let [ada, ben, cleo] = ['a', 'b', 'c'].map(person);
    let count = |within: SearchIn| reader.find_in("", &within).len();
    assert_eq!(count(SearchIn { author: Some(ada.id), ..SearchIn::default() }), 4);
    assert_eq!(count(SearchIn { author: Some(ben.id), ..SearchIn::default() }), 2);
    assert_eq!(count(SearchIn { author: Some(cleo.id), ..SearchIn::default() }), 0);
    assert_eq!(count(SearchIn { board: Some(board(1)), ..SearchIn::default() }), 4);
    assert_eq!(count(SearchIn { board: Some(board(2)), ..SearchIn::default() }), 0);
    assert_eq!(count(SearchIn { board: Some(board(9)), ..SearchIn::default() }), 0);
    assert_eq!(count(SearchIn { since: Some(at(50)), ..SearchIn::default() }), 2);
    let long = "a".repeat(crate::MAX_QUERY_LEN + 1);
    let refused = reader.index.search(&long, &SearchIn::default(), &Paging::default(), NOW);
    assert!(matches!(refused, Err(IndexError::TooLong(_))));
}

#[test]
fn the_wording_that_stands_is_found_and_no_other() {
    let mut reader = library();
    let ada = person('a');
    let id = reader.hears(&ada.post(at(100), &[1], "Marché", "Tomates"));
    assert_eq!(reader.find("marché tomates "), ["Marché"]);
    reader.hears(&ada.edit(at(120), id, "", "Courgettes"));
    assert_eq!(reader.find("tomates ").len(), 0);
    assert_eq!(reader.find("marche courgettes "), ["Marché"]);
    // One that came between, with a title that the later one inherits.
    reader.hears(&ada.edit(at(110), id, "Foire", "Aubergines"));
    assert_eq!(reader.find("aubergines ").len(), 0);
    assert_eq!(reader.find("marché ").len(), 0);
    assert_eq!(reader.find("foire courgettes "), ["Foire"]);
    // Before its post, an edit is not found, and then it is.
    let later = ada.post(at(200), &[1], "Bal", "Samedi");
    assert_eq!(reader.add(&ada.edit(at(210), later.id(), "", "Dimanche")), Added::New);
    assert_eq!(reader.find("dimanche ").len(), 0);
    reader.hears(&later);
    assert_eq!((reader.find("bal dimanche "), reader.find("samedi ").len()), (vec!["Bal".to_owned()], 0));
    reader.hears(&ada.retract(at(220), later.id(), ""));
    assert_eq!(reader.find("bal ").len(), 0);
}

#[test]
fn an_excerpt_is_of_what_was_found() {
    let mut reader = Reader::new();
    let ada = person('a');
    let text = format!("{}\n\nIci le **chauffage** est coupé. {}", "Avant. ".repeat(200), "Après. ".repeat(200));
    reader.hears(&ada.post(at(0), &[1], "Long", &text));
    reader.hears(&ada.post(at(1), &[1], "Court", "Rien d'autre"));
    let page = reader.index.search("chauffages ", &SearchIn::default(), &Paging::default(), NOW).unwrap();
    let excerpt = &page.entries[0].excerpt;
    assert!(excerpt.contains("Ici le **chauffage** est coupé."), "{excerpt}");
    assert!(excerpt.chars().count() <= crate::MAX_EXCERPT && excerpt.starts_with("Avant."), "{excerpt}");
    let page = reader.index.search("court ", &SearchIn::default(), &Paging::default(), NOW).unwrap();
    assert_eq!(page.entries[0].excerpt, "Rien d'autre");
}

#[test]
fn a_rare_phrase_among_common_words_leads_on() {
    let mut reader = Reader::new();
    let ada = person('a');
    reader.hears(&ada.post(at(0), &[1], "Le bon", "jour de fête"));
    for number in 0..crate::MAX_PHRASE_CHECKS as u64 + 50 {
        reader.hears(&ada.post(at(10 + number), &[1], "Un autre", "fête de jour"));
    }
    let mut paging = Paging::default();
    let mut pages = 0;
    let found = loop {
        let page = reader.index.search("\"jour de fête\"", &SearchIn::default(), &paging, NOW).unwrap();
        pages += 1;
        match (page.entries.first(), page.next) {
            (Some(hit), _) => break hit.title.clone(),
            (None, Some(next)) => paging.cursor = Some(next),
            (None, None) => panic!("the phrase is there"),
        }
    };
    assert_eq!((found.as_str(), pages), ("Le bon", 2));
}
