//! Holding values against the schemas of an OpenAPI document.

use std::collections::BTreeSet;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// How a document refers to its schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// The schemas of a document, as they are held against values.
#[derive(Debug)]
pub struct Schemas<'d> {
    document: &'d Value,
    closed: bool,
}

impl<'d> Schemas<'d> {
    /// What comes from us: a property that the schema does not name is wrong, too.
    pub const fn of_answers(document: &'d Value) -> Self {
        let closed = true;
        Self { document, closed }
    }

    /// What comes from callers: a schema says itself whether it takes other properties.
    pub const fn of_requests(document: &'d Value) -> Self {
        let closed = false;
        Self { document, closed }
    }

    /// What is wrong with a value.
    pub fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        faults(&self.validator(schema), value)
    }

    /// What holds values against that schema, with the schemas that it refers to.
    pub fn validator(&self, schema: &Value) -> Validator {
        let open = self.referred(schema);
        let mut held = open.clone();
        let mut schema = schema.clone();
        if self.closed {
            held.values_mut().for_each(close);
            close(&mut schema);
        }
        let whole = json!({ "allOf": [schema], "components": { "schemas": held }, "open": open });
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&whole)
            .unwrap()
    }

    /// The schemas that a schema refers to, itself or by others.
    fn referred(&self, schema: &Value) -> Map<String, Value> {
        let mut found = Map::new();
        let mut open = names(schema);
        while let Some(name) = open.pop_first() {
            let schema = &self.document["components"]["schemas"][&name];
            let further = names(schema);
            found.insert(name, schema.clone());
            open.extend(further.into_iter().filter(|name| !found.contains_key(name)));
        }
        found
    }
}

/// What is wrong with a value, each fault with its place.
pub(crate) fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The names of the schemas that a schema refers to itself.
fn names(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        match schema {
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str);
                found.extend(name.and_then(|name| Some(name.strip_prefix(SCHEMAS)?.to_owned())));
                open.extend(members.values());
            }
            Value::Array(entries) => open.extend(entries),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
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
