//! How a command ends when it does not succeed: an exit code, a word for programs and one sentence
//! that says what to do.

use std::path::Path;

use roneo_client::handle::{HandleError, JobError};
use roneo_fproxy::api;
use roneo_keys::{ExtraError, UriError};
use serde::Serialize;
use serde_json::json;

/// What the calling shell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did not work.
    Failed = 1,
    /// It was asked wrongly.
    Usage = 2,
    /// The network does not have it.
    NotFound = 3,
    /// There is no node to ask.
    NotRunning = 4,
    /// It could be done and was not.
    Refused = 5,
    /// Ctrl-C, with the node's state kept.
    Interrupted = 130,
}

/// The word of [`Failure::hung_up`].
pub(crate) const HUNG_UP: &str = "hung-up";

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub(crate) struct Failure {
    exit: Exit,
    code: String,
    sentence: String,
    files: Vec<FileProblem>,
}

/// What is wrong with one of several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FileProblem {
    /// Its path in the directory.
    pub(crate) file: String,
    /// What is wrong, in words.
    pub(crate) error: String,
}

/// Files that a person is told of by name; a program is told of all.
const FILES_SHOWN: usize = 20;

impl Failure {
    pub(crate) fn new(exit: Exit, code: &str, sentence: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), sentence: sentence.into(), files: Vec::new() }
    }

    /// The same, of these files.
    pub(crate) fn about(mut self, files: impl IntoIterator<Item = FileProblem>) -> Self {
        self.files.extend(files);
        self
    }

    /// It did not work, for a reason of this machine.
    pub(crate) fn failed(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", sentence)
    }

    /// It was asked wrongly.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", sentence)
    }

    /// It could be done and was not.
    pub(crate) fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Refused, "refused", sentence)
    }

    /// No node answers for this data directory.
    pub(crate) fn not_running(data_dir: &Path) -> Self {
        let dir = data_dir.display();
        let sentence = format!("no node is running on {dir}: start one with `roneo run --data-dir {dir}`");
        Self::new(Exit::NotRunning, "not-running", sentence)
    }

    /// The node hung up in the middle of a call.
    pub(crate) fn hung_up() -> Self {
        Self::new(Exit::Failed, HUNG_UP, "the connection to the node broke off: is it still running?")
    }

    /// Somebody pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::interrupted_with("the node goes on with what it has taken whole; `roneo queue` shows it")
    }

    /// Somebody pressed Ctrl-C, and this is kept.
    pub(crate) fn interrupted_with(kept: &str) -> Self {
        Self::new(Exit::Interrupted, "interrupted", format!("interrupted: {kept}"))
    }

    /// The API's answer with a status of 400 or above.
    pub(crate) fn from_api(answer: &api::ErrorBody) -> Self {
        Self::new(exit_of(&answer.code), &answer.code, answer.error.clone())
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// As `--json` shows it.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut value = json!({"error": self.sentence, "code": self.code});
        if !self.files.is_empty() {
            value["files"] = json!(self.files);
        }
        value
    }

    /// As a person reads it: a line for each of the files it is about, then the sentence.
    pub(crate) fn to_text(&self) -> String {
        let shown = self.files.iter().take(FILES_SHOWN);
        // A name is somebody else's text, and this is a terminal.
        let mut text: String =
            shown.map(|problem| format!("  {}: {}\n", problem.file.escape_debug(), problem.error)).collect();
        if self.files.len() > FILES_SHOWN {
            text.push_str(&format!("  and {} more\n", self.files.len() - FILES_SHOWN));
        }
        text + "roneo: " + &self.sentence
    }
}

/// The exit code that goes with a word of the API.
fn exit_of(code: &str) -> Exit {
    match code {
        "not-found" | "segment-missing" | "edition-not-found" | "only-older" | "no-such-path" => Exit::NotFound,
        "bad-link" | "bad-request" | "bad-name" | "bad-value" | "no-such-setting" | "not-a-key" => Exit::Usage,
        "refused" | "name-taken" | "key-exists" | "full" => Exit::Refused,
        _ => Exit::Failed,
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        let code = api::job_code(&error);
        Self::new(exit_of(code), code, error.to_string())
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Job(error) => error.into(),
            HandleError::Refused(refusal) => Self::refused(refusal.to_string()),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<UriError> for Failure {
    fn from(error: UriError) -> Self {
        match error {
            UriError::Extra(ExtraError::Newer) => Self::new(Exit::Failed, "newer", error.to_string()),
            other => Self::new(Exit::Usage, "bad-link", other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_api_become_exit_codes() {
        let table = [
            ("not-found", 3),
            ("segment-missing", 3),
            ("refused", 5),
            ("bad-link", 2),
            ("newer", 1),
            ("damaged", 1),
            ("busy", 1),
            ("too-few-nodes", 1),
            ("a-word-of-the-future", 1),
        ];
        for (code, exit) in table {
            let answer = api::ErrorBody { error: "a sentence".to_owned(), code: code.to_owned() };
            let failure = Failure::from_api(&answer);
            assert_eq!((failure.exit() as u8, failure.code()), (exit, code));
            assert_eq!(failure.to_json(), json!({"error": "a sentence", "code": code}));
        }
    }

    #[test]
    fn files_are_listed_by_name_and_not_without_end() {
        let problem = |number: usize| FileProblem { file: format!("a\u{1b}{number}"), error: "gone".to_owned() };
        let failure = Failure::failed("see to them").about((0..30).map(problem));
        let text = failure.to_text();
        assert!(
            text.starts_with("  a\\u{1b}0: gone\n") && text.ends_with("  and 10 more\nroneo: see to them"),
            "{text}"
        );
        assert_eq!(failure.to_json()["files"].as_array().map(Vec::len), Some(30));
    }

    #[test]
    fn errors_keep_their_sentence() {
        let missing = JobError::SegmentMissing { segment: 2, segments: 3, found: 1, needed: 9 };
        let failure = Failure::from(HandleError::Job(missing.clone()));
        assert_eq!((failure.exit(), failure.to_string()), (Exit::NotFound, missing.to_string()));
        let newer = Failure::from(UriError::Extra(ExtraError::Newer));
        assert_eq!(newer.exit(), Exit::Failed);
        assert!(newer.to_string().contains("made by a newer Roneo"));
        assert_eq!(Failure::from(UriError::NotAUri).exit(), Exit::Usage);
        let stopped = Failure::not_running(Path::new("/d"));
        assert!(stopped.exit() as u8 == 4 && stopped.to_string().contains("roneo run --data-dir /d"));
    }
}
