//! Braintree, by its GraphQL API: whose card is in the vault, charges of it, and refunds.
//!
//! # Determinations
//! - Callers know customers by the ids of Braintree's libraries, which GraphQL calls legacy ids: the first call translates.
//! - The payment's id is the `apiRequestKey` of its charge: for 30 days Braintree makes one transaction for it, whoever asks how
//!   often. It is the order id of the transaction, too, so that one who asks again looks first. A refund likewise.
//! - A key that is in flight, or came with other input, is answered like wrong input, and a duplicate like a refusal of the
//!   gateway. So a refusal counts only where a look finds no transaction that was made, or may have been.
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
/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// For how long after the first attempt a refusal may be that of one that is still under way.
const IN_FLIGHT: Duration = Duration::from_mins(10);
/// Pages of hits that a look reads; a key has one transaction, unless somebody gave others its order id.
const MAX_PAGES: usize = 20;
/// A longer answer is none of ours.
const MAX_BYTES: u64 = 256 * 1024;

const TRANSLATE: &str =
    "query Translate($id: ID!) { idFromLegacyId(legacyId: $id, type: CUSTOMER) }";
const VAULTED: &str = "query Vaulted($id: ID!) { node(id: $id) { ... on Customer { defaultPaymentMethod { id details { \
    ... on CreditCardDetails { brandCode last4 expirationMonth expirationYear uniqueNumberIdentifier } } } } } }";
const FIND: &str = "query Find($order: String!, $after: String) { search { transactions(input: { orderId: { is: $order } }, \
    first: 50, after: $after) { edges { node { id status } } pageInfo { hasNextPage endCursor } } } }";
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
        if is_repeated(charge.asked)
            && let Some(made) = self.made(order).await?
        {
            return Ok(made);
        }
        let input = json!({
            "apiRequestKey": order,
            "paymentMethodId": charge.card.token,
            "transaction": { "amount": charge.amount.major().to_string(), "orderId": order },
        });
        let refused = match self.ask(CHARGE, json!({ "input": input })).await? {
            Answer::Data(data) => match outcome(at(&data, "/chargePaymentMethod/transaction"))? {
                Outcome::Failed(failure) => failure,
                made @ (Outcome::Succeeded { .. } | Outcome::Pending) => return Ok(made),
            },
            Answer::Refused(failure) => {
                let made = self.made(order).await?;
                return made.map_or_else(|| refusal(failure, charge.asked), Ok);
            }
        };
        let made = self.made(order).await?;
        Ok(made.unwrap_or(Outcome::Failed(refused)))
    }

    /// What came of an order: money that was taken, or may have been, whatever else was refused; `None` where nothing was made. An
    /// error where there are more transactions than are read, and none of these took money.
    async fn made(&self, order: &str) -> Result<Option<Outcome>> {
        let (mut after, mut best) = (Value::Null, None);
        for _ in 0..MAX_PAGES {
            let variables = json!({ "order": order, "after": after });
            let Answer::Data(found) = self.ask(FIND, variables).await? else {
                return Err(Error::Unavailable("Braintree refused to search".to_owned()));
            };
            let found = at(&found, "/search/transactions");
            let edges = at(found, "/edges").as_array();
            for edge in edges.into_iter().flatten() {
                best = Some(better(best, outcome(at(edge, "/node"))?));
            }
            if at(found, "/pageInfo/hasNextPage") != true {
                return Ok(best);
            }
            after = at(found, "/pageInfo/endCursor").clone();
        }
        match best {
            Some(Outcome::Succeeded { .. }) => Ok(best),
            // The money may be on a page that was not read.
            Some(Outcome::Pending | Outcome::Failed(_)) | None => Err(Error::Unavailable(
                "Braintree has too many transactions of one order".to_owned(),
            )),
        }
    }

    /// Gives money back, once for each key.
    pub async fn refund(&self, refund: Return<'_>) -> Result<std::result::Result<(), Failure>> {
        let (id, order) = (refund.reference, refund.idempotency_key);
        if is_repeated(refund.asked)
            && let Some(made) = self.given_back(id, order).await?
        {
            return Ok(refunded(made));
        }
        let input = json!({
            "apiRequestKey": order,
            "transactionId": id,
            "refund": { "amount": refund.amount.major().to_string(), "orderId": order },
        });
        let refused = match self.ask(REFUND, json!({ "input": input })).await? {
            Answer::Data(data) => {
                return Ok(refunded(outcome(at(&data, "/refundTransaction/refund"))?));
            }
            Answer::Refused(failure) => failure,
        };
        let made = match self.given_back(id, order).await? {
            Some(made) => made,
            None => refusal(refused, refund.asked)?,
        };
        Ok(refunded(made))
    }

    /// What came of a refund of a transaction; `None` where none was made.
    async fn given_back(&self, transaction: &str, order: &str) -> Result<Option<Outcome>> {
        let Answer::Data(found) = self.ask(REFUNDS, json!({ "id": transaction })).await? else {
            return Ok(None);
        };
        let refunds = at(&found, "/node/refunds").as_array();
        let mut best = None;
        for refund in refunds.into_iter().flatten() {
            if at(refund, "/orderId") == order {
                best = Some(better(best, outcome(refund)?));
            }
        }
        Ok(best)
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
        "SUBMITTED_FOR_SETTLEMENT" | "SETTLING" | "SETTLED" | "SETTLEMENT_CONFIRMED" => {
            Ok(Outcome::Succeeded {
                reference: at(transaction, "/id")
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                risk_score: 0,
            })
        }
        "AUTHORIZING" | "AUTHORIZED" | "SETTLEMENT_PENDING" => Ok(Outcome::Pending),
        "VOIDED" | "AUTHORIZATION_EXPIRED" => Ok(Outcome::Failed(Failure {
            code: "voided".to_owned(),
            message: "The charge was voided at the gateway.".to_owned(),
            fault: false,
        })),
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

fn refunded(outcome: Outcome) -> std::result::Result<(), Failure> {
    match outcome {
        Outcome::Succeeded { .. } | Outcome::Pending => Ok(()),
        Outcome::Failed(failure) => Err(failure),
    }
}

/// Of two transactions of one order, what it came to: money moved, or may have, whatever else was refused.
fn better(before: Option<Outcome>, found: Outcome) -> Outcome {
    match (before, found) {
        (Some(moved @ Outcome::Succeeded { .. }), _) => moved,
        (Some(Outcome::Pending), Outcome::Failed(_)) => Outcome::Pending,
        (_, found) => found,
    }
}

/// Whether somebody may have asked before.
fn is_repeated(asked: Option<Duration>) -> bool {
    asked.is_some_and(|asked| !asked.is_zero())
}

/// A refusal where a look found nothing. While another attempt may be under way it says nothing about the money.
fn refusal(failure: Failure, asked: Option<Duration>) -> Result<Outcome> {
    if is_repeated(asked) && asked < Some(IN_FLIGHT) {
        let detail = "Braintree: an earlier attempt may be under way";
        return Err(Error::Unavailable(detail.to_owned()));
    }
    Ok(Outcome::Failed(failure))
}
