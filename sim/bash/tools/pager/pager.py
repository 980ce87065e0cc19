"""What the keys of a pager do, and its life from the first page to `q`."""

from __future__ import annotations

from sim.bash.process import Running
from sim.bash.screen import RESIZE, Screen
from sim.bash.tools.pager.help import HELP
from sim.bash.tools.pager.pages import Look, Place, Text, Window
from sim.bash.tools.pager.source import FIRST
from sim.bash.tools.pager.view import View
from sim.kernel import Interrupted

FOLLOW_MS = 1000
"""How often a followed file is looked at."""
_TOGGLES = {
    "S": ("Fold long lines", "Chop long lines"),
    "N": ("Use line numbers", "Constantly display line numbers"),
    "i": ("Case is significant in searches", "Ignore case in searches"),
    "I": ("Case is significant in searches", "Ignore case in searches and in patterns"),
    "M": ("Use short prompt", "Use long prompt"),
    "R": ("Display control characters as ^X", "Display ANSI sequences directly, control characters as ^X"),
    "G": ("Don't highlight matches", "Highlight all matches for previous search pattern"),
    "e": ("Don't quit at end-of-file", "Quit at end-of-file"),
}  # fmt: skip
"""What `-X` typed inside says when an option is off, and when it is on."""


class Pager(View):
    """One run of less."""

    # -- the life of it ------------------------------------------------------------------------

    def run(self, commands: list[str]) -> Running:
        """Show pages until `q`."""
        terminal = self.proc.terminal
        assert terminal is not None
        self._measure(terminal.columns, terminal.rows)
        if "F" in self.flags and len(self.sources) == 1:
            yield from self._fill()
            if self.source.text.ended and self.window.last_top == FIRST:
                self._print_all()
                return 0
        with Screen(self.proc, signals=True, alternate="X" not in self.flags) as screen:
            self.screen = screen
            yield from self._fill()
            for command in commands:
                self._typed(command)
            if "p" in self.flags:
                self._typed("/" + self.flags["p"])
            while not self.done:
                self._measure(screen.columns, screen.rows)
                self._take_in()
                self._paint()
                try:
                    key = yield from screen.read_key(
                        FOLLOW_MS if self.following and self.source.name else None,
                        also=self._news(),
                    )
                    self._take_in()
                    if key not in (None, RESIZE):
                        self._press(str(key))
                    elif key is None and screen.ended:
                        return 0
                except Interrupted as signal:
                    if signal.cause != "SIGINT":
                        raise
                    if "K" in self.flags:
                        return 2
                    self._interrupt()
        return 0

    # -- keys ----------------------------------------------------------------------------------

    def _interrupt(self) -> None:
        """Ctrl-C: stop waiting, or drop what is being typed."""
        self.following, self.wants = False, 0
        self.entry, self.number = None, ""

    def _press(self, key: str) -> None:
        """Let one key act."""
        if self.entry is not None:
            self._edit(key)
            return
        if self.following or self.wants:
            self._interrupt()
        if self.message:
            self.message = ""
            if key in ("ENTER", " "):
                return
        self.fresh = False
        if self.helping is not None:
            self._press_in_help(key)
        elif key.isdecimal() and len(key) == 1:
            self.number += key if len(self.number) < 9 else ""
        elif key in ("BACKSPACE", "^H") and self.number:
            self.number = self.number[:-1]
        elif key in ("/", "?", ":", "-", "&", "m", "'"):
            self.entry = key if key not in ("m", "'") else {"m": "mark: ", "'": "goto mark: "}[key]
        elif not self._act(key):
            self.screen.beep()

    def _press_in_help(self, key: str) -> None:
        assert self.helping is not None
        outer, self.window = self.window, self.helping
        if key in ("q", "Q"):
            self.helping = None
        else:
            self._move(key, None)
        self.window = outer

    def _edit(self, key: str) -> None:
        """Take a key behind `/`, `:` and the like."""
        entry = self.entry or ""
        single = entry in (":", "-", "mark: ", "goto mark: ")
        if key == "ENTER":
            self.entry = None
            self._typed(entry)
        elif key in ("BACKSPACE", "^H"):
            self.entry = None if single or len(entry) < 2 else entry[:-1]
        elif key in ("ESC", "^G", "^C"):
            self.entry = None
        elif key == "^U":
            self.entry = entry[:1]
        elif key == "^W":
            self.entry = entry[:1] + entry[1:].rstrip().rpartition(" ")[0]
        elif len(key) == 1:
            self.entry = entry + key
            if single:
                self.entry = None
                self._typed(self.entry_done(entry, key))

    @staticmethod
    def entry_done(entry: str, key: str) -> str:
        """Return the whole of a command that one more key ends."""
        return entry + key

    def _typed(self, text: str) -> None:
        """Carry out a command that was typed as a whole (or stood behind `+`)."""
        head, rest = text[:1], text[1:]
        if head in ("/", "?"):
            self._search(rest, back=head == "?")
        elif head == ":":
            self._file_command(rest)
        elif head == "-":
            self._toggle(rest.lstrip("-"))
        elif head == "&":
            self._say("Filtering lines: not supported in this simulator")
        elif text.startswith("mark: "):
            self.marks[text[6:]] = self.window.top
        elif text.startswith("goto mark: "):
            self._go_to_mark(text[11:])
        elif text.isdecimal():
            self._go_to(int(text))
        else:
            digits = text.rstrip("gGFp%")
            self.number = digits if digits.isdecimal() else ""
            for key in text[len(self.number) :]:
                self._act(key)

    def _act(self, key: str) -> bool:
        """Carry out a command of one key; returns whether there is such a command."""
        count = int(self.number) if self.number else None
        self.number = ""
        if self._move(key, count):
            return True
        if key in ("q", "Q", "Z"):
            self.done = True
        elif key in ("n", "N"):
            self._again(reverse=key == "N", count=count or 1)
        elif key == "F":
            self._follow()
        elif key in ("=", "^G"):
            self._tell()
        elif key in ("h", "H"):
            text = Text(ended=True)
            text.add("\n".join(HELP) + "\n")
            self.helping = Window(text, Look(columns=self.look.columns), self.window.rows)
        elif key in ("r", "^R", "^L", "R"):
            self.squished = False
            self.screen.redraw()
        elif key == "M-u":
            self.marked = not self.marked
        elif key in ("v", "!", "|", "s"):
            self._say("Command not available")
        else:
            return False
        return True

    def _move(self, key: str, count: int | None) -> bool:
        """Carry out a command that moves; returns whether *key* is one."""
        window = self.window
        page = window.rows
        if key in ("d", "^D", "u", "^U") and count:
            self.half = count
        half = self.half or max(1, (page + 1) // 2)
        down = {" ": page, "f": page, "^F": page, "^V": page, "PGDN": page, "z": page, "d": half,
                "^D": half, "j": 1, "ENTER": 1, "e": 1, "^E": 1, "^N": 1, "DOWN": 1, "J": 1}  # fmt: skip
        up = {"b": page, "^B": page, "M-v": page, "PGUP": page, "w": page, "u": half, "^U": half,
              "k": 1, "y": 1, "^Y": 1, "^P": 1, "^K": 1, "UP": 1, "K": 1}  # fmt: skip
        if key in down:
            moved = window.forward(down[key] if count is None or key in "d^D" else count)
            ends = "e" in self.flags or "E" in self.flags
            if not moved and ends and self.source.text.ended and self.helping is None:
                self.done = True
        elif key in up:
            window.back(up[key] if count is None or key in "u^U" else count)
        elif key in ("g", "<", "M-<", "HOME", "^HOME"):
            self._go_to(count or 1)
        elif key in ("G", ">", "M->", "END", "^END"):
            if count is None:
                self._go_to_end()
            else:
                self._go_to(count)
        elif key in ("p", "%"):
            self._go_to(window.text.line_at(window.text.size * min(count or 0, 100) // 100) + 1)
        elif key in ("LEFT", "M-(", "RIGHT", "M-)"):
            step = count or max(1, self.look.columns // 2)
            step = -step if key in ("LEFT", "M-(") else step
            self.look.shift = max(0, self.look.shift + step)
            self.look.chop = "S" in self.flags or self.look.shift > 0
        else:
            return False
        return True

    def _go_to_mark(self, name: str) -> None:
        if name in ("^", "$"):
            self.window.top = FIRST if name == "^" else self.window.last_top
        elif name in self.marks:
            self.window.top = self.marks[name]
        else:
            self._say("Mark not set")

    def _follow(self) -> None:
        self.following = True
        self.window.top = self.window.last_top

    # -- searching, options, files -------------------------------------------------------------

    def _toggle(self, letter: str) -> None:
        """Switch an option, as `-S` typed inside does."""
        if letter not in _TOGGLES:
            self._say(f"There is no {letter} option" if letter else "There is no such option")
            return
        on = letter not in self.flags
        if letter == "G":
            on, self.marked = not self.marked, not self.marked
        elif on:
            self.flags[letter] = ""
        else:
            del self.flags[letter]
        self.look.chop, self.look.numbers = "S" in self.flags, "N" in self.flags
        self.look.raw = "R" in self.flags or "r" in self.flags
        self.window.top = Place(self.window.top.line, 0)
        self._say(_TOGGLES[letter][on])

    def _file_command(self, letter: str) -> None:
        """Carry out `:n` and the like."""
        if letter in ("q", "Q"):
            self.done = True
        elif letter == "f":
            self._tell()
        elif letter in ("n", "p", "x"):
            index = 0 if letter == "x" else self.index + (1 if letter == "n" else -1)
            if not 0 <= index < len(self.sources):
                self._say("No next file" if letter == "n" else "No previous file")
                return
            self.source.top = self.window.top
            self.index = index
            self.window = Window(self.source.text, self.look, self.window.rows)
            self.window.top = self.source.top
            self.fresh = True
        else:
            self.screen.beep()
