//! The controllers of the `kubernetes` API.

pub mod access;
pub mod application;
pub mod cluster;
