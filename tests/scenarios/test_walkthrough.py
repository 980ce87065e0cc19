"""The walk-through of seed 0 at the keyboard: each line, typed as it stands, shows what it must."""

from __future__ import annotations

import re

import pytest

from sim.evidence import OutputRecord
from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.play import TERMINAL
from sim.session.run import Run

BAD, GOOD = "payment-service-7f8b9c4d5-x2k9m", "payment-service-7f8b9c4d5-a8j3n"
COLUMNS = (
    "NAME:.metadata.name,STATUS:.status.phase,NODE:.spec.nodeName,"
    "RESTARTS:.status.containerStatuses[0].restartCount"
)

Walk = tuple[str, tuple[str, ...], int]
"""(line, patterns that its output must hold, seconds to let it run before Ctrl-C)."""

WALK: tuple[Walk, ...] = (
    (
        "kubectl get pods -n payments -l app=payment-service -o wide",
        (r"(?s)(CrashLoopBackOff.*node-worker-3.*){2}", r"1/1 +Running.*node-worker-[12]"),
        60,
    ),
    (
        "kubectl get events -n payments --sort-by=.lastTimestamp | tail -20",
        (r"Warning +BackOff +pod/payment-service-7f8b9c4d5",),
        60,
    ),
    (
        "kubectl rollout history deployment/payment-service -n payments",
        (r"(?m)^38 ", r"(?m)^47 .*02:41"),
        60,
    ),
    (
        f"kubectl logs {BAD} -n payments --previous --tail=50",
        (r"FATAL: database connection refused: ECONNREFUSED 10\.96\.45\.12:5432",),
        60,
    ),
    (f"kubectl logs {GOOD} -n payments --tail=10", (r" 20[01] \d+ms",), 60),
    (
        f"kubectl get pods -n payments -l app=payment-service -o custom-columns='{COLUMNS}'",
        (r"NAME +STATUS +NODE +RESTARTS", r"(?s)(node-worker-3 +[56]\n.*){2}"),
        60,
    ),
    ("kubectl describe node node-worker-3 | grep -A 5 Conditions", (r"MemoryPressure +False",), 60),
    (
        f"kubectl exec -it {GOOD} -n payments -- nc -zv 10.96.45.12 5432",
        (r"Connection to 10\.96\.45\.12 5432 port \[tcp/postgresql\] succeeded!",),
        60,
    ),
    (
        'kubectl run debug-net --image=nicolaka/netshoot --overrides=\'{"spec":{"nodeName":'
        '"node-worker-3"}}\' --rm -it -- nc -zv 10.96.45.12 5432',
        (r"nc: connect to 10\.96\.45\.12 port 5432 \(tcp\) failed: Connection timed out",),
        300,
    ),
    ("kubectl cordon node-worker-3", (r"^node/node-worker-3 cordoned\n$",), 60),
    (
        f"kubectl delete pod {BAD} payment-service-7f8b9c4d5-q4r7p -n payments",
        (rf'pod "{BAD}" deleted', r'pod "payment-service-7f8b9c4d5-q4r7p" deleted'),
        60,
    ),
    (
        "kubectl get pods -n payments -l app=payment-service -w",
        (r"(?s)(payment-service-7f8b9c4d5-\w{5} +1/1 +Running.*){4}",),
        40,
    ),
    (
        "ssh node-worker-3 'sudo iptables -t nat -L KUBE-SERVICES | head -20'",
        (r"^Chain KUBE-SERVICES \(2 references\)\ntarget .*\n$",),
        60,
    ),
    (
        "ssh node-worker-3 'sudo systemctl status kube-proxy'",
        (r"kube-proxy\.service", r"Active: active \(running\) since .* 02:50:\d\d UTC"),
        60,
    ),
    (
        "kubectl get ds kube-proxy -n kube-system -o "
        "jsonpath='{.spec.template.spec.containers[0].resources}'",
        (r'"limits":\{"memory":"128Mi"\}',),
        60,
    ),
)


class Keyboard:
    """Somebody who types a line each twenty seconds."""

    def __init__(self) -> None:
        self.run = Run(Catalogue()["payments-0247"], 0)
        self.run.start()

    def type(self, line: str, patience_s: int = 60) -> str:
        run = self.run
        run.advance(run.now + 20_000)
        before, end = len(run.log), run.now + patience_s * 1000
        run.apply(Input(run.now, "command", {"terminal": TERMINAL, "line": line}))
        while run.workstation.busy(TERMINAL) and run.now < end:
            run.advance(run.now + 500)
        if run.workstation.busy(TERMINAL):
            run.apply(Input(run.now, "interrupt", {"terminal": TERMINAL}))
        run.advance(run.now + 1000)
        assert not run.workstation.busy(TERMINAL)
        new = (run.log[number] for number in range(before, len(run.log)))
        return "".join(record.text for record in new if isinstance(record, OutputRecord))


@pytest.fixture(scope="module")
def walked() -> tuple[Keyboard, dict[str, str]]:
    keyboard = Keyboard()
    return keyboard, {line: keyboard.type(line, patience) for line, _, patience in WALK}


@pytest.mark.parametrize(("line", "patterns"), [(line, wanted) for line, wanted, _ in WALK])
def test_each_line_shows_what_the_walk_through_says(walked, line, patterns):
    shown = walked[1][line]
    for pattern in patterns:
        assert re.search(pattern, shown), f"{pattern!r} is not in:\n{shown}"


def test_the_rules_come_back_and_the_node_can_be_used_again(walked):
    keyboard, _ = walked
    keyboard.run.advance(keyboard.run.now + 6 * 60_000)
    count = "ssh node-worker-{} 'sudo iptables -t nat -L KUBE-SERVICES | wc -l'"
    bad, good = keyboard.type(count.format(3)), keyboard.type(count.format(1))
    assert bad == good
    assert int(good) > 400
    assert keyboard.type("kubectl uncordon node-worker-3") == "node/node-worker-3 uncordoned\n"
    assert re.search(r"0\.1\d? ?%", keyboard.type("incident dashboard errors"))
