"""What a pager has on the screen, where it looks, and how it finds; keys are not known here."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import simpy

from sim.bash.process import Proc
from sim.bash.regex import Dialect, RegexProblem, compile_regex, translate
from sim.bash.screen import RESET, REVERSE, Screen, fit, width
from sim.bash.tools.pager.pages import Look, Place, Window, render
from sim.bash.tools.pager.source import FIRST, Source

RETURN = "  (press RETURN)"
WIDEST = 1 << 20
"""No line is wrapped by a pager that only prints."""


class View:
    """The state of one run of less."""

    def __init__(self, proc: Proc, flags: dict[str, str], sources: list[Source]) -> None:
        """Show *sources*, the first first."""
        self.proc = proc
        self.flags = dict(flags)
        self.sources = sources
        self.index = 0
        self.screen: Screen
        """There while it runs on the terminal."""
        self.look = Look(chop="S" in flags, numbers="N" in flags, raw="R" in flags or "r" in flags)
        self.window = Window(sources[0].text, self.look, 1)
        self.fresh = True
        """Nothing has been pressed since the file came up: the prompt shows its name."""
        self.message = ""
        self.entry: str | None = None
        """What is being typed behind `/`, `?`, `:` or `-`, with that character."""
        self.number = ""
        self.pattern: Any = None
        self.backwards = False
        self.invert = False
        self.marked = True
        self.half = 0
        self.following = False
        self.wants = 0
        """How many lines should have come in; -1 for all."""
        self.marks: dict[str, Place] = {}
        self.helping: Window | None = None
        self.done = False
        self.squished = True

    @property
    def source(self) -> Source:
        """The file being shown."""
        return self.sources[self.index]

    def _measure(self, columns: int, rows: int) -> None:
        self.look.columns = columns
        self.window.rows = max(1, rows - 1)
        if self.helping is not None:
            self.helping.rows = self.window.rows

    def _print_all(self) -> None:
        look = replace(self.look, columns=WIDEST)
        for number, line in enumerate(self.source.text.lines):
            self.proc.print(render(line, number, 0, look))

    # -- reading -------------------------------------------------------------------------------

    @property
    def _reads(self) -> bool:
        """Whether the pipe should be read on: lines are missing that somebody wants to see."""
        text = self.source.text
        if self.source.name or text.ended:
            return False
        wanted = self.window.top.line + self.window.rows + 1
        return self.following or self.wants != 0 or len(text.lines) <= wanted

    def _news(self) -> simpy.Event | None:
        return self.proc.stdin.wait() if self._reads else None

    def _fill(self) -> Generator[simpy.Event, Any, None]:
        """Read the first page as far as the pipe brings it at once; all of it to see if it fits."""
        while self._reads:
            if not self.source.pull(self.proc):
                if "F" not in self.flags:
                    return
                yield self.proc.stdin.wait()

    def _take_in(self) -> None:
        """Take what has come through the pipe, or been written to a followed file."""
        source = self.source
        if source.name:
            if self.following and source.grow(self.proc):
                self.window.top = self.window.last_top
            return
        if not self._reads:
            return
        source.pull(self.proc)
        if source.text.ended and "s" in self.flags:
            source.text.squeeze()
        if self.wants == -1 or self.following:
            self.window.top = self.window.last_top
        elif self.wants and len(source.text.lines) > self.wants:
            self.window.top = Place(self.wants - 1, 0)
            self.wants = 0
        if source.text.ended:
            self.wants = 0

    # -- drawing -------------------------------------------------------------------------------

    def _paint(self) -> None:
        window = self.helping or self.window
        self.look.mark = self.pattern if self.marked and not self.invert else None
        rows, continued = window.show()
        if self.helping is None and self._squishes():
            empty = [row for row in range(len(rows)) if self._is_behind(row)]
            rows = [""] * len(empty) + rows[: len(rows) - len(empty)]
            continued = [row + len(empty) for row in continued]
        prompt = self._prompt()
        column = min(width(prompt), self.look.columns - 1)
        self.screen.draw(
            [*rows, fit(prompt, self.look.columns)],
            cursor=(window.rows, column),
            continued=continued,
        )

    def _squishes(self) -> bool:
        """Whether a short text stands at the bottom of the screen, as it does until one moves."""
        ended = self.source.text.ended
        return self.squished and ended and self.window.top == FIRST and self.window.at_end

    def _is_behind(self, row: int) -> bool:
        return self.window.after(self.window.top, row).line >= len(self.source.text.lines)

    def _prompt(self) -> str:
        if self.entry is not None:
            return self.entry
        if self.message:
            return f"{REVERSE}{self.message}{RESET}"
        if self.helping is not None:
            end = "END -- Press g to see it again, or q when done"
            more = "HELP -- Press RETURN for more, or q when done"
            return f"{REVERSE}{end if self.helping.at_end else more}{RESET}"
        if self.number:
            return f":{self.number}"
        if self.following or self.wants:
            return f"{REVERSE}Waiting for data... (interrupt to abort){RESET}"
        said = self._where()
        return f"{REVERSE}{said}{RESET}" if said else ":"

    def _where(self, *, long: bool | None = None) -> str:
        """Return the prompt's words: file, lines, how far; empty for the plain one."""
        source, window = self.source, self.window
        long = "M" in self.flags if long is None else long
        words: list[str] = []
        if (self.fresh or long) and source.name:
            words.append(source.name)
        if (self.fresh or long) and len(self.sources) > 1:
            words.append(f"(file {self.index + 1} of {len(self.sources)})")
        text = source.text
        ended = text.ended and window.at_end
        if long and text.lines:
            last = max(window.top.line, window.last_line)
            of = f"/{len(text.lines)}" if text.ended else ""
            words.append(f"lines {window.top.line + 1}-{last + 1}{of}")
        if ended:
            words.append("(END)")
            if self.index + 1 < len(self.sources):
                words.append(f"- Next: {self.sources[self.index + 1].name}")
        elif (long or "m" in self.flags) and text.ended and text.size:
            share = _share(text.offset(window.last_line + 1), text.size)
            words.append(f"{share}%")
        return " ".join(words)

    # -- going and finding ---------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self.message = text + RETURN

    def _go_to(self, number: int) -> None:
        window = self.window
        if number > len(window.text.lines) and not window.text.ended:
            self.wants = number
            return
        if number > max(1, len(window.text.lines)):
            self._say(f"Cannot seek to line number {number}")
            return
        self.squished = False
        window.top = Place(number - 1, 0) if number > 1 else FIRST
        window.top = min(window.top, max(window.last_top, FIRST))

    def _go_to_end(self) -> None:
        if not self.window.text.ended:
            self.wants = -1
        self.window.top = self.window.last_top

    def _tell(self) -> None:
        window, text = self.window, self.source.text
        last = max(window.top.line, window.last_line)
        at = text.offset(last + 1)
        words = [self.source.name] if self.source.name else []
        of = f"/{len(text.lines)}" if text.ended else ""
        size = f"/{text.size}" if text.ended else ""
        words.append(f"lines {window.top.line + 1}-{last + 1}{of} byte {at}{size}")
        if text.ended and text.size:
            words.append("(END)" if window.at_end else f"{_share(at, text.size)}%")
        self._say(" ".join(words))

    def _search(self, typed: str, *, back: bool) -> None:
        self.backwards = back
        self.invert = typed.startswith("!")
        pattern = typed.removeprefix("!")
        if pattern:
            lower = "I" in self.flags or ("i" in self.flags and pattern == pattern.lower())
            try:
                source = translate(pattern, Dialect(extended=True))
                self.pattern = compile_regex(source, ignore_case=lower)
            except RegexProblem:
                self._say("Invalid pattern")
                return
        elif self.pattern is None:
            self._say("No previous regular expression")
            return
        self._again(reverse=False, count=1)

    def _again(self, *, reverse: bool, count: int) -> None:
        if self.pattern is None:
            self._say("No previous regular expression")
            return
        self.marked = True
        self.proc.charge(self.source.text.size // 4)
        found = self.window.find(
            self.pattern, back=self.backwards != reverse, count=count, invert=self.invert
        )
        if found is None:
            self._say("Pattern not found")
            return
        self.squished = False
        self.window.top = Place(found, 0)


def _share(part: int, whole: int) -> int:
    """Return *part* in percent of *whole*, rounded to the nearest."""
    return (200 * part + whole) // (2 * whole)
