//! The first run, on three screens: language and protection; how much to lend; whom to join.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use roneo_client::handle::HandleError;
use roneo_client::profile::ProfileError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::content::see_other;
use super::display::{Choice, languages};
use crate::console::{Console, Frame, Visit, answer};
use crate::failure::Failure;
use crate::posted::{Posted, PostedFile};
use crate::trouble::Trouble;
use crate::words::Language;

/// The setting that says how much is lent.
const QUOTA: &str = "disk.quota";
const DONE: &str = "console.first_run_done";

/// Pictures that are searched at one time: a search cannot be ended.
static SEARCHES: Semaphore = Semaphore::const_new(1);

#[derive(Template)]
#[template(path = "welcome_display.html")]
struct DisplayPage {
    frame: Frame,
    languages: [Choice; 3],
}

#[derive(Template)]
#[template(path = "welcome_disk.html")]
struct DiskPage {
    frame: Frame,
    /// What is lent unless something else is asked for, in words.
    auto_text: String,
    /// Whether a size of one's own was asked for.
    own: bool,
    quota: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "welcome_join.html")]
struct JoinPage<'a> {
    frame: Frame,
    invitation: &'a str,
    /// Why an invitation was not followed.
    why: &'a str,
}

pub(crate) async fn display(visit: Visit) -> Response {
    let languages = languages(&visit);
    answer(&DisplayPage { languages, frame: visit.frame(None).await })
}

pub(crate) async fn choose_display(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let language = posted.text("language");
    if !language.is_empty() {
        console.profile.set("console.language".to_owned(), language.to_owned()).await?;
    }
    Ok(see_other("/welcome/disk"))
}

pub(crate) async fn disk(visit: Visit) -> Result<Response, Trouble> {
    let settings = visit.console.profile.settings().await?;
    let quota = settings.into_iter().find(|setting| setting.name == QUOTA).and_then(|setting| setting.value);
    Ok(disk_page(&visit, quota.as_deref(), false).await)
}

pub(crate) async fn choose_disk(
    State(console): State<Arc<Console>>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Trouble> {
    let asked = posted.text("quota");
    let changed = match posted.text("choice") {
        "own" => console.profile.set(QUOTA.to_owned(), asked.to_owned()).await,
        _ => console.profile.unset(QUOTA.to_owned()).await,
    };
    match changed {
        Ok(_) => Ok(see_other("/welcome/join")),
        Err(ProfileError::Value { .. }) => {
            let mut page = disk_page(&visit, Some(asked), true).await;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn disk_page(visit: &Visit, quota: Option<&str>, wrong: bool) -> Response {
    let frame = visit.frame(None).await;
    let lent = frame.status.as_ref().map(|status| frame.w.bytes(status.store.quota_bytes).to_string());
    let auto_text =
        lent.map_or_else(|| frame.w.welcome_disk_auto_text().to_owned(), |lent| frame.w.welcome_disk_now(lent));
    answer(&DiskPage { auto_text, own: quota.is_some(), quota: quota.unwrap_or_default().to_owned(), wrong, frame })
}

pub(crate) async fn join(visit: Visit) -> Response {
    join_page(&visit, "", "").await
}

/// Follows an invitation that was typed or pasted.
pub(crate) async fn follow(visit: Visit, posted: Posted) -> Result<Response, Trouble> {
    follow_text(&visit, posted.text("invitation")).await
}

/// Follows an invitation in a file: its text, or a picture of its QR code.
pub(crate) async fn follow_file(visit: Visit, file: PostedFile) -> Result<Response, Trouble> {
    let bytes = file.into_bytes();
    if let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= roneo_qr::MAX_TEXT_LEN) {
        return follow_text(&visit, text.trim()).await;
    }
    let Ok(_search) = SEARCHES.try_acquire() else {
        return Err(HandleError::Busy("a picture is being read").into());
    };
    let read = spawn_blocking(move || roneo_qr::read(&bytes)).await;
    match read {
        Ok(Ok(text)) => follow_text(&visit, &text).await,
        Ok(Err(error)) => Ok(refused(join_page(&visit, "", picture_sentence(visit.w, error)).await)),
        Err(_) => Ok(refused(join_page(&visit, "", visit.w.qr_unreadable()).await)),
    }
}

/// Goes on without anybody: others can be invited.
pub(crate) async fn alone(State(console): State<Arc<Console>>, _: Posted) -> Result<Response, Trouble> {
    end(&console).await
}

async fn follow_text(visit: &Visit, invitation: &str) -> Result<Response, Trouble> {
    match visit.console.ask(visit.console.node.join(invitation.to_owned())).await {
        Ok(()) => end(&visit.console).await,
        Err(Trouble::Failure(Failure::Node(HandleError::Refused(refusal)))) => {
            Ok(refused(join_page(visit, invitation, &visit.w.refusal(&refusal)).await))
        }
        Err(trouble) => Err(trouble),
    }
}

async fn end(console: &Console) -> Result<Response, Trouble> {
    console.profile.set(DONE.to_owned(), "true".to_owned()).await?;
    Ok(see_other("/"))
}

async fn join_page(visit: &Visit, invitation: &str, why: &str) -> Response {
    answer(&JoinPage { frame: visit.frame(None).await, invitation, why })
}

fn refused(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::BAD_REQUEST;
    page
}

fn picture_sentence(w: Language, error: roneo_qr::QrError) -> &'static str {
    use roneo_qr::QrError;
    match error {
        QrError::NotAPicture => w.qr_not_a_picture(),
        QrError::TooLarge | QrError::TooLong => w.qr_too_large(),
        QrError::NoCode => w.qr_no_code(),
        QrError::Several => w.qr_several(),
        _ => w.qr_unreadable(),
    }
}
