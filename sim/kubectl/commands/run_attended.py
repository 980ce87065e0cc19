"""A pod that `kubectl run -i` has made and stays with: wait, attach, exit code, removal.

It must not know how the pod was put together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.commands.attach import AttachOptions
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.invocation import Invocation, Running
from sim.kubectl.pods import default_container, is_ready
from sim.kubectl.waiting import until

_ENDS = ("Succeeded", "Failed")


@dataclass
class AttendedPod:
    """One pod and how long to care for it."""

    pod: Obj
    remove: Sequence[Obj]
    """What to delete at the end, in order."""
    restart: str
    """The restart policy that was asked for."""
    timeout_ms: int
    attach: AttachOptions
    leave_open: bool = False
    """`--leave-stdin-open`: do not wait for the end."""

    def stay(self, call: Invocation) -> Running:
        """Stay until the pod has ended, and clean up whatever happens."""
        try:
            code = yield from self._attend(call)
        except GeneratorExit:
            raise  # the simulation itself has ended: no more requests
        except BaseException:
            self._clean_up(call)
            raise
        self._clean_up(call)
        return code

    def _attend(self, call: Invocation) -> Running:
        state = yield from self._until(call, _attachable)
        logged = self._print_logs(call, state)
        if _phase(state) not in _ENDS:
            try:
                yield from self.attach.attach_to(call, state)
            except (CommandError, ApiStatusError) as error:
                call.err(
                    f"warning: couldn't attach to pod/{state['metadata']['name']}, falling back "
                    f"to streaming logs: {plain(error)}\n"
                )
                # kubectl asks for lines since the last look, which is to the second
                self._print_logs(call, state, already=logged)
        policy = (self.pod.get("spec") or {}).get("restartPolicy", self.restart)
        if self.leave_open or "Always" in (self.restart, policy):
            return 0
        return (yield from self._exit_code(call))

    def _until(
        self, call: Invocation, reached: Callable[[Obj], bool]
    ) -> Generator[simpy.Event, Any, Obj]:
        last = [self.pod]

        def decide(kind: str, obj: Obj) -> bool:
            if kind == "DELETED":
                raise CommandError('Error from server (NotFound): pods "" not found', bare=True)
            last[0] = obj
            return reached(obj)

        metadata = self.pod["metadata"]
        done = yield from until(
            call,
            call.known("pods"),
            metadata["namespace"],
            metadata["name"],
            decide,
            timeout_ms=self.timeout_ms,
        )
        if not done:
            raise CommandError("timed out waiting for the condition")
        return last[0]

    def _exit_code(self, call: Invocation) -> Running:
        ends = ("Succeeded",) if self.restart == "OnFailure" else _ENDS
        state = yield from self._until(call, lambda pod: _phase(pod) in ends)
        if _phase(state) == "Succeeded":
            return 0
        name = f"{state['metadata']['namespace']}/{state['metadata']['name']}"
        statuses = state["status"].get("containerStatuses") or [{}]
        ended = (statuses[0].get("state") or {}).get("terminated") or {}
        code = int(ended.get("exitCode") or 0)
        if code == 0:
            raise CommandError(f"pod {name} failed with unknown exit code")
        message = f"pod {name} terminated ({ended.get('reason', '')})\n{ended.get('message', '')}"
        raise CommandError(message, code, bare=True)

    def _print_logs(self, call: Invocation, pod: Obj, *, already: str = "") -> str:
        """Print what was logged beyond what is *already* printed; return all of it."""
        container = default_container(call, pod, quiet=True)
        try:
            text = read_log(call, pod, container["name"])
        except ApiStatusError as error:
            call.err(f"warning: couldn't fetch pre-attach logs: {plain(error)}\n")
            return already
        call.out(text.removeprefix(already))
        return text

    def _clean_up(self, call: Invocation) -> None:
        for obj in self.remove:
            resource = call.known("pods" if obj["kind"] == "Pod" else "services")
            metadata = obj["metadata"]
            path = object_path(resource, metadata["namespace"], metadata["name"])
            try:
                call.client.delete(path, {"propagationPolicy": "Background"})
            except ApiStatusError as error:
                if error.code == 404:
                    continue
                raise
            if not self.attach.quiet:
                call.out(
                    f'{resource.label} "{metadata["name"]}" deleted from '
                    f"{metadata['namespace']} namespace\n"
                )


def read_log(call: Invocation, pod: Obj, container: str) -> str:
    """Return what *container* has logged up to now."""
    metadata = pod["metadata"]
    path = object_path(call.known("pods"), metadata["namespace"], metadata["name"], "log")
    text = call.client.get(path, [("container", container)], accept="*/*")
    return text if isinstance(text, str) else ""


def _phase(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _attachable(pod: Obj) -> bool:
    return _phase(pod) in _ENDS or (_phase(pod) == "Running" and is_ready(pod))
