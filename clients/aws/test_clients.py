"""Client libraries and programs beside boto3, as they come, over HTTP and TLS, told by environment variables alone."""

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import botocore.session
import pytest
from aws_secretsmanager_caching import InjectKeywordedSecretString, SecretCache
from botocore.exceptions import SSLError
from pydantic_settings import AWSSecretsManagerSettingsSource, BaseSettings

from harness import environment, told
from process import MODULES, PATIENCE_SECS, REPOSITORY

OLD_PYTHON = os.environ.get("STRONGROOM_TEST_OLD_PYTHON", REPOSITORY / "target/venv-old/bin/python")
SUITE = Path(__file__).with_name("node") / "secrets.test.js"
NAMES = re.findall(r"^test\('(.*)',", SUITE.read_text(), re.MULTILINE)


def run(command, variables):
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=["http", "tls"])
def variables(server, request):
    return server.environment(encrypted=request.param == "tls")


def test_boto3_works_over_http_as_over_tls(server, name):
    plain = server.client(encrypted=False)
    plain.create_secret(Name=name, SecretString="one")
    assert server.client().get_secret_value(SecretId=name)["SecretString"] == "one"


def test_a_client_that_does_not_trust_the_server_says_so(server):
    stranger = server.client(AWS_CA_BUNDLE=os.devnull)
    with pytest.raises((SSLError, OSError)):
        stranger.list_secrets()


def test_botocore_works_without_boto3(variables, name):
    with environment(variables):
        client = botocore.session.get_session().create_client("secretsmanager")
    client.create_secret(Name=name, SecretString="one", ClientRequestToken=str(uuid.uuid4()))
    assert client.get_secret_value(SecretId=name)["SecretString"] == "one"


def test_an_old_release_of_boto3_works(variables):
    assert run([str(OLD_PYTHON), str(Path(__file__).with_name("old.py"))], variables) == "1.28.0\n"


def test_the_command_line_of_aws_works(variables, name, tmp_path):
    def aws(*arguments):
        program = [sys.executable, "-m", "awscli", "secretsmanager", *arguments]
        text = run([*program, "--output", "json"], {**variables, "HOME": str(tmp_path)})
        return json.loads(text) if text else None

    value = tmp_path / "value"
    value.write_bytes(b"\0\xff")
    made = aws("create-secret", "--name", name, "--secret-string", "one")
    assert aws("get-secret-value", "--secret-id", made["ARN"])["SecretString"] == "one"
    aws("put-secret-value", "--secret-id", name, "--secret-binary", f"fileb://{value}")
    assert aws("get-secret-value", "--secret-id", name)["SecretBinary"] == "AP8="
    aws("tag-resource", "--secret-id", name, "--tags", "Key=a,Value=b")
    assert aws("describe-secret", "--secret-id", name)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert name in [secret["Name"] for secret in aws("list-secrets")["SecretList"]]
    aws("delete-secret", "--secret-id", name, "--force-delete-without-recovery")


def test_the_cache_of_aws_works(variables, name):
    with environment(variables):
        client = botocore.session.get_session().create_client("secretsmanager")
    value = {"user": "a", "password": "b"}
    client.create_secret(Name=name, SecretString=json.dumps(value))
    cache = SecretCache(client=client)
    assert json.loads(cache.get_secret_string(name)) == value
    assert json.loads(cache.get_secret_string(name)) == value

    @InjectKeywordedSecretString(name, cache, password="password")
    def connect(password):
        return password

    assert connect() == "b"


def test_settings_of_pydantic_are_read_from_a_secret(server, variables, name):
    value = {"database_url": "postgres://a", "workers": "3"}
    server.client().create_secret(Name=name, SecretString=json.dumps(value))

    class Settings(BaseSettings):
        database_url: str
        workers: int

        @classmethod
        def settings_customise_sources(cls, settings_cls, *_, **__):
            return (AWSSecretsManagerSettingsSource(settings_cls, name),)

    with environment(variables):
        settings = Settings()
    assert (settings.database_url, settings.workers) == ("postgres://a", 3)


def test_the_suite_of_the_javascript_sdk_has_its_tests():
    assert len(NAMES) == 4


@pytest.mark.parametrize("test", NAMES)
def test_the_javascript_sdk_works_as_it_comes(server, variables, test):
    assert Path(MODULES, "@aws-sdk").is_dir(), "cargo xtask setup installs the SDK"
    known = {**variables, "NODE_PATH": str(MODULES), "AWS_REGION": "us-east-1"}
    known["NODE_EXTRA_CA_CERTS"] = server.env["NODE_EXTRA_CA_CERTS"]
    only = ["--test-name-pattern", f"^{re.escape(test)}$", "--test-reporter", "tap"]
    told = run(["node", "--test", *only, str(SUITE)], known)
    assert re.search(rf"^ *ok \d+ - {re.escape(test)}$", told, re.MULTILINE), told


def test_a_secret_that_is_not_there_is_told_alike_by_all(server):
    told(server.client().get_secret_value, "ResourceNotFoundException", SecretId="none")
