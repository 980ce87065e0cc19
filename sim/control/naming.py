"""Names and hashes that controllers make up: suffixes of pods, hashes of templates.

Thanks to this file the n-th pod of an owner has the same name in every replay, whatever else was
made or left out. It must not know which controller asks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sim.apiserver.registry import SUFFIX_ALPHABET
from sim.kernel import Stream

__all__ = [
    "SUFFIX_ALPHABET",
    "SUFFIX_LENGTH",
    "PodNames",
    "draw_suffix",
    "safe_encode",
    "template_hash",
]

SUFFIX_LENGTH = 5
MAX_GENERATED_BASE = 58
"""A generateName base is cut to this length (k8s.io/apiserver/pkg/storage/names)."""

_SAFE = str.maketrans("0123456789", "456789bcdf")
_FNV_OFFSET, _FNV_PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF


def safe_encode(text: str) -> str:
    """Return decimal *text* in the alphabet of hashes (rand.SafeEncodeString).

    >>> safe_encode("1023456789")
    '546789bcdf'
    """
    return text.translate(_SAFE)


def template_hash(template: Mapping[str, Any], collision_count: int | None = None) -> str:
    """Return the pod-template-hash of *template*: 32-bit FNV-1a of its canonical JSON, encoded.

    The pod-template-hash label of the template itself does not enter.
    """
    digest = _FNV_OFFSET
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    if collision_count is not None:
        text += str(collision_count)
    for byte in text.encode():
        digest = ((digest ^ byte) * _FNV_PRIME) & _MASK
    return safe_encode(str(digest))


def draw_suffix(stream: Stream) -> str:
    """Return the five characters that *stream* stands for."""
    return stream.text(SUFFIX_ALPHABET, SUFFIX_LENGTH)


class PodNames:
    """Drawn suffixes, one after the other for each owner."""

    def __init__(self, stream: Stream, pinned: Mapping[str, Sequence[str]] | None = None) -> None:
        self._stream = stream.at("pod-name")
        self._pinned = pinned or {}
        self._made: Counter[str] = Counter()

    def count_existing(self, namespace: str, owner: str, existing: int) -> None:
        """Let *owner* go on after *existing* pods that it made before anybody counted."""
        self._made[f"{namespace}/{owner}"] += existing

    def next(self, namespace: str, owner: str) -> str:
        """Return the name of the next pod of *owner*, e.g. `web-7f8b9c4d5-x2k9m`."""
        key = f"{namespace}/{owner}"
        ordinal = self._made[key]
        self._made[key] += 1
        return f"{owner[:MAX_GENERATED_BASE]}-{self.suffix(namespace, owner, ordinal)}"

    def suffix(self, namespace: str, owner: str, ordinal: int) -> str:
        """Return the suffix of the pod that *owner* makes as number *ordinal*, counted from 0."""
        pinned = self._pinned.get(owner, ())
        if ordinal < len(pinned):
            return pinned[ordinal]
        return draw_suffix(self._stream.at(f"{namespace}/{owner}", ordinal))
