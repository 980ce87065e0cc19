"""crictl: what the container runtime of the node holds, and what can be done to it.

Tables are those of cri-tools; this file must not know why a container is in the state it is in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from sim.bash.process import Proc, Running
from sim.node.container import Container
from sim.node.disk import layer_bytes
from sim.node.machine import Machine
from sim.node.processes import container_millicores
from sim.node.programs.crictl_act import execute, follow_logs, pull, remove, remove_images, stop
from sim.node.programs.crictl_inspect import info, inspect
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import Options, UsageError, waiting
from sim.node.programs.runtime import (
    SHORT,
    all_containers,
    config_id,
    created_ago,
    cri_labels,
    digest,
    find_images,
    image_parts,
    labels_match,
    pod_id,
    print_table,
    read_flags,
    size_text,
)

_STATES = {"running": "Running", "exited": "Exited", "created": "Created"}
_ENDPOINT = "unix:///run/containerd/containerd.sock"
_FILTERS = {
    "-q": False, "--quiet": False, "--state": True, "-s": True, "--no-trunc": False, "--label": True,
    "--namespace": True, "--name": True, "-l": False, "--latest": False, "-n": True, "--last": True,
    "-o": True, "--output": True, "-v": False, "--verbose": False, "--id": True, "-r": False,
}  # fmt: skip
_NOT_HERE = ("attach", "checkpoint", "completion", "config", "create", "events", "imagefsinfo",
             "metricsp", "port-forward", "run", "runp", "runtime-config", "start", "update",
             "update-runtime-config")  # fmt: skip


def _unreachable(why: str) -> UsageError:
    return UsageError(
        "FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint"
        f' "{_ENDPOINT}": rpc error: code = Unavailable desc = connection error: desc = "transport:'
        f' Error while dialing: dial unix /run/containerd/containerd.sock: connect: {why}"'
    )


@waiting(1)
def crictl(proc: Proc) -> Running:
    """Show containers, pods, images, their logs and their use; stop and remove them."""
    words = list(proc.argv[1:])
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-r", "--runtime-endpoint", "-i", "--image-endpoint", "-t", "--timeout", "-c"):
            words = words[1:]
        elif flag in ("-v", "--version"):
            proc.print("crictl version v1.37.0")
            return 0
        elif flag in ("-h", "--help"):
            words = ["help"]
    if not words or words[0] in ("help", "h"):
        proc.print("NAME:", "   crictl - client for CRI", "", "USAGE:",
                   "   crictl [global options] command [command options] [arguments...]", "", "COMMANDS:",
                   *(f"   {name}" for name in sorted({*_SHOWING, *_WAITING} - {"image", "img"})))  # fmt: skip
        return 0
    if container_of(proc) is not None or not is_root(proc):
        raise _unreachable("permission denied")
    proc.asked()
    machine = machine_of(proc)
    if not machine.daemons.runs("containerd"):
        raise _unreachable("connection refused")
    command, rest = words[0], words[1:]
    if command in _WAITING:
        return (yield from _WAITING[command](proc, machine, rest))
    if command in _SHOWING:
        return _SHOWING[command](proc, machine, rest)
    if command in _NOT_HERE:
        raise UsageError(f"crictl: {command} is not supported in this simulator")
    raise UsageError(f'FATA[0000] flag provided but not defined: no help topic for "{command}"')


def _version(proc: Proc, machine: Machine, _words: Sequence[str]) -> int:
    runtime, _, version = machine.facts.runtime.partition("://")
    proc.print("Version:  0.1.0", f"RuntimeName:  {runtime}", f"RuntimeVersion:  v{version}",
               "RuntimeApiVersion:  v1")  # fmt: skip
    return 0


def _wanted(options: Options) -> int:
    if options.has("-l", "--latest"):
        return 1
    text = options.value("-n", "--last", default="0")
    return int(text) if text.isdecimal() else 0


def _ps(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    options = read_flags(words, {
        **_FILTERS, "-a": False, "--all": False, "--pod": True, "-p": True, "--image": True,
    })  # fmt: skip
    state = options.value("--state", "-s").lower()
    last = _wanted(options)
    found = all_containers(
        machine, everything=bool(options.has("-a", "--all") or state or last or options.has("--id"))
    )
    name, pod = options.value("--name"), options.value("--pod", "-p")
    image = options.value("--image")
    chosen = [
        c
        for c in found
        if name in c.name
        and (not state or c.state == state)
        and pod_id(machine, c).startswith(pod)
        and c.id.startswith(options.value("--id"))
        and options.value("--namespace") in ("", c.namespace)
        and (not image or c.image in find_images(machine, image))
        and labels_match({**c.labels, **cri_labels(c)}, options.values("--label"))
    ]
    chosen = chosen[:last] if last else chosen
    if options.has("-q", "--quiet"):
        proc.print(*(c.id for c in chosen))
        return 0
    if options.value("-o", "--output") == "json":
        proc.print(json.dumps({"containers": [_json(machine, c) for c in chosen]}, indent=2))
        return 0
    length = 64 if options.has("--no-trunc") else SHORT
    rows: list[tuple[str, ...]] = [
        ("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE")
    ]
    for c in chosen:
        ago = created_ago(proc.env.now - (c.started_at or c.created_at))
        rows.append((
            c.id[:length], config_id(c.image)[:length], ago, _STATES[c.state], c.name,
            str(c.attempt), pod_id(machine, c)[:length], c.pod_name, c.namespace,
        ))  # fmt: skip
    print_table(proc, rows)
    return 0


def _json(machine: Machine, c: Container) -> dict[str, object]:
    return {
        "annotations": {"io.kubernetes.container.restartCount": str(c.attempt)},
        "createdAt": str(machine.epoch.at(c.created_at) * 1_000_000),
        "id": c.id,
        "image": {"image": f"sha256:{config_id(c.image)}"},
        "imageRef": f"sha256:{config_id(c.image)}",
        "labels": cri_labels(c),
        "metadata": {"attempt": c.attempt, "name": c.name},
        "podSandboxId": pod_id(machine, c),
        "state": f"CONTAINER_{c.state.upper()}",
    }


def _pods(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    options = read_flags(words, _FILTERS)
    first: dict[str, Container] = {}
    alive: set[str] = set()
    for c in sorted(machine.containers.values(), key=lambda c: (c.created_at, c.id)):
        first.setdefault(c.pod_uid, c)
        if machine.kubelet.has_sandbox(c.namespace, c.pod_name):
            alive.add(c.pod_uid)
    state = options.value("--state", "-s").lower()
    chosen = [
        c
        for c in sorted(first.values(), key=lambda c: (-machine.pod_since(c), c.id))
        if options.value("--name") in c.pod_name
        and options.value("--namespace") in ("", c.namespace)
        and pod_id(machine, c).startswith(options.value("--id"))
        and (not state or (state == "ready") == (c.pod_uid in alive))
        and labels_match(dict(c.labels), options.values("--label"))
    ]
    last = _wanted(options)
    chosen = chosen[:last] if last else chosen
    if options.has("-q", "--quiet"):
        proc.print(*(pod_id(machine, c) for c in chosen))
        return 0
    if options.value("-o", "--output") == "json":
        items = [
            {
                "createdAt": str(machine.epoch.at(machine.pod_since(c)) * 1_000_000),
                "id": pod_id(machine, c),
                "labels": dict(c.labels),
                "metadata": {"attempt": 0, "name": c.pod_name, "namespace": c.namespace,
                             "uid": c.pod_uid},
                "runtimeHandler": "",
                "state": "SANDBOX_READY" if c.pod_uid in alive else "SANDBOX_NOTREADY",
            }
            for c in chosen
        ]  # fmt: skip
        proc.print(json.dumps({"items": items}, indent=2))
        return 0
    length = 64 if options.has("--no-trunc") else SHORT
    rows: list[tuple[str, ...]] = [
        ("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"),
        *(
            (
                pod_id(machine, c)[:length],
                created_ago(proc.env.now - machine.pod_since(c)),
                "Ready" if c.pod_uid in alive else "NotReady",
                c.pod_name,
                c.namespace,
                "0",
                "(default)",
            )
            for c in chosen
        ),
    ]
    print_table(proc, rows)
    return 0


def _images(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    options = read_flags(words, {**_FILTERS, "--digests": False, "--filter": True, "-f": True})
    known = machine.kubelet.images_present()
    if options.operands:
        known = [one for one in known if image_parts(one)[0].endswith(options.operands[0])
                 or one in find_images(machine, options.operands[0])]  # fmt: skip
    if options.has("-q", "--quiet"):
        proc.print(*(f"sha256:{config_id(one)}" for one in known))
        return 0
    digests = options.has("--digests")
    length = 64 if options.has("--no-trunc") else SHORT
    title = ("IMAGE", "TAG", *(("DIGEST",) if digests else ()), "IMAGE ID", "SIZE")
    rows: list[tuple[str, ...]] = [title]
    sizes = machine.kubelet.images
    for one in sorted(known, key=image_parts):
        name, tag = image_parts(one)
        shown = (digest(one)[:SHORT],) if digests and length == SHORT else (digest(one),)
        size = sizes.spec(one).size_bytes
        rows.append(
            (name, tag, *(shown if digests else ()), config_id(one)[:length], size_text(size))
        )
    if options.value("-o", "--output") == "json":
        items = [
            {
                "id": f"sha256:{config_id(one)}",
                "repoTags": [":".join(image_parts(one))],
                "repoDigests": [f"{image_parts(one)[0]}@{digest(one)}"],
                "size": str(sizes.spec(one).size_bytes),
            }
            for one in known
        ]
        proc.print(json.dumps({"images": items}, indent=2))
        return 0
    print_table(proc, rows)
    return 0


def _stats(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    options = read_flags(
        words, {**_FILTERS, "-a": False, "--all": False, "-p": True, "--seconds": True}
    )
    wanted = [*options.operands, *options.values("--id")]
    rows: list[tuple[str, ...]] = [("CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES")]
    for c in all_containers(machine, everything=options.has("-a", "--all")):
        if wanted and not any(c.id.startswith(one) for one in wanted):
            continue
        if not pod_id(machine, c).startswith(options.value("-p")):
            continue
        rows.append((
            c.id[:SHORT], c.name, f"{container_millicores(c) / 10:.2f}", size_text(c.memory_bytes),
            *_layer(machine, c),
        ))  # fmt: skip
    print_table(proc, rows)
    return 0


def _layer(machine: Machine, container: Container) -> tuple[str, str]:
    """Return size and inodes of the container's writable layer."""
    inodes = machine.stream.at("layer", container.id).integer(8, 40, 1)
    return size_text(machine.disk.footprint(container.pod_uid)[0] + layer_bytes(container)), str(
        inodes
    )


def _stats_of_pods(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    options = read_flags(words, _FILTERS)
    rows: list[tuple[str, ...]] = [("POD", "POD ID", "CPU %", "MEM")]
    members: dict[str, list[Container]] = {}
    for c in all_containers(machine, everything=False):
        members.setdefault(c.pod_uid, []).append(c)
    for found in members.values():
        sandbox = pod_id(machine, found[0])
        if sandbox.startswith(options.value("--id")):
            cpu = sum(container_millicores(c) for c in found) / 10
            memory = sum(c.memory_bytes for c in found)
            rows.append((found[0].pod_name, sandbox[:SHORT], f"{cpu:.2f}", size_text(memory)))
    print_table(proc, rows)
    return 0


_SHOWING: dict[str, Callable[[Proc, Machine, Sequence[str]], int]] = {
    "ps": _ps,
    "pods": _pods,
    "images": _images,
    "image": _images,
    "img": _images,
    "stats": _stats,
    "statsp": _stats_of_pods,
    "version": _version,
    "info": lambda proc, machine, _words: info(proc, machine),
    "inspect": lambda proc, machine, words: inspect(proc, machine, words, "inspect"),
    "inspectp": lambda proc, machine, words: inspect(proc, machine, words, "inspectp"),
    "inspecti": lambda proc, machine, words: inspect(proc, machine, words, "inspecti"),
    "rmi": remove_images,
}
_WAITING: dict[str, Callable[[Proc, Machine, Sequence[str]], Running]] = {
    "logs": follow_logs,
    "exec": execute,
    "pull": pull,
    "stop": lambda proc, machine, words: stop(proc, machine, words, "stop"),
    "stopp": lambda proc, machine, words: stop(proc, machine, words, "stopp"),
    "rm": lambda proc, machine, words: remove(proc, machine, words, "rm"),
    "rmp": lambda proc, machine, words: remove(proc, machine, words, "rmp"),
}
