//! Fields that the documentation names are fields that are read.

use serde_json::{Map, Value};
use testkit::World;

use crate::generators::catalogue;

/// The first entry of a list, in the path of a field.
const FIRST: &str = "0";

/// The properties of a schema, by their path.
fn properties(document: &Value, schema: &Value, path: &[&str], found: &mut Vec<Vec<String>>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return properties(
            document,
            &document["components"]["schemas"][name],
            path,
            found,
        );
    }
    if let Some(items) = schema.get("items") {
        let inner: Vec<&str> = path.iter().copied().chain([FIRST]).collect();
        return properties(document, items, &inner, found);
    }
    for of in schema["oneOf"].as_array().into_iter().flatten() {
        properties(document, of, path, found);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let inner: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        found.push(inner.iter().map(|part| (*part).to_owned()).collect());
        properties(document, schema, &inner, found);
    }
}

/// A body with one misspelt field at that path.
fn misspelt(path: &[String]) -> Value {
    let (last, outer) = path.split_last().unwrap();
    let inner = Value::Object(Map::from_iter([(format!("{last}x"), Value::Null)]));
    outer
        .iter()
        .rev()
        .fold(inner, |inner, name| match name.as_str() {
            FIRST => Value::Array(vec![inner]),
            name => Value::Object(Map::from_iter([(name.to_owned(), inner)])),
        })
}

#[tokio::test]
async fn every_documented_field_is_read() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let document = catalogue::document();
    let mut count = 0;
    for operation in catalogue::operations() {
        let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
        let mut paths = Vec::new();
        properties(&document, schema, &[], &mut paths);
        for path in paths {
            let api = if operation.takes_a_key() {
                api.clone()
            } else {
                api.with_key(world.operator_key())
            };
            let body = misspelt(&path).to_string();
            let answer = api
                .send(
                    operation.method.parse().unwrap(),
                    &operation.example_path(),
                    &body,
                )
                .await;
            let pointer = format!("/{}x", path.join("/"));
            assert!(
                answer.pointers().contains(&pointer.as_str()),
                "If you are here because this assertion failed: the schema of {} has the field {path:?}, but its input does not \
                 read it: {}",
                operation.id,
                answer.text
            );
            count += 1;
        }
    }
    assert_eq!(count, 320);
}

/// Reveknew ignores what it does not know, so a field that is read is told by a value that no field takes.
#[tokio::test]
async fn every_documented_field_of_reveknew_is_read() {
    let world = World::new().await;
    let api = world.call(catalogue::all().merge(enterprise::routes()));
    let api = api.with_key(&crate::guards::tenants::token(&api, &["*"]).await);
    let document = catalogue::enterprise_document();
    let mut count = 0;
    for operation in catalogue::enterprise_operations() {
        if operation.is_oauth() {
            continue;
        }
        let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
        let mut paths = Vec::new();
        properties(&document, schema, &[], &mut paths);
        for path in paths {
            let name = path.last().unwrap();
            let row = Value::Object(Map::from_iter([(name.clone(), serde_json::json!([[]]))]));
            let body = if schema["type"] == "array" {
                Value::Array(vec![row])
            } else {
                row
            };
            let url = operation
                .example_path()
                .replace("acct_rs_1000001", "acct_rs_1");
            let method = operation.method.parse().unwrap();
            let answer = api.send(method, &url, &body.to_string()).await;
            let errors = answer.body["errors"].as_array().into_iter().flatten();
            let mut fields = errors.map(|error| error["field"].as_str().unwrap());
            assert!(
                fields.any(|field| field.rsplit('.').next() == Some(name)),
                "the schema of {} has the field {name}, but its input does not read it: {}",
                operation.id,
                answer.text
            );
            count += 1;
        }
    }
    assert_eq!(count, 42);
}

/// `emial` on a new customer, `?email=` on a list without such a filter: what would do something else than was asked.
#[tokio::test]
async fn what_nobody_asked_for_is_refused() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let document = catalogue::document();
    for operation in catalogue::operations() {
        let id = &operation.id;
        let api = if operation.takes_a_key() {
            api.clone()
        } else {
            api.with_key(world.operator_key())
        };
        let refused = async |query: &str, body: &str, want: (&str, &str)| {
            let method = operation.method.parse().unwrap();
            let path = format!("{}{query}", operation.example_path());
            let answer = api.send(method, &path, body).await;
            assert_eq!(answer.status, 400, "{id}{query}: {}", answer.text);
            let mut errors = answer.body["errors"].as_array().unwrap().iter();
            let named = errors.any(|error| {
                (&error["pointer"], &error["code"]) == (&want.0.into(), &want.1.into())
            });
            assert!(named, "{id}{query}: {}", answer.text);
        };
        if operation.path == "/health" {
            continue;
        }
        let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
        if operation.method != "GET" {
            let mut body = serde_json::json!({});
            if schema.is_object() {
                body = catalogue::example(&document, schema);
            }
            body["something_else"] = serde_json::json!(1);
            let query = format!("?{}", operation.example_query());
            let unknown = ("/something_else", "unknown_field");
            refused(query.trim_end_matches('?'), &body.to_string(), unknown).await;
        }
        let parameters = operation.description["parameters"].as_array();
        let filters = parameters.into_iter().flatten();
        let filters: Vec<&str> = filters
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        for filter in &filters {
            let pointer = format!("?{filter}");
            refused(&format!("{pointer}="), "", (&pointer, "empty")).await;
        }
        let query = format!("?something_else=1&{}", operation.example_query());
        let query = query.trim_end_matches('&');
        refused(query, "", ("?something_else", "unknown_parameter")).await;
    }
}
