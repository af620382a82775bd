//! The log written anew, with what is still of use.

use crate::error::IndexError;
use crate::index::Index;
use crate::log::Rewrite;
use crate::marks::DraftId;
use crate::record::{Kept, Record};
use crate::segment::Place;
use crate::state::Known;

/// Ids in one record of what is read.
const MARKED_AT_ONCE: usize = 1_000;

/// Where everything lies after the log was written anew.
#[derive(Default)]
struct Moved {
    kept: Vec<(Known, Place)>,
    drafts: Vec<(DraftId, Place)>,
    /// What could not be read any more.
    lost: Vec<roneo_social::EnvelopeId>,
}

impl Index {
    /// Writes the log anew, whether it is worth it or not, and makes it durable. What was dropped is then off the disk,
    /// as far as the disk overwrites what is deleted.
    ///
    /// # Errors
    /// [`IndexError::Disk`]; nothing is lost by it.
    pub fn compact(&mut self) -> Result<(), IndexError> {
        self.log.sync()?;
        let mut rewrite = self.log.rewrite()?;
        let moved = match self.write_anew(&mut rewrite) {
            Ok(moved) => moved,
            Err(error) => {
                self.log.abandon(&rewrite);
                return Err(error);
            }
        };
        let finished = self.log.finish(rewrite)?;
        for (known, place) in moved.kept {
            self.state.moved(known, place);
        }
        for (id, place) in moved.drafts {
            if let Some(draft) = self.state.marks.drafts.get_mut(&id) {
                draft.place = place;
            }
        }
        self.dropped = false;
        self.log.remove_old(finished)?;
        if moved.lost.is_empty() { Ok(()) } else { self.write(Record::Forgotten { ids: moved.lost }) }
    }

    fn write_anew(&self, rewrite: &mut Rewrite) -> Result<Moved, IndexError> {
        let mut moved = Moved::default();
        if self.state.horizon > 0 {
            rewrite.append(&Record::Horizon { time: self.state.horizon }.to_bytes())?;
        }
        for (known, place) in self.state.everything() {
            match self.kept(place) {
                Ok(kept) => {
                    let record = Record::Envelope { kept: Box::new(self.as_it_is_now(known, kept)) };
                    moved.kept.push((known, rewrite.append(&record.to_bytes())?));
                }
                // The rest is saved rather than the whole given up for one bad sector.
                Err(IndexError::Damaged) => moved.lost.extend(self.id_of(known)),
                Err(error) => return Err(error),
            }
        }
        for change in self.state.marks.changes() {
            rewrite.append(&change.to_bytes())?;
        }
        for mark in [true, false] {
            let marked = self.state.posts.iter().filter(|(_, post)| post.mark == Some(mark));
            let ids: Vec<_> = marked.map(|(_, post)| post.id).collect();
            for ids in ids.chunks(MARKED_AT_ONCE) {
                rewrite.append(&Record::Marked { ids: ids.to_vec(), mark: Some(mark) }.to_bytes())?;
            }
        }
        for (id, draft) in &self.state.marks.drafts {
            // A draft that cannot be read stops everything: it is nowhere else.
            let place = rewrite.append(&self.log.read(draft.place)?)?;
            moved.drafts.push((id.clone(), place));
        }
        Ok(moved)
    }

    /// What is kept, with what was heard of it since.
    fn as_it_is_now(&self, known: Known, kept: Kept) -> Kept {
        let Known::Post(number) = known else { return kept };
        let post = &self.state.posts[number];
        Kept {
            boards: self.state.board_ids(post),
            effort: post.effort,
            heard_at: post.heard_at,
            at: kept.at.or_else(|| self.state.later_pointer(&post.id).cloned()),
            ..kept
        }
    }

    fn id_of(&self, known: Known) -> Option<roneo_social::EnvelopeId> {
        match known {
            Known::Post(number) => Some(self.state.posts[number].id),
            Known::Aside(number) => self.state.besides.find(number).map(|aside| aside.id),
        }
    }
}
