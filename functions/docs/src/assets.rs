//! The files that the pages load. Their names carry a hash of their content, so that a browser may keep them for
//! ever and still has the right ones after a deployment.

use std::sync::LazyLock;

use api::conditional::hash_of;

/// A file that a page loads.
pub(crate) struct Asset {
    /// What the templates of the pages call it.
    pub(crate) name: &'static str,
    /// The last segment of its address.
    pub(crate) file_name: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: &'static [u8],
    /// Whether `body` is compressed.
    pub(crate) gzip: bool,
}

/// All files that the pages load.
pub(crate) static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        asset(
            "docs.css",
            "text/css; charset=utf-8",
            include_bytes!("../page/docs.css"),
            false,
        ),
        asset(
            "docs.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../page/docs.js"),
            false,
        ),
        asset(
            "guide.css",
            "text/css; charset=utf-8",
            include_bytes!("../page/guide.css"),
            false,
        ),
        asset(
            "licences.txt",
            "text/plain; charset=utf-8",
            include_bytes!("../vendor/THIRD-PARTY-LICENSES.txt"),
            false,
        ),
        asset(
            "openapi-explorer.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../vendor/openapi-explorer-2.4.820.min.js.gz"),
            true,
        ),
    ]
});

/// The page with the names of the files that it loads.
pub(crate) fn named(page: String) -> String {
    ASSETS.iter().fold(page, |page, asset| {
        page.replace(&["{{", asset.name, "}}"].concat(), &asset.file_name)
    })
}

fn asset(name: &'static str, content_type: &'static str, body: &'static [u8], gzip: bool) -> Asset {
    let hash = hash_of(body);
    let file_name = match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{name}-{hash}"),
    };
    Asset {
        name,
        file_name,
        content_type,
        body,
        gzip,
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::ASSETS;

    /// If you are here because this failed: the vendored file was exchanged. Follow `vendor/README.md`, and write the
    /// new hash into it.
    #[test]
    fn the_vendored_renderer_is_the_documented_one() {
        let renderer = ASSETS.iter().find(|asset| asset.gzip).unwrap();
        let hash = hex::encode(Sha256::digest(renderer.body));
        let readme = include_str!("../vendor/README.md");
        assert!(readme.contains(&hash), "{hash}");
    }
}
