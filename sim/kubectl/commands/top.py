"""`kubectl top`: what nodes and pods use, from the metrics API.

It must not know how the figures are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sim.apimachinery.labels import SelectorError, parse_label_selector
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.client.rest import collection_path, object_path
from sim.kernel.walltime import parse_rfc3339_ms
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.gosort import go_sort
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.names import check_name
from sim.kubectl.printers.tabwriter import TabWriter

_GROUP = "metrics.k8s.io"
_FRESH_MS = 120_000
"""A pod younger than this may still be without figures."""
_SORTS = ("", "cpu", "memory")
_USED = ("cpu", "memory", "swap")
_SHARES = {"CPU(cores)": "CPU(%)", "MEMORY(bytes)": "MEMORY(%)", "SWAP(bytes)": "SWAP(%)"}
"""The columns of amounts, and of their shares."""


def metrics_resource(call: Invocation, plural: str) -> Resource:
    """Return `nodes` or `pods` of the metrics API.

    Raises:
        CommandError: if the cluster has none.
    """
    for resource in call.discovery.resources():
        if resource.group == _GROUP and resource.plural == plural:
            return resource
    raise CommandError("Metrics API not available")


def usage_of(holder: Obj) -> tuple[Fraction, ...]:
    """Return cores, bytes and swapped bytes of a usage block."""
    usage = holder.get("usage") or {}
    return tuple(parse_quantity(usage.get(name, "0")) for name in _USED)


def cpu_cell(cores: Fraction) -> str:
    """Return millicores, rounded up, as `250m`."""
    return f"{-int(-cores * 1000 // 1)}m"


def memory_cell(amount: Fraction) -> str:
    """Return whole MiB, cut off, as `128Mi`."""
    return f"{int(-(-amount // 1)) // (1 << 20)}Mi"


def percent_cell(used: Fraction, room: Fraction) -> str:
    """Return the share of *room* in use, cut off, as `6%`."""
    if not room:
        return "0%"
    millis = [float(-(-value * 1000 // 1)) for value in (used, room)]
    return f"{int(millis[0] / millis[1] * 100)}%"


def check_selector(text: str) -> None:
    """Refuse a label selector that is none, before anybody is asked; raises CommandError."""
    try:
        parse_label_selector(text)
    except SelectorError as error:
        raise CommandError(str(error)) from None


@dataclass
class TopNodeOptions:
    """What `top node` was asked."""

    args: Sequence[str]
    selector: str
    sort: str
    headers: bool
    capacity: bool
    swap: bool

    @classmethod
    def complete(cls, call: Invocation) -> TopNodeOptions:
        """Read flags and arguments."""
        flags = call.flags
        if len(call.args) > 1:
            raise call.usage_error("node [NAME | -l label]")
        return cls(
            [name for name in call.args if name],  # an empty name means all
            flags.text("selector"),
            flags.text("sort-by"),
            not flags.on("no-headers"),
            flags.on("show-capacity"),
            flags.on("show-swap"),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.sort not in _SORTS:
            raise CommandError("--sort-by accepts only cpu or memory")
        if self.args and self.selector:
            raise CommandError("only one of NAME or --selector can be provided")

    def run(self, call: Invocation) -> int:
        """Print one line a node."""
        resource = metrics_resource(call, "nodes")
        nodes = call.known("nodes")
        check_selector(self.selector)
        query = [("labelSelector", self.selector)] if self.selector else []
        if self.args:
            check_name(self.args[0])
            metrics = [call.client.get(object_path(resource, "", self.args[0]))]
            found = [call.client.get(object_path(nodes, "", self.args[0]))]
        else:
            metrics = call.client.items(collection_path(resource), query, limit=0)
            found = []
        if not metrics:
            raise CommandError("metrics not available yet")
        found = found or call.client.items(collection_path(nodes), query, limit=0)
        field = "capacity" if self.capacity else "allocatable"
        room = {node["metadata"]["name"]: _room(node, field) for node in found}
        go_sort(metrics, _node_order(self.sort))
        columns = _columns(self.swap)
        rows = [_node_row(one, room.pop(one["metadata"]["name"], {}), columns) for one in metrics]
        rows += [[name, *["<unknown>"] * 2 * len(columns), ""] for name in sorted(room)]
        if self.headers:
            heads = [head for column in columns for head in (column, _SHARES[column])]
            rows.insert(0, ["NAME", *heads, ""])
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        return 0


def _room(node: Obj, field: str) -> dict[str, str]:
    """Return what a node has to give."""
    status = node.get("status") or {}
    swap = (status.get("nodeInfo") or {}).get("swap") or {}
    room = dict(status.get(field) or {})
    return {**room, "swap": str(swap["capacity"])} if "capacity" in swap else room


def _node_row(metrics: Obj, room: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    row = [metrics["metadata"]["name"]]
    used = usage_of(metrics)
    for name, amount, cell in zip(_USED, used, cells(used, len(columns)), strict=False):
        if name == "swap" and room and "swap" not in room:
            row += ["<unknown>", "<unknown>"]
            continue
        row.append(cell)
        if name in room:
            row.append(percent_cell(amount, parse_quantity(room[name])))
    return [*row, ""]


def _columns(swap: bool) -> list[str]:
    return list(_SHARES) if swap else list(_SHARES)[:2]


def _node_order(sort: str) -> Callable[[Obj, Obj], bool]:
    if sort == "cpu":
        return lambda one, other: usage_of(one)[0] > usage_of(other)[0]
    if sort == "memory":
        return lambda one, other: usage_of(one)[1] > usage_of(other)[1]
    return lambda one, other: one["metadata"]["name"] < other["metadata"]["name"]


@dataclass
class TopPodOptions:
    """What `top pod` was asked."""

    args: Sequence[str]
    labels: str
    fields: str
    sort: str
    everywhere: bool
    containers: bool
    headers: bool
    total: bool
    swap: bool

    @classmethod
    def complete(cls, call: Invocation) -> TopPodOptions:
        """Read flags and arguments."""
        flags = call.flags
        if len(call.args) > 1:
            raise call.usage_error("pod [NAME | -l label]")
        return cls(
            [name for name in call.args if name],  # an empty name means all
            flags.text("selector"),
            flags.text("field-selector"),
            flags.text("sort-by"),
            flags.on("all-namespaces"),
            flags.on("containers"),
            not flags.on("no-headers"),
            flags.on("sum"),
            flags.on("show-swap"),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.sort not in _SORTS:
            raise CommandError("--sort-by accepts only cpu or memory")
        if self.args and (self.labels or self.fields):
            raise CommandError("only one of NAME or selector can be provided")

    def run(self, call: Invocation) -> int:
        """Print one line a pod or container."""
        resource = metrics_resource(call, "pods")
        namespace = "" if self.everywhere else call.namespace
        check_selector(self.labels)
        if self.args:
            check_name(self.args[0])
            metrics = [call.client.get(object_path(resource, namespace, self.args[0]))]
        else:
            query = [("labelSelector", self.labels)] if self.labels else []
            metrics = call.client.items(collection_path(resource, namespace), query, limit=0)
        if metrics and self.fields:
            chosen = {_key(pod) for pod in self._pods(call, namespace)}
            metrics = [one for one in metrics if _key(one) in chosen]
        if not metrics:
            self._explain_empty(call, namespace)
            return 0
        go_sort(metrics, self._goes_first)
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in self._rows(metrics))))
        return 0

    def _pods(self, call: Invocation, namespace: str) -> list[Obj]:
        query = [("labelSelector", self.labels)] if self.labels else []
        if self.fields:
            query.append(("fieldSelector", self.fields))
        return call.client.items(collection_path(call.known("pods"), namespace), query, limit=0)

    def _explain_empty(self, call: Invocation, namespace: str) -> None:
        if self.args:
            pods = [call.client.get(object_path(call.known("pods"), namespace, self.args[0]))]
        else:
            pods = self._pods(call, namespace)
        for pod in pods:
            age = call.clock() - parse_rfc3339_ms(pod["metadata"]["creationTimestamp"])
            if age > _FRESH_MS:
                raise CommandError(
                    f"Metrics not available for pod {_key(pod)}, age: {age // 60000}m"
                    f"{age % 60000 / 1000:g}s"
                )
        if pods:
            raise CommandError("metrics not available yet")
        where = "" if self.everywhere else f" in {call.namespace} namespace."
        call.err(f"No resources found{where}\n")

    def _goes_first(self, one: Obj, other: Obj) -> bool:
        if self.sort:
            place = _SORTS.index(self.sort) - 1
            return pod_usage(one)[place] > pod_usage(other)[place]
        if self.everywhere and one["metadata"]["namespace"] != other["metadata"]["namespace"]:
            return bool(one["metadata"]["namespace"] < other["metadata"]["namespace"])
        return bool(one["metadata"]["name"] < other["metadata"]["name"])

    def _rows(self, metrics: Sequence[Obj]) -> list[list[str]]:
        rows: list[list[str]] = []
        columns = _columns(self.swap)
        width = 1 + len(columns)
        if self.headers:
            head = ["NAME", *columns, ""]
            if self.containers:
                head.insert(0, "POD")
            if self.everywhere:
                head.insert(0, "NAMESPACE")
            rows.append(head)
            width = len(head) - 1
        totals = (Fraction(0),) * len(_USED)
        for one in metrics:
            metadata = one["metadata"]
            lead = [metadata["namespace"]] if self.everywhere else []
            used = pod_usage(one)
            totals = tuple(total + part for total, part in zip(totals, used, strict=True))
            if not self.containers:
                rows.append([*lead, metadata["name"], *cells(used, len(columns)), ""])
                continue
            for container in sorted(one.get("containers") or [], key=lambda each: each["name"]):
                own = cells(usage_of(container), len(columns))
                rows.append([*lead, metadata["name"], container["name"], *own, ""])
        if self.total:
            rows.append([*[""] * (width - 2), "________", "________", ""])
            rows.append([*[""] * (width - 3), "", *cells(totals, len(columns)), ""])
        return rows


def pod_usage(metrics: Obj) -> tuple[Fraction, ...]:
    """Return cores, bytes and swapped bytes of all containers together."""
    parts = [usage_of(container) for container in metrics.get("containers") or []]
    return tuple(sum((part[at] for part in parts), Fraction(0)) for at in range(len(_USED)))


def cells(used: Sequence[Fraction], count: int) -> list[str]:
    """Return the first *count* amounts as they print."""
    return [cpu_cell(used[0]), *map(memory_cell, used[1:count])]


def _key(obj: Obj) -> str:
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


_COMMON = (
    "no-headers bool",
    "selector,l",
    "show-swap bool",
    "sort-by",
    "use-protocol-buffers bool=true",
)

COMMAND = Command(
    "top",
    "Display resource (CPU/memory) usage",
    subcommands=(
        Command(
            "node",
            "Display resource (CPU/memory) usage of nodes",
            TopNodeOptions,
            flags("show-capacity bool", *_COMMON),
            usage="[NAME | -l label]",
            aliases=("nodes", "no"),
        ),
        Command(
            "pod",
            "Display resource (CPU/memory) usage of pods",
            TopPodOptions,
            flags(
                "all-namespaces,A bool", "containers bool", "field-selector", "sum bool", *_COMMON
            ),
            usage="[NAME | -l label]",
            aliases=("pods", "po"),
        ),
    ),
)
