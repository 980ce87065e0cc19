"""Everything that kind mode may touch, as it stands: the cluster's objects, its nodes, this machine.

Two pictures are equal if nothing is left of what happened between them. What only the server counts
(uids, versions, times) is left out; so is what Kubernetes counts up for good when something is
changed and put back: generations and the numbers of revisions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.apimachinery.wire import Obj
from sim.backends.kind.cluster import KindCluster
from sim.client.rest import ApiStatusError, RestClient

_FLEETING = ("events", "leases", "componentstatuses")
_COUNTED = (
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
)
_NOTES = ("control-plane.alpha.kubernetes.io/leader", "deprecated.daemonset.template.generation")
_FOLDERS = (
    *("/etc/kubernetes", "/etc/uncordon", "/var/lib/uncordon", "/var/log/kubernetes"),
    *("/usr/local/bin", "/tmp", "/var/tmp", "/root", "/etc/systemd/system"),
)
_NODE = {
    "rules": "for one in nat filter mangle raw; do iptables-save -t $one; done",
    "images": "ctr -n k8s.io images ls -q",
    "files": f"find {' '.join(_FOLDERS)} -type f -o -type l 2>/dev/null | sort | xargs -r sha256sum; "
    f"find {' '.join(_FOLDERS)} -type d 2>/dev/null; "
    "sha256sum /var/lib/kubelet/config.yaml; ls /",
    "programs": "for one in /proc/[0-9]*; do [ ${one#/proc/} != $$ ] && "
    "grep -qs '^PPid:.0$' $one/status && tr '\\0' ' ' <$one/cmdline && echo; done; true",
}
_COUNTERS = re.compile(r"\[\d+:\d+\]")
_PROGRAMS = ("docker exec", "docker save", "docker build", "kind create", "sim.cli kind")

Picture = dict[str, Any]


def picture(cluster: KindCluster, folders: Mapping[str, Path]) -> Picture:
    """Take a picture; *folders* of this machine are listed."""
    made: Picture = {"objects": dict(_objects(RestClient(cluster.transport())))}
    for node in cluster.aliases.nodes.values():
        for what, script in _NODE.items():
            shown = cluster.tools.docker("exec", node, "sh", "-c", script).out
            made[f"{what} of {node}"] = Counter(
                _COUNTERS.sub("", line)
                for line in shown.splitlines()
                if line.strip() and not line.startswith("#")
            )
    listed = cluster.tools.docker("ps", "--all", "--format", "{{.Names}} {{.State}}").out
    made["containers"] = sorted(listed.splitlines())
    made["networks"] = sorted(
        cluster.tools.docker("network", "ls", "--format", "{{.Name}}").out.split()
    )
    made["programs"] = sorted(_programs(cluster))
    made["folders"] = {
        name: sorted(str(one.relative_to(path)) for one in path.rglob("*"))
        for name, path in folders.items()
    }
    return made


def difference(before: Picture, after: Picture) -> str:
    """Return what differs, a line each; empty: nothing."""
    return "\n".join(_differing("", before, after))


def _differing(where: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}, key=str):
            yield from _differing(f"{where}/{name}", before.get(name), after.get(name))
    elif before != after:
        yield f"{where}: {json.dumps(before)} -> {json.dumps(after)}"


def _objects(rest: RestClient) -> Iterator[tuple[str, Any]]:
    roots = ["/api/v1"]
    groups = rest.get("/apis").get("groups") or ()
    roots += [f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups]
    for root in roots:
        for resource in rest.get(root).get("resources") or ():
            plural = resource["name"]
            if "list" not in resource["verbs"] or plural in _FLEETING:
                continue
            try:
                found = rest.items(f"{root}/{plural}")
            except ApiStatusError:
                continue
            for obj in found:
                name, told = _kept(plural, obj)
                yield f"{root}/{plural}/{obj['metadata'].get('namespace', '')}/{name}", told


def _kept(plural: str, obj: Obj) -> tuple[str, Any]:
    """Return the name and what ought to be the same of an object."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _COUNTED}
    notes = {key: one for key, one in (meta.get("annotations") or {}).items() if key not in _NOTES}
    meta["annotations"] = notes
    told = {
        key: value for key, value in obj.items() if key not in ("status", "metadata", "revision")
    }
    name = meta["name"]
    owners = meta.pop("ownerReferences", ())
    if plural == "pods":
        # Those of a DaemonSet may have been made anew: what counts is what runs where.
        told = {"phase": obj["status"].get("phase"), "containers": _containers(obj)}
        if owners and owners[0]["kind"] != "Node":
            name = (
                f"{owners[0]['name']}@{obj['spec'].get('nodeName')}/{meta['labels'].get('n', '')}"
            )
            meta = {}
        else:
            # Static pods: the kubelet's digest of a manifest that was put back is the old one.
            meta["annotations"] = {k: v for k, v in notes.items() if not k.endswith(".seen")}
    if plural in ("endpoints", "endpointslices"):
        told = {"ports": re.findall(r"'port': \d+", str(told))}
    return name, {"metadata": meta, **told}


def _containers(pod: Obj) -> list[Any]:
    return [
        {key: one.get(key) for key in ("name", "image", "command", "args", "resources")}
        for one in pod["spec"]["containers"]
    ]


def _programs(cluster: KindCluster) -> Iterator[str]:
    """Yield the programs of this machine that work on the cluster's nodes."""
    nodes = list(cluster.aliases.nodes.values())
    ids = cluster.tools.docker("container", "inspect", "--format", "{{.Id}}", *nodes).out.split()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(one in line for one in _PROGRAMS) and any(
            node in line for node in (*nodes, *ids, cluster.context)
        ):
            yield line.strip()
