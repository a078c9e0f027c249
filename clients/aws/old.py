"""What an old release of boto3 does, run by test_clients.py with the interpreter that has it."""

import boto3

CLIENT = boto3.client("secretsmanager")


def drive(name):
    made = CLIENT.create_secret(Name=name, SecretString="one", Tags=[{"Key": "a", "Value": "b"}])
    CLIENT.put_secret_value(SecretId=name, SecretBinary=b"\0\xff")
    read = CLIENT.get_secret_value(SecretId=made["ARN"])
    assert read["SecretBinary"] == b"\0\xff" and read["VersionStages"] == ["AWSCURRENT"]
    previous = CLIENT.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == "one"
    CLIENT.update_secret(SecretId=name, Description="d", SecretString="three")
    described = CLIENT.describe_secret(SecretId=name)
    assert described["Description"] == "d" and len(described["VersionIdsToStages"]) == 2
    pages = CLIENT.get_paginator("list_secrets").paginate()
    assert name in [secret["Name"] for page in pages for secret in page["SecretList"]]
    assert len(CLIENT.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    CLIENT.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    try:
        CLIENT.get_secret_value(SecretId=name)
    except CLIENT.exceptions.ResourceNotFoundException as error:
        assert error.response["Error"]["Message"].endswith("can't find the specified secret.")
    else:
        raise AssertionError("it is gone")


drive("old/boto3")
print(boto3.__version__)
