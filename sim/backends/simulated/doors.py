"""The operator's doors to a simulated cluster: the API server as a Transport, its machines as ssh sees them.

They add nothing to what the cluster's side answers, and must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.apiserver import ApiServer
from sim.apiserver.doors import ExecutionLike, TextStreamLike
from sim.bash import ShellExecution
from sim.client.doors import WatchStream
from sim.node.machine import Machine

USER = "oncall"
"""Who `ssh` logs in as; `sudo` makes it root."""
HOME = f"/home/{USER}"


class ApiTransport:
    """The Transport of an API server in the same process; requests are the trainee's."""

    def __init__(self, api: ApiServer) -> None:
        """Ask *api*."""
        self._api = api

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        return self._api.handle(request)

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        return self._api.watch(request)

    def stream(self, request: ApiRequest) -> TextStreamLike | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        return self._api.stream(request)

    def exec(self, request: ExecRequest) -> ExecutionLike | ApiResponse:
        """Start a program in a container, or return the refusal."""
        return self._api.exec(request)


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
        """
        machine = self._machines[node]
        shell = machine.shell(
            {
                "HOME": HOME,
                "LOGNAME": USER,
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "SHELL": "/bin/bash",
                "USER": USER,
            },
            blames="bash: line 1" if command else "-bash",
        )
        return ShellExecution(
            shell,
            line=command or None,
            stdin=stdin,
            tty=tty,
            prompt=f"{USER}@{node}:~$ ",
        )
