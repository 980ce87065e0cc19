"""What must agree between hypotheses, what facts say of them, and the points at which to stop and think.

As with the other rules, what cannot be read is left to the type check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.trees import Finding, Rule, ids, items, mapping, reference

FEWEST = 3
"""With fewer hypotheses there is nothing to tell apart."""


def hypotheses_rival(tree: dict[str, Any]) -> Iterator[Finding]:
    """There are several, of different mitigations, and one of them is true."""
    known = ids(tree, "hypotheses")
    truth = tree.get("truth")
    if not tree.get("hypotheses"):
        if truth:
            yield ("truth",), "there are no hypotheses of which one could be true"
        return
    if not truth:
        yield ("hypotheses",), "`truth` says which of them is true, and it is missing"
    yield from reference("hypothesis", ("truth",), truth, known)
    found = items(tree, "hypotheses")
    if len(found) < FEWEST:
        yield ("hypotheses",), f"give at least {FEWEST}: what it is and what else it could be"
    if len({item.get("mitigation") for _, item in found}) == 1 < len(found):
        yield (
            ("hypotheses",),
            "all of them ask for the same mitigation, so nothing is to be told apart",
        )


def facts_weigh(tree: dict[str, Any]) -> Iterator[Finding]:
    """Facts speak of hypotheses that exist; all but those of the recovery say how likely they are."""
    known = ids(tree, "hypotheses")
    for index, fact in items(tree, "facts"):
        odds = mapping(fact.get("likelihood"))
        for name in odds:
            yield from reference("hypothesis", ("facts", index, "likelihood", name), name, known)
        asked = fact.get("about")
        tells = isinstance(asked, list | tuple) and set(asked) - {"recovery"}
        if known and tells and not odds:
            yield ("facts", index), "says of no hypothesis how likely it is (`likelihood`)"


def points_rank(tree: dict[str, Any]) -> Iterator[Finding]:
    """A decision point has one occasion, and ranks every option once."""
    facts = ids(tree, "facts")
    for index, point in items(tree, "freeze"):
        when = mapping(point.get("when"))
        if isinstance(point.get("when"), dict) and len(set(when) & {"fact", "after"}) != 1:
            yield ("freeze", index, "when"), "give `fact` or `after`, and only one of them"
        yield from reference("fact", ("freeze", index, "when", "fact"), when.get("fact"), facts)
        options = ids(point, "options")
        ranking = point.get("ranking")
        if isinstance(ranking, list | tuple) and options:
            for number, name in enumerate(ranking):
                yield from reference("option", ("freeze", index, "ranking", number), name, options)
            missing = sorted(options - set(map(str, ranking)))
            if missing:
                yield ("freeze", index, "ranking"), f"leaves out {', '.join(missing)}"
            if len(set(map(str, ranking))) < len(ranking):
                yield ("freeze", index, "ranking"), "names an option twice"
        for name in mapping(point.get("reasons")):
            yield from reference("option", ("freeze", index, "reasons", name), name, options)


RULES: tuple[Rule, ...] = (hypotheses_rival, facts_weigh, points_rank)
"""Every rule of this file, in the order of reading."""
