//! Holding every answer that a test gets to the OpenAPI document of its operation.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use http::Method;
use http::header::{CONTENT_TYPE, ETAG};
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::request::Answer;
use crate::schemas::{Schemas, faults};

/// A committed document, read when the first answer is held to it.
type Document = LazyLock<Value>;

static ROCKETSAVVY: Document = LazyLock::new(|| read("rocketsavvy"));
static REVEKNEW: Document = LazyLock::new(|| read("reveknew"));
static SAVVI: Document = LazyLock::new(|| read("savvi"));

/// What holds the answers of an operation with a status, by a description of both.
type Validators = Mutex<HashMap<String, Arc<Validator>>>;

static VALIDATORS: LazyLock<Validators> = LazyLock::new(Mutex::default);

/// Whether the documents are about to be written, and so may be behind the code.
static BLESSED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("SAVVY_BLESS").is_some());

fn read(name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join(format!("infra/openapi/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn document_of(path: &str) -> Option<&'static Value> {
    let first = path.trim_start_matches('/').split('/').next()?;
    match first {
        "v3" | "health" => Some(&ROCKETSAVVY),
        "enterprise" | "oauth" => Some(&REVEKNEW),
        "api" => Some(&SAVVI),
        _ => None,
    }
}

/// Whether a path is that of a template, and how many of its parts are the template's own.
fn fit(template: &str, path: &str) -> Option<usize> {
    let (mut own, mut parts) = (0, path.split('/'));
    for part in template.split('/') {
        let given = parts.next()?;
        if part == given {
            own += 1;
        } else if !part.starts_with('{') || given.is_empty() {
            return None;
        }
    }
    parts.next().is_none().then_some(own)
}

/// The path of the document that a path is, and the operation there.
fn operation<'d>(document: &'d Value, method: &Method, path: &str) -> Option<(&'d str, &'d Value)> {
    let path = path.split('?').next()?;
    let paths = document["paths"].as_object()?;
    let fits = paths
        .iter()
        .filter_map(|(template, item)| Some((fit(template, path)?, template, item)));
    let (_, template, item) = fits.max_by_key(|(own, ..)| *own)?;
    let operation = item.get(method.as_str().to_lowercase())?;
    Some((template, operation))
}

/// Panics where the document says something else of the answer: of its status, its type or its body. What the documents do not
/// describe, as pages and methods that no operation has, may be anything.
pub(crate) fn hold(method: &Method, path: &str, answer: &Answer) {
    if *BLESSED {
        return;
    }
    let Some(document) = document_of(path) else {
        return;
    };
    let Some((template, operation)) = operation(document, method, path) else {
        return;
    };
    let name = format!("{method} {template} {}", answer.status.as_u16());
    let wrong = wrong(document, operation, &name, answer);
    assert!(
        wrong.is_empty(),
        "If you are here because this assertion failed: the OpenAPI document says something else of {name}. Where the code is \
         right, `SAVVY_BLESS=1 cargo nextest run -p tests generated` writes what it says.\n{}\n{}",
        wrong.join("\n"),
        answer.text
    );
}

fn wrong(document: &Value, operation: &Value, name: &str, answer: &Answer) -> Vec<String> {
    let status = answer.status.as_u16().to_string();
    let Some(described) = operation["responses"].get(&status) else {
        return vec![format!("{status} is not described")];
    };
    let tags = [
        described["headers"].get("ETag").is_some(),
        answer.headers.contains_key(ETAG),
    ];
    if tags[0] != tags[1] && answer.status.is_success() {
        return vec![format!(
            "an ETag is described: {}, and answered: {}",
            tags[0], tags[1]
        )];
    }
    let nothing = Map::new();
    let contents = described["content"].as_object().unwrap_or(&nothing);
    let kind = answer.headers.get(CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap().split(';').next().unwrap().trim());
    let Some(kind) = kind.filter(|_| !answer.bytes.is_empty()) else {
        let silent = contents.is_empty() && answer.bytes.is_empty();
        return Vec::from_iter(
            (!silent).then(|| "it has no body, or one without a type".to_owned()),
        );
    };
    match contents.get(kind) {
        None => vec![format!("{kind} is not described")],
        Some(content) if kind.ends_with("json") => {
            faults(&validator(document, name, &content["schema"]), &answer.body)
        }
        Some(_) => Vec::new(),
    }
}

fn validator(document: &Value, name: &str, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let made = validators
        .entry(name.to_owned())
        .or_insert_with(|| Arc::new(Schemas::of_answers(document).validator(schema)));
    Arc::clone(made)
}
