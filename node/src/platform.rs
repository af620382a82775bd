//! What differs between operating systems: permissions, names and kinds of files, free space, signals,
//! browsers, background services.
//!
//! No other module of the node asks which system this is.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::process::Command;

use crate::service::Manager;

/// Creates a directory, and its parents, that only this user may enter. One that exists is
/// closed to others.
///
/// # Errors
/// What the system says.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    restrict(path, 0o700)
}

/// Creates or empties a file that only this user may read.
///
/// # Errors
/// What the system says.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    // The mode above holds for new files only: one left behind by a crash keeps its own.
    restrict(path, 0o600)?;
    Ok(file)
}

/// Makes the names in a directory durable: what was renamed into it stays after a power cut.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the names in a directory durable. Where directories cannot be opened, the system's own
/// journal does so.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Bytes that this user may still write on the disk of `path`; `None` where the system does not say.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> io::Result<Option<u64>> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
}

/// Bytes that this user may still write on the disk of `path`; `None` where the system does not say.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn free_bytes(_path: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

/// What tells one file of this machine from every other that is there now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileIdentity(String);

/// The identity of a file that was found under `path`.
#[cfg(unix)]
#[must_use]
pub fn file_identity(_path: &Path, found: &Metadata) -> FileIdentity {
    use std::os::unix::fs::MetadataExt as _;
    FileIdentity(format!("{}:{}", found.dev(), found.ino()))
}

/// The identity of a file that was found under `path`: here the system tells files apart by their names
/// alone, and takes no notice of case.
#[cfg(not(unix))]
#[must_use]
pub fn file_identity(path: &Path, _found: &Metadata) -> FileIdentity {
    FileIdentity(path.to_string_lossy().to_lowercase())
}

/// What something is that is neither file, directory nor link, in words.
#[cfg(unix)]
#[must_use]
pub fn kind_in_words(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

/// What something is that is neither file, directory nor link, in words.
#[cfg(not(unix))]
#[must_use]
pub fn kind_in_words(_kind: FileType) -> &'static str {
    "a device"
}

/// Whose rules for the names of files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileNames {
    /// Any bytes but the slash.
    Unix,
    /// No reserved names and characters, no dots and spaces at the end.
    Windows,
}

/// The rules of this system.
pub const FILE_NAMES: FileNames = if cfg!(windows) { FileNames::Windows } else { FileNames::Unix };

/// Names that Windows takes for devices, with any ending.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

impl FileNames {
    /// The name under which a file called `name` can be kept: the same one wherever that can be. `name` is
    /// one part of a path.
    #[must_use]
    pub fn on_disk(self, name: &str) -> String {
        if self == Self::Unix {
            return name.to_owned();
        }
        let plain = |c: char| if c.is_control() || "<>:\"/\\|?*".contains(c) { '_' } else { c };
        let mut plain: String = name.chars().map(plain).collect();
        let kept = plain.trim_end_matches(['.', ' ']).len();
        plain.replace_range(kept.., &"_".repeat(plain.len() - kept));
        let stem = plain.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
        // Windows counts superscript digits too.
        let is_port = ["COM", "LPT"].iter().any(|port| {
            let number = stem.strip_prefix(port).unwrap_or_default();
            number.chars().count() == 1 && number.contains(|c: char| c.is_ascii_digit() || "¹²³".contains(c))
        });
        if is_port || DEVICES.contains(&stem.as_str()) { format!("_{plain}") } else { plain }
    }
}

/// Returns when somebody asks the process to end: Ctrl-C, or a service manager.
///
/// # Errors
/// What the system says when no handler can be set.
pub async fn stop_requested() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// What looks after background programs here; `None` where it is not known.
#[must_use]
pub fn service_manager() -> Option<Manager> {
    if cfg!(target_os = "linux") {
        Some(Manager::Systemd)
    } else if cfg!(target_os = "macos") {
        Some(Manager::Launchd)
    } else {
        None
    }
}

/// Commands that show a page in the user's browser, its address behind them; none where there is no
/// screen to show it on.
#[must_use]
pub fn page_openers() -> &'static [&'static [&'static str]] {
    if cfg!(target_os = "macos") {
        &[&["open"]]
    } else if cfg!(windows) {
        // `start` itself is a word of the shell, which would read the address once more.
        &[&["rundll32", "url.dll,FileProtocolHandler"]]
    } else if ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|it| !it.is_empty()))
    {
        &[&["xdg-open"], &["gio", "open"], &["sensible-browser"], &["x-www-browser"]]
    } else {
        &[]
    }
}

/// Lets a program to be started outlive this one: what ends the terminal's programs passes it by.
pub fn detach(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        // DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        command.creation_flags(0x0000_0008 | 0x0000_0200);
    }
    #[cfg(not(any(unix, windows)))]
    let _ = command;
}

/// Has a file that grows beyond what the user may write be an error of the write, and not the end of the program.
pub fn outlive_file_size_limit() {
    #[cfg(unix)]
    {
        /// `SIGXFSZ` of Linux on all but MIPS, of macOS and the BSDs.
        const FILE_SIZE: i32 = 25;
        // A handler that is installed stays. Without it the program ends as it did before.
        let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE));
    }
}

/// Whether nobody but its owner may read or write a file.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

/// Whether nobody but its owner may read or write a file; elsewhere the directory sees to that.
///
/// # Errors
/// None here.
#[cfg(not(unix))]
pub fn is_private(_path: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 != mode {
        permissions.set_mode(mode);
        fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_system_does_not_take_become_others() {
        let table = [
            ("tract.html", "tract.html"),
            ("été 工会", "été 工会"),
            ("con", "_con"),
            ("Aux.txt", "_Aux.txt"),
            ("lpt1.tar.gz", "_lpt1.tar.gz"),
            ("COM²", "_COM²"),
            ("COM10", "COM10"),
            ("console", "console"),
            ("nul .txt", "_nul .txt"),
            ("a:b?c", "a_b_c"),
            ("fin. ", "fin__"),
            ("...", "___"),
            ("C:", "C_"),
        ];
        for (name, on_windows) in table {
            assert_eq!(FileNames::Windows.on_disk(name), on_windows, "{name}");
            assert_eq!(FileNames::Unix.on_disk(name), name);
        }
    }
}
