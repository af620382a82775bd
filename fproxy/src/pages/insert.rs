//! Putting files in.

use askama::Template;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use multer::{Constraints, Field, Multipart, SizeLimit};
use roneo_client::handle::InsertRequest;

use super::content::see_other;
use crate::console::{Frame, Section, Visit, answer};
use crate::media;
use crate::posted::TOKEN_FIELD;
use crate::spool::{Spool, SpoolSource};
use crate::trouble::Trouble;
use crate::words::Moment;

/// Where the form is sent.
const ACTION: &str = "/insert";

/// Bytes of a form with files, at most: what a browser sends in one go. `roneo put` takes more.
pub(crate) const FILES_LEN: u64 = 8 << 30;

/// Files of one form, at most.
pub(crate) const MAX_FILES: usize = 64;

/// Bytes of a field that is no file.
const FIELD_LEN: usize = 1024;

/// Bytes of a media type that an insert takes.
const MEDIA_TYPE_LEN: usize = 100;

/// Bytes of a name that an insert takes.
const NAME_LEN: usize = 255;

#[derive(Template)]
#[template(path = "insert.html")]
struct Page {
    frame: Frame,
    /// Whether names are left out, as it was chosen before.
    unnamed: bool,
    fault: Option<Fault>,
}

/// Why the form came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Its token was too old.
    Expired,
    /// No file was chosen.
    NoFile,
    /// More files than [`MAX_FILES`].
    TooMany,
    /// More bytes than [`FILES_LEN`].
    TooLong,
    /// It broke off.
    BrokenOff,
    /// The disk for temporary files is full, or fails.
    Disk,
}

/// What a form holds.
#[derive(Default)]
struct Taken {
    token: String,
    unnamed: bool,
    files: Vec<TakenFile>,
}

/// A file that was taken in whole.
struct TakenFile {
    name: String,
    media_type: String,
    length: u64,
    content: SpoolSource,
}

/// Why an upload ended.
enum Stopped {
    Fault(Fault),
    Trouble(Trouble),
}

pub(crate) async fn page(visit: Visit) -> Response {
    show(&visit, false, None).await
}

/// Takes the files of a form in, and then puts each in by itself.
pub(crate) async fn send(visit: Visit, request: Request) -> Result<Response, Trouble> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| Trouble::Form)?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(FILES_LEN));
    let mut form = Multipart::with_constraints(request.into_body().into_data_stream(), boundary, limits);
    let mut taken = Taken::default();
    match taken.take_all(&visit, &mut form).await {
        Ok(()) => put_in(&visit, taken).await,
        Err(Stopped::Fault(fault)) => {
            // A browser that is still sending shows our answer only once it was let finish.
            while let Ok(Some(mut field)) = form.next_field().await {
                while let Ok(Some(_)) = field.chunk().await {}
            }
            Ok(show(&visit, taken.unnamed, Some(fault)).await)
        }
        Err(Stopped::Trouble(trouble)) => Err(trouble),
    }
}

async fn put_in(visit: &Visit, taken: Taken) -> Result<Response, Trouble> {
    let mut jobs = Vec::with_capacity(taken.files.len());
    for TakenFile { name, media_type, length, content } in taken.files {
        let name = if taken.unnamed { String::new() } else { name };
        let request = InsertRequest { length, name, media_type, secret: None };
        jobs.push(visit.console.ask(visit.console.node.insert(request, Box::new(content))).await?);
    }
    Ok(match jobs.as_slice() {
        [job] => see_other(&format!("/transfers/{}", job.0)),
        _ => see_other("/transfers"),
    })
}

async fn show(visit: &Visit, unnamed: bool, fault: Option<Fault>) -> Response {
    let mut response = answer(&Page { frame: visit.frame(Section::Insert).await, unnamed, fault });
    *response.status_mut() = match fault {
        None => StatusCode::OK,
        Some(Fault::Expired) => StatusCode::FORBIDDEN,
        Some(Fault::NoFile | Fault::BrokenOff) => StatusCode::BAD_REQUEST,
        Some(Fault::TooMany | Fault::TooLong) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Fault::Disk) => StatusCode::INSUFFICIENT_STORAGE,
    };
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
    async fn take_all(&mut self, visit: &Visit, form: &mut Multipart<'_>) -> Result<(), Stopped> {
        let mut admitted = false;
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
                return Err(Stopped::Fault(Fault::TooMany));
            }
            let file = TakenFile::take(field, &file_name).await?;
            // A browser sends one without name and bytes where none was chosen.
            self.files.extend(Some(file).filter(|file| !file_name.is_empty() || file.length > 0));
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
        match &*name {
            TOKEN_FIELD => self.token = text,
            "unnamed" => self.unnamed = text == "yes",
            _ => {}
        }
        Ok(())
    }
}

impl TakenFile {
    async fn take(mut field: Field<'_>, file_name: &str) -> Result<Self, Stopped> {
        let media_type = field.content_type().map(|kind| kind.essence_str().to_owned());
        let mut spool = Spool::new().await.map_err(Stopped::disk)?;
        while let Some(bytes) = field.chunk().await? {
            spool.write(&bytes).await.map_err(Stopped::disk)?;
        }
        Ok(Self {
            name: insert_name(file_name),
            media_type: media_type.filter(|kind| kind.len() <= MEDIA_TYPE_LEN).unwrap_or_default(),
            length: spool.length(),
            content: spool.finish().await.map_err(Stopped::disk)?,
        })
    }
}

impl Stopped {
    fn disk(_: std::io::Error) -> Self {
        Self::Fault(Fault::Disk)
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
        Some(match self.fault? {
            Fault::Expired => w.insert_expired().to_owned(),
            Fault::NoFile => w.insert_no_file().to_owned(),
            Fault::TooMany => w.insert_too_many(MAX_FILES),
            Fault::TooLong => w.insert_too_long(w.bytes(FILES_LEN).to_string()),
            Fault::BrokenOff => w.insert_broken_off().to_owned(),
            Fault::Disk => w.insert_disk().to_owned(),
        })
    }
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
}
