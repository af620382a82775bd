//! Why a request ended without what it asked for: one value behind the API's JSON and the pages'
//! words, so that the two agree.

use axum::http::StatusCode;
use roneo_client::handle::{HandleError, JobError};
use roneo_client::profile::ProfileError;
use roneo_client::social::SocialError;
use roneo_keys::{ExtraError, UriError};

/// Why content or an answer of the node did not come.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The link cannot be opened as it is.
    #[error(transparent)]
    Link(#[from] UriError),
    /// The node said no, or the job failed.
    #[error(transparent)]
    Node(#[from] HandleError),
    /// A page's patience ended before the network answered.
    #[error("the network is slow to answer: reload this page in a minute")]
    Slow,
}

impl Failure {
    /// HTTP's word for it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Link(_) => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::GATEWAY_TIMEOUT,
            Self::Node(error) => handle_status(error),
        }
    }

    /// The API's word for it, which never changes.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Link(UriError::Extra(ExtraError::Newer)) => "newer",
            Self::Link(_) => "bad-link",
            Self::Slow => "slow",
            Self::Node(HandleError::UnknownJob) => "unknown-job",
            Self::Node(HandleError::Refused(_)) => "refused",
            Self::Node(HandleError::Busy(_)) => "busy",
            Self::Node(HandleError::Stopping) => "stopping",
            Self::Node(HandleError::Job(error)) => job_code(error),
        }
    }
}

/// The API's word for why a job failed, which never changes.
pub(crate) fn job_code(error: &JobError) -> &'static str {
    match error {
        JobError::RootNotFound { .. } => "not-found",
        JobError::SegmentMissing { .. } => "segment-missing",
        JobError::EditionNotFound { .. } => "edition-not-found",
        JobError::OnlyOlder { .. } => "only-older",
        JobError::NoSuchPath => "no-such-path",
        JobError::NameTaken => "name-taken",
        JobError::NewerEdition => "newer-edition",
        JobError::Damaged { .. } => "damaged",
        JobError::Newer => "newer",
        JobError::TooFewNodes { .. } => "too-few-nodes",
        JobError::NotStored { .. } => "not-stored",
        JobError::Source { .. } => "source",
        JobError::NotKept { .. } => "not-kept",
        JobError::TooLarge => "too-large",
        JobError::Cancelled => "cancelled",
    }
}

/// HTTP's word for why what the user keeps was not read or changed.
pub(crate) fn profile_status(error: &ProfileError) -> StatusCode {
    match error {
        ProfileError::Node(error) => handle_status(error),
        ProfileError::Files(_)
        | ProfileError::Name(_)
        | ProfileError::NotAKey
        | ProfileError::NoBackup
        | ProfileError::Passphrase
        | ProfileError::Link
        | ProfileError::Value { .. } => StatusCode::BAD_REQUEST,
        ProfileError::NoSuchKey(_)
        | ProfileError::NoSuchFolder
        | ProfileError::NoSuchBookmark
        | ProfileError::NoSuchSetting(_) => StatusCode::NOT_FOUND,
        ProfileError::KeyExists(_)
        | ProfileError::NoEditions
        | ProfileError::Full { .. }
        | ProfileError::Config { .. } => StatusCode::CONFLICT,
        ProfileError::Newer => StatusCode::NOT_IMPLEMENTED,
        ProfileError::KeyDamaged(_) | ProfileError::KeyExposed(_) | ProfileError::Disk(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// HTTP's word for why something about a conversation was not done.
pub(crate) fn social_status(error: &SocialError) -> StatusCode {
    match error {
        SocialError::Node(error) => handle_status(error),
        SocialError::NoSuchIdentity(_)
        | SocialError::NotHeard
        | SocialError::NoBoard
        | SocialError::NotStewarded
        | SocialError::NoProposal => StatusCode::NOT_FOUND,
        SocialError::NotYours | SocialError::NotSteward | SocialError::NotIntroducer => StatusCode::FORBIDDEN,
        SocialError::IdentityExists(_)
        | SocialError::IdentityHere
        | SocialError::NoChange
        | SocialError::Full { .. } => StatusCode::CONFLICT,
        SocialError::NoLongerInvited => StatusCode::GONE,
        SocialError::Newer => StatusCode::NOT_IMPLEMENTED,
        SocialError::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn handle_status(error: &HandleError) -> StatusCode {
    match error {
        HandleError::UnknownJob => StatusCode::NOT_FOUND,
        HandleError::Refused(_) => StatusCode::CONFLICT,
        HandleError::Busy(_) | HandleError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        HandleError::Job(job) => job_status(job),
    }
}

fn job_status(error: &JobError) -> StatusCode {
    match error {
        JobError::RootNotFound { .. }
        | JobError::SegmentMissing { .. }
        | JobError::EditionNotFound { .. }
        | JobError::OnlyOlder { .. }
        | JobError::NoSuchPath => StatusCode::NOT_FOUND,
        JobError::NameTaken | JobError::NewerEdition => StatusCode::CONFLICT,
        // The network is upstream of this proxy, and what it handed over is wrong.
        JobError::Damaged { .. } => StatusCode::BAD_GATEWAY,
        JobError::Newer => StatusCode::NOT_IMPLEMENTED,
        JobError::TooFewNodes { .. } | JobError::NotStored { .. } => StatusCode::SERVICE_UNAVAILABLE,
        JobError::Source { .. } => StatusCode::BAD_REQUEST,
        JobError::NotKept { .. } => StatusCode::INSUFFICIENT_STORAGE,
        JobError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        JobError::Cancelled => StatusCode::GONE,
    }
}
