//! `roneo service`: a node that the system keeps running in the background.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roneo_node::platform;
use roneo_node::service::{Commands, Service};
use serde::Serialize;

use super::args;
use super::failure::Failure;
use super::progress::Progress;

/// What a command came to.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// The file that describes the service.
    pub(crate) file: PathBuf,
    /// Whether it is there.
    pub(crate) installed: bool,
    /// Whether the system runs it now.
    pub(crate) active: bool,
    /// What the user is to do, where something is left to do.
    pub(crate) to_do: Vec<String>,
    /// With `--dry-run`: what the file would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// With `--dry-run`: what would be run.
    #[serde(skip_serializing_if = "Commands::is_empty")]
    pub(crate) commands: Commands,
}

/// Does what was asked; no node is needed.
///
/// # Errors
/// A system without a service manager that is known here, a file of somebody's own in the way, a
/// manager that refuses.
pub(crate) fn service(data_dir: &Path, command: args::Service, progress: &Progress) -> Result<Report, Failure> {
    let manager = platform::service_manager().ok_or_else(|| {
        Failure::refused(
            "this system's way to keep programs running is not known here: let it run `roneo run` at login",
        )
    })?;
    let program = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("the system does not say where this program lies: {error}")))?;
    let data_dir = std::path::absolute(data_dir)
        .map_err(|error| Failure::failed(format!("{} has no absolute path: {error}", data_dir.display())))?;
    let dirs = directories::BaseDirs::new();
    let dirs = dirs.ok_or_else(|| Failure::refused("this user has no home directory: there is nowhere to write to"))?;
    let service = Service { manager, program, data_dir };
    let file = service.path(dirs.home_dir(), dirs.config_dir());
    match command {
        args::Service::Install(args::DryRun { dry_run: true }) => Ok(Report {
            installed: file.exists(),
            text: Some(service.text()),
            commands: service.enable(&file),
            file,
            ..Report::default()
        }),
        args::Service::Uninstall(args::DryRun { dry_run: true }) => Ok(Report {
            installed: file.exists(),
            commands: [service.disable(&file), service.forget()].concat(),
            file,
            ..Report::default()
        }),
        args::Service::Install(_) => install(&service, file, progress),
        args::Service::Uninstall(_) => uninstall(&service, file),
        args::Service::Status => {
            let (installed, active) = (is_installed(&file)?, succeeds(&service.is_active()));
            Ok(Report { file, installed, active, ..Report::default() })
        }
    }
}

/// As a person reads it.
pub(crate) fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = match (&report.text, report.installed, report.active) {
        (Some(contents), _, _) => writeln!(text, "would write {}:\n\n{contents}", report.file.display()),
        (None, true, true) => writeln!(text, "installed and running: {}", report.file.display()),
        (None, true, false) => writeln!(text, "installed and not running: {}", report.file.display()),
        (None, false, _) => writeln!(text, "not installed"),
    };
    for command in &report.commands {
        let _ = writeln!(text, "would run: {}", command.join(" "));
    }
    text
}

fn install(service: &Service, file: PathBuf, progress: &Progress) -> Result<Report, Failure> {
    if is_installed(&file)? {
        progress.say("there already: it is written anew");
    }
    let dir = file.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(dir).and_then(|()| fs::write(&file, service.text()));
    written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", file.display())))?;
    let commands = service.enable(&file);
    if !succeeds(&service.probe()) {
        let to_do = format!(
            "the service manager does not answer here, so the node was not started; in a session where it does, run: {}",
            commands.iter().map(|command| command.join(" ")).collect::<Vec<_>>().join(" && ")
        );
        return Ok(Report { file, installed: true, to_do: vec![to_do], ..Report::default() });
    }
    run_all(&commands)?;
    let active = succeeds(&service.is_active());
    let mut to_do = Vec::new();
    if !active {
        to_do.push(
            "it does not run yet: `roneo status` says more in a moment; a node started by hand must end first"
                .to_owned(),
        );
    }
    to_do.extend(service.linger().map(|command| format!("to keep it running while you are logged out: {command}")));
    Ok(Report { file, installed: true, active, to_do, ..Report::default() })
}

fn uninstall(service: &Service, file: PathBuf) -> Result<Report, Failure> {
    if !is_installed(&file)? {
        return Ok(Report { file, ..Report::default() });
    }
    let answers = succeeds(&service.probe());
    if answers {
        run_all(&service.disable(&file))?;
    }
    fs::remove_file(&file).map_err(|error| Failure::failed(format!("cannot remove {}: {error}", file.display())))?;
    let mut to_do = Vec::new();
    if answers {
        run_all(&service.forget())?;
    } else {
        to_do.push(
            "the service manager does not answer here: a node that it has started runs on until you log out".to_owned(),
        );
    }
    Ok(Report { file, to_do, ..Report::default() })
}

/// Whether our file is there.
fn is_installed(file: &Path) -> Result<bool, Failure> {
    match fs::read_to_string(file) {
        Ok(text) if Service::is_ours(&text) => Ok(true),
        Ok(_) => Err(Failure::refused(format!(
            "{} was written by somebody else: move it away, or use it to keep the node running",
            file.display()
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::failed(format!("cannot read {}: {error}", file.display()))),
    }
}

fn succeeds(command: &[String]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let quiet = || Stdio::null();
    let ran = Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    ran.is_ok_and(|status| status.success())
}

fn run_all(commands: &Commands) -> Result<(), Failure> {
    for command in commands {
        let Some((program, arguments)) = command.split_first() else { continue };
        let ran = Command::new(program).args(arguments).stdin(Stdio::null()).output();
        let ran = ran.map_err(|error| Failure::failed(format!("cannot run {program}: {error}")))?;
        if !ran.status.success() {
            let said = String::from_utf8_lossy(&ran.stderr);
            let said = said.lines().next().unwrap_or("it says nothing more");
            return Err(Failure::failed(format!("`{}` failed: {said}", command.join(" "))));
        }
    }
    Ok(())
}
