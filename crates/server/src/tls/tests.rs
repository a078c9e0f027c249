use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::testing::Seeded;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: u64 = 86_400_000;

fn authority(folder: &Path) -> LocalAuthority {
    LocalAuthority::new(folder, Some("vault-1"), &["vault.example.com".to_owned()])
}

fn key_at(folder: &Path, now: Timestamp) -> Result<CertifiedKey, TlsError> {
    authority(folder).server_key(now, &Seeded::new(1))
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn first_start_makes_an_authority_whose_keys_are_private() {
    let room = TempDir::new().unwrap();
    let folder = room.path().join("tls");
    key_at(&folder, NOW).unwrap();
    let files = ["ca.key", "ca.pem", "server.pem"].map(|name| mode(folder.join(name)));
    assert_eq!((mode(&folder), files), (0o700, [0o600, 0o644, 0o600]));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "no temporary file is left");
}

#[test]
fn second_start_uses_what_the_first_made() {
    let room = TempDir::new().unwrap();
    let first = key_at(room.path(), NOW).unwrap();
    let root = fs::read(room.path().join("ca.pem")).unwrap();
    let second = key_at(room.path(), Timestamp(NOW.0 + 59 * DAY)).unwrap();
    assert_eq!(first.cert, second.cert);
    assert_eq!(root, fs::read(room.path().join("ca.pem")).unwrap());
}

#[test]
fn certificate_is_renewed_when_less_than_thirty_days_are_left_and_after_it_expired() {
    for days in [61, 91, 4_000] {
        let room = TempDir::new().unwrap();
        let first = key_at(room.path(), NOW).unwrap();
        let later = Timestamp(NOW.0 + days * DAY);
        let second = key_at(room.path(), later).unwrap();
        assert_ne!(first.cert, second.cert, "{days}");
        let pem = fs::read(room.path().join("ca.pem")).unwrap();
        let root = rustls::pki_types::pem::PemObject::from_pem_slice(&pem).unwrap();
        let names = ["localhost", "127.0.0.1", "::1", "vault-1", "vault.example.com"];
        let names = names.map(str::to_owned);
        assert!(certificate::is_good_for(&second, &root, &names, later), "{days}");
        assert!(!certificate::is_good_for(&second, &root, &["other".to_owned()], later));
    }
}

#[test]
fn certificate_is_made_anew_when_a_name_is_added() {
    let room = TempDir::new().unwrap();
    let first = key_at(room.path(), NOW).unwrap();
    let more = LocalAuthority::new(room.path(), None, &["10.0.0.7".to_owned()]);
    let second = more.server_key(NOW, &Seeded::new(2)).unwrap();
    assert_ne!(first.cert, second.cert);
}

#[test]
fn names_that_certificates_do_not_hold_are_left_out_for_the_host_and_refused_when_configured() {
    let room = TempDir::new().unwrap();
    let host = LocalAuthority::new(room.path(), Some("not a name"), &[]);
    host.server_key(NOW, &Seeded::new(3)).unwrap();
    let configured = LocalAuthority::new(room.path(), None, &["not a name".to_owned()]);
    assert!(configured.server_key(NOW, &Seeded::new(4)).is_err());
}

#[test]
fn crash_between_the_authoritys_files_is_mended() {
    let room = TempDir::new().unwrap();
    key_at(room.path(), NOW).unwrap();
    fs::remove_file(room.path().join("ca.pem")).unwrap();
    key_at(room.path(), NOW).unwrap();
    assert!(room.path().join("ca.pem").exists());
}

#[test]
fn authority_without_its_key_is_refused() {
    let room = TempDir::new().unwrap();
    key_at(room.path(), NOW).unwrap();
    fs::remove_file(room.path().join("ca.key")).unwrap();
    assert!(matches!(key_at(room.path(), NOW), Err(TlsError::KeyMissing { .. })));
}

#[test]
fn key_that_others_may_read_is_refused() {
    for name in ["ca.key", "server.pem"] {
        let room = TempDir::new().unwrap();
        key_at(room.path(), NOW).unwrap();
        let open = fs::Permissions::from_mode(0o640);
        fs::set_permissions(room.path().join(name), open).unwrap();
        assert!(matches!(key_at(room.path(), NOW), Err(TlsError::KeyIsPublic { .. })), "{name}");
    }
}

#[test]
fn authority_of_another_key_is_refused() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    key_at(one.path(), NOW).unwrap();
    key_at(other.path(), NOW).unwrap();
    fs::copy(other.path().join("ca.pem"), one.path().join("ca.pem")).unwrap();
    assert!(matches!(key_at(one.path(), NOW), Err(TlsError::NotOfItsKey { .. })));
}

#[test]
fn broken_new_files_keep_the_old_certificate() {
    let room = TempDir::new().unwrap();
    let made = room.path().join("made");
    key_at(&made, NOW).unwrap();
    let path = room.path().join("own.pem");
    fs::copy(made.join("server.pem"), &path).unwrap();
    let source = Source::Files { certificate: path.clone(), key: path.clone() };
    let identity = Identity::load(source, NOW, &Seeded::new(1)).unwrap();
    let before = Arc::clone(&identity.current.read().unwrap());
    assert!(!identity.reload(NOW, &Seeded::new(1)).unwrap());

    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&path, broken).unwrap();
        let error = identity.reload(NOW, &Seeded::new(1)).unwrap_err();
        assert!(error.to_string().contains("own.pem"), "{error}");
        assert_eq!(before.cert, identity.current.read().unwrap().cert);
    }
    key_at(&made, Timestamp(NOW.0 + 80 * DAY)).unwrap();
    fs::copy(made.join("server.pem"), &path).unwrap();
    assert!(identity.reload(NOW, &Seeded::new(1)).unwrap());
    assert_ne!(before.cert, identity.current.read().unwrap().cert);
}
