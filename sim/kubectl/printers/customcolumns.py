"""`-o custom-columns=HEADER:.path,...` and the relaxed paths that `--sort-by` shares with it.

It must not know where the objects come from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import to_text
from sim.kubectl.printers.jsonpath import JsonPath, JsonPathError
from sim.kubectl.printers.tabwriter import TabWriter

_RELAXED = re.compile(r"\{\.?([^{}]+)\}\Z|\.?([^{}]+)\Z")


def relaxed_path(expression: str) -> str:
    """Return `{.metadata.name}` for `metadata.name`, `.metadata.name` or `{metadata.name}`.

    Raises:
        CommandError: if the expression is none of these.
    """
    if not expression:
        return expression
    match = _RELAXED.match(expression)
    if match is None:
        raise CommandError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
            "'{name1.name2}' or '{.name1.name2}'"
        )
    return f"{{.{match[1] or match[2]}}}"


class CustomColumns:
    """Prints objects as the columns that the user named."""

    def __init__(self, columns: Sequence[tuple[str, str]], *, headers: bool = True) -> None:
        """Print *columns*, pairs of header and path."""
        self._headers = headers
        self._names = [header for header, _ in columns]
        self._paths = [relaxed_path(path) for _, path in columns]
        self._writer = TabWriter()

    @classmethod
    def parse(cls, spec: str, *, headers: bool = True) -> CustomColumns:
        """Read `NAME:.metadata.name,NODE:.spec.nodeName`."""
        if not spec:
            raise CommandError("custom-columns format specified but no custom columns given")
        columns = []
        for part in spec.split(","):
            header, colon, path = part.partition(":")
            if not colon:
                raise CommandError(
                    f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                )
            columns.append((header, path))
        return cls(columns, headers=headers)

    @classmethod
    def parse_file(cls, text: str, *, headers: bool = True) -> CustomColumns:
        """Read a template of two lines: headers, and paths beneath them."""
        lines = text.splitlines()
        for number, what in enumerate(("header", "spec")):
            if len(lines) <= number:
                raise CommandError(
                    f"invalid template, missing {what} line. Expected format is one line of space "
                    "separated headers, one line of space separated column specs."
                )
        names, paths = lines[0].split(), lines[1].split()
        if len(names) != len(paths):
            raise CommandError(
                f"number of headers ({len(names)}) and field specifications ({len(paths)}) "
                "don't match"
            )
        return cls(list(zip(names, paths, strict=True)), headers=headers)

    def render(self, objects: Sequence[Any]) -> str:
        """Return the aligned lines of *objects*; the header stands above the first ones only."""
        rows = [self._names] if self._headers else []
        self._headers = False
        try:
            paths = [JsonPath(path) for path in self._paths]
            rows.extend([self._cell(path, obj) for path in paths] for obj in objects)
        except JsonPathError as error:
            raise CommandError(str(error), shown=self._aligned(rows)) from None
        return self._aligned(rows)

    def _aligned(self, rows: list[list[str]]) -> str:
        return self._writer.align("".join("\t".join(row) + "\n" for row in rows))

    def _cell(self, path: JsonPath, obj: Any) -> str:
        results = path.find(obj)
        values = [to_text(value) for part in results for value in part]
        if not results or not results[0]:
            values.insert(0, "<none>")
        return ",".join(values)
