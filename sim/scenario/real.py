"""What a scenario does to a real cluster, where it cannot wait for the model's laws to bring it about.

The section `real` has a timeline of its own. How anything is done there is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from sim.scenario.fields import Duration, Name, Spec
from sim.scenario.mistakes import Location
from sim.scenario.timeline import BACKENDS, DONE_BY, KIND, SIMULATED, Fault, StarveProxy
from sim.scenario.trees import Finding, Rule, ids, items, mapping, reference

if TYPE_CHECKING:
    from sim.scenario.spec import Scenario

NO_REAL = "{slug} cannot be played on a real cluster: its scenario.yaml has no section `real`"


class Real(Spec):
    """The same night on a real cluster."""

    timeline: tuple[Fault, ...] = Field(min_length=1)
    """In place of the scenario's; `night_shift` moves it as well."""
    hurts_from: Name = ""
    """Id of the entry with which users begin to fail; left out: the scenario's."""
    begins: Duration | None = None
    """When the evening begins there, on every seed, e.g. `58m`; what is due before is done while the world is set up.
    Left out: a minute before the first entry that is not past."""


def backends_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the backends on which *scenario* can be played."""
    return BACKENDS if scenario.real is not None else (SIMULATED,)


def refusal(scenario: Scenario, backend: str) -> str:
    """Return in one sentence why *scenario* cannot be played on *backend*; empty if it can."""
    if backend not in BACKENDS:
        return f"there is no backend {backend!r}; there are: {', '.join(BACKENDS)}"
    if backend == KIND and scenario.real is None:
        return NO_REAL.format(slug=scenario.slug)
    return ""


def proxy_limit(scenario: Scenario) -> str:
    """Return the memory limit that kube-proxy gets on a real cluster, e.g. `16Mi`; empty: none."""
    for fault in scenario.real.timeline if scenario.real is not None else ():
        if isinstance(fault, StarveProxy):
            return size_text(fault.limit)
    return ""


def size_text(size: int) -> str:
    """Return *size* as Kubernetes writes it.

    >>> size_text(16 << 20), size_text(1000)
    ('16Mi', '1000')
    """
    for shift, unit in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift}{unit}"
    return str(size)


# -- rules between parts ---------------------------------------------------------------------------


def backends_can(tree: dict[str, Any]) -> Iterator[Finding]:
    """Each timeline has only what its backend can do."""
    for keys, backend, where in (
        (("timeline",), SIMULATED, "in the simulated cluster"),
        (("real", "timeline"), KIND, "on a real cluster"),
    ):
        for index, item in items(tree, *keys):
            able = DONE_BY.get(str(item.get("fault")))
            if able is not None and backend not in able:
                said = f"{item['fault']} cannot be done {where}; it can with the backend "
                yield (*keys, index, "fault"), said + " or ".join(able)


def real_agrees(tree: dict[str, Any]) -> Iterator[Finding]:
    """The real timeline names what exists, and has what other parts speak of."""
    if not isinstance(tree.get("real"), dict):
        return
    applications = ids(tree, "applications", by="name")
    roles = set(map(str, mapping(tree.get("roles"))))
    for index, item in items(tree, "real", "timeline"):
        here = ("real", "timeline", index)
        name = item.get("application")
        yield from reference("application", (*here, "application"), name, applications)
        yield from reference("role", (*here, "node"), item.get("node"), roles)
    known = ids(tree, "real", "timeline")
    own = mapping(tree["real"]).get("hurts_from")
    if own:
        yield from reference("fault", ("real", "hurts_from"), own, known)
    elif str(tree.get("hurts_from")) in ids(tree, "timeline") - known:
        yield ("real",), f'has no entry "{tree.get("hurts_from")}"; say `hurts_from` here, too'
    spoken: list[tuple[Location, Any]] = [
        (("history", "changes", index), item.get("fault"))
        for index, item in items(tree, "history", "changes")
    ]
    for index, users in items(tree, "traffic"):
        spoken += [
            (("traffic", index, "classes", number), mapping(client.get("fails")).get("fault"))
            for number, client in items(users, "classes")
        ]
    for where, name in spoken:
        if isinstance(name, str) and name and name not in known:
            yield where, f'speaks of "{name}", which real.timeline does not have'


RULES: tuple[Rule, ...] = (backends_can, real_agrees)
"""Rules about the section `real`, in the order of reading."""
