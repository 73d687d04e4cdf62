//! Splitting the path of a request.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The decoded segments of a path.
///
/// `None` for a path that names nothing: an empty segment (so also a trailing slash), a segment that is not UTF-8 or that
/// hides a slash. The root has no segments.
pub(super) fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    let rest = path.strip_prefix('/')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.split('/').map(segment).collect()
}

fn segment(text: &str) -> Option<Cow<'_, str>> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    let is_plain = !decoded.is_empty() && !decoded.contains('/');
    is_plain.then_some(decoded)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_are_decoded_one_by_one() {
        assert_eq!(segments("/").unwrap(), Vec::<String>::new());
        assert_eq!(
            segments("/core/roles/role%3Asystem").unwrap(),
            ["core", "roles", "role:system"]
        );
        for bad in ["", "core", "/core/", "//", "/a//b", "/a%2Fb", "/%ff", "*"] {
            assert_eq!(segments(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_the_splitting_panic(path in prop_oneof!["[/%a-f0-9.]{0,20}", "\\PC{0,20}"]) {
            for segment in segments(&path).unwrap_or_default() {
                prop_assert!(!segment.is_empty() && !segment.contains('/'));
            }
        }

        #[test]
        fn encoded_segments_come_back(names in prop::collection::vec("[^/]{1,8}", 0..5)) {
            let encode = |name: &String| format!("/{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
            let path: String = names.iter().map(encode).collect();
            let path = if path.is_empty() { "/".to_owned() } else { path };
            prop_assert_eq!(segments(&path).unwrap(), names);
        }
    }
}
