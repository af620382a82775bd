//! What may be typed of boards with stewards.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use roneo_client::board::{INVITED_DAYS, Kind, Reach};

/// Who may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardKind {
    /// Everybody: who is vouched for at once, newcomers by proof of work
    Stewarded,
    /// Introducers alone; the others answer
    Announcements,
}

impl From<BoardKind> for Kind {
    fn from(kind: BoardKind) -> Self {
        match kind {
            BoardKind::Stewarded => Self::Stewarded,
            BoardKind::Announcements => Self::Announcements,
        }
    }
}

/// How far a board reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardScope {
    /// A town, a workplace, a street
    Local,
    /// A country
    National,
    /// Every country
    International,
}

impl From<BoardScope> for Reach {
    fn from(scope: BoardScope) -> Self {
        match scope {
            BoardScope::Local => Self::Local,
            BoardScope::National => Self::National,
            BoardScope::International => Self::International,
        }
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct NewBoardArgs {
    /// What people call it: at most 60 characters
    pub(crate) name: String,
    /// Where it stands in a directory, as fr/31/toulouse/logement
    #[arg(long)]
    pub(crate) path: String,
    /// Which of your identities introduces others to it
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) identity: String,
    /// Who may write on it
    #[arg(long, value_name = "KIND", default_value = "stewarded")]
    pub(crate) kind: BoardKind,
    /// What belongs there, in a few lines
    #[arg(long, default_value = "")]
    pub(crate) about: String,
    /// A file with its rules, in Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// How far it reaches
    #[arg(long, default_value = "local")]
    pub(crate) scope: BoardScope,
    /// Where, as FR or FR-31
    #[arg(long, default_value = "")]
    pub(crate) place: String,
    /// Its languages, the first preferred
    #[arg(
        long,
        value_name = "LANGUAGE",
        default_value_if("fork", clap::builder::ArgPredicate::IsPresent, None),
        default_value = "fr"
    )]
    pub(crate) language: Vec<String>,
    /// The board of which it is a fork, by its address
    #[arg(long, value_name = "BOARD")]
    pub(crate) fork: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ShowBoardArgs {
    /// Its link or its address
    pub(crate) board: String,
    /// Tell what was heard last, without asking its stewards
    #[arg(long)]
    pub(crate) kept: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ProposeArgs {
    /// Its address
    pub(crate) board: String,
    /// What people are to call it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What belongs there
    #[arg(long)]
    pub(crate) about: Option<String>,
    /// A file with its rules, in Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// How many stewards must sign what follows
    #[arg(long, value_name = "NUMBER")]
    pub(crate) needed: Option<u8>,
    /// A further steward, by the key that they sent
    #[arg(long, value_name = "KEY")]
    pub(crate) add_steward: Vec<String>,
    /// A steward who no longer is one
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_steward: Vec<String>,
    /// A further introducer: their person and key, with a slash between them
    #[arg(long, value_name = "PERSON/KEY")]
    pub(crate) add_introducer: Vec<String>,
    /// An introducer who no longer is one
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_introducer: Vec<String>,
    /// A further curator, by the key of the person
    #[arg(long, value_name = "PERSON")]
    pub(crate) add_curator: Vec<String>,
    /// A curator who no longer is one
    #[arg(long, value_name = "PERSON")]
    pub(crate) remove_curator: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SignArgs {
    /// Its address
    pub(crate) board: String,
    /// Which proposal
    pub(crate) proposal: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BoardInviteArgs {
    /// Its address
    pub(crate) board: String,
    /// For how many days, at most 180
    #[arg(long, value_name = "NUMBER", default_value_t = INVITED_DAYS, value_parser = clap::value_parser!(u32).range(1..=180))]
    pub(crate) days: u32,
    /// Draw it as a square of dots into a PNG file; - for the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) qr: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BoardJoinArgs {
    /// The line that somebody gave you; - for standard input, where nobody sees it in a list of processes
    pub(crate) invitation: String,
    /// Which of your identities is to speak there
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) identity: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct OfficeKeyArgs {
    /// Which of your identities would introduce others
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) identity: String,
}
