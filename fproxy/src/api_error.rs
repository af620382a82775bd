use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::HandleError;
use roneo_client::profile::ProfileError;
use roneo_client::social::SocialError;

use crate::api::ErrorBody;
use crate::failure::{Failure, profile_status, social_status};
use crate::upload::UploadError;

/// Seconds after which a busy node may be asked again.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why the API did not do what it was asked: a status, a word for programs, a sentence for people.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    sentence: String,
}

impl ApiError {
    /// The token is missing or wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send `Authorization: Bearer TOKEN` with the token from the file api.token in the node's data directory",
        )
    }

    /// The path names nothing.
    pub(crate) fn no_such_call() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-call", "there is no such API call: docs/api.md lists them all")
    }

    /// The path exists, for another method.
    pub(crate) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "this API call needs another HTTP method: the Allow header lists them",
        )
    }

    /// The request itself cannot be read.
    pub(crate) fn bad_request(status: StatusCode, what: &str) -> Self {
        Self::new(status, "bad-request", &format!("the request cannot be read: {what}"))
    }

    /// Somebody else has or had the only right to do this.
    pub(crate) fn taken(sentence: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", sentence)
    }

    fn new(status: StatusCode, code: &'static str, sentence: &str) -> Self {
        Self { status, code, sentence: sentence.to_owned() }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self { status: failure.status(), code: failure.code(), sentence: failure.to_string() }
    }
}

impl From<HandleError> for ApiError {
    fn from(error: HandleError) -> Self {
        Failure::from(error).into()
    }
}

impl From<ProfileError> for ApiError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Node(error) => error.into(),
            error => Self::new(profile_status(&error), error.code(), &error.to_string()),
        }
    }
}

impl From<SocialError> for ApiError {
    fn from(error: SocialError) -> Self {
        match error {
            SocialError::Node(error) => error.into(),
            error => Self::new(social_status(&error), error.code(), &error.to_string()),
        }
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        let (status, code, sentence) = match error {
            UploadError::WrongLength => (
                StatusCode::BAD_REQUEST,
                "wrong-length",
                "the content is longer or shorter than announced: begin a new insert with its exact length",
            ),
            UploadError::NotWanted => (
                StatusCode::CONFLICT,
                "not-wanted",
                "the insert ended before all of its content had come: its status says why",
            ),
            UploadError::BrokenOff => {
                (StatusCode::BAD_REQUEST, "broken-off", "the content broke off: begin a new insert")
            }
        };
        Self::new(status, code, sentence)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody { error: self.sentence, code: self.code.to_owned() });
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            _ => {}
        }
        response
    }
}
