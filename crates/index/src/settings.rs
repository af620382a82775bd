//! What the reader does.
//!
//! Each of these but [`mark_read`](Index::mark_read), its like and [`mark_board_read`](Index::mark_board_read) is on
//! disk when it returns.

use roneo_keys::time::Wall;
use roneo_social::{BoardId, EnvelopeId, PersonId, clean_name};

use crate::bounds::{MAX_CURATORS, MAX_DRAFT_LEN, MAX_MARKED_AT_ONCE};
use crate::error::IndexError;
use crate::index::Index;
use crate::marks::{Curator, DraftId};
use crate::record::Record;

/// What can be muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mute {
    /// Everything of a person.
    Person(PersonId),
    /// A thread, by its beginning.
    Thread(EnvelopeId),
}

impl Mute {
    fn record(self, at: Option<u64>) -> Record {
        match self {
            Self::Person(person) => Record::MutePerson { person, at },
            Self::Thread(root) => Record::MuteThread { root, at },
        }
    }
}

impl Index {
    /// Makes a change that is on disk on return.
    fn change(&mut self, record: Record) -> Result<(), IndexError> {
        self.state.marks.admit(&record)?;
        self.write(record)?;
        self.log.sync()
    }

    /// Marks posts as read; an id that begins a thread stands for all of the thread that is here and seen at `now`.
    /// Others are passed over. On disk after the next [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`IndexError::TooLong`] beyond [`MAX_MARKED_AT_ONCE`] ids; [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn mark_read(&mut self, ids: &[EnvelopeId], now: Wall) -> Result<(), IndexError> {
        self.mark(ids, Some(true), now)
    }

    /// Marks posts as unread, whatever was said of them and of their boards.
    ///
    /// # Errors
    /// As [`mark_read`](Self::mark_read).
    pub fn mark_unread(&mut self, ids: &[EnvelopeId], now: Wall) -> Result<(), IndexError> {
        self.mark(ids, Some(false), now)
    }

    /// Takes both marks back: what is read then is what the board's mark says.
    ///
    /// # Errors
    /// As [`mark_read`](Self::mark_read).
    pub fn unmark(&mut self, ids: &[EnvelopeId], now: Wall) -> Result<(), IndexError> {
        self.mark(ids, None, now)
    }

    fn mark(&mut self, ids: &[EnvelopeId], mark: Option<bool>, now: Wall) -> Result<(), IndexError> {
        if ids.len() > MAX_MARKED_AT_ONCE {
            return Err(IndexError::TooLong("list of posts"));
        }
        let state = &self.state;
        let sight = crate::sight::Sight::all(now);
        let mut marked = Vec::new();
        for id in ids {
            match state.thread_number(id) {
                Some(thread) => {
                    let items = state.threads[thread].items.iter().take_while(|(time, _)| *time <= sight.until());
                    marked.extend(items.map(|(_, number)| &state.posts[*number]));
                }
                None => marked.extend(state.post_number(id).map(|number| &state.posts[number])),
            }
        }
        let changed: Vec<EnvelopeId> =
            marked.into_iter().filter(|post| post.mark != mark).map(|post| post.id).collect();
        changed.chunks(MAX_MARKED_AT_ONCE).try_for_each(|ids| self.write(Record::Marked { ids: ids.to_vec(), mark }))
    }

    /// Everything first heard until then, in seconds since 1970, counts as read on a board. What is heard later does
    /// not, however it is dated. Says what was set before: setting that again is the undo, and 0 takes it all back.
    /// On disk after the next [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn mark_board_read(&mut self, board: BoardId, up_to: u64) -> Result<u64, IndexError> {
        let before = self.state.marks.read_up_to.get(&board).copied().unwrap_or_default();
        let record = Record::BoardRead { board, up_to };
        self.state.marks.admit(&record)?;
        if before != up_to {
            self.write(record)?;
        }
        Ok(before)
    }

    /// Sets a bookmark on a post, whether it is here or not.
    ///
    /// # Errors
    /// [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn bookmark(&mut self, id: EnvelopeId, now: Wall) -> Result<(), IndexError> {
        self.change(Record::Bookmark { id, at: Some(now.0) })
    }

    /// Takes a bookmark away.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn unbookmark(&mut self, id: EnvelopeId) -> Result<(), IndexError> {
        self.change(Record::Bookmark { id, at: None })
    }

    /// Folds what a person writes, or a thread.
    ///
    /// # Errors
    /// [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn mute(&mut self, what: Mute, now: Wall) -> Result<(), IndexError> {
        self.change(what.record(Some(now.0)))
    }

    /// Folds it no more.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn unmute(&mut self, what: Mute) -> Result<(), IndexError> {
        self.change(what.record(None))
    }

    /// Saves a draft, in the place of the one with the same id. Its text, JSON of the caller's, is not looked into.
    ///
    /// # Errors
    /// [`IndexError::TooLong`] beyond [`MAX_DRAFT_LEN`] bytes; [`IndexError::Full`], [`IndexError::Disk`],
    /// [`IndexError::Stopped`].
    pub fn save_draft(&mut self, id: &DraftId, text: &str, now: Wall) -> Result<(), IndexError> {
        if text.len() > MAX_DRAFT_LEN {
            return Err(IndexError::TooLong("draft"));
        }
        self.change(Record::Draft { id: id.as_str().to_owned(), at: now.0, text: text.to_owned() })
    }

    /// Drops a draft. The undo is to save it again.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn drop_draft(&mut self, id: &DraftId) -> Result<(), IndexError> {
        if self.state.marks.drafts.contains_key(id) {
            self.change(Record::NoDraft { id: id.as_str().to_owned() })
        } else {
            Ok(())
        }
    }

    /// Follows a board.
    ///
    /// # Errors
    /// [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn follow_board(&mut self, board: BoardId, now: Wall) -> Result<(), IndexError> {
        self.change(Record::FollowBoard { board, at: Some(now.0) })
    }

    /// Follows a board no more. What was heard on it stays.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn unfollow_board(&mut self, board: BoardId) -> Result<(), IndexError> {
        self.change(Record::FollowBoard { board, at: None })
    }

    /// Follows a person.
    ///
    /// # Errors
    /// [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn follow_person(&mut self, person: PersonId, now: Wall) -> Result<(), IndexError> {
        self.change(Record::FollowPerson { person, at: Some(now.0) })
    }

    /// Follows a person no more.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn unfollow_person(&mut self, person: PersonId) -> Result<(), IndexError> {
        self.change(Record::FollowPerson { person, at: None })
    }

    /// Gives a person a name of the reader's own, [cleaned](clean_name), or takes it away.
    ///
    /// # Errors
    /// [`IndexError::Name`], [`IndexError::Full`], [`IndexError::Disk`], [`IndexError::Stopped`].
    pub fn set_petname(&mut self, person: PersonId, name: Option<&str>) -> Result<(), IndexError> {
        let name = name.map(clean_name).transpose()?;
        self.change(Record::Petname { person, name })
    }

    /// Says whose labels count on a board, or everywhere; none for nobody's. On a board those of everywhere count too.
    ///
    /// # Errors
    /// [`IndexError::TooLong`] beyond [`MAX_CURATORS`]; [`IndexError::Full`], [`IndexError::Disk`],
    /// [`IndexError::Stopped`].
    pub fn set_curators(&mut self, board: Option<BoardId>, curators: &[Curator]) -> Result<(), IndexError> {
        if curators.len() > MAX_CURATORS {
            return Err(IndexError::TooLong("list of curators"));
        }
        self.change(Record::Curators { board, curators: curators.to_vec() })
    }
}
