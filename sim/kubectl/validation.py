"""`--validate`: what the server does with fields that it does not know.

It must not know which fields there are.
"""

from __future__ import annotations

from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation

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
