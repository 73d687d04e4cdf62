//! Decoding what users send: the input rules of the API, for every type that implements [`Deserialize`](serde::Deserialize).
//!
//! Input is read leniently, and written canonically:
//!
//! | a field of this type | takes |
//! |---|---|
//! | integer | numbers, of which a fraction is cut off, and texts of an integer: `5`, `5.9`, `"5"` |
//! | float | numbers and texts of a number: `5`, `"5.5"`, `"1e3"` |
//! | bool | `true`, `false`, `1`, `0`, and the usual words: `"yes"`, `"off"` |
//! | [`Timestamp`](crate::Timestamp) | ISO 8601 with any offset or none |
//! | `Option` | also `null` |
//!
//! Nothing but an `Option` takes `null`, and an object is never read from an array. Free-form values
//! ([`serde_json::Value`]) are kept as they are.
//!
//! Everything that is wrong is told at once, each error with its field. Where the rules of a type are to be applied, too, as far as its
//! fields can be read, [`decode_prepared`] gives what is needed.
//!
//! The rules are those of a deserializer, so that types need not say anything: `#[derive(Deserialize)]` is enough. Members of
//! types that serde has to buffer (`flatten`, `untagged`, `tag`) are out of its reach, and strict.
//!
//! ```
//! #[derive(Debug, PartialEq, serde::Deserialize)]
//! struct Limits {
//!     backoff: i64,
//! }
//!
//! assert_eq!(krake_core::input::decode(br#"{"backoff": "5"}"#), Ok(Limits { backoff: 5 }));
//! let errors = krake_core::input::decode::<Limits>(br#"{"backoff": true}"#).unwrap_err();
//! assert_eq!(errors.to_string(), "backoff: Not a valid integer.");
//! ```

mod coercion;
mod decode;
mod deserializer;
mod diagnosis;
mod error;
mod members;
mod outline;
mod place;
pub(crate) mod polymorphic;

pub use decode::{Invalid, decode, decode_prepared, decode_value};
