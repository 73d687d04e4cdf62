//! Writing the implementations.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, Result};

use crate::attributes::Attributes;
use crate::schema;

/// The fields of a kind: `metadata`, perhaps `status`, and the rest, which is what users want.
struct Shape<'a> {
    spec: Vec<&'a Field>,
    status: Option<&'a Field>,
    /// All but `metadata`, in their order.
    body: Vec<&'a Field>,
}

impl<'a> Shape<'a> {
    fn read(input: &'a DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new(input.ident.span(), "a resource is a struct"));
        };
        let Fields::Named(fields) = &data.fields else {
            return Err(Error::new(input.ident.span(), "a resource has named fields"));
        };
        if !input.generics.params.is_empty() {
            return Err(Error::new(input.ident.span(), "a resource has no generic parameters"));
        }
        let named =
            |field: &&Field, name: &str| field.ident.as_ref().is_some_and(|ident| ident == name);
        if !fields.named.iter().any(|field| named(&field, "metadata")) {
            return Err(Error::new(
                input.ident.span(),
                "a resource has a field `metadata: Metadata`",
            ));
        }
        let body: Vec<_> = fields
            .named
            .iter()
            .filter(|field| !named(field, "metadata"))
            .collect();
        let (status, spec): (Vec<_>, Vec<_>) = body
            .iter()
            .copied()
            .partition(|field| named(field, "status"));
        Ok(Self { spec, status: status.first().copied(), body })
    }
}

fn idents<'a>(fields: &[&'a Field]) -> Vec<&'a Ident> {
    fields
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect()
}

fn serde_attributes(field: &Field) -> Vec<&Attribute> {
    attributes_called("serde", &field.attrs)
}

pub(crate) fn attributes_called<'a>(name: &str, all: &'a [Attribute]) -> Vec<&'a Attribute> {
    all.iter()
        .filter(|attribute| attribute.path().is_ident(name))
        .collect()
}

pub(crate) fn resource(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = Attributes::read(input)?;
    let shape = Shape::read(input)?;
    let constructor = constructor(input, &attributes, &shape);
    let object = object(input, &attributes);
    let resource = resource_impl(input, &attributes, &shape);
    let with_status = with_status(input, &attributes, &shape);
    let serialize = serialize(input, &attributes, &shape);
    let deserialize = deserialize(input, &attributes, &shape);
    Ok(quote! {
        #[automatically_derived]
        const _: () = {
            #constructor
            #object
            #resource
            #with_status
            #serialize
            #deserialize
        };
    })
}

fn constructor(
    input: &DeriveInput,
    Attributes { krate, .. }: &Attributes,
    shape: &Shape<'_>,
) -> TokenStream {
    let name = &input.ident;
    let visibility = &input.vis;
    let fields = idents(&shape.spec);
    let types = shape.spec.iter().map(|field| &field.ty);
    let status = shape
        .status
        .map(|_| quote!(status: ::core::default::Default::default(),));
    quote! {
        impl #name {
            /// A new resource with this name, not stored yet.
            #visibility fn new(name: impl ::core::convert::Into<::std::string::String>, #(#fields: #types),*) -> Self {
                Self { metadata: #krate::Metadata::named(name), #(#fields,)* #status }
            }
        }
    }
}

fn object(input: &DeriveInput, Attributes { krate, .. }: &Attributes) -> TokenStream {
    let name = &input.ident;
    quote! {
        impl #krate::Object for #name {
            fn kind(&self) -> &#krate::Kind {
                <Self as #krate::Resource>::KIND
            }
            fn metadata(&self) -> &#krate::Metadata {
                &self.metadata
            }
            fn metadata_mut(&mut self) -> &mut #krate::Metadata {
                &mut self.metadata
            }
        }
    }
}

fn resource_impl(input: &DeriveInput, attributes: &Attributes, shape: &Shape<'_>) -> TokenStream {
    let Attributes { api, kind, plural, is_namespaced, validate, immutable, krate } = attributes;
    let name = &input.ident;
    let scope = if *is_namespaced { quote!(Namespaced) } else { quote!(Global) };
    let has_status = shape.status.is_some();
    let spec = idents(&shape.spec);
    let copy_status =
        has_status.then(|| quote!(self.status = ::core::clone::Clone::clone(&from.status);));
    let reset_status =
        has_status.then(|| quote!(self.status = ::core::default::Default::default();));
    let validate = if let Some(path) = validate {
        quote!(#path(self, old))
    } else {
        quote!({
            let _ = old;
            ::core::result::Result::Ok(())
        })
    };
    let schema = schema::function(input, attributes, &shape.body);
    let immutable = if let Some(path) = immutable {
        quote!(#path(self, old))
    } else {
        quote!({
            let _ = old;
            ::core::option::Option::None
        })
    };
    quote! {
        impl #krate::Resource for #name {
            const KIND: &'static #krate::Kind = &#krate::Kind {
                api: ::std::borrow::Cow::Borrowed(#api),
                kind: ::std::borrow::Cow::Borrowed(#kind),
                plural: ::std::borrow::Cow::Borrowed(#plural),
                scope: #krate::Scope::#scope,
                status: #has_status,
            };
            fn same_spec(&self, other: &Self) -> bool {
                let _ = other;
                true #(&& self.#spec == other.#spec)*
            }
            fn copy_status(&mut self, from: &Self) {
                let _ = from;
                #copy_status
            }
            fn reset_status(&mut self) {
                #reset_status
            }
            fn validate(&self, old: ::core::option::Option<&Self>) -> ::core::result::Result<(), #krate::FieldErrors> {
                #validate
            }
            fn changed_immutable(&self, old: &Self) -> ::core::option::Option<&'static str> {
                #immutable
            }
            #schema
        }
    }
}

fn with_status(
    input: &DeriveInput,
    Attributes { krate, .. }: &Attributes,
    shape: &Shape<'_>,
) -> Option<TokenStream> {
    let name = &input.ident;
    let status = &shape.status?.ty;
    Some(quote! {
        impl #krate::WithStatus for #name {
            type Status = #status;
            fn status(&self) -> &#status {
                &self.status
            }
            fn status_mut(&mut self) -> &mut #status {
                &mut self.status
            }
        }
    })
}

fn serialize(input: &DeriveInput, attributes: &Attributes, shape: &Shape<'_>) -> TokenStream {
    let Attributes { api, kind, krate, .. } = attributes;
    let name = &input.ident;
    let wire = format_ident!("{}Ref", name);
    let serde_path = quote!(#krate::__private::serde).to_string();
    let fields = shape.body.iter().map(|field| {
        let (ident, ty, attributes) = (&field.ident, &field.ty, serde_attributes(field));
        quote!(#(#attributes)* #ident: &'a #ty)
    });
    let idents = idents(&shape.body);
    quote! {
        #[derive(#krate::__private::serde::Serialize)]
        #[serde(crate = #serde_path)]
        struct #wire<'a> {
            api: &'static str,
            kind: &'static str,
            metadata: &'a #krate::Metadata,
            #(#fields,)*
        }
        impl #krate::__private::serde::Serialize for #name {
            fn serialize<S: #krate::__private::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                let wire = #wire { api: #api, kind: #kind, metadata: &self.metadata, #(#idents: &self.#idents,)* };
                #krate::__private::serde::Serialize::serialize(&wire, serializer)
            }
        }
    }
}

fn deserialize(input: &DeriveInput, attributes: &Attributes, shape: &Shape<'_>) -> TokenStream {
    let Attributes { api, kind, krate, .. } = attributes;
    let name = &input.ident;
    let wire = format_ident!("{}Owned", name);
    let serde_path = quote!(#krate::__private::serde).to_string();
    let fields = shape.body.iter().map(|field| {
        let (ident, ty, attributes) = (&field.ident, &field.ty, serde_attributes(field));
        let is_status = shape
            .status
            .is_some_and(|status| status.ident == field.ident);
        let default = (is_status && attributes.is_empty()).then(|| quote!(#[serde(default)]));
        quote!(#(#attributes)* #default #ident: #ty)
    });
    let idents = idents(&shape.body);
    quote! {
        fn given_api<'de, D: #krate::__private::serde::Deserializer<'de>>(member: D) -> ::core::result::Result<(), D::Error> {
            #krate::__private::constant(member, #api)
        }
        fn given_kind<'de, D: #krate::__private::serde::Deserializer<'de>>(member: D) -> ::core::result::Result<(), D::Error> {
            #krate::__private::constant(member, #kind)
        }
        #[derive(#krate::__private::serde::Deserialize)]
        #[serde(crate = #serde_path)]
        struct #wire {
            #[serde(default, rename = "api", deserialize_with = "given_api")]
            _api: (),
            #[serde(default, rename = "kind", deserialize_with = "given_kind")]
            _kind: (),
            metadata: #krate::Metadata,
            #(#fields,)*
        }
        impl<'de> #krate::__private::serde::Deserialize<'de> for #name {
            fn deserialize<D: #krate::__private::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                let wire = <#wire as #krate::__private::serde::Deserialize>::deserialize(deserializer)?;
                ::core::result::Result::Ok(Self { metadata: wire.metadata, #(#idents: wire.#idents,)* })
            }
        }
    }
}
