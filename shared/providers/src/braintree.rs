//! Braintree, by its GraphQL API: whose card is in the vault, charges of it, and refunds.
//!
//! # Determinations
//! - Callers know customers by the ids of Braintree's libraries, which GraphQL calls legacy ids: the first call translates.
//! - Braintree knows no idempotency keys. The payment's id is the order id of its transaction, and before money is taken a
//!   search looks whether that was done; a refund looks at the refunds of its transaction likewise.
//! - What a transaction's status does not say for certain is an error that says nothing about the money: ask again.

#[cfg(test)]
mod tests;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use models::payments::{Card, Failure, Outcome};
use models::{Error, Result};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::gateway::{Charge, Return};

/// The version of the API that the queries are written for.
const VERSION: &str = "2019-01-01";
/// Where live money moves.
pub const LIVE_URL: &str = "https://payments.braintree-api.com/graphql";
/// How long a call may take in all: shorter than the time-out of a function.
const PATIENCE: Duration = Duration::from_secs(8);
/// A longer answer is none of ours.
const MAX_BYTES: u64 = 256 * 1024;

const TRANSLATE: &str =
    "query Translate($id: ID!) { idFromLegacyId(legacyId: $id, type: CUSTOMER) }";
const VAULTED: &str = "query Vaulted($id: ID!) { node(id: $id) { ... on Customer { defaultPaymentMethod { id details { \
    ... on CreditCardDetails { brandCode last4 expirationMonth expirationYear uniqueNumberIdentifier } } } } } }";
const FIND: &str = "query Find($order: String!) { search { transactions(input: { orderId: { is: $order } }) \
    { edges { node { id status } } } } }";
const CHARGE: &str = "mutation Charge($input: ChargePaymentMethodInput!) { chargePaymentMethod(input: $input) \
    { transaction { id status } } }";
const REFUNDS: &str = "query Refunds($id: ID!) { node(id: $id) { ... on Transaction { refunds { id orderId status } } } }";
const REFUND: &str = "mutation Refund($input: RefundTransactionInput!) { refundTransaction(input: $input) \
    { refund { id status } } }";

/// How Braintree is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address of the API.
    pub url: String,
    /// The public half of the key.
    pub public_key: String,
    /// The private half.
    pub private_key: SecretString,
}

/// Braintree.
#[derive(Debug, Clone)]
pub struct Braintree {
    client: Client,
    url: String,
    authorization: HeaderValue,
}

impl Braintree {
    /// A client. Errors where the key cannot stand in a header.
    pub fn new(settings: &Settings) -> Result<Self> {
        let key = format!(
            "{}:{}",
            settings.public_key,
            settings.private_key.expose_secret()
        );
        let mut authorization = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(key)))
            .map_err(Error::internal)?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .tls_backend_preconfigured(crate::webhook::tls()?)
            .http1_only()
            .no_proxy()
            // A charge that broke off may have been made: whoever asks again looks first.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(Error::internal)?;
        Ok(Self {
            client,
            url: settings.url.clone(),
            authorization,
        })
    }

    /// The default card of a customer in the vault; `None` where there is no such customer, or it has no card.
    pub async fn card_of(&self, customer: &str) -> Result<Option<Card>> {
        let found = self.ask(TRANSLATE, json!({ "id": customer })).await?;
        let Answer::Data(found) = found else {
            return Ok(None);
        };
        let Some(id) = at(&found, "/idFromLegacyId").as_str() else {
            return Ok(None);
        };
        match self.ask(VAULTED, json!({ "id": id })).await? {
            Answer::Data(found) => Ok(card(at(&found, "/node/defaultPaymentMethod"))),
            Answer::Refused(_) => Ok(None),
        }
    }

    /// Takes money, once for each key.
    pub async fn charge(&self, charge: Charge<'_>) -> Result<Outcome> {
        let order = charge.idempotency_key;
        let found = self.ask(FIND, json!({ "order": order })).await?;
        if let Answer::Data(found) = found
            && let Some(made) = at(&found, "/search/transactions/edges")
                .as_array()
                .and_then(|edges| edges.first())
        {
            return outcome(at(made, "/node"));
        }
        let input = json!({
            "paymentMethodId": charge.card.token,
            "transaction": { "amount": charge.amount.major().to_string(), "orderId": order },
        });
        match self.ask(CHARGE, json!({ "input": input })).await? {
            Answer::Data(data) => outcome(at(&data, "/chargePaymentMethod/transaction")),
            Answer::Refused(failure) => Ok(Outcome::Failed(failure)),
        }
    }

    /// Gives money back, once for each key.
    pub async fn refund(&self, refund: Return<'_>) -> Result<std::result::Result<(), Failure>> {
        let (id, order) = (refund.reference, refund.idempotency_key);
        if let Answer::Data(found) = self.ask(REFUNDS, json!({ "id": id })).await? {
            let refunds = at(&found, "/node/refunds").as_array();
            let made = refunds
                .into_iter()
                .flatten()
                .find(|refund| at(refund, "/orderId") == order);
            if let Some(made) = made {
                return refunded(made);
            }
        }
        let input = json!({
            "transactionId": id,
            "refund": { "amount": refund.amount.major().to_string(), "orderId": order },
        });
        match self.ask(REFUND, json!({ "input": input })).await? {
            Answer::Data(data) => refunded(at(&data, "/refundTransaction/refund")),
            Answer::Refused(failure) => Ok(Err(failure)),
        }
    }

    async fn ask(&self, query: &str, variables: Value) -> Result<Answer> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let call = self
            .client
            .post(&self.url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Braintree-Version", VERSION)
            .body(body);
        let mut answer = call.send().await.map_err(|error| trouble(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(Error::Unavailable(format!("Braintree answered {status}")));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| trouble(&error))? {
            bytes.extend_from_slice(&chunk);
            let long = u64::try_from(bytes.len()).map_or(true, |length| length > MAX_BYTES);
            if long {
                return Err(Error::Unavailable("Braintree answered too much".to_owned()));
            }
        }
        read(&bytes)
    }
}

enum Answer {
    Data(Value),
    /// The input is wrong, or what it names does not exist.
    Refused(Failure),
}

/// What is at a place in an answer; `null` where nothing is.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    static NULL: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NULL)
}

/// What an answer says. Only errors of the input are refusals; anything else may pass.
fn read(bytes: &[u8]) -> Result<Answer> {
    let unreadable = || Error::Unavailable("Braintree answered what cannot be read".to_owned());
    let mut answer: Value = serde_json::from_slice(bytes).or(Err(unreadable()))?;
    let errors = at(&answer, "/errors")
        .as_array()
        .cloned()
        .unwrap_or_default();
    let Some(error) = errors.first() else {
        let data = answer.get_mut("data").map(Value::take);
        let data = data.filter(Value::is_object);
        return data.map(Answer::Data).ok_or_else(unreadable);
    };
    let class = at(error, "/extensions/errorClass")
        .as_str()
        .unwrap_or_default();
    if !matches!(class, "VALIDATION" | "NOT_FOUND") {
        return Err(Error::Unavailable(format!("Braintree: {class}")));
    }
    let code = at(error, "/extensions/legacyCode").as_str();
    Ok(Answer::Refused(Failure {
        code: code.unwrap_or("invalid").to_owned(),
        message: "The gateway refused the request.".to_owned(),
        fault: false,
    }))
}

fn trouble(error: &reqwest::Error) -> Error {
    let what = if error.is_timeout() {
        "did not answer in time"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "broke off"
    };
    Error::Unavailable(format!("Braintree {what}"))
}

fn card(method: &Value) -> Option<Card> {
    let (details, text) = (at(method, "/details"), |value: &Value| {
        value
            .as_str()
            .map(|text| text.chars().take(64).collect::<String>())
    });
    Some(Card {
        brand: text(at(details, "/brandCode"))?.to_lowercase(),
        last4: text(at(details, "/last4")).filter(|last4| last4.len() == 4)?,
        exp_month: text(at(details, "/expirationMonth"))?.parse().ok()?,
        exp_year: text(at(details, "/expirationYear"))?.parse().ok()?,
        fingerprint: text(at(details, "/uniqueNumberIdentifier")).unwrap_or_default(),
        token: at(method, "/id").as_str()?.to_owned(),
    })
}

fn outcome(transaction: &Value) -> Result<Outcome> {
    let status = at(transaction, "/status").as_str().unwrap_or_default();
    match status {
        "SUBMITTED_FOR_SETTLEMENT" | "SETTLING" | "SETTLED" => Ok(Outcome::Succeeded {
            reference: at(transaction, "/id")
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            risk_score: 0,
        }),
        "AUTHORIZING" | "SETTLEMENT_PENDING" => Ok(Outcome::Pending),
        "PROCESSOR_DECLINED" | "GATEWAY_REJECTED" | "SETTLEMENT_DECLINED" | "FAILED" => {
            Ok(Outcome::Failed(Failure {
                code: "card_declined".to_owned(),
                message: "The card was declined.".to_owned(),
                fault: status == "FAILED",
            }))
        }
        other => Err(Error::Unavailable(format!(
            "Braintree: a transaction is {other:.40}"
        ))),
    }
}

fn refunded(refund: &Value) -> Result<std::result::Result<(), Failure>> {
    match outcome(refund)? {
        Outcome::Succeeded { .. } | Outcome::Pending => Ok(Ok(())),
        Outcome::Failed(failure) => Ok(Err(failure)),
    }
}
