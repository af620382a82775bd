//! The command line: what is typed, asked of a node, printed.
//!
//! Results go to standard output and all else to standard error. A failure is one sentence that
//! says what to do, and an exit code: see [`failure::Exit`].

mod args;
mod backup;
mod client;
mod config;
mod conversations;
mod demo;
mod failure;
#[cfg(test)]
mod fake_node;
mod get;
mod get_directory;
mod keys;
mod open;
mod progress;
mod publish;
mod put;
mod put_directory;
mod qr;
mod query;
mod queue;
mod run;
mod sample;
mod service;
mod social;
mod stewards;
mod talk;
mod tree;
mod upkeep;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use roneo_client::handle::JobState;
use roneo_client::social::{PostView, Statement};
use roneo_node::platform;
use roneo_overlay::Invitation;
use serde::Serialize;
use serde_json::json;

use args::{Arguments, Command, Common, Question};
use client::Client;
use failure::Failure;
use progress::{Progress, tell};

/// How long threads that wait for the system may go on after the command has ended: one that reads
/// a terminal never ends by itself.
const THREADS_GRACE: Duration = Duration::from_millis(100);

/// Does what was typed, and says how it ended.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    let common = arguments.common.clone();
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(Box::pin(obey(arguments)));
            runtime.shutdown_timeout(THREADS_GRACE);
            outcome
        }
        Err(error) => Err(Failure::failed(format!("the system gives no threads: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if common.json {
                tell(failure.to_json());
            } else {
                tell(failure.to_text());
            }
            ExitCode::from(failure.exit() as u8)
        }
    }
}

/// Prints help where it was asked for, or what was wrong with what was typed.
fn explain(error: &clap::Error) -> ExitCode {
    let asked_for_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // What was typed did not parse, so whether it said --json can only be looked up in the raw words.
    if !asked_for_help && std::env::args_os().any(|word| word == "--json") {
        let text = error.to_string();
        let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        tell(Failure::usage(sentence).to_json());
    } else {
        // To standard output or standard error, as clap knows. A closed one concerns nobody.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::Exit::Usage as u8))
}

async fn obey(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { common, command } = arguments;
    platform::outlive_file_size_limit();
    match command {
        // These two end in order at a signal, which is how they are meant to end.
        Command::Run(args) => run::run(&data_dir(&common)?, args, &common).await,
        Command::Demo(args) => demo::demo(&args, &common).await,
        Command::Keys(command) => match keys::keys(&data_dir(&common)?, &command, &Progress::new(&common))? {
            keys::Answer::List(listed) => result(&common, &listed, || keys::text(&listed)),
            keys::Answer::Exported(text) => result(&common, &json!({ "key": *text }), || text.to_string()),
            keys::Answer::Done => Ok(()),
        },
        Command::Service(command) => {
            let progress = Progress::new(&common);
            let report = service::service(&data_dir(&common)?, command, &progress)?;
            report.to_do.iter().for_each(|sentence| progress.say(sentence));
            result(&common, &report, || service::text(&report))
        }
        Command::Open(command) => {
            let opened = open::open(&data_dir(&common)?, command, &Progress::new(&common)).await?;
            let address = if opened.opened { String::new() } else { format!("{}\n", opened.http) };
            result(&common, &opened, || address)
        }
        Command::Config(command) => {
            config::config(&data_dir(&common)?, &command, &common, &Progress::new(&common)).await
        }
        Command::Ask(question) => {
            let mut progress = Progress::new(&common);
            let kept = progress.kept();
            tokio::select! {
                done = ask(&common, question, &mut progress) => done,
                stop = platform::stop_requested() => Err(stop.map_or_else(run::deaf, |()| kept.interrupted())),
            }
        }
    }
}

/// Asks the running node, and prints its answer.
async fn ask(common: &Common, question: Question, progress: &mut Progress) -> Result<(), Failure> {
    let dir = data_dir(common)?;
    let connect = || Client::of(&dir);
    match question {
        Question::Status(args) => {
            let status = query::status(connect, &args).await?;
            result(common, &status, || query::status_text(&status))
        }
        Question::Peers => {
            let peers = connect()?.peers().await?;
            result(common, &peers, || query::peers_text(&peers))
        }
        Question::Invite(args) => {
            let invitation = connect()?.invite().await?;
            let drawn = args.qr.map(|file| qr::draw(&invitation, &file)).transpose()?;
            let shown = drawn.unwrap_or_else(|| format!("{invitation}\n"));
            result(common, &json!({ "invitation": invitation }), || shown)
        }
        Question::Join(args) => {
            let invitation = match (args.invitation, args.qr) {
                (Some(invitation), _) => invitation,
                (None, Some(file)) => qr::read(&file)?,
                (None, None) => return Err(Failure::usage("give an invitation, or --qr FILE")),
            };
            let parsed: Result<Invitation, _> = invitation.parse();
            parsed.map_err(|error| Failure::usage(error.to_string()))?;
            connect()?.join(invitation).await?;
            result(common, &json!({ "joined": true }), String::new)
        }
        Question::Put(args) => {
            if args.key.is_some() || args.ksk.is_some() {
                let published = publish::put(&connect()?, &dir, &args, progress).await?;
                return publish::show(common, &published, progress);
            }
            if args.file.is_dir() {
                let stored = put_directory::put(&connect()?, &dir, &args, progress).await?;
                say_how(progress, stored.state, stored.note.as_deref());
                progress.say(&stored.totals.words());
                return result(common, &stored, || format!("{}\n", stored.uri));
            }
            let secret = args.taken.secret();
            let stored = put::put(&connect()?, &dir, &args, secret.as_ref(), progress).await?;
            say_how(progress, stored.state, stored.note.as_deref());
            result(common, &stored, || format!("{}\n", stored.uri))
        }
        Question::Site(command) => {
            let published = publish::site(&connect()?, &dir, &command, progress).await?;
            publish::show(common, &published, progress)
        }
        Question::Repair(args) => {
            let repaired = upkeep::repair(&connect()?, &args, progress).await?;
            upkeep::show_repair(common, &repaired, progress)
        }
        Question::Check(args) => {
            let checked = upkeep::check(&connect()?, &args, progress).await?;
            upkeep::show_check(common, &checked)
        }
        Question::Keep(args) => {
            let keep = upkeep::keep(connect, &args, progress).await?;
            result(common, &json!({ "keep": keep }), || format!("{keep}\n"))
        }
        Question::Queue(args) => {
            let command = args.command.unwrap_or(args::Queue::List);
            let answer = queue::queue(&connect()?, &command, progress).await?;
            result(common, &answer, || queue::text(&answer))
        }
        Question::Identity(command) => {
            let identified = social::identity(&connect()?, &command, progress).await?;
            result(common, &identified, || social::identities_text(&identified))
        }
        Question::Board(args::Boards::List) => {
            let boards = connect()?.boards().await?;
            result(common, &boards, || social::boards_text(&boards))
        }
        Question::Board(command) => board(common, &connect()?, &command, progress).await,
        Question::Thread(args) => {
            let thread = conversations::thread(&connect()?, &args).await?;
            result(common, &thread, || conversations::thread_text(&thread))
        }
        Question::React(args) => {
            let word = args.word;
            let react = |post: &PostView| Ok(Statement::React { target: post.id.to_text(), word });
            answered(common, conversations::say_about(&connect()?, &args.about, react).await)
        }
        Question::Edit(args) => {
            let edit = |post: &PostView| {
                let standing = post.standing.clone();
                let text = match &args.text {
                    Some(_) => social::text_of(args.text.as_ref())?,
                    None => standing.map(|standing| standing.text).unwrap_or_default(),
                };
                let (target, title) = (post.id.to_text(), args.title.clone().unwrap_or_default());
                let (lang, reason) = (args.language.clone(), args.reason.clone());
                Ok(Statement::Edit { target, title, text, lang, reason })
            };
            answered(common, conversations::say_about(&connect()?, &args.about, edit).await)
        }
        Question::Retract(args) => {
            let reason = args.reason.clone();
            let retract = |post: &PostView| Ok(Statement::Retract { target: post.id.to_text(), reason });
            answered(common, conversations::say_about(&connect()?, &args.about, retract).await)
        }
        Question::Correct(args) => {
            let correct = |post: &PostView| {
                let text = social::text_of(Some(&args.text))?;
                let (lang, sources) = (args.language.clone(), args.source.clone());
                Ok(Statement::Correct { target: post.id.to_text(), text, lang, sources })
            };
            answered(common, conversations::say_about(&connect()?, &args.about, correct).await)
        }
        Question::Search(args) => {
            let found = conversations::search(&connect()?, &args).await?;
            result(common, &found, || conversations::found_text(&found))
        }
        Question::Feeds(args) => {
            let feeds = conversations::feeds(&connect()?, &args).await?;
            result(common, &feeds, || conversations::feeds_text(&feeds))
        }
        Question::Person(command) => answered(common, conversations::person(&connect()?, &command).await),
        Question::Curate(command) => answered(common, conversations::curate(&connect()?, &command).await),
        Question::Post(args) => {
            let posting = social::post(&connect()?, &args, progress).await?;
            result(common, &posting, || format!("{}\n", posting.id))
        }
        Question::Read(args) => {
            let view = social::read(&connect()?, &args, progress).await?;
            result(common, &view, || social::board_text(&view))
        }
        Question::Backup(args) => {
            let written = backup::backup(&connect()?, &args, progress).await?;
            result(common, &written, || format!("{}\n", *written.passphrase))
        }
        Question::Restore(args) => {
            let restored = backup::restore(&connect()?, &args, progress).await?;
            result(common, &restored, || backup::restored_text(&restored))
        }
        Question::Get(args) => match get::get(&connect()?, &args, progress).await? {
            get::Got::Written => Ok(()),
            get::Got::File(fetched) => result(common, &fetched, String::new),
            get::Got::Directory(fetched) => {
                progress.say(&fetched.words());
                result(common, &fetched, String::new)?;
                fetched.failure().map_or(Ok(()), Err)
            }
        },
    }
}

/// What is done with boards.
async fn board(common: &Common, client: &Client, command: &args::Boards, progress: &Progress) -> Result<(), Failure> {
    let kept = match command {
        args::Boards::New(args) => stewards::found(client, args).await?,
        args::Boards::Show(args) => stewards::show(client, args).await?,
        args::Boards::Propose(args) => stewards::propose(client, args).await?,
        args::Boards::Sign(args) => stewards::sign(client, args).await?,
        args::Boards::Invite(args) => stewards::invite(client, args).await?,
        args::Boards::Join(args) => stewards::join(client, args).await?,
        args::Boards::Key(args) => stewards::office_key(client, args).await?,
        args::Boards::List | args::Boards::Followed => {
            return answered(common, conversations::followed(client).await);
        }
        args::Boards::Follow(board) => return answered(common, conversations::follow(client, board, true).await),
        args::Boards::Unfollow(board) => return answered(common, conversations::follow(client, board, false).await),
        args::Boards::Read(board) => return answered(common, conversations::mark_read(client, board).await),
        args::Boards::Threads { board, tab, after } => {
            let threads = conversations::threads(client, board, *tab, after.as_deref(), progress).await;
            return answered(common, threads);
        }
    };
    result(common, &kept, || kept.text())
}

fn answered(common: &Common, answer: Result<conversations::Answer, Failure>) -> Result<(), Failure> {
    let answer = answer?;
    result(common, &answer, || answer.text())
}

/// Tells a person how well something is stored.
fn say_how(progress: &Progress, state: JobState, note: Option<&str>) {
    if state == JobState::Weak {
        progress.say("weak: readable, with fewer copies than wished; the node goes on placing them");
    }
    if let Some(note) = note {
        progress.say(note);
    }
}

/// Prints a result: as one line of JSON, or as `text` has it.
pub(crate) fn result(common: &Common, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let text = if common.json {
        let json = serde_json::to_string(value);
        json.map_err(|error| Failure::failed(format!("the result cannot be written: {error}")))? + "\n"
    } else {
        text()
    };
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::failed(format!("cannot write to standard output: {error}")))
}

fn data_dir(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(dir) = &common.data_dir {
        return Ok(dir.clone());
    }
    let dirs = directories::ProjectDirs::from("", "", "roneo");
    let dirs = dirs.ok_or_else(|| Failure::usage("this user has no home directory: give --data-dir DIR"))?;
    Ok(dirs.data_local_dir().to_owned())
}
