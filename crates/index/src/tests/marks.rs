//! What the reader sets and takes back.

use super::world::{NOW, Reader, at, board, person};
use crate::{DraftId, IndexError, Mute, Paging, Tab};

#[test]
fn what_is_read_is_not_unread() {
    let mut reader = Reader::new();
    let [ada, own] = ['a', 'r'].map(person);
    reader.index.follow_board(board(1), NOW).unwrap();
    let root = reader.hears(&ada.post(at(0), &[1], "Un", "un"));
    let one = reader.hears(&ada.reply(at(10), &[1], root, root, "deux"));
    reader.hears(&own.reply(at(20), &[1], root, one, "à moi"));
    let counts = |reader: &Reader| {
        let row = &reader.index.boards(NOW)[0];
        (row.unread_threads, row.unread_posts)
    };
    assert_eq!(counts(&reader), (1, 2));
    reader.index.mark_read(&[one], NOW).unwrap();
    assert_eq!((counts(&reader), reader.titles(Tab::Unread)), ((1, 1), vec!["Un".to_owned()]));
    // A root stands for its thread.
    reader.index.mark_read(&[root], NOW).unwrap();
    assert_eq!((counts(&reader), reader.titles(Tab::Unread).len()), ((0, 0), 0));
    // What comes later is unread.
    let late = reader.hears(&ada.reply(at(5), &[1], root, root, "plus tôt, mais entendu plus tard"));
    assert_eq!(counts(&reader), (1, 1));
    reader.index.unmark(&[root], NOW).unwrap();
    assert_eq!(counts(&reader), (1, 3));

    // Up to a time of hearing, not of signing.
    assert_eq!(reader.index.mark_board_read(board(1), at(65)).unwrap(), 0);
    assert!(reader.post(root).read && reader.post(late).read && !reader.post(one).read);
    assert_eq!(reader.index.mark_board_read(board(1), NOW.0).unwrap(), at(65));
    assert_eq!(counts(&reader), (0, 0));
    reader.index.mark_unread(&[one], NOW).unwrap();
    assert_eq!(counts(&reader), (1, 1));
    reader.index.unmark(&[one], NOW).unwrap();
    assert_eq!(counts(&reader), (0, 0));
    reader.index.mark_board_read(board(1), 0).unwrap();
    assert_eq!((counts(&reader), reader.index.board_read_up_to(board(1))), ((1, 3), 0));
    // On another board nothing changes.
    reader.index.mark_board_read(board(2), NOW.0).unwrap();
    assert_eq!(counts(&reader), (1, 3));
}

#[test]
fn folded_posts_do_not_count_as_unread() {
    let mut reader = Reader::new();
    let [ada, ben] = ['a', 'b'].map(person);
    reader.index.follow_board(board(1), NOW).unwrap();
    let root = reader.hears(&ada.post(at(0), &[1], "Un", "un"));
    reader.hears(&ben.reply(at(10), &[1], root, root, "deux"));
    let other = reader.hears(&ben.post(at(20), &[1], "Deux", "deux"));
    let counts = |reader: &Reader| {
        let row = &reader.index.boards(NOW)[0];
        (row.unread_threads, row.unread_posts, row.newest)
    };
    assert_eq!(counts(&reader), (2, 3, Some(at(20))));
    reader.index.mute(Mute::Person(ben.id), NOW).unwrap();
    assert_eq!(counts(&reader), (1, 1, Some(at(20))));
    assert_eq!(reader.titles(Tab::Unread), ["Un"]);
    assert_eq!(reader.titles(Tab::All), ["Deux", "Un"]);
    assert_eq!(reader.titles(Tab::Folded), ["Deux"]);
    reader.index.unmute(Mute::Person(ben.id)).unwrap();
    reader.index.mute(Mute::Thread(root), NOW).unwrap();
    assert_eq!(counts(&reader), (1, 1, Some(at(20))));
    assert_eq!(reader.index.mutes(NOW).threads, [(root, NOW.0)]);
    reader.index.unmute(Mute::Thread(root)).unwrap();
    assert_eq!(counts(&reader), (2, 3, Some(at(20))));
    assert!(!reader.post(other).read);
}

#[test]
fn drafts_come_back_as_they_were_saved() {
    let mut reader = Reader::new();
    let (one, two) = (DraftId::new("reponse-1").unwrap(), DraftId::new("post").unwrap());
    reader.index.save_draft(&one, "{\"texte\":\"à suivre\"}", NOW).unwrap();
    reader.index.save_draft(&two, "", NOW).unwrap();
    reader.index.save_draft(&one, "{\"texte\":\"fini\"}", roneo_keys::time::Wall(NOW.0 + 1)).unwrap();
    let rows = reader.index.drafts();
    assert_eq!(rows.iter().map(|row| (row.id.as_str(), row.len)).collect::<Vec<_>>(), [("reponse-1", 16), ("post", 0)]);
    assert_eq!(reader.index.draft(&one).unwrap().as_deref(), Some("{\"texte\":\"fini\"}"));
    reader.index.drop_draft(&one).unwrap();
    reader.index.drop_draft(&one).unwrap();
    assert_eq!((reader.index.draft(&one).unwrap(), reader.index.drafts().len()), (None, 1));
    for refused in ["", "A", "é", &"a".repeat(41)] {
        assert!(matches!(DraftId::new(refused), Err(IndexError::DraftId)), "{refused}");
    }
}

#[test]
fn people_have_the_name_that_the_reader_gave_them() {
    let mut reader = Reader::new();
    let ada = person('a');
    let shown = |reader: &Reader| reader.index.person(ada.id, NOW).shown().map(str::to_owned);
    assert_eq!(shown(&reader), None);
    reader.hears(&ada.profile(at(0), 2, "Ada"));
    assert_eq!(reader.add(&ada.profile(at(10), 1, "Avant")), crate::Added::Superseded);
    assert_eq!(shown(&reader).as_deref(), Some("Ada"));
    reader.index.set_petname(ada.id, Some("  Ma  voisine ")).unwrap();
    assert_eq!(shown(&reader).as_deref(), Some("Ma voisine"));
    assert!(matches!(reader.index.set_petname(ada.id, Some("\n")), Err(IndexError::Name(_))));
    let named = reader.index.person(ada.id, NOW);
    assert_eq!((named.self_name.as_deref(), named.person), (Some("Ada"), ada.id));
    reader.index.set_petname(ada.id, None).unwrap();
    assert_eq!(shown(&reader).as_deref(), Some("Ada"));
}

#[test]
fn a_stranger_with_the_name_of_somebody_known_is_told_apart() {
    let mut reader = Reader::new();
    let (ada, other, own) = (person('a'), person('b'), person('c'));
    for (who, name) in [(&ada, "Ada Durand"), (&other, "Ada Durаnd"), (&own, "Moi")] {
        reader.hears(&who.profile(at(0), 1, name));
    }
    let root = reader.hears(&other.post(at(1), &[1], "Titre", "texte"));
    let looks_like = |reader: &Reader, id| reader.index.person(id, NOW).looks_like;
    assert_eq!(looks_like(&reader, other.id), None, "nobody is known yet");
    reader.index.follow_person(ada.id, NOW).unwrap();
    assert_eq!(looks_like(&reader, other.id).as_deref(), Some("Ada Durand"));
    assert_eq!((looks_like(&reader, ada.id), looks_like(&reader, own.id)), (None, None));
    let thread = reader.index.thread(&root, &Paging::default(), NOW).unwrap().unwrap();
    let told = |named: &crate::Named| named.looks_like.clone();
    assert_eq!(thread.row.author.as_ref().and_then(told).as_deref(), Some("Ada Durand"));
    assert_eq!(told(&thread.posts.entries[0].post.author).as_deref(), Some("Ada Durand"));
    // Whom the reader named they tell apart themselves.
    reader.index.set_petname(other.id, Some("L’autre")).unwrap();
    assert_eq!(looks_like(&reader, other.id), None);
    reader.index.unfollow_person(ada.id).unwrap();
    reader.index.set_petname(other.id, None).unwrap();
    reader.index.set_petname(own.id, Some("ada-durand")).unwrap();
    assert_eq!(looks_like(&reader, other.id).as_deref(), Some("ada-durand"), "a name given counts as well");
}

#[test]
fn bookmarks_are_listed_newest_first_page_after_page() {
    let mut reader = Reader::new();
    let ada = person('a');
    let ids: Vec<_> =
        (0..7).map(|number| reader.hears(&ada.post(at(number), &[1], &format!("Titre {number}"), "texte"))).collect();
    for (id, seconds) in ids.iter().zip([5, 3, 9, 3, 1, 7, 8]) {
        reader.index.bookmark(*id, roneo_keys::time::Wall(at(seconds))).unwrap();
    }
    let missing = roneo_social::EnvelopeId::from_bytes([4; 32]);
    reader.index.bookmark(missing, roneo_keys::time::Wall(at(2))).unwrap();
    let mut found = Vec::new();
    let mut paging = Paging { cursor: None, limit: Some(3) };
    loop {
        let page = reader.index.bookmarks(&paging, NOW).unwrap();
        found.extend(page.entries.iter().map(|entry| (entry.at - at(0), entry.post.is_some())));
        paging.cursor = page.next;
        if paging.cursor.is_none() {
            break;
        }
    }
    let times: Vec<_> = found.iter().map(|(time, _)| *time).collect();
    assert_eq!(times, [9, 8, 7, 5, 3, 3, 2, 1]);
    assert!(found.iter().all(|(time, here)| *here == (*time != 2)));
    assert!(reader.post(ids[0]).bookmarked);
    reader.index.unbookmark(ids[0]).unwrap();
    assert!(!reader.post(ids[0]).bookmarked);
}
