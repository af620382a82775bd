//! What the user reads of conversations, and what they set: everything from the index, nothing from the network.

use roneo_client::social::{
    BoardRow, Curator, Draft, DraftRow, FollowedView, Found, Marks, Paging, PersonChange, PersonView, Search,
    SocialError, Tab, ThreadList, ThreadView,
};
use roneo_index::{DraftId, Mute, SearchIn};
use roneo_social::{BoardId, EnvelopeId, PersonId};

use super::Profile;
use super::listen::{ASKED_AGAIN, index_error};
use super::social::fingerprints;

fn board_of(text: &str) -> Result<BoardId, SocialError> {
    BoardId::from_text(text).ok_or(SocialError::Board)
}

fn person_of(text: &str) -> Result<PersonId, SocialError> {
    PersonId::from_text(text).ok_or(SocialError::Id)
}

fn ids_of(texts: &[String]) -> Result<Vec<EnvelopeId>, SocialError> {
    texts.iter().map(|text| EnvelopeId::from_text(text).ok_or(SocialError::Id)).collect()
}

impl Profile {
    pub(super) async fn followed_view(&self) -> Result<FollowedView, SocialError> {
        self.index(|index, now| Ok(index.followed(now))).await
    }

    pub(super) async fn rows(&self) -> Result<Vec<BoardRow>, SocialError> {
        self.index(|index, now| Ok(index.boards(now))).await
    }

    pub(super) async fn set_followed(&self, board: String, follow: bool) -> Result<(), SocialError> {
        let board = board_of(&board)?;
        self.index(move |index, now| if follow { index.follow_board(board, now) } else { index.unfollow_board(board) })
            .await?;
        self.0.boards_changed.notify_one();
        Ok(())
    }

    pub(super) async fn list_threads(
        &self,
        board: String,
        tab: Tab,
        paging: Paging,
    ) -> Result<ThreadList, SocialError> {
        let board = board_of(&board)?;
        self.look_at(board);
        let page = self.index(move |index, now| index.threads(board, tab, &paging, now)).await?;
        let state = self.board_state(board);
        Ok(ThreadList { threads: page.entries, next: page.next, heard_at: state.heard_at, missing: state.missing })
    }

    pub(super) async fn show_thread(&self, root: String, paging: Paging) -> Result<ThreadView, SocialError> {
        let root = EnvelopeId::from_text(&root).ok_or(SocialError::Id)?;
        let thread = self.index(move |index, now| {
            // Any post of a thread leads to it.
            let root = index.post(&root, now)?.map_or(root, |post| post.root);
            index.thread(&root, &paging, now)
        });
        let thread = thread.await?.ok_or(SocialError::NotHeard)?;
        // Only where the reader looks already: who wrote it does not choose what else this node reads.
        let followed = self.index(|index, now| Ok(index.followed(now).boards)).await?;
        let known = |board: &&BoardId| {
            self.board_state(**board).looked.is_some() || followed.iter().any(|(of, _)| of == *board)
        };
        thread.row.boards.iter().filter(known).for_each(|board| self.look_at(*board));
        Ok(thread)
    }

    pub(super) async fn show_person(&self, person: String, paging: Paging) -> Result<PersonView, SocialError> {
        let person = person_of(&person)?;
        self.look_into_soon(person, ASKED_AGAIN);
        self.index(move |index, now| {
            let page = index.by_person(person, &paging, now)?;
            let (followed, mutes) = (index.followed(now), index.mutes(now));
            Ok(PersonView {
                who: index.person(person, now),
                fingerprint: fingerprints(&person),
                followed: followed.persons.iter().any(|(who, _)| who.person == person),
                muted: mutes.persons.iter().any(|(who, _)| who.person == person),
                posts: page.entries,
                next: page.next,
            })
        })
        .await
    }

    pub(super) async fn set_person(&self, person: String, change: PersonChange) -> Result<(), SocialError> {
        let person = person_of(&person)?;
        self.index(move |index, now| {
            // The name first: it is what may be refused.
            if let Some(name) = &change.petname {
                index.set_petname(person, Some(name.as_str()).filter(|name| !name.is_empty()))?;
            }
            match change.followed {
                Some(true) => index.follow_person(person, now)?,
                Some(false) => index.unfollow_person(person)?,
                None => {}
            }
            match change.muted {
                Some(true) => index.mute(Mute::Person(person), now),
                Some(false) => index.unmute(Mute::Person(person)),
                None => Ok(()),
            }
        })
        .await
    }

    pub(super) async fn find(&self, search: Search) -> Result<Found, SocialError> {
        let Search { words, board, person, since, after } = search;
        let (board, author) =
            (board.as_deref().map(board_of).transpose()?, person.as_deref().map(person_of).transpose()?);
        let (within, paging) = (SearchIn { board, author, since }, Paging { cursor: after, limit: None });
        let page = self.index(move |index, now| index.search(&words, &within, &paging, now)).await?;
        Ok(Found { hits: page.entries, next: page.next })
    }

    pub(super) async fn set_marks(&self, marks: Marks) -> Result<(), SocialError> {
        let (read, unread) = (ids_of(&marks.read)?, ids_of(&marks.unread)?);
        let (bookmark, unbookmark) = (ids_of(&marks.bookmark)?, ids_of(&marks.unbookmark)?);
        let (mute, unmute) = (ids_of(&marks.mute)?, ids_of(&marks.unmute)?);
        let board = marks.board_read.as_deref().map(board_of).transpose()?;
        self.index(move |index, now| {
            index.mark_read(&read, now)?;
            index.mark_unread(&unread, now)?;
            if let Some(board) = board {
                index.mark_board_read(board, now.0)?;
            }
            bookmark.into_iter().try_for_each(|id| index.bookmark(id, now))?;
            unbookmark.into_iter().try_for_each(|id| index.unbookmark(id))?;
            mute.into_iter().try_for_each(|root| index.mute(Mute::Thread(root), now))?;
            unmute.into_iter().try_for_each(|root| index.unmute(Mute::Thread(root)))?;
            index.flush()
        })
        .await
    }

    pub(super) async fn follow_curators(
        &self,
        board: Option<String>,
        curators: Vec<Curator>,
    ) -> Result<(), SocialError> {
        let board = board.as_deref().map(board_of).transpose()?;
        self.index(move |index, _| index.set_curators(board, &curators)).await
    }

    pub(super) async fn list_drafts(&self) -> Result<Vec<DraftRow>, SocialError> {
        self.index(|index, _| Ok(index.drafts())).await
    }

    pub(super) async fn read_draft(&self, id: String) -> Result<Draft, SocialError> {
        let id = DraftId::new(&id).map_err(index_error)?;
        let text = self.index(move |index, _| index.draft(&id)).await?;
        text.map(|text| Draft { text }).ok_or(SocialError::NotHeard)
    }

    pub(super) async fn keep_draft(&self, id: String, draft: Option<Draft>) -> Result<(), SocialError> {
        let id = DraftId::new(&id).map_err(index_error)?;
        self.index(move |index, now| match draft {
            Some(draft) => index.save_draft(&id, &draft.text, now),
            None => index.drop_draft(&id),
        })
        .await
    }

    /// Refuses to change what somebody else said, where it is known whose it is.
    pub(super) async fn check_own(&self, identity: String, target: EnvelopeId) -> Result<(), SocialError> {
        let person = self.0.read(|kept| {
            kept.social.value.people.iter().find(|own| own.name == identity).map(super::stored::OwnPerson::person)
        });
        let person = person.ok_or(SocialError::NoSuchIdentity(identity))?;
        let post = self.index(move |index, now| index.post(&target, now)).await?;
        if post.is_none_or(|post| post.author.person == person) { Ok(()) } else { Err(SocialError::NotYours) }
    }
}
