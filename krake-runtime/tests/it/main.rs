//! The runtime against the real server, in process, in virtual time.

mod controllers;
mod finalizers;
mod garbage;
mod informers;
mod managers;
mod retries;
mod sites;
mod watches;
