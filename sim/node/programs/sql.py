"""A small part of SQL, over tables that are lists of rows: what one asks a server about itself.

`SELECT` columns, `count(*)`, `min`, `max`, `FROM` one table, `WHERE` comparisons joined by AND, `GROUP BY`,
`ORDER BY`, `LIMIT`. This file must not know any table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Value = str | int | float | bool | None
Row = Mapping[str, Value]
Rows = Sequence[Row]

_PARTS = re.compile(
    r"select\s+(?P<columns>.+?)\s+from\s+(?P<table>[\w.]+)(?:\s+(?:as\s+)?(?P<alias>(?!where|group|order|limit)\w+))?"
    r"(?:\s+where\s+(?P<where>.+?))?(?:\s+group\s+by\s+(?P<group>.+?))?"
    r"(?:\s+order\s+by\s+(?P<order>.+?))?(?:\s+limit\s+(?P<limit>\d{1,6}))?$",
    re.IGNORECASE | re.DOTALL,
)
_COMPARE = re.compile(
    r"^(?P<left>[\w.]+)\s*(?:(?P<null>is\s+(?:not\s+)?null)|"
    r"(?P<op><>|!=|=|<=|>=|<|>|\bnot\s+ilike\b|\bilike\b|\bnot\s+like\b|\blike\b)\s*(?P<right>'(?:[^']|'')*'|[\w.()]+))$",
    re.IGNORECASE,
)
_CALL = re.compile(r"^(\w+)\s*\(\s*(.*?)\s*\)$", re.DOTALL)
LONGEST = 4_000


class NotSupported(Exception):  # noqa: N818 - what a statement is, not a defect
    """A statement outside of the part that is known."""


class SqlError(Exception):
    """A statement that the server refuses; `str()` is what psql prints after `ERROR:  `."""

    def __init__(self, text: str, detail: str = "", *, at: int = -1, statement: str = "") -> None:
        """Say *text*, with a line DETAIL, or with the place (an index) in a *statement*."""
        self.logged = text if at < 0 else f"{text} at character {at + 1}"
        """The text as the server's log has it."""
        self.in_grammar = text.startswith(("syntax error", "unrecognized role option"))
        """The statement could not be read, so it is not logged as one."""
        if detail:
            text += f"\nDETAIL:  {detail}"
        if at >= 0:
            head = statement[:at].count("\n")
            begun = statement.rfind("\n", 0, at) + 1
            first = f"LINE {head + 1}: "
            row = statement[begun:].split("\n", 1)[0]
            text += f"\n{first}{row}\n{' ' * (len(first) + at - begun)}^"
        super().__init__(text)


class Result(NamedTuple):
    """What a query gives."""

    columns: list[str]
    rows: list[list[Value]]


Functions = Mapping[str, Callable[[Value], Value]]
"""Functions of one argument that may stand among the columns."""


def select(
    statement: str, tables: Mapping[str, Callable[[], Rows]], functions: Functions
) -> Result:
    """Answer a query with a FROM.

    Raises:
        NotSupported: if it is not of the known form.
        SqlError: in PostgreSQL's words.
    """
    found = _PARTS.match(statement.strip()) if len(statement) < LONGEST else None
    if found is None:
        raise NotSupported
    name = found["table"].lower().removeprefix("pg_catalog.")
    if name not in tables:
        raise NotSupported
    rows = list(tables[name]())
    known = set(rows[0]) if rows else set()
    rows = [row for row in rows if _kept(row, found["where"] or "", known, functions)]
    wanted = [_named(one) for one in _split(found["columns"])]
    if found["group"] or any(_aggregate(one) for one, _ in wanted):
        result = _grouped(rows, wanted, found["group"] or "", known)
    else:
        if found["limit"] and not found["order"]:
            del rows[int(found["limit"]) :]  # what is not wanted is not worked out either
        result = _plain(rows, wanted, known, functions)
    if found["order"]:
        _ordered(result, found["order"])
    if found["limit"]:
        del result.rows[int(found["limit"]) :]
    return result


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand in no bracket and no quotes."""
    parts, depth, quoted, begun = [], 0, False, 0
    for index, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and depth == 0:
            parts.append(text[begun:index].strip())
            begun = index + 1
    return [*parts, text[begun:].strip()]


def _named(text: str) -> tuple[str, str]:
    """Return (expression, name of the column)."""
    head, _, alias = text.rpartition(" ")
    if head and re.fullmatch(r'[\w"]+', alias) and not head.rstrip().endswith(("(", ",", "-", "+")):
        return head.removesuffix(" as").removesuffix(" AS").strip(), alias.strip('"')
    call = _CALL.match(text)
    plain = text.rpartition(".")[2] if call is None else call[1].lower()
    return text, plain.partition("::")[0]


def _column(text: str, known: set[str]) -> str:
    name = text.strip().rpartition(".")[2].lower().strip('"')
    if known and name not in known:
        raise SqlError(f'column "{text.strip()}" does not exist')
    return name


def _plain(
    rows: Rows, wanted: list[tuple[str, str]], known: set[str], functions: Functions
) -> Result:
    titles: list[str] = []
    getters: list[Callable[[Row], Value]] = []
    for text, title in wanted:
        if text == "*" or text.endswith(".*"):
            for name in rows[0] if rows else ():
                titles.append(name)
                getters.append(lambda row, name=name: row[name])  # type: ignore[misc]
            continue
        call = _CALL.match(text)
        if call is not None:
            act = functions.get(call[1].lower())
            if act is None:
                raise NotSupported
            name = _column(call[2], known)
            getters.append(lambda row, act=act, name=name: act(row.get(name)))  # type: ignore[misc]
        elif re.fullmatch(r'[\w."]+(?:::\w+)?', text):
            name = _column(text.partition("::")[0], known)
            getters.append(lambda row, name=name: row.get(name))  # type: ignore[misc]
        else:
            raise NotSupported
        titles.append(title)
    return Result(titles, [[get(row) for get in getters] for row in rows])


def _grouped(rows: Rows, wanted: list[tuple[str, str]], group: str, known: set[str]) -> Result:
    texts = [text for text, _ in wanted]
    named = [
        texts[int(one) - 1] if one.isdecimal() and 0 < int(one) <= len(texts) else one
        for one in (_split(group) if group else [])
    ]
    keys = [_column(one, known) for one in named]
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    if not keys:
        groups.setdefault((), [])
    table = []
    for held, members in groups.items():
        cells: list[Value] = []
        for text, _ in wanted:
            call = _aggregate(text)
            if call is not None:
                cells.append(_summed(call, members, known))
                continue
            name = _column(text, known)
            if name not in keys:
                raise SqlError(
                    f'column "{text}" must appear in the GROUP BY clause or be used in an aggregate function'
                )
            cells.append(held[keys.index(name)])
        table.append(cells)
    return Result([title for _, title in wanted], table)


def _aggregate(text: str) -> tuple[str, str] | None:
    """Return (function, argument) of `count(...)`, `min(...)` or `max(...)`; None for another text."""
    call = _CALL.match(text)
    name = call[1].lower() if call is not None else ""
    return (name, call[2]) if call is not None and name in ("count", "min", "max") else None


def _summed(call: tuple[str, str], rows: Rows, known: set[str]) -> Value:
    name, over = call
    if name == "count" and over in ("*", "1"):
        return len(rows)
    distinct = re.fullmatch(r"(?i)distinct\s+(.+)", over)
    column = _column(distinct[1] if distinct is not None else over, known)
    values = [row[column] for row in rows if row[column] is not None]
    if name == "count":
        return len(set(values)) if distinct is not None else len(values)
    least = min if name == "min" else max
    return least(values, key=_rank, default=None)


def _rank(value: Value) -> tuple[bool, float, str]:
    """Return what a value is ordered by."""
    if isinstance(value, int | float):
        return False, float(value), ""
    return True, 0.0, str(value)


def _ordered(result: Result, order: str) -> None:
    for one in reversed(_split(order)):
        words = one.split()
        down = len(words) > 1 and words[1].lower() == "desc"
        name = words[0].rpartition(".")[2]
        if name.isdecimal() and 0 < int(name) <= len(result.columns):
            place = int(name) - 1
        elif (call := _aggregate(words[0])) is not None:
            there = call[0] in result.columns
            place = result.columns.index(call[0]) if there else len(result.columns) - 1
        elif name in result.columns:
            place = result.columns.index(name)
        else:
            raise NotSupported
        result.rows.sort(
            key=lambda row: (row[place] is None, str(type(row[place])), row[place] or 0)
            if not isinstance(row[place], str) else (False, "str", row[place]), reverse=down,
        )  # fmt: skip


def _kept(row: Row, where: str, known: set[str], functions: Functions) -> bool:
    if not where:
        return True
    for part in re.split(r"\s+and\s+", where, flags=re.IGNORECASE):
        found = _COMPARE.match(part.strip())
        if found is None:
            raise NotSupported
        value = row.get(_column(found["left"], known))
        if found["null"]:
            if (value is None) == ("not" in found["null"].lower()):
                return False
            continue
        right = found["right"]
        if right.startswith("'"):
            other: Value = right[1:-1].replace("''", "'")
        elif right.endswith("()"):
            act = functions.get(right[:-2].lower())
            if act is None:
                raise NotSupported
            other = act(None)
        elif right.lstrip("-").replace(".", "", 1).isdecimal():
            other = float(right) if "." in right else int(right)
        else:
            other = row.get(_column(right, known))
        if not _holds(value, " ".join(found["op"].lower().split()), other):
            return False
    return True


def _holds(value: Value, op: str, other: Value) -> bool:
    if value is None or other is None:
        return False
    if "like" in op:
        pattern = "".join(
            ".*" if c == "%" else "." if c == "_" else re.escape(c) for c in str(other)
        )
        flags = re.IGNORECASE if "ilike" in op else 0
        fits = re.fullmatch(pattern, str(value), flags | re.DOTALL) is not None
        return fits != op.startswith("not")
    if isinstance(value, int | float) and isinstance(other, int | float):
        sign = (value > other) - (value < other)
    else:
        sign = (str(value) > str(other)) - (str(value) < str(other))
    return {
        "=": sign == 0, "<>": sign != 0, "!=": sign != 0, "<": sign < 0, ">": sign > 0,
        "<=": sign <= 0, ">=": sign >= 0,
    }[op]  # fmt: skip


def show(
    result: Result,
    *,
    bare: bool,
    aligned: bool,
    expanded: bool,
    separator: str = "|",
    footer: bool = True,
) -> str:
    """Return a result as psql prints it; without *footer* it does not count the rows."""
    cells = [[_text(value) for value in row] for row in result.rows]
    if expanded:
        return _expanded(result.columns, cells, aligned=aligned, bare=bare)
    count = f"({len(cells)} row{'' if len(cells) == 1 else 's'})"
    if not aligned:
        lines = [separator.join(row) for row in ([] if bare else [result.columns]) + cells]
        ends = [] if bare or not footer else [count]
        return "".join(f"{line}\n" for line in [*lines, *ends])
    right = [
        all(
            (isinstance(row[i], int | float) and not isinstance(row[i], bool)) or row[i] is None
            for row in result.rows
        )
        and any(row[i] is not None for row in result.rows)
        for i in range(len(result.columns))
    ]
    widths = [
        max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(result.columns)
    ]
    lines = []
    if not bare:
        lines.append(_head(result.columns, widths))
        lines.append("+".join("-" * (w + 2) for w in widths))
    for row in cells:
        *head, final = [
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        ]
        lines.append(" " + " | ".join([*head, final if right[-1] else row[-1]]))
    lines += [""] if bare or not footer else [count, ""]
    return "".join(f"{line}\n" for line in lines)


def _head(names: Sequence[str], widths: Sequence[int]) -> str:
    """Return the titles, centred as psql does it: what is odd goes to the right."""
    parts = []
    for name, width in zip(names, widths, strict=True):
        left = (width - len(name)) // 2
        parts.append(f" {' ' * left}{name}{' ' * (width - len(name) - left)} ")
    return "|".join(parts)


def _expanded(names: Sequence[str], cells: list[list[str]], *, aligned: bool, bare: bool) -> str:
    width = max(map(len, names), default=0)
    wide = max((len(cell) for row in cells for cell in row), default=0)
    lines = []
    for number, row in enumerate(cells, start=1):
        if not bare:
            head = f"-[ RECORD {number} ]"
            if aligned and len(head) <= width + 1:
                head += "-" * (width + 1 - len(head)) + "+" + "-" * (wide + 1)
            else:
                head += "-" * max(0, width + wide + 3 - len(head))
            lines.append(head)
        for name, cell in zip(names, row, strict=True):
            lines.append(f"{name:<{width}} | {cell}" if aligned else f"{name}|{cell}")
    if not cells:
        lines.append("(0 rows)")
    return "".join(f"{line}\n" for line in [*lines, ""])


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return f"{value:g}" if isinstance(value, float) else str(value)
