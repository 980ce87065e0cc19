"""`kubectl version` and `cluster-info`: who talks to whom.

It must not know what the versions differ in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path
from sim.kubectl.commands import cluster_dump
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import to_json
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.printers.yaml import to_yaml

CLIENT: Obj = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.1",
    "gitCommit": "f78e722310e50bcaca9276be22276d9e91d91308",
    "gitTreeState": "clean",
    "buildDate": "2026-09-23T17:10:04Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}
"""What kubectl 1.37.1 says of itself (https://dl.k8s.io/release/v1.37.1)."""
KUSTOMIZE = "v5.8.1"


@dataclass
class VersionOptions:
    """What `version` was asked."""

    client_only: bool
    output: str
    args: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> VersionOptions:
        """Read flags and arguments."""
        return cls(call.flags.on("client"), call.flags.text("output"), call.args)

    def validate(self) -> None:
        """Refuse arguments and formats that do not exist."""
        if self.args and not self.client_only:
            raise CommandError(f"extra arguments: [{' '.join(self.args)}]")
        if self.output not in ("", "yaml", "json"):
            raise CommandError("--output must be 'yaml' or 'json'")

    def run(self, call: Invocation) -> int:
        """Print client and server."""
        if not self.client_only and not self.output:
            # what the client says of itself comes out even where no server answers
            call.out(f"Client Version: {CLIENT['gitVersion']}\nKustomize Version: {KUSTOMIZE}\n")
        server = None if self.client_only else call.client.get("/version")
        versions: Obj = {"clientVersion": CLIENT, "kustomizeVersion": KUSTOMIZE}
        if server is not None:
            versions["serverVersion"] = server
        if self.output == "yaml":
            call.out(to_yaml(versions) + "\n")
        elif self.output == "json":
            call.out(to_json(versions, indent=2, sort_keys=False) + "\n")
        else:
            if self.client_only:
                call.out(
                    f"Client Version: {CLIENT['gitVersion']}\nKustomize Version: {KUSTOMIZE}\n"
                )
            if server is not None:
                call.out(f"Server Version: {server['gitVersion']}\n")
        if server is not None:
            self._warn_of_skew(call, server)
        return 0

    def _warn_of_skew(self, call: Invocation, server: Obj) -> None:
        minor = int("".join(char for char in str(server["minor"]) if char.isdecimal()) or 0)
        if abs(minor - int(CLIENT["minor"])) > 1:
            call.err(
                f"Warning: version difference between client (1.{CLIENT['minor']}) and server "
                f"(1.{minor}) exceeds the supported minor version skew of +/-1\n"
            )


@dataclass
class ClusterInfoOptions:
    """What `cluster-info` was asked."""

    @classmethod
    def complete(cls, call: Invocation) -> ClusterInfoOptions:
        """Read nothing."""
        return cls()

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Print where the control plane and the cluster's own services are."""
        namespace = call.flags.text("namespace") or "kube-system"
        path = collection_path(call.known("services"), namespace)
        query = [("labelSelector", "kubernetes.io/cluster-service=true")]
        services = call.client.items(path, query)
        server = call.config.server
        call.out(f"Kubernetes control plane is running at {server}\n")
        for service in services:
            metadata = service["metadata"]
            labels = metadata.get("labels") or {}
            name = labels.get("kubernetes.io/name") or metadata["name"]
            link = f"{server}/api/v1/namespaces/{namespace}/services/{_proxied(service)}/proxy"
            call.out(f"{name} is running at {link}\n")
        call.out(
            "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"
        )
        return 0


def _proxied(service: Obj) -> str:
    name = str(service["metadata"]["name"])
    ports = (service.get("spec") or {}).get("ports") or []
    if not ports:
        return name
    port = ports[0]
    scheme = "https:" if port.get("name") == "https" or port.get("port") == 443 else ""
    return f"{scheme}{name}:{port.get('name', '')}" if scheme or port.get("name") else name


VERSION = Command(
    "version",
    "Print the client and server version information",
    VersionOptions,
    flags("client bool", "output,o"),
)
CLUSTER_INFO = Command(
    "cluster-info",
    "Display cluster information",
    ClusterInfoOptions,
    subcommands=(cluster_dump.COMMAND,),
)
