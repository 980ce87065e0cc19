"""What the generators of `kubectl create` share: a name, an object of their own, a refusal.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path
from sim.kubectl.commands.applying import LAST_APPLIED
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import Flag, flags
from sim.kubectl.goformat import to_json
from sim.kubectl.invocation import Invocation
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed
from sim.kubectl.validation import validation_of


@dataclass
class GenerateOptions:
    """One generated object; subclasses say which."""

    plural = ""
    kind = ""
    api_version = "v1"
    namespaced = True
    asks_name = True
    """Whether kubectl itself refuses an empty name; if not, the server does."""
    remembers = True
    """Whether `--save-config` does anything."""

    name: str
    words: Sequence[str]
    dry_run: str
    namespace: str
    """Empty unless `-n` was given."""

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read the name."""
        args, dash = call.args, call.flags.before_dash
        before = len(args) if dash == -1 else dash
        if before != 1:
            raise call.usage_error(f"exactly one NAME is required, got {before}")
        check_output(call)
        namespace = call.namespace if call.namespace_given else ""
        return cls(args[0], args[1:], dry_run_of(call), namespace)

    def validate(self) -> None:
        """Require a name."""
        if self.asks_name and not self.name:
            raise CommandError("name must be specified")

    def make(self, call: Invocation) -> Obj:
        """Return the object's own fields."""
        raise CommandError(f"no generator for {self.plural} with {call.path}")

    def run(self, call: Invocation) -> int:
        """Create the object."""
        metadata: Obj = {"name": self.name}
        if self.namespaced and self.namespace:
            metadata["namespace"] = self.namespace
        made = self.make(call)
        metadata.update(made.pop("metadata", {}))
        obj: Obj = {
            "apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **made,
        }  # fmt: skip
        if self.remembers and "save-config" in call.flags.known and call.flags.on("save-config"):
            obj = self._remembered(obj)
        if self.dry_run != CLIENT:
            resource = call.known(self.plural)
            query = [
                ("fieldManager", "kubectl-create"),
                ("fieldValidation", validation_of(call)),
                *dry_run_query(self.dry_run),
            ]
            path = collection_path(resource, call.namespace)
            try:
                obj = call.client.create(path, obj, query)
            except ApiStatusError as error:
                raise self.refused(error) from None
        Results(call, self.dry_run).say("created", typed(obj))
        return 0

    def _remembered(self, obj: Obj) -> Obj:
        """Return *obj* with the annotation of `apply`, in the order of its type's fields."""
        text = to_json(typed(obj), sort_keys=False) + "\n"
        metadata = obj["metadata"]
        marked = {**metadata.get("annotations", {}), LAST_APPLIED: text}
        return {**obj, "metadata": {**metadata, "annotations": marked}}

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the error that the user sees."""
        return CommandError(f"failed to create {self.kind.lower()}: {plain(error)}")


def create_flags(*texts: str) -> tuple[Flag, ...]:
    """Return the flags of a generator: its own and those of all."""
    common = ("field-manager", "save-config bool", "validate string=strict?strict")
    return flags(*texts, *common) + OUTPUT_FLAGS + DRY_RUN_FLAG
