use super::*;

/// The first and the last address of each range that is closed, from the list of rule API7 and the registries of IANA.
const CLOSED_V4: [(&str, &str); 16] = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("168.63.129.16", "168.63.129.16"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
];

const CLOSED_V6: [(&str, &str); 6] = [
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
];

fn refusal(url: &str, egress: Egress) -> Option<Refused> {
    check_url(url, egress).err()
}

#[test]
fn the_printed_endpoint_is_fine() {
    let label = "a".repeat(63);
    let longest = format!("https://{label}.{label}.{label}.{}.a./", "a".repeat(59));
    for good in [
        "https://your-app.com/webhooks/rocketsavvy",
        "HTTPS://Your-App.com:443/webhooks?a=b#c",
        "https://1.1.1.1/",
        "https://[2606:4700:4700::1111]/",
        "https://[::ffff:1.1.1.1]/",
        "https://a.example:8443/x?y=z",
        "https://a_b.example.com./",
        "https://bücher.example/",
        "https://1.1.1.1/@127.0.0.1",
        "https://1.1.1.1#@127.0.0.1/",
        "https://1.1.1.1?@127.0.0.1/",
        &longest,
    ] {
        assert_eq!(refusal(good, Egress::PublicOnly), None, "{good}");
    }
}

#[test]
fn each_closed_range_is_closed_from_its_first_to_its_last_address_and_no_further() {
    for (first, last) in CLOSED_V4 {
        let edges = [first, last].map(|text| u32::from(text.parse::<Ipv4Addr>().unwrap()));
        for edge in edges.map(Ipv4Addr::from) {
            assert!(!is_public(edge.into()), "{edge}");
            assert!(!is_public(edge.to_ipv6_mapped().into()), "mapped {edge}");
            let url = format!("https://{edge}/");
            assert_eq!(refusal(&url, Egress::PublicOnly), Some(Refused::NotPublic));
        }
        let outside = [edges[0].checked_sub(1), edges[1].checked_add(1)];
        for open in outside.into_iter().flatten().map(Ipv4Addr::from) {
            // The two at the end of the list touch.
            let touching = matches!(open.octets(), [239, 255, 255, 255] | [240, 0, 0, 0]);
            assert_eq!(is_public(open.into()), !touching, "{open}");
        }
    }
    for (first, last) in CLOSED_V6 {
        let edges = [first, last].map(|text| u128::from(text.parse::<Ipv6Addr>().unwrap()));
        for edge in edges.map(Ipv6Addr::from) {
            assert!(!is_public(edge.into()), "{edge}");
            let url = format!("https://[{edge}]/");
            assert_eq!(refusal(&url, Egress::PublicOnly), Some(Refused::NotPublic));
        }
        let outside = [edges[0].checked_sub(1), edges[1].checked_add(1)];
        for open in outside.into_iter().flatten().map(Ipv6Addr::from) {
            assert!(is_public(open.into()), "{open}");
        }
    }
}

#[test]
fn the_named_ranges_of_ipv6_are_closed_at_both_ends() {
    for closed in [
        "::",
        "::1",
        "::7f00:1",
        "::101:101",
        "::ffff:0:0",
        "::ffff:a00:1",
        "::ffff:0:101:101",
        "64:ff9b::",
        "64:ff9b::101:101",
        "64:ff9b::ffff:ffff",
        "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "2001::7f00:1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "2002:7f00:1::",
        "2002:101:101::",
        "5f00::",
        "fc00::",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::",
        "fe80::a9fe:a9fe",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fec0::",
        "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "ff00::",
        "ff02::1",
        "2a00:1450::5efe:7f00:1",
        "2a00:1450::200:5efe:a00:1",
        "fe80::5efe:a9fe:a9fe",
    ] {
        assert!(!is_public(closed.parse().unwrap()), "{closed}");
    }
    for open in [
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450:4001::200e",
        "2a00:1450::5eff:7f00:1",
        "::ffff:808:808",
    ] {
        assert!(is_public(open.parse().unwrap()), "{open}");
    }
}

#[test]
fn every_spelling_of_the_inside_is_refused() {
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0X7F.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://0177.0x0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://127。0．0｡1/",
        "https://１２７.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://%31%32%37.0.0.1/",
        "https://%31%36%39.254.169.254/",
        "https://0/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://[::1]/",
        "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
        "https://[::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::169.254.169.254]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "https://[fe80::5efe:169.254.169.254]/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2852039166/latest/meta-data/",
        "https://0xA9FEA9FE/",
        "https://100.100.100.200/",
        "https://192.0.0.192/",
        "https://127.0.0.1#@1.1.1.1/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://ｌｏｃａｌｈｏｓｔ/",
        "https://%6c%6fcalhost/",
        "https://foo.localhost/",
        "https://foo.LOCALHOST./",
        "https://localhost.localdomain/",
        "https://metadata.google.internal/",
        "https://metadata.google.internal./",
        "https://metadata。google。internal/",
        "https://ip-10-0-0-1.eu-west-1.compute.internal/",
        "https://printer.local/",
        "https://router.home.arpa/",
        "https://wiki.corp/",
        "https://intranet/",
        "https://com./",
    ] {
        let refused = refusal(url, Egress::PublicOnly);
        assert_eq!(refused, Some(Refused::NotPublic), "{url}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_not_read() {
    let long_label = format!("https://{}.example/", "a".repeat(64));
    let long_name = format!("https://{}example/", "a.".repeat(124));
    for url in [
        "",
        "example.com/hook",
        "//example.com/",
        "https:example.com",
        "https:/example.com",
        "https:example.com?x=://",
        "https:///example.com/",
        "https://",
        "https:///",
        "file:///etc/passwd",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1/",
        "https://::1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://1.1.1.1\\@127.0.0.1/",
        "https:\\\\example.com/",
        " https://example.com/",
        "https://example.com/ ",
        "https://exam\tple.com/",
        "https://example.com/\r\nHost: inside",
        "https://example.com%00.evil.example/",
        "https://exa%0ample.com/",
        "https://a..example/",
        "https://localhost../",
        "https://a.example../",
        "https://a,b.example/",
        "https://a*.example/",
        "https://example.com:99999/",
        &long_label,
        &long_name,
    ] {
        for egress in [Egress::PublicOnly, Egress::AlsoLoopback] {
            assert_eq!(refusal(url, egress), Some(Refused::Malformed), "{url}");
        }
    }
    let too_long = format!("https://example.com/{}", "a".repeat(2029));
    assert_eq!(
        refusal(&too_long, Egress::PublicOnly),
        Some(Refused::TooLong)
    );
}

#[test]
fn only_web_servers_are_reached_without_a_name_or_password() {
    for url in [
        "https://1.1.1.1@127.0.0.1/",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://:password@example.com/",
        "https://127.0.0.1%40@example.com/",
    ] {
        for egress in [Egress::PublicOnly, Egress::AlsoLoopback] {
            assert_eq!(refusal(url, egress), Some(Refused::UserInfo), "{url}");
        }
    }
    for port in [0, 1, 22, 25, 80, 442, 444, 6379, 8080, 8442, 8444, 65535] {
        let url = format!("https://example.com:{port}/");
        for egress in [Egress::PublicOnly, Egress::AlsoLoopback] {
            assert_eq!(refusal(&url, egress), Some(Refused::Port), "{url}");
        }
    }
    for url in [
        "http://example.com/",
        "http://127.0.0.1/",
        "ftp://example.com/",
        "ws://example.com/",
        "gopher://127.0.0.1:6379/_x",
    ] {
        let refused = refusal(url, Egress::PublicOnly);
        assert_eq!(refused, Some(Refused::NotHttps), "{url}");
    }
}

#[test]
fn loopback_is_for_the_local_process_and_its_test_mode_only() {
    for url in [
        "http://127.0.0.1:9000/hook",
        "http://127.255.255.254/",
        "https://127.0.0.1:9000/hook",
        "http://localhost:9000/hook",
        "https://localhost/",
        "http://[::1]:9000/",
        "http://0x7f.1:9000/",
    ] {
        let local = Egress::AlsoLoopback;
        assert_eq!(refusal(url, local.in_mode(Mode::Test)), None, "{url}");
        assert!(refusal(url, local.in_mode(Mode::Live)).is_some(), "{url}");
        for mode in [Mode::Test, Mode::Live] {
            let deployed = Egress::PublicOnly.in_mode(mode);
            assert!(refusal(url, deployed).is_some(), "{url}");
        }
    }
    for (url, refused) in [
        ("http://10.0.0.1/", Refused::NotHttps),
        ("http://example.com/", Refused::NotHttps),
        ("http://[::ffff:127.0.0.1]/", Refused::NotHttps),
        ("http://foo.localhost/", Refused::NotHttps),
        ("http://0.0.0.0/", Refused::NotHttps),
        ("https://[::ffff:127.0.0.1]/", Refused::NotPublic),
        ("https://169.254.169.254/", Refused::NotPublic),
        ("ftp://127.0.0.1/", Refused::NotHttps),
    ] {
        let local = refusal(url, Egress::AlsoLoopback);
        assert_eq!(local, Some(refused), "{url}");
    }
}

#[test]
fn no_name_of_a_stranger_leads_to_this_machine() {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    assert!(allows(Egress::AlsoLoopback, "localhost", here));
    assert!(!allows(Egress::AlsoLoopback, "evil.example", here));
    assert!(!allows(Egress::PublicOnly, "localhost", here));
}
