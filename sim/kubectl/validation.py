"""`--validate`: what the server does with fields that it does not know.

It must not know which fields there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.manifests import Manifest
from sim.kubectl.results import log_line

_UNCHECKED = (
    "cannot perform warn validation if server-side field validation is unsupported, skipping "
    "validation"
)
_WORDS = {
    **dict.fromkeys(("strict", "true", ""), "Strict"),
    "warn": "Warn",
    **dict.fromkeys(("ignore", "false"), "Ignore"),
}


def validation_of(call: Invocation) -> str:
    """Return `Strict`, `Warn` or `Ignore`.

    Raises:
        CommandError: for any other word.
    """
    value = call.flags.text("validate")
    word = value.lower()
    if word in _WORDS:
        return _WORDS[word]
    raise CommandError(
        f"invalid - validate option {quote(value)}; must be one of: strict (or true), warn, ignore "
        "(or false)"
    )


def tell_unchecked(call: Invocation, manifests: Sequence[Manifest], validation: str) -> None:
    """Say of kinds that the server lacks that nobody checks them."""
    if validation != "Warn":
        return
    lists: set[str] = set()
    for one in manifests:
        kind, version = one.object.get("kind"), one.object.get("apiVersion")
        unknown = kind and version and not call.discovery.of_kind(str(version), str(kind))
        if one.listed:  # a List is no kind of the server either
            unknown = one.source not in lists
            lists.add(one.source)
        if unknown:
            call.err(log_line(call, "W", "schema.go:145", _UNCHECKED))
