//! Valid objects, and what random changes make of them.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One object of each kind and shape.
pub(crate) fn examples() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../krake-core/tests/it/examples.json")).unwrap()
}

/// A change of one place in a JSON value.
#[derive(Clone, Debug)]
enum Change {
    /// Something else comes into its place.
    Replace(Value),
    /// It goes.
    Remove,
    /// A copy of another place comes into its place.
    Copy(Index),
    /// It comes twice: in a list once more, in an object also under another name.
    Double(String),
    /// It goes so many lists or objects deeper.
    Nest(u8, bool),
}

/// Bytes that are printed as the text that they mostly are.
#[derive(Clone)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}

/// A text that somebody did not expect.
pub(crate) fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("null".to_owned()),
        Just("x".repeat(300)),
        Just("2026-11-22T13:32:56.5+23:59".to_owned()),
        Just("9999-12-31T23:59:59-23:59".to_owned()),
        Just("a\0b".to_owned()),
        "[0-9+. e-]{0,24}",
        "[a-z./:_-]{0,12}",
        "\\PC{0,12}",
        prop::sample::select(vec![
            "true", "nan", "static", "type", "PENDING", "DELETED", "GET", "a is b"
        ])
        .prop_map(str::to_owned),
    ]
}

/// A value that somebody did not expect.
pub(crate) fn odd_value() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![0.0, -0.0, 1e300, -1e300, 5e-324, 0.1, 1e18, 9.1e18, 1.9e19])
            .prop_map(Value::from),
        odd_text().prop_map(Value::from),
    ];
    simple.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(odd_text(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => odd_value().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        2 => any::<Index>().prop_map(Change::Copy),
        1 => odd_text().prop_map(Change::Double),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(levels, list)| Change::Nest(levels, list)),
    ]
}

/// A valid object after some changes, of none to many.
pub(crate) fn mutated() -> impl Strategy<Value = Value> {
    let changes = prop::collection::vec((any::<Index>(), change()), 0..6);
    (prop::sample::select(examples()), changes).prop_map(|(mut value, changes)| {
        for (place, change) in changes {
            apply(&mut value, place, change);
        }
        value
    })
}

/// The same, as text, perhaps with some bytes that are others.
pub(crate) fn mutated_text() -> impl Strategy<Value = Text> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:\\0e-".to_vec())];
    let edits = prop::collection::vec((any::<Index>(), byte), 0..3);
    let edits = prop_oneof![3 => Just(Vec::new()), 1 => edits];
    (mutated(), edits).prop_map(|(value, edits)| {
        let mut text = value.to_string().into_bytes();
        for (place, byte) in edits {
            let place = place.index(text.len());
            text[place] = byte;
        }
        Text(text)
    })
}

fn apply(value: &mut Value, place: Index, change: Change) {
    let places = places(value);
    let at = &places[place.index(places.len())];
    let copy = match &change {
        Change::Copy(from) => value.pointer(&places[from.index(places.len())]).cloned(),
        _ => value.pointer(at).cloned(),
    };
    let copy = copy.unwrap_or_default();
    match change {
        Change::Replace(other) => *value.pointer_mut(at).unwrap() = other,
        Change::Copy(_) => *value.pointer_mut(at).unwrap() = copy,
        Change::Nest(levels, is_list) => {
            let nest = |inner, _| if is_list { json!([inner]) } else { json!({ "x": inner }) };
            *value.pointer_mut(at).unwrap() = (0..levels).fold(copy, nest);
        }
        Change::Remove | Change::Double(_) => {
            let Some((container, name)) = at.rsplit_once('/') else { return };
            let name = name.replace("~1", "/").replace("~0", "~");
            match (value.pointer_mut(container).unwrap(), change) {
                (Value::Object(object), Change::Double(other)) => drop(object.insert(other, copy)),
                (Value::Object(object), _) => drop(object.remove(&name)),
                (Value::Array(list), Change::Double(_)) => list.push(copy),
                (Value::Array(list), _) => drop(list.remove(name.parse().unwrap())),
                _ => {}
            }
        }
    }
}

/// JSON pointers to everything that is in a value.
fn places(value: &Value) -> Vec<String> {
    let mut places = vec![String::new()];
    let mut inside = |name: String, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        places.extend(
            self::places(value)
                .iter()
                .map(|place| format!("/{name}{place}")),
        );
    };
    match value {
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, item)| inside(index.to_string(), item));
        }
        Value::Object(object) => {
            object
                .iter()
                .for_each(|(name, member)| inside(name.clone(), member));
        }
        _ => {}
    }
    places
}
