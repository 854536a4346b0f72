//! What is written twice is written by the code: OpenAPI, routes of the template and of cargo-lambda, sample events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::generators::catalogue::{self, Operation, example};
use crate::generators::examples::Exchange;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Compares a file with what it should be, or writes it.
fn check(path: &str, want: &str) {
    let file = root().join(path);
    if std::env::var_os("SAVVY_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, want).unwrap();
        return;
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == want,
        "If you are here because this assertion failed: {path} is generated from the code and is out of date. \
         Run `SAVVY_BLESS=1 cargo nextest run -p tests generated` and commit what it writes."
    );
}

/// An OpenAPI document as it is committed.
pub(crate) fn committed(name: &str) -> Value {
    let file = root().join(format!("infra/openapi/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Compares the lines between two markers of a file with what they should be, or writes them.
pub(crate) fn generated_between(path: &str, begin: &str, end: &str, lines: &str) {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    check(path, &between(&text, begin, end, lines));
}

/// The text with the lines between two markers replaced.
fn between(text: &str, begin: &str, end: &str, lines: &str) -> String {
    let start = text.find(begin).unwrap() + begin.len();
    let start = start + text[start..].find('\n').unwrap() + 1;
    let stop = start + text[start..].find(end).unwrap();
    let stop = text[..stop].rfind('\n').unwrap() + 1;
    format!("{}{lines}{}", &text[..start], &text[stop..])
}

#[tokio::test]
async fn generated_openapi_is_that_of_the_code() {
    let exchanges = crate::generators::examples::of_all_dialects().await;
    for ((name, mut document, operations), exchanges) in
        catalogue::documents().into_iter().zip(exchanges)
    {
        check_words(&document, &operations);
        for operation in operations {
            if let Some(exchange) = exchanges.get(&operation.id) {
                show(&mut document, &operation, exchange);
            }
        }
        check(
            &format!("infra/openapi/{name}.json"),
            &format!("{document:#}\n"),
        );
    }
}

/// Has an operation show what was sent and answered.
fn show(document: &mut Value, operation: &Operation, exchange: &Exchange) {
    let described = &mut document["paths"][&operation.path][operation.method.to_lowercase()];
    if let Some(request) = &exchange.request {
        described["requestBody"]["content"]["application/json"]["example"] = request.clone();
    }
    let answer = &mut described["responses"][exchange.status.to_string()];
    assert!(
        answer.is_object(),
        "{} answers {}",
        operation.id,
        exchange.status
    );
    if !exchange.response.is_null() {
        answer["content"]["application/json"]["example"] = exchange.response.clone();
    }
}

/// Every operation and every answer is described.
fn check_words(document: &Value, operations: &[Operation]) {
    for operation in operations {
        let described = &document["paths"][&operation.path][operation.method.to_lowercase()];
        let summary = described["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{} has no summary", operation.id);
        for (status, response) in described["responses"].as_object().unwrap() {
            let text = response["description"].as_str().unwrap_or_default();
            assert!(
                !text.is_empty(),
                "{} {status} has no description",
                operation.id
            );
        }
    }
}

/// What is no API: pages for people, and the documentation.
const PAGES: &[(&str, &str)] = &[
    // With a slash or a suffix at its end, a path of Savvi is its operation's.
    ("/api/v1/{proxy+}", "members"),
    ("/docs", "docs"),
    ("/docs/webhooks", "docs"),
    ("/docs/{asset}", "docs"),
    ("/m/{code}", "members"),
    ("/openapi/{dialect}", "docs"),
    ("/p/{code}", "enterprise"),
];

/// Every path with the function that answers it, whatever the method.
fn routes() -> BTreeMap<String, &'static str> {
    let pages = PAGES
        .iter()
        .map(|(path, function)| ((*path).to_owned(), *function));
    let mut routes: BTreeMap<String, &'static str> = pages.collect();
    for operation in catalogue::every_operation() {
        let path = operation.path.clone();
        let other = routes.insert(path, operation.function);
        assert!(
            other.is_none_or(|other| other == operation.function),
            "{} belongs to two functions",
            operation.path
        );
    }
    routes
}

/// The logical id of a function in the template.
fn logical(function: &str) -> String {
    let words = function.split('-');
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

#[test]
fn generated_routes_of_the_template_are_those_of_the_code() {
    let path = "infra/template.yaml";
    let template = std::fs::read_to_string(root().join(path)).unwrap();
    let (mut lines, mut functions) = (String::new(), BTreeSet::new());
    for (path, function) in routes() {
        functions.insert(function);
        writeln!(lines, "          {path}:").unwrap();
        let names = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| name.trim_end_matches('+'));
        let parameters: Vec<String> = names
            .map(|name| {
                format!("{{ name: {name}, in: path, required: true, schema: {{ type: string }} }}")
            })
            .collect();
        if !parameters.is_empty() {
            let parameters = parameters.join(", ");
            writeln!(lines, "            parameters: [{parameters}]").unwrap();
        }
        writeln!(
            lines,
            "            x-amazon-apigateway-any-method: {{ responses: {{}}, x-amazon-apigateway-integration: \
             {{ $ref: \"#/components/x-amazon-apigateway-integrations/{}\" }} }}",
            logical(function)
        )
        .unwrap();
    }
    let (mut integrations, mut permissions) = (String::new(), String::new());
    for function in functions {
        let function = logical(function);
        writeln!(
            integrations,
            "            {function}:\n              type: aws_proxy\n              httpMethod: POST\n              \
             payloadFormatVersion: \"2.0\"\n              uri: !Sub \"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:\
             lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations\""
        )
        .unwrap();
        writeln!(
            permissions,
            "  {function}ApiPermission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      \
             Action: lambda:InvokeFunction\n      FunctionName: !Ref {function}\n      \
             Principal: apigateway.amazonaws.com\n      SourceArn: !Sub \"arn:${{AWS::Partition}}:execute-api:\
             ${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*\""
        )
        .unwrap();
    }
    let mut generated = template;
    for (name, lines) in [
        ("routes", lines),
        ("integrations", integrations),
        ("permissions", permissions),
    ] {
        let (begin, end) = (format!("# {name}: generated"), format!("# {name}: end"));
        generated = between(&generated, &begin, &end, &lines);
    }
    check(path, &generated);
}

#[test]
fn generated_routes_of_cargo_lambda_are_those_of_the_code() {
    let mut lines = String::new();
    // cargo-lambda knows no parameter for the rest of a path.
    let routes = routes().into_iter().filter(|(path, _)| !path.contains('+'));
    for (path, function) in routes {
        writeln!(lines, "\"{path}\" = \"{function}\"").unwrap();
    }
    generated_between("Cargo.toml", "# routes: generated", "# routes: end", &lines);
}

#[test]
fn generated_sample_events_are_those_of_the_code() {
    let samples: [fn(&Value, &Operation) -> Value; 3] = [sample, enterprise_sample, savvi_sample];
    for ((_, document, operations), sample) in catalogue::documents().into_iter().zip(samples) {
        for operation in operations {
            let path = format!("events/{}/{}.json", operation.function, operation.id);
            check(&path, &format!("{:#}\n", sample(&document, &operation)));
        }
    }
    pages();
}

/// Samples of what is no API: pages for people, and the documentation.
fn pages() {
    let page = "/m/AAAAAAAAAAAAAAAAAAAAAA";
    let password = "password=correct+horse".to_owned();
    for (name, event) in [
        ("get_password_page", request("GET", page, "", None, None)),
        (
            "set_password",
            form(request("POST", page, "", None, Some(password))),
        ),
    ] {
        check(
            &format!("events/members/{name}.json"),
            &format!("{event:#}\n"),
        );
    }
    let page = "/p/AAAAAAAAAAAAAAAAAAAAAA";
    let card = "number=4242424242424242&expiry=12%2F30&cvc=123".to_owned();
    for (name, event) in [
        ("get_payment_page", request("GET", page, "", None, None)),
        (
            "pay_payment_page",
            form(request("POST", page, "", None, Some(card))),
        ),
    ] {
        check(
            &format!("events/enterprise/{name}.json"),
            &format!("{event:#}\n"),
        );
    }
    for (function, operation, path) in [
        ("docs", "get_docs", "/docs"),
        ("docs", "get_docs_asset", "/docs/docs.css"),
        ("docs", "get_openapi", "/openapi/rocketsavvy.json"),
        ("docs", "get_webhook_guide", "/docs/webhooks"),
    ] {
        let event = request("GET", path, "", None, None);
        check(
            &format!("events/{function}/{operation}.json"),
            &format!("{event:#}\n"),
        );
    }
}

fn sample(document: &Value, operation: &Operation) -> Value {
    let body = operation.description["requestBody"]["content"]["application/json"].get("schema");
    let body = body.map(|schema| example(document, schema).to_string());
    let key = match operation.id.as_str() {
        "get_health" => None,
        _ if operation.is_the_operators() => Some(local::seed::operator_key()),
        _ => Some(local::seed::test_key()),
    };
    request(
        &operation.method,
        &operation.example_path(),
        &operation.example_query(),
        key,
        body,
    )
}

/// A sample of Reveknew: with the token of the demo business, or, for the token routes, with its client.
fn enterprise_sample(document: &Value, operation: &Operation) -> Value {
    let kind = operation.content_type();
    let schema = operation.description["requestBody"]["content"][kind].get("schema");
    let body = schema.map(|schema| example(document, schema));
    let path = operation.example_path();
    if !operation.is_oauth() {
        let token = Some(local::seed::enterprise_token());
        let body = body.map(|body| body.to_string());
        return request(&operation.method, &path, "", token, body);
    }
    let mut fields = body.unwrap();
    let (id, secret) = local::seed::enterprise_client();
    fields["client_id"] = json!(id);
    fields["client_secret"] = json!(secret);
    let pairs = fields.as_object().unwrap().iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap().replace(' ', "+")))
        .collect();
    form(request(
        &operation.method,
        &path,
        "",
        None,
        Some(pairs.join("&")),
    ))
}

/// A sample of Savvi: with the token of the demo partner, in the body or in the query.
fn savvi_sample(document: &Value, operation: &Operation) -> Value {
    let token = local::seed::member_token();
    let schema = operation.description["requestBody"]["content"]["application/json"].get("schema");
    let path = operation.example_path();
    if let Some(schema) = schema {
        let mut body = example(document, schema);
        body["authentication_token"] = json!(token);
        return request("POST", &path, "", None, Some(body.to_string()));
    }
    let described = &document["paths"][&operation.path]["get"];
    let described = Operation {
        description: described.clone(),
        ..operation.clone()
    };
    let query = described.example_query().replace(' ', "%20");
    let query = format!("authentication_token={token}&{query}");
    request("GET", &path, &query, None, None)
}

/// The same request with a form as its body.
fn form(mut event: Value) -> Value {
    event["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
    event
}

/// A request as API Gateway hands it over, payload 2.0.
fn request(
    method: &str,
    path: &str,
    query: &str,
    key: Option<String>,
    body: Option<String>,
) -> Value {
    let mut headers = json!({ "host": "127.0.0.1", "accept": "*/*" });
    if let Some(key) = key {
        headers["authorization"] = json!(format!("Bearer {key}"));
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "domainPrefix": "local",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "curl" },
            "requestId": "sample",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["headers"]["content-type"] = json!("application/json");
        event["body"] = json!(body);
    }
    event
}
