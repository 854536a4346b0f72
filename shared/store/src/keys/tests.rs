use models::billing::Slot;
use models::{Timestamp, ids};

use super::*;

fn scope(mode: Mode) -> Scope {
    Scope {
        business: Id::new(7).unwrap(),
        mode,
    }
}

fn slot() -> Slot {
    Slot {
        date: "2026-01-31".parse().unwrap(),
        n: 2,
    }
}

#[test]
fn a_row_s_key_tells_its_place() {
    let key = schedule_row(&scope(Mode::Test), Id::new(1).unwrap(), slot());
    assert_eq!(schedule_parts(&key), Some((Id::new(1).unwrap(), slot())));
    assert_eq!(schedule_parts(&credential("ab")), None);
}

#[test]
fn what_belongs_to_a_test_clock_is_beside_it() {
    let business = scope(Mode::Test).business;
    let (clock, mark) = (test_clock(business), stream_mark(business));
    assert_eq!(
        (clock.pk, mark.pk.as_str()),
        (mark.pk.clone(), "7#test#clock")
    );
    assert_eq!(mark.sk, "mark");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each key")]
fn keys_are_what_they_were() {
    let live = scope(Mode::Live);
    let show = |key: Key| format!("{} / {}", key.pk, key.sk);
    let got = [
        show(record::<ids::Customer>(&live, Id::new(42).unwrap())),
        show(named::<ids::Plan>(&live, &"pro".parse().unwrap())),
        show(named::<ids::Coupon>(&live, &"welcome".parse().unwrap())),
        show(record::<ids::TaxRate>(&live, Id::new(42).unwrap())),
        show(billing_settings(&live)),
        show(refund(&live, Id::new(1).unwrap(), Id::new(2).unwrap())),
        show(usage_page(&live, Id::new(1).unwrap(), "api_calls", 12)),
        show(invoice_page(&live, Id::new(1).unwrap(), 2)),
        show(delivery(&live, Id::new(1).unwrap(), Id::new(2).unwrap())),
        show(health(&live, Id::new(1).unwrap())),
        show(recovery(&live, Id::new(1).unwrap())),
        show(feed_page(&live, 3)),
        show(schedule_row(&live, Id::new(1).unwrap(), slot())),
        payment_page("ab"),
        show(consent(&live, "+14165551234")),
        show(unique(&live, "customer_num", "4515")),
        show(invoice_counter(&live, 2026)),
        show(credit_note_counter(&live, 2026)),
        show(plan_version(&live, &"pro".parse().unwrap(), 2)),
        show(idempotency(&live, "k")),
        show(member_settings(&live)),
        members_of(&live, Id::new(42).unwrap()),
        commissions_of(&live, Id::new(42).unwrap(), "2026-01"),
        show(password_link("ab")),
        show(test_clock(live.business)),
        show(credential("ab")),
        show(oauth_client("ab")),
        show(account(live.business)),
        show(record::<ids::CreditNote>(&live, Id::new(42).unwrap())),
        of_customer::<ids::Invoice>(&live, Id::new(42).unwrap()),
        credit_notes_of(&live, Id::new(42).unwrap()),
        show(sent_items(&due_shard(3))),
        show(texts_to(
            &live,
            "+14165551234",
            Timestamp::from_seconds(491_000 * 3_600),
        )),
        show(texts_of(&live, "2026-01-05".parse().unwrap())),
    ];
    let want = [
        "7#live#cust / 0000000000000042",
        "7#live#plan / pro",
        "7#live#coupon / welcome",
        "7#live#txr / 0000000000000042",
        "7#live#settings / billing",
        "7#live#pay#0000000000000001 / refund#0000000000000002",
        "7#live#sub#0000000000000001 / usage#api_calls#0000000012",
        "7#live#sub#0000000000000001 / invoices#000002",
        "7#live#we#0000000000000001 / del#0000000000000002",
        "7#live#we#0000000000000001 / health",
        "7#live#we#0000000000000001 / recovery",
        "7#live#feed / 0000000003",
        "7#live#sub#0000000000000001 / schedule#2026-01-31#002",
        "page#ab",
        "7#live#consent / +14165551234",
        "7#live#uniq#13 / customer_num#4515",
        "7#live#counter / invoice#2026",
        "7#live#counter / credit_note#2026",
        "7#live#plan#pro / 000002",
        "7#live#idem#8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a / idem",
        "7#live#settings / members",
        "7#live#partner#0000000000000042#member",
        "7#live#partner#0000000000000042#com#2026-01",
        "pwlink#ab / link",
        "7#test#clock / clock",
        "cred#ab / cred",
        "oauth#ab / client",
        "acct / 0000000000000007",
        "7#live#cn / 0000000000000042",
        "7#live#cust#0000000000000042#inv",
        "7#live#inv#0000000000000042#cn",
        "due#03 / sent",
        "7#live#texts#+14165551234 / 491000",
        "7#live#texts / 2026-01-05",
    ];
    assert_eq!(got, want);
}

#[test]
fn the_logs_of_metrics_follow_each_other_whatever_their_names() {
    let id = Id::new(1).unwrap();
    let page = |metric, seq| usage_page(&scope(Mode::Live), id, metric, seq).sk;
    for (first, second) in [("a", "a b"), ("a", "a-b"), ("a", "aa"), ("Zz", "z")] {
        let (low, high) = if usage_log(first) < usage_log(second) {
            (first, second)
        } else {
            (second, first)
        };
        assert!(page(low, 9_999_999_999) < usage_log(high), "{low} {high}");
        assert!(page(high, 9_999_999_999).as_str() < USAGE_END);
    }
    assert!(page("a", 9) < page("a", 10));
}

#[test]
fn due_keys_sort_by_time_and_test_mode_has_its_own_partition() {
    let key = record::<ids::Subscription>(&scope(Mode::Live), Id::new(1).unwrap());
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        due_sort(at, "sub", &key),
        "01767225600000#sub#0000000000000001"
    );
    assert!(due_sort(at, "sub", &key) < due_until(at));
    assert!(due_sort(at.plus_seconds(1), "sub", &key) > due_until(at));
    assert!(due_partition(&key).starts_with("due#"));
    let key = record::<ids::Subscription>(&scope(Mode::Test), Id::new(1).unwrap());
    assert_eq!(due_partition(&key), "due#7#test");
}

#[test]
fn live_items_spread_evenly_over_the_shards() {
    let mut counts = [0_u32; 16];
    for n in 0..10_000 {
        let key = record::<ids::Subscription>(&scope(Mode::Live), Id::new(n).unwrap());
        let shard: usize = due_partition(&key)
            .trim_start_matches("due#")
            .parse()
            .unwrap();
        counts[shard] += 1;
    }
    let (most, mean) = (*counts.iter().max().unwrap(), 625);
    assert!(most * 2 <= mean * 3, "{counts:?}");
}

#[test]
fn a_key_knows_whose_it_is() {
    let test = scope(Mode::Test);
    assert_eq!(
        record::<ids::Customer>(&test, Id::new(1).unwrap()).scope(),
        Some(test)
    );
    assert_eq!(credential("ab").scope(), None);
    assert_eq!(account(test.business).scope(), None);
}
