//! `#[derive(Resource)]`: makes a struct a kind of resource.

mod attributes;
mod expand;
mod schema;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with a `metadata: Metadata` field a kind.
///
/// Writes `Object`, `Resource`, `Serialize`, `Deserialize`, a constructor `new(name, …)` that takes the remaining fields in
/// their order, and, when the struct has a field called `status`, `WithStatus`. Do not derive `Serialize` or `Deserialize`
/// beside it: the wire form has `api` and `kind` in front of the fields. `Clone`, `Debug` and `PartialEq` are needed.
///
/// `#[resource(…)]` on the struct takes:
///
/// | key | value | default |
/// |---|---|---|
/// | `api` | the API group | required |
/// | `plural` | the plural in URLs | the kind in lower case with an `s` |
/// | `kind` | the type name on the wire | the struct's name |
/// | `scope` | `"global"` or `"namespaced"` | `"namespaced"` |
/// | `validate` | `fn(&Self, Option<&Self>) -> Result<(), FieldErrors>`: the kind's own rules, new object first, then the stored one | no rules |
/// | `immutable` | `fn(&Self, &Self) -> Option<&'static str>`: the name of a field that an update changes although it cannot be changed, new object first | none but name and namespace |
/// | `crate` | where `krake_core` is found | `::krake_core` |
///
/// The kind is described in the server's OpenAPI document, with the doc comments as descriptions. A field whose type implements
/// `JsonSchema` (of `krake_core::schemars`) appears there with all its members; any other is left open.
///
/// A field that may be left out in requests is marked with serde's own attributes, which are kept: `#[serde(default)]`. A
/// status may always be left out, so its type needs `Default`.
#[proc_macro_derive(Resource, attributes(resource, serde))]
pub fn derive_resource(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::resource(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
