//! What strangers made, for the scenes: a site as people make them, and one of hostile files.

use std::sync::LazyLock;

use roneo_content::directory::{ContentRef, Entry, Manifest, Place};
use roneo_filter::corpus;
use roneo_keys::Uri;

use super::link;

/// The site's manifest.
pub(crate) static SITE: LazyLock<Vec<u8>> = LazyLock::new(site);

/// The manifest of all hostile files.
pub(crate) static CORPUS: LazyLock<Vec<u8>> = LazyLock::new(hostile);

const INDEX: &str = r##"<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Tenir une caisse de grève</title>
<link rel="stylesheet" href="site.css"><script src="compteur.js"></script></head>
<body>
<header><h1>Tenir une caisse de grève</h1><p class="chapeau">Une caisse, ce n’est pas d’abord de l’argent : c’est une règle que tout le monde connaît avant d’en avoir besoin.</p></header>
<nav><ul><li><a href="#qui">Qui tient la clé</a></li><li><a href="guide/">Le guide entier</a></li><li><a href="photos/">Les photos</a></li></ul></nav>
<figure><img src="photos/caisse.png" alt="Une boîte en fer, deux cadenas" width="480" height="240"><figcaption>La boîte de la cantine, 2024.</figcaption></figure>
<h2 id="qui">1. Qui tient la clé</h2>
<p>Jamais une personne seule. Trois noms, deux signatures, un compte rendu par semaine, même quand il n’y a rien à dire.</p>
<table><caption>Exemple</caption><thead><tr><th scope="col">Semaine</th><th scope="col">Entré</th><th scope="col">Sorti</th></tr></thead>
<tbody><tr><td>1</td><td>1 240 €</td><td>300 €</td></tr><tr><td>2</td><td>880 €</td><td>1 100 €</td></tr></tbody></table>
<p>Voir aussi <a href="https://example.org/modeles?de=ici">des modèles de reçus</a> sur le web.</p>
<img src="https://example.org/compteur.gif" alt="">
</body></html>
"##;

const SHEET: &str = "
body { max-width: 38rem; margin: 0 auto; font: 1.0625rem/1.55 Georgia, serif; color: #222 }
h1 { font: 700 2.5rem/1.1 Arial, sans-serif; color: #7a1f1f; border-bottom: 4px solid #7a1f1f }
h2 { color: #7a1f1f }
.chapeau { font-size: 1.25rem; font-style: italic }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem }
img { max-width: 100%; height: auto }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #999; padding: .3rem .6rem; text-align: left }
body { background: url(https://example.org/papier.png) }
header { position: fixed; top: 0 }
";

const GUIDE: &str =
    "# Le guide\n\n1. Écrire la règle à dix.\n2. La lire à voix haute.\n3. La voter, l’afficher.\n\n[Revenir](../)\n";

fn site() -> Vec<u8> {
    let picture = corpus::picture();
    let files: [(&str, &str, &[u8]); 8] = [
        ("index.html", "text/html", INDEX.as_bytes()),
        ("site.css", "text/css", SHEET.as_bytes()),
        ("guide/index.md", "text/markdown", GUIDE.as_bytes()),
        ("photos/caisse.png", "image/png", &picture),
        ("photos/piquet.png", "image/png", &picture),
        ("notes.txt", "text/plain", "Réunion du 12 novembre.\nPrésents : 31.\n".as_bytes()),
        ("plan.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (
            "Un nom de fichier très long, écrit par quelqu’un qui voulait tout y dire, et même un peu plus, .pdf",
            "application/pdf",
            b"%PDF-1.7",
        ),
    ];
    let mut entries: Vec<Entry> = files.iter().map(|(path, kind, bytes)| entry(path, kind, bytes)).collect();
    // A file that never comes.
    if let Ok(Uri::Chk(chk)) = stuck().parse() {
        let place = Place::Alone(ContentRef::of(&chk));
        entries.push(Entry { place, ..entry("lent.html", "text/html", b"<p>") });
    }
    directory(entries, &files)
}

/// The link of the file that never comes.
pub(crate) fn stuck() -> String {
    link("").replacen("AAAAAA", "ASTUCK", 1)
}

/// A page for every hostile text, and for every hostile file one that embeds it in each way there is. `names.txt` has
/// the paths of all pages, a line each.
fn hostile() -> Vec<u8> {
    let mut files: Vec<(String, &str, Vec<u8>)> = Vec::new();
    let mut names = String::new();
    for (number, vector) in corpus::texts().into_iter().chain(corpus::files()).enumerate() {
        let name: String =
            vector.name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).collect();
        let (mut page, mut bytes) = (format!("v/{number:05}-{name}.html"), vector.bytes);
        if vector.media_type != "text/html" {
            let file = format!("f/{number:05}");
            let embeds = format!(
                "<title>{name}</title><link rel=stylesheet href=../{file}><p class=x id=a>x<img src=../{file}>\
                 <video src=../{file} poster=../{file} controls></video><audio src=../{file} controls></audio>\
                 <a href=../{file}>y</a>"
            );
            names.push_str(&format!("{file}\n"));
            files.push((file, vector.media_type, bytes));
            (page, bytes) = (page, embeds.into_bytes());
        }
        names.push_str(&format!("{page}\n"));
        files.push((std::mem::take(&mut page), "text/html", bytes));
    }
    let index = b"<title>Hostile files</title><h1>Hostile files</h1><p><a href=names.txt>names.txt</a>".to_vec();
    files.push(("index.html".to_owned(), "text/html", index));
    files.push(("names.txt".to_owned(), "text/plain", names.into_bytes()));
    let files: Vec<(&str, &str, &[u8])> = files.iter().map(|(path, kind, bytes)| (&**path, *kind, &**bytes)).collect();
    let entries = files.iter().map(|(path, kind, bytes)| entry(path, kind, bytes)).collect();
    directory(entries, &files)
}

fn entry(path: &str, media_type: &str, bytes: &[u8]) -> Entry {
    Entry {
        path: path.to_owned(),
        media_type: media_type.to_owned(),
        length: bytes.len() as u64,
        blake3: *blake3::hash(bytes).as_bytes(),
        place: Place::Inline,
    }
}

fn directory(entries: Vec<Entry>, files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut files = files.to_vec();
    files.sort();
    let inline = files.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect();
    match Manifest::new(Vec::new(), entries, inline) {
        Ok(manifest) => manifest.to_bytes(),
        Err(error) => unreachable!("the files are those above: {error}"),
    }
}
