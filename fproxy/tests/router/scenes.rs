//! Every page in every state, in both languages.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;

use crate::stage::{Ask, Scene, Token, scenes};
use crate::{Answer, HOST, Proxy, browsing, forms, markup, sites};

/// A boundary that stands in no field.
pub(crate) const BOUNDARY: &str = "----roneo-boundary";

/// Asks for a scene's page in a language.
async fn play(proxy: &Proxy, ask: &Ask, language: &str) -> Answer {
    match ask {
        Ask::Get(path) => proxy.browse(path, language).await,
        Ask::Site { link, path, follow } => {
            let page = sites::read(proxy, link, path, language).await;
            let Some(follow) = follow else { return page };
            let mut links = page.text().split(" href=\"").filter_map(|rest| rest.split('"').next());
            let address = links.find(|address| address.contains(follow)).unwrap().to_owned();
            sites::ask(proxy, &address, "document", language).await
        }
        Ask::From(path) => {
            let request = browsing(path, language)
                .header("sec-fetch-site", "cross-site")
                .header("sec-fetch-mode", "navigate")
                .header("sec-fetch-dest", "document");
            proxy.send(request.body(Body::empty()).unwrap()).await
        }
        Ask::Form { page, action, fields, token } => {
            let token = match token {
                Token::Good => forms::token(proxy, page, action).await,
                Token::Old => "0".repeat(64),
            };
            let request = Request::post(action).header("host", HOST).header("accept-language", language);
            let request = if action == "/insert" {
                let kind = format!("multipart/form-data; boundary={BOUNDARY}");
                request.header("content-type", kind).body(Body::from(multipart(&token, fields)))
            } else {
                let mut body = format!("token={token}");
                fields.iter().for_each(|(name, text)| body.push_str(&format!("&{name}={text}")));
                request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(body))
            };
            proxy.send(request.unwrap()).await
        }
    }
}

/// A form with files, as browsers write it.
pub(crate) fn multipart(token: &str, files: &[(&str, &str)]) -> String {
    let mut body = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n");
    for (name, content) in files {
        let file_name = if content.is_empty() { "" } else { "tract.txt" };
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{content}\r\n"
        ));
    }
    format!("{body}--{BOUNDARY}--\r\n")
}

/// The content type of such a form.
pub(crate) fn multipart_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

#[tokio::test]
async fn every_page_in_every_state_is_whole_and_says_so() {
    for Scene { name, node, shelf, before, ask, status, says } in scenes() {
        for (language, words) in ["fr", "en"].into_iter().zip(says) {
            let proxy = Proxy::of(node.clone(), shelf);
            for path in &before {
                proxy.browse(path, language).await;
            }
            let answer = play(&proxy, &ask, language).await;
            assert_eq!(answer.status.as_u16(), status, "{name} in {language}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{name}");
            let page = answer.text();
            if !matches!(ask, Ask::Site { follow: None, .. }) {
                assert_eq!(markup::faults(page), [""; 0], "{name} in {language}: {page}");
            }
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{name}");
            assert!(page.contains(words), "{name} does not say {words}: {page}");
            assert!(page.len() < 60_000, "{name} has {} bytes", page.len());
            if !matches!(ask, Ask::Site { follow: None, .. }) {
                typography(name, language, page);
            }
        }
    }
}

/// The words that a page says to whoever reads it: not what it marks as code, or as the other language's name.
fn words_of(page: &str) -> BTreeSet<String> {
    let mut said = String::new();
    let mut rest = page.split_once("<body").map_or(page, |(_, body)| body);
    while let Some((text, behind)) = rest.split_once('<') {
        said.push_str(text);
        said.push(' ');
        // What people wrote in another language is in that language.
        let skipped = [
            ("code>", "</code>"),
            ("code ", "</code>"),
            ("textarea", "</textarea>"),
            ("div class=\"text\" lang=\"en\"", "</div>"),
            ("option", "</option>"),
        ];
        let end = skipped.iter().find(|(tag, _)| behind.starts_with(tag)).map_or(">", |(_, end)| end);
        rest = behind.split_once(end).map_or("", |(_, after)| after);
    }
    said.push_str(rest);
    said.to_lowercase().split(|letter: char| !letter.is_alphabetic()).map(str::to_owned).collect()
}

/// What no page may say, and how French sets its marks.
fn typography(name: &str, language: &str, page: &str) {
    let lower = page.to_lowercase();
    for word in ["anonym", "intraçab", "untraceable"] {
        assert!(!lower.contains(word), "{name} says {word}");
    }
    if language == "fr" {
        // What the node says in English would stand out here, whoever lets it through.
        let words = words_of(page);
        for english in ["the", "this", "that", "with", "from", "your", "of", "is", "and", "again", "cannot"] {
            assert!(!words.contains(english), "{name} says “{english}” in French");
        }
        let mut text = page.split('<').filter_map(|rest| rest.split_once('>')).map(|(_, text)| text);
        for loose in [" :", " ;", " ?", " !", " %", "« ", " »", "'"] {
            assert!(
                !text.clone().any(|text| text.contains(loose)),
                "{name}: {:?}",
                text.find(|text| text.contains(loose))
            );
        }
    }
}

#[tokio::test]
async fn no_link_on_any_page_is_dead() {
    let mut looked_at = BTreeSet::new();
    for Scene { name, node, shelf, ask, .. } in scenes() {
        let proxy = Proxy::of(node.clone(), shelf);
        if matches!(ask, Ask::Site { .. }) {
            // Its links are those of its maker; where ours lead, `sites` tests.
            continue;
        }
        let answer = play(&proxy, &ask, "en").await;
        for link in answer.text().split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let is_content = link.contains('@');
            if is_content
                || link.starts_with("http")
                || link.starts_with('#')
                || (!link.contains("/transfers/") && !looked_at.insert(link.to_owned()))
            {
                continue;
            }
            let status = Proxy::of(node.clone(), shelf).browse(link, "en").await.status;
            let is_own = matches!(&ask, Ask::Get(path) if path == link);
            assert!(status.is_success() || is_own, "{link} on {name} leads to {status}");
        }
    }
}

#[tokio::test]
async fn only_what_goes_on_reloads_itself() {
    for Scene { name, node, shelf, ask, .. } in scenes() {
        let answer = play(&Proxy::of(node, shelf), &ask, "fr").await;
        let reloads = !answer.header("refresh").is_empty();
        let going =
            ["fetch-looking", "fetch-waiting", "fetch-pieces", "site-under-way", "transfers", "transfers-folders"];
        let goes_on = going.contains(&name)
            || ["fetching", "queued", "waiting", "receiving", "storing"]
                .iter()
                .any(|state| name.strip_prefix("transfer-") == Some(state))
            || ["said-signed", "said-stored", "said-waits"].contains(&name)
            || ["folder-comparing", "folder-storing", "folder-publishing"].contains(&name);
        assert_eq!(reloads, goes_on, "{name}");
        if reloads {
            assert!(answer.text().contains("?still"), "{name} cannot be held");
        }
    }
}
