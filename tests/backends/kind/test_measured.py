"""What was measured on a real cluster, in the terms in which the model tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.backends.base import BackendLostError
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.measured import SPREAD_S, MeasuredUsers
from sim.backends.kind.samples import PATIENCE_S, Look, Sampler, Source
from sim.backends.observability import make_telemetry, users_of
from sim.client.https import UnreachableError
from sim.evidence import AlertRecord, EvidenceLog, ImpactRecord, ProbeRecord
from sim.kernel import Environment, Epoch
from sim.scenario.loader import load_scenario

T0 = 1_800_000_000
"""The wall's second at which the tests begin."""
NOW = 1_000_000
PAY, STATUS = "POST /v1/payments", "GET /v1/payments/status"
ALIASES = Aliases.of(["cp"], ["w1", "w2", "w3"])


def group(second: int, count: int = 40, outcome: str = "ok", **fields: Any) -> dict[str, Any]:
    base = {
        "at": second,
        "call": PAY,
        "class": "shop",
        "pod": "web-1",
        "node": "w1",
        "version": "3.18.1",
        "outcome": outcome,
        "status": 201 if outcome == "ok" else 500,
        "count": count,
        "final": count,
        "slow": 0,
        "scale": 12.0,
        "ms": [40] * count,
    }
    return {**base, **fields}


def pod(
    name: str, node: str, *, ready: bool = True, restarts: int = 0, app: str = "payment-service"
) -> Any:
    return {
        "metadata": {"name": name, "namespace": "payments", "labels": {"app": app}},
        "spec": {"nodeName": node, "containers": [{"image": "r/payment-service:3.18.1"}]},
        "status": {
            "phase": "Running",
            "podIP": f"10.0.0.{name[-1]}",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"restartCount": restarts}],
        },
    }


PODS = (pod("web-1", "w1"), pod("web-2", "w3"))


class Looks:
    """A sampler that is told what it has seen."""

    def __init__(self) -> None:
        self.waiting: list[Look] = []

    def take(self) -> list[Look]:
        found, self.waiting = self.waiting, []
        return found


class Night:
    """Users whose every second is made up."""

    def __init__(self) -> None:
        scenario = load_scenario("scenarios/payments-0247")
        self.plan = CutPlan(scenario, 0, aliases=ALIASES, addresses={})
        self.env, self.log = Environment(), EvidenceLog()
        self.env.advance(NOW)
        self.epoch = Epoch(T0 * 1000 - NOW)
        self.looks = Looks()
        self.second = T0
        users = users_of(self.plan, scenario.traffic[0])
        self.users = MeasuredUsers(
            self.env,
            self.log,
            self.epoch,
            self.plan,
            users,
            self.looks,  # type: ignore[arg-type]
        )
        past = [group(T0 - back) for back in range(SPREAD_S)]
        self.users.start(self.look(past))
        probes = self.users.prober.probes
        self.telemetry = make_telemetry(
            self.plan, self.env, self.log, self.users, self.epoch, probes
        )

    def shown(self, metric: str) -> float | None:
        """Return the figure of a chart now; None where it has none."""
        now = self.env.now
        (line,) = self.telemetry.query(metric, start=now, end=now, step=1)
        return line.points[-1][1] if line.points else None

    def look(self, lines: list[dict[str, Any]], pods: Any = PODS, **fields: Any) -> Look:
        program = fields.pop("program", "users")
        told = tuple((program, line) for line in lines)
        silent = fields.pop("silent", False)
        return Look(self.second * 1000, self.second, told, tuple(pods), silent, **fields)

    def live(
        self, seconds: int, make: Callable[[int], list[dict[str, Any]]], **fields: Any
    ) -> None:
        """Let each second bring what *make* says."""
        for _ in range(seconds):
            self.second += 1
            self.looks.waiting.append(self.look(make(self.second), **fields))
            self.env.advance((self.second - T0) * 1000 + NOW + 1_500)


@pytest.fixture
def night() -> Night:
    return Night()


def test_rates_are_the_scenarios(night: Night):
    night.live(60, lambda second: [group(second)])
    assert night.telemetry.summary()["requests"] == pytest.approx(480)
    assert night.telemetry.summary()["error_rate"] == 0
    assert night.telemetry.summary()["state"] == "quiet"


def test_every_lost_request_counts_once(night: Night):
    """Spread over time, none is lost and none counted twice."""
    night.live(
        5, lambda second: [group(second, 39), group(second, 1, "timeout", pod="", status=504)]
    )
    night.live(2 * SPREAD_S, lambda second: [group(second)])
    assert night.users.lost("payment-service", NOW, night.env.now) == pytest.approx(5 * 12)
    records = list(night.log.of(ImpactRecord))
    told = sum(one.failed * (after.at - one.at) / 1000 for one, after in pairwise(records))
    assert told == pytest.approx(5 * 12, rel=0.02)


def test_attempts_that_are_tried_again_are_no_loss(night: Night):
    night.live(10, lambda second: [group(second, 1, "refused", final=0), group(second, slow=2)])
    night.live(2 * SPREAD_S, lambda second: [group(second)])
    assert night.users.lost("payment-service", NOW, night.env.now) == pytest.approx(10 * 2 * 12)


def test_robots_hurt_nobody(night: Night):
    verify = {"call": "POST /v1/cards/verify", "class": "card-check", "scale": 1.0}
    night.live(30, lambda second: [group(second), group(second, 1, "own", **verify)])
    assert night.users.lost("payment-service", NOW, night.env.now) == 0
    rates = night.telemetry.query(
        "errors", by="client", start=night.env.now, end=night.env.now, step=1
    )
    by_name = {one.labels[0][1]: one.points[-1][1] for one in rates if one.points}
    assert by_name["card-check"] == 1.0
    assert by_name["shop"] == 0.0


def test_a_page_comes_when_it_hurts_and_resolves(night: Night):
    night.live(60, lambda second: [group(second)])
    night.live(330, lambda second: [group(second, 34), group(second, 6, "timeout", pod="")])
    states = [one.state for one in night.log.of(AlertRecord)]
    assert states == ["pending", "firing", "paged"]
    assert night.telemetry.summary()["error_rate"] == pytest.approx(0.15, abs=0.01)
    night.live(300, lambda second: [group(second)])
    assert [one.state for one in night.log.of(AlertRecord)][3:] == ["resolved"]
    assert night.telemetry.summary()["state"] == "mitigated"


def test_pods_are_seen_as_they_are(night: Night):
    night.live(60, lambda second: [group(second)])
    later = (pod("web-1", "w1"), pod("web-2", "w3", ready=False, restarts=3))
    night.live(30, lambda second: [group(second)], pods=later)

    def shown(metric: str, by: str) -> dict[str, float]:
        now = night.env.now
        found = night.telemetry.query(metric, by=by, start=now, end=now, step=1)
        return {one.labels[0][1]: one.points[-1][1] for one in found}

    assert shown("ready", "node") == {"w1": 1.0, "w3": 0.0}
    assert shown("restarts", "pod") == {"web-1": 0.0, "web-2": 3.0}
    assert shown("requests", "zone")["eu-west-1a"] == pytest.approx(480)
    assert shown("latency_p50", "version") == {"3.18.1": 40.0}


def test_neighbours_tell_which_node_fails(night: Night):
    def lines(second: int) -> list[dict[str, Any]]:
        return [group(second, 2, "timeout", node="w3", scale=1.0), group(second, 2, node="w1")]

    night.live(60, lambda second: [group(second)])
    night.live(110, lines, program="neighbour")
    now = night.env.now
    found = night.telemetry.query("connect_errors", by="node", start=now, end=now, step=1)
    rates = {one.labels[0][1]: one.points[-1][1] for one in found}
    assert rates["w3"] == pytest.approx(2.0, abs=0.1)
    assert rates["w1"] == 0.0


def probe(second: int, outcome: str = "ok", **fields: Any) -> list[dict[str, Any]]:
    """Every fifth second has one."""
    who = {"call": STATUS, "class": "prober", "scale": 1.0, "outcome": outcome}
    return [] if second % 5 else [group(second, 1, **{**who, **fields})]


def test_the_prober_has_a_figure_of_its_own_and_is_no_user(night: Night):
    night.live(60, lambda second: [group(second)])
    lost = night.users.lost("payment-service", NOW, night.env.now)
    bad = {0: "timeout"}
    night.live(90, lambda second: probe(second, bad.get(second % 15, "ok")), program="prober")
    assert night.shown("probes") == pytest.approx(12, abs=1)
    assert night.shown("probes_failed") == pytest.approx(4, abs=1)
    assert night.shown("probe_success") == pytest.approx(2 / 3, abs=0.05)
    records = list(night.log.of(ProbeRecord))
    assert (sum(one.probes for one in records), sum(one.failed for one in records)) == (18, 6)
    assert {one.probes for one in records} == {1}
    assert night.users.lost("payment-service", NOW, night.env.now) == lost == 0
    night.live(90, lambda second: [group(second)])
    assert (night.shown("probes"), night.shown("probe_success")) == (0.0, None)


def test_a_probe_that_is_too_slow_has_failed_and_one_told_late_counts(night: Night):
    night.live(3, lambda second: [group(second)])
    late = night.look([*probe(T0, slow=1), *probe(T0, "broken")], program="prober")
    night.looks.waiting.append(late)
    night.live(30, lambda second: [group(second)])
    (record,) = night.log.of(ProbeRecord)
    assert (record.probes, record.failed) == (2, 2)
    assert night.shown("probe_success") == 0.0


def test_without_a_gateway_nobody_comes_in(night: Night):
    night.live(30, lambda second: [group(second)])
    night.live(30, lambda _: [], silent=True)
    now = night.env.now
    assert night.users.history("payment-service").errors.at(now) == pytest.approx(480, rel=0.01)


def test_seconds_that_come_late_all_count(night: Night):
    night.live(30, lambda second: [group(second)])
    before = night.second
    night.second += 30
    late = [group(second, 10, "reset") for second in range(before + 1, night.second + 1)]
    night.looks.waiting.append(night.look(late))
    night.env.advance((night.second - T0) * 1000 + NOW + 1_500)
    night.live(2 * SPREAD_S, lambda second: [group(second)])
    assert night.users.lost("payment-service", NOW, night.env.now) == pytest.approx(30 * 10 * 12)


def test_a_cluster_that_is_gone_ends_the_run(night: Night):
    night.looks.waiting.append(night.look([], lost="the API server has not answered for 90 s"))
    with pytest.raises(BackendLostError, match="has not answered"):
        night.env.advance(night.env.now + 1_000)


# -- the sampler --------------------------------------------------------------------------------------


class Server:
    """A Transport that answers by path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        gateway = pod("gateway-1", "cp", app="gateway")
        gateway["metadata"]["namespace"] = "edge"
        self.pods = {"payments": list(PODS), "edge": [gateway]}
        self.text = ""

    def send(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(f"{request.path}?{request.query}")
        if self.down:
            raise UnreachableError("10.0.0.1:6443", "i/o timeout")
        parts = request.path.split("/")
        if parts[-1] == "pods":
            return ApiResponse(200, {"items": self.pods.get(parts[4], [])})
        return ApiResponse(200, self.text) if self.text else ApiResponse(503, "no endpoints")


def sampler(server: Server) -> Sampler:
    return Sampler(
        server,  # type: ignore[arg-type]
        [Source("edge", "gateway", 8000, "users")],
        ("payments", "edge"),
        wall=lambda: float(T0),
    )


def told(until: int, *groups: dict[str, Any]) -> str:
    return "\n".join(json.dumps(one) for one in ({"until": until}, *groups)) + "\n"


def test_each_pod_is_asked_for_what_it_has_not_told():
    server = Server()
    server.text = told(T0 - 1, group(T0 - 2))
    one = sampler(server)
    look = one.first(30)
    assert look.until_s == T0 - 1
    assert look.lines == (("users", group(T0 - 2)),)
    assert len(look.pods) == 3
    one.look()
    asked = [line for line in server.asked if "proxy/samples" in line]
    assert f"'{T0 - 30}'" in asked[0]
    assert f"'{T0 - 1}'" in asked[1]
    assert "/pods/gateway-1:8000/" in asked[0]


@pytest.mark.parametrize("text", ["", "<html>", '{"no": "until"}\n', "[]"])
def test_a_pod_that_tells_nothing_sensible_is_silent(text: str):
    server = Server()
    server.text = text
    look = sampler(server).first(30)
    assert look.silent
    assert look.lines == ()


def test_a_server_that_does_not_come_back_is_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sim.backends.kind.samples.EVERY_S", 0.001)
    server = Server()
    server.down = True
    one = sampler(server)
    times = iter(range(T0, T0 + 100_000, 40))
    one.wall = lambda: float(next(times))
    one.start()
    assert one._thread is not None
    one._thread.join(5)
    (look,) = one.take()
    assert look.lost.startswith("the API server has not answered for ")
    assert look.lost.endswith("10.0.0.1:6443: i/o timeout")
    assert PATIENCE_S == 90.0
