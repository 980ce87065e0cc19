"""A run as a file: scored the same elsewhere, and found out if anything in it was changed."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sim import ENGINE_VERSION
from sim.session.bundle import pack, unpack
from sim.session.export import (
    OtherEngineError,
    TamperedError,
    check,
    export,
    kept_scenario,
    take_in,
)
from sim.session.live import Session
from sim.session.storage import RunStore
from tests.session.playing import Wall, enter


@pytest.fixture(scope="module")
def played(scenario, tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('export')}/uncordon.db"
    store = RunStore(url, wall_ms=lambda: 1)
    session = Session.create(scenario, 0, store, holder="secret", who="trainee", wall_ms=Wall())
    for line in (
        "incident ack",
        "kubectl get pods -n payments -o wide",
        "kubectl cordon node-worker-3",
    ):
        enter(session, line)
    session.submit("skip", {"amount_ms": 60_000})
    session.submit("note", {"text": "déjà vu"})
    session.submit("close", {})
    yield session, store, export(store.find(session.row.id), store.inputs(session.row.id), scenario)
    store.close()


def test_an_export_checks_and_names_nobody(played):
    session, _, bundle = played
    data = pack(bundle)
    checked = check(unpack(data))
    assert checked.scenario.digest == session.run.scenario.digest
    assert list(checked.log) == list(session.run.finish())
    text = json.dumps([bundle.head.scenario, bundle.inputs, bundle.evidence])
    assert "secret" not in text
    assert session.row.id not in text


def test_it_is_taken_in_elsewhere_and_comes_out_the_same(played, tmp_path):
    _, _, bundle = played
    other = RunStore(f"sqlite:///{tmp_path}/other.db", wall_ms=lambda: 7)
    row = take_in(check(bundle), other, holder="local")
    found = kept_scenario(other, row)
    assert found is not None
    assert pack(export(row, other.inputs(row.id), found)) == pack(bundle)
    other.close()


def test_a_changed_input_does_not_make_the_evidence(played):
    _, _, bundle = played
    number = next(n for n, one in enumerate(bundle.inputs) if "cordon" in one[2])
    at, kind, payload = bundle.inputs[number]
    inputs = [*bundle.inputs]
    inputs[number] = (at, kind, payload.replace("node-worker-3", "node-worker-1"))
    with pytest.raises(
        TamperedError, match=r"evidence \d+ \(command at 02:47:.*line is .*worker-3"
    ):
        check(replace(bundle, inputs=inputs))


def test_changed_evidence_is_named_with_what_it_should_be(played):
    _, _, bundle = played
    number = next(n for n, one in enumerate(bundle.evidence) if '"kind":"note"' in one)
    evidence = [*bundle.evidence]
    evidence[number] = evidence[number].replace("vu", "lu")
    with pytest.raises(TamperedError, match=rf'evidence {number} \(note .*text is "déjà lu"'):
        check(replace(bundle, evidence=evidence))
    with pytest.raises(TamperedError, match="but the inputs make"):
        check(replace(bundle, evidence=bundle.evidence[:-1]))


def test_a_changed_scenario_has_another_digest(played):
    _, _, bundle = played
    texts = tuple((name, text.replace("\n", " \n", 1)) for name, text in bundle.texts)
    with pytest.raises(TamperedError, match=r"has digest .*its header says"):
        check(replace(bundle, texts=texts))


def test_another_engine_is_told(played):
    _, _, bundle = played
    with pytest.raises(OtherEngineError, match=f"engine 9.9; this is {ENGINE_VERSION}"):
        check(replace(bundle, head=replace(bundle.head, engine="9.9")))


def test_inputs_that_are_none_are_told(played):
    _, _, bundle = played
    with pytest.raises(TamperedError, match="cannot be played again"):
        check(replace(bundle, inputs=[(4_100_000, "update", "{}")]))


_ELSEWHERE = """
import sys
from pathlib import Path
from sim.cli.scorecard import scorecard_json
from sim.cli.runs import rescore
import json
print(json.dumps(scorecard_json(rescore(sys.argv[1], "sqlite://"))))
"""


def test_the_score_is_the_same_on_another_machine(played, tmp_path):
    _, _, bundle = played
    path = tmp_path / "x.uncordon.jsonl.gz"
    path.write_bytes(pack(bundle))
    said = {
        subprocess.run(
            [sys.executable, "-c", _ELSEWHERE, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("4242", "Asia/Tokyo"))
    }
    (text,) = said
    assert json.loads(text)["total"] > 0
