//! [`Config`]: what an operator may set, in `config.toml`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use roneo_keys::NetworkKind;
use serde::{Deserialize, Serialize};

use crate::byte_size::ByteSize;
use crate::data_dir;

/// Bytes of `config.toml` at most.
const MAX_CONFIG_LEN: u64 = 64 << 10;

/// What an operator may set. Everything is optional; [`Config::reference`] describes each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which kind of network.
    pub network: Option<NetworkChoice>,
    /// Where other nodes connect.
    pub listen: Option<Vec<SocketAddr>>,
    /// Where console and API answer.
    pub http: Option<SocketAddr>,
    /// Invitations to follow at start.
    pub join: Vec<String>,
    /// What of the disk is lent.
    pub disk: Disk,
    /// What of the line is lent.
    pub traffic: Traffic,
}

/// What of the disk is lent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// Bytes lent to blocks of others.
    pub quota: Option<ByteSize>,
}

/// What of the line is lent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// Upload cap in bytes per second; none or 0 for no cap.
    pub upload_per_second: Option<ByteSize>,
    /// Download cap in bytes per second; none or 0 for no cap.
    pub download_per_second: Option<ByteSize>,
}

/// A kind of network as an operator names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkChoice {
    /// On one machine or one bench.
    Local,
    /// The real thing.
    Main,
}

impl NetworkChoice {
    /// The rules that go with it.
    #[must_use]
    pub fn kind(self) -> NetworkKind {
        match self {
            Self::Local => NetworkKind::Local,
            Self::Main => NetworkKind::Public,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A line does not say what it may say.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The file is longer than any configuration.
    #[error("{} is longer than {MAX_CONFIG_LEN} bytes: it is no configuration of Roneo", .0.display())]
    TooLong(PathBuf),
    /// The disk or the system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Config {
    /// The configuration of a data directory; the default where it has none.
    ///
    /// # Errors
    /// [`ConfigError`], with the line for anything unknown or misspelt.
    pub fn load(data_dir: &Path) -> Result<Self, ConfigError> {
        let path = data_dir::config_path(data_dir);
        let text = match std::fs::metadata(&path) {
            Ok(found) if found.len() > MAX_CONFIG_LEN => return Err(ConfigError::TooLong(path)),
            _ => std::fs::read_to_string(&path),
        };
        match text {
            Ok(text) => Self::parse(&text, &path),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::Io { path, source }),
        }
    }

    /// Reads a configuration; `path` is for the error alone.
    ///
    /// # Errors
    /// [`ConfigError::Line`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            ConfigError::Line { path: path.to_owned(), line, problem: error.message().trim().replace('\n', "; ") }
        })
    }

    /// Every setting with its meaning, commented out: a file to start from.
    #[must_use]
    pub fn reference() -> String {
        let mut text = String::from("# Roneo: every setting. Remove the # before the ones to change.\n");
        let mut section = "";
        for setting in &SETTINGS {
            if setting.section != section {
                section = setting.section;
                text += &format!("\n[{section}]\n");
            }
            text += "\n";
            for line in setting.meaning.lines() {
                text += &format!("# {line}\n");
            }
            text += &format!("#{} = {}\n", setting.name, setting.example);
        }
        text
    }
}

struct Setting {
    section: &'static str,
    name: &'static str,
    example: &'static str,
    meaning: &'static str,
}

const SETTINGS: [Setting; 7] = [
    Setting {
        section: "",
        name: "network",
        example: "\"main\"",
        meaning: "\"main\", or \"local\" for one machine or one bench, with relaxed rules.\n\
            Unset: what the invitation says; local where every listener is on loopback; else main.",
    },
    Setting {
        section: "",
        name: "listen",
        example: "[\"[::]:0\"]",
        meaning: "Where other nodes connect. Port 0 picks one, and keeps it.\n\
            Unset: [::]:0 (IPv6 and IPv4), on a local network 127.0.0.1:0.",
    },
    Setting {
        section: "",
        name: "http",
        example: "\"127.0.0.1:8888\"",
        meaning: "Where console and API answer. Anybody who reaches it can read with this node: keep it on loopback.",
    },
    Setting {
        section: "",
        name: "join",
        example: "[]",
        meaning: "Invitations to follow at every start, as `roneo invite` prints them.",
    },
    Setting {
        section: "disk",
        name: "quota",
        example: "\"10 GiB\"",
        meaning: "Disk lent to other people's blocks, allocated at the first start.\n\
            Unset: a tenth of what is free then, at most 10 GiB.",
    },
    Setting {
        section: "traffic",
        name: "upload_per_second",
        example: "\"1 MiB\"",
        meaning: "Upload cap, enforced. Unset or 0: none.",
    },
    Setting {
        section: "traffic",
        name: "download_per_second",
        example: "\"4 MiB\"",
        meaning: "Download cap, enforced. Unset or 0: none.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("config.toml"))
    }

    #[test]
    fn everything_set() {
        let config = parse(
            "network = \"local\"\nlisten = [\"127.0.0.1:0\"]\nhttp = \"127.0.0.1:8888\"\njoin = [\"roneo-join:x\"]\n\
             [disk]\nquota = \"64 MiB\"\n[traffic]\nupload_per_second = \"100 KiB\"\n",
        )
        .unwrap();
        assert_eq!(config.network.map(NetworkChoice::kind), Some(NetworkKind::Local));
        assert_eq!(config.disk.quota, Some(ByteSize(64 << 20)));
        assert_eq!(config.traffic.upload_per_second, Some(ByteSize(100 << 10)));
        assert_eq!(config.traffic.download_per_second, None);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, sentence) in [
            ("network = \"local\"\nlisen = []\n", 2, "unknown field `lisen`"),
            ("[disk]\n\nquotum = 1\n", 3, "unknown field `quotum`"),
            ("[disk]\nquota = \"ten\"\n", 2, "is no size"),
            ("[disk]\nquota = 10\n", 2, "expected a string"),
            ("network = \"test\"\n", 1, "unknown variant `test`"),
            ("listen = [\"localhost\"]\n", 1, "invalid socket address"),
            ("\n\nhttp = \n", 3, "value"),
            ("http = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\n", 2, "duplicate key"),
        ] {
            match parse(text) {
                Err(ConfigError::Line { line: found, problem, .. }) => {
                    assert_eq!(found, line, "{text}: {problem}");
                    assert!(problem.contains(sentence), "{text}: {problem}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_directory_without_a_configuration_has_the_default_one() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Config::load(dir.path()).unwrap(), Config::default());
        std::fs::write(data_dir::config_path(dir.path()), "[traffic]\nupload_per_second = \"1 KiB\"\n").unwrap();
        assert_eq!(Config::load(dir.path()).unwrap().traffic.upload_per_second, Some(ByteSize(1_024)));
        std::fs::write(data_dir::config_path(dir.path()), vec![b'#'; 1 << 17]).unwrap();
        assert!(matches!(Config::load(dir.path()), Err(ConfigError::TooLong(_))));
    }

    /// The reference is the type: each line of it is a setting, and each setting has its line.
    #[test]
    fn the_reference_names_every_setting() {
        let reference = Config::reference();
        assert_eq!(parse(&reference).unwrap(), Config::default());
        let uncommented: String = reference
            .lines()
            .map(|line| if line.starts_with("# ") { "" } else { line.trim_start_matches('#') })
            .collect::<Vec<_>>()
            .join("\n");
        let config = parse(&uncommented).unwrap();
        let value = toml::Value::try_from(&config).unwrap();
        let names = |table: &toml::Value| table.as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut found = names(&value);
        found.retain(|name| !matches!(name.as_str(), "disk" | "traffic"));
        found.extend(names(&value["disk"]).iter().chain(&names(&value["traffic"])).cloned());
        let mut known: Vec<_> = SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
        found.sort_unstable();
        known.sort_unstable();
        assert_eq!(found, known, "unset settings are missing here, so every example must set its own");
    }
}
