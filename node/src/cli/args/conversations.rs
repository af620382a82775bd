//! What may be typed of conversations: identities, boards, posts, people, curators.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use roneo_social::{LabelTag, ReactionWord};
use serde::de::DeserializeOwned;

use super::{BoardInviteArgs, BoardJoinArgs, NewBoardArgs, OfficeKeyArgs, ProposeArgs, ShowBoardArgs, SignArgs};

/// What is done with identities.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Identities {
    /// Make an identity; prints its 24 words, this once
    New {
        /// What it is called, for you and for readers: at most 40 characters
        name: String,
        /// The language of its words
        #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
        language: WordsLanguage,
        /// Bring one back: a file with its 24 words; - for standard input
        #[arg(long, value_name = "FILE")]
        words: Option<PathBuf>,
    },
    /// List your identities, each with the two words that tell it apart
    List,
    /// Forget an identity on this machine; what it said stays said
    Forget {
        /// Which
        name: String,
        /// Yes: its words are on paper
        #[arg(long)]
        yes: bool,
    },
}

/// The languages of words that are shown once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WordsLanguage {
    /// French
    Fr,
    /// English
    En,
}

/// What is done with boards.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Boards {
    /// List the boards that come with the program
    List,
    /// List the boards that you follow, with what is unread
    Followed,
    /// Follow a board: the node reads it from time to time
    Follow(BoardName),
    /// No longer follow a board
    Unfollow(BoardName),
    /// List the threads of a board that were heard, the liveliest first; the node reads it often for two minutes
    Threads {
        #[command(flatten)]
        board: BoardName,
        /// Which of them
        #[arg(long, value_name = "TAB", default_value = "all")]
        tab: BoardTab,
        /// What the part before said
        #[arg(long, value_name = "PART")]
        after: Option<String>,
    },
    /// Mark everything on a board as read
    Read(BoardName),
    /// Found a board with you as its one steward; prints its link
    New(NewBoardArgs),
    /// Show what a board with stewards says of itself, and what they propose
    Show(ShowBoardArgs),
    /// Propose a change of a board that you keep; it stands once enough stewards sign
    Propose(ProposeArgs),
    /// Sign what another steward proposes
    Sign(SignArgs),
    /// Invite somebody to a board: who has the line speaks there at once
    Invite(BoardInviteArgs),
    /// Take up an invitation to a board
    Join(BoardJoinArgs),
    /// Make keys for an office, for a board's stewards to put into its terms
    Key(OfficeKeyArgs),
}

/// Which threads of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardTab {
    /// All
    All,
    /// With something unread
    Unread,
    /// Begun by people whom you do not know
    Newcomers,
    /// Folded, by a curator or by you
    Folded,
}

/// Reads one of the words of a format, as that spells them.
fn one_of<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let read = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    read.map_err(|_| "it is none of the words: see --help".to_owned())
}

/// What is done about something that somebody said.
#[derive(Debug, Clone, Args)]
pub(crate) struct AboutArgs {
    /// The post
    pub(crate) post: String,
    /// Which of your identities says it
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) identity: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ReactArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// agree, disagree, thanks, important, question or solidarity
    #[arg(value_parser = one_of::<ReactionWord>)]
    pub(crate) word: ReactionWord,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// The new text, in Markdown; - for standard input
    pub(crate) text: Option<String>,
    /// The new title
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Why, in a line that readers see
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// In which language it is
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    pub(crate) language: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RetractArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// Why, in a line that readers see
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CorrectArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// What is wrong and what is right, in Markdown; - for standard input
    pub(crate) text: String,
    /// Where it can be checked
    #[arg(long, value_name = "LINK")]
    pub(crate) source: Vec<String>,
    /// In which language it is
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    pub(crate) language: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ThreadArgs {
    /// Any post of it
    pub(crate) post: String,
    /// What the part before said
    #[arg(long, value_name = "PART")]
    pub(crate) after: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SearchArgs {
    /// Words; "a phrase", begin*, -unwanted
    pub(crate) words: String,
    /// On one board
    #[arg(long, value_name = "BOARD")]
    pub(crate) board: Option<String>,
    /// Of one person, by their key
    #[arg(long, value_name = "KEY")]
    pub(crate) person: Option<String>,
    /// What the part before said
    #[arg(long, value_name = "PART")]
    pub(crate) after: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct FeedsArgs {
    /// The feed of a search in what was heard, in the place of the list
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
}

/// What is done with people.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum People {
    /// Show somebody and what they said
    Show {
        /// Their key
        person: String,
    },
    /// Follow somebody
    Follow {
        /// Their key
        person: String,
    },
    /// No longer follow somebody
    Unfollow {
        /// Their key
        person: String,
    },
    /// Call somebody by a name of yours
    Name {
        /// Their key
        person: String,
        /// The name; empty for none
        name: String,
    },
    /// Fold everything that somebody says
    Mute {
        /// Their key
        person: String,
    },
    /// No longer fold what somebody says
    Unmute {
        /// Their key
        person: String,
    },
}

/// What is done about labels.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Curate {
    /// Say whose labels count for you
    Follow {
        /// The curator's key
        person: String,
        /// On this board alone
        #[arg(long, value_name = "BOARD")]
        board: Option<String>,
        /// One label of theirs folds; of others it takes two
        #[arg(long)]
        alone: bool,
    },
    /// No longer let somebody's labels count
    Unfollow {
        /// The curator's key
        person: String,
        /// On this board
        #[arg(long, value_name = "BOARD")]
        board: Option<String>,
    },
    /// Label a post: who follows you as a curator sees it folded, with the reason
    Label {
        #[command(flatten)]
        about: AboutArgs,
        /// spam, offtopic, doxxing, hate, violence, illegal, scam, sensitive or duplicate
        #[arg(value_parser = one_of::<LabelTag>)]
        tag: LabelTag,
        /// Why, in a line that readers see
        #[arg(long)]
        reason: String,
        /// Its author, and so everything they say, not this post alone
        #[arg(long)]
        author: bool,
        /// Take back a label of yours, by its id
        #[arg(long, value_name = "ID")]
        retracts: Option<String>,
    },
}

/// Which board is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct BoardName {
    /// A path such as fr/logement, an address of 43 characters, or the link of a board with stewards
    pub(crate) board: String,
    /// The language in a path's address [default: that of the board of this path that comes with the program, or of its
    /// country]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) board_language: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PostArgs {
    #[command(flatten)]
    pub(crate) board: BoardName,
    /// What is said, in Markdown; - for standard input
    pub(crate) text: Option<String>,
    /// Which of your identities says it
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) identity: String,
    /// One line above it; an answer has none
    #[arg(long, conflicts_with = "answer", required_unless_present = "answer")]
    pub(crate) title: Option<String>,
    /// The post that it answers
    #[arg(long, value_name = "ID")]
    pub(crate) answer: Option<String>,
    /// The post that began the thread: needed where ID is itself an answer
    #[arg(long, value_name = "ID", requires = "answer")]
    pub(crate) thread: Option<String>,
    /// In which language it is
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    pub(crate) language: String,
    /// Let it leave at once, whatever `boards.posting_delay` is set to
    #[arg(long)]
    pub(crate) now: bool,
    /// Come back once it is signed; the node goes on
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) board: BoardName,
    /// Of how many hours, this one included: at most 48
    #[arg(long, value_name = "NUMBER", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=48))]
    pub(crate) hours: u64,
}
