"""What every namespace gets: a default account and the certificate authority; tokens in Secrets."""

from base64 import b64decode

import pytest

from sim.apiserver.tokens import LEGACY_TYPE, NAME_ANNOTATION
from tests.control.world import SECOND, World


@pytest.fixture
def world():
    world = World()
    world.start()
    world.api.create("namespaces", {"metadata": {"name": "shop"}})
    world.run(SECOND)
    return world


def token_secret(world, account="robot"):
    metadata = {"name": "key", "namespace": "shop", "annotations": {NAME_ANNOTATION: account}}
    return world.api.create("secrets", {"metadata": metadata, "type": LEGACY_TYPE})


def test_new_namespace_gets_an_account_and_the_root_certificate(world):
    assert world.get("serviceaccounts", "default")
    data = world.get("configmaps", "kube-root-ca.crt")["data"]
    assert data["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


def test_both_come_back_and_the_bundle_is_put_right(world):
    world.api.delete("serviceaccounts", "shop", "default")
    world.api.modify("configmaps", "shop", "kube-root-ca.crt", lambda old: {**old, "data": {}})
    world.run(SECOND)
    assert world.get("serviceaccounts", "default")
    assert world.get("configmaps", "kube-root-ca.crt")["data"]
    world.api.delete("configmaps", "shop", "kube-root-ca.crt")
    world.run(SECOND)
    assert world.get("configmaps", "kube-root-ca.crt")


def test_ending_namespace_gets_nothing_new(world):
    world.api.delete("namespaces", "", "shop")
    world.run(10 * SECOND)
    assert world.api.list("serviceaccounts", "shop") == []
    assert world.api.list("configmaps", "shop") == []


def test_secret_for_an_account_gets_a_token_that_is_known(world):
    world.api.create("serviceaccounts", {"metadata": {"name": "robot", "namespace": "shop"}})
    token_secret(world)
    world.run(SECOND)
    data = world.get("secrets", "key")["data"]
    assert b64decode(data["namespace"]) == b"shop"
    user = world.api.authenticate(b64decode(data["token"]).decode())
    assert user is not None
    assert user.name == "system:serviceaccount:shop:robot"
    world.api.delete("serviceaccounts", "shop", "robot")
    world.run(SECOND)
    assert world.api.get("secrets", "shop", "key") is None
    assert world.api.authenticate(b64decode(data["token"]).decode()) is None


def test_secret_for_nobody_goes(world):
    token_secret(world, "nobody")
    world.run(SECOND)
    assert world.api.get("secrets", "shop", "key") is None
