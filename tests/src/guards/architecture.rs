//! Dependencies point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// For each crate of `shared/`, the crates of ours that it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("models", &[]),
    ("api-macros", &[]),
    ("documents", &["models"]),
    ("views", &["models"]),
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

/// The modules of `models`: each may name those before it only.
const MODULES: &[&str] = &[
    "choice",
    "error",
    "size",
    "time",
    "page",
    "text",
    "ids",
    "tenant",
    "view",
    "money",
    "metadata",
    "event",
    "crm",
    "payments",
    "billing",
    "members",
    "messaging",
    "mail",
    "platform",
    "webhooks",
];

/// What goes round in a circle all the same: `tenant` names the ids of accounts `Business`, and `ids` mints by business.
const KNOWN_CIRCLE: &[(&str, &str)] = &[("ids", "tenant")];

/// A source file: its path within `src`, and its lines without comments and without its tests.
struct Source {
    path: String,
    text: String,
}

/// The sources of a crate in `shared`, tests aside.
fn sources(name: &str) -> Vec<Source> {
    let root =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/{name}/src"));
    let (mut folders, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && file != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && file != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let lines = code
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                let text = lines.collect::<Vec<_>>().join("\n");
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap();
                found.push(Source {
                    path: path.to_owned(),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The names right after `crate::`, those in braces included.
fn crate_names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let first = |text: &'_ str| text.find(|c| !is_name(c)).unwrap_or(text.len());
    let mut names = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(&rest[..first(rest)]);
            continue;
        };
        let mut depth = 0_u32;
        let mut begins = true;
        for (index, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && depth == 0 && is_name(c) => {
                    names.insert(&list[index..index + first(&list[index..])]);
                    begins = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// What `lib.rs` gives a shorter name: the name and its module.
fn reexports(lib: &str) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let (module, names) = line
            .trim_end_matches(';')
            .split_once("::")
            .unwrap_or((line, ""));
        for name in names.trim_matches(['{', '}']).split(',') {
            found.insert(name.trim(), module);
        }
    }
    found
}

#[test]
fn modules_of_models_depend_in_one_direction() {
    let sources = sources("models");
    let lib = &sources
        .iter()
        .find(|source| source.path == "lib.rs")
        .unwrap()
        .text;
    let short = reexports(lib);
    let modules: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(modules, MODULES.iter().copied().collect());
    let place = |module: &str| MODULES.iter().position(|name| *name == module).unwrap();
    let mut count = 0;
    for source in sources.iter().filter(|source| source.path != "lib.rs") {
        let own = source.path.split(['/', '.']).next().unwrap();
        for name in crate_names(&source.text) {
            let module = short.get(name).copied().unwrap_or(name);
            let known = KNOWN_CIRCLE.contains(&(own, module));
            if module == own || known || !modules.contains(module) {
                continue;
            }
            assert!(
                place(module) < place(own),
                "{}: {own} must not name {module}",
                source.path
            );
            count += 1;
        }
    }
    assert!(count > modules.len(), "only {count} uses were found");
}

/// Fields of requests that the rules name, by file: a dialect should. It may become less, and never more.
const POINTERS: &[(&str, &str, usize)] = &[
    ("models", "billing/invoice/credit.rs", 3),
    ("models", "billing/invoice/credit/left.rs", 5),
    ("models", "billing/schedule.rs", 1),
    ("models", "billing/subscription/change.rs", 5),
    ("models", "payments/payment.rs", 1),
    ("models", "platform/test_clock.rs", 1),
    ("operations", "invoicing/issue_credit_note.rs", 1),
    ("operations", "invoicing/refund_note.rs", 1),
];

#[test]
fn rules_do_not_name_fields_of_requests() {
    let mut found = Vec::new();
    for name in ["models", "operations"] {
        for source in sources(name) {
            let pointers = source.text.match_indices("\"/");
            let count = pointers
                .filter(|(at, _)| {
                    source.text[at + 2..].starts_with(|c: char| c.is_ascii_lowercase())
                })
                .count();
            if count > 0 {
                found.push((name, source.path, count));
            }
        }
    }
    let found: Vec<(&str, &str, usize)> = found
        .iter()
        .map(|(name, path, count)| (*name, path.as_str(), *count))
        .collect();
    assert_eq!(
        found, POINTERS,
        "If you are here because this assertion failed: `models` and `operations` serve three dialects, so a rule must not \
         say where a field is in a request of one of them. Where it has become less, lower the number here."
    );
}
