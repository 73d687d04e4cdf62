//! What paths mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ::http::Method;
use krake_core::base::Verb;

use crate::User;
use crate::authorization::{Access, AccessScope};
use crate::refusal::Refusal;
use crate::registry::{Address, Collection, Operation};
use crate::watch_cache::KindCache;

/// What can be done to a resource.
pub(super) const RESOURCE_METHODS: &str = "GET, HEAD, PUT, PATCH, DELETE";
/// What can be done to a status.
pub(super) const STATUS_METHODS: &str = "PUT, PATCH";

/// What a request is about.
pub(super) enum Route<'a> {
    /// POST of a new resource.
    Create(&'a Arc<KindCache>, Collection<'a>),
    /// PUT, PATCH or DELETE of one resource or subresource.
    Write(&'a Arc<KindCache>, Address<'a>, Operation<'a>),
    /// GET of something.
    Read(Reading<'a>),
}

/// What is to be read.
pub(super) enum Reading<'a> {
    Version,
    Description,
    Me,
    Release,
    Healthy,
    Ready,
    Metrics,
    Object(&'a KindCache, Address<'a>),
    Collection(&'a Arc<KindCache>, Collection<'a>),
}

impl Route<'_> {
    /// Whether it is answered however busy the server is: those who ask want to know just that.
    pub(super) const fn is_about_health(&self) -> bool {
        matches!(self, Self::Read(Reading::Healthy | Reading::Ready | Reading::Metrics))
    }

    /// What `user` needs a permission for; `None` for what every user may do.
    pub(super) fn access<'a>(&'a self, user: &'a User) -> Option<Access<'a>> {
        let (collection, name, verb, subresource) = match self {
            Self::Create(_, collection) => (collection, None, Verb::Create, None),
            Self::Write(cache, Address { collection, name }, operation) => {
                let (verb, subresource) = match operation {
                    Operation::Replace => (Verb::Update, None),
                    Operation::Delete | Operation::Remove => (Verb::Delete, None),
                    Operation::Status => (Verb::Update, Some("status")),
                    Operation::Subresource(name) => {
                        (Verb::Update, Some(cache.rules().permission_of(name)))
                    }
                };
                (collection, Some(*name), verb, subresource)
            }
            Self::Read(Reading::Object(_, Address { collection, name })) => {
                (collection, Some(*name), Verb::Get, None)
            }
            Self::Read(Reading::Collection(_, collection)) => (collection, None, Verb::List, None),
            Self::Read(_) => return None,
        };
        let kind = collection.kind;
        let scope = match collection.namespace {
            Some(namespace) => AccessScope::Namespace(namespace),
            None if kind.is_namespaced() => AccessScope::AllNamespaces,
            None => AccessScope::Global,
        };
        let (api, plural) = (&*kind.api, &*kind.plural);
        Some(Access { user, verb, api, plural, subresource, scope, name })
    }
}

/// The kinds by their place in URLs.
pub(super) struct Router {
    kinds: HashMap<String, Arc<KindCache>>,
}

/// A place in the tree of URLs, before the method is looked at.
enum Place<'a> {
    Fixed(Reading<'a>),
    /// `creates`: not for all namespaces at once.
    Collection {
        cache: &'a Arc<KindCache>,
        collection: Collection<'a>,
        creates: bool,
    },
    Resource(&'a Arc<KindCache>, Address<'a>),
    Subresource(&'a Arc<KindCache>, Address<'a>, &'a str),
}

impl Router {
    pub(super) fn new(caches: &[Arc<KindCache>]) -> Self {
        let kinds = caches.iter().map(|cache| {
            let kind = cache.kind();
            (format!("{}/{}", kind.api, kind.plural), Arc::clone(cache))
        });
        Self { kinds: kinds.collect() }
    }

    /// Whether anything is there.
    pub(super) fn knows(&self, segments: &[Cow<'_, str>]) -> bool {
        self.place(segments).is_some()
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
            [] => Some(Place::Fixed(Reading::Version)),
            ["openapi.json"] => Some(Place::Fixed(Reading::Description)),
            ["me"] => Some(Place::Fixed(Reading::Me)),
            ["release"] => Some(Place::Fixed(Reading::Release)),
            ["healthz"] => Some(Place::Fixed(Reading::Healthy)),
            ["readyz"] => Some(Place::Fixed(Reading::Ready)),
            ["metrics"] => Some(Place::Fixed(Reading::Metrics)),
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
    let collection = Collection { kind: cache.kind(), namespace: Some(namespace) };
    match *rest {
        [] => Some(Place::Collection { cache, collection, creates: true }),
        [name, ref below @ ..] => resource(cache, collection.address(name), below),
    }
}

fn global<'a>(cache: &'a Arc<KindCache>, rest: &[&'a str]) -> Option<Place<'a>> {
    let collection = Collection::of(cache.kind());
    let is_global = !cache.kind().is_namespaced();
    match *rest {
        [] => Some(Place::Collection { cache, collection, creates: is_global }),
        [name, ref below @ ..] if is_global => resource(cache, collection.address(name), below),
        _ => None,
    }
}

fn resource<'a>(
    cache: &'a Arc<KindCache>,
    address: Address<'a>,
    below: &[&'a str],
) -> Option<Place<'a>> {
    match *below {
        [] => Some(Place::Resource(cache, address)),
        [name] if cache.rules().has_subresource(name) => {
            Some(Place::Subresource(cache, address, name))
        }
        _ => None,
    }
}

impl<'a> Place<'a> {
    fn with(self, method: &Method) -> Result<Route<'a>, Refusal> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let allowed = match self {
            Self::Fixed(reading) if reads => return Ok(Route::Read(reading)),
            Self::Collection { cache, collection, .. } if reads => {
                return Ok(Route::Read(Reading::Collection(cache, collection)));
            }
            Self::Collection { cache, collection, creates: true } if method == Method::POST => {
                return Ok(Route::Create(cache, collection));
            }
            Self::Collection { creates: true, .. } => "GET, HEAD, POST",
            Self::Fixed(_) | Self::Collection { .. } => "GET, HEAD",
            Self::Resource(cache, address) => match *method {
                Method::GET | Method::HEAD => {
                    return Ok(Route::Read(Reading::Object(cache, address)));
                }
                Method::PUT | Method::PATCH => {
                    return Ok(Route::Write(cache, address, Operation::Replace));
                }
                Method::DELETE => return Ok(Route::Write(cache, address, Operation::Delete)),
                _ => RESOURCE_METHODS,
            },
            Self::Subresource(cache, address, "status") => match *method {
                Method::PUT | Method::PATCH => {
                    return Ok(Route::Write(cache, address, Operation::Status));
                }
                _ => STATUS_METHODS,
            },
            Self::Subresource(cache, address, name) if method == Method::PUT => {
                return Ok(Route::Write(cache, address, Operation::Subresource(name)));
            }
            Self::Subresource(..) => "PUT",
        };
        Err(Refusal::Method { allowed })
    }
}
