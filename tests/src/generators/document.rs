//! What the OpenAPI documents say beside what the routers do: which fields are always there, headers, formats, and webhooks.

use std::collections::BTreeSet;

use models::event::EventType;
use serde_json::{Map, Value, json};
use views::rocketsavvy::object_schema;

/// What a reference to a schema begins with.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// Makes the document what generators of clients need.
pub(crate) fn complete(document: &mut Value) {
    name_items_of_lists(document);
    merge_choices(&mut document["components"]["schemas"]);
    let sent = reachable(document, "requestBody");
    let answered = reachable(document, "responses");
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for (name, schema) in schemas {
        say_formats(schema);
        say_where_items_are(schema);
        if answered.contains(name) && !sent.contains(name) {
            require_what_is_always_there(schema);
        }
    }
    for operation in operations(document) {
        for response in operation["responses"].as_object_mut().unwrap().values_mut() {
            response["headers"]["Request-Id"] = json!({
                "description": "Names the request, for questions about it.", "schema": { "type": "string" },
            });
        }
        if let Some(body) = operation.get_mut("requestBody") {
            body["required"] = json!(true);
            for content in body["content"].as_object_mut().unwrap().values_mut() {
                if content["schema"]["type"] == "array" {
                    content["schema"]["minItems"] = json!(1);
                    content["schema"]["maxItems"] = json!(api::MAX_ROWS);
                }
            }
        }
    }
    allow_empty_bodies(document);
    say_what_can_be_missing(document);
}

/// A field of which there are only so many values is one schema: its description stands beside them, and so does `null`.
fn merge_choices(schema: &mut Value) {
    match schema {
        Value::Object(members) => members.values_mut().for_each(merge_choices),
        Value::Array(entries) => entries.iter_mut().for_each(merge_choices),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    }
    let parts = schema.get("allOf").or(schema.get("oneOf"));
    let parts = parts.and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(mut merged) = parts.iter().find(|part| part["enum"].is_array()).cloned() else {
        return;
    };
    let is_null = |part: &Value| part["type"] == "null";
    if parts.iter().any(is_null) {
        merged["type"] = json!(["string", "null"]);
        merged["enum"].as_array_mut().unwrap().push(Value::Null);
    }
    for said in parts.iter().chain([&*schema]) {
        if let Some(description) = said.get("description") {
            merged["description"] = description.clone();
        }
    }
    *schema = merged;
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().unwrap().values_mut();
    paths.flat_map(|path| path.as_object_mut().unwrap().values_mut())
}

/// A body of which no field is required may be left out.
fn allow_empty_bodies(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for operation in operations(document) {
        let Some(body) = operation.get_mut("requestBody") else {
            continue;
        };
        let contents = body["content"].as_object().unwrap();
        let optional = contents.values().all(|content| {
            let name = content["schema"]["$ref"].as_str().unwrap_or_default();
            let schema = &schemas[name.trim_start_matches(SCHEMAS)];
            schema["type"] == "object" && schema["required"].as_array().is_none_or(Vec::is_empty)
        });
        if optional {
            body["required"] = json!(false);
        }
    }
}

/// 404 of an operation whose path names no record is of one that the input names: it stays where a field, or a parameter that must be
/// given, is an id.
fn say_what_can_be_missing(document: &mut Value) {
    let known = json!({ "components": { "schemas": document["components"]["schemas"] } });
    let schemas = &known["components"]["schemas"];
    for (path, item) in document["paths"].as_object_mut().unwrap() {
        if path.contains('{') || path.starts_with("/api/") {
            continue;
        }
        for (method, operation) in item.as_object_mut().unwrap() {
            // What is deleted has to be there.
            if method == "delete" {
                continue;
            }
            let parameters = operation["parameters"].as_array().cloned();
            let parameters = parameters.unwrap_or_default();
            let mut required = parameters
                .iter()
                .filter(|one| one["required"] == true && one["in"] == "query");
            let mut found = BTreeSet::new();
            follow(&known, &operation["requestBody"], &mut found);
            let in_body = found.iter().any(|name| names_a_record(&schemas[name]));
            if !in_body && !required.any(|one| names_a_record(&one["schema"])) {
                operation["responses"]
                    .as_object_mut()
                    .unwrap()
                    .remove("404");
            }
        }
    }
}

/// Whether a value, or one in it, is the id of a record: by its pattern, or by its example.
fn names_a_record(schema: &Value) -> bool {
    let example = &schema["example"];
    let first = example.as_array().and_then(|examples| examples.first());
    let example = first.unwrap_or(example);
    let is_id = |text: &Value| text.as_str().is_some_and(|text| text.contains("_rs_"));
    let refers = |(name, field): (&String, &Value)| {
        name != "id"
            && (name.ends_with("plan_id") || name.ends_with("coupon_id") || names_a_record(field))
    };
    let mut fields = schema["properties"].as_object().into_iter().flatten();
    is_id(&schema["pattern"])
        || is_id(example)
        || fields.any(refers)
        || schema.get("items").is_some_and(names_a_record)
}

/// v3 refuses a field that it does not know.
pub(crate) fn refuse_unknown_fields(document: &mut Value) {
    let sent = reachable(document, "requestBody");
    let answered = reachable(document, "responses");
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for (name, schema) in schemas {
        let is_object =
            schema["properties"].is_object() && schema["additionalProperties"].is_null();
        if is_object && sent.contains(name) && !answered.contains(name) {
            schema["additionalProperties"] = json!(false);
        }
    }
}

/// `List_Customer` has its items by the name of their schema.
fn name_items_of_lists(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    let names: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        if let Some(item) = name
            .strip_prefix("List_")
            .filter(|item| names.contains(*item))
        {
            schema["properties"]["data"]["items"] = json!({ "$ref": format!("{SCHEMAS}{item}") });
        }
    }
}

/// Most lists have their items in `data`, and some under a name that was published.
fn say_where_items_are(schema: &mut Value) {
    if schema["properties"]["has_more"].is_null() {
        return;
    }
    let properties = schema["properties"].as_object().unwrap();
    let is_list = |property: &Value| property["type"] == "array";
    let items = properties.iter().find(|(_, property)| is_list(property));
    let name = items.map(|(name, _)| name.clone());
    schema["x-list-items"] = json!(name);
}

/// The schemas that a part of the operations leads to.
fn reachable(document: &Value, part: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in document["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            follow(document, &operation[part], &mut found);
        }
    }
    found
}

fn follow(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|name| name.strip_prefix(SCHEMAS));
            if let Some(name) = name.filter(|name| !found.contains(*name)) {
                found.insert(name.to_owned());
                follow(document, &document["components"]["schemas"][name], found);
            }
            members
                .values()
                .for_each(|member| follow(document, member, found));
        }
        Value::Array(entries) => entries
            .iter()
            .for_each(|entry| follow(document, entry, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A field that can be `null` is always sent: one that is left out is not.
fn require_what_is_always_there(schema: &mut Value) {
    let properties = schema.get_mut("properties");
    let Some(properties) = properties.and_then(Value::as_object_mut) else {
        return;
    };
    let mut always = Vec::new();
    for (name, property) in properties {
        if is_nullable(property) {
            always.push(json!(name));
        }
        require_what_is_always_there(property);
        if let Some(items) = property.get_mut("items") {
            require_what_is_always_there(items);
        }
    }
    if always.is_empty() {
        return;
    }
    let schema = schema.as_object_mut().unwrap();
    let required = schema.entry("required").or_insert_with(|| json!([]));
    let required = required.as_array_mut().unwrap();
    for name in always {
        if !required.contains(&name) {
            required.push(name);
        }
    }
}

fn is_nullable(property: &Value) -> bool {
    let null = json!("null");
    let types = property["type"].as_array();
    let of = property["oneOf"].as_array();
    types.is_some_and(|types| types.contains(&null))
        || of.is_some_and(|of| of.iter().any(|one| one["type"] == null))
}

/// A text whose example is a time or a day is one.
fn say_formats(schema: &mut Value) {
    if let Some(entries) = schema.as_array_mut() {
        entries.iter_mut().for_each(say_formats);
    }
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    for (name, member) in members.iter_mut() {
        if name != "example" {
            say_formats(member);
        }
    }
    let is_text = match members.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.contains(&json!("string")),
        _ => false,
    };
    let format = members
        .get("example")
        .and_then(Value::as_str)
        .and_then(format_of);
    if let (true, false, Some(format)) = (is_text, members.contains_key("format"), format) {
        members.insert("format".to_owned(), json!(format));
    }
}

fn format_of(example: &str) -> Option<&'static str> {
    if example.parse::<models::Date>().is_ok() {
        return Some("date");
    }
    let time = example.len() >= 20 && example.parse::<models::Timestamp>().is_ok();
    time.then_some("date-time")
}

/// What a webhook endpoint receives, for each type of event.
pub(crate) fn webhooks(document: &mut Value) {
    let event = document["components"]["schemas"]["Event"].clone();
    let mut webhooks = Map::new();
    for kind in EventType::ALL {
        let name = kind.as_str();
        let mut payload = event.clone();
        payload["description"] = json!(kind.description());
        payload["properties"]["type"] = json!({ "type": "string", "const": name });
        let mut object = json!({ "type": "object", "additionalProperties": true });
        if let Some(schema) = object_schema(*kind) {
            assert!(
                document["components"]["schemas"][schema].is_object(),
                "{name} is of {schema}, which the document does not have"
            );
            object = json!({ "$ref": format!("{SCHEMAS}{schema}") });
        }
        payload["properties"]["data"] = json!({
            "type": "object", "required": ["object"],
            "description": "What it is about. The object of a test event is what the test gave it, and no whole record.",
            "properties": {
                "object": object,
                "previous_attributes": {
                    "type": "object", "additionalProperties": true,
                    "description": "The fields that changed, with what they were before.",
                },
            },
        });
        let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" }, "description": description });
        let operation = json!({
            "operationId": format!("on_{}", name.replace('.', "_")),
            "summary": kind.description().trim_end_matches('.'),
            "tags": ["events"],
            // Nobody calls them but the product: openapi-generator would make calls of them that are no Python.
            "x-internal": true,
            "security": [],
            "parameters": [
                header("webhook-id", "The delivery's id: the same for each attempt."),
                header("webhook-timestamp", "Seconds since 1970 at the attempt."),
                header("webhook-signature", "`v1,` and the signature, for each secret that is good."),
            ],
            "requestBody": { "required": true, "content": { "application/json": { "schema": payload } } },
            "responses": { "2XX": { "description": "It was received. Anything else is tried again." } },
        });
        webhooks.insert(name.to_owned(), json!({ "post": operation }));
    }
    document["webhooks"] = Value::Object(webhooks);
}
