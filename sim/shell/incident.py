"""`incident`: the on-call's desk from the terminal, a subcommand each, in one visible table.

It works through the Desk and shows the desk's own text; it must not know how a dashboard is made.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sim.bash import Proc, Program, Running
from sim.kernel import parse_duration_ms
from sim.shell.desk import Desk
from sim.shell.manual import MANUAL
from sim.shell.prose import WIDTH, indented, page, wrapped

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
        words = list(proc.argv[1:]) or ["status"]
        if {"-h", "--help"} & set(words[:2]):
            # `incident close --help` is `incident help close`.
            words = ["help", *(word for word in words[:1] if word not in {"-h", "--help", "help"})]
        name = words[0]
        subcommand = SUBCOMMANDS.get(ALIASES.get(name, name))
        try:
            if subcommand is None:
                raise ValueError(_unknown(name))  # noqa: TRY301
            call = Call(proc, desk, citable)
            _read(call, words[1:], subcommand)
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
    if by and not call.words:
        raise ValueError(f"which chart? e.g. incident dashboard errors --by {by}")
    panels = call.words or OVERVIEW
    for index, panel in enumerate(panels):
        text = call.desk.look(panel, by)
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
    return call.show(indented(call.desk.rank(words)))


def _note(call: Call) -> int:
    return call.show(call.desk.note(call.text))


def _people(call: Call) -> int:
    return call.show(wrapped(call.desk.look("people")))


def _runbook(call: Call) -> int:
    if not call.words:
        return call.show(call.desk.document(""))
    kinds = {
        row[0]: row[1]
        for line in call.desk.document("").splitlines()
        if (row := line.split()[:2])[1:]
    }
    for index, id_ in enumerate(call.words):
        text = call.desk.look(f"document:{id_}")
        laid_out = text if kinds.get(id_) == "source" else page(text)
        call.show(("\n" if index else "") + laid_out)
    return 0


def _ticket(call: Call) -> int:
    missing = [name for name in TICKET_FIELDS if not call.option(name)]
    if missing:
        needs = ", ".join(f"--{name}" for name in missing)
        raise ValueError(f"a ticket needs {needs}; `incident choices` lists what can be picked")
    lists = call.desk.lists()
    origin, fix, owner = (
        _pick("filed", name, call.option(name), lists[f"ticket_{name}"]) for name in TICKET_FIELDS
    )
    return call.show(call.desk.ticket(origin, fix, owner, call.text))


def _remind(call: Call) -> int:
    if not call.words:
        raise ValueError("when? e.g. incident remind tomorrow TEXT, in 10m TEXT, 03:05 TEXT")
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
            known = ", ".join(one.removeprefix("ticket_") for one in lists)
            raise ValueError(f"no question {name!r}; there are: {known}")
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
    picks = {name: call.option(name).strip() for name in PICKS if call.option(name).strip()}
    missing = [name for name in PICKS if name not in picks]
    if not picks and "partial" in call.options:
        raise ValueError(
            "nothing was closed: --partial leaves out picks that you do not know, but one has to be "
            "there, e.g. --scope ID; `incident choices` lists them"
        )
    if missing and "partial" not in call.options:
        needs = " ".join(f"--{name}" for name in missing)
        raise ValueError(
            f"still open: {needs}; `incident choices` lists the picks, "
            "--partial closes without the rest"
        )
    if call.words:
        raise ValueError(
            f"nothing was closed: unexpected {call.words[0]!r}; words to whoever takes over go "
            "behind --handover, in quotes"
        )
    lists = call.desk.lists()
    picks = {name: _pick("closed", name, picked, lists[name]) for name, picked in picks.items()}
    citations = _citations(call, picks)
    answer = call.desk.close(picks, citations, call.option("handover"))
    bare = [name for name in picks if name not in citations]
    if missing:
        answer += f"; not picked: {', '.join(missing)}"
    if bare:
        answer += f"; nothing cited for: {', '.join(bare)}"
    return call.show(answer)


def _pick(done: str, name: str, picked: str, choices: Sequence[tuple[str, str]]) -> str:
    """Return a pick as the list writes it, whatever its case; raises ValueError if it is not there."""
    ids = [id_ for id_, _ in choices]
    if picked.casefold() in ids:
        return picked.casefold()
    near = get_close_matches(picked.casefold(), ids, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise ValueError(
        f"nothing was {done}: no {name} {picked!r}; {hint}`incident choices {name}` lists them"
    )


def _citations(call: Call, picks: Mapping[str, str]) -> dict[str, list[str]]:
    """Read `--cite PICK[,PICK]=command:N,panel:N`; whether it was on screen is the desk's to say."""
    found: dict[str, list[str]] = {}
    for names, ids in (one for text in call.options.get("cite", []) for one in _cites(text)):
        written = f"{','.join(names)}={','.join(ids)}" if ids else ",".join(names)
        if not ids or not names or not all(map(_CITATION.fullmatch, ids)):
            why = f"cannot cite {written!r}"
        elif unknown := [name for name in names if name not in PICKS]:
            why = f"cannot cite for {unknown[0]!r}: the picks are {', '.join(PICKS)}"
        elif unpicked := [name for name in names if name not in picks]:
            why = f"{unpicked[0]} is cited but not picked: add --{unpicked[0]} ID"
        else:
            for name in names:
                found[name] = list(dict.fromkeys([*found.get(name, []), *ids]))
            continue
        raise ValueError(
            f"nothing was closed: {why}; write e.g. --cite component=command:12,panel:3 "
            "(`incident cite` lists them)"
        )
    return found


def _cites(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield (picks, what is cited for them) of one value of `--cite`, which may hold several."""
    names: list[str] = []
    ids: list[str] = []
    for word in re.split(r"[;,\s]+", text.strip().casefold()):
        name, sign, id_ = word.partition("=")
        if ids and (sign or ":" not in word):
            yield names, ids
            names, ids = [], []
        if sign:
            names.append(name)
            ids.append(id_)
        else:
            (ids if ids else names).append(word)
    yield names, ids


def _help(call: Call) -> int:
    """Print the table, or one subcommand's usage."""
    if call.words:
        name = ALIASES.get(call.words[0], call.words[0])
        if name not in SUBCOMMANDS:
            raise ValueError(_unknown(name))
        one = SUBCOMMANDS[name]
        head = textwrap.fill(
            f"incident {name} {one.usage}".rstrip(),
            WIDTH,
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
        return call.show(f"{head}\n\n{MANUAL.get(name, one.summary)}")
    lines = ["The on-call's desk: what the page says, what dashboards show, what you write.", ""]
    for name, one in SUBCOMMANDS.items():
        short = one.usage if len(one.usage) <= 24 else "..."
        lines.append(f"  {f'incident {name} {short}'.rstrip():40} {one.summary}")
    lines += [
        "",
        "  incident help SUBCOMMAND says more, with examples. A night, in short:",
        "    incident ack; incident alerts; incident dashboard errors --by node",
        "    incident update --impact 'checkout fails for 5 %' --next 03:10 'on it'",
        "    ... then kubectl, ssh NODE, incident changes, until users are fine ...",
        "    incident close --component ID ... --cite component=command:12,panel:3",
    ]
    return call.show("\n".join(lines))


def _unknown(name: str) -> str:
    """Say that there is no such subcommand, and which one was meant."""
    near = get_close_matches(name, [*SUBCOMMANDS, *ALIASES], n=1)
    near = near or [one for one in SUBCOMMANDS if name and one.startswith(name)][:1]
    hint = f"did you mean `incident {ALIASES.get(near[0], near[0])}`? " if near else ""
    return f"no subcommand {name!r}; {hint}`incident help` lists them"


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
    "remind": Subcommand("WHEN TEXT", "a reminder: tomorrow, in 10m, 03:05", _remind),
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
