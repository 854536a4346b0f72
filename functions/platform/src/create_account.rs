//! `POST /v3/accounts`

use api::input::{Fields, Input};
use api::{App, Created, Json, Operator, Problem, operation, secrets};
use axum::extract::State;
use models::platform::{Account, ApiKey, NewApiKey, ScopeSet};
use models::{Currency, Mode};
use store::Retry;
use views::rocketsavvy::AccountWithKeys;

use crate::key_secrets::add_key;

/// A new business.
#[derive(Debug, Input)]
pub(crate) struct NewAccount {
    #[input(chars = 1..=200, example = "Acme Corporation")]
    name: String,
    #[input(email, example = "owner@example.com")]
    email: String,
    /// ISO 3166, two letters.
    #[input(country, example = "CA")]
    country: String,
    /// ISO 4217, three letters.
    #[input(example = "CAD")]
    currency: Currency,
    /// A name of the IANA time zone database.
    #[input(chars = 1..=64, then = known_zone, example = "America/Toronto")]
    time_zone: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form of everything that is read further"
)]
fn known_zone(fields: &mut Fields<'_>, name: &str, text: String) -> Option<String> {
    let zone = models::time::time_zone(&text);
    if zone.is_none() {
        let detail = "must be a name of the IANA time zone database like America/Toronto";
        fields.reject(name, "invalid_time_zone", detail);
    }
    zone
}

/// Create an account
///
/// Creates a business, with one API key for test mode and one for live mode, which have every scope. The keys are shown
/// in this answer only. For the operator of the installation, with the operator key; an `Idempotency-Key` has no effect
/// here.
#[operation(post, "/v3/accounts", tag = "platform")]
pub(crate) async fn create_account(
    operator: Operator,
    State(app): State<App>,
    Json(input): Json<NewAccount>,
) -> Result<Created<AccountWithKeys>, Problem> {
    let mut retry = Retry::of("the record");
    loop {
        let context = app.new_business(operator.via.clone())?;
        let now = context.wall().whole_second();
        let account = account(&input, context.scope().business, now);
        let mut writes = context.writes().await?;
        writes.create(&account, None)?;
        let mut shown = Vec::new();
        for mode in [Mode::Test, Mode::Live] {
            let secret = secrets::api_key(context.ids(), mode)?;
            let key = ApiKey::new(
                context.mint().await?,
                first_key(mode),
                secrets::digest(&secret),
                now,
            );
            add_key(&mut writes, account.id, &key)?;
            shown.push((mode, secret));
        }
        if context.write(&writes).await? {
            let view = AccountWithKeys::of(&account, shown)?;
            let location = format!("/v3/accounts/{}", account.id);
            return Created::shown_once(&view, view.account(), location);
        }
        retry.again().await?;
    }
}

fn account(input: &NewAccount, id: models::Business, now: models::Timestamp) -> Account {
    Account {
        id,
        name: input.name.clone(),
        email: input.email.clone(),
        country: input.country.clone(),
        currency: input.currency,
        time_zone: input.time_zone.clone(),
        created: now,
        rate_limit: None,
    }
}

fn first_key(mode: Mode) -> NewApiKey {
    NewApiKey {
        name: "Default".to_owned(),
        mode,
        scopes: ScopeSet::ALL,
        expires_at: None,
        allowed_origins: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    fn acme() -> serde_json::Value {
        json!({
            "name": "Acme Corporation", "email": "owner@example.com", "country": "ca", "currency": "CAD",
            "time_zone": "america/toronto",
        })
    }

    #[tokio::test]
    async fn the_operator_makes_a_business_whose_keys_open_it() {
        let world = World::new().await;
        let operator = world.call(crate::routes()).with_key(world.operator_key());
        let answer = operator.post("/v3/accounts", acme()).await;
        let body = answer.expect(201).clone();
        let units = world.meter.take();
        assert_eq!(
            (units.write_tenths, units.round_trips()),
            (100, 1),
            "{units:?}"
        );
        let id = answer.text_of("id");
        assert_eq!(answer.headers["location"], format!("/v3/accounts/{id}"));
        let mut account = json!({
            "id": id, "name": "Acme Corporation", "email": "owner@example.com", "country": "CA", "currency": "CAD",
            "time_zone": "America/Toronto", "rate_limit": { "per_second": 100, "burst": 1000 }, "created": "2026-01-15T12:00:00Z",
        });
        operator
            .get(&format!("/v3/accounts/{id}"))
            .await
            .expect(200);
        let dump = world.dump();
        for (index, mode) in ["test", "live"].into_iter().enumerate() {
            let key = body["api_keys"][index].clone();
            assert_eq!(key["mode"], mode);
            let secret = key["key"].as_str().unwrap();
            assert!(secret.starts_with(&format!("rs_{mode}_key_")), "{secret}");
            assert!(!dump.iter().any(|item| item.to_string().contains(secret)));
            let listed = world
                .call(crate::routes())
                .with_key(secret)
                .get("/v3/api-keys")
                .await;
            let keys = listed.expect(200)["data"].as_array().unwrap();
            assert_eq!(keys.len(), 1);
            assert_eq!(keys[0]["name"], "Default");
            assert_eq!(keys[0]["mode"], mode);
            assert_eq!(keys[0]["scopes"], json!(["*"]));
            assert!(secret.ends_with(keys[0]["last4"].as_str().unwrap()));
        }
        account["api_keys"] = body["api_keys"].clone();
        assert_eq!(body, account);
    }

    #[tokio::test]
    async fn no_key_of_a_business_is_the_operator() {
        let world = World::new().await;
        let before = world.dump().len();
        let api = world.call(crate::routes());
        let callers = [
            api.clone(),
            api.with_key(&world.ours.live_key),
            api.without_key(),
        ];
        for caller in callers {
            caller.post("/v3/accounts", acme()).await.expect(401);
            caller.post("/v3/accounts", json!({})).await.expect(401);
        }
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let world = World::new().await;
        let operator = world.call(crate::routes()).with_key(world.operator_key());
        let all = ["/name", "/email", "/country", "/currency", "/time_zone"];
        let wrong = json!({
            "name": "", "email": "nobody", "country": "C1", "currency": "dollars", "time_zone": "Mars/Olympus",
        });
        for body in [wrong, json!({})] {
            let answer = operator.post("/v3/accounts", body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), all);
        }
    }
}
