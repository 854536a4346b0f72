//! Who may read a record may read its events, and nobody else.

use models::event::EventType;
use models::platform::Group;
use serde_json::json;
use views::rocketsavvy::object_schema;

use crate::generators::catalogue;

#[test]
fn an_event_takes_the_scope_of_the_record_that_it_carries() {
    let operations = catalogue::operations();
    let mut held = 0;
    for kind in EventType::ALL {
        let Some(schema) = object_schema(*kind) else {
            continue;
        };
        let schema = json!(format!("#/components/schemas/{schema}"));
        let reads = operations.iter().filter(|operation| {
            let answer = &operation.description["responses"]["200"]["content"]["application/json"];
            operation.method == "GET" && answer["schema"]["$ref"] == schema
        });
        for operation in reads {
            let group = Group::of_events(*kind).as_str();
            assert_eq!(
                operation.function,
                group,
                "{} and {}",
                operation.id,
                kind.as_str()
            );
            held += 1;
        }
    }
    assert!(held > 30, "{held}");
}
