//! The frame of the few pages that the proxy makes itself.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

/// The only style sheet, allowed by its hash: a sandboxed page may not load one.
const STYLE: &str = "body{max-width:38rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.5 Georgia,serif}\
h1,h2{font-weight:600;line-height:1.2}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}\
button{font:inherit;padding:.4rem 1rem;margin-top:.5rem}section+section{border-top:1px solid;margin-top:1.5rem}";

/// For the proxy's own pages: nothing but [`STYLE`] and a form that leads back here.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'sha256-B2BePOobgfohNAiDFx3RLIKAP4sbz+wGMWW8LioVIcI='; \
base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A whole page around `body`, which is HTML already.
pub(crate) fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    );
    let policy = HeaderValue::from_static(PAGE_POLICY);
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

/// Text as HTML text or attribute value.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest;

    /// Standard base64 of 32 bytes, as content policies spell hashes.
    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
            for digit in 0..=group.len() {
                text.push(char::from(ALPHABET[(word >> (18 - 6 * digit)) as usize & 63]));
            }
            text.extend(std::iter::repeat_n('=', 3 - group.len()));
        }
        text
    }

    #[test]
    fn the_policy_allows_the_style_sheet() {
        let hash = format!("'sha256-{}'", base64(&sha2::Sha256::digest(STYLE)));
        assert!(PAGE_POLICY.contains(&hash), "{hash}");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a b='c' d=\"&\">"), "&lt;a b=&#39;c&#39; d=&quot;&amp;&quot;&gt;");
    }
}
