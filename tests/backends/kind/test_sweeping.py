"""What carries our label goes, whatever the API server does meanwhile; nothing else does."""

from __future__ import annotations

import pytest

from sim.backends.kind.sweeping import sweep
from sim.client.endpoint import Endpoint
from sim.client.https import HttpsTransport, UnreachableError
from sim.client.rest import ApiStatusError
from sim.kernel import Environment
from tests.backends.kind.machine import Api

NAMESPACE = "/api/v1/namespaces/payments"
THEIRS = "/api/v1/namespaces/theirs"


def door(api: Api) -> HttpsTransport:
    return HttpsTransport(Endpoint(api.address), Environment())


def test_an_api_server_that_starts_anew_is_waited_for(api: Api):
    api.put(NAMESPACE, ours=True)
    api.put(THEIRS)
    for path in ("/readyz", "/api/v1/namespaces"):
        api.refusals["GET", path] = 503
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        api.refusals.pop(("GET", "/readyz" if len(slept) == 2 else "/api/v1/namespaces"), None)

    told: list[str] = []
    assert sweep(door(api), told.append, patience_s=60, sleep=sleep) == []
    assert len(slept) == 3
    assert told == ["delete namespaces/payments"]
    assert (NAMESPACE in api.objects, THEIRS in api.objects) == (False, True)


def test_it_does_not_say_that_nothing_is_left_where_nobody_answers(api: Api):
    api.refusals["GET", "/readyz"] = 503
    with pytest.raises(ApiStatusError):
        sweep(door(api), lambda _: None, patience_s=0, sleep=lambda _: None)
    nobody = HttpsTransport(Endpoint("http://127.0.0.1:1"), Environment())
    with pytest.raises(UnreachableError):
        sweep(nobody, lambda _: None, patience_s=0, sleep=lambda _: None)


def test_what_does_not_go_is_named(api: Api):
    api.put(NAMESPACE, ours=True)
    api.refusals["DELETE", NAMESPACE] = 409
    assert sweep(door(api), lambda _: None, patience_s=0, sleep=lambda _: None) == [NAMESPACE]
