//! What an [`Api`](crate::Api) can carry.

use krake_core::Object;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object that can be sent, read and compared: every [`Resource`](krake_core::Resource), and
/// [`DynObject`](krake_core::DynObject).
pub trait ApiObject: Object + Clone + PartialEq + Serialize + DeserializeOwned {}

impl<K: Object + Clone + PartialEq + Serialize + DeserializeOwned> ApiObject for K {}
