use super::*;
use crate::billing::{
    Basis, BilledLine, BillingReason, Charge, CollectionMethod, Discount, Duration, Fraction,
    NewInvoice, Party, PricingModel, TaxBehavior, Tier,
};
use crate::ids::Id;
use crate::metadata::Metadata;
use crate::money::Currency;
use crate::time::{Period, Timestamp, Zone};

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % limit
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    fn count(&mut self, limit: i64) -> u64 {
        u64::try_from(self.below(limit)).unwrap()
    }

    /// Below `limit`, with up to that many digits after the point.
    fn decimal(&mut self, limit: i64, digits: u32) -> Decimal {
        let scale = self.below(i64::from(digits) + 1);
        let scale = u32::try_from(scale).unwrap();
        Decimal::new(self.below(limit * 10_i64.pow(scale)), scale)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.count(i64::try_from(choices.len()).unwrap());
        choices[usize::try_from(index).unwrap()]
    }

    fn charge(&mut self) -> Charge {
        let model = self.of(PricingModel::ALL).1;
        let tier = |random: &mut Self, up_to| Tier {
            up_to,
            unit_amount: random.decimal(500, 4),
            flat_amount: Decimal::from(random.below(1_000)),
        };
        let end = 1 + self.count(100);
        let tiers = vec![
            tier(self, Some(end)),
            tier(self, Some(end + 1 + self.0 % 50)),
            tier(self, None),
        ];
        Charge {
            model,
            amount: self.decimal(20_000, 4),
            tiers: if model.is_tiered() { tiers } else { Vec::new() },
            package_size: (model == PricingModel::Package).then(|| 1 + self.count(100)),
            percentage: (model == PricingModel::Percentage).then(|| self.decimal(100, 4)),
            included_units: (self.chance(30) && model != PricingModel::Flat)
                .then(|| self.decimal(20, 1)),
        }
    }

    fn fraction(&mut self) -> Fraction {
        let whole = 1 + self.below(2_678_400);
        Fraction {
            part: self.below(whole + 1),
            whole,
        }
    }

    fn rates(&mut self, most: i64) -> Vec<AppliedRate> {
        let mut rates: Vec<AppliedRate> = Vec::new();
        for _ in 0..self.below(most + 1) {
            let id = Id::new(1 + self.count(4)).unwrap();
            if rates.iter().all(|rate| rate.id != id) {
                rates.push(AppliedRate {
                    id,
                    name: "Tax".into(),
                    // A rate is what it is, on whichever line.
                    percentage: Decimal::new(i64::try_from(id.number()).unwrap() * 47_501, 4),
                    inclusive: id.number() % 2 == 0,
                });
            }
        }
        rates
    }

    fn line(&mut self, currency: Currency) -> LineItem {
        let basis = Basis {
            charge: self.charge(),
            events: self.count(50),
            fraction: self.chance(40).then(|| self.fraction()),
            credit: self.chance(25),
            billed: None,
        };
        let quantity = self.decimal(300, 3);
        let line = LineItem::new("Line".into(), quantity, basis, currency).unwrap();
        LineItem {
            rates: self.chance(30).then(|| self.rates(3)),
            ..line
        }
    }

    fn discount(&mut self) -> Discount {
        let terms = if self.chance(50) {
            Terms::Percent(self.decimal(100, 4) + Decimal::new(1, 4))
        } else {
            let code = self.of(CURRENCIES);
            Terms::Amount(Money::new(1 + self.below(100_000), code.parse().unwrap()))
        };
        Discount {
            coupon_id: "welcome".parse().unwrap(),
            name: "Welcome".into(),
            terms,
            duration: Duration::Once,
            start: NOW,
            end: None,
            used: false,
        }
    }

    fn invoice(&mut self) -> Invoice {
        let currency = self.of(CURRENCIES).parse().unwrap();
        let mut lines: Vec<LineItem> = (0..=self.below(7)).map(|_| self.line(currency)).collect();
        for line in &mut lines {
            line.tax_behavior = self.of(&[
                TaxBehavior::Unspecified,
                TaxBehavior::Exclusive,
                TaxBehavior::Inclusive,
            ]);
        }
        let new = NewInvoice {
            customer_id: Id::new(1).unwrap(),
            subscription_id: None,
            billing_reason: BillingReason::Manual,
            revision: 0,
            currency,
            lines,
            discount: self.chance(50).then(|| self.discount()),
            rates: self.rates(3),
            period: Period {
                start: NOW,
                end: NOW,
            },
            collection_method: CollectionMethod::SendInvoice,
            days_until_due: 30,
            seller: Party::default(),
            customer: Party::default(),
            footer: None,
            metadata: Metadata::new(),
        };
        Invoice::draft(Id::new(3).unwrap(), new, NOW).unwrap()
    }
}

const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);
const CURRENCIES: &[&str] = &["USD", "JPY", "KWD"];

fn finalize(invoice: &mut Invoice, credit: i64) -> i64 {
    let credit = Money::new(credit, invoice.currency);
    let number = "INV-2026-000001".to_owned();
    let left = invoice.finalize(number, credit, &Zone::default(), NOW);
    left.unwrap().minor()
}

/// Lines − discount + taxes on top, in plain integers.
fn added_up(invoice: &Invoice) -> i64 {
    let lines: i64 = invoice.lines.iter().map(|line| line.amount.minor()).sum();
    let on_top = invoice.taxes.iter().filter(|tax| !tax.rate.inclusive);
    let on_top: i64 = on_top.map(|tax| tax.amount.minor()).sum();
    lines - invoice.discount_amount().minor() + on_top
}

#[track_caller]
fn explained(invoice: &Invoice) -> Explanation {
    let explanation = invoice.explain(&[]).unwrap();
    assert!(explanation.matches(), "{invoice:#?} {explanation:#?}");
    explanation
}

/// Paid, remaining and credited are what is due, and nobody loses or gains a unit.
fn conserved(invoice: &Invoice) {
    let due = invoice.amount_due().unwrap().minor();
    let remaining = invoice.amount_remaining().unwrap().minor();
    assert_eq!(invoice.amount_paid.minor() + remaining, due);
    assert!(remaining >= 0);
    let applied = invoice.balance_applied.map_or(0, Money::minor);
    assert_eq!(invoice.total().unwrap().minor(), due + applied);
}

#[test]
fn whatever_an_invoice_is_of_it_adds_up_explains_itself_and_loses_nothing() {
    let mut random = Random(11);
    let (mut negative, mut discounted, mut taxed) = (0, 0, 0);
    for _ in 0..4_000 {
        let mut invoice = random.invoice();
        let draft = explained(&invoice);
        let credit = random.of(&[0, 0, 1, 500, 1_000_000_000]);
        let left = finalize(&mut invoice, credit);
        let total = invoice.total().unwrap().minor();
        assert_eq!(total, added_up(&invoice));
        let applied = invoice.balance_applied.map_or(0, Money::minor);
        assert_eq!(left + applied, credit);
        let after = explained(&invoice);
        assert_eq!(after.lines, draft.lines);
        assert_eq!(after.taxes, draft.taxes);
        conserved(&invoice);
        let mut over = 0;
        let mut paid = 0;
        for _ in 0..3 {
            let due = invoice.amount_due().unwrap().minor();
            let amount = Money::new(1 + random.below(due.max(1)), invoice.currency);
            paid += amount.minor();
            over += invoice.receive(amount, NOW).unwrap().minor();
            conserved(&invoice);
            explained(&invoice);
        }
        assert_eq!(paid, over + invoice.amount_paid.minor());
        negative += i32::from(total < 0);
        discounted += i32::from(invoice.discount.is_some());
        taxed += i32::from(!invoice.taxes.is_empty());
    }
    assert!(negative > 400 && discounted > 400 && taxed > 1_000);
}

/// `part ÷ whole`, half away from zero.
fn rounded(part: i128, whole: i128) -> i64 {
    let twice = 2 * part.abs() + whole;
    i64::try_from(twice.div_euclid(2 * whole) * part.signum()).unwrap()
}

#[test]
fn an_amount_is_what_a_computation_in_whole_numbers_gives() {
    let mut random = Random(5);
    let usd = "USD".parse().unwrap();
    for _ in 0..4_000 {
        let (unit, quantity) = (random.below(2_000_000), random.below(30_000));
        let fraction = random.fraction();
        let basis = Basis {
            charge: Charge {
                model: PricingModel::PerUnit,
                amount: Decimal::new(unit, 2),
                ..Charge::default()
            },
            fraction: Some(fraction),
            credit: random.chance(50),
            ..Basis::default()
        };
        let sign = if basis.credit { -1 } else { 1 };
        let line = LineItem::new("Line".into(), Decimal::new(quantity, 2), basis, usd).unwrap();
        let exact = i128::from(unit) * i128::from(quantity) * i128::from(fraction.part) * sign;
        let want = rounded(exact, 10_000 * i128::from(fraction.whole));
        assert_eq!(line.amount.minor(), want);
    }
}

#[test]
fn what_was_tampered_with_does_not_match() {
    let mut random = Random(3);
    let mut seen = 0;
    for _ in 0..200 {
        let mut invoice = random.invoice();
        finalize(&mut invoice, 0);
        let unit = Money::new(1, invoice.currency);
        let mut line = invoice.clone();
        line.lines[0].amount = line.lines[0].amount.plus(unit).unwrap();
        assert!(!line.explain(&[]).unwrap().matches());
        let mut tampered = invoice.clone();
        if let Some(tax) = tampered.taxes.first_mut() {
            tax.amount = tax.amount.plus(unit).unwrap();
            assert!(!tampered.explain(&[]).unwrap().matches());
            seen += 1;
        }
        let mut paid = invoice.clone();
        paid.amount_paid = paid.amount_due().unwrap().plus(unit).unwrap();
        assert!(!paid.explain(&[]).unwrap().matches());
        if let Some(discount) = &invoice.discount {
            let amount = discount.amount.minus(unit).unwrap();
            let discount = Some(crate::billing::AppliedDiscount {
                amount,
                ..discount.clone()
            });
            let other = Invoice {
                discount,
                ..invoice.clone()
            };
            assert!(!other.explain(&[]).unwrap().matches());
            seen += 1;
        }
    }
    assert!(seen > 100);
}

#[test]
fn a_void_invoice_owes_nothing_and_gives_the_balance_back() {
    let mut random = Random(9);
    for _ in 0..300 {
        let mut invoice = random.invoice();
        let left = finalize(&mut invoice, 700);
        if invoice.status != InvoiceStatus::Open {
            continue;
        }
        assert_eq!(left + invoice.void(NOW).unwrap().minor(), 700);
        let sums = explained(&invoice).sums;
        assert!(sums.amount_remaining.amount.is_zero());
        assert!(sums.balance_applied.amount.is_zero());
        assert_eq!(sums.amount_due.amount, sums.total.amount);
    }
}

#[test]
fn a_credit_matches_only_where_its_line_was_billed_so() {
    let mut random = Random(7);
    let usd: Currency = "USD".parse().unwrap();
    let line = |amount: i64, credit: bool, billed| {
        let basis = Basis {
            charge: Charge::flat(Decimal::from(amount)),
            fraction: credit.then_some(Fraction { part: 1, whole: 2 }),
            credit,
            billed,
            ..Basis::default()
        };
        LineItem::new("Line".into(), Decimal::ONE, basis, usd).unwrap()
    };
    let invoice = |random: &mut Random, line: LineItem| {
        let mut invoice = random.invoice();
        invoice.currency = usd;
        invoice.amount_paid = Money::zero(usd);
        (invoice.coupon, invoice.rates) = (None, Vec::new());
        invoice.lines = vec![line];
        invoice.add_up().unwrap();
        invoice
    };
    let mut source = invoice(&mut random, line(3_000, false, None));
    let unused = Fraction { part: 1, whole: 2 };
    let given = source.give_back_unused(0, unused).unwrap().unwrap();
    let of = BilledLine {
        invoice_id: source.id,
        line: 0,
        left: given.left,
    };
    let credit = invoice(&mut random, line(3_000, true, Some(of)));
    assert_eq!(credit.lines[0].amount.minor(), -given.amount.minor());
    let matches =
        |credit: &Invoice, earlier: &[Invoice]| credit.explain(earlier).unwrap().matches();
    assert!(matches(&credit, std::slice::from_ref(&source)));
    assert!(!matches(&credit, &[]));
    // Another amount, another tax, another line.
    let dearer = invoice(&mut random, line(3_001, false, None));
    let dearer = Invoice {
        id: source.id,
        ..dearer
    };
    assert!(!matches(&credit, &[dearer]));
    let mut taxed = source.clone();
    taxed.rates = random.rates(3);
    while taxed.rates.is_empty() {
        taxed.rates = random.rates(3);
    }
    assert!(!matches(&credit, &[taxed]));
    let mut elsewhere = credit;
    elsewhere.lines[0].basis.billed = Some(BilledLine { line: 1, ..of });
    assert!(!matches(&elsewhere, &[source]));
}
