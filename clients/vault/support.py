"""What several tests need, beside servers."""

import base64
import os

import pytest


def not_yet(path):
    """Marks what tests a path that the door does not serve. Once it does, the test fails until this goes."""
    return pytest.mark.xfail(strict=True, reason=f"{path} is not served")


def base64_of(data):
    data = data.encode() if isinstance(data, str) else data
    return base64.b64encode(data).decode()


def bytes_of(text):
    return base64.b64decode(text)


def mounted(vault, path, kind, **keywords):
    """Mounts a secret engine and answers its path."""
    assert vault.sys.enable_secrets_engine(kind, path=path, **keywords).status_code == 204
    return path


def login_mounted(vault, path, kind, **keywords):
    """Mounts a login method and answers its path."""
    assert vault.sys.enable_auth_method(kind, path=path, **keywords).status_code == 204
    return path


def random_text():
    return base64.b32encode(os.urandom(15)).decode().lower()
