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

from tests.fuzz.many import type_share


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
        # Unordered: the first that finds something is told at once.
        done = list(pool.imap_unordered(type_share, tasks))
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
