//! What is answered and what the documents show is what their schemas say.

use std::collections::BTreeMap;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use testkit::World;

use crate::generators::catalogue::{self, Operation};
use crate::generators::document::SCHEMAS;
use crate::generators::examples::{self, Exchange};

const JSON: &str = "application/json";

/// The schemas of a document, as they are held against values.
struct Schemas {
    /// As the document has them.
    open: Value,
    /// As they are held.
    held: Value,
    closed: bool,
}

impl Schemas {
    /// What comes from us: a property that the schema does not name is wrong, too.
    fn of_answers(document: &Value) -> Self {
        let open = document["components"]["schemas"].clone();
        let mut held = open.clone();
        for schema in held.as_object_mut().unwrap().values_mut() {
            close(schema);
        }
        let closed = true;
        Self { open, held, closed }
    }

    /// What comes from callers. Names are held against the readers in `inputs`.
    fn of_requests(document: &Value) -> Self {
        let open = document["components"]["schemas"].clone();
        Self {
            held: open.clone(),
            open,
            closed: false,
        }
    }

    /// What is wrong with a value.
    fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut schema = schema.clone();
        if self.closed {
            close(&mut schema);
        }
        let whole =
            json!({ "allOf": [schema], "components": { "schemas": self.held }, "open": self.open });
        validator(&whole)
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

/// Objects have no other properties than those that are named. A schema made of several is closed as a whole, so its parts are
/// taken as the document has them.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let whole = members.get_mut("allOf").and_then(Value::as_array_mut);
            if let Some(parts) = whole {
                for part in parts {
                    let name = part["$ref"].as_str();
                    if let Some(name) = name.and_then(|name| name.strip_prefix(SCHEMAS)) {
                        part["$ref"] = json!(format!("#/open/{name}"));
                    }
                }
                members.insert("unevaluatedProperties".to_owned(), json!(false));
                return;
            }
            if members.get("properties").is_some_and(Value::is_object)
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            for (name, member) in members {
                if !matches!(name.as_str(), "example" | "examples" | "default" | "enum") {
                    close(member);
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn described<'a>(document: &'a Value, operation: &Operation) -> &'a Value {
    &document["paths"][&operation.path][operation.method.to_lowercase()]
}

/// The faults of everything that an operation was sent and answered.
fn faults_of_exchange(document: &Value, operation: &Operation, exchange: &Exchange) -> Vec<String> {
    let described = described(document, operation);
    let mut faults = Vec::new();
    if let Some(request) = &exchange.request {
        let schema = &described["requestBody"]["content"][JSON]["schema"];
        faults.extend(Schemas::of_requests(document).faults(schema, request));
    }
    let answer = &described["responses"][exchange.status.to_string()];
    match answer["content"].get(JSON) {
        Some(content) => {
            let schema = &content["schema"];
            faults.extend(Schemas::of_answers(document).faults(schema, &exchange.response));
        }
        None if exchange.response.is_null() => {}
        None => faults.push(format!("{} is not described", exchange.status)),
    }
    faults
        .into_iter()
        .map(|fault| format!("{} {fault}", operation.id))
        .collect()
}

#[tokio::test]
async fn every_answer_is_what_its_schema_says() {
    let documents = [
        catalogue::document(),
        catalogue::enterprise_document(),
        catalogue::savvi_document(),
    ];
    let mut faults = Vec::new();
    let examples = examples::of_all_dialects().await;
    for (document, (operations, exchanges)) in documents.iter().zip(examples) {
        for operation in operations {
            if let Some(exchange) = exchanges.get(&operation.id) {
                faults.extend(faults_of_exchange(document, &operation, exchange));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
    let mut hold = |schemas: &Schemas, place: &str, schema: &Value, example: &Value| {
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

#[test]
fn every_example_of_the_documents_is_what_its_schema_says() {
    let mut faults = Vec::new();
    for (document, operations) in [
        (catalogue::document(), catalogue::operations()),
        (
            catalogue::enterprise_document(),
            catalogue::enterprise_operations(),
        ),
        (catalogue::savvi_document(), catalogue::savvi_operations()),
    ] {
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
