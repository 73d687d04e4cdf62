//! What a run of the server is told, with the defaults filled in.

mod address;
mod limits;
mod storage;
mod users;

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use krake_core::{FieldErrors, Problem};
use krake_server::{Limits, UpdateEvent};
use tracing::level_filters::LevelFilter;

pub(crate) use self::address::Address;
pub(crate) use self::storage::{EtcdPlace, Storage};
pub(crate) use self::users::{Authorization, Strategy, Users};
use crate::keys::Keys;

/// Settings that can be used.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) storage: Storage,
    pub(crate) address: Address,
    pub(crate) users: Users,
    /// Files with resources that are created before serving.
    pub(crate) bootstrap: Vec<String>,
    pub(crate) update_event: UpdateEvent,
    pub(crate) problem_base_url: String,
    pub(crate) limits: Limits,
}

/// Whether there is a configuration file: it is taken for the whole truth, and what it does not allow is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Options,
    File,
}

impl Settings {
    /// Judges what was said.
    ///
    /// # Errors
    /// Every key with a value that cannot be used.
    pub(crate) fn new(keys: &Keys, source: Source) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let operation = &keys.operation;
        let settings = Self {
            storage: Storage::new(&keys.store, &mut errors),
            address: Address::new(&keys.address, &mut errors),
            users: Users::new(&keys.authentication, source, &mut errors),
            bootstrap: operation.bootstrap.clone().unwrap_or_default(),
            update_event: parsed(
                "watch.update_event",
                operation.watch_update_event.as_deref(),
                &mut errors,
            ),
            problem_base_url: operation
                .docs_problem_base_url
                .clone()
                .unwrap_or_else(|| Problem::BASE_URL.to_owned()),
            limits: limits::limits(&keys.limits, &mut errors),
        };
        errors.into_result()?;
        Ok(settings)
    }

    /// Whether clients can show certificates.
    pub(crate) fn takes_certificates(&self) -> bool {
        let tls = self.address.tls.as_ref();
        tls.is_some_and(|tls| tls.client_ca.is_some())
    }
}

/// The value of a text, or the default; what cannot be read is told.
fn parsed<T: FromStr<Err: Display> + Default>(
    field: &str,
    text: Option<&str>,
    errors: &mut FieldErrors,
) -> T {
    match text.map(str::parse).transpose() {
        Ok(value) => value.unwrap_or_default(),
        Err(error) => {
            errors.add(field, error.to_string());
            T::default()
        }
    }
}

/// A text that must be there.
fn required(field: &str, text: Option<&String>, errors: &mut FieldErrors) -> String {
    text.cloned().unwrap_or_else(|| {
        errors.add(field, "Missing data for required field.");
        String::new()
    })
}

const POSITIVE: &str = "Must be greater than 0.";

/// A time that something can take.
fn seconds(field: &str, said: Option<f64>, errors: &mut FieldErrors) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(said?).ok();
    let time = time.filter(|time| !time.is_zero());
    if time.is_none() {
        errors.add(field, POSITIVE);
    }
    time
}

/// How much is logged: the words of this server and of the original.
///
/// # Errors
/// What the words are.
pub(crate) fn log_level(keys: &Keys) -> Result<LevelFilter, FieldErrors> {
    let Some(word) = &keys.operation.log_level else { return Ok(LevelFilter::WARN) };
    match word.to_ascii_lowercase().as_str() {
        "critical" | "fatal" | "error" => Ok(LevelFilter::ERROR),
        "warning" | "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" | "notset" => Ok(LevelFilter::TRACE),
        "off" => Ok(LevelFilter::OFF),
        _ => Err(FieldErrors::single(
            "log.level",
            "Must be critical, error, warning, info, debug, trace or off.",
        )),
    }
}
