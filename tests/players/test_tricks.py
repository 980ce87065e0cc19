"""Players of one idea type valid lines, look only at what they need, and come to an end."""

import sys

import pytest

from sim.kernel import Stream
from sim.players import TRICKS, Pause, Shown, Type

NAMES = {"app": "payment-service", "app.namespace": "payments"}
PODS = """\
payment-service-1   1/1   Running            0             6m   10.244.1.3   node-worker-1   <none>   <none>
payment-service-2   0/1   CrashLoopBackOff   5 (9s ago)    6m   10.244.3.3   node-worker-3   <none>   <none>
payment-service-3   0/1   Error              5 (9s ago)    6m   10.244.3.4   node-worker-3   <none>   <none>
postgres-1          0/1   Error              1 (9s ago)    6m   10.244.4.4   node-worker-1   <none>   <none>
"""
SCREEN = {
    "kubectl get pods -n payments -o wide": PODS,
    "kubectl get nodes -o name": "node/node-worker-1\nnode/node-worker-3\n",
    "kubectl get deployments -n payments -o name": "deployment.apps/payment-service\n",
    "kubectl get deployments -A": "payments payment-service 4/4\nshop cart 2/2\n",
    "kubectl get daemonsets -n kube-system -o name": "daemonset.apps/kube-proxy\n",
    "incident alerts": "firing    Fri 20 Nov 02:46  1m      page      web 5xx rate > 5% for 3 min\n",
}


def typed(name: str, seed: int = 0) -> list[str]:
    """Play *name* before a screen that never changes and return what it typed."""
    play = TRICKS[name](NAMES, Stream("digest", seed, "player", name))
    lines: list[str] = []
    answer = None
    while len(lines) < 300:
        try:
            move = play.send(answer)
        except StopIteration:
            return lines
        if isinstance(move, Pause):
            assert move.ms > 0
            answer = None
            continue
        assert isinstance(move, Type)
        lines.append(move.line)
        shown = next((text for line, text in SCREEN.items() if move.line.startswith(line)), "")
        answer = Shown(len(lines) - 1, shown, "", 0)
    raise AssertionError(f"{name} never ends")


@pytest.mark.parametrize("name", list(TRICKS))
def test_player_comes_to_an_end_even_with_an_empty_screen(name, monkeypatch):
    typed(name)
    monkeypatch.setattr(sys.modules[__name__], "SCREEN", {})
    typed(name)


@pytest.mark.parametrize("name", [name for name in TRICKS if name not in ("idle", "random")])
def test_player_takes_the_page_first(name):
    assert typed(name)[0] == "incident ack"


def test_idle_types_nothing():
    assert typed("idle") == []


def test_cordon_worst_drains_the_node_with_most_broken_pods():
    assert typed("cordon-worst")[-1].startswith("kubectl drain node-worker-3")


def test_silence_names_the_alert_that_fires():
    assert typed("silence")[-1] == "incident silence 'web 5xx rate > 5% for 3 min' --for 24h"


def test_look_then_act_changes_nothing_before_it_has_looked_at_every_node():
    lines = typed("look-then-act")
    cordon = lines.index("kubectl cordon node-worker-3")
    assert "ssh node-worker-1 free -m" in lines[:cordon]
    assert "ssh node-worker-3 free -m" in lines[:cordon]
    assert lines[cordon + 1] == (
        "kubectl delete pod -l app=payment-service -n payments"
        " --field-selector spec.nodeName=node-worker-3 --wait=false"
    )
    assert not any(" delete " in line or " scale " in line for line in lines[:cordon])


def test_random_draws_by_seed_and_not_by_chance():
    assert typed("random", 1) == typed("random", 1)
    assert typed("random", 1) != typed("random", 2)


CHART = "Error rate\n        02:45 02:46\n"
OTHER_NIGHTS = {
    "rollback": {
        "incident dashboard errors --by route": CHART + "GET /v1/status 0.1% 98.2%\n",
        "incident dashboard errors --by client": CHART + "shop 0.1% 34.0%\n",
        "incident dashboard requests --by client": CHART + "shop 400/s 410/s\n",
    },
    "restore-credential": {"kubectl logs": "FATAL: password authentication failed for user"},
    "nothing": {
        "incident dashboard errors --by route": CHART + "POST /v1/cards/verify 8.0% 8.1%\n",
        "incident dashboard errors --by client": CHART + "card-test 100% 100%\nshop 0.0% 0.1%\n",
        "incident dashboard requests --by client": CHART
        + "card-test 0.02/s 0.02/s\nshop 400/s 410/s\n",
    },
}
LOOKS_AND_WORDS = (
    "incident",
    "kubectl get",
    "kubectl describe",
    "kubectl logs",
    "ssh",
    "kubectl rollout history",
)


@pytest.mark.parametrize("night", list(OTHER_NIGHTS))
def test_look_then_act_does_what_the_screen_asks_for(night, monkeypatch):
    well = PODS.replace("0/1   CrashLoopBackOff", "1/1   Running").replace(
        "0/1   Error", "1/1   Running"
    )
    screen = {**SCREEN, "kubectl get pods -n payments -o wide": well, **OTHER_NIGHTS[night]}
    monkeypatch.setattr(sys.modules[__name__], "SCREEN", screen)
    done = [line for line in typed("look-then-act") if not line.startswith(LOOKS_AND_WORDS)]
    wanted = {"rollback": "rollout undo", "restore-credential": "ALTER ROLE payments"}
    assert len(done) == (night in wanted)
    assert not done or wanted[night] in done[0]


@pytest.mark.parametrize(
    ("luck", "done"),
    [
        ({"mitigation": "quarantine-node", "node": "n3"}, ["cordon n3", "nodeName=n3"]),
        ({"mitigation": "rollback"}, ["rollout undo"]),
        ({"mitigation": "restore-credential"}, ["secretKeyRef", "ALTER ROLE"]),
        ({"mitigation": "nothing"}, []),
    ],
)
def test_blind_guesser_does_what_it_was_told_and_closes(luck, done, monkeypatch):
    names = {**NAMES, **{f"luck.{key}": value for key, value in luck.items()}, "luck.scope": "x"}
    monkeypatch.setattr(sys.modules[__name__], "NAMES", names)
    lines = typed("blind")
    assert all(word in line for word, line in zip(done, lines[1:-1], strict=True))
    assert lines[-1].startswith("incident close --scope x")
