//! The keys of the configuration, each of which is also an option: the only list of them.
//!
//! The name of a field is the path of its key, joined by `_`: `etcd.retry_transactions` in the file is
//! [`StoreKeys::etcd_retry_transactions`] here and `--etcd-retry-transactions` on the command line. What a value means beyond its
//! type is decided in [`settings`](crate::settings), so that both ways of saying it are judged alike.

mod address;
mod authentication;
mod limits;
mod operation;
mod store;

use clap::Args;
use serde::Serialize;

pub(crate) use self::address::AddressKeys;
pub(crate) use self::authentication::AuthenticationKeys;
pub(crate) use self::limits::LimitKeys;
pub(crate) use self::operation::OperationKeys;
pub(crate) use self::store::StoreKeys;

/// What was said, by options or in the file; nothing is said by default.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Keys {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) store: StoreKeys,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) address: AddressKeys,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) authentication: AuthenticationKeys,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) operation: OperationKeys,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) limits: LimitKeys,
}

impl Keys {
    /// The names of all keys, as paths joined by `_`.
    pub(crate) fn names() -> Vec<String> {
        let command = Self::augment_args(clap::Command::new("keys"));
        command
            .get_arguments()
            .map(|argument| argument.get_id().as_str().to_owned())
            .collect()
    }
}
