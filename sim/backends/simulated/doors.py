"""The operator's doors to a simulated cluster: the API server as a Transport, its machines as ssh sees them.

They add nothing to what the cluster's side answers, and must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.apiserver import ApiServer
from sim.apiserver.doors import ConnectionLike, ExecutionLike, TextStreamLike
from sim.apiserver.users import User
from sim.bash import ShellExecution
from sim.client.doors import WatchStream
from sim.node.logins import OFFICE
from sim.node.machine import Machine

TRAINEE = "trainee"
"""The run's user: who asks with nothing but the run's own secret."""
UNAUTHORIZED = ApiResponse(
    401,
    {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    },
)
USER = "oncall"
"""Who `ssh` logs in as; `sudo` makes it root."""
HOME = f"/home/{USER}"


class ApiTransport:
    """The Transport of an API server in the same process.

    Requests are the trainee's unless they carry the token of a service account.
    """

    def __init__(self, api: ApiServer) -> None:
        """Ask *api*."""
        self._api = api

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        user = self._user(request.headers)
        return UNAUTHORIZED if user is None else self._api.handle(request, user)

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        user = self._user(request.headers)
        return UNAUTHORIZED if user is None else self._api.watch(request, user)

    def stream(self, request: ApiRequest) -> TextStreamLike | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        user = self._user(request.headers)
        return UNAUTHORIZED if user is None else self._api.stream(request, user)

    def exec(self, request: ExecRequest) -> ExecutionLike | ApiResponse:
        """Start a program in a container, or return the refusal."""
        user = self._user(request.headers)
        return UNAUTHORIZED if user is None else self._api.exec(request, user)

    def forward(self, request: ForwardRequest) -> ConnectionLike | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        user = self._user(request.headers)
        return UNAUTHORIZED if user is None else self._api.forward(request, user)

    def _user(self, headers: Mapping[str, str]) -> str | User | None:
        """Return who asks; None for a token that is nobody's."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return self._api.authenticate(token) if scheme.lower() == "bearer" else TRAINEE


SSH_PORT = 22


class MachineAccess:
    """The NodeAccess of simulated machines."""

    def __init__(self, machines: Mapping[str, Machine]) -> None:
        """Reach *machines*, by name."""
        self._machines = machines

    def nodes(self) -> Sequence[str]:
        """Return the names that `ssh` knows."""
        return list(self._machines)

    def run(
        self, node: str, command: str, *, stdin: bool = False, tty: bool = False
    ) -> ShellExecution:
        """Run *command* in a shell on *node*; empty: a login shell.

        Raises:
            KeyError: if no node has that name.
            TimeoutError: if packets to it, or its answers, are lost.
        """
        machine = self._machines[node]
        if not machine.network.lets_in(machine, SSH_PORT):
            raise TimeoutError(node)
        login = machine.logins.open(USER, tty=tty)
        client = f"{OFFICE} {52_000 + login.number}"
        shell = machine.shell(
            {
                "HOME": HOME,
                "LOGNAME": USER,
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "SHELL": "/bin/bash",
                "SSH_CLIENT": f"{client} {SSH_PORT}",
                "SSH_CONNECTION": f"{client} {machine.internal_ip} {SSH_PORT}",
                **({"SSH_TTY": f"/dev/{login.tty}"} if tty else {}),
                "USER": USER,
                "XDG_SESSION_ID": str(login.number),
            },
            blames="bash: line 1" if command else "-bash",
            pid=login.shell,
        )
        login.program = ShellExecution(
            shell,
            line=command or None,
            stdin=stdin,
            tty=tty,
            prompt=f"{USER}@{node}:~$ ",
        )
        return login.program
