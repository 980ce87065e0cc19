"""`incident`: the on-call's desk from the terminal, a subcommand each, in one visible table.

It works through the Desk and shows the desk's own text; it must not know how a dashboard is made.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.bash import Proc, Program, Running
from sim.kernel import parse_duration_ms
from sim.shell.desk import Desk

WIDTH = 80
OVERVIEW = ("errors", "requests", "latency", "ready")
"""What `incident dashboard` without a panel shows."""
PICKS = ("component", "failure", "trigger", "mechanism", "scope")
"""What the closing form asks."""
UPDATE_FIELDS = ("impact", "scope", "action", "next")
TICKET_FIELDS = ("origin", "fix", "owner")
SPLITS = ("node", "zone", "version", "pod", "route", "client")
_CITATION = re.compile(r"(command|panel):\d{1,7}")

Citable = Callable[[], Sequence[str]]
"""Lists what has been on screen, as `close --cite` names it."""


@dataclass
class Call:
    """One `incident` command line, read."""

    proc: Proc
    desk: Desk
    citable: Citable
    words: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)

    def option(self, name: str, default: str = "") -> str:
        """Return the last value of `--name`."""
        return self.options.get(name, [default])[-1]

    @property
    def text(self) -> str:
        """Return the words as one text."""
        return " ".join(self.words)

    def show(self, text: str) -> int:
        """Print *text*, which ends with one newline."""
        self.proc.stdout.write(text.rstrip("\n") + "\n")
        return 0


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One entry of the table."""

    usage: str
    summary: str
    run: Callable[[Call], int]
    options: tuple[str, ...] = ()
    """Long names; each takes a value unless it stands in `SWITCHES`."""


SWITCHES = frozenset({"partial", "template"})


def incident_program(desk: Desk, citable: Citable = lambda: ()) -> Program:
    """Return `incident` over *desk*."""

    def incident(proc: Proc) -> Running:
        name = proc.argv[1] if len(proc.argv) > 1 else "status"
        if name in {"-h", "--help"} or {"-h", "--help"} & set(proc.argv[2:3]):
            name = "help"
        subcommand = SUBCOMMANDS.get(ALIASES.get(name, name))
        try:
            if subcommand is None:
                raise ValueError(f"no subcommand {name!r}; `incident help` lists them")  # noqa: TRY301
            call = Call(proc, desk, citable)
            _read(call, proc.argv[2:], subcommand)
            return subcommand.run(call)
        except ValueError as problem:
            return proc.fail(str(problem))
        yield  # a program is a generator even when it never waits

    return incident


def _read(call: Call, words: Sequence[str], subcommand: Subcommand) -> None:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            call.words.extend(rest)
            return
        name, sign, value = word[2:].partition("=")
        if not word.startswith("--"):
            call.words.append(word)
        elif name not in subcommand.options:
            known = " ".join(f"--{option}" for option in subcommand.options)
            raise ValueError(f"no option {word!r} here; there are: {known or 'none'}")
        elif name in SWITCHES:
            call.options[name] = ["yes"]
        elif sign or rest:
            call.options.setdefault(name, []).append(value if sign else rest.pop(0))
        else:
            raise ValueError(f"option {word!r} needs a value")


def _status(call: Call) -> int:
    call.proc.asked()
    return call.show(call.desk.look("page"))


def _acknowledge(call: Call) -> int:
    return call.show(call.desk.acknowledge())


def _alerts(call: Call) -> int:
    call.proc.asked()
    return call.show(call.desk.look("alerts"))


def _dashboard(call: Call) -> int:
    call.proc.asked()
    by = call.option("by")
    panels = call.words or OVERVIEW
    for index, panel in enumerate(panels):
        text = call.desk.look(panel, by if call.words else "")
        call.show(("\n" if index else "") + text)
    return 0


def _changes(call: Call) -> int:
    call.proc.asked()
    if not call.words:
        return call.show(call.desk.look("changes"))
    for index, id_ in enumerate(call.words):
        call.show(("\n" if index else "") + call.desk.look(f"change:{id_}"))
    return 0


def _update(call: Call) -> int:
    if "template" in call.options:
        return call.show(call.desk.update_template())
    fields = {name: call.option(name) for name in UPDATE_FIELDS if call.option(name)}
    return call.show(call.desk.update(call.text, call.option("to"), fields))


def _think(call: Call) -> int:
    return call.show(call.desk.think(call.text))


def _bet(call: Call) -> int:
    sure = call.option("sure").strip().rstrip("%").strip()
    if sure and not (sure.isascii() and sure.isdecimal() and len(sure) < 4):
        raise ValueError(f"--sure {sure!r}: a whole number from 0 to 100")
    return call.show(call.desk.bet(call.text, call.option("by"), int(sure) if sure else None))


def _rank(call: Call) -> int:
    words = [word for text in call.words for word in text.replace(",", " ").split()]
    return call.show(call.desk.rank(words))


def _note(call: Call) -> int:
    return call.show(call.desk.note(call.text))


def _people(call: Call) -> int:
    return call.show(wrapped(call.desk.look("people")))


def _runbook(call: Call) -> int:
    if not call.words:
        return call.show(call.desk.document(""))
    for id_ in call.words:
        call.show(wrapped(call.desk.look(f"document:{id_}")))
    return 0


def _ticket(call: Call) -> int:
    missing = [name for name in TICKET_FIELDS if not call.option(name)]
    if missing:
        needs = ", ".join(f"--{name}" for name in missing)
        raise ValueError(f"a ticket needs {needs}; `incident choices` lists what can be picked")
    origin, fix, owner = (call.option(name) for name in TICKET_FIELDS)
    return call.show(call.desk.ticket(origin, fix, owner, call.text))


def _remind(call: Call) -> int:
    if not call.words:
        raise ValueError("when? `incident remind tomorrow TEXT`, next-week or an RFC 3339 instant")
    return call.show(call.desk.remind(call.words[0], " ".join(call.words[1:])))


def _silence(call: Call) -> int:
    if not call.words:
        raise ValueError("which alert? `incident alerts` lists them; then e.g. --for 30m")
    duration = parse_duration_ms(call.option("for", "30m"))
    return call.show(call.desk.silence(call.text, duration))


def _choices(call: Call) -> int:
    lists = call.desk.lists()
    wanted = call.words or list(lists)
    for index, name in enumerate(wanted):
        key = name if name in lists else f"ticket_{name}"
        if key not in lists:
            raise ValueError(f"no question {name!r}; there are: {', '.join(lists)}")
        option = f"--{key.removeprefix('ticket_')}"
        where = "incident ticket" if key.startswith("ticket_") else "incident close"
        call.show(("\n" if index else "") + f"{where} {option} ...")
        width = max(len(id_) for id_, _ in lists[key])
        for id_, text in lists[key]:
            indent = " " * (width + 4)
            line = f"  {id_:{width}}  {text}"
            call.show(textwrap.fill(line, WIDTH, subsequent_indent=indent))
    return 0


def _cite(call: Call) -> int:
    lines = call.citable()
    return call.show("\n".join(lines) if lines else "nothing has been on screen yet")


def _close(call: Call) -> int:
    picks = {name: call.option(name) for name in PICKS if call.option(name)}
    missing = [name for name in PICKS if name not in picks]
    if missing and (not picks or "partial" not in call.options):
        needs = " ".join(f"--{name}" for name in missing)
        raise ValueError(
            f"still open: {needs}; `incident choices` lists the picks, "
            "--partial closes without the rest"
        )
    if call.words:
        raise ValueError(f"unexpected {call.words[0]!r}; the handover goes behind --handover")
    citations: dict[str, list[str]] = {}
    for text in call.options.get("cite", []):
        name, sign, cited = text.partition("=")
        ids = cited.split(",")
        if name not in PICKS or not sign or not all(map(_CITATION.fullmatch, ids)):
            raise ValueError(
                f"cannot cite {text!r}; write e.g. --cite component=command:12,panel:3 "
                "(`incident cite` lists them)"
            )
        citations.setdefault(name, []).extend(ids)
    return call.show(call.desk.close(picks, citations, call.option("handover")))


def _help(call: Call) -> int:
    """Print the table, or one subcommand's usage."""
    if call.words and (one := SUBCOMMANDS.get(ALIASES.get(call.words[0], call.words[0]))):
        name = ALIASES.get(call.words[0], call.words[0])
        head = textwrap.fill(
            f"incident {name} {one.usage}".rstrip(), WIDTH, subsequent_indent="    "
        )
        return call.show(f"{head}\n\n{one.summary}")
    lines = ["The on-call's desk: what the page says, what dashboards show, what you write.", ""]
    for name, one in SUBCOMMANDS.items():
        short = one.usage if len(one.usage) <= 24 else "..."
        lines.append(f"  {f'incident {name} {short}'.rstrip():40} {one.summary}")
    lines += [
        "",
        "  incident help SUBCOMMAND prints all its options. Examples:",
        "    incident dashboard errors --by zone",
        "    incident update --impact 'checkout fails for 5 %' --next 03:10 'on it'",
        "    incident close --component ID --cite component=command:12,panel:3 ...",
    ]
    return call.show("\n".join(lines))


def wrapped(text: str) -> str:
    """Return *text* with its long lines of prose folded at 80 columns; code and tables stay."""
    out: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced = fenced != line.startswith("```")
        if len(line) <= WIDTH or fenced or line[:1] in {" ", "|", "\t"}:
            out.append(line)
        else:
            mark = re.match(r"(?:[-*] |\d+\. |\S+ {2,})?", line)
            indent = " " * len(mark[0] if mark else "")
            out.extend(
                textwrap.wrap(
                    line,
                    WIDTH,
                    subsequent_indent=indent,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
    return "\n".join(out)


SUBCOMMANDS: Mapping[str, Subcommand] = {
    "status": Subcommand("", "page, error rate, users lost so far", _status),
    "ack": Subcommand("", "take the page", _acknowledge),
    "alerts": Subcommand("", "what fires now, and the history", _alerts),
    "dashboard": Subcommand("[PANEL] [--by SPLIT]", "charts as tables", _dashboard, ("by",)),
    "changes": Subcommand("[ID]", "what changed lately; ID opens one", _changes),
    "people": Subcommand("", "who can be asked", _people),
    "update": Subcommand(
        "[--to WHO] [--impact X] [--scope X] [--action X] [--next X] [--template] TEXT",
        "write in the incident channel",
        _update,
        ("to", *UPDATE_FIELDS, "template"),
    ),
    "think": Subcommand("TEXT", "think aloud, for the debrief", _think),
    "bet": Subcommand(
        "'METRIC < NUMBER in TIME' --sure PERCENT [--by SPLIT]",
        "bet on what a dashboard will show",
        _bet,
        ("sure", "by"),
    ),
    "rank": Subcommand("ID ID ...", "practice mode: rank the options", _rank),
    "note": Subcommand("TEXT", "write in the timeline", _note),
    "runbook": Subcommand("[ID]", "the team's pages", _runbook),
    "silence": Subcommand("ALERT [--for 30m]", "silence an alert", _silence, ("for",)),
    "ticket": Subcommand(
        "--origin ID --fix ID --owner ID TEXT", "file a follow-up", _ticket, TICKET_FIELDS
    ),
    "remind": Subcommand("WHEN TEXT", "tomorrow, next-week or an instant", _remind),
    "choices": Subcommand("[QUESTION]", "what ticket and close can pick", _choices),
    "cite": Subcommand("", "what close --cite can name", _cite),
    "close": Subcommand(
        "--component ID --failure ID --trigger ID --mechanism ID --scope ID "
        "[--cite PICK=command:N,panel:N] [--handover TEXT] [--partial]",
        "close the incident",
        _close,
        (*PICKS, "cite", "handover", "partial"),
    ),
    "help": Subcommand("[SUBCOMMAND]", "this", _help),
}
"""Every subcommand, in the order in which `incident help` lists them."""

ALIASES: Mapping[str, str] = {
    "acknowledge": "ack",
    "alert": "alerts",
    "dash": "dashboard",
    "change": "changes",
    "doc": "runbook",
    "docs": "runbook",
    "runbooks": "runbook",
    "document": "runbook",
    "reminder": "remind",
    "page": "status",
}
"""What tired people type instead."""
