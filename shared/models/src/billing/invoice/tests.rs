use super::*;
use crate::billing::{Advice, AppliedRate, Basis, Charge, PricingModel};
use crate::payments::{Card, Failure, NewPayment, Outcome, Payment};
use rust_decimal::Decimal;

const SCHEDULE: &[u32] = &[3, 5, 7];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, "USD".parse().unwrap())
}

fn line(minor: i64) -> LineItem {
    let charge = Charge {
        model: PricingModel::PerUnit,
        amount: Decimal::from(minor),
        ..Charge::default()
    };
    let basis = Basis {
        charge,
        ..Basis::default()
    };
    LineItem::new("Pro".into(), Decimal::ONE, basis, usd(0).currency()).unwrap()
}

fn draft(lines: &[i64]) -> NewInvoice {
    NewInvoice {
        customer_id: Id::new(1).unwrap(),
        subscription_id: Some(Id::new(2).unwrap()),
        billing_reason: BillingReason::SubscriptionCycle,
        revision: 0,
        currency: usd(0).currency(),
        lines: lines.iter().map(|minor| line(*minor)).collect(),
        discount: None,
        rates: Vec::new(),
        period: Period {
            start: at("2026-01-01T00:00:00Z"),
            end: at("2026-02-01T00:00:00Z"),
        },
        collection_method: CollectionMethod::ChargeAutomatically,
        days_until_due: 0,
        seller: Party::default(),
        customer: Party::default(),
        footer: None,
        metadata: Metadata::new(),
    }
}

fn finalized(new: NewInvoice, credit: i64) -> (Invoice, Money) {
    let now = new.period.start;
    let mut invoice = Invoice::draft(Id::new(3).unwrap(), new, now).unwrap();
    let left = invoice
        .finalize("INV-2026-000001".into(), usd(credit), &Zone::default(), now)
        .unwrap();
    (invoice, left)
}

fn invoice(minor: i64) -> Invoice {
    finalized(draft(&[minor]), 0).0
}

fn payment(id: u64, minor: i64, outcome: Outcome) -> Payment {
    let card = Card {
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 1,
        exp_year: 2030,
        fingerprint: String::new(),
        token: String::new(),
    };
    let new = NewPayment {
        amount: usd(minor),
        customer_id: None,
        payment_method_id: Some(Id::new(9).unwrap()),
        card,
        // The first attempt is payment 1, the second is 2, and so on.
        invoice: Some((Id::new(3).unwrap(), u32::try_from(id).unwrap())),
        description: None,
        fraud_protection: false,
        metadata: Metadata::new(),
    };
    let mut payment = Payment::begin(
        Id::new(id).unwrap(),
        new,
        "primary_gateway",
        at("2026-01-01T00:00:00Z"),
    );
    payment.resolve(outcome).unwrap();
    payment
}

fn success() -> Outcome {
    Outcome::Succeeded {
        reference: "ch_1".into(),
        risk_score: 1,
    }
}

fn refusal(code: &str, fault: bool) -> Outcome {
    Outcome::Failed(Failure {
        code: code.into(),
        message: String::new(),
        fault,
    })
}

#[test]
fn an_outcome_is_booked_once_and_pays() {
    let mut invoice = invoice(9999);
    let paid = payment(1, 9999, success());
    let now = at("2026-01-01T00:00:00Z");
    assert!(invoice.book(&paid, SCHEDULE, now).unwrap().changed);
    assert!(!invoice.book(&paid, SCHEDULE, now).unwrap().changed);
    assert_eq!(invoice.status, InvoiceStatus::Paid);
    assert_eq!(invoice.amount_paid, usd(9999));
    assert_eq!(invoice.payment_method.as_deref(), Some("card_ending_4242"));
    assert!(invoice.amount_remaining().unwrap().is_zero());
}

#[test]
fn parts_add_up_and_what_is_too_much_is_the_customers() {
    let mut invoice = invoice(9999);
    let now = at("2026-01-01T00:00:00Z");
    let first = payment(1, 4000, success());
    assert!(
        invoice
            .book(&first, SCHEDULE, now)
            .unwrap()
            .overpaid
            .is_zero()
    );
    assert_eq!(invoice.status, InvoiceStatus::Open);
    assert_eq!(invoice.amount_remaining().unwrap(), usd(5999));
    assert!(invoice.void(now).is_err());
    let second = payment(2, 6000, success());
    let booked = invoice.book(&second, SCHEDULE, now).unwrap();
    assert_eq!(booked.overpaid, usd(1));
    assert_eq!(invoice.status, InvoiceStatus::Paid);
}

#[test]
fn a_refusal_follows_the_schedule_of_the_business_to_its_end() {
    let mut invoice = invoice(9999);
    let mut now = at("2026-01-01T00:00:00Z");
    let mut waits = Vec::new();
    for id in 1..=4 {
        let declined = payment(id, 9999, refusal("insufficient_funds", false));
        invoice.book(&declined, SCHEDULE, now).unwrap();
        assert!(invoice.is_refused());
        if let Some(next) = invoice.due() {
            waits.push(next.seconds() - now.seconds());
            now = next;
        }
    }
    assert_eq!(waits, [3, 5, 7].map(|days| days * 86_400));
    assert!(invoice.exhausted);
    assert_eq!(invoice.due(), None);
}

#[test]
fn a_fault_of_the_gateway_has_a_schedule_of_its_own() {
    let mut invoice = invoice(9999);
    let mut now = at("2026-01-01T00:00:00Z");
    let mut waits = Vec::new();
    for id in 1..=8 {
        let failed = payment(id, 9999, refusal("processing_error", true));
        invoice.book(&failed, SCHEDULE, now).unwrap();
        assert!(!invoice.is_refused());
        let next = invoice.due().unwrap();
        waits.push(next.seconds() - now.seconds());
        now = next;
    }
    assert_eq!(waits, [300, 600, 1200, 2400, 4800, 9600, 19200, 38400]);
    assert_eq!(waits.iter().sum::<i64>(), 21 * 3600 + 15 * 60);
    let failed = payment(9, 9999, refusal("processing_error", true));
    invoice.book(&failed, SCHEDULE, now).unwrap();
    assert!(invoice.is_refused());
    assert_eq!(invoice.due(), Some(now.plus_days(3)));
}

#[test]
fn some_refusals_ask_for_another_card_and_some_for_an_end() {
    let now = at("2026-01-01T00:00:00Z");
    let mut expired = invoice(9999);
    let declined = payment(1, 9999, refusal("expired_card", false));
    expired.book(&declined, SCHEDULE, now).unwrap();
    assert!(expired.barring(Id::new(9).unwrap()).is_some());
    assert!(expired.barring(Id::new(10).unwrap()).is_none());
    assert_eq!(expired.due(), Some(now.plus_days(3)));
    let mut revoked = invoice(9999);
    let declined = payment(1, 9999, refusal("revocation_of_authorization", false));
    revoked.book(&declined, SCHEDULE, now).unwrap();
    assert!(revoked.exhausted);
    assert_eq!(revoked.refused.unwrap().advice, Advice::StopRecurring);
}

#[test]
fn the_balance_pays_first_and_takes_what_is_given_back() {
    let (part, left) = finalized(draft(&[9999]), 2500);
    assert_eq!(part.amount_due().unwrap(), usd(7499));
    assert!(left.is_zero());
    let (whole, left) = finalized(draft(&[9999]), 10_000);
    assert_eq!(whole.status, InvoiceStatus::Paid);
    assert_eq!(left, usd(1));
    let (negative, left) = finalized(draft(&[-3477, 1000]), 100);
    assert_eq!(negative.status, InvoiceStatus::Paid);
    assert_eq!(negative.total().unwrap(), usd(-2477));
    assert!(negative.amount_due().unwrap().is_zero());
    assert_eq!(left, usd(2577));
}

#[test]
fn tax_is_on_the_sum_and_not_on_the_lines() {
    let mut new = draft(&[6833, 6833, 5750, 8500]);
    new.rates = vec![AppliedRate {
        id: Id::new(5).unwrap(),
        name: "VAT".into(),
        percentage: Decimal::from(20),
        inclusive: false,
    }];
    let (invoice, _) = finalized(new, 0);
    assert_eq!(invoice.subtotal().unwrap(), usd(27_916));
    assert_eq!(invoice.total().unwrap(), usd(33_499));
    assert_eq!(invoice.totals().unwrap().total, usd(33_499));
}

#[test]
fn an_invoice_of_nothing_is_paid_and_a_void_one_owes_nothing() {
    assert_eq!(invoice(0).status, InvoiceStatus::Paid);
    let mut void = invoice(9999);
    let now = at("2026-01-02T00:00:00Z");
    assert!(void.void(now).unwrap().is_zero());
    assert!(void.amount_remaining().unwrap().is_zero());
    assert!(void.void(now).is_err());
    let mut given_up = invoice(9999);
    given_up.mark_uncollectible(now).unwrap();
    assert_eq!(given_up.amount_remaining().unwrap(), usd(9999));
    assert!(given_up.receive(usd(9999), now).unwrap().is_zero());
    assert_eq!(given_up.status, InvoiceStatus::Paid);
}

#[test]
fn the_newest_payments_that_failed_are_kept_and_all_that_came_in() {
    let mut invoice = invoice(9_999_999);
    let now = at("2026-01-01T00:00:00Z");
    let mut booked = Vec::new();
    for id in 1..=2_000 {
        let outcome = if id % 2 == 0 {
            success()
        } else {
            refusal("expired_card", false)
        };
        let mut payment = payment(id, 10, outcome);
        payment.payment_method_id = Some(Id::new(id).unwrap());
        assert!(invoice.book(&payment, &[], now).unwrap().changed, "{id}");
        booked.push(payment);
    }
    // The outcome of each is booked once, also of those that it does not name any more.
    for payment in &booked {
        assert!(!invoice.book(payment, &[], now).unwrap().changed);
    }
    assert_eq!(
        (invoice.attempt_count, invoice.payment_ids.len()),
        (2_000, 1_000)
    );
    assert_eq!(invoice.amount_paid, usd(10_000));
    let failed: Vec<u64> = invoice
        .failed_payment_ids
        .iter()
        .map(|id| id.number())
        .collect();
    let newest: Vec<u64> = (1..=2_000).filter(|id| id % 2 == 1).skip(980).collect();
    assert_eq!(failed, newest);
    assert_eq!(invoice.barred.len(), 20);
    let attempts = invoice.attempts();
    assert!(attempts.is_sorted() && attempts.len() == 1_020);
    let size = serde_json::to_string(&invoice).unwrap().len();
    assert!(size < 40_000, "{size}");
}

#[test]
fn the_last_of_too_many_payments_pays_all_that_is_left() {
    let mut invoice = invoice(9999);
    invoice.payment_ids = (1..MAX_PAYMENTS)
        .map(|id| Id::new(u64::try_from(id).unwrap()).unwrap())
        .collect();
    let refused = invoice.refuse_part(usd(9998)).unwrap_err();
    assert!(matches!(
        refused,
        Error::Conflict {
            code: "too_many_payments",
            ..
        }
    ));
    assert!(invoice.refuse_part(usd(9999)).is_ok());
    invoice.payment_ids.pop();
    assert!(invoice.refuse_part(usd(1)).is_ok());
}

#[test]
fn cards_are_tried_again_a_day_after_the_tenth_before_the_newest_failed() {
    let mut invoice = invoice(9999);
    let noon = at("2026-01-01T12:00:00Z");
    let failed = |minutes: i64| Id::first_at(noon.plus_seconds(60 * minutes)).unwrap();
    invoice.failed_payment_ids = (0..9).map(failed).collect();
    assert_eq!(invoice.refused_until(10, noon), None);
    invoice.failed_payment_ids.push(failed(9));
    let until = noon.plus_days(1);
    assert_eq!(
        invoice.refused_until(10, noon.plus_seconds(600)),
        Some(until)
    );
    assert_eq!(invoice.refused_until(10, until), None);
    invoice.failed_payment_ids.push(failed(1440));
    assert_eq!(
        invoice.refused_until(10, until),
        Some(until.plus_seconds(60))
    );
}
