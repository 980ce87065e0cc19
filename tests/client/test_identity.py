"""Requests in somebody else's name carry it in their headers, whatever they ask."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest, ExecRequest, ForwardRequest
from sim.client.identity import ActingTransport, identity_headers


class Heard:
    """Keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda request: self.asked.append((name, request))


def test_headers_say_who_it_is_for() -> None:
    assert identity_headers() == {}
    assert identity_headers(
        user="jane",
        groups=["devs", "ops"],
        uid="7",
        extra=["Scope=a", "Scope=b"],
        token="t",
    ) == {
        "authorization": "Bearer t",
        "impersonate-user": "jane",
        "impersonate-group": "devs,ops",
        "impersonate-uid": "7",
        "impersonate-extra-scope": "a,b",
    }


@pytest.mark.parametrize(
    ("verb", "request_"),
    [
        ("send", ApiRequest("GET", "/api", headers={"accept": "x"})),
        ("watch", ApiRequest("GET", "/api", headers={"accept": "x"})),
        ("stream", ApiRequest("GET", "/api", headers={"accept": "x"})),
        ("exec", ExecRequest("shop", "p", "", ("sh",), headers={"accept": "x"})),
        ("forward", ForwardRequest("shop", "p", 80, headers={"accept": "x"})),
    ],
)
def test_every_way_through_is_marked(verb: str, request_: Any) -> None:
    heard = Heard()
    acting = ActingTransport(heard, {"impersonate-user": "jane"})

    getattr(acting, verb)(request_)

    [(name, asked)] = heard.asked
    assert name == verb
    assert asked.headers == {"accept": "x", "impersonate-user": "jane"}
