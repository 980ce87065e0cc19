"""Disruption budgets: how many pods are healthy, how many have to be, how many may go.

Thanks to this file a budget's status is what evictions draw from. It must not know who evicts
(pkg/controller/disruption/disruption.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import Key, controller_of, is_terminating, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.disruption import ENOUGH, SYNC_FAILED, TOO_FEW, with_condition
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer
from sim.reconcile.informer import by_namespace

DELETION_TIMEOUT_MS = 120_000
"""How long an evicted pod may take to get its deletion timestamp before it counts as healthy again."""
SCALED = ("deployments", "replicasets", "replicationcontrollers", "statefulsets")
KINDS = {
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "ReplicationController": "replicationcontrollers",
    "StatefulSet": "statefulsets",
}


class Expected(NamedTuple):
    """What a budget's pods should be."""

    total: int
    desired: int
    unmanaged: tuple[str, ...]
    """Pods without a controller, `namespace/name`."""


class Unscaled(Exception):  # noqa: N818 - a reason, caught here
    """A pod's controller says no number of replicas."""


class DisruptionController(Controller):
    """Keeps the status of PodDisruptionBudgets."""

    name: ClassVar[str] = "controllermanager"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        budgets: Informer,
        pod_informer: Informer,
        pods_by_namespace: Index,
        scaled: Mapping[str, Informer],
    ) -> None:
        super().__init__(env, api, stream)
        self._budgets = budgets
        self._by_namespace = budgets.index(by_namespace)
        self._pods_by_namespace = pods_by_namespace
        self._scaled = scaled
        budgets.on_change(self._budget_changed)
        pod_informer.on_change(self._pod_changed)
        for informer in scaled.values():
            informer.on_change(self._scale_changed)

    def adopt(self) -> None:
        """Queue the budgets that nobody has looked at."""
        for key, pdb in self._budgets.objects.items():
            if "observedGeneration" not in (pdb.get("status") or {}):
                self.enqueue(key)

    def _budget_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.queue.forget(change.key)
        elif change.old is None or change.new["metadata"] != change.old["metadata"]:
            self.enqueue(change.key)

    def _pod_changed(self, change: Change) -> None:
        keys = self._by_namespace.keys(change.key.namespace)
        if not keys:
            return
        new, old = change.new, change.old
        if (
            old is not None
            and change.type == "MODIFIED"
            and pods.is_ready(new) == pods.is_ready(old)
            and is_terminating(new) == is_terminating(old)
            and labels_of(new) == labels_of(old)
            and pods.phase(new) == pods.phase(old)
        ):
            return
        for key in keys:
            pdb = self._budgets.objects[key]
            if any(_covers(pdb, one) for one in (new, old) if one is not None):
                self.enqueue(key)

    def _scale_changed(self, change: Change) -> None:
        new, old = change.new, change.old
        if old is not None and new["spec"].get("replicas") == old["spec"].get("replicas"):
            return
        for key in self._by_namespace.keys(change.key.namespace):
            self.enqueue(key)

    def reconcile(self, key: Key) -> None:
        """Write the status of the budget *key*."""
        pdb = self._budgets.get(*key)
        if pdb is None:
            return
        covered = [one for one in self._pods_by_namespace.get(key.namespace) if _covers(pdb, one)]
        if not covered:
            self.event(pdb, "Normal", "NoPods", "No matching pods found")
        try:
            expected = self._expected(pdb, covered)
        except Unscaled as error:
            text = f"Failed to calculate the number of expected pods: {error}"
            self.event(pdb, "Warning", "CalculateExpectedPodCountFailed", text)
            self._fail(key, str(error))
            return
        if expected.unmanaged:
            text = (
                f"Pods selected by this PodDisruptionBudget (selector: {_selector(pdb)}) were "
                "found to be unmanaged. As a result, the status of the PDB cannot be calculated "
                "correctly, which may result in undefined behavior. To account for these pods "
                'please set ".spec.minAvailable" field of the PDB to an integer value.'
            )
            self.event(pdb, "Warning", "UnmanagedPods", text)
        self._write(key, covered, expected)

    def _write(self, key: Key, covered: Sequence[Obj], expected: Expected) -> None:
        now = self.timestamp()

        def change(old: Obj) -> Obj:
            status = old.get("status") or {}
            disrupted, recheck = self._disrupted(status.get("disruptedPods") or {}, covered)
            healthy = sum(
                pods.is_ready(one)
                and not is_terminating(one)
                and one["metadata"]["name"] not in disrupted
                for one in covered
            )
            allowed = max(0, healthy - expected.desired) if expected.total > 0 else 0
            if recheck:
                self.enqueue_after(key, recheck)
            made: Obj = {
                **status,
                "conditions": with_condition(
                    status.get("conditions") or [],
                    "True" if allowed else "False",
                    ENOUGH if allowed else TOO_FEW,
                    "",
                    now,
                    old["metadata"],
                ),
                "currentHealthy": healthy,
                "desiredHealthy": expected.desired,
                "disruptionsAllowed": allowed,
                "expectedPods": expected.total,
                "observedGeneration": old["metadata"].get("generation", 1),
            }
            made.pop("disruptedPods", None)
            if disrupted:
                made["disruptedPods"] = disrupted
            return {**old, "status": made}

        self.api.modify("poddisruptionbudgets", *key, change, status=True)

    def _fail(self, key: Key, why: str) -> None:
        now = self.timestamp()

        def change(old: Obj) -> Obj:
            status = {**(old.get("status") or {}), "disruptionsAllowed": 0}
            status["observedGeneration"] = old["metadata"].get("generation", 1)
            for field in ("currentHealthy", "desiredHealthy", "expectedPods"):
                status.setdefault(field, 0)
            held = status.get("conditions") or []
            status["conditions"] = with_condition(
                held, "False", SYNC_FAILED, why, now, old["metadata"]
            )
            return {**old, "status": status}

        self.api.modify("poddisruptionbudgets", *key, change, status=True)

    def _disrupted(self, held: Mapping[str, str], covered: Sequence[Obj]) -> tuple[Obj, int]:
        """Return the evicted pods that are not being deleted yet, and when to look again (ms)."""
        living = {one["metadata"]["name"] for one in covered if not is_terminating(one)}
        kept: Obj = {}
        recheck = 0
        for name, since in held.items():
            rest = DELETION_TIMEOUT_MS - self.age_ms(since)
            if name in living and rest > 0:
                kept[name] = since
                recheck = max(recheck, rest)
        return kept, recheck

    # -- how many there should be ----------------------------------------------------------------

    def _expected(self, pdb: Obj, covered: Sequence[Obj]) -> Expected:
        spec = pdb.get("spec") or {}
        if "maxUnavailable" in spec:
            count, unmanaged = self._scale_of(covered)
            share = _share(spec["maxUnavailable"], count)
            return Expected(count, max(0, count - share), unmanaged)
        least = spec.get("minAvailable", 1)
        if isinstance(least, int):
            return Expected(len(covered), least, ())
        count, unmanaged = self._scale_of(covered)
        return Expected(count, _share(least, count), unmanaged)

    def _scale_of(self, covered: Sequence[Obj]) -> tuple[int, tuple[str, ...]]:
        """Return how many pods the controllers of *covered* want together, and who has none."""
        wanted: dict[str, int] = {}
        unmanaged: list[str] = []
        for pod in covered:
            owner = controller_of(pod)
            namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
            if owner is None:
                unmanaged.append(f"{namespace}/{name}")
                continue
            found = self._scaled_owner(namespace, owner)
            if found is None:
                if owner["kind"] not in KINDS:
                    group = owner["apiVersion"].partition("/")[0]
                    why = (
                        f"{owner['kind'].lower()}s.{group} does not implement the scale subresource"
                    )
                    raise Unscaled(why)
                continue
            wanted[found["metadata"]["uid"]] = int((found.get("spec") or {}).get("replicas", 1))
        return sum(wanted.values()), tuple(unmanaged)

    def _scaled_owner(self, namespace: str, owner: Obj) -> Obj | None:
        informer = self._scaled.get(KINDS.get(owner["kind"], ""))
        found = informer.get(namespace, owner["name"]) if informer is not None else None
        above = controller_of(found) if found is not None else None
        if above is not None and above["kind"] == "Deployment":
            return self._scaled["deployments"].get(namespace, above["name"]) or found
        return found


def _covers(pdb: Obj, pod: Obj) -> bool:
    selector = match_label_selector((pdb.get("spec") or {}).get("selector"))
    return selector.matches(labels_of(pod))


def _selector(pdb: Obj) -> str:
    labels = ((pdb.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    listed = " ".join(f"{key}:{value}" for key, value in sorted(labels.items()))
    return f"&LabelSelector{{MatchLabels:map[string]string{{{listed}}}}}"


def _share(value: int | str, whole: int) -> int:
    """Return a count or a percentage of *whole*, rounded up."""
    if isinstance(value, int):
        return value
    return -(-int(value.rstrip("%")) * whole // 100)
