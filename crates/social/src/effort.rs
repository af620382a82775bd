//! Effort: proof of work by which an author whom nobody vouches for gets a place in a board's
//! newcomer lane. Equi-X [Tor proposal 327, the solver `equix`], bound to one announcement.
//!
//! A solver tries nonces. Each gives an Equi-X puzzle, `challenge || nonce`, with two solutions on
//! the mean. Each solution has a *value*, the first 8 bytes (little-endian) of BLAKE3 keyed with the
//! challenge over `nonce || solution`, and fulfils an effort E if value x E <= 2^64 - 1. So one
//! solution in E does, and E is the number of solutions that a proof is expected to cost. Unlike
//! in Tor the effort asked is no part of the challenge: a proof is ranked by the highest that it
//! fulfils, and a solver that is outbid goes on where it stopped.
//!
//! | CPU time on one core of an AMD EPYC, x86-64 | |
//! | --- | --- |
//! | an attempt, which is one nonce | 9.2 to 12 ms |
//! | solutions of an attempt | 2.04 |
//! | solutions in a second | 178 to 223 |
//! | value of a proof | 0.1 µs |
//! | check of a solution | 64 to 87 µs |
//! | an attempt where no machine code can be made | 270 ms, 8 solutions in a second |
//!
//! Measured with equix 0.8.0, optimised with overflow checks, in 4 runs of nonces 0 to 999, each of
//! another challenge (without machine code: one of 0 to 99), and at least 20,000 checks of what they
//! found. The lower times are of the idle machine, where CPU and elapsed time are one, the higher
//! ones of the machine with other work on both of its cores.
//!
//! Machine code is made on x86-64 and aarch64 where the system lets memory become executable.
//! Elsewhere the same hash is interpreted, with the same solutions; a check takes 78 µs then.

use blake3::Hasher;
use equix::{EquiX, Solution, SolverMemory};

/// Bytes of a nonce.
const NONCE_LEN: usize = 8;

/// Work asked or done: how many Equi-X solutions it is expected to cost, from 1 to [`Effort::MAX`].
/// More effort is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effort(u32);

impl Effort {
    /// The least: any solution.
    pub const MIN: Self = Self(1);
    /// A tenth of a second: for networks on one machine, where nobody floods.
    pub const TRIAL: Self = Self(16);
    /// For a newcomer's reply or reaction: 5 s on the mean, at 200 solutions in a second.
    pub const REPLY: Self = Self(1_024);
    /// For a newcomer's thread: 20 s on the mean, at that rate.
    pub const THREAD: Self = Self(4_096);
    /// For a board's card in a directory: 82 s on the mean, at that rate.
    pub const CARD: Self = Self(16_384);
    /// The most that is asked or counted: 23 hours on the mean, at that rate. Whoever has done more
    /// ranks with it.
    pub const MAX: Self = Self(1 << 24);
    /// How many times more is asked without a beacon: such proofs can be made weeks ahead.
    pub const WITHOUT_BEACON: u32 = 4;

    /// The effort of so many expected solutions; none of 0 or of more than [`Effort::MAX`].
    #[must_use]
    pub const fn new(solutions: u32) -> Option<Self> {
        if solutions < Self::MIN.0 || solutions > Self::MAX.0 { None } else { Some(Self(solutions)) }
    }

    /// Expected solutions.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next more: what outbids this.
    #[must_use]
    pub const fn above(self) -> Self {
        if self.0 < Self::MAX.0 { Self(self.0 + 1) } else { Self::MAX }
    }

    /// What is asked in place of this where the challenge has no beacon: [`Effort::WITHOUT_BEACON`]
    /// times as much, at most [`Effort::MAX`].
    #[must_use]
    pub const fn without_beacon(self) -> Self {
        let more = self.0.saturating_mul(Self::WITHOUT_BEACON);
        if more < Self::MAX.0 { Self(more) } else { Self::MAX }
    }

    /// What is asked in place of this where the challenge has a fresh beacon: the least that counts as
    /// much [without one](Self::without_beacon).
    #[must_use]
    pub const fn with_beacon(self) -> Self {
        Self(self.0.div_ceil(Self::WITHOUT_BEACON))
    }

    /// The highest that a value fulfils.
    fn of_value(value: u64) -> Self {
        let solutions = u64::MAX.checked_div(value).and_then(|solutions| u32::try_from(solutions).ok());
        solutions.map_or(Self::MAX, |solutions| Self(solutions).min(Self::MAX))
    }
}

/// What a proof is bound to. Work done for one challenge is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Bytes of a challenge.
    pub const LEN: usize = 32;

    /// The challenge of an announcement: BLAKE3 in derive-key mode, context `roneo effort 1`, over
    /// device, board tag, hour (4 bytes, little-endian), beacon and the hash of what is announced. The
    /// beacon is a byte 1 and its 32 bytes, or a byte 0 alone where the board has none.
    #[must_use]
    pub fn of_announcement(
        device: &[u8; 32],
        tag: &[u8; 32],
        hour: u32,
        beacon: Option<&[u8; 32]>,
        announced: &[u8; 32],
    ) -> Self {
        let mut hasher = Hasher::new_derive_key("roneo effort 1");
        hasher.update(device).update(tag).update(&hour.to_le_bytes());
        match beacon {
            Some(beacon) => hasher.update(&[1]).update(beacon),
            None => hasher.update(&[0]),
        };
        hasher.update(announced);
        Self(*hasher.finalize().as_bytes())
    }

    /// The challenge of anything else that work is asked for: a hash, made under a context of its own, of all that the
    /// work is to be bound to.
    #[must_use]
    pub const fn of_hash(hash: [u8; Self::LEN]) -> Self {
        Self(hash)
    }

    /// The challenge's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// What Equi-X is asked to solve. `None` for the few nonces that give no hash program: they have
    /// no solutions, for whoever solves and for whoever checks.
    fn puzzle(&self, nonce: u64) -> Option<EquiX> {
        let mut seed = [0; Self::LEN + NONCE_LEN];
        seed[..Self::LEN].copy_from_slice(&self.0);
        seed[Self::LEN..].copy_from_slice(&nonce.to_le_bytes());
        EquiX::new(&seed).ok()
    }
}

/// Why a proof does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EffortError {
    /// It fulfils a lower effort than the one asked, or was made for another challenge.
    #[error("it carries less work than is asked here")]
    TooLittle,
    /// It holds no solution of its puzzle.
    #[error("its proof of work is not one")]
    NotSolved,
}

/// A nonce and one Equi-X solution: [`Proof::LEN`] bytes, of which any are laid out as a proof.
/// Whether they are one, [`Proof::verify`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proof {
    nonce: u64,
    solution: [u8; Solution::NUM_BYTES],
}

impl Proof {
    /// Bytes of a proof.
    pub const LEN: usize = NONCE_LEN + Solution::NUM_BYTES;

    /// The nonce (little-endian), then the solution as Equi-X packs it: 8 items of 2 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..NONCE_LEN].copy_from_slice(&self.nonce.to_le_bytes());
        bytes[NONCE_LEN..].copy_from_slice(&self.solution);
        bytes
    }

    /// A proof read from a format, not yet checked.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut nonce = [0; NONCE_LEN];
        let mut solution = [0; Solution::NUM_BYTES];
        nonce.copy_from_slice(&bytes[..NONCE_LEN]);
        solution.copy_from_slice(&bytes[NONCE_LEN..]);
        Self { nonce: u64::from_le_bytes(nonce), solution }
    }

    /// The highest effort that this proof's value fulfils, by which newcomers are ranked. It costs
    /// one hash and says nothing of the solution: a false one with a good value costs its maker only
    /// hashes. So this comes before a signature is checked and [`Proof::verify`] after it, and
    /// nothing takes a place that has not passed both.
    #[must_use]
    pub fn effort(&self, challenge: &Challenge) -> Effort {
        let hash = blake3::keyed_hash(&challenge.0, &self.to_bytes());
        let mut value = [0; 8];
        value.copy_from_slice(&hash.as_bytes()[..8]);
        Effort::of_value(u64::from_le_bytes(value))
    }

    /// Checks that this proof fulfils `asked` for the challenge: first its value, then the order of
    /// its solution's items, both within a microsecond, then the solution itself.
    ///
    /// # Errors
    /// [`EffortError::TooLittle`] for a value above what `asked` allows, [`EffortError::NotSolved`]
    /// where the solution is none of this challenge and nonce.
    pub fn verify(&self, challenge: &Challenge, asked: Effort) -> Result<(), EffortError> {
        if self.effort(challenge) < asked {
            return Err(EffortError::TooLittle);
        }
        let solution = Solution::try_from_bytes(&self.solution).map_err(|_| EffortError::NotSolved)?;
        let puzzle = challenge.puzzle(self.nonce).ok_or(EffortError::NotSolved)?;
        puzzle.verify(&solution).map_err(|_| EffortError::NotSolved)
    }
}

/// Who says what a proof is worth. Nodes have one judge, [`Solved`]; a simulation may bring another, whose
/// records are of another type and so reach no node.
pub trait Judge: Copy + Eq + std::fmt::Debug {
    /// The effort that a proof claims, at the cost of a hash.
    fn effort(proof: &Proof, challenge: &Challenge) -> Effort;

    /// Whether a proof is one, of at least `asked`.
    ///
    /// # Errors
    /// [`EffortError`].
    fn verify(proof: &Proof, challenge: &Challenge, asked: Effort) -> Result<(), EffortError>;
}

/// The judge of every node: Equi-X.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solved;

impl Judge for Solved {
    fn effort(proof: &Proof, challenge: &Challenge) -> Effort {
        proof.effort(challenge)
    }

    fn verify(proof: &Proof, challenge: &Challenge, asked: Effort) -> Result<(), EffortError> {
        proof.verify(challenge, asked)
    }
}

/// A search for a proof that can be left and taken up again between attempts.
///
/// What it finds follows from the challenge, the effort and the first nonce alone. It has no end of
/// its own: the number of solutions tried is geometric, so that one search in 20 takes 3 times the
/// mean and one in 100 takes 4.6 times. It holds 1.9 MB of memory for as long as it lives.
pub struct Solver {
    challenge: Challenge,
    asked: Effort,
    next: u64,
    tried: u64,
    solutions: u64,
    memory: SolverMemory,
}

impl Solver {
    /// A search from `start_nonce` upwards, and on from 0 after the last. Solvers of one challenge
    /// on several threads start far from each other: at i x 2^32, say.
    #[must_use]
    pub fn new(challenge: Challenge, asked: Effort, start_nonce: u64) -> Self {
        Self { challenge, asked, next: start_nonce, tried: 0, solutions: 0, memory: SolverMemory::new() }
    }

    /// Tries at most so many nonces, and stops at the first with a proof. Each takes about 10 ms of
    /// one core, 30 times that where no machine code can be made: so 10 attempts are a good step
    /// for somebody who may cancel. After a proof the next step looks for another.
    pub fn step(&mut self, attempts: u32) -> Option<Proof> {
        (0..attempts).find_map(|_| self.attempt())
    }

    /// Nonces tried so far.
    #[must_use]
    pub const fn tried(&self) -> u64 {
        self.tried
    }

    /// Solutions met so far: on the mean as many as [`Effort::get`] says by the time of a proof.
    #[must_use]
    pub const fn solutions(&self) -> u64 {
        self.solutions
    }

    /// Tries one nonce: of several proofs the one with the highest effort.
    fn attempt(&mut self) -> Option<Proof> {
        let nonce = self.next;
        self.next = nonce.wrapping_add(1);
        self.tried += 1;
        let found = self.challenge.puzzle(nonce)?.solve_with_memory(&mut self.memory);
        self.solutions += found.len() as u64;
        let proofs = found.iter().map(|solution| Proof { nonce, solution: solution.to_bytes() });
        let best = proofs.max_by_key(|proof| proof.effort(&self.challenge))?;
        (best.effort(&self.challenge) >= self.asked).then_some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AUTHOR: [u8; 32] = [1; 32];
    const BOARD: [u8; 32] = [2; 32];
    const HOUR: u32 = 480_000;
    const BEACON: [u8; 32] = [3; 32];
    const BODY: [u8; 32] = [4; 32];

    const CHALLENGE: [u8; Challenge::LEN] = [
        0x03, 0xff, 0x19, 0xcc, 0x61, 0xa4, 0x9c, 0xd9, 0x6c, 0xc1, 0x46, 0x7e, 0x31, 0x79, 0x93, 0xe2, 0x91, 0x04,
        0xff, 0x33, 0xf1, 0x30, 0xd7, 0xf2, 0xcd, 0x9a, 0xf2, 0xbd, 0xf1, 0xb3, 0x43, 0x36,
    ];
    /// The first proof of [`Effort::REPLY`] from nonce 0 upwards, at nonce 1,588.
    const PROOF: [u8; Proof::LEN] = [
        0x34, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x33, 0x7c, 0xf1, 0x8b, 0xe5, 0x1a, 0x54, 0xaa, 0xe1, 0x86,
        0xcf, 0x98, 0xd8, 0x56, 0xfc, 0xc1,
    ];
    const PROOF_EFFORT: u32 = 1_604;
    /// A nonce that gives [`fixed`] no hash program, which is one in 25,000.
    const REFUSED: u64 = 18_719;

    fn fixed() -> Challenge {
        Challenge::of_announcement(&AUTHOR, &BOARD, HOUR, Some(&BEACON), &BODY)
    }

    #[test]
    fn vector() {
        let challenge = fixed();
        assert_eq!(challenge.as_bytes(), &CHALLENGE);
        let mut solver = Solver::new(challenge, Effort::REPLY, 1_585);
        let proof = solver.step(100).unwrap();
        assert_eq!(proof.to_bytes(), PROOF);
        assert_eq!(Proof::from_bytes(&PROOF), proof);
        assert_eq!(solver.tried(), 4);
        assert_eq!(proof.effort(&challenge), Effort(PROOF_EFFORT));
        assert_eq!(proof.verify(&challenge, Effort::REPLY), Ok(()));
    }

    #[test]
    fn a_proof_has_the_effort_it_has_and_no_more() {
        let proof = Proof::from_bytes(&PROOF);
        assert_eq!(proof.verify(&fixed(), Effort::MIN), Ok(()));
        assert_eq!(proof.verify(&fixed(), Effort(PROOF_EFFORT)), Ok(()));
        for asked in [Effort(PROOF_EFFORT + 1), Effort::THREAD, Effort::REPLY.without_beacon(), Effort::MAX] {
            assert_eq!(proof.verify(&fixed(), asked), Err(EffortError::TooLittle));
        }
    }

    #[test]
    fn a_proof_is_worth_nothing_for_another_announcement() {
        let proof = Proof::from_bytes(&PROOF);
        let other = [9; 32];
        for challenge in [
            Challenge::of_announcement(&other, &BOARD, HOUR, Some(&BEACON), &BODY),
            Challenge::of_announcement(&AUTHOR, &other, HOUR, Some(&BEACON), &BODY),
            Challenge::of_announcement(&AUTHOR, &BOARD, HOUR + 1, Some(&BEACON), &BODY),
            Challenge::of_announcement(&AUTHOR, &BOARD, HOUR, Some(&other), &BODY),
            Challenge::of_announcement(&AUTHOR, &BOARD, HOUR, Some(&[0; 32]), &BODY),
            Challenge::of_announcement(&AUTHOR, &BOARD, HOUR, None, &BODY),
            Challenge::of_announcement(&AUTHOR, &BOARD, HOUR, Some(&BEACON), &other),
            Challenge::of_announcement(&BOARD, &AUTHOR, HOUR, Some(&BEACON), &BODY),
        ] {
            assert_eq!(proof.verify(&challenge, Effort::REPLY), Err(EffortError::TooLittle));
            // Whatever value it has there, its solution is none.
            assert_eq!(proof.verify(&challenge, Effort::MIN), Err(EffortError::NotSolved));
        }
    }

    #[test]
    fn any_flipped_bit_fails() {
        for bit in 0..Proof::LEN * 8 {
            let mut bytes = PROOF;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = Proof::from_bytes(&bytes);
            assert!(flipped.verify(&fixed(), Effort::REPLY).is_err(), "bit {bit}");
            assert_eq!(flipped.verify(&fixed(), Effort::MIN), Err(EffortError::NotSolved), "bit {bit}");
        }
    }

    #[test]
    fn a_good_value_without_a_solution_is_no_proof() {
        let solution = Proof::from_bytes(&PROOF).solution;
        let cheat = (0..).map(|nonce| Proof { nonce, solution }).find(|cheat| cheat.effort(&fixed()) >= Effort::REPLY);
        assert_eq!(cheat.unwrap().verify(&fixed(), Effort::REPLY), Err(EffortError::NotSolved));
    }

    #[test]
    fn a_nonce_without_a_hash_program_is_passed_over() {
        assert!(fixed().puzzle(REFUSED).is_none());
        let mut solver = Solver::new(fixed(), Effort::MIN, REFUSED);
        assert_eq!(solver.step(1), None);
        assert_eq!((solver.tried(), solver.solutions()), (1, 0));
        assert!(solver.step(10).unwrap().nonce > REFUSED);
        let proof = Proof { nonce: REFUSED, ..Proof::from_bytes(&PROOF) };
        assert_eq!(proof.verify(&fixed(), Effort::MIN), Err(EffortError::NotSolved));
    }

    #[test]
    fn a_search_in_steps_finds_the_same() {
        let asked = Effort(16);
        let mut whole = Solver::new(fixed(), asked, u64::MAX - 1);
        let proof = whole.step(u32::MAX).unwrap();
        let mut stepped = Solver::new(fixed(), asked, u64::MAX - 1);
        assert_eq!(stepped.step(0), None);
        assert_eq!((stepped.tried(), stepped.solutions()), (0, 0));
        let found = loop {
            if let Some(found) = stepped.step(1) {
                break found;
            }
        };
        assert_eq!(found, proof);
        assert_eq!((stepped.tried(), stepped.solutions()), (whole.tried(), whole.solutions()));
        assert!(proof.nonce < whole.tried(), "after the last nonce comes 0");
        assert_ne!(whole.step(u32::MAX), Some(proof), "the next step looks for another");
    }

    #[test]
    fn a_proof_costs_about_as_many_solutions_as_its_effort() {
        let (asked, proofs) = (Effort(8), 12);
        let mut solver = Solver::new(fixed(), asked, 1 << 32);
        for _ in 0..proofs {
            assert_eq!(solver.step(u32::MAX).unwrap().verify(&fixed(), asked), Ok(()));
        }
        let expected = u64::from(asked.get()) * proofs;
        assert!((expected / 2..expected * 2).contains(&solver.solutions()), "{} solutions", solver.solutions());
    }

    #[test]
    fn one_value_in_e_fulfils_e() {
        let solution = Proof::from_bytes(&PROOF).solution;
        let efforts: Vec<u32> = (0..100_000).map(|nonce| Proof { nonce, solution }.effort(&fixed()).get()).collect();
        for asked in [1, 2, 10, 100, 1_000] {
            let share = efforts.iter().filter(|effort| **effort >= asked).count();
            let expected = 100_000 / asked as usize;
            assert!((expected * 7 / 10..=expected * 13 / 10).contains(&share), "{share} of effort {asked}");
        }
    }

    #[test]
    fn efforts_of_values_are_exact() {
        for (value, effort) in [(u64::MAX, 1), (u64::MAX / 2 + 1, 1), (u64::MAX / 2, 2), (u64::MAX / 3, 3)] {
            assert_eq!(Effort::of_value(value), Effort(effort));
        }
        for asked in [2, 1_024, 4_095, Effort::MAX.0] {
            assert_eq!(Effort::of_value(u64::MAX / u64::from(asked)), Effort(asked));
            assert_eq!(Effort::of_value(u64::MAX / u64::from(asked) + 1), Effort(asked - 1));
        }
        for value in [0, 1, 2, 1 << 31, 1 << 32, 1 << 39] {
            assert_eq!(Effort::of_value(value), Effort::MAX);
        }
    }

    #[test]
    fn efforts_are_bounded() {
        assert_eq!(Effort::new(0), None);
        assert_eq!(Effort::new(1), Some(Effort::MIN));
        assert_eq!(Effort::new(Effort::MAX.get()), Some(Effort::MAX));
        assert_eq!(Effort::new(Effort::MAX.get() + 1), None);
        assert_eq!(Effort::REPLY.without_beacon(), Effort::THREAD);
        assert_eq!(Effort::CARD.without_beacon().get(), 65_536);
        assert_eq!(Effort::MAX.without_beacon(), Effort::MAX);
        for asked in [1, 4, 5, 1_024, Effort::MAX.get()].map(Effort) {
            let least = asked.with_beacon();
            assert!(least.without_beacon() >= asked);
            assert!(least == Effort::MIN || Effort(least.0 - 1).without_beacon() < asked);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_judged(bytes: [u8; Proof::LEN], author: [u8; 32], hour: u32, beacon: Option<[u8; 32]>) {
            let challenge = Challenge::of_announcement(&author, &BOARD, hour, beacon.as_ref(), &BODY);
            let proof = Proof::from_bytes(&bytes);
            prop_assert_eq!(proof.to_bytes(), bytes);
            prop_assert_eq!(proof.verify(&challenge, Effort::MIN), Err(EffortError::NotSolved));
            prop_assert!(proof.verify(&challenge, Effort::MAX).is_err());
        }

        #[test]
        fn ordered_items_are_judged(nonce: u64, item: u16) {
            // Equal items pass the order, so that this reaches the puzzle itself.
            let mut bytes = [0; Proof::LEN];
            bytes[..NONCE_LEN].copy_from_slice(&nonce.to_le_bytes());
            bytes[NONCE_LEN..].chunks_exact_mut(2).for_each(|chunk| chunk.copy_from_slice(&item.to_le_bytes()));
            prop_assert_eq!(Proof::from_bytes(&bytes).verify(&fixed(), Effort::MIN), Err(EffortError::NotSolved));
        }
    }
}
