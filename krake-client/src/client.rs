//! The handle on a server.

use std::convert::identity;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use krake_core::{DynObject, Kind, Resource, Revision};
use tower::Service;

use crate::network::Network;
use crate::service::InProcess;
use crate::{Api, BoxError, Credentials, Result, Transport};

/// How long a request other than a watch may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Learns of every successful write.
pub type WriteObserver = Arc<dyn Fn(&Written<'_>) + Send + Sync>;

/// A write that has succeeded.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Written<'a> {
    /// The kind of the object.
    pub kind: &'a Kind,
    /// The revision of the object before, if the write was made on that condition; zero, if it did not exist.
    pub before: Option<Revision>,
    /// The revision of the answered object.
    pub revision: Revision,
}

/// A connection to a server. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    observer: Option<WriteObserver>,
    request_limit: Duration,
}

impl Client {
    /// A client over any transport.
    pub fn new(transport: impl Transport) -> Self {
        Self { transport: Arc::new(transport), observer: None, request_limit: REQUEST_LIMIT }
    }

    /// A client of a service in the same process, such as the server itself: no socket is involved.
    pub fn from_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::new(InProcess(service))
    }

    /// A client of the server at `url`, such as `http://127.0.0.1:8080`. No request is made yet.
    ///
    /// # Errors
    /// When `url` is not an `http` or `https` address, or the TLS setup of the system cannot be used.
    pub fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, &Credentials::default())
    }

    /// As [`connect`](Self::connect), with `credentials`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and when the credentials cannot be used.
    pub fn connect_with(url: &str, credentials: &Credentials) -> Result<Self> {
        Network::new(url, credentials).map(Self::new)
    }

    /// The same connection with another limit for requests other than watches; the default is 30 s.
    #[must_use]
    pub fn with_request_limit(self, limit: Duration) -> Self {
        Self { request_limit: limit, ..self }
    }

    /// The same connection; `observer` learns of every write made through it.
    #[must_use]
    pub fn observed_by(&self, observer: WriteObserver) -> Self {
        Self { observer: Some(observer), ..self.clone() }
    }

    /// Objects of one kind: in `namespace`, or all of them.
    pub fn api<K: Resource>(&self, namespace: Option<&str>) -> Api<K> {
        Api::new(self.clone(), Arc::new(K::KIND.clone()), namespace, Arc::new(identity))
    }

    /// Objects of a namespaced kind in one namespace.
    pub fn namespace<K: Resource>(&self, namespace: &str) -> Api<K> {
        self.api(Some(namespace))
    }

    /// Objects of a namespaced kind in all namespaces: to list and watch; to read or write a single one, a namespace is
    /// needed.
    pub fn all<K: Resource>(&self) -> Api<K> {
        self.api(None)
    }

    /// Objects of a global kind.
    pub fn global<K: Resource>(&self) -> Api<K> {
        self.api(None)
    }

    /// Objects of a kind that is known at run time only.
    pub fn dynamic(&self, kind: Arc<Kind>, namespace: Option<&str>) -> Api<DynObject> {
        let full = Arc::clone(&kind);
        let adopt = move |object: DynObject| object.with_kind(Arc::clone(&full));
        Api::new(self.clone(), kind, namespace, Arc::new(adopt))
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    pub(crate) const fn request_limit(&self) -> Duration {
        self.request_limit
    }

    pub(crate) fn wrote(&self, written: &Written<'_>) {
        if let Some(observer) = &self.observer {
            observer(written);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
