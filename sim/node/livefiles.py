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
from sim.node.procfs import PROCESS_FILES, cgroup_files, pids_of, process_file

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

CGROUPS = "/sys/fs/cgroup"
POD_LOGS = "/var/log/pods"
LOG_LINKS = "/var/log/containers"
PODS = "/var/lib/kubelet/pods"
CONTAINERD = "/var/lib/containerd"
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


def shown_process(machine: Machine, container: Container | None, path: str) -> Shown:
    """Answer for a path below /proc that is about processes."""
    parts = path.split("/")[2:]
    if not parts or not parts[0]:
        return [str(pid) for pid in pids_of(machine, container)] + ["self"]
    if parts[0] != "self" and not parts[0].isdigit():
        return None
    pids = machine.seen_pids(container)
    pid = max(pids, default=1) if parts[0] == "self" else int(parts[0][:9])
    if pid not in pids:
        return None
    if len(parts) == 1:
        return [*PROCESS_FILES, "fd", "ns", "task"]
    if parts[1] == "fd" and len(parts) == 2:
        return ["0", "1", "2", *(str(number) for number in range(3, 7 + pid % 9))]
    if parts[1] == "ns" and len(parts) == 2:
        return ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]
    if parts[1] == "task" and len(parts) == 2:
        return [str(pid)]
    if len(parts) == 2 and parts[1] in PROCESS_FILES:
        return lambda: process_file(machine, container, pid, parts[1]) or ""
    return None


def shown_cgroup(machine: Machine, path: str) -> Shown:
    """Answer for a path below /sys/fs/cgroup of a node."""
    inside = path.removeprefix(CGROUPS)
    running = [one for one in machine.containers.values() if one.state == "running"]
    directory, _, name = inside.rpartition("/")
    for one in running:
        if one.cgroup == inside:
            return list(cgroup_files(one))
        if one.cgroup == directory:
            return cgroup_files(one).get(name)
    below = [one for one in running if one.cgroup.startswith(f"{inside}/")]
    if below or not inside:
        files = list(_slice_files([]))
        return files + sorted({one.cgroup[len(inside) + 1 :].partition("/")[0] for one in below})
    above = [one for one in running if one.cgroup.startswith(f"{directory}/")]
    return _slice_files(above).get(name) if above else None


def _slice_files(members: list[Container]) -> dict[str, Maker]:
    """Return the files of a slice: its containers' together."""
    limited = bool(members) and all(one.limit for one in members)
    quota = bool(members) and all(one.cpu_limit for one in members)

    def used() -> str:
        stats = [dict(line.split() for line in cgroup_files(one)["cpu.stat"]().splitlines())
                 for one in members]  # fmt: skip
        total = {key: sum(int(one[key]) for one in stats) for key in stats[0]} if stats else {}
        return "".join(f"{key} {value}\n" for key, value in total.items())

    return {
        "cgroup.procs": lambda: "",
        "cpu.max": lambda: (
            f"{sum(one.cpu_limit for one in members) * 100} 100000\n" if quota else "max 100000\n"
        ),
        "cpu.stat": used,
        "memory.current": lambda: f"{sum(one.memory_bytes for one in members)}\n",
        "memory.max": lambda: f"{sum(one.limit for one in members)}\n" if limited else "max\n",
    }


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
