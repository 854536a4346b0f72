use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

use models::Mode;
use reqwest::dns::Resolve;

use super::*;
use crate::webhook::testing::{
    Canary, Reaction, Receiver, Says, Silent, hasty, local, message, sender, talkative, untrusted,
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn failure_of(reply: Reply) -> Failure {
    reply.outcome.unwrap_err()
}

fn status_of(reply: &Reply) -> u16 {
    reply.outcome.as_ref().unwrap().status
}

#[tokio::test]
async fn posts_with_the_three_headers() {
    let receiver = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let reply = local().post(message(&receiver.url)).await;
    assert_eq!(status_of(&reply), 204);
    let host = &receiver.address;
    let expected = format!(
        "POST /hook HTTP/1.1\r\ncontent-type: application/json\r\nwebhook-id: evt_rs_1\r\n\
         webhook-timestamp: 1614265330\r\nwebhook-signature: v1,abc\r\naccept: */*\r\n\
         user-agent: Savvy-Webhooks/1.0\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    assert_eq!(receiver.messages(), [expected]);
}

#[tokio::test]
async fn headers_of_the_owner_come_after_ours_and_never_in_their_place() {
    let receiver = Receiver::answering(OK).await;
    let headers: BTreeMap<String, String> = [
        ("Authorization", "Bearer token"),
        ("Content-Length", "0"),
        ("Content-Type", "text/plain"),
        ("HOST", "inside"),
        ("Transfer-Encoding", "chunked"),
        ("User-Agent", "me"),
        ("Webhook-Signature", "v1,forged"),
        ("X-Env", "a b"),
        ("X-Split", "a\r\nHost: b"),
        ("X Y", "a"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let message = Message {
        headers: &headers,
        ..message(&receiver.url)
    };
    assert_eq!(status_of(&local().post(message).await), 200);
    let text = receiver.messages().remove(0).to_lowercase();
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    assert_eq!(
        names[..6],
        [
            "content-type",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "authorization",
            "x-env"
        ]
    );
    for (name, count) in [
        ("host", 1),
        ("content-length", 1),
        ("user-agent", 1),
        ("transfer-encoding", 0),
        ("x-split", 0),
    ] {
        let found = names.iter().filter(|found| **found == name).count();
        assert_eq!(found, count, "{name} in {text}");
    }
    assert!(text.contains("\r\nwebhook-signature: v1,abc\r\n"));
    assert!(text.contains("\r\nx-env: a b\r\n"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let canary = Canary::new();
    let sender = local();
    for status in [301, 302, 303, 307, 308] {
        for to in [
            format!("http://{}/", canary.address()),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
        ] {
            let answer =
                format!("HTTP/1.1 {status} x\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            let receiver = Receiver::answering(&answer).await;
            let reply = sender.post(message(&receiver.url)).await;
            let answer = reply.outcome.unwrap();
            assert_eq!((answer.status, &answer.headers["location"]), (status, &to));
            assert_eq!(receiver.messages().len(), 1);
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn only_a_test_message_of_the_local_process_reaches_this_machine() {
    let canary = Canary::new();
    let port = canary.address().port();
    let here = || Says::these([vec![canary.address()]]);
    for (egress, mode) in [
        (Egress::PublicOnly, Mode::Test),
        (Egress::PublicOnly, Mode::Live),
        (Egress::AlsoLoopback, Mode::Live),
    ] {
        let sender = sender(egress, here());
        for url in [
            format!("http://127.0.0.1:{port}/"),
            format!("https://127.0.0.1:{port}/"),
            format!("http://localhost:{port}/"),
            format!("https://localhost:{port}/"),
            format!("http://[::ffff:127.0.0.1]:{port}/"),
        ] {
            let message = Message {
                mode,
                ..message(&url)
            };
            let failure = failure_of(sender.post(message).await);
            assert_eq!(failure.kind, FailureKind::Refused, "{url}");
            assert!(!failure.kind.unanswered());
            assert!(!failure.detail.contains("127"), "{failure}");
        }
    }
    assert_eq!(canary.connections(), 0);
    let receiver = Receiver::answering(OK).await;
    let address: SocketAddr = receiver.address.parse().unwrap();
    let sender = sender(Egress::AlsoLoopback, Says::these([vec![address]]));
    let url = format!("http://localhost:{}/hook", address.port());
    assert_eq!(status_of(&sender.post(message(&url)).await), 200);
}

#[tokio::test]
async fn a_name_that_leads_inside_looks_like_one_that_nobody_knows() {
    let canary = Canary::new();
    let port = canary.address().port();
    let unknown = sender(Egress::PublicOnly, Says::these([]));
    let unknown = failure_of(unknown.post(message("https://a.example/")).await);
    assert_eq!(unknown.kind, FailureKind::Unresolved);
    assert!(unknown.kind.unanswered());
    assert_eq!(unknown.detail, "the host does not lead to a public address");
    let inside = [
        vec!["127.0.0.1"],
        vec!["::ffff:127.0.0.1"],
        vec!["::1"],
        vec!["0.0.0.0"],
        vec!["169.254.169.254"],
        vec!["10.0.0.1"],
        vec!["64:ff9b::7f00:1"],
        vec!["fd00:ec2::254"],
        vec!["1.1.1.1", "127.0.0.1"],
        vec!["127.0.0.1", "1.1.1.1"],
        vec!["2606:4700:4700::1111", "1.1.1.1", "::1"],
        vec![],
    ];
    for addresses in inside {
        let answer: Vec<SocketAddr> = addresses
            .iter()
            .map(|address| SocketAddr::new(address.parse().unwrap(), port))
            .collect();
        for egress in [Egress::PublicOnly, Egress::AlsoLoopback] {
            let sender = sender(egress, Says::these([answer.clone()]));
            for mode in [Mode::Live, Mode::Test] {
                let message = Message {
                    mode,
                    ..message("https://a.example/")
                };
                let failure = failure_of(sender.post(message).await);
                assert_eq!(failure, unknown, "{addresses:?}");
            }
        }
    }
    let silent = sender(Egress::PublicOnly, Arc::new(Silent));
    let silent = failure_of(silent.post(message("https://a.example/")).await);
    assert_eq!(silent, unknown);
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_name_that_was_public_when_it_was_looked_at_and_is_inside_now_is_refused() {
    let canary = Canary::new();
    let public = "1.1.1.1:443".parse().unwrap();
    let lookup = Says::these([vec![public], vec![canary.address()]]);
    let sender = sender(Egress::PublicOnly, lookup);
    let url = "https://rebound.example/";
    guard::check_url(url, Egress::PublicOnly).unwrap();
    let resolver = &sender.0.public.resolver;
    let first = resolver.resolve("rebound.example".parse().unwrap()).await;
    assert_eq!(first.unwrap().collect::<Vec<_>>(), [public]);
    for _ in 0..2 {
        let failure = failure_of(sender.post(message(url)).await);
        assert_eq!(failure.kind, FailureKind::Unresolved);
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_message_knocks_at_few_doors_and_asks_for_the_whole_name_only() {
    let many: Vec<SocketAddr> = (1..=250)
        .map(|n| SocketAddr::from(([1, 1, 1, n], 0)))
        .collect();
    let sender = sender(Egress::PublicOnly, Says::these([many.clone()]));
    let resolver = &sender.0.public.resolver;
    let tried = resolver.resolve("a.example".parse().unwrap()).await;
    assert_eq!(tried.unwrap().collect::<Vec<_>>(), many[..8]);
    // The file of hosts knows it, and no name service does.
    let found = SystemLookup.lookup("localhost").await.unwrap();
    assert!(found.iter().all(|address| address.ip().is_loopback()));
}

/// Run in a process of its own: the environment is that of the whole process.
#[test]
fn proxies_of_the_environment_are_not_used() {
    let canary = Canary::new();
    let proxy = format!("http://{}", canary.address());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--test-threads=1"]);
    child.args([
        "webhook::sender::tests::posts_with_the_three_headers",
        "webhook::sender::tests::a_name_that_leads_inside_looks_like_one_that_nobody_knows",
    ]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, &proxy);
        child.env(name.to_lowercase(), &proxy);
    }
    for name in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        child.env_remove(name);
    }
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("2 passed"), "{text}");
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn each_failure_has_its_kind_and_tells_no_address() {
    let closed = Canary::new().address();
    let no_tls = "no encrypted connection could be agreed upon";
    let sender = local();
    for (url, kind, detail) in [
        (
            format!("http://{closed}/"),
            FailureKind::Connect,
            "the connection could not be made",
        ),
        (
            format!("https://{closed}/"),
            FailureKind::Connect,
            "the connection could not be made",
        ),
        (talkative(), FailureKind::Connect, no_tls),
        (
            untrusted(),
            FailureKind::Connect,
            "the certificate of the endpoint is not valid",
        ),
        (
            "https://10.0.0.1/".to_owned(),
            FailureKind::Refused,
            "the URL must lead to a public host",
        ),
        (
            "ftp://10.0.0.1/".to_owned(),
            FailureKind::Refused,
            "the URL must begin with https://",
        ),
        (
            "10.0.0.1".to_owned(),
            FailureKind::Refused,
            "the URL is not a valid absolute URL",
        ),
    ] {
        let failure = failure_of(sender.post(message(&url)).await);
        assert_eq!(failure.to_string(), detail, "{url}");
        assert_eq!(failure.kind, kind, "{url}");
        assert_eq!(kind.unanswered(), kind == FailureKind::Connect);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_broken_connection() {
    let sender = local();
    let huge = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(2_000_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    for text in [
        "",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 2",
        "HTTP/1.1 999999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        &huge,
        &many,
    ] {
        let receiver = Receiver::new([Reaction::close(text)]).await;
        let failure = failure_of(sender.post(message(&receiver.url)).await);
        let start = text.get(..20).unwrap_or(text);
        assert_eq!(failure.kind, FailureKind::Broken, "{start}");
        assert_eq!(receiver.messages().len(), 1, "{start}");
    }
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_not_waited_for() {
    for text in ["", "HTTP/1.1 200 OK\r\nx: "] {
        let receiver = Receiver::new([Reaction::hang(text)]).await;
        let failure = failure_of(hasty().post(message(&receiver.url)).await);
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert_eq!(receiver.messages().len(), 1);
    }
}

#[tokio::test]
async fn messages_share_a_connection_unless_the_process_may_have_been_frozen_meanwhile() {
    let receiver = Receiver::new([(); 6].map(|()| Reaction::write(OK))).await;
    let sender = local();
    let mut connections = Vec::new();
    for timestamp_seconds in [1000, 1010, 1025, 1041, 1042, 1020] {
        let message = Message {
            timestamp_seconds,
            ..message(&receiver.url)
        };
        assert_eq!(status_of(&sender.post(message).await), 200);
        connections.push(receiver.connections());
    }
    assert_eq!(connections, [1, 1, 1, 2, 2, 3]);
}

#[tokio::test]
async fn a_kept_connection_that_is_dead_is_replaced_once() {
    let reactions = [
        Reaction::write(OK),
        Reaction::close(""),
        Reaction::write("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"),
    ];
    let receiver = Receiver::new(reactions).await;
    let sender = local();
    assert_eq!(status_of(&sender.post(message(&receiver.url)).await), 200);
    assert_eq!(status_of(&sender.post(message(&receiver.url)).await), 201);
    let messages = receiver.messages();
    assert_eq!((messages.len(), receiver.connections()), (3, 2));
    assert_eq!(messages[1], messages[2]);
}

#[tokio::test]
async fn a_connection_that_breaks_twice_is_a_failure() {
    let reactions = [
        Reaction::write(OK),
        Reaction::close(""),
        Reaction::close(""),
    ];
    let receiver = Receiver::new(reactions).await;
    let sender = local();
    assert_eq!(status_of(&sender.post(message(&receiver.url)).await), 200);
    let failure = failure_of(sender.post(message(&receiver.url)).await);
    assert_eq!(failure.kind, FailureKind::Broken);
    assert_eq!((receiver.messages().len(), receiver.connections()), (3, 2));
}
