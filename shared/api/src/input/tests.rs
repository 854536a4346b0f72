//! Reading fields.

use super::*;

#[derive(Debug, Input)]
struct Card {
    #[input(chars = 1..=19)]
    number: String,
}

#[derive(Debug, Input)]
struct Row {
    #[input(range = 0..=9)]
    n: u32,
}

fn errors(body: &str, read: impl FnOnce(&mut Fields<'_>)) -> Vec<(String, &'static str)> {
    let mut fields = Fields::from_json(body.as_bytes()).unwrap();
    read(&mut fields);
    fields
        .finish()
        .fields
        .into_iter()
        .map(|error| (error.pointer, error.code))
        .collect()
}

#[test]
fn every_wrong_field_is_named() {
    let body =
        r#"{"amount":"5000","currency":"dollars","email":"no","customer_idd":"x","unrelated":1}"#;
    let got = errors(body, |fields| {
        assert_eq!(fields.minor("amount", 1).required(fields), None);
        fields.currency("currency").required(fields);
        fields.email("email").optional();
        fields
            .id::<models::ids::Customer>("customer_id")
            .required(fields);
    });
    let want = [
        ("/amount", "invalid_type"),
        ("/currency", "invalid_currency"),
        ("/email", "invalid_email"),
        ("/customer_id", "required"),
        ("/customer_idd", "unknown_field"),
    ];
    assert_eq!(got, want.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn what_nobody_asked_for_is_an_error_unless_it_asks_for_nothing() {
    let read = |fields: &mut Fields<'_>| {
        fields.email("email").optional();
    };
    let one = |pointer: &str, code| vec![(pointer.to_owned(), code)];
    assert_eq!(
        errors(r#"{"email":"a@example.com","other":1}"#, read),
        one("/other", "unknown_field")
    );
    assert_eq!(errors(r#"{"other":null}"#, read), []);
    assert_eq!(
        errors(r#"{"emial":null}"#, read),
        one("/emial", "unknown_field")
    );
    // Not all may have been asked for yet.
    assert_eq!(
        errors(r#"{"email":"no","other":1}"#, read),
        one("/email", "invalid_email")
    );
    let queried = |query: &str, lenient| {
        let mut fields = Fields::from_query(query).leniently(lenient);
        read(&mut fields);
        let errors = fields.finish().fields.into_iter();
        errors
            .map(|error| (error.pointer, error.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(queried("other=", false), one("?other", "unknown_parameter"));
    assert_eq!(queried("email=", false), one("?email", "empty"));
    assert_eq!(queried("email=&other=1", true), []);
}

#[test]
fn an_amount_is_a_whole_number_within_bounds() {
    for bad in [
        "0.1",
        "1e-3",
        "1e99",
        "99.99",
        "0",
        "-1",
        "99999999999999999999",
        "true",
        "\"1\"",
        "[]",
    ] {
        assert_eq!(
            errors(&format!("{{\"amount\":{bad}}}"), |f| {
                f.minor("amount", 1).required(f);
            })
            .len(),
            1,
            "{bad}"
        );
    }
    for good in ["99999999999999", "1.0", "1e3"] {
        let body = format!("{{\"amount\":{good}}}");
        let wrong = errors(&body, |f| {
            assert!(f.minor("amount", 1).required(f).is_some(), "{good}");
        });
        assert!(wrong.is_empty(), "{good}");
    }
}

#[test]
fn nested_fields_are_named_by_their_path() {
    let got = errors(r#"{"card":{"number":5}}"#, |fields| {
        let card = fields.input::<Card>("card").required(fields);
        assert_eq!(card.map(|card| card.number), None);
    });
    assert_eq!(got, [("/card/number".to_owned(), "invalid_type")]);
}

#[test]
fn decimals_are_exact() {
    let mut fields = Fields::from_json(br#"{"quantity":0.1}"#).unwrap();
    assert_eq!(
        fields
            .decimal("quantity")
            .required(&mut fields)
            .unwrap()
            .to_string(),
        "0.1"
    );
    for bad in ["0.1234567", "1000000000000", "\"1\"", "1e30", "null"] {
        assert_eq!(
            errors(&format!("{{\"q\":{bad}}}"), |f| {
                f.decimal("q").required(f);
            })
            .len(),
            1,
            "{bad}"
        );
    }
}

#[test]
fn what_is_no_object_does_not_come_back() {
    let error = Fields::from_json(b"4242424242424242").unwrap_err();
    assert!(!format!("{error:?}").contains("4242"), "{error:?}");
}

#[test]
fn what_is_no_object_is_no_body() {
    for bad in ["", "[]", "1", "{", "{\"a\":1}x", "\u{0}"] {
        assert!(Fields::from_json(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_percentage_is_read_from_its_digits() {
    let read = |value: &str, positive| {
        let body = format!("{{\"p\":{value}}}");
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        let read = fields.percentage("p", positive).required(&mut fields);
        let codes: Vec<&str> = fields.finish().fields.iter().map(|f| f.code).collect();
        (read.map(|percentage| percentage.to_string()), codes)
    };
    for (value, want) in [
        ("25", "25"),
        ("12.50", "12.5"),
        ("\"12.5\"", "12.5"),
        ("0.0001", "0.0001"),
        ("33.3333", "33.3333"),
        ("1e2", "100"),
        ("100.0000", "100"),
    ] {
        assert_eq!(
            read(value, true),
            (Some(want.to_owned()), vec![]),
            "{value}"
        );
    }
    assert_eq!(read("0", false).0.as_deref(), Some("0"));
    assert_eq!(read("-0", false).0.as_deref(), Some("0"));
    for value in [
        "0",
        "-1",
        "100.0001",
        "0.00001",
        "1e3",
        "1e-99",
        "123456789012345678901234567890",
    ] {
        assert_eq!(read(value, true), (None, vec!["out_of_range"]), "{value}");
    }
    for value in [
        "true", "[]", "\"\"", "\"a\"", "\"1_0\"", "\" 1\"", "\"+1\"", "\".5\"", "{}",
    ] {
        assert_eq!(read(value, true), (None, vec!["invalid_type"]), "{value}");
    }
}

#[test]
fn a_list_of_counts_names_what_is_wrong_with_it() {
    let read = |value: &str| {
        let body = format!("{{\"days\":{value}}}");
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        let read = fields.counts("days", 3, 1..=60).optional();
        let codes: Vec<&str> = fields.finish().fields.iter().map(|f| f.code).collect();
        (read, codes)
    };
    assert_eq!(read("[1, 60]"), (Some(vec![1, 60]), vec![]));
    assert_eq!(read("[]"), (Some(vec![]), vec![]));
    for (value, code) in [
        ("[1,2,3,4]", "too_many"),
        ("[0]", "invalid_entry"),
        ("[61]", "invalid_entry"),
        ("[-1]", "invalid_entry"),
        ("[99999999999]", "invalid_entry"),
        ("[1.5]", "invalid_type"),
        ("[\"1\"]", "invalid_type"),
        ("1", "invalid_type"),
        ("[null]", "invalid_type"),
    ] {
        assert_eq!(read(value), (None, vec![code]), "{value}");
    }
}

#[test]
fn a_country_is_two_letters() {
    let read = |value: &str| {
        let body = format!("{{\"country\":{value}}}");
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        fields.country("country").optional()
    };
    assert_eq!(read("\"gb\"").as_deref(), Some("GB"));
    for value in ["\"GBR\"", "\"G\"", "\"\"", "\"12\"", "1"] {
        assert_eq!(read(value), None, "{value}");
    }
}

#[test]
fn a_list_of_objects_names_every_wrong_field_of_every_entry() {
    let read = |body: &str| {
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        let rows = fields.inputs::<Row>("rows", 1..=3);
        let rows = rows.required(&mut fields);
        let rows = rows.map(|rows| rows.iter().map(|row| row.n).collect::<Vec<_>>());
        let wrong = fields.finish().fields.into_iter();
        let wrong = wrong.map(|field| format!("{} {}", field.pointer, field.code));
        (rows, wrong.collect::<Vec<_>>())
    };
    assert_eq!(
        read(r#"{"rows":[{"n":1},{"n":2}]}"#),
        (Some(vec![1, 2]), vec![])
    );
    for (body, wrong) in [
        (
            r#"{"rows":[{"n":1},{"n":10},{},7,{"n":1}]}"#,
            vec!["/rows too_many"],
        ),
        (
            r#"{"rows":[{"n":10},{},7]}"#,
            vec![
                "/rows/0/n out_of_range",
                "/rows/1/n required",
                "/rows/2 invalid_type",
            ],
        ),
        (
            r#"{"rows":[{"n":1,"nn":2}]}"#,
            vec!["/rows/0/nn unknown_field"],
        ),
        (r#"{"rows":[]}"#, vec!["/rows too_few"]),
        (r#"{"rows":{}}"#, vec!["/rows invalid_type"]),
        (r#"{"rows":null}"#, vec!["/rows required"]),
        (
            r#"{"row":[]}"#,
            vec!["/rows required", "/row unknown_field"],
        ),
    ] {
        assert_eq!(
            read(body),
            (None, wrong.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
}

#[test]
fn every_wrong_text_of_a_map_is_named_by_its_own_name() {
    let read = |body: &str| {
        errors(body, |fields| {
            let short = |_: &str, text: &str| match text.len() {
                0..=3 => Ok(()),
                _ => Err("is too long".to_owned()),
            };
            drop(fields.texts("headers", 3, short).optional());
        })
    };
    assert!(read(r#"{"headers":{"a":"x","b":""}}"#).is_empty());
    let wrong = [
        (
            r#"{"headers":{"a":"long","b":"x","c/~":"longer"}}"#,
            vec![
                ("/headers/a", "invalid_entry"),
                ("/headers/c~1~0", "invalid_entry"),
            ],
        ),
        (
            r#"{"headers":{"a":"","b":"","c":"","d":""}}"#,
            vec![("/headers", "too_many")],
        ),
        (r#"{"headers":{"a":1}}"#, vec![("/headers", "invalid_type")]),
        (r#"{"headers":["a"]}"#, vec![("/headers", "invalid_type")]),
    ];
    for (body, want) in wrong {
        let want: Vec<(String, &str)> = want
            .into_iter()
            .map(|(pointer, code)| (pointer.to_owned(), code))
            .collect();
        assert_eq!(read(body), want, "{body}");
    }
}
