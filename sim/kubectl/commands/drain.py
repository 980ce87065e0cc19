"""`kubectl cordon`, `uncordon` and `drain`: closes a node to new pods and empties it.

Eviction respects disruption budgets and is tried again; it must not know why a node is drained.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import simpy

from sim.apimachinery.duration import go_duration
from sim.apimachinery.labels import SelectorError, parse_label_selector
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError, collection_path, object_path
from sim.kernel.walltime import parse_rfc3339_ms
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import Aggregate, CommandError, plain, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.results import CLIENT, DRY_RUN_FLAG, NONE, SERVER, dry_run_of, dry_run_query

_RETRY_MS = 5000
"""An eviction that a budget refuses is tried again after this long."""
_POLL_MS = 1000
_MIRROR = "kubernetes.io/config.mirror"
_SUFFIX = {NONE: "", CLIENT: " (dry run)", SERVER: " (server dry run)"}


def find_nodes(call: Invocation, usage: str) -> list[Info]:
    """Return the nodes that arguments or `--selector` name.

    Raises:
        CommandError: if none is named.
    """
    selector = call.flags.text("selector")
    if not call.args and not call.flags.is_set("selector"):
        raise call.usage_error(f"USAGE: {usage} [flags]")
    if call.args and selector:
        raise call.usage_error("error: cannot specify both a node name and a --selector option")
    if call.args:
        selection = select(call, call.args, Lookup(default="nodes", single_type=True))
    else:
        selection = select(call, ["nodes"], Lookup(labels=selector))
    infos = selection.require()
    for info in infos:
        if info.resource.plural != "nodes":
            raise CommandError(
                f"error: expected resource of type node, got {quote(info.resource.plural)}"
            )
    return infos


def set_unschedulable(
    call: Invocation, infos: Sequence[Info], *, desired: bool, dry_run: str
) -> None:
    """Cordon or uncordon nodes and say so."""
    verb = "cordon" if desired else "uncordon"
    for info in infos:
        if bool((info.object.get("spec") or {}).get("unschedulable")) == desired:
            call.out(f"node/{info.name} already {verb}ed{_SUFFIX[dry_run]}\n")
            continue
        if dry_run != CLIENT:
            # false is the field's absence, so uncordon takes it away
            patch = {"spec": {"unschedulable": True if desired else None}}
            try:
                call.client.patch(info.path, patch, STRATEGIC_MERGE, dry_run_query(dry_run))
            except ApiStatusError as error:
                call.err(f"error: unable to {verb} node {quote(info.name)}: {plain(error)}\n")
                continue
        call.out(f"node/{info.name} {verb}ed{_SUFFIX[dry_run]}\n")


@dataclass
class CordonOptions:
    """What `cordon` was asked."""

    desired = True

    dry_run: str
    nodes: Sequence[Info]

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and find the nodes."""
        verb = "cordon" if cls.desired else "uncordon"
        return cls(dry_run_of(call), find_nodes(call, f"{verb} NODE"))

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Patch the nodes."""
        set_unschedulable(call, self.nodes, desired=self.desired, dry_run=self.dry_run)
        return 0


class UncordonOptions(CordonOptions):
    """What `uncordon` was asked."""

    desired = False


def _pod_selector(text: str) -> str:
    try:
        parse_label_selector(text)
    except SelectorError:
        raise CommandError("--pod-selector=<pod_selector> must be a valid label selector") from None
    return text


@dataclass
class DrainOptions:
    """What `drain` was asked."""

    nodes: Sequence[Info]
    dry_run: str
    force: bool
    ignore_daemonsets: bool
    delete_emptydir: bool
    disable_eviction: bool
    grace_s: int
    timeout_ms: int
    pod_selector: str
    skip_wait_s: int
    chunk: int

    @classmethod
    def complete(cls, call: Invocation) -> DrainOptions:
        """Read flags and find the nodes."""
        flags = call.flags
        pod_selector = _pod_selector(flags.text("pod-selector"))
        return cls(
            find_nodes(call, "drain NODE"),
            dry_run_of(call),
            flags.on("force"),
            flags.on("ignore-daemonsets"),
            flags.on("delete-emptydir-data"),
            flags.on("disable-eviction"),
            flags.number("grace-period"),
            flags.duration_ms("timeout"),
            pod_selector,
            flags.number("skip-wait-for-delete-timeout"),
            flags.number("chunk-size"),
        )

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> Running:
        """Cordon the nodes, then empty one after the other."""
        set_unschedulable(call, self.nodes, desired=True, dry_run=self.dry_run)
        fatal: list[Exception] = []
        left: list[str] = []
        for node in self.nodes:
            try:
                yield from self._empty(call, node.name)
            except (CommandError, Aggregate, ApiStatusError) as error:
                call.err(
                    f"error: unable to drain node {quote(node.name)} due to error: "
                    f"{plain(error)}, continuing command...\n"
                )
                fatal.append(error)
                left.append(node.name)
            else:
                call.out(f"node/{node.name} drained{_SUFFIX[self.dry_run]}\n")
        if left:
            call.err("There are pending nodes to be drained:\n")
            call.err("".join(f" {name}\n" for name in left))
        raise_all(fatal)
        return 0

    def _empty(self, call: Invocation, node: str) -> Running:
        pods, warnings, errors = self._sort_out(call, node)
        if errors:
            raise Aggregate(errors)
        if warnings:
            call.client.warn(warnings)
        if self.dry_run == CLIENT:
            for pod in pods:
                call.out(f"evicting pod {_key(pod)} (dry run)\n")
            return 0
        problems = yield from self._evict_all(call, pods)
        if not problems:
            return 0
        error = Aggregate(problems)
        pending, _, _ = self._sort_out(call, node)
        if pending:
            call.err(
                f"There are pending pods in node {quote(node)} when an error occurred: "
                f"{plain(error)}\n"
            )
            call.err("".join(f"pod/{pod['metadata']['name']}\n" for pod in pending))
        raise error

    # -- which pods ------------------------------------------------------------------------------

    def _sort_out(self, call: Invocation, node: str) -> tuple[list[Obj], str, list[Exception]]:
        """Return the pods to evict, the warning, and what forbids the drain."""
        query = [("fieldSelector", f"spec.nodeName={node}")]
        if self.pod_selector:
            query.insert(0, ("labelSelector", self.pod_selector))
        path = collection_path(call.known("pods"))
        chosen: list[Obj] = []
        warned: dict[str, list[str]] = {}
        failed: dict[str, list[str]] = {}
        for pod in call.client.items(path, query, limit=self.chunk):
            delete, kind, message = self._judge(call, pod)
            if delete:
                chosen.append(pod)
            if kind == "warning":
                warned.setdefault(message, []).append(_key(pod))
            elif kind == "error":
                failed.setdefault(message, []).append(_key(pod))
        warnings = "; ".join(f"{text}: {', '.join(warned[text])}" for text in sorted(warned))
        errors: list[Exception] = [
            CommandError(f"cannot delete {text}: {', '.join(failed[text])}")
            for text in sorted(failed)
        ]
        return chosen, warnings, errors

    def _judge(self, call: Invocation, pod: Obj) -> tuple[bool, str, str]:
        """Return whether a pod goes, and `warning` or `error` with its words."""
        metadata = pod["metadata"]
        finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        owner = next(
            (one for one in metadata.get("ownerReferences") or [] if one.get("controller")), None
        )
        if self._skipped(call, metadata):
            return False, "", ""
        verdict = (True, "", "")
        if owner and owner["kind"] == "DaemonSet" and not finished:
            verdict = self._judge_daemon(call, metadata["namespace"], owner["name"])
            if not verdict[0]:
                return verdict
        if _MIRROR in (metadata.get("annotations") or {}):
            return False, "", ""
        if finished:
            return verdict
        volumes = (pod.get("spec") or {}).get("volumes") or []
        if any("emptyDir" in volume for volume in volumes) and not self.delete_emptydir:
            message = "Pods with local storage (use --delete-emptydir-data to override)"
            return False, "error", message
        if owner:
            # only the last filter's words are kept, so a local-storage warning is lost
            return True, "", ""
        if self.force:
            return True, "warning", "deleting Pods that declare no controller"
        return False, "error", "Pods that declare no controller (use --force to override)"

    def _skipped(self, call: Invocation, metadata: Obj) -> bool:
        deleted = metadata.get("deletionTimestamp")
        if not self.skip_wait_s or not deleted:
            return False
        return call.clock() - parse_rfc3339_ms(deleted) > self.skip_wait_s * 1000

    def _judge_daemon(self, call: Invocation, namespace: str, name: str) -> tuple[bool, str, str]:
        try:
            call.client.get(object_path(call.known("daemonsets"), namespace, name))
        except ApiStatusError as error:
            if error.code == 404 and self.force:
                return True, "warning", error.message
            return False, "error", error.message
        if not self.ignore_daemonsets:
            message = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
            return False, "error", message
        return False, "warning", "ignoring DaemonSet-managed Pods"

    # -- evicting --------------------------------------------------------------------------------

    def _evict_all(
        self, call: Invocation, pods: Sequence[Obj]
    ) -> Generator[simpy.Event, Any, list[Exception]]:
        """Evict pods side by side and wait until they are gone; return what went wrong."""
        env = call.proc.env
        deadline = env.now + self.timeout_ms if self.timeout_ms else None
        problems: list[Exception] = []
        waiting = [_Evicted(pod, env.now) for pod in pods]
        while waiting:
            for one in [one for one in waiting if one.due <= env.now]:
                problem = self._step(call, one, deadline)
                if problem is not None:
                    problems.append(problem)
                if one.done:
                    waiting.remove(one)
            if waiting:
                due = min(one.due for one in waiting)
                if deadline is not None and env.now < deadline:
                    due = min(due, deadline)
                yield from call.proc.stdout.drain()
                yield env.at(max(due, env.now + 1))
                if deadline is not None and env.now >= deadline:
                    for one in waiting:
                        if one.evicted:
                            one.due = env.now
        return problems

    def _step(self, call: Invocation, one: _Evicted, deadline: int | None) -> Exception | None:
        """Take the next step with one pod."""
        now = call.proc.env.now
        name, namespace = one.pod["metadata"]["name"], one.pod["metadata"]["namespace"]
        if one.evicted:
            if self._is_gone(call, one.pod):
                one.done = True
                call.out(f"pod/{name} {'deleted' if self.disable_eviction else 'evicted'}\n")
            elif deadline is not None and now >= deadline:
                one.done = True
                return CommandError(
                    f"error when waiting for pod {quote(name)} in namespace {quote(namespace)} "
                    "to terminate: context deadline exceeded"
                )
            one.due = now + _POLL_MS
            return None
        what = f"error when evicting pods/{quote(name)} -n {quote(namespace)}"
        if not self.disable_eviction:
            suffix = " (server dry run)" if self.dry_run == SERVER else ""
            call.out(f"evicting pod {namespace}/{name}{suffix}\n")
        if deadline is not None and now >= deadline:
            one.done = True
            return CommandError(f"{what}: global timeout reached: {go_duration(self.timeout_ms)}")
        try:
            self._evict(call, one.pod)
        except ApiStatusError as error:
            if error.code == 404:
                one.done = True
                return None
            if error.code == 429:
                retry = go_duration(_RETRY_MS)
                call.err(f"{what} (will retry after {retry}): {plain(error)}\n")
                one.due = now + _RETRY_MS
                return None
            one.done = True
            return CommandError(f"{what}: {plain(error)}")
        one.evicted = True
        one.done = self.dry_run == SERVER
        one.due = now
        if not one.done and self._is_gone(call, one.pod):
            one.done = True
            call.out(f"pod/{name} {'deleted' if self.disable_eviction else 'evicted'}\n")
        else:
            one.due = now + _POLL_MS
        return None

    def _evict(self, call: Invocation, pod: Obj) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        options: Obj = {} if self.grace_s < 0 else {"gracePeriodSeconds": self.grace_s}
        query = dry_run_query(self.dry_run)
        if self.disable_eviction:
            call.client.delete(object_path(call.known("pods"), namespace, name), options, query)
            return
        if self.dry_run == SERVER:
            options["dryRun"] = ["All"]
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": options,
        }
        path = object_path(call.known("pods"), namespace, name, "eviction")
        call.client.create(path, eviction)

    def _is_gone(self, call: Invocation, pod: Obj) -> bool:
        metadata = pod["metadata"]
        try:
            path = object_path(call.known("pods"), metadata["namespace"], metadata["name"])
            return bool(call.client.get(path)["metadata"].get("uid") != metadata.get("uid"))
        except ApiStatusError as error:
            if error.code == 404:
                return True
            raise


@dataclass
class _Evicted:
    """One pod on its way out."""

    pod: Obj
    due: int
    """Kernel ms of its next step."""
    evicted: bool = False
    done: bool = False


def _key(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


_NODE_FLAGS = flags("selector,l") + DRY_RUN_FLAG

CORDON = Command("cordon", "Mark node as unschedulable", CordonOptions, _NODE_FLAGS, usage="NODE")
UNCORDON = Command(
    "uncordon", "Mark node as schedulable", UncordonOptions, _NODE_FLAGS, usage="NODE"
)
DRAIN = Command(
    "drain",
    "Drain node in preparation for maintenance",
    DrainOptions,
    flags(
        "chunk-size int=500",
        "delete-emptydir-data bool",
        "disable-eviction bool",
        "force bool",
        "grace-period int=-1",
        "ignore-daemonsets bool",
        "pod-selector",
        "skip-wait-for-delete-timeout int=0",
        "timeout duration=0s",
    )
    + _NODE_FLAGS,
    usage="NODE",
)
