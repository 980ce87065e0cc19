r"""A terminal somewhere else, whose lines are edited and echoed on this side.

What comes back is read as a terminal would: a line that was typed is not shown twice, ends of lines are
ours, and a program that takes the whole screen is seen to do so (xterm's control sequences).

>>> far = FarTerminal(echoes=True)
>>> far.typed("date\n")
>>> far.shown("date\r\nMon Nov 23\r\n")
'Mon Nov 23\n'
"""

from __future__ import annotations

_ENTER, _LEAVE = ("\x1b[?1049h", "\x1b[?47h"), ("\x1b[?1049l", "\x1b[?47l")
_IDLE = ("\x1b[?2004h", "\x1b[?2004l", "\x1b[6n")
"""What line editors say to terminals about pasting, and where the cursor is; nobody here answers."""
LONGEST = 4096
"""Characters that are waited for as an echo."""


class FarTerminal:
    """What the far end's terminal does to what passes through it."""

    def __init__(self, *, echoes: bool) -> None:
        """Begin with a plain line; *echoes*: it shows what is typed, which this side has shown."""
        self.full = False
        """A program has the whole screen: it gets keys, and what it writes is shown as it is."""
        self._echoes = echoes
        self._expected = ""
        self._cut = ""

    def typed(self, text: str) -> None:
        """Take note of what goes there."""
        if self._echoes and not self.full:
            self._expected = (self._expected + text.replace("\n", "\r\n"))[-LONGEST:]

    def shown(self, text: str) -> str:
        """Return what is to be shown of what came back."""
        for mark in _IDLE:
            text = text.replace(mark, "")
        entered = max(text.rfind(mark) for mark in _ENTER)
        left = max(text.rfind(mark) for mark in _LEAVE)
        was = self.full
        if entered != left:
            self.full = entered > left
        if was and self.full:
            return text
        text = self._unechoed(text)
        # Both ends of a line may come apart; then the first one waits.
        text, self._cut = self._cut + text, ""
        if text.endswith("\r"):
            text, self._cut = text[:-1], "\r"
        return text.replace("\r\n", "\n")

    def _unechoed(self, text: str) -> str:
        expected = self._expected
        if not expected or not text:
            return text
        if expected.startswith(text):
            self._expected = expected[len(text) :]
            return ""
        at = text.find(expected)
        if at >= 0:
            self._expected = ""
            return text[:at] + text[at + len(expected) :]
        # It reads without an echo, a password perhaps, or shows lines in its own way.
        self._expected = ""
        return text
