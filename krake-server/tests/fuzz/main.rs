//! Random input to everything that reads what clients send.
//!
//! Each property runs a bounded number of cases; `PROPTEST_CASES=100000 cargo test -p krake-server --test fuzz` runs more.
//! A failing case is printed as small as it can be made, and kept for the next runs.
#![expect(clippy::unwrap_used, reason = "a test ends where its assumptions do")]

mod decoders;
mod languages;
mod mutation;
mod requests;

use proptest::prelude::ProptestConfig;

/// So many cases, unless the environment says how many.
fn cases(cases: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(cases),
    }
}
