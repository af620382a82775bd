//! `roneo identity`, `roneo board`, `roneo post` and `roneo read`: conversations from a terminal.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use roneo_client::social::{
    Answers, BoardPost, BoardView, Identity, InBothLanguages, MadeIdentity, NewIdentity, NewStatement, Posting,
    PostingState, Secret, Statement, WordsIn,
};
use roneo_fproxy::api::social::ListedBoard;
use roneo_social::{BoardId, MAX_TEXT_LEN, MAX_WORDS_TEXT_LEN, open_board, starter_boards};
use serde::Serialize;
use tokio::time::sleep;

use super::args::{BoardName, Identities, PostArgs, ReadArgs, WordsLanguage};
use super::client::Client;
use super::failure::Failure;
use super::progress::Progress;

/// Time between two looks at how far a post has come.
const LOOK: Duration = Duration::from_millis(200);

/// What an `identity` command came to.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Identified {
    List(Vec<Identity>),
    Made(MadeIdentity),
    Forgotten { forgotten: String },
}

/// Does what was asked about identities.
///
/// # Errors
/// What the node says; words that cannot be read.
pub(crate) async fn identity(
    client: &Client,
    command: &Identities,
    progress: &Progress,
) -> Result<Identified, Failure> {
    match command {
        Identities::New { name, language, words } => {
            let words = words.as_deref().map(read_words).transpose()?;
            let language = match language {
                WordsLanguage::Fr => WordsIn::Fr,
                WordsLanguage::En => WordsIn::En,
            };
            let made = client.new_identity(&NewIdentity { name: name.clone(), language, words }).await?;
            if made.words.is_some() {
                progress.say(
                    "write these 24 words on paper: they are shown this once, and are the only way back to this identity",
                );
            }
            Ok(Identified::Made(made))
        }
        Identities::List => Ok(Identified::List(client.identities().await?)),
        Identities::Forget { name, yes: false } => Err(Failure::refused(format!(
            "without its 24 words nobody brings `{name}` back: look that you have them, then say \
             `roneo identity forget {name} --yes`"
        ))),
        Identities::Forget { name, yes: true } => {
            let all = client.identities().await?;
            let identity = all.iter().find(|identity| identity.name == *name);
            let identity = identity.ok_or_else(|| {
                Failure::failed(format!("no identity is called `{name}`: `roneo identity list` shows them"))
            })?;
            client.forget_identity(&identity.person).await?;
            Ok(Identified::Forgotten { forgotten: name.clone() })
        }
    }
}

/// Identities as a person reads them.
pub(crate) fn identities_text(identified: &Identified) -> String {
    let line = |identity: &Identity| {
        let InBothLanguages { fr, en } = &identity.fingerprint;
        format!("{}  {fr}  ({en})\n", identity.name)
    };
    match identified {
        Identified::List(list) => list.iter().map(line).collect(),
        Identified::Made(MadeIdentity { identity, words }) => {
            let words = words.as_ref().map(|words| numbered(words)).unwrap_or_default();
            format!("{}{words}", line(identity))
        }
        Identified::Forgotten { .. } => String::new(),
    }
}

/// Four to a line, each with its number, as they are copied by hand.
fn numbered(words: &str) -> String {
    let words: Vec<_> = words.split(' ').collect();
    let mut text = String::new();
    for (row, four) in words.chunks(4).enumerate() {
        for (column, word) in four.iter().enumerate() {
            let _ = write!(text, "{:>2}. {word:<12}", row * 4 + column + 1);
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text
}

fn read_words(file: &Path) -> Result<Secret, Failure> {
    let mut text = Secret::default();
    let limit = MAX_WORDS_TEXT_LEN as u64 + 1;
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(limit).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::failed(format!("cannot read {}: {error}", file.display())))?;
    Ok(text)
}

/// Boards as a person reads them.
pub(crate) fn boards_text(boards: &[ListedBoard]) -> String {
    let line = |board: &ListedBoard| {
        let InBothLanguages { fr, en } = &board.name;
        let name = if board.language == "fr" { fr } else { en };
        format!("{:<26} {name}\n", board.path)
    };
    boards.iter().map(line).collect()
}

/// The address of a board that was named by its path or its address. A path's language is that of the starter board of
/// this path, or of its first segment.
pub(super) fn address(named: &BoardName) -> Result<BoardId, Failure> {
    if let Some(board) = BoardId::from_text(&named.board) {
        return Ok(board);
    }
    let starter = || starter_boards().iter().find(|board| board.path == named.board).map(|board| &board.language);
    let of_country = || if named.board.starts_with("fr/") { "fr" } else { "en" };
    let language = named.board_language.as_ref().or_else(starter).map_or_else(of_country, String::as_str);
    open_board(&named.board, language).map_err(|_| {
        Failure::usage(format!(
            "`{}` is no board: `roneo board list` shows some, and a path is letters a to z, digits and hyphens between slashes",
            named.board
        ))
    })
}

/// Says something on a board, and waits until it is announced.
///
/// # Errors
/// A text that cannot be read or is too long; what the node says.
pub(crate) async fn post(client: &Client, args: &PostArgs, progress: &mut Progress) -> Result<Posting, Failure> {
    let board = address(&args.board)?;
    let answers = match (&args.answer, &args.thread) {
        (None, _) => None,
        (Some(parent), thread) => {
            Some(Answers { root: thread.as_ref().unwrap_or(parent).clone(), parent: parent.clone() })
        }
    };
    let text = text_of(args.text.as_ref())?;
    let (title, lang) = (args.title.clone().unwrap_or_default(), args.language.clone());
    let statement = Statement::Post { title, text, lang, answers };
    let new = NewStatement { identity: args.identity.clone(), board: board.to_text(), statement, now: args.now };
    let mut posting = client.say(&new).await?;
    if args.no_wait {
        return Ok(posting);
    }
    let mut told = None;
    loop {
        let now = (posting.state, posting.work_percent / 10);
        if told != Some(now) {
            progress.say(&words(&posting));
            told = Some(now);
        }
        match posting.state {
            PostingState::Announced | PostingState::Published => return Ok(posting),
            PostingState::Failed => {
                return Err(Failure::failed(posting.error.unwrap_or_else(|| "it was given up".to_owned())));
            }
            PostingState::Signed | PostingState::Stored => {}
        }
        sleep(LOOK).await;
        let id = posting.id.clone();
        let mut all = client.postings().await?.into_iter();
        posting = all.find(|posting| posting.id == id).ok_or_else(|| Failure::failed("the node has forgotten it"))?;
    }
}

pub(super) fn text_of(text: Option<&String>) -> Result<String, Failure> {
    let Some(text) = text else { return Ok(String::new()) };
    if text != "-" {
        return Ok(text.clone());
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_TEXT_LEN as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::failed(format!("the text cannot be read: {error}")))?;
    Ok(text)
}

/// How far a post is, in words.
fn words(posting: &Posting) -> String {
    match posting.state {
        PostingState::Signed if posting.waits_until.is_some() => {
            let moment = posting.waits_until.map(clock).unwrap_or_default();
            format!(
                "signed; leaves at a moment drawn at random, by {moment} (`boards.posting_delay`; `--now` for none)"
            )
        }
        PostingState::Signed => "signed; being stored".to_owned(),
        PostingState::Stored if posting.waits_until.is_some() => {
            let moment = posting.waits_until.map(clock).unwrap_or_default();
            format!("stored; you have said as much this hour as one device may on a board: announced at {moment}")
        }
        PostingState::Stored if posting.work_percent > 0 => {
            format!("stored; proof of work, {} % of what is expected", posting.work_percent)
        }
        PostingState::Stored => "stored; being announced".to_owned(),
        PostingState::Announced if posting.receipts == 1 => "announced on 1 node".to_owned(),
        PostingState::Announced => format!("announced on {} nodes", posting.receipts),
        PostingState::Published => "in your outbox: who has the board open finds it".to_owned(),
        PostingState::Failed => "given up".to_owned(),
    }
}

/// Reads a board.
///
/// # Errors
/// What the node says.
pub(crate) async fn read(client: &Client, args: &ReadArgs, progress: &Progress) -> Result<BoardView, Failure> {
    let view = client.read_board(&address(&args.board)?.to_text(), args.hours).await?;
    if view.hours_heard < view.hours_asked {
        let silent = view.hours_asked - view.hours_heard;
        progress.say(&format!("nobody answered for {silent} of {} hours: read again later", view.hours_asked));
    }
    if view.missing > 0 {
        progress.say(&format!("{} more announced and not found yet: read again later", view.missing));
    }
    if view.posts.is_empty() && view.missing == 0 && view.hours_heard == view.hours_asked {
        progress.say("nothing was said here in this time");
    }
    Ok(view)
}

/// A board as a person reads it: threads in the order of their beginnings, answers behind what they answer.
pub(crate) fn board_text(view: &BoardView) -> String {
    let mut text = String::new();
    let begins = |id: &str| view.posts.iter().any(|post| post.id == id && post.answers.is_none());
    for post in view.posts.iter().filter(|post| post.answers.as_ref().is_none_or(|answers| !begins(&answers.root))) {
        show(&mut text, post, "");
        let root = |other: &&BoardPost| other.answers.as_ref().is_some_and(|answers| answers.root == post.id);
        for answer in view.posts.iter().filter(root) {
            show(&mut text, answer, "    ");
        }
    }
    text
}

fn show(text: &mut String, post: &BoardPost, indent: &str) {
    let head = format!("{}  {}  {}", post.fingerprint.fr, clock(post.time), post.id);
    for line in [head.as_str(), post.title.as_str()].into_iter().filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "{indent}{}", safe(line));
    }
    for line in post.text.lines() {
        let _ = writeln!(text, "{indent}  {}", safe(line));
    }
    text.push('\n');
}

/// A moment by the clock on the wall; nothing for one that no calendar has.
pub(super) fn clock(time: u64) -> String {
    let moment = i64::try_from(time).ok().and_then(|time| Timestamp::from_second(time).ok());
    let zoned = moment.map(|moment| moment.to_zoned_datetime(TimeZone::system()));
    zoned.map(|moment| moment.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Foreign text for a terminal: nothing that moves its cursor, turns its direction or hides.
pub(super) fn safe(line: &str) -> String {
    let harmless = |letter: char| match letter {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{61c}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    line.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(board: &str, language: Option<&str>) -> BoardName {
        BoardName { board: board.to_owned(), board_language: language.map(str::to_owned) }
    }

    #[test]
    fn a_board_is_named_by_its_path_or_its_address() {
        let starter = starter_boards().iter().find(|board| board.path == "int/test").unwrap();
        assert_eq!(address(&named("int/test", None)).unwrap(), starter.id);
        assert_eq!(address(&named(&starter.id.to_text(), None)).unwrap(), starter.id);
        assert_eq!(address(&named("fr/31/vide", None)).unwrap(), open_board("fr/31/vide", "fr").unwrap());
        assert_eq!(address(&named("fr/31/vide", Some("oc"))).unwrap(), open_board("fr/31/vide", "oc").unwrap());
        assert!(address(&named("Chez nous", None)).is_err());
    }

    #[test]
    fn words_are_numbered_four_to_a_line() {
        let text = numbered(&vec!["abaisser"; 24].join(" "));
        assert_eq!(text.lines().count(), 6);
        assert!(text.starts_with(" 1. abaisser") && text.trim_end().ends_with("24. abaisser"), "{text}");
    }

    #[test]
    fn a_thread_stands_together_and_harms_no_terminal() {
        let post = |id: &str, answers: Option<&str>, title: &str, text: &str| BoardPost {
            id: id.to_owned(),
            author: "a".to_owned(),
            fingerprint: InBothLanguages { fr: "brume-cuivre".to_owned(), en: "mist-copper".to_owned() },
            time: 1_795_000_000,
            title: title.to_owned(),
            text: text.to_owned(),
            lang: "fr".to_owned(),
            answers: answers.map(|root| Answers { root: root.to_owned(), parent: root.to_owned() }),
            effort: 1,
        };
        let posts = vec![
            post("one", None, "Chauffage", "Coup\u{1b}[2Jé"),
            post("two", None, "Autre", ""),
            post("three", Some("one"), "", "Ici aussi\u{202e}"),
            post("four", Some("gone"), "", "seule"),
            post("five", Some("three"), "", "Sans fil"),
        ];
        let text = board_text(&BoardView { posts, ..BoardView::default() });
        let order: Vec<_> = ["one", "three", "two", "four", "five"].iter().map(|id| text.find(id).unwrap()).collect();
        assert!(order.is_sorted(), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
