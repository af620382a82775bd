//! What the user keeps, over HTTP and JSON: keys, sites, bookmarks, what was opened lately, settings.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use roneo_client::backup::{Backup, MAX_BACKUP_LEN, NewBackup, Restored};
use roneo_client::handle::JobId;
use roneo_client::profile::{
    Bookmark, BookmarkChange, BookmarkId, EditionContent, Key, NewBookmark, NewEdition, ProfileError, Recent, Setting,
    Site,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{Api, NewJob, NewTarget, Sent, target};
use crate::api_error::ApiError;
use crate::calls::Call;

/// Body of `POST /keys`: a name for a new key, or a key that was exported. `Debug` shows nothing of it.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewKey {
    /// Its name; of an exported key another name for it, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What `roneo keys export` wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Answer to `GET /keys/{name}/secret`. `Debug` shows nothing of it.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct KeyText {
    /// The text of its file. Whoever has it publishes as its owner.
    pub key: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewKey { … }")
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyText { … }")
    }
}

/// Body of `POST /sites`: the next edition of a site.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSiteEdition {
    /// The name of the key.
    pub key: String,
    /// The site's name.
    pub site: String,
    /// What the edition is.
    pub content: NewSiteContent,
}

/// Where an edition's content is.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NewSiteContent {
    /// In an insert that was begun: the edition is published once that is stored.
    Insert(JobId),
    /// There already.
    Target(NewTarget),
}

impl std::fmt::Debug for NewSiteEdition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewSiteEdition { … }")
    }
}

/// Body of `PUT /config/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    /// As people type it on a line.
    pub value: String,
}

/// Bytes of a backup in the base64 of links, with its passphrase.
const MAX_BACKUP_JSON: usize = MAX_BACKUP_LEN / 3 * 4 + 4_096;

pub(super) fn calls() -> Vec<Call<Api>> {
    let (ok, created, nothing) = (StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT);
    vec![
        Call::get("/keys", keys, "The keys that are kept here.").gives_list::<Key>(),
        Call::post("/keys", new_key, "Makes a key, or takes one that was exported.")
            .takes::<NewKey>()
            .gives::<Key>(created),
        Call::delete("/keys/{name}", delete_key, "Deletes a key: nobody publishes under it again who has no copy.")
            .gives_nothing(nothing),
        Call::get("/keys/{name}/secret", export_key, "A key's text, for its owner alone.").gives::<KeyText>(ok),
        Call::get("/sites", sites, "What was published from here.").gives_list::<Site>(),
        Call::post("/sites", new_edition, "Publishes the next edition of a site.")
            .takes::<NewSiteEdition>()
            .gives::<NewJob>(created),
        Call::get("/bookmarks", bookmarks, "The bookmarks, in the user's order.").gives_list::<Bookmark>(),
        Call::post("/bookmarks", add_bookmark, "Keeps a bookmark, or gives the one that is there.")
            .takes::<NewBookmark>()
            .gives::<Bookmark>(created),
        Call::put("/bookmarks/{id}", change_bookmark, "Changes title or place of a bookmark.")
            .takes::<BookmarkChange>()
            .gives::<Bookmark>(ok),
        Call::delete("/bookmarks/{id}", delete_bookmark, "Forgets a bookmark.").gives_nothing(nothing),
        Call::post("/bookmarks/{id}/check", check_bookmark, "Asks the network for a newer edition, at most 120 s.")
            .gives::<Bookmark>(ok),
        Call::get("/recent", recent, "What was opened lately, the latest first.").gives_list::<Recent>(),
        Call::delete("/recent", clear_recent, "Forgets what was opened lately.").gives_nothing(nothing),
        Call::post("/backups", backup, "Everything that the user would miss, sealed under a new passphrase.")
            .takes::<NewBackup>()
            .gives::<Backup>(StatusCode::CREATED),
        Call::post("/restores", restore, "Brings back what a backup holds and is not here.")
            .at_most(MAX_BACKUP_JSON)
            .takes::<Backup>()
            .gives::<Restored>(StatusCode::OK),
        Call::get("/config", settings, "Every setting with its value.").gives_list::<Setting>(),
        Call::get("/config/{name}", setting, "One setting with its value.").gives::<Setting>(ok),
        Call::put("/config/{name}", set, "Gives a setting a value.").takes::<NewValue>().gives::<Setting>(ok),
        Call::delete("/config/{name}", unset, "Lets a setting have its default again.").gives::<Setting>(ok),
    ]
}

async fn keys(State(api): State<Api>) -> Result<Json<Vec<Key>>, ApiError> {
    Ok(Json(api.profile.keys().await?))
}

async fn new_key(State(api): State<Api>, Sent(body): Sent<NewKey>) -> Result<impl IntoResponse, ApiError> {
    let key = match body.key {
        Some(text) => api.profile.import_key(Zeroizing::new(text), body.name).await?,
        None => api.profile.new_key(body.name.unwrap_or_default()).await?,
    };
    Ok((StatusCode::CREATED, Json(key)))
}

async fn export_key(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<KeyText>, ApiError> {
    let key = api.profile.export_key(name).await?;
    Ok(Json(KeyText { key: key.to_string() }))
}

async fn delete_key(State(api): State<Api>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    api.profile.delete_key(name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sites(State(api): State<Api>) -> Result<Json<Vec<Site>>, ApiError> {
    Ok(Json(api.profile.sites().await?))
}

async fn new_edition(State(api): State<Api>, Sent(body): Sent<NewSiteEdition>) -> Result<impl IntoResponse, ApiError> {
    let content = match body.content {
        NewSiteContent::Insert(job) => EditionContent::Insert(job),
        NewSiteContent::Target(to) => EditionContent::Target(target(to)?),
    };
    let job = api.profile.publish(NewEdition { key: body.key, site: body.site, content }).await?;
    Ok((StatusCode::CREATED, Json(NewJob { job })))
}

async fn bookmarks(State(api): State<Api>) -> Result<Json<Vec<Bookmark>>, ApiError> {
    Ok(Json(api.profile.bookmarks().await?))
}

async fn add_bookmark(State(api): State<Api>, Sent(body): Sent<NewBookmark>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.profile.add_bookmark(body).await?)))
}

async fn change_bookmark(
    State(api): State<Api>,
    Path(id): Path<String>,
    Sent(body): Sent<BookmarkChange>,
) -> Result<Json<Bookmark>, ApiError> {
    Ok(Json(api.profile.change_bookmark(bookmark_id(&id)?, body).await?))
}

async fn delete_bookmark(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    api.profile.delete_bookmark(bookmark_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn check_bookmark(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<Bookmark>, ApiError> {
    Ok(Json(api.profile.check_bookmark(bookmark_id(&id)?).await?))
}

async fn recent(State(api): State<Api>) -> Result<Json<Vec<Recent>>, ApiError> {
    Ok(Json(api.profile.recent().await?))
}

async fn clear_recent(State(api): State<Api>) -> Result<StatusCode, ApiError> {
    api.profile.clear_recent().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn settings(State(api): State<Api>) -> Result<Json<Vec<Setting>>, ApiError> {
    Ok(Json(api.profile.settings().await?))
}

async fn setting(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<Setting>, ApiError> {
    let found = api.profile.settings().await?.into_iter().find(|setting| setting.name == name);
    Ok(Json(found.ok_or(ProfileError::NoSuchSetting(name))?))
}

async fn set(
    State(api): State<Api>,
    Path(name): Path<String>,
    Sent(body): Sent<NewValue>,
) -> Result<Json<Setting>, ApiError> {
    Ok(Json(api.profile.set(name, body.value).await?))
}

async fn unset(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<Setting>, ApiError> {
    Ok(Json(api.profile.unset(name).await?))
}

fn bookmark_id(text: &str) -> Result<BookmarkId, ProfileError> {
    text.parse().map(BookmarkId).map_err(|_| ProfileError::NoSuchBookmark)
}

async fn backup(State(api): State<Api>, Sent(new): Sent<NewBackup>) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::CREATED, Json(api.profile.backup(new).await?)))
}

async fn restore(State(api): State<Api>, Sent(backup): Sent<Backup>) -> Result<Json<Restored>, ApiError> {
    Ok(Json(api.profile.restore(backup).await?))
}
