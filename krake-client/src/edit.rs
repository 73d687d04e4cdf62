//! Changing an object under concurrency: read, change, write if nobody else did; again if somebody did.

use std::time::Duration;

use tokio::time::sleep;

use crate::{Api, ApiObject, Result};

/// How often an edit is tried before the conflict is handed to the caller.
const TRIES: u32 = 8;

/// The longest wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// What of an object is written.
#[derive(Clone, Copy, Debug)]
enum Part {
    Object,
    Status,
}

impl<K: ApiObject> Api<K> {
    /// Changes an object by `change`, except its status; answers it as stored.
    ///
    /// `change` is called anew with what is stored each time somebody else wrote first, up to 8 times with growing, jittered
    /// pauses. If it changes nothing, nothing is written.
    ///
    /// # Errors
    /// [`is_conflict`](crate::Error::is_conflict) when the object is written all the time, [`is_not_found`](crate::Error::is_not_found),
    /// [`is_invalid`](crate::Error::is_invalid).
    pub async fn edit(&self, name: &str, change: impl FnMut(&mut K) + Send) -> Result<K> {
        self.edit_part(Part::Object, name, change).await
    }

    /// Changes the status of an object by `change`; what else it changes is ignored by the server. Otherwise as
    /// [`edit`](Self::edit).
    ///
    /// # Errors
    /// As [`edit`](Self::edit).
    pub async fn edit_status(&self, name: &str, change: impl FnMut(&mut K) + Send) -> Result<K> {
        self.edit_part(Part::Status, name, change).await
    }

    async fn edit_part(
        &self,
        part: Part,
        name: &str,
        mut change: impl FnMut(&mut K) + Send,
    ) -> Result<K> {
        let mut tried = 1;
        loop {
            let stored = self.get(name).await?;
            let mut wanted = stored.clone();
            change(&mut wanted);
            if wanted == stored {
                return Ok(stored);
            }
            let written = match part {
                Part::Object => self.update(&wanted).await,
                Part::Status => self.update_status(&wanted).await,
            };
            match written {
                Err(error) if error.is_conflict() && tried < TRIES => {
                    sleep(pause(tried, rand::random())).await;
                    tried += 1;
                }
                answer => return answer,
            }
        }
    }
}

/// How long to wait after `tried` tries, for a `jitter` between 0 and 1.
fn pause(tried: u32, jitter: f64) -> Duration {
    (FIRST_WAIT * 2_u32.pow(tried.saturating_sub(1))).mul_f64(jitter)
}
