//! Reading and writing objects of one kind.

use std::fmt;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};
use http::header::IF_MATCH;
use http::{HeaderValue, Method};
use krake_core::{Kind, List, ObjectExt, Revision};
use serde::Serialize;

use crate::client::Written;
use crate::request::Call;
use crate::watch::lines;
use crate::{ApiObject, Client, Error, ListOptions, Patch, Result, WatchOptions, WatchStream};

/// Completes an object that was read from the wire.
pub(crate) type Adopt<K> = Arc<dyn Fn(K) -> K + Send + Sync>;

/// The objects of one kind, in one namespace or all of them. Cheap to clone.
///
/// # Cancel safety
/// Every method may be dropped at any time. A dropped read has no effect; a dropped write may or may not have happened.
/// Requests other than watches end with [`Error::TimedOut`] after the client's limit.
pub struct Api<K> {
    client: Client,
    kind: Arc<Kind>,
    namespace: Option<Arc<str>>,
    adopt: Adopt<K>,
    is_dry_run: bool,
}

impl<K> Clone for Api<K> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            kind: Arc::clone(&self.kind),
            namespace: self.namespace.clone(),
            adopt: Arc::clone(&self.adopt),
            is_dry_run: self.is_dry_run,
        }
    }
}

impl<K> fmt::Debug for Api<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("kind", &format_args!("{}", self.kind))
            .field("namespace", &self.namespace)
            .field("is_dry_run", &self.is_dry_run)
            .finish_non_exhaustive()
    }
}

impl<K: ApiObject> Api<K> {
    pub(crate) fn new(
        client: Client,
        kind: Arc<Kind>,
        namespace: Option<&str>,
        adopt: Adopt<K>,
    ) -> Self {
        Self { client, kind, namespace: namespace.map(Into::into), adopt, is_dry_run: false }
    }

    /// The kind of the objects.
    pub const fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// The namespace; `None` for a global kind, and for all namespaces.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The same objects, but what is written is only tried: the server checks everything and answers what it would have stored,
    /// and stores nothing. What does not exist yet is answered without a resource version.
    ///
    /// ```
    /// # use krake_client::{Client, Patch};
    /// # async fn example(client: Client) -> krake_client::Result<()> {
    /// use krake_core::kubernetes::Application;
    ///
    /// let applications = client.namespace::<Application>("testing");
    /// let patch = Patch::Merge(serde_json::json!({"spec": {"backoff_limit": 5}}));
    /// let would_be = applications.dry_run().patch("shop", &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dry_run(&self) -> Self {
        Self { is_dry_run: true, ..self.clone() }
    }

    /// Reads one object.
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when there is none.
    pub async fn get(&self, name: &str) -> Result<K> {
        let call = Call::new(Method::GET, self.resource(name)?);
        call.fetch(&self.client)
            .await
            .map(|object| (self.adopt)(object))
    }

    /// Reads one object; `None` when there is none.
    ///
    /// # Errors
    /// As [`get`](Self::get), without the one for a missing object.
    pub async fn find(&self, name: &str) -> Result<Option<K>> {
        match self.get(name).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the objects that `options` selects, all as of one revision, ordered by namespace and name.
    ///
    /// # Errors
    /// [`is_gone`](Error::is_gone) when the state that [`ListOptions::continue_token`] stands for is no longer kept.
    pub async fn list(&self, options: &ListOptions) -> Result<List<K>> {
        let target = format!("{}{}", self.collection()?, options.query());
        let mut list: List<K> = Call::new(Method::GET, target).fetch(&self.client).await?;
        list.items = list
            .items
            .into_iter()
            .map(|object| (self.adopt)(object))
            .collect();
        Ok(list)
    }

    /// Reads page after page of [`ListOptions::limit`] objects each. Ends after the last page or an error.
    pub fn pages(&self, options: ListOptions) -> BoxStream<'static, Result<List<K>>> {
        let api = self.clone();
        stream::try_unfold(Some(options), move |options| {
            let api = api.clone();
            async move {
                let Some(options) = options else { return Ok(None) };
                let page = api.list(&options).await?;
                let next = page.metadata.continue_token.clone();
                let next = next.map(|token| ListOptions { continue_token: Some(token), ..options });
                Ok(Some((page, next)))
            }
        })
        .boxed()
    }

    /// Watches the objects. The watch is registered when this returns.
    ///
    /// # Errors
    /// [`is_gone`](Error::is_gone), here or from the stream, when the server no longer knows what happened after
    /// [`WatchOptions::after`].
    pub async fn watch(&self, options: &WatchOptions) -> Result<WatchStream<K>> {
        let target = format!("{}{}", self.collection()?, options.query());
        let call = Call::new(Method::GET, target);
        let name = call.name();
        let body = call.open(&self.client).await?;
        Ok(lines(name, body, Arc::clone(&self.adopt)))
    }

    /// Stores a new object; answers it as stored. Its namespace is the object's own, or else that of this handle.
    ///
    /// # Errors
    /// [`is_already_exists`](Error::is_already_exists), [`is_invalid`](Error::is_invalid).
    pub async fn create(&self, object: &K) -> Result<K> {
        let namespace = object.metadata().namespace.as_deref().or(self.namespace());
        let target = self.kind.path(addressable(namespace)?, None);
        let call = Call::new(Method::POST, target).json(object)?;
        self.write(call, Some(Revision::default())).await
    }

    /// Replaces an object, except its status; answers it as stored.
    ///
    /// If the object carries a resource version, the write happens only if that is still the stored one. An update that
    /// changes nothing is no error and no write.
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict), [`is_not_found`](Error::is_not_found), [`is_invalid`](Error::is_invalid).
    pub async fn update(&self, object: &K) -> Result<K> {
        self.replace(object, "").await
    }

    /// Replaces the status of an object, and nothing else; otherwise as [`update`](Self::update).
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict), [`is_not_found`](Error::is_not_found), [`is_invalid`](Error::is_invalid).
    pub async fn update_status(&self, object: &K) -> Result<K> {
        self.replace(object, "/status").await
    }

    /// Changes an object, except its status, by a patch; answers it as stored. A patch that changes nothing is no write.
    ///
    /// A resource version inside makes the write conditional; otherwise it never conflicts, the server applies the patch to
    /// whatever is stored.
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict), also when a `test` of a JSON patch fails; [`is_not_found`](Error::is_not_found),
    /// [`is_invalid`](Error::is_invalid) when the patch cannot be applied, or makes the object break its rules.
    pub async fn patch(&self, name: &str, patch: &Patch) -> Result<K> {
        self.apply(self.resource(name)?, patch).await
    }

    /// Changes the status of an object by a patch of the whole object, and nothing else; otherwise as [`patch`](Self::patch).
    ///
    /// # Errors
    /// As [`patch`](Self::patch).
    pub async fn patch_status(&self, name: &str, patch: &Patch) -> Result<K> {
        self.apply(format!("{}/status", self.resource(name)?), patch)
            .await
    }

    async fn apply(&self, target: String, patch: &Patch) -> Result<K> {
        let (media_type, body) = patch.parts();
        let call = Call::new(Method::PATCH, target).json_as(media_type, body)?;
        self.write(call, None).await
    }

    /// Writes a subresource with a body of its own, such as `binding`; answers the object as it is then.
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict), [`is_not_found`](Error::is_not_found), [`is_invalid`](Error::is_invalid).
    pub async fn update_subresource(
        &self,
        name: &str,
        subresource: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<K> {
        let target = format!("{}/{subresource}", self.resource(name)?);
        self.write(Call::new(Method::PUT, target).json(body)?, None)
            .await
    }

    /// Writes a subresource of this very object, if it is still as it was read: for decisions that were made from it.
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) when it has changed since; otherwise as
    /// [`update_subresource`](Self::update_subresource).
    pub async fn update_subresource_unchanged(
        &self,
        object: &K,
        subresource: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<K> {
        let target = format!("{}/{subresource}", self.of(object)?);
        let call = Call::new(Method::PUT, target).json(body)?;
        self.write(if_unchanged(call, object)?, Some(object.revision()))
            .await
    }

    /// Begins the deletion of an object; answers it as it is then: usually with `deleted` set, waiting for its finalizers.
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found).
    pub async fn delete(&self, name: &str) -> Result<K> {
        self.write(Call::new(Method::DELETE, self.resource(name)?), None)
            .await
    }

    /// Begins the deletion of this very object, if it is still as it was read.
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) when it has changed since, [`is_not_found`](Error::is_not_found).
    pub async fn delete_unchanged(&self, object: &K) -> Result<K> {
        let call = Call::new(Method::DELETE, self.of(object)?);
        self.write(if_unchanged(call, object)?, Some(object.revision()))
            .await
    }

    async fn replace(&self, object: &K, subresource: &str) -> Result<K> {
        let target = format!("{}{subresource}", self.of(object)?);
        let call = Call::new(Method::PUT, target).json(object)?;
        match self.write(call, object.metadata().resource_version).await {
            Err(error) if error.is_no_update() => self.stored(object).await,
            answer => answer,
        }
    }

    /// What the server holds, once it has said that it holds the same as `object`.
    async fn stored(&self, object: &K) -> Result<K> {
        if object.metadata().resource_version.is_some() {
            return Ok(object.clone());
        }
        let call = Call::new(Method::GET, self.of(object)?);
        call.fetch(&self.client)
            .await
            .map(|object| (self.adopt)(object))
    }

    /// `before` is the revision on whose condition the call is made.
    async fn write(&self, call: Call, before: Option<Revision>) -> Result<K> {
        if self.is_dry_run {
            let object: K = call.flag("dry_run").fetch(&self.client).await?;
            return Ok((self.adopt)(object));
        }
        let object: K = call.fetch(&self.client).await?;
        let (kind, revision) = (&*self.kind, object.revision());
        self.client.wrote(&Written { kind, before, revision });
        Ok((self.adopt)(object))
    }

    fn collection(&self) -> Result<String> {
        Ok(self.kind.path(addressable(self.namespace())?, None))
    }

    fn of(&self, object: &K) -> Result<String> {
        let metadata = object.metadata();
        self.path(metadata.namespace.as_deref().or(self.namespace()), &metadata.name)
    }

    fn resource(&self, name: &str) -> Result<String> {
        self.path(self.namespace(), name)
    }

    fn path(&self, namespace: Option<&str>, name: &str) -> Result<String> {
        if self.kind.is_namespaced() && namespace.is_none() {
            return Err(Error::NoNamespace { kind: self.kind.to_string(), name: name.to_owned() });
        }
        Ok(self
            .kind
            .path(addressable(namespace)?, addressable(Some(name))?))
    }
}

/// Refuses what is no segment of a path of its own: `..` as a namespace would lead to all namespaces.
fn addressable(name: Option<&str>) -> Result<Option<&str>> {
    match name {
        Some(name) if ["", ".", ".."].contains(&name) => Err(Error::Name { name: name.to_owned() }),
        name => Ok(name),
    }
}

/// The call, on the condition that `object` is stored as it was read.
fn if_unchanged(call: Call, object: &impl ObjectExt) -> Result<Call> {
    let revision = format!("\"{}\"", object.revision());
    let tag = HeaderValue::try_from(revision)
        .map_err(|error| Error::Transport { request: call.name(), source: error.into() })?;
    Ok(call.header(IF_MATCH, tag))
}
