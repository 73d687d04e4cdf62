//! What can be done with every kind.

use krake_client::{Client, ListOptions};
use krake_core::Resource;

use crate::command::{List, One};
use crate::output::Rows;

/// Shows the resources of a namespace, or of all.
pub(crate) async fn list<K: Resource + Rows>(
    client: &Client,
    command: &List,
) -> anyhow::Result<String> {
    let namespace = (!command.all).then_some(command.common.namespace.as_str());
    let list = client
        .api::<K>(namespace)
        .list(&ListOptions::default())
        .await?;
    command.common.output.many(&list.items)
}

/// Shows one resource.
pub(crate) async fn get<K: Resource + Rows>(
    client: &Client,
    command: &One,
) -> anyhow::Result<String> {
    let found = client
        .namespace::<K>(&command.common.namespace)
        .get(&command.name)
        .await?;
    command.common.output.one(&found)
}

/// Begins the deletion of one resource, and shows it.
pub(crate) async fn delete<K: Resource + Rows>(
    client: &Client,
    command: &One,
) -> anyhow::Result<String> {
    let deleted = client
        .namespace::<K>(&command.common.namespace)
        .delete(&command.name)
        .await?;
    command.common.output.one(&deleted)
}
