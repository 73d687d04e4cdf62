//! What a path means.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Version,
    Health,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/{group}`
    Group(&'a str),
    /// `/api/v1`, `/apis/{group}/{version}`
    Resources {
        group: &'a str,
        version: &'a str,
    },
    OpenApiV2,
    OpenApiV3,
    OpenApiV3Group {
        group: &'a str,
        version: &'a str,
    },
    Resource(ResourcePath<'a>),
    Unknown,
}

/// The path of a collection, an object or a subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResourcePath<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) plural: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) subresource: Option<&'a str>,
}

impl<'a> Route<'a> {
    pub(super) fn parse(path: &'a str) -> Self {
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        match segments.as_slice() {
            ["version"] => Self::Version,
            ["healthz" | "livez" | "readyz", ..] => Self::Health,
            ["api"] => Self::CoreVersions,
            ["api", version] => Self::Resources { group: "", version },
            ["api", version, rest @ ..] => resource("", version, rest),
            ["apis"] => Self::Groups,
            ["apis", group] => Self::Group(group),
            ["apis", group, version] => Self::Resources { group, version },
            ["apis", group, version, rest @ ..] => resource(group, version, rest),
            ["openapi", "v2"] => Self::OpenApiV2,
            ["openapi", "v3"] => Self::OpenApiV3,
            ["openapi", "v3", "api", version] => Self::OpenApiV3Group { group: "", version },
            ["openapi", "v3", "apis", group, version] => Self::OpenApiV3Group { group, version },
            _ => Self::Unknown,
        }
    }
}

fn resource<'a>(group: &'a str, version: &'a str, rest: &[&'a str]) -> Route<'a> {
    let path = ResourcePath { group, version, ..ResourcePath::default() };
    let path = match *rest {
        // A namespace's own subresources look like collections in it.
        ["namespaces", name, subresource @ ("status" | "finalize")] if group.is_empty() => {
            ResourcePath {
                plural: "namespaces",
                name: Some(name),
                subresource: Some(subresource),
                ..path
            }
        }
        ["namespaces", namespace, plural, ref rest @ ..] => {
            return object(ResourcePath { namespace: Some(namespace), plural, ..path }, rest);
        }
        [plural, ref rest @ ..] => return object(ResourcePath { plural, ..path }, rest),
        [] => return Route::Unknown,
    };
    Route::Resource(path)
}

fn object<'a>(path: ResourcePath<'a>, rest: &[&'a str]) -> Route<'a> {
    match *rest {
        [] => Route::Resource(path),
        [name] => Route::Resource(ResourcePath { name: Some(name), ..path }),
        [name, subresource] => Route::Resource(ResourcePath {
            name: Some(name),
            subresource: Some(subresource),
            ..path
        }),
        _ => Route::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_objects_and_scopes() {
        let core = ResourcePath { version: "v1", plural: "namespaces", ..ResourcePath::default() };
        assert_eq!(Route::parse("/api/v1/namespaces"), Route::Resource(core.clone()));
        let one = ResourcePath { name: Some("a"), ..core };
        assert_eq!(Route::parse("/api/v1/namespaces/a"), Route::Resource(one.clone()));
        let status = ResourcePath { subresource: Some("status"), ..one };
        assert_eq!(Route::parse("/api/v1/namespaces/a/status"), Route::Resource(status));
        let scale = ResourcePath {
            group: "apps",
            version: "v1",
            namespace: Some("a"),
            plural: "deployments",
            name: Some("web"),
            subresource: Some("scale"),
        };
        assert_eq!(
            Route::parse("/apis/apps/v1/namespaces/a/deployments/web/scale"),
            Route::Resource(scale)
        );
    }
}
