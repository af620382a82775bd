//! Keeping a node in the background: what is written for the system's service manager, and how that
//! is told.
//!
//! Everything here is text. Who writes it and runs it is the command `roneo service`.

use std::path::{Path, PathBuf};

/// What looks after a user's background programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// systemd's instance for each user, on Linux.
    Systemd,
    /// launchd's agents, on macOS.
    Launchd,
}

/// The unit's name for systemd.
const UNIT: &str = "roneo.service";
/// The agent's name for launchd.
const LABEL: &str = "net.roneo.node";
/// By which a file is known as ours: one without it is somebody's own work.
const MARK: &str = "Written by `roneo service install`; `roneo service uninstall` removes it.";

/// A node to be kept in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Who looks after it.
    pub manager: Manager,
    /// The program `roneo`.
    pub program: PathBuf,
    /// The node's data directory, absolute.
    pub data_dir: PathBuf,
}

/// Commands to be run one after another, each a program and its arguments.
pub type Commands = Vec<Vec<String>>;

impl Service {
    /// The file that describes it, in the user's `config` or `home` directory.
    #[must_use]
    pub fn path(&self, home: &Path, config: &Path) -> PathBuf {
        match self.manager {
            Manager::Systemd => config.join("systemd/user").join(UNIT),
            Manager::Launchd => home.join("Library/LaunchAgents").join(format!("{LABEL}.plist")),
        }
    }

    /// What the file says. Both paths are to be UTF-8; anything else in them is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        match self.manager {
            Manager::Systemd => self.unit(),
            Manager::Launchd => self.agent(),
        }
    }

    /// Whether a file of that text was written here, and may be replaced.
    #[must_use]
    pub fn is_ours(text: &str) -> bool {
        text.contains(MARK)
    }

    /// Succeeds where the manager answers this user.
    #[must_use]
    pub fn probe(&self) -> Vec<String> {
        match self.manager {
            Manager::Systemd => words(&["systemctl", "--user", "show-environment"]),
            Manager::Launchd => words(&["launchctl", "list"]),
        }
    }

    /// Starts it, now and at every login, once its file is there.
    #[must_use]
    pub fn enable(&self, file: &Path) -> Commands {
        match self.manager {
            Manager::Systemd => vec![
                words(&["systemctl", "--user", "daemon-reload"]),
                words(&["systemctl", "--user", "enable", "--now", UNIT]),
            ],
            Manager::Launchd => vec![words(&["launchctl", "load", "-w", &file.to_string_lossy()])],
        }
    }

    /// Ends it, now and for good, while its file is still there.
    #[must_use]
    pub fn disable(&self, file: &Path) -> Commands {
        match self.manager {
            Manager::Systemd => vec![words(&["systemctl", "--user", "disable", "--now", UNIT])],
            Manager::Launchd => vec![words(&["launchctl", "unload", "-w", &file.to_string_lossy()])],
        }
    }

    /// Tells the manager that the file is gone.
    #[must_use]
    pub fn forget(&self) -> Commands {
        match self.manager {
            Manager::Systemd => vec![words(&["systemctl", "--user", "daemon-reload"])],
            Manager::Launchd => Vec::new(),
        }
    }

    /// Succeeds while it runs.
    #[must_use]
    pub fn is_active(&self) -> Vec<String> {
        match self.manager {
            Manager::Systemd => words(&["systemctl", "--user", "--quiet", "is-active", UNIT]),
            Manager::Launchd => words(&["launchctl", "list", LABEL]),
        }
    }

    /// What keeps it running while the user is logged out; `None` where nothing does.
    #[must_use]
    pub fn linger(&self) -> Option<&'static str> {
        match self.manager {
            Manager::Systemd => Some("loginctl enable-linger"),
            Manager::Launchd => None,
        }
    }

    fn unit(&self) -> String {
        // Exit 2 and 5 are mistakes of the command line and a directory in use: again is no better.
        format!(
            "# {MARK}\n\
             [Unit]\n\
             Description=Roneo node\n\
             \n\
             [Service]\n\
             ExecStart={} run --quiet --data-dir {}\n\
             Restart=on-failure\n\
             RestartSec=30\n\
             RestartPreventExitStatus=2 5\n\
             TimeoutStopSec=15\n\
             StandardOutput=null\n\
             UMask=0077\n\
             NoNewPrivileges=yes\n\
             \n\
             [Install]\n\
             WantedBy=default.target\n",
            for_systemd(&self.program),
            for_systemd(&self.data_dir),
        )
    }

    fn agent(&self) -> String {
        let arguments = [self.program.to_string_lossy(), "run".into(), "--quiet".into(), "--data-dir".into()];
        let arguments = arguments.into_iter().chain([self.data_dir.to_string_lossy()]);
        let arguments: String =
            arguments.map(|word| format!("        <string>{}</string>\n", for_xml(&word))).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!-- {MARK} -->\n\
             <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n\
             <dict>\n    \
                 <key>Label</key>\n    <string>{LABEL}</string>\n    \
                 <key>ProgramArguments</key>\n    <array>\n{arguments}    </array>\n    \
                 <key>RunAtLoad</key>\n    <true/>\n    \
                 <key>KeepAlive</key>\n    <dict>\n        <key>SuccessfulExit</key>\n        <false/>\n    </dict>\n    \
                 <key>ThrottleInterval</key>\n    <integer>30</integer>\n    \
                 <key>Umask</key>\n    <integer>63</integer>\n\
             </dict>\n\
             </plist>\n"
        )
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// One word of `ExecStart`, quoted as systemd.syntax(7) and systemd.service(5) have it.
fn for_systemd(path: &Path) -> String {
    let mut quoted = String::from("\"");
    for letter in path.to_string_lossy().chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            // Specifiers and variables.
            '%' | '$' => quoted.extend([letter, letter]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

fn for_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(manager: Manager) -> Service {
        let (program, data_dir) = ("/opt/r o/roneo".into(), "/home/é/50% \"<&$\\".into());
        Service { manager, program, data_dir }
    }

    #[test]
    fn a_unit_quotes_its_paths() {
        let unit = service(Manager::Systemd).text();
        let start = "ExecStart=\"/opt/r o/roneo\" run --quiet --data-dir \"/home/é/50%% \\\"<&$$\\\\\"\n";
        assert!(unit.contains(start), "{unit}");
        assert!(Service::is_ours(&unit) && !Service::is_ours(&unit.replace("Written", "written")));
    }

    #[test]
    fn an_agent_quotes_its_paths() {
        let agent = service(Manager::Launchd).text();
        assert!(agent.contains("<string>/opt/r o/roneo</string>\n        <string>run</string>"), "{agent}");
        assert!(agent.contains("<string>/home/é/50% \"&lt;&amp;$\\</string>"), "{agent}");
        assert!(Service::is_ours(&agent));
        for (open, close) in [("<dict>", "</dict>"), ("<array>", "</array>"), ("<string>", "</string>")] {
            assert_eq!(agent.matches(open).count(), agent.matches(close).count(), "{open}");
        }
    }

    #[test]
    fn files_lie_where_each_manager_looks() {
        let (home, config) = (Path::new("/h"), Path::new("/c"));
        let path = |manager| service(manager).path(home, config);
        assert_eq!(path(Manager::Systemd), Path::new("/c/systemd/user/roneo.service"));
        assert_eq!(path(Manager::Launchd), Path::new("/h/Library/LaunchAgents/net.roneo.node.plist"));
    }
}
