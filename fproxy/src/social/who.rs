//! A person in a sentence.

use roneo_client::social::{Identity, Named};
use roneo_social::{WordLanguage, fingerprint};

use crate::words::Language;

/// A person as every page names them: by a name that anybody may choose, and by two words that nobody chooses.
pub(crate) struct Who {
    /// The user's name for them, else their own; where there is neither, that there is none. In a stranger's words.
    pub(crate) name: String,
    /// Two words that tell them from others of the same name. They stand beside every name.
    pub(crate) fingerprint: String,
    /// Their page.
    pub(crate) path: String,
    /// The public key, in the base64 of links.
    pub(crate) person: String,
    /// What they call themselves, where the user calls them otherwise; else empty.
    pub(crate) self_name: String,
    /// A warning where a stranger's name looks like that of somebody whom the user knows; else empty.
    pub(crate) warning: String,
}

impl Who {
    pub(crate) fn of(w: Language, named: &Named) -> Self {
        let person = named.person.to_text();
        Self {
            name: named.shown().unwrap_or(w.nobody_named()).to_owned(),
            fingerprint: fingerprint(named.person.as_bytes(), word_language(w)),
            path: path_of(&person),
            self_name: named.self_name.clone().filter(|_| named.petname.is_some()).unwrap_or_default(),
            warning: named.looks_like.as_deref().map(|known| w.looks_like(known)).unwrap_or_default(),
            person,
        }
    }

    /// One of the user's own identities.
    pub(crate) fn of_own(w: Language, identity: &Identity) -> Self {
        Self {
            name: identity.name.clone(),
            fingerprint: w.either(&identity.fingerprint.fr, &identity.fingerprint.en).to_owned(),
            path: path_of(&identity.person),
            person: identity.person.clone(),
            self_name: String::new(),
            warning: String::new(),
        }
    }
}

fn path_of(person: &str) -> String {
    format!("/people/{person}")
}

const fn word_language(w: Language) -> WordLanguage {
    match w {
        Language::French => WordLanguage::French,
        Language::English => WordLanguage::English,
    }
}
