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

/// Names that no public resolver knows but some network inside might.
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let inside = [
        ".localhost",
        ".local",
        ".internal",
        ".intranet",
        ".lan",
        ".home.arpa",
        ".corp",
        ".home",
    ];
    name.contains('.') && !inside.iter().any(|suffix| name.ends_with(suffix))
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
    let [first, second, third, ..] = address.segments();
    // In this order: unspecified, loopback and IPv4-compatible; NAT64, which leads to IPv4 addresses that we would have to
    // take apart; discard-only; Teredo, ORCHID and documentation; 6to4; documentation; unique local, link-local, site-local
    // and multicast.
    let reserved = matches!(
        (first, second, third),
        (0 | 0x100, 0, 0)
            | (0x64, 0xff9b, _)
            | (0x2001, 0..=0x01ff | 0x0db8, _)
            | (0x2002 | 0x3fff | 0xfc00..=0xfdff | 0xfe80..=0xfeff | 0xff00..=0xffff, ..)
    );
    !reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_endpoint_is_fine() {
        for good in [
            "https://your-app.com/webhooks/rocketsavvy",
            "https://1.1.1.1/",
            "https://a.example:8443/x?y=z",
        ] {
            assert!(check_url(good, Egress::PublicOnly).is_ok(), "{good}");
        }
    }

    #[test]
    fn every_spelling_of_the_inside_is_refused() {
        let inside = [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::1]/",
            "https://[::]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://127.0.0.1./",
            "https://0.0.0.0/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.100.100.200/",
            "https://168.63.129.16/",
            "https://224.0.0.1/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://foo.localhost/",
            "https://metadata.google.internal/",
            "https://printer.local/",
            "https://intranet/",
        ];
        for url in inside {
            assert_eq!(
                check_url(url, Egress::PublicOnly),
                Err(Refused::NotPublic),
                "{url}"
            );
        }
        assert_eq!(
            check_url("https://1.1.1.1@127.0.0.1/", Egress::PublicOnly),
            Err(Refused::UserInfo)
        );
        assert_eq!(
            check_url("http://example.com/", Egress::PublicOnly),
            Err(Refused::NotHttps)
        );
        assert_eq!(
            check_url("https://example.com:6379/", Egress::PublicOnly),
            Err(Refused::Port)
        );
        assert_eq!(
            check_url("file:///etc/passwd", Egress::AlsoLoopback),
            Err(Refused::Malformed)
        );
        assert_eq!(
            check_url("example.com/hook", Egress::PublicOnly),
            Err(Refused::Malformed)
        );
    }

    #[test]
    fn loopback_is_for_the_local_process_only() {
        let url = "http://127.0.0.1:9000/hook";
        assert!(check_url(url, Egress::AlsoLoopback).is_ok());
        assert!(check_url("http://localhost:9000/hook", Egress::AlsoLoopback).is_ok());
        assert_eq!(check_url(url, Egress::PublicOnly), Err(Refused::NotHttps));
        assert_eq!(
            check_url("http://10.0.0.1/", Egress::AlsoLoopback),
            Err(Refused::NotHttps)
        );
    }
}
