//! What may be typed after `roneo`.

mod conversations;
mod stewards;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use conversations::*;
use roneo_client::handle::Priority;
use roneo_node::byte_size::ByteSize;
pub(crate) use stewards::*;

/// Fewest nodes of a demonstration: a path visits four others.
const MIN_DEMO_NODES: i64 = 5;

/// Most nodes of a demonstration: each is a whole node in this one process.
const MAX_DEMO_NODES: i64 = 100;

/// A forum that no host holds: encrypted, coded, spread over the disks of those who read it.
#[derive(Debug, Parser)]
#[command(name = "roneo", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  roneo demo                        a whole network on this machine, with something to read
  roneo run --network local         a node; `roneo invite` tells others how to join it
  roneo put leaflet.txt             store a file; prints its link
  roneo get LINK -o leaflet.txt     read it again, anywhere on the network
  roneo site publish tenants        a directory under a key; `roneo site update tenants` replaces it

Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 node not running, 5 refused, 130 interrupted.";

/// Options of every command, before or after its name.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Directory that holds the node's state [default: the user's data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print results, progress and errors as JSON objects
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node in the foreground, until Ctrl-C
    #[command(after_help = "Example: roneo run --network local --http 127.0.0.1:8888")]
    Run(Run),
    /// Run a whole local network with something to read in it, until Ctrl-C
    #[command(after_help = "Example: roneo demo --nodes 12")]
    Demo(Demo),
    /// Make, list, export and import the keys that you publish under
    #[command(subcommand, after_help = "Example: roneo keys new tenants")]
    Keys(Keys),
    /// Open the running node's console in a browser
    #[command(after_help = "Example: roneo open --start\n         BROWSER=lynx roneo open")]
    Open(Open),
    /// Show and change what is set for this node, in its config.toml
    #[command(subcommand, after_help = "Example: roneo config set console.language fr")]
    Config(Config),
    /// Keep a node running in the background, from login on
    #[command(subcommand, after_help = "Example: roneo service install --dry-run")]
    Service(Service),
    #[command(flatten)]
    Ask(Question),
}

/// What is asked of a running node.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Print an invitation to the running node's network
    #[command(after_help = "Example: roneo invite > invitation.txt\n         roneo invite --qr invitation.png")]
    Invite(Invite),
    /// Follow an invitation
    #[command(after_help = "Example: roneo join \"$(cat invitation.txt)\"\n         roneo join --qr photograph.jpg")]
    Join(Join),
    /// Show how the node and its network are
    #[command(after_help = "Example: roneo status --wait-nodes 5 --timeout 30")]
    Status(Status),
    /// List the nodes that this one knows
    #[command(after_help = "Example: roneo peers --json")]
    Peers,
    /// Store a file or a directory; prints its link
    #[command(
        after_help = "Example: roneo put leaflet.txt --type text/plain\n         roneo put photos\n         tar c photos | roneo put - --name photos.tar"
    )]
    Put(Put),
    /// Publish under a key what can be replaced later; readers keep their link
    #[command(
        subcommand,
        after_help = "Example: roneo site publish tenants\n         roneo site update tenants\n         roneo site publish leaflet.html --name tenants"
    )]
    Site(Site),
    /// Say how well what a link names is kept, and what to do; a KEEP@ link is enough
    #[command(after_help = "Example: roneo check 'KEEP@…'\n         roneo check 'USK@…/tenants/3' --full")]
    Check(Upkeep),
    /// Make again and place what is missing of what a link names; a KEEP@ link is enough
    #[command(after_help = "Example: roneo repair 'KEEP@…'\n         roneo repair 'USK@…/tenants/3'")]
    Repair(Upkeep),
    /// Print the KEEP@ link of what a link names: whoever has it can check and repair, and not read
    #[command(after_help = "Example: roneo keep 'CHK@…/leaflet.txt'")]
    Keep(Keep),
    /// List the node's transfers; hold, move or end one of them
    #[command(after_help = "Example: roneo queue\n         roneo queue pause 3")]
    Queue(QueueArgs),
    /// Make, list and forget the identities that you speak as; 24 words bring one back
    #[command(
        subcommand,
        after_help = "Example: roneo identity new Ada\n         roneo identity new Ada --words paper.txt"
    )]
    Identity(Identities),
    /// List, follow and look at boards
    #[command(
        subcommand,
        after_help = "Example: roneo board list\n         roneo board follow fr/logement\n         roneo board threads fr/logement --tab unread"
    )]
    Board(Boards),
    /// Say something on a board
    #[command(
        after_help = "Example: roneo post fr/logement --as Ada --title 'Chauffage coupé' 'Depuis lundi.'\n         roneo post fr/logement --as Ada --answer ID 'Ici aussi.'"
    )]
    Post(PostArgs),
    /// Read what was said on a board lately
    #[command(after_help = "Example: roneo read fr/logement\n         roneo read fr/logement --hours 3 --json")]
    Read(ReadArgs),
    /// Read a thread that was heard
    #[command(after_help = "Example: roneo thread ID")]
    Thread(ThreadArgs),
    /// Answer a post with a word
    #[command(after_help = "Example: roneo react ID thanks --as Ada")]
    React(ReactArgs),
    /// Word something of yours anew; readers see both
    #[command(after_help = "Example: roneo edit ID --as Ada 'Depuis mardi.' --reason 'date'")]
    Edit(EditArgs),
    /// Take back something of yours; copies may remain
    #[command(after_help = "Example: roneo retract ID --as Ada --reason 'erreur'")]
    Retract(RetractArgs),
    /// Put a correction beside what somebody else said
    #[command(after_help = "Example: roneo correct ID --as Ada 'Le loyer est de 610 euros.' --source LINK")]
    Correct(CorrectArgs),
    /// Search what was heard
    #[command(after_help = "Example: roneo search chauffage\n         roneo search '\"mise en demeure\" -garage'")]
    Search(SearchArgs),
    /// List addresses for a feed reader: one of all that you follow, and one for each board and person
    #[command(after_help = "Example: roneo feeds --search loyers")]
    Feeds(FeedsArgs),
    /// Show, follow, name and mute people
    #[command(subcommand, after_help = "Example: roneo person name KEY 'La voisine du troisième'")]
    Person(People),
    /// Label posts, and say whose labels count for you
    #[command(subcommand, after_help = "Example: roneo curate follow KEY --alone")]
    Curate(Curate),
    /// Write everything that you would miss into one sealed file; prints its passphrase, this once
    #[command(after_help = "Example: roneo backup roneo.age")]
    Backup(BackupArgs),
    /// Bring back what a backup holds and is not here
    #[command(after_help = "Example: roneo restore roneo.age --passphrase words.txt")]
    Restore(RestoreArgs),
    /// Read what a link names
    #[command(
        after_help = "Example: roneo get 'CHK@…/leaflet.txt' -o leaflet.txt\n         roneo get 'USK@…/tenants/3' -o tenants"
    )]
    Get(Get),
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Run {
    /// Where other nodes connect; port 0 picks one and keeps it [default: 127.0.0.1:0 on a local
    /// network, any address on others]
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Where console and API answer, on this machine alone [default: 127.0.0.1:8888, or any free
    /// port]
    #[arg(long, value_name = "IP:PORT", value_parser = loopback)]
    pub(crate) http: Option<SocketAddr>,
    /// An invitation to follow
    #[arg(long, value_name = "INVITATION")]
    pub(crate) join: Vec<String>,
    /// Which rules the network goes by [default: what the invitation says; local if every --listen
    /// is on loopback]
    #[arg(long, value_name = "KIND")]
    pub(crate) network: Option<Network>,
    /// Disk lent to blocks of others, such as 10GiB [default: a tenth of what is free, at most
    /// 10 GiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) disk: Option<ByteSize>,
    /// For development: write every packet's role and bytes to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

/// A kind of network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Network {
    /// On one machine or one bench, with relaxed rules
    Local,
    /// The real thing
    Main,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Invite {
    /// Draw it as a QR code: a PNG file, or - for this terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) qr: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Join {
    /// What `roneo invite` printed at another node
    #[arg(required_unless_present = "qr", conflicts_with = "qr")]
    pub(crate) invitation: Option<String>,
    /// A PNG or JPEG picture of its QR code; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) qr: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Open {
    /// Start a node in the background if none runs
    #[arg(long)]
    pub(crate) start: bool,
}

/// What is done with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Config {
    /// Every setting, what it is set to and what it is about
    List,
    /// What one setting is set to; nothing where it is not set
    Get {
        /// Its name in the list
        name: String,
    },
    /// Set one setting; comments and order in the file stay
    Set {
        /// Its name in the list
        name: String,
        /// The value; of addresses and invitations several
        #[arg(required = true)]
        value: Vec<String>,
    },
    /// Let one setting have its default again
    Unset {
        /// Its name in the list
        name: String,
    },
    /// Where the file is
    Path,
}

/// What is done with the background service.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Service {
    /// Start a node on the data directory now and at every login
    Install(DryRun),
    /// End that, and remove what install wrote; the data directory stays
    Uninstall(DryRun),
    /// Whether it is installed and running
    Status,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DryRun {
    /// Print what would be written and run, and do neither
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Status {
    /// Wait until this many nodes are present, this one included
    #[arg(long, value_name = "N")]
    pub(crate) wait_nodes: Option<usize>,
    /// How long to wait for them
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "wait_nodes")]
    pub(crate) timeout: u64,
}

/// How what is stored is taken.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Taken {
    /// Let the keys follow from this secret and the content, so that the same content gets the same
    /// link again and is stored once. Long and random: whoever guesses it can tell by a link whether
    /// it is to a content that they have [default: of a site its own, which its key leads to; else none]
    #[arg(long, value_name = "SECRET")]
    pub(crate) secret: Option<String>,
    /// Of a directory, also publish files whose names begin with a dot; never .git
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Of a directory, leave out what cannot be read, instead of publishing nothing
    #[arg(long)]
    pub(crate) skip_unreadable: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Put {
    /// A file or a directory; - for standard input
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) taken: Taken,
    /// File name in the link [default: the file's own]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Media type [default: by the name's ending]
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) media_type: Option<String>,
    /// Take out of a PNG or JPEG what it says of its maker: place, time, camera
    #[arg(long)]
    pub(crate) strip_metadata: bool,
    /// Publish it under this key, once and for good: its SSK@ link is printed
    #[arg(long, value_name = "KEY", requires = "docname")]
    pub(crate) key: Option<String>,
    /// The name that it gets under the key
    #[arg(long = "as", value_name = "NAME", id = "docname", requires = "key")]
    pub(crate) docname: Option<String>,
    /// Publish it under a word, once and for good: whoever knows the word finds it
    #[arg(long, value_name = "WORD", conflicts_with = "key")]
    pub(crate) ksk: Option<String>,
    /// How long to wait for enough nodes
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
    /// Start at once, not at a random moment of the next minute: who watches this machine's line
    /// then sees when something was published
    #[arg(long)]
    pub(crate) now: bool,
}

/// What is done with keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Keys {
    /// Make a key
    New {
        /// 1 to 64 letters, digits, - and _
        name: String,
    },
    /// List the keys and the links of the sites that they stand for
    List,
    /// Print a key, to publish from another machine or to keep it safe
    Export {
        /// Which
        name: String,
        /// Where to write; - for standard output [default: -]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take a key that was exported
    Import {
        /// What `keys export` wrote; - for standard input
        file: PathBuf,
        /// Another name for it
        #[arg(long)]
        name: Option<String>,
    },
    /// Delete a key: nobody can publish under it any more who has no copy
    Delete {
        /// Which
        name: String,
        /// Yes, for good
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BackupArgs {
    /// Where to: a file that is not there yet
    pub(crate) file: PathBuf,
    /// The language of its passphrase
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    pub(crate) language: WordsLanguage,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    pub(crate) file: PathBuf,
    /// A file with its passphrase; - for standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) passphrase: PathBuf,
}

/// What is done with a site.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Site {
    /// Publish the first edition; makes the key if there is none
    Publish(Publish),
    /// Publish the next edition; what the last one has already is not sent again
    Update(Publish),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Publish {
    /// A file or a directory
    pub(crate) path: PathBuf,
    /// Name of the site, which stands in its link [default: the directory's]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) taken: Taken,
    /// The key that it is published under [default: that of the site's name]
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// How long to wait for enough nodes
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
    /// Start at once, not at a random moment of the next minute
    #[arg(long)]
    pub(crate) now: bool,
    /// Send everything again, also what the last edition has: heals what has become hard to find
    #[arg(long)]
    pub(crate) resend: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Upkeep {
    /// The link: KEEP@, CHK@, SSK@, USK@ or KSK@
    pub(crate) uri: String,
    /// Check: ask for every piece, not for a sample. Repair: place every piece again, not what is missing
    #[arg(long)]
    pub(crate) full: bool,
    /// How long to wait for enough nodes
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Keep {
    /// The link
    pub(crate) uri: String,
    /// How long to wait for enough nodes
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct QueueArgs {
    #[command(subcommand)]
    pub(crate) command: Option<Queue>,
}

/// What is done with the queue.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Queue {
    /// List all transfers; so does `roneo queue` alone
    List,
    /// Hold a transfer, also over a restart
    Pause {
        /// Its number in the list
        id: u64,
    },
    /// Let a transfer go on that was held
    Resume {
        /// Its number in the list
        id: u64,
    },
    /// End a transfer and forget it; what it has stored stays stored
    Cancel {
        /// Its number in the list
        id: u64,
    },
    /// Move a transfer before or behind others
    Priority {
        /// Its number in the list
        id: u64,
        /// 0, first, to 6, last; 3 unless it was changed
        #[arg(value_parser = Queue::parse_priority)]
        priority: Priority,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Get {
    /// The link
    pub(crate) uri: String,
    /// Where to write: a file, - for standard output, or for a link to a directory a new or empty
    /// directory [default: -]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Replace FILE if it exists, or files in DIR
    #[arg(long)]
    pub(crate) force: bool,
    /// How long to wait for enough nodes
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 24,
          value_parser = clap::value_parser!(u16).range(MIN_DEMO_NODES..=MAX_DEMO_NODES))]
    pub(crate) nodes: u16,
}

/// An address of this machine alone. The API's gate admits no other host, and a page with a
/// person's reading on it is nobody else's to see.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8888".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("console and API answer this machine alone: use 127.0.0.1 or [::1]".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("roneo").chain(line.split_whitespace()))
    }

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn common_options_stand_before_or_after_the_command() {
        for line in ["--data-dir /d --json peers", "peers --data-dir /d --json", "--json peers --data-dir=/d"] {
            let arguments = parse(line).unwrap();
            assert_eq!(arguments.common.data_dir, Some(PathBuf::from("/d")), "{line}");
            assert!(arguments.common.json && !arguments.common.quiet, "{line}");
        }
    }

    #[test]
    fn run_takes_what_the_design_names() {
        let line = "run --listen 127.0.0.1:0 --listen [::1]:4 --http 127.0.0.1:0 --join a --join b --network local \
                    --disk 64MiB --record /r";
        let Command::Run(run) = parse(line).unwrap().command else { panic!("not run") };
        assert_eq!((run.listen.len(), run.join.len()), (2, 2));
        assert_eq!((run.network, run.disk), (Some(Network::Local), Some(ByteSize(64 << 20))));
        assert_eq!((run.http.unwrap().port(), run.record), (0, Some(PathBuf::from("/r"))));
    }

    #[test]
    fn waits_have_defaults() {
        let Command::Ask(Question::Put(put)) = parse("put -").unwrap().command else { panic!("not put") };
        assert_eq!((put.wait, put.now, put.file), (60, false, PathBuf::from("-")));
        let Command::Ask(Question::Get(get)) = parse("get CHK@x -o - --wait 5").unwrap().command else {
            panic!("not get")
        };
        assert_eq!((get.wait, get.force, get.output), (5, false, Some(PathBuf::from("-"))));
        let Command::Ask(Question::Status(status)) = parse("status --wait-nodes 3").unwrap().command else {
            panic!("not status")
        };
        assert_eq!((status.wait_nodes, status.timeout), (Some(3), 60));
        let arguments = parse("config set listen 127.0.0.1:0 [::1]:0 --data-dir /d").unwrap();
        let Command::Config(Config::Set { value, .. }) = arguments.command else { panic!("not config set") };
        assert_eq!((value.len(), arguments.common.data_dir), (2, Some(PathBuf::from("/d"))));
        let Command::Demo(demo) = parse("demo").unwrap().command else { panic!("not demo") };
        assert_eq!(demo.nodes, 24);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let table = [
            ("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("fly", ErrorKind::InvalidSubcommand),
            ("put", ErrorKind::MissingRequiredArgument),
            ("get", ErrorKind::MissingRequiredArgument),
            ("join", ErrorKind::MissingRequiredArgument),
            ("join roneo-join:x --qr a.png", ErrorKind::ArgumentConflict),
            ("config", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("config set console.theme", ErrorKind::MissingRequiredArgument),
            ("service", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("get a b", ErrorKind::UnknownArgument),
            ("put - --wait soon", ErrorKind::ValueValidation),
            ("queue pause", ErrorKind::MissingRequiredArgument),
            ("queue pause leaflet.txt", ErrorKind::ValueValidation),
            ("queue priority 3 7", ErrorKind::ValueValidation),
            ("status --timeout 5", ErrorKind::MissingRequiredArgument),
            ("run --http 192.0.2.1:80", ErrorKind::ValueValidation),
            ("run --http 0.0.0.0:80", ErrorKind::ValueValidation),
            ("run --http localhost", ErrorKind::ValueValidation),
            ("run --network moon", ErrorKind::InvalidValue),
            ("run --disk lots", ErrorKind::ValueValidation),
            ("demo --nodes 4", ErrorKind::ValueValidation),
            ("demo --nodes 101", ErrorKind::ValueValidation),
        ];
        for (line, expected) in table {
            let error = parse(line).unwrap_err();
            assert_eq!(error.kind(), expected, "{line}");
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("roneo {}", command.get_name())), "{}", command.get_name());
        }
    }
}
