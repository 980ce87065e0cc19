"""`kubectl wait`: until a condition, a field, creation or deletion.

It must not know what the condition means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote, to_text
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.printers.customcolumns import relaxed_path
from sim.kubectl.printers.jsonpath import JsonPath, JsonPathError
from sim.kubectl.results import OUTPUT_FLAGS, Results, check_output
from sim.kubectl.waiting import until

_WEEK_MS = 7 * 24 * 3_600_000
_POLL_MS = 500

Check = Callable[[Obj], bool]


@dataclass
class WaitOptions:
    """What `wait` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    lookup: Lookup
    conditions: Sequence[str]
    timeout_ms: int

    @classmethod
    def complete(cls, call: Invocation) -> WaitOptions:
        """Read flags and arguments."""
        check_output(call)
        flags = call.flags
        timeout_ms = flags.duration_ms("timeout")
        return cls(
            call.args,
            sources(call),
            Lookup(
                labels=flags.text("selector"),
                fields=flags.text("field-selector"),
                everywhere=flags.on("all-namespaces"),
                bulk=flags.on("all"),
            ),
            flags.many("for"),
            _WEEK_MS if timeout_ms < 0 else timeout_ms,
        )

    def validate(self) -> None:
        """Require conditions that can be read."""
        if not self.conditions:
            raise CommandError("unrecognized condition: []")
        for condition in self.conditions:
            if condition.lower() not in ("create", "delete"):
                check_for(condition)

    def run(self, call: Invocation) -> Running:
        """Wait for each object in turn."""
        manifests = None
        if self.files:
            manifests = yield from load_manifests(call, self.files)
        deadline = call.proc.env.now + self.timeout_ms
        words = [condition.lower() for condition in self.conditions]
        if "create" in words:
            yield from self._await_creation(call, deadline)
        deleting = "delete" in words
        selection = select(call, self.args, self.lookup, manifests)
        errors: list[Exception] = []
        for turn in selection.turns:
            if isinstance(turn, Exception):
                errors += [] if deleting and _is_not_found(turn) else [turn]
                continue
            try:
                for condition in self.conditions:
                    yield from self._await(call, turn, condition, deadline)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        if not selection.infos and not deleting:
            raise CommandError("no matching resources found")
        return 0

    def _await_creation(self, call: Invocation, deadline: int) -> Running:
        env = call.proc.env
        while True:
            selection = select(call, self.args, replace(self.lookup, bulk=False))
            if selection.infos:
                return 0
            raise_all([one for one in selection.errors if not _is_not_found(one)])
            if env.now >= deadline:
                raise CommandError("timed out waiting for the condition")
            yield env.at(min(env.now + _POLL_MS, deadline))

    def _await(self, call: Invocation, info: Info, condition: str, deadline: int) -> Running:
        last = [info.object]
        if condition.lower() == "delete":
            done = yield from self._until(
                call, info, lambda kind, _obj: kind == "DELETED", deadline
            )
        elif condition.lower() == "create":
            done = True
        else:
            check = check_for(condition)

            def decide(kind: str, obj: Obj) -> bool:
                last[0] = obj
                return kind != "DELETED" and check(obj)

            done = yield from self._until(call, info, decide, deadline)
        if not done:
            what = f"{info.resource.plural}/{info.name}"
            if not self.timeout_ms:
                raise CommandError(f"condition not met for {what}")
            raise CommandError(f"timed out waiting for the condition on {what}")
        Results(call).say("condition met", last[0])
        return 0

    def _until(
        self, call: Invocation, info: Info, decide: Callable[[str, Obj], bool], deadline: int
    ) -> Running:
        """Return 1 once *decide* says so, 0 when time is over."""
        left = deadline - call.proc.env.now
        if not self.timeout_ms:
            return int(self._looked_once(call, info, decide))
        if left <= 0:
            return 0  # the time went to the objects before; kubectl does not look any more
        gone = decide("DELETED", info.object)

        def absent() -> bool:
            if gone:
                return True
            raise CommandError(
                f"Error from server (NotFound): {info.resource.qualified} {quote(info.name)} "
                "not found",
                bare=True,
            )

        return int(
            (
                yield from until(
                    call,
                    info.resource,
                    info.namespace,
                    info.name,
                    decide,
                    timeout_ms=left,
                    absent=absent,
                )
            )
        )

    @staticmethod
    def _looked_once(call: Invocation, info: Info, decide: Callable[[str, Obj], bool]) -> bool:
        try:
            return decide("ADDED", call.client.get(info.path))
        except ApiStatusError as error:
            if error.code == 404:
                return decide("DELETED", info.object)
            raise


def check_for(condition: str) -> Check:
    """Return the check that `condition=Ready`, `jsonpath={.status.phase}=Running` ... stand for.

    Raises:
        CommandError: if the condition cannot be read.
    """
    kind, equals, rest = condition.partition("=")
    if kind == "condition" and equals:
        name, has_value, value = rest.partition("=")
        return _condition_check(name, value if has_value else "true")
    if kind == "jsonpath" and equals:
        return _path_check(rest)
    raise CommandError(f"unrecognized condition: {quote(condition)}")


def _condition_check(name: str, value: str) -> Check:
    def check(obj: Obj) -> bool:
        status = obj.get("status") or {}
        for one in status.get("conditions") or []:
            if str(one.get("type", "")).casefold() != name.casefold():
                continue
            observed = one.get("observedGeneration", status.get("observedGeneration"))
            generation = obj["metadata"].get("generation")
            if generation is not None and observed is not None and observed < generation:
                return False
            return str(one.get("status", "")).casefold() == value.casefold()
        return False

    return check


def _path_check(text: str) -> Check:
    parts = _split_single_equals(text)
    if len(parts) > 2:
        raise CommandError(
            "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
            "--for=jsonpath='{.status.readyReplicas}'"
        )
    path = relaxed_path(parts[0])
    if not path:
        raise CommandError("jsonpath expression cannot be empty")
    value = parts[1].strip("'\"") if len(parts) == 2 else ""
    if len(parts) == 2 and not value:
        raise CommandError(
            "jsonpath wait has to have a value after equal sign, like "
            "--for=jsonpath='{.status.readyReplicas}'=3"
        )
    try:
        template = JsonPath(path)
    except JsonPathError as error:
        raise CommandError(str(error)) from None

    def check(obj: Obj) -> bool:
        try:
            results = template.find(obj)
        except JsonPathError as error:
            raise CommandError(str(error)) from None
        if not results or not results[0]:
            return False
        if len(results) > 1:
            raise CommandError("given jsonpath expression matches more than one list")
        if len(results[0]) > 1:
            raise CommandError("given jsonpath expression matches more than one value")
        if not value:
            return True
        if isinstance(results[0][0], dict | list):
            raise CommandError("jsonpath leads to a nested object or list which is not supported")
        return to_text(results[0][0]).strip() == value.strip()

    return check


def _split_single_equals(text: str) -> list[str]:
    """Split at `=`, but not at `==`."""
    parts, index, part = [], 0, ""
    while index < len(text):
        if text.startswith("==", index):
            part += "=="
            index += 2
        elif text[index] == "=":
            parts.append(part)
            part = ""
            index += 1
        else:
            part += text[index]
            index += 1
    return [*parts, part]


def _is_not_found(error: Exception) -> bool:
    return isinstance(error, ApiStatusError) and error.code == 404


COMMAND = Command(
    "wait",
    "Wait for a specific condition on one or many resources",
    WaitOptions,
    flags(
        "all bool",
        "all-namespaces,A bool",
        "field-selector",
        "filename,f list",
        "for array",
        "local bool",
        "recursive,R bool=true",
        "selector,l",
        "timeout duration=30s",
    )
    + OUTPUT_FLAGS,
    usage="([-f FILENAME] | TYPE/NAME | TYPE [(-l label | --all)]) --for=...",
)
