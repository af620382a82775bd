//! `roneo site`, `roneo put --key` and `--ksk`: signed names.

use std::path::Path;

use roneo_client::handle::{INLINE_RECORD_LIMIT, JobId, JobKind, JobState, JobStatus};
use roneo_fproxy::api::{NewPublication, NewTarget};
use roneo_keys::{Docname, InsertUri, Ksk, Uri, base64};
use roneo_node::key_store::{KeyStore, KeyStoreError};
use serde::Serialize;

use super::args::{Publish, Put, Site};
use super::client::Client;
use super::failure::Failure;
use super::keys::system_rng;
use super::progress::Progress;
use super::put::{follow, media_type_of, wait_for_start, why};
use super::{Common, put, result};

/// What a publication printed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Published {
    /// The public link.
    pub(crate) uri: String,
    /// The link by which others can check and repair what the name leads to, and not read it; nothing
    /// where the name's record holds it.
    pub(crate) keep: Option<String>,
    /// `stored`, or `weak`.
    pub(crate) state: JobState,
    /// Of a site: which edition this is.
    pub(crate) edition: Option<u64>,
    /// On a small network: what its loss would take.
    pub(crate) note: Option<String>,
}

/// Publishes a site's first edition, or its next.
///
/// # Errors
/// A key that is missing or damaged, a path that cannot be read, what the insert or the
/// publication failed of.
pub(crate) async fn site(
    client: &Client,
    data_dir: &Path,
    command: &Site,
    progress: &mut Progress,
) -> Result<Published, Failure> {
    let (Site::Publish(args) | Site::Update(args)) = command;
    let docname: Docname = args.name.parse()?;
    let (store, key) = (KeyStore::of(data_dir), args.key.as_deref().unwrap_or(&args.name));
    let pair = match (store.load(key), command) {
        (Err(KeyStoreError::Unknown(_)), Site::Publish(_)) => {
            let pair = store.create(key, &mut system_rng()?)?;
            progress.say(&format!("made the key `{key}`: `roneo keys export {key}` keeps it safe"));
            pair
        }
        (loaded, _) => loaded?,
    };
    let to = InsertUri::Usk { pair, docname, edition: 0 };
    let target = target(client, data_dir, &Content::of_site(args), progress).await?;
    publish(client, &to, target, args.wait, progress).await
}

/// Publishes a file once and for good, under a key or a word.
///
/// # Errors
/// As [`site`]; a name that is taken.
pub(crate) async fn put(
    client: &Client,
    data_dir: &Path,
    args: &Put,
    progress: &mut Progress,
) -> Result<Published, Failure> {
    let to = match (&args.key, &args.docname, &args.ksk) {
        (Some(key), Some(docname), _) => {
            InsertUri::Ssk { pair: KeyStore::of(data_dir).load(key)?, docname: docname.parse()? }
        }
        (_, _, Some(word)) => InsertUri::Ksk(Ksk { word: word.parse()?, path: String::new() }),
        _ => return Err(Failure::usage("a key needs a name to publish under: give --as NAME")),
    };
    let target = target(client, data_dir, &Content::of_put(args), progress).await?;
    publish(client, &to, target, args.wait, progress).await
}

/// Prints what was published.
///
/// # Errors
/// A closed standard output.
pub(crate) fn show(common: &Common, published: &Published, progress: &Progress) -> Result<(), Failure> {
    if published.state == JobState::Weak {
        progress.say("weak: readable, with fewer copies than wished; the node goes on placing them");
    }
    if let Some(note) = &published.note {
        progress.say(note);
    }
    result(common, published, || format!("{}\n", published.uri))
}

/// A file on its way to a signed name.
struct Content<'a> {
    put: Put,
    path: &'a Path,
}

impl<'a> Content<'a> {
    fn of_put(args: &'a Put) -> Self {
        Self { put: args.clone(), path: &args.file }
    }

    fn of_site(args: &'a Publish) -> Self {
        let put = Put {
            file: args.path.clone(),
            name: None,
            media_type: None,
            key: None,
            docname: None,
            ksk: None,
            wait: args.wait,
            now: args.now,
        };
        Self { put, path: &args.path }
    }
}

/// What fits into the record itself goes there: it is one fetch less for every reader.
async fn target(
    client: &Client,
    data_dir: &Path,
    content: &Content<'_>,
    progress: &mut Progress,
) -> Result<NewTarget, Failure> {
    if let Some(inline) = inline(content)? {
        if !content.put.now {
            wait_for_start(client, progress).await?;
        }
        return Ok(inline);
    }
    Ok(NewTarget::Uri(put::put(client, data_dir, &content.put, progress).await?.uri))
}

fn inline(content: &Content<'_>) -> Result<Option<NewTarget>, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::failed(format!("cannot read {}: {error}", content.path.display()));
    if content.path == Path::new("-") {
        return Ok(None);
    }
    let found = std::fs::metadata(content.path).map_err(unreadable)?;
    if !found.is_file() || found.len() > INLINE_RECORD_LIMIT as u64 {
        return Ok(None);
    }
    let name = content.put.name.clone().or_else(|| Some(content.path.file_name()?.to_string_lossy().into_owned()));
    let by_name = || media_type_of(name.as_deref().unwrap_or_default()).to_owned();
    let media_type = content.put.media_type.clone().unwrap_or_else(by_name);
    let bytes = std::fs::read(content.path).map_err(unreadable)?;
    // It may have grown since it was measured.
    let fits = media_type.len() + bytes.len() <= INLINE_RECORD_LIMIT;
    Ok(fits.then(|| NewTarget::Inline { media_type, content: base64::encode(&bytes) }))
}

async fn publish(
    client: &Client,
    to: &InsertUri,
    target: NewTarget,
    wait_s: u64,
    progress: &mut Progress,
) -> Result<Published, Failure> {
    let keep = keep_link(&target)?;
    let job = client.publish(&NewPublication { to: to.expose(), target }).await?;
    let published = end(client, job, wait_s, progress).await?;
    Ok(Published { keep, ..published })
}

fn keep_link(target: &NewTarget) -> Result<Option<String>, Failure> {
    let NewTarget::Uri(uri) = target else { return Ok(None) };
    let Uri::Chk(chk) = uri.parse()? else { return Ok(None) };
    Ok(Some(Uri::Keep(chk.keep_cap()).to_text()))
}

async fn end(client: &Client, job: JobId, wait_s: u64, progress: &mut Progress) -> Result<Published, Failure> {
    let status = follow(client, JobKind::Publish, job, wait_s, progress).await;
    progress.clear();
    if !matches!(&status, Ok(status) if status.state == JobState::Weak) {
        let _ = client.end(JobKind::Publish, job).await;
    }
    match status {
        Ok(JobStatus { error: None, uri: Some(uri), state, edition, note, .. }) => {
            Ok(Published { uri, keep: None, state, edition, note })
        }
        failed => Err(why(failed)),
    }
}
