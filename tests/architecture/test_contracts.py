"""Every import contract has been seen to fail: in an empty copy of the tree, a forbidden import breaks it.

The copy has the packages that the contracts name and nothing in them, so that what breaks a contract
is the one import that a test adds.
"""

import itertools
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]
LAYERED, *_ = CONTRACTS
LAYERS = [line.split(" | ") for line in LAYERED["layers"]]

VIOLATIONS = {
    "A package imports only what lies below it": ("sim.apiserver", "sim.node"),
    "The operator's side never reaches the cluster's side": ("sim.kubectl", "sim.apiserver"),
    "Scoring and evidence reach neither side": ("sim.scoring", "sim.kubectl"),
    "Only the API server touches its store": ("sim.node", "sim.apiserver.store"),
    "What runs in a real pod stands alone": ("sim.workload", "sim.kernel"),
    "The two backends do not know each other": ("sim.backends.kind", "sim.backends.simulated"),
    "Flask stays in web": ("sim.session", "flask"),
    "web and the command line see a session, never the cluster inside it": ("web", "sim.node"),
}
"""Contract -> an import that it forbids."""

ALONE = {"sim.workload"}
"""In no layer: it imports nothing of ours."""

INDIRECT = {
    "The operator's side never reaches the cluster's side": [
        ("sim.shell", "sim.scenario"),
        ("sim.scenario", "sim.apiserver"),
    ],
    "Scoring and evidence reach neither side": [
        ("sim.scoring", "sim.scenario"),
        ("sim.scenario", "sim.reconcile"),
    ],
}
"""Contracts that hold whole chains -> one through a package that may do the second step."""


def named() -> set[str]:
    """Return every module of ours that a contract names."""
    words = itertools.chain.from_iterable(LAYERS)
    lists = (
        contract.get(key, [])
        for contract in CONTRACTS
        for key in ("source_modules", "forbidden_modules", "modules")
    )
    every = {*words, *itertools.chain.from_iterable(lists), "sim", "web"}
    return {name for name in every if name.split(".")[0] in {"sim", "web"}}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return an empty copy of the tree with the project's contracts."""
    for name in named():
        folder = tmp_path.joinpath(*name.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add_import(tree: Path, importer: str, imported: str) -> None:
    path = tree.joinpath(*importer.split("."), "__init__.py")
    path.write_text(f"import {imported}\n", encoding="utf-8")


def broken(tree: Path) -> set[str]:
    """Run lint-imports in *tree* and return the contracts that it calls broken."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )
    told = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", done.stdout, re.MULTILINE))
    assert set(told) == {contract["name"] for contract in CONTRACTS}, done.stdout + done.stderr
    assert (done.returncode == 0) == ("BROKEN" not in told.values())
    return {name for name, verdict in told.items() if verdict == "BROKEN"}


def test_every_contract_has_a_violation_here() -> None:
    assert set(VIOLATIONS) == {contract["name"] for contract in CONTRACTS}


def test_copy_without_imports_keeps_every_contract(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize("name", VIOLATIONS)
def test_one_forbidden_import_breaks_its_contract(copy: Path, name: str) -> None:
    add_import(copy, *VIOLATIONS[name])
    assert name in broken(copy)


@pytest.mark.parametrize("name", INDIRECT)
def test_forbidden_package_behind_another_breaks_the_contract(copy: Path, name: str) -> None:
    for importer, imported in INDIRECT[name]:
        add_import(copy, importer, imported)
    assert broken(copy) == {name}


def keeps_layers(importer: str, imported: str) -> bool:
    """Return whether the contract about layers lets *importer* import *imported*."""
    graph = grimp.ImportGraph()
    for name in named():
        graph.add_module(name)
    graph.add_import(importer=importer, imported=imported)
    options = {"layers": LAYERED["layers"]}
    contract = LayersContract(LAYERED["name"], {"root_packages": ["sim", "web"]}, options)
    return bool(contract.check(graph, verbose=False).kept)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [pair for layer in LAYERS for pair in itertools.permutations(layer, 2)],
)
def test_siblings_are_independent(importer: str, imported: str) -> None:
    assert not keeps_layers(importer, imported)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [(low, up) for over, under in itertools.pairwise(LAYERS) for low in under for up in over],
)
def test_a_package_imports_downwards_only(lower: str, upper: str) -> None:
    assert not keeps_layers(lower, upper)
    assert keeps_layers(upper, lower)


def test_every_package_has_its_layer() -> None:
    below = {path.parent.name for path in (ROOT / "sim").glob("*/__init__.py")}
    layered = set(itertools.chain.from_iterable(LAYERS))
    assert {f"sim.{name}" for name in below} | {"web"} == layered | ALONE
