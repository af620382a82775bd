//! Why something is folded, in a sentence.

use roneo_client::social::{Fold, LabelView};

use super::Who;
use crate::words::Language;

/// Why something is folded: *Hors sujet, selon Vigie brume-cuivre : « annonce de vente ».*
pub(crate) fn fold_sentence(w: Language, fold: &Fold) -> String {
    match fold {
        Fold::MutedPerson => w.fold_person().to_owned(),
        Fold::MutedThread => w.fold_thread().to_owned(),
        Fold::Label(label) => label_sentence(w, label),
    }
}

/// What a curator says of something.
pub(crate) fn label_sentence(w: Language, label: &LabelView) -> String {
    let curator = Who::of(w, &label.curator);
    // Whoever reads it must not be led astray by a name or reason that turns the writing around it.
    let by = format!("\u{2068}{}\u{2069} {}", curator.name, curator.fingerprint);
    let reason = format!("\u{2068}{}\u{2069}", label.reason);
    if label.on_author {
        w.fold_label_author(w.label_tag(label.tag), by, reason)
    } else {
        w.fold_label(w.label_tag(label.tag), by, reason)
    }
}
