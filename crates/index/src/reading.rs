//! Pages: what is known put together with the texts, which are read from the log.

use roneo_keys::time::Wall;
use roneo_social::{Attachment, BoardId, EnvelopeId, KnownAs, KnownNames, PersonId, ReactionWord};
use serde::Deserialize;

use crate::beside::{Aside, Kind, What};
use crate::bounds::{MAX_CORRECTIONS_SHOWN, MAX_EARLIER_IN_LISTS, MAX_LABELS_SHOWN};
use crate::conversation::Position;
use crate::cursor::Cursor;
use crate::error::IndexError;
use crate::fold::{Cause, Verdict};
use crate::heard::read_body;
use crate::index::Index;
use crate::marks::DraftId;
use crate::sight::Sight;
use crate::state::{Post, Thread};
use crate::view::{
    BoardRow, Bookmark, CorrectionView, DraftRow, Fold, FollowedView, LabelView, Mutes, Named, Page, Paging, Placed,
    PostView, ReactionCount, Retracted, Tab, ThreadRow, ThreadView, Version,
};

/// The lists that have cursors.
const THREADS: u8 = 1;
const THREAD: u8 = 2;
const PERSON: u8 = 3;
const BOOKMARKS: u8 = 4;

/// The reactions there are, in the order in which they are shown.
const REACTIONS: [ReactionWord; 6] = [
    ReactionWord::Agree,
    ReactionWord::Disagree,
    ReactionWord::Thanks,
    ReactionWord::Important,
    ReactionWord::Question,
    ReactionWord::Solidarity,
];

/// Of a body what a page shows.
#[derive(Deserialize)]
struct Wording {
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    files: Vec<Attachment>,
    #[serde(default)]
    warning: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    sources: Vec<String>,
}

impl Index {
    /// The threads of a tab of a board, those with the newest activity first. The pages of one list show one state of
    /// it: what comes while somebody turns pages is in the list when it is begun anew.
    ///
    /// # Errors
    /// [`IndexError::Cursor`], [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn threads(&self, board: BoardId, tab: Tab, paging: &Paging, now: Wall) -> Result<Page<ThreadRow>, IndexError> {
        let cursor = Cursor::<(u64, EnvelopeId)>::of(paging, THREADS)?;
        let heard = cursor.as_ref().map_or(self.state.arrival(), |cursor| cursor.heard);
        let sight = Sight { now: now.0, heard };
        let limit = paging.entries();
        let found = self.state.threads_of(board, tab, cursor.map(|cursor| cursor.last), limit + 1, sight);
        let next = (found.len() > limit).then(|| Cursor { heard, last: found[limit - 1].0 }.to_text(THREADS));
        let entries = found.iter().take(limit);
        let row = |(_, thread): &(_, u32)| self.thread_row(&self.state.threads[*thread], Some(board), sight);
        Ok(Page { entries: entries.map(row).collect::<Result<_, _>>()?, next })
    }

    /// A thread by the post that begins it, whether that is here or not. None where nothing of it is. As with
    /// [`threads`](Self::threads), the pages show one state of it.
    ///
    /// # Errors
    /// [`IndexError::Cursor`], [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn thread(&self, root: &EnvelopeId, paging: &Paging, now: Wall) -> Result<Option<ThreadView>, IndexError> {
        let Some(number) = self.state.thread_number(root) else { return Ok(None) };
        let cursor = Cursor::<EnvelopeId>::of(paging, THREAD)?;
        let heard = cursor.as_ref().map_or(self.state.arrival(), |cursor| cursor.heard);
        let sight = Sight { now: now.0, heard };
        let thread = &self.state.threads[number];
        let order = self.state.in_order(thread, sight);
        if order.is_empty() {
            return Ok(None);
        }
        let id = |position: &Position| self.state.posts[position.post].id;
        let from = match cursor {
            Some(cursor) => 1 + order.iter().position(|found| id(found) == cursor.last).ok_or(IndexError::Cursor)?,
            None => 0,
        };
        let limit = paging.entries();
        let shown = &order[from..order.len().min(from + limit)];
        let next = (order.len() > from + limit).then(|| shown.last().map(|last| Cursor { heard, last: id(last) }));
        let next = next.flatten().map(|cursor| cursor.to_text(THREAD));
        let known = self.known_names(sight);
        let placed = |position: &Position| {
            let mut post = self.post_view(&self.state.posts[position.post], MAX_EARLIER_IN_LISTS, sight)?;
            self.warn(&mut post.author, &known);
            Ok(Placed { depth: position.depth, parent_missing: position.parent_missing, post })
        };
        let entries = shown.iter().map(placed).collect::<Result<_, IndexError>>()?;
        let mut row = self.thread_row(thread, None, sight)?;
        row.author.iter_mut().for_each(|author| self.warn(author, &known));
        Ok(Some(ThreadView { row, posts: Page { entries, next } }))
    }

    /// A post or a reply, with all its wordings.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn post(&self, id: &EnvelopeId, now: Wall) -> Result<Option<PostView>, IndexError> {
        let sight = Sight::all(now);
        let post = self.state.post_number(id).map(|number| &self.state.posts[number]);
        let seen = post.filter(|post| sight.sees(post.time, post.arrival));
        seen.map(|post| self.post_view(post, usize::MAX, sight)).transpose()
    }

    /// What a person wrote, the newest first.
    ///
    /// # Errors
    /// [`IndexError::Cursor`], [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn by_person(&self, person: PersonId, paging: &Paging, now: Wall) -> Result<Page<PostView>, IndexError> {
        let cursor = Cursor::<(u64, EnvelopeId)>::of(paging, PERSON)?;
        let heard = cursor.as_ref().map_or(self.state.arrival(), |cursor| cursor.heard);
        let sight = Sight { now: now.0, heard };
        let said = self.state.people.number(person).map(|number| &*self.state.people.person(number).said);
        let key = |(time, number): &(u64, u32)| (*time, self.state.posts[*number].id);
        let said = said.unwrap_or_default();
        let to = match cursor {
            Some(cursor) => said.partition_point(|entry| key(entry) < cursor.last),
            None => said.len(),
        };
        let seen = |entry: &&(u64, u32)| sight.sees(entry.0, self.state.posts[entry.1].arrival);
        let limit = paging.entries();
        let found: Vec<&(u64, u32)> = said[..to].iter().rev().filter(seen).take(limit + 1).collect();
        let next = (found.len() > limit).then(|| Cursor { heard, last: key(found[limit - 1]) }.to_text(PERSON));
        let view = |entry: &&(u64, u32)| self.post_view(&self.state.posts[entry.1], MAX_EARLIER_IN_LISTS, sight);
        Ok(Page { entries: found.iter().take(limit).map(view).collect::<Result<_, _>>()?, next })
    }

    /// The boards that the reader follows, and what is unread on each.
    #[must_use]
    pub fn boards(&self, now: Wall) -> Vec<BoardRow> {
        let sight = Sight::all(now);
        let row = |(board, at): (&BoardId, &u64)| {
            let (unread_threads, unread_posts, newest) = self.state.board_counts(*board, sight);
            BoardRow { board: *board, followed_at: *at, unread_threads, unread_posts, newest }
        };
        self.state.marks.boards.iter().map(row).collect()
    }

    /// The bookmarks, the newest first.
    ///
    /// # Errors
    /// [`IndexError::Cursor`], [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn bookmarks(&self, paging: &Paging, now: Wall) -> Result<Page<Bookmark>, IndexError> {
        let cursor = Cursor::<(u64, EnvelopeId)>::of(paging, BOOKMARKS)?.map(|cursor| cursor.last);
        let mut all: Vec<(u64, EnvelopeId)> = self.state.marks.bookmarks.iter().map(|(id, at)| (*at, *id)).collect();
        all.retain(|key| cursor.is_none_or(|last| *key < last));
        all.sort_unstable_by(|one, other| other.cmp(one));
        let limit = paging.entries();
        let next = (all.len() > limit).then(|| Cursor { heard: 0, last: all[limit - 1] }.to_text(BOOKMARKS));
        let bookmark = |(at, id): &(u64, EnvelopeId)| Ok(Bookmark { id: *id, at: *at, post: self.post(id, now)? });
        Ok(Page { entries: all.iter().take(limit).map(bookmark).collect::<Result<_, IndexError>>()?, next })
    }

    /// The drafts, the latest saved first.
    #[must_use]
    pub fn drafts(&self) -> Vec<DraftRow> {
        let drafts = self.state.marks.drafts.iter();
        let row = |(id, draft): (&DraftId, &crate::marks::Draft)| DraftRow {
            id: id.clone(),
            saved_at: draft.at,
            len: draft.len as usize,
        };
        let mut rows: Vec<DraftRow> = drafts.map(row).collect();
        rows.sort_by(|one, other| other.saved_at.cmp(&one.saved_at).then_with(|| one.id.cmp(&other.id)));
        rows
    }

    /// The text of a draft.
    ///
    /// # Errors
    /// [`IndexError::Disk`], [`IndexError::Damaged`].
    pub fn draft(&self, id: &DraftId) -> Result<Option<String>, IndexError> {
        let Some(draft) = self.state.marks.drafts.get(id) else { return Ok(None) };
        match crate::record::Record::from_bytes(&self.log.read(draft.place)?) {
            Ok(crate::record::Record::Draft { text, .. }) => Ok(Some(text)),
            _ => Err(IndexError::Damaged),
        }
    }

    /// What the reader muted.
    #[must_use]
    pub fn mutes(&self, now: Wall) -> Mutes {
        let sight = Sight::all(now);
        let marks = &self.state.marks;
        Mutes {
            persons: marks.muted_persons.iter().map(|(person, at)| (self.named(*person, sight), *at)).collect(),
            threads: marks.muted_threads.iter().map(|(root, at)| (*root, *at)).collect(),
        }
    }

    /// Whom and what the reader follows.
    #[must_use]
    pub fn followed(&self, now: Wall) -> FollowedView {
        let sight = Sight::all(now);
        let marks = &self.state.marks;
        FollowedView {
            boards: marks.boards.iter().map(|(board, at)| (*board, *at)).collect(),
            persons: marks.persons.iter().map(|(person, at)| (self.named(*person, sight), *at)).collect(),
            curators: marks.curators.iter().map(|(board, list)| (*board, list.clone())).collect(),
        }
    }

    /// A person, by the names there are.
    #[must_use]
    pub fn person(&self, person: PersonId, now: Wall) -> Named {
        let sight = Sight::all(now);
        let mut named = self.named(person, sight);
        self.warn(&mut named, &self.known_names(sight));
        named
    }

    /// When a board is read up to, in seconds since 1970; 0 where nothing was said.
    #[must_use]
    pub fn board_read_up_to(&self, board: BoardId) -> u64 {
        self.state.marks.read_up_to.get(&board).copied().unwrap_or_default()
    }

    pub(crate) fn named(&self, person: PersonId, sight: Sight) -> Named {
        let petname = self.state.marks.petnames.get(&person).cloned();
        let self_name = self.state.self_name(person, sight).map(str::to_owned);
        Named { person, petname, self_name, looks_like: None }
    }

    /// The names that the reader knows: those they gave, and what those call themselves whom they follow or are.
    fn known_names(&self, sight: Sight) -> KnownNames<'_> {
        let marks = &self.state.marks;
        let given = marks.petnames.values().map(|name| (KnownAs::Petname, name.as_str()));
        let known = marks.persons.keys().chain(&self.state.own);
        let own_word = known.filter_map(|person| Some((KnownAs::Followed, self.state.self_name(*person, sight)?)));
        KnownNames::new(given.chain(own_word))
    }

    /// Warns where somebody whom the reader does not know has the name of somebody whom they do.
    fn warn(&self, who: &mut Named, known: &KnownNames<'_>) {
        let marks = &self.state.marks;
        let stranger =
            who.petname.is_none() && !marks.persons.contains_key(&who.person) && !self.state.own.contains(&who.person);
        if let Some(name) = who.self_name.as_deref().filter(|_| stranger) {
            who.looks_like = known.look_alike(name).map(|alike| alike.name.to_owned());
        }
    }

    fn thread_row(&self, thread: &Thread, board: Option<BoardId>, sight: Sight) -> Result<ThreadRow, IndexError> {
        let state = &self.state;
        let seen = state.seen_in(thread, sight);
        let root = state.seen_root(thread, sight);
        let mut row = ThreadRow {
            root: thread.root_id,
            title: None,
            author: None,
            begun: 0,
            last_activity: state.activity(thread, sight).unwrap_or_default(),
            replies: seen - usize::from(root.is_some()),
            unread: state.unread(thread, sight),
            effort: 0,
            boards: Vec::new(),
            warning: String::new(),
            retracted: false,
            bookmarked: state.marks.bookmarks.contains_key(&thread.root_id),
            fold: thread.muted.then_some(Fold::MutedThread),
        };
        let Some(post) = root.map(|root| &state.posts[root]) else { return Ok(row) };
        row.author = Some(self.named(state.author_id(post), sight));
        (row.begun, row.effort, row.boards) = (post.time, post.effort, state.board_ids(post));
        row.fold = self.fold(&state.verdict(post, board, sight), sight)?;
        row.retracted = self.retraction(post, sight).is_some();
        if !row.retracted {
            let standing = self.standing(post, sight)?;
            (row.title, row.warning) = (Some(standing.title), standing.warning);
        }
        Ok(row)
    }

    fn retraction(&self, post: &Post, sight: Sight) -> Option<&Aside> {
        if !post.altered {
            return None;
        }
        let anchor = post.id.as_bytes();
        self.state.besides.standing(anchor, Kind::Retraction, post.author, sight).map(|(_, aside)| aside)
    }

    /// Whether a post was taken back.
    pub(crate) fn is_retracted(&self, post: &Post, sight: Sight) -> bool {
        self.retraction(post, sight).is_some()
    }

    /// The wording of a post that stands, with the title that it inherits.
    pub(crate) fn standing(&self, post: &Post, sight: Sight) -> Result<Version, IndexError> {
        let edits = self.seen_edits(post, sight);
        let Some(last) = edits.last() else {
            return Ok(version(post.id, post.time, String::new(), self.body(post.place)?));
        };
        // The title is that of the last wording that has one.
        let titled = edits.iter().rev().find(|aside| matches!(aside.what, What::Edit { titled: true, .. }));
        let title = match titled {
            Some(titled) if titled.id == last.id => String::new(),
            Some(titled) => self.body::<Wording>(titled.place)?.title,
            None => self.body::<Wording>(post.place)?.title,
        };
        Ok(version(last.id, last.time, title, self.body(last.place)?))
    }

    fn seen_edits(&self, post: &Post, sight: Sight) -> Vec<&Aside> {
        let edits = self.state.edits(post).into_iter().map(|(_, aside)| aside);
        edits.filter(|aside| sight.sees(aside.time, aside.arrival)).collect()
    }

    /// All wordings, the first first.
    fn versions(&self, post: &Post, sight: Sight) -> Result<Vec<Version>, IndexError> {
        let mut versions = vec![version(post.id, post.time, String::new(), self.body(post.place)?)];
        for edit in self.seen_edits(post, sight) {
            let title = versions.last().map(|before| before.title.clone()).unwrap_or_default();
            versions.push(version(edit.id, edit.time, title, self.body(edit.place)?));
        }
        Ok(versions)
    }

    fn post_view(&self, post: &Post, max_earlier: usize, sight: Sight) -> Result<PostView, IndexError> {
        let state = &self.state;
        let kept = self.kept(post.place)?;
        let author = state.author_id(post);
        let retracted = match self.retraction(post, sight) {
            Some(aside) => Some(Retracted { time: aside.time, reason: self.body::<Wording>(aside.place)?.reason }),
            None => None,
        };
        let mut versions = if retracted.is_some() {
            Vec::new()
        } else if state.edits(post).is_empty() {
            let first = read_body(&kept.bytes).map_err(|_| IndexError::Damaged)?;
            vec![version(post.id, post.time, String::new(), first)]
        } else {
            self.versions(post, sight)?
        };
        let version_count = versions.len();
        let standing = versions.pop();
        versions.reverse();
        versions.truncate(max_earlier);
        let verdict = state.verdict(post, None, sight);
        let (reactions, own_reaction) = self.reactions(post, sight);
        let (corrections, correction_count) = self.corrections(post, sight)?;
        Ok(PostView {
            id: post.id,
            root: state.threads[post.thread].root_id,
            parent: post.parent,
            author: self.named(author, sight),
            own: state.is_own(&author),
            time: post.time,
            heard_at: post.heard_at,
            effort: post.effort,
            boards: state.board_ids(post),
            at: kept.at.or_else(|| state.later_pointer(&post.id).cloned()),
            standing,
            earlier: versions,
            versions: version_count,
            retracted,
            reactions,
            own_reaction,
            corrections,
            correction_count,
            fold: self.fold(&verdict, sight)?,
            labels: self.labels(&verdict, sight)?,
            read: post.read,
            bookmarked: state.marks.bookmarks.contains_key(&post.id),
        })
    }

    /// How many people said each word, and what the reader said last.
    fn reactions(&self, post: &Post, sight: Sight) -> (Vec<ReactionCount>, Option<ReactionWord>) {
        let besides = &self.state.besides;
        let seen = besides.of_kind(post.id.as_bytes(), Kind::Reaction).map(|(_, aside)| aside);
        let mut said: Vec<(u32, crate::beside::Rank, ReactionWord)> = seen
            .filter(|aside| sight.sees(aside.time, aside.arrival))
            .filter_map(|aside| match aside.what {
                What::Reaction { word, .. } => Some((aside.author, aside.rank(), word)),
                _ => None,
            })
            .collect();
        said.sort_unstable_by_key(|(author, rank, _)| std::cmp::Reverse((*author, *rank)));
        said.dedup_by_key(|(author, _, _)| *author);
        let count = |word: ReactionWord| said.iter().filter(|(_, _, other)| *other == word).count();
        let counts = REACTIONS.into_iter().map(|word| ReactionCount { word, count: count(word) });
        let own = said.iter().filter(|(author, ..)| self.state.is_own(&self.state.people.person(*author).id));
        let own = own.max_by_key(|(_, rank, _)| *rank).map(|(_, _, word)| *word);
        (counts.filter(|reaction| reaction.count > 0).collect(), own)
    }

    fn corrections(&self, post: &Post, sight: Sight) -> Result<(Vec<CorrectionView>, usize), IndexError> {
        let all = self.state.besides.of_kind(post.id.as_bytes(), Kind::Correction).map(|(_, aside)| aside);
        let mut seen: Vec<&Aside> = all.filter(|aside| sight.sees(aside.time, aside.arrival)).collect();
        seen.sort_unstable_by_key(|aside| aside.rank());
        let count = seen.len();
        let view = |aside: &Aside| {
            let Wording { text, lang, sources, .. } = self.body(aside.place)?;
            let author = self.named(self.state.people.person(aside.author).id, sight);
            Ok(CorrectionView { id: aside.id, author, time: aside.time, text, lang, sources })
        };
        let shown = seen.into_iter().take(MAX_CORRECTIONS_SHOWN).map(view).collect::<Result<_, IndexError>>()?;
        Ok((shown, count))
    }

    /// Why something is folded, in words.
    pub(crate) fn fold(&self, verdict: &Verdict, sight: Sight) -> Result<Option<Fold>, IndexError> {
        Ok(match verdict.fold {
            None => None,
            Some(Cause::MutedPerson) => Some(Fold::MutedPerson),
            Some(Cause::MutedThread) => Some(Fold::MutedThread),
            Some(Cause::Label(number)) => self.label(number, sight)?.map(Fold::Label),
        })
    }

    fn labels(&self, verdict: &Verdict, sight: Sight) -> Result<Vec<LabelView>, IndexError> {
        let shown = verdict.labels.iter().take(MAX_LABELS_SHOWN);
        shown.filter_map(|number| self.label(*number, sight).transpose()).collect()
    }

    fn label(&self, number: u32, sight: Sight) -> Result<Option<LabelView>, IndexError> {
        let Some(aside) = self.state.besides.find(number) else { return Ok(None) };
        let What::Label(label) = &aside.what else { return Ok(None) };
        Ok(Some(LabelView {
            id: aside.id,
            tag: label.tag,
            reason: self.body::<Wording>(aside.place)?.reason,
            curator: self.named(self.state.people.person(aside.author).id, sight),
            board: label.board,
            on_author: matches!(label.target, roneo_social::LabelTarget::Person(_)),
        }))
    }
}

/// A wording, with the title of the one before where it has none.
fn version(id: EnvelopeId, time: u64, title_before: String, wording: Wording) -> Version {
    let Wording { title, text, lang, files, warning, reason, .. } = wording;
    let title = if title.is_empty() { title_before } else { title };
    Version { id, time, title, text, lang, files, warning, reason }
}
