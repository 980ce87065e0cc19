"""One user of a cluster at a time, and nothing that a killed one has started goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from sim.backends.kind.hold import BusyError, Hold, user_of
from sim.backends.kind.places import WORK, state_folder

HOLDER = """
import sys, subprocess, time
from sim.backends.kind.hold import Hold
hold = Hold("c", "run 7f3a")
hold.__enter__()
child = subprocess.Popen(
    ["sleep", "60"], pass_fds=hold.tools._inherited, start_new_session=True, stdout=subprocess.DEVNULL
)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def holder(environ: Mapping[str, str]) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**environ, "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_threads_exclude_each_other_as_processes_do(environ: Mapping[str, str]):
    with Hold("c", "run 1", environ):
        assert user_of("c", environ) == f"run 1, process {os.getpid()}"
        with (
            pytest.raises(BusyError, match="c is in use by run 1, process"),
            Hold("c", "2", environ),
        ):
            pass
        with Hold("another", "run 2", environ):
            pass
    assert user_of("c", environ) == ""
    with Hold("c", "run 3", environ):
        pass


def test_what_a_killed_user_has_started_is_ended(environ: Mapping[str, str]):
    process, child = holder(environ)
    assert user_of("c", environ) == f"run 7f3a, process {process.pid}"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert lives(child)
    with Hold("c", "up", environ) as hold:
        assert hold.ended_orphans
        assert not lives(child)


def test_the_folder_may_be_removed_by_its_user(environ: Mapping[str, str]):
    with Hold("c", "down", environ):
        shutil.rmtree(state_folder("c", environ))
    assert user_of("c", environ) == ""
    with (
        Hold("c", "up", environ),
        pytest.raises(BusyError),
        Hold("c", "up", environ),
    ):
        pass


def test_a_cluster_is_claimed_whatever_folder_its_user_has(tmp_path: Path):
    cluster = uuid4().hex
    mine, theirs = ({"XDG_STATE_HOME": str(tmp_path / name)} for name in ("mine", "theirs"))
    with Hold("c", "run 1", mine) as first, Hold("c", "run 2", theirs) as second:
        first.claim(cluster)
        first.claim(cluster)
        second.claim(uuid4().hex)
        with Hold("d", "run 3", theirs) as third:
            with pytest.raises(
                BusyError, match=f"d is in use by process {os.getpid()}, which keeps"
            ):
                third.claim(cluster)
            first.__exit__(None, None, None)
            third.claim(cluster)


def test_nobody_uses_a_cluster_that_was_never_used(environ: Mapping[str, str]):
    assert user_of("c", environ) == ""


def test_large_files_of_a_killed_process_go(environ: Mapping[str, str]):
    left = state_folder("c", environ) / WORK / "half/image.tar"
    left.parent.mkdir(parents=True)
    left.touch()
    with Hold("c", "a run", environ):
        assert not left.exists()
