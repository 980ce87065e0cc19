"""`kubectl proxy`: a local port that speaks plain HTTP to the API, with this user's rights.

It runs until it is interrupted. It must not know who connects.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.proxying import Proxied


@dataclass
class ProxyOptions:
    """What `proxy` was asked."""

    port: int
    address: str
    refused: str
    """A flag that was given and is not modelled."""

    @classmethod
    def complete(cls, call: Invocation) -> ProxyOptions:
        """Read flags."""
        read = call.flags
        unmodelled = ("api-prefix", "unix-socket", "www")
        refused = next((name for name in unmodelled if read.is_set(name)), "")
        return cls(read.number("port"), read.text("address"), refused)

    def validate(self) -> None:
        """Refuse what is not modelled."""
        if self.refused:
            raise CommandError(
                f'"kubectl proxy --{self.refused}" is not supported in this simulator'
            )

    def run(self, call: Invocation) -> Running:
        """Listen, and pass requests on."""
        env, client, clock = call.proc.env, call.client, call.clock
        port = self.port or call.ports.free("proxy", call.clock())
        if not call.ports.listen(port, lambda: Proxied(env, client, clock)):
            raise CommandError(f"listen tcp {self.address}:{port}: bind: address already in use")
        try:
            call.out(f"Starting to serve on {self.address}:{port}\n")
            yield env.event()
        finally:
            call.ports.close(port)
        return 0


COMMAND = Command(
    "proxy",
    "Run a proxy to the Kubernetes API server",
    ProxyOptions,
    flags(
        "accept-hosts",
        "accept-paths",
        "address string=127.0.0.1",
        "api-prefix string=/",
        "append-server-path bool",
        "disable-filter bool",
        "keepalive duration=0s",
        "port,p int=8001",
        "reject-methods",
        "reject-paths",
        "unix-socket,u",
        "www,w",
        "www-prefix,P string=/static/",
    ),
    usage="[--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]",
)
