//! The front page: how many are there, a box for a link, what this is.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use roneo_keys::Uri;
use serde::Deserialize;

use crate::console::{Frame, Section, Visit, answer};
use crate::failure::Failure;
use crate::link;
use crate::trouble::Trouble;

/// What the box for a link sends.
#[derive(Deserialize)]
pub(crate) struct Asked {
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
}

pub(crate) async fn page(visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Result<Response, Trouble> {
    if let Ok(Query(Asked { link: Some(text) })) = asked {
        let uri: Uri = text.parse().map_err(Failure::Link)?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, link::page_path(&uri))]).into_response());
    }
    Ok(answer(&Page { frame: visit.frame(Section::Home).await }))
}
