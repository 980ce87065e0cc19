"""`kubectl` as a program: finds the verb, reads the flags, runs the command, reports its error.

One program belongs to one transport and keeps its discovery; it must not know what a command does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sim.bash import Proc, Program
from sim.client.discovery import Discovery
from sim.client.doors import Transport
from sim.client.identity import ActingTransport, identity_headers
from sim.client.localports import LocalPorts
from sim.client.rest import ApiStatusError, RestClient
from sim.client.unreachable import UnreachableError
from sim.kernel import Interrupted
from sim.kubectl.commands import COMMANDS
from sim.kubectl.config import ClientConfig
from sim.kubectl.errors import (
    Aggregate,
    ArgumentsError,
    CommandError,
    SilentExit,
    report,
    shown_before,
)
from sim.kubectl.flags import GLOBAL_FLAGS, Flag, FlagValues, parse
from sim.kubectl.goformat import quote
from sim.kubectl.help import command_help, options_help, overview
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.kubeconfig import NOWHERE, Kubeconfig
from sim.kubectl.names import check_namespace
from sim.kubectl.nowhere import Nowhere, unreachable
from sim.kubectl.plugins import plugin, run_plugin

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""

_DEPRECATED_FLAGS = {
    "record": "--record will be removed in the future",
    "cpu-percent": (
        "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or "
        "'500m' for milliCPU)."
    ),
}
_REFUSED_FLAGS = (
    "certificate-authority", "client-certificate", "client-key", "password", "proxy-url",
    "username",
)  # fmt: skip
"""Flags that nothing here can check."""


def kubectl_program(
    transport: Transport,
    *,
    clock: Callable[[], int],
    config: ClientConfig | None = None,
    in_cluster: bool = True,
    ports: LocalPorts | None = None,
) -> Program:
    """Return the program `kubectl`.

    Args:
        transport: The API that it asks.
        clock: Returns Unix time in ms, for ages.
        config: The server that *transport* leads to, and whom it takes its user for.
        in_cluster: Without a kubeconfig *config* is used, as a pod's own account is.
        ports: Where `port-forward` and `proxy` listen; nobody else hears of it if not given.
    """
    kubectl = Kubectl(
        transport,
        Discovery(transport),
        clock,
        config or ClientConfig(),
        in_cluster,
        ports or LocalPorts(),
    )
    return kubectl.main


@dataclass(frozen=True)
class Kubectl:
    """One installed kubectl: transport, cached discovery, clock, and the server they belong to."""

    transport: Transport
    discovery: Discovery
    clock: Callable[[], int]
    config: ClientConfig
    in_cluster: bool
    ports: LocalPorts

    def main(self, proc: Proc) -> Running:
        """Run one command line and return its exit code."""
        try:
            outcome = self._start(proc)
            if not isinstance(outcome, int):
                outcome = yield from outcome
        except Interrupted as signal:
            if signal.cause == "SIGTERM":
                raise  # the shell says how it ended
            return INTERRUPTED
        except (CommandError, SilentExit, Aggregate, ApiStatusError) as error:
            text, code = report(error)
            if shown := shown_before(error):
                proc.stdout.write(shown)
            proc.stderr.write(text)
            return code
        except UnreachableError as error:
            proc.stderr.write(
                f"{unreachable(error.place, error.dialling, refused=error.refused)}\n"
            )
            return 1
        return outcome

    def _start(self, proc: Proc) -> Running | int:
        words = proc.argv[1:]
        at = _verb_at(words, _flags_of(None))
        if at < 0:
            try:
                parse(words, _flags_of(None))
            except CommandError as error:
                raise CommandError(f"{error.message}\nSee 'kubectl --help' for usage.") from None
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
            if not before and (found := plugin(proc, words)):
                return run_plugin(proc, *found)
            raise _unknown(word, before)
        own = word != "create" or before or not rest or command.subcommand(rest[0])
        if not own and (found := plugin(proc, words, 2)):
            return run_plugin(proc, *found)
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
        for name, values in flags.given.items():
            if name in _DEPRECATED_FLAGS:
                told = f"Flag --{name} has been deprecated, {_DEPRECATED_FLAGS[name]}\n"
                proc.stderr.write(told * len(values))
        if flags.is_set("help") and flags.on("help"):
            proc.stdout.write(command_help(command, path))
            return 0
        missing = [quote(name) for name in command.required if not flags.is_set(name)]
        if missing:
            raise CommandError(f"required flag(s) {', '.join(missing)} not set")
        for name in _REFUSED_FLAGS:
            if flags.is_set(name) and not command.offline:
                raise CommandError(f"the flag --{name} is not supported in this simulator")
        check_namespace(flags.text("namespace"))

        def warn(text: str) -> None:
            proc.stderr.write(f"Warning: {text}\n")

        kubeconfig = Kubeconfig(proc.files, proc.environ, proc.cwd, flags.text("kubeconfig"))
        config, transport, discovery = self.config, self.transport, self.discovery
        if not command.offline:
            config = self._chosen(kubeconfig, flags)
            self._check_identity(flags, config.user)
            headers = self._headers(flags, config)
            if config.server != self.config.server:
                transport = Nowhere(config.server, proc.stderr.write, self.clock)
                discovery = Discovery(transport)
            elif headers:
                transport = ActingTransport(self.transport, headers)
        call = Invocation(
            proc,
            RestClient(transport, asked=proc.asked, warn=warn),
            discovery,
            config,
            self.clock,
            flags,
            args,
            path,
            kubeconfig,
            self.ports,
            _builtin,
        )
        assert command.options is not None  # groups were handled by the caller
        if "filename" in flags.known and "-" in flags.many("filename"):
            return self._after_input(command, call)
        try:
            options = command.options.complete(call)
            options.validate()
            return options.run(call)
        except ArgumentsError as error:
            page = command_help(command, path)
            if not error.message:
                proc.stdout.write(page)
                return 0
            raise CommandError(error.message, shown=page) from None

    def _after_input(self, command: Command, call: Invocation) -> Running:
        """Read standard input to its end, then run the command."""
        assert command.options is not None
        options = command.options.complete(call)
        options.validate()
        call.typed = yield from call.proc.stdin.read_all()
        outcome = options.run(call)
        return outcome if isinstance(outcome, int) else (yield from outcome)

    def _chosen(self, kubeconfig: Kubeconfig, flags: FlagValues) -> ClientConfig:
        """Return the way into a cluster that flags and files name."""
        names = ("context", "cluster", "user", "server", "namespace")
        # `--user` of `create rolebinding` is another flag than the global one
        given = {
            name: flags.text(name) if flags.known[name] in GLOBAL_FLAGS else "" for name in names
        }
        chosen = kubeconfig.choose(**given)
        if self.in_cluster and not chosen.context and chosen.server == NOWHERE:
            namespace = given["namespace"] or self.config.namespace
            return replace(self.config, namespace=namespace)
        if chosen.server == self.config.server and not flags.text("token"):
            certificates = [
                key for key in chosen.credentials if key.startswith(("client-", "token"))
            ]
            if not certificates:
                raise CommandError("EOF")
        return chosen

    def _headers(self, flags: FlagValues, config: ClientConfig) -> dict[str, str]:
        """Return the headers of somebody who is not the user whom the door knows."""
        token = flags.text("token")
        if not token and dict(config.credentials) != dict(self.config.credentials):
            token = config.credentials.get("token", "")
        return identity_headers(
            user=flags.text("as"),
            groups=flags.many("as-group"),
            uid=flags.text("as-uid"),
            extra=flags.many("as-user-extra"),
            token=token,
        )

    def _check_identity(self, flags: FlagValues, user: str) -> None:
        """Refuse a borrowed group without a borrowed name, as client-go does."""
        borrowed = ("as-uid", "as-group", "as-user-extra")
        if not flags.text("as") and any(flags.is_set(name) for name in borrowed):
            raise CommandError(
                f"requesting uid, groups or user-extra for {user} without impersonating a user"
            )

    def _group(self, proc: Proc, command: Command, path: str, words: Sequence[str], at: int) -> int:
        if at >= 0 and command.name != "certificate" and not {"-h", "--help"} & set(words):
            raise CommandError(
                f"unknown command {quote(words[at])}\nSee '{path} -h' for help and examples"
            )
        asked = bool({"-h", "--help"} & set(words))
        # these write their page to standard output either way
        quiet = asked or command.name in ("rollout", "certificate")
        (proc.stdout if quiet else proc.stderr).write(command_help(command, path))
        return 0 if asked or command.name == "certificate" else 1

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


def _builtin(words: Sequence[str]) -> str:
    """Return the path of the command that *words* begin with, or nothing."""
    path, rest = "", list(words)
    command = _find(rest.pop(0))
    while command is not None:
        path += f" {command.name}"
        command = command.subcommand(rest.pop(0)) if rest else None
    return f"kubectl{path}" if path else ""


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
        text = f"Error: flags cannot be placed before plugin name: {before[0]}"
        return CommandError(text, bare=True)
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
