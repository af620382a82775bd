//! Every page of the console and of the reader in every state, before nodes that stand still.
//!
//! The router's tests and whatever looks at the pages with a browser go through the same list.

#[path = "foreign.rs"]
mod foreign;
#[path = "staged_node.rs"]
mod staged_node;
#[path = "talk.rs"]
pub(crate) mod talk;

use roneo_client::folder::{FolderId, FolderLink, FolderState, FolderStatus, SiteName};
use roneo_client::handle::{
    Caps, Flow, HandleError, JobError, JobId, JobKind, JobState, JobStatus, Peer, Priority, Status, StoreStatus,
    Traffic, Waiting,
};
use roneo_client::notice::{InvitationError, Left, Loss, Note, Outcome, Refusal, Warning};
use roneo_client::profile::ProfileError;
use roneo_keys::{Ssk, Uri, Usk};

use staged_node::{Fetch, StagedNode, stands};

/// A page in one state.
pub(crate) struct Scene {
    /// Tells it from others: `transfer-weak`.
    pub(crate) name: &'static str,
    /// The node before which it is.
    pub(crate) node: StagedNode,
    /// What its user keeps.
    pub(crate) shelf: Shelf,
    /// Paths that a browser opens first, in order.
    pub(crate) before: Vec<String>,
    /// How it is asked for.
    pub(crate) ask: Ask,
    /// HTTP's status.
    pub(crate) status: u16,
    /// What it says in French and in English.
    pub(crate) says: [&'static str; 2],
}

/// What a user keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Nothing yet.
    Empty,
    /// Keys, sites, bookmarks.
    Filled,
    /// An identity, boards that are followed, and what was said there.
    Talking,
    /// Nothing, and the first screens were not seen.
    Fresh,
}

/// How a page is asked for.
pub(crate) enum Ask {
    /// By its path.
    Get(String),
    /// By its path, from a page elsewhere.
    From(String),
    /// By the link of a site, then a path in it, then, if it is named, the first link with this text in its address.
    Site { link: String, path: &'static str, follow: Option<&'static str> },
    /// By the form on `page` that is sent to `action`, with these fields.
    Form { page: &'static str, action: String, fields: Vec<(&'static str, &'static str)>, token: Token },
}

/// The token that a form is sent with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Good,
    Old,
}

/// A link with valid fields.
pub(crate) fn link(name: &str) -> String {
    format!("CHK@{0},{0},AAAAAQA{name}", "A".repeat(43))
}

/// The link of an edition of a site, under a key that can sign.
pub(crate) fn site_link(site: &str, edition: u64) -> String {
    let ksk = format!("KSK@{site}").parse();
    let Ok(Uri::Ksk(ksk)) = ksk else { return String::new() };
    let Ssk { public, key, extra, docname, .. } = ksk.to_ssk();
    Uri::Usk(Usk { public, key, extra, docname, edition, path: String::new() }).to_text()
}

fn status(nodes: usize, links: usize) -> Status {
    let counters = [
        ("blocks_kept", 98_304),
        ("dropped_replayed", 2),
        ("packets_forwarded", 1_204_331),
        ("packets_sent", 40_212),
        ("reads_found", 31_007),
        ("replies_opened", 38_450),
    ];
    Status {
        node: "k7qvN2m3ta".repeat(5)[..43].to_owned(),
        network: "main-7f3a90c2d4e5b601".to_owned(),
        version: "0.1.0".to_owned(),
        nodes,
        links,
        summary: String::new(),
        uptime_s: 273_000,
        store: StoreStatus {
            quota_bytes: 10_000_000_000,
            kept_bytes: 3_221_225_472,
            cached_bytes: 812_000_000,
            damaged: 0,
        },
        counters: counters.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        caps: Caps { disk_bytes: 10_000_000_000, upload_bytes_per_s: 100_000, download_bytes_per_s: 0 },
        traffic: Traffic {
            sent: Flow { per_s: 81_000, today: 1_900_000_000 },
            received: Flow { per_s: 64_000, today: 1_200_000_000 },
        },
        jobs: 0,
        notices: Vec::new(),
        warnings: Vec::new(),
    }
}

fn peers(nodes: usize) -> Vec<Peer> {
    let peer = |index: usize| Peer {
        node: format!("{index:03}brumecuivresillonardoisebruyerecalegivre0"),
        me: index == 0,
        linked: !index.is_multiple_of(3),
        heard_s: (index > 0 && !index.is_multiple_of(7)).then_some(index as u64 * 41),
        set_aside: index == 8,
    };
    (0..nodes).map(peer).collect()
}

/// A transfer in the queue.
fn job(number: u64, kind: JobKind, state: JobState, name: &str, done: u64, total: u64) -> JobStatus {
    JobStatus {
        state,
        done,
        total,
        queued: true,
        name: (!name.is_empty()).then(|| name.to_owned()),
        length: (total > 0).then(|| total * 32_752 - 5_000),
        bytes_done: done * 32_752,
        bytes_received: done * 32_752,
        uri: (kind == JobKind::Insert && total > 0 && state != JobState::Running).then(|| link("/tract.txt")),
        link: (kind == JobKind::Fetch).then(|| link(&format!("/{}", number))),
        created: 1_795_381_440,
        ..JobStatus::begun(JobId(number), kind)
    }
}

/// One transfer in each state.
fn every_job() -> Vec<JobStatus> {
    use JobKind::{Fetch, Insert, Publish};
    use JobState::{Failed, Fetched, Paused, Queued, Receiving, Running, Stored, Waiting as Waits, Weak};
    let long =
        "Enregistrement-de-l-assemblée-générale-du-12-novembre-salle-des-fêtes-de-Bellerive-le-Pont-son-seul.opus";
    let mut jobs = vec![
        JobStatus {
            rate: 38_000, left_s: Some(61), ..job(1, Fetch, Running, "Tenir une caisse de grève.pdf", 12, 27)
        },
        JobStatus {
            rate: 3_000,
            left_s: Some(540),
            priority: Priority::FIRST,
            ..job(2, Fetch, Running, long, 581, 640)
        },
        JobStatus {
            media_type: Some("application/pdf".to_owned()),
            ..job(3, Fetch, Fetched, "plan-chaufferie.pdf", 18, 18)
        },
        job(4, Fetch, Paused, "Photos du piquet, 14 images", 3, 96),
        job(5, Fetch, Queued, "", 0, 0),
        JobStatus { waiting: Some(Waiting { needed: 5, known: 3 }), ..job(6, Fetch, Waits, "", 0, 0) },
        JobStatus {
            error: Some(JobError::SegmentMissing { segment: 1, segments: 3, found: 19, needed: 27 }),
            ..job(7, Fetch, Failed, "compte-rendu.odt", 19, 81)
        },
        job(8, Insert, Receiving, "mise-en-demeure.pdf", 61, 128),
        JobStatus { rate: 12_000, left_s: Some(90), ..job(9, Insert, Running, "tract-A5.pdf", 25, 40) },
        JobStatus {
            notes: vec![
                Note::Lacking { blocks: 15, total: 40 },
                Note::Outlook { nodes: 6, gone: 3, loss: Loss::Once { of: 1_200 } },
            ],
            ..job(10, Insert, Weak, "affiche.png", 25, 40)
        },
        job(11, Insert, Stored, "Permanence du jeudi.txt", 40, 40),
        JobStatus {
            error: Some(JobError::NotStored { segment: 1, segments: 1, placed: 3, needed: 9 }),
            ..job(12, Insert, Failed, "banderole.jpg", 3, 18)
        },
    ];
    jobs.push(JobStatus {
        name: None,
        uri: Some(format!("USK@{0},{0},AAAAAQA/journal/4", "A".repeat(43))),
        ..job(13, Publish, Stored, "", 1, 1)
    });
    jobs
}

/// A transfer with remarks.
fn noted(kind: JobKind, notes: Vec<Note>) -> JobStatus {
    JobStatus { notes, ..job(14, kind, JobState::Stored, "", 1, 1) }
}

/// Remarks on names.
fn names() -> Vec<Note> {
    vec![
        Note::NameLacking,
        Note::Overwritten,
        Note::FewAnswered { answered: 1 },
        Note::FoundByItself { edition: 4, newest: None },
        Note::FoundByItself { edition: 4, newest: Some(3) },
        Note::Outlook { nodes: 1, gone: 1, loss: Loss::Likely },
        Note::Outlook { nodes: 2, gone: 1, loss: Loss::Rare },
    ]
}

/// Remarks on repairs.
fn repairs() -> Vec<Note> {
    vec![
        Note::Mended { remade: 0, recopied: 0 },
        Note::Mended { remade: 1, recopied: 12 },
        Note::PartsLacking { parts: 2 },
    ]
}

/// Why a node may refuse to open a link.
fn refusals() -> Vec<(&'static str, Refusal, [&'static str; 2])> {
    use InvitationError::{Cut, Damaged, Newer};
    let other = Refusal::OtherNetwork { invited: "main-01".to_owned(), here: "main-02".to_owned() };
    vec![
        ("refused-no-document", Refusal::NoDocument, ["aucun document", "no document"]),
        ("refused-unwritable", Refusal::Unwritable { reason: "too long".to_owned() }, ["trop long", "too long"]),
        ("refused-no-target", Refusal::NoTarget, ["Un nom signé", "A signed name"]),
        ("refused-no-record", Refusal::NoRecord, ["se rafraîchissent", "are refreshed"]),
        ("refused-nothing-kept", Refusal::NothingKept, ["ne nomme rien", "names nothing"]),
        ("refused-name", Refusal::Name { most: 255 }, ["255\u{a0}octets", "255 bytes"]),
        ("refused-type", Refusal::MediaType { most: 100 }, ["Ce type", "This type"]),
        ("refused-not-queued", Refusal::NotQueued, ["pas dans la file", "not in the queue"]),
        ("refused-over", Refusal::Over, ["est terminé", "is over"]),
        ("refused-nothing-to-read", Refusal::NothingToRead, ["rien à lire", "nothing to read"]),
        ("refused-reading", Refusal::NoOffset, ["ne se lit pas ainsi", "not read in this way"]),
        ("refused-unkept", Refusal::Unkept { reason: "the disk".to_owned() }, ["sur le disque", "on the disk"]),
        ("refused-end", Refusal::BehindEnd { start: 9, whole: 8 }, ["octet 9", "byte 9"]),
        ("refused-other-network", other, ["autre dossier", "another data directory"]),
        ("refused-cut", Refusal::Invitation(Cut), ["est coupée", "is cut"]),
        ("refused-damaged", Refusal::Invitation(Damaged), ["est abîmée", "is damaged"]),
        ("refused-newer", Refusal::Invitation(Newer), ["plus récent", "newer Roneo"]),
    ]
}

/// Everything that a node may warn of.
fn warnings() -> Vec<Warning> {
    let file = || "/srv/roneo/queue/000000000000001f.job".to_owned();
    let aside = || "/srv/roneo/queue/000000000000001f.damaged".to_owned();
    let damaged = |outcome| Warning::QueueDamaged { file: file(), aside: aside(), outcome };
    let left = |because| Warning::QueueLeft { file: file(), because };
    vec![
        Warning::StoreDisk { failures: 3 },
        Warning::StoreStopped,
        Warning::Recording,
        Warning::StoreStays { bytes: 1 << 30 },
        Warning::QueueDisk { failures: 1 },
        left(Left::OneTooMany),
        left(Left::Unreadable { advice: "free the disk".to_owned() }),
        left(Left::Newer),
        damaged(Outcome::Lost),
        damaged(Outcome::GoesOn),
        damaged(Outcome::Disk { reason: "this is full".to_owned() }),
        Warning::TransferEnded { reason: "this is unknown".to_owned() },
        Warning::HeardClosed { reason: "this is full".to_owned() },
        Warning::KeptNewer { file: file() },
        Warning::KeptDamaged { file: file(), aside: aside() },
    ]
}

/// A folder in each state.
pub(crate) fn folders() -> Vec<FolderStatus> {
    let site = |site: &str| Some(SiteName { key: "caisse".to_owned(), site: site.to_owned() });
    let folder = |id: u64, name: &str, site, state, done| FolderStatus {
        id: FolderId(id),
        name: name.to_owned(),
        site,
        files: 312,
        length: 41_000_000,
        done,
        reused: if id == 3 { 39_000_000 } else { 0 },
        state,
        jobs: Vec::new(),
    };
    let link = |name: &str| FolderLink(format!("USK@{0},{0},AAAAAQA/{name}/5", "A".repeat(43)));
    let done = |name, state| FolderState::Done { link: link(name), state };
    vec![
        folder(1, "", site("journal"), FolderState::Comparing, 0),
        folder(2, "Photos du piquet", None, FolderState::Storing, 12_000_000),
        folder(3, "", site("guide"), FolderState::Publishing, 41_000_000),
        folder(4, "", site("journal"), done("journal", JobState::Stored), 41_000_000),
        folder(5, "", None, done("guide", JobState::Weak), 41_000_000),
        folder(6, "tracts", None, FolderState::Failed(ProfileError::Disk("full".to_owned())), 9_000),
    ]
}

/// Every page in every state.
pub(crate) fn scenes() -> Vec<Scene> {
    let mut scenes = Vec::new();
    scenes.extend(homes());
    scenes.extend(links());
    scenes.extend(sites());
    scenes.extend(transfers());
    scenes.extend(forms());
    scenes.extend(nodes());
    scenes.extend(shelves());
    scenes.extend(talks());
    scenes.extend(helps());
    scenes.extend(troubles());
    scenes
}

fn get(name: &'static str, node: StagedNode, path: impl Into<String>, says: [&'static str; 2]) -> Scene {
    Scene { name, node, shelf: Shelf::Empty, before: Vec::new(), ask: Ask::Get(path.into()), status: 200, says }
}

fn homes() -> Vec<Scene> {
    let text = Fetch::Holds { bytes: b"leaflet", media_type: "text/plain", name: "Chauffage coupé aux Tilleuls.txt" };
    let alone = StagedNode { status: Some(status(1, 0)), peers: peers(1), ..StagedNode::new() };
    let busy = StagedNode { fetch: text, ..StagedNode::with_jobs(every_job()) };
    let full = Scene {
        before: ["/a", "/b", "/c"].map(|name| format!("/{}", link(name))).to_vec(),
        ..get("home", busy, "/", ["Ouvert récemment", "Opened lately"])
    };
    vec![
        full,
        get("home-first", alone, "/", ["Rien encore", "Nothing yet"]),
        get("home-silent", StagedNode { status: None, ..StagedNode::new() }, "/", ["ne répond pas", "does not answer"]),
    ]
}

fn links() -> Vec<Scene> {
    let path = |name: &str| format!("/{}", link(name));
    let looking = stands(|_| {});
    let waiting = stands(|status| {
        status.state = JobState::Waiting;
        status.waiting = Some(Waiting { needed: 5, known: 3 });
    });
    let pieces = || {
        stands(|status| {
            (status.length, status.done, status.total) = (Some(879_000), 12, 27);
            (status.rate, status.left_s) = (9_000, Some(55));
            status.name = Some("Tenir une caisse de grève".to_owned());
        })
    };
    let pdf = Fetch::Holds {
        bytes: b"%PDF-1.7",
        media_type: "application/pdf",
        name: "Règlement intérieur de la caisse.pdf",
    };
    vec![
        get(
            "fetch-looking",
            StagedNode::fetching(looking),
            path("/tract.txt"),
            ["On cherche le plan", "Looking for the plan"],
        ),
        get("fetch-waiting", StagedNode::fetching(waiting), path(""), ["Il faut 5", "It takes 5 nodes"]),
        get("fetch-pieces", StagedNode::fetching(pieces()), path(""), ["12\u{a0}sur 27", "12 of 27"]),
        get(
            "fetch-still",
            StagedNode::fetching(pieces()),
            path("?still"),
            ["ne se recharge pas seule", "does not reload itself"],
        ),
        get("arrived", StagedNode::fetching(pdf), path(""), ["Enregistrer", "Save"]),
        Scene {
            ask: Ask::From(path("/tract.txt")),
            ..get("confirm", StagedNode::new(), "", ["Rien n’a été demandé", "Nothing was asked of the network"])
        },
    ]
}

fn sites() -> Vec<Scene> {
    let holds = |bytes| Fetch::Holds { bytes, media_type: roneo_content::directory::MEDIA_TYPE, name: "" };
    let site = |name, path, follow, status, says| Scene {
        name,
        node: StagedNode::fetching(holds(foreign::SITE.as_slice())),
        shelf: Shelf::Empty,
        before: Vec::new(),
        ask: Ask::Site { link: site_link("caisse", 4), path, follow },
        status,
        says,
    };
    let corpus = StagedNode::fetching(holds(foreign::CORPUS.as_slice()));
    vec![
        site("site", "/", None, 200, ["retirées par le filtre", "removed by the filter"]),
        site("site-markdown", "/guide/", None, 200, ["Écrire la règle", "Back to Roneo"]),
        site("site-text", "/notes.txt", None, 200, ["Présents", "Bookmark"]),
        site("site-picture", "/photos/caisse.png", None, 200, ["roneo-media", "roneo-media"]),
        site("site-folder", "/photos/", None, 200, ["Ce qu’il y a ici", "What is here"]),
        site("site-missing", "/nulle-part.html", None, 404, ["pas dans le site", "not in the site"]),
        site("site-refused", "/plan.svg", None, 415, ["C’est un dessin", "This is a drawing"]),
        site("site-under-way", "/lent.html", None, 200, ["12\u{a0}sur 27", "12 of 27"]),
        site("removed", "/", Some("/removed/"), 200, ["ne commande jamais", "never commands"]),
        site("removed-nothing", "/notes.txt", Some("/removed/"), 200, ["Rien n’a été retiré", "Nothing was removed"]),
        Scene { node: corpus, ..site("corpus", "/", None, 200, ["names.txt", "names.txt"]) },
        get(
            "leave",
            StagedNode::new(),
            "/leave?to=https%3A%2F%2Fexample.org%2Fmodeles%3Fde%3Dici",
            ["Ce lien sort de Roneo", "This link leaves Roneo"],
        ),
        get(
            "leave-signs",
            StagedNode::new(),
            "/leave?to=https%3A%2F%2Fxn--pypal-4ve.example%2Fune%2Fadresse%2Ftr%25C3%25A8s%2Flongue%2Fqui%2Fne%2Ftient%2Fpas%2Fsur%2Fune%2Fligne%3Fa%3Db",
            ["peut en imiter un autre", "may imitate another"],
        ),
    ]
}

fn transfers() -> Vec<Scene> {
    let staged = || StagedNode::with_jobs(every_job());
    let one = |name, number: u64, says| get(name, staged(), format!("/transfers/{number}"), says);
    let remove = |name, number: u64, says| get(name, staged(), format!("/transfers/{number}/remove"), says);
    vec![
        get("transfers", staged(), "/transfers", ["Vers vous", "To you"]),
        get("transfers-empty", StagedNode::new(), "/transfers", ["rien ne part", "nothing leaves"]),
        one("transfer-fetching", 2, ["581\u{a0}morceaux sur 640", "581 pieces of 640"]),
        one("transfer-fetched", 3, ["vérifiés", "checked"]),
        one("transfer-paused", 4, ["En pause", "Paused"]),
        one("transfer-queued", 5, ["En file", "Queued"]),
        one("transfer-waiting", 6, ["Il faut 5", "It takes 5 nodes"]),
        one("transfer-failed", 7, ["19\u{a0}trouvés", "19 found"]),
        one("transfer-receiving", 8, ["entre dans la file", "goes into the queue"]),
        one("transfer-storing", 9, ["Le lien se prépare", "The link is being made"]),
        one("transfer-weak", 10, ["environ un sur 1\u{202f}200", "about one in 1,200"]),
        get(
            "transfer-name-notes",
            StagedNode::with_jobs(vec![noted(JobKind::Publish, names())]),
            "/transfers/14",
            ["aucun nœud ne sait", "no node knows"],
        ),
        get(
            "transfer-repair-notes",
            StagedNode::with_jobs(vec![noted(JobKind::Repair, repairs())]),
            "/transfers/14",
            ["2\u{a0}parties manquent", "2 parts still lack"],
        ),
        one("transfer-stored", 11, ["Le lien à donner", "The link to give"]),
        one("transfer-published", 13, ["confirmé par ceux", "confirmed by those"]),
        remove("remove-fetched", 3, ["sera effacé", "is deleted"]),
        remove("remove-fetching", 1, ["la demande s’arrête", "the request stops"]),
        remove("remove-stored", 11, ["notez-le avant", "write it down first"]),
        remove("remove-storing", 9, ["ne se rappelle pas", "cannot be called back"]),
    ]
}

fn forms() -> Vec<Scene> {
    let form = |name, page, action: &str, fields, token, status, says| Scene {
        name,
        node: StagedNode::new(),
        shelf: Shelf::Empty,
        before: Vec::new(),
        ask: Ask::Form { page, action: action.to_owned(), fields, token },
        status,
        says,
    };
    vec![
        get("insert", StagedNode::new(), "/insert", ["Déposer des fichiers", "Put files in"]),
        form(
            "insert-no-file",
            "/insert",
            "/insert",
            vec![("file", "")],
            Token::Good,
            400,
            ["Aucun fichier", "No file"],
        ),
        form(
            "insert-expired",
            "/insert",
            "/insert",
            vec![("file", "leaflet")],
            Token::Old,
            403,
            ["a attendu trop longtemps", "waited too long"],
        ),
        get("display", StagedNode::new(), "/display", ["Affichage", "Display"]),
        form(
            "expired",
            "/node",
            "/node/join",
            vec![("invitation", "roneo-invite-1")],
            Token::Old,
            403,
            ["Votre texte est là", "Your text is here"],
        ),
    ]
}

fn nodes() -> Vec<Scene> {
    let with = |change: &dyn Fn(&mut Status)| {
        let mut node = StagedNode::new();
        node.status.as_mut().map(change);
        node
    };
    let local = with(&|status| {
        status.network = "local-0000000000000001".to_owned();
        status.notices = vec![Warning::LocalNetwork];
    });
    let failing = with(&|status| {
        status.store.damaged = 3;
        status.notices = warnings();
    });
    let large = StagedNode { status: Some(status(4_812, 130)), peers: peers(4_812), ..StagedNode::new() };
    let alone = StagedNode { status: Some(status(1, 0)), peers: peers(1), ..StagedNode::new() };
    let form = |name, action: &str, fields, says| Scene {
        name,
        node: StagedNode::new(),
        shelf: Shelf::Empty,
        before: Vec::new(),
        ask: Ask::Form { page: "/node", action: action.to_owned(), fields, token: Token::Good },
        status: 200,
        says,
    };
    vec![
        get("node", StagedNode::new(), "/node", ["1,9\u{a0}Go, pour vous", "1.9\u{a0}GB today"]),
        get("node-local", local, "/node", ["ne protègent personne", "protect nobody"]),
        get("node-failing", failing, "/node", ["3\u{a0}morceaux abîmés", "3 damaged pieces"]),
        get("node-large", large, "/node", ["Et 4\u{202f}712\u{a0}autres", "And 4,712 more"]),
        get("node-alone", alone, "/node", ["seul pour l’instant", "alone for now"]),
        form("node-invitation", "/node/invite", vec![], ["à donner en main propre", "handed over in person"]),
        form(
            "node-join-wrong",
            "/node/join",
            vec![("invitation", "nonsense")],
            ["pas une invitation", "not an invitation"],
        ),
    ]
}

fn shelves() -> Vec<Scene> {
    let page =
        |name, shelf, path: &str, says| Scene { shelf, ..get(name, StagedNode::with_jobs(every_job()), path, says) };
    let wrong = |name, page, action: &str, fields, status, says| Scene {
        name,
        node: StagedNode::new(),
        shelf: Shelf::Filled,
        before: Vec::new(),
        ask: Ask::Form { page, action: action.to_owned(), fields, token: Token::Good },
        status,
        says,
    };
    vec![
        page("keys", Shelf::Filled, "/keys", ["caisse", "caisse"]),
        page("keys-empty", Shelf::Empty, "/keys", ["clé", "key"]),
        page("key-delete", Shelf::Filled, "/keys/delete?name=caisse", ["caisse", "caisse"]),
        wrong("key-wrong", "/keys", "/keys/import", vec![("text", "nonsense")], 400, ["clé", "key"]),
        page("transfers-folders", Shelf::Filled, "/transfers", ["s’arrête\u{a0}: dossiers", "stops: folders"]),
        page("folder-comparing", Shelf::Filled, "/folders/1", ["a déjà", "has already"]),
        page("folder-storing", Shelf::Filled, "/folders/2", ["312\u{a0}fichiers", "312 files"]),
        page("folder-publishing", Shelf::Filled, "/folders/3", ["déjà là", "there already"]),
        page("folder-stored", Shelf::Filled, "/folders/4?cleaned=2&uncleaned=1", ["2\u{a0}images", "2 pictures"]),
        page("folder-weak", Shelf::Filled, "/folders/5", ["placer des copies", "placing copies"]),
        page("folder-failed", Shelf::Filled, "/folders/6", ["Le disque", "disk"]),
        page("insert-site", Shelf::Filled, "/insert?key=caisse&site=journal", ["Une édition", "An edition"]),
        page("bookmarks", Shelf::Filled, "/bookmarks", ["Tenir une caisse", "Tenir une caisse"]),
        page("bookmarks-empty", Shelf::Empty, "/bookmarks", ["signet", "bookmark"]),
        page("settings", Shelf::Filled, "/settings", ["Langue", "Language"]),
        page("welcome-display", Shelf::Fresh, "/welcome", ["Langue", "Language"]),
        page("welcome-disk", Shelf::Fresh, "/welcome/disk", ["10\u{a0}Go", "10\u{a0}GB"]),
        page("welcome-join", Shelf::Fresh, "/welcome/join", ["nvitation", "nvitation"]),
        wrong(
            "welcome-wrong",
            "/welcome/join",
            "/welcome/join",
            vec![("invitation", "nonsense")],
            400,
            ["nvitation", "nvitation"],
        ),
    ]
}

/// A text that is made once, for a field of a form that is written down.
fn once(text: String) -> &'static str {
    text.leak()
}

fn talks() -> Vec<Scene> {
    let page = |name, path: String, says| Scene { shelf: Shelf::Talking, ..get(name, StagedNode::new(), path, says) };
    let empty = |name, path: &str, says| get(name, StagedNode::new(), path, says);
    let form = |name, page: String, action: &str, fields, status, says| Scene {
        shelf: Shelf::Talking,
        status,
        ask: Ask::Form { page: once(page), action: action.to_owned(), fields, token: Token::Good },
        ..get(name, StagedNode::new(), "", says)
    };
    let board = |path: &str| format!("/boards/{}", talk::board(path).to_text());
    let post = |number| talk::post(number).to_text();
    let thread = |number, what: &str| format!("/threads/{}{what}", post(number));
    let write = |kind: &str, number| format!("/write?kind={kind}&post={}", post(number));
    let said = |number| format!("/said/{}", post(number));
    let person = |number| format!("/people/{}", talk::person(number).to_text());
    let housing = once(talk::board("fr/logement").to_text());
    let new_thread = || format!("/write?board={housing}");
    let mut scenes = vec![
        page("home-unread", "/".to_owned(), ["messages<br> à lire", "messages<br> to read"]),
        page("boards", "/boards".to_owned(), ["Dans 3\u{a0}fils", "In 3 threads"]),
        empty("boards-empty", "/boards", ["encore aucun tableau", "no board yet"]),
        page("board", board("fr/logement"), ["2</p><div><h2>", "messages are announced"]),
        page("board-unread", format!("{}?tab=unread", board("fr/logement")), ["Non lus 12", "Unread 12"]),
        page("board-folded", format!("{}?tab=folded", board("fr/logement")), ["Arnaque, selon", "Scam, says"]),
        page("board-empty", board("fr/31/toulouse"), ["Soyez la première voix", "Be the first voice"]),
        page("board-other", format!("/boards/{}", "A".repeat(43)), ["Tableau AAAAAAAA", "Board AAAAAAAA"]),
        page("thread", thread(1, ""), ["Non lu à partir d’ici", "Unread from here"]),
        page("thread-end", thread(30, ""), ["s’arrête ici", "ends here"]),
        page("thread-answer", thread(2, "?quote"), ["Répondre à <bdi>Basile", "Answer to <bdi>Basile"]),
        page("thread-more", thread(2, "?more"), ["Un mot suffit", "A word will do"]),
        page("thread-more-own", thread(6, "?more"), ["Retirer", "Take back"]),
        page("write", new_thread(), ["Nouveau fil", "New thread"]),
        page("write-edit", write("edit", 6), ["les deux versions", "both wordings"]),
        page("write-retract", write("retract", 6), ["qu’on ne le montre plus", "shown no longer"]),
        page("write-correct", write("correct", 3), ["Une source", "A source"]),
        page("write-label", write("label", 4), ["en vigie", "as a curator"]),
        page("said", "/said".to_owned(), ["Ce que j’ai dit", "What I said"]),
        empty("said-empty", "/said", ["encore rien dit", "said nothing"]),
        page("said-signed", said(60), ["Il part", "It is leaving"]),
        page("said-stored", said(61), ["38\u{202f}% du calcul", "38% of the expected"]),
        page("said-waits", said(62), ["La suite part", "The rest leaves"]),
        page("said-announced", said(6), ["4\u{a0}nœuds en gardent", "4 nodes keep"]),
        page("said-failed", said(65), ["n’est pas parti", "did not leave"]),
        page("people", "/people".to_owned(), ["Mireille, du bâtiment D", "mireille_31"]),
        empty("people-empty", "/people", ["encore personne", "nobody yet"]),
        page("person", person(3), ["mireille_31", "mireille_31"]),
        page("person-silent", person(60), ["encore été entendu", "heard of this person"]),
        page("identities", "/identities".to_owned(), ["Zola", "Zola"]),
        empty("identities-empty", "/identities", ["sans nom", "without a name"]),
        page("identity-forget", format!("/identities/forget?person={}", talk::me().person), ["L’oublier", "Forget it"]),
        page("curators", "/curators".to_owned(), ["Un seul signalement", "One report"]),
        page("curators-board", format!("/curators?board={housing}"), ["Logement", "Housing"]),
        empty("curators-empty", "/curators", ["Aucune vigie", "No curator"]),
        empty("backup", "/backup", ["fichier scellé", "sealed file"]),
        empty("search", "/search", ["Rien n’est demandé", "Nobody is asked"]),
    ];
    let letter = |title, text, wish| {
        let fields = vec![("kind", "thread"), ("board", housing), ("identity", "Zola"), ("lang", "fr")];
        [fields, vec![("title", title), ("text", text), ("do", wish)]].concat()
    };
    let preview = letter("Permanence+du+jeudi", "Je+prends+**la+semaine+du+30**.", "preview");
    scenes.extend([
        form(
            "write-preview",
            new_thread(),
            "/write",
            preview,
            200,
            ["Ce que les autres liront", "What others will read"],
        ),
        form("write-kept", new_thread(), "/write", letter("Local", "", "keep"), 200, ["Gardé sur cet", "Kept on this"]),
        form(
            "write-wrong",
            new_thread(),
            "/write",
            letter("", "", "send"),
            400,
            ["Il manque un titre", "A title is missing"],
        ),
        form(
            "identity-words",
            "/identities".to_owned(),
            "/identities",
            vec![("name", "Passante")],
            200,
            ["Vos 24\u{a0}mots", "Your 24 words"],
        ),
        form(
            "identity-wrong",
            "/identities".to_owned(),
            "/identities",
            vec![("name", "Zola")],
            400,
            ["déjà Zola", "called Zola"],
        ),
        form("backup-made", "/backup".to_owned(), "/backup", vec![], 200, ["Huit mots", "Eight words"]),
        form("search-found", "/search".to_owned(), "/search", vec![("words", "chauffage")], 200, ["Trouvé", "Found"]),
        form(
            "search-none",
            "/search".to_owned(),
            "/search",
            vec![("words", "rien")],
            200,
            ["Personne n’a dit", "Nobody said"],
        ),
        Scene {
            status: 404,
            ..page("error-not-heard", format!("/threads/{}", "B".repeat(43)), ["pas encore ici", "not here yet"])
        },
        Scene { status: 403, ..page("error-not-yours", write("edit", 2), ["Seule la personne", "Only who said it"]) },
    ]);
    scenes
}

fn helps() -> Vec<Scene> {
    let help = |name, path: &str, says| get(name, StagedNode::new(), path, says);
    vec![
        help("help", "/help", ["sans réseau", "without a network"]),
        help("help-read", "/help/read", ["Quand rien ne vient", "When nothing comes"]),
        help("help-publish", "/help/publish", ["Le lien est la clé", "The link is the key"]),
        help("help-lend", "/help/lend", ["Combien", "How much"]),
        help("help-protection", "/help/protection", ["0,25\u{202f}%", "0.25%"]),
        help("help-words", "/help/words", ["Garde", "Guard"]),
    ]
}

fn troubles() -> Vec<Scene> {
    let path = format!("/{}", link(""));
    let fails = |name, error: JobError, status, says| Scene {
        status,
        ..get(name, StagedNode::fetching(Fetch::Fails(error)), path.clone(), says)
    };
    let refuses = |name, error: HandleError, status, says| Scene {
        status,
        ..get(name, StagedNode::fetching(Fetch::Refuses(error)), path.clone(), says)
    };
    let wrong = |name, path: &str, status, says| Scene { status, ..get(name, StagedNode::new(), path, says) };
    let damaged = JobError::Damaged { reason: "two roots <b>".to_owned() };
    let missing = JobError::SegmentMissing { segment: 1, segments: 3, found: 19, needed: 27 };
    let refused = refusals().into_iter().map(|(name, refusal, says)| refuses(name, refusal.into(), 409, says));
    let mut scenes: Vec<Scene> = refused.collect();
    scenes.extend([
        fails("error-not-found", JobError::RootNotFound { asked: 8 }, 404, ["aucun des 8", "none of the 8 nodes"]),
        fails("error-segment", missing, 404, ["19\u{a0}trouvés", "19 found"]),
        fails("error-damaged", damaged, 502, ["abîmé", "damaged"]),
        fails("error-newer", JobError::Newer, 501, ["trop ancien", "too old"]),
        fails(
            "error-edition",
            JobError::EditionNotFound { edition: 4, newest: Some(3) },
            404,
            ["L’édition 4", "Edition 4"],
        ),
        fails("error-older", JobError::OnlyOlder { found: 3 }, 404, ["plus récente", "newer one"]),
        fails(
            "error-no-such-path",
            JobError::NoSuchPath,
            404,
            ["ne contient pas ce fichier", "this file is not in it"],
        ),
        fails("error-too-large", JobError::TooLarge, 413, ["Coupez-le", "Cut it"]),
        fails("error-cancelled", JobError::Cancelled, 410, ["Vous l’avez arrêté", "You stopped it"]),
        refuses("error-busy", HandleError::Busy("fetches"), 503, ["occupé", "busy"]),
        refuses("error-stopping", HandleError::Stopping, 503, ["s’arrête", "stopping"]),
        refuses("error-refused", HandleError::Refused(Refusal::KeepLink), 409, ["sert à garder", "is for keeping"]),
        wrong("error-no-page", "/nowhere", 404, ["pas de page ici", "no page here"]),
        wrong("error-link-cut", "/CHK@abc", 400, ["3\u{a0}parties", "3 parts"]),
        wrong(
            "error-link-private",
            &format!("/{}", link("").replace("AAAAAQA", "AAEAAQA")),
            400,
            ["clé privée", "private key"],
        ),
        wrong("error-unknown-transfer", "/transfers/999", 404, ["n’existe plus", "is no more"]),
        wrong("error-form-only", "/stop", 405, ["ne se lit pas", "not for reading"]),
        Scene {
            status: 503,
            ..get(
                "error-silent",
                StagedNode { status: None, ..StagedNode::new() },
                "/node",
                ["ne répond pas", "does not answer"],
            )
        },
    ]);
    scenes
}
