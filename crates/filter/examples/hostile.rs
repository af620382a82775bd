//! Prints the hostile corpus before and after the filter, for whoever puts both before a browser.
//!
//! A file per line: name, media type, its bytes, what the filter made of it; the last two in hexadecimal, tabs between.
//! An address that the corpus has in each of many places has all of them on one page, which a browser opens once.

use std::io::{self, Write as _};

use roneo_filter::corpus::{Vector, texts};
use roneo_filter::{Context, Links, TooLong, Usage, css, html};
use roneo_keys::Uri;

/// A proxy that shows keys and asks before a link to the web is followed.
struct Proxy;

impl Links for Proxy {
    fn key(&self, key: &Uri, _: Option<&str>, usage: Usage) -> Option<String> {
        (usage == Usage::Follow).then(|| format!("/key/{}", hexadecimal(key.to_text().as_bytes())))
    }

    fn web(&self, address: &str) -> Option<String> {
        Some(format!("/leave/{}", hexadecimal(address.as_bytes())))
    }
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for vector in joined(texts()) {
        let made = filtered(&vector).map_err(io::Error::other)?;
        let Vector { name, media_type, bytes } = vector;
        writeln!(out, "{name}\t{media_type}\t{}\t{}", hexadecimal(&bytes), hexadecimal(made.as_bytes()))?;
    }
    out.flush()
}

/// Puts what differs only in the last part of a name of the class `url` on one page.
fn joined(vectors: Vec<Vector>) -> Vec<Vector> {
    let mut pages: Vec<Vector> = Vec::new();
    for mut vector in vectors {
        if let Some((address, _)) = vector.name.rsplit_once('/').filter(|(address, _)| address.starts_with("url/")) {
            if let Some(page) = pages.last_mut().filter(|page| page.name == address) {
                page.bytes.push(b'\n');
                page.bytes.append(&mut vector.bytes);
                continue;
            }
            vector.name = address.to_owned();
        }
        pages.push(vector);
    }
    pages
}

fn filtered(vector: &Vector) -> Result<String, TooLong> {
    let context = Context { path: "folder/page.html", links: &Proxy, scope: None };
    match vector.media_type {
        "text/css" => Ok(css(&vector.bytes, None, &context)?.text),
        _ => Ok(html(&vector.bytes, None, &context)?.document(None)),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
