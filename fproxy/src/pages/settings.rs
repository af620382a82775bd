//! Settings, made from the typed configuration.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use roneo_client::notice::Wanted;
use roneo_client::profile::{Effect, ProfileError, Setting, SettingKind};
use serde::Deserialize;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Language;

/// The section of what the pages do not know.
const OTHER: &str = "other";

/// Sections of the configuration, in the order of the page.
const SECTIONS: [&str; 6] = ["console", "boards", "disk", "traffic", "", OTHER];

/// Which setting was just kept.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    kept: String,
}

/// Settings that belong together.
struct Group {
    title: &'static str,
    lines: Vec<Line>,
}

/// One setting.
struct Line {
    name: String,
    /// The name, as an anchor.
    id: String,
    label: String,
    text: &'static str,
    effect: &'static str,
    value: String,
    /// Empty where anything can be typed.
    choices: Vec<Choice>,
    kept: bool,
    wrong: bool,
    /// What it may be, where it was wrong.
    wanted: String,
}

struct Choice {
    code: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    groups: Vec<Group>,
    /// Why the configuration cannot be read, or nothing.
    problem: String,
}

/// A value that was refused.
struct Refused<'a> {
    name: &'a str,
    value: &'a str,
    wanted: Wanted,
}

pub(crate) async fn page(visit: Visit, Query(Kept { kept }): Query<Kept>) -> Result<Response, Trouble> {
    show(&visit, &kept, None).await
}

pub(crate) async fn keep(
    State(console): State<Arc<Console>>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Trouble> {
    let (name, value) = (posted.text("name").to_owned(), posted.text("value").to_owned());
    let changed = if value.is_empty() {
        console.profile.unset(name.clone()).await
    } else {
        console.profile.set(name.clone(), value.clone()).await
    };
    match changed {
        Ok(setting) => Ok(see_other(&format!("/settings?kept={}#{}", setting.name, anchor(&setting.name)))),
        Err(ProfileError::Value { wanted, .. }) => {
            let mut page = show(&visit, "", Some(Refused { name: &name, value: &value, wanted })).await?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(visit: &Visit, kept: &str, refused: Option<Refused<'_>>) -> Result<Response, Trouble> {
    let frame = visit.frame(Section::Settings).await;
    let (settings, problem) = match visit.console.profile.settings().await {
        Ok(settings) => (settings, String::new()),
        Err(ProfileError::Config { line: Some(line), .. }) => (Vec::new(), frame.w.settings_problem_line(line)),
        Err(ProfileError::Config { line: None, .. }) => (Vec::new(), frame.w.settings_problem_file().to_owned()),
        Err(error) => return Err(error.into()),
    };
    let groups = SECTIONS.into_iter().map(|section| {
        let is_in = |setting: &&Setting| section_of(&setting.name) == section;
        let line = |setting: &Setting| Line::of(frame.w, setting, kept, refused.as_ref());
        Group { title: group_title(frame.w, section), lines: settings.iter().filter(is_in).map(line).collect() }
    });
    let groups = groups.filter(|group| !group.lines.is_empty()).collect();
    Ok(answer(&Page { frame, groups, problem }))
}

impl Line {
    fn of(w: Language, setting: &Setting, kept: &str, refused: Option<&Refused<'_>>) -> Self {
        let (label, text) = words(w, &setting.name)
            .map_or_else(|| (setting.name.clone(), w.setting_unknown()), |(label, text)| (label.to_owned(), text));
        let refused = refused.filter(|refused| refused.name == setting.name);
        let value = setting.value.clone().unwrap_or_default();
        let choice = |code: &str| Choice {
            code: code.to_owned(),
            name: choice_name(w, &setting.name, code),
            chosen: value == code,
        };
        let choices = match &setting.kind {
            SettingKind::Choice(codes) => codes.iter().map(|code| choice(code)).collect(),
            SettingKind::Switch => ["true", "false"].into_iter().map(choice).collect(),
            _ => Vec::new(),
        };
        Self {
            name: setting.name.clone(),
            id: anchor(&setting.name),
            label,
            text,
            effect: match setting.effect {
                Effect::AtOnce => w.setting_at_once(),
                Effect::NextStart => w.setting_next_start(),
                Effect::NewStore => w.setting_new_store(),
            },
            choices,
            kept: kept == setting.name,
            wrong: refused.is_some(),
            wanted: refused.map(|refused| w.wanted(&refused.wanted)).unwrap_or_default(),
            value: refused.map_or(value, |refused| refused.value.to_owned()),
        }
    }
}

fn anchor(name: &str) -> String {
    name.replace(['.', '_'], "-")
}

fn group_title(w: Language, section: &str) -> &'static str {
    match section {
        "console" => w.settings_console(),
        "boards" => w.settings_boards(),
        "disk" => w.settings_disk(),
        "traffic" => w.settings_traffic(),
        "" => w.settings_network(),
        _ => w.settings_other(),
    }
}

/// The section that a setting stands in here: those that the pages do not know share the last.
fn section_of(name: &str) -> &'static str {
    let own = name.rsplit_once('.').map_or("", |(section, _)| section);
    SECTIONS.into_iter().find(|section| *section == own).unwrap_or(OTHER)
}

/// A setting's name and meaning; `None` for one that these pages do not know yet.
fn words(w: Language, name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "network" => (w.setting_network(), w.setting_network_text()),
        "listen" => (w.setting_listen(), w.setting_listen_text()),
        "http" => (w.setting_http(), w.setting_http_text()),
        "join" => (w.setting_join(), w.setting_join_text()),
        "disk.quota" => (w.setting_quota(), w.setting_quota_text()),
        "traffic.upload_per_second" => (w.setting_upload(), w.setting_upload_text()),
        "traffic.download_per_second" => (w.setting_download(), w.setting_download_text()),
        "boards.reading" => (w.setting_reading(), w.setting_reading_text()),
        "boards.posting_delay" => (w.setting_delay(), w.setting_delay_text()),
        "console.language" => (w.display_language(), w.setting_language_text()),
        "console.theme" => (w.display_theme(), w.setting_theme_text()),
        "console.recent" => (w.setting_recent(), w.setting_recent_text()),
        "console.bookmark_checks" => (w.setting_checks(), w.setting_checks_text()),
        "console.first_run_done" => (w.setting_first_run(), w.setting_first_run_text()),
        _ => return None,
    })
}

/// Whether the pages have a setting's name and meaning in both languages. Settings are made below the
/// pages, and each is to have its words here.
#[must_use]
pub fn knows_setting(name: &str) -> bool {
    words(Language::French, name).is_some()
}

fn choice_name(w: Language, name: &str, code: &str) -> String {
    let name = match (name, code) {
        (_, "true") => w.setting_yes(),
        (_, "false") => w.setting_no(),
        ("network", "main") => w.setting_network_main(),
        ("network", "local") => w.setting_network_local(),
        ("boards.reading", "auto") => w.setting_reading_auto(),
        ("boards.reading", "usual") => w.setting_reading_usual(),
        ("boards.reading", "often") => w.setting_reading_often(),
        ("boards.posting_delay", "auto") => w.setting_delay_auto(),
        ("boards.posting_delay", "none") => w.setting_delay_none(),
        ("boards.posting_delay", "1m") => w.setting_delay_minute(),
        ("boards.posting_delay", "10m") => w.setting_delay_ten(),
        ("boards.posting_delay", "1h") => w.setting_delay_hour(),
        ("boards.posting_delay", "6h") => w.setting_delay_hours(),
        ("console.language", "auto") => w.display_language_auto(),
        ("console.theme", "auto") => w.display_theme_system(),
        ("console.theme", "light") => w.display_theme_light(),
        ("console.theme", "dark") => w.display_theme_dark(),
        ("console.theme", "contrast") => w.display_theme_contrast(),
        (_, code) => match Language::of_code(code) {
            Some(language) => language.own_name(),
            None => return code.to_owned(),
        },
    };
    name.to_owned()
}
