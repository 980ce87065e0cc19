"""`describe node`: conditions, capacity, and what the pods on it have asked for."""

from __future__ import annotations

from fractions import Fraction

from sim.apimachinery.quantity import canonical, format_quantity, parse_quantity
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.describers.common import (
    Looking,
    find_events,
    go_bool,
    write_annotations,
    write_events,
    write_labels,
    write_list,
    write_time,
)
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import CommandError

_ROLE = "node-role.kubernetes.io/"
_STANDARD = ("cpu", "memory", "ephemeral-storage", "pods")
_SYSTEM = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)


class Amount:
    """A sum of quantities that keeps the notation of what was added first."""

    def __init__(self) -> None:
        """Start at 0."""
        self.value = Fraction(0)
        self._binary = False

    def add(self, text: str) -> None:
        """Add the quantity *text*."""
        if self.value == 0:
            self._binary = str(text).endswith("i")
        self.value += parse_quantity(text)

    def at_least(self, other: Amount) -> None:
        """Raise to *other* if that is more."""
        if other.value > self.value:
            self.value, self._binary = other.value, other._binary

    def __str__(self) -> str:
        return format_quantity(self.value, binary=self._binary)

    def share(self, of: Fraction) -> str:
        """Return the amount and its percentage of *of*, e.g. `250m (6%)`."""
        return f"{self} ({int(float(self.value) / float(of) * 100) if of else 0}%)"


Amounts = dict[str, Amount]


def describe_node(look: Looking, node: Obj) -> str:
    """Return the page of one node."""
    page = Page()
    metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    pods = _pods_on(look, metadata["name"])
    page.line(0, "Name:", metadata["name"])
    page.line(0, "Roles:", ",".join(node_roles(node)) or "<none>")
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "CreationTimestamp:", write_time(metadata.get("creationTimestamp")))
    taints = sorted(
        spec.get("taints") or [], key=lambda one: f"{one.get('effect', '')},{one.get('key', '')}"
    )
    write_list(page, "Taints", [format_taint(taint) for taint in taints])
    page.line(0, "Unschedulable:", go_bool(spec.get("unschedulable")))
    _write_lease(page, look, metadata["name"])
    _write_conditions(page, status)
    page.write(0, "Addresses:\n")
    for address in status.get("addresses") or []:
        page.line(1, f"{address['type']}:", address["address"])
    for title in ("capacity", "allocatable"):
        amounts = status.get(title) or {}
        if amounts:
            page.write(0, f"{title.capitalize()}:\n")
        for name in sorted(amounts):
            page.line(1, f"{name}:", canonical(amounts[name]))
    page.write(0, "System Info:\n")
    info = status.get("nodeInfo") or {}
    for title, key in _SYSTEM:
        page.line(1, f"{title}:", info.get(key, ""))
    if spec.get("podCIDR"):
        page.line(0, "PodCIDR:", spec["podCIDR"])
    if spec.get("podCIDRs"):
        page.line(0, "PodCIDRs:", ",".join(spec["podCIDRs"]))
    if spec.get("providerID"):
        page.line(0, "ProviderID:", spec["providerID"])
    if pods is None:
        page.line(0, "Pods:", "not authorized")
    else:
        _write_pods(page, look, pods, status)
    if look.show_events:
        # controllers name a node by its uid, the kubelet by its name
        events = find_events(look, node)
        events += find_events(look, node, uid=metadata["name"])
        write_events(page, look, node, events)
    return page.render()


def node_roles(node: Obj) -> list[str]:
    """Return the sorted roles that a node's labels give it."""
    labels = node["metadata"].get("labels") or {}
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    roles.add(labels.get("kubernetes.io/role", ""))
    return sorted(roles - {""})


def format_taint(taint: Obj) -> str:
    """Return `key=value:Effect`, `key:Effect` or `key`."""
    key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
    if not effect:
        return f"{key}={value}:" if value else str(key)
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def _pods_on(look: Looking, node: str) -> list[Obj] | None:
    selector = f"spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed"
    try:
        return look.items("pods", "", ("fieldSelector", selector))
    except ApiStatusError as error:
        if error.code == 403:
            return None
        raise


def _write_lease(page: Page, look: Looking, name: str) -> None:
    try:
        path = object_path(look.call.known("leases"), "kube-node-lease", name)
        spec = look.client.get(path).get("spec") or {}
    except (ApiStatusError, CommandError) as error:
        page.line(0, "Lease:", f"Failed to get lease: {error}")
        return
    page.write(0, "Lease:\n")
    page.line(1, "HolderIdentity:", spec.get("holderIdentity") or "<unset>")
    for title, key in (("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")):
        page.line(1, f"{title}:", write_time(spec[key]) if spec.get(key) else "<unset>")


def _write_conditions(page: Page, status: Obj) -> None:
    if not status.get("conditions"):
        return
    page.write(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n"
        "  ----\t------\t-----------------\t------------------\t------\t-------\n",
    )
    for one in status["conditions"]:
        page.line(
            1,
            f"{one['type']} ",
            f"{one['status']} ",
            f"{write_time(one.get('lastHeartbeatTime'))} ",
            f"{write_time(one.get('lastTransitionTime'))} ",
            f"{one.get('reason', '')} ",
            one.get("message", ""),
        )


def pod_amounts(pod: Obj, which: str) -> Amounts:
    """Return a pod's `requests` or `limits`: containers added up, init containers if larger."""
    spec = pod.get("spec") or {}
    sums: Amounts = {}
    always: Amounts = {}
    for container in spec.get("containers") or []:
        _add(sums, container, which)
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") == "Always":
            _add(always, container, which)
            _add(sums, container, which)
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") != "Always":
            own: Amounts = {}
            _add(own, container, which)
            for name, amount in own.items():
                sums.setdefault(name, Amount()).at_least(amount)
    for name, text in ((spec.get("resources") or {}).get(which) or {}).items():
        sums[name] = Amount()
        sums[name].add(text)
    for name, text in (spec.get("overhead") or {}).items():
        if which == "requests" or name in sums:
            sums.setdefault(name, Amount()).add(text)
    return sums


def _add(sums: Amounts, container: Obj, which: str) -> None:
    for name, text in ((container.get("resources") or {}).get(which) or {}).items():
        sums.setdefault(name, Amount()).add(text)


def _write_pods(page: Page, look: Looking, pods: list[Obj], status: Obj) -> None:
    allocatable = status.get("allocatable") or status.get("capacity") or {}
    room = {name: parse_quantity(text) for name, text in allocatable.items()}
    cpu, memory = room.get("cpu", Fraction(0)), room.get("memory", Fraction(0))
    page.line(0, "Non-terminated Pods:", f"({len(pods)} in total)")
    page.write(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n"
        "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n",
    )
    totals: dict[str, Amounts] = {"requests": {}, "limits": {}}
    for pod in pods:
        own = {which: pod_amounts(pod, which) for which in totals}
        for which, amounts in own.items():
            for name, amount in amounts.items():
                totals[which].setdefault(name, Amount()).add(str(amount))
        cells = [
            own[which].get(name, Amount()).share(of)
            for name, of in (("cpu", cpu), ("memory", memory))
            for which in ("requests", "limits")
        ]
        metadata = pod["metadata"]
        page.line(
            1, metadata["namespace"], metadata["name"], "", *cells,
            look.age(metadata.get("creationTimestamp")),
        )  # fmt: skip
    page.write(
        0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n"
        "  Resource\tRequests\tLimits\n  --------\t--------\t------\n",
    )
    pages = sorted(name for name in room if name.startswith("hugepages-"))
    for name in ("cpu", "memory", "ephemeral-storage", *pages):
        of = room.get(name, Fraction(0))
        page.line(1, name, *(totals[which].get(name, Amount()).share(of) for which in totals))
    for name in sorted(room):
        if name not in _STANDARD and name not in pages:
            page.line(1, name, *(totals[which].get(name, Amount()) for which in totals))
