"""`kubectl events`: the core events, oldest last seen first, or as they come.

It must not know what an event means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import Query, collection_path
from sim.kubectl.describers.common import event_age
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.gosort import go_sort
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.printers.output import output_printer
from sim.kubectl.printers.tabwriter import TabWriter
from sim.kubectl.results import OUTPUT_FLAGS, check_output, output_options
from sim.kubectl.structorder import typed


@dataclass
class EventsOptions:
    """What `events` was asked."""

    everywhere: bool
    watch: bool
    types: Sequence[str]
    about: tuple[str, str, str] | None
    """Kind, apiVersion and name of `--for`."""
    headers: bool
    chunk: int

    @classmethod
    def complete(cls, call: Invocation) -> EventsOptions:
        """Read flags and arguments."""
        flags = call.flags
        made = cls(
            flags.on("all-namespaces"),
            flags.on("watch"),
            [one.lower() for one in flags.many("types")],
            _about(call, flags.text("for")),
            not flags.on("no-headers"),
            flags.number("chunk-size"),
        )
        check_output(call)
        return made

    def validate(self) -> None:
        """Refuse types that do not exist."""
        if any(one not in ("normal", "warning") for one in self.types):
            raise CommandError("valid --types are Normal or Warning")

    def run(self, call: Invocation) -> Running | int:
        """Print the events."""
        return self._watching(call) if self.watch else self._list(call)

    def _path(self, call: Invocation) -> str:
        namespace = "" if self.everywhere else call.namespace
        return collection_path(call.known("events"), namespace)

    def _query(self) -> Query:
        if self.about is None:
            return []
        kind, version, name = self.about
        selector = (
            f"involvedObject.kind={kind},involvedObject.apiVersion={version},"
            f"involvedObject.name={name}"
        )
        return [("fieldSelector", selector)]

    def _list(self, call: Invocation) -> int:
        found = [
            event
            for event in call.client.items(self._path(call), self._query(), limit=self.chunk)
            if self._wanted(event)
        ]
        if not found:
            where = "." if self.everywhere else f" in {call.namespace} namespace."
            call.err(f"No events found{where}\n")
            return 0
        go_sort(found, lambda one, other: _seen(one) < _seen(other))
        if call.flags.text("output"):
            if call.flags.text("output") == "name":
                return 0  # kubectl cannot name a typed list and drops the error
            printer = output_printer(output_options(call), call.read_file)
            listed = {"apiVersion": "v1", "items": found, "kind": "EventList", "metadata": {}}
            try:
                text = printer.render(typed(listed))
            except CommandError as error:
                text = error.shown  # kubectl drops the error
            call.out(TabWriter().align(text))  # and sends whatever it prints through its table
            return 0
        rows = [self._header()] if self.headers else []
        rows += [self._row(call, event) for event in found]
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        return 0

    def _wanted(self, event: Obj) -> bool:
        return not self.types or str(event.get("type", "")).lower() in self.types

    def _header(self) -> list[str]:
        lead = ["NAMESPACE"] if self.everywhere else []
        return [*lead, "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]

    def _row(self, call: Invocation, event: Obj) -> list[str]:
        about = event.get("involvedObject") or {}
        lead = [event["metadata"].get("namespace", "")] if self.everywhere else []
        return [
            *lead,
            event_age(call, event),
            event.get("type", ""),
            event.get("reason", ""),
            f"{about.get('kind', '')}/{about.get('name', '')}",
            str(event.get("message") or "").strip(),
        ]

    def _watching(self, call: Invocation) -> Running:
        writer = TabWriter()
        head = "\t".join(self._header()) + "\n" if self.headers else ""
        stream = call.client.watch(self._path(call), self._query())
        try:
            while True:
                for event in stream.poll():
                    if event.type in ("ADDED", "MODIFIED") and self._wanted(event.object):
                        row = "\t".join(self._row(call, event.object)) + "\n"
                        call.out(writer.align(head + row))
                        head = ""
                if stream.closed:
                    return 0
                yield from call.proc.stdout.drain()
                yield stream.wait()
        finally:
            stream.close()


def _about(call: Invocation, text: str) -> tuple[str, str, str] | None:
    if not text:
        return None
    word, slash, name = text.partition("/")
    if "/" in name:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    if not slash:
        raise CommandError("--for must be in resource/name form")
    if not word:
        raise CommandError("a resource must be present, got: /, Resource=")
    resource = call.discovery.find(word)
    if resource is None:
        raise CommandError(f'the server doesn\'t have a resource type "{word}"', bare=True)
    # Without a name everybody's are listed.
    return (resource.kind, resource.group_version, name) if name else None


def _seen(event: Obj) -> str:
    """Return the time it was last seen, comparable whether it has fractions of a second or not."""
    series = event.get("series") or {}
    seen = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(seen or "").removesuffix("Z")


COMMAND = Command(
    "events",
    "List events",
    EventsOptions,
    flags(
        "all-namespaces,A bool",
        "chunk-size int=500",
        "for",
        "no-headers bool",
        "types list",
        "watch,w bool",
    )
    + OUTPUT_FLAGS,
    usage="[--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
)
