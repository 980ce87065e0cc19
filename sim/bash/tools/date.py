"""`date` over a clock that is handed in; UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sim.bash.process import Proc, Program, Running
from sim.bash.tools.inputs import all_text, shown, split_lines
from sim.bash.tools.moments import formatted, read_moment
from sim.bash.tools.options import Misuse, Options, UsageProblem, in_locale, read_options, tool

_LONG = {
    "date": "d", "utc": "u", "universal": "u", "rfc-email": "R", "iso-8601": "I", "file": "f",
    "reference": "r", "set": "s", "rfc-3339": "rfc-3339=", "resolution": "resolution",
    "debug": "debug",
}  # fmt: skip
_ISO = {
    "date": "%Y-%m-%d", "hours": "%Y-%m-%dT%H%:z", "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z", "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}  # fmt: skip
_RFC = {"date": "%Y-%m-%d", "seconds": "%Y-%m-%d %H:%M:%S%:z", "ns": "%Y-%m-%d %H:%M:%S.%N%:z"}
USUAL = "%a %b %e %H:%M:%S %Z %Y"


def date_program(clock: Callable[[], int]) -> Program:
    """Return `date` over *clock* (Unix ms)."""

    @tool(usage="[OPTION]... [+FORMAT]")
    def date(proc: Proc) -> Running:
        """Display date and time, now or as -d says it, in the given FORMAT."""
        options = read_options(proc.argv, "uR", "dfrs", _LONG, optional="I")
        template = _template(options)
        now = datetime.fromtimestamp(clock() / 1000, UTC)
        texts = [options.flags["d"]] if "d" in options else []
        if "r" in options:
            name = options.flags["r"]
            found = proc.files.stat_or_none(proc.path(name))
            if found is None:
                raise UsageProblem(f"{shown(name)}: No such file or directory")
            now = datetime.fromtimestamp(found.mtime_ms / 1000, UTC)
        code = 0
        if "f" in options:
            failed, read = yield from all_text(proc, [options.flags["f"]])
            code |= failed
            texts = [line for _, text in read for line in split_lines(text)]
        elif not texts:
            if "s" in options:
                proc.fail("cannot set date: Operation not permitted")
                code = 1
            proc.print(formatted(now, template))
            return code
        for text in texts:
            moment = read_moment(text, now)
            if moment is None:
                code = proc.fail(in_locale(proc, f"invalid date ‘{text}’"))
            else:
                proc.print(formatted(moment, template))
        return code

    return date


def _template(options: Options) -> str:
    words = options.operands
    template = USUAL
    if words and words[0].startswith("+"):
        template = words.pop(0)[1:]
        if words:
            raise Misuse(f"extra operand ‘{words[0]}’")
    elif words:
        raise UsageProblem(f"invalid date ‘{words[0]}’")
    if "R" in options:
        template = "%a, %d %b %Y %H:%M:%S %z"
    for name, option, known, usual in (("I", "--iso-8601", _ISO, "date"),
                                       ("rfc-3339", "--rfc-3339", _RFC, "")):  # fmt: skip
        if name in options:
            word = options.flags[name] or usual
            found = [one for one in known if one.startswith(word)]
            if len(found) != 1:
                order = ("hours", "minutes", "date", "seconds", "ns")
                listed = "".join(f"\n  - ‘{one}’" for one in order if one in known)
                raise Misuse(
                    f"invalid argument ‘{word}’ for ‘{option}’\nValid arguments are:{listed}"
                )
            template = known[found[0]]
    return template
