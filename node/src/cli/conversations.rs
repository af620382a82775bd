//! What was heard on boards, from a terminal: threads, people, search, curators.

use std::fmt::Write as _;

use roneo_client::social::{
    BoardRow, Curator, FollowedView, Found, Marks, NewStatement, PersonChange, PersonView, PostView, Posting, Search,
    Statement, ThreadList, ThreadRow, ThreadView,
};
use roneo_fproxy::api::social::{NewCurators, NewFeed};
use roneo_fproxy::feeds::Feed;
use roneo_index::{Fold, Named, Placed};
use roneo_social::{PersonId, starter_boards};
use serde::Serialize;

use super::args::{AboutArgs, BoardName, BoardTab, Curate, FeedsArgs, People, SearchArgs, ThreadArgs};
use super::client::Client;
use super::failure::Failure;
use super::progress::Progress;
use super::social::{address, clock, safe};
use super::stewards;

/// Spaces before an answer, for each that it answers; deeper ones are not moved further.
const INDENT: usize = 4;
/// How deep answers are moved to the right.
const DEEPEST: u32 = 3;

/// What a command about a board or a person came to.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Threads(ThreadList),
    Boards(Vec<BoardRow>),
    Person(PersonView),
    Said(Posting),
    Done { done: bool },
}

const DONE: Answer = Answer::Done { done: true };

impl Answer {
    /// As a person reads it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Threads(list) => list.threads.iter().map(row_line).collect::<String>() + &more(list.next.as_deref()),
            Self::Boards(rows) => rows.iter().map(board_line).collect(),
            Self::Person(view) => person_text(view),
            Self::Said(posting) => format!("{}\n", posting.id),
            Self::Done { .. } => String::new(),
        }
    }
}

/// The boards that are followed.
///
/// # Errors
/// What the node says; so for the others.
pub(crate) async fn followed(client: &Client) -> Result<Answer, Failure> {
    client.get("followed/boards").await.map(Answer::Boards)
}

/// Follows a board, or no longer.
pub(crate) async fn follow(client: &Client, board: &BoardName, follow: bool) -> Result<Answer, Failure> {
    // A board with stewards is got to know before it can be read.
    let board = match stewards::is_link(&board.board) {
        true => stewards::meet(client, &board.board).await?.board,
        false => address(board)?.to_text(),
    };
    client.follow_board(&board, follow).await?;
    Ok(DONE)
}

/// Marks a board as read.
pub(crate) async fn mark_read(client: &Client, board: &BoardName) -> Result<Answer, Failure> {
    client.mark(&Marks { board_read: Some(address(board)?.to_text()), ..Marks::default() }).await?;
    Ok(DONE)
}

/// The threads of a board.
pub(crate) async fn threads(
    client: &Client,
    board: &BoardName,
    tab: BoardTab,
    after: Option<&str>,
    progress: &Progress,
) -> Result<Answer, Failure> {
    let tab = match tab {
        BoardTab::All => "all",
        BoardTab::Unread => "unread",
        BoardTab::Newcomers => "newcomers",
        BoardTab::Folded => "folded",
    };
    let board = address(board)?.to_text();
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let list: ThreadList = client.get(&format!("boards/{board}/threads?tab={tab}{after}")).await?;
    match list.heard_at {
        None => progress.say("the node is listening to this board now: look again in a moment"),
        Some(_) if list.missing > 0 => {
            progress.say(&format!("{} more announced and not found yet: look again later", list.missing));
        }
        Some(_) if list.threads.is_empty() => progress.say("there is nothing here"),
        Some(_) => {}
    }
    Ok(Answer::Threads(list))
}

/// One thread.
pub(crate) async fn thread(client: &Client, args: &ThreadArgs) -> Result<ThreadView, Failure> {
    let after = args.after.as_ref().map(|after| format!("?after={after}")).unwrap_or_default();
    client.get(&format!("threads/{}{after}", args.post)).await
}

/// A thread as a person reads it.
pub(crate) fn thread_text(thread: &ThreadView) -> String {
    let posts: String = thread.posts.entries.iter().map(placed_text).collect();
    posts + &more(thread.posts.next.as_deref())
}

/// Says something about a post, on the board where that stands.
pub(crate) async fn say_about(
    client: &Client,
    about: &AboutArgs,
    statement: impl FnOnce(&PostView) -> Result<Statement, Failure>,
) -> Result<Answer, Failure> {
    let (board, post) = found(client, &about.post).await?;
    let (identity, statement) = (about.identity.clone(), statement(&post)?);
    Ok(Answer::Said(client.say(&NewStatement { identity, board, statement, now: false }).await?))
}

/// A post that was heard, and a board where it stands.
async fn found(client: &Client, id: &str) -> Result<(String, PostView), Failure> {
    let mut after = None;
    loop {
        let thread = thread(client, &ThreadArgs { post: id.to_owned(), after }).await?;
        let here = thread.posts.entries.into_iter().find(|placed| placed.post.id.to_text() == id);
        if let Some(Placed { post, .. }) = here {
            let board = post.boards.first().or(thread.row.boards.first());
            let board = board.ok_or_else(|| Failure::failed("it was heard on no board: open one where it stands"))?;
            return Ok((board.to_text(), post));
        }
        after = thread.posts.next;
        if after.is_none() {
            return Err(Failure::failed("this post is not here yet: open its board and wait until it is heard"));
        }
    }
}

/// Addresses for a feed reader. Who has one can read that feed.
pub(crate) async fn feeds(client: &Client, args: &FeedsArgs) -> Result<Vec<Feed>, Failure> {
    let feeds = match &args.search {
        Some(words) => vec![client.new_feed(&NewFeed::Search(words.clone())).await?],
        None => client.get("feeds").await?,
    };
    let whole = |feed: Feed| Feed { path: format!("http://{}{}", client.address(), feed.path), ..feed };
    Ok(feeds.into_iter().map(whole).collect())
}

/// Feeds as a person reads them.
pub(crate) fn feeds_text(feeds: &[Feed]) -> String {
    feeds.iter().map(|feed| format!("{}\n  {}\n", safe(&feed.title), feed.path)).collect()
}

/// Searches what was heard.
pub(crate) async fn search(client: &Client, args: &SearchArgs) -> Result<Found, Failure> {
    let board = args.board.as_ref().map(|board| address(&BoardName { board: board.clone(), board_language: None }));
    let board = board.transpose()?.map(|board| board.to_text());
    let SearchArgs { words, person, after, .. } = args.clone();
    client.search(&Search { words, board, person, since: None, after }).await
}

/// What was found as a person reads it.
pub(crate) fn found_text(found: &Found) -> String {
    let mut text = String::new();
    for hit in &found.hits {
        let _ = writeln!(text, "{}  {}  {}", name(&hit.author), clock(hit.time), hit.id.to_text());
        for line in [&hit.title, &hit.excerpt].into_iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {}", safe(line));
        }
        text.push('\n');
    }
    text + &more(found.next.as_deref())
}

/// Does what was asked about somebody.
pub(crate) async fn person(client: &Client, command: &People) -> Result<Answer, Failure> {
    let (person, change) = match command {
        People::Show { person } => return client.get(&format!("people/{person}")).await.map(Answer::Person),
        People::Follow { person } => (person, PersonChange { followed: Some(true), ..PersonChange::default() }),
        People::Unfollow { person } => (person, PersonChange { followed: Some(false), ..PersonChange::default() }),
        People::Name { person, name } => {
            (person, PersonChange { petname: Some(name.clone()), ..PersonChange::default() })
        }
        People::Mute { person } => (person, PersonChange { muted: Some(true), ..PersonChange::default() }),
        People::Unmute { person } => (person, PersonChange { muted: Some(false), ..PersonChange::default() }),
    };
    client.change_person(person, &change).await?;
    Ok(DONE)
}

/// Does what was asked about labels.
pub(crate) async fn curate(client: &Client, command: &Curate) -> Result<Answer, Failure> {
    match command {
        Curate::Label { about, tag, reason, author, retracts } => {
            say_about(client, about, |post| {
                let (post, person) = (post.id.to_text(), post.author.person.to_text());
                Ok(Statement::Label {
                    post: (!author).then_some(post),
                    person: author.then_some(person),
                    tag: *tag,
                    reason: reason.clone(),
                    until: 0,
                    retracts: retracts.clone(),
                    everywhere: false,
                })
            })
            .await
        }
        Curate::Follow { person, board, alone } => set_curator(client, person, board.as_deref(), Some(*alone)).await,
        Curate::Unfollow { person, board } => set_curator(client, person, board.as_deref(), None).await,
    }
}

async fn set_curator(
    client: &Client,
    person: &str,
    board: Option<&str>,
    alone: Option<bool>,
) -> Result<Answer, Failure> {
    let person =
        PersonId::from_text(person).ok_or_else(|| Failure::usage("this is no key of a person: copy it again"))?;
    let board = board.map(|board| address(&BoardName { board: board.to_owned(), board_language: None })).transpose()?;
    let followed: FollowedView = client.get("followed").await?;
    let here = followed.curators.into_iter().find(|(of, _)| *of == board);
    let mut curators = here.map(|(_, list)| list).unwrap_or_default();
    curators.retain(|curator| curator.person != person);
    curators.extend(alone.map(|alone| Curator { person, alone }));
    client.set_curators(&NewCurators { board: board.map(|board| board.to_text()), curators }).await?;
    Ok(DONE)
}

fn name(named: &Named) -> String {
    let words = roneo_social::fingerprint(named.person.as_bytes(), roneo_social::WordLanguage::French);
    match named.shown() {
        Some(name) => {
            let warning = named.looks_like.as_deref().map(|known| format!(" (not the {} whom you know)", safe(known)));
            format!("{} · {words}{}", safe(name), warning.unwrap_or_default())
        }
        None => words,
    }
}

fn more(next: Option<&str>) -> String {
    next.map(|next| format!("more: --after {next}\n")).unwrap_or_default()
}

fn board_line(row: &BoardRow) -> String {
    let path = starter_boards().iter().find(|board| board.id == row.board).map(|board| board.path.clone());
    let named = path.unwrap_or_else(|| row.board.to_text());
    format!("{named:<26} {} unread in {} threads\n", row.unread_posts, row.unread_threads)
}

fn row_line(row: &ThreadRow) -> String {
    let author = row.author.as_ref().map(name).unwrap_or_default();
    let title = match (&row.title, row.retracted) {
        (Some(title), _) => safe(title),
        (None, true) => "(taken back)".to_owned(),
        (None, false) => "(its beginning is not here)".to_owned(),
    };
    let fold = row.fold.as_ref().map(|fold| format!("  [{}]", fold_words(fold))).unwrap_or_default();
    let unread = if row.unread > 0 { format!(", {} unread", row.unread) } else { String::new() };
    format!(
        "{}  {}  {title}{fold}\n    {author}, {} answers{unread}  {}\n",
        clock(row.last_activity),
        if row.bookmarked { "*" } else { " " },
        row.replies,
        row.root.to_text()
    )
}

/// A word of a format, as that spells it.
fn spelled(word: impl Serialize) -> String {
    let value = serde_json::to_value(word).ok();
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn fold_words(fold: &Fold) -> String {
    match fold {
        Fold::MutedPerson => "folded: its author is muted by you".to_owned(),
        Fold::MutedThread => "folded: muted by you".to_owned(),
        Fold::Label(label) => {
            format!("folded: {}, {} ({})", spelled(label.tag), safe(&label.reason), name(&label.curator))
        }
    }
}

fn placed_text(placed: &Placed) -> String {
    let indent = " ".repeat(INDENT * placed.depth.min(DEEPEST) as usize);
    post_text(&placed.post, &indent)
}

fn post_text(post: &PostView, indent: &str) -> String {
    let mut lines = vec![format!("{}  {}  {}", name(&post.author), clock(post.time), post.id.to_text())];
    lines.extend(post.fold.as_ref().map(|fold| format!("[{}]", fold_words(fold))));
    if let Some(retracted) = &post.retracted {
        lines.push(format!("(taken back {}: {})", clock(retracted.time), safe(&retracted.reason)));
    }
    if let Some(standing) = &post.standing {
        lines.extend(Some(safe(&standing.title)).filter(|title| !title.is_empty()));
        lines.extend(standing.text.lines().map(|line| format!("  {}", safe(line))));
        if post.versions > 1 {
            lines.push(format!("(changed {}: {})", clock(standing.time), safe(&standing.reason)));
        }
    }
    if !post.reactions.is_empty() {
        let counts: Vec<String> =
            post.reactions.iter().map(|said| format!("{} {}", said.count, spelled(said.word))).collect();
        lines.push(format!("({})", counts.join(", ")));
    }
    for correction in &post.corrections {
        lines.push(format!("! {}: {}", name(&correction.author), safe(&correction.text)));
        lines.extend(correction.sources.iter().map(|source| format!("  {}", safe(source))));
    }
    lines.iter().map(|line| format!("{indent}{line}\n")).collect::<String>() + "\n"
}

fn person_text(view: &PersonView) -> String {
    let followed = if view.followed { ", followed" } else { "" };
    let muted = if view.muted { ", muted" } else { "" };
    let mut text = format!("{}{followed}{muted}\n{}\n\n", name(&view.who), view.who.person.to_text());
    view.posts.iter().for_each(|post| text.push_str(&post_text(post, "")));
    text + &more(view.next.as_deref())
}
