from __future__ import annotations

from tests.bench.starting import measure

PROMISED = 20


def test_kubectl_in_process_is_much_faster_than_a_process() -> None:
    assert measure().ratio >= PROMISED
