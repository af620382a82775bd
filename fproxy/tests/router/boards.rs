//! Conversations in pages: what is read, written, kept and marked.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use roneo_client::social::Statement;

use crate::fake::Network;
use crate::fake_boards;
use crate::fake_profile::FakeProfile;
use crate::forms::{HERE, post, token};
use crate::stage::talk;
use crate::{Answer, HOST, Proxy, markup};

/// Somebody who reads and writes, and what becomes of it.
fn talking() -> (Proxy, FakeProfile) {
    let profile = FakeProfile::talking();
    (Proxy::with(Network::Silent, profile.clone()), profile)
}

/// Sends a form as its page has it.
async fn send(proxy: &Proxy, page: &str, action: &str, fields: &str) -> Answer {
    let token = token(proxy, page, action).await;
    post(proxy, action, &[("origin", HERE), ("sec-fetch-site", "same-origin")], format!("token={token}&{fields}")).await
}

fn leads_to(answer: &Answer, path: &str) {
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, path), "{:?}", answer.body);
}

fn housing() -> String {
    talk::board("fr/logement").to_text()
}

fn id(number: u8) -> String {
    talk::post(number).to_text()
}

#[tokio::test]
async fn a_board_is_followed_and_left_where_it_is_read() {
    let proxy = Proxy::before(Network::Silent);
    let (board, page) = (housing(), format!("/boards/{}", housing()));
    let follow = format!("follow={board}&back={page}");
    leads_to(&send(&proxy, "/boards", "/boards/follow", &follow).await, &page);
    let home = proxy.open("/").await;
    assert!(home.text().contains(">3</span> messages<br> to read") && home.text().contains(&page));
    assert!(home.text().contains("class=\"bold\">Boards <b>3</b>"), "what is unread stands in the contents");
    let left = send(&proxy, &page, "/boards/follow", &format!("unfollow={board}&back=//evil.example")).await;
    leads_to(&left, "/");
    assert!(proxy.open("/boards").await.text().contains("You follow no board yet"));
    assert_eq!(send(&proxy, "/boards", "/boards/follow", "follow=nowhere").await.status, StatusCode::BAD_REQUEST);
}

/// A board with stewards is come to by its link; an invitation that cannot be read says what to do.
#[tokio::test]
async fn a_board_opens_by_its_link_and_says_what_its_stewards_say() {
    let proxy = Proxy::before(Network::Silent);
    let open = async |typed: &str| send(&proxy, "/boards", "/boards/open", &format!("board={typed}")).await;
    let page = format!("/boards/{}", fake_boards::address());
    leads_to(&open(fake_boards::LINK).await, &page);
    let shown = proxy.open(&page).await;
    for expected in ["Logement Toulouse", "Locataires et mal-logé·es.", "On ne publie pas d’adresse privée."] {
        assert!(shown.text().contains(expected), "{}", shown.text());
    }
    let refused = open("CHK@nothing").await;
    assert!(refused.status == StatusCode::NOT_FOUND && refused.text().contains("no board at this link"));
    let proxy = talking().0;
    let open = async |typed: &str| send(&proxy, "/boards", "/boards/open", &format!("board={typed}")).await;
    let refused = open("roneo-board:AAAA").await;
    assert!(refused.status == StatusCode::BAD_REQUEST && refused.text().contains("Copy the whole line again"));
}

#[tokio::test]
async fn a_board_opens_by_its_address_and_by_its_path() {
    let proxy = Proxy::before(Network::Silent);
    let page = format!("/boards/{}", housing());
    let open = async |typed: &str| send(&proxy, "/boards", "/boards/open", &format!("board={typed}")).await;
    leads_to(&open(&housing()).await, &page);
    let path = roneo_social::open_board("fr/31/toulouse/tilleuls", "en").unwrap().to_text();
    leads_to(&open("/fr/31/toulouse/tilleuls/").await, &format!("/boards/{path}"));
    assert_eq!(open("No+path").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_board_goes_on_by_its_cursor_and_reloads_itself_only_where_that_is_asked_for() {
    let (proxy, _) = talking();
    let page = format!("/boards/{}", housing());
    let first = proxy.open(&page).await;
    assert!(first.text().contains(&format!("{page}?tab=all&#38;after=more&#38;page=2")), "{}", first.text());
    assert_eq!(first.header("refresh"), "");
    let live = proxy.open(&format!("{page}?tab=unread&live")).await;
    assert_eq!(live.header("refresh"), "20");
    assert!(live.text().contains(&format!("<a href=\"{page}?tab=unread\">")), "it can be held");
    assert_eq!(proxy.open(&format!("{page}?tab=of-others")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(proxy.open("/boards/nowhere").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_strangers_write_is_text() {
    let (proxy, _) = talking();
    let page = proxy.open(&format!("/threads/{}", id(11))).await;
    let text = page.text();
    assert_eq!(markup::faults(text), [""; 0]);
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && text.contains("<a>ici</a>"));
    assert!(!text.contains("<b class=") && !text.contains("evil.example/a.png\"") && !text.contains("javascript:"));
    // A name that turns the writing around it is held in an element of its own.
    assert!(text.contains("<bdi>Rémi84 \u{202e}nimda</bdi>"));
    // Folded is not gone, and says why.
    assert!(
        text.contains("<details class=\"fold\">") && text.contains("annonce de vente") && text.contains("25 euros")
    );
    assert!(text.contains("lang=\"en\" dir=\"auto\""));
}

#[tokio::test]
async fn a_post_is_found_in_the_part_of_its_thread_that_has_it() {
    let (proxy, _) = talking();
    let part = proxy.open(&format!("/threads/{}", id(30))).await;
    assert!(
        part.text().contains(&format!("id=\"p{}\"", id(30))) && !part.text().contains(&format!("id=\"p{}\"", id(1)))
    );
    assert!(part.text().contains("aria-label=\"Message 30 unread\">30</a>"));
    let first = proxy.open(&format!("/threads/{}", id(1))).await;
    assert!(first.text().contains(&format!("/threads/{}?after=25&#38;from=26", id(1))));
    assert!(first.text().contains("href=\"#unread\"") && first.text().contains("id=\"unread\""));
    assert_eq!(proxy.open(&format!("/threads/{}", "B".repeat(43))).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_answer_is_written_under_what_it_answers_and_quotes_it() {
    let (proxy, profile) = talking();
    let page = format!("/threads/{}?quote", id(2));
    let opened = proxy.open(&page).await;
    let form = opened.text().split_once("action=\"/write\"").unwrap().1.split_once("</form>").unwrap().0;
    assert!(form.contains("\n&#62; Pour la retenue") && form.contains(&format!("name=\"target\" value=\"{}\"", id(2))));
    let letter = format!("kind=answer&board={}&target={}&root={}&identity=Zola&lang=fr", housing(), id(2), id(1));
    let said = send(&proxy, &page, "/write", &format!("{letter}&text=Oui%0D%0Anon&do=send")).await;
    leads_to(&said, &format!("/said/{}", "B".repeat(43)));
    let Some(Statement::Post { text, answers: Some(answers), .. }) = profile.said().pop().map(|new| new.statement)
    else {
        panic!("an answer was said")
    };
    assert_eq!((&*text, answers.root, answers.parent), ("Oui\nnon", id(1), id(2)));
}

#[tokio::test]
async fn what_was_typed_is_kept_until_it_is_said() {
    let (proxy, profile) = talking();
    let page = format!("/write?board={}", housing());
    let letter = |more: &str| format!("kind=thread&board={}&identity=Zola&lang=fr&{more}", housing());
    let wrong = send(&proxy, &page, "/write", &letter("title=&text=%3Cb%3E&do=send")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("href=\"#title\"") && wrong.text().contains("&#60;b&#62;</textarea>"));
    assert!(profile.said().is_empty());
    assert!(
        proxy.open(&page).await.text().contains("&#60;b&#62;</textarea>"),
        "it is there when the page is opened again"
    );
    assert!(proxy.open("/said").await.text().contains("name=\"draft\""));
    let long = send(&proxy, &page, "/write", &letter(&format!("title={}&text=a&do=preview", "x".repeat(152)))).await;
    assert!(long.text().contains("Too long by 12 characters"));
    let seen = send(&proxy, &page, "/write", &letter("title=Local&text=**a**&do=preview")).await;
    assert!(seen.text().contains("<b>a</b>") && seen.text().contains("value=\"send\""));
    let full = send(&proxy, &page, "/write", &letter("title=Local&text=full&do=send")).await;
    assert_eq!((full.status, full.text().contains("There are 16 already")), (StatusCode::BAD_REQUEST, true));
    leads_to(
        &send(&proxy, &page, "/write", &letter("title=Local&text=a&do=send")).await,
        &format!("/said/{}", "B".repeat(43)),
    );
    assert!(!proxy.open("/said").await.text().contains("name=\"draft\""), "what is said is no draft");
    assert_eq!(send(&proxy, &page, "/write", "kind=song&do=send").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn words_marks_and_curators_are_set_by_one_click() {
    let (proxy, profile) = talking();
    let page = format!("/threads/{}?more", id(2));
    let react = format!("board={}&target={}&identity=Zola&back=/threads/{}", housing(), id(2), id(2));
    leads_to(&send(&proxy, &page, "/react", &format!("{react}&word=thanks")).await, &format!("/threads/{}", id(2)));
    assert_eq!(send(&proxy, &page, "/react", &format!("{react}&word=hurrah")).await.status, StatusCode::BAD_REQUEST);
    assert!(matches!(&profile.said()[..], [only] if matches!(only.statement, Statement::React { .. })));
    leads_to(&send(&proxy, &page, "/marks", &format!("bookmark={}&back=/boards", id(2))).await, "/boards");
    assert_eq!(profile.marked()[0].bookmark, [id(2)]);
    assert!(profile.marked()[0].read.is_empty(), "the other buttons were not pressed");
    let curator = talk::person(6).to_text();
    leads_to(&send(&proxy, "/curators", "/curators", &format!("here=yes&remove={curator}")).await, "/curators");
    assert_eq!(profile.curators(), [(None, Vec::new())]);
    leads_to(&send(&proxy, "/curators", "/curators", &format!("board={}&add={curator}", housing())).await, "/curators");
    assert_eq!(profile.curators()[1].0, Some(housing()));
    assert_eq!(profile.curators()[1].1.len(), 2, "who was there stays");
}

#[tokio::test]
async fn words_of_an_identity_are_shown_this_once() {
    let proxy = Proxy::before(Network::Silent);
    let made = send(&proxy, "/identities", "/identities", "name=Ada").await;
    assert_eq!((made.status, made.text().matches("<li>abaisser</li>").count()), (StatusCode::OK, 24));
    let page = proxy.open("/identities").await;
    assert!(page.text().contains("<bdi>Ada</bdi>") && !page.text().contains("abaisser"));
    let wrong = send(&proxy, "/identities", "/identities/restore", "name=Zola&words=one+two").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("there are 2") && wrong.text().contains(">one two</textarea>"));
    leads_to(&send(&proxy, "/identities", "/identities/restore", "name=Zola&words=24").await, "/identities");
    let person = "A".repeat(43);
    let ask = format!("/identities/forget?person={person}");
    leads_to(&send(&proxy, &ask, "/identities/forget", &format!("person={person}")).await, "/identities");
    assert_eq!(proxy.open(&ask).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_are_named_followed_and_muted() {
    let (proxy, profile) = talking();
    let page = format!("/people/{}", talk::person(3).to_text());
    let change = async |fields: &str| {
        send(&proxy, &page, "/people/change", &format!("person={}&{fields}", talk::person(3).to_text())).await
    };
    leads_to(&change("unfollow=1").await, &page);
    leads_to(&change("mute=1").await, &page);
    leads_to(&change("named=yes&petname=").await, &page);
    let changed = profile.changed();
    assert_eq!((changed[0].followed, changed[0].muted, &changed[0].petname), (Some(false), None, &None));
    assert_eq!((changed[1].muted, &changed[2].petname), (Some(true), &Some(String::new())));
    let wrong = change("named=yes&petname=%E2%80%AEx").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("value=\"\u{202e}x\"") && wrong.text().contains("aria-invalid=\"true\""));
    assert_eq!(proxy.open("/people/nobody").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_stands_in_no_address() {
    let (proxy, _) = talking();
    let found = send(&proxy, "/search", "/search", "words=bread").await;
    assert!(found.text().contains("name=\"after\" value=\"more\"") && found.text().contains("value=\"bread\""));
    assert!(!found.text().contains("action=\"/search?"));
}

#[tokio::test]
async fn nothing_is_said_or_marked_without_a_token() {
    let (proxy, profile) = talking();
    for (action, fields) in [
        ("/write", "kind=thread&identity=Zola&title=a&text=a&do=send".to_owned()),
        ("/react", format!("target={}&word=thanks", id(2))),
        ("/marks", format!("read={}", id(2))),
        ("/people/change", "follow=1".to_owned()),
        ("/curators", "remove=x".to_owned()),
        ("/boards/follow", format!("follow={}", housing())),
        ("/identities", "name=Ada".to_owned()),
        ("/identities/forget", format!("person={}", talk::me().person)),
        ("/said/drop", "draft=a".to_owned()),
        ("/search", "words=a".to_owned()),
    ] {
        let answer = post(&proxy, action, &[("origin", HERE)], fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert!(profile.said().is_empty() && profile.marked().is_empty() && profile.changed().is_empty());
}

/// Sends a backup as a browser does.
async fn restore(proxy: &Proxy, passphrase: &str, file: &[u8]) -> Answer {
    let token = token(proxy, "/backup", "/backup/restore").await;
    let field =
        |name: &str, text: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    let head = field("token", &token) + &field("passphrase", passphrase);
    let head = head + "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.age\"\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
    let request = Request::post("/backup/restore").header("host", HOST).header("origin", HERE);
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    proxy.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_backup_is_saved_after_its_words_were_shown_and_comes_back_by_them() {
    let proxy = Proxy::before(Network::Silent);
    let file = |proxy| send(proxy, "/backup", "/backup", "");
    let made = file(&proxy).await;
    assert!(made.text().contains("<li>eight</li>") && made.text().contains("action=\"/backup/file\""));
    let form = made.text().split_once("action=\"/backup/file\"").unwrap().1;
    let token = form.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let saved = post(&proxy, "/backup/file", &[("origin", HERE)], format!("token={token}")).await;
    assert_eq!(saved.text(), "age-encryption.org/v1");
    assert_eq!(saved.header("content-disposition"), "attachment; filename=\"roneo-backup.age\"");
    assert!(!proxy.open("/backup").await.text().contains("<li>eight</li>"), "the words are shown once");
    let back = restore(&proxy, "eight words", b"age").await;
    assert_eq!((back.status, back.text().contains("Identities: 1")), (StatusCode::OK, true), "{}", back.text());
    for (passphrase, file, said) in
        [("nine words", &b"age"[..], "eight words again"), ("eight words", b"", "no backup")]
    {
        let refused = restore(&proxy, passphrase, file).await;
        assert_eq!(
            (refused.status, refused.text().contains(said)),
            (StatusCode::BAD_REQUEST, true),
            "{}",
            refused.text()
        );
    }
}
