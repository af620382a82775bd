//! Help, which needs no network.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use crate::console::{Frame, Section, Visit, answer};
use crate::trouble::Trouble;
use crate::words::{Language, Markup};

/// What there is help on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Read,
    Publish,
    Lend,
    Protection,
    Words,
}

/// A way to a topic.
struct Way {
    path: String,
    title: &'static str,
    summary: &'static str,
}

#[derive(Template)]
#[template(path = "help.html")]
struct ListPage {
    frame: Frame,
    topics: [Way; 5],
}

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    frame: Frame,
    title: &'static str,
    summary: &'static str,
    text: Markup,
    /// The topic after it; after the last, none.
    next: Option<Way>,
}

pub(crate) async fn list(visit: Visit) -> Response {
    answer(&ListPage { topics: Topic::ALL.map(|topic| topic.way(visit.w)), frame: visit.frame(Section::Help).await })
}

pub(crate) async fn topic(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let index = Topic::ALL.iter().position(|topic| topic.name() == name).ok_or(Trouble::NoSuchPage)?;
    let (topic, w) = (Topic::ALL[index], visit.w);
    Ok(answer(&TopicPage {
        title: topic.title(w),
        summary: topic.summary(w),
        text: topic.text(w),
        next: Topic::ALL.get(index + 1).map(|next| next.way(w)),
        frame: visit.frame(Section::Help).await,
    }))
}

impl Topic {
    const ALL: [Self; 5] = [Self::Read, Self::Publish, Self::Lend, Self::Protection, Self::Words];

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Lend => "lend",
            Self::Protection => "protection",
            Self::Words => "words",
        }
    }

    fn way(self, w: Language) -> Way {
        Way { path: format!("/help/{}", self.name()), title: self.title(w), summary: self.summary(w) }
    }

    fn title(self, w: Language) -> &'static str {
        match self {
            Self::Read => w.help_read_title(),
            Self::Publish => w.help_publish_title(),
            Self::Lend => w.help_lend_title(),
            Self::Protection => w.help_protection_title(),
            Self::Words => w.help_words_title(),
        }
    }

    fn summary(self, w: Language) -> &'static str {
        match self {
            Self::Read => w.help_read_summary(),
            Self::Publish => w.help_publish_summary(),
            Self::Lend => w.help_lend_summary(),
            Self::Protection => w.help_protection_summary(),
            Self::Words => w.help_words_summary(),
        }
    }

    fn text(self, w: Language) -> Markup {
        match self {
            Self::Read => w.help_read_html(),
            Self::Publish => w.help_publish_html(),
            Self::Lend => w.help_lend_html(),
            Self::Protection => w.help_protection_html(),
            Self::Words => w.help_words_html(),
        }
    }
}
