//! `POST /v3/webhooks`

use std::collections::BTreeMap;

use api::input::Input;
use api::{Created, Cx, Json, Problem, WebhooksWrite, operation, secrets};
use futures::future::try_join;
use models::webhooks::{self, DisabledReason, EventFilter};
use models::{Error, Metadata, Moment};
use views::rocketsavvy::Endpoint;

use crate::access;
use crate::settings::{self, SECRET, distinct, good_secret, good_url};

/// A new webhook endpoint.
#[derive(Input)]
pub(crate) struct NewWebhook {
    /// HTTPS, to a public host, port 443 or 8443.
    #[input(chars = 1..=2048, numbers = "ids in the address of another system", then = good_url, example = "https://your-app.com/webhooks/rocketsavvy")]
    url: String,
    /// What you call it.
    #[input(chars = 1..=500, example = "Orders of the Berlin shop")]
    description: Option<String>,
    /// Event types, families like `invoice.*`, or `*` for all.
    #[input(by = settings::events, example = ["subscription.created", "payment.succeeded", "order.fulfilled", "customer.updated"])]
    events: Vec<EventFilter>,
    /// The key of the signatures, 16 to 256 visible ASCII characters; made for you if it is absent.
    #[input(chars = 16..=256, pattern = SECRET, then = good_secret, example = "whsec_your_secret_key")]
    secret: Option<String>,
    /// Headers that every message carries beside ours. Names that HTTP or the sender sets are refused. A value has up to 1000
    /// visible ASCII characters; of a header whose name says that it is a credential it is never shown again.
    #[input(by = settings::headers, then = distinct, default, example = { "X-Env": "production" })]
    headers: BTreeMap<String, String>,
    /// Messages in a minute, at most; others wait for the next one. No limit if it is absent.
    #[input(range = 1..=100_000, example = 600)]
    rate_limit: Option<u32>,
    /// Whether anything is sent; `true` if it is absent.
    #[input(default = true, example = true)]
    enabled: bool,
    #[input(default, example = { "environment": "production", "description": "Main webhook endpoint" })]
    metadata: Metadata,
}

/// Create a webhook endpoint
///
/// Registers a URL that receives events. The signing secret is shown in this answer only; the answer to a repeated
/// request with the same `Idempotency-Key` is without it. The key must be able to read all events that the endpoint is to
/// listen to: `invoice.*` takes `billing:read`, and `*` every group. A business may have 100 endpoints in each mode.
#[operation(post, "/v3/webhooks", tag = "webhooks")]
pub(crate) async fn create_webhook(
    cx: Cx<WebhooksWrite>,
    Json(input): Json<NewWebhook>,
) -> Result<Created<Endpoint>, Problem> {
    access::may_subscribe(cx.scopes(), &input.events)?;
    settings::reachable(&input.url, cx.app().egress().in_mode(cx.mode()))?;
    // Nothing is there yet that a masked value could stand for.
    let headers = settings::unmasked(input.headers, &BTreeMap::new())?;
    let (has_room, now) = try_join(cx.has_room_for_endpoint(), cx.now()).await?;
    if !has_room {
        let detail = "a business may have 100 webhook endpoints in each mode; delete one first";
        return Err(Error::conflict("too_many_endpoints", detail).into());
    }
    let secret = match input.secret {
        Some(secret) => secret,
        None => secrets::webhook_secret(cx.ids())?,
    };
    cx.insert_secret(|id, writes| {
        let endpoint = webhooks::Endpoint {
            id,
            url: input.url.clone(),
            description: input.description.clone(),
            events: input.events.clone(),
            secret: secret.clone(),
            old_secrets: Vec::new(),
            headers: headers.clone(),
            rate_limit: input.rate_limit,
            enabled: input.enabled,
            enabled_changed: now,
            disabled_reason: (!input.enabled).then_some(DisabledReason::Manual),
            metadata: input.metadata.clone(),
            created: now,
            deleted: None,
        };
        writes.create(&endpoint, None)?;
        Endpoint::with_secret(&endpoint, Moment::at(now, cx.mode()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use models::webhooks::{Endpoint, EventFilter};
    use models::{Id, Metadata};
    use serde_json::{Value, json};
    use testkit::World;

    /// As printed in the v3 document.
    const PRINTED: &str = r#"{
"url": "https://your-app.com/webhooks/rocketsavvy",
"events": [
"subscription.created",
"payment.succeeded",
"order.fulfilled",
"customer.updated"
],
"secret": "whsec_your_secret_key",
"enabled": true,
"metadata": {
"environment": "production",
"description": "Main webhook endpoint"
}
}"#;

    /// The items that have that text in them.
    fn items_with(world: &World, text: &str) -> Vec<Value> {
        let found = world.dump().into_iter();
        found
            .filter(|item| item.to_string().contains(text))
            .collect()
    }

    #[tokio::test]
    async fn the_printed_endpoint_is_created_for_one_write_unit() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/webhooks").await.expect(200);
        world.meter.take();
        let answer = api.send(Method::POST, "/v3/webhooks", PRINTED).await;
        let body = answer.expect(201);
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 10, "{units:?}");
        assert_eq!(units.calls["Query"], 1);
        let id = answer.text_of("id");
        let path = format!("/v3/webhooks/{id}");
        assert_eq!(answer.headers["location"], path);
        let mut want: Value = serde_json::from_str(PRINTED).unwrap();
        want["id"] = json!(id);
        for absent in [
            "description",
            "rate_limit",
            "disabled_reason",
            "secret_expires_at",
        ] {
            want[absent] = json!(null);
        }
        want["headers"] = json!({});
        want["status"] = json!("enabled");
        want["created"] = json!("2026-01-15T12:00:00Z");
        want["livemode"] = json!(false);
        assert_eq!(*body, want);
        want.as_object_mut().unwrap().remove("secret");
        assert_eq!(*api.get(&path).await.expect(200), want);
    }

    #[tokio::test]
    async fn the_secret_stands_on_its_endpoint_and_nowhere_else() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("w-1");
        let body = json!({ "url": "https://example.com/", "events": ["*"] });
        let first = api.post("/v3/webhooks", body.clone()).await;
        first.expect(201);
        let secret = first.text_of("secret");
        assert!(
            secret.starts_with("whsec_") && secret.len() == 50,
            "{secret}"
        );
        let again = api.post("/v3/webhooks", body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let mut want = first.body.clone();
        want.as_object_mut().unwrap().remove("secret");
        assert_eq!(*again.expect(201), want);
        let path = format!("/v3/webhooks/{}/test", first.text_of("id"));
        let api = world.call(crate::routes());
        api.post(&path, json!({ "event_type": "invoice.paid" }))
            .await
            .expect(202);
        let items = items_with(&world, secret);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["et"]["S"], "we");
        assert!(!items[0]["ev"].to_string().contains(secret));
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        let good_url = "https://example.com/";
        let wrong = [
            (json!({}), vec!["/url", "/events"]),
            (
                json!({
                    "url": "https://10.0.0.1/", "events": ["invoice.payed"], "secret": "short", "enabled": "yes",
                    "metadata": { "a": 1 }, "event": ["*"],
                }),
                vec![
                    "/url",
                    "/events",
                    "/secret",
                    "/enabled",
                    "/metadata",
                    "/event",
                ],
            ),
            (
                json!({ "url": "http://example.com/", "events": [] }),
                vec!["/url", "/events"],
            ),
            (
                json!({ "url": "hook", "events": "*" }),
                vec!["/url", "/events"],
            ),
            (
                json!({ "url": good_url, "events": ["*"], "secret": "with space in it" }),
                vec!["/secret"],
            ),
            (
                json!({ "url": good_url, "events": vec!["*"; 101] }),
                vec!["/events"],
            ),
            (
                json!({ "url": good_url, "events": ["*"], "description": "x".repeat(501), "rate_limit": 0, "headers": ["X-Env"] }),
                vec!["/description", "/headers", "/rate_limit"],
            ),
            (
                json!({ "url": good_url, "events": ["*"], "rate_limit": 100_001, "headers": { "X-Env": 1 } }),
                vec!["/headers", "/rate_limit"],
            ),
        ];
        for (body, pointers) in wrong {
            let answer = api.post("/v3/webhooks", body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), pointers);
        }
        let typo = json!({ "url": good_url, "events": ["invoice.paid", "invoice.payed"] });
        let answer = api.post("/v3/webhooks", typo).await;
        assert!(answer.text.contains("invoice.payed"), "{}", answer.text);
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn every_wrong_header_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        let many: BTreeMap<String, String> = (0..21)
            .map(|n| (format!("X-{n}"), "x".to_owned()))
            .collect();
        for (headers, pointers) in [
            (
                json!({ "Host": "a", "webhook-id": "a", "a b": "a", "a/b~c": "a", "X-Env": "a\r\nX-Evil: b", "X-Fine": "a" }),
                vec![
                    "/headers/Host",
                    "/headers/X-Env",
                    "/headers/a b",
                    "/headers/a~1b~0c",
                    "/headers/webhook-id",
                ],
            ),
            (json!({ "X-Env": "a", "x-env": "b" }), vec!["/headers"]),
            (json!(many), vec!["/headers"]),
            // Nothing is there that could stay.
            (
                json!({ "Authorization": "********", "X-Env": "********" }),
                vec!["/headers/Authorization", "/headers/X-Env"],
            ),
        ] {
            let body =
                json!({ "url": "https://example.com/", "events": ["*"], "headers": headers });
            let answer = api.post("/v3/webhooks", body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), pointers);
        }
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn credentials_in_headers_stand_on_the_endpoint_and_nowhere_else() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("w-1");
        let body = json!({
            "url": "https://example.com/", "events": ["*"], "description": "Orders", "rate_limit": 100_000, "enabled": false,
            "headers": { "Authorization": "Bearer canary", "X-Env": "production" },
        });
        let made = api.post("/v3/webhooks", body.clone()).await;
        let view = made.expect(201);
        assert_eq!(
            view["headers"],
            json!({ "Authorization": "********", "X-Env": "production" })
        );
        assert_eq!(view["description"], "Orders");
        assert_eq!(view["rate_limit"], 100_000);
        assert_eq!(view["disabled_reason"], "manual");
        let again = api.post("/v3/webhooks", body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let read = api
            .get(&format!("/v3/webhooks/{}", made.text_of("id")))
            .await;
        let list = api.get("/v3/webhooks").await;
        for answer in [&made, &again, &read, &list] {
            assert!(!answer.text.contains("canary"), "{}", answer.text);
        }
        let items = items_with(&world, "canary");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["et"]["S"], "we");
    }

    #[tokio::test]
    async fn this_machine_is_reached_only_where_the_process_says_so() {
        let mut world = World::new().await;
        let body = json!({ "url": "http://127.0.0.1:9000/hook", "events": ["invoice.*"] });
        let api = world.call(crate::routes());
        api.post("/v3/webhooks", body.clone()).await.expect(201);
        world.config.egress = providers::webhook::Egress::PublicOnly;
        world.app = api::App::new(&world.config).unwrap();
        let answer = world.call(crate::routes()).post("/v3/webhooks", body).await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/url"]);
    }

    #[tokio::test]
    async fn a_live_endpoint_is_in_the_public_internet_whatever_the_process_allows() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let live = api.with_key(&world.ours.live_key);
        let inside = ["http://127.0.0.1:9000/hook", "https://localhost:9000/hook"];
        for url in inside {
            let body = json!({ "url": url, "events": ["*"] });
            let answer = live.post("/v3/webhooks", body.clone()).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), ["/url"]);
            api.post("/v3/webhooks", body).await.expect(201);
        }
        let body = json!({ "url": "https://example.com/", "events": ["*"] });
        let path = live.post("/v3/webhooks", body).await;
        let path = format!("/v3/webhooks/{}", path.expect(201)["id"].as_str().unwrap());
        for url in inside {
            let answer = live.patch(&path, json!({ "url": url })).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), ["/url"]);
        }
        assert_eq!(
            live.get(&path).await.expect(200)["url"],
            "https://example.com/"
        );
    }

    /// Writes that many endpoints, as if they had been created one by one.
    async fn write_endpoints(world: &World, count: u64) {
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        let now = context.now().await.unwrap();
        let mut writes = context.writes().await.unwrap();
        for number in 1..=count {
            let endpoint = Endpoint {
                id: Id::new(number).unwrap(),
                url: "https://example.com/".to_owned(),
                description: None,
                events: EventFilter::parse("*").into_iter().collect(),
                secret: "whsec_your_secret_key".to_owned(),
                old_secrets: Vec::new(),
                headers: BTreeMap::new(),
                rate_limit: None,
                enabled: true,
                enabled_changed: now,
                disabled_reason: None,
                metadata: Metadata::new(),
                created: now,
                deleted: None,
            };
            writes.create(&endpoint, None).unwrap();
        }
        assert!(context.write(&writes).await.unwrap());
    }

    #[tokio::test]
    async fn a_business_has_at_most_a_hundred_endpoints_in_a_mode() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        write_endpoints(&world, 99).await;
        let body = json!({ "url": "https://example.com/", "events": ["*"] });
        api.post("/v3/webhooks", body.clone()).await.expect(201);
        let one_more = api.post("/v3/webhooks", body.clone()).await;
        one_more.expect(409);
        assert_eq!(one_more.text_of("code"), "too_many_endpoints");
        let live = api.with_key(&world.ours.live_key);
        let live = live.post("/v3/webhooks", body.clone()).await;
        assert_eq!(live.expect(201)["livemode"], true);
        api.delete("/v3/webhooks/we_rs_1").await.expect(200);
        api.post("/v3/webhooks", body).await.expect(201);
    }

    #[tokio::test]
    async fn reading_is_not_writing() {
        let world = World::new().await;
        let reader = world.key_with(&["webhooks:read"]).await;
        let answer = world
            .call(crate::routes())
            .with_key(&reader)
            .send(Method::POST, "/v3/webhooks", PRINTED)
            .await;
        answer.expect(403);
        assert_eq!(
            answer.text_of("detail"),
            "this key lacks the scope webhooks:write"
        );
    }
}
