//! Where an application is to run.

use krake_core::kubernetes::{Application, Cluster, Decision, Outcome, Verdict};
use krake_core::{ObjectExt, Reason, ReasonCode, ResourceRef};

use super::choice::draw;
use super::fit::obstacle;

/// What the scheduler does with an application.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Plan {
    /// Give it to a cluster that it is not bound to.
    Bind {
        /// The cluster.
        cluster: ResourceRef,
        /// How it was chosen.
        decision: Decision,
    },
    /// Leave it where it is bound.
    Stay,
    /// No cluster can run it.
    NotPossible {
        /// The same for the status.
        reason: Reason,
        /// What is wrong with each cluster.
        decision: Decision,
    },
    /// It is not the scheduler's business.
    Nothing,
}

/// Decides where `application` is to run, among those of `clusters` that are in its namespace.
///
/// It stays where it is as long as that cluster fits, or when it must not move. Otherwise one of the fitting clusters is
/// drawn; the same input gives the same answer, whatever the order of the clusters.
pub fn plan<'a>(
    application: &Application,
    clusters: impl IntoIterator<Item = &'a Cluster>,
) -> Plan {
    if application.metadata.is_deleting() {
        return Plan::Nothing;
    }
    let current = application.status.scheduled_to.as_ref();
    if current.is_some() && !application.spec.constraints.migration {
        return Plan::Stay;
    }
    let candidates = candidates(application, clusters);
    let is_fitting = |candidate: &&Candidate<'_>| candidate.obstacle.is_none();
    let fitting: Vec<_> = candidates.iter().filter(is_fitting).collect();
    if fitting.iter().any(|candidate| candidate.is_current) {
        return Plan::Stay;
    }
    match fitting
        .iter()
        .max_by_key(|candidate| (candidate.draw, candidate.name()))
    {
        Some(winner) => Plan::Bind {
            cluster: winner.cluster.to_ref(),
            decision: decision(&candidates, Some((winner.name(), fitting.len()))),
        },
        None => Plan::NotPossible {
            reason: Reason::new(
                ReasonCode::NoSuitableResource,
                "No matching Kubernetes cluster found",
            ),
            decision: decision(&candidates, None),
        },
    }
}

/// A cluster as seen by one application.
struct Candidate<'a> {
    cluster: &'a Cluster,
    is_current: bool,
    obstacle: Option<String>,
    draw: u64,
}

impl Candidate<'_> {
    fn name(&self) -> &str {
        &self.cluster.metadata.name
    }
}

/// The clusters of the application's namespace, by name.
fn candidates<'a>(
    application: &Application,
    clusters: impl IntoIterator<Item = &'a Cluster>,
) -> Vec<Candidate<'a>> {
    let current = application.status.scheduled_to.as_ref();
    let identity = application.metadata.uid.as_ref();
    let identity = identity.map_or(application.metadata.name.as_str(), |uid| &uid.0);
    let is_near = |cluster: &&Cluster| cluster.metadata.namespace == application.metadata.namespace;
    let mut candidates: Vec<_> = clusters
        .into_iter()
        .filter(is_near)
        .map(|cluster| {
            let is_current = current.is_some_and(|current| current.refers_to(cluster));
            let obstacle = obstacle(application, cluster, is_current);
            let draw = draw(identity, &cluster.metadata.name);
            Candidate { cluster, is_current, obstacle, draw }
        })
        .collect();
    candidates.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    candidates
}

/// The record of the decision; `winner` is the chosen cluster, and among how many.
fn decision(candidates: &[Candidate<'_>], winner: Option<(&str, usize)>) -> Decision {
    let verdict = |candidate: &Candidate<'_>| {
        let (outcome, reason) = match (&candidate.obstacle, winner) {
            (Some(obstacle), _) => (Outcome::Rejected, obstacle.clone()),
            (None, Some((name, 1))) if name == candidate.name() => {
                (Outcome::Chosen, "fits as the only one".to_owned())
            }
            (None, Some((name, fitting))) if name == candidate.name() => {
                (Outcome::Chosen, format!("fits; drawn among {fitting} that fit equally well"))
            }
            (None, _) => {
                (Outcome::Feasible, "fits; not chosen: the draw fell on another one".into())
            }
        };
        Verdict { cluster: candidate.name().to_owned(), outcome, reason }
    };
    Decision { verdicts: candidates.iter().map(verdict).collect() }
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::{ApplicationSpec, ClusterSpec, ClusterState, JsonObject};
    use krake_core::{Key, Resource, Timestamp, Uid};
    use proptest::prelude::*;

    use super::*;

    fn cluster(name: &str, labels: &[(&str, &str)]) -> Cluster {
        let spec = ClusterSpec::of_kubeconfig(JsonObject::new());
        let mut cluster = Cluster::new(name, spec).in_namespace("testing");
        cluster.status.state = ClusterState::Online;
        for (key, value) in labels {
            cluster = cluster.with_label(*key, *value);
        }
        cluster
    }

    fn application(labels: &[&str]) -> Application {
        let mut spec = ApplicationSpec::of_manifest(Vec::new());
        let labels = labels.iter().map(|text| text.parse().unwrap()).collect();
        spec.constraints.cluster.labels = Some(labels);
        let mut application = Application::new("app", spec).in_namespace("testing");
        application.metadata.uid = Some(Uid("1-2-3".into()));
        application
    }

    fn bound(mut application: Application, cluster: &str) -> Application {
        let key = Key::namespaced("testing", cluster);
        application.status.scheduled_to = Some(ResourceRef::to_key(Cluster::KIND, &key));
        application
    }

    fn chosen(plan: &Plan) -> &str {
        match plan {
            Plan::Bind { cluster, .. } => &cluster.name,
            other => panic!("expected a binding, got {other:?}"),
        }
    }

    fn verdicts(plan: Plan) -> Vec<(String, Outcome, String)> {
        let (Plan::Bind { decision, .. } | Plan::NotPossible { decision, .. }) = plan else {
            panic!("expected a decision, got {plan:?}");
        };
        let verdicts = decision.verdicts.into_iter();
        verdicts
            .map(|verdict| (verdict.cluster, verdict.outcome, verdict.reason))
            .collect()
    }

    #[test]
    fn every_cluster_gets_a_verdict_with_its_reason() {
        let mut offline = cluster("d", &[("location", "DE")]);
        offline.status.state = ClusterState::Offline;
        let mut leaving = cluster("e", &[("location", "DE")]);
        leaving.metadata.deleted = Some("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
        let clusters = [
            offline,
            cluster("c", &[]),
            cluster("b", &[("location", "SK")]),
            cluster("a", &[("location", "DE")]),
            leaving,
            cluster("other", &[("location", "DE")]).in_namespace("elsewhere"),
        ];
        let found = verdicts(plan(&application(&["location is DE"]), &clusters));
        let expected = [
            ("a", Outcome::Chosen, "fits as the only one"),
            ("b", Outcome::Rejected, "label location is SK, wanted: location is DE"),
            ("c", Outcome::Rejected, "has no label location, wanted: location is DE"),
            ("d", Outcome::Rejected, "is OFFLINE"),
            ("e", Outcome::Rejected, "is being deleted"),
        ];
        assert_eq!(found, expected.map(|(name, outcome, why)| (name.into(), outcome, why.into())));
    }

    #[test]
    fn custom_resources_must_be_there_and_metrics_are_unknown() {
        let mut wants = application(&[]);
        wants.spec.constraints.cluster.custom_resources = vec!["crons.example.org".into()];
        let found = verdicts(plan(&wants, &[cluster("a", &[])]));
        assert_eq!(found[0].2, "lacks custom resource crons.example.org");
        let mut offers = cluster("b", &[]);
        offers.spec.custom_resources = vec!["crons.example.org".into()];
        assert_eq!(chosen(&plan(&wants, &[offers.clone()])), "b");
        wants.spec.constraints.cluster.metrics = Some(vec!["load lt 5".parse().unwrap()]);
        let found = verdicts(plan(&wants, &[offers]));
        assert_eq!(found[0].2, "metric load is unknown, wanted: load lt 5");
    }

    #[test]
    fn nothing_fits_is_said_so() {
        let Plan::NotPossible { reason, .. } = plan(&application(&[]), []) else { panic!() };
        assert_eq!(reason.code, ReasonCode::NoSuitableResource);
        assert_eq!(reason.message, "No matching Kubernetes cluster found");
    }

    #[test]
    fn an_application_stays_while_its_cluster_fits_and_moves_when_it_does_not() {
        let clusters = [cluster("a", &[("x", "1")]), cluster("b", &[("x", "2")])];
        assert_eq!(plan(&bound(application(&[]), "a"), &clusters), Plan::Stay);
        assert_eq!(plan(&bound(application(&[]), "b"), &clusters), Plan::Stay);
        let moved = plan(&bound(application(&["x is 2"]), "a"), &clusters);
        assert_eq!(chosen(&moved), "b");
        assert_eq!(chosen(&plan(&bound(application(&[]), "gone"), &clusters[..1])), "a");
    }

    #[test]
    fn an_application_that_must_not_move_stays_even_on_a_dead_cluster() {
        let mut fixed = bound(application(&["x is 2"]), "a");
        fixed.spec.constraints.migration = false;
        assert_eq!(plan(&fixed, &[cluster("b", &[("x", "2")])]), Plan::Stay);
        fixed.status.scheduled_to = None;
        assert_eq!(chosen(&plan(&fixed, &[cluster("b", &[("x", "2")])])), "b");
    }

    #[test]
    fn trouble_of_a_node_keeps_newcomers_away_but_drives_nobody_out() {
        for state in [ClusterState::NotReady, ClusterState::Unhealthy, ClusterState::Connecting] {
            let mut troubled = cluster("a", &[]);
            troubled.status.state = state;
            let clusters = [troubled, cluster("b", &[])];
            assert_eq!(plan(&bound(application(&[]), "a"), &clusters), Plan::Stay);
            assert_eq!(chosen(&plan(&application(&[]), &clusters)), "b");
        }
    }

    #[test]
    fn a_new_instance_of_a_cluster_is_another_cluster() {
        let mut known = cluster("a", &[]);
        known.metadata.uid = Some(Uid("old".into()));
        let mut application = application(&[]);
        application.status.scheduled_to = Some(known.to_ref());
        assert_eq!(plan(&application, &[known.clone()]), Plan::Stay);
        known.metadata.uid = Some(Uid("new".into()));
        let Plan::Bind { cluster, .. } = plan(&application, &[known.clone()]) else { panic!() };
        assert_eq!(cluster, known.to_ref());
    }

    #[test]
    fn a_deleting_application_is_left_alone() {
        let mut leaving = application(&[]);
        leaving.metadata.deleted = Some("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
        assert_eq!(plan(&leaving, &[cluster("a", &[])]), Plan::Nothing);
    }

    fn fleet() -> impl Strategy<Value = Vec<Cluster>> {
        let states = prop_oneof![
            Just(ClusterState::Online),
            Just(ClusterState::Offline),
            Just(ClusterState::NotReady)
        ];
        proptest::collection::btree_map("[a-e]", ("[12]", states), 0..5).prop_map(|fleet| {
            let fleet = fleet.into_iter().map(|(name, (label, state))| {
                let mut cluster = cluster(&name, &[("x", &label)]);
                cluster.status.state = state;
                cluster
            });
            fleet.collect()
        })
    }

    proptest! {
        #[test]
        fn a_binding_is_a_fixed_point_and_does_not_depend_on_the_order(
            mut fleet in fleet(),
            wanted in "[12]",
            current in proptest::option::of("[a-e]"),
        ) {
            let mut application = application(&[&format!("x is {wanted}")]);
            if let Some(current) = current {
                application = bound(application, &current);
            }
            let first = plan(&application, &fleet);
            fleet.reverse();
            prop_assert_eq!(&first, &plan(&application, &fleet));
            if let Plan::Bind { cluster, decision } = first {
                let target = fleet.iter().find(|found| found.metadata.name == cluster.name).unwrap();
                prop_assert_eq!(target.status.state, ClusterState::Online);
                prop_assert_eq!(&target.metadata.labels["x"], &wanted);
                prop_assert_eq!(decision.verdicts.len(), fleet.len());
                application = bound(application, &cluster.name);
                prop_assert_eq!(plan(&application, &fleet), Plan::Stay);
            }
        }
    }
}
