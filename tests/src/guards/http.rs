//! What HTTP has for every operation: versions of records, `HEAD`, encodings, and what browsers ask.

use http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use crate::generators::catalogue;

fn v3(world: &World) -> Call {
    world.call(catalogue::all())
}

async fn customer(api: &Call) -> String {
    format!("/v3/customers/{}", api.customer().await)
}

fn etag(answer: &Answer) -> &str {
    answer.headers["etag"].to_str().unwrap()
}

#[tokio::test]
async fn a_change_of_a_version_that_is_no_longer_there_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    let api = v3(&world);
    let path = customer(&api).await;
    let first = api.get(&path).await;
    let seen = etag(&first).to_owned();
    let changed = api
        .with_header("if-match", &seen)
        .patch(&path, json!({ "first_name": "A" }))
        .await;
    changed.expect(200);
    let before = world.dump();
    for tag in [&seen, "\"0000000000000000\"", &format!("W/{seen}"), "x", ""] {
        let stale = api.with_header("if-match", tag);
        let refused = stale.patch(&path, json!({ "first_name": "B" })).await;
        assert_eq!(refused.expect(412)["code"], "precondition_failed", "{tag}");
        stale.delete(&path).await.expect(412);
    }
    assert_eq!(world.dump(), before);
    let newest = api.get(&path).await;
    assert_ne!(etag(&newest), seen);
    for (tag, name) in [
        (format!("{seen}, {}", etag(&newest)), "B"),
        ("*".to_owned(), "C"),
    ] {
        let api = api.with_header("if-match", &tag);
        api.patch(&path, json!({ "last_name": name }))
            .await
            .expect(200);
    }
    api.with_header("if-match", "*")
        .delete(&path)
        .await
        .expect(200);
    // What is gone is gone, whatever version is named.
    api.with_header("if-match", "*")
        .delete(&path)
        .await
        .expect(404);
}

#[tokio::test]
async fn of_two_who_change_the_same_version_one_is_refused() {
    let world = World::new().await;
    let path = customer(&v3(&world)).await;
    let seen = etag(&v3(&world).get(&path).await).to_owned();
    let change = async |number: u64| {
        let api = v3(&world.process(number)).with_header("if-match", &seen);
        let body = json!({ "first_name": number.to_string() });
        api.patch(&path, body).await.status
    };
    let mut statuses = futures::future::join_all((0..8).map(change)).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    let refused = |status: &http::StatusCode| matches!(status.as_u16(), 409 | 412);
    assert!(statuses[1..].iter().all(refused), "{statuses:?}");
}

#[tokio::test]
async fn what_is_done_to_a_record_takes_its_version_and_a_list_has_none() {
    let world = World::new().await;
    let api = v3(&world);
    let customer = customer(&api).await;
    let id = customer.rsplit('/').next().unwrap();
    let line = json!({ "description": "Setup", "unit_amount": 500 });
    let draft = json!({ "customer_id": id, "currency": "USD", "line_items": [line] });
    let draft = api.post("/v3/invoices", draft).await;
    let path = format!("/v3/invoices/{}", draft.text_of("id"));
    let seen = etag(&api.get(&path).await).to_owned();
    let finalize = format!("{path}/finalize");
    let stale = api.with_header("if-match", "\"0\"");
    stale.post(&finalize, json!({})).await.expect(412);
    let current = api.with_header("if-match", &seen);
    current.post(&finalize, json!({})).await.expect(200);
    current.post(&finalize, json!({})).await.expect(412);
    let refused = stale
        .post("/v3/customers", json!({ "email": "b@example.com" }))
        .await;
    refused.expect(400);
    assert_eq!(refused.pointers(), ["If-Match"]);
    assert!(!api.get("/v3/customers").await.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer_though_the_version_has_moved_on() {
    let world = World::new().await;
    let api = v3(&world);
    let path = customer(&api).await;
    let seen = etag(&api.get(&path).await).to_owned();
    let once = api.with_header("if-match", &seen).idempotent("k");
    let first = once.patch(&path, json!({ "first_name": "A" })).await;
    first.expect(200);
    let again = once.patch(&path, json!({ "first_name": "A" })).await;
    assert_eq!(again.expect(200), &first.body);
}

#[tokio::test]
async fn a_reader_who_has_the_version_is_told_so() {
    let world = World::new().await;
    let api = v3(&world);
    let path = customer(&api).await;
    let seen = etag(&api.get(&path).await).to_owned();
    for tag in [&seen, &format!("W/{seen}"), "*"] {
        let current = api.with_header("if-none-match", tag).get(&path).await;
        assert_eq!((current.status.as_u16(), current.text.as_str()), (304, ""));
        assert_eq!(etag(&current), seen);
    }
    let other = api.with_header("if-none-match", "\"0\"").get(&path).await;
    other.expect(200);
}

#[tokio::test]
async fn head_is_get_without_its_body_and_never_changes_anything() {
    let world = World::new().await;
    let api = v3(&world);
    let path = customer(&api).await;
    let (full, head) = (
        api.get(&path).await,
        api.send(Method::HEAD, &path, "").await,
    );
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(etag(&head), etag(&full));
    let length = full.text.len().to_string();
    assert_eq!(head.headers["content-length"], length.as_str());
    let token = world.partner("Partner", 7_001).await;
    let savvi = world.call(members::savvi()).without_key();
    let before = world.dump();
    let url = format!("/api/v1/create_wholesale_member?authentication_token={token}");
    savvi.send(Method::HEAD, &url, "").await.expect(405);
    assert_eq!(world.dump(), before);
}

#[tokio::test]
async fn an_encoded_body_is_refused_in_every_dialect() {
    let world = World::new().await;
    let routes = catalogue::all()
        .merge(enterprise::routes())
        .merge(members::savvi());
    let plain = world.call(routes);
    let api = plain.with_header("content-encoding", "gzip");
    for (path, field) in [
        ("/v3/customers", "detail"),
        ("/enterprise/v1/customers/acct_rs_1", "message"),
        ("/api/v1/find_member", "error"),
        ("/oauth/token", "error_description"),
    ] {
        let refused = api.post(path, json!({})).await;
        let text = refused.expect(415)[field].as_str().unwrap();
        assert!(text.contains("Content-Encoding"), "{path}: {text}");
    }
    let twice = plain
        .with_header("content-encoding", "identity")
        .with_header("content-encoding", "gzip");
    twice.post("/v3/customers", json!({})).await.expect(415);
    let identity = plain.with_header("content-encoding", "identity");
    identity
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await
        .expect(201);
}

#[tokio::test]
async fn browsers_of_admitted_origins_read_answers_and_no_others() {
    let world = World::new()
        .await
        .with_variable("CORS_ORIGINS", "https://a.example, https://b.example");
    let api = v3(&world);
    let preflight = async |origin: &str| {
        let api = api.without_key().with_header("origin", origin);
        let api = api.with_header("access-control-request-method", "POST");
        api.send(Method::OPTIONS, "/v3/customers", "").await
    };
    let admitted = preflight("https://b.example").await;
    assert_eq!(admitted.status, 204);
    let headers = &admitted.headers;
    assert_eq!(headers["access-control-allow-origin"], "https://b.example");
    assert_eq!(headers["vary"], "Origin");
    let methods = headers["access-control-allow-methods"].to_str().unwrap();
    assert!(methods.contains("POST"), "{methods}");
    let asked = headers["access-control-allow-headers"].to_str().unwrap();
    assert!(asked.contains("Idempotency-Key"), "{asked}");
    assert_eq!(headers["access-control-max-age"], "7200");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let refused = preflight("https://evil.example").await;
    assert!(!refused.headers.contains_key("access-control-allow-origin"));
    assert!(!refused.headers.contains_key("access-control-allow-methods"));
    // Also an error can be read, and says what it is.
    for (path, status) in [("/v3/customers", 200), ("/v3/customers/cust_rs_1", 404)] {
        let answer = api
            .with_header("origin", "https://a.example")
            .get(path)
            .await;
        answer.expect(status);
        assert_eq!(
            answer.headers["access-control-allow-origin"],
            "https://a.example"
        );
    }
    // A script reads what an answer says in its headers.
    let made = api
        .with_header("origin", "https://a.example")
        .idempotent("k");
    let made = made
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    let exposed = made.headers["access-control-expose-headers"]
        .to_str()
        .unwrap();
    let exposed: Vec<String> = exposed.split(", ").map(str::to_lowercase).collect();
    let readable = ["cache-control", "content-length", "content-type"];
    let own = [
        "access-control-allow-origin",
        "access-control-expose-headers",
        "vary",
        "x-content-type-options",
    ];
    for name in made.headers.keys().map(http::HeaderName::as_str) {
        let told = exposed.iter().any(|one| one == name);
        assert!(
            told || readable.contains(&name) || own.contains(&name),
            "{name}"
        );
    }
    let any = World::new().await.with_variable("CORS_ORIGINS", "*");
    let answer = v3(&any)
        .with_header("origin", "https://c.example")
        .get("/v3/customers")
        .await;
    assert_eq!(
        answer.headers["access-control-allow-origin"],
        "https://c.example"
    );
    let plain = v3(&World::new().await).with_header("origin", "https://a.example");
    let answer = plain.get("/v3/customers").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_key_is_used_from_its_own_origins_and_hands_out_no_others() {
    let world = World::new().await;
    let api = v3(&world);
    let new =
        |origins: Value| json!({ "name": "Shop", "mode": "test", "allowed_origins": origins });
    for wrong in [
        "https://a.example/",
        "a.example",
        "https://a.example/path",
        "null",
    ] {
        let refused = api.post("/v3/api-keys", new(json!([wrong]))).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/allowed_origins"], "{wrong}");
    }
    let made = api
        .post("/v3/api-keys", new(json!(["https://a.example"])))
        .await;
    made.expect(201);
    assert_eq!(made.body["allowed_origins"], json!(["https://a.example"]));
    let key = api.with_key(made.text_of("key"));
    key.get("/v3/customers").await.expect(200);
    let own = key.with_header("origin", "https://a.example");
    own.get("/v3/customers").await.expect(200);
    let foreign = key.with_header("origin", "https://b.example");
    let refused = foreign.get("/v3/customers").await;
    assert_eq!(refused.expect(403)["code"], "origin_not_allowed");
    for origins in [json!([]), json!(["https://b.example"])] {
        let refused = key.post("/v3/api-keys", new(origins)).await;
        assert_eq!(refused.expect(403)["code"], "origins_exceeded");
    }
    key.post("/v3/api-keys", new(json!(["https://a.example"])))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_bad_credential_is_told_from_none() {
    let world = World::new().await;
    let api = v3(&world);
    let none = api.without_key().get("/v3/customers").await;
    assert_eq!(none.headers["www-authenticate"], "Bearer");
    let bad = api
        .with_key("rs_test_key_unknown")
        .get("/v3/customers")
        .await;
    let challenge = &bad.headers["www-authenticate"];
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
    // Another scheme is no bearer token, hence no bad one.
    let basic = api.without_key().with_header("authorization", "Basic YTpi");
    let basic = basic.get("/v3/customers").await;
    basic.expect(401);
    assert_eq!(basic.headers["www-authenticate"], "Bearer");
}

/// A parser that takes the last of two and a log that shows the first would tell two stories.
#[tokio::test]
async fn a_field_that_is_there_twice_is_refused_wherever_it_stands() {
    let world = World::new().await;
    let routes = catalogue::all().merge(enterprise::routes());
    let api = world.call(routes);
    let before = world.dump();
    for (body, pointer) in [
        (
            r#"{"email":"a@example.com","email":"b@example.com"}"#,
            "/email",
        ),
        (
            r#"{"email":"a@example.com","metadata":{"a":"1","a":"2"}}"#,
            "/metadata/a",
        ),
        (
            r#"{"email":"a@example.com","company":{"name":"A","name":"B"}}"#,
            "/company/name",
        ),
    ] {
        let refused = api.send(Method::POST, "/v3/customers", body).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), [pointer]);
        assert_eq!(refused.body["errors"][0]["code"], "duplicate_field");
    }
    let token = crate::guards::tenants::token(&api, &["*"]).await;
    let path = "/enterprise/v1/tiers/acct_rs_1";
    let body = r#"{"name":"A","amount":1,"amount":2,"billingPeriod":"MONTHLY"}"#;
    let refused = api.with_key(&token).send(Method::POST, path, body).await;
    assert_eq!(refused.expect(400)["errors"][0]["field"], "amount");
    let customers = |dump: &[Value]| {
        dump.iter()
            .filter(|item| item["et"] == json!({ "S": "cust" }))
            .count()
    };
    assert_eq!(customers(&world.dump()), customers(&before));
}

#[tokio::test]
async fn a_byte_order_mark_and_other_forms_of_numbers_are_read() {
    let world = World::new().await;
    let api = v3(&world);
    let body =
        "\u{feff}{\"email\":\"a@example.com\",\"company\":{\"name\":\"A\",\"annual_revenue\":1e6}}";
    let made = api.send(Method::POST, "/v3/customers", body).await;
    assert_eq!(made.expect(201)["company"]["annual_revenue"], 1_000_000);
    for (email, good) in [
        ("mailto:a@example.com", false),
        ("a..b@example.com", false),
        ("a\u{200b}@example.com", false),
        ("jose\u{301}@example.com", true),
    ] {
        let answer = api.post("/v3/customers", json!({ "email": email })).await;
        if good {
            assert_eq!(answer.expect(201)["email"], "jos\u{e9}@example.com");
        } else {
            answer.expect(400);
            assert_eq!(answer.pointers(), ["/email"], "{email}");
        }
    }
}

#[tokio::test]
async fn a_plan_has_no_metric_that_usage_could_not_name() {
    let world = World::new().await;
    let api = v3(&world);
    let plan = |metric: &str| {
        json!({
            "name": "A", "currency": "USD", "amount": 100, "interval": "month",
            "meters": [{ "metric_name": metric, "amount": 1 }],
        })
    };
    let refused = api.post("/v3/plans", plan("api/calls")).await;
    refused.expect(400);
    let pointer = refused.pointers()[0].to_owned();
    assert!(pointer.ends_with("/0/metric_name"), "{pointer}");
}

/// The records of a story, by path, each with a change of it.
async fn changes(world: &World, api: &Call) -> Vec<(Call, String, Method, Value)> {
    let customer = customer(api).await;
    let id = customer.rsplit('/').next().unwrap();
    let made = async |list: &str, body: Value| {
        let made = api.post(&format!("/v3/{list}"), body).await;
        made.expect(201);
        format!("/v3/{list}/{}", made.text_of("id"))
    };
    let plan = json!({ "id": "plan_a", "name": "A", "currency": "USD", "amount": 100, "interval": "month" });
    let plan = made("plans", plan).await;
    let coupon = made("coupons", json!({ "name": "W", "percent_off": 10 })).await;
    let rate = made(
        "tax-rates",
        json!({ "display_name": "VAT", "percentage": 20 }),
    )
    .await;
    let hook = json!({ "url": "https://your-app.com/hook", "events": ["*"] });
    let hook = made("webhooks", hook).await;
    let line = json!({ "description": "Setup", "unit_amount": 500 });
    let invoice = json!({ "customer_id": id, "currency": "USD", "line_items": [line] });
    let invoice = made("invoices", invoice).await;
    let subscription = json!({ "customer_id": id, "plan_id": "plan_a", "collection_method": "send_invoice", "days_until_due": 30 });
    let subscription = made("subscriptions", subscription).await;
    let v3 = [
        (customer, json!({ "first_name": "A" })),
        (plan, json!({ "name": "B" })),
        (coupon, json!({ "name": "B" })),
        (rate, json!({ "display_name": "B" })),
        (hook, json!({ "events": ["customer.created"] })),
        (invoice, json!({ "metadata": { "a": "b" } })),
        (subscription, json!({ "metadata": { "a": "b" } })),
        (
            "/v3/billing-settings".to_owned(),
            json!({ "days_until_due": 7 }),
        ),
        (
            "/v3/member-settings".to_owned(),
            json!({ "holding_days": 7 }),
        ),
    ];
    let mut changes: Vec<_> = v3
        .into_iter()
        .map(|(path, body)| (api.clone(), path, Method::PATCH, body))
        .collect();
    let limit = json!({ "rate_limit": { "per_second": 500, "burst": 5000 } });
    let operator = api.with_key(world.operator_key());
    let account = "/v3/accounts/acct_rs_1".to_owned();
    changes.push((operator, account, Method::PATCH, limit));
    let routes = catalogue::all().merge(enterprise::routes());
    let token = crate::guards::tenants::token(&world.call(routes.clone()), &["*"]).await;
    let reveknew = world.call(routes).with_key(&token);
    let tier = json!({ "name": "T", "amount": 10, "billingPeriod": "MONTHLY" });
    let tier = reveknew.post("/enterprise/v1/tiers/acct_rs_1", tier).await;
    tier.expect(201);
    let tier = format!("/enterprise/v1/tiers/acct_rs_1/{}", tier.text_of("id"));
    changes.push((
        reveknew,
        tier,
        Method::PUT,
        json!({ "name": "U", "amount": 10, "billingPeriod": "MONTHLY" }),
    ));
    changes
}

#[tokio::test]
async fn a_change_answers_with_the_tag_that_the_next_reader_gets() {
    let world = World::new().await;
    let api = world.call(catalogue::all().merge(enterprise::routes()));
    let mut paths = std::collections::BTreeSet::new();
    for (api, path, method, body) in changes(&world, &api).await {
        let seen = etag(&api.get(&path).await).to_owned();
        let named = api.with_header("if-match", &seen);
        let changed = named.send(method.clone(), &path, &body.to_string()).await;
        changed.expect(200);
        let read = api.get(&path).await;
        assert_eq!(
            etag(&changed),
            etag(&read),
            "{path}: {} {}",
            changed.text,
            read.text
        );
        assert_ne!(etag(&changed), seen, "{path}");
        let stale = named.send(method, &path, &body.to_string()).await;
        stale.expect(412);
        paths.insert(path);
    }
    // As many as the documents say: nobody adds a change without its tag being tried here.
    let documents = [catalogue::document(), catalogue::enterprise_document()];
    let told: usize = documents
        .iter()
        .map(|document| {
            let all = document["paths"].as_object().unwrap().values();
            let answers = all
                .flat_map(|path| ["patch", "put"].map(|method| &path[method]["responses"]["200"]));
            answers
                .filter(|answer| answer["headers"]["ETag"].is_object())
                .count()
        })
        .sum();
    assert_eq!(paths.len(), told, "{paths:?}");
}

#[tokio::test]
async fn of_two_who_change_the_same_version_of_anything_one_is_told_that_it_is_gone() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    for (api, path, method, body) in changes(&world, &api).await {
        let seen = etag(&api.get(&path).await).to_owned();
        let named = api.with_header("if-match", &seen);
        let change = async |_: u32| {
            named
                .send(method.clone(), &path, &body.to_string())
                .await
                .status
        };
        let mut statuses = futures::future::join_all((0..4).map(change)).await;
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{path}: {statuses:?}");
        assert!(
            statuses[1..].iter().all(|status| *status == 412),
            "{path}: {statuses:?}"
        );
    }
}

/// What charges a card writes several times. Only the first of these writes is held to the version that the caller named.
#[tokio::test]
async fn an_operation_that_has_begun_with_the_right_version_is_brought_to_its_end() {
    let world = World::new().await;
    let api = v3(&world);
    let customer = customer(&api).await;
    let id = customer.rsplit('/').next().unwrap();
    let card =
        json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let method = json!({ "customer_id": id, "type": "card", "card": card, "default": true });
    api.post("/v3/payment-methods", method).await.expect(201);
    let line = json!({ "description": "Setup", "unit_amount": 500 });
    let invoice = json!({ "customer_id": id, "currency": "USD", "line_items": [line] });
    let invoice = api.post("/v3/invoices", invoice).await;
    let path = format!("/v3/invoices/{}", invoice.text_of("id"));
    let finalize = format!("{path}/finalize");
    api.post(&finalize, json!({})).await.expect(200);
    let seen = etag(&api.get(&path).await).to_owned();
    let named = api.with_header("if-match", &seen).idempotent("pay");
    let paid = named.post(&format!("{path}/pay"), json!({})).await;
    assert_eq!(paid.expect(200)["status"], "paid");
    let payments = api.get("/v3/payments").await;
    let payment = payments.body["data"][0]["id"].as_str().unwrap().to_owned();
    // A list below a record takes the version of the record.
    let refunds = format!("/v3/payments/{payment}/refunds");
    let stale = api.with_header("if-match", "\"0\"");
    stale
        .post(&refunds, json!({ "amount": 100 }))
        .await
        .expect(412);
    let seen = etag(&api.get(&format!("/v3/payments/{payment}")).await).to_owned();
    let named = api.with_header("if-match", &seen);
    named
        .post(&refunds, json!({ "amount": 100 }))
        .await
        .expect(201);
    named
        .post(&refunds, json!({ "amount": 100 }))
        .await
        .expect(412);
}

#[tokio::test]
async fn every_change_takes_a_version_or_says_that_it_takes_none() {
    let world = World::new().await;
    let routes = catalogue::all().merge(enterprise::routes());
    let api = world.call(routes);
    let token = crate::guards::tenants::token(&api, &["*"]).await;
    let (v3, reveknew) = (catalogue::document(), catalogue::enterprise_document());
    let before = world.dump();
    let mut refused = 0;
    let operations = catalogue::operations()
        .into_iter()
        .chain(catalogue::enterprise_operations());
    for operation in operations.filter(|one| one.method != "GET" && one.takes_a_key()) {
        let id = &operation.id;
        let below_reveknew = operation.path.starts_with("/enterprise/");
        let (document, api) = if below_reveknew {
            (&reveknew, api.with_key(&token))
        } else {
            (&v3, api.clone())
        };
        let described = &document["paths"][&operation.path][operation.method.to_lowercase()];
        let takes_one = described["responses"]["412"].is_object();
        let named = described["parameters"].as_array().into_iter().flatten();
        let named = named
            .filter(|parameter| parameter["name"] == "If-Match")
            .count();
        assert_eq!(named, usize::from(takes_one), "{id}");
        let path = operation
            .example_path()
            .replace("acct_rs_1000001", "acct_rs_1");
        let stale = api.with_header("if-match", "\"0\"");
        let answer = stale
            .send(operation.method.parse().unwrap(), &path, "{}")
            .await;
        let status = answer.status.as_u16();
        if takes_one {
            // The record of the example is not there, or is one that there always is.
            assert!(matches!(status, 404 | 412), "{id}: {}", answer.text);
            assert!(!answer.text.contains("route"), "{id}: {}", answer.text);
        } else {
            answer.expect(400);
            assert!(answer.text.contains("If-Match"), "{id}: {}", answer.text);
            refused += 1;
        }
    }
    assert_eq!(world.dump(), before);
    assert!(refused > 10, "{refused}");
}

#[tokio::test]
async fn savvi_has_no_versions_and_says_so_in_its_dialect() {
    let world = World::new().await;
    let token = world.partner("Partner", 7_001).await;
    let savvi = world.call(members::savvi()).without_key();
    let before = world.dump();
    for method in [Method::GET, Method::POST] {
        let path = format!("/api/v1/create_wholesale_member?authentication_token={token}");
        let named = savvi.with_header("if-match", "*");
        let refused = named.send(method, &path, "").await;
        assert!(
            refused.expect(422)["errors"]["If-Match"].is_array(),
            "{}",
            refused.text
        );
    }
    assert_eq!(world.dump(), before);
    let text = catalogue::savvi_document().to_string();
    assert!(!text.contains("If-None-Match") && !text.contains("ETag"));
}
