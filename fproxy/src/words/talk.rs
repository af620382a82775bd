//! What people say of posts in a word, and why something of a conversation was not done.

use roneo_client::social::SocialError;
use roneo_social::{FormatError, LabelTag, ReactionWord, Theme, WordsError};

use super::Language;

impl Language {
    /// Of a text that is there in both languages, the one of the page.
    pub(crate) const fn either<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// A reaction, as it stands before its count and on its button.
    pub(crate) fn reaction(self, word: ReactionWord) -> &'static str {
        match word {
            ReactionWord::Agree => self.react_agree(),
            ReactionWord::Disagree => self.react_disagree(),
            ReactionWord::Thanks => self.react_thanks(),
            ReactionWord::Important => self.react_important(),
            ReactionWord::Question => self.react_question(),
            ReactionWord::Solidarity => self.react_solidarity(),
        }
    }

    /// Why a curator folds something.
    pub(crate) fn label_tag(self, tag: LabelTag) -> &'static str {
        match tag {
            LabelTag::Spam => self.tag_spam(),
            LabelTag::Offtopic => self.tag_offtopic(),
            LabelTag::Doxxing => self.tag_doxxing(),
            LabelTag::Hate => self.tag_hate(),
            LabelTag::Violence => self.tag_violence(),
            LabelTag::Illegal => self.tag_illegal(),
            LabelTag::Scam => self.tag_scam(),
            LabelTag::Sensitive => self.tag_sensitive(),
            LabelTag::Duplicate => self.tag_duplicate(),
        }
    }

    /// What a board is about.
    pub(crate) fn theme(self, theme: Theme) -> &'static str {
        match theme {
            Theme::Help => self.theme_help(),
            Theme::Directory => self.theme_directory(),
            Theme::Work => self.theme_work(),
            Theme::Income => self.theme_income(),
            Theme::Housing => self.theme_housing(),
            Theme::Health => self.theme_health(),
            Theme::School => self.theme_school(),
            Theme::Climate => self.theme_climate(),
            Theme::Rights => self.theme_rights(),
            Theme::Elected => self.theme_elected(),
            Theme::Lists => self.theme_lists(),
            Theme::Tools => self.theme_tools(),
            Theme::Assembly => self.theme_assembly(),
            Theme::City => self.theme_city(),
        }
    }

    /// A place by its code (ISO 3166); every country where there is none.
    pub(crate) fn place(self, code: &str) -> String {
        match code {
            "" => self.place_everywhere().to_owned(),
            "FR" => self.place_france().to_owned(),
            other => other.to_owned(),
        }
    }

    /// Why something of a conversation was not read or done, and what to do.
    pub(crate) fn talk_sentence(self, error: &SocialError) -> String {
        match error {
            SocialError::NoSuchIdentity(_) => self.talk_no_identity().to_owned(),
            SocialError::IdentityExists(name) => self.talk_identity_exists(name),
            SocialError::IdentityHere => self.talk_identity_here().to_owned(),
            SocialError::Words(error) => self.words_sentence(error),
            SocialError::Name(_) => self.talk_name().to_owned(),
            SocialError::Post(FormatError::Field(_)) => self.talk_post_field().to_owned(),
            SocialError::Post(_) => self.talk_post().to_owned(),
            SocialError::Board => self.talk_board().to_owned(),
            SocialError::NoBoard | SocialError::NotStewarded => self.talk_no_board().to_owned(),
            SocialError::Invitation(_) => self.talk_invitation().to_owned(),
            SocialError::NoLongerInvited => self.talk_no_longer_invited().to_owned(),
            SocialError::NotSteward => self.talk_not_steward().to_owned(),
            SocialError::NotIntroducer => self.talk_not_introducer().to_owned(),
            SocialError::Terms(_) => self.talk_terms().to_owned(),
            SocialError::NoProposal => self.talk_no_proposal().to_owned(),
            SocialError::NoChange => self.talk_no_change().to_owned(),
            SocialError::Id => self.talk_id().to_owned(),
            SocialError::Full { most, .. } => self.talk_full(*most),
            SocialError::Newer => self.kept_newer().to_owned(),
            SocialError::NotHeard => self.talk_not_heard().to_owned(),
            SocialError::OtherMachine => self.talk_other_machine().to_owned(),
            SocialError::NotYours => self.talk_not_yours().to_owned(),
            SocialError::Disk(_) => self.kept_disk().to_owned(),
            SocialError::Index(_) => self.talk_index().to_owned(),
            _ => self.talk_other().to_owned(),
        }
    }

    /// What is wrong in 24 words.
    fn words_sentence(self, error: &WordsError) -> String {
        match error {
            WordsError::Count(count) => self.words_count(*count),
            WordsError::Unknown { position } => self.words_unknown(*position),
            WordsError::Mixed => self.words_mixed().to_owned(),
            WordsError::Checksum => self.words_checksum().to_owned(),
            _ => self.words_too_long().to_owned(),
        }
    }
}
