"""Continue tokens: where the next page of a list begins, and at which revision.

After k8s.io/apiserver pkg/storage/continue.go; clients must not look inside, but some do. This file
must not know what is stored.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from sim.apimachinery.errors import ApiError, bad_request, expired

NEWEST = -1
"""In a token: go on from there in whatever the list has become."""

_VERSION = "meta.k8s.io/v1"
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")


class Place(NamedTuple):
    """The end of a page."""

    revision: int
    """Of the list, or NEWEST."""
    after: str
    """The key of the last object shown, `default/web` or, within a namespace, `web`."""

    @property
    def token(self) -> str:
        """Return the continue token that leads on from here."""
        held = {"v": _VERSION, "rv": self.revision, "start": f"{self.after}\x00"}
        text = json.dumps(held, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def too_old(self) -> ApiError:
        """Return 410 with a token that goes on without that revision."""
        return expired(_TOO_OLD, Place(NEWEST, self.after).token)

    @classmethod
    def parse(cls, token: str) -> Place:
        """Read a continue token.

        Raises:
            ApiError: BadRequest in the API server's words.
        """
        held = _parse_json(token)
        if held.get("v") != _VERSION:
            why = f"server does not recognize this encoded version {held.get('v', '')}"
            raise _bad(f"continue key is not valid: {why}")
        revision, start = held.get("rv", 0), held.get("start", "")
        if not isinstance(revision, int) or revision == 0:
            why = f"incorrect encoded start resourceVersion (version {_VERSION})"
            raise _bad(f"continue key is not valid: {why}")
        if not isinstance(start, str) or not start:
            raise _bad(f"continue key is not valid: encoded start key empty (version {_VERSION})")
        if any(part in ("", ".", "..") for part in start.split("/")):
            raise _bad(f"continue key is not valid: {start}")
        return cls(revision, start.rstrip("\x00"))


def _bad(why: str) -> ApiError:
    return bad_request(f"invalid continue token: {why}")


def _parse_json(token: str) -> dict[str, object]:
    foreign = _FOREIGN.search(token)
    if foreign or len(token) % 4 == 1:
        at = foreign.start() if foreign else len(token) - 1
        raise _bad(f"continue key is not valid: illegal base64 data at input byte {at}")
    data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        first = chr(data[0]) if data else ""
        shown = first if first.isprintable() else f"\\u{ord(first):04x}"
        why = f"invalid character '{shown}' looking for beginning of value"
        raise _bad(f"continue key is not valid: {why}") from None
    if not isinstance(held, dict):
        why = "json: cannot unmarshal into Go value of type storage.continueToken"
        raise _bad(f"continue key is not valid: {why}")
    return held
