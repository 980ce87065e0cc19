"""Lays out the Tables that a server sends: columns, labels, namespaces, kinds, wide or not.

The columns are the API server's work; this file must not know any kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.apimachinery.duration import human_duration
from sim.apimachinery.labels import format_labels
from sim.apimachinery.wire import Obj
from sim.kernel.walltime import parse_rfc3339_ms
from sim.kubectl.goformat import to_text
from sim.kubectl.printers.tabwriter import TabWriter

_FLUSH_ROWS = 100
"""kubectl aligns a long table in blocks of this many rows (cli-runtime, since 1.37)."""
_SPECIAL = re.compile(r"[\n\r\f\x1b]")
_BREAK = re.compile(r"[\n\r\f]")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the user asked of the table."""

    wide: bool = False
    headers: bool = True
    namespace: bool = False
    """Put the namespace in front."""
    kind: str = ""
    """Put `<kind>/` in front of names, e.g. `deployment.apps`; empty: do not."""
    labels: bool = False
    """Append all labels."""
    label_columns: tuple[str, ...] = ()
    """Append a column for each of these labels."""
    now_ms: int = 0
    """Unix time, for the ages of objects that come without a Table."""


class TablePrinter:
    """Prints the Tables of one resource; the header is printed once, as in a watch."""

    def __init__(self, options: TableOptions) -> None:
        """Print as *options* say."""
        self._options = options
        self._writer = TabWriter()
        self._columns: list[Obj] | None = None
        self._headed = False
        self._pending: list[list[str]] = []

    def add(self, table: Obj, *, event: str = "") -> str:
        """Take a Table (or a plain object) and return what is complete; *event* as first column."""
        if table.get("kind") != "Table":
            table = as_table(table, self._options.now_ms)
        columns = table.get("columnDefinitions") or self._columns or []
        fresh = columns != self._columns
        if fresh:
            self._headed = False
        self._columns = columns
        rows = table.get("rows") or []
        header = self._options.headers and not self._headed and bool(rows)
        self._headed = self._headed or bool(rows)
        return self._print(columns, rows, header=header, event=event)

    def flush(self) -> str:
        """Return what is left to print, aligned."""
        pending, self._pending = self._pending, []
        return self._writer.rows(pending)

    def _print(
        self, columns: Sequence[Obj], rows: Sequence[Obj], *, header: bool, event: str
    ) -> str:
        shown = [
            index
            for index, column in enumerate(columns)
            if self._options.wide or not column.get("priority")
        ]
        name = self._name_column(columns)
        lines = [self._cells(row, shown, name, event) for row in rows]
        if not lines:
            return ""
        head = self._header(columns, shown, event)
        if len(lines) > _FLUSH_ROWS:
            # a long table is flushed in blocks: the first one is padded to the final widths
            widths = [max(map(len, column)) for column in zip(*lines, strict=False)]
            first = head if header else lines[0]
            padded = [cell.ljust(width) for cell, width in zip(first, widths, strict=False)]
            first[:-1] = padded[:-1]
        done = []
        if header:
            self._pending.append(head)
        for number, line in enumerate(lines, 1):
            self._pending.append(line)
            if number % _FLUSH_ROWS == 0:
                done.append(self.flush())
        return "".join(done)

    def _header(self, columns: Sequence[Obj], shown: Sequence[int], event: str) -> list[str]:
        options = self._options
        head = ["EVENT"] if event else []
        if options.namespace:
            head.append("NAMESPACE")
        head += [columns[index]["name"].upper() for index in shown]
        head += [label.rpartition("/")[2].upper() for label in options.label_columns]
        if options.labels:
            head.append("LABELS")
        return head

    def _name_column(self, columns: Sequence[Obj]) -> int:
        if self._options.kind:
            for index, column in enumerate(columns):
                if column.get("format") == "name" and column.get("type") == "string":
                    return index
        return -1

    def _cells(self, row: Obj, shown: Sequence[int], name: int, event: str) -> list[str]:
        cells = row["cells"]
        options = self._options
        line = [event] if event else []
        metadata = (row.get("object") or {}).get("metadata") or {}
        if options.namespace:
            line.append(metadata.get("namespace", ""))
        for index in shown:
            value = cells[index] if index < len(cells) else None
            text = value if isinstance(value, str) else _cell_text(value)
            if index == name:
                text = f"{options.kind}/{text}"
            line.append(_clean(text))
        if options.label_columns or options.labels:
            labels = metadata.get("labels") or {}
            line += [labels.get(label, "") for label in options.label_columns]
            if options.labels:
                line.append(format_labels(labels))
        return line


def _cell_text(value: Any) -> str:
    return "" if value is None else to_text(value)


def _clean(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    if match := _BREAK.search(text):
        text = text[: match.start()] + "..."
    return text.replace("\x1b", "^[")


def as_table(obj: Obj, now_ms: int) -> Obj:
    """Return the two-column Table that kubectl makes of objects that came without one."""
    items = obj.get("items") if obj.get("kind", "").endswith("List") else [obj]
    rows = []
    for one in items or []:
        created = one["metadata"].get("creationTimestamp")
        age = human_duration(now_ms - parse_rfc3339_ms(created)) if created else "<unknown>"
        rows.append({"cells": [one["metadata"]["name"], age], "object": one})
    return {
        "kind": "Table",
        "columnDefinitions": [
            {"name": "Name", "type": "string", "format": "name"},
            {"name": "Age", "type": "string"},
        ],
        "rows": rows,
    }
