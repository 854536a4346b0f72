//! Serves the reference page on this machine, to look at it in a browser:
//!
//! ```sh
//! cargo run -p docs --example serve -- 8788
//! cargo run -p docs --example serve -- 8788 some/openapi.json
//! ```
//!
//! A second argument is a document to show in the place of `rocketsavvy.json`, read anew for each request.

use std::error::Error;
use std::future::ready;
use std::io::Write;
use std::net::Ipv4Addr;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(8788), |text| text.parse())?;
    let router = match arguments.next() {
        Some(file) => with_document(file),
        None => docs::router(),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    writeln!(std::io::stderr(), "http://{}/docs", listener.local_addr()?)?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        // Forget those that have ended.
        while connections.try_join_next().is_some() {}
    }
}

fn with_document(file: String) -> Router {
    let document = move || ready(document(&file));
    Router::new()
        .route("/openapi/rocketsavvy.json", get(document))
        .fallback_service(docs::router())
}

fn document(file: &str) -> Response {
    match std::fs::read(file) {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
