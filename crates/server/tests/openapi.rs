//! The document of the API.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use keyfold_server::openapi::{document, operations};
use serde_json::Value;

#[test]
fn the_document_in_the_repository_is_current() {
    let written: Value = serde_json::from_str(include_str!("../../../docs/api/openapi.json")).unwrap();
    assert!(
        written == document(),
        "the API has changed: run `cargo xtask openapi` and commit docs/api/openapi.json"
    );
}

#[test]
fn every_endpoint_has_an_area_a_summary_and_a_name_of_its_own() {
    let document = document();
    let mut ids = HashSet::new();
    for operation in operations() {
        let place = format!("{} {}", operation.method, operation.path);
        assert!(!operation.area.is_empty() && !operation.summary.is_empty(), "{place}");
        let entry = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        assert!(ids.insert(entry["operationId"].as_str().unwrap().to_owned()), "{place}");
    }
}

#[test]
fn every_reference_leads_to_a_component() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let found = document.pointer(reference.strip_prefix('#').unwrap());
                    assert!(found.is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(|member| check(member, document));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, document)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}
