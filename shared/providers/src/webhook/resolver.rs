//! Where the name of an endpoint leads: asked anew for each connection, and the connection goes to no other address.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{self, Egress};

/// Addresses of one name that are tried, so that a message knocks at few doors.
const MAX_ADDRESSES: usize = 8;

/// The addresses of a name, when they are there.
pub type Looking<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Who knows the addresses of names.
pub trait Lookup: Send + Sync + std::fmt::Debug {
    /// All addresses of `name`. Port 0 stands for the port of the URL.
    fn lookup<'a>(&'a self, name: &'a str) -> Looking<'a>;
}

/// Asks the resolver of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, name: &'a str) -> Looking<'a> {
        Box::pin(async move {
            // The dot at the end keeps search domains and the file of hosts out: those are names inside.
            let absolute = match name {
                "localhost" => name.to_owned(),
                _ => format!("{}.", name.trim_end_matches('.')),
            };
            Ok(tokio::net::lookup_host((absolute, 0)).await?.collect())
        })
    }
}

/// Lets only allowed addresses pass; with one forbidden answer among good ones, none.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) egress: Egress,
    pub(super) timeout: Duration,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            let looking = this.lookup.lookup(name);
            let mut found = tokio::time::timeout(this.timeout, looking).await??;
            let allowed = |address: &SocketAddr| guard::allows(this.egress, name, address.ip());
            if found.is_empty() || !found.iter().all(allowed) {
                return Err("the name does not lead to a public address".into());
            }
            found.truncate(MAX_ADDRESSES);
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
