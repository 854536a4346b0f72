//! Who gets a token, and what it opens.

use base64::Engine;
use http::Method;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{BUSINESS, Shop};

#[tokio::test]
async fn a_token_is_64_hexadecimal_digits_of_which_only_a_hash_is_kept() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let api = shop.api.without_key();
    shop.world.meter.take();
    let answer = api.form("/oauth/token", &shop.form()).await;
    let units = shop.world.meter.take();
    assert_eq!(units.write_tenths, 10, "{units:?}");
    let token = answer.text_of("access_token").to_owned();
    let want =
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "*" });
    assert_eq!(*answer.expect(200), want);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["pragma"], "no-cache");
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let stored: String = shop.world.dump().iter().map(Value::to_string).collect();
    assert!(!stored.contains(&token) && !stored.contains(&shop.client.1));
    // HTTP Basic says the same.
    let (id, secret) = &shop.client;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let form = "grant_type=client_credentials&audience=https://services.reveknew.net";
    let request = |credential: &str| {
        let request = http::Request::post("/oauth/token")
            .header("authorization", format!("Basic {credential}"))
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(axum::body::Body::from(form)).unwrap()
    };
    let status = async |credential: &str| {
        let router = api::finish(super::routes(), shop.world.app.clone());
        let answer = router.oneshot(request(credential)).await.unwrap();
        (
            answer.status().as_u16(),
            answer.headers().contains_key("www-authenticate"),
        )
    };
    assert_eq!(status(&basic).await, (200, false));
    assert_eq!(status("bm9ib2R5Om5vbmU=").await, (401, true));
}

#[tokio::test]
async fn every_refusal_is_one_of_rfc_6749() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let api = shop.api.without_key();
    let good = shop.form();
    let (id, secret) = &shop.client;
    for (form, status, error) in [
        (String::new(), 401, "invalid_client"),
        (
            good.replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
        ),
        (
            good.replace("grant_type=client_credentials&", ""),
            400,
            "invalid_request",
        ),
        (
            good.replace(secret.as_str(), "wrong"),
            401,
            "invalid_client",
        ),
        (good.replace(id.as_str(), "nobody"), 401, "invalid_client"),
        (
            good.replace("client_secret", "secret"),
            401,
            "invalid_client",
        ),
        (good.replace("client_id", "id"), 401, "invalid_client"),
        (
            "grant_type=client_credentials".to_owned(),
            401,
            "invalid_client",
        ),
        (
            good.replace("services.reveknew", "other"),
            400,
            "invalid_request",
        ),
        (good.replace("&audience", "&aud"), 400, "invalid_request"),
        (
            format!("{good}&grant_type=client_credentials"),
            400,
            "invalid_request",
        ),
        (format!("{good}&scope=everything"), 400, "invalid_scope"),
    ] {
        let answer = api.form("/oauth/token", &form).await;
        assert_eq!(answer.expect(status)["error"], error, "{form}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let challenged = answer.headers.contains_key("www-authenticate");
        assert_eq!(challenged, status == 401, "{form}");
        assert!(!answer.text.contains(secret.as_str()));
    }
    let body =
        json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret });
    let answer = api.post("/oauth/token", body).await;
    assert_eq!(answer.expect(400)["error"], "invalid_request");
}

#[tokio::test]
async fn a_token_ends_after_an_hour_by_revocation_and_with_its_client() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let path = format!("/enterprise/v1/tiers/{BUSINESS}/none");
    shop.api.get(&path).await.expect(404);
    let token = shop.token().await;
    let (id, secret) = &shop.client;
    let form = format!("client_id={id}&client_secret={secret}&token={token}");
    let other = shop.api.with_key(&token);
    other.get(&path).await.expect(404);
    shop.api
        .without_key()
        .form("/oauth/revoke", &form)
        .await
        .expect(200);
    let refused = other.get(&path).await;
    assert_eq!(refused.expect(401)["code"], "unauthorized");
    assert_eq!(
        refused.headers["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
    // Half a minute later no process remembers any.
    let before = shop.world.later(3599).call(super::routes());
    let token = shop.token().await;
    before.with_key(&token).get(&path).await.expect(404);
    let after = shop.world.later(3600).call(super::routes());
    after.with_key(&token).get(&path).await.expect(401);
    let clients = shop.v3().get("/v3/oauth-clients").await;
    let client = clients.body["data"][0]["id"].as_str().unwrap().to_owned();
    shop.v3()
        .delete(&format!("/v3/oauth-clients/{client}"))
        .await
        .expect(200);
    let after = shop.world.later(60).call(super::routes());
    after.with_key(&token).get(&path).await.expect(401);
    let none = shop
        .api
        .without_key()
        .form("/oauth/token", &shop.form())
        .await;
    assert_eq!(none.expect(401)["error"], "invalid_client");
}

#[tokio::test]
async fn a_token_opens_its_own_business_alone_and_no_other_door() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let customer = shop.customer().await;
    let at = |business: &str| format!("/enterprise/v1/customers/{business}/id/{customer}");
    shop.api.get(&at(BUSINESS)).await.expect(200);
    // One that exists and one that does not are told alike.
    let foreign = shop.api.get(&at("acct_rs_2")).await;
    let unknown = shop.api.get(&at("acct_rs_424242")).await;
    assert_eq!(
        (foreign.status.as_u16(), &foreign.body),
        (403, &unknown.body)
    );
    for malformed in [
        "1",
        "acct_rs_",
        "acct_rs_01",
        "53e08b340cd983",
        "acct_rs_1%20",
    ] {
        shop.api.get(&at(malformed)).await.expect(404);
    }
    let absent = format!("/enterprise/v1/customers/{BUSINESS}/id/cust_rs_424242");
    shop.api.get(&absent).await.expect(404);
    shop.api
        .get(&format!("/enterprise/v1/customers/{BUSINESS}/id/x"))
        .await
        .expect(404);
    for key in [&shop.world.ours.test_key, &shop.world.theirs.test_key] {
        shop.api.with_key(key).get(&at(BUSINESS)).await.expect(401);
    }
    shop.api.without_key().get(&at(BUSINESS)).await.expect(401);
    let token = shop.token().await;
    shop.v3()
        .with_key(&token)
        .get("/v3/customers")
        .await
        .expect(401);
    let body = json!({ "customerNum": "1", "firstName": "A" });
    let path = "/enterprise/v1/customers/acct_rs_2";
    let refused = shop.api.send(Method::POST, path, &body.to_string()).await;
    assert_eq!(refused.expect(403)["code"], "forbidden");
}

#[tokio::test]
async fn a_token_of_few_scopes_is_told_which_it_lacks() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let form = format!("{}&scope=crm:read", shop.form());
    let answer = shop.api.without_key().form("/oauth/token", &form).await;
    assert_eq!(answer.expect(200)["scope"], "crm:read");
    let reader = shop.api.with_key(answer.text_of("access_token"));
    let tiers = format!("/enterprise/v1/tiers/{BUSINESS}");
    let refused = reader.post(&tiers, json!({})).await;
    refused.expect(403);
    assert!(refused.text_of("message").contains("billing:write"));
}
