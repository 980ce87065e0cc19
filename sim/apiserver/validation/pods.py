"""Pods and pod templates: what a spec must say, and what may change of a pod later.

It must not know how pods are placed or run.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.containers import (
    check_containers,
    check_ephemeral,
    check_ids,
    check_init_containers,
    check_resources,
)
from sim.apiserver.validation.godiff import go_diff
from sim.apiserver.validation.names import (
    check_annotations,
    check_key,
    check_label_name,
    check_labels,
    check_spelling,
    check_subdomain,
)
from sim.apiserver.validation.scheduling import (
    check_affinity,
    check_spreading,
    check_tolerations,
)
from sim.apiserver.validation.values import one_of
from sim.apiserver.validation.volumes import check_volumes

POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION = ("PreemptLowerPriority", "Never")
_MAX_DEADLINE = 2**31 - 1
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)
FIELDS = (
    "volumes",
    "initContainers",
    "containers",
    "ephemeralContainers",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "dnsPolicy",
    "nodeSelector",
    "serviceAccountName",
    "automountServiceAccountToken",
    "nodeName",
    "securityContext",
    "imagePullSecrets",
    "hostname",
    "subdomain",
    "setHostnameAsFQDN",
    "affinity",
    "schedulerName",
    "tolerations",
    "hostAliases",
    "priorityClassName",
    "priority",
    "preemptionPolicy",
    "dnsConfig",
    "readinessGates",
    "runtimeClassName",
    "overhead",
    "enableServiceLinks",
    "topologySpreadConstraints",
    "os",
    "schedulingGates",
    "resourceClaims",
    "resources",
    "hostnameOverride",
    "schedulingGroup",
)
"""A pod's spec in the order of the server's own type (pkg/apis/core/types.go)."""
_MOVED = ("hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace")
"""Fields that the server's own type keeps in the security context."""


def check_pod_spec(spec: Obj, field: str = "spec") -> list[Cause]:
    """Return the causes why a pod's or template's spec is refused, in the server's order."""
    volumes = spec.get("volumes") or []
    named = {one.get("name", ""): one for one in volumes}
    grace = spec.get("terminationGracePeriodSeconds") or 0
    containers = spec.get("containers") or []
    inits = spec.get("initContainers") or []
    names = [one.get("name", "") for one in containers]
    causes = check_volumes(f"{field}.volumes", volumes)
    causes += check_containers(f"{field}.containers", containers, named, grace)
    causes += check_init_containers(f"{field}.initContainers", inits, names, named, grace)
    others = [*names, *(one.get("name", "") for one in inits)]
    causes += check_ephemeral(
        f"{field}.ephemeralContainers", spec.get("ephemeralContainers") or [], others, named
    )
    if spec.get("resources"):
        causes += check_resources(f"{field}.resources", spec["resources"])
    causes += _check_host_network(field, spec)
    causes += one_of(f"{field}.restartPolicy", spec.get("restartPolicy"), POLICIES)
    causes += one_of(f"{field}.dnsPolicy", spec.get("dnsPolicy"), _DNS_POLICIES)
    causes += check_labels(f"{field}.nodeSelector", spec.get("nodeSelector"))
    causes += _check_security(f"{field}.securityContext", spec)
    causes += check_affinity(f"{field}.affinity", spec.get("affinity") or {})
    causes += _check_dns(f"{field}.dnsConfig", spec)
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        here = f"{field}.readinessGates[{index}].conditionType"
        causes += check_key(here, gate.get("conditionType", ""))
    causes += check_spreading(
        f"{field}.topologySpreadConstraints", spec.get("topologySpreadConstraints") or []
    )
    return causes + _check_names(field, spec)


def _check_names(field: str, spec: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for name in ("serviceAccountName", "nodeName"):
        if spec.get(name):
            causes += check_subdomain(f"{field}.{name}", spec[name])
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX_DEADLINE:
        rule = f"must be between 1 and {_MAX_DEADLINE}, inclusive"
        causes.append(invalid_value(f"{field}.activeDeadlineSeconds", deadline, rule))
    for name in ("hostname", "subdomain"):
        if spec.get(name):
            causes += check_label_name(f"{field}.{name}", spec[name])
    causes += check_tolerations(f"{field}.tolerations", spec.get("tolerations") or [])
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        here = f"{field}.hostAliases[{index}]"
        causes += check_spelling(f"{here}.ip", alias.get("ip", ""), spelling.address)
        for nth, name in enumerate(alias.get("hostnames") or ()):
            causes += check_subdomain(f"{here}.hostnames[{nth}]", name)
    for name in ("priorityClassName", "runtimeClassName"):
        if spec.get(name):
            causes += check_subdomain(f"{field}.{name}", spec[name])
    policy = spec.get("preemptionPolicy")
    causes += one_of(f"{field}.preemptionPolicy", policy, _PREEMPTION, optional=True)
    system = spec.get("os")
    if system is not None and system.get("name") not in ("linux", "windows"):
        name = system.get("name", "")
        known = ("linux", "windows")
        causes.append(
            unsupported_value(f"{field}.os", name, known)
            if name
            else required(f"{field}.os.name", "cannot be empty")
        )
    return causes


def _check_host_network(field: str, spec: Obj) -> list[Cause]:
    if not spec.get("hostNetwork"):
        return []
    rule = "must match `containerPort` when `hostNetwork` is true"
    return [
        invalid_value(f"{field}.containers[{nth}].ports[{index}].hostPort", port["hostPort"], rule)
        for nth, container in enumerate(spec.get("containers") or ())
        for index, port in enumerate(container.get("ports") or ())
        if port.get("hostPort") and port["hostPort"] != port.get("containerPort")
    ]


def _check_security(field: str, spec: Obj) -> list[Cause]:
    held = spec.get("securityContext") or {}
    causes = check_ids(field, held, "fsGroup", "runAsUser", "runAsGroup")
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        rule = "ShareProcessNamespace and HostPID cannot both be enabled"
        causes.append(invalid_value(f"{field}.shareProcessNamespace", True, rule))
    policy = held.get("fsGroupChangePolicy")
    known = ("Always", "OnRootMismatch")
    return causes + one_of(f"{field}.fsGroupChangePolicy", policy, known, optional=True)


def _check_dns(field: str, spec: Obj) -> list[Cause]:
    held, causes = spec.get("dnsConfig"), list[Cause]()
    if spec.get("dnsPolicy") == "None":
        if held is None:
            return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not held.get("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [required(f"{field}.nameservers", detail)]
    servers = (held or {}).get("nameservers") or []
    if len(servers) > 3:
        rule = "must not have more than 3 nameservers"
        causes.append(invalid_value(f"{field}.nameservers", servers, rule))
    for index, server in enumerate(servers):
        causes += check_spelling(f"{field}.nameservers[{index}]", server, spelling.address)
    for index, domain in enumerate((held or {}).get("searches") or ()):
        if domain != ".":
            name = domain.removesuffix(".")
            here = f"{field}.searches[{index}]"
            causes += check_spelling(here, name, spelling.underscored_subdomain)
    return causes


def check_template(field: str, template: Obj) -> list[Cause]:
    """Return the causes why a pod template is refused."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    causes = check_labels(f"{field}.labels", metadata.get("labels"))
    causes += check_annotations(f"{field}.annotations", metadata.get("annotations"))
    causes += check_pod_spec(spec, f"{field}.spec")
    if spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        causes.append(forbidden_value(f"{field}.spec.ephemeralContainers", detail))
    return causes


def _check_pod(pod: Obj) -> list[Cause]:
    spec = pod.get("spec") or {}
    causes: list[Cause] = []
    cost = (pod["metadata"].get("annotations") or {}).get(_DELETION_COST)
    if cost is not None and not _is_int32(cost):
        here = f"metadata.annotations[{_DELETION_COST}]"
        causes.append(invalid_value(here, cost, "must be a 32bit integer"))
    causes += check_pod_spec(spec)
    for part in ("containers", "initContainers"):
        causes += _check_images(f"spec.{part}", spec.get(part) or [])
    return causes


def _is_int32(text: str) -> bool:
    try:
        return -(2**31) <= int(text) < 2**31
    except ValueError:
        return False


def _check_images(field: str, containers: list[Obj]) -> list[Cause]:
    rule = "must not have leading or trailing whitespace"
    return [
        invalid_value(f"{field}[{index}].image", one["image"], rule)
        for index, one in enumerate(containers)
        if (one.get("image") or "") != (one.get("image") or "").strip()
    ]


def check_pod(pod: Obj) -> list[Cause]:
    """Return the causes why a new pod is refused."""
    spec = pod.get("spec") or {}
    causes = _check_pod(pod)
    if spec.get("ephemeralContainers"):
        causes.append(forbidden_value("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        causes.append(forbidden_value("spec.nodeName", detail))
    return causes


# -- changes -------------------------------------------------------------------------------------


def _settled(given: Obj, held: Obj) -> Obj:
    """Return *given* with what may change of a pod set to what stands."""
    same = dict(given)
    for part in ("containers", "initContainers"):
        if part in held:
            pairs = zip(given.get(part) or (), held[part] or (), strict=False)
            same[part] = [{**new, "image": old.get("image")} for new, old in pairs]
    for field in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        same.pop(field, None)
        if field in held:
            same[field] = held[field]
    grace = "terminationGracePeriodSeconds"
    if (held.get(grace) or 0) < 0 and same.get(grace) == 1:
        same[grace] = held[grace]
    if held.get("schedulingGates"):
        for field in ("nodeSelector", "affinity"):
            same.pop(field, None)
            if field in held:
                same[field] = held[field]
    return same


def _internal(spec: Obj) -> Obj:
    """Return a spec as the server holds it: some fields moved, none twice."""
    moved = {key: spec[key] for key in _MOVED if spec.get(key)}
    made = {key: one for key, one in spec.items() if key not in (*_MOVED, "serviceAccount")}
    if moved or "securityContext" in spec:
        made["securityContext"] = {**(spec.get("securityContext") or {}), **moved}
    return made


def check_pod_update(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a pod may not change like that."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    if given is held or given == held:
        return []
    causes = _check_pod(new)
    for part in ("containers", "initContainers"):
        if len(given.get(part) or ()) != len(held.get(part) or ()):
            detail = "pod updates may not add or remove containers"
            return [*causes, forbidden_value(f"spec.{part}", detail)]
    causes += _check_deadline(given.get("activeDeadlineSeconds"), held.get("activeDeadlineSeconds"))
    causes += _check_tolerations_kept(given.get("tolerations") or [], held.get("tolerations") or [])
    gates = [one.get("name") for one in held.get("schedulingGates") or ()]
    for index, one in enumerate(given.get("schedulingGates") or ()):
        if one.get("name") not in gates:
            detail = f"only deletion is allowed, but found new scheduling gate '{one.get('name')}'"
            causes.append(forbidden_value(f"spec.schedulingGates[{index}].name", detail))
    settled = _settled(given, held)
    if settled != held:
        shown = go_diff("core.PodSpec", FIELDS, _internal(held), _internal(settled))
        causes.append(forbidden_value("spec", f"{CHANGEABLE}\n{shown}"))
    return causes


def _check_deadline(new: Any, old: Any) -> list[Cause]:
    field = "spec.activeDeadlineSeconds"
    if new is None:
        rule = "must not update from a positive integer to nil value"
        return [] if old is None else [invalid_value(field, None, rule)]
    if old is not None and old < new:
        return [invalid_value(field, new, "must be less than or equal to previous value")]
    return []


def _check_tolerations_kept(new: list[Obj], old: list[Obj]) -> list[Cause]:
    def lasting(one: Obj) -> Obj:
        return {key: value for key, value in one.items() if key != "tolerationSeconds"}

    stand = [lasting(one) for one in new]
    if all(lasting(one) in stand for one in old):
        return []
    detail = "existing toleration can not be modified except its tolerationSeconds"
    return [forbidden_value("spec.tolerations", detail)]


def check_ephemeral_update(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a pod's ephemeral containers may not change like that."""
    field = "spec.ephemeralContainers"
    causes = _check_pod(new)
    given = {one.get("name"): one for one in new["spec"].get("ephemeralContainers") or ()}
    for one in old["spec"].get("ephemeralContainers") or ():
        name = one.get("name", "")
        if name not in given:
            detail = f'existing ephemeral containers "{name}" may not be removed\n'
            causes.append(forbidden_value(field, detail))
        elif given[name] != one:
            shown = go_diff("core.EphemeralContainer", (), one, given[name])
            detail = f'existing ephemeral containers "{name}" may not be changed\n{shown}'
            causes.append(forbidden_value(field, detail))
    return causes
