//! What is inside of objects and lists.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use serde_json::{Map, Value, map};

use super::deserializer::Input;
use super::error::InputError;

/// The members of an object.
pub(super) struct Members {
    rest: map::IntoIter,
    value: Option<(String, Value)>,
}

impl Members {
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { rest: object.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = InputError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, InputError> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        let key = Input::of(Value::String(name.clone()));
        let key = seed
            .deserialize(key)
            .map_err(|error| error.in_member(&name))?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, InputError> {
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(Input::of(value))
            .map_err(|error| error.in_member(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The items of a list.
pub(super) struct Items {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
}

impl Items {
    pub(super) fn of(list: Vec<Value>) -> Self {
        Self { rest: list.into_iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = InputError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, InputError> {
        let Some((index, value)) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Input::of(value))
            .map(Some)
            .map_err(|error| error.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
