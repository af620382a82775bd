//! Why there is no other page: what happened, what is kept, what to do, in that order.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::{HandleError, JobError};
use roneo_client::profile::ProfileError;
use roneo_client::social::SocialError;
use roneo_keys::{ExtraError, UriError};

use crate::api_error::RETRY_AFTER;
use crate::console::{Frame, Visit, answer};
use crate::failure::{Failure, profile_status, social_status};
use crate::words::Language;

/// What goes wrong before people's eyes. A handler returns it; the page is made where the visitor's language
/// is known.
pub(crate) enum Trouble {
    /// A link, the node or the network.
    Failure(Failure),
    /// The node does not answer.
    Silent,
    /// The path is neither a link nor a page.
    NoSuchPage,
    /// The page cannot be asked in this way; in which it can.
    Method(&'static str),
    /// A form that another page sent.
    Elsewhere,
    /// A form whose token is too old. What was typed goes back to where it came from.
    Expired { action: String, fields: BTreeMap<String, String> },
    /// A form with a file whose token is too old.
    Stale,
    /// A form that does not hold what its page asks for.
    Form,
    /// A form beyond its bound.
    FormTooLong,
    /// What is kept on this machine was not read or changed.
    Kept(ProfileError),
    /// Something of a conversation was not read or done.
    Talk(SocialError),
}

/// Something that the visitor can do.
struct Step<'a> {
    /// What to do.
    title: &'static str,
    /// Where that is done, if it is here.
    path: Option<&'a str>,
    /// More on it.
    text: &'static str,
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    frame: Frame,
    /// HTTP's number.
    number: u16,
    title: &'a str,
    happened: &'a str,
    steps: &'a [Step<'a>],
    stamp: &'a str,
    /// For who helps.
    code: &'a str,
}

#[derive(Template)]
#[template(path = "expired.html")]
struct ExpiredPage<'a> {
    frame: Frame,
    action: &'a str,
    fields: &'a BTreeMap<String, String>,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<HandleError> for Trouble {
    fn from(error: HandleError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<ProfileError> for Trouble {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Node(error) => error.into(),
            error => Self::Kept(error),
        }
    }
}

impl From<SocialError> for Trouble {
    fn from(error: SocialError) -> Self {
        match error {
            SocialError::Node(error) => error.into(),
            error => Self::Talk(error),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Self::Failure(failure) => failure.status(),
            Self::Silent => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Elsewhere | Self::Expired { .. } | Self::Stale => StatusCode::FORBIDDEN,
            Self::Form => StatusCode::BAD_REQUEST,
            Self::FormTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Kept(error) => profile_status(error),
            Self::Talk(error) => social_status(error),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Failure(failure) => failure.code(),
            Self::Silent => "silent",
            Self::NoSuchPage => "no-such-page",
            Self::Method(_) => "method-not-allowed",
            Self::Elsewhere => "form-from-elsewhere",
            Self::Expired { .. } | Self::Stale => "form-expired",
            Self::Form => "bad-form",
            Self::FormTooLong => "form-too-long",
            Self::Kept(error) => error.code(),
            Self::Talk(error) => error.code(),
        }
    }

    /// The page that says so.
    pub(crate) async fn page(&self, visit: &Visit) -> Response {
        let frame = visit.frame(None).await;
        let status = self.status();
        let mut response = match self {
            Self::Expired { action, fields } => answer(&ExpiredPage { frame, action, fields }),
            other => other.explanation(frame, visit),
        };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Self::Method(allowed) = self {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }

    fn explanation(&self, frame: Frame, visit: &Visit) -> Response {
        let w = frame.w;
        let (title, happened) = match self {
            Self::Failure(failure) => (failure_title(w, failure), failure_sentence(w, failure)),
            Self::Silent => (w.masthead_silent(), w.home_silent_text().to_owned()),
            Self::NoSuchPage => (w.no_such_page_title(), w.no_such_page().to_owned()),
            Self::Method(_) if visit.looks => (w.form_only_title(), w.form_only().to_owned()),
            Self::Method(_) => (w.method_title(), w.method().to_owned()),
            Self::Elsewhere => (w.elsewhere_title(), w.elsewhere().to_owned()),
            Self::Form | Self::Expired { .. } => (w.form_title(), w.form().to_owned()),
            Self::FormTooLong => (w.form_title(), w.form_too_long().to_owned()),
            Self::Stale => (w.expired_title(), w.form_stale().to_owned()),
            Self::Kept(error) => (w.kept_title(), kept_sentence(w, error)),
            Self::Talk(SocialError::NotHeard) => (w.talk_not_heard_title(), w.talk_sentence(&SocialError::NotHeard)),
            Self::Talk(error) => (w.talk_title(), w.talk_sentence(error)),
        };
        let page = TroublePage {
            number: self.status().as_u16(),
            title,
            happened: &happened,
            steps: &self.steps(w, visit),
            stamp: self.stamp(w),
            code: self.code(),
            frame,
        };
        answer(&page)
    }

    /// One word for the state of the whole page; empty where there is none to say.
    fn stamp(&self, w: Language) -> &'static str {
        match self.status() {
            StatusCode::NOT_FOUND => w.stamp_not_found(),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => w.stamp_not_yet(),
            StatusCode::BAD_GATEWAY => w.stamp_damaged(),
            StatusCode::FORBIDDEN | StatusCode::CONFLICT => w.stamp_refused(),
            _ => "",
        }
    }

    fn steps<'a>(&self, w: Language, visit: &'a Visit) -> Vec<Step<'a>> {
        // What was sent is not sent again by looking at where it went.
        let here = Some(&*visit.here).filter(|_| visit.looks);
        let again = || Step { title: w.step_retry(), path: here, text: w.step_retry_text() };
        let ask = || Step::text(w.step_ask(), w.step_ask_text());
        let copy = || Step::link(w.step_copy(), "/", w.step_copy_text());
        let node = || Step::link(w.step_node(), "/node", w.step_node_text());
        let home = || Step::link(w.step_home(), "/", w.step_home_text());
        match self {
            Self::Failure(
                Failure::Link(UriError::Extra(ExtraError::Newer)) | Failure::Node(HandleError::Job(JobError::Newer)),
            ) => {
                vec![Step::text(w.step_update(), w.step_update_text()), home()]
            }
            Self::Failure(Failure::Link(_)) => vec![copy(), ask()],
            Self::Failure(Failure::Node(HandleError::Job(JobError::TooFewNodes { .. }))) => vec![node(), again()],
            Self::Failure(Failure::Node(HandleError::Job(JobError::Damaged { .. }))) => vec![ask(), home()],
            Self::Failure(Failure::Node(HandleError::Job(_))) => vec![again(), ask(), node()],
            Self::Failure(Failure::Node(HandleError::UnknownJob)) => {
                vec![Step::link(w.step_transfers(), "/transfers", w.step_transfers_text()), home()]
            }
            Self::Failure(_) | Self::Silent => vec![again(), node()],
            Self::Method(_) | Self::NoSuchPage | Self::Elsewhere => {
                vec![home(), Step::link(w.step_help(), "/help", w.step_help_text())]
            }
            Self::Talk(SocialError::NotHeard) => {
                vec![again(), Step::link(w.step_boards(), "/boards", w.step_boards_text())]
            }
            Self::Talk(_) | Self::Form | Self::FormTooLong | Self::Expired { .. } | Self::Stale | Self::Kept(_) => {
                vec![Step::text(w.step_back(), w.step_back_text()), home()]
            }
        }
    }
}

impl<'a> Step<'a> {
    const fn link(title: &'static str, path: &'a str, text: &'static str) -> Self {
        Self { title, path: Some(path), text }
    }

    const fn text(title: &'static str, text: &'static str) -> Self {
        Self { title, path: None, text }
    }
}

/// What happened, in a few words.
pub(crate) fn failure_title(w: Language, failure: &Failure) -> &'static str {
    match failure {
        Failure::Link(UriError::Extra(ExtraError::Newer)) | Failure::Node(HandleError::Job(JobError::Newer)) => {
            w.newer_title()
        }
        Failure::Link(_) => w.link_title(),
        Failure::Slow => w.slow_title(),
        Failure::Node(HandleError::UnknownJob) => w.unknown_job_title(),
        Failure::Node(HandleError::Refused(_)) => w.refused_title(),
        Failure::Node(HandleError::Busy(_)) => w.busy_title(),
        Failure::Node(HandleError::Stopping) => w.stopping_title(),
        Failure::Node(HandleError::Job(error)) => job_title(w, error),
    }
}

fn job_title(w: Language, error: &JobError) -> &'static str {
    match error {
        JobError::RootNotFound { .. } | JobError::EditionNotFound { .. } => w.not_found_title(),
        JobError::SegmentMissing { .. } => w.segment_title(),
        JobError::OnlyOlder { .. } => w.older_title(),
        JobError::NoSuchPath => w.no_such_path_title(),
        JobError::Damaged { .. } => w.damaged_title(),
        JobError::TooFewNodes { .. } => w.few_nodes_title(),
        JobError::NotStored { .. } => w.not_stored_title(),
        JobError::Cancelled => w.cancelled_title(),
        JobError::NameTaken
        | JobError::NewerEdition
        | JobError::Newer
        | JobError::Source { .. }
        | JobError::NotKept { .. }
        | JobError::TooLarge => w.failed_title(),
    }
}

/// What happened, in one or two sentences.
pub(crate) fn failure_sentence(w: Language, failure: &Failure) -> String {
    match failure {
        Failure::Link(error) => link_sentence(w, error),
        Failure::Slow => w.slow().to_owned(),
        Failure::Node(HandleError::UnknownJob) => w.unknown_job().to_owned(),
        Failure::Node(HandleError::Refused(refusal)) => w.refusal(refusal),
        Failure::Node(HandleError::Busy(_)) => w.busy().to_owned(),
        Failure::Node(HandleError::Stopping) => w.stopping().to_owned(),
        Failure::Node(HandleError::Job(error)) => job_sentence(w, error),
    }
}

/// Why something kept here was not read or changed, and what to do.
pub(crate) fn kept_sentence(w: Language, error: &ProfileError) -> String {
    let sentence = match error {
        ProfileError::Name(_) => w.kept_name(),
        ProfileError::NoSuchKey(_) => w.kept_no_key(),
        ProfileError::KeyExists(_) => w.kept_key_exists(),
        ProfileError::KeyDamaged(_) => w.kept_key_damaged(),
        ProfileError::KeyExposed(_) => w.kept_key_exposed(),
        ProfileError::NotAKey => w.kept_not_a_key(),
        ProfileError::Link => w.kept_link(),
        ProfileError::NoSuchBookmark => w.kept_no_bookmark(),
        ProfileError::NoEditions => w.kept_no_editions(),
        ProfileError::NoBackup => w.kept_no_backup(),
        ProfileError::Passphrase => w.kept_passphrase(),
        ProfileError::Full { .. } => w.kept_full(),
        ProfileError::NoSuchSetting(_) | ProfileError::Value { .. } => w.kept_setting(),
        ProfileError::Config { .. } => w.kept_config(),
        ProfileError::Newer => w.kept_newer(),
        ProfileError::Disk(_) => w.kept_disk(),
        ProfileError::NoSuchFolder => w.kept_no_folder(),
        ProfileError::Files(files) => return w.insert_refused(files.len()),
        ProfileError::Node(HandleError::Job(error)) => return job_sentence(w, error),
        ProfileError::Node(HandleError::Refused(refusal)) => return w.refusal(refusal),
        ProfileError::Node(HandleError::UnknownJob) => w.unknown_job(),
        ProfileError::Node(HandleError::Busy(_)) => w.busy(),
        ProfileError::Node(HandleError::Stopping) => w.stopping(),
    };
    sentence.to_owned()
}

/// Why a link cannot be opened, and what to do.
pub(crate) fn link_sentence(w: Language, error: &UriError) -> String {
    match error {
        UriError::NotAUri => w.link_none().to_owned(),
        UriError::PublicKey => w.link_key().to_owned(),
        UriError::Public => w.link_public().to_owned(),
        UriError::Docname => w.link_docname().to_owned(),
        UriError::Edition => w.link_edition().to_owned(),
        UriError::TooLong => w.link_too_long().to_owned(),
        UriError::Fields { found } => w.link_fields(*found),
        UriError::Field { .. } => w.link_field().to_owned(),
        UriError::Extra(ExtraError::Newer) => w.newer().to_owned(),
        UriError::Extra(_) => w.link_end().to_owned(),
        UriError::Private => w.link_private().to_owned(),
        UriError::Name => w.link_name().to_owned(),
        _ => w.link_other().to_owned(),
    }
}

/// Why a transfer failed, in one or two sentences.
pub(crate) fn job_sentence(w: Language, error: &JobError) -> String {
    match error {
        JobError::RootNotFound { asked } => w.not_found(*asked),
        JobError::SegmentMissing { segment, segments, found, needed } => {
            w.segment(*segment, *segments, *found, *needed)
        }
        JobError::EditionNotFound { edition, newest: None } => w.edition(*edition),
        JobError::EditionNotFound { edition, newest: Some(newest) } => w.edition_newest(*edition, *newest),
        JobError::NoSuchPath => w.no_such_path().to_owned(),
        JobError::OnlyOlder { found } => w.older(*found),
        JobError::Damaged { .. } => w.damaged().to_owned(),
        JobError::Newer => w.newer().to_owned(),
        JobError::TooFewNodes { needed, known } => w.few_nodes(*needed, *known),
        JobError::NotStored { placed, needed, .. } => w.not_stored(*placed, *needed),
        JobError::Source { .. } => w.source().to_owned(),
        JobError::NotKept { .. } => w.not_kept().to_owned(),
        JobError::TooLarge => w.too_large().to_owned(),
        JobError::NameTaken => w.name_taken().to_owned(),
        JobError::NewerEdition => w.newer_edition().to_owned(),
        JobError::Cancelled => w.cancelled().to_owned(),
    }
}
