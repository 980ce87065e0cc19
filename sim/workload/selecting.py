"""A small part of SELECT over a view of a few rows: what one asks a server about its sessions.

Columns, `count(*)`, `min`, `max`, WHERE with AND, GROUP BY, ORDER BY, LIMIT. This file must not know
any view.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Row = Mapping[str, str]
_QUERY = re.compile(
    r"(?:SELECT (?P<columns>.+?) FROM|TABLE) (?P<view>[\w.]+)"
    r"(?: WHERE (?P<where>.+?))?(?: GROUP BY (?P<group>.+?))?(?: ORDER BY (?P<order>.+?))?"
    r"(?: LIMIT (?P<limit>\d{1,6}))?",
    re.I,
)
_TEST = re.compile(
    r"(?P<name>\w+) (?:IS (?P<no>NOT )?NULL|(?P<sign>=|<>|!=) ?'(?P<text>[^']*)')|"
    r"(?P<name2>\w+)(?P<sign2>=|<>|!=)'(?P<text2>[^']*)'",
    re.I,
)
_CALL = re.compile(r"(count|min|max) ?\( ?(\*|\w+) ?\)", re.I)


class NotKnown(Exception):  # noqa: N818 - what a statement is, not a defect
    """It is outside of this part of SQL."""


class NoColumn(Exception):  # noqa: N818 - the server's word
    """The view has no column of that name."""


def select(
    words: str, views: Mapping[str, Sequence[Row]], columns: Mapping[str, Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Answer a query (its words with single blanks) from *views*, which have *columns*.

    Raises:
        NotKnown: if it is of another form, or about something else.
        NoColumn: with the name, if the view lacks it.
    """
    found = _QUERY.fullmatch(words)
    view = found["view"].lower().removeprefix("pg_catalog.") if found is not None else ""
    if found is None or view not in views:
        raise NotKnown
    known = columns[view]
    rows = [row for row in views[view] if _kept(row, found["where"] or "", known)]
    wanted = _wanted(found["columns"] or "*", known)
    calls = [_CALL.fullmatch(one) for one in wanted]
    group = [_place(one, wanted) for one in _split(found["group"] or "")]
    names = [
        call[1].lower() if call is not None else _column(one, known)
        for call, one in zip(calls, wanted, strict=True)
    ]
    if group or any(calls):
        table = _grouped(rows, wanted, [_column(one, known) for one in group], known)
    else:
        table = [[row[name] for name in names] for row in rows]
    for one in reversed(_split(found["order"] or "")):
        key, _, way = one.partition(" ")
        key = _place(key, wanted)
        place = wanted.index(key) if key in wanted else names.index(_column(key, names))
        table.sort(key=lambda row: _rank(row[place]), reverse=way.upper() == "DESC")
    return names, table[: int(found["limit"])] if found["limit"] else table


def _wanted(text: str, known: Sequence[str]) -> list[str]:
    return [name for one in _split(text) for name in (known if one == "*" else (one.lower(),))]


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")] if text else []


def _place(text: str, wanted: Sequence[str]) -> str:
    """Return the column that a number stands for."""
    if text.isdecimal():
        if not 0 < int(text) <= len(wanted):
            raise NotKnown
        return wanted[int(text) - 1]
    return text.lower()


def _column(name: str, known: Sequence[str]) -> str:
    name = name.rpartition(".")[2].lower()
    if not re.fullmatch(r"\w+", name):
        raise NotKnown
    if name not in known:
        raise NoColumn(name)
    return name


def _kept(row: Row, where: str, known: Sequence[str]) -> bool:
    for part in re.split(r" AND ", where, flags=re.I) if where else ():
        found = _TEST.fullmatch(part.strip())
        if found is None:
            raise NotKnown
        value = row[_column(found["name"] or found["name2"], known)]
        sign, text = found["sign"] or found["sign2"], found["text"] or found["text2"] or ""
        if sign is None:
            holds = bool(value) == bool(found["no"])
        else:
            holds = bool(value) and (value == text) == (sign == "=")
        if not holds:
            return False
    return True


def _grouped(
    rows: Sequence[Row], wanted: Sequence[str], group: Sequence[str], known: Sequence[str]
) -> list[list[str]]:
    groups: dict[tuple[str, ...], list[Row]] = {} if group else {(): []}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in group), []).append(row)
    return [
        [_cell(one, members, key, group, known) for one in wanted]
        for key, members in groups.items()
    ]


def _cell(
    wanted: str,
    members: Sequence[Row],
    key: tuple[str, ...],
    group: Sequence[str],
    known: Sequence[str],
) -> str:
    call = _CALL.fullmatch(wanted)
    if call is None:
        name = _column(wanted, known)
        if name not in group:
            raise NotKnown
        return key[group.index(name)]
    values = (
        [row[_column(call[2], known)] for row in members]
        if call[2] != "*"
        else ["*"] * len(members)
    )
    values = [one for one in values if one]
    if call[1].lower() == "count":
        return str(len(values))
    return (min if call[1].lower() == "min" else max)(values, key=_rank, default="")


def _rank(value: str) -> tuple[int, int, str]:
    return (0, int(value), "") if value.isdecimal() else (1, 0, value)
