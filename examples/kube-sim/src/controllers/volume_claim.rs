//! Volume claims: bound at once, to a volume that is only a name.

use serde_json::{Value, json};

use super::plan::Plan;
use super::world::Key;
use crate::object::Fields;

pub(super) fn plan(key: &Key, claim: &Value) -> Plan {
    let mut plan = Plan::default();
    if claim.text("/status/phase") == "Pending" && !claim.is_deleting() {
        plan.patch(key, claim, json!({"spec": {"volumeName": format!("pvc-{}", claim.uid())}}));
        let status = json!({
            "phase": "Bound",
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        });
        plan.status(key, claim, &status);
    }
    plan
}
