//! `roneo site`, `roneo put --key` and `--ksk`: signed names.

use std::path::Path;

use roneo_client::handle::{INLINE_RECORD_LIMIT, JobId, JobKind, JobState, JobStatus};
use roneo_content::directory::Manifest;
use roneo_content::media_type;
use roneo_fproxy::api::{NewPublication, NewTarget};
use roneo_keys::{ConvergenceSecret, Docname, InsertUri, Ksk, Uri, base64};
use roneo_node::key_store::{KeyStore, KeyStoreError};
use serde::Serialize;

use super::args::{Publish, Put, Site};
use super::client::Client;
use super::failure::Failure;
use super::get::read_manifest;
use super::keys::system_rng;
use super::progress::Progress;
use super::put::{follow, refuse_keys, wait_for_start, why};
use super::put_directory::{Order, Totals};
use super::{Common, put, put_directory, result, say_how};

/// What a publication printed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Published {
    /// The public link.
    pub(crate) uri: String,
    /// The link by which others can check and repair what the name leads to, and not read it; nothing
    /// where the name's record holds it, or where it is a directory.
    pub(crate) keep: Option<String>,
    /// `stored`, or `weak`.
    pub(crate) state: JobState,
    /// Of a site: which edition this is.
    pub(crate) edition: Option<u64>,
    /// On a small network: what its loss would take.
    pub(crate) note: Option<String>,
    /// Of a directory: what it came to.
    #[serde(flatten)]
    pub(crate) totals: Option<Totals>,
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
    let name = site_name(args)?;
    let docname: Docname = name.parse()?;
    let (store, key) = (KeyStore::of(data_dir), args.key.as_deref().unwrap_or(&name));
    let pair = match (store.load(key), command) {
        (Err(KeyStoreError::Unknown(_)), Site::Publish(_)) => {
            let pair = store.create(key, &mut system_rng()?)?;
            progress.say(&format!("made the key `{key}`: `roneo keys export {key}` keeps it safe"));
            pair
        }
        (loaded, _) => loaded?,
    };
    let secret = args.taken.secret().unwrap_or_else(|| pair.convergence(&docname));
    let to = InsertUri::Usk { pair, docname, edition: 0 };
    let (previous, base) = match command {
        Site::Update(_) if args.path.is_dir() && !args.resend => last_edition(client, &to, args.wait, progress).await?,
        Site::Update(_) | Site::Publish(_) => (None, None),
    };
    let content = Content { previous, ..Content::new(put_of(args), Some(secret), &to) };
    let published = content.publish(client, data_dir, &to, progress).await?;
    let remark = remark(command, base, published.edition);
    Ok(Published { note: remark.or(published.note), ..published })
}

/// What is to be said of the number that an edition got.
fn remark(command: &Site, base: Option<u64>, edition: Option<u64>) -> Option<String> {
    let edition = edition?;
    match (command, base) {
        (Site::Publish(_), _) if edition > 0 => Some(format!(
            "it was published before, and this is edition {edition}: `roneo site update` sends only what has changed"
        )),
        (Site::Update(_), Some(base)) if edition > base + 1 => Some(format!(
            "somebody with the same key published edition {} meanwhile, which this one, {edition}, replaces: look whether \
             anything of it is missing",
            edition - 1
        )),
        _ => None,
    }
}

/// The name that was given, or that of the directory.
fn site_name(args: &Publish) -> Result<String, Failure> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let real = std::fs::canonicalize(&args.path)
        .map_err(|error| Failure::failed(format!("cannot read {}: {error}", args.path.display())))?;
    let name = real.file_name().and_then(|name| name.to_str()).filter(|_| real.is_dir());
    let name =
        name.ok_or_else(|| Failure::usage("the site needs a name, which stands in its link: give --name NAME"))?;
    Ok(name.to_owned())
}

/// The directory that is published now, as far as it can be read, and the number of its edition.
async fn last_edition(
    client: &Client,
    to: &InsertUri,
    wait_s: u64,
    progress: &mut Progress,
) -> Result<(Option<Manifest>, Option<u64>), Failure> {
    let job = client.fetch(to.public().to_text(), false).await?;
    let manifest = read_manifest(client, job, wait_s, progress).await;
    let edition = client.job(JobKind::Fetch, job, None).await.ok().and_then(|status| status.edition);
    progress.clear();
    let _ = client.end(JobKind::Fetch, job).await;
    match manifest {
        Ok(manifest) => Ok((manifest, edition)),
        Err(failure) if matches!(failure.code(), "too-few-nodes" | "not-running" | "stopping") => Err(failure),
        Err(failure) => {
            progress.say(&format!("everything is sent, since the last edition cannot be read: {failure}"));
            Ok((None, edition))
        }
    }
}

/// Publishes a file or a directory once and for good, under a key or a word.
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
    let content = Content::new(args.clone(), args.taken.secret(), &to);
    content.publish(client, data_dir, &to, progress).await
}

/// Prints what was published.
///
/// # Errors
/// A closed standard output.
pub(crate) fn show(common: &Common, published: &Published, progress: &Progress) -> Result<(), Failure> {
    say_how(progress, published.state, published.note.as_deref());
    if let Some(totals) = &published.totals {
        progress.say(&totals.words());
    }
    result(common, published, || format!("{}\n", published.uri))
}

/// A file or directory on its way to a signed name.
struct Content {
    put: Put,
    secret: Option<ConvergenceSecret>,
    /// What the name leads to so far.
    previous: Option<Manifest>,
    /// The public link, without an edition.
    purpose: String,
}

fn put_of(args: &Publish) -> Put {
    Put {
        file: args.path.clone(),
        taken: args.taken.clone(),
        name: None,
        media_type: None,
        strip_metadata: false,
        key: None,
        docname: None,
        ksk: None,
        wait: args.wait,
        now: args.now,
    }
}

impl Content {
    fn new(put: Put, secret: Option<ConvergenceSecret>, to: &InsertUri) -> Self {
        Self { put, secret, previous: None, purpose: to.public().to_text() }
    }

    /// Inserts it, and has the name lead to it.
    async fn publish(
        self,
        client: &Client,
        data_dir: &Path,
        to: &InsertUri,
        progress: &mut Progress,
    ) -> Result<Published, Failure> {
        let wait_s = self.put.wait;
        if !self.put.file.is_dir() {
            let target = self.file(client, data_dir, progress).await?;
            return publish(client, to, target, wait_s, progress).await;
        }
        put_directory::refuse_file_options(&self.put)?;
        let order = Order {
            dir: &self.put.file,
            choice: self.put.taken.choice(),
            purpose: self.purpose,
            secret: self.secret,
            previous: self.previous,
            needs_files: true,
            wait_s,
            now: self.put.now,
        };
        let (stored, unfinished) = put_directory::store(client, data_dir, order, progress).await?;
        let published = publish(client, to, NewTarget::Uri(stored.uri), wait_s, progress).await?;
        unfinished.finish()?;
        let state = if stored.state == JobState::Weak { JobState::Weak } else { published.state };
        // The link that keeps the manifest does not keep what it leads to.
        let keep = None;
        Ok(Published { keep, state, note: published.note.or(stored.note), totals: Some(stored.totals), ..published })
    }

    /// What fits into the record itself goes there: it is one fetch less for every reader.
    async fn file(&self, client: &Client, data_dir: &Path, progress: &mut Progress) -> Result<NewTarget, Failure> {
        if let Some(inline) = inline(&self.put)? {
            if !self.put.now {
                wait_for_start(client, progress).await?;
            }
            return Ok(inline);
        }
        Ok(NewTarget::Uri(put::put(client, data_dir, &self.put, self.secret.as_ref(), progress).await?.uri))
    }
}

fn inline(put: &Put) -> Result<Option<NewTarget>, Failure> {
    let unreadable = |error: std::io::Error| Failure::failed(format!("cannot read {}: {error}", put.file.display()));
    if put.file == Path::new("-") || put.strip_metadata {
        return Ok(None);
    }
    let found = std::fs::metadata(&put.file).map_err(unreadable)?;
    if !found.is_file() || found.len() > INLINE_RECORD_LIMIT as u64 {
        return Ok(None);
    }
    let name = put.name.clone().or_else(|| Some(put.file.file_name()?.to_string_lossy().into_owned()));
    let by_name = || media_type::of_name(name.as_deref().unwrap_or_default()).to_owned();
    let media_type = put.media_type.clone().unwrap_or_else(by_name);
    refuse_keys(&put.file, &mut std::fs::File::open(&put.file).map_err(unreadable)?)?;
    let bytes = std::fs::read(&put.file).map_err(unreadable)?;
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
    let status = follow(client, JobKind::Publish, job, wait_s, &mut |status| progress.show(status)).await;
    progress.clear();
    if !matches!(&status, Ok(status) if status.state == JobState::Weak) {
        let _ = client.end(JobKind::Publish, job).await;
    }
    match status {
        Ok(JobStatus { error: None, uri: Some(uri), state, edition, note, .. }) => {
            Ok(Published { uri, keep: None, state, edition, note, totals: None })
        }
        failed => Err(why(failed)),
    }
}
