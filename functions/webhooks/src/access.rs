//! Which events a key may read: those of the records that it may read.
//!
//! Who sends events somewhere reads them there, so the same holds for what an endpoint listens to.

use models::event::EventType;
use models::platform::{Access, Group, ScopeSet};
use models::webhooks::{Endpoint, EventFilter};
use models::{Error, Result};

/// The types of the events that a key may read, of those asked for; `None` where that is every type. 403 where it asks for some
/// that it may not read.
pub(crate) fn readable(
    scopes: ScopeSet,
    asked: Option<&EventFilter>,
) -> Result<Option<Vec<EventType>>> {
    let asked = asked.filter(|asked| !asked.is_all());
    may_read(scopes, asked.into_iter().flat_map(EventFilter::groups))?;
    let known = EventType::ALL.iter().copied();
    let types: Vec<EventType> = known
        .filter(|kind| asked.is_none_or(|asked| asked.matches(*kind)))
        .filter(|kind| scopes.allows(Group::of_events(*kind), Access::Read))
        .collect();
    Ok((types.len() < EventType::ALL.len()).then_some(types))
}

/// 403 unless the key may read all events of that type.
pub(crate) fn may_read_type(scopes: ScopeSet, kind: EventType) -> Result<()> {
    may_read(scopes, [Group::of_events(kind)])
}

/// 403 unless the key may read all events that these filters match.
pub(crate) fn may_subscribe(scopes: ScopeSet, events: &[EventFilter]) -> Result<()> {
    may_read(scopes, events.iter().flat_map(EventFilter::groups))
}

/// 403 unless the key may read all events that the endpoint listens to: it decides where they go, or has them sent again.
pub(crate) fn may_direct(scopes: ScopeSet, endpoint: &Endpoint) -> Result<()> {
    may_subscribe(scopes, &endpoint.events)
}

fn may_read(scopes: ScopeSet, groups: impl IntoIterator<Item = Group>) -> Result<()> {
    let mut missing: Vec<String> = Vec::new();
    for group in groups {
        let name = format!("{}:read", group.as_str());
        if !scopes.allows(group, Access::Read) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Forbidden {
        code: "missing_scope",
        detail: format!(
            "events carry records, and this key lacks the scope to read these: {}",
            missing.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use http::Method;
    use models::event::EventType;
    use models::webhooks::EventRecord;
    use models::{Id, Timestamp};
    use serde_json::{Value, json};
    use testkit::{Call, World};

    use crate::testing::{endpoint, failed_delivery, log_all};

    /// What only the invoice of event 7 has.
    const AMOUNT: &str = "9999";

    /// A world with `invoice.paid` (event 7, whose delivery failed) and `delivery.failing` (event 8); the path of the endpoint,
    /// which listens to everything, and that of the delivery.
    async fn world_with_an_invoice() -> (World, Call, String, String) {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let failed = failed_delivery(&world, &endpoint).await;
        let failing = EventRecord {
            id: Id::new(8).unwrap(),
            event_type: EventType::DeliveryFailing,
            object_id: failed.id.to_string(),
            data: json!({ "object": { "id": failed.id } }).to_string(),
            ..crate::testing::invoice_paid(8, "")
        };
        log_all(&world, world.ours.test(), vec![failing]).await;
        let webhook = format!("/v3/webhooks/{endpoint}");
        (world, api, webhook, format!("/v3/deliveries/{}", failed.id))
    }

    fn listed(list: &Value, name: &str, field: &str) -> Vec<String> {
        let entries = list[name].as_array().unwrap().iter();
        entries
            .map(|entry| entry[field].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn lists_leave_out_the_events_of_records_that_a_key_may_not_read() {
        let (world, api, webhook, _) = world_with_an_invoice().await;
        let key = async |scopes: &[&str]| api.with_key(&world.key_with(scopes).await);
        let without = key(&["webhooks:read"]).await;
        let with = key(&["webhooks:read", "billing:read"]).await;
        let deliveries = format!("{webhook}/deliveries");
        for list in ["/v3/events", "/v3/events?type=*", "/v3/events?order=asc"] {
            let answer = without.get(list).await;
            let types = listed(answer.expect(200), "data", "type");
            assert_eq!(types, ["delivery.failing"], "{list}");
            assert!(!answer.text.contains(AMOUNT), "{}", answer.text);
            let answer = with.get(list).await;
            assert_eq!(listed(answer.expect(200), "data", "type").len(), 2);
        }
        // The feed goes on behind what it leaves out.
        let page = without.get("/v3/events?order=asc&limit=1").await;
        assert_eq!(page.expect(200)["data"], json!([]));
        assert_eq!(page.body["has_more"], true);
        let next = page.text_of("next_cursor");
        let path = format!("/v3/events?order=asc&limit=1&cursor={next}");
        assert_eq!(
            without.get(&path).await.expect(200)["data"][0]["position"],
            2
        );

        let answer = without.get(&deliveries).await;
        assert_eq!(answer.expect(200)["deliveries"], json!([]));
        let answer = with.get(&deliveries).await;
        let types = listed(answer.expect(200), "deliveries", "event_type");
        assert_eq!(types, ["invoice.paid"]);

        for named in [
            "/v3/events?type=invoice.paid".to_owned(),
            "/v3/events?type=invoice.*&order=asc".to_owned(),
            format!("{deliveries}?event_type=invoice.*"),
        ] {
            let answer = without.get(&named).await;
            assert_eq!(answer.expect(403)["code"], "missing_scope", "{named}");
            assert!(answer.text_of("detail").ends_with(": billing:read"));
            with.get(&named).await.expect(200);
        }
    }

    #[tokio::test]
    async fn what_may_not_be_read_is_neither_shown_nor_sent_anywhere() {
        let (world, api, webhook, delivery) = world_with_an_invoice().await;
        let everything_else: Vec<String> = models::platform::Group::ALL
            .iter()
            .filter(|group| group.as_str() != "billing")
            .map(|group| format!("{}:write", group.as_str()))
            .collect();
        let scopes: Vec<&str> = everything_else.iter().map(String::as_str).collect();
        let key = api.with_key(&world.key_with(&scopes).await);
        let before = world.dump();
        let other_url = json!({ "url": "https://other.example.com/" });
        let since = Timestamp::from_seconds(1_768_400_000).to_string();
        let subscribed =
            |events: &[&str]| json!({ "url": "https://example.com/", "events": events });
        for (method, path, body) in [
            (Method::GET, "/v3/events/evt_rs_7".to_owned(), json!(null)),
            (Method::GET, delivery.clone(), json!(null)),
            (Method::POST, format!("{delivery}/resend"), json!(null)),
            (
                Method::POST,
                format!("{webhook}/recover"),
                json!({ "since": since }),
            ),
            (Method::POST, format!("{webhook}/rotate-secret"), json!({})),
            (
                Method::POST,
                format!("{webhook}/test"),
                json!({ "event_type": "invoice.paid" }),
            ),
            (Method::POST, "/v3/webhooks".to_owned(), subscribed(&["*"])),
            (
                Method::POST,
                "/v3/webhooks".to_owned(),
                subscribed(&["customer.*", "invoice.paid"]),
            ),
            (
                Method::POST,
                "/v3/webhooks".to_owned(),
                subscribed(&["invoice.*"]),
            ),
            (Method::PATCH, webhook.clone(), other_url.clone()),
            // Neither what it listens to now nor what it would listen to.
            (
                Method::PATCH,
                webhook.clone(),
                json!({ "events": ["customer.*"] }),
            ),
        ] {
            let body = if body.is_null() {
                String::new()
            } else {
                body.to_string()
            };
            let refused = key.send(method.clone(), &path, &body).await;
            assert_eq!(
                refused.expect(403)["code"],
                "missing_scope",
                "{method} {path}"
            );
            let detail = refused.text_of("detail");
            assert!(detail.ends_with(": billing:read"), "{detail}");
            assert!(!refused.text.contains(AMOUNT), "{}", refused.text);
        }
        assert_eq!(world.dump(), before);

        let made = key.post("/v3/webhooks", subscribed(&["customer.*"])).await;
        let own = format!("/v3/webhooks/{}", made.expect(201)["id"].as_str().unwrap());
        key.patch(&own, other_url).await.expect(200);
        let more = json!({ "events": ["customer.*", "invoice.*"] });
        key.patch(&own, more).await.expect(403);
        key.get("/v3/events/evt_rs_8").await.expect(200);
        key.delete(&webhook).await.expect(200);
    }
}
