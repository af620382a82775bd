//! The order of posts in a thread.

use std::collections::HashMap;

use crate::sight::Sight;
use crate::state::{State, Thread};

/// A post in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) post: u32,
    pub(crate) depth: u32,
    pub(crate) parent_missing: bool,
}

impl State {
    /// Every post of a thread that is seen, depth first; what answers the same one by time and then id. What answers
    /// something that is not seen in this thread stands under its beginning.
    pub(crate) fn in_order(&self, thread: &Thread, sight: Sight) -> Vec<Position> {
        let seen: Vec<u32> = thread
            .items
            .iter()
            .filter(|(time, number)| sight.sees(*time, self.posts[*number].arrival))
            .map(|(_, number)| *number)
            .collect();
        let by_id: HashMap<_, usize> =
            seen.iter().zip(0..).map(|(number, position)| (self.posts[*number].id, position)).collect();
        let root = by_id.get(&thread.root_id).copied();
        // By position of the parent; those under the beginning are last.
        let mut answers: Vec<Vec<Position>> = vec![Vec::new(); seen.len() + 1];
        let under_root = seen.len();
        for (post, position) in seen.iter().copied().zip(0..) {
            if Some(position) == root {
                continue;
            }
            let parent = self.posts[post].parent.and_then(|parent| by_id.get(&parent).copied());
            let place = parent.filter(|parent| Some(*parent) != root).unwrap_or(under_root);
            answers[place].push(Position { post, depth: 1, parent_missing: parent.is_none() });
        }
        let mut order = Vec::with_capacity(seen.len());
        order.extend(root.map(|root| Position { post: seen[root], depth: 0, parent_missing: false }));
        let mut open: Vec<Position> = std::mem::take(&mut answers[under_root]);
        open.reverse();
        while let Some(position) = open.pop() {
            order.push(position);
            let place = by_id[&self.posts[position.post].id];
            let below = std::mem::take(&mut answers[place]);
            open.extend(below.into_iter().rev().map(|below| Position { depth: position.depth + 1, ..below }));
        }
        order
    }
}
