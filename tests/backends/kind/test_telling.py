"""What the programs of a world that has just been built are told about time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.backend import KindBackend
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.samples import Source
from sim.kernel import Epoch
from sim.scenario.loader import load_scenario

ALIASES = Aliases.of(["k-control-plane"], ["k-worker", "k-worker2", "k-worker3"])
DAYS_3 = (72 * 3600 + 13) * 1000


class World:
    """Three pods of everything; one of them has just gone."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def send(self, request: ApiRequest) -> ApiResponse:
        if request.method == "GET":
            name = dict(request.query)["labelSelector"].removeprefix("app=")
            items = [{"metadata": {"name": f"{name}-{number}"}} for number in (1, 2, 3)]
            return ApiResponse(200, {"kind": "PodList", "items": items})
        self.told[request.path.partition("/pods/")[2]] = request.body
        if "payment-service-2" in request.path:
            return ApiResponse(404, {"kind": "Status", "code": 404, "message": "gone"})
        return ApiResponse(200, {})


def test_users_are_told_the_time_and_services_their_age() -> None:
    backend: Any = object.__new__(KindBackend)
    scenario = load_scenario("scenarios/payments-wren")
    backend.plan = CutPlan(scenario, 0, aliases=ALIASES, addresses={})
    backend.epoch = Epoch.parse("2026-11-20T01:40:00Z")
    backend.world = World()
    sources = [Source("edge", "gateway", 8000, "users"), Source("x", "feed", 80, "neighbour")]
    backend._sampler = SimpleNamespace(sources=sources)
    backend._tell_time()
    now = backend.epoch.unix_ms
    assert backend.world.told == {
        "gateway-1:8000/proxy/clock": {"epoch_ms": now, "phase": 0.1667},
        "gateway-2:8000/proxy/clock": {"epoch_ms": now, "phase": 0.5},
        "gateway-3:8000/proxy/clock": {"epoch_ms": now, "phase": 0.8333},
        **{
            f"payment-service-{number}:8080/proxy/age": {"since_ms": now - DAYS_3}
            for number in (1, 2, 3)
        },
    }
