//! Bodies of requests that are no resources, such as bindings.

/// Declares a body with its `api` and `kind`, which are written, and may be left out but not be others when it is read.
macro_rules! request_body {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident: $api:literal {
            $($(#[doc = $doc:literal])* $(#[serde($($serde:tt)*)])? pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        const _: () = {
            #[derive(::serde::Serialize)]
            struct Written {
                api: &'static str,
                kind: &'static str,
                $($(#[serde($($serde)*)])? $field: $type,)*
            }

            impl ::serde::Serialize for $name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let Self { $($field,)* } = self.clone();
                    Written { api: $api, kind: stringify!($name), $($field,)* }.serialize(serializer)
                }
            }

            fn api<'de, D: ::serde::Deserializer<'de>>(member: D) -> Result<(), D::Error> {
                $crate::__private::constant(member, $api)
            }

            fn kind<'de, D: ::serde::Deserializer<'de>>(member: D) -> Result<(), D::Error> {
                $crate::__private::constant(member, stringify!($name))
            }

            #[derive(::serde::Deserialize)]
            struct Read {
                #[serde(default, rename = "api", deserialize_with = "api")]
                _api: (),
                #[serde(default, rename = "kind", deserialize_with = "kind")]
                _kind: (),
                $($(#[serde($($serde)*)])? $field: $type,)*
            }

            impl<'de> ::serde::Deserialize<'de> for $name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let Read { $($field,)* .. } = Read::deserialize(deserializer)?;
                    Ok(Self { $($field,)* })
                }
            }

            #[derive(::schemars::JsonSchema)]
            #[expect(dead_code, reason = "only its schema is of interest")]
            $(#[doc = $about])*
            struct Members {
                $($(#[doc = $doc])* $(#[serde($($serde)*)])? $field: $type,)*
            }

            impl ::schemars::JsonSchema for $name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    concat!(module_path!(), "::", stringify!($name)).into()
                }

                fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                    $crate::schema::with_type(Members::json_schema(generator), $api, stringify!($name))
                }
            }
        };
    };
}
pub(crate) use request_body;
