//! The lines of a watch.

use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_core::{Bookmark, DynObject, Problem, ProblemTitle, Resource, Revision, WatchEvent};

fn line(text: &str) -> WatchEvent<DynObject> {
    serde_json::from_str(text).expect("a line of a watch")
}

#[test]
fn both_names_of_a_change_are_read_and_updated_is_written() {
    let app = Application::new("a", ApplicationSpec::of_manifest(Vec::new()));
    let text = serde_json::to_string(&WatchEvent::Updated(app)).unwrap();
    assert!(text.starts_with(r#"{"type":"UPDATED","object":{"api":"kubernetes""#), "{text}");
    for name in ["UPDATED", "MODIFIED"] {
        assert!(matches!(line(&text.replace("UPDATED", name)), WatchEvent::Updated(_)), "{name}");
    }
}

#[test]
fn bookmarks_carry_their_revision() {
    for initial_events_end in [false, true] {
        let bookmark = Bookmark { revision: Revision(7), initial_events_end };
        let text = bookmark.line(Application::KIND).to_string();
        assert_eq!(line(&text), WatchEvent::Bookmark(bookmark));
    }
}

#[test]
fn problems_of_newer_servers_are_still_read() {
    let event =
        line(r#"{"type":"ERROR","object":{"status":410,"title":"GONE","detail":"list again"}}"#);
    let WatchEvent::Error(problem) = event else { panic!("{event:?}") };
    assert_eq!(problem.title, Some(ProblemTitle::Gone));
    let newer: Problem = serde_json::from_str(r#"{"status":451,"title":"SOMETHING_NEW"}"#).unwrap();
    assert_eq!(newer.title, Some(ProblemTitle::Other("SOMETHING_NEW".into())));
}
