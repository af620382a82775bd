//! `/CHK@…`: the content itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, Method, Uri as Target, header};
use axum::response::Response;
use roneo_keys::{Uri, UriError};

use super::LOOK;
use crate::console::Console;
use crate::content::{Patience, Reading};
use crate::failure::Failure;
use crate::trouble::Trouble;
use crate::{link, media};

/// Opens the link that a path spells.
pub(crate) async fn open(
    State(console): State<Arc<Console>>,
    method: Method,
    target: Target,
) -> Result<Response, Trouble> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Trouble::Method(LOOK));
    }
    let uri = match link::decode(target.path()).unwrap_or_default().trim_start_matches('/').parse::<Uri>() {
        Ok(uri) => uri,
        Err(UriError::NotAUri) => return Err(Trouble::NoSuchPage),
        Err(error) => return Err(Failure::Link(error).into()),
    };
    let link_name = match &uri {
        Uri::Chk(chk) => chk.name.clone(),
        // A key with no content of its own has no page.
        Uri::Keep(_) => return Err(Trouble::NoSuchPage),
        uri => uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let content = Reading::begin(Arc::clone(&console.node), uri).await?.content(Patience::Page).await?;
    let name = content.status.name.filter(|name| !name.is_empty()).unwrap_or(link_name);
    let shown = media::presentation(content.status.media_type.as_deref().unwrap_or_default(), &name);
    let mut response = Response::new(content.body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.length));
    if let Ok(disposition) = HeaderValue::from_str(&shown.disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}
