"""`python -m sim.workload PROGRAM`: runs one program with the settings in its environment.

Each program is imported only when it is asked for, so that a container starts in a moment.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

PROGRAMS = {
    "web-service": "web_service",
    "database": "database",
    "users": "users",
    "prober": "users",
    "neighbour": "neighbour",
}
"""Program -> module whose `program` makes it."""
TOOLS = ("sql", "get")


def main(arguments: list[str]) -> int:
    """Run what *arguments* name and return its exit code; a program ends the process itself."""
    name, *rest = arguments or [""]
    if name in TOOLS:
        code: int = getattr(_module("tools"), name)(rest)
        return code
    if name not in PROGRAMS or rest:
        sys.stderr.write(f"usage: python -m sim.workload {' | '.join((*PROGRAMS, *TOOLS))}\n")
        return 2
    place = _module("settings").Place()
    return int(_module("life").live(_module(PROGRAMS[name]).program(place, name)))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"sim.workload.{name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
