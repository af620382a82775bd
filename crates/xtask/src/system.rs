//! Programs that cargo cannot bring: looked for, and installed where that is ours to do.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;

/// A program that a stage needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// What it is, in words.
    what: &'static str,
    /// A command that succeeds where it is present.
    probe: &'static [&'static str],
    /// How it is had.
    source: Source,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    /// These packages of Debian and its relatives.
    Debian(&'static [&'static str]),
    /// This component of the Rust toolchain.
    Rustup(&'static str),
}

/// Compiles the kernels of the hash and of the erasure code.
pub(crate) const C_COMPILER: Need =
    Need { what: "a C compiler", probe: &["cc", "--version"], source: Source::Debian(&["gcc", "libc6-dev"]) };
/// Compiles libFuzzer, and nothing that a node is made of.
pub(crate) const CXX_COMPILER: Need =
    Need { what: "a C++ compiler", probe: &["c++", "--version"], source: Source::Debian(&["g++"]) };
/// Runs the programs that judge our formats from outside.
pub(crate) const PYTHON: Need = Need {
    what: "Python 3 with venv",
    probe: &["python3", "-c", "import venv, ensurepip"],
    source: Source::Debian(&["python3", "python3-venv"]),
};
/// Runs the checks in browsers.
pub(crate) const NODE: Need = Need {
    what: "Node.js 18.19 or newer",
    probe: &[
        "node",
        "-e",
        "const [a, b] = process.versions.node.split('.'); process.exit(a > 18 || (a == 18 && b > 18) ? 0 : 1)",
    ],
    source: Source::Debian(&["nodejs"]),
};
/// Installs what those checks are made of.
pub(crate) const NPM: Need = Need { what: "npm", probe: &["npm", "--version"], source: Source::Debian(&["npm"]) };
/// One of the browsers. The fonts are those that it would draw boxes without.
pub(crate) const CHROMIUM: Need = Need {
    what: "Chromium",
    probe: &["chromium", "--version"],
    source: Source::Debian(&["chromium", "fonts-dejavu-core", "fonts-liberation"]),
};
/// Another, of another maker.
pub(crate) const FIREFOX: Need =
    Need { what: "Firefox", probe: &["firefox-esr", "--version"], source: Source::Debian(&["firefox-esr"]) };
/// A browser that shows text alone.
pub(crate) const LYNX: Need = Need { what: "lynx", probe: &["lynx", "-version"], source: Source::Debian(&["lynx"]) };
/// Judges the layout of the source.
pub(crate) const RUSTFMT: Need =
    Need { what: "rustfmt", probe: &["cargo", "fmt", "--version"], source: Source::Rustup("rustfmt") };
/// Judges the source.
pub(crate) const CLIPPY: Need =
    Need { what: "clippy", probe: &["cargo", "clippy", "--version"], source: Source::Rustup("clippy") };

/// Makes sure that a program is there. On Debian and its relatives, root gets it installed.
///
/// # Errors
/// When it is missing and not ours to install; the message is the line to type.
pub(crate) fn require(need: Need) -> Result<()> {
    if is_present(need.probe) {
        return Ok(());
    }
    let packages = match need.source {
        Source::Debian(packages) => packages,
        Source::Rustup(component) => bail!("{} is missing: type `rustup component add {component}`", need.what),
    };
    if !(Path::new("/etc/debian_version").exists() && is_root()) {
        bail!("{} is missing: type `sudo apt-get install {}`", need.what, packages.join(" "));
    }
    println!("{} is missing: installing {}", need.what, packages.join(" "));
    process::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--quiet", "--yes", "--no-install-recommends"]).args(packages);
    process::run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    if !is_present(need.probe) {
        bail!("{} is still missing after `{}`", need.what, process::spelled(&install));
    }
    Ok(())
}

fn is_present(probe: &[&str]) -> bool {
    let Some((program, arguments)) = probe.split_first() else { return false };
    let quiet =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    process::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_is_asked_of_the_program() {
        assert!(is_present(&["cargo", "--version"]));
        assert!(!is_present(&["cargo", "no-such-subcommand-here"]));
        assert!(!is_present(&["no-such-program-here"]));
        assert!(!is_present(&[]));
    }

    #[test]
    fn a_missing_component_is_the_line_to_type() {
        let need = Need { what: "a loom", probe: &["no-such-program-here"], source: Source::Rustup("loom") };
        assert_eq!(require(need).unwrap_err().to_string(), "a loom is missing: type `rustup component add loom`");
    }
}
