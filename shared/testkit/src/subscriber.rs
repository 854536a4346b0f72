//! Subscriptions in the middle of their lives, written without the routes that make them: fast, for tests of many.

use models::billing::{
    BillingCycle, Charge, CollectionMethod, Item, MissingPaymentMethod, NewSubscription, Outcome,
    Price, Subscription, TaxBehavior,
};
use models::crm::{Customer, Profile};
use models::ids::{self, Id};
use models::payments::{Card, PaymentMethod};
use models::{Metadata, Timestamp};

use crate::World;

/// Where ids that stand for nothing begin: as long as real ones.
const LARGE: u64 = 100_000_000_000_000;

/// A customer with the card 4242 and a subscription to a plan of one line, whose first period is paid.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber {
    /// When its first period began; it is due at that period's end.
    pub start: Timestamp,
    /// How long a period is.
    pub interval: models::time::Interval,
    /// What a period costs, in minor units of USD.
    pub amount_minor: u32,
    /// Earlier invoices that it carries: none of them is written.
    pub earlier: u64,
}

impl World {
    /// Writes a subscriber's records in test mode.
    pub async fn subscribed(&self, subscriber: Subscriber) -> Id<ids::Subscription> {
        let context = self.app.scheduled(self.ours.test(), None);
        let profile = Profile {
            email: Some("ada.lovelace@example.com".to_owned()),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            ..Profile::default()
        };
        let start = subscriber.start;
        let mut customer = Customer::new(context.mint().await.unwrap(), profile, start);
        let method = PaymentMethod {
            id: context.mint().await.unwrap(),
            customer_id: customer.id,
            card: card(),
            metadata: Metadata::new(),
            created: start,
            deleted: None,
        };
        customer.default_payment_method = Some(method.id);
        let id = context.mint().await.unwrap();
        let new = agreement(customer.id, subscriber);
        let mut subscription = Subscription::start(id, new, start).unwrap();
        let earlier = 1..=subscriber.earlier;
        subscription.earlier_invoices = earlier.map(|id| Id::new(LARGE + id).unwrap()).collect();
        pay_first_period(&mut subscription);
        let mut writes = context.writes().await.unwrap();
        writes.create(&customer, None).unwrap();
        writes.create(&method, None).unwrap();
        writes.create(&subscription, None).unwrap();
        assert!(context.write(&writes).await.unwrap(), "an id met another");
        id
    }
}

/// The card 4242 4242 4242 4242, as the sandbox keeps it.
fn card() -> Card {
    Card {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        exp_month: 12,
        exp_year: 2030,
        fingerprint: "0123456789abcdef".to_owned(),
        token: "sbx_succeeds".to_owned(),
    }
}

fn agreement(customer_id: Id<ids::Customer>, subscriber: Subscriber) -> NewSubscription {
    let price = Price {
        name: "Enterprise Pro".to_owned(),
        currency: "USD".parse().unwrap(),
        charge: Charge::flat(subscriber.amount_minor.into()),
        interval: subscriber.interval,
        interval_count: 1,
        meters: Vec::new(),
        tax_behavior: TaxBehavior::Unspecified,
    };
    NewSubscription {
        customer_id,
        items: vec![Item {
            plan_id: "plan_enterprise_pro".parse().unwrap(),
            version: 1,
            price,
            quantity: 1,
        }],
        billing_cycle: BillingCycle::of(subscriber.interval, 1).unwrap(),
        collection_method: CollectionMethod::ChargeAutomatically,
        days_until_due: 0,
        payment_method_id: None,
        start: subscriber.start,
        anchor: None,
        prorate_stub: false,
        trial_period_days: 0,
        missing_payment_method: MissingPaymentMethod::CreateInvoice,
        discount: None,
        tax_rates: Vec::new(),
        zone: models::Zone::new("America/New_York").unwrap(),
        metadata: Metadata::new(),
    }
}

/// As if the first period had been billed and paid; its invoice is not written.
fn pay_first_period(subscription: &mut Subscription) {
    let bill = subscription.owed().unwrap().unwrap();
    let new = subscription.invoice(&bill, &[]).unwrap().unwrap();
    let invoice = Id::derived(bill.period.start, &new.identity().unwrap()).unwrap();
    let outcome = Outcome {
        invoice: Some(invoice),
        paid: true,
        refused: false,
    };
    subscription.billed(&bill, outcome, Some(&new)).unwrap();
}
