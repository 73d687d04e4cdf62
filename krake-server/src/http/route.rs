//! What paths mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ::http::Method;

use crate::refusal::Refusal;
use crate::registry::{Collection, Operation};
use crate::watch_cache::KindCache;

/// What a request is about.
pub(super) enum Route<'a> {
    Version,
    Healthy,
    Ready,
    /// GET or POST of a set of resources.
    Collection {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        creates: bool,
    },
    /// GET of one resource.
    Read {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        name: &'a str,
    },
    /// PUT or DELETE of one resource or subresource.
    Write {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        name: &'a str,
        operation: Operation<'a>,
    },
}

/// The kinds by their place in URLs.
pub(super) struct Router {
    kinds: HashMap<String, Arc<KindCache>>,
}

/// A place in the tree of URLs, before the method is looked at.
enum Place<'a> {
    Version,
    Healthy,
    Ready,
    /// `creates`: not for all namespaces at once.
    Collection {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        creates: bool,
    },
    Resource {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        name: &'a str,
    },
    Subresource {
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        name: &'a str,
        subresource: &'a str,
    },
}

impl Router {
    pub(super) fn new(caches: &[Arc<KindCache>]) -> Self {
        let kinds = caches.iter().map(|cache| {
            let kind = cache.kind();
            (format!("{}/{}", kind.api, kind.plural), Arc::clone(cache))
        });
        Self { kinds: kinds.collect() }
    }

    /// What a request is about.
    pub(super) fn route<'a>(
        &'a self,
        method: &Method,
        segments: &'a [Cow<'a, str>],
    ) -> Result<Route<'a>, Refusal> {
        self.place(segments).ok_or(Refusal::NoRoute)?.with(method)
    }

    fn place<'a>(&'a self, segments: &'a [Cow<'a, str>]) -> Option<Place<'a>> {
        let segments: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
        match segments[..] {
            [] => Some(Place::Version),
            ["healthz"] => Some(Place::Healthy),
            ["readyz"] => Some(Place::Ready),
            [api, "namespaces", namespace, plural, ref rest @ ..]
                if self
                    .kind(api, plural)
                    .is_some_and(|cache| cache.kind().is_namespaced()) =>
            {
                in_namespace(self.kind(api, plural)?, namespace, rest)
            }
            [api, plural, ref rest @ ..] => global(self.kind(api, plural)?, rest),
            [_] => None,
        }
    }

    fn kind(&self, api: &str, plural: &str) -> Option<&Arc<KindCache>> {
        self.kinds.get(&format!("{api}/{plural}"))
    }
}

fn in_namespace<'a>(
    cache: &'a Arc<KindCache>,
    namespace: &'a str,
    rest: &[&'a str],
) -> Option<Place<'a>> {
    let namespace = Some(namespace);
    match *rest {
        [] => Some(Place::Collection { cache, namespace, creates: true }),
        [name] => Some(Place::Resource { cache, namespace, name }),
        [name, subresource] => Place::subresource(cache, namespace, name, subresource),
        _ => None,
    }
}

fn global<'a>(cache: &'a Arc<KindCache>, rest: &[&'a str]) -> Option<Place<'a>> {
    let is_global = !cache.kind().is_namespaced();
    match *rest {
        [] => Some(Place::Collection { cache, namespace: None, creates: is_global }),
        [name] if is_global => Some(Place::Resource { cache, namespace: None, name }),
        [name, subresource] if is_global => Place::subresource(cache, None, name, subresource),
        _ => None,
    }
}

impl<'a> Place<'a> {
    fn subresource(
        cache: &'a Arc<KindCache>,
        namespace: Option<&'a str>,
        name: &'a str,
        subresource: &'a str,
    ) -> Option<Self> {
        let exists = cache.rules().has_subresource(subresource);
        exists.then_some(Self::Subresource { cache, namespace, name, subresource })
    }

    fn with(self, method: &Method) -> Result<Route<'a>, Refusal> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let allowed = match self {
            Self::Version if reads => return Ok(Route::Version),
            Self::Healthy if reads => return Ok(Route::Healthy),
            Self::Ready if reads => return Ok(Route::Ready),
            Self::Collection { cache, namespace, creates }
                if reads || (creates && method == Method::POST) =>
            {
                return Ok(Route::Collection { cache, namespace, creates: !reads });
            }
            Self::Resource { cache, namespace, name } => {
                let operation = match *method {
                    Method::GET | Method::HEAD => {
                        return Ok(Route::Read { cache, namespace, name });
                    }
                    Method::PUT => Operation::Replace,
                    Method::DELETE => Operation::Delete,
                    _ => return Err(Refusal::Method { allowed: "GET, HEAD, PUT, DELETE" }),
                };
                return Ok(Route::Write { cache, namespace, name, operation });
            }
            Self::Subresource { cache, namespace, name, subresource } if method == Method::PUT => {
                let operation = match subresource {
                    "status" => Operation::Status,
                    other => Operation::Subresource(other),
                };
                return Ok(Route::Write { cache, namespace, name, operation });
            }
            Self::Collection { creates: true, .. } => "GET, HEAD, POST",
            Self::Version | Self::Healthy | Self::Ready | Self::Collection { .. } => "GET, HEAD",
            Self::Subresource { .. } => "PUT",
        };
        Err(Refusal::Method { allowed })
    }
}

/// The resources that a route is about.
pub(super) fn collection<'a>(cache: &KindCache, namespace: Option<&'a str>) -> Collection<'a> {
    Collection { kind: cache.kind(), namespace }
}
