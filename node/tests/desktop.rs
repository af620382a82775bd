//! `roneo service` and `roneo open` as somebody types them, in a home of their own and with stand-ins
//! for the programs of the system.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A home with programs of its own.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path("bin")).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program that writes its arguments into a file of its name, and then does `then`.
    fn program(&self, name: &str, then: &str) {
        let log = self.path(&format!("{name}.log"));
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\necho \"$@\" >> '{}'\n{then}\n", log.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn said(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.log"))).unwrap_or_default()
    }

    fn roneo(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roneo"));
        command.args(line.split_whitespace()).arg("--data-dir").arg(self.path("node"));
        command.env_clear().env("HOME", self.0.path()).env("PATH", self.path("bin"));
        command
    }

    fn run(&self, line: &str) -> Output {
        self.roneo(line).output().unwrap()
    }
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_is_installed_reported_and_removed() {
    let home = Home::new();
    home.program("systemctl", "exit 0");
    let unit = home.path(".config/systemd/user/roneo.service");

    let planned = home.run("service install --dry-run");
    let planned = String::from_utf8(planned.stdout).unwrap();
    assert!(planned.contains("ExecStart=") && planned.contains("enable --now roneo.service"), "{planned}");
    assert!(!unit.exists() && home.said("systemctl").is_empty());
    assert_eq!(json(&home.run("service status --json"))["installed"], false);

    let installed = json(&home.run("service install --json"));
    assert_eq!((&installed["installed"], &installed["active"]), (&Value::Bool(true), &Value::Bool(true)));
    let text = fs::read_to_string(&unit).unwrap();
    assert!(text.contains(&format!("--data-dir \"{}\"", home.path("node").display())), "{text}");
    assert!(home.said("systemctl").contains("--user daemon-reload\n--user enable --now roneo.service\n"));
    assert_eq!(json(&home.run("service status --json"))["active"], true);

    let removed = json(&home.run("service uninstall --json"));
    assert_eq!(removed["installed"], false);
    assert!(!unit.exists() && home.said("systemctl").contains("--user disable --now roneo.service\n"));
    assert_eq!(json(&home.run("service uninstall --json"))["installed"], false, "again is no mistake");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_service_manager_it_is_said_what_to_do() {
    let home = Home::new();
    home.program("systemctl", "exit 1");
    let installed = home.run("service install");
    assert!(installed.status.success());
    let said = String::from_utf8_lossy(&installed.stderr).into_owned();
    assert!(said.contains("systemctl --user enable --now roneo.service"), "{said}");
    assert!(home.path(".config/systemd/user/roneo.service").exists());
    assert!(!home.said("systemctl").contains("enable"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_somebody_elses_is_left_alone() {
    let home = Home::new();
    home.program("systemctl", "exit 0");
    let unit = home.path(".config/systemd/user/roneo.service");
    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "[Service]\nExecStart=/my/own\n").unwrap();
    for line in ["service install", "service uninstall", "service status"] {
        let refused = home.run(line);
        assert_eq!(refused.status.code(), Some(5), "{line}");
    }
    assert_eq!(fs::read_to_string(&unit).unwrap(), "[Service]\nExecStart=/my/own\n");
}

#[test]
fn without_a_node_open_says_how_to_start_one() {
    let home = Home::new();
    let failed = home.run("open");
    assert_eq!(failed.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("roneo open --start"));
}

#[test]
fn open_starts_a_node_and_the_browser_and_without_one_prints_the_address() {
    let home = Home::new();
    fs::create_dir(home.path("node")).unwrap();
    let config = "network = \"local\"\nhttp = \"127.0.0.1:0\"\n[disk]\nquota = \"16 MiB\"\n";
    fs::write(home.path("node/config.toml"), config).unwrap();
    home.program("browser", "exit 0");
    home.program("broken", "exit 1");

    let opened = home.roneo("open --start --json").env("BROWSER", "nowhere:broken:browser --new %s").output().unwrap();
    // Whatever follows, the node is not left behind.
    let node = Guard::of(&home.path("node"));
    let opened = json(&opened);
    let http = opened["http"].as_str().unwrap();
    assert!(http.starts_with("http://127.0.0.1:") && http.ends_with('/'), "{http}");
    assert_eq!(opened["opened"], true);
    assert_eq!(home.said("browser"), format!("--new {http}\n"));
    assert_eq!(home.said("broken"), format!("{http}\n"));

    let printed = home.run("open");
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), format!("{http}\n"));
    node.end();
}

/// Ends the node of a data directory by its number.
struct Guard {
    pid: Option<String>,
    run: PathBuf,
}

impl Guard {
    fn of(data_dir: &Path) -> Self {
        let run = data_dir.join("run.json");
        let info: Option<Value> = fs::read(&run).ok().and_then(|info| serde_json::from_slice(&info).ok());
        Self { pid: info.map(|info| info["pid"].to_string()), run }
    }

    fn end(mut self) {
        self.kill();
        let begin = Instant::now();
        while self.run.exists() {
            assert!(begin.elapsed() < Duration::from_secs(30), "the node does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn kill(&mut self) {
        if let Some(pid) = self.pid.take() {
            assert!(ended(&pid));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(pid) = self.pid.take() {
            ended(&pid);
        }
    }
}

/// Asks a process to end. `kill` is a word of every shell, and a program only of some systems.
fn ended(pid: &str) -> bool {
    Command::new("sh").args(["-c", &format!("kill {pid}")]).status().is_ok_and(|status| status.success())
}
