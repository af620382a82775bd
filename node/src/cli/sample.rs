//! What the demonstration has to read: a leaflet, a picture and a site, all made here.

/// The site's name, and that of its key.
pub(crate) const SITE_NAME: &str = "assemblee";

/// The site's front page.
const FRONT_PAGE: &str = r##"<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Assemblée des locataires</title><link rel="stylesheet" href="site.css"></head>
<body>
<header><h1>Assemblée des locataires</h1><p class="date">Jeudi à 18 h, salle des fêtes</p></header>
<img src="affiche.png" alt="L’affiche : un soleil rouge et violet qui se lève" width="480" height="480">
<h2>Ordre du jour</h2>
<ol><li>Le retrait du projet</li><li>La caisse</li><li>Les suites</li></ol>
<p>Venez, faites passer, recopiez. <a href="regles/">Comment nous décidons</a>.</p>
<p class="note">Ce site n’est hébergé nulle part : chaque nœud de ce réseau en garde des morceaux qu’il ne peut pas lire.
<a href="tract.txt">Le tract en texte</a>.</p>
</body></html>
"##;

/// Its second page.
const RULES: &str = r#"<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Comment nous décidons</title><link rel="stylesheet" href="../site.css"></head>
<body>
<header><h1>Comment nous décidons</h1></header>
<ul><li>Chacun parle une fois avant que quelqu’un parle deux fois.</li><li>Une décision se lit à voix haute avant le vote.</li>
<li>Le compte rendu paraît ici le lendemain.</li></ul>
<p><a href="../">Revenir à l’annonce</a></p>
</body></html>
"#;

/// How both look.
const SHEET: &str = "
body { max-width: 36rem; margin: 0 auto; padding: 1rem; font: 1.0625rem/1.55 Georgia, serif; color: #2b1a33 }
h1 { font: 700 2.5rem/1.05 Arial, sans-serif; color: #5b3f8c; margin: 0 }
h2 { font-family: Arial, sans-serif; color: #d83a34 }
header { border-bottom: 4px solid #5b3f8c; padding-bottom: .5rem; margin-bottom: 1rem }
.date { font-size: 1.25rem; font-weight: bold; margin: .3rem 0 0 }
.note { border-left: 4px solid #d83a34; padding-left: .8rem }
img { max-width: 100%; height: auto }
a { color: #5b3f8c }
";

/// The files of the site: path, media type, bytes; in the order of their paths.
pub(crate) fn site() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        (PICTURE_NAME, "image/png", picture()),
        ("index.html", "text/html", FRONT_PAGE.into()),
        ("regles/index.html", "text/html", RULES.into()),
        ("site.css", "text/css", SHEET.into()),
        (LEAFLET_NAME, "text/plain", LEAFLET.into()),
    ]
}

/// The leaflet's file name.
pub(crate) const LEAFLET_NAME: &str = "tract.txt";

/// The picture's file name.
pub(crate) const PICTURE_NAME: &str = "affiche.png";

/// The leaflet, in French and English.
pub(crate) const LEAFLET: &str = "\
ASSEMBLÉE GÉNÉRALE, JEUDI À 18 H, SALLE DES FÊTES

Ordre du jour : le retrait du projet, la caisse, les suites.
Venez, faites passer, recopiez. Ce tract n’est hébergé nulle part : chaque nœud
de ce réseau en garde des morceaux qu’il ne peut pas lire, et celui qui l’a
déposé peut s’éteindre sans qu’il disparaisse.

GENERAL ASSEMBLY, THURSDAY 6 PM, VILLAGE HALL

On the table: withdrawing the bill, the strike fund, what comes next.
Come, pass it on, copy it out. This leaflet is hosted nowhere: each node of this
network keeps pieces of it that it cannot read, and whoever left it here may
switch off without its going away.
";

/// Width and height of the picture, a multiple of the four pixels in a byte.
const SIDE: u32 = 480;

/// Paper, violet ink, red ink, and one over the other.
const PALETTE: [[u8; 3]; 4] = [[0xf6, 0xf1, 0xe4], [0x5b, 0x3f, 0x8c], [0xd8, 0x3a, 0x34], [0x4a, 0x1f, 0x3a]];

/// A rising sun in two inks, screened into dots as a duplicator prints it: a PNG of 58 kB, which is
/// more than one block.
pub(crate) fn picture() -> Vec<u8> {
    let mut rows = Vec::with_capacity((SIDE * (SIDE / 4 + 1)) as usize);
    for y in 0..SIDE {
        rows.push(0); // PNG filter: none.
        for x in (0..SIDE).step_by(4) {
            rows.push((0..4).fold(0, |byte, i| byte << 2 | ink(x + i, y)));
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
    header.extend([2, 3, 0, 0, 0]); // Two bits a pixel, from a palette.
    push_chunk(&mut png, b"IHDR", &header);
    push_chunk(&mut png, b"PLTE", PALETTE.as_flattened());
    push_chunk(&mut png, b"IDAT", &zlib_stored(&rows));
    push_chunk(&mut png, b"IEND", &[]);
    png
}

/// The palette's index at a place: violet is bit 0, red is bit 1.
fn ink(x: u32, y: u32) -> u8 {
    let (x, y) = (i64::from(x), i64::from(y));
    let side = i64::from(SIDE);
    let (dx, dy) = (x - side / 2, y - side * 2 / 3);
    let from_sun = dx * dx + dy * dy;
    let sun = y < side * 2 / 3 && from_sun < (side / 4).pow(2);
    // Rays: every other sector, by the slope alone; near the horizon they would be thinner than a dot.
    let ray = dx.abs() < 3 * -dy && from_sun > (side * 3 / 10).pow(2) && (dx * 8 / (dy.abs() + 1)).rem_euclid(2) == 0;
    let violet_tone = if y >= side * 2 / 3 { 30 + (y - side * 2 / 3) * 60 / side } else { (side - y) * 40 / side };
    let red_tone = if sun {
        85
    } else if ray {
        40
    } else {
        0
    };
    // The screens stand at different angles, so that the inks do not beat against each other.
    let violet = dot(x + y, x - y, 14) < violet_tone;
    let red = dot(3 * x + y, x - 3 * y, 30) < red_tone;
    u8::from(violet) | u8::from(red) << 1
}

/// How far a place is from the middle of its dot, in hundredths of the farthest.
fn dot(u: i64, v: i64, pitch: i64) -> i64 {
    let (u, v) = (u.rem_euclid(pitch) * 2 - pitch, v.rem_euclid(pitch) * 2 - pitch);
    (u * u + v * v) * 50 / (pitch * pitch)
}

fn push_chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    // A chunk's length is a part of this picture's, which fits by far.
    png.extend((data.len() as u32).to_be_bytes());
    let checked = png.len();
    png.extend(kind);
    png.extend(data);
    let crc = crc32(&png[checked..]);
    png.extend(crc.to_be_bytes());
}

/// The bytes as a zlib stream (RFC 1950) of stored deflate blocks (RFC 1951, 3.2.4).
fn zlib_stored(bytes: &[u8]) -> Vec<u8> {
    const MAX_STORED: usize = 65_535;
    let mut stream = vec![0x78, 0x01];
    let blocks = bytes.len().div_ceil(MAX_STORED);
    for (index, block) in bytes.chunks(MAX_STORED).enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(index + 1 == blocks));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(bytes).to_be_bytes());
    stream
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values of the two sums, as their definitions give them.
    #[test]
    fn sums_match_their_definitions() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn the_picture_is_larger_than_a_block_and_has_every_ink() {
        let png = picture();
        assert!(png.len() > 32_752 && png.len() < 100_000, "{}", png.len());
        for ink_index in 0..4 {
            assert!((0..SIDE).any(|y| (0..SIDE).any(|x| ink(x, y) == ink_index)), "{ink_index}");
        }
    }

    #[test]
    fn stored_blocks_hold_what_went_in() {
        let bytes: Vec<u8> = (0..70_000_u32).map(|i| i as u8).collect();
        let stream = zlib_stored(&bytes);
        assert_eq!(stream.len(), bytes.len() + 2 + 2 * 5 + 4);
        assert_eq!((stream[2], stream[7 + 65_535]), (0, 1));
    }
}
