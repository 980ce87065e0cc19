"""The workload's image: what it is made of, and how it comes to every node."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.backends.kind.cluster import KindCluster, find_cluster
from sim.backends.kind.image import ROOT, build, provide, workload_image
from sim.backends.kind.ownpython import write
from sim.backends.kind.tools import ToolError, Tools
from tests.backends.kind.machine import FOREIGN, FakeMachine


@dataclass(frozen=True)
class Recipe:
    name: str
    dockerfile: str


IMAGE = workload_image()
RECIPES = [
    Recipe(
        f"registry.internal/payments/payment-service:{version}",
        f"FROM {IMAGE}\nENV VERSION={version}",
    )
    for version in ("3.18.1", "3.18.2")
]


@pytest.fixture
def cluster(machine: FakeMachine) -> KindCluster:
    machine.foreign()
    return find_cluster("theirs", machine.environ)


def test_the_name_changes_with_the_programs(tmp_path: Path):
    (tmp_path / "sim/workload").mkdir(parents=True)
    (tmp_path / "sim/__init__.py").touch()
    program = tmp_path / "sim/workload/web.py"
    program.write_text("1")
    before = workload_image(tmp_path)
    (tmp_path / "sim/other.py").write_text("not in it")
    assert workload_image(tmp_path) == before
    program.write_text("2")
    assert workload_image(tmp_path) != before


def test_it_is_built_of_the_dockerfile_of_the_repository(machine: FakeMachine):
    told: list[str] = []
    assert build(Tools(machine.environ), told.append) == IMAGE
    assert machine.ran("docker", "build") == [
        [
            *("build", "--target", "workload", "--tag", IMAGE),
            *("--label", "app.kubernetes.io/managed-by=uncordon", str(ROOT)),
        ]
    ]
    build(Tools(machine.environ), told.append)
    assert len(told) == 1


def test_the_dockerfile_has_the_stage():
    assert " AS workload\n" in (ROOT / "Dockerfile").read_text()


def test_a_failure_that_is_not_the_pull_is_told(machine: FakeMachine):
    (machine.folder / "bin" / "docker").write_text(
        '#!/bin/sh\n[ $1 = image ] && { echo "No such image" >&2; exit 1; }\n'
        'echo "COPY failed: no source files" >&2; exit 1\n'
    )
    with pytest.raises(ToolError, match="COPY failed: no source files"):
        build(Tools(machine.environ), lambda _: None)


def test_an_image_of_that_name_that_is_not_ours_stays(cluster: KindCluster, machine: FakeMachine):
    machine.set(images={RECIPES[0].name: {"id": "sha256:x", "labels": {}}})
    with pytest.raises(
        ToolError, match=f"docker has an image {RECIPES[0].name} that uncordon did not make"
    ):
        provide(cluster, cluster.tools, lambda _: None, recipes=RECIPES)


def test_every_recipe_comes_to_every_node(cluster: KindCluster, machine: FakeMachine):
    told: list[str] = []
    assert provide(cluster, cluster.tools, told.append, recipes=RECIPES) == IMAGE
    wanted = {f"docker.io/library/{IMAGE}", *(one.name for one in RECIPES)}
    assert all(set(one["images"]) == wanted for one in machine.state["containers"].values())
    (saved,) = machine.ran("docker", "save")
    assert set(saved[3:]) == {IMAGE, *(one.name for one in RECIPES)}


def test_only_what_is_missing_is_brought(cluster: KindCluster, machine: FakeMachine):
    provide(cluster, cluster.tools, lambda _: None, recipes=RECIPES)
    (machine.folder / "log.jsonl").unlink()
    provide(cluster, cluster.tools, lambda _: None, recipes=RECIPES)
    assert machine.ran("docker", "save") == machine.ran("docker", "build") == []
    assert machine.ran("docker", "image", "prune") == []
    changed = Recipe(RECIPES[1].name, f"{RECIPES[1].dockerfile}\nENV BROKEN=1")
    provide(cluster, cluster.tools, lambda _: None, recipes=[RECIPES[0], changed])
    assert [line[:4] for line in machine.ran("docker", "build")] == [
        ["build", "--tag", changed.name, "-"]
    ]
    (pruned,) = machine.ran("docker", "image", "prune")
    assert pruned[-1] == "label=app.kubernetes.io/managed-by=uncordon"


def test_a_tag_that_stands_for_another_image_is_brought_anew(
    cluster: KindCluster, machine: FakeMachine
):
    provide(cluster, cluster.tools, lambda _: None)
    images = machine.state["images"]
    images[IMAGE]["id"] = "sha256:rebuilt"
    machine.set(images=images)
    provide(cluster, cluster.tools, lambda _: None)
    assert len(machine.ran("docker", "save")) == 2


def test_each_node_is_written_down_before_it_gets_anything(
    cluster: KindCluster, machine: FakeMachine
):
    machine.set(import_fails=True)
    with pytest.raises(ToolError, match="ctr: no space left on device"):
        provide(cluster, cluster.tools, lambda _: None)
    entries = cluster.journal.entries()
    assert [one.what for one in entries] == [
        f"images on {node}" for node in cluster.aliases.nodes.values()
    ]
    assert all(one.lasting for one in entries)
    assert {one.what.rpartition(" ")[2] for one in entries} == set(FOREIGN)


def test_an_image_of_this_machine_has_python_its_libraries_and_the_programs(tmp_path: Path):
    path = tmp_path / "root.tar"
    with tarfile.open(path, "w") as tar:
        write(tar, Tools(), ROOT, tmp_path)
    with tarfile.open(path) as tar:
        names = set(tar.getnames())
        python = tar.getmember("usr/local/bin/python").linkname
        assert python.lstrip("/") in names
    assert {
        "etc/passwd",
        "tmp",
        "uncordon/sim/workload/__main__.py",
        "uncordon/sim/__init__.py",
    } <= names
    assert any(name.endswith("/socketserver.py") for name in names)
    assert any("/libc.so" in name for name in names)
    assert not any("site-packages" in name or name.startswith("uncordon/sim/cli") for name in names)
