//! Conversations in the words and the markup of pages: people, boards, posts, texts.

mod board;
mod fold;
mod markdown;
mod post;
mod who;

pub(crate) use board::BoardCard;
pub(crate) use fold::{fold_sentence, label_sentence};
pub(crate) use markdown::{html_of, quoted};
pub(crate) use post::{PostLine, Said, placed};
pub(crate) use who::Who;
