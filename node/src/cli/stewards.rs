//! Boards with stewards, from a terminal: founding, showing, changing, inviting, joining.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use hyper::Method;
use roneo_client::board::{BoardInfo, Invited, Join, Kind, NewBoard, NewIntroducer, OfficeKey, Proposal, TermsChange};
use roneo_client::social::Secret;
use roneo_fproxy::api::boards::{Meeting, NewInvitation, NewOfficeKey};
use roneo_social::{MAX_INVITATION_TEXT_LEN, MAX_RULES_LEN};
use serde::Serialize;

use super::args::{BoardInviteArgs, BoardJoinArgs, NewBoardArgs, OfficeKeyArgs, ProposeArgs, ShowBoardArgs, SignArgs};
use super::client::Client;
use super::failure::Failure;
use super::qr;
use super::social::{clock, safe};

/// What a command about a board with stewards came to.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Kept {
    Board(Box<BoardInfo>),
    Key(OfficeKey),
    Invited {
        #[serde(flatten)]
        invited: Invited,
        /// A square of dots for the terminal.
        #[serde(skip)]
        drawn: String,
    },
}

impl Kept {
    /// As a person reads it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Board(info) => board_text(info),
            Self::Key(OfficeKey { steward, introducer }) => {
                format!("steward     {steward}\nintroducer  {}/{}\n", introducer.person, introducer.key)
            }
            Self::Invited { invited, drawn } => {
                format!("{drawn}{}\nuntil {}\n", *invited.invitation, clock(invited.until))
            }
        }
    }
}

fn board(info: BoardInfo) -> Kept {
    Kept::Board(Box::new(info))
}

/// Founds a board.
///
/// # Errors
/// What the node says; so for the others.
pub(crate) async fn found(client: &Client, args: &NewBoardArgs) -> Result<Kept, Failure> {
    let new = NewBoard {
        identity: args.identity.clone(),
        kind: args.kind.into(),
        name: args.name.clone(),
        about: args.about.clone(),
        path: args.path.clone(),
        scope: args.scope.into(),
        place: args.place.clone(),
        langs: args.language.clone(),
        rules: args.rules.as_deref().map(rules).transpose()?.unwrap_or_default(),
        fork: args.fork.clone(),
    };
    client.ask_network(Method::POST, "boards", Some(&new)).await.map(board)
}

/// Shows a board, by its link or its address.
pub(crate) async fn show(client: &Client, args: &ShowBoardArgs) -> Result<Kept, Failure> {
    let ask = !args.kept;
    match is_link(&args.board) {
        true => meet(client, &args.board).await.map(board),
        false => {
            client.ask_network::<(), _>(Method::GET, &format!("boards/{}?ask={ask}", args.board), None).await.map(board)
        }
    }
}

/// Whether this is the link of a board, not its address or path.
pub(crate) fn is_link(text: &str) -> bool {
    text.trim().starts_with("CHK@")
}

/// Gets to know a board by its link.
pub(crate) async fn meet(client: &Client, link: &str) -> Result<BoardInfo, Failure> {
    let meeting = Meeting { link: link.trim().to_owned() };
    client.ask_network(Method::POST, "boards/meetings", Some(&meeting)).await
}

/// Proposes a change.
pub(crate) async fn propose(client: &Client, args: &ProposeArgs) -> Result<Kept, Failure> {
    let introducer = |text: &String| {
        let (person, key) = text.split_once('/').ok_or_else(|| {
            Failure::usage(format!("`{text}` is no introducer: give their person and key, with a slash between them"))
        })?;
        Ok(NewIntroducer { person: person.to_owned(), key: key.to_owned() })
    };
    let change = TermsChange {
        name: args.name.clone(),
        about: args.about.clone(),
        rules: args.rules.as_deref().map(rules).transpose()?,
        needed: args.needed,
        add_stewards: args.add_steward.clone(),
        remove_stewards: args.remove_steward.clone(),
        add_introducers: args.add_introducer.iter().map(introducer).collect::<Result<_, Failure>>()?,
        remove_introducers: args.remove_introducer.clone(),
        add_curators: args.add_curator.clone(),
        remove_curators: args.remove_curator.clone(),
    };
    client.ask_network(Method::POST, &format!("boards/{}/proposals", args.board), Some(&change)).await.map(board)
}

/// Signs what another steward proposes.
pub(crate) async fn sign(client: &Client, args: &SignArgs) -> Result<Kept, Failure> {
    let call = format!("boards/{}/proposals/{}/signature", args.board, args.proposal);
    client.ask_network::<(), _>(Method::PUT, &call, None).await.map(board)
}

/// Makes keys for an office.
pub(crate) async fn office_key(client: &Client, args: &OfficeKeyArgs) -> Result<Kept, Failure> {
    let new = NewOfficeKey { identity: args.identity.clone() };
    client.ask_network(Method::POST, "boards/keys", Some(&new)).await.map(Kept::Key)
}

/// Invites somebody.
pub(crate) async fn invite(client: &Client, args: &BoardInviteArgs) -> Result<Kept, Failure> {
    let new = NewInvitation { days: args.days };
    let call = format!("boards/{}/invitations", args.board);
    let invited: Invited = client.ask_network(Method::POST, &call, Some(&new)).await?;
    let drawn = args.qr.as_deref().map(|file| qr::draw(&invited.invitation, file)).transpose()?;
    Ok(Kept::Invited { invited, drawn: drawn.unwrap_or_default() })
}

/// Takes up an invitation.
pub(crate) async fn join(client: &Client, args: &BoardJoinArgs) -> Result<Kept, Failure> {
    let mut invitation = Secret::new(args.invitation.clone());
    if args.invitation == "-" {
        invitation.clear();
        let read = std::io::stdin().lock().take(MAX_INVITATION_TEXT_LEN as u64 + 1).read_to_string(&mut invitation);
        read.map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))?;
    }
    let join = Join { invitation, identity: args.identity.clone() };
    client.ask_network(Method::POST, "boards/joinings", Some(&join)).await.map(board)
}

/// Rules from a file, no longer than they may be.
fn rules(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let limit = MAX_RULES_LEN as u64 + 1;
    let read = std::fs::File::open(file).and_then(|opened| opened.take(limit).read_to_string(&mut text));
    read.map_err(|error| Failure::failed(format!("cannot read {}: {error}", file.display())))?;
    Ok(text.trim_end().to_owned())
}

fn board_text(info: &BoardInfo) -> String {
    let mut text = String::new();
    let kind = match info.kind {
        Kind::Stewarded => "",
        Kind::Announcements => " · announcements: introducers begin, the others answer",
    };
    let _ = writeln!(text, "{} · {}{kind}", safe(&info.name), safe(&info.path));
    if !info.about.is_empty() {
        text.extend(info.about.lines().map(|line| safe(line) + "\n"));
    }
    let _ = writeln!(text, "address     {}\nlink        {}", info.board, info.link);
    let _ = writeln!(text, "state       {}, proposed {}", info.serial, clock(info.changed));
    let _ = writeln!(text, "to change   {} of {} stewards must sign", info.needed, info.stewards.len());
    for steward in &info.stewards {
        let own = if steward.own { " (you)" } else { "" };
        let diverged = if steward.diverged { " (signed two futures of this board)" } else { "" };
        let _ = writeln!(text, "steward     {}{own}{diverged}", steward.key);
    }
    for introducer in &info.introducers {
        let own = if introducer.own { " (you)" } else { "" };
        let _ = writeln!(text, "introducer  {}/{}{own}", introducer.person, introducer.key);
    }
    for curator in &info.curators {
        let _ = writeln!(text, "curator     {curator}");
    }
    if let Some(fork) = &info.fork {
        let _ = writeln!(text, "fork of     {fork}");
    }
    for name in &info.admitted {
        let _ = writeln!(text, "speaks      {} (yours, at once)", safe(name));
    }
    if !info.rules.is_empty() {
        text.push('\n');
        text.extend(info.rules.lines().map(|line| safe(line) + "\n"));
    }
    info.proposals.iter().fold(text, |text, proposal| text + &proposal_text(info, proposal))
}

fn proposal_text(info: &BoardInfo, proposal: &Proposal) -> String {
    let own = if proposal.own { ", you among them" } else { "" };
    let mut text = format!(
        "\nproposal    {}\n            {} of {} signed{own}\n",
        proposal.id,
        proposal.signed.len(),
        info.needed
    );
    for change in &proposal.changes {
        let _ = writeln!(text, "  {}: {} -> {}", change.field, safe(&change.from), safe(&change.to));
    }
    text
}
