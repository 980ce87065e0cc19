"""Keys that wait for their moment."""

from __future__ import annotations

from sim.kernel import Environment
from sim.reconcile import Workqueue


class Recorder:
    def __init__(self) -> None:
        self.env = Environment()
        self.handled: list[tuple[int, str]] = []
        self.queue: Workqueue[str] = Workqueue(self.env, self.handle)

    def handle(self, key: str) -> None:
        self.handled.append((self.env.now, key))

    def run(self, until: int) -> list[tuple[int, str]]:
        self.env.advance(until)
        return self.handled


def test_keys_are_handled_when_they_are_due() -> None:
    recorder = Recorder()
    recorder.queue.add("b", 20)
    recorder.queue.add("a", 10)
    assert recorder.run(100) == [(10, "a"), (20, "b")]


def test_waiting_key_is_handled_once() -> None:
    recorder = Recorder()
    for _ in range(5):
        recorder.queue.add("a", 10)
    assert len(recorder.queue) == 1
    assert recorder.run(100) == [(10, "a")]


def test_earlier_instant_wins_over_a_later_one() -> None:
    recorder = Recorder()
    recorder.queue.add("a", 50)
    recorder.queue.add("a", 10)
    recorder.queue.add("a", 30)
    assert recorder.queue.due("a") == 10
    assert recorder.run(100) == [(10, "a")]


def test_key_added_after_it_was_handled_is_handled_again() -> None:
    recorder = Recorder()
    recorder.queue.add("a", 50)
    recorder.queue.add("a", 10)
    recorder.env.advance(20)
    recorder.queue.add("a", 30)
    assert recorder.run(100) == [(10, "a"), (50, "a")]


def test_forgotten_key_is_not_handled() -> None:
    recorder = Recorder()
    recorder.queue.add("a", 10)
    recorder.queue.forget("a")
    assert "a" not in recorder.queue
    assert recorder.run(100) == []


def test_keys_of_one_instant_keep_the_order_in_which_they_came() -> None:
    recorder = Recorder()
    for key in "dbca":
        recorder.queue.add(key, 10)
    assert [key for _, key in recorder.run(100)] == list("dbca")
