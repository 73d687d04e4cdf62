//! Which node a pod goes to.

use serde_json::Value;

use super::plan::{View, has_labels};
use crate::object::Fields;

/// Why no node was found, by node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Misfit {
    NotReady,
    Unschedulable,
    Labels,
    Taint,
    Full,
}

impl Misfit {
    const fn text(self) -> &'static str {
        match self {
            Self::NotReady => "node(s) were not ready",
            Self::Unschedulable => "node(s) were unschedulable",
            Self::Labels => "node(s) didn't match Pod's node affinity/selector",
            Self::Taint => "node(s) had untolerated taint(s)",
            Self::Full => "Too many pods",
        }
    }
}

/// The node with the fewest pods among those that fit; of several the first by name. Otherwise the scheduler's message.
pub(super) fn choose_node(view: &View<'_>, pod: &Value) -> Result<String, String> {
    let nodes = view.world.list("/registry/core/nodes/");
    let (mut best, mut misfits, mut total): (Option<(usize, &str)>, Vec<Misfit>, usize) =
        (None, Vec::new(), 0);
    for (_, node) in nodes {
        total += 1;
        let load = view.world.pod_count(node.name());
        match misfit(&pod["spec"], node, load) {
            Some(misfit) => misfits.push(misfit),
            None if best.is_none_or(|(least, _)| load < least) => best = Some((load, node.name())),
            None => {}
        }
    }
    best.map(|(_, node)| node.to_owned())
        .ok_or_else(|| describe(total, &misfits))
}

fn describe(total: usize, misfits: &[Misfit]) -> String {
    let mut reasons: Vec<(Misfit, usize)> = Vec::new();
    for misfit in misfits {
        match reasons.iter_mut().find(|(known, _)| known == misfit) {
            Some((_, count)) => *count += 1,
            None => reasons.push((*misfit, 1)),
        }
    }
    reasons.sort_unstable();
    let reasons: Vec<_> = reasons
        .iter()
        .map(|(misfit, count)| format!("{count} {}", misfit.text()))
        .collect();
    let reasons = if reasons.is_empty() {
        "no nodes available to schedule pods".to_owned()
    } else {
        reasons.join(", ")
    };
    format!("0/{total} nodes are available: {reasons}.")
}

fn misfit(spec: &Value, node: &Value, load: usize) -> Option<Misfit> {
    let capacity = node.text("/status/allocatable/pods").parse().unwrap_or(110);
    if node.condition("Ready") != "True" {
        Some(Misfit::NotReady)
    } else if node["spec"]["unschedulable"] == Value::Bool(true) {
        Some(Misfit::Unschedulable)
    } else if !selected(spec, node) {
        Some(Misfit::Labels)
    } else if !tolerated(spec, node) {
        Some(Misfit::Taint)
    } else if load >= capacity {
        Some(Misfit::Full)
    } else {
        None
    }
}

/// Whether a daemon set puts a pod there: readiness and cordons do not matter to it.
pub(super) fn suits_daemon(spec: &Value, node: &Value) -> bool {
    !node.is_deleting() && selected(spec, node) && tolerated(spec, node)
}

fn selected(spec: &Value, node: &Value) -> bool {
    has_labels(&node.labels("/metadata/labels"), &spec.labels("/nodeSelector"))
}

fn tolerated(spec: &Value, node: &Value) -> bool {
    let taints = node.items("/spec/taints").iter();
    taints
        .filter(|taint| taint.text("/effect") != "PreferNoSchedule")
        .all(|taint| {
            spec.items("/tolerations")
                .iter()
                .any(|toleration| tolerates(toleration, taint))
        })
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = toleration.text("/effect");
    let key = toleration.text("/key");
    let exists = toleration.text("/operator") == "Exists";
    (effect.is_empty() || effect == taint.text("/effect"))
        && (key == taint.text("/key") || (key.is_empty() && exists))
        && (exists || toleration.text("/value") == taint.text("/value"))
}
