//! The server in process, over the memory store.

mod bed;
mod concurrency;
mod crud;
mod deletion;
mod lists;
mod refusals;
mod watches;
