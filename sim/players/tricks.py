"""Players of one idea: idle, always roll back, restart everything, random and their like.

They exist to prove that the score cannot be had cheaply. Each begins by acknowledging the page, as
anybody would, and looks only at what its one idea needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sim.kernel import Stream
from sim.players.guessing import guess_blindly
from sim.players.looking import look_then_act
from sim.players.moves import Pause, Play, Type
from sim.players.reading import lines_of, worst_node

Trick = Callable[[Mapping[str, str], Stream], Play]
"""From the names that the briefing gives (app, app.namespace) and a stream of draws to a player."""


def idle(_names: Mapping[str, str], _stream: Stream) -> Play:
    """Do nothing at all."""
    return
    yield Pause(0)


def rollback_always(names: Mapping[str, str], _stream: Stream) -> Play:
    """Roll the application back, whatever it is, and again when that does not help."""
    app, namespace = names["app"], names["app.namespace"]
    yield Pause(20_000)
    yield Type("incident ack")
    yield Pause(15_000)
    yield Type(f"kubectl rollout history deployment/{app} -n {namespace}")
    for _ in range(3):
        yield Pause(30_000)
        yield Type(f"kubectl rollout undo deployment/{app} -n {namespace}")
        yield Pause(10_000)
        yield Type(
            f"kubectl rollout status deployment/{app} -n {namespace} --timeout=120s",
            patience_ms=180_000,
        )
        yield Pause(240_000)


def restart_everything(names: Mapping[str, str], _stream: Stream) -> Play:
    """Restart the application, its database, then what runs on every node."""
    namespace = names["app.namespace"]
    yield Pause(20_000)
    yield Type("incident ack")
    shown = yield Type(f"kubectl get deployments -n {namespace} -o name")
    for name in lines_of(shown):
        yield Pause(15_000)
        yield Type(f"kubectl rollout restart {name} -n {namespace}")
    yield Pause(120_000)
    yield Type(f"kubectl delete pods --all -n {namespace} --wait=false")
    yield Pause(120_000)
    shown = yield Type("kubectl get daemonsets -n kube-system -o name")
    for name in lines_of(shown):
        yield Pause(15_000)
        yield Type(f"kubectl rollout restart {name} -n kube-system")
    yield Pause(300_000)
    yield Type(f"kubectl delete pods --all -n {namespace} --wait=false")


def scale_up(names: Mapping[str, str], _stream: Stream) -> Play:
    """Add replicas until it stops hurting, or for ever."""
    app, namespace = names["app"], names["app.namespace"]
    yield Pause(20_000)
    yield Type("incident ack")
    for replicas in (8, 12, 20):
        yield Pause(20_000)
        yield Type(f"kubectl scale deployment/{app} -n {namespace} --replicas={replicas}")
        yield Pause(300_000)


def cordon_worst(names: Mapping[str, str], _stream: Stream) -> Play:
    """Drain whichever node has most pods that are not Running, and nothing else."""
    namespace = names["app.namespace"]
    yield Pause(20_000)
    yield Type("incident ack")
    shown = yield Type(f"kubectl get pods -n {namespace} -o wide --no-headers")
    for node in worst_node(lines_of(shown)):
        yield Pause(20_000)
        yield Type(f"kubectl cordon {node}")
        yield Pause(10_000)
        yield Type(f"kubectl drain {node} --ignore-daemonsets --delete-emptydir-data --force")


def delete_everything(names: Mapping[str, str], _stream: Stream) -> Play:
    """Delete every pod of the namespace, three times."""
    namespace = names["app.namespace"]
    yield Pause(20_000)
    yield Type("incident ack")
    for _ in range(3):
        yield Pause(20_000)
        yield Type(f"kubectl delete pods --all -n {namespace} --wait=false")
        yield Pause(240_000)


def silence_alert(_names: Mapping[str, str], _stream: Stream) -> Play:
    """Make the pager quiet for a day."""
    yield Pause(20_000)
    yield Type("incident ack")
    yield Pause(10_000)
    shown = yield Type("incident alerts")
    for row in lines_of(shown):
        if found := re.match(r"(?:firing|pending)\s.*\s(?:page|ticket)\s+(.+?)(?:: .*)?$", row):
            yield Type(f"incident silence '{found[1]}' --for 24h")
            break


def random_commands(names: Mapping[str, str], stream: Stream) -> Play:
    """Enter valid commands drawn at random, looks and changes alike."""
    app, namespace = names["app"], names["app.namespace"]
    yield Pause(20_000)
    shown = yield Type("kubectl get nodes -o name")
    nodes = [name.removeprefix("node/") for name in lines_of(shown)] or ["node"]
    shown = yield Type("kubectl get deployments -A --no-headers")
    deployments = [row.split()[:2] for row in lines_of(shown)] or [[namespace, app]]
    for turn in range(40):
        draw = stream.at("turn", turn)
        node = draw.at("node").choice(nodes)
        where, name = draw.at("deployment").choice(deployments)
        line = draw.at("line").choice(
            [
                f"kubectl get pods -n {where}",
                "kubectl get nodes",
                f"kubectl describe node {node}",
                f"kubectl get events -n {where}",
                f"kubectl logs deployment/{name} -n {where} --tail=20",
                f"kubectl rollout restart deployment/{name} -n {where}",
                f"kubectl scale deployment/{name} -n {where} --replicas=2",
                f"kubectl cordon {node}",
                f"kubectl uncordon {node}",
                f"kubectl rollout undo deployment/{name} -n {where}",
                f"kubectl delete pods --all -n {where} --wait=false",
                f"kubectl set resources deployment/{name} -n {where} --limits=memory=64Mi",
                f"ssh {node} free -m",
                "incident alerts",
            ]
        )
        yield Pause(draw.at("pause").integer(10_000, 90_000))
        yield Type(line, patience_ms=60_000)


TRICKS: dict[str, Trick] = {
    "idle": idle,
    "rollback-always": rollback_always,
    "restart-everything": restart_everything,
    "scale-up": scale_up,
    "cordon-worst": cordon_worst,
    "delete-everything": delete_everything,
    "silence": silence_alert,
    "look-then-act": look_then_act,
    "random": random_commands,
    "blind": guess_blindly,
}
"""Name -> player, as `uncordon play --player NAME` knows them; playbooks come with their scenario."""
