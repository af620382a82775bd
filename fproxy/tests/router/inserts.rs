//! Files put in by a form.

use std::collections::BTreeMap;
use std::io::Write;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use roneo_client::folder::NewFolder;
use roneo_client::handle::JobId;

use crate::fake::Network;
use crate::fake_profile::FakeProfile;
use crate::scenes::{BOUNDARY, multipart, multipart_type};
use crate::stage::Shelf;
use crate::{Answer, HOST, Proxy, forms};

async fn send(proxy: &Proxy, body: impl Into<Body>) -> Answer {
    let request = Request::post("/insert")
        .header("host", HOST)
        .header("origin", format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", multipart_type());
    proxy.send(request.body(body.into()).unwrap()).await
}

async fn inserted(proxy: &Proxy, job: u64) -> Vec<u8> {
    for _ in 0..1_000 {
        if let Some(outcome) = proxy.state.lock().unwrap().inserted.remove(&JobId(job)) {
            return outcome.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("the insert has not ended");
}

#[tokio::test]
async fn one_file_becomes_an_insert() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let answer = send(&proxy, multipart(&token, &[("file", "leaflets\r\n--no boundary")])).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers/1"));
    assert_eq!(inserted(&proxy, 1).await, b"leaflets\r\n--no boundary");
    let state = proxy.state.lock().unwrap();
    let request = &state.requests[0];
    assert_eq!((request.length, &*request.name, &*request.media_type), (23, "tract.txt", "text/plain"));
    assert!(request.secret.is_none());
}

#[tokio::test]
async fn several_files_are_several_inserts_of_any_length() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let long = "0123456789".repeat(30_000);
    let answer = send(&proxy, multipart(&token, &[("file", "first"), ("file", ""), ("file", &long)])).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers"));
    assert_eq!(inserted(&proxy, 1).await, b"first");
    assert_eq!(inserted(&proxy, 2).await, long.as_bytes());
}

#[tokio::test]
async fn a_name_stays_behind_where_that_is_asked() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let unnamed =
        "name=\"unnamed\"\r\n\r\nyes\r\n------roneo-boundary\r\nContent-Disposition: form-data; name=\"token\"";
    let body = multipart(&token, &[("file", "leaflets")]).replacen("name=\"token\"", unnamed, 1);
    assert_eq!(send(&proxy, body).await.status, StatusCode::SEE_OTHER);
    assert_eq!(proxy.state.lock().unwrap().requests[0].name, "");
}

#[tokio::test]
async fn nothing_is_taken_in_for_a_stranger() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let good = multipart(&token, &[("file", "leaflets")]);
    // The token stands after the file, is another form's, or is missing.
    let (head, file) =
        good.split_at(good.find("------roneo-boundary\r\nContent-Disposition: form-data; name=\"file\"").unwrap());
    let late = format!("{}{head}------roneo-boundary--\r\n", file.trim_end_matches("------roneo-boundary--\r\n"));
    let other = multipart(&forms::token(&proxy, "/display", "/display").await, &[("file", "leaflets")]);
    for body in [late, other, multipart("", &[("file", "leaflets")])] {
        let answer = send(&proxy, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("waited too long"));
    }
    let foreign = Request::post("/insert").header("host", HOST).header("origin", "https://evil.example");
    let answer = proxy.send(foreign.header("content-type", multipart_type()).body(Body::from(good)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(proxy.state.lock().unwrap().requests.is_empty());
}

#[tokio::test]
async fn a_form_that_breaks_off_inserts_nothing() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let whole = multipart(&token, &[("file", "first"), ("file", "second")]);
    let cut = whole[..whole.find("second").unwrap() + 3].to_owned();
    let answer = send(&proxy, cut).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("stopped before its end"), "{}", answer.text());
    assert!(proxy.state.lock().unwrap().requests.is_empty(), "the first file went in without the second");
    for no_form in ["", "nonsense", "--other--"] {
        assert_eq!(send(&proxy, no_form).await.status, StatusCode::BAD_REQUEST, "{no_form}");
    }
    let request = Request::post("/insert").header("host", HOST).body(Body::from("token=1")).unwrap();
    assert_eq!(proxy.send(request).await.status, StatusCode::BAD_REQUEST);
}

/// A form, part by part, as browsers write it.
struct Form(Vec<u8>);

impl Form {
    fn new(token: &str) -> Self {
        Self(Vec::new()).text("token", token)
    }

    fn text(mut self, name: &str, text: &str) -> Self {
        self.0.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
        self.0.extend(text.bytes().chain(*b"\r\n"));
        self
    }

    fn file(mut self, field: &str, name: &str, bytes: &[u8]) -> Self {
        self.0.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        self.0.extend(bytes.iter().chain(b"\r\n"));
        self
    }

    async fn send(mut self, proxy: &Proxy) -> Answer {
        self.0.extend(format!("--{BOUNDARY}--\r\n").bytes());
        send(proxy, self.0).await
    }
}

/// A picture that says where and by whom it was taken.
fn photograph() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.add_app_segment(1, b"Exif\0\0GPS 48.8566 N 2.3522 E Zola".to_vec()).unwrap();
    encoder.encode(&[120; 16 * 16 * 3], 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

fn says(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn form(proxy: &Proxy) -> Form {
    Form::new(&forms::token(proxy, "/insert", "/insert").await)
}

/// What a folder holds, by path.
async fn content(folder: &NewFolder) -> BTreeMap<String, (String, Vec<u8>)> {
    let mut files = BTreeMap::new();
    for file in &folder.files {
        let bytes = file.content.open().await.unwrap().read(1 << 20).await.unwrap();
        assert_eq!((bytes.len() as u64, *blake3::hash(&bytes).as_bytes()), (file.length, file.blake3));
        files.insert(file.path.clone(), (file.media_type.clone(), bytes));
    }
    files
}

#[tokio::test]
async fn what_a_picture_says_of_its_maker_stays_behind_unless_it_is_kept() {
    for (metadata, stays, told) in [("strip", false, true), ("anew", false, true), ("keep", true, false)] {
        let proxy = Proxy::before(Network::Silent);
        let form = form(&proxy).await.text("metadata", metadata).file("file", "piquet.jpg", &photograph());
        let answer = form.send(&proxy).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{metadata}");
        let page = answer.header("location").to_owned();
        assert_eq!(page, if told { "/transfers/1?cleaned=1&uncleaned=0" } else { "/transfers/1" });
        assert_eq!(says(&inserted(&proxy, 1).await, "Zola"), stays, "{metadata}");
        assert_eq!(proxy.browse(&page, "fr").await.text().contains("lieu, heure, appareil"), told, "{metadata}");
    }
}

#[tokio::test]
async fn documents_that_cannot_be_cleaned_leave_as_they_are_and_that_is_said() {
    let proxy = Proxy::before(Network::Silent);
    let form = form(&proxy).await.file("file", "statuts.pdf", b"%PDF-1.7 /Author (Zola)");
    let answer = form.send(&proxy).await;
    let page = answer.header("location").to_owned();
    assert_eq!(page, "/transfers/1?cleaned=0&uncleaned=1");
    assert!(says(&inserted(&proxy, 1).await, "Zola"));
    assert!(proxy.browse(&page, "en").await.text().contains("1 file may still say"));
}

#[tokio::test]
async fn a_folder_is_one_thing_without_itself_and_what_is_hidden() {
    let profile = FakeProfile::default();
    let proxy = Proxy::with(Network::Silent, profile.clone());
    let form = form(&proxy).await;
    let form = form
        .file("folder", "tenants/index.html", b"<p>tenants</p>")
        .file("folder", "tenants/photos/piquet.jpg", &photograph())
        .file("folder", "tenants/.git/config", b"secret");
    let answer = form.send(&proxy).await;
    assert_eq!(answer.header("location"), "/folders/1?cleaned=1&uncleaned=0", "{}", answer.status);
    let taken = profile.taken();
    assert_eq!((taken.len(), &*taken[0].name, taken[0].site.is_none()), (1, "tenants", true));
    let files = content(&taken[0]).await;
    assert_eq!(files.keys().collect::<Vec<_>>(), ["index.html", "photos/piquet.jpg"]);
    assert_eq!(files["index.html"], ("text/html".to_owned(), b"<p>tenants</p>".to_vec()));
    assert!(!says(&files["photos/piquet.jpg"].1, "Zola"));
    assert!(proxy.state.lock().unwrap().requests.is_empty(), "nothing is inserted by itself");
}

#[tokio::test]
async fn an_archive_is_opened_into_an_edition_of_a_site_and_kept_shut_otherwise() {
    let archive = zipped(&[("tenants/index.html", b"<p>"), ("tenants/style.css", b"p{}"), ("tenants/.DS_Store", b"x")]);
    let profile = FakeProfile::with_key("caisse");
    let proxy = Proxy::with(Network::Silent, profile.clone());
    let chosen = form(&proxy).await.text("make", "site").text("key", "caisse").text("site", "journal");
    let answer = chosen.file("file", "tenants.zip", &archive).send(&proxy).await;
    assert_eq!(answer.header("location"), "/folders/1", "{}", answer.status);
    let taken = profile.taken().remove(0);
    let site = taken.site.as_ref().unwrap();
    assert_eq!((&*site.key, &*site.site), ("caisse", "journal"));
    assert_eq!(content(&taken).await.into_keys().collect::<Vec<_>>(), ["index.html", "style.css"]);
    let shut = form(&proxy).await.file("file", "tenants.zip", &archive).send(&proxy).await;
    assert_eq!(shut.header("location"), "/transfers/1?cleaned=0&uncleaned=1");
    assert!(inserted(&proxy, 1).await == archive);
}

#[tokio::test]
async fn what_cannot_be_published_is_listed_with_what_to_do_and_nothing_leaves() {
    let climbing = zipped(&[("../up.html", b"x"), ("/etc/passwd", b"x"), ("index.html", b"x")]);
    let mut torn = photograph();
    torn.truncate(20);
    let key = b"roneo-key 0\nUSK@secret\n0123456789abcdef\n";
    let table: [(&str, &str, &[u8], &[&str]); 4] = [
        ("folder", "tenants.zip", &climbing, &["../up.html", "/etc/passwd", "renommez-le"]),
        ("folder", "tenants.key", key, &["tenants.key", "clé privée"]),
        ("links", "tenants.key", key, &["tenants.key", "clé privée"]),
        ("links", "piquet.jpg", &torn, &["piquet.jpg", "est abîmée"]),
    ];
    for (make, name, bytes, words) in table {
        let profile = FakeProfile::default();
        let proxy = Proxy::with(Network::Silent, profile.clone());
        let mut form = form(&proxy).await.text("make", make).file("file", name, bytes);
        form.0.extend(format!("--{BOUNDARY}--\r\n").bytes());
        let request = Request::post("/insert").header("host", HOST).header("accept-language", "fr");
        let request = request.header("content-type", multipart_type()).body(Body::from(form.0)).unwrap();
        let answer = proxy.send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        for word in words {
            assert!(answer.text().contains(word), "{name}: {word} is not in {}", answer.text());
        }
        assert!(!answer.text().contains("<dt><code>index.html"), "{name}");
        assert!(profile.taken().is_empty() && proxy.state.lock().unwrap().requests.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_site_needs_a_key_and_a_name() {
    let proxy = Proxy::with(Network::Silent, FakeProfile::with_key("caisse"));
    for (key, site, status) in [("caisse", "", 400), ("", "journal", 400), ("other", "journal", 404)] {
        let form = form(&proxy).await.text("make", "site").text("key", key).text("site", site);
        let answer = form.file("file", "index.html", b"<p>").send(&proxy).await;
        assert_eq!(answer.status.as_u16(), status, "{key} {site}");
    }
}

#[tokio::test]
async fn a_folder_is_forgotten_when_that_is_asked() {
    let profile = FakeProfile::of(Shelf::Filled);
    let proxy = Proxy::with(Network::Silent, profile.clone());
    assert_eq!(proxy.browse("/folders/4", "en").await.status, StatusCode::OK);
    let token = forms::token(&proxy, "/folders/4", "/folders/4/end").await;
    let request = Request::post("/folders/4/end")
        .header("host", HOST)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("token={token}")));
    let answer = proxy.send(request.unwrap()).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers"));
    assert_eq!(proxy.browse("/folders/4", "en").await.status, StatusCode::NOT_FOUND);
}
