//! The examples of Savvi's document, with the values that its reference prints.

use super::*;

/// The exchanges of every operation of Savvi.
pub(crate) async fn exchanges() -> BTreeMap<String, Exchange> {
    let world = World::new().await;
    let v3 = world.call(catalogue::all());
    let plan = json!({ "id": "membership", "name": "Membership", "amount": 2900, "currency": "USD", "interval": "month" });
    v3.post("/v3/plans", plan).await.expect(201);
    let settings = json!({ "plan_id": "membership" });
    v3.patch("/v3/member-settings", settings).await.expect(200);
    let partner = v3
        .post("/v3/partners", json!({ "name": "Acme Wholesale" }))
        .await;
    let mut recorder = Recorder {
        api: world.call(members::savvi()).without_key(),
        kept: BTreeMap::new(),
    };
    let token = partner.text_of("authentication_token").to_owned();
    for (kind, more) in [
        ("wholesale", json!({ "password": "supersecret" })),
        ("call_center", json!({ "braintree_customer_id": "btid123" })),
    ] {
        members_of_kind(&mut recorder, &token, kind, &more).await;
    }
    recorder.kept
}

/// Members of one kind, by a body and by a query.
async fn members_of_kind(recorder: &mut Recorder, token: &str, kind: &str, more: &Value) {
    for (suffix, email) in [("", "test"), ("_by_query", "other")] {
        let email = format!("{email}-{kind}@example.com").replace('_', "-");
        let mut user = json!({
            "email": email, "first_name": "Testfirst", "last_name": "Testlast", "gender": "Female",
            "date_of_birth": "1980-08-08",
            "address_attributes": {
                "address1": "123 e Main Street", "city": "Salt Lake City", "state": "UT", "zipcode": "84101",
                "country": "United States of America", "phone": "8015554312",
            },
        });
        for (name, value) in more.as_object().unwrap() {
            user[name] = value.clone();
        }
        let body = json!({ "authentication_token": token, "user": user });
        call(recorder, &format!("create_{kind}_member"), suffix, body).await;
        let body = json!({ "authentication_token": token, "user": { "email": email } });
        call(recorder, "find_member", suffix, body).await;
        let user = json!({ "first_name": "Newfirst" });
        let body = json!({ "authentication_token": token, "email": email, "user": user });
        call(recorder, &format!("update_{kind}_member"), suffix, body).await;
    }
}

/// Calls an operation with a body, or with the same in the query.
async fn call(recorder: &mut Recorder, name: &str, suffix: &str, body: Value) {
    let path = format!("/api/v1/{name}");
    let operation = format!("{name}{suffix}");
    if suffix.is_empty() {
        recorder.post(&operation, &path, body).await;
        return;
    }
    let mut pairs = Vec::new();
    flat(&body, "", &mut pairs);
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    recorder.get(&operation, &format!("{path}?{query}")).await;
}

/// `user[address_attributes][city]`, as Rails flattens it.
fn flat(value: &Value, name: &str, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() {
                    member.clone()
                } else {
                    format!("{name}[{member}]")
                };
                flat(value, &name, pairs);
            }
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            pairs.push((name.to_owned(), value.to_string()));
        }
    }
}
