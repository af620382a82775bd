//! Editions that are published from here: begun, waited for, remembered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use roneo_client::handle::{HandleError, JobId, JobState, JobStatus, NodeHandle, Target};
use roneo_client::profile::{
    Edition, EditionContent, MAX_EDITIONS, MAX_PENDING, MAX_SITES, NewEdition, ProfileError, Site,
};
use roneo_keys::{Docname, InsertUri, KeyPair, Uri};

use super::stored::{self, Pending, Sites};
use super::{Inner, Profile, key_error};

/// The sites of the keys that are kept here, with their links.
pub(super) fn listed(inner: &Inner) -> Vec<Site> {
    let sites = inner.read(|kept| kept.sites.value.clone());
    let mut all: BTreeMap<(String, String), Site> = BTreeMap::new();
    let named = sites.list.iter().map(|site| (&site.key, &site.name));
    for (key, name) in named.chain(sites.pending.iter().map(|pending| (&pending.key, &pending.site))) {
        let (Ok(pair), Ok(docname)) = (inner.keys.load(key), name.parse()) else { continue };
        let kept = sites.list.iter().find(|site| (&site.key, &site.name) == (key, name));
        let editions: Vec<Edition> = kept.map_or_else(Vec::new, |site| site.editions.iter().map(shown).collect());
        let edition = editions.first().map_or(0, |edition| edition.number);
        let pending = sites.pending.iter().find(|pending| (&pending.key, &pending.site) == (key, name));
        let site = Site {
            key: key.clone(),
            name: name.clone(),
            link: InsertUri::Usk { pair, docname, edition }.public().to_text(),
            editions,
            pending: pending.map(|pending| JobId(pending.insert)),
        };
        all.insert((key.clone(), name.clone()), site);
    }
    all.into_values().collect()
}

fn shown(edition: &stored::Edition) -> Edition {
    Edition { number: edition.number, at: edition.at }
}

/// An edition was stored: it is remembered, the newest first.
fn remember(sites: &mut Sites, key: &str, name: &str, edition: stored::Edition) {
    let at = match sites.list.iter().position(|site| site.key == key && site.name == name) {
        Some(at) => at,
        None => {
            if sites.list.len() >= MAX_SITES {
                forget_oldest(sites);
            }
            let site = stored::Site { key: key.to_owned(), name: name.to_owned(), editions: Vec::new() };
            sites.list.push(site);
            sites.list.len() - 1
        }
    };
    let editions = &mut sites.list[at].editions;
    editions.retain(|known| known.number != edition.number);
    editions.push(edition);
    editions.sort_unstable_by_key(|edition| Reverse(edition.number));
    editions.truncate(MAX_EDITIONS);
}

/// Makes room by the site that was published to the longest ago.
fn forget_oldest(sites: &mut Sites) {
    let last = |site: &stored::Site| site.editions.iter().map(|edition| edition.at).max();
    if let Some(at) = (0..sites.list.len()).min_by_key(|&at| last(&sites.list[at])) {
        sites.list.remove(at);
    }
}

impl Profile {
    pub(super) async fn publish_edition(&self, edition: NewEdition) -> Result<JobId, ProfileError> {
        let NewEdition { key, site, content } = edition;
        let docname: Docname = site.parse().map_err(|_| ProfileError::Name(site.clone()))?;
        let wanted = key.clone();
        // Also where it is used only later: a key that is missing is told now.
        let pair = self.blocking(move |inner| inner.keys.load(&wanted).map_err(|error| key_error(error, &wanted)));
        let pair = pair.await?;
        match content {
            EditionContent::Target(target) => {
                let job = self.0.node.publish(InsertUri::Usk { pair, docname, edition: 0 }, target).await?;
                self.follow(key, site, job);
                Ok(job)
            }
            EditionContent::Insert(job) => {
                // One that the node does not know would be waited for in vain.
                self.0.node.job(job).await?;
                let pending = Pending { key, site, insert: job.0 };
                let kept = pending.clone();
                self.blocking(move |inner| inner.change(|kept| &mut kept.sites, |sites| wait_for(sites, kept))).await?;
                self.finish(pending);
                Ok(job)
            }
        }
    }

    /// Follows a publication that was begun elsewhere, if its key is kept here.
    pub(super) async fn follow_foreign(&self, to: InsertUri, job: JobId) -> Result<(), ProfileError> {
        let InsertUri::Usk { pair, docname, .. } = to else { return Ok(()) };
        let key = self.blocking(move |inner| Ok(name_of(inner, &pair))).await?;
        if let Some(key) = key {
            self.follow(key, docname.as_str().to_owned(), job);
        }
        Ok(())
    }

    /// Goes on with the editions that an earlier run left waiting.
    pub(super) fn go_on_with_pending(&self) {
        for pending in self.0.read(|kept| kept.sites.value.pending.clone()) {
            self.finish(pending);
        }
    }

    /// Publishes an edition once its content is stored. The number of these is bounded by the list.
    fn finish(&self, pending: Pending) {
        let profile = self.clone();
        tokio::spawn(async move {
            match profile.publish_when_stored(&pending).await {
                // The node stops: the edition is gone on with at its next start.
                Err(ProfileError::Node(HandleError::Stopping)) => {}
                ended => {
                    if let Err(error) = ended {
                        // Neither names the site nor its link.
                        tracing::warn!(code = error.code(), "an edition was not published: publish it again");
                    }
                    let done = move |sites: &mut Sites| {
                        sites.pending.retain(|other| *other != pending);
                        Ok(())
                    };
                    // A disk that does not take this keeps the edition waiting, and it is published twice.
                    let _ = profile.blocking(move |inner| inner.change(|kept| &mut kept.sites, done)).await;
                }
            }
        });
    }

    async fn publish_when_stored(&self, pending: &Pending) -> Result<(), ProfileError> {
        let status = settled(&*self.0.node, JobId(pending.insert)).await?;
        // A later run may have taken this over.
        self.0.open_still()?;
        if let Some(error) = status.error {
            return Err(HandleError::Job(error).into());
        }
        let uri: Option<Uri> = status.uri.and_then(|uri| uri.parse().ok());
        let Some(Uri::Chk(chk)) = uri else { return Err(ProfileError::Link) };
        let (key, site) = (pending.key.clone(), pending.site.clone());
        let docname: Docname = site.parse().map_err(|_| ProfileError::Name(site.clone()))?;
        let wanted = key.clone();
        let pair = self.blocking(move |inner| inner.keys.load(&wanted).map_err(|error| key_error(error, &wanted)));
        let to = InsertUri::Usk { pair: pair.await?, docname, edition: 0 };
        let job = self.0.node.publish(to, Target::of(&chk)).await?;
        self.remember_when_stored(key, site, job).await
    }

    /// Remembers an edition once it is stored. Beyond the bound it is stored and not remembered.
    fn follow(&self, key: String, site: String, job: JobId) {
        let Ok(place) = std::sync::Arc::clone(&self.0.followers).try_acquire_owned() else { return };
        let profile = self.clone();
        tokio::spawn(async move {
            // Why it failed stands in its status, for whoever asked for it.
            let _ = profile.remember_when_stored(key, site, job).await;
            drop(place);
        });
    }

    pub(super) async fn remember_when_stored(&self, key: String, site: String, job: JobId) -> Result<(), ProfileError> {
        let status = settled(&*self.0.node, job).await?;
        match (status.error, status.edition) {
            (Some(error), _) => Err(HandleError::Job(error).into()),
            (None, None) => Ok(()),
            (None, Some(number)) => {
                let edition = stored::Edition { number, at: self.0.now() };
                let change = move |sites: &mut Sites| {
                    remember(sites, &key, &site, edition);
                    Ok(())
                };
                self.blocking(move |inner| inner.change(|kept| &mut kept.sites, change)).await
            }
        }
    }
}

fn wait_for(sites: &mut Sites, pending: Pending) -> Result<(), ProfileError> {
    if sites.pending.len() >= MAX_PENDING {
        return Err(ProfileError::Full { what: "editions that wait to be stored", most: MAX_PENDING });
    }
    sites.pending.push(pending);
    Ok(())
}

/// The name under which a key is kept here.
fn name_of(inner: &Inner, pair: &KeyPair) -> Option<String> {
    let public = pair.secret.public();
    let names = inner.keys.names().unwrap_or_default();
    let is_it =
        |name: &String| inner.keys.load(name).is_ok_and(|kept| kept.secret.public() == public && kept.key == pair.key);
    names.into_iter().find(is_it)
}

/// Waits until nothing more is to be waited for.
async fn settled(node: &dyn NodeHandle, job: JobId) -> Result<JobStatus, HandleError> {
    let mut status = node.job(job).await?;
    while !status.state.is_settled() {
        status = node.job_change(job, status.revision).await?;
    }
    debug_assert!(status.error.is_none() || status.state == JobState::Failed);
    Ok(status)
}
