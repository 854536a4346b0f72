//! A card number in a text is refused in every field of every operation, but those that hold other numbers by nature.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};
use testkit::{Answer, Call, World};

use crate::generators::catalogue::{self, Operation};
use crate::guards::log::Log;

const NUMBER: &str = "4242424242424242";
const IN_GROUPS: &str = "4242 4242-4242 4242";
/// The token of Savvi, and whom it enrolled.
const CREDENTIAL: &str = "authentication_token";
const PARTNER: &str = "token_of_partner_3_1";
const CALL_CENTER_MEMBER: &str = "call.center@example.com";
const WHOLESALE_MEMBER: &str = "wholesale@example.com";

/// Fields that hold other numbers by nature: 13 to 19 digits of them may look like a card number. Operation, and field.
const OTHER_NUMBERS: &[&str] = &[
    // Telephone numbers.
    "create_customer.phone",
    "create_customer.phoneNo",
    "list_customers.phone",
    "list_messages.number",
    "receive_message.from",
    "update_customer.phone",
    "update_customer.phoneNo",
    // Names that callers choose for plans and coupons.
    "create_coupon.id",
    "create_invoice.coupon_id",
    "create_plan.id",
    "create_subscription.coupon_id",
    "create_subscription.items/0/plan_id",
    "create_subscription.plan_id",
    "create_subscription.tierId",
    "preview_subscription.coupon_id",
    "preview_subscription.items/0/plan_id",
    "preview_subscription.plan_id",
    "update_member_settings.plan_id",
    "update_subscription.coupon_id",
    "update_subscription.items/0/plan_id",
    "update_subscription.plan_id",
    "update_tier.id",
    // Other ids, our own and those of other systems.
    "create_call_center_member.user/braintree_customer_id",
    "create_call_center_member_by_query.user[braintree_customer_id]",
    "create_credit_note.lines/0/line_item_id",
    "create_customer.customerNum",
    "list_events.object_id",
    "record_usage.idempotency_key",
    "record_usage.unique_value",
    "record_usage_batch.events/0/idempotency_key",
    "record_usage_batch.events/0/unique_value",
    "update_call_center_member.user/braintree_customer_id",
    "update_call_center_member_by_query.user[braintree_customer_id]",
    "update_customer.customerNum",
    "update_wholesale_member.user/braintree_customer_id",
    "update_wholesale_member_by_query.user[braintree_customer_id]",
    // Tax numbers, and addresses, which have ids in them.
    "create_webhook.url",
    "update_billing_settings.seller/tax_id",
    "update_webhook.url",
    // Nothing is kept of a password but its hash, and of a card but its token.
    "create_payment.payment_method/card/number",
    "create_payment_method.card/number",
    "create_wholesale_member.user/password",
    "create_wholesale_member_by_query.user[password]",
    "update_call_center_member.user/password",
    "update_call_center_member_by_query.user[password]",
    "update_wholesale_member.user/password",
    "update_wholesale_member_by_query.user[password]",
];

/// Where a text is sent.
#[derive(Debug, Clone)]
enum Place {
    /// A field of the body, by the path to it.
    Body(Vec<String>),
    /// A parameter of the query.
    Query(String),
}

/// A field that takes text.
#[derive(Debug)]
struct TextField {
    operation: Operation,
    place: Place,
    /// What is sent, with the number in it.
    value: Value,
}

impl TextField {
    /// The field as this test names it.
    fn name(&self) -> String {
        match &self.place {
            Place::Body(path) => format!("{}.{}", self.operation.id, path.join("/")),
            Place::Query(name) => format!("{}.{name}", self.operation.id),
        }
    }

    fn is_of_other_numbers(&self) -> bool {
        OTHER_NUMBERS.contains(&self.name().as_str())
    }
}

/// The values with a card number that a schema's texts can take; none where it takes no text.
fn values(schema: &Value) -> Vec<Value> {
    let types = schema["type"].as_array().map(Vec::as_slice);
    let types = types.unwrap_or(std::slice::from_ref(&schema["type"]));
    let takes = |kind: &str| types.iter().any(|one| one == kind);
    if takes("string") && schema["format"] == "email" {
        return vec![json!(format!("{NUMBER}@example.com"))];
    }
    if takes("string") {
        return vec![json!(NUMBER), json!(format!("for {IN_GROUPS}"))];
    }
    if takes("array") && schema["items"]["type"] == "string" {
        return vec![json!([NUMBER])];
    }
    if takes("object") && schema["properties"].is_null() {
        return vec![json!({ "note": IN_GROUPS }), json!({ NUMBER: "note" })];
    }
    Vec::new()
}

/// The fields of a schema that take text, by the paths to them.
fn texts(document: &Value, schema: &Value, path: &[String], found: &mut Vec<(Vec<String>, Value)>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return texts(
            document,
            &document["components"]["schemas"][name],
            path,
            found,
        );
    }
    let values = values(schema);
    if !values.is_empty() {
        found.extend(values.into_iter().map(|value| (path.to_vec(), value)));
        return;
    }
    let inner = |name: &str| [path, &[name.to_owned()]].concat();
    if let Some(items) = schema.get("items") {
        return texts(document, items, &inner("0"), found);
    }
    for of in ["oneOf", "allOf"] {
        for one in schema[of].as_array().into_iter().flatten() {
            texts(document, one, path, found);
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        texts(document, schema, &inner(name), found);
    }
}

fn body_schema(operation: &Operation) -> &Value {
    &operation.description["requestBody"]["content"]["application/json"]["schema"]
}

/// All fields of a document's operations that take text, credentials aside.
fn text_fields(document: &Value, operations: Vec<Operation>) -> Vec<TextField> {
    let mut fields = Vec::new();
    for mut operation in operations.into_iter().filter(|one| !one.is_oauth()) {
        let method = operation.method.to_lowercase();
        operation.description = document["paths"][&operation.path][method].clone();
        let mut found: Vec<(Place, Value)> = Vec::new();
        let parameters = operation.description["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "query" && name != CREDENTIAL {
                let texts = values(&parameter["schema"]).into_iter();
                found.extend(texts.map(|value| (Place::Query(name.to_owned()), value)));
            }
        }
        let mut inside = Vec::new();
        texts(document, body_schema(&operation), &[], &mut inside);
        inside.retain(|(path, _)| *path != [CREDENTIAL]);
        let inside = inside.into_iter();
        found.extend(inside.map(|(path, value)| (Place::Body(path), value)));
        for (place, value) in found {
            fields.push(TextField {
                operation: operation.clone(),
                place,
                value,
            });
        }
    }
    fields
}

/// Puts a value into a body.
fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *body = value;
        return;
    };
    let inner = if first.parse::<usize>().is_ok() {
        if body.as_array().is_none_or(Vec::is_empty) {
            *body = json!([null]);
        }
        &mut body[0]
    } else {
        if !body.is_object() {
            *body = Value::Object(Map::new());
        }
        &mut body[first.as_str()]
    };
    put(inner, rest, value);
}

/// How a dialect is called, and how it names a field.
struct Caller {
    api: Call,
    /// Parameters of every call of an operation.
    parameters: fn(&Operation) -> Vec<(&'static str, String)>,
    document: Value,
    /// Each field that an answer names, and what is wrong with it.
    named: fn(&Answer) -> Vec<(String, String)>,
    status: u16,
}

impl Caller {
    async fn send(&self, field: &TextField) -> Answer {
        let operation = &field.operation;
        let parameters = (self.parameters)(operation);
        let mut path = operation
            .example_path()
            .replace("acct_rs_1000001", "acct_rs_1");
        let mut body = String::new();
        match &field.place {
            Place::Query(name) => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(&parameters);
                query.append_pair(name, field.value.as_str().unwrap());
                path = format!("{path}?{}", query.finish());
            }
            Place::Body(at) => {
                let mut example = catalogue::example(&self.document, body_schema(operation));
                for (name, value) in parameters {
                    example[name] = json!(value);
                }
                put(&mut example, at, field.value.clone());
                body = example.to_string();
            }
        }
        let method: Method = operation.method.parse().unwrap();
        self.api.send(method, &path, &body).await
    }

    /// What an answer says of the field; nothing where it is not named.
    fn said(&self, field: &TextField, answer: &Answer) -> Vec<String> {
        let name = match &field.place {
            Place::Body(path) => path.join("/"),
            Place::Query(name) => name.clone(),
        };
        let below = format!("{name}/");
        let named = (self.named)(answer).into_iter();
        named
            .filter(|(named, _)| *named == name || named.starts_with(&below))
            .map(|(_, said)| said)
            .collect()
    }
}

fn of_v3(answer: &Answer) -> Vec<(String, String)> {
    errors(answer, "pointer", "code")
}

fn of_reveknew(answer: &Answer) -> Vec<(String, String)> {
    errors(answer, "field", "code")
}

fn errors(answer: &Answer, name: &str, said: &str) -> Vec<(String, String)> {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    errors
        .map(|error| {
            let name = text(error, name).replace('.', "/");
            (
                name.trim_start_matches(['/', '?']).to_owned(),
                text(error, said),
            )
        })
        .collect()
}

/// Savvi names fields as a Rails application does, without the block that they stand in.
fn of_savvi(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.body["errors"].as_object().into_iter().flatten();
    errors
        .flat_map(|(name, said)| {
            let (in_query, in_body) = match name.strip_prefix("address.") {
                Some(name) => (
                    format!("user[address_attributes][{name}]"),
                    format!("user/address_attributes/{name}"),
                ),
                None => (format!("user[{name}]"), format!("user/{name}")),
            };
            let said = said[0].as_str().unwrap().to_owned();
            [in_query, in_body, name.clone()].map(|name| (name, said.clone()))
        })
        .collect()
}

/// The partner's token of Savvi, and whom its operations change.
fn of_partner(operation: &Operation) -> Vec<(&'static str, String)> {
    let mut parameters = vec![(CREDENTIAL, PARTNER.to_owned())];
    if operation.id.starts_with("update_call_center") {
        parameters.push(("email", CALL_CENTER_MEMBER.to_owned()));
    } else if operation.id.starts_with("update_wholesale") {
        parameters.push(("email", WHOLESALE_MEMBER.to_owned()));
    }
    parameters
}

/// Members of both kinds, whom Savvi can change.
async fn enroll(savvi: &Call) {
    let address = json!({ "address1": "1", "city": "C", "state": "UT", "zipcode": "84101", "phone": "8015555555" });
    for (path, email) in [
        ("/api/v1/create_call_center_member", CALL_CENTER_MEMBER),
        ("/api/v1/create_wholesale_member", WHOLESALE_MEMBER),
    ] {
        let user = json!({
            "email": email, "first_name": "M", "last_name": "N", "braintree_customer_id": "btid1",
            "address_attributes": address,
        });
        let body = json!({ CREDENTIAL: PARTNER, "user": user });
        savvi.post(path, body).await.expect(200);
    }
}

/// Every caller with the fields of its operations.
async fn callers(world: &World) -> Vec<(Caller, Vec<TextField>)> {
    let routes = catalogue::all().merge(enterprise::routes());
    let api = world.call(routes.merge(members::savvi()));
    let [v3, reveknew, savvi] = catalogue::documents();
    let of_key = |api: Call, document: &Value| Caller {
        api,
        parameters: |_| Vec::new(),
        document: document.clone(),
        named: of_v3,
        status: 400,
    };
    let operator = of_key(api.with_key(world.operator_key()), &v3.1);
    let key = of_key(api.clone(), &v3.1);
    let token = crate::guards::tenants::token(&api, &["*"]).await;
    let client = Caller {
        named: of_reveknew,
        ..of_key(api.with_key(&token), &reveknew.1)
    };
    assert_eq!(world.partner("Partner", 3).await, PARTNER);
    let partner = Caller {
        parameters: of_partner,
        named: of_savvi,
        status: 422,
        ..of_key(api.without_key(), &savvi.1)
    };
    let plan = json!({
        "id": "plan_members", "name": "Members", "currency": "USD", "amount": 9999, "interval": "month",
        "pricing_model": "per_unit",
    });
    api.post("/v3/plans", plan).await.expect(201);
    let plan = json!({ "plan_id": "plan_members" });
    api.patch("/v3/member-settings", plan).await.expect(200);
    enroll(&partner.api).await;
    let (keyed, operated) = v3.2.into_iter().partition(Operation::takes_a_key);
    let callers = [
        (key, keyed),
        (operator, operated),
        (client, reveknew.2),
        (partner, savvi.2),
    ];
    let fields = |(caller, operations): (Caller, Vec<Operation>)| {
        let fields = text_fields(&caller.document, operations);
        (caller, fields)
    };
    callers.map(fields).into()
}

#[tokio::test]
async fn a_card_number_is_refused_in_every_text_but_where_other_numbers_belong() {
    let log = Log::default();
    let _guard = log.listen();
    let world = World::new().await;
    let callers = callers(&world).await;
    let before = world.dump();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (caller, fields) in &callers {
        for field in fields.iter().filter(|field| !field.is_of_other_numbers()) {
            let answer = caller.send(field).await;
            let refused = answer.status == caller.status && !caller.said(field, &answer).is_empty();
            let repeated = [NUMBER, IN_GROUPS]
                .iter()
                .any(|number| answer.text.contains(number));
            if !refused || repeated {
                wrong.push(format!("{} {}: {}", field.name(), field.value, answer.text));
            }
            count += 1;
        }
    }
    assert!(
        wrong.is_empty(),
        "If you are here because this assertion failed: say of a new field that holds other numbers by nature which these are, \
         #[input(numbers = \"…\")], and add it to OTHER_NUMBERS. Any other refuses card numbers: {wrong:#?}"
    );
    assert_eq!(world.dump(), before);
    let logged = log.text();
    assert!(logged.contains("request served"), "nothing was logged");
    assert!(!logged.contains(NUMBER) && !logged.contains(IN_GROUPS));
    assert!(count > 600, "{count}");
}

#[tokio::test]
async fn where_other_numbers_belong_one_may_look_like_that_of_a_card() {
    let world = World::new().await;
    let mut found = BTreeSet::new();
    for (caller, fields) in callers(&world).await {
        for field in fields.iter().filter(|field| field.is_of_other_numbers()) {
            let answer = caller.send(field).await;
            let said = caller.said(field, &answer);
            let refused = said.iter().any(|said| said.contains("card"));
            assert!(
                !refused,
                "{} {}: {}",
                field.name(),
                field.value,
                answer.text
            );
            found.insert(field.name());
        }
    }
    let listed = OTHER_NUMBERS.iter().map(|name| (*name).to_owned());
    assert_eq!(found, listed.collect());
}
