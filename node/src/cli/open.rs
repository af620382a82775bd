//! `roneo open`: the console, in a browser.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use roneo_node::{data_dir, platform};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::args;
use super::client::Client;
use super::failure::{Exit, Failure};
use super::progress::Progress;

/// How long a node may take until it answers.
const START_WAIT: Duration = Duration::from_secs(60);
/// Pause between two looks at whether it does.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long an opener may take to say that it found no browser.
const OPENER_WAIT: Duration = Duration::from_secs(5);
/// What stands for the address in `BROWSER`.
const ADDRESS: &str = "%s";

/// What opening came to.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Opened {
    /// The console's address.
    pub(crate) http: String,
    /// Whether a browser took it.
    pub(crate) opened: bool,
}

/// Opens the console of the node that runs on `data_dir`.
///
/// # Errors
/// No node runs, or none could be started.
pub(crate) async fn open(data_dir: &Path, command: args::Open, progress: &Progress) -> Result<Opened, Failure> {
    match answers(data_dir).await {
        Ok(()) => {}
        Err(failure) if failure.exit() != Exit::NotRunning => return Err(failure),
        Err(_) if command.start => {
            progress.say("starting a node");
            start(data_dir).await?;
        }
        Err(failure) => {
            let sentence = format!("{failure}, or with `roneo open --start`");
            return Err(Failure::new(Exit::NotRunning, failure.code(), sentence));
        }
    }
    let info = data_dir::read_run_info(data_dir).map_err(|error| Failure::failed(error.to_string()))?;
    let http = info.and_then(|info| info.http).ok_or_else(|| Failure::not_running(data_dir))?;
    let http = format!("{}/", http.trim_end_matches('/'));
    let wished = std::env::var("BROWSER").unwrap_or_default();
    let opened = show(&http, &wished).await;
    if !opened {
        progress.say("no browser was found: open this address in one on this machine");
    }
    Ok(Opened { http, opened })
}

async fn answers(data_dir: &Path) -> Result<(), Failure> {
    Client::of(data_dir)?.status().await.map(drop)
}

/// Starts a node that outlives this command.
async fn start(data_dir: &Path) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("the system does not say where this program lies: {error}")))?;
    let mut command = Command::new(program);
    command.arg("run").arg("--quiet").arg("--data-dir").arg(data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    platform::detach(&mut command);
    let mut node = command.spawn().map_err(|error| Failure::failed(format!("no node could be started: {error}")))?;
    let by_hand = format!("`roneo run --data-dir {}` says why", data_dir.display());
    let until = Instant::now() + START_WAIT;
    while answers(data_dir).await.is_err() {
        if ended(&mut node) {
            return Err(Failure::failed(format!("the node did not start: {by_hand}")));
        }
        if Instant::now() >= until {
            return Err(Failure::failed(format!("the node does not answer: {by_hand}")));
        }
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

fn ended(node: &mut Child) -> bool {
    // What cannot be asked is not there.
    !matches!(node.try_wait(), Ok(None))
}

/// Hands the address to the browsers that the user named, then to what the system opens pages with.
async fn show(http: &str, wished: &str) -> bool {
    for browser in wished.split(':').filter(|browser| !browser.trim().is_empty()) {
        let Some((program, arguments)) = browser_command(browser, http) else { continue };
        // It may run in this terminal, as text browsers do, and then this command ends with it.
        if Command::new(program).args(arguments).status().is_ok_and(|status| status.success()) {
            return true;
        }
    }
    for opener in platform::page_openers() {
        let Some((program, arguments)) = opener.split_first() else { continue };
        let mut command = Command::new(program);
        command.args(arguments).arg(http).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut running) = command.spawn() else { continue };
        let until = Instant::now() + OPENER_WAIT;
        loop {
            match running.try_wait() {
                // One that still runs after a while is showing the page.
                Ok(None) if Instant::now() < until => sleep(LOOK_AGAIN).await,
                Ok(None) => return true,
                Ok(Some(ended)) if ended.success() => return true,
                Ok(Some(_)) | Err(_) => break,
            }
        }
    }
    false
}

/// A browser as `BROWSER` names it: words, of which one may stand for the address.
fn browser_command(browser: &str, http: &str) -> Option<(String, Vec<String>)> {
    let mut words: Vec<String> = browser.split_whitespace().map(|word| word.replace(ADDRESS, http)).collect();
    if !browser.contains(ADDRESS) {
        words.push(http.to_owned());
    }
    let arguments = words.split_off(1);
    Some((words.pop()?, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_do() {
        let http = "http://127.0.0.1:8888/";
        for (browser, program, arguments) in [
            ("firefox", "firefox", vec![http]),
            ("firefox --new-window", "firefox", vec!["--new-window", http]),
            ("lynx -accept_all_cookies %s -x", "lynx", vec!["-accept_all_cookies", http, "-x"]),
        ] {
            let (found, given) = browser_command(browser, http).unwrap();
            assert_eq!((found.as_str(), given), (program, arguments.iter().map(ToString::to_string).collect()));
        }
    }
}
