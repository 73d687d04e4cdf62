//! Reading `#[resource(…)]`.

use syn::{DeriveInput, Error, LitStr, Path, Result};

/// What `#[resource(…)]` says.
pub(crate) struct Attributes {
    pub(crate) api: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) is_namespaced: bool,
    pub(crate) validate: Option<Path>,
    pub(crate) immutable: Option<Path>,
    pub(crate) krate: Path,
}

impl Attributes {
    pub(crate) fn read(input: &DeriveInput) -> Result<Self> {
        let kind = input.ident.to_string();
        let mut api = None;
        let mut read = Self {
            api: String::new(),
            plural: format!("{}s", kind.to_lowercase()),
            kind,
            is_namespaced: true,
            validate: None,
            immutable: None,
            krate: syn::parse_quote!(::krake_core),
        };
        for attribute in input
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("resource"))
        {
            attribute.parse_nested_meta(|meta| {
                let name = meta
                    .path
                    .get_ident()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                match name.as_str() {
                    "api" => api = Some(meta.value()?.parse::<LitStr>()?.value()),
                    "kind" => read.kind = meta.value()?.parse::<LitStr>()?.value(),
                    "plural" => read.plural = meta.value()?.parse::<LitStr>()?.value(),
                    "scope" => read.is_namespaced = scope(&meta.value()?.parse()?)?,
                    "validate" => read.validate = Some(meta.value()?.parse()?),
                    "immutable" => read.immutable = Some(meta.value()?.parse()?),
                    "crate" => read.krate = meta.value()?.parse()?,
                    _ => {
                        return Err(meta.error(
                            "unknown key; use api, kind, plural, scope, validate, immutable or crate",
                        ));
                    }
                }
                Ok(())
            })?;
        }
        read.api = api.ok_or_else(|| {
            Error::new(
                input.ident.span(),
                "say which API the kind belongs to: #[resource(api = \"demo\")]",
            )
        })?;
        Ok(read)
    }
}

fn scope(value: &LitStr) -> Result<bool> {
    match value.value().as_str() {
        "namespaced" => Ok(true),
        "global" => Ok(false),
        _ => Err(Error::new(value.span(), "a scope is \"global\" or \"namespaced\"")),
    }
}
