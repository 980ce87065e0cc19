"""A laptop over real doors: an API server with a few pods, two nodes with a shell, a plain desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, Obj
from sim.apiserver import ApiServer
from sim.bash import TEXT_TOOLS, Proc, Running, Shell, ShellExecution
from sim.client.doors import Alert, Change, Series
from sim.evidence import EvidenceLog, OutputRecord, PanelRecord
from sim.kernel import Environment, Epoch, Stream
from sim.shell import Workstation

EPOCH = Epoch.parse("2026-11-20T02:47:00Z")
NODES = ("node-worker-1", "node-worker-3")


def _uname(proc: Proc) -> Running:
    proc.print(str(proc.host))
    return 0
    yield


def _shell(env: Environment, host: str) -> Shell:
    return Shell(env, {**TEXT_TOOLS, "uname": _uname}, environ={"USER": "root"}, host=host)


class Doors:
    """Transport and NodeAccess."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.api = ApiServer(env, EPOCH, Stream("test", 0))
        for name in ("default", "payments"):
            self.api.load("namespaces", _object("v1", "Namespace", name))
        for name in NODES:
            self.api.load("nodes", _object("v1", "Node", name, spec={}, status={}))
        for name, node in (("web-1", NODES[0]), ("web-2", NODES[1])):
            spec = {"nodeName": node, "containers": [{"name": "app", "image": "web:1"}]}
            status = {"phase": "Running"}
            pod = _object("v1", "Pod", name, "payments", spec=spec, status=status)
            self.api.load("pods", pod)

    def send(self, request: ApiRequest) -> ApiResponse:
        return self.api.handle(request)

    def watch(self, request: ApiRequest) -> Any:
        return self.api.watch(request)

    def stream(self, request: ApiRequest) -> Any:
        return self.api.stream(request)

    def exec(self, request: ExecRequest) -> ShellExecution:
        return ShellExecution(
            _shell(self.env, request.pod),
            argv=request.argv,
            stdin=request.stdin,
            tty=request.tty,
        )

    def nodes(self) -> Sequence[str]:
        return NODES

    def run(
        self, node: str, command: str, *, stdin: bool = False, tty: bool = False
    ) -> ShellExecution:
        if node not in NODES:
            raise KeyError(node)
        prompt = f"oncall@{node}:~$ "
        shell = _shell(self.env, node)
        return ShellExecution(shell, line=command or None, stdin=stdin, tty=tty, prompt=prompt)


class Meters:
    """Telemetry that always says the same."""

    metrics = ("errors",)

    def query(
        self, metric: str, *, by: str = "", start: int, end: int, step: int
    ) -> Sequence[Series]:
        return [Series((), ((end, 0.12),))]

    def alerts(self) -> Sequence[Alert]:
        return []

    def silence(self, alert: str, duration_ms: int) -> None:
        raise KeyError(alert)

    def changes(self) -> Sequence[Change]:
        return [Change("chg-7", -1000, "deploy", "web 2", "ada", "deployment/web")]

    def summary(self) -> dict[str, Any]:
        return {}


class PlainDesk:
    """Remembers what was asked of it; panels say their name."""

    def __init__(self, env: Environment, log: EvidenceLog) -> None:
        self.env = env
        self.log = log
        self.asked: list[tuple[Any, ...]] = []
        self.workstation: Workstation | None = None

    def _did(self, *what: Any) -> str:
        self.asked.append(what)
        return f"{what[0]} done"

    def acknowledge(self) -> str:
        return self._did("acknowledge")

    def status(self) -> str:
        return self._did("status")

    def look(self, panel: str, by: str = "") -> str:
        if panel == "nosuch":
            msg = "no panel 'nosuch'; there are: errors"
            raise ValueError(msg)
        assert self.workstation is not None
        text = f"panel {panel} {by}".rstrip()
        number = self.workstation.command
        given = self.workstation.input
        record = PanelRecord(
            at=self.env.now, input=given, panel=panel, by=by, text=text, command=number
        )
        self.log.append(record)
        return text

    def document(self, id_: str) -> str:
        return "kube-proxy  runbook  What to look at\n" if not id_ else f"# {id_}\n"

    def people(self) -> str:
        return "ada  Ada, platform\n"

    def update(self, text: str, to: str = "", fields: dict[str, str] | None = None) -> str:
        return self._did("update", text, to, fields)

    def note(self, text: str) -> str:
        return self._did("note", text)

    def ticket(self, origin: str, fix: str, owner: str, text: str = "") -> str:
        return self._did("ticket", origin, fix, owner, text)

    def remind(self, due: str, text: str = "") -> str:
        return self._did("remind", due, text)

    def silence(self, alert: str, duration_ms: int) -> str:
        return self._did("silence", alert, duration_ms)

    def close(
        self, picks: dict[str, str], citations: dict[str, list[str]], handover: str = ""
    ) -> str:
        return self._did("close", picks, citations, handover)

    def lists(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        names = ("component", "failure", "trigger", "mechanism", "scope")
        lists = {name: [(f"{name[0]}1", f"one {name}"), (f"{name[0]}2", "two")] for name in names}
        return {
            **lists,
            "ticket_origin": [("o", "where it began")],
            "ticket_fix": [("f", "what would help")],
            "ticket_owner": [("platform", "the platform team")],
        }


class Laptop:
    """A workstation and the keys of its terminal `t1`."""

    def __init__(self) -> None:
        self.env = Environment()
        self.log = EvidenceLog()
        self.doors = Doors(self.env)
        self.desk = PlainDesk(self.env, self.log)
        self.workstation = Workstation(
            self.env,
            self.doors,
            self.doors,
            Meters(),
            self.desk,
            self.log,
            clock=lambda: EPOCH.at(self.env.now),
        )
        self.desk.workstation = self.workstation
        self.inputs = 0

    def type(self, line: str, terminal: str = "t1") -> None:
        self.workstation.enter(line, terminal=terminal, input_no=self.inputs)
        self.inputs += 1
        self.env.settle()

    def press_ctrl_c(self, terminal: str = "t1") -> None:
        self.workstation.interrupt(terminal)
        self.env.settle()

    def wait(self, ms: int) -> None:
        self.env.advance(self.env.now + ms)

    def run(self, line: str) -> str:
        """Type *line*, wait for its end and return what came on the screen."""
        before = len(self.log)
        self.type(line)
        while self.workstation.busy("t1"):
            self.env.step()
        self.env.settle()
        return self.shown(before)

    def shown(self, since: int = 0) -> str:
        texts = [r.text for r in list(self.log)[since:] if isinstance(r, OutputRecord)]
        return "".join(texts)


def _object(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Obj:
    metadata = {"name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-11-20T02:00:00Z"}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
