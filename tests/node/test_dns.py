"""Names of Services, of their pods and of what is elsewhere."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sim.apiserver import ApiServer
from sim.kernel import Environment, Epoch, Stream
from sim.node.dns import address_of, resolve

DOMAIN = "cluster.local"


@pytest.fixture(scope="module")
def api() -> ApiServer:
    made = ApiServer(Environment(), Epoch.parse("2026-11-20T01:40:00Z"), Stream("test", 0))

    def service(name: str, **spec: Any) -> None:
        made.load("services", {"metadata": {"name": name, "namespace": "shop"}, "spec": spec})

    service("web", type="ClusterIP", clusterIP="10.96.0.7", ports=[{"port": 80}])
    service("db", type="ClusterIP", clusterIP="None", ports=[{"port": 5432}])
    service("alias", type="ExternalName", externalName="web.shop.svc.cluster.local")
    service("far", type="ExternalName", externalName="db.example.com")
    service("self", type="ExternalName", externalName="self.shop.svc.cluster.local")
    endpoints = [
        {"addresses": ["10.244.1.5"], "conditions": {"ready": False}, "hostname": "db-0"},
        {"addresses": ["10.244.2.5"], "conditions": {"ready": True}, "hostname": "db-1"},
    ]
    labels = {"kubernetes.io/service-name": "db"}
    metadata = {"name": "db-x", "namespace": "shop", "labels": labels}
    made.load(
        "endpointslices", {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints}
    )
    return made


@pytest.mark.parametrize(
    ("name", "namespace", "address"),
    [
        ("web", "shop", "10.96.0.7"),
        ("web", "other", None),
        ("web.shop", "other", "10.96.0.7"),
        ("web.shop.svc.cluster.local", "other", "10.96.0.7"),
        ("db", "shop", "10.244.2.5"),
        ("db-1.db", "shop", "10.244.2.5"),
        ("db-1.db.shop.svc.cluster.local", "other", "10.244.2.5"),
        ("db-0.db", "shop", None),
        ("db-9.db", "shop", None),
        ("alias", "shop", "10.96.0.7"),
        ("far", "shop", None),
        ("self", "shop", None),
        ("www.example.com", "shop", None),
    ],
)
def test_name_leads_to_an_address(
    api: ApiServer, name: str, namespace: str, address: str | None
) -> None:
    assert resolve(api, name, namespace, DOMAIN) == address


@pytest.mark.parametrize(
    "text",
    [
        *(
            "10.96.0.1",
            "10.96",
            "1",
            "0",
            "00",
            "08",
            "0x",
            "0xg",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.256",
        ),
        *(
            "1.65536.1",
            "1.2.65535",
            "4294967295",
            "4294967296",
            "10.96.0000000000.1",
            "0x7f.1",
            ".",
        ),
        *("", "1.", ".1", "1..2", "\u00b2", "1.\u00b2", "web", "9" * 5000, "0" * 5000 + "1"),
        *("0x" + "0" * 100 + "1", "037777777777", "040000000000"),
    ],
)
def test_an_address_is_what_inet_aton_takes_for_one(text: str) -> None:
    try:
        taken = socket.inet_ntoa(socket.inet_aton(text))
    except (OSError, UnicodeError):
        taken = None
    assert address_of(text) == taken
