"""Types many random lines into many runs, in one process.

Which lines is decided by a seed; nothing is kept between two calls.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.host import Hearing, HostAccessError
from tests.fuzz.lines import lines
from tests.fuzz.typist import HangError, Typist

CHUNK = 50
"""Lines typed into one run."""
TOLD = 1_000
"""Lines after which it says how far it is."""


def type_lines(number: int, count: int) -> tuple[int, float, str]:
    """Type *count* lines drawn from seed *number*; return how many, and the slowest with its CPU s.

    Raises:
        RuntimeError: if a line hung or reached for the machine; whatever else breaks is raised as it is.
    """
    os.environ["UNCORDON_STRICT"] = "1"
    hearing = Hearing()
    typed, slowest = 0, (0.0, "")
    among = list[str]()

    @seed(number)
    @settings(
        max_examples=max(1, count // CHUNK),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(lines(), min_size=CHUNK, max_size=CHUNK))
    def typing(some: list[str]) -> None:
        nonlocal typed, slowest
        gc.collect()  # what earlier runs left behind is no line's fault
        typist = Typist(hearing)
        among[:] = some
        typist.enter_all(some)
        typed += len(some)
        slowest = max(slowest, typist.slowest)
        if typed % TOLD == 0:
            print(f"  seed {number}: {typed:,} lines, slowest {slowest[0]:.2f} s", flush=True)

    try:
        typing()
    except (HangError, HostAccessError) as found:
        # A pool of processes carries Exceptions only.
        said = f"seed {number}, after {typed} lines: {found!r}, in one run with {among!r}"
        raise RuntimeError(said) from found
    return typed, *slowest


def type_share(task: tuple[int, int]) -> tuple[int, float, str]:
    """Type what a process of a pool is given: (seed, lines)."""
    return type_lines(*task)
