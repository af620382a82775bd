//! A file as a browser may have it: rebuilt, made anew, or refused.

use axum::body::Bytes;
use roneo_filter::{Context, Format, HEAD_LEN, Page, PictureError, Refusal, Report, Treatment, treatment};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Ways;
use super::contents::Contents;
use super::tree::Found;
use super::{Site, reader::Place};
use crate::defences::Defences;
use std::sync::Arc;

/// The id of the element that holds a foreign page. No foreign id begins like it.
pub(crate) const SCOPE: &str = "roneo-page";

/// Pictures are decoded one at a time: the largest takes 200 MiB meanwhile.
static DECODER: Semaphore = Semaphore::const_new(1);

/// Pages and styles are rebuilt two at a time.
static BUILDERS: Semaphore = Semaphore::const_new(2);

/// What was made of a file.
pub(crate) enum Made {
    Page(Box<Page>),
    /// A style sheet, whose rules match within [`SCOPE`] alone.
    Sheet(String, Report),
    Text(String),
    Picture {
        media_type: &'static str,
        bytes: Bytes,
        report: Report,
    },
    /// A page as a stranger made it, in experiments alone.
    Unfiltered,
    /// To be sent as it is.
    Recording(&'static str),
    Refused(Why),
}

/// Why a file is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Kind(Refusal),
    /// Longer than what is rebuilt.
    Long,
    /// A picture of more pixels or bytes than are decoded.
    LargePicture,
    /// A picture that cannot be decoded.
    BrokenPicture,
}

/// Makes of a file what may be shown. Pictures are kept in `contents`, and found there; what is found has no report.
pub(crate) async fn make(
    contents: Option<&Contents>,
    defences: Defences,
    site: &Arc<Site>,
    place: &Place,
    found: &Found,
    bytes: Bytes,
) -> Made {
    let head = &bytes[..bytes.len().min(HEAD_LEN)];
    match treatment(head, &found.media_type) {
        Treatment::Recording(media_type) => Made::Recording(media_type),
        Treatment::Download(why) => Made::Refused(Why::Kind(why)),
        Treatment::Picture(_) => picture(contents, bytes).await,
        Treatment::Page if defences.filter.is_off() => Made::Unfiltered,
        way => rebuilt(way, site, place, found, bytes).await,
    }
}

async fn rebuilt(way: Treatment, site: &Arc<Site>, place: &Place, found: &Found, bytes: Bytes) -> Made {
    let Ok(_turn) = BUILDERS.acquire().await else { return Made::Refused(Why::Long) };
    let (site, place, path) = (Arc::clone(site), place.clone(), found.path.clone());
    let declared = charset(&found.media_type);
    let made = spawn_blocking(move || {
        let ways = Ways { console: &place.console, root: &place.root(), site: &site };
        let context = Context { path: &path, links: &ways, scope: Some(SCOPE) };
        let declared = declared.as_deref();
        match way {
            Treatment::Page => roneo_filter::html(&bytes, declared, &context).map(|page| Made::Page(Box::new(page))),
            Treatment::Markdown => {
                roneo_filter::markdown(&bytes, declared, &context).map(|page| Made::Page(Box::new(page)))
            }
            Treatment::Sheet => {
                roneo_filter::css(&bytes, declared, &context).map(|sheet| Made::Sheet(sheet.text, sheet.report))
            }
            Treatment::Text => roneo_filter::text(&bytes, declared).map(Made::Text),
            _ => Ok(Made::Refused(Why::Kind(Refusal::Unknown))),
        }
    });
    match made.await {
        Ok(Ok(made)) => made,
        // A panic in the filter is a file that is not shown.
        Ok(Err(_)) | Err(_) => Made::Refused(Why::Long),
    }
}

/// Decodes a picture and encodes it again, unless that was done lately.
async fn picture(contents: Option<&Contents>, bytes: Bytes) -> Made {
    let key = made_key(&bytes);
    let Ok(_turn) = DECODER.acquire().await else { return Made::Refused(Why::BrokenPicture) };
    if let Some(made) = contents.and_then(|contents| contents.made(&key))
        && let Some(format) = Format::of(&made)
    {
        return Made::Picture { media_type: format.media_type(), bytes: made, report: Report::default() };
    }
    let made = spawn_blocking(move || roneo_filter::picture(&bytes)).await;
    match made {
        Ok(Ok(picture)) => {
            let bytes = Bytes::from(picture.bytes);
            if let Some(contents) = contents {
                contents.keep(key, bytes.clone());
            }
            Made::Picture { media_type: picture.format.media_type(), bytes, report: picture.report }
        }
        Ok(Err(PictureError::TooLarge)) => Made::Refused(Why::LargePicture),
        Ok(Err(_)) | Err(_) => Made::Refused(Why::BrokenPicture),
    }
}

/// Under which what was made of a picture is kept; never that of a link.
fn made_key(bytes: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new_derive_key("roneo 2026 fproxy picture made anew").update(bytes).finalize().as_bytes()
}

/// The charset that a media type names.
fn charset(media_type: &str) -> Option<String> {
    let parameters = media_type.split(';').skip(1).map(str::trim);
    let named = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    named.map(|(_, value)| value.trim_matches('"').to_owned())
}

impl Made {
    /// What was removed.
    pub(crate) fn report(&self) -> Report {
        match self {
            Self::Page(page) => page.report.clone(),
            Self::Sheet(_, report) | Self::Picture { report, .. } => report.clone(),
            Self::Text(_) | Self::Unfiltered | Self::Recording(_) | Self::Refused(_) => Report::default(),
        }
    }
}
