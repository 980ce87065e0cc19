"""kube-proxy of one node starts anew, with too little memory to write its rules; then they are flushed.

The limit stands in the DaemonSet, which replaces pods only when they are deleted: so one node has it.
Raising it and deleting that pod heals; so does taking the fault back.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.kind import starving
from sim.backends.kind.undo import OnNode, Others
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.real import size_text
from sim.scenario.timeline import StarveProxy

REPLACED_S = 120
"""How long a kubelet may take to end one pod and start another."""
HOLD_MS = 15_000
"""How long the rules must stay away before it counts as done: two starts, or three."""
BACK_S = 120
_LOOK_MS = 3_000


def starve_proxy(fault: StarveProxy, backend: RealBackend, hand: Hand) -> Steps:
    """Limit, restart, flush; take it back after `lasting` unless somebody has healed it by then."""
    begun = backend.env.now
    node, limit = hand.node(fault.node), size_text(fault.limit)
    why = preflight(hand)
    if why:
        raise hand.failed(why)
    services = _service_range(hand)
    before = _proxy_of(hand, node)
    if before is None:
        raise hand.failed(f"no kube-proxy runs on {node}")

    guard = hand.did(
        f"packets to {services} are dropped on {node}",
        OnNode(node, ("sh", "-c", starving.UNGUARD, "sh", services)),
    )
    hand.run(node, starving.GUARD, services)
    rules = hand.did(
        f"the rules of kube-proxy on {node}", OnNode(node, ("sh", "-c", starving.AWAIT))
    )
    revisions = hand.listed(starving.REVISIONS, starving.SELECTOR)
    names = tuple(str(one["metadata"]["name"]) for one in revisions)
    # A controller keeps a revision of every template; it would make it anew if that were there still.
    changed = [
        hand.did("revisions of kube-proxy", Others(starving.REVISIONS, starving.SELECTOR, names))
    ]
    changed += hand.change(
        f"kube-proxy's memory limit {limit}",
        starving.DAEMONSET,
        lambda old: starving.limited(old, limit),
    )
    # A kubelet may take most of a minute to say that a pod has ended; nobody waits for that here.
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
    hand.ask("DELETE", f"{starving.PODS}/{before['metadata']['name']}", options)
    hand.run(node, starving.KILL)

    def replaced() -> bool:
        pod = _proxy_of(hand, node)
        other = pod is not None and pod["metadata"]["uid"] != before["metadata"]["uid"]
        return other and starving.started(pod or {})

    yield from hand.until(f"another kube-proxy on {node}", REPLACED_S, replaced)
    yield hand.pause(begun + fault.flush_after - backend.env.now)
    hand.run(node, starving.FLUSH)
    end = backend.env.now + HOLD_MS
    while backend.env.now < end:
        if _rules(hand, node):
            raise hand.failed(
                f"kube-proxy on {node} has written its rules with {limit}: "
                "it takes more Services, or a lower limit"
            )
        yield hand.pause(_LOOK_MS)
    if fault.lasting is None:
        return
    yield hand.pause(backend.plan.drawn(f"lasting.{fault.id}", fault.lasting) - HOLD_MS)
    if starving.limit_of(hand.get(starving.DAEMONSET)) != limit:
        return
    for entry in reversed(changed):
        hand.undo(entry)
    yield from hand.until(f"rules on {node}", BACK_S, lambda: _rules(hand, node))
    for entry in (rules, guard):
        hand.undo(entry)


def preflight(hand: Hand) -> str:
    """Return in one sentence why it cannot be done on this cluster; empty if it can."""
    why = starving.obstacle(hand.get(starving.DAEMONSET), hand.find(starving.CONFIGMAP))
    return why or ("" if _service_range(hand) else "nothing says which addresses Services have")


def _service_range(hand: Hand) -> str:
    servers = hand.listed(starving.PODS, "component=kube-apiserver")
    return starving.service_range(servers[0] if servers else None, hand.find(starving.KUBEADM))


def _rules(hand: Hand, node: str) -> int:
    return int(hand.run(node, starving.COUNT).strip() or 0)


def _proxy_of(hand: Hand, node: str) -> Obj | None:
    """Return the newest kube-proxy pod of *node*."""
    listed = hand.listed(starving.PODS, starving.SELECTOR)
    pods = [one for one in listed if one["spec"].get("nodeName") == node]
    return max(pods, key=lambda one: str(one["metadata"]["creationTimestamp"]), default=None)
