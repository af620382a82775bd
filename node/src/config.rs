//! [`Config`]: what an operator may set, in `config.toml`; [`edit`]: setting it there.

pub mod edit;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use roneo_client::profile::{Effect, Language, Preferences, Setting, SettingKind, Theme};
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
    /// How boards are read and written to.
    pub boards: Boards,
    /// How pages are shown, and what is remembered of them.
    pub console: Console,
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

/// How boards are read and written to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boards {
    /// How often an open board is read.
    pub reading: Option<Reading>,
    /// How long what is said may wait before it leaves.
    pub posting_delay: Option<PostingDelay>,
}

/// How often boards are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// By the kind of network: often on a local one.
    #[default]
    Auto,
    /// An open one every 10 to 30 s, at random.
    Usual,
    /// Every 2 s or so: where nobody watches the line.
    Often,
}

/// How long what is said may wait before it leaves, at random: the time at which something appears on a board then says
/// less about who was at their desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostingDelay {
    /// By the kind of network: up to a minute, and none on a local one.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// None.
    #[serde(rename = "none")]
    None,
    /// Up to a minute.
    #[serde(rename = "1m")]
    Minute,
    /// Up to ten minutes.
    #[serde(rename = "10m")]
    TenMinutes,
    /// Up to an hour.
    #[serde(rename = "1h")]
    Hour,
    /// Up to six hours.
    #[serde(rename = "6h")]
    SixHours,
}

impl PostingDelay {
    /// The longest that something waits.
    #[must_use]
    pub const fn longest(self, kind: NetworkKind) -> Duration {
        let seconds = match (self, kind) {
            (Self::None, _) | (Self::Auto, NetworkKind::Local) => 0,
            (Self::Minute, _) | (Self::Auto, NetworkKind::Public) => 60,
            (Self::TenMinutes, _) => 600,
            (Self::Hour, _) => 3_600,
            (Self::SixHours, _) => 6 * 3_600,
        };
        Duration::from_secs(seconds)
    }
}

/// How pages are shown, and what is remembered of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// The language of pages.
    pub language: Option<Language>,
    /// The colours of pages.
    pub theme: Option<Theme>,
    /// Whether what was opened lately is remembered.
    pub recent: Option<bool>,
    /// Whether bookmarks are looked after.
    pub bookmark_checks: Option<bool>,
    /// Whether the user has gone through the first screens.
    pub first_run_done: Option<bool>,
}

impl Console {
    /// With defaults for what is not set.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        let default = Preferences::default();
        Preferences {
            language: self.language.unwrap_or(default.language),
            theme: self.theme.unwrap_or(default.theme),
            recent: self.recent.unwrap_or(default.recent),
            bookmark_checks: self.bookmark_checks.unwrap_or(default.bookmark_checks),
            first_run_done: self.first_run_done.unwrap_or(default.first_run_done),
        }
    }
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
        for known in &KNOWN {
            if known.section != section {
                section = known.section;
                text += &format!("\n[{section}]\n");
            }
            text += &format!("\n# {}\n# Unset: {}.\n", known.meaning, known.default);
            text += &format!("#{} = {}\n", known.name, known.example);
        }
        text
    }

    /// Every setting with its value.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        // It was read from TOML, so it can be written as such.
        let values = toml::Table::try_from(self).unwrap_or_default();
        let value_of = |known: &Known| {
            let table = match known.section {
                "" => Some(&values),
                section => values.get(section).and_then(toml::Value::as_table),
            };
            table.and_then(|table| plain(table.get(known.name)?))
        };
        KNOWN.iter().map(|known| known.to_setting(value_of(known))).collect()
    }
}

/// A value as people type it on a line; `None` for an empty list, which is no value.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(values) if values.is_empty() => None,
        toml::Value::Array(values) => Some(values.iter().filter_map(plain).collect::<Vec<_>>().join(" ")),
        other => Some(other.to_string()),
    }
}

/// A setting as the program knows it.
struct Known {
    section: &'static str,
    name: &'static str,
    kind: Kind,
    example: &'static str,
    default: &'static str,
    meaning: &'static str,
    effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Choice(&'static [&'static str]),
    Switch,
    Size,
    Address,
    Addresses,
    Invitations,
}

impl Known {
    /// As it is asked for: `disk.quota`, or `listen` where it stands in no section.
    fn full_name(&self) -> String {
        if self.section.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.section, self.name) }
    }

    fn to_setting(&self, value: Option<String>) -> Setting {
        let kind = match self.kind {
            Kind::Choice(words) => SettingKind::Choice(words.iter().map(|&word| word.to_owned()).collect()),
            Kind::Switch => SettingKind::Switch,
            Kind::Size => SettingKind::Size,
            Kind::Address => SettingKind::Address,
            Kind::Addresses => SettingKind::Addresses,
            Kind::Invitations => SettingKind::Invitations,
        };
        Setting {
            name: self.full_name(),
            kind,
            value,
            default: self.default.to_owned(),
            meaning: self.meaning.replace('\n', " "),
            effect: self.effect,
        }
    }
}

const KNOWN: [Known; 14] = [
    Known {
        section: "",
        name: "network",
        kind: Kind::Choice(&["main", "local"]),
        example: "\"main\"",
        default: "what the invitation says; local where every listener is on loopback; else main",
        meaning: "\"main\", or \"local\" for one machine or one bench, with relaxed rules.",
        effect: Effect::NextStart,
    },
    Known {
        section: "",
        name: "listen",
        kind: Kind::Addresses,
        example: "[\"[::]:0\"]",
        default: "[::]:0 (IPv6 and IPv4), on a local network 127.0.0.1:0",
        meaning: "Where other nodes connect. Port 0 picks one, and keeps it.",
        effect: Effect::NextStart,
    },
    Known {
        section: "",
        name: "http",
        kind: Kind::Address,
        example: "\"127.0.0.1:8888\"",
        default: "127.0.0.1:8888, or any free port",
        meaning: "Where console and API answer. Anybody who reaches it can read with this node: keep it on loopback.",
        effect: Effect::NextStart,
    },
    Known {
        section: "",
        name: "join",
        kind: Kind::Invitations,
        example: "[]",
        default: "none",
        meaning: "Invitations to follow at every start, as `roneo invite` prints them.",
        effect: Effect::NextStart,
    },
    Known {
        section: "disk",
        name: "quota",
        kind: Kind::Size,
        example: "\"10 GiB\"",
        default: "a tenth of what is free at the first start, at most 10 GiB",
        meaning: "Disk lent to other people's blocks, allocated when the store is made.",
        effect: Effect::NewStore,
    },
    Known {
        section: "traffic",
        name: "upload_per_second",
        kind: Kind::Size,
        example: "\"1 MiB\"",
        default: "no cap",
        meaning: "Upload cap, enforced. 0: none.",
        effect: Effect::NextStart,
    },
    Known {
        section: "traffic",
        name: "download_per_second",
        kind: Kind::Size,
        example: "\"4 MiB\"",
        default: "no cap",
        meaning: "Download cap, enforced. 0: none.",
        effect: Effect::NextStart,
    },
    Known {
        section: "boards",
        name: "reading",
        kind: Kind::Choice(&["auto", "usual", "often"]),
        example: "\"auto\"",
        default: "auto: usual, often on a local network",
        meaning: "How often an open board is read: \"usual\" every 10 to 30 s, \"often\" every 2 s, which whoever watches \
                  the line can tell from everything else.",
        effect: Effect::NextStart,
    },
    Known {
        section: "boards",
        name: "posting_delay",
        kind: Kind::Choice(&["auto", "none", "1m", "10m", "1h", "6h"]),
        example: "\"auto\"",
        default: "auto: 1m, none on a local network",
        meaning: "The longest that what you say waits before it leaves, at random, so that its time says less of you.",
        effect: Effect::NextStart,
    },
    Known {
        section: "console",
        name: "language",
        kind: Kind::Choice(&["auto", "fr", "en"]),
        example: "\"auto\"",
        default: "auto: as the browser asks",
        meaning: "The language of pages.",
        effect: Effect::AtOnce,
    },
    Known {
        section: "console",
        name: "theme",
        kind: Kind::Choice(&["auto", "light", "dark", "contrast"]),
        example: "\"auto\"",
        default: "auto: as the browser asks",
        meaning: "The colours of pages.",
        effect: Effect::AtOnce,
    },
    Known {
        section: "console",
        name: "recent",
        kind: Kind::Switch,
        example: "true",
        default: "true",
        meaning: "Whether the sites opened lately are remembered, sealed, on this machine.",
        effect: Effect::AtOnce,
    },
    Known {
        section: "console",
        name: "bookmark_checks",
        kind: Kind::Switch,
        example: "true",
        default: "true",
        meaning: "Whether the node asks a few times a day, at random moments, for new editions of what is bookmarked.",
        effect: Effect::AtOnce,
    },
    Known {
        section: "console",
        name: "first_run_done",
        kind: Kind::Switch,
        example: "true",
        default: "false",
        meaning: "Whether the first screens have been gone through; false shows them again.",
        effect: Effect::AtOnce,
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
    fn what_is_said_waits_as_the_network_and_its_user_have_it() {
        let longest = |text: &str, kind| {
            let boards = parse(text).unwrap().boards;
            boards.posting_delay.unwrap_or_default().longest(kind).as_secs()
        };
        for (text, local, public) in [
            ("", 0, 60),
            ("[boards]\nposting_delay = \"auto\"\n", 0, 60),
            ("[boards]\nposting_delay = \"none\"\n", 0, 0),
            ("[boards]\nposting_delay = \"10m\"\n", 600, 600),
            ("[boards]\nposting_delay = \"6h\"\n", 21_600, 21_600),
        ] {
            assert_eq!(
                (longest(text, NetworkKind::Local), longest(text, NetworkKind::Public)),
                (local, public),
                "{text}"
            );
        }
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
        let mut found = Vec::new();
        for (name, value) in value.as_table().unwrap() {
            match value.as_table() {
                Some(section) => found.extend(section.keys().map(|key| format!("{name}.{key}"))),
                None => found.push(name.clone()),
            }
        }
        let mut known: Vec<_> = KNOWN.iter().map(Known::full_name).collect();
        found.sort_unstable();
        known.sort_unstable();
        assert_eq!(found, known, "unset settings are missing here, so every example must set its own");
    }

    #[test]
    fn values_are_shown_as_people_type_them() {
        let text = "listen = [\"127.0.0.1:1\", \"[::1]:2\"]\n[disk]\nquota = \"1024 MiB\"\n[console]\nrecent = false\n";
        let settings = parse(text).unwrap().settings();
        let value = |name: &str| settings.iter().find(|setting| setting.name == name).unwrap().value.clone();
        assert_eq!(value("listen").as_deref(), Some("127.0.0.1:1 [::1]:2"));
        assert_eq!(value("disk.quota").as_deref(), Some("1 GiB"));
        assert_eq!(value("console.recent").as_deref(), Some("false"));
        assert_eq!((value("join"), value("http")), (None, None));
        assert_eq!(settings.len(), KNOWN.len());
    }

    #[test]
    fn the_pages_have_words_for_every_setting() {
        for known in &KNOWN {
            assert!(roneo_fproxy::knows_setting(&known.full_name()), "{}", known.full_name());
        }
    }

    #[test]
    fn preferences_have_defaults() {
        assert_eq!(Config::default().console.preferences(), Preferences::default());
        let console =
            parse("[console]\nlanguage = \"fr\"\ntheme = \"contrast\"\nbookmark_checks = false\n").unwrap().console;
        let preferences = console.preferences();
        assert_eq!((preferences.language, preferences.theme), (Language::Fr, Theme::Contrast));
        assert!(preferences.recent && !preferences.bookmark_checks);
    }
}
