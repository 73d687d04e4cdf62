//! The runtime against the real server, in process, in virtual time.

mod controllers;
mod informers;
mod sites;
