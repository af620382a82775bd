//! What was heard on the boards of a scene: people, threads, answers, in French and in English.

use std::time::{SystemTime, UNIX_EPOCH};

use roneo_client::social::{
    BoardRow, CorrectionView, Curator, Fold, FollowedView, Hit, Identity, InBothLanguages, LabelView, Named, Page,
    Paging, Placed, PostView, Posting, PostingState, ReactionCount, Retracted, Tab, ThreadList, ThreadRow, ThreadView,
    Version,
};
use roneo_social::{BoardId, EnvelopeId, LabelTag, PersonId, ReactionWord, WordLanguage, fingerprint, starter_boards};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Posts of a thread that one answer has.
const PART: usize = 25;

/// Everybody who speaks, with what the user calls them.
const PEOPLE: [(&str, Option<&str>); 8] = [
    ("Zola", None),
    ("Ada", None),
    ("Basile", None),
    ("mireille_31", Some("Mireille, du bâtiment D")),
    ("Kader", None),
    ("Nour", None),
    ("Vigie", None),
    ("Collectif des locataires de la ré", None),
];

/// The user's own person.
const OWN: u8 = 0;

/// The curator.
const CURATOR: u8 = 6;

/// Now, seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// French as it is set.
fn fr(text: &str) -> String {
    let mut set = text.replace('\'', "’").replace("« ", "«\u{a0}").replace(" »", "\u{a0}»").replace(" :", "\u{a0}:");
    for sign in [";", "?", "!", "%"] {
        set = set.replace(&format!(" {sign}"), &format!("\u{202f}{sign}"));
    }
    set
}

fn key(number: u8) -> [u8; 32] {
    let mut key = [17; 32];
    (key[0], key[1]) = (number, number.wrapping_mul(41));
    key
}

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::from_bytes(key(number))
}

pub(crate) fn post(number: u8) -> EnvelopeId {
    EnvelopeId::from_bytes(key(number.wrapping_add(100)))
}

fn named(number: u8) -> Named {
    let (own, petname) = PEOPLE[usize::from(number) % PEOPLE.len()];
    Named {
        person: person(number),
        petname: petname.map(str::to_owned),
        self_name: Some(own.to_owned()),
        looks_like: None,
    }
}

/// Somebody by their key.
pub(crate) fn known(id: &PersonId) -> Option<Named> {
    (0..PEOPLE.len()).map(|number| named(number as u8)).find(|named| named.person == *id)
}

/// A board that comes with the program.
pub(crate) fn board(path: &str) -> BoardId {
    let found = starter_boards().iter().find(|board| board.path == path);
    found.map_or(BoardId::from_bytes([0; 32]), |board| board.id)
}

/// The identity of whoever looks at the pages.
pub(crate) fn me() -> Identity {
    let id = person(OWN);
    let words = |language| fingerprint(id.as_bytes(), language);
    let fingerprint = InBothLanguages { fr: words(WordLanguage::French), en: words(WordLanguage::English) };
    Identity { name: PEOPLE[usize::from(OWN)].0.to_owned(), person: id.to_text(), fingerprint }
}

/// What is followed.
pub(crate) fn rows() -> Vec<BoardRow> {
    let row = |path, threads, posts, ago: Option<u64>| BoardRow {
        board: board(path),
        followed_at: now() - 30 * DAY,
        unread_threads: threads,
        unread_posts: posts,
        newest: ago.map(|ago| now() - ago),
    };
    vec![
        row("fr/accueil", 0, 0, Some(3 * DAY)),
        row("fr/logement", 3, 12, Some(480)),
        row("fr/autodefense-numerique", 1, 4, Some(5 * HOUR)),
        row("int/work", 1, 1, Some(DAY)),
        row("fr/31/toulouse", 0, 0, None),
    ]
}

pub(crate) fn followed() -> FollowedView {
    FollowedView {
        boards: rows().iter().map(|row| (row.board, row.followed_at)).collect(),
        persons: vec![(named(1), now() - 12 * DAY), (named(3), now() - 2 * HOUR), (named(CURATOR), now() - 40 * DAY)],
        curators: vec![
            (None, vec![Curator { person: person(CURATOR), alone: true }]),
            (Some(board("fr/logement")), vec![Curator { person: person(1), alone: false }]),
        ],
    }
}

fn label(tag: LabelTag, reason: &str) -> LabelView {
    LabelView { id: post(90), tag, reason: reason.to_owned(), curator: named(CURATOR), board: None, on_author: false }
}

fn version(number: u8, title: &str, text: &str, lang: &str, time: u64) -> Version {
    Version {
        id: post(number),
        time,
        title: fr(title),
        text: if lang == "fr" { fr(text) } else { text.to_owned() },
        lang: lang.to_owned(),
        files: Vec::new(),
        warning: String::new(),
        reason: String::new(),
    }
}

/// What was said at one time by one person.
fn said(number: u8, author: u8, ago: u64, depth: u32, text: &str) -> Placed {
    let time = now() - ago;
    let post = PostView {
        id: post(number),
        root: post(1),
        parent: (depth > 0).then(|| post(1)),
        author: named(author),
        own: author == OWN,
        time,
        heard_at: time + 90,
        effort: 0,
        boards: vec![board("fr/logement")],
        at: None,
        standing: Some(version(number, "", text, "fr", time)),
        earlier: Vec::new(),
        versions: 1,
        retracted: None,
        reactions: Vec::new(),
        own_reaction: None,
        corrections: Vec::new(),
        correction_count: 0,
        labels: Vec::new(),
        fold: None,
        read: true,
        bookmarked: false,
    };
    Placed { depth, parent_missing: false, post }
}

/// The title of the thread that everything happens in.
const TITLE: &str = "Chauffage coupé aux Tilleuls : mercredi on décide quoi ?";

/// What anybody may write to anybody.
const HOSTILE: &str = "<script>alert(1)</script> <b class=\"st bad\">Roneo</b>\n\n\
    [ici](javascript:alert(1)) ![x](http://evil.example/a.png)\n\n<a href=\"/settings\">Réglages</a>";

/// Everything in the long thread.
pub(crate) fn posts() -> Vec<Placed> {
    let react = |word, count| ReactionCount { word, count };
    let mut first = said(
        1,
        1,
        7 * DAY,
        0,
        "Neuvième jour sans chauffage dans les bâtiments B, C et D. Il faisait 13 degrés ce soir dans la chambre des petits, 11 au rez-de-chaussée. Le bailleur répond que « la pièce est commandée ». Elle était déjà commandée mardi, et le mardi d'avant.\n\nL'assemblée se tient **mercredi 25 à 18 h 30 au local du bâtiment C**. On ne pourra pas tout faire, il faut arriver avec des propositions claires. Je vois trois choses à voter :\n\n1. on retient ensemble les charges de chauffage, sur un compte à part, jusqu'à la remise en route ;\n2. on fait constater la température par un commissaire de justice (320 euros à 90 foyers, ça fait moins de 4 euros) ;\n3. on va à quarante à l'accueil lundi matin, sans casser, sans crier, et on y reste.\n\nDites ce que vous en pensez ici avant mercredi. Celles et ceux qui ne viennent pas aux réunions parce qu'ils travaillent le soir : c'est aussi pour vous.",
    );
    if let Some(standing) = &mut first.post.standing {
        standing.title = fr(TITLE);
    }
    first.post.parent = None;
    first.post.bookmarked = true;
    first.post.reactions = vec![
        react(ReactionWord::Agree, 38),
        react(ReactionWord::Thanks, 14),
        react(ReactionWord::Question, 3),
        react(ReactionWord::Disagree, 2),
    ];
    first.post.own_reaction = Some(ReactionWord::Agree);
    let second = said(
        2,
        2,
        7 * DAY - 3 * HOUR,
        1,
        "Pour la retenue, attention : si on arrête de payer chacun dans son coin, c'est nous qui sommes en tort. Il faut une mise en demeure d'abord, et consigner l'argent. J'ai le modèle de la [résidence d'à côté](https://example.org/modele).",
    );
    let mut third = said(
        3,
        3,
        6 * DAY,
        2,
        "D'accord avec Basile. Le règlement de charges de 2023 dit que le chauffage doit tenir 19 degrés du 15 octobre au 15 mai. On est dedans.",
    );
    let before = Version {
        reason: fr("Je m'étais trompée de date."),
        ..version(
            3,
            "",
            "D'accord avec Basile. Le règlement de charges de 2023 dit que le chauffage doit tenir 19 degrés du 1er octobre au 15 mai.",
            "fr",
            now() - 6 * DAY,
        )
    };
    third.post.earlier = vec![before];
    third.post.versions = 2;
    third.post.corrections = vec![CorrectionView {
        id: post(80),
        author: named(5),
        time: now() - 5 * DAY,
        text: fr("Le règlement cité est celui de **2024** : il dit 18 degrés, pas 19."),
        lang: "fr".to_owned(),
        sources: vec![fr("Procès-verbal du 4 mars 2024, page 4")],
    }];
    third.post.correction_count = 2;
    let mut fourth = said(4, 9, 6 * DAY - HOUR, 1, "Vend radiateur bain d'huile 2000 W, 25 euros, à venir chercher.");
    fourth.post.author = Named {
        person: person(9),
        petname: None,
        self_name: Some("Rémi84 \u{202e}nimda".to_owned()),
        looks_like: Some("Rémi84".to_owned()),
    };
    fourth.post.fold = Some(Fold::Label(label(LabelTag::Offtopic, "annonce de vente")));
    let fifth = said(
        5,
        4,
        5 * DAY,
        1,
        "Je travaille de nuit, je ne serai pas là mercredi. Je vote les trois. Pour l'accueil lundi, voilà les tours comme on les fait au piquet :\n\n| Heure | Qui tient | Manque |\n|-|-|-|\n| 7 h | Kader, Basile, deux du bâtiment D | 0 |\n| 9 h | Nour, Mireille | 2 |\n| 11 h | personne encore | 4 |\n\nJ'amène le thermos et la sono, on ne s'en sert plus avant vendredi.",
    );
    let mut sixth =
        said(6, OWN, 2 * DAY, 1, "> 320 euros à 90 foyers\n\nJe tiens la caisse. Au local le jeudi de 17 h à 19 h.");
    sixth.post.retracted = None;
    let mut seventh = said(
        7,
        5,
        DAY,
        1,
        "Et si on est expulsés pour ça ? J'ai appelé la permanence juridique : deux personnes viennent mercredi et restent jusqu'à 21 h. Venez avec votre bail et les trois derniers avis d'échéance.",
    );
    seventh.parent_missing = true;
    seventh.post.read = false;
    let mut eighth = said(8, 7, 9 * HOUR, 2, "");
    eighth.post.standing = Some(Version {
        warning: "Photo d'une blessure".replace('\'', "’"),
        ..version(
            8,
            "",
            "I am the **nurse** from block A. Four children have had bronchitis since last week; here is what the doctor wrote, and whom to call at night.",
            "en",
            now() - 9 * HOUR,
        )
    });
    eighth.post.read = false;
    let mut ninth = said(9, 2, 2 * HOUR, 3, "");
    ninth.post.standing = None;
    ninth.post.retracted = Some(Retracted { time: now() - HOUR, reason: fr("C'était déjà dit.") });
    let mut tenth = said(10, 7, 90 * 60, 4, "");
    tenth.post.standing = Some(version(
        10,
        "",
        "Same in Glasgow last winter: we kept a *diary of temperatures*, signed by two neighbours each evening. It won.",
        "en",
        now() - 90 * 60,
    ));
    tenth.post.read = false;
    let mut eleventh = said(11, 9, HOUR, 1, HOSTILE);
    eleventh.post.read = false;
    let mut all = vec![first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh];
    for number in 12..31 {
        let mut more = said(
            number,
            number % 6,
            3_000 - u64::from(number) * 60,
            1,
            "J'ai compté : 61 foyers sur 90 ont dit oui pour le constat. Il en faut 50 pour rester sous 6 euros chacun. On peut l'annoncer.",
        );
        more.post.read = false;
        all.push(more);
    }
    all
}

/// A thread in a list.
fn row(number: u8, title: Option<&str>, author: u8, ago: u64, replies: usize, unread: usize) -> ThreadRow {
    ThreadRow {
        root: post(number),
        title: title.map(fr),
        author: title.map(|_| named(author)),
        begun: match (title, number) {
            (None, _) => 0,
            (_, 1) => now() - 7 * DAY,
            _ => now() - ago * 3,
        },
        last_activity: now() - ago,
        replies,
        unread,
        effort: 0,
        boards: vec![board("fr/logement")],
        warning: String::new(),
        retracted: false,
        bookmarked: number == 1,
        fold: None,
    }
}

/// The threads of the board on housing.
fn all_threads() -> Vec<ThreadRow> {
    let folded = |mut row: ThreadRow, tag, reason: &str| {
        row.fold = Some(Fold::Label(label(tag, reason)));
        row
    };
    let mut taken_back = row(46, None, 2, 20 * DAY, 2, 0);
    taken_back.retracted = true;
    vec![
        row(1, Some(TITLE), 1, 480, 29, 22),
        row(40, Some("Réquisition de l'immeuble vide rue des Glaneuses : qui vient samedi ?"), 5, 2 * HOUR, 41, 3),
        row(
            41,
            Some(
                "Modèle de lettre : demander le détail des charges sur trois ans, avec les justificatifs que le bailleur doit donner",
            ),
            3,
            5 * HOUR,
            0,
            1,
        ),
        row(42, None, 0, 7 * HOUR, 1, 1),
        row(43, Some("Charte de l'assemblée, version votée le 12 novembre"), 7, 13 * DAY, 4, 0),
        row(
            44,
            Some("Punaises de lit : ce qui a marché, ce qui n'a pas marché, ce que dit la loi"),
            4,
            17 * DAY,
            67,
            0,
        ),
        taken_back,
        folded(
            row(47, Some("Crédit immédiat pour tous"), 9, DAY, 0, 1),
            LabelTag::Scam,
            "demande une avance par carte",
        ),
        folded(row(48, Some("Vends canapé"), 9, 2 * DAY, 1, 0), LabelTag::Offtopic, "annonce de vente"),
    ]
}

pub(crate) fn threads(of: &BoardId, tab: Tab) -> ThreadList {
    let here = *of == board("fr/logement");
    let wanted = |row: &ThreadRow| match tab {
        Tab::All => true,
        Tab::Unread => row.unread > 0 && row.fold.is_none(),
        Tab::Newcomers { .. } => row.root == post(41),
        Tab::Folded => row.fold.is_some(),
    };
    let threads = all_threads().into_iter().filter(|row| here && wanted(row)).collect();
    // A board in a town, which was never heard.
    let heard_at = (*of != board("fr/31/toulouse")).then(|| now() - 300);
    ThreadList {
        threads,
        next: (here && tab == Tab::All).then(|| "more".to_owned()),
        heard_at,
        missing: if here { 3 } else { 0 },
    }
}

pub(crate) fn thread(id: &str, paging: &Paging) -> Option<ThreadView> {
    let id = EnvelopeId::from_text(id)?;
    let rows = all_threads();
    let mut posts = posts();
    let at = posts.iter().position(|placed| placed.post.id == id);
    let row = match at {
        Some(_) => rows.into_iter().next()?,
        None => {
            let own = || {
                postings().iter().any(|posting| posting.id == id.to_text()).then(|| row(60, Some(TITLE), 0, 60, 0, 0))
            };
            let row = rows.into_iter().find(|row| row.root == id).or_else(own)?;
            posts.truncate(1);
            let text = "Voici où on en est, et ce qu'il reste à faire.";
            let mut only = said(0, 5, DAY, 0, text);
            (only.post.id, only.post.root, only.post.parent) = (id, id, None);
            posts = vec![only];
            row
        }
    };
    let from = paging.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(0).min(posts.len());
    let more = posts.len() > from + PART;
    let entries = posts.into_iter().skip(from).take(PART).collect();
    Some(ThreadView { row, posts: Page { entries, next: more.then(|| (from + PART).to_string()) } })
}

/// What somebody said.
pub(crate) fn by(person: &PersonId) -> Vec<PostView> {
    posts().into_iter().map(|placed| placed.post).filter(|post| post.author.person == *person).collect()
}

pub(crate) fn hits() -> Vec<Hit> {
    let hit = |placed: Placed| Hit {
        id: placed.post.id,
        root: placed.post.root,
        author: placed.post.author,
        time: placed.post.time,
        boards: placed.post.boards,
        title: placed.post.standing.as_ref().map(|standing| standing.title.clone()).unwrap_or_default(),
        in_title: false,
        excerpt: placed.post.standing.map(|standing| standing.text.chars().take(140).collect()).unwrap_or_default(),
        fold: placed.post.fold,
    };
    posts().into_iter().take(5).map(hit).collect()
}

/// Something in every state.
pub(crate) fn postings() -> Vec<Posting> {
    use PostingState::{Announced, Failed, Published, Signed, Stored};
    let posting = |number: u8, kind: &str, title: &str, state, ago: u64| Posting {
        id: post(number).to_text(),
        kind: kind.to_owned(),
        identity: "Zola".to_owned(),
        board: board("fr/logement").to_text(),
        title: fr(title),
        time: now() - ago,
        state,
        receipts: if state == Announced { 4 } else { 0 },
        work_percent: if state == Stored { 38 } else { 0 },
        waits_until: None,
        error: (state == Failed).then(|| "the node has no neighbours".to_owned()),
    };
    vec![
        posting(60, "post", "Permanence du jeudi : qui peut ouvrir le local à 17 h ?", Signed, 20),
        posting(61, "reply", "Je tiens la caisse. Au local le jeudi de 17 h à 19 h.", Stored, 60),
        Posting { waits_until: Some(now() + 900), ..posting(62, "reply", "Et pour les vélos ?", Stored, 90) },
        posting(6, "reply", "Je tiens la caisse.", Announced, 2 * DAY),
        posting(64, "react", "", Published, 3 * DAY),
        posting(65, "post", "Local à vélos", Failed, 4 * DAY),
    ]
}
