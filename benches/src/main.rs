//! Measurements that are no tests: `cargo run --release -p benches -- <which> [numbers]`. See the modules for the numbers.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "a measurement prints, ends where something is not as it should be, and computes in whole numbers"
)]

mod billing;
mod cpu;
mod webhooks;
mod workers;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // Billing where nothing is said.
    let named = words
        .first()
        .is_some_and(|word| word.parse::<u64>().is_err());
    let which = if named {
        words.remove(0)
    } else {
        "billing".to_owned()
    };
    let numbers = words
        .into_iter()
        .map(|word| word.parse::<u64>().expect("numbers are expected"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name("main")
        .enable_all()
        .build()
        .unwrap();
    match which.as_str() {
        "billing" => runtime.block_on(billing::measure(numbers)),
        "webhooks" => runtime.block_on(webhooks::measure(numbers)),
        other => panic!("there is no measurement of {other}: billing, webhooks"),
    }
}

/// A number of hundredths with its decimal point.
fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
