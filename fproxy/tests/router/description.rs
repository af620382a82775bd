//! What the API says of itself, compared with what it does and with what docs/api.md says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::fake::Network;
use crate::{Proxy, link};

const REFERENCE: &str = include_str!("../../../docs/api.md");

/// The methods of each path.
type Calls = BTreeMap<String, BTreeSet<String>>;

fn leaflets() -> Proxy {
    Proxy::before(Network::Holds {
        chunks: vec!["leaf", "lets"],
        length: 8,
        media_type: "text/plain",
        name: "tract.txt",
    })
}

async fn description() -> Value {
    leaflets().call("GET", "/openapi.json", None).await.json()
}

async fn described() -> Calls {
    let description = description().await;
    let paths = description["paths"].as_object().unwrap().iter();
    paths
        .map(|(path, item)| (path.clone(), item.as_object().unwrap().keys().map(|key| key.to_uppercase()).collect()))
        .collect()
}

/// The calls in the tables of docs/api.md.
fn documented() -> Calls {
    let mut calls = Calls::new();
    for call in REFERENCE.lines().filter(|line| line.starts_with("| `")).flat_map(|line| {
        let first_column = line.split('|').nth(1).unwrap_or_default();
        first_column.split('`').skip(1).step_by(2)
    }) {
        let Some((method, path)) = call.split_once(' ').filter(|(_, path)| path.starts_with('/')) else { continue };
        let path = path.split('?').next().unwrap_or_default();
        calls.entry(path.to_owned()).or_default().insert(method.to_owned());
    }
    calls
}

#[tokio::test]
async fn every_described_call_is_answered_and_no_other_method_is() {
    for (path, methods) in described().await {
        let path = path.replace("{job}", "1");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let answer = leaflets().call(method, &path, None).await;
            let code = if answer.status.is_client_error() { answer.json()["code"].clone() } else { Value::Null };
            assert_ne!(code, "no-such-call", "{method} {path}");
            assert_eq!(code == "method-not-allowed", !methods.contains(method), "{method} {path}");
            if code == "method-not-allowed" {
                let allowed = answer.header("allow").split(',').map(|method| method.trim().to_owned());
                let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
                assert_eq!(allowed, methods, "{path}");
            }
        }
    }
}

/// Routes cannot be asked of a router, but one table makes both them and the description. What a person
/// reads is a text of its own.
#[tokio::test]
async fn the_reference_and_the_description_list_the_same_calls() {
    assert_eq!(documented(), described().await);
}

#[tokio::test]
async fn the_description_is_openapi_that_refers_to_nothing_it_lacks() {
    let description = description().await;
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["servers"], json!([{"url": "/api/v1"}]));
    assert_eq!(description["components"]["securitySchemes"]["token"], json!({"type": "http", "scheme": "bearer"}));
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let target = description.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some_and(Value::is_object), "{reference}");
    }
    let operations = description["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
    let mut ids = BTreeSet::new();
    for (_, operation) in operations {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{operation}");
        let refused = &operation["responses"]["default"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(refused, "#/components/schemas/ErrorBody");
    }
}

/// Every field of `answer` is described, and every field that is described as required is there.
fn assert_as_described(description: &Value, name: &str, answer: &Value) {
    let schema = &description["components"]["schemas"][name];
    let (fields, properties) = (answer.as_object().unwrap(), schema["properties"].as_object().unwrap());
    for field in fields.keys() {
        assert!(properties.contains_key(field), "{name} has an undescribed {field}");
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(required.as_str().unwrap()), "{name} lacks {required}");
    }
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let (description, proxy) = (description().await, leaflets());
    assert_as_described(
        &description,
        "NewJob",
        &proxy.call("POST", "/fetches", Some(json!({"uri": link()}))).await.json(),
    );
    assert_as_described(&description, "JobStatus", &proxy.call("GET", "/fetches/1", None).await.json());
    assert_as_described(&description, "JobStatus", &proxy.call("GET", "/jobs", None).await.json()[0]);
    assert_as_described(&description, "Status", &proxy.call("GET", "/status", None).await.json());
    assert_as_described(&description, "Peer", &proxy.call("GET", "/peers", None).await.json()[0]);
    assert_as_described(&description, "InvitationText", &proxy.call("POST", "/invite", None).await.json());
    let made = proxy.call("POST", "/keys", Some(json!({"name": "union"}))).await.json();
    assert_as_described(&description, "Key", &made);
    let edition = json!({"key": "union", "site": "news", "content": {"insert": 3}});
    assert_as_described(&description, "NewJob", &proxy.call("POST", "/sites", Some(edition)).await.json());
    assert_as_described(&description, "Site", &proxy.call("GET", "/sites", None).await.json()[0]);
    let bookmark = proxy.call("POST", "/bookmarks", Some(json!({"link": link()}))).await.json();
    assert_as_described(&description, "Bookmark", &bookmark);
    assert_as_described(&description, "Setting", &proxy.call("GET", "/config", None).await.json()[0]);
    assert_as_described(&description, "ErrorBody", &proxy.call("GET", "/nothing", None).await.json());
}
