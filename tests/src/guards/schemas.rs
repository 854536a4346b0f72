//! What is answered and what the documents show is what their schemas say.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Schemas, World};

use crate::generators::catalogue::{self, Operation};
use crate::generators::generated;

const JSON: &str = "application/json";

fn described<'a>(document: &'a Value, operation: &Operation) -> &'a Value {
    &document["paths"][&operation.path][operation.method.to_lowercase()]
}

/// Every `example` within a schema, by its path, with its schema.
fn examples_within<'a>(schema: &'a Value, path: &str, found: &mut BTreeMap<String, &'a Value>) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("example") && !path.ends_with("/properties") {
                found.insert(path.to_owned(), schema);
            }
            for (name, member) in members {
                if name != "example" || path.ends_with("/properties") {
                    examples_within(member, &format!("{path}/{name}"), found);
                }
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                examples_within(entry, &format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The faults of the examples of a document: of fields, of parameters and of whole bodies.
fn faults_of_examples(document: &Value, operations: &[Operation]) -> (usize, Vec<String>) {
    let (answers, requests) = (
        Schemas::of_answers(document),
        Schemas::of_requests(document),
    );
    let mut found = BTreeMap::new();
    examples_within(&document["components"]["schemas"], "", &mut found);
    let mut count = found.len();
    let mut faults = Vec::new();
    let mut hold = |schemas: &Schemas<'_>, place: &str, schema: &Value, example: &Value| {
        let wrong = schemas.faults(schema, example).into_iter();
        faults.extend(wrong.map(|fault| format!("{place} {fault}")));
    };
    for (place, schema) in found {
        hold(&requests, &place, schema, &schema["example"]);
    }
    for operation in operations {
        let described = described(document, operation);
        let parameters = described["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter.get("example").is_some()) {
            let place = format!("{} {}", operation.id, parameter["name"]);
            hold(
                &requests,
                &place,
                &parameter["schema"],
                &parameter["example"],
            );
            count += 1;
        }
        let body = described["requestBody"]["content"].as_object();
        for content in body.into_iter().flat_map(|body| body.values()) {
            if let Some(example) = content.get("example") {
                let place = format!("{} request", operation.id);
                hold(&requests, &place, &content["schema"], example);
                count += 1;
            }
        }
        for (status, answer) in described["responses"].as_object().unwrap() {
            if let Some(example) = answer["content"][JSON].get("example") {
                let place = format!("{} {status}", operation.id);
                let schema = &answer["content"][JSON]["schema"];
                hold(&answers, &place, schema, example);
                count += 1;
            }
        }
    }
    (count, faults)
}

/// The examples of whole bodies are what a story sent and was answered, as the generated files have them.
#[test]
fn every_example_of_the_documents_is_what_its_schema_says() {
    let mut faults = Vec::new();
    for (name, _, operations) in catalogue::documents() {
        let document = generated::committed(name);
        let (count, wrong) = faults_of_examples(&document, &operations);
        assert!(count > operations.len(), "only {count} examples were found");
        faults.extend(wrong);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The guard itself: what the schemas do not say is found.
#[tokio::test]
async fn a_wrong_type_and_an_unknown_property_are_found() {
    let document = catalogue::document();
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = api.post("/v3/customers", json!({ "email": "a@example.com" }));
    let customer = customer.await.expect(201).clone();
    let schemas = Schemas::of_answers(&document);
    let schema = json!({ "$ref": "#/components/schemas/Customer" });
    let list = json!({ "$ref": "#/components/schemas/List_Customer" });
    let faults = |customer: &Value| schemas.faults(&schema, customer);
    assert_eq!(faults(&customer), Vec::<String>::new());
    for (field, value) in [
        ("shoe_size", json!(43)),
        ("email", json!(1)),
        ("created", json!("today")),
        ("company", json!({ "name": "Acme", "shoe_size": 43 })),
    ] {
        let mut wrong = customer.clone();
        wrong[field] = value;
        assert_eq!(faults(&wrong).len(), 1, "{field}: {:?}", faults(&wrong));
        let page =
            json!({ "data": [wrong], "has_more": false, "next_cursor": null, "object": "list" });
        assert!(!schemas.faults(&list, &page).is_empty(), "{field}");
    }
    let mut short = customer;
    short.as_object_mut().unwrap().remove("id");
    assert_eq!(faults(&short).len(), 1);
}

/// What a document does not say of an answer, every test that gets it finds.
#[tokio::test]
async fn no_test_gets_an_answer_that_its_document_does_not_describe() {
    async fn answered(status: u16, kind: &'static str, body: &'static str) -> Result<(), String> {
        let status = http::StatusCode::from_u16(status).unwrap();
        let answer = move || async move { (status, [("content-type", kind)], body) };
        let routes = axum::Router::new().route("/v3/customers/{id}", axum::routing::get(answer));
        let api = World::new().await.call(routes);
        let call = tokio::spawn(async move { api.get("/v3/customers/cust_rs_1").await });
        match call.await {
            Ok(_) => Ok(()),
            Err(failed) => Err(failed
                .into_panic()
                .downcast_ref::<String>()
                .unwrap()
                .clone()),
        }
    }
    let problem = r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"","instance":"","code":"not_found","request_id":"r"}"#;
    let kind = "application/problem+json";
    assert_eq!(answered(404, kind, problem).await, Ok(()));
    for (status, kind, body, fault) in [
        (404, kind, "{}", "required property"),
        (404, kind, "", "it has no body"),
        (404, "text/html", problem, "text/html is not described"),
        (418, kind, problem, "418 is not described"),
        (200, "application/json", problem, "Additional properties"),
    ] {
        let found = answered(status, kind, body).await.unwrap_err();
        assert!(found.contains(fault), "{found}");
    }
}
