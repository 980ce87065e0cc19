"""`kubectl` as a program: finds the verb, reads the flags, runs the command, reports its error.

One program belongs to one transport and keeps its discovery; it must not know what a command does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from sim.bash import Proc, Program
from sim.client.discovery import Discovery
from sim.client.doors import Transport
from sim.client.identity import ActingTransport, identity_headers
from sim.client.rest import ApiStatusError, RestClient
from sim.kernel import Interrupted
from sim.kubectl.commands import COMMANDS
from sim.kubectl.config import ClientConfig
from sim.kubectl.errors import Aggregate, CommandError, SilentExit, report
from sim.kubectl.flags import GLOBAL_FLAGS, Flag, FlagValues, parse
from sim.kubectl.goformat import quote
from sim.kubectl.help import command_help, options_help, overview
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.names import check_namespace

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""

_REFUSED_FLAGS = (
    "certificate-authority", "client-certificate", "client-key", "kubeconfig", "password", "server",
    "username",
)  # fmt: skip
"""Flags that would lead to another cluster, or that nothing here can check."""


def kubectl_program(
    transport: Transport, *, clock: Callable[[], int], config: ClientConfig | None = None
) -> Program:
    """Return the program `kubectl`.

    Args:
        transport: The API that it asks.
        clock: Returns Unix time in ms, for ages.
        config: The context it works in; `config set-context` changes it.
    """
    kubectl = Kubectl(transport, Discovery(transport), clock, config or ClientConfig())
    return kubectl.main


@dataclass(frozen=True)
class Kubectl:
    """One installed kubectl: transport, cached discovery, clock and configuration."""

    transport: Transport
    discovery: Discovery
    clock: Callable[[], int]
    config: ClientConfig

    def main(self, proc: Proc) -> Running:
        """Run one command line and return its exit code."""
        try:
            outcome = self._start(proc)
            if not isinstance(outcome, int):
                outcome = yield from outcome
        except Interrupted:
            return INTERRUPTED
        except (CommandError, SilentExit, Aggregate, ApiStatusError) as error:
            text, code = report(error)
            proc.stderr.write(text)
            return code
        return outcome

    def _start(self, proc: Proc) -> Running | int:
        words = proc.argv[1:]
        at = _verb_at(words, _flags_of(None))
        if at < 0:
            proc.stdout.write(overview(COMMANDS))
            return 0
        word, before, rest = words[at], words[:at], words[at + 1 :]
        if word == "help":
            return self._help(proc, [one for one in rest if not one.startswith("-")])
        if word == "options":
            proc.stdout.write(options_help())
            return 0
        command = _find(word)
        if command is None:
            raise _unknown(word, before)
        rest = [*before, *rest]
        path = f"kubectl {command.name}"
        while command.subcommands:
            at = _verb_at(rest, _flags_of(command))
            below = command.subcommand(rest[at]) if at >= 0 else None
            if below is None:
                if command.options is not None:
                    break
                return self._group(proc, command, path, rest, at)
            command, path = below, f"{path} {below.name}"
            rest = rest[:at] + rest[at + 1 :]
        return self._run(proc, command, path, rest)

    def _run(self, proc: Proc, command: Command, path: str, words: Sequence[str]) -> Running | int:
        try:
            flags, args = parse(() if command.unread else words, _flags_of(command))
        except CommandError as error:
            raise CommandError(f"{error.message}\nSee '{path} --help' for usage.") from None
        if flags.is_set("help") and flags.on("help"):
            proc.stdout.write(command_help(command, path))
            return 0
        missing = [quote(name) for name in command.required if not flags.is_set(name)]
        if missing:
            raise CommandError(f"required flag(s) {', '.join(missing)} not set")
        for name in _REFUSED_FLAGS:
            if flags.is_set(name):
                raise CommandError(f"the flag --{name} is not supported in this simulator")
        check_namespace(flags.text("namespace"))
        context = flags.text("context")
        if context and context != self.config.context:
            raise CommandError(
                f"Error in configuration: context was not found for specified context: {context}",
                bare=True,
            )

        def warn(text: str) -> None:
            proc.stderr.write(f"Warning: {text}\n")

        self._check_identity(flags)
        headers = identity_headers(
            user=flags.text("as"),
            groups=flags.many("as-group"),
            uid=flags.text("as-uid"),
            extra=flags.many("as-user-extra"),
            token=flags.text("token"),
        )
        transport = ActingTransport(self.transport, headers) if headers else self.transport
        client = RestClient(transport, asked=proc.asked, warn=warn)
        call = Invocation(proc, client, self.discovery, self.config, self.clock, flags, args, path)
        assert command.options is not None  # groups were handled by the caller
        options = command.options.complete(call)
        options.validate()
        return options.run(call)

    def _check_identity(self, flags: FlagValues) -> None:
        """Refuse a borrowed group without a borrowed name, as client-go does."""
        borrowed = ("as-uid", "as-group", "as-user-extra")
        if not flags.text("as") and any(flags.is_set(name) for name in borrowed):
            raise CommandError(
                f"requesting uid, groups or user-extra for {self.config.user} without "
                "impersonating a user"
            )

    def _group(self, proc: Proc, command: Command, path: str, words: Sequence[str], at: int) -> int:
        if at >= 0 and not {"-h", "--help"} & set(words):
            raise CommandError(
                f"unknown command {quote(words[at])}\nSee '{path} -h' for help and examples"
            )
        asked = bool({"-h", "--help"} & set(words))
        # `rollout` alone writes its page to standard output either way
        quiet = asked or command.name == "rollout"
        (proc.stdout if quiet else proc.stderr).write(command_help(command, path))
        return 0 if asked else 1

    def _help(self, proc: Proc, words: Sequence[str]) -> int:
        command, path = None, "kubectl"
        for word in words:
            below = command.subcommand(word) if command else _find(word)
            if below is None and command is None:
                topics = " ".join(f"`{one}`" for one in words)
                proc.stderr.write(f"Unknown help topic [{topics}]\n{overview(COMMANDS)}")
                return 0
            if below is None:
                break
            command, path = below, f"{path} {below.name}"
        proc.stdout.write(command_help(command, path) if command else overview(COMMANDS))
        return 0


@cache
def _flags_of(command: Command | None) -> tuple[Flag, ...]:
    if command is None:
        return GLOBAL_FLAGS
    own = {flag.name for flag in command.flags}
    shorts = {flag.short for flag in command.flags if flag.short}
    return (
        *command.flags,
        *(
            flag
            for flag in GLOBAL_FLAGS
            if flag.name not in own and flag.short not in shorts - {""}
        ),
    )


def _find(word: str) -> Command | None:
    for command in COMMANDS:
        if word == command.name or word in command.aliases:
            return command
    return None


def _verb_at(words: Sequence[str], known: Sequence[Flag]) -> int:
    """Return the index of the first word that is no flag and no flag's value, or -1."""
    bare = {f"--{flag.name}" for flag in known if flag.without_value is not None}
    bare |= {f"-{flag.short}" for flag in known if flag.short and flag.without_value is not None}
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            return -1
        if not word.startswith("-") or word == "-":
            return index
        takes_value = (
            "=" not in word and word not in bare and (word.startswith("--") or len(word) == 2)
        )
        index += 2 if takes_value else 1
    return -1


def _unknown(word: str, before: Sequence[str]) -> CommandError:
    if before:
        flag = before[0].partition("=")[0]
        return CommandError(f"Error: flags cannot be placed before plugin name: {flag}", bare=True)
    text = f'unknown command "{word}" for "kubectl"'
    close = [
        command.name
        for command in COMMANDS
        if _distance(word.lower(), command.name) <= 2 or command.name.startswith(word.lower())
    ]
    if close:
        text += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in close)
    return CommandError(text)


def _distance(one: str, other: str) -> int:
    """Return the Levenshtein distance of two words."""
    row = list(range(len(other) + 1))
    for index, char in enumerate(one, 1):
        before, row[0] = row[0], index
        for place, against in enumerate(other, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (char != against)),
            )
    return row[-1]
