//! From the wire format to JSON.

use serde_json::{Map, Value, json};

use super::schema::{Field, fields_of};
use crate::rules::base64;

/// What starts every body.
const MAGIC: &[u8] = b"k8s\0";

/// How a field is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    Bytes,
    /// A number or truth value that is always written: zero says nothing.
    Count,
    /// A number that is written only if it is given.
    Number,
    /// A truth value that is written only if it is given.
    Bool,
    TextMap,
    BytesMap,
    IntOrString,
    Message(&'static [Field]),
    List(&'static Self),
    /// Only the server says it.
    Ignored,
}

/// The body cannot be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// Of this kind, or with this field, only JSON is served.
    Unknown,
    /// It is damaged.
    Malformed,
}

type Result<T> = std::result::Result<T, Undecodable>;

/// The object in a body. A field that is not known here is refused rather than lost.
pub(crate) fn decode(body: &[u8]) -> Result<Value> {
    let envelope = body.strip_prefix(MAGIC).ok_or(Undecodable::Malformed)?;
    let (mut types, mut raw): (&[u8], &[u8]) = (&[], &[]);
    let mut reader = Reader(envelope);
    while let Some((number, wire)) = reader.field()? {
        match (number, wire) {
            (1, Wire::Bytes(bytes)) => types = bytes,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let types = message(types, &[(1, "apiVersion", Shape::Text), (2, "kind", Shape::Text)])?;
    let name = |member: &str| {
        types
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let fields = fields_of(name("apiVersion"), name("kind")).ok_or(Undecodable::Unknown)?;
    let mut object = message(raw, fields)?;
    object.extend(types);
    Ok(object.into())
}

fn message(bytes: &[u8], fields: &[Field]) -> Result<Map<String, Value>> {
    let mut members = Map::new();
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        let known = fields.iter().find(|(known, _, _)| *known == number);
        match known {
            Some((_, name, shape)) => add(&mut members, name, *shape, wire)?,
            None if wire.is_empty() => {}
            None => return Err(Undecodable::Unknown),
        }
    }
    Ok(members)
}

/// Adds a field to the members; what is empty is left out, as in JSON.
fn add(members: &mut Map<String, Value>, name: &str, shape: Shape, wire: Wire<'_>) -> Result<()> {
    match shape {
        Shape::Ignored => {}
        Shape::List(element) => {
            let list = members.entry(name).or_insert_with(|| json!([]));
            let element = value(*element, wire)?;
            list.as_array_mut()
                .ok_or(Undecodable::Malformed)?
                .push(element);
        }
        Shape::TextMap | Shape::BytesMap => {
            let element = if matches!(shape, Shape::TextMap) { Shape::Text } else { Shape::Bytes };
            let Wire::Bytes(bytes) = wire else { return Err(Undecodable::Malformed) };
            let mut entry = message(bytes, &[(1, "key", Shape::Text), (2, "value", element)])?;
            let key = entry.remove("key").unwrap_or_else(|| "".into());
            let map = members.entry(name).or_insert_with(|| json!({}));
            map[key.as_str().unwrap_or_default()] =
                entry.remove("value").unwrap_or_else(|| "".into());
        }
        _ => {
            let value = value(shape, wire)?;
            let empty = value == "" || value == json!({}) || value.is_null();
            if !empty {
                members.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

fn value(shape: Shape, wire: Wire<'_>) -> Result<Value> {
    Ok(match (shape, wire) {
        (Shape::Text, Wire::Bytes(bytes)) => std::str::from_utf8(bytes)
            .map_err(|_| Undecodable::Malformed)?
            .into(),
        (Shape::Bytes, Wire::Bytes(bytes)) => base64(bytes).into(),
        (Shape::Count, Wire::Varint(0)) => Value::Null,
        (Shape::Count | Shape::Number, Wire::Varint(number)) => number.cast_signed().into(),
        (Shape::Bool, Wire::Varint(number)) => (number != 0).into(),
        (Shape::Message(fields), Wire::Bytes(bytes)) => message(bytes, fields)?.into(),
        (Shape::IntOrString, Wire::Bytes(bytes)) => int_or_string(bytes)?,
        _ => return Err(Undecodable::Malformed),
    })
}

fn int_or_string(bytes: &[u8]) -> Result<Value> {
    let fields: &[Field] =
        &[(1, "type", Shape::Count), (2, "number", Shape::Number), (3, "text", Shape::Text)];
    let mut members = message(bytes, fields)?;
    let member = if members.contains_key("type") { "text" } else { "number" };
    Ok(members
        .remove(member)
        .filter(|value| *value != 0)
        .unwrap_or_default())
}

/// A field's content.
#[derive(Clone, Copy, Debug)]
enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

impl Wire<'_> {
    const fn is_empty(self) -> bool {
        matches!(self, Self::Varint(0) | Self::Bytes([]))
    }
}

/// The rest of a message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next field, or `None` at the end.
    fn field(&mut self) -> Result<Option<(u64, Wire<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let wire = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Undecodable::Malformed)?;
                let (bytes, rest) = self
                    .0
                    .split_at_checked(length)
                    .ok_or(Undecodable::Malformed)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            _ => return Err(Undecodable::Malformed),
        };
        Ok(Some((tag >> 3, wire)))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Undecodable::Malformed)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Undecodable::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `kubectl create configmap a --from-literal=k=v` sends, without the empty fields of its metadata.
    const CONFIG_MAP: &[u8] = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x0f\x0a\x05\x0a\x01a\x12\x00\x12\x06\x0a\x01k\x12\x01v\x1a\x00\x22\x00";

    #[test]
    fn a_generated_object_is_read() {
        let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
        assert_eq!(decode(CONFIG_MAP), Ok(expected));
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_refused() {
        for end in 0..CONFIG_MAP.len() {
            // Must not panic; a cut at the border of a field of the envelope still reads.
            let _ = decode(&CONFIG_MAP[..end]);
        }
        assert_eq!(decode(b"{}"), Err(Undecodable::Malformed));
        assert_eq!(decode(b"k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod"), Err(Undecodable::Unknown));
        let unknown_field = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x03\x4a\x01x";
        assert_eq!(decode(unknown_field), Err(Undecodable::Unknown));
    }
}
