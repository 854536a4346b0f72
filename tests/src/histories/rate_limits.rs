//! Limits on calls, as callers meet them: keys, businesses, strangers, pages.

use std::collections::BTreeMap;

use api::App;
use axum::Router;
use futures::future::join_all;
use http::StatusCode;
use serde_json::json;
use testkit::{Answer, Call, World};

/// Calls that a process lets through without a token, of the key and of its business.
const FREE: usize = 10;

fn routes() -> Router<App> {
    Router::<App>::from(crm::routes())
        .merge(platform::routes())
        .merge(webhooks::routes())
}

fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status.as_u16()).or_default() += 1;
    }
    counts
}

async fn reads(api: &Call, count: usize) -> Vec<Answer> {
    let path = "/v3/customers?limit=1";
    join_all((0..count).map(|_| api.get(path))).await
}

/// Lets the operator set the limit of our business.
async fn limit(world: &World, per_second: u32, burst: u32) {
    let operator = world.call(routes()).with_key(world.operator_key());
    let body = json!({ "rate_limit": { "per_second": per_second, "burst": burst } });
    operator
        .patch("/v3/accounts/acct_rs_1", body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_reads_and_writes_as_much_as_its_buckets_hold() {
    let world = World::new().await.limited();
    let api = world.call(routes());
    let answers = reads(&api, 1200).await;
    let counts = statuses(&answers);
    assert_eq!(counts[&200], 1000 + FREE, "{counts:?}");
    let refused = answers
        .iter()
        .find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS)
        .unwrap();
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.headers["ratelimit"], r#""reads";r=0;t=1"#);
    assert_eq!(
        refused.headers["ratelimit-policy"],
        r#""reads";q=1000;w=10"#
    );
    assert_eq!(refused.text_of("code"), "rate_limited");
    assert_eq!(refused.body["violated-policies"], json!(["reads"]));
    // What it writes has a bucket of its own, and so has another key, in live mode as in test mode.
    let customer = json!({ "email": "a@example.com" });
    api.post("/v3/customers", customer).await.expect(201);
    for key in [&world.ours.live_key, &world.theirs.test_key] {
        let other = api.with_key(key);
        other.get("/v3/customers").await.expect(200);
    }
    // A second later there are a hundred more, in whatever process.
    let later = world.later(1);
    let counts = statuses(&reads(&later.call(routes()), 300).await);
    assert_eq!(counts[&200], 100 + FREE, "{counts:?}");
}

/// Three processes take from one bucket: together they let through what it holds, and what each of them has for nothing.
#[tokio::test]
async fn processes_share_a_bucket_and_a_call_costs_a_small_part_of_a_write() {
    let world = World::new().await;
    let processes = [world.limited(), world.limited(), world.limited()];
    let calls: Vec<Call> = processes
        .iter()
        .map(|process| process.call(routes()))
        .collect();
    let answers = join_all(calls.iter().map(|api| reads(api, 600))).await;
    let answers: Vec<Answer> = answers.into_iter().flatten().collect();
    let served = statuses(&answers)[&200];
    assert!(
        (1000 - 200 * 2..=1000 + 3 * FREE).contains(&served),
        "{served}"
    );
    let written: u64 = processes
        .iter()
        .map(|process| process.meter.take().write_tenths)
        .sum();
    // 0.02 write units a call of those that were served.
    let most = u64::try_from(served).unwrap() * 2 / 10;
    assert!(written <= most, "{written} tenths, {served} calls");
}

/// A refused call writes nothing: the process knows when there will be room.
#[tokio::test]
async fn a_key_beyond_its_limit_costs_nothing() {
    let world = World::new().await.limited();
    let api = world.call(routes());
    reads(&api, 1100).await;
    world.meter.take();
    let counts = statuses(&reads(&api, 500).await);
    assert_eq!(counts, BTreeMap::from([(429, 500)]));
    let units = world.meter.take();
    assert_eq!((units.read_tenths, units.write_tenths), (0, 0), "{units:?}");
}

#[tokio::test]
async fn all_keys_of_a_business_have_five_times_as_much() {
    let world = World::new().await;
    limit(&world, 10, 100).await;
    let world = world.limited();
    let (mut served, mut refused) = (0, None);
    for index in 0..8 {
        let scopes = [
            "crm:read",
            "crm:write",
            "billing:read",
            "billing:write",
            "members:read",
            "webhooks:read",
            "platform:read",
            "payments:read",
        ];
        let key = world.key_with(&scopes[..=index]).await;
        let answers = reads(&world.call(routes()).with_key(&key), 90).await;
        served += answers
            .iter()
            .filter(|answer| answer.status == StatusCode::OK)
            .count();
        refused = answers
            .into_iter()
            .rfind(|answer| answer.status != StatusCode::OK);
    }
    let last = refused.unwrap();
    assert_eq!(last.body["violated-policies"], json!(["business-reads"]));
    assert_eq!(
        last.headers["ratelimit-policy"],
        r#""business-reads";q=500;w=10"#
    );
    assert!((500..=500 + FREE * 2).contains(&served), "{served}");
    // Nobody else feels it.
    let theirs = world.call(routes()).with_key(&world.theirs.test_key);
    theirs.get("/v3/customers").await.expect(200);
}

#[tokio::test]
async fn costly_calls_count_as_many() {
    let world = World::new().await;
    limit(&world, 10, 100).await;
    let world = world.limited();
    let api = world.call(routes());
    let body = json!({ "since": "2026-01-14T00:00:00Z" });
    let mut counts = Vec::new();
    for _ in 0..3 {
        let answer = api.post("/v3/webhooks/whk_1/recover", body.clone()).await;
        counts.push(answer.status.as_u16());
    }
    assert_eq!(counts, [404, 404, 429]);
}

#[tokio::test]
async fn a_stranger_that_goes_on_guessing_is_locked_out_for_longer_each_time() {
    let world = World::new().await.limited();
    let api = world.call(routes());
    let mut answers = Vec::new();
    for guess in 0..40 {
        let stranger = api.with_key(&format!("rs_test_key_guess_{guess}"));
        answers.push(stranger.get("/v3/customers").await);
    }
    let counts = statuses(&answers);
    // Five that are not counted, nine that are, and the one that locks.
    assert_eq!(counts, BTreeMap::from([(401, 15), (429, 25)]));
    let last = answers.last().unwrap();
    assert_eq!(last.headers["retry-after"], "1");
    assert!(!last.headers.contains_key("ratelimit"));
    // Others at other addresses are not, and neither is a key at this one that was good here before.
    let elsewhere = api.from_source("203.0.113.2");
    elsewhere
        .with_key("rs_test_key_another_guess")
        .get("/v3/customers")
        .await
        .expect(401);
    elsewhere.get("/v3/customers").await.expect(200);
    api.get("/v3/customers").await.expect(200);
    // Another process, a second later: the next failure that is counted locks for two seconds.
    let api = world.later(1).call(routes());
    let mut answers = Vec::new();
    for guess in 40..60 {
        let stranger = api.with_key(&format!("rs_test_key_guess_{guess}"));
        answers.push(stranger.get("/v3/customers").await);
    }
    assert_eq!(statuses(&answers), BTreeMap::from([(401, 6), (429, 14)]));
    assert_eq!(answers.last().unwrap().headers["retry-after"], "2");
}

#[tokio::test]
async fn a_client_with_a_wrong_secret_is_locked_out_where_it_is_and_nowhere_else() {
    let world = World::new().await.limited();
    let operator = world.call(routes());
    let new = json!({ "name": "Client", "scopes": ["billing:write"], "audience": "https://services.reveknew.net" });
    let client = operator.post("/v3/oauth-clients", new).await;
    client.expect(201);
    let (id, secret) = (client.text_of("client_id"), client.text_of("client_secret"));
    let api = world.call(enterprise::routes()).without_key();
    let form = |secret: &str| {
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&audience=https://services.reveknew.net"
        )
    };
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(api.form("/oauth/token", &form("wrong")).await);
    }
    assert_eq!(statuses(&answers), BTreeMap::from([(401, 15), (429, 5)]));
    assert_eq!(
        answers.last().unwrap().text_of("error"),
        "temporarily_unavailable"
    );
    // Not even the right secret opens now: whoever guesses learns nothing.
    api.form("/oauth/token", &form(secret)).await.expect(429);
    let elsewhere = api.from_source("198.51.100.7");
    elsewhere
        .form("/oauth/token", &form(secret))
        .await
        .expect(200);
    let later = world.later(2).call(enterprise::routes()).without_key();
    later.form("/oauth/token", &form(secret)).await.expect(200);
}

#[tokio::test]
async fn tokens_come_at_a_pace() {
    let world = World::new().await.limited();
    let operator = world.call(routes());
    let new = json!({ "name": "Client", "scopes": ["billing:write"], "audience": "https://services.reveknew.net" });
    let client = operator.post("/v3/oauth-clients", new).await;
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&audience=https://services.reveknew.net",
        client.text_of("client_id"),
        client.text_of("client_secret")
    );
    let api = world.call(enterprise::routes()).without_key();
    let mut answers = Vec::new();
    for index in 0..150 {
        let source = format!("2001:db8:0:{index:x}::1");
        answers.push(api.from_source(&source).form("/oauth/token", &body).await);
    }
    let counts = statuses(&answers);
    assert_eq!(counts, BTreeMap::from([(200, 100 + FREE), (429, 40)]));
}

#[tokio::test]
async fn pages_that_do_not_exist_are_asked_for_a_few_times() {
    let world = World::new().await.limited();
    let pages = [
        (world.call(enterprise::pages()).without_key(), "p"),
        (world.call(members::pages()).without_key(), "m"),
    ];
    for (api, page) in pages {
        let mut answers = Vec::new();
        for index in 0..40 {
            let code = format!("{index:022}");
            answers.push(
                api.from_source(if page == "p" {
                    "198.51.100.1"
                } else {
                    "198.51.100.2"
                })
                .get(&format!("/{page}/{code}"))
                .await,
            );
        }
        let counts = statuses(&answers);
        assert_eq!(counts, BTreeMap::from([(404, 15), (429, 25)]), "/{page}");
        let last = answers.last().unwrap();
        assert!(last.text.contains("too many attempts"), "{}", last.text);
        assert_eq!(last.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn savvi_is_limited_by_partner_and_by_address() {
    let world = World::new().await.limited();
    let token = world.partner("Partner", 5).await;
    let api = world.call(members::savvi()).without_key();
    let find = format!("/api/v1/find_member?authentication_token={token}&email=a@example.com");
    let answers = join_all((0..1100).map(|_| api.get(&find))).await;
    let counts = statuses(&answers);
    assert_eq!(counts[&429], 100 - FREE, "{counts:?}");
    let mut answers = Vec::new();
    for guess in 0..40 {
        let find = format!("/api/v1/find_member?authentication_token=guess_number_{guess}");
        answers.push(api.from_source("198.51.100.9").get(&find).await);
    }
    assert_eq!(statuses(&answers), BTreeMap::from([(401, 15), (429, 25)]));
}
