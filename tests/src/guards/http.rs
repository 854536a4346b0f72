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
