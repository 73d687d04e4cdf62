//! What is inside of objects and lists.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use serde_json::{Map, Value, map};

use super::deserializer::Input;
use super::error::{InputError, MISSING};
use super::place::Place;

/// The members of an object.
pub(super) struct Members<'p> {
    rest: map::IntoIter,
    /// What comes next; without value, if it is missing.
    value: Option<(String, Option<Value>)>,
    place: Option<&'p Place<'p>>,
    /// Members that must come and have not come yet, as far as that is known.
    required: Vec<&'static str>,
}

impl<'p> Members<'p> {
    pub(super) fn of(
        object: Map<String, Value>,
        place: Option<&'p Place<'p>>,
        required: Vec<&'static str>,
    ) -> Self {
        Self { rest: object.into_iter(), value: None, place, required }
    }

    fn next(&mut self) -> Option<(String, Option<Value>)> {
        for (name, value) in self.rest.by_ref() {
            if self
                .place
                .is_some_and(|place| place.member(&name).is_dead())
            {
                continue;
            }
            self.required.retain(|required| *required != name);
            return Some((name, Some(value)));
        }
        let missing = !self.required.is_empty();
        missing.then(|| (self.required.remove(0).to_owned(), None))
    }

    /// Tells of `name` and all other missing members at once: nothing may fit in the place of the first.
    fn report_missing(&self, name: &str) -> Result<(), InputError> {
        let Some(place) = self.place else { return Ok(()) };
        let missing = [name].into_iter().chain(self.required.iter().copied());
        missing
            .map(|name| place.member(name))
            .filter(|member| !member.is_dead())
            .try_for_each(|member| member.report(MISSING))
    }
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = InputError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, InputError> {
        let Some((name, value)) = self.next() else { return Ok(None) };
        if value.is_none() {
            self.report_missing(&name)?;
        }
        let key = seed.deserialize(Input::plain(Value::String(name.clone())));
        let key = key.map_err(|error| match self.place {
            Some(place) => place.member(&name).give_up(error, value.is_none()),
            None => error,
        })?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, InputError> {
        let (name, value) = self.value.take().unwrap_or_default();
        let (place, is_absent) = (self.place.map(|place| place.member(&name)), value.is_none());
        // One call: what types make of their members is compiled into it.
        seed.deserialize(Input::of(value, place.as_ref()))
            .map_err(|error| match &place {
                Some(place) => place.give_up(error, is_absent),
                None => error,
            })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len() + self.required.len())
    }
}

/// The items of a list.
pub(super) struct Items<'p> {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
    place: Option<&'p Place<'p>>,
    /// Whether the list may have any length.
    is_open: bool,
}

impl<'p> Items<'p> {
    pub(super) fn of(list: Vec<Value>, place: Option<&'p Place<'p>>, is_open: bool) -> Self {
        Self { rest: list.into_iter().enumerate(), place, is_open }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = InputError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, InputError> {
        let next = match self.place {
            None => self.rest.next(),
            Some(place) => self
                .rest
                .by_ref()
                .find(|(index, _)| !place.item(*index).is_dead()),
        };
        let Some((index, value)) = next else { return Ok(None) };
        let item = self.place.map(|place| place.item(index));
        match (seed.deserialize(Input::of(Some(value), item.as_ref())), item) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(error), None) => Err(error),
            (Err(error), Some(item)) => {
                let error = item.give_up(error, false);
                // What follows the list can still be looked at; the next attempt looks at the rest of the list.
                if self.is_open && item.attempt().goes_on() { Ok(None) } else { Err(error) }
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
