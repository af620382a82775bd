//! Cargo.lock against the advisories that concern what Roneo is built from.
//!
//! The advisory database is asked too where it can be reached ([`crate::deny`]); this table stands
//! where it cannot, and a fresh clone without a network gets the same answer from it every time.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};

use crate::workspace;

/// Versions of a package from which on a hole in it is closed.
pub(crate) struct Floor {
    package: &'static str,
    /// The first good version of each line that was mended, in ascending order. A line between
    /// two of them that was never mended is bad; one above the last is good.
    mended: &'static [&'static str],
    /// What an older version lets happen.
    hole: &'static str,
}

/// Packages that may be absent (gossipsub should be): a floor speaks only of what is in the lock.
pub(crate) const FLOORS: [Floor; 9] = [
    Floor { package: "ammonia", mended: &["4.1.4"], hole: "scripts pass the filter (three times in a year)" },
    Floor { package: "curve25519-dalek", mended: &["4.1.3"], hole: "timing tells of secret scalars" },
    Floor { package: "h2", mended: &["0.4.16"], hole: "empty frames flood the server" },
    Floor { package: "hickory-proto", mended: &["0.26.0"], hole: "a reply makes it loop for ever" },
    Floor {
        package: "libp2p-gossipsub",
        mended: &["0.49.5", "0.50.0"],
        hole: "a peer makes memory grow without bound",
    },
    Floor { package: "quinn-proto", mended: &["0.11.15"], hole: "a peer exhausts memory" },
    Floor { package: "rand", mended: &["0.8.6", "0.9.3", "0.10.1"], hole: "unsound access to its generator" },
    Floor { package: "snow", mended: &["0.9.5"], hole: "a forged message moves the nonce" },
    Floor { package: "yamux", mended: &["0.13.10"], hole: "a peer's frame stops the node" },
];

/// Compares the lock file at `path` with [`FLOORS`].
///
/// # Errors
/// One sentence for each package below its floor, or why the file cannot be read.
pub(crate) fn check(path: &Path) -> Result<()> {
    let below = below_floors(&locked(path)?)?;
    if below.is_empty() {
        return Ok(());
    }
    bail!("{}", below.join("\n"))
}

/// Every package of a lock file with its version.
///
/// # Errors
/// When the file cannot be read or is no lock file.
pub(crate) fn locked(path: &Path) -> Result<Vec<(String, String)>> {
    let lock = workspace::read_toml(path)?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let packages = packages.with_context(|| format!("{} lists no packages", path.display()))?;
    packages
        .iter()
        .map(|package| {
            let field = |name| package.get(name)?.as_str().map(str::to_owned);
            field("name").zip(field("version")).with_context(|| format!("{} is damaged", path.display()))
        })
        .collect()
}

fn below_floors(locked: &[(String, String)]) -> Result<Vec<String>> {
    let mut below = Vec::new();
    for floor in &FLOORS {
        for (name, version) in locked.iter().filter(|(name, _)| name == floor.package) {
            if !floor.holds(&version.parse()?)? {
                below.push(format!(
                    "{name} {version} is too old: {}; run `cargo update -p {name}@{version}` to get {} or newer",
                    floor.hole,
                    floor.mended.join(" or ")
                ));
            }
        }
    }
    Ok(below)
}

impl Floor {
    fn holds(&self, version: &Version) -> Result<bool> {
        let mended: Vec<Version> = self.mended.iter().map(|text| text.parse()).collect::<Result<_>>()?;
        let newest = mended.last().context("a floor names at least one version")?;
        Ok(version >= newest || mended.iter().any(|good| version.line() == good.line() && version >= good))
    }
}

/// A version as cargo orders them, as far as floors need it: of two pre-releases of one version
/// none is the newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    numbers: [u64; 3],
    /// False sorts first: a pre-release comes before what it leads to.
    released: bool,
}

impl Version {
    /// What stays the same while versions are compatible.
    fn line(&self) -> [u64; 2] {
        let [major, minor, _] = self.numbers;
        if major > 0 { [major, 0] } else { [0, minor] }
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (release, _build) = text.split_once('+').unwrap_or((text, ""));
        let (numbers, pre_release) = match release.split_once('-') {
            Some((numbers, _)) => (numbers, true),
            None => (release, false),
        };
        let parsed: Option<Vec<u64>> = numbers.split('.').map(|number| number.parse().ok()).collect();
        let numbers = parsed.and_then(|numbers| numbers.try_into().ok());
        let numbers = numbers.ok_or_else(|| anyhow!("Cargo.lock is damaged: `{text}` is no version"))?;
        Ok(Self { numbers, released: !pre_release })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_line_has_its_floor() {
        let table = [
            ("yamux", "0.13.10", true),
            ("yamux", "0.13.9", false),
            ("yamux", "0.14.0", true),
            ("yamux", "0.12.99", false),
            ("yamux", "0.13.10-rc.1", false),
            ("libp2p-gossipsub", "0.49.4", false),
            ("libp2p-gossipsub", "0.49.5", true),
            ("libp2p-gossipsub", "0.50.0-alpha.1", false),
            ("rand", "0.8.5", false),
            ("rand", "0.8.6", true),
            ("rand", "0.9.2", false),
            ("rand", "0.10.0", false),
            ("rand", "1.0.0", true),
            ("ammonia", "4.1.4+build.7", true),
            ("curve25519-dalek", "3.2.0", false),
            ("h2", "0.4.15", false),
            ("quinn-proto", "0.11.14", false),
            ("snow", "0.9.4", false),
            ("unknown", "0.0.1", true),
        ];
        for (name, version, good) in table {
            let below = below_floors(&[(name.to_owned(), version.to_owned())]).unwrap();
            assert_eq!(below.is_empty(), good, "{name} {version}: {below:?}");
        }
    }

    #[test]
    fn every_version_in_the_lock_counts() {
        let locked =
            [("snow", "0.10.0"), ("snow", "0.9.0")].map(|(name, version)| (name.to_owned(), version.to_owned()));
        let below = below_floors(&locked).unwrap();
        assert_eq!(below.len(), 1);
        assert!(below[0].starts_with("snow 0.9.0 is too old") && below[0].contains("cargo update -p snow@0.9.0"));
    }

    #[test]
    fn a_damaged_lock_is_no_good_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Cargo.lock");
        assert!(locked(&path).is_err());
        for text in ["version = 4", "[[package]]\nname = \"snow\"", "not toml"] {
            fs::write(&path, text).unwrap();
            assert!(locked(&path).is_err(), "{text}");
        }
        fs::write(&path, "[[package]]\nname = \"snow\"\nversion = \"new\"").unwrap();
        assert_eq!(check(&path).unwrap_err().to_string(), "Cargo.lock is damaged: `new` is no version");
    }
}
