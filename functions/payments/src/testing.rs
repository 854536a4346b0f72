//! What the tests of several operations need.

use providers::gateway::TEST_CARDS;
use serde_json::{Value, json};
use testkit::World;

use models::payments::card_number;

/// A security code that is found nowhere by chance.
pub(crate) const CVC: &str = "8391";

/// The last thing that a run did before it died.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Last {
    /// It wrote down what it was about to do.
    Begun,
    /// It asked the gateway.
    Asked,
    /// It wrote the gateway's answer down, but did not answer its caller.
    Resolved,
}

impl Last {
    /// How often the gateway has been asked when the next run is done.
    pub(crate) const CASES: [(Self, u32); 3] =
        [(Self::Begun, 1), (Self::Asked, 2), (Self::Resolved, 1)];
}

/// A card as its holder types it.
pub(crate) fn card(number: &str) -> Value {
    json!({ "number": number, "exp_month": 12, "exp_year": 2027, "cvc": CVC })
}

/// A new customer's id.
pub(crate) async fn customer(world: &World) -> String {
    let body = json!({ "email": "test@example.com" });
    let answer = world.call(crm::routes()).post("/v3/customers", body).await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// The customer as it is.
pub(crate) async fn read_customer(world: &World, id: &str) -> Value {
    let answer = world
        .call(crm::routes())
        .get(&format!("/v3/customers/{id}"))
        .await;
    answer.expect(200).clone()
}

/// The id of a card attached to the customer.
pub(crate) async fn attached(world: &World, customer: &str, number: &str) -> String {
    let body = json!({ "customer_id": customer, "type": "card", "card": card(number) });
    let answer = world
        .call(crate::routes())
        .post("/v3/payment-methods", body)
        .await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// The body of a payment with a card.
pub(crate) fn with_card(amount: i64, number: &str) -> Value {
    json!({
        "amount": amount,
        "currency": "USD",
        "payment_method": { "type": "card", "card": card(number) },
    })
}

/// The id of a payment that succeeded.
pub(crate) async fn paid(world: &World, amount: i64) -> String {
    let answer = world
        .call(crate::routes())
        .post("/v3/payments", with_card(amount, "4242424242424242"))
        .await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// Neither the table nor any of the answers has a card number or a security code in it.
#[track_caller]
pub(crate) fn assert_no_card_number(world: &World, answers: &[String]) {
    let dump = world.dump();
    let mut texts: Vec<String> = dump.iter().map(Value::to_string).collect();
    // Ids of events are numbers, of which one in ten looks like that of a card.
    let mut ids = Vec::new();
    for item in &dump {
        let stamps: Vec<Value> =
            serde_json::from_str(item["ev"]["S"].as_str().unwrap_or("[]")).unwrap();
        ids.extend(stamps.iter().map(|stamp| stamp["id"].to_string()));
    }
    texts.extend_from_slice(answers);
    for text in texts {
        for test in TEST_CARDS {
            assert!(!text.contains(test.number), "{text}");
        }
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            assert_ne!(word, CVC, "{text}");
            // Sort keys are ids with zeros before them, which no card number has.
            let id = word.starts_with('0') || ids.iter().any(|id| id == word);
            let number = card_number::is_plausible(word) && !id;
            assert!(!number, "{word} in {text}");
        }
    }
}

/// The types of the events that the items of the table carry, in alphabetical order.
pub(crate) fn events(world: &World) -> Vec<String> {
    let mut types = Vec::new();
    for item in world.dump() {
        let stamps = item["ev"]["S"].as_str().unwrap_or("[]");
        let stamps: Vec<Value> = serde_json::from_str(stamps).unwrap();
        types.extend(
            stamps
                .iter()
                .map(|stamp| stamp["t"].as_str().unwrap().to_owned()),
        );
    }
    types.sort();
    types
}
