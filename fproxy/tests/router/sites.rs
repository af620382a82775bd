//! Sites before a browser: what comes out, under which origin, and what reaches it from where.
//!
//! Control: with `Way::Site` handed on to the console in `gate.rs`, [`a_site_reaches_nothing_of_the_console`] goes red;
//! with the policy gone in `site/reader.rs`, [`Answer::assert_sealed`] and [`every_answer_of_a_site_is_sealed`]; with
//! `html` of the filter not called in `site/shown.rs`, [`no_hostile_page_comes_through`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use roneo_content::directory::{Container, ContentRef, Entry, Manifest, Place};
use roneo_filter::corpus;
use roneo_keys::Uri;

use crate::fake::{Library, Network, Stored};
use crate::stage::site_link;
use crate::{Answer, HOST, Proxy, TOKEN, link};

const PAGE: &str = "<!DOCTYPE html><html lang=fr><head><title>Tenir une caisse</title><link rel=stylesheet href=look/site.css>\
<script>alert(1)</script></head><body onload=x()><h1 class=t>Tenir une caisse</h1><img src=/photos/piquet.png alt=Piquet>\
<a href=guide/>Le guide</a> <a href='https://example.org/a?b'>Ailleurs</a> <img src='https://example.org/spy.png'>\
<a href='/CHK@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,AAAAAQA/x.txt'>Un lien</a></body></html>";
const SHEET: &str = "h1 { color: #431c8e } body { background: url(https://example.org/a.png) } .t { position: fixed }";

/// The site's link.
pub(crate) fn usk(edition: u64) -> String {
    site_link("caisse", edition)
}

fn chk(letter: char) -> String {
    let fields = [letter.to_string().repeat(42), "A".repeat(43)];
    format!("CHK@{}A,{},AAAAAQA", fields[0], fields[1])
}

fn exact(edition: u64) -> String {
    let Uri::Usk(usk) = usk(edition).parse().unwrap() else { unreachable!() };
    Uri::Ssk(usk.exact(edition).unwrap()).to_text()
}

fn reference(link: &str) -> ContentRef {
    let Uri::Chk(chk) = link.parse().unwrap() else { unreachable!() };
    ContentRef::of(&chk)
}

/// A directory: inline files, then those of one container, then those by themselves under links.
fn directory(
    inline: &[(&str, &str, &[u8])],
    shared: &[(&str, &str, &[u8])],
    alone: &[(&str, &str, &[u8], &str)],
) -> Manifest {
    let entry = |path: &str, media_type: &str, bytes: &[u8], place| Entry {
        path: path.to_owned(),
        media_type: media_type.to_owned(),
        length: bytes.len() as u64,
        blake3: *blake3::hash(bytes).as_bytes(),
        place,
    };
    let mut entries = Vec::new();
    entries.extend(inline.iter().map(|(path, kind, bytes)| entry(path, kind, bytes, Place::Inline)));
    entries.extend(shared.iter().map(|(path, kind, bytes)| entry(path, kind, bytes, Place::Container(0))));
    let alone = alone.iter().map(|(path, kind, bytes, link)| entry(path, kind, bytes, Place::Alone(reference(link))));
    entries.extend(alone);
    let container = Container { content: reference(&chk('C')), blake3: *blake3::hash(&together(shared)).as_bytes() };
    let containers = if shared.is_empty() { Vec::new() } else { vec![container] };
    Manifest::new(containers, entries, together(inline)).unwrap()
}

/// Files one behind the other, in the order of their paths.
fn together(files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut files = files.to_vec();
    files.sort();
    files.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect()
}

fn stored(bytes: impl Into<Vec<u8>>, media_type: &str) -> Stored {
    Stored { bytes: bytes.into(), media_type: media_type.to_owned(), ..Stored::default() }
}

/// Edition 4 of a site with something of everything.
pub(crate) fn library() -> BTreeMap<String, Stored> {
    let picture = corpus::picture();
    let pdf: &[u8] = b"%PDF-1.7 <script>alert(1)</script>";
    let shared: [(&str, &str, &[u8]); 3] = [
        ("guide/index.html", "text/html", b"<p>Le guide"),
        ("guide/notes.txt", "text/plain", "caf\u{e9} <script>".as_bytes()),
        ("photos/piquet.png", "image/png", &picture),
    ];
    let manifest = directory(
        &[
            ("index.html", "text/html", PAGE.as_bytes()),
            ("look/site.css", "text/css", SHEET.as_bytes()),
            ("d\u{e9}claration.pdf", "application/pdf", pdf),
            ("dessin.svg", "image/svg+xml", b"<svg onload=alert(1)>"),
        ],
        &shared,
        &[
            ("grand.png", "image/png", &picture, &chk('D')),
            ("perdu.html", "text/html", b"<p>perdu", &chk('E')),
            ("lent.html", "text/html", b"<p>lent", &chk('G')),
            ("faux.html", "text/html", b"<p>vrai", &chk('F')),
        ],
    );
    let site = Stored { leads_to: Some(usk(4)), ..stored(manifest.to_bytes(), roneo_content::directory::MEDIA_TYPE) };
    BTreeMap::from([
        (usk(0), site),
        (chk('C'), stored(together(&shared), "")),
        (chk('D'), stored(picture, "")),
        (chk('F'), stored("<p>faux", "")),
        (chk('G'), Stored { is_stuck: true, ..stored("", "") }),
    ])
}

fn proxy() -> Proxy {
    Proxy::before(Network::Library(Library::new(library())))
}

/// A browser's request of the kind that `dest` says, to an address.
pub(crate) async fn ask(proxy: &Proxy, address: &str, dest: &str, language: &str) -> Answer {
    let (host, path) = split(address);
    let mode = if dest == "document" { "navigate" } else { "no-cors" };
    let request = Request::get(path)
        .header("host", host)
        .header("accept", if dest == "document" { "text/html,*/*;q=0.8" } else { "*/*" })
        .header("accept-language", language)
        .header("sec-fetch-site", if dest == "document" { "none" } else { "same-origin" })
        .header("sec-fetch-mode", mode)
        .header("sec-fetch-dest", dest);
    proxy.send(request.body(Body::empty()).unwrap()).await
}

fn split(address: &str) -> (&str, &str) {
    let rest = address.strip_prefix("http://").unwrap();
    rest.split_at(rest.find('/').unwrap())
}

/// Where a link leads a browser.
async fn led(proxy: &Proxy, link: &str) -> String {
    let uri: Uri = link.parse().unwrap();
    let led = ask(proxy, &format!("http://{HOST}{}", roneo_fproxy::page_path(&uri)), "document", "fr").await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.text());
    led.header("location").to_owned()
}

/// Opens a link, and then a path of the site that it leads to.
pub(crate) async fn read(proxy: &Proxy, link: &str, path: &str, language: &str) -> Answer {
    let address = led(proxy, link).await;
    let (host, _) = split(&address);
    ask(proxy, &format!("http://{host}{path}"), "document", language).await
}

/// The origin of the site that a link leads to.
async fn origin(proxy: &Proxy, link: &str) -> String {
    let address = led(proxy, link).await;
    format!("http://{}", split(&address).0)
}

#[tokio::test]
async fn a_site_is_read_with_its_pictures_and_styles_on_an_origin_of_its_own() {
    let proxy = proxy();
    let address = led(&proxy, &format!("{}/guide/", usk(0))).await;
    let (host, path) = split(&address);
    assert_eq!(path, "/guide/");
    let label = host.strip_suffix(".localhost:8888").unwrap();
    assert!(
        label.len() == 26 && label.bytes().all(|byte| b"abcdefghijklmnopqrstuvwxyz234567".contains(&byte)),
        "{label}"
    );
    let at = |path: &str| format!("http://{host}{path}");
    let page = ask(&proxy, &at("/"), "document", "fr").await;
    let text = page.text();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for part in [
        "<title>Tenir une caisse | Page d’ailleurs</title>",
        "édition 4",
        "<h1 class=\"t\">Tenir une caisse</h1>",
        "<img src=\"photos/piquet.png\" alt=\"Piquet\">",
        "href=\"look/site.css\"",
        "href=\"guide/\"",
        "http://127.0.0.1:8888/leave?to=https%3A%2F%2Fexample.org%2Fa%3Fb",
        "href=\"http://127.0.0.1:8888/CHK@",
        "choses retirées par le filtre",
        &format!("http://127.0.0.1:8888/removed/{label}/index.html"),
        "http://127.0.0.1:8888/bookmarks?link=USK%40",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("<script") && !text.contains("onload") && !text.contains("spy.png"), "{text}");
    let sheet = ask(&proxy, &at("/look/site.css"), "style", "fr").await;
    assert_eq!(sheet.header("content-type"), "text/css;charset=utf-8");
    assert!(sheet.text().contains("#roneo-page") && sheet.text().contains("color:#"), "{}", sheet.text());
    assert!(!sheet.text().contains("url(") && !sheet.text().contains("fixed"), "{}", sheet.text());
    for path in ["/photos/piquet.png", "/grand.png"] {
        let picture = ask(&proxy, &at(path), "image", "fr").await;
        assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"), "{path}");
        let bytes = picture.body.unwrap();
        assert!(bytes.starts_with(b"\x89PNG") && !bytes.windows(6).any(|window| window == b"canary"), "{path}");
    }
    let guide = ask(&proxy, &at("/guide/"), "document", "en").await;
    assert!(guide.text().contains("<p>Le guide</p>") && guide.text().contains("Back to Roneo"));
    let notes = ask(&proxy, &at("/guide/notes.txt"), "document", "fr").await;
    assert!(notes.text().contains("café &#60;script&#62;</pre>"), "{}", notes.text());
    let folder = ask(&proxy, &at("/guide"), "document", "fr").await;
    assert_eq!((folder.status, folder.header("location")), (StatusCode::SEE_OTHER, &*at("/guide/")));
    let style = text.split_once("stylesheet\" href=\"").unwrap().1.split_once('"').unwrap().0;
    assert_eq!(ask(&proxy, &at(style), "style", "fr").await.header("content-type"), "text/css;charset=utf-8");
    // The container was fetched once for all that it holds.
    let fetched = proxy.state.lock().unwrap().fetched.clone();
    assert_eq!(fetched.iter().filter(|link| **link == chk('C')).count(), 1, "{fetched:?}");
    let home = proxy.browse("/", "fr").await;
    assert!(home.text().contains("Tenir une caisse"), "what was opened stands on the front page under its title");
}

#[tokio::test]
async fn what_is_not_shown_is_explained_and_saved() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let at = |path: &str| format!("{origin}{path}");
    for (path, fr) in [("/d%C3%A9claration.pdf", "C’est un document"), ("/dessin.svg", "C’est un dessin")] {
        let page = ask(&proxy, &at(path), "document", "fr").await;
        assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(page.text().contains(fr) && page.text().contains(&format!("{path}?save")), "{}", page.text());
        assert_eq!(ask(&proxy, &at(path), "image", "fr").await.text(), "");
        let saved = ask(&proxy, &at(&format!("{path}?save")), "document", "fr").await;
        assert_eq!(saved.header("content-type"), "application/octet-stream");
        assert!(saved.header("content-disposition").starts_with("attachment; filename="));
        assert!(saved.text().contains("alert(1)"), "what is saved is what was published");
    }
    // A page is never a picture or a sheet of another.
    for dest in ["image", "style", "script", "iframe", "object"] {
        let part = ask(&proxy, &at("/index.html"), dest, "fr").await;
        assert_eq!((part.status, part.text()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, ""), "{dest}");
    }
    let picture = ask(&proxy, &at("/grand.png"), "document", "fr").await;
    assert!(picture.text().contains("<img class=\"roneo-media\" src=\"/grand.png\""), "{}", picture.text());
    let missing = ask(&proxy, &at("/nowhere.html"), "document", "fr").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for part in ["n’est pas dans le site", "href=\"/guide/notes.txt\"", "href=\"/d%C3%A9claration.pdf\""] {
        assert!(missing.text().contains(part), "{part}: {}", missing.text());
    }
    assert_eq!(ask(&proxy, &at("/nowhere.png"), "image", "fr").await.text(), "");
    let listed = ask(&proxy, &at("/photos/"), "document", "en").await;
    assert_eq!(listed.status, StatusCode::OK);
    assert!(
        listed.text().contains("These are its files") && !listed.text().contains("guide/notes"),
        "{}",
        listed.text()
    );
}

#[tokio::test]
async fn a_file_that_is_lost_false_or_slow_is_told() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let at = |path: &str| format!("{origin}{path}");
    let lost = ask(&proxy, &at("/perdu.html"), "document", "fr").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.text().contains("aucun des 8") && lost.text().contains("Réessayer"), "{}", lost.text());
    let again = ask(&proxy, &at("/perdu.html"), "document", "fr").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let asked = proxy.state.lock().unwrap().fetched.iter().filter(|link| **link == chk('E')).count();
    assert_eq!(asked, 2, "a failure is told once and tried anew");
    let wrong = ask(&proxy, &at("/faux.html"), "document", "fr").await;
    assert_eq!(wrong.status, StatusCode::BAD_GATEWAY);
    assert!(!wrong.text().contains("faux</p>"), "{}", wrong.text());
    for (path, reloads) in [("/lent.html", "2"), ("/lent.html?still", "")] {
        let slow = ask(&proxy, &at(path), "document", "fr").await;
        assert_eq!((slow.status, slow.header("refresh")), (StatusCode::OK, reloads));
        assert!(slow.text().contains("12\u{a0}sur 27"), "{}", slow.text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_page_waits() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let began = tokio::time::Instant::now();
    let slow = ask(&proxy, &format!("{origin}/lent.html"), "image", "fr").await;
    assert_eq!((slow.status, slow.text()), (StatusCode::GATEWAY_TIMEOUT, ""));
    assert_eq!(began.elapsed().as_secs(), 120);
}

#[tokio::test]
async fn every_answer_of_a_site_is_sealed() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let paths = [
        "/",
        "/index.html",
        "/look/site.css",
        "/grand.png",
        "/photos/",
        "/guide",
        "/nowhere",
        "/perdu.html",
        "/%ff",
        "/dessin.svg",
        "/?save",
    ];
    for path in paths {
        for dest in ["document", "image", "iframe"] {
            // `send` looks at the headers that stand on every answer.
            let answer = ask(&proxy, &format!("{origin}{path}"), dest, "fr").await;
            let policy = answer.header("content-security-policy");
            for part in [
                "sandbox allow-same-origin allow-downloads",
                "form-action 'none'",
                "img-src 'self'",
                "media-src 'self'",
            ] {
                assert!(policy.contains(part), "{part} on {path}: {policy}");
            }
            assert!(!answer.headers.contains_key("cross-origin-opener-policy"), "with a sandbox it is a network error");
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let host = origin.strip_prefix("http://").unwrap();
        let request = Request::builder().method(method).uri("/index.html").header("host", host);
        let answer = proxy.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    }
}

#[tokio::test]
async fn a_site_reaches_nothing_of_the_console() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let host = origin.strip_prefix("http://").unwrap().to_owned();
    for path in [
        "/api/v1/status",
        "/api/v1/shutdown",
        "/node",
        "/settings",
        "/transfers",
        "/leave?to=https%3A%2F%2Fa.example%2F",
        "/assets/x",
    ] {
        for method in [Method::GET, Method::POST] {
            let request = Request::builder()
                .method(method.clone())
                .uri(path)
                .header("host", &host)
                .header("accept", "text/html")
                .header("origin", &origin)
                .header("authorization", format!("Bearer {TOKEN}"));
            let answer = proxy.send(request.body(Body::empty()).unwrap()).await;
            let expected = if method == Method::GET { StatusCode::NOT_FOUND } else { StatusCode::METHOD_NOT_ALLOWED };
            assert_eq!(answer.status, expected, "{method} {path}");
        }
    }
    // And the other way round: under the console's name there are no files of it, but below its path.
    for path in ["/index.html", "/look/site.css", "/guide/"] {
        assert_eq!(proxy.browse(path, "fr").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // A form of the site is refused, whatever it knows.
    for from in [&*origin, "null"] {
        let request = Request::post("/forget")
            .header("host", HOST)
            .header("origin", from)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = proxy.send(request.body(Body::from("token=a")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{from}");
    }
    assert!(!proxy.state.lock().unwrap().shut_down);
}

#[tokio::test]
async fn no_stranger_reaches_a_site() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let host = origin.strip_prefix("http://").unwrap().to_owned();
    let unknown = "k7qvnm3tak7qvnm3tak7qvnm3t.localhost:8888";
    let table: [(&[(&str, &str)], StatusCode); 9] = [
        (
            &[
                ("host", &host),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "image"),
            ],
            StatusCode::FORBIDDEN,
        ),
        (
            &[
                ("host", &host),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "style"),
            ],
            StatusCode::FORBIDDEN,
        ),
        (
            &[
                ("host", &host),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "cors"),
                ("sec-fetch-dest", "empty"),
                ("origin", "http://127.0.0.1:8888"),
            ],
            StatusCode::FORBIDDEN,
        ),
        (
            &[
                ("host", &host),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ],
            StatusCode::FORBIDDEN,
        ),
        (&[("host", &host), ("host", HOST)], StatusCode::MISDIRECTED_REQUEST),
        (&[("host", &host), ("host", &host)], StatusCode::MISDIRECTED_REQUEST),
        (&[("host", unknown)], StatusCode::MISDIRECTED_REQUEST),
        (
            &[
                ("host", unknown),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "image"),
            ],
            StatusCode::FORBIDDEN,
        ),
        (&[("host", "label.localhost:8888")], StatusCode::MISDIRECTED_REQUEST),
    ];
    for (headers, status) in table {
        let mut request = Request::get("/grand.png");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = proxy.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.text()), (status, ""), "{headers:?}");
    }
    let absolute = Request::get(format!("{origin}/")).header("host", &host);
    assert_eq!(proxy.send(absolute.body(Body::empty()).unwrap()).await.status, StatusCode::MISDIRECTED_REQUEST);
    // Whoever had it open is told what to do.
    for (address, language, words) in [
        (format!("http://{unknown}/"), "fr", "n’est plus ouverte"),
        (format!("http://{HOST}/site/k7qvnm3tak7qvnm3tak7qvnm3t/"), "en", "open no more"),
    ] {
        let closed = ask(&proxy, &address, "document", language).await;
        assert_eq!(closed.status, StatusCode::MISDIRECTED_REQUEST);
        assert!(closed.text().contains(words), "{}", closed.text());
    }
}

#[tokio::test]
async fn the_newest_edition_is_opened_and_an_old_page_says_that_it_is_old() {
    let mut library = library();
    let five = directory(&[("index.html", "text/html", b"<p>cinq")], &[], &[]);
    let kind = roneo_content::directory::MEDIA_TYPE;
    library.insert(usk(5), Stored { leads_to: Some(usk(5)), ..stored(five.to_bytes(), kind) });
    library.insert(exact(5), stored(five.to_bytes(), kind));
    let proxy = Proxy::before(Network::Library(Arc::new(library)));
    let four = origin(&proxy, &usk(0)).await;
    let old = ask(&proxy, &format!("{four}/"), "document", "fr").await;
    assert!(!old.text().contains("est parue"));
    let new = read(&proxy, &usk(5), "/", "fr").await;
    assert!(
        new.text().contains("<p>cinq</p>") && new.text().contains("édition 5") && !new.text().contains("est parue")
    );
    let old = ask(&proxy, &format!("{four}/"), "document", "fr").await;
    let way = format!("http://127.0.0.1:8888/{}", usk(5));
    assert!(old.text().contains("L’édition 5\u{a0}est parue") && old.text().contains(&way), "{}", old.text());
}

#[tokio::test]
async fn without_host_names_a_site_is_below_a_path() {
    let proxy = proxy();
    let link: Uri = usk(0).parse().unwrap();
    let path = roneo_fproxy::page_path(&link);
    // A text browser, Apple's, and one whose user asks for it.
    let lynx = proxy.browse(&path, "fr").await.header("location").to_owned();
    let safari = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
    let request = crate::browsing(&path, "fr").header("sec-fetch-site", "none").header("user-agent", safari);
    let apple = proxy.send(request.body(Body::empty()).unwrap()).await.header("location").to_owned();
    let asked = ask(&proxy, &format!("http://{HOST}{path}?path"), "document", "fr").await.header("location").to_owned();
    assert!(
        lynx.starts_with(&format!("http://{HOST}/site/")) && lynx == apple && lynx == asked,
        "{lynx} {apple} {asked}"
    );
    let typed = path[1..].replace(['@', ','], "%2C").replacen("%2C", "%40", 1);
    let typed = ask(&proxy, &format!("http://{HOST}/?link={typed}%3Fpath"), "document", "fr").await;
    assert_eq!(typed.header("location"), format!("{path}?path"));
    let root = split(&lynx).1.to_owned();
    let page = proxy.browse(&root, "fr").await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(page.text().contains("<img src=\"photos/piquet.png\""), "{}", page.text());
    assert!(policy.contains("sandbox allow-downloads") && !policy.contains("allow-same-origin"), "{policy}");
    assert!(policy.contains(&format!("img-src http://{HOST}{root};")), "{policy}");
    // A browser that has such a page in a sandbox calls its pictures cross-site.
    let part = |path: String| {
        let request = Request::get(path)
            .header("host", HOST)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "no-cors")
            .header("sec-fetch-dest", "image");
        proxy.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(part(format!("{root}photos/piquet.png")).await.header("content-type"), "image/png");
    assert_eq!(part("/site/aaaaaaaaaaaaaaaaaaaaaaaaaa/a.png".to_owned()).await.status, StatusCode::FORBIDDEN);
    let missing = proxy.browse(&format!("{root}nowhere"), "fr").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains(&format!("href=\"{root}index.html\"")), "{}", missing.text());
    let folder = proxy.browse(&format!("{root}guide"), "fr").await;
    assert_eq!(folder.header("location"), format!("http://{HOST}{root}guide/"));
}

#[tokio::test]
async fn what_was_removed_is_said_in_words() {
    let proxy = proxy();
    let origin = origin(&proxy, &usk(0)).await;
    let label = split(&format!("{origin}/")).0.split('.').next().unwrap().to_owned();
    let page = proxy.browse(&format!("/removed/{label}/index.html"), "fr").await;
    for part in ["Programmes", "Choses prises ailleurs", "https://example.org/spy.png", "ne commande jamais"] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let picture = proxy.browse(&format!("/removed/{label}/grand.png"), "en").await;
    assert!(picture.text().contains("Remarks in the picture"), "{}", picture.text());
    let nothing = proxy.browse(&format!("/removed/{label}/guide/index.html"), "fr").await;
    assert!(nothing.text().contains("Rien n’a été retiré"), "{}", nothing.text());
    for path in [format!("/removed/{label}/nowhere"), "/removed/aaaaaaaaaaaaaaaaaaaaaaaaaa/index.html".to_owned()] {
        assert_eq!(proxy.browse(&path, "fr").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn one_file_is_a_site_of_one() {
    let kinds = [
        ("text/html", "<p onclick=x()>un</p>", "<p>un</p>"),
        ("text/markdown", "# un", "<h1>un</h1>"),
        ("text/plain", "un", "un</pre>"),
    ];
    for (kind, content, expected) in kinds {
        let library = BTreeMap::from([(link(), stored(content, kind))]);
        let proxy = Proxy::before(Network::Library(Arc::new(library)));
        let address = led(&proxy, &format!("{}/tract un.html", link())).await;
        assert!(address.ends_with("/tract%20un.html"), "{address}");
        let page = ask(&proxy, &address, "document", "fr").await;
        assert!(page.text().contains(expected), "{}", page.text());
        assert_eq!(proxy.state.lock().unwrap().fetched.len(), 1, "it was fetched twice");
    }
    // What an SSK or USK names is a directory wherever a path stands behind it.
    let library = BTreeMap::from([(usk(0), Stored { leads_to: Some(usk(4)), ..stored("un", "text/plain") })]);
    let proxy = Proxy::before(Network::Library(Arc::new(library)));
    let path = roneo_fproxy::page_path(&format!("{}/a.txt", usk(0)).parse().unwrap());
    assert_eq!(proxy.browse(&path, "fr").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_directory_that_lies_is_damaged() {
    for bytes in [&b""[..], b"\0\0", &[0xFF; 64]] {
        let library = BTreeMap::from([(usk(0), stored(bytes, roneo_content::directory::MEDIA_TYPE))]);
        let proxy = Proxy::before(Network::Library(Arc::new(library)));
        let path = roneo_fproxy::page_path(&usk(0).parse().unwrap());
        let status = proxy.browse(&path, "fr").await.status;
        assert!(matches!(status, StatusCode::BAD_GATEWAY | StatusCode::NOT_IMPLEMENTED), "{status}");
    }
}

/// Whatever a tag of a foreign page may hold: no program, no address elsewhere.
fn faults(page: &str) -> Vec<String> {
    let foreign = page.split_once("<main").map_or("", |(_, foreign)| foreign);
    let head = page.split_once("</head>").map_or("", |(head, _)| head);
    let mut faults = Vec::new();
    for tag in foreign.split('<').chain(head.split('<')).skip(1).filter_map(|rest| rest.split('>').next()) {
        let lower = tag.to_ascii_lowercase();
        let name = lower.split([' ', '\n', '/']).next().unwrap_or_default();
        let never = [
            "script", "iframe", "frame", "object", "embed", "base", "form", "input", "button", "svg", "math", "portal",
            "template",
        ];
        if never.contains(&name) || name == "meta" && lower.contains("http-equiv") {
            faults.push(tag.to_owned());
        }
        let mut values = lower.split('"');
        while let (Some(before), Some(value)) = (values.next(), values.next()) {
            let attribute = before.trim().trim_end_matches('=').rsplit(' ').next().unwrap_or_default();
            let way = value.trim_start();
            let leads = matches!(attribute, "src" | "href" | "poster" | "background" | "srcset" | "action" | "data");
            let embeds = leads && attribute != "href" || name == "link";
            let out = way.contains("//") && !way.starts_with("http://127.0.0.1:8888/") && !way.starts_with("http://");
            if attribute.starts_with("on")
                || attribute == "srcdoc"
                || leads && (out || way.starts_with("javascript:") || way.starts_with("data:"))
            {
                faults.push(tag.to_owned());
            }
            if embeds && way.contains("://") {
                faults.push(tag.to_owned());
            }
        }
    }
    faults
}

/// A site whose files are these vectors, called by their numbers in five digits; and its origin.
async fn site_of(vectors: &[corpus::Vector]) -> (Proxy, String) {
    let names: Vec<String> = (0..vectors.len()).map(|number| format!("{number:05}")).collect();
    let files = names.iter().zip(vectors).map(|(name, vector)| (&**name, vector.media_type, &*vector.bytes));
    let manifest = directory(&files.collect::<Vec<_>>(), &[], &[]).to_bytes();
    let library = BTreeMap::from([(link(), stored(manifest, roneo_content::directory::MEDIA_TYPE))]);
    let proxy = Proxy::before(Network::Library(Arc::new(library)));
    let origin = origin(&proxy, &link()).await;
    (proxy, origin)
}

#[tokio::test]
async fn no_hostile_page_comes_through() {
    let vectors = corpus::texts();
    assert!(vectors.len() > 500);
    let (proxy, origin) = site_of(&vectors).await;
    for (number, vector) in vectors.iter().enumerate() {
        let (name, kind) = (&vector.name, vector.media_type);
        let dest = if kind == "text/css" { "style" } else { "document" };
        let answer = ask(&proxy, &format!("{origin}/{number:05}"), dest, "fr").await;
        let text = answer.text();
        if dest == "style" {
            let foreign = ["url(", "@import", "expression", "javascript:", "http:", "https:", "</"];
            let lower = text.to_ascii_lowercase();
            for sign in foreign {
                let own = sign == "url(" && !lower.contains("//") && !lower.contains("data:");
                assert!(!lower.contains(sign) || own || lower.contains('"'), "{name}: {text}");
            }
            continue;
        }
        assert_eq!(faults(text), [""; 0], "{name}: {text}");
    }
}

#[tokio::test]
async fn no_hostile_file_is_what_it_says() {
    let vectors = corpus::files();
    assert!(vectors.len() > 150, "{}", vectors.len());
    let (proxy, origin) = site_of(&vectors).await;
    for (number, vector) in vectors.iter().enumerate() {
        let name = &vector.name;
        for dest in ["image", "document"] {
            let answer = ask(&proxy, &format!("{origin}/{number:05}"), dest, "fr").await;
            let body = answer.body.as_ref().unwrap();
            let kind = answer.header("content-type");
            let carries = body.windows(corpus::CANARY.len()).any(|window| window == corpus::CANARY.as_bytes());
            // As text it may be read; what a browser would run or decode has been made anew.
            let harmless = kind.starts_with("text/plain") || kind.starts_with("text/html") || body.is_empty();
            assert!(!carries || harmless, "{name} as {dest}: {kind}");
            if kind.starts_with("text/html") {
                assert_eq!(faults(answer.text()), [""; 0], "{name}");
            }
            if kind.starts_with("image/") {
                assert!(body.as_ref() != vector.bytes.as_slice() || !carries, "{name}");
            }
        }
    }
}
