//! Where a listener listens, as a text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `IP:port`, `[IPv6]:port`, `localhost:port`, and `:port` for every address of the host. Other names are refused: what
/// they mean depends on who answers.
pub(super) fn parse(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    let (host, port) = text.rsplit_once(':')?;
    // `+80` is a number for Rust.
    let port =
        port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>().ok())??;
    let host: IpAddr = match host {
        "" => Ipv6Addr::UNSPECIFIED.into(),
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_ports_are_read_and_names_refused() {
        for (text, wanted) in [
            ("127.0.0.1:8200", Some("127.0.0.1:8200")),
            ("[::1]:0", Some("[::1]:0")),
            ("localhost:8200", Some("127.0.0.1:8200")),
            (":8200", Some("[::]:8200")),
            ("0.0.0.0:65535", Some("0.0.0.0:65535")),
            ("0.0.0.0:65536", None),
            ("localhost:+1", None),
            ("localhost:", None),
            ("localhost", None),
            ("127.0.0.1", None),
            ("vault.example.com:8200", None),
            ("{{ GetPrivateIP }}:8200", None),
            ("", None),
        ] {
            assert_eq!(parse(text), wanted.map(|wanted| wanted.parse().unwrap()), "{text}");
        }
    }
}
