//! The OpenAPI documents, one per dialect, as they are committed under `infra/openapi`.

use std::sync::LazyLock;

use api::conditional::etag_of;

/// The document of one dialect.
pub(crate) struct Document {
    /// Names the document in its address and in the fragment of the page's address.
    pub(crate) dialect: &'static str,
    /// What a reader calls the dialect.
    pub(crate) title: &'static str,
    pub(crate) json: &'static str,
    pub(crate) etag: LazyLock<String>,
}

/// The dialects in the order in which the page offers them. The first is shown to a reader who names none.
pub(crate) static DOCUMENTS: [Document; 3] = [
    Document {
        dialect: "rocketsavvy",
        title: "RocketSavvy v3",
        json: ROCKETSAVVY,
        etag: LazyLock::new(|| etag_of(ROCKETSAVVY.as_bytes())),
    },
    Document {
        dialect: "reveknew",
        title: "Reveknew enterprise v1",
        json: REVEKNEW,
        etag: LazyLock::new(|| etag_of(REVEKNEW.as_bytes())),
    },
    Document {
        dialect: "savvi",
        title: "Savvi v1",
        json: SAVVI,
        etag: LazyLock::new(|| etag_of(SAVVI.as_bytes())),
    },
];

const ROCKETSAVVY: &str = include_str!("../../../infra/openapi/rocketsavvy.json");
const SAVVI: &str = include_str!("../../../infra/openapi/savvi.json");
const REVEKNEW: &str = include_str!("../../../infra/openapi/reveknew.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::DOCUMENTS;

    /// If you are here because this failed: a document was added to or taken from `infra/openapi`. Do the same to
    /// `DOCUMENTS`, else nobody can read it.
    #[test]
    fn every_committed_document_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/openapi");
        let committed: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .collect();
        let served = DOCUMENTS
            .iter()
            .map(|document| document.dialect.to_owned())
            .collect();
        assert_eq!(committed, served);
    }

    #[test]
    fn every_document_is_openapi_3_1() {
        for document in &DOCUMENTS {
            let value: Value = serde_json::from_str(document.json).unwrap();
            let version = value["openapi"].as_str().unwrap();
            assert!(
                version.starts_with("3.1."),
                "{}: {version}",
                document.dialect
            );
        }
    }
}
