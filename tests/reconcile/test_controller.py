"""Keys in, reconciles out, errors retried."""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.errors import bad_request
from sim.apimachinery.meta import Key
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Epoch, Stream
from sim.reconcile import Controller

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")
KEY = Key("shop", "web")


class Counting(Controller):
    """Notes when it is called; fails the first *failures* times."""

    name: ClassVar[str] = "counting-controller"
    latency_ms = (10, 20)

    def __init__(self, failures: int = 0) -> None:
        env = Environment()
        super().__init__(env, ApiServer(env, EPOCH, Stream("test")), Stream("test"))
        self.failures = failures
        self.calls: list[int] = []

    def reconcile(self, key: Key) -> None:
        self.calls.append(self.now)
        if self.failures:
            self.failures -= 1
            raise bad_request("not now")


def test_reconcile_comes_a_drawn_moment_after_the_change() -> None:
    controller = Counting()
    controller.enqueue(KEY)
    controller.env.advance(1000)
    assert len(controller.calls) == 1
    assert 10 <= controller.calls[0] <= 20


def test_burst_of_changes_is_one_reconcile() -> None:
    controller = Counting()
    for _ in range(100):
        controller.enqueue(KEY)
    controller.env.advance(1000)
    assert len(controller.calls) == 1


def test_drawn_moments_differ_from_round_to_round() -> None:
    controller = Counting()
    delays = []
    for _ in range(20):
        started = controller.now
        controller.enqueue(KEY)
        controller.env.advance(started + 1000)
        delays.append(controller.calls[-1] - started)
    assert len(set(delays)) > 3


def test_errors_are_retried_with_doubling_back_off() -> None:
    controller = Counting(failures=4)
    controller.enqueue(KEY)
    controller.env.advance(10_000)
    gaps = [b - a for a, b in zip(controller.calls, controller.calls[1:], strict=False)]
    assert gaps == [5, 10, 20, 40]


def test_success_resets_the_back_off() -> None:
    controller = Counting(failures=3)
    controller.enqueue(KEY)
    controller.env.advance(10_000)
    controller.failures = 1
    controller.calls.clear()
    controller.enqueue(KEY)
    controller.env.advance(20_000)
    assert controller.calls[1] - controller.calls[0] == 5


def test_delayed_key_gives_way_to_a_change() -> None:
    controller = Counting()
    controller.enqueue_after(KEY, 600_000)
    controller.enqueue(KEY)
    controller.env.advance(1_000_000)
    assert len(controller.calls) == 1
    assert controller.calls[0] <= 20
