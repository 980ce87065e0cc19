"""What others do to a real cluster is known within a second or so, and all of it at once when a run ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from sim.evidence import ActionRecord
from tests.backends.kind.night import RealNight
from tests.kubectl.gateway import real_kubectl

pytestmark = [pytest.mark.kind, pytest.mark.slow]

TIMES = 5
SOON_S = 1.5
ENDS_S = 3.0
BY_SOMEBODY = 7
"""The input that stands for what was seen."""


def uncordon(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "sim.cli", "kind", *words], check=True, timeout=300)


@pytest.fixture(scope="module")
def night(kind_context: str) -> Iterator[RealNight]:
    """An evening on a cluster whose API server writes an audit log meanwhile."""
    uncordon("up", "--context", kind_context, "--audit")
    try:
        made = RealNight(kind_context)
        made.backend.outside = lambda _: BY_SOMEBODY
        yield made
        made.close()
    finally:
        uncordon("down", "--context", kind_context)


def outside(context: str, *words: str) -> None:
    subprocess.run([real_kubectl(), "--context", context, *words], check=True, timeout=60)


def heard(night: RealNight) -> list[str]:
    records = night.run.log.of(ActionRecord)
    return [f"{one.target} {one.detail}" for one in records if one.input == BY_SOMEBODY]


CHANGES = [
    *(
        ("annotate", "node", "node-worker-2", f"uncordon-test={one}", "--overwrite")
        for one in range(3)
    ),
    *(
        ("scale", "-n", "payments", "deployment/payment-service", f"--replicas={one}")
        for one in (5, 4)
    ),
]


def test_it_is_known_soon(night: RealNight, kind_context: str, record_property) -> None:
    night.live(2)
    took = []
    for one in range(TIMES):
        before = len(heard(night))
        outside(
            kind_context, "annotate", "node", "node-worker-2", f"uncordon-soon={one}", "--overwrite"
        )
        began = time.monotonic()
        while len(heard(night)) == before and time.monotonic() - began < 10:
            night.live(0.05)
        took.append(round(time.monotonic() - began, 2))
    outside(kind_context, "annotate", "node", "node-worker-2", "uncordon-soon-")
    record_property("took", took)
    print("from the end of kubectl to the record, s:", took)
    assert max(took) <= SOON_S


def test_all_of_it_is_known_when_a_run_ends(night: RealNight, kind_context: str) -> None:
    night.live(2)
    took = []
    for change in CHANGES:
        before = len(heard(night))
        outside(kind_context, *change)
        began = time.monotonic()
        hearing = night.backend.hear_out()
        while (whole := hearing()) is None and time.monotonic() - began < 10:
            time.sleep(0.05)
        took.append(round(time.monotonic() - began, 2))
        assert whole is True
        assert len(heard(night)) == before + 1, change
    outside(kind_context, "annotate", "node", "node-worker-2", "uncordon-test-")
    print("to the end of hearing, s:", took)
    assert max(took) <= ENDS_S
    assert [
        line for line in heard(night) if "replicas: 4 -> 5" in line or "replicas: 5 -> 4" in line
    ]
