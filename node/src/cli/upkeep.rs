//! `roneo check`, `roneo repair` and `roneo keep`: keeping alive what one need not be able to read.

use std::fmt::Write as _;
use std::time::Duration;

use roneo_client::handle::{Condition, CopiesFound, JobId, JobKind, JobState, JobStatus, Report, SegmentFound};
use roneo_fproxy::api::NewUpkeep;
use roneo_keys::Uri;
use serde::Serialize;
use tokio::time::timeout;

use super::args::{Keep, Upkeep};
use super::client::Client;
use super::failure::{Exit, Failure};
use super::progress::{NodesWait, Progress};
use super::put::{follow, why};
use super::{Common, result};

/// Segments that are printed one by one. Of more, only those that are not healthy.
const FEW_SEGMENTS: usize = 12;
/// Segments that are not healthy and are printed one by one, at most.
const MAX_LINES: usize = 40;

/// What a check printed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Checked {
    /// The KEEP link of what was checked; nothing where a record holds the content itself.
    pub(crate) keep: Option<String>,
    #[serde(flatten)]
    pub(crate) report: Report,
}

/// What a repair printed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Repaired {
    /// The link that was given.
    pub(crate) uri: String,
    /// The KEEP link of what was repaired; nothing where a record holds the content itself.
    pub(crate) keep: Option<String>,
    /// `stored`, or `weak`.
    pub(crate) state: JobState,
    /// Of a site: which edition this is.
    pub(crate) edition: Option<u64>,
    /// What was made again.
    pub(crate) note: Option<String>,
}

/// Looks how what a link names is kept.
///
/// # Errors
/// A link that names nothing kept; content that was made wrong; too few nodes.
pub(crate) async fn check(client: &Client, args: &Upkeep, progress: &mut Progress) -> Result<Checked, Failure> {
    let status = end(client, JobKind::Check, args, progress).await?;
    let report = status.report.ok_or_else(|| Failure::failed("the node checked this without a report: update it"))?;
    Ok(Checked { keep: status.keep, report: *report })
}

/// Makes again and places what is missing of what a link names.
///
/// # Errors
/// As [`check`]; a part of which too little is left.
pub(crate) async fn repair(client: &Client, args: &Upkeep, progress: &mut Progress) -> Result<Repaired, Failure> {
    let JobStatus { keep, state, edition, note, link, .. } = end(client, JobKind::Repair, args, progress).await?;
    Ok(Repaired { uri: link.unwrap_or_default(), keep, state, edition, note })
}

/// The KEEP link of what a link names. Behind a name it is looked for; else no node is asked.
///
/// # Errors
/// As [`check`]; a name that leads to no content but its own.
pub(crate) async fn keep(
    connect: impl Fn() -> Result<Client, Failure>,
    args: &Keep,
    progress: &mut Progress,
) -> Result<String, Failure> {
    let uri: Uri = args.uri.parse()?;
    match &uri {
        Uri::Keep(_) => return Ok(uri.to_text()),
        Uri::Chk(chk) => return Ok(Uri::Keep(chk.keep_cap()).to_text()),
        _ => {}
    }
    let client = connect()?;
    // A check tells the link as soon as it has followed the name, and need not go on then.
    let job = client.upkeep(JobKind::Check, &NewUpkeep { uri: uri.to_text(), full: false }).await?;
    let found = until_known(&client, job, args.wait, progress).await;
    progress.clear();
    let _ = client.end(JobKind::Check, job).await;
    let status = found?;
    match (status.keep, status.error) {
        (Some(keep), _) => Ok(keep),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(Failure::refused(
            "this name's record holds the content itself: `roneo repair` with this very link keeps it",
        )),
    }
}

/// Prints what a check found; fails where the content is lost.
///
/// # Errors
/// A closed standard output; [`Exit::NotFound`] where it cannot be read now.
pub(crate) fn show_check(common: &Common, checked: &Checked) -> Result<(), Failure> {
    result(common, checked, || text(&checked.report))?;
    match checked.report.condition {
        Condition::Lost => Err(Failure::new(Exit::NotFound, "lost", format!("lost: {}", checked.report.advice))),
        _ => Ok(()),
    }
}

/// Prints what was repaired.
///
/// # Errors
/// A closed standard output.
pub(crate) fn show_repair(common: &Common, repaired: &Repaired, progress: &Progress) -> Result<(), Failure> {
    if let Some(note) = &repaired.note {
        progress.say(note);
    }
    result(common, repaired, || format!("{}\n", repaired.uri))
}

async fn end(client: &Client, kind: JobKind, args: &Upkeep, progress: &mut Progress) -> Result<JobStatus, Failure> {
    let uri: Uri = args.uri.parse()?;
    let job = client.upkeep(kind, &NewUpkeep { uri: uri.to_text(), full: args.full }).await?;
    let status = follow(client, kind, job, args.wait, &mut |status| progress.show(status)).await;
    progress.clear();
    let _ = client.end(kind, job).await;
    match status {
        Ok(status) if status.error.is_none() => Ok(status),
        failed => Err(why(failed)),
    }
}

/// Follows a check until it knows the KEEP link, or is over.
async fn until_known(client: &Client, job: JobId, wait_s: u64, progress: &mut Progress) -> Result<JobStatus, Failure> {
    let mut nodes_wait = NodesWait::seconds(wait_s);
    let mut status = client.job(JobKind::Check, job, None).await?;
    while status.keep.is_none() && !status.state.is_settled() {
        progress.show(&status);
        let left = nodes_wait.left(&status)?.unwrap_or(Duration::MAX);
        if let Ok(change) = timeout(left, client.job(JobKind::Check, job, Some(status.revision))).await {
            status = change?;
        }
    }
    Ok(status)
}

/// A report as a person reads it.
fn text(report: &Report) -> String {
    let mut text = format!("{}\n", report.condition.words());
    let mut line = |name: &str, found: &CopiesFound| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<12} {}", copies(found));
    };
    let parts = [("record", &report.record), ("root", &report.root), ("content", &report.single)];
    for (name, found) in parts.iter().filter_map(|(name, found)| found.as_ref().map(|found| (name, found))) {
        line(name, found);
    }
    for (number, found) in (1..).zip(&report.index_blocks) {
        line(&format!("index {number}"), found);
    }
    let total = report.segments.len() + report.unlisted as usize;
    let all = total <= FEW_SEGMENTS;
    let shown = |segment: &&SegmentFound| all || segment.condition != Condition::Healthy;
    for segment in report.segments.iter().filter(shown).take(MAX_LINES) {
        let _ = writeln!(text, "  {:<12} {}", format!("segment {}", segment.segment), pieces(segment));
    }
    if !all {
        let healthy = report.segments.iter().filter(|segment| segment.condition == Condition::Healthy).count();
        let _ = writeln!(text, "  {healthy} of {total} segments are listed as healthy; --json has all that is known");
    }
    let _ = writeln!(text, "{}", report.advice);
    text
}

fn copies(found: &CopiesFound) -> String {
    let CopiesFound { places, found, silent, .. } = *found;
    let silence = if silent > 0 { format!(", {silent} gave no answer") } else { String::new() };
    format!("{found} of {places} nodes asked have it{silence}")
}

fn pieces(segment: &SegmentFound) -> String {
    let SegmentFound { k, n, asked, found, silent, at_least, keep_list, .. } = segment;
    if *k == 0 {
        return format!("the list of its pieces is not found: {}", copies(keep_list));
    }
    let known = if asked < n {
        format!("{found} of {asked} pieces of a sample found: with 95 % at least {at_least} of {n} are there")
    } else {
        format!("{found} of {n} pieces found")
    };
    let silence = if *silent > 0 { format!(" ({silent} got no answer)") } else { String::new() };
    let list = match keep_list.condition {
        Condition::Healthy => String::new(),
        _ => format!("; of its list, {}", copies(keep_list)),
    };
    format!("{known}{silence}, {k} are needed{list}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies_found(found: usize, silent: usize, condition: Condition) -> CopiesFound {
        CopiesFound { places: 8, found, without: 8 - found - silent, silent, condition }
    }

    fn report() -> Report {
        let keep_list = copies_found(8, 0, Condition::Healthy);
        let whole = SegmentFound {
            segment: 1,
            k: 54,
            n: 111,
            copies: 3,
            asked: 8,
            found: 8,
            silent: 0,
            at_least: 78,
            keep_list,
            condition: Condition::Healthy,
        };
        let torn =
            SegmentFound { asked: 111, found: 60, silent: 3, at_least: 60, condition: Condition::InDanger, ..whole };
        let listless =
            SegmentFound { k: 0, keep_list: copies_found(0, 8, Condition::Lost), condition: Condition::Lost, ..torn };
        Report {
            condition: Condition::Lost,
            advice: "do it".to_owned(),
            sampled: true,
            record: None,
            root: Some(copies_found(5, 3, Condition::Weakened)),
            single: None,
            index_blocks: Vec::new(),
            segments: vec![whole, SegmentFound { segment: 2, ..torn }, SegmentFound { segment: 3, ..listless }],
            unlisted: 0,
        }
    }

    #[test]
    fn a_report_says_what_was_found_and_what_to_do() {
        let expected = "\
lost: it cannot be read now
  root         5 of 8 nodes asked have it, 3 gave no answer
  segment 1    8 of 8 pieces of a sample found: with 95 % at least 78 of 111 are there, 54 are needed
  segment 2    60 of 111 pieces found (3 got no answer), 54 are needed
  segment 3    the list of its pieces is not found: 0 of 8 nodes asked have it, 8 gave no answer
do it
";
        assert_eq!(text(&report()), expected);
    }

    #[test]
    fn of_many_segments_only_the_sick_are_printed() {
        let mut many = report();
        let whole = many.segments[0];
        many.segments.extend((4..=60).map(|segment| SegmentFound { segment, ..whole }));
        let text = text(&many);
        assert_eq!(text.lines().count(), 2 + 2 + 1 + 1);
        assert!(text.contains("58 of 60 segments are listed as healthy"));
    }

    #[test]
    fn json_has_every_segment() {
        let checked = Checked { keep: Some("KEEP@…".to_owned()), report: report() };
        let json = serde_json::to_value(&checked).unwrap();
        assert_eq!((json["condition"].as_str(), json["keep"].as_str()), (Some("lost"), Some("KEEP@…")));
        assert_eq!(json["segments"][1]["found"], 60);
        assert_eq!((&json["segments"][1]["k"], &json["segments"][1]["n"]), (&54.into(), &111.into()));
    }
}
