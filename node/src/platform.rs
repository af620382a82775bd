//! What differs between operating systems: permissions, free space, signals, browsers, background
//! services.
//!
//! No other module of the node asks which system this is.

use std::fs::{self, File, OpenOptions};
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
