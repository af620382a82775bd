//! Works for two minutes on one core, with real puzzles, and says whether the flood is modelled rightly:
//! `cargo run --release -p roneo-simulations --example solver_rate -- [SECONDS]`.
//!
//! Two things are modelled: how many solutions a core finds in a second, and that a proof of effort E costs E of them, by
//! the law of waiting times. The first hangs on the machine, so it is compared within half and double; the second does not.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use roneo_simulations::RATE;
use roneo_social::{Challenge, Effort, Solver};

/// So little that a run has a thousand proofs.
const ASKED: u32 = 32;

#[expect(clippy::disallowed_methods, reason = "here it is the machine that is measured")]
fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(120);
    let (begun, length) = (Instant::now(), Duration::from_secs(seconds));
    let asked = Effort::new(ASKED).expect("an effort");
    let (mut costs, mut solutions) = (Vec::new(), 0);
    for hour in 0.. {
        let challenge = Challenge::of_announcement(&[1; 32], &[2; 32], hour, None, &[4; 32]);
        let mut solver = Solver::new(challenge, asked, 0);
        while begun.elapsed() < length && solver.step(1).is_none() {}
        solutions += solver.solutions();
        if begun.elapsed() >= length {
            break;
        }
        costs.push(solver.solutions() as f64);
    }
    let rate = solutions as f64 / begun.elapsed().as_secs_f64();
    let proofs = costs.len() as f64;
    let mean = costs.iter().sum::<f64>() / proofs;
    let longer = costs.iter().filter(|cost| **cost > 3.0 * f64::from(ASKED)).count() as f64 / proofs;
    println!("{rate:.0} solutions/s on one core; modelled: {RATE}");
    println!(
        "{proofs} proofs of effort {ASKED}: {mean:.1} solutions each, {:.1} % over three times that",
        longer * 100.0
    );
    // Four standard errors of the mean of exponential times, and the half solution that an attempt finds beyond its proof.
    let tolerance = f64::from(ASKED) * 4.0 / proofs.sqrt() + 1.0;
    let as_modelled = (RATE / 2.0..RATE * 2.0).contains(&rate) && (mean - f64::from(ASKED)).abs() < tolerance;
    println!("{}", if as_modelled { "as modelled" } else { "NOT as modelled" });
    if as_modelled { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
