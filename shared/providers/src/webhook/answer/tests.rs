use std::time::Instant;

use super::*;
use crate::webhook::Message;
use crate::webhook::testing::{Reaction, Receiver, hasty, local, message};

async fn answer_to(reaction: Reaction) -> EndpointResponse {
    let receiver = Receiver::new([reaction]).await;
    local().post(message(&receiver.url)).await.outcome.unwrap()
}

fn with_body(body: &[u8]) -> Reaction {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    Reaction::Write([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn a_little_of_the_answer_is_kept() {
    let text = "HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nRetry-After: 120\r\nServer: nginx\r\n\
                Set-Cookie: session=1\r\nX-Powered-By: x\r\nX-Request-Id: req-1\r\nRequest-Id: é\r\n\
                Location: /a\r\nContent-Length: 5\r\n\r\nlater";
    let answer = answer_to(Reaction::write(text)).await;
    let headers = [
        ("content-type", "text/plain"),
        ("location", "/a"),
        ("request-id", "é"),
        ("retry-after", "120"),
        ("server", "nginx"),
        ("x-request-id", "req-1"),
    ];
    let expected = EndpointResponse {
        status: 503,
        retry_after_seconds: Some(120),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: "later".to_owned(),
        truncated: false,
    };
    assert_eq!(answer, expected);
    assert!(expected.headers.keys().eq(KEPT_HEADERS));
}

#[tokio::test]
async fn a_long_value_is_cut_between_characters() {
    let value = format!("a{}", "ä".repeat(200));
    let text = format!("HTTP/1.1 200 OK\r\nserver: {value}\r\ncontent-length: 0\r\n\r\n");
    let answer = answer_to(Reaction::write(&text)).await;
    assert_eq!(answer.headers["server"], format!("a{}", "ä".repeat(99)));
}

#[test]
fn when_to_come_back_is_told_in_seconds_or_as_a_date() {
    let now = 784_111_777; // 1994-11-06T08:49:37Z
    for (text, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
        ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
        ("Sun Nov  6 08:50:37 1994", Some(60)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(252_618_189_022)),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("soon", None),
        ("1994-11-06T08:50:37Z", None),
    ] {
        let headers = [(RETRY_AFTER, text.parse().unwrap())].into_iter().collect();
        assert_eq!(retry_after(&headers, now), seconds, "{text}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[tokio::test]
async fn the_beginning_of_the_body_is_kept_up_to_a_whole_character() {
    for (body, kept, truncated) in [
        (String::new(), 0, false),
        ("a".repeat(4096), 4096, false),
        ("a".repeat(4097), 4096, true),
        (format!("a{}", "ä".repeat(3000)), 4095, true),
        ("a".repeat(8192), 4096, true),
        ("a".repeat(65_536), 4096, true),
        ("a".repeat(65_537), 4096, true),
    ] {
        let answer = answer_to(with_body(body.as_bytes())).await;
        assert_eq!(Some(answer.body.as_str()), body.get(..kept));
        assert_eq!(answer.truncated, truncated, "{}", body.len());
    }
    let answer = answer_to(with_body(b"a\xff\xc3b\0")).await;
    assert_eq!(answer.body, "a\u{fffd}\u{fffd}b\0");
}

#[tokio::test]
async fn secrets_and_card_numbers_are_not_kept_wherever_they_stand() {
    let headers = [("Authorization".to_owned(), "Bearer open-sesame".to_owned())].into();
    let secrets = ["plain-old-secret", "whsec_bmV3LXNlY3JldC1rZXk="];
    for before in [0, 4080, 4090, 4096, 7160, 8180, 8191] {
        for secret in [
            "plain-old-secret",
            "bmV3LXNlY3JldC1rZXk=",
            "whsec_ofSomebodyElse",
            "open-sesame",
            "4242 4242 4242 4242",
            "5555555555554444",
        ] {
            let body = format!("{}{secret}, and so on", ".".repeat(before));
            let receiver = Receiver::new([with_body(body.as_bytes())]).await;
            let message = Message {
                headers: &headers,
                secrets: &secrets,
                ..message(&receiver.url)
            };
            let answer = local().post(message).await.outcome.unwrap();
            let mut expected = format!("{}[redacted], and so on", ".".repeat(before));
            expected.truncate(4096);
            assert_eq!(answer.body, expected, "{secret} after {before}");
        }
    }
    let echo = "HTTP/1.1 200 OK\r\nlocation: /?k=plain-old-secret\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::answering(echo).await;
    let message = Message {
        secrets: &secrets,
        ..message(&receiver.url)
    };
    let answer = local().post(message).await.outcome.unwrap();
    assert_eq!(answer.headers["location"], "/?k=[redacted]");
}

#[tokio::test]
async fn where_much_was_taken_out_no_beginning_of_a_secret_moves_up() {
    let secret = "s3cret-".repeat(40);
    let body = secret.repeat(40);
    let receiver = Receiver::new([with_body(body.as_bytes())]).await;
    let message = Message {
        secrets: &[&secret],
        ..message(&receiver.url)
    };
    let answer = local().post(message).await.outcome.unwrap();
    assert!(!answer.body.contains("s3cret"), "{}", answer.body);
    assert!(answer.truncated);
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    let begun = Instant::now();
    let flood = vec![b'x'; 10_000_000];
    for head in [
        "content-length: 10000000",
        "content-length: 9999999999999999",
        "connection: close",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        let bytes = [head.as_bytes(), &flood].concat();
        let answer = answer_to(Reaction::Write(bytes)).await;
        assert_eq!((answer.status, answer.body.len()), (200, 4096), "{head}");
        assert!(answer.truncated);
    }
    assert!(begun.elapsed().as_secs() < 4);
}

#[tokio::test]
async fn an_answer_whose_body_stops_is_an_answer() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (rest, body) in [
        ("content-length: 10\r\n\r\nhalf", "half"),
        ("content-length: 10\r\n\r\n", ""),
        ("transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", "half"),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n", ""),
    ] {
        let text = format!("{head}{rest}");
        let dropped = answer_to(Reaction::close(&text)).await;
        let receiver = Receiver::new([Reaction::hang(&text)]).await;
        let slow = hasty().post(message(&receiver.url)).await;
        for answer in [dropped, slow.outcome.unwrap()] {
            let read = (answer.status, answer.body.as_str(), answer.truncated);
            assert_eq!(read, (200, body, true), "{rest}");
        }
        assert!(slow.response_time_ms < 150, "the status came at once");
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    for coding in ["gzip", "br", "identity, gzip"] {
        let text = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 4\r\n\r\n\x1f\x0b..",
        );
        let answer = answer_to(Reaction::write(&text)).await;
        assert_eq!((answer.body.as_str(), answer.truncated), ("", true));
    }
    let text = "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 2\r\n\r\nok";
    assert_eq!(answer_to(Reaction::write(text)).await.body, "ok");
}

#[tokio::test]
async fn what_comes_before_an_answer_or_instead_of_http_1_1_is_no_trouble() {
    for (text, status) in [
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            200,
        ),
        (
            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 A\r\ncontent-length: 0\r\n\r\n",
            202,
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
            101,
        ),
        ("HTTP/1.0 200 OK\r\n\r\n", 200),
        ("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", 999),
    ] {
        assert_eq!(
            answer_to(Reaction::close(text)).await.status,
            status,
            "{text}"
        );
    }
}
