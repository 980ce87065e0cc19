"""What keys do in the editor: nano's, nano(1) and its help page; questions at the bottom, saving, searching."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc
from sim.bash.regex import Dialect, RegexProblem, compile_regex, translate
from sim.bash.screen import RESET, RESIZE, REVERSE, Screen
from sim.bash.tools.editor.buffer import Buffer, Spot
from sim.bash.tools.editor.helping import HELP, HELP_KEYS
from sim.bash.tools.editor.picture import help_lines, location, status, text_rows, title

Asking = Generator[simpy.Event, Any, Any]
MAIN = (
    ("^G", "Help"), ("^X", "Exit"), ("^O", "Write Out"), ("^R", "Read File"), ("^W", "Where Is"),
    ("^\\", "Replace"), ("^K", "Cut"), ("^U", "Paste"), ("M-U", "Undo"), ("M-E", "Redo"),
    ("^C", "Location"), ("^/", "Go To Line"), ("M-6", "Copy"), ("M-N", "Numbers"),
)  # fmt: skip
FIND = (
    ("^G", "Help"), ("^C", "Cancel"), ("M-C", "Case Sens"), ("M-R", "Reg.exp."),
    ("M-B", "Backwards"), ("", ""),
)  # fmt: skip
PLAIN = (("^G", "Help"), ("^C", "Cancel"))
YES_NO = ((" Y", "Yes"), (" N", "No"), ("", ""), ("^C", "Cancel"))
YES_NO_ALL = ((" Y", "Yes"), (" N", "No"), (" A", "All"), ("^C", "Cancel"))
MESSAGE_KEYS = 20
"""Keys after which the status line is empty again."""


class Session:
    """One file on the screen, until ^X."""

    def __init__(self, proc: Proc, name: str, text: str, message: str) -> None:
        """Edit *text* of the file *name* (empty: none yet)."""
        self.proc = proc
        self.name = name
        self.buffer = Buffer(text)
        self.message = message
        self.view_only = False
        self.numbers = False
        self._top = 0
        self._left = MESSAGE_KEYS
        self._sought = ""
        self._put = ""
        self._back = self._case = self._regex = False
        self._mark: tuple[int, int, int] | None = None
        self._done = False
        self._screen: Screen

    def go_to(self, line: str, column: str = "") -> bool:
        """Move to a line and column as typed, from 1 (negative: from the end); False if it is none."""
        line, column = line.strip(), column.strip()
        if not all(one.lstrip("-+").isdecimal() or not one for one in (line, column)):
            return False
        if len(line) > 9 or len(column) > 9:
            return False
        number = int(line) if line else self.buffer.spot.line + 1
        if number < 0:
            number += len(self.buffer.lines) + 1
        self.buffer.move(number - 1, int(column) - 1 if column else 0)
        return True

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Edit until the end."""
        with Screen(self.proc) as self._screen:
            while not self._done and not self._screen.ended:
                self._draw(status(self.message, self._screen.columns), MAIN)
                key = yield from self._screen.read_key()
                if key is None or key == RESIZE:
                    continue
                self._left -= 1
                if self._left <= 0:
                    self.message = ""
                self._mark = None
                self.proc.charge(len(self.buffer.lines))
                yield from self._press(key)

    # -- the screen ----------------------------------------------------------------------------

    @property
    def _rows(self) -> int:
        """How many rows of text are seen."""
        return max(1, self._screen.rows - (4 if self._screen.rows > 5 else 2))

    def _draw(self, bottom: str, keys: Any, cursor: tuple[int, int] | None = None) -> None:
        screen, rows = self._screen, self._rows
        line = self.buffer.spot.line
        if not self._top <= line < self._top + rows:
            # One line beyond the edge scrolls; a jump puts its line into the middle.
            near = line in (self._top - 1, self._top + rows)
            self._top = (
                (line if line < self._top else line - rows + 1) if near else line - rows // 2
            )
        self._top = max(0, self._top)
        text, here = text_rows(
            self.buffer, self._top, rows, screen.columns, numbers=self.numbers, mark=self._mark
        )
        state = "View" if self.view_only else ""
        head = title(self.name, screen.columns, modified=self.buffer.modified, state=state)
        foot = help_lines(keys, screen.columns) if screen.rows > 5 else []
        place = (here[0] + 1, here[1]) if cursor is None else (rows + 1, cursor[1])
        screen.draw([head, *text, bottom, *foot], cursor=place)

    def _say(self, message: str) -> None:
        self.message = message
        self._left = MESSAGE_KEYS

    def _ask(self, question: str, answer: str, keys: Any) -> Asking:
        """Ask for a line; returns it, None if cancelled, or a key of *keys* beginning with M-."""
        at = len(answer)
        while True:
            columns = self._screen.columns
            line = f"{question}: {answer}"
            self._draw(f"{REVERSE}{line[-columns:]:<{columns}}{RESET}", keys,
                       (0, min(len(question) + 2 + at, columns - 1)))  # fmt: skip
            key = yield from self._screen.read_key()
            if key is None and self._screen.ended:
                return None
            if key == "ENTER":
                return answer
            if key in ("^C", "^X"):
                self._say("Cancelled")
                return None
            if key in ("BACKSPACE", "^H") and at:
                answer, at = answer[: at - 1] + answer[at:], at - 1
            elif key in ("DELETE", "^D"):
                answer = answer[:at] + answer[at + 1 :]
            elif key in ("LEFT", "^B"):
                at = max(0, at - 1)
            elif key in ("RIGHT", "^F"):
                at = min(len(answer), at + 1)
            elif key in ("HOME", "^A"):
                at = 0
            elif key in ("END", "^E"):
                at = len(answer)
            elif key in ("^U", "^K"):
                answer, at = "", 0
            elif key is not None and key.lower() in {
                name.lower() for name, _ in keys if "M-" in name
            }:
                return ("key", key.lower(), answer)
            elif key is not None and len(key) == 1:
                answer, at = answer[:at] + key + answer[at:], at + 1

    def _question(self, text: str, keys: Any) -> Asking:
        """Ask for one of Y, N, A; returns the letter or an empty text if cancelled."""
        while True:
            columns = self._screen.columns
            self._draw(f"{REVERSE}{text:<{columns}}{RESET}", keys, (0, len(text) + 1))
            key = yield from self._screen.read_key()
            if key is None and self._screen.ended:
                return "n"
            if key in ("^C", "ESC"):
                self._say("Cancelled")
                return ""
            if key is not None and f" {key.upper()}" in {name for name, _ in keys}:
                return key.lower()

    # -- keys ----------------------------------------------------------------------------------

    def _press(self, key: str) -> Asking:
        """Let one key act."""
        buffer, rows = self.buffer, self._rows
        line = buffer.spot.line
        moves: dict[str, Any] = {
            "LEFT": lambda: buffer.step(-1), "^B": lambda: buffer.step(-1),
            "RIGHT": lambda: buffer.step(1), "^F": lambda: buffer.step(1),
            "UP": lambda: buffer.climb(-1), "^P": lambda: buffer.climb(-1),
            "DOWN": lambda: buffer.climb(1), "^N": lambda: buffer.climb(1),
            "HOME": lambda: buffer.move(line, 0), "^A": lambda: buffer.move(line, 0),
            "END": lambda: buffer.move(line, len(buffer.line)),
            "^E": lambda: buffer.move(line, len(buffer.line)),
            "PGUP": lambda: self._page(-1), "^Y": lambda: self._page(-1),
            "PGDN": lambda: self._page(1), "^V": lambda: self._page(1),
            "^RIGHT": lambda: buffer.hop(forward=True), "^LEFT": lambda: buffer.hop(forward=False),
            "M- ": lambda: buffer.hop(forward=False), "^@": lambda: buffer.hop(forward=True),
            "^UP": lambda: buffer.climb(-rows), "^DOWN": lambda: buffer.climb(rows),
            "M-\\": lambda: buffer.move(0, 0), "^HOME": lambda: buffer.move(0, 0),
            "M-/": lambda: buffer.move(len(buffer.lines), 0),
            "^END": lambda: buffer.move(len(buffer.lines), len(buffer.lines[-1])),
        }  # fmt: skip
        changes: dict[str, Any] = {
            "ENTER": lambda: buffer.insert("\n", kind="enter"), "TAB": lambda: buffer.insert("\t"),
            "BACKSPACE": lambda: buffer.erase(back=True), "^H": lambda: buffer.erase(back=True),
            "DELETE": lambda: buffer.erase(back=False), "^D": lambda: buffer.erase(back=False),
            "^K": buffer.cut_line, "^U": buffer.paste,
            "M-u": lambda: self._turn(buffer.undo(), "Undid the last change", "Nothing to undo"),
            "M-e": lambda: self._turn(buffer.redo(), "Redid the change", "Nothing to redo"),
        }  # fmt: skip
        asking: dict[str, Any] = {
            "^X": self._leave, "^O": self._write, "^S": self._save, "^W": self._search,
            "^Q": self._search_back, "^\\": self._replace, "M-r": self._replace,
            "^_": self._ask_line, "M-g": self._ask_line, "^R": self._read_file, "^G": self._help,
            "F1": self._help, "F2": self._leave, "F3": self._write, "F6": self._search,
        }  # fmt: skip
        if key in moves:
            moves[key]()
        elif key in asking:
            yield from asking[key]()
        elif key in ("M-w", "M-q"):
            self._next(back=key == "M-q")
        elif key in ("M-6", "M-^"):
            buffer.copy_line()
        elif key == "M-n":
            self.numbers = not self.numbers
            self._say(f"Line numbering {'enabled' if self.numbers else 'disabled'}")
        elif key == "^C":
            self._say(location(buffer))
        elif key == "^L":
            self._screen.redraw()
        elif key in changes or (len(key) == 1 and key >= " "):
            if self.view_only:
                self._say("Key is invalid in view mode")
            elif key in changes:
                changes[key]()
            else:
                buffer.insert(key)
        elif key not in ("PASTE", "PASTED", "INSERT", "UNKNOWN", "ESC"):
            self._say(f"{key}: not supported in this editor")

    def _turn(self, done: bool, yes: str, no: str) -> None:
        self._say(yes if done else no)

    def _page(self, way: int) -> None:
        step = max(1, self._rows - 2) * way
        self.buffer.climb(step)
        self._top = max(0, min(self._top + step, len(self.buffer.lines) - 1))

    # -- files ---------------------------------------------------------------------------------

    def _leave(self) -> Asking:
        if self.buffer.modified:
            answer = yield from self._question("Save modified buffer?", YES_NO)
            if not answer:
                return
            if answer == "y" and not (yield from self._write()):
                return
        self._done = True

    def _save(self) -> Asking:
        return (yield from self._write()) if not self.name else self._store(self.name)

    def _write(self) -> Asking:
        """Ask for a name and write the file; returns whether it was written."""
        name = yield from self._ask("File Name to Write", self.name, PLAIN)
        if not isinstance(name, str) or not name:
            if name == "":
                self._say("Cancelled")
            return False
        if name != self.name and self.proc.files.exists(self.proc.path(name)):
            text = f'File "{name}" exists; OVERWRITE?'
            if (yield from self._question(text, YES_NO)) != "y":
                return False
        return self._store(name)

    def _store(self, name: str) -> bool:
        path = self.proc.path(name)
        try:
            self.proc.charge(sum(map(len, self.buffer.lines)))
            self.proc.files.write(path, self.buffer.text)
        except FileProblem as problem:
            self._say(f"Error writing {name}: {problem}")
            return False
        if self.buffer.lines[-1]:
            self.buffer.lines.append("")
        self.name = name
        self.buffer.saved()
        count = self.buffer.count()
        self._say(f"Wrote {count} line{'' if count == 1 else 's'}")
        return True

    def _read_file(self) -> Asking:
        name = yield from self._ask("File to insert [from ./]", "", PLAIN)
        if not isinstance(name, str) or not name:
            return
        try:
            text = self.proc.files.read(self.proc.path(name))
        except FileProblem as problem:
            self._say(f"Error reading {name}: {problem}")
            return
        if len(text) > 256 * 1024:
            self._say("File is too large")
            return
        self.buffer.insert(text, kind="paste")
        count = len(text.splitlines())
        self._say(f"Inserted {count} line{'' if count == 1 else 's'}")

    # -- finding -------------------------------------------------------------------------------

    def _search_back(self) -> Asking:
        return (yield from self._search(back=True))

    def _search(self, *, back: bool = False) -> Asking:
        self._back = back
        if (yield from self._ask_pattern("Search")):
            self._next(back=self._back)

    def _ask_pattern(self, word: str) -> Asking:
        """Ask what to look for; returns whether something was given."""
        typed = ""
        while True:
            marks = "".join(
                text
                for on, text in (
                    (self._case, " [Case Sensitive]"),
                    (self._regex, " [Reg.exp.]"),
                    (self._back, " [Backwards]"),
                )
                if on
            )
            replacing = " (to replace)" if word == "Search (to replace)" else ""
            before = f" [{self._sought[:30]}]" if self._sought else ""
            answer = yield from self._ask(f"Search{marks}{replacing}{before}", typed, FIND)
            if isinstance(answer, tuple):
                _, key, typed = answer
                self._case ^= key == "m-c"
                self._regex ^= key == "m-r"
                self._back ^= key == "m-b"
                continue
            if answer is None:
                return False
            if answer:
                self._sought = answer
            elif not self._sought:
                self._say("Cancelled")
                return False
            return True

    def _pattern(self) -> Any:
        """Return what is looked for, compiled; None after a message if it cannot be."""
        try:
            extended = Dialect(extended=True)
            source = translate(self._sought, extended) if self._regex else _escaped(self._sought)
            return compile_regex(source, ignore_case=not self._case)
        except RegexProblem as problem:
            self._say(f'Bad regex "{self._sought}": {problem}')
            return None

    def _next(self, *, back: bool) -> None:
        if not self._sought:
            self._say("No current search pattern")
            return
        pattern = self._pattern()
        if pattern is None:
            return
        self.proc.charge(sum(map(len, self.buffer.lines)))
        found = self.buffer.find(pattern, back=back)
        if found is None:
            self._say(f'"{self._sought}" not found')
            return
        spot, length, wrapped = found
        only = spot == self.buffer.spot
        self.buffer.move(*spot)
        self._mark = (*spot, length)
        self.message = (
            "This is the only occurrence" if only else "Search Wrapped" if wrapped else ""
        )

    def _replace(self) -> Asking:
        if self.view_only:
            self._say("Key is invalid in view mode")
            return
        self._back = False
        if not (yield from self._ask_pattern("Search (to replace)")):
            return
        put = yield from self._ask("Replace with", "", PLAIN)
        pattern = self._pattern() if isinstance(put, str) else None
        if pattern is None:
            return
        start, count, everything = self.buffer.spot, 0, False
        for number, column, length in self._occurrences(pattern):
            answer = "y"
            if not everything:
                self.buffer.move(number, column)
                self._mark = (number, column, length)
                answer = yield from self._question("Replace this instance?", YES_NO_ALL)
                self._mark = None
            if not answer:
                break
            everything = everything or answer == "a"
            if answer != "n":
                count += 1
                self._exchange(Spot(number, column), length, put)
        self.buffer.move(*start)
        if count:
            self._say(f"Replaced {count} occurrence{'' if count == 1 else 's'}")
        else:
            self._say("" if everything else f'"{self._sought}" not found')

    def _occurrences(self, pattern: Any) -> Generator[tuple[int, int, int], None, None]:
        """Yield (line, character, length) of matches, from the cursor on and over the end once."""
        line, column = self.buffer.spot
        count = len(self.buffer.lines)
        for turn in range(count + 1):
            number = (line + turn) % count
            at = column if turn == 0 else 0
            while True:
                text = self.buffer.lines[number]
                self.proc.charge(len(text) + 1)
                found = pattern.search(text, at)
                if found is None or (turn == count and found.start >= column):
                    break
                before = len(text)
                yield number, found.start, found.end - found.start
                grown = len(self.buffer.lines[number]) - before
                at = found.end + grown if found.end > found.start else found.end + grown + 1
                if at > len(self.buffer.lines[number]):
                    break

    def _exchange(self, spot: Spot, length: int, put: str) -> None:
        lines = list(self.buffer.lines)
        text = lines[spot.line]
        lines[spot.line] = text[: spot.column] + put + text[spot.column + length :]
        self.buffer.replace_lines(lines, spot)

    def _ask_line(self) -> Asking:
        typed = yield from self._ask("Enter line number, column number", "", PLAIN)
        if not isinstance(typed, str):
            return
        line, _, column = typed.replace(".", ",").partition(",")
        if not typed or not self.go_to(line, column):
            self._say("Invalid line or column number" if typed else "Cancelled")

    def _help(self) -> Asking:
        top = 0
        while True:
            screen, rows = self._screen, max(1, self._screen.rows - 3)
            top = max(0, min(top, len(HELP) - rows))
            head = f"{REVERSE}{'Help of this editor':^{screen.columns}}{RESET}"
            body = [line[: screen.columns] for line in HELP[top : top + rows]]
            body += [""] * (rows - len(body))
            screen.draw([head, *body, *help_lines(HELP_KEYS, screen.columns)])
            key = yield from screen.read_key()
            if key in ("^X", "q", "^C", "F2") or (key is None and screen.ended):
                return
            steps = {"DOWN": 1, "^N": 1, "UP": -1, "^P": -1, "PGDN": rows, "^V": rows, " ": rows}
            top += {**steps, "PGUP": -rows, "^Y": -rows}.get(key or "", 0)


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\.^$|()[]{}*+?" else char for char in text)
