"""Temporary keys, as boto3 gets them: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html"""

import base64
import contextlib
import json
import os
import subprocess
import sys
import time

import boto3
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import harness

ACCOUNT = "000000000000"
POLICY = 'path "secret/*" { capabilities = ["create", "read", "update", "list"] }'
# The program that `strongroom run --aws` starts.
PROGRAM = """
import boto3
keys = boto3.session.Session().get_credentials()
print(keys.method, keys.get_frozen_credentials().access_key[:4])
print(boto3.client("sts").get_caller_identity()["Arn"])
print(boto3.client("secretsmanager").get_secret_value(SecretId="{name}")["SecretString"])
"""


def client(server, service, **others):
    """boto3 as it comes, told by its environment alone where the server is."""
    told = server.environment(encrypted=False, **others)
    told["AWS_ENDPOINT_URL_STS"] = told["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
    told = {name: value for name, value in told.items() if value}
    with harness.environment(told):
        return boto3.session.Session().client(service)


def app(server, name):
    """The access key of a new app."""
    server.vault("PUT", "sys/policies/acl/sts", {"policy": POLICY})
    made = server.run_remotely("app", "create", name, "--policy", "sts", "--door", "aws")
    return dict(line.split("=", 1) for line in made.splitlines() if line.startswith("AWS_"))


def keys_of(answer):
    given = answer["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def refused(ask):
    with pytest.raises(ClientError) as error:
        ask()
    return error.value.response["Error"]["Code"]


def test_an_app_assumes_its_own_role_and_is_known_by_its_session(server, secret):
    keys = app(server, "own")
    sts = client(server, "sts", **keys)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/own"
    role = f"arn:aws:iam::{ACCOUNT}:role/own"
    answer = sts.assume_role(RoleArn=role, RoleSessionName="deploy", DurationSeconds=900)
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 0 < left < 900 + harness.PATIENCE_SECS
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/own/deploy"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    session = keys_of(answer)
    known = client(server, "sts", **session).get_caller_identity()
    assert (known["Arn"], known["Account"]) == (arn, ACCOUNT)
    assert known["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    read = client(server, "secretsmanager", **session).get_secret_value(SecretId=secret)
    assert read["SecretString"] == "one"


def test_temporary_keys_without_their_token_or_with_another_are_nobodys(server):
    sts = client(server, "sts", **app(server, "tampered"))
    role = f"arn:aws:iam::{ACCOUNT}:role/tampered"
    session = keys_of(sts.assume_role(RoleArn=role, RoleSessionName="deploy"))
    for token in ("", "AAAA", session["AWS_SESSION_TOKEN"] + "A"):
        keys = {**session, "AWS_SESSION_TOKEN": token}
        assert refused(client(server, "sts", **keys).get_caller_identity) == "InvalidClientTokenId"
        asked = client(server, "secretsmanager", **keys).get_random_password
        assert refused(asked) == "UnrecognizedClientException"


def test_sessions_end_with_their_app(server):
    sts = client(server, "sts", **app(server, "ended"))
    role = f"arn:aws:iam::{ACCOUNT}:role/ended"
    session = client(
        server, "sts", **keys_of(sts.assume_role(RoleArn=role, RoleSessionName="deploy"))
    )
    session.get_caller_identity()
    server.run_remotely("app", "disable", "ended")
    assert refused(session.get_caller_identity) == "InvalidClientTokenId"
    assert refused(sts.get_caller_identity) == "InvalidClientTokenId"


def test_a_role_that_is_not_ones_own_is_denied(server):
    app(server, "theirs")
    sts = client(server, "sts", **app(server, "mine"))
    for role in (f"{ACCOUNT}:role/theirs", f"{ACCOUNT}:role/none", "999999999999:role/mine"):
        arn = f"arn:aws:iam::{role}"
        asked = lambda: sts.assume_role(RoleArn=arn, RoleSessionName="deploy")
        assert refused(asked) == "AccessDenied"


def test_what_narrows_a_session_is_refused(server):
    sts = client(server, "sts", **app(server, "narrow"))
    role = f"arn:aws:iam::{ACCOUNT}:role/narrow"
    given = {"RoleArn": role, "RoleSessionName": "deploy"}
    for more in ({"Policy": "{}"}, {"Tags": [{"Key": "a", "Value": "b"}]}):
        assert refused(lambda: sts.assume_role(**given, **more)) == "ValidationError"


@pytest.fixture
def identity(server, tmp_path):
    """Signs tokens that a JWT mount takes; what boto3 reads of it stands in a file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
    server.vault("PUT", "sys/policies/acl/sts", {"policy": POLICY})
    server.vault("POST", "sys/auth/pods", {"type": "jwt"})
    server.vault("POST", "auth/pods/config", {"jwt_validation_pubkeys": [pem]})
    role = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["strongroom"],
        "token_policies": ["sts"],
    }
    server.vault("POST", "auth/pods/role/web", role)
    yield lambda **claims: signed(key, tmp_path / "token", claims)
    server.vault("DELETE", "sys/auth/pods")


def signed(key, file, claims):
    now = int(time.time())
    full = {"sub": "pod", "aud": "strongroom", "iat": now, "exp": now + 300, **claims}
    part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    text = ".".join(
        part(json.dumps(half).encode()) for half in ({"alg": "RS256", "typ": "JWT"}, full)
    )
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    file.write_text(f"{text}.{part(signature)}")
    return file


def without_keys(**others):
    """No access key: boto3 gets its keys another way."""
    return {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", **others}


def test_a_web_identity_is_exchanged_for_keys_by_boto3_itself(server, secret, identity):
    told = without_keys(
        AWS_ROLE_ARN=f"arn:aws:iam::{ACCOUNT}:role/pods/web",
        AWS_ROLE_SESSION_NAME="pod-1",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(identity()),
    )
    with endpoint_of_sts(server, told):
        arn = client(server, "sts", **told).get_caller_identity()["Arn"]
        assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/token=pods-pod/pod-1"
        read = client(server, "secretsmanager", **told).get_secret_value(SecretId=secret)
        assert read["SecretString"] == "one"


@contextlib.contextmanager
def endpoint_of_sts(server, told):
    """boto3 reads the environment anew when it asks for keys."""
    whole = {**server.environment(encrypted=False), **told}
    whole["AWS_ENDPOINT_URL_STS"] = server.env["STRONGROOM_ADDR"]
    with harness.environment({name: value for name, value in whole.items() if value}):
        yield


def test_a_web_identity_that_no_mount_takes_gives_nothing(server, identity):
    sts = client(server, "sts")
    role = f"arn:aws:iam::{ACCOUNT}:role/pods/web"
    ask = lambda role, **claims: sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="pod-1", WebIdentityToken=identity(**claims).read_text()
    )
    assert ask(role)["SubjectFromWebIdentityToken"] == "pod"
    assert refused(lambda: ask(role, aud="another")) == "InvalidIdentityToken"
    assert refused(lambda: ask(role, exp=1_000_000_000)) == "InvalidIdentityToken"
    assert refused(lambda: ask(f"arn:aws:iam::{ACCOUNT}:role/none/web")) == "AccessDenied"


def container(server, token):
    return without_keys(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{server.env['STRONGROOM_ADDR']}/aws/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN=token,
    )


def test_a_container_gets_its_keys_with_a_token(server, secret):
    server.vault("PUT", "sys/policies/acl/sts", {"policy": POLICY})
    asked = {"policies": ["sts"], "no_default_policy": True, "display_name": "box"}
    auth = server.vault("POST", "auth/token/create", asked)["auth"]
    told = container(server, auth["client_token"])
    with endpoint_of_sts(server, told):
        sts = client(server, "sts", **told)
        arn = sts.get_caller_identity()["Arn"]
        assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/token=token-box/")
        secrets = client(server, "secretsmanager", **told)
        assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "one"
        server.vault("POST", "auth/token/revoke-accessor", {"accessor": auth["accessor"]})
        assert refused(sts.get_caller_identity) == "InvalidClientTokenId"


def test_a_container_without_a_good_token_gets_none(server):
    told = container(server, "hvs.none")
    with endpoint_of_sts(server, told), pytest.raises(CredentialRetrievalError) as error:
        client(server, "sts", **told).get_caller_identity()
    assert "AccessDenied" in str(error.value)


def test_run_lets_boto3_ask_the_server_without_a_file(server, secret, tmp_path):
    told = {name: server.env[name] for name in ("STRONGROOM_ADDR", "STRONGROOM_TOKEN")}
    stale = {"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA", "AWS_SECRET_ACCESS_KEY": "another"}
    done = subprocess.run(
        [harness.BINARY, "run", "--aws", "--", sys.executable, "-c", PROGRAM.format(name=secret)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **told, **stale},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=harness.PATIENCE_SECS,
    )
    assert done.returncode == 0, done.stderr
    expected = ["container-role ASIA", f"arn:aws:iam::{ACCOUNT}:root", "one"]
    assert done.stdout.splitlines() == expected
