//! Deterministic CBOR: one spelling for every value (RFC 8949, section 4.2.1), so that what is signed and what is
//! read are the same bytes.
//!
//! A subset: integers, byte strings, texts, booleans, arrays, and maps whose keys are texts. No floats, tags, null,
//! or lengths left open.

use std::cmp::Ordering;

use ciborium::Value;
use ciborium::de::from_reader_with_recursion_limit;
use serde::Serialize;

/// Arrays and maps within each other, at most.
pub const MAX_DEPTH: usize = 8;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// More bytes than this kind of thing has.
    #[error("it is longer than any such thing may be")]
    TooLong,
    /// No CBOR, fields missing or of another type, or not spelled the one way there is.
    #[error("it is not laid out as it should be")]
    Malformed,
    /// A field beyond its bounds, by name.
    #[error("its field `{0}` is not within its bounds")]
    Field(&'static str),
    /// Written by a later version of this format.
    #[error("it was made by a newer Roneo: update to read it")]
    Newer,
}

/// The one spelling of a value.
///
/// # Panics
/// For a type that serializes to what the subset lacks: those of this crate do not.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut value = Value::serialized(value).expect("the types of this crate are values");
    sort(&mut value);
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).expect("a vector takes every byte");
    bytes
}

/// Reads any value of the subset.
///
/// # Errors
/// [`FormatError::TooLong`] beyond `max_len`, which bounds what is allocated; [`FormatError::Malformed`].
pub(crate) fn parse(bytes: &[u8], max_len: usize) -> Result<Value, FormatError> {
    if bytes.len() > max_len {
        return Err(FormatError::TooLong);
    }
    let value: Value = from_reader_with_recursion_limit(bytes, MAX_DEPTH + 2).map_err(|_| FormatError::Malformed)?;
    if is_plain(&value, MAX_DEPTH) { Ok(value) } else { Err(FormatError::Malformed) }
}

/// A field of a map.
pub(crate) fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, field)| field)
}

/// The version that a map says it has in its field `v`: looked at before anything else, since a later one may differ
/// in all the rest. 0 where there is none, which the reader then misses.
pub(crate) fn version(map: Option<&Value>) -> u64 {
    let version = map.and_then(|map| field(map, "v")).and_then(Value::as_integer);
    version.and_then(|version| u64::try_from(version).ok()).unwrap_or_default()
}

/// Whether a value is of the subset, each key once and in its place, and no deeper than `depth`.
fn is_plain(value: &Value, depth: usize) -> bool {
    match value {
        Value::Integer(number) => i64::try_from(*number).is_ok() || u64::try_from(*number).is_ok(),
        Value::Bytes(_) | Value::Text(_) | Value::Bool(_) => true,
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_plain(item, depth - 1)),
        Value::Map(fields) => {
            let ascending = fields.windows(2).all(|pair| order(&pair[0].0, &pair[1].0).is_lt());
            let plain = |(key, field): &(Value, Value)| key.is_text() && is_plain(field, depth - 1);
            depth > 0 && ascending && fields.iter().all(plain)
        }
        _ => false,
    }
}

/// Puts the fields of every map in their order.
fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Map(fields) => {
            fields.iter_mut().for_each(|(_, field)| sort(field));
            fields.sort_by(|(one, _), (other, _)| order(one, other));
        }
        _ => {}
    }
}

/// The order of encoded keys, byte by byte: of texts, first by length, since that is how each begins.
fn order(one: &Value, other: &Value) -> Ordering {
    let text = |value: &Value| value.as_text().map(str::as_bytes).unwrap_or_default().to_vec();
    let (one, other) = (text(one), text(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Numbers = BTreeMap<String, u64>;

    /// As every reader of this crate does.
    fn from_bytes<T: Serialize + serde::de::DeserializeOwned>(bytes: &[u8], max_len: usize) -> Result<T, FormatError> {
        let read: T = parse(bytes, max_len)?.deserialized().map_err(|_| FormatError::Malformed)?;
        if to_bytes(&read) == bytes { Ok(read) } else { Err(FormatError::Malformed) }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn short_keys_come_first() {
        let numbers = Numbers::from([("aa".to_owned(), 24), ("b".to_owned(), 23)]);
        assert_eq!(to_bytes(&numbers), hex("a261621762616118 18".replace(' ', "").as_str()));
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = "a261611762626218 18".replace(' ', "");
        assert!(from_bytes::<Numbers>(&hex(&good), 99).is_ok());
        let others = [
            ("a26262621818616117", "the order of keys"),
            ("a26161181762626218 18", "a number that is too wide"),
            ("bf61611762626218 18ff", "a length left open"),
            ("a26161176161 17", "a key twice"),
            ("a1616117f6", "bytes behind it"),
            ("a16161f97c00", "a float"),
            ("a16161c117", "a tag"),
            ("a10117", "a key that is no text"),
            ("a16161", "an end too early"),
            ("", "nothing"),
        ];
        for (bytes, what) in others {
            let read = from_bytes::<Numbers>(&hex(&bytes.replace(' ', "")), 99);
            assert_eq!(read, Err(FormatError::Malformed), "{what}");
        }
        assert_eq!(from_bytes::<Numbers>(&hex(&good), 3), Err(FormatError::TooLong));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert!(parse(&nested(MAX_DEPTH), 99).is_ok());
        assert!(parse(&nested(MAX_DEPTH + 1), 99).is_err());
        assert!(parse(&nested(60_000), 1 << 20).is_err());
    }

    proptest! {
        #[test]
        fn reading_after_writing_is_identity(numbers: BTreeMap<String, u64>) {
            let bytes = to_bytes(&numbers);
            prop_assert_eq!(from_bytes::<Numbers>(&bytes, bytes.len()).unwrap(), numbers);
        }

        #[test]
        fn no_bytes_stop_it(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes, 64);
        }
    }
}
