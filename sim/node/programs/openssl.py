"""openssl among the machines of the model; its words are in `sim.bash.tools.openssl`.

This file must not know how anything is printed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc
from sim.bash.tools.openssl import Met, openssl_program
from sim.node.certificates import pem, served, subjects
from sim.node.network import Connect
from sim.node.programs.host import machine_of
from sim.node.programs.reach import dial, resolve


class _NodePeers:
    """Servers as a node or a container sees them."""

    def unix_ms(self, proc: Proc) -> int:
        """Return the machine's time."""
        return machine_of(proc).epoch.at(proc.env.now)

    def address(self, proc: Proc, host: str) -> str | None:
        """Return the address of *host*."""
        return resolve(proc, host)

    def meet(self, proc: Proc, ip: str, port: int) -> Generator[simpy.Event, Any, Met]:
        """Connect through the model's rules."""
        done = yield from dial(proc, ip, port)
        if done.result.kind != "ok":
            return Met(done.result.kind)
        return Met("ok", _shown_by(proc, done.result, port))


def _shown_by(proc: Proc, reached: Connect, port: int) -> str | None:
    """Return the PEM of the certificate that whoever was *reached* shows."""
    here = machine_of(proc)
    ip, _, text = reached.endpoint.rpartition(":")
    machine = here if ip.startswith("127.") else here.network.machine_at(ip)
    if machine is None or reached.container is not None:
        return None
    path = served(machine, int(text or port))
    return None if path is None else pem(machine, subjects(machine)[path])


openssl = openssl_program(_NodePeers())
"""Look at certificates and at who shows them."""
