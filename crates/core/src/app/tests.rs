use super::*;
use crate::identity::EntityId;
use crate::random::Random;
use crate::time::Timestamp;
use crate::token::TokenHash;

struct Counting(std::sync::atomic::AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn random() -> Counting {
    Counting(std::sync::atomic::AtomicU8::new(0))
}

fn app() -> App {
    App {
        id: AppId::from_bytes([1; 16]),
        name: "web".into(),
        description: String::new(),
        policies: vec!["web".into()],
        disabled: false,
        entity: EntityId::from_bytes([2; 16]),
        created: Timestamp(1),
        updated: Timestamp(1),
        role: None,
        access_keys: Vec::new(),
        client: None,
        session_epoch: 0,
    }
}

fn secret(number: u8, expires: Option<Timestamp>) -> ClientSecret {
    let hash = TokenHash::from_bytes([number; 32]);
    ClientSecret { id: format!("secret-{number}"), hash, created: Timestamp(1), expires }
}

#[test]
fn an_access_key_has_the_form_that_clients_know() {
    let random = random();
    for _ in 0..50 {
        let id = AccessKeyId::generate(&random);
        assert_eq!(id.as_str().len(), ACCESS_KEY_ID_CHARS);
        assert_eq!(id.as_str().parse(), Ok(id));
        let secret = SecretAccessKey::generate(&random);
        assert_eq!(secret.expose().len(), SECRET_ACCESS_KEY_CHARS);
        let client = ClientSecretText::generate(&random);
        assert_eq!(client.expose().len(), CLIENT_SECRET_CHARS);
    }
    let good = format!("AKIA{}", "A2".repeat(8));
    assert!(good.parse::<AccessKeyId>().is_ok());
    let temporary = AccessKeyId::generate_temporary(&random);
    assert!(temporary.is_temporary() && temporary.as_str().starts_with("ASIA"));
    assert_eq!(temporary.as_str().parse(), Ok(temporary));
    assert!(!AccessKeyId::generate(&random).is_temporary());
    let bads = ["", "AKIA", &good[1..], &good.replace('2', "1"), &good.to_lowercase()];
    for bad in bads.into_iter().chain([good.replace("AKIA", "AROA").as_str(), &format!("{good}A")])
    {
        assert_eq!(bad.parse::<AccessKeyId>(), Err(AccessKeyIdError), "{bad}");
    }
}

#[test]
fn no_secret_is_seen_in_debug() {
    let random = random();
    let shown = format!(
        "{:?} {:?}",
        SecretAccessKey::generate(&random),
        ClientSecretText::generate(&random)
    );
    assert_eq!(shown, "SecretAccessKey(..) ClientSecretText(..)");
}

#[test]
fn a_secret_access_key_is_read_back_from_its_record() {
    let secret = SecretAccessKey::generate(&random());
    let bytes = minicbor::to_vec(&secret).unwrap();
    assert!(minicbor::decode::<SecretAccessKey>(&bytes).unwrap() == secret);
}

#[test]
fn a_third_active_access_key_is_refused_unless_it_is_asked_for() {
    let (mut app, random) = (app(), random());
    let add = |app: &mut App, over| {
        app.add_access_key(AccessKeyId::generate(&random), over, Timestamp(2))
    };
    for _ in 0..ACCESS_KEYS_ACTIVE_MAX {
        assert_eq!(add(&mut app, false), Ok(()));
    }
    assert_eq!(add(&mut app, false), Err(AppError::TooManyActiveKeys));
    let first = app.access_keys[0].id.clone();
    assert_eq!(app.set_active(&first, false, false), Ok(true));
    assert_eq!(add(&mut app, false), Ok(()));
    assert_eq!(app.set_active(&first, true, false), Err(AppError::TooManyActiveKeys));
    assert_eq!(app.set_active(&first, true, true), Ok(true));
    // One that is active stays so, however many there are.
    assert_eq!(app.set_active(&first, true, false), Ok(true));
    while app.access_keys.len() < ACCESS_KEYS_MAX {
        assert_eq!(add(&mut app, true), Ok(()));
    }
    assert_eq!(add(&mut app, true), Err(AppError::TooManyKeys));
    assert!(app.remove_access_key(&first) && !app.remove_access_key(&first));
    assert_eq!(app.set_active(&first, true, true), Ok(false));
}

#[test]
fn a_client_secret_is_found_by_its_hash_until_it_ends() {
    let mut app = app();
    let now = Timestamp(10);
    assert_eq!(app.add_client_secret("client", secret(1, None), now), Ok(()));
    assert_eq!(app.add_client_secret("other", secret(2, Some(Timestamp(20))), now), Ok(()));
    let found = |app: &App, number: u8, now| {
        app.client_secret(TokenHash::from_bytes([number; 32]), Timestamp(now)).is_some()
    };
    assert!(found(&app, 1, 10) && found(&app, 2, 19));
    assert!(!found(&app, 2, 20) && !found(&app, 3, 10));
    assert_eq!(app.client.as_ref().map(|client| client.id.as_str()), Some("client"));
    assert!(app.remove_client_secret("secret-1") && !app.remove_client_secret("secret-1"));
    assert!(!found(&app, 1, 10));
}

#[test]
fn client_secrets_that_have_ended_make_room() {
    let mut app = app();
    let now = Timestamp(10);
    for number in 0..CLIENT_SECRETS_MAX {
        let number = u8::try_from(number).unwrap();
        assert_eq!(app.add_client_secret("id", secret(number, Some(Timestamp(20))), now), Ok(()));
    }
    assert_eq!(app.add_client_secret("id", secret(99, None), now), Err(AppError::TooManySecrets));
    assert_eq!(app.add_client_secret("id", secret(99, None), Timestamp(20)), Ok(()));
    assert_eq!(app.client.unwrap().secrets.len(), 1);
}

#[test]
fn a_description_has_a_longest_length() {
    let mut app = app();
    assert_eq!(app.describe(&"d".repeat(DESCRIPTION_BYTES_MAX)), Ok(()));
    assert_eq!(app.describe(&"d".repeat(DESCRIPTION_BYTES_MAX + 1)), Err(AppError::Description));
}
