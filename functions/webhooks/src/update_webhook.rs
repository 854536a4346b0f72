//! `PATCH /v3/webhooks/{id}`

use std::collections::BTreeMap;

use api::input::{Change, Input, MetadataChanges, Patch};
use api::{Cx, Done, Json, Path, Problem, WebhooksWrite, operation};
use futures::future::try_join;
use models::webhooks::{self, EventFilter};
use models::{Id, Moment, Result, Timestamp, View};
use views::rocketsavvy::Endpoint;

use crate::access;
use crate::settings::{self, SECRET, distinct, good_secret, good_url};

/// What changes of an endpoint. What can be `null` is empty then.
#[derive(Input)]
pub(crate) struct WebhookPatch {
    /// HTTPS, to a public host, port 443 or 8443.
    #[input(chars = 1..=2048, numbers = "ids in the address of another system", then = good_url, example = "https://your-app.com/webhooks/rocketsavvy")]
    url: Change<String>,
    /// What you call it.
    #[input(chars = 1..=500, example = "Orders of the Berlin shop")]
    description: Patch<String>,
    /// Event types, families like `invoice.*`, or `*` for all.
    #[input(by = settings::events, example = ["subscription.*", "payment.succeeded"])]
    events: Change<Vec<EventFilter>>,
    /// The key of signatures from now on, 16 to 256 visible ASCII characters. The present one signs beside it for 24 hours.
    #[input(chars = 16..=256, pattern = SECRET, then = good_secret, example = "whsec_your_next_secret_key")]
    secret: Change<String>,
    /// All headers that every message carries beside ours from now on. A value of `********` stays as it is.
    #[input(by = settings::headers, then = distinct, example = { "X-Env": "staging" })]
    headers: Patch<BTreeMap<String, String>>,
    /// Messages in a minute, at most; `null` for no limit.
    #[input(range = 1..=100_000, example = 600)]
    rate_limit: Patch<u32>,
    /// Whether anything is sent.
    #[input(example = false)]
    enabled: Change<bool>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = { "environment": "staging" })]
    metadata: MetadataChanges,
}

impl WebhookPatch {
    fn apply(self, before: webhooks::Endpoint, now: Timestamp) -> Result<webhooks::Endpoint> {
        let headers = match self.headers {
            Patch::Keep => before.headers,
            Patch::Clear => BTreeMap::new(),
            Patch::Set(headers) => settings::unmasked(headers, &before.headers)?,
        };
        let mut endpoint = webhooks::Endpoint {
            url: self.url.unwrap_or(before.url),
            description: self.description.apply(before.description),
            events: self.events.unwrap_or(before.events),
            headers,
            rate_limit: self.rate_limit.apply(before.rate_limit),
            metadata: self.metadata.apply(before.metadata)?,
            ..before
        };
        if let Some(secret) = self.secret {
            endpoint.rotate(secret, settings::overlap_seconds(None), now);
        }
        if let Some(enabled) = self.enabled {
            endpoint.set_enabled(enabled, now);
        }
        Ok(endpoint)
    }
}

/// Update a webhook endpoint
///
/// Changes the fields that are given; one that is absent stays as it is. Deliveries that wait go to the new URL, and
/// disabling the endpoint cancels them. A new `secret` is not shown again, and the present one signs beside it for 24
/// hours. The key must be able to read all events that the endpoint listens to before and after.
#[operation(patch, "/v3/webhooks/{id}", tag = "webhooks")]
pub(crate) async fn update_webhook(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(patch): Json<WebhookPatch>,
) -> Result<Done<Endpoint>, Problem> {
    if let Some(url) = &patch.url {
        settings::reachable(url, cx.app().egress().in_mode(cx.mode()))?;
    }
    let (stored, now) = try_join(cx.require_now(id), cx.now()).await?;
    access::may_direct(cx.scopes(), &stored)?;
    let endpoint = patch.apply((*stored).clone(), now)?;
    access::may_direct(cx.scopes(), &endpoint)?;
    let mut writes = cx.writes().await?;
    if endpoint != *stored {
        writes.update(&stored, &endpoint, None)?;
    }
    cx.done(
        &writes,
        &Endpoint::of(&endpoint, Moment::at(now, cx.mode()))?,
    )
    .await
}

#[cfg(test)]
mod tests {
    use models::webhooks::DisabledReason;
    use serde_json::json;
    use testkit::{Answer, Call, World};

    async fn endpoint(api: &Call) -> Answer {
        let body = json!({
            "url": "https://example.com/", "events": ["*"], "secret": "whsec_your_secret_key", "metadata": { "a": "b" },
        });
        let made = api.post("/v3/webhooks", body).await;
        made.expect(201);
        made
    }

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = endpoint(&api).await;
        let path = format!("/v3/webhooks/{}", made.text_of("id"));
        let mut want = made.body.clone();
        want.as_object_mut().unwrap().remove("secret");
        world.meter.take();
        want["enabled"] = json!(false);
        want["status"] = json!("disabled");
        want["disabled_reason"] = json!("manual");
        assert_eq!(
            *api.patch(&path, json!({ "enabled": false }))
                .await
                .expect(200),
            want
        );
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 10, "{units:?}");
        want["url"] = json!("https://example.org/hook");
        want["events"] = json!(["invoice.*"]);
        want["metadata"] = json!({});
        want["description"] = json!("Orders");
        want["rate_limit"] = json!(600);
        want["secret_expires_at"] = json!("2026-01-16T12:00:00Z");
        let body = json!({
            "url": "https://example.org/hook", "events": ["invoice.*"], "secret": "whsec_another_secret", "metadata": null,
            "description": "Orders", "rate_limit": 600,
        });
        assert_eq!(*api.patch(&path, body).await.expect(200), want);
        assert_eq!(*api.get(&path).await.expect(200), want);
        let item = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "we")
            .unwrap();
        assert_eq!(item["secret"]["S"], "whsec_another_secret");
        let old = &item["old_secrets"]["L"][0]["M"];
        assert_eq!(old["secret"]["S"], "whsec_your_secret_key");
        assert!(item["ev"].is_null());
    }

    #[tokio::test]
    async fn what_was_read_can_be_sent_back_as_far_as_it_can_change() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let headers = json!({ "Authorization": "Bearer abc", "X-Env": "test" });
        let body = json!({
            "url": "https://example.com/", "events": ["*"], "headers": headers, "description": "Orders", "rate_limit": 600,
        });
        let made = api.post("/v3/webhooks", body).await;
        let path = format!("/v3/webhooks/{}", made.text_of("id"));
        let rotate = format!("{path}/rotate-secret");
        api.post(&rotate, json!({})).await.expect(200);
        for enabled in [false, true] {
            let enabled = json!({ "enabled": enabled });
            api.patch(&path, enabled).await.expect(200);
            let read = api.get(&path).await;
            let mut back = read.body.clone();
            let fixed = [
                "created",
                "disabled_reason",
                "id",
                "livemode",
                "secret_expires_at",
                "status",
            ];
            let refused = api.patch(&path, back.clone()).await;
            refused.expect(400);
            let there = fixed.iter().filter(|name| !back[**name].is_null());
            let pointers: Vec<String> = there.map(|name| format!("/{name}")).collect();
            assert_eq!(refused.pointers(), pointers);
            back.as_object_mut()
                .unwrap()
                .retain(|name, _| !fixed.contains(&name.as_str()));
            world.meter.take();
            assert_eq!(api.patch(&path, back).await.body, read.body);
            assert_eq!(world.meter.take().write_tenths, 0);
        }
    }

    #[tokio::test]
    async fn headers_are_replaced_and_a_masked_value_stays() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}", crate::testing::endpoint(&api).await);
        let stored = || crate::testing::item(&world, "we")["headers"]["M"].clone();
        let change = json!({ "headers": { "authorization": "********", "X-Env": "********", "X-Api-Key": "1234" } });
        let view = api.patch(&path, change).await;
        let want = json!({ "authorization": "********", "X-Env": "test", "X-Api-Key": "********" });
        assert_eq!(view.expect(200)["headers"], want);
        let want = json!({ "authorization": { "S": "Bearer abc" }, "X-Env": { "S": "test" }, "X-Api-Key": { "S": "1234" } });
        assert_eq!(stored(), want);
        let unknown =
            json!({ "headers": { "X-Env": "********", "Cookie": "********", "X/": "********" } });
        let refused = api.patch(&path, unknown).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/headers/X~1"]);
        let unknown = json!({ "headers": { "X-Env": "********", "Cookie": "********" } });
        let refused = api.patch(&path, unknown).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/headers/Cookie"]);
        assert_eq!(stored(), want);
        let bare = json!({ "headers": null, "description": null, "rate_limit": null });
        assert_eq!(
            api.patch(&path, bare).await.expect(200)["headers"],
            json!({})
        );
        assert!(stored().is_null());
    }

    #[tokio::test]
    async fn an_endpoint_that_failed_is_enabled_again_by_hand() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = crate::testing::endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}");
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        let stored = context
            .find_now(id.parse::<models::Id<models::ids::Webhook>>().unwrap())
            .await
            .unwrap()
            .unwrap();
        let mut endpoint = (*stored).clone();
        endpoint.disable(DisabledReason::Failing, context.now().await.unwrap());
        let mut writes = context.writes().await.unwrap();
        writes.update(&stored, &endpoint, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        assert_eq!(
            api.get(&path).await.expect(200)["disabled_reason"],
            "failing"
        );
        // It is off already: who says so again is not the reason.
        let off = api.patch(&path, json!({ "enabled": false })).await;
        assert_eq!(off.expect(200)["disabled_reason"], "failing");
        let later = world.later(60).call(crate::routes());
        let on = later.patch(&path, json!({ "enabled": true })).await;
        assert_eq!(on.expect(200)["disabled_reason"], json!(null));
        assert_eq!(on.body["status"], "enabled");
        let item = crate::testing::item(&world, "we");
        assert_eq!(item["enabled_changed"]["S"], "2026-01-15T12:01:00Z");
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_changes() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = endpoint(&api).await;
        let path = format!("/v3/webhooks/{}", made.text_of("id"));
        let before = api.get(&path).await;
        let all = ["/url", "/events", "/secret", "/enabled"];
        let long = "x".repeat(501);
        let more = json!({ "description": long, "headers": { "TE": "x" }, "rate_limit": 0 });
        let answer = api.patch(&path, more).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            ["/description", "/headers/TE", "/rate_limit"]
        );
        let wrong =
            json!({ "url": "ftp://example.com", "events": ["no"], "secret": "", "enabled": 1 });
        let removed = json!({ "url": null, "events": null, "secret": null, "enabled": null });
        for body in [wrong, removed] {
            let answer = api.patch(&path, body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), all);
        }
        let answer = api
            .patch(&path, json!({ "events": [], "metadata": 1 }))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/events", "/metadata"]);
        assert_eq!(api.get(&path).await.body, before.body);
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        reader
            .patch(&path, json!({ "enabled": false }))
            .await
            .expect(403);
    }
}
