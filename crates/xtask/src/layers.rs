//! Which package may know of which: the layers of `ARCHITECTURE.md`, checked.

use anyhow::{Result, bail};

use crate::workspace::{Member, Workspace};

/// Packages that some others must do without.
struct Border {
    /// These packages
    within: &'static [&'static str],
    /// are not linked with these,
    never: &'static [&'static str],
    /// because of this.
    because: &'static str,
}

const BORDERS: [Border; 6] = [
    Border {
        within: &["roneo-keys", "roneo-content", "roneo-packet", "roneo-social", "roneo-overlay", "roneo-client"],
        never: &["axum", "hyper", "libp2p", "libp2p-stream", "sled", "tempfile", "tokio"],
        because: "protocol code is handed bytes, time and randomness, so that the simulator runs the very same code",
    },
    Border {
        within: &["roneo-content", "roneo-datastore", "roneo-packet"],
        never: &["roneo-content", "roneo-datastore", "roneo-packet"],
        because: "of these three each is usable, and reviewed, without the others",
    },
    Border {
        within: &["roneo-filter"],
        never: &[
            "axum",
            "html5ever",
            "hyper",
            "libp2p",
            "roneo-client",
            "roneo-content",
            "roneo-overlay",
            "sled",
            "tempfile",
            "tokio",
        ],
        because: "the filter is handed foreign bytes and nothing else, and its judges in the tests are not its workers",
    },
    Border {
        within: &["roneo-datastore", "roneo-index"],
        never: &["axum", "libp2p", "libp2p-stream", "tokio"],
        because: "storage knows no peers, and its thread is not one of tokio's",
    },
    Border {
        within: &["roneo-overlay", "roneo-client"],
        never: &["roneo-datastore"],
        because: "a machine asks for a block through its output",
    },
    Border {
        within: &["roneo-fproxy"],
        never: &["libp2p", "libp2p-stream", "roneo-datastore", "roneo-overlay", "roneo-packet", "sled"],
        because: "the proxy knows a node only by its handle",
    },
];

/// Checks that every package uses only those before it, stays within its borders, and goes by the
/// lints of the workspace.
///
/// # Errors
/// One sentence for each breach.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let breaches = breaches(&workspace.members);
    if breaches.is_empty() {
        return Ok(());
    }
    bail!("{}", breaches.join("\n"))
}

fn breaches(members: &[Member]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (position, member) in members.iter().enumerate() {
        for later in &members[position..] {
            if member.dependencies.contains(&later.name) {
                breaches.push(format!(
                    "{} uses {}, which does not come before it in the members of Cargo.toml",
                    member.name, later.name
                ));
            }
        }
        for border in BORDERS.iter().filter(|border| border.within.contains(&member.name.as_str())) {
            for stranger in member.dependencies.iter().filter(|name| border.never.contains(&name.as_str())) {
                breaches.push(format!("{} uses {stranger}, but {}", member.name, border.because));
            }
        }
        if !member.inherits_lints {
            breaches.push(format!("{} lacks `[lints] workspace = true` in its Cargo.toml", member.name));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn member(name: &str, dependencies: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            dir: PathBuf::new(),
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
            inherits_lints: true,
        }
    }

    #[test]
    fn layers_point_down() {
        let keys = || member("roneo-keys", &["blake3"]);
        let unruly = Member { inherits_lints: false, ..keys() };
        let table = [
            (vec![keys(), member("roneo-content", &["roneo-keys"])], None),
            (vec![member("roneo-content", &["roneo-keys"]), keys()], Some("does not come before it")),
            (vec![keys(), member("roneo-client", &["tokio"])], Some("handed bytes, time and randomness")),
            (vec![keys(), member("roneo-social", &["tokio"])], Some("handed bytes, time and randomness")),
            (vec![keys(), member("roneo-datastore", &["tokio"])], Some("knows no peers")),
            (
                vec![keys(), member("roneo-packet", &[]), member("roneo-datastore", &["roneo-packet"])],
                Some("without the others"),
            ),
            (vec![member("roneo-datastore", &[]), member("roneo-overlay", &["roneo-datastore"])], Some("its output")),
            (vec![keys(), member("roneo-filter", &["tokio"])], Some("foreign bytes")),
            (vec![keys(), member("roneo-fproxy", &["libp2p"])], Some("by its handle")),
            (vec![keys(), member("roneo-node", &["tokio", "libp2p"])], None),
            (vec![unruly], Some("[lints]")),
        ];
        for (members, expected) in table {
            let found = breaches(&members);
            match expected {
                None => assert!(found.is_empty(), "{found:?}"),
                Some(words) => assert!(found.len() == 1 && found[0].contains(words), "{found:?}"),
            }
        }
    }
}
