//! The order of threads on a board.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

use roneo_social::{BoardId, EnvelopeId};

use crate::bounds::NEWCOMER_POSTS;
use crate::sight::Sight;
use crate::state::{State, Thread};
use crate::view::Tab;

/// Where a thread stands in a list: the time of the newest that is seen in it, and its id. The highest comes first.
pub(crate) type ThreadKey = (u64, EnvelopeId);

impl State {
    /// The threads of a tab of a board behind `after`, in order, at most `limit`.
    ///
    /// The board's own list is ordered by the latest in each thread. That differs from what is seen where something is
    /// ahead of its time, or came after the list was begun: such threads, of which there are few, are put into their
    /// places one by one.
    pub(crate) fn threads_of(
        &self,
        board_id: BoardId,
        tab: Tab,
        after: Option<ThreadKey>,
        limit: usize,
        sight: Sight,
    ) -> Vec<(ThreadKey, u32)> {
        let Some(number) = self.boards.number(board_id) else { return Vec::new() };
        let board = self.boards.board(number);
        let ahead = board.threads.range((Bound::Excluded((sight.until(), LAST_ID, u32::MAX)), Bound::Unbounded));
        let mut special: HashSet<u32> = ahead.map(|(_, _, thread)| *thread).collect();
        special.extend(self.posts_since(sight.heard).map(|post| post.thread));

        let here = |thread: &&u32| self.threads[**thread].listed.contains(&number);
        let mut moved: BTreeMap<ThreadKey, u32> = BTreeMap::new();
        for number in special.iter().filter(here) {
            if let Some(activity) = self.activity(&self.threads[*number], sight) {
                moved.insert((activity, self.threads[*number].root_id), *number);
            }
        }
        let before = |key: &ThreadKey| after.is_none_or(|after| *key < after);
        let mut moved = moved.into_iter().rev().filter(|(key, _)| before(key)).peekable();
        let upper = after.map_or(Bound::Unbounded, |(time, id)| Bound::Excluded((time, id, 0)));
        let in_place = board.threads.range((Bound::Unbounded, upper)).rev();
        let mut in_place = in_place
            .filter(|(_, _, number)| !special.contains(number))
            .map(|(time, id, number)| ((*time, *id), *number))
            .peekable();

        std::iter::from_fn(|| match (in_place.peek(), moved.peek()) {
            (Some((one, _)), Some((other, _))) if one < other => moved.next(),
            (Some(_), _) => in_place.next(),
            (None, _) => moved.next(),
        })
        .filter(|(_, number)| self.is_in_tab(&self.threads[*number], tab, board_id, sight))
        .take(limit)
        .collect()
    }

    /// The time of the newest in a thread that is seen.
    pub(crate) fn activity(&self, thread: &Thread, sight: Sight) -> Option<u64> {
        let seen = |(time, number): &&(u64, u32)| sight.sees(*time, self.posts[*number].arrival);
        thread.items.iter().rev().find(seen).map(|(time, _)| *time)
    }

    /// The root of a thread, where it is seen.
    pub(crate) fn seen_root(&self, thread: &Thread, sight: Sight) -> Option<u32> {
        thread.root.filter(|root| {
            let post = &self.posts[*root];
            sight.sees(post.time, post.arrival)
        })
    }

    fn is_in_tab(&self, thread: &Thread, tab: Tab, board: BoardId, sight: Sight) -> bool {
        match tab {
            Tab::All => true,
            Tab::Unread => !self.is_thread_folded(thread, Some(board), sight) && self.has_unread(thread, sight),
            Tab::Folded => self.is_thread_folded(thread, Some(board), sight),
            Tab::Newcomers { min_effort } => self.seen_root(thread, sight).is_some_and(|root| {
                let post = &self.posts[root];
                let author = self.people.person(post.author);
                let known = self.is_own(&author.id)
                    || self.marks.persons.contains_key(&author.id)
                    || self.marks.petnames.contains_key(&author.id);
                !known && post.effort >= min_effort && author.said.len() < NEWCOMER_POSTS
            }),
        }
    }

    /// Whether a thread is folded: muted, or its beginning is.
    pub(crate) fn is_thread_folded(&self, thread: &Thread, board: Option<BoardId>, sight: Sight) -> bool {
        thread.muted
            || self.seen_root(thread, sight).is_some_and(|root| self.is_folded(&self.posts[root], board, sight))
    }

    fn has_unread(&self, thread: &Thread, sight: Sight) -> bool {
        thread.unread > 0 && self.unread_items(thread, sight).next().is_some()
    }

    /// How many posts of a thread are seen, unread and not folded.
    pub(crate) fn unread(&self, thread: &Thread, sight: Sight) -> usize {
        let all_seen = thread.items.last().is_none_or(|(time, _)| *time <= sight.until());
        match thread.unread {
            0 => 0,
            unread if all_seen && thread.judged == 0 && !thread.muted => unread as usize,
            _ => self.unread_items(thread, sight).count(),
        }
    }

    fn unread_items(&self, thread: &Thread, sight: Sight) -> impl Iterator<Item = u32> {
        let seen = thread.items.iter().take_while(move |(time, _)| *time <= sight.until());
        seen.map(|(_, number)| *number).filter(move |number| {
            let post = &self.posts[*number];
            !post.read && !self.is_folded(post, None, sight)
        })
    }

    /// How many posts of a thread are seen.
    pub(crate) fn seen_in(&self, thread: &Thread, sight: Sight) -> usize {
        thread.items.partition_point(|(time, _)| *time <= sight.until())
    }

    /// Of a board: its threads with something unread, what is unread in them, and the time of the newest. What is
    /// folded is not counted.
    pub(crate) fn board_counts(&self, board_id: BoardId, sight: Sight) -> (usize, usize, Option<u64>) {
        let Some(board) = self.boards.number(board_id) else { return (0, 0, None) };
        let (mut threads, mut posts) = (0, 0);
        for (_, _, number) in &self.boards.board(board).threads {
            let thread = &self.threads[*number];
            if thread.unread > 0 && !self.is_thread_folded(thread, Some(board_id), sight) {
                let unread = self.unread(thread, sight);
                threads += usize::from(unread > 0);
                posts += unread;
            }
        }
        let newest = self.threads_of(board_id, Tab::All, None, 1, sight);
        (threads, posts, newest.first().map(|((time, _), _)| *time))
    }
}

/// Behind every id.
const LAST_ID: EnvelopeId = EnvelopeId::from_bytes([0xff; 32]);
