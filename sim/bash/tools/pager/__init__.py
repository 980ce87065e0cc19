"""`less` and `more`: text page by page, with search, marks, line numbers and following, less(1).

Without a terminal it is `cat`. How the text is shown is not known here.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.cat import cat
from sim.bash.tools.options import UsageProblem, read_options
from sim.bash.tools.pager.help import HELP
from sim.bash.tools.pager.pager import Pager
from sim.bash.tools.pager.source import Source

__all__ = ["less"]

_SWITCHES = "aABcCdeEfFgGiIJKLmMnNqQrRsSuUVwWX~"
_VALUED = "bhjkoOpPtTxyz#D"
_LONG = {
    "chop-long-lines": "S", "LINE-NUMBERS": "N", "RAW-CONTROL-CHARS": "R", "raw-control-chars": "r",
    "quit-if-one-screen": "F", "no-init": "X", "ignore-case": "i", "IGNORE-CASE": "I",
    "squeeze-blank-lines": "s", "quit-at-eof": "e", "QUIT-AT-EOF": "E", "LONG-PROMPT": "M",
    "long-prompt": "m", "pattern": "p", "prompt": "P", "tabs": "x", "quit-on-intr": "K",
    "version": "V", "help": "?", "force": "f", "quiet": "q", "mouse": "w", "line-numbers": "n",
}  # fmt: skip


def less(proc: Proc) -> Running:
    """Show files or standard input page by page."""
    name = proc.argv[0].rpartition("/")[2]
    try:
        flags, commands, names = _arguments(proc)
    except UsageProblem as problem:
        proc.stderr.write(f'There is no {problem} ("{name} --help" for help)\n')
        return 1
    if "V" in flags:
        proc.print("less 590 (GNU regular expressions)", "", "of this simulator")
        return 0
    if "?" in flags:
        proc.print(*HELP)
        return 0
    if not names and proc.tty:
        proc.stderr.write(f'Missing filename ("{name} --help" for help)\n')
        return 1
    if proc.terminal is None or not proc.stdout.tty:
        proc.argv = ["cat", *names]
        return (yield from cat(proc))
    sources = []
    for given in names or ["-"]:
        source = Source("" if given == "-" else given)
        wrong = source.open(proc)
        if wrong:
            proc.stderr.write(wrong)
        else:
            sources.append(source)
    if not sources:
        return 1
    return (yield from Pager(proc, flags, sources).run(commands))


def _arguments(proc: Proc) -> tuple[dict[str, str], list[str], list[str]]:
    """Return options, `+` commands and file names; `LESS` gives options first."""
    words = proc.argv[1:]
    commands = [word[1:] for word in words if word.startswith("+") and len(word) > 1]
    words = [word for word in words if not word.startswith("+") or len(word) == 1]
    if words == ["-?"]:
        words = ["--help"]
    default = proc.environ.get("LESS", "").split()
    before = [word if word.startswith("-") else f"-{word}" for word in default]
    try:
        options = read_options(["less", *before, *words], _SWITCHES, _VALUED, _LONG)
    except UsageProblem as problem:
        text = str(problem)
        said = text.split("'")[1] if "'" in text else text
        raise UsageProblem(f"{said.lstrip('-')} option") from None
    return options.flags, commands, options.operands
