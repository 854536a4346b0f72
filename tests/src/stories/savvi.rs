//! Savvi through the local cloud: the documents' own command lines, and inputs that nobody should send.

use std::process::Command;

use api::Invocation;
use http::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use crate::generators::catalogue;
use crate::guards::log::Log;
use crate::stories::story::Cloud;

/// The command lines of both documents.
const EXAMPLES: &str = include_str!("savvi/examples.sh");

/// One command line.
struct Example<'a> {
    document: &'a str,
    operation: &'a str,
    status: u16,
    command: &'a str,
}

fn examples() -> Vec<Example<'static>> {
    let blocks = EXAMPLES.split("\n# ").skip(1);
    let example = |block: &'static str| {
        let (heading, command) = block.split_once('\n').unwrap();
        let words: Vec<&str> = heading.split(' ').collect();
        Example {
            document: words[0],
            operation: words[1],
            status: words[2].parse().unwrap(),
            command: command.trim(),
        }
    };
    blocks
        .filter(|block| !block.starts_with("user names") && !block.starts_with("which ends"))
        .map(example)
        .collect()
}

/// Runs a command line in a shell, as whoever pastes it would. Returns the status and the body.
fn run(command: &str) -> (u16, String) {
    let command = command.replacen("curl ", "curl --no-progress-meter -w '\\n%{http_code}' ", 1);
    let output = Command::new("bash")
        .args(["-c", &command])
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("no_proxy", "*")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let trouble = String::from_utf8_lossy(&output.stderr);
    let (body, status) = text
        .rsplit_once('\n')
        .unwrap_or_else(|| panic!("{command}: {trouble}"));
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_printed_command_line_works_as_it_is_printed() {
    let cloud = Cloud::start(None).await;
    let base = format!("http://{}", cloud.running.address());
    let token = local::seed::member_token();
    let all = examples();
    assert_eq!(all.len(), 30);
    let mut known = String::new();
    for (index, example) in all.iter().enumerate() {
        let creates = example.operation.starts_with("create");
        let (email, name) = (
            format!("test.{index}@example.com"),
            format!("Testusername{index}"),
        );
        let email = if creates { email } else { known.clone() };
        let command = example
            .command
            .replace("http://www.savvi-staging.com", &base)
            .replace("AzXimVQyVqgDtRiGd3EH", &token)
            .replace("test@example.com", &email)
            .replace("Testusername", &name);
        let (status, body) = tokio::task::block_in_place(|| run(&command));
        let place = format!("{} {} {index}: {body}", example.document, example.operation);
        assert_eq!(status, example.status, "{place}");
        assert!(body.contains(&email) || status == 422, "{place}");
        let xml = example.command.contains("application/xml");
        assert_eq!(body.starts_with("<?xml"), xml, "{place}");
        if !xml {
            let body: Value = serde_json::from_str(&body).unwrap();
            let message = format!("User {email} created by Demo partner");
            assert!(
                status == 422
                    || example.operation == "find_member"
                    || body["message"] == message.as_str(),
                "{place}"
            );
        }
        if creates {
            known = email;
        }
    }
    let found = cloud.get("/v3/members").await;
    assert_eq!(found["data"].as_array().unwrap().len(), 12);
    let call_center = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|member| member["kind"] == "call_center")
        .count();
    assert_eq!(call_center, 6);
    // Each of them is told of, welcomed, and its partner earns.
    cloud
        .until("/v3/emails", |mails| {
            let mails = mails["data"].as_array().unwrap();
            mails.len() == 12 && mails.iter().all(|mail| mail["status"] == "sent")
        })
        .await;
    let statement = cloud.get("/v3/partners/partner_rs_3/statements").await;
    assert_eq!(statement["totals"][0]["earned"], 6 * 290);
    cloud
        .until("/v3/events?limit=100", |events| {
            let events = events["data"].as_array().unwrap();
            [
                "member.enrolled",
                "member.updated",
                "commission.earned",
                "invoice.paid",
            ]
            .iter()
            .all(|kind| events.iter().any(|event| event["type"] == *kind))
        })
        .await;
    assert!(cloud.running.end().await);
}

/// A request as API Gateway hands it over, through the very adapter of the function.
async fn invoke(function: &Invocation, method: &str, path: &str, query: &str, body: &str) -> Value {
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "host": "a.test", "content-type": "application/x-www-form-urlencoded" },
        "requestContext": {
            "accountId": "0", "apiId": "a", "domainName": "a.test", "requestId": "r", "stage": "$default",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
        },
        "body": body, "isBase64Encoded": false,
    });
    let event = RawValue::from_string(event.to_string()).unwrap();
    serde_json::from_str(function(event).await.unwrap().get()).unwrap()
}

#[tokio::test]
async fn neither_tokens_nor_passwords_are_logged_or_stored() {
    let log = Log::default();
    let _guard = log.listen();
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let function = members::function(&world.config).unwrap();
    let password = "canary-password-4711";
    let fields = |email: &str| {
        format!(
            "authentication_token={token}&user[email]={email}&user[password]={password}&user[first_name]=A&user[last_name]=B\
             &user[address_attributes][address1]=1 A st&user[address_attributes][city]=C&user[address_attributes][state]=UT\
             &user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555"
        )
    };
    let path = "/api/v1/create_wholesale_member";
    let mut answers = String::new();
    for (method, query, body) in [
        ("GET", fields("a@example.com"), String::new()),
        ("POST", String::new(), fields("b@example.com")),
        ("GET", fields("nobody"), String::new()),
        (
            "GET",
            fields("c@example.com") + "&user[password][x]=1",
            String::new(),
        ),
        ("POST", fields("d@example.com"), "%ff".to_owned()),
    ] {
        let answer = invoke(&function, method, path, &query, &body).await;
        assert!(answer["statusCode"].as_u64().unwrap() < 500, "{answer}");
        assert_eq!(
            answer["headers"]["warning"].is_string(),
            !query.is_empty(),
            "{answer}"
        );
        answers.push_str(&answer.to_string());
    }
    let stored: String = world.dump().iter().map(Value::to_string).collect();
    assert!(stored.contains("b@example.com") && stored.contains("$argon2id$"));
    let logged = log.text();
    assert!(logged.contains("request served"), "nothing was logged");
    let start = logged.find("request served").unwrap();
    for (place, text) in [("the table", &stored), ("an answer", &answers)] {
        assert!(
            !text.contains(password) && !text.contains(&token),
            "in {place}"
        );
    }
    // The partner's token is looked up by its hash; the log of the SDK has neither.
    let at = logged
        .find(password)
        .or_else(|| logged[start..].find(&token));
    assert_eq!(at.map(|at| &logged[at.saturating_sub(200)..at]), None);
    // Whoever can write a mail's link can read it in the outbox of test mode, and nowhere else.
    let code = stored.split_once("/m/").unwrap().1;
    let code = &code[..22];
    let at = logged.find(code);
    assert_eq!(at.map(|at| &logged[at.saturating_sub(3000)..at]), None);
    assert!(!answers.contains(code));
}

/// Inputs that nobody should send, and what they are answered.
fn odd() -> Vec<(&'static str, String, u16)> {
    let (xml, json, form) = (
        "application/xml",
        "application/json",
        "application/x-www-form-urlencoded",
    );
    let laughs = (1..10).fold(String::new(), |all, n| {
        all + &format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))
    });
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY l0 \"ha\">{laughs}]><user><email>&l9;</email></user>"
    );
    let file =
        "<!DOCTYPE u [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><user><email>&e;</email></user>"
            .to_owned();
    let http = "<!DOCTYPE u SYSTEM \"http://127.0.0.1:1/e.dtd\"><user/>".to_owned();
    let large = "a".repeat(6 * 1024 * 1024);
    let deep = format!("user{}=1", "[a]".repeat(5_000));
    let digits = format!("{{\"user\":{{\"email\":{}}}}}", "9".repeat(100_000));
    let items = format!("{{\"user\":[{}1]}}", "1,".repeat(100_000));
    vec![
        (xml, laughs, 422),
        (xml, file, 422),
        (xml, http, 422),
        (xml, "<a>".repeat(80_000), 422),
        (form, deep, 422),
        (json, digits, 422),
        (json, items, 401),
        (json, "[".repeat(200_000), 422),
        (form, "&".repeat(200_000), 401),
        (form, "=".repeat(200_000), 401),
        (xml, "\u{feff}".to_owned(), 401),
        (xml, "<user>\u{0}</user>".to_owned(), 401),
        (form, large.clone(), 413),
        (xml, large.clone(), 413),
        (json, large, 413),
    ]
}

#[tokio::test]
async fn no_input_is_a_fault_or_takes_long() {
    let world = World::new().await;
    let api = world.call(members::savvi());
    let odd = odd();
    for operation in catalogue::savvi_operations() {
        for (kind, body, status) in &odd {
            let method = operation.method.parse().unwrap();
            let begun = std::time::Instant::now();
            let answer = api
                .send_as(method, &operation.path, kind, body.as_bytes())
                .await;
            let place = format!(
                "{} {kind} {}",
                operation.id,
                &body.chars().take(30).collect::<String>()
            );
            assert_eq!(answer.status.as_u16(), *status, "{place}: {}", &answer.text);
            assert!(begun.elapsed().as_millis() < 2_000, "{place}");
        }
    }
}

#[tokio::test]
async fn bytes_by_chance_are_never_a_fault() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = world.call(members::savvi());
    let kinds = [
        "application/xml",
        "application/json",
        "application/x-www-form-urlencoded",
        "",
    ];
    // Bytes by chance, with and without a good token.
    let mut state = 0x5a77_u64;
    let pieces = [
        "user[",
        "]=",
        "&",
        "%",
        "<user>",
        "</",
        "{\"",
        "\":",
        "[",
        "\u{0}",
        "é",
        "<![CDATA[",
        "&#x",
        ";",
        "email",
        "+",
    ];
    for round in 0..3_000_u64 {
        let mut body = Vec::new();
        for _ in 0..(round % 40) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let pick = usize::try_from(state >> 33).unwrap();
            match pick % 3 {
                0 => body.push(state.to_le_bytes()[7]),
                _ => body.extend_from_slice(pieces[pick % pieces.len()].as_bytes()),
            }
        }
        let kind = kinds[usize::try_from(round % 4).unwrap()];
        let path = format!("/api/v1/update_wholesale_member?authentication_token={token}");
        let answer = api.send_as(Method::POST, &path, kind, &body).await;
        assert!(
            (400..500).contains(&answer.status.as_u16()),
            "{kind} {body:?}: {}",
            answer.text
        );
        let query = body
            .iter()
            .fold(String::new(), |all, byte| all + &format!("%{byte:02X}"));
        let answer = api
            .send_as(
                Method::GET,
                &format!("/api/v1/find_member?{query}"),
                "",
                b"",
            )
            .await;
        assert!(
            (400..500).contains(&answer.status.as_u16()),
            "{query}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn nobody_can_set_what_is_not_theirs_to_set() {
    let world = World::new().await;
    let token = world.partner("Acme", 3).await;
    let api = world.call(members::savvi());
    let address = json!({ "address1": "1", "city": "C", "state": "UT", "zipcode": "84101", "phone": "8015555555" });
    let user = json!({
        "email": "m@example.com", "first_name": "M", "last_name": "N", "address_attributes": address, "id": "cust_rs_1",
        "partner_id": "partner_rs_9", "partner_name": "x", "kind": "call_center", "member_type": "call_center", "created": "x",
        "subscription_id": "sub_rs_1", "vault_customer": "x", "enrolled_by": "partner_rs_9", "deleted": "x", "role": "admin",
    });
    let body = json!({ "authentication_token": token, "user": user, "partner_id": "partner_rs_9", "business": "acct_rs_2" });
    let made = api.post("/api/v1/create_wholesale_member", body).await;
    let made = made.expect(200);
    let names: Vec<&str> = made["user"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let allowed = [
        "address_attributes",
        "braintree_customer_id",
        "created_at",
        "date_of_birth",
        "email",
        "first_name",
        "gender",
        "id",
        "last_name",
        "member_type",
        "status",
        "updated_at",
        "username",
    ];
    assert_eq!(names, allowed);
    assert_eq!(made["user"]["member_type"], "wholesale");
    assert_ne!(made["user"]["id"], "cust_rs_1");
    let v3 = world.call(catalogue::all()).get("/v3/members").await;
    assert_eq!(v3.body["data"][0]["partner_id"], "partner_rs_3");
    assert_eq!(v3.body["data"][0]["subscription_id"], json!(null));
}

#[test]
fn the_log_of_the_gateway_has_no_query() {
    let template = include_str!("../../../infra/template.yaml");
    let start = template.find("AccessLogSettings:").unwrap();
    let end = start + template[start..].find("\n\n").unwrap();
    let format = &template[start..end];
    assert!(format.contains("$context.routeKey"), "{format}");
    for leak in [
        "path",
        "query",
        "authorizer",
        "customDomain.basePath",
        "header",
    ] {
        let leak = format!("$context.{leak}");
        assert!(!format.contains(&leak), "{leak} in {format}");
    }
}

/// What real clients of Savvi write.
struct Client {
    api: Call,
    token: String,
}

impl Client {
    async fn new() -> Self {
        let world = World::new().await;
        let token = world.partner("Acme", 3).await;
        Self {
            api: world.call(members::savvi()).without_key(),
            token,
        }
    }

    async fn post(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        self.api.send_as(Method::POST, path, kind, body).await
    }

    /// Enrols a member with a form as PHP sends it.
    async fn with_member() -> Self {
        let client = Self::new().await;
        let fields = [
            ("user[email]", "a@example.com"),
            ("user[first_name]", "José"),
            ("user[last_name]", "Last"),
            ("user[address_attributes][address1]", "123 fk st"),
            ("user[address_attributes][city]", "Provo"),
            ("user[address_attributes][state]", "UT"),
            ("user[address_attributes][zipcode]", "84601"),
            ("user[address_attributes][phone]", "8015555555"),
            ("authentication_token", &client.token),
        ];
        let part = |(name, value): &(&str, &str)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = fields.iter().map(part).collect::<String>() + "--b--\r\n";
        let made = client
            .post(
                "/api/v1/create_wholesale_member/",
                MULTIPART,
                body.as_bytes(),
            )
            .await;
        assert_eq!(made.expect(200)["user"]["first_name"], "José");
        client
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=b";
const UPDATE: &str = "/api/v1/update_wholesale_member.json";
const FIND: &str = "/api/v1/find_member";

#[tokio::test]
async fn a_multipart_form_is_a_form_and_has_no_files() {
    let client = Client::with_member().await;
    let file = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.png\"\r\n\r\nx\r\n--b--\r\n";
    for (kind, body, words) in [
        (MULTIPART, file, "a file"),
        (MULTIPART, "--b\r\nbroken", "well-formed"),
        ("multipart/form-data", file, "boundary"),
    ] {
        let refused = client.post(FIND, kind, body.as_bytes()).await;
        let text = refused.expect(422)["error"].as_str().unwrap();
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn a_body_is_read_in_the_encoding_that_it_names() {
    let client = Client::with_member().await;
    let token = &client.token;
    let latin: Vec<u8> = format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<r:request xmlns:r=\"urn:r\"><authentication-token>{token}\
         </authentication-token><email>a@example.com</email><r:user><first-name>René</first-name></r:user></r:request>"
    )
    .chars()
    .map(|c| u8::try_from(u32::from(c)).unwrap())
    .collect();
    let changed = client.post(UPDATE, "application/xml", &latin).await;
    assert_eq!(changed.expect(200)["user"]["first_name"], "René");
    let json = format!(
        r#"{{"authentication_token":"{token}","email":"a@example.com","user":{{"last_name":"Müller€"}}}}"#
    );
    let units = json.encode_utf16().flat_map(u16::to_le_bytes);
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    let changed = client.post(UPDATE, "application/json", &wide).await;
    assert_eq!(changed.expect(200)["user"]["last_name"], "Müller€");
    let form = format!("authentication_token={token}&email=a@example.com&user[username]=ann");
    let kind = "application/x-www-form-urlencoded; charset=windows-1252";
    let changed = client.post(UPDATE, kind, form.as_bytes()).await;
    assert_eq!(changed.expect(200)["user"]["username"], "ann");
    let unknown = "application/json; charset=klingon";
    let refused = client.post(FIND, unknown, json.as_bytes()).await;
    let text = refused.expect(415)["error"].as_str().unwrap();
    assert!(text.contains("UTF-8"), "{text}");
}

#[tokio::test]
async fn a_path_may_end_with_a_slash_or_with_the_format_of_its_answer() {
    let client = Client::with_member().await;
    for (path, begin) in [
        ("/api/v1/find_member.xml", "<?xml"),
        ("/api/v1/find_member.xml/", "<?xml"),
        ("/api/v1/find_member.json", "{"),
        ("/api/v1/find_member/", "{"),
    ] {
        let token = &client.token;
        let url = format!("{path}?authentication_token={token}&email=a@example.com");
        let found = client.api.get(&url).await;
        assert_eq!(found.status.as_u16(), 200, "{path}: {}", found.text);
        assert!(found.text.starts_with(begin), "{path}: {}", found.text);
    }
}

#[tokio::test]
async fn json_and_xml_that_are_called_a_form_are_told_what_to_say() {
    let client = Client::new().await;
    let form = "application/x-www-form-urlencoded";
    for (body, named) in [
        ("{\"email\":\"a@example.com\"}", "application/json"),
        ("<user/>", "application/xml"),
    ] {
        let refused = client.post(FIND, form, body.as_bytes()).await;
        let text = refused.expect(422)["error"].as_str().unwrap();
        assert!(text.contains(named), "{text}");
    }
}
