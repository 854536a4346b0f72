//! Members of call centers: the card in the vault, the subscription, the welcome, and what the call center earns.

use http::Method;
use serde_json::{Value, json};
use testkit::{Call, World};

use super::{FORM, XML, get, post};

fn caller(world: &World) -> Call {
    let routes = crate::savvi()
        .merge(crate::routes())
        .merge(billing::routes())
        .merge(crm::routes())
        .merge(payments::routes());
    world.call(axum::Router::from(routes).merge(crate::pages()))
}

/// A plan of 29.00 a month, a tenth of which is earned.
async fn settle_terms(api: &Call) {
    let plan = json!({ "id": "plan_member", "name": "Membership", "currency": "USD", "amount": 2900, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let settings = json!({ "plan_id": "plan_member", "commission_rate": 0.1 });
    let answer = api.patch("/v3/member-settings", settings).await;
    let want = json!({ "plan_id": "plan_member", "commission_rate": 0.1, "holding_days": 30, "livemode": false });
    assert_eq!(*answer.expect(200), want);
    assert_eq!(api.get("/v3/member-settings").await.body, want);
}

fn form(token: &str, email: &str, vaulted: &str) -> String {
    format!(
        "authentication_token={token}&user[email]={email}&user[first_name]=testFirst&user[last_name]=TestLast\
         &user[braintree_customer_id]={vaulted}&user[address_attributes][address1]=123 fk st\
         &user[address_attributes][city]=Salt Lake City&user[address_attributes][state]=UT\
         &user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555"
    )
}

async fn enrol(api: &Call, token: &str, email: &str, vaulted: &str) -> Value {
    let body = form(token, email, vaulted);
    let answer = post(api, "create_call_center_member", FORM, &body).await;
    answer.expect(200).clone()
}

async fn member_of(api: &Call, made: &Value) -> Value {
    let id = made["user"]["id"].as_str().unwrap().replace("cust", "mbr");
    api.get(&format!("/v3/members/{id}"))
        .await
        .expect(200)
        .clone()
}

#[tokio::test]
async fn enrolment_charges_the_vaulted_card_and_the_partner_earns() {
    let world = World::new().await;
    let token = world.partner("Call Center", 3).await;
    let api = caller(&world);
    settle_terms(&api).await;
    let absent = format!("find_member?authentication_token={token}&email=x@example.com");
    get(&api, &absent).await.expect(404);
    world.meter.take();
    let made = enrol(&api, &token, "a@example.com", "btid123").await;
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (170, 320),
        "{units:?}"
    );
    assert_eq!(made["message"], "User a@example.com created by Call Center");
    assert_eq!(made["user"]["braintree_customer_id"], "btid123");
    let member = member_of(&api, &made).await;
    assert_eq!(
        (&member["kind"], &member["partner_id"]),
        (&json!("call_center"), &json!("partner_rs_3"))
    );
    let subscription = format!(
        "/v3/subscriptions/{}",
        member["subscription_id"].as_str().unwrap()
    );
    let subscription = api.get(&subscription).await;
    assert_eq!(subscription.expect(200)["status"], "active");
    assert_eq!(subscription.body["customer_id"], made["user"]["id"]);
    let invoice = subscription.text_of("latest_invoice_id").to_owned();
    let paid = api.get(&format!("/v3/invoices/{invoice}")).await;
    assert_eq!(paid.expect(200)["amount_paid"], 2900);
    let statement = api.get("/v3/partners/partner_rs_3/statements").await;
    let sums =
        json!([{ "currency": "USD", "earned": 290, "reversed": 0, "net": 290, "available": 0 }]);
    assert_eq!(statement.expect(200)["totals"], sums);
    assert_eq!(statement.body["period"], "2026-01");
    let entry = &statement.body["entries"][0];
    let want = json!({
        "id": entry["id"], "partner_id": "partner_rs_3", "member_id": member["id"], "invoice_id": invoice, "status": "earned",
        "base": 2900, "rate": 0.1, "amount": 290, "currency": "USD", "available": false,
        "available_at": "2026-02-14T12:00:00Z", "period": "2026-01", "created": "2026-01-15T12:00:00Z", "livemode": false,
    });
    assert_eq!(*entry, want);
    let later = world.later(31 * 86_400);
    let statement = caller(&later)
        .get("/v3/partners/partner_rs_3/statements?period=2026-01")
        .await;
    assert_eq!(statement.expect(200)["totals"][0]["available"], 290);
}

#[tokio::test]
async fn money_that_goes_back_takes_the_earning_along_part_by_part() {
    let world = World::new().await;
    let token = world.partner("Call Center", 3).await;
    let api = caller(&world);
    settle_terms(&api).await;
    let made = enrol(&api, &token, "a@example.com", "btid123").await;
    let payments = api
        .get(&format!(
            "/v3/payments?customer_id={}",
            made["user"]["id"].as_str().unwrap()
        ))
        .await;
    let refunds = format!(
        "/v3/payments/{}/refunds",
        payments.body["data"][0]["id"].as_str().unwrap()
    );
    let sums = async || {
        let statement = api
            .get("/v3/partners/partner_rs_3/statements?period=2026-01")
            .await;
        let line = &statement.expect(200)["totals"][0];
        (
            line["earned"].as_i64().unwrap(),
            line["reversed"].as_i64().unwrap(),
            line["net"].as_i64().unwrap(),
        )
    };
    let one = api.idempotent("r-1");
    one.post(&refunds, json!({ "amount": 1005 }))
        .await
        .expect(201);
    one.post(&refunds, json!({ "amount": 1005 }))
        .await
        .expect(201);
    assert_eq!(sums().await, (290, 101, 189));
    api.post(&refunds, json!({})).await.expect(201);
    assert_eq!(sums().await, (290, 290, 0));
    // What nobody was enrolled for earns nobody anything.
    let customer = api
        .post("/v3/customers", json!({ "email": "b@example.com" }))
        .await;
    let card =
        json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let method = json!({ "customer_id": customer.text_of("id"), "type": "card", "card": card, "default": true });
    api.post("/v3/payment-methods", method).await.expect(201);
    let new = json!({ "customer_id": customer.text_of("id"), "plan_id": "plan_member" });
    api.post("/v3/subscriptions", new).await.expect(201);
    assert_eq!(sums().await, (290, 290, 0));
}

#[tokio::test]
async fn the_vault_decides_and_nothing_is_written_where_it_says_no() {
    let world = World::new().await;
    let token = world.partner("Call Center", 3).await;
    let api = caller(&world);
    let create = async |vaulted: &str| {
        let body = form(&token, "a@example.com", vaulted);
        post(&api, "create_call_center_member", FORM, &body).await
    };
    let answer = create("btid123").await;
    let base = "The account has no plan for members: set plan_id by PATCH /v3/member-settings";
    assert_eq!(answer.expect(422)["errors"], json!({ "base": [base] }));
    settle_terms(&api).await;
    let before = world.dump().len();
    for vaulted in ["bt_missing", "bt_nocard", "a b"] {
        let want = json!({ "braintree_customer_id": ["is invalid"] });
        assert_eq!(create(vaulted).await.expect(422)["errors"], want);
    }
    let want = json!({ "braintree_customer_id": ["can't be blank"] });
    assert_eq!(create("").await.expect(422)["errors"], want);
    let down = create("bt_down").await;
    down.expect(503);
    assert_eq!(down.headers["retry-after"], "1");
    assert_eq!(world.dump().len(), before);
    // A card that is declined later: the member is there, and its subscription waits for the money.
    let made = create("bt_declined").await.expect(200).clone();
    let member = member_of(&api, &made).await;
    let subscription = format!(
        "/v3/subscriptions/{}",
        member["subscription_id"].as_str().unwrap()
    );
    assert_eq!(
        api.get(&subscription).await.expect(200)["status"],
        "incomplete"
    );
    let statement = api.get("/v3/partners/partner_rs_3/statements").await;
    assert_eq!(statement.expect(200)["entries"], json!([]));
    // Another card is another default.
    let card = format!(
        "authentication_token={token}&email=a@example.com&user[braintree_customer_id]=btid9&user[password]=ignored"
    );
    let answer = post(&api, "update_call_center_member", FORM, &card).await;
    assert_eq!(answer.expect(200)["user"]["braintree_customer_id"], "btid9");
    let methods = api
        .get(&format!(
            "/v3/payment-methods?customer_id={}",
            made["user"]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(methods.expect(200)["data"].as_array().unwrap().len(), 2);
}

/// Has the worker send a mail twice; returns how often the provider was asked.
async fn deliver(world: &World, mail: &Value) -> Vec<u32> {
    let worker = notifications::worker(world.app.clone());
    let number: u64 = mail["id"]
        .as_str()
        .unwrap()
        .trim_start_matches("mail_rs_")
        .parse()
        .unwrap();
    let due = json!({ "pk": format!("{}#test#mail", world.ours.business.number()), "sk": format!("{number:016}"), "entity_type": "mail" });
    let event = json!({ "Records": [{ "messageId": "1", "body": due.to_string() }] });
    for _ in 0..2 {
        let event = serde_json::value::RawValue::from_string(event.to_string()).unwrap();
        assert_eq!(
            worker(event).await.unwrap().get(),
            r#"{"batchItemFailures":[]}"#
        );
    }
    let asked = world.mail.asked();
    asked
        .get(&format!("mail_rs_{number}"))
        .copied()
        .into_iter()
        .collect()
}

#[tokio::test]
async fn the_welcome_is_sent_once_and_its_link_sets_a_password_once() {
    let world = World::new().await;
    let token = world.partner("Call Center", 3).await;
    let api = caller(&world);
    settle_terms(&api).await;
    let xml = "<user><email>x@example.com</email><first_name>X</first_name><last_name>Y</last_name>\
        <braintree_customer_id>btid1</braintree_customer_id><address_attributes><address1>1</address1><city>C</city>\
        <state>UT</state><zipcode>84101</zipcode><phone>8015555555</phone></address_attributes></user>";
    let path = format!("create_call_center_member?authentication_token={token}");
    assert_eq!(post(&api, &path, XML, xml).await.status, 200);
    let mails = api.get("/v3/emails?to=x@example.com").await;
    let mail = mails.expect(200)["data"][0].clone();
    assert_eq!(mails.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&mail["kind"], &mail["status"]),
        (&json!("welcome"), &json!("queued"))
    );
    assert_eq!(deliver(&world, &mail).await, [1]);
    let mails = api.get("/v3/emails").await;
    let mail = &mails.expect(200)["data"][0];
    assert_eq!(mail["status"], "sent");
    let text = mail["text"].as_str().unwrap();
    let page = text.split_once("/m/").unwrap().1.lines().next().unwrap();
    let page = format!("/m/{page}");
    let shown = api.send_as(Method::GET, &page, "", b"").await;
    assert!(shown.status == 200 && shown.text.contains("<form method=\"post\">"));
    let hash = |world: &World| {
        let items = world.dump();
        let member = items
            .iter()
            .find(|item| item["et"]["S"] == "member")
            .unwrap();
        member["password"]["S"].as_str().unwrap().to_owned()
    };
    let before = hash(&world);
    let set = async |body: &str| {
        api.send_as(Method::POST, &page, FORM, body.as_bytes())
            .await
    };
    assert_eq!(set("password=short").await.status, 422);
    assert_eq!(set("password=long+enough").await.status, 200);
    let after = hash(&world);
    assert!(before != after && after.starts_with("$argon2id$"));
    let chosen = models::members::Password::new("long enough".to_owned());
    assert!(operations::is_password(&after, &chosen).unwrap());
    assert_eq!(set("password=another+one").await.status, 404);
    assert_eq!(hash(&world), after);
    let unknown = api
        .send_as(Method::GET, "/m/AAAAAAAAAAAAAAAAAAAAAA", "", b"")
        .await;
    assert!(
        unknown.status == 404 && !unknown.text.contains("payment"),
        "{}",
        unknown.text
    );
}

#[tokio::test]
async fn a_welcome_carries_no_link_but_ours() {
    let world = World::new().await;
    let token = world.partner("Call Center", 3).await;
    let api = caller(&world);
    settle_terms(&api).await;
    let xml = |email: &str, username: &str| {
        format!(
            "<user><email>{email}</email><first_name>Claim at https://evil.example/{{link}}</first_name><last_name>Y</last_name>\
             <username>{username}</username><braintree_customer_id>btid1</braintree_customer_id><address_attributes>\
             <address1>1</address1><city>C</city><state>UT</state><zipcode>84101</zipcode><phone>8015555555</phone>\
             </address_attributes></user>"
        )
    };
    let path = format!("create_call_center_member?authentication_token={token}");
    for (email, username) in [
        ("x@example.com", "evil.example"),
        ("y@example.com", "ada-1815"),
    ] {
        let made = post(&api, &path, XML, &xml(email, username)).await;
        assert_eq!(made.status, 200, "{}", made.text);
    }
    let text = async |email: &str| {
        let mails = api.get(&format!("/v3/emails?to={email}")).await;
        mails.expect(200)["data"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = text("x@example.com").await;
    assert!(
        first.starts_with("Hello Claim at https: evil. example/ link,\n"),
        "{first}"
    );
    assert!(!first.contains("evil.example"), "{first}");
    assert_eq!(first.matches("://").count(), 1, "{first}");
    assert!(
        text("y@example.com")
            .await
            .contains("Your user name is ada-1815.")
    );
}

#[tokio::test]
async fn an_address_that_does_not_exist_costs_no_hash() {
    use std::time::{Duration, Instant};
    let world = World::new().await;
    let api = caller(&world);
    let fastest = |times: [Duration; 3]| times.into_iter().min().unwrap();
    let password = models::members::Password::new("long enough".to_owned());
    let hash = fastest(std::array::from_fn(|_| {
        let begun = Instant::now();
        operations::hash_password(
            world
                .app
                .context(world.ours.test(), store::Origin::system())
                .ids(),
            &password,
        )
        .unwrap();
        begun.elapsed()
    }));
    let mut answers = [Duration::MAX; 3];
    for answer in &mut answers {
        let begun = Instant::now();
        let unknown = api
            .send_as(
                Method::POST,
                "/m/AAAAAAAAAAAAAAAAAAAAAA",
                FORM,
                b"password=long+enough",
            )
            .await;
        *answer = begun.elapsed();
        assert_eq!(unknown.status, 404);
    }
    assert!(
        fastest(answers) < hash / 2,
        "{answers:?}, and a hash takes {hash:?}"
    );
}

#[tokio::test]
async fn partners_are_made_in_v3_and_their_members_are_listed_and_exported() {
    let world = World::new().await;
    let api = caller(&world);
    let made = api
        .post("/v3/partners", json!({ "name": "New Partner" }))
        .await;
    made.expect(201);
    let (id, token) = (
        made.text_of("id").to_owned(),
        made.text_of("authentication_token").to_owned(),
    );
    let wholesale = super::form(&token, "a@example.com").replace("testFirst", "%3DHYPERLINK(1)");
    let answer = post(&api, "create_wholesale_member", FORM, &wholesale).await;
    assert_eq!(
        answer.expect(200)["message"],
        "User a@example.com created by New Partner"
    );
    let shown = api.get(&format!("/v3/partners/{id}")).await;
    assert_eq!(shown.expect(200)["authentication_token"], json!(null));
    let list = api.get(&format!("/v3/partners/{id}/enrollees")).await;
    let member = list.expect(200)["data"][0].clone();
    assert_eq!(member["email"], "a@example.com");
    assert_eq!(
        api.get("/v3/members?status=active").await.body["data"],
        json!([member])
    );
    let csv = api
        .get(&format!("/v3/partners/{id}/enrollees/export"))
        .await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let want = format!(
        "id,customer_id,kind,status,email,username,first_name,last_name,city,state,phone,created\r\n\
         {},{},wholesale,active,a@example.com,,\"'=HYPERLINK(1)\",TestLast,Salt Lake City,UT,8015555555,2026-01-15T12:00:00Z\r\n",
        member["id"].as_str().unwrap(),
        member["customer_id"].as_str().unwrap(),
    );
    assert_eq!(csv.text, want);
    // A key of the API is no partner, and a revoked token opens nothing.
    api.get("/v3/partners/partner_rs_1").await.expect(404);
    api.get("/v3/partners/partner_rs_1/enrollees")
        .await
        .expect(404);
    let find = format!("find_member?authentication_token={token}&user[email]=a@example.com");
    get(&api, &find).await.expect(200);
}
