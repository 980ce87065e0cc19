"""A scenario author sees every mistake at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load_scenario, parse_scenario
from sim.scenario.catalogue import FOLDER

SEED = FOLDER / "payments-0247"


def _text() -> str:
    return (SEED / "scenario.yaml").read_text(encoding="utf-8")


def _line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def _mistakes(text: str, players: tuple[tuple[str, str], ...] = ()) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, players)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_seed_scenario_loads_with_both_players() -> None:
    scenario = load_scenario(SEED)

    assert scenario.slug == "payments-0247"
    assert sorted(book.player for book in scenario.players) == ["junior", "senior"]
    assert scenario.application("payment-service").behaviour.kind == "web-service"


def test_same_files_give_the_same_digest_and_another_text_another() -> None:
    text = _text()

    first, second = parse_scenario(text), parse_scenario(text)
    changed = parse_scenario(text.replace("The 02:47 page", "The 02:48 page"))

    assert first.digest == second.digest != changed.digest


def test_durations_and_sizes_become_plain_numbers() -> None:
    scenario = load_scenario(SEED)

    assert scenario.proxy.tight_startup == 24_000
    assert scenario.proxy.limit == 128 << 20
    assert scenario.night_shift == (-240_000, 360_000)


def test_unknown_reference_names_the_line_and_the_nearest() -> None:
    wrong = _text().replace("      database: postgres\n", "      database: postgras\n")

    assert _mistakes(wrong) == [
        f"scenario.yaml:{_line(wrong, 'database: postgras')}: "
        'applications[0].behaviour.database: no application "postgras"; nearest: postgres'
    ]


def test_several_mistakes_are_reported_together_in_order_of_lines() -> None:
    text = (
        _text()
        .replace("difficulty: 2", "difficulty: 9")
        .replace("tight_startup: 24s", "tight_startup: 24")
        .replace("hurts_from: move-database", "hurts_from: move-databse")
        .replace("change: chg-2061\n", "change: chg-9\n")
    )

    told = _mistakes(text)

    assert told == [
        f"scenario.yaml:{_line(text, 'difficulty: 9')}: difficulty: 9 is not one of 1, 2, 3, 4 or 5",
        f"scenario.yaml:{_line(text, 'tight_startup: 24')}: "
        "proxy.tight_startup: a bare 24 has no unit; write e.g. 24s",
        f"scenario.yaml:{_line(text, 'hurts_from')}: "
        'hurts_from: no fault "move-databse"; nearest: move-database',
        f"scenario.yaml:{_line(text, 'change: chg-9')}: tempting.change: "
        'no change "chg-9"; nearest: chg-2059, chg-2049, chg-2061',
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("slug: payments-0247", "slugg: x", "slugg", '"slugg" is not a field here'),
        ("zone: UTC\n", "", "", '"zone" is missing'),
        (
            "workers: [5, 8]",
            "workers: [8, 5]",
            "cluster.workers",
            "the range runs backwards: 8 > 5",
        ),
        (
            "fault: rollout\n    application",
            "fault: rolout\n    application",
            "timeline[0]",
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
            "facts[2].shown[0].rows[0].match",
            "not a regular expression: missing ), unterminated subpattern at position 4",
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
    text = _text()
    assert old in text
    wrong = text.replace(old, new, 1)

    assert any(f"{path}: {message}" in told or told.endswith(message) for told in _mistakes(wrong))


def test_placeholder_without_role_is_a_mistake() -> None:
    text = _text().replace("{node.bad} reports Ready", "{node.bda} reports Ready")

    assert 'no role "node.bda"; nearest: node.bad' in _mistakes(text)[0]


def test_mistake_in_a_playbook_names_its_own_file_and_line() -> None:
    book = (
        "player: senior\ntitle: x\nsteps:\n"
        "  - {after: 10s, type: ls}\n"
        "  - {after: 10s, type: 'echo {crashing}'}\n"
        "  - {after: 10, type: ls, until: {fact: rules-compleet}}\n"
    )

    assert _mistakes(_text(), (("players/senior.yaml", book),)) == [
        'players/senior.yaml:5: steps[1].type: no role or captured name "crashing"; there are: '
        + ", ".join(sorted(load_scenario(SEED).roles)),
        "players/senior.yaml:6: steps[2].after: a bare 10 has no unit; write e.g. 10s",
        'players/senior.yaml:6: steps[2].until.fact: no fact "rules-compleet"; '
        "nearest: rules-complete, rules-sparse, users-recovered",
    ]


def test_broken_yaml_is_one_mistake_with_its_line() -> None:
    (told,) = _mistakes("format: 1\nslug: [a\ntitle: b\n")

    assert told.startswith("scenario.yaml:3: not YAML: ")


def test_folder_without_scenario_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_scenario(tmp_path)
