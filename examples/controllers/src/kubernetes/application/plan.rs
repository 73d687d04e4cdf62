//! What is to be done on one cluster, in which order.

use krake_core::Uid;
use krake_core::kubernetes::InventoryItem;
use kube::core::DynamicObject;

use super::manifest::{Desired, rank};
use crate::kubernetes::access::FIELD_MANAGER;

/// One step towards what the user wants. Steps are taken in order; the process may die between any two of them.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "whoever takes steps must know all of them")]
pub enum Step<'a> {
    /// Store in Krake that these items are about to be on the cluster.
    Record(Vec<InventoryItem>),
    /// Create or change a resource.
    Apply(&'a Desired),
    /// Remove a resource.
    Remove(&'a InventoryItem),
}

/// The steps that make a cluster hold `desired` and nothing else of what was `recorded`.
///
/// What is new is recorded before it is created, so that it is found again whenever the process dies. Everything desired is
/// applied, which changes nothing where nothing differs. What is no longer desired goes last, users of a namespace or kind
/// before the namespace or kind itself.
pub fn plan<'a>(desired: &'a [Desired], recorded: &'a [InventoryItem]) -> Vec<Step<'a>> {
    let is_recorded =
        |item: &InventoryItem| recorded.iter().any(|recorded| recorded.same_object(item));
    let is_desired =
        |item: &InventoryItem| desired.iter().any(|desired| desired.item.same_object(item));

    let items = desired.iter().map(|desired| &desired.item);
    let new: Vec<_> = items.filter(|item| !is_recorded(item)).cloned().collect();
    let mut obsolete: Vec<_> = recorded.iter().filter(|item| !is_desired(item)).collect();
    obsolete.reverse();
    obsolete.sort_by_key(|item| std::cmp::Reverse(rank(item)));

    let mut steps = Vec::with_capacity(1 + desired.len() + obsolete.len());
    if !new.is_empty() {
        steps.push(Step::Record(new));
    }
    steps.extend(desired.iter().map(Step::Apply));
    steps.extend(obsolete.into_iter().map(Step::Remove));
    steps
}

/// The instance to remove, if `live` is one that Krake put there: the recorded one, or one that Krake has applied.
///
/// The recorded instance alone would not do. A process that dies between creating a resource and storing which instance that
/// was leaves behind no instance, or an earlier one.
pub fn instance_to_remove(item: &InventoryItem, live: &DynamicObject) -> Option<Uid> {
    let uid = Uid(live.metadata.uid.as_deref()?.into());
    let managers = live.metadata.managed_fields.iter().flatten();
    let is_applied = managers
        .filter_map(|entry| entry.manager.as_deref())
        .any(|manager| manager == FIELD_MANAGER);
    (is_applied || item.uid.as_ref() == Some(&uid)).then_some(uid)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::kubernetes::access::{KindName, Place};

    /// A cluster: resources with their instance, and whether Krake has applied them.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Model {
        objects: BTreeMap<String, (u32, Value)>,
        applied: BTreeMap<String, bool>,
        next: u32,
    }

    impl Model {
        fn apply(&mut self, desired: &Desired) -> Uid {
            let key = desired.item.to_string();
            let uid = match self.objects.get(&key) {
                Some((uid, _)) => *uid,
                None => self.next,
            };
            self.next += 1;
            self.objects
                .insert(key.clone(), (uid, desired.manifest.clone()));
            self.applied.insert(key, true);
            Uid(uid.to_string().into())
        }

        fn live(&self, item: &InventoryItem) -> Option<DynamicObject> {
            let key = item.to_string();
            let (uid, _) = self.objects.get(&key)?;
            let manager = if self.applied[&key] { FIELD_MANAGER } else { "kubectl" };
            let object = json!({"metadata": {
                "name": item.name, "uid": uid.to_string(), "managedFields": [{"manager": manager}],
            }});
            Some(serde_json::from_value(object).unwrap())
        }

        fn remove(&mut self, item: &InventoryItem) {
            let live = self.live(item);
            if live
                .and_then(|live| instance_to_remove(item, &live))
                .is_some()
            {
                self.objects.remove(&item.to_string());
                self.applied.remove(&item.to_string());
            }
        }

        fn foreign(&self) -> Vec<(&String, &(u32, Value))> {
            self.objects
                .iter()
                .filter(|(key, _)| !self.applied[*key])
                .collect()
        }
    }

    /// Takes at most `limit` steps; what is in memory is stored only if all were taken.
    fn execute(
        model: &mut Model,
        desired: &[Desired],
        stored: &mut Vec<InventoryItem>,
        limit: usize,
    ) {
        let before = stored.clone();
        let steps = plan(desired, &before);
        let is_complete = limit >= steps.len();
        let mut memory = before.clone();
        for step in steps.into_iter().take(limit) {
            match step {
                Step::Record(items) => {
                    stored.extend(items.clone());
                    memory.extend(items);
                }
                Step::Apply(desired) => {
                    let uid = model.apply(desired);
                    let entry = memory
                        .iter_mut()
                        .find(|item| item.same_object(&desired.item));
                    entry.expect("recorded before applied").uid = Some(uid);
                }
                Step::Remove(item) => {
                    model.remove(item);
                    memory.retain(|entry| !entry.same_object(item));
                }
            }
        }
        if is_complete {
            *stored = memory;
        }
    }

    fn desired(name: u8, value: u8) -> Desired {
        let kind = match name % 3 {
            0 => KindName::new("v1", "Namespace"),
            1 => KindName::new("apps/v1", "Deployment"),
            _ => KindName::new("v1", "ConfigMap"),
        };
        let item = InventoryItem {
            group: kind.group.clone(),
            version: kind.version.clone(),
            kind: kind.kind.clone(),
            namespace: None,
            name: format!("x{name}"),
            uid: None,
        };
        let place = Place::new(&kind, "plural", false);
        Desired { item, place, manifest: json!({ "value": value }) }
    }

    fn manifest() -> impl Strategy<Value = Vec<Desired>> {
        proptest::collection::btree_map(0_u8..8, any::<u8>(), 0..6).prop_map(|items| {
            let mut desired: Vec<_> = items
                .into_iter()
                .map(|(name, value)| desired(name, value))
                .collect();
            desired.sort_by_key(|desired| rank(&desired.item));
            desired
        })
    }

    proptest! {
        // Found that a resource was orphaned when the process died after removing it, and again after creating it anew.
        #[test]
        fn whenever_the_process_dies_the_next_run_converges_and_touches_nothing_foreign(
            foreign in proptest::collection::btree_map(4_u8..12, any::<u8>(), 0..4),
            interrupted in proptest::collection::vec((manifest(), 0_usize..10), 0..5),
            last in manifest(),
        ) {
            let mut model = Model { next: 100, ..Model::default() };
            for (name, value) in foreign {
                let foreign = desired(name, value);
                model.apply(&foreign);
                model.applied.insert(foreign.item.to_string(), false);
            }
            let untouched: Vec<_> = {
                let wanted = |key: &&String| {
                    let all = interrupted.iter().flat_map(|(manifest, _)| manifest).chain(&last);
                    all.map(|desired| desired.item.to_string()).any(|name| name == **key)
                };
                let foreign = model.foreign().into_iter().filter(|(key, _)| !wanted(key));
                foreign.map(|(key, object)| (key.clone(), object.clone())).collect()
            };
            let mut stored = Vec::new();
            for (manifest, steps) in &interrupted {
                execute(&mut model, manifest, &mut stored, *steps);
            }
            execute(&mut model, &last, &mut stored, usize::MAX);

            for desired in &last {
                let (_, manifest) = &model.objects[&desired.item.to_string()];
                prop_assert_eq!(manifest, &desired.manifest);
            }
            let ours = model.applied.values().filter(|applied| **applied).count();
            prop_assert_eq!(ours, last.len(), "nothing is orphaned");
            prop_assert_eq!(stored.len(), last.len());
            for (key, object) in &untouched {
                prop_assert_eq!(model.objects.get(key), Some(object));
            }
            let again = plan(&last, &stored);
            prop_assert!(again.iter().all(|step| matches!(step, Step::Apply(_))));
        }
    }

    #[test]
    fn everything_new_is_recorded_before_anything_is_created() {
        let wanted = [desired(1, 0), desired(2, 0)];
        let steps = plan(&wanted, &[]);
        assert_eq!(
            steps,
            [
                Step::Record(vec![wanted[0].item.clone(), wanted[1].item.clone()]),
                Step::Apply(&wanted[0]),
                Step::Apply(&wanted[1]),
            ]
        );
    }

    #[test]
    fn a_namespace_goes_after_everything_else() {
        let recorded = [desired(2, 0).item, desired(0, 0).item, desired(1, 0).item];
        assert_eq!(
            plan(&[], &recorded),
            [Step::Remove(&recorded[2]), Step::Remove(&recorded[0]), Step::Remove(&recorded[1])]
        );
    }

    #[test]
    fn an_instance_that_somebody_else_created_later_is_not_removed() {
        let mut model = Model::default();
        let wanted = desired(1, 0);
        model.apply(&wanted);
        model.applied.insert(wanted.item.to_string(), false);
        let live = model.live(&wanted.item).unwrap();
        let earlier = InventoryItem { uid: Some(Uid("77".into())), ..wanted.item };
        assert_eq!(instance_to_remove(&earlier, &live), None);
    }
}
