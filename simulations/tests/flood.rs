//! A board with stewards outlives a flood: its lanes and caps are why, which a run without them shows.

use roneo_simulations::{Attack, Brings, Caps, Flood, Outcome};

const DAY: Flood = Flood { seed: 1, hours: 24, attack: None, caps: Caps::Nested };
const FOUR_CORES: Option<Attack> = Some(Attack { cores: 4, brings: Brings::AtOnce });

#[test]
fn four_cores_silence_nobody_who_is_vouched_for_and_not_most_newcomers() {
    let quiet = DAY.run();
    let flooded = Flood { attack: FOUR_CORES, ..DAY }.run();
    println!("seed {}\n{quiet:?}\n{flooded:?}", DAY.seed);
    for Outcome { known, invited, .. } in [quiet, flooded] {
        assert_eq!((known.posts, known.within_hour, known.ever), (300, 1.0, 1.0));
        assert_eq!((invited.posts, invited.within_hour, invited.ever), (40, 1.0, 1.0));
    }
    assert!(flooded.known.median_s * 10 <= quiet.known.median_s * 11, "at most a tenth later");
    assert_eq!(quiet.newcomers.within_hour, 1.0);
    assert!(flooded.newcomers.within_hour >= 0.5, "{}", flooded.newcomers.within_hour);
    // The flood is there, and costs newcomers fifty times the floor and more.
    assert!(flooded.going_rate > 50 * quiet.going_rate, "{} solutions", flooded.going_rate);
    assert!(flooded.reader_traffic * 10 <= quiet.reader_traffic * 12, "a fifth more, of one board in 20");
    // Also for whoever reads this board alone: of the newcomers' lane the best are fetched, and no more.
    assert!(flooded.board_traffic * 10 <= quiet.board_traffic * 12, "{} bytes an hour", flooded.board_traffic);
}

/// An attacker who brings better and better entries all through the hour has more of them fetched, a few at each reading; it
/// silences nobody that the other does not.
#[test]
fn entries_that_get_better_all_the_time_cost_a_reader_of_that_board_a_bounded_share() {
    let quiet = DAY.run();
    let rising = Flood { attack: Some(Attack { cores: 4, brings: Brings::Rising }), ..DAY }.run();
    println!("seed {}\n{rising:?}", DAY.seed);
    assert_eq!((rising.known.within_hour, rising.invited.within_hour), (1.0, 1.0));
    assert!(rising.known.median_s * 10 <= quiet.known.median_s * 11, "at most a tenth later");
    assert!(rising.newcomers.within_hour >= 0.5, "{}", rising.newcomers.within_hour);
    assert!(rising.reader_traffic * 10 <= quiet.reader_traffic * 12, "a fifth more, of one board in 20");
    // 10 at the first reading, 2 at each of 12, and the 4 of one invitation.
    assert!(rising.board_traffic * 10 <= quiet.board_traffic * 15, "{} bytes an hour", rising.board_traffic);
}

/// The control: lanes of the same lengths, in which the holder of one invitation is held to no share.
#[test]
fn without_caps_one_invitation_silences_the_board() {
    let flooded = Flood { attack: FOUR_CORES, caps: Caps::None, ..DAY }.run();
    println!("seed {}\n{flooded:?}", DAY.seed);
    assert!(flooded.known.ever < 0.4, "{}", flooded.known.ever);
    let quiet = Flood { caps: Caps::None, ..DAY }.run();
    assert_eq!((quiet.known.ever, quiet.invited.ever), (1.0, 1.0), "it is the flood that does it");
}

/// What is claimed of work has an end: against sixteen times the cores newcomers lose, and nobody else does.
#[test]
fn against_many_cores_only_newcomers_lose() {
    let flooded = Flood { attack: Some(Attack { cores: 64, brings: Brings::AtOnce }), ..DAY }.run();
    println!("seed {}\n{flooded:?}", DAY.seed);
    assert_eq!((flooded.known.ever, flooded.invited.ever), (1.0, 1.0));
    assert!(flooded.newcomers.within_hour < 0.5, "{}", flooded.newcomers.within_hour);
}
