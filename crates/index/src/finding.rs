//! The search.
//!
//! First what has every word in its title, then the rest, the newest first in each. Not by how rare the words are
//! (BM25): such a rank changes with every post that comes, so that pages would repeat and skip; and on boards what is
//! new matters more. A reader also sees at once why something stands where it does.

use roneo_keys::time::Wall;
use roneo_social::EnvelopeId;

use crate::beside::What;
use crate::bounds::{MAX_EXCERPT, MAX_PHRASE_CHECKS};
use crate::cursor::Cursor;
use crate::error::IndexError;
use crate::index::Index;
use crate::search::{Query, folded_words};
use crate::sight::Sight;
use crate::state::Post;
use crate::view::{Hit, Page, Paging, SearchIn};

/// The list of hits.
const HITS: u8 = 5;
/// Bytes of a text in which an excerpt is looked for.
const EXCERPT_SCAN: usize = 8 << 10;

/// Where a hit stands: whether in the title, time, id. The highest comes first.
type HitKey = (bool, (u64, EnvelopeId));

impl Index {
    /// Posts and replies in which every word is, as they stand now: `word`, `begin*`, `"a phrase"`, `-unwanted`. The
    /// last word may be unfinished. Without a word, everything there is. First those with all words in the title, then
    /// the newest.
    ///
    /// With phrases a page may have fewer entries than were asked for, or none, and yet [lead on](Page::next).
    ///
    /// # Errors
    /// [`IndexError::TooLong`], [`IndexError::Cursor`], [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn search(&self, text: &str, within: &SearchIn, paging: &Paging, now: Wall) -> Result<Page<Hit>, IndexError> {
        let query = Query::read(text)?;
        let cursor = Cursor::<HitKey>::of(paging, HITS)?;
        let heard = cursor.as_ref().map_or(self.state.arrival(), |cursor| cursor.heard);
        let sight = Sight { now: now.0, heard };
        let limit = paging.entries();
        let wanted = if query.has_phrases() { MAX_PHRASE_CHECKS } else { limit };
        let (candidates, more) = self.candidates(&query, within, cursor.map(|cursor| cursor.last), wanted, sight);

        let mut entries = Vec::new();
        let mut last = None;
        let mut next = more;
        for (key, number) in candidates {
            if entries.len() == limit {
                next = true;
                break;
            }
            entries.extend(self.hit(&query, key, number, sight)?);
            last = Some(key);
        }
        let next = last.filter(|_| next).map(|last| Cursor { heard, last }.to_text(HITS));
        Ok(Page { entries, next })
    }

    /// The first `wanted` posts behind `after` that hold every word, and whether there are more.
    fn candidates(
        &self,
        query: &Query,
        within: &SearchIn,
        after: Option<HitKey>,
        wanted: usize,
        sight: Sight,
    ) -> (Vec<(HitKey, u32)>, bool) {
        let state = &self.state;
        let nobody = (Vec::new(), false);
        let board = match within.board.map(|board| state.boards.number(board)) {
            Some(None) => return nobody,
            found => found.flatten(),
        };
        let author = match within.author.map(|author| state.people.number(author)) {
            Some(None) => return nobody,
            found => found.flatten(),
        };
        let (all, in_title) = state.search.matching(query);
        let mut found = Vec::new();
        for doc in all.iter() {
            let Some(number) = state.search.post(doc) else { continue };
            let post = &state.posts[number];
            let key = (in_title.contains(doc), (post.time, post.id));
            let asked_for = after.is_none_or(|after| key < after)
                && within.since.is_none_or(|since| post.time >= since)
                && author.is_none_or(|author| post.author == author)
                && board.is_none_or(|board| post.on.as_slice().contains(&board))
                && sight.sees(post.time, post.arrival);
            if asked_for && self.standing_doc(post, sight) == Some(doc) {
                found.push((key, number));
            }
        }
        let more = found.len() > wanted;
        if more {
            found.select_nth_unstable_by(wanted, |one, other| other.cmp(one));
            found.truncate(wanted);
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        (found, more)
    }

    /// What the search has of the wording that stands; nothing of what was taken back.
    fn standing_doc(&self, post: &Post, sight: Sight) -> Option<u32> {
        if self.is_retracted(post, sight) {
            return None;
        }
        let edits = self.state.edits(post);
        let standing = edits.iter().rev().find(|(_, aside)| sight.sees(aside.time, aside.arrival));
        match standing.map(|(_, aside)| &aside.what) {
            Some(What::Edit { doc, .. }) => *doc,
            _ => post.doc,
        }
    }

    fn hit(&self, query: &Query, key: HitKey, number: u32, sight: Sight) -> Result<Option<Hit>, IndexError> {
        let state = &self.state;
        let post = &state.posts[number];
        let standing = self.standing(post, sight)?;
        if query.has_phrases() && !query.phrases_fit(&standing.title, &standing.text) {
            return Ok(None);
        }
        Ok(Some(Hit {
            id: post.id,
            root: state.threads[post.thread].root_id,
            author: self.named(state.author_id(post), sight),
            time: post.time,
            boards: state.board_ids(post),
            in_title: key.0,
            excerpt: excerpt(query, &standing.text),
            title: standing.title,
            fold: self.fold(&state.verdict(post, None, sight), sight)?,
        }))
    }
}

/// What stands around the first word that is wanted, on one line.
fn excerpt(query: &Query, text: &str) -> String {
    let mut end = text.len().min(EXCERPT_SCAN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let at = folded_words(&text[..end]).find(|(_, word, _)| query.wants(word)).map_or(0, |(at, _, _)| at);
    // A third stands before the word.
    let mut begin = text[..at].char_indices().rev().take(MAX_EXCERPT / 3).last().map_or(at, |(begin, _)| begin);
    if begin > 0 {
        // Not in the midst of a word, unless it has no end.
        begin = text[begin..at].find(char::is_whitespace).map_or(begin, |blank| begin + blank);
    }
    let shown: String = text[begin..].chars().take(MAX_EXCERPT).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
