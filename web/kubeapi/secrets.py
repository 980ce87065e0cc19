"""Which cluster a secret opens; a wrong, foreign or expired one opens none, and none is told apart.

Checking takes the same time whatever is wrong, and nothing is looked up before a secret is proven.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Protocol

from sim.session.access import RunAccess
from sim.session.errors import LeaseLostError, UnknownRunError
from sim.session.kubeconfig import run_of

if TYPE_CHECKING:
    from sim.session.access import Access
    from sim.session.hub import Hub

_MASKED = re.compile(r"(/k/|(?:/|%2F)shared(?:/|%2F)|[?&]links_[a-z]=)[^/\s?&\"']+", re.IGNORECASE)
"""What opens a run from outside, a link to a debrief, and such links in a comparison's address."""


class BusyError(RuntimeError):
    """Another process has the run; it may let go of it."""


class Clusters(Protocol):
    """The clusters that can be opened from outside."""

    def access(self, secret: str, client: str) -> Access | None:
        """Return what *secret* opens to *client* (e.g. `kubectl/v1.37.1`); None if nothing.

        Raises:
            BusyError: if it would open something that is elsewhere for now.
        """


class RunClusters:
    """The runs of a server; the secret of one dies with it."""

    def __init__(self, hub: Hub, key: bytes) -> None:
        """Open runs of *hub* to secrets made with *key*."""
        self._hub = hub
        self._key = key

    def access(self, secret: str, client: str) -> Access | None:
        """Return the access to the run of *secret*, None if it is closed or was never there."""
        run = run_of(self._key, secret)
        if run is None:
            return None
        try:
            row = self._hub.store.find(run)
            if row.closed:
                return None
            session = self._hub.open(run, row.holder)
        except UnknownRunError:
            return None
        except LeaseLostError as error:
            raise BusyError(str(error)) from error
        return None if session.closed else RunAccess(session, client)


class OneCluster:
    """A sandbox: one cluster and one secret, or none where everybody on the machine may come in."""

    def __init__(self, access: Access, secret: str = "") -> None:
        """Open *access* to *secret*."""
        self._access = access
        self._secret = secret

    def access(self, secret: str, client: str) -> Access | None:
        """Return the access if the secret is right."""
        del client
        given, right = secret.encode("utf-8", "replace"), self._secret.encode()
        return self._access if hmac.compare_digest(given, right) or not right else None


def masked(text: str) -> str:
    """Return *text* with every secret in a path blotted out.

    >>> masked("GET /k/r4nd0m-0123abcd/api/v1/pods?limit=500 failed")
    'GET /k/***/api/v1/pods?limit=500 failed'
    >>> masked("GET /shared/r4nd0m/reel, /compare?name_a=x&links_a=http%3A%2F%2Fh%2Fshared%2Fr4nd0m&seeds=1")
    'GET /shared/***/reel, /compare?name_a=x&links_a=***&seeds=1'
    """
    return _MASKED.sub(r"\1***", text)
