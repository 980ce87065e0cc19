"""Whatever is typed ends, breaks nothing, and stays in the sandbox.

`make fuzz` types 100,000 lines; here a fixed few of them, so that a change that breaks this is seen at once.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.host import Hearing, HostAccessError
from tests.fuzz.lines import SEEDS, lines
from tests.fuzz.typist import Typist

HEARING = Hearing()
LIMIT_S = 10.0
"""The promise is two seconds; a machine that runs other tests beside this one is given more."""
CHUNK = 25


@pytest.mark.parametrize("chunk", range(0, len(SEEDS), CHUNK))
def test_lines_of_an_incident_end(chunk: int) -> None:
    Typist(HEARING, limit_s=LIMIT_S).enter_all(SEEDS[chunk : chunk + CHUNK])


@seed(int(os.environ.get("UNCORDON_FUZZ_SEED", "0")))
@settings(
    max_examples=24,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(lines(), min_size=CHUNK, max_size=CHUNK))
def test_random_lines_end(some: list[str]) -> None:
    Typist(HEARING, limit_s=LIMIT_S).enter_all(some)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: open("/etc/hostname", encoding="utf-8"),  # noqa: SIM115
        lambda: os.listdir("/etc"),
        lambda: os.system("true"),
        lambda: os.remove("/nowhere"),
    ],
)
def test_reaching_for_the_machine_is_seen(reach: object) -> None:
    with pytest.raises(HostAccessError), HEARING.guarding():
        reach()  # type: ignore[operator]
    HEARING.refused.clear()
