"""The checks of the Pod Security Standards, one function each, in the order of their messages.

As k8s.io/pod-security-admission/policy, whose texts these are. This file must not know namespaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sim.apimachinery.wire import Obj


class Violation(NamedTuple):
    """One standard that a pod breaks."""

    reason: str
    """`privileged`, `runAsNonRoot != true`"""
    detail: str
    """`container "app" must not set securityContext.privileged=true`"""


Check = Callable[[Obj, Obj], Violation | None]

BASELINE_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
SELINUX_TYPES = ("", "container_engine_t", "container_init_t", "container_kvm_t", "container_t")
RESTRICTED_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_SAFE = ("RuntimeDefault", "Localhost")


def _containers(spec: Obj) -> Iterator[Obj]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def _context(holder: Obj) -> Obj:
    found: Obj = holder.get("securityContext") or {}
    return found


def _plural(noun: str, count: int, many: str = "") -> str:
    return noun if count == 1 else many or f"{noun}s"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' for one in names)


def _named(names: Sequence[str]) -> str:
    return f"{_plural('container', len(names))} {_quoted(names)}"


def _apparmor(metadata: Obj, spec: Obj) -> Violation | None:
    annotations = metadata.get("annotations") or {}
    bad = [
        f'{key}="{value}"'
        for key, value in sorted(annotations.items())
        if key.startswith(APPARMOR)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    ]
    setters = ["pod"] if _is_unconfined(spec) else []
    bad_containers = [one.get("name", "") for one in _containers(spec) if _is_unconfined(one)]
    if bad_containers:
        setters.append(_named(bad_containers))
    parts = []
    if bad:
        parts.append(f"{_plural('annotation', len(bad))} {', '.join(bad)}")
    if setters:
        parts.append(f'{" and ".join(setters)} must not set AppArmor profile type to "Unconfined"')
    if not parts:
        return None
    reason = _plural("forbidden AppArmor profile", len(bad) + len(setters))
    return Violation(reason, "; ".join(parts))


def _is_unconfined(holder: Obj) -> bool:
    return (_context(holder).get("appArmorProfile") or {}).get("type") == "Unconfined"


def _capabilities_baseline(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad, forbidden = [], set()
    for one in _containers(spec):
        added = (_context(one).get("capabilities") or {}).get("add") or ()
        beyond = set(added) - BASELINE_CAPABILITIES
        if beyond:
            bad.append(one.get("name", ""))
            forbidden |= beyond
    if not bad:
        return None
    detail = (
        f"{_named(bad)} must not include {_quoted(sorted(forbidden))} in "
        "securityContext.capabilities.add"
    )
    return Violation("non-default capabilities", detail)


def _host_namespaces(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    used = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    return Violation("host namespaces", ", ".join(used)) if used else None


def _host_path(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    names = [
        one.get("name", "") for one in spec.get("volumes") or () if one.get("hostPath") is not None
    ]
    if not names:
        return None
    return Violation("hostPath volumes", f"{_plural('volume', len(names))} {_quoted(names)}")


def _host_ports(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad: list[str] = []
    ports: set[int] = set()
    for one in _containers(spec):
        used = {int(port["hostPort"]) for port in one.get("ports") or () if port.get("hostPort")}
        if used:
            bad.append(one.get("name", ""))
            ports |= used
    if not bad:
        return None
    listed = ", ".join(str(one) for one in sorted(ports, key=str))
    detail = (
        f"{_named(bad)} {_plural('uses', len(bad), 'use')} "
        f"{_plural('hostPort', len(ports))} {listed}"
    )
    return Violation("hostPort", detail)


def _privileged(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad = [one.get("name", "") for one in _containers(spec) if _context(one).get("privileged")]
    if not bad:
        return None
    return Violation("privileged", f"{_named(bad)} must not set securityContext.privileged=true")


def _proc_mount(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad, types = [], set()
    for one in _containers(spec):
        mount = _context(one).get("procMount")
        if mount not in (None, "Default"):
            bad.append(one.get("name", ""))
            types.add(mount)
    if not bad or spec.get("hostUsers") is False:
        return None
    detail = f"{_named(bad)} must not set securityContext.procMount to {_quoted(sorted(types))}"
    return Violation("procMount", detail)


def _selinux(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    setters: list[str] = []
    bad_containers: list[str] = []
    types: list[str] = []
    extra: set[str] = set()

    def is_bad(holder: Obj) -> bool:
        options = _context(holder).get("seLinuxOptions") or {}
        found = {field for field in ("user", "role") if options.get(field)}
        type_ = options.get("type", "")
        extra.update(found)
        if type_ not in SELINUX_TYPES and type_ not in types:
            types.append(type_)
        return bool(found) or type_ not in SELINUX_TYPES

    if is_bad(spec):
        setters.append("pod")
    bad_containers = [one.get("name", "") for one in _containers(spec) if is_bad(one)]
    if bad_containers:
        setters.append(_named(bad_containers))
    if not setters:
        return None
    parts = []
    if types:
        parts.append(f"{_plural('type', len(types))} {_quoted(types)}")
    parts += [f"{field} may not be set" for field in ("user", "role") if field in extra]
    return Violation(
        "seLinuxOptions",
        f"{' and '.join(setters)} set forbidden securityContext.seLinuxOptions: {'; '.join(parts)}",
    )


def _seccomp_baseline(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    setters = []
    if _seccomp_of(spec) == "Unconfined":
        setters.append("pod")
    bad = [one.get("name", "") for one in _containers(spec) if _seccomp_of(one) == "Unconfined"]
    if bad:
        setters.append(_named(bad))
    if not setters:
        return None
    detail = (
        f'{" and ".join(setters)} must not set securityContext.seccompProfile.type to "Unconfined"'
    )
    return Violation("seccompProfile", detail)


def _seccomp_of(holder: Obj) -> str:
    return str((_context(holder).get("seccompProfile") or {}).get("type", ""))


def _sysctls(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad = [
        one.get("name", "")
        for one in _context(spec).get("sysctls") or ()
        if one.get("name", "") not in SAFE_SYSCTLS
    ]
    return Violation("forbidden sysctls", ", ".join(bad)) if bad else None


def _host_process(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata

    def is_bad(holder: Obj) -> bool:
        return bool((_context(holder).get("windowsOptions") or {}).get("hostProcess"))

    setters = ["pod"] if is_bad(spec) else []
    bad = [one.get("name", "") for one in _containers(spec) if is_bad(one)]
    if bad:
        setters.append(_named(bad))
    if not setters:
        return None
    detail = f"{' and '.join(setters)} must not set securityContext.windowsOptions.hostProcess=true"
    return Violation("hostProcess", detail)


def _escalation(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad = [
        one.get("name", "")
        for one in _containers(spec)
        if _context(one).get("allowPrivilegeEscalation") is not False
    ]
    if not bad:
        return None
    detail = f"{_named(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", detail)


def _capabilities_restricted(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    undropped, adding, beyond = [], [], set()
    for one in _containers(spec):
        held = _context(one).get("capabilities") or {}
        if "ALL" not in (held.get("drop") or ()):
            undropped.append(one.get("name", ""))
        added = set(held.get("add") or ()) - {"NET_BIND_SERVICE"}
        if added:
            adding.append(one.get("name", ""))
            beyond |= added
    parts = []
    if undropped:
        parts.append(f'{_named(undropped)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        parts.append(
            f"{_named(adding)} must not include {_quoted(sorted(beyond))} in "
            "securityContext.capabilities.add"
        )
    return Violation("unrestricted capabilities", "; ".join(parts)) if parts else None


def _volumes(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    bad, types = [], set()
    for volume in spec.get("volumes") or ():
        kinds = [key for key in volume if key != "name"] or ["emptyDir"]
        if not RESTRICTED_VOLUMES & set(kinds):
            bad.append(volume.get("name", ""))
            types |= set(kinds)
    if not bad:
        return None
    used = _plural("uses restricted volume type", len(bad), "use restricted volume type")
    detail = (
        f"{_plural('volume', len(bad))} {_quoted(bad)} {used}{'s' if len(types) > 1 else ''} "
        f"{_quoted(sorted(types))}"
    )
    return Violation("restricted volume types", detail)


def _run_as_non_root(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    pod = _context(spec).get("runAsNonRoot")
    explicit, implicit = [], []
    for one in _containers(spec):
        own = _context(one).get("runAsNonRoot")
        if own is False:
            explicit.append(one.get("name", ""))
        elif own is None and pod is not True:
            implicit.append(one.get("name", ""))
    setters = ["pod"] if pod is False else []
    if explicit:
        setters.append(_named(explicit))
    if setters:
        detail = f"{' and '.join(setters)} must not set securityContext.runAsNonRoot=false"
        return Violation("runAsNonRoot != true", detail)
    if implicit:
        detail = f"pod or {_named(implicit)} must set securityContext.runAsNonRoot=true"
        return Violation("runAsNonRoot != true", detail)
    return None


def _run_as_user(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    setters = ["pod"] if _context(spec).get("runAsUser") == 0 else []
    bad = [one.get("name", "") for one in _containers(spec) if _context(one).get("runAsUser") == 0]
    if bad:
        setters.append(_named(bad))
    if not setters:
        return None
    return Violation("runAsUser=0", f"{' and '.join(setters)} must not set runAsUser=0")


def _seccomp_restricted(metadata: Obj, spec: Obj) -> Violation | None:
    del metadata
    pod = _seccomp_of(spec)
    setters = ["pod"] if pod and pod not in SECCOMP_SAFE else []
    explicit, implicit = [], []
    for one in _containers(spec):
        own = _seccomp_of(one)
        if own and own not in SECCOMP_SAFE:
            explicit.append(one.get("name", ""))
        elif not own and pod not in SECCOMP_SAFE:
            implicit.append(one.get("name", ""))
    if explicit:
        setters.append(_named(explicit))
    wanted = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    if setters:
        named = " and ".join(setters)
        bad = pod if pod and pod not in SECCOMP_SAFE else "Unconfined"
        text = f'{named} must not set securityContext.seccompProfile.type to "{bad}"'
        return Violation("seccompProfile", text)
    if implicit:
        return Violation("seccompProfile", f"pod or {_named(implicit)} must set {wanted}")
    return None


BASELINE: tuple[Check, ...] = (
    _apparmor,
    _capabilities_baseline,
    _host_namespaces,
    _host_path,
    _host_ports,
    _privileged,
    _proc_mount,
    _selinux,
    _seccomp_baseline,
    _sysctls,
    _host_process,
)
"""In the order of their ids, which is that of messages."""
RESTRICTED: tuple[Check, ...] = (
    *(one for one in BASELINE if one not in (_capabilities_baseline, _seccomp_baseline)),
    _escalation,
    _capabilities_restricted,
    _volumes,
    _run_as_non_root,
    _run_as_user,
    _seccomp_restricted,
)
"""Those of baseline that are not stricter here come first."""
