//! Signed names: written once or edition by edition, refreshed, and read.

use std::time::Duration;

use roneo_content::record::{Record, Sequence, Target, seal_record, slot_locator};
use roneo_keys::{InsertUri, KeyPair, Ksk, RecordKind};

use super::world::{TODAY, World, content};
use crate::handle::{HandleError, JobError, JobState, JobStatus};
use roneo_keys::Uri;

fn pair() -> KeyPair {
    KeyPair::of_word("not a secret")
}

pub(super) fn document() -> InsertUri {
    InsertUri::Ssk { pair: pair(), docname: "tract".parse().unwrap() }
}

pub(super) fn site() -> InsertUri {
    InsertUri::Usk { pair: pair(), docname: "site".parse().unwrap(), edition: 0 }
}

pub(super) fn inline(text: &str) -> Target {
    Target::Inline { media_type: "text/plain".into(), content: text.into() }
}

/// The record of [`document`] that leads to `target`.
fn sealed(target: &Target) -> Record {
    let docname = "tract".parse().unwrap();
    let block = seal_record(&pair(), RecordKind::Document, &docname, Sequence::default(), target).unwrap();
    Record::parse(&block).unwrap()
}

impl World {
    pub(super) fn write(&mut self, to: InsertUri, target: Target) -> JobStatus {
        let job = self.jobs.publish(self.now, TODAY, to, target).unwrap();
        self.run(job)
    }

    /// Publishes an edition, and gives its link.
    fn edition(&mut self, text: &str) -> String {
        let status = self.write(site(), inline(text));
        assert_eq!((status.state, status.error), (JobState::Stored, None));
        status.uri.unwrap()
    }

    fn text(&mut self, uri: &str) -> String {
        String::from_utf8(self.read(uri).unwrap()).unwrap()
    }
}

#[test]
fn a_document_is_written_once_and_read_by_its_link() {
    let mut world = World::new(20, 1);
    let status = world.write(document(), inline("pain"));
    assert_eq!((status.state, status.done, status.total), (JobState::Stored, 1, 1));
    let uri = status.uri.unwrap();
    assert_eq!(uri, document().public().to_text());
    assert_eq!(world.text(&uri), "pain");
    // The same again is a refresh, another is refused and named.
    assert_eq!(world.write(document(), inline("pain")).state, JobState::Stored);
    assert_eq!(world.write(document(), inline("rose")).error, Some(JobError::NameTaken));
    assert_eq!(world.text(&uri), "pain");
}

#[test]
fn what_does_not_fit_into_a_record_lies_behind_a_link_in_it() {
    let mut world = World::new(20, 2);
    let bytes = content(300_000);
    let Ok(Uri::Chk(chk)) = world.publish(&bytes).parse() else { panic!("an insert makes a CHK") };
    let uri = world.write(document(), Target::of(&chk)).uri.unwrap();
    assert_eq!(world.read(&uri).unwrap(), bytes);
    let word = InsertUri::Ksk(Ksk { word: "sonnette".parse().unwrap(), path: String::new() });
    assert_eq!(world.write(word, Target::of(&chk)).uri.unwrap(), "KSK@sonnette");
    assert_eq!(world.read("KSK@sonnette").unwrap(), bytes);
}

#[test]
fn an_old_link_leads_to_the_newest_edition() {
    let mut world = World::new(20, 3);
    let first = world.edition("one");
    assert!(first.ends_with("/site/0"));
    assert_eq!(world.edition("two"), first.replace("/site/0", "/site/1"));
    let job = world.fetch(&first);
    let status = world.run(job);
    assert_eq!((status.state, status.edition), (JobState::Fetched, Some(1)));
    assert_eq!(status.uri.unwrap(), first.replace("/site/0", "/site/1"));
    assert_eq!(world.delivered[&job], b"two");
    // Each edition stands for itself.
    let Ok(Uri::Usk(usk)) = first.parse() else { unreachable!() };
    let exact = Uri::Ssk(usk.exact(0).unwrap()).to_text();
    assert_eq!(world.text(&exact), "one");
}

#[test]
fn another_machine_with_the_same_key_goes_on_counting() {
    let mut world = World::new(20, 4);
    world.edition("one");
    let mut world = world.another_reader();
    let uri = world.edition("two");
    assert!(uri.ends_with("/site/1"), "{uri}");
    assert_eq!(world.text(&uri.replace("/site/1", "/site/0")), "two");
}

#[test]
fn an_edition_that_nobody_knows_is_not_found_and_an_exact_one_is_found_by_itself() {
    let mut world = World::new(20, 5);
    let uri = world.edition("one");
    let error = world.read(&uri.replace("/site/0", "/site/7")).unwrap_err().error;
    assert_eq!(error, Some(JobError::EditionNotFound { edition: 7, newest: Some(0) }));
    // The slot is lost, the edition is not.
    let Ok(Uri::Usk(usk)) = uri.parse() else { unreachable!() };
    world.lose(&slot_locator(&usk));
    let mut world = world.another_reader();
    let job = world.fetch(&uri);
    let status = world.run(job);
    assert_eq!((status.state, status.edition), (JobState::Fetched, Some(0)));
    assert!(status.note.unwrap().contains("found by itself"));
}

#[test]
fn a_reader_is_not_taken_back_behind_what_it_has_seen() {
    let mut world = World::new(20, 6);
    let uri = world.edition("one");
    let Ok(Uri::Usk(usk)) = uri.parse() else { unreachable!() };
    let locator = slot_locator(&usk);
    let old = world.nodes.iter().find_map(|node| node.blocks.get(&locator)).cloned().unwrap();
    world.edition("two");
    assert_eq!(world.text(&uri), "two");
    for node in &mut world.nodes {
        node.blocks.insert(locator, old.clone());
    }
    assert_eq!(world.read(&uri).unwrap_err().error, Some(JobError::OnlyOlder { found: 0 }));
    // Who has seen nothing yet cannot know.
    let mut world = world.another_reader();
    assert_eq!(world.text(&uri), "one");
}

#[test]
fn a_first_visit_waits_for_five_storers_and_later_ones_for_three() {
    let mut world = World::new(20, 13);
    let uri = world.edition("one");
    let Ok(Uri::Usk(usk)) = uri.parse() else { unreachable!() };
    let locator = slot_locator(&usk);
    let old = world.nodes.iter().find_map(|node| node.blocks.get(&locator)).cloned().unwrap();
    world.edition("two");
    // Four of the first five to be asked missed the second edition.
    for node in world.order(&locator).into_iter().take(4) {
        world.nodes[node].blocks.insert(locator, old.clone());
    }
    let mut world = world.another_reader();
    let asked = |world: &mut World| {
        let before = world.transcript.len();
        assert_eq!(world.text(&uri), "two");
        let lines = world.transcript[before..].iter().filter(|line| line.contains("GetRecord"));
        lines.map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&mut world), ["5)"]);
    // A refresh mends them, though the three it asks are laggards: other storers know better.
    let job = world.jobs.refresh(world.now, &uri.parse().unwrap()).unwrap();
    assert_eq!(world.run(job).state, JobState::Stored);
    // Whoever remembers the newest cannot be taken back, so three are enough.
    assert_eq!(asked(&mut world), ["3)"]);
}

#[test]
fn two_who_publish_at_once_get_two_editions() {
    let mut world = World::new(20, 7);
    let one = world.jobs.publish(world.now, TODAY, site(), inline("one")).unwrap();
    let two = world.jobs.publish(world.now, TODAY, site(), inline("two")).unwrap();
    let editions = [world.run(one), world.run(two)].map(|status| (status.state, status.edition));
    assert_eq!(editions.map(|(state, _)| state), [JobState::Stored; 2]);
    // Both wrote edition 0; whoever was superseded took the next.
    assert_eq!(editions.iter().map(|(_, edition)| edition.unwrap()).max(), Some(1), "{editions:?}");
    let newest = world.text(&site().public().to_text());
    assert!(newest == "one" || newest == "two");
}

#[test]
fn of_two_who_write_a_document_at_once_one_is_told_that_the_name_is_taken() {
    let mut world = World::new(20, 11);
    // Both look, both write, both look again: nobody is told before the other has written.
    world.latency = Duration::from_millis(100)..Duration::from_millis(101);
    let jobs = ["pain", "rose"].map(|text| world.jobs.publish(world.now, TODAY, document(), inline(text)).unwrap());
    let ended = jobs.map(|job| world.run(job));
    let stands = world.text(&document().public().to_text());
    for (status, text) in ended.iter().zip(["pain", "rose"]) {
        let expected =
            if stands == text { (JobState::Stored, None) } else { (JobState::Failed, Some(JobError::NameTaken)) };
        assert_eq!((status.state, status.error.clone()), expected, "{text}");
    }
}

#[test]
fn whose_document_lost_after_it_was_stored_is_told_when_it_is_read_refreshed_or_written_again() {
    let mut world = World::new(20, 12);
    let texts = ["pain", "rose"];
    let sealed = texts.map(|text| sealed(&inline(text)));
    let loser = usize::from(sealed[0].against(&sealed[1]).is_gt());
    let status = world.write(document(), inline(texts[loser]));
    assert_eq!(status.state, JobState::Stored);
    let uri = status.uri.unwrap();
    let job = world.fetch(&uri);
    assert_eq!(world.run(job).note, None);
    // Somebody who was cut off meanwhile comes back.
    world.nodes.iter_mut().for_each(|node| {
        node.blocks.insert(sealed[0].locator(), sealed[1 - loser].block().clone());
    });
    let job = world.fetch(&uri);
    let status = world.run(job);
    assert!(status.note.unwrap().contains("theirs stands"));
    assert_eq!(world.delivered[&job], texts[1 - loser].as_bytes());
    let job = world.jobs.refresh(world.now, &uri.parse().unwrap()).unwrap();
    assert!(world.run(job).note.unwrap().contains("theirs stands"));
    assert_eq!(world.write(document(), inline(texts[loser])).error, Some(JobError::NameTaken));
    // To anybody else it is a document like any other.
    let mut world = world.another_reader();
    let job = world.fetch(&uri);
    assert_eq!(world.run(job).note, None);
}

#[test]
fn whoever_can_read_a_name_can_refresh_it() {
    let mut world = World::new(20, 8);
    let uri = world.edition("one");
    let Ok(Uri::Usk(usk)) = uri.parse() else { unreachable!() };
    let locator = slot_locator(&usk);
    let holders = |world: &World| world.nodes.iter().filter(|node| node.blocks.contains_key(&locator)).count();
    assert_eq!(holders(&world), 16);
    world.nodes.iter_mut().take(15).for_each(|node| drop(node.blocks.remove(&locator)));
    let mut world = world.another_reader();
    let job = world.jobs.refresh(world.now, &uri.parse().unwrap()).unwrap();
    let status = world.run(job);
    assert_eq!((status.state, status.edition), (JobState::Stored, Some(0)));
    assert_eq!(holders(&world), 16);
    let chk = world.publish(&content(10)).parse().unwrap();
    assert!(matches!(world.jobs.refresh(world.now, &chk), Err(HandleError::Refused(_))));
}

#[test]
fn without_storers_a_name_is_not_written() {
    let mut world = World::new(20, 9);
    world.kill(0..20);
    let status = world.write(document(), inline("pain"));
    assert!(matches!(status.error, Some(JobError::NotStored { .. })), "{status:?}");
}

#[test]
fn what_a_record_cannot_hold_is_refused_at_once() {
    let mut world = World::new(20, 10);
    let long = Target::Inline { media_type: String::new(), content: vec![0; 4_000] };
    assert!(matches!(world.jobs.publish(world.now, TODAY, document(), long), Err(HandleError::Refused(_))));
    let Ok(Uri::Chk(chk)) = world.publish(&content(10)).parse() else { unreachable!() };
    let keep = Uri::Keep(chk.keep_cap());
    assert!(matches!(world.jobs.fetch(world.now, keep), Err(HandleError::Refused(_))));
    assert!(Record::parse(&roneo_keys::Block::new(vec![0; 4_096]).unwrap()).is_err());
}
