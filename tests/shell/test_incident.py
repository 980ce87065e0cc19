from __future__ import annotations

import re
import shlex

import pytest

from sim.evidence import OutputRecord
from sim.shell.incident import SUBCOMMANDS
from sim.shell.manual import MANUAL
from sim.shell.prose import indented, page, wrapped
from tests.shell.world import Laptop

PICKS = "--component c1 --failure f1 --trigger t1 --mechanism m1 --scope s1"


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("incident ack", ("acknowledge",)),
        ("incident note two pods crash", ("note", "two pods crash")),
        ("incident update 'looking at it'", ("update", "looking at it", "", {})),
        (
            "incident update --to ada --impact '12 %' --next=03:00 -- --done",
            ("update", "--done", "ada", {"impact": "12 %", "next": "03:00"}),
        ),
        (
            "incident ticket --origin O --fix=f --owner Platform raise the limit",
            ("ticket", "o", "f", "platform", "raise the limit"),
        ),
        ("incident remind tomorrow look again", ("remind", "tomorrow", "look again")),
        ("incident silence web 5xx --for 1h30m", ("silence", "web 5xx", 5_400_000)),
        (
            f"incident close {PICKS} --cite component=command:1,panel:0 --handover 'all fine'",
            (
                "close",
                {"component": "c1", "failure": "f1", "trigger": "t1", "mechanism": "m1", "scope": "s1"},
                {"component": ["command:1", "panel:0"]},
                "all fine",
            ),
        ),
        ("incident close --component c2 --partial", ("close", {"component": "c2"}, {}, "")),
        (
            f"incident close {PICKS} --cite 'Component,scope=Command:1;trigger=panel:0' "
            "--cite trigger=command:1,mechanism=command:1",
            (
                "close",
                {"component": "c1", "failure": "f1", "trigger": "t1", "mechanism": "m1", "scope": "s1"},
                {
                    "component": ["command:1"],
                    "scope": ["command:1"],
                    "trigger": ["panel:0", "command:1"],
                    "mechanism": ["command:1"],
                },
                "",
            ),
        ),
    ],
)  # fmt: skip
def test_a_subcommand_reaches_the_desk(laptop: Laptop, line: str, call: tuple[object, ...]) -> None:
    laptop.run(line)
    assert laptop.desk.asked == [call]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("incident nosuch", "incident: no subcommand 'nosuch'; `incident help` lists them\n"),
        ("incident ack --now", "incident: no option '--now' here; there are: none\n"),
        ("incident update --to", "incident: option '--to' needs a value\n"),
        ("incident dashboard nosuch", "incident: no panel 'nosuch'; there are: errors\n"),
        (
            "incident ticket --fix f text",
            "incident: a ticket needs --origin, --owner; `incident choices` lists what can be picked\n",
        ),
        (
            "incident close --component c1",
            "incident: still open: --failure --trigger --mechanism --scope; "
            "`incident choices` lists the picks, --partial closes without the rest\n",
        ),
        (
            f"incident close {PICKS} --cite component=12",
            "incident: nothing was closed: cannot cite 'component=12'; "
            "write e.g. --cite component=command:12,panel:3 (`incident cite` lists them)\n",
        ),
        (
            f"incident close {PICKS} --cite weather=panel:0",
            "incident: nothing was closed: cannot cite for 'weather': the picks are component, failure, "
            "trigger, mechanism, scope; write e.g. --cite component=command:12,panel:3 "
            "(`incident cite` lists them)\n",
        ),
        (
            "incident close --partial",
            "incident: nothing was closed: --partial leaves out picks that you do not know, but one "
            "has to be there, e.g. --scope ID; `incident choices` lists them\n",
        ),
        (
            "incident close --scope s1 --partial all is well",
            "incident: nothing was closed: unexpected 'all'; words to whoever takes over go behind "
            "--handover, in quotes\n",
        ),
        (
            "incident ticket --origin o --fix f --owner platfrm",
            "incident: nothing was filed: no owner 'platfrm'; did you mean platform? "
            "`incident choices owner` lists them\n",
        ),
        (
            "incident close --scope nowhere --partial",
            "incident: nothing was closed: no scope 'nowhere'; `incident choices scope` lists them\n",
        ),
        (
            "incident remid tomorrow",
            "incident: no subcommand 'remid'; did you mean `incident remind`? `incident help` lists them\n",
        ),
        ("incident dashboard --by zone", "incident: which chart? e.g. incident dashboard errors --by zone\n"),
        (
            "incident choices weather",
            "incident: no question 'weather'; there are: component, failure, trigger, mechanism, scope, "
            "origin, fix, owner\n",
        ),
        ("incident help nosuch", "incident: no subcommand 'nosuch'; `incident help` lists them\n"),
        ("incident silence x --for soon", "incident: 'soon' is not a duration; write e.g. 90s, 5m, 1h30m\n"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_next_and_does_nothing(laptop: Laptop, line: str, message: str) -> None:
    assert laptop.run(line) == message
    assert laptop.desk.asked == []


def test_panels_are_shown_and_count_as_asked(laptop: Laptop) -> None:
    assert laptop.run("incident dashboard errors --by zone") == "panel errors zone\n"
    assert laptop.run("incident changes chg-7") == "panel change:chg-7\n"
    assert laptop.run("incident runbook kube-proxy") == "panel document:kube-proxy\n"
    assert laptop.run("incident") == "panel page\n"
    asked = [record.asked for record in laptop.log.of(OutputRecord)]
    assert asked == [True, True, False, True]


def test_the_dashboard_without_a_panel_shows_the_four_usual_ones(laptop: Laptop) -> None:
    text = laptop.run("incident dashboard")
    assert text == "panel errors\n\npanel requests\n\npanel latency\n\npanel ready\n"


def test_what_was_seen_can_be_cited(laptop: Laptop) -> None:
    laptop.run("kubectl get pods -A")
    laptop.run("echo not seen")
    laptop.run("incident alerts")
    assert laptop.run("incident cite") == (
        "command:0    02:47:00  kubectl get pods -A\npanel:0      02:47:00  alerts\n"
    )


def test_help_fits_a_terminal_and_names_every_subcommand(laptop: Laptop) -> None:
    text = laptop.run("incident help")
    assert all(f"incident {name}" in text for name in SUBCOMMANDS)
    pages = [text, laptop.run("incident choices")]
    pages += [laptop.run(f"incident help {name}") for name in SUBCOMMANDS]
    assert [line for page in pages for line in page.splitlines() if len(line) > 80] == []


def test_every_subcommand_is_explained_with_examples_that_are_read(laptop: Laptop) -> None:
    assert set(MANUAL) == set(SUBCOMMANDS) - {"help"}
    assert laptop.run("incident close --help") == laptop.run("incident help close")
    for name, text in MANUAL.items():
        joined = re.sub(r"\\\n +|\n {4}(?=\w)", " ", text)
        for example in re.findall(rf"^  incident {name} (.*)$", joined, re.MULTILINE):
            options = [word for word in shlex.split(example) if word.startswith("--")]
            assert {word[2:] for word in options} <= set(SUBCOMMANDS[name].options)


def test_close_says_what_was_left_out(laptop: Laptop) -> None:
    laptop.run("kubectl get pods")
    said = laptop.run("incident close --component c1 --scope s1 --cite scope=command:0 --partial")
    assert said.endswith(
        "; not picked: failure, trigger, mechanism; nothing cited for: component\n"
    )


def test_a_page_is_filled_and_its_code_is_not() -> None:
    text = page(
        "# T\n\none\ntwo " + "word " * 20 + "\n- a\n  b\n- c\n\n```\nx\ny\n```\n| t |\n| u |"
    )
    assert text.startswith("# T\n\none two word word")
    assert "\n- a b\n- c\n\n```\nx\ny\n```\n| t |\n| u |" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_ranking_goes_on_below_its_words() -> None:
    lines = indented("The ranking:\n  1. " + "word " * 20 + "\n     why " + "so " * 30).split("\n")
    assert lines[1].startswith("  1. word")
    assert [line[:5] for line in lines[2:]] == ["     "] * (len(lines) - 2)
    assert max(map(len, lines)) <= 80


def test_prose_is_folded_and_code_is_not() -> None:
    long = "word " * 30
    text = wrapped(f"- {long}\n```\n{long}\n```\n  {long}")
    lines = text.split("\n")
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")
    assert len(lines[0]) <= 80
    assert wrapped(f"id    {long}").split("\n")[1].startswith("      word")
    assert lines[2:] == ["```", long, "```", f"  {long}"]
