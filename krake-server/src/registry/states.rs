//! How the state of an object is read, for requests that wait for one.

use std::marker::PhantomData;

use krake_core::{Resource, Uid};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor, value::Error};
use serde::{Serialize, forward_to_deserialize_any};

use crate::refusal::Refusal;

/// Which instance an object is, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) instance: Option<Uid>,
    pub(crate) name: String,
}

/// Reads the state of objects of one kind.
pub(crate) trait States: Send + Sync {
    /// All states that there are; none if any text can be one.
    fn names(&self) -> &'static [&'static str];

    /// The state of an object, given as JSON.
    fn read(&self, json: &[u8]) -> Result<State, Refusal>;
}

/// States read by a function.
pub(crate) struct FunctionStates<K, S, F> {
    function: F,
    of: PhantomData<fn(K) -> S>,
}

impl<K, S, F> FunctionStates<K, S, F> {
    pub(crate) const fn new(function: F) -> Self {
        Self { function, of: PhantomData }
    }
}

impl<K, S, F> States for FunctionStates<K, S, F>
where
    K: Resource,
    S: Serialize + DeserializeOwned,
    F: Fn(&K) -> S + Send + Sync,
{
    fn names(&self) -> &'static [&'static str] {
        variants::<S>()
    }

    fn read(&self, json: &[u8]) -> Result<State, Refusal> {
        let internal = |error: serde_json::Error| Refusal::Internal(Box::new(error));
        let object: K = serde_json::from_slice(json).map_err(internal)?;
        let name = match serde_json::to_value((self.function)(&object)).map_err(internal)? {
            serde_json::Value::String(name) => name,
            other => other.to_string(),
        };
        Ok(State { instance: object.metadata().uid.clone(), name })
    }
}

/// The names of the variants of an enum, as they are on the wire.
fn variants<S: DeserializeOwned>() -> &'static [&'static str] {
    let mut names = &[][..];
    // It always fails: what it was asked for is all that matters.
    let _ = S::deserialize(Ask(&mut names));
    names
}

/// A deserializer that listens.
struct Ask<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("nothing is here"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = variants;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::{Application, ApplicationState, Cluster};

    use super::*;

    #[test]
    fn the_names_of_states_are_those_of_the_wire() {
        assert!(variants::<ApplicationState>().contains(&"WAITING_FOR_CLEANING"));
        let of_clusters = FunctionStates::new(|cluster: &Cluster| cluster.status.state);
        assert!(of_clusters.names().contains(&"NOTREADY"));
        assert_eq!(variants::<String>(), [""; 0]);
    }

    #[test]
    fn a_state_is_read_from_json() {
        let states = FunctionStates::new(|application: &Application| application.status.state);
        let json = br#"{"metadata": {"name": "a", "uid": "u"}, "spec": {"manifest": [], "constraints": {"cluster": {}}},
            "status": {"state": "READY_FOR_ACTION"}}"#;
        let state = states.read(json).unwrap();
        assert_eq!(
            state,
            State { instance: Some(Uid("u".into())), name: "READY_FOR_ACTION".into() }
        );
    }
}
