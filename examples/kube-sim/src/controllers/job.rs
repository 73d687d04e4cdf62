//! Jobs: pods that run to their end.

use std::time::Duration;

use serde_json::{Value, json};

use super::conditions::{Condition, with_conditions};
use super::plan::{Plan, View, count};
use super::replica_set::active_pods;
use super::template::pod_of;
use super::world::Key;
use crate::object::Fields;

pub(super) fn plan(view: &View<'_>, key: &Key, job: &Value) -> Plan {
    let mut plan = Plan::default();
    if job.is_deleting() {
        return plan;
    }
    if job.condition("Complete") == "True" {
        clean_up(&mut plan, view, key, job);
        return plan;
    }
    let number =
        |pointer: &str| usize::try_from(job.number(pointer).unwrap_or(1)).unwrap_or_default();
    let (completions, parallelism) = (number("/spec/completions"), number("/spec/parallelism"));
    let active = active_pods(view, job);
    let ended = |phase: &str| {
        let pods = view.world.controlled(job.uid(), "Pod");
        pods.filter(|(_, pod)| pod.text("/status/phase") == phase)
            .count()
    };
    let succeeded = ended("Succeeded");
    let mut running = active.len();
    if job["spec"]["suspend"] == Value::Bool(true) {
        for (key, pod) in &active {
            plan.delete(key, pod);
        }
    } else {
        let wanted = parallelism.min(completions.saturating_sub(succeeded));
        (running..wanted).for_each(|_| plan.create(pod_of(view, job)));
        running = running.max(wanted);
    }
    let ready = active
        .iter()
        .filter(|(_, pod)| pod.condition("Ready") == "True");
    let mut status = json!({
        "active": count(running),
        "ready": ready.count(),
        "succeeded": count(succeeded),
        "failed": count(ended("Failed")),
        "terminating": 0,
    });
    if job.text("/status/startTime").is_empty() {
        status["startTime"] = view.stamp.into();
    }
    if succeeded >= completions {
        complete(view, job, &mut status);
    }
    plan.status(key, job, &status);
    plan
}

fn complete(view: &View<'_>, job: &Value, status: &mut Value) {
    const MESSAGE: &str = "Reached expected number of succeeded pods";
    let conditions = ["SuccessCriteriaMet", "Complete"].map(|kind| Condition {
        kind,
        status: true,
        reason: "CompletionsReached",
        message: MESSAGE,
    });
    status["completionTime"] = view.stamp.into();
    status["conditions"] = with_conditions(job, &conditions, view.stamp, &["lastProbeTime"]);
}

/// Deletes a finished job after its time to live. The time counts from its completion.
fn clean_up(plan: &mut Plan, view: &View<'_>, key: &Key, job: &Value) {
    let Some(seconds) = job.number("/spec/ttlSecondsAfterFinished") else { return };
    let delay = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    if plan.wait(view.remaining(key, delay)) {
        plan.delete(key, job);
    }
}
