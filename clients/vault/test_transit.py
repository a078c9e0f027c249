"""transit: https://developer.hashicorp.com/vault/api-docs/secret/transit"""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from hvac import exceptions

from support import base64_of, bytes_of, mounted

TEXT = base64_of("attack at dawn")
ENCRYPTING = ["aes256-gcm96", "chacha20-poly1305", "rsa-2048", "rsa-4096"]
SIGNING = ["ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"]


@pytest.fixture
def mount(vault, name):
    return mounted(vault, name, "transit")


@pytest.fixture
def transit(vault, mount):
    return Transit(vault.secrets.transit, mount)


class Transit:
    """hvac's calls with the mount filled in."""

    def __init__(self, api, mount):
        self.api, self.mount = api, mount

    def __getattr__(self, call):
        return lambda *given, **named: getattr(self.api, call)(
            *given, mount_point=self.mount, **named
        )

    def key(self, name="key", **settings):
        return self.create_key(name, **settings)["data"]

    def encrypt(self, plaintext=TEXT, name="key", **more):
        return self.encrypt_data(name, plaintext=plaintext, **more)["data"]["ciphertext"]

    def decrypt(self, ciphertext, name="key", **more):
        return self.decrypt_data(name, ciphertext=ciphertext, **more)["data"]["plaintext"]


@pytest.mark.parametrize("kind", ENCRYPTING)
def test_what_is_encrypted_is_decrypted(transit, kind):
    transit.key(key_type=kind)
    ciphertext = transit.encrypt()
    assert ciphertext.startswith("vault:v1:")
    assert transit.decrypt(ciphertext) == TEXT
    assert transit.encrypt() != ciphertext


@pytest.mark.parametrize("change", ["flip", "cut", "version", "empty", "word"])
def test_a_changed_ciphertext_is_refused(transit, change):
    transit.key()
    ciphertext = transit.encrypt()
    broken = {
        "flip": ciphertext[:-6] + ("A" if ciphertext[-6] != "A" else "B") + ciphertext[-5:],
        "cut": ciphertext[:20],
        "version": ciphertext.replace(":v1:", ":v9:"),
        "empty": "",
        "word": "nonsense",
    }[change]
    with pytest.raises(exceptions.InvalidRequest):
        transit.decrypt(broken)


def test_keys_are_made_read_listed_and_deleted(transit):
    made = transit.key(key_type="aes256-gcm96")
    assert made["name"] == "key"
    data = transit.read_key("key")["data"]
    assert data["type"] == "aes256-gcm96"
    assert data["latest_version"] == 1
    assert data["min_decryption_version"] == 1
    assert data["min_encryption_version"] == 0
    assert data["deletion_allowed"] is False
    assert data["exportable"] is False
    assert list(data["keys"]) == ["1"]
    assert transit.list_keys()["data"]["keys"] == ["key"]
    with pytest.raises(exceptions.InvalidRequest):
        transit.delete_key("key")
    transit.update_key_configuration("key", deletion_allowed=True)
    assert transit.delete_key("key").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        transit.read_key("key")
    with pytest.raises(exceptions.InvalidPath):
        transit.list_keys()


def test_rotation_keeps_old_ciphertexts_readable(transit):
    transit.key()
    old = transit.encrypt()
    assert transit.rotate_key("key")["data"]["latest_version"] == 2
    new = transit.encrypt()
    assert new.startswith("vault:v2:")
    assert transit.decrypt(old) == transit.decrypt(new) == TEXT
    rewrapped = transit.rewrap_data("key", ciphertext=old)["data"]["ciphertext"]
    assert rewrapped.startswith("vault:v2:")
    assert transit.decrypt(rewrapped) == TEXT


def test_old_versions_are_closed_and_trimmed(transit):
    transit.key()
    old = transit.encrypt()
    for _ in range(3):
        transit.rotate_key("key")
    transit.update_key_configuration("key", min_decryption_version=3, min_encryption_version=4)
    with pytest.raises(exceptions.InvalidRequest):
        transit.decrypt(old)
    with pytest.raises(exceptions.InvalidRequest):
        transit.encrypt(key_version=3)
    assert transit.encrypt(key_version=4).startswith("vault:v4:")
    trimmed = transit.trim_key("key", min_version=3)
    assert trimmed["data"]["min_available_version"] == 3
    assert sorted(transit.read_key("key")["data"]["keys"]) == ["3", "4"]
    with pytest.raises(exceptions.InvalidRequest):
        transit.update_key_configuration("key", min_decryption_version=1)


def test_derived_keys_need_their_context(transit):
    transit.key(derived=True)
    context, other = base64_of("user 1"), base64_of("user 2")
    ciphertext = transit.encrypt(context=context)
    assert transit.decrypt(ciphertext, context=context) == TEXT
    with pytest.raises(exceptions.InvalidRequest):
        transit.decrypt(ciphertext, context=other)
    with pytest.raises(exceptions.InvalidRequest):
        transit.encrypt()


def test_convergent_encryption_answers_the_same(transit):
    transit.key(derived=True, convergent_encryption=True)
    context = base64_of("user 1")
    assert transit.encrypt(context=context) == transit.encrypt(context=context)
    assert transit.encrypt(context=context) != transit.encrypt(context=base64_of("user 2"))


def test_associated_data_has_to_be_the_same(transit):
    transit.key()
    ciphertext = transit.encrypt(associated_data=base64_of("row 1"))
    assert transit.decrypt(ciphertext, associated_data=base64_of("row 1")) == TEXT
    with pytest.raises(exceptions.InvalidRequest):
        transit.decrypt(ciphertext, associated_data=base64_of("row 2"))


def test_many_are_done_in_one_request(transit):
    transit.key()
    texts = [base64_of(word) for word in ("one", "two", "three")]
    sent = [{"plaintext": text} for text in texts]
    encrypted = transit.encrypt_data("key", batch_input=sent)["data"]["batch_results"]
    sealed = [{"ciphertext": one["ciphertext"]} for one in encrypted]
    decrypted = transit.decrypt_data("key", batch_input=sealed)["data"]["batch_results"]
    assert [one["plaintext"] for one in decrypted] == texts
    transit.rotate_key("key")
    rewrapped = transit.rewrap_data("key", ciphertext=None, batch_input=sealed)
    results = rewrapped["data"]["batch_results"]
    assert all(one["ciphertext"].startswith("vault:v2:") for one in results)


def test_one_bad_of_many_is_told_apart(server, transit, mount):
    transit.key()
    good = {"ciphertext": transit.encrypt()}
    body = {"batch_input": [good, {"ciphertext": "vault:v1:AAAA"}]}
    answer = server.send("POST", f"{mount}/decrypt/key", body, server.root_token)
    assert answer.status_code == 400
    first, second = answer.json()["data"]["batch_results"]
    assert first["plaintext"] == TEXT
    assert second["error"]


def test_a_key_that_is_missing_is_made_for_encryption_only(transit):
    assert transit.encrypt(name="new").startswith("vault:v1:")
    with pytest.raises(exceptions.VaultError):
        transit.decrypt("vault:v1:AAAA", name="none")


def test_a_data_key_is_given_in_clear_or_only_wrapped(transit):
    transit.key()
    both = transit.generate_data_key("key", "plaintext")["data"]
    assert transit.decrypt(both["ciphertext"]) == both["plaintext"]
    assert len(bytes_of(both["plaintext"])) == 32
    wrapped = transit.generate_data_key("key", "wrapped", bits=512)["data"]
    assert "plaintext" not in wrapped
    assert len(bytes_of(transit.decrypt(wrapped["ciphertext"]))) == 64


def test_random_bytes_are_of_the_length_asked_for(transit):
    random = transit.generate_random_bytes(n_bytes=16)["data"]["random_bytes"]
    assert len(bytes_of(random)) == 16
    assert transit.generate_random_bytes(n_bytes=16)["data"]["random_bytes"] != random
    digits = transit.generate_random_bytes(n_bytes=8, output_format="hex")["data"]["random_bytes"]
    assert len(bytes.fromhex(digits)) == 8


@pytest.mark.parametrize("algorithm", ["sha2-224", "sha2-256", "sha2-384", "sha2-512"])
def test_hashes_are_those_of_others(transit, algorithm):
    answer = transit.hash_data(base64_of("abc"), algorithm=algorithm, output_format="hex")
    expected = hashlib.new(algorithm.replace("sha2-", "sha"), b"abc").hexdigest()
    assert answer["data"]["sum"] == expected


def test_an_hmac_is_verified(transit):
    transit.key()
    mac = transit.generate_hmac("key", TEXT, algorithm="sha2-256")["data"]["hmac"]
    assert mac.startswith("vault:v1:")
    valid = lambda text, mac: transit.verify_signed_data("key", text, hmac=mac)["data"]["valid"]
    assert valid(TEXT, mac) is True
    assert valid(base64_of("other"), mac) is False


@pytest.mark.parametrize("kind", SIGNING)
def test_signatures_are_verified_here_and_elsewhere(transit, kind):
    transit.key(key_type=kind)
    signed = transit.sign_data(
        "key", TEXT, hash_algorithm="sha2-256", signature_algorithm="pkcs1v15"
    )
    signature = signed["data"]["signature"]
    assert signature.startswith("vault:v1:")
    more = {"hash_algorithm": "sha2-256", "signature_algorithm": "pkcs1v15"}
    valid = lambda text: transit.verify_signed_data("key", text, signature=signature, **more)
    assert valid(TEXT)["data"]["valid"] is True
    assert valid(base64_of("other"))["data"]["valid"] is False
    raw = bytes_of(signature.split(":")[2])
    public = transit.read_key("key")["data"]["keys"]["1"]["public_key"]
    verify_elsewhere(kind, public, raw, b"attack at dawn")
    with pytest.raises(InvalidSignature):
        verify_elsewhere(kind, public, raw, b"attack at dusk")


def verify_elsewhere(kind, public, signature, message):
    if kind == "ed25519":
        key = ed25519.Ed25519PublicKey.from_public_bytes(bytes_of(public))
        return key.verify(signature, message)
    key = serialization.load_pem_public_key(public.encode())
    if kind.startswith("ecdsa"):
        return key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    return key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("salt_length", ["auto", "hash", "-1", "0", "20"])
def test_pss_signatures_have_the_salt_asked_for(transit, salt_length):
    transit.key(key_type="rsa-2048")
    more = {"hash_algorithm": "sha2-256", "signature_algorithm": "pss", "salt_length": salt_length}
    signature = transit.sign_data("key", TEXT, **more)["data"]["signature"]
    answer = transit.verify_signed_data("key", TEXT, signature=signature, **more)
    assert answer["data"]["valid"] is True


def test_a_hash_is_signed_as_it_is(transit):
    transit.key(key_type="ecdsa-p256")
    digest = base64_of(hashlib.sha256(b"attack at dawn").digest())
    signature = transit.sign_data("key", digest, prehashed=True, hash_algorithm="sha2-256")
    answer = transit.verify_signed_data(
        "key", TEXT, signature=signature["data"]["signature"], hash_algorithm="sha2-256"
    )
    assert answer["data"]["valid"] is True


def test_signatures_come_in_the_form_of_jws(transit):
    transit.key(key_type="ecdsa-p256")
    more = {"hash_algorithm": "sha2-256", "marshaling_algorithm": "jws"}
    signature = transit.sign_data("key", TEXT, **more)["data"]["signature"]
    answer = transit.verify_signed_data("key", TEXT, signature=signature, **more)
    assert answer["data"]["valid"] is True


def test_many_are_signed_in_one_request(transit):
    transit.key(key_type="ed25519")
    signed = transit.sign_data("key", batch_input=[{"input": TEXT}, {"input": base64_of("b")}])
    results = signed["data"]["batch_results"]
    assert all(one["signature"].startswith("vault:v1:") for one in results)


@pytest.mark.parametrize("kind", ["encryption-key", "hmac-key"])
def test_an_exportable_key_is_exported(transit, kind):
    transit.key(exportable=True)
    transit.rotate_key("key")
    data = transit.export_key("key", kind)["data"]
    assert data["name"] == "key"
    assert sorted(data["keys"]) == ["1", "2"]
    one = transit.export_key("key", kind, version=2)["data"]
    assert list(one["keys"]) == ["2"]
    assert one["keys"]["2"] == data["keys"]["2"]


def test_a_key_that_is_not_exportable_stays(transit):
    transit.key()
    with pytest.raises(exceptions.VaultError):
        transit.export_key("key", "encryption-key")
    transit.update_key_configuration("key", exportable=True)
    transit.export_key("key", "encryption-key")
    transit.update_key_configuration("key", exportable=False)
    assert transit.read_key("key")["data"]["exportable"] is True


def test_a_signing_key_is_exported_as_others_read_it(transit):
    transit.key(key_type="ecdsa-p256", exportable=True)
    pem = transit.export_key("key", "signing-key")["data"]["keys"]["1"]
    private = serialization.load_pem_private_key(pem.encode(), None)
    assert private.curve.name == "secp256r1"


def test_a_backup_is_restored(transit):
    transit.key(exportable=True)
    with pytest.raises(exceptions.InternalServerError, match="plaintext backup is disallowed"):
        transit.backup_key("key")
    transit.update_key_configuration("key", allow_plaintext_backup=True)
    ciphertext = transit.encrypt()
    backup = transit.backup_key("key")["data"]["backup"]
    with pytest.raises(exceptions.InternalServerError, match="already exists"):
        transit.restore_key(backup)
    with pytest.raises(exceptions.InternalServerError, match="already exists"):
        transit.restore_key(backup, name="key")
    assert transit.restore_key(backup, name="key", force=True).status_code == 204
    assert transit.restore_key(backup, name="copy").status_code == 204
    assert transit.decrypt(ciphertext, name="copy") == TEXT


def test_a_key_rotates_itself_when_told_to(transit):
    transit.key(auto_rotate_period="24h")
    assert transit.read_key("key")["data"]["auto_rotate_period"] == 86400
    transit.update_key_configuration("key", auto_rotate_period="0")
    assert transit.read_key("key")["data"]["auto_rotate_period"] == 0
    with pytest.raises(exceptions.InvalidRequest):
        transit.update_key_configuration("key", auto_rotate_period="1s")


def test_who_may_encrypt_may_not_decrypt(server, transit, mount, name):
    transit.key()
    client = server.bearer(f'path "{mount}/encrypt/key" {{ capabilities = ["update"] }}', name)
    theirs = Transit(client.secrets.transit, mount)
    ciphertext = theirs.encrypt()
    with pytest.raises(exceptions.Forbidden):
        theirs.decrypt(ciphertext)
    with pytest.raises(exceptions.Forbidden):
        theirs.encrypt(name="another")


def test_older_paths_name_the_algorithm_or_the_length(vault, transit, mount):
    transit.key(key_type="ecdsa-p256")
    write = lambda path, **data: vault.write_data(f"{mount}/{path}", data=data)["data"]
    signature = write("sign/key/sha2-256", input=TEXT)["signature"]
    assert write("verify/key/sha2-256", input=TEXT, signature=signature)["valid"] is True
    mac = write("hmac/key/sha2-512", input=TEXT)["hmac"]
    assert write("verify/key/sha2-512", input=TEXT, hmac=mac)["valid"] is True
    digest = hashlib.sha512(b"attack at dawn").hexdigest()
    assert write("hash/sha2-512", input=TEXT)["sum"] == digest
    assert len(bytes_of(write("random/16")["random_bytes"])) == 16
    assert len(bytes_of(write("random/platform/16")["random_bytes"])) == 16


def test_a_key_is_restored_under_its_own_name(transit):
    transit.key(exportable=True, allow_plaintext_backup=True)
    ciphertext = transit.encrypt()
    backup = transit.backup_key("key")["data"]["backup"]
    transit.update_key_configuration("key", deletion_allowed=True)
    transit.delete_key("key")
    transit.restore_key(backup)
    assert transit.decrypt(ciphertext) == TEXT
