//! Things made of files, made anew when the files change.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::contents::Fingerprint;
use super::{Contents, FileError};

/// How long what the files said is taken for what they say.
const PERIOD: Duration = Duration::from_secs(1);

/// Makes something of files.
pub(crate) trait Source: Send + Sync + 'static {
    /// What it makes.
    type Made: Send + Sync + 'static;

    /// The files.
    fn paths(&self) -> Vec<&Path>;

    /// Makes the thing of the files, which come in the order of their paths.
    fn make(&self, files: &[Contents]) -> Result<Self::Made, FileError>;
}

/// The latest that could be made of some files. Clones share it.
///
/// The files are compared when the thing is needed and the last look is a second ago, so nothing runs in the background. Files that
/// cannot be used change nothing.
pub(crate) struct Reloading<S: Source>(Arc<Shared<S>>);

struct Shared<S: Source> {
    source: S,
    current: RwLock<Arc<S::Made>>,
    look: Arc<Mutex<Look>>,
}

/// The last look at the files. Who holds its lock looks; the lock may be held while files are read, `current` may not.
struct Look {
    at: Instant,
    seen: Vec<Fingerprint>,
}

/// What a look found.
enum Finding {
    Same,
    Changed,
}

impl<S: Source> Reloading<S> {
    /// Reads the files for the first time.
    pub(crate) fn open(source: S) -> Result<Self, FileError> {
        let (seen, files) = read(&source);
        let made = source.make(&files?)?;
        let look = Look { at: Instant::now(), seen };
        Ok(Self(Arc::new(Shared {
            source,
            current: RwLock::new(Arc::new(made)),
            look: Arc::new(Mutex::new(look)),
        })))
    }

    /// The latest, from files as they were a second ago or later. Who comes while another one looks does not wait.
    pub(crate) async fn latest(&self) -> Arc<S::Made> {
        if let Ok(look) = Arc::clone(&self.0.look).try_lock_owned()
            && look.at.elapsed() >= PERIOD
        {
            let shared = Arc::clone(&self.0);
            // A look that does not end holds the lock, so that there is one of them at the most.
            let looked = spawn_blocking(move || shared.report(shared.compare(look))).await;
            looked.unwrap_or_default();
        }
        self.current()
    }

    /// Makes the thing anew, whether the files have changed or not.
    pub(crate) async fn reload(&self) -> Result<(), FileError> {
        let mut look = Arc::clone(&self.0.look).lock_owned().await;
        look.seen.clear();
        let shared = Arc::clone(&self.0);
        let looked = spawn_blocking(move || shared.compare(look)).await;
        // Without a runtime nothing is reloaded, and nothing needs to be.
        looked.map_or(Ok(()), |looked| looked.map(|_| ()))
    }

    fn current(&self) -> Arc<S::Made> {
        let current = self.0.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn source(&self) -> &S {
        &self.0.source
    }
}

impl<S: Source> Clone for Reloading<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Source> Shared<S> {
    fn compare(&self, mut look: OwnedMutexGuard<Look>) -> Result<Finding, FileError> {
        look.at = Instant::now();
        let (seen, files) = read(&self.source);
        if seen == look.seen {
            return Ok(Finding::Same);
        }
        look.seen = seen;
        let made = Arc::new(self.source.make(&files?)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(Finding::Changed)
    }

    /// Tells the operator of a change. One that cannot be used is told once, because it is compared once.
    fn report(&self, found: Result<Finding, FileError>) {
        let paths = self.source.paths();
        match found {
            Ok(Finding::Same) => {}
            Ok(Finding::Changed) => tracing::info!(?paths, "changed files in use"),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "changed files ignored");
            }
        }
    }
}

fn read<S: Source>(source: &S) -> (Vec<Fingerprint>, Result<Vec<Contents>, FileError>) {
    let read: Vec<_> = source.paths().into_iter().map(Contents::read).collect();
    (read.iter().map(Fingerprint::of).collect(), read.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    /// The texts of two files, unless one says `broken`.
    struct Pair([PathBuf; 2]);

    impl Source for Pair {
        type Made = Vec<Vec<u8>>;

        fn paths(&self) -> Vec<&Path> {
            self.0.iter().map(PathBuf::as_path).collect()
        }

        fn make(&self, files: &[Contents]) -> Result<Self::Made, FileError> {
            match files.iter().find(|file| file.bytes == b"broken") {
                Some(broken) => Err(FileError::invalid(&broken.path, "it is broken")),
                None => Ok(files.iter().map(|file| file.bytes.clone()).collect()),
            }
        }
    }

    struct Bed {
        directory: TempDir,
        pair: Reloading<Pair>,
    }

    impl Bed {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let paths = ["a", "b"].map(|name| directory.path().join(name));
            for path in &paths {
                std::fs::write(path, "old").unwrap();
            }
            Self { directory, pair: Reloading::open(Pair(paths)).unwrap() }
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.directory.path().join(name), text).unwrap();
        }

        async fn latest(&self) -> String {
            tokio::time::advance(PERIOD).await;
            String::from_utf8(self.pair.latest().await.concat()).unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn changed_files_are_seen_within_the_period() {
        let bed = Bed::new();
        bed.write("b", "new");
        assert_eq!(bed.pair.latest().await.concat(), b"oldold");
        assert_eq!(bed.latest().await, "oldnew");
        let clone = bed.pair.clone();
        bed.write("a", "new");
        assert_eq!(bed.latest().await, "newnew");
        assert_eq!(clone.latest().await.concat(), b"newnew");
    }

    #[tokio::test(start_paused = true)]
    async fn unusable_files_change_nothing_until_they_are_good_again() {
        let bed = Bed::new();
        bed.write("a", "new");
        bed.write("b", "broken");
        assert_eq!(bed.latest().await, "oldold");
        std::fs::remove_file(bed.directory.path().join("b")).unwrap();
        assert_eq!(bed.latest().await, "oldold");
        bed.write("b", "good");
        assert_eq!(bed.latest().await, "newgood");
    }

    #[tokio::test(start_paused = true)]
    async fn broken_files_are_an_error_once_and_whenever_asked_for() {
        let bed = Bed::new();
        bed.write("b", "broken");
        let look = || async {
            let look = Arc::clone(&bed.pair.0.look).lock_owned().await;
            bed.pair.0.compare(look)
        };
        assert!(look().await.is_err());
        assert!(matches!(look().await, Ok(Finding::Same)));
        for _ in 0..2 {
            let error = bed.pair.reload().await.unwrap_err().to_string();
            assert!(error.ends_with("b: it is broken"), "{error}");
        }
        bed.write("b", "new");
        bed.pair.reload().await.unwrap();
        assert_eq!(bed.pair.latest().await.concat(), b"oldnew");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_path() {
        let error = Contents::read(Path::new("/nowhere/x")).err().unwrap();
        assert_eq!(error.to_string(), "cannot read /nowhere/x");
        let error = Contents::read(Path::new("/dev/zero")).err().unwrap();
        assert_eq!(error.to_string(), "/dev/zero is larger than 4194304 bytes");
    }
}
