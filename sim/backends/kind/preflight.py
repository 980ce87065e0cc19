"""What a machine needs for kind mode, looked at before anything is made; every lack is one sentence.

Nothing is changed here.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.backends.kind.tools import FailedToolError, MissingToolError, ToolError, Tools

KIND = (0, 24)
"""The first kind whose nodes are Kubernetes 1.31, which forwards ports the way we ask."""
MEMORY_MIB = 3072
"""Free. Four nodes at rest take 1.2 GiB, and the workload comes on top."""
DISK_MIB = 6144
"""The node image unpacked, and what four nodes write."""
INSTANCES = 512
"""fs.inotify.max_user_instances; 128, the kernel's own, is too few for four nodes (kind, Known Issues:
Pod errors due to "too many open files")."""
WATCHES = 65536
PACKAGES = ("urllib3", "websocket")
"""What only real clusters need of Python, by the names of its modules."""
_NO_DAEMON = re.compile(
    r"connect to the docker (daemon|API)|is the docker daemon running", re.IGNORECASE
)
"""What docker says when it cannot be used at all."""
_CGROUP_V1_ENDS = (0, 31)
"""The first kind whose nodes are Kubernetes 1.35, which refuses cgroup v1."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    what: str
    """`docker`."""
    found: str
    """`29.1.3`; why it will not do, if *wrong*."""
    wrong: bool = False
    advice: str = ""
    """What to do next."""

    def __str__(self) -> str:
        """Return it as one sentence."""
        text = f"{self.what}: {self.found}"
        return f"{text}; {self.advice}" if self.advice else text


class PreflightError(Exception):
    """The machine will not do; the message has a line for each lack."""


def preflight(
    tools: Tools,
    *,
    makes_cluster: bool,
    proc: Path = Path("/proc"),
    free_mib: Callable[[Path], float] = lambda path: shutil.disk_usage(path).free / 2**20,
) -> list[Check]:
    """Look at everything; a cluster that is there already needs neither kind nor room for nodes."""
    checks = [_packages()]
    info: dict[str, Any] = {}
    try:
        info = _docker(tools)
        checks.append(Check("docker", str(info.get("ServerVersion") or "of an unknown version")))
    except ToolError as error:
        checks.append(_unreachable(error))
    if makes_cluster:
        version = _kind(tools)
        checks.append(version)
        checks.extend(_room(info, proc, free_mib))
        if not version.wrong and str(info.get("CgroupVersion")) == "1":
            checks.extend(_cgroup(version.found))
    return checks


def demand(checks: list[Check]) -> None:
    """Raise PreflightError if one of *checks* is wrong."""
    if wrong := [str(check) for check in checks if check.wrong]:
        raise PreflightError("\n".join(wrong))


def _packages() -> Check:
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if not lacking:
        return Check("Python packages", "there")
    found = f"{' and '.join(lacking)} not installed"
    return Check("Python packages", found, wrong=True, advice="pip install 'uncordon[kind]'")


def _docker(tools: Tools) -> dict[str, Any]:
    text = tools.docker("info", "--format", "{{json .}}").out
    try:
        info: dict[str, Any] = json.loads(text)
    except ValueError as error:
        msg = f"`docker info` answers {text[:60]!r}"
        raise ToolError(msg) from error
    # A client without a daemon ends with 0 in some releases, and says it in here.
    if errors := info.get("ServerErrors"):
        msg = f"`docker info` failed: {errors[0]}"
        raise FailedToolError(msg, 1, str(errors[0]))
    return info


def sentence_of(error: ToolError) -> str:
    """Return what went wrong; of a docker that cannot be used at all, what to do about it."""
    return str(_unreachable(error)) if _NO_DAEMON.search(str(error)) else str(error)


def _unreachable(error: ToolError) -> Check:
    if isinstance(error, MissingToolError):
        return _missing("docker", error)
    told = error.complaint if isinstance(error, FailedToolError) else str(error)
    if "permission denied" in told.lower():
        return Check(
            "docker",
            "you may not use it",
            wrong=True,
            advice="add yourself to its group (sudo usermod -aG docker $USER) and log in again",
        )
    if _NO_DAEMON.search(told):
        return Check(
            "docker",
            "its daemon does not run",
            wrong=True,
            advice="start it (sudo systemctl start docker, or Docker Desktop)",
        )
    return Check("docker", str(error), wrong=True, advice="see to it that `docker info` works")


def _missing(name: str, error: MissingToolError) -> Check:
    return Check(name, "not on PATH", wrong=True, advice=error.advice)


def _kind(tools: Tools) -> Check:
    try:
        text = tools.run(("kind", "version"), timeout_s=20).out.strip()
    except MissingToolError as error:
        return _missing("kind", error)
    except ToolError as error:
        return Check("kind", str(error), wrong=True, advice="see to it that `kind version` works")
    found = re.search(r"v(\d+)\.(\d+)\.\d+\S*", text)
    if found is None:
        return Check(
            "kind", f"`kind version` answers {text[:60]!r}", wrong=True, advice="install kind anew"
        )
    if (int(found[1]), int(found[2])) < KIND:
        needed = ".".join(map(str, KIND))
        return Check(
            "kind", f"{found[0]} is too old", wrong=True, advice=f"install {needed} or newer"
        )
    return Check("kind", found[0])


def _room(info: dict[str, Any], proc: Path, free_mib: Callable[[Path], float]) -> Iterator[Check]:
    total = float(info.get("MemTotal") or 0) / 2**20
    if total and total < MEMORY_MIB:
        yield Check(
            "memory",
            f"docker has {total:.0f} MiB in all, {MEMORY_MIB} are needed",
            wrong=True,
            advice="give it more (Docker Desktop: Settings, Resources)",
        )
    elif (available := _available_mib(proc)) is not None:
        yield _enough(
            "memory", available, MEMORY_MIB, "end programs, or use a machine that has more"
        )
    place = Path(str(info.get("DockerRootDir") or ""))
    if str(info.get("DockerRootDir") or "") and place.exists():
        yield _enough(
            f"disk at {place}", free_mib(place), DISK_MIB, "make room, e.g. `docker system prune`"
        )
    for name, needed in (("instances", INSTANCES), ("watches", WATCHES)):
        limit = _number(proc / "sys" / "fs" / "inotify" / f"max_user_{name}")
        if limit is None:
            continue
        what = f"fs.inotify.max_user_{name}"
        if limit < needed:
            yield Check(
                what,
                f"{limit} is too few, {needed} are needed",
                wrong=True,
                advice=f"sudo sysctl {what}={needed}",
            )
        else:
            yield Check(what, str(limit))


def _enough(what: str, free: float, needed: int, advice: str) -> Check:
    if free >= needed:
        return Check(what, f"{free:.0f} MiB free")
    return Check(what, f"{free:.0f} MiB free, {needed} are needed", wrong=True, advice=advice)


def _available_mib(proc: Path) -> float | None:
    """Return the memory that can be had without swapping; None where the kernel does not say."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", (proc / "meminfo").read_text(), re.M)
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _cgroup(kind: str) -> Iterator[Check]:
    major, minor = (int(part) for part in kind.removeprefix("v").split(".")[:2])
    if (major, minor) >= _CGROUP_V1_ENDS:
        yield Check(
            "cgroups",
            "version 1, which Kubernetes 1.35 and newer refuse",
            advice="if nodes do not start, take older ones with --image",
        )
