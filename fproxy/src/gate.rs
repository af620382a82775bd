//! The one place that decides which requests come from this machine's user, and that seals every
//! answer.
//!
//! Any web page that the user has open can aim requests at localhost, and a hostile name server
//! can make a foreign name resolve to it. So the host must be one of three spellings of this
//! machine with the right port, and a request that a foreign page caused may only be a whole-page
//! navigation, whose answer that page cannot read.
//!
//! A fourth kind of host is the name of a site: what comes under it reaches the reader of that site and nothing
//! else, and under the other three nobody reaches a site but below its path.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::console::{Console, port_in};
use crate::site::{self, is_label};

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

/// Stands before everything.
pub(crate) struct Gate {
    names: Names,
    console: Arc<Console>,
}

/// The names that this proxy goes by.
#[derive(Debug)]
struct Names {
    hosts: Vec<String>,
    /// What stands behind the label of a site.
    site: String,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Console,
    /// To the site of that label, if it is open.
    Site(String),
}

/// Why a request stays outside. None says more than its status: a page that reached us under a
/// foreign name could read a body, and learn that Roneo runs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Not one `Host` naming this machine and port.
    Host,
    /// Part of a foreign page: an image, a frame, a script's request.
    ForeignPage,
    /// Neither HTTP/1.1 nor HTTP/1.0.
    Version,
}

/// Lets a request through or refuses it; seals the answer either way.
pub(crate) async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let is_open = |label: &str| gate.console.sites.is_open(label);
    let (method, target, headers) = (request.method(), request.uri(), request.headers());
    let defences = gate.console.defences;
    let mut response = match gate.names.admit(request.version(), method, target, headers, &is_open) {
        Ok(Way::Console) => next.run(request).await,
        Ok(Way::Site(label)) => site::at_host(&gate.console, &label, request).await,
        Err(Refusal::Host) if defences.host.is_off() => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in SEAL {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    if defences.policy.is_off() {
        response.headers_mut().remove(header::CONTENT_SECURITY_POLICY);
    }
    response
}

impl Gate {
    /// A gate before a console and the sites that it opens.
    pub(crate) fn new(console: Arc<Console>) -> Self {
        Self { names: Names::new(console.port), console }
    }
}

impl Names {
    /// Those of a proxy bound to `port` of this machine.
    fn new(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            // Browsers leave the port out where it is the scheme's own.
            hosts.extend(names.map(str::to_owned));
        }
        Self { hosts, site: format!(".localhost{}", port_in(port)) }
    }

    /// Where a request goes, if anywhere. `is_open` says whether a site of a label is open.
    fn admit(
        &self,
        version: Version,
        method: &Method,
        target: &Uri,
        headers: &HeaderMap,
        is_open: &dyn Fn(&str) -> bool,
    ) -> Result<Way, Refusal> {
        // Text browsers speak HTTP/1.0. They name the host, which is what matters here.
        if !matches!(version, Version::HTTP_10 | Version::HTTP_11) {
            return Err(Refusal::Version);
        }
        // A target with a host of its own outranks the header, and no browser sends one here.
        if target.authority().is_some() {
            return Err(Refusal::Host);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        let way = match (hosts.next(), hosts.next()) {
            (Some(host), None) => self.way(host.as_bytes()).ok_or(Refusal::Host)?,
            _ => return Err(Refusal::Host),
        };
        // Another port of localhost is "same-site" to a browser and a stranger to us.
        // A program that is no browser sends no such header, and has no page open that could be foreign.
        let own = headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin" || site == "none");
        let looks = matches!(*method, Method::GET | Method::HEAD);
        let navigation =
            looks && is_once(headers, "sec-fetch-mode", "navigate") && is_once(headers, "sec-fetch-dest", "document");
        // A page of a site below a path has no origin, so its own pictures come from a stranger. That the label is
        // known shows that they do not.
        let part = looks
            && way == Way::Console
            && PARTS.iter().any(|part| is_once(headers, "sec-fetch-dest", part))
            && label_in(target.path()).is_some_and(is_open);
        if own || navigation || part { Ok(way) } else { Err(Refusal::ForeignPage) }
    }

    fn way(&self, host: &[u8]) -> Option<Way> {
        if self.hosts.iter().any(|known| known.as_bytes() == host) {
            return Some(Way::Console);
        }
        let label = std::str::from_utf8(host).ok()?.strip_suffix(&self.site)?;
        is_label(label).then(|| Way::Site(label.to_owned()))
    }
}

/// What a page is made of besides itself, as `Sec-Fetch-Dest` calls it.
const PARTS: [&str; 4] = ["image", "style", "audio", "video"];

/// The label of the site that a path of the console is below.
fn label_in(path: &str) -> Option<&str> {
    path.strip_prefix("/site/")?.split('/').next().filter(|label| is_label(label))
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

    /// The site that is open.
    const LABEL: &str = "k7qvnm3tak7qvnm3tak7qvnm3t";

    fn check(port: u16, target: &str, headers: &[(&str, &str)], expected: Result<Way, Refusal>) {
        check_method(port, &Method::GET, target, headers, expected);
    }

    fn check_method(
        port: u16,
        method: &Method,
        target: &str,
        headers: &[(&str, &str)],
        expected: Result<Way, Refusal>,
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let is_open = |label: &str| label == LABEL;
        let found = Names::new(port).admit(Version::HTTP_11, method, &target.parse().unwrap(), &map, &is_open);
        assert_eq!(found, expected, "{method} {target} {headers:?}");
    }

    #[test]
    fn only_three_spellings_of_this_machine_are_hosts() {
        for host in ["127.0.0.1:8888", "localhost:8888", "[::1]:8888"] {
            check(8888, "/", &[("host", host)], Ok(Way::Console));
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
        check(80, "/", &[("host", "localhost")], Ok(Way::Console));
        check(80, "/", &[("host", "localhost:80")], Ok(Way::Console));
    }

    #[test]
    fn foreign_pages_may_navigate_and_nothing_else() {
        let host = ("host", "127.0.0.1:8888");
        let (site, mode, dest) = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest");
        for own in ["same-origin", "none"] {
            check(8888, "/", &[host, (site, own), (mode, "no-cors"), (dest, "image")], Ok(Way::Console));
        }
        for foreign in ["cross-site", "same-site", "unheard-of", ""] {
            check(8888, "/", &[host, (site, foreign), (mode, "navigate"), (dest, "document")], Ok(Way::Console));
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
    fn a_site_has_one_spelling_and_its_own_requests_alone() {
        let host = format!("{LABEL}.localhost:8888");
        let (site, mode, dest) = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest");
        let there = || Ok(Way::Site(LABEL.to_owned()));
        check(8888, "/", &[("host", &host)], there());
        check(8888, "/api/v1/status", &[("host", &host)], there());
        check(8888, "/a.png", &[("host", &host), (site, "same-origin"), (mode, "no-cors"), (dest, "image")], there());
        check(8888, "/", &[("host", &host), (site, "cross-site"), (mode, "navigate"), (dest, "document")], there());
        for (how, what) in [("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")] {
            let headers = [("host", &*host), (site, "same-site"), (mode, how), (dest, what)];
            check(8888, "/a.png", &headers, Err(Refusal::ForeignPage));
        }
        for other in [
            format!("{LABEL}.localhost"),
            format!("{LABEL}.localhost:8889"),
            format!("{LABEL}.localhost.:8888"),
            format!("{}.localhost:8888", LABEL.to_uppercase()),
            format!("a.{LABEL}.localhost:8888"),
            format!("{LABEL}a.localhost:8888"),
            format!("{}.localhost:8888", &LABEL[1..]),
            format!("{LABEL}.localhost.evil.example:8888"),
            format!("{LABEL}.evil.example:8888"),
        ] {
            check(8888, "/", &[("host", &other)], Err(Refusal::Host));
        }
        check(80, "/", &[("host", &format!("{LABEL}.localhost"))], there());
    }

    #[test]
    fn below_a_path_the_label_admits_parts_of_pages() {
        let host = ("host", "127.0.0.1:8888");
        let foreign = ("sec-fetch-site", "cross-site");
        let open = format!("/site/{LABEL}/a.png");
        for part in PARTS {
            let headers = [host, foreign, ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", part)];
            check(8888, &open, &headers, Ok(Way::Console));
            for closed in ["/site/aaaaaaaaaaaaaaaaaaaaaaaaaa/a.png", "/site/", "/a.png", &format!("/a/site/{LABEL}/")] {
                check(8888, closed, &headers, Err(Refusal::ForeignPage));
            }
            check_method(8888, &Method::POST, &open, &headers, Err(Refusal::ForeignPage));
        }
        for other in ["script", "iframe", "object", "empty", "font", "track"] {
            let headers = [host, foreign, ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", other)];
            check(8888, &open, &headers, Err(Refusal::ForeignPage));
        }
    }

    #[test]
    fn http_1_alone_is_spoken() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost:8888"));
        let target = Uri::from_static("/");
        for version in [Version::HTTP_09, Version::HTTP_2, Version::HTTP_3] {
            assert_eq!(
                Names::new(8888).admit(version, &Method::GET, &target, &headers, &|_| true),
                Err(Refusal::Version)
            );
        }
    }
}
