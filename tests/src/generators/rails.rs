//! What Savvi's document says of forms, queries and XML: all of it follows from the JSON body.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::generators::document::SCHEMAS;

const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// Forms and queries have the fields of the body by their flat names, and XML has the names of its roots.
pub(crate) fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        let body = item["post"]["requestBody"]["content"].as_object_mut();
        let body = body.unwrap();
        let form = flat(&schemas, &body[JSON]["schema"]);
        body[XML]["schema"] = block(&schemas, &body[JSON]["schema"]);
        for kind in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            body.insert(kind.to_owned(), json!({ "schema": form }));
        }
        item["get"]["parameters"] = parameters(&form);
        for method in ["get", "post"] {
            let answer = &mut item[method]["responses"]["200"]["content"];
            let answered = answer[JSON]["schema"].clone();
            // What is one block alone has that block for its root.
            if fields(&schemas, &answered).len() == 1 {
                answer[XML]["schema"] = block(&schemas, &answered);
            }
        }
    }
    // A name counts wherever a schema is referred to, so only what is a root somewhere has one.
    let roots: BTreeSet<String> = contents(document).filter_map(root).collect();
    for name in roots {
        let element = if name.ends_with("User") {
            "user"
        } else {
            "hash"
        };
        document["components"]["schemas"][name]["xml"] = json!({ "name": element });
    }
}

/// All bodies of requests and answers.
fn contents(document: &Value) -> impl Iterator<Item = &Value> {
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    operations.flat_map(|operation| {
        let answers = operation["responses"].as_object().unwrap().values();
        let bodies = answers.chain(operation.get("requestBody"));
        bodies.filter_map(|body| body["content"].get(XML))
    })
}

/// The name of the schema of a body.
fn root(content: &Value) -> Option<String> {
    let name = content["schema"]["$ref"].as_str()?;
    Some(name.trim_start_matches(SCHEMAS).to_owned())
}

/// The schema of the block `user`.
fn block(schemas: &Value, schema: &Value) -> Value {
    fields(schemas, schema)["user"].clone()
}

fn resolved<'s>(schemas: &'s Value, schema: &'s Value) -> &'s Value {
    // Of what may be `null`, the other.
    let several = schema["oneOf"].as_array().into_iter().flatten();
    let mut several = several.filter(|one| one["$ref"].is_string());
    let schema = several.next().unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(name) => &schemas[name.trim_start_matches(SCHEMAS)],
        None => schema,
    }
}

fn fields<'s>(schemas: &'s Value, schema: &'s Value) -> &'s Map<String, Value> {
    resolved(schemas, schema)["properties"].as_object().unwrap()
}

/// An object without objects in it: `user[address_attributes][city]`.
fn flat(schemas: &Value, schema: &Value) -> Value {
    let mut form = json!({ "type": "object", "properties": {}, "required": [] });
    flatten(schemas, schema, ("", true), &mut form);
    form
}

fn flatten(schemas: &Value, schema: &Value, (prefix, required): (&str, bool), form: &mut Value) {
    let whole = resolved(schemas, schema);
    let wanted = whole["required"].as_array().cloned().unwrap_or_default();
    for (field, inner) in whole["properties"].as_object().unwrap() {
        let name = if prefix.is_empty() {
            field.clone()
        } else {
            format!("{prefix}[{field}]")
        };
        let required = required && wanted.contains(&json!(field));
        if resolved(schemas, inner)["properties"].is_object() {
            flatten(schemas, inner, (&name, required), form);
            continue;
        }
        form["properties"][&name] = inner.clone();
        if required {
            form["required"].as_array_mut().unwrap().push(json!(name));
        }
    }
}

/// The same as parameters of a query, which is where the token then is.
fn parameters(form: &Value) -> Value {
    let required = form["required"].as_array().unwrap();
    let properties = form["properties"].as_object().unwrap().iter();
    let parameters = properties.map(|(name, schema)| {
        let mut schema = schema.clone();
        let members = schema.as_object_mut().unwrap();
        let is_token = name == "authentication_token";
        let mut parameter = json!({
            "name": name, "in": "query", "required": is_token || required.contains(&json!(name)),
        });
        for said in ["description", "example"] {
            let text = members.remove(said);
            if let Some(text) = text.filter(|_| !is_token) {
                parameter[said] = text;
            }
        }
        parameter["schema"] = schema;
        if is_token {
            parameter["description"] = json!("The partner's token.");
        }
        parameter
    });
    parameters.collect()
}
