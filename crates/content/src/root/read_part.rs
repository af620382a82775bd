use roneo_keys::{FORMAT_VERSION, InsertKey};

use super::{Body, KeepPart, READ_HEADER_LEN, Root, RootError, RootFault};
use crate::digest::Digest;
use crate::plan::Layout;

/// Longest name in a root, in bytes of UTF-8.
pub const MAX_NAME_LEN: usize = 255;
/// Longest media type in a root, in bytes.
pub const MAX_MEDIA_TYPE_LEN: usize = 100;

/// Where the name begins; the media type follows it.
const NAME_AT: usize = 108;
const _: () = assert!(NAME_AT + MAX_NAME_LEN + MAX_MEDIA_TYPE_LEN <= READ_HEADER_LEN);

/// Writes header and inline content to `text`, which is zero and has room for both.
pub(super) fn write(root: &Root, text: &mut [u8]) {
    let (name, media_type, digest) = (root.name.as_bytes(), root.media_type.as_bytes(), &root.digest);
    text[0] = FORMAT_VERSION;
    text[2] = name.len() as u8;
    text[3] = media_type.len() as u8;
    text[4..12].copy_from_slice(&digest.length.to_le_bytes());
    text[12..44].copy_from_slice(&digest.blake3);
    text[44..76].copy_from_slice(&digest.sha256);
    text[76..NAME_AT].copy_from_slice(root.insert_key.expose());
    let media_type_at = NAME_AT + name.len();
    text[NAME_AT..media_type_at].copy_from_slice(name);
    text[media_type_at..media_type_at + media_type.len()].copy_from_slice(media_type);
    if let Body::Inline(content) = &root.body {
        text[READ_HEADER_LEN..READ_HEADER_LEN + content.len()].copy_from_slice(content);
    }
}

/// Reads an opened read part, and puts it together with what the keep part lists.
pub(super) fn parse(text: &[u8], keep: KeepPart) -> Result<Root, RootError> {
    let (header, rest) = text.split_at_checked(READ_HEADER_LEN).ok_or(RootFault::Damaged)?;
    let (fields, names) = header.split_at(NAME_AT);
    // Flags are for the future, and so is what may one day stand behind the media type.
    if fields[0] != FORMAT_VERSION || fields[1] != 0 {
        return Err(RootError::Newer);
    }
    let (name, names) = names.split_at_checked(fields[2].into()).ok_or(RootFault::Name)?;
    let (media_type, padding) = names.split_at_checked(fields[3].into()).ok_or(RootFault::MediaType)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(RootError::Newer);
    }
    let name = String::from_utf8(name.to_vec()).map_err(|_| RootFault::Name)?;
    let media_type = String::from_utf8(media_type.to_vec()).map_err(|_| RootFault::MediaType)?;
    let digest =
        Digest { length: u64::from_le_bytes(field(fields, 4)), blake3: field(fields, 12), sha256: field(fields, 44) };
    let insert_key = InsertKey::from_bytes(field(fields, 76));
    let (body, padding) = body(keep, digest.length, rest)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(RootFault::Damaged.into());
    }
    Ok(Root::new(name, media_type, digest, insert_key, body)?)
}

/// The body, and what of `rest` is not content. A length that no inline content has is refused here
/// before it is believed.
fn body(keep: KeepPart, length: u64, rest: &[u8]) -> Result<(Body, &[u8]), RootError> {
    let listed = keep.listed().to_vec();
    match keep.layout() {
        Layout::Inline => {
            let length = usize::try_from(length).map_err(|_| RootFault::Layout)?;
            let (content, padding) = rest.split_at_checked(length).ok_or(RootFault::Layout)?;
            Ok((Body::Inline(content.to_vec()), padding))
        }
        Layout::Single => Ok((Body::Single(*listed.first().ok_or(RootFault::Layout)?), rest)),
        Layout::Segments => Ok((Body::Segments(listed), rest)),
        Layout::Indexed => Ok((Body::Indexed(listed), rest)),
    }
}

fn field<const N: usize>(fields: &[u8], at: usize) -> [u8; N] {
    fields[at..at + N].try_into().expect("a slice of N bytes")
}
