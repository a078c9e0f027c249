"""Regions of one server, and copies of a secret in them."""

import pytest
from botocore.config import Config

from harness import EVERYTHING, Regions, told

HOME, OTHER = "eu-central-1", "eu-west-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Regions(tmp_path_factory.mktemp("server"))
    try:
        yield server.start().initialise()
    finally:
        server.close()


@pytest.fixture(scope="module")
def regions(server):
    """A client of each region, of the same app."""
    home = server.app("regions", EVERYTHING)
    credentials = home._request_signer._credentials
    keys = {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
    }
    return home, server.client(AWS_DEFAULT_REGION=OTHER, **keys), keys


@pytest.fixture(scope="module")
def aws(regions):
    return regions[0]


def test_a_region_has_secrets_of_its_own(regions, name):
    home, other, _ = regions
    made = home.create_secret(Name=name, SecretString="home")
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:{HOME}:123456789012:secret:{name}-")
    told(other.get_secret_value, "ResourceNotFoundException", SecretId=name)
    other.create_secret(Name=name, SecretString="other")
    assert home.get_secret_value(SecretId=name)["SecretString"] == "home"
    assert other.get_secret_value(SecretId=name)["SecretString"] == "other"
    told(other.get_secret_value, "ResourceNotFoundException", SecretId=made["ARN"])


def test_a_region_that_there_is_not_is_refused(server, regions, secret):
    nowhere = server.client(AWS_DEFAULT_REGION="ap-south-1", **regions[2])
    text = told(nowhere.get_secret_value, "InvalidSignatureException", SecretId=secret)
    assert text.startswith("Credential should be scoped to a valid region.")
    told(
        regions[0].replicate_secret_to_regions,
        "InvalidParameterException",
        SecretId=secret,
        AddReplicaRegions=[{"Region": "ap-south-1"}],
    )


def test_a_copy_follows_its_secret_and_is_read_only(regions, secret):
    home, other, _ = regions
    made = home.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": OTHER}]
    )
    assert [(s["Region"], s["Status"]) for s in made["ReplicationStatus"]] == [(OTHER, "InSync")]
    assert other.get_secret_value(SecretId=secret)["SecretString"] == "one"
    home.put_secret_value(SecretId=secret, SecretString="two")
    assert other.get_secret_value(SecretId=secret)["SecretString"] == "two"
    told(other.put_secret_value, "InvalidParameterException", SecretId=secret, SecretString="x")
    assert other.describe_secret(SecretId=secret)["PrimaryRegion"] == HOME
    told(home.delete_secret, "InvalidParameterException", SecretId=secret)
    removed = home.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=[OTHER])
    assert removed["ReplicationStatus"] == []
    told(other.get_secret_value, "ResourceNotFoundException", SecretId=secret)
    home.delete_secret(SecretId=secret)


def test_a_copy_becomes_a_secret_of_its_own(regions, name):
    home, other, _ = regions
    made = home.create_secret(
        Name=name, SecretString="one", AddReplicaRegions=[{"Region": OTHER}]
    )
    assert made["ReplicationStatus"][0]["Region"] == OTHER
    assert other.stop_replication_to_replica(SecretId=name)["ARN"].split(":")[3] == OTHER
    other.put_secret_value(SecretId=name, SecretString="mine")
    assert home.get_secret_value(SecretId=name)["SecretString"] == "one"


def test_a_server_can_allow_longer_values(server, regions, name):
    longest = "x" * 1_048_576
    regions[0].create_secret(Name=name, SecretString=longest)
    assert regions[0].get_secret_value(SecretId=name)["SecretString"] == longest
    unchecked = server.client(config=Config(parameter_validation=False), **regions[2])
    text = told(
        unchecked.put_secret_value, "ValidationException", SecretId=name, SecretString=longest + "x"
    )
    assert text.endswith("Member must have length less than or equal to 1048576")
