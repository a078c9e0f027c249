"""auth/jwt and auth/oidc: https://developer.hashicorp.com/vault/api-docs/auth/jwt"""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hvac import exceptions

from provider import CLIENT_ID, CLIENT_SECRET, Provider, Signer
from support import login_mounted


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def mount(vault, name):
    return login_mounted(vault, name, "jwt")


@pytest.fixture
def jwt(vault, mount, provider):
    """A mount that trusts the provider's keys, with a role for anybody whom it names."""
    configured = vault.auth.jwt.configure(oidc_discovery_url=provider.url, path=mount)
    assert configured.status_code == 204
    role(vault, mount)
    return mount


def role(vault, mount, name="role", **settings):
    given = {"user_claim": "sub", "bound_audiences": [CLIENT_ID], "token_policies": ["staff"]}
    made = vault.auth.jwt.create_role(
        name, allowed_redirect_uris=[], path=mount, **{**given, **settings}
    )
    assert made.status_code == 204


def login(server, mount, token, role="role"):
    client = server.client()
    return client, client.auth.jwt.jwt_login(role, token, path=mount)["auth"]


def refused(server, mount, token, role="role"):
    with pytest.raises((exceptions.InvalidRequest, exceptions.Forbidden)):
        login(server, mount, token, role)


def test_a_token_of_a_discovered_provider_lets_in(server, jwt, provider):
    client, auth = login(server, jwt, provider.token())
    assert auth["policies"] == ["default", "staff"]
    assert auth["metadata"]["role"] == "role"
    assert auth["entity_id"]
    assert client.is_authenticated()


@pytest.mark.parametrize("way", ["jwks_url", "jwt_validation_pubkeys"])
def test_keys_come_from_a_url_or_are_given(server, vault, mount, provider, way):
    given = {
        "jwks_url": {"jwks_url": f"{provider.url}/keys"},
        "jwt_validation_pubkeys": {"jwt_validation_pubkeys": [provider.signer.pem()]},
    }[way]
    vault.auth.jwt.configure(bound_issuer=provider.url, path=mount, **given)
    role(vault, mount)
    assert login(server, mount, provider.token())[0].is_authenticated()
    refused(server, mount, provider.token(iss="https://another.example"))


def test_the_configuration_is_read_without_secrets(vault, jwt, provider):
    vault.auth.jwt.configure(
        oidc_discovery_url=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        default_role="role",
        path=jwt,
    )
    data = vault.auth.jwt.read_config(path=jwt)["data"]
    assert data["oidc_discovery_url"] == provider.url
    assert data["default_role"] == "role"
    assert CLIENT_SECRET not in str(data)


def test_a_configuration_that_cannot_be_reached_is_refused(vault, mount):
    with pytest.raises(exceptions.InvalidRequest):
        vault.auth.jwt.configure(oidc_discovery_url="http://127.0.0.1:1", path=mount)


def test_roles_are_read_listed_and_deleted(vault, jwt):
    role(vault, jwt, "other", user_claim="https://vault/user", token_ttl="5m")
    data = vault.auth.jwt.read_role("other", path=jwt)["data"]
    assert data["user_claim"] == "https://vault/user"
    assert data["bound_audiences"] == [CLIENT_ID]
    assert data["token_ttl"] == 300
    assert data["role_type"] == "jwt"
    assert vault.auth.jwt.list_roles(path=jwt)["data"]["keys"] == ["other", "role"]
    assert vault.auth.jwt.delete_role("other", path=jwt).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        vault.auth.jwt.read_role("other", path=jwt)


def test_a_token_that_is_not_the_providers_is_refused(server, jwt, provider):
    stranger = Signer(provider.signer.key_id)
    now = int(time.time())
    claims = {"iss": provider.url, "aud": CLIENT_ID, "sub": "ann", "exp": now + 60}
    refused(server, jwt, stranger.sign(claims))
    good = provider.token()
    refused(server, jwt, good[:-4] + "AAAA")
    head, _, rest = good.partition(".")
    refused(server, jwt, f"eyJhbGciOiJub25lIn0.{rest.rpartition('.')[0]}.")
    refused(server, jwt, "not.a.token")
    refused(server, jwt, "")


@pytest.mark.parametrize(
    "claims",
    [
        {"audience": "another"},
        {"lifetime_secs": -3600},
        {"nbf": 9_999_999_999},
        {"iss": "https://another.example"},
        {"sub": None},
    ],
)
def test_claims_that_do_not_fit_are_refused(server, jwt, provider, claims):
    refused(server, jwt, provider.token(**claims))


def test_leeway_forgives_a_clock_that_is_a_little_off(server, vault, jwt, provider):
    late = lambda: provider.token(lifetime_secs=-60)
    assert login(server, jwt, late())[0].is_authenticated()
    role(vault, jwt, "strict", clock_skew_leeway=-1, expiration_leeway=-1, not_before_leeway=-1)
    refused(server, jwt, late(), "strict")


def test_claims_are_bound(server, vault, jwt, provider):
    role(vault, jwt, "bound", bound_claims={"department": ["it", "ops"]}, bound_subject="ann")
    login(server, jwt, provider.token(department="ops"), "bound")
    refused(server, jwt, provider.token(department="sales"), "bound")
    refused(server, jwt, provider.token(), "bound")
    refused(server, jwt, provider.token(department="ops", sub="bob"), "bound")
    role(vault, jwt, "glob", bound_claims={"department": "it-*"}, bound_claims_type="glob")
    login(server, jwt, provider.token(department="it-berlin"), "glob")
    refused(server, jwt, provider.token(department="sales-it-"), "glob")


def test_claims_become_metadata(server, vault, jwt, provider):
    role(vault, jwt, "mapped", claim_mappings={"email": "mail"})
    auth = login(server, jwt, provider.token(email="ann@example.com"), "mapped")[1]
    assert auth["metadata"]["mail"] == "ann@example.com"


def test_groups_of_the_provider_give_policies(server, vault, jwt, provider, name):
    role(vault, jwt, "grouped", groups_claim="groups")
    identity = vault.secrets.identity
    made = identity.create_or_update_group(name, group_type="external", policies=["of-group"])
    accessor = vault.sys.list_auth_methods()["data"][f"{jwt}/"]["accessor"]
    identity.create_or_update_group_alias(
        f"group-{name}", mount_accessor=accessor, canonical_id=made["data"]["id"]
    )
    auth = login(server, jwt, provider.token(groups=[f"group-{name}"]), "grouped")[1]
    assert auth["identity_policies"] == ["of-group"]
    auth = login(server, jwt, provider.token(groups=["another"]), "grouped")[1]
    assert "identity_policies" not in auth or not auth["identity_policies"]


def test_a_role_without_audience_refuses_tokens_that_have_one(server, vault, jwt, provider):
    role(vault, jwt, "open", bound_audiences=None, bound_subject="ann")
    refused(server, jwt, provider.token(), "open")


def test_a_login_without_a_role_takes_the_default_one(server, vault, jwt, provider):
    vault.auth.jwt.configure(oidc_discovery_url=provider.url, default_role="role", path=jwt)
    answer = server.client().auth.jwt.jwt_login(None, provider.token(), path=jwt)
    assert answer["auth"]["metadata"]["role"] == "role"


@pytest.fixture
def oidc(vault, name, provider):
    mount = login_mounted(vault, f"{name}-oidc", "oidc")
    vault.auth.oidc.configure(
        oidc_discovery_url=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        path=mount,
    )
    return mount


def redirect_uri(server, mount):
    return f"{server.address}/v1/auth/{mount}/oidc/callback"


def auth_url(server, vault, mount, **settings):
    uri = redirect_uri(server, mount)
    vault.auth.oidc.create_role(
        "person",
        "sub",
        allowed_redirect_uris=[uri],
        token_policies=["staff"],
        path=mount,
        **settings,
    )
    asked = server.client().auth.oidc.oidc_authorization_url_request("person", uri, path=mount)
    return asked["data"]["auth_url"]


def test_a_person_logs_in_with_a_browser(server, vault, oidc, provider):
    url = auth_url(server, vault, oidc)
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{provider.url}/authorize?")
    assert query["client_id"] == [CLIENT_ID]
    assert query["response_type"] == ["code"]
    assert "openid" in query["scope"][0]
    back = requests.get(url, allow_redirects=False, timeout=60).headers["Location"]
    shown = parse_qs(urlsplit(back).query)
    client = server.client()
    answer = client.auth.oidc.oidc_callback(
        state=shown["state"][0], nonce=query["nonce"][0], code=shown["code"][0], path=oidc
    )
    assert answer["auth"]["policies"] == ["default", "staff"]
    client.token = answer["auth"]["client_token"]
    assert client.auth.token.lookup_self()["data"]["meta"]["role"] == "person"
    with pytest.raises(exceptions.VaultError):
        client.auth.oidc.oidc_callback(
            state=shown["state"][0], nonce=query["nonce"][0], code=shown["code"][0], path=oidc
        )


def test_a_state_that_nobody_was_given_is_refused(server, vault, oidc, provider):
    auth_url(server, vault, oidc)
    with pytest.raises(exceptions.VaultError):
        server.client().auth.oidc.oidc_callback(state="guess", nonce="n", code="c", path=oidc)


def test_an_address_that_is_not_the_roles_is_not_sent_to(server, vault, oidc):
    auth_url(server, vault, oidc)
    with pytest.raises(exceptions.InvalidRequest, match="unauthorized redirect_uri"):
        server.client().auth.oidc.oidc_authorization_url_request(
            "person", "https://evil.example/callback", path=oidc
        )


def test_this_server_can_be_the_provider(server, vault, name, mount):
    """The server fetches its own keys over TLS: nothing of it may wait for itself."""
    identity = vault.secrets.identity
    identity.configure_tokens_backend(issuer=server.address)
    authority = open(server.env["VAULT_CACERT"]).read()
    configured = vault.auth.jwt.configure(
        oidc_discovery_url=f"{server.address}/v1/identity/oidc",
        oidc_discovery_ca_pem=authority,
        path=mount,
    )
    assert configured.status_code == 204
    read = vault.auth.jwt.read_config(path=mount)["data"]
    assert read["oidc_discovery_url"] == f"{server.address}/v1/identity/oidc"
    identity.configure_tokens_backend(issuer="")


def test_a_method_that_lets_nobody_in_says_so(server, vault, name):
    for kind in ("gcp", "github"):
        login_mounted(vault, f"{name}-{kind}", kind)
        answer = server.send("POST", f"auth/{name}-{kind}/login", {"role": "r", "jwt": "j"})
        assert answer.status_code == 403
        assert answer.json()["errors"][0] == "permission denied"


def test_a_mount_for_browsers_takes_tokens_as_well(server, vault, oidc, provider):
    api = vault.auth.oidc
    api.create_role(
        "job",
        "sub",
        allowed_redirect_uris=[],
        role_type="jwt",
        bound_audiences=[CLIENT_ID],
        path=oidc,
    )
    assert api.read_config(path=oidc)["data"]["oidc_client_id"] == CLIENT_ID
    assert api.list_roles(path=oidc)["data"]["keys"] == ["job"]
    assert api.read_role("job", path=oidc)["data"]["role_type"] == "jwt"
    client = server.client()
    client.auth.oidc.jwt_login("job", provider.token(), path=oidc)
    assert client.is_authenticated()
    assert api.delete_role("job", path=oidc).status_code == 204


@pytest.mark.parametrize("kind", ["jwt", "oidc"])
def test_a_provider_that_posts_its_answer_is_heard(server, vault, name, provider, kind):
    """The browser posts the answer as a form (response_mode=form_post), and the client fetches the token."""
    mount = login_mounted(vault, f"{name}-{kind}", kind)
    vault.auth.oidc.configure(
        oidc_discovery_url=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_response_mode="form_post",
        oidc_response_types=["code"],
        path=mount,
    )
    url = auth_url(server, vault, mount)
    back = requests.get(url, allow_redirects=False, timeout=60).headers["Location"]
    shown = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    posted = server.session().post(redirect_uri(server, mount), data=shown)
    assert posted.status_code == 200, posted.text
    assert "client_token" not in posted.text
    fetch = lambda: server.session().get(
        redirect_uri(server, mount), params={"state": shown["state"]}
    )
    assert fetch().json()["auth"]["metadata"]["role"] == "person"
    assert fetch().status_code >= 400


@pytest.mark.parametrize("kind", ["jwt"])
def test_the_code_flow_works_below_a_mount_of_either_kind(server, vault, name, provider, kind):
    mount = login_mounted(vault, f"{name}-{kind}", kind)
    vault.auth.oidc.configure(
        oidc_discovery_url=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        path=mount,
    )
    url = auth_url(server, vault, mount)
    back = requests.get(url, allow_redirects=False, timeout=60).headers["Location"]
    shown = parse_qs(urlsplit(back).query)
    nonce = parse_qs(urlsplit(url).query)["nonce"][0]
    answer = server.client().auth.oidc.oidc_callback(
        state=shown["state"][0], nonce=nonce, code=shown["code"][0], path=mount
    )
    assert answer["auth"]["metadata"]["role"] == "person"
