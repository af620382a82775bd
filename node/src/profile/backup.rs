//! Backups: one file with everything that the user would miss, and its way back.
//!
//! The file is in the age format (<https://c2sp.org/age>), under a passphrase that is drawn here, so that any program
//! for that format opens it too; inside is JSON. What is restored is added to what is there: nothing is replaced.
//!
//! An identity that is restored gets a device key of its own. The one in the backup may still be in use, and two
//! machines that sign as one device would contradict each other.

use std::collections::BTreeMap;

use age::scrypt;
use age::secrecy::SecretString;
use roneo_client::backup::{Backup, MAX_BACKUP_LEN, NewBackup, Restored};
use roneo_client::profile::{MAX_BOOKMARKS, ProfileError};
use roneo_client::social::{MAX_ANNOUNCED, MAX_IDENTITIES, WordsIn};
use roneo_keys::time::Wall;
use roneo_social::{DeviceSecret, MasterSecret, Scopes, WordLanguage, fold_passphrase, passphrase};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::stored::{self, Boards, Bookmarks, OwnPerson, Seed, Sites, Social, Stored};
use super::{Inner, Profile, key_error, lock};

/// The version that this program writes, and the newest that it reads.
const VERSION: u32 = 0;
/// The work of scrypt, as a power of two: some 50 ms. A drawn passphrase has 88 bits and needs none; a program that
/// asks people for one of their own would set more, and up to [`MAX_WORK`] is read.
const WORK: u8 = 15;
/// The most work that is done for a file: about 4 s and 1 GiB.
const MAX_WORK: u8 = 20;
/// Names tried for something whose name is taken.
const NAMES: u32 = 99;

/// What a backup holds.
#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    /// When it was made, seconds since 1970.
    made: u64,
    social: Social,
    bookmarks: Bookmarks,
    sites: Sites,
    /// Boards with stewards; a backup of an earlier version has none.
    #[serde(default)]
    boards: Boards,
    /// Key files by name.
    keys: BTreeMap<String, Zeroizing<String>>,
}

impl Profile {
    pub(super) async fn make_backup(&self, new: NewBackup) -> Result<Backup, ProfileError> {
        let language = match new.language {
            WordsIn::Fr => WordLanguage::French,
            WordsIn::En => WordLanguage::English,
        };
        let passphrase = passphrase(&mut *lock(&self.0.rng), language);
        self.blocking(move |inner| {
            let text = contents(inner)?;
            let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_string()));
            recipient.set_work_factor(WORK);
            let file = age::encrypt(&recipient, &text).map_err(|error| ProfileError::Disk(error.to_string()))?;
            Ok(Backup { file, passphrase })
        })
        .await
    }

    pub(super) async fn restore_backup(&self, backup: Backup) -> Result<Restored, ProfileError> {
        let restored = self.blocking(move |inner| restore(inner, &opened(&backup)?)).await?;
        self.tell_index_who().await;
        self.go_on_with_posts();
        self.go_on_with_outboxes();
        Ok(restored)
    }
}

/// Everything, as it lies inside a backup.
fn contents(inner: &Inner) -> Result<Zeroizing<Vec<u8>>, ProfileError> {
    let newer = inner.read(|kept| kept.social.newer || kept.bookmarks.newer || kept.sites.newer || kept.boards.newer);
    if newer {
        // It would be a backup with a hole in it.
        return Err(ProfileError::Newer);
    }
    let (social, bookmarks, sites) =
        inner.read(|kept| (kept.social.value.clone(), kept.bookmarks.value.clone(), kept.sites.value.clone()));
    let boards = inner.read(|kept| kept.boards.value.clone());
    let names = inner.keys.names().map_err(|error| key_error(error, ""))?;
    let export = |name: String| {
        let text = inner.keys.export(&name).map_err(|error| key_error(error, &name))?;
        Ok((name, text))
    };
    let keys = names.into_iter().map(export).collect::<Result<_, ProfileError>>()?;
    let contents = Contents { version: VERSION, made: inner.now(), social, bookmarks, sites, boards, keys };
    let text = serde_json::to_vec(&contents).map_err(|error| ProfileError::Disk(error.to_string()))?;
    Ok(Zeroizing::new(text))
}

fn opened(backup: &Backup) -> Result<Contents, ProfileError> {
    if backup.file.len() > MAX_BACKUP_LEN {
        return Err(ProfileError::NoBackup);
    }
    let passphrase = fold_passphrase(&backup.passphrase);
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.to_string()));
    identity.set_max_work_factor(MAX_WORK);
    let text = age::decrypt(&identity, &backup.file).map_err(|error| match error {
        age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => ProfileError::Passphrase,
        _ => ProfileError::NoBackup,
    });
    let text = Zeroizing::new(text?);
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let Versioned { version } = serde_json::from_slice(&text).map_err(|_| ProfileError::NoBackup)?;
    if version > VERSION {
        return Err(ProfileError::Newer);
    }
    let contents: Contents = serde_json::from_slice(&text).map_err(|_| ProfileError::NoBackup)?;
    let sound = contents.social.is_sound()
        && contents.bookmarks.is_sound()
        && contents.sites.is_sound()
        && contents.boards.is_sound();
    if sound { Ok(contents) } else { Err(ProfileError::NoBackup) }
}

fn restore(inner: &Inner, contents: &Contents) -> Result<Restored, ProfileError> {
    let mut done = Restored::default();
    // What the keys of the backup are called here.
    let mut called: BTreeMap<&str, String> = BTreeMap::new();
    for (name, text) in &contents.keys {
        inner.open_still()?;
        let (here, new) = import(inner, name, text)?;
        called.insert(name, here);
        if new {
            done.keys += 1;
        } else {
            done.here_already += 1;
        }
    }
    let (now, social) = (Wall(inner.now()), &contents.social);
    inner.change(
        |kept| &mut kept.social,
        |kept| {
            for person in &social.people {
                let device = DeviceSecret::random(&mut *lock(&inner.rng));
                add_person(kept, person, &device, now, &mut done);
            }
            for said in &social.said {
                let known = kept.said.iter().any(|here| here.id == said.id);
                let own = kept.people.iter().find(|own| own.person() == said.person).map(|own| own.name.clone());
                if let Some(identity) = own.filter(|_| !known && kept.said.len() < MAX_ANNOUNCED) {
                    // What another device announced takes no place of this one's.
                    kept.said.push(stored::Said { hour: None, identity, ..said.clone() });
                }
            }
            kept.said.sort_by_key(|said| said.time);
            Ok(())
        },
    )?;
    inner.change(
        |kept| &mut kept.bookmarks,
        |kept| {
            for bookmark in &contents.bookmarks.list {
                if kept.list.iter().any(|here| here.link == bookmark.link) {
                    done.here_already += 1;
                } else if kept.list.len() >= MAX_BOOKMARKS {
                    done.left_out += 1;
                } else {
                    kept.list.push(stored::Bookmark { id: kept.next, ..bookmark.clone() });
                    kept.next += 1;
                    done.bookmarks += 1;
                }
            }
            Ok(())
        },
    )?;
    inner.change(
        |kept| &mut kept.sites,
        |kept| {
            for site in &contents.sites.list {
                let Some(key) = called.get(site.key.as_str()).cloned() else { continue };
                let site = stored::Site { key, ..site.clone() };
                let known = kept.list.iter().any(|here| (&here.key, &here.name) == (&site.key, &site.name));
                let mut more = kept.clone();
                more.list.push(site);
                if !known && more.is_sound() {
                    *kept = more;
                }
            }
            Ok(())
        },
    )?;
    inner.change(
        |kept| &mut kept.boards,
        |kept| {
            add_boards(kept, &contents.boards);
            Ok(())
        },
    )?;
    Ok(done)
}

/// Adds offices, invitations and boards that are not here. Of a board that is here, what is known here stays: it may be
/// newer, and is asked about anyway.
fn add_boards(kept: &mut Boards, more: &Boards) {
    let mut all = kept.clone();
    all.offices.extend(more.offices.iter().filter(|office| !kept.offices.contains(office)).cloned());
    let held = |pass: &&stored::HeldPass| !kept.passes.iter().any(|here| here.guest == pass.guest);
    all.passes.extend(more.passes.iter().filter(held).cloned());
    let known = |known: &&stored::KnownBoard| !kept.known.iter().any(|here| here.chain.board == known.chain.board);
    all.known.extend(more.known.iter().filter(known).cloned());
    if all.is_sound() {
        *kept = all;
    }
}

/// Takes a key, under another name where its own is taken; gives what it is called, and whether it is new here.
fn import(inner: &Inner, name: &str, text: &Zeroizing<String>) -> Result<(String, bool), ProfileError> {
    if let Some(here) = inner.keys.find(text).map_err(|error| key_error(error, name))? {
        return Ok((here, false));
    }
    let names = inner.keys.names().map_err(|error| key_error(error, name))?;
    let free = std::iter::once(name.to_owned()).chain((2..=NAMES).map(|number| format!("{name}-{number}")));
    let free = free.into_iter().find(|name| !names.contains(name)).unwrap_or_else(|| name.to_owned());
    inner.keys.import(text, Some(&free)).map(|here| (here, true)).map_err(|error| key_error(error, &free))
}

/// Adds an identity with a device key of its own, under another name where its own is taken.
fn add_person(kept: &mut Social, person: &OwnPerson, device: &DeviceSecret, now: Wall, done: &mut Restored) {
    if kept.people.iter().any(|here| here.master == person.master) {
        done.here_already += 1;
        return;
    }
    let taken = |name: &String| kept.people.iter().any(|here| here.name == *name);
    let mut names = std::iter::once(person.name.clone()).chain((2..=NAMES).map(|n| format!("{} {n}", person.name)));
    let free = names.find(|name| !taken(name));
    let Some(name) = free.filter(|_| kept.people.len() < MAX_IDENTITIES) else {
        done.left_out += 1;
        return;
    };
    let master = MasterSecret::from_seed(&person.master.0);
    let mut own = OwnPerson {
        name,
        device: Seed(device.expose_seed()),
        certificate: master.certify(device.id(), Scopes::ALL, now.day()),
        seq: 0,
        prev: None,
        ..person.clone()
    };
    // Met with what is in the network, and published again where that lacks something.
    own.outbox.waits = true;
    kept.people.push(own);
    done.identities += 1;
}
