"""Undoing the steps of a journal on a real cluster: each may have been done before, or never begun.

It must not know what they were for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sim.apimachinery.wire import Obj
from sim.backends.kind.journal import NotUndoneError
from sim.backends.kind.tools import FailedToolError, ToolError, Tools
from sim.backends.kind.undo import Delete, Docker, OnNode, Others, Patch, Put, Undo
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, Query, RestClient

LABEL = "app.kubernetes.io/managed-by"
OURS = "uncordon"
"""The value of LABEL on everything that we make."""
PATIENCE_S = 90.0
"""How long the API server may be away altogether: an earlier step may have to bring it back."""
GOING_S = 240.0
"""How long a deleted object, mostly a namespace, may take to go."""
STEP_S = 60.0
_AT_ONCE = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
_TRIES = 5
_GONE = ("No such container", "no such container", "No such object")


def is_ours(obj: Obj) -> bool:
    """Return whether *obj* carries our label."""
    return (obj["metadata"].get("labels") or {}).get(LABEL) == OURS


def hurry(rest: RestClient, path: str) -> None:
    """Give the pods of a namespace that is being deleted a second to end; of other paths nothing is done.

    Else the namespace waits for the longest grace period of them, and then for its controller to look again.
    """
    root, _, name = path.rpartition("/")
    if root == "/api/v1/namespaces" and name:
        rest.delete(f"{path}/pods", {**_AT_ONCE, "gracePeriodSeconds": 1})


class NodeUndoer:
    """Undoes what was done on nodes and containers; it needs no API server."""

    def __init__(self, tools: Tools) -> None:
        """Run `docker` of *tools*."""
        self._tools = tools

    def undo(self, step: Undo) -> bool:
        """Undo one step of the nodes; return at once if it is undone already.

        Raises:
            NotUndoneError: if it cannot be done now, or is none of them.
        """
        try:
            match step:
                case OnNode():
                    flags = ("-i",) if step.stdin else ()
                    node = step.container or step.node
                    self._docker(("exec", *flags, node, *step.argv), (), step.stdin)
                case Docker():
                    self._docker(step.argv, step.fine, "")
                case _:
                    msg = "it takes an API server"
                    raise NotUndoneError(msg)
        except ToolError as error:
            raise NotUndoneError(str(error)) from error
        return True

    def settle(self) -> None:
        """Return at once: what is done on nodes is over when it is done."""

    def _docker(self, words: tuple[str, ...], fine: tuple[str, ...], stdin: str) -> None:
        try:
            self._tools.docker(*words, timeout_s=STEP_S, stdin=stdin)
        except FailedToolError as error:
            if not any(part in error.complaint for part in (*fine, *_GONE)):
                raise


class Undoer:
    """Undoes steps through the API and `docker`."""

    def __init__(
        self,
        transport: Transport,
        tools: Tools,
        *,
        patience_s: float = PATIENCE_S,
        going_s: float = GOING_S,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask the cluster through *transport*; run `docker` of *tools*."""
        self._rest = RestClient(transport)
        self._nodes = NodeUndoer(tools)
        self._patience_s = patience_s
        self._going_s = going_s
        self._steady = steady
        self._sleep = sleep
        self._going: dict[str, str] = {}

    def undo(self, step: Undo) -> bool:
        """Undo one step; return at once if it is undone already. False: something is on its way out.

        Raises:
            NotUndoneError: if it cannot be done now.
        """
        try:
            match step:
                case Delete():
                    return not self.delete(step.path)
                case Put():
                    self._put(step)
                case Patch():
                    self._patch(step)
                case Others():
                    self._others(step)
                case OnNode() | Docker():
                    self._nodes.undo(step)
        except ApiStatusError as error:
            raise NotUndoneError(str(error)) from error
        return True

    def settle(self) -> None:
        """Wait until what was deleted is gone.

        Raises:
            NotUndoneError: if something stays.
        """
        end = self._steady() + self._going_s
        while self._going:
            for path, uid in list(self._going.items()):
                found = self._find(path)
                if found is None or found["metadata"].get("uid") != uid:
                    del self._going[path]
            if self._going and self._steady() > end:
                names = ", ".join(self._going)
                self._going.clear()
                msg = f"{names} is being deleted and not gone after {self._going_s:g} s"
                raise NotUndoneError(msg)
            if self._going:
                self._sleep(0.5)

    def delete(self, path: str) -> bool:
        """Delete the object at *path* if it is ours; `settle` waits for it. Returns whether it was."""
        found = self._find(path)
        if found is None or not is_ours(found):
            return False
        uid = found["metadata"].get("uid", "")
        try:
            self._ask("DELETE", path, {**_AT_ONCE, "preconditions": {"uid": uid}})
        except ApiStatusError as error:
            # 409: it is another by now, or a namespace already on its way out.
            if error.code not in (404, 409):
                raise
        self._going[path] = uid
        with suppress(ApiStatusError, UnreachableError):
            hurry(self._rest, path)
        return True

    def _put(self, step: Put) -> None:
        wanted = _bare(step.object)
        for _ in range(_TRIES):
            found = self._find(step.path)
            try:
                if found is None:
                    self._ask("POST", step.path.rpartition("/")[0], wanted)
                else:
                    version = found["metadata"].get("resourceVersion", "")
                    meta = {**wanted["metadata"], "resourceVersion": version}
                    self._ask("PUT", step.path, {**wanted, "metadata": meta})
            except ApiStatusError as error:
                if error.code != 409:
                    raise
                self._sleep(0.2)
            else:
                return
        msg = f"{step.path} is changed by somebody else all the time"
        raise NotUndoneError(msg)

    def _patch(self, step: Patch) -> None:
        try:
            self._ask("PATCH", step.path, step.body, step.type)
        except ApiStatusError as error:
            if error.code != 404:
                raise

    def _others(self, step: Others) -> None:
        """Delete what is new; a controller that has not heard yet may make it once more."""
        for turn in range(_TRIES):
            if turn:
                self._sleep(1.0)
            found = self._ask("GET", step.path, query=(("labelSelector", step.selector),))
            new = [
                one["metadata"]["name"]
                for one in found.get("items") or ()
                if one["metadata"]["name"] not in step.kept
            ]
            if not new and turn:
                return
            for name in new:
                with suppress(ApiStatusError):
                    self._ask("DELETE", f"{step.path}/{name}")
        msg = f"{step.path} gets new ones all the time"
        raise NotUndoneError(msg)

    def _find(self, path: str) -> Obj | None:
        try:
            found: Obj = self._ask("GET", path)
        except ApiStatusError as error:
            if error.code == 404:
                return None
            raise
        return found

    def _ask(
        self, method: str, path: str, body: Any = None, content_type: str = "", query: Query = ()
    ) -> Any:
        """Ask the server; wait while nobody answers, in all as long as there is patience."""
        while True:
            began = self._steady()
            try:
                return self._rest.send(method, path, query, body, content_type=content_type)
            except UnreachableError as error:
                why = str(error)
            except ApiStatusError as error:
                if error.code not in (429, 500, 502, 503, 504):
                    raise
                why = error.message
            if self._patience_s <= 0:
                msg = f"the API server does not answer: {why}"
                raise NotUndoneError(msg)
            self._sleep(1.0)
            self._patience_s -= self._steady() - began


def _bare(obj: Obj) -> Obj:
    """Return *obj* without what only the server writes."""
    own = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink")
    meta = {key: value for key, value in obj["metadata"].items() if key not in own}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}
