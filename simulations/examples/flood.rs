//! Prints what a day under a flood is like: `cargo run --release -p roneo-simulations --example flood -- [SEED]`.

use roneo_simulations::{Attack, Brings, Caps, Flood, Heard, Outcome};

fn main() {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let quiet = Flood { seed, hours: 24, attack: None, caps: Caps::Nested };
    println!(
        "seed {seed}; 24 hours, 200 users; share of readers who saw it within an hour, and the median time to sight"
    );
    println!("| | known | invited | newcomers | attacker's, of all | board, B/h | 20 boards, B/h | asked |");
    println!("| --- | --- | --- | --- | --- | ---: | ---: | ---: |");
    let attack = |cores| Some(Attack { cores, brings: Brings::AtOnce });
    for (name, flood) in [
        ("no attack", quiet),
        ("1 core", Flood { attack: attack(1), ..quiet }),
        ("4 cores", Flood { attack: attack(4), ..quiet }),
        ("16 cores", Flood { attack: attack(16), ..quiet }),
        ("64 cores", Flood { attack: attack(64), ..quiet }),
        ("4 cores, no caps", Flood { attack: attack(4), caps: Caps::None, ..quiet }),
    ] {
        let Outcome { known, invited, newcomers, attacker, board_traffic, reader_traffic, going_rate } = flood.run();
        let shown = |Heard { within_hour, median_s, .. }| format!("{:.1} %, {median_s} s", within_hour * 100.0);
        println!(
            "| {name} | {} | {} | {} | {:.1} % | {board_traffic} | {reader_traffic} | {going_rate} |",
            shown(known),
            shown(invited),
            shown(newcomers),
            attacker.ever * 100.0,
        );
    }
}
