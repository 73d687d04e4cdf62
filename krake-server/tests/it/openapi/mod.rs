//! The description of the API: a valid document, and a true one.

mod bodies;
mod checked;
mod document;
mod outline;
mod own_kinds;
mod responses;
mod samples;
mod validity;
