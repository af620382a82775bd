//! Addresses: one function that decides where each of them may lead.
//!
//! An address is read as the URL Standard reads it (spaces around it go, tabs and line ends anywhere, `\` is `/`), and is
//! one of four things:
//!
//! - **inside**: a path within the same site. It is resolved against the page's own path, each name is decoded and encoded
//!   again, and it is written as a relative reference, which works whether the site has an origin of its own or lies
//!   below a path. A query is dropped: nothing of a site depends on one;
//! - **a key** of this network, with or without `/`, `freenet:`, `roneo:`, or an old proxy's `http://127.0.0.1:8888/`
//!   before it: [`Links::key`] says where it leads;
//! - **the web**: [`Links::web`] says where it leads, and only for what a reader follows. A picture from there is never asked for;
//! - anything else (`javascript:`, `data:`, `blob:`, `file:`, `mailto:`, …): removed.

use roneo_keys::Uri;

use crate::report::{Kind, Report};
use crate::{Context, charset};

/// Longest address that is read, in bytes.
pub const MAX_ADDRESS_LEN: usize = 4_096;

/// Most candidates of one `srcset`.
const MAX_CANDIDATES: usize = 32;

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// The reader follows it, seeing where it leads.
    Follow,
    /// The page shows it: a picture, a sound, a style sheet.
    Embed,
}

/// Where links to outside of the site lead. What it returns is put in the page, if it is an absolute `http:` or `https:`
/// address in printable ASCII; anything else counts as nothing, which removes the link.
///
/// Law: given an address that it returned, [`Links::web`] returns that address again; otherwise a page that is filtered
/// twice would lead through two interstitials.
pub trait Links {
    /// Where a link to this key leads, with the fragment behind `#` if there is one, already encoded.
    fn key(&self, key: &Uri, fragment: Option<&str>, usage: Usage) -> Option<String>;

    /// Where a link to this address on the web leads: an interstitial that shows it. The address is `http:` or `https:`,
    /// with nothing in it but printable characters, and without a user name.
    fn web(&self, address: &str) -> Option<String>;
}

/// An address as foreign text has it, as the browser may have it; or nothing, and why in the report.
pub(crate) fn rewrite(address: &str, usage: Usage, context: &Context<'_>, report: &mut Report) -> Option<String> {
    let found = match read(address, context.path) {
        Ok(target) => lead(target, usage, context),
        Err(kind) => Err(kind),
    };
    match found {
        Ok(written) => Some(written),
        Err(kind) => {
            report.add(kind, address);
            None
        }
    }
}

fn lead(target: Target, usage: Usage, context: &Context<'_>) -> Result<String, Kind> {
    let led = match target {
        Target::Inside { names, folder, fragment } => return Ok(relative(context.path, &names, folder, fragment)),
        Target::Here(fragment) => return Ok(format!("#{fragment}")),
        Target::Key(key, fragment) => context.links.key(&key, fragment.as_deref(), usage),
        Target::Web(address) => match usage {
            Usage::Follow => context.links.web(&address),
            Usage::Embed => None,
        },
    };
    led.filter(|address| {
        let absolute = address.starts_with("http://") || address.starts_with("https://");
        absolute && address.bytes().all(|byte| byte.is_ascii_graphic())
    })
    .ok_or(Kind::Outside)
}

/// Where an address leads.
enum Target {
    Inside { names: Vec<String>, folder: bool, fragment: Option<String> },
    Here(String),
    Key(Box<Uri>, Option<String>),
    Web(String),
}

fn read(address: &str, path: &str) -> Result<Target, Kind> {
    if address.len() > MAX_ADDRESS_LEN {
        return Err(if address.trim_start().starts_with(['d', 'D']) { Kind::Scheme } else { Kind::BadLink });
    }
    let address: String = address.chars().filter(|&char| !matches!(char, '\t' | '\n' | '\r')).collect();
    let address = address.trim_matches(|char: char| char <= ' ');
    match scheme(address) {
        Some(("http" | "https", rest)) => read_web(address, rest),
        Some(("freenet" | "roneo" | "web+freenet" | "hypha", rest)) => {
            key(rest.trim_start_matches('/')).unwrap_or(Err(Kind::BadLink))
        }
        Some(("javascript" | "vbscript" | "livescript" | "mocha", _)) => Err(Kind::Script),
        Some(_) => Err(Kind::Scheme),
        None if address.starts_with(['/', '\\']) && address[1..].starts_with(['/', '\\']) => {
            read_web(&format!("https:{address}"), address)
        }
        None => read_inside(address, path),
    }
}

/// A scheme in lower case, and what stands behind its colon.
fn scheme(address: &str) -> Option<(&'static str, &str)> {
    const KNOWN: [&str; 10] =
        ["freenet", "http", "https", "hypha", "javascript", "livescript", "mocha", "roneo", "vbscript", "web+freenet"];
    let (name, rest) = address.split_once(':')?;
    let mut bytes = name.bytes();
    let is_scheme = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    is_scheme.then_some((known.unwrap_or("other"), rest))
}

/// `rest` stands behind the scheme, or begins with two slashes.
fn read_web(address: &str, rest: &str) -> Result<Target, Kind> {
    let secure = address.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("https:"));
    let rest = rest.trim_start_matches(['/', '\\']);
    let (authority, behind) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
    // Who reads `http://bank.example@w.test/` sees the wrong half.
    let host = authority.rsplit('@').next().unwrap_or_default().to_lowercase();
    let behind = behind.replacen('\\', "/", 1);
    let old_proxy =
        ["127.0.0.1", "localhost", "[::1]"].contains(&host.rsplit_once(':').map_or(&*host, |(host, _)| host));
    if old_proxy && let Some(found) = key(behind.trim_start_matches('/')) {
        return found;
    }
    let good = |char: char| char.is_alphanumeric() || ".-_:[]".contains(char);
    if host.is_empty() || !host.chars().all(good) || !host.contains(|char: char| char.is_alphanumeric()) {
        return Err(Kind::BadLink);
    }
    let mut written = format!("{}://{host}", if secure { "https" } else { "http" });
    if !behind.starts_with('/') {
        written.push('/');
    }
    for char in behind.chars() {
        if char.is_ascii_graphic() && !"\"<>`{}|\\^".contains(char) {
            written.push(char)
        } else {
            percent(char, &mut written)
        }
    }
    Ok(Target::Web(written))
}

/// A key, if the text begins like one: its address or what is wrong.
fn key(text: &str) -> Option<Result<Target, Kind>> {
    let text = decode(text).ok()?;
    let kind = text.get(..4)?;
    if !["CHK@", "SSK@", "USK@", "KSK@"].iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return None;
    }
    let (text, fragment) = match text.split_once('#') {
        Some((text, fragment)) => (text, Some(encode_fragment(fragment))),
        None => (&*text, None),
    };
    let text = text.split('?').next().unwrap_or_default();
    let text = format!("{}{}", kind.to_ascii_uppercase(), &text[4..]);
    Some(text.parse().map(|uri| Target::Key(Box::new(uri), fragment)).map_err(|_| Kind::BadLink))
}

fn read_inside(address: &str, page: &str) -> Result<Target, Kind> {
    if let Some(fragment) = address.strip_prefix('#') {
        return Ok(Target::Here(encode_fragment(fragment)));
    }
    let (path, fragment) = match address.split_once('#') {
        Some((path, fragment)) => (path, Some(encode_fragment(fragment))),
        None => (address, None),
    };
    let path = path.split('?').next().unwrap_or_default().replace('\\', "/");
    if let Some(found) = key(address.replace('\\', "/").trim_start_matches('/')) {
        return found;
    }
    let mut names: Vec<String> = Vec::new();
    if path.is_empty() {
        names.extend(page.split('/').filter(|name| !name.is_empty()).map(str::to_owned));
        return Ok(Target::Inside { names, folder: page.is_empty() || page.ends_with('/'), fragment });
    }
    if !path.starts_with('/') {
        let folders = page.rsplit_once('/').map_or("", |(folders, _)| folders);
        names.extend(folders.split('/').filter(|name| !name.is_empty()).map(str::to_owned));
    }
    let mut folder = false;
    for name in path.split('/') {
        let name = decode(name)?;
        folder = matches!(&*name, "" | "." | "..");
        match &*name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name if name.contains(['/', '\\']) || !name.chars().all(|char| char >= ' ' && charset::is_kept(char)) => {
                return Err(Kind::BadLink);
            }
            _ => names.push(name),
        }
    }
    match names.first().and_then(|first| key(first)) {
        Some(_) => key(&names.join("/")).unwrap_or(Err(Kind::BadLink)),
        None => Ok(Target::Inside { names, folder, fragment }),
    }
}

/// A reference from one path to another of the same site.
fn relative(page: &str, names: &[String], folder: bool, fragment: Option<String>) -> String {
    let folders = page.rsplit_once('/').map_or("", |(folders, _)| folders);
    let from: Vec<&str> = folders.split('/').filter(|name| !name.is_empty()).collect();
    // The last name of a file is always written, so that the reference is never empty.
    let shareable = if folder { names.len() } else { names.len().saturating_sub(1) };
    let shared = from.iter().zip(&names[..shareable]).take_while(|(from, to)| *from == to).count();
    let mut written = "../".repeat(from.len() - shared);
    // A file may be called as keys are.
    if written.is_empty() && names.get(shared).is_some_and(|name| key(name).is_some()) {
        written.push_str("./");
    }
    for (place, name) in names.iter().enumerate().skip(shared) {
        encode(name, &mut written);
        if folder || place + 1 < names.len() {
            written.push('/');
        }
    }
    if written.is_empty() {
        written.push_str("./");
    }
    if let Some(fragment) = fragment {
        written.push('#');
        written.push_str(&fragment);
    }
    written
}

/// Undoes percent-encoding; a `%` that stands for nothing stays.
fn decode(text: &str) -> Result<String, Kind> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let digits = bytes.get(place + 1..place + 3).and_then(|digits| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
        });
        match digits {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                place += 3;
            }
            _ => {
                decoded.push(byte);
                place += 1;
            }
        }
    }
    String::from_utf8(decoded).map_err(|_| Kind::BadLink)
}

/// Writes a name of a path so that it is one name, and no scheme.
fn encode(name: &str, out: &mut String) {
    for char in name.chars() {
        if char.is_ascii_alphanumeric() || "-._~!$()*+=@".contains(char) { out.push(char) } else { percent(char, out) }
    }
}

fn encode_fragment(fragment: &str) -> String {
    let mut out = String::with_capacity(fragment.len());
    for char in fragment.chars() {
        if char.is_ascii_alphanumeric() || "-._~!$()*+=@:/?%,;&'".contains(char) {
            out.push(char)
        } else {
            percent(char, &mut out)
        }
    }
    out
}

fn percent(char: char, out: &mut String) {
    let mut buffer = [0; 4];
    for byte in char.encode_utf8(&mut buffer).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// Rewrites a `srcset` (HTML Standard, section 4.8.4.2.1): the candidates inside of the site with their descriptors.
pub(crate) fn srcset(text: &str, context: &Context<'_>, report: &mut Report) -> Option<String> {
    let mut written: Vec<String> = Vec::new();
    let mut rest = text;
    for _ in 0..MAX_CANDIDATES {
        rest = rest.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == ',');
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|char: char| char.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, behind) = rest.split_at(end);
        let (address, descriptor) = match address.strip_suffix(',') {
            Some(address) => {
                rest = behind;
                (address.trim_end_matches(','), "")
            }
            None => {
                let (descriptor, behind) = behind.split_once(',').unwrap_or((behind, ""));
                rest = behind;
                (address, descriptor.trim())
            }
        };
        if !is_descriptor(descriptor) {
            report.add(Kind::Attribute, descriptor);
            continue;
        }
        let Some(mut candidate) = rewrite(address, Usage::Embed, context, report) else { continue };
        if !descriptor.is_empty() {
            candidate.extend([" ", descriptor]);
        }
        written.push(candidate);
    }
    (!written.is_empty()).then(|| written.join(", "))
}

/// Nothing, a width such as `640w`, or a density such as `1.5x`.
fn is_descriptor(text: &str) -> bool {
    let number = |text: &str, dots: usize| {
        (1..=6).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && text.matches('.').count() <= dots
            && text.contains(|char: char| char.is_ascii_digit())
    };
    text.is_empty()
        || text.strip_suffix('w').is_some_and(|width| number(width, 0))
        || text.strip_suffix('x').is_some_and(|density| number(density, 1))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Where the tests' links lead.
    pub(crate) struct Console;

    impl Links for Console {
        fn key(&self, key: &Uri, fragment: Option<&str>, usage: Usage) -> Option<String> {
            let mut text = String::from("http://console.test/key/");
            percent_all(&key.to_text(), &mut text);
            if let Some(fragment) = fragment {
                text.extend(["#", fragment]);
            }
            (usage == Usage::Follow).then_some(text)
        }

        fn web(&self, address: &str) -> Option<String> {
            if address.starts_with("http://console.test/") {
                return Some(address.to_owned());
            }
            let mut text = String::from("http://console.test/leave?to=");
            percent_all(address, &mut text);
            Some(text)
        }
    }

    fn percent_all(text: &str, out: &mut String) {
        for char in text.chars() {
            if char.is_ascii_alphanumeric() { out.push(char) } else { percent(char, out) }
        }
    }

    fn rewritten(address: &str, usage: Usage, path: &str) -> Result<String, Kind> {
        let context = Context { path, links: &Console, scope: None };
        let mut report = Report::default();
        let written = rewrite(address, usage, &context, &mut report);
        if let Some(written) = &written {
            let again = rewrite(written, usage, &context, &mut Report::default());
            assert_eq!(again.as_ref(), Some(written), "{address} changes when it is rewritten twice");
        }
        written.ok_or_else(|| report.entries().next().expect("what goes is reported").0)
    }

    #[test]
    fn links_inside_become_relative() {
        for (address, path, expected) in [
            ("b.html", "a.html", "b.html"),
            ("b.html", "", "b.html"),
            ("/b.html", "x/y/a.html", "../../b.html"),
            ("../x/y/b.html", "x/y/a.html", "../x/y/b.html"),
            ("./b.html#p q", "x/a.html", "b.html#p%20q"),
            ("../../../../b", "x/a.html", "../b"),
            ("%2e%2E/b", "x/y/a", "../b"),
            ("", "x/a.html", "a.html"),
            ("?query", "x/a.html", "a.html"),
            ("#", "x/a.html", "#"),
            ("#a\"b", "x/a.html", "#a%22b"),
            ("/", "a.html", "./"),
            ("/", "x/a.html", "../"),
            (".", "x/a.html", "./"),
            ("..", "x/a.html", "../"),
            ("img/", "x/a.html", "img/"),
            ("/x/y", "x/y/z", "../y"),
            (" \t a\nb.html \r", "", "ab.html"),
            ("a\\b.html?x=y", "", "a/b.html"),
            ("café.html", "", "caf%C3%A9.html"),
            ("100%.html", "", "100%25.html"),
            ("javascript%3Aalert(1)", "", "javascript%3Aalert(1)"),
            ("./javascript:alert(1)", "", "javascript%3Aalert(1)"),
            ("a//b", "", "a/b"),
            ("/././/x", "", "x"),
            ("/a/KSK@word", "a/b.html", "./KSK@word"),
        ] {
            assert_eq!(rewritten(address, Usage::Embed, path), Ok(expected.to_owned()), "{address} on {path}");
        }
        for address in ["a%2Fb", "a%5cb", "%00", "%ff", "%0Ab", "a%ef%bf%bf"] {
            assert_eq!(rewritten(address, Usage::Follow, ""), Err(Kind::BadLink), "{address}");
        }
    }

    #[test]
    fn the_web_is_behind_an_interstitial_and_never_embedded() {
        for (address, expected) in [
            ("http://W.test", "http://w.test/"),
            ("HtTpS:\\\\w.test\\a b", "https://w.test/a%20b"),
            ("http:w.test/<x>", "http://w.test/%3Cx%3E"),
            ("//w.test/x", "https://w.test/x"),
            ("/\\w.test/x", "https://w.test/x"),
            ("\\/\\w.test", "https://w.test/"),
            ("http://bank.example@w.test/", "http://w.test/"),
            ("http://bank.example:80@w.test:81?q", "http://w.test:81/?q"),
            ("h\tt\ntp://w.test/", "http://w.test/"),
            ("http://127.0.0.1:631/admin", "http://127.0.0.1:631/admin"),
        ] {
            let mut interstitial = String::from("http://console.test/leave?to=");
            percent_all(expected, &mut interstitial);
            assert_eq!(rewritten(address, Usage::Follow, "a"), Ok(interstitial), "{address}");
            assert_eq!(rewritten(address, Usage::Embed, "a"), Err(Kind::Outside), "{address}");
        }
        for address in ["http://", "http://%00/", "http://a b/", "http:///", "http://./"] {
            assert_eq!(rewritten(address, Usage::Follow, ""), Err(Kind::BadLink), "{address}");
        }
    }

    #[test]
    fn other_schemes_go() {
        for (address, kind) in [
            ("javascript:alert(1)", Kind::Script),
            (" \u{1} jAvA\tscript\n:alert(1)", Kind::Script),
            ("vbscript:x", Kind::Script),
            ("data:text/html,x", Kind::Scheme),
            ("blob:http://x/y", Kind::Scheme),
            ("file:///etc/passwd", Kind::Scheme),
            ("mailto:a@b.test", Kind::Scheme),
            ("view-source:x", Kind::Scheme),
            ("about:blank", Kind::Scheme),
            ("ws://w.test/", Kind::Scheme),
            ("x:y", Kind::Scheme),
        ] {
            assert_eq!(rewritten(address, Usage::Follow, "a/b"), Err(kind), "{address}");
            assert_eq!(rewritten(address, Usage::Embed, "a/b"), Err(kind), "{address}");
        }
    }

    #[test]
    fn keys_are_recognised_in_every_dress() {
        for address in [
            "KSK@word",
            "/KSK@word",
            "ksk@word",
            "freenet:KSK@word",
            "FREENET:/KSK@word",
            "roneo:KSK@word",
            "http://127.0.0.1:8888/KSK@word",
            "http://localhost:8888/KSK%40word?type=text/html",
            "../KSK@word",
            "\\KSK@word",
            "KSK@word?x",
        ] {
            let expected = "http://console.test/key/KSK%40word".to_owned();
            assert_eq!(rewritten(address, Usage::Follow, "x/a.html"), Ok(expected), "{address}");
            assert_eq!(rewritten(address, Usage::Embed, "x/a.html"), Err(Kind::Outside), "{address}");
        }
        let expected = "http://console.test/key/KSK%40word%2Fb%2Ehtml#top".to_owned();
        assert_eq!(rewritten("/KSK@word/b.html#top", Usage::Follow, "a"), Ok(expected));
        for address in ["CHK@x", "USK@", "freenet:x", "/SSK@a,b,c/d"] {
            assert_eq!(rewritten(address, Usage::Follow, "a"), Err(Kind::BadLink), "{address}");
        }
    }

    #[test]
    fn each_candidate_of_a_srcset_is_looked_at() {
        let check = |text: &str, expected: Option<&str>| {
            let context = Context { path: "", links: &Console, scope: None };
            let written = srcset(text, &context, &mut Report::default());
            assert_eq!(written.as_deref(), expected, "{text}");
            if let Some(written) = written {
                assert_eq!(srcset(&written, &context, &mut Report::default()), Some(written));
            }
        };
        check("a.png", Some("a.png"));
        check("a.png 1x, b.png 2x", Some("a.png 1x, b.png 2x"));
        check("a.png,b.png 640w", Some("a.png%2Cb.png 640w"));
        check(" , a.png, http://w.test/b.png 2x,c.png 1.5x", Some("a.png, c.png 1.5x"));
        check("a.png 1x 2w, b.png e3x, c.png ..x, javascript:alert(1)", None);
        check("data:image/png,x 1x", None);
        check("", None);
    }
}
