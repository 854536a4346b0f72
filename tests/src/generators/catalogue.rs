//! Every operation of the product, read from the very routers that serve it.

use std::collections::BTreeSet;

use api::App;
use api::dialect::reveknew::{ErrorBody, ErrorField, OauthError};
use api::dialect::rocketsavvy::{ProblemDetails, ProblemField};
use api::dialect::savvi::ErrorBody as SavviError;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use views::rocketsavvy::Schedule;

/// The functions of v3 and their routes.
pub(crate) fn functions() -> Vec<(&'static str, OpenApiRouter<App>)> {
    vec![
        ("billing", billing::routes()),
        ("communications", communications::routes()),
        ("crm", crm::routes()),
        ("members", members::routes()),
        ("payments", payments::routes()),
        ("platform", platform::routes()),
        ("webhooks", webhooks::routes()),
    ]
}

/// All routes of v3 in one router.
pub(crate) fn all() -> OpenApiRouter<App> {
    functions()
        .into_iter()
        .fold(OpenApiRouter::new(), |all, (_, routes)| all.merge(routes))
}

/// The functions of Reveknew and their routes.
pub(crate) fn enterprise() -> Vec<(&'static str, OpenApiRouter<App>)> {
    vec![("enterprise", enterprise::routes())]
}

/// The functions of Savvi and their routes.
pub(crate) fn savvi() -> Vec<(&'static str, OpenApiRouter<App>)> {
    vec![("members", members::savvi())]
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) function: &'static str,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// What OpenAPI says of it.
    pub(crate) description: Value,
}

impl Operation {
    /// Whether it takes a business's key (the operator's routes and the health check do not).
    pub(crate) fn takes_a_key(&self) -> bool {
        !self.is_the_operators() && self.id != "get_health" && !self.is_oauth()
    }

    /// Whether it takes the operator's key.
    pub(crate) fn is_the_operators(&self) -> bool {
        self.path.starts_with("/v3/accounts")
    }

    /// The type of its body.
    pub(crate) fn content_type(&self) -> &'static str {
        if self.is_oauth() {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        }
    }

    /// Whether it is one of the token routes, which take a form and the client's own secret.
    pub(crate) fn is_oauth(&self) -> bool {
        self.path.starts_with("/oauth/")
    }

    /// The query of the examples of its parameters, in front of which a `?` belongs; empty where it has none.
    pub(crate) fn example_query(&self) -> String {
        let parameters = self.description["parameters"].as_array();
        let parameters = parameters.into_iter().flatten();
        let with_example = parameters
            .filter(|parameter| parameter["in"] == "query" && parameter.get("example").is_some());
        let pairs = with_example.map(|parameter| {
            let value = parameter["example"]
                .as_str()
                .map_or_else(|| parameter["example"].to_string(), str::to_owned);
            format!("{}={value}", parameter["name"].as_str().unwrap())
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The path with the examples of its parameters.
    pub(crate) fn example_path(&self) -> String {
        let mut path = self.path.clone();
        for parameter in self.description["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            if parameter["in"] == "path" {
                let name = parameter["name"].as_str().unwrap();
                let example = parameter["example"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{}: {name} has no example", self.id));
                path = path.replace(&format!("{{{name}}}"), example);
            }
        }
        path
    }
}

const JSON: &str = "application/json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "RocketSavvy API",
        version = "3.0.0",
        description = "Billing, payments, customers, members, text messages and webhooks of one business.\n\nSend your key as `Authorization: Bearer rs_test_key_…`. A test key reaches test records only, a live key live ones. Amounts are integers in minor units (`9999` is 99.99 USD), times are RFC 3339 in UTC. Every mutating call takes an `Idempotency-Key`: the same key and the same body get the first answer again, with `Idempotent-Replayed: true`, for 24 hours. Errors are problems (RFC 9457) that name every wrong field; one that the operation does not know is wrong, too, and so is a parameter without a value, or a text with a card number in it.\n\nThis document generates clients: `openapi-python-client generate --url …/openapi/rocketsavvy.json` for Python, `npx @hey-api/openapi-ts -i …/openapi/rocketsavvy.json -o savvy` for TypeScript.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This installation.")),
    components(schemas(ProblemDetails, ProblemField, Schedule)),
    tags(
        (name = "billing", description = "Plans, subscriptions, invoices, credit notes and usage; coupons, tax rates and settings."),
        (name = "communications", description = "Text messages."),
        (name = "crm", description = "Customers."),
        (name = "members", description = "Members, the partners that enrol them, what these earn, and e-mails."),
        (name = "payments", description = "Payment methods, payments and refunds."),
        (name = "platform", description = "Businesses, keys, clients and the test clock."),
        (name = "webhooks", description = "Endpoints, deliveries and the log of events."),
        (name = "events", description = "What a webhook endpoint receives."),
    )
)]
struct Rocketsavvy;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Reveknew API",
        version = "1.0.0",
        description = "Schedule payments, and remind customers of them by SMS.\n\nGet a token at `POST /oauth/token` with the `client_id` and `client_secret` of your client, and send it as `Authorization: Bearer …`. It opens the test or the live records of one business, whose id is in every path. Amounts are numbers in major units of the business's currency (`20.5`), days are `2022-02-25`, times RFC 3339 in UTC. Every mutating call takes an `Idempotency-Key`: the same key and the same body get the first answer again, with `Idempotent-Replayed: true`, for 24 hours. A text with a card number in it is refused.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This installation.")),
    components(schemas(ErrorBody, ErrorField, OauthError)),
    tags(
        (name = "customers", description = "Who pays."),
        (name = "oauth", description = "Tokens."),
        (name = "subscriptions", description = "Subscriptions and their schedules of payments."),
        (name = "tiers", description = "What can be subscribed to."),
    )
)]
struct Reveknew;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Savvi API",
        version = "1.0.0",
        description = "Partners enrol, change and find members.\n\nEvery operation takes JSON, XML (`<user>…</user>`), a form or a query string, by `POST` or by `GET`, and answers in the format of the body; `Accept` wins. Your `authentication_token` is one of the parameters: in the query, or better in the body of a `POST`, for addresses are logged on their way. In forms and queries fields are nested with brackets: `user[address_attributes][city]`. A success is 200; invalid data is 422 with every wrong field in `errors`, and so is a text with a card number in it. Members that somebody else enrolled do not exist. An `Idempotency-Key` is honoured: the same key and the same parameters get the first answer again, for 24 hours.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This installation.")),
    components(schemas(SavviError)),
    tags((name = "members", description = "Wholesale members and those of call centers."))
)]
struct Savvi;

/// The OpenAPI document of Savvi.
pub(crate) fn savvi_document() -> Value {
    let router = OpenApiRouter::with_openapi(Savvi::openapi()).merge(members::savvi());
    let schemes = json!({
        "key": { "type": "apiKey", "in": "query", "name": "authentication_token",
            "description": "The partner's token; also in the body." },
    });
    let mut document = describe(router, &schemes, savvi_operations());
    crate::generators::rails::complete(&mut document);
    document
}

/// The OpenAPI document of v3.
pub(crate) fn document() -> Value {
    let router = OpenApiRouter::with_openapi(Rocketsavvy::openapi()).merge(all());
    let schemes = json!({
        "key": { "type": "http", "scheme": "bearer", "description": "A key of the business: `rs_test_key_…` or `rs_live_key_…`." },
        "operator": { "type": "http", "scheme": "bearer", "description": "The operator key of the installation." },
    });
    let mut document = describe(router, &schemes, operations());
    crate::generators::document::webhooks(&mut document);
    crate::generators::document::refuse_unknown_fields(&mut document);
    document
}

/// The OpenAPI document of Reveknew.
pub(crate) fn enterprise_document() -> Value {
    let router = OpenApiRouter::with_openapi(Reveknew::openapi()).merge(enterprise::routes());
    let schemes = json!({
        "key": { "type": "oauth2", "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": {} } },
            "description": "A token of `POST /oauth/token`." },
    });
    describe(router, &schemes, enterprise_operations())
}

fn describe(router: OpenApiRouter<App>, security: &Value, operations: Vec<Operation>) -> Value {
    let mut document = serde_json::to_value(router.into_openapi()).unwrap();
    document["components"]["securitySchemes"] = security.clone();
    let schemas = document.clone();
    let records = records(&document);
    for operation in operations {
        let described = &mut document["paths"][&operation.path][operation.method.to_lowercase()];
        described["security"] = match operation.id.as_str() {
            "get_health" => json!([]),
            _ if operation.is_oauth() => json!([]),
            _ if operation.is_the_operators() => json!([{ "operator": [] }]),
            _ => json!([{ "key": [] }]),
        };
        // One example of the whole body, made of those of its fields: what a reader copies.
        let kind = operation.content_type();
        if described["requestBody"]["content"][kind]["schema"].is_null() {
            described.as_object_mut().unwrap().remove("requestBody");
        } else {
            let body = &mut described["requestBody"]["content"][kind];
            body["example"] = example(&schemas, &body["schema"]);
        }
        versioned(described, &operation, &records, &schemas);
        if operation.method != "GET" && operation.takes_a_key() {
            let header = json!({
                "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -+\\--~]+$" },
                "description": "The same key and the same body get the first answer again, for 24 hours.",
            });
            parameter(described, header);
            let replayed = json!({
                "description": "`true` where this is the answer that the `Idempotency-Key` got first.", "schema": { "type": "string" },
            });
            for (status, response) in described["responses"].as_object_mut().unwrap() {
                if status.starts_with('2') || status == "402" {
                    response["headers"]["Idempotent-Replayed"] = replayed.clone();
                }
            }
        }
    }
    crate::generators::document::complete(&mut document);
    document
}

/// What is said of versions: a record is answered with its entity tag, and a change of it takes one.
fn versioned(
    described: &mut Value,
    operation: &Operation,
    records: &BTreeSet<String>,
    document: &Value,
) {
    let (method, path) = (operation.method.as_str(), operation.path.as_str());
    let own = records.contains(path);
    let tag = json!({
        "description": "The version of the record, for `If-Match` and `If-None-Match`.", "schema": { "type": "string" },
    });
    // Whether the `GET` of a path answers the same.
    let shows = |record: &str, response: &Value| {
        let shown = &document["paths"][record]["get"]["responses"]["200"]["content"][JSON];
        shown["schema"]["$ref"].is_string()
            && shown["schema"] == response["content"][JSON]["schema"]
    };
    let responses = described["responses"].as_object_mut().unwrap();
    for (status, response) in responses {
        let is_of_record = match status.as_str() {
            "200" if own && matches!(method, "GET" | "PATCH" | "PUT") => true,
            "200" if method == "GET" => is_file(response),
            "200" if method != "DELETE" => {
                let above = path.rsplit_once('/').map(|(above, _)| above);
                above.is_some_and(|above| records.contains(above) && shows(above, response))
            }
            "201" => records.iter().any(|record| {
                let below = record.strip_prefix(path);
                let is_child = |below: &str| below.starts_with("/{") && below.ends_with('}');
                below.is_some_and(is_child) || shows(record, response)
            }),
            _ => false,
        };
        if is_of_record {
            response["headers"]["ETag"] = tag.clone();
        }
    }
    if method == "GET" && (own || is_file(&described["responses"]["200"])) {
        described["responses"]["304"] =
            json!({ "description": "The version is the one that `If-None-Match` names." });
        parameter(
            described,
            json!({
                "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": "string" },
                "description": "The `ETag` of the version that the caller has.",
            }),
        );
    }
    if method == "GET" {
        return;
    }
    // What is posted is done to the record above.
    let first = if method == "POST" {
        path.rsplit_once('/').map_or("", |(above, _)| above)
    } else {
        path
    };
    let Some(record) = record_of(first, records) else {
        described["responses"]
            .as_object_mut()
            .unwrap()
            .remove("412");
        return;
    };
    let of = if own && method != "POST" {
        "the version that is to be changed".to_owned()
    } else {
        format!("the version of `{record}` that is to be changed")
    };
    parameter(
        described,
        json!({
            "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" },
            "description": format!("The `ETag` of {of}: 412, and nothing is written, where it is another one."),
        }),
    );
}

/// Whether an answer is a file.
fn is_file(response: &Value) -> bool {
    let contents = response["content"].as_object();
    contents.is_some_and(|contents| !contents.is_empty() && !contents.contains_key(JSON))
}

/// The path of the record whose version a change of `path` takes: that path, or the next one above it which is a record's.
pub(crate) fn record_of<'p>(path: &'p str, records: &BTreeSet<String>) -> Option<&'p str> {
    std::iter::successors(Some(path), |path: &&'p str| Some(path.rsplit_once('/')?.0))
        .find(|path| records.contains(*path))
}

/// The paths of a document whose `GET` answers with a single record. Those of Savvi do more than read.
pub(crate) fn records(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap().iter();
    let of_records = paths.filter(|(path, described)| {
        let responses = &described["get"]["responses"];
        let schema = &responses["200"]["content"]["application/json"]["schema"];
        let named = schema["$ref"].as_str().unwrap_or_default();
        let record = named.starts_with("#/components/schemas/") && !named.contains("/List_");
        record && !path.starts_with("/api/v1")
    });
    of_records.map(|(path, _)| path.clone()).collect()
}

fn parameter(described: &mut Value, parameter: Value) {
    let described = described.as_object_mut().unwrap();
    let parameters = described.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut().unwrap().push(parameter);
}

/// Every operation of v3, by function and then in order of path and method.
pub(crate) fn operations() -> Vec<Operation> {
    operations_of(functions())
}

/// Every operation of Reveknew.
pub(crate) fn enterprise_operations() -> Vec<Operation> {
    operations_of(enterprise())
}

/// Every operation of Savvi.
pub(crate) fn savvi_operations() -> Vec<Operation> {
    operations_of(savvi())
}

/// The OpenAPI documents: the name of each, what it says, and its operations.
pub(crate) fn documents() -> [(&'static str, Value, Vec<Operation>); 3] {
    [
        ("rocketsavvy", document(), operations()),
        ("reveknew", enterprise_document(), enterprise_operations()),
        ("savvi", savvi_document(), savvi_operations()),
    ]
}

/// Every operation of every dialect.
pub(crate) fn every_operation() -> Vec<Operation> {
    operations()
        .into_iter()
        .chain(enterprise_operations())
        .chain(savvi_operations())
        .collect()
}

fn operations_of(functions: Vec<(&'static str, OpenApiRouter<App>)>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (function, routes) in functions {
        let document = serde_json::to_value(routes.into_openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, description) in item.as_object().unwrap() {
                operations.push(Operation {
                    function,
                    id: description["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    description: description.clone(),
                });
            }
        }
    }
    operations
}

/// An example of a body, put together from the examples of its schema's properties.
pub(crate) fn example(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return example(document, &document["components"]["schemas"][name]);
    }
    if let Some(value) = schema.get("example") {
        return value.clone();
    }
    if let Some(of) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        return of
            .iter()
            .map(|schema| example(document, schema))
            .find(|value| !value.is_null())
            .unwrap_or_default();
    }
    if let Some(items) = schema.get("items") {
        let one = example(document, items);
        return if one.is_null() { one } else { json!([one]) };
    }
    match schema["properties"].as_object() {
        Some(properties) => {
            let values = properties
                .iter()
                .map(|(name, schema)| (name.clone(), example(document, schema)));
            Value::Object(values.filter(|(_, value)| !value.is_null()).collect())
        }
        None => Value::Null,
    }
}
