//! [`DataDir`]: the one directory that holds a node's state.
//!
//! `docs/data-directory.md` describes it file by file. Small files are replaced whole: written
//! beside, synced, renamed, and the directory synced, so that a power cut leaves the old one or the
//! new one.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use rand::CryptoRng;
use roneo_keys::{NetworkId, NodeSecret, base64};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::platform;

/// The directory format that this version writes.
pub const FORMAT: u32 = 0;

/// Bytes of a small file at most; more than this is damage.
const MAX_SMALL_FILE_LEN: u64 = 64 << 10;
/// Ports remembered at most.
const MAX_PORTS: usize = 32;
const API_TOKEN_LEN: usize = 32;

const FORMAT_FILE: &str = "format";
const LOCK_FILE: &str = "lock";
const NODE_KEY_FILE: &str = "node.key";
const NETWORK_FILE: &str = "network";
const PORTS_FILE: &str = "ports";
const API_TOKEN_FILE: &str = "api.token";
const RUN_FILE: &str = "run.json";
/// Keys can be made before there is a node.
pub(crate) const KEYS_DIR: &str = "keys";
/// What the user keeps beside keys and configuration.
pub(crate) const PROFILE_DIR: &str = "profile";
const CONFIG_FILE: &str = "config.toml";
const STORE_DIR: &str = "store";
const INDEX_DIR: &str = "index";
const QUEUE_DIR: &str = "queue";
const STATE_FILE: &str = "state";
/// Ends the name of a file that is still being written.
const UNFINISHED: &str = ".new";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Another process holds the lock.
    #[error("a node is already running on {}: stop it first, or choose another --data-dir", .0.display())]
    AlreadyRunning(PathBuf),
    /// The directory holds something else.
    #[error("{} holds other files: choose an empty directory for --data-dir", .0.display())]
    Foreign(PathBuf),
    /// A later version wrote it.
    #[error("{} was written by a newer Roneo (format {found}, this one reads up to {FORMAT}): update to use it", root.display())]
    Newer {
        /// The directory.
        root: PathBuf,
        /// The number in its `format`.
        found: u32,
    },
    /// A file does not hold what it should.
    #[error("{} is damaged: {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The disk or the system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An open data directory. No other process can open it while this value lives.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    /// Held for its lock, which the system frees even when the process is killed.
    _lock: File,
}

/// What `run.json` says of the running node, and `roneo run` prints once ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Where console and API answer, such as `127.0.0.1:8888`; `None` without a proxy.
    pub http: Option<String>,
    /// Where other nodes connect, as `IP:PORT`.
    pub listen: Vec<String>,
    /// The node's id, 43 characters.
    pub node: String,
    /// The network's name.
    pub network: String,
    /// The process.
    pub pid: u32,
}

impl DataDir {
    /// Opens a data directory, creating it where there is none.
    ///
    /// # Errors
    /// Any [`DataDirError`]: see its variants.
    pub fn open(root: &Path) -> Result<Self, DataDirError> {
        let existed = root.exists();
        if existed {
            refuse_foreign(root)?;
        }
        platform::create_private_dir(root).map_err(|source| failed("create", root, source))?;
        let lock_path = root.join(LOCK_FILE);
        let lock = platform::create_private_file(&lock_path).map_err(|source| failed("create", &lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::AlreadyRunning(root.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed("lock", &lock_path, source)),
        }
        let dir = Self { root: root.to_owned(), _lock: lock };
        dir.check_format()?;
        for name in [STORE_DIR, INDEX_DIR, QUEUE_DIR] {
            let path = dir.root.join(name);
            platform::create_private_dir(&path).map_err(|source| failed("create", &path, source))?;
        }
        Ok(dir)
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the operator's configuration stands.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        config_path(&self.root)
    }

    /// Where the datastore lives.
    #[must_use]
    pub fn store_dir(&self) -> PathBuf {
        self.root.join(STORE_DIR)
    }

    /// Where inserts and downloads live until they are over.
    #[must_use]
    pub fn queue_dir(&self) -> PathBuf {
        self.root.join(QUEUE_DIR)
    }

    /// Where everything lives that can be rebuilt.
    #[must_use]
    pub fn index_dir(&self) -> PathBuf {
        self.root.join(INDEX_DIR)
    }

    /// The node's key, drawn and written the first time.
    ///
    /// # Errors
    /// [`DataDirError::Damaged`] for a file that holds no key: a node never takes a new identity
    /// unasked. [`DataDirError::Io`].
    pub fn node_secret(&self, rng: &mut impl CryptoRng) -> Result<NodeSecret, DataDirError> {
        let path = self.root.join(NODE_KEY_FILE);
        if let Some(bytes) = read_limited(&path, MAX_SMALL_FILE_LEN)? {
            let bytes = Zeroizing::new(bytes);
            let seed = std::str::from_utf8(&bytes).ok().and_then(|text| base64::decode::<32>(text.trim_end()).ok());
            let seed = Zeroizing::new(seed.ok_or(DataDirError::Damaged {
                path,
                remedy: "put back a copy of it, or remove it to run as a new node",
            })?);
            return Ok(NodeSecret::from_seed(*seed));
        }
        let secret = NodeSecret::random(rng);
        let seed = Zeroizing::new(secret.expose_seed());
        let text = Zeroizing::new(base64::encode(&*seed) + "\n");
        self.write(NODE_KEY_FILE, text.as_bytes())?;
        Ok(secret)
    }

    /// The network that this directory belongs to, once it belongs to one.
    ///
    /// # Errors
    /// [`DataDirError::Damaged`], [`DataDirError::Io`].
    pub fn network(&self) -> Result<Option<NetworkId>, DataDirError> {
        let path = self.root.join(NETWORK_FILE);
        let Some(bytes) = read_limited(&path, MAX_SMALL_FILE_LEN)? else { return Ok(None) };
        let id = std::str::from_utf8(&bytes).ok().and_then(|text| NetworkId::parse(text.trim_end()));
        id.map(Some).ok_or(DataDirError::Damaged {
            path,
            remedy: "write the network's name into it, as `roneo status` shows it at another node",
        })
    }

    /// Binds this directory to a network.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn keep_network(&self, network: NetworkId) -> Result<(), DataDirError> {
        self.write(NETWORK_FILE, format!("{network}\n").as_bytes())
    }

    /// `asked`, with the port that was kept for it where it asks for any port. A node that keeps
    /// its port is found again by those who knew it.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn kept_port(&self, purpose: Purpose, asked: SocketAddr) -> Result<SocketAddr, DataDirError> {
        if asked.port() != 0 {
            return Ok(asked);
        }
        let kept = self.ports()?.into_iter().find(|port| port.purpose == purpose && port.ip == asked.ip());
        Ok(SocketAddr::new(asked.ip(), kept.map_or(0, |kept| kept.port)))
    }

    /// Remembers the port that was picked for `purpose` at the address `picked`.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn keep_port(&self, purpose: Purpose, picked: SocketAddr) -> Result<(), DataDirError> {
        let mut ports = self.ports()?;
        let line = KeptPort { purpose, ip: picked.ip(), port: picked.port() };
        if ports.contains(&line) {
            return Ok(());
        }
        ports.retain(|port| (port.purpose, port.ip) != (line.purpose, line.ip));
        ports.insert(0, line);
        ports.truncate(MAX_PORTS);
        let text: String = ports.iter().map(KeptPort::to_line).collect();
        self.write(PORTS_FILE, text.as_bytes())
    }

    /// What a program shows to use the API, drawn and written the first time.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn api_token(&self, rng: &mut impl CryptoRng) -> Result<String, DataDirError> {
        if let Some(token) = read_api_token(&self.root)? {
            return Ok(token);
        }
        let mut bytes = [0; API_TOKEN_LEN];
        rng.fill_bytes(&mut bytes);
        let token = base64::encode(&bytes);
        self.write(API_TOKEN_FILE, format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    /// Says where the running node answers.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn write_run_info(&self, info: &RunInfo) -> Result<(), DataDirError> {
        let mut text = serde_json::to_vec(info)
            .map_err(|source| failed("write", &self.root.join(RUN_FILE), io::Error::other(source)))?;
        text.push(b'\n');
        self.write(RUN_FILE, &text)
    }

    /// Says that no node answers any more. One that is killed leaves its file behind; whoever
    /// reads it finds nobody listening.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn remove_run_info(&self) -> Result<(), DataDirError> {
        let path = self.root.join(RUN_FILE);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path, source)),
            _ => Ok(()),
        }
    }

    /// What the overlay last asked to keep; `None` for a new node, or where it cannot be read: all
    /// of it can be learnt again.
    #[must_use]
    pub fn state(&self) -> Option<Vec<u8>> {
        read_limited(&self.index_dir().join(STATE_FILE), MAX_SMALL_FILE_LEN).ok().flatten()
    }

    /// Keeps the overlay's state.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn keep_state(&self, bytes: &[u8]) -> Result<(), DataDirError> {
        replace(&self.index_dir(), STATE_FILE, bytes)
    }

    fn check_format(&self) -> Result<(), DataDirError> {
        let path = self.root.join(FORMAT_FILE);
        let Some(bytes) = read_limited(&path, MAX_SMALL_FILE_LEN)? else {
            return self.write(FORMAT_FILE, format!("{FORMAT}\n").as_bytes());
        };
        let found = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim_end().parse::<u32>().ok());
        match found {
            Some(FORMAT) => Ok(()),
            Some(found) => Err(DataDirError::Newer { root: self.root.clone(), found }),
            None => Err(DataDirError::Damaged { path, remedy: "it should hold one number, such as 0" }),
        }
    }

    fn ports(&self) -> Result<Vec<KeptPort>, DataDirError> {
        let bytes = read_limited(&self.root.join(PORTS_FILE), MAX_SMALL_FILE_LEN)?.unwrap_or_default();
        // A line that cannot be read costs a new port, not the start.
        Ok(String::from_utf8_lossy(&bytes).lines().filter_map(KeptPort::from_line).take(MAX_PORTS).collect())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
        replace(&self.root, name, bytes)
    }
}

/// What a kept port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Links from other nodes.
    Listen,
    /// Console and API.
    Http,
}

/// Where the configuration of a data directory stands, whether or not it is there.
#[must_use]
pub fn config_path(root: &Path) -> PathBuf {
    root.join(CONFIG_FILE)
}

/// Whether a directory is somebody's data directory, with keys in it.
#[must_use]
pub fn is_data_dir(dir: &Path) -> bool {
    dir.join(FORMAT_FILE).is_file() && dir.join(NODE_KEY_FILE).is_file()
}

/// What a running node wrote about itself; `None` where none runs or none is ready.
///
/// # Errors
/// [`DataDirError::Damaged`], [`DataDirError::Io`].
pub fn read_run_info(root: &Path) -> Result<Option<RunInfo>, DataDirError> {
    let path = root.join(RUN_FILE);
    let Some(bytes) = read_limited(&path, MAX_SMALL_FILE_LEN)? else { return Ok(None) };
    let damaged = DataDirError::Damaged { path, remedy: "start the node again to rewrite it" };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| damaged)
}

/// The API token of a data directory; `None` where no node has run.
///
/// # Errors
/// [`DataDirError::Damaged`], [`DataDirError::Io`].
pub fn read_api_token(root: &Path) -> Result<Option<String>, DataDirError> {
    let path = root.join(API_TOKEN_FILE);
    let Some(bytes) = read_limited(&path, MAX_SMALL_FILE_LEN)? else { return Ok(None) };
    let token = std::str::from_utf8(&bytes).ok().map(str::trim_end);
    match token {
        Some(token) if base64::decode::<API_TOKEN_LEN>(token).is_ok() => Ok(Some(token.to_owned())),
        _ => Err(DataDirError::Damaged { path, remedy: "stop the node, remove the file and start it again" }),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct KeptPort {
    purpose: Purpose,
    ip: IpAddr,
    port: u16,
}

impl KeptPort {
    fn to_line(&self) -> String {
        let purpose = match self.purpose {
            Purpose::Listen => "listen",
            Purpose::Http => "http",
        };
        format!("{purpose} {} {}\n", self.ip, self.port)
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let purpose = match words.next()? {
            "listen" => Purpose::Listen,
            "http" => Purpose::Http,
            _ => return None,
        };
        Some(Self { purpose, ip: words.next()?.parse().ok()?, port: words.next()?.parse().ok()? })
    }
}

/// A directory without `format` may hold what precedes it: a lock, a configuration, a file that a
/// crash left unfinished. Anything else is somebody's home.
fn refuse_foreign(root: &Path) -> Result<(), DataDirError> {
    if root.join(FORMAT_FILE).exists() {
        return Ok(());
    }
    let entries = fs::read_dir(root).map_err(|source| failed("read", root, source))?;
    for entry in entries {
        let name = entry.map_err(|source| failed("read", root, source))?.file_name();
        let expected = name
            .to_str()
            .is_some_and(|name| matches!(name, LOCK_FILE | CONFIG_FILE | KEYS_DIR) || name.ends_with(UNFINISHED));
        if !expected {
            return Err(DataDirError::Foreign(root.to_owned()));
        }
    }
    Ok(())
}

pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, DataDirError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed("open", path, source)),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|source| failed("read", path, source))?;
    if bytes.len() as u64 > limit {
        return Err(DataDirError::Damaged { path: path.to_owned(), remedy: "it is far too long; move it away" });
    }
    Ok(Some(bytes))
}

/// Writes a private file of `dir` so that a crash leaves the old one or the new one.
pub(crate) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
    let path = dir.join(name);
    let unfinished = dir.join(format!("{name}{UNFINISHED}"));
    let write = || -> io::Result<()> {
        let mut file = platform::create_private_file(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        platform::sync_dir(dir)
    };
    write().map_err(|source| failed("write", &path, source))
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> DataDirError {
    DataDirError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::NetworkKind;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    fn fresh() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("node");
        (parent, root)
    }

    #[test]
    fn a_second_opening_is_refused_until_the_first_ends() {
        let (_parent, root) = fresh();
        let first = DataDir::open(&root).unwrap();
        assert!(matches!(DataDir::open(&root), Err(DataDirError::AlreadyRunning(_))));
        drop(first);
        DataDir::open(&root).unwrap();
    }

    #[test]
    fn identity_token_network_and_state_outlive_the_process() {
        let (_parent, root) = fresh();
        let network = NetworkId { kind: NetworkKind::Local, tag: *b"abcdefgh" };
        let (id, token) = {
            let dir = DataDir::open(&root).unwrap();
            assert_eq!(dir.network().unwrap(), None);
            assert_eq!(dir.state(), None);
            dir.keep_network(network).unwrap();
            dir.keep_state(b"state").unwrap();
            (dir.node_secret(&mut rng()).unwrap().id(), dir.api_token(&mut rng()).unwrap())
        };
        let mut other = ChaCha20Rng::from_seed([8; 32]);
        let dir = DataDir::open(&root).unwrap();
        assert_eq!(dir.node_secret(&mut other).unwrap().id(), id);
        assert_eq!(dir.api_token(&mut other).unwrap(), token);
        assert_eq!(dir.network().unwrap(), Some(network));
        assert_eq!(dir.state().as_deref(), Some(&b"state"[..]));
    }

    #[test]
    fn what_is_not_ours_is_refused_with_a_sentence() {
        type Spoil = fn(&Path);
        let cases: [(&str, Spoil, &str); 4] = [
            ("a photograph", |root| fs::write(root.join("photo.jpg"), b"x").unwrap(), "holds other files"),
            ("a newer format", |root| fs::write(root.join("format"), b"7\n").unwrap(), "newer Roneo (format 7"),
            ("no number", |root| fs::write(root.join("format"), b"\xff\xfe").unwrap(), "one number"),
            ("a huge format", |root| fs::write(root.join("format"), vec![b'0'; 1 << 17]).unwrap(), "too long"),
        ];
        for (what, spoil, sentence) in cases {
            let (_parent, root) = fresh();
            fs::create_dir(&root).unwrap();
            spoil(&root);
            let error = DataDir::open(&root).unwrap_err().to_string();
            assert!(error.contains(sentence), "{what}: {error}");
        }
    }

    #[test]
    fn a_crash_before_the_first_file_and_a_configuration_written_first_are_no_obstacle() {
        let (_parent, root) = fresh();
        fs::create_dir(&root).unwrap();
        for name in ["lock", "config.toml", "format.new"] {
            fs::write(root.join(name), b"").unwrap();
        }
        DataDir::open(&root).unwrap();
    }

    #[test]
    fn damaged_files_say_what_to_do() {
        let (_parent, root) = fresh();
        let dir = DataDir::open(&root).unwrap();
        for bytes in [&b""[..], b"too short\n", b"\xff\xff", &[b'A'; 44]] {
            fs::write(root.join(NODE_KEY_FILE), bytes).unwrap();
            let error = dir.node_secret(&mut rng()).unwrap_err().to_string();
            assert!(error.contains("put back a copy"), "{error}");
            fs::write(root.join(NETWORK_FILE), bytes).unwrap();
            assert!(dir.network().unwrap_err().to_string().contains("roneo status"));
            fs::write(root.join(API_TOKEN_FILE), bytes).unwrap();
            assert!(dir.api_token(&mut rng()).unwrap_err().to_string().contains("remove the file"));
            fs::write(root.join(RUN_FILE), bytes).unwrap();
            assert!(read_run_info(&root).unwrap_err().to_string().contains("start the node again"));
        }
    }

    #[test]
    fn ports_are_kept_by_purpose_and_address() {
        let (_parent, root) = fresh();
        let dir = DataDir::open(&root).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        assert_eq!(dir.kept_port(Purpose::Listen, any).unwrap(), any);
        dir.keep_port(Purpose::Listen, "127.0.0.1:4000".parse().unwrap()).unwrap();
        dir.keep_port(Purpose::Listen, "[::]:4001".parse().unwrap()).unwrap();
        dir.keep_port(Purpose::Http, "127.0.0.1:4002".parse().unwrap()).unwrap();
        dir.keep_port(Purpose::Listen, "127.0.0.1:4003".parse().unwrap()).unwrap();
        assert_eq!(dir.kept_port(Purpose::Listen, any).unwrap().port(), 4_003);
        assert_eq!(dir.kept_port(Purpose::Listen, "[::]:0".parse().unwrap()).unwrap().port(), 4_001);
        assert_eq!(dir.kept_port(Purpose::Http, any).unwrap().port(), 4_002);
        assert_eq!(dir.kept_port(Purpose::Http, "127.0.0.1:9".parse().unwrap()).unwrap().port(), 9);
        fs::write(root.join(PORTS_FILE), b"listen\nhttp x y\nlisten 127.0.0.1 70000\n\xff\n").unwrap();
        assert_eq!(dir.kept_port(Purpose::Listen, any).unwrap(), any);
    }

    #[test]
    fn run_info_appears_and_goes() {
        let (_parent, root) = fresh();
        let dir = DataDir::open(&root).unwrap();
        let info = RunInfo {
            http: Some("127.0.0.1:8888".into()),
            listen: vec!["127.0.0.1:4000".into()],
            node: "n".into(),
            network: "local-0000000000000000".into(),
            pid: 12,
        };
        assert_eq!(read_run_info(&root).unwrap(), None);
        dir.write_run_info(&info).unwrap();
        assert_eq!(read_run_info(&root).unwrap(), Some(info));
        dir.remove_run_info().unwrap();
        dir.remove_run_info().unwrap();
        assert_eq!(read_run_info(&root).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_inside() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_parent, root) = fresh();
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        let dir = DataDir::open(&root).unwrap();
        dir.node_secret(&mut rng()).unwrap();
        dir.api_token(&mut rng()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&root), 0o700);
        for name in [NODE_KEY_FILE, API_TOKEN_FILE, LOCK_FILE, FORMAT_FILE] {
            assert_eq!(mode(&root.join(name)), 0o600, "{name}");
        }
    }
}
