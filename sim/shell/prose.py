"""Pages and lists of prose, folded to a terminal's width.

Markdown is laid out, never rendered; whose words they are is not known here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

WIDTH = 80
_ITEM = re.compile(r"(?:[-*] |\d+\. |\S+ {2,})")
_APART = (" ", "|", "\t", "#", "```", ">")
"""Lines that begin so stand by themselves: tables, code, headings."""


def wrapped(text: str) -> str:
    """Return *text* with its lines of prose folded at 80 columns; code and tables stay."""
    out: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced = fenced != line.startswith("```")
        if len(line) <= WIDTH or fenced or line[:1] in {" ", "|", "\t"}:
            out.append(line)
        else:
            out.extend(_fold(line))
    return "\n".join(out)


def page(text: str) -> str:
    """Return a page of Markdown with its paragraphs and items filled to 80 columns.

    Where its author broke a line is of no account; code, tables and headings stay as they are.
    """
    out: list[str] = []
    for block in _blocks(text):
        out.extend([block] if block.startswith(_APART) or "\n" in block else _fold(block))
    return "\n".join(out)


def indented(text: str) -> str:
    """Return *text* with long lines folded; what goes on stands below its line's first word."""
    out: list[str] = []
    for line in text.split("\n"):
        mark = re.match(r" *(?:(?:\d+\.|[A-L]) +)?", line)
        indent = " " * len(mark[0] if mark else "")
        out.extend(textwrap.wrap(line, WIDTH, subsequent_indent=indent) or [line])
    return "\n".join(out)


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs and items as one line each, everything else line by line, code whole."""
    prose = ""
    fenced: list[str] = []
    for line in text.split("\n"):
        if fenced or line.startswith("```"):
            if prose:
                yield prose
                prose = ""
            fenced.append(line)
            if len(fenced) > 1 and line.startswith("```"):
                yield "\n".join(fenced)
                fenced = []
            continue
        goes_on = bool(prose) and bool(line.strip()) and not _ITEM.match(line)
        if goes_on and (not line.startswith(_APART) or (line[:1] == " " and _ITEM.match(prose))):
            prose = f"{prose} {line.strip()}"
            continue
        if prose:
            yield prose
            prose = ""
        if not line.strip() or line.startswith(_APART):
            yield line
        else:
            prose = line
    if prose:
        yield prose
    if fenced:
        yield "\n".join(fenced)


def _fold(line: str) -> list[str]:
    mark = _ITEM.match(line)
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * len(mark[0] if mark else ""),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [line]
