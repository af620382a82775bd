//! [`BoardHandle`]: boards with stewards: what they say of themselves, who keeps them, who lets others in.

use serde::{Deserialize, Serialize};

use crate::social::{Secret, SocialFuture};

/// Boards with stewards that are known here, at most.
pub const MAX_KNOWN_BOARDS: usize = 64;
/// Keys for offices on boards, at most.
pub const MAX_OFFICES: usize = 64;
/// Invitations that were taken up and still count, at most.
pub const MAX_PASSES: usize = 256;
/// Days for which an invitation counts where nobody says how many.
pub const INVITED_DAYS: u32 = 30;

/// Boards with stewards, as the user of one node has them. Every method may be called at any time, from any task.
///
/// Dropping a returned future abandons the answer. What was signed goes on being published, also after a restart.
pub trait BoardHandle: Send + Sync + 'static {
    /// Founds a board of which the user is the one steward and introducer, and follows it. Stores its first descriptor
    /// before it answers.
    fn found_board(&self, new: NewBoard) -> SocialFuture<'_, BoardInfo>;

    /// Gets to know a board by the link of its first descriptor. Asks the network.
    fn meet_board(&self, link: String) -> SocialFuture<'_, BoardInfo>;

    /// What a board with stewards says of itself, as it was heard last, and what is proposed. Where `ask` is set its
    /// stewards' seats are asked first.
    fn board_info(&self, board: String, ask: bool) -> SocialFuture<'_, BoardInfo>;

    /// Makes the user's keys for an office on a board, for its stewards to put into its terms.
    fn office_key(&self, identity: String) -> SocialFuture<'_, OfficeKey>;

    /// Proposes a change of a board's terms, which stands at once where one steward is enough.
    fn propose(&self, board: String, change: TermsChange) -> SocialFuture<'_, BoardInfo>;

    /// Signs what another steward proposes. It stands once enough have.
    fn sign_proposal(&self, board: String, proposal: String) -> SocialFuture<'_, BoardInfo>;

    /// Vouches for a guest: whoever holds the text speaks on the board at once.
    fn invite(&self, board: String, days: u32) -> SocialFuture<'_, Invited>;

    /// Takes up an invitation for one of the user's identities, and follows its board. Asks the network.
    fn join(&self, join: Join) -> SocialFuture<'_, BoardInfo>;
}

/// Who may write on a board with stewards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Everybody: who is vouched for at once, newcomers by proof of work.
    #[default]
    Stewarded,
    /// Introducers alone; the others answer.
    Announcements,
}

/// How far a board reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// A town, a workplace, a street.
    #[default]
    Local,
    /// A country.
    National,
    /// Every country.
    International,
}

/// A board to be founded.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBoard {
    /// The name of the user's identity that introduces others.
    pub identity: String,
    /// Who may write.
    #[serde(default)]
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// What belongs there.
    #[serde(default)]
    pub about: String,
    /// Where it stands in a directory, as `fr/31/toulouse/logement`.
    pub path: String,
    /// How far it reaches.
    #[serde(default)]
    pub scope: Reach,
    /// Where (ISO 3166), or empty.
    #[serde(default)]
    pub place: String,
    /// Its languages, the first preferred.
    pub langs: Vec<String>,
    /// Its rules; Markdown.
    #[serde(default)]
    pub rules: String,
    /// A board with stewards that is known here, and of which it is a fork: `about`, `place`, `langs` and `rules` that are
    /// empty are as they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<String>,
}

/// A change of a board's terms. What is left out stays as it is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TermsChange {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What belongs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Its rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// How many stewards must sign what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<u8>,
    /// Further stewards, by their keys.
    pub add_stewards: Vec<String>,
    /// Who is no longer one.
    pub remove_stewards: Vec<String>,
    /// Further introducers.
    pub add_introducers: Vec<NewIntroducer>,
    /// Who is no longer one, by their keys for the board.
    pub remove_introducers: Vec<String>,
    /// Further curators, by the keys of persons.
    pub add_curators: Vec<String>,
    /// Who is no longer one.
    pub remove_curators: Vec<String>,
}

/// Somebody whose vouches are to count on a board.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewIntroducer {
    /// Who, for readers: the key of a person.
    pub person: String,
    /// Their key for the board.
    pub key: String,
}

/// The user's keys for an office on a board, to be given to its stewards.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeKey {
    /// For a steward.
    pub steward: String,
    /// For an introducer.
    pub introducer: NewIntroducer,
}

/// An invitation to a board.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    /// One line, as secret as a key.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub invitation: Secret,
    /// The end of its last day, seconds since 1970.
    pub until: u64,
}

/// An invitation to be taken up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// What somebody gave.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub invitation: Secret,
    /// The name of the user's identity that is to speak there.
    pub identity: String,
}

/// What a board with stewards says of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardInfo {
    /// Its address, in the base64 of links.
    pub board: String,
    /// The link of its first descriptor, by which others get to know it.
    pub link: String,
    /// Who may write.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// What belongs there.
    pub about: String,
    /// Where it stands in a directory.
    pub path: String,
    /// How far it reaches.
    pub scope: Reach,
    /// Where (ISO 3166), or empty.
    pub place: String,
    /// Its languages, the first preferred.
    pub langs: Vec<String>,
    /// Its rules. Foreign: whoever shows them makes them safe first.
    pub rules: String,
    /// How often its terms were changed.
    pub serial: u64,
    /// When they were proposed, seconds since 1970.
    pub changed: u64,
    /// Who may change them.
    pub stewards: Vec<StewardRow>,
    /// How many of them must sign.
    pub needed: u8,
    /// Whose vouches count.
    pub introducers: Vec<IntroducerRow>,
    /// Whose labels it proposes, by the keys of persons.
    pub curators: Vec<String>,
    /// The board of which it is a fork.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<String>,
    /// What stewards propose.
    pub proposals: Vec<Proposal>,
    /// The user's identities that speak here at once.
    pub admitted: Vec<String>,
    /// When a steward's seat was read last, seconds since 1970; none since the node was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<u64>,
}

/// A steward.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StewardRow {
    /// Their key for the board.
    pub key: String,
    /// Whether it is the user.
    pub own: bool,
    /// Whether they signed two futures of the board, and so broke their word.
    pub diverged: bool,
}

/// An introducer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntroducerRow {
    /// Who.
    pub person: String,
    /// Their key for the board.
    pub key: String,
    /// Whether it is the user.
    pub own: bool,
}

/// A change that a steward proposes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proposal {
    /// Which.
    pub id: String,
    /// When it was made, seconds since 1970.
    pub time: u64,
    /// Who signed it, by their keys.
    pub signed: Vec<String>,
    /// Whether the user did.
    pub own: bool,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// One field that a proposal changes, as text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Which, as the format calls it.
    pub field: String,
    /// What it is.
    pub from: String,
    /// What it would be.
    pub to: String,
}

// What boards somebody keeps, and who they are.
hidden!(NewBoard TermsChange NewIntroducer OfficeKey Invited Join BoardInfo StewardRow IntroducerRow Proposal Change);
