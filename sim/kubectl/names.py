"""Names of objects and namespaces that cannot stand in the path of a request.

It must not know what is named.
"""

from __future__ import annotations

from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote


def check_name(name: str) -> None:
    """Raise CommandError for an object's name that is no path segment; empty would mean all."""
    if not name:
        raise CommandError("resource name may not be empty")
    _check("resource name", name)


def check_namespace(name: str) -> None:
    """Raise CommandError for a namespace that is no path segment."""
    _check("namespace", name)


def _check(what: str, name: str) -> None:
    problems = [f"may not contain '{char}'" for char in "/%" if char in name]
    if name in (".", ".."):
        problems = [f"may not be '{name}'"]
    if problems:
        raise CommandError(f"invalid {what} {quote(name)}: [{' '.join(problems)}]")
