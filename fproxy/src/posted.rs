//! What a form sends, once it is certain that one of our pages sent it.
//!
//! Two rules stand before every form. [`comes_from_here`] looks at the headers and is asked before any
//! handler runs; [`Posted`] looks at the token and is the only way to a form's fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use multer::{Constraints, Multipart, SizeLimit};
use roneo_client::handle::HandleError;
use tokio::sync::Semaphore;

use crate::console::Console;
use crate::trouble::Trouble;
use crate::words::Moment;

/// Bytes of a form without files, at most.
pub(crate) const FORM_LEN: usize = 64 * 1024;

/// The form in which texts are written.
const WRITING: &str = "/write";

/// Bytes of that form, at most: as every byte of the longest text is three bytes of a form, and the rest.
const WRITING_LEN: usize = 3 * roneo_social::MAX_TEXT_LEN + FORM_LEN;

/// Bytes of a file in a form, at most.
pub(crate) const FILE_LEN: usize = roneo_qr::MAX_PICTURE_LEN;

/// The field that holds a file.
const FILE_FIELD: &str = "file";

/// The field that holds the token.
pub(crate) const TOKEN_FIELD: &str = "token";

/// Whether a request that may change something was made by one of our pages.
///
/// Its `Origin` must be the console's, or it must have neither `Origin` nor `Sec-Fetch-Site`, as text
/// browsers send it. (A browser that hides its origin says `null`: our pages have the referrer policy
/// `same-origin` because under `no-referrer` browsers say that of our own forms.)
pub(crate) fn comes_from_here(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    match (origins.next(), origins.next()) {
        (None, _) => sites.next().is_none(),
        (Some(origin), None) => {
            // The gate has compared the host with the names that this proxy goes by.
            let host = headers.get(header::HOST).map(|host| host.as_bytes()).unwrap_or_default();
            origin.as_bytes().strip_prefix(b"http://") == Some(host) && sites.all(|site| site == "same-origin")
        }
        (Some(_), Some(_)) => false,
    }
}

/// The fields of a form whose token was good. The last of a name counts.
pub(crate) struct Posted(BTreeMap<String, String>);

impl Posted {
    /// What was typed into a field, without white space around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Trouble;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Trouble> {
        debug_assert_eq!(*request.method(), Method::POST);
        let action = request.uri().path().to_owned();
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        if essence != Some("application/x-www-form-urlencoded") {
            return Err(Trouble::Form);
        }
        let most = if action == WRITING { WRITING_LEN } else { FORM_LEN };
        let body = axum::body::to_bytes(request.into_body(), most).await.map_err(|_| Trouble::FormTooLong)?;
        let mut fields: BTreeMap<String, String> = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body)
            .map_err(|_| Trouble::Form)?
            .into_iter()
            .collect();
        let shown = fields.remove(TOKEN_FIELD).unwrap_or_default();
        if console.forms.admits(&action, &shown, Moment::now().unix()) {
            Ok(Self(fields))
        } else {
            Err(Trouble::Expired { action, fields })
        }
    }
}

/// The one file of a form whose token was good, with the fields before it.
pub(crate) struct PostedFile {
    file: Vec<u8>,
    fields: BTreeMap<String, String>,
}

/// Fields of a form with a file besides the token and the file, at most.
const MAX_BESIDE_FILE: usize = 4;

/// Forms with a file that are read at one time: each is held in memory.
static FILES: Semaphore = Semaphore::const_new(2);

impl PostedFile {
    /// The file's content, at most [`FILE_LEN`] bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.file
    }

    /// What was typed into a field, without white space around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }
}

impl FromRequest<Arc<Console>> for PostedFile {
    type Rejection = Trouble;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Trouble> {
        let action = request.uri().path().to_owned();
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| Trouble::Form)?;
        let Ok(_turn) = FILES.try_acquire() else {
            return Err(HandleError::Busy("other files are being sent").into());
        };
        let most = SizeLimit::new().whole_stream((FILE_LEN + FORM_LEN) as u64).for_field(TOKEN_FIELD, FORM_LEN as u64);
        let limits = Constraints::new().size_limit(most);
        let mut form = Multipart::with_constraints(request.into_body().into_data_stream(), boundary, limits);
        // The token stands before the file, so that nothing is taken in for a stranger.
        let token = form.next_field().await?.filter(|field| field.name() == Some(TOKEN_FIELD)).ok_or(Trouble::Form)?;
        if !console.forms.admits(&action, &token.text().await?, Moment::now().unix()) {
            // A file cannot be sent back to where it came from.
            return Err(Trouble::Stale);
        }
        let mut fields = BTreeMap::new();
        loop {
            let field = form.next_field().await?.ok_or(Trouble::Form)?;
            match field.name() {
                Some(FILE_FIELD) => return Ok(Self { file: field.bytes().await?.to_vec(), fields }),
                Some(name) if fields.len() < MAX_BESIDE_FILE => {
                    let name = name.to_owned();
                    fields.insert(name, field.text().await?);
                }
                _ => return Err(Trouble::Form),
            }
        }
    }
}

impl From<multer::Error> for Trouble {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => Self::FormTooLong,
            _ => Self::Form,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_from_the_console_or_from_a_text_browser() {
        let here = "http://127.0.0.1:8888";
        let table: [(&[&str], &[&str], bool); 13] = [
            (&[here], &["same-origin"], true),
            (&[here], &[], true),
            (&[], &[], true),
            (&[], &["same-origin"], false),
            (&[], &["none"], false),
            (&[here], &["none"], false),
            (&[here], &["same-origin", "cross-site"], false),
            (&[here, here], &["same-origin"], false),
            (&["null"], &["same-origin"], false),
            (&["http://localhost:8888"], &["same-origin"], false),
            (&["https://127.0.0.1:8888"], &["same-origin"], false),
            (&["http://127.0.0.1:8889"], &["same-origin"], false),
            (&["http://127.0.0.1:8888.evil.example"], &[], false),
        ];
        for (origins, sites, admitted) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8888".parse().unwrap());
            for origin in origins {
                headers.append(header::ORIGIN, origin.parse().unwrap());
            }
            for site in sites {
                headers.append("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(comes_from_here(&headers), admitted, "{origins:?} {sites:?}");
        }
    }
}
