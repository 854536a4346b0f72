//! Where a webhook may go: to the public internet and nowhere else.
//!
//! The spelling of the URL is checked here, each address that its name resolves to is checked when the connection is made
//! ([`super::Sender`]), and the connection goes to no other address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use models::Mode;
use url::{Host, Url};

/// The one name of this machine.
const LOCALHOST: &str = "localhost";

/// How far a webhook may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Egress {
    /// The public internet over HTTPS. The only choice of a deployed function.
    PublicOnly,
    /// Also this machine over plain HTTP: set by the code of the local process, by no configuration.
    AlsoLoopback,
}

impl Egress {
    /// How far the webhooks of that mode may reach: those of the live one to the public internet, whatever the process allows.
    #[must_use]
    pub const fn in_mode(self, mode: Mode) -> Self {
        match mode {
            Mode::Live => Self::PublicOnly,
            Mode::Test => self,
        }
    }
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No absolute URL.
    #[error("is not a valid absolute URL")]
    Malformed,
    /// Longer than 2048 characters.
    #[error("is longer than 2048 characters")]
    TooLong,
    /// Not HTTPS.
    #[error("must begin with https://")]
    NotHttps,
    /// `https://user:password@host`.
    #[error("must not contain a user name or password")]
    UserInfo,
    /// A port of something that is no web server.
    #[error("must use port 443 or 8443")]
    Port,
    /// An address or name inside a network.
    #[error("must lead to a public host")]
    NotPublic,
}

/// Reads the URL of an endpoint. It says nothing about where the name leads: that is checked with each connection.
pub fn check_url(text: &str, egress: Egress) -> Result<Url, Refused> {
    if text.len() > 2048 {
        return Err(Refused::TooLong);
    }
    // A browser's reader makes something of these. Others read them otherwise, and nobody means them.
    let odd = |byte: u8| byte <= b' ' || byte == b'\\' || byte == 0x7f;
    let (scheme, rest) = text.split_once("://").ok_or(Refused::Malformed)?;
    let clear = scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && !rest.starts_with('/');
    if !clear || text.bytes().any(odd) {
        return Err(Refused::Malformed);
    }
    let url = Url::parse(text).or(Err(Refused::Malformed))?;
    let host = url.host().ok_or(Refused::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    let loopback = match &host {
        Host::Domain(name) => *name == LOCALHOST,
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    if loopback && egress == Egress::AlsoLoopback && matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(Refused::NotHttps);
    }
    let public = match host {
        Host::Domain(name) if !is_name(name) => return Err(Refused::Malformed),
        Host::Domain(name) => is_public_name(name),
        Host::Ipv4(address) => is_public(IpAddr::V4(address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(address)),
    };
    if !public {
        return Err(Refused::NotPublic);
    }
    if !matches!(url.port_or_known_default(), Some(443 | 8443)) {
        return Err(Refused::Port);
    }
    Ok(url)
}

/// Whether the name service could know such a name (RFC 1035, section 2.3.4), underscores included. One dot may end it.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= 253
        && name
            .split('.')
            .all(|label| (1..=63).contains(&label.len()) && label.bytes().all(allowed))
}

/// Names that no public resolver knows but some network inside might.
fn is_public_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let inside = [
        "localhost",
        "localdomain",
        "local",
        "internal",
        "intranet",
        "private",
        "lan",
        "arpa",
        "corp",
        "home",
    ];
    // The reader of URLs has made small letters of all.
    name.rsplit_once('.')
        .is_some_and(|(_, last)| !inside.contains(&last))
}

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// May a connection to that name go to that address? Only `localhost` leads to this machine, no name of a stranger does.
pub(super) fn allows(egress: Egress, name: &str, address: IpAddr) -> bool {
    let local = egress == Egress::AlsoLoopback && name == LOCALHOST && address.is_loopback();
    local || is_public(address)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    // The platform address of a large cloud, which answers inside its networks only.
    !reserved && address != Ipv4Addr::new(168, 63, 129, 16)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, _, _, fifth, sixth, ..] = address.segments();
    // Nothing else is given out (RFC 4291, section 2.4): not the unspecified address, loopback, IPv4-compatible, NAT64, which
    // leads to IPv4 addresses that we would have to take apart, discard-only, unique local, link-local, site-local, multicast.
    let given_out = matches!(first, 0x2000..=0x3fff);
    // In this order: Teredo, ORCHID and their like; documentation; 6to4; documentation.
    let reserved = matches!(
        (first, second),
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff)
    );
    // ISATAP (RFC 5214, section 6.1): the rest is an IPv4 address of the network that announces the prefix.
    let tunnel = matches!((fifth, sixth), (0 | 0x0200, 0x5efe));
    given_out && !reserved && !tunnel
}

#[cfg(test)]
mod tests;
