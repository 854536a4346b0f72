//! The demo business: created at the start, so that the first request can be made right away.
//!
//! Its credentials are the same at every start. The table holds only hashes of them, so after a restart nobody could print
//! others; and they open nothing but a process that listens on 127.0.0.1 alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use api::secrets;
use models::billing::{Charge, Plan, Price, TaxBehavior};
use models::members::MemberSettings;
use models::platform::{
    Account, ApiKey, Credential, CredentialKind, NewApiKey, OauthClient, ScopeSet,
};
use models::time::Interval;
use models::{Id, IdSource, Mode, Scope, Timestamp};
use operations::Context;
use rust_decimal::Decimal;
use serde_json::json;
use store::{CredentialLookup, OauthLookup, Origin, Writes, keys};

use crate::Error;
use crate::args::Args;
use crate::cloud::Aws;
use crate::functions;

/// Where the demo credentials come from.
const SEED: u64 = 0x5a77_7900;
/// The number of the demo business.
const BUSINESS: u64 = 1_000_001;
/// The plan of members that call centers enrol.
const MEMBER_PLAN: &str = "plan_member";
/// The audience of the demo client's tokens: the one that the Reveknew document prints.
const AUDIENCE: &str = "https://services.reveknew.net";

/// Values for the parameters of the template that a deployment would be asked for.
pub fn parameters(args: &Args) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::from([
        ("CorsOrigins".to_owned(), args.cors_origins.clone()),
        (
            "OperatorKeySha256".to_owned(),
            keys::sha256(&operator_key()),
        ),
    ]);
    if let Some(url) = &args.gateway_url {
        let (public, private) = args
            .gateway_key
            .split_once(':')
            .unwrap_or((&args.gateway_key, ""));
        parameters.extend([
            ("BraintreeUrl".to_owned(), url.clone()),
            ("BraintreePublicKey".to_owned(), public.to_owned()),
            ("BraintreePrivateKey".to_owned(), private.to_owned()),
        ]);
    }
    parameters
}

/// The key of the operator of this installation.
pub fn operator_key() -> String {
    format!("rs_operator_key_{}", keys::sha256("local demo operator"))
}

/// The credentials of the demo business, as `--credentials` writes them.
#[derive(Debug)]
struct Demo {
    test_key: String,
    live_key: String,
    suite_key: String,
    member_token: String,
    client_id: String,
    client_secret: String,
    access_token: String,
}

/// The `client_id` and `client_secret` of Reveknew.
pub fn enterprise_client() -> (String, String) {
    Demo::new().map_or_else(
        |_error| Default::default(),
        |demo| (demo.client_id, demo.client_secret),
    )
}

/// A token of Reveknew that does not expire: for the sample events, which are files.
pub fn enterprise_token() -> String {
    Demo::new().map_or_else(|_error| String::new(), |demo| demo.access_token)
}

/// The `authentication_token` of Savvi.
pub fn member_token() -> String {
    Demo::new().map_or_else(|_error| String::new(), |demo| demo.member_token)
}

/// The key for test mode.
pub fn test_key() -> String {
    Demo::new().map_or_else(|_error| String::new(), |demo| demo.test_key)
}

/// Creates the demo business unless the data already has it.
pub async fn business(aws: &Aws, clock: Option<Timestamp>) -> Result<(), Error> {
    let app = functions::app(aws, clock, IdSource::system())?;
    let business = Id::new(BUSINESS).map_err(Error::Function)?;
    let context = |mode| app.context(Scope { business, mode }, Origin::system());
    let demo = Demo::new().map_err(Error::Function)?;
    write_live(&context(Mode::Live), &demo)
        .await
        .map_err(Error::Function)?;
    write_test(&context(Mode::Test), &demo)
        .await
        .map_err(Error::Function)
}

/// Creates the demo business, writes `--credentials`, and returns what to print once the API can be called at the given
/// address.
pub async fn seed(aws: &Aws, args: &Args, api: SocketAddr) -> Result<String, Error> {
    business(aws, args.wall()?).await?;
    let demo = Demo::new().map_err(Error::Function)?;
    if let Some(path) = &args.credentials {
        let business = Id::<models::ids::Account>::new(BUSINESS).map_err(Error::Function)?;
        let text = demo.to_json(api, &business.to_string());
        std::fs::write(path, text).map_err(|error| Error::Io("--credentials", error))?;
    }
    if let Some(path) = &args.env_file {
        let text = functions::environment(aws);
        std::fs::write(path, text).map_err(|error| Error::Io("--env-file", error))?;
    }
    Ok(demo.greeting(api))
}

/// Writes what is not there yet: a refused write says that it is.
async fn write_live(live: &Context, demo: &Demo) -> models::Result<()> {
    let mut writes = live.writes().await?;
    let account = Account {
        id: live.scope().business,
        name: "Demo business".to_owned(),
        email: "demo@example.com".to_owned(),
        country: "US".to_owned(),
        currency: "USD".parse().map_err(models::Error::internal)?,
        time_zone: "America/New_York".to_owned(),
        created: live.wall().whole_second(),
        rate_limit: None,
    };
    writes.create(&account, None)?;
    let key = Key {
        number: 1,
        name: "Demo, live",
        kind: CredentialKind::ApiKey,
        secret: &demo.live_key,
    };
    key.write(live, &mut writes)?;
    live.write(&writes).await?;
    Ok(())
}

/// The same for test mode.
async fn write_test(test: &Context, demo: &Demo) -> models::Result<()> {
    let mut writes = test.writes().await?;
    let api_key = |number, name, secret| Key {
        number,
        name,
        kind: CredentialKind::ApiKey,
        secret,
    };
    api_key(1, "Demo, test", &demo.test_key).write(test, &mut writes)?;
    api_key(2, "Demo, suite", &demo.suite_key).write(test, &mut writes)?;
    let token = Key {
        number: 3,
        name: "Demo partner",
        kind: CredentialKind::MemberToken,
        secret: &demo.member_token,
    };
    token.write(test, &mut writes)?;
    let client = OauthClient {
        id: Id::new(1)?,
        name: "Demo, enterprise".to_owned(),
        mode: Mode::Test,
        client_id: demo.client_id.clone(),
        secret_hash: keys::sha256(&demo.client_secret),
        audience: AUDIENCE.to_owned(),
        scopes: ScopeSet::ALL,
        created: test.wall().whole_second(),
        deleted: None,
    };
    writes.create(&client, None)?;
    let lookup = OauthLookup {
        client_id: client.client_id.clone(),
        scope: test.scope(),
        id: client.id,
        deleted: None,
    };
    writes.create(&lookup, None)?;
    test.write(&writes).await?;
    // In a write of its own: data of an earlier version has all but this.
    let mut writes = test.writes().await?;
    let token = CredentialLookup {
        hash: keys::sha256(&demo.access_token),
        credential: Credential {
            kind: CredentialKind::AccessToken,
            scope: test.scope(),
            scopes: ScopeSet::ALL,
            key_id: Id::new(client.id.number())?,
            client_id: Some(client.client_id.clone()),
            expires_at: None,
            allowed_origins: Vec::new(),
        },
    };
    writes.create(&token, None)?;
    test.write(&writes).await?;
    write_member_plan(test).await
}

/// What call centers need: a plan for their members, of which a tenth is earned.
async fn write_member_plan(test: &Context) -> models::Result<()> {
    let currency = "USD".parse().map_err(models::Error::internal)?;
    let price = Price {
        name: "Membership".to_owned(),
        currency,
        charge: Charge::flat(Decimal::from(2900)),
        interval: Interval::Month,
        interval_count: 1,
        meters: Vec::new(),
        tax_behavior: TaxBehavior::Unspecified,
    };
    let plan = Plan {
        id: MEMBER_PLAN.parse().map_err(models::Error::internal)?,
        version: 1,
        price,
        trial_period_days: 0,
        tier: None,
        metadata: models::Metadata::default(),
        created: test.wall().whole_second(),
        deleted: None,
    };
    let settings = MemberSettings {
        plan_id: Some(plan.id.clone()),
        commission_rate: Decimal::new(1, 1),
        ..MemberSettings::default()
    };
    let mut writes = test.writes().await?;
    writes.create(&plan, None)?;
    writes.create(&settings, None)?;
    test.write(&writes).await?;
    Ok(())
}

/// A key of the demo business.
struct Key<'a> {
    number: u64,
    name: &'a str,
    kind: CredentialKind,
    secret: &'a str,
}

impl Key<'_> {
    fn write(&self, context: &Context, writes: &mut Writes<'_>) -> models::Result<()> {
        let new = NewApiKey {
            name: self.name.to_owned(),
            mode: context.mode(),
            scopes: ScopeSet::ALL,
            expires_at: None,
            allowed_origins: Vec::new(),
        };
        let digest = secrets::digest(self.secret);
        let hash = digest.hash.clone();
        let mut record = ApiKey::new(
            Id::new(self.number)?,
            new,
            digest,
            context.wall().whole_second(),
        );
        record.kind = self.kind;
        let credential = record.credential(context.scope().business);
        writes.create(&record, None)?;
        writes.create(&CredentialLookup { hash, credential }, None)?;
        Ok(())
    }
}

impl Demo {
    fn new() -> models::Result<Self> {
        let ids = IdSource::seeded(SEED);
        Ok(Self {
            test_key: secrets::api_key(&ids, Mode::Test)?,
            live_key: secrets::api_key(&ids, Mode::Live)?,
            suite_key: secrets::api_key(&ids, Mode::Test)?,
            member_token: secrets::opaque(&ids)?,
            client_id: secrets::opaque(&ids)?.chars().take(32).collect(),
            client_secret: secrets::opaque(&ids)?,
            access_token: secrets::opaque(&ids)?,
        })
    }

    fn to_json(&self, api: SocketAddr, business_id: &str) -> String {
        let credentials = json!({
            "base_url": format!("http://{api}"),
            "business_id": business_id,
            "operator_key": operator_key(),
            "v3": { "test_key": self.test_key, "live_key": self.live_key },
            "suite": { "api_key": self.suite_key },
            "members": { "authentication_token": self.member_token },
            "enterprise": {
                "business_id": business_id,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "audience": AUDIENCE,
            },
        });
        format!("{credentials:#}\n")
    }

    fn greeting(&self, api: SocketAddr) -> String {
        let lines = [
            "Savvy runs on this machine, with a demo business in test mode.".to_owned(),
            String::new(),
            "RocketSavvy v3: create a customer".to_owned(),
            format!("  curl http://{api}/v3/customers -H 'Authorization: Bearer {}' \\", self.test_key),
            "    -H 'Content-Type: application/json' -d '{\"email\":\"test@example.com\",\"first_name\":\"John\"}'"
                .to_owned(),
            String::new(),
            "Reveknew enterprise v1: get a token, create a customer (messages are listed by GET /v3/messages)".to_owned(),
            format!("  TOKEN=$(curl -s http://{api}/oauth/token -d grant_type=client_credentials -d audience={AUDIENCE} \\"),
            format!("    -d client_id={} \\", self.client_id),
            format!("    -d client_secret={} | sed 's/.*\"access_token\":\"\\([0-9a-f]*\\).*/\\1/')", self.client_secret),
            format!("  curl http://{api}/enterprise/v1/customers/acct_rs_{BUSINESS} -H \"Authorization: Bearer $TOKEN\" \\"),
            "    -H 'Content-Type: application/json' -d '{\"customerNum\":\"4515\",\"firstName\":\"Joey\",\"phoneNo\":\"+14165551234\"}'"
                .to_owned(),
            String::new(),
            "Savvi v1: enrol a member, find it (mails are listed by GET /v3/emails)".to_owned(),
            format!("  curl http://{api}/api/v1/create_wholesale_member -d authentication_token={} \\", self.member_token),
            "    -d 'user[email]=test@example.com&user[first_name]=Test&user[last_name]=Last&user[address_attributes][address1]=123 fk st' \\"
                .to_owned(),
            "    -d 'user[address_attributes][city]=Salt Lake City&user[address_attributes][state]=UT' \\".to_owned(),
            "    -d 'user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555'".to_owned(),
            format!("  curl http://{api}/api/v1/find_member -H 'Content-Type: application/xml' \\"),
            format!(
                "    -d '<find><authentication_token>{}</authentication_token><email>test@example.com</email></find>'",
                self.member_token
            ),
            String::new(),
            format!("Documentation  http://{api}/docs"),
            format!("Operator key   {}", operator_key()),
        ];
        lines.join("\n")
    }
}
