//! A method that an address does not take is refused in the dialect of the address, which says the ones that it takes.

use std::collections::{BTreeMap, BTreeSet};

use testkit::World;

use crate::generators::catalogue;

#[tokio::test]
async fn a_wrong_method_is_refused_and_the_right_ones_are_named() {
    let world = World::new().await;
    let routes = catalogue::all()
        .merge(enterprise::routes())
        .merge(members::savvi());
    let api = world.call(routes).without_key();
    let mut paths: BTreeMap<String, (BTreeSet<String>, String)> = BTreeMap::new();
    for operation in catalogue::every_operation() {
        let example = operation.example_path();
        let path = paths
            .entry(operation.path)
            .or_insert_with(|| (BTreeSet::new(), example));
        path.0.insert(operation.method);
    }
    let before = world.dump();
    for (path, (methods, example)) in &paths {
        let wrong = ["DELETE", "PUT", "PATCH", "POST", "TRACE"];
        let wrong = wrong.iter().find(|method| !methods.contains(**method));
        let answer = api.send(wrong.unwrap().parse().unwrap(), example, "").await;
        assert_eq!(answer.status, 405, "{path}: {}", answer.text);
        let allowed = answer.headers["allow"].to_str().unwrap().split(',');
        let allowed: BTreeSet<String> = allowed
            .filter(|method| *method != "HEAD")
            .map(str::to_owned)
            .collect();
        assert_eq!(allowed, *methods, "{path}");
        let options = api.send("OPTIONS".parse().unwrap(), example, "").await;
        assert_eq!(options.status, 204, "{path}: {}", options.text);
        let stated = options.headers["allow"].to_str().unwrap().split(", ");
        let stated: BTreeSet<String> = stated
            .filter(|method| !matches!(*method, "HEAD" | "OPTIONS"))
            .map(str::to_owned)
            .collect();
        assert_eq!(stated, *methods, "{path}");
        let told = match path.split('/').nth(1) {
            Some("v3" | "enterprise" | "health") => &answer.body["code"],
            _ => &answer.body["error"],
        };
        assert!(told.is_string(), "{path}: {}", answer.text);
    }
    assert_eq!(world.dump(), before);
    assert_eq!(paths.len(), 87);
}
