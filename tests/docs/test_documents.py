"""The documents keep their promises: links lead somewhere, examples run, nothing is left unsaid."""

import ast
import json
import re
from pathlib import Path

import pytest

from sim.cli import main
from sim.scenario import Catalogue
from sim.scenario.spec import Scenario
from sim.shell.incident import SUBCOMMANDS
from tests.docs.reading import PAGES, ROOT, anchors, blocks, codes, section, text
from tests.docs.schemas import published

SET_BY_LOADER = {"players", "family_title", "digest", "texts"}
EXAMPLES = [
    (document, number) for document in PAGES for number in range(len(blocks(document, "python")))
]
MARKDOWN = (
    *PAGES,
    "CHANGELOG.md",
    *(f"scenarios/{slug}/README.md" for slug in Catalogue().slugs()),
)


def packages() -> list[str]:
    """Return the packages that stand for themselves: `web` and those directly below `sim`."""
    below = sorted(path.parent for path in (ROOT / "sim").glob("*/__init__.py"))
    return ["web", *(f"sim.{folder.name}" for folder in below)]


@pytest.mark.parametrize("document", MARKDOWN)
def test_internal_links_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    for link in re.findall(r"\]\(([^)\s]+)\)", text(document)):
        path, _, anchor = link.partition("#")
        if link.startswith(("http:", "https:")):
            continue
        target = (folder / path).resolve() if path else ROOT / document
        assert target.exists(), f"{document} links to {link}"
        if anchor:
            assert anchor in anchors(str(target.relative_to(ROOT))), f"{document} links to {link}"


@pytest.mark.parametrize(("document", "number"), EXAMPLES)
def test_python_examples_run(document: str, number: int) -> None:
    exec(
        compile(blocks(document, "python")[number], f"{document} example {number + 1}", "exec"), {}
    )


def test_readme_links_every_document() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#\s]+\.md)", text("README.md")))
    assert linked == {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}


def test_the_two_commands_of_the_readme_exist() -> None:
    (block,) = re.findall(r"^```\n(.*?)^```$", section("README.md", "Two commands"), re.M | re.S)
    wanted = re.findall(r"^make (\w+)", block, re.M)
    assert wanted == ["run", "test"]
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.M))
    assert set(wanted) <= targets


@pytest.mark.parametrize("package", packages())
def test_every_package_says_what_it_is_for(package: str) -> None:
    source = text(package.replace(".", "/") + "/__init__.py")
    assert ast.get_docstring(ast.parse(source)), f"{package} has no docstring"
    assert f"`{package}`" in section("docs/architecture.md", "The packages")


def test_package_table_has_the_layers_of_the_contract() -> None:
    contracts = text("pyproject.toml")
    (layers,) = re.findall(r"^layers = \[\n(.*?)^\]", contracts, re.M | re.S)
    held = [re.findall(r"[\w.]+", line) for line in re.findall(r'"(.+)"', layers)]
    table = section("docs/architecture.md", "The packages")
    rows = re.findall(r"^\| (`.+?`) \|", table, re.M)
    assert [codes(row) for row in rows] == held


def test_every_command_of_the_command_line_is_explained() -> None:
    rows = re.findall(
        r"^\| `uncordon ([\w-]+)`", section("docs/playing.md", "The command line"), re.M
    )
    assert sorted(rows) == sorted(main.commands)


def test_every_incident_subcommand_is_explained() -> None:
    table = section("docs/playing.md", "The desk in the terminal")
    assert re.findall(r"^\| `incident (\w+)", table, re.M) == list(SUBCOMMANDS)


def test_every_section_of_a_scenario_is_explained() -> None:
    table = section("docs/scenarios.md", "Sections")
    rows = re.findall(r"^\| (`.+?`) \|", table, re.M)
    named = [code for row in rows for code in codes(row)]
    assert sorted(named) == sorted(set(Scenario.model_fields) - SET_BY_LOADER)


@pytest.mark.parametrize("path", published(), ids=lambda path: path.name)
def test_published_schema_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == published()[path], "python -m tests.docs.schemas"
    json.loads(path.read_text(encoding="utf-8"))


def test_yaml_examples_speak_the_language_of_the_schema() -> None:
    known = {*_names(json.loads(text("docs/scenario.schema.json")))}
    known |= {*_names(json.loads(text("docs/playbook.schema.json")))}
    known |= {*_names(json.loads(text("docs/family.schema.json")))}
    for block in blocks("docs/scenarios.md", "yaml"):
        for key in re.findall(r"^\s*(?:- )?\{?(\w+):", block, re.M):
            assert key in known, key


def _names(schema: object) -> set[str]:
    if isinstance(schema, list):
        return {name for one in schema for name in _names(one)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    return {*own, *(name for one in schema.values() for name in _names(one))}
