//! Hostile files that are no text, or not only: what hides in pictures, what is two things at once, what says it is
//! something else, and what is larger than it looks.

use super::Vector;

/// What hides in each of these files. It reaches no browser but as text that is shown as text.
pub const CANARY: &str = "<script>/*roneo-canary*/alert(1)</script>";

/// Types that a file may be declared to have.
const DECLARED: [&str; 9] = [
    "",
    "application/octet-stream",
    "text/html",
    "text/css",
    "text/plain",
    "image/png",
    "image/svg+xml",
    "audio/mpeg",
    "application/pdf",
];

/// What stands behind the end of a picture, or before a page.
const TAILS: [(&str, &[u8]); 5] = [
    ("page", b"<!DOCTYPE html><html><body onload=alert(1)>"),
    ("archive", b"PK\x03\x04\x14\0\0\0\0\0index.html"),
    ("document", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
    ("program", b"\x7FELF\x02\x01\x01\0"),
    ("source", b"*/=1;alert(1)//"),
];

/// Every hostile file, by class.
#[must_use]
pub fn files() -> Vec<Vector> {
    let mut files = Vec::new();
    for (carrier, bytes) in carriers() {
        for declared in DECLARED {
            add(&mut files, format!("carrier/{carrier}/{declared}"), declared, bytes.clone());
        }
        for (tail, behind) in TAILS {
            for declared in ["image/png", "text/html"] {
                let whole = [&bytes, behind, CANARY.as_bytes()].concat();
                add(&mut files, format!("tail/{carrier}/{tail}/{declared}"), declared, whole);
            }
        }
    }
    for (sign, bytes) in disguises() {
        for declared in DECLARED {
            add(&mut files, format!("disguise/{sign}/{declared}"), declared, bytes.clone());
        }
    }
    for (name, media_type, bytes) in bombs() {
        add(&mut files, format!("bomb/{name}"), media_type, bytes);
    }
    files
}

/// A picture that is good to show, with a remark in it that is not.
#[must_use]
pub fn picture() -> Vec<u8> {
    png(48, 32, true)
}

fn add(files: &mut Vec<Vector>, name: String, media_type: &'static str, bytes: Vec<u8>) {
    files.push(Vector { name, media_type, bytes });
}

/// Good pictures of each format, each with the canary in a place of its own.
fn carriers() -> Vec<(&'static str, Vec<u8>)> {
    vec![("png", picture()), ("jpeg", jpeg()), ("gif", gif()), ("webp", webp())]
}

/// What begins like one thing and is another.
fn disguises() -> Vec<(&'static str, Vec<u8>)> {
    let page = CANARY.as_bytes();
    let behind = |head: &[u8]| [head, page].concat();
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(CANARY.bytes().flat_map(|byte| [byte, 0])).collect();
    vec![
        ("page", page.to_vec()),
        ("spaces", behind(b" \t\r\n\x0C")),
        ("mark", behind(b"\xEF\xBB\xBF")),
        ("utf-16", utf16),
        ("utf-7", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-".to_vec()),
        ("zeros", behind(&[0; 16])),
        ("gif", behind(b"GIF89a")),
        ("gif-source", behind(b"GIF89a/*")),
        ("png", behind(b"\x89PNG\r\n\x1a\n")),
        ("jpeg", behind(b"\xFF\xD8\xFF\xE0")),
        ("webp", behind(b"RIFF\xFF\0\0\0WEBPVP8 ")),
        ("bmp", behind(b"BM\0\0\0\0")),
        ("icon", behind(b"\0\0\x01\0\x01\0")),
        ("pdf", behind(b"%PDF-1.4\n")),
        ("zip", behind(b"PK\x03\x04")),
        ("gzip", behind(b"\x1F\x8B\x08\0\0\0\0\0")),
        ("ogg", behind(b"OggS\0\x02")),
        ("mp3", behind(b"ID3\x03\0\0\0\0\0\0\xFF\xFB")),
        ("mp4", behind(b"\0\0\0\x18ftypisom")),
        ("webm", behind(b"\x1A\x45\xDF\xA3")),
        ("wav", behind(b"RIFF\0\0\0\0WAVEfmt ")),
        ("flac", behind(b"fLaC")),
        ("xml", behind(b"<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='#a'?>")),
        ("drawing", behind(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>")),
        ("entities", behind(b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>")),
        ("flash", behind(b"CWS\x09")),
        ("wasm", behind(b"\0asm\x01\0\0\0")),
        ("link", behind(b"[InternetShortcut]\r\nURL=javascript:alert(1)\r\n")),
        ("mail", behind(b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n")),
    ]
}

/// What promises or unfolds to more than there is memory for.
fn bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut wide = picture();
    // Width and height stand at 16, and the sum over them at 29.
    wide[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let sum = crc(&wide[12..29]);
    wide[29..33].copy_from_slice(&sum.to_be_bytes());
    let mut canvas = gif();
    canvas[6..10].copy_from_slice(&[0xFF; 4]);
    let mut photo = jpeg();
    if let Some(frame) = photo.windows(2).position(|pair| pair == [0xFF, 0xC0]) {
        photo[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    }
    let nested = "<div>".repeat(100_000).into_bytes();
    let attributes = format!("<p {}>x", (0..100_000).map(|number| format!("a{number}=1 ")).collect::<String>());
    vec![
        ("png-of-16384-by-16384", "image/png", wide),
        ("gif-of-65535-by-65535", "image/gif", canvas),
        ("jpeg-of-65535-by-65535", "image/jpeg", photo),
        ("png-that-unfolds", "image/png", png(4_096, 4_096, false)),
        ("nesting", "text/html", nested),
        ("attributes", "text/html", attributes.into_bytes()),
        ("selectors", "text/css", format!("{}{{color:red}}", "a,".repeat(100_000)).into_bytes()),
        ("brackets", "text/css", "(".repeat(200_000).into_bytes()),
    ]
}

fn png(width: u32, height: u32, remark: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(::png::ColorType::Grayscale);
    if remark {
        // What the encoder refuses is left out: the picture is good without it.
        let _ = encoder.add_text_chunk("Comment".to_owned(), CANARY.to_owned());
    }
    let pixels: Vec<u8> = (0..width * height).map(|place| if remark { (place % width * 5) as u8 } else { 0 }).collect();
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(&pixels);
    }
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0".to_vec();
    exif.extend(CANARY.bytes());
    let _ = encoder.add_app_segment(1, exif);
    let _ = encoder.add_app_segment(13, CANARY.as_bytes().to_vec());
    let _ = encoder.encode(&[120; 16 * 16 * 3], 16, 16, jpeg_encoder::ColorType::Rgb);
    bytes
}

fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut encoder) = ::gif::Encoder::new(&mut bytes, 4, 4, &[255, 0, 0, 0, 0, 255]) {
        let _ = encoder.write_raw_extension(::gif::AnyExtension(0xFE), &[CANARY.as_bytes()]);
        let frame = ::gif::Frame { width: 4, height: 4, buffer: vec![1; 16].into(), ..Default::default() };
        let _ = encoder.write_frame(&frame);
    }
    bytes
}

fn webp() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.set_exif_metadata(CANARY.as_bytes().to_vec());
    let _ = encoder.encode(&[9; 8 * 8 * 4], 8, 8, image_webp::ColorType::Rgba8);
    bytes
}

/// PNG's sum over a chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PictureError, Treatment};
    use std::collections::HashSet;

    fn contains(bytes: &[u8]) -> bool {
        bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
    }

    #[test]
    fn carriers_are_good_and_carry() {
        for (name, bytes) in carriers() {
            assert!(contains(&bytes), "{name}");
            let made = crate::picture(&bytes).expect(name);
            assert!(!contains(&made.bytes), "{name}");
        }
        let names: HashSet<String> = files().into_iter().map(|file| file.name).collect();
        assert_eq!(names.len(), files().len());
    }

    /// Bytes decide, so nothing of a disguise is shown as a picture or recording, and no tail survives.
    #[test]
    fn nothing_that_hides_is_shown() {
        for Vector { name, media_type, bytes } in files() {
            match crate::treatment(&bytes, media_type) {
                Treatment::Picture(_) => match crate::picture(&bytes) {
                    Ok(made) => assert!(!contains(&made.bytes), "{name}"),
                    Err(error) => assert!(!name.starts_with("carrier/"), "{name}: {error}"),
                },
                Treatment::Recording(_) => assert!(!contains(&bytes), "{name} is sent as it is"),
                Treatment::Page | Treatment::Sheet | Treatment::Markdown | Treatment::Text => {
                    let textual = name.starts_with("disguise/") || name.starts_with("bomb/");
                    assert!(textual, "{name} is read as text");
                }
                Treatment::Download(_) => {}
            }
        }
    }

    #[test]
    fn bombs_do_not_go_off() {
        for (name, media_type, bytes) in bombs() {
            if name.contains("-of-") {
                assert_eq!(crate::picture(&bytes), Err(PictureError::TooLarge), "{name}");
                assert!(media_type.starts_with("image/"), "{name}");
            }
        }
    }
}
