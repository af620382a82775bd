//! What is on disk: after a kill at any call, after a failure at any call, after damage at any byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roneo_keys::time::Wall;

use super::world::{Hearing, NOW, Reader, board, everything, key, open_on, open_with, person, settle_in, story};
use crate::bounds::Limits;
use crate::disk::fault::{FaultDisk, Left};
use crate::{DraftId, Index, IndexError, IndexKey, Mute};

/// One thing that is done with an index.
#[derive(Debug, Clone)]
enum Step {
    Hear(usize),
    Draft(u8),
    DropDraft(u8),
    Bookmark(usize),
    Unbookmark(usize),
    Mark(usize, Option<bool>),
    BoardRead(u64),
    MutePerson(char),
    Unmute(char),
    Follow(u8),
    Unfollow(u8),
    Petname(char, u8),
    Flush,
    Compact,
}

impl Step {
    /// Whether what it did is durable when it returns, and with it all before.
    fn is_durable(&self) -> bool {
        !matches!(self, Self::Hear(_) | Self::Mark(..) | Self::BoardRead(_) | Self::DropDraft(_))
    }

    fn take(&self, index: &mut Index, said: &[Hearing]) -> Result<(), IndexError> {
        let id = |number: &usize| said[number % said.len()].envelope.id();
        let draft = |number: &u8| DraftId::new(&format!("d-{}", number % 4));
        match self {
            Self::Hear(number) => index.add(said[number % said.len()].heard()).map(|_| ()),
            Self::Draft(number) => {
                index.save_draft(&draft(number)?, &"{\"texte\":1}".repeat(9), Wall(NOW.0 + u64::from(*number)))
            }
            Self::DropDraft(number) => index.drop_draft(&draft(number)?),
            Self::Bookmark(number) => index.bookmark(id(number), NOW),
            Self::Unbookmark(number) => index.unbookmark(id(number)),
            Self::Mark(number, Some(true)) => index.mark_read(&[id(number)], NOW),
            Self::Mark(number, Some(false)) => index.mark_unread(&[id(number)], NOW),
            Self::Mark(number, None) => index.unmark(&[id(number)], NOW),
            Self::BoardRead(seconds) => {
                index.mark_board_read(board(1), if *seconds == 0 { 0 } else { super::world::at(*seconds) }).map(|_| ())
            }
            Self::MutePerson(letter) => index.mute(Mute::Person(person(*letter).id), NOW),
            Self::Unmute(letter) => index.unmute(Mute::Person(person(*letter).id)),
            Self::Follow(number) => index.follow_board(board(*number), NOW),
            Self::Unfollow(number) => index.unfollow_board(board(*number)),
            Self::Petname(letter, number) => {
                let name = format!("Nom {number}");
                index.set_petname(person(*letter).id, (*number > 0).then_some(name.as_str()))
            }
            Self::Flush => index.flush(),
            Self::Compact => index.compact(),
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let letter = || prop_oneof![Just('a'), Just('b'), Just('c')];
    prop_oneof![
        6 => (0_usize..60).prop_map(Step::Hear),
        1 => any::<u8>().prop_map(Step::Draft),
        1 => any::<u8>().prop_map(Step::DropDraft),
        1 => (0_usize..60).prop_map(Step::Bookmark),
        1 => (0_usize..60).prop_map(Step::Unbookmark),
        2 => ((0_usize..60), any::<Option<bool>>()).prop_map(|(number, mark)| Step::Mark(number, mark)),
        1 => (0_u64..200).prop_map(Step::BoardRead),
        1 => letter().prop_map(Step::MutePerson),
        1 => letter().prop_map(Step::Unmute),
        1 => (1_u8..4).prop_map(Step::Follow),
        1 => (1_u8..4).prop_map(Step::Unfollow),
        1 => (letter(), 0_u8..3).prop_map(|(letter, number)| Step::Petname(letter, number)),
        1 => Just(Step::Flush),
        1 => Just(Step::Compact),
    ]
}

fn steps() -> Vec<Step> {
    use Step::*;
    vec![
        Hear(0),
        Hear(3),
        Draft(0),
        Hear(1),
        Flush,
        Hear(4),
        Mark(0, Some(true)),
        Draft(1),
        Draft(0),
        Bookmark(1),
        Hear(9),
        Compact,
        Hear(10),
        DropDraft(1),
        Draft(2),
        MutePerson('b'),
        Hear(13),
        Flush,
        Compact,
        Hear(20),
        Petname('a', 1),
    ]
}

/// What is shown after each step, the state before the first one first.
fn shown_after_each(steps: &[Step], said: &[Hearing]) -> Vec<String> {
    let mut reader = Reader::new();
    let mut shown = vec![everything(&reader.index, NOW)];
    for step in steps {
        step.take(&mut reader.index, said).unwrap();
        shown.push(everything(&reader.index, NOW));
    }
    shown
}

#[test]
fn a_kill_at_any_call_loses_nothing_that_was_durable() {
    let (said, steps) = (story(), steps());
    let shown = shown_after_each(&steps, &said);
    let calls = {
        let mut reader = Reader::new();
        steps.iter().for_each(|step| step.take(&mut reader.index, &said).unwrap());
        reader.disk.calls()
    };
    assert!(calls > 60, "{calls}");
    for call in 0..calls {
        let mut reader = Reader::new();
        reader.disk.kill_at(call);
        let (mut durable, mut done) = (0, 0);
        for step in &steps {
            if step.take(&mut reader.index, &said).is_err() {
                break;
            }
            done += 1;
            if step.is_durable() {
                durable = done;
            }
        }
        for left in Left::ALL {
            let disk = reader.disk.after_power_cut(left);
            let (index, opened) = open_on(&disk, Limits::default()).unwrap();
            let found = everything(&index, NOW);
            let allowed = &shown[durable..=(done + 1).min(steps.len())];
            assert!(allowed.contains(&found), "killed at call {call}, {left:?} left");
            assert_eq!(opened.damaged, []);
            // Opening cleans up, and a second one finds the same.
            drop(index);
            let (again, opened) = open_on(&disk, Limits::default()).unwrap();
            assert_eq!((everything(&again, NOW), opened.torn_len), (found, 0));
        }
    }
}

#[test]
fn a_failure_at_any_call_is_told_and_the_rest_is_kept() {
    let (said, steps) = (story(), steps());
    for call in 0..80 {
        let mut reader = Reader::new();
        reader.disk.fail_at(call);
        let mut failures = 0;
        let mut drafts = BTreeMap::new();
        for step in &steps {
            match (step.take(&mut reader.index, &said), step) {
                (Ok(()), Step::Draft(number)) => {
                    drafts.insert(*number, true);
                }
                (Ok(()), Step::DropDraft(number)) => {
                    drafts.remove(number);
                }
                // In doubt until the index is opened anew.
                (Err(_), Step::DropDraft(number)) => {
                    drafts.remove(number);
                    failures += 1;
                }
                (Err(_), _) => failures += 1,
                (Ok(()), _) => {}
            }
        }
        let before = everything(&reader.index, NOW);
        assert!(!before.is_empty());
        let (index, opened) = open_on(&reader.disk.after_power_cut(Left::Everything), Limits::default()).unwrap();
        assert_eq!(opened.damaged, [], "call {call}, {failures} failures");
        for number in drafts.keys() {
            assert!(index.draft(&DraftId::new(&format!("d-{number}")).unwrap()).unwrap().is_some(), "call {call}");
        }
        // Where only one call failed and the index went on, it shows what is on disk.
        if failures <= 1 {
            assert_eq!(everything(&index, NOW), before, "call {call}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_index_opened_again_shows_the_same(steps in proptest::collection::vec(any_step(), 1..60)) {
        let said = story();
        let mut reader = Reader::new();
        settle_in(&mut reader.index);
        for step in &steps {
            step.take(&mut reader.index, &said).unwrap();
        }
        let shown = [NOW, Wall(NOW.0 + 10_000)].map(|now| everything(&reader.index, now));
        let (mut index, opened) = open_on(&reader.disk, Limits::default()).unwrap();
        prop_assert_eq!(opened.torn_len, 0);
        let again = [NOW, Wall(NOW.0 + 10_000)].map(|now| everything(&index, now));
        prop_assert!(again == shown);
        index.compact().unwrap();
        let stats = index.stats();
        prop_assert_eq!(stats.segments, 1);
        // What is reckoned to be of use is about what there is: compaction is not wanted again at once.
        prop_assert!(stats.live_len * 2 >= stats.log_len.saturating_sub(1_000), "{stats:?}");
        let anew = [NOW, Wall(NOW.0 + 10_000)].map(|now| everything(&index, now));
        prop_assert!(anew == shown);
        let (index, _) = open_on(&reader.disk, Limits::default()).unwrap();
        let anew = [NOW, Wall(NOW.0 + 10_000)].map(|now| everything(&index, now));
        prop_assert!(anew == shown);
    }
}

/// A small index in two segments, and what it showed after each record.
fn small() -> (BTreeMap<String, Vec<u8>>, Vec<String>) {
    let said = story();
    let mut reader = Reader::new();
    let mut shown = vec![everything(&reader.index, NOW)];
    for step in [Step::Hear(0), Step::Hear(9), Step::Draft(1), Step::Hear(14)] {
        step.take(&mut reader.index, &said).unwrap();
        shown.push(everything(&reader.index, NOW));
    }
    (reader.disk.files(), shown)
}

#[test]
fn a_flipped_bit_anywhere_hides_what_follows_and_invents_nothing() {
    let (files, shown) = small();
    assert_eq!(files.len(), 1);
    let (name, bytes) = files.iter().next().unwrap();
    let mut told = 0;
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1 << (position % 8);
        let disk = FaultDisk::of(&BTreeMap::from([(name.clone(), flipped)]));
        match open_on(&disk, Limits::default()) {
            Ok((mut index, opened)) => {
                assert!(opened.torn_len > 0 || opened.damaged.len() == 1, "{position}");
                told += opened.damaged.len();
                let found = everything(&index, NOW);
                assert!(shown[..shown.len() - 1].contains(&found), "{position}");
                // It goes on, and finds again what is written now.
                let draft = DraftId::new("after").unwrap();
                index.save_draft(&draft, "{}", NOW).unwrap();
                let (again, _) = open_on(&disk, Limits::default()).unwrap();
                assert_eq!(again.draft(&draft).unwrap().as_deref(), Some("{}"));
            }
            Err(IndexError::Key | IndexError::Newer) => {
                assert!(position < crate::segment::HEADER_LEN);
                assert_eq!(disk.calls(), 0);
            }
            Err(error) => panic!("{position}: {error}"),
        }
    }
    assert!(told > bytes.len() / 2);
}

#[test]
fn a_cut_anywhere_leaves_what_stood_before() {
    let (files, shown) = small();
    let (name, bytes) = files.iter().next().unwrap();
    for len in 0..bytes.len() {
        let disk = FaultDisk::of(&BTreeMap::from([(name.clone(), bytes[..len].to_vec())]));
        let (index, opened) = open_on(&disk, Limits::default()).unwrap();
        assert_eq!(opened.damaged, [], "{len}");
        assert!(shown.contains(&everything(&index, NOW)), "{len}");
    }
}

#[test]
fn damage_in_one_segment_leaves_the_others() {
    let said = story();
    let mut reader = Reader::new();
    for number in 0..3 {
        Step::Hear(number).take(&mut reader.index, &said).unwrap();
        reader.index = open_on(&reader.disk, Limits::default()).unwrap().0;
    }
    let mut files = reader.disk.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["log-00000001", "log-00000002", "log-00000003"]);
    files.get_mut("log-00000002").unwrap()[20] ^= 1;
    let disk = FaultDisk::of(&files);
    let (mut index, opened) = open_on(&disk, Limits::default()).unwrap();
    assert_eq!((opened.posts, opened.damaged[0].segment), (2, 2));
    // Written anew, the damaged part goes, and two segments that change places open no more.
    index.compact().unwrap();
    assert_eq!(open_on(&disk, Limits::default()).unwrap().1.damaged, []);
    let mut files = reader.disk.files();
    let (one, three) = (files["log-00000001"].clone(), files["log-00000003"].clone());
    files.extend([("log-00000001".to_owned(), three), ("log-00000003".to_owned(), one)]);
    let (_, opened) = open_on(&FaultDisk::of(&files), Limits::default()).unwrap();
    assert_eq!((opened.posts, opened.damaged.len()), (1, 2));
}

#[test]
fn another_key_and_a_later_version_touch_nothing() {
    let (mut files, _) = small();
    files.insert("log-00000007.tmp".to_owned(), vec![1]);
    let disk = FaultDisk::of(&files);
    let other = open_with(Box::new(disk.clone()), &IndexKey::from_bytes([1; 32]), Limits::default());
    assert!(matches!(other, Err(IndexError::Key)));
    assert_eq!((disk.files(), disk.calls()), (files.clone(), 0));

    let mut newer = files["log-00000001"].clone();
    newer[8] = 1;
    files.insert("log-00000002".to_owned(), newer);
    let disk = FaultDisk::of(&files);
    assert!(matches!(open_with(Box::new(disk.clone()), &key(), Limits::default()), Err(IndexError::Newer)));
    assert_eq!((disk.files(), disk.calls()), (files, 0));
}

#[test]
fn every_opening_writes_under_a_key_of_its_own() {
    // Each opening here draws the same randomness, and a backup is brought back in between.
    let mut reader = Reader::new();
    let draft = DraftId::new("d").unwrap();
    reader.index.save_draft(&draft, "one", NOW).unwrap();
    let backup = reader.disk.files();
    let first = {
        let (mut index, _) = open_on(&reader.disk, Limits::default()).unwrap();
        index.save_draft(&draft, "two", NOW).unwrap();
        reader.disk.files()["log-00000002"].clone()
    };
    let disk = FaultDisk::of(&backup);
    let rng = &mut <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(6);
    let (mut index, _) = Index::open_on(Box::new(disk.clone()), &key(), &[], rng, Limits::default()).unwrap();
    index.save_draft(&draft, "two", NOW).unwrap();
    let second = disk.files()["log-00000002"].clone();
    let frame = crate::segment::HEADER_LEN;
    assert_ne!(first[frame + 4..], second[frame + 4..]);
}

#[test]
fn nothing_of_a_text_is_on_disk_in_the_clear() {
    const MARKERS: [&str; 6] = ["xylophone", "Brouillon", "surnom", "harcelement", "xylophon", "Zéphyrine"];
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("index");
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(5);
    let (mut index, _) = Index::open(&inside, &key(), &[], &mut rng).unwrap();
    let ada = person('a');
    for number in 0..50 {
        let text = format!("xylophone {number} ").repeat(20);
        let post = ada.post(NOW.0 - number, &[1], "Un xylophone", &text);
        index.add(Hearing::of(post).heard()).unwrap();
    }
    let mut label = super::world::spam(roneo_social::LabelTarget::Person(ada.id));
    "harcelement".clone_into(&mut label.reason);
    index.add(Hearing::of(ada.say(NOW.0, label)).heard()).unwrap();
    index.add(Hearing::of(ada.profile(NOW.0, 1, "Zéphyrine")).heard()).unwrap();
    index.save_draft(&DraftId::new("d").unwrap(), "Brouillon", NOW).unwrap();
    index.set_petname(ada.id, Some("surnom")).unwrap();
    let found = index.search("xylophone", &crate::SearchIn::default(), &crate::Paging::default(), NOW).unwrap();
    assert_eq!(found.entries.len(), 25);
    let check = || {
        let mut files = 0;
        for entry in std::fs::read_dir(&inside).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.len() > 1_000);
            for marker in MARKERS {
                let clear = bytes.windows(marker.len()).any(|window| window.eq_ignore_ascii_case(marker.as_bytes()));
                assert!(!clear, "{marker} in {}", path.display());
            }
            #[cfg(unix)]
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
                0o600
            );
            files += 1;
        }
        files
    };
    assert_eq!(check(), 1);
    index.flush().unwrap();
    index.compact().unwrap();
    assert_eq!(check(), 1);
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&inside).unwrap().permissions()) & 0o777,
        0o700
    );
    // The same words are there for whoever has the key.
    drop(index);
    let (index, _) = Index::open(&inside, &key(), &[], &mut rng).unwrap();
    assert_eq!(index.draft(&DraftId::new("d").unwrap()).unwrap().as_deref(), Some("Brouillon"));
}

proptest! {
    /// The fuzz target's door, on random bytes and on bytes that are nearly right.
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0_u8..17) {
        crate::fuzzing::read_frames(&bytes);
        let mut record = vec![kind];
        record.extend(&bytes);
        crate::fuzzing::read_frames(&record);
    }
}

#[test]
fn a_segment_has_no_number_beyond_the_last() {
    let mut files = small().0;
    let bytes = files["log-00000001"].clone();
    files.insert("log-4294967295".to_owned(), bytes.clone());
    let (mut index, opened) = open_on(&FaultDisk::of(&files), Limits::default()).unwrap();
    assert_eq!(opened.segments, 1);
    index.bookmark(story()[0].envelope.id(), NOW).unwrap();

    files.insert("log-99999999".to_owned(), bytes);
    let disk = FaultDisk::of(&files);
    let (mut index, opened) = open_on(&disk, Limits::default()).unwrap();
    assert_eq!((opened.segments, opened.damaged.len()), (1, 1));
    assert!(matches!(index.bookmark(story()[0].envelope.id(), NOW), Err(IndexError::Full(_))));
    assert_eq!(disk.files(), files);
}

#[test]
fn of_a_log_written_anew_a_kill_leaves_the_old_or_the_new() {
    let said = story();
    let two_segments = || {
        let mut reader = Reader::new();
        Step::Hear(0).take(&mut reader.index, &said).unwrap();
        reader.index = open_on(&reader.disk, Limits::default()).unwrap().0;
        Step::Draft(1).take(&mut reader.index, &said).unwrap();
        reader
    };
    let calls = {
        let mut reader = two_segments();
        let before = reader.disk.calls();
        reader.index.compact().unwrap();
        reader.disk.calls() - before
    };
    let mut anew = 0;
    for call in 0..calls {
        let mut reader = two_segments();
        reader.disk.kill_at(call);
        assert!(reader.index.compact().is_err());
        let disk = reader.disk.after_power_cut(Left::Everything);
        let (_, opened) = open_on(&disk, Limits::default()).unwrap();
        assert_eq!((opened.posts, opened.drafts), (1, 1));
        let names: Vec<String> = disk.files().into_keys().collect();
        if names != ["log-00000001", "log-00000002"] {
            assert_eq!(names, ["log-00000003"]);
            anew += 1;
        }
    }
    // Killed at the syncing of the names, at each removal and at the syncing after those.
    assert_eq!(anew, 4);
}
