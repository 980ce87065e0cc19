"""A large file on a node: its kubelet reports DiskPressure, takes no more pods and evicts those there.

Whoever deletes the file heals it.
"""

from __future__ import annotations

import re

from sim.apimachinery.wire import Obj
from sim.backends.kind.undo import OnNode
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import FillDisk

CONFIG = "/var/lib/kubelet/config.yaml"
FREE = "df -k --output=avail /var/lib/kubelet | tail -n 1"
FILL = 'fallocate -l "$1" "$2"'
REMOVE = 'rm -f "$1"'
_RESTART = (
    "if [ -d /run/systemd/system ]; then systemctl restart kubelet; else kill $(pidof kubelet); fi"
)
WRITE = (
    f'new=$(mktemp) && cat >"$new" && {{ cmp -s "$new" {CONFIG} || '
    f'{{ cat "$new" >{CONFIG} && {_RESTART}; }}; }}; rm -f "$new"'
)
"""Writes the kubelet's settings from standard input and starts it anew, if they differ."""
PRESSURE_S = 120
_THRESHOLD = re.compile(r"^(\s+nodefs\.available:).*$", re.MULTILINE)
_HARD = re.compile(r"^evictionHard:\s*$", re.MULTILINE)


def fill_disk(fault: FillDisk, backend: RealBackend, hand: Hand) -> Steps:
    """Set the threshold, write the file, wait for the condition; take both back after `lasting`."""
    node = hand.node(fault.node)
    config = hand.run(node, f"cat {CONFIG}")
    free = int(hand.run(node, FREE).strip() or 0) << 10
    if free < 2 * fault.size:
        raise hand.failed(f"{node} has {free >> 20} MiB free, which is less than twice the file")
    settings = OnNode(node, ("sh", "-c", WRITE), config)
    entries = [hand.did(f"the kubelet's thresholds on {node}", settings)]
    hand.run(node, WRITE, stdin=with_threshold(config, free - fault.size // 2))
    undo = OnNode(node, ("sh", "-c", REMOVE, "sh", fault.path))
    entries.append(hand.did(f"{fault.path} on {node}", undo))
    hand.run(node, FILL, str(fault.size), fault.path)
    path = f"/api/v1/nodes/{node}"
    yield from hand.until(f"DiskPressure of {node}", PRESSURE_S, lambda: pressed(hand.get(path)))
    if fault.lasting is not None:
        yield hand.pause(backend.plan.drawn(f"lasting.{fault.id}", fault.lasting))
        for entry in reversed(entries):
            hand.undo(entry)


def with_threshold(config: str, free: int) -> str:
    """Return a kubelet's settings with which less than *free* bytes are too little."""
    line = f" {free >> 20}Mi"
    if _THRESHOLD.search(config):
        return _THRESHOLD.sub(lambda found: found[1] + line, config)
    if _HARD.search(config):
        return _HARD.sub(lambda found: f"{found[0]}\n  nodefs.available:{line}", config)
    return f"{config.rstrip()}\nevictionHard:\n  nodefs.available:{line}\n"


def pressed(node: Obj) -> bool:
    """Return whether *node* reports DiskPressure."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "DiskPressure" and one["status"] == "True" for one in conditions)
