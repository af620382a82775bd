//! `roneo config`: what is set, and setting it.

use std::path::Path;

use roneo_client::profile::{Effect, ProfileError, Setting};
use roneo_node::config::edit;
use serde_json::json;

use super::args::Config;
use super::client::Client;
use super::failure::{Exit, Failure};
use super::progress::Progress;
use super::{Common, result};

/// Does what was asked, and prints its answer. A node that runs is told, so that it heeds at once what
/// can be heeded at once; without one the file itself is changed.
///
/// # Errors
/// A setting that there is not, a value that it cannot have, a file that cannot be read or written.
pub(crate) async fn config(
    data_dir: &Path,
    command: &Config,
    common: &Common,
    progress: &Progress,
) -> Result<(), Failure> {
    let node = Client::of(data_dir).ok();
    match command {
        Config::Path => {
            let path = roneo_node::data_dir::config_path(data_dir);
            result(common, &json!({ "path": path }), || format!("{}\n", path.display()))
        }
        Config::List => {
            let settings = edit::list(data_dir)?;
            result(common, &settings, || settings.iter().map(explained).collect())
        }
        Config::Get { name } => {
            let setting = edit::get(data_dir, name)?;
            result(common, &setting, || format!("{}\n", setting.value.as_deref().unwrap_or_default()))
        }
        Config::Set { name, value } => {
            let value = value.join(" ");
            let asked = match &node {
                Some(node) => running(node.set(name, &value).await)?,
                None => None,
            };
            let setting = asked.map_or_else(|| edit::set(data_dir, name, &value), Ok)?;
            changed(&setting, common, progress)
        }
        Config::Unset { name } => {
            let asked = match &node {
                Some(node) => running(node.unset(name).await)?,
                None => None,
            };
            let setting = asked.map_or_else(|| edit::unset(data_dir, name), Ok)?;
            changed(&setting, common, progress)
        }
    }
}

/// A node that was killed leaves its address behind, and is no node.
fn running<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.exit() == Exit::NotRunning => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn changed(setting: &Setting, common: &Common, progress: &Progress) -> Result<(), Failure> {
    progress.say(heeded(setting.effect));
    result(common, setting, String::new)
}

fn heeded(effect: Effect) -> &'static str {
    match effect {
        Effect::AtOnce => "heeded at once",
        Effect::NextStart => "heeded when the node is next started",
        Effect::NewStore => {
            "heeded at the next start, if nothing is stored yet; a store with blocks in it keeps its size"
        }
    }
}

/// A setting as a person reads it.
fn explained(setting: &Setting) -> String {
    let Setting { name, value, default, meaning, effect, .. } = setting;
    let value = value.as_deref().map_or_else(|| format!("not set ({default})"), str::to_owned);
    format!("{name}: {value}\n    {meaning} It is {}.\n", heeded(*effect))
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let exit = match &error {
            ProfileError::Name(_)
            | ProfileError::NotAKey
            | ProfileError::Link
            | ProfileError::NoSuchSetting(_)
            | ProfileError::Value { .. } => Exit::Usage,
            ProfileError::KeyExists(_) | ProfileError::Full { .. } => Exit::Refused,
            _ => Exit::Failed,
        };
        Self::new(exit, error.code(), error.to_string())
    }
}
