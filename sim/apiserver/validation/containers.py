"""Containers: images, ports, environment, probes, mounts, resources.

It must not know pods beyond the volumes that they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    missing_value,
    required,
)
from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.environment import check_environment, check_environment_source
from sim.apiserver.validation.names import (
    check_key,
    check_label_name,
    check_spelling,
)
from sim.apiserver.validation.values import (
    PROTOCOLS,
    amount,
    not_negative,
    one_of,
    port_number,
    port_of_any_kind,
    structured,
)

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_STANDARD = ("cpu", "memory", "ephemeral-storage", "storage")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ONLY_SIDECARS = "may not be set for init containers without restartPolicy=Always"

Volumes = Mapping[str, Obj]
"""Volume by name."""


def check_containers(
    field: str, containers: list[Obj], volumes: Volumes, grace: int
) -> list[Cause]:
    """Return the causes why a pod's containers are refused."""
    if not containers:
        return [required(field)]
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, one in enumerate(containers):
        here = f"{field}[{index}]"
        causes += _check_common(here, one, volumes)
        if one.get("name", "") in seen:
            causes.append(duplicate_value(f"{here}.name", one.get("name", "")))
        seen[one.get("name", "")] = None
        causes += _check_running(here, one, grace)
        if one.get("restartPolicy") and not one.get("restartPolicyRules"):
            causes += one_of(
                f"{here}.restartPolicy", one["restartPolicy"], ("Always", "OnFailure", "Never")
            )
    return causes + _check_host_ports(field, containers)


def check_init_containers(
    field: str, containers: list[Obj], others: Sequence[str], volumes: Volumes, grace: int
) -> list[Cause]:
    """Return the causes why init containers are refused; *others* are the names of the rest."""
    causes: list[Cause] = []
    seen = dict.fromkeys(others)
    for index, one in enumerate(containers):
        here = f"{field}[{index}]"
        causes += _check_common(here, one, volumes)
        if one.get("name") and one["name"] in seen:
            causes.append(duplicate_value(f"{here}.name", one["name"]))
        seen[one.get("name", "")] = None
        causes += _check_host_ports(field, [one])
        if one.get("restartPolicy") == "Always":
            causes += _check_running(here, one, grace)
            continue
        if one.get("restartPolicy"):
            causes += one_of(
                f"{here}.restartPolicy", one["restartPolicy"], ("Always", "OnFailure", "Never")
            )
        causes += [
            forbidden_value(f"{here}.{name}", _ONLY_SIDECARS)
            for name in ("lifecycle", *PROBES)
            if one.get(name) is not None
        ]
    return causes


_NOT_EPHEMERAL = ("ports", "resources", *PROBES, "lifecycle", "resizePolicy", "restartPolicy")


def check_ephemeral(
    field: str, containers: list[Obj], others: Sequence[str], volumes: Volumes
) -> list[Cause]:
    """Return the causes why ephemeral containers are refused."""
    causes: list[Cause] = []
    seen = dict.fromkeys(others)
    for index, one in enumerate(containers):
        here = f"{field}[{index}]"
        name, target = one.get("name", ""), one.get("targetContainerName")
        causes += _check_common(here, one, volumes)
        if name in seen:
            causes.append(duplicate_value(f"{here}.name", name))
        seen[name] = None
        if target and target not in others:
            causes.append(missing_value(f"{here}.targetContainerName", target))
        causes += [
            forbidden_value(f"{here}.{one_field}", "cannot be set for an Ephemeral Container")
            for one_field in _NOT_EPHEMERAL
            if one.get(one_field)
        ]
    return causes


def _check_common(field: str, container: Obj, volumes: Volumes) -> list[Cause]:
    causes: list[Cause] = []
    if container.get("name"):
        causes += check_label_name(f"{field}.name", container["name"])
    else:
        causes.append(required(f"{field}.name"))
    if not container.get("image"):
        causes.append(required(f"{field}.image"))
    policy = container.get("terminationMessagePolicy", "File")
    causes += one_of(f"{field}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    causes += _check_ports(f"{field}.ports", container.get("ports") or [])
    for index, env in enumerate(container.get("env") or ()):
        causes += check_environment(f"{field}.env[{index}]", env)
    for index, source in enumerate(container.get("envFrom") or ()):
        causes += check_environment_source(f"{field}.envFrom", index, source)
    causes += _check_mounts(f"{field}.volumeMounts", container.get("volumeMounts") or [], volumes)
    causes += one_of(
        f"{field}.imagePullPolicy", container.get("imagePullPolicy", "Always"), _PULL_POLICIES
    )
    causes += check_resources(f"{field}.resources", container.get("resources") or {})
    return causes + _check_security(
        f"{field}.securityContext", container.get("securityContext") or {}
    )


def _check_running(field: str, container: Obj, grace: int) -> list[Cause]:
    causes: list[Cause] = []
    for moment, handler in (container.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            causes += _check_handler(f"{field}.lifecycle.{moment}", handler, grace)
    for name in PROBES:
        probe = container.get(name)
        if probe is not None:
            causes += _check_probe(f"{field}.{name}", name, probe, grace)
    return causes


def _check_ports(field: str, ports: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, port in enumerate(ports):
        here = f"{field}[{index}]"
        name = port.get("name")
        if name:
            wrong = check_spelling(f"{here}.name", name, spelling.port_name)
            causes += wrong
            if not wrong and name in seen:
                causes.append(duplicate_value(f"{here}.name", name))
            seen[name] = None
        if not port.get("containerPort"):
            causes.append(required(f"{here}.containerPort"))
        else:
            causes += port_number(f"{here}.containerPort", port["containerPort"])
        if port.get("hostPort"):
            causes += port_number(f"{here}.hostPort", port["hostPort"])
        causes += one_of(f"{here}.protocol", port.get("protocol"), PROTOCOLS)
    return causes


def _check_host_ports(field: str, containers: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for nth, container in enumerate(containers):
        for index, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            taken = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if taken in seen:
                causes.append(duplicate_value(f"{field}[{nth}].ports[{index}].hostPort", taken))
            seen[taken] = None
    return causes


def _check_mounts(field: str, mounts: list[Obj], volumes: Volumes) -> list[Cause]:
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, mount in enumerate(mounts):
        here = f"{field}[{index}]"
        name, path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            causes.append(required(f"{here}.name"))
        if name not in volumes:
            causes.append(missing_value(f"{here}.name", name))
        if not path:
            causes.append(required(f"{here}.mountPath"))
        if path in seen:
            causes.append(invalid_value(f"{here}.mountPath", path, "must be unique"))
        seen[path] = None
        for part in ("subPath", "subPathExpr"):
            if mount.get(part):
                causes += check_descending(f"{field}.{part}", mount[part])
        if mount.get("subPath") and mount.get("subPathExpr"):
            rule = "subPathExpr and subPath are mutually exclusive"
            causes.append(invalid_value(f"{here}.subPathExpr", mount["subPathExpr"], rule))
    return causes


def check_descending(field: str, path: str) -> list[Cause]:
    """Return the causes why *path* could lead out of the place it is meant for."""
    causes: list[Cause] = []
    if path.startswith("/"):
        causes.append(invalid_value(field, path, "must be a relative path"))
    if ".." in path.split("/"):
        causes.append(invalid_value(field, path, "must not contain '..'"))
    return causes


_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")


def _check_handler(field: str, held: Obj, grace: int) -> list[Cause]:
    causes: list[Cause] = []
    named = [name for name in _HANDLERS if held.get(name) is not None]
    if not named:
        return [required(field, "must specify a handler type")]
    first, *rest = named
    action, here = held[first], f"{field}.{first}"
    match first:
        case "exec" if not action.get("command"):
            causes.append(required(f"{here}.command"))
        case "httpGet":
            if not action.get("path"):
                causes.append(required(f"{here}.path"))
            causes += port_of_any_kind(f"{here}.port", action.get("port"))
            causes += one_of(f"{here}.scheme", action.get("scheme", "HTTP"), ("HTTP", "HTTPS"))
            for header in action.get("httpHeaders") or ():
                name = header.get("name", "")
                causes += check_spelling(f"{here}.httpHeaders", name, spelling.header_name)
        case "tcpSocket" | "grpc":
            causes += port_of_any_kind(f"{here}.port", action.get("port"))
        case "sleep" if not 0 <= action.get("seconds", 0) <= grace:
            rule = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            causes.append(invalid_value(here, action.get("seconds", 0), rule))
    detail = "may not specify more than 1 handler type"
    return causes + [forbidden_value(f"{field}.{name}", detail) for name in rest]


def _check_probe(field: str, kind: str, probe: Obj, grace: int) -> list[Cause]:
    causes = _check_handler(field, probe, grace)
    causes += not_negative(
        probe,
        field,
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    )
    own_grace = probe.get("terminationGracePeriodSeconds")
    if own_grace is not None and own_grace <= 0:
        rule = "must be greater than 0"
        causes.append(invalid_value(f"{field}.terminationGracePeriodSeconds", own_grace, rule))
    if kind == "readinessProbe":
        if own_grace is not None:
            rule = "must not be set for readinessProbes"
            causes.append(invalid_value(f"{field}.terminationGracePeriodSeconds", own_grace, rule))
    elif probe.get("successThreshold", 1) != 1:
        causes.append(
            invalid_value(f"{field}.successThreshold", probe["successThreshold"], "must be 1")
        )
    return causes


def check_resources(field: str, held: Obj) -> list[Cause]:
    """Return the causes why requests and limits are refused."""
    causes: list[Cause] = []
    limits, requests = held.get("limits") or {}, held.get("requests") or {}
    for name, quantity in limits.items():
        here = f"{field}.limits[{name}]"
        causes += _check_resource_name(here, name) + amount(here, quantity, whole=_is_whole(name))
    for name, quantity in requests.items():
        here = f"{field}.requests[{name}]"
        causes += _check_resource_name(here, name) + amount(here, quantity, whole=_is_whole(name))
        causes += _check_limit(field, name, quantity, limits.get(name))
    return causes


def _check_limit(field: str, name: str, quantity: Any, limit: Any) -> list[Cause]:
    shared = _may_overcommit(name)
    if limit is None:
        detail = "Limit must be set for non overcommitable resources"
        return [] if shared else [required(f"{field}.limits", detail)]
    if parse_quantity(quantity) != parse_quantity(limit) and not shared:
        rule = f"must be equal to {name} limit of {canonical(limit)}"
        return [invalid_value(f"{field}.requests", canonical(quantity), rule)]
    if parse_quantity(quantity) > parse_quantity(limit):
        rule = f"must be less than or equal to {name} limit of {canonical(limit)}"
        return [invalid_value(f"{field}.requests", canonical(quantity), rule)]
    return []


def _may_overcommit(name: str) -> bool:
    native = "/" not in name or "kubernetes.io/" in name
    return native and not name.startswith("hugepages-")


def _is_whole(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name


def _check_resource_name(field: str, name: str) -> list[Cause]:
    causes = check_key(field, name)
    if (
        not causes
        and "/" not in name
        and name not in _STANDARD
        and not name.startswith("hugepages-")
    ):
        rules = ("must be a standard resource type or fully qualified",)
        causes = [invalid_value(field, name, rule) for rule in rules]
    if "/" not in name and name not in _STANDARD[:3] and not name.startswith("hugepages-"):
        causes.append(invalid_value(field, name, "must be a standard resource for containers"))
    return causes


def _check_security(field: str, held: Obj) -> list[Cause]:
    causes = check_ids(field, held, "runAsUser", "runAsGroup")
    if held.get("allowPrivilegeEscalation") is False:
        if held.get("privileged"):
            rule = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            causes.append(structured(field, held, rule))
        if "CAP_SYS_ADMIN" in ((held.get("capabilities") or {}).get("add") or ()):
            rule = (
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
                "CAP_SYS_ADMIN"
            )
            causes.append(structured(field, held, rule))
    return causes


def check_ids(field: str, held: Obj, *names: str) -> list[Cause]:
    """Return the causes why numbers of users and groups are refused."""
    return [
        invalid_value(
            f"{field}.{name}", held[name], f"must be between 0 and {spelling.MAX_ID}, inclusive"
        )
        for name in names
        if isinstance(held.get(name), int) and not 0 <= held[name] <= spelling.MAX_ID
    ]
