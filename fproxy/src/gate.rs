//! The one place that decides which requests come from this machine's user, and that seals every
//! answer.
//!
//! Any web page that the user has open can aim requests at localhost, and a hostile name server
//! can make a foreign name resolve to it. So the host must be one of three spellings of this
//! machine with the right port, and a request that a foreign page caused may only be a whole-page
//! navigation, whose answer that page cannot read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What stands on every answer. A handler may set its own value for one of them first.
///
/// There is no Cross-Origin-Opener-Policy: browsers turn a page with both that and a sandbox into
/// a network error, and the sandbox already gives each page an origin of its own.
const SEAL: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_DNS_PREFETCH_CONTROL, "off"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// For bytes that strangers made: no script, no style, no request, no form, no frame.
const CONTENT_POLICY: &str = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Knows the names that this proxy goes by.
#[derive(Debug)]
pub(crate) struct Gate {
    hosts: Vec<String>,
}

/// Why a request stays outside. None says more than its status: a page that reached us under a
/// foreign name could read a body, and learn that Roneo runs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Not one `Host` naming this machine and port.
    Host,
    /// Part of a foreign page: an image, a frame, a script's request.
    ForeignPage,
    /// Not HTTP/1.1.
    Version,
}

/// Lets a request through or refuses it; seals the answer either way.
pub(crate) async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let mut response = match gate.admit(request.version(), request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in SEAL {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

impl Gate {
    /// A gate for a proxy bound to `port` of this machine.
    pub(crate) fn new(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            // Browsers leave the port out where it is the scheme's own.
            hosts.extend(names.map(str::to_owned));
        }
        Self { hosts }
    }

    fn admit(&self, version: Version, method: &Method, target: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if version != Version::HTTP_11 {
            return Err(Refusal::Version);
        }
        // A target with a host of its own outranks the header, and no browser sends one here.
        if target.authority().is_some() {
            return Err(Refusal::Host);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if self.hosts.iter().any(|known| known.as_bytes() == host.as_bytes()) => {}
            _ => return Err(Refusal::Host),
        }
        // Another port of localhost is "same-site" to a browser and a stranger to us.
        // A program that is no browser sends no such header, and has no page open that could be foreign.
        let own = headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin" || site == "none");
        let navigation = matches!(*method, Method::GET | Method::HEAD)
            && is_once(headers, "sec-fetch-mode", "navigate")
            && is_once(headers, "sec-fetch-dest", "document");
        if own || navigation { Ok(()) } else { Err(Refusal::ForeignPage) }
    }
}

/// Whether a header stands there exactly once, with this value.
fn is_once(headers: &HeaderMap, name: &str, expected: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    values.next().is_some_and(|value| value == expected) && values.next().is_none()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignPage => StatusCode::FORBIDDEN,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        }
        .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(port: u16, target: &str, headers: &[(&str, &str)], expected: Result<(), Refusal>) {
        check_method(port, &Method::GET, target, headers, expected);
    }

    fn check_method(port: u16, method: &Method, target: &str, headers: &[(&str, &str)], expected: Result<(), Refusal>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let found = Gate::new(port).admit(Version::HTTP_11, method, &target.parse().unwrap(), &map);
        assert_eq!(found, expected, "{method} {target} {headers:?}");
    }

    #[test]
    fn only_three_spellings_of_this_machine_are_hosts() {
        for host in ["127.0.0.1:8888", "localhost:8888", "[::1]:8888"] {
            check(8888, "/", &[("host", host)], Ok(()));
        }
        for host in [
            "",
            "127.0.0.1",
            "localhost",
            "localhost:80",
            "localhost:8889",
            "localhost:8888.",
            "localhost.:8888",
            "LOCALHOST:8888",
            "evil.example:8888",
            "localhost.evil.example:8888",
            "127.0.0.1.nip.io:8888",
            "127.1:8888",
            "0.0.0.0:8888",
            "[::]:8888",
            "127.0.0.1:8888@evil.example",
            " 127.0.0.1:8888",
        ] {
            check(8888, "/", &[("host", host)], Err(Refusal::Host));
        }
        check(8888, "/", &[], Err(Refusal::Host));
        check(8888, "/", &[("host", "localhost:8888"), ("host", "localhost:8888")], Err(Refusal::Host));
        check(8888, "http://localhost:8888/", &[("host", "localhost:8888")], Err(Refusal::Host));
        check(8888, "http://evil.example/", &[("host", "localhost:8888")], Err(Refusal::Host));
        check(80, "/", &[("host", "localhost")], Ok(()));
        check(80, "/", &[("host", "localhost:80")], Ok(()));
    }

    #[test]
    fn foreign_pages_may_navigate_and_nothing_else() {
        let host = ("host", "127.0.0.1:8888");
        let (site, mode, dest) = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest");
        for own in ["same-origin", "none"] {
            check(8888, "/", &[host, (site, own), (mode, "no-cors"), (dest, "image")], Ok(()));
        }
        for foreign in ["cross-site", "same-site", "unheard-of", ""] {
            check(8888, "/", &[host, (site, foreign), (mode, "navigate"), (dest, "document")], Ok(()));
            for (how, what) in [
                ("no-cors", "image"),
                ("no-cors", "script"),
                ("cors", "empty"),
                ("navigate", "iframe"),
                ("navigate", "frame"),
                ("navigate", "embed"),
                ("navigate", "object"),
                ("websocket", "websocket"),
            ] {
                let headers = [host, (site, foreign), (mode, how), (dest, what)];
                check(8888, "/", &headers, Err(Refusal::ForeignPage));
            }
            check(8888, "/", &[host, (site, foreign)], Err(Refusal::ForeignPage));
            let form = [host, (site, foreign), (mode, "navigate"), (dest, "document")];
            check_method(8888, &Method::POST, "/", &form, Err(Refusal::ForeignPage));
        }
        let twice = [host, (site, "same-origin"), (site, "cross-site"), (mode, "cors"), (dest, "empty")];
        check(8888, "/", &twice, Err(Refusal::ForeignPage));
    }

    #[test]
    fn http_1_1_alone_is_spoken() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost:8888"));
        let target = Uri::from_static("/");
        for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2] {
            assert_eq!(Gate::new(8888).admit(version, &Method::GET, &target, &headers), Err(Refusal::Version));
        }
    }
}
