//! What was measured, as a table.

use std::collections::BTreeSet;

use testkit::Units;

use crate::cpu::Cpu;

/// Units may grow by so many thousandths from the first tenth to the last.
const MOST_GROWTH: u64 = 20;

/// What a number of invoices cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    pub(crate) invoices: u64,
    pub(crate) units: Units,
    pub(crate) cpu: Cpu,
}

impl Sample {
    fn besides_payment(&self) -> u64 {
        self.units.write_tenths - self.units.written("pay")
    }

    /// A sum of tenths, for one invoice.
    fn each(&self, tenths: u64) -> String {
        hundredths(tenths * 10 / self.invoices)
    }

    /// Nanoseconds, for one invoice in microseconds.
    fn microseconds(&self, nanoseconds: u64) -> u64 {
        nanoseconds / 1000 / self.invoices
    }
}

/// A number of hundredths with its decimal point.
pub(crate) fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

/// One line of the table: what, and its text for a sample.
type Row<'a> = (String, Box<dyn Fn(&Sample) -> String + 'a>);

pub(crate) fn print(samples: &[Sample; 3], floors: &[Sample; 2]) {
    println!("| for each invoice | first tenth | middle | last tenth |\n|---|---|---|---|");
    let all = samples.iter().map(|sample| sample.invoices.to_string());
    println!("| (invoices) | {} |", all.collect::<Vec<_>>().join(" | "));
    let types: BTreeSet<&str> = samples
        .iter()
        .flat_map(|sample| sample.units.written_tenths.keys())
        .map(String::as_str)
        .collect();
    let mut rows: Vec<Row<'_>> = vec![
        (
            "write units".to_owned(),
            Box::new(|s| s.each(s.units.write_tenths)),
        ),
        (
            "write units besides the payment".to_owned(),
            Box::new(|s| s.each(s.besides_payment())),
        ),
    ];
    for written in types {
        rows.push((
            format!("… of `{written}`"),
            Box::new(move |s| s.each(s.units.written(written))),
        ));
    }
    rows.push((
        "read units".to_owned(),
        Box::new(|s| s.each(s.units.read_tenths)),
    ));
    rows.push((
        "round trips".to_owned(),
        Box::new(|s| s.each(s.units.round_trips() * 10)),
    ));
    rows.push((
        "CPU of the worker, µs".to_owned(),
        Box::new(|s| s.microseconds(s.cpu.workers).to_string()),
    ));
    rows.push((
        "CPU of the embedded database, µs".to_owned(),
        Box::new(|s| s.microseconds(s.cpu.database).to_string()),
    ));
    for (what, text) in rows {
        println!(
            "| {what} | {} |",
            samples.iter().map(text).collect::<Vec<_>>().join(" | ")
        );
    }
    growth(samples, floors);
}

fn growth(samples: &[Sample; 3], floors: &[Sample; 2]) {
    let [first, _, last] = samples;
    let line = |what: &str, of: &dyn Fn(&Sample) -> u64| {
        let grown = |before: &Sample, after: &Sample| {
            percent(per_mille(
                of(before) * 1000 / before.invoices,
                of(after) * 1000 / after.invoices,
            ))
        };
        println!(
            "| {what} | {} | {} |",
            grown(first, last),
            grown(&floors[0], &floors[1])
        );
    };
    println!(
        "\nThe floor is the same calls with the bare SDK on items of the same size, measured before the run and after it.\n"
    );
    println!("| growth | first tenth to last | floor, before to after |\n|---|---|---|");
    line("write units", &|s| s.units.write_tenths);
    line("read units", &|s| s.units.read_tenths);
    line("round trips", &|s| s.units.round_trips());
    line("CPU of the worker", &|s| s.cpu.workers);
    line("CPU of the embedded database", &|s| s.cpu.database);
    println!("\n| CPU, µs | worker | embedded database |\n|---|---|---|");
    for (what, sample) in [
        ("first tenth", first),
        ("last tenth", last),
        ("floor before", &floors[0]),
        ("floor after", &floors[1]),
    ] {
        println!(
            "| {what} | {} | {} |",
            sample.microseconds(sample.cpu.workers),
            sample.microseconds(sample.cpu.database)
        );
    }
}

/// Growth in thousandths; shrinking is none.
fn per_mille(before: u64, after: u64) -> i64 {
    let (before, after) = (
        i64::try_from(before).unwrap(),
        i64::try_from(after).unwrap(),
    );
    (after - before) * 1000 / before.max(1)
}

fn percent(per_mille: i64) -> String {
    let sign = if per_mille < 0 { "-" } else { "" };
    let size = per_mille.abs();
    format!("{sign}{}.{} %", size / 10, size % 10)
}

/// Ends the process where units grew.
pub(crate) fn hold(samples: &[Sample; 3]) {
    let [first, _, last] = samples;
    for of in [
        |units: &Units| units.write_tenths,
        |units: &Units| units.read_tenths,
        Units::round_trips,
    ] {
        let (before, after) = (of(&first.units), of(&last.units));
        assert!(
            after * 1000 <= before * (1000 + MOST_GROWTH),
            "an invoice of the last tenth costs more than one of the first: {before} and {after}"
        );
    }
}
