//! What every backend refuses, whatever it could store.

use std::collections::HashSet;

use super::{Error, Op, Transaction};

impl Transaction {
    /// Checks the rules that hold for every store.
    pub(super) fn validate(&self) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut bytes = 0_usize;
        for op in &self.ops {
            let (key, value) = match op {
                Op::Put { key, value } => (key, value.len()),
                Op::Delete { key } => (key, 0),
            };
            if key.is_empty() {
                return Err(Error::Invalid("a key is empty".into()));
            }
            if !seen.insert(key) {
                return Err(Error::Invalid(format!(
                    "`{key}` occurs in two operations; a transaction changes a key once"
                )));
            }
            bytes = bytes.saturating_add(key.len()).saturating_add(value);
        }
        if bytes > Self::MAX_BYTES {
            return Err(Error::Invalid(format!(
                "its keys and values have {bytes} bytes, more than {}; write fewer keys at once",
                Self::MAX_BYTES
            )));
        }
        Ok(())
    }
}
