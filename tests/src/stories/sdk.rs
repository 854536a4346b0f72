//! The story of the tour through clients that are generated from the OpenAPI document, in Python and in TypeScript.

use std::path::Path;
use std::process::Command;

use crate::stories::story::Cloud;

/// What the script ends with where its tools are not installed.
const NOT_INSTALLED: i32 = 77;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_check_their_types_and_tell_the_story() {
    let cloud = Cloud::start(None).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/checks/sdk/run.sh");
    let url = format!("http://{}", cloud.running.address());
    let key = local::seed::test_key();
    let run = tokio::task::spawn_blocking(move || {
        Command::new(script).args([url, key]).output().unwrap()
    });
    let output = run.await.unwrap();
    if output.status.code() == Some(NOT_INSTALLED) {
        println!("SKIPPED: the generators of clients are not installed; .ci/run installs them");
        return;
    }
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(cloud.running.end().await);
}
