//! Every rule of every field, good and bad, in every format.

use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use super::{FORM, XML, caller, get, post};

/// A field, good values, and bad ones with what is said of them.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// Fields of the address begin with a dot.
const CASES: &[Case] = &[
    (
        "email",
        &["a.B%c+d-e_1@x-y.Example.co"],
        &[
            ("", "can't be blank"),
            ("nobody", "is invalid"),
            ("a@b", "is invalid"),
            ("a@b.c", "is invalid"),
        ],
    ),
    (
        "password",
        &["123456", "  12  "],
        &[("12345", "is too short (minimum is 6 characters)")],
    ),
    ("first_name", &["Łukasz"], &[("", "can't be blank")]),
    (
        "last_name",
        &["O'Neil & Sons <3"],
        &[("", "can't be blank")],
    ),
    ("username", &["some name"], &[]),
    (
        "date_of_birth",
        &["1970-07-25", "2000-02-29"],
        &[
            ("25.07.1970", "is invalid"),
            ("1999-02-29", "is invalid"),
            ("1970-7-5", "is invalid"),
            ("yesterday", "is invalid"),
        ],
    ),
    (
        "gender",
        &["Male", "Female", "Prefer not to say"],
        &[
            ("male", "is not included in the list"),
            ("x", "is not included in the list"),
        ],
    ),
    (
        "status",
        &["active", "inactive", "banned"],
        &[
            ("Active", "is not included in the list"),
            ("deleted", "is not included in the list"),
        ],
    ),
    (
        ".address1",
        &["1 + 1 = 2 & more"],
        &[("", "can't be blank")],
    ),
    (".address2", &["Apt. #5"], &[]),
    (".address3", &["c/o"], &[]),
    (".city", &["Salt Lake City"], &[("", "can't be blank")]),
    (
        ".state",
        &["UT", "dc", "PR"],
        &[
            ("", "can't be blank"),
            ("Utah", "is not included in the list"),
            ("XX", "is not included in the list"),
        ],
    ),
    (
        ".zipcode",
        &["84101", "84101-1234"],
        &[("", "can't be blank")],
    ),
    (
        ".country",
        &["United States", "United States of America", "USA"],
        &[("Canada", "is not included in the list")],
    ),
    (
        ".phone",
        &[
            "14045550123",
            "1-4045550123",
            "(1)4045550123",
            "(1)-4045550123",
            "1 4045550123",
            "1 -4045550123",
            "1 - 4045550123",
            "(1) 4045550123",
            "(1) -4045550123",
            "(1) - 4045550123",
            "4045550123",
            "1 (404)5550123",
            "1 (404) 5550123",
            "1 (404)-5550123",
            "1 (404) - 5550123",
            "1 (404) 555-0123",
            "1 (404) 555 - 0123",
        ],
        &[
            ("", "can't be blank"),
            ("0045550123", "is invalid"),
            ("1145550123", "is invalid"),
            ("4040550123", "is invalid"),
            ("801555555", "is invalid"),
        ],
    ),
];

fn good(email: &str) -> Value {
    json!({
        "email": email, "first_name": "Testfirst", "last_name": "Testlast", "address_attributes": {
            "address1": "123 e Main Street", "city": "Salt Lake City", "state": "UT", "zipcode": "84101", "phone": "8015554312" },
    })
}

fn encoded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| all + &format!("%{byte:02X}"))
}

fn pairs(block: &Value, prefix: &str) -> Vec<String> {
    let members = block.as_object().unwrap().iter();
    members
        .flat_map(|(name, value)| match value.as_str() {
            Some(text) => vec![format!("{prefix}[{name}]={}", encoded(text))],
            None => pairs(value, &format!("{prefix}[{name}]")),
        })
        .collect()
}

fn elements(block: &Value) -> String {
    let members = block.as_object().unwrap().iter();
    members
        .map(|(name, value)| match value.as_str() {
            Some(text) => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                format!("<{name}>{text}</{name}>")
            }
            None => format!("<{name}>{}</{name}>", elements(value)),
        })
        .collect()
}

/// The block in one of the four formats.
async fn create(api: &Call, token: &str, block: &Value, format: usize) -> Answer {
    let path = "create_wholesale_member";
    let form = format!(
        "authentication_token={token}&{}",
        pairs(block, "user").join("&")
    );
    match format {
        0 => get(api, &format!("{path}?{form}")).await,
        1 => post(api, path, FORM, &form).await,
        2 => {
            let body = json!({ "authentication_token": token, "user": block }).to_string();
            post(api, path, "application/json", &body).await
        }
        _ => {
            let api = api.with_header("accept", "application/json");
            let path = format!("{path}?authentication_token={token}");
            post(
                &api,
                &path,
                XML,
                &format!("<user>{}</user>", elements(block)),
            )
            .await
        }
    }
}

fn with(mut block: Value, field: &str, value: &str) -> Value {
    match field.strip_prefix('.') {
        Some(field) => block["address_attributes"][field] = json!(value),
        None => block[field] = json!(value),
    }
    block
}

/// Every good and every bad value of every field, in one format.
async fn every_rule_holds_in(format: usize) {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let mut count = 0;
    for (field, goods, bads) in CASES {
        for (value, message) in *bads {
            count += 1;
            let block = with(good(&format!("m{count}@example.com")), field, value);
            let answer = create(&api, &token, &block, format).await;
            let name = field.replace('.', "address.");
            let want = json!({ name.as_str(): [message] });
            assert_eq!(answer.expect(422)["errors"], want, "{field} {value}");
        }
        for value in *goods {
            count += 1;
            let block = with(good(&format!("m{count}@example.com")), field, value);
            let answer = create(&api, &token, &block, format).await;
            let user = &answer.expect(200)["user"];
            let shown = match field.strip_prefix('.') {
                Some("state") => continue,
                Some(field) => &user["address_attributes"][field],
                None if *field == "password" => continue,
                None => &user[*field],
            };
            assert_eq!(shown, value, "{field}");
        }
    }
}

#[tokio::test]
async fn every_rule_of_every_field_holds_in_the_query() {
    every_rule_holds_in(0).await;
}

#[tokio::test]
async fn every_rule_of_every_field_holds_in_a_form() {
    every_rule_holds_in(1).await;
}

#[tokio::test]
async fn every_rule_of_every_field_holds_in_json() {
    every_rule_holds_in(2).await;
}

#[tokio::test]
async fn every_rule_of_every_field_holds_in_xml() {
    every_rule_holds_in(3).await;
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_written() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let before = world.dump().len();
    let long = "x".repeat(256);
    let body = json!({ "authentication_token": token, "user": {
        "email": ["a"], "password": { "a": 1 }, "first_name": long, "username": "a\u{0}b", "address_attributes": "somewhere" } });
    let answer = post(
        &api,
        "create_wholesale_member",
        "application/json",
        &body.to_string(),
    )
    .await;
    let want = json!({
        "address": ["is invalid"], "address.address1": ["can't be blank"], "address.city": ["can't be blank"],
        "address.phone": ["can't be blank"], "address.state": ["can't be blank"], "address.zipcode": ["can't be blank"],
        "email": ["is invalid", "can't be blank"], "first_name": ["is too long (maximum is 255 characters)"],
        "last_name": ["can't be blank"], "password": ["is invalid"], "username": ["is invalid"],
    });
    assert_eq!(answer.expect(422)["errors"], want);
    assert_eq!(world.dump().len(), before);
    let answer = post(&api, "create_wholesale_member", XML, "<user>").await;
    assert_eq!(answer.status, 422);
    let want = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <error>Validation failed: is not well-formed XML</error>\n  \
                <errors>\n    <base type=\"array\">\n      <base>is not well-formed XML</base>\n    </base>\n  </errors>\n</hash>\n";
    assert_eq!(answer.text, want);
}

#[tokio::test]
async fn a_new_password_has_seven_characters() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    create(&api, &token, &good("a@example.com"), 2)
        .await
        .expect(200);
    let update = |password: &str| {
        format!("authentication_token={token}&email=a@example.com&user[password]={password}")
    };
    let answer = post(&api, "update_wholesale_member", FORM, &update("123456")).await;
    let want = json!({ "password": ["is too short (minimum is 7 characters)"] });
    assert_eq!(answer.expect(422)["errors"], want);
    post(&api, "update_wholesale_member", FORM, &update("1234567"))
        .await
        .expect(200);
    let nobody = post(
        &api,
        "update_wholesale_member",
        FORM,
        &format!("authentication_token={token}&user[status]=active"),
    )
    .await;
    assert_eq!(
        nobody.expect(422)["errors"],
        json!({ "email": ["can't be blank"] })
    );
}
