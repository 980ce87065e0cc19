"""`kubectl cluster-info dump`: what a bug report wants, to the screen or into files.

It must not know what is looked for.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path, object_path
from sim.kubectl.errors import plain
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.printers.output import ObjectPrinter, OutputOptions, output_printer
from sim.kubectl.results import OUTPUT_FLAGS

_LISTS = (
    ("events", "events"),
    ("replicationcontrollers", "replication-controllers"),
    ("services", "services"),
    ("daemonsets", "daemonsets"),
    ("deployments", "deployments"),
    ("replicasets", "replicasets"),
    ("pods", "pods"),
)
"""(resource, name of its file), in the order of the dump."""
_SUFFIX = {"json": ".json", "yaml": ".yaml"}


@dataclass
class DumpOptions:
    """What `cluster-info dump` was asked."""

    folder: str
    namespaces: list[str]
    everywhere: bool
    output: str

    @classmethod
    def complete(cls, call: Invocation) -> DumpOptions:
        """Read flags."""
        read = call.flags
        return cls(
            read.text("output-directory"),
            read.many("namespaces") or ["kube-system", call.namespace],
            read.on("all-namespaces"),
            read.text("output") or "json",
        )

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> Running:
        """Print lists and logs; whoever reads only the beginning need not wait for the end."""
        printer = output_printer(OutputOptions(format=self.output), call.read_file)
        suffix = _SUFFIX.get(self.output, ".txt")
        self._list(call, printer, "nodes", "", f"nodes{suffix}")
        yield from call.proc.stdout.drain()
        namespaces = self.namespaces
        if self.everywhere:
            spaces = call.client.items(collection_path(call.known("namespaces")))
            namespaces = [one["metadata"]["name"] for one in spaces]
        for namespace in namespaces:
            pods: list[Obj] = []
            for plural, name in _LISTS:
                file = posixpath.join(namespace, name + suffix)
                pods = self._list(call, printer, plural, namespace, file)
                yield from call.proc.stdout.drain()
            for pod in pods:
                file = posixpath.join(namespace, pod["metadata"]["name"], "logs.txt")
                write = self._writer(call, file)
                spec = pod.get("spec") or {}
                for one in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
                    write(_log(call, pod, one["name"]))
                    yield from call.proc.stdout.drain()
        if self.folder and self.folder != "-":
            call.out(f"Cluster info dumped to {self.folder}\n")
        return 0

    def _list(
        self, call: Invocation, printer: ObjectPrinter, plural: str, namespace: str, file: str
    ) -> list[Obj]:
        page: Obj = call.client.get(collection_path(call.known(plural), namespace))
        held: list[Obj] = page.get("items") or []
        self._writer(call, file)(printer.render(page))
        return held

    def _writer(self, call: Invocation, name: str) -> Callable[[str], None]:
        """Return where text for the file *name* goes: to the screen without a directory."""
        if not self.folder or self.folder == "-":
            return call.out
        path = call.proc.path(posixpath.join(self.folder, name))
        call.proc.files.mkdir(posixpath.dirname(path))
        call.proc.files.write(path, "")
        return lambda text: call.proc.files.write(path, text, append=True)


def _log(call: Invocation, pod: Obj, container: str) -> str:
    metadata = pod["metadata"]
    about = f"logs for container {container} of pod {metadata['namespace']}/{metadata['name']}"
    path = object_path(call.known("pods"), metadata["namespace"], metadata["name"], "log")
    try:
        text = str(call.client.get(path, [("container", container)], accept="*/*"))
    except ApiStatusError as error:
        text = f"Request log error: {plain(error)}\n"
    return f"==== START {about} ====\n{text}==== END {about} ====\n"


COMMAND = Command(
    "dump",
    "Dump relevant information for debugging and diagnosis",
    DumpOptions,
    flags(
        "all-namespaces,A bool",
        "namespaces list",
        "output-directory",
        "pod-running-timeout duration=20s",
    )
    + OUTPUT_FLAGS,
)
