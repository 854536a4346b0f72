//! What was measured, as a table.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use testkit::Units;

use crate::cpu::Cpu;
use crate::hundredths;

/// Units may grow by so many thousandths from the first tenth to the last.
const MAX_GROWTH: u64 = 20;

/// What a number of invoices cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) invoices: u64,
    pub(super) units: Units,
    pub(super) cpu: Cpu,
}

impl Sample {
    /// A sum of tenths, for one invoice.
    fn each(&self, tenths: u64) -> String {
        hundredths(tenths * 10 / self.invoices.max(1))
    }
}

impl AddAssign for Sample {
    fn add_assign(&mut self, other: Self) {
        self.invoices += other.invoices;
        self.units += other.units;
        self.cpu += other.cpu;
    }
}

/// A part of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) run: Sample,
    /// Measured between its stretches; nothing in the middle of the run.
    pub(super) floor: Sample,
}

pub(super) fn print(parts: &[Part; 3]) {
    let row = |what: &str, of: &dyn Fn(&Sample) -> String| {
        let columns: Vec<String> = parts.iter().map(|part| of(&part.run)).collect();
        println!("| {what} | {} |", columns.join(" | "));
    };
    println!("| for each invoice | first tenth | middle | last tenth |\n|---|---|---|---|");
    row("(invoices)", &|sample| sample.invoices.to_string());
    row("write units", &|sample| {
        sample.each(sample.units.write_tenths)
    });
    row("… besides the payment", &|sample| {
        sample.each(sample.units.write_tenths - sample.units.written("pay"))
    });
    let types: BTreeSet<&str> = parts
        .iter()
        .flat_map(|part| part.run.units.written_tenths.keys())
        .map(String::as_str)
        .collect();
    for written in types {
        row(&format!("… of `{written}`"), &|sample| {
            sample.each(sample.units.written(written))
        });
    }
    row("read units", &|sample| {
        sample.each(sample.units.read_tenths)
    });
    row("round trips", &|sample| {
        sample.each(sample.units.round_trips() * 10)
    });
    time(parts);
}

/// Time on a processor, and the same of the floor.
fn time([first, _, last]: &[Part; 3]) {
    println!(
        "\nThe floor is the calls of a renewal with the bare SDK on items of the same size, measured in turn with the run.\n"
    );
    println!("| CPU for each invoice, µs | first tenth | last tenth | growth |\n|---|---|---|---|");
    let row = |what: &str, of: &dyn Fn(&Part) -> (u64, u64)| {
        let each = |part| {
            let (nanoseconds, invoices) = of(part);
            nanoseconds / invoices.max(1)
        };
        let (before, after) = (each(first), each(last));
        println!(
            "| {what} | {} | {} | {} |",
            before / 1000,
            after / 1000,
            growth(before, after)
        );
    };
    row("worker", &|part| (part.run.cpu.workers, part.run.invoices));
    row("… floor", &|part| {
        (part.floor.cpu.workers, part.floor.invoices)
    });
    row("embedded database", &|part| {
        (part.run.cpu.database, part.run.invoices)
    });
    row("… floor", &|part| {
        (part.floor.cpu.database, part.floor.invoices)
    });
}

/// In percent, to a tenth.
fn growth(before: u64, after: u64) -> String {
    let sign = if after < before { "-" } else { "" };
    let per_mille = after.abs_diff(before) * 1000 / before.max(1);
    format!("{sign}{}.{} %", per_mille / 10, per_mille % 10)
}

/// Ends the process where units grew.
pub(super) fn hold([first, _, last]: &[Part; 3]) {
    let (first, last) = (&first.run.units, &last.run.units);
    for (what, before, after) in [
        ("write units", first.write_tenths, last.write_tenths),
        ("read units", first.read_tenths, last.read_tenths),
        ("round trips", first.round_trips(), last.round_trips()),
    ] {
        println!("Growth of {what}: {}", growth(before, after));
        assert!(
            after * 1000 <= before * (1000 + MAX_GROWTH),
            "an invoice of the last tenth costs more than one of the first"
        );
    }
}
