//! Dependencies point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// For each crate of `shared/`, the crates of ours that it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("models", &[]),
    ("api-macros", &[]),
    ("documents", &["models"]),
    ("providers", &["models"]),
    ("store", &["models"]),
    ("queue", &["models", "store"]),
    ("operations", &["models", "providers", "store"]),
    (
        "api",
        &["api-macros", "models", "operations", "providers", "store"],
    ),
    ("testkit", &["api", "models", "providers", "store"]),
];

/// The workers, which alone may send to queues.
const WORKERS: &[&str] = &["due-sweep", "webhook-fanout"];

/// The functions that print papers. The others do without the fonts and the writer of PDF.
const PRINTERS: &[&str] = &["billing"];

fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--locked",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            (
                package["name"].as_str().unwrap().to_owned(),
                package.clone(),
            )
        })
        .collect()
}

/// What a package names, development dependencies aside.
fn names(package: &Value) -> BTreeSet<&str> {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    dependencies
        .filter(|dep| dep["kind"].is_null())
        .map(|dep| dep["name"].as_str().unwrap())
        .collect()
}

fn folder(package: &Value) -> &str {
    package["manifest_path"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .nth(2)
        .unwrap()
}

#[test]
fn shared_crates_depend_in_one_direction() {
    let packages = packages();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for (name, package) in packages
        .iter()
        .filter(|(_, package)| folder(package) == "shared")
    {
        let may = allowed.get(name.as_str()).unwrap_or_else(|| {
            panic!("{name} is new in shared/: say in this file what it may depend on")
        });
        for dependency in names(package)
            .into_iter()
            .filter(|dependency| packages.contains_key(*dependency))
        {
            assert!(
                may.contains(&dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn functions_do_not_depend_on_each_other() {
    let packages = packages();
    let functions: BTreeSet<&str> = packages
        .iter()
        .filter(|(_, package)| folder(package) == "functions")
        .map(|(name, _)| name.as_str())
        .collect();
    for name in &functions {
        for dependency in names(&packages[*name]) {
            assert!(
                !functions.contains(dependency),
                "{name} must not depend on {dependency}"
            );
            assert_ne!(dependency, "testkit", "{name} must not ship the testkit");
        }
    }
}

#[test]
fn each_aws_client_has_its_place() {
    for (name, package) in &packages() {
        if matches!(name.as_str(), "benches" | "local" | "tests" | "testkit") {
            continue;
        }
        for dependency in names(package) {
            let good = match dependency {
                "aws-sdk-dynamodb" => name == "store",
                "aws-sdk-sqs" => name == "queue",
                "queue" => WORKERS.contains(&name.as_str()),
                "aws-sdk-sesv2" | "aws-sdk-sns" => name == "providers",
                "aws-sdk-eventbridge" => name == "outbox-relay",
                other => !other.starts_with("aws-sdk-") && other != "aws-config",
            };
            assert!(good, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn only_functions_that_print_carry_the_fonts_and_the_writer_of_pdf() {
    for (name, package) in &packages() {
        for dependency in names(package) {
            let good = match dependency {
                "krilla" | "skrifa" => name == "documents",
                "documents" => PRINTERS.contains(&name.as_str()),
                _ => true,
            };
            assert!(good, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn every_crate_has_the_lints_of_the_workspace_and_none_is_published() {
    for (name, package) in &packages() {
        let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}");
        assert_eq!(package["publish"], serde_json::json!([]), "{name}");
    }
}
