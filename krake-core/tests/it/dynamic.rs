//! Objects of kinds that are known at run time.

use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_core::{DynObject, Object, Resource};

#[test]
fn any_object_passes_through_unchanged() {
    let app = Application::new("a", ApplicationSpec::of_manifest(Vec::new()));
    let text = serde_json::to_string(&app).unwrap();
    let object: DynObject = serde_json::from_str(&text).unwrap();
    assert_eq!(object.kind().to_string(), Application::KIND.to_string());
    assert_eq!(object.metadata().name, "a");
    let again: Application =
        serde_json::from_value(serde_json::to_value(&object).unwrap()).unwrap();
    assert_eq!(again, app);
}
