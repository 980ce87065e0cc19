"""Directories whose files come and go with what they stand for: processes, cgroups, logs, units.

A path is answered when somebody asks: a list of names for a directory, a maker of text for a file.
This file must not know which program asks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.bash.files import FileProblem, FileSystem
from sim.node.disk import PLACES, DiskFiles
from sim.node.logs import LINE_HEAD, ROTATED_LINES

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

POD_LOGS = "/var/log/pods"
LOG_LINKS = "/var/log/containers"
PODS = "/var/lib/kubelet/pods"
CONTAINERD = "/var/lib/containerd"
RECENT_MS = 900_000
"""In which a journal has a line, whatever happens."""
SAMPLE = 40
"""Lines that are looked at to know how long a log is."""
READ_ONLY_VIEW = "Read-only in this simulator"

Maker = Callable[[], str]
Shown = Maker | list[str] | None
_STORES = (
    ("io.containerd.content.v1.content", 303),
    ("io.containerd.grpc.v1.cri", 0),
    ("io.containerd.metadata.v1.bolt", 1),
    ("io.containerd.runtime.v2.task", 0),
    ("io.containerd.snapshotter.v1.overlayfs", 696),
)
"""containerd's directories, and the thousandths of all of it that each takes."""


class LiveFiles(FileSystem, ABC):
    """Files with directories that `shown` makes when they are asked for."""

    @abstractmethod
    def shown(self, path: str) -> Shown:
        """Return the names of a directory or the maker of a file; None if it is neither."""

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory."""
        return super().exists(path) or self.shown(path) is not None

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory."""
        return super().is_dir(path) or isinstance(self.shown(path), list)

    def read(self, path: str) -> str:
        """Return the text of *path*; raises FileProblem."""
        found = self.shown(path)
        if found is None:
            return super().read(path)
        if isinstance(found, list):
            raise FileProblem("Is a directory")
        return found()

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory; raises FileProblem."""
        found = self.shown(path)
        if not isinstance(found, list):
            return super().listdir(path)
        kept = super().listdir(path) if super().is_dir(path) else []
        return sorted({*found, *kept})


def log_path(container: Container) -> str:
    """Return where the runtime writes the log of *container*."""
    pod = f"{container.namespace}_{container.pod_name}_{container.pod_uid}"
    return f"{POD_LOGS}/{pod}/{container.name}/{container.attempt}.log"


def log_of(machine: Machine, path: str) -> Container | None:
    """Return the container whose log is the file *path*, in either directory of logs."""
    for one in machine.containers.values():
        if path in (log_path(one), f"{LOG_LINKS}/{_link_name(one)}"):
            return one
    return None


def _link_name(container: Container) -> str:
    return f"{container.pod_name}_{container.namespace}_{container.name}-{container.id}.log"


def link_target(machine: Machine, path: str) -> str:
    """Return where a link of the directory of all logs points to; empty if it is none."""
    name = path.removeprefix(f"{LOG_LINKS}/")
    for one in machine.containers.values():
        if _link_name(one) == name:
            return log_path(one)
    return ""


def log_size(container: Container) -> int:
    """Return about how long a log file is, without making all of it."""
    now = container.env.now
    some = container.log.read(now, tail=SAMPLE)
    size = sum(len(line.text.encode()) + LINE_HEAD for line in some)
    if len(some) < SAMPLE or not container.behaviour.chatty:
        return size if len(some) < SAMPLE else container.log.stored_bytes
    return size * ROTATED_LINES // SAMPLE + container.log.stored_bytes


def runtime_log(container: Container) -> str:
    """Return a log in the runtime's own form: time, stream, `F` for a full line, text."""
    lines = container.log.read(container.env.now)
    parts = (line.stamped(container.epoch).partition(" ") for line in lines)
    return "".join(
        f"{stamp} {line.stream} F {text}\n"
        for line, (stamp, _, text) in zip(lines, parts, strict=True)
    )


def shown_log(machine: Machine, path: str) -> Shown:
    """Answer for a path of a container's log."""
    if path == LOG_LINKS:
        return [_link_name(one) for one in machine.containers.values()]
    found = log_of(machine, path)
    if found is not None:
        return lambda: runtime_log(found)
    if not path.startswith(POD_LOGS):
        return None
    inside = f"{path}/"
    names = {
        log_path(one).removeprefix(inside).partition("/")[0]
        for one in machine.containers.values()
        if log_path(one).startswith(inside)
    }
    return sorted(names) if names or path == POD_LOGS else None


def shown_pod(machine: Machine, path: str, hosts: Callable[[Container], str]) -> Shown:
    """Answer for a path below the kubelet's directory of pods."""
    pods = {pod["metadata"]["uid"]: pod for pod in machine.kubelet.pods.values()}
    parts = path.removeprefix(PODS).strip("/").split("/")
    if not parts[0]:
        return sorted(pods)
    pod = pods.get(parts[0])
    if pod is None:
        return None
    volumes = pod["spec"].get("volumes") or ()
    kinds = {
        "emptyDir": "empty-dir", "configMap": "configmap", "secret": "secret",
        "projected": "projected", "downwardAPI": "downward-api", "persistentVolumeClaim": "csi",
    }  # fmt: skip
    held: dict[str, list[str]] = {}
    for volume in volumes:
        for field, kind in kinds.items():
            if field in volume:
                held.setdefault(f"kubernetes.io~{kind}", []).append(volume["name"])
    match parts[1:]:
        case []:
            return ["containers", "etc-hosts", "plugins", "volumes"]
        case ["containers"]:
            return [one["name"] for one in pod["spec"]["containers"]]
        case ["volumes"]:
            return sorted(held)
        case ["volumes", kind] if kind in held:
            return held[kind]
        case ["plugins"]:
            return []
        case ["etc-hosts"]:
            mine = [one for one in machine.containers.values() if one.pod_uid == parts[0]]
            return (lambda: hosts(mine[0])) if mine else None
    return None


def changed_at(machine: Machine, path: str) -> int | None:
    """Return when a generated log, or a directory of logs, was last changed; None for other paths."""
    if path in ("/var/log/syslog", "/var/log/journal") or path.startswith("/var/log/journal/"):
        now = machine.env.now
        last = machine.journal.query(since=now - RECENT_MS, until=now, lines=1)
        return last[-1].at if last else max(machine.facts.booted_at, now - RECENT_MS)
    below = [
        one
        for one in machine.containers.values()
        if path in (POD_LOGS, LOG_LINKS) or log_path(one).startswith(f"{path}/")
    ]
    if not below:
        return None
    if path.count("/") == POD_LOGS.count("/") + 1:
        return min(machine.pod_since(one) for one in below)
    return max(one.created_at if one.started_at is None else one.started_at for one in below)


def sealed_bytes(machine: Machine, path: str) -> int | None:
    """Return the bytes below a directory of the node that is not modelled file by file."""
    if path in (POD_LOGS, CONTAINERD, "/var/lib/kubelet"):
        return None
    if path in PLACES:
        return machine.disk.places()[path]
    head, _, name = path.rpartition("/")
    if head == CONTAINERD:
        shares = dict(_STORES)
        return machine.disk.places()[CONTAINERD] * shares[name] // 1000 if name in shares else None
    if head == POD_LOGS:
        uid = name.rpartition("_")[2]
        stored = sum(
            one.log.stored_bytes for one in machine.containers.values() if one.pod_uid == uid
        )
        return machine.disk.footprint(uid)[1] + stored
    if path == LOG_LINKS:
        return 0
    if head == PODS:
        scratches = machine.kubelet.scratches(name)
        return 12_288 + sum(one.taken for one in scratches if isinstance(one, DiskFiles))
    return None


def containerd_names() -> list[str]:
    """Return what is in containerd's own directory."""
    return [name for name, _ in _STORES]
