//! Putting files in: each by itself, or all as one folder, which may be an edition of a site.

use std::fmt;

use askama::Template;
use axum::extract::{Query, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;
use multer::{Constraints, Field, Multipart, SizeLimit};
use roneo_client::folder::{FileFault, KEY_FILE_START, NewFile, NewFolder, SiteName, is_left_out};
use roneo_client::handle::InsertRequest;
use roneo_client::profile::ProfileError;
use roneo_content::media_type;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::content::see_other;
use crate::cleaning::{Cleaned, Metadata, clean};
use crate::console::{Frame, Section, Visit, answer};
use crate::media;
use crate::posted::TOKEN_FIELD;
use crate::spool::{Spool, Spooled};
use crate::trouble::Trouble;
use crate::unpack::{self, MAX_FILES, UnpackError, unpack};
use crate::words::{Language, Moment};

/// Where the form is sent.
const ACTION: &str = "/insert";

/// Bytes of a form with files, at most: what a browser sends in one go. `roneo put` takes more.
pub(crate) const FILES_LEN: u64 = 8 << 30;

/// Files that get a link each, at most. A folder may have more.
const MAX_LINKS: usize = 64;

/// Bytes of a field that is no file.
const FIELD_LEN: usize = 1024;

/// Bytes of a media type that an insert takes.
const MEDIA_TYPE_LEN: usize = 100;

/// Bytes of a name that an insert takes.
const NAME_LEN: usize = 255;

/// Forms whose files are looked at, at one time: making a picture anew takes a few hundred megabytes.
static LOOKS: Semaphore = Semaphore::const_new(1);

/// The field of a folder.
const FOLDER_FIELD: &str = "folder";

/// What the form calls what files become.
const MAKES: [(&str, Make); 3] = [("links", Make::Links), ("folder", Make::Folder), ("site", Make::Site)];

/// What it calls what is done about what files say of their makers.
const METADATA: [(&str, Metadata); 3] =
    [("strip", Metadata::Strip), ("anew", Metadata::Anew), ("keep", Metadata::Keep)];

/// Refused files that the page names.
const MAX_REFUSED_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "insert.html")]
struct Page {
    frame: Frame,
    options: Options,
    /// Keys that can be published under.
    keys: Vec<String>,
    fault: Option<Fault>,
}

/// What a link to the page chooses already.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    key: String,
    site: String,
}

/// What is to be done with the files.
#[derive(Debug, Clone, Default)]
struct Options {
    make: Make,
    /// Names are left out of the links.
    unnamed: bool,
    metadata: Metadata,
    key: String,
    site: String,
}

/// What files become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Make {
    /// A link each.
    #[default]
    Links,
    /// One folder, with one link.
    Folder,
    /// An edition of a site.
    Site,
}

/// Why the form came back.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// Its token was too old.
    Expired,
    /// No file was chosen.
    NoFile,
    /// More files than [`MAX_FILES`], or [`MAX_LINKS`].
    TooMany(usize),
    /// More bytes than [`FILES_LEN`].
    TooLong,
    /// It broke off.
    BrokenOff,
    /// The disk for temporary files is full, or fails.
    Disk,
    /// An archive cannot be opened.
    Archive,
    /// An archive would become far more than it is.
    Bomb,
    /// A site without a key or a name.
    NoSite,
    /// Files that are not published, and why.
    Refused(Vec<(String, FileFault)>),
}

/// What a form holds.
#[derive(Default)]
struct Taken {
    token: String,
    options: Options,
    files: Vec<TakenFile>,
}

/// A file that was taken in whole.
struct TakenFile {
    /// Its path in a folder, or its name.
    path: String,
    media_type: String,
    head: Vec<u8>,
    content: Spooled,
}

/// What was taken out of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct TakenOut {
    /// Files that something was taken out of.
    cleaned: usize,
    /// Files that may say something still.
    uncleaned: usize,
}

/// Why an upload ended.
enum Stopped {
    Fault(Fault),
    Trouble(Trouble),
}

pub(crate) async fn page(visit: Visit, Query(Chosen { key, site }): Query<Chosen>) -> Response {
    let make = if key.is_empty() { Make::Links } else { Make::Site };
    show(&visit, Options { make, key, site, ..Options::default() }, None).await
}

/// Takes the files of a form in, looks at them, and then hands them to the node.
pub(crate) async fn send(visit: Visit, request: Request) -> Result<Response, Trouble> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| Trouble::Form)?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(FILES_LEN));
    let mut form = Multipart::with_constraints(request.into_body().into_data_stream(), boundary, limits);
    let mut taken = Taken::default();
    let spooled = match Spool::new().await {
        Ok(mut spool) => taken.take_all(&visit, &mut form, &mut spool).await.map(|()| spool),
        Err(error) => Err(Stopped::disk(error)),
    };
    if spooled.is_err() {
        // A browser that is still sending shows our answer only once it was let finish.
        while let Ok(Some(mut field)) = form.next_field().await {
            while let Ok(Some(_)) = field.chunk().await {}
        }
    }
    let options = taken.options.clone();
    let placed = match spooled {
        Ok(spool) => look_at_all(&visit, taken, spool).await,
        Err(stopped) => Err(stopped),
    };
    match placed {
        Ok(response) => Ok(response),
        Err(Stopped::Fault(fault)) => Ok(show(&visit, options, Some(fault)).await),
        Err(Stopped::Trouble(trouble)) => Err(trouble),
    }
}

/// Opens, refuses and cleans where waiting is allowed, and then goes on.
async fn look_at_all(visit: &Visit, taken: Taken, mut spool: Spool) -> Result<Response, Stopped> {
    let Ok(_turn) = LOOKS.acquire().await else { return Err(Stopped::Fault(Fault::Disk)) };
    let looked = spawn_blocking(move || taken.look_at_all(&mut spool)).await;
    // Decoders that panic are caught where they are called.
    let (taken, out) = looked.map_err(|_| Stopped::Fault(Fault::BrokenOff))?.map_err(Stopped::Fault)?;
    put_in(visit, taken, out).await
}

async fn put_in(visit: &Visit, taken: Taken, out: TakenOut) -> Result<Response, Stopped> {
    let Taken { options, files, .. } = taken;
    if options.make != Make::Links {
        return put_folder(visit, options, files, out).await;
    }
    let console = &visit.console;
    let mut jobs = Vec::with_capacity(files.len());
    for TakenFile { path, media_type, content, .. } in files {
        let name = if options.unnamed { String::new() } else { path };
        let request = InsertRequest { length: content.length, name, media_type, secret: None };
        jobs.push(console.ask(console.node.insert(request, Box::new(content.source()))).await?);
    }
    Ok(match jobs.as_slice() {
        [job] => see_other(&format!("/transfers/{}{out}", job.0)),
        _ => see_other(&format!("/transfers{out}")),
    })
}

async fn put_folder(
    visit: &Visit,
    options: Options,
    mut files: Vec<TakenFile>,
    out: TakenOut,
) -> Result<Response, Stopped> {
    let name = take_common_directory(&mut files).unwrap_or_default();
    let site = (options.make == Make::Site).then_some(SiteName { key: options.key, site: options.site });
    let files = files.into_iter().map(|TakenFile { path, media_type, content, .. }| NewFile {
        path,
        media_type,
        length: content.length,
        blake3: content.blake3,
        content: Box::new(content),
    });
    let folder = NewFolder { name, files: files.collect(), site };
    match visit.console.profile.put_folder(folder).await {
        Ok(id) => Ok(see_other(&format!("/folders/{}{out}", id.0))),
        Err(ProfileError::Files(faults)) => Err(Stopped::Fault(Fault::Refused(faults))),
        Err(error) => Err(Stopped::Trouble(error.into())),
    }
}

/// Takes away the directory that all files lie in: a browser and an archiver send the folder itself along.
fn take_common_directory(files: &mut [TakenFile]) -> Option<String> {
    let (first, _) = files.first()?.path.split_once('/')?;
    let first = first.to_owned();
    let below = |path: &str| path.strip_prefix(&*first).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
    let paths: Option<Vec<String>> = files.iter().map(|file| below(&file.path)).collect();
    for (file, path) in files.iter_mut().zip(paths?) {
        file.path = path;
    }
    Some(first)
}

async fn show(visit: &Visit, options: Options, fault: Option<Fault>) -> Response {
    let frame = visit.frame(Section::Insert).await;
    let keys = visit.console.profile.keys().await.unwrap_or_default();
    let keys = keys.into_iter().filter(|key| key.sound).map(|key| key.name).collect();
    let status = match &fault {
        None => StatusCode::OK,
        Some(Fault::Expired) => StatusCode::FORBIDDEN,
        Some(Fault::NoFile | Fault::BrokenOff | Fault::Archive | Fault::NoSite | Fault::Refused(_)) => {
            StatusCode::BAD_REQUEST
        }
        Some(Fault::TooMany(_) | Fault::TooLong | Fault::Bomb) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Fault::Disk) => StatusCode::INSUFFICIENT_STORAGE,
    };
    let mut response = answer(&Page { frame, options, keys, fault });
    *response.status_mut() = status;
    response
}

/// The name that goes with the content: that of the file, without its directories.
fn insert_name(file_name: &str) -> String {
    let mut name = media::clean(file_name);
    while name.len() > NAME_LEN {
        name.pop();
    }
    name
}

impl Taken {
    async fn take_all(&mut self, visit: &Visit, form: &mut Multipart<'_>, spool: &mut Spool) -> Result<(), Stopped> {
        let mut admitted = false;
        let mut from_folder = false;
        while let Some(field) = form.next_field().await? {
            let Some(file_name) = field.file_name().map(str::to_owned) else {
                self.take_text(field).await?;
                continue;
            };
            // The token stands before the files, so that nothing is taken in for a stranger.
            admitted = admitted || visit.console.forms.admits(ACTION, &self.token, Moment::now().unix());
            if !admitted {
                return Err(Stopped::Fault(Fault::Expired));
            }
            if self.files.len() == MAX_FILES {
                return Err(Stopped::Fault(Fault::TooMany(MAX_FILES)));
            }
            let is_folder = field.name() == Some(FOLDER_FIELD);
            let file = TakenFile::take(field, &file_name, spool).await?;
            // A browser sends one without name and bytes where none was chosen.
            if !file_name.is_empty() || file.content.length > 0 {
                from_folder |= is_folder;
                self.files.push(file);
            }
        }
        if from_folder && self.options.make == Make::Links {
            // Whoever chose a folder wants one thing.
            self.options.make = Make::Folder;
        }
        if self.files.is_empty() { Err(Stopped::Fault(Fault::NoFile)) } else { Ok(()) }
    }

    async fn take_text(&mut self, mut field: Field<'_>) -> Result<(), Stopped> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(bytes) = field.chunk().await? {
            text.extend(bytes);
            if text.len() > FIELD_LEN {
                return Err(Stopped::Trouble(Trouble::Form));
            }
        }
        let text = String::from_utf8(text).map_err(|_| Stopped::Trouble(Trouble::Form))?;
        let options = &mut self.options;
        match (&*name, &*text) {
            (TOKEN_FIELD, _) => self.token = text,
            ("unnamed", answer) => options.unnamed = answer == "yes",
            ("make", make) => options.make = named(&MAKES, make).unwrap_or_default(),
            ("metadata", metadata) => options.metadata = named(&METADATA, metadata).unwrap_or_default(),
            ("key", key) => options.key = key.trim().to_owned(),
            ("site", site) => options.site = site.trim().to_owned(),
            _ => {}
        }
        Ok(())
    }

    /// Opens an archive, leaves out what is hidden, refuses what must not be published, and takes out what files say
    /// of their makers. Nothing is sent before all of it went well. Blocks.
    fn look_at_all(mut self, spool: &mut Spool) -> Result<(Self, TakenOut), Fault> {
        let options = &self.options;
        if options.make == Make::Site && (options.key.is_empty() || options.site.is_empty()) {
            return Err(Fault::NoSite);
        }
        if options.make == Make::Links {
            if self.files.len() > MAX_LINKS {
                return Err(Fault::TooMany(MAX_LINKS));
            }
            self.files.iter_mut().for_each(|file| file.path = insert_name(&file.path));
        } else {
            self.files = opened(self.files, spool)?;
            self.files.retain(|file| !is_left_out(&file.path));
            self.files.iter_mut().for_each(TakenFile::name_type_by_path);
        }
        if self.files.is_empty() {
            return Err(Fault::NoFile);
        }
        let keys = self.files.iter().filter(|file| file.head.starts_with(KEY_FILE_START));
        let mut refused: Vec<_> = keys.map(|file| (file.path.clone(), FileFault::Key)).collect();
        let mut out = TakenOut::default();
        for file in &mut self.files {
            match file.clean(self.options.metadata, spool).map_err(|_| Fault::Disk)? {
                Cleaned::AsItWas => {}
                Cleaned::Without(..) => out.cleaned += 1,
                Cleaned::Uncleaned => out.uncleaned += 1,
                Cleaned::Damaged => refused.push((file.path.clone(), FileFault::Damaged)),
            }
        }
        if refused.is_empty() { Ok((self, out)) } else { Err(Fault::Refused(refused)) }
    }
}

/// The files of a folder: where it is one archive, what is in that. Blocks.
fn opened(files: Vec<TakenFile>, spool: &mut Spool) -> Result<Vec<TakenFile>, Fault> {
    match files.as_slice() {
        [archive] if archive.head.starts_with(unpack::SIGNATURE) => {
            Ok(unpack(&archive.content, spool)?.into_iter().map(TakenFile::from).collect())
        }
        _ => Ok(files),
    }
}

impl TakenFile {
    async fn take(mut field: Field<'_>, file_name: &str, spool: &mut Spool) -> Result<Self, Stopped> {
        let media_type = field.content_type().map(|kind| kind.essence_str().to_owned());
        let mut writer = spool.begin();
        let mut head = Vec::new();
        while let Some(bytes) = field.chunk().await? {
            head.extend(bytes.iter().take(unpack::HEAD_LEN - head.len()));
            writer.write(&bytes).await.map_err(Stopped::disk)?;
        }
        Ok(Self {
            path: file_name.to_owned(),
            media_type: media_type.filter(|kind| kind.len() <= MEDIA_TYPE_LEN).unwrap_or_default(),
            head,
            content: writer.finish().map_err(Stopped::disk)?,
        })
    }

    /// In a folder a type goes by the ending of a name, as on the command line: browsers guess it by other lists.
    fn name_type_by_path(&mut self) {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.media_type = media_type::of_name(name).to_owned();
    }

    fn clean(&mut self, how: Metadata, spool: &mut Spool) -> std::io::Result<Cleaned> {
        let cleaned = clean(&self.content, &self.media_type, how, spool)?;
        if let Cleaned::Without(content, media_type) = &cleaned {
            (self.content, self.media_type) = (content.clone(), (*media_type).to_owned());
        }
        Ok(cleaned)
    }
}

impl From<unpack::Unpacked> for TakenFile {
    fn from(unpack::Unpacked { path, content, head }: unpack::Unpacked) -> Self {
        Self { path, media_type: String::new(), head, content }
    }
}

impl TakenOut {
    /// What was taken out, and what was not, in words.
    pub(crate) fn sentences(self, w: Language) -> Vec<String> {
        let cleaned = (self.cleaned > 0).then(|| w.insert_cleaned(self.cleaned));
        let uncleaned = (self.uncleaned > 0).then(|| w.insert_uncleaned(self.uncleaned));
        cleaned.into_iter().chain(uncleaned).collect()
    }
}

/// As the query of the page that tells of it.
impl fmt::Display for TakenOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { cleaned: 0, uncleaned: 0 } => Ok(()),
            Self { cleaned, uncleaned } => write!(formatter, "?cleaned={cleaned}&uncleaned={uncleaned}"),
        }
    }
}

impl Stopped {
    fn disk(_: std::io::Error) -> Self {
        Self::Fault(Fault::Disk)
    }
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<UnpackError> for Fault {
    fn from(error: UnpackError) -> Self {
        match error {
            UnpackError::Files(faults) => Self::Refused(faults),
            UnpackError::Damaged => Self::Archive,
            UnpackError::TooMany => Self::TooMany(MAX_FILES),
            UnpackError::TooLong => Self::Bomb,
            UnpackError::Disk => Self::Disk,
        }
    }
}

impl From<multer::Error> for Stopped {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
                Self::Fault(Fault::TooLong)
            }
            multer::Error::IncompleteStream
            | multer::Error::IncompleteFieldData { .. }
            | multer::Error::StreamReadFailed(_) => Self::Fault(Fault::BrokenOff),
            _ => Self::Trouble(Trouble::Form),
        }
    }
}

impl Page {
    /// What to say above the form.
    fn said(&self) -> Option<String> {
        let w = self.frame.w;
        Some(match self.fault.as_ref()? {
            Fault::Expired => w.insert_expired().to_owned(),
            Fault::NoFile => w.insert_no_file().to_owned(),
            Fault::TooMany(most) => w.insert_too_many(*most),
            Fault::TooLong => w.insert_too_long(w.bytes(FILES_LEN).to_string()),
            Fault::BrokenOff => w.insert_broken_off().to_owned(),
            Fault::Disk => w.insert_disk().to_owned(),
            Fault::Archive => w.insert_archive().to_owned(),
            Fault::Bomb => w.insert_bomb().to_owned(),
            Fault::NoSite => w.insert_no_site().to_owned(),
            Fault::Refused(files) => w.insert_refused(files.len()),
        })
    }

    /// The refused files that are named, with what to do.
    fn refused(&self) -> Vec<(&str, &'static str)> {
        let Some(Fault::Refused(files)) = &self.fault else { return Vec::new() };
        files.iter().take(MAX_REFUSED_SHOWN).map(|(path, fault)| (&**path, self.frame.w.file_fault(*fault))).collect()
    }

    /// How many are refused besides.
    fn refused_more(&self) -> usize {
        match &self.fault {
            Some(Fault::Refused(files)) => files.len().saturating_sub(MAX_REFUSED_SHOWN),
            _ => 0,
        }
    }

    fn makes(&self, make: &str) -> bool {
        named(&MAKES, make) == Some(self.options.make)
    }

    fn does(&self, metadata: &str) -> bool {
        named(&METADATA, metadata) == Some(self.options.metadata)
    }
}

/// The choice of that name.
fn named<T: Copy>(choices: &[(&str, T)], name: &str) -> Option<T> {
    choices.iter().find(|(known, _)| *known == name).map(|(_, choice)| *choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_name_and_not_its_place() {
        assert_eq!(insert_name("C:\\Users\\zola\\tract.txt"), "tract.txt");
        assert_eq!(insert_name("../../été.png"), "été.png");
        assert!(insert_name(&"é".repeat(300)).len() <= NAME_LEN);
        assert!(insert_name(&"\u{10348}".repeat(100)).len() <= NAME_LEN);
    }

    #[tokio::test]
    async fn the_folder_itself_is_no_part_of_what_is_in_it() {
        let mut spool = Spool::new().await.unwrap();
        let content = spool.begin().finish().unwrap();
        for (paths, name, expected) in [
            (["site/a", "site/b/c"], Some("site"), ["a", "b/c"]),
            (["site/a", "sites/b"], None, ["site/a", "sites/b"]),
            (["site/a", "b"], None, ["site/a", "b"]),
        ] {
            let file = |path: &str| TakenFile {
                path: path.to_owned(),
                media_type: String::new(),
                head: Vec::new(),
                content: content.clone(),
            };
            let mut files = paths.map(file);
            assert_eq!(take_common_directory(&mut files).as_deref(), name);
            assert_eq!(files.each_ref().map(|file| &*file.path), expected);
        }
    }
}
