"""A scenario author sees every mistake at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import load_scenario, parse_scenario
from sim.scenario.loader import scenario_of
from tests.scenario.texts import FAMILY, SEED, line, mistakes, own, shared


def test_seed_scenario_loads_with_both_players() -> None:
    scenario = load_scenario(SEED)

    assert scenario.slug == "payments-0247"
    assert sorted(book.player for book in scenario.players) == ["junior", "senior"]
    assert scenario.application("payment-service").behaviour.kind == "web-service"


def test_same_files_give_the_same_digest_and_another_text_of_either_another() -> None:
    text, family = own(), (FAMILY, shared())

    first, second = parse_scenario(text, (), family), parse_scenario(text, (), family)
    changed = parse_scenario(text.replace("The 02:47 page", "The 02:48 page"), (), family)
    around = parse_scenario(text, (), (FAMILY, family[1].replace("difficulty: 2", "difficulty: 3")))

    assert first.digest == second.digest
    assert len({first.digest, changed.digest, around.digest}) == 3


def test_scenario_comes_back_from_its_texts() -> None:
    scenario = load_scenario(SEED)

    assert scenario_of(scenario.texts) == scenario
    assert [name for name, _ in scenario.texts] == [
        "scenario.yaml",
        "players/junior.yaml",
        "players/senior.yaml",
        FAMILY,
    ]


def test_durations_and_sizes_become_plain_numbers() -> None:
    scenario = load_scenario(SEED)

    assert scenario.proxy.tight_startup == 24_000
    assert scenario.proxy.limit == 128 << 20
    assert scenario.night_shift == (-240_000, 360_000)


def test_unknown_reference_names_the_line_and_the_nearest() -> None:
    wrong = shared().replace("      database: postgres\n", "      database: postgras\n")

    assert mistakes(family=wrong) == [
        f"{FAMILY}:{line(wrong, 'database: postgras')}: "
        'shared.applications[0].behaviour.database: no application "postgras"; nearest: postgres'
    ]


def test_mistakes_of_both_files_are_reported_together_in_order_of_lines() -> None:
    family = (
        shared().replace("difficulty: 2", "difficulty: 9").replace("startup: 24s", "startup: 24")
    )
    text = (
        own()
        .replace("hurts_from: move-database", "hurts_from: move-databse")
        .replace("change: chg-2061\n", "change: chg-9\n")
    )

    told = mistakes(text, family=family)

    assert told == [
        f"{FAMILY}:{line(family, 'difficulty: 9')}: "
        "shared.difficulty: 9 is not one of 1, 2, 3, 4 or 5",
        f"{FAMILY}:{line(family, 'tight_startup: 24')}: "
        "shared.proxy.tight_startup: a bare 24 has no unit; write e.g. 24s",
        f"scenario.yaml:{line(text, 'hurts_from')}: "
        'hurts_from: no fault "move-databse"; nearest: move-database',
        f"scenario.yaml:{line(text, 'change: chg-9')}: tempting.change: "
        'no change "chg-9"; nearest: chg-2059, chg-2049, chg-2061',
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("slug: payments-0247", "slugg: x", "slugg", '"slugg" is not a field here'),
        ("  zone: UTC\n", "", "", '"zone" is missing'),
        (
            "workers: [5, 8]",
            "workers: [8, 5]",
            "cluster.workers",
            "the range runs backwards: 8 > 5",
        ),
        (
            "fault: rollout\n      application: payment-service\n\n",
            "fault: rolout\n      application: payment-service\n\n",
            "timeline[1]",
            'no kind "rolout"; nearest: rollout',
        ),
        (
            "epoch: 2026-11-20T01:40:00Z",
            "epoch: 2026-11-20 01:40",
            "epoch",
            "'2026-11-20 01:40' has no time zone; write e.g. 2026-11-20T01:40:00Z",
        ),
        (
            "'(?i)\\bwarning\\s+backoff\\s+pod/{app}-'",
            "'(?i)(warning'",
            "facts[5].shown[0].rows[0].match",
            "not a regular expression that RE2 takes: missing ): (?i)(warning",
        ),
        (
            "'(?i)\\bwarning\\s+backoff\\s+pod/{app}-'",
            "'warning(?! backoff)'",
            "facts[5].shown[0].rows[0].match",
            "not a regular expression that RE2 takes: invalid perl operator: (?! (it has no look-around)",
        ),
        (
            "match: '^(?P<pod>{app}-\\w+-\\w+)\\s.*\\s(?P<restarts>\\d+)\\s*$'",
            "match: '^(?P<pod>{app}-\\w+-\\w+)\\s.*\\s(?P<starts>\\d+)\\s*$'",
            "facts[6].shown[1].rows[0]",
            "`match` has no group (?P<restarts>...)",
        ),
        (
            "  limit: 128Mi",
            "  limit: 128 MB",
            "proxy.limit",
            "write a size such as 128Mi or 4Gi",
        ),
    ],
)
def test_one_mistake_is_told_in_an_authors_words(
    old: str, new: str, path: str, message: str
) -> None:
    text, family = own(), shared()
    assert (old in text) != (old in family)
    wrong = mistakes(text.replace(old, new, 1), family=family.replace(old, new, 1))

    assert any(f"{path}: {message}" in told or told.endswith(message) for told in wrong)


def test_placeholder_without_role_is_a_mistake() -> None:
    text = own().replace("{node.bad} reports Ready", "{node.bda} reports Ready")

    assert 'no role "node.bda"; nearest: node.bad' in mistakes(text)[0]


def test_mistake_in_a_playbook_names_its_own_file_and_line() -> None:
    book = (
        "player: senior\ntitle: x\nsteps:\n"
        "  - {after: 10s, type: ls}\n"
        "  - {after: 10s, type: 'echo {crashing}'}\n"
        "  - {after: 10, type: ls, until: {fact: rules-compleet}}\n"
    )

    assert mistakes(own(), (("players/senior.yaml", book),)) == [
        'players/senior.yaml:5: steps[1].type: no role or captured name "crashing"; there are: '
        + ", ".join(sorted(load_scenario(SEED).roles)),
        "players/senior.yaml:6: steps[2].after: a bare 10 has no unit; write e.g. 10s",
        'players/senior.yaml:6: steps[2].until.fact: no fact "rules-compleet"; '
        "nearest: rules-complete, rules-sparse, users-recovered",
    ]


def test_broken_yaml_is_one_mistake_with_its_line() -> None:
    (told,) = mistakes("format: 1\nslug: [a\ntitle: b\n")

    assert told.startswith("scenario.yaml:3: not YAML: ")


def test_folder_without_scenario_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_scenario(tmp_path)
