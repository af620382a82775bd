//! The workspace as cargo sees it: where it lies, and its packages in dependency order.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;
use toml::Table;

use crate::process;

/// Where things lie, and which packages there are.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The directory of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// The packages in the order of the root `Cargo.toml`, which is the order of the layers.
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The package's name.
    pub(crate) name: String,
    /// The directory of its `Cargo.toml`.
    pub(crate) dir: PathBuf,
    /// What its product is linked with: packages needed only by its tests are not here.
    pub(crate) dependencies: Vec<String>,
    /// Whether it goes by the lints of the workspace.
    pub(crate) inherits_lints: bool,
}

impl Workspace {
    /// Asks cargo about the workspace around the current directory.
    ///
    /// # Errors
    /// When a manifest cannot be read; the message names it.
    pub(crate) fn load() -> Result<Self> {
        let metadata = process::read(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata).context("cargo's description of the workspace")?;
        let root = PathBuf::from(text(&metadata, "workspace_root")?);
        let manifest = read_toml(&root.join("Cargo.toml"))?;
        let mut members =
            metadata["packages"].as_array().into_iter().flatten().map(read_member).collect::<Result<Vec<_>>>()?;
        let order = member_directories(&manifest, &root);
        members.sort_by_key(|member| order.iter().position(|dir| *dir == member.dir));
        Ok(Self { target: PathBuf::from(text(&metadata, "target_directory")?), root, members })
    }

    /// A cargo command that runs at the root of the workspace.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).arg(subcommand);
        command
    }
}

/// Reads a TOML file.
///
/// # Errors
/// When there is no such file or it is no TOML; the message names it.
pub(crate) fn read_toml(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.parse().with_context(|| format!("{} is damaged", path.display()))
}

/// The cargo that runs us, so that a toolchain chosen by `cargo +name` stays chosen.
///
/// It does not see which package we are: build scripts that ask for that, such as ring's, would count as changed,
/// and half of the workspace with them, each time a command is given by hand in between.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

fn member_directories(manifest: &Table, root: &Path) -> Vec<PathBuf> {
    let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
    let members = members.and_then(toml::Value::as_array).into_iter().flatten();
    members.filter_map(toml::Value::as_str).map(|member| root.join(member)).collect()
}

fn read_member(package: &Value) -> Result<Member> {
    let manifest_path = PathBuf::from(text(package, "manifest_path")?);
    let lints = read_toml(&manifest_path)?.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    Ok(Member {
        name: text(package, "name")?.to_owned(),
        dir: manifest_path.parent().unwrap_or(Path::new("")).to_owned(),
        dependencies: dependencies
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .map(|dependency| Ok(text(dependency, "name")?.to_owned()))
            .collect::<Result<_>>()?,
        inherits_lints: lints == Some(true),
    })
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("cargo's description of the workspace lacks `{field}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_in_the_order_of_its_manifest() {
        let workspace = Workspace::load().unwrap();
        assert_eq!(workspace.members.first().unwrap().name, "roneo-keys");
        let last = workspace.members.last().unwrap();
        assert_eq!(last.name, "roneo-xtask");
        assert!(last.inherits_lints);
        assert!(last.dependencies.contains(&"toml".to_owned()));
        assert!(!last.dependencies.contains(&"tempfile".to_owned()));
    }
}
