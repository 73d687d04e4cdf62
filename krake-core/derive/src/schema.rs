//! Writing the schema of a kind.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Field, Type};

use crate::attributes::Attributes;
use crate::expand::attributes_called;

/// The function `schema`: members whose types say what they look like are described, the others are left open.
///
/// The members are those of a struct that is never made, so that all attributes mean what they mean elsewhere.
pub(crate) fn function(
    input: &DeriveInput,
    Attributes { krate, .. }: &Attributes,
    body: &[&Field],
) -> TokenStream {
    let schemars_path = quote!(#krate::__private::schemars).to_string();
    let types: Vec<_> = body.iter().map(|field| &field.ty).collect();
    let functions: Vec<_> = (0..body.len())
        .map(|index| format_ident!("describe_{index}"))
        .collect();
    let members = body
        .iter()
        .zip(&functions)
        .map(|(field, function)| member(field, &function.to_string()));
    let docs = attributes_called("doc", &input.attrs);
    quote! {
        fn schema(generator: &mut #krate::__private::schemars::SchemaGenerator) -> #krate::__private::schemars::Schema {
            #[allow(unused_imports)]
            use #krate::__private::{Described as _, Undescribed as _};
            #(
                fn #functions(generator: &mut #krate::__private::schemars::SchemaGenerator) -> #krate::__private::schemars::Schema {
                    (&#krate::__private::Probe::<#types>::NEW).describe(generator)
                }
            )*
            #[derive(#krate::__private::schemars::JsonSchema)]
            #[schemars(crate = #schemars_path)]
            #[allow(dead_code)]
            #(#docs)*
            struct Members { #(#members),* }
            let members = <Members as #krate::__private::schemars::JsonSchema>::json_schema(generator);
            #krate::__private::of_kind(<Self as #krate::Resource>::KIND, generator, members)
        }
    }
}

fn member(field: &Field, describe: &str) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    let docs = attributes_called("doc", &field.attrs);
    let serde = attributes_called("serde", &field.attrs);
    let is_status = ident.as_ref().is_some_and(|ident| ident == "status");
    let may_be_missing = serde.is_empty() && (is_status || is_option(ty));
    let default = may_be_missing.then(|| quote!(#[serde(default)]));
    quote!(#(#docs)* #(#serde)* #default #[schemars(schema_with = #describe)] #ident: #ty)
}

/// Whether a field may be left out because of its type alone.
fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "Option")
}
