//! Wholesale members: created, found and changed in every format, by their own partner alone.

use http::Method;
use serde_json::{Value, json};
use testkit::World;

use super::{FORM, XML, caller, form, get, post};

fn user(email: &str, id: &str) -> Value {
    json!({
        "id": id, "email": email, "username": null, "first_name": "testFirst", "last_name": "TestLast",
        "date_of_birth": "1970-07-25", "gender": "Female", "status": "active", "member_type": "wholesale",
        "braintree_customer_id": null, "created_at": "2026-01-15T12:00:00Z", "updated_at": "2026-01-15T12:00:00Z",
        "address_attributes": {
            "address1": "123 fk st", "address2": null, "address3": null, "address_type": null, "city": "Salt Lake City",
            "county": null, "state": "UT", "zipcode": "84101", "country": "United States of America", "phone": "8015555555",
        },
    })
}

#[tokio::test]
async fn a_form_makes_a_member_that_v3_sees_as_a_customer() {
    let world = World::new().await;
    let token = world.partner("Acme Wholesale", 3).await;
    let api = caller(&world);
    let body = form(&token, "Test@example.com");
    let answer = post(&api, "create_wholesale_member", FORM, &body).await;
    answer.expect(200);
    let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
    let want = json!({
        "message": "User Test@example.com created by Acme Wholesale", "user": user("Test@example.com", &id),
    });
    assert_eq!(answer.body, want);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(!answer.headers.contains_key("deprecation"));
    let customer = api.get(&format!("/v3/customers/{id}")).await;
    customer.expect(200);
    assert_eq!(customer.text_of("email"), "Test@example.com");
    assert_eq!(customer.text_of("phone"), "8015555555");
    let wanted = format!("authentication_token={token}&user[email]=test@EXAMPLE.com");
    let found = post(&api, "find_member", FORM, &wanted).await;
    assert_eq!(
        *found.expect(200),
        json!({ "user": user("Test@example.com", &id) })
    );
    let rename = json!({ "first_name": "Renamed" });
    api.patch(&format!("/v3/customers/{id}"), rename)
        .await
        .expect(200);
    let found = get(&api, &format!("find_member?{wanted}")).await;
    found.expect(200);
    assert_eq!(found.body["user"]["first_name"], "Renamed");
    assert!(
        found.headers["warning"]
            .to_str()
            .unwrap()
            .starts_with("299 ")
    );
    assert!(found.headers.contains_key("deprecation"));
}

/// As the shell leaves the document's example: without the quotes of its declaration, and with a user name that is there twice.
const MEMBER: &str = "<?xml version=1.0 encoding=UTF-8 ?> <user> <email>xml@example.com</email> <password>pass1234</password> \
        <first_name>testFirst</first_name> <last_name>TestLast</last_name> <username>apitester</username> \
        <username>last wins</username> <status>active</status> <date_of_birth>1970-07-25</date_of_birth> <gender>Female</gender> \
        <address_attributes> <address1>123 fk st</address1> <address2></address2> <city>Salt Lake City</city> \
        <phone>8015555555</phone> <state>UT</state> <zipcode>84101</zipcode> </address_attributes> </user> ";

/// The answer in XML, as Rails writes it.
fn printed(id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <message>User xml@example.com created by Acme</message>\n  <user>\n    \
         <id>{id}</id>\n    <email>xml@example.com</email>\n    <username>last wins</username>\n    \
         <first_name>testFirst</first_name>\n    <last_name>TestLast</last_name>\n    <date_of_birth>1970-07-25</date_of_birth>\n    \
         <gender>Female</gender>\n    <status>active</status>\n    <member_type>wholesale</member_type>\n    \
         <braintree_customer_id nil=\"true\"/>\n    <created_at>2026-01-15T12:00:00Z</created_at>\n    \
         <updated_at>2026-01-15T12:00:00Z</updated_at>\n    <address_attributes>\n      <address1>123 fk st</address1>\n      \
         <address2 nil=\"true\"/>\n      <address3 nil=\"true\"/>\n      <address_type nil=\"true\"/>\n      \
         <city>Salt Lake City</city>\n      <county nil=\"true\"/>\n      <state>UT</state>\n      <zipcode>84101</zipcode>\n      \
         <country>United States of America</country>\n      <phone>8015555555</phone>\n    </address_attributes>\n  </user>\n</hash>\n"
    )
}

#[tokio::test]
async fn every_format_makes_the_same_member_and_is_answered_in_its_own() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let query = form(&token, "query@example.com").replace(' ', "%20");
    let by_query = get(&api, &format!("create_wholesale_member?{query}")).await;
    by_query.expect(200);
    let encoded = form(&token, "form@example.com")
        .replace('[', "%5B")
        .replace(']', "%5D")
        .replace(' ', "+");
    let by_form = post(&api, "create_wholesale_member", FORM, &encoded).await;
    by_form.expect(200);
    let block = |email: &str| {
        json!({
            "email": email, "password": "pass1234", "first_name": "testFirst", "last_name": "TestLast", "status": "active",
            "date_of_birth": "1970-07-25", "gender": "Female", "address_attributes": {
                "address_1": "123 fk st", "address2": "", "city": "Salt Lake City", "state": "ut", "zipcode": 84101, "county": "",
                "phone": "8015555555" },
        })
    };
    let body =
        json!({ "authentication_token": token, "user": block("json@example.com") }).to_string();
    let by_json = post(&api, "create_wholesale_member", "application/json", &body).await;
    by_json.expect(200);
    let path = format!("create_wholesale_member?authentication_token={token}");
    let by_xml = post(&api, &path, XML, MEMBER).await;
    assert_eq!(by_xml.status, 200, "{}", by_xml.text);
    for (answer, email) in [
        (&by_query, "query@example.com"),
        (&by_form, "form@example.com"),
        (&by_json, "json@example.com"),
    ] {
        let id = answer.body["user"]["id"].as_str().unwrap();
        assert_eq!(answer.body["user"], user(email, id));
    }
    assert_eq!(
        by_xml.headers["content-type"],
        "application/xml; charset=utf-8"
    );
    let id = by_xml
        .text
        .split("<id>")
        .nth(1)
        .unwrap()
        .split("</id>")
        .next()
        .unwrap();
    let want = printed(id);
    assert_eq!(by_xml.text, want);
    // What is answered in XML is found in JSON, where that is asked for.
    let find = "<user><email>xml@example.com</email></user>";
    let path = format!("find_member?authentication_token={token}");
    let found = post(&api, &path, XML, find).await;
    assert!(
        found
            .text
            .starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<user>\n"),
        "{}",
        found.text
    );
    let found = post(
        &api.with_header("accept", "application/json"),
        &path,
        XML,
        find,
    )
    .await;
    assert_eq!(found.expect(200)["user"]["username"], "last wins");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_frees_old_names() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let body = form(&token, "a@example.com") + "&user[username]=Tester";
    let made = post(&api, "create_wholesale_member", FORM, &body).await;
    let mut want = made.expect(200)["user"].clone();
    let phone = format!(
        "authentication_token={token}&email=a@example.com&user[address_attributes][phone]=1 (404) 555-0123"
    );
    let answer = post(&api, "update_wholesale_member", FORM, &phone).await;
    want["address_attributes"]["phone"] = json!("1 (404) 555-0123");
    assert_eq!(answer.expect(200)["user"], want);
    let xml = "<user><email>b@example.com</email><username>Other</username><status>banned</status></user>";
    let path = format!("update_wholesale_member?authentication_token={token}&email=a@example.com");
    let answer = post(&api, &path, XML, xml).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(
        answer
            .text
            .contains("<message>User b@example.com created by Acme</message>")
    );
    let gone = format!("find_member?authentication_token={token}&user[email]=a@example.com");
    get(&api, &gone).await.expect(404);
    let found = get(&api, &gone.replace("=a@", "=b@")).await;
    want["email"] = json!("b@example.com");
    want["username"] = json!("Other");
    want["status"] = json!("banned");
    assert_eq!(found.expect(200)["user"], want);
    // Names that were given up are anybody's, and spelling one's own otherwise takes nothing away.
    let again = form(&token, "a@example.com") + "&user[username]=tester";
    post(&api, "create_wholesale_member", FORM, &again)
        .await
        .expect(200);
    let own = format!("authentication_token={token}&email=b@example.com&user[email]=B@Example.com");
    post(&api, "update_wholesale_member", FORM, &own)
        .await
        .expect(200);
    let others = form(&token, "b@EXAMPLE.com") + "&user[username]=OTHER";
    let answer = post(&api, "create_wholesale_member", FORM, &others).await;
    let want = json!({
        "error": "Validation failed: Email has already been taken, Username has already been taken",
        "errors": { "email": ["has already been taken"], "username": ["has already been taken"] },
    });
    assert_eq!(*answer.expect(422), want);
}

#[tokio::test]
async fn nobody_else_finds_or_changes_a_member() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let stranger = world.partner("Other", 4).await;
    let api = caller(&world);
    post(
        &api,
        "create_wholesale_member",
        FORM,
        &form(&token, "a@example.com"),
    )
    .await
    .expect(200);
    let wanted = |token: &str, email: &str| {
        format!("authentication_token={token}&email={email}&user[email]={email}")
    };
    for path in ["find_member", "update_wholesale_member"] {
        let foreign = post(&api, path, FORM, &wanted(&stranger, "a@example.com")).await;
        let absent = post(&api, path, FORM, &wanted(&token, "nobody@example.com")).await;
        assert_eq!(*foreign.expect(404), json!({ "error": "Not found" }));
        assert_eq!(foreign.text, absent.text);
    }
    // A wholesale member is no member of a call center.
    let other = wanted(&token, "a@example.com");
    post(&api, "update_call_center_member", FORM, &other)
        .await
        .expect(404);
    let refused = json!({ "error": "Your authentication token is missing or invalid" });
    for token in ["", "unknown_token", &world.ours.test_key] {
        let answer = post(&api, "find_member", FORM, &wanted(token, "a@example.com")).await;
        assert_eq!(*answer.expect(401), refused);
    }
    let answer = post(
        &api,
        "find_member",
        XML,
        "<user><email>a@example.com</email></user>",
    )
    .await;
    assert_eq!(answer.status, 401);
    assert!(
        answer
            .text
            .contains("<error>Your authentication token is missing or invalid</error>"),
        "{}",
        answer.text
    );
    // A token opens no other door.
    let door = api.with_key(&token);
    door.get("/v3/customers").await.expect(401);
}

#[tokio::test]
async fn one_key_makes_one_member_in_any_format() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world).idempotent("k-1");
    let query = form(&token, "a@example.com").replace(' ', "%20");
    let path = format!("/api/v1/create_wholesale_member?{query}");
    let first = api.send_as(Method::GET, &path, "", b"").await;
    first.expect(200);
    let again = api
        .with_header("accept", "application/xml")
        .send_as(Method::GET, &path, "", b"")
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert!(
        again.text.contains("<email>a@example.com</email>"),
        "{}",
        again.text
    );
    let other = path.replace("=a@", "=b@");
    let other = api.send_as(Method::GET, &other, "", b"").await;
    other.expect(422);
}

#[tokio::test]
async fn a_deleted_customer_is_no_member() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let made = post(
        &api,
        "create_wholesale_member",
        FORM,
        &form(&token, "a@example.com"),
    )
    .await;
    let id = made.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    api.delete(&format!("/v3/customers/{id}")).await.expect(200);
    let find = format!("find_member?authentication_token={token}&user[email]=a@example.com");
    get(&api, &find).await.expect(404);
    // Its names are free again.
    post(
        &api,
        "create_wholesale_member",
        FORM,
        &form(&token, "a@example.com"),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn enrolling_finding_and_changing_cost_what_they_say() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    // The credential is remembered from the first request on.
    get(
        &api,
        &format!("find_member?authentication_token={token}&email=x@example.com"),
    )
    .await
    .expect(404);
    let mut found = Vec::new();
    let find = format!("authentication_token={token}&user[email]=a@example.com");
    let phone = format!(
        "authentication_token={token}&email=a@example.com&user[address_attributes][phone]=8015555556"
    );
    let rename =
        format!("authentication_token={token}&email=a@example.com&user[email]=b@example.com");
    for (path, body) in [
        ("create_wholesale_member", form(&token, "a@example.com")),
        ("find_member", find),
        ("update_wholesale_member", phone),
        ("update_wholesale_member", rename),
    ] {
        world.meter.take();
        post(&api, path, FORM, &body).await.expect(200);
        let units = world.meter.take();
        found.push((units.read_tenths, units.write_tenths));
    }
    assert_eq!(found, [(55, 130), (30, 0), (40, 40), (70, 100)]);
}

#[tokio::test]
async fn an_address_that_two_want_at_once_is_one_s() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = caller(&world);
    let body = form(&token, "a@example.com");
    let (one, other) = tokio::join!(
        post(&api, "create_wholesale_member", FORM, &body),
        post(&api, "create_wholesale_member", FORM, &body)
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422], "{} {}", one.text, other.text);
    let members = world.dump();
    let members = members.iter().filter(|item| item["et"]["S"] == "member");
    assert_eq!(members.count(), 1);
}

#[tokio::test]
async fn a_stranger_s_member_costs_what_nobody_costs() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let stranger = world.partner("Other", 4).await;
    let api = caller(&world);
    let body = form(&token, "a@example.com");
    post(&api, "create_wholesale_member", FORM, &body)
        .await
        .expect(200);
    let find = |email: &str| format!("find_member?authentication_token={stranger}&email={email}");
    get(&api, &find("x@example.com")).await.expect(404);
    let mut told = Vec::new();
    for email in ["a@example.com", "nobody@example.com"] {
        world.meter.take();
        get(&api, &find(email)).await.expect(404);
        let units = world.meter.take();
        told.push((units.read_tenths, units.round_trips()));
    }
    // One after the other: the name, then a record, whether there is one or not.
    assert_eq!(told[0].1, told[1].1, "{told:?}");
}
