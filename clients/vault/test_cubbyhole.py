"""cubbyhole: https://developer.hashicorp.com/vault/api-docs/secret/cubbyhole"""


def bearer(server, vault):
    return server.client(vault.auth.token.create(policies=["default"])["auth"]["client_token"])


def test_a_token_keeps_things_for_itself(server, vault):
    client = bearer(server, vault)
    client.write_data("cubbyhole/dir/a", data={"x": "y"})
    assert client.read("cubbyhole/dir/a")["data"] == {"x": "y"}
    assert client.list("cubbyhole")["data"]["keys"] == ["dir/"]
    assert client.list("cubbyhole/dir")["data"]["keys"] == ["a"]
    client.delete("cubbyhole/dir/a")
    assert client.read("cubbyhole/dir/a") is None
    assert client.list("cubbyhole") is None


def test_no_other_token_sees_it(server, vault):
    one, two = bearer(server, vault), bearer(server, vault)
    one.write_data("cubbyhole/a", data={"of": "one"})
    assert two.read("cubbyhole/a") is None
    assert vault.read("cubbyhole/a") is None
    two.write_data("cubbyhole/a", data={"of": "two"})
    assert one.read("cubbyhole/a")["data"] == {"of": "one"}


def test_it_goes_with_its_token(server, vault, name):
    created = vault.auth.token.create(id=f"again-{name}", policies=["default"])
    client = server.client(created["auth"]["client_token"])
    client.write_data("cubbyhole/a", data={"x": "y"})
    client.auth.token.revoke_self()
    vault.auth.token.create(id=f"again-{name}", policies=["default"])
    assert client.read("cubbyhole/a") is None
