//! What workloads tell Krake through their hooks.

use crate::request_body::request_body;

request_body! {
    /// The body of the `complete` subresource of an application: the workload has ended.
    pub struct Complete: "kubernetes" {
        /// The token that the workload was given.
        #[serde(default)]
        pub token: Option<String>,
    }
}

request_body! {
    /// The body of the `shutdown` subresource of an application: the workload has cleaned up.
    pub struct Shutdown: "kubernetes" {
        /// The token that the workload was given.
        #[serde(default)]
        pub token: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input;

    #[test]
    fn api_and_kind_may_be_left_out_but_not_be_others() {
        let expected = Complete { token: Some("t".into()) };
        let full = json!({"api": "kubernetes", "kind": "Complete", "token": "t"});
        assert_eq!(serde_json::to_value(&expected).unwrap(), full);
        assert_eq!(input::decode_value(full), Ok(expected.clone()));
        assert_eq!(input::decode_value(json!({"token": "t"})), Ok(expected));
        assert_eq!(input::decode_value(json!({})), Ok(Shutdown { token: None }));
        for (body, expected) in [
            (json!({"kind": "Complete"}), "kind: Must be equal to Shutdown."),
            (json!({"api": "core"}), "api: Must be equal to kubernetes."),
            (json!({"api": null}), "api: Field may not be null."),
            (json!({"token": 5}), "token: Not a valid string."),
        ] {
            let errors = input::decode_value::<Shutdown>(body).unwrap_err();
            assert_eq!(errors.to_string(), expected);
        }
    }
}
