"""/sys of a node or container: its interfaces with their counters, and the disk. Must not know who reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.node.diskwork import PART_START, disk_size, part_size
from sim.node.procfs import disk_figures
from sim.node.programs.interfaces import Link, counters, node_links, pod_links

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

NET = "/sys/class/net"
BLOCK = "/sys/block"
Shown = Callable[[], str] | list[str] | None
_ZERO = (
    "collisions", "multicast", "rx_compressed", "rx_crc_errors", "rx_dropped", "rx_errors",
    "rx_fifo_errors", "rx_frame_errors", "rx_length_errors", "rx_missed_errors", "rx_nohandler",
    "rx_over_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_compressed", "tx_dropped",
    "tx_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_window_errors",
)  # fmt: skip
_FLAGS = {"UP": 1, "BROADCAST": 2, "LOOPBACK": 8, "NOARP": 128, "MULTICAST": 4096}


def shown_sys(machine: Machine, container: Container | None, path: str) -> Shown:
    """Answer for a path below /sys/class/net or /sys/block."""
    if path.startswith(BLOCK):
        return _block(machine, path.removeprefix(BLOCK).strip("/").split("/"))
    own = container is not None and not container.host_network
    links = pod_links(machine, container) if container and own else node_links(machine)
    name, _, rest = path.removeprefix(NET).strip("/").partition("/")
    if not name:
        return [one.name for one in links]
    link = next((one for one in links if one.name == name), None)
    return None if link is None else _of_link(machine, link, rest)


def _of_link(machine: Machine, link: Link, rest: str) -> Shown:
    down = link.state in ("DOWN", "LOWERLAYERDOWN")
    state = {"UP": "up", "DOWN": "down", "UNKNOWN": "unknown"}.get(link.state, "lowerlayerdown")
    wired = link.name != "lo" and not down
    files = {
        "address": link.mac,
        "addr_len": "6",
        "broadcast": "00:00:00:00:00:00" if link.name == "lo" else "ff:ff:ff:ff:ff:ff",
        "carrier": "0" if down else "1",
        "dormant": "0",
        "flags": f"{sum(_FLAGS.get(flag, 0) for flag in link.flags):#x}",
        "ifindex": str(link.number),
        "iflink": link.peer.removeprefix("@if") or str(link.number),
        "mtu": str(link.mtu),
        "operstate": state,
        "tx_queue_len": "1000",
        "type": "772" if link.name == "lo" else "1",
        **({"speed": "10000", "duplex": "full"} if wired else {}),
    }
    held = counters(machine, link)
    statistics = {**dict.fromkeys(_ZERO, 0), **held._asdict()}
    if not rest:
        return sorted([*files, "statistics"])
    if rest == "statistics":
        return sorted(statistics)
    if rest.startswith("statistics/"):
        name = rest.removeprefix("statistics/")
        return (lambda: f"{statistics[name]}\n") if name in statistics else None
    return (lambda: f"{files[rest]}\n") if rest in files else None


def _block(machine: Machine, parts: list[str]) -> Shown:
    def figures() -> str:
        return " ".join(f"{value:>8}" for value in disk_figures(machine)) + "\n"

    whole: dict[str, Callable[[], str]] = {
        "size": lambda: f"{disk_size(machine) // 512}\n",
        "stat": figures,
        "dev": lambda: "254:0\n",
        "ro": lambda: "0\n",
        "removable": lambda: "0\n",
    }
    part: dict[str, Callable[[], str]] = {
        "size": lambda: f"{part_size(machine) // 512}\n",
        "start": lambda: f"{PART_START // 512}\n",
        "stat": figures,
        "dev": lambda: "254:1\n",
        "ro": lambda: "0\n",
    }
    match parts:
        case [""]:
            return ["vda"]
        case ["vda"]:
            return sorted([*whole, "queue", "vda1"])
        case ["vda", "queue"]:
            return ["rotational", "scheduler"]
        case ["vda", "queue", "rotational"]:
            return lambda: "1\n"
        case ["vda", "queue", "scheduler"]:
            return lambda: "[none] mq-deadline\n"
        case ["vda", "vda1"]:
            return sorted(part)
        case ["vda", "vda1", name]:
            return part.get(name)
        case ["vda", name]:
            return whole.get(name)
    return None
