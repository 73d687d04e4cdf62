//! How large the free-form parts of a resource may be.

use std::io;

use serde::Serialize;

use crate::FieldErrors;

/// The largest manifest or TOSCA template, in bytes of compact JSON.
///
/// The status of an application holds its manifest again, as it was applied and as it was observed, with the schema of what
/// is observed; that of a cluster holds its template. All of it must fit into the body of a request, or nobody could write
/// the status.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// Checks that what is in a field is not too large.
///
/// # Errors
/// When it is.
pub(super) fn validate(field: &str, value: &impl Serialize) -> Result<(), FieldErrors> {
    let size = json_size(value);
    if size <= MOST_BYTES {
        return Ok(());
    }
    let message = format!("Has {size} bytes as JSON, and {MOST_BYTES} are the limit: split it up.");
    Err(FieldErrors::single(field, message))
}

/// How many bytes of compact JSON a value has.
fn json_size(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    // Neither counting nor a JSON value fails.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_status_could_not_hold_is_refused() {
        let text = |size: usize| "x".repeat(size - 2);
        assert_eq!(validate("f", &text(MOST_BYTES)), Ok(()));
        assert_eq!(
            validate("f", &text(MOST_BYTES + 1))
                .unwrap_err()
                .to_string(),
            "f: Has 262145 bytes as JSON, and 262144 are the limit: split it up."
        );
    }
}
