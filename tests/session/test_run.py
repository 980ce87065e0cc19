"""A run is a pure function of its inputs: replay, cuts, processes, and what is left out."""

import hashlib
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.evidence import CommandRecord, ImpactRecord, OutputRecord
from sim.scenario import Catalogue
from sim.scoring import Impact
from sim.session.inputs import Input
from sim.session.run import Run, replay, try_apply

MINUTE = 60_000
LINES = (
    "kubectl get pods -n payments -o wide",
    "kubectl get pods -n payments -w",
    "kubectl rollout restart deployment/payment-service -n payments",
    "kubectl delete pod -n payments -l app=postgres --wait=false",
    "ssh node-worker-3 'sudo iptables -t nat -L KUBE-SERVICES -n | wc -l'",
    "kubectl cordon node-worker-3",
    "incident dashboard errors --by node",
    "sleep 30",
    "kubectl logs deployment/payment-service -n payments --tail=5",
    "nonsense | wc -l",
)


@pytest.fixture(scope="module")
def scenario():
    return Catalogue()["payments-0247"]


def evidence(scenario, inputs, cuts=()) -> str:
    run = Run(scenario, 0)
    run.start()
    marks = sorted(
        [(one.at, 1, number) for number, one in enumerate(inputs)] + [(at, 0, 0) for at in cuts]
    )
    for at, is_input, number in marks:
        if is_input:
            try_apply(run, inputs[number])
        elif at > run.now:
            run.advance(at)
    run.advance(75 * MINUTE)
    return run.log.dumps()


def commands(picks: list[tuple[int, int]]) -> list[Input]:
    at, inputs = 67 * MINUTE + 5_000, []
    for gap, index in picks:
        at += gap
        inputs.append(Input(at, "command", {"terminal": "t1", "line": LINES[index]}))
        at += 20_000
        inputs.append(Input(at, "interrupt", {"terminal": "t1"}))
    return inputs


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(0, len(LINES) - 1)), max_size=5),
    st.lists(st.integers(67 * MINUTE, 75 * MINUTE), max_size=12),
)
def test_how_an_evening_is_cut_leaves_no_trace(scenario, picks, cuts):
    inputs = commands(picks)
    assert evidence(scenario, inputs, cuts) == evidence(scenario, inputs)


_DIGEST = """
import hashlib, sys
from tests.session.test_run import commands, evidence
from sim.scenario import Catalogue
text = evidence(Catalogue()["payments-0247"], commands([(4000, i) for i in range(10)]))
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_same_inputs_give_the_same_bytes_in_every_process():
    digests = set()
    for seed in ("0", "1", "4242"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", _DIGEST], env=environ, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == hashlib.sha256().digest_size * 2


def test_the_page_comes_at_0247_on_seed_0(scenario):
    run = Run(scenario, 0)
    run.start()
    assert run.epoch.rfc3339(run.paged_at) == "2026-11-20T02:47:00Z"


def test_a_command_belongs_to_the_run_and_its_output_to_the_instant_that_caused_it(scenario):
    run = Run(scenario, 0)
    run.start()
    run.apply(Input(run.now + 1000, "command", {"terminal": "t1", "line": "sleep 5; echo done"}))
    started = run.now
    run.advance(run.now + 60_000)
    (command,) = run.log.of(CommandRecord)
    outputs = [one for one in run.log.of(OutputRecord) if one.command == command.command]
    assert [(one.at - started, one.text) for one in outputs] == [(5_000, "done\n")]


def test_leaving_the_mitigation_out_brings_the_untouched_loss_back(scenario):
    def losing(line: str, without: frozenset[int]) -> float:
        inputs = [Input(68 * MINUTE, "command", {"terminal": "t1", "line": line})]
        log = replay(scenario, 0, inputs, without=without)
        assert list(log.of(ImpactRecord))
        return Impact.of(log).lost(67 * MINUTE, 127 * MINUTE)

    line = (
        "kubectl cordon node-worker-3 && kubectl delete pods -n payments "
        "--field-selector spec.nodeName=node-worker-3 --wait=false"
    )
    untouched = losing("true", frozenset())
    assert losing(line, frozenset({0})) == untouched
    assert losing(line, frozenset()) < untouched / 5
