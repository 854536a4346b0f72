//! Savvi through the local cloud: the documents' own command lines, and inputs that nobody should send.

use std::process::Command;

use serde_json::Value;

use crate::story::Cloud;

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
