//! Whatever comes first, the same is shown.

use std::sync::LazyLock;

use proptest::prelude::*;
use roneo_keys::time::Wall;

use super::world::{Hearing, NOW, Reader, everything, open_on, settle_in, story};
use crate::bounds::Limits;

static STORY: LazyLock<Vec<Hearing>> = LazyLock::new(story);
/// Views of the story as it was told, now and after what is ahead has come.
static TOLD: LazyLock<[String; 2]> = LazyLock::new(|| shown_of(STORY.iter()));

fn shown_of<'a>(hearings: impl Iterator<Item = &'a Hearing>) -> [String; 2] {
    let mut reader = Reader::new();
    settle_in(&mut reader.index);
    hearings.for_each(|hearing| {
        reader.index.add(hearing.heard()).unwrap();
    });
    moments().map(|now| everything(&reader.index, now))
}

fn moments() -> [Wall; 2] {
    [NOW, Wall(NOW.0 + 10_000)]
}

#[test]
fn the_story_is_seen() {
    let [now, later] = &*TOLD;
    for words in
        ["Premier chauffage coupé", "Panne réparée", "erreur de date", "C’était mardi", "trop de fois", "Ada L."]
    {
        assert!(now.contains(words), "{words}");
    }
    for words in ["Piraté", "pas la sienne", "Ada Byron", "Demain", "Plus tard", "\"Ben\""] {
        assert!(!now.contains(words), "{words}");
    }
    for words in ["Demain", "Plus tard", "\"Ben\""] {
        assert!(later.contains(words), "{words}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_order_of_hearing_does_not_matter(order in Just((0..STORY.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let shown = shown_of(order.iter().map(|number| &STORY[*number]));
        prop_assert!(shown == *TOLD, "{}", difference(&shown, &TOLD));
    }

    /// Nor does hearing it twice, or opening and writing anew in between.
    #[test]
    fn neither_do_repetitions_and_openings(
        order in Just((0..STORY.len()).chain(0..STORY.len()).collect::<Vec<_>>()).prop_shuffle(),
        breaks in proptest::collection::vec(any::<u8>(), 4),
    ) {
        let mut reader = Reader::new();
        settle_in(&mut reader.index);
        for (turn, number) in order.iter().enumerate() {
            reader.index.add(STORY[*number].heard()).unwrap();
            match breaks.iter().position(|at| usize::from(*at) % order.len() == turn) {
                Some(0) => reader.index.compact().unwrap(),
                Some(_) => reader.index = open_on(&reader.disk, Limits::default()).unwrap().0,
                None => {}
            }
        }
        let shown = moments().map(|now| everything(&reader.index, now));
        prop_assert!(shown == *TOLD, "{}", difference(&shown, &TOLD));
    }
}

/// The first lines that differ.
fn difference(one: &[String; 2], other: &[String; 2]) -> String {
    let lines = one.iter().flat_map(|text| text.lines()).zip(other.iter().flat_map(|text| text.lines()));
    let differing = lines.enumerate().find(|(_, (one, other))| one != other);
    format!("{differing:?}")
}
