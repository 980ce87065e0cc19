"""Which fields each message has: the tables beside this file, read when first needed.

This file must not know bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

META = "meta/v1"
_TABLES = ("core.txt", "groups.txt")
_EVERYWHERE = frozenset({"DeleteOptions", "Status"})
"""Kinds of meta/v1 that every group version registers."""

_FIELD = re.compile(
    r"(?P<number>\d+) (?P<embedded>\+)?(?P<name>\w*)(?P<mark>[*!?]?)"
    r"(?:\[(?P<item>[\w./]*)\]|\{(?P<value>[\w./]*)\}|:(?P<type>[\w./]+))?"
)

Message = tuple[str, str]
"""(package, name), e.g. `("core/v1", "PodSpec")`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    name: str
    """As in JSON; "" where the message stands for its only field."""
    type: str
    """`string`, `int`, `bool`, `bytes`, a type of values.py, or "" for a message."""
    message: Message | None
    card: str
    """`one`, `list`, `map` or `embedded`."""
    keeps_zero: bool
    """True where JSON has the field even with its type's zero value."""
    always: bool
    """True where JSON has the field even if nobody has set it."""
    drops_empty: bool
    """True where an empty message is left out."""


@dataclass(frozen=True, slots=True)
class _Tables:
    lines: dict[Message, str]
    packages: dict[str, str]
    """apiVersion -> package."""


@cache
def _tables() -> _Tables:
    lines: dict[Message, str] = {}
    packages: dict[str, str] = {}
    for table in _TABLES:
        package, name = "", ""
        content = files(__package__).joinpath(table).read_text(encoding="utf-8")
        for line in content.splitlines():
            if not line or line.startswith("#"):
                continue
            if line.startswith("= "):
                package, *versions = line[2:].split()
                packages |= dict.fromkeys(versions, package)
            elif line.startswith(" "):
                lines[package, name] += " " + line.strip()
            else:
                name, _, rest = line.partition(":")
                lines[package, name] = rest.strip()
    return _Tables(lines, packages)


def find_message(api_version: str, kind: str) -> Message | None:
    """Return the message of a kind, or None if there is none."""
    tables = _tables()
    if kind in _EVERYWHERE:
        return META, kind
    found = tables.packages.get(api_version, ""), kind
    return found if found in tables.lines else None


def every_kind() -> list[tuple[str, str]]:
    """Return (apiVersion, kind) of all messages that have metadata, in the order of the tables."""
    tables = _tables()
    versions = {package: version for version, package in tables.packages.items()}
    return [
        (versions[package], name)
        for (package, name), line in tables.lines.items()
        if package in versions and re.search(r"\bmetadata!:ObjectMeta\b", line)
    ]


def _resolve(package: str, name: str) -> Message | None:
    lines = _tables().lines
    if "." in name:
        package, _, name = name.partition(".")
    for one in (package, "core/v1", META):
        if (one, name) in lines:
            return one, name
    return None


@cache
def fields_of(message: Message) -> dict[int, Field]:
    """Return the fields of *message* by number, in the order of Go's struct."""
    fields = {}
    for match in _FIELD.finditer(_tables().lines[message]):
        if match["embedded"]:
            type_, card = match["name"], "embedded"
        elif match["item"] is not None:
            type_, card = match["item"], "list"
        elif match["value"] is not None:
            type_, card = match["value"], "map"
        else:
            type_, card = match["type"] or "", "one"
        target = _resolve(message[0], type_) if type_ else None
        name = "" if match["embedded"] else match["name"]
        fields[int(match["number"])] = Field(
            name=name,
            type="" if target else type_ or "string",
            message=target,
            card=card,
            keeps_zero=match["mark"] in ("*", "!"),
            always=match["mark"] == "!",
            drops_empty=match["mark"] == "?",
        )
    return fields
