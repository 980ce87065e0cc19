"""Pods and pod templates: containers, ports, resources, volumes; and what may change later."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    missing_value,
    required,
    unsupported_value,
)
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_label_name, check_labels, check_unique

POLICIES = ("Always", "OnFailure", "Never")
PROTOCOLS = ("TCP", "UDP", "SCTP")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def check_port(field: str, port: Any) -> list[Cause]:
    """Return the cause why *port* is no port number."""
    if isinstance(port, int) and 1 <= port <= 65535:
        return []
    return [invalid_value(field, port, "must be between 1 and 65535, inclusive")]


def _check_ports(field: str, ports: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    for index, port in enumerate(ports):
        here = f"{field}[{index}]"
        if "containerPort" not in port:
            causes.append(required(f"{here}.containerPort"))
        else:
            causes += check_port(f"{here}.containerPort", port["containerPort"])
        if port.get("protocol") not in PROTOCOLS:
            causes.append(unsupported_value(f"{here}.protocol", port["protocol"], PROTOCOLS))
    return causes


def check_resources(field: str, held: Obj) -> list[Cause]:
    """Return the causes why requests and limits are refused."""
    causes: list[Cause] = []
    limits, requests = held.get("limits") or {}, held.get("requests") or {}
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if parse_quantity(amount) < 0:
                rule = "must be greater than or equal to 0"
                causes.append(invalid_value(f"{field}.{part}[{name}]", str(amount), rule))
    for name, amount in requests.items():
        limit = limits.get(name)
        if limit is not None and parse_quantity(amount) > parse_quantity(limit):
            rule = f"must be less than or equal to {name} limit of {limit}"
            causes.append(invalid_value(f"{field}.requests", str(amount), rule))
    return causes


def _check_container(field: str, container: Obj, volumes: list[str]) -> list[Cause]:
    causes: list[Cause] = []
    if container.get("name"):
        causes += check_label_name(f"{field}.name", container["name"])
    if not container.get("image"):
        causes.append(required(f"{field}.image"))
    elif container["image"] != container["image"].strip():
        rule = "must not have leading or trailing whitespace"
        causes.append(invalid_value(f"{field}.image", container["image"], rule))
    policy = container.get("imagePullPolicy", "IfNotPresent")
    if policy not in _PULL_POLICIES:
        causes.append(unsupported_value(f"{field}.imagePullPolicy", policy, _PULL_POLICIES))
    causes += _check_ports(f"{field}.ports", container.get("ports") or [])
    for index, env in enumerate(container.get("env") or ()):
        if not env.get("name"):
            causes.append(required(f"{field}.env[{index}].name"))
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        here = f"{field}.volumeMounts[{index}]"
        if not mount.get("name"):
            causes.append(required(f"{here}.name"))
        elif mount["name"] not in volumes:
            causes.append(missing_value(f"{here}.name", mount["name"]))
        if not mount.get("mountPath"):
            causes.append(required(f"{here}.mountPath"))
    return causes + check_resources(f"{field}.resources", container.get("resources") or {})


def check_tolerations(field: str, tolerations: list[Obj]) -> list[Cause]:
    """Return the causes why tolerations are refused."""
    causes: list[Cause] = []
    for index, one in enumerate(tolerations):
        here = f"{field}[{index}]"
        operator = one.get("operator", "Equal")
        if operator not in ("Equal", "Exists"):
            known = ("Equal", "Exists")
            causes.append(unsupported_value(f"{here}.operator", operator, known))
        if not one.get("key") and operator != "Exists":
            rule = (
                'operator must be Exists when `key` is empty, which means "match all values and '
                'all keys"'
            )
            causes.append(invalid_value(f"{here}.operator", operator, rule))
        if one.get("effect") and one["effect"] not in EFFECTS:
            causes.append(unsupported_value(f"{here}.effect", one["effect"], EFFECTS))
    return causes


_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")


def _check_spreading(field: str, constraints: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    for index, one in enumerate(constraints):
        here = f"{field}[{index}]"
        if one.get("maxSkew", 0) <= 0:
            rule = "must be greater than zero"
            causes.append(invalid_value(f"{here}.maxSkew", one.get("maxSkew", 0), rule))
        if not one.get("topologyKey"):
            causes.append(required(f"{here}.topologyKey", "can not be empty"))
        when = one.get("whenUnsatisfiable", "")
        if when not in _UNSATISFIABLE:
            causes.append(unsupported_value(f"{here}.whenUnsatisfiable", when, _UNSATISFIABLE))
    return causes


def check_pod_spec(spec: Obj, field: str = "spec") -> list[Cause]:
    """Return the causes why a pod's or template's spec is refused."""
    causes: list[Cause] = []
    volumes = spec.get("volumes") or []
    causes += check_unique(f"{field}.volumes", volumes, "name")
    names = [one.get("name", "") for one in volumes]
    containers = spec.get("containers") or []
    if not containers:
        causes.append(required(f"{field}.containers"))
    for part, held in (("containers", containers), ("initContainers", spec.get("initContainers"))):
        causes += check_unique(f"{field}.{part}", held or [], "name")
        for index, one in enumerate(held or ()):
            causes += _check_container(f"{field}.{part}[{index}]", one, names)
    if spec.get("restartPolicy") not in POLICIES:
        policy = spec.get("restartPolicy", "")
        causes.append(unsupported_value(f"{field}.restartPolicy", policy, POLICIES))
    if spec.get("dnsPolicy") not in _DNS_POLICIES:
        policy = spec.get("dnsPolicy", "")
        causes.append(unsupported_value(f"{field}.dnsPolicy", policy, _DNS_POLICIES))
    causes += check_labels(f"{field}.nodeSelector", spec.get("nodeSelector"))
    spreading = spec.get("topologySpreadConstraints") or []
    causes += _check_spreading(f"{field}.topologySpreadConstraints", spreading)
    return causes + check_tolerations(f"{field}.tolerations", spec.get("tolerations") or [])


def check_pod(pod: Obj) -> list[Cause]:
    """Return the causes why a pod is refused."""
    return check_pod_spec(pod.get("spec") or {})


def _without_images(containers: list[Obj] | None) -> list[Obj]:
    return [{**one, "image": ""} for one in containers or ()]


def _changed_fields(new: Obj, old: Obj) -> list[str]:
    changed = []
    for field in {**old, **new}:
        held, given = old.get(field), new.get(field)
        if field in ("containers", "initContainers"):
            if _without_images(given) != _without_images(held):
                changed.append(field)
        elif field == "tolerations":
            if any(one not in (given or ()) for one in held or ()):
                changed.append(field)
        elif field not in ("activeDeadlineSeconds", "ephemeralContainers") and given != held:
            changed.append(field)
    return changed


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    return "nil" if value is None else str(value) if isinstance(value, int) else "{...}"


def _diff(new: Obj, old: Obj, changed: list[str]) -> str:
    """Return the comparison that follows the refusal: `-` what was asked for, `+` what stands."""
    lines = ["", "  core.PodSpec{", "  \t... // identical fields"]
    for field in changed:
        name = field[:1].upper() + field[1:]
        lines += [
            f"- \t{name}: {_shown(new.get(field))},",
            f"+ \t{name}: {_shown(old.get(field))},",
        ]
    return "\n".join([*lines, "  \t... // identical fields", "  }", ""])


def check_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a pod may not change like that."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    if given is held or given == held:
        return []
    before, after = len(held.get("containers") or ()), len(given.get("containers") or ())
    if before != after:
        return [forbidden_value("spec.containers", "pod updates may not add or remove containers")]
    changed = _changed_fields(given, held)
    if not changed:
        return []
    return [forbidden_value("spec", CHANGEABLE + _diff(given, held, changed))]
