"""How one connect(2) ends, a connection that stays open, and who has an address.

This file must not know rules, links or routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import simpy

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

Kind = Literal["ok", "refused", "timeout", "unreachable"]


@dataclass(frozen=True, slots=True)
class Connect:
    """How one connect(2) ends."""

    kind: Kind
    ms: int
    """How long until the caller knows, without any timeout of its own."""
    endpoint: str = ""
    """`ip:port` that was reached or tried in the end; empty when no rule matched."""
    container: Container | None = None
    """Who answers, for `ok`; None when it is a node's own daemon."""

    @property
    def errno(self) -> str:
        """Return the name of the error, e.g. `ECONNREFUSED`; empty for `ok`."""
        return _ERRNO[self.kind]

    def within(self, limit_ms: int) -> Connect:
        """Return the result for a caller that gives up after *limit_ms*."""
        if self.ms <= limit_ms:
            return self
        return Connect("timeout", limit_ms, self.endpoint)


_ERRNO: Mapping[str, str] = {
    "ok": "",
    "refused": "ECONNREFUSED",
    "timeout": "ETIMEDOUT",
    "unreachable": "EHOSTUNREACH",
}


@dataclass(eq=False)
class Connection:
    """An established connection; survives the loss of rules, not of either end."""

    source: Container | Machine
    ip: str
    """Address that was dialled."""
    port: int
    endpoint: str
    """`ip:port` behind it."""
    far: Container | None
    opened_at: int
    lost: simpy.Event = field(repr=False)
    """Fires when the far container dies or the kernel forgets the way."""
    open: bool = True


class PodAddress(NamedTuple):
    """Who has a pod address."""

    machine: Machine
    listener: Container | None
    """The container that accepts on the port asked for; None: nobody does, the kernel answers RST."""
