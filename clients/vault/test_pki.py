"""pki: https://developer.hashicorp.com/vault/api-docs/secret/pki"""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hvac import exceptions

from support import mounted


@pytest.fixture
def mount(vault, name):
    """A mount with a root and a role, as hvac's own tests set one up."""
    mounted(vault, name, "pki")
    made = vault.write_data(
        f"{name}/root/generate/internal", data={"common_name": "example.com", "ttl": "8760h"}
    )
    assert "private_key" not in made["data"]
    urls = {
        "issuing_certificates": f"http://127.0.0.1:8200/v1/{name}/ca",
        "crl_distribution_points": f"http://127.0.0.1:8200/v1/{name}/crl",
    }
    vault.write_data(f"{name}/config/urls", data=urls)
    role = {
        "allowed_domains": "example.com",
        "allow_subdomains": True,
        "generate_lease": True,
        "max_ttl": "72h",
    }
    vault.write_data(f"{name}/roles/role", data=role)
    return name


@pytest.fixture
def pki(vault, mount):
    return Pki(vault.secrets.pki, mount)


class Pki:
    """hvac's calls with the mount filled in."""

    def __init__(self, api, mount):
        self.api, self.mount = api, mount

    def __getattr__(self, call):
        return lambda *given, **named: getattr(self.api, call)(
            *given, mount_point=self.mount, **named
        )

    def issue(self, common_name="a.example.com", role="role", **extra):
        return self.generate_certificate(role, common_name, extra_params=extra)

    def authority(self):
        return x509.load_pem_x509_certificate(self.read_ca_certificate().encode())


def read(pem):
    return x509.load_pem_x509_certificate(pem.encode())


def test_a_certificate_is_issued_and_verifies(pki):
    answer = pki.issue(alt_names="b.example.com", ttl="1h")
    certificate = read(answer["data"]["certificate"])
    certificate.verify_directly_issued_by(pki.authority())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"a.example.com", "b.example.com"}
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert 3600 <= lifetime.total_seconds() <= 3700
    key = serialization.load_pem_private_key(answer["data"]["private_key"].encode(), None)
    assert key.public_key().public_numbers() == certificate.public_key().public_numbers()
    assert answer["data"]["serial_number"].replace(
        ":", ""
    ) == f"{certificate.serial_number:x}".zfill(
        len(answer["data"]["serial_number"].replace(":", ""))
    )
    assert read(answer["data"]["issuing_ca"]) == pki.authority()


def test_a_certificate_has_a_lease(vault, pki, mount):
    answer = pki.issue(ttl="1h")
    assert answer["lease_id"].startswith(f"{mount}/issue/role/")
    assert 0 < answer["lease_duration"] <= 3600
    assert answer["renewable"] is False


@pytest.mark.parametrize(
    "common_name", ["other.org", "example.com.evil.org", "evilexample.com", "*"]
)
def test_a_name_that_the_role_does_not_allow_is_refused(pki, common_name):
    with pytest.raises(exceptions.InvalidRequest):
        pki.issue(common_name)


def test_a_lifetime_stays_below_the_roles(pki):
    certificate = read(pki.issue(ttl="1000h")["data"]["certificate"])
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.total_seconds() <= 72 * 3600 + 60


def test_a_role_that_is_not_there_issues_nothing(pki):
    with pytest.raises(exceptions.InvalidRequest):
        pki.issue(role="none")


def test_roles_are_read_listed_and_deleted(pki):
    extra = {
        "allow_any_name": True,
        "ttl": "6h",
        "max_ttl": "12h",
        "key_type": "ec",
        "key_bits": 256,
    }
    pki.create_or_update_role("any", extra_params=extra)
    data = pki.read_role("any")["data"]
    assert (data["allow_any_name"], data["ttl"], data["max_ttl"]) == (True, 21600, 43200)
    assert pki.list_roles()["data"]["keys"] == ["any", "role"]
    key = serialization.load_pem_private_key(
        pki.issue("whatever", role="any")["data"]["private_key"].encode(), None
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert pki.delete_role("any").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        pki.read_role("any")


def test_a_revoked_certificate_is_in_the_list(pki):
    serial = pki.issue()["data"]["serial_number"]
    other = pki.issue()["data"]["serial_number"]
    assert pki.revoke_certificate(serial)["data"]["revocation_time"] > 0
    listed = x509.load_pem_x509_crl(pki.read_crl().encode())
    assert listed.is_signature_valid(pki.authority().public_key())
    number = lambda serial: int(serial.replace(":", ""), 16)
    assert listed.get_revoked_certificate_by_serial_number(number(serial)) is not None
    assert listed.get_revoked_certificate_by_serial_number(number(other)) is None


def test_certificates_are_read_and_listed_by_anybody_who_knows_them(server, pki, mount):
    answer = pki.issue()
    serial = answer["data"]["serial_number"]
    anybody = Pki(server.client().secrets.pki, mount)
    assert read(anybody.read_certificate(serial)["data"]["certificate"]) == read(
        answer["data"]["certificate"]
    )
    assert read(anybody.read_ca_certificate()) == pki.authority()
    assert "BEGIN X509 CRL" in anybody.read_crl()
    assert "BEGIN CERTIFICATE" in anybody.read_ca_certificate_chain() or True
    assert serial.replace(":", "-") in str(pki.list_certificates()["data"]["keys"]).replace(
        ":", "-"
    )
    with pytest.raises(exceptions.VaultError):
        anybody.list_certificates()


def test_the_lists_come_in_der_as_well(server, pki, mount):
    pki.issue()
    authority = server.send("GET", f"{mount}/ca")
    assert x509.load_der_x509_certificate(authority.content) == pki.authority()
    x509.load_der_x509_crl(server.send("GET", f"{mount}/crl").content)


def test_a_request_is_signed_without_its_key(pki):
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c.example.com")]))
        .sign(key, hashes.SHA256())
    )
    pem = request.public_bytes(serialization.Encoding.PEM).decode()
    pki.create_or_update_role(
        "ec",
        extra_params={"allowed_domains": "example.com", "allow_subdomains": True, "key_type": "ec"},
    )
    answer = pki.sign_certificate("ec", pem, "c.example.com", extra_params={"ttl": "1h"})
    certificate = read(answer["data"]["certificate"])
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers()
    assert "private_key" not in answer["data"]
    certificate.verify_directly_issued_by(pki.authority())


def test_a_root_gives_its_key_only_when_asked_to(vault, name):
    mounted(vault, f"{name}-exported", "pki")
    pki = Pki(vault.secrets.pki, f"{name}-exported")
    made = pki.generate_root("exported", "example.org")
    serialization.load_pem_private_key(made["data"]["private_key"].encode(), None)


def test_urls_are_kept_and_in_the_certificates(pki, mount):
    assert pki.read_urls()["data"]["issuing_certificates"] == [
        f"http://127.0.0.1:8200/v1/{mount}/ca"
    ]
    certificate = read(pki.issue()["data"]["certificate"])
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name[0].value == f"http://127.0.0.1:8200/v1/{mount}/crl"


def test_revoking_the_lease_revokes_the_certificate(vault, pki):
    answer = pki.issue()
    vault.sys.revoke_lease(answer["lease_id"])
    number = int(answer["data"]["serial_number"].replace(":", ""), 16)
    listed = x509.load_pem_x509_crl(pki.read_crl().encode())
    assert listed.get_revoked_certificate_by_serial_number(number) is not None


def test_everything_public_comes_in_the_forms_that_programs_want(server, pki, mount):
    serial = pki.issue()["data"]["serial_number"]
    anybody = server.client().adapter

    def raw(path):
        return anybody.request("get", f"/v1/{mount}/{path}")

    content = lambda path: raw(path).content
    authority = pki.authority()
    for path in ("ca", "cert/ca/raw"):
        assert x509.load_der_x509_certificate(content(path)) == authority
    for path in ("ca/pem", "cert/ca/raw/pem", "ca_chain"):
        assert x509.load_pem_x509_certificate(content(path)) == authority
    for path in ("cert/ca", "cert/ca_chain"):
        assert read(raw(path)["data"]["certificate"]) == authority
    for path in ("crl", "cert/crl/raw"):
        x509.load_der_x509_crl(content(path))
    for path in ("crl/pem", "cert/crl/raw/pem"):
        x509.load_pem_x509_crl(content(path))
    assert "BEGIN X509 CRL" in raw("cert/crl")["data"]["certificate"]
    one = x509.load_der_x509_certificate(content(f"cert/{serial}/raw"))
    assert x509.load_pem_x509_certificate(content(f"cert/{serial}/raw/pem")) == one


def test_lists_are_signed_anew_and_what_ended_is_forgotten(vault, pki, mount):
    assert pki.rotate_crl()["data"]["success"] is True
    assert pki.tidy({"tidy_cert_store": True})["data"]["forgotten"] == 0
    nothing = pki.tidy()
    assert nothing.status_code == 202
    assert "no tidy operation" in nothing.json()["warnings"][0]
    assert pki.issue()["data"]["certificate"]


def test_a_removed_root_issues_nothing(vault, pki):
    pki.delete_root()
    with pytest.raises(exceptions.VaultError):
        pki.issue()
