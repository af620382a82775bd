//! Which threads are on which boards.

use std::collections::{BTreeSet, HashMap};

use roneo_social::{BoardId, EnvelopeId, MAX_BOARDS};

use crate::bounds::MAX_BOARDS_HEARD;

/// Where a thread stands in the list of a board: its latest time, its id, its number.
pub(crate) type Standing = (u64, EnvelopeId, u32);

/// A board on which something was heard.
pub(crate) struct Board {
    pub(crate) id: BoardId,
    /// Its threads by the time of the latest in them, whether that time has come or not.
    pub(crate) threads: BTreeSet<Standing>,
}

/// All of them, by small numbers.
#[derive(Default)]
pub(crate) struct Boards {
    list: Vec<Board>,
    by_id: HashMap<BoardId, u16>,
}

impl Boards {
    /// The numbers of boards, new or not. Beyond [`MAX_BOARDS_HEARD`] there are no new ones.
    pub(crate) fn numbers(&mut self, ids: &[BoardId]) -> On {
        let mut on = On::default();
        for id in ids {
            let number = self.by_id.get(id).copied().or_else(|| {
                let number = u16::try_from(self.list.len()).ok().filter(|_| self.list.len() < MAX_BOARDS_HEARD)?;
                self.list.push(Board { id: *id, threads: BTreeSet::new() });
                self.by_id.insert(*id, number);
                Some(number)
            });
            number.into_iter().for_each(|number| on.insert(number));
        }
        on
    }

    pub(crate) fn number(&self, id: BoardId) -> Option<u16> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn board(&self, number: u16) -> &Board {
        &self.list[usize::from(number)]
    }

    pub(crate) fn board_mut(&mut self, number: u16) -> &mut Board {
        &mut self.list[usize::from(number)]
    }
}

/// The boards of one post: as many as one can be sent to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct On {
    len: u8,
    boards: [u16; MAX_BOARDS],
}

impl On {
    pub(crate) fn insert(&mut self, board: u16) {
        if !self.as_slice().contains(&board) && usize::from(self.len) < MAX_BOARDS {
            self.boards[usize::from(self.len)] = board;
            self.len += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[u16] {
        &self.boards[..usize::from(self.len)]
    }
}
