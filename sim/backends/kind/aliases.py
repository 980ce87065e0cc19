"""The names that a scenario gives its nodes, and what the nodes of a real cluster are called.

A trainee may use either for `ssh`; kubectl shows the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTROL_PLANE = "node-control-plane"
WORKER = "node-worker-{}"


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort `worker` before `worker2` before `worker10`."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", name)
        if part
    ]


@dataclass(frozen=True, slots=True)
class Aliases:
    """One table, both ways."""

    nodes: Mapping[str, str]
    """`{"node-worker-3": "uncordon-worker3"}`: the scenario's name -> the real one, control plane first."""

    @classmethod
    def of(cls, control_plane: Iterable[str], workers: Iterable[str]) -> Aliases:
        """Number nodes in the natural order of their names; one control plane has no number.

        >>> Aliases.of(["uncordon-control-plane"], ["uncordon-worker2", "uncordon-worker"]).nodes
        {'node-control-plane': 'uncordon-control-plane', 'node-worker-1': 'uncordon-worker', \
'node-worker-2': 'uncordon-worker2'}
        """
        table: dict[str, str] = {}
        for number, name in enumerate(sorted(control_plane, key=_natural), 1):
            table[CONTROL_PLANE if number == 1 else f"{CONTROL_PLANE}-{number}"] = name
        for number, name in enumerate(sorted(workers, key=_natural), 1):
            table[WORKER.format(number)] = name
        return cls(table)

    def node(self, name: str) -> str:
        """Return the real name of *name*, which may be one already.

        Raises:
            KeyError: if no node has that name.
        """
        if name in self.nodes:
            return self.nodes[name]
        if name in self.nodes.values():
            return name
        raise KeyError(name)

    def alias(self, node: str) -> str:
        """Return the scenario's name of the real *node*; KeyError if it has none."""
        for alias, real in self.nodes.items():
            if real == node:
                return alias
        raise KeyError(node)

    @property
    def workers(self) -> tuple[str, ...]:
        """The real names of the workers, in the order of their numbers."""
        return tuple(
            real for alias, real in self.nodes.items() if not alias.startswith(CONTROL_PLANE)
        )

    @property
    def control_plane(self) -> str:
        """The real name of the (first) control plane."""
        return self.nodes[CONTROL_PLANE]

    @property
    def differ(self) -> bool:
        """Whether any node is called other than the scenario calls it, so that a trainee is told."""
        return any(alias != real for alias, real in self.nodes.items())

    def lines(self) -> list[str]:
        """Return the table for people, with a head."""
        width = max(len("NAME"), *map(len, self.nodes)) + 3
        return [f"{'NAME':<{width}}NODE", *(f"{a:<{width}}{n}" for a, n in self.nodes.items())]
