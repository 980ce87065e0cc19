"""Type random lines into runs, and feed the parser what an instrumented fuzzer makes up (`make fuzz`).

Prints how many lines were typed, the slowest, and what is wrong, if anything is.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CHUNK = 50
"""Lines typed into one run."""


def type_lines(number: int, count: int) -> tuple[int, float, str]:
    """Type *count* lines drawn from seed *number*; return how many, and the slowest with its CPU s."""
    os.environ["UNCORDON_STRICT"] = "1"
    from tests.fuzz.host import Hearing
    from tests.fuzz.lines import lines
    from tests.fuzz.typist import Typist

    hearing = Hearing()
    typed, slowest = 0, (0.0, "")

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
        typist = Typist(hearing)
        typist.enter_all(some)
        typed += len(some)
        slowest = max(slowest, typist.slowest)

    typing()
    return typed, *slowest


def main() -> int:
    """Return 0 if nothing was found."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--lines", type=int, default=100_000, help="how many lines (%(default)s)")
    options.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--parser-runs", type=int, default=100_000, help="inputs for the parser")
    given_ = options.parse_args()
    print(f"seed {given_.seed}, {given_.processes} processes", flush=True)
    share = given_.lines // given_.processes
    tasks = [(given_.seed + number, share) for number in range(given_.processes)]
    with multiprocessing.get_context("spawn").Pool(given_.processes) as pool:
        done = pool.starmap(type_lines, tasks)
    typed = sum(count for count, _, _ in done)
    took, line = max((took, line) for _, took, line in done)
    print(f"{typed:,} lines typed, slowest {took:.2f} s of CPU: {line!r}", flush=True)
    if not given_.parser_runs:
        return 0
    argv = [sys.executable, "-m", "tests.fuzz.parser", f"-runs={given_.parser_runs}"]
    return subprocess.run(
        [*argv, f"-seed={given_.seed}", "-max_len=400", "-timeout=2"], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
