//! What a browser opens: a front page with a box for a link, and `/CHK@…`, the content itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri as Target, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use roneo_client::handle::NodeHandle;
use roneo_keys::{Uri, UriError};
use serde::Deserialize;

use crate::content::{Patience, Reading};
use crate::error_page::ErrorPage;
use crate::failure::Failure;
use crate::{html, link, media};

/// What the front page's form sends.
#[derive(Deserialize)]
struct Form {
    link: Option<String>,
}

/// Every page. Whatever is not the front page is tried as a link.
pub(crate) fn routes(node: Arc<dyn NodeHandle>) -> Router {
    Router::new().route("/", get(front).fallback(async || ErrorPage::method())).fallback(content).with_state(node)
}

async fn front(
    State(node): State<Arc<dyn NodeHandle>>,
    form: Result<Query<Form>, QueryRejection>,
) -> Result<Response, ErrorPage> {
    if let Ok(Query(Form { link: Some(text) })) = form {
        let uri: Uri = text.parse().map_err(Failure::Link)?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, link::page_path(&uri))]).into_response());
    }
    let status = node.status().await?;
    let body = format!(
        "<h1>Roneo</h1>\n\
         <p lang=\"fr\">Ce programme lit et garde, avec d’autres, des pages chiffrées que personne n’héberge seul. \
         Nœuds présents&nbsp;: {nodes}.</p>\n\
         <p lang=\"en\">This program reads and keeps, together with others, encrypted pages that nobody hosts alone. \
         Nodes present: {nodes}.</p>\n\
         <form action=\"/\" method=\"get\">\n\
         <label for=\"link\">Lien / <span lang=\"en\">Link</span></label>\n\
         <input id=\"link\" name=\"link\" required autocomplete=\"off\" spellcheck=\"false\" placeholder=\"CHK@…\">\n\
         <button>Ouvrir / <span lang=\"en\">Open</span></button>\n</form>\n",
        nodes = status.nodes
    );
    Ok(html::page("Roneo", &body))
}

async fn content(
    State(node): State<Arc<dyn NodeHandle>>,
    method: Method,
    target: Target,
) -> Result<Response, ErrorPage> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(ErrorPage::method());
    }
    let uri = match link::decode(target.path()).unwrap_or_default().trim_start_matches('/').parse::<Uri>() {
        Ok(uri) => uri,
        Err(UriError::NotAUri) => return Err(ErrorPage::no_such_page()),
        Err(error) => return Err(Failure::Link(error).into()),
    };
    let link_name = match &uri {
        Uri::Chk(chk) => chk.name.clone(),
        // A key with no content of its own has no page.
        Uri::Keep(_) => return Err(ErrorPage::no_such_page()),
        uri => uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let content = Reading::begin(node, uri).await?.content(Patience::Page).await?;
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
