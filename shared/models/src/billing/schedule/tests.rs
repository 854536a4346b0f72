use super::*;
use crate::billing::subscription::tests::start;
use crate::billing::{AnchorChange, Proration, ProrationBehavior, ProrationUnit, Resumption};
use crate::time::Zone;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A monthly subscription from 31 January 2026 on with two days of notice and one of grace.
fn subscription() -> Subscription {
    let mut subscription = start(0, "2026-01-31T15:00:00Z");
    subscription.zone = Zone::new("America/New_York").unwrap();
    let tier = TierTerms {
        grace_days: 1,
        reminder_days: 2,
        ..TierTerms::default()
    };
    let amount = Money::new(2000, "USD".parse().unwrap());
    let terms = PaymentTerms::new(&tier, amount, "https://pay.example".into());
    subscription.schedule = Some(terms);
    subscription.status = SubscriptionStatus::Active;
    subscription
}

fn row(subscription: &Subscription) -> ScheduleRow {
    let (slot, amount) = subscription.row_of_date(0).unwrap().unwrap();
    let new = NewRow {
        slot,
        amount,
        order: Some(0),
        url: "https://pay.example/p/a".into(),
        page_hash: "hash".into(),
    };
    let terms = subscription.payment_terms().unwrap();
    ScheduleRow::new(subscription, terms, new, at("2026-01-15T00:00:00Z")).unwrap()
}

#[test]
fn days_are_those_of_the_business() {
    let row = row(&subscription());
    assert_eq!(row.scheduled_for.to_string(), "2026-01-31");
    assert_eq!(row.reminder_date.to_string(), "2026-01-29");
    assert_eq!(row.grace_date.to_string(), "2026-02-01");
    assert_eq!(row.remind_at, at("2026-01-29T13:00:00Z"));
    assert_eq!(row.payable_at, at("2026-01-31T05:00:00Z"));
    assert_eq!(row.grace_ends, at("2026-02-02T05:00:00Z"));
}

#[test]
fn billing_dates_keep_the_day_of_the_first() {
    let subscription = subscription();
    let dates: Vec<String> = (0..3)
        .map(|order| {
            subscription
                .billing_date(order)
                .unwrap()
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(dates, ["2026-01-31", "2026-02-28", "2026-03-31"]);
}

#[test]
fn a_row_waits_for_its_reminder_its_day_and_its_grace() {
    let subscription = subscription();
    let mut row = row(&subscription);
    let late = at("2027-01-01T00:00:00Z");
    assert_eq!(
        row.turn(&subscription, at("2026-01-29T12:59:59Z")),
        RowAction::Nothing
    );
    assert_eq!(
        (row.turn(&subscription, late), row.status()),
        (RowAction::Remind, ScheduleStatus::Pending)
    );
    row.announce(None);
    assert_eq!(
        (row.turn(&subscription, late), row.status()),
        (RowAction::Bill, ScheduleStatus::Pending)
    );
    row.reminded(at("2026-01-29T13:00:00Z"));
    assert_eq!(row.status(), ScheduleStatus::Active);
    row.invoice_id = Some(Id::new(1).unwrap());
    assert_eq!(
        row.turn(&subscription, at("2026-02-02T04:59:59Z")),
        RowAction::Nothing
    );
    assert_eq!(
        row.turn(&subscription, at("2026-02-02T05:00:00Z")),
        RowAction::Expire
    );
    assert!(row.expire(late) && !row.expire(late));
    assert_eq!((row.due(), row.status()), (None, ScheduleStatus::Suspended));
    row.receipt = Some(Receipt {
        amount: row.amount,
        received_at: late,
        payment_id: None,
        method: None,
    });
    assert_eq!(row.status(), ScheduleStatus::Completed);
}

#[test]
fn a_row_stands_as_its_subscription_does() {
    let mut subscription = subscription();
    let mut row = row(&subscription);
    let now = at("2026-01-20T00:00:00Z");
    subscription.pause(None).unwrap();
    assert_eq!(row.status_in(&subscription), ScheduleStatus::Suspended);
    assert!(row.follow(&subscription, now) && !row.follow(&subscription, now));
    assert_eq!((row.due(), row.status()), (None, ScheduleStatus::Suspended));
    let anew = Resumption {
        anchor: AnchorChange::Now,
        proration: ProrationBehavior::CreateProrations,
    };
    let mut proration = Proration {
        now,
        unit: ProrationUnit::Second,
        readings: &[],
        invoices: &mut [],
    };
    subscription.resume(anew, &mut proration).unwrap();
    assert_eq!(subscription.due(), Some(now));
    assert!(row.follow(&subscription, now));
    assert_eq!(row.status(), ScheduleStatus::Pending);
    subscription.end(now);
    assert!(row.follow(&subscription, now));
    assert_eq!(row.status(), ScheduleStatus::Cancelled);
    assert!(
        row.change(
            &subscription,
            subscription.payment_terms().unwrap(),
            (row.amount, row.slot),
            now
        )
        .is_err()
    );
}

#[test]
fn a_change_works_all_days_out_anew_and_reminds_again_only_of_what_is_to_come() {
    let subscription = subscription();
    let terms = subscription.payment_terms().unwrap();
    let mut row = row(&subscription);
    row.announce(None);
    row.reminded(at("2026-01-29T13:00:00Z"));
    let now = at("2026-01-30T06:00:00Z");
    row.change(
        &subscription,
        terms,
        (row.amount, "2026-02-01".parse().unwrap()),
        now,
    )
    .unwrap();
    assert_eq!(
        (row.status(), row.reminder_date.to_string()),
        (ScheduleStatus::Active, "2026-01-30".into())
    );
    let mut row = row.clone();
    row.change(
        &subscription,
        terms,
        (row.amount, "2026-03-01".parse().unwrap()),
        now,
    )
    .unwrap();
    assert_eq!(row.status(), ScheduleStatus::Pending);
    assert_eq!(row.slot.to_string(), "2026-01-31");
}
