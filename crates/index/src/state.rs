//! Everything that is known without reading a text: posts and their threads, boards, persons, what stands beside, what
//! the reader set, and the words.
//!
//! A function of the records of the log. What two orders of the same records leave is shown alike.

use std::collections::{BTreeSet, HashMap};

use roneo_social::{BoardId, EnvelopeId, LabelTarget, PersonId, Pointer};

use crate::beside::{Anchor, Aside, Besides, Kind, What};
use crate::boards::{Boards, On};
use crate::bounds::Limits;
use crate::heard::{Added, Words};
use crate::marks::Marks;
use crate::people::People;
use crate::record::{Facts, Kept, Record};
use crate::search::Search;
use crate::segment::Place;
use crate::sight::Sight;
use crate::slab::Slab;

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Post(u32),
    Aside(u32),
}

/// A post or a reply.
pub(crate) struct Post {
    pub(crate) id: EnvelopeId,
    pub(crate) author: u32,
    pub(crate) thread: u32,
    /// What it answers; a post nothing.
    pub(crate) parent: Option<EnvelopeId>,
    pub(crate) time: u64,
    pub(crate) heard_at: u64,
    pub(crate) arrival: u32,
    pub(crate) effort: u32,
    pub(crate) on: On,
    pub(crate) place: Place,
    /// What the reader said: read, unread, or nothing.
    pub(crate) mark: Option<bool>,
    pub(crate) read: bool,
    /// Whether there are labels on it or its author, or its author is muted.
    pub(crate) judged: bool,
    /// Whether its author changed it or took it back.
    pub(crate) altered: bool,
    /// Its first wording in the search.
    pub(crate) doc: Option<u32>,
}

/// A thread, whether its beginning is here or not.
pub(crate) struct Thread {
    pub(crate) root_id: EnvelopeId,
    pub(crate) root: Option<u32>,
    /// The boards to which its author sent it, once the beginning is here.
    signed: Box<[BoardId]>,
    /// Its posts with their times, by time and then id.
    pub(crate) items: Vec<(u64, u32)>,
    /// How many of them are unread, and how many judged.
    pub(crate) unread: u32,
    pub(crate) judged: u32,
    pub(crate) muted: bool,
    /// The boards in whose lists it stands, and with which time.
    pub(crate) listed: Vec<u16>,
    listed_at: u64,
}

impl Thread {
    /// The time of the latest in it, come or not.
    fn latest(&self) -> u64 {
        self.items.last().map_or(0, |(time, _)| *time)
    }
}

/// All of it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) posts: Slab<Post>,
    pub(crate) threads: Slab<Thread>,
    by_root: HashMap<EnvelopeId, u32>,
    known: HashMap<EnvelopeId, Known>,
    pub(crate) people: People,
    pub(crate) boards: Boards,
    pub(crate) besides: Besides,
    pub(crate) marks: Marks,
    pub(crate) search: Search,
    /// Who the reader is.
    pub(crate) own: BTreeSet<PersonId>,
    /// Threads without activity since then went, and come no more.
    pub(crate) horizon: u64,
    /// Pointers that became known after what lies there.
    pointers: HashMap<EnvelopeId, Pointer>,
    /// How much came in.
    arrival: u32,
    /// Posts by arrival, some of them gone since.
    arrivals: Vec<(u32, u32)>,
    /// Bytes of the frames of posts and of what stands beside.
    kept_len: u64,
    /// Posts whose later wordings are to be taken into the search.
    pending: BTreeSet<EnvelopeId>,
    limits: Limits,
}

impl State {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(crate) fn known(&self, id: &EnvelopeId) -> Option<Known> {
        self.known.get(id).copied()
    }

    /// The number of a post or reply that is here.
    pub(crate) fn post_number(&self, id: &EnvelopeId) -> Option<u32> {
        match self.known(id)? {
            Known::Post(number) => Some(number),
            Known::Aside(_) => None,
        }
    }

    pub(crate) fn thread_number(&self, root: &EnvelopeId) -> Option<u32> {
        self.by_root.get(root).copied()
    }

    pub(crate) fn is_own(&self, person: &PersonId) -> bool {
        self.own.contains(person)
    }

    pub(crate) fn author_id(&self, post: &Post) -> PersonId {
        self.people.person(post.author).id
    }

    /// How much has come in: what comes later has a higher number.
    pub(crate) fn arrival(&self) -> u32 {
        self.arrival
    }

    /// The posts that came later than number `arrival`.
    pub(crate) fn posts_since(&self, arrival: u32) -> impl Iterator<Item = &Post> {
        let from = self.arrivals.partition_point(|(number, _)| *number <= arrival);
        let there = |(arrival, number): &(u32, u32)| self.posts.find(*number).filter(|post| post.arrival == *arrival);
        self.arrivals[from..].iter().filter_map(there)
    }

    /// Bytes of the log that are still of use.
    pub(crate) fn live_len(&self) -> u64 {
        let marked = self.posts.iter().filter(|(_, post)| post.mark.is_some()).count();
        self.kept_len + self.marks.live_len() + (marked * EnvelopeId::LEN) as u64
    }

    pub(crate) fn kept_len(&self) -> u64 {
        self.kept_len
    }

    /// Whether something new is to be kept.
    pub(crate) fn admit(&self, kept: &Kept) -> Result<(), Added> {
        let old = |thread: &EnvelopeId| {
            kept.time <= self.horizon && !self.own.contains(&kept.author) && !self.by_root.contains_key(thread)
        };
        let of_another = |target: &EnvelopeId| {
            self.post_number(target).is_some_and(|post| self.author_id(&self.posts[post]) != kept.author)
        };
        match &kept.facts {
            Facts::Post { .. } if old(&kept.id) => return Err(Added::TooOld),
            Facts::Reply { root, .. } if old(root) => return Err(Added::TooOld),
            Facts::Edit { target, .. } | Facts::Retraction { target } if of_another(target) => {
                return Err(Added::NotTheirs);
            }
            _ => {}
        }
        let Some(what) = What::of(&kept.facts) else { return Ok(()) };
        let (anchor, kind) = what.about(*kept.author.as_bytes());
        let Some(author) = self.people.number(kept.author) else { return Ok(()) };
        let serial = if let Facts::Profile { serial, .. } = &kept.facts { *serial } else { 0 };
        let rank = (serial, kept.time, kept.id);
        if self.besides.admits(&anchor, kind, author, rank, kept.heard_at) { Ok(()) } else { Err(Added::Superseded) }
    }

    /// Makes the change that a record is. The words of a post come with it.
    pub(crate) fn apply(&mut self, record: Record, place: Place, words: impl FnOnce(&Kept) -> Option<Words>) -> bool {
        match record {
            Record::Base => {}
            Record::Envelope { kept } => {
                if self.known.contains_key(&kept.id) {
                    return true;
                }
                if What::of(&kept.facts).is_some() {
                    self.keep_aside(&kept, place);
                } else {
                    let Some(words) = words(&kept) else { return false };
                    self.keep_post(&kept, place, &words);
                }
            }
            Record::Again { id, boards, effort, heard_at, at } => self.heard_again(id, &boards, effort, heard_at, at),
            Record::Marked { ids, mark } => {
                for number in ids.iter().filter_map(|id| self.post_number(id)).collect::<Vec<_>>() {
                    self.posts[number].mark = mark;
                    self.refresh(number);
                }
            }
            Record::Forgotten { ids } => ids.iter().for_each(|id| self.forget(id)),
            Record::Horizon { time } => self.horizon = time,
            record => self.set(record, place),
        }
        true
    }

    fn set(&mut self, record: Record, place: Place) {
        let (person, root) = match &record {
            Record::MutePerson { person, .. } => (Some(*person), None),
            Record::MuteThread { root, .. } => (None, Some(*root)),
            _ => (None, None),
        };
        let board = if let Record::BoardRead { board, .. } = &record { self.boards.number(*board) } else { None };
        self.marks.apply(record, place);
        person.into_iter().for_each(|person| self.refresh_person(person));
        if let Some(thread) = root.and_then(|root| self.thread_number(&root)) {
            let thread = &mut self.threads[thread];
            thread.muted = self.marks.muted_threads.contains_key(&thread.root_id);
        }
        if let Some(board) = board {
            let on = self.posts.iter().filter(|(_, post)| post.on.as_slice().contains(&board));
            let numbers: Vec<u32> = on.map(|(number, _)| number).collect();
            numbers.into_iter().for_each(|number| self.refresh(number));
        }
    }

    /// Says who the reader is.
    pub(crate) fn set_own(&mut self, own: BTreeSet<PersonId>) {
        let changed: Vec<PersonId> = self.own.symmetric_difference(&own).copied().collect();
        self.own = own;
        changed.into_iter().for_each(|person| self.refresh_person(person));
    }

    fn next_arrival(&mut self) -> u32 {
        self.arrival = self.arrival.saturating_add(1);
        self.arrival
    }

    fn keep_post(&mut self, kept: &Kept, place: Place, words: &Words) {
        let (root_id, parent, signed) = match &kept.facts {
            Facts::Reply { root, parent } => (*root, Some(*parent), None),
            Facts::Post { signed } => (kept.id, None, Some(signed)),
            _ => return,
        };
        let judged = self.is_judged(kept.author);
        let author = self.people.used(kept.author, judged);
        let thread = self.thread(root_id);
        let arrival = self.next_arrival();
        let number = self.posts.insert(Post {
            id: kept.id,
            author,
            thread,
            parent,
            time: kept.time,
            heard_at: kept.heard_at,
            arrival,
            effort: kept.effort,
            on: self.boards.numbers(&kept.boards),
            place,
            mark: None,
            // As it is counted where nothing is counted yet.
            read: true,
            judged: false,
            altered: false,
            doc: None,
        });
        self.known.insert(kept.id, Known::Post(number));
        self.arrivals.push((arrival, number));
        self.kept_len += u64::from(place.len);

        let rank = (kept.time, kept.id);
        let posts = &self.posts;
        let before = |(time, other): &(u64, u32)| (*time, posts[*other].id) < rank;
        let items = &mut self.threads[thread].items;
        items.insert(items.partition_point(before), (kept.time, number));
        let said = &mut self.people.person_mut(author).said;
        said.insert(said.partition_point(before), (kept.time, number));

        if let Some(signed) = signed {
            let thread = &mut self.threads[thread];
            (thread.root, thread.signed) = (Some(number), signed.as_slice().into());
        }
        self.relist(thread, if signed.is_some() { None } else { Some(number) });
        self.refresh(number);
        self.make_room_for_words();
        self.posts[number].doc = self.search.add(number, &words.title, &words.text, &words.lang);
        self.drop_what_others_changed(number);
        if self.besides.of_author(kept.id.as_bytes(), Kind::Edit, author).next().is_some() {
            self.pending.insert(kept.id);
        }
    }

    fn thread(&mut self, root_id: EnvelopeId) -> u32 {
        let muted = self.marks.muted_threads.contains_key(&root_id);
        *self.by_root.entry(root_id).or_insert_with(|| {
            self.threads.insert(Thread {
                root_id,
                root: None,
                signed: Box::default(),
                items: Vec::new(),
                unread: 0,
                judged: 0,
                muted,
                listed: Vec::new(),
                listed_at: 0,
            })
        })
    }

    /// Takes out the edits and retractions of others, which were heard before the post and say nothing.
    fn drop_what_others_changed(&mut self, post: u32) {
        let (anchor, author) = (*self.posts[post].id.as_bytes(), self.posts[post].author);
        for kind in [Kind::Edit, Kind::Retraction] {
            let others = self.besides.of_kind(&anchor, kind).filter(|(_, aside)| aside.author != author);
            for number in others.map(|(number, _)| number).collect::<Vec<_>>() {
                if let Some(aside) = self.besides.remove(number, anchor, kind) {
                    self.aside_gone(&aside);
                }
            }
        }
    }

    fn keep_aside(&mut self, kept: &Kept, place: Place) {
        let Some(what) = What::of(&kept.facts) else { return };
        let (anchor, kind) = what.about(*kept.author.as_bytes());
        let judged = self.is_judged(kept.author);
        let author = self.people.used(kept.author, judged);
        let arrival = self.next_arrival();
        let aside = Aside { id: kept.id, author, time: kept.time, heard_at: kept.heard_at, arrival, place, what };
        self.kept_len += u64::from(place.len);
        let (number, gone) = self.besides.insert(anchor, kind, aside);
        self.known.insert(kept.id, Known::Aside(number));
        gone.iter().for_each(|aside| self.aside_gone(aside));
        match &kept.facts {
            Facts::Edit { target, .. } | Facts::Retraction { target } => {
                if let Some(post) = self.post_number(target) {
                    self.refresh(post);
                    if kind == Kind::Edit {
                        self.pending.insert(*target);
                    }
                }
            }
            Facts::Label { label } => self.refresh_target(&label.target),
            _ => {}
        }
    }

    /// Forgets what was taken out from beside.
    fn aside_gone(&mut self, aside: &Aside) {
        self.known.remove(&aside.id);
        self.kept_len -= u64::from(aside.place.len);
        self.people.unused(aside.author);
        match &aside.what {
            What::Edit { target, doc, .. } => {
                doc.iter().for_each(|doc| self.search.remove(*doc));
                self.post_number(target).into_iter().for_each(|post| self.refresh(post));
            }
            What::Retraction { target } => self.post_number(target).into_iter().for_each(|post| self.refresh(post)),
            What::Label(label) => self.refresh_target(&label.target),
            _ => {}
        }
    }

    fn heard_again(&mut self, id: EnvelopeId, boards: &[BoardId], effort: u32, heard_at: u64, at: Option<Pointer>) {
        let Some(number) = self.post_number(&id) else { return };
        let on = self.boards.numbers(boards);
        let post = &mut self.posts[number];
        on.as_slice().iter().for_each(|board| post.on.insert(*board));
        post.effort = post.effort.max(effort);
        post.heard_at = post.heard_at.min(heard_at);
        let thread = post.thread;
        if let Some(at) = at {
            self.pointers.insert(id, at);
        }
        self.relist(thread, Some(number));
        self.refresh(number);
    }

    /// Where something lies, where that became known later than the thing.
    pub(crate) fn later_pointer(&self, id: &EnvelopeId) -> Option<&Pointer> {
        self.pointers.get(id)
    }

    /// The ids of a post's boards.
    pub(crate) fn board_ids(&self, post: &Post) -> Vec<BoardId> {
        let mut ids: Vec<BoardId> = post.on.as_slice().iter().map(|board| self.boards.board(*board).id).collect();
        ids.sort_unstable();
        ids
    }

    /// Puts a thread where it belongs in the lists of boards, after a post came in or was heard on another board; or,
    /// without one, after its beginning came in.
    fn relist(&mut self, number: u32, post: Option<u32>) {
        let thread = &self.threads[number];
        let allowed = |board: &u16| thread.root.is_none() || thread.signed.contains(&self.boards.board(*board).id);
        let mut listed = match post {
            Some(_) => thread.listed.clone(),
            None => Vec::new(),
        };
        let all = post.is_none().then(|| thread.items.iter().map(|(_, item)| *item)).into_iter().flatten();
        for item in post.into_iter().chain(all) {
            for board in self.posts[item].on.as_slice().iter().filter(|board| allowed(board)) {
                if !listed.contains(board) {
                    listed.push(*board);
                }
            }
        }
        let latest = thread.latest();
        let root_id = thread.root_id;
        let (old, old_at) = (&thread.listed, thread.listed_at);
        for board in old.iter().filter(|board| old_at != latest || !listed.contains(board)) {
            self.boards.board_mut(*board).threads.remove(&(old_at, root_id, number));
        }
        for board in listed.iter().filter(|board| old_at != latest || !old.contains(board)) {
            self.boards.board_mut(*board).threads.insert((latest, root_id, number));
        }
        let thread = &mut self.threads[number];
        (thread.listed, thread.listed_at) = (listed, latest);
    }

    fn is_judged(&self, person: PersonId) -> bool {
        self.marks.muted_persons.contains_key(&person)
            || self.besides.of_kind(person.as_bytes(), Kind::PersonLabel).next().is_some()
    }

    fn refresh_target(&mut self, target: &LabelTarget) {
        match target {
            LabelTarget::Post(id) => self.post_number(id).into_iter().for_each(|number| self.refresh(number)),
            LabelTarget::Person(person) => self.refresh_person(*person),
        }
    }

    fn refresh_person(&mut self, id: PersonId) {
        let Some(number) = self.people.number(id) else { return };
        let judged = self.is_judged(id);
        let person = self.people.person_mut(number);
        person.judged = judged;
        for (_, post) in person.said.clone() {
            self.refresh(post);
        }
    }

    /// Works out anew what is remembered of a post, and counts it in its thread.
    fn refresh(&mut self, number: u32) {
        let post = &self.posts[number];
        let author = self.people.person(post.author);
        let read_on = |board: &u16| {
            self.marks.read_up_to.get(&self.boards.board(*board).id).is_some_and(|up_to| post.heard_at <= *up_to)
        };
        let read = post.mark.unwrap_or_else(|| self.own.contains(&author.id) || post.on.as_slice().iter().any(read_on));
        let judged = author.judged || self.besides.of_kind(post.id.as_bytes(), Kind::PostLabel).next().is_some();
        let by_author = |kind| self.besides.of_author(post.id.as_bytes(), kind, post.author).next().is_some();
        let altered = by_author(Kind::Edit) || by_author(Kind::Retraction);
        let thread = &mut self.threads[post.thread];
        thread.unread = thread.unread + u32::from(!read) - u32::from(!post.read);
        thread.judged = thread.judged + u32::from(judged) - u32::from(post.judged);
        let post = &mut self.posts[number];
        (post.read, post.judged, post.altered) = (read, judged, altered);
    }

    /// Takes something out.
    fn forget(&mut self, id: &EnvelopeId) {
        match self.known(id) {
            Some(Known::Post(number)) => self.forget_post(number),
            Some(Known::Aside(number)) => {
                let Some(aside) = self.besides.find(number) else { return };
                let author = *self.people.person(aside.author).id.as_bytes();
                let (anchor, kind) = aside.what.about(author);
                if let Some(aside) = self.besides.remove(number, anchor, kind) {
                    self.aside_gone(&aside);
                }
            }
            None => {}
        }
    }

    fn forget_post(&mut self, number: u32) {
        let Some(post) = self.posts.remove(number) else { return };
        self.known.remove(&post.id);
        self.pointers.remove(&post.id);
        self.pending.remove(&post.id);
        self.kept_len -= u64::from(post.place.len);
        post.doc.into_iter().for_each(|doc| self.search.remove(doc));
        self.people.person_mut(post.author).said.retain(|(_, other)| *other != number);
        self.people.unused(post.author);
        let thread = &mut self.threads[post.thread];
        thread.items.retain(|(_, other)| *other != number);
        thread.unread -= u32::from(!post.read);
        thread.judged -= u32::from(post.judged);
        if thread.root == Some(number) {
            (thread.root, thread.signed) = (None, Box::default());
        }
        self.relist(post.thread, None);
        if self.threads[post.thread].items.is_empty() {
            self.by_root.remove(&self.threads[post.thread].root_id);
            self.threads.remove(post.thread);
        }
    }

    /// The ids of what has to go so that there are at most so many posts of so many bytes, with what stands beside them,
    /// and the time of the latest that goes. Threads that were longest without activity go first; those with a
    /// bookmark, or with something of the reader's own, stay.
    pub(crate) fn oldest(&self, max_posts: usize, max_len: u64) -> (Vec<EnvelopeId>, u64) {
        let held = |thread: &Thread| {
            self.marks.bookmarks.contains_key(&thread.root_id)
                || thread.items.iter().any(|(_, number)| {
                    let post = &self.posts[*number];
                    self.marks.bookmarks.contains_key(&post.id) || self.own.contains(&self.author_id(post))
                })
        };
        let threads = self.threads.iter().map(|(_, thread)| thread);
        let mut threads: Vec<&Thread> = threads.filter(|thread| !held(thread)).collect();
        threads.sort_unstable_by_key(|thread| (thread.latest(), thread.root_id));
        let (mut posts, mut len, mut horizon) = (self.posts.len(), self.kept_len, self.horizon);
        let mut gone = Vec::new();
        for thread in threads {
            if posts <= max_posts && len <= max_len {
                break;
            }
            horizon = horizon.max(thread.latest());
            for (_, number) in &thread.items {
                let post = &self.posts[*number];
                gone.push(post.id);
                posts -= 1;
                len -= u64::from(post.place.len);
                for number in self.besides.all_about(post.id.as_bytes()) {
                    if let Some(aside) = self.besides.find(number) {
                        gone.push(aside.id);
                        len -= u64::from(aside.place.len);
                    }
                }
            }
        }
        (gone, horizon)
    }

    /// The ids of what has to go from beside, so that there is at most so much: first what is about posts that are not
    /// here, then reactions, then the rest, each the oldest first. The reader's own stays.
    pub(crate) fn oldest_beside(&self, max: usize) -> Vec<EnvelopeId> {
        let mut all: Vec<_> = self
            .besides
            .iter()
            .filter(|(_, aside)| !self.own.contains(&self.people.person(aside.author).id))
            .map(|(_, aside)| (self.weight(aside), aside.time, aside.id))
            .collect();
        all.sort_unstable();
        let excess = self.besides.len().saturating_sub(max);
        all.into_iter().take(excess).map(|(_, _, id)| id).collect()
    }

    fn weight(&self, aside: &Aside) -> u8 {
        let here = |id: &EnvelopeId| self.known.contains_key(id);
        match &aside.what {
            What::Reaction { target, .. } => 2 * u8::from(here(target)),
            What::Edit { target, .. } | What::Retraction { target } | What::Correction { target } => {
                1 + 2 * u8::from(here(target))
            }
            What::Label(label) => match &label.target {
                LabelTarget::Post(id) => 1 + 2 * u8::from(here(id)),
                LabelTarget::Person(_) => 3,
            },
            What::Profile { .. } => 3,
        }
    }

    /// The posts whose later wordings are to be taken into the search.
    pub(crate) fn take_pending(&mut self) -> BTreeSet<EnvelopeId> {
        std::mem::take(&mut self.pending)
    }

    /// The edits of a post by its author, in their order, with their numbers.
    pub(crate) fn edits(&self, post: &Post) -> Vec<(u32, &Aside)> {
        if !post.altered {
            return Vec::new();
        }
        let mut edits: Vec<_> = self.besides.of_author(post.id.as_bytes(), Kind::Edit, post.author).collect();
        edits.sort_unstable_by_key(|(_, aside)| aside.rank());
        edits
    }

    /// Takes the wording of an edit into the search, in the place of the one it had there, if its post is in it.
    pub(crate) fn reword(&mut self, post: u32, edit: u32, words: &Words) {
        if self.posts[post].doc.is_none() {
            return;
        }
        self.make_room_for_words();
        let new = self.search.add(post, &words.title, &words.text, &words.lang);
        if let What::Edit { doc, .. } = &mut self.besides.aside_mut(edit).what {
            let old = std::mem::replace(doc, new);
            old.into_iter().for_each(|doc| self.search.remove(doc));
        }
    }

    /// Takes the words of the oldest quarter of posts out of the search where it is full: what is new is always found.
    fn make_room_for_words(&mut self) {
        while self.search.postings_len() >= self.limits.postings_len || self.search.term_count() >= self.limits.terms {
            let found = self.posts.iter().filter(|(_, post)| post.doc.is_some());
            let mut oldest: Vec<_> = found.map(|(number, post)| (post.time, post.id, number)).collect();
            if oldest.is_empty() {
                return;
            }
            oldest.sort_unstable();
            oldest.truncate(oldest.len().div_ceil(4));
            for (_, _, number) in oldest {
                self.forget_words(number);
            }
            self.purge();
        }
    }

    /// Takes every wording of a post out of the search.
    fn forget_words(&mut self, number: u32) {
        let post = &mut self.posts[number];
        post.doc.take().into_iter().for_each(|doc| self.search.remove(doc));
        let edits: Vec<u32> = self.edits(&self.posts[number]).into_iter().map(|(edit, _)| edit).collect();
        for edit in edits {
            if let What::Edit { doc, .. } = &mut self.besides.aside_mut(edit).what {
                doc.take().into_iter().for_each(|doc| self.search.remove(doc));
            }
        }
    }

    /// Posts that the search does not find.
    pub(crate) fn unsearchable(&self) -> usize {
        self.posts.iter().filter(|(_, post)| post.doc.is_none()).count()
    }

    /// Clears the search of what is gone, when that is worth it.
    pub(crate) fn purge_if_worth(&mut self) {
        if self.search.wants_purge() {
            self.purge();
        }
    }

    fn purge(&mut self) {
        let numbers = self.search.purge();
        let new = |doc: u32| numbers.get(doc as usize).copied().filter(|doc| *doc != u32::MAX);
        let posts: Vec<u32> = self.posts.iter().map(|(number, _)| number).collect();
        for number in posts {
            let post = &mut self.posts[number];
            post.doc = post.doc.and_then(new);
        }
        let asides: Vec<u32> = self.besides.iter().map(|(number, _)| number).collect();
        for number in asides {
            if let What::Edit { doc, .. } = &mut self.besides.aside_mut(number).what {
                *doc = doc.and_then(new);
            }
        }
        let posts = &self.posts;
        self.arrivals.retain(|(arrival, number)| posts.find(*number).is_some_and(|post| post.arrival == *arrival));
    }

    /// Everything that was said and is kept, in the order in which it came: what it is, and where it lies.
    pub(crate) fn everything(&self) -> Vec<(Known, Place)> {
        let posts = self.posts.iter().map(|(number, post)| (post.arrival, Known::Post(number), post.place));
        let asides = self.besides.iter().map(|(number, aside)| (aside.arrival, Known::Aside(number), aside.place));
        let mut all: Vec<_> = posts.chain(asides).collect();
        all.sort_unstable_by_key(|(arrival, _, _)| *arrival);
        all.into_iter().map(|(_, known, place)| (known, place)).collect()
    }

    /// Says where something lies now.
    pub(crate) fn moved(&mut self, known: Known, place: Place) {
        let old = match known {
            Known::Post(number) => {
                let post = &mut self.posts[number];
                self.pointers.remove(&post.id);
                &mut post.place
            }
            Known::Aside(number) => &mut self.besides.aside_mut(number).place,
        };
        self.kept_len = self.kept_len - u64::from(old.len) + u64::from(place.len);
        *old = place;
    }

    /// The newest name that a person gave themselves.
    pub(crate) fn self_name(&self, person: PersonId, sight: Sight) -> Option<&str> {
        let author = self.people.number(person)?;
        let anchor: Anchor = *person.as_bytes();
        match &self.besides.standing(&anchor, Kind::Profile, author, sight)?.1.what {
            What::Profile { name, .. } => Some(name),
            _ => None,
        }
    }
}
