//! A post as pages show it, with what stands beside it.

use roneo_client::social::{CorrectionView, Placed, PostView, ReactionCount, Retracted, Version};
use roneo_keys::Uri;
use roneo_social::{Attachment, ReactionWord};

use super::{Who, fold_sentence, html_of};
use crate::console::Frame;
use crate::link::page_path;
use crate::words::{Language, Markup, Moment};

/// Levels to which answers are set in. What answers deeper stands at the last.
const MAX_LEVEL: usize = 3;

/// A moment, for people and for `datetime`.
pub(crate) struct Said {
    pub(crate) machine: String,
    pub(crate) words: String,
}

/// A post.
pub(crate) struct PostLine {
    pub(crate) id: String,
    /// Its place in the thread, counted from 1.
    pub(crate) number: usize,
    /// The page of its thread that has it.
    pub(crate) path: String,
    pub(crate) who: Who,
    pub(crate) own: bool,
    pub(crate) said: Said,
    pub(crate) read: bool,
    /// The post that begins its thread: itself, or another.
    root: String,
    /// That what it answers is not here; else empty.
    pub(crate) missing: &'static str,
    pub(crate) bookmarked: bool,
    /// The wording that stands; none where it was taken back.
    pub(crate) standing: Option<Wording>,
    /// Wordings before it, the newest first.
    pub(crate) earlier: Vec<Wording>,
    /// How often it was changed.
    pub(crate) edits: usize,
    /// That it was taken back, when and why; else empty.
    pub(crate) retracted: String,
    pub(crate) reactions: Vec<ReactionLine>,
    pub(crate) corrections: Vec<CorrectionLine>,
    /// Corrections that are not shown here.
    pub(crate) more_corrections: usize,
    /// Why it is folded, or nothing.
    pub(crate) fold: String,
    /// Labels that count and do not fold it.
    pub(crate) labels: Vec<String>,
    /// Lists to be ended and begun before it, so that it stands under what it answers.
    pub(crate) before: Markup,
}

/// What was written, once.
pub(crate) struct Wording {
    pub(crate) title: String,
    pub(crate) html: Markup,
    /// As in `lang`.
    pub(crate) lang: String,
    /// What readers are warned of, or nothing.
    pub(crate) warning: String,
    /// Why it was changed, or nothing.
    pub(crate) reason: String,
    pub(crate) said: Said,
    pub(crate) files: Vec<FileLine>,
}

/// A file beside a text. Nothing of it is loaded before somebody follows its link.
pub(crate) struct FileLine {
    pub(crate) path: String,
    /// What it shows, in its author's words; else its media type.
    pub(crate) name: String,
    pub(crate) size: String,
}

/// A word, and how many said it.
pub(crate) struct ReactionLine {
    pub(crate) word: &'static str,
    pub(crate) count: usize,
    /// Whether the user did.
    pub(crate) own: bool,
}

/// What somebody says is wrong.
pub(crate) struct CorrectionLine {
    pub(crate) who: Who,
    pub(crate) said: Said,
    pub(crate) html: Markup,
    pub(crate) lang: String,
    /// Addresses or names of sources, in a stranger's words.
    pub(crate) sources: Vec<String>,
}

impl Said {
    /// A moment by its seconds since 1970.
    pub(crate) fn of(frame: &Frame, unix: u64) -> Self {
        let moment = Moment::of_unix(unix);
        Self { words: frame.w.when(&moment, &frame.now), machine: moment.machine() }
    }
}

impl PostLine {
    pub(crate) fn of(frame: &Frame, post: &PostView, number: usize) -> Self {
        let w = frame.w;
        let id = post.id.to_text();
        let wording = |version: &Version| Wording::of(frame, version);
        let labels = post.labels.iter().filter(|_| post.fold.is_none());
        Self {
            number,
            path: format!("/threads/{id}#p{id}"),
            who: Who::of(w, &post.author),
            own: post.own,
            said: Said::of(frame, post.time),
            read: post.read,
            root: post.root.to_text(),
            missing: "",
            bookmarked: post.bookmarked,
            standing: post.standing.as_ref().map(wording),
            earlier: post.earlier.iter().map(wording).collect(),
            edits: post.versions.saturating_sub(1),
            retracted: post.retracted.as_ref().map(|taken| retracted(frame, taken)).unwrap_or_default(),
            reactions: post.reactions.iter().map(|each| ReactionLine::of(w, post.own_reaction, each)).collect(),
            corrections: post.corrections.iter().map(|each| CorrectionLine::of(frame, each)).collect(),
            more_corrections: post.correction_count.saturating_sub(post.corrections.len()),
            fold: post.fold.as_ref().map(|fold| fold_sentence(w, fold)).unwrap_or_default(),
            labels: labels.map(|label| super::label_sentence(w, label)).collect(),
            before: Markup::made(String::new()),
            id,
        }
    }

    /// Whether it begins its thread.
    pub(crate) fn begins(&self) -> bool {
        self.id == self.root
    }
}

/// Posts in their places, the first of them with this number, and what ends their lists.
pub(crate) fn placed(frame: &Frame, posts: &[Placed], first: usize) -> (Vec<PostLine>, Markup) {
    let mut nesting = Nesting::default();
    let line = |(at, placed): (usize, &Placed)| PostLine {
        before: nesting.step(placed.depth),
        missing: if placed.parent_missing { frame.w.post_parent_missing() } else { "" },
        ..PostLine::of(frame, &placed.post, first + at)
    };
    let lines = posts.iter().enumerate().map(line).collect();
    (lines, nesting.end())
}

/// The lists that are open where a thread is written, depth first.
#[derive(Default)]
struct Nesting {
    /// Depths of the posts above the next one, the shallowest first. The first of a part stands at the left, however
    /// deep it is.
    above: Vec<u32>,
    /// The level of the post before; none before the first.
    level: Option<usize>,
}

impl Nesting {
    /// What stands before a post of this depth.
    fn step(&mut self, depth: u32) -> Markup {
        while self.above.last().is_some_and(|above| *above >= depth) {
            self.above.pop();
        }
        // What answers the beginning stands as far left as it does: most of a thread does, and a narrow screen needs the room.
        let level = self.above.iter().filter(|above| **above > 0).count().min(MAX_LEVEL);
        self.above.push(depth);
        let markup = match self.level {
            None => "<li>".to_owned(),
            Some(before) if level > before => "<ol class=\"in\"><li>".to_owned(),
            Some(before) => format!("{}</li><li>", "</li></ol>".repeat(before - level)),
        };
        self.level = Some(level);
        Markup::made(markup)
    }

    /// What stands behind the last.
    fn end(self) -> Markup {
        Markup::made(self.level.map(|level| format!("{}</li>", "</li></ol>".repeat(level))).unwrap_or_default())
    }
}

fn retracted(frame: &Frame, taken: &Retracted) -> String {
    let when = Said::of(frame, taken.time).words;
    if taken.reason.is_empty() { frame.w.post_retracted(when) } else { frame.w.post_retracted_why(when, &taken.reason) }
}

impl Wording {
    fn of(frame: &Frame, version: &Version) -> Self {
        let file = |file: &Attachment| FileLine {
            path: page_path(&Uri::Chk(file.at.chk().clone())),
            name: if file.alt.is_empty() { file.media.clone() } else { file.alt.clone() },
            size: frame.w.bytes(file.len).to_string(),
        };
        Self {
            title: version.title.clone(),
            html: html_of(&version.text),
            lang: version.lang.clone(),
            warning: version.warning.clone(),
            reason: version.reason.clone(),
            said: Said::of(frame, version.time),
            files: version.files.iter().map(file).collect(),
        }
    }
}

impl ReactionLine {
    fn of(w: Language, own: Option<ReactionWord>, each: &ReactionCount) -> Self {
        Self { word: w.reaction(each.word), count: each.count, own: own == Some(each.word) }
    }
}

impl CorrectionLine {
    fn of(frame: &Frame, each: &CorrectionView) -> Self {
        Self {
            who: Who::of(frame.w, &each.author),
            said: Said::of(frame, each.time),
            html: html_of(&each.text),
            lang: each.lang.clone(),
            sources: each.sources.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The markup of a list of posts, each written as its depth.
    fn written(depths: &[u32]) -> String {
        let mut nesting = Nesting::default();
        let mut html = String::new();
        for depth in depths {
            html.push_str(&format!("{}{depth}", nesting.step(*depth)));
        }
        html + &nesting.end().to_string()
    }

    #[test]
    fn answers_are_set_in_to_three_levels_and_then_flat() {
        assert_eq!(
            written(&[0, 1, 2, 1, 1]),
            "<li>0</li><li>1<ol class=\"in\"><li>2</li></ol></li><li>1</li><li>1</li>"
        );
        let deep = written(&[0, 1, 2, 3, 4, 5, 1]);
        assert_eq!(deep.matches("<ol").count(), 3);
        assert!(deep.contains("4</li><li>5</li></ol></li></ol></li></ol></li><li>1"), "{deep}");
    }

    #[test]
    fn a_part_that_begins_in_the_middle_begins_at_the_left() {
        assert_eq!(written(&[3, 4, 3, 1]), "<li>3<ol class=\"in\"><li>4</li></ol></li><li>3</li><li>1</li>");
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn whatever_the_depths_every_list_ends() {
        for depths in [&[0, 5, 2, 7, 0][..], &[9, 0, 9, 0], &[u32::MAX, 0, u32::MAX]] {
            let html = written(depths);
            for element in ["ol", "li"] {
                let open = html.matches(&format!("<{element}")).count();
                assert_eq!(open, html.matches(&format!("</{element}>")).count(), "{html}");
            }
        }
    }
}
