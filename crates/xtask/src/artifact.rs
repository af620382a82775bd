//! Executables that cargo builds for other stages than the tests of their packages.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// Something that cargo makes an executable of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executable {
    /// A program of a package.
    Program(&'static str),
    /// An example of a package.
    Example(&'static str),
}

impl Executable {
    fn kind(self) -> &'static str {
        match self {
            Self::Program(_) => "bin",
            Self::Example(_) => "example",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Program(name) | Self::Example(name) => name,
        }
    }

    /// Its path, if that is what one of cargo's messages is about.
    fn read(self, message: &str) -> Option<PathBuf> {
        let message: Value = serde_json::from_str(message).ok()?;
        let target = &message["target"];
        let is_it = target["kind"][0] == self.kind() && target["name"] == self.name();
        is_it.then(|| message["executable"].as_str().map(PathBuf::from))?
    }
}

/// Builds executables with the features of the whole workspace, so that nothing is built twice for
/// them; their paths in the same order.
///
/// # Errors
/// When the compiler refuses something, which it has then said itself, or there is none of that name.
pub(crate) fn build<const N: usize>(workspace: &Workspace, wanted: [Executable; N]) -> Result<[PathBuf; N]> {
    let mut build = workspace.cargo("build");
    build.args(["--workspace", "--release", "--locked", "--message-format", "json-render-diagnostics"]);
    for executable in wanted {
        build.args([format!("--{}", executable.kind()), executable.name().to_owned()]);
    }
    let messages = process::read(&mut build)?;
    let find = |executable: Executable| {
        let path = messages.lines().find_map(|message| executable.read(message));
        path.with_context(|| format!("cargo built no {} `{}`", executable.kind(), executable.name()))
    };
    let paths = wanted.into_iter().map(find).collect::<Result<Vec<_>>>()?;
    <[PathBuf; N]>::try_from(paths).map_err(|paths| anyhow!("{} paths for {N} executables", paths.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_is_told_from_what_else_is_built() {
        let message = |kind: &str, name: &str| {
            format!(r#"{{"target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/w/target/{name}"}}"#)
        };
        let links = Executable::Example("links");
        assert_eq!(links.read(&message("example", "links")), Some(PathBuf::from("/w/target/links")));
        assert_eq!(Executable::Program("links").read(&message("bin", "links")), Some(PathBuf::from("/w/target/links")));
        assert_eq!(links.read(&message("bin", "links")), None);
        assert_eq!(links.read(&message("example", "other")), None);
        assert_eq!(links.read(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(links.read("no message"), None);
    }
}
