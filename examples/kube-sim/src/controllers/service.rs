//! Services: the address of a load balancer.

use serde_json::{Value, json};

use super::plan::{Plan, View};
use super::world::Key;
use crate::object::Fields;

pub(super) fn plan(view: &View<'_>, key: &Key, service: &Value) -> Plan {
    let mut plan = Plan::default();
    let balanced = service.text("/spec/type") == "LoadBalancer";
    let has_address = !service.items("/status/loadBalancer/ingress").is_empty();
    if balanced && !has_address && plan.wait(view.remaining(key, view.options.load_balancer_delay))
    {
        let ip = view.addresses.load_balancer();
        let status = json!({"loadBalancer": {"ingress": [{"ip": ip, "ipMode": "VIP"}]}});
        plan.status(key, service, &status);
    } else if !balanced && has_address {
        plan.status(key, service, &json!({"loadBalancer": {"ingress": null}}));
    }
    plan
}
