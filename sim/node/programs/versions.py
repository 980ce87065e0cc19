"""kubelet, containerd, runc and kube-proxy called by hand: their versions, and nothing else.

This file must not know what the daemons do.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1

from sim.bash.process import Proc, Program, Running
from sim.node.machine import Machine
from sim.node.programs.host import machine_of

RUNC = "1.3.0"


def _kubernetes(machine: Machine) -> str:
    return f"Kubernetes {machine.facts.kubelet_version}"


def _containerd(machine: Machine) -> str:
    version = f"v{machine.facts.runtime.rpartition('/')[2]}"
    major = "/v2" if version.startswith("v2") else ""
    return f"containerd github.com/containerd/containerd{major} {version} {_commit(version)}"


def _runc(_: Machine) -> str:
    commit = _commit(f"runc {RUNC}")
    return (
        f"runc version {RUNC}\ncommit: v{RUNC}-0-g{commit[:8]}\nspec: 1.2.1\ngo: go1.23.8\n"
        "libseccomp: 2.5.6"
    )


def _commit(version: str) -> str:
    return sha1(version.encode(), usedforsecurity=False).hexdigest()


def _versioned(told: Callable[[Machine], str], flags: tuple[str, ...]) -> Program:
    def run(proc: Proc) -> Running:
        if any(word in flags for word in proc.argv[1:]):
            proc.print(told(machine_of(proc)))
            return 0
        return proc.fail(
            f"only {flags[0]} is supported in this simulator; systemctl starts and stops the unit"
        )
        yield

    return run


kubelet = _versioned(_kubernetes, ("--version",))
kube_proxy = _versioned(_kubernetes, ("--version",))
containerd = _versioned(_containerd, ("--version", "-v"))
runc = _versioned(_runc, ("--version", "-v"))
