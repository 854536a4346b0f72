//! `local trigger` beside a running product.

use std::collections::BTreeSet;

use models::event::EventType;

use super::listen::Product;
use crate::Error;
use crate::caller::{rows, text};
use crate::listen::Listen;
use crate::terminal::Terminal;
use crate::trigger::{Trigger, scenarios, trigger};

async fn run(product: &Product, event: &str) -> Result<Vec<String>, Error> {
    let terminal = Terminal::kept();
    let options = Trigger {
        event: Some(event.to_owned()),
        list: false,
        port: product.port(),
    };
    trigger(&options, &terminal).await?;
    Ok(terminal.lines())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_ends_with_its_event_in_the_log() {
    let product = Product::start().await;
    for scenario in scenarios::ALL {
        let kind = scenario.event.as_str();
        let lines = run(&product, kind).await;
        let lines = lines.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let id = lines.last().unwrap().strip_prefix(&format!("{kind}  "));
        let path = format!("/v3/events/{}", id.unwrap());
        let event = product.caller.get(&path).await.unwrap();
        assert_eq!(text(&event, "/type"), kind);
        // It tells of something that a call before made, and says so.
        let object = text(&event, "/data/object/id");
        assert!(
            lines.iter().any(|line| line.contains(&object)),
            "{kind}: {lines:#?}"
        );
    }
}

#[test]
fn no_type_has_two_scenarios_and_no_card_is_used_but_those_of_the_sandbox() {
    let kinds: BTreeSet<&str> = scenarios::ALL
        .iter()
        .map(|scenario| scenario.event.as_str())
        .collect();
    assert_eq!(kinds.len(), scenarios::ALL.len());
    let source = include_str!("../trigger/steps.rs");
    let tour = include_str!("../../../../docs/tours/subscription.md");
    let numbers = source
        .split("\"number\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    let numbers: Vec<&str> = numbers.collect();
    assert!(!numbers.is_empty());
    for number in numbers {
        assert!(
            tour.contains(&format!("| {number} |")),
            "{number} is no documented sandbox card"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_scenario_those_who_listen_are_sent_a_test_event() {
    let product = Product::start().await;
    let kind = EventType::OrderFulfilled.as_str();
    let Err(Error::NobodyListens { kind: nobody, .. }) = run(&product, kind).await else {
        panic!("nobody listens");
    };
    assert_eq!(nobody, kind);
    let deaf = product.listen(product.options()).await;
    let options = Listen {
        events: vec!["order.*".to_owned()],
        ..product.options()
    };
    let listening = product.listen(options).await;
    let lines = run(&product, kind).await.unwrap();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("test event"));
    let event = lines[1].split_whitespace().last().unwrap();
    listening.until_said(&format!("--> {kind}  {event}")).await;
    assert!(
        !deaf
            .terminal
            .lines()
            .iter()
            .any(|line| line.contains(event))
    );
    let list = product
        .caller
        .get("/v3/events?type=order.fulfilled")
        .await
        .unwrap();
    assert_eq!(rows(&list, "/data").count(), 1);
}

#[tokio::test]
async fn an_unknown_type_is_answered_with_the_nearest_before_anything_is_asked() {
    let terminal = Terminal::kept();
    let options = Trigger {
        event: Some("invoice.payed".to_owned()),
        list: false,
        port: 1,
    };
    let error = trigger(&options, &terminal).await.unwrap_err().to_string();
    assert!(error.contains("The nearest are invoice.paid, "), "{error}");
}

#[tokio::test]
async fn the_list_has_every_type() {
    let terminal = Terminal::kept();
    let options = Trigger {
        event: None,
        list: true,
        port: 1,
    };
    trigger(&options, &terminal).await.unwrap();
    let lines = terminal.lines();
    assert_eq!(lines.len(), EventType::ALL.len());
    assert!(
        lines
            .iter()
            .any(|line| line == "customer.created            POST /v3/customers")
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("order.fulfilled ") && line.contains("test event"))
    );
}
