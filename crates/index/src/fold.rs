//! What is folded, and why.

use std::collections::BTreeMap;

use roneo_social::BoardId;

use crate::beside::{Aside, Kind, What};
use crate::record::LabelFacts;
use crate::sight::Sight;
use crate::state::{Post, State};

/// What is said against a post.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) fold: Option<Cause>,
    /// The labels that count, newest first.
    pub(crate) labels: Vec<u32>,
}

/// Why something is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    MutedPerson,
    MutedThread,
    Label(u32),
}

impl State {
    /// Whether a post is folded as it is seen on a board, or, without one, on any of its boards.
    pub(crate) fn is_folded(&self, post: &Post, board: Option<BoardId>, sight: Sight) -> bool {
        self.verdict(post, board, sight).fold.is_some()
    }

    /// What is said against a post, as it is seen on a board or, without one, on any of its boards.
    pub(crate) fn verdict(&self, post: &Post, board: Option<BoardId>, sight: Sight) -> Verdict {
        let mut verdict = Verdict::default();
        if self.threads[post.thread].muted {
            verdict.fold = Some(Cause::MutedThread);
        }
        if !post.judged {
            return verdict;
        }
        let author = self.author_id(post);
        if self.marks.muted_persons.contains_key(&author) {
            verdict.fold = Some(Cause::MutedPerson);
        }
        let on_post = self.besides.of_kind(post.id.as_bytes(), Kind::PostLabel);
        let on_author = self.besides.of_kind(author.as_bytes(), Kind::PersonLabel);
        let stands = |(number, aside): (u32, _)| self.standing_label(aside, sight).map(|label| (number, aside, label));
        let labels: Vec<_> = on_post.chain(on_author).filter_map(stands).collect();
        if labels.is_empty() {
            return verdict;
        }
        let boards = match board {
            Some(board) => vec![Some(board)],
            None if post.on.as_slice().is_empty() => vec![None],
            None => self.board_ids(post).into_iter().map(Some).collect(),
        };
        let mut counting = BTreeMap::new();
        let mut cause = None;
        for board in boards {
            cause = cause.max(self.count(board, &labels, &mut counting));
        }
        if verdict.fold.is_none() {
            verdict.fold = cause.map(|(_, number)| Cause::Label(number));
        }
        verdict.labels = counting.into_values().rev().collect();
        verdict
    }

    /// Notes the labels that count on a board by their rank, and says the one for which it is folded there, if it is.
    fn count(
        &self,
        board: Option<BoardId>,
        labels: &[(u32, &Aside, &LabelFacts)],
        counting: &mut BTreeMap<crate::beside::Rank, u32>,
    ) -> Option<(crate::beside::Rank, u32)> {
        let mut alone = None;
        let mut any = None;
        let mut curators = Vec::new();
        for (number, aside, label) in labels {
            if label.board.is_some() && label.board != board {
                continue;
            }
            let Some(one_is_enough) = self.marks.curator(board, self.people.person(aside.author).id) else { continue };
            let ranked = Some((aside.rank(), *number));
            counting.insert(aside.rank(), *number);
            any = any.max(ranked);
            if one_is_enough {
                alone = alone.max(ranked);
            }
            if !curators.contains(&aside.author) {
                curators.push(aside.author);
            }
        }
        if curators.len() >= 2 { alone.or(any) } else { alone }
    }

    /// What a label says, if its time has come, it has not ended and its curator did not take it back.
    fn standing_label<'a>(&self, aside: &'a Aside, sight: Sight) -> Option<&'a LabelFacts> {
        let What::Label(label) = &aside.what else { return None };
        let ended = label.until != 0 && label.until <= sight.now;
        let seen = |other: &Aside| sight.sees(other.time, other.arrival);
        let mut takings = self.besides.of_author(aside.id.as_bytes(), Kind::Taking, aside.author);
        let taken = takings.any(|(_, taking)| seen(taking) && taking.rank() > aside.rank());
        (seen(aside) && !ended && !taken).then_some(label)
    }
}
