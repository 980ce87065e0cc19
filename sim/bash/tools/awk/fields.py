"""The record and its fields: split when they are looked at, joined when one was changed."""

from __future__ import annotations

import re
from collections.abc import Callable

from sim.bash.tools.awk.regexes import regex_of
from sim.bash.tools.awk.values import UNSET, AwkProblem, Field, Value, number, whole

MAX_FIELDS = 100_000
_BLANKS = re.compile(r"[^ \t\n]+")


def split_text(text: str, separator: str, *, ignore_case: bool = False) -> list[str]:
    """Return *text* split by an FS: a blank, one character, or a regular expression."""
    if not text:
        return []
    if separator == " ":
        return _BLANKS.findall(text)
    if separator == "":
        return list(text)
    if len(separator) == 1 and separator != "\\" and not (ignore_case and separator.isalpha()):
        return text.split(separator)
    return _by_regex(text, separator, ignore_case)


def _by_regex(text: str, separator: str, ignore_case: bool) -> list[str]:
    out: list[str] = []
    at = 0
    for match in regex_of("\\\\" if separator == "\\" else separator, ignore_case).finditer(text):
        start, end = match.spans[0]
        if start == end:
            continue
        out.append(text[at:start])
        at = end
    out.append(text[at:])
    return out


class Record:
    """`$0`, `$1` ... and NF."""

    def __init__(self, setting: Callable[[str], str]) -> None:
        """Begin empty; *setting* returns FS, OFS and the like as text."""
        self._setting = setting
        self._text: str | None = ""
        self._fields: list[Value] | None = []
        self.paragraphs = False
        """Newlines separate fields too, since records are paragraphs."""

    def put(self, text: str) -> None:
        """Begin a new record."""
        self._text = text
        self._fields = None

    @property
    def text(self) -> str:
        """`$0`."""
        if self._text is None:
            form = self._setting("CONVFMT")
            from sim.bash.tools.awk.values import shown  # noqa: PLC0415

            joint = self._setting("OFS")
            self._text = joint.join(
                shown(one, form) if isinstance(one, float) else one for one in self._fields or ()
            )
        return self._text

    @property
    def fields(self) -> list[Value]:
        """`$1` and those after it."""
        if self._fields is None:
            self._fields = [Field(one) for one in self._split(self._text or "")]
        return self._fields

    def _split(self, text: str) -> list[str]:
        pattern = self._setting("FPAT")
        if pattern:
            return [match.group(0) for match in regex_of(pattern).finditer(text)]
        widths = self._setting("FIELDWIDTHS")
        if widths:
            return _fixed(text, widths)
        separator = self._setting("FS")
        if self.paragraphs and separator != " ":
            if len(separator) == 1:
                separator = "\\" + separator if separator in "\\.+*?()|[]{}^$" else separator
            separator = f"(\n|{separator})"
        return split_text(text, separator, ignore_case=self._setting("IGNORECASE") not in "0")

    @property
    def count(self) -> int:
        """NF."""
        return len(self.fields)

    def get(self, index: float) -> Value:
        """Return `$index`; raises AwkProblem for a negative one."""
        place = whole(index)
        if place == 0:
            return Field(self.text)
        if place < 0:
            raise AwkProblem(f"attempt to access field {place}")
        fields = self.fields
        return fields[place - 1] if place <= len(fields) else UNSET

    def set(self, index: float, value: Value) -> None:
        """Set `$index`; raises AwkProblem where there can be none."""
        place = whole(index)
        if place == 0:
            form = self._setting("CONVFMT")
            from sim.bash.tools.awk.values import shown  # noqa: PLC0415

            self.put(shown(value, form) if isinstance(value, float) else str(value))
            return
        if place < 0:
            raise AwkProblem(f"attempt to access field {place}")
        self._reach(place)
        self.fields[place - 1] = value
        self._text = None

    def _reach(self, count: int) -> None:
        if count > MAX_FIELDS:
            raise AwkProblem(f"field {count}: not supported in this simulator")
        fields = self.fields
        fields.extend([UNSET] * (count - len(fields)))

    def set_count(self, value: Value) -> None:
        """Set NF; raises AwkProblem if it is negative."""
        count = whole(number(value))
        if count < 0:
            raise AwkProblem("NF set to negative value")
        self._reach(count)
        del self.fields[count:]
        self._text = None


def _fixed(text: str, widths: str) -> list[str]:
    out: list[str] = []
    at = 0
    for width in widths.split():
        skip, _, size = width.rpartition(":")
        at += int(skip) if skip.isdecimal() else 0
        if at >= len(text):
            break
        end = at + int(size) if size.isdecimal() else len(text)
        out.append(text[at:end])
        at = end
    return out
