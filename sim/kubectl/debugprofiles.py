"""The profiles of `kubectl debug`: what a debugging container may do, and what a copy loses.

It must not know what is looked for (pkg/cmd/debug/profiles.go).
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj

NODE, COPY, EPHEMERAL = "node", "copy", "ephemeral"
PROFILES = ("legacy", "general", "baseline", "restricted", "netadmin", "sysadmin")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def profiled_container(container: Obj, profile: str, style: str) -> Obj:
    """Return *container* with the rights of *profile*."""
    made = dict(container)
    context = dict(made.get("securityContext") or {})
    if profile in ("baseline", "restricted") or (profile == "general" and style == NODE):
        context = {}
    if profile == "general" and style != NODE:
        context = _adding(context, "SYS_PTRACE")
    elif profile == "netadmin":
        context = _adding(context, "NET_ADMIN", "NET_RAW")
    elif profile == "sysadmin":
        context["privileged"] = True
    elif profile == "restricted":
        context = dict(_RESTRICTED)
    if context:
        made["securityContext"] = context
    else:
        made.pop("securityContext", None)
    if style == NODE and profile in ("legacy", "general", "sysadmin"):
        mounts = [*(made.get("volumeMounts") or []), {"mountPath": "/host", "name": "host-root"}]
        made["volumeMounts"] = mounts
    return made


def profiled_node_pod(spec: Obj, profile: str) -> Obj:
    """Return the spec of a pod that debugs a node."""
    made = dict(spec)
    if profile in ("legacy", "general", "netadmin", "sysadmin"):
        made.update({"hostIPC": True, "hostNetwork": True, "hostPID": True})
    if profile in ("legacy", "general", "sysadmin"):
        made["volumes"] = [{"name": "host-root", "hostPath": {"path": "/"}}]
    return made


def profiled_copy(pod: Obj, profile: str, kept: frozenset[str]) -> Obj:
    """Return the copy of a pod without what would make others take it for the original.

    *kept* names what stays: `labels`, `annotations`, `liveness`, `readiness`, `startup`,
    `init-containers`.
    """
    metadata, spec = dict(pod["metadata"]), dict(pod["spec"])
    if profile == "legacy":
        metadata.pop("labels", None)
        return {**pod, "metadata": metadata, "spec": spec}
    for name in ("labels", "annotations"):
        if name not in kept:
            metadata.pop(name, None)
    dropped = [probe for probe in _PROBES if probe.removesuffix("Probe") not in kept]
    spec["containers"] = [
        {key: value for key, value in one.items() if key not in dropped}
        for one in spec["containers"]
    ]
    if "init-containers" not in kept:
        spec.pop("initContainers", None)
    spec.setdefault("shareProcessNamespace", True)
    return {**pod, "metadata": metadata, "spec": spec}


def _adding(context: Obj, *names: str) -> Obj:
    capabilities = dict(context.get("capabilities") or {})
    held = list(capabilities.get("add") or [])
    capabilities["add"] = [*held, *(name for name in names if name not in held)]
    return {**context, "capabilities": capabilities}
