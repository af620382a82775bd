//! What is shown of a post, and what of it is folded.

use roneo_keys::time::Wall;
use roneo_social::{EnvelopeId, Label, LabelTag, LabelTarget, ReactionWord};

use super::world::{Hearing, NOW, Person, Reader, at, board, person, spam};
use crate::{Added, Curator, Fold, Mute, Paging, Tab};

#[test]
fn edits_stand_by_their_time_and_are_the_authors_alone() {
    let mut reader = Reader::new();
    let [ada, ben] = ['a', 'b'].map(person);
    let id = reader.hears(&ada.post(at(0), &[1], "Titre", "un"));
    reader.hears(&ada.edit(at(20), id, "", "trois"));
    reader.hears(&ada.edit(at(10), id, "Titre deux", "deux"));
    assert_eq!(reader.add(&ben.edit(at(30), id, "Faux", "faux")), Added::NotTheirs);
    let post = reader.post(id);
    let standing = post.standing.unwrap();
    assert_eq!((standing.title.as_str(), standing.text.as_str()), ("Titre deux", "trois"));
    let earlier: Vec<_> = post.earlier.iter().map(|version| version.text.as_str()).collect();
    assert_eq!((earlier, post.versions), (vec!["deux", "un"], 3));
    assert_eq!(reader.titles(Tab::All), ["Titre deux"]);
    // In a list a few earlier wordings stand for all.
    for number in 0..5 {
        reader.hears(&ada.edit(at(100 + number), id, "", "encore"));
    }
    let thread = reader.index.thread(&id, &Paging::default(), NOW).unwrap().unwrap();
    let shown = &thread.posts.entries[0].post;
    assert_eq!((shown.earlier.len(), shown.versions, reader.post(id).earlier.len()), (3, 8, 7));
}

#[test]
fn what_was_taken_back_keeps_its_place_without_its_text() {
    let mut reader = Reader::new();
    let [ada, ben] = ['a', 'b'].map(person);
    let root = reader.hears(&ada.post(at(0), &[1], "Titre", "un"));
    let reply = reader.hears(&ben.reply(at(10), &[1], root, root, "réponse"));
    reader.hears(&ben.reply(at(20), &[1], root, reply, "suite"));
    assert_eq!(reader.add(&ada.retract(at(30), reply, "pas elle")), Added::NotTheirs);
    reader.hears(&ben.retract(at(30), reply, "erreur"));
    let thread = reader.index.thread(&root, &Paging::default(), NOW).unwrap().unwrap();
    let depths: Vec<_> = thread.posts.entries.iter().map(|placed| placed.depth).collect();
    assert_eq!(depths, [0, 1, 2]);
    let post = &thread.posts.entries[1].post;
    assert_eq!(post.retracted.as_ref().unwrap().reason, "erreur");
    assert!(post.standing.is_none() && post.earlier.is_empty() && post.versions == 0);
    assert!(reader.find("réponse ").is_empty());
    reader.hears(&ada.retract(at(40), root, ""));
    let row = &reader.index.threads(board(1), Tab::All, &Paging::default(), NOW).unwrap().entries[0];
    assert_eq!((row.title.clone(), row.retracted, row.replies), (None, true, 2));
}

#[test]
fn of_each_person_one_reaction_stands() {
    let mut reader = Reader::new();
    let [ada, ben, own] = ['a', 'b', 'r'].map(person);
    let id = reader.hears(&ada.post(at(0), &[1], "Titre", "un"));
    reader.hears(&ben.react(at(20), id, ReactionWord::Thanks));
    assert_eq!(reader.add(&ben.react(at(10), id, ReactionWord::Agree)), Added::Superseded);
    reader.hears(&own.react(at(10), id, ReactionWord::Thanks));
    reader.hears(&own.react(at(30), id, ReactionWord::Question));
    let post = reader.post(id);
    let counts: Vec<_> = post.reactions.iter().map(|reaction| (reaction.word, reaction.count)).collect();
    assert_eq!(counts, [(ReactionWord::Thanks, 1), (ReactionWord::Question, 1)]);
    assert_eq!(post.own_reaction, Some(ReactionWord::Question));
}

#[test]
fn corrections_stand_beside() {
    let mut reader = Reader::new();
    let [ada, ben] = ['a', 'b'].map(person);
    let id = reader.hears(&ada.post(at(0), &[1], "Titre", "un"));
    for number in 0..crate::MAX_CORRECTIONS_EACH as u64 + 2 {
        reader.add(&ben.correct(at(10 + number), id, &format!("c'est {number}")));
    }
    let post = reader.post(id);
    assert_eq!((post.corrections.len(), post.correction_count), (8, 8));
    assert_eq!((post.corrections[0].text.as_str(), post.corrections[0].sources.len()), ("c'est 2", 1));
}

#[test]
fn what_is_ahead_of_its_time_waits() {
    let mut reader = Reader::new();
    let ada = person('a');
    let root = reader.hears(&ada.post(at(0), &[1], "Titre", "un"));
    let other = reader.hears(&ada.post(at(5), &[1], "Autre", "un"));
    let ahead = NOW.0 + 700;
    let reply = reader.hears(&ada.reply(ahead, &[1], root, root, "bientôt"));
    reader.hears(&ada.edit(ahead, other, "Nouveau", "deux"));
    reader.hears(&ada.retract(ahead, root, "fini"));
    reader.hears(&ada.post(ahead, &[1], "Demain", "un"));
    assert_eq!(reader.titles(Tab::All), ["Autre", "Titre"]);
    assert_eq!(reader.index.post(&reply, NOW).unwrap(), None);
    assert_eq!(reader.find("bientôt "), Vec::<String>::new());
    assert_eq!(reader.find("deux "), Vec::<String>::new());
    assert_eq!(reader.find("un ").len(), 2);
    // What stands until then is kept until then.
    reader.hears(&ada.react(ahead, other, ReactionWord::Agree));
    reader.hears(&ada.react(at(6), other, ReactionWord::Thanks));
    reader.hears(&ada.profile(at(6), 1, "Ada"));
    reader.hears(&ada.profile(ahead, 2, "Ada L."));
    let word = |reader: &Reader, now| reader.index.post(&other, now).unwrap().unwrap().reactions[0].word;
    let name = |reader: &Reader, now| reader.index.person(ada.id, now).self_name;
    assert_eq!((word(&reader, NOW), name(&reader, NOW).as_deref()), (ReactionWord::Thanks, Some("Ada")));
    // A little ahead is no more than clocks differ.
    let then = Wall(ahead - roneo_social::MAX_AHEAD_S);
    assert_eq!((word(&reader, then), name(&reader, then).as_deref()), (ReactionWord::Agree, Some("Ada L.")));
    let page = reader.index.threads(board(1), Tab::All, &Paging::default(), then).unwrap();
    let titles: Vec<_> = page.entries.iter().map(|row| row.title.clone()).collect();
    assert_eq!(titles.iter().flatten().collect::<Vec<_>>(), ["Demain", "Nouveau"]);
    assert!(reader.index.post(&reply, then).unwrap().is_some());
    let before = Wall(then.0 - 1);
    assert_eq!(reader.index.post(&reply, before).unwrap(), None);
}

#[test]
fn a_reply_whose_parent_is_missing_stands_under_the_beginning() {
    let mut reader = Reader::new();
    let ada = person('a');
    let beginning = ada.post(at(0), &[1], "Titre", "un");
    let parent = ada.reply(at(10), &[1], beginning.id(), beginning.id(), "parent");
    let child = ada.reply(at(20), &[1], beginning.id(), parent.id(), "enfant");
    let root = beginning.id();
    let shown = |reader: &Reader| {
        let view = reader.index.thread(&root, &Paging::default(), NOW).unwrap().unwrap();
        let text = |post: &crate::PostView| post.standing.as_ref().unwrap().text.clone();
        let rows = view.posts.entries.iter();
        rows.map(|placed| (text(&placed.post), placed.depth, placed.parent_missing)).collect::<Vec<_>>()
    };
    reader.hears(&child);
    assert_eq!(shown(&reader), [("enfant".to_owned(), 1, true)]);
    assert_eq!(reader.titles(Tab::All), ["-"]);
    reader.hears(&beginning);
    assert_eq!(shown(&reader), [("un".to_owned(), 0, false), ("enfant".to_owned(), 1, true)]);
    reader.hears(&parent);
    let all = [("un".to_owned(), 0, false), ("parent".to_owned(), 1, false), ("enfant".to_owned(), 2, false)];
    assert_eq!(shown(&reader), all);
}

#[test]
fn nothing_appears_on_a_board_to_which_it_was_not_sent() {
    let mut reader = Reader::new();
    let ada = person('a');
    let post = ada.post(at(0), &[1], "Titre", "un");
    let heard = Hearing { boards: vec![board(2)], ..Hearing::of(post.clone()) };
    assert_eq!(reader.index.add(heard.heard()).unwrap(), Added::New);
    assert_eq!(reader.post(post.id()).boards, []);
    assert!(reader.index.threads(board(2), Tab::All, &Paging::default(), NOW).unwrap().entries.is_empty());
    assert_eq!(reader.add(&post), Added::Again);
    assert_eq!(reader.add(&post), Added::Known);
    assert_eq!(reader.titles(Tab::All), ["Titre"]);
    // A reply brings a thread only to boards to which its beginning was sent.
    let reply = ada.reply(at(5), &[2], post.id(), post.id(), "ailleurs");
    reader.index.add(Hearing { boards: vec![board(2)], ..Hearing::of(reply) }.heard()).unwrap();
    assert!(reader.index.threads(board(2), Tab::All, &Paging::default(), NOW).unwrap().entries.is_empty());
}

#[test]
fn newcomers_are_those_whom_the_reader_does_not_know() {
    let mut reader = Reader::new();
    let [ada, ben, cleo, own] = ['a', 'b', 'c', 'r'].map(person);
    for (who, effort, title) in [(&ada, 10, "Ada"), (&ben, 5, "Ben"), (&cleo, 50, "Cléo"), (&own, 90, "Moi")] {
        let heard = Hearing { effort, ..Hearing::of(who.post(at(u64::from(effort)), &[1], title, "un")) };
        reader.index.add(heard.heard()).unwrap();
    }
    let newcomers = |reader: &Reader, min_effort| reader.titles(Tab::Newcomers { min_effort });
    assert_eq!(newcomers(&reader, 0), ["Cléo", "Ada", "Ben"]);
    assert_eq!(newcomers(&reader, 10), ["Cléo", "Ada"]);
    reader.index.follow_person(ada.id, NOW).unwrap();
    reader.index.set_petname(ben.id, Some("Ben")).unwrap();
    assert_eq!(newcomers(&reader, 0), ["Cléo"]);
    for number in 0..crate::NEWCOMER_POSTS as u64 {
        reader.hears(&cleo.post(at(number), &[2], "Plus", "un"));
    }
    assert!(newcomers(&reader, 0).is_empty());
    reader.index.unfollow_person(ada.id).unwrap();
    assert_eq!(newcomers(&reader, 0), ["Ada"]);
}

/// What a label is changed to before it is signed.
type Change = fn(&mut Label);

/// A reader of one post by `a`, with curators `c` (whose label is enough where `alone` says so) and `d` everywhere.
fn judged(alone: bool) -> (Reader, EnvelopeId) {
    let mut reader = Reader::new();
    let [ada, cleo, dora] = ['a', 'c', 'd'].map(person);
    let id = reader.hears(&ada.post(at(0), &[1, 2], "Titre", "un"));
    let curators = [Curator { person: cleo.id, alone }, Curator { person: dora.id, alone: false }];
    reader.index.set_curators(None, &curators).unwrap();
    (reader, id)
}

fn says(reader: &mut Reader, who: &Person, time: u64, target: LabelTarget, change: Change) -> EnvelopeId {
    let mut label = spam(target);
    change(&mut label);
    reader.hears(&who.say(at(time), label))
}

#[test]
fn one_label_of_a_boards_curator_folds_and_of_others_it_takes_two() {
    let [cleo, dora, ben] = ['c', 'd', 'b'].map(person);
    let (mut reader, id) = judged(true);
    says(&mut reader, &cleo, 10, LabelTarget::Post(id), |label| label.tag = LabelTag::Scam);
    let post = reader.post(id);
    let Some(Fold::Label(label)) = &post.fold else { panic!("{:?}", post.fold) };
    assert_eq!((label.tag, label.reason.as_str(), label.curator.person), (LabelTag::Scam, "trop de fois", cleo.id));
    assert_eq!(reader.titles(Tab::Folded), ["Titre"]);
    // It is folded, not gone.
    assert_eq!(reader.titles(Tab::All), ["Titre"]);
    assert_eq!(post.standing.unwrap().text, "un");

    let (mut reader, id) = judged(false);
    says(&mut reader, &cleo, 10, LabelTarget::Post(id), |_| {});
    says(&mut reader, &cleo, 11, LabelTarget::Post(id), |label| label.tag = LabelTag::Hate);
    says(&mut reader, &ben, 12, LabelTarget::Post(id), |_| {});
    let post = reader.post(id);
    assert_eq!((post.fold, post.labels.len()), (None, 2));
    // A label on the author is one on all they say.
    let author = person('a').id;
    says(&mut reader, &dora, 13, LabelTarget::Person(author), |_| {});
    let post = reader.post(id);
    assert!(matches!(&post.fold, Some(Fold::Label(label)) if label.on_author && label.curator.person == dora.id));
    // Whose labels count is for the reader to say.
    reader.index.set_curators(None, &[]).unwrap();
    let post = reader.post(id);
    assert_eq!((post.fold, post.labels), (None, vec![]));
}

#[test]
fn labels_end_and_are_taken_back() {
    let [cleo, dora] = ['c', 'd'].map(person);
    let (mut reader, id) = judged(true);
    says(&mut reader, &cleo, 10, LabelTarget::Post(id), |label| label.until = NOW.0);
    assert_eq!(reader.post(id).fold, None);
    assert!(reader.index.post(&id, Wall(NOW.0 - 1)).unwrap().unwrap().fold.is_some());

    let label = says(&mut reader, &cleo, 20, LabelTarget::Post(id), |_| {});
    assert!(reader.post(id).fold.is_some());
    let take_back = |reader: &mut Reader, who: &Person, time| {
        let mut taking = spam(LabelTarget::Post(id));
        taking.retracts = Some(label);
        reader.hears(&who.say(at(time), taking));
    };
    // By another curator, or before it was said, it is not.
    take_back(&mut reader, &dora, 30);
    take_back(&mut reader, &cleo, 15);
    assert!(reader.post(id).fold.is_some());
    take_back(&mut reader, &cleo, 30);
    let post = reader.post(id);
    assert_eq!((post.fold, post.labels), (None, vec![]));
}

#[test]
fn labels_and_curators_may_be_of_one_board() {
    let cleo = person('c');
    let folded_on = |reader: &Reader| {
        [1, 2].map(|number| {
            !reader.index.threads(board(number), Tab::Folded, &Paging::default(), NOW).unwrap().entries.is_empty()
        })
    };
    let both = |reader: &mut Reader, id: EnvelopeId| {
        let mut post = Hearing::of(person('a').post(at(0), &[1, 2], "Titre", "un"));
        post.boards.push(board(2));
        assert_eq!((post.envelope.id(), reader.index.add(post.heard()).unwrap()), (id, Added::Again));
    };
    let (mut reader, id) = judged(true);
    both(&mut reader, id);
    says(&mut reader, &cleo, 10, LabelTarget::Post(id), |label| label.board = Some(board(2)));
    assert_eq!(folded_on(&reader), [false, true]);
    // Seen apart from a board, it is folded when it is on one of its own.
    assert!(reader.post(id).fold.is_some());

    let (mut reader, id) = judged(false);
    both(&mut reader, id);
    reader.index.set_curators(None, &[]).unwrap();
    reader.index.set_curators(Some(board(1)), &[Curator { person: cleo.id, alone: true }]).unwrap();
    says(&mut reader, &cleo, 10, LabelTarget::Post(id), |_| {});
    assert_eq!(folded_on(&reader), [true, false]);
}

#[test]
fn what_the_reader_muted_is_folded_by_them() {
    let (mut reader, id) = judged(true);
    let ada = person('a');
    reader.index.mute(Mute::Person(ada.id), NOW).unwrap();
    assert_eq!(reader.post(id).fold, Some(Fold::MutedPerson));
    reader.index.unmute(Mute::Person(ada.id)).unwrap();
    reader.index.mute(Mute::Thread(id), NOW).unwrap();
    assert_eq!(reader.post(id).fold, Some(Fold::MutedThread));
    assert_eq!(reader.titles(Tab::Folded), ["Titre"]);
    reader.index.unmute(Mute::Thread(id)).unwrap();
    assert_eq!(reader.post(id).fold, None);
    // A mute comes before what it mutes, as everything may.
    let later = ada.post(at(90), &[1], "Plus tard", "un");
    reader.index.mute(Mute::Thread(later.id()), NOW).unwrap();
    reader.hears(&later);
    assert_eq!(reader.post(later.id()).fold, Some(Fold::MutedThread));
}
