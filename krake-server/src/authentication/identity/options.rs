//! How an identity service is asked.

use std::path::PathBuf;
use std::time::Duration;

/// How an identity service is asked, and how long its answers count. The defaults suit most services.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdentityOptions {
    /// The authorities that the service's certificate may come from, a file in PEM, instead of those that the system trusts.
    /// Default: none.
    pub ca: Option<PathBuf>,
    /// How long the service may take to answer; then 503. Default: 5 s.
    pub call_time: Duration,
    /// How long an accepted token is accepted again without asking. A token that is revoked works for that long at the most.
    ///
    /// Default: 10 s. That is enough to turn the steady requests of a user into one call in 10 s, and shorter than anybody takes to
    /// revoke a token. Zero asks for every request.
    pub cache_time: Duration,
    /// How many tokens are remembered at once. Default: 4096.
    pub cached_tokens: usize,
    /// How many calls may be under way at once; further ones are answered 503. Default: 256.
    pub calls: usize,
}

impl Default for IdentityOptions {
    fn default() -> Self {
        Self {
            ca: None,
            call_time: Duration::from_secs(5),
            cache_time: Duration::from_secs(10),
            cached_tokens: 4096,
            calls: 256,
        }
    }
}
