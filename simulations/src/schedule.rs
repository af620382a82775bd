//! What happens next: events by time, and at one time in the order in which they were thought of.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use roneo_keys::time::Mono;

/// Events to come. A binary heap serves hundreds of nodes; from about a million pending events on a
/// timing wheel is twenty times faster, and is what takes its place when networks grow that far.
#[derive(Debug)]
pub(crate) struct Schedule<E> {
    heap: BinaryHeap<Reverse<Planned<E>>>,
    planned: u64,
}

#[derive(Debug)]
struct Planned<E> {
    at: Mono,
    sequence: u64,
    event: E,
}

impl<E> Default for Schedule<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }
}

impl<E> Schedule<E> {
    pub(crate) fn plan(&mut self, at: Mono, event: E) {
        let sequence = self.planned;
        self.planned += 1;
        self.heap.push(Reverse(Planned { at, sequence, event }));
    }

    /// The next event, if it happens no later than `end`.
    pub(crate) fn next(&mut self, end: Mono) -> Option<(Mono, E)> {
        if self.heap.peek()?.0.at > end {
            return None;
        }
        self.heap.pop().map(|Reverse(planned)| (planned.at, planned.event))
    }
}

impl<E> Planned<E> {
    fn key(&self) -> (Mono, u64) {
        (self.at, self.sequence)
    }
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Planned<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_time_then_in_the_order_planned() {
        let mut schedule = Schedule::default();
        for (at, event) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b'), (9, 'e')] {
            schedule.plan(Mono(at), event);
        }
        let mut drain =
            |end| std::iter::from_fn(|| schedule.next(Mono(end))).map(|(_, event)| event).collect::<String>();
        assert_eq!(drain(2), "");
        assert_eq!(drain(5), "abcd");
        assert_eq!(drain(100), "e");
    }
}
