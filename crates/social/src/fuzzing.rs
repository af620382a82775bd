//! Doors for fuzz targets to what has no public one.

use crate::body::Body;
use crate::cbor;
use crate::envelope::MAX_ENVELOPE_LEN;

/// Reads a body that nobody signed: the first byte chooses its type.
///
/// # Panics
/// When a body that was read is not the one that would be written.
pub fn body(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let kind = Body::KINDS[usize::from(*choice) % Body::KINDS.len()];
    let Ok(fields) = cbor::parse(bytes, MAX_ENVELOPE_LEN) else { return };
    let Ok(body) = Body::from_fields(kind, fields) else { return };
    if body.check().is_ok() {
        let written = cbor::to_bytes(&body);
        let fields = cbor::parse(&written, usize::MAX).expect("what was written");
        assert_eq!(Body::from_fields(kind, fields).as_ref(), Ok(&body));
    }
}
