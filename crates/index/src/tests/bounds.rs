//! What happens when there is too much.

use roneo_social::{EnvelopeId, LabelTarget, PersonId, ReactionWord};

use super::world::{NOW, Reader, at, board, everything, open_on, person, spam};
use crate::bounds::{
    Limits, MAX_BOOKMARKS, MAX_CURATORS, MAX_DRAFT_LEN, MAX_DRAFTS, MAX_EDITS, MAX_FOLLOWED_BOARDS,
    MAX_FOLLOWED_PERSONS, MAX_MARKED_AT_ONCE, MAX_MUTES,
};
use crate::{Added, Curator, DraftId, IndexError, Mute, Paging, Tab};

fn small() -> Limits {
    Limits { posts: 32, beside: 16, ..Limits::default() }
}

#[test]
fn old_threads_make_room_except_those_that_are_held() {
    let mut reader = Reader::with(small());
    let [ada, own] = ['a', 'r'].map(person);
    let mine = reader.hears(&own.post(at(0), &[1], "À moi", "un"));
    let kept = reader.hears(&ada.post(at(1), &[1], "Gardé", "un"));
    let answered = reader.hears(&ada.post(at(2), &[1], "Répondu", "un"));
    reader.hears(&own.reply(at(3), &[1], answered, answered, "de moi"));
    let active = reader.hears(&ada.post(at(4), &[1], "Actif", "un"));
    reader.hears(&ada.reply(at(5_000), &[1], active, active, "encore"));
    reader.index.bookmark(kept, NOW).unwrap();
    let old = ada.post(at(6), &[1], "Vieux", "un");
    reader.hears(&old);
    let beside = reader.hears(&ada.react(at(7), old.id(), ReactionWord::Agree));
    for number in 0..60 {
        reader.hears(&ada.post(at(100 + number), &[1], "Autre", "un"));
        assert!(reader.index.stats().posts <= 32);
    }
    for held in [mine, kept, answered, active] {
        assert!(reader.index.has(&held));
    }
    assert!(!reader.index.has(&old.id()) && !reader.index.has(&beside));
    assert_eq!(reader.find("vieux "), Vec::<String>::new());
    // What went does not come back, nor does what is as old.
    assert_eq!(reader.add(&old), Added::TooOld);
    assert_eq!(reader.add(&ada.reply(at(8), &[1], old.id(), old.id(), "un")), Added::TooOld);
    // To a thread that is here, old replies still come, and the reader's own always do.
    reader.hears(&ada.reply(at(9), &[1], kept, kept, "tard"));
    reader.hears(&own.post(at(9), &[1], "À moi aussi", "un"));

    // On disk it is the same, and after the next flush what went is off it.
    let shown = everything(&reader.index, NOW);
    let (index, _) = open_on(&reader.disk, small()).unwrap();
    assert_eq!(everything(&index, NOW), shown);
    let before = index.stats().log_len;
    reader.index.flush().unwrap();
    assert!(reader.index.stats().log_len < before * 2 / 3);
    let (mut index, opened) = open_on(&reader.disk, small()).unwrap();
    assert_eq!((everything(&index, NOW), opened.segments), (shown, 1));
    let heard = super::world::Hearing::of(old);
    assert_eq!(index.add(heard.heard()).unwrap(), Added::TooOld);
}

#[test]
fn where_nothing_may_go_nothing_comes() {
    let mut reader = Reader::with(small());
    let [ada, own] = ['a', 'r'].map(person);
    for number in 0..32 {
        reader.hears(&own.post(at(number), &[1], "À moi", "un"));
    }
    assert_eq!(reader.add(&ada.post(at(100), &[1], "Un", "un")), Added::Full);
    assert_eq!(reader.index.stats().posts, 32);
}

#[test]
fn beside_posts_there_is_a_bound_too() {
    let mut reader = Reader::with(small());
    let [ada, ben] = ['a', 'b'].map(person);
    let post = reader.hears(&ada.post(at(0), &[1], "Un", "un"));
    let edit = reader.hears(&ada.edit(at(1), post, "", "deux"));
    for number in 0..60 {
        // About what is not here.
        reader.hears(&ben.react(at(100 + number), EnvelopeId::from_bytes([number as u8; 32]), ReactionWord::Agree));
        assert!(reader.index.stats().beside <= 16);
    }
    assert!(reader.index.has(&edit));
    assert_eq!(reader.post(post).standing.unwrap().text, "deux");
    let shown = everything(&reader.index, NOW);
    assert_eq!(everything(&open_on(&reader.disk, small()).unwrap().0, NOW), shown);
}

#[test]
fn of_many_edits_the_newest_are_kept() {
    let mut reader = Reader::new();
    let ada = person('a');
    let id = reader.hears(&ada.post(at(0), &[1], "Un", "un"));
    for number in 0..MAX_EDITS as u64 + 5 {
        reader.hears(&ada.edit(at(10 + number), id, "", &format!("texte {number}")));
    }
    assert_eq!(reader.add(&ada.edit(at(5), id, "", "trop tôt")), Added::Superseded);
    let post = reader.post(id);
    assert_eq!(post.versions, MAX_EDITS + 1);
    assert_eq!(post.standing.unwrap().text, format!("texte {}", MAX_EDITS + 4));
    assert_eq!(post.earlier.last().unwrap().text, "un");
}

#[test]
fn what_the_reader_sets_is_bounded() {
    let mut reader = Reader::new();
    let index = &mut reader.index;
    let bytes = |number: usize| {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    let envelope = |number| EnvelopeId::from_bytes(bytes(number));
    let person = |number| PersonId::from_bytes(bytes(number));
    let board = |number| roneo_social::BoardId::from_bytes(bytes(number));
    let draft = |number: usize| DraftId::new(&number.to_string()).unwrap();
    let full = |result: Result<(), IndexError>| assert!(matches!(result, Err(IndexError::Full(_))));

    (0..MAX_DRAFTS).for_each(|number| index.save_draft(&draft(number), "{}", NOW).unwrap());
    full(index.save_draft(&draft(MAX_DRAFTS), "{}", NOW));
    index.save_draft(&draft(3), "{\"plus\":1}", NOW).unwrap();
    index.drop_draft(&draft(4)).unwrap();
    index.save_draft(&draft(MAX_DRAFTS), &"é".repeat(MAX_DRAFT_LEN / 2), NOW).unwrap();
    let long = index.save_draft(&draft(3), &"e".repeat(MAX_DRAFT_LEN + 1), NOW);
    assert!(matches!(long, Err(IndexError::TooLong(_))));

    (0..MAX_BOOKMARKS).for_each(|number| index.bookmark(envelope(number), NOW).unwrap());
    full(index.bookmark(envelope(MAX_BOOKMARKS), NOW));
    index.unbookmark(envelope(3)).unwrap();
    index.bookmark(envelope(MAX_BOOKMARKS), NOW).unwrap();

    (0..MAX_MUTES / 2).for_each(|number| index.mute(Mute::Person(person(number)), NOW).unwrap());
    (0..MAX_MUTES / 2).for_each(|number| index.mute(Mute::Thread(envelope(number)), NOW).unwrap());
    full(index.mute(Mute::Thread(envelope(MAX_MUTES)), NOW));
    full(index.mute(Mute::Person(person(MAX_MUTES)), NOW));

    (0..MAX_FOLLOWED_BOARDS).for_each(|number| index.follow_board(board(number), NOW).unwrap());
    full(index.follow_board(board(MAX_FOLLOWED_BOARDS), NOW));
    (0..MAX_FOLLOWED_PERSONS).for_each(|number| index.follow_person(person(number), NOW).unwrap());
    full(index.follow_person(person(MAX_FOLLOWED_PERSONS), NOW));
    let curators: Vec<_> = (0..=MAX_CURATORS).map(|number| Curator { person: person(number), alone: true }).collect();
    assert!(matches!(index.set_curators(None, &curators), Err(IndexError::TooLong(_))));
    index.set_curators(None, &curators[1..]).unwrap();
    let ids: Vec<_> = (0..=MAX_MARKED_AT_ONCE).map(envelope).collect();
    assert!(matches!(index.mark_read(&ids, NOW), Err(IndexError::TooLong(_))));

    let shown = everything(index, NOW);
    let (again, _) = open_on(&reader.disk, Limits::default()).unwrap();
    assert_eq!(everything(&again, NOW), shown);
    let draft = again.draft(&draft(MAX_DRAFTS)).unwrap().unwrap();
    assert_eq!(draft.len(), MAX_DRAFT_LEN);
}

#[test]
fn where_there_are_too_many_words_the_newest_posts_are_found() {
    let limits = Limits { terms: 200, ..Limits::default() };
    let mut reader = Reader::with(limits);
    let ada = person('a');
    // Each with words of its own, and one that was changed.
    for number in 0..200 {
        let text = format!("unique{number} autre{number} encore{number}");
        let post = reader.hears(&ada.post(at(number), &[1], &format!("Titre{number}"), &text));
        if number % 50 == 0 {
            reader.hears(&ada.edit(at(number), post, "", &format!("change{number}")));
        }
        assert_eq!(reader.find(&format!("autre{number} ")).len(), usize::from(number % 50 != 0), "{number}");
        assert!(reader.index.stats().terms <= 200 + 12);
    }
    let gone = reader.index.stats().unsearchable;
    assert!((100..190).contains(&gone), "{gone}");
    let missing = (0..200).filter(|number| reader.find(&format!("titre{number} ")).is_empty());
    assert_eq!(missing.collect::<Vec<_>>(), (0..gone).collect::<Vec<_>>());
    // They are still listed.
    let page = reader.index.by_person(ada.id, &Paging { cursor: None, limit: Some(100) }, NOW).unwrap();
    assert_eq!(page.entries.len(), 100);
    assert_eq!(reader.index.stats().posts, 200);
    // A later wording of a post that is not found is not found either.
    let oldest = ada.post(at(0), &[1], "Titre0", "unique0 autre0 encore0").id();
    reader.hears(&ada.edit(at(500), oldest, "", "nouveau"));
    assert!(reader.find("nouveau ").is_empty());
    let postings_len = Limits { postings_len: 500, ..Limits::default() };
    let (index, _) = open_on(&reader.disk, postings_len).unwrap();
    assert!(index.stats().postings_len < 600 && index.stats().unsearchable > 100);
}

#[test]
fn segments_are_bounded_in_length_and_number() {
    let limits = Limits { segment_len: 2_048, segments: 6, ..Limits::default() };
    let mut reader = Reader::with(limits);
    let ada = person('a');
    for number in 0..30 {
        reader.hears(&ada.post(at(number), &[1], "Un", &"texte ".repeat(50)));
    }
    assert!(reader.index.stats().segments > 6);
    let shown = everything(&reader.index, NOW);
    reader.index.flush().unwrap();
    assert_eq!((reader.index.stats().segments, everything(&reader.index, NOW)), (1, shown));
    assert_eq!(reader.disk.files().len(), 1);
}

#[test]
fn a_log_of_which_most_is_dead_is_written_anew() {
    let limits = Limits { compact_min_len: 4_096, ..Limits::default() };
    let mut reader = Reader::with(limits);
    let draft = DraftId::new("d").unwrap();
    let mut longest = 0;
    for number in 0..100 {
        reader.index.save_draft(&draft, &format!("{{\"texte\":\"{number}\"}}").repeat(10), NOW).unwrap();
        reader.index.flush().unwrap();
        longest = longest.max(reader.index.stats().log_len);
    }
    assert!(longest < 3 * 4_096, "{longest}");
    assert!(reader.index.draft(&draft).unwrap().unwrap().contains("99"));
}

#[test]
fn what_is_not_indexed_is_told() {
    let mut reader = Reader::new();
    let ada = person('a');
    let poll = roneo_social::Body::Other { kind: "poll".to_owned(), fields: ciborium::Value::Map(Vec::new()) };
    assert_eq!(reader.add(&ada.say(at(0), poll)), Added::NotIndexed);
    let label = ada.say(at(0), spam(LabelTarget::Person(ada.id)));
    assert_eq!((reader.add(&label), reader.add(&label)), (Added::New, Added::Known));
    assert_eq!(reader.index.envelope(&label.id()).unwrap(), Some(label.to_bytes()));
    let page = reader.index.threads(board(1), Tab::All, &Paging::default(), NOW).unwrap();
    assert!(page.entries.is_empty());
}
