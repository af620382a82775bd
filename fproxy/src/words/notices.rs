//! What a node says in codes, in words. No arm stands for several codes of the future: one without words does not
//! compile.

use roneo_client::folder::FileFault;
use roneo_client::notice::{InvitationError, Left, Loss, Note, Outcome, Refusal, Wanted, Warning};

use super::Language;
use crate::trouble::link_sentence;

impl Language {
    /// A remark on a job; nothing for what its state says already.
    pub(crate) fn note(self, note: &Note) -> Option<String> {
        Some(match *note {
            // `weak` says so, with the number.
            Note::Lacking { .. } => return None,
            Note::Outlook { nodes, gone, loss } => self.outlook(nodes, gone, loss),
            Note::NameLacking => self.note_name_lacking().to_owned(),
            Note::Overwritten => self.note_overwritten().to_owned(),
            Note::FewAnswered { answered } => self.note_few_answered(answered),
            Note::FoundByItself { edition, newest: Some(newest) } => self.note_by_itself_newest(edition, newest),
            Note::FoundByItself { edition, newest: None } => self.note_by_itself(edition),
            Note::Mended { remade: 0, recopied: 0 } => self.note_mended_none().to_owned(),
            Note::Mended { remade, recopied: 0 } => self.note_remade(remade),
            Note::Mended { remade: 0, recopied } => self.note_recopied(recopied),
            Note::Mended { remade, recopied } => {
                format!("{} {}", self.note_remade(remade), self.note_recopied(recopied))
            }
            Note::PartsLacking { parts } => self.note_parts_lacking(parts),
        })
    }

    fn outlook(self, nodes: usize, gone: usize, loss: Loss) -> String {
        let chance = match loss {
            Loss::Rare => self.loss_rare().to_owned(),
            Loss::Once { of } => self.loss_once(of),
            Loss::Likely => self.loss_likely().to_owned(),
        };
        if nodes == 1 { self.note_outlook_one(chance) } else { self.note_outlook(nodes, gone, chance) }
    }

    /// Why the node did not do what it was asked, and what to do.
    pub(crate) fn refusal(self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::NoDocument => self.refusal_no_document().to_owned(),
            Refusal::Unwritable { .. } => self.refusal_unwritable().to_owned(),
            Refusal::NoTarget => self.refusal_no_target().to_owned(),
            Refusal::NoRecord => self.refusal_no_record().to_owned(),
            Refusal::KeepLink => self.refusal_keep_link().to_owned(),
            Refusal::NothingKept => self.refusal_nothing_kept().to_owned(),
            Refusal::Link(error) => link_sentence(self, error),
            Refusal::Name { most } => self.refusal_name(*most),
            Refusal::MediaType { most } => self.refusal_media_type(*most),
            Refusal::NotQueued => self.refusal_not_queued().to_owned(),
            Refusal::Over => self.refusal_over().to_owned(),
            Refusal::NothingToRead => self.refusal_nothing_to_read().to_owned(),
            Refusal::Unkept { .. } => self.refusal_unkept().to_owned(),
            Refusal::ReadByOffset | Refusal::NoOffset => self.refusal_reading().to_owned(),
            Refusal::BehindEnd { start, whole } => self.refusal_behind_end(*start, *whole),
            Refusal::Invitation(error) => self.invitation(*error).to_owned(),
            Refusal::OtherNetwork { invited, here } => self.refusal_other_network(invited, here),
        }
    }

    /// Why an invitation cannot be read, and what to do.
    fn invitation(self, error: InvitationError) -> &'static str {
        match error {
            InvitationError::NotAnInvitation => self.invitation_none(),
            InvitationError::Cut => self.invitation_cut(),
            InvitationError::Damaged => self.invitation_damaged(),
            InvitationError::Newer => self.invitation_newer(),
        }
    }

    /// What whoever runs the node should know.
    pub(crate) fn warning(self, warning: &Warning) -> String {
        match warning {
            Warning::LocalNetwork => self.node_local().to_owned(),
            Warning::SmallCrowd { nodes } => self.node_small(*nodes),
            Warning::Recording => self.warning_recording().to_owned(),
            Warning::StoreStays { bytes } => self.warning_store_stays(self.bytes(*bytes).to_string()),
            Warning::StoreDisk { failures } => self.warning_store_disk(*failures),
            Warning::StoreStopped => self.warning_store_stopped().to_owned(),
            Warning::QueueDisk { failures } => self.warning_queue_disk(*failures),
            Warning::QueueLeft { file, because } => match because {
                Left::OneTooMany => self.warning_queue_full(file),
                Left::Unreadable { .. } => self.warning_queue_unreadable(file),
                Left::Newer => self.warning_queue_newer(file),
            },
            Warning::QueueDamaged { file, aside, outcome } => match outcome {
                Outcome::Lost => self.warning_queue_lost(file, aside),
                Outcome::GoesOn => self.warning_queue_goes_on(file, aside),
                Outcome::Disk { .. } => self.warning_queue_stuck(file),
            },
            Warning::TransferEnded { .. } => self.warning_transfer_ended().to_owned(),
            Warning::HeardClosed { .. } => self.warning_heard_closed().to_owned(),
            Warning::KeptNewer { file } => self.warning_kept_newer(file),
            Warning::KeptDamaged { file, aside } => self.warning_kept_damaged(file, aside),
        }
    }

    /// Why a file is not published, and what to do.
    pub(crate) fn file_fault(self, fault: FileFault) -> &'static str {
        match fault {
            FileFault::Name => self.file_name(),
            FileFault::Key => self.file_key(),
            FileFault::Clash => self.file_clash(),
            FileFault::Link => self.file_link(),
            FileFault::Locked => self.file_locked(),
            FileFault::Packing => self.file_packing(),
            FileFault::Damaged => self.file_damaged(),
        }
    }

    /// What a setting may be.
    pub(crate) fn wanted(self, wanted: &Wanted) -> String {
        match wanted {
            Wanted::OneOf(words) => self.wanted_one_of(words.join(", ")),
            Wanted::Switch => self.wanted_switch().to_owned(),
            Wanted::Size => self.wanted_size().to_owned(),
            Wanted::OwnAddress => self.wanted_own_address().to_owned(),
            Wanted::Addresses => self.wanted_addresses().to_owned(),
            Wanted::Invitations(error) => self.invitation(*error).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every note that there is: the outlook and the editions in each of their forms.
    const NOTES: [Note; 11] = [
        Note::Outlook { nodes: 1, gone: 1, loss: Loss::Likely },
        Note::Outlook { nodes: 4, gone: 2, loss: Loss::Once { of: 1_200 } },
        Note::Outlook { nodes: 2, gone: 1, loss: Loss::Rare },
        Note::NameLacking,
        Note::Overwritten,
        Note::FewAnswered { answered: 1 },
        Note::FoundByItself { edition: 4, newest: Some(3) },
        Note::FoundByItself { edition: 4, newest: None },
        Note::Mended { remade: 2, recopied: 1 },
        Note::Mended { remade: 0, recopied: 0 },
        Note::PartsLacking { parts: 2 },
    ];

    #[test]
    fn a_remark_is_in_the_language_of_its_page_and_names_its_numbers() {
        for note in NOTES {
            let [french, english] = [Language::French, Language::English].map(|w| w.note(&note).unwrap());
            assert!(french != english && french.ends_with('.') && english.ends_with('.'), "{french} {english}");
            assert!(!french.contains(" the ") && !english.contains(" les "), "{french} {english}");
        }
        assert!(Language::French.note(&NOTES[1]).unwrap().contains("1\u{202f}200"));
        assert_eq!(Language::French.note(&Note::Lacking { blocks: 1, total: 2 }), None);
    }
}
