"""What a machine lacks is told before anything is made, each lack in one sentence with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.backends.kind.preflight import PreflightError, demand, preflight
from sim.backends.kind.tools import Tools
from tests.backends.kind.machine import FakeMachine


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A machine that has enough of everything."""
    folder = tmp_path / "proc"
    (folder / "sys/fs/inotify").mkdir(parents=True)
    (folder / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable:   8000000 kB\n")
    (folder / "sys/fs/inotify/max_user_instances").write_text("1024\n")
    (folder / "sys/fs/inotify/max_user_watches").write_text("524288\n")
    return folder


def lacks(machine: FakeMachine, proc: Path, *, makes: bool = True, free: float = 1e6) -> list[str]:
    tools = Tools(machine.environ)
    checks = preflight(tools, makes_cluster=makes, proc=proc, free_mib=lambda _: free)
    return [str(check) for check in checks if check.wrong]


def test_a_machine_that_has_everything(machine: FakeMachine, proc: Path):
    assert lacks(machine, proc) == []
    checks = preflight(Tools(machine.environ), makes_cluster=True, proc=proc)
    found = {check.what: check.found for check in checks}
    assert found["docker"] == "29.1.3"
    assert found["kind"] == "v0.32.0"
    assert found["memory"] == "7812 MiB free"
    assert found["fs.inotify.max_user_instances"] == "1024"


INFO = {"ServerVersion": "29.1.3", "MemTotal": 16 << 30}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"daemon": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the ..."},
            "docker: its daemon does not run; start it (sudo systemctl start docker, or Docker Desktop)",
        ),
        (
            {"daemon": "permission denied while trying to connect to the Docker daemon socket"},
            "docker: you may not use it; add yourself to its group (sudo usermod -aG docker $USER) "
            "and log in again",
        ),
        (
            {"info": {"ServerErrors": ["Cannot connect to the Docker daemon at tcp://1.2.3.4."]}},
            "docker: its daemon does not run; start it (sudo systemctl start docker, or Docker Desktop)",
        ),
        (
            {"daemon": "something else"},
            "docker: `docker info --format {{json .}}` failed (1): something else; see to it that "
            "`docker info` works",
        ),
        ({"kind": "v0.20.0"}, "kind: v0.20.0 is too old; install 0.24 or newer"),
        ({"kind": "nightly"}, "kind: `kind version` answers 'kind nightly go1.24.6 linux/amd64'; install kind anew"),
        (
            {"info": {**INFO, "MemTotal": 2 << 30}},
            "memory: docker has 2048 MiB in all, 3072 are needed; give it more (Docker Desktop: "
            "Settings, Resources)",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_tools(
    machine: FakeMachine, proc: Path, state: dict[str, Any], sentence: str
):
    machine.set(**state)
    assert lacks(machine, proc) == [sentence]


@pytest.mark.parametrize("tool", ["docker", "kind"])
def test_a_missing_tool(machine: FakeMachine, proc: Path, tool: str):
    machine.without(tool)
    machine.environ["PATH"] = str(machine.folder / "bin")
    (found,) = lacks(machine, proc)
    assert found.startswith(
        f"{tool}: not on PATH; install {tool.capitalize() if tool == 'docker' else tool} (https"
    )


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        (
            "meminfo",
            "MemAvailable: 1048576 kB\n",
            "memory: 1024 MiB free, 3072 are needed; end programs, or use a machine that has more",
        ),
        (
            "sys/fs/inotify/max_user_instances",
            "128",
            "fs.inotify.max_user_instances: 128 is too few, 512 are needed; "
            "sudo sysctl fs.inotify.max_user_instances=512",
        ),
        (
            "sys/fs/inotify/max_user_watches",
            "8192",
            "fs.inotify.max_user_watches: 8192 is too few, 65536 are needed; "
            "sudo sysctl fs.inotify.max_user_watches=65536",
        ),
    ],
)
def test_what_the_kernel_lacks(
    machine: FakeMachine, proc: Path, file: str, text: str, sentence: str
):
    (proc / file).write_text(text)
    assert lacks(machine, proc) == [sentence]


def test_a_full_disk(machine: FakeMachine, proc: Path):
    machine.set(info={**INFO, "DockerRootDir": str(machine.folder)})
    assert lacks(machine, proc, free=100.0) == [
        f"disk at {machine.folder}: 100 MiB free, 6144 are needed; make room, e.g. `docker system prune`"
    ]


def test_a_kernel_that_says_nothing_is_believed(machine: FakeMachine, tmp_path: Path):
    """Docker Desktop's machine is not this one."""
    assert lacks(machine, tmp_path / "nowhere") == []


def test_old_cgroups_are_a_note_not_a_lack(machine: FakeMachine, proc: Path):
    machine.set(info={**INFO, "CgroupVersion": "1"})
    checks = preflight(Tools(machine.environ), makes_cluster=True, proc=proc)
    assert [str(check) for check in checks if check.advice] == [
        "cgroups: version 1, which Kubernetes 1.35 and newer refuse; if nodes do not start, take "
        "older ones with --image"
    ]
    demand(checks)


def test_a_cluster_that_is_there_needs_docker_only(machine: FakeMachine, tmp_path: Path):
    machine.without("kind")
    assert lacks(machine, tmp_path / "nowhere", makes=False, free=0.0) == []


def test_every_lack_is_told_at_once(machine: FakeMachine, proc: Path):
    machine.set(kind="v0.1.0")
    (proc / "sys/fs/inotify/max_user_instances").write_text("128")
    with pytest.raises(PreflightError) as found:
        demand(preflight(Tools(machine.environ), makes_cluster=True, proc=proc))
    assert len(str(found.value).splitlines()) == 2


def test_missing_packages_are_told(
    machine: FakeMachine, proc: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sim.backends.kind.preflight.find_spec", lambda _: None)
    assert lacks(machine, proc) == [
        "Python packages: urllib3 and websocket not installed; pip install 'uncordon[kind]'"
    ]
