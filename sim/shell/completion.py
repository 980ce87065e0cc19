"""Tab completion: programs, kubectl's words and the cluster's names, nodes, `incident`'s words.

Names come from the API as the trainee may read it; nothing is recorded, because nothing has been
shown by a command. A candidate replaces the last word of the line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

from sim.apimachinery.wire import ApiRequest, Obj
from sim.bash import FileProblem, FileSystem, Shell
from sim.bash.builtins import BUILTINS
from sim.client.discovery import Discovery, Resource
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.client.rest import ACCEPT_JSON, collection_path
from sim.kubectl import ClientConfig
from sim.kubectl.commands import COMMANDS
from sim.kubectl.flags import GLOBAL_FLAGS, Flag
from sim.kubectl.invocation import Command
from sim.shell.desk import Desk
from sim.shell.incident import OVERVIEW, SPLITS, SUBCOMMANDS

MAX_CANDIDATES = 500
OUTPUTS = ("custom-columns=", "go-template=", "json", "jsonpath=", "name", "wide", "yaml")
_SEGMENT = re.compile(r"[|;&]|\$\(|`")
_POD_VERBS = {"logs", "exec", "attach", "port-forward", "cp"}
_NODE_VERBS = {"cordon", "uncordon", "drain"}
_PANELS = (*OVERVIEW, "restarts", "connections")


class Completion:
    """Finds what may stand where the cursor is."""

    def __init__(
        self,
        transport: Transport,
        nodes: NodeAccess,
        telemetry: Telemetry,
        desk: Desk,
        files: FileSystem,
        programs: Sequence[str],
        config: ClientConfig,
    ) -> None:
        """Complete over these doors; *config* knows kubectl's current namespace."""
        self._transport = transport
        self._discovery = Discovery(transport)
        self._nodes = nodes
        self._telemetry = telemetry
        self._desk = desk
        self._files = files
        self._programs = programs
        self._config = config

    def complete(self, line: str, shell: Shell | None = None) -> list[str]:
        """Return the sorted candidates for the last word of *line*."""
        segment = _SEGMENT.split(line)[-1]
        words = segment.split()
        last = "" if not segment or segment[-1].isspace() else words.pop()
        while words and re.fullmatch(r"\w+=\S*|sudo|time|watch|!|xargs", words[0]):
            words.pop(0)
        if not words:
            found: Iterable[str] = self._commands(shell)
        else:
            name = words[0] if shell is None else shell.complete_alias(words[0])
            found = self._arguments(name, words[1:], last, shell)
        chosen = sorted({one for one in found if one.startswith(last)})
        return chosen[:MAX_CANDIDATES]

    def _commands(self, shell: Shell | None) -> Iterable[str]:
        aliases = [] if shell is None else list(shell.aliases)
        return [*self._programs, *BUILTINS, *aliases]

    def _arguments(
        self, name: str, words: list[str], last: str, shell: Shell | None
    ) -> Iterable[str]:
        if name in {"kubectl", "k"}:
            return self._kubectl(words, last, shell)
        if name == "ssh":
            user, sign, _ = last.rpartition("@")
            return [] if words else [user + sign + node for node in self._nodes.nodes()]
        if name == "incident":
            return self._incident(words, last)
        return self._paths(last, shell)

    def _paths(self, last: str, shell: Shell | None) -> list[str]:
        head, slash, _ = last.rpartition("/")
        home = self._files.home
        place = re.sub(r"^~(?=/|$)", home, head + slash) or "."
        path = self._files.resolve(place, home if shell is None else shell.cwd)
        try:
            names = self._files.listdir(path)
        except FileProblem:
            return []
        marks = ("/" if self._files.is_dir(posixpath.join(path, name)) else "" for name in names)
        return [head + slash + name + mark for name, mark in zip(names, marks, strict=True)]

    # -- kubectl -------------------------------------------------------------------------------

    def _kubectl(self, words: list[str], last: str, shell: Shell | None) -> Iterable[str]:
        if "--" in words:
            return []
        command, known, arguments, values = _read(words)
        pending = _pending(words, known)
        if pending is not None:
            return self._value(pending, arguments, values, command, shell, last)
        if last.startswith("-"):
            name, sign, _ = last.partition("=")
            if sign:
                flag = next((f for f in known if f"--{f.name}" == name), None)
                found = self._value(flag, arguments, values, command, shell, last) if flag else []
                return [f"{name}={one}" for one in found]
            return [f"--{flag.name}" for flag in known]
        if command is None:
            return [one.name for one in COMMANDS]
        if command.subcommands and not arguments:
            return [one.name for one in command.subcommands]
        return self._operands(command.name, arguments, values, last)

    def _value(
        self,
        flag: Flag,
        arguments: list[str],
        values: Mapping[str, str],
        command: Command | None,
        shell: Shell | None,
        last: str,
    ) -> Iterable[str]:
        if flag.name == "namespace":
            return self._names("namespaces", values)
        if flag.name == "output":
            return OUTPUTS
        if flag.name == "container":
            return self._containers(arguments, values)
        if flag.name == "filename":
            return self._paths(last, shell)
        return []

    def _operands(
        self, verb: str, arguments: list[str], values: Mapping[str, str], last: str
    ) -> Iterable[str]:
        if verb in _NODE_VERBS:
            return self._names("nodes", values)
        if verb in _POD_VERBS:
            if "/" in last:
                return self._slashed(last, values)
            return (
                [*self._names("pods", values), "deployment/", "daemonset/"] if not arguments else []
            )
        if verb == "run":
            return []
        _, slash, _ = last.rpartition(",")[2].partition("/")
        if slash:
            return self._slashed(last, values)
        if not arguments:
            before, comma, _ = last.rpartition(",")
            return [before + comma + one for one in self._types()]
        if "/" in arguments[0]:
            return []
        return self._names(arguments[0].split(",")[0], values)

    def _types(self) -> list[str]:
        listed = [one for one in self._discovery.preferred() if "list" in one.verbs]
        return [one.plural for one in listed]

    def _slashed(self, last: str, values: Mapping[str, str]) -> list[str]:
        kind = last.partition("/")[0]
        return [f"{kind}/{name}" for name in self._names(kind, values)]

    def _names(self, word: str, values: Mapping[str, str]) -> list[str]:
        resource = self._discovery.find(word)
        if resource is None:
            return []
        return [str(one["metadata"]["name"]) for one in self._items(resource, values)]

    def _items(self, resource: Resource, values: Mapping[str, str]) -> list[Obj]:
        namespace = values.get("namespace") or self._config.namespace or "default"
        path = collection_path(resource, namespace)
        body = self._transport.send(ApiRequest("GET", path, (), {"accept": ACCEPT_JSON})).body
        items: list[Obj] | None = body.get("items") if isinstance(body, dict) else None
        return items or []

    def _containers(self, arguments: list[str], values: Mapping[str, str]) -> list[str]:
        pods = self._discovery.find("pods")
        if pods is None or not arguments:
            return []
        wanted = arguments[0].removeprefix("pod/").removeprefix("pods/")
        names: list[str] = []
        for pod in self._items(pods, values):
            if pod["metadata"]["name"] == wanted:
                spec = pod["spec"]
                for key in ("containers", "initContainers"):
                    names += [str(c["name"]) for c in spec.get(key, [])]
        return names

    # -- incident ------------------------------------------------------------------------------

    def _incident(self, words: list[str], last: str) -> Iterable[str]:
        if not words:
            return SUBCOMMANDS
        name = words[0]
        one = SUBCOMMANDS.get(name)
        if one is None:
            return []
        if last.startswith("--"):
            option, sign, _ = last[2:].partition("=")
            if sign:
                return [f"--{option}={value}" for value in self._picks(name, option)]
            return [f"--{option}" for option in one.options]
        if words[-1].startswith("--"):
            return self._picks(name, words[-1][2:])
        if name == "dashboard":
            return _PANELS
        if name == "changes":
            return [change.id for change in self._telemetry.changes()]
        if name == "runbook":
            return [
                line.split()[0] for line in self._desk.document("").splitlines() if line.split()
            ]
        if name == "remind":
            return ["tomorrow", "next-week"] if len(words) == 1 else []
        if name in {"help", "choices"}:
            return SUBCOMMANDS if name == "help" else self._desk.lists()
        return []

    def _picks(self, name: str, option: str) -> Iterable[str]:
        if option == "by":
            return SPLITS
        if option == "to":
            return [line.split()[0] for line in self._desk.people().splitlines() if line.split()]
        lists = self._desk.lists()
        key = f"ticket_{option}" if name == "ticket" else option
        return [id_ for id_, _ in lists.get(key, ())]


def _read(
    words: list[str],
) -> tuple[Command | None, tuple[Flag, ...], list[str], dict[str, str]]:
    """Return the command that *words* name, its flags, its arguments and the flags' values."""
    command: Command | None = None
    known: tuple[Flag, ...] = GLOBAL_FLAGS
    arguments: list[str] = []
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            _, sign, value = word.lstrip("-").partition("=")
            flag = _flag(word, known)
            if flag is None:
                continue
            if sign:
                values[flag.name] = value
            elif flag.without_value is None and rest:
                values[flag.name] = rest.pop(0)
        elif command is None:
            command = next((c for c in COMMANDS if word in {c.name, *c.aliases}), None)
            if command is None:
                return None, known, [word], values
            known = (*command.flags, *GLOBAL_FLAGS)
        elif command.subcommands and (below := command.subcommand(word)) is not None:
            command = below
            known = (*command.flags, *GLOBAL_FLAGS)
        else:
            arguments.append(word)
    return command, known, arguments, values


def _flag(word: str, known: tuple[Flag, ...]) -> Flag | None:
    name = word.lstrip("-").partition("=")[0]
    for flag in known:
        if flag.name == name or (
            not word.startswith("--") and flag.short and flag.short == name[-1:]
        ):
            return flag
    return None


def _pending(words: list[str], known: tuple[Flag, ...]) -> Flag | None:
    """Return the flag whose value is being typed, if the last whole word is one without value."""
    if not words or not words[-1].startswith("-") or "=" in words[-1]:
        return None
    flag = _flag(words[-1], known)
    return flag if flag is not None and flag.without_value is None else None
