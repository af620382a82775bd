//! Signed names in a whole network: two who write at once, and a network in two parts.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::time::Duration;

use roneo_client::handle::{JobError, JobState, JobStatus, Target};
use roneo_keys::{InsertUri, KeyPair, Uri};
use roneo_simulations::{Network, Scenario};

const MINUTE: Duration = Duration::from_secs(60);

fn settled(nodes: usize, seed: u64) -> Network {
    println!("{nodes} nodes, seed {seed}");
    let mut net = Network::new(Scenario::new(nodes, seed));
    net.settle(5 * MINUTE).unwrap();
    net
}

/// The same key on whichever machine: a word makes it.
fn pair() -> KeyPair {
    KeyPair::of_word("not a secret")
}

fn document() -> InsertUri {
    InsertUri::Ssk { pair: pair(), docname: "tract".parse().unwrap() }
}

fn site() -> InsertUri {
    InsertUri::Usk { pair: pair(), docname: "site".parse().unwrap(), edition: 0 }
}

fn inline(text: &str) -> Target {
    Target::Inline { media_type: "text/plain".into(), content: text.into() }
}

/// The link of an edition.
fn edition(number: u64) -> String {
    let Uri::Usk(mut usk) = site().public() else { unreachable!() };
    usk.edition = number;
    Uri::Usk(usk).to_text()
}

/// The link of an edition as a document of its own.
fn exact(number: u64) -> String {
    let Uri::Usk(usk) = site().public() else { unreachable!() };
    Uri::Ssk(usk.exact(number).unwrap()).to_text()
}

fn publish(net: &mut Network, node: usize, text: &str) -> JobStatus {
    let job = net.write(node, site(), inline(text)).unwrap();
    let status = net.finish(job, 10 * MINUTE).unwrap();
    println!("  node {node} published {text}: {:?}, edition {:?}", status.state, status.edition);
    status
}

/// What a link leads to, or why it does not.
fn read(net: &mut Network, node: usize, uri: &str) -> Result<String, JobError> {
    net.read(node, uri, 5 * MINUTE)
        .map(|content| String::from_utf8(content).unwrap())
        .map_err(|status| status.error.unwrap_or_else(|| panic!("node {node} still {:?}", status.state)))
}

#[test]
fn of_two_who_write_a_document_at_one_moment_one_stands_everywhere_and_both_learn_it() {
    for seed in 1..=4 {
        let mut net = settled(24, seed);
        // Whose is better follows from the texts; it should not always be the same node's.
        let writers = if seed % 2 == 0 { [(3, "pain"), (17, "rose")] } else { [(3, "rose"), (17, "pain")] };
        let jobs = writers.map(|(node, text)| net.write(node, document(), inline(text)).unwrap());
        let ended = jobs.map(|job| net.finish(job, 10 * MINUTE).unwrap());
        net.run_for(MINUTE);
        let uri = document().public().to_text();
        let stands = read(&mut net, 0, &uri).unwrap();
        for reader in 0..24 {
            assert_eq!(read(&mut net, reader, &uri).unwrap(), stands, "at node {reader}");
        }
        for ((node, text), status) in writers.into_iter().zip(ended) {
            println!("  {text}: {:?}, {:?}; {stands} stands", status.state, status.error);
            if text == stands {
                assert_eq!(status.state, JobState::Stored);
            } else {
                // Mostly at once; where the better one was still on its way, when it is next looked at.
                let later = net.fetch(node, &uri).unwrap();
                let note = net.finish(later, MINUTE).unwrap().note.unwrap_or_default();
                let told_later = status.state == JobState::Stored && note.contains("theirs stands");
                assert!(status.error == Some(JobError::NameTaken) || told_later, "{status:?}");
            }
            // Writing it again says the same at any time.
            let job = net.write(node, document(), inline(text)).unwrap();
            let again = net.finish(job, 10 * MINUTE).unwrap();
            assert_eq!(again.error, (text != stands).then_some(JobError::NameTaken));
        }
    }
}

#[test]
fn a_name_in_a_network_of_two_parts_is_read_on_each_side_and_the_newest_wins_when_they_meet() {
    let mut net = settled(48, 5);
    let (left, right): (Vec<usize>, Vec<usize>) = (0..48).partition(|node| *node < 24);
    assert_eq!(publish(&mut net, 0, "of all").edition, Some(0));
    assert_eq!(read(&mut net, 30, &edition(0)).unwrap(), "of all");

    net.partition(&[left.clone(), right.clone()]);
    net.run_for(5 * MINUTE);
    assert_eq!(publish(&mut net, 0, "of the left").edition, Some(1));
    assert_eq!(publish(&mut net, 1, "newest of the left").edition, Some(2));
    assert_eq!(publish(&mut net, 25, "of the right").edition, Some(1));
    assert_eq!(read(&mut net, 10, &edition(0)).unwrap(), "newest of the left");
    for reader in [30, 40] {
        assert_eq!(read(&mut net, reader, &edition(0)).unwrap(), "of the right");
    }
    // Who has the newer link on the wrong side is told what there is instead.
    let missing = read(&mut net, 40, &edition(2)).unwrap_err();
    assert_eq!(missing, JobError::EditionNotFound { edition: 2, newest: Some(1) });

    net.heal();
    net.settle(30 * MINUTE).unwrap();
    for reader in [10, 30, 40, 47] {
        let found = read(&mut net, reader, &edition(0));
        println!("  after healing node {reader} reads {found:?}");
        assert!(matches!(found.as_deref(), Ok("newest of the left" | "of the right")), "{found:?}");
        assert!(reader != 10 || found.as_deref() == Ok("newest of the left"), "never below what was seen");
    }
    // Anybody who can read mends it for all.
    let job = net.refresh(47, &edition(2)).unwrap();
    assert_eq!(net.finish(job, 10 * MINUTE).unwrap().state, JobState::Stored);
    for reader in 0..48 {
        assert_eq!(read(&mut net, reader, &edition(0)).unwrap(), "newest of the left", "at node {reader}");
    }
    assert_eq!(read(&mut net, 40, &exact(2)).unwrap(), "newest of the left");
    // Both sides wrote an edition 1: one of them stands, for everybody.
    let first = read(&mut net, 3, &exact(1)).unwrap();
    println!("  edition 1 is {first}");
    assert_eq!(publish(&mut net, 25, "of the right again").edition, Some(3));
    assert_eq!(read(&mut net, 3, &edition(0)).unwrap(), "of the right again");
}
