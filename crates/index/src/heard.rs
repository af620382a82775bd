//! What comes in.

use roneo_social::{BoardId, Body, Envelope, Pointer};
use serde::Deserialize;

use crate::codec::Malformed;
use crate::record::{Facts, Kept, LabelFacts};

/// Something that was heard.
#[derive(Debug, Clone)]
pub struct Heard<'a> {
    /// What was said.
    pub envelope: &'a Envelope,
    /// Where it lies, so that it can be found again.
    pub at: Option<Pointer>,
    /// The boards on which it was heard. Of a post or a reply those count to which its author sent it: what a
    /// stranger repeats elsewhere does not appear there.
    pub boards: Vec<BoardId>,
    /// The effort that was proven for it, as [`Proof`](roneo_social::Proof) counts it.
    pub effort: u32,
    /// When, in seconds since 1970.
    pub heard_at: u64,
}

/// What became of something heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Added {
    /// It is kept.
    New,
    /// It was here, and was now heard on another board, with more effort or earlier.
    Again,
    /// It was here, and nothing is new.
    Known,
    /// Of its type nothing is kept.
    NotIndexed,
    /// The same person has said something later that stands in its place, or so much else that there is no room.
    Superseded,
    /// It changes or takes back what another person said, and so says nothing.
    NotTheirs,
    /// It is older than what had to go.
    TooOld,
    /// There are as many posts as there may be, and none of them may go.
    Full,
}

impl Facts {
    /// Of a body; none for those that are not kept.
    pub(crate) fn of(body: &Body) -> Option<Self> {
        Some(match body {
            Body::Post(post) => Self::Post { signed: post.boards.clone() },
            Body::Reply(reply) => Self::Reply { root: reply.root, parent: reply.parent },
            Body::Reaction(reaction) => Self::Reaction { target: reaction.target, word: reaction.word },
            Body::Edit(edit) => Self::Edit { target: edit.target, titled: !edit.title.is_empty() },
            Body::Retraction(retraction) => Self::Retraction { target: retraction.target },
            Body::Correction(correction) => Self::Correction { target: correction.target },
            Body::Label(label) => Self::Label {
                label: LabelFacts {
                    target: label.target.clone(),
                    tag: label.tag,
                    board: label.board,
                    until: label.until,
                    retracts: label.retracts,
                },
            },
            Body::Profile(profile) => Self::Profile { serial: profile.serial, name: profile.name.clone() },
            _ => return None,
        })
    }
}

impl Heard<'_> {
    /// As it is kept; none where nothing of it is.
    pub(crate) fn kept(&self) -> Option<Kept> {
        let body = self.envelope.body();
        let facts = Facts::of(body)?;
        let signed = match body {
            Body::Post(post) => Some(&post.boards),
            Body::Reply(reply) => Some(&reply.boards),
            _ => None,
        };
        let mut boards: Vec<BoardId> = signed.into_iter().flatten().copied().collect();
        boards.retain(|board| self.boards.contains(board));
        boards.sort_unstable();
        Some(Kept {
            id: self.envelope.id(),
            author: self.envelope.author(),
            time: self.envelope.time().0,
            heard_at: self.heard_at,
            effort: self.effort,
            boards,
            at: self.at.clone(),
            facts,
            bytes: self.envelope.to_bytes(),
        })
    }
}

/// An envelope that was checked before it was kept, of which only the body is read.
#[derive(Deserialize)]
struct Said<B> {
    body: B,
}

/// Reads fields of the body of an envelope that was kept. Signatures are not checked again.
pub(crate) fn read_body<B: serde::de::DeserializeOwned>(envelope: &[u8]) -> Result<B, Malformed> {
    let said: Said<B> = ciborium::from_reader(envelope).map_err(|_| Malformed)?;
    Ok(said.body)
}

/// Of a body what the search reads.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct Words {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) lang: String,
}
