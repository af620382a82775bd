//! Sites for browsers that do not find host names below `localhost`: the same files, below a path.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::console::Console;
use crate::site;

pub(crate) async fn file(
    State(console): State<Arc<Console>>,
    Path(way): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let label = way.first().map_or("", |(_, label)| label);
    site::at_path(&console, label, &parts).await
}
