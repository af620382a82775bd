//! Where links lead out of a foreign page: to pages of the console that ask first.

use roneo_filter::{Links, Usage};
use roneo_keys::Uri;

use super::Site;
use crate::link::{page_path, push_encoded};

/// The path of the page between a site and the web, with the name of its only field.
pub(crate) const LEAVE: &str = "/leave?to=";

/// The ways out of one site.
pub(crate) struct Ways<'a> {
    /// The console's origin.
    pub(crate) console: &'a str,
    /// Where the site's files are: its origin, and below it a path or nothing.
    pub(crate) root: &'a str,
    pub(crate) site: &'a Site,
}

impl Links for Ways<'_> {
    fn key(&self, key: &Uri, fragment: Option<&str>, usage: Usage) -> Option<String> {
        let mut way = if self.site.is_named_by(key) {
            // A site that names itself by its key stays where it is, and may show its own pictures so.
            let mut way = format!("{}/", self.root);
            push_encoded(&mut way, key.path(), b"-._~/");
            way
        } else if usage == Usage::Follow {
            format!("{}{}", self.console, page_path(key))
        } else {
            return None;
        };
        if let Some(fragment) = fragment {
            way.push('#');
            way.push_str(fragment);
        }
        Some(way)
    }

    fn web(&self, address: &str) -> Option<String> {
        let leave = format!("{}{LEAVE}", self.console);
        let own = format!("{}/", self.root);
        if address.starts_with(&leave) || address.starts_with(&own) {
            return Some(address.to_owned());
        }
        let mut way = leave;
        push_encoded(&mut way, address, b"-._~");
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Sites, Tree};
    use roneo_filter::{Context, html};

    #[test]
    fn links_lead_to_pages_that_ask_and_do_so_once() {
        let own: Uri = "KSK@journal".parse().unwrap();
        let other = format!("CHK@{0},{0},AAAAAQA/tract.txt", "A".repeat(43));
        let site = Sites::new().open(own.clone(), String::new(), Tree::file(String::new(), String::new(), 0));
        let ways = Ways { console: "http://127.0.0.1:8888", root: "http://label.localhost:8888", site: &site };
        let context = Context { path: "index.html", links: &ways, scope: Some("roneo-page") };
        let text = format!(
            "<a href='https://exämple.org/é?a=b&amp;c#d'>1</a><a href='/{other}'>2</a><img src='/{other}'>\
             <a href='{}/a%20b.html#c'>3</a><img src='/{0}/a.png'><a href='http://127.0.0.1:8888/settings'>4</a>",
            own.to_text()
        );
        let page = html(text.as_bytes(), Some("utf-8"), &context).unwrap();
        for way in [
            "http://127.0.0.1:8888/leave?to=https%3A%2F%2Fex%C3%A4mple.org%2F%25C3%25A9%3Fa%3Db%26c%23d",
            &format!("http://127.0.0.1:8888/{other}\""),
            "http://label.localhost:8888/a%20b.html#c",
            "http://127.0.0.1:8888/leave?to=http%3A%2F%2F127.0.0.1%3A8888%2Fsettings",
        ] {
            assert!(page.body.contains(way), "{way} is not in {}", page.body);
        }
        assert!(page.body.contains("src=\"http://label.localhost:8888/a.png\""), "{}", page.body);
        let again = html(page.body.as_bytes(), Some("utf-8"), &context).unwrap();
        let links = |body: &str| body.split(" href=\"").skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(links(&again.body).len(), links(&page.body).len());
        assert!(!again.body.contains("leave?to=http%3A%2F%2F127.0.0.1%3A8888%2Fleave"), "{}", again.body);
    }
}
