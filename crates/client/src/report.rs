//! [`Report`]: how an insert is kept, as a check found it.

use roneo_content::redundancy::{STORED_LOSS, weak_shards};
use serde::{Deserialize, Serialize};

/// Segments that a report lists one by one, at most. Of longer content, it lists those in the worst condition.
pub const MAX_REPORTED: usize = 2_048;

/// How much a check asks for, or a repair places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Check: [`SAMPLE_SHARDS`](crate::jobs::SAMPLE_SHARDS) of a segment, and all of them where one of
    /// these is not found; copies at the nodes that a reader would ask. Repair: what is missing.
    #[default]
    Usual,
    /// Check: all shards, and all copies of what is not coded. Repair: places everything again.
    Full,
}

/// How well a block, a segment or the whole is kept. Ordered: the whole is as its worst part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Too little of it can be found to read it now.
    Lost,
    /// It can be read, and a few more nodes that leave make it lost.
    InDanger,
    /// It can be read, and is less safe than when it was stored.
    Weakened,
    /// As safe as what is called stored, as far as can be told from what was found.
    Healthy,
}

/// How many copies of one block were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CopiesFound {
    /// Nodes that should keep it and were looked at: first those that readers ask first.
    pub places: usize,
    /// Those that have it.
    pub found: usize,
    /// Those that answered that they do not.
    pub without: usize,
    /// Those that gave no answer.
    pub silent: usize,
    /// What that means.
    pub condition: Condition,
}

/// How one segment was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentFound {
    /// Which, counted from 1.
    pub segment: u32,
    /// Shards that bring it back. 0, as all that follows, where its keep list was not found.
    pub k: u8,
    /// Shards in all.
    pub n: u8,
    /// Copies that the keep list wishes of each.
    pub copies: u8,
    /// Shards that were asked for: n, or a sample drawn at random.
    pub asked: u8,
    /// Those of them that were found.
    pub found: u8,
    /// Those of them that nobody answered for; the rest was answered not to be there.
    pub silent: u8,
    /// Shards of all n that are there: at least so many, with a chance of 95 % or more. Of a segment
    /// whose shards were all asked for this is what was found.
    pub at_least: u8,
    /// Copies of its keep list.
    pub keep_list: CopiesFound,
    /// What all that means.
    pub condition: Condition,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The worst of all parts.
    pub condition: Condition,
    /// What to do about it, in one sentence.
    pub advice: String,
    /// Whether some segment was judged by a sample of its shards.
    pub sampled: bool,
    /// The record of the name that was followed. It is looked for at a few of the nodes that keep it.
    pub record: Option<CopiesFound>,
    /// The root; `None` where a record holds the content itself.
    pub root: Option<CopiesFound>,
    /// The one block that is all of the content.
    pub single: Option<CopiesFound>,
    /// Index blocks, in order.
    pub index_blocks: Vec<CopiesFound>,
    /// Segments, in order.
    pub segments: Vec<SegmentFound>,
    /// Segments that are not listed, being in no worse condition than those that are.
    pub unlisted: u32,
}

impl CopiesFound {
    pub(crate) fn new(found: usize, without: usize, silent: usize) -> Self {
        let places = found + without + silent;
        let condition = match found {
            0 => Condition::Lost,
            // The same share as of an insert that is called stored.
            _ if 4 * found >= 3 * places => Condition::Healthy,
            1 => Condition::InDanger,
            _ => Condition::Weakened,
        };
        Self { places, found, without, silent, condition }
    }
}

impl SegmentFound {
    /// Judges what was found of a segment, on a network of `storers` others.
    pub(crate) fn judged(mut self, storers: usize) -> Self {
        let shards = if self.k == 0 { Condition::Lost } else { self.shards_condition(storers) };
        self.at_least = at_least(self.n, self.asked, self.found);
        self.condition = shards.min(self.keep_list.condition);
        self
    }

    fn shards_condition(&self, storers: usize) -> Condition {
        let (k, n, found) = (usize::from(self.k), usize::from(self.n), usize::from(self.found));
        if self.found == self.asked {
            return Condition::Healthy;
        }
        let copies = usize::from(self.copies).min(storers).max(1);
        if found < k {
            Condition::Lost
        } else if found <= weak_shards(self.k, n) {
            Condition::InDanger
        } else if loss_of_half(k, n, found, copies) <= STORED_LOSS {
            Condition::Healthy
        } else {
            Condition::Weakened
        }
    }
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            condition: Condition::Healthy,
            advice: String::new(),
            sampled: false,
            record: None,
            root: None,
            single: None,
            index_blocks: Vec::new(),
            segments: Vec::new(),
            unlisted: 0,
        }
    }

    /// Takes notice of how one more part is.
    pub(crate) fn note(&mut self, condition: Condition) {
        self.condition = self.condition.min(condition);
    }

    /// Lists a segment, or counts one in no worse condition where there are more than are listed.
    pub(crate) fn add_segment(&mut self, found: SegmentFound) {
        self.note(found.condition);
        self.sampled |= found.asked < found.n;
        self.segments.push(found);
        if self.segments.len() > MAX_REPORTED {
            let best = self.segments.iter().rposition(|listed| listed.condition == Condition::Healthy);
            let best = best.or_else(|| (0..self.segments.len()).max_by_key(|&place| self.segments[place].condition));
            if let Some(best) = best {
                self.segments.remove(best);
                self.unlisted += 1;
            }
        }
    }

    /// Says what follows from it.
    pub(crate) fn conclude(&mut self) {
        // Several are looked at at one time, and end in any order.
        self.segments.sort_by_key(|segment| segment.segment);
        self.advice = match (self.condition, self.sampled) {
            (Condition::Healthy, false) => "nothing needs to be done",
            (Condition::Healthy, true) => "nothing needs to be done; `--full` asks for every piece, not for a sample",
            (Condition::Weakened, _) => "`roneo repair` puts back what is missing: at some time soon",
            (Condition::InDanger, _) => "run `roneo repair` now, with the same link",
            (Condition::Lost, _) => {
                "check again when more nodes are up; if it stays so, only somebody who has the content can put it in again"
            }
        }
        .to_owned();
    }
}

impl Condition {
    /// As people say it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Lost => "lost: it cannot be read now",
            Self::InDanger => "in danger: it can be read, and a few nodes more that leave would end that",
            Self::Weakened => "weakened: it can be read, and is less safe than when it was stored",
            Self::Healthy => "healthy",
        }
    }
}

/// The chance that fewer than `k` of `n` shards survive when half of all nodes vanish at once, where
/// `found` of them are there now.
///
/// A shard with one copy left looks like one with all of them, but where shards are gone, copies of the
/// others are gone too. If copies go one by one by chance, a shard is gone when all of its `copies` are,
/// and the share of shards that are gone says how many copies are.
fn loss_of_half(k: usize, n: usize, found: usize, copies: usize) -> f64 {
    let copies = i32::try_from(copies).unwrap_or(i32::MAX);
    let gone = (1.0 - found as f64 / n as f64).powf(1.0 / f64::from(copies));
    let survives = 1.0 - f64::midpoint(1.0, gone).powi(copies);
    // alive[j]: chance that exactly j of the shards so far survive, for j < k.
    let mut alive = vec![0.0; k];
    if let Some(none) = alive.first_mut() {
        *none = 1.0;
    }
    for _ in 0..n {
        for count in (0..k).rev() {
            let one_fewer = if count == 0 { 0.0 } else { alive[count - 1] };
            alive[count] = alive[count] * (1.0 - survives) + one_fewer * survives;
        }
    }
    alive.iter().sum()
}

/// The fewest of `n` shards that may be there, where `found` of `asked` drawn at random were found: with
/// fewer, a sample as good as this one would come up in less than 1 of 20 checks.
fn at_least(n: u8, asked: u8, found: u8) -> u8 {
    if found < asked || asked >= n {
        // Where one is missing, all of them are asked for.
        return found;
    }
    let all_found = |there: u8| {
        (0..asked).map(|drawn| f64::from(there.saturating_sub(drawn)) / f64::from(n - drawn)).product::<f64>()
    };
    (found..=n).find(|&there| all_found(there) >= 0.05).unwrap_or(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(k: u8, n: u8, asked: u8, found: u8) -> SegmentFound {
        let keep_list = CopiesFound::new(8, 0, 0);
        let condition = Condition::Healthy;
        let found =
            SegmentFound { segment: 1, k, n, copies: 2, asked, found, silent: 0, at_least: 0, keep_list, condition };
        found.judged(1_000)
    }

    #[test]
    fn copies_are_judged_as_an_insert_is() {
        use Condition::{Healthy, InDanger, Lost, Weakened};
        let table = [
            (8, 0, 0, Healthy),
            (6, 1, 1, Healthy),
            (5, 3, 0, Weakened),
            (2, 6, 0, Weakened),
            (1, 7, 0, InDanger),
            (1, 0, 0, Healthy),
            (0, 8, 0, Lost),
            (0, 0, 8, Lost),
        ];
        for (found, without, silent, condition) in table {
            assert_eq!(CopiesFound::new(found, without, silent).condition, condition, "{found}, {without}, {silent}");
        }
    }

    #[test]
    fn segments_are_judged_by_what_the_loss_of_half_would_do() {
        use Condition::{Healthy, InDanger, Lost, Weakened};
        // The least that is in each condition, and the most that is in the one below.
        let table = [
            (126, Healthy),
            (125, Healthy),
            (124, Weakened),
            (96, Weakened),
            (95, InDanger),
            (63, InDanger),
            (62, Lost),
            (0, Lost),
        ];
        for (found, condition) in table {
            assert_eq!(segment(63, 126, 126, found).condition, condition, "{found}");
        }
        assert_eq!(segment(2, 18, 18, 18).condition, Healthy);
        assert_eq!(segment(2, 18, 18, 17).condition, Healthy);
        assert_eq!(segment(2, 18, 18, 8).condition, Weakened);
        assert_eq!(segment(2, 18, 18, 7).condition, InDanger);
        let list_in_danger = SegmentFound { keep_list: CopiesFound::new(1, 7, 0), ..segment(2, 18, 18, 18) };
        assert_eq!(list_in_danger.judged(1_000).condition, InDanger);
    }

    #[test]
    fn with_nothing_missing_the_loss_is_that_of_an_insert() {
        for (k, n, copies) in [(63u8, 126, 2u8), (2, 18, 3), (8, 32, 1)] {
            let expected = roneo_content::redundancy::segment_loss(k, &vec![copies; n]);
            let found = loss_of_half(k.into(), n, n, copies.into());
            assert!((found / expected - 1.0).abs() < 1e-6, "{found:e} for {expected:e}");
        }
        // Of one copy each some are gone: by chance 25 of 32 are left, not exactly 25.
        let exactly = roneo_content::redundancy::segment_loss(8, &[1; 25]);
        assert!((1.0..2.0).contains(&(loss_of_half(8, 32, 25, 1) / exactly)));
    }

    #[test]
    fn a_sample_says_no_more_than_it_knows() {
        // n, asked, found, at least: by the product of (T - i) / (n - i).
        let table = [(126, 8, 8, 88), (18, 8, 8, 14), (126, 126, 100, 100), (23, 23, 23, 23)];
        for (n, asked, found, expected) in table {
            assert_eq!(at_least(n, asked, found), expected, "{found} of {asked} of {n}");
        }
        let sampled = segment(63, 126, 8, 8);
        assert_eq!((sampled.condition, sampled.at_least), (Condition::Healthy, 88));
    }

    #[test]
    fn a_report_lists_the_worst_and_counts_the_rest() {
        let mut report = Report::new();
        for number in 0..MAX_REPORTED as u32 + 10 {
            let found = if number == 2_050 { 63 } else { 126 };
            report.add_segment(SegmentFound { segment: number + 1, ..segment(63, 126, 126, found) });
        }
        assert_eq!((report.segments.len(), report.unlisted), (MAX_REPORTED, 10));
        assert_eq!(report.condition, Condition::InDanger);
        assert!(report.segments.iter().any(|segment| segment.segment == 2_051));
        report.conclude();
        assert!(report.advice.contains("roneo repair"));
    }
}
