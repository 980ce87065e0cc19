"""The README beside a scenario: its constants are those of the file, its figures those of the model."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sim.node.kubeproxy.law import MIB
from sim.scenario.files import parsed
from sim.scenario.merging import Merged
from tests.docs.reading import codes, section, text
from tests.scenarios.night import Night

FOLDER = "scenarios/payments-0247"
PAGE = f"{FOLDER}/README.md"
OWN = parsed("scenario.yaml", text(f"{FOLDER}/scenario.yaml")).plain
SHARED = parsed("payments.yaml", text("scenarios/families/payments.yaml")).plain["shared"]
SOURCE: dict[str, Any] = Merged(OWN, SHARED, below=("shared",)).tree


def rows(title: str) -> Iterator[list[str]]:
    """Yield the cells of a section's table."""
    lines = re.findall(r"^\| .+ \|$", section(PAGE, title), re.MULTILINE)
    for line in lines[1:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


CONSTANTS = {codes(key)[0]: codes(value)[0] for key, value, _ in rows("Our own laws")}


def found(path: str) -> Any:
    """Return the value of `a.b.c`; an item of a list goes by its name or application."""
    value: Any = SOURCE
    for part in path.split("."):
        if isinstance(value, tuple):
            (value,) = (one for one in value if part in (one.get("application"), one.get("name")))
        else:
            value = value[part]
    return value


@pytest.mark.parametrize("path", CONSTANTS)
def test_constant_is_that_of_the_scenario(path: str) -> None:
    assert parsed(path, CONSTANTS[path]).plain == found(path)


def test_every_number_of_the_law_is_listed() -> None:
    laws = {f"proxy.{name}" for name in SOURCE["proxy"]} - {"proxy.image"}
    assert laws <= set(CONSTANTS)


def test_spoilers_come_last() -> None:
    before, _, after = text(PAGE).partition("\n---\n")
    assert after.lstrip().startswith("## Spoilers")
    assert not re.search(r"kube-proxy|OOM|memory|node-worker", before, re.IGNORECASE)


def test_figures_of_seed_0_come_out_of_the_model() -> None:
    night = Night("payments-0247", 0)
    page = night.until_page()
    api, law = night.backend.api, night.bad.proxy.law
    services = len(api.list("services"))
    endpoints = sum(len(one.get("endpoints") or ()) for one in api.list("endpointslices"))
    added = SOURCE["history"]["onboarding"]["count"]
    flows = {node.name: node.flows for node in night.backend.plan.nodes}
    bad = flows.pop(night.roles["node.bad"])

    def mib(size: int) -> str:
        return f"{size / MIB:.0f} MiB"

    assert [simulated for _, simulated, _ in rows("What comes out, beside published figures")] == [
        f"{services}, {endpoints}",
        mib(law.steady(services, endpoints)),
        mib(law.peak(services, endpoints)),
        mib(law.peak(services - added, endpoints - 2 * added)),
        f"{mib(law.cleanup(services, endpoints, bad))}, "
        f"{mib(law.cleanup(services, endpoints, max(flows.values())))}",
        f"{len(night.proxy_marks('stopped'))} times",
        night.clock(page),
        f"{night.failing:.0%}".replace("%", " %"),
    ]
