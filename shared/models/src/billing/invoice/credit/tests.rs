use proptest::prelude::*;

use super::*;
use crate::billing::{
    AppliedRate, Basis, BillingReason, Charge, CollectionMethod, CreditNote, CreditNoteKind,
    Discount, Duration, LineItem, NewCreditNote, NewInvoice, Party, PricingModel, TaxBehavior,
    Terms,
};
use crate::ids::Id;
use crate::metadata::Metadata;
use crate::money::Currency;
use crate::time::{Period, Zone};

const NOW: Timestamp = Timestamp::from_seconds(1_768_478_400);
const TO_BALANCE: GivenBack = GivenBack {
    refund: None,
    balance: None,
    out_of_band: None,
};

/// Units, minor units of one, and what a price says of its tax. One below zero gives something back.
type Line = (i64, i64, TaxBehavior);

fn line(currency: Currency, (quantity, unit, tax_behavior): Line) -> LineItem {
    let charge = Charge {
        model: PricingModel::PerUnit,
        amount: Decimal::from(unit.abs()),
        ..Charge::default()
    };
    let basis = Basis {
        charge,
        credit: unit < 0,
        ..Basis::default()
    };
    let mut line = LineItem::new("Pro".into(), Decimal::from(quantity), basis, currency).unwrap();
    line.tax_behavior = tax_behavior;
    line
}

fn rate(id: u64, percentage: Decimal, inclusive: bool) -> AppliedRate {
    AppliedRate {
        id: Id::new(id).unwrap(),
        name: "VAT".into(),
        percentage,
        inclusive,
    }
}

fn discount(terms: Terms) -> Discount {
    Discount {
        coupon_id: "welcome".parse().unwrap(),
        name: "Welcome".into(),
        terms,
        duration: Duration::Forever,
        start: NOW,
        end: None,
        used: false,
    }
}

fn finalized(code: &str, lines: &[Line], rates: Vec<AppliedRate>, terms: Option<Terms>) -> Invoice {
    let currency = code.parse().unwrap();
    let new = NewInvoice {
        customer_id: Id::new(1).unwrap(),
        subscription_id: None,
        billing_reason: BillingReason::Manual,
        revision: 0,
        currency,
        lines: lines.iter().map(|it| line(currency, *it)).collect(),
        discount: terms.map(discount),
        rates,
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
    let mut invoice = Invoice::draft(Id::new(3).unwrap(), new, NOW).unwrap();
    let credit = Money::zero(currency);
    invoice
        .finalize("INV-2026-000001".into(), credit, &Zone::default(), NOW)
        .unwrap();
    invoice
}

/// Lines of one unit each, with 20 % on top.
fn taxed(units: &[i64]) -> Invoice {
    let lines: Vec<Line> = units
        .iter()
        .map(|unit| (1, *unit, TaxBehavior::Unspecified))
        .collect();
    let vat = rate(5, Decimal::from(20), false);
    finalized("EUR", &lines, vec![vat], None)
}

fn paid(units: &[i64]) -> Invoice {
    let mut invoice = taxed(units);
    invoice.receive(invoice.total().unwrap(), NOW).unwrap();
    invoice
}

fn rest(lines: &[usize]) -> Crediting {
    Crediting::Lines(lines.iter().map(|line| (*line, Part::Rest)).collect())
}

fn of_line(line: usize, part: Part) -> Crediting {
    Crediting::Lines(vec![(line, part)])
}

/// What is credited, as a note says it.
fn note(invoice: &mut Invoice, what: &Crediting) -> Result<CreditNote> {
    let credit = invoice.credit(what, TO_BALANCE, NOW)?;
    let total = credit.total;
    let id = Id::new(9).unwrap();
    let note = CreditNote::new(id, invoice, credit, NewCreditNote::default(), NOW);
    assert_eq!(note.total().unwrap(), total);
    Ok(note)
}

/// The pointers and codes of an error.
fn refused(error: Error) -> Vec<(String, &'static str)> {
    if let Error::Conflict { code, .. } = error {
        return vec![(String::new(), code)];
    }
    let Error::Invalid(invalid) = error else {
        panic!("{error}");
    };
    let fields = invalid.fields.into_iter();
    fields.map(|field| (field.pointer, field.code)).collect()
}

#[test]
fn the_last_note_takes_the_remainder_of_the_tax() {
    let mut invoice = paid(&[6833, 6833, 5750, 8500]);
    let totals: Vec<i64> = [0, 2, 3, 1]
        .into_iter()
        .map(|line| note(&mut invoice, &rest(&[line])).unwrap())
        .map(|note| note.total().unwrap().minor())
        .collect();
    assert_eq!(totals, [8200, 6900, 10200, 8199]);
    let more = note(&mut invoice, &Crediting::Amount(1)).unwrap_err();
    assert_eq!(refused(more), [(String::new(), "nothing_to_credit")]);
}

#[test]
fn an_open_invoice_owes_less_and_is_paid_when_nothing_is_left() {
    let mut invoice = taxed(&[10_000, 5000]);
    let first = note(&mut invoice, &rest(&[1])).unwrap();
    assert_eq!(first.kind().unwrap(), CreditNoteKind::PrePayment);
    assert_eq!(first.before_payment.minor(), 6000);
    assert_eq!(invoice.amount_remaining().unwrap().minor(), 12_000);
    assert_eq!(invoice.status, InvoiceStatus::Open);
    // What a note says stands in the books: to void the invoice would take it back twice.
    let error = invoice.void(NOW).unwrap_err();
    assert_eq!(refused(error), [(String::new(), "invoice_credited")]);
    note(&mut invoice, &rest(&[0])).unwrap();
    assert_eq!(invoice.status, InvoiceStatus::Paid);
    assert_eq!(invoice.paid_at, Some(NOW));
    let mut given_up = taxed(&[10_000]);
    given_up.mark_uncollectible(NOW).unwrap();
    note(&mut given_up, &rest(&[0])).unwrap();
    assert_eq!(given_up.status, InvoiceStatus::Paid);
}

#[test]
fn what_had_been_paid_goes_where_the_caller_says() {
    let back = |refund, balance, out_of_band| GivenBack {
        refund,
        balance,
        out_of_band,
    };
    let mut partly = taxed(&[10_000]);
    partly
        .receive(Money::new(9000, partly.currency), NOW)
        .unwrap();
    let what = Crediting::Amount(5000);
    for (given, pointer, code) in [
        (
            back(Some(2001), None, None),
            "/refund_amount",
            "exceeds_paid",
        ),
        (
            back(Some(1500), None, Some(501)),
            "/out_of_band_amount",
            "exceeds_paid",
        ),
        (back(None, Some(1999), None), "/credit_amount", "wrong_sum"),
        (
            back(Some(500), Some(1501), None),
            "/credit_amount",
            "wrong_sum",
        ),
    ] {
        let before = partly.clone();
        let error = partly.credit(&what, given, NOW).unwrap_err();
        assert_eq!(refused(error), [(pointer.to_owned(), code)]);
        assert_eq!(partly, before);
    }
    let given = back(Some(500), None, Some(300));
    let credit = partly.credit(&what, given, NOW).unwrap();
    assert_eq!(credit.before_payment.minor(), 3000);
    let parts = (credit.refund, credit.balance, credit.out_of_band);
    assert_eq!(
        (parts.0.minor(), parts.1.minor(), parts.2.minor()),
        (500, 1200, 300)
    );
    assert_eq!(partly.status, InvoiceStatus::Paid);
}

#[test]
fn units_of_a_line_are_its_share_and_three_thirds_are_the_whole() {
    let lines = [(3, 3333, TaxBehavior::Unspecified)];
    let terms = Terms::Amount(Money::new(99, "EUR".parse().unwrap()));
    let mut invoice = finalized("EUR", &lines, Vec::new(), Some(terms));
    assert_eq!(invoice.total().unwrap().minor(), 9900);
    let mut odd = finalized(
        "JPY",
        &[(1, 100, TaxBehavior::Unspecified)],
        Vec::new(),
        None,
    );
    odd.lines[0].quantity = Decimal::from(3);
    let one = of_line(0, Part::Quantity(Decimal::ONE));
    let amounts: Vec<i64> = (0..3)
        .map(|_| note(&mut odd, &one).unwrap().total().unwrap().minor())
        .collect();
    assert_eq!(amounts, [33, 34, 33]);
    let two = of_line(0, Part::Quantity(Decimal::TWO));
    let credited = note(&mut invoice, &two).unwrap();
    assert_eq!(credited.lines[0].quantity, Some(Decimal::TWO));
    assert_eq!(credited.total().unwrap().minor(), 6600);
    let error = note(&mut invoice, &two).unwrap_err();
    let pointer = "/lines/0/quantity".to_owned();
    assert_eq!(refused(error), [(pointer, "exceeds_creditable")]);
}

#[test]
fn each_wrong_line_is_named_and_nothing_is_credited() {
    let mut invoice = taxed(&[10_000, 5000, -1000]);
    note(&mut invoice, &rest(&[1])).unwrap();
    let before = invoice.clone();
    let parts = vec![
        (0, Part::Amount(10_001)),
        (1, Part::Rest),
        (2, Part::Amount(1)),
        (3, Part::Rest),
        (0, Part::Quantity(Decimal::TWO)),
    ];
    let error = note(&mut invoice, &Crediting::Lines(parts)).unwrap_err();
    let exceeds = "exceeds_creditable";
    assert_eq!(
        refused(error),
        [
            ("/lines/0/amount".to_owned(), exceeds),
            ("/lines/1/line_item_id".to_owned(), exceeds),
            ("/lines/2/amount".to_owned(), exceeds),
            ("/lines/3/line_item_id".to_owned(), "not_found"),
            ("/lines/4/quantity".to_owned(), exceeds),
        ]
    );
    let twice = Crediting::Lines(vec![(0, Part::Rest), (0, Part::Amount(1))]);
    let error = note(&mut invoice, &twice).unwrap_err();
    let pointer = "/lines/1/line_item_id".to_owned();
    assert_eq!(refused(error), [(pointer, "duplicate")]);
    // 12000 with tax, of which 1200 are taken back by the last line.
    let error = note(&mut invoice, &rest(&[0])).unwrap_err();
    assert_eq!(refused(error), [("/lines".to_owned(), exceeds)]);
    let error = note(&mut invoice, &rest(&[2])).unwrap_err();
    assert_eq!(refused(error), [("/lines".to_owned(), "out_of_range")]);
    let error = note(&mut invoice, &Crediting::Amount(10_801)).unwrap_err();
    assert_eq!(refused(error), [("/amount".to_owned(), exceeds)]);
    assert_eq!(invoice, before);
    let last = note(&mut invoice, &rest(&[0, 2])).unwrap();
    assert_eq!(last.total().unwrap().minor(), 10_800);
}

#[test]
fn only_what_is_owed_or_paid_is_credited() {
    let mut void = taxed(&[10_000]);
    void.void(NOW).unwrap();
    let error = note(&mut void, &rest(&[0])).unwrap_err();
    assert_eq!(refused(error), [(String::new(), "invalid_invoice_status")]);
    let mut draft = taxed(&[10_000]);
    draft.status = InvoiceStatus::Draft;
    let error = note(&mut draft, &rest(&[0])).unwrap_err();
    assert_eq!(refused(error), [(String::new(), "invalid_invoice_status")]);
    let mut nothing = taxed(&[0]);
    let error = note(&mut nothing, &Crediting::Amount(1)).unwrap_err();
    assert_eq!(refused(error), [(String::new(), "nothing_to_credit")]);
}

#[test]
fn a_tax_that_the_amounts_contain_is_a_part_of_them() {
    let vat = rate(5, Decimal::from(20), true);
    let lines = [(1, 12_000, TaxBehavior::Unspecified)];
    let mut invoice = finalized("EUR", &lines, vec![vat], None);
    let half = note(&mut invoice, &Crediting::Amount(6000)).unwrap();
    let part = (half.subtotal().unwrap(), half.tax().unwrap());
    assert_eq!((part.0.minor(), part.1.minor()), (6000, 1000));
    assert_eq!(half.taxes[0].base.minor(), 5000);
}

fn thousandths(of: Money, part: i64) -> i64 {
    (of.minor() * part).div_euclid(1000)
}

/// A note that somebody might want: what is wanted of each line, or of the whole, in thousandths.
#[derive(Debug, Clone)]
enum Wish {
    Amount(i64),
    Lines(Vec<(usize, u8, i64)>),
}

impl Wish {
    fn of(&self, invoice: &Invoice) -> Crediting {
        let left = Left::of(invoice).unwrap();
        match self {
            Self::Amount(part) => Crediting::Amount(thousandths(left.total, *part).max(1)),
            Self::Lines(wishes) => {
                let lines = left.lines().unwrap();
                let parts = wishes.iter().map(|(line, kind, part)| {
                    let line = line % lines.len();
                    let part = match kind {
                        0 => Part::Rest,
                        1 => Part::Quantity(Decimal::from(1 + part % 2)),
                        _ => Part::Amount(thousandths(lines[line], *part)),
                    };
                    (line, part)
                });
                Crediting::Lines(parts.collect())
            }
        }
    }
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let amount = (0..=1000_i64).prop_map(Wish::Amount);
    let one = (0..6_usize, 0..3_u8, 0..=1000_i64);
    let lines = prop::collection::vec(one, 1..4).prop_map(Wish::Lines);
    prop::collection::vec(prop_oneof![amount, lines], 0..10)
}

fn invoices() -> impl Strategy<Value = Invoice> {
    let behavior = prop_oneof![
        Just(TaxBehavior::Unspecified),
        Just(TaxBehavior::Inclusive),
        Just(TaxBehavior::Exclusive),
    ];
    let unit = prop_oneof![4 => 0..20_000_i64, 1 => -3000..0_i64, 1 => 0..4_i64];
    let line = (1..5_i64, unit, behavior);
    let rates = prop::collection::vec((0..400_000_i64, any::<bool>()), 0..3);
    let terms = prop_oneof![
        2 => Just(None),
        1 => (1..1_000_000_i64).prop_map(|p| Some(Terms::Percent(Decimal::new(p, 4)))),
        1 => (1..9000_i64).prop_map(|m| Some(Terms::Amount(Money::new(m, "USD".parse().unwrap())))),
    ];
    let code = prop_oneof![Just("JPY"), Just("USD"), Just("KWD")];
    let lines = prop::collection::vec(line, 1..6);
    (code, lines, rates, terms, 0..=1000_i64).prop_map(|(code, lines, rates, terms, paid)| {
        let rates = rates
            .into_iter()
            .zip(1..)
            .map(|((percent, inclusive), id)| rate(id, Decimal::new(percent, 4), inclusive));
        let mut invoice = finalized(code, &lines, rates.collect(), terms);
        let paid = thousandths(invoice.total().unwrap(), paid);
        let paid = Money::new(paid, invoice.currency);
        invoice.receive(paid, NOW).unwrap();
        invoice
    })
}

/// The sums of some notes: total, by line, by rate.
struct Sums {
    total: i64,
    lines: Vec<i64>,
    taxes: Vec<i64>,
}

impl Sums {
    fn add(&mut self, note: &CreditNote) {
        self.total += note.total().unwrap().minor();
        for line in &note.lines {
            self.lines[line.line] += line.amount.minor();
        }
        for (sum, tax) in self.taxes.iter_mut().zip(&note.taxes) {
            *sum += tax.amount.minor();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn notes_never_exceed_their_invoice_and_the_last_takes_exactly_the_rest(
        mut invoice in invoices(),
        wishes in wishes(),
    ) {
        let whole = invoice.total().unwrap().minor();
        if whole <= 0 {
            return Ok(());
        }
        let one_way = invoice.lines.iter().all(|line| line.amount.minor() >= 0);
        let nets: Vec<i64> = Left::of(&invoice).unwrap().nets.iter().map(|net| net.minor()).collect();
        let (lines, taxes) = (vec![0; nets.len()], vec![0; invoice.taxes.len()]);
        let mut sums = Sums { total: 0, lines, taxes };
        let mut owed = invoice.amount_remaining().unwrap().minor();
        for wish in &wishes {
            let (before, what) = (invoice.clone(), wish.of(&invoice));
            let Ok(note) = note(&mut invoice, &what) else {
                prop_assert_eq!(&invoice, &before);
                continue;
            };
            let total = note.total().unwrap().minor();
            prop_assert!(total > 0);
            prop_assert_eq!(note.before_payment.minor(), total.min(owed));
            prop_assert_eq!(note.after_payment().unwrap(), note.credit_amount);
            owed -= note.before_payment.minor();
            prop_assert_eq!(invoice.amount_remaining().unwrap().minor(), owed);
            prop_assert_eq!(owed == 0, invoice.status == InvoiceStatus::Paid);
            if one_way {
                prop_assert!(note.taxes.iter().all(|tax| tax.amount.minor() >= 0));
                prop_assert!(note.lines.iter().all(|line| line.amount.minor() > 0));
            }
            sums.add(&note);
            prop_assert!(sums.total <= whole);
        }
        let rest = Left::of(&invoice).unwrap().total.minor();
        if rest > 0 {
            sums.add(&note(&mut invoice, &Crediting::Amount(rest)).unwrap());
        }
        prop_assert_eq!(sums.total, whole);
        prop_assert_eq!(invoice.status, InvoiceStatus::Paid);
        // Where lines give something back, a note of others may come to all that is left.
        if one_way || rest > 0 {
            prop_assert_eq!(&sums.lines, &nets);
            let taxes: Vec<i64> = invoice.taxes.iter().map(|tax| tax.amount.minor()).collect();
            prop_assert_eq!(&sums.taxes, &taxes);
        }
    }
}
