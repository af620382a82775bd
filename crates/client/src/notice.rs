//! What a node says besides that something worked or failed: as codes with data, so that every program says it
//! in the language of its user. Each has its English sentence as `Display`.
//!
//! None of these enums is open: whoever puts them into words is told by the compiler of one that has none.

use std::fmt;

use roneo_keys::UriError;
pub use roneo_overlay::invitation::InvitationError;
use serde::{Deserialize, Serialize};

/// A remark on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// On a small network: what its loss would take.
    Outlook {
        /// Other nodes that keep it.
        nodes: usize,
        /// Half of them.
        gone: usize,
        /// What is lost if those vanish at once.
        #[serde(flatten)]
        loss: Loss,
    },
    /// An insert lacks copies, and the node goes on placing them.
    Lacking {
        /// Blocks that lack some.
        blocks: u64,
        /// Blocks in all.
        total: u64,
    },
    /// A signed name lacks copies, and the node goes on placing them while it runs.
    NameLacking,
    /// A name leads elsewhere than this node once made it lead.
    Overwritten,
    /// Few of the nodes that keep a name answered, so there may be something newer.
    FewAnswered {
        /// How many did.
        answered: usize,
    },
    /// An edition was found by its own name, not as the newest.
    FoundByItself {
        /// The edition.
        edition: u64,
        /// The newest that nodes know of.
        newest: Option<u64>,
    },
    /// What a repair did.
    Mended {
        /// Missing pieces made again.
        remade: u64,
        /// Pieces placed again.
        recopied: u64,
    },
    /// Parts that lack copies after a repair.
    PartsLacking {
        /// How many.
        parts: u64,
    },
}

/// How likely it is that something is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "loss")]
pub enum Loss {
    /// Less than once in a million times.
    Rare,
    /// About once in so many times.
    Once {
        /// In so many.
        of: u64,
    },
    /// More likely than not.
    Likely,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outlook { nodes: 1, loss, .. } => {
                write!(formatter, "1 other node keeps this; if it vanishes, {loss}")
            }
            Self::Outlook { nodes, gone: 1, loss } => {
                write!(formatter, "{nodes} other nodes keep this; if 1 of them vanishes, {loss}")
            }
            Self::Outlook { nodes, gone, loss } => {
                write!(formatter, "{nodes} other nodes keep this; if {gone} of them vanish at once, {loss}")
            }
            Self::Lacking { blocks, total } => {
                write!(formatter, "{blocks} of {total} blocks lack copies: the node goes on placing them")
            }
            Self::NameLacking => {
                formatter.write_str("it lacks copies: the node goes on placing them while it runs")
            }
            Self::Overwritten => formatter.write_str(
                "this is not what was published from here: somebody wrote under this name at the same moment, and theirs \
                 stands; publish yours under another name",
            ),
            Self::FewAnswered { answered } => write!(
                formatter,
                "only {answered} of the nodes that keep this name answered: there may be something newer"
            ),
            Self::FoundByItself { edition, newest: Some(newest) } => write!(
                formatter,
                "edition {edition} was found by itself: the newest that nodes know of is {newest}"
            ),
            Self::FoundByItself { edition, newest: None } => {
                write!(formatter, "edition {edition} was found by itself: no node knows which is the newest")
            }
            Self::Mended { remade: 0, recopied: 0 } => formatter.write_str("no piece was missing"),
            Self::Mended { remade, recopied: 0 } => write!(formatter, "{remade} missing pieces were made again"),
            Self::Mended { remade: 0, recopied } => write!(formatter, "{recopied} pieces were placed again"),
            Self::Mended { remade, recopied } => {
                write!(formatter, "{remade} missing pieces were made again, {recopied} others placed again")
            }
            Self::PartsLacking { parts } => {
                write!(formatter, "{parts} parts still lack copies: repair again when more nodes are up")
            }
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rare => formatter.write_str("the chance that any of it is lost is less than 1 in 1,000,000"),
            Self::Once { of } => {
                write!(formatter, "the chance that part of it is lost is about 1 in {}", grouped(*of))
            }
            Self::Likely => formatter.write_str("it is more likely than not that part of it is lost"),
        }
    }
}

/// A number below a billion with commas between thousands.
fn grouped(number: u64) -> String {
    match (number / 1_000_000, number / 1_000 % 1_000, number % 1_000) {
        (0, 0, ones) => ones.to_string(),
        (0, thousands, ones) => format!("{thousands},{ones:03}"),
        (millions, thousands, ones) => format!("{millions},{thousands:03},{ones:03}"),
    }
}

/// Remarks as one sentence; `None` for none.
#[must_use]
pub fn sentence(notes: &[Note]) -> Option<String> {
    let notes: Vec<String> = notes.iter().map(Note::to_string).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Why a request cannot be followed as it is. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A key under which nothing is published.
    #[error("this key names no document: use an SSK, USK or KSK")]
    NoDocument,
    /// A record could not hold it.
    #[error("this cannot be published under this name: {reason}")]
    Unwritable {
        /// What is too long, in English.
        reason: String,
    },
    /// A signed name can lead only to content.
    #[error("a signed name leads to a CHK@ link or to content")]
    NoTarget,
    /// A link without a record.
    #[error("only SSK, USK and KSK links are refreshed: `put` content again, or repair it")]
    NoRecord,
    /// A link that cannot be read with.
    #[error("a KEEP@ link keeps and does not read: use `check` or `repair` with it")]
    KeepLink,
    /// A link that names nothing kept.
    #[error("this link names nothing that could be kept: give a CHK, SSK, USK, KSK or KEEP link")]
    NothingKept,
    /// The text is no link.
    #[error(transparent)]
    Link(#[from] UriError),
    /// The name of content.
    #[error("this name cannot be used: give one of at most {most} bytes, without slashes or control characters")]
    Name {
        /// Bytes that it may have.
        most: usize,
    },
    /// The media type of content.
    #[error("this media type cannot be used: give one of at most {most} plain characters, as text/plain")]
    MediaType {
        /// Characters that it may have.
        most: usize,
    },
    /// Only what is in the queue can be held or hurried.
    #[error("this transfer is not in the queue: it ends with its reader")]
    NotQueued,
    /// It has ended.
    #[error("this transfer is over: there is nothing to hold or to hurry")]
    Over,
    /// Content that is stored is not read.
    #[error("this transfer stores content: there is nothing to read")]
    NothingToRead,
    /// What is kept is read from an offset.
    #[error("this transfer is in the queue: read it from an offset")]
    ReadByOffset,
    /// What was kept cannot be read from the disk any more.
    #[error("{reason}")]
    Unkept {
        /// What happened and what to do, in English.
        reason: String,
    },
    /// What is not kept is read once, in order.
    #[error("only a fetch that is kept can be read from an offset")]
    NoOffset,
    /// An offset behind the end.
    #[error("the content ends before byte {start}: it has {whole} bytes")]
    BehindEnd {
        /// Where reading was to begin.
        start: u64,
        /// Bytes of content.
        whole: u64,
    },
    /// The text is no invitation.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// An invitation to another network than this node is in.
    #[error(
        "the invitation is to the network {invited}, and this node is in {here}: join it from another data directory"
    )]
    OtherNetwork {
        /// The name of that network.
        invited: String,
        /// The name of this node's.
        here: String,
    },
}

/// Something that the operator of a node should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "warning")]
pub enum Warning {
    /// The node is on a local network.
    LocalNetwork,
    /// All that passes is recorded.
    Recording,
    /// The network is a small crowd.
    SmallCrowd {
        /// Nodes in it.
        nodes: usize,
    },
    /// The store has another size than was asked for.
    StoreStays {
        /// Bytes that it has.
        bytes: u64,
    },
    /// The disk of the store fails.
    StoreDisk {
        /// How often it did.
        failures: u64,
    },
    /// The store has stopped.
    StoreStopped,
    /// The disk of the queue fails.
    QueueDisk {
        /// How often it did.
        failures: u64,
    },
    /// A file of the queue is left as it is.
    QueueLeft {
        /// The file.
        file: String,
        /// Why.
        #[serde(flatten)]
        because: Left,
    },
    /// A file of the queue was damaged.
    QueueDamaged {
        /// The file.
        file: String,
        /// Where it was put.
        aside: String,
        /// What became of its transfer.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A transfer of the queue cannot go on.
    TransferEnded {
        /// Why, in English.
        reason: String,
    },
    /// What was heard on boards cannot be opened.
    HeardClosed {
        /// Why, in English.
        reason: String,
    },
    /// A file of the profile is of a newer version.
    KeptNewer {
        /// The file.
        file: String,
    },
    /// A file of the profile was damaged.
    KeptDamaged {
        /// The file.
        file: String,
        /// Where it was put.
        aside: String,
    },
}

/// Why a file of the queue is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum Left {
    /// There are too many.
    OneTooMany,
    /// The disk or the system refuses it.
    Unreadable {
        /// What to do, in English.
        advice: String,
    },
    /// A newer version made it.
    Newer,
}

/// What became of the transfer of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// It is lost.
    Lost,
    /// It goes on from before the damage.
    GoesOn,
    /// The disk did not let that happen.
    Disk {
        /// What the system said.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalNetwork => {
                formatter.write_str("This is a local network, for trying things out: its relaxed rules protect nobody.")
            }
            Self::Recording => formatter.write_str(
                "Everything that passes through this node is being recorded: use this for development only.",
            ),
            Self::SmallCrowd { nodes } => {
                write!(formatter, "This network has {nodes} nodes, which is a small crowd to hide in.")
            }
            Self::StoreStays { bytes } => write!(
                formatter,
                "The store was made for {} MiB and stays so: this version cannot change the quota of a store with blocks \
                 in it.",
                bytes >> 20
            ),
            Self::StoreDisk { failures } => write!(
                formatter,
                "The disk of the store has failed {failures} times: look at it, and move the data directory."
            ),
            Self::StoreStopped => formatter.write_str("The store has stopped: restart the node, and report this."),
            Self::QueueDisk { failures } => write!(
                formatter,
                "The queue could not be written {failures} times: make room on its disk; after a restart, transfers may \
                 begin again from an earlier point."
            ),
            Self::QueueLeft { file, because } => write!(formatter, "{file} {because}: its transfer is left as it is"),
            Self::QueueDamaged { file, aside, outcome } => {
                write!(formatter, "{file} was damaged and is kept as {aside}: {outcome}")
            }
            Self::TransferEnded { reason } => write!(formatter, "A transfer of the queue cannot go on: {reason}."),
            Self::HeardClosed { reason } => {
                write!(formatter, "What was heard on boards cannot be opened: {reason}.")
            }
            Self::KeptNewer { file } => {
                write!(formatter, "{file} was written by a newer Roneo and is left as it is: update to use it.")
            }
            Self::KeptDamaged { file, aside } => {
                write!(formatter, "{file} was damaged: it was put aside as {aside}, and begins anew.")
            }
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneTooMany => formatter.write_str("is one too many, cancel others and start the node again"),
            Self::Unreadable { advice } => write!(formatter, "cannot be read, {advice}"),
            Self::Newer => formatter.write_str("was made by a newer Roneo, update to go on with it"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => formatter.write_str("its transfer is lost, begin it again"),
            Self::GoesOn => formatter.write_str("its transfer goes on from what stood before the damage"),
            Self::Disk { reason } => formatter.write_str(reason),
        }
    }
}

/// What a setting may be, told to whoever gave it something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One of these words.
    OneOf(Vec<String>),
    /// True or false.
    Switch,
    /// A size in bytes.
    Size,
    /// An address of this machine alone.
    OwnAddress,
    /// Addresses of this machine.
    Addresses,
    /// Invitations that can be read.
    Invitations(InvitationError),
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(words) => write!(formatter, "use one of {}", words.join(", ")),
            Self::Switch => formatter.write_str("use true or false"),
            Self::Size => {
                formatter.write_str("this is no size: write a whole number and a unit, such as 10 GiB, 500 MB or 4096")
            }
            Self::OwnAddress => {
                formatter.write_str("it is an address of this machine alone and a port, such as 127.0.0.1:8888")
            }
            Self::Addresses => formatter.write_str("give addresses and ports, such as [::]:0 or 192.0.2.7:4040"),
            Self::Invitations(error) => error.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlook_counts_nodes_as_people_do() {
        let outlook = |nodes, gone, loss| Note::Outlook { nodes, gone, loss }.to_string();
        for (said, expected) in [
            (
                outlook(1, 1, Loss::Likely),
                "1 other node keeps this; if it vanishes, it is more likely than not that part of it is lost",
            ),
            (
                outlook(2, 1, Loss::Rare),
                "2 other nodes keep this; if 1 of them vanishes, the chance that any of it is lost is less than 1 in 1,000,000",
            ),
            (
                outlook(4, 2, Loss::Once { of: 1_200 }),
                "4 other nodes keep this; if 2 of them vanish at once, the chance that part of it is lost is about 1 in 1,200",
            ),
        ] {
            assert_eq!(said, expected);
        }
        assert_eq!([999, 1_000, 1_234_567].map(grouped), ["999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_is_said_over_the_api_is_read_back() {
        let outlook = Note::Outlook { nodes: 4, gone: 2, loss: Loss::Once { of: 12 } };
        let json = serde_json::to_value(outlook).unwrap();
        assert_eq!(json, serde_json::json!({"note": "outlook", "nodes": 4, "gone": 2, "loss": "once", "of": 12}));
        assert_eq!(serde_json::from_value::<Note>(json).unwrap(), outlook);
        let damaged = Warning::QueueDamaged { file: "a".into(), aside: "b".into(), outcome: Outcome::GoesOn };
        let json = serde_json::to_value(&damaged).unwrap();
        assert_eq!((&json["warning"], &json["outcome"]), (&"queue-damaged".into(), &"goes-on".into()));
        assert_eq!(serde_json::from_value::<Warning>(json).unwrap(), damaged);
        assert_eq!(sentence(&[]), None);
        let both = [Note::Mended { remade: 2, recopied: 0 }, Note::PartsLacking { parts: 1 }];
        assert!(sentence(&both).is_some_and(|said| said.starts_with("2 missing pieces were made again; 1 parts")));
    }
}
