//! Patterns of rules and filters.

use serde_json::{Value, json};

use crate::pattern::Pattern;

#[expect(clippy::needless_pass_by_value, reason = "reads better with literals")]
fn matches(pattern: Value, event: Value) -> bool {
    Pattern::parse(&pattern).unwrap().matches(&event)
}

#[test]
fn all_fields_have_to_match_and_any_value_of_each() {
    let pattern = json!({ "source": ["savvy", "other"], "detail": { "state": ["paid"] } });
    assert!(matches(
        pattern.clone(),
        json!({ "source": "savvy", "detail": { "state": "paid", "more": 1 } })
    ));
    assert!(!matches(
        pattern.clone(),
        json!({ "source": "savvy", "detail": { "state": "open" } })
    ));
    assert!(!matches(
        pattern.clone(),
        json!({ "source": "else", "detail": { "state": "paid" } })
    ));
    assert!(!matches(pattern, json!({ "source": "savvy" })));
}

#[test]
fn values_match_with_their_type() {
    assert!(matches(json!({ "n": [1] }), json!({ "n": 1.0 })));
    assert!(!matches(json!({ "n": [1] }), json!({ "n": "1" })));
    assert!(matches(json!({ "n": [null, true] }), json!({ "n": null })));
    assert!(!matches(json!({ "n": [null] }), json!({})));
    assert!(matches(
        json!({ "tags": ["b"] }),
        json!({ "tags": ["a", "b"] })
    ));
}

#[test]
fn text_has_tests() {
    let holds = |test: Value, text: &str| matches(json!({ "t": [test] }), json!({ "t": text }));
    assert!(holds(json!({ "prefix": "inv" }), "invoice"));
    assert!(!holds(json!({ "prefix": "inv" }), "an invoice"));
    assert!(holds(json!({ "suffix": ".paid" }), "invoice.paid"));
    assert!(holds(json!({ "equals-ignore-case": "PAID" }), "paid"));
    assert!(holds(json!({ "wildcard": "inv*.pa*" }), "invoice.paid"));
    assert!(!holds(json!({ "wildcard": "inv*.pa" }), "invoice.paid"));
    assert!(holds(json!({ "anything-but": ["a", "b"] }), "c"));
    assert!(!holds(json!({ "anything-but": "a" }), "a"));
    assert!(!holds(
        json!({ "anything-but": { "prefix": "test." } }),
        "test.ping"
    ));
}

#[test]
fn numbers_have_ranges() {
    let pattern = json!({ "n": [{ "numeric": [">", 0, "<=", 5] }] });
    for (number, expected) in [
        (json!(0), false),
        (json!(0.5), true),
        (json!(5), true),
        (json!(6), false),
        (json!("3"), false),
    ] {
        assert_eq!(
            matches(pattern.clone(), json!({ "n": number })),
            expected,
            "{number}"
        );
    }
    assert!(matches(
        json!({ "n": [{ "numeric": ["=", 300] }] }),
        json!({ "n": 3.0e2 })
    ));
}

#[test]
fn only_leaves_exist() {
    let exists = |exists: bool, event: Value| {
        matches(json!({ "a": { "b": [{ "exists": exists }] } }), event)
    };
    assert!(exists(true, json!({ "a": { "b": 1 } })));
    assert!(exists(true, json!({ "a": { "b": null } })));
    assert!(!exists(true, json!({ "a": { "b": { "c": 1 } } })));
    assert!(!exists(true, json!({ "a": {} })));
    assert!(exists(false, json!({ "a": {} })));
    assert!(exists(false, json!({})));
    assert!(!exists(false, json!({ "a": { "b": 1 } })));
}

#[test]
fn objects_in_arrays_match_one_at_a_time() {
    let pattern = json!({ "lines": { "sku": ["x"], "quantity": [2] } });
    let line = |sku: &str, quantity: u8| json!({ "sku": sku, "quantity": quantity });
    assert!(matches(
        pattern.clone(),
        json!({ "lines": [line("y", 1), line("x", 2)] })
    ));
    assert!(!matches(
        pattern,
        json!({ "lines": [line("x", 1), line("y", 2)] })
    ));
}

#[test]
fn alternatives_are_written_with_or() {
    let pattern = json!({ "source": ["savvy"], "$or": [{ "kind": ["a"] }, { "size": [{ "numeric": [">", 9] }] }] });
    assert!(matches(
        pattern.clone(),
        json!({ "source": "savvy", "kind": "a" })
    ));
    assert!(matches(
        pattern.clone(),
        json!({ "source": "savvy", "kind": "b", "size": 10 })
    ));
    assert!(!matches(pattern, json!({ "source": "savvy", "kind": "b" })));
}

#[test]
fn what_is_not_understood_is_refused() {
    for pattern in [
        json!([]),
        json!({ "a": "text" }),
        json!({ "a": [{ "cidr": "10.0.0.0/8" }] }),
        json!({ "a": [{ "numeric": ["~", 1] }] }),
        json!({ "a": [{ "prefix": "x", "suffix": "y" }] }),
    ] {
        assert!(Pattern::parse(&pattern).is_err(), "{pattern}");
    }
}
