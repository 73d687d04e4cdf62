//! The open watches of a test bed, and how to break them.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use http_body::Frame;
use krake_client::BoxError;
use krake_core::{Kind, Problem, ProblemTitle, WatchEvent};
use tokio::sync::watch;

use super::Faults;

/// How long it takes until a client learns of the fate of its watch.
const LATENCY: Duration = Duration::from_millis(1);

/// A body, piece by piece.
pub(super) type Frames = BoxStream<'static, Result<Frame<Bytes>, BoxError>>;

/// What becomes of an open watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    Open,
    /// The connection breaks.
    Broken,
    /// It ends properly.
    Ended,
    /// Nothing comes any more, and nobody is told.
    Silent,
    /// It is told that its history is gone.
    Gone,
}

/// One open watch.
#[derive(Debug)]
pub(super) struct OpenWatch {
    pub(super) target: Target,
    pub(super) fate: watch::Sender<Fate>,
}

/// The collection that a path is about: api and plural.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) api: String,
    pub(super) plural: String,
}

impl Target {
    pub(super) fn of(path: &str) -> Self {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let plural = if segments.get(1) == Some(&"namespaces") { 3 } else { 1 };
        let segment = |index: usize| segments.get(index).map(ToString::to_string);
        Self { api: segment(0).unwrap_or_default(), plural: segment(plural).unwrap_or_default() }
    }

    pub(super) fn is(&self, kind: &Kind) -> bool {
        self.api == kind.api && self.plural == kind.plural
    }
}

/// The frames of a watch, late by as much as `faults` say, until its fate is another one than to go on.
pub(super) fn fated(body: Frames, target: Target, faults: Faults) -> Frames {
    let fate = faults.opened(target.clone());
    let late = body.then(move |frame| {
        let delay = faults.watch_delay(&target);
        async move {
            tokio::time::sleep(delay).await;
            frame
        }
    });
    stream::unfold(Some((late.boxed(), fate)), async |state| {
        let (mut body, mut fate) = state?;
        tokio::select! {
            biased;
            fate = decided(&mut fate) => last_words(fate).await.map(|words| (words, None)),
            frame = body.next() => frame.map(|frame| (frame, Some((body, fate)))),
        }
    })
    .boxed()
}

async fn decided(fate: &mut watch::Receiver<Fate>) -> Fate {
    let decided = fate
        .wait_for(|fate| *fate != Fate::Open)
        .await
        .map(|fate| *fate);
    match decided {
        Ok(fate) => fate,
        // Nobody can decide any more: it goes on.
        Err(_) => std::future::pending().await,
    }
}

async fn last_words(fate: Fate) -> Option<Result<Frame<Bytes>, BoxError>> {
    // No network is faster; and a client that tries again and again without a pause does not stop a test's time.
    tokio::time::sleep(LATENCY).await;
    match fate {
        Fate::Open | Fate::Ended => None,
        Fate::Broken => Some(Err("connection reset by the test".into())),
        Fate::Silent => std::future::pending().await,
        Fate::Gone => {
            let problem = Problem::titled(410, ProblemTitle::Gone, "Gone, says the test.");
            let line = serde_json::to_string(&WatchEvent::<()>::Error(problem));
            line.ok()
                .map(|line| Ok(Frame::data(format!("{line}\n").into())))
        }
    }
}
