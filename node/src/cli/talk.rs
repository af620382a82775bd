//! What the people of a demonstration say to each other, for as long as it runs.

use std::sync::Arc;
use std::time::Duration;

use roneo_client::social::{
    Answers, NewIdentity, NewStatement, PostingState, SocialError, SocialHandle, Statement, WordsIn,
};
use roneo_node::RunningNode;
use roneo_social::{BoardId, open_board};
use tokio::time::sleep;

/// Between two sentences of the conversation.
const BREATH: Duration = Duration::from_secs(8);
/// Between two remarks once all was said: with two boards and three people, far below what a device may announce.
const SILENCE: Duration = Duration::from_secs(20 * 60);
/// Between two looks at whether a post is announced.
const LOOK: Duration = Duration::from_millis(200);

/// One post: who speaks, on which board, what it answers (a turn before it, counted from 0), title, text.
struct Turn {
    who: usize,
    board: usize,
    answers: Option<usize>,
    title: &'static str,
    text: &'static str,
}

/// Names, and the language of their words.
const PEOPLE: [(&str, WordsIn); 3] = [("Ada", WordsIn::Fr), ("Zola", WordsIn::Fr), ("Sam", WordsIn::En)];
/// Paths and languages.
const BOARDS: [(&str, &str); 2] = [("fr/logement", "fr"), ("int/welcome", "en")];

const TURNS: [Turn; 8] = [
    Turn {
        who: 0,
        board: 0,
        answers: None,
        title: "Chauffage coupé aux Tilleuls",
        text: "Depuis lundi, bâtiments B et C. Le bailleur parle d’une pièce à commander.\n\nQui d’autre ? Notez vos températures, matin et soir.",
    },
    Turn {
        who: 1,
        board: 0,
        answers: Some(0),
        title: "",
        text: "Bâtiment C, quatrième : 14 degrés ce matin. J’ai la mise en demeure de l’an dernier, je la mets au propre.",
    },
    Turn {
        who: 2,
        board: 1,
        answers: None,
        title: "What is kept on my machine?",
        text: "I lend 10 GB. Can anybody say that I read what is in there?",
    },
    Turn {
        who: 0,
        board: 1,
        answers: Some(2),
        title: "",
        text: "No: blocks come sealed, and you hold no key to them. Look at *Protected, not protected* in the help.",
    },
    Turn {
        who: 0,
        board: 0,
        answers: Some(1),
        title: "",
        text: "Merci. On la signe à plusieurs jeudi, 18 h, salle du bas.",
    },
    Turn {
        who: 1,
        board: 0,
        answers: None,
        title: "Compte rendu du jeudi",
        text: "Vingt-deux personnes, seize signatures. La lettre part en recommandé. Le chauffage est promis pour samedi ; on se retrouve dimanche dans tous les cas.",
    },
    Turn { who: 2, board: 1, answers: Some(3), title: "", text: "Thank you. I will leave it running, then." },
    Turn { who: 0, board: 0, answers: Some(5), title: "", text: "19 degrés ce matin. On garde la liste." },
];

/// Said in turn once the conversation is over.
const REMARKS: [&str; 4] = [
    "Toujours 19 degrés.",
    "La liste a trois noms de plus.",
    "Bâtiment D demande la lettre.",
    "Réunion dimanche, 16 h.",
];

/// Has three people on three nodes talk until the task is dropped.
///
/// # Errors
/// What a node says; the demonstration goes on without them then.
pub(crate) async fn talk(nodes: &[RunningNode]) -> Result<(), SocialError> {
    let Some(apart) = nodes.len().checked_div(PEOPLE.len()).filter(|apart| *apart > 0) else { return Ok(()) };
    let mut people: Vec<Arc<dyn SocialHandle>> = Vec::new();
    for (number, (name, language)) in PEOPLE.into_iter().enumerate() {
        let social = nodes[number * apart].social();
        let identity = NewIdentity { name: name.to_owned(), language, words: None };
        social.new_identity(identity).await?;
        people.push(social);
    }
    let mut said: Vec<(String, String)> = Vec::new();
    for turn in &TURNS {
        let answers = turn.answers.map(|of| Answers { root: said[of].0.clone(), parent: said[of].1.clone() });
        let root = answers.as_ref().map(|answers| answers.root.clone());
        let id = say(&people, turn.who, turn.board, turn.title, turn.text, answers).await?;
        said.push((root.unwrap_or_else(|| id.clone()), id));
        sleep(BREATH).await;
    }
    let (root, parent) = said[5].clone();
    for remark in REMARKS.iter().cycle() {
        sleep(SILENCE).await;
        let answers = Answers { root: root.clone(), parent: parent.clone() };
        say(&people, 1, 0, "", remark, Some(answers)).await?;
    }
    Ok(())
}

/// Says something and waits until it is announced.
async fn say(
    people: &[Arc<dyn SocialHandle>],
    who: usize,
    board: usize,
    title: &str,
    text: &str,
    answers: Option<Answers>,
) -> Result<String, SocialError> {
    let (path, lang) = BOARDS[board];
    let board: BoardId = open_board(path, lang).map_err(|_| SocialError::Board)?;
    let statement = Statement::Post { title: title.to_owned(), text: text.to_owned(), lang: lang.to_owned(), answers };
    let new = NewStatement { identity: PEOPLE[who].0.to_owned(), board: board.to_text(), statement, now: true };
    let id = people[who].say(new).await?.id;
    loop {
        let postings = people[who].postings().await?;
        let state = postings.iter().find(|posting| posting.id == id).map(|posting| posting.state);
        if !matches!(state, Some(PostingState::Signed | PostingState::Stored)) {
            return Ok(id);
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_social::{MAX_PER_DEVICE, starter_boards};

    #[test]
    fn every_answer_follows_what_it_answers_on_the_same_board() {
        for (number, turn) in TURNS.iter().enumerate() {
            assert_eq!(turn.title.is_empty(), turn.answers.is_some(), "{number}");
            if let Some(of) = turn.answers {
                assert!(of < number && TURNS[of].board == turn.board, "{number}");
            }
        }
        for (path, language) in BOARDS {
            assert!(
                starter_boards().iter().any(|board| (board.path.as_str(), board.language.as_str()) == (path, language))
            );
        }
    }

    #[test]
    fn nobody_has_to_wait_for_the_next_hour() {
        for who in 0..PEOPLE.len() {
            for board in 0..BOARDS.len() {
                let count = TURNS.iter().filter(|turn| turn.who == who && turn.board == board).count();
                assert!(count <= MAX_PER_DEVICE, "{who} on {board}: {count}");
            }
        }
    }
}
