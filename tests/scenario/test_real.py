"""What a scenario does on a real cluster: it says so itself, or it is not played there."""

from __future__ import annotations

import pytest

from sim.scenario import load_scenario
from sim.scenario.loader import FOLDER
from sim.scenario.real import backends_of, proxy_limit, refusal, size_text
from tests.scenario.texts import FAMILY, SEED, line, mistakes, own, shared

REAL = "\nreal:\n"


def test_seed_says_what_happens_on_a_real_cluster() -> None:
    scenario = load_scenario(SEED)
    played = scenario.on("kind")

    assert backends_of(scenario) == ("simulated", "kind")
    assert refusal(scenario, "kind") == ""
    assert [one.fault for one in played.timeline] == [
        "set-secret",
        "rollout",
        "starve-proxy",
        "replace-pod",
    ]
    assert (played.hurts_from, played.digest) == ("move-database", scenario.digest)
    assert [one.fault for one in scenario.on("simulated").timeline] == [
        "set-secret",
        "replace-others",
        "rollout",
        "replace-pod",
    ]
    assert proxy_limit(scenario) == "16Mi"


@pytest.mark.parametrize(
    ("slug", "families", "hurts_from"),
    [
        ("payments-heron", ["set-secret", "rollout"], "rollout"),
        ("payments-wren", ["set-secret", "set-secret", "set-password", "rollout"], "revoke"),
        ("payments-swift", ["set-secret", "rollout"], "rollout"),
    ],
)
def test_the_other_nights_need_nothing_that_a_simulated_one_does_not_have(
    slug: str, families: list[str], hurts_from: str
) -> None:
    scenario = load_scenario(FOLDER / slug)
    played = scenario.on("kind")
    there = {one.id: one for one in scenario.timeline if one.id != "tidy-up"}

    assert backends_of(scenario) == ("simulated", "kind")
    assert [one.fault for one in played.timeline] == families
    assert {one.id: one for one in played.timeline} == there
    assert played.hurts_from == hurts_from
    assert proxy_limit(scenario) == ""


def test_scenario_without_the_section_says_so() -> None:
    scenario = load_scenario(FOLDER / "payments-wren").model_copy(update={"real": None})
    told = (
        "payments-wren cannot be played on a real cluster: its scenario.yaml has no section `real`"
    )

    assert backends_of(scenario) == ("simulated",)
    assert refusal(scenario, "kind") == told
    assert refusal(scenario, "simulated") == ""
    assert refusal(scenario, "mars") == "there is no backend 'mars'; there are: simulated, kind"
    with pytest.raises(ValueError, match="has no section `real`"):
        scenario.on("kind")


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        (
            "      fault: starve-proxy\n      node: node.bad\n",
            "      fault: starve-proxy\n      node: node.bda\n",
            "      node: node.bda",
            'real.timeline[2].node: no role "node.bda"; nearest: node.bad, node.good, node.pool',
        ),
        (
            "    - id: starve-proxy\n",
            "    - id: rollout\n",
            "    - id: rollout\n      at: 62m15s",
            'real.timeline[2].id: "rollout" is already used by timeline[1]',
        ),
        (
            "    - id: move-database\n      at: 62m46s\n      shift: [0s, 25s]\n      fault",
            "    - id: move\n      at: 62m46s\n      shift: [0s, 25s]\n      fault",
            "real:\n",
            'real: has no entry "move-database"; say `hurts_from` here, too',
        ),
        (
            "real:\n",
            "real:\n  hurts_from: nothing\n",
            "  hurts_from: nothing",
            'real.hurts_from: no fault "nothing"; there are: move-database, rollout, '
            "staging-rotation, starve-proxy",
        ),
        (
            "      limit: 16Mi\n",
            "      limit: 16\n",
            "      limit: 16\n",
            "real.timeline[2].limit: write a size such as 128Mi or 4Gi",
        ),
    ],
)
def test_mistakes_in_it_are_told_with_their_lines(old: str, new: str, at: str, told: str) -> None:
    head, _, tail = own().partition(REAL)
    text = (head + REAL + tail).replace(REAL, REAL, 1)
    begin = text.index(REAL)
    wrong = text[:begin] + text[begin:].replace(old, new, 1)

    assert f"scenario.yaml:{line(wrong, at)}: {told}" in mistakes(wrong)


def test_a_family_that_its_backend_cannot_do_is_refused_in_one_sentence() -> None:
    head, _, tail = own().partition(REAL)
    wrong = head + REAL + tail.replace("fault: rollout\n", "fault: replace-others\n", 1)
    rollout = "fault: rollout\n      application: payment-service\n\n"
    starving = "fault: starve-proxy\n      node: node.bad\n      limit: 16Mi\n\n"
    family = shared().replace(rollout, starving, 1)

    told = mistakes(wrong, family=family)

    assert (
        f"scenario.yaml:{line(wrong, 'fault: replace-others')}: real.timeline[1].fault: "
        "replace-others cannot be done on a real cluster; it can with the backend simulated"
    ) in told
    assert (
        f"{FAMILY}:{line(family, 'fault: starve-proxy')}: shared.timeline[2].fault: "
        "starve-proxy cannot be done in the simulated cluster; it can with the backend kind"
    ) in told


def test_entries_that_other_parts_speak_of_are_there() -> None:
    head, _, tail = own().partition(REAL)
    wrong = head + REAL + tail.replace("- id: rollout\n", "- id: release\n", 1)

    assert (
        f"scenario.yaml:{line(wrong, '- id: chg-2061')}: history.changes[0]: "
        'speaks of "rollout", which real.timeline does not have'
    ) in mistakes(wrong)


@pytest.mark.parametrize(
    ("size", "text"),
    [(16 << 20, "16Mi"), (3 << 30, "3Gi"), (1536, "1536"), (2048, "2Ki"), (0, "0")],
)
def test_sizes_read_as_kubernetes_writes_them(size: int, text: str) -> None:
    assert size_text(size) == text
