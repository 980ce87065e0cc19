"""A playbook is typed line by line: names filled in, lines repeated until they show what they should."""

import pytest

from sim.players import Pause, Shown, Type, play_book
from sim.players.playbook import fill
from sim.scenario.playbook import Playbook

NAMES = {"app": "web", "node.bad": "node-3"}


def book(*steps: dict) -> Playbook:
    return Playbook.model_validate(
        {"player": "p", "title": "t", "steps": [{"after": "5s", **step} for step in steps]},
        strict=False,
    )


def typed(playbook: Playbook, *outputs: str, shows=lambda *_: False, limit: int = 50):
    """Play *playbook* against *outputs*, the last of which repeats; return (moves, lines)."""
    play = play_book(playbook, NAMES, shows)
    moves, lines, answer = [], [], None
    while len(moves) < limit:
        try:
            move = play.send(answer)
        except StopIteration:
            break
        moves.append(move)
        if isinstance(move, Pause):
            answer = None
        else:
            out = outputs[min(len(lines), len(outputs) - 1)] if outputs else ""
            answer = Shown(len(lines), out, "", 0)
            lines.append(move.line)
    return moves, lines


def test_lines_are_typed_after_their_pauses_with_their_thoughts():
    moves, _ = typed(book({"type": "ls", "think": "where?"}, {"type": "pwd", "interrupt": "3s"}))
    assert moves == [
        Pause(5000),
        Type("ls", think="where?"),
        Pause(5000),
        Type("pwd", interrupt_ms=3000),
    ]


def test_roles_captures_and_citations_are_filled_in_and_other_braces_stay():
    _, lines = typed(
        book(
            {"id": "pods", "type": "get {app} -o jsonpath={.x}", "capture": {"bad": r"^(\S+) 0/1"}},
            {"type": "delete {bad} --cite {cite:pods} {later}"},
        ),
        "a 0/1\nb 1/1\nc 0/1\na 0/1\n",
    )
    assert lines == ["get web -o jsonpath={.x}", "delete a c --cite command:0 {later}"]


def test_line_is_typed_again_until_its_text_is_there():
    step = {"type": "wc", "until": {"text": "^413$", "every": "30s", "at_most": "10m"}}
    moves, lines = typed(book(step), "2", "2", "413")
    assert lines == ["wc"] * 3
    assert moves.count(Pause(30_000)) == 2


def test_line_is_given_up_after_its_time():
    step = {"type": "wc", "until": {"text": "^413$", "every": "30s", "at_most": "90s"}}
    assert len(typed(book(step), "2")[1]) == 4


def test_fact_on_the_screen_ends_the_wait():
    step = {"type": "look", "until": {"fact": "f", "every": "1s", "at_most": "10m"}}
    seen = typed(
        book(step), "no", "yes", shows=lambda fact, _, shown: (fact, shown.stdout) == ("f", "yes")
    )
    assert seen[1] == ["look", "look"]


def test_citation_is_of_the_last_time_a_line_was_typed():
    step = {"id": "w", "type": "wc", "until": {"text": "413", "every": "1s", "at_most": "1m"}}
    assert typed(book(step, {"type": "{cite:w}"}), "2", "413", "")[1][-1] == "command:1"


def test_what_showed_nothing_is_not_cited():
    close = "close --cite scope={cite:pods} --cite failure={cite:oom} --cite trigger={cite:pods}"
    lines = typed(
        book({"id": "pods", "type": "get"}, {"id": "oom", "type": "grep"}, {"type": close}), "a", ""
    )
    assert lines[1][-1] == "close --cite scope=command:0 --cite trigger=command:0"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{app}", "web"),
        ('{"spec":{"nodeName":"{node.bad}"}}', '{"spec":{"nodeName":"node-3"}}'),
        ("{.items[0]} {2} {nobody}", "{.items[0]} {2} {nobody}"),
    ],
)
def test_only_known_names_are_filled(text, filled):
    assert fill(text, NAMES) == filled
