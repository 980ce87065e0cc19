"""Deleting everything in a cluster that carries our label, and nothing else.

It must not know what there may be: the server is asked for its resources.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sim.backends.kind.undoing import LABEL, OURS, hurry
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient

SELECTOR = f"{LABEL}={OURS}"
_PASSES_S = 1.0
_FIRST = (
    "namespaces",
    "deployments",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "jobs",
    "services",
)
"""Owners go before what they own, and namespaces take everything in them along."""
_NEVER = ("nodes",)
"""A machine is never ours, whatever label somebody gives it."""


def ours(rest: RestClient) -> Iterator[str]:
    """Yield the paths of all objects that carry our label, owners first."""
    collections = sorted(
        set(_collections(rest)), key=lambda one: (_rank(one.rpartition("/")[2]), one)
    )
    for collection in collections:
        try:
            found = rest.items(collection, (("labelSelector", SELECTOR),))
        except ApiStatusError:
            continue  # an aggregated API that is down has nothing of ours
        root, _, plural = collection.rpartition("/")
        for obj in found:
            meta = obj["metadata"]
            if meta.get("namespace"):
                yield f"{root}/namespaces/{meta['namespace']}/{plural}/{meta['name']}"
            else:
                yield f"{collection}/{meta['name']}"


def sweep(
    transport: Transport,
    progress: Callable[[str], None],
    *,
    patience_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Delete all of ours and wait until it is gone; return the paths of what stays.

    An API server that is just starting, because its manifest was put back, is waited for.

    Raises:
        UnreachableError, ApiStatusError: if it does not answer well before the end of *patience_s*.
    """
    rest = RestClient(transport)
    end = time.monotonic() + patience_s
    asked = set[str]()
    left: list[str] = []
    while True:
        try:
            rest.get("/readyz")
            left = list(ours(rest))
            if not left:
                # One that has gone meanwhile has not been asked for everything.
                rest.get("/readyz")
                return []
            for path in _outermost(left):
                if path not in asked:
                    progress("delete " + "/".join(path.rsplit("/", 2)[1:]))
                    _delete(rest, path)
                    asked.add(path)
        except (UnreachableError, ApiStatusError):
            if time.monotonic() > end:
                raise
        if time.monotonic() > end:
            return left
        sleep(_PASSES_S)


def _outermost(paths: list[str]) -> Iterator[str]:
    """Yield those that are not in a namespace which goes as well."""
    going = tuple(f"{path}/" for path in paths if path.startswith("/api/v1/namespaces/"))
    for path in paths:
        if not f"/api/v1{path[path.find('/namespaces/') :]}".startswith(going):
            yield path


def _delete(rest: RestClient, path: str) -> None:
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
    try:
        rest.delete(path, options)
        hurry(rest, path)
    except ApiStatusError as error:
        if error.code not in (404, 409):
            raise


def _collections(rest: RestClient) -> Iterator[str]:
    roots = ["/api/v1"]
    groups = rest.get("/apis").get("groups") or ()
    roots += [f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups]
    for root in roots:
        try:
            resources = rest.get(root).get("resources") or ()
        except ApiStatusError:
            continue
        for one in resources:
            if {"list", "delete"} <= set(one.get("verbs") or ()) and one["name"] not in _NEVER:
                yield f"{root}/{one['name']}"


def _rank(plural: str) -> int:
    return _FIRST.index(plural) if plural in _FIRST else len(_FIRST)
