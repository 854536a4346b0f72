//! `POST /v3/customers`

use api::{Created, CrmWrite, Cx, Json, Problem, operation};
use models::crm::Profile;
use models::event::EventType;
use models::{Id, View};
use views::rocketsavvy::Customer;

use crate::profile::CustomerFields;

/// Create a customer
///
/// Creates a customer, who can then be given payment methods, subscriptions and invoices. The e-mail address need not
/// be unique: each request creates a customer of its own, so send an `Idempotency-Key` if you may repeat it.
#[operation(post, "/v3/customers", tag = "crm")]
pub(crate) async fn create_customer(
    cx: Cx<CrmWrite>,
    Json(body): Json<CustomerFields>,
) -> Result<Created<Customer>, Problem> {
    let profile = body.apply(Profile::default())?;
    let now = cx.now().await?;
    cx.insert(|id: Id<_>, writes| {
        let customer = models::crm::Customer::new(id, profile.clone(), now);
        writes.create(&customer, Some(EventType::CustomerCreated))?;
        Customer::of(&customer, cx.mode())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    /// As printed in the v3 document.
    const PRINTED: &str = r#"{
"email": "test@example.com",
"first_name": "John",
"last_name": "Doe",
"customer_type": "b2b",
"company": {
"name": "Acme Corporation",
"industry": "technology",
"size": "enterprise",
"annual_revenue": 10000000
},
"segments": ["enterprise", "technology"],
"custom_fields": {
"lead_source": "website",
"priority_level": "high"
}
}"#;

    #[tokio::test]
    async fn the_printed_customer_is_created_for_two_write_units() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let warm = api.get("/v3/customers").await;
        warm.expect(200);
        world.meter.take();
        let answer = api.send(http::Method::POST, "/v3/customers", PRINTED).await;
        let body = answer.expect(201);
        let mut want: serde_json::Value = serde_json::from_str(PRINTED).unwrap();
        let id = answer.text_of("id");
        assert!(
            id.strip_prefix("cust_rs_").unwrap().parse::<u64>().is_ok(),
            "{id}"
        );
        assert_eq!(answer.headers["location"], format!("/v3/customers/{id}"));
        want["id"] = json!(id);
        want["phone"] = json!(null);
        want["default_payment_method"] = json!(null);
        want["metadata"] = json!({});
        want["created"] = json!("2026-01-15T12:00:00Z");
        want["livemode"] = json!(false);
        assert_eq!(*body, want);
        let units = world.meter.take();
        // The record, and its place among those of its e-mail address.
        assert_eq!(units.write_tenths, 20, "{units:?}");
        assert_eq!(api.get(&format!("/v3/customers/{id}")).await.body, want);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (5, 1),
            "{units:?}"
        );
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({
            "email": "nobody", "first_name": "", "last_name": 5, "phone": "1", "customer_type": "b2x",
            "company": { "name": 1, "annual_revenue": 1.5 }, "segments": "enterprise", "custom_fields": { "a": [] },
            "metadata": { "a": 1 }, "frist_name": "John",
        });
        let before = world.dump().len();
        let answer = api.post("/v3/customers", body).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            [
                "/email",
                "/first_name",
                "/last_name",
                "/phone",
                "/customer_type",
                "/company/name",
                "/company/annual_revenue",
                "/segments",
                "/custom_fields",
                "/metadata",
                "/frist_name",
            ]
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn one_key_makes_one_customer() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("k-1");
        let first = api
            .post(
                "/v3/customers",
                json!({ "email": "a@example.com", "first_name": "A" }),
            )
            .await;
        first.expect(201);
        let again = api
            .send(
                http::Method::POST,
                "/v3/customers",
                r#"{ "first_name":"A","email":"a@example.com"}"#,
            )
            .await;
        again.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert!(!first.headers.contains_key("idempotent-replayed"));
        let other = api
            .post("/v3/customers", json!({ "email": "b@example.com" }))
            .await;
        other.expect(422);
        assert_eq!(other.text_of("code"), "idempotency_key_reused");
        assert_eq!(
            api.delete(&format!("/v3/customers/{}", first.text_of("id")))
                .await
                .status,
            422
        );
        let theirs = api
            .with_key(&world.theirs.test_key)
            .post("/v3/customers", json!({ "email": "a@example.com" }))
            .await;
        theirs.expect(201);
        assert_eq!(
            world.call(crate::routes()).get("/v3/customers").await.body["data"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}
