//! A backup made, and one brought back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roneo_client::backup::{Backup, MAX_BACKUP_LEN, NewBackup, Restored};
use roneo_client::profile::ProfileError;
use roneo_client::social::{Secret, WordsIn};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::{Posted, PostedFile};
use crate::trouble::{Trouble, kept_sentence};
use crate::words::Language;

/// For how long a backup that was made waits to be saved.
const HELD_FOR: Duration = Duration::from_secs(600);

/// A backup that was made and waits to be saved: at most one. It is sealed; what opens it is not here.
#[derive(Default)]
pub(crate) struct Held(Mutex<Option<(Instant, Vec<u8>)>>);

impl Held {
    fn put(&self, file: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), file));
    }

    /// The file, for as long as it is held: a download may break off and be begun anew.
    fn get(&self) -> Option<Vec<u8>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|(since, _)| since.elapsed() > HELD_FOR);
        held.as_ref().map(|(_, file)| file.clone())
    }
}

#[derive(Template)]
#[template(path = "backup.html")]
struct Page {
    frame: Frame,
    /// What opens the backup that was just made.
    passphrase: Option<Secret>,
    /// What was just brought back.
    restored: Option<Restored>,
    /// Why nothing was, or nothing.
    why: String,
}

pub(crate) async fn page(visit: Visit) -> Response {
    show(&visit, None, None, String::new()).await
}

/// Makes a backup. Its words are in the answer, and nowhere else.
pub(crate) async fn make(visit: Visit, _: Posted) -> Result<Response, Trouble> {
    let language = match visit.w {
        Language::French => WordsIn::Fr,
        Language::English => WordsIn::En,
    };
    let Backup { file, passphrase } = visit.console.profile.backup(NewBackup { language }).await?;
    visit.console.backup.put(file);
    Ok(show(&visit, Some(passphrase), None, String::new()).await)
}

/// The file of the backup that was made.
pub(crate) async fn file(State(console): State<Arc<Console>>, _: Posted) -> Response {
    let Some(file) = console.backup.get() else { return see_other("/backup") };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"roneo-backup.age\"")),
    ];
    (headers, file).into_response()
}

/// Brings back what a backup holds. What is here already stays as it is.
pub(crate) async fn restore(visit: Visit, posted: PostedFile) -> Result<Response, Trouble> {
    let passphrase = Zeroizing::new(posted.text("passphrase").to_owned());
    let file = posted.into_bytes();
    if file.is_empty() || file.len() > MAX_BACKUP_LEN {
        return Ok(refused(&visit, &ProfileError::NoBackup).await);
    }
    match visit.console.profile.restore(Backup { file, passphrase }).await {
        Ok(restored) => Ok(show(&visit, None, Some(restored), String::new()).await),
        Err(error @ (ProfileError::NoBackup | ProfileError::Passphrase)) => Ok(refused(&visit, &error).await),
        Err(other) => Err(other.into()),
    }
}

async fn refused(visit: &Visit, error: &ProfileError) -> Response {
    let mut response = show(visit, None, None, kept_sentence(visit.w, error)).await;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

async fn show(visit: &Visit, passphrase: Option<Secret>, restored: Option<Restored>, why: String) -> Response {
    answer(&Page { frame: visit.frame(Section::Settings).await, passphrase, restored, why })
}

impl Page {
    fn restored_sentence(&self, restored: &Restored) -> String {
        let w = self.frame.w;
        let Restored { identities, keys, bookmarks, here_already, left_out } = *restored;
        let mut sentence = w.backup_restored(identities, keys, bookmarks);
        if here_already > 0 {
            sentence = format!("{sentence} {}", w.backup_here_already(here_already));
        }
        if left_out > 0 {
            sentence = format!("{sentence} {}", w.backup_left_out(left_out));
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_held_until_the_next_and_given_as_often_as_it_is_asked_for() {
        let held = Held::default();
        assert_eq!(held.get(), None);
        held.put(vec![1]);
        held.put(vec![2]);
        assert_eq!((held.get(), held.get()), (Some(vec![2]), Some(vec![2])));
        if let Some((since, _)) = held.0.lock().unwrap().as_mut() {
            *since -= HELD_FOR + Duration::from_secs(1);
        }
        assert_eq!(held.get(), None);
    }
}
