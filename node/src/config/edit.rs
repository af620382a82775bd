//! Changing one setting in the text of `config.toml`, whose other lines, comments and order stay.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use roneo_client::notice::Wanted;
use roneo_client::profile::{ProfileError, Setting};
use roneo_overlay::Invitation;
use toml_edit::{Array, Document, DocumentMut, Item, Table, TableLike, Value};

use super::{Config, ConfigError, KNOWN, Kind, Known, MAX_CONFIG_LEN};
use crate::byte_size::ByteSize;
use crate::data_dir::{self, DataDirError};
use crate::platform;

/// What a file begins with that is made for a first setting.
const HEAD: &str = "# What was set for this node. `roneo config list` explains every setting.\n";

/// Every setting of a data directory with its value.
///
/// # Errors
/// [`ProfileError::Config`].
pub fn list(data_dir: &Path) -> Result<Vec<Setting>, ProfileError> {
    Ok(load(data_dir)?.settings())
}

/// One setting of a data directory with its value.
///
/// # Errors
/// [`ProfileError::NoSuchSetting`], [`ProfileError::Config`].
pub fn get(data_dir: &Path, name: &str) -> Result<Setting, ProfileError> {
    known(name)?;
    let found = list(data_dir)?.into_iter().find(|setting| setting.name == name);
    found.ok_or_else(|| ProfileError::NoSuchSetting(name.to_owned()))
}

/// Gives a setting of a data directory a value. The file is made where there is none.
///
/// # Errors
/// [`ProfileError::NoSuchSetting`], [`ProfileError::Value`], [`ProfileError::Config`],
/// [`ProfileError::Disk`]; the file is then as before.
pub fn set(data_dir: &Path, name: &str, value: &str) -> Result<Setting, ProfileError> {
    let known = known(name)?;
    let value = known.read(value)?;
    change(data_dir, |text| with(text, known, value))?;
    get(data_dir, name)
}

/// Removes a setting of a data directory, so that its default holds. A comment above it stays.
///
/// # Errors
/// As [`set`].
pub fn unset(data_dir: &Path, name: &str) -> Result<Setting, ProfileError> {
    let known = known(name)?;
    change(data_dir, |text| without(text, known))?;
    get(data_dir, name)
}

fn known(name: &str) -> Result<&'static Known, ProfileError> {
    let found = KNOWN.iter().find(|known| known.full_name() == name);
    found.ok_or_else(|| ProfileError::NoSuchSetting(name.chars().take(60).collect()))
}

fn load(data_dir: &Path) -> Result<Config, ProfileError> {
    Config::load(data_dir).map_err(|error| unreadable(&error))
}

fn unreadable(error: &ConfigError) -> ProfileError {
    let line = if let ConfigError::Line { line, .. } = error { Some(*line) } else { None };
    ProfileError::Config { line, reason: error.to_string() }
}

fn broken(reason: String) -> ProfileError {
    ProfileError::Config { line: None, reason }
}

/// Replaces the file by what `edit` makes of its text, if that still is a configuration.
fn change(data_dir: &Path, edit: impl FnOnce(&str) -> Result<String, Unedited>) -> Result<(), ProfileError> {
    // Refused before it is edited, so that the line named is one that its reader finds in the file.
    load(data_dir)?;
    let path = target(&data_dir::config_path(data_dir))?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(disk(&data_dir::failed("read", &path, error))),
    };
    let changed = edit(text.as_deref().unwrap_or(HEAD)).map_err(|Unedited(why)| broken(why))?;
    if changed.len() as u64 > MAX_CONFIG_LEN {
        return Err(broken(format!("{} would grow beyond {MAX_CONFIG_LEN} bytes", path.display())));
    }
    Config::parse(&changed, &path).map_err(|error| unreadable(&error))?;
    if text.as_deref() == Some(&changed) {
        return Ok(());
    }
    platform::create_private_dir(data_dir).map_err(|error| disk(&data_dir::failed("create", data_dir, error)))?;
    let (dir, name) = (path.parent(), path.file_name().and_then(|name| name.to_str()));
    let (Some(dir), Some(name)) = (dir, name) else {
        return Err(broken(format!("{} cannot be replaced", path.display())));
    };
    data_dir::replace(dir, name, changed.as_bytes()).map_err(|error| disk(&error))
}

/// The file itself, where `path` is somebody's link to it: renaming onto a link would replace that.
fn target(path: &Path) -> Result<PathBuf, ProfileError> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(disk(&data_dir::failed("find", path, error))),
    }
}

fn disk(error: &DataDirError) -> ProfileError {
    use std::error::Error as _;
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    ProfileError::Disk(format!("{error}{cause}"))
}

/// Why a text cannot be edited, in words.
struct Unedited(String);

impl From<toml_edit::TomlError> for Unedited {
    fn from(error: toml_edit::TomlError) -> Self {
        Self(error.message().to_owned())
    }
}

/// `text` with one setting changed where it stands, or added at the end of its section.
fn with(text: &str, known: &Known, mut value: Value) -> Result<String, Unedited> {
    let mut document: DocumentMut = text.parse()?;
    let root = document.as_table_mut();
    // The editor would put these two before comments that belong to something else.
    if !known.section.is_empty() && !root.contains_key(known.section) {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{text}{end}\n[{}]\n{} = {value}\n", known.section, known.name));
    }
    let stands_in_root = |item: &Item| item.as_table().is_none_or(Table::is_dotted);
    if known.section.is_empty() && !root.iter().any(|(_, item)| stands_in_root(item)) {
        let (before, after) = text.split_at(before_sections(text)?);
        let start = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let end = if after.is_empty() || after.starts_with('\n') { "" } else { "\n" };
        return Ok(format!("{before}{start}{} = {value}\n{end}{after}", known.name));
    }
    let table = section(root, known.section)?;
    if let Some(old) = table.get(known.name).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    match table.get_mut(known.name) {
        Some(item) => *item = Item::Value(value),
        None => {
            table.insert(known.name, Item::Value(value));
        }
    }
    Ok(document.to_string())
}

/// Where a first setting outside of all sections goes: before the first section, the comment right above
/// that, and the empty lines above it.
fn before_sections(text: &str) -> Result<usize, Unedited> {
    let document = Document::parse(text)?;
    let starts = document.iter().filter_map(|(_, item)| item.span()).map(|span| span.start);
    let Some(start) = starts.min() else { return Ok(text.len()) };
    let mut at = text[..start].rfind('\n').map_or(0, |at| at + 1);
    for belongs in [|line: &str| line.trim_start().starts_with('#'), |line: &str| line.trim().is_empty()] {
        while let Some(line) = text[..at].split_inclusive('\n').next_back().filter(|line| belongs(line)) {
            at -= line.len();
        }
    }
    Ok(at)
}

fn section<'a>(root: &'a mut Table, name: &str) -> Result<&'a mut dyn TableLike, Unedited> {
    if name.is_empty() {
        return Ok(root);
    }
    let item = root.get_mut(name).and_then(Item::as_table_like_mut);
    item.ok_or_else(|| Unedited(format!("`{name}` is no section")))
}

/// `text` without one setting. Its line goes and comments stay, but for one on that line.
fn without(text: &str, known: &Known) -> Result<String, Unedited> {
    if let Some(changed) = without_line(text, known)? {
        return Ok(changed);
    }
    let mut document: DocumentMut = text.parse()?;
    let root = document.as_table_mut();
    match known.section {
        "" => drop(root.remove(known.name)),
        section => {
            if let Some(table) = root.get_mut(section).and_then(Item::as_table_like_mut) {
                table.remove(known.name);
            }
        }
    }
    Ok(document.to_string())
}

/// `text` without the lines of a setting; `None` where something else stands on them.
fn without_line(text: &str, known: &Known) -> Result<Option<String>, Unedited> {
    let document = Document::parse(text)?;
    let root = document.as_table();
    let table: Option<&dyn TableLike> = match known.section {
        "" => Some(root),
        section => root.get(section).and_then(Item::as_table_like),
    };
    let Some((key, item)) = table.and_then(|table| table.get_key_value(known.name)) else {
        return Ok(Some(text.to_owned()));
    };
    let (Some(key), Some(value)) = (key.span(), item.span()) else { return Ok(None) };
    let start = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[value.end..].find('\n').map_or(text.len(), |at| value.end + at + 1);
    let before = text[start..key.start].trim();
    let after = text[value.end..end].trim();
    let alone = (before.is_empty() || before.trim_end_matches('.').trim_end() == known.section)
        && (after.is_empty() || after.starts_with('#'));
    Ok(alone.then(|| format!("{}{}", &text[..start], &text[end..])))
}

impl Known {
    /// The value that a person typed.
    fn read(&self, typed: &str) -> Result<Value, ProfileError> {
        let refused = |wanted: Wanted| ProfileError::Value { name: self.full_name(), wanted };
        let typed = typed.trim();
        match self.kind {
            Kind::Choice(words) if words.contains(&typed) => Ok(typed.into()),
            Kind::Choice(words) => Err(refused(Wanted::OneOf(words.iter().map(ToString::to_string).collect()))),
            Kind::Switch => match typed {
                "true" | "on" | "yes" => Ok(true.into()),
                "false" | "off" | "no" => Ok(false.into()),
                _ => Err(refused(Wanted::Switch)),
            },
            Kind::Size => {
                let size: ByteSize = typed.parse().map_err(|_| refused(Wanted::Size))?;
                Ok(size.to_string().into())
            }
            Kind::Address => {
                let address = typed.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
                address.map(|address| address.to_string().into()).ok_or_else(|| refused(Wanted::OwnAddress))
            }
            Kind::Addresses => {
                let read = |word: &str| word.parse::<SocketAddr>().map(|address| address.to_string());
                list_of(typed, read).map_err(|_| refused(Wanted::Addresses))
            }
            Kind::Invitations => {
                let read = |word: &str| word.parse::<Invitation>().map(|_| word.to_owned());
                list_of(typed, read).map_err(|error| refused(Wanted::Invitations(error)))
            }
        }
    }
}

/// The words of `typed`, with white space or commas between them, as a list.
fn list_of<E>(typed: &str, read: impl Fn(&str) -> Result<String, E>) -> Result<Value, E> {
    let words = typed.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
    Ok(Value::Array(words.map(read).collect::<Result<Array, E>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "# my node\nnetwork = \"local\" # a bench\n\n# the attic\n[disk]\n# half of it\nquota = \"2 GiB\"\n\n\
                        [traffic]\ndownload_per_second = \"4 MiB\"\n";

    fn set_in(text: &str, name: &str, value: &str) -> Result<String, ProfileError> {
        let known = known(name)?;
        with(text, known, known.read(value)?).map_err(|Unedited(why)| broken(why))
    }

    fn unset_in(text: &str, name: &str) -> String {
        without(text, known(name).unwrap()).ok().unwrap()
    }

    #[test]
    fn a_change_touches_its_own_line_alone() {
        for (name, value, old, new) in [
            ("network", "main", "network = \"local\" # a bench", "network = \"main\" # a bench"),
            ("disk.quota", "1024MiB", "quota = \"2 GiB\"", "quota = \"1 GiB\""),
            (
                "traffic.upload_per_second",
                "1 MiB",
                "download_per_second = \"4 MiB\"\n",
                "download_per_second = \"4 MiB\"\nupload_per_second = \"1 MiB\"\n",
            ),
            ("http", "127.0.0.1:80", "# a bench\n", "# a bench\nhttp = \"127.0.0.1:80\"\n"),
        ] {
            assert_eq!(set_in(FILE, name, value).unwrap(), FILE.replace(old, new), "{name}");
        }
        // Also behind a comment at the end, and in a file of comments alone.
        for text in ["# mine\n", "# mine", "[disk]\nquota = \"1 GiB\"\n# the end\n"] {
            let end = if text.ends_with('\n') { "" } else { "\n" };
            let added = set_in(text, "console.theme", "dark").unwrap();
            assert_eq!(added, format!("{text}{end}\n[console]\ntheme = \"dark\"\n"));
        }
        for (text, before, after) in [
            ("# mine\n", "# mine\n", ""),
            ("# mine", "# mine\n", ""),
            ("# mine\n\n[disk]\n", "# mine\n", "\n[disk]\n"),
            ("# mine\n\n# the attic\n[disk]\n", "# mine\n", "\n# the attic\n[disk]\n"),
            ("# the attic\n[disk]\n", "", "\n# the attic\n[disk]\n"),
            ("disk.quota = \"1 GiB\"\n", "disk.quota = \"1 GiB\"\n", ""),
        ] {
            assert_eq!(set_in(text, "network", "main").unwrap(), format!("{before}network = \"main\"\n{after}"));
        }
        let added = set_in(FILE, "console.theme", "dark").unwrap();
        assert_eq!(added, format!("{FILE}\n[console]\ntheme = \"dark\"\n"));
    }

    #[test]
    fn unsetting_removes_the_line_and_keeps_the_comment_above() {
        assert_eq!(unset_in(FILE, "disk.quota"), FILE.replace("quota = \"2 GiB\"\n", ""));
        assert_eq!(unset_in(FILE, "network"), FILE.replace("network = \"local\" # a bench\n", ""));
        assert_eq!(unset_in(FILE, "console.theme"), FILE);
        assert_eq!(
            unset_in("disk.quota = \"1 GiB\"\nhttp = \"127.0.0.1:1\"\n", "disk.quota"),
            "http = \"127.0.0.1:1\"\n"
        );
        let inline = unset_in("console = { theme = \"dark\", recent = false }\n", "console.theme");
        let config = Config::parse(&inline, Path::new("config.toml")).unwrap().console;
        assert_eq!((config.theme, config.recent), (None, Some(false)));
    }

    #[test]
    fn wrong_names_and_values_are_refused_with_a_sentence() {
        for (name, value, sentence) in [
            ("disk.qouta", "1 GiB", "roneo config list"),
            ("disk", "1 GiB", "roneo config list"),
            ("disk.quota", "lots", "is no size"),
            ("console.theme", "pink", "auto, light, dark, contrast"),
            ("console.recent", "maybe", "true or false"),
            ("http", "0.0.0.0:80", "this machine alone"),
            ("listen", "[::]:0 here", "addresses and ports"),
            ("join", "hello", "not an invitation"),
        ] {
            let error = set_in(FILE, name, value).unwrap_err().to_string();
            assert!(error.contains(sentence), "{name}: {error}");
        }
    }

    #[test]
    fn a_file_is_made_changed_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("node");
        assert_eq!(get(&root, "console.language").unwrap().value, None);
        assert_eq!(set(&root, "console.language", "fr").unwrap().value.as_deref(), Some("fr"));
        assert_eq!(set(&root, "listen", "127.0.0.1:0, [::1]:0").unwrap().value.as_deref(), Some("127.0.0.1:0 [::1]:0"));
        let path = data_dir::config_path(&root);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(HEAD), "{text}");
        assert_eq!(unset(&root, "console.language").unwrap().value, None);
        // A directory with nothing but a configuration can still become a node's.
        data_dir::DataDir::open(&root).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_file_is_named_with_its_line_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = data_dir::config_path(dir.path());
        let broken = "[disk]\nquota = \"much\"\n";
        fs::write(&path, broken).unwrap();
        let error = set(dir.path(), "console.theme", "dark").unwrap_err();
        assert!(matches!(&error, ProfileError::Config { line: Some(2), .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_elsewhere_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("dotfiles.toml");
        fs::write(&elsewhere, "# mine\n").unwrap();
        let root = dir.path().join("node");
        fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(&elsewhere, data_dir::config_path(&root)).unwrap();
        set(&root, "console.theme", "dark").unwrap();
        assert!(fs::symlink_metadata(data_dir::config_path(&root)).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "# mine\n\n[console]\ntheme = \"dark\"\n");
    }

    proptest! {
        /// Whatever is set is read back, and unsetting it gives a configuration without it.
        #[test]
        fn what_is_set_reads_back(size in 0_u64..1 << 50, theme in 0_usize..4, comment in "[a-z =\\[\\]\"']{0,30}") {
            let text = format!("# {comment}\n[traffic] # {comment}\n# {comment}\n");
            let size = ByteSize(size).to_string();
            let theme = ["auto", "light", "dark", "contrast"][theme];
            let text = set_in(&set_in(&text, "disk.quota", &size).unwrap(), "console.theme", theme).unwrap();
            let read = |text: &str| Config::parse(text, Path::new("config.toml")).unwrap().settings();
            let value = |text: &str, name: &str| read(text).into_iter().find(|setting| setting.name == name).unwrap().value;
            prop_assert_eq!(value(&text, "disk.quota"), Some(size));
            prop_assert_eq!(value(&text, "console.theme"), Some(theme.to_owned()));
            let text = unset_in(&text, "disk.quota");
            prop_assert_eq!(value(&text, "disk.quota"), None);
            prop_assert_eq!(text.matches(&format!("# {comment}")).count(), 3);
        }
    }
}
