//! Outboxes of the user's identities: everything that an identity said, led to by one link that others follow.
//!
//! What is said waits in the sealed file until a head that names it is published, so that a stop at any moment costs
//! time and nothing else. Before a head is made the newest one in the network is met, since other devices of the same
//! identity write there too.

use std::time::Duration;

use roneo_client::handle::{HandleError, JobError, Target};
use roneo_client::social::SocialError;
use roneo_keys::time::Wall;
use roneo_keys::{ConvergenceSecret, Docname, InsertUri, Uri};
use roneo_social::{
    Body, Envelope, EnvelopeError, FormatError, MAX_ENVELOPE_LEN, MasterSecret, OUTBOX_NAME, OutboxHead, OutboxId,
    OutboxState, PersonId, Pointer,
};
use tokio::time::sleep;

use super::hear::fetched;
use super::say::{MEDIA_TYPE, envelope_secret, is_final, retry, seal};
use super::stored::{OwnPerson, OwnProfile, Social};
use super::{Profile, lock};

/// What is said within so much time goes into one head.
const GATHER: Duration = Duration::from_secs(2);
/// Pages that are stored before one head, at most. What overflows still goes into the next.
const MAX_ROUNDS: usize = 8;

impl Profile {
    /// Goes on with the outboxes that an earlier run did not publish.
    pub(super) fn go_on_with_outboxes(&self) {
        for own in self.0.read(|kept| kept.social.value.people.clone()) {
            if own.outbox.waits {
                self.publish_soon(own.person());
            }
        }
    }

    /// Publishes the outbox of one of the user's identities, in a task of its own; at most one for each.
    pub(super) fn publish_soon(&self, person: PersonId) {
        if !lock(&self.0.publishing).insert(person) {
            // It looks once more before it ends.
            return;
        }
        let profile = self.clone();
        tokio::spawn(async move {
            let mut tries = 0;
            let mut wait = GATHER;
            while profile.has_to_publish(person) {
                sleep(wait).await;
                wait = match profile.publish_outbox(person).await {
                    Ok(()) => GATHER,
                    Err(SocialError::Node(HandleError::Stopping)) => return profile.no_longer_publishes(person),
                    Err(error) if is_final(&error) => {
                        // It names nobody.
                        tracing::warn!(code = error.code(), "an outbox cannot be published");
                        return profile.no_longer_publishes(person);
                    }
                    Err(_) => retry(&mut tries),
                };
            }
        });
    }

    fn no_longer_publishes(&self, person: PersonId) {
        lock(&self.0.publishing).remove(&person);
    }

    /// Whether something waits; if not, the task of `person` is over, under one lock, so that nothing is added unseen.
    fn has_to_publish(&self, person: PersonId) -> bool {
        let mut publishing = lock(&self.0.publishing);
        let waits = self.0.read(|kept| own(&kept.social.value, person).is_some_and(|own| own.outbox.waits));
        if !waits {
            publishing.remove(&person);
        }
        waits
    }

    async fn publish_outbox(&self, person: PersonId) -> Result<(), SocialError> {
        let Some(before) = self.0.read(|kept| own(&kept.social.value, person).cloned()) else { return Ok(()) };
        let pair = MasterSecret::from_seed(&before.master.0).outbox();
        let mut state = before.outbox.head.as_ref().map(OutboxState::of).unwrap_or_default();
        if let Some(head) = self.newest_head(&person, &pair.id()).await? {
            state.merge(&head);
        }
        self.settle_profile(person, before.profile.as_ref(), &mut state).await?;
        for _ in 0..MAX_ROUNDS {
            let Some(page) = state.overflow() else { break };
            let at = self.sign_and_store(person, page.clone()).await?;
            state.moved(&page, at);
        }
        let Some(head) = state.next_head() else { return Ok(()) };
        let signed = self.sign_as(person, head.clone()).await?;
        // Kept before it is published: a head of this serial is never made twice with other entries.
        let published = head.clone();
        self.note(move |social| adopt(social, person, &before, head)).await?;
        let docname: Docname = OUTBOX_NAME.parse().map_err(|_| SocialError::Post(FormatError::Malformed))?;
        let to = InsertUri::Usk { pair: pair.pair().clone(), docname, edition: 0 };
        let secret = envelope_secret(&signed.id());
        let target = self.target(MEDIA_TYPE, signed.to_bytes(), secret).await?;
        let job = self.0.node.publish(to, target).await?;
        self.settled(job).await?;
        self.note(move |social| is_published(social, person, &published)).await
    }

    /// What a record leads to: the content itself where it fits, which spares its readers a fetch.
    pub(super) async fn target(
        &self,
        media_type: &str,
        content: Vec<u8>,
        secret: ConvergenceSecret,
    ) -> Result<Target, SocialError> {
        if let Some(inline) = Target::inline(media_type, &content) {
            return Ok(inline);
        }
        let at = self.store(media_type, content, secret).await?;
        Ok(Target::of(at.chk()))
    }

    /// Stores the profile where that is not done, or takes over the one that another device has published.
    async fn settle_profile(
        &self,
        person: PersonId,
        known: Option<&OwnProfile>,
        state: &mut OutboxState,
    ) -> Result<(), SocialError> {
        let Some(OwnProfile { profile, at: None }) = known else { return Ok(()) };
        if let Some((_, at)) = state.profile().filter(|(serial, _)| *serial >= profile.serial).cloned() {
            let met = match self.envelope(&at).await? {
                super::hear::Read::Envelope(envelope) if envelope.author() == person => match envelope.body() {
                    Body::Profile(met) => Some(met.clone()),
                    _ => None,
                },
                _ => None,
            };
            if let Some(met) = met {
                return self.note(move |social| set_profile(social, person, met, at)).await;
            }
        }
        let at = self.sign_and_store(person, profile.clone()).await?;
        state.set_profile(profile.serial, at.clone());
        let profile = profile.clone();
        self.note(move |social| set_profile(social, person, profile, at)).await
    }

    async fn sign_and_store(&self, person: PersonId, body: impl Into<Body>) -> Result<Pointer, SocialError> {
        let envelope = self.sign_as(person, body).await?;
        self.store_envelope(&envelope.id(), envelope.to_bytes()).await
    }

    async fn sign_as(&self, person: PersonId, body: impl Into<Body>) -> Result<Envelope, SocialError> {
        let (body, now) = (body.into(), Wall(self.0.now()));
        self.social(move |social| {
            let own = social.people.iter_mut().find(|own| own.person() == person);
            seal(own.ok_or_else(|| SocialError::NoSuchIdentity(String::new()))?, body, now)
        })
        .await
    }

    /// The newest head of an outbox that can be found, if it is of that person.
    pub(super) async fn newest_head(
        &self,
        person: &PersonId,
        outbox: &OutboxId,
    ) -> Result<Option<OutboxHead>, SocialError> {
        let Ok(link) = outbox.link() else { return Ok(None) };
        let bytes = match fetched(&self.0.node, Uri::Usk(link), MAX_ENVELOPE_LEN).await {
            Ok(bytes) => bytes,
            // Of a newer one that is lost, what was met is kept here. One that is there and cannot be read is an error:
            // it must not be written over.
            Err(HandleError::Job(JobError::EditionNotFound { .. } | JobError::OnlyOlder { .. })) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let envelope = Envelope::open(&bytes).map_err(|error| match error {
            EnvelopeError::Format(FormatError::Newer) => SocialError::Newer,
            other => HandleError::Job(JobError::Damaged { reason: other.to_string() }).into(),
        })?;
        let own = envelope.author() == *person && envelope.device().outbox == *outbox;
        match envelope.body() {
            Body::OutboxHead(head) if own => Ok(Some(head.clone())),
            _ => Ok(None),
        }
    }
}

fn own(social: &Social, person: PersonId) -> Option<&OwnPerson> {
    social.people.iter().find(|own| own.person() == person)
}

fn own_mut(social: &mut Social, person: PersonId) -> Option<&mut OwnPerson> {
    social.people.iter_mut().find(|own| own.person() == person)
}

/// Keeps a head that is about to be published, with what was said since `before` was read.
fn adopt(social: &mut Social, person: PersonId, before: &OwnPerson, head: OutboxHead) {
    let Some(own) = own_mut(social, person) else { return };
    let known = before.outbox.head.as_ref().map(|head| head.entries.clone()).unwrap_or_default();
    let mut state = OutboxState::of(&head);
    let since = own.outbox.head.take().map(|head| head.entries).unwrap_or_default();
    // What was there before is in the head, or moved into a page.
    since.into_iter().filter(|entry| !known.contains(entry)).for_each(|entry| state.add(entry));
    own.outbox.head = Some(state.to_head());
}

/// Notes that a head is published; nothing waits any more unless something was said since.
fn is_published(social: &mut Social, person: PersonId, head: &OutboxHead) {
    let Some(own) = own_mut(social, person) else { return };
    let same = own.outbox.head.as_ref().is_some_and(|kept| kept.entries == head.entries);
    let profiled = own.profile.as_ref().is_none_or(|own| own.at.is_some());
    own.outbox.waits = !(same && profiled);
}

/// Notes where a profile lies, unless another was written since.
fn set_profile(social: &mut Social, person: PersonId, profile: roneo_social::Profile, at: Pointer) {
    let Some(own) = own_mut(social, person) else { return };
    if own.profile.as_ref().is_none_or(|own| own.profile.serial <= profile.serial && own.at.is_none()) {
        own.profile = Some(OwnProfile { profile, at: Some(at) });
    }
}
