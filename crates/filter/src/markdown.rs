//! Markdown: made to HTML, which then goes the way of every foreign page.

use pulldown_cmark::{Options, Parser, html::push_html};

use crate::html::of_text;
use crate::{Context, MAX_TEXT_LEN, Page, TooLong, charset};

/// Rebuilds a text in Markdown (CommonMark, with tables, footnotes and struck text) as a page. HTML in it is filtered like any
/// other. `declared` is the charset of its media type, if it has one.
///
/// # Errors
/// [`TooLong`] above [`MAX_TEXT_LEN`].
pub fn markdown(bytes: &[u8], declared: Option<&str>, context: &Context<'_>) -> Result<Page, TooLong> {
    if bytes.len() > MAX_TEXT_LEN {
        return Err(TooLong);
    }
    let text = charset::decode(bytes, declared);
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut made = String::new();
    push_html(&mut made, Parser::new_ext(&text, options));
    Ok(of_text(&made, context))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::tests::Console;
    use crate::report::Kind;

    #[test]
    fn it_goes_the_way_of_every_page() {
        let context = Context { path: "a.md", links: &Console, scope: None };
        let text = b"# Caf\xe9\n\n* [x](b.md) <b onclick=x()>y</b>\n* [z](javascript:alert(1)) ![w](http://w.test/)\n\n<script>1</script>\n";
        let page = markdown(text, None, &context).expect("short");
        assert_eq!(
            page.body,
            "<h1>Caf\u{e9}</h1>\n<ul>\n<li><a href=\"b.md\">x</a> <b>y</b></li>\n<li><a>z</a> <img alt=\"w\"></li>\n</ul>\n\n"
        );
        let counts = [Kind::Script, Kind::Outside].map(|kind| page.report.of(kind).count);
        assert_eq!(counts, [3, 1]);
    }
}
