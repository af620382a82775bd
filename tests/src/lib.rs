//! Real `roneo` processes on loopback, for scenarios: started on free ports, ended by pid, their logs
//! shown when a test fails.
//!
//! Start from [`Net::processes`]. Everything goes through the command line, as a person's would.
//! Not for: networks of hundreds, which are seeded and live in `roneo-simulations`.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Disk that each node of a scenario lends.
const DISK: &str = "96MiB";

/// One scenario at a time: two cores are not enough for two networks.
static TURN: Mutex<()> = Mutex::new(());

/// The program under test: `RONEO_BIN`, or else built once by this call.
///
/// # Panics
/// If it does not build.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(program) = std::env::var_os("RONEO_BIN") {
            return program.into();
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--release", "--workspace", "--bin", "roneo", "--message-format=json"]);
        // The names of this package would count as a change for build scripts that ask for them, such as ring's.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&name);
            }
        }
        let build = build.stderr(Stdio::inherit()).output().expect("cargo runs");
        assert!(build.status.success(), "the program does not build");
        let lines = build.stdout.split(|byte| *byte == b'\n');
        let messages = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let executable = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
        executable.expect("cargo says where it put the program")
    })
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; 128 and more for a signal.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(128), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The one JSON value on standard output.
    ///
    /// # Panics
    /// If there is none, or the command failed.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `roneo` without a node.
///
/// # Panics
/// If it cannot be run at all.
pub fn roneo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
    let output = Command::new(program()).args(arguments).stdin(Stdio::null()).output();
    Outcome::of(&output.expect("the program runs"))
}

/// One node of a network.
struct Node {
    child: Option<Child>,
    /// What it printed when it was ready.
    ready: Value,
    extra: Vec<String>,
}

/// A local network of processes, and the directory that they live in.
pub struct Net {
    root: TempDir,
    disk: &'static str,
    settings: &'static [(&'static str, &'static str)],
    nodes: Vec<Node>,
    _turn: MutexGuard<'static, ()>,
}

impl Net {
    /// `count` nodes, each invited by one before it, that all see each other.
    #[must_use]
    pub fn processes(count: usize) -> Self {
        Self::lending(count, DISK)
    }

    /// The same, where each node lends `disk` (`512MiB`) in place of what scenarios need.
    #[must_use]
    pub fn lending(count: usize, disk: &'static str) -> Self {
        Self::configured(count, disk, &[])
    }

    /// The same, each with these settings, by name and value.
    ///
    /// # Panics
    /// If a setting is refused.
    #[must_use]
    pub fn configured(count: usize, disk: &'static str, settings: &'static [(&'static str, &'static str)]) -> Self {
        let mut net = Self::empty();
        (net.disk, net.settings) = (disk, settings);
        for _ in 0..count {
            net.add(&[]);
        }
        for node in 0..count {
            net.meet(node, count);
        }
        net
    }

    /// No node yet.
    ///
    /// # Panics
    /// If there is no room for temporary files.
    #[must_use]
    pub fn empty() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let root = TempDir::new().expect("a temporary directory");
        Self { root, disk: DISK, settings: &[], nodes: Vec::new(), _turn: turn }
    }

    /// Starts one more node, invited by some earlier one, with `extra` arguments. Returns its number.
    pub fn add(&mut self, extra: &[&str]) -> usize {
        let number = self.nodes.len();
        // Any earlier one will do: spread over them without a random number.
        let inviter = number.checked_sub(1).map(|last| (number * 7) % (last + 1));
        let mut extra: Vec<String> = extra.iter().map(|argument| (*argument).to_owned()).collect();
        match inviter {
            None => extra.extend(["--network".to_owned(), "local".to_owned()]),
            Some(inviter) => {
                let invitation = self.run(inviter, &["invite"]).out.trim().to_owned();
                extra.extend(["--join".to_owned(), invitation]);
            }
        }
        self.nodes.push(Node { child: None, ready: Value::Null, extra });
        for (name, value) in self.settings {
            let set = self.run(number, &["config", "set", name, value]);
            assert_eq!(set.code, 0, "{}", set.err);
        }
        self.start(number);
        number
    }

    /// Starts a node again that was ended, on the state that it left.
    ///
    /// # Panics
    /// If it does not become ready.
    pub fn start(&mut self, node: usize) {
        let log = File::options().create(true).append(true).open(self.log(node)).expect("a log file");
        let mut child = Command::new(program())
            .args(["run", "--json", "--disk", self.disk, "--http", "127.0.0.1:0", "--data-dir"])
            .arg(self.dir(node))
            .args(&self.nodes[node].extra)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("standard output is text");
        self.nodes[node].child = Some(child);
        self.nodes[node].ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("node {node}: {error}"));
    }

    /// Ends a node without warning, as a power cut would.
    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].child.take() {
            // It may have ended by itself; the wait says so either way.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends a signal by name (`TERM`, `INT`, `STOP`, `CONT`) to a node.
    pub fn signal(&self, node: usize, name: &str) {
        if let Some(child) = &self.nodes[node].child {
            signal(child.id(), name);
        }
    }

    /// Waits until a node has ended; its exit code, or `None` if it is still there after `patience`.
    pub fn ended(&mut self, node: usize, patience: Duration) -> Option<i32> {
        let child = self.nodes[node].child.as_mut()?;
        let code = exit_code(child, patience)?;
        self.nodes[node].child = None;
        Some(code)
    }

    /// Runs a command at a node.
    #[must_use]
    pub fn run(&self, node: usize, arguments: &[&str]) -> Outcome {
        let output = self.command(node, arguments).output();
        Outcome::of(&output.expect("the program runs"))
    }

    /// A command at a node, to be spawned.
    #[must_use]
    pub fn command(&self, node: usize, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).arg("--data-dir").arg(self.dir(node)).stdin(Stdio::null());
        command
    }

    /// Waits until a node sees `count` nodes, for a minute at most.
    ///
    /// # Panics
    /// If it does not.
    pub fn meet(&self, node: usize, count: usize) {
        let met = self.run(node, &["status", "--json", "--wait-nodes", &count.to_string(), "--timeout", "60"]);
        assert_eq!(met.json()["nodes"], count, "node {node}");
    }

    /// Stores bytes at a node; what `put --json` printed.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn put(&self, node: usize, bytes: &[u8]) -> Value {
        let file = self.file("content", bytes);
        self.run(node, &["put", "--json", file.to_str().expect("our own path")]).json()
    }

    /// Fetches a link at a node.
    #[must_use]
    pub fn get(&self, node: usize, uri: &str) -> (Outcome, Vec<u8>) {
        let output = self.command(node, &["get", uri]).output().expect("the program runs");
        (Outcome::of(&output), output.stdout)
    }

    /// A file for a command to read.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        path
    }

    /// A node's data directory.
    #[must_use]
    pub fn dir(&self, node: usize) -> PathBuf {
        self.root.path().join(node.to_string())
    }

    /// What a node wrote to standard error, over all its lives.
    fn log(&self, node: usize) -> PathBuf {
        self.root.path().join(format!("{node}.log"))
    }

    /// What every node wrote to standard error.
    #[must_use]
    pub fn logs(&self) -> String {
        (0..self.nodes.len()).map(|node| std::fs::read_to_string(self.log(node)).unwrap_or_default()).collect()
    }

    /// What a node printed when it was ready: http, listen, node, network, pid.
    #[must_use]
    pub fn ready(&self, node: usize) -> &Value {
        &self.nodes[node].ready
    }

    /// The process that a node is.
    ///
    /// # Panics
    /// If it was ended.
    #[must_use]
    pub fn pid(&self, node: usize) -> u32 {
        self.nodes[node].child.as_ref().expect("a node that runs").id()
    }

    /// A counter of a node's status.
    ///
    /// # Panics
    /// If there is none of that name.
    #[must_use]
    pub fn counter(&self, node: usize, name: &str) -> u64 {
        let status = self.run(node, &["status", "--json"]).json();
        status["counters"][name].as_u64().unwrap_or_else(|| panic!("a counter {name}"))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for node in 0..self.nodes.len() {
                let log = std::fs::read_to_string(self.log(node)).unwrap_or_default();
                if !log.is_empty() {
                    eprintln!("--- node {node}\n{log}");
                }
            }
        }
        for node in 0..self.nodes.len() {
            self.kill(node);
        }
    }
}

/// Sends a signal by name to a process that a test started.
///
/// # Panics
/// If there is no `kill`.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

/// Waits for a child's exit code, for `patience` at most.
///
/// # Panics
/// If it cannot be waited for.
pub fn exit_code(child: &mut Child, patience: Duration) -> Option<i32> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status.code().unwrap_or(128));
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What an HTTP/1.1 server answers to raw bytes, until it closes the connection.
///
/// # Panics
/// If there is no such server.
#[must_use]
pub fn http(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("it takes the request");
    let mut answer = Vec::new();
    // A server that closes early is judged by what it said until then.
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Bytes that differ by `seed`, and repeat nowhere within a file.
#[must_use]
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // Xorshift: no library for what only has to differ.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
