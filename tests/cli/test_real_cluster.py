"""The whole on a real cluster: the expert's night beside the simulator's, and nothing left behind."""

import json
import os
import subprocess
import sys

import pytest

from sim.session import kind

pytestmark = [pytest.mark.kind, pytest.mark.slow]
HOUR_S = 3600


def test_the_expert_mitigates_there_within_ten_points_of_the_simulator(kind_context, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sim.cli", "fidelity", "payments-0247", "--json"),
            *("--context", kind_context, "--database", f"sqlite:///{tmp_path}/u.db"),
        ],
        capture_output=True,
        text=True,
        timeout=HOUR_S,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        check=False,
    )
    assert done.stdout, done.stderr[-4000:]
    found = json.loads(done.stdout)
    assert found["holds"], "\n".join(found["differences"])
    assert abs(found["page_s"]["kind"] - found["page_s"]["simulated"]) < 120
    assert kind.state(kind_context).left == ()
