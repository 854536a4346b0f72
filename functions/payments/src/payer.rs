//! Who pays, and with what: a card of this moment, a stored payment method, or the customer's default.

use api::input::{Fields, Input};
use models::crm::Customer;
use models::ids::{self, Id};
use models::payments::{Card, PaymentMethod};
use models::{Error, OrNotFound, Result};
use operations::Context;
use providers::gateway::RawCard;

use crate::card::{self, NewCard};

/// What a payment method can be.
pub(crate) const METHOD_TYPES: &[(&str, ())] = &[("card", ())];

/// A payment method that is used once.
#[derive(Input)]
pub(crate) struct OneTimePaymentMethod {
    #[input(choice = METHOD_TYPES, rename = "type", example = "card")]
    _kind: (),
    card: NewCard,
}

/// Who pays, as a body names it: `payment_method` or `payment_method_id`, or else the default of `customer_id`.
#[derive(Input)]
#[input(check = Self::check)]
pub(crate) struct PayerFields {
    #[input(example = "cust_rs_123456")]
    pub(crate) customer_id: Option<Id<ids::Customer>>,
    payment_method: Option<OneTimePaymentMethod>,
    /// A stored payment method, instead of `payment_method`.
    payment_method_id: Option<Id<ids::PaymentMethod>>,
}

/// What the body says of the payer.
pub(crate) enum Source {
    /// A card of this moment.
    Card(RawCard),
    /// A stored payment method.
    Stored(Id<ids::PaymentMethod>),
    /// Nothing: the customer's default.
    Default,
}

/// Who is charged, and on which card.
pub(crate) struct Payer {
    pub(crate) customer_id: Option<Id<ids::Customer>>,
    pub(crate) payment_method_id: Option<Id<ids::PaymentMethod>>,
    pub(crate) card: Card,
}

impl PayerFields {
    fn check(&self, fields: &mut Fields<'_>) {
        match (&self.payment_method, &self.payment_method_id) {
            (Some(_), Some(_)) => {
                let detail = "cannot be given together with payment_method";
                fields.reject("payment_method_id", "contradiction", detail);
            }
            (None, None) if self.customer_id.is_none() => {
                let detail =
                    "is required where there is neither payment_method_id nor a customer_id";
                fields.reject("payment_method", "required", detail);
            }
            _ => {}
        }
    }

    /// What is charged.
    pub(crate) fn source(self) -> Result<Source> {
        Ok(match (self.payment_method, self.payment_method_id) {
            (Some(method), _) => Source::Card(method.card.raw()?),
            (None, Some(id)) => Source::Stored(id),
            (None, None) => Source::Default,
        })
    }
}

impl Source {
    /// Finds the card: 1 read for the customer, and 1 for the payment method where the card is not in the body.
    pub(crate) async fn find(
        self,
        context: &Context,
        customer: Option<Id<ids::Customer>>,
    ) -> Result<Payer> {
        let customer = match customer {
            Some(id) => Some(context.require_at(id, "/customer_id").await?.into_inner()),
            None => None,
        };
        match self {
            Self::Card(raw) => Ok(Payer {
                customer_id: customer.map(|customer| customer.id),
                payment_method_id: None,
                card: card::tokenize(context, &raw, "/payment_method/card").await?,
            }),
            Self::Stored(id) => stored(context, id, customer).await,
            Self::Default => default(context, customer).await,
        }
    }
}

/// The payment method that the body names. It charges the customer whose it is and nobody else.
async fn stored(
    context: &Context,
    id: Id<ids::PaymentMethod>,
    customer: Option<Customer>,
) -> Result<Payer> {
    let method = context.require_at(id, "/payment_method_id").await?;
    let owner = match customer {
        Some(customer) => customer,
        // Those of a customer who was deleted are gone with it.
        None => context
            .find_now(method.customer_id)
            .await?
            .or_no_such(id, "/payment_method_id")?
            .into_inner(),
    };
    if owner.id != method.customer_id {
        let detail = "belongs to another customer";
        return Err(Error::invalid(
            "/payment_method_id",
            "contradiction",
            detail,
        ));
    }
    Ok(Payer::of(&method))
}

async fn default(context: &Context, customer: Option<Customer>) -> Result<Payer> {
    let none = || {
        let detail = "is required: the customer has no default payment method";
        Error::invalid("/payment_method", "required", detail)
    };
    let id = customer
        .and_then(|customer| customer.default_payment_method)
        .ok_or_else(none)?;
    let method = context.find_now(id).await?.ok_or_else(none)?;
    Ok(Payer::of(&method))
}

impl Payer {
    fn of(method: &PaymentMethod) -> Self {
        Self {
            customer_id: Some(method.customer_id),
            payment_method_id: Some(method.id),
            card: method.card.clone(),
        }
    }
}
