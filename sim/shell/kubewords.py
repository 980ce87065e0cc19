"""What may stand at the cursor of a kubectl line: as `kubectl __complete` finds it, and a little more.

After pkg/util/completion and the ValidArgsFunction of each command. Names come from the API as the
trainee may read it. It must not know how a line is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.apimachinery.wire import ApiRequest, Obj
from sim.bash import FileProblem, FileSystem
from sim.bash.completing import DIRECTORIES, FILES, MANIFESTS
from sim.client.discovery import Discovery, Resource
from sim.client.doors import Transport
from sim.client.rest import ACCEPT_JSON, collection_path
from sim.kubectl.commands import COMMANDS
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import GLOBAL_FLAGS, Flag
from sim.kubectl.invocation import Command
from sim.kubectl.kubeconfig import Kubeconfig, Settings

OUTPUTS = (
    "custom-columns", "custom-columns-file", "go-template", "go-template-file", "json", "jsonpath",
    "jsonpath-as-json", "jsonpath-file", "kyaml", "name", "template", "templatefile", "wide", "yaml",
)  # fmt: skip
_POD_KINDS = ("daemonsets", "deployments", "jobs", "pods", "replicasets", "replicationcontrollers",
              "services", "statefulsets")  # fmt: skip
_WORKLOADS = ("daemonset", "deployment", "statefulset")
_SCALED = ("deployment", "replicaset", "replicationcontroller", "statefulset")
_TYPES: Mapping[str, tuple[str, ...]] = {
    "rollout history": _WORKLOADS,
    "rollout pause": ("deployment",),
    "rollout restart": _WORKLOADS,
    "rollout resume": ("deployment",),
    "rollout status": _WORKLOADS,
    "rollout undo": _WORKLOADS,
    "scale": _SCALED,
    "autoscale": _SCALED,
    "expose": ("deployment", "pod", "replicaset", "replicationcontroller", "service"),
    "set image": ("cronjobs", "daemonsets", "deployments", "pods", "replicasets",
                  "replicationcontrollers", "statefulsets"),
    "set env": ("cronjobs", "daemonsets", "deployments", "pods", "replicasets",
                "replicationcontrollers", "statefulsets"),
    "set resources": ("daemonsets", "deployments", "pods", "replicasets",
                      "replicationcontrollers", "statefulsets"),
    "taint": ("node",),
}  # fmt: skip
_ANY_TYPE = {"get", "describe", "delete", "edit", "patch", "label", "annotate", "debug", "explain",
             "wait", "apply edit-last-applied", "apply view-last-applied"}  # fmt: skip
_PODS = {"logs", "exec", "attach", "port-forward"}
_ONE_NAME = {"cordon": "nodes", "drain": "nodes", "top node": "nodes", "top pod": "pods",
             "uncordon": "nodes"}  # fmt: skip
_CONTEXTS = {"config use-context", "config delete-context", "config set-context",
             "config rename-context"}  # fmt: skip
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "use", "watch")
_KINDS = {"namespace": "namespaces"}
_SHELLS = ("bash", "fish", "powershell", "zsh")
_RUN_PROGRAMS = {"exec", "run", "debug"}
_HIDDEN = {"applyset", "record"}
"""Flags that work but are not shown: deprecated or alpha."""

Environ = Mapping[str, str]


@dataclass
class Line:
    """The words of a kubectl line before the cursor."""

    path: str = ""
    """e.g. `rollout status`; empty before there is a command."""
    command: Command | None = None
    known: tuple[Flag, ...] = GLOBAL_FLAGS
    arguments: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    pending: Flag | None = None
    """The flag whose value is being typed."""
    program: bool = False
    """After `--`, where another program's words stand."""
    unknown: bool = False


class KubeWords:
    """Candidates for a kubectl line."""

    def __init__(
        self, transport: Transport, files: FileSystem, place: Callable[[], tuple[Environ, str]]
    ) -> None:
        """Ask through *transport*; *place* gives the shell's variables and directory."""
        self._transport = transport
        self._discovery = Discovery(transport)
        self._files = files
        self._place = place
        self._read: tuple[object, Settings] | None = None
        """The kubeconfig files' texts and what they say: a Tab need not parse them again."""

    def find(self, words: Sequence[str], last: str) -> tuple[list[str], str]:
        """Return candidates for *last*, and which of the place's files may stand there besides."""
        line = read_line(words)
        if line.unknown:
            return [], ""
        if line.program:
            return [], FILES if line.path not in _RUN_PROGRAMS else ""
        if line.pending is not None:
            return self._value(line.pending, line)
        if last.startswith("-"):
            return self._flags(line, last)
        if line.command is None:
            return [one.name for one in COMMANDS] + ["help"], ""
        if line.command.subcommands and not line.arguments:
            return [one.name for one in line.command.subcommands], ""
        found, files = self._operands(line, last)
        return [*self._required(line), *found], files

    # -- flags ---------------------------------------------------------------------------------

    def _required(self, line: Line) -> list[str]:
        names = () if line.command is None else line.command.required
        return [f"--{name}" for name in names if name not in line.values]

    def _flags(self, line: Line, last: str) -> tuple[list[str], str]:
        name, sign, _ = last.partition("=")
        if sign:
            flag = _flag(name, line.known)
            if flag is None or (not name.startswith("--") and len(name) != 2):
                return [], ""
            found, files = self._value(flag, line)
            return [f"{name}={one}" for one in found], files
        required = [one for one in self._required(line) if one.startswith(last)]
        if required:
            return required, ""
        names: list[str] = []
        for flag in line.known:
            again = flag.kind in {"list", "array"}
            if flag.name in _HIDDEN or (flag.name in line.values and not again):
                continue
            names.append(f"--{flag.name}")
            if flag.short:
                names.append(f"-{flag.short}")
        return names, ""

    def _value(self, flag: Flag, line: Line) -> tuple[list[str], str]:
        match flag.name:
            case "namespace":
                return self._names("namespaces", line), ""
            case "context":
                return sorted(self._settings(line).contexts), ""
            case "cluster":
                return sorted(self._settings(line).clusters), ""
            case "user":
                return sorted(self._settings(line).users), ""
            case "container" if line.path in {"logs", "exec", "attach", "cp", "debug"}:
                return self._containers(line), ""
            case "output" if line.path == "get":
                return list(OUTPUTS), ""
            case "subresource" if line.path == "get":
                return ["status", "scale", "resize"], ""
            case "filename":
                return [], MANIFESTS
            case "kustomize":
                return [], DIRECTORIES
        return [], FILES

    # -- arguments -----------------------------------------------------------------------------

    def _operands(self, line: Line, last: str) -> tuple[list[str], str]:
        path, given = line.path, line.arguments
        if path in _ONE_NAME:
            return ([] if given else self._names(_ONE_NAME[path], line)), ""
        if path in _PODS:
            return ([] if given else self._pods(line, last)), ""
        if path in _ANY_TYPE:
            if path == "explain":
                return ([] if given else self._types()), ""
            return self._typed(line, last, self._types), ""
        if path in _TYPES:
            if path == "set image" and (found := self._images(line)):
                return found, ""
            return self._typed(line, last, lambda: list(_TYPES[path])), ""
        if path == "auth can-i":
            return (list(_VERBS) if not given else self._types() if len(given) == 1 else []), ""
        if path in _CONTEXTS or path in {"config delete-cluster", "config delete-user"}:
            settings = self._settings(line)
            held = {
                "config delete-cluster": settings.clusters,
                "config delete-user": settings.users,
            }
            return ([] if given else sorted(held.get(path, settings.contexts))), ""
        if path == "cp":
            return self._copied(line, last), FILES
        if path == "help":
            return [one.name for one in COMMANDS], ""
        if path == "completion":
            return ([] if given else list(_SHELLS)), ""
        return [], FILES

    def _types(self) -> list[str]:
        return [one.qualified for one in self._discovery.preferred() if "list" in one.verbs]

    def _typed(self, line: Line, last: str, types: Callable[[], list[str]]) -> list[str]:
        """Complete TYPE, TYPE NAME..., TYPE/NAME... and lists of types with commas."""
        given = line.arguments
        if "/" in last:
            kind, _, _ = last.partition("/")
            names = (f"{kind}/{name}" for name in self._names(kind, line))
            return [name for name in names if name not in given]
        if not given:
            before, comma, _ = last.rpartition(",")
            return [before + comma + one for one in types()]
        if "/" in given[0]:
            return [f"{one}/" for one in types()]
        found = [name for kind in given[0].split(",") for name in self._names(kind, line)]
        taken = set(given[1:])
        return [name for name in found if name not in taken]

    def _pods(self, line: Line, last: str) -> list[str]:
        if "/" in last:
            kind = last.partition("/")[0]
            return [f"{kind}/{name}" for name in self._names(kind, line)]
        return [*self._names("pods", line), *(f"{kind}/" for kind in _POD_KINDS)]

    def _copied(self, line: Line, last: str) -> list[str]:
        namespace, slash, _ = last.partition("/")
        if ":" in last:
            return []
        if slash:
            scoped = Line(values={"namespace": namespace})
            return [f"{namespace}/{name}:" for name in self._names("pods", scoped)]
        pods = [f"{name}:" for name in self._names("pods", line)]
        return [*(f"{name}/" for name in self._names("namespaces", line)), *pods]

    def _images(self, line: Line) -> list[str]:
        """Return `container=` for the object that `set image` names."""
        given = [word for word in line.arguments if "=" not in word]
        kind, _, name = given[0].partition("/") if given else ("", "", "")
        if not name:
            kind, name = (given[0], given[1]) if len(given) > 1 else ("", "")
        resource = self._discovery.find(kind) if kind else None
        if resource is None:
            return []
        for item in self._items(resource, line):
            if item["metadata"]["name"] == name:
                return [f"{one['name']}=" for one in _pod_spec(item).get("containers") or ()]
        return []

    def _containers(self, line: Line) -> list[str]:
        if not line.arguments:
            return []
        kind, slash, name = line.arguments[0].partition("/")
        kind, name = (kind, name) if slash else ("pods", kind)
        resource = self._discovery.find(kind)
        names: list[str] = []
        for item in () if resource is None else self._items(resource, line):
            if item["metadata"]["name"] == name:
                spec = _pod_spec(item)
                for key in ("containers", "initContainers", "ephemeralContainers"):
                    names += [str(one["name"]) for one in spec.get(key) or ()]
        return names

    # -- what there is -------------------------------------------------------------------------

    def _names(self, word: str, line: Line) -> list[str]:
        if word in {"all"}:
            kinds = [one for one in self._discovery.preferred() if word in one.categories]
        else:
            found = self._discovery.find(word)
            kinds = [] if found is None else [found]
        return [str(item["metadata"]["name"]) for kind in kinds for item in self._items(kind, line)]

    def _items(self, resource: Resource, line: Line) -> list[Obj]:
        namespace = line.values.get("namespace") or self._namespace(line)
        path = collection_path(resource, namespace)
        body = self._transport.send(ApiRequest("GET", path, (), {"accept": ACCEPT_JSON})).body
        items: list[Obj] | None = body.get("items") if isinstance(body, dict) else None
        return items or []

    def _settings(self, line: Line) -> Settings:
        environ, cwd = self._place()
        config = Kubeconfig(self._files, environ, cwd, line.values.get("kubeconfig", ""))
        texts = []
        for name in config.names:
            try:
                texts.append((name, self._files.read(self._files.resolve(name, cwd))))
            except FileProblem:
                texts.append((name, ""))
        if self._read is None or self._read[0] != texts:
            try:
                self._read = (texts, config.read())
            except CommandError:
                self._read = (texts, Settings())
        return self._read[1]

    def _namespace(self, line: Line) -> str:
        settings = self._settings(line)
        context = settings.contexts.get(line.values.get("context") or settings.current, {})
        return str(context.get("namespace") or "default")


def _pod_spec(item: Obj) -> Obj:
    """Return the pod's part of a pod or of what makes pods."""
    spec: Obj = item.get("spec") or {}
    for key in ("jobTemplate", "template"):
        spec = (spec.get(key) or {}).get("spec") or spec
    return spec


def read_line(words: Sequence[str]) -> Line:
    """Return what *words*, after `kubectl`, say."""
    line = Line()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        line.pending = None
        if word == "--":
            line.program = line.path in _RUN_PROGRAMS or not line.path
            line.arguments += rest if not line.program else []
            return line
        if word.startswith("-") and word != "-":
            _take_flag(line, word, rest)
        elif line.command is None:
            if word == "help" and not line.path:
                line.path, line.command = "help", Command("help", "")
                continue
            line.command = _named(COMMANDS, word)
            if line.command is None:
                line.unknown = True
                return line
            line.path, line.known = line.command.name, (*line.command.flags, *GLOBAL_FLAGS)
        elif (below := line.command.subcommand(word)) is not None and not line.arguments:
            line.command = below
            line.path = f"{line.path} {below.name}"
            line.known = (*below.flags, *GLOBAL_FLAGS)
        else:
            line.arguments.append(word)
    return line


def _named(commands: Iterable[Command], word: str) -> Command | None:
    return next((one for one in commands if word == one.name or word in one.aliases), None)


def _take_flag(line: Line, word: str, rest: list[str]) -> None:
    name, sign, value = word.partition("=")
    flag = _flag(name, line.known)
    if flag is None:
        return
    short = not name.startswith("--")
    joined = name[2:] if short and _flag(name[:2], line.known) is flag and len(name) > 2 else ""
    if sign:
        line.values[flag.name] = value
    elif flag.without_value is not None:
        line.values[flag.name] = flag.without_value
    elif joined:
        line.values[flag.name] = joined
    elif rest:
        line.values[flag.name] = rest.pop(0)
    else:
        line.pending = flag


def _flag(name: str, known: tuple[Flag, ...]) -> Flag | None:
    """Return the flag that *name* is: `--namespace`, `-n`, `-nshop`, or the last of `-it`."""
    if name.startswith("--"):
        return next((flag for flag in known if flag.name == name[2:]), None)
    for letter in name[1:]:
        found = next((flag for flag in known if flag.short == letter), None)
        if found is None or found.without_value is None:
            return found
    return found if name[1:] else None
