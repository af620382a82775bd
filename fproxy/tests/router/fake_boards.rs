//! Boards with stewards, in memory: one that is known, and the errors.

use roneo_client::board::{
    BoardHandle, BoardInfo, IntroducerRow, Invited, Join, Kind, NewBoard, NewIntroducer, OfficeKey, Proposal, Reach,
    StewardRow, TermsChange,
};
use roneo_client::social::{SocialError, SocialFuture};
use roneo_social::{BoardId, BoardInvitation};

use crate::fake_profile::FakeProfile;

/// The link of the one board that there is.
pub(crate) const LINK: &str = "CHK@of-a-board";
/// A change that one of two stewards signed.
pub(crate) const PROPOSAL: &str = "a-proposal";

fn answer<T: Send + 'static>(answer: Result<T, SocialError>) -> SocialFuture<'static, T> {
    Box::pin(async { answer })
}

pub(crate) fn address() -> String {
    BoardId::from_bytes([9; 32]).to_text()
}

fn known(board: &str) -> Result<BoardInfo, SocialError> {
    if board != address() {
        return Err(BoardId::from_text(board).map_or(SocialError::Board, |_| SocialError::NotStewarded));
    }
    let steward = |key: &str, own| StewardRow { key: key.to_owned(), own, diverged: false };
    Ok(BoardInfo {
        board: address(),
        link: LINK.to_owned(),
        kind: Kind::Stewarded,
        name: "Logement Toulouse".to_owned(),
        about: "Locataires et mal-logé·es.".to_owned(),
        path: "fr/31/toulouse/logement".to_owned(),
        scope: Reach::Local,
        place: "FR-31".to_owned(),
        langs: vec!["fr".to_owned()],
        rules: "On ne publie pas d’adresse privée.".to_owned(),
        serial: 1,
        changed: 1_795_000_000,
        stewards: vec![steward("steward-1", true), steward("steward-2", false)],
        needed: 2,
        introducers: vec![IntroducerRow { person: "person".to_owned(), key: "key".to_owned(), own: true }],
        curators: Vec::new(),
        fork: None,
        proposals: vec![Proposal {
            id: PROPOSAL.to_owned(),
            time: 1_795_000_100,
            signed: vec!["steward-2".to_owned()],
            own: false,
            changes: Vec::new(),
        }],
        admitted: vec!["Ada".to_owned()],
        asked_at: None,
    })
}

impl BoardHandle for FakeProfile {
    fn found_board(&self, new: NewBoard) -> SocialFuture<'_, BoardInfo> {
        answer(known(&address()).map(|info| BoardInfo { name: new.name, path: new.path, rules: new.rules, ..info }))
    }

    fn meet_board(&self, link: String) -> SocialFuture<'_, BoardInfo> {
        answer(if link == LINK { known(&address()) } else { Err(SocialError::NoBoard) })
    }

    fn board_info(&self, board: String, ask: bool) -> SocialFuture<'_, BoardInfo> {
        answer(known(&board).map(|info| BoardInfo { asked_at: ask.then_some(1_795_000_200), ..info }))
    }

    fn office_key(&self, _identity: String) -> SocialFuture<'_, OfficeKey> {
        let introducer = NewIntroducer { person: "person".to_owned(), key: "key".to_owned() };
        answer(Ok(OfficeKey { steward: "steward-1".to_owned(), introducer }))
    }

    fn propose(&self, board: String, change: TermsChange) -> SocialFuture<'_, BoardInfo> {
        if change == TermsChange::default() {
            return answer(Err(SocialError::NoChange));
        }
        answer(known(&board))
    }

    fn sign_proposal(&self, board: String, proposal: String) -> SocialFuture<'_, BoardInfo> {
        answer(if proposal == PROPOSAL { known(&board) } else { Err(SocialError::NoProposal) })
    }

    fn invite(&self, board: String, days: u32) -> SocialFuture<'_, Invited> {
        let until = 1_795_000_000 + u64::from(days) * 86_400;
        answer(known(&board).map(|_| Invited { invitation: "roneo-board:line".to_owned().into(), until }))
    }

    fn join(&self, join: Join) -> SocialFuture<'_, BoardInfo> {
        answer(join.invitation.parse::<BoardInvitation>().map_err(SocialError::from).and_then(|_| known(&address())))
    }
}
