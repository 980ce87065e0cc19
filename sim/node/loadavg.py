"""A machine's load averages: what runs or waits for the disk, averaged as the kernel averages it.

Nothing is sampled: what is known of the past is a handful of stretches and a wobble that is drawn for
each quarter of a minute. This file must not know how a load is printed.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from sim.node.kubeproxy.proxy import CPU_SHARES
from sim.node.units import DAEMONS

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

WINDOWS_MS = (60_000, 300_000, 900_000)
SLOT_MS = 15_000
SLOTS = 180
"""How far back the wobble is looked at; what is older weighs less than a twentieth."""
WAITING = {"starting": 0.25, "thrashing": 1.0}
"""Tasks that wait for the disk beside those that run, by kube-proxy's regime (ours)."""
WOBBLE = (-0.6, 0.9)
"""Share by which the tasks of a moment differ from the usual ones."""


def load(machine: Machine) -> tuple[float, float, float]:
    """Return the load averages over 1, 5 and 15 minutes."""
    now, usual = machine.env.now, usual_tasks(machine)
    slot = now // SLOT_MS
    draw = machine.stream.at("load")
    wobbles = [draw.uniform(*WOBBLE, slot - back) for back in range(SLOTS)]
    stretches = [
        (max(0, now - since), max(0, now - (now if until is None else until)), tasks)
        for since, until, stage in machine.proxy.stretches()
        if (tasks := CPU_SHARES.get(stage, 0.0) + WAITING.get(stage, 0.0)) > 0.0
    ]
    found = []
    for window in WINDOWS_MS:
        fade = exp(-SLOT_MS / window)
        # The slot that has begun counts for as much of it as is over.
        weight = 1.0 - exp(-(now % SLOT_MS) / window)
        left = 1.0 - weight
        wobble = wobbles[0] * weight
        for value in wobbles[1:]:
            wobble += value * left * (1.0 - fade)
            left *= fade
        extra = sum(
            tasks * (exp(-ended / window) - exp(-begun / window))
            for begun, ended, tasks in stretches
        )
        found.append(round(max(0.0, usual * (1.0 + wobble) + extra), 2))
    one, five, fifteen = found
    return one, five, fifteen


def usual_tasks(machine: Machine) -> float:
    """Return how many tasks run on an average, kube-proxy's start-ups left aside."""
    share = float(sum(one.cpu_per_mille for one in DAEMONS))
    own = machine.proxy.container
    for container in machine.containers.values():
        if container.state == "running" and container is not own:
            share += mean_millicores(container)
    return share / 1000


def mean_millicores(container: Container) -> float:
    """Return the CPU that a container uses on an average, in thousandths of a core."""
    mean = getattr(container.behaviour, "mean_millicores", None)
    if mean is not None:
        return float(mean(container))
    using = getattr(container.behaviour, "millicores", None)
    if using is not None:
        return float(using(container))
    return float(container.machine.stream.at("idle-cpu", container.id).integer(1, 22))
