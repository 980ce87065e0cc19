"""What tells one object from another: generated names and uids, drawn per owner and ordinal.

An object that is never made leaves the draws of the others as they are. This file must not know what
is stored.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.apiserver.suffixes import draw_suffix
from sim.kernel import Stream

Key = tuple[str, str, str]


class Identities:
    """Draws names and uids; counts what has been drawn."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._born: dict[Key, int] = {}
        self._suffixes: dict[Key, int] = {}

    def name(
        self,
        resource: str,
        namespace: str,
        prefix: str,
        is_taken: Callable[[str], bool],
        *,
        keep: bool,
    ) -> str:
        """Return a free name that begins with *prefix*; not to *keep* it is to draw it again later."""
        key = (resource, namespace, prefix)
        ordinal = self._suffixes.get(key, 0)
        while True:
            ordinal += 1
            name = prefix + draw_suffix(self._stream.at("name", *key, ordinal))
            if not is_taken(name):
                break
        if keep:
            self._suffixes[key] = ordinal
        return name

    def uid(self, resource: str, namespace: str, name: str, *, keep: bool = True) -> str:
        """Return the uid of the next object of that name."""
        key = (resource, namespace, name)
        nth = self._born.get(key, 0) + 1
        if keep:
            self._born[key] = nth
        draw = self._stream.at("uid", resource, namespace, name, nth)
        raw = f"{draw.bits(0):016x}{draw.bits(1):016x}"
        variant = "89ab"[int(raw[16], 16) % 4]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"
