//! The runtime against the real server, in process, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod controllers;
mod finalizers;
mod garbage;
mod informers;
mod managers;
mod retries;
mod sites;
mod sources;
mod watches;
