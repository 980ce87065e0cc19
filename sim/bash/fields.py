"""Arguments being put together from quoted and unquoted pieces, split where IFS says so."""

from __future__ import annotations

import re

BLANK = " \t\n"
_OTHER_SPACE = re.compile("[\r\v\f\x1c-\x1f]")


class Field:
    """One argument: its pieces, and whether some of it may be a pattern."""

    __slots__ = ("active", "pieces", "started")

    def __init__(self) -> None:
        """Begin without any text."""
        self.pieces: list[tuple[str, bool]] = []
        self.started = False
        self.active = False

    def add(self, text: str, *, quoted: bool) -> None:
        """Add *text*."""
        if quoted or text:
            self.started = True
        self.pieces.append((text, quoted))
        if not quoted and not self.active:
            self.active = "*" in text or "?" in text or "[" in text or "(" in text

    @property
    def text(self) -> str:
        """Return the argument's text."""
        if len(self.pieces) == 1:
            return self.pieces[0][0]
        return "".join(text for text, _ in self.pieces)

    @property
    def pattern(self) -> str:
        """Return it as a pattern, in which what was quoted is escaped."""
        return "".join(escaped(text) if quoted else text for text, quoted in self.pieces)


def escaped(text: str) -> str:
    """Return a pattern that fits exactly *text*."""
    if text.isalnum():
        return text
    return "".join("\\" + char if char in "*?[]\\()|!+@-^" else char for char in text)


class Fields:
    """The arguments that one word becomes."""

    __slots__ = ("_hard", "_soft", "current", "done", "splits")

    def __init__(self, ifs: str | None, *, splits: bool) -> None:
        """Split unquoted text at the characters of *ifs* (None: blanks) if *splits*."""
        ifs = BLANK if ifs is None else ifs
        self.done: list[Field] = []
        self.current = Field()
        self.splits = splits and ifs != ""
        self._soft = "".join(char for char in ifs if char in BLANK)
        self._hard = "".join(char for char in ifs if char not in BLANK)

    def add(self, text: str, *, quoted: bool) -> None:
        """Add text that is never split."""
        self.current.add(text, quoted=quoted)

    def end(self) -> None:
        """End the current argument."""
        self.done.append(self.current)
        self.current = Field()

    def end_if_started(self) -> None:
        """End the current argument if there is one."""
        if self.current.started:
            self.end()

    def expand(self, text: str) -> None:
        """Add what an unquoted expansion gave."""
        if not self.splits:
            self.current.add(text, quoted=False)
            return
        if not self._hard and len(self._soft) == 3:
            self._blanks(text)
        else:
            self._any(text)

    def _blanks(self, text: str) -> None:
        words = text.replace("\r", "\x00").split() if "\r" in text else text.split()
        if not text:
            return
        if len(words) == 1 and len(words[0]) == len(text):
            self.current.add(text.replace("\x00", "\r") if "\r" in text else text, quoted=False)
            return
        if not _only_blanks(text):
            self._any(text)
            return
        if text[0] in BLANK:
            self.end_if_started()
        for number, word in enumerate(words):
            if number:
                self.end()
            self.current.add(word, quoted=False)
        if words and text[-1] in BLANK:
            self.end()

    def _any(self, text: str) -> None:
        soft, hard = self._soft, self._hard
        both = soft + hard
        at, size = 0, len(text)
        if at < size and text[at] in soft:
            while at < size and text[at] in soft:
                at += 1
            self.end_if_started()
        while at < size:
            start = at
            while at < size and text[at] not in both:
                at += 1
            if at > start:
                self.current.add(text[start:at], quoted=False)
            if at >= size:
                return
            while at < size and text[at] in soft:
                at += 1
            if at < size and text[at] in hard:
                at += 1
                while at < size and text[at] in soft:
                    at += 1
                self.end()
            else:
                self.end_if_started()

    def finish(self) -> list[Field]:
        """Return the arguments."""
        if self.current.started:
            self.done.append(self.current)
        return self.done


def _only_blanks(text: str) -> bool:
    """Return whether Python's idea of white space in *text* is the shell's."""
    return text.isascii() and _OTHER_SPACE.search(text) is None


def split_record(line: str, ifs: str, count: int) -> list[str]:
    """Return *line* split as `read` does into at most *count* pieces (0: any number).

    The last piece is what is left, without the blanks of *ifs* around it.
    """
    soft = "".join(char for char in ifs if char in BLANK)
    hard = "".join(char for char in ifs if char not in BLANK)
    out: list[str] = []
    at, size = 0, len(line)
    while at < size and line[at] in soft:
        at += 1
    while at < size:
        if count and len(out) == count - 1:
            rest = line[at:].rstrip(soft) if soft else line[at:]
            # One delimiter at the very end belongs to the last piece's end.
            if rest and rest[-1] in hard and not any(char in ifs for char in rest[:-1]):
                rest = rest[:-1]
                rest = rest.rstrip(soft) if soft else rest
            out.append(rest)
            return out
        start = at
        while at < size and line[at] not in ifs:
            at += 1
        out.append(line[start:at])
        while at < size and line[at] in soft:
            at += 1
        if at < size and line[at] in hard:
            at += 1
            while at < size and line[at] in soft:
                at += 1
    return out


__all__ = ["BLANK", "Field", "Fields", "escaped", "split_record"]
