from __future__ import annotations

import pytest

from sim.evidence import OutputRecord
from sim.shell.incident import SUBCOMMANDS, wrapped
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
            "incident ticket --origin o --fix=f --owner platform raise the limit",
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
            "incident: cannot cite 'component=12'; write e.g. --cite component=command:12,panel:3 "
            "(`incident cite` lists them)\n",
        ),
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
    assert max(len(line) for page in pages for line in page.splitlines()) <= 80


def test_prose_is_folded_and_code_is_not() -> None:
    long = "word " * 30
    text = wrapped(f"- {long}\n```\n{long}\n```\n  {long}")
    lines = text.split("\n")
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")
    assert len(lines[0]) <= 80
    assert wrapped(f"id    {long}").split("\n")[1].startswith("      word")
    assert lines[2:] == ["```", long, "```", f"  {long}"]
