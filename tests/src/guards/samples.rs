//! Every sample event in `events/` is one that its function takes.

use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::stories::story::Cloud;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_event_is_taken_by_its_function() {
    let cloud = Cloud::start(None).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("events");
    let mut count = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let function = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            let event = RawValue::from_string(text).unwrap();
            let answer = cloud.functions.invoke(&function, event).await;
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            if let Some(status) = answer["statusCode"].as_u64() {
                let body = &answer["body"];
                assert!(status < 500, "{}: {status} {body}", file.display());
                // A record that does not exist is 404; a route that does not exist names no record.
                assert!(
                    !body.to_string().contains("no such route"),
                    "{}: {body}",
                    file.display()
                );
                assert!(
                    status != 401 && status != 400,
                    "{}: {status} {body}",
                    file.display()
                );
            }
            if let Some(failures) = answer["batchItemFailures"].as_array() {
                let missing = function == "webhook-delivery";
                assert!(
                    failures.is_empty() || missing,
                    "{}: {answer}",
                    file.display()
                );
            }
            count += 1;
        }
    }
    assert!(count > 40, "only {count} sample events were found");
}
