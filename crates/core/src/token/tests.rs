use super::*;
use crate::random::Random;

struct Counting(std::sync::atomic::AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

const LIMITS: TtlLimits = TtlLimits { default: Seconds(100), max: Seconds(1_000) };
const NOW: Timestamp = Timestamp(1_000_000);

fn begun(asked: AskedLifetime) -> Lifetime {
    Lifetime::begin(asked, LIMITS, true, NOW)
}

fn asked(ttl: u64, explicit_max: u64, period: u64) -> AskedLifetime {
    AskedLifetime {
        ttl: Seconds(ttl),
        explicit_max: Seconds(explicit_max),
        period: Seconds(period),
    }
}

#[test]
fn a_lifetime_is_the_period_or_the_ttl_or_the_default_within_the_limits() {
    let cases = [
        (asked(0, 0, 0), 100),
        (asked(50, 0, 0), 50),
        (asked(5_000, 0, 0), 1_000),
        (asked(50, 20, 0), 20),
        (asked(50, 0, 5_000), 5_000),
        (asked(0, 60, 70), 60),
    ];
    for (asked, expected) in cases {
        assert_eq!(begun(asked).ttl, Seconds(expected), "{asked:?}");
    }
}

#[test]
fn a_renewal_goes_no_further_than_the_maximum_from_the_beginning() {
    let mut lifetime = begun(asked(100, 0, 0));
    let later = NOW.plus(Seconds(90));
    lifetime.renew(Seconds(500), LIMITS, later).expect("renews");
    assert_eq!(lifetime.left(later), Seconds(500));
    lifetime.renew(Seconds(5_000), LIMITS, later).expect("renews");
    assert_eq!(lifetime.left(later), Seconds(910));
    let mut explicit = begun(asked(100, 150, 0));
    explicit.renew(Seconds(0), LIMITS, later).expect("renews");
    assert_eq!(explicit.left(later), Seconds(60));
}

#[test]
fn a_periodic_token_is_renewed_without_an_end() {
    let mut lifetime = begun(asked(0, 0, 200));
    let mut now = NOW;
    for _ in 0..20 {
        now = now.plus(Seconds(199));
        lifetime.renew(Seconds(5), LIMITS, now).expect("renews");
        assert_eq!(lifetime.left(now), Seconds(200));
    }
}

#[test]
fn what_is_over_or_not_renewable_is_not_renewed() {
    let mut over = begun(asked(10, 0, 0));
    let end = NOW.plus(Seconds(10));
    assert_eq!(over.renew(Seconds(5), LIMITS, end), Err(RenewError::Expired));
    let mut fixed = Lifetime { renewable: false, ..begun(asked(10, 0, 0)) };
    assert_eq!(fixed.renew(Seconds(5), LIMITS, NOW), Err(RenewError::NotRenewable));
    let mut endless = Lifetime::endless(NOW);
    assert_eq!(endless.renew(Seconds(5), LIMITS, NOW), Err(RenewError::NotRenewable));
    assert!(!endless.has_ended(Timestamp(u64::MAX)));
}

#[test]
fn an_address_is_within_a_network_or_there_are_none() {
    let address = |text: &str| Some(text.parse().expect("an address"));
    let networks = ["10.0.0.0/8".to_owned(), "127.0.0.1".to_owned(), "fd00::/8".to_owned()];
    for inside in ["10.1.2.3", "127.0.0.1", "fd12::1", "::ffff:10.0.0.1"] {
        assert!(is_within(&networks, address(inside)), "{inside}");
    }
    for outside in ["11.0.0.1", "127.0.0.2", "fe80::1"] {
        assert!(!is_within(&networks, address(outside)), "{outside}");
    }
    assert!(!is_within(&networks, None));
    assert!(is_within(&[], None));
    assert!(!is_within(&["nonsense".to_owned()], address("10.0.0.1")));
}

#[test]
fn tokens_and_accessors_have_their_form_and_differ() {
    let random = Counting(std::sync::atomic::AtomicU8::new(7));
    let (one, two) = (PlainToken::generate(&random), PlainToken::generate(&random));
    assert_ne!(one, two);
    assert!(one.expose_text().is_some_and(|text| text.starts_with("hvs.") && text.len() == 47));
    let accessor = Accessor::generate(&random);
    assert!(accessor.0.len() == 24 && accessor.0.bytes().all(|c| c.is_ascii_alphanumeric()));
    let key = TokenKey::new(&[1; 32]);
    assert_ne!(key.hash(&one), key.hash(&two));
    assert_ne!(key.hash(&one), TokenKey::new(&[2; 32]).hash(&one));
    assert_eq!(key.hash(&one).to_string().parse(), Ok(key.hash(&one)));
    assert!(!format!("{one:?}{key:?}", key = key.hash(&one)).contains("hvs."));
}

#[test]
fn the_hash_is_that_of_rfc_4231() {
    // Test case 2 has a shorter key; HMAC pads keys with zeros.
    let mut padded = [0; 32];
    padded[..4].copy_from_slice(b"Jefe");
    let hash = TokenKey::new(&padded).hash_bytes(b"what do ya want for nothing?");
    assert!(
        hash.to_string()
            .starts_with("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    );
}

#[test]
fn a_batch_token_gives_its_bytes_back() {
    let token = PlainToken::batch(b"sealed");
    assert_eq!(token.batch_bytes().as_deref(), Some(&b"sealed"[..]));
    assert_eq!(PlainToken::from("hvb.???".to_owned()).batch_bytes(), None);
    assert_eq!(PlainToken::from("hvs.c2VhbGVk".to_owned()).batch_bytes(), None);
}
