use std::slice::from_ref;

use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn money(minor: i64) -> Money {
    Money::new(minor, currency("EUR"))
}

fn rate(id: u64, percentage: &str, inclusive: bool) -> AppliedRate {
    AppliedRate {
        id: Id::new(id).unwrap(),
        name: format!("Tax {id}"),
        percentage: percentage.parse().unwrap(),
        inclusive,
    }
}

fn line(minor: i64, rates: &[AppliedRate]) -> Taxable {
    Taxable {
        amount: money(minor),
        rates: rates.to_vec(),
    }
}

/// Id, base and amount of each tax.
fn computed(lines: &[Taxable]) -> Vec<(u64, i64, i64)> {
    taxes(currency("EUR"), lines)
        .unwrap()
        .iter()
        .map(|tax| (tax.rate.id.number(), tax.base.minor(), tax.amount.minor()))
        .collect()
}

/// Numbers for the property tests: the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn tax_is_rounded_once_a_rate_on_the_sum_of_its_lines() {
    let vat = [rate(1, "20", false)];
    let lines = [6833, 6833, 5750, 8500].map(|minor| line(minor, &vat));
    let taxes = taxes(currency("EUR"), &lines).unwrap();
    assert_eq!(tax_total(currency("EUR"), &taxes).unwrap(), money(5583));
    assert_eq!(
        exclusive_total(currency("EUR"), &taxes).unwrap(),
        money(5583)
    );
    assert_eq!(taxes[0].base, money(27916));
    assert_eq!(taxes[0].base.plus(taxes[0].amount).unwrap(), money(33499));
}

#[test]
fn an_inclusive_rate_is_a_part_of_the_amount() {
    let vat = rate(1, "20", true);
    assert_eq!(computed(&[line(12000, from_ref(&vat))]), [(1, 10000, 2000)]);
    assert_eq!(computed(&[line(1000, from_ref(&vat))]), [(1, 833, 167)]);
    // Two inclusive rates share one net amount: 115 is 100 + 10 + 5.
    let both = [rate(1, "10", true), rate(2, "5", true)];
    assert_eq!(
        computed(&[line(11500, &both)]),
        [(1, 10000, 1000), (2, 10000, 500)]
    );
    let taxes = taxes(currency("EUR"), &[line(1000, &[vat])]).unwrap();
    assert_eq!(tax_total(currency("EUR"), &taxes).unwrap(), money(167));
    assert_eq!(exclusive_total(currency("EUR"), &taxes).unwrap(), money(0));
}

#[test]
fn an_exclusive_rate_beside_an_inclusive_one_is_on_the_amount_without_it() {
    let both = [rate(2, "5", false), rate(1, "20", true)];
    assert_eq!(
        computed(&[line(12000, &both)]),
        [(2, 10000, 500), (1, 10000, 2000)]
    );
    // The same exclusive rate on a line of its own: 5 % of 10000 and of 3000.
    let alone = [rate(2, "5", false)];
    assert_eq!(
        computed(&[line(12000, &both), line(3000, &alone)]),
        [(2, 13000, 650), (1, 10000, 2000)]
    );
}

#[test]
fn a_rate_that_one_line_contains_and_another_does_not_is_two_taxes() {
    let (contained, on_top) = (rate(1, "20", true), rate(1, "20", false));
    let lines = [line(12000, &[contained]), line(10000, &[on_top])];
    assert_eq!(computed(&lines), [(1, 10000, 2000), (1, 10000, 2000)]);
    let taxes = taxes(currency("EUR"), &lines).unwrap();
    assert_eq!(
        exclusive_total(currency("EUR"), &taxes).unwrap(),
        money(2000)
    );
}

#[test]
fn rates_come_in_the_order_in_which_they_appear() {
    let (a, b, c) = (
        rate(3, "1", false),
        rate(1, "0", false),
        rate(2, "7.25", false),
    );
    let lines = [
        line(100, from_ref(&a)),
        line(1000, &[b, a]),
        line(1000, &[c]),
        line(5, &[]),
    ];
    assert_eq!(
        computed(&lines),
        [(3, 1100, 11), (1, 1000, 0), (2, 1000, 73)]
    );
    assert_eq!(computed(&[]), []);
}

#[test]
fn what_is_exactly_half_is_rounded_away_from_zero_however_it_came_about() {
    // 1/3 + 1/6 of a cent: no decimal holds either part.
    let tax = rate(1, "50", false);
    let thirds = line(1, &[tax.clone(), rate(2, "50", true)]);
    let sixths = line(1, &[tax, rate(3, "100", true), rate(4, "100", true)]);
    assert_eq!(computed(&[thirds, sixths])[0], (1, 1, 1));
    let tax = [rate(1, "50", false)];
    assert_eq!(computed(&[line(1, &tax)]), [(1, 1, 1)]);
    assert_eq!(computed(&[line(-1, &tax)]), [(1, -1, -1)]);
    assert_eq!(computed(&[line(-1, &tax), line(1, &tax)]), [(1, 0, 0)]);
}

#[test]
fn the_digits_of_the_currency_do_not_matter() {
    for (code, minor, want) in [
        ("JPY", 1_005, 101),
        ("USD", 1_005, 101),
        ("KWD", 1_005, 101),
    ] {
        let amount = Money::new(minor, currency(code));
        let rates = vec![rate(1, "10", false)];
        let taxes = taxes(currency(code), &[Taxable { amount, rates }]).unwrap();
        assert_eq!(taxes[0].amount, Money::new(want, currency(code)));
    }
    assert!(taxes(currency("USD"), &[line(1, &[])]).is_err());
}

#[test]
fn the_largest_amounts_do_not_overflow() {
    let max = crate::money::MAX_MINOR;
    let rates = [
        rate(1, "99.9999", true),
        rate(2, "100", true),
        rate(3, "33.3333", false),
    ];
    let taxes = taxes(currency("EUR"), &[line(max, &rates)]).unwrap();
    let parts = taxes[0]
        .base
        .plus(taxes[0].amount)
        .unwrap()
        .plus(taxes[1].amount)
        .unwrap();
    assert!(parts.minus(money(max)).unwrap().minor().abs() <= 1);
    assert!(
        super::taxes(
            currency("EUR"),
            &[
                line(max, &[rate(1, "50", false)]),
                line(max, &[rate(1, "50", false)])
            ]
        )
        .is_err()
    );
}

#[test]
fn net_and_inclusive_tax_make_the_gross_and_signs_mirror() {
    let mut random = Random(3);
    for _ in 0..2_000 {
        let vat = [rate(
            1,
            &format!("{}.{:04}", random.below(99), random.below(10_000)),
            true,
        )];
        let amounts: Vec<i64> = (0..=random.below(5))
            .map(|_| random.below(100_000))
            .collect();
        let lines: Vec<Taxable> = amounts.iter().map(|minor| line(*minor, &vat)).collect();
        let back: Vec<Taxable> = amounts.iter().map(|minor| line(-minor, &vat)).collect();
        let (_, base, tax) = computed(&lines)[0];
        let gross: i64 = amounts.iter().sum();
        // Both are rounded, and both up where both end in a half.
        assert!(
            (0..=1).contains(&(base + tax - gross)),
            "{base} {tax} {gross}"
        );
        assert_eq!(computed(&back), [(1, -base, -tax)]);
        // The order and the cut of the lines do not matter.
        assert_eq!(computed(&[line(gross, &vat)]), [(1, base, tax)]);
    }
}

#[test]
fn what_is_stored_reads_back() {
    let tax = taxes(currency("EUR"), &[line(12000, &[rate(1, "7.25", true)])]).unwrap();
    let text = serde_json::to_string(&tax).unwrap();
    assert_eq!(serde_json::from_str::<Vec<TaxAmount>>(&text).unwrap(), tax);
}

#[test]
fn a_rate_that_one_price_contains_and_another_does_not_is_two() {
    let contained = [rate(1, "20", true)];
    let on_top = [rate(1, "20", false)];
    let lines = [line(12_000, &contained), line(10_000, &on_top)];
    let taxes = taxes(currency("EUR"), &lines).unwrap();
    let found: Vec<(bool, Money, Money)> = taxes
        .iter()
        .map(|tax| (tax.rate.inclusive, tax.base, tax.amount))
        .collect();
    let want = [true, false].map(|inclusive| (inclusive, money(10_000), money(2_000)));
    assert_eq!(found, want);
    assert_eq!(
        exclusive_total(currency("EUR"), &taxes).unwrap(),
        money(2_000)
    );
}
