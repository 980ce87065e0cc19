"""Expert evenings that no author wrote down: the senior's looks and words, another way to stop the pain.

Each takes the playbook and swaps how the work is moved and how that is taken back.
"""

from __future__ import annotations

from typing import Any

from sim.scenario.playbook import Playbook, Step

MOVE = (
    "kubectl cordon {node.bad}",
    "kubectl delete pod {crashing} -n {app.namespace} --wait=false",
)
BACK = ("kubectl uncordon {node.bad}",)
WAY: dict[str, tuple[list[str], list[str]]] = {
    "raises-the-limit-first": (
        [
            "kubectl set resources daemonset/kube-proxy -n kube-system --limits=memory=256Mi",
            "kubectl rollout status daemonset/kube-proxy -n kube-system --timeout=150s",
            "kubectl delete pod {crashing} -n {app.namespace} --wait=false",
        ],
        [],
    ),
    "drains": (
        ["kubectl drain {node.bad} --ignore-daemonsets --delete-emptydir-data --force"],
        ["kubectl uncordon {node.bad}"],
    ),
    "taints": (
        ["kubectl taint node {node.bad} suspect=network:NoExecute"],
        ["kubectl taint node {node.bad} suspect=network:NoExecute-"],
    ),
    "moves-by-affinity": (
        [
            "kubectl patch deployment {app} -n {app.namespace} --type=strategic -p '"
            '{"spec":{"template":{"spec":{"affinity":{"nodeAffinity":{'
            '"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":'
            '[{"key":"kubernetes.io/hostname","operator":"NotIn","values":["{node.bad}"]}]}]}}}}}}}\''
        ],
        ["kubectl rollout undo deployment/{app} -n {app.namespace}"],
    ),
    "goes-round-the-service": (
        [
            "kubectl set env deployment/{app} -n {app.namespace} DB_HOST=$(kubectl get endpoints {db} "
            "-n {app.namespace} -o jsonpath='{.subsets[0].addresses[0].ip}')"
        ],
        ["kubectl rollout undo deployment/{app} -n {app.namespace}"],
    ),
    "cordons-and-restarts": (
        [
            "kubectl cordon {node.bad}",
            "kubectl rollout restart deployment/{app} -n {app.namespace}",
        ],
        ["kubectl uncordon {node.bad}"],
    ),
    "cordons-and-drops-the-bad-replicas": (
        [
            "kubectl cordon {node.bad}",
            "kubectl get pods -n {app.namespace} -l app={app} --no-headers | awk '$2 == \"0/1\" {print $1}' "
            "| xargs kubectl delete pod -n {app.namespace} --wait=false",
        ],
        ["kubectl uncordon {node.bad}"],
    ),
    "scales-on-the-good-nodes": (
        [
            "kubectl cordon {node.bad}",
            "kubectl scale deployment/{app} -n {app.namespace} --replicas=6",
        ],
        [
            "kubectl scale deployment/{app} -n {app.namespace} --replicas=4",
            "kubectl uncordon {node.bad}",
        ],
    ),
}
"""Name -> (how the pain is stopped, how that is taken back)."""


def another_way(book: Playbook, name: str) -> Playbook:
    """Return the playbook with the mitigation called *name* in place of its own."""
    move, back = WAY[name]
    steps: list[Step] = []
    for step in book.steps:
        if step.type in (MOVE[0], *BACK):
            lines = move if step.type == MOVE[0] else back
            steps += [_typed(line) for line in lines]
        elif step.type != MOVE[1]:
            steps.append(step)
    return book.model_copy(update={"player": name, "steps": tuple(steps)})


def _typed(line: str) -> Step:
    given: dict[str, Any] = {"after": "6s", "type": line}
    return Step.model_validate(given, strict=False)
