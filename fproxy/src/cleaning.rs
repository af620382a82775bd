//! What pictures say of their makers, taken out before they are inserted.

use std::io::{self, Write};

use roneo_filter::{
    CannotStrip, Format, HEAD_LEN, Kind, MAX_PICTURE_LEN, Report, Treatment, picture, strip, treatment,
};

use crate::spool::{Spool, Spooled};

/// What is done about what files say of their makers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Metadata {
    /// It is taken out where that changes nothing else.
    #[default]
    Strip,
    /// Pictures are made anew from their pixels.
    Anew,
    /// It stays.
    Keep,
}

/// What became of a file.
pub(crate) enum Cleaned {
    /// It says nothing that could be taken out.
    AsItWas,
    /// Something was taken out. The media type is another one where the picture was made anew in another format.
    Without(Spooled, &'static str),
    /// It may say something, which stays.
    Uncleaned,
    /// It is a picture that does not hold together.
    Damaged,
}

/// Takes out of a file what it says of its maker. Blocks; seconds for the largest pictures.
///
/// # Errors
/// The disk.
pub(crate) fn clean(file: &Spooled, media_type: &str, how: Metadata, spool: &mut Spool) -> io::Result<Cleaned> {
    if how == Metadata::Keep {
        return Ok(Cleaned::AsItWas);
    }
    let mut head = Vec::with_capacity(HEAD_LEN);
    io::Read::read_to_end(&mut io::Read::take(file.reader(), HEAD_LEN as u64), &mut head)?;
    let Some(format) = Format::of(&head) else { return Ok(without_a_picture(&head, media_type)) };
    if file.length > MAX_PICTURE_LEN as u64 {
        return Ok(Cleaned::Uncleaned);
    }
    let bytes = file.read_whole()?;
    let made = match how {
        Metadata::Anew => picture(&bytes).ok().map(|made| (made.bytes, made.report, made.format)),
        Metadata::Strip | Metadata::Keep => None,
    };
    let made = match made {
        Some(made) => made,
        None => match strip(&bytes) {
            Ok(stripped) => (stripped.bytes, stripped.report, format),
            Err(CannotStrip::Damaged) => return Ok(Cleaned::Damaged),
            Err(_) => return Ok(Cleaned::Uncleaned),
        },
    };
    let (clean, report, format) = made;
    if says_nothing(&report) && how == Metadata::Strip {
        return Ok(Cleaned::AsItWas);
    }
    let mut writer = spool.begin();
    Write::write_all(&mut writer, &clean)?;
    Ok(Cleaned::Without(writer.finish()?, format.media_type()))
}

fn says_nothing(report: &Report) -> bool {
    report.of(Kind::Metadata).count == 0 && report.of(Kind::Hidden).count == 0
}

/// Whether bytes are UTF-8, as far as they go.
fn is_text(head: &[u8]) -> bool {
    !head.contains(&0) && std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none())
}

/// Pages, style sheets and texts say what their author wrote, and no more.
fn without_a_picture(head: &[u8], media_type: &str) -> Cleaned {
    match treatment(head, media_type) {
        Treatment::Page | Treatment::Sheet | Treatment::Markdown | Treatment::Text => Cleaned::AsItWas,
        _ if is_text(head) && !head.starts_with(b"%PDF") => Cleaned::AsItWas,
        _ => Cleaned::Uncleaned,
    }
}
