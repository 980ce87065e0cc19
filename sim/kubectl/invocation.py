"""One run of kubectl: its streams, flags and arguments, the client and the clock.

What a command needs is handed to it here; it must not know any command.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import simpy

from sim.apimachinery.duration import human_duration
from sim.bash import FileProblem, Proc
from sim.client.discovery import Discovery, Resource
from sim.client.localports import LocalPorts
from sim.client.rest import RestClient
from sim.kernel.walltime import parse_rfc3339_ms
from sim.kubectl.config import ClientConfig
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import Flag, FlagValues
from sim.kubectl.goformat import quote
from sim.kubectl.kubeconfig import Kubeconfig

Running = Generator[simpy.Event, Any, int]


@dataclass
class Invocation:
    """Everything that one command works with."""

    proc: Proc
    client: RestClient
    discovery: Discovery
    config: ClientConfig
    clock: Callable[[], int]
    """Unix time in ms."""
    flags: FlagValues
    args: list[str]
    """The arguments that are left after the verb and the flags."""
    path: str
    """e.g. `kubectl rollout history`, as usage texts name it."""
    kubeconfig: Kubeconfig
    """The files that say which cluster is meant."""
    ports: LocalPorts
    """Where this machine listens."""
    builtin: Callable[[Sequence[str]], str]
    """Returns the path of kubectl's own command that words begin with, or nothing."""
    typed: str | None = None
    """What stood on standard input, if `-f -` asked for it."""

    def out(self, text: str) -> None:
        """Write *text* to standard output."""
        if text:
            self.proc.stdout.write(text)

    def err(self, text: str) -> None:
        """Write *text* to standard error."""
        if text:
            self.proc.stderr.write(text)

    @property
    def namespace(self) -> str:
        """Return the namespace to work in: the flag's, the context's, or `default`."""
        return self.flags.text("namespace") or self.config.namespace or "default"

    @property
    def namespace_given(self) -> bool:
        """Return whether `-n` was given."""
        return bool(self.flags.text("namespace"))

    def age(self, timestamp: str | None, *, absent: str = "<unknown>") -> str:
        """Return how long ago *timestamp* (RFC 3339) was, as AGE columns print it."""
        if not timestamp:
            return absent
        return human_duration(self.clock() - parse_rfc3339_ms(timestamp))

    def resource(self, word: str) -> Resource:
        """Return the resource that *word* names.

        Raises:
            CommandError: if the server has none.
        """
        found = self.discovery.find(word)
        if found is None:
            name, _, group = word.partition(".")
            where = f" in group {quote(group)}" if group else ""
            raise CommandError(f"the server doesn't have a resource type {quote(name)}{where}")
        for other in self.discovery.shadowed(word):
            self.client.warn(
                f"short name {quote(word)} could also match lower priority resource "
                f"{other.qualified}"
            )
        return found

    def known(self, plural: str) -> Resource:
        """Return a resource that this client relies on, e.g. `pods`, without asking if need be."""
        found = self.discovery.find(plural)
        if found is None:
            raise CommandError("the server could not find the requested resource")
        return found

    def read_file(self, name: str) -> str:
        """Return the text of a file of the workstation; raises OSError with a shell's text."""
        try:
            return self.proc.files.read(self.proc.path(name))
        except FileProblem as problem:
            raise OSError(f"open {name}: {str(problem).lower()}") from None

    def usage_error(self, message: str) -> CommandError:
        """Return the error of wrong usage, which names the command's help."""
        return CommandError(f"{message}\nSee '{self.path} -h' for help and examples")


class Options(Protocol):
    """A command: what was asked (`complete`), whether it makes sense, and doing it."""

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and arguments; may ask the context, never the server."""

    def validate(self) -> None:
        """Raise CommandError for what cannot be meant; pure."""

    def run(self, call: Invocation) -> Running | int:
        """Do it and return the exit code; a generator if it waits."""


@dataclass(frozen=True)
class Command:
    """One entry of the table of commands."""

    name: str
    summary: str
    """One line for the overview."""
    options: type[Options] | None = None
    """None for a group of subcommands."""
    flags: tuple[Flag, ...] = ()
    usage: str = ""
    """What follows the name, e.g. `TYPE NAME`."""
    aliases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    """Flags that must be given."""
    offline: bool = False
    """It works on the kubeconfig alone, which may lead nowhere."""
    unread: bool = False
    """Its words are left alone: whatever they are, it is refused."""
    subcommands: tuple[Command, ...] = field(default=())

    def subcommand(self, word: str) -> Command | None:
        """Return the subcommand that *word* names."""
        for command in self.subcommands:
            if word == command.name or word in command.aliases:
                return command
        return None
