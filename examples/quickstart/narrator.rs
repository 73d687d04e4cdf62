//! Tells what happens to applications and clusters, as the API's watches report it.

use std::collections::HashMap;
use std::fmt::Display;

use futures::StreamExt;
use krake_client::{ApiObject, Client, WatchOptions};
use krake_core::kubernetes::{Application, Cluster, Outcome};
use krake_core::{Key, Object, ObjectExt, Resource, WatchEvent};
use serde::Serialize;

use crate::terminal::Terminal;

/// A kind that the narrator can speak of.
pub(crate) trait Story: Resource + ApiObject {
    /// What is news, compared with the object as it was.
    fn news(&self, before: Option<&Self>) -> Vec<String>;
}

/// Prints the news of every object of a kind until the watch ends.
///
/// # Errors
/// When the watch cannot be opened or breaks.
pub(crate) async fn narrate<K: Story>(client: &Client, terminal: &Terminal) -> anyhow::Result<()> {
    let mut watch = client.all::<K>().watch(&WatchOptions::from_now()).await?;
    let mut known: HashMap<Key, K> = HashMap::new();
    while let Some(event) = watch.next().await {
        match event? {
            WatchEvent::Added(object) | WatchEvent::Updated(object) => {
                let before = known.get(&object.key());
                for text in object.news(before) {
                    terminal.event(&object.metadata().name, &text);
                }
                known.insert(object.key(), object);
            }
            WatchEvent::Deleted(object) => {
                known.remove(&object.key());
                terminal.event(&object.metadata().name, "is gone");
            }
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(problem) => return Err(problem.into()),
        }
    }
    Ok(())
}

impl Story for Application {
    fn news(&self, before: Option<&Self>) -> Vec<String> {
        let mut news = common_news(self, before);
        let (now, was) = (&self.status, before.map(|before| &before.status));
        if now.scheduled_to != was.and_then(|was| was.scheduled_to.clone())
            && let Some(cluster) = &now.scheduled_to
        {
            news.push(format!("is to run on {}", cluster.name));
            news.extend(verdicts(self));
        }
        news.extend(change("state", &now.state, was.map(|was| &was.state)));
        if now.running_on != was.and_then(|was| was.running_on.clone())
            && let Some(cluster) = &now.running_on
        {
            news.push(format!("runs on {}", cluster.name));
        }
        let (health, old_health) = (&now.container_health, was.map(|was| &was.container_health));
        if Some(health) != old_health && health.desired_pods > 0 {
            news.push(format!("{} of {} pods run", health.running_pods, health.desired_pods));
        }
        if now.reason != was.and_then(|was| was.reason.clone())
            && let Some(reason) = &now.reason
        {
            news.push(format!("reason: {}", reason.message));
        }
        news
    }
}

impl Story for Cluster {
    fn news(&self, before: Option<&Self>) -> Vec<String> {
        let mut news = common_news(self, before);
        let (now, was) = (&self.status, before.map(|before| &before.status));
        news.extend(change("state", &now.state, was.map(|was| &was.state)));
        let nodes = now.nodes.len();
        if Some(nodes) != was.map(|was| was.nodes.len()) && nodes > 0 {
            news.push(format!("nodes: {nodes}"));
        }
        news
    }
}

fn common_news<K: Resource>(object: &K, before: Option<&K>) -> Vec<String> {
    let mut news = Vec::new();
    let metadata = object.metadata();
    match before.map(Object::metadata) {
        None => news.push(format!("{} created", K::KIND.kind)),
        Some(before) => {
            if before.generation != metadata.generation {
                news.push(format!("changed by its user, generation {}", metadata.generation));
            }
            if before.deleted.is_none() && metadata.is_deleting() {
                news.push("deletion begins".to_owned());
            }
            if metadata.is_deleting() && before.finalizers != metadata.finalizers {
                news.push(format!("waits for [{}]", metadata.finalizers.join(", ")));
            }
        }
    }
    news
}

/// The record of the placement decision, one line a cluster.
fn verdicts(application: &Application) -> Vec<String> {
    let verdicts = application
        .status
        .decision
        .iter()
        .flat_map(|decision| &decision.verdicts);
    let mark = |outcome| match outcome {
        Outcome::Chosen => "chosen  ",
        Outcome::Feasible => "feasible",
        Outcome::Rejected => "rejected",
    };
    verdicts
        .map(|verdict| {
            format!("  {} {}: {}", mark(verdict.outcome), verdict.cluster, verdict.reason)
        })
        .collect()
}

fn change<S: Serialize + PartialEq>(what: &str, now: &S, before: Option<&S>) -> Option<String> {
    (Some(now) != before).then(|| match before {
        None => format!("{what} {}", name(now)),
        Some(before) => format!("{what} {} -> {}", name(before), name(now)),
    })
}

fn name(state: &impl Serialize) -> impl Display {
    serde_json::to_value(state)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use krake_core::ResourceRef;
    use krake_core::kubernetes::{ApplicationSpec, ApplicationState, Decision, Verdict};

    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let created = Application::new("shop", ApplicationSpec::of_manifest(Vec::new()));
        assert_eq!(created.news(None), ["Application created", "state PENDING"]);
        assert_eq!(created.news(Some(&created)), [""; 0]);

        let mut placed = created.clone();
        placed.status.state = ApplicationState::Creating;
        placed.status.scheduled_to = Some(ResourceRef {
            api: "kubernetes".into(),
            namespace: None,
            kind: "Cluster".into(),
            name: "a".into(),
            uid: None,
        });
        placed.status.decision = Some(Decision {
            verdicts: vec![Verdict {
                cluster: "a".into(),
                outcome: Outcome::Chosen,
                reason: "fits".into(),
            }],
        });
        assert_eq!(
            placed.news(Some(&created)),
            ["is to run on a", "  chosen   a: fits", "state PENDING -> CREATING"]
        );
    }
}
