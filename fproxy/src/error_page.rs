//! What a browser is told when a link does not open: what happened and what to do, in French and
//! in English, under the right status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roneo_client::handle::{HandleError, JobError};
use roneo_keys::{ExtraError, UriError};

use crate::api_error::RETRY_AFTER;
use crate::failure::Failure;
use crate::html;

/// A page that says why there is no other.
#[derive(Debug)]
pub(crate) struct ErrorPage {
    status: StatusCode,
    french: String,
    english: String,
}

impl ErrorPage {
    /// The path is neither a link nor a page.
    pub(crate) fn no_such_page() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            french: "il n’y a pas de page à cette adresse : un lien Roneo commence par CHK@".to_owned(),
            english: "there is no page at this address: a Roneo link begins with CHK@".to_owned(),
        }
    }

    /// Pages are only looked at.
    pub(crate) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            french: "cette page peut seulement être lue : ouvrez son adresse dans un navigateur".to_owned(),
            english: "this page can only be read: open its address in a browser".to_owned(),
        }
    }
}

impl From<Failure> for ErrorPage {
    fn from(failure: Failure) -> Self {
        let french = match &failure {
            Failure::Link(error) => french_link(error),
            Failure::Node(error) => french_node(error),
            Failure::Slow => "le réseau tarde à répondre : rechargez cette page dans une minute".to_owned(),
        };
        Self { status: failure.status(), french, english: failure.to_string() }
    }
}

impl From<HandleError> for ErrorPage {
    fn from(error: HandleError) -> Self {
        Failure::from(error).into()
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let (french_title, english_title) = titles(self.status);
        let body = format!(
            "<section lang=\"fr\">\n<h1>{french_title}</h1>\n<p>{}</p>\n</section>\n\
             <section lang=\"en\">\n<h2>{english_title}</h2>\n<p>{}</p>\n</section>\n\
             <p><a href=\"/\">Roneo</a></p>\n",
            html::escape(&sentence(&self.french)),
            html::escape(&sentence(&self.english)),
        );
        let mut response = html::page(&format!("{french_title} / {english_title}"), &body);
        *response.status_mut() = self.status;
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            _ => {}
        }
        response
    }
}

/// Titles in French and English.
fn titles(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("Ce lien ne s’ouvre pas", "This link does not open"),
        StatusCode::NOT_FOUND => ("Introuvable", "Not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("Lecture seule", "For reading only"),
        StatusCode::BAD_GATEWAY => ("Contenu abîmé", "Damaged content"),
        StatusCode::NOT_IMPLEMENTED => ("Roneo est trop ancien", "Roneo is too old"),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => ("Pas encore", "Not yet"),
        _ => ("Cela n’a pas marché", "That did not work"),
    }
}

/// The text as a sentence: capital first, full stop last.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let mut sentence: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(rest.as_str());
    if !sentence.ends_with(['.', '!', '?', '@']) {
        sentence.push('.');
    }
    sentence
}

fn french_link(error: &UriError) -> String {
    match error {
        UriError::NotAUri => {
            "ce n’est pas un lien Roneo : un lien commence par CHK@, SSK@, USK@, KSK@ ou KEEP@".to_owned()
        }
        UriError::PublicKey => {
            "le début du lien est abîmé (ce n’est pas une clé publique) : copiez-le de nouveau".to_owned()
        }
        UriError::Public => "ce lien sert à lire : pour publier, il faut le lien privé ou le nom d’une clé".to_owned(),
        UriError::Docname => "le nom du document manque ou ne peut pas servir : après la troisième partie viennent \
                              une barre et un nom de 200 octets au plus"
            .to_owned(),
        UriError::Edition => {
            "le numéro d’édition manque ou n’en est pas un : un lien USK@ continue par /nom/0".to_owned()
        }
        UriError::TooLong => "c’est trop long pour un lien : copiez le lien seul".to_owned(),
        UriError::Fields { found } => format!(
            "le lien est coupé ou quelque chose y est resté collé : il lui faut 3 parties entre virgules, \
             celui-ci en a {found} ; copiez-le de nouveau"
        ),
        UriError::Field { .. } => "une partie du lien est abîmée : copiez-le de nouveau".to_owned(),
        UriError::Extra(ExtraError::Newer) => {
            "ce lien a été fait par un Roneo plus récent : mettez Roneo à jour pour l’ouvrir".to_owned()
        }
        UriError::Extra(_) => "la fin du lien est abîmée : copiez-le de nouveau".to_owned(),
        UriError::Private => "ce lien contient une clé privée, pour publier : ne le partagez pas ; \
                              pour lire, prenez le lien public"
            .to_owned(),
        UriError::Name => "le nom à la fin du lien a des caractères qu’aucun nom de fichier ne porte : \
                           ôtez ce qui suit la barre oblique"
            .to_owned(),
        _ => "ce lien ne peut pas être ouvert : copiez-le de nouveau".to_owned(),
    }
}

fn french_node(error: &HandleError) -> String {
    match error {
        HandleError::UnknownJob => "ce transfert n’existe plus : rechargez la page".to_owned(),
        HandleError::Refused(reason) => format!("le nœud a refusé ({reason})"),
        HandleError::Busy(_) => "le nœud est occupé : rechargez la page dans un instant".to_owned(),
        HandleError::Stopping => "le nœud s’arrête : relancez-le, puis rechargez la page".to_owned(),
        HandleError::Job(job) => french_job(job),
        _ => "le nœud n’a pas pu répondre : rechargez la page dans un instant".to_owned(),
    }
}

fn french_job(error: &JobError) -> String {
    match error {
        JobError::RootNotFound { asked } => format!(
            "introuvable : aucun des {asked} nœuds qui devraient le garder ne l’a ; réessayez plus tard, \
             ou demandez à qui vous a donné le lien"
        ),
        JobError::SegmentMissing { segment, segments, found, needed } => format!(
            "la partie {segment} sur {segments} ne peut pas être lue : {found} morceaux trouvés, il en faut \
             {needed} ; réessayez quand plus de nœuds seront là"
        ),
        JobError::EditionNotFound { edition, newest } => {
            let known = newest.map_or_else(String::new, |newest| format!(" (la plus récente connue est la {newest})"));
            format!("l’édition {edition} ou une plus récente est introuvable{known} : réessayez plus tard")
        }
        JobError::NoSuchPath => {
            "il n’y a pas ce fichier dans ce que le lien désigne : ouvrez le lien sans ce qui suit le nom".to_owned()
        }
        JobError::OnlyOlder { found } => format!(
            "seule l’édition {found} se trouve, et ce nœud en a vu une plus récente : réessayez quand plus de nœuds seront là"
        ),
        JobError::Damaged { reason } => format!("ce que ce lien désigne est abîmé ({reason})"),
        JobError::Newer => "fait par un Roneo plus récent : mettez Roneo à jour pour l’ouvrir".to_owned(),
        JobError::TooFewNodes { needed, known } => format!(
            "il faut {needed} nœuds, {known} connus : rejoignez un réseau ou lancez d’autres nœuds, puis \
             rechargez la page"
        ),
        _ => "le transfert s’est arrêté avant la fin : rechargez la page".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_sentences() {
        for (text, expected) in
            [("", "."), ("élan", "Élan."), ("done.", "Done."), ("begins with CHK@", "Begins with CHK@")]
        {
            assert_eq!(sentence(text), expected);
        }
    }
}
