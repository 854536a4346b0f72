use super::*;
use crate::billing::{Charge, Discount, Duration, Invoice, LineItem, ProrationUnit, Terms};
use crate::time::Interval;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn price(minor: i64) -> Price {
    Price {
        name: "Enterprise Pro".into(),
        currency: "USD".parse().unwrap(),
        charge: Charge::flat(Decimal::from(minor)),
        interval: Interval::Month,
        interval_count: 1,
        meters: Vec::new(),
        tax_behavior: crate::billing::TaxBehavior::Unspecified,
    }
}

fn item(plan: &str, minor: i64) -> Item {
    Item {
        plan_id: plan.parse().unwrap(),
        version: 1,
        price: price(minor),
        quantity: 1,
    }
}

fn new(trial_period_days: u32, start: &str) -> NewSubscription {
    NewSubscription {
        customer_id: Id::new(1).unwrap(),
        items: vec![item("plan_enterprise_pro", 9999)],
        billing_cycle: BillingCycle::Monthly,
        collection_method: CollectionMethod::ChargeAutomatically,
        days_until_due: 0,
        payment_method_id: None,
        start: at(start),
        anchor: None,
        prorate_stub: true,
        trial_period_days,
        missing_payment_method: MissingPaymentMethod::CreateInvoice,
        discount: None,
        tax_rates: Vec::new(),
        zone: Zone::default(),
        metadata: Metadata::new(),
    }
}

pub(in crate::billing) fn start(trial_period_days: u32, now: &str) -> Subscription {
    Subscription::start(Id::new(2).unwrap(), new(trial_period_days, now), at(now)).unwrap()
}

fn bill_at(subscription: &Subscription, now: &str) -> Bill {
    let turn = subscription.turn(at(now)).unwrap();
    let DueAction::Bill(bill) = turn else {
        panic!("{turn:?}")
    };
    *bill
}

/// Bills what is due, paid or refused.
fn run(subscription: &mut Subscription, now: &str, paid: bool) -> Vec<i64> {
    bill(subscription, now, paid).map_or_else(Vec::new, |new| amounts(&new.lines))
}

fn amounts(lines: &[LineItem]) -> Vec<i64> {
    lines.iter().map(|line| line.amount.minor()).collect()
}

/// The same, with the invoice.
fn bill(subscription: &mut Subscription, now: &str, paid: bool) -> Option<Invoice> {
    let bill = bill_at(subscription, now);
    let new = subscription.invoice(&bill, &[]).unwrap();
    let number = at(now).seconds().unsigned_abs();
    let invoice = new
        .clone()
        .map(|new| Invoice::draft(Id::new(number).unwrap(), new, at(now)).unwrap());
    let outcome = Outcome {
        invoice: invoice.as_ref().map(|invoice| invoice.id),
        paid,
        refused: !paid,
    };
    subscription.billed(&bill, outcome, new.as_ref()).unwrap();
    invoice
}

/// A change is made, or it ends, with what these invoices charged.
fn proration<'a>(now: &str, invoices: &'a mut [Invoice]) -> Proration<'a> {
    Proration {
        now: at(now),
        unit: ProrationUnit::Second,
        readings: &[],
        invoices,
    }
}

/// A new period in any case; the one that was running is credited.
const ANEW: Resumption = Resumption {
    anchor: AnchorChange::Now,
    proration: ProrationBehavior::CreateProrations,
};

fn change(items: Vec<Item>, proration: ProrationBehavior, moment: &str) -> Change {
    Change {
        items: Some(items),
        proration,
        anchor: AnchorChange::Unchanged,
        at: at(moment),
    }
}

#[test]
fn a_trial_is_announced_billed_at_its_end_and_monthly_from_there() {
    let mut subscription = start(14, "2026-01-17T00:00:00Z");
    assert_eq!(subscription.status, SubscriptionStatus::Trialing);
    assert_eq!(subscription.due(), Some(at("2026-01-28T00:00:00Z")));
    assert_eq!(
        subscription.turn(at("2026-01-28T00:00:00Z")).unwrap(),
        DueAction::AnnounceTrial
    );
    subscription.trial_announced = true;
    let mut ends = Vec::new();
    for _ in 0..3 {
        let due = subscription.due().unwrap();
        run(&mut subscription, &due.to_string(), true);
        ends.push(subscription.period.end.to_string());
    }
    // The trial ended on the 31st, and the 31st comes back after the short month.
    assert_eq!(
        ends,
        [
            "2026-02-28T00:00:00Z",
            "2026-03-31T00:00:00Z",
            "2026-04-30T00:00:00Z"
        ]
    );
    assert_eq!(subscription.status, SubscriptionStatus::Active);
}

#[test]
fn a_refused_renewal_is_past_due_until_an_invoice_is_paid() {
    let mut subscription = start(14, "2026-01-01T00:00:00Z");
    run(&mut subscription, "2026-01-15T00:00:00Z", false);
    assert_eq!(subscription.status, SubscriptionStatus::PastDue);
    assert!(subscription.gave_up(false, at("2026-02-01T00:00:00Z")));
    assert_eq!(subscription.status, SubscriptionStatus::Unpaid);
    assert!(subscription.paid());
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert!(subscription.gave_up(true, at("2026-02-02T00:00:00Z")));
    assert_eq!(subscription.due(), None);
}

#[test]
fn the_first_payment_has_23_hours() {
    let mut subscription = start(0, "2026-01-01T00:00:00Z");
    // Whoever dies between the first write and the bill is followed by a worker.
    let bill = bill_at(&subscription, "2026-01-01T00:02:00Z");
    assert_eq!(
        bill.reason,
        crate::billing::BillingReason::SubscriptionCreate
    );
    assert_eq!(
        run(&mut subscription, "2026-01-01T00:02:00Z", false),
        [9999]
    );
    assert_eq!(subscription.status, SubscriptionStatus::Incomplete);
    let turn = |moment| subscription.turn(at(moment)).unwrap();
    assert_eq!(turn("2026-01-01T22:59:59Z"), DueAction::Nothing);
    assert_eq!(turn("2026-01-01T23:00:00Z"), DueAction::Expire);
    assert!(subscription.paid());
    assert_eq!(subscription.due(), Some(at("2026-02-01T00:00:00Z")));
}

#[test]
fn a_later_start_waits_and_an_earlier_one_is_billed_in_one() {
    let now = at("2026-04-10T00:00:00Z");
    let id = Id::new(2).unwrap();
    let mut later = Subscription::start(id, new(0, "2026-05-01T00:00:00Z"), now).unwrap();
    assert_eq!(later.status, SubscriptionStatus::Paused);
    assert_eq!(later.next_billing_date(), Some(at("2026-05-01T00:00:00Z")));
    assert_eq!(
        later.turn(at("2026-05-01T00:00:00Z")).unwrap(),
        DueAction::Resume
    );
    later
        .resume(ANEW, &mut proration("2026-05-01T00:00:00Z", &mut []))
        .unwrap();
    assert_eq!(run(&mut later, "2026-05-01T00:02:00Z", true), [9999]);
    assert_eq!(later.period.end, at("2026-06-01T00:00:00Z"));

    let mut back = Subscription::start(id, new(0, "2026-01-31T00:00:00Z"), now).unwrap();
    assert_eq!(
        run(&mut back, "2026-04-10T00:02:00Z", true),
        [9999, 9999, 9999]
    );
    assert_eq!(back.period.start, at("2026-03-31T00:00:00Z"));
    assert_eq!(back.due(), Some(at("2026-04-30T00:00:00Z")));
}

#[test]
fn the_time_before_a_chosen_anchor_is_charged_in_part() {
    let mut wanted = new(0, "2026-01-17T00:00:00Z");
    wanted.anchor = Some(at("2026-02-01T00:00:00Z"));
    let mut subscription =
        Subscription::start(Id::new(2).unwrap(), wanted, at("2026-01-17T00:00:00Z")).unwrap();
    // 15 of the 31 days of January.
    assert_eq!(run(&mut subscription, "2026-01-17T00:02:00Z", true), [4838]);
    assert_eq!(subscription.due(), Some(at("2026-02-01T00:00:00Z")));
    assert_eq!(run(&mut subscription, "2026-02-01T00:00:00Z", true), [9999]);
    assert_eq!(subscription.period.end, at("2026-03-01T00:00:00Z"));
}

#[test]
fn a_change_credits_the_old_and_charges_the_new_for_the_rest() {
    let mut subscription = start(0, "2025-06-01T00:00:00Z");
    let first = bill(&mut subscription, "2025-06-01T00:02:00Z", true);
    let mut invoices = [first.unwrap()];
    let moment = "2025-06-20T13:37:11Z";
    let upgrade = change(
        vec![item("plan_max", 29999)],
        ProrationBehavior::AlwaysInvoice,
        moment,
    );
    subscription
        .change(upgrade, &mut proration(moment, &mut invoices))
        .unwrap();
    assert_eq!(
        run(&mut subscription, "2025-06-20T13:39:11Z", true),
        [-3477, 10432]
    );
    assert_eq!(
        run(&mut subscription, "2025-07-01T00:00:00Z", true),
        [29999]
    );
}

#[test]
fn another_length_begins_a_new_period_at_once() {
    let mut subscription = start(0, "2025-06-01T00:00:00Z");
    let first = bill(&mut subscription, "2025-06-01T00:02:00Z", true);
    let mut invoices = [first.unwrap()];
    let mut yearly = item("plan_year", 99900);
    yearly.price.interval = Interval::Year;
    let moment = "2025-06-16T00:00:00Z";
    let upgrade = change(
        vec![yearly.clone()],
        ProrationBehavior::CreateProrations,
        moment,
    );
    subscription
        .change(upgrade, &mut proration(moment, &mut invoices))
        .unwrap();
    assert_eq!(
        run(&mut subscription, "2025-06-16T00:02:00Z", true),
        [-5000, 99900]
    );
    assert_eq!(subscription.period.end, at("2026-06-16T00:00:00Z"));

    let monthly = change(
        vec![item("plan_max", 29999)],
        ProrationBehavior::None,
        moment,
    );
    subscription
        .schedule(monthly, at("2026-01-02T00:00:00Z"))
        .unwrap();
    assert_eq!(
        run(&mut subscription, "2026-06-16T00:00:00Z", true),
        [29999]
    );
    assert_eq!(subscription.period.end, at("2026-07-16T00:00:00Z"));
    assert_eq!(subscription.scheduled, None);
}

#[test]
fn ends_now_or_with_the_period_and_can_be_undone() {
    let mut subscription = start(14, "2026-01-01T00:00:00Z");
    let now = at("2026-01-02T00:00:00Z");
    subscription.cancel_at_period_end(true, now).unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Trialing);
    assert_eq!(subscription.next_billing_date(), None);
    subscription.cancel_at_period_end(false, now).unwrap();
    assert_eq!(subscription.canceled_at, None);
    subscription.cancel_at_period_end(true, now).unwrap();
    assert_eq!(
        subscription.turn(at("2026-01-15T00:00:00Z")).unwrap(),
        DueAction::Cancel
    );
    let mut none = [];
    let mut ends = proration("2026-01-02T00:00:00Z", &mut none);
    subscription.cancel_now(true, &mut ends).unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Canceled);
    assert_eq!(subscription.due(), None);
    assert!(subscription.cancel_now(true, &mut ends).is_err());
}

#[test]
fn what_is_left_comes_back_at_an_early_end_less_the_discount_it_had() {
    let mut subscription = start(0, "2025-06-01T00:00:00Z");
    subscription.discount = Some(Discount {
        coupon_id: "half".parse().unwrap(),
        name: "Half".to_owned(),
        terms: Terms::Percent(Decimal::from(50)),
        duration: Duration::Once,
        start: at("2025-06-01T00:00:00Z"),
        end: None,
        used: false,
    });
    let first = bill(&mut subscription, "2025-06-01T00:02:00Z", true);
    let mut invoices = [first.unwrap()];
    let half = "2025-06-16T00:00:00Z";
    subscription
        .cancel_now(true, &mut proration(half, &mut invoices))
        .unwrap();
    assert_eq!(subscription.due(), Some(at("2025-06-16T00:02:00Z")));
    assert_eq!(
        run(&mut subscription, "2025-06-16T00:02:00Z", true),
        [-2500]
    );
    assert_eq!(subscription.status, SubscriptionStatus::Canceled);
}

#[test]
fn a_pause_makes_no_invoices_and_a_resumption_begins_anew() {
    let mut subscription = start(0, "2026-01-01T00:00:00Z");
    run(&mut subscription, "2026-01-01T00:02:00Z", true);
    subscription.pause(None).unwrap();
    assert_eq!(subscription.due(), None);
    let now = "2026-03-05T00:00:00Z";
    subscription
        .resume(ANEW, &mut proration(now, &mut []))
        .unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(run(&mut subscription, "2026-03-05T00:02:00Z", true), [9999]);
    assert_eq!(subscription.period.end, at("2026-04-05T00:00:00Z"));
    let twice = subscription.resume(ANEW, &mut proration(now, &mut []));
    assert!(twice.is_err());
}

/// The periods of four years from each day of a leap year follow one another without a gap, and keep their day and hour.
#[test]
fn no_period_is_skipped_or_doubled_in_48_months_from_any_day() {
    for zone in ["UTC", "America/New_York", "Australia/Lord_Howe"] {
        let mut subscription = start(0, "2024-01-01T00:00:00Z");
        subscription.zone = Zone::new(zone).unwrap();
        let midnight = subscription
            .zone
            .start_of("2024-01-01".parse().unwrap())
            .unwrap();
        for day in 0..366 {
            let anchor = Interval::Day
                .after(midnight, 1, day, &subscription.zone)
                .unwrap()
                .plus_seconds(2 * 3600 + 1800);
            subscription.anchor = anchor;
            let date = subscription.zone.date(anchor).unwrap();
            let mut last = anchor;
            for index in 1..=48 {
                let next = subscription.period_start(index).unwrap();
                let days = subscription.zone.days_between(last, next).unwrap();
                assert!((28..=31).contains(&days), "{zone} {date} {index}: {days}");
                last = next;
            }
            let four_years = subscription.zone.date(last).unwrap().to_string();
            assert_eq!(
                four_years,
                date.to_string().replace("2024", "2028"),
                "{zone}"
            );
        }
    }
}

#[test]
fn of_the_invoices_that_charge_again_the_newest_are_kept() {
    let mut subscription = start(0, "2026-01-01T00:00:00Z");
    let invoice = bill(&mut subscription, "2026-01-01T00:02:00Z", true).unwrap();
    for number in 1..=40 {
        let id = Id::new(invoice.id.number() + number).unwrap();
        let again = Invoice {
            id,
            ..invoice.clone()
        };
        subscription.charge_again(&again, 0, at("2026-01-02T00:00:00Z"));
    }
    let charging = subscription.charging_invoices();
    assert_eq!(charging.len(), MAX_ITEMS);
    assert_eq!(charging[0].number(), invoice.id.number() + 21);
}
