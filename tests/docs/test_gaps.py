"""docs/gaps.md says what the tables of the code say."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields

import pytest

from sim.bash.builtins import REFUSED as REFUSED_BUILTINS
from sim.bash.tools import TEXT_TOOLS
from sim.control import Controllers
from sim.faults.simulated import FAMILIES
from sim.kubectl import program
from sim.kubectl.commands import COMMANDS
from sim.kubectl.invocation import Command
from sim.node.programs import NODE
from sim.node.programs.refused import REFUSED
from tests.docs.reading import codes, section

PAGE = "docs/gaps.md"


def refused(commands: Iterable[Command], path: str = "kubectl") -> Iterator[str]:
    for command in commands:
        here = f"{path} {command.name}"
        if command.unread:
            yield here
        yield from refused(command.subcommands, here)


def test_every_refused_kubectl_command_is_listed_and_no_other() -> None:
    listed = [code for code in codes(section(PAGE, "kubectl")) if code.startswith("kubectl ")]
    assert sorted(listed) == sorted(refused(COMMANDS))


def test_every_refused_flag_is_listed() -> None:
    listed = {code for code in codes(section(PAGE, "kubectl")) if re.fullmatch(r"--[a-z-]+", code)}
    assert listed - {"--filename"} == {f"--{name}" for name in program._REFUSED_FLAGS}


def test_every_refused_builtin_is_listed() -> None:
    known = section(PAGE, "Shell language").split("These builtins", 1)[1].split("\n\n", 1)[0]
    assert codes(known) == sorted(REFUSED_BUILTINS)


def test_text_tools_are_those_of_the_table() -> None:
    listed = section(PAGE, "Text tools").split("Anything else", 1)[0]
    assert codes(listed) == sorted(TEXT_TOOLS)


def test_node_programs_are_those_of_the_table() -> None:
    listed = section(PAGE, "Programs on nodes and in containers")
    here = listed.split("An image has", 1)[0]
    assert codes(here) == sorted(set(NODE) - set(TEXT_TOOLS) - set(REFUSED))
    refused = listed.split("Refused in one line:", 1)[1].split("\n\n", 1)[0]
    assert codes(refused) == sorted(REFUSED)


def test_controllers_that_run_are_listed() -> None:
    running = [field.name for field in fields(Controllers) if field.name != "informers"]
    listed = section(PAGE, "Controllers and kubelet").split("Objects of other kinds", 1)[0]
    assert codes(listed) == running


def test_fault_families_are_listed() -> None:
    line = section(PAGE, "Applications, users, faults").split("Fault families so far:", 1)[1]
    assert codes(line.split("\n", 1)[0]) == sorted(FAMILIES)


@pytest.mark.parametrize("name", ["git", "python3", "helm", "k9s"])
def test_what_is_called_not_found_is_not_there(name: str) -> None:
    assert name not in TEXT_TOOLS
