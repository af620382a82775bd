//! What holds for the filter whatever comes in.

mod judge;

use proptest::prelude::*;
use roneo_filter::{Context, html};

/// Pieces that pages are broken with.
fn pieces() -> impl Strategy<Value = String> {
    const NAMES: [&str; 64] = [
        "a",
        "b",
        "i",
        "font",
        "p",
        "div",
        "center",
        "h1",
        "h2",
        "li",
        "ul",
        "ol",
        "dd",
        "dt",
        "dl",
        "pre",
        "table",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "caption",
        "colgroup",
        "col",
        "hr",
        "br",
        "img",
        "span",
        "ruby",
        "rt",
        "rp",
        "video",
        "source",
        "picture",
        "map",
        "area",
        "form",
        "input",
        "select",
        "option",
        "button",
        "textarea",
        "svg",
        "math",
        "mi",
        "mtext",
        "foreignObject",
        "desc",
        "annotation-xml",
        "style",
        "title",
        "script",
        "iframe",
        "noscript",
        "template",
        "object",
        "xmp",
        "plaintext",
        "html",
        "body",
        "details",
        "summary",
        "nobr",
    ];
    const ATTRIBUTES: [&str; 16] = [
        "",
        " href=x",
        " href=javascript:x",
        " src='y z'",
        " style='color:red;position:fixed'",
        " id=a class='b c'",
        " onclick=x",
        " srcset='a 1x,b'",
        " rel=next",
        " href=//w.test",
        " title='\"<>&amp;'",
        " colspan=9999",
        "/",
        " name=x",
        " align=left",
        " background=x bgcolor=f00",
    ];
    let name = || prop::sample::select(NAMES.to_vec());
    let attributes = prop::sample::select(ATTRIBUTES.to_vec());
    let text = prop::sample::select(vec![
        "x",
        " ",
        "\n",
        "&lt;",
        "<",
        "\"",
        "\u{a0}",
        "&#10;",
        "--><!--",
        "]]>",
        "p{color:red}",
        "é",
    ]);
    prop_oneof![
        5 => (name(), attributes).prop_map(|(name, attributes)| format!("<{name}{attributes}>")),
        4 => name().prop_map(|name| format!("</{name}>")),
        3 => text.prop_map(str::to_owned),
    ]
}

/// Pieces of style sheets.
fn css_pieces() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "p",
        "a:hover",
        "*",
        "#a",
        ".b",
        "html",
        "body",
        ":root",
        "[x=y]",
        ":not(",
        ":is(",
        ",",
        " ",
        ">",
        "+",
        "~",
        "{",
        "}",
        ";",
        ":",
        "color:red",
        "--x:1px",
        "width:calc(1px + 2em)",
        "background:url(x.png)",
        "url(",
        "url('",
        "'",
        "\"",
        ")",
        "(",
        "[",
        "]",
        "/*",
        "*/",
        "\\",
        "\\3c ",
        "@media print",
        "@media (",
        "@import 'x';",
        "@font-face{",
        "!important",
        "position:fixed",
        "1e5",
        "1\\65 5",
        "-",
        "--",
        "<",
        "</style>",
        "<!--",
        "-->",
        "é",
        "\n",
        "var(--x)",
        "expression(",
        "content:'x'",
        "U+26",
        "1px",
        "+1",
        "#",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_page_is_read_as_it_was_written(pieces in prop::collection::vec(pieces(), 0..40)) {
        judge::page(pieces.concat().as_bytes());
    }

    #[test]
    fn no_bytes_stop_the_filter(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        judge::page(&bytes);
        judge::sheet(&bytes, None);
    }

    #[test]
    fn a_sheet_is_read_as_it_was_written(pieces in prop::collection::vec(css_pieces(), 0..32)) {
        let text = pieces.concat();
        judge::sheet(text.as_bytes(), None);
        judge::page(format!("<style>{text}</style><p style=\"{text}\">").as_bytes());
    }

    #[test]
    fn in_a_scope_every_rule_begins_with_it(pieces in prop::collection::vec(css_pieces(), 0..32)) {
        let sheet = judge::sheet(pieces.concat().as_bytes(), Some("roneo-page"));
        // Strings, and blocks of declarations, may hold anything; what remains are selectors and media queries.
        let mut outside = String::new();
        let (mut quoted, mut declarations) = (false, false);
        for char in sheet.chars() {
            match char {
                '"' => quoted = !quoted,
                '{' if !quoted && !outside.rsplit([';', '}']).next().is_some_and(|rule| rule.starts_with("@media")) => declarations = true,
                '{' if !quoted => outside.push(';'),
                '}' if !quoted => {
                    declarations = false;
                    outside.push('}');
                }
                _ if !quoted && !declarations => outside.push(char),
                _ => {}
            }
        }
        for selector in outside.split([';', '}']).filter(|rule| !rule.is_empty() && !rule.starts_with("@media")) {
            prop_assert!(selector.starts_with("#roneo-page"), "{} in {}", selector, sheet);
        }
    }
}

/// How much longer a page may become: a `"` in an attribute is six bytes, a link to the web gets a console's address.
const FACTOR: usize = 16;

fn bounded(bytes: &[u8]) -> String {
    let document = html(bytes, None, &judge::context(None)).expect("short enough").document(None);
    let bound = FACTOR * bytes.len() + 8_192;
    assert!(document.len() <= bound, "{} bytes became {}", bytes.len(), document.len());
    document
}

/// Each of these takes a quadratic filter minutes, and overflows the stack of a recursive one.
#[test]
fn bombs_are_defused_in_linear_time() {
    for open in [
        "<div>",
        "<b>",
        "<a href=x>",
        "<table><tr><td>",
        "<ul><li>",
        "<svg>",
        "<font color=red>",
        "<p><b>",
        "<ruby><rt>",
        "<select>",
    ] {
        bounded(open.repeat(3_000_000 / open.len()).as_bytes());
        bounded(format!("{}x{}", open.repeat(50_000), "</div></b></a></td></li></font>".repeat(20_000)).as_bytes());
    }
    let style = "x".repeat(10_000);
    bounded(format!("<b style='font-family:{style}'>{}", "<p>x".repeat(100_000)).as_bytes());
    bounded(format!("{}{}", "<b><i><u><s><tt><big><em><code>", "<p>x".repeat(100_000)).as_bytes());
    bounded(format!("<div class={style}>{}", "<b><div>x</b>".repeat(100_000)).as_bytes());
    bounded(format!("<p {}>", "a ".repeat(1_000_000)).as_bytes());
    bounded(format!("<p {}>", (0..300_000).map(|number| format!("a{number}=b ")).collect::<String>()).as_bytes());
    bounded("&CounterClockwiseContourIntegral;".repeat(100_000).as_bytes());
    bounded("&".repeat(4 << 20).as_bytes());
    bounded("<".repeat(4 << 20).as_bytes());
    bounded("<!--".repeat(1_000_000).as_bytes());
    bounded("</".repeat(2_000_000).as_bytes());
    bounded("<style>".repeat(500_000).as_bytes());
    bounded("<a b='".repeat(500_000).as_bytes());
    bounded("e\u{301}\u{302}\u{303}".repeat(400_000).as_bytes());
    bounded(format!("<style>{}</style>", "@media print{".repeat(200_000)).as_bytes());
    bounded(format!("<style>{}</style>", ":not(".repeat(200_000)).as_bytes());
    bounded(format!("<style>{}</style>", "a,".repeat(1_000_000)).as_bytes());
    bounded(format!("<style>p{{width:{}}}</style>", "calc(".repeat(200_000)).as_bytes());
    bounded(format!("<style>{}</style>", "p{a:url(".repeat(200_000)).as_bytes());
    bounded(format!("<style>{}</style>", "\\".repeat(2_000_000)).as_bytes());
    bounded(format!("<img srcset='{}'>", "a 1x,".repeat(400_000)).as_bytes());
}

#[test]
fn what_is_deep_is_shown_flat_and_read_as_written() {
    for open in ["<div>", "<b><i>", "<table><tr><td>", "<ul><li>", "<a href=x><div>"] {
        judge::page(format!("{}deep", open.repeat(2_000)).as_bytes());
    }
}

#[test]
fn a_page_too_long_to_show_is_refused() {
    let context: Context<'_> = judge::context(None);
    assert!(html(&vec![b' '; roneo_filter::MAX_TEXT_LEN + 1], None, &context).is_err());
}

#[test]
fn ordinary_pages_stay_what_they_are() {
    for (page, body) in [
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        (
            "<table><tr><td>a<td>b<tr><td>c</table>d",
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>d",
        ),
        (
            "<table><caption>x<col><tr><th>y",
            "<table><caption>x</caption><colgroup><col></colgroup><tbody><tr><th>y</th></tr></tbody></table>",
        ),
        ("<b><i>x</b>y</i>z", "<b><i>x</i></b><i>y</i>z"),
        ("<p><b>x<p>y</b>z", "<p><b>x</b></p><p><b>y</b>z</p>"),
        ("<b><p>x</b>y</p>", "<b><p>x</p></b><p>y</p>"),
        ("<p><a href=x><div>y</div></a>", "<p><a href=\"x\"></a></p><div><a href=\"x\">y</a></div>"),
        ("<a href=x>1<a href=y>2", "<a href=\"x\">1</a><a href=\"y\">2</a>"),
        ("<h1>a<h2>b</h1>c", "<h1>a</h1><h2>b</h2>c"),
        ("<pre>\n\n x</pre>", "<pre>\n\n x</pre>"),
        ("<ruby>a<rt>b<rp>c", "<ruby>a<rt>b</rt><rp>c</rp></ruby>"),
        ("<svg><circle/><p>x", "<p>x</p>"),
        ("<noscript><p>x</noscript>", "<p>x</p>"),
        ("<form action=x>a<input><button>b</button></form>", "ab"),
        ("<xmp><b></xmp>", "<pre>&lt;b&gt;</pre>"),
        ("<IMG SRC=a.png ALT='x \"y\"'>", "<img src=\"a.png\" alt=\"x &quot;y&quot;\">"),
        ("<video src=a.webm autoplay>", "<video src=\"a.webm\" controls=\"\" preload=\"none\"></video>"),
        (
            "<a href=http://w.test/ target=_blank rel=nofollow>x",
            "<a href=\"http://console.test/leave/687474703a2f2f772e746573742f\" rel=\"nofollow noopener noreferrer\">x</a>",
        ),
    ] {
        let document = judge::page(page.as_bytes());
        assert!(document.contains(&format!("<body>{body}</body>")), "{page} became {document}");
    }
    let document = judge::page(
        b"<html lang=fr><title> A\n&amp; B </title><body bgcolor=ff0000 text=blue background=a.png class=x><p>y",
    );
    assert!(document.starts_with("<!DOCTYPE html><html lang=\"fr\"><head>"), "{document}");
    assert!(document.contains("<title>A &amp; B</title>"), "{document}");
    let style = "background-color:#ff0000;color:blue;background-image:url(&quot;a.png&quot;)";
    assert!(document.contains(&format!("<body class=\"x\" style=\"{style}\"><p>y</p></body>")), "{document}");
}

#[test]
fn in_a_scope_the_page_cannot_name_what_is_around_it() {
    let context = judge::context(Some("roneo-page"));
    let page = html(
        b"<style>body{margin:0}nav{display:none}</style><body id=x class='roneo-bar y'><p id=roneo-page><p id=Roneo-Bar><p name=z id=w>",
        None,
        &context,
    );
    let document = page.expect("short").document(context.scope);
    assert!(document.contains("<style>#roneo-page{margin:0}#roneo-page nav{display:none}</style>"), "{document}");
    let body = "<body><div id=\"roneo-page\" class=\"y\"><p></p><p></p><p id=\"w\"></p></div></body>";
    assert!(document.contains(body), "{document}");
}
