"""crictl's JSON: inspect, inspectp, inspecti, info. Must not know how a container came to its state."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sim.apimachinery.wire import Obj
from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.livefiles import log_path
from sim.node.machine import Machine
from sim.node.programs.options import UsageError
from sim.node.programs.runtime import (
    config_id,
    cri_labels,
    digest,
    find_images,
    image_parts,
    one_container,
    one_sandbox,
    pod_id,
    read_flags,
)

_FLAGS = {"-o": True, "--output": True, "-q": False, "--quiet": False, "--template": True}


def inspect(proc: Proc, machine: Machine, words: Sequence[str], kind: str) -> int:
    """Print what the runtime knows of containers (`inspect`), sandboxes or images."""
    options = read_flags(words, _FLAGS)
    shape = options.value("-o", "--output", default="json")
    if shape not in ("json",) or options.has("--template"):
        raise UsageError(
            f"crictl: {kind} -o {shape} is not supported in this simulator; -o json is"
        )
    if not options.operands:
        raise UsageError("FATA[0000] ID cannot be empty")
    for wanted in options.operands:
        if kind == "inspect":
            told = _container(machine, one_container(machine, wanted))
        elif kind == "inspectp":
            told = _sandbox(machine, one_sandbox(machine, wanted))
        else:
            told = _image(machine, wanted)
        proc.print(json.dumps(told, indent=2))
    return 0


def info(proc: Proc, machine: Machine) -> int:
    """Print the runtime's own state."""
    conditions = [
        {"message": "", "reason": "", "status": True, "type": "RuntimeReady"},
        {"message": "", "reason": "", "status": True, "type": "NetworkReady"},
        {
            "message": "",
            "reason": "",
            "status": True,
            "type": "ContainerdHasNoDeprecationWarnings",
        },
    ]
    config = {
        "containerd": {"defaultRuntimeName": "runc", "snapshotter": "overlayfs"},
        "cni": {"binDirs": ["/opt/cni/bin"], "confDir": "/etc/cni/net.d"},
        "containerdRootDir": "/var/lib/containerd",
        "containerdEndpoint": "/run/containerd/containerd.sock",
    }
    told = {
        "config": config,
        "golang": "go1.24.6",
        "lastCNILoadStatus": "OK",
        "status": {"conditions": conditions},
    }
    proc.print(json.dumps(told, indent=2))
    return 0


def _stamp(machine: Machine, at: int | None) -> str:
    return "0001-01-01T00:00:00Z" if at is None else machine.epoch.rfc3339_micro(at)


def _container(machine: Machine, c: Container) -> Obj:
    image = ":".join(image_parts(c.image))
    status = {
        "annotations": {
            "io.kubernetes.container.restartCount": str(c.attempt),
            "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
            "io.kubernetes.container.terminationMessagePolicy": c.spec.get(
                "terminationMessagePolicy", "File"
            ),
            "io.kubernetes.pod.terminationGracePeriod": "30",
        },
        "createdAt": _stamp(machine, c.created_at),
        "exitCode": c.exit_code or 0,
        "finishedAt": _stamp(machine, c.finished_at),
        "id": c.id,
        "image": {
            "annotations": {},
            "image": image,
            "runtimeHandler": "",
            "userSpecifiedImage": image,
        },
        "imageId": f"sha256:{config_id(c.image)}",
        "imageRef": f"{image_parts(c.image)[0]}@{digest(c.image)}",
        "labels": cri_labels(c),
        "logPath": log_path(c),
        "message": c.termination_message,
        "metadata": {"attempt": c.attempt, "name": c.name},
        "mounts": [
            {
                "containerPath": one["mountPath"],
                "hostPath": f"/var/lib/kubelet/pods/{c.pod_uid}/volumes/{one['name']}",
                "readonly": bool(one.get("readOnly")),
            }
            for one in c.spec.get("volumeMounts") or ()
        ],
        "reason": c.reason,
        "resources": {
            "linux": {
                "cpuPeriod": "100000",
                "cpuQuota": str(c.cpu_limit * 100),
                "cpuShares": str(max(2, c.cpu_request * 1024 // 1000)),
                "memoryLimitInBytes": str(c.limit),
                "oomScoreAdj": str(c.adjust),
            }
        },
        "startedAt": _stamp(machine, c.started_at),
        "state": f"CONTAINER_{c.state.upper()}",
    }
    spec = {
        "process": {
            "args": c.argv,
            "cwd": "/",
            "env": [f"{key}={value}" for key, value in c.environ.items()],
            "oomScoreAdj": c.adjust,
        },
        "hostname": c.hostname,
        "linux": {"cgroupsPath": c.cgroup},
    }
    more = {
        "pid": c.pid if c.state == "running" else 0,
        "runtimeSpec": spec,
        "sandboxID": pod_id(machine, c),
        "snapshotter": "overlayfs",
    }
    return {"info": more, "status": status}


def _sandbox(machine: Machine, members: Sequence[Container]) -> Obj:
    c = members[0]
    running = any(one.state != "exited" for one in members)
    address = "" if c.host_network else c.ip
    namespaces = {
        "ipc": "POD",
        "network": "NODE" if c.host_network else "POD",
        "pid": "CONTAINER",
        "targetId": "",
    }
    status = {
        "annotations": {"kubernetes.io/config.source": "api"},
        "createdAt": _stamp(machine, machine.pod_since(c)),
        "id": pod_id(machine, c),
        "labels": {**c.labels, **{k: v for k, v in cri_labels(c).items() if ".pod." in k}},
        "linux": {"namespaces": {"options": namespaces}},
        "metadata": {
            "attempt": 0,
            "name": c.pod_name,
            "namespace": c.namespace,
            "uid": c.pod_uid,
        },
        "network": {"additionalIps": [], "ip": address},
        "runtimeHandler": "",
        "state": "SANDBOX_READY" if running else "SANDBOX_NOTREADY",
    }
    return {"info": {"image": "registry.k8s.io/pause:3.10"}, "status": status}


def _image(machine: Machine, wanted: str) -> Obj:
    found = find_images(machine, wanted)
    if not found:
        raise UsageError(f'FATA[0000] no such image "{wanted}" present')
    image = found[0]
    name, tag = image_parts(image)
    status = {
        "id": f"sha256:{config_id(image)}",
        "pinned": name.endswith("/pause"),
        "repoDigests": [f"{name}@{digest(image)}"],
        "repoTags": [f"{name}:{tag}"],
        "size": str(machine.kubelet.images.spec(image).size_bytes),
        "spec": None,
        "uid": None,
        "username": "",
    }
    return {"status": status}
